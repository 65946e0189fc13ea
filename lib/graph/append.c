/* SPDX-License-Identifier: MIT */
/* The one way into a graph: every operation, whoever makes it, is checked here, gets its shape and its parameters. */
#include "graph/draft.h"
#include <stdarg.h>
#include <stdio.h>

hyt_status hyti_refuse(hyt_status status, const hyti_draft *d, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (d->node.n_inputs == 0) return hyti_fail(status, "%s: %s", hyt_op_name(d->node.op), text);
    return hyti_fail(status, "%s after value %d: %s", hyt_op_name(d->node.op), (int)d->node.inputs[0], text);
}

hyt_status hyti_check_range(const hyti_draft *d, const char *what, size_t value, size_t low)
{
    if (value >= low && value <= HYTI_MAX_SIDE) return HYT_OK;
    return hyti_refuse(HYT_ERR_RANGE, d, "%s is %zu, not from %zu to 2^31", what, value, low);
}

hyt_status hyti_check_flag(const hyti_draft *d, const char *what, size_t value)
{
    if (value <= 1) return HYT_OK;
    return hyti_refuse(HYT_ERR_RANGE, d, "%s is %zu, not 0 or 1", what, value);
}

void hyti_add_parameter(hyti_draft *d, hyti_role role, hyt_dims dims)
{
    hyti_parameter *parameter = &d->parameters[d->node.n_parameters++];
    parameter->role = role;
    parameter->dims = dims;
}

const hyti_node *hyti_operand(const hyti_draft *d, size_t index)
{
    return &d->graph->nodes[d->node.inputs[index]];
}

hyt_status hyti_need_picture(const hyti_draft *d)
{
    if (d->first->picture) return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "needs a picture (N,C,H,W), not the result of %s", hyt_op_name(d->first->op));
}

hyt_status hyti_need_rows(const hyti_draft *d, size_t low, size_t high)
{
    if (!d->first->picture && d->first->dims.rank >= low && d->first->dims.rank <= high) return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "needs %s, not the result of %s",
                       low > 2 ? "tokens (N,P,T,D)" : "tokens or a vector", hyt_op_name(d->first->op));
}

static const struct op_row {
    const char *name;
    size_t inputs, most; /* operands: at least, at most */
    hyt_status (*infer)(hyti_draft *d);
} ops[HYT_OP_COUNT] = {
    [HYT_OP_INPUT] = { "input", 0, 0, hyti_infer_input },
    [HYT_OP_CONV] = { "conv", 1, 1, hyti_infer_conv },
    [HYT_OP_BATCH_NORM] = { "batch_norm", 1, 1, hyti_infer_batch_norm },
    [HYT_OP_LINEAR] = { "linear", 1, 1, hyti_infer_linear },
    [HYT_OP_RELU] = { "relu", 1, 1, hyti_infer_same },
    [HYT_OP_RELU6] = { "relu6", 1, 1, hyti_infer_same },
    [HYT_OP_SILU] = { "silu", 1, 1, hyti_infer_same },
    [HYT_OP_ADD] = { "add", 2, 2, hyti_infer_broadcast },
    [HYT_OP_CONCAT] = { "concat", 1, HYTI_MAX_NODES, hyti_infer_concat },
    [HYT_OP_GLOBAL_POOL] = { "global_pool", 1, 1, hyti_infer_global_pool },
    [HYT_OP_RESIZE] = { "resize", 1, 1, hyti_infer_resize },
    [HYT_OP_UNFOLD] = { "unfold", 1, 1, hyti_infer_unfold },
    [HYT_OP_FOLD] = { "fold", 1, 1, hyti_infer_fold },
    [HYT_OP_LAYER_NORM] = { "layer_norm", 1, 1, hyti_infer_layer_norm },
    [HYT_OP_ATTENTION] = { "attention", 1, 4, hyti_infer_attention },
    [HYT_OP_SIGMOID] = { "sigmoid", 1, 1, hyti_infer_same },
    [HYT_OP_GELU] = { "gelu", 1, 1, hyti_infer_same },
    [HYT_OP_HARD_SWISH] = { "hard_swish", 1, 1, hyti_infer_same },
    [HYT_OP_HARD_SIGMOID] = { "hard_sigmoid", 1, 1, hyti_infer_same },
    [HYT_OP_MUL] = { "mul", 2, 2, hyti_infer_broadcast },
    [HYT_OP_CONSTANT] = { "constant", 0, 0, hyti_infer_constant },
    [HYT_OP_MATMUL] = { "matmul", 2, 2, hyti_infer_matmul },
    [HYT_OP_SOFTMAX] = { "softmax", 1, 1, hyti_infer_softmax },
    [HYT_OP_RESHAPE] = { "reshape", 1, 1, hyti_infer_reshape },
    [HYT_OP_TRANSPOSE] = { "transpose", 1, 1, hyti_infer_transpose },
    [HYT_OP_SLICE] = { "slice", 1, 1, hyti_infer_slice },
    [HYT_OP_PAD] = { "pad", 1, 1, hyti_infer_pad },
    [HYT_OP_MAX_POOL] = { "max_pool", 1, 1, hyti_infer_pool },
    [HYT_OP_AVERAGE_POOL] = { "average_pool", 1, 1, hyti_infer_pool },
    [HYT_OP_CONV_TRANSPOSE] = { "conv_transpose", 1, 1, hyti_infer_conv_transpose },
    [HYT_OP_MEAN] = { "mean", 1, 1, hyti_infer_mean },
};

const char *hyt_op_name(hyt_op op)
{
    return (unsigned)op < HYT_OP_COUNT ? ops[op].name : "unknown";
}

bool hyti_op_is_activation(hyt_op op)
{
    return (op >= HYT_OP_RELU && op <= HYT_OP_SILU) || (op >= HYT_OP_SIGMOID && op <= HYT_OP_HARD_SIGMOID);
}

static hyt_status check_operands(const hyt_graph *graph, const hyti_node *node)
{
    if ((unsigned)node->op >= HYT_OP_COUNT)
        return hyti_fail(HYT_ERR_RANGE, "there is no operation number %d", (int)node->op);
    const struct op_row *row = &ops[node->op];
    if (node->n_inputs < row->inputs || node->n_inputs > row->most)
        return hyti_fail(HYT_ERR_ARGUMENT, "%s takes %zu operands, not %zu", row->name, row->inputs, node->n_inputs);
    for (size_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] < 0 || (size_t)node->inputs[i] >= graph->n_nodes)
            return hyti_fail(HYT_ERR_ARGUMENT, "%s: graph \"%s\" has %zu values, there is no value %d", row->name,
                             graph->name, graph->n_nodes, (int)node->inputs[i]);
    if (graph->n_nodes >= HYTI_MAX_NODES)
        return hyti_fail(HYT_ERR_RANGE, "%s: a graph has at most %d operations", row->name, HYTI_MAX_NODES);
    if (node->n_inputs > HYTI_MAX_OPERANDS - graph->n_operands)
        return hyti_fail(HYT_ERR_RANGE, "%s of %zu: a graph has at most %d operands, %zu are taken", row->name,
                         node->n_inputs, HYTI_MAX_OPERANDS, graph->n_operands);
    return HYT_OK;
}

/* Every axis in bounds, and the number of values as well. */
static hyt_status check_dims(const hyti_draft *d, const hyt_dims *dims, size_t *count)
{
    for (size_t i = 0; i < dims->rank; i++) HYTI_TRY(hyti_check_range(d, "size of an axis", dims->size[i], 1));
    if (!hyti_dims_count(dims, count) || *count > HYTI_MAX_VALUES)
        return hyti_refuse(HYT_ERR_RANGE, d, "a tensor of more than 2^36 values");
    return HYT_OK;
}

static hyt_status check_sizes(hyti_draft *d)
{
    size_t values, macs;
    HYTI_TRY(check_dims(d, &d->node.dims, &values));
    for (size_t i = 0; i < d->node.n_parameters; i++)
        HYTI_TRY(check_dims(d, &d->parameters[i].dims, &d->parameters[i].count));
    if (!hyti_mul(values, HYTI_MAX(d->work, (size_t)1), &macs) || macs > HYTI_MAX_MACS)
        return hyti_refuse(HYT_ERR_RANGE, d, "more than 2^46 multiply-accumulates");
    return HYT_OK;
}

/* "12.conv.weight"; by hand, since a search builds graphs by the thousand. */
static void name_parameter(hyti_parameter *parameter, hyt_op op)
{
    static const char *const roles[] = { "weight", "bias", "scale", "shift", "mean", "variance", "value", "value" };
    char digits[12], *at = digits + sizeof digits, *to = parameter->name;
    unsigned number = (unsigned)parameter->node;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (at < digits + sizeof digits) *to++ = *at++;
    *to++ = '.';
    for (const char *from = ops[op].name; *from;) *to++ = *from++;
    *to++ = '.';
    for (const char *from = roles[parameter->role]; *from;) *to++ = *from++;
    *to = 0;
}

static hyt_value *keep_operands(hyt_graph *graph, size_t count)
{
    hyti_operands *block = graph->operands;
    if (!block || block->capacity - block->used < count) {
        size_t capacity = HYTI_MAX(count, (size_t)256);
        block = hyti_alloc(graph->context, sizeof *block + capacity * sizeof *block->values);
        if (!block) return NULL;
        block->capacity = capacity;
        block->next = graph->operands;
        graph->operands = block;
    }
    block->used += count;
    return block->values + block->used - count;
}

static hyt_status reserve(hyt_graph *graph, size_t n_parameters)
{
    size_t nodes = HYTI_MAX(graph->n_nodes + 1, (size_t)64),
           parameters = HYTI_MAX(graph->n_parameters + n_parameters, (size_t)128);
    HYTI_TRY(hyti_grow(graph->context, &graph->nodes, &graph->node_capacity, nodes, sizeof *graph->nodes));
    return hyti_grow(graph->context, &graph->parameters, &graph->parameter_capacity, parameters,
                     sizeof *graph->parameters);
}

static hyt_status commit(hyt_graph *graph, hyti_draft *d, hyt_value *out)
{
    HYTI_TRY(reserve(graph, d->node.n_parameters));
    hyt_value *inputs = keep_operands(graph, d->node.n_inputs), value = (hyt_value)graph->n_nodes;
    if (!inputs) return hyti_fail_nomem();
    for (size_t i = 0; i < d->node.n_inputs; i++) {
        inputs[i] = d->node.inputs[i];
        graph->nodes[inputs[i]].uses++;
    }
    d->node.inputs = inputs;
    for (size_t i = 0; i < d->node.n_parameters; i++) {
        d->parameters[i].node = value;
        name_parameter(&d->parameters[i], d->node.op);
        d->node.parameters[i] = graph->n_parameters;
        graph->parameters[graph->n_parameters++] = d->parameters[i];
    }
    graph->n_operands += d->node.n_inputs;
    graph->nodes[graph->n_nodes++] = d->node;
    if (d->node.op == HYT_OP_INPUT) {
        graph->input = value;
        graph->channels = d->node.dims.size[1];
    }
    *out = value;
    return HYT_OK;
}

hyt_status hyti_graph_append(hyt_graph *graph, const hyti_node *wanted, size_t features, bool with_bias, hyt_value *out)
{
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(check_operands(graph, wanted));
    hyti_draft d = { .graph = graph, .wanted = wanted, .node = *wanted, .features = features, .with_bias = with_bias };
    d.node.n_parameters = d.node.uses = 0;
    d.node.precision = HYT_FP32;
    d.node.quantised = false;
    if (d.node.place == 0) d.node.place = graph->place; /* of a copy it is there */
    d.node.fixed = d.node.op != HYT_OP_INPUT;
    for (size_t i = 0; i < d.node.n_inputs; i++) d.node.fixed &= graph->nodes[d.node.inputs[i]].fixed;
    if (d.node.n_inputs) {
        d.first = &graph->nodes[d.node.inputs[0]];
        d.node.dims = d.first->dims;
        d.node.picture = d.first->picture;
    }
    HYTI_TRY(ops[d.node.op].infer(&d));
    HYTI_TRY(check_sizes(&d));
    return commit(graph, &d, out);
}

void hyti_graph_cut(hyt_graph *graph, size_t nodes)
{
    while (graph->n_nodes > nodes) {
        const hyti_node *node = &graph->nodes[--graph->n_nodes];
        for (size_t i = 0; i < node->n_inputs; i++) graph->nodes[node->inputs[i]].uses--;
        graph->n_operands -= node->n_inputs;
        graph->n_parameters -= node->n_parameters;
        for (size_t i = 0; i < node->n_parameters; i++)
            hyti_parameter_clear(graph->context, &graph->parameters[graph->n_parameters + i]);
        if (node->op == HYT_OP_INPUT) graph->input = HYTI_NO_VALUE;
    }
    if (graph->output != HYTI_NO_VALUE && (size_t)graph->output >= nodes) graph->output = HYTI_NO_VALUE;
}
