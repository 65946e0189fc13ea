/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results that the search did not ask for, and proposals that are given back. */
#include "toy.h"

static hyt_search *make(const char *method, int64_t trials, int64_t initial, const char *added)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    MUST(toy_space(NULL, 5, 4, &space));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, method));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, trials));
    MUST(hyt_options_set_int(options, HYT_SEARCH_BATCH, 4));
    MUST(hyt_options_set_int(options, HYT_SEARCH_INITIAL, initial));
    MUST(hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, 4));
    MUST(hyt_options_set_text(options, HYT_SEARCH_ADDED_RESULTS, added));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

/* The index-th of a list of distinct candidates. */
static hyt_candidate *candidate_at(const hyt_search *search, uint64_t index)
{
    hyt_candidate *candidate = NULL;
    MUST(hyt_candidate_at((hyt_space *)(uintptr_t)hyt_search_space(search), 0, index * 37 % 3125, &candidate));
    return candidate;
}

/* Of as many genes with as many levels, whose values are others. */
static hyt_candidate *candidate_elsewhere(void)
{
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    MUST(hyt_space_create(NULL, "toy", &space));
    for (size_t g = 0; g < 5; g++) MUST(hyt_space_add_integer(space, (char[]){ 'g', (char)('0' + g), 0 }, 1, 5, 1));
    MUST(hyt_candidate_at(space, 0, 7, &candidate));
    hyt_space_destroy(space);
    return candidate;
}

static hyt_status add(hyt_search *search, uint64_t index, hyt_trial_state state)
{
    double objectives[2];
    hyt_candidate *candidate = candidate_at(search, index);
    toy_objectives(candidate, objectives);
    hyt_status status = hyt_search_add_result(search, candidate, state, objectives, 2);
    hyt_candidate_destroy(candidate);
    return status;
}

static void shorten_the_design(void **state)
{
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        hyt_search *search = make(toy_methods[m], 20, 8, "free");
        hyt_trial *trials[8];
        size_t count;
        double reference[2];
        for (uint64_t i = 0; i < 5; i++) MUST(add(search, i, HYT_TRIAL_FINISHED));
        MUST(hyt_search_ask(search, 8, trials, &count));
        assert_int_equal(count, 3); /* of a design of 8 */
        CHECK_STATUS(hyt_search_reference(search, reference, 2), HYT_ERR_STATE);
        for (size_t i = 0; i < count; i++) MUST(hyt_search_tell(search, trials[i], HYT_TRIAL_TIMEOUT, NULL, 0));
        MUST(hyt_search_reference(search, reference, 2));
        MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
        assert_int_equal(hyt_search_size(search), 25); /* those added are free */
        assert_string_equal(hyt_search_stopped(search), "trials");
        toy_check_distinct(search);
        hyt_search_destroy(search);
    }
}

/* Enough of them are a design: the first ask is of the surrogates, and the reference is known, from all. */
static void may_be_the_design(void **state)
{
    (void)state;
    hyt_search *search = make("hytnas", 20, 6, "free");
    double reference[2], worst[2] = { INFINITY, -INFINITY };
    for (uint64_t i = 0; i < 30; i++) MUST(add(search, i, HYT_TRIAL_FINISHED));
    for (size_t i = 0; i < 30; i++) {
        worst[0] = fmin(worst[0], hyt_search_trial_objectives(search, i)[0]);
        worst[1] = fmax(worst[1], hyt_search_trial_objectives(search, i)[1]);
    }
    MUST(hyt_search_reference(search, reference, 2));
    assert_true(reference[0] < worst[0] && reference[1] > worst[1]);
    hyt_trial *trials[8];
    size_t count;
    MUST(hyt_search_ask(search, 8, trials, &count));
    assert_int_equal(count, 4);
    hyt_search_destroy(search);
}

static void count_where_asked(void **state)
{
    (void)state;
    hyt_search *search = make("hytnas", 12, 6, "count");
    for (uint64_t i = 0; i < 7; i++) MUST(add(search, i, HYT_TRIAL_FINISHED));
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    assert_int_equal(hyt_search_size(search), 12);
    hyt_search_destroy(search);
}

/* A proposal turns out not to exist, its neighbour is evaluated instead: budget counts what was evaluated. */
static void may_take_the_place_of_a_proposal(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        hyt_search *search = make(toy_methods[m], 15, 6, "count");
        hyt_trial *trials[8];
        size_t count, evaluated = 0;
        double objectives[2];
        hyt_status status;
        while ((status = hyt_search_ask(search, 8, trials, &count)) == HYT_OK)
            for (size_t i = 0; i < count; i++) {
                const hyt_candidate *proposed = hyt_trial_candidate(trials[i]);
                hyt_candidate *other = NULL;
                MUST(hyt_candidate_neighbour(proposed, 0, &other));
                toy_objectives(other, objectives);
                bool missing = i % 2 == 0 &&
                               hyt_search_add_result(search, other, HYT_TRIAL_FINISHED, objectives, 2) == HYT_OK;
                hyt_candidate_destroy(other);
                if (!missing) toy_objectives(proposed, objectives);
                MUST(hyt_search_tell(search, trials[i], missing ? HYT_TRIAL_CANCELLED : HYT_TRIAL_FINISHED, objectives,
                                     2));
                evaluated++;
            }
        assert_int_equal(status, HYT_ERR_STATE);
        assert_int_equal(evaluated, 15);
        toy_check_distinct(search);
        hyt_search_destroy(search);
    }
}

static void are_checked(void **state)
{
    (void)state;
    hyt_search *search = make("hytnas", 15, 6, "free"), *other = NULL;
    toy_setup wide = { "hytnas", 6, 4, 15, 4, 6, 1 };
    hyt_trial *trial;
    size_t count;
    double values[2] = { 1, INFINITY };
    MUST(toy_search(NULL, &wide, &other));
    MUST(add(search, 0, HYT_TRIAL_FINISHED));
    CHECK_STATUS(add(search, 0, HYT_TRIAL_FINISHED), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("trial 0, which is finished");
    CHECK_STATUS(add(search, 1, HYT_TRIAL_PENDING), HYT_ERR_RANGE);
    CHECK_STATUS(add(search, 1, HYT_TRIAL_CANCELLED), HYT_ERR_RANGE);
    CHECK_STATUS(add(search, 1, HYT_TRIAL_PRUNED), HYT_ERR_RANGE);
    hyt_candidate *candidate = candidate_at(search, 1), *foreign = candidate_at(other, 1);
    CHECK_STATUS(hyt_search_add_result(search, foreign, HYT_TRIAL_FINISHED, values, 2), HYT_ERR_CONFLICT);
    hyt_candidate *alike = candidate_elsewhere();
    CHECK_STATUS(hyt_search_add_result(search, alike, HYT_TRIAL_FINISHED, values, 2), HYT_ERR_CONFLICT);
    CHECK_STATUS(hyt_search_add_result(search, candidate, HYT_TRIAL_FINISHED, values, 1), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_search_add_result(search, candidate, HYT_TRIAL_FINISHED, NULL, 2), HYT_ERR_ARGUMENT);
    assert_int_equal(hyt_search_size(search), 1);
    MUST(hyt_search_add_result(search, candidate, HYT_TRIAL_FINISHED, values, 2));
    assert_int_equal(hyt_search_trial_state(search, 1), HYT_TRIAL_NAN);
    MUST(hyt_search_ask(search, 1, &trial, &count));
    CHECK_STATUS(hyt_search_add_result(search, hyt_trial_candidate(trial), HYT_TRIAL_NAN, NULL, 0), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("pending");
    MUST(hyt_search_tell(search, trial, HYT_TRIAL_CANCELLED, NULL, 0));
    MUST(hyt_search_add_result(search, hyt_trial_candidate(trial), HYT_TRIAL_NAN, NULL, 0));
    hyt_candidate_destroy(candidate);
    hyt_candidate_destroy(foreign);
    hyt_candidate_destroy(alike);
    hyt_search_destroy(search);
    hyt_search_destroy(other);
}

/* A transient failure is tried again, as often as the options say; nothing else is. */
static int always_transient(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)trial;
    (void)objectives;
    (void)n;
    return HYT_TRIAL_TRANSIENT;
}

static void transient_failures_are_tried_again(void **state)
{
    (void)state;
    toy_setup setup = { "random", 1, 2, 100, 2, 1, 1 }; /* three candidates */
    hyt_search *search = NULL;
    MUST(toy_search(NULL, &setup, &search));
    MUST(hyt_search_run(search, always_transient, NULL, NULL));
    assert_string_equal(hyt_search_stopped(search), "exhausted");
    assert_int_equal(hyt_search_size(search), 6);
    hyt_search_destroy(search);
}

static hyt_status add_and_ask(hyt_context *context)
{
    toy_setup setup = { "nsga2", 5, 4, 20, 4, 6, 1 };
    hyt_search *search = NULL;
    hyt_candidate *candidate = NULL;
    hyt_trial *trials[8];
    size_t count = 0;
    const double objectives[] = { 1, 2 };
    const size_t levels[] = { 1, 2, 3, 4, 0 };
    hyt_status status = toy_search(context, &setup, &search);
    if (status == HYT_OK)
        status = hyt_candidate_create((hyt_space *)(uintptr_t)hyt_search_space(search), levels, 5, &candidate);
    if (status == HYT_OK) status = hyt_search_add_result(search, candidate, HYT_TRIAL_FINISHED, objectives, 2);
    if (status != HYT_OK) assert_int_equal(hyt_search_size(search), 0);
    if (status == HYT_OK) status = hyt_search_ask(search, 8, trials, &count);
    for (size_t i = 0; i < count; i++) MUST(hyt_search_tell(search, trials[i], HYT_TRIAL_TRANSIENT, NULL, 0));
    if (status == HYT_OK) status = hyt_search_ask(search, 8, trials, &count);
    hyt_candidate_destroy(candidate);
    hyt_search_destroy(search);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(add_and_ask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shorten_the_design),
        cmocka_unit_test(may_be_the_design),
        cmocka_unit_test(count_where_asked),
        cmocka_unit_test(may_take_the_place_of_a_proposal),
        cmocka_unit_test(are_checked),
        cmocka_unit_test(transient_failures_are_tried_again),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("added", tests, NULL, NULL);
}
