/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times every kernel of every table this processor has: one JSON line a case. Best of several bursts. */
#include "kernels/kernels.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *values(size_t n)
{
    float *v = aligned_alloc(64, (n * sizeof *v + 63) / 64 * 64);
    if (!v) abort();
    uint32_t state = 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        v[i] = (float)(int32_t)state * 0x1p-31f;
    }
    return v;
}

/* Seconds of one call, the best of bursts of about a millisecond. */
static double measure(void (*run)(void *job), void *job)
{
    double best = 1e9;
    size_t calls = 1;
    run(job);
    for (int burst = 0; burst < 12; burst++) {
        double start = now();
        for (size_t i = 0; i < calls; i++) run(job);
        double each = (now() - start) / (double)calls;
        if (each < best) best = each;
        calls = (size_t)(1e-3 / best) + 1;
    }
    return best;
}

static const char *table_name(unsigned isa)
{
    return isa & HYTI_ISA_AVX512 ? "avx512" : isa & HYTI_ISA_AVX2 ? "avx2" : "c";
}

static void report(const hyti_kernels *kernels, const char *name, double work, double seconds)
{
    printf("{\"case\":\"%s\",\"isa\":\"%s\",\"us\":%.3f,\"gflops\":%.2f}\n", name, table_name(kernels->isa), seconds * 1e6,
           work / seconds * 1e-9);
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

/* The product of a layer (packed weights, rows as they lie) or of a weight gradient (A transposed, B in place, added up). */
static void time_gemm(const hyti_kernels *kernels, size_t m, size_t n, size_t k, bool gradient, hyti_act act)
{
    float *a = values(m * k), *b = values(k * n), *c = values(m * n), *bias = values(n);
    float *packed = values(hyti_pack_f32_size(kernels, k, n));
    hyti_pack_f32(kernels, k, n, b, (ptrdiff_t)n, 1, packed);
    ptrdiff_t nr = (ptrdiff_t)kernels->gemm_nr;
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
    snprintf(name, sizeof name, "gemm%s %zux%zux%zu%s", gradient ? "-gradient" : "", m, n, k, act == HYTI_ACT_SILU ? " silu" : "");
    report(kernels, name, 2.0 * (double)m * (double)n * (double)k, measure(run_gemm, &job));
    free(a), free(b), free(c), free(bias), free(packed);
}

static void time_gemms(const hyti_kernels *kernels)
{
    static const size_t layers[][3] = { { 196, 96, 96 },   { 4096, 12, 8 },   { 4096, 12, 32 }, { 1024, 48, 12 },   { 4096, 16, 16 },
                                        { 3136, 96, 24 },  { 1024, 24, 96 },  { 49, 640, 160 }, { 64, 128, 64 },    { 16, 64, 64 },
                                        { 784, 96, 864 },  { 1, 1000, 640 },  { 64, 64, 16 },   { 1024, 128, 128 }, { 512, 512, 512 } };
    static const size_t gradients[][3] = { { 96, 96, 32768 }, { 16, 16, 32768 }, { 12, 48, 32768 }, { 64, 128, 4096 },
                                           { 96, 24, 8192 },  { 432, 48, 4096 }, { 160, 640, 784 } };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        time_gemm(kernels, layers[i][0], layers[i][1], layers[i][2], false, HYTI_ACT_NONE);
    time_gemm(kernels, 1024, 48, 12, false, HYTI_ACT_SILU);
    time_gemm(kernels, 784, 96, 96, false, HYTI_ACT_SILU);
    for (size_t i = 0; i < sizeof gradients / sizeof *gradients; i++)
        time_gemm(kernels, gradients[i][0], gradients[i][1], gradients[i][2], true, HYTI_ACT_NONE);
}

int main(void)
{
    static const unsigned tables[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_AVX512 };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        hyti_kernels kernels;
        hyti_kernels_init(&kernels, tables[i]);
        if (kernels.isa != tables[i]) continue;
        time_gemms(&kernels);
    }
    return 0;
}
