/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The quantiser: ranges against distributions with known answers, equalisation against the network it started from,
 * int8 results against float32, drops and the search among them. */
#include "../graph/random_graph.h"
#include "runtime/calibrate.h"
#include "runtime/equalise.h"
#include "runtime/execute.h"
#include <hytnas/quantiser.h>

enum { SIDE = 16, PICTURES = 12 };

static float *pictures_of(size_t count, size_t size)
{
    float *pictures = malloc(count * size * sizeof *pictures);
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 1);
    for (size_t i = 0; i < count * size; i++) pictures[i] = (float)hyti_rng_normal(&rng);
    return pictures;
}

/* Convolutions with and without batch norm, a residual sum, a transformer block. */
static hyt_graph *small_hybrid(hyt_op act)
{
    hyt_graph *graph = NULL;
    hyt_value x, y;
    MUST(hyt_graph_create(NULL, "small", &graph));
    MUST(hyt_graph_input(graph, 3, SIDE, SIDE, &x));
    MUST(hyti_graph_conv_norm(graph, x, 8, 3, 2, 1, act, &x));
    MUST(hyt_graph_inverted_residual(graph, x, 8, 1, 2, act, &x));
    MUST(hyt_graph_mobilevit(graph, x, 16, 32, 2, 1, 2, act, &x));
    MUST(hyt_graph_conv(graph, x, 12, 1, 1, 1, &y));
    MUST(hyt_graph_activation(graph, y, HYT_OP_RELU, &y));
    MUST(hyt_graph_conv(graph, y, 12, 3, 1, 1, &y));
    MUST(hyt_graph_global_pool(graph, y, &y));
    MUST(hyt_graph_linear(graph, y, 5, 1, &y));
    MUST(hyt_graph_initialise(graph, 11));
    return graph;
}

static double noise(const hyt_graph *exact, const hyt_graph *other, const char *precision)
{
    hyt_options *options = NULL;
    hyt_runtime *a = NULL, *b = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_PRECISION, "fp32"));
    MUST(hyt_runtime_create(exact, options, &a));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_PRECISION, precision));
    MUST(hyt_runtime_create(other, options, &b));
    size_t n_in = hyt_runtime_input_size(a), n = hyt_runtime_output_size(a);
    float *pictures = pictures_of(PICTURES, n_in), *wanted = malloc(n * sizeof *wanted), *got = malloc(n * sizeof *got);
    double apart = 0, sum = 0, square = 0;
    for (size_t i = 0; i < PICTURES; i++) {
        MUST(hyt_runtime_run(a, pictures + i * n_in, wanted));
        MUST(hyt_runtime_run(b, pictures + i * n_in, got));
        for (size_t j = 0; j < n; j++) {
            apart += (got[j] - (double)wanted[j]) * (got[j] - (double)wanted[j]);
            sum += wanted[j];
            square += (double)wanted[j] * wanted[j];
        }
    }
    double count = (double)(PICTURES * n), variance = square / count - sum / count * sum / count;
    free(pictures), free(wanted), free(got);
    hyt_runtime_destroy(a), hyt_runtime_destroy(b);
    hyt_options_destroy(options);
    return apart / count / variance;
}

static hyt_quantiser *quantiser_of(const hyt_graph *graph, const char *key, const char *value)
{
    hyt_options *options = NULL;
    hyt_quantiser *q = NULL;
    MUST(hyt_quantiser_options_create(NULL, &options));
    if (key) MUST(hyt_options_set_text(options, key, value));
    MUST(hyt_quantiser_create(graph, options, &q));
    float *pictures = pictures_of(PICTURES, 3 * SIDE * SIDE);
    MUST(hyt_quantiser_add(q, pictures, PICTURES / 2));
    MUST(hyt_quantiser_add(q, pictures + PICTURES / 2 * 3 * SIDE * SIDE, PICTURES - PICTURES / 2));
    free(pictures);
    hyt_options_destroy(options);
    return q;
}

/* Every way of calibrating keeps the result, and none of float32 steps in secretly. */
static void every_method(void **state)
{
    (void)state;
    static const char *const ways[][2] = { { HYT_QUANTISER_CALIBRATION, "minmax" },
                                           { HYT_QUANTISER_CALIBRATION, "percentile" },
                                           { HYT_QUANTISER_CALIBRATION, "mse" },
                                           { HYT_QUANTISER_CALIBRATION, "kl" },
                                           { HYT_QUANTISER_WEIGHTS, "minmax" },
                                           { HYT_QUANTISER_EQUALISE, "0" },
                                           { HYT_QUANTISER_CORRECT_BIAS, "0" } };
    static const hyt_op acts[] = { HYT_OP_RELU, HYT_OP_RELU6, HYT_OP_SILU };
    for (size_t a = 0; a < HYTI_COUNT(acts); a++) {
        hyt_graph *graph = small_hybrid(acts[a]);
        for (size_t i = 0; i < HYTI_COUNT(ways); i++) {
            hyt_graph *stored = NULL;
            hyt_runtime *runtime = NULL;
            hyt_quantiser *q = quantiser_of(graph, ways[i][0], ways[i][1]);
            MUST(hyt_quantiser_finish(q, &stored));
            double apart = noise(graph, stored, "graph");
            if (!(apart > 1e-7 && apart < 0.02))
                fail_msg("%s %s: %g of the variance is noise", ways[i][0], ways[i][1], apart);
            MUST(hyt_runtime_create(stored, NULL, &runtime));
            for (size_t s = 0; s < hyt_runtime_steps(runtime); s++) {
                assert_int_equal(hyt_runtime_step_precision(runtime, s), HYT_INT8);
                assert_string_not_equal(hyt_runtime_step_kind(runtime, s), "convert");
            }
            hyt_runtime_destroy(runtime);
            hyt_graph_destroy(stored);
            hyt_quantiser_destroy(q);
        }
        hyt_graph_destroy(graph);
    }
}

/* Folding and equalising change no result beyond rounding; equalising does change weights. */
static void equalising_is_exact(void **state)
{
    (void)state;
    hyt_graph *graph = small_hybrid(HYT_OP_RELU), *folded = NULL, *scaled = NULL;
    MUST(hyt_graph_fold_norms(graph, &folded));
    assert_true(noise(graph, folded, "fp32") == 0);
    assert_true(hyt_graph_size(folded) < hyt_graph_size(graph));
    MUST(hyt_graph_copy(folded, &scaled));
    double most[64];
    const double *all[64];
    for (size_t i = 0; i < 64; i++) most[i] = (double)(i + 1), all[i] = most;
    hyti_equalise(scaled, all);
    double apart = noise(folded, scaled, "fp32");
    size_t changed = 0;
    for (size_t i = 0; i < hyt_graph_parameter_count(folded); i++)
        changed += memcmp(hyt_graph_parameter(folded, i), hyt_graph_parameter(scaled, i), sizeof(float)) != 0;
    assert_true(apart < 1e-10);
    assert_true(changed > 6);
    hyt_graph_destroy(graph), hyt_graph_destroy(folded), hyt_graph_destroy(scaled);
}

/* A channel far weaker than the others is worth more after equalising. */
static void equalising_helps(void **state)
{
    (void)state;
    double apart[2];
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "uneven", &graph));
    MUST(hyt_graph_input(graph, 3, SIDE, SIDE, &x));
    MUST(hyt_graph_conv(graph, x, 8, 3, 1, 1, &x));
    MUST(hyt_graph_activation(graph, x, HYT_OP_RELU, &x));
    MUST(hyt_graph_conv(graph, x, 8, 3, 1, 1, &x));
    MUST(hyt_graph_initialise(graph, 5));
    for (size_t c = 0; c < 8; c++) {
        float factor = c % 2 ? 200.0f : 1.0f;
        for (size_t i = 0; i < 27; i++) graph->parameters[0].data[c * 27 + i] *= factor;
        for (size_t o = 0; o < 8; o++)
            for (size_t t = 0; t < 9; t++) graph->parameters[1].data[(o * 8 + c) * 9 + t] /= factor;
    }
    for (int equal = 0; equal < 2; equal++) {
        hyt_graph *stored = NULL;
        hyt_quantiser *q = quantiser_of(graph, HYT_QUANTISER_EQUALISE, equal ? "1" : "0");
        MUST(hyt_quantiser_finish(q, &stored));
        apart[equal] = noise(graph, stored, "graph");
        hyt_graph_destroy(stored);
        hyt_quantiser_destroy(q);
    }
    assert_true(apart[1] < apart[0] / 10);
    hyt_graph_destroy(graph);
}

static void ranges(void **state)
{
    (void)state;
    enum { N = 100000 };
    hyti_histogram *h = calloc(1, sizeof *h);
    float *values = malloc(N * sizeof *values);
    for (size_t i = 0; i < N; i++) values[i] = (float)i / N; /* uniform from 0 to 1 */
    values[N - 1] = 20;                                     /* and one far away */
    assert_true(hyti_histogram_add(h, values, N / 3));
    assert_true(hyti_histogram_add(h, values + N / 3, N - N / 3));
    double total = 0;
    for (size_t i = 0; i < HYTI_BINS; i++) total += h->counts[i];
    assert_true(total == N);
    assert_true(hyti_histogram_range(h, HYTI_CALIBRATION_MINMAX, 0).high == 20);
    CHECK_NEAR(hyti_histogram_range(h, HYTI_CALIBRATION_PERCENTILE, 0.999).high, 1, 2 * h->width);
    assert_true(hyti_histogram_range(h, HYTI_CALIBRATION_MSE, 0).high < 19.9);
    assert_true(hyti_histogram_range(h, HYTI_CALIBRATION_KL, 0).low == 0);
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 2);
    memset(h, 0, sizeof *h);
    for (size_t i = 0; i < N; i++) { /* long tails */
        double x = hyti_rng_normal(&rng);
        values[i] = (float)(x * x * x);
    }
    assert_true(hyti_histogram_add(h, values, N));
    hyti_range all = hyti_histogram_range(h, HYTI_CALIBRATION_MINMAX, 0);
    hyti_range kl = hyti_histogram_range(h, HYTI_CALIBRATION_KL, 0);
    assert_true(kl.high < all.high && kl.low > all.low && kl.high > 3 && kl.low < -3);
    values[7] = NAN;
    assert_false(hyti_histogram_add(h, values, N));
    hyti_quant quant = hyti_quant_of((hyti_range){ -1, 3 });
    CHECK_NEAR(quant.scale * (-128 - quant.zero), -1, quant.scale);
    CHECK_NEAR(quant.scale * (127 - quant.zero), 3, quant.scale);
    assert_int_equal(hyti_quant_of((hyti_range){ 0, 0 }).zero, 0);
    static const float weights[] = { 0.1f, -0.2f, 1.27f, 0.3f };
    CHECK_NEAR(hyti_weight_scale(weights, 4, false), 0.01, 1e-8);
    free(h), free(values);
}

typedef struct judge { const hyt_graph *exact; size_t calls; } judge;

static int score(void *user, const hyt_graph *graph, double *value)
{
    judge *j = user;
    j->calls++;
    *value = -noise(j->exact, graph, "graph");
    return 0;
}

/* Content with one value in int8 at most, which the input would be. */
static int wants_bf16(void *user, const hyt_graph *graph, double *value)
{
    (void)user;
    *value = 1;
    for (size_t i = 1; i < hyt_graph_size(graph); i++)
        if (hyt_graph_precision(graph, (hyt_value)i) == HYT_INT8) *value = 0;
    return 0;
}

static int give_up(void *user, const hyt_graph *graph, double *value)
{
    (void)user, (void)graph, (void)value;
    return 77;
}

static size_t count_of(const hyt_graph *graph, hyt_precision precision)
{
    size_t count = 0;
    for (size_t i = 0; i < hyt_graph_size(graph); i++) count += hyt_graph_precision(graph, (hyt_value)i) == precision;
    return count;
}

static void drops_and_search(void **state)
{
    (void)state;
    hyt_graph *graph = small_hybrid(HYT_OP_SILU), *stored = NULL, *mixed = NULL;
    hyt_quantiser *q = quantiser_of(graph, NULL, NULL);
    MUST(hyt_quantiser_finish(q, &stored));
    double *drops = malloc(hyt_graph_size(stored) * sizeof *drops), most = 0, all = noise(graph, stored, "graph");
    MUST(hyt_quantiser_drops(q, drops));
    for (size_t i = 0; i < hyt_graph_size(stored); i++) most = fmax(most, drops[i]);
    assert_true(most > 0 && most < 2 * all);
    judge j = { graph, 0 };
    size_t left = 0;
    MUST(hyt_quantiser_search(q, score, &j, -2 * all, &mixed, &left)); /* int8 is good enough */
    assert_int_equal(left, 0);
    assert_int_equal(count_of(mixed, HYT_BF16), 0);
    hyt_graph_destroy(mixed);
    MUST(hyt_quantiser_search(q, score, &j, -0.7 * all, &mixed, &left));
    assert_true(left > 0 && count_of(mixed, HYT_BF16) >= left && count_of(mixed, HYT_INT8) > 0);
    assert_true(noise(graph, mixed, "graph") <= 0.7 * all);
    assert_true(j.calls < 16);
    hyt_graph_destroy(mixed);
    mixed = NULL;
    MUST(hyt_quantiser_search(q, wants_bf16, NULL, 1, &mixed, &left));
    assert_int_equal(count_of(mixed, HYT_BF16), hyt_graph_size(mixed)); /* the input too */
    hyt_graph *none = NULL;
    CHECK_STATUS(hyt_quantiser_search(q, score, &j, 1, &none, &left), HYT_ERR_INFEASIBLE);
    CHECK_STATUS(hyt_quantiser_search(q, give_up, &j, 1, &none, &left), 77);
    assert_null(none);
    free(drops);
    hyt_graph_destroy(graph), hyt_graph_destroy(stored), hyt_graph_destroy(mixed);
    hyt_quantiser_destroy(q);
}

/* In place of the graph comes what a quantiser hands over; batch norms, attention and layer norms on the way. */
static void in_its_own_memory(void **state)
{
    (void)state;
    hyt_graph *graph = small_hybrid(HYT_OP_SILU), *stored = NULL, *mine = NULL, *broken = NULL;
    hyt_quantiser *q = quantiser_of(graph, NULL, NULL);
    float *pictures = pictures_of(PICTURES, 3 * SIDE * SIDE);
    MUST(hyt_quantiser_finish(q, &stored));
    MUST(hyt_graph_copy(graph, &mine));
    MUST(hyt_quantise(&mine, pictures, PICTURES, NULL));
    assert_int_equal(mine->n_nodes, stored->n_nodes);
    assert_int_equal(mine->n_parameters, stored->n_parameters);
    for (size_t i = 0; i < mine->n_parameters; i++) {
        const hyti_parameter *a = &mine->parameters[i], *b = &stored->parameters[i];
        assert_memory_equal(a->data, b->data, a->count * sizeof *a->data);
        assert_int_equal(!a->scales, !b->scales);
        if (a->scales) assert_memory_equal(a->scales, b->scales, hyti_scale_count(mine, i) * sizeof *a->scales);
    }
    for (size_t i = 0; i < mine->n_nodes; i++) {
        assert_int_equal(mine->nodes[i].precision, stored->nodes[i].precision);
        assert_true(mine->nodes[i].scale == stored->nodes[i].scale && mine->nodes[i].zero == stored->nodes[i].zero);
    }
    CHECK_STATUS(hyt_quantise(&broken, pictures, 1, NULL), HYT_ERR_ARGUMENT);
    MUST(hyt_graph_copy(graph, &broken));
    CHECK_STATUS(hyt_quantise(&broken, pictures, 0, NULL), HYT_ERR_STATE);
    assert_non_null(broken); /* nothing was done to it */
    pictures[7] = NAN;
    CHECK_STATUS(hyt_quantise(&broken, pictures, 1, NULL), HYT_ERR_NUMERIC);
    assert_null(broken);
    free(pictures);
    hyt_graph_destroy(graph), hyt_graph_destroy(stored), hyt_graph_destroy(mine);
    hyt_quantiser_destroy(q);
}

/* What the graph says of a move or a softmax is what the runtime stores. */
static void given_scales_are_told(void **state)
{
    (void)state;
    hyt_graph *graph = small_hybrid(HYT_OP_RELU);
    float *pictures = pictures_of(2, 3 * SIDE * SIDE);
    hyti_kernels kernels;
    hyti_plan plan = { 0 };
    const hyti_runtime_params params = { .threads = 1, .batch = 1 };
    MUST(hyt_quantise(&graph, pictures, 2, NULL));
    hyti_kernels_init(&kernels, (unsigned)HYTI_ISA_ALL);
    MUST(hyti_plan_build(graph, &params, &kernels, &plan));
    size_t moves = 0;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const hyti_node *node = &graph->nodes[i];
        moves += hyti_keeps_quantisation(node);
        if (plan.tensors[i].format != HYTI_I8) continue;
        assert_true(plan.tensors[i].quant.scale == node->scale && plan.tensors[i].quant.zero == node->zero);
    }
    assert_true(moves > 0);
    hyti_plan_clear(&plan);
    free(pictures);
    hyt_graph_destroy(graph);
}

static void refusals(void **state)
{
    (void)state;
    hyt_graph *graph = small_hybrid(HYT_OP_SILU), *empty = NULL, *out = NULL;
    hyt_quantiser *q = NULL;
    MUST(hyt_graph_create(NULL, "empty", &empty));
    CHECK_STATUS(hyt_quantiser_create(empty, NULL, &q), HYT_ERR_STATE);
    CHECK_STATUS(hyt_quantiser_create(NULL, NULL, &q), HYT_ERR_ARGUMENT);
    MUST(hyt_quantiser_create(graph, NULL, &q));
    CHECK_STATUS(hyt_quantiser_finish(q, &out), HYT_ERR_STATE);
    float *pictures = pictures_of(1, 3 * SIDE * SIDE);
    pictures[5] = INFINITY;
    MUST(hyt_quantiser_add(q, pictures, 1));
    CHECK_STATUS(hyt_quantiser_finish(q, &out), HYT_ERR_NUMERIC);
    CHECK_STATUS(hyt_quantiser_add(q, pictures, SIZE_MAX), HYT_ERR_RANGE);
    assert_null(out);
    free(pictures);
    hyt_quantiser_destroy(q);
    hyt_quantiser_destroy(NULL);
    hyt_graph_destroy(graph), hyt_graph_destroy(empty);
}

/* An int8 operation without a quantisation is named. */
static void needs_quantisation(void **state)
{
    (void)state;
    hyt_graph *graph = small_hybrid(HYT_OP_RELU);
    hyt_runtime *runtime = NULL;
    for (size_t i = 0; i < hyt_graph_size(graph); i++) MUST(hyt_graph_set_precision(graph, (hyt_value)i, HYT_INT8));
    CHECK_STATUS(hyt_runtime_create(graph, NULL, &runtime), HYT_ERR_STATE);
    CHECK_MESSAGE("no quantisation");
    hyt_graph_destroy(graph);
}

int main(void)
{
    (void)random_graph;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method),     cmocka_unit_test(equalising_is_exact), cmocka_unit_test(equalising_helps),
        cmocka_unit_test(ranges),           cmocka_unit_test(drops_and_search),    cmocka_unit_test(in_its_own_memory),
        cmocka_unit_test(given_scales_are_told), cmocka_unit_test(refusals),
        cmocka_unit_test(needs_quantisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
