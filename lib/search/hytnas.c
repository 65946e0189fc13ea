/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search of HyT-NAS (Mecharbat et al., arXiv 2303.04440): a surrogate an objective on all data, an acquisition, an
 * inner solver that finds a pool of promising points, and a batch that is selected from the pool one by one, each
 * point finished by a local search. What has failed before, or is likely to break a limit, is a penalty to the inner
 * solver and a factor to the selection. */
#include "search/breed.h"
#include "search/climb.h"
#include "search/design.h"
#include "search/inner.h"
#include "search/methods.h"
#include <math.h>
#include <string.h>

enum {
    ENUMERATED = 2048,  /* points of a space that is looked at as a whole */
    NOISY_DRAWS = 16,   /* of the front, where measurements are noisy */
    DRAWN_POINTS = 512  /* that a joint draw is made of, at most */
};

static const double likely = 0.5; /* chance below which the inner solver avoids a point */
static const double most_hope = 1e3; /* deviations that are hoped for before chance takes over */

typedef struct recipe {
    const hyti_problem *problem;
    const hyti_history *history;
    const hyti_method_params *params;
    hyti_rng *rng;
    double beta, best[HYTI_SEARCH_OBJECTIVES];
    hyti_model model;
    double *known; /* finished within the limits, then what is expected of pending ones; rows */
    size_t known_count;
    hyti_set start, pool;
    bool complete; /* the pool is all there is */
    hyti_forecast scored, forecast; /* of what the inner solver asks for, of the pool */
    hyti_greedy greedy;
    hyti_climb climb;
} recipe;

static hyt_status score(void *user, const hyti_level *rows, size_t n, double *scores, double *penalties)
{
    recipe *r = user;
    size_t m = r->problem->objectives;
    HYTI_TRY(hyti_model_predict(&r->model, rows, n, &r->scored));
    for (size_t i = 0; i < n; i++) penalties[i] = fmax(0, likely - r->scored.chance[i]);
    for (size_t k = 0; k < n * m; k++)
        scores[k] = hyti_acquisition_score((hyti_acquisition)r->params->acquisition, r->scored.mean[k],
                                           r->scored.deviation[k], r->best[k % m], r->beta);
    return HYT_OK;
}

/* What is known: measured values within the limits, predicted ones of pending trials; the best of each objective. */
static hyt_status gather(recipe *r)
{
    const hyti_history *history = r->history;
    size_t m = r->problem->objectives, genes = hyt_space_genes(r->problem->space), finished = 0;
    for (size_t j = 0; j < m; j++) r->best[j] = INFINITY;
    for (size_t i = 0; i < history->count; i++) {
        const double *row = history->objectives + i * m;
        if (history->states[i] == HYT_TRIAL_PENDING) {
            HYTI_TRY(hyti_model_predict(&r->model, history->levels + i * genes, 1, &r->scored));
            row = r->scored.mean;
        } else if (history->states[i] != HYT_TRIAL_FINISHED) {
            continue;
        } else {
            finished++;
            for (size_t j = 0; j < m; j++) r->best[j] = fmin(r->best[j], row[j]);
        }
        if (hyti_problem_within(r->problem, row)) memcpy(r->known + r->known_count++ * m, row, m * sizeof *row);
    }
    r->beta = sqrt(log((double)finished) / (double)finished);
    return HYT_OK;
}

static void recipe_close(recipe *r)
{
    hyti_climb_close(&r->climb);
    hyti_greedy_close(&r->greedy);
    hyti_forecast_close(r->problem, &r->scored);
    hyti_forecast_close(r->problem, &r->forecast);
    hyti_model_close(&r->model);
    hyti_set_close(&r->start);
    hyti_set_close(&r->pool);
    hyti_free(hyti_problem_context(r->problem), r->known);
}

static hyt_status recipe_open(recipe *r, hyti_memo *memo)
{
    hyt_context *context = hyti_problem_context(r->problem);
    size_t population = (size_t)r->params->population;
    hyti_set_open(&r->start, r->problem->space);
    hyti_set_open(&r->pool, r->problem->space);
    r->known = hyti_array(context, r->history->count, r->problem->objectives * sizeof *r->known);
    if (!r->known) return hyti_fail_nomem();
    HYTI_TRY(hyti_forecast_open(r->problem, 2 * population, &r->scored));
    HYTI_TRY(hyti_model_fit(r->problem, r->history, (hyti_model_kind)r->params->surrogate, hyti_rng_u64(r->rng), memo,
                            &r->model));
    HYTI_TRY(gather(r));
    return hyti_breed_best(r->problem, r->history, population, &r->start);
}

static hyt_status add_neighbours(recipe *r)
{
    const hyt_space *space = r->problem->space;
    hyti_level *step = hyti_array(hyti_problem_context(r->problem), r->pool.genes, sizeof *step);
    hyt_status status = step ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; i < r->start.count && status == HYT_OK; i++) {
        const hyti_level *here = hyti_set_at(&r->start, i);
        for (size_t k = 0; k < hyti_space_neighbours(space, here) && status == HYT_OK; k++) {
            bool free = false;
            if (hyti_space_neighbour(space, here, k, step))
                status = hyti_problem_free(r->problem, &r->pool, step, &free);
            if (status == HYT_OK && free) status = hyti_set_add(&r->pool, step, NULL);
        }
    }
    hyti_free(hyti_problem_context(r->problem), step);
    return status;
}

/* Points that are worth a closer look. */
static hyt_status fill_pool(recipe *r)
{
    hyti_inner_params inner = hyti_inner_choose(r->problem, r->params->population, r->params->generations,
                                                r->params->solver);
    switch (r->params->solver) {
    case HYTI_SOLVER_AUTO:
        HYTI_TRY(hyti_problem_enumerate(r->problem, ENUMERATED, &r->pool, &r->complete));
        if (!r->complete) HYTI_TRY(hyti_inner_solve(r->problem, score, r, &inner, r->rng, &r->start, &r->pool));
        break;
    case HYTI_SOLVER_LOCAL: HYTI_TRY(add_neighbours(r)); break;
    default: HYTI_TRY(hyti_inner_solve(r->problem, score, r, &inner, r->rng, &r->start, &r->pool)); break;
    }
    HYTI_TRY(hyti_forecast_open(r->problem, r->pool.count, &r->forecast));
    return hyti_model_predict(&r->model, r->pool.levels, r->pool.count, &r->forecast);
}

/* The fronts that the selection adds to: what was measured or, of the noisy form, draws of what the best are. */
static hyt_status open_greedy(recipe *r, size_t count)
{
    hyt_context *context = hyti_problem_context(r->problem);
    size_t m = r->problem->objectives, n = r->start.count;
    if (r->params->acquisition != HYTI_ACQUISITION_NEHVI) {
        HYTI_TRY(hyti_greedy_open(&r->greedy, context, m, r->problem->reference, r->known, r->known_count, 1, count));
        if (r->params->acquisition != HYTI_ACQUISITION_EHVI) r->greedy.doubt = 0;
        return HYT_OK;
    }
    memset(r->model.noise, 0, sizeof r->model.noise);
    double *rows = hyti_array(context, HYTI_MAX(n, 1), NOISY_DRAWS * m * sizeof *rows);
    hyt_status status = rows ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK)
        status = hyti_model_sample(&r->model, r->start.levels, n, NOISY_DRAWS, hyti_rng_u64(r->rng), rows);
    if (status == HYT_OK)
        status = hyti_greedy_open(&r->greedy, context, m, r->problem->reference, rows, n, NOISY_DRAWS, count);
    hyti_free(context, rows);
    return status;
}

/* A joint draw in the place of the means, of as much of the pool as that is affordable for. */
static hyt_status draw_forecast(recipe *r)
{
    size_t n = r->pool.count, count = HYTI_MIN(n, DRAWN_POINTS), m = r->problem->objectives, genes = r->pool.genes;
    hyt_context *context = hyti_problem_context(r->problem);
    hyti_level *levels = hyti_array(context, count, genes * sizeof *levels);
    double *drawn = hyti_array(context, count, m * sizeof *drawn);
    hyt_status status = levels && drawn ? HYT_OK : hyti_fail_nomem();
    size_t first = (size_t)hyti_rng_below(r->rng, n); /* from here on, evenly spread */
    for (size_t i = 0; i < count && status == HYT_OK; i++)
        memcpy(levels + i * genes, hyti_set_at(&r->pool, (first + i * n / count) % n), genes * sizeof *levels);
    if (status == HYT_OK) status = hyti_model_sample(&r->model, levels, count, 1, hyti_rng_u64(r->rng), drawn);
    for (size_t k = 0; k < n * m && status == HYT_OK; k++) r->forecast.mean[k] = INFINITY;
    for (size_t i = 0; i < count && status == HYT_OK; i++)
        memcpy(r->forecast.mean + (first + i * n / count) % n * m, drawn + i * m, m * sizeof *drawn);
    hyti_free(context, levels);
    hyti_free(context, drawn);
    return status;
}

/* The place in the pool of what gains most; where nothing does, of what does so by more and more hope. */
static size_t best_of_pool(recipe *r, double *gain)
{
    const hyti_forecast *f = &r->forecast;
    double doubt = r->greedy.doubt;
    size_t best = hyti_greedy_best(&r->greedy, f->mean, f->deviation, f->chance, r->pool.count, gain);
    for (double hope = 2; best == HYTI_NOWHERE && hope < most_hope; hope *= 4) {
        double hoped;
        r->greedy.doubt = hope;
        best = hyti_greedy_best(&r->greedy, f->mean, f->deviation, f->chance, r->pool.count, &hoped);
    }
    r->greedy.doubt = doubt;
    return best;
}

/* Takes the point at `here`, of which these objectives are expected. */
static hyt_status take(recipe *r, const hyti_level *here, const double *objectives, hyti_set *batch)
{
    HYTI_TRY(hyti_set_add(batch, here, NULL));
    HYTI_TRY(hyti_greedy_take(&r->greedy, objectives));
    if (r->params->selection != HYTI_SELECTION_FANTASIES) return HYT_OK;
    return hyti_model_suppose(&r->model, here, objectives);
}

/* What is known of the pool has changed where models learn from what is supposed, or a new draw is due. */
static hyt_status look_again(recipe *r)
{
    hyti_forecast *f = &r->forecast;
    if (r->params->selection == HYTI_SELECTION_FANTASIES) {
        hyt_context *context = hyti_problem_context(r->problem);
        double *chance = hyti_array(context, HYTI_MAX(r->pool.count, 1), sizeof *chance);
        if (!chance) return hyti_fail_nomem();
        memcpy(chance, f->chance, r->pool.count * sizeof *chance);
        hyt_status status = hyti_model_predict(&r->model, r->pool.levels, r->pool.count, f);
        for (size_t i = 0; i < r->pool.count; i++)
            if (chance[i] < 0) f->chance[i] = -1;
        hyti_free(context, chance);
        HYTI_TRY(status);
    }
    return r->params->acquisition == HYTI_ACQUISITION_THOMPSON ? draw_forecast(r) : HYT_OK;
}

/* Takes what gains most, after a climb from there. *any: there was something. */
static hyt_status take_best(recipe *r, hyti_set *batch, bool *any)
{
    size_t m = r->problem->objectives;
    hyti_climb *climb = &r->climb;
    size_t best = best_of_pool(r, &climb->gain);
    *any = best != HYTI_NOWHERE;
    if (!*any) return HYT_OK;
    hyti_level *here = hyti_array(hyti_problem_context(r->problem), r->pool.genes, sizeof *here);
    if (!here) return hyti_fail_nomem();
    memcpy(here, hyti_set_at(&r->pool, best), r->pool.genes * sizeof *here);
    memcpy(climb->mean, r->forecast.mean + best * m, m * sizeof *climb->mean);
    r->forecast.chance[best] = -1;
    bool there = hyti_set_find(batch, here) != HYTI_NOWHERE; /* climbed to before */
    bool steps = !there && !r->complete && climb->gain > 0 && r->params->acquisition != HYTI_ACQUISITION_THOMPSON;
    hyt_status status = steps ? hyti_climb_run(climb, batch, here) : HYT_OK;
    if (status == HYT_OK && !there) status = take(r, here, climb->mean, batch);
    hyti_free(hyti_problem_context(r->problem), here);
    return status;
}

static hyt_status select_by_gain(recipe *r, size_t count, hyti_set *batch)
{
    if (r->pool.count == 0) return HYT_OK;
    HYTI_TRY(open_greedy(r, count));
    HYTI_TRY(hyti_climb_open(&r->climb, &r->model, &r->greedy));
    if (r->params->acquisition == HYTI_ACQUISITION_THOMPSON) HYTI_TRY(draw_forecast(r));
    bool any = true;
    for (size_t i = 0; i < r->pool.count && any && batch->count < count; i++) {
        if (i > 0) HYTI_TRY(look_again(r));
        HYTI_TRY(take_best(r, batch, &any));
    }
    return HYT_OK;
}

/* From the best on: by scores, front after front, and by crowding. */
static hyt_status select_by_dominance(recipe *r, size_t count, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(r->problem);
    size_t n = r->pool.count, m = r->problem->objectives;
    double *scores = hyti_array(context, n, m * sizeof *scores), *penalties = hyti_array(context, n, sizeof *penalties);
    size_t *order = hyti_array(context, n, sizeof *order);
    hyt_status status = scores && penalties && order ? HYT_OK : hyti_fail_nomem();
    for (size_t k = 0; k < n * m && status == HYT_OK; k++)
        scores[k] = hyti_acquisition_score((hyti_acquisition)r->params->acquisition, r->forecast.mean[k],
                                           r->forecast.deviation[k], r->best[k % m], r->beta);
    for (size_t i = 0; i < n && status == HYT_OK; i++) penalties[i] = fmax(0, likely - r->forecast.chance[i]);
    if (status == HYT_OK) status = hyti_breed_rank(context, scores, penalties, n, m, order);
    for (size_t i = 0; i < n && batch->count < count && status == HYT_OK; i++)
        status = hyti_set_add(batch, hyti_set_at(&r->pool, order[i]), NULL);
    hyti_free(context, scores);
    hyti_free(context, penalties);
    hyti_free(context, order);
    return status;
}

static hyt_status select_at_random(recipe *r, size_t count, hyti_set *batch)
{
    size_t n = r->pool.count;
    while (batch->count < HYTI_MIN(count, n))
        HYTI_TRY(hyti_set_add(batch, hyti_set_at(&r->pool, (size_t)hyti_rng_below(r->rng, n)), NULL));
    return HYT_OK;
}

static hyt_status propose(recipe *r, size_t count, hyti_memo *memo, hyti_set *batch)
{
    HYTI_TRY(recipe_open(r, memo));
    HYTI_TRY(fill_pool(r));
    switch (r->params->selection) {
    case HYTI_SELECTION_RANDOM: HYTI_TRY(select_at_random(r, count, batch)); break;
    case HYTI_SELECTION_DOMINANCE: HYTI_TRY(select_by_dominance(r, count, batch)); break;
    default: HYTI_TRY(select_by_gain(r, count, batch)); break;
    }
    return batch->count < count ? hyti_design_uniform(r->problem, r->rng, count - batch->count, batch) : HYT_OK;
}

hyt_status hyti_hytnas_propose(const hyti_problem *problem, const hyti_history *history,
                               const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                               hyti_set *batch)
{
    size_t finished = 0;
    for (size_t i = 0; i < history->count; i++) finished += history->states[i] == HYT_TRIAL_FINISHED;
    if (finished == 0 || !problem->reference) return hyti_design_spread(problem, rng, count, batch);
    recipe r = { .problem = problem, .history = history, .params = params, .rng = rng };
    hyt_status status = propose(&r, count, memo, batch);
    recipe_close(&r);
    return status;
}
