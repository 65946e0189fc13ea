/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ensembles of small networks. */
#include "numeric/rank.h"
#include "surrogate/net.h"
#include "test.h"

enum { N = 200, D = 3, B = HYTI_NET_BLOCK };

static double x[N * D], y[N], mean[N], deviation[N];

/* Curved in the first feature, with a product; the third says nothing. */
static void sample(uint64_t stream, double noise)
{
    hyti_rng rng = hyti_rng_start(91, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = 2 * hyti_rng_uniform(&rng) - 1;
    for (size_t i = 0; i < N; i++)
        y[i] = 7 + sin(2 * x[i * D]) + x[i * D] * x[i * D + 1] + noise * hyti_rng_normal(&rng);
}

static hyt_surrogate *fitted(const char *key, const char *value, size_t n)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL;
    MUST(hyt_surrogate_options_create(NULL, "ffn", &options));
    if (key) MUST(hyt_options_set_text(options, key, value));
    MUST(hyt_surrogate_create(NULL, "ffn", D, options, &model));
    MUST(hyt_surrogate_fit(model, x, y, n));
    hyt_options_destroy(options);
    return model;
}

static double loss_at(const hyti_net *net, const float *weights, const float *block, float *inside, const float *pull)
{
    float out[B];
    double sum = 0;
    hyti_net_forward(net, weights, block, inside, out);
    for (size_t b = 0; b < B; b++) sum += (double)pull[b] * out[b];
    return sum;
}

static void gradients_agree_with_differences(void **state)
{
    (void)state;
    static const hyti_net nets[] = { { 1, 1, 1 }, { 3, 5, 1 }, { 4, 3, 3 } };
    for (size_t k = 0; k < sizeof nets / sizeof *nets; k++) {
        const hyti_net *net = &nets[k];
        float weights[256], gradient[256], block[8 * B], inside[24 * B], room[24 * B], pull[B];
        size_t size;
        hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, k);
        assert_true(hyti_net_size(net, &size) && size <= 256);
        assert_true(hyti_net_room(net) <= 24 * B);
        hyti_net_start(net, &rng, weights);
        for (size_t i = 0; i < size; i++) weights[i] += 0.3f * (float)hyti_rng_normal(&rng);
        for (size_t i = 0; i < net->d * B; i++) block[i] = (float)hyti_rng_normal(&rng);
        for (size_t b = 0; b < B; b++) {
            block[net->d * B + b] = 1;
            pull[b] = (float)hyti_rng_normal(&rng);
        }
        loss_at(net, weights, block, inside, pull);
        hyti_net_backward(net, weights, block, inside, pull, room, gradient);
        for (size_t i = 0; i < size; i++) {
            const float step = 0x1p-6f;
            float was = weights[i];
            weights[i] = was + step;
            double up = loss_at(net, weights, block, inside, pull);
            weights[i] = was - step;
            double down = loss_at(net, weights, block, inside, pull);
            weights[i] = was;
            CHECK_NEAR(gradient[i], (up - down) / (2 * (double)step), 0.02);
        }
    }
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    size_t size;
    hyti_net one = { 1, 1, 1 }, wide = { 1, SIZE_MAX / 2, 1 }, deep = { 1, 60000, 60000 };
    assert_true(hyti_net_size(&one, &size));
    assert_int_equal(size, 2 + 2 + 1);
    assert_false(hyti_net_size(&wide, &size));
    assert_false(hyti_net_size(&deep, &size));
}

static void functions_are_learnt(void **state)
{
    (void)state;
    sample(1, 0.05);
    hyt_surrogate *model = fitted(NULL, NULL, N);
    sample(2, 0);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    assert_true(hyti_r2(y, mean, N) > 0.97);
    hyt_surrogate_destroy(model);
}

/* Far from all that was seen members differ more. */
static void doubt_grows_outside(void **state)
{
    (void)state;
    double inside = 0, outside = 0;
    sample(3, 0.1);
    hyt_surrogate *model = fitted(NULL, NULL, N);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) inside += deviation[i];
    for (size_t i = 0; i < N * D; i++) x[i] *= 5;
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) outside += deviation[i];
    assert_true(inside > 0 && outside > 2 * inside);
    hyt_surrogate_destroy(model);
    model = fitted(HYT_FFN_MEMBERS, "1", N);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(deviation[i], 0, 0);
    hyt_surrogate_destroy(model);
}

/* The ranking loss: the order is right way round, and the scores are in the target's unit. */
static void ranks_are_learnt(void **state)
{
    (void)state;
    double tau;
    sample(4, 0.05);
    hyt_surrogate *model = fitted(HYT_FFN_LOSS, "ranking", N);
    sample(5, 0);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    MUST(hyti_kendall(NULL, y, mean, N, &tau));
    assert_true(tau > 0.85);
    assert_true(hyti_r2(y, mean, N) > 0.9);
    hyt_surrogate_destroy(model);
}

static void a_feature_that_says_nothing_is_left_out(void **state)
{
    (void)state;
    double moved[N];
    sample(6, 0.05);
    hyt_surrogate *model = fitted(HYT_FFN_SPARSITY, "0.3", N);
    MUST(hyt_surrogate_predict(model, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) x[i * D + 2] = -x[i * D + 2];
    MUST(hyt_surrogate_predict(model, x, N, moved, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(moved[i], mean[i], 0.1);
    hyt_surrogate_destroy(model);
}

static void few_rows_are_enough(void **state)
{
    (void)state;
    for (size_t n = 1; n < 40; n += 3) {
        sample(7, 0);
        hyt_surrogate *model = fitted(HYT_FFN_LOSS, n % 2 ? "ranking" : "regression", n);
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        for (size_t i = 0; i < N; i++) assert_true(isfinite(mean[i]) && deviation[i] >= 0);
        hyt_surrogate_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_agree_with_differences), cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(functions_are_learnt),             cmocka_unit_test(doubt_grows_outside),
        cmocka_unit_test(ranks_are_learnt),                 cmocka_unit_test(a_feature_that_says_nothing_is_left_out),
        cmocka_unit_test(few_rows_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
