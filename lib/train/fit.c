/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole schedule: epochs of batches, validation after each, the best or the last kept. */
#include "train/fit.h"
#include "train/mix.h"
#include <math.h>
#include <string.h>

typedef hyti_fit fit;

/* Pictures of one batch, each filled by itself. */
typedef struct filling {
    hyt_trainer *trainer;
    const hyt_dataset *dataset;
    const hyti_augment *augment;
    const size_t *order;           /* NULL: as they lie */
    size_t first, count, epoch;
    hyti_frame frame;
    atomic_bool failed;            /* a picture could not be read */
} filling;

static float *picture_at(const filling *f, size_t i) { return f->trainer->input + i * f->trainer->in_size; }
static void *target_at(const filling *f, size_t i) { return f->trainer->targets + i * f->trainer->target_size; }

static hyt_status fill_picture(const filling *f, size_t i)
{
    if (!f->order) return hyti_data_picture(f->dataset, f->first + i, f->augment, 0, 0, picture_at(f, i));
    const hyti_goal *goal = &f->trainer->goal;
    size_t index = f->order[f->first + i];
    uint64_t seed = (uint64_t)goal->params->seed;
    hyti_placement placement = hyti_data_placement(f->dataset, index, f->augment, seed, f->epoch);
    HYTI_TRY(hyti_data_picture(f->dataset, index, f->augment, seed, f->epoch, picture_at(f, i)));
    hyti_erase(goal->params, f->epoch, index, f->frame, picture_at(f, i));
    goal->task->aim(goal, f->dataset, index, &placement, target_at(f, i));
    return HYT_OK;
}

static void fill_task(void *user, size_t i, size_t worker)
{
    filling *f = user;
    (void)worker;
    if (fill_picture(f, i) != HYT_OK) atomic_store(&f->failed, true);
}

/* Where a picture could not be read all are filled again by this thread, which has the message then. */
static hyt_status fill(filling *f)
{
    hyti_pool_run(f->trainer->pool, f->count, fill_task, f);
    for (size_t i = 0; atomic_load(&f->failed) && i < f->count; i++) HYTI_TRY(fill_picture(f, i));
    return HYT_OK;
}

/* The first with the last, the second with the one before, ...: the order of an epoch is random. */
static void blend_pair(void *user, size_t i, size_t worker)
{
    const filling *f = user;
    size_t other = f->count - 1 - i;
    hyti_blend blend = hyti_blend_draw(f->trainer->goal.params, f->epoch, f->order[f->first + i], f->frame);
    (void)worker;
    hyti_blend_pictures(&blend, f->frame, picture_at(f, i), picture_at(f, other));
    hyti_blend_targets(&blend, f->trainer->goal.target_bytes / sizeof(float), target_at(f, i), target_at(f, other));
}

/* The batch that is trained on next. */
static hyt_status fill_batch(fit *f, size_t first, size_t count)
{
    hyt_trainer *t = f->trainer;
    filling job = { t, f->train, &f->augment, f->order, first, count, f->epoch,
                    { hyt_dataset_height(f->train), hyt_dataset_width(f->train) } };
    HYTI_TRY(fill(&job));
    if (t->params.mixup > 0 || t->params.cutmix > 0) hyti_pool_run(t->pool, count / 2, blend_pair, &job);
    return hyti_teacher_run(t);
}

static void blend(float *mean, const float *values, size_t count, float share)
{
    for (size_t i = 0; i < count; i++) mean[i] += share * (values[i] - mean[i]);
}

/* The exponential mean of the weights along the way (Polyak and Juditsky, 1992), short at first so that it forgets
 * where it started; the running statistics with them. Ranges are what they are now: they are running means already. */
static void average(fit *f)
{
    const hyt_trainer *t = f->trainer;
    double n = (double)f->averaged++, share = fmax(1 - t->params.averaging, 9 / (n + 10));
    blend(f->mean.weights, t->net.weights, t->tape.n_trained, (float)(n > 0 ? share : 1));
    blend(f->mean.running, t->net.running, t->tape.ranges, (float)(n > 0 ? share : 1));
    memcpy(f->mean.running + t->tape.ranges, t->net.running + t->tape.ranges,
           (t->tape.running - t->tape.ranges) * sizeof *t->net.running);
}

/* First step that rounds as int8 does: in the last epochs, a share `qat` of them. */
static size_t first_rounded(const fit *f)
{
    size_t epochs = (size_t)ceil(f->trainer->params.qat * (double)f->epochs);
    return (f->epochs - epochs) * f->steps;
}

/* What a step rounds; ranges are kept over the last quarter of the steps that do. */
static void set_rounding(fit *f, size_t step)
{
    hyt_trainer *t = f->trainer;
    size_t first = first_rounded(f), all = f->epochs * f->steps;
    hyti_rounding rounding = step < first                  ? HYTI_ROUNDING_NONE
                             : step < all - (all - first) / 4 ? HYTI_ROUNDING_LEARNS
                                                              : HYTI_ROUNDING_FROZEN;
    if (t->net.rounding == rounding) return;
    t->net.rounding = rounding;
    hyti_net_pack_f32(&t->net);
}

/* What was trained before the first step that rounds is not compared with what comes then. */
static void start_rounding(fit *f)
{
    hyti_net_forget_ranges_f32(&f->trainer->net);
    f->accuracy = -1;
    f->since = f->averaged = 0;
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
        size_t at = f->epoch * f->steps + step, all = f->epochs * f->steps;
        double loss, rate = hyti_train_rate(&t->params, at, all), momentum = hyti_train_momentum(&t->params, at, all);
        if (at == first_rounded(f)) start_rounding(f);
        set_rounding(f, at);
        HYTI_TRY(fill_batch(f, first, pictures));
        HYTI_TRY(hyti_trainer_step(t, t->input, pictures, rate, momentum, &loss));
        sum += loss * (double)pictures;
        if (t->params.averaging > 0) average(f);
    }
    *mean_loss = sum / (double)count;
    return HYT_OK;
}

static hyt_status score_batch(const fit *f, void *score, size_t first, size_t pictures)
{
    hyt_trainer *t = f->trainer;
    filling job = { t, f->validation, &f->plain, NULL, first, pictures, 0, { 0, 0 } };
    HYTI_TRY(fill(&job));
    hyti_net_forward_f32(&t->net, t->input, pictures, false);
    hyti_net_output_f32(&t->net, t->output);
    for (size_t i = 0; i < pictures; i++)
        HYTI_TRY(t->goal.task->score_add(&t->goal, score, f->validation, first + i, t->output + i * t->goal.outputs));
    return HYT_OK;
}

static hyt_status validate(const fit *f, double *value)
{
    const hyti_goal *goal = &f->trainer->goal;
    size_t count = hyt_dataset_count(f->validation), batch = (size_t)f->trainer->params.batch;
    void *score = NULL;
    HYTI_TRY(goal->task->score_begin(goal, &score));
    hyt_status status = HYT_OK;
    for (size_t first = 0; first < count && status == HYT_OK; first += batch)
        status = score_batch(f, score, first, HYTI_MIN(batch, count - first));
    if (status == HYT_OK) return goal->task->score_end(goal, score, value);
    goal->task->score_end(goal, score, NULL);
    return status;
}

static void keep(const hyt_trainer *t, hyti_snapshot *s)
{
    memcpy(s->weights, t->net.weights, t->tape.n_trained * sizeof *s->weights);
    memcpy(s->running, t->net.running, t->tape.running * sizeof *s->running);
}

static void restore(hyt_trainer *t, const hyti_snapshot *s)
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

/* Whether it has been without a better epoch for too long. */
static bool tired(const fit *f)
{
    size_t patience = (size_t)f->trainer->params.patience;
    return f->validation && patience > 0 && f->since >= patience;
}

/* What the epoch was worth, and what the caller says to it. *done: no more of them. */
static hyt_status judge_epoch(fit *f, double loss, hyt_epoch_fn epoch, void *user, bool *done)
{
    hyt_status status = HYT_OK;
    double accuracy = NAN;
    f->since++;
    if (f->validation) {
        enter_mean(f);
        status = validate(f, &accuracy);
        if (accuracy > f->accuracy) f->since = 0;
        bool last = f->trainer->params.keep == HYTI_KEEP_LAST;
        if (last || accuracy >= f->accuracy) { /* of equals the later, which the falling rate has settled more */
            f->accuracy = accuracy;
            keep(f->trainer, &f->best);
        }
        leave_mean(f);
    }
    if (status != HYT_OK) return status;
    *done = tired(f);
    if (!epoch) return HYT_OK;
    hyti_message_clear();
    f->trainer->fit = f;
    int answer = epoch(user, f->epoch, loss, accuracy);
    f->trainer->fit = NULL;
    if (answer < 0) return hyti_fail_callback("epoch", answer);
    if (answer != HYT_STOP) return HYT_OK;
    *done = f->stopped = true;
    return f->trainer->keeps ? hyti_trainer_keep(f) : HYT_OK;
}

/* From the first epoch, or from where the checkpoint is that was loaded: as its last step left the trainer, for there
 * may be no further one. The ranges are among its statistics. */
static hyt_status start(fit *f)
{
    hyt_trainer *t = f->trainer;
    hyti_trainer_reset(t);
    if (!t->resumes) return HYT_OK;
    HYTI_TRY(hyti_checkpoint_read(t, t->image, t->image_size, f));
    set_rounding(f, f->epoch * f->steps - 1);
    hyti_net_pack_f32(&t->net);
    return HYT_OK;
}

static hyt_status run(fit *f, hyt_epoch_fn epoch, void *user)
{
    hyt_trainer *t = f->trainer;
    bool done = tired(f);
    for (; f->epoch < f->epochs && !done; f->epoch++) {
        double loss;
        HYTI_TRY(run_epoch(f, &loss));
        HYTI_TRY(judge_epoch(f, loss, epoch, user, &done));
        hyti_log(t->context, HYT_LOG_DEBUG, "epoch %zu of %zu: loss %.4f", f->epoch + 1, f->epochs, loss);
    }
    return HYT_OK;
}

/* Mean and deviation of the train part; a channel that never changes is only shifted. */
static hyt_status set_normalisation(fit *f, float deviation[3])
{
    const hyti_train_params *params = &f->trainer->params;
    double mean[3], spread[3];
    HYTI_TRY(hyt_dataset_statistics(f->train, mean, spread));
    for (size_t c = 0; c < 3; c++) {
        deviation[c] = spread[c] > 1e-6 ? (float)spread[c] : 1;
        f->plain.mean[c] = (float)mean[c];
        f->plain.inverse[c] = 1 / deviation[c];
    }
    f->augment = f->plain;
    f->augment.flip = params->flip != 0;
    f->augment.crop = params->crop;
    f->augment.jitter = params->jitter;
    return HYT_OK;
}

static hyt_status reserve(fit *f)
{
    const hyt_trainer *t = f->trainer;
    size_t weights = t->tape.n_trained * sizeof(float), running = t->tape.running * sizeof(float);
    f->order = hyti_array(t->context, hyt_dataset_count(f->train), sizeof *f->order);
    f->start = (hyti_snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
    f->best = (hyti_snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
    f->mean = (hyti_snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
    f->own = (hyti_snapshot){ hyti_alloc(t->context, weights), hyti_alloc(t->context, running) };
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
    HYTI_TRY(hyti_trainer_idle(trainer));
    HYTI_TRY(hyti_goal_check(&trainer->goal, train, "train"));
    if (validation) HYTI_TRY(hyti_goal_check(&trainer->goal, validation, "validation"));
    if (trainer->goal.task->begin) HYTI_TRY(trainer->goal.task->begin(&trainer->goal, train));
    size_t batch = (size_t)trainer->params.batch;
    fit f = { .trainer = trainer, .train = train, .validation = validation, .accuracy = -1,
              .epochs = (size_t)trainer->params.epochs, .steps = (hyt_dataset_count(train) + batch - 1) / batch };
    float deviation[3];
    HYTI_TRY(set_normalisation(&f, deviation));
    hyt_status status = reserve(&f);
    if (status == HYT_OK) status = hyti_teacher_start(trainer, f.plain.mean, deviation);
    if (status == HYT_OK) {
        keep(trainer, &f.start);
        status = start(&f);
        if (status == HYT_OK) status = run(&f, epoch, user);
        if (status == HYT_OK) status = hyt_graph_set_normalisation(trainer->graph, f.plain.mean, deviation);
        if (status == HYT_OK && f.accuracy >= 0) restore(trainer, &f.best);
        else if (status == HYT_OK) enter_mean(&f);
        if (status != HYT_OK) {
            trainer->net.rounding = HYTI_ROUNDING_NONE;
            restore(trainer, &f.start);
            hyti_trainer_reset(trainer);
        }
    }
    if (status == HYT_OK) hyti_trainer_forget(trainer, f.stopped);
    if (status == HYT_OK && validation && best) *best = f.accuracy;
    hyti_teacher_stop(trainer);
    release(&f);
    return status;
}
