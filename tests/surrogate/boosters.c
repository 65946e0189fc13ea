/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The linear and the DART booster of "trees", and deviations of members. */
#include "base/rng.h"
#include "models.h"
#include "surrogate/bag.h"
#include "surrogate/dart.h"

enum { N = 200, D = 4 };

static double x[N * D], y[N], mean[N], deviation[N], mean2[N];

static void sample(uint64_t stream, double noise)
{
    hyti_rng rng = hyti_rng_start(41, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = hyti_rng_uniform(&rng);
    for (size_t i = 0; i < N; i++)
        y[i] = 5 + 3 * x[i * D] - 2 * x[i * D + 1] + 0.5 * x[i * D + 2] + noise * hyti_rng_normal(&rng);
}

#define LINEAR "booster=linear members=1 eta=0.5 rounds=500 "

static void a_linear_function_is_found(void **state)
{
    (void)state;
    sample(1, 0);
    hyt_surrogate *model = taught("trees", LINEAR, x, y, N, D);
    double far[] = { 10, -10, 10, 3 };
    MUST(hyt_surrogate_predict(model, x, N, mean, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], y[i], 1e-9);
    MUST(hyt_surrogate_predict(model, far, 1, mean, NULL));
    CHECK_NEAR(mean[0], 5 + 30 + 20 + 5, 1e-6);
    hyt_surrogate_destroy(model);
}

/* One feature: slope r / (1 + lambda) and sign(r) max(|r| - alpha, 0) of standardised values, r their correlation. */
static void linear_penalties_act_as_written(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        double lambda, alpha;
    } cases[] = { { LINEAR "linear-lambda=0.5", 0.5, 0 },
                  { LINEAR "linear-alpha=0.3", 0, 0.3 },
                  { LINEAR "linear-lambda=2 linear-alpha=0.1", 2, 0.1 },
                  { LINEAR "linear-alpha=5", 0, 5 } };
    double a[] = { 0, 1, 2, 3, 4 }, t[] = { 4, 4, 1, 2, 0 }, out[5], ma = 2, mt = 2.2, sat = 0, saa = 0, stt = 0;
    for (int i = 0; i < 5; i++) {
        sat += (a[i] - ma) * (t[i] - mt);
        saa += (a[i] - ma) * (a[i] - ma);
        stt += (t[i] - mt) * (t[i] - mt);
    }
    double r = sat / sqrt(saa * stt);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        hyt_surrogate *model = taught("trees", cases[c].settings, a, t, 5, 1);
        double slope = copysign(fmax(fabs(r) - cases[c].alpha, 0), r) / (1 + cases[c].lambda);
        MUST(hyt_surrogate_predict(model, a, 5, out, NULL));
        for (int i = 0; i < 5; i++) CHECK_NEAR(out[i], mt + slope * (a[i] - ma) * sqrt(stt / saa), 1e-9);
        hyt_surrogate_destroy(model);
    }
}

static void copies_of_a_column_share_its_slope(void **state)
{
    (void)state;
    double twice[2 * N], out[N];
    sample(2, 0.1);
    for (size_t i = 0; i < N; i++) twice[2 * i] = twice[2 * i + 1] = x[i * D];
    for (size_t i = 0; i < N; i++) x[i] = twice[2 * i];
    hyt_surrogate *one = taught("trees", LINEAR, x, y, N, 1), *two = taught("trees", LINEAR, twice, y, N, 2);
    MUST(hyt_surrogate_predict(one, x, N, mean, NULL));
    MUST(hyt_surrogate_predict(two, twice, N, out, NULL));
    for (size_t i = 0; i < N; i++) CHECK_NEAR(out[i], mean[i], 1e-9);
    hyt_surrogate_destroy(one);
    hyt_surrogate_destroy(two);
}

static void dart_without_drops_is_the_tree_booster(void **state)
{
    (void)state;
    sample(3, 0.2);
    hyt_surrogate *tree = taught("trees", "rounds=60", x, y, N, D);
    hyt_surrogate *none = taught("trees", "rounds=60 booster=dart rate-drop=0", x, y, N, D);
    hyt_surrogate *skipped = taught("trees", "rounds=60 booster=dart rate-drop=0.5 skip-drop=1", x, y, N, D);
    hyt_surrogate *dart = taught("trees", "rounds=60 booster=dart rate-drop=0.5 skip-drop=0", x, y, N, D);
    must_answer_alike(tree, none, x, N);
    must_answer_alike(tree, skipped, x, N);
    MUST(hyt_surrogate_predict(tree, x, N, mean, NULL));
    MUST(hyt_surrogate_predict(dart, x, N, mean2, NULL));
    assert_memory_not_equal(mean, mean2, sizeof mean);
    hyt_surrogate_destroy(tree);
    hyt_surrogate_destroy(none);
    hyt_surrogate_destroy(skipped);
    hyt_surrogate_destroy(dart);
}

/* Stumps on one binary feature, no penalties, the whole step: the first tree says all of the targets. What is dropped
 * is then learnt again whole, and with it put back by its share (k / (k + 1) and 1 / (k + 1), or both 1 / 2 of k = 1)
 * the model stays where it is: the paper's section 3. */
static void what_was_dropped_is_not_counted_twice(void **state)
{
    (void)state;
    double rows[] = { 0, 0, 1, 1 }, target[] = { 1, 1, 3, 3 }, out[4];
    static const char *const settings[] = { "normalise=tree", "normalise=forest" };
    for (int s = 0; s < 2; s++) {
        char text[200];
        snprintf(text, sizeof text,
                 "booster=dart members=1 subsample=1 colsample=1 min-child-weight=1 depth=1 lambda=0 "
                 "eta=1 rounds=%d rate-drop=0 skip-drop=0 one-drop=1 %s",
                 s ? 2 : 9, settings[s]);
        hyt_surrogate *model = taught("trees", text, rows, target, 4, 1);
        MUST(hyt_surrogate_predict(model, rows, 4, out, NULL));
        for (int i = 0; i < 4; i++) CHECK_NEAR(out[i], target[i], 1e-12);
        hyt_surrogate_destroy(model);
    }
}

static void drops_come_as_often_as_said(void **state)
{
    (void)state;
    enum { ROUNDS = 2000, TREES = 10 };
    hyti_tree trees[TREES] = { { 0, 0 } };
    hyti_forest forest = { .trees = trees, .tree_count = TREES };
    hyti_dropped dropped = { 0 };
    double all = 0, none = 0;
    hyti_rng rng = hyti_rng_start(42, HYTI_PURPOSE_TEST, 0);
    hyti_dart dart = { .rate = 0.3, .skip = 0.25 };
    for (int round = 0; round < ROUNDS; round++) {
        MUST(hyti_dart_drop(&dart, &rng, &forest, 2, &dropped));
        all += (double)dropped.count / ROUNDS;
        none += (double)(dropped.count == 0) / ROUNDS;
        for (size_t k = 0; k < dropped.count; k++) assert_in_range(dropped.trees[k], 2, TREES - 1);
    }
    CHECK_NEAR(all, 0.75 * 0.3 * 8, 0.15);
    CHECK_NEAR(none, 0.25 + 0.75 * pow(0.7, 8), 0.05);
    dart = (hyti_dart){ .one = true };
    MUST(hyti_dart_drop(&dart, &rng, &forest, 2, &dropped));
    assert_int_equal(dropped.count, 1);
    MUST(hyti_dart_drop(&dart, &rng, &forest, TREES, &dropped));
    assert_int_equal(dropped.count, 0);
    hyti_free(NULL, dropped.trees);
}

/* On rows of the same kind that were not fitted, nearly all targets lie within two deviations, and not all within one:
 * for every booster, with much noise and with none. */
static void deviations_are_honest(void **state)
{
    (void)state;
    static const char *const settings[] = { "", "booster=linear", "booster=dart rounds=100", "members=20 rounds=100" };
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++)
        for (int noisy = 0; noisy < 2; noisy++) {
            size_t one = 0, two = 0;
            if (!noisy && s == 1) continue; /* a linear function is then found to the last digits */
            sample(4, noisy);
            hyt_surrogate *model = taught("trees", settings[s], x, y, N, D);
            sample(5, noisy);
            MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
            for (size_t i = 0; i < N; i++) {
                one += fabs(y[i] - mean[i]) <= deviation[i];
                two += fabs(y[i] - mean[i]) <= 2 * deviation[i];
            }
            if (two < N * 9 / 10 || one > N * 8 / 10 || one < N / 2)
                fail_msg("%s, noise %d: %zu and %zu of %d", settings[s], noisy, one, two, N);
            hyt_surrogate_destroy(model);
        }
}

/* Every row is out of some samples; what their members say is told apart from what the others say. */
static void bags_count_who_did_not_draw_a_row(void **state)
{
    (void)state;
    enum { ROWS = 50, MEMBERS = 40 };
    double answers[ROWS], sum[ROWS] = { 0 }, squares[ROWS] = { 0 };
    size_t out[ROWS] = { 0 };
    hyti_bag bag;
    MUST(hyti_bag_create(NULL, ROWS, MEMBERS, 3, &bag));
    for (size_t m = 0; m < MEMBERS; m++) {
        size_t total = 0;
        hyti_bag_draw(&bag, m);
        for (size_t i = 0; i < ROWS; i++) {
            answers[i] = sin((double)(m * ROWS + i));
            total += bag.weights[i];
            if (bag.weights[i] > 0) continue;
            out[i]++;
            sum[i] += answers[i];
            squares[i] += answers[i] * answers[i];
        }
        assert_int_equal(total, ROWS);
        hyti_bag_tell(&bag, answers);
    }
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(bag.out[i], out[i]);
        CHECK_NEAR(bag.sum[i], sum[i], 1e-12);
        CHECK_NEAR(bag.squares[i], squares[i] - sum[i] * sum[i] / (double)out[i], 1e-10);
    }
    hyti_bag_clear(&bag);
}

static void bytes_hold_every_booster(void **state)
{
    (void)state;
    static const char *const settings[] = { "", "booster=linear", "booster=dart rounds=30 rate-drop=0.5",
                                            "depth=0 rounds=2" };
    sample(6, 0.1);
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
        hyt_surrogate *model = taught("trees", settings[s], x, y, N, D), *again = reread(model);
        sample(7, 0);
        must_answer_alike(model, again, x, N);
        hyt_surrogate_destroy(model);
        hyt_surrogate_destroy(again);
    }
}

static hyt_status live(hyt_context *context, const char *booster)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL, *again = NULL;
    char *bytes = NULL;
    size_t size = 0;
    hyt_status status = hyt_surrogate_options_create(context, "trees", &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, "booster", booster);
    if (status == HYT_OK) status = hyt_options_set_text(options, "rounds", "6");
    if (status == HYT_OK) status = hyt_surrogate_create(context, "trees", D, options, &model);
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

static hyt_status live_linear(hyt_context *context)
{
    return live(context, "linear");
}

static hyt_status live_dart(hyt_context *context)
{
    return live(context, "dart");
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sample(8, 0.1);
    test_each_allocation(live_linear);
    test_each_allocation(live_dart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_function_is_found),
        cmocka_unit_test(linear_penalties_act_as_written),
        cmocka_unit_test(copies_of_a_column_share_its_slope),
        cmocka_unit_test(dart_without_drops_is_the_tree_booster),
        cmocka_unit_test(what_was_dropped_is_not_counted_twice),
        cmocka_unit_test(drops_come_as_often_as_said),
        cmocka_unit_test(deviations_are_honest),
        cmocka_unit_test(bags_count_who_did_not_draw_a_row),
        cmocka_unit_test(bytes_hold_every_booster),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
