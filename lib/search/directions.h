/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights of objectives, and what they make of several objectives at once. */
#ifndef HYTI_SEARCH_DIRECTIONS_H
#define HYTI_SEARCH_DIRECTIONS_H

#include "base/heap.h"
#include "base/rng.h"

/* `count` rows of `m` weights that add up to 1, spread over all that do: the axes first, where there are so many. */
void hyti_directions(size_t m, size_t count, double *rows);
/* One row, uniform over all. */
void hyti_direction_draw(hyti_rng *rng, size_t m, double *row);
/* Augmented Chebyshev: max_j w_j (f_j - low_j) / range_j, plus a little of their sum so that no weakly dominated point
 * is as good (Knowles, IEEE Trans. Evol. Comput. 10(1), 2006, eq. 2). */
double hyti_chebyshev(const double *objectives, const double *weights, const double *low, const double *range,
                      size_t m);
/* Least value and range of each column; a range of 0 becomes 1. Without rows: 0 and 1. */
void hyti_ranges(const double *rows, size_t n, size_t m, double *low, double *range);

#endif
