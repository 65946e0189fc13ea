/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/handle.h"
#include "pareto/pareto.h"
#include <math.h>
#include <string.h>

size_t hyt_search_objectives(const hyt_search *search)
{
    return search ? search->objective_count : 0;
}

const char *hyt_search_objective_name(const hyt_search *search, size_t objective)
{
    return objective < hyt_search_objectives(search) ? search->objectives[objective].name : NULL;
}

hyt_direction hyt_search_objective_direction(const hyt_search *search, size_t objective)
{
    return objective < hyt_search_objectives(search) ? search->objectives[objective].direction : HYT_MINIMISE;
}

const hyt_space *hyt_search_space(const hyt_search *search)
{
    return search ? search->space : NULL;
}

const char *hyt_search_stopped(const hyt_search *search)
{
    return search ? search->stopped : "";
}

size_t hyt_search_size(const hyt_search *search)
{
    return search ? search->count : 0;
}

static const hyti_record *record_at(const hyt_search *search, size_t index)
{
    return index < hyt_search_size(search) ? search->records[index] : NULL;
}

const hyt_trial *hyt_search_trial(const hyt_search *search, size_t index)
{
    const hyti_record *record = record_at(search, index);
    return record ? &record->trial : NULL;
}

hyt_trial_state hyt_search_trial_state(const hyt_search *search, size_t index)
{
    const hyti_record *record = record_at(search, index);
    return record ? record->state : HYT_TRIAL_PENDING;
}

const double *hyt_search_trial_objectives(const hyt_search *search, size_t index)
{
    const hyti_record *record = record_at(search, index);
    return record && record->state == HYT_TRIAL_FINISHED ? record->objectives : NULL;
}

hyt_status hyt_search_trial_mean(const hyt_search *search, size_t index, double *mean, double *error, size_t n,
                                 size_t *evaluations)
{
    HYTI_NEED(search);
    hyti_summary s;
    if (index >= search->count) return hyti_fail(HYT_ERR_RANGE, "trial %zu of %zu", index, search->count);
    if (n != search->objective_count)
        return hyti_fail(HYT_ERR_SHAPE, "room for %zu values, there are %zu objectives", n, search->objective_count);
    size_t place = hyti_set_find(&search->taken, search->records[index]->trial.candidate->levels);
    hyti_point_summarise(search, place, search->count, &s);
    if (s.finished == 0) return hyti_fail(HYT_ERR_STATE, "the candidate of trial %zu has not finished", index);
    if (mean) hyti_search_minimise(search, s.mean, mean); /* the sign is its own inverse */
    if (error) memcpy(error, s.error, n * sizeof *error);
    if (evaluations) *evaluations = s.finished;
    return HYT_OK;
}

bool hyti_search_within(const hyt_search *search, const double *row)
{
    for (size_t j = 0; j < search->objective_count; j++)
        if (row[j] > hyti_search_sign(search, j) * search->objectives[j].limit) return false;
    return true;
}

void hyti_search_minimise(const hyt_search *search, const double *objectives, double *row)
{
    for (size_t j = 0; j < search->objective_count; j++) row[j] = hyti_search_sign(search, j) * objectives[j];
}

/* The first finished trial of a candidate stands for all. */
static bool stands_for_all(const hyt_search *search, size_t place, size_t index)
{
    size_t i = search->points[place].first;
    while (i < index && search->records[i]->state != HYT_TRIAL_FINISHED) i = search->records[i]->next;
    return i == index;
}

int hyt_search_trial_in_front(const hyt_search *search, size_t index)
{
    const hyti_record *record = record_at(search, index);
    if (!record || record->state != HYT_TRIAL_FINISHED) return 0;
    size_t place = hyti_set_find(&search->taken, record->trial.candidate->levels);
    hyti_summary here, there;
    hyti_point_summarise(search, place, search->count, &here);
    if (!hyti_search_within(search, here.mean) || !stands_for_all(search, place, index)) return 0;
    for (size_t i = 0; i < search->taken.count; i++) {
        hyti_point_summarise(search, i, search->count, &there);
        if (there.finished == 0 || !hyti_search_within(search, there.mean)) continue;
        if (hyt_pareto_dominates(there.mean, here.mean, search->objective_count)) return 0;
    }
    return 1;
}

/* Results that were added before anything was asked are design, however many. */
static size_t design_size(const hyt_search *search)
{
    size_t added = 0;
    while (added < search->count && search->records[added]->round == HYT_SEARCH_ADDED) added++;
    return HYTI_MAX(added, hyti_search_initial(search));
}

/* The trials that set the reference: the initial design and, where all of it failed, those up to the first that
 * finished; all there are in a space that has no more. 0 while one of them is pending or none has finished. */
static size_t reference_trials(const hyt_search *search)
{
    size_t design = design_size(search), finished = 0, known = 0, n = 0;
    while (n < search->count && (known < design || finished == 0)) {
        const hyti_record *record = search->records[n++];
        if (record->state == HYT_TRIAL_PENDING) return 0;
        known += record->state != HYT_TRIAL_CANCELLED;
        finished += record->state == HYT_TRIAL_FINISHED;
    }
    return (known >= design || search->exhausted) && finished > 0 ? n : 0;
}

/* The worst value of the objective and a tenth of its range beyond it; of its size, or of 1, where it does not vary. */
static double nadir(const hyt_search *search, size_t n, size_t j)
{
    double worst = -INFINITY, best = INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (search->records[i]->state != HYT_TRIAL_FINISHED) continue;
        double value = hyti_search_sign(search, j) * search->records[i]->objectives[j];
        worst = fmax(worst, value);
        best = fmin(best, value);
    }
    double range = worst > best ? worst - best : worst != 0 ? fabs(worst) : 1;
    return worst + 0.1 * range;
}

bool hyti_search_minimised_reference(const hyt_search *search, double *reference)
{
    if (search->reference_set) {
        hyti_search_minimise(search, search->reference, reference);
        return true;
    }
    size_t n = reference_trials(search);
    for (size_t j = 0; n > 0 && j < search->objective_count; j++) reference[j] = nadir(search, n, j);
    return n > 0;
}

bool hyti_search_working_reference(const hyt_search *search, double *reference)
{
    if (hyti_search_minimised_reference(search, reference)) return true;
    size_t finished = 0;
    for (size_t i = 0; i < search->count; i++) finished += search->records[i]->state == HYT_TRIAL_FINISHED;
    if (search->params.mode != HYTI_MODE_ASYNCHRONOUS || finished == 0) return false;
    for (size_t j = 0; j < search->objective_count; j++) reference[j] = nadir(search, search->count, j);
    return true;
}

static hyt_status need_reference(const hyt_search *search, double *reference)
{
    if (hyti_search_minimised_reference(search, reference)) return HYT_OK;
    return hyti_fail(HYT_ERR_STATE, "there is no reference before the %zu trials of the initial design are told",
                     hyti_search_initial(search));
}

hyt_status hyt_search_reference(const hyt_search *search, double *reference, size_t n)
{
    double row[HYTI_SEARCH_OBJECTIVES];
    HYTI_NEED(search);
    HYTI_NEED(reference);
    if (n != search->objective_count)
        return hyti_fail(HYT_ERR_SHAPE, "room for %zu values, there are %zu objectives", n, search->objective_count);
    HYTI_TRY(need_reference(search, row));
    hyti_search_minimise(search, row, reference); /* the sign is its own inverse */
    return HYT_OK;
}

hyt_status hyt_search_hypervolume(const hyt_search *search, double *volume)
{
    HYTI_NEED(search);
    return hyt_search_hypervolume_at(search, search->count ? search->count - 1 : 0, volume);
}

hyt_status hyt_search_hypervolume_at(const hyt_search *search, size_t index, double *volume)
{
    HYTI_NEED(search);
    HYTI_NEED(volume);
    if (index >= search->count && search->count > 0)
        return hyti_fail(HYT_ERR_RANGE, "trial %zu of %zu", index, search->count);
    size_t m = search->objective_count;
    double reference[HYTI_SEARCH_OBJECTIVES];
    HYTI_TRY(need_reference(search, reference));
    double *rows = hyti_array(search->context, HYTI_MAX(search->taken.count, 1), m * sizeof *rows);
    if (!rows) return hyti_fail_nomem();
    size_t n = hyti_points_good(search, index + 1, rows);
    hyt_status status = hyt_pareto_hypervolume(search->context, rows, n, m, reference, volume);
    hyti_free(search->context, rows);
    return status;
}
