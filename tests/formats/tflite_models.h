/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Described TensorFlow Lite models drawn from a seed: chains of every operator that the reader takes, of small whole
 * numbers with scale 1, in float32 or in int8. */
#ifndef HYTNAS_TESTS_TFLITE_MODELS_H
#define HYTNAS_TESTS_TFLITE_MODELS_H

#include "base/rng.h"
#include "tflite_writer.h"
#include <stdlib.h>

#define MAKER_BLOCKS 256

typedef struct maker {
    tfl_model model;
    hyti_rng rng;
    bool int8;
    int64_t zero[1];            /* of all activations */
    void *blocks[MAKER_BLOCKS]; /* the constants */
    int n_blocks, last;         /* last: the tensor at the end of the chain */
} maker;

static const float maker_ones[64] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};
static const int64_t maker_zeros[64];

static inline int draw(maker *m, int low, int high)
{
    return low + (int)hyti_rng_below(&m->rng, (uint64_t)(high - low + 1));
}

static inline void *keep(maker *m, size_t bytes)
{
    assert(m->n_blocks < MAKER_BLOCKS);
    return m->blocks[m->n_blocks++] = calloc(bytes ? bytes : 1, 1);
}

static inline void drop_model(maker *m)
{
    for (int i = 0; i < m->n_blocks; i++) free(m->blocks[i]);
}

static inline int add_tensor(maker *m, int type, int rank, const int *dims)
{
    assert(m->model.n_tensors < TFL_TENSORS);
    tfl_tensor *tensor = &m->model.tensors[m->model.n_tensors];
    tensor->type = type;
    tensor->rank = rank;
    memcpy(tensor->dims, dims, (size_t)rank * sizeof *dims);
    return m->model.n_tensors++;
}

static inline int add_activation(maker *m, int rank, const int *dims)
{
    int index = add_tensor(m, m->int8 ? TFL_INT8 : TFL_FLOAT, rank, dims);
    tfl_tensor *tensor = &m->model.tensors[index];
    tensor->scales = m->int8;
    tensor->scale = maker_ones;
    tensor->zero = m->zero;
    return index;
}

static inline int count_of(const tfl_tensor *tensor)
{
    int count = 1;
    for (int i = 0; i < tensor->rank; i++) count *= tensor->dims[i];
    return count;
}

/* Small whole numbers from -2 to 2. `axis` -1: one scale. */
static inline int add_constant(maker *m, int rank, const int *dims, int axis, bool zero)
{
    int index = add_tensor(m, m->int8 ? TFL_INT8 : TFL_FLOAT, rank, dims);
    tfl_tensor *tensor = &m->model.tensors[index];
    int count = count_of(tensor);
    int64_t *place = keep(m, sizeof *place);
    *place = zero ? draw(m, -9, 9) : 0;
    tensor->bytes = (size_t)count * (m->int8 ? 1 : sizeof(float));
    void *data = keep(m, tensor->bytes);
    for (int i = 0; i < count; i++) {
        int value = draw(m, -2, 2);
        if (m->int8) ((int8_t *)data)[i] = (int8_t)(value + *place);
        else ((float *)data)[i] = (float)value;
    }
    tensor->data = data;
    if (!m->int8) return index;
    tensor->scale = maker_ones;
    if (axis >= 0 && dims[axis] > 64) axis = -1;
    tensor->zero = axis < 0 ? place : maker_zeros;
    tensor->axis = axis < 0 ? 0 : axis;
    tensor->scales = axis < 0 ? 1 : dims[axis];
    return index;
}

static inline int add_bias(maker *m, int count)
{
    int index = add_tensor(m, m->int8 ? TFL_INT32 : TFL_FLOAT, 1, &count);
    tfl_tensor *tensor = &m->model.tensors[index];
    tensor->bytes = 4 * (size_t)count;
    void *data = keep(m, tensor->bytes);
    for (int i = 0; i < count; i++) {
        int value = draw(m, -9, 9);
        if (m->int8) ((int32_t *)data)[i] = value;
        else ((float *)data)[i] = (float)value;
    }
    tensor->data = data;
    return index;
}

static inline int add_numbers(maker *m, int count, const int *values)
{
    int index = add_tensor(m, TFL_INT32, 1, &count);
    tfl_tensor *tensor = &m->model.tensors[index];
    tensor->bytes = 4 * (size_t)count;
    int *data = keep(m, tensor->bytes);
    memcpy(data, values, tensor->bytes);
    tensor->data = data;
    return index;
}

/* Appends an operator whose result becomes the end of the chain. */
static inline tfl_operator *add_operator(maker *m, int code, int n_inputs, const int *inputs, int rank, const int *dims)
{
    assert(m->model.n_operators < TFL_OPERATORS);
    tfl_operator *op = &m->model.operators[m->model.n_operators++];
    op->code = code;
    op->n_inputs = n_inputs;
    memcpy(op->inputs, inputs, (size_t)n_inputs * sizeof *inputs);
    m->last = op->output = add_activation(m, rank, dims);
    return op;
}

static inline void set_option(tfl_operator *op, int field, int width, int64_t value)
{
    op->options[field] = (tfl_field){ width, value };
}

static inline int draw_fused(maker *m)
{
    static const int kinds[4] = { TFL_NONE, TFL_NONE, TFL_RELU, TFL_RELU6 };
    return kinds[draw(m, 0, 3)];
}

/* Results along a side; 0: the kernel does not fit. */
static inline int side_of(int in, int reach, int stride, int padding)
{
    if (padding == TFL_SAME) return (in + stride - 1) / stride;
    return in < reach ? 0 : (in - reach) / stride + 1;
}

static inline void make_conv(maker *m, bool depthwise)
{
    const int *in = m->model.tensors[m->last].dims;
    int kernel[2] = { draw(m, 1, 4), draw(m, 1, 4) }, stride[2] = { draw(m, 1, 3), draw(m, 1, 3) };
    int dilation[2] = { draw(m, 1, 2), draw(m, 1, 2) }, padding = draw(m, TFL_SAME, TFL_VALID), dims[4] = { 1 };
    for (int i = 0; i < 2; i++) dims[i + 1] = side_of(in[i + 1], (kernel[i] - 1) * dilation[i] + 1, stride[i], padding);
    if (dims[1] == 0 || dims[2] == 0) return;
    int groups = !depthwise && in[3] % 2 == 0 && draw(m, 0, 2) == 0 ? 2 : 1;
    dims[3] = depthwise ? in[3] * draw(m, 1, 2) : groups * draw(m, 1, 4);
    const int plain[4] = { dims[3], kernel[0], kernel[1], in[3] / groups };
    const int wide[4] = { 1, kernel[0], kernel[1], dims[3] };
    int inputs[3] = { m->last, add_constant(m, 4, depthwise ? wide : plain, depthwise ? 3 : 0, false), 0 };
    bool bias = draw(m, 0, 3);
    if (bias) inputs[2] = add_bias(m, dims[3]);
    tfl_operator *op = add_operator(m, depthwise ? TFL_DEPTHWISE_CONV_2D : TFL_CONV_2D, 2 + bias, inputs, 4, dims);
    int after = depthwise ? 5 : 4;
    set_option(op, 0, 1, padding);
    set_option(op, 1, 4, stride[1]);
    set_option(op, 2, 4, stride[0]);
    set_option(op, after - 1, 1, draw_fused(m));
    set_option(op, after, 4, dilation[1]);
    set_option(op, after + 1, 4, dilation[0]);
}

static inline void make_transpose_conv(maker *m)
{
    const int *in = m->model.tensors[m->last].dims;
    int kernel[2], stride[2], padding = draw(m, TFL_SAME, TFL_VALID), dims[4] = { 1, 0, 0, draw(m, 1, 4) };
    for (int i = 0; i < 2; i++) {
        kernel[i] = draw(m, 1, 4);
        stride[i] = draw(m, 1, kernel[i] < 3 ? kernel[i] : 3);
        dims[i + 1] = padding == TFL_SAME ? in[i + 1] * stride[i] : (in[i + 1] - 1) * stride[i] + kernel[i];
    }
    if (dims[1] > 20 || dims[2] > 20) return;
    int inputs[4] = { add_numbers(m, 4, dims),
                      add_constant(m, 4, (const int[]){ dims[3], kernel[0], kernel[1], in[3] }, 0, false), m->last, 0 };
    bool bias = draw(m, 0, 1);
    if (bias) inputs[3] = add_bias(m, dims[3]);
    tfl_operator *op = add_operator(m, TFL_TRANSPOSE_CONV, 3 + bias, inputs, 4, dims);
    set_option(op, 0, 1, padding);
    set_option(op, 1, 4, stride[1]);
    set_option(op, 2, 4, stride[0]);
    set_option(op, 3, 1, draw_fused(m));
}

static inline void make_pool(maker *m)
{
    const int *in = m->model.tensors[m->last].dims;
    int kernel[2] = { draw(m, 1, 4), draw(m, 1, 4) }, stride[2] = { draw(m, 1, 3), draw(m, 1, 3) };
    int padding = draw(m, TFL_SAME, TFL_VALID), dims[4] = { 1, 0, 0, in[3] };
    for (int i = 0; i < 2; i++) dims[i + 1] = side_of(in[i + 1], kernel[i], stride[i], padding);
    if (dims[1] == 0 || dims[2] == 0) return;
    bool most = m->int8 ? draw(m, 0, 1) : true; /* an average is no whole number in float32 */
    tfl_operator *op = add_operator(m, most ? TFL_MAX_POOL_2D : TFL_AVERAGE_POOL_2D, 1, &m->last, 4, dims);
    const int fields[5] = { padding, stride[1], stride[0], kernel[1], kernel[0] };
    for (int i = 0; i < 5; i++) set_option(op, i, i ? 4 : 1, fields[i]);
    set_option(op, 5, 1, draw_fused(m));
}

static inline void make_linear(maker *m)
{
    const tfl_tensor *in = &m->model.tensors[m->last];
    bool kept = in->rank == 3 && draw(m, 0, 1), flat = !kept && (in->rank == 4 || draw(m, 0, 1));
    int width = flat ? count_of(in) : in->dims[in->rank - 1], out = draw(m, 1, 6);
    int dims[3] = { count_of(in) / width, out, 0 };
    if (kept) dims[0] = 1, dims[1] = in->dims[1], dims[2] = out;
    if (kept) dims[0] = in->dims[0];
    int inputs[3] = { m->last, add_constant(m, 2, (const int[]){ out, width }, draw(m, -1, 0), false), 0 };
    bool bias = draw(m, 0, 1);
    if (bias) inputs[2] = add_bias(m, out);
    tfl_operator *op = add_operator(m, TFL_FULLY_CONNECTED, 2 + bias, inputs, kept ? 3 : 2, dims);
    set_option(op, 0, 1, draw_fused(m));
    set_option(op, 2, 1, kept);
}

/* With a constant of any broadcast shape, or with itself. */
static inline void make_binary(maker *m)
{
    static const int codes[3] = { TFL_ADD, TFL_SUB, TFL_MUL };
    const tfl_tensor in = m->model.tensors[m->last];
    int code = codes[draw(m, 0, 2)], lacks = draw(m, 0, in.rank), dims[6];
    int inputs[2] = { m->last, m->last };
    if (code == TFL_SUB || draw(m, 0, 2)) {
        for (int i = lacks; i < in.rank; i++) dims[i - lacks] = draw(m, 0, 3) ? in.dims[i] : 1;
        inputs[1] = add_constant(m, in.rank - lacks, dims, -1, true);
    }
    if (code != TFL_SUB && draw(m, 0, 1)) {
        int swap = inputs[0];
        inputs[0] = inputs[1];
        inputs[1] = swap;
    }
    set_option(add_operator(m, code, 2, inputs, in.rank, in.dims), 0, 1, draw_fused(m));
}

static inline void make_unary(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    add_operator(m, draw(m, 0, 1) ? TFL_ACT_RELU : TFL_ACT_RELU6, 1, &m->last, in.rank, in.dims);
}

/* H and W of a picture, or one axis; in int8, where the mean is rounded. */
static inline void make_mean(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    int axes[2] = { 1, 2 }, count = in.rank == 4 && draw(m, 0, 1) ? 2 : 1, dims[6], rank = 0;
    if (!m->int8 || in.rank < 3) return;
    if (count == 1) axes[0] = draw(m, 1, in.rank - 1);
    bool kept = draw(m, 0, 1);
    for (int i = 0; i < in.rank; i++) {
        bool gone = i == axes[0] || (count == 2 && i == axes[1]);
        if (!gone || kept) dims[rank++] = gone ? 1 : in.dims[i];
    }
    if (draw(m, 0, 1)) axes[0] -= in.rank;
    const int inputs[2] = { m->last, add_numbers(m, count, axes) };
    set_option(add_operator(m, TFL_MEAN, 2, inputs, rank, dims), 0, 1, kept);
}

static inline void make_reshape(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    int count = count_of(&in), dims[4] = { 1, 1, 1, 1 }, rank = draw(m, 1, 4);
    if (rank == 1 && draw(m, 0, 1)) rank = 2;
    dims[rank - 1] = count;
    for (int i = rank > 1; i < rank - 1; i++) {
        int factor = draw(m, 1, 4);
        while (dims[rank - 1] % factor) factor--;
        dims[i] = factor;
        dims[rank - 1] /= factor;
    }
    if (rank > 1 && dims[1] > 1 && draw(m, 0, 3) == 0) { /* no batch in front */
        dims[0] = dims[1];
        dims[1] = 1;
    }
    const int inputs[2] = { m->last, add_numbers(m, rank, dims) };
    add_operator(m, TFL_RESHAPE, draw(m, 1, 2), inputs, rank, dims);
}

/* SQUEEZE and EXPAND_DIMS. */
static inline void make_ones(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    int dims[6], rank = 0, axis = draw(m, 1, in.rank);
    bool expand = draw(m, 0, 1) && in.rank < 4;
    for (int i = 0; i <= in.rank; i++) {
        if (expand && i == axis) dims[rank++] = 1;
        if (i == in.rank) break;
        if (expand || i == 0 || in.dims[i] > 1) dims[rank++] = in.dims[i];
    }
    const int inputs[2] = { m->last, expand ? add_numbers(m, 1, &axis) : 0 };
    add_operator(m, expand ? TFL_EXPAND_DIMS : TFL_SQUEEZE, expand ? 2 : 1, inputs, rank, dims);
}

static inline void make_transpose(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    int order[6], dims[6], first = in.rank > 1 && in.dims[0] == 1;
    for (int i = 0; i < in.rank; i++) order[i] = i;
    for (int i = first; i < in.rank; i++) {
        int j = draw(m, i, in.rank - 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (int i = 0; i < in.rank; i++) dims[i] = in.dims[order[i]];
    if (!first && in.rank > 1 && dims[0] == 1) return; /* would become a batch */
    const int inputs[2] = { m->last, add_numbers(m, in.rank, order) };
    add_operator(m, TFL_TRANSPOSE, 2, inputs, in.rank, dims);
}

static inline void make_concat(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    int dims[6], count = draw(m, 1, 3), inputs[3], axis = in.rank > 1 ? draw(m, 1, in.rank - 1) : 0, sum = 0;
    memcpy(dims, in.dims, sizeof dims);
    for (int i = 0; i < count; i++) {
        dims[axis] = in.dims[axis];
        inputs[i] = m->last;
        if (i && in.dims[0] == 1 && in.rank > 1 && draw(m, 0, 1)) {
            dims[axis] = draw(m, 1, 3);
            inputs[i] = add_constant(m, in.rank, dims, -1, true);
        }
        sum += dims[axis];
    }
    dims[axis] = sum;
    set_option(add_operator(m, TFL_CONCATENATION, count, inputs, in.rank, dims), 0, 4,
               draw(m, 0, 1) ? axis : axis - in.rank);
}

static inline void make_pad(maker *m)
{
    const int *in = m->model.tensors[m->last].dims;
    int sides[8] = { 0, 0, draw(m, 0, 2), draw(m, 0, 2), draw(m, 0, 2), draw(m, 0, 2), 0, 0 };
    int dims[4] = { 1, in[1] + sides[2] + sides[3], in[2] + sides[4] + sides[5], in[3] };
    const int inputs[2] = { m->last, add_numbers(m, 8, sides) };
    m->model.tensors[inputs[1]].rank = 2;
    m->model.tensors[inputs[1]].dims[0] = 4;
    m->model.tensors[inputs[1]].dims[1] = 2;
    add_operator(m, TFL_PAD, 2, inputs, 4, dims);
}

static inline void make_resize(maker *m)
{
    const int *in = m->model.tensors[m->last].dims;
    int dims[4] = { 1, draw(m, 1, 9), draw(m, 1, 9), in[3] };
    bool half = draw(m, 0, 1);
    if (half) dims[1] = 2 * in[1], dims[2] = 3 * in[2];
    if (dims[1] > 20 || dims[2] > 20) return;
    const int inputs[2] = { m->last, add_numbers(m, 2, dims + 1) };
    tfl_operator *op = add_operator(m, TFL_RESIZE_NEAREST_NEIGHBOR, 2, inputs, 4, dims);
    set_option(op, 1, 1, half);
}

static inline void make_slice(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    int begin[6], size[6], dims[6], first = in.rank > 1 && in.dims[0] == 1;
    for (int i = 0; i < in.rank; i++) {
        begin[i] = i < first ? 0 : draw(m, 0, in.dims[i] - 1);
        dims[i] = draw(m, 1, in.dims[i] - begin[i]);
        size[i] = dims[i] == in.dims[i] - begin[i] && draw(m, 0, 1) ? -1 : dims[i];
    }
    if (!first && in.rank > 1 && dims[0] == 1) return;
    const int inputs[3] = { m->last, add_numbers(m, in.rank, begin), add_numbers(m, in.rank, size) };
    add_operator(m, TFL_SLICE, 3, inputs, in.rank, dims);
}

static inline void make_strided_slice(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    int begin[6], end[6], step[6], dims[6], rank = 0, masks[5] = { 0 };
    if (in.rank < 2 || in.dims[0] != 1) return;
    for (int i = 0; i < in.rank; i++) {
        begin[i] = i ? draw(m, 0, in.dims[i] - 1) : 0;
        end[i] = i ? draw(m, begin[i] + 1, in.dims[i]) : 1;
        step[i] = draw(m, 1, 3);
        bool goes = i && in.rank > 2 && draw(m, 0, 4) == 0, open = draw(m, 0, 3) == 0;
        if (goes) masks[4] |= 1 << i;
        if (open) begin[i] = goes ? begin[i] : 0, end[i] = in.dims[i], masks[1] |= 1 << i;
        if (!goes) dims[rank++] = (end[i] - begin[i] + step[i] - 1) / step[i];
        if (open && !goes) masks[0] |= 1 << i;
        if (draw(m, 0, 1)) begin[i] -= in.dims[i];
    }
    if (rank < 2) return;
    const int inputs[4] = { m->last, add_numbers(m, in.rank, begin), add_numbers(m, in.rank, end),
                            add_numbers(m, in.rank, step) };
    tfl_operator *op = add_operator(m, TFL_STRIDED_SLICE, 4, inputs, rank, dims);
    for (int i = 0; i < 5; i++) set_option(op, i, 4, masks[i]);
}

static inline void make_matmul(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    if (in.rank < 3 || in.dims[0] != 1 || in.rank > 4) return;
    bool turn_a = draw(m, 0, 1), turn_b = draw(m, 0, 1);
    int rows = in.dims[in.rank - (turn_a ? 1 : 2)], depth = in.dims[in.rank - (turn_a ? 2 : 1)];
    int columns = draw(m, 1, 5);
    int dims[4], other[2] = { turn_b ? columns : depth, turn_b ? depth : columns }, inputs[2] = { m->last, m->last };
    memcpy(dims, in.dims, sizeof dims);
    if (draw(m, 0, 1)) columns = rows, turn_b = !turn_a; /* with itself: x x' or x' x */
    else inputs[1] = add_constant(m, 2, other, -1, true);
    dims[in.rank - 2] = rows;
    dims[in.rank - 1] = columns;
    tfl_operator *op = add_operator(m, TFL_BATCH_MATMUL, 2, inputs, in.rank, dims);
    set_option(op, 0, 1, turn_a);
    set_option(op, 1, 1, turn_b);
}

static inline void make_quantize(maker *m)
{
    const tfl_tensor in = m->model.tensors[m->last];
    if (m->int8) add_operator(m, TFL_QUANTIZE, 1, &m->last, in.rank, in.dims);
}

static inline void make_step(maker *m)
{
    static void (*const any[])(maker *m) = { make_linear, make_binary,    make_unary, make_mean,          make_reshape,
                                             make_ones,   make_transpose, make_concat, make_slice,
                                             make_strided_slice, make_matmul, make_quantize };
    static void (*const pictures[])(maker *m) = { make_transpose_conv, make_pool, make_pad, make_resize };
    const tfl_tensor *in = &m->model.tensors[m->last];
    bool picture = in->rank == 4 && in->dims[0] == 1;
    if (picture && draw(m, 0, 1)) {
        int which = draw(m, 0, 7);
        if (which < 4) make_conv(m, which % 2);
        else pictures[which - 4](m);
        return;
    }
    any[draw(m, 0, (int)HYTI_COUNT(any) - 1)](m);
}

/* A picture, then up to `steps` operators; at least one. */
static inline void make_model(maker *m, uint64_t seed, bool int8, int steps)
{
    memset(m, 0, sizeof *m);
    m->rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, int8);
    m->int8 = int8;
    m->zero[0] = int8 ? draw(m, -20, 20) : 0;
    m->last = m->model.input = add_activation(m, 4, (const int[]){ 1, draw(m, 1, 7), draw(m, 1, 7), draw(m, 1, 5) });
    while (m->model.n_operators == 0) make_unary(m);
    for (int i = 0; i < steps && m->model.n_tensors + 8 < TFL_TENSORS; i++)
        if (count_of(&m->model.tensors[m->last]) < 1500) make_step(m);
    m->model.output = m->last;
}

#endif
