/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pareto/pareto.h"
#include <math.h>

int hyt_pareto_dominates(const double *a, const double *b, size_t m)
{
    bool below = false;
    for (size_t j = 0; j < m; j++) {
        if (a[j] > b[j]) return 0;
        below |= a[j] < b[j];
    }
    return below;
}

hyt_status hyti_points_check(const double *points, size_t n, size_t m)
{
    if (m == 0 || m > HYTI_PARETO_OBJECTIVES)
        return hyti_fail(HYT_ERR_RANGE, "%zu objectives, outside 1 to %d", m, HYTI_PARETO_OBJECTIVES);
    if (n > 0) HYTI_NEED(points);
    for (size_t i = 0; i < n * m; i++)
        if (!isfinite(points[i]))
            return hyti_fail(HYT_ERR_NUMERIC, "objective %zu of point %zu is %g", i % m, i / m, points[i]);
    return HYT_OK;
}

static void crowd_by(const double *points, size_t n, size_t m, size_t column, const size_t *order, double *distance)
{
    double range = points[order[n - 1] * m + column] - points[order[0] * m + column];
    distance[order[0]] = distance[order[n - 1]] = INFINITY;
    if (!(range > 0)) return;
    for (size_t i = 1; i + 1 < n; i++)
        distance[order[i]] += (points[order[i + 1] * m + column] - points[order[i - 1] * m + column]) / range;
}

hyt_status hyt_pareto_crowding(hyt_context *context, const double *points, size_t n, size_t m, double *distance)
{
    HYTI_TRY(hyti_points_check(points, n, m));
    HYTI_NEED(distance);
    if (n == 0) return HYT_OK;
    size_t *order = hyti_array(context, n, 2 * sizeof *order);
    if (!order) return hyti_fail_nomem();
    for (size_t i = 0; i < n; i++) distance[i] = 0;
    for (size_t j = 0; j < m; j++) {
        hyti_sort_rows(points, n, m, j, order, order + n);
        crowd_by(points, n, m, j, order, distance);
    }
    hyti_free(context, order);
    return HYT_OK;
}

static hyt_status volume_check(const double *points, size_t n, size_t m, const double *reference, const void *out)
{
    HYTI_NEED(reference);
    HYTI_NEED(out);
    HYTI_TRY(hyti_points_check(points, n, m));
    for (size_t j = 0; j < m; j++)
        if (!isfinite(reference[j]))
            return hyti_fail(HYT_ERR_NUMERIC, "objective %zu of the reference is %g", j, reference[j]);
    return HYT_OK;
}

hyt_status hyt_pareto_hypervolume(hyt_context *context, const double *points, size_t n, size_t m,
                                  const double *reference, double *volume)
{
    hyti_volume scratch;
    HYTI_TRY(volume_check(points, n, m, reference, volume));
    HYTI_TRY(hyti_volume_open(&scratch, context, n, m));
    *volume = hyti_volume_of(&scratch, points, n, reference);
    hyti_volume_close(&scratch);
    return HYT_OK;
}

hyt_status hyt_pareto_contributions(hyt_context *context, const double *points, size_t n, size_t m,
                                    const double *reference, double *contributions)
{
    hyti_volume scratch;
    HYTI_TRY(volume_check(points, n, m, reference, contributions));
    if (m <= 3) return hyti_parts(context, points, n, m, reference, contributions);
    HYTI_TRY(hyti_volume_open(&scratch, context, n, m));
    for (size_t i = 0; i < n; i++)
        contributions[i] = hyti_volume_gain(&scratch, points, n, i, points + i * m, reference);
    hyti_volume_close(&scratch);
    return HYT_OK;
}
