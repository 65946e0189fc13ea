/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handle, for the files that make it up: evaluator.c (create, set up), trial.c (all that is asked of a candidate,
 * and its score among it) and quick.c (every other metric). */
#ifndef HYTI_EVALUATE_HANDLE_H
#define HYTI_EVALUATE_HANDLE_H

#include "evaluate/energy.h"
#include "evaluate/evaluate.h"
#include "evaluate/fused.h"
#include "evaluate/oneshot.h"
#include "evaluate/parents.h"
#include "evaluate/predictor.h"
#include "train/task.h"
#include <hytnas/evaluate.h>

enum { HYTI_METHOD_TRAINING, HYTI_METHOD_ONE_SHOT, HYTI_METHOD_FINE_TUNING }; /* places in the option's choices */

typedef struct hyti_evaluate_params {
    hyti_train_params train;
    double timing;
    int64_t precision; /* place in the option's choices */
    int64_t inherit, proxy_pictures, reference;
    double subset;
    int64_t subset_by, extrapolate;
    double extrapolate_below;
    hyti_energy_table energy;
    int64_t method, supernet_epochs, recalibration;
} hyti_evaluate_params;

struct hyt_evaluator {
    hyt_context *context;
    const hyt_dataset *train, *validation;   /* retained */
    hyti_evaluate_params params;
    size_t input, classes;
    size_t *objectives;                      /* metrics, in order */
    size_t n_objectives, capacity;
    hyt_epoch_fn epoch;
    void *epoch_user;
    hyt_graph *network;                      /* of the last evaluation that trained one; NULL before */
    hyt_graph *teacher;                      /* of all trainings; NULL: none */
    hyti_parents parents;
    hyti_fused fused;                        /* what metric "fused" compares with */
    hyt_dataset *part;                       /* of `train`, for trials; NULL: all of it */
    double *scores;                          /* of the training that goes on, after each epoch */
    size_t score_capacity;
    hyt_energy_fn energy;
    void *energy_user;
    hyt_predictor *predictors[HYTI_METRIC_COUNT - HYTI_METRIC_PREDICTED]; /* NULL: none */
    hyti_oneshot oneshot;                    /* the super-network; empty before */
    hyti_oneshot_limit *limits;              /* of the networks that it is trained on */
    size_t n_limits, limit_capacity;
    bool runs;                               /* an evaluation or a training, inside which a callback may be */
};

static inline hyt_precision hyti_evaluator_precision(const hyt_evaluator *evaluator)
{
    return evaluator->params.precision ? HYT_INT8 : HYT_FP32;
}

/* HYT_ERR_STATE inside a callback: nothing that the evaluation rests on is changed there. */
hyt_status hyti_evaluator_idle(const hyt_evaluator *evaluator);
/* Every metric of a trial that is no score of a training. */
hyt_status hyti_evaluator_measure_quick(hyt_evaluator *evaluator, const hyt_trial *trial, const hyt_graph *graph,
                                        double *objectives);
/* Replaces the network by its int8 form, calibrated on that many training pictures. */
hyt_status hyti_evaluator_quantise(const hyt_evaluator *evaluator, size_t pictures, hyt_graph **network);

#endif
