/* SPDX-License-Identifier: MIT */
/* How values are stored when a network runs, and what an operation was asked to do. */
#include "graph/graph.h"
#include <math.h>
#include <string.h>

static const hyti_node *node_at(const hyt_graph *graph, hyt_value value)
{
    return graph && value >= 0 && (size_t)value < graph->n_nodes ? &graph->nodes[value] : NULL;
}

hyt_status hyt_graph_set_precision(hyt_graph *graph, hyt_value value, hyt_precision precision)
{
    HYTI_NEED(graph);
    HYTI_TRY(hyti_graph_check_value(graph, value));
    if ((unsigned)precision > HYT_INT8) return hyti_fail(HYT_ERR_RANGE, "there is no precision %d", (int)precision);
    graph->nodes[value].precision = precision;
    return HYT_OK;
}

hyt_precision hyt_graph_precision(const hyt_graph *graph, hyt_value value)
{
    const hyti_node *node = node_at(graph, value);
    return node ? node->precision : HYT_FP32;
}

static bool is_scale(float scale)
{
    return isfinite(scale) && scale > 0;
}

hyt_status hyt_graph_set_quantisation(hyt_graph *graph, hyt_value value, float scale, int32_t zero)
{
    HYTI_NEED(graph);
    HYTI_TRY(hyti_graph_check_value(graph, value));
    hyti_node *node = &graph->nodes[value];
    if (scale != 0) {
        if (!is_scale(scale))
            return hyti_fail(HYT_ERR_RANGE, "value %d: scale %g is not finite and above 0", (int)value, (double)scale);
        if (zero < -128 || zero > 127)
            return hyti_fail(HYT_ERR_RANGE, "value %d: zero %d is not from -128 to 127", (int)value, (int)zero);
    }
    node->quantised = scale != 0;
    node->scale = scale;
    node->zero = node->quantised ? zero : 0;
    return HYT_OK;
}

hyt_status hyt_graph_quantisation(const hyt_graph *graph, hyt_value value, float *scale, int32_t *zero)
{
    HYTI_NEED(graph);
    HYTI_NEED(scale);
    HYTI_NEED(zero);
    HYTI_TRY(hyti_graph_check_value(graph, value));
    const hyti_node *node = &graph->nodes[value];
    if (!node->quantised)
        return hyti_fail(HYT_ERR_STATE, "value %d, %s, has no quantisation", (int)value, hyt_op_name(node->op));
    *scale = node->scale;
    *zero = node->zero;
    return HYT_OK;
}

size_t hyti_scale_count(const hyt_graph *graph, size_t parameter)
{
    return hyti_node_features(&graph->nodes[graph->parameters[parameter].node]);
}

hyt_status hyt_graph_set_scales(hyt_graph *graph, size_t index, const float *scales, size_t count)
{
    HYTI_NEED(graph);
    HYTI_TRY(hyti_graph_check_parameter(graph, index));
    hyti_parameter *parameter = &graph->parameters[index];
    if (!scales) {
        hyti_free(graph->context, parameter->scales);
        parameter->scales = NULL;
        return HYT_OK;
    }
    if (parameter->role != HYTI_ROLE_WEIGHT)
        return hyti_fail(HYT_ERR_ARGUMENT, "parameter %s is no weight and has no scales", parameter->name);
    if (count != hyti_scale_count(graph, index))
        return hyti_fail(HYT_ERR_SHAPE, "parameter %s has %zu scales, not %zu", parameter->name,
                         hyti_scale_count(graph, index), count);
    for (size_t i = 0; i < count; i++)
        if (!is_scale(scales[i]))
            return hyti_fail(HYT_ERR_RANGE, "parameter %s: scale %zu, %g, is not finite and above 0", parameter->name,
                             i, (double)scales[i]);
    if (!parameter->scales) parameter->scales = hyti_array(graph->context, count, sizeof *scales);
    if (!parameter->scales) return hyti_fail_nomem();
    memmove(parameter->scales, scales, count * sizeof *scales);
    return HYT_OK;
}

const float *hyt_graph_scales(const hyt_graph *graph, size_t index)
{
    return graph && index < graph->n_parameters ? graph->parameters[index].scales : NULL;
}

hyt_status hyti_graph_set_exact_bias(hyt_graph *graph, size_t index, const int32_t *values, size_t count)
{
    HYTI_NEED(graph);
    HYTI_TRY(hyti_graph_check_parameter(graph, index));
    hyti_parameter *parameter = &graph->parameters[index];
    if (!values) {
        hyti_free(graph->context, parameter->exact);
        parameter->exact = NULL;
        return HYT_OK;
    }
    if (parameter->role != HYTI_ROLE_BIAS)
        return hyti_fail(HYT_ERR_ARGUMENT, "parameter %s is no bias", parameter->name);
    if (count != parameter->count)
        return hyti_fail(HYT_ERR_SHAPE, "parameter %s has %zu values, not %zu", parameter->name, parameter->count,
                         count);
    if (!parameter->exact) parameter->exact = hyti_array(graph->context, count, sizeof *values);
    if (!parameter->exact) return hyti_fail_nomem();
    memmove(parameter->exact, values, count * sizeof *values);
    return HYT_OK;
}

/* Attributes: which operations have them, and where they are in a node. */

#define HAS(op) ((uint64_t)1 << HYT_OP_##op)
#define POOLS (HAS(MAX_POOL) | HAS(AVERAGE_POOL))
#define CONVS (HAS(CONV) | HAS(CONV_TRANSPOSE))
#define AT(field) offsetof(hyti_node, field)

static const struct attribute_row {
    uint64_t ops;
    size_t offset; /* of a size_t */
} attributes[] = {
    [HYT_ATTRIBUTE_KERNEL_HEIGHT] = { CONVS | POOLS, AT(kernel[0]) },
    [HYT_ATTRIBUTE_KERNEL_WIDTH] = { CONVS | POOLS, AT(kernel[1]) },
    [HYT_ATTRIBUTE_STRIDE_HEIGHT] = { CONVS | POOLS, AT(stride[0]) },
    [HYT_ATTRIBUTE_STRIDE_WIDTH] = { CONVS | POOLS, AT(stride[1]) },
    [HYT_ATTRIBUTE_PAD_TOP] = { CONVS | POOLS | HAS(PAD), AT(pad[0]) },
    [HYT_ATTRIBUTE_PAD_LEFT] = { CONVS | POOLS | HAS(PAD), AT(pad[1]) },
    [HYT_ATTRIBUTE_PAD_BOTTOM] = { CONVS | POOLS | HAS(PAD), AT(pad[2]) },
    [HYT_ATTRIBUTE_PAD_RIGHT] = { CONVS | POOLS | HAS(PAD), AT(pad[3]) },
    [HYT_ATTRIBUTE_DILATION_HEIGHT] = { CONVS | POOLS, AT(dilation[0]) },
    [HYT_ATTRIBUTE_DILATION_WIDTH] = { CONVS | POOLS, AT(dilation[1]) },
    [HYT_ATTRIBUTE_GROUPS] = { CONVS, AT(groups) },
    [HYT_ATTRIBUTE_OUTPUT_PAD_HEIGHT] = { HAS(CONV_TRANSPOSE), AT(output_pad[0]) },
    [HYT_ATTRIBUTE_OUTPUT_PAD_WIDTH] = { HAS(CONV_TRANSPOSE), AT(output_pad[1]) },
    [HYT_ATTRIBUTE_HEADS] = { HAS(ATTENTION), AT(heads) },
    [HYT_ATTRIBUTE_PATCH] = { HAS(UNFOLD) | HAS(FOLD), AT(patch) },
    [HYT_ATTRIBUTE_WINDOWS_FIRST] = { HAS(UNFOLD) | HAS(FOLD), AT(windows_first) },
    [HYT_ATTRIBUTE_AXIS] = { HAS(CONCAT) | HAS(SLICE) | HAS(MEAN), AT(axis) },
    [HYT_ATTRIBUTE_BEGIN] = { HAS(SLICE), AT(begin) },
    [HYT_ATTRIBUTE_END] = { HAS(SLICE), AT(end) },
    [HYT_ATTRIBUTE_STEP] = { HAS(SLICE), AT(step) },
    [HYT_ATTRIBUTE_RESIZE_MODE] = { HAS(RESIZE), AT(mode) },
    [HYT_ATTRIBUTE_TRANSPOSED] = { HAS(MATMUL), AT(transposed) },
    [HYT_ATTRIBUTE_PADDING_COUNTED] = { HAS(AVERAGE_POOL), AT(counted) },
    [HYT_ATTRIBUTE_AXIS_KEPT] = { HAS(MEAN), AT(kept) },
    [HYT_ATTRIBUTE_TRAINED] = { HAS(CONSTANT), AT(trained) },
    [HYT_ATTRIBUTE_ORDER] = { HAS(TRANSPOSE), AT(order[0]) },
    [HYT_ATTRIBUTE_ORDER + 1] = { HAS(TRANSPOSE), AT(order[1]) },
    [HYT_ATTRIBUTE_ORDER + 2] = { HAS(TRANSPOSE), AT(order[2]) },
    [HYT_ATTRIBUTE_ORDER + 3] = { HAS(TRANSPOSE), AT(order[3]) },
    [HYT_ATTRIBUTE_ORDER + 4] = { HAS(TRANSPOSE), AT(order[4]) },
    [HYT_ATTRIBUTE_ORDER + 5] = { HAS(TRANSPOSE), AT(order[5]) },
};

static hyt_status no_attribute(const hyti_node *node, int attribute)
{
    return hyti_fail(HYT_ERR_NOT_FOUND, "%s has no attribute %d", hyt_op_name(node->op), attribute);
}

hyt_status hyt_graph_attribute(const hyt_graph *graph, hyt_value value, hyt_attribute attribute, int64_t *out)
{
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(hyti_graph_check_value(graph, value));
    const hyti_node *node = &graph->nodes[value];
    size_t number;
    if (attribute == HYT_ATTRIBUTE_PICTURE) {
        *out = node->picture;
        return HYT_OK;
    }
    if (attribute == HYT_ATTRIBUTE_BIAS && ((CONVS | HAS(LINEAR)) >> node->op & 1)) {
        *out = hyti_node_has_bias(node);
        return HYT_OK;
    }
    if ((unsigned)attribute >= HYTI_COUNT(attributes) || !(attributes[attribute].ops >> node->op & 1) ||
        (node->op == HYT_OP_TRANSPOSE && (size_t)attribute - HYT_ATTRIBUTE_ORDER >= node->dims.rank))
        return no_attribute(node, (int)attribute);
    memcpy(&number, (const char *)node + attributes[attribute].offset, sizeof number);
    *out = (int64_t)number;
    return HYT_OK;
}

hyt_status hyt_graph_attribute_real(const hyt_graph *graph, hyt_value value, double *out)
{
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(hyti_graph_check_value(graph, value));
    const hyti_node *node = &graph->nodes[value];
    if (node->op == HYT_OP_PAD) *out = node->value;
    else if (node->op == HYT_OP_BATCH_NORM || node->op == HYT_OP_LAYER_NORM) *out = node->epsilon;
    else return hyti_fail(HYT_ERR_NOT_FOUND, "%s has no real attribute", hyt_op_name(node->op));
    return HYT_OK;
}
