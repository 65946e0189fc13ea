/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which output is to become which box. */
#ifndef HYTI_TRAIN_MATCH_H
#define HYTI_TRAIN_MATCH_H

#include "runtime/head.h"

#define HYTI_MAX_TRUTHS ((size_t)128)  /* boxes of one picture that are trained on */
#define HYTI_MAX_QUERIES ((size_t)512)
#define HYTI_CLOSEST ((size_t)13)      /* places that learn one box, at most */

typedef struct hyti_truth {
    hyti_box box;
    uint32_t label;
    bool crowd;      /* neither found nor missed: what lies in it does not count */
} hyti_truth;

/* Cheapest assignment of `rows` rows to different columns, rows <= columns <= HYTI_MAX_QUERIES; column_of: one a
 * row. Costs are finite. */
typedef double (*hyti_cost_fn)(const void *user, size_t row, size_t column);
void hyti_match_cheapest(hyti_cost_fn cost, const void *user, size_t rows, size_t columns, size_t *column_of);

/* A place that is to become a box, and how good it is to think that it is, 0 to 1. */
typedef struct hyti_claim {
    size_t place, truth;
    double quality, overlap, aligned;
} hyti_claim;

/* Task-aligned assignment (Feng et al., arXiv 2108.07755, section 3.2): of the places in a box those with the highest
 * score^0.5 * IoU^6 learn it; a place that two boxes claim goes to the one it overlaps more. The quality is their
 * measure scaled to the box's best IoU. A box without a place in it gets the nearest. Written by rising place;
 * `claims` has room for count * HYTI_CLOSEST. Returns their number. */
size_t hyti_match_aligned(const hyti_head *head, const float *output, const hyti_truth *truths, size_t count,
                          hyti_claim *claims);

#endif
