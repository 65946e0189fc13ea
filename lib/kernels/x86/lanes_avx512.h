/* SPDX-License-Identifier: MIT */
/* For int8 kernels that go by channels: sixteen 32-bit sums a vector, and the way from them to bytes. With HYTI_VNNI
 * products are of bytes (vpdpbusd, the first of them unsigned: 128 more than it stands for), else of 16 bits. */
#ifndef HYTI_KERNELS_X86_LANES_AVX512_H
#define HYTI_KERNELS_X86_LANES_AVX512_H

#include "kernels/x86/sixteen.h"
#include "kernels/x86/sums_avx512.h"

/* Sums of 16 bits, VL of them. */
typedef __m256i wvec;
static inline wvec w_zero(void) { return _mm256_setzero_si256(); }
static inline wvec w_add(wvec a, wvec b) { return _mm256_add_epi16(a, b); }
static inline wvec w_of_bytes(const int8_t *p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p)); }
static inline ivec i_of_words(wvec v) { return _mm512_cvtepi16_epi32(v); }

/* v / count, cut off: exact in double precision. */
static inline ivec i_quotient(ivec v, int32_t count)
{
    __m512d by = _mm512_set1_pd(count);
    __m512d low = _mm512_cvtepi32_pd(_mm512_castsi512_si256(v));
    __m512d high = _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(v, 1));
    __m512i first = _mm512_castsi256_si512(_mm512_cvttpd_epi32(_mm512_div_pd(low, by)));
    return _mm512_inserti64x4(first, _mm512_cvttpd_epi32(_mm512_div_pd(high, by)), 1);
}

/* Halves of 16 bits: a below, b above; products of halves, two by two. */
static inline ivec i_pair(ivec a, ivec b) { return _mm512_mask_blend_epi16(0xaaaaaaaa, a, _mm512_slli_epi32(b, 16)); }
static inline ivec i_pair_sum(ivec a, ivec b) { return _mm512_madd_epi16(a, b); }

typedef __m512 fvec;
static inline fvec f_load(const float *p) { return _mm512_loadu_ps(p); }
static inline fvec f_set(float x) { return _mm512_set1_ps(x); }
static inline fvec f_sub(fvec a, fvec b) { return _mm512_sub_ps(a, b); }
static inline fvec f_mul(fvec a, fvec b) { return _mm512_mul_ps(a, b); }
static inline void f_store(float *p, fvec v) { _mm512_storeu_ps(p, v); }
static inline fvec f_of_ints(ivec v) { return _mm512_cvtepi32_ps(v); }

/* hyti_i8_of_f32 but for the bounds of a byte. Half away from zero: what is just below a half is added, cut off. */
static inline ivec i_stored(fvec v, fvec scale, ivec zero)
{
    v = _mm512_div_ps(v, scale);
    v = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), v);
    v = _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps(-256)), _mm512_set1_ps(256));
    __m512 half = _mm512_or_ps(_mm512_and_ps(v, _mm512_set1_ps(-0.0f)), _mm512_set1_ps(0.49999997f));
    return _mm512_add_epi32(_mm512_cvttps_epi32(_mm512_add_ps(v, half)), zero);
}

/* LANES values of a picture side by side, taken GROUP taps at a time: PARTS vectors of them, of weights, of sums. */
typedef ivec tvec;
static inline tvec t_load(const int8_t *p) { return i_load(p); }
#ifdef HYTI_VNNI
#define SIMD(operation) hyti_##operation##_avx512vnni
enum { LANES = 64, PARTS = 4, GROUP = 4 };
typedef uint8_t cell;
typedef int8_t weight;
static inline cell cell_of(int32_t q) { return (cell)(q + 128); }
static inline ivec i_dot(ivec sum, tvec a, tvec b) { return _mm512_dpbusd_epi32(sum, a, b); }
/* What sums of products with cells hold too much: 128 for each weight. */
static inline ivec i_excess(ivec sum, tvec weights) { return i_dot(sum, _mm512_set1_epi8(-128), weights); }

static inline void copy_cells(cell *to, const int8_t *from, size_t width, const size_t lanes)
{
    __m512i flip = _mm512_set1_epi8(-128);
    if (lanes == 8 && width == 8) {
        uint64_t x;
        memcpy(&x, from, sizeof x);
        x ^= 0x8080808080808080;
        memcpy(to, &x, sizeof x);
    } else if (lanes == 64) {
        __m512i v = _mm512_maskz_loadu_epi8(~(__mmask64)0 >> (64 - width), from);
        _mm512_storeu_si512(to, _mm512_xor_si512(v, flip));
    } else if (lanes == 32) {
        __m256i v = _mm256_maskz_loadu_epi8(~(__mmask32)0 >> (32 - width), from);
        _mm256_storeu_si256((__m256i *)to, _mm256_xor_si256(v, _mm512_castsi512_si256(flip)));
    } else {
        __m128i v = _mm_maskz_loadu_epi8((__mmask16)((1u << width) - 1), from);
        v = _mm_xor_si128(v, _mm512_castsi512_si128(flip));
        if (lanes == 16) _mm_storeu_si128((__m128i *)to, v);
        else _mm_storel_epi64((__m128i *)to, v);
    }
}

/* Lane l, part p, place i hold value 16 l + 4 p + i of the four taps; of three, the last twice. */
static inline void interleave(const cell *const *taps, size_t at, const size_t rows, tvec *out)
{
    __m512i a = _mm512_loadu_si512(taps[0] + at), b = _mm512_loadu_si512(taps[1] + at);
    __m512i c = _mm512_loadu_si512(taps[2] + at);
    __m512i d = rows == 3 ? c : _mm512_loadu_si512(taps[3] + at);
    __m512i ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
    out[0] = _mm512_unpacklo_epi16(ab, cd), out[1] = _mm512_unpackhi_epi16(ab, cd);
    ab = _mm512_unpackhi_epi8(a, b), cd = _mm512_unpackhi_epi8(c, d);
    out[2] = _mm512_unpacklo_epi16(ab, cd), out[3] = _mm512_unpackhi_epi16(ab, cd);
}

typedef __m512i bvec;
static inline bvec b_load(const int8_t *p) { return _mm512_loadu_si512(p); }
static inline bvec b_set(int32_t x) { return _mm512_set1_epi8((char)x); }
static inline bvec b_max(bvec a, bvec b) { return _mm512_max_epi8(a, b); }
static inline bvec b_join(const ivec *parts)
{
    return _mm512_packs_epi16(_mm512_packs_epi32(parts[0], parts[1]), _mm512_packs_epi32(parts[2], parts[3]));
}
static inline bvec b_between(bvec v, bvec low, bvec high) { return _mm512_min_epi8(_mm512_max_epi8(v, low), high); }
static inline void b_store(int8_t *p, bvec v) { _mm512_storeu_si512(p, v); }
static inline void b_store_first(int8_t *p, bvec v, size_t n)
{
    _mm512_mask_storeu_epi8(p, ~(__mmask64)0 >> (64 - n), v);
}

/* table[v + 128]: the low seven bits choose among 128, v + 128 for a negative v, v for another. */
enum { TABLE_LANES = 64 };
typedef struct bytes_table {
    __m512i quarters[4];
} bytes_table;
static inline bytes_table make_table(const int8_t *table)
{
    return (bytes_table){ { _mm512_loadu_si512(table), _mm512_loadu_si512(table + 64), _mm512_loadu_si512(table + 128),
                            _mm512_loadu_si512(table + 192) } };
}
static inline void look_up(const bytes_table *table, const int8_t *p, int8_t *to)
{
    __m512i v = _mm512_loadu_si512(p);
    __m512i below = _mm512_permutex2var_epi8(table->quarters[0], v, table->quarters[1]);
    __m512i above = _mm512_permutex2var_epi8(table->quarters[2], v, table->quarters[3]);
    _mm512_storeu_si512(to, _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), above, below));
}
#else
#define SIMD(operation) hyti_##operation##_avx512
enum { LANES = 32, PARTS = 2, GROUP = 2 };
typedef int16_t cell, weight;
static inline cell cell_of(int32_t q) { return (cell)q; }
static inline ivec i_dot(ivec sum, tvec a, tvec b) { return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b)); }
static inline ivec i_excess(ivec sum, tvec weights) { return (void)weights, sum; }

static inline void copy_cells(cell *to, const int8_t *from, size_t width, const size_t lanes)
{
    if (lanes == 32) {
        __m256i v = _mm256_maskz_loadu_epi8(~(__mmask32)0 >> (32 - width), from);
        _mm512_storeu_si512(to, _mm512_cvtepi8_epi16(v));
    } else {
        __m128i v = _mm_maskz_loadu_epi8((__mmask16)((1u << width) - 1), from);
        if (lanes == 16) _mm256_storeu_si256((__m256i *)to, _mm256_cvtepi8_epi16(v));
        else _mm_storeu_si128((__m128i *)to, _mm_cvtepi8_epi16(v));
    }
}

/* Lane l, part p, place i hold value 8 l + 4 p + i of the two taps; of one, the same twice. */
static inline void interleave(const cell *const *taps, size_t at, const size_t rows, tvec *out)
{
    __m512i a = _mm512_loadu_si512(taps[0] + at), b = rows == 1 ? a : _mm512_loadu_si512(taps[1] + at);
    out[0] = _mm512_unpacklo_epi16(a, b), out[1] = _mm512_unpackhi_epi16(a, b);
}

typedef __m256i bvec;
static inline bvec b_load(const int8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline bvec b_set(int32_t x) { return _mm256_set1_epi8((char)x); }
static inline bvec b_max(bvec a, bvec b) { return _mm256_max_epi8(a, b); }
static inline bvec b_join(const ivec *parts) { return _mm512_cvtsepi16_epi8(_mm512_packs_epi32(parts[0], parts[1])); }
static inline bvec b_between(bvec v, bvec low, bvec high) { return _mm256_min_epi8(_mm256_max_epi8(v, low), high); }
static inline void b_store(int8_t *p, bvec v) { _mm256_storeu_si256((__m256i *)p, v); }
static inline void b_store_first(int8_t *p, bvec v, size_t n)
{
    _mm256_mask_storeu_epi8(p, ~(__mmask32)0 >> (32 - n), v);
}

/* table[v + 128]: for each sixteen values of v + 128 one shuffle, which gives 0 for others. */
enum { TABLE_LANES = 64 };
typedef const int8_t *bytes_table;
static inline bytes_table make_table(const int8_t *table) { return table; }
static inline void look_up(const bytes_table *table, const int8_t *p, int8_t *to)
{
    ivec at = _mm512_xor_si512(_mm512_loadu_si512(p), _mm512_set1_epi8(-128)), found = i_zero();
    for (int i = 0; i < 16; i++) {
        ivec sixteen = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)*table + i));
        ivec own = _mm512_xor_si512(at, _mm512_set1_epi8((char)(i << 4))); /* below 16 where the sixteen is right */
        own = _mm512_adds_epu8(own, _mm512_set1_epi8(0x70));
        found = _mm512_or_si512(found, _mm512_shuffle_epi8(sixteen, own));
    }
    _mm512_storeu_si512(to, found);
}
#endif

#endif
