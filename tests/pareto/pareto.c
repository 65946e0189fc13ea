/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "test.h"
#include <hytnas/pareto.h>
#include <stdbool.h>

/* Few distinct values, so that ties and equal points abound. */
static void fill(double *points, size_t count, uint64_t levels, uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(11, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < count; i++) points[i] = (double)hyti_rng_below(&rng, levels) - 3;
}

static void dominance_is_strict_somewhere(void **state)
{
    (void)state;
    const double a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 }, c[] = { 0, 5, 0 };
    assert_true(hyt_pareto_dominates(a, b, 3));
    assert_false(hyt_pareto_dominates(b, a, 3));
    assert_false(hyt_pareto_dominates(a, a, 3));
    assert_false(hyt_pareto_dominates(a, c, 3) || hyt_pareto_dominates(c, a, 3));
    assert_false(hyt_pareto_dominates(a, b, 2));
}

/* By the definition: take away what nothing left dominates, count, go on. */
static void peel(const double *points, size_t n, size_t m, size_t *ranks)
{
    for (size_t i = 0; i < n; i++) ranks[i] = SIZE_MAX;
    for (size_t rank = 0, left = n; left > 0; rank++) {
        for (size_t i = 0; i < n; i++) {
            bool free = ranks[i] == SIZE_MAX;
            for (size_t k = 0; k < n && free; k++)
                free = !(ranks[k] >= rank && hyt_pareto_dominates(points + k * m, points + i * m, m));
            if (free) {
                ranks[i] = rank;
                left--;
            }
        }
    }
}

static void sort_agrees_with_its_definition(void **state)
{
    (void)state;
    enum { MOST = 120 };
    double points[MOST * 6];
    size_t ranks[MOST], expected[MOST];
    for (size_t m = 1; m <= 6; m++) {
        for (size_t n = 0; n <= MOST; n = n * 2 + 1) {
            for (uint64_t levels = 2; levels <= 1000; levels *= 7) {
                fill(points, n * m, levels, m * 1000 + n);
                MUST(hyt_pareto_sort(NULL, points, n, m, ranks));
                peel(points, n, m, expected);
                for (size_t i = 0; i < n; i++)
                    if (ranks[i] != expected[i])
                        fail_msg("m %zu n %zu point %zu: front %zu, not %zu", m, n, i, ranks[i], expected[i]);
            }
        }
    }
}

static void zero_has_no_sign(void **state)
{
    (void)state;
    const double points[] = { 0.0, 1.0, 1.0, -0.0, 1.0, 0.0, -0.0, 1.0 };
    size_t ranks[4];
    MUST(hyt_pareto_sort(NULL, points, 4, 2, ranks));
    for (size_t i = 0; i < 4; i++) assert_int_equal(ranks[i], 0);
}

static void crowding_is_wide_at_the_ends(void **state)
{
    (void)state;
    const double points[] = { 0, 10, 1, 6, 2, 4, 10, 0 };
    double distance[4];
    MUST(hyt_pareto_crowding(NULL, points, 4, 2, distance));
    assert_true(isinf(distance[0]) && isinf(distance[3]));
    CHECK_NEAR(distance[1], 2.0 / 10 + 6.0 / 10, 1e-15);
    CHECK_NEAR(distance[2], 9.0 / 10 + 6.0 / 10, 1e-15);
    const double same[] = { 5, 1, 5, 2, 5, 3 };
    MUST(hyt_pareto_crowding(NULL, same, 3, 2, distance));
    CHECK_NEAR(distance[1], 1, 1e-15); /* an objective that does not vary says nothing */
    MUST(hyt_pareto_crowding(NULL, same, 1, 2, distance));
    assert_true(isinf(distance[0]));
    MUST(hyt_pareto_crowding(NULL, NULL, 0, 2, distance));
}

static void bad_points_are_named(void **state)
{
    (void)state;
    const double bad[] = { 1, 2, 3, NAN }, good[] = { 1, 2 }, endless[] = { 1, INFINITY };
    size_t ranks[2] = { 7, 7 };
    double volume = 7, distance[2];
    CHECK_STATUS(hyt_pareto_sort(NULL, bad, 2, 2, ranks), HYT_ERR_NUMERIC);
    CHECK_MESSAGE("objective 1 of point 1");
    assert_int_equal(ranks[0], 7);
    CHECK_STATUS(hyt_pareto_hypervolume(NULL, bad, 2, 2, good, &volume), HYT_ERR_NUMERIC);
    CHECK_STATUS(hyt_pareto_hypervolume(NULL, good, 1, 2, endless, &volume), HYT_ERR_NUMERIC);
    CHECK_MESSAGE("reference");
    CHECK_STATUS(hyt_pareto_hypervolume(NULL, good, 1, 0, good, &volume), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_hypervolume(NULL, NULL, 1, 2, good, &volume), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_pareto_crowding(NULL, good, 1, 33, distance), HYT_ERR_RANGE);
    CHECK_NEAR(volume, 7, 0);
}

static hyt_status use_all(hyt_context *context)
{
    double points[40 * 4], reference[] = { 10, 10, 10, 10 }, values[40];
    size_t ranks[40];
    fill(points, 160, 9, 1);
    hyt_status status = hyt_pareto_sort(context, points, 40, 4, ranks);
    if (status == HYT_OK) status = hyt_pareto_crowding(context, points, 40, 4, values);
    if (status == HYT_OK) status = hyt_pareto_hypervolume(context, points, 40, 4, reference, values);
    if (status == HYT_OK) status = hyt_pareto_contributions(context, points, 40, 4, reference, values);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(use_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dominance_is_strict_somewhere), cmocka_unit_test(sort_agrees_with_its_definition),
        cmocka_unit_test(zero_has_no_sign),              cmocka_unit_test(crowding_is_wide_at_the_ends),
        cmocka_unit_test(bad_points_are_named),          cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("pareto", tests, NULL, NULL);
}
