/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradients of activations, of sums and products that broadcast, of constants, and of what moves, pools and resizes. */
#include "gradients.h"

#define ACTIVATION(name, op) \
    static hyt_status name(hyt_graph *graph, hyt_value *x) { return hyt_graph_activation(graph, *x, op, x); }
ACTIVATION(sigmoid_act, HYT_OP_SIGMOID)
ACTIVATION(gelu, HYT_OP_GELU)
ACTIVATION(hard_swish, HYT_OP_HARD_SWISH)
ACTIVATION(hard_sigmoid_act, HYT_OP_HARD_SIGMOID)

static hyt_status norm_gelu(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    return gelu(graph, x);
}

/* Values over all of the curve: +-0.5 alone would not reach its ends. */
static hyt_status wide_swish(hyt_graph *graph, hyt_value *x)
{
    const hyt_dims one = { 4, { 1, 1, 1, 1 } };
    hyt_value four;
    HYTI_TRY(hyt_graph_constant(graph, &one, 1, (const float[]){ 4 }, &four));
    HYTI_TRY(hyt_graph_mul(graph, *x, four, x));
    return hard_swish(graph, x);
}

static void activations(void **state)
{
    (void)state;
    const middle_fn all[] = { sigmoid_act, gelu, hard_swish, hard_sigmoid_act, norm_gelu, wide_swish };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) {
        check_on_picture(all[i]);
        if (all[i] != norm_gelu && all[i] != wide_swish) check_on_tokens(all[i]);
    }
}

/* Squeeze and excite (Hu et al., arXiv 1709.01507). */
static hyt_status excite(hyt_graph *graph, hyt_value *x)
{
    hyt_value gate;
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    HYTI_TRY(hyt_graph_activation(graph, *x, HYT_OP_SILU, x));
    HYTI_TRY(hyt_graph_global_pool(graph, *x, &gate));
    HYTI_TRY(hyt_graph_linear(graph, gate, 2, 1, &gate));
    HYTI_TRY(hyt_graph_activation(graph, gate, HYT_OP_RELU, &gate));
    HYTI_TRY(hyt_graph_linear(graph, gate, 4, 1, &gate));
    HYTI_TRY(hyt_graph_activation(graph, gate, HYT_OP_HARD_SIGMOID, &gate));
    HYTI_TRY(hyt_graph_reshape(graph, gate, &(hyt_dims){ 4, { 1, 4, 1, 1 } }, 1, &gate));
    return hyt_graph_mul(graph, *x, gate, x);
}

static hyt_status squared(hyt_graph *graph, hyt_value *x) { return hyt_graph_mul(graph, *x, *x, x); }

static hyt_status crossed(hyt_graph *graph, hyt_value *x)
{
    hyt_value side;
    HYTI_TRY(hyt_graph_conv(graph, *x, 4, 3, 1, 1, &side));
    HYTI_TRY(hyt_graph_batch_norm(graph, side, &side));
    HYTI_TRY(hyt_graph_activation(graph, side, HYT_OP_GELU, &side));
    return hyt_graph_mul(graph, *x, side, x);
}

/* A row of one channel added to all rows of all channels. */
static hyt_status one_row(hyt_graph *graph, hyt_value *x)
{
    hyt_value row;
    HYTI_TRY(hyt_graph_slice(graph, *x, 1, 1, 2, 1, &row));
    HYTI_TRY(hyt_graph_slice(graph, row, 2, 2, 3, 1, &row));
    return hyt_graph_add(graph, *x, row, x);
}

static hyt_status add_constant(hyt_graph *graph, hyt_value *x, hyt_dims dims, int picture)
{
    hyt_value constant;
    HYTI_TRY(hyt_graph_constant(graph, &dims, picture, NULL, &constant));
    return hyt_graph_add(graph, *x, constant, x);
}

static hyt_status whole_constant(hyt_graph *graph, hyt_value *x)
{
    return add_constant(graph, x, (hyt_dims){ 4, { 1, 4, 4, 6 } }, 1);
}

static hyt_status column_constant(hyt_graph *graph, hyt_value *x)
{
    return add_constant(graph, x, (hyt_dims){ 4, { 1, 1, 4, 1 } }, 1);
}

/* Constants worked on before pictures meet them, through a norm and a linear layer, read twice. */
static hyt_status worked_constant(hyt_graph *graph, hyt_value *x)
{
    hyt_value constant, gate;
    HYTI_TRY(hyt_graph_constant(graph, &(hyt_dims){ 4, { 1, 4, 4, 6 } }, 1, NULL, &constant));
    HYTI_TRY(hyt_graph_batch_norm(graph, constant, &constant));
    HYTI_TRY(hyt_graph_activation(graph, constant, HYT_OP_SILU, &constant));
    HYTI_TRY(hyt_graph_conv(graph, constant, 4, 3, 1, 1, &gate));
    HYTI_TRY(hyt_graph_activation(graph, gate, HYT_OP_SIGMOID, &gate));
    HYTI_TRY(hyt_graph_mul(graph, *x, gate, x));
    return hyt_graph_add(graph, constant, *x, x);
}

static hyt_status given_constant(hyt_graph *graph, hyt_value *x)
{
    const float values[] = { 0.5f, -1, 2, 0.25f };
    hyt_value constant;
    HYTI_TRY(hyt_graph_constant(graph, &(hyt_dims){ 4, { 1, 4, 1, 1 } }, 1, values, &constant));
    return hyt_graph_mul(graph, *x, constant, x);
}

static void broadcasts(void **state)
{
    (void)state;
    const middle_fn all[] = { excite, squared, crossed, one_row, whole_constant, column_constant, worked_constant,
                              given_constant };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_picture(all[i]);
}

static hyt_status token_gate(hyt_graph *graph, hyt_value *x)
{
    hyt_value gate;
    HYTI_TRY(hyt_graph_mean_of(graph, *x, 2, 1, &gate));
    HYTI_TRY(hyt_graph_activation(graph, gate, HYT_OP_SIGMOID, &gate));
    return hyt_graph_mul(graph, *x, gate, x);
}

static hyt_status positions(hyt_graph *graph, hyt_value *x)
{
    return add_constant(graph, x, (hyt_dims){ 4, { 1, 1, 6, 4 } }, 0);
}

/* A trained token in front of the others, and away again. */
static hyt_status class_token(hyt_graph *graph, hyt_value *x)
{
    hyt_value both[2] = { 0, *x };
    HYTI_TRY(hyt_graph_constant(graph, &(hyt_dims){ 4, { 1, 4, 1, 4 } }, 0, NULL, &both[0]));
    HYTI_TRY(hyt_graph_concat(graph, both, 2, 2, x));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, x));
    HYTI_TRY(hyt_graph_linear(graph, *x, 4, 1, x));
    return hyt_graph_slice(graph, *x, 2, 0, 6, 1, x);
}

static hyt_status mean_gone(hyt_graph *graph, hyt_value *x)
{
    hyt_value mean;
    HYTI_TRY(hyt_graph_mean_of(graph, *x, 1, 0, &mean));
    HYTI_TRY(hyt_graph_reshape(graph, mean, &(hyt_dims){ 4, { 1, 1, 6, 4 } }, 0, &mean));
    return hyt_graph_add(graph, *x, mean, x);
}

static hyt_status mean_of_width(hyt_graph *graph, hyt_value *x)
{
    hyt_value mean;
    HYTI_TRY(hyt_graph_mean_of(graph, *x, 3, 1, &mean));
    return hyt_graph_mul(graph, *x, mean, x);
}

static hyt_status turned(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_transpose(graph, *x, (size_t[]){ 0, 3, 1, 2 }, 0, x));
    HYTI_TRY(hyt_graph_linear(graph, *x, 6, 1, x));
    return hyt_graph_transpose(graph, *x, (size_t[]){ 0, 2, 3, 1 }, 0, x);
}

static hyt_status every_second(hyt_graph *graph, hyt_value *x)
{
    hyt_value both[2];
    HYTI_TRY(hyt_graph_slice(graph, *x, 2, 1, 6, 2, &both[0]));
    HYTI_TRY(hyt_graph_slice(graph, *x, 2, 2, 5, 1, &both[1]));
    return hyt_graph_concat(graph, both, 2, 2, x);
}

static hyt_status windows(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_fold(graph, *x, 4, 6, 2, x));
    HYTI_TRY(hyt_graph_unfold_windows(graph, *x, 2, x));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, x));
    HYTI_TRY(hyt_graph_fold_windows(graph, *x, 4, 6, 2, x));
    return hyt_graph_unfold(graph, *x, 2, x);
}

/* A rank of five and back. */
static hyt_status split_rows(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_reshape(graph, *x, &(hyt_dims){ 5, { 1, 4, 3, 2, 4 } }, 0, x));
    HYTI_TRY(hyt_graph_transpose(graph, *x, (size_t[]){ 0, 1, 3, 2, 4 }, 0, x));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, x));
    return hyt_graph_reshape(graph, *x, &(hyt_dims){ 4, { 1, 4, 6, 4 } }, 0, x);
}

static void tokens(void **state)
{
    (void)state;
    const middle_fn all[] = { token_gate, positions, class_token, mean_gone, mean_of_width, turned, every_second,
                              windows, split_rows };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_tokens(all[i]);
}

/* Channels become rows of pixels, pixels channels, and a picture one of other axes. */
static hyt_status regrouped(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_reshape(graph, *x, &(hyt_dims){ 4, { 1, 6, 2, 8 } }, 1, x));
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    HYTI_TRY(hyt_graph_activation(graph, *x, HYT_OP_SILU, x));
    HYTI_TRY(hyt_graph_reshape(graph, *x, &(hyt_dims){ 3, { 1, 12, 8 } }, 0, x));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, x));
    return hyt_graph_reshape(graph, *x, &(hyt_dims){ 4, { 1, 4, 4, 6 } }, 1, x);
}

/* Channel shuffle (Zhang et al., arXiv 1707.01083) by way of tokens, and a picture turned on its side. */
static hyt_status turned_picture(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_transpose(graph, *x, (size_t[]){ 0, 2, 3, 1 }, 0, x));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, x));
    HYTI_TRY(hyt_graph_transpose(graph, *x, (size_t[]){ 0, 3, 2, 1 }, 1, x));
    return hyt_graph_conv(graph, *x, 4, 3, 1, 1, x);
}

static hyt_status padded(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_pad(graph, *x, (size_t[]){ 1, 2, 0, 3 }, 0.5, x));
    return hyt_graph_conv(graph, *x, 4, 3, 2, 1, x);
}

static hyt_status max_pool_2(hyt_graph *graph, hyt_value *x) { return hyt_graph_max_pool(graph, *x, 2, 2, 0, x); }
static hyt_status max_pool_3(hyt_graph *graph, hyt_value *x) { return hyt_graph_max_pool(graph, *x, 3, 1, 1, x); }
static hyt_status mean_pool(hyt_graph *graph, hyt_value *x) { return hyt_graph_average_pool(graph, *x, 3, 2, 1, 0, x); }
static hyt_status mean_pad(hyt_graph *graph, hyt_value *x) { return hyt_graph_average_pool(graph, *x, 3, 2, 1, 1, x); }

static hyt_status normed_pool(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    HYTI_TRY(hyt_graph_activation(graph, *x, HYT_OP_SILU, x));
    return hyt_graph_max_pool(graph, *x, 3, 2, 1, x);
}

static hyt_status nearest(hyt_graph *graph, hyt_value *x)
{
    return hyt_graph_resize_by(graph, *x, 7, 4, HYT_RESIZE_NEAREST, x);
}

static hyt_status aligned(hyt_graph *graph, hyt_value *x)
{
    return hyt_graph_resize_by(graph, *x, 7, 1, HYT_RESIZE_ALIGN_CORNERS, x);
}

static hyt_status sliced_channels(hyt_graph *graph, hyt_value *x) { return hyt_graph_slice(graph, *x, 1, 0, 4, 3, x); }
static hyt_status sliced_rows(hyt_graph *graph, hyt_value *x) { return hyt_graph_slice(graph, *x, 2, 1, 4, 2, x); }

static void pictures(void **state)
{
    (void)state;
    const middle_fn all[] = { regrouped, turned_picture, padded, max_pool_2, max_pool_3, mean_pool, mean_pad,
                              normed_pool, nearest, aligned, sliced_channels, sliced_rows };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_picture(all[i]);
}

/* Operations that keep the picture's, or the tokens', shape, in any order. */
static middle_fn chosen[3];

static hyt_status chain(hyt_graph *graph, hyt_value *x)
{
    for (size_t i = 0; i < HYTI_COUNT(chosen); i++) HYTI_TRY(chosen[i](graph, x));
    return HYT_OK;
}

static void random_chains(void **state)
{
    (void)state;
    const middle_fn on_pictures[] = { excite, crossed, one_row, worked_constant, given_constant, regrouped, max_pool_3,
                                      wide_swish, norm_gelu, hard_sigmoid_act };
    const middle_fn on_tokens[] = { token_gate, positions, class_token, mean_gone, turned, windows, split_rows, gelu };
    hyti_rng rng = hyti_rng_start(8, HYTI_PURPOSE_TEST, 0);
    for (size_t turn = 0; turn < 12; turn++) {
        bool picture = turn % 2;
        for (size_t i = 0; i < HYTI_COUNT(chosen); i++)
            chosen[i] = picture ? on_pictures[hyti_rng_below(&rng, HYTI_COUNT(on_pictures))]
                                : on_tokens[hyti_rng_below(&rng, HYTI_COUNT(on_tokens))];
        if (picture) check_on_picture(chain);
        else check_on_tokens(chain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(activations), cmocka_unit_test(broadcasts),
                                        cmocka_unit_test(tokens), cmocka_unit_test(pictures),
                                        cmocka_unit_test(random_chains) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
