/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search of HyT-NAS (Mecharbat et al., arXiv 2303.04440): a surrogate an objective on all data, an acquisition an
 * objective, discrete NSGA-II on the acquisitions, greedy hypervolume improvement of the batch by predicted values. What
 * has failed before, or is likely to break a limit, is a penalty to the inner solver and a factor to the selection. */
#include "search/acquisition.h"
#include "search/breed.h"
#include "search/design.h"
#include "search/inner.h"
#include "search/methods.h"
#include "search/select.h"
#include <math.h>
#include <string.h>

static const double likely = 0.5; /* chance below which the inner solver avoids a point */

typedef struct recipe {
    const hyti_problem *problem;
    hyti_acquisition acquisition;
    double beta, best[HYTI_SEARCH_OBJECTIVES];
    hyti_model model;
    double *known; /* finished within the limits, then what is expected of pending ones; rows */
    size_t known_count;
    hyti_set start, found;
    hyti_forecast forecast; /* of what is scored, of what was found */
} recipe;

static hyt_status score(void *user, const hyti_level *rows, size_t n, double *scores, double *penalties)
{
    recipe *r = user;
    size_t m = r->problem->objectives;
    HYTI_TRY(hyti_model_predict(&r->model, rows, n, &r->forecast));
    for (size_t i = 0; i < n; i++) penalties[i] = fmax(0, likely - r->forecast.chance[i]);
    for (size_t k = 0; k < n * m; k++) {
        double mean = r->forecast.mean[k], deviation = r->forecast.deviation[k];
        scores[k] = r->acquisition == HYTI_ACQUISITION_EI ? hyti_expected_improvement(mean, deviation, r->best[k % m])
                                                          : hyti_confidence_bound(mean, deviation, r->beta);
    }
    return HYT_OK;
}

/* What is known: measured values within the limits, predicted ones of pending trials; the best of each objective. */
static hyt_status gather(recipe *r, const hyti_history *history)
{
    size_t m = r->problem->objectives, genes = hyt_space_genes(r->problem->space);
    for (size_t j = 0; j < m; j++) r->best[j] = INFINITY;
    for (size_t i = 0; i < history->count; i++) {
        const double *row = history->objectives + i * m;
        if (history->states[i] == HYT_TRIAL_PENDING) {
            HYTI_TRY(hyti_model_predict(&r->model, history->levels + i * genes, 1, &r->forecast));
            row = r->forecast.mean;
        } else if (history->states[i] != HYT_TRIAL_FINISHED) {
            continue;
        } else {
            for (size_t j = 0; j < m; j++) r->best[j] = fmin(r->best[j], row[j]);
        }
        if (hyti_problem_within(r->problem, row)) memcpy(r->known + r->known_count++ * m, row, m * sizeof *row);
    }
    return HYT_OK;
}

static void recipe_close(recipe *r)
{
    hyt_context *context = hyti_problem_context(r->problem);
    hyti_model_close(&r->model);
    hyti_forecast_close(r->problem, &r->forecast);
    hyti_set_close(&r->start);
    hyti_set_close(&r->found);
    hyti_free(context, r->known);
}

static hyt_status recipe_open(recipe *r, const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, hyti_memo *memo, uint64_t seed)
{
    size_t finished = 0;
    for (size_t i = 0; i < history->count; i++) finished += history->states[i] == HYT_TRIAL_FINISHED;
    *r = (recipe){ .problem = problem, .acquisition = (hyti_acquisition)params->acquisition };
    r->beta = sqrt(log((double)finished) / (double)finished);
    hyti_set_open(&r->start, problem->space);
    hyti_set_open(&r->found, problem->space);
    r->known = hyti_array(hyti_problem_context(problem), history->count, problem->objectives * sizeof *r->known);
    if (!r->known) return hyti_fail_nomem();
    HYTI_TRY(hyti_forecast_open(problem, 2 * (size_t)params->population, &r->forecast));
    HYTI_TRY(hyti_model_fit(problem, history, (hyti_model_kind)params->surrogate, seed, memo, &r->model));
    HYTI_TRY(gather(r, history));
    return hyti_breed_best(problem, history, (size_t)params->population, &r->start);
}

/* Optimistic values decide where the expected ones promise nothing. */
static hyt_status select_batch(recipe *r, size_t count, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(r->problem);
    size_t m = r->problem->objectives, n = r->found.count, wanted = HYTI_MIN(count, n);
    if (wanted == 0) return HYT_OK;
    double *hoped = hyti_array(context, n, m * sizeof *hoped);
    size_t *picks = hyti_array(context, wanted, sizeof *picks);
    hyt_status status = hoped && picks ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) status = hyti_model_predict(&r->model, r->found.levels, n, &r->forecast);
    for (size_t k = 0; k < n * m && status == HYT_OK; k++)
        hoped[k] = hyti_confidence_bound(r->forecast.mean[k], r->forecast.deviation[k], 2);
    hyti_choice choice = { m, r->problem->reference, r->known, r->known_count, r->forecast.mean, hoped, r->forecast.chance, n };
    if (status == HYT_OK) status = hyti_select_volume(context, &choice, wanted, picks);
    for (size_t i = 0; i < wanted && status == HYT_OK; i++)
        status = hyti_set_add(batch, hyti_set_at(&r->found, picks[i]), NULL);
    hyti_free(context, hoped);
    hyti_free(context, picks);
    return status;
}

static hyt_status propose(recipe *r, const hyti_method_params *params, hyti_rng *rng, size_t count, hyti_set *batch)
{
    hyti_inner_params inner = { (size_t)params->population, (size_t)params->generations };
    HYTI_TRY(hyti_inner_nsga2(r->problem, score, r, &inner, rng, &r->start, &r->found));
    HYTI_TRY(select_batch(r, count, batch));
    return batch->count < count ? hyti_design_uniform(r->problem, rng, count - batch->count, batch) : HYT_OK;
}

hyt_status hyti_hytnas_propose(const hyti_problem *problem, const hyti_history *history, const hyti_method_params *params,
                               hyti_memo *memo, hyti_rng *rng, size_t count, hyti_set *batch)
{
    if (!problem->reference) return hyti_design_spread(problem, rng, count, batch); /* nothing has finished yet */
    recipe r;
    hyt_status status = recipe_open(&r, problem, history, params, memo, hyti_rng_u64(rng));
    if (status == HYT_OK) status = propose(&r, params, rng, count, batch);
    recipe_close(&r);
    return status;
}
