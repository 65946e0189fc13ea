/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file pareto.h
 *  Dominance, fronts and hypervolume. Everything here minimises; points are rows of `m` values. */
#ifndef HYTNAS_PARETO_H
#define HYTNAS_PARETO_H

#include <hytnas/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** 1 if `a` is nowhere above `b` and somewhere below it. @thread any */
HYT_API int hyt_pareto_dominates(const double *a, const double *b, size_t m);
/** Front number of each of `n` points, 0 for those that nothing dominates (Deb et al. 2002; sorted sweep for m = 2).
 *  @param ranks  n values */
HYT_API hyt_status hyt_pareto_sort(hyt_context *context, const double *points, size_t n, size_t m, size_t *ranks);
/** Crowding distance within one set of points; infinity at the ends. */
HYT_API hyt_status hyt_pareto_crowding(hyt_context *context, const double *points, size_t n, size_t m, double *distance);
/** Volume dominated by the points and bounded by `reference`; points that do not dominate it count nothing. Exact:
 *  sweep for 1 to 3 objectives, WFG (While et al. 2012) above.
 *  @return HYT_ERR_NUMERIC if a value is not finite */
HYT_API hyt_status hyt_pareto_hypervolume(hyt_context *context, const double *points, size_t n, size_t m,
                                          const double *reference, double *volume);
/** What each point alone adds to the volume. @param contributions  n values */
HYT_API hyt_status hyt_pareto_contributions(hyt_context *context, const double *points, size_t n, size_t m,
                                            const double *reference, double *contributions);

#ifdef __cplusplus
}
#endif
#endif
