/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a front leaves undominated within a reference, as boxes that share no inside: whoever integrates over it, the
 * improvement of a point or its expectation, adds up products of one-dimensional integrals. Everything minimises. */
#ifndef HYTI_PARETO_CELLS_H
#define HYTI_PARETO_CELLS_H

#include "pareto/pareto.h"

/* Most boxes of one front. A front of n points has up to n + 1 for two objectives, 2 n + 1 for three and in the order
 * of n^(m/2) for m: only hundreds of points in five or more objectives have more than this. */
#define HYTI_CELLS_MOST 65536

typedef struct hyti_cells {
    hyt_context *context;
    size_t objectives;
    size_t count, coordinates; /* boxes; values an objective: those of the front and, last, the reference */
    double *values;            /* a row an objective, rising */
    uint32_t *places;          /* a box an objective: low, high; 1 + place among the values, 0: unbounded below */
} hyti_cells;

/* Rows may be dominated, there twice, or beyond the reference; there may be none. A front with more than
 * HYTI_CELLS_MOST boxes is cut by some of its points only, spread over it: the boxes then cover too much.
 * Starts as {0}; a failure leaves it as {0}. */
hyt_status hyti_cells_open(hyti_cells *cells, hyt_context *context, const double *rows, size_t n, size_t m,
                           const double *reference);
void hyti_cells_close(hyti_cells *cells);

#endif
