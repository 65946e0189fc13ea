/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds: made at once, handed out as asked for. Every change is prepared, journaled, then made by what cannot fail. */
#include "search/design.h"
#include "search/view.h"

/* In the order of the option's words. */
static const struct { hyti_propose_fn propose; bool designed; } methods[] = {
    { hyti_hytnas_propose, true }, { hyti_nsga2_propose, true },     { hyti_random_propose, false },
    { hyti_sobol_propose, false }, { hyti_evolution_propose, true },
    { hyti_parego_propose, true },   { hyti_dgemo_propose, true },
};

/* The stream of a round is the number of its first trial: nothing else of the past is needed. */
static hyt_status propose(hyt_search *search, size_t count, hyti_set *batch)
{
    size_t initial = hyti_search_initial(search), known = hyti_search_known(search);
    size_t left = (size_t)search->params.trials - hyti_search_used(search);
    uint64_t seed = (uint64_t)search->params.seed;
    hyti_view v;
    hyt_status status = hyti_view_open(search, &v);
    if (status == HYT_OK && known < initial && methods[search->params.method].designed) {
        hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_DESIGN, search->count);
        status = hyti_design_add(&v.problem, (hyti_design)search->params.design, &rng, HYTI_MIN(initial - known, left),
                                 batch);
    } else if (status == HYT_OK) {
        hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_INNER, search->count);
        status = methods[search->params.method].propose(&v.problem, &v.history, &search->params.algorithm,
                                                        &search->memo, &rng, HYTI_MIN(count, left), batch);
    }
    hyti_view_close(search, &v);
    return status;
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
    hyt_status status = records ? hyti_record_reserve(search, count) : hyti_fail_nomem();
    for (size_t i = 0; i < count && status == HYT_OK; i++)
        status = hyti_record_create(search, search->count + i, search->count, hyti_set_at(batch, i), &records[i]);
    if (status == HYT_OK) status = journal_asked(search, records, count);
    for (size_t i = 0; records && i < count; i++) {
        if (status == HYT_OK) hyti_record_append(search, records[i]);
        else hyti_record_destroy(search, records[i]);
    }
    hyti_free(search->context, records);
    return status;
}

static hyt_status make_round(hyt_search *search, size_t count)
{
    if (search->objective_count == 0) return hyti_fail(HYT_ERR_STATE, "ask before the first objective was added");
    if (hyti_search_used(search) >= (size_t)search->params.trials)
        return hyti_fail(HYT_ERR_STATE, "all %lld trials of the options are used up", (long long)search->params.trials);
    hyti_set batch;
    hyti_set_open(&batch, search->space);
    hyt_status status = propose(search, count, &batch);
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
        HYTI_TRY(make_round(search, (size_t)search->params.batch));
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
