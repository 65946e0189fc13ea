/* SPDX-License-Identifier: MIT */
/* Whole numbers in vectors: LANES of 32 bits, or twice as many of 16. Where the processor has them, dot products of
 * VNNI. */
#ifndef HYTI_KERNELS_X86_WORDS_AVX512_H
#define HYTI_KERNELS_X86_WORDS_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __AVX512VNNI__
#define SIMD(operation) hyti_##operation##_avx512vnni
#define SIMD_BYTE_DOT 1 /* w_dot8() */
#else
#define SIMD(operation) hyti_##operation##_avx512
#define SIMD_BYTE_DOT 0
#endif
#define SIMD_BYTE_BIAS 128 /* of w_dot8_at(): what is added to its first factor */
#define SIMD_MOST_COLUMNS 24 /* sums that registers hold */
enum { LANES = 16 };

typedef __m512i words;

static inline words w_zero(void) { return _mm512_setzero_si512(); }
static inline words w_set32(int32_t x) { return _mm512_set1_epi32(x); }
static inline words w_set16(int x) { return _mm512_set1_epi16((short)x); }
static inline words w_load(const void *p) { return _mm512_loadu_si512(p); }
static inline void w_store(void *p, words v) { _mm512_storeu_si512(p, v); }
static inline words w_add32(words a, words b) { return _mm512_add_epi32(a, b); }
static inline words w_sub32(words a, words b) { return _mm512_sub_epi32(a, b); }
static inline words w_max32(words a, words b) { return _mm512_max_epi32(a, b); }
static inline words w_mul32(words a, words b) { return _mm512_mullo_epi32(a, b); }
static inline words w_and(words a, words b) { return _mm512_and_si512(a, b); }
static inline words w_right32(words a, int by) { return _mm512_srav_epi32(a, _mm512_set1_epi32(by)); }
static inline words w_sub16(words a, words b) { return _mm512_sub_epi16(a, b); }
static inline words w_min16(words a, words b) { return _mm512_min_epi16(a, b); }
static inline words w_left16(words a, int by) { return _mm512_sll_epi16(a, _mm_cvtsi32_si128(by)); }
static inline words w_right16(words a, int by) { return _mm512_srl_epi16(a, _mm_cvtsi32_si128(by)); }
/* (a b + 2^14) >> 15 of signed values; a b >> 16 of unsigned ones; (a + 1) >> 1 of unsigned ones. */
static inline words w_scale16(words a, words b) { return _mm512_mulhrs_epi16(a, b); }
static inline words w_high16(words a, words b) { return _mm512_mulhi_epu16(a, b); }
static inline words w_halve16(words a) { return _mm512_avg_epu16(a, _mm512_setzero_si512()); }
/* Unsigned, each by its own count. */
static inline words w_right16_each(words a, words by) { return _mm512_srlv_epi16(a, by); }

/* Pairs of 16 bits out of 32: lane i holds a's and b's, bounded. */
static inline words w_pair(words a, words b)
{
    words order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    return _mm512_shuffle_epi8(_mm512_packs_epi32(a, b), order);
}

/* Lane i holds the four bytes of a's, b's, c's and d's, bounded. */
static inline words w_four(words a, words b, words c, words d)
{
    words order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    return _mm512_shuffle_epi8(_mm512_packs_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)), order);
}

/* sum + a.b, lane by lane, of two signed 16-bit values each; and of a's with the 32 bits at `p`, in every lane. In
 * assembler, since GCC 12 copies each sum before and after its built-in function. */
typedef int32_t __attribute__((may_alias, aligned(1))) any_two;
#ifdef __AVX512VNNI__
static inline words w_dot16(words sum, words a, words b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}

static inline words w_dot16_at(words sum, words a, const void *p)
{
    __asm__("vpdpwssd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(a), "m"(*(const any_two *)p));
    return sum;
}

/* Of four 8-bit values each, a's unsigned. */
static inline words w_dot8(words sum, words a, words b)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}

static inline words w_dot8_at(words sum, words a, const void *p)
{
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(a), "m"(*(const any_two *)p));
    return sum;
}
#else
static inline words w_dot16(words sum, words a, words b)
{
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
}

static inline words w_dot16_at(words sum, words a, const void *p)
{
    return w_dot16(sum, a, w_set32(*(const any_two *)p));
}
#endif

/* The first n values (up to LANES; up to 2 LANES) of 8 bits; what is left out is 0. */
static inline words w_load8(const int8_t *p, size_t n)
{
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8((__mmask16)((1u << n) - 1), p));
}

static inline words w_load8_16(const int8_t *p, size_t n)
{
    return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8((__mmask32)(((uint64_t)1 << n) - 1), p));
}

/* Pairs (a[i], b[i]) in 16 bits, n of both given, `columns` written; what is not given is 0. */
static inline void w_interleave(int16_t *to, const int8_t *a, const int8_t *b, size_t n, size_t columns)
{
    __mmask16 given = (__mmask16)((1u << n) - 1), written = (__mmask16)((1u << columns) - 1);
    __m128i first = _mm_maskz_loadu_epi8(given, a), second = _mm_maskz_loadu_epi8(given, b);
    __m256i both = _mm256_set_m128i(_mm_unpackhi_epi8(first, second), _mm_unpacklo_epi8(first, second));
    _mm512_mask_storeu_epi32(to, written, _mm512_cvtepi8_epi16(both));
}

/* Bounded to 8 bits, the first n lanes. */
static inline void w_store8(int8_t *p, words v, size_t n)
{
    _mm512_mask_cvtsepi32_storeu_epi8(p, (__mmask16)((1u << n) - 1), v);
}

static inline words w_load_first(const int32_t *p, size_t n)
{
    return _mm512_maskz_loadu_epi32((__mmask16)((1u << n) - 1), p);
}

static inline int32_t w_sum32(words v) { return _mm512_reduce_add_epi32(v); }
static inline int32_t w_largest32(words v) { return _mm512_reduce_max_epi32(v); }
/* table[at], 32 bits. */
static inline words w_gather(const int32_t *table, words at) { return _mm512_i32gather_epi32(at, table, 4); }

/* a b >> 32; (a b + offset) >> right, in 64 bits. */
static inline words w_high32(words a, words b)
{
    words even = _mm512_mul_epi32(a, b);
    words odd = _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
}

static inline words w_scale64(words a, words b, int64_t offset, int right)
{
    __m128i by = _mm_cvtsi32_si128(right);
    words more = _mm512_set1_epi64(offset), even = _mm512_add_epi64(_mm512_mul_epi32(a, b), more);
    words odd = _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
    odd = _mm512_sra_epi64(_mm512_add_epi64(odd, more), by);
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_sra_epi64(even, by), _mm512_slli_epi64(odd, 32));
}

/* factor / v, cut to a whole number: exact in double precision for factor < 2^45 and quotients below 2^31. */
static inline words w_divide(int64_t factor, words v)
{
    __m512d whole = _mm512_set1_pd((double)factor);
    __m256i low = _mm512_cvttpd_epi32(_mm512_div_pd(whole, _mm512_cvtepi32_pd(_mm512_castsi512_si256(v))));
    __m256i high = _mm512_cvttpd_epi32(_mm512_div_pd(whole, _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(v, 1))));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

#endif
