/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small networks on small pictures, for the tests of evaluations. */
#ifndef HYTNAS_TESTS_EVALUATE_TOY_H
#define HYTNAS_TESTS_EVALUATE_TOY_H

#include "graph/graph.h"
#include "space/space.h"
#include "test.h"
#include <hytnas/evaluate.h>

#ifndef SIDE /* a test may have its own */
#define SIDE 32
#endif
#define GENES 23 /* of space "hytnas" */

/* "key", "value", ..., NULL */
#define SET(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Pictures first, first + 1, ... of the built-in set. */
static inline hyt_dataset *shapes(size_t count, size_t first)
{
    hyt_dataset *dataset = NULL;
    MUST(hyt_dataset_create_shapes(NULL, count, SIDE, 1, first, &dataset));
    return dataset;
}

/* The smallest network of space "hytnas", but for its first genes, so many, which are one level up. */
static inline hyt_status make_candidate(hyt_space *space, size_t changed, hyt_candidate **out)
{
    size_t levels[GENES] = { 0 };
    for (size_t i = 0; i < changed; i++) levels[i] = 1;
    return hyt_candidate_create(space, levels, GENES, out);
}

/* Of short trainings; its objective is `metric`, unless that is NULL. */
static inline hyt_status make_evaluator(hyt_context *context, const hyt_dataset *train, const hyt_dataset *validation,
                                        const char *metric, const char *const *settings, hyt_evaluator **out)
{
    static const char *const usual[] = { HYT_TRAIN_EPOCHS, "1", HYT_EVALUATE_SUPERNET_EPOCHS, "1", HYT_TRAIN_BATCH, "6",
                                         HYT_EVALUATE_TIMING, "1", NULL };
    hyt_options *options = NULL;
    hyt_evaluator *evaluator = NULL;
    hyt_status status = hyt_evaluator_options_create(context, &options);
    for (size_t i = 0; usual[i] && status == HYT_OK; i += 2)
        status = hyt_options_set_text(options, usual[i], usual[i + 1]);
    for (size_t i = 0; settings[i] && status == HYT_OK; i += 2)
        status = hyt_options_set_text(options, settings[i], settings[i + 1]);
    if (status == HYT_OK) status = hyt_evaluator_create(train, validation, options, &evaluator);
    if (status == HYT_OK && metric) status = hyt_evaluator_add_objective(evaluator, metric);
    hyt_options_destroy(options);
    if (status == HYT_OK) *out = evaluator;
    else hyt_evaluator_destroy(evaluator);
    return status;
}

/* Of an evaluator with one objective. */
static inline int evaluate(hyt_evaluator *evaluator, hyt_candidate *candidate, uint64_t number, double *value)
{
    hyt_trial trial = { .number = number, .candidate = candidate, .fidelity = 1, .deadline = INFINITY };
    return hyt_evaluator_evaluate(evaluator, &trial, value, 1);
}

static inline bool same_weights(const hyt_graph *a, const hyt_graph *b)
{
    if (a->n_parameters != b->n_parameters) return false;
    for (size_t i = 0; i < a->n_parameters; i++)
        if (a->parameters[i].count != b->parameters[i].count ||
            memcmp(a->parameters[i].data, b->parameters[i].data, a->parameters[i].count * sizeof(float)) != 0)
            return false;
    return true;
}

/* Candidates, what they are trained and judged on, and who does it. */
typedef struct fixture {
    hyt_space *space;
    hyt_candidate *candidate, *near, *far; /* the smallest; one gene off; three genes off */
    hyt_dataset *train, *validation;
    hyt_evaluator *evaluator;
    hyt_trial trial; /* of the smallest */
} fixture;

/* Of a heap that may fail: to be torn down also where it does. */
static inline hyt_status set_up_in(hyt_context *context, size_t pictures, const char *const *settings,
                                   const char *metric, fixture *f)
{
    *f = (fixture){ 0 };
    HYTI_TRY(hyt_space_preset(context, "hytnas", &f->space));
    HYTI_TRY(make_candidate(f->space, 0, &f->candidate));
    HYTI_TRY(make_candidate(f->space, 1, &f->near));
    HYTI_TRY(make_candidate(f->space, 3, &f->far));
    HYTI_TRY(hyt_dataset_create_shapes(context, pictures, SIDE, 1, 0, &f->train));
    HYTI_TRY(hyt_dataset_create_shapes(context, pictures, SIDE, 1, 100, &f->validation));
    f->trial = (hyt_trial){ .number = 1, .candidate = f->candidate, .fidelity = 1, .deadline = INFINITY };
    return make_evaluator(context, f->train, f->validation, metric, settings, &f->evaluator);
}

static inline void set_up(fixture *f, const char *const *settings, const char *metric)
{
    MUST(set_up_in(NULL, 12, settings, metric, f));
}

/* Another one, for the same. */
static inline hyt_evaluator *evaluator_of(const fixture *f, const char *const *settings)
{
    hyt_evaluator *evaluator = NULL;
    MUST(make_evaluator(NULL, f->train, f->validation, "accuracy", settings, &evaluator));
    return evaluator;
}

static inline void tear_down(fixture *f)
{
    hyt_dataset_destroy(f->train); /* kept by the evaluator as long as it needs them */
    hyt_dataset_destroy(f->validation);
    hyt_evaluator_destroy(f->evaluator);
    hyt_candidate_destroy(f->candidate);
    hyt_candidate_destroy(f->near);
    hyt_candidate_destroy(f->far);
    hyt_space_destroy(f->space);
}

#endif
