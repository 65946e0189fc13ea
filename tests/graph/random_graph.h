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

/* Of the same value's axes, some with size 1: trained, given, or worked out of a trained one. */
static hyt_status random_constant(hyti_rng *rng, hyt_graph *graph, hyt_dims dims, bool picture, hyt_value *out)
{
    float values[4096];
    size_t count = 1;
    for (size_t i = 1; i < dims.rank; i++) {
        if (random_from(rng, 0, 1)) dims.size[i] = 1;
        count *= dims.size[i];
    }
    for (size_t i = 0; i < HYTI_COUNT(values); i++) values[i] = (float)hyti_rng_normal(rng);
    bool given = count <= HYTI_COUNT(values) && random_from(rng, 0, 1);
    HYTI_TRY(hyt_graph_constant(graph, &dims, picture, given ? values : NULL, out));
    return random_from(rng, 0, 1) ? hyt_graph_activation(graph, *out, HYT_OP_SIGMOID, out) : HYT_OK;
}

static hyt_status random_combine(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    hyt_value other = (hyt_value)random_from(rng, 0, graph->n_nodes - 1);
    if (random_from(rng, 0, 2) == 0)
        HYTI_TRY(random_constant(rng, graph, graph->nodes[x].dims, graph->nodes[x].picture, &other));
    return random_from(rng, 0, 2) ? hyt_graph_add(graph, x, other, out) : hyt_graph_mul(graph, x, other, out);
}

/* Rows or a picture of as many values, the axes drawn. */
static hyt_status random_reshape(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    size_t left = 1, rank = random_from(rng, 2, 5);
    for (size_t i = 0; i < graph->nodes[x].dims.rank; i++) left *= graph->nodes[x].dims.size[i];
    hyt_dims dims = { rank, { 1 } };
    for (size_t i = 1; i + 1 < rank; i++) {
        dims.size[i] = random_from(rng, 1, 6);
        while (left % dims.size[i]) dims.size[i]--;
        left /= dims.size[i];
    }
    dims.size[rank - 1] = left;
    return hyt_graph_reshape(graph, x, &dims, rank == 4 && random_from(rng, 0, 1), out);
}

static hyt_status random_transpose(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    size_t rank = graph->nodes[x].dims.rank, order[HYT_MAX_RANK] = { 0, 1, 2, 3, 4, 5 };
    for (size_t i = 1; i < rank; i++) {
        size_t other = random_from(rng, i, rank - 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    return hyt_graph_transpose(graph, x, order, rank == 4 && random_from(rng, 0, 1), out);
}

static hyt_status random_slice(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    size_t axis = random_from(rng, 1, graph->nodes[x].dims.rank - 1), size = graph->nodes[x].dims.size[axis];
    size_t begin = random_from(rng, 0, size - 1);
    return hyt_graph_slice(graph, x, axis, begin, random_from(rng, begin + 1, size), random_from(rng, 1, 3), out);
}

static hyt_status random_window(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    static const hyt_op kinds[] = { HYT_OP_MAX_POOL, HYT_OP_AVERAGE_POOL, HYT_OP_CONV_TRANSPOSE };
    size_t channels = graph->nodes[x].dims.size[1];
    hyti_node node = { .op = kinds[random_from(rng, 0, 2)], .inputs = &x, .n_inputs = 1,
                       .groups = channels % 2 ? 1 : random_from(rng, 1, 2), .counted = random_from(rng, 0, 1) };
    for (size_t i = 0; i < 2; i++) {
        node.kernel[i] = random_from(rng, 1, 4);
        node.stride[i] = random_from(rng, 1, 3);
        node.pad[i] = random_from(rng, 0, node.kernel[i] - 1);
        node.pad[i + 2] = random_from(rng, 0, node.kernel[i] - 1);
        node.output_pad[i] = node.op == HYT_OP_CONV_TRANSPOSE ? random_from(rng, 0, node.stride[i] - 1) : 0;
    }
    return hyti_graph_append(graph, &node, 2 * random_from(rng, 1, 6), random_from(rng, 0, 1), out);
}

/* Queries of other tokens, keys and values of these; now and then all from a constant, or with a bias. */
static hyt_status random_attention(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    hyt_dims dims = graph->nodes[x].dims, bias = { 5, { 1 } };
    hyt_value operands[4] = { x, x, x };
    if (dims.rank != 4 || graph->nodes[x].picture) return HYT_ERR_SHAPE;
    size_t heads = dims.size[3] % 2 ? 1 : 2, queries = random_from(rng, 1, 7);
    bias.size[1] = random_from(rng, 0, 1) ? dims.size[1] : 1;
    bias.size[2] = heads;
    bias.size[3] = queries;
    bias.size[4] = dims.size[2];
    dims.size[2] = queries;
    HYTI_TRY(hyt_graph_constant(graph, &dims, 0, NULL, &operands[0]));
    HYTI_TRY(hyt_graph_constant(graph, &bias, 0, NULL, &operands[3]));
    if (random_from(rng, 0, 1)) HYTI_TRY(hyt_graph_linear(graph, x, dims.size[3], 1, &operands[2]));
    return hyt_graph_attention_of(graph, operands, random_from(rng, 3, 4), heads, out);
}

static hyt_status random_of_picture(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    const size_t sides[4] = { random_from(rng, 0, 3), random_from(rng, 0, 3), random_from(rng, 0, 3), 1 };
    switch (random_from(rng, 0, 4)) {
    case 0: return hyt_graph_pad(graph, x, sides, -0.5, out);
    case 1:
        return hyt_graph_resize_by(graph, x, random_from(rng, 1, 12), random_from(rng, 1, 12),
                                   (hyt_resize_mode)random_from(rng, 1, 2), out);
    case 2: return hyt_graph_unfold_windows(graph, x, random_from(rng, 1, 3), out);
    default: return random_window(rng, graph, x, out);
    }
}

static hyt_status random_of_rows(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    const hyt_dims *dims = &graph->nodes[x].dims;
    switch (random_from(rng, 0, 4)) {
    case 0: return hyt_graph_softmax(graph, x, out);
    case 1: return hyt_graph_mean_of(graph, x, random_from(rng, 1, dims->rank - 1), random_from(rng, 0, 1), out);
    case 2: return hyt_graph_matmul(graph, x, x, 1, out);
    case 3: return hyt_graph_matmul(graph, x, (hyt_value)random_from(rng, 0, graph->n_nodes - 1), 0, out);
    default: return random_attention(rng, graph, x, out);
    }
}

/* What came with transformers and detectors. */
static hyt_status random_more(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    switch (random_from(rng, 0, 5)) {
    case 0: return random_combine(rng, graph, x, out);
    case 1: return random_reshape(rng, graph, x, out);
    case 2: return random_transpose(rng, graph, x, out);
    case 3: return random_slice(rng, graph, x, out);
    default: return (graph->nodes[x].picture ? random_of_picture : random_of_rows)(rng, graph, x, out);
    }
}

/* Without broadcasting. */
static hyt_status random_add(hyti_rng *rng, hyt_graph *graph, hyt_value x, hyt_value *out)
{
    hyt_value other = (hyt_value)random_from(rng, 0, graph->n_nodes - 1);
    const hyt_dims *left = &graph->nodes[x].dims, *right = &graph->nodes[other].dims;
    for (size_t i = 0; i < left->rank && i < right->rank; i++)
        if (left->size[i] != right->size[i]) return HYT_ERR_SHAPE;
    return hyt_graph_add(graph, x, other, out);
}

/* May be refused where the shapes do not fit: then the graph is as before. */
static hyt_status random_operation(hyti_rng *rng, hyt_graph *graph, bool more, hyt_value *out)
{
    hyt_value x = (hyt_value)(random_from(rng, 0, 2) ? graph->n_nodes - 1 : random_from(rng, 0, graph->n_nodes - 1));
    const hyti_node *node = &graph->nodes[x];
    size_t rank = node->dims.rank, width = node->dims.size[rank - 1];
    hyt_op act = (hyt_op)random_from(rng, HYT_OP_RELU, HYT_OP_SILU);
    if (more && random_from(rng, 0, 1)) return random_more(rng, graph, x, out);
    if (more && random_from(rng, 0, 1)) act = (hyt_op)random_from(rng, HYT_OP_SIGMOID, HYT_OP_HARD_SIGMOID);
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
        if (p->role == HYTI_ROLE_FIXED) continue;
        float *values = malloc(p->count * sizeof *values);
        for (size_t j = 0; j < p->count; j++) {
            double z = hyti_rng_normal(rng), u = hyti_rng_uniform(rng);
            if (p->role == HYTI_ROLE_WEIGHT)
                values[j] = (float)(z * sqrt(1.5 * (double)p->dims.size[0] / (double)p->count));
            else if (p->role == HYTI_ROLE_SCALE || p->role == HYTI_ROLE_VARIANCE) values[j] = (float)(0.75 + u / 2);
            else values[j] = (float)(p->role == HYTI_ROLE_CONSTANT ? z : z * 0.1);
        }
        MUST(hyt_graph_set_parameter(graph, i, values, p->count));
        free(values);
    }
}

/* Up to `most` operations (blocks count as one), any of them the result; `more`: not those alone that are trained. */
static hyt_graph *random_graph_of(hyt_context *context, uint64_t seed, size_t most, bool more)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
    hyt_graph *graph = NULL;
    hyt_value value;
    MUST(hyt_graph_create(context, "random", &graph));
    MUST(hyt_graph_input(graph, random_from(&rng, 1, 9), random_from(&rng, 1, 14), random_from(&rng, 1, 14), &value));
    for (size_t left = random_from(&rng, 0, most), tries = 0; left > 0 && tries < 20 * most; tries++)
        if (random_operation(&rng, graph, more, &value) == HYT_OK) left--;
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

static inline hyt_graph *random_graph(hyt_context *context, uint64_t seed, size_t most)
{
    return random_graph_of(context, seed, most, false);
}

/* A precision for every value, and a quantisation, so that each may be read as int8. */
static inline void mix_precisions(hyt_graph *graph, uint64_t seed)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 2);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        float scale = (float)(0.01 + 0.05 * hyti_rng_uniform(&rng));
        MUST(hyt_graph_set_precision(graph, (hyt_value)i, (hyt_precision)random_from(&rng, 0, 3)));
        MUST(hyt_graph_set_quantisation(graph, (hyt_value)i, scale, (int32_t)random_from(&rng, 0, 40) - 20));
    }
}

#endif
