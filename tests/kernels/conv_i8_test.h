/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A random int8 convolution: any kernel, stride, padding and dilation, gaps between pixels, the result's rows shared
 * out at random; and its comparison with the same in 64 bits. */
#ifndef HYTNAS_TESTS_CONV_I8_TEST_H
#define HYTNAS_TESTS_CONV_I8_TEST_H

#include "kernel_i8_test.h"
#include "window.h"

typedef struct picture {
    hyti_conv_i8 conv;
    requantisation how;
    bytes in, out, before, weights, packed, scratch;
} picture;

static inline void describe_picture(const hyti_kernels *kernels, const picture *p, char *text, size_t size)
{
    const hyti_conv_i8 *c = &p->conv;
    snprintf(text, size,
             "isa %u in %zux%zux%zu(%zu) out %zux%zux%zu(%zu) kernel %zux%zu stride %zux%zu pad %zu,%zu "
             "dilation %zux%zu add %s table %d",
             kernels->isa, c->in_height, c->in_width, c->in_channels, c->in_stride, c->out_height, c->out_width,
             c->out_channels, c->out_stride, c->kernel_height, c->kernel_width, c->stride_height, c->stride_width,
             c->pad_top, c->pad_left, c->dilation_height, c->dilation_width,
             !c->add ? "no" : c->add == c->out ? "out" : "yes", c->requant->table != NULL);
}

static inline void choose_window(hyti_conv_i8 *c)
{
    hyti_conv_f32 sizes; /* the formats differ in pointed-to types alone */
    memcpy(&sizes, c, sizeof sizes);
    draw_window(&sizes);
    memcpy(c, &sizes, sizeof sizes);
}

static inline void choose_picture(const hyti_kernels *kernels, picture *p)
{
    hyti_conv_i8 *c = &p->conv;
    c->in_stride = c->in_channels + (draw(3) ? 0 : 1 + draw(3));
    c->out_stride = c->out_channels + (draw(3) ? 0 : 1 + draw(3));
    size_t depth = c->kernel_height * c->kernel_width * c->in_channels;
    p->in = filled_i8((c->in_height * c->in_width - 1) * c->in_stride + c->in_channels);
    p->before = filled_i8((c->out_height * c->out_width - 1) * c->out_stride + c->out_channels);
    p->out = copied_bytes(&p->before);
    p->weights = filled_i8(depth * c->out_channels);
    p->packed = reserve_bytes(hyti_pack_size(kernels, HYTI_I8, depth, c->out_channels));
    hyti_pack_i8(kernels, depth, c->out_channels, p->weights.values, (ptrdiff_t)c->out_channels, 1, p->packed.values);
    p->scratch = reserve_bytes(hyti_conv_i8_scratch(kernels, c));
    draw_requantisation(&p->how, c->out_channels, 20);
    c->requant = &p->how.requant;
    c->in = p->in.values, c->out = p->out.values, c->weights = p->packed.values;
    c->add = draw(2) ? NULL : draw(2) ? p->before.values : c->out;
    c->scratch = p->scratch.n ? p->scratch.values : NULL;
}

static inline void drop_picture(picture *p)
{
    bytes *all[] = { &p->in, &p->out, &p->before, &p->weights, &p->packed, &p->scratch };
    for (size_t i = 0; i < COUNT(all); i++) release_bytes(all[i]);
    release_requantisation(&p->how);
}

static inline int64_t exact_picture_sum(const picture *p, size_t y, size_t x, size_t j)
{
    const hyti_conv_i8 *c = &p->conv;
    const int8_t *weight = p->weights.values + j;
    int64_t sum = 0;
    for (size_t ky = 0; ky < c->kernel_height; ky++)
        for (size_t kx = 0; kx < c->kernel_width; kx++) {
            size_t row = y * c->stride_height + ky * c->dilation_height - c->pad_top;
            size_t column =
                x * c->stride_width + kx * c->dilation_width - c->pad_left; /* wraps where it falls before 0 */
            bool inside = row < c->in_height && column < c->in_width;
            const int8_t *in = p->in.values + (inside ? (row * c->in_width + column) * c->in_stride : 0);
            for (size_t i = 0; i < c->in_channels; i++, weight += c->out_channels)
                sum += *weight * (inside ? in[i] : c->requant->in_zero);
        }
    return sum;
}

static inline void compare_picture(const hyti_kernels *kernels, const picture *p)
{
    const hyti_conv_i8 *c = &p->conv;
    for (size_t at = 0; at < p->out.n; at++) {
        size_t pixel = at / c->out_stride, j = at % c->out_stride, y = pixel / c->out_width, x = pixel % c->out_width;
        int8_t expected = p->before.values[at], got = p->out.values[at];
        const int8_t *add = c->add ? p->before.values + at : NULL;
        if (j < c->out_channels) expected = exact_requantised(c->requant, j, exact_picture_sum(p, y, x, j), add);
        if (got == expected) continue;
        char text[512];
        describe_picture(kernels, p, text, sizeof text);
        fail_msg("%s: (%zu, %zu, %zu) is %d, not %d", text, y, x, j, got, expected);
    }
}

/* Whole, or in shares of rows. */
static inline void check_picture(const hyti_kernels *kernels, picture *p)
{
    choose_window(&p->conv);
    choose_picture(kernels, p);
    size_t height = p->conv.out_height;
    bool whole = draw(2);
    for (size_t y = 0; y < height; y = p->conv.last) {
        p->conv.first = y, p->conv.last = whole ? height : y + 1 + draw((uint32_t)(height - y));
        kernels->conv_i8(kernels, &p->conv);
    }
    compare_picture(kernels, p);
    drop_picture(p);
}

#endif
