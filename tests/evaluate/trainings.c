/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trainings inside evaluations: what they inherit, imitate and may take; the search goes on whatever they do. */
#include "evaluate/parents.h"
#include "toy.h"
#include <hytnas/search.h>

/* The networks of the smallest candidate, the far one, the near one and the smallest, evaluated one after the other. */
static void evaluate_four(const fixture *f, const char *const *settings, hyt_graph *networks[4])
{
    hyt_candidate *const order[] = { f->candidate, f->far, f->near, f->candidate };
    hyt_evaluator *evaluator = evaluator_of(f, settings);
    for (size_t i = 0; i < 4; i++) {
        double accuracy = -1;
        assert_int_equal(evaluate(evaluator, order[i], i, &accuracy), 0);
        assert_true(accuracy >= 0 && accuracy <= 1);
        MUST(hyt_evaluator_network(evaluator, &networks[i]));
    }
    /* The last training of all starts from scratch. */
    hyt_graph *fresh = NULL;
    MUST(hyt_evaluator_train(evaluator, f->candidate, 0, &fresh, NULL));
    assert_true(same_weights(fresh, networks[0]));
    hyt_graph_destroy(fresh);
    hyt_evaluator_destroy(evaluator);
}

static void candidates_inherit(void **state)
{
    (void)state;
    fixture f;
    hyt_graph *none[4], *last[4], *again[4];
    set_up(&f, SET(NULL), NULL);
    evaluate_four(&f, SET("inherit", "0"), none);
    evaluate_four(&f, SET("inherit", "3"), last);
    evaluate_four(&f, SET("inherit", "3", "threads", "2"), again);
    assert_true(same_weights(none[0], none[3])); /* it follows from the candidate alone */
    assert_true(same_weights(none[0], last[0])); /* there was nothing to inherit */
    assert_false(same_weights(none[1], last[1]));
    assert_false(same_weights(none[2], last[2]));
    assert_false(same_weights(none[3], last[3]));
    for (size_t i = 0; i < 4; i++) {
        assert_true(same_weights(last[i], again[i]));
        hyt_graph_destroy(none[i]);
        hyt_graph_destroy(last[i]);
        hyt_graph_destroy(again[i]);
    }
    tear_down(&f);
}

/* Fewest genes, then the earliest trial; the oldest leaves; another space has no relatives here. */
static void the_nearest_is_found(void **state)
{
    (void)state;
    fixture f;
    hyti_parents parents, none;
    hyt_space *other = NULL;
    hyt_candidate *stranger = NULL;
    hyt_graph *networks[3] = { NULL };
    set_up(&f, SET(NULL), NULL);
    MUST(hyti_parents_init(&none, NULL, 0));
    MUST(hyti_parents_init(&parents, NULL, 2));
    for (size_t i = 0; i < 3; i++) {
        char name[8] = { (char)('a' + i) };
        hyt_value x;
        MUST(hyt_graph_create(NULL, name, &networks[i]));
        MUST(hyt_graph_input(networks[i], 3, SIDE, SIDE, &x));
    }
    assert_null(hyti_parents_nearest(&parents, f.candidate));
    MUST(hyti_parents_add(&none, f.candidate, 1, networks[0]));
    assert_null(hyti_parents_nearest(&none, f.candidate));
    MUST(hyti_parents_add(&parents, f.candidate, 7, networks[0]));
    MUST(hyti_parents_add(&parents, f.far, 3, networks[2]));
    assert_string_equal(hyt_graph_name(hyti_parents_nearest(&parents, f.near)), "a");
    assert_string_equal(hyt_graph_name(hyti_parents_nearest(&parents, f.far)), "c");
    MUST(hyti_parents_add(&parents, f.near, 8, networks[1])); /* the first one leaves */
    assert_string_equal(hyt_graph_name(hyti_parents_nearest(&parents, f.candidate)), "b");
    MUST(hyti_parents_add(&parents, f.near, 5, networks[0])); /* a twin of the one before */
    assert_string_equal(hyt_graph_name(hyti_parents_nearest(&parents, f.near)), "a");
    MUST(hyt_space_preset(NULL, "hytnas", &other));
    MUST(make_candidate(other, 1, &stranger));
    assert_null(hyti_parents_nearest(&parents, stranger));
    hyt_candidate_destroy(stranger);
    hyt_space_destroy(other);
    hyti_parents_clear(&parents);
    hyti_parents_clear(&none);
    for (size_t i = 0; i < 3; i++) hyt_graph_destroy(networks[i]);
    tear_down(&f);
}

static void teachers_are_imitated(void **state)
{
    (void)state;
    fixture f;
    double value;
    hyt_graph *plain = NULL, *taught = NULL, *misfit = NULL;
    set_up(&f, SET("rate", "0.01"), "accuracy");
    assert_int_equal(evaluate(f.evaluator, f.candidate, 0, &value), 0);
    MUST(hyt_evaluator_network(f.evaluator, &plain));
    MUST(hyt_evaluator_set_teacher(f.evaluator, plain));
    assert_int_equal(evaluate(f.evaluator, f.candidate, 1, &value), 0);
    MUST(hyt_evaluator_network(f.evaluator, &taught));
    assert_false(same_weights(plain, taught));
    hyt_graph_destroy(taught);
    MUST(hyt_graph_build(NULL, "mobilenetv1-0.25", SIDE, 3, &misfit));
    MUST(hyt_graph_initialise(misfit, 1));
    MUST(hyt_evaluator_set_teacher(f.evaluator, misfit));
    CHECK_STATUS(evaluate(f.evaluator, f.candidate, 2, &value), HYT_ERR_SHAPE);
    CHECK_MESSAGE("gives other results");
    MUST(hyt_evaluator_set_teacher(f.evaluator, NULL));
    assert_int_equal(evaluate(f.evaluator, f.candidate, 3, &value), 0);
    MUST(hyt_evaluator_network(f.evaluator, &taught));
    assert_true(same_weights(plain, taught));
    hyt_graph_destroy(plain);
    hyt_graph_destroy(taught);
    hyt_graph_destroy(misfit);
    tear_down(&f);
}

/* States that ended the trials of a search. */
static void count_states(const hyt_evaluator *evaluator, size_t trials, size_t states[16])
{
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    hyt_options *options = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, "random"));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, (int64_t)trials));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "accuracy", HYT_MAXIMISE));
    MUST(hyt_search_run(search, hyt_evaluator_evaluate, (void *)evaluator, NULL));
    assert_int_equal(hyt_search_size(search), trials);
    for (size_t i = 0; i < trials; i++) states[hyt_search_trial_state(search, i)]++;
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
}

/* Which of some candidates half need less than. */
static uint64_t usual_memory(hyt_space *space)
{
    uint64_t bytes[9];
    hyt_options *options = NULL;
    MUST(hyt_train_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_TRAIN_BATCH, 6));
    for (size_t i = 0; i < 9; i++) {
        hyt_candidate *candidate = NULL;
        hyt_graph *graph = NULL;
        MUST(hyt_candidate_sample(space, 5, i, &candidate));
        MUST(hyt_candidate_decode(candidate, SIDE, 2, &graph));
        MUST(hyt_train_plan(graph, options, &bytes[i]));
        for (size_t k = i; k > 0 && bytes[k] < bytes[k - 1]; k--) {
            uint64_t less = bytes[k];
            bytes[k] = bytes[k - 1];
            bytes[k - 1] = less;
        }
        hyt_graph_destroy(graph);
        hyt_candidate_destroy(candidate);
    }
    hyt_options_destroy(options);
    return bytes[4];
}

static void a_search_goes_on(void **state)
{
    (void)state;
    fixture f;
    size_t states[16] = { 0 };
    double value = -3;
    hyt_graph *graph = NULL;
    char most[32];
    set_up(&f, SET("memory-bytes", "1000"), "accuracy");
    assert_int_equal(evaluate(f.evaluator, f.candidate, 0, &value), HYT_TRIAL_INFEASIBLE);
    CHECK_NEAR(value, -3, 0);
    CHECK_STATUS(hyt_evaluator_train(f.evaluator, f.candidate, 0, &graph, NULL), HYT_ERR_INFEASIBLE);
    CHECK_MESSAGE("memory-bytes");
    snprintf(most, sizeof most, "%llu", (unsigned long long)usual_memory(f.space));
    hyt_evaluator *evaluator = evaluator_of(&f, SET("memory-bytes", most));
    count_states(evaluator, 8, states);
    assert_true(states[HYT_TRIAL_FINISHED] > 0 && states[HYT_TRIAL_INFEASIBLE] > 0);
    assert_int_equal(states[HYT_TRIAL_FINISHED] + states[HYT_TRIAL_INFEASIBLE], 8);
    hyt_evaluator_destroy(evaluator);
    evaluator = evaluator_of(&f, SET("rate", "100", "optimiser", "sgd", "epochs", "6", "memory-bytes", most));
    memset(states, 0, sizeof states);
    count_states(evaluator, 8, states);
    assert_true(states[HYT_TRIAL_NAN] > 0);
    hyt_evaluator_destroy(evaluator);
    tear_down(&f);
}

/* What is there to be refused: the evaluation that goes on rests on it. */
static int change_all(void *user, size_t epoch, double loss, double accuracy)
{
    fixture *f = user;
    double objectives[1];
    hyt_graph *graph = NULL;
    (void)epoch, (void)loss, (void)accuracy;
    CHECK_STATUS(hyt_evaluator_add_objective(f->evaluator, "macs"), HYT_ERR_STATE);
    CHECK_MESSAGE("an evaluation goes on");
    CHECK_STATUS(hyt_evaluator_set_teacher(f->evaluator, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_evaluator_set_epoch(f->evaluator, NULL, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_evaluator_set_energy(f->evaluator, NULL, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_evaluator_set_predictor(f->evaluator, "predicted_accuracy", NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_evaluator_limit_supernet(f->evaluator, "macs", 1e6), HYT_ERR_STATE);
    CHECK_STATUS(hyt_evaluator_measure(f->evaluator, f->near, objectives, 1), HYT_ERR_STATE);
    CHECK_STATUS(hyt_evaluator_train(f->evaluator, f->near, 1, &graph, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_evaluator_supernet(f->evaluator, f->space, &graph), HYT_ERR_STATE);
    MUST(hyt_candidate_decode(f->candidate, SIDE, 2, &graph));
    CHECK_STATUS(hyt_evaluator_set_supernet(f->evaluator, f->space, graph), HYT_ERR_STATE);
    hyt_graph_destroy(graph);
    return 0;
}

static void nothing_changes_inside_a_callback(void **state)
{
    (void)state;
    fixture f;
    double accuracy;
    hyt_graph *network = NULL;
    set_up(&f, SET("method", "training"), "accuracy");
    MUST(hyt_evaluator_set_epoch(f.evaluator, change_all, &f));
    MUST(hyt_evaluator_measure(f.evaluator, f.candidate, &accuracy, 1));
    MUST(hyt_evaluator_train(f.evaluator, f.candidate, 1, &network, NULL));
    MUST(hyt_evaluator_set_epoch(f.evaluator, NULL, NULL)); /* it is over */
    MUST(hyt_evaluator_add_objective(f.evaluator, "macs"));
    hyt_graph_destroy(network);
    tear_down(&f);
}

static hyt_status evaluate_twice(hyt_context *context)
{
    fixture f;
    double value;
    hyt_status status = set_up_in(context, 2, SET("inherit", "1", "batch", "16"), "accuracy", &f);
    if (status == HYT_OK) status = evaluate(f.evaluator, f.candidate, 0, &value);
    if (status == HYT_OK) status = evaluate(f.evaluator, f.candidate, 1, &value);
    tear_down(&f);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(evaluate_twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changes_inside_a_callback), cmocka_unit_test(candidates_inherit),
        cmocka_unit_test(the_nearest_is_found),
        cmocka_unit_test(teachers_are_imitated), cmocka_unit_test(a_search_goes_on),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
