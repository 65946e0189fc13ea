/* SPDX-License-Identifier: MIT */
/* What the tables of int8 attention, softmax and layer norm share: what is once a row or a block of rows. */
#ifndef HYTI_KERNELS_TOKEN_I8_H
#define HYTI_KERNELS_TOKEN_I8_H

#include "kernels/internal.h"

enum {
    HYTI_ATTENTION_LANES = 16,  /* queries at a time, of all tables the most */
    HYTI_ATTENTION_SHARE = 512, /* keys whose 16-bit weights times 8-bit values sum in 32 bits */
};

/* A result is (sum of weight v * (factor / sum of weights) + offset) >> right, plus the zero. Sums of more than
 * HYTI_ATTENTION_SHARE keys are rounded to `cut` bits less. */
typedef struct hyti_attention_finish {
    int32_t cut, right;
    int64_t factor, offset;
} hyti_attention_finish;

static inline hyti_attention_finish hyti_attention_finish_of(const hyti_attention_i8 *t)
{
    hyti_attention_finish f = { .cut = 0 };
    while (((size_t)HYTI_ATTENTION_SHARE << f.cut) < t->keys) f.cut++;
    f.factor = (int64_t)t->quant->result.multiplier << 14;
    f.right = 45 - f.cut - t->quant->result.shift;
    if (f.right > 62) f.right = 62; /* nothing is left anyway */
    f.offset = ((int64_t)1 << (f.right - 1)) - t->quant->v_zero * (f.factor >> f.cut);
    return f;
}

/* 2^50 / sum, so that a weight times it, right by 42, is in 256ths of the sum. */
enum { HYTI_SOFTMAX_RIGHT = 42 };
static inline int64_t hyti_softmax_share(int64_t sum)
{
    return ((int64_t)256 << HYTI_SOFTMAX_RIGHT) / sum;
}

/* A row of layer norm: ((value * step - offset) * inverse) >> 31 is (value - mean) / deviation with
 * 15 - hyti_norm_room(n) fraction bits. */
typedef struct hyti_norm_row {
    int32_t step, offset, inverse;
} hyti_norm_row;

/* The bits before the point of (value - mean) / deviation, which is at most sqrt(n). */
static inline int32_t hyti_norm_room(size_t n)
{
    int32_t room = 0;
    while ((size_t)1 << 2 * room < n) room++;
    return room;
}

/* 2^16 / sqrt(x / 2^32), 2^30 <= x < 2^32, within 1: a parabola within 2.5 %, and two of Newton's steps. */
static inline int32_t hyti_inverse_root(uint64_t x)
{
    uint64_t y = 2867798782 - (x * (3527650694 - (x * 1759410873 >> 32)) >> 32);
    for (int i = 0; i < 2; i++) y = y * (((uint64_t)3 << 30) - (x * (y * y >> 30) >> 32)) >> 31;
    return (int32_t)((y + (1 << 13)) >> 14);
}

/* n^2 variance = n sum q^2 - (sum q)^2 is exact; its last 8 bits here are epsilon's. value * n - sum is exact too, and
 * shifted left so far that it still fits: by the inequality of Cauchy and Schwarz it is at most sqrt(n) n deviation. */
static inline hyti_norm_row hyti_norm_row_of(size_t n, int32_t room, int32_t sum, int32_t squares, int64_t epsilon)
{
    int64_t variance = (int64_t)n * squares - (int64_t)sum * sum;
    if (variance == 0) return (hyti_norm_row){ 0, 0, 0 };
    uint64_t x = (uint64_t)(variance * 256 + epsilon);
    int zeros = __builtin_clzll(x) & ~1, left = 2 - room + zeros / 2;
    return (hyti_norm_row){ (int32_t)((uint32_t)n << left), (int32_t)((uint32_t)sum << left),
                            hyti_inverse_root(x << zeros >> 32) };
}

#endif
