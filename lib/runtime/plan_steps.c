/* SPDX-License-Identifier: MIT */
/* Which steps an operation becomes: what can be fused is fused, what int8 needs beside its weights gets room. */
#include "runtime/planner.h"

const char *hyti_step_kind_name(hyti_step_kind kind)
{
    static const char *const names[HYTI_STEP_COUNT] = {
        [HYTI_STEP_INPUT] = "input",       [HYTI_STEP_GEMM] = "gemm",           [HYTI_STEP_CONV] = "conv",
        [HYTI_STEP_STEM] = "stem",         [HYTI_STEP_GROUPED] = "grouped",
        [HYTI_STEP_DEPTHWISE] = "depthwise", [HYTI_STEP_SCALE] = "scale",
        [HYTI_STEP_ACT] = "act",           [HYTI_STEP_ADD] = "add",             [HYTI_STEP_COPY] = "copy",
        [HYTI_STEP_POOL] = "pool",         [HYTI_STEP_RESIZE] = "resize",       [HYTI_STEP_UNFOLD] = "unfold",
        [HYTI_STEP_FOLD] = "fold",         [HYTI_STEP_LAYER_NORM] = "layer_norm",
        [HYTI_STEP_ATTENTION] = "attention", [HYTI_STEP_CONVERT] = "convert",   [HYTI_STEP_OUTPUT] = "output",
        [HYTI_STEP_COMBINE] = "combine",   [HYTI_STEP_MOVE] = "move",           [HYTI_STEP_REGROUP] = "regroup",
        [HYTI_STEP_PAD] = "pad",           [HYTI_STEP_SPREAD] = "spread",       [HYTI_STEP_NEAREST] = "resize_nearest",
        [HYTI_STEP_ALIGNED] = "resize_aligned", [HYTI_STEP_MAX_POOL] = "max_pool",
        [HYTI_STEP_AVERAGE_POOL] = "average_pool", [HYTI_STEP_TRANSPOSED] = "conv_transpose",
        [HYTI_STEP_MATMUL] = "matmul",     [HYTI_STEP_SOFTMAX] = "softmax",     [HYTI_STEP_MEAN] = "mean",
    };
    return names[kind];
}

static hyti_act act_of(hyt_op op)
{
    switch (op) {
    case HYT_OP_RELU: return HYTI_ACT_RELU;
    case HYT_OP_RELU6: return HYTI_ACT_RELU6;
    case HYT_OP_SILU: return HYTI_ACT_SILU;
    case HYT_OP_SIGMOID: return HYTI_ACT_SIGMOID;
    case HYT_OP_GELU: return HYTI_ACT_GELU;
    case HYT_OP_HARD_SWISH: return HYTI_ACT_HARD_SWISH;
    case HYT_OP_HARD_SIGMOID: return HYTI_ACT_HARD_SIGMOID;
    default: return HYTI_ACT_NONE;
    }
}

/* In int8 a bound, not a table. */
static bool is_bound(hyti_act act)
{
    return act == HYTI_ACT_NONE || act == HYTI_ACT_RELU || act == HYTI_ACT_RELU6;
}

static hyti_quant quant_of(const hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    return (hyti_quant){ node->scale, node->zero };
}

static bool takes_part(hyti_planner *p, hyt_value value)
{
    p->values[value].done = true;
    return true;
}

/* What follows in the same format and alone reads what precedes. */
static hyt_value next_of(const hyti_planner *p, hyt_value value, hyti_format format)
{
    hyt_value next = hyti_only_reader(p, value);
    return next != HYTI_NO_VALUE && p->values[next].format == format ? next : HYTI_NO_VALUE;
}

static void fuse_activation(hyti_planner *p, hyti_step *step, hyt_value next)
{
    hyti_act act = act_of(hyti_node_of(p, next)->op);
    if (step->format == HYTI_I8 && !is_bound(act) && !hyti_node_of(p, step->out)->quantised) return;
    takes_part(p, next);
    if (is_bound(act)) step->before = quant_of(p, next);
    step->after = quant_of(p, next);
    step->act = act;
    step->out = next;
}

static void fuse_addition(hyti_planner *p, hyti_step *step, hyt_value next)
{
    if (step->kind == HYTI_STEP_STEM) return;
    hyt_value other = hyti_node_of(p, next)->inputs[hyti_node_of(p, next)->inputs[0] == step->out];
    if (p->plan->tensors[other].buffer == HYTI_NO_BUFFER || !p->values[other].done) return;
    if (step->format == HYTI_I8 && !hyti_node_of(p, step->out)->quantised) return;
    takes_part(p, next);
    step->add = hyti_tensor_in(p, other, step->format);
    step->out = next;
}

/* The operations that follow and that alone read what precedes: batch norm, activation, addition of what is there. */
static void fuse(hyti_planner *p, hyti_step *step)
{
    hyt_value next = hyti_only_reader(p, step->out);
    if (next != HYTI_NO_VALUE && hyti_graph_folds(p->graph, next) && takes_part(p, next)) step->norm = step->out = next;
    step->before = step->after = quant_of(p, step->out);
    next = next_of(p, step->out, step->format);
    if (next != HYTI_NO_VALUE && hyti_op_is_activation(hyti_node_of(p, next)->op)) {
        fuse_activation(p, step, next);
        next = next_of(p, step->out, step->format);
    }
    if (next == HYTI_NO_VALUE || hyti_node_of(p, next)->op != HYT_OP_ADD) return;
    if (!hyti_is_broadcast(p, hyti_node_of(p, next))) fuse_addition(p, step, next);
}

static bool is_pointwise(const hyti_node *node)
{
    return node->kernel[0] == 1 && node->kernel[1] == 1 && node->stride[0] == 1 && node->stride[1] == 1 &&
           node->groups == 1;
}

static hyti_step_kind kind_of_conv(const hyti_planner *p, const hyti_node *node)
{
    if (is_pointwise(node)) return HYTI_STEP_GEMM;
    if (node->groups == 1) return HYTI_STEP_CONV;
    return hyti_node_is_depthwise(p->graph, node) ? HYTI_STEP_DEPTHWISE : HYTI_STEP_GROUPED;
}

/* The caller's picture goes straight into the only convolution that reads it, where that is worth it: few channels,
 * which would fill a vector badly, and no pixel read on its own. */
static bool is_stem(const hyti_planner *p, hyt_value input)
{
    enum { FEW = 4 };
    hyt_value reader = hyti_only_reader(p, input);
    if (reader == HYTI_NO_VALUE) return false;
    const hyti_node *conv = hyti_node_of(p, reader);
    hyti_format between = p->values[input].format;
    bool stored = between == HYTI_I8 || between == HYTI_F32; /* not rounded on the way */
    if (p->values[reader].format == HYTI_I8 && (!stored || conv->kernel[0] > HYTI_MOST_STEM_ROWS)) return false;
    return conv->op == HYT_OP_CONV && kind_of_conv(p, conv) == HYTI_STEP_CONV && conv->dilation[0] == 1 &&
           conv->dilation[1] == 1 && hyti_node_of(p, input)->dims.size[1] <= FEW;
}

static void plan_requant(hyti_planner *p, hyti_step *step, size_t columns)
{
    step->bias = hyti_pack_room(p, columns * sizeof(int32_t));
    step->multiplier = hyti_pack_room(p, columns * sizeof(int32_t));
    step->shift = hyti_pack_room(p, columns * sizeof(int32_t));
    if (!is_bound(step->act)) step->table = hyti_pack_room(p, 256);
}

static size_t weights_room(hyti_planner *p, size_t bytes)
{
    if (!p->observed) return hyti_pack_room(p, bytes);
    p->streamed = HYTI_MAX(p->streamed, hyti_round_up(bytes, 64));
    return 0; /* place_streamed() says where */
}

static void plan_weights(hyti_planner *p, hyti_step *step)
{
    const hyti_node *node = hyti_node_of(p, step->node);
    const hyti_parameter *weight = &p->graph->parameters[node->parameters[0]];
    size_t out = hyti_layer_channels(node, weight), depth = weight->count / out, size = hyti_format_size(step->format);
    if (p->observed && step->kind == HYTI_STEP_GEMM && p->plan->tensors[step->in].rows <= HYTI_FEW_ROWS) return;
    if (step->kind == HYTI_STEP_GROUPED) {
        step->panel = hyti_round_up(hyti_pack_size(p->kernels, step->format, depth, out / node->groups), 64);
        step->weights = weights_room(p, step->panel * node->groups * size);
    } else if (step->kind == HYTI_STEP_DEPTHWISE || step->kind == HYTI_STEP_SCALE) {
        bool scale = step->kind == HYTI_STEP_SCALE;
        size_t height = scale ? 1 : node->kernel[0], width = scale ? 1 : node->kernel[1];
        size_t values = step->format != HYTI_I8 ? weight->count : hyti_pack_depthwise_i8_size(height, width, out);
        step->weights = weights_room(p, values * size);
    } else if (step->kind == HYTI_STEP_STEM && step->format != HYTI_I8) {
        step->weights = weights_room(p, hyti_pack_size(p->kernels, HYTI_F32, depth, out) * sizeof(float));
    } else {
        step->weights = weights_room(p, hyti_pack_size(p->kernels, step->format, depth, out) * size);
    }
    if (step->format == HYTI_I8) plan_requant(p, step, out);
    else if (step->norm != HYTI_NO_VALUE || step->kind == HYTI_STEP_SCALE || node->n_parameters == 2)
        step->bias = hyti_pack_room(p, out * sizeof(float));
}

static size_t conv_scratch(const hyti_planner *p, const hyti_step *step)
{
    hyti_conv_f32 conv = hyti_step_conv(p->graph, p->plan, step);
    return hyti_step_conv_scratch(p->kernels, step->kind == HYTI_STEP_STEM, step->format, &conv);
}

/* Convolution, linear layer, batch norm on its own: weights, and whatever can be fused. */
static hyt_status plan_weighted(hyti_planner *p, hyt_value value, hyti_step_kind kind)
{
    hyti_step step = hyti_start_step(kind, value, p->values[value].format);
    if (kind != HYTI_STEP_STEM) step.in = hyti_tensor_in(p, hyti_node_of(p, value)->inputs[0], step.format);
    if (hyti_node_of(p, value)->op == HYT_OP_CONV_TRANSPOSE) step.in = hyti_spread(p, value, step.in);
    fuse(p, &step);
    if (step.format == HYTI_I8 && !hyti_node_of(p, step.out)->quantised)
        return hyti_fail(HYT_ERR_STATE, "value %d (%s) is int8 and has no quantisation", (int)step.out,
                         hyt_op_name(hyti_node_of(p, step.out)->op));
    plan_weights(p, &step);
    /* A product may add in place, but not onto its own operand. */
    bool over = kind == HYTI_STEP_GEMM && step.add != HYTI_NO_VALUE && step.add != step.in &&
                hyti_place_over(p, step.out, step.format, step.add);
    /* A convolution reads what it adds in the layout of its result, so that may not lie in a concatenation. */
    if (!over) hyti_place(p, step.out, step.format, kind == HYTI_STEP_GEMM || step.add == HYTI_NO_VALUE);
    if (kind == HYTI_STEP_CONV || kind == HYTI_STEP_GROUPED || kind == HYTI_STEP_STEM)
        step.scratch_bytes = conv_scratch(p, &step);
    hyti_finish_step(p, &step);
    return HYT_OK;
}

static hyt_status plan_elementwise(hyti_planner *p, hyt_value value, hyti_step_kind kind)
{
    const hyti_node *node = hyti_node_of(p, value);
    hyti_step step = hyti_start_step(kind, value, p->values[value].format);
    step.in = hyti_tensor_in(p, node->inputs[0], step.format);
    if (kind == HYTI_STEP_ACT) step.act = act_of(node->op);
    else step.add = hyti_tensor_in(p, node->inputs[1], step.format);
    if (step.format == HYTI_I8 && kind == HYTI_STEP_ACT) step.table = hyti_pack_room(p, 256);
    step.before = p->plan->tensors[step.in].quant;
    step.after = quant_of(p, value);
    if (!hyti_place_over(p, value, step.format, step.in) &&
        !(kind == HYTI_STEP_ADD && hyti_place_over(p, value, step.format, step.add)))
        hyti_place(p, value, step.format, false);
    hyti_finish_step(p, &step);
    return HYT_OK;
}

static hyt_status plan_plain(hyti_planner *p, hyt_value value, hyti_step_kind kind)
{
    const hyti_node *node = hyti_node_of(p, value);
    hyti_step step = hyti_start_step(kind, value, p->values[value].format);
    if (node->n_inputs) step.in = hyti_tensor_in(p, node->inputs[0], step.format);
    hyti_place(p, value, step.format, false);
    hyti_finish_step(p, &step);
    return HYT_OK;
}

/* The bias is read in float32, whatever the format. */
static hyt_status plan_attention(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    size_t queries = node->dims.size[2], keys = queries, width = node->dims.size[3] / node->heads;
    hyti_step step = hyti_start_step(HYTI_STEP_ATTENTION, value, p->values[value].format);
    step.in = hyti_tensor_in(p, node->inputs[0], step.format);
    if (node->n_inputs > 2) {
        step.keys = hyti_tensor_in(p, node->inputs[1], step.format);
        step.values = hyti_tensor_in(p, node->inputs[2], step.format);
        keys = hyti_node_of(p, node->inputs[1])->dims.size[2];
    }
    step.scratch_bytes = hyti_step_attention_scratch(p->kernels, step.format, queries, keys, width);
    if (node->n_inputs % 2 == 0) {
        step.add = hyti_tensor_in(p, node->inputs[node->n_inputs - 1], HYTI_F32);
        const hyti_tensor *bias = &p->plan->tensors[step.add];
        if (step.format == HYTI_I8 && bias->packed)
            step.weights = hyti_pack_room(p, bias->rows * bias->width * sizeof(int32_t));
        else if (step.format == HYTI_I8) step.scratch_bytes += hyti_round_up(queries * keys * sizeof(int32_t), 64);
    }
    hyti_place(p, value, step.format, false);
    hyti_finish_step(p, &step);
    return HYT_OK;
}

static hyt_status plan_layer_norm(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    size_t width = node->dims.size[node->dims.rank - 1];
    hyti_step step = hyti_start_step(HYTI_STEP_LAYER_NORM, value, p->values[value].format);
    step.in = hyti_tensor_in(p, node->inputs[0], step.format);
    step.before = p->plan->tensors[step.in].quant;
    step.after = quant_of(p, value);
    step.weights = hyti_pack_room(p, width * sizeof(float)); /* or whole numbers of as many bytes */
    step.bias = hyti_pack_room(p, width * sizeof(float));
    hyti_place(p, value, step.format, false);
    hyti_finish_step(p, &step);
    return HYT_OK;
}

static hyt_status plan_concat(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    hyti_format format = p->values[value].format;
    hyti_place(p, value, format, node->axis == (node->picture ? 1 : node->dims.rank - 1));
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (p->plan->tensors[node->inputs[i]].buffer == p->plan->tensors[value].buffer)
            continue; /* lies there already */
        bool fixed = hyti_node_of(p, node->inputs[i])->fixed; /* goes to every picture of the batch */
        hyti_step step = hyti_start_step(fixed ? HYTI_STEP_MOVE : HYTI_STEP_COPY, value, format);
        step.in = hyti_tensor_in(p, node->inputs[i], format);
        step.operand = i;
        step.before = p->plan->tensors[step.in].quant;
        step.after = quant_of(p, value);
        if (format == HYTI_I8 && (step.before.scale != step.after.scale || step.before.zero != step.after.zero))
            step.table = hyti_pack_room(p, 256);
        hyti_finish_step(p, &step);
    }
    return HYT_OK;
}

hyt_status hyti_plan_value(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    p->values[value].done = true;
    if (node->op == HYT_OP_CONSTANT || (node->fixed && !p->fixed)) {
        hyti_place_packed(p, value);
        return HYT_OK;
    }
    switch (node->op) {
    case HYT_OP_INPUT:
        if (!is_stem(p, value)) return plan_plain(p, value, HYTI_STEP_INPUT);
        p->values[hyti_only_reader(p, value)].done = true;
        return plan_weighted(p, hyti_only_reader(p, value), HYTI_STEP_STEM);
    case HYT_OP_CONV: return plan_weighted(p, value, kind_of_conv(p, node));
    case HYT_OP_CONV_TRANSPOSE:
        if (p->values[value].format == HYTI_F32) return hyti_plan_more(p, value);
        return plan_weighted(p, value, node->groups == 1 ? HYTI_STEP_CONV : HYTI_STEP_GROUPED);
    case HYT_OP_BATCH_NORM: return plan_weighted(p, value, HYTI_STEP_SCALE);
    case HYT_OP_LINEAR: return plan_weighted(p, value, HYTI_STEP_GEMM);
    case HYT_OP_RELU:
    case HYT_OP_RELU6:
    case HYT_OP_SILU:
    case HYT_OP_SIGMOID:
    case HYT_OP_GELU:
    case HYT_OP_HARD_SWISH:
    case HYT_OP_HARD_SIGMOID: return plan_elementwise(p, value, HYTI_STEP_ACT);
    case HYT_OP_ADD:
        if (hyti_is_broadcast(p, node)) return hyti_plan_more(p, value);
        return plan_elementwise(p, value, HYTI_STEP_ADD);
    case HYT_OP_CONCAT: return plan_concat(p, value);
    case HYT_OP_GLOBAL_POOL: return plan_plain(p, value, HYTI_STEP_POOL);
    case HYT_OP_RESIZE:
        if (node->mode != HYT_RESIZE_BILINEAR) return hyti_plan_more(p, value);
        return plan_plain(p, value, HYTI_STEP_RESIZE);
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD:
        if (node->patch == 1 || node->windows_first) return hyti_plan_more(p, value);
        return plan_plain(p, value, node->op == HYT_OP_UNFOLD ? HYTI_STEP_UNFOLD : HYTI_STEP_FOLD);
    case HYT_OP_LAYER_NORM: return plan_layer_norm(p, value);
    case HYT_OP_ATTENTION: return plan_attention(p, value);
    default: return hyti_plan_more(p, value);
    }
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
        .in_stride = step->in == HYTI_NO_VALUE ? before->dims.size[1] : plan->tensors[step->in].stride,
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
    if (node->op == HYT_OP_CONV_TRANSPOSE && step->kind != HYTI_STEP_TRANSPOSED) { /* over pixels spread apart */
        conv.in_height = (conv.in_height - 1) * node->stride[0] + 1;
        conv.in_width = (conv.in_width - 1) * node->stride[1] + 1;
        conv.pad_top = node->kernel[0] - 1 - node->pad[0];
        conv.pad_left = node->kernel[1] - 1 - node->pad[1];
        if (step->kind == HYTI_STEP_GROUPED) conv.in_channels /= node->groups, conv.out_channels /= node->groups;
        return conv;
    }
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

hyti_quant hyti_step_quant(const hyt_graph *graph, const hyti_plan *plan, const hyti_step *step)
{
    if (step->in != HYTI_NO_VALUE) return plan->tensors[step->in].quant;
    const hyti_node *input = &graph->nodes[graph->nodes[step->node].inputs[0]];
    return (hyti_quant){ input->scale, input->zero };
}
