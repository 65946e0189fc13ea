/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first convolution in int8, from planes and from pixels of float32: any kernel, stride and padding, normalised or
 * not, the result's rows shared out at random. */
#include "conv_i8_test.h"
#include "sweep.h"

typedef struct source {
    guarded in, mean, inverse;
    bool planes, normalised;
    hyti_quant quant;
} source;

static void draw_source(const hyti_conv_i8 *c, source *s)
{
    *s = (source){ .in = filled(c->in_channels * c->in_height * c->in_width), .mean = filled(c->in_channels),
                   .inverse = filled(c->in_channels), .planes = draw(2), .normalised = draw(2) };
    s->quant = (hyti_quant){ random_quant().scale / 8, c->requant->in_zero };
    if (draw(4) == 0) s->in.values[draw((uint32_t)s->in.n)] = draw(2) ? NAN : draw(2) ? INFINITY : -1e30f;
    for (size_t i = 0; i < s->in.n; i++) /* halves, exactly */
        if (!s->normalised && draw(16) == 0) s->in.values[i] = s->quant.scale * ((float)draw(300) - 150.5f);
}

/* What the convolution reads: stored, rounded half away from zero. */
static int8_t stored(const source *s, const hyti_conv_i8 *c, size_t pixel, size_t channel)
{
    size_t pixels = c->in_height * c->in_width;
    float value = s->in.values[s->planes ? channel * pixels + pixel : pixel * c->in_channels + channel];
    if (s->normalised) value = (value - s->mean.values[channel]) * s->inverse.values[channel];
    float q = value / s->quant.scale;
    if (isnan(q)) return (int8_t)s->quant.zero;
    return (int8_t)exact_bounded((int64_t)round(fmin(fmax(q, -1000), 1000)) + s->quant.zero, -128, 127);
}

static void check_stem(const hyti_kernels *kernels)
{
    picture p = { .conv = { .in_channels = 1 + draw(4), .out_channels = draw_size(80) } };
    hyti_conv_i8 *c = &p.conv;
    source s;
    choose_window(c);
    c->dilation_height = c->dilation_width = 1;
    if (draw(2)) c->in_width = 1 + draw(100), c->out_width = (c->in_width + c->pad_left) / c->stride_width + 1;
    choose_picture(kernels, &p);
    release_bytes(&p.scratch);
    p.scratch = reserve_bytes(hyti_stem_i8_scratch(c));
    c->scratch = p.scratch.values, c->in = NULL, c->add = NULL;
    draw_source(c, &s);
    for (size_t i = 0; i < s.in.n; i++) {
        size_t pixel = i / c->in_channels, channel = i % c->in_channels;
        p.in.values[pixel * c->in_stride + channel] = stored(&s, c, pixel, channel);
    }
    bool whole = draw(2);
    for (size_t y = 0; y < c->out_height; y = c->last) {
        c->first = y, c->last = whole ? c->out_height : y + 1 + draw((uint32_t)(c->out_height - y));
        kernels->stem_i8(kernels, c, s.planes, s.in.values, s.normalised ? s.mean.values : NULL,
                         s.normalised ? s.inverse.values : NULL, s.quant);
    }
    compare_picture(kernels, &p);
    drop_picture(&p);
    release(&s.in), release(&s.mean), release(&s.inverse);
}

static void check_many(const hyti_kernels *kernels)
{
    for (int turn = 0; turn < 500; turn++) check_stem(kernels);
}

static void stem(void **state)
{
    (void)state;
    each_table(check_many);
}

static const sweep_kind kinds[] = {
    { "stem_i8", check_stem, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(stem) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
