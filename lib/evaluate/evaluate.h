/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers that a candidate is judged by. */
#ifndef HYTI_EVALUATE_EVALUATE_H
#define HYTI_EVALUATE_EVALUATE_H

#include "base/text.h"
#include "evaluate/proxy.h"
#include <hytnas/data.h>
#include <hytnas/evaluate.h>

/* Those below HYTI_METRIC_STATIC follow from the network's shapes alone. */
enum {
    HYTI_METRIC_PARAMETERS, HYTI_METRIC_MACS, HYTI_METRIC_ARENA_BYTES, HYTI_METRIC_WEIGHT_BYTES, HYTI_METRIC_STATIC,
    HYTI_METRIC_ACCURACY = HYTI_METRIC_STATIC, HYTI_METRIC_MAP50, HYTI_METRIC_MAP, HYTI_METRIC_MIOU,
    HYTI_METRIC_LATENCY,
    HYTI_METRIC_PROXY, /* in the order of hyti_proxy */
    HYTI_METRIC_FUSED = HYTI_METRIC_PROXY + HYTI_PROXY_COUNT, HYTI_METRIC_ENERGY, HYTI_METRIC_ENERGY_ESTIMATE,
    HYTI_METRIC_PREDICTED, /* of the scores in their order, of the latency, of the energy */
    HYTI_METRIC_COUNT = HYTI_METRIC_PREDICTED + (HYTI_METRIC_LATENCY - HYTI_METRIC_ACCURACY) + 2
};
/* What can be predicted and what says so; HYTI_METRIC_COUNT for all else. */
static inline size_t hyti_metric_predicted(size_t metric)
{
    if (metric >= HYTI_METRIC_ACCURACY && metric <= HYTI_METRIC_LATENCY)
        return HYTI_METRIC_PREDICTED + metric - HYTI_METRIC_ACCURACY;
    return metric == HYTI_METRIC_ENERGY ? HYTI_METRIC_COUNT - 1 : HYTI_METRIC_COUNT;
}
/* What a training is for: the score of its task. */
static inline bool hyti_metric_is_score(size_t metric)
{
    return metric >= HYTI_METRIC_ACCURACY && metric <= HYTI_METRIC_MIOU;
}

/* Among the first `count`; HYT_ERR_NOT_FOUND names them. */
hyt_status hyti_metric_find(const char *name, size_t count, size_t *metric);
/* One below HYTI_METRIC_STATIC, of a network in HYT_FP32 or as it would be in HYT_INT8. */
hyt_status hyti_metric_measure(const hyt_graph *graph, hyt_precision precision, size_t metric, double *value);

/* A network as it would be in int8, without weights: to be planned and counted. */
hyt_status hyti_evaluate_int8_shapes(const hyt_graph *graph, hyt_graph **out);
/* A trained network, which takes pixels from 0 to 1, in int8, calibrated on `pictures` of a data set (all, if it has
 * fewer) that lie evenly over it. */
hyt_status hyti_evaluate_quantise(const hyt_graph *network, const hyt_dataset *dataset, size_t pictures, size_t threads,
                                  hyt_graph **out);

/* What hyt_predictor_save() writes and hyt_predictor_load() reads. */
hyt_status hyti_predictor_write(const hyt_predictor *predictor, hyti_text *to);
hyt_status hyti_predictor_parse(hyt_space *space, const void *bytes, size_t size, hyt_predictor **out);

#endif
