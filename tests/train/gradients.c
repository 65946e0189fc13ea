/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradients of what MobileNets and MobileViT are made of: each operation within a small network whose every weight is
 * checked. The layer in front of the operation mixes the gradients of all its inputs into its own weights, so a wrong
 * one shows. */
#include "gradients.h"

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
