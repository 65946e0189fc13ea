/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search hands over: a trained model for each network of the front, its test score, the files, the table. */
#include "ahead.h"
#include "models.h"
#include "job.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FINAL = 6, PATH_SIZE = 4096 };

static const hyt_candidate *candidate_of(const search_job *job, const front_network *network)
{
    return hyt_trial_candidate(hyt_search_trial(job->search, network->index));
}

static uint64_t trial_of(const search_job *job, const front_network *network)
{
    return hyt_trial_number(hyt_search_trial(job->search, network->index));
}

/* The first objective decides the order, the best first; ties by number. */
static bool comes_before(const search_job *job, const front_network *a, const front_network *b)
{
    bool maximise = hyt_search_objective_direction(job->search, 0) == HYT_MAXIMISE;
    if (a->values[0] == b->values[0]) return a->index < b->index;
    return maximise ? a->values[0] > b->values[0] : a->values[0] < b->values[0];
}

static void insert_sorted(const search_job *job, search_outcome *outcome, front_network network)
{
    size_t at = outcome->count++;
    for (; at > 0 && comes_before(job, &network, &outcome->front[at - 1]); at--)
        outcome->front[at] = outcome->front[at - 1];
    outcome->front[at] = network;
}

static int describe_network(const search_job *job, front_network *network)
{
    const hyt_candidate *candidate = candidate_of(job, network);
    size_t length = 0;
    hyt_graph *graph = NULL;
    hyt_candidate_genome(candidate, NULL, 0, &length);
    network->genome = malloc(length + 1);
    network->model = malloc(PATH_SIZE);
    network->final_accuracy = NAN;
    if (!network->genome || !network->model) return complain("out of memory");
    hyt_status status = hyt_candidate_genome(candidate, network->genome, length + 1, NULL);
    if (status == HYT_OK) status = hyt_candidate_decode(candidate, job->pictures.input, job->pictures.classes, &graph);
    if (status == HYT_OK) {
        network->parameters = hyt_graph_parameters(graph);
        network->macs = hyt_graph_macs(graph);
    }
    hyt_graph_destroy(graph);
    return check(status);
}

static int collect_front(const search_job *job, search_outcome *outcome)
{
    size_t size = hyt_search_size(job->search);
    outcome->front = calloc(size + 1, sizeof *outcome->front);
    if (!outcome->front) return complain("out of memory");
    for (size_t i = 0; i < size; i++) {
        hyt_trial_state state = hyt_search_trial_state(job->search, i);
        outcome->finished += state == HYT_TRIAL_FINISHED;
        outcome->pruned += state == HYT_TRIAL_PRUNED;
        outcome->failed += state != HYT_TRIAL_FINISHED && state != HYT_TRIAL_PENDING && state != HYT_TRIAL_PRUNED;
        if (hyt_search_trial_in_front(job->search, i))
            insert_sorted(job, outcome,
                          (front_network){ .index = i, .values = hyt_search_trial_objectives(job->search, i) });
    }
    for (size_t i = 0; i < outcome->count; i++)
        if (describe_network(job, &outcome->front[i]) != GOOD) return BAD;
    return GOOD;
}

/* -- models -------------------------------------------------------------------------------------------------------- */

/* The model of a network, `epochs` trained (0: as in the search): from its file, or trained and written there. */
static int make_model(search_job *job, const front_network *network, size_t epochs, const char *path, hyt_graph **out)
{
    const hyt_candidate *candidate = candidate_of(job, network);
    hyt_status status = model_find(path, candidate, job->pictures.input, job->pictures.classes, out);
    if (status != HYT_ERR_NOT_FOUND) return check(status);
    int64_t usual = 0;
    hyt_options_get_int(job->evaluator_options, HYT_TRAIN_EPOCHS, &usual);
    job->epochs = epochs ? epochs : (size_t)usual;
    job->may_stop = epochs != 0; /* what the search trained must be there; more of it may be left out */
    snprintf(job->doing, sizeof job->doing, "%s trial %" PRIu64, epochs ? "final training of" : "training again",
             trial_of(job, network));
    status = hyt_evaluator_train(job->evaluator, candidate, epochs, out, NULL);
    if (job->may_stop && interrupted()) {
        if (status == HYT_OK) hyt_graph_destroy(*out);
        *out = NULL;
        return GOOD;
    }
    if (status == HYT_OK) status = hyt_model_save(*out, path);
    return check(status);
}

/* Trains a network for longer and hands that model over where it is at least as good on validation pictures. */
static int train_longer(search_job *job, front_network *network, hyt_graph **model)
{
    char path[PATH_SIZE];
    hyt_graph *longer = NULL;
    double before = 0, after = 0;
    model_path(job->folder, trial_of(job, network), job->final_epochs, path, sizeof path);
    if (make_model(job, network, job->final_epochs, path, &longer) != GOOD) return BAD;
    if (!longer) return GOOD; /* Ctrl-C */
    hyt_status status = hyt_train_score(*model, job->pictures.validation, job->score, job_threads(job), &before);
    if (status == HYT_OK)
        status = hyt_train_score(longer, job->pictures.validation, job->score, job_threads(job), &after);
    bool better = status == HYT_OK && after >= before;
    if (better) {
        hyt_graph *kept = *model;
        *model = longer;
        longer = kept;
        snprintf(network->model, PATH_SIZE, "%s", path);
    }
    hyt_graph_destroy(longer);
    network->final_accuracy = better ? after : before;
    return check(status);
}

/* Of the model that is handed over: its bytes are those of its precision. */
static hyt_status measure_model(const search_job *job, const hyt_graph *model, front_network *network)
{
    hyt_status status = hyt_runtime_plan(model, NULL, &network->arena_bytes);
    network->weight_bytes = hyt_graph_weight_bytes(model);
    if (status != HYT_OK) return status;
    return hyt_train_score(model, job->pictures.test, job->score, job_threads(job), &network->test_accuracy);
}

static int finish_network(search_job *job, front_network *network, bool longer)
{
    hyt_graph *model = NULL;
    model_path(job->folder, trial_of(job, network), 0, network->model, PATH_SIZE);
    int result = make_model(job, network, 0, network->model, &model);
    if (result == GOOD && longer && !interrupted()) result = train_longer(job, network, &model);
    if (result == GOOD) result = check(measure_model(job, model, network));
    hyt_graph_destroy(model);
    return result;
}

/* Which networks are trained for longer: at most six, spread over the front, both ends among them. */
static bool is_chosen(const search_outcome *outcome, size_t place)
{
    if (outcome->count <= MOST_FINAL) return true;
    for (size_t k = 0; k < MOST_FINAL; k++)
        if ((k * (outcome->count - 1) + (MOST_FINAL - 1) / 2) / (MOST_FINAL - 1) == place) return true;
    return false;
}

/* What the final training of a network came to; nothing where Ctrl-C left it out. */
static void say_final(search_job *job, const front_network *network)
{
    char path[PATH_SIZE];
    if (isnan(network->final_accuracy)) return;
    model_path(job->folder, trial_of(job, network), job->final_epochs, path, sizeof path);
    progress_say(&job->progress, "trial %" PRIu64 ", %zu epochs: %svalidation %s, test %s", trial_of(job, network),
                 job->final_epochs, strcmp(path, network->model) == 0 ? "" : "no better, the search's model stays: ",
                 spoken("accuracy", network->final_accuracy), spoken("accuracy", network->test_accuracy));
}

static int finish_networks(search_job *job, search_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++) {
        bool longer = job->final_epochs > 0 && is_chosen(outcome, i);
        if (finish_network(job, &outcome->front[i], longer) != GOOD) return BAD;
        if (longer) say_final(job, &outcome->front[i]);
    }
    models_tidy(job->folder, job->search);
    return GOOD;
}

/* -- settings ------------------------------------------------------------------------------------------------------ */

static int add_setting(search_outcome *outcome, const char *name, const char *value)
{
    named_setting *grown = realloc(outcome->settings, (outcome->setting_count + 1) * sizeof *grown);
    if (!grown) return complain("out of memory");
    outcome->settings = grown;
    grown[outcome->setting_count] = (named_setting){ strdup(name), strdup(value) };
    outcome->setting_count++;
    return grown[outcome->setting_count - 1].name && grown[outcome->setting_count - 1].value
               ? GOOD
               : complain("out of memory");
}

static int add_options(search_outcome *outcome, const hyt_options *options, const char *prefix)
{
    char name[128], value[128];
    for (size_t i = 0; i < hyt_options_count(options); i++) {
        const char *key = hyt_options_key(options, i);
        snprintf(name, sizeof name, "%s%s", prefix, key);
        if (check(hyt_options_get_text(options, key, value, sizeof value)) != GOOD) return BAD;
        if (add_setting(outcome, name, value) != GOOD) return BAD;
    }
    return GOOD;
}

static int add_settings(const search_job *job, search_outcome *outcome)
{
    char name[128];
    if (add_setting(outcome, "data", job->data.source) != GOOD) return BAD;
    for (size_t i = 0; i < job->objective_count; i++) {
        const wanted_objective *objective = &job->objectives[i];
        snprintf(name, sizeof name, "objective %zu", i + 1);
        char value[128];
        snprintf(value, sizeof value, "%s, %s", title_of(objective->name),
                 objective->direction == HYT_MAXIMISE ? "high" : "low");
        if (add_setting(outcome, name, value) != GOOD) return BAD;
    }
    for (size_t i = 0; i < job->limit_count; i++) {
        const wanted_limit *limit = &job->limits[i];
        snprintf(name, sizeof name, "limit of %s", title_of(limit->name));
        if (add_setting(outcome, name, spoken(limit->name, limit->value)) != GOOD) return BAD;
    }
    for (size_t i = 0; i < job->predictors.count; i++)
        if (add_setting(outcome, job->predictors.metrics[i], job->predictors.paths[i]) != GOOD) return BAD;
    if (add_options(outcome, job->search_options, "") != GOOD ||
        add_options(outcome, job->evaluator_options, "train ") != GOOD)
        return BAD;
    snprintf(name, sizeof name, "%zu", count_ahead(job));
    if (add_setting(outcome, "measured ahead", name) != GOOD) return BAD;
    snprintf(name, sizeof name, "%zu", job->final_epochs);
    return add_setting(outcome, "final epochs", name);
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

static void free_outcome(search_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++) {
        free(outcome->front[i].genome);
        free(outcome->front[i].model);
    }
    for (size_t i = 0; i < outcome->setting_count; i++) {
        free(outcome->settings[i].name);
        free(outcome->settings[i].value);
    }
    free(outcome->front);
    free(outcome->settings);
}

static void print_result(const search_job *job, const search_outcome *outcome)
{
    if (job->json) {
        print_outcome_json(stdout, outcome);
        return;
    }
    printf("%zu trials, %zu finished, ", hyt_search_size(job->search), outcome->finished);
    if (outcome->pruned) printf("%zu ended early, ", outcome->pruned);
    printf("%zu failed; ended by: %s\n\n", outcome->failed, outcome->stopped);
    if (outcome->count == 0) printf("nothing in the front: no trial finished within the limits\n");
    else print_front(stdout, outcome);
    printf("\n%s/front.csv\n%s/report.html\n%s/models/\n", job->folder, job->folder, job->folder);
}

int finish_search(search_job *job)
{
    char summary[512], precision[16] = "";
    const char *stopped = hyt_search_stopped(job->search);
    search_outcome outcome = { .search = job->search, .folder = job->folder, .summary = summary, .score = job->score,
                               .stopped = *stopped ? stopped : "stopped", .hypervolume = NAN };
    hyt_search_hypervolume(job->search, &outcome.hypervolume);
    hyt_options_get_text(job->evaluator_options, HYT_EVALUATE_PRECISION, precision, sizeof precision);
    snprintf(summary, sizeof summary,
             "%s: %zu pictures to train on, %zu to validate, %zu to test; %zu class%s, input %zu × %zu; networks in %s",
             job->data.source, hyt_dataset_count(job->pictures.train), hyt_dataset_count(job->pictures.validation),
             hyt_dataset_count(job->pictures.test), job->pictures.classes, job->pictures.classes == 1 ? "" : "es",
             job->pictures.input, job->pictures.input, precision);
    int result = collect_front(job, &outcome);
    if (result == GOOD) result = finish_networks(job, &outcome);
    if (result == GOOD) result = add_settings(job, &outcome);
    if (result == GOOD) result = write_csv(&outcome);
    if (result == GOOD) result = write_report(&outcome);
    progress_end(&job->progress);
    if (result == GOOD) print_result(job, &outcome);
    free_outcome(&outcome);
    return result;
}
