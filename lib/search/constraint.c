/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hard constraints: measured once a point, before it may be proposed. */
#include "search/handle.h"
#include <math.h>

enum { REMEMBERED = 1 << 18 }; /* points; then all are forgotten and measured anew */

/* Excess over the limit, against the limit's size, so that constraints of all units add up. */
static double excess_of(double value, double limit)
{
    if (value <= limit) return 0;
    double excess = (value - limit) / fmax(fabs(limit), 1e-9);
    return isnan(excess) ? INFINITY : fmax(excess, 1e-12);
}

static hyt_status measure(const hyt_search *search, const hyt_candidate *candidate, double *values, double *violation)
{
    *violation = 0;
    for (size_t i = 0; i < search->constraint_count; i++) {
        const hyti_constraint *constraint = &search->constraints[i];
        hyti_message_clear();
        int answer = constraint->measure(constraint->user, candidate, &values[i]);
        if (answer < 0) return hyti_fail_callback(constraint->name, answer);
        if (answer > 0)
            return hyti_fail(HYT_ERR_ARGUMENT,
                             "the callback of constraint \"%s\" answered %d: 0 or negative is expected",
                             constraint->name, answer);
        *violation += excess_of(values[i], constraint->limit);
    }
    return HYT_OK;
}

static hyt_status measure_levels(hyt_search *search, const hyti_level *levels, double *violation)
{
    hyt_candidate *candidate = NULL;
    double *values = hyti_array(search->context, search->constraint_count, sizeof *values);
    hyt_status status = values ? hyti_candidate_from(search->space, levels, &candidate) : hyti_fail_nomem();
    if (status == HYT_OK) status = measure(search, candidate, values, violation);
    if (status == HYT_OK && *violation < search->nearest) {
        search->nearest = *violation;
        for (size_t i = 0; i < search->constraint_count; i++) search->constraints[i].nearest = values[i];
    }
    hyt_candidate_destroy(candidate);
    hyti_free(search->context, values);
    return status;
}

hyt_status hyti_search_violation(void *user, const hyti_level *levels, double *violation)
{
    hyt_search *search = user;
    size_t place = hyti_set_find(&search->measured, levels);
    if (place != HYTI_NOWHERE) {
        *violation = search->violations[place];
        return HYT_OK;
    }
    if (search->measured.count >= REMEMBERED) hyti_set_empty(&search->measured);
    HYTI_TRY(hyti_grow(search->context, &search->violations, &search->violation_room, search->measured.count + 1,
                       sizeof *search->violations));
    HYTI_TRY(hyti_set_reserve(&search->measured, search->measured.count + 1));
    HYTI_TRY(measure_levels(search, levels, violation));
    HYTI_TRY(hyti_set_add(&search->measured, levels, &place));
    search->violations[place] = *violation;
    return HYT_OK;
}

hyt_status hyti_search_fail_empty(const hyt_search *search)
{
    if (search->count > 0 || search->nearest == 0 || search->constraint_count == 0)
        return hyti_fail(HYT_ERR_EXHAUSTED, "no candidate of space \"%s\"%s is left after %zu trials",
                         hyt_space_name(search->space), search->constraint_count ? " that meets the constraints" : "",
                         search->count);
    hyti_text list = { .context = search->context };
    for (size_t i = 0; i < search->constraint_count; i++) {
        const hyti_constraint *constraint = &search->constraints[i];
        hyti_text_add(&list, "%s%s <= %g (%g at the nearest)", i ? ", " : "", constraint->name, constraint->limit,
                      constraint->nearest);
    }
    hyt_status status = list.failed ? hyti_fail_nomem()
                                    : hyti_fail(HYT_ERR_INFEASIBLE, "none of %zu candidates of space \"%s\" meets %s",
                                                search->measured.count, hyt_space_name(search->space), list.data);
    hyti_text_clear(&list);
    return status;
}
