/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latency of one benchmark network (M1..M5) or builder, as one JSON line. --check adds the largest difference from the
 * plain C kernels, in deviations of the result; --steps prints the time of every step to stderr. */
#include "bench.h"
#include "harness_model.h"
#include "base/heap.h"
#include "base/rng.h"
#include "numeric/distribution.h"
#include "runtime/execute.h"
#include <math.h>
#include <string.h>

typedef struct arguments {
    const char *model, *models, *threads, *batch, *isa, *precision;
    size_t input;
    double ms;
    bool check, steps;
} arguments;

static bool read_arguments(int count, char **words, arguments *a)
{
    for (int i = 1; i < count; i++) {
        const char *word = words[i], *value = i + 1 < count ? words[i + 1] : NULL;
        if (strcmp(word, "--check") == 0) a->check = true;
        else if (strcmp(word, "--steps") == 0) a->steps = true;
        else if (!value) return false;
        else {
            i++;
            if (strcmp(word, "--model") == 0) a->model = value;
            else if (strcmp(word, "--models") == 0) a->models = value;
            else if (strcmp(word, "--threads") == 0) a->threads = value;
            else if (strcmp(word, "--batch") == 0) a->batch = value;
            else if (strcmp(word, "--isa") == 0) a->isa = value;
            else if (strcmp(word, "--precision") == 0) a->precision = value;
            else if (strcmp(word, "--input") == 0) a->input = (size_t)strtoul(value, NULL, 10);
            else if (strcmp(word, "--ms") == 0) a->ms = strtod(value, NULL);
            else return false;
        }
    }
    return a->ms > 0;
}

static hyt_status open_runtime(const hyt_graph *graph, const arguments *a, const char *isa, hyt_runtime **out)
{
    hyt_options *options = NULL;
    HYTI_TRY(hyt_runtime_options_create(NULL, &options));
    hyt_status status = hyt_options_set_text(options, HYT_RUNTIME_THREADS, a->threads);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_RUNTIME_BATCH, a->batch);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_RUNTIME_ISA, isa);
    if (status == HYT_OK && strcmp(a->precision, "int8") != 0)
        status = hyt_options_set_text(options, HYT_RUNTIME_PRECISION, a->precision);
    if (status == HYT_OK) status = hyt_runtime_create(graph, options, out);
    hyt_options_destroy(options);
    return status;
}

static float *random_pictures(size_t n)
{
    float *input = malloc(n * sizeof *input);
    hyti_rng rng = hyti_rng_start(7, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < n; i++) input[i] = (float)hyti_rng_normal(&rng);
    return input;
}

/* In place of the graph, its int8 form, calibrated on the first picture that is timed. */
static hyt_status quantise(hyt_graph **graph)
{
    const size_t *size = (*graph)->nodes[(*graph)->input].dims.size;
    float *picture = random_pictures(size[1] * size[2] * size[3]);
    hyt_status status = hyt_quantise(graph, picture, 1, NULL);
    free(picture);
    return status;
}

static double now_ms(void)
{
    return 1e3 * bench_seconds();
}

#define BURSTS 1000
typedef struct timing { double median, p10; } timing;

static timing time_runs(hyt_runtime *runtime, const float *input, float *output, double ms)
{
    static double each[BURSTS];
    size_t n = 0;
    double start = now_ms();
    while (now_ms() - start < ms / 5) hyt_runtime_run(runtime, input, output);
    for (start = now_ms(); n < BURSTS && (n < 10 || now_ms() - start < ms); n++) {
        double from = now_ms();
        for (int i = 0; i < 5; i++) hyt_runtime_run(runtime, input, output);
        each[n] = (now_ms() - from) / 5;
    }
    hyti_sort(each, n);
    return (timing){ each[n / 2], each[n / 10] };
}

static hyt_status difference(const hyt_graph *graph, const arguments *a, const float *input, const float *output,
                             double *out)
{
    hyt_runtime *plain = NULL;
    arguments exact = *a;
    exact.precision = "fp32";
    HYTI_TRY(open_runtime(graph, &exact, "c", &plain));
    size_t n = hyt_runtime_output_size(plain);
    float *wanted = malloc(n * sizeof *wanted);
    hyt_status status = hyt_runtime_run(plain, input, wanted);
    double mean = 0, square = 0, worst = 0;
    for (size_t i = 0; i < n; i++) {
        mean += (double)wanted[i] / (double)n;
        square += (double)wanted[i] * wanted[i] / (double)n;
        worst = fmax(worst, fabs((double)wanted[i] - output[i]));
    }
    *out = worst / sqrt(fmax(square - mean * mean, 1e-30));
    free(wanted);
    hyt_runtime_destroy(plain);
    return status;
}

/* Best of many for each step, the steps before it run as well so that the caches are as they would be. */
static void time_steps(hyt_runtime *runtime, const hyt_graph *graph)
{
    double *best = malloc(runtime->n_jobs * sizeof *best);
    for (size_t i = 0; i < runtime->n_jobs; i++) best[i] = INFINITY;
    for (int turn = 0; turn < 300; turn++)
        for (size_t i = 0; i < runtime->n_jobs; i++) {
            double from = now_ms();
            hyti_pool_run(runtime->pool, runtime->jobs[i].parts, runtime->jobs[i].run, &runtime->jobs[i]);
            best[i] = fmin(best[i], now_ms() - from);
        }
    for (size_t i = 0; i < runtime->n_jobs; i++) {
        char words[128];
        const hyti_step *step = &runtime->plan.steps[i];
        uint64_t macs = hyt_graph_value_macs(graph, step->node) * runtime->plan.batch;
        hyt_graph_describe(graph, step->node, words, sizeof words);
        fprintf(stderr, "%4zu %-10s %8.2f us %7.2f GMAC/s %3zu parts  %s\n", i, hyti_step_kind_name(step->kind),
                best[i] * 1e3, step->kind == HYTI_STEP_OUTPUT || step->inner ? 0 : (double)macs / best[i] * 1e-6,
                runtime->jobs[i].parts, words);
    }
    free(best);
}

static hyt_status bench(const hyt_graph *graph, const arguments *a, hyt_runtime *runtime)
{
    size_t n = hyt_runtime_input_size(runtime);
    float *input = random_pictures(n), *output = malloc(hyt_runtime_output_size(runtime) * sizeof *output);
    timing t = time_runs(runtime, input, output, a->ms);
    double error = 0;
    hyt_status status = a->check ? difference(graph, a, input, output, &error) : HYT_OK;
    if (a->steps) time_steps(runtime, graph);
    printf("{\"case\": \"%s@%zu\", \"threads\": %s, \"batch\": %s, \"isa\": \"%s\", \"precision\": \"%s\", "
           "\"median_ms\": %.4f, \"p10_ms\": %.4f",
           a->model, graph->nodes[graph->input].dims.size[2], a->threads, a->batch, a->isa, a->precision, t.median,
           t.p10);
    printf(", \"arena_bytes\": %llu, \"bound_bytes\": %llu, \"packed_bytes\": %llu",
           (unsigned long long)hyt_runtime_arena_bytes(runtime), (unsigned long long)runtime->plan.bound_bytes,
           (unsigned long long)hyt_runtime_packed_bytes(runtime));
    if (a->check) printf(", \"error\": %.3g", error);
    printf("}\n");
    free(input);
    free(output);
    return status;
}

/* A network of the harness, or a builder's name. */
static hyt_status open_graph(const arguments *a, hyt_graph **out)
{
    if (strncmp(a->model, "mobile", 6) == 0)
        return hyt_graph_build(NULL, a->model, a->input ? a->input : 224, 1000, out);
    return harness_model_read(NULL, a->models, a->model, a->input, out);
}

int main(int count, char **words)
{
    arguments a = { "M5", "../shared/bars/runtime/models", "1", "1", "auto", "fp32", 0, 1000, false, false };
    if (!read_arguments(count, words, &a)) {
        fprintf(stderr, "usage: runtime --model M5 [--threads N] [--batch N] [--input N] [--isa WORD] "
                        "[--precision WORD] [--models DIR] [--ms N] [--check] [--steps]\n");
        return 2;
    }
    hyt_graph *graph = NULL;
    hyt_runtime *runtime = NULL;
    hyt_status status = open_graph(&a, &graph);
    if (status == HYT_OK) status = hyt_graph_initialise(graph, 1);
    if (status == HYT_OK && strcmp(a.precision, "int8") == 0) status = quantise(&graph);
    if (status == HYT_OK) status = open_runtime(graph, &a, a.isa, &runtime);
    if (status == HYT_OK) status = bench(graph, &a, runtime);
    if (status != HYT_OK) fprintf(stderr, "runtime: %s\n", hyt_message());
    hyt_runtime_destroy(runtime);
    hyt_graph_destroy(graph);
    return status == HYT_OK ? 0 : 2;
}
