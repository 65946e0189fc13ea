/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials: told, added, restored. Every change is prepared, journaled, then made by what cannot fail. */
#include "search/handle.h"
#include <math.h>
#include <string.h>

void hyti_record_destroy(hyt_search *search, hyti_record *record)
{
    if (!record) return;
    hyt_candidate_destroy(record->trial.candidate);
    hyti_free(search->context, record->reports);
    hyti_free(search->context, record);
}

static int should_stop(const hyt_trial *trial)
{
    return ((const hyti_record *)trial)->stop || hyt_trial_seconds_left(trial) <= 0;
}

hyt_status hyti_record_create(hyt_search *search, uint64_t number, uint64_t round, const hyti_level *levels,
                              hyti_record **out)
{
    hyti_record *record = hyti_alloc(search->context, sizeof *record);
    if (!record) return hyti_fail_nomem();
    record->trial = (hyt_trial){ .number = number, .fidelity = 1, .deadline = INFINITY, .owner = search,
                                 .should_stop = should_stop, .report = hyti_record_report };
    record->state = HYT_TRIAL_PENDING;
    record->round = round;
    record->next = HYTI_NOWHERE;
    hyt_status status = hyti_candidate_from(search->space, levels, &record->trial.candidate);
    if (status == HYT_OK) *out = record;
    else hyti_record_destroy(search, record);
    return status;
}

hyt_status hyti_record_reserve(hyt_search *search, size_t more)
{
    HYTI_TRY(hyti_grow(search->context, &search->records, &search->room, search->count + more,
                       sizeof *search->records));
    HYTI_TRY(hyti_grow(search->context, &search->points, &search->point_room, search->taken.count + more,
                       sizeof *search->points));
    return hyti_set_reserve(&search->taken, search->taken.count + more);
}

void hyti_record_append(hyt_search *search, hyti_record *record)
{
    size_t points = search->taken.count, place = 0, number = search->count;
    hyt_status status = hyti_set_add(&search->taken, record->trial.candidate->levels, &place);
    (void)status; /* room is reserved */
    if (place == points) search->points[place] = (hyti_point){ number, number };
    else search->records[search->points[place].last]->next = number;
    search->points[place].last = number;
    search->records[search->count++] = record;
}

static hyt_status check_told(const hyt_search *search, hyt_trial_state state, const double *objectives, size_t n)
{
    switch (state) {
    case HYT_TRIAL_INFEASIBLE: case HYT_TRIAL_TRANSIENT: case HYT_TRIAL_TIMEOUT: case HYT_TRIAL_NAN:
    case HYT_TRIAL_PRUNED: case HYT_TRIAL_CANCELLED: return HYT_OK;
    case HYT_TRIAL_FINISHED: break;
    default: return hyti_fail(HYT_ERR_RANGE, "%d is no state that a trial can end in", (int)state);
    }
    HYTI_NEED(objectives);
    return n == search->objective_count
               ? HYT_OK
               : hyti_fail(HYT_ERR_SHAPE, "%zu values for %zu objectives", n, search->objective_count);
}

/* A value that no surrogate can learn makes a finished state NaN. */
static hyt_trial_state judge(const hyt_search *search, hyt_trial_state state, const double *objectives)
{
    for (size_t j = 0; state == HYT_TRIAL_FINISHED && j < search->objective_count; j++)
        if (!(fabs(objectives[j]) <= HYTI_SEARCH_LARGEST)) state = HYT_TRIAL_NAN;
    return state;
}

/* The objectives with the exact ones as measured, and the state that they make. */
static hyt_status complete(hyt_search *search, const hyti_level *levels, hyt_trial_state *state,
                           const double *objectives, double *row)
{
    if (*state != HYT_TRIAL_FINISHED) return HYT_OK;
    memcpy(row, objectives, search->objective_count * sizeof *row);
    HYTI_TRY(hyti_search_fill_exact(search, levels, row));
    *state = judge(search, *state, row);
    return HYT_OK;
}

static hyt_status journal_told(hyt_search *search, const hyt_trial *trial, hyt_trial_state state, const double *row)
{
    if (!search->told) return HYT_OK;
    bool finished = state == HYT_TRIAL_FINISHED;
    hyti_message_clear();
    int answer =
        search->told(search->journal, trial, state, finished ? row : NULL, finished ? search->objective_count : 0);
    return answer < 0 ? hyti_fail_callback("told", answer) : HYT_OK;
}

static void record_end(const hyt_search *search, hyti_record *record, hyt_trial_state state, uint64_t ended,
                       const double *row)
{
    record->state = state;
    record->ended = ended;
    record->out = false;
    if (state == HYT_TRIAL_FINISHED) memcpy(record->objectives, row, search->objective_count * sizeof *row);
}

static hyt_status tell(hyt_search *search, hyt_trial *trial, hyt_trial_state state, const double *objectives, size_t n)
{
    if (trial->owner != search) return hyti_fail(HYT_ERR_ARGUMENT, "the trial is of another search");
    hyti_record *record = search->records[trial->number];
    if (record->state != HYT_TRIAL_PENDING)
        return hyti_fail(HYT_ERR_STATE, "trial %llu was told before: %s", (unsigned long long)trial->number,
                         hyt_trial_state_name(record->state));
    double row[HYTI_SEARCH_OBJECTIVES];
    HYTI_TRY(check_told(search, state, objectives, n));
    HYTI_TRY(complete(search, trial->candidate->levels, &state, objectives, row));
    HYTI_TRY(journal_told(search, trial, state, row));
    record_end(search, record, state, search->count, row);
    return HYT_OK;
}

hyt_status hyt_search_tell(hyt_search *search, hyt_trial *trial, hyt_trial_state state, const double *objectives,
                           size_t n)
{
    HYTI_NEED(search);
    HYTI_NEED(trial);
    pthread_mutex_lock(&search->lock);
    hyt_status status = tell(search, trial, state, objectives, n);
    pthread_mutex_unlock(&search->lock);
    return status;
}

/* The candidate may be of an equal space that another handle holds. */
hyt_status hyti_search_check_space(const hyt_search *search, const hyt_candidate *candidate)
{
    char *own = NULL, *other = NULL;
    if (candidate->space == search->space) return HYT_OK;
    hyt_status status = hyt_space_to_json(search->space, &own);
    if (status == HYT_OK) status = hyt_space_to_json(candidate->space, &other);
    if (status == HYT_OK && strcmp(own, other) != 0)
        status = hyti_fail(HYT_ERR_CONFLICT, "the candidate is not of space \"%s\"", hyt_space_name(search->space));
    hyt_text_destroy(own);
    hyt_text_destroy(other);
    return status;
}

/* A record that could be appended as it is, with room for it. */
static hyt_status prepare(hyt_search *search, uint64_t round, const hyt_candidate *candidate, hyti_record **out)
{
    if (search->objective_count == 0) return hyti_fail(HYT_ERR_STATE, "a trial before the first objective was added");
    HYTI_TRY(hyti_search_check_space(search, candidate));
    hyti_record *record = NULL;
    HYTI_TRY(hyti_record_reserve(search, 1));
    HYTI_TRY(hyti_record_create(search, search->count, round, candidate->levels, &record));
    size_t place = hyti_set_find(&search->taken, record->trial.candidate->levels);
    if (place != HYTI_NOWHERE && !hyti_point_open(search, place)) {
        size_t last = search->points[place].last;
        hyti_record_destroy(search, record);
        return hyti_fail(HYT_ERR_CONFLICT, "trial %zu would have the candidate of trial %zu, which is %s",
                         search->count, last, hyt_trial_state_name(search->records[last]->state));
    }
    *out = record;
    return HYT_OK;
}

static hyt_status add_result(hyt_search *search, const hyt_candidate *candidate, hyt_trial_state state,
                             const double *objectives, size_t n)
{
    if (state == HYT_TRIAL_PRUNED || state == HYT_TRIAL_CANCELLED)
        return hyti_fail(HYT_ERR_RANGE, "a result that is %s says nothing", hyt_trial_state_name(state));
    double row[HYTI_SEARCH_OBJECTIVES];
    HYTI_TRY(check_told(search, state, objectives, n));
    hyti_record *record = NULL;
    HYTI_TRY(prepare(search, HYT_SEARCH_ADDED, candidate, &record));
    hyt_status status = complete(search, record->trial.candidate->levels, &state, objectives, row);
    if (status == HYT_OK) status = journal_told(search, &record->trial, state, row);
    if (status != HYT_OK) {
        hyti_record_destroy(search, record);
        return status;
    }
    record_end(search, record, state, search->count + 1, row);
    hyti_record_append(search, record);
    return HYT_OK;
}

hyt_status hyt_search_add_result(hyt_search *search, const hyt_candidate *candidate, hyt_trial_state state,
                                 const double *objectives, size_t n)
{
    HYTI_NEED(search);
    HYTI_NEED(candidate);
    pthread_mutex_lock(&search->lock);
    hyt_status status = add_result(search, candidate, state, objectives, n);
    pthread_mutex_unlock(&search->lock);
    return status;
}

/* Rounds follow each other: a trial starts one or goes on with that of the trial before it. */
static hyt_status check_order(const hyt_search *search, uint64_t number, uint64_t round, bool pending, uint64_t ended)
{
    if (number != search->count)
        return hyti_fail(HYT_ERR_RANGE, "trial %llu comes where trial %zu should", (unsigned long long)number,
                         search->count);
    bool starts = round == number || round == HYT_SEARCH_ADDED;
    if (!starts && (number == 0 || round != search->records[number - 1]->round))
        return hyti_fail(HYT_ERR_RANGE, "trial %llu is of round %llu, which is none", (unsigned long long)number,
                         (unsigned long long)round);
    if (pending ? round == HYT_SEARCH_ADDED : ended <= number)
        return hyti_fail(HYT_ERR_RANGE, "trial %llu was told before it was there", (unsigned long long)number);
    return HYT_OK;
}

hyt_status hyt_search_restore(hyt_search *search, uint64_t number, const hyt_candidate *candidate, uint64_t round,
                              hyt_trial_state state, uint64_t ended, const double *objectives, size_t n)
{
    HYTI_NEED(search);
    HYTI_NEED(candidate);
    HYTI_TRY(check_order(search, number, round, state == HYT_TRIAL_PENDING, ended));
    if (state != HYT_TRIAL_PENDING) HYTI_TRY(check_told(search, state, objectives, n));
    if (judge(search, state, objectives) != state)
        return hyti_fail(HYT_ERR_FORMAT, "trial %llu is finished with a value that is not a number within 1e100",
                         (unsigned long long)number);
    hyti_record *record = NULL;
    HYTI_TRY(prepare(search, round, candidate, &record));
    record_end(search, record, state, ended, objectives);
    hyti_record_append(search, record);
    return HYT_OK;
}

void hyti_search_forget(hyt_search *search)
{
    for (size_t i = 0; i < search->count; i++) hyti_record_destroy(search, search->records[i]);
    search->count = 0;
    hyti_set_empty(&search->taken);
}
