/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search of HyT-NAS (Mecharbat et al., arXiv 2303.04440): a surrogate an objective on all data, an acquisition
 * an objective, discrete NSGA-II on the acquisitions, greedy hypervolume improvement of the batch by predicted
 * values. What has failed before, or is likely to break a limit, is a penalty to the inner solver and a factor to
 * the selection. */
#include "search/acquisition.h"
#include "search/breed.h"
#include "search/design.h"
#include "search/inner.h"
#include "search/methods.h"
#include "search/select.h"
#include <math.h>
#include <string.h>

static const double likely = 0.5; /* chance below which the inner solver avoids a point */
static const double hope = 2;     /* deviations below the mean that may be hoped for where no mean promises anything */

typedef struct recipe {
    const hyti_problem *problem;
    hyti_acquisition acquisition;
    double beta, best[HYTI_SEARCH_OBJECTIVES];
    hyti_model model;
    double *known; /* finished within the limits, then what is expected of pending ones; rows */
    size_t known_count;
    hyti_set start, found, near;
    hyti_forecast forecast; /* of what is scored, of what was found */
    hyti_forecast around;   /* of what is near the point at `here` */
    size_t near_room;
    hyti_level *here, *step;
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
    hyti_set_close(&r->near);
    hyti_forecast_close(r->problem, &r->around);
    hyti_free(context, r->here);
    hyti_free(context, r->known);
}

static hyt_status recipe_open(recipe *r, const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, size_t finished, hyti_memo *memo, uint64_t seed)
{
    hyt_context *context = hyti_problem_context(problem);
    *r = (recipe){ .problem = problem, .acquisition = (hyti_acquisition)params->acquisition };
    r->beta = sqrt(log((double)finished) / (double)finished);
    hyti_set_open(&r->start, problem->space);
    hyti_set_open(&r->found, problem->space);
    hyti_set_open(&r->near, problem->space);
    r->known = hyti_array(context, history->count, problem->objectives * sizeof *r->known);
    r->here = hyti_array(context, r->near.genes, 2 * sizeof *r->here);
    if (!r->known || !r->here) return hyti_fail_nomem();
    r->step = r->here + r->near.genes;
    HYTI_TRY(hyti_forecast_open(problem, 2 * (size_t)params->population, &r->forecast));
    HYTI_TRY(hyti_model_fit(problem, history, (hyti_model_kind)params->surrogate, seed, memo, &r->model));
    HYTI_TRY(gather(r, history));
    return hyti_breed_best(problem, history, (size_t)params->population, &r->start);
}

/* New neighbours of the point at `here`, and what is expected of them; a sample of them where there are very many. */
static hyt_status look_around(recipe *r, const hyti_set *batch)
{
    enum { MOST = 512 };
    const hyt_space *space = r->problem->space;
    size_t neighbours = hyti_space_neighbours(space, r->here), stride = neighbours / MOST + 1;
    hyti_set_empty(&r->near);
    for (size_t i = 0; i < neighbours; i += stride) {
        if (!hyti_space_neighbour(space, r->here, i, r->step)) break;
        if (hyti_problem_new(r->problem, batch, r->step)) HYTI_TRY(hyti_set_add(&r->near, r->step, NULL));
    }
    if (r->near.count > r->near_room) {
        hyti_forecast_close(r->problem, &r->around);
        r->near_room = 0;
        HYTI_TRY(hyti_forecast_open(r->problem, r->near.count, &r->around));
        r->near_room = r->near.count;
    }
    return hyti_model_predict(&r->model, r->near.levels, r->near.count, &r->around);
}

/* The neighbour that gains most and meets the constraints, if it gains more than `gain`; HYTI_NOWHERE if none does. */
static hyt_status best_around(recipe *r, hyti_greedy *greedy, double *gain, size_t *best)
{
    double there, violation;
    for (;;) {
        *best = hyti_greedy_best(greedy, r->around.mean, r->around.chance, r->near.count, &there);
        if (there <= *gain * (1 + 1e-9)) {
            *best = HYTI_NOWHERE;
            return HYT_OK;
        }
        HYTI_TRY(hyti_problem_violation(r->problem, hyti_set_at(&r->near, *best), &violation));
        if (violation == 0) break;
        r->around.chance[*best] = -1; /* passed over from here on */
    }
    *gain = there;
    return HYT_OK;
}

/* Steepest ascent of the gain over neighbours: the inner solver spreads over the whole front, this finishes what is
 * about to be taken. `objectives` are what is expected of the point at `here`. */
static hyt_status climb(recipe *r, hyti_greedy *greedy, const hyti_set *batch, double gain, double *objectives)
{
    size_t m = r->problem->objectives, best;
    for (;;) {
        HYTI_TRY(look_around(r, batch));
        HYTI_TRY(best_around(r, greedy, &gain, &best));
        if (best == HYTI_NOWHERE) return HYT_OK;
        memcpy(r->here, hyti_set_at(&r->near, best), r->near.genes * sizeof *r->here);
        memcpy(objectives, r->around.mean + best * m, m * sizeof *objectives);
    }
}

/* Takes the candidate that gains most by what is expected; where none gains, by what may be hoped. */
static hyt_status take_one(recipe *r, hyti_greedy *greedy, const double *hoped, hyti_set *batch)
{
    double gain, objectives[HYTI_SEARCH_OBJECTIVES];
    size_t m = r->problem->objectives, n = r->found.count;
    size_t best = hyti_greedy_best(greedy, r->forecast.mean, r->forecast.chance, n, &gain);
    if (gain <= 0) best = hyti_greedy_best(greedy, hoped, r->forecast.chance, n, NULL);
    memcpy(r->here, hyti_set_at(&r->found, best), r->found.genes * sizeof *r->here);
    memcpy(objectives, r->forecast.mean + best * m, m * sizeof *objectives);
    r->forecast.chance[best] = -1;
    if (hyti_set_find(batch, r->here) != HYTI_NOWHERE) return HYT_OK; /* climbed to before */
    if (gain > 0) HYTI_TRY(climb(r, greedy, batch, gain, objectives));
    hyti_greedy_take(greedy, objectives);
    return hyti_set_add(batch, r->here, NULL);
}

static hyt_status select_batch(recipe *r, size_t count, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(r->problem);
    size_t m = r->problem->objectives, n = r->found.count;
    hyti_greedy greedy = { 0 };
    double *hoped = hyti_array(context, HYTI_MAX(n, 1), m * sizeof *hoped);
    hyt_status status = hoped ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) status = hyti_model_predict(&r->model, r->found.levels, n, &r->forecast);
    for (size_t k = 0; k < n * m && status == HYT_OK; k++)
        hoped[k] = hyti_confidence_bound(r->forecast.mean[k], r->forecast.deviation[k], hope);
    if (status == HYT_OK)
        status = hyti_greedy_open(&greedy, context, m, r->problem->reference, r->known, r->known_count, count);
    for (size_t i = 0; i < n && batch->count < count && status == HYT_OK; i++)
        status = take_one(r, &greedy, hoped, batch);
    hyti_greedy_close(&greedy);
    hyti_free(context, hoped);
    return status;
}

static hyt_status propose(recipe *r, const hyti_method_params *params, hyti_rng *rng, size_t count, hyti_set *batch)
{
    hyti_inner_params inner = { (size_t)params->population, (size_t)params->generations };
    HYTI_TRY(hyti_inner_nsga2(r->problem, score, r, &inner, rng, &r->start, &r->found));
    HYTI_TRY(select_batch(r, count, batch));
    return batch->count < count ? hyti_design_uniform(r->problem, rng, count - batch->count, batch) : HYT_OK;
}

hyt_status hyti_hytnas_propose(const hyti_problem *problem, const hyti_history *history,
                               const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                               hyti_set *batch)
{
    size_t finished = 0;
    for (size_t i = 0; i < history->count; i++) finished += history->states[i] == HYT_TRIAL_FINISHED;
    if (finished == 0 || !problem->reference) return hyti_design_spread(problem, rng, count, batch);
    recipe r;
    hyt_status status = recipe_open(&r, problem, history, params, finished, memo, hyti_rng_u64(rng));
    if (status == HYT_OK) status = propose(&r, params, rng, count, batch);
    recipe_close(&r);
    return status;
}
