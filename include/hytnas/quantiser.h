/* SPDX-License-Identifier: MIT */
/** @file quantiser.h
 *  Makes an int8 network of a float32 one: looks at what its operations give on some pictures, chooses scales, and
 *  hands over a graph that carries them (hyt_graph_quantisation(), hyt_graph_scales()). Such a graph can still be run
 *  in float32; by default the runtime computes each operation in its own precision. */
#ifndef HYTNAS_QUANTISER_H
#define HYTNAS_QUANTISER_H

#include <hytnas/graph.h>
#include <hytnas/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_quantiser hyt_quantiser;

/** choice, "minmax", "percentile", "mse" (least squared error), "kl" (least divergence; "mse" for a
 *  value with few numbers): the range of a value. "learned": the quantisation that the graph's values carry, of
 *  training that rounds (train.h, "qat"); of those that carry none "minmax"; weights as "minmax", without "equalise"
 *  and "correct-bias", as the training had them */
#define HYT_QUANTISER_CALIBRATION "calibration"
#define HYT_QUANTISER_PERCENTILE "percentile"     /**< real, 99.99: per cent of the numbers that "percentile" keeps */
#define HYT_QUANTISER_WEIGHTS "weights"           /**< choice, "minmax", "mse": the scale of a channel's weights */
/** flag, 1: layers that follow each other are scaled against each other before,
 *  channel by channel (exact in float32) */
#define HYT_QUANTISER_EQUALISE "equalise"
/** flag, 1: a bias takes back what rounded weights shift on average */
#define HYT_QUANTISER_CORRECT_BIAS "correct-bias"
#define HYT_QUANTISER_THREADS "threads"           /**< int, 1: threads that share one run */

HYT_API hyt_status hyt_quantiser_options_create(hyt_context *context, hyt_options **out);

/** Folds batch norms (hyt_graph_fold_norms()); values and parameters are numbered as in the graph that finish hands
 *  over. A quantisation that the graph carries already is used by calibration "learned" alone.
 *  @param options  NULL: defaults
 *  @return HYT_ERR_STATE if a weight of the graph is not set */
HYT_API hyt_status hyt_quantiser_create(const hyt_graph *graph, const hyt_options *options, hyt_quantiser **out);
HYT_API void hyt_quantiser_destroy(hyt_quantiser *quantiser);

/** Keeps a copy of pictures to calibrate on: 16 to a few hundred of what the network will see.
 *  @param pictures  count * C * H * W values, planes (NCHW), before the graph's normalisation */
HYT_API hyt_status hyt_quantiser_add(hyt_quantiser *quantiser, const float *pictures, size_t count);

/** The network in int8, from runs in float32 on all pictures added so far; the quantiser can go on.
 *  @return HYT_ERR_STATE before a picture was added, HYT_ERR_NUMERIC where an operation's result is not finite */
HYT_API hyt_status hyt_quantiser_finish(hyt_quantiser *quantiser, hyt_graph **out);

/** The same at once and in the same memory: in place of *graph, which is given up for it, its int8 form.
 *  @param graph  on failure as it was where an argument or a weight is at fault, else released, and *graph is NULL
 *  @param pictures  count * C * H * W values as for hyt_quantiser_add(); read only during the call */
HYT_API hyt_status hyt_quantise(hyt_graph **graph, const float *pictures, size_t count, const hyt_options *options);

/** What each operation costs: mean squared change of the network's result, in units of its variance,
 *  when that operation alone runs in int8; on 16 pictures at most. One plan an operation.
 *  @param drops  one a value of finish's graph; 0 for what goes with the operation that it reads: activations, moves */
HYT_API hyt_status hyt_quantiser_drops(hyt_quantiser *quantiser, double *drops);

/** How good a network is, higher is better; 0, or a status that ends the search. */
typedef int (*hyt_score_fn)(void *user, const hyt_graph *graph, double *score);
/** The int8 network that leaves the fewest operations in bfloat16 and still scores at least `target`: operations are
 *  left out in order of their drops, their number found by bisection (about log2 of the operations calls of `score`).
 *  @param left  number of operations in bfloat16; may be NULL
 *  @return HYT_ERR_INFEASIBLE if even all in bfloat16 score less */
HYT_API hyt_status hyt_quantiser_search(hyt_quantiser *quantiser, hyt_score_fn score, void *user, double target,
                                        hyt_graph **out, size_t *left);

#ifdef __cplusplus
}
#endif
#endif
