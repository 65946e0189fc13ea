/* SPDX-License-Identifier: MIT */
/* Pooling in float32: loops over channels are innermost, so that compilers make vectors of them. */
#include "kernels/internal.h"

/* Taps of result pixel (y, x) that meet the picture. */
typedef struct window {
    hyti_taps down, across;
    ptrdiff_t top, left; /* of tap (0, 0) */
} window;

static window window_at(const hyti_conv_f32 *c, size_t y, size_t x)
{
    window w = { .top = (ptrdiff_t)(y * c->stride_height) - (ptrdiff_t)c->pad_top,
                 .left = (ptrdiff_t)(x * c->stride_width) - (ptrdiff_t)c->pad_left };
    w.down = hyti_taps_inside(w.top, c->kernel_height, 1, c->in_height);
    w.across = hyti_taps_inside(w.left, c->kernel_width, 1, c->in_width);
    return w;
}

static const float *pixel_at(const hyti_conv_f32 *c, const window *w, size_t ky, size_t kx)
{
    size_t y = (size_t)(w->top + (ptrdiff_t)ky), x = (size_t)(w->left + (ptrdiff_t)kx);
    return c->in + (y * c->in_width + x) * c->in_stride;
}

/* Not fmaxf: a NaN stays one. */
static void keep_larger(size_t n, const float *in, float *out)
{
    for (size_t j = 0; j < n; j++) out[j] = in[j] <= out[j] ? out[j] : in[j];
}

void hyti_max_pool_f32(const hyti_conv_f32 *c, bool padded)
{
    (void)padded; /* what lies beyond the picture is never the largest */
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            window w = window_at(c, y, x);
            float *out = c->out + (y * c->out_width + x) * c->out_stride;
            for (size_t j = 0; j < c->in_channels; j++) out[j] = -INFINITY;
            for (size_t ky = w.down.first; ky < w.down.last; ky++)
                for (size_t kx = w.across.first; kx < w.across.last; kx++)
                    keep_larger(c->in_channels, pixel_at(c, &w, ky, kx), out);
        }
}

void hyti_average_pool_f32(const hyti_conv_f32 *c, bool padded)
{
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            window w = window_at(c, y, x);
            float *out = c->out + (y * c->out_width + x) * c->out_stride;
            size_t count = (w.down.last - w.down.first) * (w.across.last - w.across.first);
            if (padded) count = c->kernel_height * c->kernel_width;
            for (size_t j = 0; j < c->in_channels; j++) out[j] = 0;
            for (size_t ky = w.down.first; ky < w.down.last; ky++)
                for (size_t kx = w.across.first; kx < w.across.last; kx++) {
                    const float *in = pixel_at(c, &w, ky, kx);
                    for (size_t j = 0; j < c->in_channels; j++) out[j] += in[j];
                }
            for (size_t j = 0; j < c->in_channels; j++) out[j] /= (float)count;
        }
}
