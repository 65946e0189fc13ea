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

/* What the runtime has no int8 kernel for runs in float32 between conversions, with other bits. */
static bool has_int8_kernel(const hyt_graph *graph, const hyti_node *node)
{
    switch (node->op) {
    case HYT_OP_CONSTANT:
    case HYT_OP_MUL:
    case HYT_OP_MATMUL:
    case HYT_OP_SOFTMAX:
    case HYT_OP_MEAN:
    case HYT_OP_MAX_POOL:
    case HYT_OP_AVERAGE_POOL:
    case HYT_OP_CONV_TRANSPOSE: return false;
    case HYT_OP_ATTENTION: return node->n_inputs == 1;
    case HYT_OP_RESIZE: return node->mode != HYT_RESIZE_ALIGN_CORNERS;
    case HYT_OP_ADD: {
        const hyt_dims *left = &graph->nodes[node->inputs[0]].dims, *right = &graph->nodes[node->inputs[1]].dims;
        return memcmp(left->size, right->size, left->rank * sizeof *left->size) == 0;
    }
    default: return true;
    }
}

static bool all_in_int8(const hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!has_int8_kernel(graph, &graph->nodes[i])) return false;
    return true;
}

static void random_graphs(void **state)
{
    size_t compared = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        hyt_graph *graph = random_graph(NULL, seed, 10);
        float *pictures = draw_pictures(seed, 3 * oracle_count(graph, graph->input));
        hyt_graph *quantised = quantise(graph, pictures, 3);
        if (all_in_int8(quantised)) {
            check_int8_runs(quantised, pictures, 3, "random graph", seed);
            compared++;
        }
        free(pictures);
        hyt_graph_destroy(quantised);
        hyt_graph_destroy(graph);
    }
    print_message("%zu graphs compared\n", compared);
    assert_true(compared >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
