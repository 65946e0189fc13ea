/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ParEGO (Knowles, IEEE Trans. Evol. Comput. 10(1), 2006): each proposal draws weights, makes one objective of all by
 * the Chebyshev function, and takes the point of most expected improvement. Unlike there, it is the objectives that
 * are learnt, each by itself and once a round, not the Chebyshev function, whose kinks a Gaussian process smears (as
 * Daulton, Balandat, Bakshy, NeurIPS 2020, have it): with s_j = w_j (f_j - low_j) / range_j normal and independent,
 * P(max_j s_j <= t) = prod_j P(s_j <= t), and the expected improvement on b is the integral of that up to b. */
#include "numeric/distribution.h"
#include "search/breed.h"
#include "search/design.h"
#include "search/directions.h"
#include "search/inner.h"
#include "search/methods.h"
#include <math.h>
#include <string.h>

static const double least = -1e6; /* worse than any logarithm of a point that may improve */

typedef struct parego {
    const hyti_problem *problem;
    hyti_problem single; /* the same points, one objective */
    double low[HYTI_SEARCH_OBJECTIVES], range[HYTI_SEARCH_OBJECTIVES], weights[HYTI_SEARCH_OBJECTIVES];
    double best, limit;
    double *rows; /* what finished, what is expected of what is pending or proposed */
    size_t known;
    hyti_model model;
    hyti_forecast forecast;
    hyti_set start, found;
} parego;

/* Logarithm of P(max <= t), of the objectives that are not certain. */
static double log_chance(const double *mean, const double *deviation, size_t m, double t)
{
    double sum = 0;
    for (size_t j = 0; j < m; j++)
        if (deviation[j] > 0) sum += hyti_normal_log_cdf((t - mean[j]) / deviation[j]);
    return sum;
}

/* Where the integral may begin: P falls from b at least as fast as exp(-slope (b - t)), being log-concave, and below
 * the least that all may be together nothing is left. */
static double beginning(const double *mean, const double *deviation, size_t m, double b)
{
    double from = -INFINITY, slope = 0, certain = -INFINITY;
    for (size_t j = 0; j < m; j++) {
        if (!(deviation[j] > 0)) {
            certain = fmax(certain, mean[j]);
            continue;
        }
        double z = (b - mean[j]) / deviation[j];
        slope += exp(hyti_normal_log_pdf(z) - hyti_normal_log_cdf(z)) / deviation[j];
        from = fmax(from, mean[j] - 7 * deviation[j]);
    }
    if (slope > 0 && (from >= b || b - 30 / slope > from)) from = b - 30 / slope;
    return fmax(from, certain);
}

/* Logarithm of the expected improvement on b by Gauss-Legendre quadrature. */
static double log_improvement(const double *mean, const double *deviation, size_t m, double b)
{
    static const double nodes[] = { 0.0950125098376374, 0.2816035507792589, 0.4580167776572274, 0.6178762444026438,
                                    0.7554044083550030, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499 };
    static const double shares[] = { 0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767,
                                     0.1246289712555339, 0.0951585116824928, 0.0622535239386479, 0.0271524594117541 };
    double from = beginning(mean, deviation, m, b), top = log_chance(mean, deviation, m, b), sum = 0;
    if (!(from < b) || !(top > 2 * least)) return least;
    double middle = (from + b) / 2, half = (b - from) / 2;
    if (!isfinite(half) || half == 0) return least;
    for (size_t i = 0; i < HYTI_COUNT(nodes); i++)
        sum += shares[i] * (exp(log_chance(mean, deviation, m, middle + half * nodes[i]) - top) +
                            exp(log_chance(mean, deviation, m, middle - half * nodes[i]) - top));
    return fmax(least, top + log(half * sum));
}

static hyt_status score(void *user, const hyti_level *rows, size_t n, double *scores, double *penalties)
{
    static const double likely = 0.5; /* chance below which a point is avoided */
    parego *p = user;
    size_t m = p->problem->objectives;
    double mean[HYTI_SEARCH_OBJECTIVES], deviation[HYTI_SEARCH_OBJECTIVES];
    HYTI_TRY(hyti_model_predict(&p->model, rows, n, &p->forecast));
    for (size_t i = 0; i < n; i++) {
        double chance = p->forecast.chance[i];
        for (size_t j = 0; j < m; j++) {
            double share = p->weights[j] / p->range[j];
            mean[j] = share * (p->forecast.mean[i * m + j] - p->low[j]);
            deviation[j] = share * p->forecast.deviation[i * m + j];
        }
        penalties[i] = fmax(0, likely - chance);
        scores[i] = -fmax(least, log_improvement(mean, deviation, m, p->best) + log(chance));
    }
    return HYT_OK;
}

static void close_all(parego *p)
{
    hyti_model_close(&p->model);
    hyti_forecast_close(p->problem, &p->forecast);
    hyti_free(hyti_problem_context(p->problem), p->rows);
    hyti_set_close(&p->start);
    hyti_set_close(&p->found);
}

/* Room is there for the history and the batch. */
static hyt_status expect(parego *p, const hyti_level *levels)
{
    size_t m = p->problem->objectives;
    HYTI_TRY(hyti_model_predict(&p->model, levels, 1, &p->forecast));
    memcpy(p->rows + p->known++ * m, p->forecast.mean, m * sizeof *p->rows);
    return HYT_OK;
}

/* The ranges are of what has finished. */
static hyt_status gather(parego *p, const hyti_history *history)
{
    size_t m = p->problem->objectives, genes = hyt_space_genes(p->problem->space);
    for (size_t i = 0; i < history->count; i++)
        if (history->states[i] == HYT_TRIAL_FINISHED)
            memcpy(p->rows + p->known++ * m, history->objectives + i * m, m * sizeof *p->rows);
    hyti_ranges(p->rows, p->known, m, p->low, p->range);
    for (size_t i = 0; i < history->count; i++)
        if (history->states[i] == HYT_TRIAL_PENDING) HYTI_TRY(expect(p, history->levels + i * genes));
    return HYT_OK;
}

/* A Gaussian process unless told otherwise: its doubt is what the method lives on. */
static hyt_status open_all(parego *p, const hyti_problem *problem, const hyti_history *history,
                           const hyti_method_params *params, hyti_memo *memo, uint64_t seed, size_t count)
{
    hyt_context *context = hyti_problem_context(problem);
    hyti_model_kind kind = params->surrogate == HYTI_MODEL_AUTO ? HYTI_MODEL_GP : (hyti_model_kind)params->surrogate;
    *p = (parego){ .problem = problem, .single = *problem, .limit = INFINITY };
    p->single.objectives = 1;
    p->single.limits = &p->limit;
    hyti_set_open(&p->start, problem->space);
    hyti_set_open(&p->found, problem->space);
    p->rows = hyti_array(context, history->count + count, problem->objectives * sizeof *p->rows);
    if (!p->rows) return hyti_fail_nomem();
    HYTI_TRY(hyti_forecast_open(problem, 2 * (size_t)params->population, &p->forecast));
    HYTI_TRY(hyti_model_fit(problem, history, kind, seed, memo, &p->model));
    HYTI_TRY(gather(p, history));
    return hyti_breed_best(problem, history, (size_t)params->population, &p->start);
}

/* The best known one by these weights, within the limits, or at all where none is. */
static void find_best(parego *p)
{
    size_t m = p->problem->objectives;
    double any = INFINITY;
    p->best = INFINITY;
    for (size_t i = 0; i < p->known; i++) {
        const double *row = p->rows + i * m;
        double value = -INFINITY;
        for (size_t j = 0; j < m; j++) value = fmax(value, p->weights[j] * (row[j] - p->low[j]) / p->range[j]);
        any = fmin(any, value);
        if (hyti_problem_within(p->problem, row)) p->best = fmin(p->best, value);
    }
    if (isinf(p->best)) p->best = any;
}

static hyt_status propose_one(parego *p, const hyti_method_params *params, hyti_rng *rng, hyti_set *batch)
{
    hyti_inner_params inner = hyti_inner_choose(p->problem, params->population, params->generations, params->solver);
    hyti_set_empty(&p->found);
    HYTI_TRY(hyti_inner_solve(&p->single, score, p, &inner, rng, &p->start, &p->found));
    for (size_t i = 0; i < p->found.count; i++)
        if (hyti_set_find(batch, hyti_set_at(&p->found, i)) == HYTI_NOWHERE)
            return hyti_set_add(batch, hyti_set_at(&p->found, i), NULL);
    return hyti_problem_draw(p->problem, rng, batch);
}

hyt_status hyti_parego_propose(const hyti_problem *problem, const hyti_history *history,
                               const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                               hyti_set *batch)
{
    size_t finished = 0;
    for (size_t i = 0; i < history->count; i++) finished += history->states[i] == HYT_TRIAL_FINISHED;
    if (finished == 0) return hyti_design_spread(problem, rng, count, batch);
    parego p;
    hyt_status status = open_all(&p, problem, history, params, memo, hyti_rng_u64(rng), count);
    for (size_t before = HYTI_NOWHERE; status == HYT_OK && batch->count < count && batch->count != before;) {
        before = batch->count;
        hyti_direction_draw(rng, problem->objectives, p.weights);
        find_best(&p);
        status = propose_one(&p, params, rng, batch);
        if (status == HYT_OK && batch->count > before) status = expect(&p, hyti_set_at(batch, before));
    }
    close_all(&p);
    return status;
}
