/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three float formats side by side, on every table this processor has: products, depthwise convolutions, attention
 * as small networks have them. One JSON line a case; best of several bursts. */
#include "bench.h"
#include "kernels/kernels.h"
#include <string.h>

typedef struct job {
    const hyti_kernels *kernels;
    union {
        hyti_gemm_f32 gemm_f32;
        hyti_gemm_bf16 gemm_bf16;
        hyti_gemm_f16 gemm_f16;
        hyti_conv_f32 conv_f32;
        hyti_conv_bf16 conv_bf16;
        hyti_conv_f16 conv_f16;
        hyti_attention_f32 attention_f32;
        hyti_attention_bf16 attention_bf16;
        hyti_attention_f16 attention_f16;
    } u;
} job;

/* Seconds of one call, the best of bursts of about half a millisecond. */
static double measure(void (*run)(job *), job *j)
{
    bench_bursts b = bench_bursts_of(25, 5e-4);
    while (bench_burst(&b))
        for (size_t i = 0; i < b.calls; i++) run(j);
    return b.best;
}

static const char *table_name(unsigned isa)
{
    return isa & HYTI_ISA_BF16 ? "avx512bf16" : isa & HYTI_ISA_AVX512 ? "avx512" : isa & HYTI_ISA_AVX2 ? "avx2" : "c";
}

static void report(const hyti_kernels *kernels, const char *format, const char *name, double work, double seconds)
{
    printf("{\"case\":\"%s\",\"format\":\"%s\",\"isa\":\"%s\",\"us\":%.3f,\"gflops\":%.2f}\n", name, format,
           table_name(kernels->isa), seconds * 1e6, work / seconds * 1e-9);
    fflush(stdout);
}

#define COPY_f32(kernels, n, from, to) ((void)(kernels), memcpy(to, from, (n) * sizeof(float)))
#define COPY_bf16(kernels, n, from, to) (kernels)->from_f32_bf16(n, from, to)
#define COPY_f16(kernels, n, from, to) (kernels)->from_f32_f16(n, from, to)

#define TIMINGS(format, FORMAT, VALUE)                                                                                 \
    static VALUE *values_##format(const hyti_kernels *kernels, size_t n)                                               \
    {                                                                                                                  \
        float *x = bench_floats(n);                                                                                    \
        VALUE *v = bench_room(n * sizeof *v);                                                                          \
        COPY_##format(kernels, n, x, v);                                                                               \
        free(x);                                                                                                       \
        return v;                                                                                                      \
    }                                                                                                                  \
    static void run_gemm_##format(job *j)                                                                              \
    {                                                                                                                  \
        j->kernels->gemm_##format(&j->u.gemm_##format);                                                                \
    }                                                                                                                  \
    static void time_gemm_##format(const hyti_kernels *kernels, size_t m, size_t k, size_t n)                          \
    {                                                                                                                  \
        float *b = bench_floats(k * n), *bias = bench_floats(n);                                                       \
        VALUE *a = values_##format(kernels, m * k), *c = bench_room(m * n * sizeof(VALUE));                            \
        VALUE *packed = bench_room(hyti_pack_size(kernels, FORMAT, k, n) * sizeof(VALUE));                             \
        hyti_pack_##format(kernels, k, n, b, (ptrdiff_t)n, 1, packed);                                                 \
        job j = { .kernels = kernels };                                                                                \
        j.u.gemm_##format = (hyti_gemm_##format){                                                                      \
            .m = m, .n = n, .k = k, .a = a, .a_row = (ptrdiff_t)k, .a_step = 1, .b = packed,                           \
            .b_step = (ptrdiff_t)kernels->panels[FORMAT].nr,                                                           \
            .b_panel = (ptrdiff_t)hyti_panel_size(kernels, FORMAT, k), .c = c, .c_row = (ptrdiff_t)n, .bias = bias,    \
            .act = HYTI_ACT_RELU6 };                                                                                   \
        char name[64];                                                                                                 \
        snprintf(name, sizeof name, "gemm [%zux%zu]x[%zux%zu]", m, k, k, n);                                           \
        report(kernels, #format, name, 2.0 * (double)(m * n * k), measure(run_gemm_##format, &j));                     \
        free(a), free(b), free(bias), free(c), free(packed);                                                           \
    }                                                                                                                  \
    static void run_depthwise_##format(job *j)                                                                         \
    {                                                                                                                  \
        j->kernels->depthwise_##format(&j->u.conv_##format);                                                           \
    }                                                                                                                  \
    static void time_depthwise_##format(const hyti_kernels *kernels, size_t side, size_t channels)                     \
    {                                                                                                                  \
        VALUE *in = values_##format(kernels, side * side * channels), *w = values_##format(kernels, 9 * channels);     \
        VALUE *out = bench_room(side * side * channels * sizeof(VALUE));                                               \
        float *bias = bench_floats(channels);                                                                          \
        job j = { .kernels = kernels };                                                                                \
        j.u.conv_##format = (hyti_conv_##format){                                                                      \
            .in_height = side, .in_width = side, .in_channels = channels, .in_stride = channels, .out_height = side,   \
            .out_width = side, .out_channels = channels, .out_stride = channels, .kernel_height = 3,                   \
            .kernel_width = 3, .stride_height = 1, .stride_width = 1, .pad_top = 1, .pad_left = 1,                     \
            .dilation_height = 1, .dilation_width = 1, .in = in, .out = out, .weights = w, .bias = bias,               \
            .act = HYTI_ACT_RELU6, .last = side };                                                                     \
        char name[64];                                                                                                 \
        snprintf(name, sizeof name, "depthwise 3x3 %zux%zux%zu", side, side, channels);                                \
        report(kernels, #format, name, 18.0 * (double)(side * side * channels), measure(run_depthwise_##format, &j));  \
        free(in), free(w), free(out), free(bias);                                                                      \
    }                                                                                                                  \
    static void run_attention_##format(job *j)                                                                         \
    {                                                                                                                  \
        j->kernels->attention_##format(j->kernels, &j->u.attention_##format);                                          \
    }                                                                                                                  \
    static void time_attention_##format(const hyti_kernels *kernels, size_t tokens, size_t width)                      \
    {                                                                                                                  \
        VALUE *qkv = values_##format(kernels, tokens * 3 * width), *out = bench_room(tokens * width * sizeof(VALUE));  \
        job j = { .kernels = kernels };                                                                                \
        j.u.attention_##format = (hyti_attention_##format){                                                            \
            .queries = tokens, .keys = tokens, .width = width, .q = qkv, .k = qkv + width, .v = qkv + 2 * width,       \
            .q_stride = 3 * width, .k_stride = 3 * width, .v_stride = 3 * width, .out = out, .out_stride = width,      \
            .scale = 0.25f };                                                                                          \
        j.u.attention_##format.scratch =                                                                               \
            bench_room(hyti_attention_##format##_scratch(kernels, tokens, tokens, width));                             \
        char name[64];                                                                                                 \
        snprintf(name, sizeof name, "attention %zux%zu", tokens, width);                                               \
        report(kernels, #format, name, 4.0 * (double)(tokens * tokens * width), measure(run_attention_##format, &j));  \
        free(qkv), free(out), free(j.u.attention_##format.scratch);                                                    \
    }
TIMINGS(f32, HYTI_F32, float)
TIMINGS(bf16, HYTI_BF16, hyti_bf16)
TIMINGS(f16, HYTI_F16, hyti_f16)

static void time_all(const hyti_kernels *kernels)
{
    static const size_t gemms[][3] = { { 2304, 8, 16 },  { 576, 32, 32 },  { 144, 64, 64 }, { 36, 128, 128 },
                                       { 9, 256, 256 }, { 1024, 64, 192 }, { 2304, 27, 8 }, { 784, 96, 96 } };
    static const size_t depthwise[][2] = { { 48, 8 }, { 24, 32 }, { 12, 64 }, { 6, 128 }, { 3, 256 } };
    static const size_t attention[][2] = { { 16, 16 }, { 64, 16 }, { 256, 16 }, { 64, 20 }, { 196, 24 }, { 256, 64 } };
#define EACH(shapes, operation, ...)                                             \
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {                \
        operation##_f32(kernels, __VA_ARGS__);                                   \
        operation##_bf16(kernels, __VA_ARGS__);                                  \
        operation##_f16(kernels, __VA_ARGS__);                                   \
    }
    EACH(gemms, time_gemm, gemms[i][0], gemms[i][1], gemms[i][2])
    EACH(depthwise, time_depthwise, depthwise[i][0], depthwise[i][1])
    EACH(attention, time_attention, attention[i][0], attention[i][1])
#undef EACH
}

int main(void)
{
    static const unsigned tables[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_AVX2 | HYTI_ISA_AVX512,
                                       HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_BF16 };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        hyti_kernels kernels;
        hyti_kernels_init(&kernels, tables[i]);
        if (kernels.isa == tables[i]) time_all(&kernels);
    }
    return 0;
}
