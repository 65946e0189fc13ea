/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times int8 products and convolutions of every table, at the shapes of MobileNetV1 x0.25, MobileNetV2 x0.35 (at 96)
 * and MobileViT-XXS (at 256): one JSON line a case, the best of several bursts. */
#include "bench.h"
#include "kernels/kernels.h"

typedef struct job {
    const hyti_kernels *kernels;
    hyti_conv_i8 conv;
    hyti_requant requant;
} job;

/* Seconds of one call, the best of bursts of about half a millisecond. */
static double measure(const job *j)
{
    bench_bursts b = bench_bursts_of(20, 5e-4);
    while (bench_burst(&b))
        for (size_t i = 0; i < b.calls; i++) j->kernels->conv_i8(j->kernels, &j->conv);
    return b.best;
}

static hyti_requant requant_of(size_t n, double depth)
{
    size_t size = n * sizeof(int32_t);
    int32_t *bias = bench_room(size), *multiplier = bench_room(size), *shift = bench_room(size);
    for (size_t j = 0; j < n; j++) {
        hyti_factor f = hyti_factor_of(0.01 / (depth + 1 + (double)(j % 7)));
        bias[j] = 0, multiplier[j] = f.multiplier, shift[j] = f.shift;
    }
    return (hyti_requant){ .bias = bias, .multiplier = multiplier, .shift = shift, .low = -128, .high = 127 };
}

/* A square kernel, padded by half of it. */
static void time_conv(const hyti_kernels *kernels, const size_t *shape)
{
    size_t side = shape[0], channels = shape[1], outputs = shape[2], kernel = shape[3], stride = shape[4];
    size_t out = (side + 2 * (kernel / 2) - kernel) / stride + 1, depth = kernel * kernel * channels;
    int8_t *weights = bench_bytes(depth * outputs),
           *packed = bench_bytes(hyti_pack_size(kernels, HYTI_I8, depth, outputs));
    int8_t *in = bench_bytes(side * side * channels), *result = bench_bytes(out * out * outputs);
    job j = { kernels, { .in_height = side, .in_width = side, .in_channels = channels, .in_stride = channels }, { 0 } };
    hyti_conv_i8 *c = &j.conv;
    c->out_height = c->out_width = c->last = out, c->out_channels = c->out_stride = outputs;
    c->kernel_height = c->kernel_width = kernel, c->stride_height = c->stride_width = stride;
    c->pad_top = c->pad_left = kernel / 2, c->dilation_height = c->dilation_width = 1;
    c->in = in, c->out = result, c->weights = packed;
    hyti_pack_i8(kernels, depth, outputs, weights, (ptrdiff_t)outputs, 1, packed);
    j.requant = requant_of(outputs, (double)depth), c->requant = &j.requant;
    c->scratch = bench_room(hyti_conv_i8_scratch(kernels, c));
    double seconds = measure(&j);
    printf("{\"case\":\"conv_i8 %zux%zu/%zu %zux%zux%zu-%zu\",\"isa\":%u,\"us\":%.3f,\"gops\":%.1f}\n", kernel, kernel,
           stride, side, side, channels, outputs, kernels->isa, seconds * 1e6,
           2e-9 * (double)(out * out * outputs * depth) / seconds);
    free(weights), free(packed), free(in), free(result), free(c->scratch);
    free((void *)j.requant.bias), free((void *)j.requant.multiplier), free((void *)j.requant.shift);
}

int main(void)
{
    static const size_t shapes[][5] = {
        { 96, 3, 8, 3, 2 }, { 96, 3, 16, 3, 2 }, { 256, 3, 16, 3, 2 }, { 48, 8, 16, 1, 1 }, { 24, 16, 32, 1, 1 },
        { 24, 32, 32, 1, 1 }, { 12, 32, 64, 1, 1 }, { 12, 64, 64, 1, 1 }, { 6, 64, 128, 1, 1 }, { 6, 128, 128, 1, 1 },
        { 3, 128, 256, 1, 1 }, { 3, 256, 256, 1, 1 }, { 48, 16, 8, 1, 1 }, { 48, 8, 48, 1, 1 }, { 24, 48, 8, 1, 1 },
        { 12, 96, 16, 1, 1 }, { 6, 144, 24, 1, 1 }, { 3, 336, 56, 1, 1 }, { 32, 64, 192, 1, 1 }, { 32, 64, 128, 1, 1 },
        { 32, 128, 64, 1, 1 }, { 16, 80, 240, 1, 1 }, { 32, 96, 48, 3, 1 }, { 16, 128, 64, 3, 1 }, { 8, 160, 80, 3, 1 },
        { 1, 640, 1000, 1, 1 },
    };
    static const unsigned isas[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_AVX2 | HYTI_ISA_AVXVNNI,
                                     HYTI_ISA_AVX2 | HYTI_ISA_AVX512, HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_VNNI,
                                     HYTI_ISA_NEON, HYTI_ISA_NEON | HYTI_ISA_DOT };
    for (size_t t = 0; t < sizeof isas / sizeof *isas; t++) {
        hyti_kernels kernels;
        hyti_kernels_init(&kernels, isas[t]);
        if (kernels.isa != isas[t]) continue;
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) time_conv(&kernels, shapes[i]);
    }
    return 0;
}
