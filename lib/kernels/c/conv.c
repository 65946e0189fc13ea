/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

enum { NR = HYTI_NR_f32_c };

/* The taps of one result pixel that meet the picture. */
typedef struct pixel {
    ptrdiff_t top, left; /* where tap (0, 0) lies, perhaps outside */
    hyti_taps rows, columns;
} pixel;

static pixel locate(const hyti_conv_f32 *c, size_t y, size_t x)
{
    ptrdiff_t top = (ptrdiff_t)(y * c->stride_height) - (ptrdiff_t)c->pad_top;
    ptrdiff_t left = (ptrdiff_t)(x * c->stride_width) - (ptrdiff_t)c->pad_left;
    return (pixel){ top, left, hyti_taps_inside(top, c->kernel_height, c->dilation_height, c->in_height),
                    hyti_taps_inside(left, c->kernel_width, c->dilation_width, c->in_width) };
}

static const float *tap_values(const hyti_conv_f32 *c, const pixel *p, size_t ky, size_t kx)
{
    size_t y = (size_t)(p->top + (ptrdiff_t)(ky * c->dilation_height));
    size_t x = (size_t)(p->left + (ptrdiff_t)(kx * c->dilation_width));
    return c->in + (y * c->in_width + x) * c->in_stride;
}

/* Bias, activation and addition for `n` channels of pixel (y, x) from `channel` on. */
static void finish(const hyti_conv_f32 *c, size_t y, size_t x, size_t channel, size_t n, const float *sum)
{
    size_t at = (y * c->out_width + x) * c->out_stride + channel;
    for (size_t j = 0; j < n; j++) {
        float value = hyti_act_value(c->act, sum[j] + (c->bias ? c->bias[channel + j] : 0));
        c->out[at + j] = c->add ? value + c->add[at + j] : value;
    }
}

static void convolve_panel(const hyti_conv_f32 *c, const pixel *p, const float *panel, float *sum)
{
    for (size_t j = 0; j < NR; j++) sum[j] = 0;
    for (size_t ky = p->rows.first; ky < p->rows.last; ky++)
        for (size_t kx = p->columns.first; kx < p->columns.last; kx++) {
            const float *in = tap_values(c, p, ky, kx);
            const float *w = panel + (ky * c->kernel_width + kx) * c->in_channels * NR;
            for (size_t i = 0; i < c->in_channels; i++, w += NR)
                for (size_t j = 0; j < NR; j++) sum[j] += in[i] * w[j];
        }
}

void hyti_conv_f32_c(const hyti_kernels *kernels, const hyti_conv_f32 *c)
{
    assert(kernels->panels[HYTI_F32].nr == NR && c->first <= c->last && c->last <= c->out_height);
    (void)kernels;
    size_t panel = c->kernel_height * c->kernel_width * c->in_channels * NR;
    float sum[NR];
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            pixel p = locate(c, y, x);
            for (size_t j = 0; j < c->out_channels; j += NR) {
                convolve_panel(c, &p, c->weights + j / NR * panel, sum);
                finish(c, y, x, j, hyti_min_size(NR, c->out_channels - j), sum);
            }
        }
}

void hyti_depthwise_f32_c(const hyti_conv_f32 *c)
{
    assert(c->in_channels == c->out_channels && c->first <= c->last && c->last <= c->out_height);
    float sum[NR];
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            pixel p = locate(c, y, x);
            for (size_t j = 0; j < c->out_channels; j += NR) {
                size_t n = hyti_min_size(NR, c->out_channels - j);
                for (size_t i = 0; i < NR; i++) sum[i] = 0;
                for (size_t ky = p.rows.first; ky < p.rows.last; ky++)
                    for (size_t kx = p.columns.first; kx < p.columns.last; kx++) {
                        const float *in = tap_values(c, &p, ky, kx) + j;
                        const float *w = c->weights + (ky * c->kernel_width + kx) * c->out_channels + j;
                        for (size_t i = 0; i < n; i++) sum[i] += in[i] * w[i];
                    }
                finish(c, y, x, j, n, sum);
            }
        }
}
