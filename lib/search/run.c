/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run(): a loop over ask and tell. */
#include "search/handle.h"
#include "pareto/pareto.h"
#include "search/stop.h"
#include <math.h>

/* How many trials at the end, `most` at most, added nothing to the volume of those before them. */
static hyt_status count_stalled(const hyt_search *search, const double *reference, size_t most, size_t *stalled)
{
    size_t m = search->objective_count, initial = hyti_search_initial(search);
    hyti_volume volume;
    HYTI_TRY(hyti_volume_open(&volume, search->context, search->taken.count, m));
    double *rows = hyti_array(search->context, HYTI_MAX(search->taken.count, 1), m * sizeof *rows);
    *stalled = 0;
    for (size_t i = search->count; rows && i-- > initial && *stalled < most; ++*stalled) {
        hyti_summary s;
        hyti_point_summarise(search, hyti_set_find(&search->taken, search->records[i]->trial.candidate->levels), i + 1,
                             &s);
        if (search->records[i]->state != HYT_TRIAL_FINISHED || !hyti_search_within(search, s.mean)) continue;
        if (hyti_volume_gain(&volume, rows, hyti_points_good(search, i, rows), SIZE_MAX, s.mean, reference) > 0) break;
    }
    hyti_volume_close(&volume);
    hyti_free(search->context, rows);
    return rows ? HYT_OK : hyti_fail_nomem();
}

static hyt_status measure_progress(const hyt_search *search, const hyti_stop *stop, hyti_progress *progress)
{
    double reference[HYTI_SEARCH_OBJECTIVES];
    *progress = (hyti_progress){ 0 };
    size_t pending = 0;
    for (size_t i = 0; i < search->count; i++) pending += search->records[i]->state == HYT_TRIAL_PENDING;
    progress->told = hyti_search_used(search) - pending;
    if (!hyti_search_minimised_reference(search, reference)) return HYT_OK;
    if (stop->target > 0) HYTI_TRY(hyt_search_hypervolume(search, &progress->volume));
    /* trials that are still pending have not stalled: only a whole round is looked at */
    if (stop->stall > 0 && pending == 0)
        HYTI_TRY(count_stalled(search, reference, stop->stall, &progress->since_better));
    return HYT_OK;
}

/* Evaluates one trial and tells; *ended says that the callback wants the run to end, the trial then stays asked. */
static hyt_status evaluate_one(hyt_search *search, hyt_trial *trial, hyt_evaluate_fn evaluate, void *user, bool *ended)
{
    double objectives[HYTI_SEARCH_OBJECTIVES];
    size_t m = search->objective_count;
    for (size_t j = 0; j < m; j++) objectives[j] = NAN;
    hyti_message_clear();
    int answer = evaluate(user, trial, objectives, m);
    *ended = answer == HYT_STOP;
    hyt_status status = answer < 0 ? hyti_fail_callback("evaluate", answer) : HYT_OK;
    if (answer == HYT_TRIAL_CANCELLED)
        status = hyti_fail(HYT_ERR_RANGE, "trial %llu: an evaluation that was called for cannot be cancelled",
                           (unsigned long long)trial->number);
    if (status == HYT_OK && !*ended) status = hyt_search_tell(search, trial, (hyt_trial_state)answer, objectives, m);
    if (status != HYT_OK || *ended) search->records[trial->number]->out = false;
    return status;
}

static hyt_status step(hyt_search *search, hyt_evaluate_fn evaluate, void *user, hyt_progress_fn progress, bool *ended)
{
    hyt_trial *trial = NULL;
    size_t count;
    HYTI_TRY(hyt_search_ask(search, 1, &trial, &count));
    HYTI_TRY(evaluate_one(search, trial, evaluate, user, ended));
    if (*ended || !progress) return HYT_OK;
    hyti_message_clear();
    int answer = progress(user, search, trial);
    *ended = answer == HYT_STOP;
    return answer < 0 ? hyti_fail_callback("progress", answer) : HYT_OK;
}

static hyt_status run(hyt_search *search, const hyti_stop *stop, hyt_evaluate_fn evaluate, void *user,
                      hyt_progress_fn progress)
{
    for (;;) {
        hyti_progress so_far;
        bool ended = false;
        HYTI_TRY(measure_progress(search, stop, &so_far));
        const char *due = hyti_stop_due(stop, &so_far);
        if (due) {
            search->stopped = due;
            return HYT_OK;
        }
        hyt_status status = step(search, evaluate, user, progress, &ended);
        if (status == HYT_ERR_EXHAUSTED && search->count == so_far.told) {
            search->stopped = "exhausted";
            return HYT_OK;
        }
        HYTI_TRY(status);
        if (ended) {
            search->stopped = hyti_clock() >= stop->deadline ? "seconds" : "stopped";
            return HYT_OK;
        }
    }
}

hyt_status hyt_search_run(hyt_search *search, hyt_evaluate_fn evaluate, void *user, hyt_progress_fn progress)
{
    HYTI_NEED(search);
    HYTI_NEED(evaluate);
    hyti_stop stop = { .trials = (size_t)search->params.trials, .stall = (size_t)search->params.stall,
                       .target = search->params.target, .deadline = INFINITY };
    if (search->params.seconds > 0) stop.deadline = hyti_clock() + search->params.seconds;
    search->stopped = "";
    search->deadline = stop.deadline;
    hyt_status status = run(search, &stop, evaluate, user, progress);
    search->deadline = INFINITY;
    return status;
}
