/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "surrogate/gp.h"
#include "test.h"

static double wave(const double *x)
{
    return sin(2 * x[0]) + 0.5 * x[1] * x[1];
}

/* n points of the square [-1, 1]^2 and their values. */
static void sample_wave(uint64_t seed, size_t n, double *x, double *y)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 2; k++) x[2 * i + k] = 2 * hyti_rng_uniform(&rng) - 1;
        y[i] = wave(x + 2 * i);
    }
}

static void it_interpolates(void **state)
{
    (void)state;
    enum { N = 40 };
    double x[2 * N], y[N], mean[N], deviation[N];
    hyt_surrogate *gp = NULL;
    sample_wave(1, N, x, y);
    MUST(hyt_surrogate_create(NULL, "gp", 2, NULL, &gp));
    MUST(hyt_surrogate_fit(gp, x, y, N));
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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(it_interpolates) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
