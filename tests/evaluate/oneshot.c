/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evaluations by one super-network: what it learns, what it is kept in, what it starts from. */
#include "graph/graph.h"
#include "space/space.h"
#include "test.h"
#include <hytnas/evaluate.h>

#define SIDE 32
#define GENES 23

static const size_t lowest[GENES] = { 0 };

static hyt_space *space_of(const char *name)
{
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, name, &space));
    return space;
}

static hyt_dataset *shapes(size_t count, size_t first)
{
    hyt_dataset *dataset = NULL;
    MUST(hyt_dataset_create_shapes(NULL, count, SIDE, 1, first, &dataset));
    return dataset;
}

/* "key", "value", ..., NULL */
static hyt_evaluator *evaluator_of(const hyt_dataset *train, const hyt_dataset *validation, const char *const *settings)
{
    hyt_options *options = NULL;
    hyt_evaluator *evaluator = NULL;
    MUST(hyt_evaluator_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_TRAIN_EPOCHS, "1"));
    MUST(hyt_options_set_text(options, HYT_EVALUATE_SUPERNET_EPOCHS, "1"));
    for (size_t i = 0; settings[i]; i += 2) MUST(hyt_options_set_text(options, settings[i], settings[i + 1]));
    MUST(hyt_evaluator_create(train, validation, options, &evaluator));
    MUST(hyt_evaluator_add_objective(evaluator, "accuracy"));
    hyt_options_destroy(options);
    return evaluator;
}
#define SET(...) ((const char *const[]){ __VA_ARGS__, NULL })

static hyt_candidate *candidate_of(hyt_space *space, const size_t *levels)
{
    hyt_candidate *candidate = NULL;
    MUST(hyt_candidate_create(space, levels, GENES, &candidate));
    return candidate;
}

static int evaluate(hyt_evaluator *evaluator, hyt_candidate *candidate, double *value)
{
    hyt_trial trial = { .candidate = candidate, .fidelity = 1, .deadline = INFINITY };
    return hyt_evaluator_evaluate(evaluator, &trial, value, 1);
}

static bool same_weights(const hyt_graph *a, const hyt_graph *b)
{
    for (size_t i = 0; i < a->n_parameters; i++)
        if (memcmp(a->parameters[i].data, b->parameters[i].data, a->parameters[i].count * sizeof(float)) != 0)
            return false;
    return a->n_parameters == b->n_parameters;
}

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

/* Trained once, for any number of candidates; the same in another evaluator that is given it; a slice is what fine-tuning
 * starts from. */
static void one_training_serves_all(void **state)
{
    (void)state;
    hyt_space *space = space_of("hytnas");
    hyt_dataset *train = shapes(16, 0), *validation = shapes(16, 100);
    hyt_candidate *small = candidate_of(space, lowest), *other = NULL;
    hyt_evaluator *first = evaluator_of(train, validation, SET("method", "one-shot"));
    hyt_evaluator *second = evaluator_of(train, validation, SET("method", "one-shot", "threads", "2"));
    hyt_evaluator *tuned = evaluator_of(train, validation, SET("method", "fine-tuning", "rate", "0", "weight-decay", "0"));
    hyt_evaluator *int8 = evaluator_of(train, validation, SET("method", "one-shot", "precision", "int8"));
    hyt_graph *largest = NULL, *networks[3] = { NULL };
    epochs counted = { 0, 100 };
    double values[4];
    MUST(hyt_candidate_sample(space, 1, 1, &other));
    MUST(hyt_evaluator_set_epoch(first, count_epochs, &counted));
    assert_int_equal(evaluate(first, other, &values[0]), 0);
    assert_int_equal(evaluate(first, small, &values[0]), 0);
    assert_int_equal(counted.count, 1);
    MUST(hyt_evaluator_network(first, &networks[0]));
    MUST(hyt_evaluator_supernet(first, space, &largest));
    assert_int_equal(counted.count, 1);
    MUST(hyt_evaluator_set_supernet(second, space, largest));
    assert_int_equal(evaluate(second, small, &values[1]), 0);
    MUST(hyt_evaluator_network(second, &networks[1]));
    assert_true(same_weights(networks[0], networks[1]));
    assert_true(values[0] == values[1] && values[0] >= 0 && values[0] <= 1);
    MUST(hyt_evaluator_set_supernet(tuned, space, largest)); /* at rate 0 the slice stays what it is, but for statistics */
    assert_int_equal(evaluate(tuned, small, &values[2]), 0);
    MUST(hyt_evaluator_network(tuned, &networks[2]));
    for (size_t i = 0; i < networks[0]->n_parameters; i++)
        if (hyti_role_is_trained(networks[0]->parameters[i].role))
            assert_memory_equal(networks[0]->parameters[i].data, networks[2]->parameters[i].data,
                                networks[0]->parameters[i].count * sizeof(float));
    MUST(hyt_evaluator_set_supernet(int8, space, largest));
    assert_int_equal(evaluate(int8, small, &values[3]), 0);
    assert_true(values[3] >= 0 && values[3] <= 1);
    for (size_t i = 0; i < 3; i++) hyt_graph_destroy(networks[i]);
    hyt_graph_destroy(largest);
    hyt_evaluator_destroy(first);
    hyt_evaluator_destroy(second);
    hyt_evaluator_destroy(tuned);
    hyt_evaluator_destroy(int8);
    hyt_candidate_destroy(small);
    hyt_candidate_destroy(other);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_space_destroy(space);
}

/* Stopped, refused, given the wrong thing. */
static void failures_are_named(void **state)
{
    (void)state;
    hyt_space *space = space_of("hytnas"), *plain = NULL;
    hyt_dataset *train = shapes(16, 0);
    hyt_candidate *small = candidate_of(space, lowest);
    hyt_evaluator *evaluator = evaluator_of(train, train, SET("method", "one-shot"));
    hyt_evaluator *poor = evaluator_of(train, train, SET("method", "one-shot", "memory-bytes", "1000000"));
    hyt_graph *graph = NULL, *largest = NULL;
    epochs stops = { 0, 1 };
    double value;
    MUST(hyt_evaluator_set_epoch(evaluator, count_epochs, &stops));
    assert_int_equal(evaluate(evaluator, small, &value), HYT_STOP);
    stops.count = 0;
    CHECK_STATUS(hyt_evaluator_supernet(evaluator, space, &largest), HYT_ERR_STATE);
    CHECK_MESSAGE("stopped");
    CHECK_STATUS(hyt_evaluator_supernet(poor, space, &largest), HYT_ERR_INFEASIBLE);
    assert_int_equal(evaluate(poor, small, &value), HYT_ERR_INFEASIBLE);
    MUST(hyt_candidate_decode(small, SIDE, 4, &graph));
    MUST(hyt_graph_initialise(graph, 0));
    CHECK_STATUS(hyt_evaluator_set_supernet(evaluator, space, graph), HYT_ERR_SHAPE);
    CHECK_MESSAGE("is not the largest network");
    MUST(hyt_space_create(NULL, "plain", &plain));
    MUST(hyt_space_add_ordinal(plain, "gene", (const double[]){ 1, 2 }, 2));
    CHECK_STATUS(hyt_evaluator_supernet(evaluator, plain, &largest), HYT_ERR_UNSUPPORTED);
    assert_null(largest);
    hyt_graph_destroy(graph);
    hyt_evaluator_destroy(evaluator);
    hyt_evaluator_destroy(poor);
    hyt_candidate_destroy(small);
    hyt_dataset_destroy(train);
    hyt_space_destroy(space);
    hyt_space_destroy(plain);
}

/* Weights that only networks above a limit have are not trained; a limit that nothing meets is named. */
static void limits_hold(void **state)
{
    (void)state;
    hyt_space *space = space_of("hytnas");
    hyt_dataset *train = shapes(16, 0);
    hyt_candidate *small = candidate_of(space, lowest);
    hyt_evaluator *narrow = evaluator_of(train, train, SET("method", "one-shot"));
    hyt_evaluator *none = evaluator_of(train, train, SET("method", "one-shot"));
    hyt_graph *graph = NULL, *largest = NULL, *start = NULL;
    double value;
    MUST(hyt_candidate_decode(small, SIDE, 4, &graph));
    double least = (double)hyt_graph_parameters(graph);
    CHECK_STATUS(hyt_evaluator_limit_supernet(narrow, "accuracy", 1), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_evaluator_limit_supernet(narrow, "macs", NAN), HYT_ERR_RANGE);
    MUST(hyt_evaluator_limit_supernet(narrow, "macs", 1e9));
    MUST(hyt_evaluator_limit_supernet(narrow, "parameters", least));
    MUST(hyt_evaluator_supernet(narrow, space, &largest));
    MUST(hyt_graph_copy(largest, &start));
    MUST(hyt_graph_initialise(start, 0));
    size_t changed = 0;
    for (size_t i = 0; i < largest->n_parameters; i++)
        for (size_t k = 0; k < largest->parameters[i].count; k++)
            changed += largest->parameters[i].data[k] != start->parameters[i].data[k];
    assert_true(changed > 1000 && (double)changed < 2 * least); /* the smallest network's, and what lies between them */
    MUST(hyt_evaluator_limit_supernet(none, "parameters", least / 2));
    assert_int_equal(evaluate(none, small, &value), HYT_ERR_INFEASIBLE);
    CHECK_MESSAGE("within the limits");
    hyt_graph_destroy(start);
    hyt_graph_destroy(largest);
    hyt_graph_destroy(graph);
    hyt_evaluator_destroy(narrow);
    hyt_evaluator_destroy(none);
    hyt_candidate_destroy(small);
    hyt_dataset_destroy(train);
    hyt_space_destroy(space);
}

/* A training that diverges is no end of a search: all its trials are NaN, and it is not trained again. */
static void divergence_is_a_state(void **state)
{
    (void)state;
    hyt_space *space = space_of("hytnas");
    hyt_dataset *train = shapes(16, 0);
    hyt_candidate *small = candidate_of(space, lowest), *other = NULL;
    hyt_evaluator *evaluator = evaluator_of(train, train, SET("method", "one-shot", "optimiser", "sgd", "rate", "100",
                                                              "weight-decay", "10", "batch", "4", "supernet-epochs", "20"));
    hyt_graph *largest = NULL;
    epochs counted = { 0, 100 };
    double value;
    MUST(hyt_candidate_sample(space, 1, 1, &other));
    MUST(hyt_evaluator_set_epoch(evaluator, count_epochs, &counted));
    MUST(hyt_evaluator_limit_supernet(evaluator, "macs", 1e6));
    assert_int_equal(evaluate(evaluator, small, &value), HYT_TRIAL_NAN);
    size_t count = counted.count;
    assert_int_equal(evaluate(evaluator, other, &value), HYT_TRIAL_NAN);
    CHECK_STATUS(hyt_evaluator_supernet(evaluator, space, &largest), HYT_ERR_NUMERIC);
    CHECK_MESSAGE("diverged");
    assert_true(count < 20 && counted.count == count);
    hyt_evaluator_destroy(evaluator);
    hyt_candidate_destroy(small);
    hyt_candidate_destroy(other);
    hyt_dataset_destroy(train);
    hyt_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_training_serves_all), cmocka_unit_test(failures_are_named),
        cmocka_unit_test(limits_hold), cmocka_unit_test(divergence_is_a_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
