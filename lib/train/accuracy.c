/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/table.h"
#include "data/batch.h"
#include "graph/graph.h"
#include "train/runner.h"
#include "train/task.h"

#define BATCH 32

/* Pictures as they are, from 0 to 1: the network normalises by itself. */
typedef struct scoring {
    hyti_goal goal;
    const hyt_dataset *dataset;
    hyti_runner runner;
    size_t pixels;             /* values of one picture */
    float *input, *output;
    void *score;
} scoring;

static hyt_status score_batch(const scoring *s, size_t first, size_t count)
{
    const hyti_augment plain = { .inverse = { 1, 1, 1 } };
    for (size_t i = 0; i < count; i++)
        HYTI_TRY(hyti_data_picture(s->dataset, first + i, &plain, 0, 0, s->input + i * s->pixels));
    HYTI_TRY(hyti_runner_run(&s->runner, s->input, s->output));
    for (size_t i = 0; i < count; i++)
        HYTI_TRY(s->goal.task->score_add(&s->goal, s->score, s->dataset, first + i, s->output + i * s->goal.outputs));
    return HYT_OK;
}

static hyt_status score_all(scoring *s)
{
    size_t count = hyt_dataset_count(s->dataset);
    s->pixels = hyt_runtime_input_size(s->runner.runtime) / BATCH;
    s->input = hyti_array(hyti_dataset_context(s->dataset), BATCH * s->pixels, sizeof *s->input);
    s->output = hyti_array(hyti_dataset_context(s->dataset), BATCH * s->goal.outputs, sizeof *s->output);
    if (!s->input || !s->output) return hyti_fail_nomem();
    for (size_t first = 0; first < count; first += BATCH)
        HYTI_TRY(score_batch(s, first, HYTI_MIN((size_t)BATCH, count - first)));
    return HYT_OK;
}

/* The score lives from begin to end, whatever happens between them. */
static hyt_status score(scoring *s, double *value)
{
    const hyti_task *task = s->goal.task;
    HYTI_TRY(task->score_begin(&s->goal, &s->score));
    hyt_status status = score_all(s);
    if (status == HYT_OK) return task->score_end(&s->goal, s->score, value);
    task->score_end(&s->goal, s->score, NULL);
    return status;
}

hyt_status hyti_train_score(const hyt_graph *network, const hyti_task *task, const hyt_dataset *dataset, size_t threads,
                            double *value)
{
    scoring s = { .dataset = dataset };
    HYTI_TRY(hyti_goal_init(&s.goal, network, NULL, task));
    hyt_status status = hyti_goal_check(&s.goal, dataset, "dataset");
    if (status == HYT_OK) status = hyti_runner_init(&s.runner, network, BATCH, threads);
    if (status == HYT_OK) status = score(&s, value);
    hyti_free(hyti_dataset_context(dataset), s.input);
    hyti_free(hyti_dataset_context(dataset), s.output);
    hyti_runner_clear(&s.runner);
    hyti_goal_clear(&s.goal);
    return status;
}

hyt_status hyt_train_score(const hyt_graph *network, const hyt_dataset *dataset, const char *metric, size_t threads,
                           double *value)
{
    const hyti_task *task;
    int64_t place;
    HYTI_NEED(network);
    HYTI_NEED(dataset);
    HYTI_NEED(metric);
    HYTI_NEED(value);
    HYTI_TRY(hyti_task_of_metric(metric, &place));
    HYTI_TRY(hyti_task_find(place, &task));
    return hyti_train_score(network, task, dataset, threads, value);
}

hyt_status hyt_train_accuracy(const hyt_graph *network, const hyt_dataset *dataset, size_t threads, double *accuracy)
{
    HYTI_NEED(network);
    HYTI_NEED(dataset);
    HYTI_NEED(accuracy);
    return hyti_train_score(network, &hyti_task_classification, dataset, threads, accuracy);
}
