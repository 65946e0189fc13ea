/* SPDX-License-Identifier: MIT */
/* Vectors of sixteen floats. Masks select the first n values; what they leave out is neither read nor written, and
 * reads as 0. */
#ifndef HYTI_KERNELS_X86_SIMD_AVX512_H
#define HYTI_KERNELS_X86_SIMD_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define SIMD(operation) hyti_##operation##_avx512
#define SIMD_TILE_ROWS 12 /* of two vectors: 24 sums, 2 of B, 1 of A */
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
/* n = round(x factor), and what v_scale() wants of it. */
static inline vec v_round_times(vec x, vec factor, vec *power)
{
    *power = _mm512_roundscale_ps(_mm512_mul_ps(x, factor), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return *power;
}

/* v 2^n */
static inline vec v_scale(vec v, vec power) { return _mm512_scalef_ps(v, power); }

#endif
