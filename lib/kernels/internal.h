/* SPDX-License-Identifier: MIT */
/* What the kernels share among themselves. */
#ifndef HYTI_KERNELS_INTERNAL_H
#define HYTI_KERNELS_INTERNAL_H

#include "kernels/kernels.h"
#include <assert.h>
#include <math.h>
#include <string.h>

#define HYTI_KERNEL(operation, isa, needs) __typeof__(*((hyti_kernels *)0)->operation) hyti_##operation##_##isa;
#include "kernels/list.inc"

/* Width of a panel, height of a tile and steps of a group, by format and instruction set: HYTI_NR_f32_c, ... */
enum {
#define HYTI_GEMM(format, isa, mr, nr, group, needs) \
    HYTI_NR_##format##_##isa = nr, HYTI_MR_##format##_##isa = mr, HYTI_GROUP_##format##_##isa = group,
#include "kernels/list.inc"
};

static inline size_t hyti_round_to(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* value * factor as TensorFlow Lite's int8 kernels compute it (gemmlowp's rounding doubling high product, then a
 * rounding right shift). The first rounds half up, the second half away from zero. */
static inline int32_t hyti_scaled_i32(int32_t value, int32_t multiplier, int32_t shift)
{
    int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
    int64_t product = (int64_t)(int32_t)((uint32_t)value << left) * multiplier;
    int32_t high = (int32_t)((product + ((int64_t)1 << 30)) >> 31);
    if (right == 0) return high;
    return (int32_t)(((int64_t)high + ((int64_t)1 << (right - 1)) - (high < 0)) >> right);
}

static inline int32_t hyti_bounded_i32(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* left and right are stored values. */
static inline int32_t hyti_added_i32(const hyti_add_quant *q, int32_t left, int32_t right)
{
    int32_t a = hyti_scaled_i32((left - q->left_zero) * (1 << 20), q->left.multiplier, q->left.shift);
    int32_t b = hyti_scaled_i32((right - q->right_zero) * (1 << 20), q->right.multiplier, q->right.shift);
    int32_t sum = hyti_scaled_i32(a + b, q->result.multiplier, q->result.shift);
    return hyti_bounded_i32(sum, q->low - q->zero, q->high - q->zero) + q->zero;
}

static inline int32_t hyti_multiplied_i32(const hyti_mul_quant *q, int32_t left, int32_t right)
{
    int32_t product = (left - q->left_zero) * (right - q->right_zero);
    product = hyti_scaled_i32(product, q->factor.multiplier, q->factor.shift);
    return hyti_bounded_i32(product, q->low - q->zero, q->high - q->zero) + q->zero;
}

/* float32's hyti_i8_of, with one division. */
static inline int8_t hyti_i8_of_f32(float x, hyti_quant quant)
{
    float stored = x / quant.scale;
    if (!(stored == stored)) return (int8_t)quant.zero;
    stored = stored < -256 ? -256 : stored > 256 ? 256 : stored;
    return (int8_t)hyti_bounded_i32((int32_t)roundf(stored) + quant.zero, -128, 127);
}

/* The mean of `count` values, whose stored sum is given. */
static inline int32_t hyti_rounded_quotient(int32_t sum, int32_t count)
{
    return (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
}

static inline int32_t hyti_mean_of_sum(const hyti_mean_quant *q, int32_t sum, int32_t rows)
{
    if (!q->factor.multiplier) return hyti_rounded_quotient(sum, rows);
    int32_t apart = hyti_scaled_i32(sum - rows * q->in_zero, q->factor.multiplier, q->factor.shift);
    return hyti_bounded_i32(apart, -128 - q->zero, 127 - q->zero) + q->zero;
}

/* The stored result of a 32-bit sum, column j, before an addition. */
static inline int32_t hyti_requantised(const hyti_requant *r, size_t j, int32_t sum)
{
    int32_t q = hyti_scaled_i32(sum + r->bias[j], r->multiplier[j], r->shift[j]);
    q = hyti_bounded_i32(q, r->low - r->zero, r->high - r->zero) + r->zero; /* in this order nothing overflows */
    return r->table ? r->table[q + 128] : q;
}

static inline size_t hyti_min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* relu6(x + 3) / 6 */
static inline float hyti_hard_sigmoid(float x)
{
    x += 3;
    return (x < 0 ? 0 : x > 6 ? 6 : x) / 6;
}

/* Not fminf and fmaxf: a NaN stays one. */
static inline float hyti_act_value(hyti_act act, float x)
{
    switch (act) {
    case HYTI_ACT_RELU: return x < 0 ? 0 : x;
    case HYTI_ACT_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case HYTI_ACT_SILU: return x / (1 + expf(-x));
    case HYTI_ACT_SIGMOID: return 1 / (1 + expf(-x));
    case HYTI_ACT_GELU: return (float)(0.5 * x * erfc(-0.70710678118654752 * x));
    case HYTI_ACT_HARD_SWISH: return x * hyti_hard_sigmoid(x);
    case HYTI_ACT_HARD_SIGMOID: return hyti_hard_sigmoid(x);
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

/* The taps of one result pixel inside the picture: how many, how many values they are apart, the first's place. */
typedef struct hyti_window {
    size_t rows, columns, row, column, first;
} hyti_window;

static inline hyti_window hyti_window_of(hyti_taps down, hyti_taps across, ptrdiff_t first, size_t row, size_t column)
{
    size_t height = down.last - down.first, width = across.last - across.first;
    if (!height || !width) return (hyti_window){ 0 };
    first += (ptrdiff_t)(down.first * row + across.first * column);
    return (hyti_window){ height, width, row, column, (size_t)first };
}

static inline ptrdiff_t hyti_origin(size_t at, size_t stride, size_t pad)
{
    return (ptrdiff_t)(at * stride) - (ptrdiff_t)pad;
}

/* Of a convolution of any format. */
#define hyti_window_at(c, y, x)                                                                                        \
    hyti_window_of(                                                                                                    \
        hyti_taps_inside(hyti_origin(y, (c)->stride_height, (c)->pad_top), (c)->kernel_height, (c)->dilation_height,   \
                         (c)->in_height),                                                                              \
        hyti_taps_inside(hyti_origin(x, (c)->stride_width, (c)->pad_left), (c)->kernel_width, (c)->dilation_width,     \
                         (c)->in_width),                                                                               \
        (hyti_origin(y, (c)->stride_height, (c)->pad_top) * (ptrdiff_t)(c)->in_width +                                 \
         hyti_origin(x, (c)->stride_width, (c)->pad_left)) * (ptrdiff_t)(c)->in_stride,                                \
        (c)->dilation_height * (c)->in_width * (c)->in_stride, (c)->dilation_width * (c)->in_stride)

/* Bilinear interpolation at half-pixel centres along one axis: low + (high - low) * share. */
typedef struct hyti_blend {
    size_t low, high;
    float share;
} hyti_blend;

static inline hyti_blend hyti_blend_at(size_t i, size_t in, size_t out)
{
    uint64_t twice = (2 * (uint64_t)i + 1) * in, at = twice > out ? twice - out : 0, whole = at / (2 * out);
    size_t low = hyti_min_size((size_t)whole, in - 1);
    return (hyti_blend){ low, hyti_min_size(low + 1, in - 1), (float)(at - whole * 2 * out) / (float)(2 * out) };
}

/* The same in fixed point, for int8: the share in units of 2^-14. */
enum { HYTI_SHARE_BITS = 14 };
typedef struct hyti_blend_i8 {
    size_t low, high;
    int32_t share;
} hyti_blend_i8;

static inline hyti_blend_i8 hyti_blend_i8_at(size_t i, size_t in, size_t out)
{
    uint64_t twice = (2 * (uint64_t)i + 1) * in, at = twice > out ? twice - out : 0, whole = at / (2 * out);
    size_t low = hyti_min_size((size_t)whole, in - 1);
    int32_t share = (int32_t)((((at - whole * 2 * out) << HYTI_SHARE_BITS) + out) / (2 * out));
    return (hyti_blend_i8){ low, hyti_min_size(low + 1, in - 1), share };
}

/* A tap of the kernel in a stem: where it falls for the first pixel, and its weight in a panel. */
typedef struct hyti_stem_tap {
    const float *in;
    size_t weight;
} hyti_stem_tap;

/* Values of a row of the picture that a stem keeps, of each phase of the stride. */
static inline size_t hyti_stem_length(size_t out_width, size_t kernel_width, size_t stride_width)
{
    size_t widest = 16; /* vector, whatever the processor */
    return hyti_round_to(out_width, widest) + hyti_round_to(kernel_width / stride_width + 1, widest);
}

#define HYTI_MOST_GROUP ((size_t)4) /* of all tables */

/* A panel of int8 begins with the sums of its columns' weights, for products of unsigned values. */
static inline const int8_t *hyti_panel_weights_i8(const int8_t *panel, size_t nr)
{
    return panel + nr * sizeof(int32_t);
}

/* For each format:
 * a convolution that reads its pixels where they lie: nothing is gathered, no scratch;
 * values of one gathered pixel, a multiple of every table's group, so that groups never reach beyond it;
 * result pixels whose taps are gathered at a time: few enough to stay in cache, a multiple of every tile. */
#define HYTI_CONV_FACTS(format, VALUE)                                                                                 \
    static inline bool hyti_conv_is_pointwise_##format(const hyti_conv_##format *c)                                    \
    {                                                                                                                  \
        return c->kernel_height == 1 && c->kernel_width == 1 && c->pad_top == 0 && c->pad_left == 0 &&                 \
               (c->out_height - 1) * c->stride_height < c->in_height &&                                                \
               (c->out_width - 1) * c->stride_width < c->in_width;                                                     \
    }                                                                                                                  \
    static inline size_t hyti_conv_depth_##format(const hyti_conv_##format *c)                                         \
    {                                                                                                                  \
        size_t depth = c->kernel_height * c->kernel_width * c->in_channels;                                            \
        return sizeof(VALUE) == 4 ? depth : hyti_round_to(depth, HYTI_MOST_GROUP);                                     \
    }                                                                                                                  \
    static inline size_t hyti_conv_block_##format(const hyti_conv_##format *c)                                         \
    {                                                                                                                  \
        size_t fit = 131072 / sizeof(VALUE) / hyti_conv_depth_##format(c) / 12 * 12;                                   \
        return fit < 12 ? 12 : fit > 48 ? 48 : fit;                                                                    \
    }
HYTI_CONV_FACTS(f32, float)
HYTI_CONV_FACTS(bf16, hyti_bf16)
HYTI_CONV_FACTS(f16, hyti_f16)
HYTI_CONV_FACTS(i8, int8_t)
#undef HYTI_CONV_FACTS

/* int8: values of a picture's row in a stem's ring, its padding included; rows of the result whose taps are gathered at
 * a time. */
static inline size_t hyti_stem_i8_row(const hyti_conv_i8 *c)
{
    size_t reach = (c->out_width - 1) * c->stride_width + c->kernel_width, own = c->pad_left + c->in_width;
    return hyti_round_to((reach > own ? reach : own) * c->in_channels, 64);
}

static inline size_t hyti_stem_i8_rows(const hyti_conv_i8 *c)
{
    size_t fit = 16384 / (c->out_width * hyti_conv_depth_i8(c));
    return fit < 1 ? 1 : hyti_min_size(fit, c->out_height);
}

static inline uint32_t hyti_bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float hyti_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float hyti_f32_of_bf16(hyti_bf16 x)
{
    return hyti_float_of((uint32_t)x << 16);
}

/* To nearest, ties to even; a NaN stays one (its upper bits, made quiet). */
static inline hyti_bf16 hyti_bf16_of(float x)
{
    uint32_t bits = hyti_bits_of(x);
    if ((bits & 0x7fffffff) > 0x7f800000) return (hyti_bf16)(bits >> 16 | 0x40);
    return (hyti_bf16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* 2^112 times the half's bits moved into place; infinities and NaN have the largest exponent. */
static inline float hyti_f32_of_f16(hyti_f16 x)
{
    uint32_t sign = (uint32_t)(x & 0x8000) << 16, rest = (uint32_t)(x & 0x7fff) << 13;
    if (rest >= 0x0f800000) return hyti_float_of(sign | (rest + 0x70000000) | (rest > 0x0f800000 ? 0x400000 : 0));
    return hyti_float_of(hyti_bits_of(hyti_float_of(rest) * 0x1p112f) | sign);
}

/* To nearest, ties to even; beyond 65504 infinity; a NaN stays one. Below the least normal half, adding 0.5 leaves the
 * rounded value in the low bits. */
static inline hyti_f16 hyti_f16_of(float x)
{
    uint32_t bits = hyti_bits_of(x), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size > 0x7f800000) return (hyti_f16)(sign | 0x7e00 | (size >> 13 & 0x3ff));
    if (size >= 0x477ff000) return (hyti_f16)(sign | 0x7c00);
    if (size < 0x38800000) return (hyti_f16)(sign | (hyti_bits_of(hyti_float_of(size) + 0.5f) - 0x3f000000));
    return (hyti_f16)(sign | (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13);
}

#endif
