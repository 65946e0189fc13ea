/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden counts, shapes, refusals, and what a failed call must leave alone. */
#include "../test.h"
#include "graph/graph.h"

/* A small hybrid whose patches do not divide its maps, counted by another implementation. */
static void golden_hybrid(void **state)
{
    (void)state;
    static const struct { size_t channels, width, ffn, heads, blocks, patch; double expand; } layers[] = {
        { 12, 8, 16, 4, 1, 4, 2 }, { 24, 16, 32, 2, 1, 4, 2 }, { 48, 32, 64, 1, 2, 2, 2 } };
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "hybrid", &graph));
    MUST(hyt_graph_input(graph, 3, 96, 96, &x));
    MUST(hyti_graph_conv_norm(graph, x, 8, 3, 2, 1, HYT_OP_SILU, &x));
    MUST(hyt_graph_inverted_residual(graph, x, 8, 1, 2, HYT_OP_SILU, &x));
    MUST(hyt_graph_inverted_residual(graph, x, 12, 2, 4, HYT_OP_SILU, &x));
    for (size_t i = 0; i < 3; i++) {
        MUST(hyt_graph_inverted_residual(graph, x, layers[i].channels, 2, layers[i].expand, HYT_OP_SILU, &x));
        MUST(hyt_graph_mobilevit(graph, x, layers[i].width, layers[i].ffn, layers[i].heads, layers[i].blocks,
                                 layers[i].patch, HYT_OP_SILU, &x));
    }
    MUST(hyti_graph_conv_norm(graph, x, 192, 1, 1, 1, HYT_OP_SILU, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_linear(graph, x, 10, 1, &x));
    assert_int_equal(hyt_graph_parameters(graph), 125842);
    assert_int_equal(hyt_graph_macs(graph), 5122192);
    hyt_graph_destroy(graph);
}

/* A graph that starts with a picture of 6 x 10 x 8. */
static hyt_graph *small_graph(hyt_value *x)
{
    hyt_graph *graph = NULL;
    MUST(hyt_graph_create(NULL, "small", &graph));
    MUST(hyt_graph_input(graph, 6, 10, 8, x));
    return graph;
}

static void check_dims(const hyt_graph *graph, hyt_value value, size_t rank, const size_t *size)
{
    hyt_dims dims;
    MUST(hyt_graph_dims(graph, value, &dims));
    assert_int_equal(dims.rank, rank);
    for (size_t i = 0; i < rank; i++) assert_int_equal(dims.size[i], size[i]);
}
#define CHECK_DIMS(graph, value, ...) \
    check_dims(graph, value, sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]){ __VA_ARGS__ })

static void shapes(void **state)
{
    (void)state;
    hyt_value x, y, z, t;
    hyt_graph *graph = small_graph(&x);
    CHECK_DIMS(graph, x, 1, 6, 10, 8);
    MUST(hyt_graph_conv(graph, x, 12, 3, 2, 3, &y));
    CHECK_DIMS(graph, y, 1, 12, 5, 4);
    MUST(hyt_graph_conv(graph, x, 4, 2, 1, 1, &y)); /* an even kernel pads one less */
    CHECK_DIMS(graph, y, 1, 4, 9, 7);
    MUST(hyt_graph_concat(graph, (hyt_value[]){ x, x, x }, 3, 1, &y));
    CHECK_DIMS(graph, y, 1, 18, 10, 8);
    MUST(hyt_graph_unfold(graph, x, 2, &t));
    CHECK_DIMS(graph, t, 1, 4, 20, 6);
    MUST(hyt_graph_fold(graph, t, 10, 8, 2, &z));
    CHECK_DIMS(graph, z, 1, 6, 10, 8);
    MUST(hyt_graph_attention(graph, t, 2, &z));
    CHECK_DIMS(graph, z, 1, 4, 20, 2);
    MUST(hyt_graph_resize(graph, x, 7, 9, &z));
    CHECK_DIMS(graph, z, 1, 6, 7, 9);
    MUST(hyt_graph_global_pool(graph, x, &z));
    CHECK_DIMS(graph, z, 1, 6);
    MUST(hyt_graph_linear(graph, z, 3, 1, &z));
    CHECK_DIMS(graph, z, 1, 3);
    assert_int_equal(hyti_graph_dims_at(graph, t, 5).size[0], 5);
    hyt_graph_destroy(graph);
}

static void refusals(void **state)
{
    (void)state;
    hyt_value x, tokens, out = 77;
    hyt_graph *graph = small_graph(&x);
    MUST(hyt_graph_unfold(graph, x, 2, &tokens));
    size_t size = hyt_graph_size(graph), parameters = hyt_graph_parameter_count(graph),
           uses = hyti_graph_uses(graph, x);
    CHECK_STATUS(hyt_graph_input(graph, 3, 4, 4, &out), HYT_ERR_STATE);
    CHECK_STATUS(hyt_graph_conv(graph, 9, 4, 3, 1, 1, &out), HYT_ERR_ARGUMENT);
    CHECK_MESSAGE("9");
    CHECK_STATUS(hyt_graph_conv(graph, -1, 4, 3, 1, 1, &out), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_conv(graph, x, 0, 3, 1, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv(graph, x, 4, 0, 1, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv(graph, x, 4, 3, 0, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv(graph, x, 4, 3, 1, 4, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_conv(graph, x, SIZE_MAX, 3, 1, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv(graph, x, 4, (size_t)1 << 30, 1, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv(graph, tokens, 4, 3, 1, 1, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_batch_norm(graph, tokens, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_layer_norm(graph, x, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_linear(graph, x, 4, 1, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_linear(graph, tokens, (size_t)1 << 40, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_activation(graph, x, HYT_OP_ADD, &out), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_add(graph, x, tokens, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_concat(graph, (hyt_value[]){ x, tokens }, 2, 1, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_concat(graph, &x, 1, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_concat(graph, &x, 0, 1, &out), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_resize(graph, x, 0, 3, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_unfold(graph, x, 4, &out), HYT_ERR_SHAPE);
    CHECK_MESSAGE("10 x 8");
    CHECK_STATUS(hyt_graph_fold(graph, tokens, 8, 8, 2, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_attention(graph, tokens, 4, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_mobilevit(graph, x, 9, 8, 2, 1, 2, HYT_OP_SILU, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_mobilevit(graph, x, 8, 8, 2, 1, 0, HYT_OP_SILU, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_inverted_residual(graph, x, 8, 0, 2, HYT_OP_SILU, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_inverted_residual(graph, tokens, 8, 1, 2, HYT_OP_SILU, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_set_output(graph, 99), HYT_ERR_ARGUMENT);
    assert_int_equal(out, 77);
    assert_int_equal(hyt_graph_size(graph), size);
    assert_int_equal(hyt_graph_parameter_count(graph), parameters);
    assert_int_equal(hyti_graph_uses(graph, x), uses);
    hyt_graph_destroy(graph);
}

/* All operands of a graph together are bounded; what is cut off makes room again. */
static void operands_are_bounded(void **state)
{
    (void)state;
    enum { EACH = HYTI_MAX_NODES, TIMES = HYTI_MAX_OPERANDS / EACH };
    hyt_value x, out = 77, *many = malloc(EACH * sizeof *many);
    hyt_graph *graph = NULL;
    MUST(hyt_graph_create(NULL, "wide", &graph));
    MUST(hyt_graph_input(graph, 1, 2, 2, &x));
    for (size_t i = 0; i < EACH; i++) many[i] = x;
    for (size_t i = 0; i < TIMES; i++) MUST(hyt_graph_concat(graph, many, EACH, 1, &out));
    size_t size = hyt_graph_size(graph);
    CHECK_STATUS(hyt_graph_activation(graph, x, HYT_OP_RELU, &x), HYT_ERR_RANGE);
    CHECK_MESSAGE("262144");
    assert_int_equal(hyt_graph_size(graph), size);
    hyti_graph_cut(graph, size - 1);
    MUST(hyt_graph_activation(graph, x, HYT_OP_RELU, &x));
    hyt_graph_destroy(graph);
    free(many);
}

/* Folding: a batch norm after a convolution costs its bias; one that something else reads past, a scale and a shift. */
static void weight_bytes(void **state)
{
    (void)state;
    hyt_value x, y, z;
    hyt_graph *graph = small_graph(&x);
    MUST(hyt_graph_conv(graph, x, 6, 3, 1, 1, &y));
    assert_int_equal(hyt_graph_weight_bytes(graph), 4 * 6 * 6 * 9);
    MUST(hyt_graph_batch_norm(graph, y, &z));
    assert_true(hyti_graph_folds(graph, z));
    assert_int_equal(hyt_graph_weight_bytes(graph), 4 * (6 * 6 * 9 + 6));
    MUST(hyt_graph_add(graph, y, z, &z));
    assert_int_equal(hyt_graph_weight_bytes(graph), 4 * (6 * 6 * 9 + 12));
    assert_int_equal(hyt_graph_parameters(graph), 6 * 6 * 9 + 12);
    assert_int_equal(hyt_graph_parameter_count(graph), 5);
    assert_string_equal(hyt_graph_parameter_name(graph, 0), "1.conv.weight");
    assert_string_equal(hyt_graph_parameter_name(graph, 4), "2.batch_norm.variance");
    hyt_graph_destroy(graph);
}

static void descriptions(void **state)
{
    (void)state;
    hyt_value x, y;
    char text[64];
    hyt_graph *graph = small_graph(&x);
    MUST(hyt_graph_conv(graph, x, 12, 3, 2, 1, &y));
    MUST(hyt_graph_describe(graph, y, text, sizeof text));
    assert_string_equal(text, "3x3 conv, stride 2, 12 channels");
    MUST(hyt_graph_conv(graph, x, 6, 5, 1, 6, &y));
    MUST(hyt_graph_describe(graph, y, text, sizeof text));
    assert_string_equal(text, "5x5 depthwise conv, stride 1, 6 channels");
    CHECK_STATUS(hyt_graph_describe(graph, y, text, 10), HYT_ERR_RANGE);
    assert_int_equal(hyt_graph_op(graph, y), HYT_OP_CONV);
    assert_int_equal(hyt_graph_op(graph, 99), HYT_OP_COUNT);
    assert_int_equal(hyt_graph_operand(graph, y, 0), x);
    assert_int_equal(hyt_graph_operands(graph, y), 1);
    hyt_graph_destroy(graph);
}

/* The deviation asked for, cut at two of them; the same for a seed, another for another. */
static void initial_weights(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *copy = NULL;
    MUST(hyt_graph_build(NULL, "mobilevit-xxs", 64, 10, &graph));
    assert_null(hyt_graph_parameter(graph, 0));
    MUST(hyt_graph_initialise(graph, 7));
    for (size_t i = 0; i < graph->n_parameters; i++) {
        const hyti_parameter *p = &graph->parameters[i];
        double sum = 0, most = 0, one = p->role == HYTI_ROLE_SCALE || p->role == HYTI_ROLE_VARIANCE;
        for (size_t j = 0; j < p->count; j++) {
            sum += (double)p->data[j] * p->data[j];
            most = fmax(most, fabs((double)p->data[j]));
            if (p->role != HYTI_ROLE_WEIGHT) assert_true(p->data[j] == one);
        }
        if (p->role != HYTI_ROLE_WEIGHT || p->count < 1000) continue;
        const hyti_node *node = &graph->nodes[p->node];
        double wanted =
            node->op == HYT_OP_LINEAR && node->dims.rank == 4 ? 0.02 : sqrt(2.0 * p->dims.size[0] / p->count);
        assert_true(most <= 2 * wanted * 1.000001);
        CHECK_NEAR(sqrt(sum / p->count) / wanted, 0.8796, 0.06); /* of a normal cut at two */
    }
    MUST(hyt_graph_copy(graph, &copy));
    MUST(hyt_graph_initialise(copy, 7));
    size_t bytes = graph->parameters[0].count * sizeof(float);
    assert_memory_equal(hyt_graph_parameter(graph, 0), hyt_graph_parameter(copy, 0), bytes);
    MUST(hyt_graph_initialise(copy, 8));
    assert_memory_not_equal(hyt_graph_parameter(graph, 0), hyt_graph_parameter(copy, 0), bytes);
    hyt_graph_destroy(copy);
    hyt_graph_destroy(graph);
}

static void normalisation(void **state)
{
    (void)state;
    hyt_value x;
    hyt_graph *graph = NULL, *copy = NULL;
    const float mean[6] = { 0, 1, 2, 3, 4, 5 }, good[6] = { 1, 1, 1, 1, 1, 1 }, bad[6] = { 1, 1, 0, 1, 1, 1 };
    MUST(hyt_graph_create(NULL, "n", &graph));
    CHECK_STATUS(hyt_graph_set_normalisation(graph, mean, good), HYT_ERR_STATE);
    MUST(hyt_graph_input(graph, 6, 4, 4, &x));
    CHECK_STATUS(hyt_graph_set_normalisation(graph, mean, bad), HYT_ERR_RANGE);
    const float none[] = { -1, NAN, INFINITY, 1e-40f }; /* of the last, one over it is not finite */
    for (size_t i = 0; i < 4; i++) {
        const float refused[6] = { 1, none[i], 1, 1, 1, 1 };
        CHECK_STATUS(hyt_graph_set_normalisation(graph, mean, refused), HYT_ERR_RANGE);
        CHECK_MESSAGE("channel 1");
    }
    CHECK_STATUS(hyt_graph_set_normalisation(graph, mean, NULL), HYT_ERR_ARGUMENT);
    assert_null(hyt_graph_mean(graph));
    MUST(hyt_graph_set_normalisation(graph, mean, good));
    MUST(hyt_graph_copy(graph, &copy));
    assert_memory_equal(hyt_graph_mean(copy), mean, sizeof mean);
    assert_memory_equal(hyt_graph_deviation(copy), good, sizeof good);
    MUST(hyt_graph_set_normalisation(graph, NULL, NULL));
    assert_null(hyt_graph_mean(graph));
    assert_null(hyt_graph_deviation(graph));
    assert_true(copy->normalised);
    hyt_graph_destroy(graph);
    hyt_graph_destroy(copy);
}

static void copies_are_deep(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *copy = NULL;
    MUST(hyt_graph_build(NULL, "mobilevit-xs", 50, 3, &graph));
    MUST(hyt_graph_initialise(graph, 1));
    MUST(hyt_graph_set_output(graph, 20));
    MUST(hyt_graph_copy(graph, &copy));
    assert_int_equal(hyt_graph_output(copy), 20);
    assert_int_equal(hyt_graph_size(copy), hyt_graph_size(graph));
    assert_int_equal(hyt_graph_macs(copy), hyt_graph_macs(graph));
    assert_int_equal(hyt_graph_weight_bytes(copy), hyt_graph_weight_bytes(graph));
    const float zero[1] = { 0 };
    CHECK_STATUS(hyt_graph_set_parameter(copy, 0, zero, 1), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_set_parameter(copy, 1u << 30, zero, 1), HYT_ERR_ARGUMENT);
    for (size_t i = 0; i < graph->n_parameters; i++)
        assert_memory_equal(graph->parameters[i].data, copy->parameters[i].data,
                            graph->parameters[i].count * sizeof(float));
    hyt_graph_destroy(graph);
    assert_true(hyt_graph_parameter(copy, 0)[0] != 0);
    hyt_graph_destroy(copy);
}

static hyt_status build_and_copy(hyt_context *context)
{
    hyt_graph *graph = NULL, *copy = NULL;
    hyt_status status = hyt_graph_build(context, "mobilenetv1-0.05", 48, 10, &graph);
    float mean[3] = { 0, 0, 0 }, deviation[3] = { 1, 1, 1 };
    if (status == HYT_OK) status = hyt_graph_set_normalisation(graph, mean, deviation);
    if (status == HYT_OK) status = hyt_graph_initialise(graph, 1);
    if (status == HYT_OK) status = hyt_graph_copy(graph, &copy);
    hyt_graph_destroy(graph);
    hyt_graph_destroy(copy);
    return status;
}

static void each_allocation(void **state)
{
    (void)state;
    test_each_allocation(build_and_copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_hybrid),   cmocka_unit_test(shapes),
        cmocka_unit_test(refusals),       cmocka_unit_test(operands_are_bounded),
        cmocka_unit_test(weight_bytes),  cmocka_unit_test(descriptions),
        cmocka_unit_test(initial_weights), cmocka_unit_test(normalisation),  cmocka_unit_test(copies_are_deep),
        cmocka_unit_test(each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
