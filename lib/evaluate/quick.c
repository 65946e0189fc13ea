/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every metric but the score of a training. */
#include "evaluate/handle.h"
#include "space/space.h"
#include <hytnas/runtime.h>
#include <math.h>

/* Batch 1, one thread, while nothing else of the study runs. */
static hyt_status time_graph(const hyt_evaluator *evaluator, const hyt_graph *graph, double *milliseconds)
{
    hyt_runtime *runtime = NULL;
    HYTI_TRY(hyt_runtime_create(graph, NULL, &runtime));
    hyt_status status = hyt_runtime_time(runtime, evaluator->params.timing, milliseconds, NULL, NULL);
    hyt_runtime_destroy(runtime);
    return status;
}

/* Of a network with these shapes and any weights: before a training, so that its reports can say it. */
static hyt_status stand_in(const hyt_evaluator *evaluator, const hyt_candidate *candidate, hyt_graph **out)
{
    static const float mean[] = { 0.5f, 0.5f, 0.5f }, deviation[] = { 0.25f, 0.25f, 0.25f }; /* any: they are applied */
    hyt_graph *graph = NULL;
    HYTI_TRY(hyt_candidate_decode(candidate, evaluator->input, evaluator->classes, &graph));
    hyt_status status = hyt_graph_initialise(graph, 0);
    if (status == HYT_OK) status = hyt_graph_set_normalisation(graph, mean, deviation);
    if (status == HYT_OK && hyti_evaluator_precision(evaluator) == HYT_INT8)
        status = hyti_evaluator_quantise(evaluator, 1, &graph);
    if (status == HYT_OK) *out = graph;
    else hyt_graph_destroy(graph);
    return status;
}

static hyt_status ask_energy(const hyt_evaluator *e, const hyt_graph *graph, double *microjoules)
{
    if (!e->energy) return hyti_energy_measure(graph, e->params.timing, HYTI_ENERGY_COUNTERS, microjoules);
    hyti_message_clear();
    int answer = e->energy(e->energy_user, graph, microjoules);
    if (answer < 0) return hyti_fail_callback("energy", answer);
    return isfinite(*microjoules) ? HYT_OK : hyti_fail(HYT_ERR_NUMERIC, "the energy callback says %g", *microjoules);
}

/* Its latency or its energy, of a stand-in that is made for the first of them that asks. */
static hyt_status measure_device(const hyt_evaluator *e, const hyt_candidate *candidate, size_t metric,
                                 hyt_graph **device, double *value)
{
    if (!*device) HYTI_TRY(stand_in(e, candidate, device));
    return metric == HYTI_METRIC_LATENCY ? time_graph(e, *device, value) : ask_energy(e, *device, value);
}

static hyt_status ask_predictor(const hyt_evaluator *e, const hyt_candidate *candidate, size_t metric, double *value)
{
    const hyt_predictor *predictor = e->predictors[metric - HYTI_METRIC_PREDICTED];
    if (predictor) return hyt_predictor_predict(predictor, candidate, value, NULL);
    return hyti_fail(HYT_ERR_STATE, "metric \"%s\" has no predictor", hyt_evaluator_metric(metric));
}

static hyt_status measure_proxy(hyt_evaluator *e, const hyt_trial *trial, const hyt_graph *graph, size_t metric,
                                double *value)
{
    const hyti_proxy_work work = { &e->params.train, e->train, (size_t)e->params.proxy_pictures };
    if (metric == HYTI_METRIC_FUSED)
        return hyti_fused_measure(&e->fused, hyt_trial_candidate(trial), e->input, e->classes, &work,
                                  (size_t)e->params.reference, value);
    return hyti_proxy_measure((hyti_proxy)(metric - HYTI_METRIC_PROXY), graph, &work, value);
}

static hyt_status measure_one(hyt_evaluator *e, const hyt_trial *trial, const hyt_graph *graph, size_t metric,
                              hyt_graph **device, double *value)
{
    if (metric == HYTI_METRIC_LATENCY || metric == HYTI_METRIC_ENERGY)
        return measure_device(e, hyt_trial_candidate(trial), metric, device, value);
    if (metric >= HYTI_METRIC_PROXY && metric <= HYTI_METRIC_FUSED)
        return measure_proxy(e, trial, graph, metric, value);
    if (metric >= HYTI_METRIC_PREDICTED) return ask_predictor(e, hyt_trial_candidate(trial), metric, value);
    if (metric != HYTI_METRIC_ENERGY_ESTIMATE)
        return hyti_metric_measure(graph, hyti_evaluator_precision(e), metric, value);
    *value = hyti_energy_estimate(graph, hyti_evaluator_precision(e), &e->params.energy);
    return HYT_OK;
}

hyt_status hyti_evaluator_measure_quick(hyt_evaluator *e, const hyt_trial *trial, const hyt_graph *graph,
                                        double *objectives)
{
    hyt_graph *device = NULL;
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < e->n_objectives && status == HYT_OK; i++)
        if (!hyti_metric_is_score(e->objectives[i]))
            status = measure_one(e, trial, graph, e->objectives[i], &device, &objectives[i]);
    hyt_graph_destroy(device);
    return status;
}
