/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trains a small hybrid network on the built-in pictures, makes an int8 network of it, and compares the two. Fails if
 * int8 loses more than 3 points of accuracy.
 *
 *   quantise [FILE]        FILE: where the int8 network is kept, for hytnas profile FILE --precision graph */
#include <hytnas/hytnas.h>
#include <stdbool.h>
#include <stdio.h>

#define TRY(call)                                         \
    do {                                                  \
        hyt_status try_ = (call);                         \
        if (try_ != HYT_OK) return try_;                  \
    } while (0)

enum { SIDE = 48, TRAIN = 512, TEST = 512, CALIBRATION = 64 };

static hyt_status train(const hyt_dataset *pictures, hyt_graph **out)
{
    hyt_graph *graph = NULL;
    hyt_value value = 0;
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    hyt_status status = hyt_graph_create(NULL, "small", &graph);
    if (status == HYT_OK) status = hyt_graph_input(graph, 3, SIDE, SIDE, &value);
    if (status == HYT_OK) status = hyt_graph_conv(graph, value, 8, 3, 2, 1, &value);
    if (status == HYT_OK) status = hyt_graph_batch_norm(graph, value, &value);
    if (status == HYT_OK) status = hyt_graph_activation(graph, value, HYT_OP_SILU, &value);
    if (status == HYT_OK) status = hyt_graph_inverted_residual(graph, value, 16, 2, 3, HYT_OP_RELU6, &value);
    if (status == HYT_OK) status = hyt_graph_inverted_residual(graph, value, 24, 2, 3, HYT_OP_RELU6, &value);
    if (status == HYT_OK) status = hyt_graph_mobilevit(graph, value, 32, 64, 2, 1, 2, HYT_OP_SILU, &value);
    if (status == HYT_OK) status = hyt_graph_global_pool(graph, value, &value);
    if (status == HYT_OK) status = hyt_graph_linear(graph, value, 2, 1, &value);
    if (status == HYT_OK) status = hyt_train_options_create(NULL, &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_TRAIN_EPOCHS, 6);
    if (status == HYT_OK) status = hyt_trainer_create(graph, options, &trainer);
    if (status == HYT_OK) status = hyt_trainer_fit(trainer, pictures, NULL, NULL, NULL, NULL);
    if (status == HYT_OK) status = hyt_trainer_network(trainer, out);
    hyt_trainer_destroy(trainer);
    hyt_options_destroy(options);
    hyt_graph_destroy(graph);
    return status;
}

/* Calibration wants what the network will see: planes, from 0 to 1, since the network normalises by itself. */
static hyt_status add_picture(hyt_quantiser *quantiser, const uint8_t *picture)
{
    static float planes[3 * SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++)
        for (size_t c = 0; c < 3; c++) planes[c * SIDE * SIDE + i] = picture[3 * i + c] / 255.0f;
    return hyt_quantiser_add(quantiser, planes, 1);
}

static hyt_status quantise(const hyt_graph *network, const hyt_dataset *pictures, hyt_graph **out)
{
    hyt_quantiser *quantiser = NULL;
    hyt_status status = hyt_quantiser_create(network, NULL, &quantiser);
    for (size_t i = 0; i < CALIBRATION && status == HYT_OK; i++)
        status = add_picture(quantiser, hyt_dataset_picture(pictures, i));
    if (status == HYT_OK) status = hyt_quantiser_finish(quantiser, out);
    hyt_quantiser_destroy(quantiser);
    return status;
}

static hyt_status measure(const char *name, const hyt_graph *network, const hyt_dataset *test, double *accuracy)
{
    hyt_runtime *runtime = NULL;
    double median = 0;
    TRY(hyt_train_accuracy(network, test, 1, accuracy));
    TRY(hyt_runtime_create(network, NULL, &runtime));
    hyt_status status = hyt_runtime_time(runtime, 100, &median, NULL, NULL);
    printf("%-8s accuracy %.3f, %.3f ms, %llu bytes of activations, %llu of weights\n", name, *accuracy, median,
           (unsigned long long)hyt_runtime_arena_bytes(runtime), (unsigned long long)hyt_graph_weight_bytes(network));
    hyt_runtime_destroy(runtime);
    return status;
}

int main(int argc, char **argv)
{
    hyt_dataset *pictures = NULL, *test = NULL;
    hyt_graph *network = NULL, *small = NULL;
    double exact = 0, rounded = 0;
    hyt_status status = hyt_dataset_create_shapes(NULL, TRAIN, SIDE, 1, 0, &pictures);
    if (status == HYT_OK) status = hyt_dataset_create_shapes(NULL, TEST, SIDE, 1, TRAIN, &test);
    if (status == HYT_OK) status = train(pictures, &network);
    if (status == HYT_OK) status = quantise(network, pictures, &small);
    if (status == HYT_OK) status = measure("float32", network, test, &exact);
    if (status == HYT_OK) status = measure("int8", small, test, &rounded);
    if (status == HYT_OK && argc > 1) status = hyt_model_save(small, argv[1]);
    if (status != HYT_OK) fprintf(stderr, "quantise: %s: %s\n", hyt_status_name(status), hyt_message());
    hyt_graph_destroy(small);
    hyt_graph_destroy(network);
    hyt_dataset_destroy(test);
    hyt_dataset_destroy(pictures);
    bool kept = exact > 0.6 && rounded > exact - 0.03;
    if (status == HYT_OK && !kept)
        fprintf(stderr, "quantise: accuracy %.3f in float32, %.3f in int8\n", exact, rounded);
    return status == HYT_OK && kept ? 0 : 1;
}
