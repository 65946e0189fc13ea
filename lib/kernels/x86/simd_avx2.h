/* SPDX-License-Identifier: MIT */
/* Vectors of eight floats. Masks select the first n values; what they leave out is neither read nor written, and
 * reads as 0. */
#ifndef HYTI_KERNELS_X86_SIMD_AVX2_H
#define HYTI_KERNELS_X86_SIMD_AVX2_H

#include "kernels/x86/transpose.h"
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define SIMD_NAME(operation) hyti_##operation##_avx2
#define SIMD(operation) SIMD_NAME(operation)
#define SIMD_TILE_ROWS 6 /* of two vectors: 12 sums, 2 of B, 1 of A */
#define SIMD_STEM_CHANNELS 4 /* of two vectors: 8 sums, 2 of pixels, 1 weight */
enum { VL = 8 };

typedef __m256 vec;
typedef struct vmask {
    __m256i bits;
    size_t n;
} vmask;

static inline vec v_zero(void) { return _mm256_setzero_ps(); }
static inline vec v_set(float x) { return _mm256_set1_ps(x); }
static inline vec v_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void v_store(float *p, vec v) { _mm256_storeu_ps(p, v); }
static inline vec v_add(vec a, vec b) { return _mm256_add_ps(a, b); }
static inline vec v_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
static inline vec v_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
static inline vec v_div(vec a, vec b) { return _mm256_div_ps(a, b); }
static inline vec v_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }  /* a b + c */
static inline vec v_fnma(vec a, vec b, vec c) { return _mm256_fnmadd_ps(a, b, c); } /* c - a b */
static inline vec v_fnms(vec a, vec b, vec c) { return _mm256_fnmsub_ps(a, b, c); } /* -c - a b */
/* Where a value is NaN, the second. */
static inline vec v_max(vec a, vec b) { return _mm256_max_ps(a, b); }
static inline vec v_min(vec a, vec b) { return _mm256_min_ps(a, b); }

static inline vmask v_mask(size_t n)
{
    __m256i at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (vmask){ _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), at), n };
}

static inline vec v_load_mask(const float *p, vmask m)
{
    return _mm256_maskload_ps(p, m.bits);
}

/* By halves: the masked store is slow on several processors. */
static inline void v_store_mask(float *p, vec v, vmask m)
{
    if (m.n == VL) {
        _mm256_storeu_ps(p, v);
        return;
    }
    __m128 x = _mm256_castps256_ps128(v);
    if (m.n & 4) {
        _mm_storeu_ps(p, x);
        x = _mm256_extractf128_ps(v, 1);
        p += 4;
    }
    if (m.n & 2) {
        _mm_storel_pi((__m64 *)p, x);
        x = _mm_movehl_ps(x, x);
        p += 2;
    }
    if (m.n & 1) _mm_store_ss(p, x);
}

/* `v` where the mask selects, `other` elsewhere. */
static inline vec v_select(vmask m, vec v, vec other)
{
    return _mm256_blendv_ps(other, v, _mm256_castsi256_ps(m.bits));
}

static inline float v_sum(vec v)
{
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

static inline float v_largest(vec v)
{
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

/* Of the 2 VL values of a and then b, every other one from the first on, and from the second on. */
static inline void v_part(vec a, vec b, vec *even, vec *odd)
{
    __m256d low = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88));
    __m256d high = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0xdd));
    *even = _mm256_castpd_ps(_mm256_permute4x64_pd(low, 0xd8));
    *odd = _mm256_castpd_ps(_mm256_permute4x64_pd(high, 0xd8));
}

/* The vectors are columns: rows of `n` values (<= SIMD_STEM_CHANNELS) of the result, `stride` values apart. */
static inline void v_store_columns(float *out, size_t stride, const vec *columns, size_t rows, size_t n)
{
    vec all[8];
    for (size_t i = 0; i < 8; i++) all[i] = i < SIMD_STEM_CHANNELS ? columns[i] : v_zero();
    store_columns_8(out, stride, all, rows, n);
}

/* n = round(x factor), and the bits that v_scale() shifts into an exponent: adding 1.5 2^23 leaves whole numbers
 * behind. */
static inline vec v_round_times(vec x, vec factor, vec *power)
{
    vec lift = _mm256_set1_ps(0x1.8p23f + 127);
    *power = _mm256_fmadd_ps(x, factor, lift);
    return _mm256_sub_ps(*power, lift);
}

/* v 2^n for n from -126 to 127; for -127 zero, for 128 infinity. */
static inline vec v_scale(vec v, vec power)
{
    return _mm256_mul_ps(v, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(power), 23)));
}

/* VL values of 16 bits. */
typedef __m128i halves;

static inline halves h_load(const uint16_t *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline void h_store(uint16_t *p, halves h) { _mm_storeu_si128((__m128i *)p, h); }

/* The last value first, so that those before it push it along. */
static inline halves h_load_mask(const uint16_t *p, vmask m)
{
    if (m.n == VL) return h_load(p);
    halves h = _mm_setzero_si128();
    if (m.n & 1) h = _mm_cvtsi32_si128(p[m.n - 1]);
    if (m.n & 2) h = _mm_or_si128(_mm_slli_si128(h, 4), _mm_loadu_si32(p + (m.n & 4)));
    if (m.n & 4) h = _mm_or_si128(_mm_slli_si128(h, 8), _mm_loadu_si64(p));
    return h;
}

static inline void h_store_mask(uint16_t *p, halves h, vmask m)
{
    if (m.n == VL) {
        h_store(p, h);
        return;
    }
    if (m.n & 4) {
        _mm_storeu_si64(p, h);
        h = _mm_srli_si128(h, 8);
        p += 4;
    }
    if (m.n & 2) {
        _mm_storeu_si32(p, h);
        h = _mm_srli_si128(h, 4);
        p += 2;
    }
    if (m.n & 1) *p = (uint16_t)_mm_cvtsi128_si32(h);
}

static inline vec v_of_bf16(halves h)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16));
}

/* hyti_bf16_of() */
static inline halves bf16_of_v(vec v)
{
    __m256i bits = _mm256_castps_si256(v), upper = _mm256_srli_epi32(bits, 16);
    __m256i even = _mm256_add_epi32(_mm256_and_si256(upper, _mm256_set1_epi32(1)), _mm256_set1_epi32(0x7fff));
    __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, even), 16);
    rounded = _mm256_blendv_epi8(rounded, _mm256_or_si256(upper, _mm256_set1_epi32(0x40)), nan);
    return _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
}

static inline vec v_of_f16(halves h) { return _mm256_cvtph_ps(h); }
static inline halves f16_of_v(vec v) { return _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

#endif
