/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact volume of a union of boxes of four sides and more that start at the origin, as long as not too much has to be
 * remembered: scratch of hyti_volume. */
#ifndef HYTI_PARETO_BOUNDS_H
#define HYTI_PARETO_BOUNDS_H

#include "pareto/pareto.h"

/* Most local bounds that are kept; a power of two. */
#define HYTI_BOUNDS_MOST 65536

typedef struct hyti_bounds {
    hyt_context *context;
    size_t sides;         /* most */
    size_t n, d;          /* boxes, and sides but the last, of the sweep under way */
    size_t count, room;   /* bounds */
    int32_t *ranks;       /* n + 1 rows; the last is that of no box */
    double *lengths;      /* a row a side, by rank: n + 2 */
    int32_t *upper;       /* ranks of the bounds, a row of `room` a side */
    uint32_t *makers;     /* defining boxes of each bound */
    double *areas;        /* of each bound's box */
} hyti_bounds;

/* For at most `capacity` boxes of at most `sides` sides. Starts as {0}; a failure leaves it as {0}. */
hyt_status hyti_bounds_open(hyti_bounds *bounds, hyt_context *context, size_t capacity, size_t sides);
void hyti_bounds_close(hyti_bounds *bounds);
/* False if there are too many bounds, or no memory for them. `keys`: scratch of 2 n. */
bool hyti_bounds_sweep(hyti_bounds *bounds, const double *boxes, size_t n, size_t sides, hyti_key *keys,
                       double *volume);

#endif
