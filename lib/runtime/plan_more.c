/* SPDX-License-Identifier: MIT */
/* The steps of operations that move values, in whatever format they come, and of transformers and detectors. */
#include "runtime/planner.h"

enum { WIDEST = 64 }; /* a multiple of every table's panels, so that a plan holds on every processor */

/* A step that reads its operand in `format` and writes rows that follow each other. */
static hyti_step read_operand(hyti_planner *p, hyt_value value, hyti_step_kind kind, hyti_format format)
{
    hyti_step step = hyti_start_step(kind, value, format);
    step.in = hyti_tensor_in(p, hyti_node_of(p, value)->inputs[0], format);
    return step;
}

static hyt_status finish_placed(hyti_planner *p, hyti_step *step)
{
    hyti_place(p, step->node, step->format, false);
    hyti_finish_step(p, step);
    return HYT_OK;
}

static hyt_status plan_in(hyti_planner *p, hyt_value value, hyti_step_kind kind, hyti_format format)
{
    hyti_step step = read_operand(p, value, kind, format);
    return finish_placed(p, &step);
}

static hyt_status plan_move(hyti_planner *p, hyt_value value, hyti_step_kind kind)
{
    hyti_step step = read_operand(p, value, kind, p->plan->tensors[hyti_node_of(p, value)->inputs[0]].format);
    return finish_placed(p, &step);
}

/* Element by element: over the first operand where nothing else reads it. */
static hyt_status plan_over(hyti_planner *p, hyt_value value, hyti_step_kind kind, hyti_format format)
{
    const hyti_node *node = hyti_node_of(p, value);
    hyti_step step = read_operand(p, value, kind, format);
    step.add = hyti_tensor_in(p, node->inputs[1], format);
    if (step.add == step.in || !hyti_place_over(p, value, format, step.in)) hyti_place(p, value, format, false);
    hyti_finish_step(p, &step);
    return HYT_OK;
}

bool hyti_lies_in_order(const hyti_node *node)
{
    return !node->picture || node->dims.size[1] == 1 || node->dims.size[2] * node->dims.size[3] == 1;
}

static hyt_status plan_reshape(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value), *from = hyti_node_of(p, node->inputs[0]);
    if (hyti_lies_in_order(node) && hyti_lies_in_order(from)) {
        hyti_place_as(p, value, node->inputs[0]);
        return HYT_OK;
    }
    bool one = hyti_lies_in_order(node) || hyti_lies_in_order(from);
    return plan_move(p, value, one ? HYTI_STEP_MOVE : HYTI_STEP_REGROUP);
}

/* Patches of one pixel lie as they are. */
static hyt_status plan_windows(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    if (node->patch > 1) return plan_move(p, value, HYTI_STEP_MOVE);
    hyti_place_as(p, value, node->inputs[0]);
    return HYT_OK;
}

/* Scratch for the right operand, packed, and what goes before that; the same on every processor. */
static size_t matmul_scratch(const hyti_planner *p, const hyti_step *step)
{
    const hyti_node *node = hyti_node_of(p, step->node);
    const hyt_dims *left = &hyti_node_of(p, node->inputs[0])->dims;
    size_t k = left->size[left->rank - 1], m = left->size[left->rank - 2], n = node->dims.size[node->dims.rank - 1];
    size_t columns = hyti_round_up(n, WIDEST), size = hyti_format_size(step->format);
    if (step->format == HYTI_F32) return node->transposed ? k * columns * size : 0;
    if (step->format != HYTI_I8)
        return hyti_round_up(k * n * sizeof(float), 64) + hyti_round_up(k, WIDEST) * columns * size;
    size_t repeats = hyti_matmul_repeats(p->plan->tensors[step->add].quant.zero), depth = repeats * k;
    return hyti_round_up(n * sizeof(int32_t), 64) + hyti_round_up(n * depth, 64) +
           (repeats > 1 ? hyti_round_up(m * depth, 64) : 0) +
           (sizeof(int32_t) + hyti_round_up(depth, WIDEST)) * columns;
}

static hyt_status plan_matmul(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    hyti_format format = p->values[value].format;
    hyti_step step = read_operand(p, value, HYTI_STEP_MATMUL, format);
    step.add = hyti_tensor_in(p, node->inputs[1], format);
    step.scratch_bytes = matmul_scratch(p, &step);
    if (format == HYTI_I8) {
        step.multiplier = hyti_pack_room(p, node->dims.size[node->dims.rank - 1] * sizeof(int32_t));
        step.shift = hyti_pack_room(p, node->dims.size[node->dims.rank - 1] * sizeof(int32_t));
    }
    return finish_placed(p, &step);
}

static hyt_status plan_softmax(hyti_planner *p, hyt_value value)
{
    hyti_format format = p->values[value].format;
    hyti_step step = read_operand(p, value, HYTI_STEP_SOFTMAX, format);
    if (format == HYTI_I8) step.weights = hyti_pack_room(p, 256 * sizeof(int32_t));
    if (hyti_place_over(p, value, format, step.in)) {
        hyti_finish_step(p, &step);
        return HYT_OK;
    }
    return finish_placed(p, &step);
}

/* float32: a product for each tap of the kernel, group by group. */
static hyt_status plan_transposed(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    const size_t *size = p->graph->parameters[node->parameters[0]].dims.size;
    hyti_step step = read_operand(p, value, HYTI_STEP_TRANSPOSED, HYTI_F32);
    step.panel = hyti_round_up(hyti_pack_size(p->kernels, HYTI_F32, size[0] / node->groups, size[1]), 16);
    step.weights = hyti_pack_room(p, step.panel * node->groups * size[2] * size[3] * sizeof(float));
    if (node->n_parameters == 2) step.bias = hyti_pack_room(p, node->dims.size[1] * sizeof(float));
    return finish_placed(p, &step);
}

hyt_status hyti_plan_more(hyti_planner *p, hyt_value value)
{
    const hyti_node *node = hyti_node_of(p, value);
    switch (node->op) {
    case HYT_OP_ADD:
    case HYT_OP_MUL: return plan_over(p, value, HYTI_STEP_COMBINE, p->values[value].format);
    case HYT_OP_SOFTMAX: return plan_softmax(p, value);
    case HYT_OP_RESHAPE: return plan_reshape(p, value);
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE: return plan_move(p, value, HYTI_STEP_MOVE);
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD: return plan_windows(p, value);
    case HYT_OP_PAD: return plan_move(p, value, HYTI_STEP_PAD);
    case HYT_OP_RESIZE:
        if (node->mode == HYT_RESIZE_NEAREST) return plan_move(p, value, HYTI_STEP_NEAREST);
        return plan_in(p, value, HYTI_STEP_ALIGNED, p->values[value].format);
    case HYT_OP_MAX_POOL: return plan_move(p, value, HYTI_STEP_MAX_POOL);
    case HYT_OP_AVERAGE_POOL:
        if (node->kernel[0] * node->kernel[1] <= HYTI_MOST_AVERAGED) return plan_move(p, value, HYTI_STEP_AVERAGE_POOL);
        return plan_in(p, value, HYTI_STEP_AVERAGE_POOL, HYTI_F32);
    case HYT_OP_MEAN: return plan_in(p, value, HYTI_STEP_MEAN, p->values[value].format);
    case HYT_OP_MATMUL: return plan_matmul(p, value);
    case HYT_OP_CONV_TRANSPOSE: return plan_transposed(p, value);
    default: break;
    }
    return hyti_fail(HYT_ERR_UNSUPPORTED, "the runtime does not run %s (value %d)", hyt_op_name(node->op), (int)value);
}
