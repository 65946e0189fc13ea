/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/fused.h"
#include "base/rng.h"
#include "space/space.h"
#include <math.h>
#include <string.h>

/* Sums over layers grow by powers: their logarithm is what compares. */
static bool is_sum(size_t place)
{
    return place == HYTI_PROXY_SNIP || place == HYTI_PROXY_GRADNORM;
}

static hyt_status measure_each(const hyt_candidate *candidate, size_t input, size_t classes,
                               const hyti_proxy_work *work, double values[HYTI_FUSED])
{
    hyt_graph *graph = NULL;
    HYTI_TRY(hyt_candidate_decode(candidate, input, classes, &graph));
    hyt_status status = HYT_OK;
    for (size_t k = 0; k < HYTI_PROXY_COUNT && status == HYT_OK; k++) {
        status = hyti_proxy_measure((hyti_proxy)k, graph, work, &values[k]);
        if (is_sum(k)) values[k] = log(fmax(values[k], 1e-300));
    }
    values[HYTI_PROXY_COUNT] = log((double)hyt_graph_parameters(graph));
    values[HYTI_PROXY_COUNT + 1] = log((double)hyt_graph_macs(graph));
    hyt_graph_destroy(graph);
    return status;
}

/* Of the sample's candidates; one whose proxies are not finite is passed over. */
static hyt_status add_sampled(hyt_space *space, uint64_t index, size_t input, size_t classes,
                              const hyti_proxy_work *work, double values[HYTI_FUSED], bool *good)
{
    hyt_candidate *candidate = NULL;
    HYTI_TRY(hyt_candidate_sample(space, (uint64_t)work->params->seed, index, &candidate));
    hyt_status status = measure_each(candidate, input, classes, work, values);
    hyt_candidate_destroy(candidate);
    *good = status == HYT_OK;
    return status == HYT_ERR_NUMERIC ? HYT_OK : status;
}

/* Mean and deviation, updated by one more (Welford, Technometrics 4(3), 1962). */
static void add_to(hyti_fused *fused, size_t count, const double values[HYTI_FUSED])
{
    for (size_t k = 0; k < HYTI_FUSED; k++) {
        double away = values[k] - fused->mean[k];
        fused->mean[k] += away / (double)count;
        fused->deviation[k] += away * (values[k] - fused->mean[k]);
    }
}

static hyt_status draw(hyti_fused *fused, hyt_space *space, size_t input, size_t classes, const hyti_proxy_work *work,
                       size_t sample)
{
    hyti_fused drawn = { .space = space };
    size_t count = 0;
    for (size_t i = 0; i < sample; i++) {
        double values[HYTI_FUSED];
        bool good;
        HYTI_TRY(add_sampled(space, i, input, classes, work, values, &good));
        if (good) add_to(&drawn, ++count, values);
    }
    if (count < 2)
        return hyti_fail(HYT_ERR_NUMERIC, "fused: %zu of %zu sampled networks have finite proxies", count, sample);
    for (size_t k = 0; k < HYTI_FUSED; k++) drawn.deviation[k] = sqrt(drawn.deviation[k] / (double)(count - 1));
    hyti_fused_clear(fused);
    hyti_space_retain(space);
    *fused = drawn;
    return HYT_OK;
}

hyt_status hyti_fused_measure(hyti_fused *fused, const hyt_candidate *candidate, size_t input, size_t classes,
                              const hyti_proxy_work *work, size_t sample, double *value)
{
    double values[HYTI_FUSED], sum = 0;
    size_t used = 0;
    if (fused->space != candidate->space) HYTI_TRY(draw(fused, candidate->space, input, classes, work, sample));
    HYTI_TRY(measure_each(candidate, input, classes, work, values));
    for (size_t k = 0; k < HYTI_FUSED; k++) {
        if (!(fused->deviation[k] > 1e-9 * fabs(fused->mean[k]))) continue; /* the same everywhere */
        sum += (values[k] - fused->mean[k]) / fused->deviation[k];
        used++;
    }
    *value = used ? sum / (double)used : 0;
    return HYT_OK;
}

void hyti_fused_clear(hyti_fused *fused)
{
    hyt_space_destroy(fused->space);
    memset(fused, 0, sizeof *fused);
}
