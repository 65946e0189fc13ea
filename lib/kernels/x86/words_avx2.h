/* SPDX-License-Identifier: MIT */
/* Whole numbers in vectors: LANES of 32 bits, or twice as many of 16. Where the processor has them, dot products of
 * VNNI. */
#ifndef HYTI_KERNELS_X86_WORDS_AVX2_H
#define HYTI_KERNELS_X86_WORDS_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVXVNNI__
#define SIMD(operation) hyti_##operation##_avxvnni
#define SIMD_BYTE_DOT 1 /* w_dot8() */
#else
#define SIMD(operation) hyti_##operation##_avx2
#define SIMD_BYTE_DOT 0
#endif
#define SIMD_BYTE_BIAS 128 /* of w_dot8_at(): what is added to its first factor */
#define SIMD_MOST_COLUMNS 12 /* sums that registers hold */
enum { LANES = 8 };

typedef __m256i words;

static inline words w_zero(void) { return _mm256_setzero_si256(); }
static inline words w_set32(int32_t x) { return _mm256_set1_epi32(x); }
static inline words w_set16(int x) { return _mm256_set1_epi16((short)x); }
static inline words w_load(const void *p) { return _mm256_loadu_si256(p); }
static inline void w_store(void *p, words v) { _mm256_storeu_si256(p, v); }
static inline words w_add32(words a, words b) { return _mm256_add_epi32(a, b); }
static inline words w_sub32(words a, words b) { return _mm256_sub_epi32(a, b); }
static inline words w_max32(words a, words b) { return _mm256_max_epi32(a, b); }
static inline words w_mul32(words a, words b) { return _mm256_mullo_epi32(a, b); }
static inline words w_and(words a, words b) { return _mm256_and_si256(a, b); }
static inline words w_right32(words a, int by) { return _mm256_sra_epi32(a, _mm_cvtsi32_si128(by)); }
static inline words w_sub16(words a, words b) { return _mm256_sub_epi16(a, b); }
static inline words w_min16(words a, words b) { return _mm256_min_epi16(a, b); }
static inline words w_left16(words a, int by) { return _mm256_sll_epi16(a, _mm_cvtsi32_si128(by)); }
static inline words w_right16(words a, int by) { return _mm256_srl_epi16(a, _mm_cvtsi32_si128(by)); }
/* (a b + 2^14) >> 15 of signed values; a b >> 16 of unsigned ones; (a + 1) >> 1 of unsigned ones. */
static inline words w_scale16(words a, words b) { return _mm256_mulhrs_epi16(a, b); }
static inline words w_high16(words a, words b) { return _mm256_mulhi_epu16(a, b); }
static inline words w_halve16(words a) { return _mm256_avg_epu16(a, _mm256_setzero_si256()); }

/* Unsigned, each by its own count: by halves of 32 bits. */
static inline words w_right16_each(words a, words by)
{
    words low = _mm256_set1_epi32(0xffff);
    words even = _mm256_srlv_epi32(_mm256_and_si256(a, low), _mm256_and_si256(by, low));
    words odd = _mm256_srlv_epi32(_mm256_andnot_si256(low, a), _mm256_srli_epi32(by, 16));
    return _mm256_blend_epi16(even, odd, 0xaa);
}

/* Pairs of 16 bits out of 32: lane i holds a's and b's, bounded. */
static inline words w_pair(words a, words b)
{
    words order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    return _mm256_shuffle_epi8(_mm256_packs_epi32(a, b), order);
}

/* Lane i holds the four bytes of a's, b's, c's and d's, bounded. */
static inline words w_four(words a, words b, words c, words d)
{
    words order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    return _mm256_shuffle_epi8(_mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)), order);
}

/* sum + a.b, lane by lane, of two signed 16-bit values each; and of a's with the 32 bits at `p`, in every lane. */
typedef int32_t __attribute__((may_alias, aligned(1))) any_two;
#ifdef __AVXVNNI__
static inline words w_dot16(words sum, words a, words b) { return _mm256_dpwssd_avx_epi32(sum, a, b); }
/* Of four 8-bit values each, a's unsigned. */
static inline words w_dot8(words sum, words a, words b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
static inline words w_dot8_at(words sum, words a, const void *p)
{
    return w_dot8(sum, a, w_set32(*(const any_two *)p));
}
#else
static inline words w_dot16(words sum, words a, words b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
#endif
static inline words w_dot16_at(words sum, words a, const void *p)
{
    return w_dot16(sum, a, w_set32(*(const any_two *)p));
}

/* The first n values (up to LANES; up to 2 LANES) of 8 bits; what is left out is 0. */
static inline words w_load8(const int8_t *p, size_t n)
{
    int8_t few[8] = { 0 };
    if (n < 8) memcpy(few, p, n), p = few;
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}

static inline words w_load8_16(const int8_t *p, size_t n)
{
    int8_t few[16] = { 0 };
    if (n < 16) memcpy(few, p, n), p = few;
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Pairs (a[i], b[i]) in 16 bits, n of both given, `columns` written; what is not given is 0. */
static inline void w_interleave(int16_t *to, const int8_t *a, const int8_t *b, size_t n, size_t columns)
{
    int8_t few[2][8] = { { 0 } };
    if (n < 8) memcpy(few[0], a, n), memcpy(few[1], b, n), a = few[0], b = few[1];
    __m128i first = _mm_loadl_epi64((const __m128i *)(const void *)a);
    __m128i second = _mm_loadl_epi64((const __m128i *)(const void *)b);
    words both = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(first, second));
    if (columns == 8) _mm256_storeu_si256((__m256i *)(void *)to, both);
    else _mm_storeu_si128((__m128i *)(void *)to, _mm256_castsi256_si128(both)); /* four columns */
}

/* Bounded to 8 bits, the first n lanes. */
static inline void w_store8(int8_t *p, words v, size_t n)
{
    __m128i half = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    __m128i all = _mm_packs_epi16(half, half);
    int8_t few[16];
    if (n == 8) {
        _mm_storel_epi64((__m128i *)(void *)p, all);
        return;
    }
    _mm_storeu_si128((__m128i *)(void *)few, all);
    memcpy(p, few, n);
}

static inline words w_load_first(const int32_t *p, size_t n)
{
    words at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_maskload_epi32(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), at));
}

static inline int32_t w_sum32(words v)
{
    __m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}

static inline int32_t w_largest32(words v)
{
    __m128i x = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    x = _mm_max_epi32(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}

/* table[at], 32 bits. */
static inline words w_gather(const int32_t *table, words at) { return _mm256_i32gather_epi32(table, at, 4); }

/* a b >> 32; (a b + offset) >> right, in 64 bits. */
static inline words w_high32(words a, words b)
{
    words even = _mm256_mul_epi32(a, b);
    words odd = _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}

/* There is no arithmetic shift of 64 bits: 2^62 keeps what is shifted positive. */
static inline words w_scale64(words a, words b, int64_t offset, int right)
{
    const int64_t lift = (int64_t)1 << 62;
    __m128i by = _mm_cvtsi32_si128(right);
    words more = _mm256_set1_epi64x(offset + lift), even = _mm256_add_epi64(_mm256_mul_epi32(a, b), more);
    words odd = _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
    odd = _mm256_srl_epi64(_mm256_add_epi64(odd, more), by);
    words both = _mm256_blend_epi32(_mm256_srl_epi64(even, by), _mm256_slli_epi64(odd, 32), 0xaa);
    return _mm256_sub_epi32(both, _mm256_set1_epi32((int32_t)(uint32_t)((uint64_t)lift >> right)));
}

/* factor / v, cut to a whole number: exact in double precision for factor < 2^45 and quotients below 2^31. */
static inline words w_divide(int64_t factor, words v)
{
    __m256d whole = _mm256_set1_pd((double)factor);
    __m128i low = _mm256_cvttpd_epi32(_mm256_div_pd(whole, _mm256_cvtepi32_pd(_mm256_castsi256_si128(v))));
    __m128i high = _mm256_cvttpd_epi32(_mm256_div_pd(whole, _mm256_cvtepi32_pd(_mm256_extracti128_si256(v, 1))));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

#endif
