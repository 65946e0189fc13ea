/* SPDX-License-Identifier: MIT */
#include "graph/graph.h"
#include <math.h>
#include <string.h>

hyt_status hyt_graph_create(hyt_context *context, const char *name, hyt_graph **out)
{
    HYTI_NEED(name);
    HYTI_NEED(out);
    hyt_graph *graph = hyti_alloc(context, sizeof *graph);
    if (!graph) return hyti_fail_nomem();
    hyti_ref_init(&graph->ref);
    graph->context = hyti_context_retain(context);
    graph->input = graph->output = HYTI_NO_VALUE;
    graph->name = hyti_copy_text(context, name);
    if (!graph->name) {
        hyt_graph_destroy(graph);
        return hyti_fail_nomem();
    }
    *out = graph;
    return HYT_OK;
}

void hyt_graph_destroy(hyt_graph *graph)
{
    if (!graph || !hyti_ref_release(&graph->ref)) return;
    hyt_context *context = graph->context;
    hyti_graph_cut(graph, 0);
    for (hyti_operands *block = graph->operands, *next; block; block = next) {
        next = block->next;
        hyti_free(context, block);
    }
    hyti_free(context, graph->nodes);
    hyti_free(context, graph->parameters);
    hyti_free_aligned(context, graph->weights);
    hyti_free_aligned(context, graph->kept);
    hyti_free(context, graph->mean);
    hyti_free(context, graph->deviation);
    hyti_free(context, graph->name);
    hyti_free(context, graph);
    hyt_context_destroy(context);
}

hyt_context *hyti_graph_context(const hyt_graph *graph)
{
    return graph->context;
}

size_t hyti_node_features(const hyti_node *node)
{
    return node->picture ? node->dims.size[1] : node->dims.size[node->dims.rank - 1];
}

bool hyti_node_has_bias(const hyti_node *node)
{
    bool weighted = node->op == HYT_OP_CONV || node->op == HYT_OP_CONV_TRANSPOSE || node->op == HYT_OP_LINEAR;
    return weighted && node->n_parameters == 2;
}

void hyti_parameter_clear(hyt_context *context, hyti_parameter *parameter)
{
    if (!parameter->shared) hyti_free_aligned(context, parameter->data);
    hyti_free(context, parameter->scales);
    hyti_free(context, parameter->exact);
    parameter->data = parameter->scales = NULL;
    parameter->exact = NULL;
    parameter->shared = false;
}

hyt_status hyti_graph_reserve_weights(hyt_graph *graph, size_t count)
{
    if (graph->weights || count == 0) return HYT_OK;
    if (count > SIZE_MAX / sizeof *graph->weights) return hyti_fail_nomem();
    graph->weights = hyti_alloc_aligned(graph->context, count * sizeof *graph->weights);
    if (!graph->weights) return hyti_fail_nomem();
    hyti_prefault(graph->weights, count * sizeof *graph->weights);
    graph->weights_capacity = count;
    return HYT_OK;
}

hyt_status hyti_graph_make_room(hyt_graph *graph, size_t index)
{
    hyti_parameter *parameter = &graph->parameters[index];
    if (parameter->count <= graph->weights_capacity - graph->weights_used) {
        parameter->data = graph->weights + graph->weights_used;
        parameter->shared = true;
        size_t used = hyti_round_up(graph->weights_used + parameter->count, 64 / sizeof *parameter->data);
        graph->weights_used = HYTI_MIN(used, graph->weights_capacity);
        return HYT_OK;
    }
    parameter->data = hyti_alloc_aligned(graph->context, parameter->count * sizeof *parameter->data);
    return parameter->data ? HYT_OK : hyti_fail_nomem();
}

static hyt_status fit(hyt_context *context, void *array, size_t *capacity, size_t count, size_t size)
{
    void *old, *exact;
    memcpy(&old, array, sizeof old);
    if (!old) return HYT_OK;
    exact = hyti_copy(context, old, count * size);
    if (!exact) return hyti_fail_nomem();
    hyti_free(context, old);
    memcpy(array, &exact, sizeof exact);
    *capacity = count;
    return HYT_OK;
}

hyt_status hyti_graph_settle(hyt_graph *graph)
{
    HYTI_TRY(fit(graph->context, &graph->nodes, &graph->node_capacity, graph->n_nodes, sizeof *graph->nodes));
    return fit(graph->context, &graph->parameters, &graph->parameter_capacity, graph->n_parameters,
               sizeof *graph->parameters);
}

bool hyti_graph_keep(hyt_graph *graph, void *bytes, size_t size)
{
    uintptr_t first = (uintptr_t)bytes;
    for (size_t i = 0; i < graph->n_parameters && !graph->kept; i++)
        if ((uintptr_t)graph->parameters[i].data - first < size) graph->kept = bytes;
    return graph->kept != NULL;
}

static hyt_status copy_parameter(const hyti_parameter *from, hyt_graph *copy, size_t index)
{
    if (from->data) HYTI_TRY(hyt_graph_set_parameter(copy, index, from->data, from->count));
    if (from->scales) HYTI_TRY(hyt_graph_set_scales(copy, index, from->scales, hyti_scale_count(copy, index)));
    return from->exact ? hyti_graph_set_exact_bias(copy, index, from->exact, from->count) : HYT_OK;
}

static hyt_status copy_contents(const hyt_graph *graph, hyt_graph *copy)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const hyti_node *node = &graph->nodes[i];
        hyt_value value;
        HYTI_TRY(hyti_graph_append(copy, node, hyti_node_features(node), hyti_node_has_bias(node), &value));
        copy->nodes[i].precision = node->precision;
        copy->nodes[i].quantised = node->quantised;
        copy->nodes[i].scale = node->scale;
        copy->nodes[i].zero = node->zero;
    }
    copy->output = graph->output;
    for (size_t i = 0; i < graph->n_parameters; i++) HYTI_TRY(copy_parameter(&graph->parameters[i], copy, i));
    return graph->normalised ? hyt_graph_set_normalisation(copy, graph->mean, graph->deviation) : HYT_OK;
}

hyt_status hyt_graph_copy(const hyt_graph *graph, hyt_graph **out)
{
    hyt_graph *copy = NULL;
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(hyt_graph_create(graph->context, graph->name, &copy));
    hyt_status status = copy_contents(graph, copy);
    if (status != HYT_OK) {
        hyt_graph_destroy(copy);
        return status;
    }
    *out = copy;
    return HYT_OK;
}

hyt_status hyti_graph_check_value(const hyt_graph *graph, hyt_value value)
{
    if (value >= 0 && (size_t)value < graph->n_nodes) return HYT_OK;
    return hyti_fail(HYT_ERR_ARGUMENT, "graph \"%s\" has %zu values, there is no value %d", graph->name, graph->n_nodes,
                     (int)value);
}

hyt_status hyt_graph_set_output(hyt_graph *graph, hyt_value value)
{
    HYTI_NEED(graph);
    HYTI_TRY(hyti_graph_check_value(graph, value));
    graph->output = value;
    return HYT_OK;
}

static hyt_status check_normalisation(const hyt_graph *graph, const float *mean, const float *deviation)
{
    for (size_t i = 0; i < graph->channels; i++)
        if (!isfinite(mean[i]) || !(deviation[i] > 0) || !isfinite(deviation[i]) || !isfinite(1 / deviation[i]))
            return hyti_fail(HYT_ERR_RANGE, "normalisation of channel %zu: mean %g, deviation %g (finite, above 3e-39)",
                             i, (double)mean[i], (double)deviation[i]);
    return HYT_OK;
}

hyt_status hyt_graph_set_normalisation(hyt_graph *graph, const float *mean, const float *deviation)
{
    HYTI_NEED(graph);
    if (!mean && !deviation) {
        graph->normalised = false;
        return HYT_OK;
    }
    HYTI_NEED(mean);
    HYTI_NEED(deviation);
    if (graph->input == HYTI_NO_VALUE)
        return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no input to normalise", graph->name);
    HYTI_TRY(check_normalisation(graph, mean, deviation));
    size_t bytes = graph->channels * sizeof *mean;
    if (!graph->mean) graph->mean = hyti_alloc(graph->context, bytes);
    if (!graph->deviation) graph->deviation = hyti_alloc(graph->context, bytes);
    if (!graph->mean || !graph->deviation) return hyti_fail_nomem();
    memmove(graph->mean, mean, bytes);
    memmove(graph->deviation, deviation, bytes);
    graph->normalised = true;
    return HYT_OK;
}

const float *hyt_graph_mean(const hyt_graph *graph)
{
    return graph && graph->normalised ? graph->mean : NULL;
}

const float *hyt_graph_deviation(const hyt_graph *graph)
{
    return graph && graph->normalised ? graph->deviation : NULL;
}

/* Looking */

static const hyti_node *node_at(const hyt_graph *graph, hyt_value value)
{
    return graph && value >= 0 && (size_t)value < graph->n_nodes ? &graph->nodes[value] : NULL;
}

const char *hyt_graph_name(const hyt_graph *graph)
{
    return graph ? graph->name : "";
}

size_t hyt_graph_size(const hyt_graph *graph)
{
    return graph ? graph->n_nodes : 0;
}

hyt_op hyt_graph_op(const hyt_graph *graph, hyt_value value)
{
    const hyti_node *node = node_at(graph, value);
    return node ? node->op : HYT_OP_COUNT;
}

hyt_status hyt_graph_dims(const hyt_graph *graph, hyt_value value, hyt_dims *dims)
{
    HYTI_NEED(graph);
    HYTI_NEED(dims);
    HYTI_TRY(hyti_graph_check_value(graph, value));
    *dims = graph->nodes[value].dims;
    return HYT_OK;
}

hyt_value hyt_graph_output(const hyt_graph *graph)
{
    if (!graph || graph->n_nodes == 0) return HYTI_NO_VALUE;
    return graph->output != HYTI_NO_VALUE ? graph->output : (hyt_value)(graph->n_nodes - 1);
}

size_t hyt_graph_operands(const hyt_graph *graph, hyt_value value)
{
    const hyti_node *node = node_at(graph, value);
    return node ? node->n_inputs : 0;
}

hyt_value hyt_graph_operand(const hyt_graph *graph, hyt_value value, size_t index)
{
    const hyti_node *node = node_at(graph, value);
    return node && index < node->n_inputs ? node->inputs[index] : HYTI_NO_VALUE;
}

hyt_dims hyti_graph_dims_at(const hyt_graph *graph, hyt_value value, size_t batch)
{
    hyt_dims dims = graph->nodes[value].dims;
    if (!graph->nodes[value].fixed) dims.size[0] *= batch;
    return dims;
}

size_t hyti_graph_uses(const hyt_graph *graph, hyt_value value)
{
    return graph->nodes[value].uses + (value == hyt_graph_output(graph));
}

bool hyti_node_is_depthwise(const hyt_graph *graph, const hyti_node *node)
{
    return node->op == HYT_OP_CONV && node->groups == node->dims.size[1] &&
           node->groups == graph->nodes[node->inputs[0]].dims.size[1];
}

/* Weights */

hyt_status hyti_graph_check_parameter(const hyt_graph *graph, size_t index)
{
    if (index < graph->n_parameters) return HYT_OK;
    return hyti_fail(HYT_ERR_ARGUMENT, "graph \"%s\" has %zu parameters, there is no parameter %zu", graph->name,
                     graph->n_parameters, index);
}

size_t hyt_graph_parameter_count(const hyt_graph *graph)
{
    return graph ? graph->n_parameters : 0;
}

hyt_status hyt_graph_parameter_dims(const hyt_graph *graph, size_t index, hyt_dims *dims)
{
    HYTI_NEED(graph);
    HYTI_NEED(dims);
    HYTI_TRY(hyti_graph_check_parameter(graph, index));
    *dims = graph->parameters[index].dims;
    return HYT_OK;
}

const char *hyt_graph_parameter_name(const hyt_graph *graph, size_t index)
{
    return graph && index < graph->n_parameters ? graph->parameters[index].name : NULL;
}

const float *hyt_graph_parameter(const hyt_graph *graph, size_t index)
{
    return graph && index < graph->n_parameters ? graph->parameters[index].data : NULL;
}

hyt_status hyt_graph_set_parameter(hyt_graph *graph, size_t index, const float *values, size_t count)
{
    HYTI_NEED(graph);
    HYTI_NEED(values);
    HYTI_TRY(hyti_graph_check_parameter(graph, index));
    hyti_parameter *parameter = &graph->parameters[index];
    if (count != parameter->count)
        return hyti_fail(HYT_ERR_SHAPE, "parameter %s has %zu values, not %zu", parameter->name, parameter->count,
                         count);
    if (!parameter->data) parameter->data = hyti_alloc_aligned(graph->context, count * sizeof *values);
    if (!parameter->data) return hyti_fail_nomem();
    memmove(parameter->data, values, count * sizeof *values);
    return HYT_OK;
}
