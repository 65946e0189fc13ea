/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/view.h"
#include <string.h>

void hyti_view_close(hyt_search *search, hyti_view *v)
{
    hyti_set_close(&v->closed);
    hyti_free(search->context, v->levels);
    hyti_free(search->context, v->objectives);
    hyti_free(search->context, v->states);
}

/* One row: the mean of what its trials finished with. Nothing is known of a candidate that was only given back. */
static void add_row(const hyt_search *search, size_t place, hyti_view *v)
{
    size_t row = v->history.count, m = search->objective_count, genes = search->taken.genes;
    hyti_summary s;
    hyti_point_summarise(search, place, search->count, &s);
    if (s.state == HYT_TRIAL_CANCELLED) return;
    memcpy(v->levels + row * genes, hyti_set_at(&search->taken, place), genes * sizeof *v->levels);
    memcpy(v->objectives + row * m, s.mean, m * sizeof *v->objectives);
    v->states[row] = s.state;
    v->history.count++;
}

/* What may be tried again is not closed to methods. */
static hyt_status close_taken(const hyt_search *search, hyti_view *v)
{
    size_t again = 0;
    v->problem.taken = &search->taken;
    for (size_t place = 0; place < search->taken.count; place++) again += hyti_point_retry(search, place);
    if (again == 0) return HYT_OK;
    HYTI_TRY(hyti_set_reserve(&v->closed, search->taken.count));
    for (size_t place = 0; place < search->taken.count; place++)
        if (!hyti_point_retry(search, place))
            HYTI_TRY(hyti_set_add(&v->closed, hyti_set_at(&search->taken, place), NULL));
    v->problem.taken = &v->closed;
    return HYT_OK;
}

hyt_status hyti_view_open(hyt_search *search, hyti_view *v)
{
    size_t points = search->taken.count, m = search->objective_count, room = HYTI_MAX(points, 1);
    *v = (hyti_view){ .levels = hyti_array(search->context, room, search->taken.genes * sizeof *v->levels),
                      .objectives = hyti_array(search->context, room, m * sizeof *v->objectives),
                      .states = hyti_array(search->context, room, sizeof *v->states) };
    hyti_set_open(&v->closed, search->space);
    if (!v->levels || !v->objectives || !v->states) return hyti_fail_nomem();
    for (size_t place = 0; place < points; place++) add_row(search, place, v);
    v->history.levels = v->levels;
    v->history.objectives = v->objectives;
    v->history.states = v->states;
    for (size_t j = 0; j < m; j++) v->limits[j] = hyti_search_sign(search, j) * search->objectives[j].limit;
    v->problem = (hyti_problem){ .space = search->space, .objectives = m, .limits = v->limits,
                                 .seed = (uint64_t)search->params.seed, .user = search,
                                 .violation = search->constraint_count ? hyti_search_violation : NULL };
    if (hyti_search_minimised_reference(search, v->reference)) v->problem.reference = v->reference;
    return close_taken(search, v);
}
