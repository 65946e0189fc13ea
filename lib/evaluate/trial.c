/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trial: what is asked of a candidate, and its score: of a training of its own, watched epoch by epoch, or of its
 * slice of the super-network. */
#include "evaluate/curve.h"
#include "evaluate/handle.h"
#include "space/space.h"
#include <math.h>
#include <string.h>

#define CALIBRATION ((size_t)64) /* pictures that an int8 network's ranges come from */

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

/* The score of the epoch that would be handed over now is what the evaluation would end with. */
static hyt_status report_epoch(watcher *w, size_t epoch, double score)
{
    const hyt_evaluator *e = w->evaluator;
    w->best = e->params.train.keep == HYTI_KEEP_LAST ? score : fmax(w->best, score);
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
    bool last = e->params.train.keep == HYTI_KEEP_LAST; /* then a good epoch on the way is nothing to count on */
    if (bar == 0 || curve.high < bar) w->predicted = last ? curve.value : fmax(curve.value, w->best);
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

/* Replaces *graph by what replaces it, if that could be made. */
static hyt_status replace(hyt_status status, hyt_graph **graph, hyt_graph *by)
{
    if (status != HYT_OK) return status;
    hyt_graph_destroy(*graph);
    *graph = by;
    return HYT_OK;
}

hyt_status hyti_evaluator_quantise(const hyt_evaluator *e, size_t pictures, hyt_graph **network)
{
    hyt_graph *quantised = NULL;
    hyt_status status =
        hyti_evaluate_quantise(*network, e->train, pictures, (size_t)e->params.train.threads, &quantised);
    return replace(status, network, quantised);
}

/* A trained network in the precision that is wanted, and its accuracy there. */
static hyt_status settle(const hyt_evaluator *e, hyt_graph **graph, double *accuracy)
{
    const hyti_task *task;
    if (hyti_evaluator_precision(e) == HYT_FP32) return HYT_OK;
    HYTI_TRY(hyti_task_find(e->params.train.task, &task));
    HYTI_TRY(hyti_evaluator_quantise(e, CALIBRATION, graph));
    return hyti_train_score(*graph, task, e->validation, (size_t)e->params.train.threads, accuracy);
}

/* A trainer with its teacher and, in a trial, what it inherits. */
static hyt_status make_trainer(const hyt_evaluator *e, const hyti_train_params *params, const watcher *watch,
                               const hyt_graph *graph, hyt_trainer **out)
{
    hyt_trainer *trainer = NULL;
    bool inherits = watch->trial && e->params.method == HYTI_METHOD_TRAINING;
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
    return (hyti_oneshot_aim){ space, e->input, e->classes, e->limits, e->n_limits, hyti_evaluator_precision(e) };
}

/* Trains the super-network of a space, if there is none. *verdict: HYT_STOP where the callback said so, HYT_TRIAL_NAN
 * where the training diverged, now or before. Another failure is no candidate's: it ends the evaluation. */
static hyt_status need_supernet(hyt_evaluator *e, hyt_space *space, int *verdict)
{
    *verdict = 0;
    if (!e->oneshot.space || strcmp(hyt_space_name(e->oneshot.space), hyt_space_name(space)) != 0) {
        hyti_train_params params = e->params.train;
        const hyti_oneshot_aim aim = aim_of(e, space);
        params.epochs = e->params.supernet_epochs;
        params.qat = 0;
        HYTI_TRY(hyti_oneshot_train(&e->oneshot, &aim, &params, e->train, e->epoch, e->epoch_user, verdict));
    }
    if (*verdict == 0 && e->oneshot.diverged) *verdict = HYT_TRIAL_NAN;
    return HYT_OK;
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
    if (hyti_evaluator_precision(e) == HYT_FP32)
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
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    if (epochs > 100000) return hyti_fail(HYT_ERR_RANGE, "%zu epochs are more than 100000", epochs);
    hyti_train_params params = evaluator->params.train;
    watcher watch = { .evaluator = evaluator };
    params.seed = seed_of(evaluator, candidate);
    if (epochs) params.epochs = (int64_t)epochs;
    HYTI_TRY(hyt_candidate_decode(candidate, evaluator->input, evaluator->classes, &graph));
    evaluator->runs = true;
    hyt_status status = train_graph(evaluator, &params, &watch, &graph, &best);
    evaluator->runs = false;
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

/* A positive answer is a trial's state. */
static int measure_all(hyt_evaluator *evaluator, hyt_trial *trial, hyt_graph **graph, double *objectives)
{
    hyti_train_params params = evaluator->params.train;
    watcher watch = { .evaluator = evaluator, .trial = trial, .objectives = objectives };
    double score = NAN;
    int64_t method = evaluator->params.method;
    bool scores = wants_score(evaluator), trains = scores && method != HYTI_METHOD_ONE_SHOT;
    hyt_status status = trains ? hyti_train_check_memory(*graph, &params) : HYT_OK;
    if (status == HYT_ERR_INFEASIBLE) return HYT_TRIAL_INFEASIBLE;
    HYTI_TRY(status);
    if (scores && method != HYTI_METHOD_TRAINING)
        HYTI_TRY(need_supernet(evaluator, hyt_trial_candidate(trial)->space, &watch.verdict));
    if (watch.verdict) return watch.verdict;
    status = hyti_evaluator_measure_quick(evaluator, trial, *graph, objectives);
    if (status == HYT_ERR_NUMERIC) return HYT_TRIAL_NAN;
    HYTI_TRY(status);
    if (!scores) return HYT_OK;
    if (method == HYTI_METHOD_FINE_TUNING) HYTI_TRY(cut(evaluator, *graph));
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
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    if (n != evaluator->n_objectives)
        return hyti_fail(HYT_ERR_SHAPE, "the search has %zu objectives, the evaluator %zu", n, evaluator->n_objectives);
    HYTI_TRY(hyt_candidate_decode(hyt_trial_candidate(trial), evaluator->input, evaluator->classes, &graph));
    evaluator->runs = true;
    int answer = measure_all(evaluator, trial, &graph, objectives);
    evaluator->runs = false;
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

hyt_status hyt_evaluator_limit_supernet(hyt_evaluator *evaluator, const char *metric, double most)
{
    size_t index;
    HYTI_NEED(evaluator);
    HYTI_NEED(metric);
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    HYTI_TRY(hyti_metric_find(metric, HYTI_METRIC_STATIC, &index));
    if (isnan(most)) return hyti_fail(HYT_ERR_RANGE, "limit of %s: not a number", metric);
    HYTI_TRY(hyti_grow(evaluator->context, &evaluator->limits, &evaluator->limit_capacity, evaluator->n_limits + 1,
                       sizeof *evaluator->limits));
    evaluator->limits[evaluator->n_limits++] = (hyti_oneshot_limit){ index, most };
    return HYT_OK;
}

hyt_status hyt_evaluator_supernet(hyt_evaluator *evaluator, hyt_space *space, hyt_graph **out)
{
    int verdict;
    HYTI_NEED(evaluator);
    HYTI_NEED(space);
    HYTI_NEED(out);
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    evaluator->runs = true;
    hyt_status status = need_supernet(evaluator, space, &verdict);
    evaluator->runs = false;
    HYTI_TRY(status);
    if (verdict == HYT_TRIAL_NAN) return hyti_fail(HYT_ERR_NUMERIC, "the training of the super-network diverged");
    if (verdict) return hyti_fail(HYT_ERR_STATE, "the training of the super-network was stopped");
    return hyt_graph_copy(evaluator->oneshot.store.graph, out);
}

hyt_status hyt_evaluator_set_supernet(hyt_evaluator *evaluator, hyt_space *space, const hyt_graph *largest)
{
    HYTI_NEED(evaluator);
    HYTI_NEED(space);
    HYTI_NEED(largest);
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    const hyti_oneshot_aim aim = aim_of(evaluator, space);
    return hyti_oneshot_set(&evaluator->oneshot, &aim, largest);
}
