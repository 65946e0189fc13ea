/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of training, for those who train (the evaluators start their own table with these rows). */
#ifndef HYTI_TRAIN_TRAIN_H
#define HYTI_TRAIN_TRAIN_H

#include "base/table.h"
#include <hytnas/train.h>

typedef enum hyti_optimiser { HYTI_OPTIMISER_ADAMW = 0, HYTI_OPTIMISER_SGD = 1 } hyti_optimiser;

typedef struct hyti_train_params {
    int64_t epochs, batch, optimiser;
    double rate, momentum, weight_decay, warmup, smoothing;
    int64_t flip;
    double crop, jitter, averaging;
    int64_t patience, threads, seed, task;
} hyti_train_params;

extern const hyti_table hyti_train_table;

/* Learning rate of step `step` of `steps`: a line up to the peak over the warm-up's share, then half a cosine down to 0
 * (Loshchilov and Hutter, arXiv 1608.03983, without restarts). */
double hyti_train_rate(const hyti_train_params *params, size_t step, size_t steps);

/* A trainer with its parameters as they are, instead of options. */
hyt_status hyti_trainer_create(const hyt_graph *graph, const hyti_train_params *params, hyt_trainer **out);

/* HYT_ERR_STATE for an empty graph and for a result that no picture changes. */
hyt_status hyti_train_check_graph(const hyt_graph *graph);
/* Place of the highest of n > 0 values. */
size_t hyti_train_highest(const float *row, size_t n);

#endif
