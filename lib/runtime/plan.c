/* SPDX-License-Identifier: MIT */
/* From operations to steps: every value that is not fused away gets its format and its place in a buffer. */
#include "runtime/planner.h"
#include <string.h>

/* Backwards from the result. */
static void find_readers(hyti_planner *p)
{
    p->values[p->output].live = true;
    p->values[p->output].uses = 1;
    for (size_t i = (size_t)p->output + 1; i-- > 0;) {
        const hyti_node *node = &p->graph->nodes[i];
        if (!p->values[i].live || (node->fixed && !p->fixed)) continue;
        for (size_t j = 0; j < node->n_inputs; j++) {
            hyti_reading *input = &p->values[node->inputs[j]];
            if (!input->live) input->reader = (hyt_value)i;
            input->live = true;
            input->uses++;
        }
    }
    for (size_t i = 0; i <= (size_t)p->output; i++) {
        p->values[i].left = p->values[i].uses;
        p->values[i].root = (hyt_value)i;
    }
}

hyt_value hyti_only_reader(const hyti_planner *p, hyt_value value)
{
    return !p->observed && value != p->output && p->values[value].uses == 1 ? p->values[value].reader : HYTI_NO_VALUE;
}

/* Formats */

static hyti_format asked_format(const hyti_planner *p, const hyti_node *node)
{
    static const hyti_format forced[] = { HYTI_F32, HYTI_F32, HYTI_BF16, HYTI_F16 };
    static const hyti_format own[] = { [HYT_FP32] = HYTI_F32, [HYT_BF16] = HYTI_BF16, [HYT_FP16] = HYTI_F16,
                                       [HYT_INT8] = HYTI_I8 };
    return p->precision ? forced[p->precision] : own[node->precision];
}

/* 32-bit sums of 8-bit products (at most 255 * 127 each) must not overflow. */
#define MOST_DEPTH ((size_t)INT32_MAX / (255 * 127))
/* What the other kernels of int8 are made for: squares of a row, scores. */
#define MOST_NORMED ((size_t)1 << 14)
#define MOST_ATTENDED_WIDTH ((size_t)1 << 14)
#define MOST_KEYS ((size_t)1 << 16)

static bool too_deep(const hyti_planner *p, const hyti_node *node)
{
    const hyt_dims *first = node->n_inputs ? &hyti_node_of(p, node->inputs[0])->dims : NULL;
    switch (node->op) {
    case HYT_OP_CONV:
    case HYT_OP_CONV_TRANSPOSE:
    case HYT_OP_LINEAR: {
        const hyti_parameter *weight = &p->graph->parameters[node->parameters[0]];
        return weight->count / hyti_layer_channels(node, weight) > MOST_DEPTH;
    }
    case HYT_OP_MATMUL: return first->size[first->rank - 1] > MOST_DEPTH / 4; /* the left operand up to three times */
    case HYT_OP_LAYER_NORM: return first->size[first->rank - 1] > MOST_NORMED;
    case HYT_OP_ATTENTION:
        return node->dims.size[3] / node->heads > MOST_ATTENDED_WIDTH ||
               hyti_node_of(p, node->inputs[node->n_inputs > 2])->dims.size[2] > MOST_KEYS;
    case HYT_OP_GLOBAL_POOL: return first->size[2] * first->size[3] > HYTI_MOST_AVERAGED;
    case HYT_OP_MEAN: return first->size[node->axis] > HYTI_MOST_AVERAGED;
    default: return false;
    }
}

/* Values are moved, chosen or averaged in whatever format they come. */
static bool only_moves(const hyti_node *node)
{
    switch (node->op) {
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD:
    case HYT_OP_RESHAPE:
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE:
    case HYT_OP_PAD:
    case HYT_OP_MAX_POOL:
    case HYT_OP_AVERAGE_POOL: return true;
    case HYT_OP_RESIZE: return node->mode == HYT_RESIZE_NEAREST;
    default: return false;
    }
}

bool hyti_keeps_quantisation(const hyti_node *node)
{
    return only_moves(node) || node->op == HYT_OP_RESIZE;
}

bool hyti_is_broadcast(const hyti_planner *p, const hyti_node *node)
{
    const hyti_node *left = hyti_node_of(p, node->inputs[0]), *right = hyti_node_of(p, node->inputs[1]);
    return left->fixed != right->fixed ||
           memcmp(left->dims.size, right->dims.size, left->dims.rank * sizeof *left->dims.size) != 0;
}

/* Whether it is known how an operand of an int8 operation is stored. */
static bool can_be_stored(const hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    while (hyti_keeps_quantisation(node) && !node->fixed) node = hyti_node_of(p, value = node->inputs[0]);
    return node->quantised || node->op == HYT_OP_SOFTMAX || p->values[value].format == HYTI_I8;
}

static hyt_status check_operands(const hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    size_t count = node->n_inputs - (node->op == HYT_OP_ATTENTION && node->n_inputs % 2 == 0); /* the bias is float32 */
    for (size_t i = 0; i < count; i++)
        if (!can_be_stored(p, node->inputs[i]))
            return hyti_fail(HYT_ERR_STATE, "value %d (%s) is int8 and its operand %d has no quantisation", (int)value,
                             hyt_op_name(node->op), (int)node->inputs[i]);
    return HYT_OK;
}

static hyt_status choose_formats(hyti_planner *p)
{
    for (size_t i = 0; i <= (size_t)p->output; i++) {
        const hyti_node *node = &p->graph->nodes[i];
        hyti_reading *value = &p->values[i];
        for (size_t j = 0; j < HYTI_FORMATS; j++) value->copies[j] = HYTI_NO_VALUE;
        value->format = only_moves(node) ? p->values[node->inputs[0]].format : asked_format(p, node);
        if (node->fixed) value->format = HYTI_F32; /* worked out once, and stored as each reader wants it */
        if (value->format != HYTI_I8 || only_moves(node)) continue;
        if (too_deep(p, node)) value->format = HYTI_F32;
        else if (!node->quantised && value->live && node->op != HYT_OP_BATCH_NORM && node->op != HYT_OP_CONV)
            return hyti_fail(HYT_ERR_STATE, "value %zu (%s) is int8 and has no quantisation", i, hyt_op_name(node->op));
        if (value->format == HYTI_I8 && value->live) HYTI_TRY(check_operands(p, (hyt_value)i));
    }
    return HYT_OK;
}

/* Places */

static hyti_tensor shape_of(const hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    hyti_tensor tensor = { .value = value, .buffer = HYTI_NO_BUFFER, .rows = node->fixed ? 1 : p->plan->batch };
    tensor.width = tensor.stride = node->dims.size[node->picture ? 1 : node->dims.rank - 1];
    for (size_t i = node->picture ? 2 : 1; i < node->dims.rank; i++)
        if (node->picture || i + 1 < node->dims.rank) tensor.rows *= node->dims.size[i];
    if (node->quantised) tensor.quant = (hyti_quant){ node->scale, node->zero };
    if (hyti_keeps_quantisation(node) && !node->fixed) tensor.quant = p->plan->tensors[node->inputs[0]].quant;
    if (node->op == HYT_OP_SOFTMAX && !node->fixed) tensor.quant = hyti_softmax_quant();
    return tensor;
}

static size_t add_buffer(hyti_planner *p, size_t bytes)
{
    hyti_plan *plan = p->plan;
    plan->buffers[plan->n_buffers] =
        (hyti_buffer){ .bytes = hyti_round_up(bytes, 64), .first = plan->n_steps, .last = plan->n_steps };
    return plan->n_buffers++;
}

static void touch(hyti_planner *p, hyt_value tensor)
{
    if (tensor != HYTI_NO_VALUE && p->plan->tensors[tensor].buffer != HYTI_NO_BUFFER)
        p->plan->buffers[p->plan->tensors[tensor].buffer].last = p->plan->n_steps;
}

static bool along_width(const hyti_node *node)
{
    return node->axis == (node->picture ? 1 : node->dims.rank - 1);
}

/* First value of an operand in a row of the concatenation. */
static size_t place_in(const hyti_planner *p, const hyti_node *concat, hyt_value operand)
{
    size_t place = 0;
    for (const hyt_value *input = concat->inputs; *input != operand; input++)
        place += hyti_node_of(p, *input)->dims.size[concat->axis];
    return place;
}

/* Whether two values are stored alike, so that one may lie within the other. */
static bool stored_alike(const hyti_planner *p, hyt_value a, hyt_value b)
{
    const hyti_node *left = hyti_node_of(p, a), *right = hyti_node_of(p, b);
    if (p->values[a].format != p->values[b].format) return false;
    if (p->values[a].format != HYTI_I8) return true;
    return !hyti_keeps_quantisation(left) && left->op != HYT_OP_SOFTMAX && left->scale == right->scale &&
           left->zero == right->zero;
}

/* A value that only a concatenation reads is written into its place there, and so on outwards: the outermost, and the
 * first of the value's in its rows; the value itself where there is none. */
static hyt_value outermost(const hyti_planner *p, hyt_value value, size_t *first)
{
    *first = 0;
    for (;;) {
        hyt_value reader = hyti_only_reader(p, value);
        if (reader == HYTI_NO_VALUE) return value;
        const hyti_node *concat = hyti_node_of(p, reader);
        if (concat->op != HYT_OP_CONCAT || !along_width(concat) || !stored_alike(p, value, reader)) return value;
        *first += place_in(p, concat, value);
        value = reader;
    }
}

void hyti_place(hyti_planner *p, hyt_value value, hyti_format format, bool strided)
{
    size_t first = 0, size = hyti_format_size(format);
    hyti_tensor *tensor = &p->plan->tensors[value];
    if (tensor->buffer == HYTI_NO_BUFFER) {
        hyt_value outer = strided && format == p->values[value].format ? outermost(p, value, &first) : value;
        hyti_tensor *whole = &p->plan->tensors[outer];
        if (whole->buffer == HYTI_NO_BUFFER) {
            *whole = shape_of(p, outer);
            whole->format = format;
            whole->buffer = add_buffer(p, whole->rows * whole->width * size);
        }
        hyti_tensor shape = shape_of(p, value);
        shape.format = format;
        shape.buffer = whole->buffer;
        shape.offset = first * size;
        shape.stride = whole->stride;
        *tensor = shape;
    }
    touch(p, value);
}

bool hyti_place_over(hyti_planner *p, hyt_value value, hyti_format format, hyt_value operand)
{
    hyti_tensor *from = &p->plan->tensors[operand], shape = shape_of(p, value);
    if (from->value != operand || p->values[p->values[operand].root].left != 1 || from->format != format) return false;
    if (p->observed || from->packed || from->width != shape.width || from->rows != shape.rows) return false;
    shape.format = from->format;
    shape.buffer = from->buffer;
    shape.offset = from->offset;
    shape.stride = from->stride;
    p->plan->tensors[value] = shape;
    return true;
}

void hyti_place_as(hyti_planner *p, hyt_value value, hyt_value operand)
{
    hyti_tensor *to = &p->plan->tensors[value], from = p->plan->tensors[operand];
    hyt_value root = p->values[operand].root;
    *to = shape_of(p, value);
    to->format = from.format;
    to->quant = from.quant;
    to->buffer = from.buffer;
    to->offset = from.offset;
    to->packed = from.packed;
    if (to->width == from.width) to->stride = from.stride;
    p->values[value].root = root;
    p->values[root].left += p->values[value].left - 1;
}

void hyti_place_packed(hyti_planner *p, hyt_value value)
{
    hyti_tensor *tensor = &p->plan->tensors[value];
    *tensor = shape_of(p, value);
    tensor->format = HYTI_F32;
    tensor->packed = true;
    tensor->offset = hyti_pack_room(p, tensor->rows * tensor->width * sizeof(float));
}

/* Steps */

hyti_step hyti_start_step(hyti_step_kind kind, hyt_value value, hyti_format format)
{
    return (hyti_step){ .kind = kind,
                        .format = format,
                        .node = value,
                        .norm = HYTI_NO_VALUE,
                        .in = HYTI_NO_VALUE,
                        .out = value,
                        .add = HYTI_NO_VALUE,
                        .keys = HYTI_NO_VALUE,
                        .values = HYTI_NO_VALUE,
                        .scratch = HYTI_NO_BUFFER,
                        .weights = HYTI_NO_BUFFER,
                        .bias = HYTI_NO_BUFFER,
                        .table = HYTI_NO_BUFFER };
}

static void read_once(hyti_planner *p, hyt_value tensor)
{
    if (tensor != HYTI_NO_VALUE) p->values[p->values[p->plan->tensors[tensor].value].root].left--;
}

static void append_step(hyti_planner *p, hyti_step *step)
{
    hyti_plan *plan = p->plan;
    touch(p, step->in);
    touch(p, step->add);
    touch(p, step->keys);
    touch(p, step->values);
    touch(p, step->out);
    if (step->scratch_bytes) step->scratch = add_buffer(p, step->scratch_bytes * plan->threads);
    plan->steps[plan->n_steps++] = *step;
}

void hyti_finish_step(hyti_planner *p, hyti_step *step)
{
    append_step(p, step);
    read_once(p, step->in);
    read_once(p, step->add);
    read_once(p, step->keys);
    read_once(p, step->values);
}

static hyt_value copy_tensor(hyti_planner *p, hyt_value value, hyti_format format)
{
    hyti_plan *plan = p->plan;
    hyt_value copy = (hyt_value)plan->n_tensors++;
    hyti_tensor *to = &plan->tensors[copy];
    *to = shape_of(p, value);
    to->format = format;
    to->buffer = add_buffer(p, to->rows * to->width * hyti_format_size(format));
    hyti_step step = hyti_start_step(HYTI_STEP_CONVERT, value, format);
    step.in = value;
    step.out = copy;
    append_step(p, &step);
    return copy;
}

/* Among the packed weights, filled once. */
static hyt_value copy_packed(hyti_planner *p, hyt_value value, hyti_format format)
{
    hyt_value copy = (hyt_value)p->plan->n_tensors++;
    hyti_tensor *to = &p->plan->tensors[copy];
    *to = shape_of(p, value);
    to->format = format;
    to->packed = true;
    to->offset = hyti_pack_room(p, to->rows * to->width * hyti_format_size(format));
    return copy;
}

hyt_value hyti_spread(hyti_planner *p, hyt_value value, hyt_value in)
{
    const hyti_node *node = hyti_node_of(p, value), *before = hyti_node_of(p, node->inputs[0]);
    hyti_tensor from = p->plan->tensors[in], *to = &p->plan->tensors[p->plan->n_tensors];
    if (node->stride[0] == 1 && node->stride[1] == 1) return in;
    *to = shape_of(p, node->inputs[0]);
    to->format = from.format;
    to->rows /= before->dims.size[2] * before->dims.size[3];
    for (size_t i = 0; i < 2; i++) to->rows *= (before->dims.size[i + 2] - 1) * node->stride[i] + 1;
    to->buffer = add_buffer(p, to->rows * to->width * hyti_format_size(from.format));
    hyti_step step = hyti_start_step(HYTI_STEP_SPREAD, value, from.format);
    step.in = in;
    step.out = (hyt_value)p->plan->n_tensors++;
    append_step(p, &step);
    return step.out;
}

hyt_value hyti_tensor_in(hyti_planner *p, hyt_value value, hyti_format format)
{
    hyti_plan *plan = p->plan;
    hyti_tensor *own = &plan->tensors[value];
    if (own->format == format) return value;
    hyt_value *copy = &p->values[value].copies[format];
    if (*copy != HYTI_NO_VALUE) return *copy;
    *copy = own->packed ? copy_packed(p, value, format) : copy_tensor(p, value, format);
    return *copy;
}

size_t hyti_pack_room(hyti_planner *p, size_t bytes)
{
    size_t at = (size_t)p->plan->packed_bytes;
    p->plan->packed_bytes += hyti_round_up(bytes, 64);
    return at;
}

/* A result among the packed weights is copied: a plan has at least one buffer. */
static void plan_output(hyti_planner *p)
{
    hyti_step step = hyti_start_step(HYTI_STEP_OUTPUT, p->output, p->plan->tensors[p->output].format);
    step.in = p->plan->tensors[p->output].packed ? copy_tensor(p, p->output, HYTI_F32) : p->output;
    step.out = HYTI_NO_VALUE;
    hyti_finish_step(p, &step);
}

/* Formats in use beyond the first: a value may be copied into each. */
static size_t count_copies(const hyti_planner *p)
{
    bool used[HYTI_FORMATS] = { [HYTI_F32] = true };
    size_t count = 0;
    for (size_t i = 0; i <= (size_t)p->output; i++) used[p->values[i].format] = true;
    for (size_t j = 0; j < HYTI_FORMATS; j++) count += used[j];
    return count - 1;
}

/* A step an operation, one for the result, one a copied operand, spread picture or value; a buffer a value, one a step
 * for scratch. */
static hyt_status reserve(hyti_planner *p)
{
    hyti_plan *plan = p->plan;
    hyt_context *context = plan->context;
    size_t nodes = p->graph->n_nodes, copies = nodes * count_copies(p) + 1, steps = nodes + copies + 1;
    for (size_t i = 0; i < nodes; i++) {
        if (p->graph->nodes[i].op == HYT_OP_CONCAT) steps += p->graph->nodes[i].n_inputs;
        if (p->graph->nodes[i].op == HYT_OP_CONV_TRANSPOSE) copies++, steps++;
    }
    plan->n_tensors = nodes;
    plan->tensors = hyti_array(context, nodes + copies, sizeof *plan->tensors);
    plan->steps = hyti_array(context, steps, sizeof *plan->steps);
    plan->buffers = hyti_array(context, nodes + copies + steps, sizeof *plan->buffers);
    if (!plan->tensors || !plan->steps || !plan->buffers) return hyti_fail_nomem();
    for (size_t i = 0; i < nodes; i++) plan->tensors[i].buffer = HYTI_NO_BUFFER;
    return HYT_OK;
}

void hyti_axis_strides(const hyti_node *node, const hyti_tensor *tensor, size_t strides[HYT_MAX_RANK])
{
    const hyt_dims *dims = &node->dims;
    size_t apart = tensor->stride, last = node->picture ? 4 : dims->rank - 1;
    strides[node->picture ? 1 : last] = 1;
    for (size_t i = last; i-- > (node->picture ? 2u : 0u);) {
        strides[i] = apart;
        apart *= dims->size[i];
    }
    if (node->picture || node->fixed) strides[0] = node->fixed ? 0 : apart;
}

#define MOST_VALUES ((uint64_t)1 << 44)

/* Of the operand of a transposed convolution with its pixels a stride apart; 0 for all else. */
static double spread_values(const hyt_graph *graph, const hyti_node *node)
{
    if (node->op != HYT_OP_CONV_TRANSPOSE) return 0;
    const size_t *in = graph->nodes[node->inputs[0]].dims.size;
    return (double)in[1] * (double)((in[2] - 1) * node->stride[0] + 1) * (double)((in[3] - 1) * node->stride[1] + 1);
}

/* Sizes of a batch stay below 2^53 bytes each, so that no sum of all of them overflows. */
static hyt_status check_sizes(const hyt_graph *graph, size_t batch)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        size_t values = batch;
        for (size_t j = 0; j < graph->nodes[i].dims.rank; j++) values *= graph->nodes[i].dims.size[j];
        if (values > MOST_VALUES || spread_values(graph, &graph->nodes[i]) * (double)batch > MOST_VALUES)
            return hyti_fail(HYT_ERR_RANGE, "value %zu at batch %zu has more than 2^44 values", i, batch);
    }
    return HYT_OK;
}

/* Copies in int8 too, of values in other formats. */
static hyt_status check_quantisations(const hyti_planner *p)
{
    for (size_t i = 0; i < p->plan->n_tensors; i++) {
        const hyti_tensor *tensor = &p->plan->tensors[i];
        if (tensor->format == HYTI_I8 && !(tensor->quant.scale > 0))
            return hyti_fail(HYT_ERR_STATE, "value %d (%s) is read as int8 and has no quantisation", (int)tensor->value,
                             hyt_op_name(hyti_node_of(p, tensor->value)->op));
    }
    return HYT_OK;
}

/* Weights that are streamed lie behind those that stay. */
static void place_streamed(const hyti_planner *p)
{
    hyti_plan *plan = p->plan;
    for (size_t i = 0; i < plan->n_steps; i++)
        if (hyti_step_is_weighted(plan->steps[i].kind) && plan->steps[i].weights != HYTI_NO_BUFFER)
            plan->steps[i].weights = (size_t)plan->packed_bytes;
    plan->packed_bytes += p->streamed;
}

static hyt_status plan_steps(hyti_planner *p)
{
    HYTI_TRY(check_sizes(p->graph, p->plan->batch));
    find_readers(p);
    HYTI_TRY(choose_formats(p));
    HYTI_TRY(reserve(p));
    for (hyt_value value = 0; value <= p->output; value++)
        if (p->values[value].live && !p->values[value].done) HYTI_TRY(hyti_plan_value(p, value));
    plan_output(p);
    if (p->plan->streamed) place_streamed(p);
    hyti_plan_bands(p);
    HYTI_TRY(check_quantisations(p));
    return hyti_plan_pack(p->plan);
}

hyt_status hyti_plan_build(const hyt_graph *graph, const hyti_runtime_params *params, const hyti_kernels *kernels,
                           hyti_plan *plan)
{
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", graph->name);
    return hyti_plan_build_for(graph, hyt_graph_output(graph), params, kernels, plan);
}

hyt_status hyti_plan_build_for(const hyt_graph *graph, hyt_value output, const hyti_runtime_params *params,
                               const hyti_kernels *kernels, hyti_plan *plan)
{
    hyti_planner p = { .graph = graph, .kernels = kernels, .plan = plan, .output = output,
                       .fixed = graph->nodes[output].fixed, .precision = params->precision,
                       .observed = params->observed };
    plan->context = hyti_context_retain(graph->context);
    plan->fixed = p.fixed;
    plan->streamed = params->observed;
    plan->batch = p.fixed ? 1 : (size_t)params->batch;
    plan->threads = (size_t)params->threads;
    p.values = hyti_array(plan->context, graph->n_nodes, sizeof *p.values);
    hyt_status status = p.values ? plan_steps(&p) : hyti_fail_nomem();
    hyti_free(plan->context, p.values);
    return status;
}

/* End of the last 64-byte line that a tensor's rows touch. */
static uint64_t end_of(const hyti_plan *plan, hyt_value number)
{
    if (number == HYTI_NO_VALUE) return 0;
    const hyti_tensor *tensor = &plan->tensors[number];
    if (tensor->packed || tensor->buffer == HYTI_NO_BUFFER) return 0;
    return hyti_round_up(plan->buffers[tensor->buffer].offset + tensor->offset + hyti_tensor_bytes(tensor), 64);
}

uint64_t hyti_plan_used_bytes(const hyti_plan *plan)
{
    uint64_t used = 0;
    for (size_t i = 0; i < plan->n_steps; i++) {
        const hyti_step *step = &plan->steps[i];
        const hyt_value touched[] = { step->in, step->add, step->keys, step->values, step->out };
        for (size_t j = 0; j < HYTI_COUNT(touched); j++) used = HYTI_MAX(used, end_of(plan, touched[j]));
        if (step->scratch == HYTI_NO_BUFFER) continue;
        uint64_t scratch = (uint64_t)step->scratch_bytes * plan->threads;
        used = HYTI_MAX(used, plan->buffers[step->scratch].offset + scratch);
    }
    return used;
}

void hyti_plan_clear(hyti_plan *plan)
{
    hyt_context *context = plan->context;
    hyti_free(context, plan->tensors);
    hyti_free(context, plan->buffers);
    hyti_free(context, plan->steps);
    *plan = (hyti_plan){ 0 };
    hyt_context_destroy(context);
}

uint64_t hyti_tensor_bytes(const hyti_tensor *tensor)
{
    uint64_t last = (uint64_t)(tensor->rows - 1) * tensor->stride + tensor->width;
    return last * hyti_format_size(tensor->format);
}
