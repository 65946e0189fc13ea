/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks by name: as many parameters and multiply-accumulates as published implementations have. */
#include "../test.h"
#include "graph/graph.h"

static void check_counts(const char *name, size_t input, size_t classes, uint64_t parameters, uint64_t macs)
{
    hyt_graph *graph = NULL;
    MUST(hyt_graph_build(NULL, name, input, classes, &graph));
    if (hyt_graph_parameters(graph) != parameters || (macs && hyt_graph_macs(graph) != macs))
        fail_msg("%s: %llu parameters, %llu multiply-accumulates", name,
                 (unsigned long long)hyt_graph_parameters(graph), (unsigned long long)hyt_graph_macs(graph));
    hyt_graph_destroy(graph);
}

/* Of the authors' or torchvision's, timm's and Ultralytics' models; 91 classes are COCO's with the background. */
static void golden_counts(void **state)
{
    (void)state;
    check_counts("mobilevit-xxs", 256, 1000, 1272024, 407364096);
    check_counts("mobilevit-xs", 256, 1000, 2317848, 0);
    check_counts("mobilevit-s", 256, 1000, 5578632, 0);
    check_counts("mobilenetv1-0.25", 96, 2, 213586, 7489664);
    check_counts("mobilenetv2-0.35", 96, 1000, 1677128, 11934128);
    check_counts("mobilenetv2", 224, 1000, 3504872, 300774272);
    check_counts("mobilenetv3-small", 224, 1000, 2542856, 0);
    check_counts("mobilenetv3-large", 224, 1000, 5483032, 0);
    check_counts("resnet-18", 224, 1000, 11689512, 1814073344);
    check_counts("vit-tiny", 224, 1000, 5717416 - 2 * 192, 0); /* without the class token and its position */
    check_counts("deit-tiny", 224, 1000, 5717416, 0);
    check_counts("convit-tiny", 224, 1000, 5710512, 0);
    check_counts("swin-tiny", 224, 1000, 28288354, 0);
    check_counts("ssdlite-mobilenetv3", 320, 91, 3440060, 0);
    check_counts("yolo-nano", 640, 80, 3157184, 0);
    check_counts("maskrcnn-fpn", 224, 1, 11176512 + 246784 + 2360320, 0);
    check_counts("maskrcnn-head", 14, 91, 2360320 + 262400 + 23387, 0);
}

/* Published in rounded numbers: millions of multiply-accumulates, thousands of parameters. */
static void rounded_counts(void **state)
{
    (void)state;
    static const struct { const char *name; size_t input, classes; double macs, parameters, within; } published[] = {
        { "mobilenetv3-small", 224, 1000, 56.5, 2543, 0.002 }, { "mobilenetv3-large", 224, 1000, 216.6, 5483, 0.001 },
        { "deit-tiny", 224, 1000, 1254, 5717, 0.003 },         { "swin-tiny", 224, 1000, 4500, 28288, 0.005 },
        { "pvt-tiny", 224, 1000, 1900, 13200, 0.02 },          { "ssdlite-mobilenetv3", 320, 91, 583, 3440, 0.002 },
        { "yolo-nano", 640, 80, 4350, 3157, 0.01 },
    };
    for (size_t i = 0; i < HYTI_COUNT(published); i++) {
        hyt_graph *graph = NULL;
        MUST(hyt_graph_build(NULL, published[i].name, published[i].input, published[i].classes, &graph));
        CHECK_NEAR((double)hyt_graph_macs(graph) / 1e6 / published[i].macs, 1, published[i].within);
        CHECK_NEAR((double)hyt_graph_parameters(graph) / 1e3 / published[i].parameters, 1, published[i].within);
        hyt_graph_destroy(graph);
    }
}

static void names(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    CHECK_STATUS(hyt_graph_build(NULL, "mobilevit-xsx", 64, 10, &graph), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("mobilevit-xs\"");
    CHECK_STATUS(hyt_graph_build(NULL, "mobilenetv1-x", 64, 10, &graph), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_graph_build(NULL, "mobilenetv1-", 64, 10, &graph), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_graph_build(NULL, "mobilenetv1-0.2.5", 64, 10, &graph), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_graph_build(NULL, "swin-tiny-0.5", 64, 10, &graph), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("swin-tiny\"");
    CHECK_STATUS(hyt_graph_build(NULL, "", 64, 10, &graph), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_graph_build(NULL, "mobilenetv2-0", 64, 10, &graph), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_build(NULL, "mobilenetv3-small-17", 64, 10, &graph), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_build(NULL, "mobilenetv2-1", 31, 10, &graph), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_graph_build(NULL, "swin-tiny", 100, 10, &graph), HYT_ERR_SHAPE);
    CHECK_MESSAGE("multiple of 32");
    CHECK_STATUS(hyt_graph_build(NULL, "convit-tiny", 16 << 12, 10, &graph), HYT_ERR_RANGE);
    for (size_t i = 0; hyt_graph_builder(i); i++) {
        CHECK_STATUS(hyt_graph_build(NULL, hyt_graph_builder(i), 64, 0, &graph), HYT_ERR_RANGE);
        CHECK_STATUS(hyt_graph_build(NULL, hyt_graph_builder(i), 0, 10, &graph), HYT_ERR_RANGE);
    }
    assert_null(graph);
}

/* Whatever the side, a network or a refusal that says what it takes; and a result of the right axes. */
static void sides(void **state)
{
    (void)state;
    for (size_t i = 0; hyt_graph_builder(i); i++)
        for (size_t side = 32; side <= 70; side++) {
            hyt_graph *graph = NULL;
            hyt_dims dims;
            hyt_status status = hyt_graph_build(NULL, hyt_graph_builder(i), side, 7, &graph);
            if (side % 16 && status == HYT_ERR_SHAPE) continue;
            if (side % 32 && status == HYT_ERR_SHAPE && strchr("sp", hyt_graph_builder(i)[0])) continue;
            CHECK_STATUS(status, HYT_OK);
            MUST(hyt_graph_dims(graph, hyt_graph_output(graph), &dims));
            size_t last = dims.size[dims.rank - 1], wanted = dims.rank == 2 ? 7 : 4 + 7;
            if (strcmp(hyt_graph_builder(i), "maskrcnn-fpn") == 0) wanted = 256;
            if (strcmp(hyt_graph_builder(i), "maskrcnn-head") == 0) wanted = 2 * side;
            assert_int_equal(last, wanted);
            hyt_graph_destroy(graph);
        }
}

/* Constants that a builder gives stay what they are; all else is initialised. */
static void initialised(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *copy = NULL;
    size_t given = 0;
    MUST(hyt_graph_build(NULL, "swin-tiny", 64, 2, &graph));
    MUST(hyt_graph_copy(graph, &copy));
    MUST(hyt_graph_initialise(graph, 3));
    for (size_t i = 0; i < graph->n_parameters; i++) {
        const hyti_parameter *p = &graph->parameters[i];
        assert_non_null(p->data);
        if (p->role != HYTI_ROLE_FIXED) continue;
        given++;
        assert_memory_equal(p->data, hyt_graph_parameter(copy, i), p->count * sizeof *p->data);
    }
    assert_int_equal(given, 4 + 2); /* places of each stage, masks where windows are shifted */
    hyt_graph_destroy(graph);
    hyt_graph_destroy(copy);
}

static hyt_status build_large(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_status status = hyt_graph_build(context, "swin-tiny", 32, 2, &graph);
    hyt_graph_destroy(graph);
    return status;
}

static hyt_status build_detr(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_status status = hyt_graph_build(context, "detr-tiny", 32, 2, &graph);
    hyt_graph_destroy(graph);
    return status;
}

static void each_allocation(void **state)
{
    (void)state;
    test_each_allocation(build_large);
    test_each_allocation(build_detr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_counts), cmocka_unit_test(rounded_counts), cmocka_unit_test(names),
        cmocka_unit_test(sides),         cmocka_unit_test(initialised),    cmocka_unit_test(each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
