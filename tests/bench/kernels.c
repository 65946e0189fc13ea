/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times every kernel of every table this processor has: one JSON line a case. Best of several bursts. */
#include "bench.h"
#include "kernels/kernels.h"

/* Seconds of one call, the best of bursts of about a millisecond. */
static double measure(void (*run)(void *job), void *job)
{
    bench_bursts b = bench_bursts_of(12, 1e-3);
    while (bench_burst(&b))
        for (size_t i = 0; i < b.calls; i++) run(job);
    return b.best;
}

static const char *table_name(unsigned isa)
{
    return isa & HYTI_ISA_AVX512 ? "avx512" : isa & HYTI_ISA_AVX2 ? "avx2" : "c";
}

static void report(const hyti_kernels *kernels, const char *name, double work, double seconds)
{
    printf("{\"case\":\"%s\",\"isa\":\"%s\",\"us\":%.3f,\"gflops\":%.2f}\n", name, table_name(kernels->isa),
           seconds * 1e6, work / seconds * 1e-9);
    fflush(stdout);
}

typedef struct gemm_job {
    const hyti_kernels *kernels;
    hyti_gemm_f32 gemm;
} gemm_job;

static void run_gemm(void *user)
{
    gemm_job *job = user;
    job->kernels->gemm_f32(&job->gemm);
}

/* The product of a layer (packed weights, rows as they lie) or of a weight gradient (A transposed, B in place, added
 * up). */
static void time_gemm(const hyti_kernels *kernels, size_t m, size_t n, size_t k, bool gradient, hyti_act act)
{
    float *a = bench_floats(m * k), *b = bench_floats(k * n), *c = bench_floats(m * n), *bias = bench_floats(n);
    float *packed = bench_floats(hyti_pack_size(kernels, HYTI_F32, k, n));
    hyti_pack_f32(kernels, k, n, b, (ptrdiff_t)n, 1, packed);
    ptrdiff_t nr = (ptrdiff_t)kernels->panels[HYTI_F32].nr;
    gemm_job job = { kernels, { .m = m, .n = n, .k = k, .a = a, .c = c, .c_row = (ptrdiff_t)n } };
    if (gradient) {
        job.gemm.a_row = 1, job.gemm.a_step = (ptrdiff_t)m;
        job.gemm.b = b, job.gemm.b_step = (ptrdiff_t)n, job.gemm.b_panel = nr;
        job.gemm.accumulate = true;
    } else {
        job.gemm.a_row = (ptrdiff_t)k, job.gemm.a_step = 1;
        job.gemm.b = packed, job.gemm.b_step = nr, job.gemm.b_panel = (ptrdiff_t)k * nr;
        job.gemm.bias = bias, job.gemm.act = act;
    }
    char name[64];
    snprintf(name, sizeof name, "gemm%s %zux%zux%zu%s", gradient ? "-gradient" : "", m, n, k,
             act == HYTI_ACT_SILU ? " silu" : "");
    report(kernels, name, 2.0 * (double)m * (double)n * (double)k, measure(run_gemm, &job));
    free(a), free(b), free(c), free(bias), free(packed);
}

static void time_gemms(const hyti_kernels *kernels)
{
    static const size_t layers[][3] = { { 196, 96, 96 },  { 4096, 12, 8 },    { 4096, 12, 32 }, { 1024, 48, 12 },
                                        { 4096, 16, 16 }, { 3136, 96, 24 },   { 1024, 24, 96 }, { 49, 640, 160 },
                                        { 64, 128, 64 },  { 16, 64, 64 },     { 784, 96, 864 }, { 1, 1000, 640 },
                                        { 64, 64, 16 },   { 1024, 128, 128 }, { 512, 512, 512 } };
    static const size_t gradients[][3] = { { 96, 96, 32768 }, { 16, 16, 32768 }, { 12, 48, 32768 }, { 64, 128, 4096 },
                                           { 96, 24, 8192 },  { 432, 48, 4096 }, { 160, 640, 784 } };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        time_gemm(kernels, layers[i][0], layers[i][1], layers[i][2], false, HYTI_ACT_NONE);
    time_gemm(kernels, 1024, 48, 12, false, HYTI_ACT_SILU);
    time_gemm(kernels, 784, 96, 96, false, HYTI_ACT_SILU);
    for (size_t i = 0; i < sizeof gradients / sizeof *gradients; i++)
        time_gemm(kernels, gradients[i][0], gradients[i][1], gradients[i][2], true, HYTI_ACT_NONE);
}

typedef struct conv_job {
    const hyti_kernels *kernels;
    hyti_conv_f32 conv;
    bool depthwise;
} conv_job;

static void run_conv(void *user)
{
    conv_job *job = user;
    if (job->depthwise) job->kernels->depthwise_f32(&job->conv);
    else job->kernels->conv_f32(job->kernels, &job->conv);
}

/* A square kernel, padded by half of it, then SiLU; `outputs` 0: depthwise. */
static void time_conv(const hyti_kernels *kernels, size_t side, size_t channels, size_t outputs, size_t kernel,
                      size_t stride)
{
    bool depthwise = outputs == 0;
    if (depthwise) outputs = channels;
    size_t depth = kernel * kernel * (depthwise ? 1 : channels),
           out_side = (side + 2 * (kernel / 2) - kernel) / stride + 1;
    float *in = bench_floats(side * side * channels), *out = bench_floats(out_side * out_side * outputs),
          *bias = bench_floats(outputs);
    float *weights = bench_floats(hyti_pack_size(kernels, HYTI_F32, depth, outputs));
    conv_job job = { kernels,
                     { .in_height = side,
                       .in_width = side,
                       .in_channels = channels,
                       .in_stride = channels,
                       .out_height = out_side,
                       .out_width = out_side,
                       .out_channels = outputs,
                       .out_stride = outputs,
                       .kernel_height = kernel,
                       .kernel_width = kernel,
                       .stride_height = stride,
                       .stride_width = stride,
                       .pad_top = kernel / 2,
                       .pad_left = kernel / 2,
                       .dilation_height = 1,
                       .dilation_width = 1,
                       .in = in,
                       .out = out,
                       .weights = weights,
                       .bias = bias,
                       .act = HYTI_ACT_SILU,
                       .last = out_side },
                     depthwise };
    float *scratch = depthwise ? NULL : bench_floats(hyti_conv_f32_scratch(kernels, &job.conv) / sizeof(float));
    job.conv.scratch = scratch;
    char name[96];
    snprintf(name, sizeof name, "%s %zux%zu/%zu %zux%zux%zu-%zu", depthwise ? "depthwise" : "conv", kernel, kernel,
             stride, side, side, channels, outputs);
    report(kernels, name, 2.0 * (double)(out_side * out_side * depth * outputs), measure(run_conv, &job));
    free(in), free(out), free(bias), free(weights), free(scratch);
}

static void time_convs(const hyti_kernels *kernels)
{
    static const size_t shapes[][5] = {
        { 224, 3, 16, 3, 2 }, { 64, 3, 16, 3, 2 },  { 32, 12, 12, 3, 1 }, { 32, 12, 24, 1, 1 }, { 14, 96, 96, 3, 1 },
        { 7, 96, 96, 3, 1 },  { 8, 64, 64, 3, 1 },  { 56, 32, 0, 3, 1 },  { 56, 32, 0, 3, 2 },  { 112, 16, 0, 3, 1 },
        { 28, 96, 0, 3, 1 },  { 14, 192, 0, 3, 1 }, { 14, 192, 0, 3, 2 }, { 7, 640, 0, 3, 1 },  { 28, 48, 0, 5, 1 },
        { 32, 24, 0, 3, 1 },  { 16, 48, 0, 3, 1 },  { 8, 96, 0, 3, 1 },   { 4, 192, 0, 3, 1 }
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        time_conv(kernels, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3], shapes[i][4]);
}

typedef struct rows_job {
    const hyti_kernels *kernels;
    size_t rows, n;
    float *in, *out, *scale;
} rows_job;

static void run_act(void *user)
{
    rows_job *job = user;
    job->kernels->act_f32(HYTI_ACT_SILU, job->rows * job->n, job->in, job->out);
}

static void run_softmax(void *user)
{
    rows_job *job = user;
    job->kernels->softmax_f32(job->rows, job->n, 0.5f, job->out, job->n);
}

static void run_layer_norm(void *user)
{
    rows_job *job = user;
    job->kernels->layer_norm_f32(job->rows, job->n, job->in, job->scale, job->scale, 1e-5f, job->out);
}

static void run_mean(void *user)
{
    rows_job *job = user;
    job->kernels->mean_f32(job->rows, job->n, job->in, job->out);
}

static void run_resize(void *user)
{
    rows_job *job = user;
    job->kernels->resize_f32(job->n, 7, 7, job->in, 8, 8, job->out);
}

static void run_planes(void *user)
{
    rows_job *job = user;
    job->kernels->input_f32(true, 3, job->rows * job->n / 3, job->in, job->scale, job->scale, job->out);
}

/* Work is values, so that the rate is in thousand million values a second. */
static void time_rows(const hyti_kernels *kernels, const char *what, void (*run)(void *), size_t rows, size_t n)
{
    rows_job job = { kernels, rows, n, bench_floats(rows * n), bench_floats(rows * n + 64 * n), bench_floats(n + 3) };
    char name[64];
    snprintf(name, sizeof name, "%s %zux%zu", what, rows, n);
    report(kernels, name, (double)(rows * n), measure(run, &job));
    free(job.in), free(job.out), free(job.scale);
}

typedef struct attention_job {
    const hyti_kernels *kernels;
    hyti_attention_f32 attention;
} attention_job;

static void run_attention(void *user)
{
    attention_job *job = user;
    job->kernels->attention_f32(job->kernels, &job->attention);
}

static void time_attention(const hyti_kernels *kernels, size_t tokens, size_t width)
{
    float *qkv = bench_floats(tokens * 3 * width), *out = bench_floats(tokens * width);
    float *scratch = bench_floats(hyti_attention_f32_scratch(kernels, tokens, tokens, width) / sizeof(float));
    attention_job job = { kernels,
                          { .queries = tokens,
                            .keys = tokens,
                            .width = width,
                            .q = qkv,
                            .k = qkv + width,
                            .v = qkv + 2 * width,
                            .q_stride = 3 * width,
                            .k_stride = 3 * width,
                            .v_stride = 3 * width,
                            .out = out,
                            .out_stride = width,
                            .scale = 0.25f,
                            .scratch = scratch } };
    char name[64];
    snprintf(name, sizeof name, "attention %zux%zu", tokens, width);
    report(kernels, name, 4.0 * (double)(tokens * tokens * width), measure(run_attention, &job));
    free(qkv), free(out), free(scratch);
}

static void time_others(const hyti_kernels *kernels)
{
    time_rows(kernels, "silu", run_act, 784, 96);
    time_rows(kernels, "silu", run_act, 49, 64);
    time_rows(kernels, "softmax", run_softmax, 49, 49);
    time_rows(kernels, "softmax", run_softmax, 256, 16);
    time_rows(kernels, "layer_norm", run_layer_norm, 196, 96);
    time_rows(kernels, "layer_norm", run_layer_norm, 64, 32);
    time_rows(kernels, "mean", run_mean, 49, 640);
    time_rows(kernels, "resize", run_resize, 49, 64);
    time_rows(kernels, "input planes", run_planes, 224, 224 * 3);
    static const size_t shapes[][2] = { { 4, 16 }, { 16, 16 }, { 49, 32 }, { 64, 16 }, { 196, 36 }, { 256, 64 } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) time_attention(kernels, shapes[i][0], shapes[i][1]);
}

int main(void)
{
    static const unsigned tables[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_AVX512 };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        hyti_kernels kernels;
        hyti_kernels_init(&kernels, tables[i]);
        if (kernels.isa != tables[i]) continue;
        time_gemms(&kernels);
        time_convs(&kernels);
        time_others(&kernels);
    }
    return 0;
}
