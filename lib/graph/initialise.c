/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "graph/graph.h"
#include <math.h>

/* He et al., arXiv 1502.01852: deviation sqrt(2 / fan in); 0.02 for linear layers on tokens and for constants, as
 * transformers start. */
static double deviation_of(const hyt_graph *graph, const hyti_parameter *weight)
{
    const hyti_node *node = &graph->nodes[weight->node];
    if (weight->role == HYTI_ROLE_CONSTANT || (node->op == HYT_OP_LINEAR && node->dims.rank > 2)) return 0.02;
    if (node->op == HYT_OP_CONV_TRANSPOSE)
        return sqrt(2.0 * (double)node->groups / (double)(weight->count / weight->dims.size[1]));
    return sqrt(2.0 / (double)(weight->count / weight->dims.size[0]));
}

static void fill(const hyt_graph *graph, uint64_t seed, size_t index, float *values)
{
    const hyti_parameter *parameter = &graph->parameters[index];
    bool one = parameter->role == HYTI_ROLE_SCALE || parameter->role == HYTI_ROLE_VARIANCE;
    if (parameter->role == HYTI_ROLE_FIXED) return;
    if (parameter->role != HYTI_ROLE_WEIGHT && parameter->role != HYTI_ROLE_CONSTANT) {
        for (size_t i = 0; i < parameter->count; i++) values[i] = one ? 1.0f : 0.0f;
        return;
    }
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_WEIGHTS, index);
    double deviation = deviation_of(graph, parameter);
    for (size_t i = 0; i < parameter->count; i++) {
        double draw = hyti_rng_normal(&rng);
        while (fabs(draw) > 2) draw = hyti_rng_normal(&rng);
        values[i] = (float)(draw * deviation);
    }
}

/* Room for every parameter first, so that a failure leaves the weights as they were. */
static hyt_status make_room(hyt_graph *graph, float **fresh)
{
    for (size_t i = 0; i < graph->n_parameters; i++) {
        if (graph->parameters[i].data || graph->parameters[i].role == HYTI_ROLE_FIXED) continue;
        fresh[i] = hyti_alloc_aligned(graph->context, graph->parameters[i].count * sizeof **fresh);
        if (!fresh[i]) return hyti_fail_nomem();
    }
    return HYT_OK;
}

hyt_status hyt_graph_initialise(hyt_graph *graph, uint64_t seed)
{
    HYTI_NEED(graph);
    float **fresh = hyti_array(graph->context, graph->n_parameters, sizeof *fresh);
    if (!fresh) return hyti_fail_nomem();
    hyt_status status = make_room(graph, fresh);
    for (size_t i = 0; i < graph->n_parameters; i++) {
        if (status != HYT_OK) {
            hyti_free_aligned(graph->context, fresh[i]);
            continue;
        }
        if (fresh[i]) graph->parameters[i].data = fresh[i];
        fill(graph, seed, i, graph->parameters[i].data);
    }
    hyti_free(graph->context, fresh);
    return status;
}
