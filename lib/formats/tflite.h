/* SPDX-License-Identifier: MIT */
/* TensorFlow Lite files (schema version 3) as graphs: operators with constant weights, in float32 or in int8.
 *
 * A tensor of rank 4 is a picture N,H,W,C there and N,C,H,W in the graph, or tokens, with its axes as they are. Which
 * of the two it is follows from what makes it and what reads it, so a tensor may have a value in both forms: `picture`
 * and `plain`. The plain form of a tensor whose first axis is not 1 has a 1 in front, since axis 0 of a graph is the
 * batch. */
#ifndef HYTI_FORMATS_TFLITE_H
#define HYTI_FORMATS_TFLITE_H

#include "formats/flatbuffer.h"
#include "graph/graph.h"

/* Numbers of the schema. */
typedef enum hyti_tflite_type {
    HYTI_TFLITE_FLOAT32 = 0,
    HYTI_TFLITE_FLOAT16 = 1,
    HYTI_TFLITE_INT32 = 2,
    HYTI_TFLITE_INT64 = 4,
    HYTI_TFLITE_INT8 = 9
} hyti_tflite_type;

typedef enum hyti_tflite_code {
    HYTI_TFLITE_ADD = 0, HYTI_TFLITE_AVERAGE_POOL_2D = 1, HYTI_TFLITE_CONCATENATION = 2, HYTI_TFLITE_CONV_2D = 3,
    HYTI_TFLITE_DEPTHWISE_CONV_2D = 4, HYTI_TFLITE_DEQUANTIZE = 6, HYTI_TFLITE_FULLY_CONNECTED = 9,
    HYTI_TFLITE_LOGISTIC = 14, HYTI_TFLITE_MAX_POOL_2D = 17, HYTI_TFLITE_MUL = 18, HYTI_TFLITE_RELU = 19,
    HYTI_TFLITE_RELU6 = 21, HYTI_TFLITE_RESHAPE = 22, HYTI_TFLITE_RESIZE_BILINEAR = 23, HYTI_TFLITE_SOFTMAX = 25,
    HYTI_TFLITE_CUSTOM = 32, HYTI_TFLITE_PAD = 34, HYTI_TFLITE_TRANSPOSE = 39, HYTI_TFLITE_MEAN = 40,
    HYTI_TFLITE_SUB = 41, HYTI_TFLITE_SQUEEZE = 43, HYTI_TFLITE_STRIDED_SLICE = 45, HYTI_TFLITE_SLICE = 65,
    HYTI_TFLITE_TRANSPOSE_CONV = 67, HYTI_TFLITE_EXPAND_DIMS = 70, HYTI_TFLITE_RESIZE_NEAREST_NEIGHBOR = 97,
    HYTI_TFLITE_QUANTIZE = 114, HYTI_TFLITE_HARD_SWISH = 117, HYTI_TFLITE_BATCH_MATMUL = 126, HYTI_TFLITE_GELU = 150
} hyti_tflite_code;

/* A tensor as the file describes it; all of it is lent. */
typedef struct hyti_tflite_tensor {
    size_t number;
    hyt_dims dims;           /* as in the file, each at least 1; rank 0: a single value */
    size_t count;
    hyti_tflite_type type;
    bool real;               /* float32, or a constant that the file dequantises: has no scale in the graph */
    hyti_flat_vector data;   /* of a constant: the bytes of `count` values; else none */
    hyti_flat_vector scales; /* none, one, or one a place along `axis` */
    hyti_flat_vector zeros;  /* as many, or none: all 0 */
    size_t axis;
} hyti_tflite_tensor;

/* What the graph has of a tensor. */
typedef struct hyti_tflite_values {
    hyt_value picture, plain; /* HYTI_NO_VALUE: not in this form */
    int32_t constant;         /* dequantised from this constant tensor; -1: not so */
    uint32_t uses;            /* how often operators read it, and the end of the network once */
} hyti_tflite_values;

typedef struct hyti_tflite {
    hyt_context *context;
    hyti_flat file;
    hyti_flat_vector codes, buffers, tensors, operators, inputs, outputs;
    char *name;
    hyt_graph *graph;
    hyti_tflite_values *values; /* one a tensor */
    size_t first;               /* operation that the operator at hand has appended */
    uint64_t left;              /* constant values that may still be read: buffers may be shared, but not for ever */
} hyti_tflite;

/* The operator at hand. */
typedef struct hyti_tflite_operator {
    hyti_tflite *file;
    int64_t code;
    hyti_flat_vector inputs, outputs;
    hyti_flat_table options;
    hyti_tflite_tensor in, out; /* the first of each */
} hyti_tflite_operator;

/* tflite.c */
bool hyti_tflite_is(const void *bytes, size_t size);
hyt_status hyti_tflite_parse(hyt_context *context, const void *bytes, size_t size, hyt_graph **out);

/* tflite_names.c: "CONV_2D"; NULL for a number that has no name. */
const char *hyti_tflite_name(int64_t code);

/* tflite_tensor.c */
hyt_status hyti_tflite_tensor_at(const hyti_tflite *file, int64_t number, hyti_tflite_tensor *out);
/* Input `index` of the operator; a float constant that was dequantised from another stands for that one. */
hyt_status hyti_tflite_input(const hyti_tflite_operator *op, size_t index, hyti_tflite_tensor *out);
/* Whether the operator has an input there: absent ones at the end are left out, others have the number -1. */
bool hyti_tflite_has_input(const hyti_tflite_operator *op, size_t index);
bool hyti_tflite_is_constant(const hyti_tflite_tensor *tensor);
/* The values of a constant as floats, scale * (stored - zero) where it is quantised: the value at place (i, j, ...) of
 * the tensor to out[i * strides[0] + j * strides[1] + ...]. */
hyt_status hyti_tflite_read(hyti_tflite *file, const hyti_tflite_tensor *tensor, const size_t *strides, float *out);
/* At most `most` whole numbers of a constant int32 or int64 input: a shape, an order, axes. */
hyt_status hyti_tflite_wholes(const hyti_tflite_operator *op, size_t index, const char *what, size_t most, int64_t *out,
                              size_t *count);
/* Precision and quantisation of a value, as its tensor has them. */
hyt_status hyti_tflite_annotate(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value value);
/* What only moves values may not change their scale. */
hyt_status hyti_tflite_need_same_scale(const hyti_tflite_tensor *a, const hyti_tflite_tensor *b);
/* Fails unless the tensor is real or in int8 with one scale. */
hyt_status hyti_tflite_need_scale(const hyti_tflite_tensor *tensor);
/* Scale and zero point at a place along the tensor's axis. */
float hyti_tflite_scale(const hyti_tflite_tensor *tensor, size_t place);
int32_t hyti_tflite_zero(const hyti_tflite_tensor *tensor, size_t place);

/* tflite_form.c */
/* The axes of a plain value. */
hyt_dims hyti_tflite_plain_dims(const hyti_tflite_tensor *tensor);
size_t hyti_tflite_lead(const hyti_tflite_tensor *tensor); /* axes in front of the file's: 0 or 1 */
/* The value of a tensor in a form, made of the other one where need be; constants become operations. */
hyt_status hyti_tflite_picture(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value *out);
hyt_status hyti_tflite_plain(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value *out);
/* The form it is in already. */
hyt_status hyti_tflite_any(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value *out);
/* Its values, in the order of the file, with other axes. */
hyt_status hyti_tflite_reshaped(hyti_tflite *file, const hyti_tflite_tensor *tensor, const hyt_dims *dims,
                                hyt_value *out);
/* A constant operand of something of `like`'s axes, in the form of `picture`, with 1 along the axes that it lacks. */
hyt_status hyti_tflite_constant(hyti_tflite *file, const hyti_tflite_tensor *tensor, const hyti_tflite_tensor *like,
                                bool picture, bool negated, hyt_value *out);
bool hyti_tflite_has_picture(const hyti_tflite *file, const hyti_tflite_tensor *tensor);

/* tflite_operator.c */
hyt_status hyti_tflite_convert(hyti_tflite *file, size_t number);
/* Appends the activation that is fused into an operator, field `field` of its options. */
hyt_status hyti_tflite_fused(const hyti_tflite_operator *op, size_t field, hyt_value value, hyt_value *out);
/* A whole number of the options that has to be from `low` to `high`. */
hyt_status hyti_tflite_option(const hyti_tflite_operator *op, size_t field, size_t width, int64_t otherwise,
                              int64_t low, int64_t high, const char *what, size_t *out);

/* One function an operator, in the files tflite_weights.c, tflite_picture.c, tflite_shape.c and tflite_simple.c. The
 * result is a picture or plain, as its operation says. */
typedef hyt_status hyti_tflite_converter(const hyti_tflite_operator *op, hyt_value *out);
hyti_tflite_converter hyti_tflite_conv, hyti_tflite_depthwise, hyti_tflite_transpose_conv, hyti_tflite_linear;
hyti_tflite_converter hyti_tflite_pool, hyti_tflite_resize, hyti_tflite_pad;
hyti_tflite_converter hyti_tflite_reshape, hyti_tflite_transpose, hyti_tflite_slice, hyti_tflite_strided_slice,
    hyti_tflite_concat, hyti_tflite_mean;
hyti_tflite_converter hyti_tflite_binary, hyti_tflite_unary, hyti_tflite_softmax, hyti_tflite_matmul,
    hyti_tflite_quantize, hyti_tflite_dequantize;

/* The mean over H and W of the first input, with these axes or without. */
hyt_status hyti_tflite_whole_mean(const hyti_tflite_operator *op, bool kept, hyt_value *out);
/* Stride (fields 1 and 2: width, height) and padding (field 0) of a window whose kernel and dilation are in `node`,
 * over `in` pixels of height and width. */
hyt_status hyti_tflite_window(const hyti_tflite_operator *op, const size_t *in, hyti_node *node);

#endif
