/* SPDX-License-Identifier: MIT */
/* The operators that have weights: convolutions, transposed convolutions, fully connected layers. */
#include "formats/tflite.h"
#include <math.h>

/* A layer under construction. Its arithmetic is int8 where its input, weights and result are; weights alone in int8 or
 * float16 are read as the floats they stand for. */
typedef struct layer {
    const hyti_tflite_operator *op;
    hyti_tflite_tensor in, weights, bias;
    bool has_bias, int8;
    size_t axis;      /* of the weights, along which their results lie */
    size_t features;
    hyti_node node;
    hyt_value input;
} layer;

static hyt_status need_rank(const hyti_tflite_tensor *tensor, size_t rank, const char *what)
{
    if (tensor->dims.rank == rank) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "the %s, tensor %zu, have %zu axes, not %zu", what, tensor->number,
                     tensor->dims.rank, rank);
}

/* Bias in whole numbers of input scale times weight scale; -128 is no weight of the symmetric scheme. */
static hyt_status check_int8(const layer *l)
{
    const hyti_tflite_tensor *weights = &l->weights;
    if (weights->type != HYTI_TFLITE_INT8 || weights->real || weights->scales.count == 0)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "an int8 input meets weights, tensor %zu, that are not", weights->number);
    if (weights->scales.count > 1 && weights->axis != l->axis)
        return hyti_fail(HYT_ERR_FORMAT, "the weights, tensor %zu, have scales along axis %zu, not %zu",
                         weights->number, weights->axis, l->axis);
    for (size_t i = 0; i < weights->zeros.count; i++)
        if (hyti_tflite_zero(weights, i))
            return hyti_fail(HYT_ERR_UNSUPPORTED, "the weights, tensor %zu, have zero point %d at place %zu, not 0",
                             weights->number, (int)hyti_tflite_zero(weights, i), i);
    for (size_t i = 0; i < weights->data.count; i++)
        if (*hyti_flat_bytes(&weights->data, i) == 0x80)
            return hyti_fail(HYT_ERR_UNSUPPORTED, "the weights, tensor %zu, have -128 at place %zu", weights->number,
                             i);
    if (!l->has_bias || l->bias.type == HYTI_TFLITE_INT32) return HYT_OK;
    return hyti_fail(HYT_ERR_UNSUPPORTED, "the bias, tensor %zu, is not of INT32", l->bias.number);
}

/* Inputs that are not yet in the layer: the weights and the bias, which is `bias_at`. */
static hyt_status open_layer(layer *l, size_t bias_at, size_t rank)
{
    const hyti_tflite_operator *op = l->op;
    HYTI_TRY(hyti_tflite_input(op, 1, &l->weights));
    HYTI_TRY(need_rank(&l->weights, rank, "weights"));
    if (!hyti_tflite_is_constant(&l->weights))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "the weights, tensor %zu, are not a constant", l->weights.number);
    l->features = l->weights.dims.size[l->axis];
    l->has_bias = hyti_tflite_has_input(op, bias_at);
    if (l->has_bias) HYTI_TRY(hyti_tflite_input(op, bias_at, &l->bias));
    if (l->has_bias && (!hyti_tflite_is_constant(&l->bias) || l->bias.count != l->features))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "the bias, tensor %zu, is not %zu constants", l->bias.number,
                         l->features);
    HYTI_TRY(hyti_tflite_need_scale(&l->in));
    HYTI_TRY(hyti_tflite_need_scale(&op->out));
    if (l->in.real != op->out.real)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "tensors %zu and %zu are of two types", l->in.number, op->out.number);
    l->int8 = !l->in.real;
    return l->int8 ? check_int8(l) : HYT_OK;
}

static hyt_status set_scales(const layer *l, size_t parameter)
{
    hyti_tflite *file = l->op->file;
    float *scales = hyti_array(file->context, l->features, sizeof *scales);
    if (!scales) return hyti_fail_nomem();
    for (size_t i = 0; i < l->features; i++) scales[i] = hyti_tflite_scale(&l->weights, i);
    hyt_status status = hyt_graph_set_scales(file->graph, parameter, scales, l->features);
    hyti_free(file->context, scales);
    return status;
}

/* Whole numbers, and the floats that they stand for. */
static hyt_status set_int8_bias(const layer *l, size_t parameter)
{
    hyti_tflite *file = l->op->file;
    hyti_flat_vector data = l->bias.data;
    data.width = 4;
    int32_t *whole = hyti_array(file->context, l->features, sizeof *whole);
    float *real = hyti_array(file->context, l->features, sizeof *real);
    hyt_status status = whole && real ? HYT_OK : hyti_fail_nomem();
    double input = hyti_tflite_scale(&l->in, 0);
    for (size_t i = 0; status == HYT_OK && i < l->features; i++) {
        whole[i] = (int32_t)hyti_flat_whole(&data, i);
        real[i] = (float)(input * hyti_tflite_scale(&l->weights, i) * whole[i]);
        if (!isfinite(real[i])) status = hyti_fail(HYT_ERR_FORMAT, "bias %zu is beyond a float", i);
    }
    if (status == HYT_OK) status = hyt_graph_set_parameter(file->graph, parameter, real, l->features);
    if (status == HYT_OK) status = hyti_graph_set_exact_bias(file->graph, parameter, whole, l->features);
    hyti_free(file->context, whole);
    hyti_free(file->context, real);
    return status;
}

static hyt_status set_bias(const layer *l, size_t parameter)
{
    hyti_tflite *file = l->op->file;
    static const size_t strides[HYT_MAX_RANK] = { 1 };
    if (l->int8) return set_int8_bias(l, parameter);
    hyti_tflite_tensor flat = l->bias;
    flat.dims = (hyt_dims){ 1, { flat.count } };
    float *values = hyti_array(file->context, l->features, sizeof *values);
    if (!values) return hyti_fail_nomem();
    hyt_status status = hyti_tflite_read(file, &flat, strides, values);
    if (status == HYT_OK) status = hyt_graph_set_parameter(file->graph, parameter, values, l->features);
    hyti_free(file->context, values);
    return status;
}

/* Appends the operation with its parameters; `strides`: where a step along each axis of the weights leads. */
static hyt_status append_layer(const layer *l, const size_t *strides, hyt_value *out)
{
    hyti_tflite *file = l->op->file;
    hyt_graph *graph = file->graph;
    hyti_node node = l->node;
    node.inputs = (hyt_value *)&l->input;
    node.n_inputs = 1;
    HYTI_TRY(hyti_graph_append(graph, &node, l->features, l->has_bias, out));
    const size_t *places = graph->nodes[*out].parameters;
    hyti_parameter *weights = &graph->parameters[places[0]];
    if (weights->count != l->weights.count)
        return hyti_fail(HYT_ERR_FORMAT, "the weights, tensor %zu, are %zu values for %zu", l->weights.number,
                         l->weights.count, weights->count);
    weights->data = hyti_alloc_aligned(file->context, weights->count * sizeof *weights->data);
    if (!weights->data) return hyti_fail_nomem();
    HYTI_TRY(hyti_tflite_read(file, &l->weights, strides, weights->data));
    if (l->int8) HYTI_TRY(set_scales(l, places[0]));
    return l->has_bias ? set_bias(l, places[1]) : HYT_OK;
}

/* SAME is as many results as strides fit, the odd pixel of padding behind; VALID is none. */
static void same(size_t in, size_t reach, size_t stride, size_t *before, size_t *after)
{
    size_t out = (in - 1) / stride + 1, span = (out - 1) * stride + reach;
    size_t total = span > in ? span - in : 0;
    *before = total / 2;
    *after = total - total / 2;
}

hyt_status hyti_tflite_window(const hyti_tflite_operator *op, const size_t *in, hyti_node *node)
{
    size_t valid;
    HYTI_TRY(hyti_tflite_option(op, 0, 1, 0, 0, 1, "padding", &valid));
    HYTI_TRY(hyti_tflite_option(op, 1, 4, 0, 1, INT32_MAX, "width of a stride", &node->stride[1]));
    HYTI_TRY(hyti_tflite_option(op, 2, 4, 0, 1, INT32_MAX, "height of a stride", &node->stride[0]));
    for (size_t i = 0; !valid && i < 2; i++)
        same(in[i], (node->kernel[i] - 1) * node->dilation[i] + 1, node->stride[i], &node->pad[i],
                         &node->pad[i + 2]);
    return HYT_OK;
}

/* Kernel from the weights; stride, dilation (fields `dilation` and the next) and padding from the options. */
static hyt_status conv_geometry(layer *l, size_t dilation)
{
    hyti_node *node = &l->node;
    node->op = HYT_OP_CONV;
    node->kernel[0] = l->weights.dims.size[1];
    node->kernel[1] = l->weights.dims.size[2];
    HYTI_TRY(hyti_tflite_option(l->op, dilation, 4, 1, 1, INT32_MAX, "width of a dilation", &node->dilation[1]));
    HYTI_TRY(hyti_tflite_option(l->op, dilation + 1, 4, 1, 1, INT32_MAX, "height of a dilation", &node->dilation[0]));
    HYTI_TRY(hyti_tflite_picture(l->op->file, &l->in, &l->input));
    return hyti_tflite_window(l->op, l->in.dims.size + 1, node);
}

/* Weights O,H,W,I; as many groups as I goes into the channels. */
hyt_status hyti_tflite_conv(const hyti_tflite_operator *op, hyt_value *out)
{
    layer l = { .op = op, .in = op->in, .axis = 0 };
    HYTI_TRY(open_layer(&l, 2, 4));
    HYTI_TRY(conv_geometry(&l, 4));
    const size_t *size = l.weights.dims.size;
    if (l.in.dims.size[3] % size[3])
        return hyti_fail(HYT_ERR_FORMAT, "weights for %zu of %zu channels", size[3], l.in.dims.size[3]);
    l.node.groups = l.in.dims.size[3] / size[3];
    size_t plane = size[1] * size[2];
    HYTI_TRY(append_layer(&l, (const size_t[]){ size[3] * plane, size[2], 1, plane }, out));
    return hyti_tflite_fused(op, 3, *out, out);
}

/* Weights 1,H,W,O: as many results a channel as channels go into O. */
hyt_status hyti_tflite_depthwise(const hyti_tflite_operator *op, hyt_value *out)
{
    layer l = { .op = op, .in = op->in, .axis = 3 };
    HYTI_TRY(open_layer(&l, 2, 4));
    HYTI_TRY(conv_geometry(&l, 5));
    const size_t *size = l.weights.dims.size;
    if (size[0] != 1) return hyti_fail(HYT_ERR_FORMAT, "weights whose first axis is %zu, not 1", size[0]);
    l.node.groups = l.in.dims.size[3];
    HYTI_TRY(append_layer(&l, (const size_t[]){ 0, size[2], 1, size[1] * size[2] }, out));
    return hyti_tflite_fused(op, 4, *out, out);
}

/* The padding of the convolution from the result back to the input, and what that leaves over at the end. */
static hyt_status transposed_geometry(layer *l)
{
    hyti_node *node = &l->node;
    const size_t *in = l->in.dims.size + 1, *out = l->op->out.dims.size + 1;
    for (size_t i = 0; i < 2; i++) {
        size_t reached = (in[i] - 1) * node->stride[i] + node->kernel[i], all = node->pad[i] + node->pad[i + 2];
        if (reached < all || out[i] < reached - all)
            return hyti_fail(HYT_ERR_FORMAT, "%zu pixels become %zu along axis %zu", in[i], out[i], i + 1);
        node->output_pad[i] = out[i] - (reached - all);
    }
    return HYT_OK;
}

/* Weights O,H,W,I; the inputs are the shape of the result, the weights, what is convolved. */
hyt_status hyti_tflite_transpose_conv(const hyti_tflite_operator *op, hyt_value *out)
{
    layer l = { .op = op, .axis = 0, .node = { .op = HYT_OP_CONV_TRANSPOSE, .dilation = { 1, 1 }, .groups = 1 } };
    int64_t shape[4];
    size_t count;
    HYTI_TRY(hyti_tflite_wholes(op, 0, "shape of the result", 4, shape, &count));
    HYTI_TRY(hyti_tflite_input(op, 2, &l.in));
    HYTI_TRY(open_layer(&l, 3, 4));
    HYTI_TRY(need_rank(&op->out, 4, "results"));
    const size_t *size = l.weights.dims.size;
    for (size_t i = 0; i < count; i++)
        if (count != 4 || shape[i] < 1 || (size_t)shape[i] != op->out.dims.size[i])
            return hyti_fail(HYT_ERR_FORMAT, "the shape that is asked for is not that of tensor %zu", op->out.number);
    HYTI_TRY(hyti_tflite_picture(op->file, &l.in, &l.input));
    l.node.kernel[0] = size[1];
    l.node.kernel[1] = size[2];
    HYTI_TRY(hyti_tflite_window(op, op->out.dims.size + 1, &l.node));
    HYTI_TRY(transposed_geometry(&l));
    size_t plane = size[1] * size[2];
    HYTI_TRY(append_layer(&l, (const size_t[]){ plane, size[2], 1, size[0] * plane }, out));
    return hyti_tflite_fused(op, 3, *out, out);
}

/* What is multiplied: rows of as many values as the weights have columns, whatever the axes were. */
static hyt_status linear_input(layer *l)
{
    size_t width = l->weights.dims.size[1], kept;
    HYTI_TRY(hyti_tflite_option(l->op, 2, 1, 0, 0, 1, "keep_num_dims", &kept));
    hyt_dims dims = hyti_tflite_plain_dims(&l->in), rows = { 2, { 1, width } };
    if (l->in.count % width)
        return hyti_fail(HYT_ERR_FORMAT, "%zu values are no rows of %zu", l->in.count, width);
    if (l->in.count != width) rows = (hyt_dims){ 3, { 1, l->in.count / width, width } };
    if (kept && dims.size[dims.rank - 1] == width) rows = dims;
    return hyti_tflite_reshaped(l->op->file, &l->in, &rows, &l->input);
}

/* Weights O,I. */
hyt_status hyti_tflite_linear(const hyti_tflite_operator *op, hyt_value *out)
{
    layer l = { .op = op, .in = op->in, .axis = 0, .node = { .op = HYT_OP_LINEAR } };
    size_t shuffled;
    HYTI_TRY(open_layer(&l, 2, 2));
    HYTI_TRY(hyti_tflite_option(op, 1, 1, 0, 0, 1, "format of the weights", &shuffled));
    if (shuffled) return hyti_fail(HYT_ERR_UNSUPPORTED, "shuffled weights");
    HYTI_TRY(linear_input(&l));
    HYTI_TRY(append_layer(&l, (const size_t[]){ l.weights.dims.size[1], 1 }, out));
    return hyti_tflite_fused(op, 0, *out, out);
}
