/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ONNX models become the graphs that they are meant as, and compute what they should. */
#include "onnx_writer.h"
#include "graph/graph.h"
#include <hytnas/format.h>
#include <hytnas/runtime.h>
#include <unistd.h>

static hyt_graph *read_model(writer *w, int opset)
{
    hyt_graph *graph = NULL;
    hyti_text bytes = finish(w, opset);
    MUST(hyt_model_parse(NULL, bytes.data, bytes.length, &graph));
    hyti_text_clear(&bytes);
    return graph;
}

/* The operations, in order. */
static void check_ops(const hyt_graph *graph, const char *expected)
{
    hyti_text ops = { 0 };
    for (size_t i = 0; i < hyt_graph_size(graph); i++)
        hyti_text_add(&ops, "%s%s", i ? " " : "", hyt_op_name(hyt_graph_op(graph, (hyt_value)i)));
    assert_string_equal(ops.data, expected);
    hyti_text_clear(&ops);
}

/* The benchmark's networks: the same operations as the builders', the outputs of torch. */

static float *read_floats(const char *name, const char *ending, size_t count)
{
    char path[256];
    float *values = malloc(count * sizeof *values);
    snprintf(path, sizeof path, "../bars/runtime/models/%s.%s", name, ending);
    FILE *file = fopen(test_data(path), "rb");
    assert_non_null(file);
    assert_int_equal(fread(values, sizeof *values, count, file), count);
    fclose(file);
    return values;
}

static void check_outputs(const char *name, const hyt_graph *graph)
{
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_create(graph, NULL, &runtime));
    size_t count = hyt_runtime_output_size(runtime);
    float *in = read_floats(name, "in.bin", hyt_runtime_input_size(runtime));
    float *wanted = read_floats(name, "out.bin", count), *got = malloc(count * sizeof *got);
    double mean = 0, square = 0, error = 0;
    MUST(hyt_runtime_run(runtime, in, got));
    for (size_t i = 0; i < count; i++) mean += wanted[i] / (double)count;
    for (size_t i = 0; i < count; i++) {
        square += (wanted[i] - mean) * (wanted[i] - mean);
        error = fmax(error, fabs((double)got[i] - wanted[i]));
    }
    double deviation = sqrt(square / (double)(count - 1));
    print_message("%s: largest error %.2g of the output's deviation\n", name, error / deviation);
    assert_true(error <= 5e-5 * deviation);
    hyt_runtime_destroy(runtime);
    free(in);
    free(wanted);
    free(got);
}

/* A batch norm is folded into the convolution in the files. */
static void check_same_ops(const hyt_graph *graph, const hyt_graph *builder)
{
    size_t at = 0;
    for (size_t i = 0; i < hyt_graph_size(builder); i++) {
        char left[128], right[128];
        if (hyt_graph_op(builder, (hyt_value)i) == HYT_OP_BATCH_NORM) continue;
        MUST(hyt_graph_describe(builder, (hyt_value)i, left, sizeof left));
        MUST(hyt_graph_describe(graph, (hyt_value)at++, right, sizeof right));
        assert_string_equal(left, right);
    }
    assert_int_equal(at, hyt_graph_size(graph));
}

static const struct { const char *name, *builder; size_t input, classes; } peers[] = {
    { "M1", "mobilenetv1-0.25", 96, 2 },
    { "M2", "mobilenetv2-0.35", 96, 1000 },
    { "M3", "mobilevit-xxs", 256, 1000 },
    { "M4", "mobilevit-xxs", 128, 100 },
    { "M5", NULL, 96, 10 },
};

static void benchmark_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        char name[64];
        hyt_graph *graph = NULL, *builder = NULL;
        snprintf(name, sizeof name, "../bars/runtime/models/%s.onnx", peers[i].name);
        const char *path = test_data(name);
        if (!path) skip();
        MUST(hyt_model_load(NULL, path, &graph));
        if (peers[i].builder) {
            MUST(hyt_graph_build(NULL, peers[i].builder, peers[i].input, peers[i].classes, &builder));
            check_same_ops(graph, builder);
        }
        check_outputs(peers[i].name, graph);
        hyt_graph_destroy(builder);
        hyt_graph_destroy(graph);
    }
}

/* The same with QuantizeLinear and DequantizeLinear between: the same operations, all of them quantised but the last. */
static void quantised_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        char name[64];
        hyt_graph *graph = NULL, *plain = NULL;
        snprintf(name, sizeof name, "../bars/runtime/models/%s.int8full.onnx", peers[i].name);
        const char *path = test_data(name);
        if (!path) skip();
        MUST(hyt_model_load(NULL, path, &graph));
        snprintf(name, sizeof name, "../bars/runtime/models/%s.onnx", peers[i].name);
        MUST(hyt_model_load(NULL, test_data(name), &plain));
        check_same_ops(graph, plain);
        for (size_t j = 0; j + 1 < hyt_graph_size(graph); j++)
            assert_int_equal(hyt_graph_precision(graph, (hyt_value)j), HYT_INT8);
        for (size_t j = 0; j < graph->n_parameters; j++)
            assert_int_equal(graph->parameters[j].scales != NULL, graph->parameters[j].role == HYTI_ROLE_WEIGHT);
        hyt_graph_destroy(plain);
        hyt_graph_destroy(graph);
    }
}

/* Small networks */

static void start_picture(writer *w, int channels, int side)
{
    input(w, "x", DIMS(0, channels, side, side));
}

static void convolutions(void **state)
{
    (void)state;
    writer w = { 0 };
    start_picture(&w, 4, 9);
    weights(&w, "w1", DIMS(8, 4, 3, 3));
    weights(&w, "b1", DIMS(8));
    weights(&w, "w2", DIMS(8, 1, 3, 2));
    weights(&w, "w3", DIMS(6, 4, 1, 1));
    node(&w, "Conv", "x w1 b1", "c1");
    LIST(&w, "strides", 2, 2);
    LIST(&w, "pads", 1, 0, 1, 2);
    node(&w, "Relu", "c1", "r1");
    node(&w, "Conv", "r1 w2", "c2");
    attribute_int(&w, "group", 8);
    LIST(&w, "dilations", 2, 1);
    attribute_text(&w, "auto_pad", "SAME_LOWER");
    node(&w, "Clip", "c2", "r2");
    attribute_float(&w, "min", 0);
    attribute_float(&w, "max", 6);
    node(&w, "Conv", "r2 w3", "c3");
    attribute_int(&w, "group", 2);
    output(&w, "c3");
    hyt_graph *graph = read_model(&w, 9);
    check_ops(graph, "input conv relu conv relu6 conv");
    const hyti_node *first = &graph->nodes[1], *second = &graph->nodes[3];
    assert_int_equal(first->pad[0], 1);
    assert_int_equal(first->pad[1], 0);
    assert_int_equal(first->pad[3], 2);
    assert_int_equal(second->pad[0], 2); /* reach 5 over 5 rows: two before, two after */
    assert_int_equal(second->pad[1], 1); /* reach 2: the odd one comes first */
    assert_int_equal(second->pad[3], 0);
    assert_int_equal(graph->nodes[5].groups, 2);
    assert_memory_equal(graph->parameters[first->parameters[1]].data, ((float[]){ value_at("b1", 0), value_at("b1", 1) }), 8);
    assert_string_equal(hyt_graph_name(graph), "written");
    hyt_graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(benchmark_networks),
        cmocka_unit_test(quantised_networks),
        cmocka_unit_test(convolutions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
