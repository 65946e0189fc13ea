/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for surrogates of every kind. */
#include "surrogate/model.h"
#include "test.h"

enum { N = 40, D = 4 };

static double x[N * D], y[N], mean[N], deviation[N], mean2[N], deviation2[N];

static void sample(uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(31, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = (double)hyti_rng_below(&rng, 4);
    for (size_t i = 0; i < N; i++) y[i] = 3 * x[i * D] - x[i * D + 1] * x[i * D + 2] + 0.2 * hyti_rng_normal(&rng);
}

static hyt_surrogate *created(const char *kind)
{
    hyt_surrogate *model = NULL;
    MUST(hyt_surrogate_create(NULL, kind, D, NULL, &model));
    return model;
}

#define FOR_EACH_KIND(kind) \
    for (size_t place_ = 0; hyt_surrogate_kind(place_); place_++) \
        for (const char *kind = hyt_surrogate_kind(place_); kind; kind = NULL)

static void must_be_sane(const hyt_surrogate *model)
{
    MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++)
        if (!isfinite(mean[i]) || !isfinite(deviation[i]) || deviation[i] < 0)
            fail_msg("row %zu: mean %g, deviation %g", i, mean[i], deviation[i]);
}

static void kinds_are_found_by_name(void **state)
{
    (void)state;
    hyt_surrogate *model = NULL;
    hyt_options *options = NULL;
    assert_string_equal(hyt_surrogate_kind(0), "gp");
    assert_string_equal(hyt_surrogate_kind(1), "trees");
    CHECK_STATUS(hyt_surrogate_create(NULL, "tree", D, NULL, &model), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("\"trees\"");
    CHECK_STATUS(hyt_surrogate_options_create(NULL, "gq", &options), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("\"gp\"");
    CHECK_STATUS(hyt_surrogate_create(NULL, "gp", 0, NULL, &model), HYT_ERR_SHAPE);
    MUST(hyt_surrogate_options_create(NULL, "trees", &options));
    CHECK_STATUS(hyt_surrogate_create(NULL, "gp", D, options, &model), HYT_ERR_ARGUMENT);
    assert_null(model);
    hyt_options_destroy(options);
    hyt_surrogate_destroy(NULL);
}

static void every_kind_has_a_seed(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind) {
        hyt_options *options = NULL;
        MUST(hyt_surrogate_options_create(NULL, kind, &options));
        MUST(hyt_options_set_int(options, HYT_SURROGATE_SEED, 7));
        hyt_options_destroy(options);
    }
}

static void a_fit_depends_on_nothing_before_it(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind) {
        hyt_surrogate *fresh = created(kind), *used = created(kind);
        sample(1);
        MUST(hyt_surrogate_fit(used, x, y, N));
        sample(2);
        MUST(hyt_surrogate_fit(used, x, y, N));
        MUST(hyt_surrogate_fit(fresh, x, y, N));
        MUST(hyt_surrogate_predict(fresh, x, N, mean, deviation));
        MUST(hyt_surrogate_predict(used, x, N, mean2, deviation2));
        assert_memory_equal(mean, mean2, sizeof mean);
        assert_memory_equal(deviation, deviation2, sizeof deviation);
        hyt_surrogate_destroy(fresh);
        hyt_surrogate_destroy(used);
    }
}

static void seeds_change_samples(void **state)
{
    (void)state;
    sample(3);
    double last[N];
    for (int64_t seed = 0; seed < 3; seed++) {
        hyt_options *options = NULL;
        hyt_surrogate *model = NULL;
        MUST(hyt_surrogate_options_create(NULL, "trees", &options));
        MUST(hyt_options_set_int(options, HYT_SURROGATE_SEED, seed));
        MUST(hyt_surrogate_create(NULL, "trees", D, options, &model));
        MUST(hyt_surrogate_fit(model, x, y, N));
        memcpy(last, mean, sizeof last);
        MUST(hyt_surrogate_predict(model, x, N, mean, NULL));
        if (seed > 0) assert_memory_not_equal(mean, last, sizeof last);
        hyt_surrogate_destroy(model);
        hyt_options_destroy(options);
    }
}

static void a_refused_fit_changes_nothing(void **state)
{
    (void)state;
    static const double bad[] = { NAN, INFINITY, -INFINITY, 1e101, -1e300 };
    FOR_EACH_KIND(kind) {
        hyt_surrogate *model = created(kind);
        sample(4);
        mean[0] = 5;
        CHECK_STATUS(hyt_surrogate_predict(model, x, N, mean, deviation), HYT_ERR_STATE);
        CHECK_NEAR(mean[0], 5, 0);
        MUST(hyt_surrogate_fit(model, x, y, N));
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            double good = x[7 * D + 2];
            x[7 * D + 2] = bad[i];
            CHECK_STATUS(hyt_surrogate_fit(model, x, y, N), HYT_ERR_RANGE);
            CHECK_MESSAGE("row 7, feature 2");
            mean2[0] = 5;
            CHECK_STATUS(hyt_surrogate_predict(model, x, N, mean2, NULL), HYT_ERR_RANGE);
            CHECK_NEAR(mean2[0], 5, 0);
            x[7 * D + 2] = good;
            good = y[9];
            y[9] = bad[i];
            CHECK_STATUS(hyt_surrogate_fit(model, x, y, N), HYT_ERR_RANGE);
            CHECK_MESSAGE("row 9, target");
            y[9] = good;
        }
        CHECK_STATUS(hyt_surrogate_fit(model, x, y, 0), HYT_ERR_SHAPE);
        CHECK_STATUS(hyt_surrogate_fit(model, NULL, y, N), HYT_ERR_ARGUMENT);
        CHECK_STATUS(hyt_surrogate_fit(model, x, y, SIZE_MAX / 8), HYT_ERR_RANGE);
        MUST(hyt_surrogate_predict(model, x, N, mean2, deviation2));
        assert_memory_equal(mean, mean2, sizeof mean);
        assert_memory_equal(deviation, deviation2, sizeof deviation);
        MUST(hyt_surrogate_predict(model, NULL, 0, NULL, NULL));
        hyt_surrogate_destroy(model);
    }
}

static void constant_targets_are_predicted(void **state)
{
    (void)state;
    static const double values[] = { 0, 7, -1e90, 1e-200, 0.1 };
    FOR_EACH_KIND(kind)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            hyt_surrogate *model = created(kind);
            sample(5);
            for (size_t i = 0; i < N; i++) y[i] = values[v];
            MUST(hyt_surrogate_fit(model, x, y, N));
            must_be_sane(model);
            for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], values[v], 1e-14 * fabs(values[v]));
            hyt_surrogate_destroy(model);
        }
}

static void one_point_is_enough(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind)
        for (size_t n = 1; n <= 3; n++) {
            hyt_surrogate *model = created(kind);
            sample(6);
            MUST(hyt_surrogate_fit(model, x, y, n));
            must_be_sane(model);
            if (n == 1) CHECK_NEAR(mean[0], y[0], 1e-12);
            hyt_surrogate_destroy(model);
        }
}

/* Rows that are equal and say different things, columns that are constant, copies or sums of others. */
static void poor_rows_are_survived(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind) {
        hyt_surrogate *model = created(kind);
        sample(7);
        for (size_t i = 0; i < N; i++) {
            x[i * D + 1] = x[i * D];
            x[i * D + 2] = 5;
            x[i * D + 3] = x[i * D] + x[i * D + 2];
        }
        MUST(hyt_surrogate_fit(model, x, y, N));
        must_be_sane(model);
        for (size_t i = 1; i < N; i++) memcpy(x + i * D, x, D * sizeof *x);
        MUST(hyt_surrogate_fit(model, x, y, N));
        must_be_sane(model);
        double sum = 0, squares = 0;
        for (size_t i = 0; i < N; i++) sum += y[i] / N;
        for (size_t i = 0; i < N; i++) squares += pow(y[i] - sum, 2) / N;
        CHECK_NEAR(mean[0], sum, 0.5 * sqrt(squares));
        hyt_surrogate_destroy(model);
    }
}

/* By powers of two, which round nothing. */
static void sizes_of_numbers_do_not_matter(void **state)
{
    (void)state;
    static const double scales[] = { 0x1p-300, 0x1p-100, 0x1p100, 0x1p320 };
    FOR_EACH_KIND(kind)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
            hyt_surrogate *model = created(kind);
            sample(8);
            MUST(hyt_surrogate_fit(model, x, y, N));
            MUST(hyt_surrogate_predict(model, x, N, mean2, NULL));
            for (size_t i = 0; i < N; i++) y[i] *= scales[s];
            for (size_t i = 0; i < N * D; i++) x[i] *= scales[s];
            MUST(hyt_surrogate_fit(model, x, y, N));
            must_be_sane(model);
            for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i] / scales[s], mean2[i], 1e-12);
            hyt_surrogate_destroy(model);
        }
}

static void an_outlier_far_away_is_survived(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind) {
        hyt_surrogate *model = created(kind);
        sample(9);
        x[0] = 1e99;
        y[1] = -1e99;
        MUST(hyt_surrogate_fit(model, x, y, N));
        must_be_sane(model);
        hyt_surrogate_destroy(model);
    }
}

/* The first half of the rows, then the others: all are known; where that is a fit on all, to the last bit. */
static void rows_are_added(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind) {
        const hyti_kind *inside;
        hyt_surrogate *all = created(kind), *grown = created(kind);
        sample(11);
        MUST(hyt_surrogate_update(grown, x, y, N / 2));
        assert_int_equal(hyt_surrogate_rows(grown), N / 2);
        MUST(hyt_surrogate_update(grown, x + N / 2 * D, y + N / 2, N / 2));
        MUST(hyt_surrogate_update(grown, NULL, NULL, 0));
        assert_int_equal(hyt_surrogate_rows(grown), N);
        must_be_sane(grown);
        MUST(hyt_surrogate_fit(all, x, y, N));
        MUST(hyt_surrogate_predict(all, x, N, mean2, deviation2));
        MUST(hyti_kind_find(kind, &inside));
        if (!inside->update) assert_memory_equal(mean, mean2, sizeof mean);
        hyt_surrogate_destroy(all);
        hyt_surrogate_destroy(grown);
    }
}

/* Added targets that are no numbers in the unit of those before. */
static void far_targets_are_added(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind) {
        double far = 1e99;
        hyt_surrogate *model = created(kind);
        sample(15);
        for (size_t i = 0; i < N; i++) y[i] *= 1e-90;
        MUST(hyt_surrogate_fit(model, x, y, N - 1));
        MUST(hyt_surrogate_update(model, x + (N - 1) * D, &far, 1));
        assert_int_equal(hyt_surrogate_rows(model), N);
        must_be_sane(model);
        hyt_surrogate_destroy(model);
    }
}

static void copies_go_their_own_way(void **state)
{
    (void)state;
    FOR_EACH_KIND(kind) {
        hyt_surrogate *model = created(kind), *copy = NULL;
        sample(12);
        assert_null(hyt_surrogate_chosen(model));
        MUST(hyt_surrogate_fit(model, x, y, N / 2));
        MUST(hyt_surrogate_copy(model, &copy));
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        y[N / 2] += 100;
        MUST(hyt_surrogate_update(copy, x + N / 2 * D, y + N / 2, 1));
        MUST(hyt_surrogate_predict(model, x, N, mean2, deviation2));
        assert_memory_equal(mean, mean2, sizeof mean);
        assert_memory_equal(deviation, deviation2, sizeof deviation);
        hyt_surrogate_destroy(model);
        MUST(hyt_surrogate_predict(copy, x, N, mean2, deviation2));
        assert_memory_not_equal(mean, mean2, sizeof mean);
        assert_non_null(hyt_surrogate_chosen(copy));
        hyt_surrogate_destroy(copy);
    }
}

/* Means and deviations over many draws are those of predict(). */
static void draws_spread_as_predicted(void **state)
{
    (void)state;
    enum { DRAWS = 4000 };
    static double draws[DRAWS * N], again[DRAWS * N];
    FOR_EACH_KIND(kind) {
        hyt_surrogate *model = created(kind);
        sample(13);
        CHECK_STATUS(hyt_surrogate_sample(model, x, N, DRAWS, 1, draws), HYT_ERR_STATE);
        MUST(hyt_surrogate_fit(model, x, y, N / 2));
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        MUST(hyt_surrogate_sample(model, x, N, DRAWS, 1, draws));
        MUST(hyt_surrogate_sample(model, x, N, DRAWS, 1, again));
        assert_memory_equal(draws, again, sizeof draws);
        MUST(hyt_surrogate_sample(model, x, N, DRAWS, 2, again));
        assert_memory_not_equal(draws, again, sizeof draws);
        for (size_t i = 0; i < N; i++) {
            double sum = 0, squares = 0, rounding = 1e-5 * (1 + fabs(mean[i])); /* a jitter may be among it */
            for (size_t j = 0; j < DRAWS; j++) sum += draws[j * N + i] / DRAWS;
            for (size_t j = 0; j < DRAWS; j++) squares += pow(draws[j * N + i] - sum, 2) / DRAWS;
            CHECK_NEAR(sum, mean[i], 5 * deviation[i] / sqrt(DRAWS) + rounding);
            CHECK_NEAR(sqrt(squares), deviation[i], 0.06 * deviation[i] + rounding);
        }
        hyt_surrogate_destroy(model);
    }
}

static void columns_are_checked(void **state)
{
    (void)state;
    static const int good[D] = { HYT_COLUMN_CATEGORY, HYT_COLUMN_CATEGORY, HYT_COLUMN_ORDINAL, HYT_COLUMN_REAL };
    static const int bad[D] = { 0, 0, -1, 0 };
    FOR_EACH_KIND(kind) {
        hyt_surrogate *model = created(kind);
        sample(14);
        for (size_t i = 0; i < N; i++) {
            x[i * D] = x[i * D] < 2;
            x[i * D + 1] = 1 - x[i * D];
        }
        CHECK_STATUS(hyt_surrogate_set_columns(model, good, D - 1), HYT_ERR_SHAPE);
        CHECK_STATUS(hyt_surrogate_set_columns(model, bad, D), HYT_ERR_RANGE);
        CHECK_MESSAGE("column 2");
        MUST(hyt_surrogate_set_columns(model, good, D));
        MUST(hyt_surrogate_fit(model, x, y, N));
        must_be_sane(model);
        CHECK_STATUS(hyt_surrogate_set_columns(model, good, D), HYT_ERR_STATE);
        hyt_surrogate_destroy(model);
    }
}

static hyt_status live(hyt_context *context, const char *kind)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL, *copy = NULL;
    hyt_status status = hyt_surrogate_options_create(context, kind, &options);
    if (status == HYT_OK) status = hyt_surrogate_create(context, kind, D, options, &model);
    if (status == HYT_OK) status = hyt_surrogate_fit(model, x, y, 12);
    if (status == HYT_OK) status = hyt_surrogate_fit(model, x, y, 9);
    if (status == HYT_OK) status = hyt_surrogate_copy(model, &copy);
    if (status == HYT_OK) status = hyt_surrogate_update(model, x + 9 * D, y + 9, 2);
    if (status == HYT_OK) status = hyt_surrogate_predict(model, x, N, mean, deviation);
    if (status == HYT_OK) status = hyt_surrogate_sample(model, x, 3, 2, 0, mean2);
    hyt_surrogate_destroy(copy);
    hyt_options_destroy(options);
    hyt_surrogate_destroy(model);
    return status;
}

static hyt_status live_gp(hyt_context *context)
{
    return live(context, "gp");
}

static hyt_status live_auto(hyt_context *context)
{
    return live(context, "auto");
}

static hyt_status live_trees(hyt_context *context)
{
    return live(context, "trees");
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sample(10);
    test_each_allocation(live_gp);
    test_each_allocation(live_trees);
    test_each_allocation(live_auto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_found_by_name),        cmocka_unit_test(every_kind_has_a_seed),
        cmocka_unit_test(a_fit_depends_on_nothing_before_it), cmocka_unit_test(seeds_change_samples),
        cmocka_unit_test(a_refused_fit_changes_nothing),  cmocka_unit_test(constant_targets_are_predicted),
        cmocka_unit_test(one_point_is_enough),            cmocka_unit_test(poor_rows_are_survived),
        cmocka_unit_test(sizes_of_numbers_do_not_matter), cmocka_unit_test(an_outlier_far_away_is_survived),
        cmocka_unit_test(rows_are_added),                 cmocka_unit_test(far_targets_are_added),
        cmocka_unit_test(copies_go_their_own_way),
        cmocka_unit_test(draws_spread_as_predicted),      cmocka_unit_test(columns_are_checked),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
