/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "models.h"
#include "numeric/linear.h"

enum { N = 60, D = 3 };

static double x[N * D], y[N], mean[N], deviation[N];

static void sample(uint64_t stream, double noise)
{
    hyti_rng rng = hyti_rng_start(71, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = 10 * hyti_rng_uniform(&rng);
    for (size_t i = 0; i < N; i++) y[i] = 7 + 3 * x[i * D] - x[i * D + 1] + noise * hyti_rng_normal(&rng);
}

static void moments(const double *values, size_t n, size_t step, double *middle, double *unit)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += values[i * step];
    *middle = sum / (double)n;
    for (size_t i = 0; i < n; i++) squares += pow(values[i * step] - *middle, 2);
    *unit = sqrt(squares / (double)n);
}

/* By the n x n formulas that the model does not use: mean k'(K + lambda)^-1 y with K = ZZ', and variance
 * noise / lambda (k(z, z) - k'(K + lambda)^-1 k) + noise / n, noise = lambda y'(K + lambda)^-1 y / (n - 1). */
static void it_equals_the_closed_form(void **state)
{
    (void)state;
    enum { DOUBLED = N * N };
    static double z[N * D], k[DOUBLED], factor[DOUBLED], cross[DOUBLED], solved[DOUBLED], t[N], a[N];
    const double lambda = 2.5;
    double middle, unit, ym, yu, noise = 0;
    sample(1, 2);
    for (size_t d = 0; d < D; d++) {
        moments(x + d, N, D, &middle, &unit);
        for (size_t i = 0; i < N; i++) z[i * D + d] = (x[i * D + d] - middle) / unit;
    }
    moments(y, N, 1, &ym, &yu);
    for (size_t i = 0; i < N; i++) t[i] = a[i] = (y[i] - ym) / yu;
    hyti_gram(N, D, 1, z, 0, k);
    memcpy(factor, k, sizeof k);
    for (size_t i = 0; i < N; i++) factor[i * N + i] += lambda;
    MUST(hyti_cholesky(N, factor));
    hyti_cholesky_solve(N, 1, factor, a);
    for (size_t i = 0; i < N; i++) noise += lambda * t[i] * a[i] / (N - 1);
    hyti_gram_cross(N, N, D, 1, z, z, 0, cross);
    memcpy(solved, cross, sizeof cross);
    hyti_cholesky_solve(N, N, factor, solved);

    hyt_surrogate *model = taught("ridge", "lambda=2.5", x, y, N, D);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) {
        double variance = noise / lambda * (cross[i * N + i] - hyti_dot(N, cross + i * N, solved + i * N)) + noise / N;
        CHECK_NEAR(mean[i], ym + yu * hyti_dot(N, cross + i * N, a), 1e-9);
        CHECK_NEAR(deviation[i], yu * sqrt(variance), 1e-9);
    }
    hyt_surrogate_destroy(model);
}

static void a_linear_function_is_found(void **state)
{
    (void)state;
    double far[] = { 20, 30, -5 };
    sample(2, 0);
    hyt_surrogate *model = taught("ridge", "", x, y, N, D);
    MUST(hyt_surrogate_predict(model, far, 1, mean, NULL));
    CHECK_NEAR(mean[0], 7 + 60 - 30, 1e-3);
    hyt_surrogate_destroy(model);
}

static void degree_2_finds_a_paraboloid(void **state)
{
    (void)state;
    sample(3, 0);
    for (size_t i = 0; i < N; i++) y[i] = x[i * D] * x[i * D + 1] - pow(x[i * D + 2], 2) + x[i * D];
    hyt_surrogate *line = taught("ridge", "", x, y, N, D), *model = taught("ridge", "degree=2", x, y, N, D);
    MUST(hyt_surrogate_predict(model, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], y[i], 1e-2);
    double error = 0;
    MUST(hyt_surrogate_predict(line, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) error = fmax(error, fabs(mean[i] - y[i]));
    assert_true(error > 5);
    hyt_surrogate_destroy(line);
    hyt_surrogate_destroy(model);
}

/* No trend: the evidence is for a large penalty, and the mean is what remains. */
static void pure_noise_is_averaged(void **state)
{
    (void)state;
    double sum = 0;
    hyti_rng rng = hyti_rng_start(72, HYTI_PURPOSE_TEST, 0);
    sample(4, 0);
    for (size_t i = 0; i < N; i++) sum += (y[i] = hyti_rng_normal(&rng)) / N;
    hyt_surrogate *found = taught("ridge", "", x, y, N, D), *strong = taught("ridge", "lambda=1e9", x, y, N, D);
    MUST(hyt_surrogate_predict(found, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], sum, 0.35);
    MUST(hyt_surrogate_predict(strong, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], sum, 1e-6);
    hyt_surrogate_destroy(found);
    hyt_surrogate_destroy(strong);
}

/* The posterior of the mean function holds the function: averaged over samples, as often as it says. */
static void deviations_are_honest(void **state)
{
    (void)state;
    size_t within = 0, all = 0;
    for (uint64_t run = 0; run < 20; run++) {
        sample(100 + run, 3);
        hyt_surrogate *model = taught("ridge", "", x, y, N, D);
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        for (size_t i = 0; i < N; i++, all++)
            within += fabs(7 + 3 * x[i * D] - x[i * D + 1] - mean[i]) <= 2 * deviation[i];
        hyt_surrogate_destroy(model);
    }
    assert_true((double)within > 0.88 * (double)all && within < all);
}

static void doubt_grows_away_from_the_rows(void **state)
{
    (void)state;
    double along[4 * D];
    sample(5, 1);
    hyt_surrogate *model = taught("ridge", "", x, y, N, D);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < D; k++) along[i * D + k] = 5 + 10.0 * (double)i;
    MUST(hyt_surrogate_predict(model, along, 4, mean, deviation));
    for (size_t i = 1; i < 4; i++) assert_true(deviation[i] > deviation[i - 1]);
    hyt_surrogate_destroy(model);
}

static void many_terms_are_refused_by_name(void **state)
{
    (void)state;
    enum { MANY = 100 };
    double *wide = calloc(3 * MANY, sizeof *wide);
    hyt_surrogate *model = made(NULL, "ridge", "degree=2", MANY);
    CHECK_STATUS(hyt_surrogate_fit(model, wide, y, 3), HYT_ERR_RANGE);
    CHECK_MESSAGE("5150 terms");
    hyt_surrogate_destroy(model);
    free(wide);
}

static void bytes_hold_it(void **state)
{
    (void)state;
    static const char *const settings[] = { "", "degree=2", "lambda=3", "lambda=1e-9", "lambda=1e9" };
    sample(6, 0.5);
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
        hyt_surrogate *model = taught("ridge", settings[s], x, y, N, D), *again = reread(model);
        must_answer_alike(model, again, x, N);
        hyt_surrogate_destroy(model);
        hyt_surrogate_destroy(again);
    }
}

static hyt_status live(hyt_context *context)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL;
    hyt_status status = hyt_surrogate_options_create(context, "ridge", &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_RIDGE_DEGREE, 2);
    if (status == HYT_OK) status = hyt_surrogate_create(context, "ridge", D, options, &model);
    if (status == HYT_OK) status = hyt_surrogate_fit(model, x, y, 30);
    if (status == HYT_OK) status = hyt_surrogate_predict(model, x, N, mean, deviation);
    hyt_options_destroy(options);
    hyt_surrogate_destroy(model);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sample(7, 1);
    test_each_allocation(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_equals_the_closed_form),     cmocka_unit_test(a_linear_function_is_found),
        cmocka_unit_test(degree_2_finds_a_paraboloid),   cmocka_unit_test(pure_noise_is_averaged),
        cmocka_unit_test(deviations_are_honest),         cmocka_unit_test(doubt_grows_away_from_the_rows),
        cmocka_unit_test(many_terms_are_refused_by_name), cmocka_unit_test(bytes_hold_it),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
