/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/batch.h"
#include "evaluate/curve.h"
#include "evaluate/energy.h"
#include "evaluate/evaluate.h"
#include "evaluate/fused.h"
#include "evaluate/oneshot.h"
#include "evaluate/parents.h"
#include "evaluate/predictor.h"
#include "evaluate/subset.h"
#include "space/space.h"
#include "train/task.h"
#include <hytnas/evaluate.h>
#include <hytnas/runtime.h>
#include <math.h>
#include <string.h>

typedef struct evaluate_params {
    hyti_train_params train;
    double timing;
    int64_t precision; /* place in the option's choices */
    int64_t inherit, proxy_pictures, reference;
    double subset;
    int64_t subset_by, extrapolate;
    double extrapolate_below;
    hyti_energy_table energy;
    int64_t method, supernet_epochs, recalibration;
} evaluate_params;

enum { METHOD_TRAINING, METHOD_ONE_SHOT, METHOD_FINE_TUNING }; /* places in the option's choices */

#define CALIBRATION ((size_t)64) /* pictures that an int8 network's ranges come from */

static const hyti_option rows[] = {
    { HYT_EVALUATE_TIMING, HYT_OPT_REAL, 200, 1, 60000, NULL, offsetof(evaluate_params, timing),
      "how long each candidate is timed, in milliseconds" },
    { HYT_EVALUATE_PRECISION, HYT_OPT_CHOICE, 0, 0, 0, "fp32|int8", offsetof(evaluate_params, precision),
      "what accuracy, latency and bytes are measured in, and what is handed over" },
    { HYT_EVALUATE_INHERIT, HYT_OPT_INT, 0, 0, 1000, NULL, offsetof(evaluate_params, inherit),
      "trained networks that are kept, of which the nearest lends a candidate its weights; 0: all start from scratch" },
    { HYT_EVALUATE_PROXY_PICTURES, HYT_OPT_INT, 64, 2, 4096, NULL, offsetof(evaluate_params, proxy_pictures),
      "training pictures that zero-shot metrics look at" },
    { HYT_EVALUATE_REFERENCE, HYT_OPT_INT, 16, 2, 10000, NULL, offsetof(evaluate_params, reference),
      "random candidates that metric fused compares with" },
    { HYT_EVALUATE_SUBSET, HYT_OPT_REAL, 1, 0.001, 1, NULL, offsetof(evaluate_params, subset),
      "share of the training pictures that trials train on" },
    { HYT_EVALUATE_SUBSET_BY, HYT_OPT_CHOICE, HYTI_SUBSET_RANDOM, 0, 0, "random|balanced|hard",
      offsetof(evaluate_params, subset_by), "which ones" },
    { HYT_EVALUATE_EXTRAPOLATE, HYT_OPT_INT, 0, 0, 1000, NULL, offsetof(evaluate_params, extrapolate),
      "epochs after which a trial's training ends, its last score being predicted; 0: never" },
    { HYT_EVALUATE_EXTRAPOLATE_BELOW, HYT_OPT_REAL, 0, 0, 1, NULL, offsetof(evaluate_params, extrapolate_below),
      "only trainings that will end below this score end then; 0: all" },
    { HYT_EVALUATE_PJ_MAC, HYT_OPT_REAL, 0, 0, 1e6, NULL, offsetof(evaluate_params, energy.mac),
      "energy estimate: picojoules of a multiply-accumulate; 0: that of the precision, 45 nm" },
    { HYT_EVALUATE_PJ_NEAR, HYT_OPT_REAL, 0, 0, 1e6, NULL, offsetof(evaluate_params, energy.near_byte),
      "energy estimate: picojoules of a byte of activations, read or written; 0: small SRAM, 45 nm" },
    { HYT_EVALUATE_PJ_FAR, HYT_OPT_REAL, 0, 0, 1e6, NULL, offsetof(evaluate_params, energy.far_byte),
      "energy estimate: picojoules of a byte of weights; 0: DRAM, 45 nm" },
    { HYT_EVALUATE_METHOD, HYT_OPT_CHOICE, METHOD_TRAINING, 0, 0, "training|one-shot|fine-tuning",
      offsetof(evaluate_params, method), "whether candidates are trained, are slices of one super-network, or both" },
    { HYT_EVALUATE_SUPERNET_EPOCHS, HYT_OPT_INT, 30, 1, 100000, NULL, offsetof(evaluate_params, supernet_epochs),
      "how often the super-network is shown all pictures" },
    { HYT_EVALUATE_RECALIBRATION, HYT_OPT_INT, 256, 1, 1000000, NULL, offsetof(evaluate_params, recalibration),
      "training pictures that the batch norms of a slice are measured on" },
};
static const hyti_table table = { rows, HYTI_COUNT(rows), sizeof(evaluate_params), &hyti_train_table };

struct hyt_evaluator {
    hyt_context *context;
    const hyt_dataset *train, *validation;   /* retained */
    evaluate_params params;
    size_t input, classes;
    size_t *objectives;                      /* metrics, in order */
    size_t n_objectives, capacity;
    hyt_epoch_fn epoch;
    void *epoch_user;
    hyt_graph *network;                      /* of the last evaluation that trained one; NULL before */
    hyt_graph *teacher;                      /* of all trainings; NULL: none */
    hyti_parents parents;
    hyti_fused fused;                        /* what metric "fused" compares with */
    hyt_dataset *part;                       /* of `train`, for trials; NULL: all of it */
    double *scores;                          /* of the training that goes on, after each epoch */
    size_t score_capacity;
    hyt_energy_fn energy;
    void *energy_user;
    hyt_predictor *predictors[HYTI_METRIC_COUNT - HYTI_METRIC_PREDICTED]; /* NULL: none */
    hyti_oneshot oneshot;                    /* the super-network; empty before */
};

hyt_status hyt_evaluator_options_create(hyt_context *context, hyt_options **out)
{
    return hyti_options_create(context, &table, out);
}

/* That a task tells apart: of pictures, of boxes, of pixels. */
static size_t classes_of(const hyt_dataset *dataset, const hyti_task *task)
{
    if (task == &hyti_task_classification) return hyt_dataset_classes(dataset);
    return task == &hyti_task_segmentation ? hyt_dataset_mask_classes(dataset) : hyt_dataset_box_classes(dataset);
}

static hyt_status check_classes(const hyt_dataset *dataset, const hyti_task *task, const char *name, size_t classes)
{
    if (task == &hyti_task_classification) return hyt_dataset_check(dataset, name, classes);
    if (classes_of(dataset, task) > 0) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "%s: no %s, which task %s learns from", name,
                     task == &hyti_task_segmentation ? "masks" : "boxes", task->name);
}

static hyt_status check_data(const hyt_dataset *train, const hyt_dataset *validation, const hyti_task *task,
                             size_t classes)
{
    size_t height = hyt_dataset_height(train), width = hyt_dataset_width(train);
    if (height != hyt_dataset_height(validation) || width != hyt_dataset_width(validation))
        return hyti_fail(HYT_ERR_SHAPE, "pictures to train on are %zux%zu, to validate on %zux%zu", height, width,
                         hyt_dataset_height(validation), hyt_dataset_width(validation));
    if (height != width || height < 32)
        return hyti_fail(HYT_ERR_SHAPE, "pictures are %zux%zu: candidates take squares of at least 32 (resize them)",
                         height, width);
    HYTI_TRY(check_classes(train, task, "train", classes));
    return check_classes(validation, task, "validation", classes);
}

hyt_status hyt_evaluator_create(const hyt_dataset *train, const hyt_dataset *validation, const hyt_options *options,
                                hyt_evaluator **out)
{
    evaluate_params params;
    const hyti_task *task;
    HYTI_NEED(train);
    HYTI_NEED(validation);
    HYTI_NEED(out);
    HYTI_TRY(hyti_options_read(options, &table, &params));
    HYTI_TRY(hyti_task_find(params.train.task, &task));
    size_t classes = HYTI_MAX(classes_of(train, task), classes_of(validation, task));
    HYTI_TRY(check_data(train, validation, task, classes));
    hyt_context *context = hyti_dataset_context(train);
    hyt_evaluator *evaluator = hyti_alloc(context, sizeof *evaluator);
    if (!evaluator) return hyti_fail_nomem();
    evaluator->context = hyti_context_retain(context);
    evaluator->train = train;
    evaluator->validation = validation;
    hyti_dataset_retain(train);
    hyti_dataset_retain(validation);
    evaluator->params = params;
    evaluator->input = hyt_dataset_height(train);
    evaluator->classes = classes;
    hyt_status status = hyti_parents_init(&evaluator->parents, context, (size_t)params.inherit);
    if (status == HYT_OK && params.subset < 1)
        status = hyti_evaluate_subset(train, params.subset, (hyti_subset)params.subset_by, &params.train,
                                      &evaluator->part);
    if (status == HYT_OK) *out = evaluator;
    else hyt_evaluator_destroy(evaluator);
    return status;
}

void hyt_evaluator_destroy(hyt_evaluator *evaluator)
{
    if (!evaluator) return;
    hyt_context *context = evaluator->context;
    hyt_dataset_destroy((hyt_dataset *)evaluator->train);
    hyt_dataset_destroy((hyt_dataset *)evaluator->validation);
    hyt_graph_destroy(evaluator->network);
    hyt_graph_destroy(evaluator->teacher);
    hyti_parents_clear(&evaluator->parents);
    hyti_fused_clear(&evaluator->fused);
    hyt_dataset_destroy(evaluator->part);
    for (size_t i = 0; i < HYTI_COUNT(evaluator->predictors); i++) hyt_predictor_destroy(evaluator->predictors[i]);
    hyti_free(context, evaluator->scores);
    hyti_oneshot_clear(&evaluator->oneshot);
    hyti_free(context, evaluator->objectives);
    hyti_free(context, evaluator);
    hyt_context_destroy(context);
}

/* A training has one score, that of its task: from now on it is this one. */
static hyt_status take_score(hyt_evaluator *evaluator, const char *metric)
{
    const hyti_task *own, *wanted;
    int64_t place;
    HYTI_TRY(hyti_task_find(evaluator->params.train.task, &own));
    HYTI_TRY(hyti_task_of_metric(metric, &place));
    HYTI_TRY(hyti_task_find(place, &wanted));
    if (strcmp(own->name, wanted->name) != 0)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "metric \"%s\" is of task %s, option \"%s\" is %s", metric, wanted->name,
                         HYT_TRAIN_TASK, own->name);
    for (size_t i = 0; i < evaluator->n_objectives; i++)
        if (hyti_metric_is_score(evaluator->objectives[i]) && own != wanted)
            return hyti_fail(HYT_ERR_CONFLICT, "a training is judged by one score: \"%s\" is an objective already, "
                             "\"%s\" cannot be one too", own->metric, metric);
    evaluator->params.train.task = place;
    return HYT_OK;
}

hyt_status hyt_evaluator_add_objective(hyt_evaluator *evaluator, const char *metric)
{
    size_t index;
    HYTI_NEED(evaluator);
    HYTI_NEED(metric);
    HYTI_TRY(hyti_metric_find(metric, HYTI_METRIC_COUNT, &index));
    HYTI_TRY(hyti_grow(evaluator->context, &evaluator->objectives, &evaluator->capacity, evaluator->n_objectives + 1,
                       sizeof *evaluator->objectives));
    if (hyti_metric_is_score(index)) HYTI_TRY(take_score(evaluator, metric));
    evaluator->objectives[evaluator->n_objectives++] = index;
    return HYT_OK;
}

hyt_status hyt_evaluator_set_epoch(hyt_evaluator *evaluator, hyt_epoch_fn epoch, void *user)
{
    HYTI_NEED(evaluator);
    evaluator->epoch = epoch;
    evaluator->epoch_user = user;
    return HYT_OK;
}

hyt_status hyt_evaluator_set_teacher(hyt_evaluator *evaluator, const hyt_graph *teacher)
{
    hyt_graph *copy = NULL;
    HYTI_NEED(evaluator);
    if (teacher) HYTI_TRY(hyt_graph_copy(teacher, &copy));
    hyt_graph_destroy(evaluator->teacher);
    evaluator->teacher = copy;
    return HYT_OK;
}

/* Order and augmentation of a candidate, and weights that are not inherited, follow from the seed and the candidate,
 * never from its number. */
static int64_t seed_of(const hyt_evaluator *evaluator, const hyt_candidate *candidate)
{
    uint64_t hash = hyti_levels_hash(candidate->space, candidate->levels);
    hyti_rng rng = hyti_rng_start((uint64_t)evaluator->params.train.seed, HYTI_PURPOSE_EVALUATE, hash);
    return (int64_t)(hyti_rng_u64(&rng) >> 11);
}

/* One training inside an evaluation: passes each epoch on, and watches the trial. */
typedef struct watcher {
    hyt_evaluator *evaluator;
    hyt_trial *trial;   /* NULL: none */
    size_t epochs;      /* of the training */
    double *objectives; /* what is reported after each epoch: all that was measured before, and the score */
    double best;
    double predicted;   /* the score it would have ended with, where it was ended for that; NaN */
    int verdict;        /* a trial's state that ended the training, HYT_STOP; 0 */
} watcher;

static void set_score(const hyt_evaluator *evaluator, double score, double *objectives)
{
    for (size_t i = 0; i < evaluator->n_objectives; i++)
        if (hyti_metric_is_score(evaluator->objectives[i])) objectives[i] = score;
}

/* The best score so far is what the evaluation would end with. */
static hyt_status report_epoch(watcher *w, size_t epoch, double score)
{
    const hyt_evaluator *e = w->evaluator;
    w->best = fmax(w->best, score);
    set_score(e, w->best, w->objectives);
    return hyt_trial_report(w->trial, epoch + 1, w->objectives, e->n_objectives);
}

/* Ends a training whose curve says enough. */
static hyt_status extrapolate(watcher *w, size_t epoch, double score)
{
    hyt_evaluator *e = w->evaluator;
    size_t done = epoch + 1, least = HYTI_MAX((size_t)e->params.extrapolate, (size_t)HYTI_CURVE_LEAST);
    double bar = e->params.extrapolate_below;
    if (e->params.extrapolate == 0) return HYT_OK;
    HYTI_TRY(hyti_grow(e->context, &e->scores, &e->score_capacity, done, sizeof *e->scores));
    e->scores[epoch] = score;
    if (done < least || done >= w->epochs) return HYT_OK;
    hyti_curve curve = hyti_curve_predict(e->scores, done, w->epochs);
    if (bar == 0 || curve.high < bar) w->predicted = fmax(curve.value, w->best);
    return HYT_OK;
}

static int watch_epoch(void *user, size_t epoch, double loss, double accuracy)
{
    watcher *w = user;
    const hyt_evaluator *e = w->evaluator;
    int answer = e->epoch ? e->epoch(e->epoch_user, epoch, loss, accuracy) : 0;
    if (answer < 0) return answer;
    if (w->trial) HYTI_TRY(report_epoch(w, epoch, accuracy));
    if (w->trial) HYTI_TRY(extrapolate(w, epoch, accuracy));
    if (answer == HYT_STOP || (w->trial && hyt_trial_should_stop(w->trial))) w->verdict = HYT_STOP;
    else if (w->trial && hyt_trial_seconds_left(w->trial) <= 0) w->verdict = HYT_TRIAL_TIMEOUT;
    return w->verdict || isfinite(w->predicted) ? HYT_STOP : 0;
}

static hyt_precision precision_of(const hyt_evaluator *evaluator)
{
    return evaluator->params.precision ? HYT_INT8 : HYT_FP32;
}

/* Replaces *graph by what replaces it, if that could be made. */
static hyt_status replace(hyt_status status, hyt_graph **graph, hyt_graph *by)
{
    if (status != HYT_OK) return status;
    hyt_graph_destroy(*graph);
    *graph = by;
    return HYT_OK;
}

static hyt_status quantise(const hyt_evaluator *e, size_t pictures, hyt_graph **graph)
{
    hyt_graph *quantised = NULL;
    hyt_status status =
        hyti_evaluate_quantise(*graph, e->train, pictures, (size_t)e->params.train.threads, &quantised);
    return replace(status, graph, quantised);
}

/* A trained network in the precision that is wanted, and its accuracy there. */
static hyt_status settle(const hyt_evaluator *e, hyt_graph **graph, double *accuracy)
{
    const hyti_task *task;
    if (precision_of(e) == HYT_FP32) return HYT_OK;
    HYTI_TRY(hyti_task_find(e->params.train.task, &task));
    HYTI_TRY(quantise(e, CALIBRATION, graph));
    return hyti_train_score(*graph, task, e->validation, (size_t)e->params.train.threads, accuracy);
}

/* A trainer with its teacher and, in a trial, what it inherits. */
static hyt_status make_trainer(const hyt_evaluator *e, const hyti_train_params *params, const watcher *watch,
                               const hyt_graph *graph, hyt_trainer **out)
{
    hyt_trainer *trainer = NULL;
    bool inherits = watch->trial && e->params.method == METHOD_TRAINING;
    const hyt_graph *parent = inherits ? hyti_parents_nearest(&e->parents, watch->trial->candidate) : NULL;
    HYTI_TRY(hyti_trainer_create(graph, params, &trainer));
    hyt_status status = hyt_trainer_set_teacher(trainer, e->teacher);
    if (status == HYT_OK && parent) status = hyt_trainer_inherit(trainer, parent, NULL);
    if (status == HYT_OK) *out = trainer;
    else hyt_trainer_destroy(trainer);
    return status;
}

static hyti_oneshot_aim aim_of(const hyt_evaluator *e, hyt_space *space)
{
    return (hyti_oneshot_aim){ space, e->input, e->classes };
}

/* Trains the super-network of a space, if there is none. *verdict: HYT_STOP where the callback said so. Its failure is no
 * candidate's: it ends the evaluation. */
static hyt_status need_supernet(hyt_evaluator *e, hyt_space *space, int *verdict)
{
    *verdict = 0;
    if (e->oneshot.space && strcmp(hyt_space_name(e->oneshot.space), hyt_space_name(space)) == 0) return HYT_OK;
    hyti_train_params params = e->params.train;
    const hyti_oneshot_aim aim = aim_of(e, space);
    params.epochs = e->params.supernet_epochs;
    params.qat = 0;
    return hyti_oneshot_train(&e->oneshot, &aim, &params, e->train, e->epoch, e->epoch_user, verdict);
}

/* The weights of a decoded candidate, out of the super-network. */
static hyt_status cut(const hyt_evaluator *e, hyt_graph *graph)
{
    return hyti_store_cut(&e->oneshot.store, &e->params.train, e->train, (size_t)e->params.recalibration, graph);
}

/* Makes *graph the candidate's slice, in the evaluator's precision. */
static hyt_status score_slice(const hyt_evaluator *e, watcher *watch, hyt_graph **graph, double *score)
{
    const hyti_task *task;
    HYTI_TRY(hyti_task_find(e->params.train.task, &task));
    HYTI_TRY(cut(e, *graph));
    if (precision_of(e) == HYT_FP32)
        HYTI_TRY(hyti_train_score(*graph, task, e->validation, (size_t)e->params.train.threads, score));
    else HYTI_TRY(settle(e, graph, score));
    return report_epoch(watch, 0, *score);
}

/* Replaces *graph by its trained version, in the evaluator's precision. The trainer's threads are gone when this
 * returns. */
static hyt_status train_graph(hyt_evaluator *evaluator, const hyti_train_params *params, watcher *watch,
                              hyt_graph **graph, double *accuracy)
{
    hyt_trainer *trainer = NULL;
    hyt_graph *trained = NULL;
    const hyt_dataset *train = watch->trial && evaluator->part ? evaluator->part : evaluator->train;
    watch->epochs = (size_t)params->epochs;
    watch->predicted = NAN;
    HYTI_TRY(make_trainer(evaluator, params, watch, *graph, &trainer));
    hyt_status status = hyt_trainer_fit(trainer, train, evaluator->validation, watch_epoch, watch, accuracy);
    if (status == HYT_OK) status = hyt_trainer_network(trainer, &trained);
    hyt_trainer_destroy(trainer);
    HYTI_TRY(replace(status, graph, trained));
    if (watch->trial && watch->verdict == 0)
        HYTI_TRY(hyti_parents_add(&evaluator->parents, watch->trial->candidate, watch->trial->number, *graph));
    HYTI_TRY(settle(evaluator, graph, accuracy));
    if (isfinite(watch->predicted)) *accuracy = fmin(1, fmax(0, *accuracy + watch->predicted - watch->best));
    return HYT_OK;
}

hyt_status hyt_evaluator_train(hyt_evaluator *evaluator, const hyt_candidate *candidate, size_t epochs,
                               hyt_graph **network, double *accuracy)
{
    hyt_graph *graph = NULL;
    double best;
    HYTI_NEED(evaluator);
    HYTI_NEED(candidate);
    HYTI_NEED(network);
    if (epochs > 100000) return hyti_fail(HYT_ERR_RANGE, "%zu epochs are more than 100000", epochs);
    hyti_train_params params = evaluator->params.train;
    watcher watch = { .evaluator = evaluator };
    params.seed = seed_of(evaluator, candidate);
    if (epochs) params.epochs = (int64_t)epochs;
    HYTI_TRY(hyt_candidate_decode(candidate, evaluator->input, evaluator->classes, &graph));
    hyt_status status = train_graph(evaluator, &params, &watch, &graph, &best);
    if (status != HYT_OK) {
        hyt_graph_destroy(graph);
        return status;
    }
    *network = graph;
    if (accuracy) *accuracy = best;
    return HYT_OK;
}

static bool wants_score(const hyt_evaluator *evaluator)
{
    for (size_t i = 0; i < evaluator->n_objectives; i++)
        if (hyti_metric_is_score(evaluator->objectives[i])) return true;
    return false;
}

/* Batch 1, one thread, while nothing else of the study runs. */
static hyt_status time_graph(const hyt_evaluator *evaluator, const hyt_graph *graph, double *milliseconds)
{
    hyt_runtime *runtime = NULL;
    HYTI_TRY(hyt_runtime_create(graph, NULL, &runtime));
    hyt_status status = hyt_runtime_time(runtime, evaluator->params.timing, milliseconds, NULL, NULL);
    hyt_runtime_destroy(runtime);
    return status;
}

/* Of a network with these shapes and any weights: before a training, so that its reports can say it. */
static hyt_status stand_in(const hyt_evaluator *evaluator, const hyt_candidate *candidate, hyt_graph **out)
{
    static const float mean[] = { 0.5f, 0.5f, 0.5f }, deviation[] = { 0.25f, 0.25f, 0.25f }; /* any: they are applied */
    hyt_graph *graph = NULL;
    HYTI_TRY(hyt_candidate_decode(candidate, evaluator->input, evaluator->classes, &graph));
    hyt_status status = hyt_graph_initialise(graph, 0);
    if (status == HYT_OK) status = hyt_graph_set_normalisation(graph, mean, deviation);
    if (status == HYT_OK && precision_of(evaluator) == HYT_INT8) status = quantise(evaluator, 1, &graph);
    if (status == HYT_OK) *out = graph;
    else hyt_graph_destroy(graph);
    return status;
}

static hyt_status time_candidate(const hyt_evaluator *evaluator, const hyt_candidate *candidate, double *milliseconds)
{
    hyt_graph *graph = NULL;
    HYTI_TRY(stand_in(evaluator, candidate, &graph));
    hyt_status status = time_graph(evaluator, graph, milliseconds);
    hyt_graph_destroy(graph);
    return status;
}

hyt_status hyt_evaluator_set_energy(hyt_evaluator *evaluator, hyt_energy_fn energy, void *user)
{
    HYTI_NEED(evaluator);
    evaluator->energy = energy;
    evaluator->energy_user = user;
    return HYT_OK;
}

static hyt_status ask_energy(const hyt_evaluator *e, const hyt_graph *graph, double *microjoules)
{
    if (!e->energy) return hyti_energy_measure(graph, e->params.timing, HYTI_ENERGY_COUNTERS, microjoules);
    hyti_message_clear();
    int answer = e->energy(e->energy_user, graph, microjoules);
    if (answer < 0) return hyti_fail_callback("energy", answer);
    return isfinite(*microjoules) ? HYT_OK : hyti_fail(HYT_ERR_NUMERIC, "the energy callback says %g", *microjoules);
}

static hyt_status measure_energy(const hyt_evaluator *e, const hyt_candidate *candidate, double *microjoules)
{
    hyt_graph *graph = NULL;
    HYTI_TRY(stand_in(e, candidate, &graph));
    hyt_status status = ask_energy(e, graph, microjoules);
    hyt_graph_destroy(graph);
    return status;
}

hyt_status hyt_evaluator_set_predictor(hyt_evaluator *evaluator, const char *metric, const hyt_predictor *predictor)
{
    size_t index;
    hyt_predictor *copy = NULL;
    HYTI_NEED(evaluator);
    HYTI_NEED(metric);
    HYTI_TRY(hyti_metric_find(metric, HYTI_METRIC_COUNT, &index));
    if (index < HYTI_METRIC_PREDICTED)
        return hyti_fail(HYT_ERR_NOT_FOUND, "metric \"%s\" is not predicted", metric);
    const char *of = predictor ? hyt_predictor_metric(predictor) : "";
    if (*of && strcmp(of, metric + strlen("predicted_")) != 0)
        return hyti_fail(HYT_ERR_CONFLICT, "the predictor is of %s: it cannot say \"%s\"", of, metric);
    if (predictor) HYTI_TRY(hyti_predictor_copy(predictor, &copy));
    hyt_predictor **place = &evaluator->predictors[index - HYTI_METRIC_PREDICTED];
    hyt_predictor_destroy(*place);
    *place = copy;
    return HYT_OK;
}

static hyt_status ask_predictor(const hyt_evaluator *e, const hyt_candidate *candidate, size_t metric, double *value)
{
    const hyt_predictor *predictor = e->predictors[metric - HYTI_METRIC_PREDICTED];
    if (predictor) return hyt_predictor_predict(predictor, candidate, value, NULL);
    return hyti_fail(HYT_ERR_STATE, "metric \"%s\" has no predictor", hyt_evaluator_metric(metric));
}

static hyt_status measure_proxy(hyt_evaluator *e, const hyt_trial *trial, const hyt_graph *graph, size_t metric,
                                double *value)
{
    const hyti_proxy_work work = { &e->params.train, e->train, (size_t)e->params.proxy_pictures };
    if (metric == HYTI_METRIC_FUSED)
        return hyti_fused_measure(&e->fused, hyt_trial_candidate(trial), e->input, e->classes, &work,
                                  (size_t)e->params.reference, value);
    return hyti_proxy_measure((hyti_proxy)(metric - HYTI_METRIC_PROXY), graph, &work, value);
}

/* Everything but the score. */
static hyt_status measure_quick(hyt_evaluator *e, const hyt_trial *trial, const hyt_graph *graph, double *objectives)
{
    for (size_t i = 0; i < e->n_objectives; i++) {
        size_t metric = e->objectives[i];
        if (hyti_metric_is_score(metric)) continue;
        if (metric == HYTI_METRIC_LATENCY) HYTI_TRY(time_candidate(e, hyt_trial_candidate(trial), &objectives[i]));
        else if (metric >= HYTI_METRIC_PROXY && metric <= HYTI_METRIC_FUSED)
            HYTI_TRY(measure_proxy(e, trial, graph, metric, &objectives[i]));
        else if (metric == HYTI_METRIC_ENERGY)
            HYTI_TRY(measure_energy(e, hyt_trial_candidate(trial), &objectives[i]));
        else if (metric == HYTI_METRIC_ENERGY_ESTIMATE)
            objectives[i] = hyti_energy_estimate(graph, precision_of(e), &e->params.energy);
        else if (metric >= HYTI_METRIC_PREDICTED)
            HYTI_TRY(ask_predictor(e, hyt_trial_candidate(trial), metric, &objectives[i]));
        else HYTI_TRY(hyti_metric_measure(graph, precision_of(e), metric, &objectives[i]));
    }
    return HYT_OK;
}

/* A positive answer is a trial's state. */
static int measure_all(hyt_evaluator *evaluator, hyt_trial *trial, hyt_graph **graph, double *objectives)
{
    hyti_train_params params = evaluator->params.train;
    watcher watch = { .evaluator = evaluator, .trial = trial, .objectives = objectives };
    double score = NAN;
    int64_t method = evaluator->params.method;
    bool scores = wants_score(evaluator), trains = scores && method != METHOD_ONE_SHOT;
    hyt_status status = trains ? hyti_train_check_memory(*graph, &params) : HYT_OK;
    if (status == HYT_ERR_INFEASIBLE) return HYT_TRIAL_INFEASIBLE;
    HYTI_TRY(status);
    if (scores && method != METHOD_TRAINING)
        HYTI_TRY(need_supernet(evaluator, hyt_trial_candidate(trial)->space, &watch.verdict));
    if (watch.verdict) return watch.verdict;
    status = measure_quick(evaluator, trial, *graph, objectives);
    if (status == HYT_ERR_NUMERIC) return HYT_TRIAL_NAN;
    HYTI_TRY(status);
    if (!scores) return HYT_OK;
    if (method == METHOD_FINE_TUNING) HYTI_TRY(cut(evaluator, *graph));
    params.seed = seed_of(evaluator, hyt_trial_candidate(trial));
    params.epochs = (int64_t)HYTI_MAX(1, ceil(hyt_trial_fidelity(trial) * (double)params.epochs));
    status = trains ? train_graph(evaluator, &params, &watch, graph, &score)
                    : score_slice(evaluator, &watch, graph, &score);
    if (status == HYT_ERR_NUMERIC) return HYT_TRIAL_NAN;
    if (status != HYT_OK) return status;
    set_score(evaluator, score, objectives);
    return watch.verdict;
}

int hyt_evaluator_evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    hyt_evaluator *evaluator = user;
    hyt_graph *graph = NULL;
    HYTI_NEED(evaluator);
    HYTI_NEED(trial);
    HYTI_NEED(objectives);
    if (n != evaluator->n_objectives)
        return hyti_fail(HYT_ERR_SHAPE, "the search has %zu objectives, the evaluator %zu", n, evaluator->n_objectives);
    HYTI_TRY(hyt_candidate_decode(hyt_trial_candidate(trial), evaluator->input, evaluator->classes, &graph));
    int answer = measure_all(evaluator, trial, &graph, objectives);
    if (answer == HYT_OK && wants_score(evaluator)) {
        hyt_graph *last = evaluator->network;
        evaluator->network = graph;
        graph = last;
    }
    hyt_graph_destroy(graph);
    return answer;
}

int hyt_evaluator_measure(hyt_evaluator *evaluator, const hyt_candidate *candidate, double *objectives, size_t n)
{
    HYTI_NEED(candidate);
    hyt_trial trial = { .candidate = (hyt_candidate *)candidate, .fidelity = 1, .deadline = INFINITY };
    return hyt_evaluator_evaluate(evaluator, &trial, objectives, n);
}

hyt_status hyt_evaluator_network(const hyt_evaluator *evaluator, hyt_graph **out)
{
    HYTI_NEED(evaluator);
    HYTI_NEED(out);
    if (!evaluator->network) return hyti_fail(HYT_ERR_STATE, "no evaluation has trained a network yet");
    return hyt_graph_copy(evaluator->network, out);
}

hyt_status hyt_evaluator_supernet(hyt_evaluator *evaluator, hyt_space *space, hyt_graph **out)
{
    int verdict;
    HYTI_NEED(evaluator);
    HYTI_NEED(space);
    HYTI_NEED(out);
    HYTI_TRY(need_supernet(evaluator, space, &verdict));
    if (verdict) return hyti_fail(HYT_ERR_STATE, "the training of the super-network was stopped");
    return hyt_graph_copy(evaluator->oneshot.store.graph, out);
}

hyt_status hyt_evaluator_set_supernet(hyt_evaluator *evaluator, hyt_space *space, const hyt_graph *largest)
{
    HYTI_NEED(evaluator);
    HYTI_NEED(space);
    HYTI_NEED(largest);
    const hyti_oneshot_aim aim = aim_of(evaluator, space);
    return hyti_oneshot_set(&evaluator->oneshot, &aim, largest);
}
