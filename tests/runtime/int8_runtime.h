/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runtime's results of an int8 graph against the oracle's, bit by bit. */
#ifndef HYTNAS_TESTS_INT8_RUNTIME_H
#define HYTNAS_TESTS_INT8_RUNTIME_H

#include "int8_oracle.h"
#include <hytnas/runtime.h>

typedef struct int8_way {
    const char *isa;
    int threads;
    size_t batch;
} int8_way;

/* Place of the first value that differs in `count` pictures' results; SIZE_MAX: none. */
static inline size_t int8_difference(const hyt_graph *graph, const float *pictures, const float *expected, size_t count,
                                     int8_way way)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_ISA, way.isa));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_THREADS, way.threads));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, (int64_t)way.batch));
    MUST(hyt_runtime_create(graph, options, &runtime));
    size_t results = hyt_runtime_output_size(runtime), size = hyt_runtime_input_size(runtime), found = SIZE_MAX;
    float *got = malloc(results * sizeof *got);
    for (size_t i = 0; i < count / way.batch && found == SIZE_MAX; i++) {
        MUST(hyt_runtime_run(runtime, pictures + i * size, got));
        for (size_t j = 0; j < results && found == SIZE_MAX; j++)
            if (got[j] != expected[i * results + j]) found = i * results + j;
    }
    free(got);
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
    return found;
}

/* Results of `count` pictures as real numbers. */
static inline float *int8_expected(const hyt_graph *graph, const float *pictures, size_t count)
{
    size_t size = oracle_count(graph, graph->input), values = oracle_count(graph, hyt_graph_output(graph));
    float *expected = malloc(count * values * sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        oracle o = oracle_run(graph, pictures + i * size);
        hyt_value value = hyt_graph_output(o.graph);
        const hyti_node *node = &o.graph->nodes[value];
        for (size_t j = 0; j < values; j++)
            expected[i * values + j] = node->scale * (float)(o.values[value][j] - node->zero);
        oracle_clear(&o);
    }
    return expected;
}

/* Fails with the first operation, made the result, that differs. */
static inline void int8_locate(const hyt_graph *graph, const float *pictures, size_t count, int8_way way,
                               const char *what, uint64_t number)
{
    for (hyt_value value = 0; value <= hyt_graph_output(graph); value++) {
        hyt_graph *part = NULL;
        char text[128];
        if (graph->nodes[value].fixed) continue; /* as a result, in float32 */
        MUST(hyt_graph_copy(graph, &part));
        MUST(hyt_graph_set_output(part, value));
        float *expected = int8_expected(part, pictures, count);
        size_t place = int8_difference(part, pictures, expected, count, way);
        MUST(hyt_graph_describe(part, value, text, sizeof text));
        if (place != SIZE_MAX)
            fail_msg("%s %llu, value %d (%s), %s, %d threads, batch %zu: place %zu of %zu x %zu differs", what,
                     (unsigned long long)number, (int)value, text, way.isa, way.threads, way.batch, place, count,
                     oracle_count(part, value));
        free(expected);
        hyt_graph_destroy(part);
    }
    fail_msg("%s %llu: differs as a whole, but not in parts", what, (unsigned long long)number);
}

/* With every table of kernels; one picture at a time, and `count` together. */
static inline void check_int8_runs(const hyt_graph *graph, const float *pictures, size_t count, const char *what,
                                   uint64_t number)
{
    const int8_way ways[] = { { "c", 1, 1 },     { "auto", 1, 1 },     { "auto", 2, 1 },
                              { "c", 2, count }, { "auto", 2, count },
#ifdef __aarch64__
                              { "neon", 1, 1 },  { "neon", 2, count }, { "neon_dot", 1, count },
#else
                              { "avx2", 1, 1 },  { "avx512", 2, 1 },   { "avx2", 1, count },
                              { "avx_vnni", 1, count }, { "avx512", 1, count },
#endif
    };
    float *expected = int8_expected(graph, pictures, count);
    for (size_t i = 0; i < HYTI_COUNT(ways); i++)
        if (int8_difference(graph, pictures, expected, count, ways[i]) != SIZE_MAX)
            int8_locate(graph, pictures, count, ways[i], what, number);
    free(expected);
}

#endif
