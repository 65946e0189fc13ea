/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TensorFlow Lite files written byte by byte from a plain description, so that each field can be wrong. A FlatBuffer's
 * distances point ahead: a table is written with room for its fields, what it refers to comes later and is linked. */
#ifndef HYTNAS_TESTS_TFLITE_WRITER_H
#define HYTNAS_TESTS_TFLITE_WRITER_H

#include "base/text.h"
#include <assert.h>
#include <string.h>

enum { TFL_FLOAT = 0, TFL_HALF = 1, TFL_INT32 = 2, TFL_UINT8 = 3, TFL_INT64 = 4, TFL_INT8 = 9 };
enum { TFL_SAME = 0, TFL_VALID = 1 };
enum { TFL_NONE = 0, TFL_RELU = 1, TFL_RELU6 = 3 };
enum tfl_code {
    TFL_ADD = 0, TFL_AVERAGE_POOL_2D = 1, TFL_CONCATENATION = 2, TFL_CONV_2D = 3, TFL_DEPTHWISE_CONV_2D = 4,
    TFL_DEQUANTIZE = 6, TFL_FULLY_CONNECTED = 9, TFL_LOGISTIC = 14, TFL_MAX_POOL_2D = 17, TFL_MUL = 18,
    TFL_ACT_RELU = 19, TFL_ACT_RELU6 = 21, TFL_RESHAPE = 22, TFL_RESIZE_BILINEAR = 23, TFL_SOFTMAX = 25,
    TFL_CUSTOM = 32, TFL_PAD = 34,
    TFL_TRANSPOSE = 39, TFL_MEAN = 40, TFL_SUB = 41, TFL_SQUEEZE = 43, TFL_STRIDED_SLICE = 45, TFL_SLICE = 65,
    TFL_TRANSPOSE_CONV = 67, TFL_EXPAND_DIMS = 70, TFL_RESIZE_NEAREST_NEIGHBOR = 97, TFL_LEAKY_RELU = 98,
    TFL_QUANTIZE = 114, TFL_HARD_SWISH = 117, TFL_BATCH_MATMUL = 126, TFL_GELU = 150
};

#define TFL_TENSORS 64
#define TFL_OPERATORS 24

typedef struct tfl_tensor {
    int type, rank, dims[6];
    const void *data; /* of a constant */
    size_t bytes;
    int scales, axis; /* how many scales (and zero points); along which axis */
    const float *scale;
    const int64_t *zero;
} tfl_tensor;

/* A field of an operator's options: whole numbers of 1 or 4 bytes, or 4 bytes of a float. Width 0: left out. */
typedef struct tfl_field { int width; int64_t value; } tfl_field;

typedef struct tfl_operator {
    int code, n_inputs, inputs[5], output;
    tfl_field options[7];
} tfl_operator;

typedef struct tfl_model {
    tfl_tensor tensors[TFL_TENSORS];
    tfl_operator operators[TFL_OPERATORS];
    int n_tensors, n_operators, input, output;
} tfl_model;

static inline void tfl_put(hyti_text *to, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        hyti_text_append(to, &byte, 1);
    }
}

static inline void tfl_set(hyti_text *to, size_t at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++) to->data[at + i] = (char)(value >> 8 * i);
}

static inline void tfl_align(hyti_text *to, size_t multiple)
{
    while (to->length % multiple) tfl_put(to, 0, 1);
}

/* The distance at `at` leads to what is written next. */
static inline void tfl_link(hyti_text *to, size_t at)
{
    tfl_align(to, 8);
    tfl_set(to, at, to->length - at, 4);
}

/* Writes vtable and table; places[i] is where the field of widths[i] bytes lies, 0 for those of no bytes. `at`: of the
 * distance that leads to the table. */
static inline void tfl_table(hyti_text *to, size_t at, size_t fields, const int *widths, size_t *places)
{
    size_t inside[16], bytes = 4;
    assert(fields <= 16);
    for (size_t i = 0; i < fields; i++) {
        size_t width = (size_t)widths[i];
        if (width) bytes = (bytes + width - 1) / width * width;
        inside[i] = width ? bytes : 0;
        bytes += width;
    }
    tfl_align(to, 8);
    size_t vtable = to->length;
    tfl_put(to, 4 + 2 * fields, 2);
    tfl_put(to, bytes, 2);
    for (size_t i = 0; i < fields; i++) tfl_put(to, inside[i], 2);
    tfl_link(to, at);
    size_t table = to->length;
    tfl_put(to, table - vtable, 4);
    for (size_t i = 4; i < bytes; i++) tfl_put(to, 0, 1);
    for (size_t i = 0; i < fields; i++) places[i] = inside[i] ? table + inside[i] : 0;
}

/* A vector of whole numbers, 4 bytes each. */
static inline void tfl_ints(hyti_text *to, size_t at, int count, const int *values)
{
    tfl_link(to, at);
    tfl_put(to, (uint64_t)count, 4);
    for (int i = 0; i < count; i++) tfl_put(to, (uint64_t)(int64_t)values[i], 4);
}

/* A vector of bytes; the elements' alignment is 16, as the schema asks for buffers. */
static inline void tfl_data(hyti_text *to, size_t at, const void *data, size_t count, size_t width)
{
    while (to->length % 16 != 12) tfl_put(to, 0, 1);
    tfl_set(to, at, to->length - at, 4);
    tfl_put(to, count, 4);
    if (count) hyti_text_append(to, data, count * width);
}

/* A vector of tables: room for the distances, the first of which is at *first. */
static inline void tfl_tables(hyti_text *to, size_t at, int count, size_t *first)
{
    tfl_link(to, at);
    tfl_put(to, (uint64_t)count, 4);
    *first = to->length;
    for (int i = 0; i < count; i++) tfl_put(to, 0, 4);
}

static inline void tfl_put_tensor(hyti_text *to, size_t at, const tfl_tensor *tensor, int buffer)
{
    size_t place[7], inside[7];
    tfl_table(to, at, 5, (const int[]){ 4, 1, 4, 0, tensor->scales ? 4 : 0 }, place);
    tfl_set(to, place[1], (uint64_t)tensor->type, 1);
    tfl_set(to, place[2], (uint64_t)buffer, 4);
    tfl_ints(to, place[0], tensor->rank, tensor->dims);
    if (!tensor->scales) return;
    tfl_table(to, place[4], 7, (const int[]){ 0, 0, 4, 4, 0, 0, 4 }, inside);
    tfl_set(to, inside[6], (uint64_t)tensor->axis, 4);
    tfl_data(to, inside[2], tensor->scale, (size_t)tensor->scales, 4);
    tfl_data(to, inside[3], tensor->zero, (size_t)tensor->scales, 8);
}

/* Kinds of options, by the operators' codes; others have none. */
static inline int tfl_options(int code)
{
    static const int kinds[][2] = {
        { TFL_ADD, 11 }, { TFL_AVERAGE_POOL_2D, 5 }, { TFL_CONCATENATION, 10 }, { TFL_CONV_2D, 1 },
        { TFL_DEPTHWISE_CONV_2D, 2 }, { TFL_DEQUANTIZE, 38 }, { TFL_FULLY_CONNECTED, 8 }, { TFL_MAX_POOL_2D, 5 },
        { TFL_MUL, 21 }, { TFL_RESHAPE, 17 }, { TFL_RESIZE_BILINEAR, 15 }, { TFL_SOFTMAX, 9 }, { TFL_PAD, 22 },
        { TFL_TRANSPOSE, 26 }, { TFL_MEAN, 27 }, { TFL_SUB, 28 }, { TFL_SQUEEZE, 30 }, { TFL_STRIDED_SLICE, 32 },
        { TFL_SLICE, 48 }, { TFL_TRANSPOSE_CONV, 49 }, { TFL_EXPAND_DIMS, 52 }, { TFL_RESIZE_NEAREST_NEIGHBOR, 74 },
        { TFL_LEAKY_RELU, 75 }, { TFL_QUANTIZE, 89 }, { TFL_HARD_SWISH, 91 }, { TFL_BATCH_MATMUL, 101 },
        { TFL_GELU, 116 },
    };
    for (size_t i = 0; i < HYTI_COUNT(kinds); i++)
        if (kinds[i][0] == code) return kinds[i][1];
    return 0;
}

static inline void tfl_put_operator(hyti_text *to, size_t at, const tfl_operator *op, int index)
{
    size_t place[5], inside[7];
    int widths[7];
    tfl_table(to, at, 5, (const int[]){ 4, 4, 4, 1, 4 }, place);
    tfl_set(to, place[0], (uint64_t)index, 4);
    tfl_ints(to, place[1], op->n_inputs, op->inputs);
    tfl_ints(to, place[2], 1, &op->output);
    tfl_set(to, place[3], (uint64_t)tfl_options(op->code), 1);
    for (int i = 0; i < 7; i++) widths[i] = op->options[i].width;
    tfl_table(to, place[4], 7, widths, inside);
    for (int i = 0; i < 7; i++) tfl_set(to, inside[i], (uint64_t)op->options[i].value, (size_t)widths[i]);
}

/* One operator code an operator, one buffer a tensor behind the empty buffer 0, up to the last constant. */
static inline void tfl_write(const tfl_model *model, hyti_text *to)
{
    size_t root[5], graph[4], first, place[4];
    tfl_put(to, 0, 4);
    hyti_text_append(to, "TFL3", 4);
    tfl_table(to, 0, 5, (const int[]){ 4, 4, 4, 0, 4 }, root);
    tfl_set(to, root[0], 3, 4);
    tfl_tables(to, root[1], model->n_operators, &first);
    for (int i = 0; i < model->n_operators; i++) {
        int code = model->operators[i].code;
        tfl_table(to, first + 4 * (size_t)i, 4, (const int[]){ 1, 0, 4, 4 }, place);
        tfl_set(to, place[0], (uint64_t)(code < 127 ? code : 127), 1);
        tfl_set(to, place[2], 1, 4);
        tfl_set(to, place[3], (uint64_t)code, 4);
    }
    tfl_tables(to, root[2], 1, &first);
    tfl_table(to, first, 4, (const int[]){ 4, 4, 4, 4 }, graph);
    tfl_tables(to, graph[0], model->n_tensors, &first);
    for (int i = 0; i < model->n_tensors; i++)
        tfl_put_tensor(to, first + 4 * (size_t)i, &model->tensors[i], model->tensors[i].data ? i + 1 : 0);
    tfl_ints(to, graph[1], 1, &model->input);
    tfl_ints(to, graph[2], 1, &model->output);
    tfl_tables(to, graph[3], model->n_operators, &first);
    for (int i = 0; i < model->n_operators; i++)
        tfl_put_operator(to, first + 4 * (size_t)i, &model->operators[i], i);
    int buffers = model->n_tensors + 1;
    while (buffers > 1 && !model->tensors[buffers - 2].data) buffers--;
    tfl_tables(to, root[4], buffers, &first);
    for (int i = 0; i < buffers; i++) {
        const tfl_tensor *tensor = i ? &model->tensors[i - 1] : NULL;
        bool kept = tensor && tensor->data;
        tfl_table(to, first + 4 * (size_t)i, 1, (const int[]){ kept ? 4 : 0 }, place);
        if (kept) tfl_data(to, place[0], tensor->data, tensor->bytes, 1);
    }
}

#endif
