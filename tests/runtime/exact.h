/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the runtime computes, against the literal reading of the graph. */
#ifndef HYTNAS_TESTS_EXACT_H
#define HYTNAS_TESTS_EXACT_H

#include "../graph/random_graph.h"
#include "naive.h"
#include "runtime/execute.h"

static float *random_input(const hyt_graph *graph, size_t batch)
{
    size_t n = naive_count(graph, graph->input) * batch;
    float *input = malloc(n * sizeof *input);
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 1);
    for (size_t i = 0; i < n; i++) input[i] = (float)hyti_rng_normal(&rng);
    return input;
}

static inline hyt_runtime *make(const hyt_graph *graph, int64_t threads, int64_t batch, const char *layout,
                                const char *isa)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_THREADS, threads));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, batch));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_LAYOUT, layout));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_ISA, isa));
    MUST(hyt_runtime_create(graph, options, &runtime));
    hyt_options_destroy(options);
    return runtime;
}

static float *run(hyt_runtime *runtime, const float *input)
{
    float *output = malloc(hyt_runtime_output_size(runtime) * sizeof *output);
    MUST(hyt_runtime_run(runtime, input, output));
    return output;
}

/* Largest error in units of the result's deviation (its root mean square where it hardly varies). */
static inline double error_of(const double *wanted, const float *got, size_t n)
{
    double mean = 0, square = 0, worst = 0;
    for (size_t i = 0; i < n; i++) {
        mean += wanted[i] / (double)n;
        square += wanted[i] * wanted[i] / (double)n;
        worst = fmax(worst, fabs(wanted[i] - got[i]));
        if (isnan(got[i])) return INFINITY;
    }
    double deviation = sqrt(fmax(square - mean * mean, 0));
    if (deviation < 0.1 * sqrt(square)) deviation = sqrt(square);
    return worst == 0 ? 0 : worst / deviation;
}

/* What one rounding a value to float32 does: much where a graph amplifies it (a layer norm of nearly equal values). */
static inline double shaken_error(const hyt_graph *graph, const float *input, const double *wanted, size_t n)
{
    double *shaken = naive_run(graph, input, true);
    float *result = malloc(n * sizeof *result);
    for (size_t i = 0; i < n; i++) result[i] = (float)shaken[i];
    double error = error_of(wanted, result, n);
    free(result);
    free(shaken);
    return error;
}

/* Some times that. */
static inline double limit_of(const hyt_graph *graph, const float *input, const double *wanted, size_t n)
{
    return fmax(5e-5, 4 * shaken_error(graph, input, wanted, n));
}

static inline void check_against_naive(const hyt_graph *graph, const char *isa, size_t batch)
{
    float *input = random_input(graph, batch);
    hyt_runtime *runtime = make(graph, 1, (int64_t)batch, "nchw", isa);
    float *got = run(runtime, input);
    size_t n = naive_count(graph, hyt_graph_output(graph));
    if (graph->nodes[hyt_graph_output(graph)].fixed) batch = 1; /* of constants alone: one for all */
    assert_int_equal(hyt_runtime_output_size(runtime), n * batch);
    assert_int_equal(hyt_runtime_used_bytes(runtime), hyt_runtime_arena_bytes(runtime));
    for (size_t b = 0; b < batch; b++) {
        const float *picture = input + b * naive_count(graph, graph->input);
        double *wanted = naive_run(graph, picture, false), error = error_of(wanted, got + b * n, n);
        double limit = error > 5e-5 ? limit_of(graph, picture, wanted, n) : 5e-5;
        if (!(error <= limit)) fail_msg("%s on %s, picture %zu: error %g, limit %g", graph->name, isa, b, error, limit);
        free(wanted);
    }
    free(got);
    free(input);
    hyt_runtime_destroy(runtime);
}

/* `check` of every builder's network, 10 classes, with weights; side_of: of the input, by number. */
static inline void each_builder(size_t (*side_of)(size_t number), void (*check)(const hyt_graph *graph))
{
    size_t share = test_share();
    for (size_t i = 0; hyt_graph_builder(i); i += share) {
        hyt_graph *graph = NULL;
        hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 2);
        MUST(hyt_graph_build(NULL, hyt_graph_builder(i), side_of(i), 10, &graph));
        random_weights(&rng, graph);
        check(graph);
        hyt_graph_destroy(graph);
    }
}

#endif
