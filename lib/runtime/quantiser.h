/* SPDX-License-Identifier: MIT */
/* A quantiser's insides: quantiser.c makes the int8 graph, sensitivity.c says what it costs. */
#ifndef HYTI_RUNTIME_QUANTISER_H
#define HYTI_RUNTIME_QUANTISER_H

#include "runtime/calibrate.h"
#include "runtime/execute.h"
#include <hytnas/quantiser.h>

typedef struct hyti_quantiser_params {
    int64_t calibration, weights, equalise, correct_bias, threads;
    double percentile;
} hyti_quantiser_params;

struct hyt_quantiser {
    hyti_ref ref;
    hyt_context *context;
    hyti_quantiser_params params;
    hyt_graph *graph;  /* folded, as given */
    hyt_graph *scaled; /* equalised, with everything int8; made anew when pictures were added */
    float *pictures;   /* picture_size values each */
    size_t picture_size, n_pictures, capacity;
};

/* Fills q->scaled if it is not there. */
hyt_status hyti_quantiser_calibrate(hyt_quantiser *q);

#endif
