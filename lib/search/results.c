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

bool hyti_search_good(const hyt_search *search, const hyti_record *record)
{
    if (record->state != HYT_TRIAL_FINISHED) return false;
    for (size_t j = 0; j < search->objective_count; j++) {
        double sign = hyti_search_sign(search, j);
        if (sign * record->objectives[j] > sign * search->objectives[j].limit) return false;
    }
    return true;
}

static void minimised(const hyt_search *search, const double *objectives, double *row)
{
    for (size_t j = 0; j < search->objective_count; j++) row[j] = hyti_search_sign(search, j) * objectives[j];
}

void hyti_search_minimised(const hyt_search *search, size_t index, double *row)
{
    minimised(search, search->records[index]->objectives, row);
}

int hyt_search_trial_in_front(const hyt_search *search, size_t index)
{
    const hyti_record *record = record_at(search, index);
    double row[HYTI_SEARCH_OBJECTIVES], other[HYTI_SEARCH_OBJECTIVES];
    if (!record || !hyti_search_good(search, record)) return 0;
    minimised(search, record->objectives, row);
    for (size_t i = 0; i < search->count; i++) {
        if (!hyti_search_good(search, search->records[i])) continue;
        minimised(search, search->records[i]->objectives, other);
        if (hyt_pareto_dominates(other, row, search->objective_count)) return 0;
    }
    return 1;
}

/* The trials that set the reference: the initial design and, where all of it failed, those up to the first that
 * finished; all there are in a space that has no more. 0 while one of them is pending or none has finished. */
static size_t reference_trials(const hyt_search *search)
{
    size_t initial = hyti_search_initial(search), finished = 0, n = 0;
    while (n < search->count && (n < initial || finished == 0)) {
        if (search->records[n]->state == HYT_TRIAL_PENDING) return 0;
        finished += search->records[n++]->state == HYT_TRIAL_FINISHED;
    }
    return (n >= initial || search->exhausted) && finished > 0 ? n : 0;
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
        minimised(search, search->reference, reference);
        return true;
    }
    size_t n = reference_trials(search);
    for (size_t j = 0; n > 0 && j < search->objective_count; j++) reference[j] = nadir(search, n, j);
    return n > 0;
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
    minimised(search, row, reference); /* the sign is its own inverse */
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
    size_t m = search->objective_count, n = 0;
    double reference[HYTI_SEARCH_OBJECTIVES];
    HYTI_TRY(need_reference(search, reference));
    double *rows = hyti_array(search->context, index + 1, m * sizeof *rows);
    if (!rows) return hyti_fail_nomem();
    for (size_t i = 0; i <= index && i < search->count; i++)
        if (hyti_search_good(search, search->records[i]))
            minimised(search, search->records[i]->objectives, rows + n++ * m);
    hyt_status status = hyt_pareto_hypervolume(search->context, rows, n, m, reference, volume);
    hyti_free(search->context, rows);
    return status;
}
