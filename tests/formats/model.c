/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written reads back as the same graph; what is damaged is refused by name. */
#include "../graph/random_graph.h"
#include "formats/model.h"
#include <unistd.h>

static void check_equal(const hyt_graph *a, const hyt_graph *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->n_nodes, b->n_nodes);
    assert_int_equal(a->output, b->output);
    assert_int_equal(a->normalised, b->normalised);
    if (a->normalised) assert_memory_equal(a->mean, b->mean, a->channels * sizeof(float));
    if (a->normalised) assert_memory_equal(a->deviation, b->deviation, a->channels * sizeof(float));
    for (size_t i = 0; i < a->n_nodes; i++) {
        char left[128], right[128];
        const hyti_node *x = &a->nodes[i], *y = &b->nodes[i];
        assert_int_equal(x->n_inputs, y->n_inputs);
        if (x->n_inputs) assert_memory_equal(x->inputs, y->inputs, x->n_inputs * sizeof *x->inputs);
        MUST(hyt_graph_describe(a, (hyt_value)i, left, sizeof left));
        MUST(hyt_graph_describe(b, (hyt_value)i, right, sizeof right));
        assert_string_equal(left, right);
        assert_int_equal(x->dims.rank, y->dims.rank);
        assert_memory_equal(x->dims.size, y->dims.size, x->dims.rank * sizeof(size_t));
        assert_memory_equal(x->pad, y->pad, sizeof x->pad);
        assert_true(x->epsilon == y->epsilon && x->uses == y->uses && x->picture == y->picture);
        assert_true(x->value == y->value && x->fixed == y->fixed && x->precision == y->precision);
        assert_true(x->quantised == y->quantised && x->scale == y->scale && x->zero == y->zero);
        for (int j = 0; j <= HYT_ATTRIBUTE_PICTURE; j++) {
            int64_t one = -1, other = -1;
            hyt_status status = hyt_graph_attribute(a, (hyt_value)i, (hyt_attribute)j, &one);
            CHECK_STATUS(hyt_graph_attribute(b, (hyt_value)i, (hyt_attribute)j, &other), status);
            assert_int_equal(one, other);
        }
    }
    assert_int_equal(a->n_parameters, b->n_parameters);
    for (size_t i = 0; i < a->n_parameters; i++) {
        const hyti_parameter *x = &a->parameters[i], *y = &b->parameters[i];
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->count, y->count);
        assert_int_equal(x->data == NULL, y->data == NULL);
        if (x->data) assert_memory_equal(x->data, y->data, x->count * sizeof(float));
        assert_int_equal(x->scales == NULL, y->scales == NULL);
        if (x->scales) assert_memory_equal(x->scales, y->scales, hyti_scale_count(a, i) * sizeof(float));
        assert_int_equal(x->exact == NULL, y->exact == NULL);
        if (x->exact) assert_memory_equal(x->exact, y->exact, x->count * sizeof *x->exact);
    }
}

static void check_round_trip(const hyt_graph *graph)
{
    hyt_graph *again = NULL;
    hyti_text bytes = { 0 };
    MUST(hyti_model_write(graph, &bytes));
    MUST(hyt_model_parse(NULL, bytes.data, bytes.length, &again));
    check_equal(graph, again);
    hyti_text_clear(&bytes);
    hyt_graph_destroy(again);
}

static void round_trips(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        hyt_graph *graph = random_graph(NULL, seed, 12);
        check_round_trip(graph);
        hyt_graph_destroy(graph);
    }
}

/* Every builder: between them they have most operations. */
static void networks(void **state)
{
    (void)state;
    for (size_t i = 0; hyt_graph_builder(i); i++) {
        hyt_graph *graph = NULL;
        MUST(hyt_graph_build(NULL, hyt_graph_builder(i), 32, 3, &graph));
        check_round_trip(graph);
        hyt_graph_destroy(graph);
    }
}

/* And the rest, with every annotation. */
static hyt_graph *annotated(void)
{
    hyt_graph *graph = NULL;
    hyt_value x, y;
    int32_t exact[5] = { 1 << 30, -1, 0, INT32_MIN, INT32_MAX };
    float scales[5] = { 1, 2, 0.1f, 4, 5 };
    MUST(hyt_graph_create(NULL, "annotated", &graph));
    MUST(hyt_graph_input(graph, 3, 8, 8, &x));
    MUST(hyt_graph_pad(graph, x, (size_t[]){ 0, 1, 2, 3 }, -0.25, &x));
    MUST(hyt_graph_average_pool(graph, x, 2, 2, 1, 1, &x));
    MUST(hyt_graph_resize_by(graph, x, 9, 7, HYT_RESIZE_ALIGN_CORNERS, &x));
    hyti_node node = { .op = HYT_OP_CONV_TRANSPOSE, .inputs = &x, .n_inputs = 1, .kernel = { 3, 2 }, .stride = { 2, 3 },
                       .pad = { 1, 0, 2, 1 }, .output_pad = { 1, 2 }, .groups = 1 };
    MUST(hyti_graph_append(graph, &node, 5, true, &x));
    MUST(hyt_graph_set_scales(graph, 0, scales, 5));
    MUST(hyti_graph_set_exact_bias(graph, 1, exact, 5));
    MUST(hyt_graph_set_precision(graph, x, HYT_INT8));
    MUST(hyt_graph_set_quantisation(graph, x, 0.125f, -128));
    MUST(hyt_graph_slice(graph, x, 2, 1, 9, 3, &y));
    MUST(hyt_graph_set_precision(graph, y, HYT_BF16));
    MUST(hyt_graph_activation(graph, y, HYT_OP_GELU, &y));
    MUST(hyt_graph_set_precision(graph, y, HYT_FP16));
    return graph;
}

static void annotations(void **state)
{
    (void)state;
    hyt_graph *graph = annotated();
    check_round_trip(graph);
    MUST(hyt_graph_initialise(graph, 1));
    check_round_trip(graph);
    hyt_graph_destroy(graph);
}

/* Files that the first version wrote. */
static void first_version(void **state)
{
    (void)state;
    static const char *const names[] = { "block.hyt", "unset.hyt" };
    const char *source = getenv("HYTNAS_SOURCE");
    for (size_t i = 0; i < HYTI_COUNT(names); i++) {
        char path[4096];
        unsigned char head[12];
        hyt_graph *graph = NULL;
        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/model/%s", source ? source : ".", names[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
        fclose(file);
        assert_int_equal(head[8], 1);
        MUST(hyt_model_load(NULL, path, &graph));
        assert_true(hyt_graph_size(graph) > 1);
        check_round_trip(graph);
        hyt_graph_destroy(graph);
    }
}

static void files(void **state)
{
    (void)state;
    char folder[] = "/tmp/hytnas-model-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/net.hyt", folder);
    hyt_graph *graph = NULL, *again = NULL;
    MUST(hyt_graph_build(NULL, "mobilenetv1-0.05", 32, 4, &graph));
    CHECK_STATUS(hyt_model_load(NULL, path, &again), HYT_ERR_IO);
    MUST(hyt_model_save(graph, path)); /* weights unset stay unset */
    MUST(hyt_model_load(NULL, path, &again));
    check_equal(graph, again);
    hyt_graph_destroy(again);
    MUST(hyt_graph_initialise(graph, 2));
    MUST(hyt_model_save(graph, path));
    MUST(hyt_model_load(NULL, path, &again));
    check_equal(graph, again);
    hyt_graph_destroy(again);
    again = NULL;
    CHECK_STATUS(hyt_model_save(graph, "/nonexistent/folder/net.hyt"), HYT_ERR_IO);
    FILE *file = fopen(path, "wb");
    fputs("not a model file at all", file);
    fclose(file);
    CHECK_STATUS(hyt_model_load(NULL, path, &again), HYT_ERR_FORMAT);
    CHECK_MESSAGE(path);
    assert_null(again);
    hyt_graph_destroy(graph);
    unlink(path);
    rmdir(folder);
}

static void check_damage(hyt_graph *graph)
{
    hyt_graph *again = NULL;
    hyti_text bytes = { 0 };
    MUST(hyt_graph_initialise(graph, 3));
    MUST(hyti_model_write(graph, &bytes));
    for (size_t size = 0; size < bytes.length; size++)
        CHECK_STATUS(hyt_model_parse(NULL, bytes.data, size, &again), HYT_ERR_FORMAT);
    for (size_t at = 0; at < bytes.length; at++) {
        bytes.data[at] = (char)(bytes.data[at] ^ (1 << at % 8));
        CHECK_STATUS(hyt_model_parse(NULL, bytes.data, bytes.length, &again),
                     at >= 8 && at < 12 ? HYT_ERR_CONFLICT : HYT_ERR_FORMAT);
        bytes.data[at] = (char)(bytes.data[at] ^ (1 << at % 8));
    }
    assert_null(again);
    MUST(hyt_model_parse(NULL, bytes.data, bytes.length, &again));
    hyt_graph_destroy(again);
    hyt_graph_destroy(graph);
    hyti_text_clear(&bytes);
}

/* Every prefix and every flipped bit is refused. */
static void damage(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "tiny", &graph));
    MUST(hyt_graph_input(graph, 3, 8, 8, &x));
    MUST(hyt_graph_mobilevit(graph, x, 4, 6, 2, 1, 2, HYT_OP_SILU, &x));
    check_damage(graph);
    check_damage(annotated());
}

static hyt_status write_and_parse(hyt_context *context)
{
    hyt_graph *graph = NULL, *again = NULL;
    hyti_text bytes = { .context = context };
    hyt_status status = hyt_graph_build(context, "mobilenetv1-0.02", 32, 2, &graph);
    const float mean[3] = { 0, 0, 0 }, deviation[3] = { 1, 1, 1 };
    if (status == HYT_OK) status = hyt_graph_set_normalisation(graph, mean, deviation);
    if (status == HYT_OK) status = hyt_graph_initialise(graph, 1);
    if (status == HYT_OK) status = hyti_model_write(graph, &bytes);
    if (status == HYT_OK) status = hyt_model_parse(context, bytes.data, bytes.length, &again);
    hyti_text_clear(&bytes);
    hyt_graph_destroy(graph);
    hyt_graph_destroy(again);
    return status;
}

static void each_allocation(void **state)
{
    (void)state;
    test_each_allocation(write_and_parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(networks),
        cmocka_unit_test(annotations),
        cmocka_unit_test(first_version),
        cmocka_unit_test(files),
        cmocka_unit_test(damage),
        cmocka_unit_test(each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
