/* SPDX-License-Identifier: MIT */
/* The float32 kernels: one table of function pointers, filled with the plain C reference and overwritten in rising
 * order of instruction set. A kernel is innocent: no status, no allocation, no globals; it asserts its contract.
 *
 * Activations are NHWC: pixel by pixel, channels together. Tokens are rows of `width` values. */
#ifndef HYTI_KERNELS_KERNELS_H
#define HYTI_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum hyti_isa {
    HYTI_ISA_C = 0,
    HYTI_ISA_AVX2 = 1 << 0,   /* with FMA */
    HYTI_ISA_AVX512 = 1 << 1, /* F, BW, DQ, VL */
    HYTI_ISA_ALL = ~0
} hyti_isa;
/* What this processor and its operating system offer. */
unsigned hyti_isa_detect(void);

typedef enum hyti_act { HYTI_ACT_NONE = 0, HYTI_ACT_RELU, HYTI_ACT_RELU6, HYTI_ACT_SILU } hyti_act;

/* C = act(A B + bias) + add, or with accumulate C += A B (then no bias, act, add).
 *   A(i, l) = a[i * a_row + l * a_step]         any strides, so that a transpose costs nothing
 *   B(l, j) = b[j / nr * b_panel + l * b_step + j % nr]
 * where nr is the table's gemm_nr: packed panels have b_step = nr, b_panel = k * nr (hyti_pack_f32); a row-major
 * matrix of leading dimension ld is read as it lies with b_step = ld, b_panel = nr. Never reads beyond the n-th column.
 * k = 0 gives act(bias) + add. `add` may be `c` itself. */
typedef struct hyti_gemm_f32 {
    size_t m, n, k;
    const float *a;
    ptrdiff_t a_row, a_step;
    const float *b;
    ptrdiff_t b_step, b_panel;
    float *c;
    ptrdiff_t c_row;
    const float *bias; /* n values, or NULL */
    const float *add;  /* or NULL */
    ptrdiff_t add_row;
    hyti_act act;
    bool accumulate;
} hyti_gemm_f32;

/* A 2-D convolution over one picture; rows of the result from `first` to `last` (exclusive), so that threads share
 * one. */
typedef struct hyti_conv_f32 {
    size_t in_height, in_width, in_channels;    /* pixels are `in_stride` values apart (>= in_channels) */
    size_t out_height, out_width, out_channels; /* and `out_stride` */
    size_t in_stride, out_stride;
    size_t kernel_height, kernel_width, stride_height, stride_width, pad_top, pad_left, dilation_height, dilation_width;
    const float *in;
    float *out;
    /* convolution: packed panels of [kh * kw * in_channels][out_channels]; depthwise: [kh * kw][channels] */
    const float *weights;
    const float *bias;    /* out_channels values, or NULL */
    const float *add;     /* added after the activation, laid out as `out`; or NULL */
    hyti_act act;
    size_t first, last;
    float *scratch;       /* hyti_conv_f32_scratch() bytes, a worker each; NULL if that is 0 */
} hyti_conv_f32;

/* softmax(q k' * scale) v for one head of one set of tokens. Rows of q, k, v are `stride` values apart, of out
 * `out_stride`. */
typedef struct hyti_attention_f32 {
    size_t tokens, width; /* width: of one head */
    const float *q, *k, *v;
    size_t stride;
    float *out;
    size_t out_stride;
    float scale;
    float *scratch; /* hyti_attention_f32_scratch() bytes */
} hyti_attention_f32;

typedef struct hyti_kernels hyti_kernels;
struct hyti_kernels {
    unsigned isa;   /* what it was filled for */
    size_t gemm_nr; /* columns of a panel */
    void (*gemm_f32)(const hyti_gemm_f32 *gemm);
    void (*conv_f32)(const hyti_kernels *kernels, const hyti_conv_f32 *conv);      /* groups = 1 */
    void (*depthwise_f32)(const hyti_conv_f32 *conv);
    void (*attention_f32)(const hyti_kernels *kernels, const hyti_attention_f32 *attention);
    void (*act_f32)(hyti_act act, size_t n, const float *in, float *out);          /* in place too */
    void (*add_f32)(size_t n, const float *a, const float *b, float *out);         /* in place too */
    void (*softmax_f32)(size_t rows, size_t n, float scale, float *x, size_t stride); /* in place, of x * scale */
    void (*layer_norm_f32)(size_t rows, size_t n, const float *in, const float *scale, const float *shift,
                           float epsilon, float *out);
    void (*mean_f32)(size_t rows, size_t n, const float *in, float *out);          /* column means: global pooling */
    /* Bilinear, half-pixel centres, `channels` values a pixel. */
    void (*resize_f32)(size_t channels, size_t in_height, size_t in_width, const float *in, size_t out_height,
                       size_t out_width, float *out);
    /* One picture from planes (NCHW) or pixels (NHWC) to NHWC, (x - mean) * inverse; mean NULL: as it is. */
    void (*input_f32)(bool planes, size_t channels, size_t pixels, const float *in, const float *mean,
                      const float *inverse, float *out);
};

/* Fills the table for `isa` & hyti_isa_detect(). */
void hyti_kernels_init(hyti_kernels *kernels, unsigned isa);
/* Values of B[k x n] packed for a table; and the packing: B(l, j) = b[l * row + j * column]. */
size_t hyti_pack_f32_size(const hyti_kernels *kernels, size_t k, size_t n);
void hyti_pack_f32(const hyti_kernels *kernels, size_t k, size_t n, const float *b, ptrdiff_t row, ptrdiff_t column,
                   float *packed);
/* Bytes of scratch a worker needs; multiples of 64. */
size_t hyti_conv_f32_scratch(const hyti_kernels *kernels, const hyti_conv_f32 *conv);
size_t hyti_attention_f32_scratch(const hyti_kernels *kernels, size_t tokens, size_t width);

#endif
