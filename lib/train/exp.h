/* SPDX-License-Identifier: GPL-3.0-or-later */
/* e^x in float32, within 2 units in the last place, without a branch: loops of it become vectors; and what is made of
 * it. */
#ifndef HYTI_TRAIN_EXP_H
#define HYTI_TRAIN_EXP_H

#include <stdint.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

/* x = n ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor sum up to r^7, 2^n by its exponent bits. Adding 1.5 * 2^23
 * rounds to a whole number that stands in the low bits. Below -87 and above 88 the ends are taken; NaN stays NaN. */
static inline float hyti_exp_f32(float x)
{
    const float rounder = 12582912.0f;
    int32_t bits;
    float power;
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float shifted = x * 1.44269504f + rounder, n = shifted - rounder;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int32_t)((uint32_t)bits << 23) + 0x3f800000;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* The same of sixteen, in place; as vectors whatever the compiler makes of loops. */
typedef float hyti_exp_lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t hyti_exp_bits __attribute__((vector_size(64), aligned(4), may_alias));

/* e^r by the sum above, in place. */
static inline __attribute__((always_inline)) void hyti_exp_sum_f32(hyti_exp_lanes *x)
{
    hyti_exp_lanes r = *x, p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    *x = p * (r * r) + (r + 1);
}

static inline __attribute__((always_inline)) void hyti_exp_lanes_f32(hyti_exp_lanes *x)
{
    hyti_exp_lanes zero = { 0 };
#ifdef __AVX512F__
    hyti_exp_lanes bounded = (hyti_exp_lanes)_mm512_max_ps((__m512)(zero - 87.0f), (__m512)*x); /* x where it is NaN */
    bounded = (hyti_exp_lanes)_mm512_min_ps((__m512)(zero + 88.0f), (__m512)bounded);
    __m512 power = _mm512_roundscale_ps((__m512)(bounded * 1.44269504f), _MM_FROUND_TO_NEAREST_INT);
    hyti_exp_lanes n = (hyti_exp_lanes)power, r = bounded - n * 0.693359375f + n * 2.12194440e-4f;
    hyti_exp_sum_f32(&r);
    *x = (hyti_exp_lanes)_mm512_scalef_ps((__m512)r, power);
#else
    const float rounder = 12582912.0f;
    hyti_exp_bits low = *x < -87.0f, high = *x > 88.0f;
    hyti_exp_lanes bounded = *x;
    bounded = (hyti_exp_lanes)((low & (hyti_exp_bits)(zero - 87.0f)) | (~low & (hyti_exp_bits)bounded));
    bounded = (hyti_exp_lanes)((high & (hyti_exp_bits)(zero + 88.0f)) | (~high & (hyti_exp_bits)bounded));
    hyti_exp_lanes shifted = bounded * 1.44269504f + rounder, n = shifted - rounder;
    hyti_exp_lanes r = bounded - n * 0.693359375f + n * 2.12194440e-4f;
    hyti_exp_sum_f32(&r);
    *x = r * (hyti_exp_lanes)(((hyti_exp_bits)shifted << 23) + 0x3f800000);
#endif
}

/* The normal distribution within 1e-7, without a branch: with z = |x| / sqrt(2) one tail is erfc(z) / 2, erfc(z) =
 * exp(-z^2) t p(t), t = 1 / (1 + 0.38 z), p the polynomial that the runtime's GELU has (simd/math.inc). */
static inline float hyti_normal_f32(float x)
{
    float size = x < 0 ? -x : x, t = 1 / (1 + 0.38f * 0.707106781f * size);
    float p = 0x1.e24cc0p-5f * t - 0x1.0c183cp-2f;
    p = p * t + 0x1.738c90p-2f;
    p = p * t - 0x1.482492p-3f;
    p = p * t + 0x1.d53d12p-3f;
    p = p * t + 0x1.1ccc4cp-3f;
    p = p * t + 0x1.a15e88p-3f;
    p = p * t + 0x1.b6244cp-3f;
    p = p * t + 0x1.b71c86p-3f;
    float tail = 0.5f * hyti_exp_f32(-0.5f * x * x) * t * p;
    return x < 0 ? tail : 1 - tail;
}

#endif
