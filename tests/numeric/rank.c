/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/rank.h"
#include "base/rng.h"
#include "test.h"

enum { MOST = 200 };

static int sign(double value)
{
    return (value > 0) - (value < 0);
}

/* Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945: every pair looked at. */
static double tau_by_pairs(const double *a, const double *b, size_t n)
{
    double agree = 0, in_a = 0, in_b = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            int first = sign(a[i] - a[j]), second = sign(b[i] - b[j]);
            agree += first * second;
            in_a += first != 0;
            in_b += second != 0;
        }
    return agree / sqrt(in_a * in_b);
}

static void tau_is_the_count_of_pairs(void **state)
{
    (void)state;
    double a[MOST], b[MOST], tau;
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (size_t n = 2; n < MOST; n += n < 20 ? 1 : 17)
        for (uint64_t levels = 2; levels <= 2000; levels *= 10) {
            for (size_t i = 0; i < n; i++) {
                a[i] = (double)hyti_rng_below(&rng, levels);
                b[i] = a[i] + (double)hyti_rng_below(&rng, levels);
            }
            double expected = tau_by_pairs(a, b, n);
            MUST(hyti_kendall(NULL, a, b, n, &tau));
            if (isnan(expected)) assert_true(isnan(tau));
            else CHECK_NEAR(tau, expected, 1e-14);
        }
}

static void order_is_all_that_counts(void **state)
{
    (void)state;
    double a[MOST], b[MOST], c[MOST], tau, rho, other;
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < MOST; i++) {
        a[i] = hyti_rng_normal(&rng);
        b[i] = exp(a[i]);
        c[i] = -b[i];
    }
    MUST(hyti_kendall(NULL, a, b, MOST, &tau));
    MUST(hyti_spearman(NULL, a, b, MOST, &rho));
    CHECK_NEAR(tau, 1, 1e-15);
    CHECK_NEAR(rho, 1, 1e-14);
    MUST(hyti_kendall(NULL, a, c, MOST, &tau));
    MUST(hyti_spearman(NULL, a, c, MOST, &rho));
    CHECK_NEAR(tau, -1, 1e-15);
    CHECK_NEAR(rho, -1, 1e-14);
    for (size_t i = 0; i < MOST; i++) c[i] = round(hyti_rng_normal(&rng) + a[i]);
    MUST(hyti_kendall(NULL, a, c, MOST, &tau));
    MUST(hyti_kendall(NULL, c, b, MOST, &other));
    CHECK_NEAR(tau, other, 1e-15);
    MUST(hyti_spearman(NULL, a, c, MOST, &rho));
    MUST(hyti_spearman(NULL, c, b, MOST, &other));
    CHECK_NEAR(rho, other, 1e-14);
}

static void ties_share_their_rank(void **state)
{
    (void)state;
    double a[] = { 1, 2, 2, 3 }, ranks[] = { 0, 1.5, 1.5, 3 }, b[] = { 0, 1, 2, 3 }, rho;
    MUST(hyti_spearman(NULL, a, b, 4, &rho));
    CHECK_NEAR(rho, hyti_pearson(ranks, b, 4), 1e-15);
}

static void squares(void **state)
{
    (void)state;
    double measured[] = { 1, 2, 3, 6 }, mean[] = { 3, 3, 3, 3 }, off[] = { 2, 3, 4, 7 };
    CHECK_NEAR(hyti_r2(measured, measured, 4), 1, 0);
    CHECK_NEAR(hyti_r2(measured, mean, 4), 0, 0);
    CHECK_NEAR(hyti_rmse(measured, off, 4), 1, 0);
    assert_true(isnan(hyti_r2(mean, off, 4)));
}

static void too_few_values_have_no_order(void **state)
{
    (void)state;
    double a[] = { 1, 1 }, b[] = { 1, 2 }, tau, rho;
    for (size_t n = 0; n <= 2; n++) {
        MUST(hyti_kendall(NULL, a, b, n, &tau));
        MUST(hyti_spearman(NULL, a, b, n, &rho));
        assert_true(isnan(tau) && isnan(rho));
    }
}

static hyt_status rank_in(hyt_context *context)
{
    double a[] = { 1, 3, 2 }, b[] = { 1, 2, 3 }, value;
    HYTI_TRY(hyti_kendall(context, a, b, 3, &value));
    return hyti_spearman(context, a, b, 3, &value);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(rank_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tau_is_the_count_of_pairs), cmocka_unit_test(order_is_all_that_counts),
        cmocka_unit_test(ties_share_their_rank),     cmocka_unit_test(squares),
        cmocka_unit_test(too_few_values_have_no_order), cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
