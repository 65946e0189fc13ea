/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int8 kernels that go by channels or by elements, on every table this processor has: the depthwise convolutions of
 * MobileNetV1 x 0.25 at 96 and of wider networks, conversions, tables, sums, products, means, resizing. One JSON line a
 * case; best of several bursts. */
#include "bench.h"
#include "kernels/kernels.h"

typedef struct job {
    const hyti_kernels *kernels;
    hyti_conv_i8 conv;
    size_t rows, n;
    int8_t *in, *other, *out;
    float *floats;
    hyti_add_quant add;
    hyti_mul_quant mul;
    hyti_mean_quant mean;
} job;

/* Seconds of one call, the best of bursts of about a fifth of a millisecond. */
static double measure(void (*run)(job *), job *j)
{
    bench_bursts b = bench_bursts_of(40, 2e-4);
    while (bench_burst(&b))
        for (size_t i = 0; i < b.calls; i++) run(j);
    return b.best;
}

static void report(const char *table, const char *name, double values, double seconds)
{
    printf("{\"case\":\"%s\",\"isa\":\"%s\",\"us\":%.3f,\"gvalues\":%.2f}\n", name, table, seconds * 1e6,
           values / seconds * 1e-9);
    fflush(stdout);
}

static void run_depthwise(job *j)
{
    j->kernels->depthwise_i8(&j->conv);
}

/* A square kernel, padded by half of it. */
static double time_depthwise(const hyti_kernels *kernels, const char *table, size_t side, size_t channels,
                             size_t kernel, size_t stride)
{
    size_t out_side = (side + 2 * (kernel / 2) - kernel) / stride + 1, taps = kernel * kernel;
    int8_t *in = bench_bytes(side * side * channels), *out = bench_bytes(out_side * out_side * channels),
           *b = bench_bytes(channels * taps);
    int8_t *packed = bench_bytes(hyti_pack_depthwise_i8_size(kernel, kernel, channels));
    int32_t *constants = bench_room(3 * channels * sizeof *constants);
    for (size_t i = 0; i < channels; i++) {
        hyti_factor factor = hyti_factor_of(1.0 / (100 + (double)i));
        constants[i] = (int32_t)i, constants[channels + i] = factor.multiplier;
        constants[2 * channels + i] = factor.shift;
    }
    hyti_requant requant = { .bias = constants, .multiplier = constants + channels, .shift = constants + 2 * channels,
                             .zero = -128, .low = -128, .high = 127 };
    kernels->pack_depthwise_i8(kernel, kernel, channels, b, packed);
    job j = { .kernels = kernels,
              .conv = { .in_height = side, .in_width = side, .in_channels = channels, .in_stride = channels,
                        .out_height = out_side, .out_width = out_side, .out_channels = channels,
                        .out_stride = channels, .kernel_height = kernel, .kernel_width = kernel,
                        .stride_height = stride, .stride_width = stride, .pad_top = kernel / 2,
                        .pad_left = kernel / 2, .dilation_height = 1, .dilation_width = 1, .in = in, .out = out,
                        .weights = packed, .requant = &requant, .last = out_side } };
    double seconds = measure(run_depthwise, &j);
    char name[64];
    snprintf(name, sizeof name, "depthwise_i8 %zux%zu/%zu %zux%zux%zu", kernel, kernel, stride, side, side, channels);
    report(table, name, (double)(out_side * out_side * channels), seconds);
    free(in), free(out), free(b), free(packed), free(constants);
    return seconds;
}

static void time_depthwises(const hyti_kernels *kernels, const char *table)
{
    static const size_t network[][4] = { { 48, 8, 1, 1 },  { 48, 16, 2, 1 },  { 24, 32, 1, 1 },
                                         { 24, 32, 2, 1 }, { 12, 64, 1, 1 },  { 12, 64, 2, 1 },
                                         { 6, 128, 1, 5 }, { 6, 128, 2, 1 },  { 3, 256, 1, 1 } };
    double seconds = 0;
    for (size_t i = 0; i < sizeof network / sizeof *network; i++)
        seconds += (double)network[i][3] *
                   time_depthwise(kernels, table, network[i][0], network[i][1], 3, network[i][2]);
    report(table, "depthwise_i8 of MobileNetV1 x 0.25 at 96", 88704, seconds);
    static const size_t others[][4] = { { 28, 96, 3, 1 }, { 14, 192, 3, 2 }, { 28, 48, 5, 1 },
                                        { 14, 24, 7, 1 }, { 16, 24, 3, 1 },  { 7, 640, 3, 1 } };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        time_depthwise(kernels, table, others[i][0], others[i][1], others[i][2], others[i][3]);
}

static void run_from(job *j) { j->kernels->from_f32_i8(j->n * j->rows, j->floats, (hyti_quant){ 0.1f, 3 }, j->out); }
static void run_lookup(job *j) { j->kernels->lookup_i8(j->n * j->rows, j->in, j->other, j->out); }
static void run_add(job *j) { j->kernels->add_i8(j->n * j->rows, j->in, j->other, &j->add, j->out); }
static void run_mul(job *j) { j->kernels->mul_i8(j->rows, j->n, j->in, j->other, 0, &j->mul, j->out); }
static void run_mean(job *j) { j->kernels->mean_i8(j->rows, j->n, j->in, &j->mean, j->out); }
static void run_resize(job *j) { j->kernels->resize_i8(j->n, 7, 7, j->in, 14, 14, j->out); }

static void run_input(job *j)
{
    j->kernels->input_i8(true, 3, j->rows * j->n / 3, j->floats, NULL, NULL, (hyti_quant){ 0.1f, 3 }, j->out);
}

static void time_rows(const hyti_kernels *kernels, const char *table, const char *what, void (*run)(job *),
                      size_t rows, size_t n)
{
    hyti_quant a = { 0.1f, 3 }, b = { 0.07f, -5 }, c = { 0.15f, 0 };
    size_t values = rows * n;
    job j = { .kernels = kernels, .rows = rows, .n = n, .add = hyti_add_quant_of(a, b, c),
              .mul = hyti_mul_quant_of(a, b, c), .mean = hyti_mean_quant_of(a, a, rows) };
    j.in = bench_bytes(values), j.other = bench_bytes(values + 256), j.out = bench_bytes(4 * values);
    j.floats = bench_room(values * sizeof *j.floats);
    for (size_t i = 0; i < values; i++) j.floats[i] = (float)j.in[i] * 0.1f;
    char name[64];
    snprintf(name, sizeof name, "%s %zux%zu", what, rows, n);
    report(table, name, (double)values, measure(run, &j));
    free(j.in), free(j.other), free(j.out), free(j.floats);
}

int main(void)
{
    static const struct {
        unsigned isa;
        const char *name;
    } tables[] = { { HYTI_ISA_C, "c" },
                   { HYTI_ISA_AVX2, "avx2" },
                   { HYTI_ISA_AVX2 | HYTI_ISA_AVX512, "avx512" },
                   { HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_VNNI, "avx512vnni" },
                   { HYTI_ISA_NEON, "neon" },
                   { HYTI_ISA_NEON | HYTI_ISA_DOT, "neondot" } };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        hyti_kernels kernels;
        hyti_kernels_init(&kernels, tables[i].isa);
        if (kernels.isa != tables[i].isa) continue;
        time_depthwises(&kernels, tables[i].name);
        time_rows(&kernels, tables[i].name, "input_i8 planes", run_input, 96, 96 * 3);
        time_rows(&kernels, tables[i].name, "from_f32_i8", run_from, 96, 96);
        time_rows(&kernels, tables[i].name, "lookup_i8", run_lookup, 196, 96);
        time_rows(&kernels, tables[i].name, "add_i8", run_add, 196, 96);
        time_rows(&kernels, tables[i].name, "mul_i8", run_mul, 196, 96);
        time_rows(&kernels, tables[i].name, "mean_i8", run_mean, 49, 640);
        time_rows(&kernels, tables[i].name, "resize_i8", run_resize, 49, 64);
    }
    return 0;
}
