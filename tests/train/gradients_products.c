/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradients of transposed convolutions, matrix products, softmax and attention in all its forms. */
#include "gradients.h"

static hyt_status transposed(hyt_graph *graph, hyt_value *x)
{
    return hyt_graph_conv_transpose(graph, *x, 3, 3, 2, 1, 1, x);
}

static hyt_status bare_transposed(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_conv_transpose(graph, *x, 5, 2, 2, 0, 0, x));
    HYTI_TRY(hyt_graph_batch_norm(graph, *x, x));
    return hyt_graph_activation(graph, *x, HYT_OP_SILU, x);
}

static hyt_status any_transposed(hyt_graph *graph, hyt_value *x, size_t channels, size_t groups)
{
    hyti_node node = { .op = HYT_OP_CONV_TRANSPOSE, .inputs = x, .n_inputs = 1, .kernel = { 3, 2 }, .stride = { 2, 3 },
                       .pad = { 1, 0, 0, 1 }, .groups = groups, .output_pad = { 1, 2 } };
    return hyti_graph_append(graph, &node, channels, true, x);
}

static hyt_status odd_transposed(hyt_graph *graph, hyt_value *x) { return any_transposed(graph, x, 3, 1); }
static hyt_status grouped_transposed(hyt_graph *graph, hyt_value *x) { return any_transposed(graph, x, 6, 2); }
static hyt_status depthwise_transposed(hyt_graph *graph, hyt_value *x) { return any_transposed(graph, x, 4, 4); }

static void convolutions(void **state)
{
    (void)state;
    const middle_fn all[] = { transposed, bare_transposed, odd_transposed, grouped_transposed, depthwise_transposed };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_picture(all[i]);
}

static hyt_status softmax_rows(hyt_graph *graph, hyt_value *x) { return hyt_graph_softmax(graph, *x, x); }

/* N,4,6,4 times N,4,4,5 and N,4,5,4 turned. */
static hyt_status own_product(hyt_graph *graph, hyt_value *x)
{
    hyt_value right;
    HYTI_TRY(hyt_graph_slice(graph, *x, 2, 1, 6, 1, &right));
    HYTI_TRY(hyt_graph_matmul(graph, *x, right, 1, x));
    HYTI_TRY(hyt_graph_softmax(graph, *x, x));
    return hyt_graph_matmul(graph, *x, right, 0, x);
}

/* One matrix for all positions, of each picture its own. */
static hyt_status shared_product(hyt_graph *graph, hyt_value *x)
{
    hyt_value right;
    HYTI_TRY(hyt_graph_mean_of(graph, *x, 1, 1, &right));
    HYTI_TRY(hyt_graph_activation(graph, right, HYT_OP_GELU, &right));
    HYTI_TRY(hyt_graph_matmul(graph, *x, right, 1, x));
    return hyt_graph_matmul(graph, *x, right, 0, x);
}

static hyt_status constant_product(hyt_graph *graph, hyt_value *x)
{
    hyt_value left, right;
    HYTI_TRY(hyt_graph_constant(graph, &(hyt_dims){ 4, { 1, 1, 4, 7 } }, 0, NULL, &right));
    HYTI_TRY(hyt_graph_matmul(graph, *x, right, 0, x));
    HYTI_TRY(hyt_graph_constant(graph, &(hyt_dims){ 4, { 1, 4, 6, 6 } }, 0, NULL, &left));
    return hyt_graph_matmul(graph, left, *x, 0, x);
}

/* Five axes, the second of the right operand shared, the first not. */
static hyt_status deep_product(hyt_graph *graph, hyt_value *x)
{
    hyt_value right;
    HYTI_TRY(hyt_graph_reshape(graph, *x, &(hyt_dims){ 5, { 1, 4, 3, 2, 4 } }, 0, x));
    HYTI_TRY(hyt_graph_slice(graph, *x, 2, 1, 2, 1, &right));
    HYTI_TRY(hyt_graph_matmul(graph, *x, right, 1, x));
    HYTI_TRY(hyt_graph_matmul(graph, *x, right, 0, x));
    return hyt_graph_reshape(graph, *x, &(hyt_dims){ 4, { 1, 4, 6, 4 } }, 0, x);
}

static void products(void **state)
{
    (void)state;
    const middle_fn all[] = { softmax_rows, own_product, shared_product, constant_product, deep_product };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_tokens(all[i]);
}

static hyt_status constant(hyt_graph *graph, hyt_dims dims, hyt_value *out)
{
    return hyt_graph_constant(graph, &dims, 0, NULL, out);
}

static hyt_status biased(hyt_graph *graph, hyt_value *x)
{
    hyt_value in[2];
    HYTI_TRY(hyt_graph_linear(graph, *x, 12, 1, &in[0]));
    HYTI_TRY(constant(graph, (hyt_dims){ 4, { 1, 2, 6, 6 } }, &in[1]));
    return hyt_graph_attention_of(graph, in, 2, 2, x);
}

/* A bias for each position, and of each picture its own. */
static hyt_status own_bias(hyt_graph *graph, hyt_value *x)
{
    hyt_value in[2];
    HYTI_TRY(hyt_graph_linear(graph, *x, 6, 1, &in[1]));
    HYTI_TRY(hyt_graph_reshape(graph, in[1], &(hyt_dims){ 5, { 1, 4, 1, 6, 6 } }, 0, &in[1]));
    HYTI_TRY(hyt_graph_linear(graph, *x, 12, 1, &in[0]));
    return hyt_graph_attention_of(graph, in, 2, 1, x);
}

/* Queries that look at fewer keys than there are. */
static hyt_status crossed(hyt_graph *graph, hyt_value *x)
{
    hyt_value in[3] = { *x };
    HYTI_TRY(hyt_graph_linear(graph, *x, 4, 1, &in[1]));
    HYTI_TRY(hyt_graph_slice(graph, in[1], 2, 1, 5, 1, &in[1]));
    HYTI_TRY(hyt_graph_linear(graph, *x, 4, 0, &in[2]));
    HYTI_TRY(hyt_graph_slice(graph, in[2], 2, 0, 4, 1, &in[2]));
    return hyt_graph_attention_of(graph, in, 3, 2, x);
}

static hyt_status all_the_same(hyt_graph *graph, hyt_value *x)
{
    const hyt_value in[3] = { *x, *x, *x };
    return hyt_graph_attention_of(graph, in, 3, 2, x);
}

/* Trained queries (arXiv 2005.12872), a bias over positions that share it. */
static hyt_status queries(hyt_graph *graph, hyt_value *x)
{
    hyt_value in[4] = { 0, *x, *x };
    HYTI_TRY(constant(graph, (hyt_dims){ 4, { 1, 4, 6, 4 } }, &in[0]));
    HYTI_TRY(hyt_graph_linear(graph, in[0], 4, 1, &in[0]));
    HYTI_TRY(constant(graph, (hyt_dims){ 5, { 1, 1, 2, 6, 6 } }, &in[3]));
    return hyt_graph_attention_of(graph, in, 4, 2, x);
}

static hyt_status constant_keys(hyt_graph *graph, hyt_value *x)
{
    hyt_value in[3] = { *x };
    HYTI_TRY(constant(graph, (hyt_dims){ 4, { 1, 4, 5, 4 } }, &in[1]));
    HYTI_TRY(hyt_graph_activation(graph, in[1], HYT_OP_GELU, &in[2]));
    return hyt_graph_attention_of(graph, in, 3, 1, x);
}

static void attention(void **state)
{
    (void)state;
    const middle_fn all[] = { biased, own_bias, crossed, all_the_same, queries, constant_keys };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_on_tokens(all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(convolutions), cmocka_unit_test(products),
                                        cmocka_unit_test(attention) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
