/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/net_f64.h"
#include <math.h>

static void plain_gemm_f64(const hyti_gemm_f64 *g)
{
    for (size_t i = 0; i < g->m; i++) {
        for (size_t j = 0; j < g->n; j++) {
            double *c = g->c + (ptrdiff_t)i * g->c_row + (ptrdiff_t)j;
            double sum = g->accumulate ? *c : g->bias ? g->bias[j] : 0;
            for (size_t l = 0; l < g->k; l++)
                sum += g->a[(ptrdiff_t)i * g->a_row + (ptrdiff_t)l * g->a_step] *
                       g->b[(ptrdiff_t)(j / 4) * g->b_panel + (ptrdiff_t)l * g->b_step + (ptrdiff_t)(j % 4)];
            *c = sum;
        }
    }
}

/* The sum of one pixel and channel; taps outside are those whose place wraps around. */
static double plain_pixel_f64(const hyti_conv_f64 *c, size_t y, size_t x, size_t channel)
{
    double sum = c->bias ? c->bias[channel] : 0;
    for (size_t ky = 0; ky < c->kernel_height; ky++) {
        for (size_t kx = 0; kx < c->kernel_width; kx++) {
            size_t row = y * c->stride_height + ky * c->dilation_height - c->pad_top;
            size_t column = x * c->stride_width + kx * c->dilation_width - c->pad_left;
            if (row >= c->in_height || column >= c->in_width) continue;
            sum += c->in[(row * c->in_width + column) * c->in_stride + channel] *
                   c->weights[(ky * c->kernel_width + kx) * c->out_channels + channel];
        }
    }
    return sum;
}

static void plain_depthwise_f64(const hyti_conv_f64 *c)
{
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++)
            for (size_t j = 0; j < c->out_channels; j++)
                c->out[(y * c->out_width + x) * c->out_stride + j] = plain_pixel_f64(c, y, x, j);
}

static void plain_softmax_f64(size_t rows, size_t n, double scale, double *x, size_t stride)
{
    for (size_t r = 0; r < rows; r++, x += stride) {
        double top = x[0], sum = 0;
        for (size_t i = 1; i < n; i++) top = fmax(top, x[i]);
        for (size_t i = 0; i < n; i++) sum += x[i] = exp((x[i] - top) * scale);
        for (size_t i = 0; i < n; i++) x[i] /= sum;
    }
}

static void plain_layer_norm_f64(size_t rows, size_t n, const double *in, const double *scale,
                                        const double *shift, double epsilon, double *out)
{
    for (size_t r = 0; r < rows; r++, in += n, out += n) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) mean += in[i] / (double)n;
        for (size_t i = 0; i < n; i++) variance += (in[i] - mean) * (in[i] - mean) / (double)n;
        for (size_t i = 0; i < n; i++) out[i] = (in[i] - mean) / sqrt(variance + epsilon) * scale[i] + shift[i];
    }
}

static size_t hyti_pack_size_f64(const hyti_kernels_f64 *kernels, size_t k, size_t n)
{
    return k * hyti_round_up(n, kernels->panels[HYTI_F32].nr);
}

static void hyti_pack_f64(const hyti_kernels_f64 *kernels, size_t k, size_t n, const double *b, ptrdiff_t row,
                                 ptrdiff_t column, double *packed)
{
    size_t nr = kernels->panels[HYTI_F32].nr;
    for (size_t l = 0; l < k; l++)
        for (size_t j = 0; j < n; j++)
            packed[j / nr * nr * k + l * nr + j % nr] = b[(ptrdiff_t)l * row + (ptrdiff_t)j * column];
}

#define REAL double
#define T(name) name##_f64
#define EXP exp
#define SQRT sqrt
#define NORMAL(x) (0.5 * erfc(-0.70710678118654752 * (x)))
#include "train/ops.inc"
#include "train/net.inc"
#include "train/weights.inc"

void hyti_ops_init_f64(hyti_ops_f64 *ops)
{
    fill_ops(ops);
    ops->kernels = (hyti_kernels_f64){ { { 4, 1 } }, plain_gemm_f64, plain_depthwise_f64, plain_softmax_f64,
                                        plain_layer_norm_f64 };
}
