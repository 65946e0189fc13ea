/* SPDX-License-Identifier: MIT */
/* For int8 kernels that go by channels: eight 32-bit sums a vector, and the way from them to bytes. Products are of
 * 16 bits: vpmaddubsw would saturate. */
#ifndef HYTI_KERNELS_X86_LANES_AVX2_H
#define HYTI_KERNELS_X86_LANES_AVX2_H

#include "kernels/x86/sixteen.h"
#include "kernels/x86/sums_avx2.h"

#define SIMD(operation) hyti_##operation##_avx2
enum { LANES = 16, PARTS = 2, GROUP = 2 };

/* Sums of 16 bits, VL of them. */
typedef __m128i wvec;
static inline wvec w_zero(void) { return _mm_setzero_si128(); }
static inline wvec w_add(wvec a, wvec b) { return _mm_add_epi16(a, b); }
static inline wvec w_of_bytes(const int8_t *p) { return _mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)p)); }
static inline ivec i_of_words(wvec v) { return _mm256_cvtepi16_epi32(v); }

/* v / count, cut off: exact in double precision. */
static inline ivec i_quotient(ivec v, int32_t count)
{
    __m256d by = _mm256_set1_pd(count);
    __m256d low = _mm256_cvtepi32_pd(_mm256_castsi256_si128(v));
    __m256d high = _mm256_cvtepi32_pd(_mm256_extracti128_si256(v, 1));
    __m256i first = _mm256_castsi128_si256(_mm256_cvttpd_epi32(_mm256_div_pd(low, by)));
    return _mm256_inserti128_si256(first, _mm256_cvttpd_epi32(_mm256_div_pd(high, by)), 1);
}

/* Halves of 16 bits: a below, b above; products of halves, two by two. */
static inline ivec i_pair(ivec a, ivec b) { return _mm256_blend_epi16(a, _mm256_slli_epi32(b, 16), 0xaa); }
static inline ivec i_pair_sum(ivec a, ivec b) { return _mm256_madd_epi16(a, b); }

typedef __m256 fvec;
static inline fvec f_load(const float *p) { return _mm256_loadu_ps(p); }
static inline fvec f_set(float x) { return _mm256_set1_ps(x); }
static inline fvec f_sub(fvec a, fvec b) { return _mm256_sub_ps(a, b); }
static inline fvec f_mul(fvec a, fvec b) { return _mm256_mul_ps(a, b); }
static inline void f_store(float *p, fvec v) { _mm256_storeu_ps(p, v); }
static inline fvec f_of_ints(ivec v) { return _mm256_cvtepi32_ps(v); }

/* hyti_i8_of_f32 but for the bounds of a byte. Half away from zero: what is just below a half is added, cut off. */
static inline ivec i_stored(fvec v, fvec scale, ivec zero)
{
    v = _mm256_div_ps(v, scale);
    v = _mm256_and_ps(_mm256_cmp_ps(v, v, _CMP_ORD_Q), v);
    v = _mm256_min_ps(_mm256_max_ps(v, _mm256_set1_ps(-256)), _mm256_set1_ps(256));
    __m256 half = _mm256_or_ps(_mm256_and_ps(v, _mm256_set1_ps(-0.0f)), _mm256_set1_ps(0.49999997f));
    return _mm256_add_epi32(_mm256_cvttps_epi32(_mm256_add_ps(v, half)), zero);
}

/* LANES values of a picture side by side, taken GROUP taps at a time: PARTS vectors of them, of weights, of sums. */
typedef ivec tvec;
static inline tvec t_load(const int8_t *p) { return i_load(p); }
typedef int16_t cell, weight;
static inline cell cell_of(int32_t q) { return (cell)q; }
static inline ivec i_dot(ivec sum, tvec a, tvec b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
static inline ivec i_excess(ivec sum, tvec weights) { return (void)weights, sum; }

static inline void copy_cells(cell *to, const int8_t *from, size_t width, const size_t lanes)
{
    if (width < lanes) {
        for (size_t i = 0; i < width; i++) to[i] = from[i];
    } else if (lanes == 16) {
        _mm256_storeu_si256((__m256i *)to, _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)from)));
    } else {
        _mm_storeu_si128((__m128i *)to, _mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)from)));
    }
}

/* Lane l, part p, place i hold value 8 l + 4 p + i of the two taps; of one, the same twice. */
static inline void interleave(const cell *const *taps, size_t at, const size_t rows, tvec *out)
{
    __m256i a = _mm256_loadu_si256((const __m256i *)(taps[0] + at));
    __m256i b = rows == 1 ? a : _mm256_loadu_si256((const __m256i *)(taps[1] + at));
    out[0] = _mm256_unpacklo_epi16(a, b), out[1] = _mm256_unpackhi_epi16(a, b);
}

typedef __m128i bvec;
static inline bvec b_load(const int8_t *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline bvec b_set(int32_t x) { return _mm_set1_epi8((char)x); }
static inline bvec b_max(bvec a, bvec b) { return _mm_max_epi8(a, b); }
static inline bvec b_join(const ivec *parts)
{
    __m256i both = _mm256_packs_epi32(parts[0], parts[1]);
    return _mm_packs_epi16(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
}
static inline bvec b_between(bvec v, bvec low, bvec high) { return _mm_min_epi8(_mm_max_epi8(v, low), high); }
static inline void b_store(int8_t *p, bvec v) { _mm_storeu_si128((__m128i *)p, v); }
static inline void b_store_first(int8_t *p, bvec v, size_t n)
{
    int8_t values[LANES];
    b_store(values, v);
    memcpy(p, values, n);
}

/* table[v + 128]: for each sixteen values of v + 128 one shuffle, which gives 0 for others. */
enum { TABLE_LANES = 32 };
typedef const int8_t *bytes_table;
static inline bytes_table make_table(const int8_t *table) { return table; }
static inline void look_up(const bytes_table *table, const int8_t *p, int8_t *to)
{
    ivec at = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)p), _mm256_set1_epi8(-128)), found = i_zero();
    for (int i = 0; i < 16; i++) {
        ivec sixteen = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)*table + i));
        ivec own = _mm256_xor_si256(at, _mm256_set1_epi8((char)(i << 4))); /* below 16 where the sixteen is right */
        own = _mm256_adds_epu8(own, _mm256_set1_epi8(0x70));
        found = _mm256_or_si256(found, _mm256_shuffle_epi8(sixteen, own));
    }
    _mm256_storeu_si256((__m256i *)to, found);
}

#endif
