/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The float32 training kernels of every table this processor has, against the same in float64. */
#include "train/net_f64.h"
#include "base/rng.h"
#include "test.h"

#define MOST 20000
static float a32[MOST], b32[MOST], c32[MOST], out32[MOST], more32[MOST];
static double a64[MOST], b64[MOST], c64[MOST], out64[MOST], more64[MOST];
static hyti_ops_f32 fast;
static hyti_ops_f64 reference;

static void fill(float *x, double *y, size_t n, uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(11, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < n; i++) y[i] = x[i] = (float)(2 * hyti_rng_normal(&rng));
}

/* Inputs a, b, c and what results are added to. */
static void fill_all(size_t n)
{
    assert_in_range(n, 1, MOST);
    fill(a32, a64, n, 1);
    fill(b32, b64, n, 2);
    fill(c32, c64, n, 3);
    fill(out32, out64, n, 4);
    fill(more32, more64, n, 5);
}

static void compare(const char *what, const float *x, const double *y, size_t n, double bound)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i] - y[i]) <= bound * (1 + fabs(y[i]))))
            fail_msg("%s: [%zu] = %.9g, not %.9g", what, i, x[i], y[i]);
}

static const size_t widths[] = { 1, 3, 8, 12, 16, 24, 27, 48, 64, 65, 96 };

static void check_rows(size_t rows, size_t n)
{
    size_t all = rows * n, period = hyti_period(n);
    fill_all(all > 6 * period ? all : 6 * period);
    for (hyti_act act = HYTI_ACT_NONE; act < HYTI_ACT_COUNT; act++) {
        fast.apply(all, period, a32, b32, c32, act, out32);
        reference.apply(all, period, a64, b64, c64, act, out64);
        compare("apply", out32, out64, all, 2e-6);
        fast.apply(all, period, a32, NULL, NULL, act, out32);
        reference.apply(all, period, a64, NULL, NULL, act, out64);
        compare("apply act", out32, out64, all, 1e-6);
        fast.apply_with_slope(all, period, a32, b32, c32, act, out32, more32);
        reference.apply_with_slope(all, period, a64, b64, c64, act, out64, more64);
        compare("apply with slope", out32, out64, all, 2e-6);
        if (act != HYTI_ACT_RELU && act != HYTI_ACT_RELU6) compare("slope", more32, more64, all, 4e-6);
        fast.deliver_slope(all, period, b32, a32, c32, c32, more32, false, out32);
        reference.deliver_slope(all, period, b64, a64, c64, c64, more64, false, out64);
        compare("deliver slope", out32, out64, all, 4e-6);
        for (int add_to = 0; add_to < 2; add_to++) {
            fast.deliver(all, period, b32, a32, NULL, NULL, act, NULL, NULL, add_to, out32);
            reference.deliver(all, period, b64, a64, NULL, NULL, act, NULL, NULL, add_to, out64);
            compare("deliver", out32, out64, all, 4e-6);
        }
        if (!hyti_act_is_curve(act) || act == HYTI_ACT_HARD_SIGMOID) {
            if (act != HYTI_ACT_NONE) continue; /* a rounding decides on the side of a kink */
        }
        fast.deliver(all, period, b32, a32, b32, c32, act, c32, more32, false, out32);
        reference.deliver(all, period, b64, a64, b64, c64, act, c64, more64, false, out64);
        compare("deliver normed", out32, out64, all, 4e-6);
        compare("deliver lanes", more32, more64, 3 * period, 1e-4);
    }
    fast.moments(all, n, period, a32, more32, true);
    reference.moments(all, n, period, a64, more64, true);
    fast.moments(all, n, period, b32, more32, false);
    reference.moments(all, n, period, b64, more64, false);
    compare("moments", more32, more64, 3 * period, 1e-5);
    fast.combine(all, period, a32, b32, c32, b32, a32, out32);
    reference.combine(all, period, a64, b64, c64, b64, a64, out64);
    compare("combine", out32, out64, all, 1e-5);
}

static void check_tokens(size_t rows, size_t n)
{
    fill_all(rows * n);
    for (int fresh = 1; fresh >= 0; fresh--) {
        fast.layer_norm_back(rows, n, b32, a32, c32, 1e-5f, out32, more32, more32 + n, fresh);
        reference.layer_norm_back(rows, n, b64, a64, c64, 1e-5, out64, more64, more64 + n, fresh);
        if (n < 3) continue; /* of one or two values the normalised gradient is a difference of equals */
        compare("layer_norm_back", out32, out64, rows * n, 1e-4);
        compare("layer_norm_back sums", more32, more64, 2 * n, 1e-4);
    }
    reference.kernels.softmax_f64(rows, n, 0.3, a64, n);
    for (size_t i = 0; i < rows * n; i++) a64[i] = a32[i] = (float)a64[i];
    fast.softmax_back(rows, n, 0.3f, a32, b32);
    reference.softmax_back(rows, n, 0.3f, a64, b64);
    compare("softmax_back", b32, b64, rows * n, 3e-6);
    for (int fresh = 1; fresh >= 0; fresh--) {
        fast.sum_rows(rows, n, c32, more32, fresh);
        reference.sum_rows(rows, n, c64, more64, fresh);
        compare("sum_rows", more32, more64, n, 1e-5);
        fast.turn(rows, n - n / 4, c32, n, b32);
        reference.turn(rows, n - n / 4, c64, n, b64);
        compare("turn", b32, b64, rows * (n - n / 4), 0);
        for (size_t i = 0; i < rows * (n - n / 4); i++)
            if (b32[i] != c32[i % rows * n + i / rows]) fail_msg("turn: %zu", i);
        fast.add_turned(rows, n, c32, b32, fresh);
        reference.add_turned(rows, n, c64, b64, fresh);
        compare("add_turned", b32, b64, rows * n, 1e-6);
    }
    fast.mean(rows, n, c32, more32);
    reference.mean(rows, n, c64, more64);
    compare("mean", more32, more64, n, 1e-6);
    fast.mean_back(rows, n, more32, out32);
    reference.mean_back(rows, n, more64, out64);
    compare("mean_back", out32, out64, rows * n, 1e-6);
    fast.add(rows * n, c32, out32, b32);
    reference.add(rows * n, c64, out64, b64);
    compare("add", b32, b64, rows * n, 1e-6);
}

static void check_windows(hyti_window w)
{
    size_t taps = w.kernel[0] * w.kernel[1], in = w.in_height * w.in_width * w.in_stride;
    size_t out = w.out_height * w.out_width * w.channels;
    fill_all(HYTI_MAX(in, out * taps));
    fast.unroll(&w, a32, out32);
    reference.unroll(&w, a64, out64);
    compare("unroll", out32, out64, out * taps, 0);
    fast.roll(&w, c32, more32);
    reference.roll(&w, c64, more64);
    compare("roll", more32, more64, in, 1e-5);
    if (w.in_stride != w.channels) return;
    fast.depthwise_input(&w, a32, b32, out32);
    reference.depthwise_input(&w, a64, b64, out64);
    compare("depthwise_input", out32, out64, in, 1e-5);
    for (int fresh = 1; fresh >= 0; fresh--) {
        fast.depthwise_weights(&w, a32, b32, more32, fresh);
        reference.depthwise_weights(&w, a64, b64, more64, fresh);
        compare("depthwise_weights", more32, more64, taps * w.channels, 1e-4);
    }
}

static hyti_window window(size_t side, size_t channels, size_t stride_of, size_t kernel, size_t stride, size_t dilation)
{
    size_t pad = (kernel - 1) * dilation / 2, reach = (kernel - 1) * dilation + 1;
    size_t height = (side + 2 * pad - reach) / stride + 1, width = (side + 1 + 2 * pad - reach) / stride + 1;
    return (hyti_window){ side, side + 1, stride_of, channels, height, width, { kernel, kernel }, { stride, stride },
                          { pad, pad }, { dilation, dilation } };
}

static void check_pictures(size_t channels)
{
    fill_all(81 * channels);
    for (size_t mode = HYT_RESIZE_BILINEAR; mode <= HYT_RESIZE_ALIGN_CORNERS; mode++) {
        fast.resize(mode, channels, 4, 7, a32, 9, 8, out32);
        reference.resize(mode, channels, 4, 7, a64, 9, 8, out64);
        compare("resize", out32, out64, 72 * channels, 2e-6);
        fast.resize_back(mode, channels, 4, 7, out32, 9, 8, a32);
        reference.resize_back(mode, channels, 4, 7, out64, 9, 8, a64);
        compare("resize_back", out32, out64, 28 * channels, 1e-5);
    }
}

/* A move that turns two axes of three and leaves a frame, a broadcast along the last axis, and both taken back. */
static void check_axes(size_t n)
{
    const hyti_tape_axes turn = { .in = 1, .out = 5, .rank = 3,
                                  .axis = { { 3, n, 2 * n }, { 2, 3 * n, n }, { n, 1, 1 } } };
    const hyti_tape_axes wide = { .rank = 2, .axis = { { 7, 1, n }, { n, 0, 1 } } };
    const hyti_tape_axes *all[] = { &turn, &wide };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) {
        fill_all(8 * n + 6);
        fast.gather(all[i], a32, out32);
        reference.gather(all[i], a64, out64);
        compare("gather", out32, out64, 8 * n + 6, 0);
        fast.scatter(all[i], 0.3f, b32, c32);
        reference.scatter(all[i], (double)0.3f, b64, c64);
        compare("scatter", c32, c64, 8 * n + 6, 1e-5);
    }
    fill_all(n);
    fast.multiply(n, a32, b32, out32);
    reference.multiply(n, a64, b64, out64);
    compare("multiply", out32, out64, n, 1e-6);
}

static void check_pools(hyti_window w)
{
    size_t in = w.in_height * w.in_width * w.channels, out = w.out_height * w.out_width * w.channels;
    fill_all(HYTI_MAX(in, out));
    fast.max_pool(&w, a32, out32);
    reference.max_pool(&w, a64, out64);
    compare("max_pool", out32, out64, out, 0);
    fast.max_pool_back(&w, a32, b32, more32);
    reference.max_pool_back(&w, a64, b64, more64);
    compare("max_pool_back", more32, more64, in, 1e-5);
    for (int counted = 0; counted < 2; counted++) {
        fast.average_pool(&w, counted, a32, out32);
        reference.average_pool(&w, counted, a64, out64);
        compare("average_pool", out32, out64, out, 1e-5);
        fast.average_pool_back(&w, counted, b32, more32);
        reference.average_pool_back(&w, counted, b64, more64);
        compare("average_pool_back", more32, more64, in, 1e-5);
    }
}

static void check_optimisers(size_t n)
{
    const hyti_descent descent = { 0.01, 0.1, 0.9, 1 - pow(HYTI_ADAM_BETA1, 3), 1 - pow(HYTI_ADAM_BETA2, 3) };
    fill_all(4 * n);
    for (size_t i = 0; i < n; i++) c64[i] = c32[i] = fabsf(c32[i]); /* a second moment */
    fast.adamw(n, a32, b32, c32, out32, 4, n, &descent);
    reference.adamw(n, a64, b64, c64, out64, 4, n, &descent);
    compare("adamw", a32, a64, n, 1e-6);
    compare("adamw first", b32, b64, n, 3e-6);
    compare("adamw second", c32, c64, n, 3e-6);
    fast.sgd(n, a32, b32, out32, 4, n, &descent);
    reference.sgd(n, a64, b64, out64, 4, n, &descent);
    compare("sgd", a32, a64, n, 3e-6);
}

static void check_loss(size_t classes)
{
    fill_all(classes);
    double x = fast.cross_entropy(classes, a32, classes - 1, 0.1, 0.5, out32);
    double y = reference.cross_entropy(classes, a64, classes - 1, 0.1, 0.5, out64);
    CHECK_NEAR(x, y, 1e-6);
    compare("cross_entropy", out32, out64, classes, 1e-6);
}

static void check_table(unsigned isa)
{
    hyti_ops_init_f32(&fast, isa);
    hyti_ops_init_f64(&reference);
    for (size_t i = 0; i < HYTI_COUNT(widths); i++) {
        for (size_t rows = 1; rows <= 40; rows += 13) check_rows(rows, widths[i]);
        for (size_t rows = 1; rows <= 40; rows += 13) check_tokens(rows, widths[i]);
        check_pictures(widths[i]);
        check_axes(widths[i]);
        check_loss(widths[i]);
        for (size_t kernel = 1; kernel <= 5; kernel += 2)
            for (size_t stride = 1; stride <= 2; stride++)
                check_windows(window(5, widths[i] % 20, widths[i] % 20, kernel, stride, 1));
    }
    for (size_t stride = 1; stride <= 3; stride++) {
        check_pools(window(7, 24, 24, 3, stride, 1));
        check_pools(window(6, 5, 5, 2, stride, 1));
    }
    check_windows(window(7, 5, 5, 3, 1, 2));
    check_windows(window(7, 5, 12, 3, 2, 1)); /* a group of channels */
    check_windows(window(2, 4, 4, 5, 1, 1));  /* a kernel beyond the picture on both sides */
    for (size_t n = 1; n < 600; n += 37) check_optimisers(n);
}

static void every_table(void **state)
{
    (void)state;
    const unsigned all[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_ALL };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) check_table(all[i]);
}

/* Two steps against the papers' own equations: arXiv 1711.05101, algorithm 2; momentum as in torch. */
static void optimisers_by_hand(void **state)
{
    (void)state;
    const double g[2] = { 0.5, -0.25 }, rate = 0.1, decay = 0.2;
    double w = 1, m = 0, v = 0, expected = 1, first = 0, second = 0;
    hyti_ops_init_f64(&reference);
    for (int t = 1; t <= 2; t++) {
        const hyti_descent descent = { rate, decay, 0, 1 - pow(0.9, t), 1 - pow(0.999, t) };
        reference.adamw(1, &w, &m, &v, &g[t - 1], 1, 1, &descent);
        first = 0.9 * first + 0.1 * g[t - 1];
        second = 0.999 * second + 0.001 * g[t - 1] * g[t - 1];
        double mean = first / (1 - pow(0.9, t)), square = second / (1 - pow(0.999, t));
        expected -= rate * (mean / (sqrt(square) + 1e-8) + decay * expected);
        CHECK_NEAR(w, expected, 1e-14);
    }
    const double parts[2] = { 0.3, 0.2 }; /* 0.5 in two parts, both times */
    const hyti_descent descent = { rate, decay, 0.9, 1, 1 };
    w = 1, v = 0;
    reference.sgd(1, &w, &v, parts, 2, 1, &descent);
    CHECK_NEAR(w, 1 - 0.1 * 0.7, 1e-14);
    reference.sgd(1, &w, &v, parts, 2, 1, &descent);
    CHECK_NEAR(w, 0.93 - 0.1 * (0.9 * 0.7 + 0.5 + 0.2 * 0.93), 1e-14);
}

/* -sum t log p with targets 0.1, 0.8, 0.1, and its gradient p - t. */
static void loss_by_hand(void **state)
{
    (void)state;
    const double logits[3] = { 1, 2, 4 }, targets[3] = { 0.1, 0.8, 0.1 };
    double sum = exp(1) + exp(2) + exp(4), expected = 0, g[3];
    hyti_ops_init_f64(&reference);
    for (size_t i = 0; i < 3; i++) expected -= targets[i] * log(exp(logits[i]) / sum);
    CHECK_NEAR(reference.cross_entropy(3, logits, 1, 0.3, 0.5, g), expected, 1e-14);
    for (size_t i = 0; i < 3; i++) CHECK_NEAR(g[i], 0.5 * (exp(logits[i]) / sum - targets[i]), 1e-14);
}

/* Ends, zero and what is not finite; a diverging training must show. */
static void exponential(void **state)
{
    (void)state;
    hyti_ops_init_f32(&fast, HYTI_ISA_ALL);
    const float x[] = { -1e30f, -100, -1, -0.0f, 0, 1e-20f, 1, 100, 1e30f, INFINITY, NAN };
    float y[HYTI_COUNT(x)];
    fast.apply(HYTI_COUNT(x), HYTI_COUNT(x), x, NULL, NULL, HYTI_ACT_SILU, y);
    for (size_t i = 0; i < 9; i++) CHECK_NEAR(y[i], x[i] / (1 + exp(-(double)x[i])), 1e-6 * (1 + fabs((double)x[i])));
    assert_true(isinf(y[9]) && isnan(y[10]));
    assert_true(isnan(fast.cross_entropy(HYTI_COUNT(x), x, 0, 0, 1, y)));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_table), cmocka_unit_test(optimisers_by_hand),
                                        cmocka_unit_test(loss_by_hand), cmocka_unit_test(exponential) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
