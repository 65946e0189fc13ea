/* SPDX-License-Identifier: MIT */
/* What a network costs before anything is run, and each operation in words. */
#include "graph/draft.h"
#include <stdio.h>
#include <string.h>

bool hyti_role_is_trained(hyti_role role)
{
    return role <= HYTI_ROLE_SHIFT || role == HYTI_ROLE_CONSTANT;
}

uint64_t hyt_graph_parameters(const hyt_graph *graph)
{
    uint64_t sum = 0;
    for (size_t i = 0; graph && i < graph->n_parameters; i++)
        if (hyti_role_is_trained(graph->parameters[i].role)) sum += graph->parameters[i].count;
    return sum;
}

static uint64_t count_of(const hyt_dims *dims)
{
    uint64_t count = 1;
    for (size_t i = 0; i < dims->rank; i++) count *= dims->size[i];
    return count;
}

uint64_t hyt_graph_value_macs(const hyt_graph *graph, hyt_value value)
{
    if (!graph || value < 0 || (size_t)value >= graph->n_nodes) return 0;
    const hyti_node *node = &graph->nodes[value];
    const hyt_dims *first = node->n_inputs ? &graph->nodes[node->inputs[0]].dims : NULL;
    if (node->fixed) return 0;
    switch (node->op) {
    case HYT_OP_CONV:
    case HYT_OP_LINEAR: {
        const hyti_parameter *weight = &graph->parameters[node->parameters[0]];
        return count_of(&node->dims) * (weight->count / weight->dims.size[0]);
    }
    case HYT_OP_CONV_TRANSPOSE: { /* a product for each value read and each weight of its channel */
        const hyti_parameter *weight = &graph->parameters[node->parameters[0]];
        return count_of(first) * (weight->count / weight->dims.size[0]);
    }
    case HYT_OP_MATMUL: return count_of(&node->dims) * hyti_last(first);
    case HYT_OP_ATTENTION: {
        const hyt_dims *keys = node->n_inputs > 2 ? &graph->nodes[node->inputs[1]].dims : first;
        return 2 * count_of(&node->dims) * keys->size[2];
    }
    default: return 0;
    }
}

uint64_t hyt_graph_macs(const hyt_graph *graph)
{
    uint64_t sum = 0;
    for (size_t i = 0; graph && i < graph->n_nodes; i++) sum += hyt_graph_value_macs(graph, (hyt_value)i);
    return sum;
}

bool hyti_graph_folds(const hyt_graph *graph, hyt_value value)
{
    const hyti_node *node = &graph->nodes[value];
    if (node->op != HYT_OP_BATCH_NORM) return false;
    hyt_value before = node->inputs[0];
    return graph->nodes[before].op == HYT_OP_CONV && hyti_graph_uses(graph, before) == 1;
}

/* Bytes of a constant that sums are not multiplied by: biases, scales, shifts. */
static uint64_t plain_bytes(hyt_precision precision, uint64_t count)
{
    return count * (precision == HYT_BF16 || precision == HYT_FP16 ? 2 : 4);
}

/* An int8 layer has a byte a weight; beside its bias, a factor of 4 bytes and its shift of 1 a channel. */
static uint64_t weight_bytes_of(const hyt_graph *graph, const hyti_parameter *weight, hyt_precision precision)
{
    if (precision != HYT_INT8) return plain_bytes(precision, weight->count);
    return weight->count + 5 * (uint64_t)hyti_scale_count(graph, (size_t)(weight - graph->parameters));
}

/* A folded batch norm becomes the convolution's bias, where it has none yet; one that stays, a scale and a shift. */
static uint64_t constant_bytes(const hyt_graph *graph, hyt_value value)
{
    const hyti_node *node = &graph->nodes[value];
    uint64_t sum = 0;
    if (node->op == HYT_OP_BATCH_NORM) {
        size_t channels = node->dims.size[1];
        if (!hyti_graph_folds(graph, value)) return plain_bytes(node->precision, 2 * channels);
        return graph->nodes[node->inputs[0]].n_parameters == 1 ? plain_bytes(node->precision, channels) : 0;
    }
    for (size_t i = 0; i < node->n_parameters; i++) {
        const hyti_parameter *parameter = &graph->parameters[node->parameters[i]];
        sum += parameter->role == HYTI_ROLE_WEIGHT ? weight_bytes_of(graph, parameter, node->precision)
                                                   : plain_bytes(node->precision, parameter->count);
    }
    return sum;
}

uint64_t hyt_graph_weight_bytes(const hyt_graph *graph)
{
    uint64_t sum = 0;
    for (size_t i = 0; graph && i < graph->n_nodes; i++) sum += constant_bytes(graph, (hyt_value)i);
    return sum;
}

static int describe_conv(const hyt_graph *graph, const hyti_node *node, char *text, size_t size)
{
    const char *kind = hyti_node_is_depthwise(graph, node) && node->groups > 1 ? "depthwise conv" : "conv";
    char groups[40] = "", dilation[48] = "";
    if (node->groups > 1 && !hyti_node_is_depthwise(graph, node))
        snprintf(groups, sizeof groups, ", %zu groups", node->groups);
    if (node->dilation[0] != 1 || node->dilation[1] != 1)
        snprintf(dilation, sizeof dilation, ", dilation %zux%zu", node->dilation[0], node->dilation[1]);
    if (node->stride[0] == node->stride[1])
        return snprintf(text, size, "%zux%zu %s, stride %zu, %zu channels%s%s", node->kernel[0], node->kernel[1], kind,
                        node->stride[0], node->dims.size[1], groups, dilation);
    return snprintf(text, size, "%zux%zu %s, stride %zux%zu, %zu channels%s%s", node->kernel[0], node->kernel[1], kind,
                    node->stride[0], node->stride[1], node->dims.size[1], groups, dilation);
}

/* "reshape to 3x49x64", the batch left out. */
static int describe_dims(const hyti_node *node, char *text, size_t size)
{
    char dims[HYT_MAX_RANK * 21] = "";
    size_t at = 0;
    for (size_t i = 1; i < node->dims.rank; i++)
        at += (size_t)snprintf(dims + at, sizeof dims - at, "%s%zu", i > 1 ? "x" : "", node->dims.size[i]);
    const char *to = node->op == HYT_OP_CONSTANT ? "of" : "to";
    return snprintf(text, size, "%s %s %s", hyt_op_name(node->op), to, dims);
}

static int describe(const hyt_graph *graph, const hyti_node *node, char *text, size_t size)
{
    const size_t *dims = node->dims.size;
    switch (node->op) {
    case HYT_OP_INPUT: return snprintf(text, size, "input, %zu channels, %zux%zu", dims[1], dims[2], dims[3]);
    case HYT_OP_CONV: return describe_conv(graph, node, text, size);
    case HYT_OP_LINEAR:
        return snprintf(text, size, "linear, %zu features%s", dims[node->dims.rank - 1],
                        node->n_parameters == 2 ? ", bias" : "");
    case HYT_OP_CONV_TRANSPOSE:
        return snprintf(text, size, "%zux%zu transposed conv, stride %zu, %zu channels", node->kernel[0],
                        node->kernel[1], node->stride[0], dims[1]);
    case HYT_OP_MAX_POOL:
    case HYT_OP_AVERAGE_POOL:
        return snprintf(text, size, "%zux%zu %s pool, stride %zu", node->kernel[0], node->kernel[1],
                        node->op == HYT_OP_MAX_POOL ? "max" : "average", node->stride[0]);
    case HYT_OP_SLICE:
        return snprintf(text, size, "slice of axis %zu from %zu to %zu, step %zu", node->axis, node->begin, node->end,
                        node->step);
    case HYT_OP_MEAN: return snprintf(text, size, "mean over axis %zu", node->axis);
    case HYT_OP_RESHAPE:
    case HYT_OP_TRANSPOSE:
    case HYT_OP_CONSTANT: return describe_dims(node, text, size);
    case HYT_OP_CONCAT: return snprintf(text, size, "concat of %zu along axis %zu", node->n_inputs, node->axis);
    case HYT_OP_RESIZE: return snprintf(text, size, "resize to %zux%zu", node->height, node->width);
    case HYT_OP_UNFOLD:
        return snprintf(text, size, "unfold, %s of %zux%zu", node->windows_first ? "windows" : "patches",
                        node->patch, node->patch);
    case HYT_OP_FOLD:
        return snprintf(text, size, "fold to %zux%zu, %s of %zux%zu", node->height, node->width,
                        node->windows_first ? "windows" : "patches", node->patch, node->patch);
    case HYT_OP_ATTENTION:
        return snprintf(text, size, "attention, %zu heads of %zu", node->heads, dims[3] / node->heads);
    default: return snprintf(text, size, "%s", hyt_op_name(node->op));
    }
}

hyt_status hyt_graph_describe(const hyt_graph *graph, hyt_value value, char *text, size_t size)
{
    char words[256];
    HYTI_NEED(graph);
    HYTI_NEED(text);
    if (value < 0 || (size_t)value >= graph->n_nodes)
        return hyti_fail(HYT_ERR_ARGUMENT, "graph \"%s\" has %zu values, there is no value %d", graph->name,
                         graph->n_nodes, (int)value);
    size_t length = (size_t)describe(graph, &graph->nodes[value], words, sizeof words);
    if (length >= size) return hyti_fail(HYT_ERR_RANGE, "\"%s\" needs %zu bytes, not %zu", words, length + 1, size);
    memcpy(text, words, length + 1);
    return HYT_OK;
}
