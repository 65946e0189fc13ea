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

/* A model of kind "gp" with "key=value key=value". */
static hyt_surrogate *made(size_t d, const int *columns, const char *settings)
{
    hyt_options *options = NULL;
    hyt_surrogate *gp = NULL;
    char text[256];
    snprintf(text, sizeof text, "%s", settings);
    MUST(hyt_surrogate_options_create(NULL, "gp", &options));
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value++ = 0;
        MUST(hyt_options_set_text(options, word, value));
    }
    MUST(hyt_surrogate_create(NULL, "gp", d, options, &gp));
    if (columns) MUST(hyt_surrogate_set_columns(gp, columns, d));
    hyt_options_destroy(options);
    return gp;
}

enum { MIXED = 6 };
static const int mixed[MIXED] = { HYT_COLUMN_REAL,     HYT_COLUMN_ORDINAL,  HYT_COLUMN_ORDINAL,
                                  HYT_COLUMN_CATEGORY, HYT_COLUMN_CATEGORY, HYT_COLUMN_CATEGORY };

/* n rows: a number, two of few levels, one of three labels; and a value with noise. */
static void sample_mixed(uint64_t stream, size_t n, double *x, double *y)
{
    hyti_rng rng = hyti_rng_start(13, HYTI_PURPOSE_TEST, stream);
    memset(x, 0, MIXED * n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        double *row = x + MIXED * i;
        row[0] = hyti_rng_normal(&rng);
        row[1] = (double)hyti_rng_below(&rng, 4);
        row[2] = (double)hyti_rng_below(&rng, 3);
        row[3 + hyti_rng_below(&rng, 3)] = 1;
        y[i] = sin(row[0]) + sqrt(row[1]) + row[2] * row[3] - row[4] + 0.2 * hyti_rng_normal(&rng);
    }
}

static void gradients_of_the_evidence_are_differences(void **state)
{
    (void)state;
    enum { N = 40, SIZE = MIXED + 3 };
    double x[N * MIXED], z[N * MIXED], y[N], theta[SIZE], gradient[SIZE], spare[SIZE], up, down, value;
    for (int trial = 0; trial < 40; trial++) {
        sample_mixed((uint64_t)trial, N, x, y);
        fill_normal(2 + (uint64_t)trial, theta, SIZE);
        hyti_rows rows = { x, y, N, MIXED, mixed };
        hyti_gp_law *law = NULL;
        hyti_gp_evidence *evidence = NULL;
        MUST(hyti_gp_law_create(NULL, trial & 1, trial & 2, &rows, &law));
        hyti_gp_law_place(law, x, N, z);
        MUST(hyti_gp_evidence_create(NULL, law, z, y, N, &evidence));
        MUST(hyti_gp_evidence_evaluate(evidence, theta, &value, gradient));
        assert_int_equal(hyti_gp_theta_size(&law->shape), 5 + (trial & 1) + (trial >> 1 & 1));
        for (size_t k = 0; k < hyti_gp_theta_size(&law->shape); k++) {
            double at = theta[k], step = 1e-5;
            theta[k] = at + step;
            MUST(hyti_gp_evidence_evaluate(evidence, theta, &up, spare));
            theta[k] = at - step;
            MUST(hyti_gp_evidence_evaluate(evidence, theta, &down, spare));
            theta[k] = at;
            CHECK_NEAR(gradient[k], (up - down) / (2 * step), 1e-6 * (1 + fabs(gradient[k])));
        }
        hyti_gp_evidence_destroy(evidence);
        hyti_gp_law_destroy(law);
    }
}

/* The covariance of two placed rows of the mixed kind, written out. */
static double covariance(const hyti_gp_law *law, const double *theta, const double *a, const double *b)
{
    double r2 = 0, lines = 0, bends = 0;
    for (size_t k = 0; k < MIXED; k++) {
        r2 += pow((a[k] - b[k]) / exp(theta[law->shape.length_of[k]]), 2);
        lines += a[k] * b[k] / MIXED;
    }
    for (size_t k = 1; k <= 2; k++) bends += (a[k] * a[k] - 1) * (b[k] * b[k] - 1) / MIXED;
    double q = sqrt(5 * r2);
    return (1 + q + q * q / 3) * exp(-q) + exp(theta[5]) * lines + exp(theta[6]) * bends;
}

/* -log N(y; 0, s^2 A) and the priors, written out. */
static void the_evidence_is_the_density(void **state)
{
    (void)state;
    enum { N = 9 };
    double x[N * MIXED], z[N * MIXED], y[N], a[N * N], b[N], gradient[7], value[2], density[2];
    double theta[2][7] = { { 0.3, -0.2, 0.4, 1, -2, -1, -3 }, { 0.5, 0.1, 0.2, 0, -1, 0.5, -0.5 } };
    hyti_gp_law *law = NULL;
    hyti_gp_evidence *evidence = NULL;
    sample_mixed(30, N, x, y);
    hyti_rows rows = { x, y, N, MIXED, mixed };
    MUST(hyti_gp_law_create(NULL, true, true, &rows, &law));
    hyti_gp_law_place(law, x, N, z);
    MUST(hyti_gp_evidence_create(NULL, law, z, y, N, &evidence));
    for (int trial = 0; trial < 2; trial++) {
        const double *t = theta[trial];
        MUST(hyti_gp_evidence_evaluate(evidence, t, &value[trial], gradient));
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++)
                a[i + j * N] = covariance(law, t, z + i * MIXED, z + j * MIXED) + (i == j) * exp(t[4]);
        MUST(hyti_cholesky(N, a));
        memcpy(b, y, sizeof b);
        hyti_cholesky_solve(N, 1, a, b);
        density[trial] = 0.5 * (hyti_cholesky_logdet(N, a) +
                                (N + HYTI_GP_WEIGHT) * log(hyti_gp_variance(N, hyti_dot(N, b, y)))) +
                         hyti_gp_prior(&law->shape, t, gradient);
    }
    CHECK_NEAR(value[0] - value[1], density[0] - density[1], 1e-10);
    hyti_gp_evidence_destroy(evidence);
    hyti_gp_law_destroy(law);
}

/* Labels are exchangeable: whichever columns they have, and however rare they are, two are equally far apart. */
static void labels_are_equally_far_apart(void **state)
{
    (void)state;
    enum { N = 30 };
    double x[N * MIXED], y[N], z[3 * MIXED];
    hyti_gp_law *law = NULL;
    sample_mixed(31, N, x, y);
    hyti_rows rows = { x, y, N, MIXED, mixed };
    MUST(hyti_gp_law_create(NULL, true, true, &rows, &law));
    double labels[3 * MIXED] = { 0 };
    for (size_t i = 0; i < 3; i++) labels[i * MIXED + 3 + i] = 1;
    hyti_gp_law_place(law, labels, 3, z);
    double apart[3] = { 0 };
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < MIXED; k++) apart[i] += pow(z[i * MIXED + k] - z[(i + 1) % 3 * MIXED + k], 2);
    CHECK_NEAR(apart[1], apart[0], 1e-12);
    CHECK_NEAR(apart[2], apart[0], 1e-12);
    assert_int_equal(law->shape.lengths, 4);
    hyti_gp_law_destroy(law);
}

/* Exact and with inducing points. */
static const char *const both[] = { "", "exact-rows=20 inducing=25 start-rows=60" };

static void gradients_of_predictions_are_differences(void **state)
{
    (void)state;
    enum { N = 60, M = 20 };
    static double x[N * MIXED], y[N], at[M * MIXED], mean[2], deviation[2], slope[MIXED], spread[MIXED];
    for (size_t kind = 0; kind < 2; kind++) {
        hyt_surrogate *gp = made(MIXED, mixed, both[kind]);
        sample_mixed(32, N, x, y);
        MUST(hyt_surrogate_fit(gp, x, y, N));
        fill_normal(33, at, M * MIXED);
        for (size_t i = 0; i < M; i++) {
            MUST(hyt_surrogate_gradient(gp, at + i * MIXED, slope, spread));
            for (size_t k = 0; k < MIXED; k++) {
                double pair[2 * MIXED], step = 1e-5;
                memcpy(pair, at + i * MIXED, MIXED * sizeof *pair);
                memcpy(pair + MIXED, pair, MIXED * sizeof *pair);
                pair[k] -= step;
                pair[MIXED + k] += step;
                MUST(hyt_surrogate_predict(gp, pair, 2, mean, deviation));
                CHECK_NEAR(slope[k], (mean[1] - mean[0]) / (2 * step), 1e-5);
                CHECK_NEAR(spread[k], (deviation[1] - deviation[0]) / (2 * step), 1e-5);
            }
            MUST(hyt_surrogate_gradient(gp, at + i * MIXED, spread, NULL));
            assert_memory_equal(slope, spread, sizeof slope);
        }
        hyt_surrogate_destroy(gp);
    }
}

static void an_update_is_a_fit_with_the_same_law(void **state)
{
    (void)state;
    enum { N = 60, FIRST = 30, M = 40 };
    static double x[N * MIXED], y[N], at[M * MIXED], mean[2][M], deviation[2][M];
    for (size_t kind = 0; kind < 2; kind++) {
        hyti_gp_law *law = NULL;
        hyti_gp *empty = NULL, *whole = NULL, *part = NULL, *next = NULL;
        sample_mixed(34, N, x, y);
        if (kind == 1) memcpy(x + FIRST * MIXED, x, FIRST * MIXED * sizeof *x); /* the inducing points are the same */
        fill_normal(35, at, M * MIXED);
        hyti_rows rows = { x, y, N, MIXED, mixed }, first = { x, y, FIRST, MIXED, mixed };
        MUST(hyti_gp_law_create(NULL, true, true, &rows, &law));
        fill_normal(36, law->theta, hyti_gp_theta_size(&law->shape));
        hyti_gp_law_settle(law);
        law->variance = 1;
        law->exact_rows = kind == 0 ? N : 20;
        law->inducing = FIRST;
        MUST(hyti_gp_create(NULL, law, &empty));
        MUST(hyti_gp_extend(empty, &rows, &whole));
        MUST(hyti_gp_extend(empty, &first, &part));
        for (size_t i = FIRST; i < N; i += 5) {
            hyti_rows five = { x + i * MIXED, y + i, 5, MIXED, mixed };
            MUST(hyti_gp_extend(part, &five, &next));
            hyti_gp_destroy(part);
            part = next;
        }
        MUST(hyti_gp_predict(whole, at, M, mean[0], deviation[0]));
        MUST(hyti_gp_predict(part, at, M, mean[1], deviation[1]));
        for (size_t i = 0; i < M; i++) {
            CHECK_NEAR(mean[1][i], mean[0][i], 1e-7);
            CHECK_NEAR(deviation[1][i], deviation[0][i], 1e-7);
        }
        CHECK_NEAR(part->quadratic, whole->quadratic, 1e-8 * whole->quadratic);
        hyti_gp_destroy(empty);
        hyti_gp_destroy(whole);
        hyti_gp_destroy(part);
        hyti_gp_law_destroy(law);
    }
}

static void inducing_points_at_all_rows_lose_nothing(void **state)
{
    (void)state;
    enum { N = 50, M = 40 };
    static double x[N * MIXED], y[N], at[M * MIXED], mean[2][M], deviation[2][M], draw[2][3 * M];
    sample_mixed(37, N, x, y);
    sample_mixed(38, M, at, draw[0]);
    for (int kind = 0; kind < 2; kind++) {
        hyt_surrogate *gp = made(MIXED, mixed, kind ? "exact-rows=1 inducing=1000" : "");
        MUST(hyt_surrogate_fit(gp, x, y, N));
        MUST(hyt_surrogate_predict(gp, at, M, mean[kind], deviation[kind]));
        MUST(hyt_surrogate_sample(gp, at, M, 3, 5, draw[kind]));
        hyt_surrogate_destroy(gp);
    }
    for (size_t i = 0; i < M; i++) {
        CHECK_NEAR(mean[1][i], mean[0][i], 1e-6);
        CHECK_NEAR(deviation[1][i], deviation[0][i], 1e-6);
    }
    for (size_t i = 0; i < 3 * M; i++) CHECK_NEAR(draw[1][i], draw[0][i], 1e-4);
}

/* Far fewer inducing points than rows of a smooth function. */
static void few_inducing_points_will_do(void **state)
{
    (void)state;
    enum { N = 600 };
    static double x[2 * N], y[N], mean[N], deviation[N];
    hyt_surrogate *gp = made(2, NULL, "exact-rows=100 inducing=60");
    sample_wave(60, N, x, y);
    MUST(hyt_surrogate_fit(gp, x, y, N));
    sample_wave(61, N, x, y);
    MUST(hyt_surrogate_predict(gp, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) {
        CHECK_NEAR(mean[i], y[i], 0.05);
        assert_true(deviation[i] < 0.05);
    }
    MUST(hyt_surrogate_update(gp, x, y, N));
    assert_int_equal(hyt_surrogate_rows(gp), 2 * N);
    hyt_surrogate_destroy(gp);
}

/* Written after a fit and updates, and read: the same bits. */
static void bytes_are_the_model(void **state)
{
    (void)state;
    enum { N = 60, FIRST = 40 };
    static double x[N * MIXED], y[N], mean[2][N], deviation[2][N];
    sample_mixed(41, N, x, y);
    for (size_t kind = 0; kind < 2; kind++) {
        char *bytes = NULL;
        size_t size;
        hyt_surrogate *gp = made(MIXED, mixed, both[kind]), *read = NULL;
        MUST(hyt_surrogate_fit(gp, x, y, FIRST));
        for (size_t i = FIRST; i < N; i += 10) MUST(hyt_surrogate_update(gp, x + i * MIXED, y + i, 10));
        MUST(hyt_surrogate_write(gp, &bytes, &size));
        MUST(hyt_surrogate_parse(NULL, bytes, size, &read));
        MUST(hyt_surrogate_predict(gp, x, N, mean[0], deviation[0]));
        MUST(hyt_surrogate_predict(read, x, N, mean[1], deviation[1]));
        assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
        assert_memory_equal(deviation[0], deviation[1], sizeof deviation[0]);
        hyt_surrogate_destroy(read);
        for (size_t i = 0; i < size; i++) { /* a byte that differs is refused, or makes another model */
            bytes[i] ^= 0x41;
            read = NULL;
            if (hyt_surrogate_parse(NULL, bytes, size, &read) == HYT_OK)
                MUST(hyt_surrogate_predict(read, x, N, mean[1], deviation[1]));
            hyt_surrogate_destroy(read);
            bytes[i] ^= 0x41;
        }
        hyt_text_destroy(bytes);
        hyt_surrogate_destroy(gp);
    }
}

/* Mean, deviation and correlation of many draws are those of the posterior. */
static void draws_have_the_moments(void **state)
{
    (void)state;
    enum { N = 25, M = 6, DRAWS = 20000 };
    static double x[N * MIXED], y[N], at[M * MIXED], mean[M], deviation[M], draws[DRAWS * M];
    for (size_t kind = 0; kind < 2; kind++) {
        hyt_surrogate *gp = made(MIXED, mixed, both[kind]);
        sample_mixed(39, N, x, y);
        sample_mixed(40, M, at, mean);
        memcpy(at + MIXED, at, MIXED * sizeof *at); /* one point twice: the same value in every draw */
        MUST(hyt_surrogate_fit(gp, x, y, N));
        MUST(hyt_surrogate_predict(gp, at, M, mean, deviation));
        MUST(hyt_surrogate_sample(gp, at, M, DRAWS, 3, draws));
        for (size_t i = 0; i < M; i++) {
            double sum = 0, squares = 0;
            for (size_t k = 0; k < DRAWS; k++) sum += (draws[k * M + i] - mean[i]) / DRAWS;
            for (size_t k = 0; k < DRAWS; k++) squares += pow(draws[k * M + i] - mean[i], 2) / DRAWS;
            CHECK_NEAR(sum, 0, 4 * deviation[i] / sqrt(DRAWS));
            CHECK_NEAR(sqrt(squares), deviation[i], 4 * deviation[i] / sqrt(2 * DRAWS));
        }
        for (size_t k = 0; k < DRAWS; k++) CHECK_NEAR(draws[k * M + 1], draws[k * M], 1e-3);
        hyt_surrogate_destroy(gp);
    }
}

/* The covariance of two points of a draw is what is known of one from being told the other:
 * deviation(b | a)^2 = deviation(b)^2 - cov(a, b)^2 / (deviation(a)^2 + noise), the noise being all but nothing. */
static void draws_are_joint(void **state)
{
    (void)state;
    enum { N = 12, DRAWS = 20000 };
    static double x[2 * N], y[N], at[] = { 0.9, 0.8, 0.7, 0.9 }, mean[2], deviation[2], after, told, draws[2 * DRAWS];
    sample_wave(62, N, x, y);
    hyt_surrogate *gp = made(2, NULL, "noise-high=1e-8");
    MUST(hyt_surrogate_fit(gp, x, y, N));
    MUST(hyt_surrogate_predict(gp, at, 2, mean, deviation));
    MUST(hyt_surrogate_sample(gp, at, 2, DRAWS, 4, draws));
    double covariance_seen = 0;
    for (size_t k = 0; k < DRAWS; k++)
        covariance_seen += (draws[2 * k] - mean[0]) * (draws[2 * k + 1] - mean[1]) / DRAWS;
    MUST(hyt_surrogate_update(gp, at, mean, 1));
    MUST(hyt_surrogate_predict(gp, at + 2, 1, &told, &after));
    CHECK_NEAR(told, mean[1], 1e-6); /* told what was expected */
    double expected = sqrt(deviation[1] * deviation[1] - after * after) * deviation[0];
    CHECK_NEAR(fabs(covariance_seen), expected, 0.05 * deviation[0] * deviation[1]);
    hyt_surrogate_destroy(gp);
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

/* At the largest values a feature may have, nothing is known: the mean of the targets, and one deviation for all. With
 * lines, which end, both are finite. */
static void nothing_is_known_at_the_end_of_numbers(void **state)
{
    (void)state;
    enum { N = 30 };
    double x[2 * N], y[N], ends[] = { 1e100, 0, -1e100, 1e100, 1e60, 1e90 }, mean[3], deviation[3], sum = 0;
    sample_wave(50, N, x, y);
    for (size_t i = 0; i < N; i++) sum += y[i] / N;
    for (size_t i = 0; i < 2 * N; i++) x[i] *= 1e-90;
    hyt_surrogate *gp = made(2, NULL, "lines=0");
    MUST(hyt_surrogate_fit(gp, x, y, N));
    MUST(hyt_surrogate_predict(gp, ends, 3, mean, deviation));
    for (size_t i = 0; i < 3; i++) {
        CHECK_NEAR(mean[i], sum, 1e-12);
        CHECK_NEAR(deviation[i], deviation[0], 1e-12);
    }
    assert_true(deviation[0] > 0.1);
    hyt_surrogate_destroy(gp);
    gp = fitted(2, x, y, N);
    MUST(hyt_surrogate_predict(gp, ends, 3, mean, deviation));
    for (size_t i = 0; i < 3; i++) assert_true(fabs(mean[i]) < 100 && deviation[i] > 0.1 && deviation[i] < 100);
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

static hyt_status live(hyt_context *context, int64_t exact_rows)
{
    enum { N = 12 };
    static double x[N * MIXED], y[N], mean[N], deviation[N], draws[2 * N];
    hyt_options *options = NULL;
    hyt_surrogate *gp = NULL, *read = NULL;
    char *bytes = NULL;
    size_t size = 0;
    sample_mixed(70, N, x, y);
    hyt_status status = hyt_surrogate_options_create(context, "gp", &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_GP_EXACT_ROWS, exact_rows);
    if (status == HYT_OK) status = hyt_surrogate_create(context, "gp", MIXED, options, &gp);
    if (status == HYT_OK) status = hyt_surrogate_set_columns(gp, mixed, MIXED);
    if (status == HYT_OK) status = hyt_surrogate_fit(gp, x, y, N - 2);
    if (status == HYT_OK) status = hyt_surrogate_update(gp, x + (N - 2) * MIXED, y + N - 2, 2);
    if (status == HYT_OK) status = hyt_surrogate_predict(gp, x, N, mean, deviation);
    if (status == HYT_OK) status = hyt_surrogate_sample(gp, x, N, 2, 1, draws);
    if (status == HYT_OK) status = hyt_surrogate_gradient(gp, x, mean, deviation);
    if (status == HYT_OK) status = hyt_surrogate_write(gp, &bytes, &size);
    if (status == HYT_OK) status = hyt_surrogate_parse(context, bytes, size, &read);
    hyt_text_destroy(bytes);
    hyt_options_destroy(options);
    hyt_surrogate_destroy(gp);
    hyt_surrogate_destroy(read);
    return status;
}

static hyt_status live_exactly(hyt_context *context)
{
    return live(context, 100);
}

static hyt_status live_sparsely(hyt_context *context)
{
    return live(context, 5);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(live_exactly);
    test_each_allocation(live_sparsely);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_covariance_is_its_formula),
        cmocka_unit_test(gradients_of_the_evidence_are_differences),
        cmocka_unit_test(the_evidence_is_the_density),
        cmocka_unit_test(labels_are_equally_far_apart),
        cmocka_unit_test(gradients_of_predictions_are_differences),
        cmocka_unit_test(an_update_is_a_fit_with_the_same_law),
        cmocka_unit_test(inducing_points_at_all_rows_lose_nothing),
        cmocka_unit_test(few_inducing_points_will_do),
        cmocka_unit_test(bytes_are_the_model),
        cmocka_unit_test(draws_have_the_moments),
        cmocka_unit_test(draws_are_joint),
        cmocka_unit_test(it_interpolates),
        cmocka_unit_test(it_knows_less_further_away),
        cmocka_unit_test(noise_is_averaged),
        cmocka_unit_test(nothing_is_known_at_the_end_of_numbers),
        cmocka_unit_test(deviations_are_honest),
        cmocka_unit_test(units_and_order_do_not_matter),
        cmocka_unit_test(batches_are_their_points),
        cmocka_unit_test(few_points_in_many_dimensions),
        cmocka_unit_test(parts_of_the_rows_suffice),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
