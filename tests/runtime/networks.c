/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every builder, and random networks of the operations of transformers and detectors, against the literal reading. */
#include "exact.h"

/* Small inputs; of several sides where the builder takes any. */
static size_t side_of(size_t number)
{
    const char *name = hyt_graph_builder(number);
    if (strcmp(name, "maskrcnn-head") == 0) return 7;
    hyt_graph *graph = NULL;
    hyt_status status = hyt_graph_build(NULL, name, 34 + number, 10, &graph);
    hyt_graph_destroy(graph);
    return status == HYT_OK ? 34 + number : 64;
}

static void check_builder(const hyt_graph *graph)
{
    const char *const isas[] = { "c", "auto" };
    float *input = random_input(graph, 1);
    double *wanted = naive_run(graph, input, false);
    size_t n = naive_count(graph, hyt_graph_output(graph));
    for (size_t i = 0; i < HYTI_COUNT(isas); i++) {
        hyt_runtime *runtime = make(graph, 1, 1, "nchw", isas[i]);
        float *got = run(runtime, input);
        double error = error_of(wanted, got, n);
        if (!(error <= 5e-5)) fail_msg("%s on %s: error %g", graph->name, isas[i], error);
        if (i > 0) print_message("%s: %.1e\n", graph->name, error);
        free(got);
        hyt_runtime_destroy(runtime);
    }
    free(wanted);
    free(input);
}

static void builders_are_exact(void **state)
{
    (void)state;
    each_builder(side_of, check_builder);
}

/* Broadcasting, constants, moves, windows, attention of all kinds, in any order. */
static void random_transformers_are_exact(void **state)
{
    (void)state;
    const char *const isas[] = { "c", "auto", HYTNAS_LEAST_ISA };
    size_t share = test_share();
    for (uint64_t seed = 0; seed < 500 / share; seed++) {
        hyt_graph *graph = random_graph_of(NULL, 90000 + seed, 12, true);
        check_against_naive(graph, isas[seed % 3], 1 + seed % 2);
        hyt_graph_destroy(graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builders_are_exact),
        cmocka_unit_test(random_transformers_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
