/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dominance and volumes for the layers that use them in loops: scratch that is opened once. Everything minimises. */
#ifndef HYTI_PARETO_PARETO_H
#define HYTI_PARETO_PARETO_H

#include "base/heap.h"
#include <hytnas/pareto.h>

/* The most objectives that are taken; an exact volume is beyond any patience well before. */
#define HYTI_PARETO_OBJECTIVES 32

/* Whether the public calls take these: 1 to HYTI_PARETO_OBJECTIVES columns, every value finite. */
hyt_status hyti_points_check(const double *points, size_t n, size_t m);

/* Places of `n` rows of `stride` values, rising by `column`, then by the columns after it (cyclically), then by place.
 * A merge sort: time O(n log n), `scratch` has room for `n`. */
void hyti_sort_rows(const double *rows, size_t n, size_t stride, size_t column, size_t *order, size_t *scratch);

/* One column of such rows, rising; equal values by place. `keys` has room for 2 n, the first n are the answer. */
typedef struct hyti_key {
    double key;
    size_t place;
} hyti_key;
void hyti_sort_column(const double *rows, size_t n, size_t stride, size_t column, hyti_key *keys);

/* Exact volumes of at most `capacity` points of `m` objectives; starts as {0}. */
typedef struct hyti_volume {
    hyt_context *context;
    size_t m, capacity;
    double *boxes;   /* for each number of objectives 1..m: capacity rows */
    double *stairs;  /* of the sweep over three sides: 2 * capacity */
    hyti_key *keys;  /* of sorts: 2 * capacity */
    struct hyti_bounds *bounds; /* of the sweep over more */
    size_t *order;   /* for each number of objectives: capacity */
} hyti_volume;

hyt_status hyti_volume_open(hyti_volume *volume, hyt_context *context, size_t capacity, size_t m);
void hyti_volume_close(hyti_volume *volume);
/* What the points dominate within `reference`. */
double hyti_volume_of(hyti_volume *volume, const double *points, size_t n, const double *reference);
/* What `point` adds to the volume of the points other than the one at `skip` (SIZE_MAX: none is left out). */
double hyti_volume_gain(hyti_volume *volume, const double *points, size_t n, size_t skip, const double *point,
                        const double *reference);

/* What each point alone dominates within `reference`; at most three objectives. */
hyt_status hyti_parts(hyt_context *context, const double *points, size_t n, size_t m, const double *reference,
                      double *parts);

#endif
