/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation and its measures. */
#include "base/rng.h"
#include "surrogate/validate.h"
#include "test.h"

enum { N = 120, D = 3, FOLDS = 6 };

static double x[N * D], y[N];
static int folds[N];

static void sample(double noise)
{
    hyti_rng rng = hyti_rng_start(77, HYTI_PURPOSE_TEST, 1);
    for (size_t i = 0; i < N * D; i++) x[i] = hyti_rng_uniform(&rng);
    for (size_t i = 0; i < N; i++) y[i] = 5 + 2 * x[i * D] - x[i * D + 1] + noise * hyti_rng_normal(&rng);
    MUST(hyt_validation_deal(N, FOLDS, 3, folds));
}

static hyt_validation *validated(const char *kind)
{
    hyt_surrogate *model = NULL;
    hyt_validation *v = NULL;
    MUST(hyt_surrogate_create(NULL, kind, D, NULL, &model));
    MUST(hyt_surrogate_validate(model, x, y, folds, N, &v));
    assert_int_equal(hyt_surrogate_rows(model), 0);
    hyt_surrogate_destroy(model);
    return v;
}

static void folds_are_dealt_evenly(void **state)
{
    (void)state;
    int other[N];
    size_t counts[7] = { 0 };
    MUST(hyt_validation_deal(N, 7, 0, folds));
    for (size_t i = 0; i < N; i++) {
        assert_in_range(folds[i], 0, 6);
        counts[folds[i]]++;
    }
    for (size_t f = 0; f < 7; f++) assert_in_range(counts[f], N / 7, N / 7 + 1);
    MUST(hyt_validation_deal(N, 7, 0, other));
    assert_memory_equal(folds, other, sizeof folds);
    MUST(hyt_validation_deal(N, 7, 1, other));
    assert_memory_not_equal(folds, other, sizeof folds);
    CHECK_STATUS(hyt_validation_deal(5, 6, 0, folds), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_validation_deal(5, 1, 0, folds), HYT_ERR_RANGE);
}

/* Fold by fold by hand. */
static void predictions_are_out_of_fold(void **state)
{
    (void)state;
    sample(0.1);
    hyt_validation *v = validated("trees");
    assert_int_equal(hyt_validation_rows(v), N);
    for (int fold = 0; fold < FOLDS; fold++) {
        double xs[N * D], ys[N], mean, deviation;
        size_t count = 0;
        hyt_surrogate *model = NULL;
        for (size_t i = 0; i < N; i++) {
            if (folds[i] == fold) continue;
            memcpy(xs + count * D, x + i * D, D * sizeof *x);
            ys[count++] = y[i];
        }
        MUST(hyt_surrogate_create(NULL, "trees", D, NULL, &model));
        MUST(hyt_surrogate_fit(model, xs, ys, count));
        for (size_t i = 0; i < N; i++) {
            if (folds[i] != fold) continue;
            MUST(hyt_surrogate_predict(model, x + i * D, 1, &mean, &deviation));
            CHECK_NEAR(hyt_validation_mean(v)[i], mean, 1e-12);
            CHECK_NEAR(hyt_validation_deviation(v)[i], deviation, 1e-12);
        }
        hyt_surrogate_destroy(model);
    }
    hyt_validation_destroy(v);
}

static void noise_is_found(void **state)
{
    (void)state;
    sample(0.3);
    hyt_validation *v = validated("gp");
    CHECK_NEAR(hyt_validation_noise(v), 0.3, 0.1);
    CHECK_NEAR(hyt_validation_measure(v, HYT_VALIDATION_RMSE), 0.3, 0.1);
    /* of a normal forecast that is right: deviation / sqrt(pi) */
    CHECK_NEAR(hyt_validation_measure(v, HYT_VALIDATION_CRPS), 0.3 / sqrt(M_PI), 0.05);
    CHECK_NEAR(hyt_validation_coverage(v, 0.5), 0.5, 0.15);
    CHECK_NEAR(hyt_validation_coverage(v, 0.95), 0.95, 0.06);
    CHECK_NEAR(hyt_validation_coverage(v, 1), 1, 0);
    assert_true(isnan(hyt_validation_coverage(v, 1.5)));
    double last = 0;
    for (double p = 0; p <= 1; p += 0.05) {
        assert_true(hyt_validation_coverage(v, p) >= last);
        last = hyt_validation_coverage(v, p);
    }
    hyt_validation_destroy(v);
}

static void what_is_learnt_is_ranked(void **state)
{
    (void)state;
    sample(0);
    hyt_validation *v = validated("gp");
    assert_true(hyt_validation_measure(v, HYT_VALIDATION_TAU) > 0.95);
    assert_true(hyt_validation_measure(v, HYT_VALIDATION_RHO) > 0.98);
    assert_true(hyt_validation_measure(v, HYT_VALIDATION_R2) > 0.98);
    hyt_validation_destroy(v);
    for (size_t i = 0; i < N; i++) y[i] = 4;
    v = validated("gp");
    assert_true(isnan(hyt_validation_measure(v, HYT_VALIDATION_TAU)));
    CHECK_NEAR(hyt_validation_measure(v, HYT_VALIDATION_RMSE), 0, 1e-12);
    hyt_validation_destroy(v);
}

static void kinds_are_compared_by_tau(void **state)
{
    (void)state;
    hyt_surrogate *model = NULL;
    double tau = -2;
    sample(0.05);
    MUST(hyt_surrogate_create(NULL, "gp", D, NULL, &model));
    MUST(hyti_validate_tau(model, x, y, N, 5, 1, &tau));
    assert_true(tau > 0.85 && tau <= 1);
    MUST(hyti_validate_tau(model, x, y, 2, 5, 1, &tau)); /* each by the other: the order is lost */
    assert_true(tau >= -1 && tau <= 1);
    for (size_t i = 0; i < N; i++) y[i] = 1;
    MUST(hyti_validate_tau(model, x, y, N, 5, 1, &tau));
    CHECK_NEAR(tau, 0, 0);
    hyt_surrogate_destroy(model);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    hyt_surrogate *model = NULL;
    hyt_validation *v = NULL;
    sample(0.1);
    MUST(hyt_surrogate_create(NULL, "trees", D, NULL, &model));
    CHECK_STATUS(hyt_surrogate_validate(model, x, y, folds, 1, &v), HYT_ERR_SHAPE);
    folds[3] = -1;
    CHECK_STATUS(hyt_surrogate_validate(model, x, y, folds, N, &v), HYT_ERR_RANGE);
    CHECK_MESSAGE("row 3");
    for (size_t i = 0; i < N; i++) folds[i] = 2;
    CHECK_STATUS(hyt_surrogate_validate(model, x, y, folds, N, &v), HYT_ERR_SHAPE);
    CHECK_MESSAGE("fold 2");
    folds[0] = 1;
    y[7] = NAN;
    CHECK_STATUS(hyt_surrogate_validate(model, x, y, folds, N, &v), HYT_ERR_RANGE);
    CHECK_MESSAGE("row 7");
    assert_null(v);
    assert_true(isnan(hyt_validation_measure(NULL, HYT_VALIDATION_TAU)));
    hyt_validation_destroy(NULL);
    hyt_surrogate_destroy(model);
}

static hyt_status live(hyt_context *context)
{
    hyt_surrogate *model = NULL;
    hyt_validation *v = NULL;
    double tau;
    hyt_status status = hyt_surrogate_create(context, "trees", D, NULL, &model);
    if (status == HYT_OK) status = hyt_surrogate_validate(model, x, y, folds, 20, &v);
    if (status == HYT_OK) status = hyti_validate_tau(model, x, y, 20, 3, 0, &tau);
    hyt_validation_destroy(v);
    hyt_surrogate_destroy(model);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sample(0.1);
    for (size_t i = 0; i < N; i++) folds[i] = i % 2;
    test_each_allocation(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_are_dealt_evenly),    cmocka_unit_test(predictions_are_out_of_fold),
        cmocka_unit_test(noise_is_found),            cmocka_unit_test(what_is_learnt_is_ranked),
        cmocka_unit_test(kinds_are_compared_by_tau), cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
