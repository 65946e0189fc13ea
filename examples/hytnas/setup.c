/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search and the evaluator, as they are asked for. */
#include "job.h"
#include "setup.h"
#include <string.h>

bool is_objective(const search_job *job, const char *name)
{
    for (size_t i = 0; i < job->objective_count; i++)
        if (strcmp(job->objectives[i].name, name) == 0) return true;
    return false;
}

/* A size as the evaluator will count it. */
static hyt_status make_cost(const search_job *job, const char *name, hyt_cost **out)
{
    char precision[16] = "";
    hyt_cost *cost = NULL;
    hyt_status status =
        hyt_options_get_text(job->evaluator_options, HYT_EVALUATE_PRECISION, precision, sizeof precision);
    if (status == HYT_OK)
        status = hyt_cost_create(NULL, name, job->pictures.input, job->pictures.classes, &cost);
    if (status == HYT_OK && strcmp(precision, "int8") == 0) status = hyt_cost_set_precision(cost, HYT_INT8);
    if (status == HYT_OK) *out = cost;
    else hyt_cost_destroy(cost);
    return status;
}

/* Hard where the number is known before training, soft where it is measured. */
static int add_limit(const search_job *job, const wanted_limit *limit)
{
    hyt_cost *cost = NULL;
    hyt_predictor *predictor = predictor_of(&job->predictors, limit->name);
    if (predictor && !is_accuracy(limit->name) && !is_objective(job, limit->name))
        return check(hyt_search_add_constraint(job->search, limit->name, hyt_predictor_measure, predictor, NULL,
                                               limit->value));
    if (!is_count(limit->name)) {
        if (!is_objective(job, limit->name)) return complain("--limit %s: it is not among the objectives", limit->name);
        return check(hyt_search_add_limit(job->search, limit->name, limit->value));
    }
    if (check(make_cost(job, limit->name, &cost)) != GOOD) return BAD;
    hyt_status status = hyt_evaluator_limit_supernet(job->evaluator, limit->name, limit->value);
    if (status == HYT_OK)
        status = hyt_search_add_constraint(job->search, limit->name, hyt_cost_measure, cost, hyt_cost_release,
                                           limit->value);
    if (status != HYT_OK) hyt_cost_destroy(cost);
    return check(status);
}

/* Sizes and predictions are known without training: the search need not guess them. */
static hyt_status add_objective(const search_job *job, const wanted_objective *objective)
{
    hyt_cost *cost = NULL;
    hyt_predictor *predictor = predictor_of(&job->predictors, objective->name);
    if (predictor)
        return hyt_search_add_exact_objective(job->search, objective->name, objective->direction, hyt_predictor_measure,
                                              predictor, NULL);
    if (!is_count(objective->name)) return hyt_search_add_objective(job->search, objective->name, objective->direction);
    hyt_status status = make_cost(job, objective->name, &cost);
    if (status == HYT_OK)
        status = hyt_search_add_exact_objective(job->search, objective->name, objective->direction, hyt_cost_measure,
                                                cost, hyt_cost_release);
    if (status != HYT_OK) hyt_cost_destroy(cost);
    return status;
}

/* The last epoch is the last step that is reported, unless the user says otherwise. */
static int complete_options(const search_job *job)
{
    int64_t last = 0, workers = 1, epochs = 1;
    hyt_status status = hyt_options_get_int(job->search_options, HYT_SEARCH_MAX_STEP, &last);
    if (status == HYT_OK) status = hyt_options_get_int(job->search_options, HYT_SEARCH_WORKERS, &workers);
    if (status == HYT_OK) status = hyt_options_get_int(job->evaluator_options, HYT_TRAIN_EPOCHS, &epochs);
    if (status == HYT_OK && last == 0)
        status = hyt_options_set_int(job->search_options, HYT_SEARCH_MAX_STEP, epochs);
    if (status == HYT_OK && workers > 1)
        return complain("--workers: networks are trained one after the other, so that each is timed alone; "
                        "--train-threads makes each faster");
    return check(status);
}

int create_search(search_job *job)
{
    if (complete_options(job) != GOOD) return BAD;
    hyt_status status = hyt_search_create(job->space, job->search_options, &job->search);
    if (status == HYT_OK)
        status = hyt_evaluator_create(job->pictures.train, job->pictures.validation, job->evaluator_options,
                                      &job->evaluator);
    for (size_t i = 0; i < job->objective_count && status == HYT_OK; i++) {
        status = add_objective(job, &job->objectives[i]);
        if (status == HYT_OK) status = hyt_evaluator_add_objective(job->evaluator, job->objectives[i].name);
    }
    for (size_t i = 0; i < job->predictors.count && status == HYT_OK; i++)
        status = hyt_evaluator_set_predictor(job->evaluator, job->predictors.metrics[i], job->predictors.at[i]);
    if (check(status) != GOOD) return BAD;
    for (size_t i = 0; i < job->limit_count; i++)
        if (add_limit(job, &job->limits[i]) != GOOD) return BAD;
    return GOOD;
}
