/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Picks are trials of the front that keep what they promise. */
#include "toy.h"

static hyt_search *make(bool evaluated)
{
    toy_setup setup = { "nsga2", 5, 4, 60, 5, 10, 1 };
    hyt_search *search = NULL;
    MUST(toy_search(NULL, &setup, &search));
    MUST(hyt_search_add_limit(search, "gain", 3));
    if (evaluated) MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    return search;
}

static const double *values_of(const hyt_search *search, size_t index)
{
    return hyt_search_trial_objectives(search, index);
}

static void are_in_the_front(void **state)
{
    (void)state;
    hyt_search *search = make(true);
    size_t index = SIZE_MAX;
    MUST(hyt_search_pick_knee(search, &index));
    assert_true(hyt_search_trial_in_front(search, index));
    for (int i = 0; i <= 10; i++) {
        MUST(hyt_search_pick_weighted(search, (double[]){ i, 10 - i }, 2, &index));
        assert_true(hyt_search_trial_in_front(search, index));
    }
    for (size_t j = 0; j < 2; j++) {
        MUST(hyt_search_pick_best(search, j, NULL, 0, &index));
        assert_true(hyt_search_trial_in_front(search, index));
    }
    hyt_search_destroy(search);
}

/* All weight on one objective picks its best, as having no limits does. */
static void weights_say_which(void **state)
{
    (void)state;
    hyt_search *search = make(true);
    for (size_t j = 0; j < 2; j++) {
        size_t by_weight, best;
        MUST(hyt_search_pick_weighted(search, (double[]){ j == 0, j == 1 }, 2, &by_weight));
        MUST(hyt_search_pick_best(search, j, NULL, 0, &best));
        assert_true(values_of(search, by_weight)[j] == values_of(search, best)[j]);
        for (size_t i = 0; i < hyt_search_size(search); i++) {
            double sign = j == 0 ? -1 : 1;
            if (values_of(search, i)[0] < 3) continue; /* beyond the search's own limit */
            assert_true(sign * values_of(search, best)[j] <= sign * values_of(search, i)[j]);
        }
    }
    hyt_search_destroy(search);
}

static void the_best_is_within_limits(void **state)
{
    (void)state;
    hyt_search *search = make(true);
    for (double most = 2; most <= 20; most += 3) {
        size_t best = 0;
        const double limits[] = { -INFINITY, most };
        double gain = -INFINITY;
        for (size_t i = 0; i < hyt_search_size(search); i++)
            if (values_of(search, i)[1] <= most && values_of(search, i)[0] >= 3)
                gain = fmax(gain, values_of(search, i)[0]);
        hyt_status status = hyt_search_pick_best(search, 0, limits, 2, &best);
        if (gain == -INFINITY) {
            assert_int_equal(status, HYT_ERR_INFEASIBLE);
            continue;
        }
        MUST(status);
        assert_true(values_of(search, best)[0] == gain && values_of(search, best)[1] <= most);
    }
    hyt_search_destroy(search);
}

static void are_checked(void **state)
{
    (void)state;
    hyt_search *search = make(false);
    size_t index = 77;
    CHECK_STATUS(hyt_search_pick_knee(search, &index), HYT_ERR_STATE);
    hyt_search_destroy(search);
    search = make(true);
    CHECK_STATUS(hyt_search_pick_weighted(search, (double[]){ 1 }, 1, &index), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_search_pick_weighted(search, (double[]){ -1, 1 }, 2, &index), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_pick_best(search, 2, NULL, 0, &index), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_pick_best(search, 0, (double[]){ 1000, 0 }, 2, &index), HYT_ERR_INFEASIBLE);
    CHECK_STATUS(hyt_search_pick_best(search, 0, (double[]){ 1 }, 1, &index), HYT_ERR_SHAPE);
    assert_int_equal(index, 77);
    hyt_search_destroy(search);
}

static hyt_status pick(hyt_context *context)
{
    toy_setup setup = { "random", 3, 3, 10, 5, 5, 1 };
    hyt_search *search = NULL;
    size_t index;
    HYTI_TRY(toy_search(context, &setup, &search));
    hyt_status status = hyt_search_run(search, toy_evaluate, NULL, NULL);
    if (status == HYT_OK) status = hyt_search_pick_knee(search, &index);
    if (status == HYT_OK) status = hyt_search_pick_weighted(search, (double[]){ 1, 2 }, 2, &index);
    if (status == HYT_OK) status = hyt_search_pick_best(search, 1, NULL, 0, &index);
    hyt_search_destroy(search);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(pick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_in_the_front), cmocka_unit_test(weights_say_which),
        cmocka_unit_test(the_best_is_within_limits), cmocka_unit_test(are_checked),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("picks", tests, NULL, NULL);
}
