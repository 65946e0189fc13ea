/* SPDX-License-Identifier: MIT */
/* From operations to steps: what can be fused is fused, every value that remains gets its place in a buffer. */
#include "runtime/plan.h"

/* What is known of a value while the graph is walked. */
typedef struct reading {
    hyt_value reader; /* the last operation that reads it */
    size_t uses;      /* operands of live operations it is, and one for the result */
    size_t left;      /* of these, not planned yet */
    bool live;        /* the result depends on it */
    bool done;        /* part of an earlier step */
} reading;

typedef struct planner {
    const hyt_graph *graph;
    const hyti_kernels *kernels;
    hyti_plan *plan;
    reading *values;
    hyt_value output;
} planner;

static const hyti_node *node_of(const planner *p, hyt_value value)
{
    return &p->graph->nodes[value];
}

/* Backwards from the result. */
static void find_readers(planner *p)
{
    p->values[p->output].live = true;
    p->values[p->output].uses = 1;
    for (size_t i = (size_t)p->output + 1; i-- > 0;) {
        const hyti_node *node = &p->graph->nodes[i];
        if (!p->values[i].live) continue;
        for (size_t j = 0; j < node->n_inputs; j++) {
            reading *input = &p->values[node->inputs[j]];
            if (!input->live) input->reader = (hyt_value)i;
            input->live = true;
            input->uses++;
        }
    }
    for (size_t i = 0; i <= (size_t)p->output; i++) p->values[i].left = p->values[i].uses;
}

static hyt_value only_reader(const planner *p, hyt_value value)
{
    return value != p->output && p->values[value].uses == 1 ? p->values[value].reader : HYTI_NO_VALUE;
}

static hyti_tensor shape_of(const planner *p, hyt_value value)
{
    const hyti_node *node = node_of(p, value);
    hyti_tensor tensor = { .format = HYTI_F32, .buffer = HYTI_NO_BUFFER, .rows = p->plan->batch };
    tensor.width = tensor.stride = node->dims.size[node->picture ? 1 : node->dims.rank - 1];
    for (size_t i = node->picture ? 2 : 1; i < node->dims.rank; i++)
        if (node->picture || i + 1 < node->dims.rank) tensor.rows *= node->dims.size[i];
    return tensor;
}

/* Places */

static size_t add_buffer(planner *p, size_t bytes)
{
    hyti_plan *plan = p->plan;
    plan->buffers[plan->n_buffers] =
        (hyti_buffer){ .bytes = hyti_round_up(bytes, 64), .first = plan->n_steps, .last = plan->n_steps };
    return plan->n_buffers++;
}

static void touch(planner *p, hyt_value value)
{
    if (value != HYTI_NO_VALUE) p->plan->buffers[p->plan->tensors[value].buffer].last = p->plan->n_steps;
}

static bool along_width(const hyti_node *node)
{
    return node->axis == (node->picture ? 1 : node->dims.rank - 1);
}

/* First value of an operand in a row of the concatenation. */
static size_t place_in(const planner *p, const hyti_node *concat, hyt_value operand)
{
    size_t place = 0;
    for (const hyt_value *input = concat->inputs; *input != operand; input++)
        place += node_of(p, *input)->dims.size[concat->axis];
    return place;
}

/* A value that only a concatenation reads is written into its place there, and so on outwards: the outermost, and the
 * first of the value's in its rows; the value itself where there is none. */
static hyt_value outermost(const planner *p, hyt_value value, size_t *first)
{
    *first = 0;
    for (;;) {
        hyt_value reader = only_reader(p, value);
        if (reader == HYTI_NO_VALUE) return value;
        const hyti_node *concat = node_of(p, reader);
        if (concat->op != HYT_OP_CONCAT || !along_width(concat)) return value;
        *first += place_in(p, concat, value);
        value = reader;
    }
}

/* strided: the step can write rows that do not follow each other. */
static void place(planner *p, hyt_value value, bool strided)
{
    size_t first = 0;
    hyti_tensor *tensor = &p->plan->tensors[value];
    if (tensor->buffer == HYTI_NO_BUFFER) {
        hyt_value outer = strided ? outermost(p, value, &first) : value;
        hyti_tensor *whole = &p->plan->tensors[outer];
        if (whole->buffer == HYTI_NO_BUFFER) {
            *whole = shape_of(p, outer);
            whole->buffer = add_buffer(p, whole->rows * whole->width * sizeof(float));
        }
        hyti_tensor shape = shape_of(p, value);
        shape.buffer = whole->buffer;
        shape.offset = first * sizeof(float);
        shape.stride = whole->stride;
        *tensor = shape;
    }
    touch(p, value);
}

/* Writes `value` over an operand that nothing reads any more; false if something does. */
static bool place_over(planner *p, hyt_value value, hyt_value operand)
{
    if (p->values[operand].left != 1) return false;
    p->plan->tensors[value] = p->plan->tensors[operand];
    return true;
}

/* Steps */

static hyti_step start_step(hyti_step_kind kind, hyt_value value, hyt_value in)
{
    return (hyti_step){ .kind = kind,
                        .node = value,
                        .norm = HYTI_NO_VALUE,
                        .in = in,
                        .out = value,
                        .add = HYTI_NO_VALUE,
                        .scratch = HYTI_NO_BUFFER,
                        .bias = HYTI_NO_BUFFER };
}

static void finish_step(planner *p, hyti_step *step)
{
    hyti_plan *plan = p->plan;
    touch(p, step->in);
    touch(p, step->add);
    touch(p, step->out);
    if (step->in != HYTI_NO_VALUE) p->values[step->in].left--;
    if (step->add != HYTI_NO_VALUE) p->values[step->add].left--;
    if (step->scratch_bytes) step->scratch = add_buffer(p, step->scratch_bytes * plan->threads);
    plan->steps[plan->n_steps++] = *step;
}

static hyti_act act_of(hyt_op op)
{
    return op == HYT_OP_RELU ? HYTI_ACT_RELU : op == HYT_OP_RELU6 ? HYTI_ACT_RELU6 : HYTI_ACT_SILU;
}

static bool takes_part(planner *p, hyt_value value)
{
    p->values[value].done = true;
    return true;
}

/* The operations that follow and that alone read what precedes: batch norm, activation, addition of what is there. */
static void fuse(planner *p, hyti_step *step)
{
    hyt_value next = only_reader(p, step->out);
    if (next != HYTI_NO_VALUE && hyti_graph_folds(p->graph, next) && takes_part(p, next)) {
        step->norm = step->out = next;
        next = only_reader(p, next);
    }
    if (next != HYTI_NO_VALUE && hyti_op_is_activation(node_of(p, next)->op) && takes_part(p, next)) {
        step->act = act_of(node_of(p, next)->op);
        step->out = next;
        next = only_reader(p, next);
    }
    if (next == HYTI_NO_VALUE || node_of(p, next)->op != HYT_OP_ADD) return;
    hyt_value other = node_of(p, next)->inputs[node_of(p, next)->inputs[0] == step->out];
    if (p->plan->tensors[other].buffer == HYTI_NO_BUFFER || !p->values[other].done) return;
    takes_part(p, next);
    step->add = other;
    step->out = next;
}

static bool is_pointwise(const hyti_node *node)
{
    return node->kernel[0] == 1 && node->kernel[1] == 1 && node->stride[0] == 1 && node->stride[1] == 1 &&
           node->groups == 1;
}

static hyti_step_kind kind_of_conv(const planner *p, const hyti_node *node)
{
    if (is_pointwise(node)) return HYTI_STEP_GEMM;
    if (node->groups == 1) return HYTI_STEP_CONV;
    return hyti_node_is_depthwise(p->graph, node) ? HYTI_STEP_DEPTHWISE : HYTI_STEP_GROUPED;
}

/* Room among the packed weights, every block at a multiple of 64 bytes. */
static size_t pack_room(planner *p, size_t values)
{
    size_t at = (size_t)p->plan->packed_values;
    p->plan->packed_values += hyti_round_up(values, 16);
    return at;
}

static void plan_weights(planner *p, hyti_step *step)
{
    const hyti_node *node = node_of(p, step->node);
    const hyti_parameter *weight = &p->graph->parameters[node->parameters[0]];
    size_t out = weight->dims.size[0], depth = weight->count / out;
    if (step->kind == HYTI_STEP_GROUPED) {
        step->panel = hyti_round_up(hyti_pack_size(p->kernels, HYTI_F32, depth, out / node->groups), 16);
        step->weights = pack_room(p, step->panel * node->groups);
    } else if (step->kind == HYTI_STEP_DEPTHWISE || step->kind == HYTI_STEP_SCALE) {
        step->weights = pack_room(p, weight->count);
    } else {
        step->weights = pack_room(p, hyti_pack_size(p->kernels, HYTI_F32, depth, out));
    }
    if (step->norm != HYTI_NO_VALUE || step->kind == HYTI_STEP_SCALE || node->n_parameters == 2)
        step->bias = pack_room(p, out);
}

/* Convolution, linear layer, batch norm on its own: weights, and whatever can be fused. */
static void plan_weighted(planner *p, hyt_value value, hyti_step_kind kind)
{
    hyti_step step = start_step(kind, value, node_of(p, value)->inputs[0]);
    fuse(p, &step);
    plan_weights(p, &step);
    /* A product may add in place, but not onto its own operand. */
    bool over =
        kind == HYTI_STEP_GEMM && step.add != HYTI_NO_VALUE && step.add != step.in && place_over(p, step.out, step.add);
    /* A convolution reads what it adds in the layout of its result, so that may not lie in a concatenation. */
    if (!over) place(p, step.out, kind == HYTI_STEP_GEMM || step.add == HYTI_NO_VALUE);
    if (kind == HYTI_STEP_CONV || kind == HYTI_STEP_GROUPED) {
        hyti_conv_f32 conv = hyti_step_conv(p->graph, p->plan, &step);
        step.scratch_bytes = hyti_conv_f32_scratch(p->kernels, &conv);
    }
    finish_step(p, &step);
}

static void plan_elementwise(planner *p, hyt_value value, hyti_step_kind kind)
{
    const hyti_node *node = node_of(p, value);
    hyti_step step = start_step(kind, value, node->inputs[0]);
    if (kind == HYTI_STEP_ACT) step.act = act_of(node->op);
    else step.add = node->inputs[1];
    if (!place_over(p, value, step.in) && !(kind == HYTI_STEP_ADD && place_over(p, value, step.add)))
        place(p, value, false);
    finish_step(p, &step);
}

static void plan_plain(planner *p, hyt_value value, hyti_step_kind kind)
{
    const hyti_node *node = node_of(p, value);
    hyti_step step = start_step(kind, value, node->n_inputs ? node->inputs[0] : HYTI_NO_VALUE);
    if (kind == HYTI_STEP_ATTENTION)
        step.scratch_bytes =
            hyti_attention_f32_scratch(p->kernels, node->dims.size[2], node->dims.size[2], node->dims.size[3] / node->heads);
    place(p, value, false);
    finish_step(p, &step);
}

static void plan_layer_norm(planner *p, hyt_value value)
{
    hyti_step step = start_step(HYTI_STEP_LAYER_NORM, value, node_of(p, value)->inputs[0]);
    step.weights = pack_room(p, node_of(p, value)->dims.size[node_of(p, value)->dims.rank - 1]);
    step.bias = pack_room(p, node_of(p, value)->dims.size[node_of(p, value)->dims.rank - 1]);
    place(p, value, false);
    finish_step(p, &step);
}

static void plan_concat(planner *p, hyt_value value)
{
    const hyti_node *node = node_of(p, value);
    place(p, value, along_width(node));
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (p->plan->tensors[node->inputs[i]].buffer == p->plan->tensors[value].buffer)
            continue; /* lies there already */
        hyti_step step = start_step(HYTI_STEP_COPY, value, node->inputs[i]);
        step.operand = i;
        finish_step(p, &step);
    }
}

static void plan_value(planner *p, hyt_value value)
{
    const hyti_node *node = node_of(p, value);
    p->values[value].done = true;
    switch (node->op) {
    case HYT_OP_INPUT: plan_plain(p, value, HYTI_STEP_INPUT); break;
    case HYT_OP_CONV: plan_weighted(p, value, kind_of_conv(p, node)); break;
    case HYT_OP_BATCH_NORM: plan_weighted(p, value, HYTI_STEP_SCALE); break;
    case HYT_OP_LINEAR: plan_weighted(p, value, HYTI_STEP_GEMM); break;
    case HYT_OP_RELU:
    case HYT_OP_RELU6:
    case HYT_OP_SILU: plan_elementwise(p, value, HYTI_STEP_ACT); break;
    case HYT_OP_ADD: plan_elementwise(p, value, HYTI_STEP_ADD); break;
    case HYT_OP_CONCAT: plan_concat(p, value); break;
    case HYT_OP_GLOBAL_POOL: plan_plain(p, value, HYTI_STEP_POOL); break;
    case HYT_OP_RESIZE: plan_plain(p, value, HYTI_STEP_RESIZE); break;
    case HYT_OP_UNFOLD: plan_plain(p, value, HYTI_STEP_UNFOLD); break;
    case HYT_OP_FOLD: plan_plain(p, value, HYTI_STEP_FOLD); break;
    case HYT_OP_LAYER_NORM: plan_layer_norm(p, value); break;
    case HYT_OP_ATTENTION: plan_plain(p, value, HYTI_STEP_ATTENTION); break;
    default: break; /* refused before */
    }
}

static void plan_output(planner *p)
{
    hyti_step step = start_step(HYTI_STEP_OUTPUT, p->output, p->output);
    step.out = HYTI_NO_VALUE;
    finish_step(p, &step);
}

/* A step an operation, one for the result, one a copied operand; a buffer a value, one a step for scratch. */
static hyt_status reserve(planner *p)
{
    hyti_plan *plan = p->plan;
    hyt_context *context = plan->context;
    size_t nodes = p->graph->n_nodes, steps = nodes + 1;
    for (size_t i = 0; i < nodes; i++)
        if (p->graph->nodes[i].op == HYT_OP_CONCAT) steps += p->graph->nodes[i].n_inputs;
    plan->n_tensors = nodes;
    plan->tensors = hyti_array(context, nodes, sizeof *plan->tensors);
    plan->steps = hyti_array(context, steps, sizeof *plan->steps);
    plan->buffers = hyti_array(context, nodes + steps, sizeof *plan->buffers);
    p->values = hyti_array(context, nodes, sizeof *p->values);
    if (!plan->tensors || !plan->steps || !plan->buffers || !p->values) return hyti_fail_nomem();
    for (size_t i = 0; i < nodes; i++) plan->tensors[i].buffer = HYTI_NO_BUFFER;
    return HYT_OK;
}

/* Sizes of a batch stay below 2^53 bytes each, so that no sum of all of them overflows. */
static hyt_status check_sizes(const hyt_graph *graph, size_t batch)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        size_t values = batch;
        for (size_t j = 0; j < graph->nodes[i].dims.rank; j++) values *= graph->nodes[i].dims.size[j];
        if (values > (uint64_t)1 << 44)
            return hyti_fail(HYT_ERR_RANGE, "value %zu at batch %zu has more than 2^44 values", i, batch);
    }
    return HYT_OK;
}

static hyt_status plan_steps(planner *p)
{
    HYTI_TRY(hyti_graph_need_basic(p->graph, "the runtime"));
    HYTI_TRY(check_sizes(p->graph, p->plan->batch));
    HYTI_TRY(reserve(p));
    find_readers(p);
    for (hyt_value value = 0; value <= p->output; value++)
        if (p->values[value].live && !p->values[value].done) plan_value(p, value);
    plan_output(p);
    return hyti_plan_pack(p->plan);
}

hyt_status hyti_plan_build(const hyt_graph *graph, const hyti_runtime_params *params, const hyti_kernels *kernels,
                           hyti_plan *plan)
{
    planner p = { .graph = graph, .kernels = kernels, .plan = plan, .output = hyt_graph_output(graph) };
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", graph->name);
    plan->context = hyti_context_retain(graph->context);
    plan->batch = (size_t)params->batch;
    plan->threads = (size_t)params->threads;
    hyt_status status = plan_steps(&p);
    hyti_free(plan->context, p.values);
    return status;
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

/* A picture of rows and columns of pixels; a batch norm on its own is a 1x1 depthwise convolution. */
hyti_conv_f32 hyti_step_conv(const hyt_graph *graph, const hyti_plan *plan, const hyti_step *step)
{
    const hyti_node *node = &graph->nodes[step->node], *before = &graph->nodes[node->inputs[0]];
    hyti_conv_f32 conv = {
        .in_height = before->dims.size[2],
        .in_width = before->dims.size[3],
        .in_channels = before->dims.size[1],
        .out_height = node->dims.size[2],
        .out_width = node->dims.size[3],
        .out_channels = node->dims.size[1],
        .in_stride = plan->tensors[step->in].stride,
        .act = step->act,
        .kernel_height = 1,
        .kernel_width = 1,
        .stride_height = 1,
        .stride_width = 1,
        .dilation_height = 1,
        .dilation_width = 1,
        .last = node->dims.size[2],
    };
    conv.out_stride = plan->tensors[step->out].stride;
    if (step->kind == HYTI_STEP_SCALE) return conv;
    conv.kernel_height = node->kernel[0];
    conv.kernel_width = node->kernel[1];
    conv.stride_height = node->stride[0];
    conv.stride_width = node->stride[1];
    conv.pad_top = node->pad[0];
    conv.pad_left = node->pad[1];
    conv.dilation_height = node->dilation[0];
    conv.dilation_width = node->dilation[1];
    if (step->kind == HYTI_STEP_GROUPED) {
        conv.in_channels /= node->groups;
        conv.out_channels /= node->groups;
    }
    return conv;
}
