/* SPDX-License-Identifier: MIT */
/* The plan of a run: which steps, on which bytes of one arena. Made of the graph's shapes alone, without weights. */
#ifndef HYTI_RUNTIME_PLAN_H
#define HYTI_RUNTIME_PLAN_H

#include "graph/graph.h"
#include "kernels/kernels.h"
#include <hytnas/runtime.h>

#define HYTI_NO_BUFFER ((size_t)-1)
/* A product of so few rows reads weights that would be streamed as they lie. */
#define HYTI_FEW_ROWS 16

/* Bytes that are live from step `first` to step `last`, both included. */
typedef struct hyti_buffer {
    size_t bytes;  /* a multiple of 64 */
    size_t offset; /* in the arena, a multiple of 64 */
    size_t first, last;
} hyti_buffer;

/* A value as it lies in memory: `rows` rows of `width` values, `stride` values apart. Pictures are NHWC, a row a pixel.
 * A value that a fused step leaves out has no buffer. */
typedef struct hyti_tensor {
    hyt_value value;   /* of the graph */
    hyti_format format;
    hyti_quant quant;  /* of int8 */
    size_t buffer; /* HYTI_NO_BUFFER: fused away, or among the packed weights */
    size_t offset; /* bytes from the start of the buffer, or of the packed weights */
    bool packed;   /* made of constants alone: worked out beforehand, the same for every picture */
    size_t rows, width, stride;
} hyti_tensor;

typedef enum hyti_step_kind {
    HYTI_STEP_INPUT,      /* the caller's picture to NHWC, normalised */
    HYTI_STEP_GEMM,       /* linear layer, pointwise convolution */
    HYTI_STEP_CONV,
    HYTI_STEP_STEM,       /* the caller's picture, normalised, through the first convolution */
    HYTI_STEP_GROUPED,    /* convolution, group by group */
    HYTI_STEP_DEPTHWISE,
    HYTI_STEP_SCALE,      /* batch norm that could not be folded: a 1x1 depthwise convolution */
    HYTI_STEP_ACT,
    HYTI_STEP_ADD,
    HYTI_STEP_COPY,       /* one operand of a concatenation into its place */
    HYTI_STEP_POOL,
    HYTI_STEP_RESIZE,
    HYTI_STEP_UNFOLD,
    HYTI_STEP_FOLD,
    HYTI_STEP_LAYER_NORM,
    HYTI_STEP_ATTENTION,
    HYTI_STEP_CONVERT,    /* to another format */
    HYTI_STEP_COMBINE,    /* sum or product with broadcasting */
    HYTI_STEP_MOVE,       /* values to where a transposition, slice, reshaping or window puts them */
    HYTI_STEP_REGROUP,    /* the pixels of a picture to those of another, in logical order */
    HYTI_STEP_PAD,
    HYTI_STEP_SPREAD,     /* pixels a stride apart, zero between them */
    HYTI_STEP_NEAREST,    /* resizing */
    HYTI_STEP_ALIGNED,    /* resizing, corners on corners */
    HYTI_STEP_MAX_POOL,
    HYTI_STEP_AVERAGE_POOL,
    HYTI_STEP_TRANSPOSED, /* convolution, in float32 */
    HYTI_STEP_MATMUL,
    HYTI_STEP_SOFTMAX,
    HYTI_STEP_MEAN,
    HYTI_STEP_OUTPUT,     /* to the caller, in logical order */
    HYTI_STEP_COUNT
} hyti_step_kind;

/* "gemm", ... */
const char *hyti_step_kind_name(hyti_step_kind kind);

/* `in`, `add` and `out` are numbers of tensors: those of the graph's values, and beyond them their copies in another
 * format. Places among the packed weights are bytes from their start, or HYTI_NO_BUFFER. */
typedef struct hyti_step {
    hyti_step_kind kind;
    hyti_format format;   /* what it computes in */
    hyt_value node;       /* the operation that gives attributes and weights */
    hyt_value norm;       /* batch norm folded into it, or HYTI_NO_VALUE */
    hyt_value in, out;
    hyt_value add;        /* second operand, or what is added after the activation; HYTI_NO_VALUE: nothing */
    hyt_value keys, values; /* ATTENTION: where they are no part of `in` */
    hyti_act act;
    size_t operand;       /* COPY: which one */
    size_t scratch;       /* buffer, or HYTI_NO_BUFFER */
    size_t scratch_bytes; /* of it, a worker */
    size_t weights, bias;
    size_t panel;         /* GROUPED: values of one group's packed weights */
    hyti_quant before, after; /* int8: the result as it leaves the sums, and as it leaves the activation */
    size_t multiplier, shift; /* int8: of the sums, a column each */
    size_t table;             /* int8: 256 results */
    bool inner;               /* done by a later step, in bands (plan_bands.c); its result has no place */
    size_t band;              /* GEMM: does the two steps before it too, so many rows of its result at a time; or 0 */
    size_t filtered;          /* of the scratch of a band: where the rows of the second begin */
} hyti_step;

typedef struct hyti_plan {
    hyt_context *context;
    size_t batch, threads;
    bool fixed;              /* of a value made of constants alone */
    hyti_tensor *tensors; /* one a value of the graph, then the copies */
    hyti_buffer *buffers;
    hyti_step *steps;
    size_t n_tensors, n_buffers, n_steps;
    uint64_t arena_bytes;
    uint64_t bound_bytes;    /* largest sum of live buffers over the steps: no packing can be smaller */
    uint64_t packed_bytes;   /* of the weights */
    bool streamed;           /* each step's weights are packed before it runs, all in the same place */
} hyti_plan;

typedef struct hyti_runtime_params {
    int64_t threads, batch, layout, isa, precision;
    bool observed; /* every value is there after its step: nothing is fused, nothing worked out in place; streamed */
} hyti_runtime_params;

/* *plan is zero before; destroy it also after a failure. */
/* The plan ends at `output`. What that rests on and is made of constants alone lies among the packed weights; but if
 * the output is such itself, it is planned as any other, for one picture. */
hyt_status hyti_plan_build_for(const hyt_graph *graph, hyt_value output, const hyti_runtime_params *params,
                               const hyti_kernels *kernels, hyti_plan *plan);
/* For the graph's result. */
hyt_status hyti_plan_build(const hyt_graph *graph, const hyti_runtime_params *params, const hyti_kernels *kernels,
                           hyti_plan *plan);
void hyti_plan_clear(hyti_plan *plan);
/* What its steps touch of the arena: all of it, in a plan that says what it needs. */
uint64_t hyti_plan_used_bytes(const hyti_plan *plan);
/* Offsets for buffers; writes arena_bytes and bound_bytes. */
hyt_status hyti_plan_pack(hyti_plan *plan);

/* Bytes of a tensor's rows, from the first value to the last. */
uint64_t hyti_tensor_bytes(const hyti_tensor *tensor);
/* The convolution that a step stands for, sizes only. */
hyti_conv_f32 hyti_step_conv(const hyt_graph *graph, const hyti_plan *plan, const hyti_step *step);
/* int8: how the operand of a weighted operation is stored; a stem's is not in memory. */
hyti_quant hyti_step_quant(const hyt_graph *graph, const hyti_plan *plan, const hyti_step *step);
/* Bytes of scratch that a worker needs. */
size_t hyti_step_conv_scratch(const hyti_kernels *kernels, bool stem, hyti_format format, const hyti_conv_f32 *conv);
size_t hyti_step_attention_scratch(const hyti_kernels *kernels, hyti_format format, size_t queries, size_t keys,
                                   size_t width);
/* n values from one format to another; quant: of the int8 side. */
void hyti_to_f32(const hyti_kernels *kernels, hyti_format format, hyti_quant quant, size_t n, const void *in,
                 float *out);
void hyti_from_f32(const hyti_kernels *kernels, hyti_format format, hyti_quant quant, size_t n, const float *in,
                   void *out);
void hyti_convert(const hyti_kernels *kernels, size_t n, hyti_format from, const void *in, hyti_format to, void *out,
                  hyti_quant quant);
/* Whether values lie as the logical order says: rows, or a picture of one channel or one pixel. */
bool hyti_lies_in_order(const hyti_node *node);
/* For each logical axis of a value, how many values its neighbours are apart; 0 along the batch of a constant. */
void hyti_axis_strides(const hyti_node *node, const hyti_tensor *tensor, size_t strides[HYT_MAX_RANK]);
/* Output channels of a weighted operation. */
static inline size_t hyti_layer_channels(const hyti_node *node, const hyti_parameter *weight)
{
    return node->op == HYT_OP_CONV_TRANSPOSE ? node->dims.size[1] : weight->dims.size[0];
}
/* Whether a step has the weights of a layer. */
static inline bool hyti_step_is_weighted(hyti_step_kind kind)
{
    return kind == HYTI_STEP_GEMM || kind == HYTI_STEP_CONV || kind == HYTI_STEP_STEM || kind == HYTI_STEP_GROUPED ||
           kind == HYTI_STEP_DEPTHWISE || kind == HYTI_STEP_SCALE;
}
/* An int8 result is quantised as its first operand is, whatever the graph says. */
bool hyti_keeps_quantisation(const hyti_node *node);
/* int8: of every softmax's result. */
static inline hyti_quant hyti_softmax_quant(void) { return (hyti_quant){ 1.0F / 256, -128 }; }
/* int8: how often a product repeats its left operand for the zero of its right one (execute_rows.c). */
size_t hyti_matmul_repeats(int32_t zero);
/* Folds and packs the weights of every step into `packed` (plan->packed_bytes of them), but those that are streamed. */
hyt_status hyti_plan_weights(const hyt_graph *graph, const hyti_plan *plan, const hyti_kernels *kernels, char *packed);
/* Of one that is. */
hyt_status hyti_plan_stream(const hyt_graph *graph, const hyti_plan *plan, const hyti_kernels *kernels, size_t step,
                            char *packed);

#endif
