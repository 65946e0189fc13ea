/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evaluations by one super-network: what it learns, what it is kept in, what it starts from. */
#include "toy.h"

#define ONE_SHOT "method", "one-shot"

/* Epochs of any training, counted; stopped after `most`. */
typedef struct epochs {
    size_t count, most;
} epochs;

static int count_epochs(void *user, size_t epoch, double loss, double accuracy)
{
    epochs *e = user;
    (void)epoch, (void)loss, (void)accuracy;
    return ++e->count == e->most ? HYT_STOP : 0;
}

/* Trained once, for any number of candidates; the same in another evaluator that is given it; a slice is what
 * fine-tuning starts from. */
static void one_training_serves_all(void **state)
{
    (void)state;
    fixture f;
    hyt_candidate *other = NULL;
    set_up(&f, SET(ONE_SHOT), "accuracy");
    hyt_evaluator *second = evaluator_of(&f, SET(ONE_SHOT, "threads", "2"));
    hyt_evaluator *tuned = evaluator_of(&f, SET("method", "fine-tuning", "rate", "0", "weight-decay", "0"));
    hyt_evaluator *int8 = evaluator_of(&f, SET(ONE_SHOT, "precision", "int8"));
    hyt_graph *largest = NULL, *networks[3] = { NULL };
    epochs counted = { 0, 100 };
    double values[4];
    MUST(hyt_candidate_sample(f.space, 1, 1, &other));
    MUST(hyt_evaluator_set_epoch(f.evaluator, count_epochs, &counted));
    assert_int_equal(evaluate(f.evaluator, other, 0, &values[0]), 0);
    assert_int_equal(evaluate(f.evaluator, f.candidate, 0, &values[0]), 0);
    assert_int_equal(counted.count, 1);
    MUST(hyt_evaluator_network(f.evaluator, &networks[0]));
    MUST(hyt_evaluator_supernet(f.evaluator, f.space, &largest));
    assert_int_equal(counted.count, 1);
    MUST(hyt_evaluator_set_supernet(second, f.space, largest));
    assert_int_equal(evaluate(second, f.candidate, 0, &values[1]), 0);
    MUST(hyt_evaluator_network(second, &networks[1]));
    assert_true(same_weights(networks[0], networks[1]));
    assert_true(values[0] == values[1] && values[0] >= 0 && values[0] <= 1);
    /* at rate 0 the slice stays what it is, but for statistics */
    MUST(hyt_evaluator_set_supernet(tuned, f.space, largest));
    assert_int_equal(evaluate(tuned, f.candidate, 0, &values[2]), 0);
    MUST(hyt_evaluator_network(tuned, &networks[2]));
    for (size_t i = 0; i < networks[0]->n_parameters; i++)
        if (hyti_role_is_trained(networks[0]->parameters[i].role))
            assert_memory_equal(networks[0]->parameters[i].data, networks[2]->parameters[i].data,
                                networks[0]->parameters[i].count * sizeof(float));
    MUST(hyt_evaluator_set_supernet(int8, f.space, largest));
    assert_int_equal(evaluate(int8, f.candidate, 0, &values[3]), 0);
    assert_true(values[3] >= 0 && values[3] <= 1);
    for (size_t i = 0; i < 3; i++) hyt_graph_destroy(networks[i]);
    hyt_graph_destroy(largest);
    hyt_evaluator_destroy(second);
    hyt_evaluator_destroy(tuned);
    hyt_evaluator_destroy(int8);
    hyt_candidate_destroy(other);
    tear_down(&f);
}

/* Stopped, refused, given the wrong thing. */
static void failures_are_named(void **state)
{
    (void)state;
    fixture f;
    hyt_space *plain = NULL;
    set_up(&f, SET(ONE_SHOT), "accuracy");
    hyt_evaluator *poor = evaluator_of(&f, SET(ONE_SHOT, "batch", "16", "memory-bytes", "1000000"));
    hyt_graph *graph = NULL, *largest = NULL;
    epochs stops = { 0, 1 };
    double value;
    MUST(hyt_evaluator_set_epoch(f.evaluator, count_epochs, &stops));
    assert_int_equal(evaluate(f.evaluator, f.candidate, 0, &value), HYT_STOP);
    stops.count = 0;
    CHECK_STATUS(hyt_evaluator_supernet(f.evaluator, f.space, &largest), HYT_ERR_STATE);
    CHECK_MESSAGE("stopped");
    CHECK_STATUS(hyt_evaluator_supernet(poor, f.space, &largest), HYT_ERR_INFEASIBLE);
    assert_int_equal(evaluate(poor, f.candidate, 0, &value), HYT_ERR_INFEASIBLE);
    MUST(hyt_candidate_decode(f.candidate, SIDE, 4, &graph));
    MUST(hyt_graph_initialise(graph, 0));
    CHECK_STATUS(hyt_evaluator_set_supernet(f.evaluator, f.space, graph), HYT_ERR_SHAPE);
    CHECK_MESSAGE("is not the largest network");
    MUST(hyt_space_create(NULL, "plain", &plain));
    MUST(hyt_space_add_ordinal(plain, "gene", (const double[]){ 1, 2 }, 2));
    CHECK_STATUS(hyt_evaluator_supernet(f.evaluator, plain, &largest), HYT_ERR_UNSUPPORTED);
    assert_null(largest);
    hyt_graph_destroy(graph);
    hyt_evaluator_destroy(poor);
    hyt_space_destroy(plain);
    tear_down(&f);
}

/* Weights that only networks above a limit have are not trained; a limit that nothing meets is named. */
static void limits_hold(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, SET(ONE_SHOT), "accuracy");
    hyt_evaluator *none = evaluator_of(&f, SET(ONE_SHOT));
    hyt_graph *graph = NULL, *largest = NULL, *start = NULL;
    double value;
    MUST(hyt_candidate_decode(f.candidate, SIDE, 4, &graph));
    double least = (double)hyt_graph_parameters(graph);
    CHECK_STATUS(hyt_evaluator_limit_supernet(f.evaluator, "accuracy", 1), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_evaluator_limit_supernet(f.evaluator, "macs", NAN), HYT_ERR_RANGE);
    MUST(hyt_evaluator_limit_supernet(f.evaluator, "macs", 1e9));
    MUST(hyt_evaluator_limit_supernet(f.evaluator, "parameters", least));
    MUST(hyt_evaluator_supernet(f.evaluator, f.space, &largest));
    MUST(hyt_graph_copy(largest, &start));
    MUST(hyt_graph_initialise(start, 0));
    size_t changed = 0;
    for (size_t i = 0; i < largest->n_parameters; i++)
        for (size_t k = 0; k < largest->parameters[i].count; k++)
            changed += largest->parameters[i].data[k] != start->parameters[i].data[k];
    assert_true(changed > 1000 && (double)changed < 2 * least); /* the smallest network's, and what lies between them */
    MUST(hyt_evaluator_limit_supernet(none, "parameters", least / 2));
    assert_int_equal(evaluate(none, f.candidate, 0, &value), HYT_ERR_INFEASIBLE);
    CHECK_MESSAGE("within the limits");
    hyt_graph_destroy(start);
    hyt_graph_destroy(largest);
    hyt_graph_destroy(graph);
    hyt_evaluator_destroy(none);
    tear_down(&f);
}

/* A training that diverges is no end of a search: all its trials are NaN, and it is not trained again. */
static void divergence_is_a_state(void **state)
{
    (void)state;
    fixture f;
    hyt_candidate *other = NULL;
    set_up(&f, SET(ONE_SHOT, "optimiser", "sgd", "rate", "100", "weight-decay", "10", "batch", "4", "supernet-epochs",
                   "20"), "accuracy");
    hyt_graph *largest = NULL;
    epochs counted = { 0, 100 };
    double value;
    MUST(hyt_candidate_sample(f.space, 1, 1, &other));
    MUST(hyt_evaluator_set_epoch(f.evaluator, count_epochs, &counted));
    MUST(hyt_evaluator_limit_supernet(f.evaluator, "macs", 1e6));
    assert_int_equal(evaluate(f.evaluator, f.candidate, 0, &value), HYT_TRIAL_NAN);
    size_t count = counted.count;
    assert_int_equal(evaluate(f.evaluator, other, 0, &value), HYT_TRIAL_NAN);
    CHECK_STATUS(hyt_evaluator_supernet(f.evaluator, f.space, &largest), HYT_ERR_NUMERIC);
    CHECK_MESSAGE("diverged");
    assert_true(count < 20 && counted.count == count);
    hyt_candidate_destroy(other);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_training_serves_all), cmocka_unit_test(failures_are_named),
        cmocka_unit_test(limits_hold), cmocka_unit_test(divergence_is_a_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
