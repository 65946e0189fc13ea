/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pooling and products of the three float formats: any window, channels around the vectors, gaps between pixels, rows
 * shared out at random. What is stored was rounded once. */
#include "stored.h"
#include "sweep.h"

/* Kernels of one format. */
#define WITH_FORMAT(CALL)                                        \
    do {                                                         \
        if (format == HYTI_F32) CALL(f32, float)                 \
        if (format == HYTI_BF16) CALL(bf16, hyti_bf16)           \
        if (format == HYTI_F16) CALL(f16, hyti_f16)              \
    } while (0)

typedef struct geometry {
    size_t channels, height, width, out_height, out_width, in_stride, out_stride;
    size_t kernel[2], stride[2], pad[2], dilation[2];
    bool average, padded;
} geometry;

static geometry random_geometry(size_t channels)
{
    geometry g = { .channels = channels, .average = draw(2), .padded = draw(2) };
    g.height = 1 + draw(7), g.width = 1 + draw(9);
    for (int i = 0; i < 2; i++) {
        g.kernel[i] = 1 + draw(4), g.stride[i] = 1 + draw(3), g.pad[i] = draw((uint32_t)g.kernel[i]);
        g.dilation[i] = draw(4) ? 1 : 2;
    }
    g.out_height = (g.height + g.pad[0]) / g.stride[0] + 1, g.out_width = (g.width + g.pad[1]) / g.stride[1] + 1;
    g.in_stride = channels + (draw(3) ? 0 : draw(4)), g.out_stride = channels + (draw(3) ? 0 : draw(4));
    return g;
}

/* Mean or maximum of one window in double precision; `size`: of the absolute values. */
static double exact_pool(const geometry *g, const float *in, size_t at, double *size)
{
    size_t pixel = at / g->out_stride, y = pixel / g->out_width, x = pixel % g->out_width, j = at % g->out_stride;
    double sum = 0, top = -INFINITY, count = 0;
    *size = 0;
    for (size_t k = 0; k < g->kernel[0] * g->kernel[1]; k++) {
        size_t row = y * g->stride[0] + k / g->kernel[1] * g->dilation[0] - g->pad[0];
        size_t column = x * g->stride[1] + k % g->kernel[1] * g->dilation[1] - g->pad[1];
        if (row >= g->height || column >= g->width) continue;
        double value = in[(row * g->width + column) * g->in_stride + j];
        sum += value, *size += fabs(value), count++, top = fmax(top, value);
    }
    if (!g->average) return *size = 0, top;
    if (g->padded) count = (double)(g->kernel[0] * g->kernel[1]);
    if (count > 0) *size /= count;
    return count > 0 ? sum / count : 0;
}

#define POOL(name, VALUE)                                                                                              \
    {                                                                                                                  \
        hyti_conv_##name c = { .in_height = g->height, .in_width = g->width, .in_channels = g->channels,               \
                               .out_height = g->out_height, .out_width = g->out_width, .out_channels = g->channels,    \
                               .in_stride = g->in_stride, .out_stride = g->out_stride, .kernel_height = g->kernel[0],  \
                               .kernel_width = g->kernel[1], .stride_height = g->stride[0],                            \
                               .stride_width = g->stride[1], .pad_top = g->pad[0], .pad_left = g->pad[1],              \
                               .dilation_height = g->dilation[0], .dilation_width = g->dilation[1], .in = in,          \
                               .out = out };                                                                           \
        for (size_t y = 0; y < c.out_height; y = c.last) {                                                             \
            c.first = y, c.last = y + 1 + draw((uint32_t)(c.out_height - y));                                          \
            if (g->average) kernels->average_pool_##name(&c, g->padded);                                               \
            else kernels->max_pool_##name(&c);                                                                         \
        }                                                                                                              \
    }

static void run_pool(const hyti_kernels *kernels, const geometry *g, const void *in, void *out)
{
    WITH_FORMAT(POOL);
}

static void check_pool(const hyti_kernels *kernels, size_t channels)
{
    geometry g = random_geometry(channels);
    guarded in = stored_filled((g.height * g.width - 1) * g.in_stride + channels);
    guarded out = blank((g.out_height * g.out_width - 1) * g.out_stride + channels);
    for (size_t i = 0; i < out.n; i++) out.values[i] = rounded(CANARY);
    guarded before = copied(&out);
    if (format == HYTI_F32) {
        run_pool(kernels, &g, in.values, out.values);
    } else {
        stored_copy from = store(&in), to = store(&out);
        run_pool(kernels, &g, from.values, to.values);
        for (size_t i = 0; i < out.n; i++)
            out.values[i] = format == HYTI_BF16 ? hyti_f32_of_bf16(to.values[i]) : hyti_f32_of_f16(to.values[i]);
        release_pages(&from.pages), release_pages(&to.pages);
    }
    for (size_t at = 0; at < out.n; at++) {
        bool gap = at % g.out_stride >= channels;
        double size = 0, expected = gap ? (double)before.values[at] : exact_pool(&g, in.values, at, &size);
        float got = out.values[at];
        if ((double)got == expected || (!gap && is_stored_near(got, expected, 20 * EPSILON * size))) continue;
        fail_msg("isa %u format %d average %d padded %d channels %zu: %zu is %.9g, not %.9g", kernels->isa, format,
                 g.average, g.padded, channels, at, got, expected);
    }
    release(&in), release(&out), release(&before);
}

static void check_pools(const hyti_kernels *kernels)
{
    for (size_t channels = 1; channels <= 40; channels++)
        for (int turn = 0; turn < 4; turn++) check_pool(kernels, channels);
}

static void pooling(void **state)
{
    (void)state;
    each_format(check_pools);
}

#define MULTIPLY(name, VALUE) kernels->mul_##name(rows, n, a, b, b_row, out);

static void run_mul(const hyti_kernels *kernels, size_t rows, size_t n, const void *a, const void *b, size_t b_row,
                    void *out)
{
    WITH_FORMAT(MULTIPLY);
}

/* In place half of the time. */
static void check_mul(const hyti_kernels *kernels, size_t n)
{
    size_t rows = 1 + draw(4), b_row = draw(2) ? n + draw(3) : 0;
    guarded a = stored_filled(rows * n), b = stored_filled((rows - 1) * b_row + n), out = copied(&a);
    if (format == HYTI_F32) {
        run_mul(kernels, rows, n, draw(2) ? a.values : out.values, b.values, b_row, out.values);
    } else {
        stored_copy x = store(&a), y = store(&b), to = store(&out);
        run_mul(kernels, rows, n, draw(2) ? x.values : to.values, y.values, b_row, to.values);
        for (size_t i = 0; i < out.n; i++)
            out.values[i] = format == HYTI_BF16 ? hyti_f32_of_bf16(to.values[i]) : hyti_f32_of_f16(to.values[i]);
        release_pages(&x.pages), release_pages(&y.pages), release_pages(&to.pages);
    }
    for (size_t at = 0; at < out.n; at++) {
        float expected = rounded(a.values[at] * b.values[at / n * b_row + at % n]);
        if (out.values[at] != expected)
            fail_msg("isa %u format %d rows %zu n %zu: %zu is %.9g, not %.9g", kernels->isa, format, rows, n, at,
                     out.values[at], expected);
    }
    release(&a), release(&b), release(&out);
}

static void check_muls(const hyti_kernels *kernels)
{
    for (size_t n = 1; n <= 70; n++) check_mul(kernels, n);
}

static void mul(void **state)
{
    (void)state;
    each_format(check_muls);
}

static void sweep_pool(const hyti_kernels *kernels)
{
    check_pool(kernels, draw_size(140));
}

static void sweep_mul(const hyti_kernels *kernels)
{
    check_mul(kernels, draw_size(300));
}

static const sweep_kind kinds[] = {
    { "average_pool and max_pool", sweep_pool, each_format },
    { "mul", sweep_mul, each_format },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(pooling), cmocka_unit_test(mul) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
