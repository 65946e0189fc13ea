/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int8, picture by picture: pooling, resizing, the input. */
#include "bytes.h"
#include "kernels/internal.h"
#include "sweep.h"

static hyti_kernels reference(void)
{
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    return kernels;
}

static hyti_conv_i8 random_window(size_t channels)
{
    hyti_conv_i8 c = { .in_channels = channels, .out_channels = channels };
    c.in_height = 1 + draw(9), c.in_width = 1 + draw(12);
    c.kernel_height = 1 + draw(4), c.kernel_width = draw(2) ? c.kernel_height : 1 + draw(7);
    c.stride_height = 1 + draw(2), c.stride_width = 1 + draw(3);
    c.dilation_height = draw(5) ? 1 : 2, c.dilation_width = draw(5) ? 1 : 2;
    c.pad_top = draw((uint32_t)c.kernel_height), c.pad_left = draw((uint32_t)c.kernel_width);
    c.out_height = (c.in_height + c.pad_top) / c.stride_height + 1;
    c.out_width = (c.in_width + c.pad_left) / c.stride_width + 1;
    c.in_stride = channels + (draw(3) ? 0 : draw(5)), c.out_stride = channels + (draw(3) ? 0 : draw(5));
    return c;
}

/* Of one window: the largest value or the mean, in double precision; -1000 where nothing lies inside. */
static double exact_pool(const hyti_conv_i8 *c, size_t y, size_t x, size_t j, bool average, bool padded)
{
    double sum = 0, top = -1000, count = 0;
    for (size_t k = 0; k < c->kernel_height * c->kernel_width; k++) {
        size_t row = y * c->stride_height + k / c->kernel_width * c->dilation_height - c->pad_top;
        size_t column = x * c->stride_width + k % c->kernel_width * c->dilation_width - c->pad_left;
        bool inside = row < c->in_height && column < c->in_width;
        if (!inside && !padded) continue;
        double q = inside ? c->in[(row * c->in_width + column) * c->in_stride + j] : c->requant->in_zero;
        sum += q, count++, top = fmax(top, q);
    }
    return !count ? -1000 : average ? round(sum / count) : top;
}

static void check_pool(const hyti_kernels *kernels, size_t channels, bool average, bool padded)
{
    hyti_conv_i8 c = random_window(channels);
    bool bounded = draw(3) == 0;
    hyti_requant requant = { .in_zero = (int32_t)draw(256) - 128,
                             .low = bounded ? (int32_t)draw(128) - 128 : -128,
                             .high = bounded ? (int32_t)draw(128) : 127 };
    bytes in = random_bytes((c.in_height * c.in_width - 1) * c.in_stride + channels);
    bytes out = blank_bytes((c.out_height * c.out_width - 1) * c.out_stride + channels);
    c.in = in.values, c.out = out.values, c.requant = &requant;
    for (size_t y = 0; y < c.out_height; y = c.last) {
        c.first = y, c.last = y + 1 + draw((uint32_t)(c.out_height - y));
        if (average) kernels->average_pool_i8(&c, padded);
        else kernels->max_pool_i8(&c);
    }
    for (size_t at = 0; at < out.n; at++) {
        size_t pixel = at / c.out_stride, y = pixel / c.out_width, x = pixel % c.out_width, j = at % c.out_stride;
        double expected = j < channels ? exact_pool(&c, y, x, j, average, padded) : BYTE_CANARY;
        if (expected == -1000) expected = average ? 0 : -128;
        if (j < channels) expected = fmin(fmax(expected, requant.low), requant.high);
        if (out.values[at] != expected)
            fail_msg("isa %u average %d padded %d channels %zu kernel %zux%zu: (%zu, %zu, %zu) is %d, not %g",
                     kernels->isa, average, padded, channels, c.kernel_height, c.kernel_width, y, x, j, out.values[at],
                     expected);
    }
    release_bytes(&in), release_bytes(&out);
}

static void check_pools(const hyti_kernels *kernels)
{
    for (size_t channels = 1; channels <= 140; channels++)
        for (int turn = 0; turn < 3; turn++) {
            check_pool(kernels, channels, true, draw(2));
            check_pool(kernels, channels, false, false);
        }
}

static void pooling(void **state)
{
    (void)state;
    each_table(check_pools);
}

static double exact_resize(const int8_t *in, size_t height, size_t width, size_t channels, double y, double x, size_t c)
{
    y = fmin(fmax(y, 0), (double)height - 1), x = fmin(fmax(x, 0), (double)width - 1);
    size_t y0 = (size_t)y, x0 = (size_t)x, y1 = y0 + 1 < height ? y0 + 1 : y0, x1 = x0 + 1 < width ? x0 + 1 : x0;
    double v = y - (double)y0, h = x - (double)x0;
#define AT(row, column) in[((row) * width + (column)) * channels + c]
    return (1 - v) * ((1 - h) * AT(y0, x0) + h * AT(y0, x1)) + v * ((1 - h) * AT(y1, x0) + h * AT(y1, x1));
#undef AT
}

static void check_resize_of(const hyti_kernels *kernels, size_t channels)
{
    hyti_kernels plain = reference();
    size_t h = 1 + draw(9), w = 1 + draw(9), oh = 1 + draw(20), ow = 1 + draw(20);
    bytes in = random_bytes(h * w * channels), out = blank_bytes(oh * ow * channels), expected = copied_bytes(&out);
    plain.resize_i8(channels, h, w, in.values, oh, ow, expected.values);
    kernels->resize_i8(channels, h, w, in.values, oh, ow, out.values);
    for (size_t at = 0; at < out.n; at++) {
        size_t c = at % channels, x = at / channels % ow, y = at / channels / ow;
        double exact = exact_resize(in.values, h, w, channels, ((double)y + 0.5) * (double)h / (double)oh - 0.5,
                                    ((double)x + 0.5) * (double)w / (double)ow - 0.5, c);
        CHECK_NEAR(out.values[at], exact, 0.52);
        if (out.values[at] != expected.values[at])
            fail_msg("isa %u %zux%zux%zu to %zux%zu: (%zu, %zu, %zu) is %d, not %d", kernels->isa, h, w, channels,
                     oh, ow, y, x, c, out.values[at], expected.values[at]);
    }
    release_bytes(&in), release_bytes(&out), release_bytes(&expected);
}

static void check_resize(const hyti_kernels *kernels)
{
    for (size_t channels = 1; channels <= 140; channels += 1 + draw(3)) check_resize_of(kernels, channels);
}

static void resize(void **state)
{
    (void)state;
    each_table(check_resize);
}

static void nearest(void **state)
{
    (void)state;
    static const uint16_t in[6] = { 1, 2, 3, 4, 5, 6 };
    uint16_t out[12], same[6];
    hyti_resize_nearest(false, sizeof *in, 3, 2, in, 3, 4, out);
    static const uint16_t twice[12] = { 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6 };
    assert_memory_equal(out, twice, sizeof out);
    hyti_resize_nearest(true, sizeof *in, 3, 2, in, 3, 4, out);
    assert_memory_equal(out, twice, sizeof out);
    hyti_resize_nearest(true, sizeof *in, 3, 2, in, 3, 2, same);
    assert_memory_equal(same, in, sizeof in);
    hyti_resize_nearest(false, sizeof *in, 1, 6, in, 1, 2, out); /* 0 and 3; with centres 1 and 4 */
    assert_true(out[0] == 1 && out[1] == 4);
    hyti_resize_nearest(true, sizeof *in, 1, 6, in, 1, 2, out);
    assert_true(out[0] == 2 && out[1] == 5);
}

static void check_input_of(const hyti_kernels *kernels, size_t channels, size_t pixels, bool planes, bool normalise)
{
    hyti_kernels plain = reference();
    size_t n = pixels * channels;
    guarded in = filled(n), mean = filled(channels), inverse = filled(channels), real = blank(n);
    if (n > 5) in.values[draw((uint32_t)n)] = NAN;
    const float *centre = normalise ? mean.values : NULL, *factor = normalise ? inverse.values : NULL;
    bytes out = blank_bytes(n), expected = blank_bytes(n);
    hyti_quant quant = { ldexpf(1 + (float)draw(1000) * 0.001f, (int)draw(6) - 8), (int32_t)draw(256) - 128 };
    plain.input_f32(planes, channels, pixels, in.values, centre, factor, real.values);
    plain.from_f32_i8(n, real.values, quant, expected.values);
    kernels->input_i8(planes, channels, pixels, in.values, centre, factor, quant, out.values);
    size_t at = first_apart(&out, &expected);
    if (at < n)
        fail_msg("isa %u planes %d normalise %d channels %zu pixels %zu: %zu is %d, not %d", kernels->isa,
                 planes, normalise, channels, pixels, at, out.values[at], expected.values[at]);
    release(&in), release(&mean), release(&inverse), release(&real);
    release_bytes(&out), release_bytes(&expected);
}

static void check_input(const hyti_kernels *kernels)
{
    static const size_t sizes[] = { 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200 };
    for (size_t channels = 1; channels <= 6; channels++)
        for (size_t s = 0; s < COUNT(sizes); s++)
            for (int form = 0; form < 4; form++) check_input_of(kernels, channels, sizes[s], form & 1, form & 2);
}

static void input(void **state)
{
    (void)state;
    each_table(check_input);
}

static void sweep_average_pool(const hyti_kernels *kernels)
{
    check_pool(kernels, draw_size(140), true, draw(2));
}

static void sweep_max_pool(const hyti_kernels *kernels)
{
    check_pool(kernels, draw_size(140), false, false);
}

static void sweep_resize(const hyti_kernels *kernels)
{
    check_resize_of(kernels, draw_size(140));
}

static void sweep_input(const hyti_kernels *kernels)
{
    check_input_of(kernels, 1 + draw(6), draw_size(300), draw(2), draw(2));
}

static const sweep_kind kinds[] = {
    { "average_pool_i8", sweep_average_pool, each_table },
    { "max_pool_i8", sweep_max_pool, each_table },
    { "resize_i8", sweep_resize, each_table },
    { "input_i8", sweep_input, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(pooling), cmocka_unit_test(resize), cmocka_unit_test(nearest),
                                        cmocka_unit_test(input) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
