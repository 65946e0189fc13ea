/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file pareto.h
 *  Dominance, fronts, hypervolume; how good a front is beside others, and what to pick from it. Everything
 *  here minimises; points are rows of `m` values, 1 to 32.
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
 *  O(n log n) for 1 to 3 objectives, about O(n^2) for 4, and steeply more with each further one: 1,000 points in 5
 *  take some milliseconds, 60 points in 9 some tens of them. */
HYT_API hyt_status hyt_pareto_hypervolume(hyt_context *context, const double *points, size_t n, size_t m,
                                          const double *reference, double *volume);
/** What each point alone adds to the volume: 0 for one that is dominated, or there twice. About O(n log n) in all for
 *  1 to 3 objectives, a volume a point above.
 *  @param contributions  n values */
HYT_API hyt_status hyt_pareto_contributions(hyt_context *context, const double *points, size_t n, size_t m,
                                            const double *reference, double *contributions);

/** IGD+ (Ishibuchi et al., EMO 2015): how far, on average, a point of the `target` set is from being dominated, over
 *  the nearest of the points; only the objectives in which that one is worse count. 0 if all targets are reached;
 *  never better for a set that another one dominates. Distances are in the units given: scale first.
 *  @return HYT_ERR_RANGE too if either set is empty */
HYT_API hyt_status hyt_pareto_igd_plus(const double *points, size_t n, size_t m, const double *target, size_t targets,
                                       double *distance);
/** Additive epsilon (Zitzler et al., IEEE Trans. Evol. Comput. 7(2), 2003): the least that, taken off every value,
 *  makes the points reach all of the `target` set; below 0 where they surpass it.
 *  @return HYT_ERR_RANGE too if either set is empty */
HYT_API hyt_status hyt_pareto_epsilon(const double *points, size_t n, size_t m, const double *target, size_t targets,
                                      double *epsilon);

/** Empirical attainment function (Grunert da Fonseca, Fonseca, Hall, EMO 2001): the share of several runs that reach
 *  each of `count` goals, with a point that is nowhere above it.
 *  @param run  n values below `runs`: which run each point is of; a run may have none
 *  @param share  count values */
HYT_API hyt_status hyt_pareto_attainment(hyt_context *context, const double *points, const size_t *run, size_t n,
                                         size_t m, size_t runs, const double *goals, size_t count, double *share);
/** Where at least `least` of the runs get to, 1 to `runs`, for two objectives: the corners of the surface, the first
 *  objective rising. least = 1 is the best of all, `runs` the worst, half of them the median.
 *  @param corners  room for n rows of 2 values
 *  @param count  of corners; 0 if so many runs get nowhere */
HYT_API hyt_status hyt_pareto_surface(hyt_context *context, const double *points, const size_t *run, size_t n,
                                      size_t runs, size_t least, double *corners, size_t *count);

/** The knee: of the points that nothing dominates, scaled so that each objective goes from 0 to 1 over them, the one
 *  furthest below the plane through the ends of the axes (Das, Struct. Optim. 18, 1999): where giving way in any
 *  objective buys least.
 *  @param place  the first of such points
 *  @return HYT_ERR_RANGE too without points */
HYT_API hyt_status hyt_pareto_knee(hyt_context *context, const double *points, size_t n, size_t m, size_t *place);
/** By weights: of the points that nothing dominates, scaled likewise, the one with the least largest weighted
 *  objective (Chebyshev), then the least weighted sum.
 *  @param weights  m values, none negative, not all 0
 *  @return HYT_ERR_RANGE too for other weights, or without points */
HYT_API hyt_status hyt_pareto_compromise(hyt_context *context, const double *points, size_t n, size_t m,
                                         const double *weights, size_t *place);
/** Under limits: the point with the least of one objective among those within all limits; of equal ones one that none
 *  of them dominates.
 *  @param limits  m values; infinity: none
 *  @return HYT_ERR_INFEASIBLE, with the nearest miss, if no point is within them; HYT_ERR_RANGE too for another
 *  objective or a limit that is no number */
HYT_API hyt_status hyt_pareto_best(const double *points, size_t n, size_t m, size_t objective, const double *limits,
                                   size_t *place);

#ifdef __cplusplus
}
#endif
#endif
