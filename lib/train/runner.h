/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished network that the runtime runs in batches of pictures, H,W,C; its results lie as a goal takes them. */
#ifndef HYTI_TRAIN_RUNNER_H
#define HYTI_TRAIN_RUNNER_H

#include "graph/graph.h"
#include <hytnas/runtime.h>

typedef struct hyti_runner {
    hyt_context *context;
    hyt_runtime *runtime;     /* NULL: there is none */
    size_t batch, size;       /* values of one picture's result */
    size_t channels;          /* of a result that is a picture, which the runtime hands over as C,H,W; 0: of another */
    float *room;
} hyti_runner;

/* A failure leaves it empty. */
hyt_status hyti_runner_init(hyti_runner *runner, const hyt_graph *network, size_t batch, size_t threads);
void hyti_runner_clear(hyti_runner *runner);
/* `batch` pictures. */
hyt_status hyti_runner_run(const hyti_runner *runner, const float *input, float *output);

#endif
