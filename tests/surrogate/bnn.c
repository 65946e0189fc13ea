/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks with random weights. */
#include "numeric/rank.h"
#include "surrogate/model.h"
#include "test.h"

enum { N = 160, D = 2 };

static double x[N * D], y[N], mean[N], deviation[N];

static void sample(uint64_t stream, double reach, double noise)
{
    hyti_rng rng = hyti_rng_start(93, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = reach * (2 * hyti_rng_uniform(&rng) - 1);
    for (size_t i = 0; i < N; i++)
        y[i] = 20 + 10 * sin(2 * x[i * D]) + 5 * x[i * D + 1] + noise * hyti_rng_normal(&rng);
}

static hyt_surrogate *fitted(const char *key, const char *value, size_t n)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL;
    MUST(hyt_surrogate_options_create(NULL, "bnn", &options));
    if (key) MUST(hyt_options_set_text(options, key, value));
    MUST(hyt_surrogate_create(NULL, "bnn", D, options, &model));
    MUST(hyt_surrogate_fit(model, x, y, n));
    hyt_options_destroy(options);
    return model;
}

static double mean_deviation(const hyt_surrogate *model)
{
    double sum = 0;
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) sum += deviation[i] / N;
    return sum;
}

static void functions_are_learnt(void **state)
{
    (void)state;
    static const char *const random[] = { "all", "last" };
    for (size_t k = 0; k < 2; k++) {
        sample(1, 1, 0.5);
        hyt_surrogate *model = fitted(HYT_BNN_RANDOM, random[k], N);
        sample(2, 1, 0);
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        assert_true(hyti_r2(y, mean, N) > 0.97);
        hyt_surrogate_destroy(model);
    }
}

/* More rows, less doubt; far outside, more of it. */
static void doubt_follows_the_rows(void **state)
{
    (void)state;
    sample(3, 1, 0.5);
    hyt_surrogate *few = fitted(NULL, NULL, N / 10), *many = fitted(NULL, NULL, N);
    double at_few = mean_deviation(few), at_many = mean_deviation(many);
    assert_true(at_many > 0 && at_few > at_many);
    sample(4, 6, 0);
    assert_true(mean_deviation(many) > 2 * at_many);
    hyt_surrogate_destroy(few);
    hyt_surrogate_destroy(many);
}

static void answers_are_fixed(void **state)
{
    (void)state;
    double again[N];
    sample(5, 1, 0.5);
    hyt_surrogate *model = fitted(NULL, NULL, N / 2);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) MUST(hyt_surrogate_predict(model, x + i * D, 1, &again[i], NULL));
    assert_memory_equal(mean, again, sizeof mean);
    hyt_surrogate_destroy(model);
}

/* Two draws are a pair on either side of the mean, and so near the mean of many. */
static void draws_surround_the_mean(void **state)
{
    (void)state;
    sample(6, 1, 0.5);
    hyt_surrogate *two = fitted(HYT_BNN_DRAWS, "2", N), *many = fitted(HYT_BNN_DRAWS, "401", N);
    assert_true(mean_deviation(two) > 0);
    MUST(hyt_surrogate_predict(two, x, N, y, NULL));
    mean_deviation(many);
    for (size_t i = 0; i < N; i++) CHECK_NEAR(y[i], mean[i], 3 * deviation[i]);
    hyt_surrogate_destroy(two);
    hyt_surrogate_destroy(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_learnt),
        cmocka_unit_test(doubt_follows_the_rows),
        cmocka_unit_test(answers_are_fixed),
        cmocka_unit_test(draws_surround_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
