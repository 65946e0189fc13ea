/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the search is worth its name: medians over seeds at equal evaluations, and what it does about failures. */
#include "toy.h"
#include <float.h>

enum { SEEDS = 3, TRIALS = 100 };

/* Smooth, with interactions, in the 23 genes of the preset: a score that saturates against an exponential cost. */
static int smooth(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    const hyt_candidate *candidate = hyt_trial_candidate(trial);
    double value[23], gain = 0, cost = 0;
    (void)user;
    (void)n;
    for (size_t g = 0; g < 23; g++) {
        value[g] = log2(hyt_candidate_value(candidate, g));
        double weight = 0.3 + 0.7 * (double)(g * 37 % 23) / 23;
        gain += weight * value[g] - 0.12 * weight * (double)(g * 11 % 3) * value[g] * value[g];
        cost += (0.2 + (double)(g * 53 % 23) / 23) * value[g];
    }
    gain += 0.3 * sin(value[0] * value[9]) + 0.2 * value[14] * value[20] - 0.2 * value[5] * value[10];
    objectives[0] = 20 * (1 - exp(-0.15 * fmax(gain, -5)));
    objectives[1] = exp(0.25 * cost);
    return 0;
}

static double volume_by(const char *method, const char *surrogate, int64_t seed)
{
    const double reference[] = { -5, 200 };
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    double volume = 0;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, method));
    MUST(hyt_options_set_text(options, HYT_SEARCH_SURROGATE, surrogate));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, TRIALS));
    MUST(hyt_options_set_int(options, HYT_SEARCH_SEED, seed));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "score", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    MUST(hyt_search_set_reference(search, reference, 2));
    MUST(hyt_search_run(search, smooth, NULL, NULL));
    MUST(hyt_search_hypervolume(search, &volume));
    toy_check_distinct(search);
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return volume;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_by(const char *method, const char *surrogate)
{
    double volumes[SEEDS];
    for (int64_t seed = 0; seed < SEEDS; seed++) volumes[seed] = volume_by(method, surrogate, seed);
    qsort(volumes, SEEDS, sizeof *volumes, compare);
    return volumes[SEEDS / 2];
}

static void models_beat_evolution_beats_chance(void **state)
{
    (void)state;
    double random = median_by("random", "auto"), nsga2 = median_by("nsga2", "auto");
    double gp = median_by("hytnas", "gp"), trees = median_by("hytnas", "trees"), chosen = median_by("hytnas", "auto");
    print_message("hypervolume: random %.0f, nsga2 %.0f, gp %.0f, trees %.0f, auto %.0f\n", random, nsga2, gp, trees,
                  chosen);
    assert_true(nsga2 > random);
    assert_true(gp > nsga2 && trees > nsga2 && chosen > nsga2);
}

/* Half of the space fails, and it is the half that looks best. */
static int half_fails(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    const hyt_candidate *candidate = hyt_trial_candidate(trial);
    toy_evaluate(user, trial, objectives, n);
    if (hyt_candidate_value(candidate, 0) + hyt_candidate_value(candidate, 1) > 4) objectives[0] = NAN;
    return 0;
}

static void failures_are_avoided(void **state)
{
    (void)state;
    size_t failed = 0, after = 0;
    for (int64_t seed = 0; seed < SEEDS; seed++) {
        toy_setup setup = { "hytnas", 10, 4, TRIALS, 5, 10, seed };
        hyt_search *search = NULL;
        MUST(toy_search(NULL, &setup, &search));
        MUST(hyt_search_run(search, half_fails, NULL, NULL));
        assert_int_equal(hyt_search_size(search), TRIALS);
        for (size_t i = 10; i < TRIALS; i++) failed += hyt_search_trial_state(search, i) == HYT_TRIAL_NAN;
        after += TRIALS - 10;
        hyt_search_destroy(search);
    }
    print_message("%zu of %zu proposals after the start failed\n", failed, after);
    assert_true(failed * 7 < after);
}

/* All fail but a corner: what has failed is left alone until something works. */
static int corner_works(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    const hyt_candidate *candidate = hyt_trial_candidate(trial);
    for (size_t g = 0; g < 3; g++)
        if (hyt_candidate_value(candidate, g) > 1) return HYT_TRIAL_INFEASIBLE;
    return toy_evaluate(user, trial, objectives, n);
}

static void a_corner_that_works_is_found(void **state)
{
    (void)state;
    size_t finished = 0;
    for (int64_t seed = 0; seed < SEEDS; seed++) {
        toy_setup setup = { "hytnas", 6, 4, 80, 5, 6, seed };
        hyt_search *search = NULL;
        MUST(toy_search(NULL, &setup, &search));
        MUST(hyt_search_run(search, corner_works, NULL, NULL));
        for (size_t i = 40; i < 80; i++) finished += hyt_search_trial_state(search, i) == HYT_TRIAL_FINISHED;
        hyt_search_destroy(search);
    }
    print_message("%zu finished of %d\n", finished, SEEDS * 40);
    assert_true(finished > SEEDS * 20);
}

static int nothing_works(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)trial;
    (void)objectives;
    (void)n;
    return HYT_TRIAL_INFEASIBLE;
}

static int nothing_matters(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)trial;
    for (size_t j = 0; j < n; j++) objectives[j] = 5;
    return 0;
}

static int huge(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    toy_evaluate(user, trial, objectives, n);
    objectives[1] *= 1e90;
    return 0;
}

static int noise(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    for (size_t j = 0; j < n; j++) objectives[j] = (double)((hyt_trial_number(trial) * 7919 + j * 104729) % 1000);
    return 0;
}

/* What many a program answers where an evaluation has failed. */
static int largest_for_failed(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    toy_evaluate(user, trial, objectives, n);
    if (hyt_trial_number(trial) % 3 == 1) objectives[1] = DBL_MAX;
    return 0;
}

static void check_odd(const char *method, hyt_evaluate_fn odd, bool reference_given)
{
    const double reference[] = { 0, 100 };
    toy_setup setup = { method, 5, 3, 30, 5, 6, 1 };
    hyt_search *search = NULL;
    MUST(toy_search(NULL, &setup, &search));
    if (reference_given) MUST(hyt_search_set_reference(search, reference, 2));
    MUST(hyt_search_run(search, odd, NULL, NULL));
    assert_int_equal(hyt_search_size(search), 30);
    toy_check_distinct(search);
    hyt_search_destroy(search);
}

static void odd_objectives_end_well(void **state)
{
    (void)state;
    const hyt_evaluate_fn odd[] = { nothing_works, nothing_matters, huge, largest_for_failed, noise };
    for (size_t m = 0; m < 3; m++)
        for (size_t k = 0; k < 5; k++)
            for (int given = 0; given < 2; given++) check_odd(toy_methods[m], odd[k], given);
}

/* One, three and four objectives. */
static int many(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    double both[2];
    (void)user;
    toy_objectives(hyt_trial_candidate(trial), both);
    for (size_t j = 0; j < n; j++) {
        double value = hyt_candidate_value(hyt_trial_candidate(trial), j);
        objectives[j] = j < 2 ? (j ? both[1] : -both[0]) : (value - 2) * (value - 2) + 0.1 * both[0];
    }
    return 0;
}

static void more_objectives_work_too(void **state)
{
    (void)state;
    static const char *const names[] = { "a", "b", "c", "d" };
    for (size_t n = 1; n <= 4; n++) {
        double volumes[2];
        for (size_t m = 0; m < 2; m++) {
            hyt_space *space = NULL;
            hyt_options *options = NULL;
            hyt_search *search = NULL;
            MUST(toy_space(NULL, 8, 4, &space));
            MUST(hyt_search_options_create(NULL, &options));
            MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, m ? "hytnas" : "random"));
            MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, 50));
            MUST(hyt_search_create(space, options, &search));
            for (size_t j = 0; j < n; j++) MUST(hyt_search_add_objective(search, names[j], HYT_MINIMISE));
            const double reference[] = { 0, 50, 8, 8 };
            MUST(hyt_search_set_reference(search, reference, n));
            MUST(hyt_search_run(search, many, NULL, NULL));
            MUST(hyt_search_hypervolume(search, &volumes[m]));
            hyt_search_destroy(search);
            hyt_options_destroy(options);
            hyt_space_destroy(space);
        }
        print_message("%zu objectives: random %.4g, hytnas %.4g\n", n, volumes[0], volumes[1]);
        assert_true(volumes[1] > volumes[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_beat_evolution_beats_chance), cmocka_unit_test(failures_are_avoided),
        cmocka_unit_test(a_corner_that_works_is_found),       cmocka_unit_test(odd_objectives_end_well),
        cmocka_unit_test(more_objectives_work_too),
    };
    return cmocka_run_group_tests_name("quality", tests, NULL, NULL);
}
