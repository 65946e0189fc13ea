/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "job.h"
#include "flags.h"
#include "ahead.h"
#include "models.h"
#include "setup.h"
#include "supernet.h"
#include "settings.h"
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- what is asked for --------------------------------------------------------------------------------------------- */

enum {
    DATA,
    INPUT,
    SHAPES_TRAIN,
    SHAPES_VAL,
    SHAPES_TEST,
    SPACE,
    OBJECTIVE,
    LIMIT,
    PREDICTOR,
    STUDY,
    RESUME,
    AHEAD,
    OUT,
    FINAL_EPOCHS,
    JSON,
    FLAGS
};
static const flag_row flags[] = {
    [DATA] = { "data", "SOURCE",
               "pictures: a folder with train.npz, val.npz and test.npz (arrays X, uint8, N,H,W,3, and y), one .npz, a "
               "folder of IDX files, of COCO or Pascal VOC, or with a folder of PNG and JPEG files for each class "
               "(docs/data.md), or shapes, the built-in generated set" },
    [INPUT] = { "input", "N",
                "side of the networks' input in pixels, at least 32 (default: that of the pictures; shapes: 48; "
                "picture files: 96)" },
    [SHAPES_TRAIN] = { "shapes-train", "N", "generated pictures to train on (default 800)" },
    [SHAPES_VAL] = { "shapes-val", "N", "to validate on (default 400)" },
    [SHAPES_TEST] = { "shapes-test", "N", "to test on (default 400)" },
    [SPACE] = { "space", "NAME",
                "networks to choose from: hytnas, hytnas-wide (classification), hytnas-detect, hytnas-detr "
                "(detection), hytnas-segment (segmentation); default: the first of its --task" },
    [OBJECTIVE] = { "objective", "NAME:max|min",
                    "1 to 4 times, of: accuracy, map50, map, miou (the score of the task), latency_ms, parameters, "
                    "macs, arena_bytes, weight_bytes; without training: zen, naswot, synflow, snip, gradnorm, logdet, "
                    "fused; energy_uj (measured), energy_estimate_uj (estimated); with a --predictor: predicted_ and a "
                    "score, latency_ms or energy_uj (default: the task's score:max latency_ms:min parameters:min)" },
    [LIMIT] = { "limit", "NAME:VALUE",
                "repeatable; on parameters, macs, arena_bytes, weight_bytes, predicted_latency_ms, "
                "predicted_energy_uj: no network above it is tried; on what else is an objective: none beyond it is in "
                "the front, or, of a predicted score, tried" },
    [PREDICTOR] = { "predictor", "FILE",
                    "repeatable; a predictor that hytnas measure wrote: its answers are a metric (of latency_ms: "
                    "predicted_latency_ms), known without training or timing, for --objective and --limit" },
    [STUDY] = { "study", "FILE",
                "keeps every trial in this file, so that the search can be resumed; the super-network of "
                "--train-method one-shot or fine-tuning lies beside it, in FILE.supernet" },
    [RESUME] = { "resume", NULL, "goes on with the study; starts it if there is none" },
    [AHEAD] = { "ahead", "N",
                "networks that are measured before the first trial, by what takes no training among the objectives "
                "(latency_ms, energy_uj, energy_estimate_uj, zero-shot metrics), so that methods with surrogates know "
                "it from the start; its time is on top of --seconds; a study keeps it in FILE.ahead.csv (default: four "
                "a trial, at most 100; 0: none)" },
    [OUT] = { "out", "DIR",
              "folder of front.csv, report.html and models/ (default: beside the study, its name with -results; "
              "hytnas-results without a study); it belongs to one search" },
    [FINAL_EPOCHS] = { "final-epochs", "N",
                       "trains up to six networks spread over the front again, for longer, at the end (default 0: "
                       "none)" },
    [JSON] = { "json", NULL, "the result as one JSON object on standard output, and nothing else there" },
};

static int complain_metric(const char *flag, const char *name)
{
    const char *names[32] = { NULL };
    for (size_t i = 0; i + 1 < sizeof names / sizeof *names && hyt_evaluator_metric(i); i++)
        names[i] = hyt_evaluator_metric(i);
    return complain("--%s: there is no \"%s\"; the nearest is \"%s\"", flag, name, nearest_name(name, names));
}

static bool is_metric(const char *name)
{
    for (size_t i = 0; hyt_evaluator_metric(i); i++)
        if (strcmp(hyt_evaluator_metric(i), name) == 0) return true;
    return false;
}

/* "name:rest" into its parts; the name must be a metric. */
static int split(const char *flag, const char *text, char name[64], const char **rest)
{
    const char *colon = strchr(text, ':');
    if (!colon || colon == text || colon - text >= 64 || !colon[1])
        return complain("--%s takes NAME:%s, not \"%s\"", flag, strcmp(flag, "limit") ? "max or NAME:min" : "VALUE",
                        text);
    snprintf(name, 64, "%.*s", (int)(colon - text), text);
    *rest = colon + 1;
    return is_metric(name) ? GOOD : complain_metric(flag, name);
}

static int take_objective(search_job *job, const char *text)
{
    const char *rest;
    if (job->objective_count == MOST) return complain("more than %d objectives", MOST);
    wanted_objective *objective = &job->objectives[job->objective_count];
    if (split("objective", text, objective->name, &rest) != GOOD) return BAD;
    if (strcmp(rest, "max") != 0 && strcmp(rest, "min") != 0)
        return complain("--objective %s: \"%s\" is neither max nor min", objective->name, rest);
    objective->direction = strcmp(rest, "max") == 0 ? HYT_MAXIMISE : HYT_MINIMISE;
    job->objective_count++;
    return GOOD;
}

static int take_limit(search_job *job, const char *text)
{
    const char *rest;
    char *end;
    if (job->limit_count == MOST) return complain("more than %d limits", MOST);
    wanted_limit *limit = &job->limits[job->limit_count];
    if (split("limit", text, limit->name, &rest) != GOOD) return BAD;
    limit->value = strtod(rest, &end);
    if (*end || !isfinite(limit->value)) return complain("--limit %s: \"%s\" is not a number", limit->name, rest);
    job->limit_count++;
    return GOOD;
}

static int take(void *user, size_t place, const char *value)
{
    search_job *job = user;
    switch (place) {
    case DATA: job->data.source = value; return GOOD;
    case INPUT: return parse_whole("input", value, 32, 512, &job->data.input);
    case SHAPES_TRAIN: return parse_whole("shapes-train", value, 2, 1000000, &job->data.train);
    case SHAPES_VAL: return parse_whole("shapes-val", value, 2, 1000000, &job->data.val);
    case SHAPES_TEST: return parse_whole("shapes-test", value, 2, 1000000, &job->data.test);
    case SPACE: job->space_name = value; return GOOD;
    case OBJECTIVE: return take_objective(job, value);
    case LIMIT: return take_limit(job, value);
    case PREDICTOR: return predictors_take(&job->predictors, value);
    case STUDY: job->study_path = value; return GOOD;
    case RESUME: job->resume = true; return GOOD;
    case AHEAD: return parse_whole("ahead", value, 0, 100000, &job->ahead);
    case OUT: job->folder = value; return GOOD;
    case FINAL_EPOCHS: return parse_whole("final-epochs", value, 0, 100000, &job->final_epochs);
    case JSON: job->json = true; return GOOD;
    default: return complain("search takes flags only, not \"%s\"", value);
    }
}

static int read_flags(search_job *job, int argc, char **argv)
{
    const option_group groups[] = {
        { "Search", "", job->search_options },
        { "Training and timing of each network", "train-", job->evaluator_options },
    };
    const command_form form = {
        .name = "search",
        .operands = "",
        .about = "Searches a space of hybrid convolution + attention networks, for classes, boxes or pixels: each "
                 "proposed network is trained on the pictures and timed on this machine. Ends with the front of best "
                 "trade-offs, a trained model file for each of its networks, front.csv and report.html. Ctrl-C ends it "
                 "well, with the front so far; a second one at once.",
        .flags = flags,
        .flag_count = FLAGS,
        .groups = groups,
        .group_count = sizeof groups / sizeof *groups,
        .examples = "  hytnas search --data shapes --limit macs:4e6 --epochs 4 --trials 24 --study first.db\n"
                    "  hytnas search --data pictures --trials 64 --final-epochs 24 --study s.db --resume\n"
                    "  hytnas search --data pictures --predictor measured-latency_ms.predictor \\\n"
                    "    --objective accuracy:max --objective predicted_latency_ms:min\n"
                    "  hytnas search --data persons --task detection --limit parameters:300000 --trials 32\n",
    };
    return parse_flags(&form, argc, argv, take, job);
}

/* What a task is trained for and on which networks, unless the user says otherwise. */
static void set_task(search_job *job)
{
    static const struct { const char *task, *score, *space; } tasks[] = {
        { "classification", "accuracy", "hytnas" },
        { "detection", "map50", "hytnas-detect" },
        { "segmentation", "miou", "hytnas-segment" },
    };
    char task[32] = "";
    size_t place = 0;
    hyt_options_get_text(job->evaluator_options, HYT_TRAIN_TASK, task, sizeof task);
    while (place + 1 < sizeof tasks / sizeof *tasks && strcmp(tasks[place].task, task) != 0) place++;
    job->data.task = tasks[place].task;
    job->score = tasks[place].score;
    if (!job->space_name) job->space_name = tasks[place].space;
    for (size_t i = 0; i < job->objective_count; i++)
        if (needs_training(job->objectives[i].name)) job->score = job->objectives[i].name;
}

static void set_defaults(search_job *job)
{
    static const wanted_objective usual[] = {
        { "", HYT_MAXIMISE }, { "latency_ms", HYT_MINIMISE }, { "parameters", HYT_MINIMISE },
    };
    set_task(job);
    if (job->objective_count == 0) {
        memcpy(job->objectives, usual, sizeof usual);
        snprintf(job->objectives[0].name, sizeof job->objectives[0].name, "%s", job->score);
        job->objective_count = sizeof usual / sizeof *usual;
    }
    if (job->folder) return;
    size_t length = job->study_path ? strlen(job->study_path) : 0;
    const char *dot = job->study_path ? strrchr(job->study_path, '.') : NULL;
    if (dot && dot != job->study_path && dot[-1] != '/' && !strchr(dot, '/')) length = (size_t)(dot - job->study_path);
    if (length > sizeof job->folder_text - 64) length = 0;
    snprintf(job->folder_text, sizeof job->folder_text, "%.*s-results", length ? (int)length : 6,
             length ? job->study_path : "hytnas");
    job->folder = job->folder_text;
}

/* -- the search ---------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupt_seen;

static void on_interrupt(int number)
{
    (void)number;
    interrupt_seen = 1;
}

bool interrupted(void)
{
    return interrupt_seen != 0;
}

/* The first signal asks for an end; the next one finds the default again. */
static void catch_interrupts(void)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

size_t job_threads(const search_job *job)
{
    int64_t threads = 1;
    hyt_options_get_int(job->evaluator_options, HYT_TRAIN_THREADS, &threads);
    return (size_t)threads;
}

static int after_epoch(void *user, size_t epoch, double train_loss, double accuracy)
{
    search_job *job = user;
    (void)train_loss;
    progress_epoch(&job->progress, job->doing, epoch, job->epochs, accuracy);
    return job->may_stop && interrupted() ? HYT_STOP : 0;
}

static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    search_job *job = user;
    if (interrupted()) return HYT_STOP;
    snprintf(job->doing, sizeof job->doing, "trial %" PRIu64, hyt_trial_number(trial));
    int answer = hyt_evaluator_evaluate(job->evaluator, trial, objectives, n);
    return answer == 0 ? (int)supernet_keep(job) : answer;
}

/* A model is kept as soon as its trial is in the front: what leaves the front is removed at the end. */
static hyt_status keep_model(const search_job *job, const hyt_search *search, const hyt_trial *trial)
{
    char path[4096];
    hyt_graph *network = NULL;
    size_t index = hyt_search_size(search);
    while (index-- > 0)
        if (hyt_search_trial(search, index) == trial) break;
    if (index == SIZE_MAX || !hyt_search_trial_in_front(search, index)) return HYT_OK;
    if (hyt_evaluator_network(job->evaluator, &network) != HYT_OK) return HYT_OK; /* nothing had to be trained */
    model_path(job->folder, hyt_trial_number(trial), 0, path, sizeof path);
    hyt_status status = hyt_model_save(network, path);
    hyt_graph_destroy(network);
    return status;
}

static int told(void *user, const hyt_search *search, const hyt_trial *trial)
{
    search_job *job = user;
    progress_told(&job->progress, search, trial);
    return keep_model(job, search, trial);
}

/* What decides what is said of a candidate, as "key=value;...": pictures, training, predictors. */
static char *describe_training(const search_job *job)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fprintf(out, "train pictures=%016" PRIx64 ";validation pictures=%016" PRIx64 ";input=%zu;classes=%zu",
            job->pictures.train_print, job->pictures.validation_print, job->pictures.input, job->pictures.classes);
    describe_options(out, job->evaluator_options, ";", "");
    int result = predictors_describe(&job->predictors, out);
    if (fclose(out) == 0 && result == GOOD) return text;
    free(text);
    return NULL;
}

/* Whether the file holds trials already, which only --resume may touch. */
static int check_new(const char *path)
{
    hyt_study *study = NULL;
    if (hyt_study_open(NULL, path, HYT_STUDY_READ, &study) != HYT_OK) return GOOD; /* opening it to write says why */
    size_t size = hyt_study_size(study);
    hyt_study_destroy(study);
    if (size == 0) return GOOD;
    return complain("%s: holds a study of %zu trials already: --resume goes on with it", path, size);
}

static int open_study(search_job *job)
{
    if (!job->study_path) return job->resume ? complain("--resume needs --study FILE") : GOOD;
    if (!job->resume && check_new(job->study_path) != GOOD) return BAD;
    return check(hyt_study_open(NULL, job->study_path, job->resume ? HYT_STUDY_RESUME : HYT_STUDY_NEW, &job->study));
}

static int run_search(search_job *job)
{
    int64_t trials = 0, epochs = 0;
    hyt_options_get_int(job->search_options, HYT_SEARCH_TRIALS, &trials);
    hyt_options_get_int(job->evaluator_options, HYT_TRAIN_EPOCHS, &epochs);
    job->epochs = (size_t)epochs;
    job->may_stop = true;
    catch_interrupts();
    if (check(hyt_evaluator_set_epoch(job->evaluator, after_epoch, job)) != GOOD) return BAD;
    if (measure_ahead(job) != GOOD) return BAD;
    progress_start(&job->progress, job->search, (size_t)trials);
    if (interrupted()) return GOOD;
    hyt_status status = hyt_search_run(job->search, evaluate, job, told);
    progress_end(&job->progress);
    return check(status);
}

static int need_predictor(const search_job *job, const char *flag, const char *metric)
{
    if (!is_predicted(metric) || predictor_of(&job->predictors, metric)) return GOOD;
    return complain("--%s %s: no --predictor says it; hytnas measure --metric %s makes one", flag, metric,
                    metric + strlen("predicted_"));
}

static bool is_asked(const search_job *job, const char *metric)
{
    bool asked = is_objective(job, metric);
    for (size_t i = 0; i < job->limit_count; i++) asked = asked || strcmp(job->limits[i].name, metric) == 0;
    return asked;
}

/* All that is predicted has its predictor, and the other way round. */
static int open_predictors(search_job *job)
{
    if (check(hyt_space_preset(NULL, job->space_name, &job->space)) != GOOD) return BAD;
    if (predictors_load(&job->predictors, job->space) != GOOD) return BAD;
    for (size_t i = 0; i < job->objective_count; i++)
        if (need_predictor(job, "objective", job->objectives[i].name) != GOOD) return BAD;
    for (size_t i = 0; i < job->limit_count; i++)
        if (need_predictor(job, "limit", job->limits[i].name) != GOOD) return BAD;
    for (size_t i = 0; i < job->predictors.count; i++)
        if (!is_asked(job, job->predictors.metrics[i]))
            return complain("--predictor %s: neither --objective nor --limit asks for %s", job->predictors.paths[i],
                            job->predictors.metrics[i]);
    return GOOD;
}

static int search(search_job *job)
{
    char *training = NULL;
    int result = open_predictors(job);
    if (result == GOOD) result = open_study(job);
    if (result == GOOD) result = load_pictures(&job->data, &job->pictures);
    if (result == GOOD) result = create_search(job);
    if (result == GOOD && !(training = describe_training(job))) result = complain("out of memory");
    if (result == GOOD && job->study) result = check(hyt_study_attach(job->study, job->search, training));
    if (result == GOOD) result = supernet_load(job);
    if (result == GOOD) result = models_open(job->folder, training, job->resume);
    if (result == GOOD) {
        result = run_search(job);
        if (result != GOOD) models_abandon(job->folder);
    }
    free(training);
    return result == GOOD ? finish_search(job) : result;
}

static int prepare_options(search_job *job)
{
    double most = 1;
    hyt_status status = hyt_search_options_create(NULL, &job->search_options);
    if (status == HYT_OK) status = hyt_evaluator_options_create(NULL, &job->evaluator_options);
    if (status != HYT_OK) return complain_status();
    for (size_t i = 0; i < hyt_options_count(job->evaluator_options); i++)
        if (strcmp(hyt_options_key(job->evaluator_options, i), HYT_TRAIN_THREADS) == 0)
            hyt_options_bounds(job->evaluator_options, i, NULL, NULL, &most);
    double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
    return check(
        hyt_options_set_int(job->evaluator_options, HYT_TRAIN_THREADS, (int64_t)fmax(1, fmin(most, processors))));
}

static void free_job(search_job *job)
{
    hyt_evaluator_destroy(job->evaluator);
    hyt_search_destroy(job->search);
    predictors_free(&job->predictors);
    hyt_study_destroy(job->study);
    hyt_space_destroy(job->space);
    free_pictures(&job->pictures);
    hyt_options_destroy(job->search_options);
    hyt_options_destroy(job->evaluator_options);
}

int command_search(int argc, char **argv)
{
    search_job job = { .ahead = AHEAD_CHOSEN, .data = { .train = 800, .val = 400, .test = 400 } };
    int result = prepare_options(&job);
    if (result == GOOD) result = read_flags(&job, argc, argv);
    if (result == GOOD && !job.data.source) result = complain("search needs pictures: --data DIR, or --data shapes");
    if (result == GOOD) {
        set_defaults(&job);
        result = search(&job);
    }
    free_job(&job);
    return result == HELP ? GOOD : result;
}
