/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes, refusals, attributes and annotations of the operations beyond convolution and self-attention. */
#include "../test.h"
#include "graph/graph.h"

#define DIMS(...) (hyt_dims){ sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), { __VA_ARGS__ } }

static void check_dims(const hyt_graph *graph, hyt_value value, hyt_dims wanted)
{
    hyt_dims dims;
    MUST(hyt_graph_dims(graph, value, &dims));
    assert_int_equal(dims.rank, wanted.rank);
    for (size_t i = 0; i < dims.rank; i++) assert_int_equal(dims.size[i], wanted.size[i]);
}

/* A picture of 6 x 10 x 8, and its pixels as tokens, N,1,80,6. */
static hyt_graph *small_graph(hyt_value *picture, hyt_value *tokens)
{
    hyt_graph *graph = NULL;
    MUST(hyt_graph_create(NULL, "small", &graph));
    MUST(hyt_graph_input(graph, 6, 10, 8, picture));
    MUST(hyt_graph_unfold(graph, *picture, 1, tokens));
    return graph;
}

static void picture_shapes(void **state)
{
    (void)state;
    hyt_value x, t, y;
    hyt_graph *graph = small_graph(&x, &t);
    MUST(hyt_graph_max_pool(graph, x, 3, 2, 1, &y));
    check_dims(graph, y, DIMS(1, 6, 5, 4));
    MUST(hyt_graph_average_pool(graph, x, 2, 2, 0, 0, &y));
    check_dims(graph, y, DIMS(1, 6, 5, 4));
    MUST(hyt_graph_conv_transpose(graph, x, 4, 3, 2, 1, 1, &y));
    check_dims(graph, y, DIMS(1, 4, 19, 15));
    assert_int_equal(hyt_graph_value_macs(graph, y), 80 * 6 * 4 * 9);
    assert_int_equal(graph->parameters[graph->nodes[y].parameters[0]].dims.size[0], 6);
    MUST(hyt_graph_pad(graph, x, (size_t[]){ 1, 2, 3, 4 }, 0.5, &y));
    check_dims(graph, y, DIMS(1, 6, 14, 14));
    MUST(hyt_graph_slice(graph, x, 2, 1, 10, 4, &y));
    check_dims(graph, y, DIMS(1, 6, 3, 8));
    MUST(hyt_graph_resize_by(graph, x, 20, 4, HYT_RESIZE_NEAREST, &y));
    check_dims(graph, y, DIMS(1, 6, 20, 4));
    MUST(hyt_graph_unfold_windows(graph, x, 2, &y));
    check_dims(graph, y, DIMS(1, 20, 4, 6));
    MUST(hyt_graph_fold_windows(graph, y, 10, 8, 2, &y));
    check_dims(graph, y, DIMS(1, 6, 10, 8));
    MUST(hyt_graph_transpose(graph, x, (size_t[]){ 0, 2, 3, 1 }, 0, &y));
    check_dims(graph, y, DIMS(1, 10, 8, 6));
    assert_false(graph->nodes[y].picture);
    MUST(hyt_graph_reshape(graph, y, &DIMS(1, 480, 1, 1), 1, &y));
    assert_true(graph->nodes[y].picture);
    hyt_graph_destroy(graph);
}

static void token_shapes(void **state)
{
    (void)state;
    hyt_value x, t, y, z, q;
    hyt_graph *graph = small_graph(&x, &t);
    MUST(hyt_graph_reshape(graph, t, &DIMS(1, 80, 2, 3), 0, &y));
    MUST(hyt_graph_transpose(graph, y, (size_t[]){ 0, 2, 1, 3 }, 0, &y));
    check_dims(graph, y, DIMS(1, 2, 80, 3));
    MUST(hyt_graph_matmul(graph, y, y, 1, &z));
    check_dims(graph, z, DIMS(1, 2, 80, 80));
    assert_int_equal(hyt_graph_value_macs(graph, z), 2 * 80 * 80 * 3);
    MUST(hyt_graph_softmax(graph, z, &z));
    MUST(hyt_graph_matmul(graph, z, y, 0, &z));
    check_dims(graph, z, DIMS(1, 2, 80, 3));
    MUST(hyt_graph_mean_of(graph, z, 2, 0, &z));
    check_dims(graph, z, DIMS(1, 2, 3));
    MUST(hyt_graph_mean_of(graph, z, 1, 1, &z));
    check_dims(graph, z, DIMS(1, 1, 3));
    MUST(hyt_graph_constant(graph, &DIMS(1, 1, 5, 6), 0, NULL, &q));
    assert_true(graph->nodes[q].fixed);
    assert_int_equal(hyti_graph_dims_at(graph, q, 7).size[0], 1);
    MUST(hyt_graph_linear(graph, q, 6, 0, &q));
    assert_true(graph->nodes[q].fixed);
    assert_int_equal(hyt_graph_value_macs(graph, q), 0);
    MUST(hyt_graph_attention_of(graph, (hyt_value[]){ q, t, t }, 3, 2, &z));
    check_dims(graph, z, DIMS(1, 1, 5, 6));
    assert_false(graph->nodes[z].fixed);
    assert_int_equal(hyti_graph_dims_at(graph, z, 7).size[0], 7);
    assert_int_equal(hyt_graph_value_macs(graph, z), 2 * 5 * 80 * 6);
    MUST(hyt_graph_constant(graph, &DIMS(1, 3, 80, 80), 0, NULL, &q));
    MUST(hyt_graph_linear(graph, t, 9, 1, &y));
    MUST(hyt_graph_attention_of(graph, (hyt_value[]){ y, q }, 2, 3, &z));
    check_dims(graph, z, DIMS(1, 1, 80, 3));
    MUST(hyt_graph_constant(graph, &DIMS(1, 1, 80, 1), 0, NULL, &q));
    MUST(hyt_graph_mul(graph, t, q, &z));
    check_dims(graph, z, DIMS(1, 1, 80, 6));
    hyt_graph_destroy(graph);
}

static void refusals(void **state)
{
    (void)state;
    hyt_value x, t, q, out = 77;
    const float huge[1] = { 1 };
    hyt_graph *graph = small_graph(&x, &t), *empty = NULL;
    MUST(hyt_graph_constant(graph, &DIMS(1, 1, 5, 6), 0, NULL, &q));
    size_t size = hyt_graph_size(graph), parameters = hyt_graph_parameter_count(graph);
    MUST(hyt_graph_create(NULL, "empty", &empty));
    CHECK_STATUS(hyt_graph_constant(empty, &DIMS(1, 2), 0, NULL, &out), HYT_ERR_STATE);
    hyt_graph_destroy(empty);
    CHECK_STATUS(hyt_graph_constant(graph, &DIMS(2, 2), 0, NULL, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_constant(graph, &DIMS(1, 0), 0, NULL, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_constant(graph, &DIMS(1), 0, NULL, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_constant(graph, &(hyt_dims){ .rank = 9 }, 0, huge, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_constant(graph, &DIMS(1, 4, 4), 1, NULL, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_constant(graph, &DIMS(1, (size_t)1 << 31, (size_t)1 << 31), 0, huge, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_max_pool(graph, t, 3, 1, 1, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_max_pool(graph, x, 0, 1, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_max_pool(graph, x, 2, 0, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_max_pool(graph, x, 2, 1, 2, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_average_pool(graph, x, 11, 1, 0, 0, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_conv_transpose(graph, x, 0, 2, 2, 0, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv_transpose(graph, x, 4, 2, SIZE_MAX, 0, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv_transpose(graph, x, 4, 2, (size_t)1 << 31, 0, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_conv_transpose(graph, x, 4, 2, 1, 2, 1, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_pad(graph, x, (size_t[]){ SIZE_MAX, 0, 0, 0 }, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_pad(graph, x, (size_t[]){ 1, 1, 1, 1 }, NAN, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_pad(graph, x, (size_t[]){ 1, 1, 1, 1 }, 1e300, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_slice(graph, x, 0, 0, 1, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_slice(graph, x, 4, 0, 1, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_slice(graph, x, 2, 3, 3, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_slice(graph, x, 2, 0, 11, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_slice(graph, x, 2, 0, 4, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_resize_by(graph, x, 2, 2, (hyt_resize_mode)3, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_reshape(graph, t, &DIMS(1, 481), 0, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_reshape(graph, t, &DIMS(1, 0, 480), 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_reshape(graph, t, &DIMS(480, 1), 0, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_reshape(graph, t, &DIMS(1, (size_t)1 << 31, (size_t)1 << 31, 4), 0, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_transpose(graph, t, (size_t[]){ 0, 1, 1, 2 }, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_transpose(graph, t, (size_t[]){ 1, 0, 2, 3 }, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_transpose(graph, t, (size_t[]){ 0, 1, 2, 4 }, 0, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_transpose(graph, 99, (size_t[]){ 0, 1 }, 0, &out), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_matmul(graph, t, t, 0, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_matmul(graph, x, x, 1, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_softmax(graph, x, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_mean_of(graph, t, 0, 1, &out), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_mul(graph, q, t, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_add(graph, x, t, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_attention_of(graph, (hyt_value[]){ t, t, t, t, t }, 5, 2, &out), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_attention_of(graph, (hyt_value[]){ t, q }, 2, 2, &out), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_attention_of(graph, (hyt_value[]){ t, q, t }, 3, 2, &out), HYT_ERR_SHAPE);
    CHECK_MESSAGE("5 keys, 80 values");
    CHECK_STATUS(hyt_graph_attention_of(graph, (hyt_value[]){ t, q, q }, 3, 4, &out), HYT_ERR_SHAPE);
    assert_int_equal(out, 77);
    assert_int_equal(hyt_graph_size(graph), size);
    assert_int_equal(hyt_graph_parameter_count(graph), parameters);
    hyt_graph_destroy(graph);
}

/* Padding, output padding, work and names that only readers of files ask for. */
static void drafts(void **state)
{
    (void)state;
    hyt_value x, t, out = 77;
    hyt_graph *graph = small_graph(&x, &t);
    hyti_node node = { .op = HYT_OP_CONV_TRANSPOSE, .inputs = &x, .n_inputs = 1, .kernel = { 3, 2 }, .stride = { 2, 3 },
                       .pad = { 1, 0, 2, 1 }, .output_pad = { 1, 2 }, .groups = 2 };
    MUST(hyti_graph_append(graph, &node, 4, true, &out));
    check_dims(graph, out, DIMS(1, 4, 9 * 2 + 3 + 1 - 3, 7 * 3 + 2 + 2 - 1));
    node.output_pad[1] = 3;
    CHECK_STATUS(hyti_graph_append(graph, &node, 4, true, &out), HYT_ERR_RANGE);
    node.output_pad[1] = 2;
    node.groups = 4;
    CHECK_STATUS(hyti_graph_append(graph, &node, 4, true, &out), HYT_ERR_SHAPE);
    hyti_node pool = { .op = HYT_OP_AVERAGE_POOL, .inputs = &x, .n_inputs = 1, .kernel = { 2, 2 }, .stride = { 1, 1 },
                       .counted = 2 };
    CHECK_STATUS(hyti_graph_append(graph, &pool, 0, false, &out), HYT_ERR_RANGE);
    pool.op = HYT_OP_COUNT;
    CHECK_STATUS(hyti_graph_append(graph, &pool, 0, false, &out), HYT_ERR_RANGE);
    hyti_node constant = { .op = HYT_OP_CONSTANT, .dims = DIMS(1, 2, 3), .trained = 7 };
    CHECK_STATUS(hyti_graph_append(graph, &constant, 0, false, &out), HYT_ERR_RANGE);
    assert_string_equal(hyt_graph_parameter_name(graph, 0), "2.conv_transpose.weight");
    hyt_graph_destroy(graph);
}

static void check_attribute(const hyt_graph *graph, hyt_value value, hyt_attribute attribute, int64_t wanted)
{
    int64_t got = -1;
    MUST(hyt_graph_attribute(graph, value, attribute, &got));
    assert_int_equal(got, wanted);
}

static void attributes(void **state)
{
    (void)state;
    hyt_value x, t, y, z;
    int64_t number = 77;
    double real = 77;
    hyt_graph *graph = small_graph(&x, &t);
    MUST(hyt_graph_conv(graph, x, 12, 3, 2, 3, &y));
    check_attribute(graph, y, HYT_ATTRIBUTE_KERNEL_HEIGHT, 3);
    check_attribute(graph, y, HYT_ATTRIBUTE_STRIDE_WIDTH, 2);
    check_attribute(graph, y, HYT_ATTRIBUTE_PAD_RIGHT, 1);
    check_attribute(graph, y, HYT_ATTRIBUTE_DILATION_HEIGHT, 1);
    check_attribute(graph, y, HYT_ATTRIBUTE_GROUPS, 3);
    check_attribute(graph, y, HYT_ATTRIBUTE_BIAS, 0);
    check_attribute(graph, y, HYT_ATTRIBUTE_PICTURE, 1);
    CHECK_STATUS(hyt_graph_attribute(graph, y, HYT_ATTRIBUTE_HEADS, &number), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_graph_attribute(graph, y, (hyt_attribute)33, &number), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_graph_attribute(graph, y, (hyt_attribute)-1, &number), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_graph_attribute(graph, 99, HYT_ATTRIBUTE_AXIS, &number), HYT_ERR_ARGUMENT);
    MUST(hyt_graph_slice(graph, x, 3, 1, 7, 2, &y));
    check_attribute(graph, y, HYT_ATTRIBUTE_AXIS, 3);
    check_attribute(graph, y, HYT_ATTRIBUTE_BEGIN, 1);
    check_attribute(graph, y, HYT_ATTRIBUTE_END, 7);
    check_attribute(graph, y, HYT_ATTRIBUTE_STEP, 2);
    MUST(hyt_graph_reshape(graph, t, &DIMS(1, 80, 6), 0, &y));
    MUST(hyt_graph_transpose(graph, y, (size_t[]){ 0, 2, 1 }, 0, &z));
    check_attribute(graph, z, (hyt_attribute)(HYT_ATTRIBUTE_ORDER + 1), 2);
    CHECK_STATUS(hyt_graph_attribute(graph, z, (hyt_attribute)(HYT_ATTRIBUTE_ORDER + 3), &number), HYT_ERR_NOT_FOUND);
    MUST(hyt_graph_pad(graph, x, (size_t[]){ 0, 1, 0, 0 }, -2, &y));
    MUST(hyt_graph_attribute_real(graph, y, &real));
    assert_true(real == -2);
    CHECK_STATUS(hyt_graph_attribute_real(graph, x, &real), HYT_ERR_NOT_FOUND);
    MUST(hyt_graph_layer_norm(graph, t, &y));
    MUST(hyt_graph_attribute_real(graph, y, &real));
    assert_true(real == 1e-5 && number == 77);
    hyt_graph_destroy(graph);
}

static void annotations(void **state)
{
    (void)state;
    hyt_value x, t, y;
    float scale = 0;
    int32_t zero = 77, exact[4] = { 1 << 30, 2, -3, INT32_MIN };
    const float scales[4] = { 1, 2, 3, 4 }, bad[4] = { 1, 2, 0, 4 }, worse[4] = { 1, 2, 3, NAN };
    hyt_graph *graph = small_graph(&x, &t), *copy = NULL;
    MUST(hyt_graph_linear(graph, t, 4, 1, &y));
    assert_int_equal(hyt_graph_precision(graph, y), HYT_FP32);
    MUST(hyt_graph_set_precision(graph, y, HYT_INT8));
    CHECK_STATUS(hyt_graph_set_precision(graph, y, (hyt_precision)4), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_set_precision(graph, 99, HYT_INT8), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_quantisation(graph, y, &scale, &zero), HYT_ERR_STATE);
    CHECK_STATUS(hyt_graph_set_quantisation(graph, y, -1, 0), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_set_quantisation(graph, y, INFINITY, 0), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_set_quantisation(graph, y, NAN, 0), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_set_quantisation(graph, y, 1, 128), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_set_quantisation(graph, y, 1, -129), HYT_ERR_RANGE);
    MUST(hyt_graph_set_quantisation(graph, y, 0.5f, -128));
    CHECK_STATUS(hyt_graph_set_scales(graph, 0, scales, 3), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_set_scales(graph, 1, scales, 4), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_set_scales(graph, 2, scales, 4), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_set_scales(graph, 0, bad, 4), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_set_scales(graph, 0, worse, 4), HYT_ERR_RANGE);
    assert_null(hyt_graph_scales(graph, 0));
    MUST(hyt_graph_set_scales(graph, 0, scales, 4));
    CHECK_STATUS(hyti_graph_set_exact_bias(graph, 0, exact, 4), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyti_graph_set_exact_bias(graph, 1, exact, 3), HYT_ERR_SHAPE);
    MUST(hyti_graph_set_exact_bias(graph, 1, exact, 4));
    MUST(hyt_graph_copy(graph, &copy));
    MUST(hyt_graph_set_scales(graph, 0, NULL, 0));
    MUST(hyti_graph_set_exact_bias(graph, 1, NULL, 0));
    MUST(hyt_graph_set_quantisation(graph, y, 0, 0));
    assert_null(hyt_graph_scales(graph, 0));
    CHECK_STATUS(hyt_graph_quantisation(graph, y, &scale, &zero), HYT_ERR_STATE);
    hyt_graph_destroy(graph);
    assert_int_equal(hyt_graph_precision(copy, y), HYT_INT8);
    MUST(hyt_graph_quantisation(copy, y, &scale, &zero));
    assert_true(scale == 0.5f && zero == -128);
    assert_memory_equal(hyt_graph_scales(copy, 0), scales, sizeof scales);
    assert_memory_equal(copy->parameters[1].exact, exact, sizeof exact);
    hyt_graph_destroy(copy);
}

static void descriptions(void **state)
{
    (void)state;
    hyt_value x, t, y;
    char text[64];
    hyt_graph *graph = small_graph(&x, &t);
    MUST(hyt_graph_conv_transpose(graph, x, 4, 2, 2, 0, 0, &y));
    MUST(hyt_graph_describe(graph, y, text, sizeof text));
    assert_string_equal(text, "2x2 transposed conv, stride 2, 4 channels");
    MUST(hyt_graph_reshape(graph, t, &DIMS(1, 40, 12), 0, &y));
    MUST(hyt_graph_describe(graph, y, text, sizeof text));
    assert_string_equal(text, "reshape to 40x12");
    MUST(hyt_graph_unfold_windows(graph, x, 2, &y));
    MUST(hyt_graph_describe(graph, y, text, sizeof text));
    assert_string_equal(text, "unfold, windows of 2x2");
    hyt_graph_destroy(graph);
}

/* Whatever is appended at random: the same again as a copy, and cut away without a trace. */
static void constants_are_cut(void **state)
{
    (void)state;
    hyt_value x, t, y;
    const float one[1] = { 1 };
    hyt_graph *graph = small_graph(&x, &t);
    MUST(hyt_graph_constant(graph, &DIMS(1, 1, 1, 1), 0, one, &y));
    MUST(hyt_graph_mul(graph, t, y, &y));
    assert_true(hyt_graph_parameter(graph, 0)[0] == 1);
    assert_int_equal(hyt_graph_parameters(graph), 0);
    hyti_graph_cut(graph, 2);
    assert_int_equal(hyt_graph_parameter_count(graph), 0);
    assert_int_equal(hyti_graph_uses(graph, t), 1);
    hyt_graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_shapes), cmocka_unit_test(token_shapes), cmocka_unit_test(refusals),
        cmocka_unit_test(drafts),         cmocka_unit_test(attributes),   cmocka_unit_test(annotations),
        cmocka_unit_test(descriptions),   cmocka_unit_test(constants_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
