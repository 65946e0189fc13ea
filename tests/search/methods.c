/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods with surrogates, and each word of their options in its turn: ahead of chance, within what is allowed,
 * without repeats. */
#include "toy.h"
#include <stdbool.h>

typedef struct setting {
    const char *method, *solver;
    const char *key, *word; /* another option and what it is set to; NULL: none */
    double ahead;           /* times the volume by chance, at least */
} setting;

static const setting settings[] = {
    { "parego", "nsga2", NULL, NULL, 1.05 },
    { "parego", "moead", NULL, NULL, 1.05 },
    { "dgemo", "nsga2", NULL, NULL, 1.15 },
    { "hytnas", "auto", NULL, NULL, 1.25 },
    { "hytnas", "nsga2", NULL, NULL, 1.25 },
    { "hytnas", "moead", NULL, NULL, 1.25 },
    { "hytnas", "local", NULL, NULL, 1.25 },
    { "hytnas", "auto", HYT_SEARCH_ACQUISITION, "nehvi", 1.25 },
    { "hytnas", "auto", HYT_SEARCH_ACQUISITION, "thompson", 1.25 },
    { "hytnas", "auto", HYT_SEARCH_ACQUISITION, "identity", 1.25 },
    { "hytnas", "auto", HYT_SEARCH_ACQUISITION, "ucb", 1.25 },
    { "hytnas", "auto", HYT_SEARCH_ACQUISITION, "ei", 1.1 },
    { "hytnas", "auto", HYT_SEARCH_ACQUISITION, "pi", 1.1 },
    { "hytnas", "auto", HYT_SEARCH_SELECTION, "hvi", 1.25 },
    { "hytnas", "auto", HYT_SEARCH_SELECTION, "dominance", 1.1 },
    { "hytnas", "auto", HYT_SEARCH_SELECTION, "random", 1 },
    { "hytnas", "auto", HYT_SEARCH_SURROGATE, "auto", 1.25 },
    { "hytnas", "auto", HYT_SEARCH_SURROGATE, "trees", 1.15 },
    { "hytnas", "auto", HYT_SEARCH_SURROGATE, "forest", 1 },
    { "hytnas", "auto", HYT_SEARCH_SURROGATE, "ridge", 1.05 },
    { "hytnas", "auto", HYT_SEARCH_SURROGATE, "ranker", 1.15 },
};

typedef struct frame {
    setting how;
    size_t genes;
    int64_t high, trials, seed, population, generations;
    double most, least; /* of the sum, a constraint; of the gain, a limit */
} frame;

static hyt_status run(hyt_context *context, const frame *f, hyt_search **out)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    const double reference[] = { 5, 30 };
    hyt_status status = toy_space(context, f->genes, f->high, &space);
    if (status == HYT_OK) status = hyt_search_options_create(context, &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_METHOD, f->how.method);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_SOLVER, f->how.solver);
    if (status == HYT_OK && f->how.key) status = hyt_options_set_text(options, f->how.key, f->how.word);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_TRIALS, f->trials);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_BATCH, 4);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_INITIAL, f->trials / 3);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_SEED, f->seed);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_POPULATION, f->population);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, f->generations);
    if (status == HYT_OK) status = hyt_search_create(space, options, &search);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "gain", HYT_MAXIMISE);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "cost", HYT_MINIMISE);
    if (status == HYT_OK) status = hyt_search_set_reference(search, reference, 2);
    if (status == HYT_OK) status = hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, f->most);
    if (status == HYT_OK && f->least > 0) status = hyt_search_add_limit(search, "gain", f->least);
    if (status == HYT_OK) status = hyt_search_run(search, toy_evaluate, NULL, NULL);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    if (status == HYT_OK) *out = search;
    else hyt_search_destroy(search);
    return status;
}

/* Mean volume over seeds; what was proposed is checked. */
static double mean_volume(setting how, double least)
{
    enum { SEEDS = 2 };
    double sum = 0;
    for (int64_t seed = 0; seed < SEEDS; seed++) {
        const frame f = { how, 8, 4, 48, seed, 32, 24, 20, least };
        hyt_search *search = NULL;
        double volume;
        MUST(run(NULL, &f, &search));
        toy_check_distinct(search);
        for (size_t i = 0; i < hyt_search_size(search); i++) {
            double total;
            toy_sum(NULL, hyt_trial_candidate(hyt_search_trial(search, i)), &total);
            assert_true(total <= f.most);
        }
        MUST(hyt_search_hypervolume(search, &volume));
        sum += volume / SEEDS;
        hyt_search_destroy(search);
    }
    return sum;
}

static void they_are_ahead_of_chance(void **state)
{
    (void)state;
    for (double least = 0; least <= 9; least += 9) {
        double chance = mean_volume((setting){ "random", "nsga2", NULL, NULL, 1 }, least);
        for (size_t k = 0; k < HYTI_COUNT(settings); k++) {
            double volume = mean_volume(settings[k], least);
            print_message("gain of %g at least, %s by %s%s%s: %.0f; random %.0f\n", least, settings[k].method,
                          settings[k].solver, settings[k].word ? ", " : "", settings[k].word ? settings[k].word : "",
                          volume, chance);
            assert_true(volume > settings[k].ahead * chance);
        }
    }
}

/* Small enough to be proposed to its end, each point once. */
static void small_spaces_are_proposed_whole(void **state)
{
    (void)state;
    for (size_t k = 0; k < HYTI_COUNT(settings); k++) {
        const frame f = { settings[k], 3, 2, 100, 1, 16, 4, 1e9, 0 };
        hyt_search *search = NULL;
        MUST(run(NULL, &f, &search));
        assert_int_equal(hyt_search_size(search), 27);
        toy_check_distinct(search);
        hyt_search_destroy(search);
    }
}

static hyt_status run_some(hyt_context *context)
{
    for (size_t k = 0; k < 4; k++) {
        const frame f = { settings[k], 3, 2, 9, 1, 4, 1, 5, 2 };
        hyt_search *search = NULL;
        HYTI_TRY(run(context, &f, &search));
        hyt_search_destroy(search);
    }
    return HYT_OK;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(run_some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_ahead_of_chance),
        cmocka_unit_test(small_spaces_are_proposed_whole),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("methods", tests, NULL, NULL);
}
