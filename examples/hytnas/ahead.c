/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search within the same limits by the objectives that take no training: half of it a design that fills the space,
 * half what is best in them, the end of the front where a surrogate that only knew the middle would have to guess.
 * A study keeps what was measured in a table beside it, so that a resumed search makes the proposals that it would
 * have made. */
#include "ahead.h"
#include "csv.h"
#include "settings.h"
#include "setup.h"
#include <errno.h>
#include <math.h>
#include <string.h>

enum { PATH_SIZE = 4096, GENOME_SIZE = 1024 };

/* A surrogate averages over what is timed more roughly than a trial is. */
static const double share_of_timing = 0.25;

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

static bool is_worth_it(const search_job *job)
{
    bool trains = false, measures = false;
    for (size_t i = 0; i < job->objective_count; i++) {
        trains = trains || needs_training(job->objectives[i].name);
        measures = measures || is_measured_ahead(job->objectives[i].name);
    }
    return job->ahead > 0 && trains && measures && has_surrogates(job);
}

/* Enough for a surrogate, and little beside the trainings. */
size_t count_ahead(const search_job *job)
{
    size_t trials = trials_of(job);
    if (!is_worth_it(job)) return 0;
    return job->ahead != AHEAD_CHOSEN ? job->ahead : trials < 25 ? 4 * trials : 100;
}

static hyt_status copy_option(const hyt_options *from, hyt_options *to, const char *key)
{
    char text[256];
    hyt_status status = hyt_options_get_text(from, key, text, sizeof text);
    return status == HYT_OK ? hyt_options_set_text(to, key, text) : status;
}

/* But an energy is read off counters that move now and then: it needs all of its time. */
static hyt_status set_timing(const search_job *early)
{
    double timing = 0;
    if (is_objective(early, "energy_uj")) return HYT_OK;
    hyt_status status = hyt_options_get_real(early->evaluator_options, HYT_EVALUATE_TIMING, &timing);
    return status == HYT_OK ? hyt_options_set_real(early->evaluator_options, HYT_EVALUATE_TIMING,
                                                   fmax(1, share_of_timing * timing))
                            : status;
}

static hyt_status make_options(const search_job *job, search_job *early)
{
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
        status = copy_option(job->evaluator_options, early->evaluator_options,
                             hyt_options_key(job->evaluator_options, i));
    if (status == HYT_OK) /* no training */
        status = hyt_options_set_real(early->evaluator_options, HYT_EVALUATE_SUBSET, 1);
    return status == HYT_OK ? set_timing(early) : status;
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
        if (!needs_training(early->limits[i].name)) early->limits[count++] = early->limits[i];
    early->limit_count = count;
}

static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    search_job *early = user;
    return interrupted() ? HYT_STOP : hyt_evaluator_evaluate(early->evaluator, trial, objectives, n);
}

static int tell(void *user, const hyt_search *search, const hyt_trial *trial)
{
    search_job *early = user;
    if (early->progress.terminal) progress_told(&early->progress, search, trial);
    return 0;
}

/* -- the table beside a study -------------------------------------------------------------------------------------- */

static int path_of(const search_job *job, char path[PATH_SIZE])
{
    int length = snprintf(path, PATH_SIZE, "%s.ahead.csv", job->study_path);
    return length < PATH_SIZE ? GOOD : complain("%s: the name is too long", job->study_path);
}

/* What is measured ahead among the values of a trial; names where there are none. */
static void write_row(FILE *out, const search_job *early, const double *values)
{
    for (size_t j = 0; j < early->objective_count; j++) {
        if (!is_measured_ahead(early->objectives[j].name)) continue;
        if (values) fprintf(out, ",%.17g", values[j]);
        else fprintf(out, ",%s", early->objectives[j].name);
    }
    fputc('\n', out);
}

static int write_rows(FILE *out, const search_job *early)
{
    char genome[GENOME_SIZE];
    fputs("genome", out);
    write_row(out, early, NULL);
    for (size_t i = 0; i < hyt_search_size(early->search); i++) {
        const double *values = hyt_search_trial_objectives(early->search, i);
        const hyt_candidate *candidate = hyt_trial_candidate(hyt_search_trial(early->search, i));
        if (!values) continue;
        if (check(hyt_candidate_genome(candidate, genome, sizeof genome, NULL)) != GOOD) return BAD;
        fputs(genome, out);
        write_row(out, early, values);
    }
    return GOOD;
}

/* Whole, or not there: a search that is killed before measures anew. */
static int keep(const search_job *early)
{
    char path[PATH_SIZE], draft[PATH_SIZE + 8];
    if (!early->study_path) return GOOD;
    if (path_of(early, path) != GOOD) return BAD;
    snprintf(draft, sizeof draft, "%s.tmp", path);
    FILE *out = fopen(draft, "w");
    if (!out) return complain("%s: could not be written: %s", draft, strerror(errno));
    int result = write_rows(out, early);
    if (close_stream(out, draft) != GOOD) result = BAD;
    if (result == GOOD && rename(draft, path) != 0) result = complain("%s: %s", path, strerror(errno));
    if (result != GOOD) remove(draft);
    return result;
}

static int take_row(const search_job *job, const csv *table, size_t row, size_t genome)
{
    hyt_candidate *candidate = NULL;
    int result = check(hyt_candidate_parse(job->space, csv_cell(table, row, genome), &candidate));
    for (size_t j = 0; j < job->objective_count && result == GOOD; j++) {
        const char *name = job->objectives[j].name;
        size_t column;
        double value;
        if (!is_measured_ahead(name)) continue;
        result = csv_find(table, name, &column);
        if (result == GOOD) result = csv_number(table, row, column, &value);
        if (result == GOOD) result = check(hyt_search_add_sample(job->search, candidate, name, value));
    }
    hyt_candidate_destroy(candidate);
    return result;
}

/* What was measured becomes samples of the search. */
static int take_table(const search_job *job, const char *path)
{
    csv table = { 0 };
    size_t genome;
    if (csv_read(path, &table) != GOOD) return BAD;
    int result = csv_find(&table, "genome", &genome);
    for (size_t row = 0; row < table.rows && result == GOOD; row++) result = take_row(job, &table, row, genome);
    csv_close(&table);
    return result;
}

/* -- measuring ----------------------------------------------------------------------------------------------------- */

static hyt_status take_trials(const search_job *early, hyt_search *search)
{
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < hyt_search_size(early->search); i++) {
        const double *values = hyt_search_trial_objectives(early->search, i);
        for (size_t j = 0; values && j < early->objective_count && status == HYT_OK; j++)
            if (is_measured_ahead(early->objectives[j].name))
                status = hyt_search_add_sample(search, hyt_trial_candidate(hyt_search_trial(early->search, i)),
                                               early->objectives[j].name, values[j]);
    }
    return status;
}

static void tell_start(const search_job *early)
{
    char names[256] = "";
    for (size_t j = 0; j < early->objective_count; j++) {
        if (!is_measured_ahead(early->objectives[j].name)) continue;
        strncat(names, names[0] ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, early->objectives[j].name, sizeof names - strlen(names) - 1);
    }
    progress_say(&early->progress, "measuring %zu networks ahead of the trials: %s", early->ahead, names);
}

/* The trials do not depend on it: what cannot be measured is said, and the search goes on with what was. */
static int run(search_job *early, hyt_search *search)
{
    if (create_search(early) != GOOD) return BAD;
    progress_start(&early->progress, early->search, early->ahead);
    tell_start(early);
    hyt_status status = hyt_search_run(early->search, evaluate, early, tell);
    progress_end(&early->progress);
    if (interrupted()) return GOOD;
    if (status == HYT_ERR_INFEASIBLE) return check(status); /* nor would any trial be within the limits */
    if (status != HYT_OK) progress_say(&early->progress, "not all of it could be measured: %s", hyt_message());
    int result = keep(early);
    return result == GOOD ? check(take_trials(early, search)) : result;
}

static int measure(const search_job *job)
{
    search_job early = *job;
    early.ahead = count_ahead(job);
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

int measure_ahead(search_job *job)
{
    char path[PATH_SIZE];
    bool asked = job->ahead != AHEAD_CHOSEN && job->ahead > 0, begins = hyt_search_size(job->search) == 0;
    if (job->study_path && path_of(job, path) != GOOD) return BAD;
    if (job->study_path && begins) remove(path); /* of a study that is gone */
    if (!is_worth_it(job))
        return asked ? complain("--ahead: nothing to measure: it takes a method with surrogates, an objective that is "
                                "trained for, and one that is measured without")
                     : GOOD;
    if (begins) return measure(job);
    return job->study_path && settings_exist(path) ? take_table(job, path) : GOOD;
}
