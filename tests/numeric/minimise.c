/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/minimise.h"
#include "test.h"

static const double low_none[] = { -INFINITY, -INFINITY, -INFINITY, -INFINITY };
static const double high_none[] = { INFINITY, INFINITY, INFINITY, INFINITY };

static int calls;

static hyt_status rosenbrock(void *user, const double *x, double *value, double *gradient)
{
    (void)user;
    calls++;
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    *value = a * a + 100 * b * b;
    gradient[0] = -2 * a - 400 * x[0] * b;
    gradient[1] = 200 * b;
    return HYT_OK;
}

/* sum c_i (x_i - i)^2, c = 1, 10, 100, 1000. */
static hyt_status bowl(void *user, const double *x, double *value, double *gradient)
{
    (void)user;
    double weight = 1;
    *value = 0;
    for (int i = 0; i < 4; i++, weight *= 10) {
        *value += weight * (x[i] - i) * (x[i] - i);
        gradient[i] = 2 * weight * (x[i] - i);
    }
    return HYT_OK;
}

/* x - log x, not defined where x <= 0. */
static hyt_status half_line(void *user, const double *x, double *value, double *gradient)
{
    (void)user;
    *value = x[0] > 0 ? x[0] - log(x[0]) : NAN;
    gradient[0] = x[0] > 0 ? 1 - 1 / x[0] : NAN;
    return HYT_OK;
}

static hyt_status refusing(void *user, const double *x, double *value, double *gradient)
{
    (void)user, (void)x, (void)value, (void)gradient;
    return ++calls < 4 ? rosenbrock(user, x, value, gradient) : -77;
}

static void the_valley_is_followed(void **state)
{
    (void)state;
    hyti_minimise problem = { 2, low_none, high_none, 200, 1e-12 };
    double x[] = { -1.2, 1 }, value;
    calls = 0;
    MUST(hyti_minimise_run(NULL, &problem, rosenbrock, NULL, x, &value));
    CHECK_NEAR(x[0], 1, 1e-4);
    CHECK_NEAR(x[1], 1, 1e-4);
    assert_true(calls < 100);
}

static void bounds_hold(void **state)
{
    (void)state;
    double low[] = { 1, -5, -5, 4 }, high[] = { 9, 0.5, 5, 4 }, x[] = { 100, -100, 0, 0 }, value;
    hyti_minimise problem = { 4, low, high, 200, 1e-12 };
    MUST(hyti_minimise_run(NULL, &problem, bowl, NULL, x, &value));
    CHECK_NEAR(x[0], 1, 0);
    CHECK_NEAR(x[1], 0.5, 0);
    CHECK_NEAR(x[2], 2, 1e-6);
    CHECK_NEAR(x[3], 4, 0);
    CHECK_NEAR(value, 1 + 10 * 0.25 + 1000, 1e-9);
    /* A bound that is left again: the start lies on it. */
    double from[] = { 1, 0.5, -5, 4 };
    problem.low = low_none;
    problem.high = high_none;
    MUST(hyti_minimise_run(NULL, &problem, bowl, NULL, from, &value));
    CHECK_NEAR(value, 0, 1e-9);
}

static void the_budget_holds_and_nothing_gets_worse(void **state)
{
    (void)state;
    double last = INFINITY;
    for (size_t most = 1; most < 30; most++) {
        hyti_minimise problem = { 2, low_none, high_none, most, 1e-12 };
        double x[] = { -1.2, 1 }, value, gradient[2], again;
        calls = 0;
        MUST(hyti_minimise_run(NULL, &problem, rosenbrock, NULL, x, &value));
        assert_true(calls <= (int)most);
        MUST(rosenbrock(NULL, x, &again, gradient));
        CHECK_NEAR(again, value, 0);
        assert_true(value <= last);
        last = value;
    }
}

static void holes_are_stepped_over(void **state)
{
    (void)state;
    hyti_minimise problem = { 1, low_none, high_none, 100, 1e-14 };
    double x[] = { 30 }, bad[] = { -1 }, value = 5;
    MUST(hyti_minimise_run(NULL, &problem, half_line, NULL, x, &value));
    CHECK_NEAR(x[0], 1, 1e-5);
    value = 5;
    CHECK_STATUS(hyti_minimise_run(NULL, &problem, half_line, NULL, bad, &value), HYT_ERR_NUMERIC);
    CHECK_NEAR(value, 5, 0);
    CHECK_NEAR(bad[0], -1, 0);
}

static void an_error_travels(void **state)
{
    (void)state;
    hyti_minimise problem = { 2, low_none, high_none, 100, 1e-12 };
    double x[] = { -1.2, 1 }, value = 5;
    calls = 0;
    CHECK_STATUS(hyti_minimise_run(NULL, &problem, refusing, NULL, x, &value), -77);
    CHECK_NEAR(x[0], -1.2, 0);
    CHECK_NEAR(value, 5, 0);
}

static hyt_status minimise_in(hyt_context *context)
{
    hyti_minimise problem = { 4, low_none, high_none, 20, 1e-6 };
    double x[4] = { 0 }, value;
    return hyti_minimise_run(context, &problem, bowl, NULL, x, &value);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(minimise_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_valley_is_followed), cmocka_unit_test(bounds_hold),
        cmocka_unit_test(the_budget_holds_and_nothing_gets_worse), cmocka_unit_test(holes_are_stepped_over),
        cmocka_unit_test(an_error_travels), cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
