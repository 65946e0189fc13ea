/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

enum { NR = HYTI_NR_i8_c };

typedef struct picture {
    const hyti_conv_i8 *conv;
    const float *in;
    size_t pixel_step, channel_step; /* values */
    const float *mean, *inverse;
    hyti_quant quant;
} picture;

static int32_t stored_value(const picture *p, size_t channel, size_t y, size_t x)
{
    const hyti_conv_i8 *c = p->conv;
    if (y >= c->in_height || x >= c->in_width) return p->quant.zero; /* before the picture they wrap */
    float value = p->in[channel * p->channel_step + (y * c->in_width + x) * p->pixel_step];
    return hyti_i8_of_f32(p->mean ? (value - p->mean[channel]) * p->inverse[channel] : value, p->quant);
}

static int32_t stem_sum(const picture *p, const int8_t *w, size_t y, size_t x)
{
    const hyti_conv_i8 *c = p->conv;
    size_t top = y * c->stride_height - c->pad_top, left = x * c->stride_width - c->pad_left;
    int32_t sum = 0;
    for (size_t ky = 0; ky < c->kernel_height; ky++)
        for (size_t kx = 0; kx < c->kernel_width; kx++)
            for (size_t i = 0; i < c->in_channels; i++, w += NR) sum += *w * stored_value(p, i, top + ky, left + kx);
    return sum;
}

void hyti_stem_i8_c(const hyti_kernels *kernels, const hyti_conv_i8 *c, bool planes, const float *in,
                    const float *mean, const float *inverse, hyti_quant quant)
{
    picture p = { c, in, planes ? 1 : c->in_channels, planes ? c->in_height * c->in_width : 1, mean, inverse, quant };
    size_t panel = hyti_panel_size(kernels, HYTI_I8, c->kernel_height * c->kernel_width * c->in_channels);
    assert(kernels->panels[HYTI_I8].nr == NR && c->dilation_height == 1 && c->dilation_width == 1 && !c->add);
    for (size_t y = c->first; y < c->last; y++)
        for (size_t x = 0; x < c->out_width; x++) {
            int8_t *out = c->out + (y * c->out_width + x) * c->out_stride;
            for (size_t j = 0; j < c->out_channels; j++) {
                const int8_t *w = hyti_panel_weights_i8(c->weights + j / NR * panel, NR) + j % NR;
                out[j] = (int8_t)hyti_requantised(c->requant, j, stem_sum(&p, w, y, x));
            }
        }
}
