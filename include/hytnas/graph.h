/* SPDX-License-Identifier: MIT */
/** @file graph.h
 *  A network: operations in execution order, their shapes, and their weights.
 *
 *  Each operation has one result, known by its number (0, 1, 2, ...); operands come before what uses them. Axes are
 *  logical, in the order of ONNX: pictures are N,C,H,W, tokens are N,P,T,D (pictures, positions in a patch, patches,
 *  width). Axis 0 is the batch, everywhere; a graph is built with batch 1 and run with any.
 *  Weights are float32: convolutions [out, in / groups, kh, kw], linear layers [out, in], everything else [channels]. */
#ifndef HYTNAS_GRAPH_H
#define HYTNAS_GRAPH_H

#include <hytnas/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_graph hyt_graph;

/** Number of an operation and of its result. */
typedef int32_t hyt_value;

/** Pinned: numbers are stored in model files. */
typedef enum hyt_op {
    HYT_OP_INPUT = 0,
    HYT_OP_CONV = 1,         /**< 2-D convolution: kernel, stride, padding, dilation, groups; with or without bias */
    HYT_OP_BATCH_NORM = 2,
    HYT_OP_LINEAR = 3,       /**< over the last axis */
    HYT_OP_RELU = 4,
    HYT_OP_RELU6 = 5,
    HYT_OP_SILU = 6,
    HYT_OP_ADD = 7,          /**< of equal shapes */
    HYT_OP_CONCAT = 8,       /**< along one axis */
    HYT_OP_GLOBAL_POOL = 9,  /**< mean over H and W: N,C,H,W -> N,C */
    HYT_OP_RESIZE = 10,      /**< bilinear, half-pixel centres */
    HYT_OP_UNFOLD = 11,      /**< N,C,H,W -> N,p*p,(H/p)(W/p),C */
    HYT_OP_FOLD = 12,        /**< its inverse */
    HYT_OP_LAYER_NORM = 13,  /**< over the last axis */
    HYT_OP_ATTENTION = 14,   /**< N,P,T,3D (q, k and v side by side) -> N,P,T,D: softmax(q k' / sqrt(D / heads)) v */
    HYT_OP_COUNT = 15
} hyt_op;

/** @name Building
 *  Each call appends one operation (or a short fixed sequence, where said), infers its shape and writes its number to
 *  `out`. HYT_ERR_SHAPE where the operands do not fit; HYT_ERR_ARGUMENT for a value that does not exist.
 *  @{ */
HYT_API hyt_status hyt_graph_create(hyt_context *context, const char *name, hyt_graph **out);
HYT_API void hyt_graph_destroy(hyt_graph *graph);
/** A deep copy, weights included. */
HYT_API hyt_status hyt_graph_copy(const hyt_graph *graph, hyt_graph **out);

/** A picture: 1, channels, height, width. */
HYT_API hyt_status hyt_graph_input(hyt_graph *graph, size_t channels, size_t height, size_t width, hyt_value *out);
/** Square kernel, padding (kernel - 1) / 2 on every side, no bias. */
HYT_API hyt_status hyt_graph_conv(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel, size_t stride,
                                  size_t groups, hyt_value *out);
HYT_API hyt_status hyt_graph_batch_norm(hyt_graph *graph, hyt_value input, hyt_value *out);
/** @param bias  0: none */
HYT_API hyt_status hyt_graph_linear(hyt_graph *graph, hyt_value input, size_t features, int bias, hyt_value *out);
/** @param op  HYT_OP_RELU, HYT_OP_RELU6 or HYT_OP_SILU */
HYT_API hyt_status hyt_graph_activation(hyt_graph *graph, hyt_value input, hyt_op op, hyt_value *out);
HYT_API hyt_status hyt_graph_add(hyt_graph *graph, hyt_value left, hyt_value right, hyt_value *out);
HYT_API hyt_status hyt_graph_concat(hyt_graph *graph, const hyt_value *inputs, size_t count, size_t axis, hyt_value *out);
HYT_API hyt_status hyt_graph_global_pool(hyt_graph *graph, hyt_value input, hyt_value *out);
HYT_API hyt_status hyt_graph_resize(hyt_graph *graph, hyt_value input, size_t height, size_t width, hyt_value *out);
HYT_API hyt_status hyt_graph_unfold(hyt_graph *graph, hyt_value input, size_t patch, hyt_value *out);
HYT_API hyt_status hyt_graph_fold(hyt_graph *graph, hyt_value input, size_t height, size_t width, size_t patch,
                                  hyt_value *out);
HYT_API hyt_status hyt_graph_layer_norm(hyt_graph *graph, hyt_value input, hyt_value *out);
HYT_API hyt_status hyt_graph_attention(hyt_graph *graph, hyt_value input, size_t heads, hyt_value *out);

/** Inverted residual (MobileNetV2, arXiv 1801.04381): 1x1 to divisible(c_in * expand, 8), BN, act (absent where expand
 *  is 1); 3x3 depthwise, BN, act; 1x1, BN; the input added where stride is 1 and the channels are equal. */
HYT_API hyt_status hyt_graph_inverted_residual(hyt_graph *graph, hyt_value input, size_t channels, size_t stride,
                                               double expand, hyt_op act, hyt_value *out);
/** MobileViT block (arXiv 2110.02178): `width` of the transformer, `ffn` of its feed-forward layer. */
HYT_API hyt_status hyt_graph_mobilevit(hyt_graph *graph, hyt_value input, size_t width, size_t ffn, size_t heads,
                                       size_t blocks, size_t patch, hyt_op act, hyt_value *out);
/** Marks the result of the network; without it, the last value is. */
HYT_API hyt_status hyt_graph_set_output(hyt_graph *graph, hyt_value value);
/** @} */

/** A network by name: "mobilevit-xxs", "mobilevit-xs", "mobilevit-s", "mobilenetv1-0.25", "mobilenetv2-0.35" (any
 *  width multiplier after the dash). Weights are not initialised.
 *  @param input    side of the square RGB picture, >= 32
 *  @param classes  >= 1
 *  @return HYT_ERR_NOT_FOUND names the nearest builder */
HYT_API hyt_status hyt_graph_build(hyt_context *context, const char *name, size_t input, size_t classes, hyt_graph **out);
/** The builders' names, for listings; NULL past the end. */
HYT_API const char *hyt_graph_builder(size_t index);

/** He-normal convolutions and linear layers (truncated at two deviations; 0.02 for transformer linears), ones and
 *  zeros elsewhere; the same for a seed (the last bit rests on the C library's logarithm and cosine). */
HYT_API hyt_status hyt_graph_initialise(hyt_graph *graph, uint64_t seed);

/** What the input is shifted by and divided by, channel by channel, before the first operation (padding comes after:
 *  a padded pixel is the mean). Stored in the model file. NULL, NULL takes it away.
 *  @param mean,deviation  one value a channel of the input; deviations > 0 */
HYT_API hyt_status hyt_graph_set_normalisation(hyt_graph *graph, const float *mean, const float *deviation);
/** One value a channel of the input; lent, until they are set again; NULL where there is no normalisation. */
HYT_API const float *hyt_graph_mean(const hyt_graph *graph);
HYT_API const float *hyt_graph_deviation(const hyt_graph *graph);

/** @name Looking
 *  @{ */
HYT_API const char *hyt_graph_name(const hyt_graph *graph);
HYT_API size_t hyt_graph_size(const hyt_graph *graph);                      /**< number of operations */
HYT_API hyt_op hyt_graph_op(const hyt_graph *graph, hyt_value value);
HYT_API const char *hyt_op_name(hyt_op op);                                 /**< "conv", "layer_norm", ... */
HYT_API hyt_status hyt_graph_dims(const hyt_graph *graph, hyt_value value, hyt_dims *dims);
HYT_API hyt_value hyt_graph_output(const hyt_graph *graph);
HYT_API size_t hyt_graph_operands(const hyt_graph *graph, hyt_value value);
HYT_API hyt_value hyt_graph_operand(const hyt_graph *graph, hyt_value value, size_t index);
/** One operation in words, "3x3 conv, stride 2, 16 channels", written into `text`. */
HYT_API hyt_status hyt_graph_describe(const hyt_graph *graph, hyt_value value, char *text, size_t size);
/** Trainable values; running statistics do not count. */
HYT_API uint64_t hyt_graph_parameters(const hyt_graph *graph);
/** Multiply-accumulates of convolutions, linear layers and both attention products, for batch 1. */
HYT_API uint64_t hyt_graph_macs(const hyt_graph *graph);
/** The same of one operation. */
HYT_API uint64_t hyt_graph_value_macs(const hyt_graph *graph, hyt_value value);
/** Bytes of the constants that inference needs in float32, batch norm folded into the convolution before it; the
 *  normalisation of the input is not counted. */
HYT_API uint64_t hyt_graph_weight_bytes(const hyt_graph *graph);
/** @} */

/** @name Weights
 *  Parameters are numbered in order of their operations: weight, bias; scale, shift, running mean, running variance.
 *  @{ */
HYT_API size_t hyt_graph_parameter_count(const hyt_graph *graph);
HYT_API hyt_status hyt_graph_parameter_dims(const hyt_graph *graph, size_t index, hyt_dims *dims);
/** "12.conv.weight"; lent. */
HYT_API const char *hyt_graph_parameter_name(const hyt_graph *graph, size_t index);
/** Lent; NULL until set or initialised. */
HYT_API const float *hyt_graph_parameter(const hyt_graph *graph, size_t index);
/** @param count  must be the number of values of that parameter */
HYT_API hyt_status hyt_graph_set_parameter(hyt_graph *graph, size_t index, const float *values, size_t count);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
