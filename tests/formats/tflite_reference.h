/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A described TensorFlow Lite model run as it stands: N,H,W,C, one operator at a time, in double precision. In int8
 * each result is rounded and bounded as its scale and zero point say. Where all values are small whole numbers and all
 * scales are 1, int8 and float32 have to give exactly the same. */
#ifndef HYTNAS_TESTS_TFLITE_REFERENCE_H
#define HYTNAS_TESTS_TFLITE_REFERENCE_H

#include "../test.h"
#include "tflite_writer.h"

typedef struct reference {
    const tfl_model *model;
    double *values[TFL_TENSORS]; /* of constants too */
} reference;

static inline size_t ref_count(const tfl_tensor *tensor)
{
    size_t count = 1;
    for (int i = 0; i < tensor->rank; i++) count *= (size_t)tensor->dims[i];
    return count;
}

static inline double ref_stored(const tfl_tensor *tensor, size_t index)
{
    switch (tensor->type) {
    case TFL_FLOAT: return ((const float *)tensor->data)[index];
    case TFL_INT8: return ((const int8_t *)tensor->data)[index];
    default: return ((const int32_t *)tensor->data)[index];
    }
}

/* Scales of test constants are 1, but for weights along their axis. */
static inline double ref_constant(const tfl_tensor *tensor, size_t index)
{
    size_t inner = 1;
    if (!tensor->scales) return ref_stored(tensor, index);
    for (int i = tensor->axis + 1; i < tensor->rank; i++) inner *= (size_t)tensor->dims[i];
    size_t place = tensor->scales > 1 ? index / inner % (size_t)tensor->dims[tensor->axis] : 0;
    return tensor->scale[place] * (ref_stored(tensor, index) - (double)tensor->zero[place]);
}

/* Place of coordinates; an axis of size 1 repeats; `other` has as many axes or lacks the first ones. */
static inline size_t ref_place(const tfl_tensor *tensor, const int *along, int rank)
{
    size_t at = 0;
    for (int i = 0; i < tensor->rank; i++) {
        int index = tensor->dims[i] == 1 ? 0 : along[i + rank - tensor->rank];
        at = at * (size_t)tensor->dims[i] + (size_t)index;
    }
    return at;
}

static inline void ref_along(const tfl_tensor *tensor, size_t place, int *along)
{
    for (int i = tensor->rank; i-- > 0;) {
        along[i] = (int)(place % (size_t)tensor->dims[i]);
        place /= (size_t)tensor->dims[i];
    }
}

static inline int ref_same_before(int in, int reach, int stride)
{
    int out = (in + stride - 1) / stride, total = (out - 1) * stride + reach - in;
    return total > 0 ? total / 2 : 0;
}

static inline double ref_fused(int64_t act, double x)
{
    if (act == TFL_RELU || act == TFL_RELU6) x = x < 0 ? 0 : x;
    return act == TFL_RELU6 && x > 6 ? 6 : x;
}

/* A mean of stored values is rounded as a stored value, away from 0. */
static inline double ref_average(const tfl_tensor *tensor, double mean)
{
    double zero = tensor->type == TFL_INT8 ? (double)tensor->zero[0] : 0;
    return tensor->type == TFL_INT8 ? round(mean + zero) - zero : mean;
}

static inline int64_t ref_option(const tfl_operator *op, int field, int64_t otherwise)
{
    return op->options[field].width ? op->options[field].value : otherwise;
}

/* CONV_2D, DEPTHWISE_CONV_2D and both pools: a window over H and W. */
static inline double ref_window(const reference *r, const tfl_operator *op, const int *along)
{
    const tfl_tensor *in = &r->model->tensors[op->inputs[0]], *w = &r->model->tensors[op->inputs[1]];
    bool depthwise = op->code == TFL_DEPTHWISE_CONV_2D, conv = op->code == TFL_CONV_2D || depthwise;
    int sw = (int)op->options[1].value, sh = (int)op->options[2].value, dilation = depthwise ? 5 : 4;
    int dw = conv ? (int)ref_option(op, dilation, 1) : 1, dh = conv ? (int)ref_option(op, dilation + 1, 1) : 1;
    int kh = conv ? w->dims[1] : (int)op->options[4].value, kw = conv ? w->dims[2] : (int)op->options[3].value;
    bool same = ref_option(op, 0, 0) == TFL_SAME;
    int top = same ? ref_same_before(in->dims[1], (kh - 1) * dh + 1, sh) : 0;
    int left = same ? ref_same_before(in->dims[2], (kw - 1) * dw + 1, sw) : 0;
    double sum = 0, most = -INFINITY, met = 0;
    int out = conv ? (depthwise ? w->dims[3] : w->dims[0]) : in->dims[3], channels = in->dims[3];
    int each = depthwise ? 1 : conv ? w->dims[3] : 1;
    int first = conv ? along[3] / (out / (channels / each)) * each : along[3];
    for (int i = 0; i < kh * kw * each; i++) {
        int ky = i / each / kw, kx = i / each % kw, c = i % each;
        int y = along[1] * sh + ky * dh - top, x = along[2] * sw + kx * dw - left;
        if (y < 0 || x < 0 || y >= in->dims[1] || x >= in->dims[2]) continue;
        double value = r->values[op->inputs[0]][ref_place(in, (const int[]){ 0, y, x, first + c }, 4)];
        const int weight[4] = { depthwise ? 0 : along[3], ky, kx, depthwise ? along[3] : c };
        if (conv) value *= r->values[op->inputs[1]][ref_place(w, weight, 4)];
        sum += value, met++;
        most = value > most ? value : most;
    }
    if (conv && op->n_inputs > 2) sum += r->values[op->inputs[2]][along[3]];
    int act = op->code == TFL_CONV_2D ? 3 : depthwise ? 4 : 5;
    double result = conv ? sum : op->code == TFL_MAX_POOL_2D ? most : ref_average(in, sum / met);
    return ref_fused(ref_option(op, act, 0), result);
}

static inline double ref_transpose_conv(const reference *r, const tfl_operator *op, const int *along)
{
    const tfl_tensor *in = &r->model->tensors[op->inputs[2]], *w = &r->model->tensors[op->inputs[1]];
    const tfl_tensor *out = &r->model->tensors[op->output];
    int sw = (int)op->options[1].value, sh = (int)op->options[2].value;
    bool same = ref_option(op, 0, 0) == TFL_SAME;
    int top = same ? ref_same_before(out->dims[1], w->dims[1], sh) : 0;
    int left = same ? ref_same_before(out->dims[2], w->dims[2], sw) : 0;
    double sum = op->n_inputs > 3 ? r->values[op->inputs[3]][along[3]] : 0;
    for (int y = 0; y < in->dims[1]; y++)
        for (int x = 0; x < in->dims[2]; x++) {
            int ky = along[1] - (y * sh - top), kx = along[2] - (x * sw - left);
            if (ky < 0 || kx < 0 || ky >= w->dims[1] || kx >= w->dims[2]) continue;
            for (int c = 0; c < in->dims[3]; c++)
                sum += r->values[op->inputs[2]][ref_place(in, (const int[]){ 0, y, x, c }, 4)] *
                       r->values[op->inputs[1]][ref_place(w, (const int[]){ along[3], ky, kx, c }, 4)];
        }
    return ref_fused(ref_option(op, 3, 0), sum);
}

static inline double ref_linear(const reference *r, const tfl_operator *op, size_t place)
{
    const tfl_tensor *w = &r->model->tensors[op->inputs[1]];
    size_t out = (size_t)w->dims[0], in = (size_t)w->dims[1];
    double sum = op->n_inputs > 2 ? r->values[op->inputs[2]][place % out] : 0;
    for (size_t i = 0; i < in; i++)
        sum += r->values[op->inputs[0]][place / out * in + i] * r->values[op->inputs[1]][place % out * in + i];
    return ref_fused(ref_option(op, 0, 0), sum);
}

static inline double ref_matmul(const reference *r, const tfl_operator *op, const int *along)
{
    const tfl_tensor *a = &r->model->tensors[op->inputs[0]], *b = &r->model->tensors[op->inputs[1]];
    bool turn_a = ref_option(op, 0, 0), turn_b = ref_option(op, 1, 0);
    int rank = a->rank, depth = a->dims[turn_a ? rank - 2 : rank - 1];
    double sum = 0;
    for (int k = 0; k < depth; k++) {
        int left[6], right[6];
        memcpy(left, along, sizeof left);
        memcpy(right, along, sizeof right);
        left[turn_a ? rank - 2 : rank - 1] = k;
        left[turn_a ? rank - 1 : rank - 2] = along[rank - 2];
        right[turn_b ? rank - 1 : rank - 2] = k;
        right[turn_b ? rank - 2 : rank - 1] = along[rank - 1];
        sum += r->values[op->inputs[0]][ref_place(a, left, rank)] * r->values[op->inputs[1]][ref_place(b, right, rank)];
    }
    return sum;
}

static inline double ref_binary(const reference *r, const tfl_operator *op, const int *along, int rank)
{
    const tfl_tensor *tensors = r->model->tensors;
    double a = r->values[op->inputs[0]][ref_place(&tensors[op->inputs[0]], along, rank)];
    double b = r->values[op->inputs[1]][ref_place(&tensors[op->inputs[1]], along, rank)];
    return ref_fused(ref_option(op, 0, 0), op->code == TFL_ADD ? a + b : op->code == TFL_SUB ? a - b : a * b);
}

static inline double ref_mean(const reference *r, const tfl_operator *op, size_t place)
{
    const tfl_tensor *in = &r->model->tensors[op->inputs[0]], *axes = &r->model->tensors[op->inputs[1]];
    double sum = 0;
    size_t met = 0;
    for (size_t i = 0; i < ref_count(in); i++) {
        int along[6];
        size_t at = 0;
        ref_along(in, i, along);
        for (int axis = 0; axis < in->rank; axis++) {
            bool gone = false;
            for (size_t j = 0; j < ref_count(axes); j++) {
                int which = (int)ref_stored(axes, j);
                gone = gone || (which < 0 ? which + in->rank : which) == axis;
            }
            if (!gone) at = at * (size_t)in->dims[axis] + (size_t)along[axis];
        }
        if (at == place) sum += r->values[op->inputs[0]][i], met++;
    }
    return ref_average(in, sum / (double)met);
}

static inline double ref_concat(const reference *r, const tfl_operator *op, int *along, int rank)
{
    int axis = (int)op->options[0].value;
    if (axis < 0) axis += rank;
    int input = 0;
    while (along[axis] >= r->model->tensors[op->inputs[input]].dims[axis])
        along[axis] -= r->model->tensors[op->inputs[input++]].dims[axis];
    return r->values[op->inputs[input]][ref_place(&r->model->tensors[op->inputs[input]], along, rank)];
}

/* TRANSPOSE, SLICE, STRIDED_SLICE, PAD: where a place of the result comes from. */
static inline double ref_move(const reference *r, const tfl_operator *op, const int *along)
{
    const tfl_tensor *in = &r->model->tensors[op->inputs[0]], *list = &r->model->tensors[op->inputs[1]];
    int from[6], j = 0;
    for (int i = 0; i < in->rank; i++) {
        int number = (int)ref_stored(list, op->code == TFL_PAD ? 2 * (size_t)i : (size_t)i);
        if (op->code == TFL_TRANSPOSE) from[number] = along[i];
        if (op->code == TFL_SLICE) from[i] = number + along[i];
        if (op->code == TFL_PAD) from[i] = along[i] - number;
        if (op->code != TFL_STRIDED_SLICE) continue;
        bool goes = op->options[4].value >> i & 1;
        int begin = op->options[0].value >> i & 1 ? 0 : number < 0 ? number + in->dims[i] : number;
        from[i] = goes ? begin : begin + along[j] * (int)ref_stored(&r->model->tensors[op->inputs[3]], (size_t)i);
        j += !goes;
    }
    for (int i = 0; i < in->rank; i++)
        if (from[i] < 0 || from[i] >= in->dims[i]) return 0;
    return r->values[op->inputs[0]][ref_place(in, from, in->rank)];
}

static inline double ref_resize(const reference *r, const tfl_operator *op, const int *along)
{
    const tfl_tensor *in = &r->model->tensors[op->inputs[0]], *out = &r->model->tensors[op->output];
    bool nearest = op->code == TFL_RESIZE_NEAREST_NEIGHBOR, corners = !nearest && ref_option(op, 2, 0);
    double at[2], sum = 0;
    for (int i = 0; i < 2; i++) {
        double size = in->dims[i + 1], side = out->dims[i + 1], k = along[i + 1];
        at[i] = nearest ? floor(k * size / side) : corners ? (side > 1 ? k * (size - 1) / (side - 1) : 0)
                                                           : (k + 0.5) * size / side - 0.5;
        at[i] = fmin(fmax(at[i], 0), size - 1);
    }
    for (int i = 0; i < 4; i++) {
        int y = (int)at[0] + i / 2, x = (int)at[1] + i % 2;
        double share = (1 - fabs(at[0] - y)) * (1 - fabs(at[1] - x));
        if (share <= 0 || y >= in->dims[1] || x >= in->dims[2]) continue;
        sum += share * r->values[op->inputs[0]][ref_place(in, (const int[]){ 0, y, x, along[3] }, 4)];
    }
    return sum;
}

static inline double ref_unary(int code, double x)
{
    double gate = fmin(fmax(x + 3, 0), 6);
    switch (code) {
    case TFL_ACT_RELU: return x < 0 ? 0 : x;
    case TFL_ACT_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case TFL_LOGISTIC: return 1 / (1 + exp(-x));
    case TFL_HARD_SWISH: return x * gate / 6;
    case TFL_GELU: return x * 0.5 * (1 + erf(x / sqrt(2)));
    default: return x; /* RESHAPE, SQUEEZE, EXPAND_DIMS, QUANTIZE, DEQUANTIZE */
    }
}

static inline double ref_softmax(const reference *r, const tfl_operator *op, size_t place)
{
    const tfl_tensor *in = &r->model->tensors[op->inputs[0]];
    const double *x = r->values[op->inputs[0]];
    size_t width = (size_t)in->dims[in->rank - 1], row = place / width * width;
    double sum = 0;
    for (size_t i = 0; i < width; i++) sum += exp(x[row + i] - x[place]);
    return 1 / sum;
}

static inline double ref_value(const reference *r, const tfl_operator *op, size_t place)
{
    const tfl_tensor *out = &r->model->tensors[op->output];
    int along[6];
    ref_along(out, place, along);
    switch (op->code) {
    case TFL_CONV_2D:
    case TFL_DEPTHWISE_CONV_2D:
    case TFL_AVERAGE_POOL_2D:
    case TFL_MAX_POOL_2D: return ref_window(r, op, along);
    case TFL_TRANSPOSE_CONV: return ref_transpose_conv(r, op, along);
    case TFL_FULLY_CONNECTED: return ref_linear(r, op, place);
    case TFL_BATCH_MATMUL: return ref_matmul(r, op, along);
    case TFL_ADD:
    case TFL_SUB:
    case TFL_MUL: return ref_binary(r, op, along, out->rank);
    case TFL_MEAN: return ref_mean(r, op, place);
    case TFL_CONCATENATION: return ref_concat(r, op, along, out->rank);
    case TFL_TRANSPOSE:
    case TFL_SLICE:
    case TFL_STRIDED_SLICE:
    case TFL_PAD: return ref_move(r, op, along);
    case TFL_RESIZE_BILINEAR:
    case TFL_RESIZE_NEAREST_NEIGHBOR: return ref_resize(r, op, along);
    case TFL_SOFTMAX: return ref_softmax(r, op, place);
    default: return ref_unary(op->code, r->values[op->inputs[0]][place]);
    }
}

static inline double ref_kept(const tfl_tensor *tensor, double real)
{
    if (tensor->type != TFL_INT8) return real;
    double q = round(real / tensor->scale[0]) + (double)tensor->zero[0];
    return tensor->scale[0] * (fmin(fmax(q, -128), 127) - (double)tensor->zero[0]);
}

static inline reference ref_run(const tfl_model *model, const double *input)
{
    reference r = { .model = model };
    for (int i = 0; i < model->n_tensors; i++) {
        const tfl_tensor *tensor = &model->tensors[i];
        size_t count = ref_count(tensor);
        r.values[i] = calloc(count, sizeof(double));
        for (size_t j = 0; j < count; j++) {
            if (tensor->data) r.values[i][j] = ref_constant(tensor, j);
            if (i == model->input) r.values[i][j] = ref_kept(tensor, input[j]);
        }
    }
    for (int i = 0; i < model->n_operators; i++) {
        const tfl_operator *op = &model->operators[i];
        const tfl_tensor *out = &model->tensors[op->output];
        for (size_t j = 0; j < ref_count(out); j++) r.values[op->output][j] = ref_kept(out, ref_value(&r, op, j));
    }
    return r;
}

static inline void ref_clear(reference *r)
{
    for (int i = 0; i < r->model->n_tensors; i++) free(r->values[i]);
}

#endif
