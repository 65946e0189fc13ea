/* SPDX-License-Identifier: MIT */
/* One operator: what it is, what it reads and writes, and whether its result is what the file says. */
#include "formats/tflite.h"

#define FIRST_WIDE 127 /* operators from here on have their number in the wider field */

static const struct row {
    hyti_tflite_code code;
    unsigned options; /* its kind of options; 0: none */
    size_t inputs, most;
    hyti_tflite_converter *convert;
} rows[] = {
    { HYTI_TFLITE_ADD, 11, 2, 2, hyti_tflite_binary },
    { HYTI_TFLITE_AVERAGE_POOL_2D, 5, 1, 1, hyti_tflite_pool },
    { HYTI_TFLITE_CONCATENATION, 10, 1, HYTI_MAX_OPERANDS, hyti_tflite_concat },
    { HYTI_TFLITE_CONV_2D, 1, 2, 3, hyti_tflite_conv },
    { HYTI_TFLITE_DEPTHWISE_CONV_2D, 2, 2, 3, hyti_tflite_depthwise },
    { HYTI_TFLITE_DEQUANTIZE, 38, 1, 1, hyti_tflite_dequantize },
    { HYTI_TFLITE_FULLY_CONNECTED, 8, 2, 3, hyti_tflite_linear },
    { HYTI_TFLITE_LOGISTIC, 0, 1, 1, hyti_tflite_unary },
    { HYTI_TFLITE_MAX_POOL_2D, 5, 1, 1, hyti_tflite_pool },
    { HYTI_TFLITE_MUL, 21, 2, 2, hyti_tflite_binary },
    { HYTI_TFLITE_RELU, 0, 1, 1, hyti_tflite_unary },
    { HYTI_TFLITE_RELU6, 0, 1, 1, hyti_tflite_unary },
    { HYTI_TFLITE_RESHAPE, 17, 1, 2, hyti_tflite_reshape },
    { HYTI_TFLITE_RESIZE_BILINEAR, 15, 1, 2, hyti_tflite_resize },
    { HYTI_TFLITE_SOFTMAX, 9, 1, 1, hyti_tflite_softmax },
    { HYTI_TFLITE_PAD, 22, 2, 2, hyti_tflite_pad },
    { HYTI_TFLITE_TRANSPOSE, 26, 2, 2, hyti_tflite_transpose },
    { HYTI_TFLITE_MEAN, 27, 2, 2, hyti_tflite_mean },
    { HYTI_TFLITE_SUB, 28, 2, 2, hyti_tflite_binary },
    { HYTI_TFLITE_SQUEEZE, 30, 1, 1, hyti_tflite_reshape },
    { HYTI_TFLITE_STRIDED_SLICE, 32, 4, 4, hyti_tflite_strided_slice },
    { HYTI_TFLITE_SLICE, 48, 3, 3, hyti_tflite_slice },
    { HYTI_TFLITE_TRANSPOSE_CONV, 49, 3, 4, hyti_tflite_transpose_conv },
    { HYTI_TFLITE_EXPAND_DIMS, 52, 1, 2, hyti_tflite_reshape },
    { HYTI_TFLITE_RESIZE_NEAREST_NEIGHBOR, 74, 1, 2, hyti_tflite_resize },
    { HYTI_TFLITE_QUANTIZE, 89, 1, 1, hyti_tflite_quantize },
    { HYTI_TFLITE_HARD_SWISH, 91, 1, 1, hyti_tflite_unary },
    { HYTI_TFLITE_BATCH_MATMUL, 101, 2, 2, hyti_tflite_matmul },
    { HYTI_TFLITE_GELU, 116, 1, 1, hyti_tflite_unary },
};

static const struct row *find_row(int64_t code)
{
    for (size_t i = 0; i < HYTI_COUNT(rows); i++)
        if ((int64_t)rows[i].code == code) return &rows[i];
    return NULL;
}

static hyt_status read_code(const hyti_tflite *file, uint64_t index, int64_t *out)
{
    hyti_flat_table table;
    int64_t old, wide;
    if (index >= file->codes.count)
        return hyti_fail(HYT_ERR_FORMAT, "there is no operator code %llu of %zu", (unsigned long long)index,
                         file->codes.count);
    HYTI_TRY(hyti_flat_at(&file->codes, (size_t)index, "operator code", &table));
    HYTI_TRY(hyti_flat_signed(&table, 0, 1, 0, "operator code", &old));
    HYTI_TRY(hyti_flat_signed(&table, 3, 4, 0, "operator code", &wide));
    *out = old < FIRST_WIDE && wide < old ? old : wide;
    return HYT_OK;
}

/* The code alone, since messages name it whatever else is wrong. */
static hyt_status open_operator(hyti_tflite *file, size_t number, hyti_flat_table *table, hyti_tflite_operator *op)
{
    uint64_t index;
    op->file = file;
    HYTI_TRY(hyti_flat_at(&file->operators, number, "operator", table));
    HYTI_TRY(hyti_flat_unsigned(table, 0, 4, 0, "operator code", &index));
    return read_code(file, index, &op->code);
}

static hyt_status open_options(const hyti_flat_table *table, const struct row *row, hyti_tflite_operator *op)
{
    uint64_t kind;
    HYTI_TRY(hyti_flat_unsigned(table, 3, 1, 0, "kind of options", &kind));
    HYTI_TRY(hyti_flat_child(table, 4, "options", &op->options));
    if (kind == 0) op->options = (hyti_flat_table){ .file = op->file->file };
    if (kind == 0 || kind == row->options) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "options of kind %u, not of %u", (unsigned)kind, row->options);
}

static hyt_status open_tensors(const hyti_flat_table *table, const struct row *row, hyti_tflite_operator *op)
{
    HYTI_TRY(hyti_flat_list(table, 1, 4, "list of inputs", &op->inputs));
    HYTI_TRY(hyti_flat_list(table, 2, 4, "list of outputs", &op->outputs));
    if (op->inputs.count < row->inputs || op->inputs.count > row->most || op->outputs.count != 1)
        return hyti_fail(HYT_ERR_FORMAT, "%zu inputs and %zu outputs, not %zu to %zu and 1", op->inputs.count,
                         op->outputs.count, row->inputs, row->most);
    for (size_t i = 0; i < row->inputs; i++)
        if (!hyti_tflite_has_input(op, i)) return hyti_fail(HYT_ERR_FORMAT, "input %zu is left out", i);
    HYTI_TRY(hyti_tflite_input(op, 0, &op->in));
    HYTI_TRY(hyti_tflite_tensor_at(op->file, hyti_flat_whole(&op->outputs, 0), &op->out));
    const hyti_tflite_values *values = &op->file->values[op->out.number];
    if (values->picture != HYTI_NO_VALUE || values->plain != HYTI_NO_VALUE || values->constant >= 0)
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu is written a second time", op->out.number);
    if (hyti_tflite_is_constant(&op->out))
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu is written, but it is a constant", op->out.number);
    return HYT_OK;
}

/* The axes that the graph has found against those of the file. */
static hyt_status check_result(const hyti_tflite_operator *op, hyt_value value)
{
    const hyti_node *node = &op->file->graph->nodes[value];
    hyt_dims said = hyti_tflite_plain_dims(&op->out);
    const size_t *size = op->out.dims.size;
    if (node->picture) said = (hyt_dims){ op->out.dims.rank, { size[0], size[3], size[1], size[2] } };
    bool equal = said.rank == node->dims.rank;
    for (size_t i = 0; equal && i < said.rank; i++) equal = said.size[i] == node->dims.size[i];
    if (equal) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "the shape of tensor %zu is not that of the result", op->out.number);
}

static hyt_status convert(const hyti_tflite_operator *op, const struct row *row)
{
    hyti_tflite *file = op->file;
    hyt_value value;
    file->first = file->graph->n_nodes;
    HYTI_TRY(row->convert(op, &value));
    if (value == HYTI_NO_VALUE) return HYT_OK; /* of constants alone */
    HYTI_TRY(check_result(op, value));
    for (size_t i = file->first; i < file->graph->n_nodes; i++)
        if (!file->graph->nodes[i].quantised) HYTI_TRY(hyti_tflite_annotate(file, &op->out, (hyt_value)i));
    hyti_tflite_values *values = &file->values[op->out.number];
    if (file->graph->nodes[value].picture) values->picture = value;
    else values->plain = value;
    return HYT_OK;
}

static hyt_status convert_known(const hyti_flat_table *table, hyti_tflite_operator *op)
{
    const struct row *row = find_row(op->code);
    if (!row) return hyti_fail(HYT_ERR_UNSUPPORTED, "this operator is not provided");
    HYTI_TRY(open_options(table, row, op));
    HYTI_TRY(open_tensors(table, row, op));
    return convert(op, row);
}

hyt_status hyti_tflite_convert(hyti_tflite *file, size_t number)
{
    hyti_flat_table table;
    hyti_tflite_operator op;
    HYTI_TRY(open_operator(file, number, &table, &op));
    hyt_status status = convert_known(&table, &op);
    if (status == HYT_OK || status == HYT_ERR_NOMEM) return status;
    const char *name = hyti_tflite_name(op.code);
    if (name) return hyti_fail_within(status, "operator %zu (%s)", number, name);
    return hyti_fail_within(status, "operator %zu (number %lld)", number, (long long)op.code);
}

hyt_status hyti_tflite_option(const hyti_tflite_operator *op, size_t field, size_t width, int64_t otherwise,
                              int64_t low, int64_t high, const char *what, size_t *out)
{
    int64_t value;
    HYTI_TRY(hyti_flat_signed(&op->options, field, width, otherwise, what, &value));
    if (value < low || value > high)
        return hyti_fail(HYT_ERR_FORMAT, "%s is %lld, not from %lld to %lld", what, (long long)value, (long long)low,
                         (long long)high);
    *out = (size_t)value;
    return HYT_OK;
}

hyt_status hyti_tflite_fused(const hyti_tflite_operator *op, size_t field, hyt_value value, hyt_value *out)
{
    static const char *const names[] = { "none", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT" };
    size_t kind = 0;
    HYTI_TRY(hyti_tflite_option(op, field, 1, 0, 0, 5, "fused activation", &kind));
    *out = value;
    if (kind == 1) return hyt_graph_activation(op->file->graph, value, HYT_OP_RELU, out);
    if (kind == 3) return hyt_graph_activation(op->file->graph, value, HYT_OP_RELU6, out);
    return kind == 0 ? HYT_OK : hyti_fail(HYT_ERR_UNSUPPORTED, "fused activation %s", names[kind]);
}
