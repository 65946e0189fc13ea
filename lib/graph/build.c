/* SPDX-License-Identifier: MIT */
/* The typed calls, one operation each, and the two blocks that hybrid networks are made of. */
#include "graph/graph.h"
#include <string.h>

#define EPSILON 1e-5

static hyt_status append_one(hyt_graph *graph, hyti_node node, hyt_value input, size_t features, bool with_bias,
                             hyt_value *out)
{
    node.inputs = &input;
    node.n_inputs = 1;
    return hyti_graph_append(graph, &node, features, with_bias, out);
}

hyt_status hyt_graph_input(hyt_graph *graph, size_t channels, size_t height, size_t width, hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_INPUT, .dims = { 4, { 1, channels, height, width } } };
    return hyti_graph_append(graph, &node, 0, false, out);
}

hyt_status hyt_graph_conv(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel, size_t stride,
                          size_t groups, hyt_value *out)
{
    size_t pad = kernel ? (kernel - 1) / 2 : 0;
    hyti_node node = { .op = HYT_OP_CONV, .kernel = { kernel, kernel }, .stride = { stride, stride },
                       .pad = { pad, pad, pad, pad }, .dilation = { 1, 1 }, .groups = groups };
    return append_one(graph, node, input, channels, false, out);
}

hyt_status hyt_graph_batch_norm(hyt_graph *graph, hyt_value input, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_BATCH_NORM, .epsilon = EPSILON }, input, 0, false, out);
}

hyt_status hyt_graph_linear(hyt_graph *graph, hyt_value input, size_t features, int bias, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_LINEAR }, input, features, bias != 0, out);
}

hyt_status hyt_graph_activation(hyt_graph *graph, hyt_value input, hyt_op op, hyt_value *out)
{
    if (!hyti_op_is_activation(op)) return hyti_fail(HYT_ERR_ARGUMENT, "%s is no activation", hyt_op_name(op));
    return append_one(graph, (hyti_node){ .op = op }, input, 0, false, out);
}

hyt_status hyt_graph_add(hyt_graph *graph, hyt_value left, hyt_value right, hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_ADD, .inputs = (hyt_value[]){ left, right }, .n_inputs = 2 };
    return hyti_graph_append(graph, &node, 0, false, out);
}

hyt_status hyt_graph_concat(hyt_graph *graph, const hyt_value *inputs, size_t count, size_t axis, hyt_value *out)
{
    HYTI_NEED(inputs);
    hyti_node node = { .op = HYT_OP_CONCAT, .inputs = (hyt_value *)inputs, .n_inputs = count, .axis = axis };
    return hyti_graph_append(graph, &node, 0, false, out);
}

hyt_status hyt_graph_global_pool(hyt_graph *graph, hyt_value input, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_GLOBAL_POOL }, input, 0, false, out);
}

hyt_status hyt_graph_resize(hyt_graph *graph, hyt_value input, size_t height, size_t width, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_RESIZE, .height = height, .width = width }, input, 0, false,
                      out);
}

hyt_status hyt_graph_unfold(hyt_graph *graph, hyt_value input, size_t patch, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_UNFOLD, .patch = patch }, input, 0, false, out);
}

hyt_status hyt_graph_fold(hyt_graph *graph, hyt_value input, size_t height, size_t width, size_t patch, hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_FOLD, .height = height, .width = width, .patch = patch };
    return append_one(graph, node, input, 0, false, out);
}

hyt_status hyt_graph_layer_norm(hyt_graph *graph, hyt_value input, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_LAYER_NORM, .epsilon = EPSILON }, input, 0, false, out);
}

hyt_status hyt_graph_attention(hyt_graph *graph, hyt_value input, size_t heads, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_ATTENTION, .heads = heads }, input, 0, false, out);
}

hyt_status hyt_graph_attention_of(hyt_graph *graph, const hyt_value *operands, size_t count, size_t heads,
                                  hyt_value *out)
{
    HYTI_NEED(operands);
    hyti_node node = { .op = HYT_OP_ATTENTION, .inputs = (hyt_value *)operands, .n_inputs = count, .heads = heads };
    return hyti_graph_append(graph, &node, 0, false, out);
}

hyt_status hyt_graph_mul(hyt_graph *graph, hyt_value left, hyt_value right, hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_MUL, .inputs = (hyt_value[]){ left, right }, .n_inputs = 2 };
    return hyti_graph_append(graph, &node, 0, false, out);
}

hyt_status hyt_graph_constant(hyt_graph *graph, const hyt_dims *dims, int picture, const float *values, hyt_value *out)
{
    HYTI_NEED(graph);
    HYTI_NEED(dims);
    HYTI_NEED(out);
    size_t nodes = graph->n_nodes;
    hyt_value value = HYTI_NO_VALUE;
    hyti_node node = { .op = HYT_OP_CONSTANT, .dims = *dims, .as_picture = picture != 0, .trained = !values };
    HYTI_TRY(hyti_graph_append(graph, &node, 0, false, &value));
    size_t own = graph->nodes[value].parameters[0];
    hyt_status status = values ? hyt_graph_set_parameter(graph, own, values, graph->parameters[own].count) : HYT_OK;
    if (status == HYT_OK) *out = value;
    else hyti_graph_cut(graph, nodes);
    return status;
}

hyt_status hyt_graph_matmul(hyt_graph *graph, hyt_value left, hyt_value right, int transposed, hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_MATMUL, .inputs = (hyt_value[]){ left, right }, .n_inputs = 2,
                       .transposed = transposed != 0 };
    return hyti_graph_append(graph, &node, 0, false, out);
}

hyt_status hyt_graph_softmax(hyt_graph *graph, hyt_value input, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_SOFTMAX }, input, 0, false, out);
}

hyt_status hyt_graph_reshape(hyt_graph *graph, hyt_value input, const hyt_dims *dims, int picture, hyt_value *out)
{
    HYTI_NEED(dims);
    hyti_node node = { .op = HYT_OP_RESHAPE, .dims = *dims, .as_picture = picture != 0 };
    return append_one(graph, node, input, 0, false, out);
}

hyt_status hyt_graph_transpose(hyt_graph *graph, hyt_value input, const size_t *order, int picture, hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_TRANSPOSE, .as_picture = picture != 0 };
    HYTI_NEED(graph);
    HYTI_NEED(order);
    HYTI_TRY(hyti_graph_check_value(graph, input));
    memcpy(node.order, order, graph->nodes[input].dims.rank * sizeof *order);
    return append_one(graph, node, input, 0, false, out);
}

hyt_status hyt_graph_slice(hyt_graph *graph, hyt_value input, size_t axis, size_t begin, size_t end, size_t step,
                           hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_SLICE, .axis = axis, .begin = begin, .end = end, .step = step };
    return append_one(graph, node, input, 0, false, out);
}

hyt_status hyt_graph_pad(hyt_graph *graph, hyt_value input, const size_t sides[4], double value, hyt_value *out)
{
    HYTI_NEED(sides);
    hyti_node node = { .op = HYT_OP_PAD, .pad = { sides[0], sides[1], sides[2], sides[3] }, .value = value };
    return append_one(graph, node, input, 0, false, out);
}

/* Of a square kernel. */
static hyti_node window(hyt_op op, size_t kernel, size_t stride, size_t pad)
{
    return (hyti_node){ .op = op, .kernel = { kernel, kernel }, .stride = { stride, stride },
                        .pad = { pad, pad, pad, pad } };
}

hyt_status hyt_graph_max_pool(hyt_graph *graph, hyt_value input, size_t kernel, size_t stride, size_t padding,
                              hyt_value *out)
{
    return append_one(graph, window(HYT_OP_MAX_POOL, kernel, stride, padding), input, 0, false, out);
}

hyt_status hyt_graph_average_pool(hyt_graph *graph, hyt_value input, size_t kernel, size_t stride, size_t padding,
                                  int counted, hyt_value *out)
{
    hyti_node node = window(HYT_OP_AVERAGE_POOL, kernel, stride, padding);
    node.counted = counted != 0;
    return append_one(graph, node, input, 0, false, out);
}

hyt_status hyt_graph_conv_transpose(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel, size_t stride,
                                    size_t padding, int bias, hyt_value *out)
{
    hyti_node node = window(HYT_OP_CONV_TRANSPOSE, kernel, stride, padding);
    node.groups = 1;
    return append_one(graph, node, input, channels, bias != 0, out);
}

hyt_status hyt_graph_mean_of(hyt_graph *graph, hyt_value input, size_t axis, int keep, hyt_value *out)
{
    return append_one(graph, (hyti_node){ .op = HYT_OP_MEAN, .axis = axis, .kept = keep != 0 }, input, 0, false, out);
}

hyt_status hyt_graph_resize_by(hyt_graph *graph, hyt_value input, size_t height, size_t width, hyt_resize_mode mode,
                               hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_RESIZE, .height = height, .width = width, .mode = (size_t)mode };
    return append_one(graph, node, input, 0, false, out);
}

hyt_status hyt_graph_unfold_windows(hyt_graph *graph, hyt_value input, size_t patch, hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_UNFOLD, .patch = patch, .windows_first = 1 };
    return append_one(graph, node, input, 0, false, out);
}

hyt_status hyt_graph_fold_windows(hyt_graph *graph, hyt_value input, size_t height, size_t width, size_t patch,
                                  hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_FOLD, .height = height, .width = width, .patch = patch, .windows_first = 1 };
    return append_one(graph, node, input, 0, false, out);
}

/* Blocks: all or nothing. */

static hyt_status finish_block(hyt_graph *graph, size_t nodes, hyt_status status, hyt_value result, hyt_value *out)
{
    if (status == HYT_OK) *out = result;
    else hyti_graph_cut(graph, nodes);
    return status;
}

static hyt_status conv_norm(hyt_graph *graph, hyt_value x, size_t channels, size_t kernel, size_t stride, size_t groups,
                            hyt_op act, hyt_value *out)
{
    HYTI_TRY(hyt_graph_conv(graph, x, channels, kernel, stride, groups, &x));
    HYTI_TRY(hyt_graph_batch_norm(graph, x, &x));
    if (act != HYT_OP_INPUT) HYTI_TRY(hyt_graph_activation(graph, x, act, &x));
    *out = x;
    return HYT_OK;
}

hyt_status hyti_graph_conv_norm(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel, size_t stride,
                                size_t groups, hyt_op act, hyt_value *out)
{
    size_t nodes = graph->n_nodes;
    hyt_value result = HYTI_NO_VALUE;
    hyt_status status = conv_norm(graph, input, channels, kernel, stride, groups, act, &result);
    return finish_block(graph, nodes, status, result, out);
}

size_t hyti_divisible(double channels)
{
    size_t rounded = HYTI_MAX((size_t)8, (size_t)((channels + 4) / 8) * 8);
    return (double)rounded < 0.9 * channels ? rounded + 8 : rounded;
}

static hyt_status need_picture(const hyt_graph *graph, hyt_value input, const char *block, const size_t **size)
{
    if (input < 0 || (size_t)input >= graph->n_nodes)
        return hyti_fail(HYT_ERR_ARGUMENT, "%s: graph \"%s\" has %zu values, there is no value %d", block, graph->name,
                         graph->n_nodes, (int)input);
    if (!graph->nodes[input].picture)
        return hyti_fail(HYT_ERR_SHAPE, "%s after value %d: needs a picture (N,C,H,W), not the result of %s", block,
                         (int)input, hyt_op_name(graph->nodes[input].op));
    *size = graph->nodes[input].dims.size;
    return HYT_OK;
}

/* Not every inverted residual has it: a place of its own. */
static hyt_status expansion(hyt_graph *graph, size_t hidden, hyt_op act, hyt_value *x)
{
    uint64_t place = graph->place;
    graph->place = hyti_place_within(place, 0);
    hyt_status status = conv_norm(graph, *x, hidden, 1, 1, 1, act, x);
    graph->place = place;
    return status;
}

static hyt_status inverted_residual(hyt_graph *graph, hyt_value input, size_t channels, size_t stride, double expand,
                                    hyt_op act, hyt_value *out)
{
    size_t before = graph->nodes[input].dims.size[1];
    size_t hidden = expand == 1 ? before : hyti_divisible((double)before * expand);
    hyt_value x = input;
    if (expand != 1) HYTI_TRY(expansion(graph, hidden, act, &x));
    HYTI_TRY(conv_norm(graph, x, hidden, 3, stride, hidden, act, &x));
    HYTI_TRY(conv_norm(graph, x, channels, 1, 1, 1, HYT_OP_INPUT, &x));
    if (stride == 1 && before == channels) HYTI_TRY(hyt_graph_add(graph, input, x, &x));
    *out = x;
    return HYT_OK;
}

hyt_status hyt_graph_inverted_residual(hyt_graph *graph, hyt_value input, size_t channels, size_t stride, double expand,
                                       hyt_op act, hyt_value *out)
{
    const size_t *size;
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(need_picture(graph, input, "inverted residual", &size));
    if (!(expand > 0 && expand <= 1024))
        return hyti_fail(HYT_ERR_RANGE, "inverted residual: expansion %g is not above 0 and up to 1024", expand);
    size_t nodes = graph->n_nodes;
    hyt_value result = HYTI_NO_VALUE;
    hyt_status status = inverted_residual(graph, input, channels, stride, expand, act, &result);
    return finish_block(graph, nodes, status, result, out);
}

/* Pre-norm: x += MHA(LN(x)), x += W2 SiLU(W1 LN(x)). */
static hyt_status transformer_layer(hyt_graph *graph, size_t width, size_t ffn, size_t heads, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, 3 * width, 1, &y));
    HYTI_TRY(hyt_graph_attention(graph, y, heads, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, width, 1, &y));
    HYTI_TRY(hyt_graph_add(graph, *x, y, x));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, ffn, 1, &y));
    HYTI_TRY(hyt_graph_activation(graph, y, HYT_OP_SILU, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, width, 1, &y));
    return hyt_graph_add(graph, *x, y, x);
}

typedef struct vit { size_t width, ffn, heads, blocks, patch; } vit;

static hyt_status transformer_layers(hyt_graph *graph, const vit *v, hyt_value *x)
{
    uint64_t place = graph->place;
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < v->blocks && status == HYT_OK; i++) {
        graph->place = hyti_place_within(place, HYTI_MIN(i, (size_t)30));
        status = transformer_layer(graph, v->width, v->ffn, v->heads, x);
    }
    graph->place = place;
    return status;
}

/* Tokens of every patch position attend to those of the other patches; where patches do not divide the map it is
 * resized up to the next multiple, and back. */
static hyt_status global_part(hyt_graph *graph, hyt_value x, const vit *v, hyt_value *out)
{
    size_t height = graph->nodes[x].dims.size[2], width = graph->nodes[x].dims.size[3];
    size_t high = hyti_round_up(height, v->patch), wide = hyti_round_up(width, v->patch);
    bool resized = high != height || wide != width;
    if (resized) HYTI_TRY(hyt_graph_resize(graph, x, high, wide, &x));
    HYTI_TRY(hyt_graph_unfold(graph, x, v->patch, &x));
    HYTI_TRY(transformer_layers(graph, v, &x));
    HYTI_TRY(hyt_graph_layer_norm(graph, x, &x));
    HYTI_TRY(hyt_graph_fold(graph, x, high, wide, v->patch, &x));
    if (resized) HYTI_TRY(hyt_graph_resize(graph, x, height, width, &x));
    *out = x;
    return HYT_OK;
}

static hyt_status mobilevit(hyt_graph *graph, hyt_value input, const vit *v, hyt_op act, hyt_value *out)
{
    size_t channels = graph->nodes[input].dims.size[1];
    hyt_value x;
    HYTI_TRY(conv_norm(graph, input, channels, 3, 1, 1, act, &x));
    HYTI_TRY(hyt_graph_conv(graph, x, v->width, 1, 1, 1, &x));
    HYTI_TRY(global_part(graph, x, v, &x));
    HYTI_TRY(conv_norm(graph, x, channels, 1, 1, 1, act, &x));
    HYTI_TRY(hyt_graph_concat(graph, (hyt_value[]){ input, x }, 2, 1, &x));
    return conv_norm(graph, x, channels, 3, 1, 1, act, out);
}

hyt_status hyt_graph_mobilevit(hyt_graph *graph, hyt_value input, size_t width, size_t ffn, size_t heads, size_t blocks,
                               size_t patch, hyt_op act, hyt_value *out)
{
    const size_t *size;
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(need_picture(graph, input, "mobilevit", &size));
    if (patch < 1 || patch > 65536)
        return hyti_fail(HYT_ERR_RANGE, "mobilevit after value %d: patch is %zu, not from 1 to 65536", (int)input,
                         patch);
    if (width > HYTI_MAX_SIDE / 3)
        return hyti_fail(HYT_ERR_RANGE, "mobilevit after value %d: width is %zu, not up to 2^31 / 3", (int)input,
                         width);
    size_t nodes = graph->n_nodes;
    hyt_value result = HYTI_NO_VALUE;
    vit v = { width, ffn, heads, blocks, patch };
    hyt_status status = mobilevit(graph, input, &v, act, &result);
    return finish_block(graph, nodes, status, result, out);
}
