/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/view.h"
#include <math.h>
#include <string.h>

void hyti_view_close(hyt_search *search, hyti_view *v)
{
    hyti_set_close(&v->closed);
    hyti_free(search->context, v->levels);
    hyti_free(search->context, v->objectives);
    hyti_free(search->context, v->states);
}

static void set_row(const hyt_search *search, hyti_view *v, size_t row, const hyti_level *levels,
                    const double *objectives, hyt_trial_state state)
{
    size_t m = search->objective_count, genes = search->taken.genes;
    memcpy(v->levels + row * genes, levels, genes * sizeof *levels);
    memcpy(v->objectives + row * m, objectives, m * sizeof *objectives);
    v->states[row] = state;
}

/* What a pruned trial would have come to, minimised. */
static void foresee(const hyt_search *search, const hyti_record *record, double *row)
{
    double expected[HYTI_SEARCH_OBJECTIVES];
    for (size_t j = 0; j < search->objective_count; j++) expected[j] = NAN;
    if (record->state == HYT_TRIAL_PRUNED) hyti_record_foresee(search, record, expected);
    hyti_search_minimise(search, expected, row);
}

/* One row: the mean of what its trials finished with. Nothing is known of a candidate that was only given back. */
static void add_candidate(const hyt_search *search, size_t place, hyti_view *v, bool *several)
{
    hyti_summary s;
    hyti_point_summarise(search, place, search->count, &s);
    if (s.state == HYT_TRIAL_CANCELLED) return;
    if (s.state == HYT_TRIAL_PRUNED) foresee(search, search->records[search->points[place].last], s.mean);
    set_row(search, v, v->history.count++, hyti_set_at(&search->taken, place), s.mean, s.state);
    *several |= s.finished > 1;
}

/* Every evaluation that teaches, after the rows of the history. */
static void add_each(const hyt_search *search, hyti_view *v)
{
    double row[HYTI_SEARCH_OBJECTIVES];
    size_t first = v->history.count;
    for (size_t i = 0; i < search->count; i++) {
        const hyti_record *record = search->records[i];
        if (record->state == HYT_TRIAL_FINISHED) hyti_search_minimise(search, record->objectives, row);
        else if (record->state == HYT_TRIAL_PRUNED) foresee(search, record, row);
        else continue;
        set_row(search, v, first + v->each.count++, record->trial.candidate->levels, row, record->state);
    }
    v->each.levels = v->levels + first * search->taken.genes;
    v->each.objectives = v->objectives + first * search->objective_count;
    v->each.states = v->states + first;
    v->history.each = &v->each;
}

static hyt_status add_rows(const hyt_search *search, hyti_view *v)
{
    size_t points = search->taken.count, room = HYTI_MAX(points + search->count, 1);
    bool several = false;
    v->levels = hyti_array(search->context, room, search->taken.genes * sizeof *v->levels);
    v->objectives = hyti_array(search->context, room, search->objective_count * sizeof *v->objectives);
    v->states = hyti_array(search->context, room, sizeof *v->states);
    if (!v->levels || !v->objectives || !v->states) return hyti_fail_nomem();
    for (size_t place = 0; place < points; place++) add_candidate(search, place, v, &several);
    v->history.levels = v->levels;
    v->history.objectives = v->objectives;
    v->history.states = v->states;
    v->history.samples = &search->samples;
    if (several) add_each(search, v);
    return HYT_OK;
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
    size_t m = search->objective_count;
    *v = (hyti_view){ 0 };
    hyti_set_open(&v->closed, search->space);
    HYTI_TRY(add_rows(search, v));
    for (size_t j = 0; j < m; j++) v->limits[j] = hyti_search_sign(search, j) * search->objectives[j].limit;
    for (size_t j = 0; j < m; j++) v->exact[j] = search->objectives[j].measure != NULL;
    bool measured = search->constraint_count + search->exact_count > 0;
    v->problem = (hyti_problem){ .space = search->space, .objectives = m, .limits = v->limits,
                                 .seed = (uint64_t)search->params.seed, .user = search,
                                 .measure = hyti_search_exact, .exact = v->exact,
                                 .violation = measured ? hyti_search_violation : NULL };
    if (hyti_search_working_reference(search, v->reference)) v->problem.reference = v->reference;
    return close_taken(search, v);
}
