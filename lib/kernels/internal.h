/* SPDX-License-Identifier: MIT */
/* What the kernels share among themselves. */
#ifndef HYTI_KERNELS_INTERNAL_H
#define HYTI_KERNELS_INTERNAL_H

#include "kernels/kernels.h"
#include <assert.h>
#include <math.h>

#define HYTI_KERNEL(operation, isa, needs) __typeof__(*((hyti_kernels *)0)->operation) hyti_##operation##_##isa;
#include "kernels/list.inc"

/* Width of a panel, by instruction set: HYTI_NR_c, ... */
enum {
#define HYTI_GEMM(isa, mr, nr, needs) HYTI_NR_##isa = nr, HYTI_MR_##isa = mr,
#include "kernels/list.inc"
};

static inline size_t hyti_min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Not fminf and fmaxf: a NaN stays one. */
static inline float hyti_act_value(hyti_act act, float x)
{
    switch (act) {
    case HYTI_ACT_RELU: return x < 0 ? 0 : x;
    case HYTI_ACT_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case HYTI_ACT_SILU: return x / (1 + expf(-x));
    default: return x;
    }
}

/* The taps of a kernel that meet the picture: those k in first <= k < last with 0 <= origin + k * dilation < size. */
typedef struct hyti_taps {
    size_t first, last;
} hyti_taps;

static inline hyti_taps hyti_taps_inside(ptrdiff_t origin, size_t kernel, size_t dilation, size_t size)
{
    ptrdiff_t step = (ptrdiff_t)dilation, first = origin < 0 ? -origin : 0, last = (ptrdiff_t)size - origin;
    if (last < 0) last = 0;
    if (step > 1) first = (first + step - 1) / step, last = (last + step - 1) / step;
    if (last > (ptrdiff_t)kernel) last = (ptrdiff_t)kernel;
    return (hyti_taps){ (size_t)first, (size_t)(last > first ? last : first) };
}

/* Bilinear interpolation at half-pixel centres along one axis: low + (high - low) * share. */
typedef struct hyti_blend {
    size_t low, high;
    float share;
} hyti_blend;

static inline hyti_blend hyti_blend_at(size_t i, size_t in, size_t out)
{
    float at = ((float)i + 0.5f) * ((float)in / (float)out) - 0.5f;
    if (at < 0) at = 0;
    size_t low = hyti_min_size((size_t)at, in - 1);
    return (hyti_blend){ low, hyti_min_size(low + 1, in - 1), at - (float)low };
}

/* A convolution that reads its pixels where they lie: nothing is gathered, no scratch. */
static inline bool hyti_conv_is_pointwise(const hyti_conv_f32 *c)
{
    return c->kernel_height == 1 && c->kernel_width == 1 && c->pad_top == 0 && c->pad_left == 0 &&
           (c->out_height - 1) * c->stride_height < c->in_height && (c->out_width - 1) * c->stride_width < c->in_width;
}

/* Result pixels whose taps are gathered at a time: few enough to stay in cache, a multiple of every tile. */
static inline size_t hyti_conv_block(const hyti_conv_f32 *c)
{
    size_t depth = c->kernel_height * c->kernel_width * c->in_channels;
    size_t fit = 32768 / depth / 12 * 12;
    return fit < 12 ? 12 : fit > 48 ? 48 : fit;
}

#endif
