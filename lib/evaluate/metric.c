/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/evaluate.h"
#include <hytnas/evaluate.h>
#include <hytnas/runtime.h>
#include <string.h>

static const char *const names[HYTI_METRIC_COUNT] = {
    [HYTI_METRIC_PARAMETERS] = "parameters",     [HYTI_METRIC_MACS] = "macs",
    [HYTI_METRIC_ARENA_BYTES] = "arena_bytes",   [HYTI_METRIC_WEIGHT_BYTES] = "weight_bytes",
    [HYTI_METRIC_ACCURACY] = "accuracy",         [HYTI_METRIC_MAP50] = "map50",
    [HYTI_METRIC_MAP] = "map",                   [HYTI_METRIC_MIOU] = "miou",
    [HYTI_METRIC_LATENCY] = "latency_ms",
    [HYTI_METRIC_PROXY + HYTI_PROXY_ZEN] = "zen",           [HYTI_METRIC_PROXY + HYTI_PROXY_NASWOT] = "naswot",
    [HYTI_METRIC_PROXY + HYTI_PROXY_SYNFLOW] = "synflow",   [HYTI_METRIC_PROXY + HYTI_PROXY_SNIP] = "snip",
    [HYTI_METRIC_PROXY + HYTI_PROXY_GRADNORM] = "gradnorm", [HYTI_METRIC_PROXY + HYTI_PROXY_LOGDET] = "logdet",
    [HYTI_METRIC_FUSED] = "fused",
    [HYTI_METRIC_ENERGY] = "energy_uj",          [HYTI_METRIC_ENERGY_ESTIMATE] = "energy_estimate_uj",
    [HYTI_METRIC_PREDICTED] = "predicted_accuracy",  "predicted_map50", "predicted_map", "predicted_miou",
    "predicted_latency_ms", "predicted_energy_uj", /* in the order of hyti_metric_predicted() */
};

const char *hyt_evaluator_metric(size_t index)
{
    return index < HYTI_METRIC_COUNT ? names[index] : NULL;
}

hyt_status hyti_metric_find(const char *name, size_t count, size_t *metric)
{
    char list[768] = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            *metric = i;
            return HYT_OK;
        }
        strncat(list, i ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, names[i], sizeof list - strlen(list) - 1);
    }
    return hyti_fail(HYT_ERR_NOT_FOUND, "there is no metric \"%s\"; there are %s", name, list);
}

static hyt_status measure_bytes(const hyt_graph *graph, size_t metric, double *value)
{
    uint64_t bytes = hyt_graph_weight_bytes(graph);
    if (metric == HYTI_METRIC_ARENA_BYTES) HYTI_TRY(hyt_runtime_plan(graph, NULL, &bytes));
    *value = (double)bytes;
    return HYT_OK;
}

hyt_status hyti_metric_measure(const hyt_graph *graph, hyt_precision precision, size_t metric, double *value)
{
    hyt_graph *shapes = NULL;
    switch (metric) {
    case HYTI_METRIC_PARAMETERS: *value = (double)hyt_graph_parameters(graph); return HYT_OK;
    case HYTI_METRIC_MACS: *value = (double)hyt_graph_macs(graph); return HYT_OK;
    default: break;
    }
    if (precision == HYT_FP32) return measure_bytes(graph, metric, value);
    HYTI_TRY(hyti_evaluate_int8_shapes(graph, &shapes));
    hyt_status status = measure_bytes(shapes, metric, value);
    hyt_graph_destroy(shapes);
    return status;
}

struct hyt_cost {
    hyt_context *context;
    size_t metric, input, classes;
    hyt_precision precision;
};

hyt_status hyt_cost_create(hyt_context *context, const char *metric, size_t input, size_t classes, hyt_cost **out)
{
    size_t index;
    HYTI_NEED(metric);
    HYTI_NEED(out);
    HYTI_TRY(hyti_metric_find(metric, HYTI_METRIC_STATIC, &index));
    if (input < 32 || classes < 1)
        return hyti_fail(HYT_ERR_RANGE, "candidates take pictures of 32 and more and 1 class and more, not %zu and %zu",
                         input, classes);
    hyt_cost *cost = hyti_alloc(context, sizeof *cost);
    if (!cost) return hyti_fail_nomem();
    *cost = (hyt_cost){ hyti_context_retain(context), index, input, classes, HYT_FP32 };
    *out = cost;
    return HYT_OK;
}

hyt_status hyt_cost_set_precision(hyt_cost *cost, hyt_precision precision)
{
    HYTI_NEED(cost);
    if (precision != HYT_FP32 && precision != HYT_INT8)
        return hyti_fail(HYT_ERR_RANGE, "candidates are judged in fp32 or in int8, not in precision %d",
                         (int)precision);
    cost->precision = precision;
    return HYT_OK;
}

int hyt_cost_measure(void *user, const hyt_candidate *candidate, double *value)
{
    const hyt_cost *cost = user;
    hyt_graph *graph = NULL;
    HYTI_NEED(cost);
    HYTI_NEED(candidate);
    HYTI_NEED(value);
    HYTI_TRY(hyt_candidate_decode(candidate, cost->input, cost->classes, &graph));
    hyt_status status = hyti_metric_measure(graph, cost->precision, cost->metric, value);
    hyt_graph_destroy(graph);
    return status;
}

void hyt_cost_destroy(hyt_cost *cost)
{
    if (!cost) return;
    hyt_context *context = cost->context;
    hyti_free(context, cost);
    hyt_context_destroy(context);
}

void hyt_cost_release(void *cost)
{
    hyt_cost_destroy(cost);
}
