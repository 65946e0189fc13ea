/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "models.h"
#include "numeric/rank.h"

enum { N = 150, D = 3 };

static double x[N * D], y[N], mean[N], deviation[N];

static void sample(uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(61, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < N * D; i++) x[i] = hyti_rng_uniform(&rng);
    for (size_t i = 0; i < N; i++) y[i] = 100 + 20 * x[i * D] + 10 * x[i * D + 1];
}

static double tau_of(const double *a, const double *b, size_t n)
{
    double tau;
    MUST(hyti_kendall(NULL, a, b, n, &tau));
    return tau;
}

static const char *const losses[] = { "loss=pairwise", "loss=ndcg" };
#define FOR_EACH_LOSS(loss) for (const char *const *loss = losses; loss < losses + 2; loss++)

/* Whatever the shape of the function: only the order of the targets counts. Rising, so best ranks first. NDCG hardly
 * sees the worst rows: of it the better half is asked for. */
static void a_monotone_function_is_ordered_perfectly(void **state)
{
    (void)state;
    enum { ROWS = 40 };
    double rows[ROWS], rising[ROWS], falling[ROWS], out[ROWS];
    for (int i = 0; i < ROWS; i++) {
        rows[i] = i;
        rising[i] = exp(0.3 * i);
        falling[i] = -rising[i];
    }
    FOR_EACH_LOSS(loss) {
        char text[200];
        snprintf(text, sizeof text, "members=1 subsample=1 colsample=1 min-child-weight=0 depth=6 eta=0.3 %s", *loss);
        for (int down = 0; down < 2; down++) {
            const double *target = down ? falling : rising;
            hyt_surrogate *model = taught("ranker", text, rows, target, ROWS, 1);
            MUST(hyt_surrogate_predict(model, rows, ROWS, out, NULL));
            if (loss == losses) CHECK_NEAR(tau_of(target, out, ROWS), 1, 1e-12);
            CHECK_NEAR(tau_of(target + (down ? ROWS / 2 : 0), out + (down ? ROWS / 2 : 0), ROWS / 2), 1, 1e-12);
            hyt_surrogate_destroy(model);
        }
    }
}

static void new_rows_are_ordered_in_the_unit_of_the_targets(void **state)
{
    (void)state;
    FOR_EACH_LOSS(loss) {
        size_t within = 0;
        sample(1);
        hyt_surrogate *model = taught("ranker", *loss, x, y, N, D);
        sample(2);
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        double tau = tau_of(y, mean, N), r2 = hyti_r2(y, mean, N);
        if (tau < (loss == losses ? 0.8 : 0.7) || r2 < 0.7) fail_msg("%s: tau %g, R2 %g", *loss, tau, r2);
        for (size_t i = 0; i < N; i++) within += fabs(y[i] - mean[i]) <= 2 * deviation[i];
        assert_true(within >= N * 8 / 10);
        hyt_surrogate_destroy(model);
    }
}

/* A monotone change of the targets changes no comparison, so the order stays; only the line to the targets differs. */
static void the_order_does_not_know_the_scale(void **state)
{
    (void)state;
    double bent[N], other[N];
    sample(3);
    for (size_t i = 0; i < N; i++) bent[i] = exp(0.2 * y[i]);
    FOR_EACH_LOSS(loss) {
        hyt_surrogate *a = taught("ranker", *loss, x, y, N, D), *b = taught("ranker", *loss, x, bent, N, D);
        MUST(hyt_surrogate_predict(a, x, N, mean, NULL));
        MUST(hyt_surrogate_predict(b, x, N, other, NULL));
        CHECK_NEAR(tau_of(mean, other, N), 1, 1e-3);
        hyt_surrogate_destroy(a);
        hyt_surrogate_destroy(b);
    }
}

/* With noise in the targets, NDCG keeps to the top: the rows it puts first are no worse than the pairwise ones. */
static void ndcg_attends_to_the_best(void **state)
{
    (void)state;
    double sums[2];
    for (int k = 0; k < 2; k++) {
        hyti_rng rng = hyti_rng_start(62, HYTI_PURPOSE_TEST, 0);
        sample(4);
        for (size_t i = 0; i < N; i++) y[i] += 3 * hyti_rng_normal(&rng);
        hyt_surrogate *model = taught("ranker", losses[k], x, y, N, D);
        MUST(hyt_surrogate_predict(model, x, N, mean, NULL));
        sums[k] = 0;
        for (size_t i = 0; i < N; i++) {
            size_t place = 0;
            for (size_t j = 0; j < N; j++) place += mean[j] < mean[i];
            sums[k] += place < 10 ? y[i] : 0;
        }
        hyt_surrogate_destroy(model);
    }
    assert_true(sums[1] <= sums[0] + 10);
}

static void all_ties_say_nothing(void **state)
{
    (void)state;
    sample(5);
    for (size_t i = 0; i < N; i++) y[i] = 7;
    FOR_EACH_LOSS(loss) {
        hyt_surrogate *model = taught("ranker", *loss, x, y, N, D);
        MUST(hyt_surrogate_predict(model, x, N, mean, deviation));
        for (size_t i = 0; i < N; i++) CHECK_NEAR(mean[i], 7, 1e-12);
        hyt_surrogate_destroy(model);
    }
}

static void seeds_and_bytes_decide(void **state)
{
    (void)state;
    sample(6);
    FOR_EACH_LOSS(loss) {
        hyt_surrogate *a = taught("ranker", *loss, x, y, N, D), *b = taught("ranker", *loss, x, y, N, D);
        hyt_surrogate *c = reread(a);
        must_answer_alike(a, b, x, N);
        must_answer_alike(a, c, x, N);
        hyt_surrogate_destroy(a);
        hyt_surrogate_destroy(b);
        hyt_surrogate_destroy(c);
    }
}

static hyt_status live(hyt_context *context)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL, *again = NULL;
    char *bytes = NULL;
    size_t size = 0;
    hyt_status status = hyt_surrogate_options_create(context, "ranker", &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_TREES_ROUNDS, 4);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_RANKER_LOSS, "ndcg");
    if (status == HYT_OK) status = hyt_surrogate_create(context, "ranker", D, options, &model);
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
    sample(7);
    test_each_allocation(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_monotone_function_is_ordered_perfectly),
        cmocka_unit_test(new_rows_are_ordered_in_the_unit_of_the_targets),
        cmocka_unit_test(the_order_does_not_know_the_scale),
        cmocka_unit_test(ndcg_attends_to_the_best),
        cmocka_unit_test(all_ties_say_nothing),
        cmocka_unit_test(seeds_and_bytes_decide),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
