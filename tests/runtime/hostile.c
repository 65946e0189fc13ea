/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graphs that nobody would draw: every format beside every other, scales at the ends of what float32 holds, values that
 * nothing reads, constants, and memory that runs out. */
#include "../graph/random_graph.h"
#include "runtime/calibrate.h"
#include "runtime/execute.h"
#include <hytnas/quantiser.h>

static hyt_runtime *make(const hyt_graph *graph, int64_t threads, int64_t batch)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_options_create(graph->context, &options));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_THREADS, threads));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, batch));
    MUST(hyt_runtime_create(graph, options, &runtime));
    hyt_options_destroy(options);
    return runtime;
}

static float *run_with(const hyt_graph *graph, const float *input, int64_t threads, int64_t batch, size_t *count)
{
    hyt_runtime *runtime = make(graph, threads, batch);
    *count = hyt_runtime_output_size(runtime);
    float *output = malloc(*count * sizeof *output);
    MUST(hyt_runtime_run(runtime, input, output));
    hyt_runtime_destroy(runtime);
    return output;
}

/* A batch on two threads gives the bits of its pictures one by one. */
static void any_mixture(void **state)
{
    (void)state;
    enum { BATCH = 3 };
    for (uint64_t seed = 0; seed < 400; seed++) {
        hyt_graph *graph = random_graph_of(NULL, 500 + seed, 16, seed % 2);
        mix_precisions(graph, seed);
        const hyti_node *in = &graph->nodes[graph->input], *result = &graph->nodes[hyt_graph_output(graph)];
        size_t size = in->dims.size[1] * in->dims.size[2] * in->dims.size[3], all, each;
        float *input = malloc(BATCH * size * sizeof *input);
        hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 3);
        for (size_t i = 0; i < BATCH * size; i++) input[i] = (float)hyti_rng_normal(&rng);
        float *whole = run_with(graph, input, 2, BATCH, &all);
        for (size_t i = 0; i < BATCH; i++) {
            float *one = run_with(graph, input + i * size, 1, 1, &each);
            assert_int_equal(all, result->fixed ? each : BATCH * each);
            const float *other = whole + (result->fixed ? 0 : i * each);
            for (size_t j = 0; j < each; j++)
                if (memcmp(&one[j], &other[j], sizeof *one) != 0 && !(isnan(one[j]) && isnan(other[j])))
                    fail_msg("seed %d, picture %zu, value %zu: %g alone, %g in a batch", (int)seed, i, j,
                             (double)one[j], (double)other[j]);
            free(one);
        }
        free(whole), free(input);
        hyt_graph_destroy(graph);
    }
}

/* What is read as int8 has to say how. */
static void unquantised_operands(void **state)
{
    (void)state;
    for (int concat = 0; concat < 2; concat++) {
        hyt_graph *graph = NULL;
        hyt_runtime *runtime = NULL;
        hyt_value x, y;
        MUST(hyt_graph_create(NULL, "half said", &graph));
        MUST(hyt_graph_input(graph, 5, 4, 4, &x));
        if (concat) MUST(hyt_graph_concat(graph, &x, 1, 1, &y));
        else MUST(hyt_graph_conv(graph, x, 4, 3, 1, 1, &y));
        MUST(hyt_graph_initialise(graph, 1));
        MUST(hyt_graph_set_precision(graph, y, HYT_INT8));
        MUST(hyt_graph_set_quantisation(graph, y, 0.1f, 0));
        CHECK_STATUS(hyt_runtime_create(graph, NULL, &runtime), HYT_ERR_STATE);
        CHECK_MESSAGE("has no quantisation");
        CHECK_STATUS(hyt_runtime_plan(graph, NULL, NULL), HYT_ERR_STATE);
        hyt_graph_destroy(graph);
    }
}

static float *ramp(size_t count)
{
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = (float)i / (float)count - 0.4f;
    return values;
}

/* Weights are stored from -127 on, whatever scale they are given. */
static void weights_without_128(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyt_value x;
    const float weight = -2, scale = 0.01f, input = 1;
    size_t count;
    MUST(hyt_graph_create(NULL, "one weight", &graph));
    MUST(hyt_graph_input(graph, 1, 1, 1, &x));
    MUST(hyt_graph_set_quantisation(graph, x, 1.0f / 127, 0));
    MUST(hyt_graph_set_precision(graph, x, HYT_INT8));
    MUST(hyt_graph_conv(graph, x, 1, 1, 1, 1, &x));
    MUST(hyt_graph_set_parameter(graph, 0, &weight, 1));
    MUST(hyt_graph_set_scales(graph, 0, &scale, 1));
    MUST(hyt_graph_set_quantisation(graph, x, 0.01f, 0));
    MUST(hyt_graph_set_precision(graph, x, HYT_INT8));
    float *output = run_with(graph, &input, 1, 1, &count);
    CHECK_NEAR(output[0], -1.27, 1e-6);
    free(output);
    hyt_graph_destroy(graph);
}

/* A constant of its own scale within an int8 concatenation. */
static void constant_in_concat(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyt_value x, operands[2];
    const hyt_dims dims = { 4, { 1, 1, 2, 2 } };
    const float values[4] = { 0.25f, 0.5f, -0.5f, 1 }, input[8] = { 0 };
    size_t count;
    MUST(hyt_graph_create(NULL, "constant", &graph));
    MUST(hyt_graph_input(graph, 1, 2, 2, &operands[0]));
    MUST(hyt_graph_constant(graph, &dims, 1, values, &operands[1]));
    MUST(hyt_graph_concat(graph, operands, 2, 1, &x));
    MUST(hyt_graph_set_quantisation(graph, operands[0], 0.5f, 0));
    MUST(hyt_graph_set_quantisation(graph, operands[1], 1.0f / 64, 7));
    MUST(hyt_graph_set_quantisation(graph, x, 0.125f, -3));
    for (hyt_value i = 0; i <= x; i++) MUST(hyt_graph_set_precision(graph, i, HYT_INT8));
    float *output = run_with(graph, input, 1, 2, &count);
    assert_int_equal(count, 16);
    for (size_t i = 0; i < 16; i++) CHECK_NEAR(output[i], i / 4 % 2 ? values[i % 4] : 0, 1e-6);
    free(output);
    hyt_graph_destroy(graph);
}

/* Beyond what the whole-number kernels count in 32 bits: float32 does it. */
static void too_wide_for_int8(void **state)
{
    (void)state;
    enum { WIDE = 16385 };
    hyt_graph *graph = NULL;
    hyt_value x;
    size_t count;
    const hyt_dims row = { 4, { 1, 1, 1, WIDE } };
    MUST(hyt_graph_create(NULL, "wide", &graph));
    MUST(hyt_graph_input(graph, 1, 1, WIDE, &x));
    MUST(hyt_graph_reshape(graph, x, &row, 0, &x));
    MUST(hyt_graph_layer_norm(graph, x, &x));
    MUST(hyt_graph_initialise(graph, 1));
    for (hyt_value i = 0; i <= x; i++) {
        MUST(hyt_graph_set_quantisation(graph, i, 0.02f, 0));
        MUST(hyt_graph_set_precision(graph, i, HYT_INT8));
    }
    float *input = ramp(WIDE), *output = run_with(graph, input, 1, 1, &count);
    for (size_t i = 0; i < WIDE; i++) assert_true(fabsf(output[i] - (input[i] - 0.1f) / 0.2887f) < 0.1f);
    free(input), free(output);
    hyt_graph_destroy(graph);
}

/* Pixels a stride apart may be far more than the result has; counted, not allocated. */
static void spread_too_far(void **state)
{
    (void)state;
    enum { SIDE = 1 << 19 };
    hyt_graph *graph = NULL;
    hyt_value x, y;
    MUST(hyt_graph_create(NULL, "spread", &graph));
    MUST(hyt_graph_input(graph, 1, 2, 2, &x));
    const size_t stride[2] = { SIDE, SIDE };
    hyti_node node = { .op = HYT_OP_CONV_TRANSPOSE, .inputs = &x, .n_inputs = 1, .groups = 1, .kernel = { SIDE, 1 },
                       .stride = { stride[0], stride[1] }, .pad = { SIDE - 1, 0, SIDE - 1, 0 } };
    MUST(hyti_graph_append(graph, &node, 1, false, &y));
    MUST(hyt_graph_set_precision(graph, y, HYT_BF16));
    hyt_options *options = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, 65536));
    uint64_t bytes;
    CHECK_STATUS(hyt_runtime_plan(graph, options, &bytes), HYT_ERR_RANGE);
    hyt_options_destroy(options);
    hyt_graph_destroy(graph);
}

/* Numbers that are not numbers are stored as something. */
static void weights_not_finite(void **state)
{
    (void)state;
    const float bad[] = { NAN, INFINITY, -INFINITY, 3e38f, 1e-45f };
    for (size_t i = 0; i < HYTI_COUNT(bad); i++) {
        hyt_graph *graph = NULL;
        hyt_value x;
        float weights[2] = { 1, bad[i] }, input[4] = { 1, 2, 3, 4 };
        size_t count;
        MUST(hyt_graph_create(NULL, "bad weights", &graph));
        MUST(hyt_graph_input(graph, 1, 2, 2, &x));
        MUST(hyt_graph_conv(graph, x, 2, 1, 1, 1, &x));
        MUST(hyt_graph_set_parameter(graph, 0, weights, 2));
        for (hyt_value v = 0; v <= x; v++) {
            MUST(hyt_graph_set_quantisation(graph, v, v ? 1e-45f : 3e38f, -128));
            MUST(hyt_graph_set_precision(graph, v, HYT_INT8));
        }
        free(run_with(graph, input, 1, 1, &count));
        hyt_graph_destroy(graph);
    }
}

/* Quantisers */

static hyt_graph *quantise(const hyt_graph *graph, const float *pictures, size_t count, const char *calibration)
{
    hyt_options *options = NULL;
    hyt_quantiser *q = NULL;
    hyt_graph *out = NULL;
    MUST(hyt_quantiser_options_create(graph->context, &options));
    MUST(hyt_options_set_text(options, HYT_QUANTISER_CALIBRATION, calibration));
    MUST(hyt_quantiser_create(graph, options, &q));
    MUST(hyt_quantiser_add(q, pictures, count));
    MUST(hyt_quantiser_finish(q, &out));
    hyt_quantiser_destroy(q);
    hyt_options_destroy(options);
    return out;
}

/* A concatenation that nothing reads says nothing of what it joins. */
static void dead_concatenation(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *out;
    hyt_value x, y, dead;
    float scale[2], *pictures = ramp(3 * 16), zero_scale;
    int32_t zero;
    for (int with = 0; with < 2; with++) {
        MUST(hyt_graph_create(NULL, "dead", &graph));
        MUST(hyt_graph_input(graph, 3, 4, 4, &x));
        MUST(hyt_graph_conv(graph, x, 4, 3, 1, 1, &y));
        if (with) MUST(hyt_graph_concat(graph, &y, 1, 1, &dead));
        MUST(hyt_graph_set_output(graph, y));
        MUST(hyt_graph_initialise(graph, 3));
        out = quantise(graph, pictures, 1, "minmax");
        MUST(hyt_graph_quantisation(out, y, &scale[with], &zero));
        MUST(hyt_graph_quantisation(out, x, &zero_scale, &zero));
        hyt_graph_destroy(graph), hyt_graph_destroy(out);
    }
    assert_true(scale[0] == scale[1]);
    free(pictures);
}

/* Constants have ranges too, whether given or worked out. */
static void constants_are_calibrated(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *out;
    hyt_value x, c, doubled, sum;
    const hyt_dims dims = { 4, { 1, 3, 4, 4 } };
    float *pictures = ramp(48), *values = ramp(48), *exact, *got, scale;
    int32_t zero;
    size_t count;
    for (size_t i = 0; i < 48; i++) values[i] = 0.02f * values[47 - i] * (float)(i % 5), pictures[i] *= 0.02f;
    MUST(hyt_graph_create(NULL, "constants", &graph));
    MUST(hyt_graph_input(graph, 3, 4, 4, &x));
    MUST(hyt_graph_constant(graph, &dims, 1, values, &c));
    MUST(hyt_graph_add(graph, c, c, &doubled));
    MUST(hyt_graph_add(graph, x, c, &sum));
    MUST(hyt_graph_add(graph, sum, doubled, &sum));
    exact = run_with(graph, pictures, 1, 1, &count);
    out = quantise(graph, pictures, 1, "minmax");
    MUST(hyt_graph_quantisation(out, c, &scale, &zero));
    assert_true(scale < 0.001f);
    MUST(hyt_graph_quantisation(out, doubled, &scale, &zero));
    assert_true(scale < 0.001f);
    got = run_with(out, pictures, 1, 1, &count);
    for (size_t i = 0; i < count; i++) CHECK_NEAR(got[i], exact[i], 0.003);
    free(pictures), free(values), free(exact), free(got);
    hyt_graph_destroy(graph), hyt_graph_destroy(out);
}

/* An int8 network is calibrated anew, as its float32 weights have it. */
static void quantised_again(void **state)
{
    (void)state;
    hyt_graph *graph = NULL, *out, *again;
    hyt_value x;
    const int32_t bias[4] = { 100000, 100000, 100000, 100000 };
    float *pictures = ramp(96), scale[2];
    int32_t zero;
    size_t count;
    MUST(hyt_graph_create(NULL, "again", &graph));
    MUST(hyt_graph_input(graph, 3, 4, 4, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_linear(graph, x, 4, 1, &x));
    MUST(hyt_graph_initialise(graph, 3));
    out = quantise(graph, pictures, 2, "minmax");
    float *wanted = run_with(out, pictures, 1, 1, &count);
    MUST(hyt_graph_quantisation(out, x, &scale[0], &zero));
    MUST(hyt_graph_set_quantisation(out, x, 40, 3));
    MUST(hyti_graph_set_exact_bias(out, 1, bias, 4));
    again = quantise(out, pictures, 2, "minmax");
    MUST(hyt_graph_quantisation(again, x, &scale[1], &zero));
    CHECK_NEAR(scale[1] / scale[0], 1, 0.1);
    float *got = run_with(again, pictures, 1, 1, &count);
    for (size_t i = 0; i < count; i++) CHECK_NEAR(got[i], wanted[i], 4 * scale[0]);
    free(pictures), free(wanted), free(got);
    hyt_graph_destroy(graph), hyt_graph_destroy(out), hyt_graph_destroy(again);
}

/* Histograms of the smallest and greatest numbers that there are. */
static void extreme_ranges(void **state)
{
    (void)state;
    const float sizes[] = { 1e-45f, 1e-38f, 1e-30f, 1, 1e30f, 3.4e38f };
    hyti_histogram *h = malloc(sizeof *h);
    for (size_t i = 0; i < HYTI_COUNT(sizes); i++) {
        const float values[] = { 0, sizes[i], -sizes[i], sizes[i] / 2, 0, 0 };
        memset(h, 0, sizeof *h);
        for (size_t j = 0; j < 3; j++) assert_true(hyti_histogram_add(h, values, HYTI_COUNT(values)));
        double total = 0;
        for (size_t j = 0; j < HYTI_BINS; j++) total += h->counts[j];
        assert_true(total == 18);
        for (int c = HYTI_CALIBRATION_MINMAX; c <= HYTI_CALIBRATION_KL; c++) {
            hyti_quant quant = hyti_quant_of(hyti_histogram_range(h, (hyti_calibration)c, 0.9999));
            assert_true(isfinite(quant.scale) && quant.scale > 0 && quant.zero >= -128 && quant.zero <= 127);
        }
        assert_true(hyti_weight_scale(values, HYTI_COUNT(values), i % 2) > 0);
    }
    free(h);
}

/* Any graph can be quantised and run, with any calibration. */
static void any_graph_quantised(void **state)
{
    (void)state;
    static const char *const ways[] = { "minmax", "percentile", "mse", "kl" };
    for (uint64_t seed = 0; seed < 120; seed++) {
        hyt_graph *graph = random_graph_of(NULL, 900 + seed, 12, seed % 2);
        const hyti_node *in = &graph->nodes[graph->input];
        size_t size = in->dims.size[1] * in->dims.size[2] * in->dims.size[3], count;
        float *pictures = ramp(2 * size);
        hyt_graph *out = quantise(graph, pictures, 2, ways[seed % 4]);
        free(run_with(out, pictures, 2, 2, &count));
        free(pictures);
        hyt_graph_destroy(graph), hyt_graph_destroy(out);
    }
}

/* Memory that runs out */

static hyt_status create_mixed(hyt_context *context, const hyt_graph *made, hyt_runtime **out)
{
    hyt_options *options = NULL;
    (void)context;
    HYTI_TRY(hyt_runtime_options_create(context, &options));
    hyt_status status = hyt_options_set_int(options, HYT_RUNTIME_THREADS, 2);
    if (status == HYT_OK) status = hyt_runtime_create(made, options, out);
    hyt_options_destroy(options);
    return status;
}

static hyt_status build_small(hyt_graph *graph)
{
    hyt_value x, y, c, parts[2];
    const hyt_dims dims = { 4, { 1, 4, 4, 4 } };
    float values[64] = { 1, 2, 3 };
    HYTI_TRY(hyt_graph_input(graph, 3, 8, 8, &x));
    HYTI_TRY(hyt_graph_conv(graph, x, 4, 3, 2, 1, &x));
    HYTI_TRY(hyt_graph_batch_norm(graph, x, &x));
    HYTI_TRY(hyt_graph_activation(graph, x, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_constant(graph, &dims, 1, values, &c));
    HYTI_TRY(hyt_graph_add(graph, c, c, &c));
    HYTI_TRY(hyt_graph_mul(graph, x, c, &y));
    parts[0] = x, parts[1] = y;
    HYTI_TRY(hyt_graph_concat(graph, parts, 2, 1, &x));
    HYTI_TRY(hyt_graph_mobilevit(graph, x, 8, 8, 2, 1, 2, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_set_normalisation(graph, (const float[]){ 0, 0, 0 }, (const float[]){ 1, 1, 1 }));
    return hyt_graph_initialise(graph, 1);
}

static hyt_status runtime_body(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_runtime *runtime = NULL;
    HYTI_TRY(hyt_graph_create(context, "mixed", &graph));
    hyt_status status = build_small(graph);
    if (status == HYT_OK) mix_precisions(graph, 4);
    if (status == HYT_OK) status = create_mixed(context, graph, &runtime);
    hyt_runtime_destroy(runtime);
    hyt_graph_destroy(graph);
    return status;
}

static int any_score(void *user, const hyt_graph *graph, double *score)
{
    (void)graph;
    *score = ++*(int *)user == 1 ? 0 : 2;
    return 0;
}

static hyt_status quantiser_body(hyt_context *context)
{
    hyt_graph *graph = NULL, *out = NULL, *mixed = NULL;
    hyt_quantiser *q = NULL;
    float *pictures = ramp(2 * 192);
    int calls = 0;
    hyt_status status = hyt_graph_create(context, "quantised", &graph);
    if (status == HYT_OK) status = build_small(graph);
    if (status == HYT_OK) status = hyt_quantiser_create(graph, NULL, &q);
    if (status == HYT_OK) status = hyt_quantiser_add(q, pictures, 1);
    if (status == HYT_OK) status = hyt_quantiser_add(q, pictures + 192, 1);
    if (status == HYT_OK) status = hyt_quantiser_finish(q, &out);
    if (status == HYT_OK) status = hyt_quantiser_search(q, any_score, &calls, 1, &mixed, NULL);
    free(pictures);
    hyt_quantiser_destroy(q);
    hyt_graph_destroy(graph), hyt_graph_destroy(out), hyt_graph_destroy(mixed);
    return status;
}

static void memory_runs_out(void **state)
{
    (void)state;
    test_each_allocation(runtime_body);
    test_each_allocation(quantiser_body);
}

int main(void)
{
    (void)random_graph;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_mixture),           cmocka_unit_test(unquantised_operands),
        cmocka_unit_test(weights_without_128),   cmocka_unit_test(constant_in_concat),
        cmocka_unit_test(too_wide_for_int8),     cmocka_unit_test(weights_not_finite),
        cmocka_unit_test(dead_concatenation),    cmocka_unit_test(constants_are_calibrated),
        cmocka_unit_test(quantised_again),       cmocka_unit_test(extreme_ranges),
        cmocka_unit_test(any_graph_quantised),   cmocka_unit_test(spread_too_far),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
