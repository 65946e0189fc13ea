/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates that were evaluated more than once: what their trials come to, always in order of number, so that the
 * order of tells changes no last bit. */
#include "search/handle.h"
#include <math.h>

static void add_up(const hyt_search *search, const hyti_record *record, hyti_summary *s, double *squares)
{
    s->finished++;
    for (size_t j = 0; j < search->objective_count; j++) {
        double value = hyti_search_sign(search, j) * record->objectives[j], off = value - s->mean[j];
        /* Welford, Technometrics 4(3), 1962: the mean and the squares about it. */
        s->mean[j] += off / (double)s->finished;
        squares[j] += off * (value - s->mean[j]);
    }
}

void hyti_point_summarise(const hyt_search *search, size_t place, size_t before, hyti_summary *s)
{
    double squares[HYTI_SEARCH_OBJECTIVES] = { 0 };
    bool pending = false;
    *s = (hyti_summary){ .state = HYT_TRIAL_CANCELLED };
    for (size_t i = search->points[place].first; i < before; i = search->records[i]->next) { /* ends at HYTI_NOWHERE */
        const hyti_record *record = search->records[i];
        pending |= record->state == HYT_TRIAL_PENDING;
        s->transient += record->state == HYT_TRIAL_TRANSIENT;
        if (record->state == HYT_TRIAL_FINISHED) add_up(search, record, s, squares);
        if (record->state != HYT_TRIAL_CANCELLED) s->state = record->state;
    }
    if (pending) s->state = HYT_TRIAL_PENDING;
    if (s->finished > 0) s->state = HYT_TRIAL_FINISHED;
    for (size_t j = 0; s->finished > 1 && j < search->objective_count; j++)
        s->error[j] = sqrt(squares[j] / (double)(s->finished - 1) / (double)s->finished);
}

bool hyti_point_pending(const hyt_search *search, size_t place)
{
    for (size_t i = search->points[place].first; i != HYTI_NOWHERE; i = search->records[i]->next)
        if (search->records[i]->state == HYT_TRIAL_PENDING) return true;
    return false;
}

bool hyti_point_open(const hyt_search *search, size_t place)
{
    hyti_summary s;
    hyti_point_summarise(search, place, search->count, &s);
    if (hyti_point_pending(search, place)) return false;
    if (s.state == HYT_TRIAL_FINISHED) return s.finished < (size_t)search->params.repeats;
    return s.state == HYT_TRIAL_CANCELLED || s.state == HYT_TRIAL_TRANSIENT;
}

bool hyti_point_retry(const hyt_search *search, size_t place)
{
    hyti_summary s;
    hyti_point_summarise(search, place, search->count, &s);
    return s.state == HYT_TRIAL_TRANSIENT && s.transient <= (size_t)search->params.retries;
}

size_t hyti_points_good(const hyt_search *search, size_t before, double *rows)
{
    size_t m = search->objective_count, n = 0;
    for (size_t place = 0; place < search->taken.count; place++) {
        hyti_summary s;
        hyti_point_summarise(search, place, before, &s);
        if (s.finished == 0 || !hyti_search_within(search, s.mean)) continue;
        for (size_t j = 0; j < m; j++) rows[n * m + j] = s.mean[j];
        n++;
    }
    return n;
}
