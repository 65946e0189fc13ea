/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/handle.h"
#include "evaluate/subset.h"
#include <string.h>

static const hyti_option rows[] = {
    { HYT_EVALUATE_TIMING, HYT_OPT_REAL, 200, 1, 60000, NULL, offsetof(hyti_evaluate_params, timing),
      "how long each candidate is timed, in milliseconds" },
    { HYT_EVALUATE_PRECISION, HYT_OPT_CHOICE, 0, 0, 0, "fp32|int8", offsetof(hyti_evaluate_params, precision),
      "what accuracy, latency and bytes are measured in, and what is handed over" },
    { HYT_EVALUATE_INHERIT, HYT_OPT_INT, 0, 0, 1000, NULL, offsetof(hyti_evaluate_params, inherit),
      "trained networks that are kept, of which the nearest lends a candidate its weights; 0: all start from scratch" },
    { HYT_EVALUATE_PROXY_PICTURES, HYT_OPT_INT, 64, 2, 4096, NULL, offsetof(hyti_evaluate_params, proxy_pictures),
      "training pictures that zero-shot metrics look at" },
    { HYT_EVALUATE_REFERENCE, HYT_OPT_INT, 16, 2, 10000, NULL, offsetof(hyti_evaluate_params, reference),
      "random candidates that metric fused compares with" },
    { HYT_EVALUATE_SUBSET, HYT_OPT_REAL, 1, 0.001, 1, NULL, offsetof(hyti_evaluate_params, subset),
      "share of the training pictures that trials train on" },
    { HYT_EVALUATE_SUBSET_BY, HYT_OPT_CHOICE, HYTI_SUBSET_RANDOM, 0, 0, "random|balanced|hard",
      offsetof(hyti_evaluate_params, subset_by), "which ones" },
    { HYT_EVALUATE_EXTRAPOLATE, HYT_OPT_INT, 0, 0, 1000, NULL, offsetof(hyti_evaluate_params, extrapolate),
      "epochs after which a trial's training ends, its last score being predicted; 0: never" },
    { HYT_EVALUATE_EXTRAPOLATE_BELOW, HYT_OPT_REAL, 0, 0, 1, NULL, offsetof(hyti_evaluate_params, extrapolate_below),
      "only trainings that will end below this score end then; 0: all" },
    { HYT_EVALUATE_PJ_MAC, HYT_OPT_REAL, 0, 0, 1e6, NULL, offsetof(hyti_evaluate_params, energy.mac),
      "energy estimate: picojoules of a multiply-accumulate; 0: that of the precision, 45 nm" },
    { HYT_EVALUATE_PJ_NEAR, HYT_OPT_REAL, 0, 0, 1e6, NULL, offsetof(hyti_evaluate_params, energy.near_byte),
      "energy estimate: picojoules of a byte of activations, read or written; 0: small SRAM, 45 nm" },
    { HYT_EVALUATE_PJ_FAR, HYT_OPT_REAL, 0, 0, 1e6, NULL, offsetof(hyti_evaluate_params, energy.far_byte),
      "energy estimate: picojoules of a byte of weights; 0: DRAM, 45 nm" },
    { HYT_EVALUATE_METHOD, HYT_OPT_CHOICE, HYTI_METHOD_TRAINING, 0, 0, "training|one-shot|fine-tuning",
      offsetof(hyti_evaluate_params, method),
      "whether candidates are trained, are slices of one super-network, or both" },
    { HYT_EVALUATE_SUPERNET_EPOCHS, HYT_OPT_INT, 30, 1, 100000, NULL, offsetof(hyti_evaluate_params, supernet_epochs),
      "how often the super-network is shown all pictures" },
    { HYT_EVALUATE_RECALIBRATION, HYT_OPT_INT, 256, 1, 1000000, NULL, offsetof(hyti_evaluate_params, recalibration),
      "training pictures that the batch norms of a slice are measured on" },
};
static const hyti_table table = { rows, HYTI_COUNT(rows), sizeof(hyti_evaluate_params), &hyti_train_table };

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
    hyti_evaluate_params params;
    const hyti_task *task;
    HYTI_NEED(train);
    HYTI_NEED(validation);
    HYTI_NEED(out);
    HYTI_TRY(hyti_options_read(options, &table, &params));
    HYTI_TRY(hyti_train_check_params(&params.train));
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
    hyti_free(context, evaluator->limits);
    hyti_oneshot_clear(&evaluator->oneshot);
    hyti_free(context, evaluator->objectives);
    hyti_free(context, evaluator);
    hyt_context_destroy(context);
}

hyt_status hyti_evaluator_idle(const hyt_evaluator *evaluator)
{
    return evaluator->runs ? hyti_fail(HYT_ERR_STATE, "an evaluation goes on") : HYT_OK;
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
    HYTI_TRY(hyti_evaluator_idle(evaluator));
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
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    evaluator->epoch = epoch;
    evaluator->epoch_user = user;
    return HYT_OK;
}

hyt_status hyt_evaluator_set_teacher(hyt_evaluator *evaluator, const hyt_graph *teacher)
{
    hyt_graph *copy = NULL;
    HYTI_NEED(evaluator);
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    if (teacher) HYTI_TRY(hyt_graph_copy(teacher, &copy));
    hyt_graph_destroy(evaluator->teacher);
    evaluator->teacher = copy;
    return HYT_OK;
}

hyt_status hyt_evaluator_set_energy(hyt_evaluator *evaluator, hyt_energy_fn energy, void *user)
{
    HYTI_NEED(evaluator);
    HYTI_TRY(hyti_evaluator_idle(evaluator));
    evaluator->energy = energy;
    evaluator->energy_user = user;
    return HYT_OK;
}

hyt_status hyt_evaluator_set_predictor(hyt_evaluator *evaluator, const char *metric, const hyt_predictor *predictor)
{
    size_t index;
    hyt_predictor *copy = NULL;
    HYTI_NEED(evaluator);
    HYTI_NEED(metric);
    HYTI_TRY(hyti_evaluator_idle(evaluator));
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

