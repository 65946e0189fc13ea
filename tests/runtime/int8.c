/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runtime in int8 gives the bits of the int8 oracle: random graphs, quantised, with every table of kernels, on one
 * thread and on two, one picture at a time and several. */
#include "../graph/random_graph.h"
#include "int8_oracle.h"
#include <hytnas/quantiser.h>
#include <hytnas/runtime.h>

static float *draw_pictures(uint64_t seed, size_t count)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 1);
    float *pictures = malloc(count * sizeof *pictures);
    for (size_t i = 0; i < count; i++) pictures[i] = (float)hyti_rng_normal(&rng);
    return pictures;
}

static hyt_graph *quantise(const hyt_graph *graph, const float *pictures, size_t count)
{
    hyt_quantiser *quantiser = NULL;
    hyt_graph *quantised = NULL;
    MUST(hyt_quantiser_create(graph, NULL, &quantiser));
    MUST(hyt_quantiser_add(quantiser, pictures, count));
    MUST(hyt_quantiser_finish(quantiser, &quantised));
    hyt_quantiser_destroy(quantiser);
    return quantised;
}

/* Result of one run of `batch` pictures against what the oracle has for each. */
static void check_run(const hyt_graph *graph, const float *pictures, const float *expected, size_t batch,
                      const char *isa, int threads)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_ISA, isa));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_THREADS, threads));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, (int64_t)batch));
    MUST(hyt_runtime_create(graph, options, &runtime));
    size_t count = hyt_runtime_output_size(runtime);
    float *got = malloc(count * sizeof *got);
    MUST(hyt_runtime_run(runtime, pictures, got));
    for (size_t i = 0; i < count; i++)
        if (got[i] != expected[i])
            fail_msg("%s, %s, %d threads, batch %zu, place %zu: %g, not %g", graph->name, isa, threads, batch, i,
                     (double)got[i], (double)expected[i]);
    free(got);
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
}

static void check_graph(const hyt_graph *graph, const float *pictures, size_t count)
{
    static const char *const isas[] = { "c", "avx2", "avx512", "auto" };
    hyt_value last = hyt_graph_output(graph);
    size_t size = oracle_count(graph, graph->input), values = oracle_count(graph, last);
    float *expected = malloc(count * values * sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        oracle o = oracle_run(graph, pictures + i * size);
        hyti_quant quant = oracle_quant_of(&graph->nodes[last]);
        for (size_t j = 0; j < values; j++)
            expected[i * values + j] = quant.scale * (float)(o.values[last][j] - quant.zero);
        oracle_clear(&o);
    }
    for (size_t i = 0; i < HYTI_COUNT(isas); i++) {
        check_run(graph, pictures, expected, 1, isas[i], 1);
        check_run(graph, pictures, expected, count, isas[i], 1 + (int)(i % 2));
    }
    free(expected);
}

static void random_graphs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        hyt_graph *graph = random_graph(NULL, seed, 10);
        size_t size = oracle_count(graph, graph->input);
        float *pictures = draw_pictures(seed, 3 * size);
        hyt_graph *quantised = quantise(graph, pictures, 3);
        char text[128];
        if (getenv("SHOW"))
            for (hyt_value v = 0; (size_t)v < quantised->n_nodes; v++) {
                MUST(hyt_graph_describe(quantised, v, text, sizeof text));
                print_message("%llu: %d %s (%d) %g %d\n", (unsigned long long)seed, v, text,
                              quantised->nodes[v].n_inputs ? quantised->nodes[v].inputs[0] : -1,
                              (double)quantised->nodes[v].scale, quantised->nodes[v].zero);
            }
        check_graph(quantised, pictures, 3);
        free(pictures);
        hyt_graph_destroy(quantised);
        hyt_graph_destroy(graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
