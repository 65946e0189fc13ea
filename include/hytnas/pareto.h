/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file pareto.h
 *  Dominance, fronts and hypervolume. Everything here minimises; points are rows of `m` values, 1 to 32.
 *
 *  Every call that returns a status answers HYT_ERR_RANGE for another `m`, HYT_ERR_NUMERIC (naming the point) for a
 *  value that is not finite. @thread any: nothing is kept between calls */
#ifndef HYTNAS_PARETO_H
#define HYTNAS_PARETO_H

#include <hytnas/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** 1 if `a` is nowhere above `b` and somewhere below it. @thread any */
HYT_API int hyt_pareto_dominates(const double *a, const double *b, size_t m);
/** Front number of each of `n` points: 0 for those that nothing dominates, then those that only front 0 dominates, ...
 *  Equal points share a front. Time O(n log^2 n) for up to 3 objectives, O(m n^2) at worst above.
 *  @param ranks  n values */
HYT_API hyt_status hyt_pareto_sort(hyt_context *context, const double *points, size_t n, size_t m, size_t *ranks);
/** Crowding distance within one set of points; infinity at the ends. */
HYT_API hyt_status hyt_pareto_crowding(hyt_context *context, const double *points, size_t n, size_t m,
                                       double *distance);
/** Volume dominated by the points and bounded by `reference`; points that do not dominate it count nothing. Exact:
 *  a sweep in O(n log n) for 1 to 3 objectives, WFG (While et al. 2012) above, whose cost rises steeply. */
HYT_API hyt_status hyt_pareto_hypervolume(hyt_context *context, const double *points, size_t n, size_t m,
                                          const double *reference, double *volume);
/** What each point alone adds to the volume: 0 for one that is dominated, or there twice.
 *  @param contributions  n values */
HYT_API hyt_status hyt_pareto_contributions(hyt_context *context, const double *points, size_t n, size_t m,
                                            const double *reference, double *contributions);

#ifdef __cplusplus
}
#endif
#endif
