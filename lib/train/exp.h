/* SPDX-License-Identifier: GPL-3.0-or-later */
/* e^x in float32, within 2 units in the last place, without a branch: loops of it become vectors. */
#ifndef HYTI_TRAIN_EXP_H
#define HYTI_TRAIN_EXP_H

#include <stdint.h>
#include <string.h>

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

#endif
