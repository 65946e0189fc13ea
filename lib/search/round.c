/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds: made at once, handed out as asked for, told. Every change is prepared, journaled, then made by what cannot
 * fail. */
#include "search/handle.h"
#include "search/design.h"
#include <math.h>
#include <string.h>

/* In the order of the option's words. */
static const hyti_propose_fn proposers[] = { hyti_hytnas_propose, hyti_nsga2_propose, hyti_random_propose };
enum { METHOD_RANDOM = 2 };

static const double largest = 1e100; /* beyond it an objective is no number to learn from (surrogate.h) */

/* The history in the form that methods take, and the problem with its rows. */
typedef struct view {
    hyti_problem problem;
    hyti_history history;
    hyti_level *levels;
    double *objectives, limits[HYTI_SEARCH_OBJECTIVES], reference[HYTI_SEARCH_OBJECTIVES];
    hyt_trial_state *states;
} view;

static void view_close(const hyt_search *search, view *v)
{
    hyti_free(search->context, v->levels);
    hyti_free(search->context, v->objectives);
    hyti_free(search->context, v->states);
}

static hyt_status view_open(hyt_search *search, view *v)
{
    size_t n = search->count, m = search->objective_count, genes = hyt_space_genes(search->space),
           room = HYTI_MAX(n, 1);
    *v = (view){ .levels = hyti_array(search->context, room, HYTI_MAX(genes, 1) * sizeof *v->levels),
                 .objectives = hyti_array(search->context, room, m * sizeof *v->objectives),
                 .states = hyti_array(search->context, room, sizeof *v->states) };
    if (!v->levels || !v->objectives || !v->states) return hyti_fail_nomem();
    for (size_t i = 0; i < n; i++) {
        const hyti_record *record = search->records[i];
        memcpy(v->levels + i * genes, record->trial.candidate->levels, genes * sizeof *v->levels);
        for (size_t j = 0; j < m; j++) v->objectives[i * m + j] = hyti_search_sign(search, j) * record->objectives[j];
        v->states[i] = record->state;
    }
    for (size_t j = 0; j < m; j++) v->limits[j] = hyti_search_sign(search, j) * search->objectives[j].limit;
    v->problem = (hyti_problem){ .space = search->space, .objectives = m, .taken = &search->taken, .limits = v->limits,
                                 .user = search, .violation = search->constraint_count ? hyti_search_violation : NULL };
    if (hyti_search_minimised_reference(search, v->reference)) v->problem.reference = v->reference;
    v->history = (hyti_history){ n, v->levels, v->objectives, v->states };
    return HYT_OK;
}

/* The stream of a round is the number of its first trial: nothing else of the past is needed. */
static hyt_status propose(hyt_search *search, hyti_set *batch)
{
    size_t initial = hyti_search_initial(search), left = (size_t)search->params.trials - search->count;
    size_t round = HYTI_MIN((size_t)search->params.batch, left);
    uint64_t seed = (uint64_t)search->params.seed;
    view v;
    hyt_status status = view_open(search, &v);
    if (status != HYT_OK) {
        view_close(search, &v);
        return status;
    }
    if (search->count < initial && search->params.method != METHOD_RANDOM) {
        hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_DESIGN, search->count);
        status = hyti_design_latin(&v.problem, &rng, initial - search->count, batch);
    } else {
        hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_INNER, search->count);
        status = proposers[search->params.method](&v.problem, &v.history, &search->params.algorithm, &search->memo,
                                                  &rng, round, batch);
    }
    view_close(search, &v);
    return status;
}

static void record_destroy(hyt_search *search, hyti_record *record)
{
    if (record) hyt_candidate_destroy(record->trial.candidate);
    hyti_free(search->context, record);
}

static int should_stop(const hyt_trial *trial)
{
    return hyt_trial_seconds_left(trial) <= 0;
}

static hyt_status record_create(hyt_search *search, uint64_t number, const hyti_level *levels, hyti_record **out)
{
    hyti_record *record = hyti_alloc(search->context, sizeof *record);
    if (!record) return hyti_fail_nomem();
    record->trial = (hyt_trial){ .number = number, .fidelity = 1, .deadline = INFINITY, .owner = search,
                                 .should_stop = should_stop };
    record->state = HYT_TRIAL_PENDING;
    hyt_status status = hyti_candidate_from(search->space, levels, &record->trial.candidate);
    if (status == HYT_OK) *out = record;
    else record_destroy(search, record);
    return status;
}

static hyt_status reserve(hyt_search *search, size_t more)
{
    HYTI_TRY(hyti_grow(search->context, &search->records, &search->room, search->count + more,
                       sizeof *search->records));
    return hyti_set_reserve(&search->taken, search->count + more);
}

/* Room is reserved. */
static void append(hyt_search *search, hyti_record *record)
{
    hyt_status status = hyti_set_add(&search->taken, record->trial.candidate->levels, NULL);
    (void)status;
    search->records[search->count++] = record;
}

static hyt_status journal_asked(const hyt_search *search, hyti_record *const *records, size_t count)
{
    if (!search->asked) return HYT_OK;
    const hyt_trial **trials = hyti_array(search->context, count, sizeof *trials);
    if (!trials) return hyti_fail_nomem();
    for (size_t i = 0; i < count; i++) trials[i] = &records[i]->trial;
    hyti_message_clear();
    int answer = search->asked(search->journal, trials, count);
    hyti_free(search->context, trials);
    return answer < 0 ? hyti_fail_callback("asked", answer) : HYT_OK;
}

static hyt_status commit(hyt_search *search, const hyti_set *batch)
{
    size_t count = batch->count;
    hyti_record **records = hyti_array(search->context, count, sizeof *records);
    hyt_status status = records ? reserve(search, count) : hyti_fail_nomem();
    for (size_t i = 0; i < count && status == HYT_OK; i++)
        status = record_create(search, search->count + i, hyti_set_at(batch, i), &records[i]);
    if (status == HYT_OK) status = journal_asked(search, records, count);
    for (size_t i = 0; records && i < count; i++) {
        if (status == HYT_OK) append(search, records[i]);
        else record_destroy(search, records[i]);
    }
    hyti_free(search->context, records);
    return status;
}

static hyt_status make_round(hyt_search *search)
{
    if (search->objective_count == 0) return hyti_fail(HYT_ERR_STATE, "ask before the first objective was added");
    if (search->count >= (size_t)search->params.trials)
        return hyti_fail(HYT_ERR_STATE, "all %lld trials of the options are used up", (long long)search->params.trials);
    hyti_set batch;
    hyti_set_open(&batch, search->space);
    hyt_status status = propose(search, &batch);
    if (status == HYT_OK && batch.count == 0) {
        search->exhausted = true;
        status = hyti_search_fail_empty(search);
    }
    if (status == HYT_OK) status = commit(search, &batch);
    hyti_set_close(&batch);
    return status;
}

/* First trial from `from` on that waits to be handed out. */
static size_t next_waiting(const hyt_search *search, size_t from)
{
    while (from < search->count && (search->records[from]->state != HYT_TRIAL_PENDING || search->records[from]->out))
        from++;
    return from;
}

static size_t count_out(const hyt_search *search)
{
    size_t out = 0;
    for (size_t i = 0; i < search->count; i++) out += search->records[i]->state == HYT_TRIAL_PENDING;
    return out;
}

hyt_status hyt_search_ask(hyt_search *search, size_t n, hyt_trial **trials, size_t *count)
{
    HYTI_NEED(search);
    HYTI_NEED(trials);
    HYTI_NEED(count);
    if (n == 0) return hyti_fail(HYT_ERR_RANGE, "ask for 0 trials");
    if (next_waiting(search, 0) == search->count) {
        size_t out = count_out(search);
        if (out > 0)
            return hyti_fail(HYT_ERR_STATE, "all of the round is out: tell the %zu trials before asking for more", out);
        HYTI_TRY(make_round(search));
    }
    size_t given = 0;
    for (size_t i = next_waiting(search, 0); i < search->count && given < n; i = next_waiting(search, i)) {
        search->records[i]->out = true;
        search->records[i]->trial.deadline = search->deadline;
        trials[given++] = &search->records[i]->trial;
    }
    *count = given;
    return HYT_OK;
}

/* What was told, checked: a finished trial needs its objectives, and one that no surrogate can learn makes the state
 * NaN. */
static hyt_status check_told(const hyt_search *search, hyt_trial_state *state, const double *objectives, size_t n)
{
    switch (*state) {
    case HYT_TRIAL_INFEASIBLE: case HYT_TRIAL_TRANSIENT: case HYT_TRIAL_TIMEOUT: case HYT_TRIAL_NAN: return HYT_OK;
    case HYT_TRIAL_FINISHED: break;
    default: return hyti_fail(HYT_ERR_RANGE, "%d is no state that a trial can end in", (int)*state);
    }
    HYTI_NEED(objectives);
    if (n != search->objective_count)
        return hyti_fail(HYT_ERR_SHAPE, "%zu values for %zu objectives", n, search->objective_count);
    for (size_t j = 0; j < n; j++)
        if (!(fabs(objectives[j]) <= largest)) *state = HYT_TRIAL_NAN;
    return HYT_OK;
}

static void record_end(hyti_record *record, hyt_trial_state state, const double *objectives, size_t n)
{
    record->state = state;
    record->out = false;
    if (state == HYT_TRIAL_FINISHED) memcpy(record->objectives, objectives, n * sizeof *objectives);
}

hyt_status hyt_search_tell(hyt_search *search, hyt_trial *trial, hyt_trial_state state, const double *objectives,
                           size_t n)
{
    HYTI_NEED(search);
    HYTI_NEED(trial);
    if (trial->owner != search) return hyti_fail(HYT_ERR_ARGUMENT, "the trial is of another search");
    hyti_record *record = search->records[trial->number];
    if (record->state != HYT_TRIAL_PENDING)
        return hyti_fail(HYT_ERR_STATE, "trial %llu was told before: %s", (unsigned long long)trial->number,
                         hyt_trial_state_name(record->state));
    HYTI_TRY(check_told(search, &state, objectives, n));
    bool finished = state == HYT_TRIAL_FINISHED;
    if (search->told) {
        hyti_message_clear();
        int answer = search->told(search->journal, trial, state, finished ? objectives : NULL, finished ? n : 0);
        if (answer < 0) return hyti_fail_callback("told", answer);
    }
    record_end(record, state, objectives, n);
    return HYT_OK;
}

/* The candidate may be of an equal space that another handle holds, or come from a hostile file. */
static hyt_status check_levels(const hyt_search *search, const hyt_candidate *candidate)
{
    size_t genes = hyt_space_genes(search->space);
    if (candidate->space == search->space) return HYT_OK;
    bool same = hyt_space_genes(candidate->space) == genes;
    for (size_t g = 0; same && g < genes; g++) same = candidate->levels[g] < hyt_space_gene_levels(search->space, g);
    return same ? HYT_OK
                : hyti_fail(HYT_ERR_CONFLICT, "the candidate is not of space \"%s\"", hyt_space_name(search->space));
}

hyt_status hyt_search_restore(hyt_search *search, uint64_t number, const hyt_candidate *candidate,
                              hyt_trial_state state, const double *objectives, size_t n)
{
    HYTI_NEED(search);
    HYTI_NEED(candidate);
    if (search->objective_count == 0) return hyti_fail(HYT_ERR_STATE, "restore before the first objective was added");
    if (number != search->count)
        return hyti_fail(HYT_ERR_RANGE, "trial %llu comes where trial %zu should", (unsigned long long)number,
                         search->count);
    hyt_trial_state told = state;
    if (state != HYT_TRIAL_PENDING) HYTI_TRY(check_told(search, &told, objectives, n));
    if (told != state)
        return hyti_fail(HYT_ERR_FORMAT, "trial %llu is finished with a value that is not a number within 1e100",
                         (unsigned long long)number);
    HYTI_TRY(check_levels(search, candidate));
    hyti_record *record = NULL;
    HYTI_TRY(reserve(search, 1));
    HYTI_TRY(record_create(search, number, candidate->levels, &record));
    if (hyti_set_find(&search->taken, record->trial.candidate->levels) != HYTI_NOWHERE) {
        record_destroy(search, record);
        return hyti_fail(HYT_ERR_CONFLICT, "trial %llu has the candidate of an earlier one",
                         (unsigned long long)number);
    }
    record_end(record, state, objectives, n);
    append(search, record);
    return HYT_OK;
}

void hyti_search_forget(hyt_search *search)
{
    for (size_t i = 0; i < search->count; i++) record_destroy(search, search->records[i]);
    search->count = 0;
    hyti_set_empty(&search->taken);
}
