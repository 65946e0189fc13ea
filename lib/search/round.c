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

/* New candidates. The stream of a round is the number of its first trial: nothing else of the past is needed. */
static hyt_status propose(hyt_search *search, size_t count, hyti_set *batch)
{
    hyti_rng rng = hyti_rng_start((uint64_t)search->params.seed, HYTI_PURPOSE_INNER, search->count);
    hyti_view v;
    hyt_status status = hyti_view_open(search, &v);
    if (status == HYT_OK)
        status = methods[search->params.method].propose(&v.problem, &v.history, &search->params.algorithm,
                                                        &search->memo, &rng, count, batch);
    hyti_view_close(search, &v);
    return status;
}

static hyt_status design(hyt_search *search, size_t count, hyti_set *batch)
{
    hyti_rng rng = hyti_rng_start((uint64_t)search->params.seed, HYTI_PURPOSE_DESIGN, search->count);
    hyti_view v;
    hyt_status status = hyti_view_open(search, &v);
    if (status == HYT_OK) status = hyti_design_add(&v.problem, (hyti_design)search->params.design, &rng, count, batch);
    hyti_view_close(search, &v);
    return status;
}

/* Of the front's candidates that are neither in the batch nor pending and may be evaluated once more, the one that was
 * least often; HYTI_NOWHERE. */
static hyt_status find_repeat(const hyt_search *search, const hyti_set *batch, size_t *best)
{
    size_t least = (size_t)search->params.repeats;
    *best = HYTI_NOWHERE;
    for (size_t place = 0; place < search->taken.count; place++) {
        hyti_summary s;
        hyti_point_summarise(search, place, search->count, &s);
        if (s.finished == 0 || s.finished >= least || hyti_point_pending(search, place)) continue;
        if (hyti_set_find(batch, hyti_set_at(&search->taken, place)) != HYTI_NOWHERE) continue;
        size_t first = search->points[place].first;
        while (search->records[first]->state != HYT_TRIAL_FINISHED) first = search->records[first]->next;
        if (!hyt_search_trial_in_front(search, first)) continue;
        least = s.finished;
        *best = place;
    }
    return HYT_OK;
}

/* Noisy objectives: fills the batch up to `most` with further evaluations of the front. */
static hyt_status repeat(const hyt_search *search, size_t most, hyti_set *batch)
{
    for (size_t place; batch->count < most;) {
        HYTI_TRY(find_repeat(search, batch, &place));
        if (place == HYTI_NOWHERE) break;
        HYTI_TRY(hyti_set_add(batch, hyti_set_at(&search->taken, place), NULL));
    }
    return HYT_OK;
}

/* Further evaluations, up to half of the round (every second round of one), then new candidates; more of the former
 * where no new ones are left. */
static hyt_status fill_round(hyt_search *search, size_t count, hyti_set *batch)
{
    hyti_set fresh;
    hyti_set_open(&fresh, search->space);
    hyt_status status = HYT_OK;
    if (search->params.repeats > 1) status = repeat(search, (count + search->count % 2) / 2, batch);
    if (status == HYT_OK && batch->count < count) status = propose(search, count - batch->count, &fresh);
    for (size_t i = 0; i < fresh.count && status == HYT_OK; i++)
        status = hyti_set_add(batch, hyti_set_at(&fresh, i), NULL);
    if (status == HYT_OK && search->params.repeats > 1) status = repeat(search, count, batch);
    hyti_set_close(&fresh);
    return status;
}

static hyt_status choose_batch(hyt_search *search, size_t count, hyti_set *batch)
{
    size_t initial = hyti_search_initial(search), known = hyti_search_known(search);
    size_t left = (size_t)search->params.trials - hyti_search_used(search);
    if (known < initial && methods[search->params.method].designed)
        return design(search, HYTI_MIN(initial - known, left), batch);
    return fill_round(search, HYTI_MIN(count, left), batch);
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
    hyt_status status = choose_batch(search, count, &batch);
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

static size_t count_pending(const hyt_search *search, bool waiting)
{
    size_t count = 0;
    for (size_t i = 0; i < search->count; i++)
        count += search->records[i]->state == HYT_TRIAL_PENDING && !(waiting && search->records[i]->out);
    return count;
}

/* Makes new trials where fewer than `n` wait to be handed out. */
static hyt_status provide(hyt_search *search, size_t n)
{
    size_t batch = (size_t)search->params.batch, waiting = count_pending(search, true);
    if (search->params.mode == HYTI_MODE_BATCH) {
        size_t out = count_pending(search, false);
        if (waiting == 0 && out > 0)
            return hyti_fail(HYT_ERR_STATE, "all of the round is out: tell the %zu trials before asking for more", out);
        return waiting == 0 ? make_round(search, batch) : HYT_OK;
    }
    if (waiting >= n) return HYT_OK;
    hyt_status status = make_round(search, HYTI_MIN(n - waiting, batch));
    /* Those that wait are handed out all the same. */
    bool none = status == HYT_ERR_STATE || status == HYT_ERR_EXHAUSTED;
    return none && waiting > 0 ? HYT_OK : status;
}

static hyt_status ask(hyt_search *search, size_t n, hyt_trial **trials, size_t *count)
{
    HYTI_TRY(provide(search, n));
    size_t given = 0;
    for (size_t i = next_waiting(search, 0); i < search->count && given < n; i = next_waiting(search, i)) {
        search->records[i]->out = true;
        search->records[i]->trial.deadline = search->deadline;
        trials[given++] = &search->records[i]->trial;
    }
    *count = given;
    return HYT_OK;
}

hyt_status hyt_search_ask(hyt_search *search, size_t n, hyt_trial **trials, size_t *count)
{
    HYTI_NEED(search);
    HYTI_NEED(trials);
    HYTI_NEED(count);
    if (n == 0) return hyti_fail(HYT_ERR_RANGE, "ask for 0 trials");
    pthread_mutex_lock(&search->lock);
    hyt_status status = ask(search, n, trials, count);
    pthread_mutex_unlock(&search->lock);
    return status;
}
