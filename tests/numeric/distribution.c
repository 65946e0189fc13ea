/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/distribution.h"
#include "base/rng.h"
#include "test.h"
#include <gsl/gsl_errno.h>

static void halves_and_symmetry(void **state)
{
    (void)state;
    CHECK_NEAR(hyti_normal_cdf(0), 0.5, 0);
    CHECK_NEAR(hyti_normal_cdf(1.959963984540054), 0.975, 1e-15);
    CHECK_NEAR(hyti_normal_pdf(0), 1 / sqrt(2 * acos(-1)), 1e-16);
    for (double x = -6; x <= 6; x += 0.25) {
        CHECK_NEAR(hyti_normal_cdf(x) + hyti_normal_cdf(-x), 1, 1e-15);
        CHECK_NEAR(hyti_normal_pdf(x), hyti_normal_pdf(-x), 0);
        double slope = (hyti_normal_cdf(x + 1e-5) - hyti_normal_cdf(x - 1e-5)) / 2e-5;
        CHECK_NEAR(slope, hyti_normal_pdf(x), 1e-10);
    }
}

static void log_cdf_is_the_log(void **state)
{
    (void)state;
    for (double x = -36; x <= 3; x += 0.125) CHECK_NEAR(hyti_normal_log_cdf(x) / log(hyti_normal_cdf(x)), 1, 1e-12);
    /* On the right log(1 - q) is -q to the last digits, which log(cdf) is not. */
    for (double x = 6; x <= 30; x += 0.5) CHECK_NEAR(hyti_normal_log_cdf(x) / -hyti_normal_cdf(-x), 1, 1e-8);
    /* Its slope is pdf / cdf, which Mills' ratio brackets: x < slope < x + 1/x at -x. */
    for (double x = 30; x <= 1000; x *= 1.1) {
        double slope = (hyti_normal_log_cdf(-x + 1e-3) - hyti_normal_log_cdf(-x - 1e-3)) / 2e-3;
        assert_true(slope > x && slope < x + 1 / x);
    }
    double jump = hyti_normal_log_cdf(nextafter(-35, 0)) - hyti_normal_log_cdf(-35);
    CHECK_NEAR(jump, 0, 1e-10);
    assert_true(isfinite(hyti_normal_log_cdf(-1e150)));
    CHECK_NEAR(hyti_normal_log_cdf(1e300), 0, 0);
}

static void quantile_undoes_cdf(void **state)
{
    (void)state;
    for (double p = 1e-12; p < 1; p = p < 0.01 ? 3 * p : p + 0.01)
        CHECK_NEAR(hyti_normal_cdf(hyti_normal_quantile(p)) / p, 1, 1e-11);
    assert_true(hyti_normal_quantile(0) == -INFINITY);
    assert_true(hyti_normal_quantile(1) == INFINITY);
    assert_true(isnan(hyti_normal_quantile(-0.1)));
    assert_true(isnan(hyti_normal_quantile(1.1)));
    assert_true(isnan(hyti_normal_quantile(NAN)));
}

static void sample_quantiles(void **state)
{
    (void)state;
    double values[] = { 4, 1, 3, 2, 5 };
    hyti_sort(values, 5);
    for (size_t i = 0; i < 5; i++) CHECK_NEAR(hyti_quantile(values, 5, (double)i / 4), (double)i + 1, 1e-15);
    CHECK_NEAR(hyti_quantile(values, 5, 0.125), 1.5, 1e-15);
    CHECK_NEAR(hyti_quantile(values, 1, 0.7), 1, 0);
}

static void excess_is_an_integral_of_the_cdf(void **state)
{
    (void)state;
    for (double x = -30; x <= 9; x += 0.37) {
        double h = 1e-4, up = hyti_normal_log_excess(x + h), down = hyti_normal_log_excess(x - h);
        double slope = exp(hyti_normal_log_cdf(x) - hyti_normal_log_excess(x)); /* derivative: the cdf */
        CHECK_NEAR((up - down) / (2 * h) / slope, 1, 1e-6);
        CHECK_NEAR(hyti_normal_excess(x) / exp(hyti_normal_log_excess(x)), 1, x > -6 ? 1e-13 : 1e-9);
        CHECK_NEAR(hyti_normal_excess(x) - hyti_normal_excess(-x), x, 1e-14);
    }
    CHECK_NEAR(hyti_normal_log_excess(nextafter(-6, 0)), hyti_normal_log_excess(-6), 1e-12);
    CHECK_NEAR(hyti_normal_log_excess(-1e6) / (-0.5e12 - 0.918938533204672742 - 2 * log(1e6)), 1, 1e-15);
    assert_true(isfinite(hyti_normal_log_excess(-1e150)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_and_symmetry), cmocka_unit_test(log_cdf_is_the_log),
        cmocka_unit_test(excess_is_an_integral_of_the_cdf), cmocka_unit_test(quantile_undoes_cdf),
        cmocka_unit_test(sample_quantiles),
    };
    gsl_set_error_handler(NULL); /* GSL's own: abort */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
