/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HYTI_TRAIN_TRAINER_H
#define HYTI_TRAIN_TRAINER_H

#include "train/net.h"
#include "train/task.h"

struct hyt_trainer {
    hyt_context *context;
    hyti_train_params params;
    hyt_graph *graph;         /* own copy: structure, normalisation, and the weights it started with */
    hyti_tape tape;
    hyti_ops_f32 ops;
    hyti_net_f32 net;
    hyti_pool *pool;
    hyti_goal goal;           /* what it trains for, bound to `graph` */
    size_t in_size, target_size; /* of one picture: values, bytes (a multiple of 16) */
    float *first, *second;    /* moments of the optimiser */
    size_t steps;             /* that it made */
    float *input, *output;    /* one batch of pictures and of results */
    unsigned char *targets;   /* of the batch */
    float *running;           /* statistics before a step, for one that fails */
};

/* A step against trainer->targets, on arguments that are known to be good; one that fails moved the running statistics. */
hyt_status hyti_trainer_step(hyt_trainer *trainer, const float *pictures, size_t count, double rate, double *loss);

#endif
