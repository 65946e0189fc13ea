/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search is given that teaches little or nothing: a result or a named error, never a hang. */
#include "toy.h"

static hyt_search *make(const char *method, size_t genes, int64_t high, int64_t trials)
{
    toy_setup setup = { method, genes, high, trials, 5, 6, 1 };
    hyt_search *search = NULL;
    MUST(toy_search(NULL, &setup, &search));
    return search;
}

enum { METHODS = sizeof toy_methods / sizeof *toy_methods };

static int constant(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)trial;
    for (size_t j = 0; j < n; j++) objectives[j] = 3;
    return 0;
}

static int huge(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    static const double values[] = { 1e100, -1e100, 1e300, INFINITY, -INFINITY, NAN, 0, 1e-300, 5 };
    (void)user;
    for (size_t j = 0; j < n; j++)
        objectives[j] = values[(hyt_trial_number(trial) * 5 + 3 * j) % (sizeof values / sizeof *values)];
    return 0;
}

/* `user` is the state that every trial ends in. */
static int always(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)trial;
    (void)objectives;
    (void)n;
    return *(const int *)user;
}

static void objectives_that_teach_nothing(void **state)
{
    (void)state;
    for (size_t m = 0; m < METHODS; m++) {
        double volume;
        hyt_search *search = make(toy_methods[m], 4, 3, 25);
        MUST(hyt_search_run(search, constant, NULL, NULL));
        assert_int_equal(hyt_search_size(search), 25);
        MUST(hyt_search_hypervolume(search, &volume));
        assert_true(isfinite(volume) && volume >= 0);
        toy_check_distinct(search);
        hyt_search_destroy(search);
        search = make(toy_methods[m], 4, 3, 25);
        MUST(hyt_search_run(search, huge, NULL, NULL));
        assert_int_equal(hyt_search_size(search), 25);
        hyt_search_destroy(search);
    }
}

static void nothing_ever_works(void **state)
{
    (void)state;
    for (size_t m = 0; m < METHODS; m++)
        for (int end = HYT_TRIAL_INFEASIBLE; end <= HYT_TRIAL_NAN; end++) {
            double volume;
            hyt_search *search = make(toy_methods[m], 4, 3, 20);
            MUST(hyt_search_run(search, always, &end, NULL));
            assert_int_equal(hyt_search_size(search), 20);
            CHECK_STATUS(hyt_search_hypervolume(search, &volume), HYT_ERR_STATE);
            hyt_search_destroy(search);
        }
}

/* One point; genes of one level; spaces that end before the trials do. */
static void small_spaces(void **state)
{
    (void)state;
    static const struct { size_t genes; int64_t high; size_t points;
    } spaces[] = { { 1, 0, 1 }, { 6, 0, 1 }, { 1, 1, 2 }, { 2, 2, 9 }, { 3, 2, 27 } };
    for (size_t m = 0; m < METHODS; m++)
        for (size_t s = 0; s < sizeof spaces / sizeof *spaces; s++) {
            hyt_search *search = make(toy_methods[m], spaces[s].genes, spaces[s].high, 100);
            hyt_trial *trial;
            size_t count;
            MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
            assert_string_equal(hyt_search_stopped(search), "exhausted");
            assert_int_equal(hyt_search_size(search), spaces[s].points);
            CHECK_STATUS(hyt_search_ask(search, 1, &trial, &count), HYT_ERR_EXHAUSTED);
            toy_check_distinct(search);
            hyt_search_destroy(search);
        }
}

/* Pairs of candidates that differ in a gene which matters to nothing: equal rows of objectives. */
static int blind(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    for (size_t j = 0; j < n; j++)
        objectives[j] = (double)hyt_candidate_level(hyt_trial_candidate(trial), 0) * (j ? 1 : 2);
    return 0;
}

static void rows_that_are_equal(void **state)
{
    (void)state;
    for (size_t m = 0; m < METHODS; m++) {
        hyt_search *search = make(toy_methods[m], 3, 3, 40);
        MUST(hyt_search_run(search, blind, NULL, NULL));
        assert_int_equal(hyt_search_size(search), 40);
        toy_check_distinct(search);
        hyt_search_destroy(search);
    }
}

/* Genes that are the same wherever they may be, and one that is the same everywhere. */
static int apart(void *user, const hyt_candidate *candidate, double *value)
{
    (void)user;
    *value = fabs(hyt_candidate_value(candidate, 1) - hyt_candidate_value(candidate, 2)) +
             fabs(hyt_candidate_value(candidate, 1) + hyt_candidate_value(candidate, 3) - 5);
    return 0;
}

static void genes_that_follow_each_other(void **state)
{
    (void)state;
    for (size_t m = 0; m < METHODS; m++) {
        hyt_search *search = make(toy_methods[m], 5, 5, 30);
        MUST(hyt_search_add_constraint(search, "apart", apart, NULL, NULL, 0));
        MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
        assert_int_equal(hyt_search_size(search), 30);
        for (size_t i = 0; i < 30; i++) {
            double value;
            apart(NULL, hyt_trial_candidate(hyt_search_trial(search, i)), &value);
            assert_true(value == 0);
        }
        toy_check_distinct(search);
        hyt_search_destroy(search);
    }
}

/* One result, of whatever kind, is all that is known when the first round is made. */
static void one_point(void **state)
{
    (void)state;
    const hyt_evaluate_fn evaluations[] = { toy_evaluate, constant, huge };
    for (size_t m = 0; m < METHODS; m++)
        for (size_t k = 0; k < sizeof evaluations / sizeof *evaluations; k++) {
            toy_setup setup = { toy_methods[m], 4, 3, 11, 5, 1, 1 };
            hyt_search *search = NULL;
            MUST(toy_search(NULL, &setup, &search));
            MUST(hyt_search_run(search, evaluations[k], NULL, NULL));
            assert_int_equal(hyt_search_size(search), 11);
            toy_check_distinct(search);
            hyt_search_destroy(search);
        }
}

/* Many told trials: added at once, then rounds are proposed. */
static void check_ten_thousand(const char *method)
{
    hyt_search *search = make(method, 8, 4, 20000);
    hyt_trial *trials[8];
    size_t count;
    double objectives[2], volume;
    for (uint64_t i = 0; i < 10000; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_at((hyt_space *)(uintptr_t)hyt_search_space(search), 0, i * 39, &candidate));
        toy_objectives(candidate, objectives);
        MUST(hyt_search_add_result(search, candidate, HYT_TRIAL_FINISHED, objectives, 2));
        hyt_candidate_destroy(candidate);
    }
    for (int round = 0; round < 3; round++) {
        MUST(hyt_search_ask(search, 8, trials, &count));
        assert_int_equal(count, 5);
        for (size_t i = 0; i < count; i++) {
            toy_objectives(hyt_trial_candidate(trials[i]), objectives);
            MUST(hyt_search_tell(search, trials[i], HYT_TRIAL_FINISHED, objectives, 2));
        }
    }
    MUST(hyt_search_hypervolume(search, &volume));
    assert_true(volume > 0);
    hyt_search_destroy(search);
}

static void ten_thousand_results(void **state)
{
    (void)state;
    for (size_t m = 0; m < METHODS; m++) check_ten_thousand(toy_methods[m]);
}

/* Half of the space returns NaN: where gene 0 is high, or where the first two genes are both high or both low. */
static int half_plane(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    const hyt_candidate *c = hyt_trial_candidate(trial);
    toy_evaluate(NULL, trial, objectives, n);
    bool a = hyt_candidate_level(c, 0) >= 4, b = hyt_candidate_level(c, 1) >= 4;
    if (user ? a == b : a) objectives[0] = NAN;
    return 0;
}

static void failures_are_learnt(void **state)
{
    (void)state;
    int checker = 1;
    for (int pattern = 0; pattern < 2; pattern++) {
        toy_setup setup = { "hytnas", 6, 7, 200, 5, 0, 1 };
        hyt_search *search = NULL;
        size_t failed = 0;
        MUST(toy_search(NULL, &setup, &search));
        MUST(hyt_search_run(search, half_plane, pattern ? &checker : NULL, NULL));
        for (size_t i = 0; i < 200; i++) failed += hyt_search_trial_state(search, i) == HYT_TRIAL_NAN;
        print_message("%s: %zu of 200 failed\n", pattern ? "checker" : "half plane", failed);
        assert_true(failed <= 30);
        hyt_search_destroy(search);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objectives_that_teach_nothing), cmocka_unit_test(nothing_ever_works),
        cmocka_unit_test(small_spaces),                  cmocka_unit_test(rows_that_are_equal),
        cmocka_unit_test(genes_that_follow_each_other),  cmocka_unit_test(one_point),
        cmocka_unit_test(ten_thousand_results),          cmocka_unit_test(failures_are_learnt),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
