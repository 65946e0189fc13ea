/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/net_f64.h"
#include "base/rng.h"
#include "data/batch.h"
#include "small.h"
#include <hytnas/runtime.h>

/* The network after a few steps, of whole and of small batches. */
static hyt_graph *after_steps(const hyt_graph *graph, const char *const *settings)
{
    static float pictures[20 * SIDE * SIDE * 3];
    uint32_t labels[20];
    hyt_trainer *trainer = trainer_of(graph, settings);
    for (size_t step = 0; step < 4; step++) {
        random_batch(pictures, labels, 20, step);
        MUST(hyt_trainer_step(trainer, pictures, labels, step == 2 ? 3 : 20, NULL));
    }
    return network_of(trainer);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *one = after_steps(graph, SET("batch", "20", "threads", "1"));
    const char *const counts[] = { "1", "2", "3" };
    for (size_t i = 0; i < HYTI_COUNT(counts); i++) {
        hyt_graph *other = after_steps(graph, SET("batch", "20", "threads", counts[i]));
        check_same_weights(one, other);
        hyt_graph_destroy(other);
    }
    hyt_graph *seeded = after_steps(graph, SET("batch", "20", "seed", "1"));
    assert_false(same_weights(one, seeded));
    hyt_graph_destroy(seeded);
    hyt_graph_destroy(one);
    hyt_graph_destroy(graph);
}

/* Weights of the float32 network against a float64 one after the same step of plain gradient descent. */
static void gradient_is_that_of_float64(void **state)
{
    (void)state;
    static float pictures[9 * SIDE * SIDE * 3];
    static double wide[9 * SIDE * SIDE * 3];
    uint32_t labels[9];
    double loss;
    hyti_ops_f64 ops;
    hyti_net_f64 net;
    hyt_graph *graph = small_graph();
    hyt_trainer *trainer = trainer_of(graph, SET("optimiser", "sgd", "rate", "0", "weight-decay", "0", "smoothing",
                                                 "0.1"));
    const hyti_tape *tape = &trainer->tape;
    random_batch(pictures, labels, 9, 5);
    for (size_t i = 0; i < HYTI_COUNT(wide); i++) wide[i] = pictures[i];
    MUST(hyt_trainer_step(trainer, pictures, labels, 9, &loss));
    hyti_ops_init_f64(&ops);
    MUST(hyti_net_init_f64(&net, NULL, tape, &ops, NULL));
    hyti_net_read_f64(&net, trainer->graph);
    hyti_net_pack_f64(&net);
    hyti_net_forward_f64(&net, wide, 9, true);
    const hyti_label_loss_f64 classes = { &ops, labels, trainer->goal.classes, 0.1 };
    const hyti_loss_f64 aim = hyti_loss_of_labels_f64(&classes);
    CHECK_NEAR(hyti_net_backward_f64(&net, &aim), loss, 1e-5);
    for (size_t i = 0; i < tape->n_trained; i++) {
        double sum = 0;
        for (size_t p = 0; p < net.parts; p++) sum += net.slots[p * tape->n_trained + i];
        CHECK_NEAR(trainer->first[i], sum, 1e-5 + 1e-3 * fabs(sum)); /* the velocity is the gradient */
    }
    for (size_t i = 0; i < tape->running; i++) CHECK_NEAR(trainer->net.running[i], net.running[i], 1e-5);
    hyti_net_clear_f64(&net);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
}

/* One channel of known values: 0.9 of the old, 0.1 of the new; the variance without bias. */
static void running_statistics_are_those_of_torch(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *after = NULL;
    hyt_value x;
    const float pictures[4] = { 1, 2, 3, 6 }, one = 1;
    const uint32_t labels[4] = { 0 };
    MUST(hyt_graph_create(NULL, "norm", &graph));
    MUST(hyt_graph_input(graph, 1, 1, 1, &x));
    MUST(hyt_graph_conv(graph, x, 1, 1, 1, 1, &x));
    MUST(hyt_graph_batch_norm(graph, x, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_set_parameter(graph, 0, &one, 1));
    hyt_trainer *trainer = trainer_of(graph, SET("rate", "0"));
    MUST(hyt_trainer_step(trainer, pictures, labels, 4, NULL));
    MUST(hyt_trainer_network(trainer, &after));
    CHECK_NEAR(hyt_graph_parameter(after, 3)[0], 0.1 * 3, 1e-6);
    CHECK_NEAR(hyt_graph_parameter(after, 4)[0], 0.9 + 0.1 * 14 / 3, 1e-6);
    hyt_graph_destroy(after);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
}

/* Decay takes rate * decay of each weight, and nothing of biases and norms. */
static void decay_is_for_weights(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    MUST(hyt_graph_initialise(graph, 3));
    hyt_graph *with = stepped(graph, 1, SET("rate", "0.001", "weight-decay", "10"));
    hyt_graph *without = stepped(graph, 1, SET("rate", "0.001", "weight-decay", "0"));
    for (size_t i = 0; i < graph->n_parameters; i++) {
        const hyti_parameter *a = &with->parameters[i], *b = &without->parameters[i], *start = &graph->parameters[i];
        for (size_t k = 0; k < a->count; k++) {
            double expected = a->role == HYTI_ROLE_WEIGHT ? b->data[k] - 0.01 * start->data[k] : b->data[k];
            CHECK_NEAR(a->data[k], expected, a->role == HYTI_ROLE_WEIGHT ? 1e-6 : 0);
        }
    }
    hyt_graph_destroy(with);
    hyt_graph_destroy(without);
    hyt_graph_destroy(graph);
}

static void schedule(void **state)
{
    (void)state;
    hyti_train_params params = { .rate = 2, .warmup = 0.1 };
    CHECK_NEAR(hyti_train_rate(&params, 0, 100), 0.2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 4, 100), 1, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 9, 100), 2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 10, 100), 2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 55, 100), 1, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 99, 100), 1 + cos(M_PI * 89 / 90), 1e-12);
    for (size_t i = 11; i < 100; i++)
        assert_true(hyti_train_rate(&params, i, 100) < hyti_train_rate(&params, i - 1, 100));
    params.warmup = 0;
    CHECK_NEAR(hyti_train_rate(&params, 0, 1), 2, 1e-12);
    params.warmup = 1;
    CHECK_NEAR(hyti_train_rate(&params, 99, 100), 2, 1e-12);
}

typedef struct seen {
    size_t epochs, stop_at;
    int answer;
    double losses[64], accuracies[64];
} seen;

static int note(void *user, size_t epoch, double loss, double accuracy)
{
    seen *s = user;
    assert_int_equal(epoch, s->epochs);
    s->losses[epoch] = loss;
    s->accuracies[epoch] = accuracy;
    return ++s->epochs == s->stop_at ? s->answer : 0;
}

static void fit_learns_and_keeps_the_best(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *network = NULL;
    hyt_dataset *train = toy(70, 1), *validation = toy(30, 2);
    const char *const optimisers[] = { "adamw", "sgd" };
    for (size_t k = 0; k < 2; k++) {
        seen s = { 0 };
        double best, again, highest = 0;
        hyt_trainer *trainer = trainer_of(graph, SET("epochs", "8", "batch", "16", "threads", "2", "optimiser",
                                                     optimisers[k], "flip", "0", "rate", k ? "0.05" : "0.01"));
        MUST(hyt_trainer_fit(trainer, train, validation, note, &s, &best));
        assert_int_equal(s.epochs, 8);
        assert_true(s.losses[7] < 0.5 * s.losses[0]);
        for (size_t i = 0; i < 8; i++) highest = s.accuracies[i] > highest ? s.accuracies[i] : highest;
        CHECK_NEAR(best, highest, 0);
        assert_true(best >= 0.9);
        MUST(hyt_trainer_network(trainer, &network));
        MUST(hyt_train_accuracy(network, validation, 2, &again)); /* the runtime, on pixels from 0 to 1 */
        CHECK_NEAR(again, best, 0);
        hyt_graph_destroy(network);
        hyt_trainer_destroy(trainer);
    }
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_graph_destroy(graph);
}

/* The runtime on raw pixels against the trainer's own forward pass on normalised ones. */
static void exported_network_gives_the_same(void **state)
{
    (void)state;
    static float pixels[10 * SIDE * SIDE * 3], normalised[10 * SIDE * SIDE * 3];
    float expected[10 * CLASSES], got[CLASSES];
    hyt_graph *graph = small_graph(), *network = NULL;
    hyt_dataset *train = toy(40, 1);
    hyt_runtime *runtime = NULL;
    hyt_options *options = NULL;
    double mean[3], deviation[3];
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "2"));
    MUST(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL));
    MUST(hyt_trainer_network(trainer, &network));
    hyt_dataset_statistics(train, mean, deviation);
    const hyti_augment plain = { .inverse = { 1, 1, 1 } };
    for (size_t i = 0; i < 10; i++) hyti_data_picture(train, i, &plain, 0, 0, pixels + i * SIDE * SIDE * 3);
    for (size_t i = 0; i < HYTI_COUNT(pixels); i++)
        normalised[i] = (float)((pixels[i] - mean[i % 3]) / deviation[i % 3]);
    hyti_net_forward_f32(&trainer->net, normalised, 10, false);
    hyti_net_output_f32(&trainer->net, expected);
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_LAYOUT, "nhwc"));
    MUST(hyt_runtime_create(network, options, &runtime));
    for (size_t i = 0; i < 10; i++) {
        MUST(hyt_runtime_run(runtime, pixels + i * SIDE * SIDE * 3, got));
        for (size_t c = 0; c < CLASSES; c++) CHECK_NEAR(got[c], expected[i * CLASSES + c], 1e-4 * (1 + fabsf(got[c])));
    }
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
    hyt_graph_destroy(network);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
}

/* A rate that rises to the end spoils what an early epoch had. */
static void keeps_the_last(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_dataset *train = toy(70, 1), *validation = toy(30, 2);
    seen s = { 0 };
    double best = -1, kept = -1, most = -1, of_network;
    const char *const rows[] = { "best", "last" };
    for (size_t i = 0; i < 2; i++) {
        hyt_graph *network = NULL;
        hyt_trainer *trainer = trainer_of(graph, SET("epochs", "9", "rate", "0.3", "warmup", "1", "keep", rows[i]));
        s = (seen){ 0 };
        MUST(hyt_trainer_fit(trainer, train, validation, note, &s, i ? &kept : &best));
        MUST(hyt_trainer_network(trainer, &network));
        MUST(hyt_train_accuracy(network, validation, 1, &of_network));
        CHECK_NEAR(of_network, i ? kept : best, 1e-6);
        hyt_graph_destroy(network);
        hyt_trainer_destroy(trainer);
    }
    for (size_t i = 0; i < 9; i++) most = fmax(most, s.accuracies[i]);
    CHECK_NEAR(kept, s.accuracies[8], 0);
    CHECK_NEAR(best, most, 0);
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    MUST(hyt_train_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_TRAIN_KEEP, "last"));
    MUST(hyt_options_set_int(options, HYT_TRAIN_PATIENCE, 3));
    CHECK_STATUS(hyt_trainer_create(graph, options, &trainer), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("patience");
    uint64_t bytes;
    CHECK_STATUS(hyt_train_plan(graph, options, &bytes), HYT_ERR_CONFLICT);
    hyt_options_destroy(options);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_graph_destroy(graph);
}

static void ends_early(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *before = NULL, *after = NULL;
    hyt_dataset *train = toy(20, 1), *validation = toy(10, 2);
    seen s = { 0 };
    double best = -2;
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "50", "patience", "3", "rate", "0"));
    MUST(hyt_trainer_fit(trainer, train, validation, note, &s, &best)); /* only the running statistics move */
    assert_true(s.epochs >= 4 && s.epochs < 50);
    for (size_t i = s.epochs - 3; i < s.epochs; i++) assert_true(s.accuracies[i] <= best);
    CHECK_NEAR(s.accuracies[s.epochs - 4], best, 0);
    s = (seen){ .stop_at = 2, .answer = HYT_STOP };
    MUST(hyt_trainer_fit(trainer, train, NULL, note, &s, NULL));
    assert_int_equal(s.epochs, 2);
    assert_true(isnan(s.accuracies[1]));
    hyt_trainer_destroy(trainer);
    trainer = trainer_of(graph, SET("epochs", "5"));
    MUST(hyt_trainer_network(trainer, &before));
    s = (seen){ .stop_at = 3, .answer = -77 };
    best = -2;
    CHECK_STATUS(hyt_trainer_fit(trainer, train, validation, note, &s, &best), -77);
    CHECK_MESSAGE("epoch");
    CHECK_NEAR(best, -2, 0);
    MUST(hyt_trainer_network(trainer, &after));
    check_same_weights(before, after); /* as it was */
    hyt_graph_destroy(before);
    hyt_graph_destroy(after);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_graph_destroy(graph);
}

/* Weights that the caller set stay; the others come from the seed. */
static void set_weights_are_kept(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *network = NULL;
    size_t last = hyt_graph_parameter_count(graph) - 1;
    const float bias[CLASSES] = { 3, -4 };
    MUST(hyt_graph_set_parameter(graph, last, bias, CLASSES));
    hyt_trainer *trainer = trainer_of(graph, NULL);
    MUST(hyt_trainer_network(trainer, &network));
    assert_memory_equal(hyt_graph_parameter(network, last), bias, sizeof bias);
    assert_non_null(hyt_graph_parameter(network, 0));
    assert_null(hyt_graph_parameter(graph, 0));
    hyt_graph_destroy(network);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
}

/* What has been trained with so many threads can be scored with them. */
static void threads_have_one_bound(void **state)
{
    (void)state;
    hyt_options *training = NULL, *running = NULL;
    char most[32];
    double high = 0;
    MUST(hyt_train_options_create(NULL, &training));
    MUST(hyt_runtime_options_create(NULL, &running));
    for (size_t i = 0; i < hyt_options_count(training); i++)
        if (strcmp(hyt_options_key(training, i), HYT_TRAIN_THREADS) == 0)
            hyt_options_bounds(training, i, NULL, NULL, &high);
    snprintf(most, sizeof most, "%.0f", high);
    MUST(hyt_options_set_text(training, HYT_TRAIN_THREADS, most));
    MUST(hyt_options_set_text(running, HYT_RUNTIME_THREADS, most));
    hyt_options_destroy(training);
    hyt_options_destroy(running);
}

static void bad_calls_are_refused(void **state)
{
    (void)state;
    static float pictures[SIDE * SIDE * 3];
    uint32_t label = CLASSES;
    hyt_graph *graph = small_graph(), *tokens = small_graph(), *empty = NULL, *mobile = NULL;
    hyt_dataset *train = toy(6, 1);
    hyt_trainer *trainer = trainer_of(graph, SET("batch", "4")), *none = NULL;
    hyt_value x;
    double accuracy;
    CHECK_STATUS(hyt_trainer_step(trainer, pictures, &label, 1, NULL), HYT_ERR_RANGE);
    CHECK_MESSAGE("label 0 is 2");
    label = 0;
    CHECK_STATUS(hyt_trainer_step(trainer, pictures, &label, 0, NULL), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_trainer_step(trainer, pictures, &label, 5, NULL), HYT_ERR_RANGE);
    CHECK_MESSAGE("1 to 4");
    CHECK_STATUS(hyt_trainer_fit(trainer, NULL, NULL, NULL, NULL, NULL), HYT_ERR_ARGUMENT);
    MUST(hyt_graph_build(NULL, "mobilenetv1-0.25", 32, 2, &mobile));
    hyt_trainer *other = trainer_of(mobile, NULL);
    CHECK_STATUS(hyt_trainer_fit(other, train, NULL, NULL, NULL, NULL), HYT_ERR_SHAPE);
    CHECK_MESSAGE("train: pictures of 3x16x16, the network takes 3x32x32");
    CHECK_STATUS(hyt_train_accuracy(mobile, train, 1, &accuracy), HYT_ERR_SHAPE);
    MUST(hyt_graph_global_pool(tokens, 1, &x));
    MUST(hyt_graph_linear(tokens, x, 1, 0, &x));
    MUST(hyt_graph_set_output(tokens, x));
    hyt_trainer *one_class = trainer_of(tokens, NULL);
    CHECK_STATUS(hyt_trainer_fit(one_class, train, NULL, NULL, NULL, NULL), HYT_ERR_SHAPE);
    CHECK_MESSAGE("2 classes, the network has 1");
    MUST(hyt_graph_set_output(tokens, 1));
    CHECK_STATUS(hyt_trainer_create(tokens, NULL, &none), HYT_ERR_SHAPE);
    CHECK_MESSAGE("row of classes");
    MUST(hyt_graph_create(NULL, "empty", &empty));
    CHECK_STATUS(hyt_trainer_create(empty, NULL, &none), HYT_ERR_STATE);
    CHECK_STATUS(hyt_trainer_create(NULL, NULL, &none), HYT_ERR_ARGUMENT);
    assert_null(none);
    hyt_graph *all[] = { graph, tokens, empty, mobile };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyt_graph_destroy(all[i]);
    hyt_trainer_destroy(one_class);
    hyt_trainer_destroy(other);
    hyt_trainer_destroy(trainer);
    hyt_trainer_destroy(NULL);
    hyt_dataset_destroy(train);
}

/* Nothing to train: every step says the same loss, and touches only its own memory (the sanitizers look). */
static void a_network_without_weights(void **state)
{
    (void)state;
    const float pictures[2][300] = { { 1 }, { 0 } };
    const uint32_t labels[2] = { 0 };
    hyt_graph *graph = NULL;
    hyt_value x;
    double loss = 0;
    MUST(hyt_graph_create(NULL, "bare", &graph));
    MUST(hyt_graph_input(graph, 300, 1, 1, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    hyt_trainer *trainer = trainer_of(graph, SET("smoothing", "0"));
    assert_true(trainer->tape.gradients >= 2 * 300);
    for (int step = 0; step < 2; step++) {
        MUST(hyt_trainer_step(trainer, pictures[0], labels, 2, &loss));
        CHECK_NEAR(loss, (log(1 + 299 * exp(-1)) + log(300)) / 2, 1e-6);
    }
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
}

/* A step that fails leaves the caller's loss, the weights, the statistics and the moments as they were. */
static void a_failed_step_changes_nothing(void **state)
{
    (void)state;
    static float pictures[4 * SIDE * SIDE * 3];
    uint32_t labels[4];
    double loss = -7;
    hyt_graph *graph = small_graph(), *before = NULL, *after = NULL;
    hyt_trainer *trainer = trainer_of(graph, NULL), *other = trainer_of(graph, NULL);
    random_batch(pictures, labels, 4, 1);
    MUST(hyt_trainer_network(trainer, &before));
    float own = pictures[5];
    pictures[5] = NAN;
    CHECK_STATUS(hyt_trainer_step(trainer, pictures, labels, 4, &loss), HYT_ERR_NUMERIC);
    CHECK_NEAR(loss, -7, 0);
    MUST(hyt_trainer_network(trainer, &after));
    check_same_weights(before, after);
    hyt_graph_destroy(before);
    hyt_graph_destroy(after);
    pictures[5] = own;
    MUST(hyt_trainer_step(trainer, pictures, labels, 4, NULL));
    MUST(hyt_trainer_step(other, pictures, labels, 4, NULL));
    MUST(hyt_trainer_network(trainer, &before));
    MUST(hyt_trainer_network(other, &after));
    check_same_weights(before, after);
    hyt_graph_destroy(before);
    hyt_graph_destroy(after);
    hyt_trainer_destroy(trainer);
    hyt_trainer_destroy(other);
    hyt_graph_destroy(graph);
}

static hyt_graph *fitted(const hyt_graph *graph, const char *averaging, hyt_epoch_fn epoch)
{
    hyt_dataset *train = toy(8, 5);
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "2", "batch", "8", "averaging", averaging, "threads", "2"));
    MUST(hyt_trainer_fit(trainer, train, NULL, epoch, NULL, NULL));
    hyt_dataset_destroy(train);
    return network_of(trainer);
}

/* After one step the mean is the weights; of the second it takes 9/11, since so early a share of .5 is too little. */
static void the_mean_of_weights(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    MUST(hyt_graph_initialise(graph, 3));
    hyt_graph *one = fitted(graph, "0", stop_at_once), *two = fitted(graph, "0", NULL);
    hyt_graph *mean = fitted(graph, "0.5", NULL), *first = fitted(graph, "0.5", stop_at_once);
    check_same_weights(one, first);
    assert_false(same_weights(two, mean));
    for (size_t i = 0; i < graph->n_parameters; i++)
        for (size_t k = 0; k < graph->parameters[i].count; k++) {
            double a = one->parameters[i].data[k], b = two->parameters[i].data[k];
            CHECK_NEAR(mean->parameters[i].data[k], a + 9.0 / 11 * (b - a), 1e-6 * (1 + fabs(a)));
        }
    hyt_graph_destroy(first);
    hyt_graph_destroy(mean);
    hyt_graph_destroy(two);
    hyt_graph_destroy(one);
    hyt_graph_destroy(graph);
}

static void divergence_is_said(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *before = NULL, *after = NULL;
    hyt_dataset *train = toy(40, 1);
    hyt_trainer *trainer = trainer_of(graph, SET("optimiser", "sgd", "rate", "100", "weight-decay", "10", "batch",
                                                 "4"));
    MUST(hyt_trainer_network(trainer, &before));
    CHECK_STATUS(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL), HYT_ERR_NUMERIC);
    CHECK_MESSAGE("not finite");
    MUST(hyt_trainer_network(trainer, &after));
    check_same_weights(before, after);
    assert_int_equal(trainer->steps, 0);
    for (size_t i = 0; i < trainer->tape.n_trained; i++) assert_true(trainer->first[i] == 0 && trainer->second[i] == 0);
    hyt_graph_destroy(before);
    hyt_graph_destroy(after);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
}

static hyt_status fit_once(hyt_context *context)
{
    small_training s;
    hyt_graph *network = NULL;
    double accuracy;
    hyt_status status = small_training_open(context, SET("epochs", "1", "threads", "2"), &s);
    if (status == HYT_OK) status = hyt_trainer_fit(s.trainer, s.train, s.train, NULL, NULL, &accuracy);
    if (status == HYT_OK) status = hyt_trainer_network(s.trainer, &network);
    if (status == HYT_OK) status = hyt_train_accuracy(network, s.train, 1, &accuracy);
    hyt_graph_destroy(network);
    small_training_close(&s);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(fit_once);
}

/* A row of shares is a label, smoothed or not; a row that weighs nothing teaches nothing. */
static void soft_targets(void **state)
{
    (void)state;
    static float pictures[6 * SIDE * SIDE * 3];
    float rows[6 * CLASSES];
    uint32_t labels[6];
    double hard, soft;
    hyt_graph *graph = small_graph(), *before = NULL, *after = NULL;
    hyt_trainer *by_label = trainer_of(graph, SET("smoothing", "0.25", "batch", "6"));
    hyt_trainer *by_row = trainer_of(graph, SET("smoothing", "0.25", "batch", "6"));
    random_batch(pictures, labels, 6, 4);
    for (size_t i = 0; i < 6 * CLASSES; i++) rows[i] = i % CLASSES == labels[i / CLASSES] ? 0.875f : 0.125f;
    MUST(hyt_trainer_step(by_label, pictures, labels, 6, &hard));
    MUST(hyt_trainer_step_soft(by_row, pictures, rows, 6, &soft));
    CHECK_NEAR(hard, soft, 0);
    MUST(hyt_trainer_network(by_label, &before));
    MUST(hyt_trainer_network(by_row, &after));
    check_same_weights(before, after);
    memset(rows, 0, sizeof rows);
    MUST(hyt_trainer_step_soft(by_row, pictures, rows, 6, &soft));
    CHECK_NEAR(soft, 0, 0);
    rows[7] = -0.5f;
    CHECK_STATUS(hyt_trainer_step_soft(by_row, pictures, rows, 6, &soft), HYT_ERR_RANGE);
    CHECK_MESSAGE("target 1 of picture 3");
    rows[7] = NAN;
    CHECK_STATUS(hyt_trainer_step_soft(by_row, pictures, rows, 6, &soft), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_trainer_step_soft(by_row, pictures, rows, 7, &soft), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_trainer_step_soft(by_row, pictures, NULL, 6, &soft), HYT_ERR_ARGUMENT);
    hyt_graph_destroy(before);
    hyt_graph_destroy(after);
    hyt_trainer_destroy(by_label);
    hyt_trainer_destroy(by_row);
    hyt_graph_destroy(graph);
}

static void tasks_that_do_not_fit(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_trainer *none = NULL;
    hyt_options *options = options_of(SET("task", "segmentation"));
    CHECK_STATUS(hyt_trainer_create(graph, options, &none), HYT_ERR_SHAPE);
    CHECK_MESSAGE("not in a picture");
    hyt_options_destroy(options);
    hyt_graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing), cmocka_unit_test(gradient_is_that_of_float64),
        cmocka_unit_test(running_statistics_are_those_of_torch), cmocka_unit_test(decay_is_for_weights),
        cmocka_unit_test(schedule), cmocka_unit_test(fit_learns_and_keeps_the_best),
        cmocka_unit_test(exported_network_gives_the_same), cmocka_unit_test(keeps_the_last),
        cmocka_unit_test(ends_early),
        cmocka_unit_test(set_weights_are_kept), cmocka_unit_test(bad_calls_are_refused),
        cmocka_unit_test(threads_have_one_bound), cmocka_unit_test(a_network_without_weights),
        cmocka_unit_test(a_failed_step_changes_nothing), cmocka_unit_test(the_mean_of_weights),
        cmocka_unit_test(divergence_is_said), cmocka_unit_test(soft_targets),
        cmocka_unit_test(tasks_that_do_not_fit), cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
