/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

enum { NR = HYTI_NR_i8_c };

/* What tap (ky, kx) of pixel (y, x) reads; NULL in the padding. */
static const int8_t *tap_values(const hyti_conv_i8 *c, size_t y, size_t x, size_t ky, size_t kx)
{
    /* Before the picture these wrap, and are not inside either. */
    size_t row = y * c->stride_height + ky * c->dilation_height - c->pad_top;
    size_t column = x * c->stride_width + kx * c->dilation_width - c->pad_left;
    if (row >= c->in_height || column >= c->in_width) return NULL;
    return c->in + (row * c->in_width + column) * c->in_stride;
}

static void convolve_panel(const hyti_conv_i8 *c, size_t y, size_t x, const int8_t *w, int32_t *sum)
{
    for (size_t j = 0; j < NR; j++) sum[j] = 0;
    for (size_t ky = 0; ky < c->kernel_height; ky++)
        for (size_t kx = 0; kx < c->kernel_width; kx++) {
            const int8_t *in = tap_values(c, y, x, ky, kx);
            for (size_t i = 0; i < c->in_channels; i++, w += NR)
                for (size_t j = 0; j < NR; j++) sum[j] += (in ? in[i] : c->requant->in_zero) * w[j];
        }
}

static void finish(const hyti_conv_i8 *c, size_t pixel, size_t first, size_t width, const int32_t *sum)
{
    size_t at = pixel * c->out_stride + first;
    for (size_t j = 0; j < width; j++) {
        int32_t q = hyti_requantised(c->requant, first + j, sum[j]);
        c->out[at + j] = (int8_t)(c->add ? hyti_added_i32(c->requant->add, q, c->add[at + j]) : q);
    }
}

void hyti_conv_i8_c(const hyti_kernels *kernels, const hyti_conv_i8 *c)
{
    assert(kernels->panels[HYTI_I8].nr == NR && c->first <= c->last && c->last <= c->out_height);
    size_t panel = hyti_panel_size(kernels, HYTI_I8, c->kernel_height * c->kernel_width * c->in_channels);
    int32_t sum[NR];
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++)
            for (size_t j = 0; j < c->out_channels; j += NR) {
                convolve_panel(c, y, x, hyti_panel_weights_i8(c->weights + j / NR * panel, NR), sum);
                finish(c, y * c->out_width + x, j, hyti_min_size(NR, c->out_channels - j), sum);
            }
}
