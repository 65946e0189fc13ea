/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small graphs of every operation, drawn from a seed, with weights that leave nothing trivial. */
#ifndef HYTNAS_TESTS_RANDOM_GRAPH_H
#define HYTNAS_TESTS_RANDOM_GRAPH_H

#include "../test.h"
#include "base/rng.h"
#include "graph/graph.h"

static size_t random_from(hyti_rng *rng, size_t low, size_t high)
{
    return low + (size_t)hyti_rng_below(rng, high - low + 1);
}

static hyt_status random_conv(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    size_t channels = graph->nodes[x].dims.size[1], features = random_from(rng, 1, 20);
    hyti_node node = { .op = HYT_OP_CONV, .inputs = &x, .n_inputs = 1, .groups = 1 };
    for (size_t i = 0; i < 2; i++) {
        node.kernel[i] = random_from(rng, 1, 4);
        node.stride[i] = random_from(rng, 1, 3);
        node.dilation[i] = random_from(rng, 1, 2);
        node.pad[i] = random_from(rng, 0, node.kernel[i] - 1);
        node.pad[i + 2] = random_from(rng, 0, node.kernel[i] - 1);
    }
    size_t kind = random_from(rng, 0, 3);
    if (kind == 1) node.groups = features = channels;
    if (kind == 2 && channels % 2 == 0) node.groups = 2;
    if (node.groups == 2) features += features % 2;
    return hyti_graph_append(graph, &node, features, random_from(rng, 0, 1), out);
}

static hyt_status random_concat(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    hyt_value inputs[3] = { x, x, x };
    for (size_t i = 0; i < 3; i++)
        if (random_from(rng, 0, 3)) inputs[i] = (hyt_value)random_from(rng, 0, graph->n_nodes - 1);
    return hyt_graph_concat(graph, inputs, random_from(rng, 1, 3), random_from(rng, 1, 3), out);
}

static hyt_status random_add(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    hyt_value other = (hyt_value)random_from(rng, 0, graph->n_nodes - 1), sum;
    HYTI_TRY(hyt_graph_add(graph, x, other, &sum));
    hyt_status status = hyti_graph_need_basic(graph, "random graph"); /* without broadcasting */
    if (status == HYT_OK) *out = sum;
    else hyti_graph_cut(graph, (size_t)sum);
    return status;
}

/* May be refused where the shapes do not fit: then the graph is as before. */
static hyt_status random_operation(hyti_rng *rng, hyt_graph *graph, hyt_value *out)
{
    hyt_value x = (hyt_value)(random_from(rng, 0, 2) ? graph->n_nodes - 1 : random_from(rng, 0, graph->n_nodes - 1));
    const hyti_node *node = &graph->nodes[x];
    size_t rank = node->dims.rank, width = node->dims.size[rank - 1];
    hyt_op act = (hyt_op)random_from(rng, HYT_OP_RELU, HYT_OP_SILU);
    switch (random_from(rng, 0, node->picture ? 9 : 6)) {
    case 0: return hyt_graph_activation(graph, x, act, out);
    case 1: return random_add(rng, graph, x, out);
    case 2: return random_concat(rng, graph, x, out);
    case 3:
        return node->picture ? random_conv(rng, graph, x, out)
                             : hyt_graph_linear(graph, x, random_from(rng, 1, 24), 1, out);
    case 4: return node->picture ? hyt_graph_batch_norm(graph, x, out) : hyt_graph_layer_norm(graph, x, out);
    case 5:
        if (node->picture) return hyt_graph_resize(graph, x, random_from(rng, 1, 12), random_from(rng, 1, 12), out);
        if (rank == 2 || width % 3) return hyt_graph_linear(graph, x, 3 * random_from(rng, 1, 8), 0, out);
        return hyt_graph_attention(graph, x, width % 2 ? 1 : 2, out);
    case 6:
        if (node->picture) return hyt_graph_unfold(graph, x, random_from(rng, 1, 3), out);
        return rank == 2 ? hyt_graph_linear(graph, x, 7, 0, out)
                         : hyt_graph_fold(graph, x, node->dims.size[2], node->dims.size[1] == 4 ? 4 : 1,
                                          node->dims.size[1] == 4 ? 2 : 1, out);
    case 7:
        return hyt_graph_inverted_residual(graph, x, random_from(rng, 1, 3) * 4, random_from(rng, 1, 2), 1.5, act, out);
    case 8: return hyt_graph_mobilevit(graph, x, 8, 12, 2, 1, random_from(rng, 1, 3), act, out);
    default: return random_from(rng, 0, 3) ? random_conv(rng, graph, x, out) : hyt_graph_global_pool(graph, x, out);
    }
}

static void random_weights(hyti_rng *rng, hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_parameters; i++) {
        const hyti_parameter *p = &graph->parameters[i];
        float *values = malloc(p->count * sizeof *values);
        for (size_t j = 0; j < p->count; j++) {
            double z = hyti_rng_normal(rng), u = hyti_rng_uniform(rng);
            if (p->role == HYTI_ROLE_WEIGHT)
                values[j] = (float)(z * sqrt(1.5 * (double)p->dims.size[0] / (double)p->count));
            else if (p->role == HYTI_ROLE_SCALE || p->role == HYTI_ROLE_VARIANCE) values[j] = (float)(0.75 + u / 2);
            else values[j] = (float)(z * 0.1);
        }
        MUST(hyt_graph_set_parameter(graph, i, values, p->count));
        free(values);
    }
}

/* Up to `most` operations (blocks count as one), any of them the result. */
static hyt_graph *random_graph(hyt_context *context, uint64_t seed, size_t most)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
    hyt_graph *graph = NULL;
    hyt_value value;
    MUST(hyt_graph_create(context, "random", &graph));
    MUST(hyt_graph_input(graph, random_from(&rng, 1, 9), random_from(&rng, 1, 14), random_from(&rng, 1, 14), &value));
    for (size_t left = random_from(&rng, 0, most), tries = 0; left > 0 && tries < 20 * most; tries++)
        if (random_operation(&rng, graph, &value) == HYT_OK) left--;
    if (random_from(&rng, 0, 3) == 0)
        MUST(hyt_graph_set_output(graph, (hyt_value)random_from(&rng, 0, graph->n_nodes - 1)));
    if (random_from(&rng, 0, 1)) {
        float mean[9], deviation[9];
        for (size_t i = 0; i < 9; i++) {
            mean[i] = (float)hyti_rng_uniform(&rng);
            deviation[i] = (float)(0.5 + hyti_rng_uniform(&rng));
        }
        MUST(hyt_graph_set_normalisation(graph, mean, deviation));
    }
    random_weights(&rng, graph);
    return graph;
}

#endif
