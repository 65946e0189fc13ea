/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run(): a loop over ask and tell, on one thread or several. */
#include "base/pool.h"
#include "pareto/pareto.h"
#include "search/handle.h"
#include "search/stop.h"
#include <math.h>
#include <stdio.h>

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

static size_t count_pending(const hyt_search *search)
{
    size_t pending = 0;
    for (size_t i = 0; i < search->count; i++) pending += search->records[i]->state == HYT_TRIAL_PENDING;
    return pending;
}

static hyt_status measure_progress(const hyt_search *search, const hyti_stop *stop, hyti_progress *progress)
{
    double reference[HYTI_SEARCH_OBJECTIVES];
    *progress = (hyti_progress){ 0 };
    size_t pending = count_pending(search);
    progress->told = hyti_search_used(search) - pending;
    if (!hyti_search_minimised_reference(search, reference)) return HYT_OK;
    if (stop->target > 0) HYTI_TRY(hyt_search_hypervolume(search, &progress->volume));
    /* trials that are still pending have not stalled: only a whole round is looked at */
    if (stop->stall > 0 && pending == 0)
        HYTI_TRY(count_stalled(search, reference, stop->stall, &progress->since_better));
    return HYT_OK;
}

/* The threads of a run. Each takes a trial, evaluates it, settles it, until the run has ended; all but the evaluation
 * is done under the lock. */
typedef struct crew {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    hyt_search *search;
    const hyti_stop *stop;
    hyt_evaluate_fn evaluate;
    hyt_progress_fn progress;
    void *user;
    size_t running;     /* trials under evaluation */
    bool ended;
    hyt_status status;  /* the first failure, and its message: messages belong to threads */
    char message[1024];
} crew;

static void end(crew *c, const char *why)
{
    if (!c->ended) c->search->stopped = why;
    c->ended = true;
}

static void fail(crew *c, hyt_status status)
{
    if (c->status == HYT_OK) {
        c->status = status;
        snprintf(c->message, sizeof c->message, "%s", hyt_message());
    }
    c->ended = true;
}

/* The next trial; NULL once the run has ended. Where none can be had before others are told, waits for them. */
static hyt_trial *take(crew *c)
{
    for (; !c->ended; pthread_cond_wait(&c->settled, &c->lock)) {
        hyti_progress so_far;
        hyt_trial *trial = NULL;
        size_t count;
        hyt_status status = measure_progress(c->search, c->stop, &so_far);
        const char *due = status == HYT_OK ? hyti_stop_due(c->stop, &so_far) : NULL;
        if (due) {
            end(c, due);
            break;
        }
        if (status == HYT_OK) status = hyt_search_ask(c->search, 1, &trial, &count);
        if (status == HYT_OK) {
            c->running++;
            return trial;
        }
        bool none = status == HYT_ERR_STATE || status == HYT_ERR_EXHAUSTED;
        if (none && c->running > 0) continue;
        if (status == HYT_ERR_EXHAUSTED && count_pending(c->search) == 0) end(c, "exhausted");
        else fail(c, status);
        break;
    }
    pthread_cond_broadcast(&c->settled);
    return NULL;
}

/* Tells what the callback answered. */
static hyt_status tell(crew *c, hyt_trial *trial, int answer, const double *objectives)
{
    size_t m = c->search->objective_count;
    hyti_record *record = c->search->records[trial->number];
    if (answer == HYT_STOP && record->stop) answer = HYT_TRIAL_PRUNED;
    hyt_status status = HYT_OK;
    if (answer == HYT_TRIAL_CANCELLED)
        status = hyti_fail(HYT_ERR_RANGE, "trial %llu: an evaluation that was called for cannot be cancelled",
                           (unsigned long long)trial->number);
    else if (answer == HYT_STOP) end(c, hyti_clock() >= c->stop->deadline ? "seconds" : "stopped");
    else status = hyt_search_tell(c->search, trial, (hyt_trial_state)answer, objectives, m);
    if (status != HYT_OK || answer == HYT_STOP) {
        record->out = false;
        return status;
    }
    if (!c->progress) return HYT_OK;
    hyti_message_clear();
    answer = c->progress(c->user, c->search, trial);
    if (answer == HYT_STOP) end(c, hyti_clock() >= c->stop->deadline ? "seconds" : "stopped");
    return answer < 0 ? hyti_fail_callback("progress", answer) : HYT_OK;
}

static void settle(crew *c, hyt_trial *trial, int answer, const double *objectives)
{
    hyt_status status = answer < 0 ? hyti_fail_callback("evaluate", answer) : tell(c, trial, answer, objectives);
    if (answer < 0) c->search->records[trial->number]->out = false;
    if (status != HYT_OK) fail(c, status);
    c->running--;
    pthread_cond_broadcast(&c->settled);
}

static void work(void *user, size_t task, size_t worker)
{
    crew *c = user;
    (void)task;
    (void)worker;
    pthread_mutex_lock(&c->lock);
    for (hyt_trial *trial; (trial = take(c));) {
        double objectives[HYTI_SEARCH_OBJECTIVES] = { NAN, NAN, NAN, NAN };
        pthread_mutex_unlock(&c->lock);
        hyti_message_clear();
        int answer = c->evaluate(c->user, trial, objectives, c->search->objective_count);
        pthread_mutex_lock(&c->lock);
        settle(c, trial, answer, objectives);
    }
    pthread_mutex_unlock(&c->lock);
}

static hyt_status run(crew *c)
{
    size_t workers = (size_t)c->search->params.workers;
    hyti_pool *pool = NULL;
    HYTI_TRY(hyti_pool_create(c->search->context, workers, &pool));
    hyti_pool_run(pool, workers, work, c);
    hyti_pool_destroy(pool);
    return c->status == HYT_OK ? HYT_OK : hyti_fail(c->status, "%s", c->message);
}

hyt_status hyt_search_run(hyt_search *search, hyt_evaluate_fn evaluate, void *user, hyt_progress_fn progress)
{
    HYTI_NEED(search);
    HYTI_NEED(evaluate);
    hyti_stop stop = { .trials = (size_t)search->params.trials, .stall = (size_t)search->params.stall,
                       .target = search->params.target, .deadline = INFINITY };
    crew c = { .search = search, .stop = &stop, .evaluate = evaluate, .progress = progress, .user = user };
    if (search->params.seconds > 0) stop.deadline = hyti_clock() + search->params.seconds;
    search->stopped = "";
    search->deadline = stop.deadline;
    pthread_mutex_init(&c.lock, NULL);
    pthread_cond_init(&c.settled, NULL);
    hyt_status status = run(&c);
    pthread_cond_destroy(&c.settled);
    pthread_mutex_destroy(&c.lock);
    search->deadline = INFINITY;
    return status;
}
