/* SPDX-License-Identifier: MIT */
/* The one way into a graph: every operation, whoever makes it, is checked here, gets its shape and its parameters. */
#include "graph/graph.h"
#include <stdarg.h>
#include <stdio.h>

/* What an operation will be, before anything of the graph is touched. */
typedef struct draft {
    const hyt_graph *graph;
    hyti_node node;
    const hyti_node *first; /* its first operand; NULL for an input */
    size_t features;
    bool with_bias;
    hyti_parameter parameters[HYTI_MAX_OWN];
} draft;

/* "conv after value 12: <what is wrong>" */
static hyt_status refuse(hyt_status status, const draft *d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static hyt_status refuse(hyt_status status, const draft *d, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (d->node.n_inputs == 0) return hyti_fail(status, "%s: %s", hyt_op_name(d->node.op), text);
    return hyti_fail(status, "%s after value %d: %s", hyt_op_name(d->node.op), (int)d->node.inputs[0], text);
}

static hyt_status check_range(const draft *d, const char *what, size_t value, size_t low)
{
    if (value >= low && value <= HYTI_MAX_SIDE) return HYT_OK;
    return refuse(HYT_ERR_RANGE, d, "%s is %zu, not from %zu to 2^31", what, value, low);
}

/* Counted and named later. */
static void add_parameter(draft *d, hyti_role role, hyt_dims dims)
{
    hyti_parameter *parameter = &d->parameters[d->node.n_parameters++];
    parameter->role = role;
    parameter->dims = dims;
}

static hyt_dims dims1(size_t a) { return (hyt_dims){ 1, { a } }; }
static hyt_dims dims2(size_t a, size_t b) { return (hyt_dims){ 2, { a, b } }; }
static hyt_dims dims4(size_t a, size_t b, size_t c, size_t d) { return (hyt_dims){ 4, { a, b, c, d } }; }

static hyt_status need_picture(const draft *d)
{
    if (d->first->picture) return HYT_OK;
    return refuse(HYT_ERR_SHAPE, d, "needs a picture (N,C,H,W), not the result of %s", hyt_op_name(d->first->op));
}

static hyt_status need_rows(const draft *d, size_t rank)
{
    if (!d->first->picture && d->first->dims.rank >= rank) return HYT_OK;
    return refuse(HYT_ERR_SHAPE, d, "needs %s, not the result of %s",
                  rank == 4 ? "tokens (N,P,T,D)" : "tokens or a vector", hyt_op_name(d->first->op));
}

static size_t width_of(const hyti_node *node)
{
    return node->dims.size[node->dims.rank - 1];
}

static hyt_status infer_input(draft *d)
{
    const hyt_dims *dims = &d->node.dims;
    if (d->graph->input != HYTI_NO_VALUE)
        return refuse(HYT_ERR_STATE, d, "graph \"%s\" has one already", d->graph->name);
    if (dims->rank != 4 || dims->size[0] != 1)
        return refuse(HYT_ERR_SHAPE, d, "a picture has the axes 1, channels, height, width");
    d->node.picture = true;
    return HYT_OK;
}

/* Outputs along one axis, 0 being height: how often the kernel fits. */
static hyt_status conv_side(draft *d, size_t axis)
{
    hyti_node *node = &d->node;
    size_t before = node->pad[axis], after = node->pad[axis + 2], stride = node->stride[axis];
    HYTI_TRY(check_range(d, "kernel", node->kernel[axis], 1));
    HYTI_TRY(check_range(d, "stride", stride, 1));
    HYTI_TRY(check_range(d, "dilation", node->dilation[axis], 1));
    HYTI_TRY(check_range(d, "padding", before, 0));
    HYTI_TRY(check_range(d, "padding", after, 0));
    uint64_t reach = (uint64_t)node->dilation[axis] * (node->kernel[axis] - 1) + 1;
    uint64_t side = (uint64_t)d->first->dims.size[axis + 2] + before + after;
    if (before >= reach || after >= reach)
        return refuse(HYT_ERR_SHAPE, d, "padding %zu and %zu is beyond the kernel's reach of %zu", before, after,
                      (size_t)reach);
    if (reach > side)
        return refuse(HYT_ERR_SHAPE, d, "kernel reaches over %zu, its padded input has %zu", (size_t)reach,
                      (size_t)side);
    node->dims.size[axis + 2] = (size_t)((side - reach) / stride) + 1;
    return HYT_OK;
}

static hyt_status infer_conv(draft *d)
{
    hyti_node *node = &d->node;
    HYTI_TRY(need_picture(d));
    size_t channels = d->first->dims.size[1], groups = node->groups;
    HYTI_TRY(check_range(d, "number of channels", d->features, 1));
    HYTI_TRY(check_range(d, "number of groups", groups, 1));
    if (channels % groups || d->features % groups)
        return refuse(HYT_ERR_SHAPE, d, "%zu groups divide %zu and %zu channels unevenly", groups, channels,
                      d->features);
    node->dims = dims4(1, d->features, 0, 0);
    HYTI_TRY(conv_side(d, 0));
    HYTI_TRY(conv_side(d, 1));
    add_parameter(d, HYTI_ROLE_WEIGHT, dims4(d->features, channels / groups, node->kernel[0], node->kernel[1]));
    if (d->with_bias) add_parameter(d, HYTI_ROLE_BIAS, dims1(d->features));
    return HYT_OK;
}

static hyt_status check_epsilon(const draft *d)
{
    if (d->node.epsilon > 0 && d->node.epsilon <= 1) return HYT_OK;
    return refuse(HYT_ERR_RANGE, d, "epsilon is %g, not above 0 and up to 1", d->node.epsilon);
}

static hyt_status infer_batch_norm(draft *d)
{
    HYTI_TRY(need_picture(d));
    HYTI_TRY(check_epsilon(d));
    for (hyti_role role = HYTI_ROLE_SCALE; role <= HYTI_ROLE_VARIANCE; role++)
        add_parameter(d, role, dims1(d->first->dims.size[1]));
    return HYT_OK;
}

static hyt_status infer_layer_norm(draft *d)
{
    HYTI_TRY(need_rows(d, 2));
    HYTI_TRY(check_epsilon(d));
    add_parameter(d, HYTI_ROLE_SCALE, dims1(width_of(d->first)));
    add_parameter(d, HYTI_ROLE_SHIFT, dims1(width_of(d->first)));
    return HYT_OK;
}

static hyt_status infer_linear(draft *d)
{
    HYTI_TRY(need_rows(d, 2));
    HYTI_TRY(check_range(d, "number of features", d->features, 1));
    d->node.dims.size[d->node.dims.rank - 1] = d->features;
    add_parameter(d, HYTI_ROLE_WEIGHT, dims2(d->features, width_of(d->first)));
    if (d->with_bias) add_parameter(d, HYTI_ROLE_BIAS, dims1(d->features));
    return HYT_OK;
}

static hyt_status infer_same(draft *d)
{
    (void)d; /* an activation: shape and kind are the operand's already */
    return HYT_OK;
}

/* Operand `index` against the first: same kind, same dims but along `axis`. */
static hyt_status check_operand(const draft *d, size_t index, size_t axis)
{
    const hyti_node *other = &d->graph->nodes[d->node.inputs[index]];
    if (other->picture != d->first->picture || other->dims.rank != d->first->dims.rank)
        return refuse(HYT_ERR_SHAPE, d, "value %d has other axes", (int)d->node.inputs[index]);
    for (size_t i = 0; i < other->dims.rank; i++)
        if (i != axis && other->dims.size[i] != d->first->dims.size[i])
            return refuse(HYT_ERR_SHAPE, d, "value %d has size %zu along axis %zu, not %zu", (int)d->node.inputs[index],
                          other->dims.size[i], i, d->first->dims.size[i]);
    return HYT_OK;
}

static hyt_status infer_add(draft *d)
{
    return check_operand(d, 1, HYT_MAX_RANK);
}

static hyt_status infer_concat(draft *d)
{
    size_t axis = d->node.axis, sum = 0;
    if (axis == 0 || axis >= d->first->dims.rank)
        return refuse(HYT_ERR_RANGE, d, "axis is %zu, not from 1 to %zu", axis, d->first->dims.rank - 1);
    for (size_t i = 0; i < d->node.n_inputs; i++) {
        HYTI_TRY(check_operand(d, i, axis));
        sum += d->graph->nodes[d->node.inputs[i]].dims.size[axis]; /* at most 2^14 of 2^31 */
    }
    d->node.dims.size[axis] = sum;
    return HYT_OK;
}

static hyt_status infer_global_pool(draft *d)
{
    HYTI_TRY(need_picture(d));
    d->node.dims = dims2(1, d->first->dims.size[1]);
    d->node.picture = false;
    return HYT_OK;
}

static hyt_status infer_resize(draft *d)
{
    HYTI_TRY(need_picture(d));
    d->node.dims.size[2] = d->node.height;
    d->node.dims.size[3] = d->node.width;
    return HYT_OK;
}

static hyt_status infer_unfold(draft *d)
{
    HYTI_TRY(need_picture(d));
    const size_t *in = d->first->dims.size;
    size_t patch = d->node.patch;
    HYTI_TRY(check_range(d, "patch", patch, 1));
    if (in[2] % patch || in[3] % patch)
        return refuse(HYT_ERR_SHAPE, d, "patches of %zu do not divide %zu x %zu", patch, in[2], in[3]);
    d->node.dims = dims4(1, patch * patch, (in[2] / patch) * (in[3] / patch), in[1]);
    d->node.picture = false;
    return HYT_OK;
}

static hyt_status infer_fold(draft *d)
{
    HYTI_TRY(need_rows(d, 4));
    const size_t *in = d->first->dims.size;
    size_t patch = d->node.patch, height = d->node.height, width = d->node.width;
    HYTI_TRY(check_range(d, "patch", patch, 1));
    HYTI_TRY(check_range(d, "height", height, 1));
    HYTI_TRY(check_range(d, "width", width, 1));
    if (height % patch || width % patch || in[1] != patch * patch || in[2] != (height / patch) * (width / patch))
        return refuse(HYT_ERR_SHAPE, d, "%zu x %zu tokens are not %zu x %zu in patches of %zu", in[1], in[2], height,
                      width, patch);
    d->node.dims = dims4(1, in[3], height, width);
    d->node.picture = true;
    return HYT_OK;
}

static hyt_status infer_attention(draft *d)
{
    HYTI_TRY(need_rows(d, 4));
    size_t width = width_of(d->first);
    HYTI_TRY(check_range(d, "number of heads", d->node.heads, 1));
    if (width % 3 || width / 3 % d->node.heads)
        return refuse(HYT_ERR_SHAPE, d, "%zu values a token are not q, k and v of %zu heads", width, d->node.heads);
    d->node.dims.size[3] = width / 3;
    return HYT_OK;
}

static const struct op_row {
    const char *name;
    size_t inputs, most; /* operands: at least, at most */
    hyt_status (*infer)(draft *d);
} ops[HYT_OP_COUNT] = {
    [HYT_OP_INPUT] = { "input", 0, 0, infer_input },
    [HYT_OP_CONV] = { "conv", 1, 1, infer_conv },
    [HYT_OP_BATCH_NORM] = { "batch_norm", 1, 1, infer_batch_norm },
    [HYT_OP_LINEAR] = { "linear", 1, 1, infer_linear },
    [HYT_OP_RELU] = { "relu", 1, 1, infer_same },
    [HYT_OP_RELU6] = { "relu6", 1, 1, infer_same },
    [HYT_OP_SILU] = { "silu", 1, 1, infer_same },
    [HYT_OP_ADD] = { "add", 2, 2, infer_add },
    [HYT_OP_CONCAT] = { "concat", 1, HYTI_MAX_NODES, infer_concat },
    [HYT_OP_GLOBAL_POOL] = { "global_pool", 1, 1, infer_global_pool },
    [HYT_OP_RESIZE] = { "resize", 1, 1, infer_resize },
    [HYT_OP_UNFOLD] = { "unfold", 1, 1, infer_unfold },
    [HYT_OP_FOLD] = { "fold", 1, 1, infer_fold },
    [HYT_OP_LAYER_NORM] = { "layer_norm", 1, 1, infer_layer_norm },
    [HYT_OP_ATTENTION] = { "attention", 1, 1, infer_attention },
};

const char *hyt_op_name(hyt_op op)
{
    return (unsigned)op < HYT_OP_COUNT ? ops[op].name : "unknown";
}

bool hyti_op_is_activation(hyt_op op)
{
    return op == HYT_OP_RELU || op == HYT_OP_RELU6 || op == HYT_OP_SILU;
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
static hyt_status check_dims(const draft *d, const hyt_dims *dims, size_t *count)
{
    for (size_t i = 0; i < dims->rank; i++) HYTI_TRY(check_range(d, "size of an axis", dims->size[i], 1));
    if (!hyti_dims_count(dims, count) || *count > HYTI_MAX_VALUES)
        return refuse(HYT_ERR_RANGE, d, "a tensor of more than 2^36 values");
    return HYT_OK;
}

static hyt_status check_sizes(draft *d)
{
    size_t values, macs;
    HYTI_TRY(check_dims(d, &d->node.dims, &values));
    for (size_t i = 0; i < d->node.n_parameters; i++)
        HYTI_TRY(check_dims(d, &d->parameters[i].dims, &d->parameters[i].count));
    size_t each = 1;
    if (d->node.op == HYT_OP_CONV || d->node.op == HYT_OP_LINEAR)
        each = d->parameters[0].count / d->parameters[0].dims.size[0];
    if (d->node.op == HYT_OP_ATTENTION) each = 2 * d->node.dims.size[2];
    if (!hyti_mul(values, each, &macs) || macs > HYTI_MAX_MACS)
        return refuse(HYT_ERR_RANGE, d, "more than 2^46 multiply-accumulates");
    return HYT_OK;
}

/* "12.conv.weight"; by hand, since a search builds graphs by the thousand. */
static void name_parameter(hyti_parameter *parameter, hyt_op op)
{
    static const char *const roles[] = { "weight", "bias", "scale", "shift", "mean", "variance" };
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

static hyt_status commit(hyt_graph *graph, draft *d, hyt_value *out)
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
    draft d = { .graph = graph, .node = *wanted, .features = features, .with_bias = with_bias };
    d.node.n_parameters = d.node.uses = 0;
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
            hyti_free_aligned(graph->context, graph->parameters[graph->n_parameters + i].data);
        if (node->op == HYT_OP_INPUT) graph->input = HYTI_NO_VALUE;
    }
    if (graph->output != HYTI_NO_VALUE && (size_t)graph->output >= nodes) graph->output = HYTI_NO_VALUE;
}
