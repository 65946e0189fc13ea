/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network whose weights are part of a larger one's: the first channels, the middle of kernels, the first blocks.
 * Layers that play the same part (hyti_place_within) go together. */
#ifndef HYTI_TRAIN_SLICE_H
#define HYTI_TRAIN_SLICE_H

#include "train/inherit.h"
#include "train/net.h"

/* Columns that lie side by side in both. */
typedef struct hyti_slice_run {
    size_t at, from, count;
} hyti_slice_run;

/* A weight of the smaller network as it lies in its tape: rows [tap][input] of outputs (depthwise: [tap]). */
typedef struct hyti_slice_weight {
    size_t at, from;            /* where it starts, here and in the larger one */
    size_t number;              /* the larger one's weight */
    size_t rows, columns, from_columns;
    const size_t *row_of;       /* the larger one's row for each */
    size_t n_runs;
    hyti_slice_run runs[HYTI_MAX_PIECES];
} hyti_slice_weight;

typedef struct hyti_slice {
    hyt_context *context;
    hyti_slice_weight *weights; /* those of the smaller tape */
    size_t n_weights;
    size_t *rows;               /* of all weights */
} hyti_slice;

/* HYT_ERR_UNSUPPORTED names the layer that is not part of the larger network. A failure leaves it empty. */
hyt_status hyti_slice_init(hyti_slice *slice, hyt_context *context, const hyti_tape *small, const hyti_tape *large);
void hyti_slice_clear(hyti_slice *slice);
/* Weights of the smaller network out of the larger one's, each as its tape has them. */
void hyti_slice_gather(const hyti_slice *slice, hyti_pool *pool, const float *from, float *to);
/* Adds the gradient that lies in the smaller net's slots, its parts in order, to one of the larger weights. */
void hyti_slice_scatter(const hyti_slice *slice, hyti_pool *pool, const hyti_net_f32 *net, float *to);

#endif
