/* SPDX-License-Identifier: MIT */
/* int8, picture by picture: pooling, resizing, the input. */
#include "kernels/internal.h"

void hyti_average_pool_i8_c(const hyti_conv_i8 *c, bool padded)
{
    const hyti_requant *r = c->requant;
    int32_t all = (int32_t)(c->kernel_height * c->kernel_width);
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            hyti_window w = hyti_window_at(c, y, x);
            int32_t inside = (int32_t)(w.rows * w.columns);
            int8_t *out = c->out + (y * c->out_width + x) * c->out_stride;
            for (size_t j = 0; j < c->out_channels; j++) {
                int32_t sum = padded ? (all - inside) * r->in_zero : 0;
                for (size_t ky = 0; ky < w.rows; ky++)
                    for (size_t kx = 0; kx < w.columns; kx++) sum += c->in[w.first + ky * w.row + kx * w.column + j];
                int32_t mean = hyti_rounded_quotient(sum, padded ? all : inside ? inside : 1);
                out[j] = (int8_t)hyti_bounded_i32(mean, r->low, r->high);
            }
        }
}

void hyti_max_pool_i8_c(const hyti_conv_i8 *c)
{
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            hyti_window w = hyti_window_at(c, y, x);
            int8_t *out = c->out + (y * c->out_width + x) * c->out_stride;
            for (size_t j = 0; j < c->out_channels; j++) {
                int32_t top = -128;
                for (size_t ky = 0; ky < w.rows; ky++)
                    for (size_t kx = 0; kx < w.columns; kx++) {
                        int32_t q = c->in[w.first + ky * w.row + kx * w.column + j];
                        if (q > top) top = q;
                    }
                out[j] = (int8_t)hyti_bounded_i32(top, c->requant->low, c->requant->high);
            }
        }
}

/* Across in units of 2^-7, which 16 bits hold; then down, rounded half up. What is lost: 2^-15 of a difference up to
 * 255 for each share, 2^-8 and half a unit for the roundings. */
void hyti_resize_i8_c(size_t channels, size_t in_height, size_t in_width, const int8_t *in, size_t out_height,
                      size_t out_width, int8_t *out)
{
    int32_t whole = 1 << HYTI_SHARE_BITS;
    for (size_t y = 0; y < out_height; y++) {
        hyti_blend_i8 v = hyti_blend_i8_at(y, in_height, out_height);
        const int8_t *upper = in + v.low * in_width * channels, *lower = in + v.high * in_width * channels;
        for (size_t x = 0; x < out_width; x++) {
            hyti_blend_i8 h = hyti_blend_i8_at(x, in_width, out_width);
            size_t left = h.low * channels, right = h.high * channels;
            for (size_t c = 0; c < channels; c++) {
                int32_t top = (upper[left + c] * (whole - h.share) + upper[right + c] * h.share + 64) >> 7;
                int32_t bottom = (lower[left + c] * (whole - h.share) + lower[right + c] * h.share + 64) >> 7;
                *out++ = (int8_t)((top * (whole - v.share) + bottom * v.share + (1 << 20)) >> 21);
            }
        }
    }
}

void hyti_resize_nearest(bool centres, size_t size, size_t in_height, size_t in_width, const void *in,
                         size_t out_height, size_t out_width, void *out)
{
    const unsigned char *from = in;
    unsigned char *to = out;
    uint64_t twice = 2, half = centres;
    for (size_t y = 0; y < out_height; y++) {
        size_t row = (size_t)((twice * y + half) * in_height / (2 * out_height));
        for (size_t x = 0; x < out_width; x++, to += size) {
            size_t column = (size_t)((twice * x + half) * in_width / (2 * out_width));
            memcpy(to, from + (row * in_width + column) * size, size);
        }
    }
}

void hyti_input_i8_c(bool planes, size_t channels, size_t pixels, const float *in, const float *mean,
                     const float *inverse, hyti_quant quant, int8_t *out)
{
    size_t pixel_step = planes ? 1 : channels, channel_step = planes ? pixels : 1;
    for (size_t c = 0; c < channels; c++) {
        float centre = mean ? mean[c] : 0, factor = mean ? inverse[c] : 1;
        const float *from = in + c * channel_step;
        for (size_t i = 0; i < pixels; i++)
            out[i * channels + c] = hyti_i8_of_f32((from[i * pixel_step] - centre) * factor, quant);
    }
}
