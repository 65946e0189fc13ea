/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small problems for the tests of the search. */
#ifndef HYTNAS_TESTS_SEARCH_TOY_H
#define HYTNAS_TESTS_SEARCH_TOY_H

#include "space/space.h"
#include "test.h"
#include <hytnas/search.h>

/* `genes` integers from 0 to `high`. */
static inline hyt_status toy_space(hyt_context *context, size_t genes, int64_t high, hyt_space **out)
{
    char name[32];
    hyt_space *space = NULL;
    hyt_status status = hyt_space_create(context, "toy", &space);
    for (size_t g = 0; g < genes && status == HYT_OK; g++) {
        snprintf(name, sizeof name, "g%zu", g);
        status = hyt_space_add_integer(space, name, 0, high, 1);
    }
    if (status == HYT_OK) *out = space;
    else hyt_space_destroy(space);
    return status;
}

typedef struct toy_setup {
    const char *method;
    size_t genes;
    int64_t high, trials, batch, initial, seed;
} toy_setup;

/* Options are small so that a test is quick; objectives "gain" (up) and "cost" (down). */
static inline hyt_status toy_search(hyt_context *context, const toy_setup *setup, hyt_search **out)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    hyt_status status = toy_space(context, setup->genes, setup->high, &space);
    if (status == HYT_OK) status = hyt_search_options_create(context, &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_METHOD, setup->method);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_TRIALS, setup->trials);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_BATCH, setup->batch);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_INITIAL, setup->initial);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_SEED, setup->seed);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_POPULATION, 16);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, 4);
    if (status == HYT_OK) status = hyt_search_create(space, options, &search);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "gain", HYT_MAXIMISE);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "cost", HYT_MINIMISE);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    if (status == HYT_OK) *out = search;
    else hyt_search_destroy(search);
    return status;
}

/* A smooth trade-off: every gene costs, with falling returns. */
static inline void toy_objectives(const hyt_candidate *candidate, double *objectives)
{
    objectives[0] = objectives[1] = 0;
    for (size_t g = 0; g < hyt_space_genes(candidate->space); g++) {
        double value = hyt_candidate_value(candidate, g);
        objectives[0] += (1 + 0.3 * (double)(g % 4)) * sqrt(value);
        objectives[1] += (1 + 0.5 * (double)(g * 5 % 3)) * value;
    }
}

/* `user` counts calls; may be NULL. */
static inline int toy_evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    size_t *calls = user;
    (void)n;
    if (calls) ++*calls;
    toy_objectives(hyt_trial_candidate(trial), objectives);
    return 0;
}

/* Sum of the values: a measure for constraints. */
static inline int toy_sum(void *user, const hyt_candidate *candidate, double *value)
{
    (void)user;
    *value = 0;
    for (size_t g = 0; g < hyt_space_genes(candidate->space); g++) *value += hyt_candidate_value(candidate, g);
    return 0;
}

static inline void toy_check_distinct(const hyt_search *search)
{
    for (size_t i = 0; i < hyt_search_size(search); i++)
        for (size_t k = 0; k < i; k++)
            if (hyt_candidate_equal(hyt_trial_candidate(hyt_search_trial(search, i)),
                                    hyt_trial_candidate(hyt_search_trial(search, k))))
                fail_msg("trials %zu and %zu are the same", k, i);
}

/* The same candidates in the same order, and the same came of them. */
static inline void toy_check_same(const hyt_search *a, const hyt_search *b)
{
    assert_int_equal(hyt_search_size(a), hyt_search_size(b));
    for (size_t i = 0; i < hyt_search_size(a); i++) {
        char x[128], y[128];
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(a, i)), x, sizeof x, NULL));
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(b, i)), y, sizeof y, NULL));
        if (strcmp(x, y) != 0) fail_msg("trial %zu is %s and %s", i, x, y);
        assert_int_equal(hyt_search_trial_state(a, i), hyt_search_trial_state(b, i));
    }
}

static const char *const toy_methods[] = { "hytnas", "nsga2", "random", "sobol", "evolution", "parego", "dgemo" };

#endif
