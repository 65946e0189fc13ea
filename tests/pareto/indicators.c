/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of the indicators, attainment against its definition. */
#include "base/error.h"
#include "base/rng.h"
#include "test.h"
#include <hytnas/pareto.h>
#include <stdbool.h>

enum { MOST = 60, WIDEST = 5, RUNS = 7 };

static void fill(double *rows, size_t n, size_t m, uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(61, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < n * m; i++) {
        double value = hyti_rng_uniform(&rng);
        rows[i] = stream % 2 ? value : round(value * 8) / 8;
    }
}

static double igd_plus(const double *points, size_t n, size_t m, const double *target, size_t targets)
{
    double distance = -1;
    MUST(hyt_pareto_igd_plus(points, n, m, target, targets, &distance));
    return distance;
}

static double epsilon(const double *points, size_t n, size_t m, const double *target, size_t targets)
{
    double answer = -1;
    MUST(hyt_pareto_epsilon(points, n, m, target, targets, &answer));
    return answer;
}

static void known_values(void **state)
{
    (void)state;
    const double points[] = { 1, 4, 3, 2 }, target[] = { 0, 3, 4, 0 };
    /* (1, 4) is (1, 1) behind the first target, (3, 2) is (0, 2) behind the second, its 3 < 4 counting nothing */
    CHECK_NEAR(igd_plus(points, 2, 2, target, 2), (sqrt(2) + 2) / 2, 1e-15);
    CHECK_NEAR(epsilon(points, 2, 2, target, 2), 2, 0);
    const double better[] = { -1, -1 };
    CHECK_NEAR(igd_plus(better, 1, 2, target, 2), 0, 0);
    CHECK_NEAR(epsilon(better, 1, 2, target, 2), -1, 0); /* one unit is left to the target at (4, 0) */
}

static void a_set_reaches_itself(void **state)
{
    (void)state;
    double points[MOST * WIDEST];
    for (size_t m = 1; m <= WIDEST; m++) {
        for (uint64_t stream = 0; stream < 6; stream++) {
            fill(points, MOST, m, stream);
            CHECK_NEAR(igd_plus(points, MOST, m, points, MOST), 0, 0);
            assert_true(epsilon(points, MOST, m, points, MOST) <= 0);
            CHECK_NEAR(epsilon(points, 1, m, points, 1), 0, 0);
        }
    }
}

/* A set each point of which is moved to where it dominates what it was, or stays, is never worse; shifting all moves
 * epsilon by as much; scaling both sets scales both; the order does not matter. */
static void better_sets_are_no_worse(void **state)
{
    (void)state;
    double points[MOST * WIDEST], better[MOST * WIDEST], target[MOST * WIDEST], other[MOST * WIDEST];
    for (size_t m = 1; m <= WIDEST; m++) {
        for (uint64_t stream = 0; stream < 20; stream++) {
            hyti_rng rng = hyti_rng_start(63, HYTI_PURPOSE_TEST, stream);
            fill(points, MOST, m, stream);
            fill(target, MOST, m, 1000 + stream);
            memcpy(better, points, sizeof better);
            for (size_t k = 0; k < 30; k++) better[hyti_rng_below(&rng, MOST * m)] -= 0.2 * hyti_rng_uniform(&rng);
            double distance = igd_plus(points, MOST, m, target, MOST), behind = epsilon(points, MOST, m, target, MOST);
            assert_true(igd_plus(better, MOST, m, target, MOST) <= distance);
            assert_true(epsilon(better, MOST, m, target, MOST) <= behind);
            for (size_t i = 0; i < MOST; i++) /* one point less is no better */
                for (size_t j = 0; j < m; j++) other[(MOST - 1 - i) * m + j] = points[i * m + j];
            CHECK_NEAR(igd_plus(other, MOST, m, target, MOST), distance, 1e-14);
            CHECK_NEAR(epsilon(other, MOST, m, target, MOST), behind, 0);
            assert_true(igd_plus(points, MOST - 9, m, target, MOST) >= distance);
            assert_true(epsilon(points, MOST - 9, m, target, MOST) >= behind);
            for (size_t i = 0; i < MOST * m; i++) other[i] = points[i] + 0.25;
            CHECK_NEAR(epsilon(other, MOST, m, target, MOST), behind + 0.25, 1e-14);
            for (size_t i = 0; i < MOST * m; i++) {
                other[i] = 8 * points[i];
                better[i] = 8 * target[i];
            }
            CHECK_NEAR(igd_plus(other, MOST, m, better, MOST), 8 * distance, 0);
            CHECK_NEAR(epsilon(other, MOST, m, better, MOST), 8 * behind, 0);
        }
    }
}

static bool attains(const double *points, const size_t *run, size_t m, size_t r, const double *goal)
{
    for (size_t i = 0; i < MOST; i++) {
        bool reached = run[i] == r;
        for (size_t j = 0; j < m && reached; j++) reached = points[i * m + j] <= goal[j];
        if (reached) return true;
    }
    return false;
}

static void attainment_is_counted(void **state)
{
    (void)state;
    double points[MOST * WIDEST], goals[MOST * WIDEST], share[MOST];
    size_t run[MOST];
    for (size_t m = 1; m <= WIDEST; m++) {
        for (uint64_t stream = 0; stream < 6; stream++) {
            fill(points, MOST, m, stream);
            fill(goals, MOST, m, 70 + stream);
            for (size_t i = 0; i < MOST; i++) run[i] = i * i % 11 % (RUNS - 1); /* the last run has none */
            MUST(hyt_pareto_attainment(NULL, points, run, MOST, m, RUNS, goals, MOST, share));
            for (size_t k = 0; k < MOST; k++) {
                size_t expected = 0;
                for (size_t r = 0; r < RUNS; r++) expected += attains(points, run, m, r, goals + k * m);
                CHECK_NEAR(share[k], (double)expected / RUNS, 0);
            }
        }
    }
}

/* On a grid: reached by `least` runs exactly where a corner of the surface reaches it. */
static void a_surface_is_where_so_many_runs_get_to(void **state)
{
    (void)state;
    double points[MOST * 2], corners[MOST * 2];
    size_t run[MOST], count = 0;
    for (uint64_t stream = 0; stream < 6; stream++) {
        fill(points, MOST, 2, stream);
        for (size_t i = 0; i < MOST; i++) run[i] = i % RUNS;
        for (size_t least = 1; least <= RUNS; least++) {
            MUST(hyt_pareto_surface(NULL, points, run, MOST, RUNS, least, corners, &count));
            for (size_t k = 1; k < count; k++)
                assert_true(corners[2 * k] > corners[2 * k - 2] && corners[2 * k + 1] < corners[2 * k - 1]);
            for (double x = 0; x <= 1; x += 0.0625)
                for (double y = 0; y <= 1; y += 0.0625) {
                    const double goal[] = { x, y };
                    size_t reached = 0;
                    bool beyond = false;
                    for (size_t r = 0; r < RUNS; r++) reached += attains(points, run, 2, r, goal);
                    for (size_t k = 0; k < count; k++) beyond |= corners[2 * k] <= x && corners[2 * k + 1] <= y;
                    assert_int_equal(reached >= least, beyond);
                }
        }
    }
    MUST(hyt_pareto_surface(NULL, points, run, MOST, RUNS + 1, RUNS + 1, corners, &count));
    assert_int_equal(count, 0);
}

static void bad_input_is_named(void **state)
{
    (void)state;
    const double points[] = { 1, 2 }, bad[] = { 1, NAN };
    const size_t run[] = { 3 };
    double answer = 7, corners[2];
    size_t count = 7;
    CHECK_STATUS(hyt_pareto_igd_plus(points, 0, 2, points, 1, &answer), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_epsilon(points, 1, 2, points, 0, &answer), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_epsilon(points, 1, 2, bad, 1, &answer), HYT_ERR_NUMERIC);
    CHECK_STATUS(hyt_pareto_igd_plus(points, 1, 2, NULL, 1, &answer), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_pareto_attainment(NULL, points, run, 1, 2, 3, points, 1, &answer), HYT_ERR_RANGE);
    CHECK_MESSAGE("run 3 of 3");
    CHECK_STATUS(hyt_pareto_surface(NULL, points, run, 1, 4, 0, corners, &count), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_surface(NULL, points, run, 1, 4, 5, corners, &count), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_surface(NULL, points, run, 0, 0, 1, corners, &count), HYT_ERR_RANGE);
    CHECK_NEAR(answer, 7, 0);
    assert_int_equal(count, 7);
}

static hyt_status use(hyt_context *context)
{
    double points[MOST * 2], corners[MOST * 2], share[MOST];
    size_t run[MOST] = { 0 }, count;
    fill(points, MOST, 2, 1);
    HYTI_TRY(hyt_pareto_attainment(context, points, run, MOST, 2, 2, points, MOST, share));
    return hyt_pareto_surface(context, points, run, MOST, 2, 1, corners, &count);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(use);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(a_set_reaches_itself),
        cmocka_unit_test(better_sets_are_no_worse),
        cmocka_unit_test(attainment_is_counted),
        cmocka_unit_test(a_surface_is_where_so_many_runs_get_to),
        cmocka_unit_test(bad_input_is_named),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("indicators", tests, NULL, NULL);
}
