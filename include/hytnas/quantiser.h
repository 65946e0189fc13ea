/* SPDX-License-Identifier: MIT */
/** @file quantiser.h
 *  Makes an int8 network of a float32 one: looks at what its operations give on some pictures, chooses scales, and hands
 *  over a graph that carries them (hyt_graph_quantisation(), hyt_graph_scales()). Such a graph still runs in float32;
 *  the runtime computes each operation in its own precision. */
#ifndef HYTNAS_QUANTISER_H
#define HYTNAS_QUANTISER_H

#include <hytnas/graph.h>
#include <hytnas/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_quantiser hyt_quantiser;

HYT_API hyt_status hyt_quantiser_options_create(hyt_context *context, hyt_options **out);

/** Folds batch norms (hyt_graph_fold_norms()); values and parameters are numbered as in the graph that finish hands over.
 *  @param options  NULL: defaults
 *  @return HYT_ERR_STATE if a weight of the graph is not set */
HYT_API hyt_status hyt_quantiser_create(const hyt_graph *graph, const hyt_options *options, hyt_quantiser **out);
HYT_API void hyt_quantiser_destroy(hyt_quantiser *quantiser);

/** Runs the network in float32 on pictures and keeps what it needs of every operation's results.
 *  @param pictures  count * C * H * W values, planes (NCHW), before the graph's normalisation */
HYT_API hyt_status hyt_quantiser_add(hyt_quantiser *quantiser, const float *pictures, size_t count);

/** The network in int8; the quantiser can go on.
 *  @return HYT_ERR_STATE before a picture was added */
HYT_API hyt_status hyt_quantiser_finish(hyt_quantiser *quantiser, hyt_graph **out);

#ifdef __cplusplus
}
#endif
#endif
