/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toy.h"
#include <hytnas/runtime.h>

static int count_epochs(void *user, size_t epoch, double loss, double accuracy)
{
    size_t *epochs = user;
    assert_int_equal(epoch, *epochs);
    assert_true(isfinite(loss) && accuracy >= 0 && accuracy <= 1);
    ++*epochs;
    return 0;
}

static void every_metric(void **state)
{
    (void)state;
    static const char *const metrics[] = { "parameters",   "macs",     "arena_bytes",
                                           "weight_bytes", "accuracy", "latency_ms" };
    fixture f;
    double values[8];
    size_t n = HYTI_COUNT(metrics), epochs = 0, known = 0;
    hyt_graph *graph = NULL;
    uint64_t arena;
    set_up(&f, SET("epochs", "2"), NULL);
    for (size_t i = 0; i < n; i++) MUST(hyt_evaluator_add_objective(f.evaluator, metrics[i]));
    while (hyt_evaluator_metric(known)) known++;
    /* Scores of other tasks: tasks.c; zero-shot: proxies.c; energy, predictors: cheap.c. */
    assert_int_equal(known, n + 3 + 7 + 8);
    MUST(hyt_evaluator_set_epoch(f.evaluator, count_epochs, &epochs));
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, values, n), 0);
    assert_int_equal(epochs, 2);
    MUST(hyt_candidate_decode(f.candidate, SIDE, 2, &graph));
    MUST(hyt_runtime_plan(graph, NULL, &arena));
    for (size_t i = 0; i < n; i++) {
        const char *name = metrics[i];
        if (strcmp(name, "parameters") == 0) CHECK_NEAR(values[i], (double)hyt_graph_parameters(graph), 0);
        if (strcmp(name, "macs") == 0) CHECK_NEAR(values[i], (double)hyt_graph_macs(graph), 0);
        if (strcmp(name, "weight_bytes") == 0) CHECK_NEAR(values[i], (double)hyt_graph_weight_bytes(graph), 0);
        if (strcmp(name, "arena_bytes") == 0) CHECK_NEAR(values[i], (double)arena, 0);
        if (strcmp(name, "accuracy") == 0) assert_true(values[i] >= 0 && values[i] <= 1);
        if (strcmp(name, "latency_ms") == 0) assert_true(values[i] > 0);
    }
    hyt_graph_destroy(graph);
    tear_down(&f);
}

/* Another trial number, another thread count: the same accuracy; and that of the network that `train` hands over. */
static void accuracy_follows_from_the_candidate(void **state)
{
    (void)state;
    fixture f, g;
    double first, again, trained, measured;
    hyt_graph *network = NULL;
    set_up(&f, SET("epochs", "2"), "accuracy");
    set_up(&g, SET("epochs", "2", "threads", "2"), "accuracy");
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &first, 1), 0);
    g.trial.number = 99;
    assert_int_equal(hyt_evaluator_evaluate(g.evaluator, &g.trial, &again, 1), 0);
    CHECK_NEAR(first, again, 0);
    MUST(hyt_evaluator_train(f.evaluator, f.candidate, 0, &network, &trained));
    CHECK_NEAR(trained, first, 0);
    MUST(hyt_train_accuracy(network, f.validation, 1, &measured));
    CHECK_NEAR(measured, first, 0);
    hyt_graph_destroy(network);
    tear_down(&f);
    tear_down(&g);
}

/* What evaluate trained is what train hands over, weight for weight. */
static void the_last_network_is_kept(void **state)
{
    (void)state;
    fixture f;
    double value;
    hyt_graph *last = NULL, *again = NULL;
    set_up(&f, SET("epochs", "2"), "accuracy");
    CHECK_STATUS(hyt_evaluator_network(f.evaluator, &last), HYT_ERR_STATE);
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), 0);
    MUST(hyt_evaluator_network(f.evaluator, &last));
    MUST(hyt_evaluator_train(f.evaluator, f.candidate, 0, &again, NULL));
    for (size_t i = 0; i < hyt_graph_parameter_count(last); i++) {
        hyt_dims dims;
        size_t count;
        MUST(hyt_graph_parameter_dims(last, i, &dims));
        assert_true(hyti_dims_count(&dims, &count));
        assert_memory_equal(hyt_graph_parameter(last, i), hyt_graph_parameter(again, i), count * sizeof(float));
    }
    hyt_graph_destroy(last);
    hyt_graph_destroy(again);
    tear_down(&f);
}

static void nothing_is_trained_unasked(void **state)
{
    (void)state;
    fixture f;
    double values[2];
    size_t epochs = 0;
    set_up(&f, SET("epochs", "1"), "latency_ms");
    MUST(hyt_evaluator_add_objective(f.evaluator, "macs"));
    MUST(hyt_evaluator_set_epoch(f.evaluator, count_epochs, &epochs));
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, values, 2), 0);
    assert_int_equal(epochs, 0);
    assert_true(values[0] > 0 && values[1] > 1000);
    CHECK_STATUS(hyt_evaluator_evaluate(f.evaluator, &f.trial, values, 1), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_evaluator_add_objective(f.evaluator, "latency"), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("latency_ms");
    tear_down(&f);
}

static void fidelity_and_epochs(void **state)
{
    (void)state;
    fixture f;
    double value;
    size_t epochs = 0;
    hyt_graph *network = NULL;
    set_up(&f, SET("epochs", "4"), "accuracy");
    MUST(hyt_evaluator_set_epoch(f.evaluator, count_epochs, &epochs));
    f.trial.fidelity = 0.5;
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), 0);
    assert_int_equal(epochs, 2);
    epochs = 0;
    MUST(hyt_evaluator_train(f.evaluator, f.candidate, 3, &network, NULL));
    assert_int_equal(epochs, 3);
    hyt_graph_destroy(network);
    CHECK_STATUS(hyt_evaluator_train(f.evaluator, f.candidate, 1000000, &network, NULL), HYT_ERR_RANGE);
    tear_down(&f);
}

static void divergence_is_a_state(void **state)
{
    (void)state;
    fixture f;
    double value = -1;
    set_up(&f, SET("epochs", "6", "rate", "100", "optimiser", "sgd"), "accuracy");
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), HYT_TRIAL_NAN);
    tear_down(&f);
}

static int stop_at_once(void *user, size_t epoch, double loss, double accuracy)
{
    (void)epoch;
    (void)loss;
    (void)accuracy;
    return *(int *)user;
}

static int yes(const hyt_trial *trial)
{
    (void)trial;
    return 1;
}

static void trials_end_early(void **state)
{
    (void)state;
    fixture f;
    double value;
    int answer = HYT_STOP;
    hyt_graph *network = NULL;
    set_up(&f, SET("epochs", "5"), "accuracy");
    f.trial.deadline = 0;
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), HYT_TRIAL_TIMEOUT);
    f.trial.should_stop = yes;
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), HYT_STOP);
    f.trial = (hyt_trial){ .candidate = f.candidate, .fidelity = 1, .deadline = INFINITY };
    MUST(hyt_evaluator_set_epoch(f.evaluator, stop_at_once, &answer));
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), HYT_STOP);
    MUST(hyt_evaluator_train(f.evaluator, f.candidate, 0, &network, &value));
    assert_true(value >= 0);
    hyt_graph_destroy(network);
    answer = -55;
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), -55);
    tear_down(&f);
}

static hyt_dataset *blank(size_t height, size_t width)
{
    static const uint32_t labels[4] = { 0, 1, 0, 1 };
    hyt_dataset *dataset = NULL;
    uint8_t *pictures = calloc(4, height * width * 3);
    MUST(hyt_dataset_create(NULL, pictures, labels, 4, height, width, 2, &dataset));
    free(pictures);
    return dataset;
}

static void check_refused(size_t height, size_t width, size_t other, const char *message)
{
    hyt_dataset *train = blank(height, width), *validation = blank(height, other);
    hyt_evaluator *evaluator = NULL;
    CHECK_STATUS(hyt_evaluator_create(train, validation, NULL, &evaluator), HYT_ERR_SHAPE);
    CHECK_MESSAGE(message);
    assert_null(evaluator);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
}

static void bad_data_is_refused(void **state)
{
    (void)state;
    hyt_dataset *train = shapes(4, 0), *lone = shapes(1, 0);
    hyt_evaluator *evaluator = NULL;
    check_refused(32, 32, 48, "32x48");
    check_refused(32, 48, 48, "32x48");
    check_refused(24, 24, 24, "24x24");
    CHECK_STATUS(hyt_evaluator_create(train, lone, NULL, &evaluator), HYT_ERR_FORMAT);
    CHECK_MESSAGE("validation");
    CHECK_STATUS(hyt_evaluator_create(NULL, lone, NULL, &evaluator), HYT_ERR_ARGUMENT);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(lone);
}

static void costs_are_those_of_the_network(void **state)
{
    (void)state;
    static const char *const names[] = { "parameters", "macs", "arena_bytes", "weight_bytes" };
    fixture f;
    set_up(&f, SET("epochs", "1"), NULL);
    for (size_t i = 0; i < HYTI_COUNT(names); i++) {
        hyt_cost *cost = NULL;
        double value, evaluated;
        hyt_evaluator *evaluator = NULL;
        MUST(hyt_cost_create(NULL, names[i], SIDE, 2, &cost));
        assert_int_equal(hyt_cost_measure(cost, f.candidate, &value), 0);
        MUST(hyt_evaluator_create(f.train, f.validation, NULL, &evaluator));
        MUST(hyt_evaluator_add_objective(evaluator, names[i]));
        assert_int_equal(hyt_evaluator_evaluate(evaluator, &f.trial, &evaluated, 1), 0);
        CHECK_NEAR(value, evaluated, 0);
        hyt_evaluator_destroy(evaluator);
        hyt_cost_release(cost);
    }
    hyt_cost *none = NULL;
    CHECK_STATUS(hyt_cost_create(NULL, "accuracy", SIDE, 2, &none), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_cost_create(NULL, "macs", 31, 2, &none), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_cost_create(NULL, "macs", 32, 0, &none), HYT_ERR_RANGE);
    hyt_cost_destroy(NULL);
    tear_down(&f);
}

static hyt_status evaluate_once(hyt_context *context)
{
    fixture f;
    hyt_cost *cost = NULL;
    double values[2];
    hyt_status status = set_up_in(context, 4, SET("batch", "16"), "accuracy", &f);
    if (status == HYT_OK) status = hyt_evaluator_add_objective(f.evaluator, "latency_ms");
    if (status == HYT_OK) status = hyt_evaluator_evaluate(f.evaluator, &f.trial, values, 2);
    if (status == HYT_OK) status = hyt_cost_create(context, "arena_bytes", SIDE, 2, &cost);
    if (status == HYT_OK) status = hyt_cost_measure(cost, f.candidate, values);
    hyt_cost_destroy(cost);
    tear_down(&f);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(evaluate_once);
}

static double measured(const fixture *f, const char *metric)
{
    hyt_cost *cost = NULL;
    double value;
    MUST(hyt_cost_create(NULL, metric, SIDE, 2, &cost));
    MUST(hyt_cost_set_precision(cost, HYT_INT8));
    CHECK_STATUS(hyt_cost_set_precision(cost, HYT_BF16), HYT_ERR_RANGE);
    MUST(hyt_cost_measure(cost, f->candidate, &value));
    hyt_cost_destroy(cost);
    return value;
}

/* All numbers are those of the int8 network, which is handed over. */
static void in_int8(void **state)
{
    (void)state;
    const char *const metrics[] = { "accuracy", "latency_ms", "arena_bytes", "weight_bytes" };
    fixture f;
    double values[HYTI_COUNT(metrics)], accuracy, again;
    uint64_t arena, arena_float;
    hyt_graph *network = NULL, *trained = NULL, *decoded = NULL;
    set_up(&f, SET("epochs", "2", "precision", "int8"), NULL);
    for (size_t i = 0; i < HYTI_COUNT(metrics); i++) MUST(hyt_evaluator_add_objective(f.evaluator, metrics[i]));
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, values, HYTI_COUNT(metrics)), 0);
    MUST(hyt_evaluator_network(f.evaluator, &network));
    for (size_t i = 0; i < hyt_graph_size(network); i++)
        assert_int_equal(hyt_graph_precision(network, (hyt_value)i), HYT_INT8);
    MUST(hyt_train_accuracy(network, f.validation, 1, &accuracy));
    CHECK_NEAR(values[0], accuracy, 0);
    MUST(hyt_runtime_plan(network, NULL, &arena));
    CHECK_NEAR(values[2], (double)arena, 0);
    CHECK_NEAR(values[3], (double)hyt_graph_weight_bytes(network), 0);
    CHECK_NEAR(measured(&f, "arena_bytes"), values[2], 0);
    CHECK_NEAR(measured(&f, "weight_bytes"), values[3], 0);
    MUST(hyt_candidate_decode(f.candidate, SIDE, 2, &decoded));
    MUST(hyt_runtime_plan(decoded, NULL, &arena_float));
    assert_true(2 * arena < arena_float && 2 * hyt_graph_weight_bytes(network) < hyt_graph_weight_bytes(decoded));
    MUST(hyt_evaluator_train(f.evaluator, f.candidate, 0, &trained, &again));
    CHECK_NEAR(again, accuracy, 0);
    assert_int_equal(hyt_graph_precision(trained, hyt_graph_output(trained)), HYT_INT8);
    hyt_graph_destroy(decoded);
    hyt_graph_destroy(trained);
    hyt_graph_destroy(network);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric), cmocka_unit_test(in_int8),
        cmocka_unit_test(accuracy_follows_from_the_candidate), cmocka_unit_test(the_last_network_is_kept),
        cmocka_unit_test(nothing_is_trained_unasked), cmocka_unit_test(fidelity_and_epochs),
        cmocka_unit_test(divergence_is_a_state), cmocka_unit_test(trials_end_early),
        cmocka_unit_test(bad_data_is_refused), cmocka_unit_test(costs_are_those_of_the_network),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
