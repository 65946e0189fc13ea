/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantisation-aware training: how values, weights and gradients are rounded, and that the runtime's int8 network is
 * what was trained. */
#include "train/net_f64.h"
#include "small.h"
#include <hytnas/quantiser.h>
#include <hytnas/runtime.h>

static hyti_ops_f32 fast;
static hyti_ops_f64 reference;

/* Steps of 0.5 from -1 to 126.5, the last of which is an activation's end too. */
static void values_and_slopes_by_hand(void **state)
{
    (void)state;
    const hyti_grid_f64 grid = { -1, 126.5, 0.5, 2 };
    const double x[] = { -3, -1, -0.7, 0.1, 0.3, 5.9, 126.5, 200 };
    const double rounded[] = { -1, -1, -0.5, 0, 0.5, 6, 126.5, 126.5 };
    const double g[] = { 1, 2, 3, 4, 5, 6, 7, 8 }, inside[] = { 0, 2, 3, 4, 5, 6, 7, 0 };
    double out[8];
    hyti_ops_init_f64(&reference);
    reference.round_values(8, 8, x, NULL, NULL, HYTI_ACT_NONE, NULL, &grid, out);
    for (size_t i = 0; i < 8; i++) CHECK_NEAR(out[i], rounded[i], 1e-15);
    reference.round_slopes(8, 8, g, x, NULL, NULL, HYTI_ACT_NONE, NULL, &grid, out);
    for (size_t i = 0; i < 8; i++) CHECK_NEAR(out[i], inside[i], 0);
    reference.round_values(8, 8, x, NULL, NULL, HYTI_ACT_SILU, &grid, &grid, out); /* a table of what is stored */
    for (size_t i = 0; i < 8; i++)
        CHECK_NEAR(out[i], fmin(126.5, round(2 * rounded[i] / (1 + exp(-rounded[i]))) / 2), 1e-15);
    reference.round_slopes(8, 8, g, x, NULL, NULL, HYTI_ACT_RELU6, NULL, &grid, out);
    for (size_t i = 0; i < 8; i++) CHECK_NEAR(out[i], x[i] > 0 && x[i] < 6 ? g[i] : 0, 0);
}

static void weights_by_hand(void **state)
{
    (void)state;
    const double x[] = { 1.27, 0.1, 0, -0.634, -12.7, 0, 0.0149, 3.33, 0 };
    const double rounded[] = { 1.27, 0.1, 0, -0.63, -12.7, 0, 0.01, 3.3, 0 };
    double out[9];
    hyti_ops_init_f64(&reference);
    reference.round_columns(3, 3, x, out);
    for (size_t i = 0; i < 9; i++) CHECK_NEAR(out[i], rounded[i], 1e-12);
}

/* Where a float32 lies next to the middle of two steps it may go to the other one; elsewhere they agree. */
static void every_table(void **state)
{
    (void)state;
    enum { COUNT = 3000, PERIOD = 60 };
    static float x[COUNT], scale[PERIOD], shift[PERIOD], out[COUNT];
    static double x64[COUNT], scale64[PERIOD], shift64[PERIOD], out64[COUNT];
    const unsigned tables[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_ALL };
    const hyti_grid_f32 grid = { -2, 5.96875f, 0.03125f, 32 };
    const hyti_grid_f64 grid64 = { -2, 5.96875, 0.03125, 32 };
    hyti_rng rng = hyti_rng_start(4, HYTI_PURPOSE_TEST, 3);
    for (size_t i = 0; i < COUNT; i++) x64[i] = x[i] = (float)(3 * hyti_rng_normal(&rng));
    for (size_t i = 0; i < PERIOD; i++) scale64[i] = scale[i] = (float)hyti_rng_normal(&rng);
    for (size_t i = 0; i < PERIOD; i++) shift64[i] = shift[i] = (float)hyti_rng_normal(&rng);
    hyti_ops_init_f64(&reference);
    for (size_t t = 0; t < HYTI_COUNT(tables); t++) {
        hyti_ops_init_f32(&fast, tables[t]);
        for (hyti_act act = HYTI_ACT_NONE; act < HYTI_ACT_COUNT; act++) {
            size_t apart = 0;
            fast.round_values(COUNT, PERIOD, x, scale, shift, act, &grid, &grid, out);
            reference.round_values(COUNT, PERIOD, x64, scale64, shift64, act, &grid64, &grid64, out64);
            for (size_t i = 0; i < COUNT; i++) {
                apart += fabs(out[i] - out64[i]) > 1e-5;
                assert_true(fabs(out[i] - out64[i]) < 2.1 * 0.03125);
            }
            assert_true(apart <= 3);
        }
        float ends[2] = { -1, 0 };
        double ends64[2] = { -1, 0 };
        fast.find_ends(COUNT - 1, x, ends);
        reference.find_ends(COUNT - 1, x64, ends64);
        assert_true(ends[0] == ends64[0] && ends[1] == ends64[1] && ends[0] < -1 && ends[1] > 0);
        fast.round_columns(COUNT / PERIOD, PERIOD, x, out);
        reference.round_columns(COUNT / PERIOD, PERIOD, x64, out64);
        for (size_t i = 0; i < COUNT; i++) CHECK_NEAR(out[i], out64[i], 0.2); /* less than two steps: see above */
    }
}

/* Trains the graph, and destroys it. */
static hyt_graph *trained_of(hyt_graph *graph, const char *const *settings, double *accuracy)
{
    hyt_graph *network = NULL;
    hyt_dataset *train = toy(96, 1), *validation = toy(48, 2);
    hyt_trainer *trainer = trainer_of(graph, settings);
    MUST(hyt_trainer_fit(trainer, train, validation, NULL, NULL, accuracy));
    MUST(hyt_trainer_network(trainer, &network));
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_graph_destroy(graph);
    return network;
}

static hyt_graph *trained(const char *const *settings, double *accuracy)
{
    return trained_of(small_graph(), settings, accuracy);
}

static void scale_parameter(const hyt_graph *graph, hyt_value node, size_t first, size_t count, float factor)
{
    float *values = graph->parameters[graph->nodes[node].parameters[0]].data;
    for (size_t i = first; i < first + count; i++) values[i] *= factor;
}

/* A transposed convolution whose outputs differ in size; a concatenation of parts that do, the smaller as important as
 * the larger, within another. */
static hyt_graph *joining_graph(void)
{
    hyt_graph *graph = NULL;
    hyt_value x, parts[2], up, tail;
    MUST(hyt_graph_create(NULL, "joining", &graph));
    MUST(hyt_graph_input(graph, 3, SIDE, SIDE, &x));
    MUST(hyti_graph_conv_norm(graph, x, 4, 3, 1, 1, HYT_OP_INPUT, &parts[0]));
    hyt_value norm = parts[0];
    MUST(hyt_graph_activation(graph, parts[0], HYT_OP_RELU6, &parts[0]));
    MUST(hyti_graph_conv_norm(graph, x, 8, 3, 2, 1, HYT_OP_SILU, &up));
    MUST(hyt_graph_conv_transpose(graph, up, 4, 2, 2, 0, 1, &up));
    MUST(hyt_graph_activation(graph, up, HYT_OP_RELU, &parts[1]));
    MUST(hyt_graph_concat(graph, parts, 2, 1, &x));
    parts[0] = x;
    MUST(hyti_graph_conv_norm(graph, x, 3, 1, 1, 1, HYT_OP_SILU, &parts[1]));
    MUST(hyt_graph_concat(graph, parts, 2, 1, &x));
    MUST(hyt_graph_conv(graph, x, 6, 3, 2, 1, &tail));
    MUST(hyt_graph_global_pool(graph, tail, &x));
    MUST(hyt_graph_linear(graph, x, CLASSES, 1, &x));
    MUST(hyt_graph_initialise(graph, 5));
    scale_parameter(graph, norm, 0, 4, 0.02f);
    for (size_t o = 0; o < 6; o++) scale_parameter(graph, tail, o * 11 * 9, 4 * 9, 50);
    for (size_t i = 0; i < 8; i++) scale_parameter(graph, up, (i * 4 + 1) * 4, 2 * 4, 0.05f);
    return graph;
}

#define QAT SET("epochs", "8", "qat", "0.5", "crop", "0", "jitter", "0")

static hyt_graph *quantised(const hyt_graph *network, const char *calibration, const float *pictures, size_t count)
{
    hyt_options *options = NULL;
    hyt_quantiser *quantiser = NULL;
    hyt_graph *out = NULL;
    MUST(hyt_quantiser_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_QUANTISER_CALIBRATION, calibration));
    MUST(hyt_quantiser_create(network, options, &quantiser));
    MUST(hyt_quantiser_add(quantiser, pictures, count));
    MUST(hyt_quantiser_finish(quantiser, &out));
    hyt_quantiser_destroy(quantiser);
    hyt_options_destroy(options);
    return out;
}

/* Results of a network for pictures of the toy set. */
static void run(const hyt_graph *network, const float *pictures, size_t count, float *out)
{
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_create(network, NULL, &runtime));
    for (size_t i = 0; i < count; i++)
        MUST(hyt_runtime_run(runtime, pictures + i * 3 * SIDE * SIDE, out + i * CLASSES));
    hyt_runtime_destroy(runtime);
}

static void planes_of(const hyt_dataset *dataset, size_t count, float *planes)
{
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++)
            for (size_t k = 0; k < SIDE * SIDE; k++)
                planes[(i * 3 + c) * SIDE * SIDE + k] = (float)hyt_dataset_picture(dataset, i)[3 * k + c] / 255;
}

/* What the rounding trainer computes, from a network that carries its ranges. */
static void run_rounded(const hyt_graph *network, const float *planes, size_t count, float *out)
{
    hyti_tape tape;
    hyti_ops_f32 ops;
    hyti_net_f32 net;
    float *pixels = malloc(count * 3 * SIDE * SIDE * sizeof *pixels);
    for (size_t i = 0; i < count * 3 * SIDE * SIDE; i++) {
        size_t c = i % 3, place = i / 3 % (SIDE * SIDE), picture = i / (3 * SIDE * SIDE);
        pixels[i] = (planes[(picture * 3 + c) * SIDE * SIDE + place] - network->mean[c]) / network->deviation[c];
    }
    MUST(hyti_tape_build(NULL, network, count, &tape));
    hyti_ops_init_f32(&ops, HYTI_ISA_ALL);
    MUST(hyti_net_init_f32(&net, NULL, &tape, &ops, NULL));
    hyti_net_read_f32(&net, network);
    net.rounding = HYTI_ROUNDING_FROZEN;
    for (size_t i = 0; i < tape.n_values; i++) {
        const hyti_tape_value *v = &tape.values[i];
        float *ends = net.running + tape.ranges + HYTI_ENDS * i;
        const hyti_node *nodes[2] = { &network->nodes[v->made], &network->nodes[v->read] };
        for (int k = 0; k < 2; k++) {
            ends[2 * k] = nodes[k]->scale * (float)(-128 - nodes[k]->zero);
            ends[2 * k + 1] = nodes[k]->scale * (float)(127 - nodes[k]->zero);
        }
    }
    hyti_net_pack_f32(&net);
    hyti_net_forward_f32(&net, pixels, count, false);
    hyti_net_output_f32(&net, out);
    hyti_net_clear_f32(&net);
    hyti_tape_clear(&tape);
    free(pixels);
}

static double distance(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum / (double)count);
}

/* The network that was trained is much nearer to the runtime's int8 one than the same in float32 is, and it lies within
 * a step of the result. */
static void check_int8_is_what_was_trained(hyt_graph *graph)
{
    enum { PICTURES = 40 };
    static float planes[PICTURES * 3 * SIDE * SIDE], exact[PICTURES * CLASSES], rounded[PICTURES * CLASSES],
        int8[PICTURES * CLASSES];
    double accuracy = 0;
    hyt_graph *network = trained_of(graph, QAT, &accuracy);
    hyt_dataset *test = toy(PICTURES, 3);
    size_t carried = 0;
    planes_of(test, PICTURES, planes);
    for (size_t i = 0; i < network->n_nodes; i++) carried += network->nodes[i].quantised;
    assert_true(carried > network->n_nodes / 2 && network->nodes[hyt_graph_output(network)].quantised);
    assert_true(accuracy > 0.9);
    hyt_graph *learned = quantised(network, "learned", planes, 8);
    run(network, planes, PICTURES, exact);
    run(learned, planes, PICTURES, int8);
    run_rounded(network, planes, PICTURES, rounded);
    double step = network->nodes[hyt_graph_output(network)].scale;
    double model = distance(rounded, int8, PICTURES * CLASSES), plain = distance(exact, int8, PICTURES * CLASSES);
    if (!(model < 0.5 * plain && model < step))
        fail_msg("int8 is %.3g from what was trained, %.3g from float32; a step is %.3g", model, plain, step);
    assert_true(learned->nodes[hyt_graph_output(learned)].scale == network->nodes[hyt_graph_output(network)].scale);
    hyt_graph_destroy(learned);
    hyt_dataset_destroy(test);
    hyt_graph_destroy(network);
}

static void the_int8_network_is_what_was_trained(void **state)
{
    (void)state;
    check_int8_is_what_was_trained(small_graph());
}

static void so_are_transposed_convolutions_and_concatenations(void **state)
{
    (void)state;
    check_int8_is_what_was_trained(joining_graph());
}

/* Threads change no weight and no range. */
static void threads_change_nothing(void **state)
{
    (void)state;
    hyt_graph *one = trained(SET("epochs", "3", "qat", "0.6", "threads", "1"), NULL);
    hyt_graph *two = trained(SET("epochs", "3", "qat", "0.6", "threads", "2"), NULL);
    hyt_graph *none = trained(SET("epochs", "3", "qat", "0"), NULL);
    check_same_weights(one, two);
    assert_false(same_weights(one, none));
    for (size_t i = 0; i < one->n_nodes; i++) {
        assert_true(one->nodes[i].quantised == two->nodes[i].quantised && one->nodes[i].scale == two->nodes[i].scale &&
                    one->nodes[i].zero == two->nodes[i].zero && !none->nodes[i].quantised);
    }
    hyt_graph_destroy(one);
    hyt_graph_destroy(two);
    hyt_graph_destroy(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_slopes_by_hand), cmocka_unit_test(weights_by_hand), cmocka_unit_test(every_table),
        cmocka_unit_test(the_int8_network_is_what_was_trained),
        cmocka_unit_test(so_are_transposed_convolutions_and_concatenations), cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
