/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Detection and segmentation end to end: light networks learn where figures are in the built-in pictures. */
#include "data/batch.h"
#include "graph/graph.h"
#include "test.h"
#include "train/task.h"
#include "train/trainer.h"
#include <hytnas/space.h>

#define SIDE 48

/* Strides 8 and 16. */
static hyt_status backbone(hyt_context *context, size_t channels, hyt_value maps[2], hyt_graph **graph)
{
    hyt_value x;
    HYTI_TRY(hyt_graph_create(context, "light", graph));
    HYTI_TRY(hyt_graph_input(*graph, 3, SIDE, SIDE, &x));
    HYTI_TRY(hyti_graph_conv_norm(*graph, x, channels, 3, 2, 1, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_inverted_residual(*graph, x, channels, 2, 2, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_inverted_residual(*graph, x, 2 * channels, 2, 2, HYT_OP_SILU, &maps[0]));
    return hyt_graph_inverted_residual(*graph, maps[0], 2 * channels, 2, 2, HYT_OP_SILU, &maps[1]);
}

static hyt_status detector(hyt_context *context, size_t channels, hyt_graph **graph)
{
    hyt_value maps[2], x;
    HYTI_TRY(backbone(context, channels, maps, graph));
    HYTI_TRY(hyt_graph_pyramid(*graph, maps, 2, 2 * channels, maps));
    return hyt_graph_box_head(*graph, maps, 2, 2 * channels, 1, 1, HYT_OP_SILU, &x);
}

static hyt_status query_detector(hyt_context *context, size_t channels, hyt_graph **graph)
{
    hyt_value maps[2], x;
    HYTI_TRY(backbone(context, channels, maps, graph));
    return hyt_graph_query_head(*graph, maps[1], 2 * channels, 2 * channels, 2, 1, 5, 1, &x);
}

static hyt_status segmenter(hyt_context *context, size_t channels, hyt_graph **graph)
{
    hyt_value maps[2], x;
    HYTI_TRY(backbone(context, channels, maps, graph));
    return hyt_graph_pixel_head(*graph, maps, 2, channels, 1, 2, HYT_OP_SILU, &x);
}

static hyt_trainer *trainer_of(const hyt_graph *graph, const char *task, const char *epochs, const char *threads)
{
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    MUST(hyt_train_options_create(hyti_graph_context(graph), &options));
    MUST(hyt_options_set_text(options, HYT_TRAIN_TASK, task));
    MUST(hyt_options_set_text(options, HYT_TRAIN_EPOCHS, epochs));
    MUST(hyt_options_set_text(options, HYT_TRAIN_THREADS, threads));
    MUST(hyt_options_set_text(options, HYT_TRAIN_RATE, "0.01"));
    MUST(hyt_options_set_text(options, HYT_TRAIN_CROP, "0.1"));
    MUST(hyt_trainer_create(graph, options, &trainer));
    hyt_options_destroy(options);
    return trainer;
}

typedef hyt_status (*build_fn)(hyt_context *context, size_t channels, hyt_graph **graph);

/* What a short training reaches on new pictures; the runtime must agree with the trainer. */
static double learned(build_fn build, const char *task, const char *metric, const char *epochs)
{
    hyt_graph *graph = NULL, *network = NULL;
    hyt_dataset *train = NULL, *validation = NULL;
    double best = -1, again = -1;
    MUST(build(NULL, 16, &graph));
    MUST(hyt_dataset_create_shapes(NULL, 200, SIDE, 1, 0, &train));
    MUST(hyt_dataset_create_shapes(NULL, 40, SIDE, 1, 1000, &validation));
    hyt_trainer *trainer = trainer_of(graph, task, epochs, "2");
    MUST(hyt_trainer_fit(trainer, train, validation, NULL, NULL, &best));
    MUST(hyt_trainer_network(trainer, &network));
    MUST(hyt_train_score(network, validation, metric, 2, &again));
    /* Batch norms are folded there, and boxes of nearly equal scores may change places. */
    CHECK_NEAR(again, best, 0.01);
    print_message("%s: %.3f\n", metric, best);
    hyt_graph_destroy(network);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_graph_destroy(graph);
    return best;
}

static void boxes_are_learned(void **state)
{
    (void)state;
    assert_true(learned(detector, "detection", "map50", "20") > 0.3);
}

static void queries_learn(void **state)
{
    (void)state;
    assert_true(learned(query_detector, "detection", "map50", "20") > 0.02);
}

static void pixels_are_learned(void **state)
{
    (void)state;
    assert_true(learned(segmenter, "segmentation", "miou", "8") > 0.6);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    static const build_fn builds[] = { detector, query_detector, segmenter };
    static const char *const tasks[] = { "detection", "detection", "segmentation" };
    hyt_dataset *train = NULL;
    MUST(hyt_dataset_create_shapes(NULL, 20, SIDE, 1, 0, &train));
    for (size_t i = 0; i < HYTI_COUNT(builds); i++) {
        hyt_graph *graph = NULL, *networks[2] = { NULL };
        MUST(builds[i](NULL, 8, &graph));
        for (size_t k = 0; k < 2; k++) {
            hyt_trainer *trainer = trainer_of(graph, tasks[i], "2", k ? "2" : "1");
            MUST(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL));
            MUST(hyt_trainer_network(trainer, &networks[k]));
            hyt_trainer_destroy(trainer);
        }
        for (size_t p = 0; p < hyt_graph_parameter_count(graph); p++)
            assert_memory_equal(networks[0]->parameters[p].data, networks[1]->parameters[p].data,
                                networks[0]->parameters[p].count * sizeof(float));
        hyt_graph_destroy(networks[0]);
        hyt_graph_destroy(networks[1]);
        hyt_graph_destroy(graph);
    }
    hyt_dataset_destroy(train);
}

/* What does not fit is named. */
static void faults_are_named(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *pixels = NULL;
    hyt_dataset *shapes = NULL, *plain = NULL, *two = NULL;
    uint8_t picture[SIDE * SIDE * 3] = { 0 };
    uint32_t label = 0;
    double value;
    const hyt_box box = { 0, 1, 2, 2, 9, 9, 0 };
    MUST(detector(NULL, 8, &graph));
    MUST(segmenter(NULL, 8, &pixels));
    MUST(hyt_dataset_create_shapes(NULL, 4, SIDE, 1, 0, &shapes));
    MUST(hyt_dataset_create(NULL, picture, &label, 1, SIDE, SIDE, 1, &plain));
    MUST(hyt_dataset_annotate(plain, &box, 1, 2, NULL, 0, &two));
    MUST(hyt_graph_initialise(graph, 1));
    MUST(hyt_graph_initialise(pixels, 1));
    CHECK_STATUS(hyt_train_score(graph, shapes, "miou", 1, &value), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_train_score(pixels, shapes, "map", 1, &value), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_train_score(graph, shapes, "recall", 1, &value), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("map50");
    CHECK_STATUS(hyt_train_score(graph, plain, "map50", 1, &value), HYT_ERR_SHAPE);
    CHECK_MESSAGE("no boxes");
    CHECK_STATUS(hyt_train_score(graph, two, "map50", 1, &value), HYT_ERR_SHAPE);
    CHECK_MESSAGE("2 classes");
    CHECK_STATUS(hyt_train_score(pixels, plain, "miou", 1, &value), HYT_ERR_SHAPE);
    CHECK_MESSAGE("no masks");
    MUST(hyt_train_score(graph, shapes, "map", 1, &value));
    assert_true(value >= 0 && value <= 1);
    hyt_dataset_destroy(shapes);
    hyt_dataset_destroy(plain);
    hyt_dataset_destroy(two);
    hyt_graph_destroy(graph);
    hyt_graph_destroy(pixels);
}

static hyt_status train_once(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_dataset *train = NULL;
    hyti_train_params params;
    hyt_trainer *trainer = NULL;
    hyt_options *options = NULL;
    double best;
    hyt_status status = hyt_train_options_create(NULL, &options);
    if (status == HYT_OK) status = hyti_options_read(options, &hyti_train_table, &params);
    hyt_options_destroy(options);
    params.epochs = 1;
    params.batch = 2;
    params.task = 1;
    if (status == HYT_OK) status = detector(context, 8, &graph);
    if (status == HYT_OK) status = hyt_dataset_create_shapes(context, 2, SIDE, 1, 0, &train);
    if (status == HYT_OK) status = hyti_trainer_create(graph, &params, &trainer);
    if (status == HYT_OK) status = hyt_trainer_fit(trainer, train, train, NULL, NULL, &best);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
    return status;
}

static void survives_no_memory(void **state)
{
    (void)state;
    test_each_allocation(train_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_learned),      cmocka_unit_test(queries_learn),
        cmocka_unit_test(pixels_are_learned),     cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(faults_are_named),       cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
