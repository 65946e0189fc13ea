/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How good a set is beside a target, and how good runs are beside goals. */
#include "pareto/pareto.h"
#include <math.h>
#include <string.h>

static hyt_status check_sets(const double *points, size_t n, size_t m, const double *target, size_t targets)
{
    HYTI_TRY(hyti_points_check(points, n, m));
    HYTI_TRY(hyti_points_check(target, targets, m));
    if (n == 0 || targets == 0)
        return hyti_fail(HYT_ERR_RANGE, "%zu points beside a target of %zu: neither may be empty", n, targets);
    return HYT_OK;
}

hyt_status hyt_pareto_igd_plus(const double *points, size_t n, size_t m, const double *target, size_t targets,
                               double *distance)
{
    HYTI_NEED(distance);
    HYTI_TRY(check_sets(points, n, m, target, targets));
    double sum = 0;
    for (size_t k = 0; k < targets; k++) {
        double nearest = INFINITY;
        for (size_t i = 0; i < n; i++) {
            double square = 0;
            for (size_t j = 0; j < m; j++) {
                double worse = fmax(0, points[i * m + j] - target[k * m + j]);
                square += worse * worse;
            }
            nearest = fmin(nearest, square);
        }
        sum += sqrt(nearest);
    }
    *distance = sum / (double)targets;
    return HYT_OK;
}

hyt_status hyt_pareto_epsilon(const double *points, size_t n, size_t m, const double *target, size_t targets,
                              double *epsilon)
{
    HYTI_NEED(epsilon);
    HYTI_TRY(check_sets(points, n, m, target, targets));
    double most = -INFINITY;
    for (size_t k = 0; k < targets; k++) {
        double nearest = INFINITY;
        for (size_t i = 0; i < n; i++) {
            double behind = -INFINITY;
            for (size_t j = 0; j < m; j++) behind = fmax(behind, points[i * m + j] - target[k * m + j]);
            nearest = fmin(nearest, behind);
        }
        most = fmax(most, nearest);
    }
    *epsilon = most;
    return HYT_OK;
}

static hyt_status check_runs(const size_t *run, size_t n, size_t runs)
{
    if (n > 0) HYTI_NEED(run);
    if (runs == 0) return hyti_fail(HYT_ERR_RANGE, "no runs");
    for (size_t i = 0; i < n; i++)
        if (run[i] >= runs) return hyti_fail(HYT_ERR_RANGE, "point %zu is of run %zu of %zu", i, run[i], runs);
    return HYT_OK;
}

static bool reaches(const double *point, const double *goal, size_t m)
{
    for (size_t j = 0; j < m; j++)
        if (point[j] > goal[j]) return false;
    return true;
}

hyt_status hyt_pareto_attainment(hyt_context *context, const double *points, const size_t *run, size_t n, size_t m,
                                 size_t runs, const double *goals, size_t count, double *share)
{
    HYTI_TRY(hyti_points_check(points, n, m));
    HYTI_TRY(hyti_points_check(goals, count, m));
    HYTI_TRY(check_runs(run, n, runs));
    if (count > 0) HYTI_NEED(share);
    size_t *reached = hyti_array(context, runs, sizeof *reached); /* 1 + the last goal that each run has reached */
    if (!reached) return hyti_fail_nomem();
    for (size_t k = 0; k < count; k++) {
        size_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            if (reached[run[i]] == k + 1 || !reaches(points + i * m, goals + k * m, m)) continue;
            reached[run[i]] = k + 1;
            sum++;
        }
        share[k] = (double)sum / (double)runs;
    }
    hyti_free(context, reached);
    return HYT_OK;
}

/* Puts `value` in place of `old`, which is not below it, among the rising ones. */
static void lower(double *rising, size_t count, double old, double value)
{
    size_t at = 0;
    while (at + 1 < count && rising[at] != old) at++;
    for (; at > 0 && rising[at - 1] > value; at--) rising[at] = rising[at - 1];
    rising[at] = value;
}

/* From left to right: the least second objective of each run so far, and their order. */
static size_t trace(const double *points, const size_t *run, size_t n, size_t runs, size_t least, const size_t *order,
                    double *lowest, double *corners)
{
    double *rising = lowest + runs, here = INFINITY;
    size_t count = 0;
    for (size_t r = 0; r < runs; r++) lowest[r] = rising[r] = INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double *point = points + 2 * order[i];
        size_t r = run[order[i]];
        if (point[1] < lowest[r]) {
            lower(rising, runs, lowest[r], point[1]);
            lowest[r] = point[1];
        }
        bool last = i + 1 == n || points[2 * order[i + 1]] != point[0];
        if (!last || !(rising[least - 1] < here)) continue;
        here = rising[least - 1];
        corners[2 * count] = point[0];
        corners[2 * count++ + 1] = here;
    }
    return count;
}

hyt_status hyt_pareto_surface(hyt_context *context, const double *points, const size_t *run, size_t n, size_t runs,
                              size_t least, double *corners, size_t *count)
{
    HYTI_TRY(hyti_points_check(points, n, 2));
    HYTI_TRY(check_runs(run, n, runs));
    HYTI_NEED(count);
    if (n > 0) HYTI_NEED(corners);
    if (least == 0 || least > runs)
        return hyti_fail(HYT_ERR_RANGE, "at least %zu runs, outside 1 to %zu", least, runs);
    size_t *order = hyti_array(context, HYTI_MAX(n, 1), 2 * sizeof *order);
    double *lowest = hyti_array(context, runs, 2 * sizeof *lowest);
    bool room = order && lowest;
    if (room) {
        hyti_sort_rows(points, n, 2, 0, order, order + n);
        *count = trace(points, run, n, runs, least, order, lowest, corners);
    }
    hyti_free(context, order);
    hyti_free(context, lowest);
    return room ? HYT_OK : hyti_fail_nomem();
}
