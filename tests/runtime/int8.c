/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runtime in int8 gives the bits of the int8 oracle: random graphs, quantised, with every table of kernels, on one
 * thread and on two, one picture at a time and several. */
#include "../graph/random_graph.h"
#include "int8_runtime.h"
#include <hytnas/quantiser.h>

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

/* What the result depends on and is no constant. */
static void count_operations(const hyt_graph *graph, hyt_value value, size_t *met)
{
    const hyti_node *node = &graph->nodes[value];
    if (node->fixed) return;
    met[node->op]++;
    for (size_t i = 0; i < node->n_inputs; i++) count_operations(graph, node->inputs[i], met);
}

static void random_graphs(void **state)
{
    size_t met[HYT_OP_COUNT] = { 0 }, share = test_share();
    (void)state;
    for (uint64_t seed = 0; seed < 2000 / share; seed++) {
        hyt_graph *graph = random_graph_of(NULL, seed, 10, seed % 4 != 0);
        if (graph->nodes[hyt_graph_output(graph)].fixed) { /* made of constants alone: worked out in float32 */
            hyt_graph_destroy(graph);
            continue;
        }
        float *pictures = draw_pictures(seed, 3 * oracle_count(graph, graph->input));
        hyt_graph *quantised = quantise(graph, pictures, 3);
        count_operations(quantised, hyt_graph_output(quantised), met);
        check_int8_runs(quantised, pictures, 3, "random graph", seed);
        free(pictures);
        hyt_graph_destroy(quantised);
        hyt_graph_destroy(graph);
    }
    for (int op = 0; op < HYT_OP_COUNT && share == 1; op++)
        if (op != HYT_OP_CONSTANT && met[op] < 20) fail_msg("%s occurs %zu times", hyt_op_name((hyt_op)op), met[op]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
