/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HYTI_TRAIN_TRAINER_H
#define HYTI_TRAIN_TRAINER_H

#include "train/net.h"
#include "train/train.h"

struct hyt_trainer {
    hyt_context *context;
    hyti_train_params params;
    hyt_graph *graph;         /* own copy: structure, normalisation, and the weights it started with */
    hyti_tape tape;
    hyti_ops_f32 ops;
    hyti_net_f32 net;
    hyti_pool *pool;
    size_t in_size, classes;
    float *first, *second;    /* moments of the optimiser */
    size_t steps;             /* that it made */
    float *input, *output;    /* one batch of pictures and of results */
    uint32_t *labels;
    float *running;           /* statistics before a step, for one that fails */
};

/* hyt_trainer_step with a rate, on arguments that are known to be good; one that fails moved the running statistics. */
hyt_status hyti_trainer_step(hyt_trainer *trainer, const float *pictures, const uint32_t *labels, size_t count,
                             double rate, double *loss);

#endif
