/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handle: what is proposed, what is refused, how a run ends. */
#include "search/search.h"
#include "toy.h"

static hyt_search *make(const char *method, size_t genes, int64_t high, int64_t trials)
{
    toy_setup setup = { method, genes, high, trials, 4, 6, 1 };
    hyt_search *search = NULL;
    MUST(toy_search(NULL, &setup, &search));
    return search;
}

static void a_small_space_is_exhausted(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        hyt_search *search = make(toy_methods[i], 3, 2, 1000);
        size_t calls = 0, count;
        hyt_trial *trial;
        MUST(hyt_search_run(search, toy_evaluate, &calls, NULL));
        assert_string_equal(hyt_search_stopped(search), "exhausted");
        assert_int_equal(calls, 27);
        assert_int_equal(hyt_search_size(search), 27);
        toy_check_distinct(search);
        CHECK_STATUS(hyt_search_ask(search, 1, &trial, &count), HYT_ERR_EXHAUSTED);
        hyt_search_destroy(search);
    }
}

/* Smaller than its initial design: a reference all the same. */
static void a_space_of_one_point_is_a_space(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        hyt_search *search = make(toy_methods[i], 2, 0, 10);
        double volume = 0;
        MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
        assert_string_equal(hyt_search_stopped(search), "exhausted");
        assert_int_equal(hyt_search_size(search), 1);
        MUST(hyt_search_hypervolume(search, &volume));
        assert_true(volume > 0);
        hyt_search_destroy(search);
    }
}

static void what_nothing_meets_is_named(void **state)
{
    (void)state;
    hyt_search *search = make("hytnas", 4, 3, 20);
    MUST(hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, -1));
    CHECK_STATUS(hyt_search_run(search, toy_evaluate, NULL, NULL), HYT_ERR_INFEASIBLE);
    CHECK_MESSAGE("sum <= -1 (0 at the nearest)");
    assert_int_equal(hyt_search_size(search), 0);
    hyt_search_destroy(search);
}

/* One candidate in 10^8 meets it: found by walking there, and never broken. */
static void rare_candidates_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        hyt_search *search = make(toy_methods[i], 12, 7, 30);
        double value;
        MUST(hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, 9));
        MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
        assert_string_equal(hyt_search_stopped(search), "trials");
        assert_int_equal(hyt_search_size(search), 30);
        toy_check_distinct(search);
        for (size_t k = 0; k < 30; k++) {
            toy_sum(NULL, hyt_trial_candidate(hyt_search_trial(search, k)), &value);
            assert_true(value <= 9);
        }
        hyt_search_destroy(search);
    }
}

static void limits_keep_the_front_and_draw_the_search(void **state)
{
    (void)state;
    size_t within[3] = { 0 };
    for (size_t i = 0; i < 3; i++) {
        hyt_search *search = make(toy_methods[i], 8, 4, 60);
        MUST(hyt_search_add_limit(search, "cost", 12)); /* rare at random */
        MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
        for (size_t k = 0; k < 60; k++) {
            bool good = hyt_search_trial_objectives(search, k)[1] <= 12;
            assert_int_equal(hyt_search_trial_state(search, k), HYT_TRIAL_FINISHED);
            if (!good) assert_false(hyt_search_trial_in_front(search, k));
            within[i] += good && k >= 20;
        }
        hyt_search_destroy(search);
    }
    if (within[0] < 20 || within[1] <= within[2])
        fail_msg("of the last 40, %zu are within the limit by hytnas, %zu by nsga2, %zu at random", within[0],
                 within[1], within[2]);
}

static void the_front_is_what_nothing_dominates(void **state)
{
    (void)state;
    hyt_search *search = make("random", 5, 4, 50);
    double volume, last = 0;
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    for (size_t i = 0; i < 50; i++) {
        const double *a = hyt_search_trial_objectives(search, i);
        bool dominated = false;
        for (size_t k = 0; k < 50; k++) {
            const double *b = hyt_search_trial_objectives(search, k);
            dominated |= b[0] >= a[0] && b[1] <= a[1] && (b[0] > a[0] || b[1] < a[1]);
        }
        assert_int_equal(hyt_search_trial_in_front(search, i), !dominated);
        MUST(hyt_search_hypervolume_at(search, i, &volume));
        assert_true(volume >= last);
        last = volume;
    }
    MUST(hyt_search_hypervolume(search, &volume));
    CHECK_NEAR(volume, last, 0);
    CHECK_STATUS(hyt_search_hypervolume_at(search, 50, &volume), HYT_ERR_RANGE);
    hyt_search_destroy(search);
}

static void the_reference_is_the_nadir_and_a_tenth(void **state)
{
    (void)state;
    hyt_search *search = make("nsga2", 4, 4, 30);
    hyt_trial *trials[6];
    size_t count = 0;
    double reference[2] = { 7, 7 }, volume = 7;
    MUST(hyt_search_ask(search, 100, trials, &count));
    assert_int_equal(count, 6);
    for (size_t i = 0; i < 6; i++) {
        const double values[] = { (double)i, 10.0 * (double)i };
        CHECK_STATUS(hyt_search_reference(search, reference, 2), HYT_ERR_STATE);
        CHECK_STATUS(hyt_search_hypervolume(search, &volume), HYT_ERR_STATE);
        CHECK_NEAR(volume + reference[0], 14, 0);
        MUST(hyt_search_tell(search, trials[i], i == 0 ? HYT_TRIAL_TIMEOUT : HYT_TRIAL_FINISHED, values, 2));
    }
    MUST(hyt_search_reference(search, reference, 2));
    CHECK_NEAR(reference[0], 1 - 0.4, 1e-15);  /* maximised: the least is the worst; the failed one does not count */
    CHECK_NEAR(reference[1], 50 + 4, 1e-15);
    MUST(hyt_search_hypervolume(search, &volume));
    assert_true(volume > 0);
    CHECK_STATUS(hyt_search_set_reference(search, reference, 2), HYT_ERR_STATE);
    hyt_search_destroy(search);
}

static void a_round_is_handed_out_as_asked_for(void **state)
{
    (void)state;
    hyt_search *search = make("random", 6, 4, 10);
    hyt_trial *trials[8];
    size_t count = 0;
    const double values[] = { 1, 2 };
    MUST(hyt_search_ask(search, 3, trials, &count));
    assert_int_equal(count, 3);
    assert_int_equal(hyt_search_size(search), 4); /* made at once */
    MUST(hyt_search_ask(search, 8, trials + 3, &count));
    assert_int_equal(count, 1);
    CHECK_STATUS(hyt_search_ask(search, 1, trials + 4, &count), HYT_ERR_STATE);
    CHECK_MESSAGE("4 trials");
    for (size_t i = 0; i < 4; i++) MUST(hyt_search_tell(search, trials[3 - i], HYT_TRIAL_FINISHED, values, 2));
    CHECK_STATUS(hyt_search_tell(search, trials[0], HYT_TRIAL_FINISHED, values, 2), HYT_ERR_STATE);
    CHECK_MESSAGE("trial 0 was told before: finished");
    for (size_t told = 4; told < 10; told++) {
        MUST(hyt_search_ask(search, 1, trials, &count));
        MUST(hyt_search_tell(search, trials[0], HYT_TRIAL_TRANSIENT, NULL, 0));
    }
    CHECK_STATUS(hyt_search_ask(search, 1, trials, &count), HYT_ERR_STATE);
    CHECK_MESSAGE("10 trials");
    hyt_search_destroy(search);
}

static void what_is_told_is_checked(void **state)
{
    (void)state;
    hyt_search *search = make("random", 6, 4, 10), *other = make("random", 6, 4, 10);
    hyt_trial *trial, *second, *third;
    size_t count;
    const double values[] = { 1, INFINITY }, beyond[] = { -2e100, 1 };
    MUST(hyt_search_ask(search, 1, &trial, &count));
    MUST(hyt_search_ask(search, 1, &second, &count));
    MUST(hyt_search_ask(search, 1, &third, &count));
    CHECK_STATUS(hyt_search_tell(other, trial, HYT_TRIAL_FINISHED, values, 2), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_search_tell(search, trial, HYT_TRIAL_PENDING, values, 2), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_tell(search, trial, (hyt_trial_state)1, values, 2), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_tell(search, trial, HYT_TRIAL_FINISHED, values, 1), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_search_tell(search, trial, HYT_TRIAL_FINISHED, NULL, 2), HYT_ERR_ARGUMENT);
    assert_int_equal(hyt_search_trial_state(search, 0), HYT_TRIAL_PENDING);
    MUST(hyt_search_tell(search, trial, HYT_TRIAL_FINISHED, values, 2));
    assert_int_equal(hyt_search_trial_state(search, 0), HYT_TRIAL_NAN);
    assert_null(hyt_search_trial_objectives(search, 0));
    MUST(hyt_search_tell(search, second, HYT_TRIAL_INFEASIBLE, NULL, 0));
    assert_int_equal(hyt_search_trial_state(search, 1), HYT_TRIAL_INFEASIBLE);
    MUST(hyt_search_tell(search, third, HYT_TRIAL_FINISHED, beyond, 2));
    assert_int_equal(hyt_search_trial_state(search, 2), HYT_TRIAL_NAN);
    hyt_search_destroy(search);
    hyt_search_destroy(other);
}

static void setting_up_is_checked(void **state)
{
    (void)state;
    hyt_search *search = make("random", 6, 4, 10);
    const double bad[] = { 1, NAN };
    CHECK_STATUS(hyt_search_add_objective(search, "gain", HYT_MINIMISE), HYT_ERR_CONFLICT);
    CHECK_STATUS(hyt_search_add_objective(search, "a=b", HYT_MINIMISE), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_search_add_objective(search, "", HYT_MINIMISE), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_search_add_objective(search, "x", (hyt_direction)2), HYT_ERR_ARGUMENT);
    MUST(hyt_search_add_objective(search, "third", HYT_MINIMISE));
    MUST(hyt_search_add_objective(search, "fourth", HYT_MINIMISE));
    CHECK_STATUS(hyt_search_add_objective(search, "fifth", HYT_MINIMISE), HYT_ERR_RANGE);
    assert_int_equal(hyt_search_objectives(search), 4);
    assert_string_equal(hyt_search_objective_name(search, 1), "cost");
    assert_null(hyt_search_objective_name(search, 4));
    CHECK_STATUS(hyt_search_add_limit(search, "gian", 1), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("\"gain\"");
    CHECK_STATUS(hyt_search_add_limit(search, "gain", NAN), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, INFINITY), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_add_constraint(search, "sum", NULL, NULL, NULL, 1), HYT_ERR_ARGUMENT);
    MUST(hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, 100));
    CHECK_STATUS(hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, 100), HYT_ERR_CONFLICT);
    CHECK_STATUS(hyt_search_set_reference(search, bad, 2), HYT_ERR_SHAPE);
    hyt_search_destroy(search);
    search = make("random", 6, 4, 10);
    CHECK_STATUS(hyt_search_set_reference(search, bad, 2), HYT_ERR_RANGE);
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    CHECK_STATUS(hyt_search_add_objective(search, "late", HYT_MINIMISE), HYT_ERR_STATE);
    CHECK_STATUS(hyt_search_add_limit(search, "gain", 1), HYT_ERR_STATE);
    hyt_search_destroy(search);
}

/* What a callback is to answer, at which call. */
typedef struct script {
    size_t calls, at;
    int answer;
} script;

static int scripted_evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    script *s = user;
    if (++s->calls == s->at) return s->answer;
    return toy_evaluate(NULL, trial, objectives, n);
}

static int scripted_progress(void *user, const hyt_search *search, const hyt_trial *trial)
{
    script *s = user;
    assert_int_equal(hyt_trial_number(trial) + 1, s->calls);
    assert_int_equal(hyt_search_trial_state(search, (size_t)hyt_trial_number(trial)), HYT_TRIAL_FINISHED);
    return s->calls == 3 ? s->answer : 0;
}

static int scripted_measure(void *user, const hyt_candidate *candidate, double *value)
{
    script *s = user;
    toy_sum(NULL, candidate, value);
    return ++s->calls == s->at ? s->answer : 0;
}

static void answers_travel_unchanged(void **state)
{
    (void)state;
    for (size_t at = 1; at < 20; at += 3) {
        script s = { .at = at, .answer = -77 };
        hyt_search *search = make("hytnas", 6, 4, 30);
        assert_int_equal(hyt_search_run(search, scripted_evaluate, &s, NULL), -77);
        CHECK_MESSAGE("evaluate callback answered -77");
        assert_int_equal(hyt_search_trial_state(search, at - 1), HYT_TRIAL_PENDING);
        MUST(hyt_search_run(search, scripted_evaluate, &s, NULL)); /* evaluated again, under its number */
        assert_int_equal(s.calls, 31);
        hyt_search_destroy(search);
    }
    script s = { .answer = -10 }; /* a status of ours, but not ours */
    hyt_search *search = make("hytnas", 6, 4, 30);
    assert_int_equal(hyt_search_run(search, scripted_evaluate, &s, scripted_progress), -10);
    assert_int_equal(hyt_search_size(search), 6);
    hyt_search_destroy(search);
    s = (script){ .answer = -5, .at = 40 };
    search = make("hytnas", 6, 4, 30);
    MUST(hyt_search_add_constraint(search, "sum", scripted_measure, &s, NULL, 14));
    assert_int_equal(hyt_search_run(search, toy_evaluate, NULL, NULL), -5);
    CHECK_MESSAGE("sum callback answered -5");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    hyt_search_destroy(search);
}

static void runs_end_well(void **state)
{
    (void)state;
    script s = { .at = 9, .answer = HYT_STOP };
    hyt_search *search = make("hytnas", 6, 4, 30);
    assert_string_equal(hyt_search_stopped(search), "");
    MUST(hyt_search_run(search, scripted_evaluate, &s, NULL));
    assert_string_equal(hyt_search_stopped(search), "stopped");
    assert_int_equal(hyt_search_trial_state(search, 8), HYT_TRIAL_PENDING);
    MUST(hyt_search_run(search, scripted_evaluate, &s, NULL));
    assert_string_equal(hyt_search_stopped(search), "trials");
    assert_int_equal(s.calls, 31);
    hyt_search_destroy(search);
    s = (script){ .answer = HYT_STOP };
    search = make("hytnas", 6, 4, 30);
    MUST(hyt_search_run(search, scripted_evaluate, &s, scripted_progress));
    assert_int_equal(s.calls, 3);
    assert_string_equal(hyt_search_stopped(search), "stopped");
    hyt_search_destroy(search);
}

static void failing_states_are_told(void **state)
{
    (void)state;
    for (int answer = HYT_TRIAL_INFEASIBLE; answer <= HYT_TRIAL_NAN; answer++) {
        script s = { .at = 2, .answer = answer };
        hyt_search *search = make("random", 6, 4, 10);
        MUST(hyt_search_run(search, scripted_evaluate, &s, NULL));
        assert_int_equal(hyt_search_trial_state(search, 1), answer);
        hyt_search_destroy(search);
    }
    script s = { .at = 2, .answer = 99 };
    hyt_search *search = make("random", 6, 4, 10);
    CHECK_STATUS(hyt_search_run(search, scripted_evaluate, &s, NULL), HYT_ERR_RANGE);
    CHECK_MESSAGE("99");
    hyt_search_destroy(search);
}

static hyt_search *with_option(const char *key, const char *value)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    MUST(toy_space(NULL, 3, 3, &space));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, "random"));
    MUST(hyt_options_set_text(options, key, value));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

static void the_stop_rule_has_reasons(void **state)
{
    (void)state;
    double volume;
    hyt_search *search = with_option(HYT_SEARCH_SECONDS, "1e-9");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    assert_string_equal(hyt_search_stopped(search), "seconds");
    assert_int_equal(hyt_search_size(search), 0);
    hyt_search_destroy(search);
    search = with_option(HYT_SEARCH_TARGET, "1");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    assert_string_equal(hyt_search_stopped(search), "target");
    MUST(hyt_search_hypervolume(search, &volume));
    assert_true(volume >= 1);
    hyt_search_destroy(search);
    search = with_option(HYT_SEARCH_STALL, "3");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    assert_string_equal(hyt_search_stopped(search), "stall");
    size_t n = hyt_search_size(search);
    double before;
    MUST(hyt_search_hypervolume(search, &volume));
    MUST(hyt_search_hypervolume_at(search, n - 4, &before));
    CHECK_NEAR(volume, before, 0);
    hyt_search_destroy(search);
}

static void what_decides_is_described(void **state)
{
    (void)state;
    const double reference[] = { 0, 40.5 };
    hyti_text text = { 0 };
    hyt_search *search = make("nsga2", 6, 4, 30);
    MUST(hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, 18));
    MUST(hyt_search_add_limit(search, "gain", 0.1));
    MUST(hyt_search_set_reference(search, reference, 2));
    hyti_search_describe(search, &text);
    assert_false(text.failed);
    const char *expected =
        "objective.0=max gain\nobjective.1=min cost\nconstraint.sum=18\nlimit.gain=0.1\nreference=0 40.5\n"
        "option.method=nsga2\noption.seed=1\noption.trials=30\n";
    if (strncmp(text.data, expected, strlen(expected)) != 0) fail_msg("%s", text.data);
    assert_non_null(strstr(text.data, "\noption.surrogate=gp\noption.acquisition=ehvi\n"));
    hyti_text_clear(&text);
    hyt_search_destroy(search);
}

static void released(void *user)
{
    ++*(size_t *)user;
}

static void what_is_handed_over_is_released_once(void **state)
{
    (void)state;
    size_t calls[2] = { 0, 0 };
    hyt_search *search = make("random", 3, 3, 10);
    MUST(hyt_search_add_constraint(search, "sum", toy_sum, &calls[0], released, 100));
    MUST(hyt_search_set_journal(search, NULL, NULL, NULL, &calls[1], released));
    MUST(hyt_search_set_journal(search, NULL, NULL, NULL, NULL, NULL));
    assert_int_equal(calls[1], 1);
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    hyt_search_destroy(search);
    assert_int_equal(calls[0], 1);
    assert_int_equal(calls[1], 1);
    hyt_search_destroy(NULL);
}

static hyt_status use_search(hyt_context *context)
{
    toy_setup setup = { "hytnas", 3, 2, 9, 2, 5, 1 };
    hyt_search *search = NULL;
    double volume;
    hyt_status status = toy_search(context, &setup, &search);
    if (status == HYT_OK) status = hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, 5);
    if (status == HYT_OK) status = hyt_search_run(search, toy_evaluate, NULL, NULL);
    if (status == HYT_OK) status = hyt_search_hypervolume(search, &volume);
    hyt_search_destroy(search);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(use_search);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_space_is_exhausted),
        cmocka_unit_test(a_space_of_one_point_is_a_space),
        cmocka_unit_test(what_nothing_meets_is_named),
        cmocka_unit_test(rare_candidates_are_found),
        cmocka_unit_test(limits_keep_the_front_and_draw_the_search),
        cmocka_unit_test(the_front_is_what_nothing_dominates),
        cmocka_unit_test(the_reference_is_the_nadir_and_a_tenth),
        cmocka_unit_test(a_round_is_handed_out_as_asked_for),
        cmocka_unit_test(what_is_told_is_checked),
        cmocka_unit_test(setting_up_is_checked),
        cmocka_unit_test(answers_travel_unchanged),
        cmocka_unit_test(runs_end_well),
        cmocka_unit_test(failing_states_are_told),
        cmocka_unit_test(the_stop_rule_has_reasons),
        cmocka_unit_test(what_decides_is_described),
        cmocka_unit_test(what_is_handed_over_is_released_once),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
