/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "models.h"

enum { N = 200, D = 3 };

static double x[N * D], y[N], mean[N], deviation[N];

static void sample(uint64_t stream, double noise)
{
    hyti_rng rng = hyti_rng_start(51, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = hyti_rng_uniform(&rng);
    for (size_t i = 0; i < N; i++) y[i] = 2 * x[i * D] + sin(6 * x[i * D + 1]) + noise * hyti_rng_normal(&rng);
}

/* Leaves are means of targets, the forest a mean of leaves: even far outside. */
static void means_stay_among_the_targets(void **state)
{
    (void)state;
    double least = INFINITY, largest = -INFINITY;
    sample(1, 0.1);
    hyt_surrogate *model = taught("forest", "", x, y, N, D);
    for (size_t i = 0; i < N; i++) least = fmin(least, y[i]), largest = fmax(largest, y[i]);
    sample(2, 0);
    for (size_t i = 0; i < N * D; i++) x[i] = 100 * (x[i] - 0.5);
    MUST(hyt_surrogate_predict(model, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) assert_true(mean[i] >= least - 1e-12 && mean[i] <= largest + 1e-12);
    hyt_surrogate_destroy(model);
}

static void new_points_are_predicted_honestly(void **state)
{
    (void)state;
    double total = 0, error = 0;
    size_t within = 0;
    sample(3, 0.1);
    hyt_surrogate *model = taught("forest", "", x, y, N, D);
    sample(4, 0.1);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) {
        total += pow(y[i] - 1.1, 2);
        error += pow(y[i] - mean[i], 2);
        within += fabs(y[i] - mean[i]) <= 2 * deviation[i];
    }
    assert_true(error < 0.15 * total);
    assert_true(within >= N * 9 / 10);
    hyt_surrogate_destroy(model);
}

/* One leaf: a tree says the mean of its sample, whose variance is left in the leaf; by the law of total variance both
 * together are near that of the targets. */
static void one_leaf_has_the_variance_of_the_targets(void **state)
{
    (void)state;
    double sum = 0, squares = 0;
    sample(5, 0.5);
    for (size_t i = 0; i < N; i++) sum += y[i] / N;
    for (size_t i = 0; i < N; i++) squares += pow(y[i] - sum, 2) / N;
    hyt_surrogate *model = taught("forest", "depth=0 trees=500", x, y, N, D);
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) {
        CHECK_NEAR(mean[i], sum, 0.02 * sqrt(squares));
        CHECK_NEAR(deviation[i], sqrt(squares), 0.02 * sqrt(squares));
        CHECK_NEAR(mean[i], mean[0], 0);
    }
    hyt_surrogate_destroy(model);
}

static void a_full_leaf_is_kept_whole(void **state)
{
    (void)state;
    enum { ROWS = 10 };
    double rows[ROWS], target[ROWS], out[ROWS];
    for (int i = 0; i < ROWS; i++) {
        rows[i] = i;
        target[i] = i * i;
    }
    hyt_surrogate *model = taught("forest", "min-leaf=6", rows, target, ROWS, 1); /* no two sides have six of ten */
    MUST(hyt_surrogate_predict(model, rows, ROWS, out, NULL));
    for (int i = 1; i < ROWS; i++) CHECK_NEAR(out[i], out[0], 0);
    hyt_surrogate_destroy(model);
}

/* With one feature tried at each split, the one that says nothing is used too. */
static void features_are_drawn_for_each_split(void **state)
{
    (void)state;
    sample(6, 0);
    hyt_surrogate *all = taught("forest", "max-features=1 depth=1 trees=50", x, y, N, D);
    hyt_surrogate *few = taught("forest", "max-features=0.1 depth=1 trees=50", x, y, N, D);
    double at[] = { 0.5, 0.5, 0.01, 0.5, 0.5, 0.99 }, out[2];
    MUST(hyt_surrogate_predict(all, at, 2, out, NULL));
    CHECK_NEAR(out[0], out[1], 0);
    MUST(hyt_surrogate_predict(few, at, 2, out, NULL));
    assert_true(out[0] != out[1]);
    hyt_surrogate_destroy(all);
    hyt_surrogate_destroy(few);
}

static void seeds_decide(void **state)
{
    (void)state;
    double other[N];
    sample(7, 0.1);
    hyt_surrogate *a = taught("forest", "seed=1", x, y, N, D), *b = taught("forest", "seed=1", x, y, N, D);
    hyt_surrogate *c = taught("forest", "seed=2", x, y, N, D), *again = reread(a);
    must_answer_alike(a, b, x, N);
    must_answer_alike(a, again, x, N);
    MUST(hyt_surrogate_predict(a, x, N, mean, NULL));
    MUST(hyt_surrogate_predict(c, x, N, other, NULL));
    assert_memory_not_equal(mean, other, sizeof mean);
    hyt_surrogate_destroy(a);
    hyt_surrogate_destroy(b);
    hyt_surrogate_destroy(c);
    hyt_surrogate_destroy(again);
}

static hyt_status live(hyt_context *context)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL, *again = NULL;
    char *bytes = NULL;
    size_t size = 0;
    hyt_status status = hyt_surrogate_options_create(context, "forest", &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_FOREST_TREES, 5);
    if (status == HYT_OK) status = hyt_surrogate_create(context, "forest", D, options, &model);
    if (status == HYT_OK) status = hyt_surrogate_fit(model, x, y, 30);
    if (status == HYT_OK) status = hyt_surrogate_write(model, &bytes, &size);
    if (status == HYT_OK) status = hyt_surrogate_parse(context, bytes, size, &again);
    if (status == HYT_OK) status = hyt_surrogate_predict(again, x, N, mean, deviation);
    hyt_text_destroy(bytes);
    hyt_options_destroy(options);
    hyt_surrogate_destroy(model);
    hyt_surrogate_destroy(again);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sample(8, 0.1);
    test_each_allocation(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_stay_among_the_targets),
        cmocka_unit_test(new_points_are_predicted_honestly),
        cmocka_unit_test(one_leaf_has_the_variance_of_the_targets),
        cmocka_unit_test(a_full_leaf_is_kept_whole),
        cmocka_unit_test(features_are_drawn_for_each_split),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
