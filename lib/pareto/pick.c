/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One point out of many. */
#include "pareto/pareto.h"
#include <math.h>

/* What a scaled point is worth, less is better: the first value, then the second. */
typedef void (*worth_fn)(const double *scaled, const double *weights, size_t m, double worth[2]);

static void scale(const double *points, const size_t *ranks, size_t n, size_t m, double *low, double *range)
{
    for (size_t j = 0; j < m; j++) {
        double high = -INFINITY;
        low[j] = INFINITY;
        for (size_t i = 0; i < n; i++) {
            if (ranks[i] > 0) continue;
            low[j] = fmin(low[j], points[i * m + j]);
            high = fmax(high, points[i * m + j]);
        }
        range[j] = high > low[j] ? high - low[j] : 1;
    }
}

static hyt_status pick(hyt_context *context, const double *points, size_t n, size_t m, const double *weights,
                       worth_fn find, size_t *place)
{
    double low[HYTI_PARETO_OBJECTIVES], range[HYTI_PARETO_OBJECTIVES], scaled[HYTI_PARETO_OBJECTIVES];
    double worth[2], best[2] = { INFINITY, INFINITY };
    HYTI_NEED(place);
    if (n == 0) return hyti_fail(HYT_ERR_RANGE, "no points to pick from");
    size_t *ranks = hyti_array(context, n, sizeof *ranks), picked = 0;
    if (!ranks) return hyti_fail_nomem();
    hyt_status status = hyt_pareto_sort(context, points, n, m, ranks);
    if (status == HYT_OK) scale(points, ranks, n, m, low, range);
    for (size_t i = 0; i < n && status == HYT_OK; i++) {
        if (ranks[i] > 0) continue;
        for (size_t j = 0; j < m; j++) scaled[j] = (points[i * m + j] - low[j]) / range[j];
        find(scaled, weights, m, worth);
        if (worth[0] > best[0] || (worth[0] == best[0] && worth[1] >= best[1])) continue;
        best[0] = worth[0];
        best[1] = worth[1];
        picked = i;
    }
    hyti_free(context, ranks);
    if (status == HYT_OK) *place = picked;
    return status;
}

/* The plane is where the scaled objectives add up to 1, so the distance below it falls with their sum. */
static void sum_worth(const double *scaled, const double *weights, size_t m, double worth[2])
{
    (void)weights;
    worth[0] = worth[1] = 0;
    for (size_t j = 0; j < m; j++) worth[0] += scaled[j];
}

static void chebyshev_worth(const double *scaled, const double *weights, size_t m, double worth[2])
{
    worth[0] = worth[1] = 0;
    for (size_t j = 0; j < m; j++) {
        worth[0] = fmax(worth[0], weights[j] * scaled[j]);
        worth[1] += weights[j] * scaled[j];
    }
}

hyt_status hyt_pareto_knee(hyt_context *context, const double *points, size_t n, size_t m, size_t *place)
{
    HYTI_TRY(hyti_points_check(points, n, m));
    return pick(context, points, n, m, NULL, sum_worth, place);
}

hyt_status hyt_pareto_compromise(hyt_context *context, const double *points, size_t n, size_t m, const double *weights,
                                 size_t *place)
{
    HYTI_TRY(hyti_points_check(points, n, m));
    HYTI_NEED(weights);
    double most = 0;
    for (size_t j = 0; j < m; j++) {
        if (!(weights[j] >= 0) || isinf(weights[j]))
            return hyti_fail(HYT_ERR_RANGE, "weight %g of objective %zu", weights[j], j);
        most = fmax(most, weights[j]);
    }
    if (most == 0) return hyti_fail(HYT_ERR_RANGE, "all weights are 0");
    return pick(context, points, n, m, weights, chebyshev_worth, place);
}

static hyt_status check_limits(size_t m, size_t objective, const double *limits)
{
    HYTI_NEED(limits);
    if (objective >= m) return hyti_fail(HYT_ERR_RANGE, "objective %zu of %zu", objective, m);
    for (size_t j = 0; j < m; j++)
        if (isnan(limits[j])) return hyti_fail(HYT_ERR_RANGE, "limit of objective %zu is not a number", j);
    return HYT_OK;
}

/* First objective that is beyond its limit, or m. */
static size_t first_beyond(const double *point, const double *limits, size_t m)
{
    size_t j = 0;
    while (j < m && point[j] <= limits[j]) j++;
    return j;
}

/* The point with fewest objectives beyond their limits says what is missing. */
static hyt_status fail_beyond(const double *points, size_t n, size_t m, const double *limits)
{
    size_t nearest = 0, fewest = SIZE_MAX;
    if (n == 0) return hyti_fail(HYT_ERR_INFEASIBLE, "there are no points");
    for (size_t i = 0; i < n; i++) {
        size_t beyond = 0;
        for (size_t j = 0; j < m; j++) beyond += points[i * m + j] > limits[j];
        if (beyond >= fewest) continue;
        fewest = beyond;
        nearest = i;
    }
    size_t j = first_beyond(points + nearest * m, limits, m);
    return hyti_fail(HYT_ERR_INFEASIBLE,
                     "none of %zu points is within all limits: objective %zu of point %zu is %g, above %g", n, j,
                     nearest, points[nearest * m + j], limits[j]);
}

hyt_status hyt_pareto_best(const double *points, size_t n, size_t m, size_t objective, const double *limits,
                           size_t *place)
{
    HYTI_TRY(hyti_points_check(points, n, m));
    HYTI_TRY(check_limits(m, objective, limits));
    HYTI_NEED(place);
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const double *point = points + i * m, *least = points + (best == SIZE_MAX ? i : best) * m;
        if (first_beyond(point, limits, m) < m || point[objective] > least[objective]) continue;
        if (best == SIZE_MAX || point[objective] < least[objective] || hyt_pareto_dominates(point, least, m)) best = i;
    }
    if (best == SIZE_MAX) return fail_beyond(points, n, m, limits);
    *place = best;
    return HYT_OK;
}
