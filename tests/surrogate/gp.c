/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/gp.h"
#include "base/rng.h"
#include "numeric/linear.h"
#include "surrogate/matern.h"
#include "test.h"

static void fill_normal(uint64_t stream, double *values, size_t count)
{
    hyti_rng rng = hyti_rng_start(11, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < count; i++) values[i] = hyti_rng_normal(&rng);
}

static void fill_uniform(uint64_t stream, double *values, size_t count)
{
    hyti_rng rng = hyti_rng_start(12, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < count; i++) values[i] = 2 * hyti_rng_uniform(&rng) - 1;
}

static double wave(const double *x)
{
    return sin(2 * x[0]) + 0.5 * x[1] * x[1];
}

/* n points of the square [-1, 1]^2 and their values. */
static void sample_wave(uint64_t stream, size_t n, double *x, double *y)
{
    fill_uniform(stream, x, 2 * n);
    for (size_t i = 0; i < n; i++) y[i] = wave(x + 2 * i);
}

static hyt_surrogate *fitted(size_t d, const double *x, const double *y, size_t n)
{
    hyt_surrogate *gp = NULL;
    MUST(hyt_surrogate_create(NULL, "gp", d, NULL, &gp));
    MUST(hyt_surrogate_fit(gp, x, y, n));
    return gp;
}

static void the_covariance_is_its_formula(void **state)
{
    (void)state;
    enum { N = 301 };
    double squares[N], values[N], slopes[N];
    for (size_t i = 0; i < N; i++) squares[i] = values[i] = i == 0 ? -1e-16 : pow(10, -12 + 0.06 * (double)i);
    hyti_matern_slopes(N, squares, slopes);
    for (size_t i = 0; i < N; i++) {
        double q = sqrt(5 * fmax(0, values[i])); /* rounded as there: far away e^-q magnifies it */
        CHECK_NEAR(squares[i], (1 + q + q * q / 3) * exp(-q), 4e-15 * squares[i] + 1e-300);
        CHECK_NEAR(slopes[i], 5.0 / 3 * (1 + q) * exp(-q), 4e-15 * slopes[i] + 1e-300);
    }
    hyti_matern_values(N, values);
    for (size_t i = 0; i < N; i++) CHECK_NEAR(values[i], squares[i], 4e-16 * squares[i]);
}

static void gradients_are_differences(void **state)
{
    (void)state;
    enum { N = 30, D = 5 };
    double x[N * D], y[N], theta[D + 1], gradient[D + 1], spare[D + 1], up, down, value;
    hyti_gp_evidence *evidence = NULL;
    fill_normal(0, x, N * D);
    fill_normal(1, y, N);
    for (size_t i = 0; i < N; i++) y[i] = 0.3 * y[i] + sin(x[i * D]) + x[i * D + 1];
    hyti_rows rows = { x, y, N, D };
    MUST(hyti_gp_evidence_create(NULL, &rows, &evidence));
    for (uint64_t trial = 0; trial < 20; trial++) {
        fill_normal(2 + trial, theta, D + 1);
        MUST(hyti_gp_evidence_evaluate(evidence, theta, &value, gradient));
        for (size_t k = 0; k <= D; k++) {
            double at = theta[k], step = 1e-5;
            theta[k] = at + step;
            MUST(hyti_gp_evidence_evaluate(evidence, theta, &up, spare));
            theta[k] = at - step;
            MUST(hyti_gp_evidence_evaluate(evidence, theta, &down, spare));
            theta[k] = at;
            CHECK_NEAR(gradient[k], (up - down) / (2 * step), 1e-6 * (1 + fabs(gradient[k])));
        }
    }
    hyti_gp_evidence_destroy(evidence);
}

/* -log N(y; 0, s^2 A) and the priors, written out. */
static void the_evidence_is_the_density(void **state)
{
    (void)state;
    enum { N = 6, D = 2 };
    double x[N * D], y[N], a[N * N], b[N], theta[] = { 0.3, -0.2, -2 }, other[] = { 0.5, 0.1, -1 }, gradient[3],
                                           value[2], density[2];
    hyti_gp_evidence *evidence = NULL;
    fill_normal(30, x, N * D);
    fill_normal(31, y, N);
    hyti_rows rows = { x, y, N, D };
    MUST(hyti_gp_evidence_create(NULL, &rows, &evidence));
    for (int trial = 0; trial < 2; trial++) {
        const double *t = trial ? other : theta;
        MUST(hyti_gp_evidence_evaluate(evidence, t, &value[trial], gradient));
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++) {
                double r2 = 0;
                for (size_t k = 0; k < D; k++) r2 += pow((x[i * D + k] - x[j * D + k]) / exp(t[k]), 2);
                double q = sqrt(5 * r2);
                a[i + j * N] = (1 + q + q * q / 3) * exp(-q) + (i == j) * exp(t[D]);
            }
        MUST(hyti_cholesky(N, a));
        memcpy(b, y, sizeof b);
        hyti_cholesky_solve(N, 1, a, b);
        double variance = hyti_gp_variance(N, hyti_dot(N, b, y));
        density[trial] =
            0.5 * (hyti_cholesky_logdet(N, a) + (N + HYTI_GP_WEIGHT) * log(variance)) + hyti_gp_prior(D, t, gradient);
    }
    CHECK_NEAR(value[0] - value[1], density[0] - density[1], 1e-10);
    hyti_gp_evidence_destroy(evidence);
}

static void it_interpolates(void **state)
{
    (void)state;
    enum { N = 40 };
    double x[2 * N], y[N], mean[N], deviation[N];
    sample_wave(1, N, x, y);
    hyt_surrogate *gp = fitted(2, x, y, N);
    MUST(hyt_surrogate_predict(gp, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) {
        CHECK_NEAR(mean[i], y[i], 1e-3);
        assert_true(deviation[i] < 0.01);
    }
    sample_wave(2, N, x, y);
    MUST(hyt_surrogate_predict(gp, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], y[i], 0.05);
    hyt_surrogate_destroy(gp);
}

static void it_knows_less_further_away(void **state)
{
    (void)state;
    enum { N = 30, STEPS = 40 };
    double x[2 * N], y[N], far[2 * STEPS], mean[STEPS], deviation[STEPS];
    sample_wave(3, N, x, y);
    hyt_surrogate *gp = fitted(2, x, y, N);
    for (size_t i = 0; i < STEPS; i++) far[2 * i] = far[2 * i + 1] = 1 + (double)i;
    MUST(hyt_surrogate_predict(gp, far, STEPS, mean, deviation));
    for (size_t i = 1; i < STEPS; i++) assert_true(deviation[i] > deviation[i - 1] * (1 - 1e-12));
    assert_true(deviation[STEPS - 1] > 20 * deviation[0]);
    hyt_surrogate_destroy(gp);
}

/* At the largest values a feature may have, nothing is known: the mean of the targets, and one deviation for all. */
static void nothing_is_known_at_the_end_of_numbers(void **state)
{
    (void)state;
    enum { N = 30 };
    double x[2 * N], y[N], ends[] = { 1e100, 0, -1e100, 1e100, 1e60, 1e90 }, mean[3], deviation[3], sum = 0;
    sample_wave(50, N, x, y);
    for (size_t i = 0; i < N; i++) sum += y[i] / N;
    for (size_t i = 0; i < 2 * N; i++) x[i] *= 1e-90;
    hyt_surrogate *gp = fitted(2, x, y, N);
    MUST(hyt_surrogate_predict(gp, ends, 3, mean, deviation));
    for (size_t i = 0; i < 3; i++) {
        CHECK_NEAR(mean[i], sum, 1e-12);
        CHECK_NEAR(deviation[i], deviation[0], 1e-12);
    }
    assert_true(deviation[0] > 0.1);
    hyt_surrogate_destroy(gp);
}

static void noise_is_averaged(void **state)
{
    (void)state;
    enum { N = 100 };
    double x[2 * N], y[N], noise[N], mean[N], deviation[N], before = 0, after = 0, outside = 0;
    sample_wave(4, N, x, y);
    fill_normal(5, noise, N);
    for (size_t i = 0; i < N; i++) noise[i] = y[i] + 0.3 * noise[i];
    hyt_surrogate *gp = fitted(2, x, noise, N);
    MUST(hyt_surrogate_predict(gp, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) {
        before += pow(noise[i] - y[i], 2);
        after += pow(mean[i] - y[i], 2);
        outside += fabs(mean[i] - y[i]) > 3 * deviation[i];
    }
    assert_true(after < 0.15 * before);
    assert_true(outside <= 3);
    hyt_surrogate_destroy(gp);
}

/* Functions drawn from the prior itself: the truth lies within 1 deviation in 68 % of places, within 2 in 95 %. */
static void deviations_are_honest(void **state)
{
    (void)state;
    enum { N = 160, KNOWN = 60, D = 2, DRAWS = 15 };
    static double x[N * D], a[N * N], draw[N], y[N], mean[N], deviation[N];
    double one = 0, two = 0, total = 0;
    for (uint64_t trial = 0; trial < DRAWS; trial++) {
        fill_uniform(100 + trial, x, N * D);
        fill_normal(100 + trial, draw, N);
        for (size_t j = 0; j < N; j++)
            for (size_t i = 0; i < N; i++)
                a[i + j * N] = (pow(x[i * D] - x[j * D], 2) + pow(x[i * D + 1] - x[j * D + 1], 2)) / 0.36;
        hyti_matern_values(N * N, a);
        for (size_t i = 0; i < N; i++) a[i + i * N] += 1e-9;
        MUST(hyti_cholesky(N, a));
        for (size_t i = 0; i < N; i++) {
            y[i] = 0;
            for (size_t k = 0; k <= i; k++) y[i] += a[i + k * N] * draw[k];
        }
        hyt_surrogate *gp = fitted(D, x, y, KNOWN);
        MUST(hyt_surrogate_predict(gp, x + KNOWN * D, N - KNOWN, mean, deviation));
        for (size_t i = 0; i < N - KNOWN; i++) {
            double z = fabs(mean[i] - y[KNOWN + i]) / deviation[i];
            one += z < 1;
            two += z < 2;
            total++;
        }
        hyt_surrogate_destroy(gp);
    }
    CHECK_NEAR(one / total, 0.683, 0.08);
    CHECK_NEAR(two / total, 0.954, 0.04);
}

/* The model follows a change of units, and the order of the rows says nothing (where all rows take part in the
 * search for hyperparameters; beyond "start-rows" and "rows" the parts chosen depend on the order). */
static void units_and_order_do_not_matter(void **state)
{
    (void)state;
    enum { N = 50 };
    double x[2 * N], y[N], x2[2 * N], y2[N], mean[N], deviation[N], mean2[N], deviation2[N], at[2 * N], at2[2 * N];
    sample_wave(6, N, x, y);
    fill_normal(7, mean, N);
    fill_uniform(8, at, 2 * N);
    for (size_t i = 0; i < N; i++) y[i] += 0.1 * mean[i];
    for (size_t i = 0; i < N; i++) {
        size_t from = (i * 17 + 5) % N;
        x2[2 * i] = 1000 + 8 * x[2 * from];
        x2[2 * i + 1] = -x[2 * from + 1] / 64;
        y2[i] = 1e6 - 300 * y[from];
        at2[2 * i] = 1000 + 8 * at[2 * i];
        at2[2 * i + 1] = -at[2 * i + 1] / 64;
    }
    hyt_surrogate *gp = fitted(2, x, y, N), *other = fitted(2, x2, y2, N);
    MUST(hyt_surrogate_predict(gp, at, N, mean, deviation));
    MUST(hyt_surrogate_predict(other, at2, N, mean2, deviation2));
    for (size_t i = 0; i < N; i++) {
        CHECK_NEAR(mean2[i], 1e6 - 300 * mean[i], 300 * 1e-4);
        CHECK_NEAR(deviation2[i], 300 * deviation[i], 300 * 1e-4);
    }
    hyt_surrogate_destroy(gp);
    hyt_surrogate_destroy(other);
}

/* A batch is its points, whatever its size. */
static void batches_are_their_points(void **state)
{
    (void)state;
    enum { N = 30, M = 300 };
    static double x[2 * N], y[N], at[2 * M], mean[M], deviation[M];
    double one, spread;
    sample_wave(9, N, x, y);
    fill_uniform(10, at, 2 * M);
    hyt_surrogate *gp = fitted(2, x, y, N);
    MUST(hyt_surrogate_predict(gp, at, M, mean, deviation));
    for (size_t i = 0; i < M; i++) {
        MUST(hyt_surrogate_predict(gp, at + 2 * i, 1, &one, &spread));
        CHECK_NEAR(mean[i], one, 1e-9);
        CHECK_NEAR(deviation[i] * deviation[i], spread * spread, 1e-9);
    }
    hyt_surrogate_destroy(gp);
}

/* 10 to 30 points in 23 dimensions: no worse than the mean on new points, and no false certainty. */
static void few_points_in_many_dimensions(void **state)
{
    (void)state;
    enum { D = 23, M = 200 };
    static double x[M * D], y[M], mean[M], deviation[M];
    for (size_t n = 10; n <= 30; n += 10) {
        double error = 0, spread = 0, centre = 0, z = 0;
        fill_uniform(20 + n, x, M * D);
        for (size_t i = 0; i < M; i++) {
            y[i] = 3 * x[i * D] - 2 * x[i * D + 1] + x[i * D + 2] * x[i * D + 3];
            centre += i < n ? y[i] / (double)n : 0;
        }
        hyt_surrogate *gp = fitted(D, x, y, n);
        MUST(hyt_surrogate_predict(gp, x + n * D, M - n, mean, deviation));
        for (size_t i = 0; i < M - n; i++) {
            error += pow(y[n + i] - mean[i], 2);
            spread += pow(y[n + i] - centre, 2);
            z += pow((y[n + i] - mean[i]) / deviation[i], 2) / (double)(M - n);
        }
        assert_true(error < spread);
        assert_true(z < 4);
        hyt_surrogate_destroy(gp);
    }
}

/* The parts of the rows that the search for hyperparameters uses leave a model of all rows. */
static void parts_of_the_rows_suffice(void **state)
{
    (void)state;
    enum { N = 200 };
    static double x[2 * N], y[N], mean[N];
    hyt_options *options = NULL;
    hyt_surrogate *gp = NULL;
    sample_wave(40, N, x, y);
    MUST(hyt_surrogate_options_create(NULL, "gp", &options));
    MUST(hyt_options_set_int(options, HYT_GP_START_ROWS, 20));
    MUST(hyt_options_set_int(options, HYT_GP_ROWS, 50));
    MUST(hyt_surrogate_create(NULL, "gp", 2, options, &gp));
    MUST(hyt_surrogate_fit(gp, x, y, N));
    MUST(hyt_surrogate_predict(gp, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], y[i], 1e-3);
    hyt_surrogate_destroy(gp);
    gp = NULL;
    MUST(hyt_options_set_real(options, HYT_GP_NOISE_LOW, 1));
    MUST(hyt_options_set_real(options, HYT_GP_NOISE_HIGH, 0.5));
    MUST(hyt_surrogate_create(NULL, "gp", 2, options, &gp));
    CHECK_STATUS(hyt_surrogate_fit(gp, x, y, N), HYT_ERR_RANGE);
    CHECK_MESSAGE("noise-low");
    hyt_surrogate_destroy(gp);
    hyt_options_destroy(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_covariance_is_its_formula), cmocka_unit_test(gradients_are_differences),
        cmocka_unit_test(the_evidence_is_the_density),   cmocka_unit_test(it_interpolates),
        cmocka_unit_test(it_knows_less_further_away),    cmocka_unit_test(noise_is_averaged),
        cmocka_unit_test(nothing_is_known_at_the_end_of_numbers),
        cmocka_unit_test(deviations_are_honest),         cmocka_unit_test(units_and_order_do_not_matter),
        cmocka_unit_test(batches_are_their_points),      cmocka_unit_test(few_points_in_many_dimensions),
        cmocka_unit_test(parts_of_the_rows_suffice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
