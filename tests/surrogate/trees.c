/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "surrogate/packed.h"
#include "models.h"

enum { N = 200, D = 3 };

static double x[N * D], y[N], mean[N], deviation[N];

static void sample(uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(21, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = hyti_rng_uniform(&rng);
    for (size_t i = 0; i < N; i++) y[i] = 2 * x[i * D] + sin(6 * x[i * D + 1]) + 0.1 * hyti_rng_normal(&rng);
}

/* "key=value key=value" over one exact member; what it does not name keeps its default. */
#define EXACT "members=1 subsample=1 colsample=1 min-child-weight=1 "

static hyt_surrogate *fitted(const char *settings, const double *rows, const double *targets, size_t n, size_t d)
{
    return taught("trees", settings, rows, targets, n, d);
}

static void predict(const hyt_surrogate *trees, const double *rows, size_t n, double *out)
{
    MUST(hyt_surrogate_predict(trees, rows, n, out, NULL));
}

static void a_step_is_one_split(void **state)
{
    (void)state;
    double step[N], target[N], ends[] = { 0.299, 0.301 };
    for (size_t i = 0; i < N; i++) {
        step[i] = (double)i / N;
        target[i] = i <= 60 ? -5 : 7; /* between 0.300 and 0.305 */
    }
    hyt_surrogate *trees = fitted(EXACT "depth=1 rounds=1 eta=1 lambda=0", step, target, N, 1);
    predict(trees, step, N, mean);
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], target[i], 1e-12);
    predict(trees, ends, 2, mean);
    CHECK_NEAR(mean[0], -5, 1e-12);
    CHECK_NEAR(mean[1], -5, 1e-12); /* the cut is midway, at 0.3025 */
    hyt_surrogate_destroy(trees);
}

static void depth_0_is_the_mean(void **state)
{
    (void)state;
    double sum = 0;
    sample(1);
    for (size_t i = 0; i < N; i++) sum += y[i] / N;
    hyt_surrogate *trees = fitted(EXACT "depth=0", x, y, N, D);
    predict(trees, x, N, mean);
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], sum, 1e-12);
    hyt_surrogate_destroy(trees);
}

/* Sums of stumps cannot show an interaction, trees of depth 2 can; the corners are unevenly filled so that there is
 * a first split to find. */
static void depth_1_adds_and_depth_2_interacts(void **state)
{
    (void)state;
    enum { CORNERS = 4, ROWS = 14 };
    static const double corner[CORNERS][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } };
    static const int times[CORNERS] = { 2, 3, 4, 5 };
    double rows[2 * ROWS], target[ROWS], at[2 * CORNERS], out[CORNERS];
    size_t n = 0;
    for (int c = 0; c < CORNERS; c++)
        for (int k = 0; k < times[c]; k++, n++) {
            memcpy(rows + 2 * n, corner[c], sizeof corner[c]);
            target[n] = corner[c][0] != corner[c][1];
        }
    memcpy(at, corner, sizeof at);
    hyt_surrogate *stumps = fitted(EXACT "depth=1 rounds=500 eta=0.3 lambda=0", rows, target, n, 2);
    predict(stumps, at, CORNERS, out);
    CHECK_NEAR(out[0] - out[1] - out[2] + out[3], 0, 1e-9);
    hyt_surrogate *trees = fitted(EXACT "depth=2 rounds=100 eta=0.5 lambda=0", rows, target, n, 2);
    predict(trees, at, CORNERS, out);
    for (int c = 0; c < CORNERS; c++) CHECK_NEAR(out[c], corner[c][0] != corner[c][1], 1e-6);
    hyt_surrogate_destroy(stumps);
    hyt_surrogate_destroy(trees);
}

static void one_full_tree_remembers_every_row(void **state)
{
    (void)state;
    sample(2);
    hyt_surrogate *trees = fitted(EXACT "depth=16 rounds=1 eta=1 lambda=0", x, y, N, D);
    predict(trees, x, N, mean);
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], y[i], 1e-12);
    hyt_surrogate_destroy(trees);
}

/* Two leaves of three and five rows: -G / (H + lambda) with standardised targets, hand-made. */
static void lambda_and_weight_act_as_written(void **state)
{
    (void)state;
    double rows[8], target[8], out[8], unit = sqrt(15.0 / 64), centre = 5.0 / 8;
    for (int i = 0; i < 8; i++) {
        rows[i] = i;
        target[i] = i >= 3;
    }
    hyt_surrogate *trees = fitted(EXACT "depth=1 rounds=1 eta=1 lambda=2", rows, target, 8, 1);
    predict(trees, rows, 8, out);
    for (int i = 0; i < 8; i++) {
        double count = i < 3 ? 3 : 5, z = (target[i] - centre) / unit;
        CHECK_NEAR(out[i], centre + unit * z * count / (count + 2), 1e-12);
    }
    hyt_surrogate_destroy(trees);
    trees = fitted("members=1 subsample=1 colsample=1 min-child-weight=5 depth=1 rounds=1 eta=1", rows, target, 8, 1);
    predict(trees, rows, 8, out);
    for (int i = 0; i < 8; i++) CHECK_NEAR(out[i], centre, 1e-12);
    hyt_surrogate_destroy(trees);
}

/* The best cut leaves three rows on one side, then on the other; with four at least, halves are what is left. */
static void both_sides_have_their_weight(void **state)
{
    (void)state;
    double rows[8], target[8], out[8];
    for (int few = 3; few <= 5; few += 2) {
        double mean_of[2] = { few == 3 ? 0.25 : 0, few == 3 ? 1 : 0.75 };
        for (int i = 0; i < 8; i++) {
            rows[i] = i;
            target[i] = i >= few;
        }
        hyt_surrogate *trees = fitted("members=1 subsample=1 colsample=1 min-child-weight=4 depth=1 rounds=1 eta=1 "
                                      "lambda=0", rows, target, 8, 1);
        predict(trees, rows, 8, out);
        for (int i = 0; i < 8; i++) CHECK_NEAR(out[i], mean_of[i >= 4], 1e-12);
        hyt_surrogate_destroy(trees);
    }
}

static void only_the_order_of_a_feature_counts(void **state)
{
    (void)state;
    static double bent[N * D], other[N];
    sample(3);
    for (size_t i = 0; i < N * D; i++) bent[i] = exp(5 * x[i]) - 100;
    hyt_surrogate *trees = fitted("rounds=50", x, y, N, D), *bent_trees = fitted("rounds=50", bent, y, N, D);
    predict(trees, x, N, mean);
    predict(bent_trees, bent, N, other);
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], other[i], 0);
    hyt_surrogate_destroy(trees);
    hyt_surrogate_destroy(bent_trees);
}

/* Without samples the rows' order changes the sums' rounding alone; with them it changes which rows are drawn. */
static void the_order_of_rows_is_rounding(void **state)
{
    (void)state;
    static double x2[N * D], y2[N], other[N];
    sample(4);
    for (size_t i = 0; i < N; i++) {
        size_t from = (i * 37 + 11) % N;
        memcpy(x2 + i * D, x + from * D, D * sizeof *x);
        y2[i] = y[from];
    }
    hyt_surrogate *trees = fitted(EXACT "rounds=50", x, y, N, D), *mixed = fitted(EXACT "rounds=50", x2, y2, N, D);
    predict(trees, x, N, mean);
    predict(mixed, x, N, other);
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], other[i], 1e-10);
    hyt_surrogate_destroy(trees);
    hyt_surrogate_destroy(mixed);
}

static void new_points_are_predicted(void **state)
{
    (void)state;
    double total = 0, error = 0;
    sample(5);
    hyt_surrogate *trees = fitted("", x, y, N, D);
    sample(6);
    MUST(hyt_surrogate_predict(trees, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) {
        total += pow(y[i] - 1.1, 2);
        error += pow(y[i] - mean[i], 2);
        assert_true(deviation[i] >= 0 && deviation[i] < 1);
    }
    assert_true(error < 0.1 * total);
    hyt_surrogate_destroy(trees);
}

static void members_give_the_deviation(void **state)
{
    (void)state;
    double sum = 0;
    sample(7);
    hyt_surrogate *one = fitted("members=1", x, y, N, D), *five = fitted("members=5", x, y, N, D);
    MUST(hyt_surrogate_predict(one, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(deviation[i], 0, 0);
    MUST(hyt_surrogate_predict(five, x, N, mean, deviation));
    for (size_t i = 0; i < N; i++) sum += deviation[i];
    assert_true(sum / N > 0.01);
    hyt_surrogate_destroy(one);
    hyt_surrogate_destroy(five);
}

/* Where there are more values than bins, each bin still holds about its share. */
static void bins_are_evenly_filled(void **state)
{
    (void)state;
    enum { ROWS = 3000, MOST = 16 };
    static double values[ROWS];
    static uint8_t codes[ROWS];
    size_t filled[MOST] = { 0 };
    hyti_rng rng = hyti_rng_start(22, HYTI_PURPOSE_TEST, 0);
    hyti_bins bins;
    for (size_t i = 0; i < ROWS; i++) values[i] = exp(3 * hyti_rng_normal(&rng));
    hyti_rows rows = { values, values, ROWS, 1 };
    MUST(hyti_bins_create(NULL, &rows, MOST, &bins));
    assert_int_equal(bins.total, MOST);
    hyti_bins_encode(&bins, values, ROWS, codes);
    for (size_t i = 0; i < ROWS; i++) {
        filled[codes[i]]++;
        assert_true(values[i] < bins.cuts[codes[i]]);
        assert_true(codes[i] == 0 || values[i] >= bins.cuts[codes[i] - 1]);
    }
    for (size_t b = 0; b < MOST; b++) assert_in_range(filled[b], ROWS / MOST - 10, ROWS / MOST + 10);
    hyti_bins_clear(&bins);
}

/* Half the rows share one value: the others still get their bins, and no bin is empty. */
static void a_crowded_value_takes_one_bin(void **state)
{
    (void)state;
    enum { ROWS = 1000, MOST = 256 };
    static double values[ROWS];
    static uint8_t codes[ROWS];
    size_t filled[MOST] = { 0 };
    hyti_bins bins;
    for (size_t i = 0; i < ROWS; i++) values[i] = i < 500 ? 0 : (double)i;
    hyti_rows rows = { values, values, ROWS, 1 };
    MUST(hyti_bins_create(NULL, &rows, MOST, &bins));
    assert_true(bins.total > 200 && bins.total <= MOST);
    hyti_bins_encode(&bins, values, ROWS, codes);
    for (size_t i = 0; i < ROWS; i++) filled[codes[i]]++;
    for (size_t b = 0; b < bins.total; b++) assert_true(filled[b] > 0);
    hyti_bins_clear(&bins);
}

/* Neighbouring doubles have nothing midway: the cut is the upper one. */
static void neighbours_are_told_apart(void **state)
{
    (void)state;
    double close[] = { 1, nextafter(1, 2) }, target[] = { 0, 1 }, out[2];
    hyt_surrogate *trees = fitted(EXACT "depth=1 rounds=1 eta=1 lambda=0", close, target, 2, 1);
    predict(trees, close, 2, out);
    CHECK_NEAR(out[0], 0, 1e-15);
    CHECK_NEAR(out[1], 1, 1e-15);
    hyt_surrogate_destroy(trees);
}

/* Trees of every depth that is packed, unbalanced ones too, walked and packed: the same sums to the last bit. */
static void packed_trees_answer_as_walked_ones(void **state)
{
    (void)state;
    enum { TREES = 11 };
    static uint8_t by_row[N * D], by_column[HYTI_PACKED_ROWS * D];
    static hyti_slope slopes[N];
    uint32_t rows[N], features[] = { 0, 1, 2 };
    hyti_bins bins;
    sample(8);
    for (size_t i = 0; i < N; i++) slopes[i] = (hyti_slope){ -pow(y[i], 3), 1 };
    hyti_rows data = { .x = x, .y = y, .n = N, .d = D };
    MUST(hyti_bins_create(NULL, &data, 16, &bins));
    hyti_bins_encode(&bins, x, N, by_row);
    for (size_t depth = 0; depth <= HYTI_PACKED_DEPTH; depth++) {
        double walked[N] = { 0 }, packed_sums[HYTI_PACKED_ROWS];
        hyti_forest forest = { 0 };
        hyti_packed packed = { 0 };
        hyti_grower *grower = NULL;
        hyti_grow_params params = { .depth = depth, .min_weight = 5, .scale = 0.1 };
        MUST(hyti_grower_create(NULL, &bins, by_row, N, &params, &grower));
        for (size_t t = 0; t < TREES; t++) {
            for (size_t i = 0; i < N; i++) rows[i] = (uint32_t)i;
            MUST(hyti_grower_run(grower, slopes, rows, N - 10 * t, features, D, &forest));
        }
        for (size_t t = 0; t < TREES; t++) MUST(hyti_packed_append(&packed, &forest, t));
        hyti_forest_scale(&forest, 3, 0.3);
        hyti_packed_scale(&packed, 3, 0.3);
        hyti_forest_add(&forest, 1, TREES, by_row, N, D, walked);
        for (size_t start = 0; start < N; start += HYTI_PACKED_ROWS) {
            size_t count = HYTI_MIN(HYTI_PACKED_ROWS, N - start);
            memset(packed_sums, 0, sizeof packed_sums);
            hyti_bins_encode_columns(&bins, x + start * D, count, HYTI_PACKED_ROWS, by_column);
            hyti_packed_add(&packed, 1, TREES, by_column, packed_sums);
            assert_memory_equal(walked + start, packed_sums, count * sizeof *walked);
        }
        hyti_grower_destroy(grower);
        hyti_packed_clear(&packed);
        hyti_forest_clear(&forest);
    }
    hyti_bins_clear(&bins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_one_split),
        cmocka_unit_test(depth_0_is_the_mean),
        cmocka_unit_test(depth_1_adds_and_depth_2_interacts),
        cmocka_unit_test(one_full_tree_remembers_every_row),
        cmocka_unit_test(lambda_and_weight_act_as_written),
        cmocka_unit_test(both_sides_have_their_weight),
        cmocka_unit_test(only_the_order_of_a_feature_counts),
        cmocka_unit_test(the_order_of_rows_is_rounding),
        cmocka_unit_test(new_points_are_predicted),
        cmocka_unit_test(members_give_the_deviation),
        cmocka_unit_test(bins_are_evenly_filled),
        cmocka_unit_test(a_crowded_value_takes_one_bin),
        cmocka_unit_test(neighbours_are_told_apart),
        cmocka_unit_test(packed_trees_answer_as_walked_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
