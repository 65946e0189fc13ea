/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of convolutions share, whatever the format: a random window over a random picture. */
#ifndef HYTNAS_TESTS_WINDOW_H
#define HYTNAS_TESTS_WINDOW_H

#include "kernel_test.h"

/* A common shape with odd chance, any other otherwise. The result may reach beyond the padded picture, as it does when
 * padding on the far side is larger than on the near one. */
static inline void draw_window(hyti_conv_f32 *c)
{
    static const size_t kernels[] = { 1, 3, 3, 3, 5, 7, 2 };
    c->kernel_height = kernels[draw(COUNT(kernels))];
    c->kernel_width = draw(4) ? c->kernel_height : 1 + draw(4);
    c->stride_height = 1 + draw(2);
    c->stride_width = draw(4) ? c->stride_height : 1 + draw(3);
    c->dilation_height = draw(5) ? 1 : 2;
    c->dilation_width = draw(5) ? c->dilation_height : 1 + draw(3);
    c->pad_top = draw(4) ? c->kernel_height / 2 : draw((uint32_t)c->kernel_height + 1);
    c->pad_left = draw(4) ? c->kernel_width / 2 : draw((uint32_t)c->kernel_width + 1);
    c->in_height = 1 + draw(9);
    c->in_width = 1 + draw(14);
    c->out_height = (c->in_height + c->pad_top + draw((uint32_t)c->pad_top + 2)) / c->stride_height + draw(2);
    c->out_width = (c->in_width + c->pad_left + draw((uint32_t)c->pad_left + 2)) / c->stride_width + draw(2);
    if (!c->out_height) c->out_height = 1;
    if (!c->out_width) c->out_width = 1;
}

#endif
