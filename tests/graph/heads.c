/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads: shapes and parameters by hand, what is refused, and that a refusal leaves the graph as it was. */
#include "graph/graph.h"
#include "test.h"

/* Maps of 12x10, 6x5 and 3x3 pixels with 8, 16 and 24 channels. */
static hyt_status make_maps(hyt_context *context, hyt_graph **graph, hyt_value maps[3])
{
    hyt_value x;
    HYTI_TRY(hyt_graph_create(context, "maps", graph));
    HYTI_TRY(hyt_graph_input(*graph, 3, 24, 20, &x));
    HYTI_TRY(hyt_graph_conv(*graph, x, 8, 3, 2, 1, &maps[0]));
    HYTI_TRY(hyt_graph_conv(*graph, maps[0], 16, 3, 2, 1, &maps[1]));
    return hyt_graph_conv(*graph, maps[1], 24, 3, 2, 1, &maps[2]);
}

static hyt_graph *maps_of(hyt_value maps[3])
{
    hyt_graph *graph = NULL;
    MUST(make_maps(NULL, &graph, maps));
    return graph;
}

static void check_dims(const hyt_graph *graph, hyt_value value, size_t rank, const size_t *size)
{
    hyt_dims dims;
    MUST(hyt_graph_dims(graph, value, &dims));
    assert_int_equal(dims.rank, rank);
    for (size_t i = 0; i < rank; i++) assert_int_equal(dims.size[i], size[i]);
}

static void boxes(void **state)
{
    (void)state;
    hyt_value maps[3], x;
    hyt_graph *graph = maps_of(maps);
    uint64_t before = hyt_graph_parameters(graph), own = 0;
    MUST(hyt_graph_box_head(graph, maps, 3, 12, 1, 5, HYT_OP_RELU6, &x));
    check_dims(graph, x, 4, (size_t[]){ 1, 1, 120 + 30 + 9, 9 });
    for (size_t c = 8; c <= 24; c += 8) own += 9 * c + 2 * c + 12 * c + 2 * 12 + 9 * 12 + 9;
    assert_int_equal(hyt_graph_parameters(graph) - before, own);
    for (size_t i = 0; i < graph->n_parameters; i++) /* the biases alone are set: 0 for boxes, 0.01 for classes */
        if (graph->parameters[i].data) {
            assert_int_equal(graph->parameters[i].role, HYTI_ROLE_BIAS);
            CHECK_NEAR(graph->parameters[i].data[3], 0, 0);
            CHECK_NEAR(1 / (1 + exp(-graph->parameters[i].data[4])), 0.01, 1e-6);
            CHECK_NEAR(1 / (1 + exp(-graph->parameters[i].data[8])), 0.01, 1e-6);
        }
    hyt_graph_destroy(graph);
}

static void pyramid(void **state)
{
    (void)state;
    hyt_value maps[3], out[3];
    hyt_graph *graph = maps_of(maps);
    uint64_t before = hyt_graph_parameters(graph);
    MUST(hyt_graph_pyramid(graph, maps, 3, 10, out));
    assert_int_equal(hyt_graph_parameters(graph) - before, 10 * (8 + 16 + 24) + 3 * 20);
    check_dims(graph, out[0], 4, (size_t[]){ 1, 10, 12, 10 });
    check_dims(graph, out[2], 4, (size_t[]){ 1, 10, 3, 3 });
    hyt_graph_destroy(graph);
}

static void pixels(void **state)
{
    (void)state;
    hyt_value maps[3], x;
    hyt_graph *graph = maps_of(maps);
    uint64_t before = hyt_graph_parameters(graph);
    MUST(hyt_graph_pixel_head(graph, maps, 3, 10, 2, 4, HYT_OP_SILU, &x));
    check_dims(graph, x, 4, (size_t[]){ 1, 4, 12, 10 });
    assert_int_equal(hyt_graph_parameters(graph) - before,
                     10 * (8 + 16 + 24) + 3 * 20 + 2 * (9 * 10 + 20 + 100 + 20) + 4 * 10 + 4);
    hyt_graph_destroy(graph);
}

static void queries(void **state)
{
    (void)state;
    hyt_value maps[3], x;
    hyt_graph *graph = maps_of(maps);
    uint64_t before = hyt_graph_parameters(graph), attention = 4 * (16 * 16 + 16), norm = 2 * 16;
    MUST(hyt_graph_query_head(graph, maps[2], 16, 24, 4, 2, 7, 3, &x));
    check_dims(graph, x, 3, (size_t[]){ 1, 7, 4 + 3 + 1 });
    uint64_t layer = 2 * attention + 3 * norm + 16 * 24 + 24 + 24 * 16 + 16;
    uint64_t ends = 2 * (16 * 16 + 16) + 16 * 4 + 4 + 16 * 4 + 4;
    assert_int_equal(hyt_graph_parameters(graph) - before, 24 * 16 + 16 + 7 * 16 + 2 * layer + norm + ends);
    hyt_graph_destroy(graph);
}

static void refusals(void **state)
{
    (void)state;
    hyt_value maps[3], turned[2], row, x = -7;
    hyt_graph *graph = maps_of(maps);
    MUST(hyt_graph_global_pool(graph, maps[2], &row));
    turned[0] = maps[2];
    turned[1] = maps[0];
    size_t nodes = graph->n_nodes, parameters = graph->n_parameters;
    CHECK_STATUS(hyt_graph_box_head(graph, maps, 0, 8, 1, 1, HYT_OP_SILU, &x), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_box_head(graph, maps, 3, 8, 1, 0, HYT_OP_SILU, &x), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_box_head(graph, turned, 2, 8, 1, 1, HYT_OP_SILU, &x), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_box_head(graph, &row, 1, 8, 1, 1, HYT_OP_SILU, &x), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_box_head(graph, maps, 3, 8, 1, 1, HYT_OP_ADD, &x), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_graph_pyramid(graph, maps, 3, 0, turned), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_pixel_head(graph, maps, 2, 8, 1, 0, HYT_OP_SILU, &x), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_query_head(graph, row, 16, 16, 4, 1, 5, 1, &x), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_query_head(graph, maps[2], 18, 16, 2, 1, 5, 1, &x), HYT_ERR_RANGE);
    /* Heads divide the width. */
    CHECK_STATUS(hyt_graph_query_head(graph, maps[2], 16, 16, 3, 1, 5, 1, &x), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_graph_query_head(graph, 99, 16, 16, 4, 1, 5, 1, &x), HYT_ERR_ARGUMENT);
    assert_int_equal(graph->n_nodes, nodes);
    assert_int_equal(graph->n_parameters, parameters);
    assert_int_equal(x, -7);
    hyt_graph_destroy(graph);
}

static hyt_status all_heads(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_value maps[3], x;
    hyt_status status = make_maps(context, &graph, maps);
    if (status == HYT_OK) status = hyt_graph_query_head(graph, maps[2], 16, 16, 4, 1, 5, 1, &x);
    if (status == HYT_OK) status = hyt_graph_pixel_head(graph, maps, 3, 8, 1, 2, HYT_OP_SILU, &x);
    if (status == HYT_OK) status = hyt_graph_box_head(graph, maps, 3, 8, 1, 2, HYT_OP_SILU, &x);
    hyt_graph_destroy(graph);
    return status;
}

static void survives_no_memory(void **state)
{
    (void)state;
    test_each_allocation(all_heads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes),    cmocka_unit_test(pyramid),  cmocka_unit_test(pixels),
        cmocka_unit_test(queries),  cmocka_unit_test(refusals), cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
