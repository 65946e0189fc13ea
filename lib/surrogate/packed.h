/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A forest laid out for many predictions: each tree full to its own depth, level by level, so that a block of rows is
 * led to its leaves by comparisons alone, without a branch or a pointer. The work doubles with each level, which pays
 * as long as trees are shallow. */
#ifndef HYTI_SURROGATE_PACKED_H
#define HYTI_SURROGATE_PACKED_H

#include "surrogate/forest.h"

enum { HYTI_PACKED_ROWS = 64, HYTI_PACKED_DEPTH = 6 };

typedef struct hyti_packed_tree {
    size_t node, leaf; /* places of its first ones */
    uint32_t depth;
} hyti_packed_tree;

typedef struct hyti_packed {
    hyt_context *context;
    size_t tree_count; /* 0: a tree is too deep */
    hyti_packed_tree *trees;
    uint32_t *features; /* 2^depth - 1 nodes a tree: right of a node is where the code is above the cut */
    uint8_t *cuts;
    double *leaves; /* 2^depth a tree */
} hyti_packed;

hyt_status hyti_packed_create(hyt_context *context, const hyti_forest *forest, hyti_packed *out);
void hyti_packed_clear(hyti_packed *packed);
/* sums[i] += answers of trees [first, last), summed tree by tree, for a block of HYTI_PACKED_ROWS points whose codes lie
 * feature by feature. */
void hyti_packed_add(const hyti_packed *packed, size_t first, size_t last, const uint8_t *codes, double *sums);

#endif
