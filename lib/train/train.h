/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of training, for those who train (the evaluators start their own table with these rows). */
#ifndef HYTI_TRAIN_TRAIN_H
#define HYTI_TRAIN_TRAIN_H

#include "base/table.h"
#include <hytnas/train.h>

typedef enum hyti_optimiser { HYTI_OPTIMISER_ADAMW = 0, HYTI_OPTIMISER_SGD = 1 } hyti_optimiser;
typedef enum hyti_class_weights { HYTI_CLASS_WEIGHTS_NONE = 0, HYTI_CLASS_WEIGHTS_BALANCED = 1 } hyti_class_weights;
typedef enum hyti_schedule {
    HYTI_SCHEDULE_COSINE = 0, HYTI_SCHEDULE_ONE_CYCLE = 1, HYTI_SCHEDULE_STEP = 2
} hyti_schedule;

typedef enum hyti_keep { HYTI_KEEP_BEST = 0, HYTI_KEEP_LAST = 1 } hyti_keep;

typedef struct hyti_train_params {
    int64_t epochs, batch, optimiser;
    double rate, momentum, weight_decay, warmup, smoothing;
    int64_t flip;
    double crop, jitter, averaging;
    int64_t patience, threads, seed, task;
    int64_t nesterov, schedule, steps;
    double drop, clip, mixup, cutmix, erasing;
    int64_t class_weights;
    double teacher_share, temperature, qat;
    int64_t memory_bytes, keep;
} hyti_train_params;

extern const hyti_table hyti_train_table;

/* Learning rate of step `step` of `steps`. Cosine: a line up to the peak over the warm-up's share, then half a cosine
 * down to 0 (Loshchilov and Hutter, arXiv 1608.03983, without restarts). Step: the same line, then the peak, multiplied
 * by `drop` at `steps` places that lie evenly over all of it. One cycle (Smith and Topin, arXiv 1708.07120): half a
 * cosine from a 25th up to the peak over the warm-up's share, then another one down to a 250 000th. */
double hyti_train_rate(const hyti_train_params *params, size_t step, size_t steps);
/* Momentum of sgd there: in one cycle it falls by 0.1 while the rate rises, and comes back. */
double hyti_train_momentum(const hyti_train_params *params, size_t step, size_t steps);

/* A trainer with its parameters as they are, instead of options. */
hyt_status hyti_trainer_create(const hyt_graph *graph, const hyti_train_params *params, hyt_trainer **out);

/* HYT_ERR_CONFLICT names options that do not go together. */
hyt_status hyti_train_check_params(const hyti_train_params *params);
/* HYT_ERR_INFEASIBLE where the training would take more than option "memory-bytes" allows. */
hyt_status hyti_train_check_memory(const hyt_graph *graph, const hyti_train_params *params);
/* HYT_ERR_STATE for an empty graph and for a result that no picture changes. */
hyt_status hyti_train_check_graph(const hyt_graph *graph);
/* Place of the highest of n > 0 values. */
size_t hyti_train_highest(const float *row, size_t n);

#endif
