/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search within the same limits by the objectives that take no training: half a design that fills the space, half what
 * is best in them, which is where the true search will look. */
#include "ahead.h"
#include "setup.h"
#include <math.h>
#include <string.h>

/* A surrogate averages over what is timed more roughly than a trial is. */
static const double share_of_timing = 0.25;

static bool needs_training(const char *metric)
{
    return is_accuracy(metric) && !is_predicted(metric);
}

/* Neither trained for, nor known exactly anyway. */
static bool is_measured_ahead(const char *metric)
{
    return !needs_training(metric) && !is_count(metric) && !is_predicted(metric);
}

static bool has_surrogates(const search_job *job)
{
    char method[32] = "";
    hyt_options_get_text(job->search_options, HYT_SEARCH_METHOD, method, sizeof method);
    return strcmp(method, "hytnas") == 0 || strcmp(method, "parego") == 0 || strcmp(method, "dgemo") == 0;
}

static size_t trials_of(const search_job *job)
{
    int64_t trials = 0;
    hyt_options_get_int(job->search_options, HYT_SEARCH_TRIALS, &trials);
    return (size_t)trials;
}

static bool trials_are_left(const search_job *job)
{
    size_t told = 0;
    for (size_t i = 0; i < hyt_search_size(job->search); i++)
        told += hyt_search_trial_state(job->search, i) != HYT_TRIAL_PENDING;
    return told < trials_of(job);
}

/* Enough for a surrogate, and little beside the trainings. */
static size_t choose_ahead(const search_job *job)
{
    size_t trials = trials_of(job);
    return job->ahead != AHEAD_CHOSEN ? job->ahead : trials < 25 ? 4 * trials : 100;
}

static bool is_worth_it(const search_job *job)
{
    bool trains = false, measures = false;
    for (size_t i = 0; i < job->objective_count; i++) {
        trains = trains || needs_training(job->objectives[i].name);
        measures = measures || is_measured_ahead(job->objectives[i].name);
    }
    return job->ahead > 0 && trains && measures && has_surrogates(job) && trials_are_left(job);
}

static hyt_status copy_option(const hyt_options *from, hyt_options *to, const char *key)
{
    char text[256];
    hyt_status status = hyt_options_get_text(from, key, text, sizeof text);
    return status == HYT_OK ? hyt_options_set_text(to, key, text) : status;
}

static hyt_status make_options(const search_job *job, search_job *early)
{
    double timing = 0;
    hyt_status status = hyt_search_options_create(NULL, &early->search_options);
    if (status == HYT_OK) status = hyt_evaluator_options_create(NULL, &early->evaluator_options);
    if (status == HYT_OK) status = copy_option(job->search_options, early->search_options, HYT_SEARCH_SEED);
    if (status == HYT_OK)
        status = hyt_options_set_int(early->search_options, HYT_SEARCH_TRIALS, (int64_t)early->ahead);
    if (status == HYT_OK)
        status = hyt_options_set_int(early->search_options, HYT_SEARCH_INITIAL, (int64_t)(early->ahead + 1) / 2);
    /* A proposal takes longer than what it saves here: few rounds. */
    int64_t batch = (int64_t)fmin(1000, (double)early->ahead / 10 + 1);
    if (status == HYT_OK) status = hyt_options_set_int(early->search_options, HYT_SEARCH_BATCH, batch);
    for (size_t i = 0; i < hyt_options_count(job->evaluator_options) && status == HYT_OK; i++)
        status = copy_option(job->evaluator_options, early->evaluator_options, hyt_options_key(job->evaluator_options, i));
    if (status == HYT_OK) status = hyt_options_get_real(job->evaluator_options, HYT_EVALUATE_TIMING, &timing);
    return status == HYT_OK ? hyt_options_set_real(early->evaluator_options, HYT_EVALUATE_TIMING,
                                                   fmax(1, share_of_timing * timing))
                            : status;
}

/* What the early search looks at: what is known without training, and the limits on it. */
static void keep_untrained(search_job *early)
{
    size_t count = 0;
    for (size_t i = 0; i < early->objective_count; i++)
        if (!needs_training(early->objectives[i].name)) early->objectives[count++] = early->objectives[i];
    early->objective_count = count;
    count = 0;
    for (size_t i = 0; i < early->limit_count; i++)
        if (!is_accuracy(early->limits[i].name)) early->limits[count++] = early->limits[i];
    early->limit_count = count;
}

static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    search_job *early = user;
    return interrupted() ? HYT_STOP : hyt_evaluator_evaluate(early->evaluator, trial, objectives, n);
}

static int told(void *user, const hyt_search *search, const hyt_trial *trial)
{
    search_job *early = user;
    if (early->progress.terminal) progress_told(&early->progress, search, trial);
    return 0;
}

/* What was measured becomes samples of the true search: how many networks. */
static hyt_status hand_over(const search_job *early, hyt_search *search, size_t *networks)
{
    hyt_status status = HYT_OK;
    *networks = 0;
    for (size_t i = 0; i < hyt_search_size(early->search); i++) {
        const double *values = hyt_search_trial_objectives(early->search, i);
        if (!values) continue;
        ++*networks;
        for (size_t j = 0; j < early->objective_count && status == HYT_OK; j++)
            if (is_measured_ahead(early->objectives[j].name))
                status = hyt_search_add_sample(search, hyt_trial_candidate(hyt_search_trial(early->search, i)),
                                               early->objectives[j].name, values[j]);
    }
    return status;
}

static void tell_names(const search_job *early, size_t networks)
{
    char names[256] = "";
    for (size_t j = 0; j < early->objective_count; j++) {
        if (!is_measured_ahead(early->objectives[j].name)) continue;
        strncat(names, names[0] ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, early->objectives[j].name, sizeof names - strlen(names) - 1);
    }
    progress_say(&early->progress, "measured ahead of the trials, %zu networks: %s", networks, names);
}

static int run(search_job *early, hyt_search *search)
{
    size_t networks;
    if (create_search(early) != GOOD) return BAD;
    progress_start(&early->progress, early->search, early->ahead);
    int result = check(hyt_search_run(early->search, evaluate, early, told));
    if (result == GOOD) result = check(hand_over(early, search, &networks));
    if (result == GOOD) tell_names(early, networks);
    return result;
}

int measure_ahead(search_job *job)
{
    if (!is_worth_it(job)) return GOOD;
    search_job early = *job;
    early.ahead = choose_ahead(job);
    early.search = NULL;
    early.evaluator = NULL;
    early.search_options = early.evaluator_options = NULL;
    keep_untrained(&early);
    int result = check(make_options(job, &early));
    if (result == GOOD) result = run(&early, job->search);
    hyt_evaluator_destroy(early.evaluator);
    hyt_search_destroy(early.search);
    hyt_options_destroy(early.search_options);
    hyt_options_destroy(early.evaluator_options);
    return result;
}
