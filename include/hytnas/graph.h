/* SPDX-License-Identifier: MIT */
/** @file graph.h
 *  A network: operations in execution order, their shapes, and their weights.
 *
 *  Each operation has one result, known by its number (0, 1, 2, ...); operands come before what uses them. Axes are
 *  logical, in the order of ONNX: pictures are N,C,H,W, tokens are N,P,T,D (pictures, positions in a patch, patches,
 *  width). Axis 0 is the batch, everywhere; a graph is built with batch 1 and run with any. What is made of constants
 *  alone keeps 1 there and serves every picture of a batch.
 *  Weights are float32: convolutions [out, in / groups, kh, kw], transposed ones [in, out / groups, kh, kw], linear
 *  layers [out, in], constants as they are, everything else [channels]. */
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
    HYT_OP_ADD = 7,          /**< the second operand broadcast along axes where it has size 1; equal ranks */
    HYT_OP_CONCAT = 8,       /**< along one axis */
    HYT_OP_GLOBAL_POOL = 9,  /**< mean over H and W: N,C,H,W -> N,C */
    HYT_OP_RESIZE = 10,      /**< of hyt_resize_mode */
    HYT_OP_UNFOLD = 11,      /**< N,C,H,W -> N,p*p,(H/p)(W/p),C; windows first: N,(H/p)(W/p),p*p,C */
    HYT_OP_FOLD = 12,        /**< its inverse */
    HYT_OP_LAYER_NORM = 13,  /**< over the last axis */
    HYT_OP_ATTENTION = 14,   /**< N,P,T,D: softmax(q k' / sqrt(D / heads) + bias) v. One operand: N,P,T,3D (q, k and v
                                  side by side); two: that and the bias; three: q N,P,T,D, k and v N,P,S,D; four: and
                                  the bias.
                                  The bias is N,heads,T,S or N,P,heads,T,S, where P may be 1 */
    HYT_OP_SIGMOID = 15,
    HYT_OP_GELU = 16,        /**< x Phi(x), exact */
    HYT_OP_HARD_SWISH = 17,  /**< x relu6(x + 3) / 6 */
    HYT_OP_HARD_SIGMOID = 18, /**< relu6(x + 3) / 6 */
    HYT_OP_MUL = 19,         /**< broadcast as ADD */
    HYT_OP_CONSTANT = 20,    /**< a parameter as a value: position embeddings, class tokens, queries, bias tables */
    HYT_OP_MATMUL = 21,      /**< ...,M,K times ...,K,N (or ...,N,K); leading axes equal, or 1 in the second operand */
    HYT_OP_SOFTMAX = 22,     /**< over the last axis */
    HYT_OP_RESHAPE = 23,     /**< in logical order; axis 0 stays */
    HYT_OP_TRANSPOSE = 24,   /**< axis 0 stays */
    HYT_OP_SLICE = 25,       /**< along one axis but the batch: begin, end (not included), step */
    HYT_OP_PAD = 26,         /**< a frame of one value around a picture */
    HYT_OP_MAX_POOL = 27,
    HYT_OP_AVERAGE_POOL = 28, /**< padding divides only where it is counted */
    HYT_OP_CONV_TRANSPOSE = 29, /**< side (in - 1) stride - padding + kernel + output padding */
    HYT_OP_MEAN = 30,        /**< over one axis of tokens, which is kept with size 1 or goes */
    HYT_OP_COUNT = 31
} hyt_op;

/** Pinned. */
typedef enum hyt_resize_mode {
    HYT_RESIZE_BILINEAR = 0,      /**< half-pixel centres */
    HYT_RESIZE_NEAREST = 1,       /**< pixel floor(i in / out) */
    HYT_RESIZE_ALIGN_CORNERS = 2  /**< bilinear, the corners' centres on each other */
} hyt_resize_mode;

/** What a value is stored as. Pinned. */
typedef enum hyt_precision { HYT_FP32 = 0, HYT_BF16 = 1, HYT_FP16 = 2, HYT_INT8 = 3 } hyt_precision;

/** @name Building
 *  Each call appends one operation (or a short fixed sequence, where said), infers its shape and writes its number to
 *  `out`. HYT_ERR_SHAPE where the operands do not fit; HYT_ERR_ARGUMENT for a value that does not exist.
 *  @{ */
HYT_API hyt_status hyt_graph_create(hyt_context *context, const char *name, hyt_graph **out);
HYT_API void hyt_graph_destroy(hyt_graph *graph);
/** A deep copy, weights included. */
HYT_API hyt_status hyt_graph_copy(const hyt_graph *graph, hyt_graph **out);
/** A copy for inference: batch norms that directly follow a convolution are folded into its weights and bias. Values
 *  and parameters are numbered anew. */
HYT_API hyt_status hyt_graph_fold_norms(const hyt_graph *graph, hyt_graph **out);

/** A picture: 1, channels, height, width. */
HYT_API hyt_status hyt_graph_input(hyt_graph *graph, size_t channels, size_t height, size_t width, hyt_value *out);
/** Square kernel, padding (kernel - 1) / 2 on every side, no bias. */
HYT_API hyt_status hyt_graph_conv(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel, size_t stride,
                                  size_t groups, hyt_value *out);
HYT_API hyt_status hyt_graph_batch_norm(hyt_graph *graph, hyt_value input, hyt_value *out);
/** @param bias  0: none */
HYT_API hyt_status hyt_graph_linear(hyt_graph *graph, hyt_value input, size_t features, int bias, hyt_value *out);
/** @param op  HYT_OP_RELU, _RELU6, _SILU, _SIGMOID, _GELU, _HARD_SWISH or _HARD_SIGMOID */
HYT_API hyt_status hyt_graph_activation(hyt_graph *graph, hyt_value input, hyt_op op, hyt_value *out);
HYT_API hyt_status hyt_graph_add(hyt_graph *graph, hyt_value left, hyt_value right, hyt_value *out);
HYT_API hyt_status hyt_graph_concat(hyt_graph *graph, const hyt_value *inputs, size_t count, size_t axis,
                                    hyt_value *out);
HYT_API hyt_status hyt_graph_global_pool(hyt_graph *graph, hyt_value input, hyt_value *out);
HYT_API hyt_status hyt_graph_resize(hyt_graph *graph, hyt_value input, size_t height, size_t width, hyt_value *out);
HYT_API hyt_status hyt_graph_unfold(hyt_graph *graph, hyt_value input, size_t patch, hyt_value *out);
HYT_API hyt_status hyt_graph_fold(hyt_graph *graph, hyt_value input, size_t height, size_t width, size_t patch,
                                  hyt_value *out);
HYT_API hyt_status hyt_graph_layer_norm(hyt_graph *graph, hyt_value input, hyt_value *out);
HYT_API hyt_status hyt_graph_attention(hyt_graph *graph, hyt_value input, size_t heads, hyt_value *out);
/** @param operands  1 to 4 of them, as at HYT_OP_ATTENTION */
HYT_API hyt_status hyt_graph_attention_of(hyt_graph *graph, const hyt_value *operands, size_t count, size_t heads,
                                          hyt_value *out);
HYT_API hyt_status hyt_graph_mul(hyt_graph *graph, hyt_value left, hyt_value right, hyt_value *out);
/** @param dims     axis 0 is 1
 *  @param picture  1: of rank 4, N,C,H,W; 0: tokens
 *  @param values   NULL: trained and initialised; else copied, and neither */
HYT_API hyt_status hyt_graph_constant(hyt_graph *graph, const hyt_dims *dims, int picture, const float *values,
                                      hyt_value *out);
/** @param transposed  1: the right operand is ...,N,K */
HYT_API hyt_status hyt_graph_matmul(hyt_graph *graph, hyt_value left, hyt_value right, int transposed, hyt_value *out);
HYT_API hyt_status hyt_graph_softmax(hyt_graph *graph, hyt_value input, hyt_value *out);
/** @param picture  1: the result, of rank 4, is N,C,H,W; 0: tokens */
HYT_API hyt_status hyt_graph_reshape(hyt_graph *graph, hyt_value input, const hyt_dims *dims, int picture,
                                     hyt_value *out);
/** @param order  as many axes as the operand has: which one comes first, second, ...; the first is 0 */
HYT_API hyt_status hyt_graph_transpose(hyt_graph *graph, hyt_value input, const size_t *order, int picture,
                                       hyt_value *out);
HYT_API hyt_status hyt_graph_slice(hyt_graph *graph, hyt_value input, size_t axis, size_t begin, size_t end,
                                   size_t step, hyt_value *out);
/** @param sides  pixels added at the top, left, bottom and right */
HYT_API hyt_status hyt_graph_pad(hyt_graph *graph, hyt_value input, const size_t sides[4], double value,
                                 hyt_value *out);
HYT_API hyt_status hyt_graph_max_pool(hyt_graph *graph, hyt_value input, size_t kernel, size_t stride, size_t padding,
                                      hyt_value *out);
/** @param counted  1: padding counts as zeros */
HYT_API hyt_status hyt_graph_average_pool(hyt_graph *graph, hyt_value input, size_t kernel, size_t stride,
                                          size_t padding, int counted, hyt_value *out);
/** Square kernel, no groups, no output padding. */
HYT_API hyt_status hyt_graph_conv_transpose(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel,
                                            size_t stride, size_t padding, int bias, hyt_value *out);
/** @param keep  1: the axis stays, with size 1 */
HYT_API hyt_status hyt_graph_mean_of(hyt_graph *graph, hyt_value input, size_t axis, int keep, hyt_value *out);
HYT_API hyt_status hyt_graph_resize_by(hyt_graph *graph, hyt_value input, size_t height, size_t width,
                                       hyt_resize_mode mode, hyt_value *out);
/** Windows first: N,C,H,W -> N,windows,p*p,C, and back. */
HYT_API hyt_status hyt_graph_unfold_windows(hyt_graph *graph, hyt_value input, size_t patch, hyt_value *out);
HYT_API hyt_status hyt_graph_fold_windows(hyt_graph *graph, hyt_value input, size_t height, size_t width, size_t patch,
                                          hyt_value *out);

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

/** @name Heads
 *  Of detectors and segmentation networks, on maps of any backbone, finest first; all or nothing. What they give is
 *  trained by the tasks of train.h and read by hyt_detect().
 *  @{ */
/** A feature pyramid (arXiv 1612.03144): each map through a 1x1 convolution, the coarser ones enlarged and added on the
 *  way. `out` has as many values as `maps`, up to 8, and may be the same array. */
HYT_API hyt_status hyt_graph_pyramid(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels,
                                     hyt_value *out);
/** One box a pixel of each map: `depth` depthwise-separable convolutions (SSDLite, arXiv 1801.04381), then the
 *  logarithms of the distances to the four sides, in strides, and a logit a class (FCOS, arXiv 1904.01355):
 *  N,1,pixels,4 + classes. The bias of the classes is set so that their scores start at 0.01; hyt_graph_initialise()
 *  takes that away. */
HYT_API hyt_status hyt_graph_box_head(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels,
                                      size_t depth, size_t classes, hyt_op act, hyt_value *out);
/** Queries that look for boxes (DETR, arXiv 2005.12872): N,queries,4 + classes + 1, centre and size of the picture's,
 *  the last class "no object".
 *  @param width  a multiple of 4; `ffn` of the feed-forward layers */
HYT_API hyt_status hyt_graph_query_head(hyt_graph *graph, hyt_value map, size_t width, size_t ffn, size_t heads,
                                        size_t layers, size_t queries, size_t classes, hyt_value *out);
/** A logit a class for each pixel of the finest map, from a pyramid of all of them and `depth` depthwise-separable
 *  convolutions: N,classes,H,W. Who reads it enlarges it to the picture. */
HYT_API hyt_status hyt_graph_pixel_head(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels,
                                        size_t depth, size_t classes, hyt_op act, hyt_value *out);
/** @} */

/** A network by name. Classifiers: "mobilevit-xxs", "mobilevit-xs", "mobilevit-s"; "mobilenetv1-0.25",
 *  "mobilenetv2-0.35", "mobilenetv3-small", "mobilenetv3-large-0.75" (any width multiplier after the dash; 1 without);
 *  "resnet-18"; "vit-tiny" (the mean of the tokens is classified), "deit-tiny" (a class token is), "convit-tiny",
 *  "swin-tiny", "pvt-tiny". Detectors, N,places,4 + classes, their classes as the head counts them (background or "no
 *  object" included): "ssdlite-mobilenetv3" (large), "ssdlite-mobilenetv3-small", "ssdlite-mobilevit-xxs",
 *  "yolo-nano", "detr-tiny". Parts of Mask R-CNN: "maskrcnn-fpn" (its levels
 *  one after another, N,pixels,256) and "maskrcnn-head" (of regions of 256 channels). Weights are not initialised.
 *  @param input    side of the square picture; >= 32 but for maskrcnn-head; a multiple of 16 for ViT, DeiT and ConViT,
 *                  of 32 for Swin and PVT, else HYT_ERR_SHAPE
 *  @param classes  >= 1
 *  @return HYT_ERR_NOT_FOUND names the nearest builder */
HYT_API hyt_status hyt_graph_build(hyt_context *context, const char *name, size_t input, size_t classes,
                                   hyt_graph **out);
/** The builders' names, for listings; NULL past the end. */
HYT_API const char *hyt_graph_builder(size_t index);

/** He-normal convolutions and linear layers (truncated at two deviations; 0.02 for transformer linears and trained
 *  constants), ones and zeros elsewhere; constants of given values keep them; the same for a seed (the last
 *  bit rests on the C library's logarithm and cosine). */
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
/** Trainable values; running statistics and constants of given values do not count. */
HYT_API uint64_t hyt_graph_parameters(const hyt_graph *graph);
/** Multiply-accumulates of convolutions, linear layers, matrix products and both attention products, for batch 1;
 *  what is made of constants alone is worked out beforehand and counts nothing. */
HYT_API uint64_t hyt_graph_macs(const hyt_graph *graph);
/** The same of one operation. */
HYT_API uint64_t hyt_graph_value_macs(const hyt_graph *graph, hyt_value value);
/** Bytes of the constants that inference needs, each operation in its own precision, batch norm folded into the
 *  convolution before it; in int8 with a factor and a shift a channel.
 *  The normalisation of the input is not counted. */
HYT_API uint64_t hyt_graph_weight_bytes(const hyt_graph *graph);
/** @} */

/** @name Attributes
 *  @{ */
/** Pinned. */
typedef enum hyt_attribute {
    HYT_ATTRIBUTE_KERNEL_HEIGHT = 0,   /**< convolutions and pools, as what follows */
    HYT_ATTRIBUTE_KERNEL_WIDTH = 1,
    HYT_ATTRIBUTE_STRIDE_HEIGHT = 2,
    HYT_ATTRIBUTE_STRIDE_WIDTH = 3,
    HYT_ATTRIBUTE_PAD_TOP = 4,         /**< and of HYT_OP_PAD */
    HYT_ATTRIBUTE_PAD_LEFT = 5,
    HYT_ATTRIBUTE_PAD_BOTTOM = 6,
    HYT_ATTRIBUTE_PAD_RIGHT = 7,
    HYT_ATTRIBUTE_DILATION_HEIGHT = 8,
    HYT_ATTRIBUTE_DILATION_WIDTH = 9,
    HYT_ATTRIBUTE_GROUPS = 10,
    HYT_ATTRIBUTE_OUTPUT_PAD_HEIGHT = 11,
    HYT_ATTRIBUTE_OUTPUT_PAD_WIDTH = 12,
    HYT_ATTRIBUTE_HEADS = 13,
    HYT_ATTRIBUTE_PATCH = 14,
    HYT_ATTRIBUTE_WINDOWS_FIRST = 15,  /**< unfold, fold */
    HYT_ATTRIBUTE_AXIS = 16,           /**< concat, slice, mean */
    HYT_ATTRIBUTE_BEGIN = 17,
    HYT_ATTRIBUTE_END = 18,
    HYT_ATTRIBUTE_STEP = 19,
    HYT_ATTRIBUTE_RESIZE_MODE = 20,
    HYT_ATTRIBUTE_TRANSPOSED = 21,     /**< matmul */
    HYT_ATTRIBUTE_PADDING_COUNTED = 22, /**< average_pool */
    HYT_ATTRIBUTE_AXIS_KEPT = 23,      /**< mean */
    HYT_ATTRIBUTE_TRAINED = 24,        /**< constant */
    HYT_ATTRIBUTE_ORDER = 25,          /**< transpose: the axis that comes first; second 26, ... sixth 30 */
    HYT_ATTRIBUTE_BIAS = 31,           /**< conv, conv_transpose, linear: 1 where there is one */
    HYT_ATTRIBUTE_PICTURE = 32         /**< any operation: whether its result is N,C,H,W */
} hyt_attribute;
/** @return HYT_ERR_NOT_FOUND where the operation has no such attribute */
HYT_API hyt_status hyt_graph_attribute(const hyt_graph *graph, hyt_value value, hyt_attribute attribute, int64_t *out);
/** Epsilon of a norm, value of a pad; HYT_ERR_NOT_FOUND for others. */
HYT_API hyt_status hyt_graph_attribute_real(const hyt_graph *graph, hyt_value value, double *out);
/** @} */

/** @name Precision
 *  What a value is stored as when the network runs, and in which numbers. A graph starts in fp32 throughout.
 *  @{ */
HYT_API hyt_status hyt_graph_set_precision(hyt_graph *graph, hyt_value value, hyt_precision precision);
HYT_API hyt_precision hyt_graph_precision(const hyt_graph *graph, hyt_value value);
/** real = scale * (stored - zero), stored from -128 to 127.
 *  @param scale  finite, above 0; 0: takes the quantisation away
 *  @param zero   from -128 to 127 */
HYT_API hyt_status hyt_graph_set_quantisation(hyt_graph *graph, hyt_value value, float scale, int32_t zero);
/** @return HYT_ERR_STATE where there is none */
HYT_API hyt_status hyt_graph_quantisation(const hyt_graph *graph, hyt_value value, float *scale, int32_t *zero);
/** Symmetric int8 scale of each output channel of a weight (convolution, transposed convolution, linear layer), whose
 *  values are scale * q, q from -127 to 127, exactly as stored.
 *  @param scales  NULL: takes them away */
HYT_API hyt_status hyt_graph_set_scales(hyt_graph *graph, size_t parameter, const float *scales, size_t count);
/** One a channel; lent; NULL where there are none. */
HYT_API const float *hyt_graph_scales(const hyt_graph *graph, size_t parameter);
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
