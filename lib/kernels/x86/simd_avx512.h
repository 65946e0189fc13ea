/* SPDX-License-Identifier: MIT */
/* Vectors of sixteen floats. Masks select the first n values; what they leave out is neither read nor written, and
 * reads as 0. */
#ifndef HYTI_KERNELS_X86_SIMD_AVX512_H
#define HYTI_KERNELS_X86_SIMD_AVX512_H

#include "kernels/x86/transpose.h"
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __AVX512BF16__
#define SIMD_NAME(operation) hyti_##operation##_avx512bf16
#else
#define SIMD_NAME(operation) hyti_##operation##_avx512
#endif
#define SIMD(operation) SIMD_NAME(operation)
#define SIMD_TILE_ROWS 12 /* of two vectors: 24 sums, 2 of B, 1 of A */
#define SIMD_STEM_CHANNELS 8 /* of two vectors: 16 sums, 2 of pixels, 1 weight */
enum { VL = 16 };

typedef __m512 vec;
typedef __mmask16 vmask;

static inline vec v_zero(void) { return _mm512_setzero_ps(); }
static inline vec v_set(float x) { return _mm512_set1_ps(x); }
static inline vec v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void v_store(float *p, vec v) { _mm512_storeu_ps(p, v); }
static inline vec v_add(vec a, vec b) { return _mm512_add_ps(a, b); }
static inline vec v_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
static inline vec v_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
static inline vec v_div(vec a, vec b) { return _mm512_div_ps(a, b); }
static inline vec v_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }  /* a b + c */
static inline vec v_fnma(vec a, vec b, vec c) { return _mm512_fnmadd_ps(a, b, c); } /* c - a b */
static inline vec v_fnms(vec a, vec b, vec c) { return _mm512_fnmsub_ps(a, b, c); } /* -c - a b */
/* Where a value is NaN, the second. */
static inline vec v_max(vec a, vec b) { return _mm512_max_ps(a, b); }
static inline vec v_min(vec a, vec b) { return _mm512_min_ps(a, b); }
static inline vmask v_mask(size_t n) { return (vmask)((1u << n) - 1); }
static inline vec v_load_mask(const float *p, vmask m) { return _mm512_maskz_loadu_ps(m, p); }
static inline void v_store_mask(float *p, vec v, vmask m) { _mm512_mask_storeu_ps(p, m, v); }
/* `v` where the mask selects, `other` elsewhere. */
static inline vec v_select(vmask m, vec v, vec other) { return _mm512_mask_blend_ps(m, other, v); }
static inline float v_sum(vec v) { return _mm512_reduce_add_ps(v); }
static inline float v_largest(vec v) { return _mm512_reduce_max_ps(v); }
/* Of the 2 VL values of a and then b, every other one from the first on, and from the second on. */
static inline void v_part(vec a, vec b, vec *even, vec *odd)
{
    __m512i first = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    vec left = a;
    *even = _mm512_permutex2var_ps(left, first, b);
    *odd = _mm512_permutex2var_ps(left, _mm512_add_epi32(first, _mm512_set1_epi32(1)), b);
}

/* The vectors are columns: rows of `n` values (<= SIMD_STEM_CHANNELS) of the result, `stride` values apart. */
static inline void v_store_columns(float *out, size_t stride, const vec *columns, size_t rows, size_t n)
{
    __m256 half[8];
    for (size_t i = 0; i < 8; i++) half[i] = _mm512_castps512_ps256(columns[i]);
    store_columns_8(out, stride, half, rows < 8 ? rows : 8, n);
    if (rows <= 8) return;
    for (size_t i = 0; i < 8; i++) half[i] = _mm512_extractf32x8_ps(columns[i], 1);
    store_columns_8(out + 8 * stride, stride, half, rows - 8, n);
}

/* n = round(x factor), and what v_scale() wants of it. */
static inline vec v_round_times(vec x, vec factor, vec *power)
{
    *power = _mm512_roundscale_ps(_mm512_mul_ps(x, factor), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return *power;
}

/* v 2^n */
static inline vec v_scale(vec v, vec power) { return _mm512_scalef_ps(v, power); }

/* VL values of 16 bits. */
typedef __m256i halves;

static inline halves h_load(const uint16_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline halves h_load_mask(const uint16_t *p, vmask m) { return _mm256_maskz_loadu_epi16(m, p); }
static inline void h_store(uint16_t *p, halves h) { _mm256_storeu_si256((__m256i *)p, h); }
static inline void h_store_mask(uint16_t *p, halves h, vmask m) { _mm256_mask_storeu_epi16(p, m, h); }

static inline vec v_of_bf16(halves h)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}

#ifdef __AVX512BF16__
/* hyti_bf16_of(), but that values below the least normal one, 2^-126, become 0. */
static inline halves bf16_of_v(vec v) { return (halves)_mm512_cvtneps_pbh(v); }

/* Two values of bfloat16 a lane: the same two, sixteen, and sums with their products, values below 2^-126 as 0. */
#define SIMD_PAIRS
#define SIMD_DEPTHWISE_PAIRS "kernels/x86/depthwise_pairs.inc"
static inline vec v_set_pair(const uint16_t *p)
{
    float pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return _mm512_set1_ps(pair);
}
static inline vec v_set_half_pair(const uint16_t *p) { return _mm512_castsi512_ps(_mm512_set1_epi32(*p)); }
static inline vec v_load_pairs(const uint16_t *p) { return _mm512_loadu_ps(p); }
static inline vec v_load_pairs_mask(const uint16_t *p, vmask m) { return _mm512_maskz_loadu_ps(m, p); }
static inline vec v_dot(vec a, vec b, vec c) { return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b); }
#else
/* hyti_bf16_of() */
static inline halves bf16_of_v(vec v)
{
    __m512i bits = _mm512_castps_si512(v), upper = _mm512_srli_epi32(bits, 16);
    __m512i even = _mm512_add_epi32(_mm512_and_si512(upper, _mm512_set1_epi32(1)), _mm512_set1_epi32(0x7fff));
    __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, even), 16);
    rounded = _mm512_mask_or_epi32(rounded, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), upper, _mm512_set1_epi32(0x40));
    return _mm512_cvtepi32_epi16(rounded);
}
#endif

static inline vec v_of_f16(halves h) { return _mm512_cvtph_ps(h); }
static inline halves f16_of_v(vec v) { return _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

#endif
