/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Picking one point of a front. */
#include "base/error.h"
#include "base/rng.h"
#include "test.h"
#include <hytnas/pareto.h>
#include <stdbool.h>

enum { MOST = 50, WIDEST = 4 };
static const double none[WIDEST] = { INFINITY, INFINITY, INFINITY, INFINITY };

static void fill(double *rows, size_t n, size_t m, uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(71, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < n * m; i++) {
        double value = hyti_rng_uniform(&rng);
        rows[i] = stream % 2 ? value : round(value * 8) / 8;
    }
}

static bool is_dominated(const double *points, size_t n, size_t m, size_t place)
{
    for (size_t i = 0; i < n; i++)
        if (hyt_pareto_dominates(points + i * m, points + place * m, m)) return true;
    return false;
}

static void the_knee_is_where_giving_way_buys_least(void **state)
{
    (void)state;
    size_t place = 9;
    /* in very different units; the last is dominated */
    const double bent[] = { 0, 1000, 1, 200, 3, 100, 10, 0, 9, 900 };
    MUST(hyt_pareto_knee(NULL, bent, 5, 2, &place));
    assert_int_equal(place, 1);
    const double same[] = { 5, 5, 5, 5 };
    MUST(hyt_pareto_knee(NULL, same, 2, 2, &place));
    assert_int_equal(place, 0);
}

static size_t compromise(const double *points, size_t n, size_t m, const double *weights)
{
    size_t place = SIZE_MAX;
    MUST(hyt_pareto_compromise(NULL, points, n, m, weights, &place));
    return place;
}

static void weights_lead_along_the_front(void **state)
{
    (void)state;
    double points[11 * 2], last = -1;
    for (size_t i = 0; i < 11; i++) {
        points[2 * i] = (double)i;
        points[2 * i + 1] = (double)((10 - i) * (10 - i)) * 7;
    }
    for (double share = 1; share >= 0; share -= 0.125) { /* the less the first weighs, the more of it is had */
        const double weights[] = { share, 1 - share };
        size_t place = compromise(points, 11, 2, weights);
        assert_true((double)place >= last);
        last = (double)place;
    }
    assert_int_equal(compromise(points, 11, 2, (const double[]){ 1, 0 }), 0);
    assert_int_equal(compromise(points, 11, 2, (const double[]){ 0, 1 }), 10);
}

/* Whatever is picked is undominated, and units, shifts and the size of the weights change nothing. */
static void picks_are_undominated_and_without_units(void **state)
{
    (void)state;
    double points[MOST * WIDEST], other[MOST * WIDEST], weights[WIDEST];
    size_t place, again;
    for (size_t m = 1; m <= WIDEST; m++) {
        for (uint64_t stream = 0; stream < 20; stream++) {
            fill(points, MOST, m, stream);
            fill(weights, 1, m, 101 + 2 * stream);
            for (size_t i = 0; i < MOST * m; i++) other[i] = ldexp(points[i], (int)(i % m) * 3) + 64;
            MUST(hyt_pareto_knee(NULL, points, MOST, m, &place));
            assert_false(is_dominated(points, MOST, m, place));
            if (stream % 2 == 0) { /* eighths: scaled exactly */
                MUST(hyt_pareto_knee(NULL, other, MOST, m, &again));
                assert_int_equal(place, again);
            }
            place = compromise(points, MOST, m, weights);
            assert_false(is_dominated(points, MOST, m, place));
            if (stream % 2 == 0) assert_int_equal(compromise(other, MOST, m, weights), place);
            for (size_t j = 0; j < m; j++) weights[j] *= 4;
            assert_int_equal(compromise(points, MOST, m, weights), place);
            MUST(hyt_pareto_best(points, MOST, m, m - 1, none, &place));
            assert_false(is_dominated(points, MOST, m, place));
        }
    }
}

static void the_best_under_limits(void **state)
{
    (void)state;
    double points[MOST * WIDEST], limits[WIDEST];
    for (size_t m = 1; m <= WIDEST; m++) {
        for (uint64_t stream = 0; stream < 20; stream++) {
            fill(points, MOST, m, stream);
            for (size_t j = 0; j < m; j++) limits[j] = j % 2 ? INFINITY : 0.3;
            size_t expected = SIZE_MAX, place = SIZE_MAX;
            for (size_t i = 0; i < MOST; i++) {
                bool good = true;
                for (size_t j = 0; j < m; j++) good &= points[i * m + j] <= limits[j];
                if (good && (expected == SIZE_MAX || points[i * m] < points[expected * m])) expected = i;
            }
            hyt_status status = hyt_pareto_best(points, MOST, m, 0, limits, &place);
            if (expected == SIZE_MAX) {
                assert_int_equal(status, HYT_ERR_INFEASIBLE);
                continue;
            }
            MUST(status);
            CHECK_NEAR(points[place * m], points[expected * m], 0);
            for (size_t j = 0; j < m; j++) assert_true(points[place * m + j] <= limits[j]);
        }
    }
}

static void bad_input_is_named(void **state)
{
    (void)state;
    const double points[] = { 1, 2, 3, 1 }, low[] = { 2, 0.5 }, bad[] = { NAN, 1 };
    size_t place = 7;
    CHECK_STATUS(hyt_pareto_knee(NULL, points, 0, 2, &place), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_knee(NULL, points, 2, 2, NULL), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_pareto_knee(NULL, bad, 1, 2, &place), HYT_ERR_NUMERIC);
    CHECK_STATUS(hyt_pareto_compromise(NULL, points, 2, 2, bad, &place), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_compromise(NULL, points, 2, 2, (const double[]){ -1, 1 }, &place), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_compromise(NULL, points, 2, 2, (const double[]){ 0, 0 }, &place), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_best(points, 2, 2, 2, none, &place), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_best(points, 2, 2, 0, bad, &place), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_pareto_best(points, 0, 2, 0, none, &place), HYT_ERR_INFEASIBLE);
    CHECK_STATUS(hyt_pareto_best(points, 2, 2, 0, low, &place), HYT_ERR_INFEASIBLE);
    CHECK_MESSAGE("objective 1 of point 0 is 2, above 0.5");
    assert_int_equal(place, 7);
}

static hyt_status use(hyt_context *context)
{
    double points[MOST * 3];
    const double weights[] = { 1, 1, 1 };
    size_t place;
    fill(points, MOST, 3, 1);
    HYTI_TRY(hyt_pareto_knee(context, points, MOST, 3, &place));
    return hyt_pareto_compromise(context, points, MOST, 3, weights, &place);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(use);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_knee_is_where_giving_way_buys_least), cmocka_unit_test(weights_lead_along_the_front),
        cmocka_unit_test(picks_are_undominated_and_without_units), cmocka_unit_test(the_best_under_limits),
        cmocka_unit_test(bad_input_is_named),                      cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("pick", tests, NULL, NULL);
}
