/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers that a candidate is judged by. */
#ifndef HYTI_EVALUATE_EVALUATE_H
#define HYTI_EVALUATE_EVALUATE_H

#include "graph/graph.h"

/* Those below HYTI_METRIC_STATIC follow from the network's shapes alone. */
enum {
    HYTI_METRIC_PARAMETERS, HYTI_METRIC_MACS, HYTI_METRIC_ARENA_BYTES, HYTI_METRIC_WEIGHT_BYTES, HYTI_METRIC_STATIC,
    HYTI_METRIC_ACCURACY = HYTI_METRIC_STATIC, HYTI_METRIC_LATENCY, HYTI_METRIC_COUNT
};

/* Among the first `count`; HYT_ERR_NOT_FOUND names them. */
hyt_status hyti_metric_find(const char *name, size_t count, size_t *metric);
/* One below HYTI_METRIC_STATIC. */
hyt_status hyti_metric_measure(const hyt_graph *graph, size_t metric, double *value);

#endif
