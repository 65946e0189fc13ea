/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first convolution from planes: widths around the vectors, any kernel, stride and padding, normalised or not, the
 * result's rows shared out at random. */
#include "kernel_test.h"
#include "sweep.h"

typedef struct stem {
    hyti_conv_f32 conv;
    guarded in, out, weights, packed, bias, mean, inverse, scratch;
    bool normalised;
} stem;

static void choose_shape(hyti_conv_f32 *c)
{
    static const size_t kernels[] = { 1, 3, 3, 3, 5, 7, 2 };
    c->in_channels = 1 + draw(4);
    c->out_channels = draw(3) ? 4 * (1 + draw(9)) : 1 + draw(40);
    c->kernel_height = kernels[draw(COUNT(kernels))];
    c->kernel_width = draw(4) ? c->kernel_height : 1 + draw(4);
    c->stride_height = 1 + draw(3);
    c->stride_width = draw(4) ? c->stride_height : 1 + draw(4);
    c->dilation_height = c->dilation_width = 1;
    c->pad_top = draw(4) ? c->kernel_height / 2 : draw((uint32_t)c->kernel_height + 1);
    c->pad_left = draw(4) ? c->kernel_width / 2 : draw((uint32_t)c->kernel_width + 1);
    c->in_height = 1 + draw(9);
    c->in_width = 1 + draw(draw(3) ? 40 : 200);
    c->out_height = (c->in_height + c->pad_top + draw((uint32_t)c->pad_top + 2)) / c->stride_height + draw(2);
    c->out_width = (c->in_width + c->pad_left + draw((uint32_t)c->pad_left + 2)) / c->stride_width + draw(2);
    if (!c->out_height) c->out_height = 1;
    if (!c->out_width) c->out_width = 1;
}

static void choose_values(const hyti_kernels *kernels, stem *s)
{
    hyti_conv_f32 *c = &s->conv;
    size_t depth = c->kernel_height * c->kernel_width * c->in_channels;
    c->out_stride = c->out_channels + (draw(3) ? 0 : 1 + draw(3));
    s->in = filled(c->in_channels * c->in_height * c->in_width);
    s->out = blank((c->out_height * c->out_width - 1) * c->out_stride + c->out_channels);
    s->weights = filled(depth * c->out_channels);
    s->bias = filled(c->out_channels);
    s->mean = filled(c->in_channels);
    s->inverse = filled(c->in_channels);
    s->packed = blank(hyti_pack_size(kernels, HYTI_F32, depth, c->out_channels));
    hyti_pack_f32(kernels, depth, c->out_channels, s->weights.values, (ptrdiff_t)c->out_channels, 1, s->packed.values);
    s->scratch = blank(hyti_stem_scratch(c) / sizeof(float));
    s->normalised = draw(2);
    c->out = s->out.values, c->scratch = s->scratch.values;
    c->bias = draw(2) ? s->bias.values : NULL;
    c->act = (hyti_act)draw(4);
}

static double exact_sum(const stem *s, size_t y, size_t x, size_t j, double *terms)
{
    const hyti_conv_f32 *c = &s->conv;
    double sum = *terms = 0;
    for (size_t tap = 0; tap < c->kernel_height * c->kernel_width; tap++) {
        size_t row = y * c->stride_height + tap / c->kernel_width - c->pad_top;
        size_t column = x * c->stride_width + tap % c->kernel_width - c->pad_left; /* wraps where it falls before 0 */
        if (row >= c->in_height || column >= c->in_width) continue;
        for (size_t i = 0; i < c->in_channels; i++) {
            double weight = s->weights.values[(tap * c->in_channels + i) * c->out_channels + j];
            double value = s->in.values[(i * c->in_height + row) * c->in_width + column], size = fabs(value);
            if (s->normalised) {
                size = (size + fabs(s->mean.values[i])) * fabs((double)s->inverse.values[i]);
                value = (value - s->mean.values[i]) * s->inverse.values[i];
            }
            sum += value * weight, *terms += 2 * size * fabs(weight);
        }
    }
    return sum;
}

static void compare(const hyti_kernels *kernels, const stem *s)
{
    const hyti_conv_f32 *c = &s->conv;
    for (size_t at = 0; at < s->out.n; at++) {
        size_t pixel = at / c->out_stride, j = at % c->out_stride, y = pixel / c->out_width, x = pixel % c->out_width;
        double terms = 0, expected = CANARY, depth = (double)(c->kernel_height * c->kernel_width * c->in_channels);
        bool gap = j >= c->out_channels;
        if (!gap) {
            double bias = c->bias ? c->bias[j] : 0, sum = exact_sum(s, y, x, j, &terms) + bias;
            expected = exact_act(c->act, sum);
            terms += fabs(bias);
        }
        float got = s->out.values[at];
        if (gap ? got == CANARY : is_near(got, expected, bound_of(depth, terms, expected))) continue;
        fail_msg("isa %u in %zux%zux%zu out %zux%zux%zu(%zu) kernel %zux%zu stride %zux%zu pad %zu,%zu normalised %d "
                 "act %d: (%zu, %zu, %zu) is %.9g, not %.9g", kernels->isa, c->in_height, c->in_width, c->in_channels,
                 c->out_height, c->out_width, c->out_channels, c->out_stride, c->kernel_height, c->kernel_width,
                 c->stride_height, c->stride_width, c->pad_top, c->pad_left, s->normalised, c->act, y, x, j, got,
                 expected);
    }
}

static void run(const hyti_kernels *kernels, const stem *s, bool planes, const float *in)
{
    kernels->stem_f32(kernels, &s->conv, planes, in, s->packed.values, s->normalised ? s->mean.values : NULL,
                      s->normalised ? s->inverse.values : NULL);
}

/* From pixels instead of planes: the same bits. */
static void check_pixels(const hyti_kernels *kernels, const stem *s)
{
    size_t channels = s->conv.in_channels, pixels = s->conv.in_height * s->conv.in_width;
    guarded in = reserve(s->in.n), whole = copied(&s->out);
    for (size_t i = 0; i < s->in.n; i++) in.values[i % pixels * channels + i / pixels] = s->in.values[i];
    run(kernels, s, false, in.values);
    assert_memory_equal(whole.values, s->out.values, whole.n * sizeof(float));
    release(&in);
    release(&whole);
}

/* The same stored in 16 bits: the float32 result, rounded (half a unit in the last place). */
static void compare_halves(const hyti_kernels *kernels, const stem *s)
{
    const hyti_conv_f32 *c = &s->conv;
    const float *mean = s->normalised ? s->mean.values : NULL, *inverse = s->normalised ? s->inverse.values : NULL;
    guarded halves = reserve((s->out.n + 1) / 2), got = reserve(s->out.n);
    for (int half = 0; half < 2; half++) {
        double unit = half ? 0x1p-11 : 0x1p-8, most = half ? 65504 : 1e30;
        if (!kernels->panels[half ? HYTI_F16 : HYTI_BF16].nr) continue;
        memset(halves.values, 0, s->out.n * sizeof(uint16_t));
        if (half) {
            hyti_conv_f16 conv;
            memcpy(&conv, c, sizeof conv);
            conv.out = (hyti_f16 *)halves.values;
            kernels->stem_f16(kernels, &conv, true, s->in.values, s->packed.values, mean, inverse);
            kernels->to_f32_f16(s->out.n, conv.out, got.values);
        } else {
            hyti_conv_bf16 conv;
            memcpy(&conv, c, sizeof conv);
            conv.out = (hyti_bf16 *)halves.values;
            kernels->stem_bf16(kernels, &conv, true, s->in.values, s->packed.values, mean, inverse);
            kernels->to_f32_bf16(s->out.n, conv.out, got.values);
        }
        for (size_t i = 0; i < s->out.n; i++) {
            double wanted = i % c->out_stride < c->out_channels ? s->out.values[i] : 0;
            if (fabs(wanted) < most && !is_near(got.values[i], wanted, 1.01 * unit * fabs(wanted) + 0x1p-24))
                fail_msg("isa %u, half %d: value %zu is %.9g, not %.9g", kernels->isa, half, i, got.values[i], wanted);
        }
    }
    release(&halves);
    release(&got);
}

/* Whole, compared; then again with its rows shared out, bit for bit the same. */
static void check_stem(const hyti_kernels *kernels)
{
    stem s = { .normalised = false };
    choose_shape(&s.conv);
    choose_values(kernels, &s);
    size_t height = s.conv.out_height;
    s.conv.first = 0, s.conv.last = height;
    run(kernels, &s, true, s.in.values);
    compare(kernels, &s);
    guarded whole = copied(&s.out);
    for (size_t y = 0; y < height; y = s.conv.last) {
        s.conv.first = y, s.conv.last = y + 1 + draw((uint32_t)(height - y));
        run(kernels, &s, true, s.in.values);
    }
    s.conv.first = 0, s.conv.last = height;
    compare_halves(kernels, &s);
    check_pixels(kernels, &s);
    assert_memory_equal(whole.values, s.out.values, whole.n * sizeof(float));
    guarded *all[] = { &s.in, &s.out, &s.weights, &s.packed, &s.bias, &s.mean, &s.inverse, &s.scratch, &whole };
    for (size_t i = 0; i < COUNT(all); i++) release(all[i]);
}

static void check_stems(const hyti_kernels *kernels)
{
    for (int turn = 0; turn < 2000; turn++) check_stem(kernels);
}

static void stems(void **state)
{
    (void)state;
    each_table(check_stems);
}


static const sweep_kind kinds[] = {
    { "stem", check_stem, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(stems) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
