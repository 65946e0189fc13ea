/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds figures in the built-in pictures: a light head on a small backbone, trained on boxes, then one picture's boxes
 * through the runtime. Fails if the mean average precision at an overlap of .5 stays below 0.3.
 *
 *   detect [EPOCHS]        20 unless it is given */
#include <hytnas/hytnas.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 48, TRAIN = 200, TEST = 60, MOST = 5 };

/* Strides 8 and 16, joined by a pyramid; one box a pixel of both. */
static hyt_status build(hyt_graph **out)
{
    hyt_graph *graph = NULL;
    hyt_value x = 0, maps[2] = { 0 };
    hyt_status status = hyt_graph_create(NULL, "detector", &graph);
    if (status == HYT_OK) status = hyt_graph_input(graph, 3, SIDE, SIDE, &x);
    if (status == HYT_OK) status = hyt_graph_conv(graph, x, 16, 3, 2, 1, &x);
    if (status == HYT_OK) status = hyt_graph_batch_norm(graph, x, &x);
    if (status == HYT_OK) status = hyt_graph_activation(graph, x, HYT_OP_SILU, &x);
    if (status == HYT_OK) status = hyt_graph_inverted_residual(graph, x, 16, 2, 2, HYT_OP_SILU, &x);
    if (status == HYT_OK) status = hyt_graph_inverted_residual(graph, x, 32, 2, 2, HYT_OP_SILU, &maps[0]);
    if (status == HYT_OK) status = hyt_graph_inverted_residual(graph, maps[0], 32, 2, 2, HYT_OP_SILU, &maps[1]);
    if (status == HYT_OK) status = hyt_graph_pyramid(graph, maps, 2, 32, maps);
    if (status == HYT_OK) status = hyt_graph_box_head(graph, maps, 2, 32, 1, 1, HYT_OP_SILU, &x);
    if (status == HYT_OK) *out = graph;
    else hyt_graph_destroy(graph);
    return status;
}

static hyt_status train(const hyt_graph *graph, const char *epochs, const hyt_dataset *pictures, hyt_graph **out)
{
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    hyt_status status = hyt_train_options_create(NULL, &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_TRAIN_TASK, "detection");
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_TRAIN_EPOCHS, epochs);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_TRAIN_RATE, "0.01");
    if (status == HYT_OK) status = hyt_trainer_create(graph, options, &trainer);
    if (status == HYT_OK) status = hyt_trainer_fit(trainer, pictures, NULL, NULL, NULL, NULL);
    if (status == HYT_OK) status = hyt_trainer_network(trainer, out);
    hyt_trainer_destroy(trainer);
    hyt_options_destroy(options);
    return status;
}

/* The network takes planes of values from 0 to 1. */
static hyt_status show(const hyt_graph *network, const hyt_dataset *pictures, size_t index)
{
    static float planes[3 * SIDE * SIDE];
    float boxes[4 * MOST], scores[MOST], *output = NULL;
    uint32_t labels[MOST];
    size_t count = 0, truths = 0;
    hyt_runtime *runtime = NULL;
    const uint8_t *picture = hyt_dataset_picture(pictures, index);
    const float *truth = hyt_dataset_boxes(pictures, index, &truths);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        for (size_t c = 0; c < 3; c++) planes[c * SIDE * SIDE + i] = (float)picture[3 * i + c] / 255.0f;
    hyt_status status = hyt_runtime_create(network, NULL, &runtime);
    if (status == HYT_OK && !(output = malloc(hyt_runtime_output_size(runtime) * sizeof *output)))
        status = HYT_ERR_NOMEM;
    if (status == HYT_OK) status = hyt_runtime_run(runtime, planes, output);
    if (status == HYT_OK) status = hyt_detect(network, output, 0.3, 0.5, MOST, boxes, scores, labels, &count);
    for (size_t i = 0; i < truths; i++)
        printf("a figure at %.0f,%.0f to %.0f,%.0f\n", truth[4 * i], truth[4 * i + 1], truth[4 * i + 2],
               truth[4 * i + 3]);
    for (size_t i = 0; i < count; i++)
        printf("found, score %.2f, at %.0f,%.0f to %.0f,%.0f\n", scores[i], boxes[4 * i], boxes[4 * i + 1],
               boxes[4 * i + 2], boxes[4 * i + 3]);
    free(output);
    hyt_runtime_destroy(runtime);
    return status;
}

int main(int argc, char **argv)
{
    hyt_dataset *pictures = NULL, *test = NULL;
    hyt_graph *graph = NULL, *network = NULL;
    double map50 = 0;
    hyt_status status = hyt_dataset_create_shapes(NULL, TRAIN, SIDE, 1, 0, &pictures);
    if (status == HYT_OK) status = hyt_dataset_create_shapes(NULL, TEST, SIDE, 1, TRAIN, &test);
    if (status == HYT_OK) status = build(&graph);
    if (status == HYT_OK) status = train(graph, argc > 1 ? argv[1] : "20", pictures, &network);
    if (status == HYT_OK) status = hyt_train_score(network, test, "map50", 1, &map50);
    for (size_t i = 0; i < 2 && status == HYT_OK; i++) status = show(network, test, i);
    if (status == HYT_OK) printf("mAP at .5 on %d new pictures: %.3f\n", TEST, map50);
    else fprintf(stderr, "%s\n", hyt_message());
    hyt_graph_destroy(graph);
    hyt_graph_destroy(network);
    hyt_dataset_destroy(pictures);
    hyt_dataset_destroy(test);
    return status == HYT_OK && map50 >= 0.3 ? 0 : 1;
}
