/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole schedule: epochs of batches, validation after each, the best kept. */
#include "data/batch.h"
#include "train/trainer.h"
#include <math.h>
#include <string.h>

/* Weights and running statistics at one moment. */
typedef struct snapshot {
    float *weights, *running;
} snapshot;

typedef struct fit {
    hyt_trainer *trainer;
    const hyt_dataset *train, *validation;
    hyti_augment augment, plain;
    size_t *order;
    size_t epoch, epochs, steps;   /* steps: of an epoch */
    snapshot start, best;
    snapshot mean, own;            /* the running mean of the weights, and the weights while the mean is judged */
    size_t averaged;               /* steps in the mean */
    double accuracy;               /* of the best epoch, -1: none yet */
    size_t since;                  /* epochs since then */
} fit;

/* Pictures of one batch, each filled by itself. */
typedef struct filling {
    hyt_trainer *trainer;
    const hyt_dataset *dataset;
    const hyti_augment *augment;
    const size_t *order;           /* NULL: as they lie */
    size_t first, epoch;
    bool aims;                     /* targets too */
} filling;

static void fill_picture(void *user, size_t i, size_t worker)
{
    const filling *f = user;
    const hyti_goal *goal = &f->trainer->goal;
    size_t index = f->order ? f->order[f->first + i] : f->first + i;
    (void)worker;
    hyti_data_picture(f->dataset, index, f->augment, (uint64_t)f->trainer->params.seed, f->epoch,
                      f->trainer->input + i * f->trainer->in_size);
    if (f->aims) goal->task->aim(goal, f->dataset, index, NULL, f->trainer->targets + i * f->trainer->target_size);
}

static void blend(float *mean, const float *values, size_t count, float share)
{
    for (size_t i = 0; i < count; i++) mean[i] += share * (values[i] - mean[i]);
}

/* The exponential mean of the weights along the way (Polyak and Juditsky, 1992), short at first so that it forgets
 * where it started; the running statistics with them. */
static void average(fit *f)
{
    const hyt_trainer *t = f->trainer;
    double n = (double)f->averaged++, share = fmax(1 - t->params.averaging, 9 / (n + 10));
    blend(f->mean.weights, t->net.weights, t->tape.n_trained, (float)(n > 0 ? share : 1));
    blend(f->mean.running, t->net.running, t->tape.running, (float)(n > 0 ? share : 1));
}

/* Loss of an epoch. Its batches differ by one picture at most, so none is too small for its statistics. */
static hyt_status run_epoch(fit *f, double *mean_loss)
{
    hyt_trainer *t = f->trainer;
    size_t count = hyt_dataset_count(f->train);
    double sum = 0;
    hyti_data_order((uint64_t)t->params.seed, f->epoch, count, f->order);
    for (size_t step = 0; step < f->steps; step++) {
        size_t first = count * step / f->steps, pictures = count * (step + 1) / f->steps - first;
        filling job = { t, f->train, &f->augment, f->order, first, f->epoch, true };
        double loss, rate = hyti_train_rate(&t->params, f->epoch * f->steps + step, f->epochs * f->steps);
        hyti_pool_run(t->pool, pictures, fill_picture, &job);
        HYTI_TRY(hyti_trainer_step(t, t->input, pictures, rate, &loss));
        sum += loss * (double)pictures;
        if (t->params.averaging > 0) average(f);
    }
    *mean_loss = sum / (double)count;
    return HYT_OK;
}

static hyt_status score_batch(const fit *f, void *score, size_t first, size_t pictures)
{
    hyt_trainer *t = f->trainer;
    filling job = { t, f->validation, &f->plain, NULL, first, 0, false };
    hyti_pool_run(t->pool, pictures, fill_picture, &job);
    hyti_net_forward_f32(&t->net, t->input, pictures, false);
    hyti_net_output_f32(&t->net, t->output);
    for (size_t i = 0; i < pictures; i++)
        HYTI_TRY(t->goal.task->score_add(&t->goal, score, first + i, t->output + i * t->goal.outputs));
    return HYT_OK;
}

static hyt_status validate(const fit *f, double *value)
{
    const hyti_goal *goal = &f->trainer->goal;
    size_t count = hyt_dataset_count(f->validation), batch = (size_t)f->trainer->params.batch;
    void *score = NULL;
    HYTI_TRY(goal->task->score_begin(goal, f->validation, &score));
    hyt_status status = HYT_OK;
    for (size_t first = 0; first < count && status == HYT_OK; first += batch)
        status = score_batch(f, score, first, HYTI_MIN(batch, count - first));
    if (status == HYT_OK) return goal->task->score_end(goal, score, value);
    goal->task->score_end(goal, score, NULL);
    return status;
}

static void keep(const hyt_trainer *t, snapshot *s)
{
    memcpy(s->weights, t->net.weights, t->tape.n_trained * sizeof *s->weights);
    memcpy(s->running, t->net.running, t->tape.running * sizeof *s->running);
}

static void restore(hyt_trainer *t, const snapshot *s)
{
    memcpy(t->net.weights, s->weights, t->tape.n_trained * sizeof *s->weights);
    memcpy(t->net.running, s->running, t->tape.running * sizeof *s->running);
    hyti_net_pack_f32(&t->net);
}

/* The network that would be handed over now takes the trainer's place, and leaves it again. */
static void enter_mean(fit *f)
{
    if (f->trainer->params.averaging == 0) return;
    keep(f->trainer, &f->own);
    restore(f->trainer, &f->mean);
}

static void leave_mean(fit *f)
{
    if (f->trainer->params.averaging > 0) restore(f->trainer, &f->own);
}

/* What the epoch was worth, and what the caller says to it. *done: no more of them. */
static hyt_status judge_epoch(fit *f, double loss, hyt_epoch_fn epoch, void *user, bool *done)
{
    const hyti_train_params *params = &f->trainer->params;
    hyt_status status = HYT_OK;
    double accuracy = NAN;
    f->since++;
    if (f->validation) {
        enter_mean(f);
        status = validate(f, &accuracy);
        if (accuracy > f->accuracy) f->since = 0;
        if (accuracy >= f->accuracy) { /* of equals the later, which the falling rate has settled more */
            f->accuracy = accuracy;
            keep(f->trainer, &f->best);
        }
        leave_mean(f);
    }
    if (status != HYT_OK) return status;
    *done = f->validation && params->patience > 0 && f->since >= (size_t)params->patience;
    if (!epoch) return HYT_OK;
    hyti_message_clear();
    int answer = epoch(user, f->epoch, loss, accuracy);
    if (answer < 0) return hyti_fail_callback("epoch", answer);
    if (answer == HYT_STOP) *done = true;
    return HYT_OK;
}

/* A schedule starts, and one that failed ends, with an optimiser that made no step. */
static void reset_optimiser(hyt_trainer *t)
{
    memset(t->first, 0, t->tape.n_trained * sizeof *t->first);
    memset(t->second, 0, t->tape.n_trained * sizeof *t->second);
    t->steps = 0;
}

static hyt_status run(fit *f, hyt_epoch_fn epoch, void *user)
{
    hyt_trainer *t = f->trainer;
    bool done = false;
    reset_optimiser(t);
    for (f->epoch = 0; f->epoch < f->epochs && !done; f->epoch++) {
        double loss;
        HYTI_TRY(run_epoch(f, &loss));
        HYTI_TRY(judge_epoch(f, loss, epoch, user, &done));
        hyti_log(t->context, HYT_LOG_DEBUG, "epoch %zu of %zu: loss %.4f", f->epoch + 1, f->epochs, loss);
    }
    return HYT_OK;
}

/* Mean and deviation of the train part; a channel that never changes is only shifted. */
static void set_normalisation(fit *f, float deviation[3])
{
    const hyti_train_params *params = &f->trainer->params;
    double mean[3], spread[3];
    hyt_dataset_statistics(f->train, mean, spread);
    for (size_t c = 0; c < 3; c++) {
        deviation[c] = spread[c] > 1e-6 ? (float)spread[c] : 1;
        f->plain.mean[c] = (float)mean[c];
        f->plain.inverse[c] = 1 / deviation[c];
    }
    f->augment = f->plain;
    f->augment.flip = params->flip != 0;
    f->augment.crop = params->crop;
    f->augment.jitter = params->jitter;
}

static hyt_status reserve(fit *f)
{
    const hyt_trainer *t = f->trainer;
    size_t weights = t->tape.n_trained * sizeof(float), running = t->tape.running * sizeof(float);
    f->order = hyti_array(t->context, hyt_dataset_count(f->train), sizeof *f->order);
    f->start = (snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
    f->best = (snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
    f->mean = (snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
    f->own = (snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
    bool all = f->order && f->start.weights && f->start.running && f->best.weights && f->best.running &&
               f->mean.weights && f->mean.running && f->own.weights && f->own.running;
    return all ? HYT_OK : hyti_fail_nomem();
}

static void release(fit *f)
{
    hyt_context *context = f->trainer->context;
    hyti_free(context, f->order);
    hyti_free(context, f->start.weights);
    hyti_free(context, f->start.running);
    hyti_free(context, f->best.weights);
    hyti_free(context, f->best.running);
    hyti_free(context, f->mean.weights);
    hyti_free(context, f->mean.running);
    hyti_free(context, f->own.weights);
    hyti_free(context, f->own.running);
}

hyt_status hyt_trainer_fit(hyt_trainer *trainer, const hyt_dataset *train, const hyt_dataset *validation,
                           hyt_epoch_fn epoch, void *user, double *best)
{
    HYTI_NEED(trainer);
    HYTI_NEED(train);
    HYTI_TRY(hyti_goal_check(&trainer->goal, train, "train"));
    if (validation) HYTI_TRY(hyti_goal_check(&trainer->goal, validation, "validation"));
    if (trainer->goal.task->begin) HYTI_TRY(trainer->goal.task->begin(&trainer->goal, train));
    size_t batch = (size_t)trainer->params.batch;
    fit f = { .trainer = trainer, .train = train, .validation = validation, .accuracy = -1,
              .epochs = (size_t)trainer->params.epochs, .steps = (hyt_dataset_count(train) + batch - 1) / batch };
    float deviation[3];
    set_normalisation(&f, deviation);
    hyt_status status = reserve(&f);
    if (status == HYT_OK) {
        keep(trainer, &f.start);
        status = run(&f, epoch, user);
        if (status == HYT_OK) status = hyt_graph_set_normalisation(trainer->graph, f.plain.mean, deviation);
        if (status == HYT_OK && validation) restore(trainer, &f.best);
        else if (status == HYT_OK) enter_mean(&f);
        if (status != HYT_OK) {
            restore(trainer, &f.start);
            reset_optimiser(trainer);
        }
    }
    if (status == HYT_OK && validation && best) *best = f.accuracy;
    release(&f);
    return status;
}
