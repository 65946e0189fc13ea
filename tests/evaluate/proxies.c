/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zero-shot proxies: values worked out by hand on networks of a few weights, and what their papers promise. */
#define SIDE 8
#include "evaluate/fused.h"
#include "toy.h"

/* Of pictures 2k all pixels are 0 or 255 in red, half of them each, in one of several patterns; class k % 2. */
static hyt_dataset *patterns(size_t count, bool all_alike)
{
    hyt_dataset *dataset = NULL;
    uint8_t *pictures = calloc(count, SIDE * SIDE * 3);
    uint32_t *labels = malloc(count * sizeof *labels);
    for (size_t i = 0; i < count; i++) {
        labels[i] = i % 2;
        for (size_t p = 0; p < SIDE * SIDE; p++) /* picture i: bit i of the pixel's number */
            pictures[(i * SIDE * SIDE + p) * 3] = (p >> (all_alike ? 0 : i % 6)) & 1 ? 255 : 0;
    }
    MUST(hyt_dataset_create(NULL, pictures, labels, count, SIDE, SIDE, 2, &dataset));
    free(pictures);
    free(labels);
    return dataset;
}

static double proxy_of(hyti_proxy proxy, const hyt_graph *graph, const hyt_dataset *data, size_t pictures)
{
    hyti_train_params params = { .epochs = 1, .batch = 1, .threads = 1, .rate = 1, .smoothing = 0 };
    const hyti_proxy_work work = { &params, data, pictures };
    double value = NAN;
    MUST(hyti_proxy_measure(proxy, graph, &work, &value));
    return value;
}

static void set(hyt_graph *graph, size_t parameter, size_t count, const float *values)
{
    MUST(hyt_graph_set_parameter(graph, parameter, values, count));
}

/* Two patterns of 64 units agree at 32 of them: K = [64 32; 32 64], |K| = 64^2 - 32^2. */
static void naswot_by_hand(void **state)
{
    (void)state;
    static const float red[3] = { 1, 0, 0 }, head[2] = { 1, -1 };
    hyt_graph *graph = NULL;
    hyt_value x;
    hyt_dataset *two = patterns(2, false), *alike = patterns(2, true);
    MUST(hyt_graph_create(NULL, "codes", &graph));
    MUST(hyt_graph_input(graph, 3, SIDE, SIDE, &x));
    MUST(hyt_graph_conv(graph, x, 1, 1, 1, 1, &x));
    MUST(hyt_graph_activation(graph, x, HYT_OP_RELU, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_linear(graph, x, 2, 0, &x));
    set(graph, 0, 3, red);
    set(graph, 1, 2, head);
    CHECK_NEAR(proxy_of(HYTI_PROXY_NASWOT, graph, two, 2), log(64.0 * 64 - 32 * 32), 1e-9);
    /* Pictures that cannot be told apart: far below, but a number. */
    assert_true(proxy_of(HYTI_PROXY_NASWOT, graph, alike, 2) < log(64.0 * 64 - 32 * 32) - 10);
    hyt_graph_destroy(graph);
    hyt_dataset_destroy(two);
    hyt_dataset_destroy(alike);
}

static hyt_graph *chain(size_t layers, size_t width, bool norms)
{
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "chain", &graph));
    MUST(hyt_graph_input(graph, 3, SIDE, SIDE, &x));
    for (size_t i = 0; i < layers; i++) {
        MUST(hyt_graph_conv(graph, x, width, 1, 1, 1, &x));
        if (norms) MUST(hyt_graph_batch_norm(graph, x, &x));
    }
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_linear(graph, x, 2, 0, &x));
    return graph;
}

/* 3 -> 2 -> 2 with weights of either sign: R = sum of |V| |W| 1; both layers carry all of it (the paper's theorem 1),
 * and so the proxy is log(2 R). */
static void synflow_by_hand(void **state)
{
    (void)state;
    static const float w[6] = { 1, -2, 3, -0.5f, 0.25f, 0 }, v[4] = { 2, -1, -3, 4 };
    hyt_dataset *data = patterns(2, false);
    hyt_graph *graph = chain(1, 2, false);
    set(graph, 0, 6, w);
    set(graph, 1, 4, v);
    double r = (2 + 3) * (1 + 2 + 3) + (1 + 4) * (0.5 + 0.25);
    CHECK_NEAR(proxy_of(HYTI_PROXY_SYNFLOW, graph, data, 2), log(2 * r), 1e-9);
    hyt_graph_destroy(graph);
    hyt_dataset_destroy(data);
}

/* Each of 61 layers of 64 ones multiplies by 64, 64^60 in all: more than float32 holds. */
static void synflow_of_a_deep_network(void **state)
{
    (void)state;
    static float ones[64 * 64];
    hyt_dataset *data = patterns(2, false);
    hyt_graph *graph = chain(60, 64, false);
    for (size_t i = 0; i < HYTI_COUNT(ones); i++) ones[i] = 1;
    for (size_t i = 0; i < hyt_graph_parameter_count(graph); i++)
        set(graph, i, i == 0 ? 192 : i == 60 ? 128 : 4096, ones);
    /* R = 2 results of 3 * 64^60, 61 layers of them. */
    CHECK_NEAR(proxy_of(HYTI_PROXY_SYNFLOW, graph, data, 2), log(61 * 2 * 3.0) + 60 * log(64), 1e-6);
    hyt_graph_destroy(graph);
    hyt_dataset_destroy(data);
}

/* Input (1, -1, ...) as it is normalised: with one linear layer over the pooled red channel the gradient is known. */
static void snip_and_gradient_norm_by_hand(void **state)
{
    (void)state;
    static const float v[6] = { 0.5f, 0, 0, -1.5f, 0, 0 };
    static const uint8_t red[2] = { 255, 0 };
    uint8_t pictures[2 * SIDE * SIDE * 3] = { 0 };
    const uint32_t labels[2] = { 0, 1 };
    hyt_dataset *data = NULL;
    hyt_graph *graph = NULL;
    hyt_value x;
    for (size_t i = 0; i < 2 * SIDE * SIDE; i++) pictures[3 * i] = red[i / (SIDE * SIDE)];
    MUST(hyt_dataset_create(NULL, pictures, labels, 2, SIDE, SIDE, 2, &data));
    MUST(hyt_graph_create(NULL, "linear", &graph));
    MUST(hyt_graph_input(graph, 3, SIDE, SIDE, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_linear(graph, x, 2, 0, &x));
    set(graph, 0, 6, v);
    /* Red is 1 and -1. Logits (.5, -1.5) and (-.5, 1.5): both are right with p = 1 / (1 + exp(-2)). The gradient by the
     * first row is -(1 - p) for either picture, by the second 1 - p. */
    double miss = 1 - 1 / (1 + exp(-2.0));
    CHECK_NEAR(proxy_of(HYTI_PROXY_SNIP, graph, data, 2), 0.5 * miss + 1.5 * miss, 1e-5);
    CHECK_NEAR(proxy_of(HYTI_PROXY_GRADNORM, graph, data, 2), sqrt(2) * miss, 1e-5);
    hyt_graph_destroy(graph);
    hyt_dataset_destroy(data);
}

/* Rows of length 1, d = 2, n = 2, e = 1/2: I + 4 Z Z'. Orthogonal: log(5 * 5) / 2; equal: log(5^2 - 4^2) / 2. */
static void coding_rate_by_hand(void **state)
{
    (void)state;
    static const float across[4] = { 3, 0, 0, 2 }, along[4] = { 1, 1, 4, 4 };
    double value;
    MUST(hyti_coding_rate(NULL, 2, 2, across, &value));
    CHECK_NEAR(value, log(25) / 2, 1e-6);
    MUST(hyti_coding_rate(NULL, 2, 2, along, &value));
    CHECK_NEAR(value, log(9) / 2, 1e-6);
}

/* What batch norms take away the score gives back: of one channel a layer, where a norm is one division, the score is
 * that of the network without norms (2102.01063, 3.3). Weights that the graph has change nothing. */
static void zen_is_corrected_for_norms(void **state)
{
    (void)state;
    static const float large[3] = { 40, 50, 60 };
    hyt_dataset *data = patterns(2, false);
    hyt_graph *with = chain(4, 1, true), *without = chain(4, 1, false);
    double corrected = proxy_of(HYTI_PROXY_ZEN, with, data, 2), plain = proxy_of(HYTI_PROXY_ZEN, without, data, 2);
    /* Steps of the input correlate with the input a little, which the norms' statistics see. */
    CHECK_NEAR(corrected, plain, 0.2);
    set(with, 0, 3, large);
    CHECK_NEAR(proxy_of(HYTI_PROXY_ZEN, with, data, 2), corrected, 0);
    hyt_graph_destroy(with);
    hyt_graph_destroy(without);
    /* Deeper and wider networks express more (the paper's figure 3). */
    hyt_graph *small = chain(2, 4, true), *deep = chain(6, 4, true), *wide = chain(2, 32, true);
    double base = proxy_of(HYTI_PROXY_ZEN, small, data, 2);
    assert_true(proxy_of(HYTI_PROXY_ZEN, deep, data, 2) > base);
    assert_true(proxy_of(HYTI_PROXY_ZEN, wide, data, 2) > base);
    hyt_graph_destroy(small);
    hyt_graph_destroy(deep);
    hyt_graph_destroy(wide);
    hyt_dataset_destroy(data);
}

static hyt_dataset *noise(size_t count, size_t side)
{
    hyt_dataset *dataset = NULL;
    MUST(hyt_dataset_create_shapes(NULL, count, side, 5, 0, &dataset));
    return dataset;
}

static double evaluated(const hyt_dataset *data, hyt_candidate *candidate, const char *metric, const char *threads,
                        const char *seed)
{
    hyt_evaluator *evaluator = NULL;
    double value = NAN;
    MUST(make_evaluator(NULL, data, data, metric,
                        SET("proxy-pictures", "8", "reference", "2", "threads", threads, "seed", seed), &evaluator));
    assert_int_equal(evaluate(evaluator, candidate, 0, &value), 0);
    hyt_evaluator_destroy(evaluator);
    assert_true(isfinite(value));
    return value;
}

/* Hybrids with attention too: the same for any threads, another for another seed where something is drawn. */
static void on_hybrids(void **state)
{
    (void)state;
    static const char *const names[] = { "zen", "naswot", "synflow", "snip", "gradnorm", "logdet" };
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    hyt_dataset *data = noise(8, 32);
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(make_candidate(space, 0, &candidate));
    for (size_t k = 0; k < HYTI_COUNT(names); k++) {
        double first = evaluated(data, candidate, names[k], "1", "3");
        CHECK_NEAR(evaluated(data, candidate, names[k], "2", "3"), first, 0);
        assert_true(evaluated(data, candidate, names[k], "1", "4") != first);
    }
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
    hyt_dataset_destroy(data);
}

/* Heads of boxes, of queries (attention with operands of its own, trained constants) and of pixels. */
static void on_other_tasks(void **state)
{
    (void)state;
    static const struct { const char *space; int64_t task; } tasks[] = { { "hytnas-detect", 1 }, { "hytnas-detr", 1 },
                                                                         { "hytnas-segment", 2 } };
    hyt_dataset *data = noise(4, 32);
    for (size_t k = 0; k < HYTI_COUNT(tasks); k++) {
        hyti_train_params params = { .epochs = 1, .batch = 1, .threads = 1, .rate = 1, .task = tasks[k].task };
        const hyti_proxy_work work = { &params, data, 4 };
        size_t levels[64] = { 0 };
        double value;
        hyt_space *space = NULL;
        hyt_candidate *candidate = NULL;
        hyt_graph *graph = NULL;
        MUST(hyt_space_preset(NULL, tasks[k].space, &space));
        MUST(hyt_candidate_create(space, levels, hyt_space_genes(space), &candidate));
        MUST(hyt_candidate_decode(candidate, 32, 2, &graph));
        for (size_t proxy = 0; proxy < HYTI_PROXY_COUNT; proxy++) {
            MUST(hyti_proxy_measure((hyti_proxy)proxy, graph, &work, &value));
            assert_true(isfinite(value));
        }
        hyt_graph_destroy(graph);
        hyt_candidate_destroy(candidate);
        hyt_space_destroy(space);
    }
    hyt_dataset_destroy(data);
}

/* Of the two candidates that it compares with, the values are opposite: each is as far above as the other below. */
static void fused_stands_in_its_sample(void **state)
{
    (void)state;
    hyti_train_params params = { .epochs = 1, .batch = 1, .threads = 1, .rate = 1, .seed = 9 };
    hyt_dataset *data = noise(4, 32);
    const hyti_proxy_work work = { &params, data, 4 };
    hyt_space *space = NULL;
    hyti_fused fused = { 0 };
    double values[2];
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    for (size_t i = 0; i < 2; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_sample(space, 9, i, &candidate));
        MUST(hyti_fused_measure(&fused, candidate, 32, 2, &work, 2, &values[i]));
        hyt_candidate_destroy(candidate);
    }
    CHECK_NEAR(values[0] + values[1], 0, 1e-9);
    assert_true(fabs(values[0]) > 1e-3 && fabs(values[0]) <= sqrt(0.5) + 1e-9);
    hyti_fused_clear(&fused);
    hyt_space_destroy(space);
    hyt_dataset_destroy(data);
}

static hyt_status attentive(hyt_context *context, hyt_graph **graph)
{
    hyt_value x;
    HYTI_TRY(hyt_graph_create(context, "small", graph));
    HYTI_TRY(hyt_graph_input(*graph, 3, SIDE, SIDE, &x));
    HYTI_TRY(hyti_graph_conv_norm(*graph, x, 4, 3, 2, 1, HYT_OP_RELU, &x));
    HYTI_TRY(hyt_graph_mobilevit(*graph, x, 4, 8, 2, 1, 2, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_global_pool(*graph, x, &x));
    return hyt_graph_linear(*graph, x, 2, 1, &x);
}

static hyt_status all_once(hyt_context *context)
{
    hyti_train_params params = { .epochs = 1, .batch = 1, .threads = 1, .rate = 1 };
    uint8_t pictures[2 * SIDE * SIDE * 3] = { 0 };
    const uint32_t labels[2] = { 0, 1 };
    hyt_graph *graph = NULL;
    hyt_dataset *data = NULL;
    double value;
    for (size_t i = 0; i < sizeof pictures; i++) pictures[i] = (uint8_t)(i * 37 % 251);
    hyt_status status = hyt_dataset_create(context, pictures, labels, 2, SIDE, SIDE, 2, &data);
    if (status == HYT_OK) status = attentive(context, &graph);
    const hyti_proxy_work work = { &params, data, 2 };
    for (size_t k = 0; k < HYTI_PROXY_COUNT && status == HYT_OK; k++)
        status = hyti_proxy_measure((hyti_proxy)k, graph, &work, &value);
    hyt_graph_destroy(graph);
    hyt_dataset_destroy(data);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(all_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(naswot_by_hand),
        cmocka_unit_test(synflow_by_hand),
        cmocka_unit_test(synflow_of_a_deep_network),
        cmocka_unit_test(snip_and_gradient_norm_by_hand),
        cmocka_unit_test(coding_rate_by_hand),
        cmocka_unit_test(zen_is_corrected_for_norms),
        cmocka_unit_test(on_hybrids),
        cmocka_unit_test(on_other_tasks),
        cmocka_unit_test(fused_stands_in_its_sample),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
