/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trained files of others, read, and run in TensorFlow Lite's arithmetic: the values that independent arithmetic gives
 * for them, operator by operator and for every picture. Skipped where the measured data are not there. */
#include "../runtime/int8_oracle.h"
#include "array.h"
#include <hytnas/data.h>
#include <hytnas/format.h>
#include <hytnas/runtime.h>

static hyt_graph *load(const char *name)
{
    hyt_graph *graph = NULL;
    char path[64];
    snprintf(path, sizeof path, "tinyml-models/%s.tflite", name);
    const char *found = test_data(path);
    if (!found) skip();
    MUST(hyt_model_load(NULL, found, &graph));
    return graph;
}

static hyt_dataset *pictures(const char *name)
{
    hyt_dataset *set = NULL;
    const char *found = test_data(name);
    if (!found) skip();
    MUST(hyt_dataset_load_npz(NULL, found, &set));
    return set;
}

/* A picture as the files take it, in planes: grey levels times `unit`. */
static float *planes(const hyt_dataset *set, size_t index, float unit)
{
    size_t pixels = hyt_dataset_height(set) * hyt_dataset_width(set);
    const uint8_t *from = hyt_dataset_picture(set, index);
    float *input = malloc(3 * pixels * sizeof *input);
    for (size_t i = 0; i < 3 * pixels; i++) input[i % 3 * pixels + i / 3] = (float)from[i] * unit;
    return input;
}

/* The results of the file's operators: an activation that is fused into one is the result, not what it reads. */
static size_t results_of(const hyt_graph *graph, hyt_value *results)
{
    size_t count = 0;
    for (hyt_value value = 1; (size_t)value < graph->n_nodes; value++) {
        hyt_op next = hyt_graph_op(graph, value + 1);
        if (next != HYT_OP_RELU && next != HYT_OP_RELU6) results[count++] = value;
        if (hyt_graph_op(graph, value) == HYT_OP_GLOBAL_POOL) results[count++] = value; /* and what reshapes it */
    }
    return count;
}

/* Values N,C,H,W against N,H,W,C. */
static void check_values(const hyt_graph *graph, hyt_value value, const int8_t *got, const int8_t *expected,
                         size_t slack, const char *what)
{
    const size_t *size = graph->nodes[value].dims.size;
    size_t count = oracle_count(graph, value), pixels = graph->nodes[value].picture ? size[2] * size[3] : 1;
    for (size_t i = 0; i < count; i++) {
        int8_t other = expected[i % pixels * (count / pixels) + i / pixels];
        if ((size_t)abs(got[i] - other) > slack)
            fail_msg("%s, value %d (%s), place %zu: %d, not %d", what, (int)value, hyt_op_name(graph->nodes[value].op),
                     i, got[i], other);
    }
}

static void trace(const char *model, const char *trace, const char *set_name, float unit)
{
    char name[64], what[32];
    hyt_value results[64];
    hyt_graph *graph = load(model);
    hyt_dataset *set = pictures(set_name);
    snprintf(name, sizeof name, "tinyml-models/%s.npz", trace);
    const char *found = test_data(name);
    if (!found) skip();
    float *input = planes(set, 0, unit);
    oracle o = oracle_run(graph, input);
    array expected = load_array(found, "input");
    check_values(graph, 0, o.values[0], (const int8_t *)expected.data, 0, "input");
    drop_array(&expected);
    size_t count = results_of(graph, results);
    for (size_t i = 0; i < count; i++) {
        snprintf(what, sizeof what, "op%02zu", i);
        expected = load_array(found, what);
        assert_int_equal(expected.facts.length, oracle_count(graph, results[i]));
        bool softmax = graph->nodes[results[i]].op == HYT_OP_SOFTMAX;
        check_values(graph, results[i], o.values[results[i]], (const int8_t *)expected.data, softmax, what);
        drop_array(&expected);
    }
    print_message("%s: %zu operators\n", model, count);
    oracle_clear(&o);
    free(input);
    hyt_dataset_destroy(set);
    hyt_graph_destroy(graph);
}

static void trace_of_vww(void **state)
{
    (void)state;
    trace("vww_96_int8", "vww_96_int8_trace", "vww-open/val.npz", 1 / 255.0f);
}

static void trace_of_resnet(void **state)
{
    (void)state;
    trace("pretrainedResnet_quant", "pretrainedResnet_quant_trace", "cifar10-jpeg/val.npz", 1);
}

/* Logits equal, probabilities to within 1, of up to `most` pictures; the number that is classified rightly. */
static size_t logits(const char *model, const char *part, const char *set_name, float unit, size_t most, size_t *seen)
{
    char name[128];
    hyt_graph *graph = load(model);
    hyt_dataset *set = pictures(set_name);
    snprintf(name, sizeof name, "tinyml-models/%s_expected_%s.npz", model, part);
    const char *found = test_data(name);
    if (!found) skip();
    array expected = load_array(found, "logits"), output = load_array(found, "output");
    size_t count = expected.facts.dims.size[0], classes = expected.facts.dims.size[1], right = 0;
    hyt_value last = hyt_graph_output(graph), before = graph->nodes[last].inputs[0];
    if (count > most) count = most;
    for (size_t i = 0; i < count; i++) {
        float *input = planes(set, i, unit);
        oracle o = oracle_run(graph, input);
        snprintf(name, sizeof name, "%s, picture %zu", model, i);
        check_values(graph, before, o.values[before], (const int8_t *)expected.data + i * classes, 0, name);
        check_values(graph, last, o.values[last], (const int8_t *)output.data + i * classes, 1, name);
        size_t best = 0;
        for (size_t j = 1; j < classes; j++)
            if (o.values[before][j] > o.values[before][best]) best = j;
        right += best == hyt_dataset_label(set, i);
        oracle_clear(&o);
        free(input);
    }
    drop_array(&expected);
    drop_array(&output);
    hyt_dataset_destroy(set);
    hyt_graph_destroy(graph);
    *seen = count;
    return right;
}

/* The runtime on the same pictures, without the softmax at the end; how many are classified rightly.
 * */
static size_t run(const char *model, const char *set_name, float unit, const int8_t *expected, size_t most,
                  size_t *seen)
{
    hyt_graph *graph = load(model);
    hyt_dataset *set = pictures(set_name);
    hyt_runtime *runtime = NULL;
    hyt_value last = graph->nodes[hyt_graph_output(graph)].inputs[0];
    const hyti_node *node = &graph->nodes[last];
    hyti_graph_cut(graph, (size_t)last + 1);
    MUST(hyt_runtime_create(graph, NULL, &runtime));
    size_t classes = hyt_runtime_output_size(runtime), right = 0;
    float *result = malloc(classes * sizeof *result);
    *seen = HYTI_MIN(most, hyt_dataset_count(set));
    for (size_t i = 0; i < *seen; i++) {
        size_t best = 0;
        float *input = planes(set, i, unit);
        MUST(hyt_runtime_run(runtime, input, result));
        for (size_t j = 0; j < classes; j++) {
            if (result[j] > result[best]) best = j;
            float real = expected ? node->scale * (float)(expected[i * classes + j] - node->zero) : result[j];
            if (result[j] != real)
                fail_msg("%s, picture %zu, class %zu: %g, not %g", model, i, j, (double)result[j], (double)real);
        }
        right += best == hyt_dataset_label(set, i);
        free(input);
    }
    free(result);
    hyt_runtime_destroy(runtime);
    hyt_dataset_destroy(set);
    hyt_graph_destroy(graph);
    return right;
}

/* Every picture for which logits are given: the same logits. */
static size_t run_int8(const char *model, const char *part, const char *set_name, float unit, size_t *seen)
{
    char name[128];
    snprintf(name, sizeof name, "tinyml-models/%s_expected_%s.npz", model, part);
    const char *found = test_data(name);
    if (!found) skip();
    array expected = load_array(found, "logits");
    size_t count = expected.facts.dims.size[0];
    size_t right = run(model, set_name, unit, (const int8_t *)expected.data, count, seen);
    assert_int_equal(*seen, count);
    drop_array(&expected);
    return right;
}

static void accuracy_of_vww(void **state)
{
    /* 0.867, 0.857 and 0.9135 (which the data's description rounds once more, to 0.914). */
    static const struct { const char *part; size_t right, of; } parts[] = { { "train", 52, 60 }, { "val", 30, 35 },
                                                                            { "test", 95, 104 } };
    (void)state;
    for (size_t i = 0; i < HYTI_COUNT(parts); i++) {
        char set[32], part[32];
        size_t seen;
        snprintf(set, sizeof set, "vww-open/%s.npz", parts[i].part);
        snprintf(part, sizeof part, "vww-open_%s", parts[i].part);
        size_t right = logits("vww_96_int8", part, set, 1 / 255.0f, SIZE_MAX, &seen);
        assert_int_equal(seen, parts[i].of);
        assert_int_equal(right, parts[i].right);
        assert_int_equal(run_int8("vww_96_int8", part, set, 1 / 255.0f, &seen), parts[i].right);
        right = run("vww_96_float", set, 1 / 255.0f, NULL, SIZE_MAX, &seen);
        print_message("vww_96_float, %s: %zu of %zu\n", parts[i].part, right, seen);
        CHECK_NEAR((double)right, (double)parts[i].right, 3); /* of the same network, quantised: a few apart */
    }
}

static void runs_of_resnet(void **state)
{
    static const struct { const char *part, *set; } parts[] = {
        { "cifar10-jpeg_test_first500", "cifar10-jpeg/test.npz" }, { "lossless200", "cifar10-jpeg/lossless200.npz" }
    };
    static const char *const files[2][2] = { { "pretrainedResnet_quant", "pretrainedResnet" },
                                             { "pretrainedResnet_large_int8", "pretrainedResnet_large_float" } };
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t seen;
        const char *set = parts[i % 2].set;
        size_t right = run_int8(files[i / 2][0], parts[i % 2].part, set, 1, &seen);
        size_t other = run(files[i / 2][1], set, 1, NULL, seen, &seen);
        print_message("%s: int8 %zu, float32 %zu of %zu\n", files[i / 2][0], right, other, seen);
        CHECK_NEAR((double)right / (double)seen, (double)other / (double)seen, 0.025);
    }
}

static void logits_of_resnet(void **state)
{
    (void)state;
    size_t seen;
    logits("pretrainedResnet_quant", "cifar10-jpeg_test_first500", "cifar10-jpeg/test.npz", 1, 30, &seen);
    logits("pretrainedResnet_quant", "lossless200", "cifar10-jpeg/lossless200.npz", 1, 30, &seen);
    logits("pretrainedResnet_large_int8", "cifar10-jpeg_test_first500", "cifar10-jpeg/test.npz", 1, 5, &seen);
    logits("pretrainedResnet_large_int8", "lossless200", "cifar10-jpeg/lossless200.npz", 1, 5, &seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_of_vww),
        cmocka_unit_test(trace_of_resnet),
        cmocka_unit_test(accuracy_of_vww),
        cmocka_unit_test(logits_of_resnet),
        cmocka_unit_test(runs_of_resnet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
