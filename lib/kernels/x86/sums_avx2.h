/* SPDX-License-Identifier: MIT */
/* Eight 32-bit sums a vector, and how they are scaled: of all int8 kernels of AVX2. */
#ifndef HYTI_KERNELS_X86_SUMS_AVX2_H
#define HYTI_KERNELS_X86_SUMS_AVX2_H

#include "kernels/internal.h"
#include <immintrin.h>

enum { VL = 8 };
typedef __m256i ivec;

static inline ivec i_load(const void *p) { return _mm256_loadu_si256(p); }
static inline void i_store(void *p, ivec v) { _mm256_storeu_si256(p, v); }
static inline ivec i_set(int32_t x) { return _mm256_set1_epi32(x); }
static inline ivec i_zero(void) { return _mm256_setzero_si256(); }
static inline ivec i_add(ivec a, ivec b) { return _mm256_add_epi32(a, b); }
static inline ivec i_sub(ivec a, ivec b) { return _mm256_sub_epi32(a, b); }
static inline ivec i_mul(ivec a, ivec b) { return _mm256_mullo_epi32(a, b); }
static inline ivec i_bounded(ivec v, ivec low, ivec high) { return _mm256_min_epi32(_mm256_max_epi32(v, low), high); }
static inline ivec i_shift_left(ivec v, ivec by) { return _mm256_sllv_epi32(v, by); }
static inline ivec i_shift_right(ivec v, ivec by) { return _mm256_srav_epi32(v, by); } /* arithmetic */
static inline ivec i_sign(ivec v) { return _mm256_srai_epi32(v, 31); }
static inline ivec i_and(ivec a, ivec b) { return _mm256_and_si256(a, b); }

/* (v * multiplier + 2^30) >> 31, lane by lane. */
static inline ivec i_high_product(ivec v, ivec multiplier)
{
    ivec half = _mm256_set1_epi64x(1 << 30);
    ivec even = _mm256_add_epi64(_mm256_mul_epi32(v, multiplier), half);
    ivec odd = _mm256_mul_epi32(_mm256_srli_epi64(v, 32), _mm256_srli_epi64(multiplier, 32));
    odd = _mm256_add_epi64(odd, half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

static inline ivec i_or(ivec a, ivec b) { return _mm256_or_si256(a, b); }
static inline ivec i_xor(ivec a, ivec b) { return _mm256_xor_si256(a, b); }
static inline ivec i_shift_right_one(ivec v) { return _mm256_srli_epi32(v, 1); }
static inline bool i_any(ivec v) { return !_mm256_testz_si256(v, v); }

/* See scaling.inc. */
typedef struct quick_scaling {
    ivec even, odd, add_even, add_odd, sign, right;
} quick_scaling;

/* Doubled multipliers of even and odd lanes; `add` above half of what is below. */
static inline quick_scaling i_quick_scaling(ivec multiplier, ivec add, ivec sign, ivec right)
{
    ivec half = _mm256_set1_epi64x((int64_t)1 << 31), even = _mm256_slli_epi32(multiplier, 1);
    return (quick_scaling){ .even = even,
                            .odd = _mm256_srli_epi64(even, 32),
                            .add_even = _mm256_add_epi64(_mm256_slli_epi64(add, 32), half),
                            .add_odd = _mm256_add_epi64(_mm256_slli_epi64(_mm256_srli_epi64(add, 32), 32), half),
                            .sign = sign,
                            .right = right };
}

static inline ivec i_quick_high(const quick_scaling *s, ivec v)
{
    ivec even = _mm256_add_epi64(_mm256_mul_epu32(v, s->even), s->add_even);
    ivec odd = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(v, 32), s->odd), s->add_odd);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}

static inline ivec i_scaled_quick(const quick_scaling *s, ivec v)
{
    return _mm256_srav_epi32(_mm256_add_epi32(i_quick_high(s, v), _mm256_srlv_epi32(v, s->sign)), s->right);
}

static inline ivec i_scaled_raised(const quick_scaling *s, ivec v)
{
    return _mm256_srav_epi32(i_quick_high(s, v), s->right);
}

/* VL bytes, one by one in the lanes; stored saturated. */
static inline ivec i_of_bytes(const int8_t *p) { return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)); }
static inline void i_to_bytes(int8_t *p, ivec v)
{
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storel_epi64((__m128i *)p, _mm_packs_epi16(words, words));
}

#include "kernels/simd/scaling.inc"

#endif
