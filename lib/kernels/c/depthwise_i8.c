/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

/* Room for the widest vectors: taps of a column in groups of four; channels in units of 64 bytes, of which the last may
 * take two, or of 32 values of 16 bits. */
size_t hyti_pack_depthwise_i8_size(size_t kernel_height, size_t kernel_width, size_t channels)
{
    return hyti_round_to(kernel_height, 4) * kernel_width * (hyti_round_to(channels, 64) + 32) * 2;
}

/* packed[tap][channel] */
void hyti_pack_depthwise_i8_c(size_t kernel_height, size_t kernel_width, size_t channels, const int8_t *b,
                              int8_t *packed)
{
    size_t taps = kernel_height * kernel_width;
    for (size_t k = 0; k < taps; k++)
        for (size_t j = 0; j < channels; j++) *packed++ = b[j * taps + k];
}

/* Tap (0, 0) lies at (top, left), perhaps outside. */
static int32_t sum_taps(const hyti_conv_i8 *c, ptrdiff_t top, ptrdiff_t left, size_t j)
{
    const int8_t *w = c->weights + j;
    int32_t sum = 0;
    for (size_t ky = 0; ky < c->kernel_height; ky++)
        for (size_t kx = 0; kx < c->kernel_width; kx++, w += c->out_channels) {
            ptrdiff_t y = top + (ptrdiff_t)(ky * c->dilation_height), x = left + (ptrdiff_t)(kx * c->dilation_width);
            bool inside = y >= 0 && x >= 0 && (size_t)y < c->in_height && (size_t)x < c->in_width;
            size_t at = ((size_t)y * c->in_width + (size_t)x) * c->in_stride + j;
            sum += *w * (inside ? c->in[at] : c->requant->in_zero);
        }
    return sum;
}

void hyti_depthwise_i8_c(const hyti_conv_i8 *c)
{
    assert(c->in_channels == c->out_channels && c->first <= c->last && c->last <= c->out_height);
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            size_t at = (y * c->out_width + x) * c->out_stride;
            ptrdiff_t top = (ptrdiff_t)(y * c->stride_height) - (ptrdiff_t)c->pad_top;
            ptrdiff_t left = (ptrdiff_t)(x * c->stride_width) - (ptrdiff_t)c->pad_left;
            for (size_t j = 0; j < c->out_channels; j++) {
                int32_t q = hyti_requantised(c->requant, j, sum_taps(c, top, left, j));
                c->out[at + j] = (int8_t)(c->add ? hyti_added_i32(c->requant->add, q, c->add[at + j]) : q);
            }
        }
}
