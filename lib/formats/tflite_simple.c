/* SPDX-License-Identifier: MIT */
/* Value by value, softmax, products of matrices, and what changes the type. */
#include "formats/tflite.h"

static hyt_status append_binary(const hyti_tflite_operator *op, hyt_value left, hyt_value right, hyt_value *out)
{
    hyt_graph *graph = op->file->graph;
    size_t pixels = 1, others = 1;
    hyti_dims_count(&graph->nodes[left].dims, &pixels);
    hyti_dims_count(&graph->nodes[right].dims, &others);
    if (others > pixels) { /* the graph broadcasts its second operand */
        hyt_value swap = left;
        left = right;
        right = swap;
    }
    if (op->code == HYTI_TFLITE_MUL) return hyt_graph_mul(graph, left, right, out);
    return hyt_graph_add(graph, left, right, out);
}

/* ADD, MUL, and SUB of a constant, which is the sum with its negative. */
hyt_status hyti_tflite_binary(const hyti_tflite_operator *op, hyt_value *out)
{
    hyti_tflite *file = op->file;
    hyti_tflite_tensor left = op->in, right;
    hyt_value values[2];
    HYTI_TRY(hyti_tflite_input(op, 1, &right));
    bool subtract = op->code == HYTI_TFLITE_SUB;
    if (subtract && !hyti_tflite_is_constant(&right))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "what is subtracted, tensor %zu, is not a constant", right.number);
    if (left.real != op->out.real || right.real != op->out.real)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "operands and result are of two types");
    if (hyti_tflite_is_constant(&left) && !subtract) {
        hyti_tflite_tensor swap = left;
        left = right;
        right = swap;
    }
    bool picture = hyti_tflite_has_picture(file, &left) || hyti_tflite_has_picture(file, &right);
    HYTI_TRY((picture ? hyti_tflite_picture : hyti_tflite_plain)(file, &left, &values[0]));
    if (hyti_tflite_is_constant(&right))
        HYTI_TRY(hyti_tflite_constant(file, &right, &left, picture, subtract, &values[1]));
    else HYTI_TRY((picture ? hyti_tflite_picture : hyti_tflite_plain)(file, &right, &values[1]));
    HYTI_TRY(append_binary(op, values[0], values[1], out));
    return hyti_tflite_fused(op, 0, *out, out);
}

/* An activation in whatever form its operand is. */
hyt_status hyti_tflite_unary(const hyti_tflite_operator *op, hyt_value *out)
{
    hyt_value input;
    size_t approximate;
    hyt_op act = HYT_OP_RELU;
    if (op->code == HYTI_TFLITE_RELU6) act = HYT_OP_RELU6;
    if (op->code == HYTI_TFLITE_LOGISTIC) act = HYT_OP_SIGMOID;
    if (op->code == HYTI_TFLITE_HARD_SWISH) act = HYT_OP_HARD_SWISH;
    if (op->code == HYTI_TFLITE_GELU) act = HYT_OP_GELU;
    HYTI_TRY(hyti_tflite_need_scale(&op->in));
    if (op->in.real != op->out.real) return hyti_fail(HYT_ERR_UNSUPPORTED, "operand and result are of two types");
    if (act == HYT_OP_GELU) {
        HYTI_TRY(hyti_tflite_option(op, 0, 1, 0, 0, 1, "approximate", &approximate));
        if (approximate) return hyti_fail(HYT_ERR_UNSUPPORTED, "the approximation of GELU by a tangent");
    }
    HYTI_TRY(hyti_tflite_any(op->file, &op->in, &input));
    return hyt_graph_activation(op->file->graph, input, act, out);
}

/* Over the last axis; in int8 the result has scale 1/256 and zero point -128, as everywhere. */
hyt_status hyti_tflite_softmax(const hyti_tflite_operator *op, hyt_value *out)
{
    hyt_value input;
    float beta;
    HYTI_TRY(hyti_flat_float(&op->options, 0, 0, "beta", &beta));
    HYTI_TRY(hyti_tflite_need_scale(&op->in));
    HYTI_TRY(hyti_tflite_need_scale(&op->out));
    if (beta != 1) return hyti_fail(HYT_ERR_UNSUPPORTED, "a softmax with beta %g", (double)beta);
    if (op->in.real != op->out.real) return hyti_fail(HYT_ERR_UNSUPPORTED, "operand and result are of two types");
    if (!op->out.real && (hyti_tflite_scale(&op->out, 0) != 1 / 256.0f || hyti_tflite_zero(&op->out, 0) != -128))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "scale %g and zero point %d of a softmax, not 1/256 and -128",
                         (double)hyti_tflite_scale(&op->out, 0), (int)hyti_tflite_zero(&op->out, 0));
    HYTI_TRY(hyti_tflite_plain(op->file, &op->in, &input));
    return hyt_graph_softmax(op->file->graph, input, out);
}

/* The last two axes exchanged. */
static hyt_status turn(const hyti_tflite_operator *op, const hyti_tflite_tensor *tensor, hyt_value *value)
{
    hyt_graph *graph = op->file->graph;
    size_t order[HYT_MAX_RANK], rank = graph->nodes[*value].dims.rank;
    for (size_t i = 0; i < rank; i++) order[i] = i;
    order[rank - 2] = rank - 1;
    order[rank - 1] = rank - 2;
    HYTI_TRY(hyt_graph_transpose(graph, *value, order, 0, value));
    return hyti_tflite_annotate(op->file, tensor, *value);
}

hyt_status hyti_tflite_matmul(const hyti_tflite_operator *op, hyt_value *out)
{
    hyti_tflite_tensor right;
    hyt_value values[2];
    size_t left_turned, right_turned;
    HYTI_TRY(hyti_tflite_option(op, 0, 1, 0, 0, 1, "adj_x", &left_turned));
    HYTI_TRY(hyti_tflite_option(op, 1, 1, 0, 0, 1, "adj_y", &right_turned));
    HYTI_TRY(hyti_tflite_input(op, 1, &right));
    if (op->in.real != op->out.real || right.real != op->out.real)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "operands and result are of two types");
    HYTI_TRY(hyti_tflite_plain(op->file, &op->in, &values[0]));
    if (hyti_tflite_is_constant(&right))
        HYTI_TRY(hyti_tflite_constant(op->file, &right, &op->in, false, false, &values[1]));
    else HYTI_TRY(hyti_tflite_plain(op->file, &right, &values[1]));
    if (left_turned && op->file->graph->nodes[values[0]].dims.rank >= 3) HYTI_TRY(turn(op, &op->in, &values[0]));
    else if (left_turned) return hyti_fail(HYT_ERR_UNSUPPORTED, "adj_x of a matrix without a batch");
    return hyt_graph_matmul(op->file->graph, values[0], values[1], (int)right_turned, out);
}

/* Of the network's input, which nothing else reads: how that is stored. Else a copy of its own scale, which a
 * concatenation of one operand makes. */
hyt_status hyti_tflite_quantize(const hyti_tflite_operator *op, hyt_value *out)
{
    hyti_tflite *file = op->file;
    hyt_value input;
    HYTI_TRY(hyti_tflite_need_scale(&op->in));
    if (op->out.real) return hyti_fail(HYT_ERR_FORMAT, "the result, tensor %zu, is not of INT8", op->out.number);
    HYTI_TRY(hyti_tflite_need_scale(&op->out));
    HYTI_TRY(hyti_tflite_any(file, &op->in, &input));
    if (op->in.real && input == file->graph->input && file->values[op->in.number].uses == 1) {
        *out = input;
        return hyti_tflite_annotate(file, &op->out, input);
    }
    return hyt_graph_concat(file->graph, &input, 1, 1, out);
}

/* A constant is read by whoever wants it; what is computed stays as it is: a scaled value stands for a real one. */
hyt_status hyti_tflite_dequantize(const hyti_tflite_operator *op, hyt_value *out)
{
    if (!op->out.real) return hyti_fail(HYT_ERR_FORMAT, "the result, tensor %zu, is not of FLOAT32", op->out.number);
    if (hyti_tflite_is_constant(&op->in)) {
        op->file->values[op->out.number].constant = (int32_t)op->in.number;
        *out = HYTI_NO_VALUE;
        return HYT_OK;
    }
    HYTI_TRY(hyti_tflite_need_scale(&op->in));
    return hyti_tflite_any(op->file, &op->in, out);
}
