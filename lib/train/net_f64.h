/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of the trainer's network and kernels (.inc), compiled for float64 with a plain product: for what float32
 * cannot hold (synflow), and the reference that the float32 versions and all gradients are checked against. */
#ifndef HYTI_TRAIN_NET_F64_H
#define HYTI_TRAIN_NET_F64_H

#include "base/pool.h"
#include "runtime/calibrate.h"
#include "train/ops.h"

typedef struct hyti_gemm_f64 {
    size_t m, n, k;
    const double *a;
    ptrdiff_t a_row, a_step;
    const double *b;
    ptrdiff_t b_step, b_panel;
    double *c;
    ptrdiff_t c_row;
    const double *bias;
    bool accumulate;
} hyti_gemm_f64;

typedef struct hyti_conv_f64 {
    size_t in_height, in_width, in_channels, out_height, out_width, out_channels, in_stride, out_stride;
    size_t kernel_height, kernel_width, stride_height, stride_width, pad_top, pad_left, dilation_height, dilation_width;
    const double *in;
    double *out;
    const double *weights, *bias;
    size_t first, last;
} hyti_conv_f64;

typedef struct hyti_kernels_f64 {
    hyti_panels panels[1];
    void (*gemm_f64)(const hyti_gemm_f64 *gemm);
    void (*depthwise_f64)(const hyti_conv_f64 *conv);
    void (*softmax_f64)(size_t rows, size_t n, double scale, double *x, size_t stride);
    void (*layer_norm_f64)(size_t rows, size_t n, const double *in, const double *scale, const double *shift,
                           double epsilon, double *out);
} hyti_kernels_f64;

#define REAL double
#define T(name) name##_f64
#include "train/ops_table.inc"
#include "train/net_decl.inc"
#undef REAL
#undef T

void hyti_ops_init_f64(hyti_ops_f64 *ops);

#endif
