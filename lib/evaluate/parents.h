/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The networks that were trained last, by candidate: what new ones start from. */
#ifndef HYTI_EVALUATE_PARENTS_H
#define HYTI_EVALUATE_PARENTS_H

#include "graph/graph.h"
#include "space/space.h"

typedef struct hyti_parent {
    hyt_candidate *candidate; /* NULL: an empty place */
    uint64_t number;          /* of its trial */
    hyt_graph *network;
} hyti_parent;

typedef struct hyti_parents {
    hyt_context *context;
    hyti_parent *list;        /* a ring: the oldest leaves */
    size_t capacity, next;
} hyti_parents;

/* Capacity 0: nothing is ever kept. */
hyt_status hyti_parents_init(hyti_parents *parents, hyt_context *context, size_t capacity);
void hyti_parents_clear(hyti_parents *parents);
/* Copies both. */
hyt_status hyti_parents_add(hyti_parents *parents, const hyt_candidate *candidate, uint64_t number,
                            const hyt_graph *network);
/* The one that differs in the fewest genes, of those the one of the earliest trial; lent; NULL: none. */
const hyt_graph *hyti_parents_nearest(const hyti_parents *parents, const hyt_candidate *candidate);

#endif
