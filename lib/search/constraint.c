/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known before evaluation: hard constraints and exact objectives, measured once a point. A limit on an exact
 * objective is one more constraint, and so is that it has a value. */
#include "search/handle.h"
#include <math.h>
#include <string.h>

enum { REMEMBERED = 1 << 18 }; /* points; then all are forgotten and measured anew */

/* Excess over the limit, against the limit's size, so that constraints of all units add up. */
static double excess_of(double value, double limit)
{
    if (value <= limit) return 0;
    double excess = (value - limit) / fmax(fabs(limit), 1e-9);
    return isnan(excess) ? INFINITY : fmax(excess, 1e-12);
}

static size_t width(const hyt_search *search)
{
    return 1 + search->exact_count;
}

static hyt_status call(const char *name, hyt_measure_fn measure, void *user, const hyt_candidate *candidate,
                       double *value)
{
    hyti_message_clear();
    int answer = measure(user, candidate, value);
    if (answer < 0) return hyti_fail_callback(name, answer);
    if (answer > 0)
        return hyti_fail(HYT_ERR_ARGUMENT, "the callback of \"%s\" answered %d: 0 or negative is expected", name,
                         answer);
    return HYT_OK;
}

/* How far an exact objective is from its limit; endlessly, where it is no number to learn from. */
static double exact_excess(const hyt_search *search, size_t j, double value)
{
    double sign = hyti_search_sign(search, j), limit = sign * search->objectives[j].limit;
    if (!(fabs(value) <= HYTI_SEARCH_LARGEST)) return INFINITY;
    return isfinite(limit) ? excess_of(sign * value, limit) : 0;
}

/* Values of the constraints, then of the exact objectives. */
static hyt_status measure(const hyt_search *search, const hyt_candidate *candidate, double *values, double *violation)
{
    *violation = 0;
    for (size_t i = 0; i < search->constraint_count; i++, values++) {
        const hyti_constraint *constraint = &search->constraints[i];
        HYTI_TRY(call(constraint->name, constraint->measure, constraint->user, candidate, values));
        *violation += excess_of(*values, constraint->limit);
    }
    for (size_t j = 0; j < search->objective_count; j++) {
        const hyti_objective *objective = &search->objectives[j];
        if (!objective->measure) continue;
        HYTI_TRY(call(objective->name, objective->measure, objective->user, candidate, values));
        *violation += exact_excess(search, j, *values++);
    }
    return HYT_OK;
}

/* Remembers what was measured where it came nearest. */
static void note_nearest(hyt_search *search, const double *values, double violation)
{
    if (violation >= search->nearest) return;
    search->nearest = violation;
    for (size_t i = 0; i < search->constraint_count; i++) search->constraints[i].nearest = *values++;
    for (size_t j = 0; j < search->objective_count; j++)
        if (search->objectives[j].measure) search->objectives[j].nearest = *values++;
}

static hyt_status measure_levels(hyt_search *search, const hyti_level *levels, double *row)
{
    hyt_candidate *candidate = NULL;
    size_t constraints = search->constraint_count;
    double *values = hyti_array(search->context, HYTI_MAX(constraints + search->exact_count, 1), sizeof *values);
    hyt_status status = values ? hyti_candidate_from(search->space, levels, &candidate) : hyti_fail_nomem();
    if (status == HYT_OK) status = measure(search, candidate, values, &row[0]);
    if (status == HYT_OK) {
        note_nearest(search, values, row[0]);
        for (size_t e = 0; e < search->exact_count; e++) row[1 + e] = values[constraints + e];
    }
    hyt_candidate_destroy(candidate);
    hyti_free(search->context, values);
    return status;
}

/* The violation and the exact objectives of a point; lent until the next call. */
static hyt_status look_up(hyt_search *search, const hyti_level *levels, const double **row)
{
    double fresh[1 + HYTI_SEARCH_OBJECTIVES];
    size_t size = width(search) * sizeof *search->facts, place = hyti_set_find(&search->measured, levels);
    if (place == HYTI_NOWHERE) {
        if (search->measured.count >= REMEMBERED) hyti_set_empty(&search->measured);
        HYTI_TRY(hyti_grow(search->context, &search->facts, &search->fact_room, search->measured.count + 1, size));
        HYTI_TRY(hyti_set_reserve(&search->measured, search->measured.count + 1));
        HYTI_TRY(measure_levels(search, levels, fresh));
        HYTI_TRY(hyti_set_add(&search->measured, levels, &place));
        memcpy(search->facts + place * width(search), fresh, size);
    }
    *row = search->facts + place * width(search);
    return HYT_OK;
}

hyt_status hyti_search_violation(void *user, const hyti_level *levels, double *violation)
{
    const double *row = NULL;
    HYTI_TRY(look_up(user, levels, &row));
    *violation = row[0];
    return HYT_OK;
}

hyt_status hyti_search_exact(void *user, const hyti_level *levels, size_t objective, double *value)
{
    const hyt_search *search = user;
    const double *row = NULL;
    HYTI_TRY(look_up(user, levels, &row));
    *value = hyti_search_sign(search, objective) * row[1 + search->objectives[objective].place];
    if (!(fabs(*value) <= HYTI_SEARCH_LARGEST)) *value = HYTI_SEARCH_LARGEST; /* of what is never proposed */
    return HYT_OK;
}

hyt_status hyti_search_fill_exact(hyt_search *search, const hyti_level *levels, double *objectives)
{
    const double *row = NULL;
    if (search->exact_count > 0) HYTI_TRY(look_up(search, levels, &row));
    for (size_t j = 0; row && j < search->objective_count; j++)
        if (search->objectives[j].measure) objectives[j] = row[1 + search->objectives[j].place];
    return HYT_OK;
}

void hyti_search_forget_measured(hyt_search *search)
{
    hyti_set_empty(&search->measured);
    hyti_free(search->context, search->facts); /* its rows may become wider */
    search->facts = NULL;
    search->fact_room = 0;
    search->nearest = INFINITY;
}

static void list_limits(const hyt_search *search, hyti_text *list)
{
    const char *comma = "";
    for (size_t i = 0; i < search->constraint_count; i++, comma = ", ") {
        const hyti_constraint *constraint = &search->constraints[i];
        hyti_text_add(list, "%s%s <= %g (%g at the nearest)", comma, constraint->name, constraint->limit,
                      constraint->nearest);
    }
    for (size_t j = 0; j < search->objective_count; j++) {
        const hyti_objective *objective = &search->objectives[j];
        if (!objective->measure || !isfinite(objective->limit)) continue;
        hyti_text_add(list, "%s%s %s %g (%g at the nearest)", comma, objective->name,
                      objective->direction == HYT_MAXIMISE ? ">=" : "<=", objective->limit, objective->nearest);
        comma = ", ";
    }
}

hyt_status hyti_search_fail_empty(const hyt_search *search)
{
    bool limited = search->constraint_count + search->exact_count > 0;
    if (search->count > 0 || search->nearest == 0 || !limited)
        return hyti_fail(HYT_ERR_EXHAUSTED, "no candidate of space \"%s\"%s is left after %zu trials",
                         hyt_space_name(search->space), limited ? " that meets the constraints" : "", search->count);
    hyti_text list = { .context = search->context };
    list_limits(search, &list);
    hyt_status status = list.failed ? hyti_fail_nomem()
                                    : hyti_fail(HYT_ERR_INFEASIBLE, "none of %zu candidates of space \"%s\" meets %s",
                                                search->measured.count, hyt_space_name(search->space),
                                                list.data ? list.data : "its exact objectives");
    hyti_text_clear(&list);
    return status;
}
