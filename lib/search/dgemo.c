/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DGEMO (Konakovic Lukovic, Tian, Matusik, "Diversity-guided multi-objective Bayesian optimization with batch
 * evaluations", NeurIPS 2020): the front of the predicted means in families (discovery.h), then a batch that gains most
 * volume, one family not twice before all that gain have had their turn (section 4.3). Where no mean promises anything,
 * by what is expected with the doubt. */
#include "search/breed.h"
#include "search/design.h"
#include "search/discovery.h"
#include "search/ehvi.h"
#include "search/methods.h"
#include <math.h>
#include <string.h>

typedef struct dgemo {
    const hyti_problem *problem;
    hyti_model model;
    hyti_forecast forecast;  /* of what is scored, of the front in the end */
    double *known;           /* rows within the limits: finished, expected of pending and taken */
    size_t known_count;
    hyti_set start;
    hyti_discovery front;
    size_t *used, most_used; /* how often each family was; the most */
} dgemo;

static hyt_status score(void *user, const hyti_level *rows, size_t n, double *scores, double *penalties)
{
    static const double likely = 0.5; /* chance below which a point is avoided */
    dgemo *d = user;
    HYTI_TRY(hyti_model_predict(&d->model, rows, n, &d->forecast));
    memcpy(scores, d->forecast.mean, n * d->problem->objectives * sizeof *scores);
    for (size_t i = 0; i < n; i++) penalties[i] = fmax(0, likely - d->forecast.chance[i]);
    return HYT_OK;
}

static void know(dgemo *d, const double *row)
{
    size_t m = d->problem->objectives;
    if (hyti_problem_within(d->problem, row)) memcpy(d->known + d->known_count++ * m, row, m * sizeof *row);
}

static hyt_status gather(dgemo *d, const hyti_history *history)
{
    size_t m = d->problem->objectives, genes = hyt_space_genes(d->problem->space);
    for (size_t i = 0; i < history->count; i++) {
        if (history->states[i] == HYT_TRIAL_FINISHED) know(d, history->objectives + i * m);
        if (history->states[i] != HYT_TRIAL_PENDING) continue;
        HYTI_TRY(hyti_model_predict(&d->model, history->levels + i * genes, 1, &d->forecast));
        know(d, d->forecast.mean);
    }
    return HYT_OK;
}

static void dgemo_close(dgemo *d)
{
    hyt_context *context = hyti_problem_context(d->problem);
    hyti_model_close(&d->model);
    hyti_forecast_close(d->problem, &d->forecast);
    hyti_set_close(&d->start);
    hyti_discovery_close(&d->front);
    hyti_free(context, d->known);
    hyti_free(context, d->used);
}

static hyt_status dgemo_open(dgemo *d, const hyti_problem *problem, const hyti_history *history,
                             const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t population = (size_t)params->population;
    hyti_inner_params inner = hyti_inner_choose(problem, params->population, params->generations, params->solver);
    *d = (dgemo){ .problem = problem };
    hyti_set_open(&d->start, problem->space);
    d->known = hyti_array(context, history->count + count, problem->objectives * sizeof *d->known);
    if (!d->known) return hyti_fail_nomem();
    HYTI_TRY(hyti_forecast_open(problem, HYTI_MAX(population, (size_t)HYTI_DISCOVERY_ROWS), &d->forecast));
    HYTI_TRY(hyti_model_fit(problem, history, (hyti_model_kind)params->surrogate, hyti_rng_u64(rng), memo, &d->model));
    HYTI_TRY(gather(d, history));
    HYTI_TRY(hyti_breed_best(problem, history, population, &d->start));
    HYTI_TRY(hyti_discover(problem, score, d, &inner, rng, &d->start, &d->front));
    d->used = hyti_array(context, HYTI_MAX(d->front.families, 1), sizeof *d->used);
    if (!d->used) return hyti_fail_nomem();
    return hyti_model_predict(&d->model, d->front.points.levels, d->front.points.count, &d->forecast);
}

/* The point of the front, not yet taken, that gains most; HYTI_NOWHERE if none gains.
 * @param doubt  whether the deviations count
 * @param turns  only families that were used no more often than this */
static size_t best_gain(const dgemo *d, hyti_ehvi *volume, bool doubt, size_t turns)
{
    static const double certain[HYTI_SEARCH_OBJECTIVES] = { 0 };
    size_t m = d->problem->objectives, best = HYTI_NOWHERE;
    double most = 0;
    for (size_t i = 0; i < d->front.points.count; i++) {
        if (d->forecast.chance[i] < 0 || d->used[d->front.family[i]] > turns) continue;
        const double *deviation = doubt ? d->forecast.deviation + i * m : certain;
        double gain = d->forecast.chance[i] * hyti_ehvi_value(volume, d->forecast.mean + i * m, deviation, NULL);
        if (gain <= most) continue;
        most = gain;
        best = i;
    }
    return best;
}

static size_t choose(const dgemo *d, hyti_ehvi *volume)
{
    for (int doubt = 0; doubt < 2; doubt++)
        for (size_t turns = 0; turns <= d->most_used; turns++) {
            size_t best = best_gain(d, volume, doubt, turns);
            if (best != HYTI_NOWHERE) return best;
        }
    return HYTI_NOWHERE;
}

static hyt_status take_one(dgemo *d, hyti_set *batch, bool *taken)
{
    hyti_ehvi volume;
    size_t m = d->problem->objectives;
    HYTI_TRY(hyti_ehvi_open(&volume, hyti_problem_context(d->problem), d->known, d->known_count, m, 1,
                            d->problem->reference));
    size_t best = choose(d, &volume);
    hyti_ehvi_close(&volume);
    *taken = best != HYTI_NOWHERE;
    if (!*taken) return HYT_OK;
    d->forecast.chance[best] = -1; /* passed over from here on */
    size_t used = ++d->used[d->front.family[best]];
    d->most_used = HYTI_MAX(d->most_used, used);
    know(d, d->forecast.mean + best * m);
    return hyti_set_add(batch, hyti_set_at(&d->front.points, best), NULL);
}

hyt_status hyti_dgemo_propose(const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                              hyti_set *batch)
{
    size_t finished = 0;
    for (size_t i = 0; i < history->count; i++) finished += history->states[i] == HYT_TRIAL_FINISHED;
    if (finished == 0 || !problem->reference) return hyti_design_spread(problem, rng, count, batch);
    dgemo d;
    bool taken = true;
    hyt_status status = dgemo_open(&d, problem, history, params, memo, rng, count);
    while (status == HYT_OK && taken && batch->count < count) status = take_one(&d, batch, &taken);
    if (status == HYT_OK && batch->count < count)
        status = hyti_design_uniform(problem, rng, count - batch->count, batch);
    dgemo_close(&d);
    return status;
}
