/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/gp_steps.h"
#include "base/rng.h"
#include "test.h"

enum { ROWS = 160, GENES = 4 };
static const double scale[] = { -3, 0, 1, 2 };
static const int columns[] = { HYT_COLUMN_ORDINAL, HYT_COLUMN_ORDINAL, HYT_COLUMN_ORDINAL, HYT_COLUMN_REAL };

static void fill(uint64_t stream, size_t n, double *x)
{
    hyti_rng rng = hyti_rng_start(31, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < n * GENES; i++)
        x[i] = columns[i % GENES] == HYT_COLUMN_REAL ? hyti_rng_uniform(&rng) : scale[hyti_rng_below(&rng, 4)];
}

/* Rises by jumps of very different sizes, which depend on each other. */
static double jumpy(const double *x)
{
    return (x[0] > 1) * (1 + 2 * (x[1] > 0)) - 1.5 * (x[2] > -1) * (x[1] > 1) + (x[2] > 0) - 0.5 * (x[0] > -1);
}

static double smooth(const double *x)
{
    double sum = 0.2 * x[0] + 0.15 * x[1] + 0.3 * x[2] + x[3];
    return exp(0.5 * sum);
}

static hyt_surrogate *fitted(double (*f)(const double *), const char *kernel)
{
    double x[ROWS * GENES], y[ROWS];
    hyt_options *options = NULL;
    hyt_surrogate *gp = NULL;
    fill(1, ROWS, x);
    for (size_t i = 0; i < ROWS; i++) y[i] = f(x + i * GENES);
    MUST(hyt_surrogate_options_create(NULL, "gp", &options));
    MUST(hyt_options_set_text(options, HYT_GP_KERNEL, kernel));
    MUST(hyt_surrogate_create(NULL, "gp", GENES, options, &gp));
    MUST(hyt_surrogate_set_columns(gp, columns, GENES));
    MUST(hyt_surrogate_fit(gp, x, y, ROWS));
    hyt_options_destroy(options);
    return gp;
}

static double error_of(double (*f)(const double *), const char *kernel)
{
    double x[ROWS * GENES], mean[ROWS], sum = 0;
    hyt_surrogate *gp = fitted(f, kernel);
    fill(2, ROWS, x);
    MUST(hyt_surrogate_predict(gp, x, ROWS, mean, NULL));
    for (size_t i = 0; i < ROWS; i++) sum += pow(mean[i] - f(x + i * GENES), 2);
    hyt_surrogate_destroy(gp);
    return sqrt(sum / ROWS);
}

static hyti_gp_steps *steps_of(const double *x, size_t n)
{
    hyti_gp_steps *steps = NULL;
    hyti_rows rows = { x, x, n, GENES, columns };
    MUST(hyti_gp_steps_create(NULL, &rows, &steps));
    return steps;
}

/* Along a scale squared distances add up, which makes exp(-|a - b|^2) a product over the steps between two levels. */
static void distances_add_up(void **state)
{
    (void)state;
    double x[ROWS * GENES], at[4 * GENES] = { 0 }, out[4 * 32];
    fill(1, ROWS, x);
    hyti_gp_steps *steps = steps_of(x, ROWS);
    assert_int_equal(steps->columns, 3 * 3 + 1);
    for (size_t i = 0; i < 4; i++) at[i * GENES] = scale[i];
    hyti_gp_steps_apply(steps, at, 4, out);
    for (size_t a = 0; a < 4; a++) {
        for (size_t b = 0; b < 4; b++) {
            double sum = 0;
            for (size_t c = 0; c < steps->columns; c++)
                sum += pow(out[a * steps->columns + c] - out[b * steps->columns + c], 2);
            CHECK_NEAR(sum, a > b ? (double)(a - b) : (double)(b - a), 1e-12);
        }
    }
    hyti_gp_steps_destroy(steps);
}

/* A level that no row had: between two it lies between them, beyond the last it is further away than the last. */
static void unknown_levels_have_a_place(void **state)
{
    (void)state;
    double x[ROWS * GENES], at[2 * GENES] = { 0.5, 0, 0, 0, 4, 0, 0, 0 }, out[2 * 32];
    fill(1, ROWS, x);
    hyti_gp_steps *steps = steps_of(x, ROWS);
    hyti_gp_steps_apply(steps, at, 2, out);
    const double *beyond = out + steps->columns;
    CHECK_NEAR(out[0], 1, 0);
    CHECK_NEAR(out[1], 0.5, 1e-12);
    CHECK_NEAR(out[2], 0, 0);
    CHECK_NEAR(beyond[1], 1, 0);
    CHECK_NEAR(beyond[2], 3, 1e-12);
    hyti_gp_steps_destroy(steps);
}

/* Very many levels are a continuous feature, one level is none. */
static void other_columns_stay_as_they_are(void **state)
{
    (void)state;
    double x[ROWS * GENES];
    fill(1, ROWS, x);
    for (size_t i = 0; i < ROWS; i++) {
        x[i * GENES] = (double)i;
        x[i * GENES + 1] = 7;
    }
    hyti_gp_steps *steps = steps_of(x, ROWS);
    double out[8];
    assert_int_equal(steps->columns, 1 + 1 + 3 + 1);
    hyti_gp_steps_apply(steps, x + 5 * GENES, 1, out);
    CHECK_NEAR(out[0], 5, 0);
    CHECK_NEAR(out[1], 7, 0);
    CHECK_NEAR(out[5], x[5 * GENES + 3], 0);
    hyti_gp_steps_destroy(steps);
}

static void the_evidence_finds_the_covariance(void **state)
{
    (void)state;
    hyt_surrogate *a = fitted(jumpy, "auto"), *b = fitted(smooth, "auto");
    assert_string_equal(hyt_surrogate_chosen(a), "laplace");
    assert_string_equal(hyt_surrogate_chosen(b), "matern");
    hyt_surrogate_destroy(a);
    hyt_surrogate_destroy(b);
}

static void each_is_best_at_its_own(void **state)
{
    (void)state;
    assert_true(error_of(jumpy, "laplace") < error_of(jumpy, "matern"));
    assert_true(error_of(smooth, "matern") < error_of(smooth, "laplace"));
}

/* Between two levels the model goes on as a function, and its slopes are those of differences. */
static void slopes_are_differences(void **state)
{
    (void)state;
    hyt_surrogate *gp = fitted(jumpy, "laplace");
    double at[GENES] = { 0.4, 1.3, -1, 0.6 }, by_mean[GENES], by_deviation[GENES], mean[2], deviation[2];
    const double h = 1e-5;
    MUST(hyt_surrogate_gradient(gp, at, by_mean, by_deviation));
    for (size_t k = 0; k < GENES; k++) {
        for (int side = 0; side < 2; side++) {
            double there[GENES];
            memcpy(there, at, sizeof there);
            there[k] += side ? h : -h;
            MUST(hyt_surrogate_predict(gp, there, 1, &mean[side], &deviation[side]));
        }
        CHECK_NEAR(by_mean[k], (mean[1] - mean[0]) / (2 * h), 1e-5);
        CHECK_NEAR(by_deviation[k], (deviation[1] - deviation[0]) / (2 * h), 1e-5);
    }
    hyt_surrogate_destroy(gp);
}

static void bytes_and_updates_keep_the_steps(void **state)
{
    (void)state;
    double x[8 * GENES], y[8], mean[8], again[8];
    char *bytes = NULL;
    size_t size = 0;
    hyt_surrogate *gp = fitted(jumpy, "auto"), *copy = NULL;
    fill(3, 8, x);
    for (size_t i = 0; i < 8; i++) y[i] = jumpy(x + i * GENES);
    MUST(hyt_surrogate_update(gp, x, y, 8));
    MUST(hyt_surrogate_write(gp, &bytes, &size));
    MUST(hyt_surrogate_parse(NULL, bytes, size, &copy));
    MUST(hyt_surrogate_predict(gp, x, 8, mean, NULL));
    MUST(hyt_surrogate_predict(copy, x, 8, again, NULL));
    assert_memory_equal(mean, again, sizeof mean);
    assert_string_equal(hyt_surrogate_chosen(copy), "laplace");
    for (size_t i = 0; i < 8; i++) CHECK_NEAR(mean[i], y[i], 0.05);
    hyt_text_destroy(bytes);
    hyt_surrogate_destroy(copy);
    hyt_surrogate_destroy(gp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_add_up),
        cmocka_unit_test(unknown_levels_have_a_place),
        cmocka_unit_test(other_columns_stay_as_they_are),
        cmocka_unit_test(the_evidence_finds_the_covariance),
        cmocka_unit_test(each_is_best_at_its_own),
        cmocka_unit_test(slopes_are_differences),
        cmocka_unit_test(bytes_and_updates_keep_the_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
