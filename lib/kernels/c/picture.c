/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

void hyti_resize_f32_c(size_t channels, size_t in_height, size_t in_width, const float *in, size_t out_height,
                       size_t out_width, float *out)
{
    for (size_t y = 0; y < out_height; y++) {
        hyti_blend v = hyti_blend_at(y, in_height, out_height);
        const float *upper = in + v.low * in_width * channels, *lower = in + v.high * in_width * channels;
        for (size_t x = 0; x < out_width; x++) {
            hyti_blend h = hyti_blend_at(x, in_width, out_width);
            size_t left = h.low * channels, right = h.high * channels;
            for (size_t c = 0; c < channels; c++) {
                float top = upper[left + c] + (upper[right + c] - upper[left + c]) * h.share;
                float bottom = lower[left + c] + (lower[right + c] - lower[left + c]) * h.share;
                *out++ = top + (bottom - top) * v.share;
            }
        }
    }
}

void hyti_input_f32_c(bool planes, size_t channels, size_t pixels, const float *in, const float *mean,
                      const float *inverse, float *out)
{
    size_t pixel_step = planes ? 1 : channels, channel_step = planes ? pixels : 1;
    for (size_t c = 0; c < channels; c++) {
        float centre = mean ? mean[c] : 0, factor = mean ? inverse[c] : 1;
        const float *from = in + c * channel_step;
        for (size_t i = 0; i < pixels; i++) out[i * channels + c] = (from[i * pixel_step] - centre) * factor;
    }
}
