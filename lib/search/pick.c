/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One trial of the front: where giving way buys least, by weights, or the best within limits. */
#include "pareto/pareto.h"
#include "search/handle.h"
#include <math.h>

/* Candidates that finished within the limits of the search, and the trial that stands for each. */
typedef struct offer {
    double *rows; /* minimised */
    size_t *trials, count;
} offer;

static void offer_close(const hyt_search *search, offer *o)
{
    hyti_free(search->context, o->rows);
    hyti_free(search->context, o->trials);
}

static hyt_status offer_open(const hyt_search *search, offer *o)
{
    size_t points = HYTI_MAX(search->taken.count, 1), m = search->objective_count;
    *o = (offer){ hyti_array(search->context, points, m * sizeof *o->rows),
                  hyti_array(search->context, points, sizeof *o->trials), 0 };
    if (!o->rows || !o->trials) return hyti_fail_nomem();
    for (size_t place = 0; place < search->taken.count; place++) {
        hyti_summary s;
        hyti_point_summarise(search, place, search->count, &s);
        if (s.finished == 0 || !hyti_search_within(search, s.mean)) continue;
        size_t first = search->points[place].first;
        while (search->records[first]->state != HYT_TRIAL_FINISHED) first = search->records[first]->next;
        for (size_t j = 0; j < m; j++) o->rows[o->count * m + j] = s.mean[j];
        o->trials[o->count++] = first;
    }
    return o->count > 0 ? HYT_OK : hyti_fail(HYT_ERR_STATE, "no trial has finished within the limits yet");
}

static hyt_status check_count(const hyt_search *search, size_t n)
{
    if (n == search->objective_count) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "%zu values for %zu objectives", n, search->objective_count);
}

hyt_status hyt_search_pick_knee(const hyt_search *search, size_t *index)
{
    offer o;
    size_t place = 0;
    HYTI_NEED(search);
    HYTI_NEED(index);
    hyt_status status = offer_open(search, &o);
    if (status == HYT_OK) status = hyt_pareto_knee(search->context, o.rows, o.count, search->objective_count, &place);
    if (status == HYT_OK) *index = o.trials[place];
    offer_close(search, &o);
    return status;
}

hyt_status hyt_search_pick_weighted(const hyt_search *search, const double *weights, size_t n, size_t *index)
{
    offer o;
    size_t place = 0;
    HYTI_NEED(search);
    HYTI_NEED(weights);
    HYTI_NEED(index);
    HYTI_TRY(check_count(search, n));
    hyt_status status = offer_open(search, &o);
    if (status == HYT_OK) status = hyt_pareto_compromise(search->context, o.rows, o.count, n, weights, &place);
    if (status == HYT_OK) *index = o.trials[place];
    offer_close(search, &o);
    return status;
}

hyt_status hyt_search_pick_best(const hyt_search *search, size_t objective, const double *limits, size_t n,
                                size_t *index)
{
    offer o;
    size_t place = 0;
    double bounds[HYTI_SEARCH_OBJECTIVES];
    HYTI_NEED(search);
    HYTI_NEED(index);
    if (objective >= search->objective_count)
        return hyti_fail(HYT_ERR_RANGE, "objective %zu of %zu", objective, search->objective_count);
    if (limits) HYTI_TRY(check_count(search, n));
    for (size_t j = 0; j < search->objective_count; j++)
        bounds[j] = !limits || isinf(limits[j]) ? INFINITY : hyti_search_sign(search, j) * limits[j];
    hyt_status status = offer_open(search, &o);
    if (status == HYT_OK)
        status = hyt_pareto_best(o.rows, o.count, search->objective_count, objective, bounds, &place);
    if (status == HYT_OK) *index = o.trials[place];
    offer_close(search, &o);
    return status;
}
