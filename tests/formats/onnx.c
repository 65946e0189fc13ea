/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ONNX models become the graphs that they are meant as, and compute what they should. */
#include "formats/model.h"
#include "formats/onnx.h"
#include "graph/graph.h"
#include "onnx_models.h"
#include <hytnas/format.h>
#include <hytnas/runtime.h>
#include <unistd.h>

static hyt_graph *read_case(const char *name)
{
    hyt_graph *graph = NULL;
    writer w = { 0 };
    for (size_t i = 0; i < ONNX_CASES; i++) {
        if (strcmp(onnx_cases[i].name, name) != 0) continue;
        onnx_cases[i].write(&w);
        hyti_text bytes = finish(&w, onnx_cases[i].opset);
        MUST(hyt_model_parse(NULL, bytes.data, bytes.length, &graph));
        hyti_text_clear(&bytes);
    }
    assert_non_null(graph);
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

static const struct {
    const char *name, *builder;
    size_t input, classes;
} peers[] = {
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

/* The same with QuantizeLinear and DequantizeLinear between: the same operations, all of them quantised but the last.
 */
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

static void operations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ONNX_CASES; i++) {
        print_message("%s\n", onnx_cases[i].name);
        hyt_graph *graph = read_case(onnx_cases[i].name);
        check_ops(graph, onnx_cases[i].ops);
        hyt_graph_destroy(graph);
    }
}

static const float *parameter_of(const hyt_graph *graph, size_t node, size_t index)
{
    return graph->parameters[graph->nodes[node].parameters[index]].data;
}

static void attributes(void **state)
{
    (void)state;
    hyt_graph *graph = read_case("convolutions");
    const hyti_node *first = &graph->nodes[1], *second = &graph->nodes[3];
    assert_memory_equal(first->pad, ((size_t[]){ 1, 0, 1, 2 }), sizeof first->pad);
    assert_memory_equal(second->pad, ((size_t[]){ 2, 1, 2, 0 }), sizeof second->pad); /* the odd one comes first */
    assert_int_equal(graph->nodes[5].groups, 2);
    for (size_t i = 0; i < 8 * 4 * 9; i++) assert_true(parameter_of(graph, 1, 0)[i] == value_at("w1", i));
    for (size_t i = 0; i < 8; i++) assert_true(parameter_of(graph, 1, 1)[i] == value_at("b1", i));
    assert_string_equal(hyt_graph_name(graph), "written");
    hyt_graph_destroy(graph);
    graph = read_case("classifier");
    assert_memory_equal(graph->nodes[1].pad, ((size_t[]){ 1, 1, 1, 1 }), sizeof first->pad);
    assert_true(graph->nodes[2].epsilon == (double)1e-3f);
    assert_true(parameter_of(graph, 2, 3)[2] == 0.5f);
    hyt_graph_destroy(graph);
}

/* [in, out] of a file is [out, in] of the graph. */
static void weights_of_products(void **state)
{
    (void)state;
    hyt_graph *graph = read_case("attention_gather");
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 24; j++)
            assert_true(parameter_of(graph, 2, 0)[j * 8 + i] == value_at("qkv", i * 24 + j));
    assert_int_equal(graph->nodes[3].heads, 2);
    hyt_graph_destroy(graph);
    graph = read_case("attention_joined");
    assert_int_equal(graph->nodes[4].heads, 2);
    for (size_t i = 0; i < 2 * 36; i++) assert_true(parameter_of(graph, 3, 0)[i] == value_at("bias", i % 36));
    hyt_graph_destroy(graph);
    graph = read_case("layer_norm_apart");
    for (size_t i = 0; i < 4; i++) assert_true(parameter_of(graph, 2, 0)[i] == value_at("g", i));
    for (size_t i = 0; i < 4; i++) assert_true(parameter_of(graph, 2, 1)[i] == value_at("h", i));
    CHECK_NEAR(graph->nodes[2].epsilon, 1e-6, 1e-12);
    hyt_graph_destroy(graph);
}

static void folded_constants(void **state)
{
    (void)state;
    hyt_graph *graph = read_case("shape_arithmetic");
    const size_t sizes[] = { 1, 3, 2, 16 };
    assert_memory_equal(graph->nodes[1].dims.size, sizes, sizeof sizes);
    for (size_t i = 0; i < 3; i++) assert_true(parameter_of(graph, 2, 0)[i] == 0.5f);
    hyt_graph_destroy(graph);
    graph = read_case("parts");
    assert_true(parameter_of(graph, 7, 0)[0] == -1);    /* a difference is a sum */
    assert_true(parameter_of(graph, 13, 0)[0] == 0.5f); /* and a quotient a product */
    hyt_graph_destroy(graph);
}

static void annotations(void **state)
{
    (void)state;
    hyt_graph *graph = read_case("quantised");
    float scale;
    int32_t zero;
    const hyt_precision expected[] = { HYT_INT8, HYT_INT8, HYT_INT8, HYT_INT8, HYT_FP32 };
    for (size_t i = 0; i < 5; i++) assert_int_equal(hyt_graph_precision(graph, (hyt_value)i), expected[i]);
    MUST(hyt_graph_quantisation(graph, 0, &scale, &zero));
    assert_true(scale == 0.1f && zero == 120 - 128);
    CHECK_STATUS(hyt_graph_quantisation(graph, 1, &scale, &zero), HYT_ERR_STATE);
    MUST(hyt_graph_quantisation(graph, 2, &scale, &zero));
    assert_true(scale == 0.2f && zero == -128);
    const float *scales = hyt_graph_scales(graph, graph->nodes[1].parameters[0]);
    assert_true(scales && scales[0] == 0.5f && scales[2] == 0.125f);
    assert_true(parameter_of(graph, 1, 0)[0] == 63.5f && parameter_of(graph, 1, 0)[4] == -127 * 0.125f);
    assert_true(parameter_of(graph, 1, 1)[0] == (float)(100 * (double)0.05f));
    const hyti_parameter *linear = &graph->parameters[graph->nodes[4].parameters[0]];
    for (size_t i = 0; i < linear->count; i++) { /* [out, in], rounded to the steps of the file */
        double plain = value_at("f", i % 3 * 2 + i / 3), steps = (double)linear->data[i] / (double)0.01f;
        CHECK_NEAR(steps, nearbyint(steps), 1e-4);
        CHECK_NEAR((double)linear->data[i], plain, 0.00501);
    }
    assert_non_null(linear->scales);
    hyt_graph_destroy(graph);
}

static hyt_status read_all(hyt_context *context)
{
    hyt_status status = HYT_OK;
    for (size_t i = 0; status == HYT_OK && i < ONNX_CASES; i++) {
        writer w = { 0 };
        hyt_graph *graph = NULL;
        onnx_cases[i].write(&w);
        hyti_text bytes = finish(&w, onnx_cases[i].opset);
        status = hyt_model_parse(context, bytes.data, bytes.length, &graph);
        hyti_text_clear(&bytes);
        hyt_graph_destroy(graph);
    }
    return status;
}

static void each_allocation(void **state)
{
    (void)state;
    test_each_allocation(read_all);
}

/* Weights that lie at any place in the file, and that several operations share, each in an order of its own. */
static void shared_weights(writer *w, int shift)
{
    picture(w, 8, 4);
    weights(w, &"qqqq"[3 - shift], DIMS(1));
    weights(w, "w", DIMS(8, 8, 1, 1));
    weights(w, "f", DIMS(8, 8));
    node(w, "Conv", "x w", "a");
    node(w, "Relu", "a", "b");
    node(w, "Conv", "b w", "c");
    node(w, "GlobalAveragePool", "c", "d");
    node(w, "Flatten", "d", "e");
    node(w, "MatMul", "e f", "g");
    node(w, "MatMul", "g f", "h");
    node(w, "Gemm", "h f", "y");
    attribute_int(w, "transB", 1);
    output(w, "y");
}

/* The graph that keeps a file's bytes is the one that copies what it needs. */
static void check_taken(const hyti_text *file, bool kept)
{
    hyt_graph *graph = NULL, *taken = NULL;
    hyti_text copied = { 0 }, own = { 0 };
    MUST(hyti_onnx_parse(NULL, file->data, file->length, &graph));
    void *bytes = hyti_alloc_aligned(NULL, file->length);
    memcpy(bytes, file->data, file->length);
    MUST(hyti_onnx_take_file(NULL, &bytes, file->length, &taken));
    if (kept) assert_null(bytes);
    hyti_free_aligned(NULL, bytes);
    MUST(hyti_model_write(graph, &copied));
    MUST(hyti_model_write(taken, &own));
    assert_int_equal(copied.length, own.length);
    assert_memory_equal(copied.data, own.data, own.length);
    hyti_text_clear(&copied);
    hyti_text_clear(&own);
    hyt_graph_destroy(graph);
    hyt_graph_destroy(taken);
}

static void files_taken(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        writer w = { 0 };
        shared_weights(&w, shift);
        hyti_text file = finish(&w, 13);
        check_taken(&file, true);
        hyti_text_clear(&file);
    }
    for (size_t i = 0; i < ONNX_CASES; i++) {
        writer w = { 0 };
        onnx_cases[i].write(&w);
        hyti_text file = finish(&w, onnx_cases[i].opset);
        check_taken(&file, false);
        hyti_text_clear(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(benchmark_networks), cmocka_unit_test(quantised_networks),  cmocka_unit_test(operations),
        cmocka_unit_test(attributes),         cmocka_unit_test(weights_of_products), cmocka_unit_test(folded_constants),
        cmocka_unit_test(annotations),        cmocka_unit_test(each_allocation),    cmocka_unit_test(files_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
