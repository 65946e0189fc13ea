/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradients against finite differences, in float64: each operation within a small network whose every weight is
 * checked. The layer in front of the operation mixes the gradients of all its inputs into its own weights, so a wrong
 * one shows. */
#include "net_f64.h"
#include "base/rng.h"
#include "test.h"

#define BATCH 10 /* parts of one and of two pictures */
#define CLASSES 3

typedef hyt_status (*middle_fn)(hyt_graph *graph, hyt_value *x);

/* Input, `front`, the operation, `back`: to a row of classes. */
static hyt_graph *network(middle_fn front, middle_fn middle, middle_fn back)
{
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "gradients", &graph));
    MUST(hyt_graph_input(graph, 3, 4, 6, &x));
    MUST(front(graph, &x));
    MUST(middle(graph, &x));
    MUST(back(graph, &x));
    return graph;
}

static hyt_status picture_front(hyt_graph *graph, hyt_value *x) { return hyt_graph_conv(graph, *x, 4, 3, 1, 1, x); }

static hyt_status picture_back(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_conv(graph, *x, 5, 1, 1, 1, x));
    HYTI_TRY(hyt_graph_activation(graph, *x, HYT_OP_SILU, x)); /* so that the gradient differs from pixel to pixel */
    HYTI_TRY(hyt_graph_global_pool(graph, *x, x));
    return hyt_graph_linear(graph, *x, CLASSES, 1, x);
}

static hyt_status token_front(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_conv(graph, *x, 4, 3, 1, 1, x));
    return hyt_graph_unfold(graph, *x, 2, x);
}

static hyt_status token_back(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_fold(graph, *x, 4, 6, 2, x));
    return picture_back(graph, x);
}

#define SMOOTHING 0.1

static double loss_of(hyti_net_f64 *net, const double *input, const uint32_t *labels)
{
    double output[BATCH * CLASSES], unused[CLASSES], loss = 0;
    hyti_net_pack_f64(net);
    hyti_net_forward_f64(net, input, BATCH, true);
    hyti_net_output_f64(net, output);
    for (size_t i = 0; i < BATCH; i++)
        loss += net->ops->cross_entropy(CLASSES, output + i * CLASSES, labels[i], SMOOTHING, 1, unused) / BATCH;
    return loss;
}

static void check_weights(hyti_net_f64 *net, const double *input, const uint32_t *labels)
{
    const hyti_tape *tape = net->tape;
    double *gradient = calloc(tape->n_trained, sizeof *gradient);
    double loss = loss_of(net, input, labels);
    const hyti_label_loss_f64 classes = { net->ops, labels, CLASSES, SMOOTHING };
    const hyti_loss_f64 aim = hyti_loss_of_labels_f64(&classes);
    CHECK_NEAR(hyti_net_backward_f64(net, &aim), loss, 1e-12);
    for (size_t p = 0; p < net->parts; p++)
        for (size_t i = 0; i < tape->n_trained; i++) gradient[i] += net->slots[p * tape->n_trained + i];
    for (size_t w = 0; w < tape->n_weights; w++) {
        for (size_t i = tape->weights[w].offset; i < tape->weights[w].offset + tape->weights[w].count; i++) {
            double own = net->weights[i], step = 1e-5;
            net->weights[i] = own + step;
            double up = loss_of(net, input, labels);
            net->weights[i] = own - step;
            double down = loss_of(net, input, labels), slope = (up - down) / (2 * step);
            net->weights[i] = own;
            if (!(fabs(slope - gradient[i]) <= 1e-8 + 1e-6 * fabs(slope)))
                fail_msg("%s[%zu]: gradient %.12g, finite difference %.12g",
                         tape->graph->parameters[tape->weights[w].parameter].name, i - tape->weights[w].offset,
                         gradient[i], slope);
        }
    }
    free(gradient);
}

static void randomise(double *values, size_t count, uint64_t seed)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < count; i++) values[i] = 0.5 * hyti_rng_normal(&rng);
}

static void check_graph(hyt_graph *graph)
{
    hyti_tape tape;
    hyti_ops_f64 ops;
    hyti_net_f64 net;
    size_t pixels = BATCH * 3 * 4 * 6;
    double *input = malloc(pixels * sizeof *input);
    uint32_t labels[BATCH];
    for (size_t i = 0; i < BATCH; i++) labels[i] = i % CLASSES;
    MUST(hyt_graph_initialise(graph, 1));
    MUST(hyti_tape_build(NULL, graph, BATCH, &tape));
    ops_init_f64(&ops);
    MUST(hyti_net_init_f64(&net, NULL, &tape, &ops, NULL));
    hyti_net_read_f64(&net, graph);
    randomise(net.weights, tape.n_trained, 2);
    randomise(input, pixels, 3);
    check_weights(&net, input, labels);
    hyti_net_clear_f64(&net);
    hyti_tape_clear(&tape);
    free(input);
    hyt_graph_destroy(graph);
}

static void check_on_picture(middle_fn middle) { check_graph(network(picture_front, middle, picture_back)); }
static void check_on_tokens(middle_fn middle) { check_graph(network(token_front, middle, token_back)); }

/* A convolution with everything that the typed calls do not offer: oblong kernel, strides, uneven padding, dilation. */
static hyt_status any_conv(hyt_graph *graph, hyt_value *x, size_t channels, size_t groups)
{
    hyti_node node = { .op = HYT_OP_CONV, .inputs = x, .n_inputs = 1, .kernel = { 3, 2 }, .stride = { 1, 2 },
                       .pad = { 2, 0, 1, 1 }, .dilation = { 2, 1 }, .groups = groups };
    return hyti_graph_append(graph, &node, channels, true, x);
}

static hyt_status conv(hyt_graph *graph, hyt_value *x) { return hyt_graph_conv(graph, *x, 5, 3, 2, 1, x); }
static hyt_status pointwise(hyt_graph *graph, hyt_value *x) { return hyt_graph_conv(graph, *x, 6, 1, 1, 1, x); }
static hyt_status odd_conv(hyt_graph *graph, hyt_value *x) { return any_conv(graph, x, 3, 1); }
static hyt_status grouped(hyt_graph *graph, hyt_value *x) { return any_conv(graph, x, 6, 2); }
static hyt_status grouped_pointwise(hyt_graph *graph, hyt_value *x) { return hyt_graph_conv(graph, *x, 6, 1, 1, 2, x); }
static hyt_status widening(hyt_graph *graph, hyt_value *x) { return hyt_graph_conv(graph, *x, 8, 3, 1, 4, x); }
static hyt_status depthwise_1(hyt_graph *graph, hyt_value *x) { return hyt_graph_conv(graph, *x, 4, 3, 1, 4, x); }
static hyt_status depthwise_2(hyt_graph *graph, hyt_value *x) { return hyt_graph_conv(graph, *x, 4, 5, 2, 4, x); }
static hyt_status depthwise_odd(hyt_graph *graph, hyt_value *x) { return any_conv(graph, x, 4, 4); }

static void convolutions(void **state)
{
    (void)state;
    const middle_fn all[] = { conv, pointwise, odd_conv, grouped, grouped_pointwise, widening, depthwise_1, depthwise_2,
                              depthwise_odd };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_picture(all[i]);
}

static hyt_status norm(hyt_graph *graph, hyt_value *x) { return hyt_graph_batch_norm(graph, *x, x); }

static hyt_status norm_relu6(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    return hyt_graph_activation(graph, *x, HYT_OP_RELU6, x);
}

/* Nothing to hang the second norm and the second activation on: copies take them. */
static hyt_status stacked(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(norm_relu6(graph, x));
    HYTI_TRY(hyt_graph_activation(graph, *x, HYT_OP_SILU, x));
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    return hyt_graph_batch_norm(graph, *x, x);
}

/* A normalised and activated value with three readers. */
static hyt_status shared(hyt_graph *graph, hyt_value *x)
{
    hyt_value side, both[2];
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    HYTI_TRY(hyt_graph_activation(graph, *x, HYT_OP_SILU, x));
    HYTI_TRY(hyt_graph_conv(graph, *x, 4, 1, 1, 1, &side));
    HYTI_TRY(hyt_graph_add(graph, *x, side, &both[0]));
    both[1] = *x;
    return hyt_graph_concat(graph, both, 2, 1, x);
}

static hyt_status raw_and_normed(hyt_graph *graph, hyt_value *x)
{
    hyt_value normed;
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, &normed));
    return hyt_graph_add(graph, *x, normed, x);
}

static hyt_status relu(hyt_graph *graph, hyt_value *x) { return hyt_graph_activation(graph, *x, HYT_OP_RELU, x); }
static hyt_status silu(hyt_graph *graph, hyt_value *x) { return hyt_graph_activation(graph, *x, HYT_OP_SILU, x); }

static void norms_and_activations(void **state)
{
    (void)state;
    const middle_fn all[] = { norm, norm_relu6, stacked, shared, raw_and_normed, relu, silu };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_picture(all[i]);
}

static hyt_status twice(hyt_graph *graph, hyt_value *x) { return hyt_graph_add(graph, *x, *x, x); }

static hyt_status stacked_rows(hyt_graph *graph, hyt_value *x)
{
    hyt_value both[2] = { *x };
    HYTI_TRY(hyt_graph_resize(graph, *x, 3, 6, &both[1]));
    return hyt_graph_concat(graph, both, 2, 2, x);
}

static hyt_status stacked_columns(hyt_graph *graph, hyt_value *x)
{
    hyt_value both[2] = { *x };
    HYTI_TRY(hyt_graph_resize(graph, *x, 4, 3, &both[1]));
    return hyt_graph_concat(graph, both, 2, 3, x);
}

static hyt_status up(hyt_graph *graph, hyt_value *x) { return hyt_graph_resize(graph, *x, 9, 11, x); }
static hyt_status down(hyt_graph *graph, hyt_value *x) { return hyt_graph_resize(graph, *x, 3, 2, x); }

static void moves(void **state)
{
    (void)state;
    const middle_fn all[] = { twice, stacked_rows, stacked_columns, up, down };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_picture(all[i]);
}

static hyt_status layers(hyt_graph *graph, hyt_value *x) { return hyt_graph_layer_norm(graph, *x, x); }
static hyt_status linear(hyt_graph *graph, hyt_value *x) { return hyt_graph_linear(graph, *x, 7, 1, x); }
static hyt_status bare_linear(hyt_graph *graph, hyt_value *x) { return hyt_graph_linear(graph, *x, 2, 0, x); }

static hyt_status attention(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_linear(graph, *x, 12, 1, x));
    return hyt_graph_attention(graph, *x, 2, x);
}

/* Patches as wide as the picture allows: one token each. */
static hyt_status lone_token(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_fold(graph, *x, 4, 6, 2, x));
    HYTI_TRY(hyt_graph_resize(graph, *x, 2, 2, x));
    HYTI_TRY(hyt_graph_unfold(graph, *x, 2, x));
    HYTI_TRY(attention(graph, x));
    HYTI_TRY(hyt_graph_fold(graph, *x, 2, 2, 2, x));
    HYTI_TRY(hyt_graph_resize(graph, *x, 4, 6, x));
    return hyt_graph_unfold(graph, *x, 2, x);
}

static hyt_status wide_layers(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_linear(graph, *x, 37, 1, x)); /* more than the lanes of a sum */
    return hyt_graph_layer_norm(graph, *x, x);
}

static hyt_status joined(hyt_graph *graph, hyt_value *x)
{
    hyt_value both[2] = { *x };
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &both[1]));
    return hyt_graph_concat(graph, both, 2, 3, x);
}

static void tokens(void **state)
{
    (void)state;
    const middle_fn all[] = { layers, linear, bare_linear, attention, lone_token, wide_layers, joined };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_tokens(all[i]);
}

static hyt_status nothing(hyt_graph *graph, hyt_value *x)
{
    (void)graph;
    (void)x;
    return HYT_OK;
}

/* An activation at the very end, on the row of classes itself. */
static hyt_status active_classes(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(picture_back(graph, x));
    return silu(graph, x);
}

/* The blocks of the search space, patches that do not divide the picture included. */
static hyt_status blocks(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_inverted_residual(graph, *x, 8, 2, 2, HYT_OP_SILU, x));
    HYTI_TRY(hyt_graph_inverted_residual(graph, *x, 8, 1, 1, HYT_OP_RELU6, x));
    return hyt_graph_mobilevit(graph, *x, 4, 6, 2, 2, 2, HYT_OP_SILU, x);
}

static void whole_networks(void **state)
{
    (void)state;
    check_graph(network(picture_front, nothing, active_classes));
    check_graph(network(picture_front, blocks, picture_back));
    hyt_graph *dead = network(picture_front, blocks, picture_back); /* an operation that leads nowhere is left alone */
    hyt_value output = hyt_graph_output(dead), unused;
    MUST(hyt_graph_linear(dead, output, 4, 1, &unused));
    MUST(hyt_graph_set_output(dead, output));
    check_graph(dead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions), cmocka_unit_test(norms_and_activations), cmocka_unit_test(moves),
        cmocka_unit_test(tokens), cmocka_unit_test(whole_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
