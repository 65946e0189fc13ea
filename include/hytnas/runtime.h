/* SPDX-License-Identifier: MIT */
/** @file runtime.h
 *  Runs a network: plans its memory once, then runs without allocating. */
#ifndef HYTNAS_RUNTIME_H
#define HYTNAS_RUNTIME_H

#include <hytnas/graph.h>
#include <hytnas/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_runtime hyt_runtime;

#define HYT_RUNTIME_THREADS "threads"   /**< int, 1: threads that share one run */
#define HYT_RUNTIME_BATCH "batch"       /**< int, 1: pictures of one run */
#define HYT_RUNTIME_LAYOUT "layout"     /**< choice, "nchw" or "nhwc": order of the input handed to run */
/** choice, "auto", "c", "avx2", "avx_vnni", "avx512", "avx512_vnni", "neon", "neon_dot": the fastest kernels that may
 *  be used; "auto": also those for bfloat16 and half-precision arithmetic */
#define HYT_RUNTIME_ISA "isa"
/** choice, "graph" (each operation's own, hyt_graph_set_precision()), "fp32", "bf16", "fp16": one for all */
#define HYT_RUNTIME_PRECISION "precision"

HYT_API hyt_status hyt_runtime_options_create(hyt_context *context, hyt_options **out);

/** Plans, folds and packs. The graph may be destroyed or changed afterwards: nothing of it is kept.
 *  @param options  NULL: defaults
 *  @return HYT_ERR_STATE if a weight of the graph is not set */
HYT_API hyt_status hyt_runtime_create(const hyt_graph *graph, const hyt_options *options, hyt_runtime **out);
/** The same in memory of the caller's, which must last as long as the runtime: `arena_size` bytes, at least what
 *  hyt_runtime_plan() says with the same options (HYT_ERR_RANGE), at a multiple of 64 (HYT_ERR_ARGUMENT). */
HYT_API hyt_status hyt_runtime_create_in(const hyt_graph *graph, const hyt_options *options, void *arena,
                                         size_t arena_size, hyt_runtime **out);
HYT_API void hyt_runtime_destroy(hyt_runtime *runtime);

/** The plan alone, in microseconds: needs no weights.
 *  @param arena_bytes  all activations and scratch of a run, a multiple of 64; NULL: only whether it can be planned
 *  @return HYT_ERR_STATE for a graph without operations, HYT_ERR_RANGE for one too large at this batch */
HYT_API hyt_status hyt_runtime_plan(const hyt_graph *graph, const hyt_options *options, uint64_t *arena_bytes);

/** Allocates nothing; the same bits for any number of threads.
 *  @param input   batch * C * H * W values in the layout of the options
 *  @param output  batch * (values of the result) values, logical order */
HYT_API hyt_status hyt_runtime_run(hyt_runtime *runtime, const float *input, float *output);

HYT_API uint64_t hyt_runtime_arena_bytes(const hyt_runtime *runtime);  /**< planned; exactly what a run touches */
/** The highest byte that a step of the plan touches, counted step by step. */
HYT_API uint64_t hyt_runtime_used_bytes(const hyt_runtime *runtime);
HYT_API uint64_t hyt_runtime_packed_bytes(const hyt_runtime *runtime); /**< weights as packed for the kernels */
HYT_API size_t hyt_runtime_input_size(const hyt_runtime *runtime);     /**< values of one run's input, batch included */
HYT_API size_t hyt_runtime_output_size(const hyt_runtime *runtime);

/** Latency in milliseconds: warm-up, then the median of bursts of runs, on random input.
 *  @param milliseconds  about how long to measure
 *  @param low,high      ends of a 95 % interval of the median (binomial order statistics); either may be NULL */
HYT_API hyt_status hyt_runtime_time(hyt_runtime *runtime, double milliseconds, double *median, double *low,
                                    double *high);

/** Boxes of one picture from what a detector gave for it (hyt_graph_build(), hyt_candidate_decode() of a space with
 *  such a head): one box a pixel of its maps, anchors (several a pixel), or queries. Classes are sigmoids; of queries a
 *  softmax whose last is "no object". Overlapping boxes of one class are suppressed, but those of queries.
 *  @param output     one picture's result, places * (4 + classes) values
 *  @param threshold  least score, 0 to 1
 *  @param iou        overlap above which of two boxes of a class the worse goes
 *  @param most       boxes at most; the room of the three arrays, in boxes
 *  @param boxes      x1, y1, x2, y2 in pixels of the network's input, by falling score
 *  @return HYT_ERR_SHAPE where the network ends in something else */
HYT_API hyt_status hyt_detect(const hyt_graph *network, const float *output, double threshold, double iou, size_t most,
                              float *boxes, float *scores, uint32_t *labels, size_t *count);

/** @name Steps
 *  What a run does, one after the other: an operation with what is fused into it, a copy, a change of format. Kinds and
 *  numbers of steps may differ between versions.
 *  @{ */
HYT_API size_t hyt_runtime_steps(const hyt_runtime *runtime);
/** "gemm", "depthwise", ...; NULL past the end. */
HYT_API const char *hyt_runtime_step_kind(const hyt_runtime *runtime, size_t step);
/** The operation of the graph, the first of those fused. */
HYT_API hyt_value hyt_runtime_step_value(const hyt_runtime *runtime, size_t step);
HYT_API hyt_precision hyt_runtime_step_precision(const hyt_runtime *runtime, size_t step); /**< what it computes in */
/** Median milliseconds of each step, on random input, steps in their order.
 *  @param milliseconds  about how long to measure
 *  @param step_ms       hyt_runtime_steps() values; 0: of a step whose work the next that is not 0 does with its own */
HYT_API hyt_status hyt_runtime_profile(hyt_runtime *runtime, double milliseconds, double *step_ms);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
