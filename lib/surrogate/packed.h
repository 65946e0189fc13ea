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

/* Starts as {0} plus its context. */
typedef struct hyti_packed {
    hyt_context *context;
    hyti_packed_tree *trees;
    uint32_t *features; /* 2^depth - 1 nodes a tree: right of a node is where the code is above the cut */
    uint8_t *cuts;
    double *leaves; /* 2^depth a tree */
    size_t tree_count, tree_capacity, node_count, feature_capacity, cut_capacity, leaf_count, leaf_capacity;
} hyti_packed;

void hyti_packed_clear(hyti_packed *packed);
/* Adds a tree of a forest, of at most HYTI_PACKED_DEPTH levels. */
hyt_status hyti_packed_append(hyti_packed *packed, const hyti_forest *forest, size_t tree);
/* Multiplies the answers of one tree. */
void hyti_packed_scale(hyti_packed *packed, size_t tree, double factor);
/* sums[i] += answers of trees [first, last), summed tree by tree, for a block of HYTI_PACKED_ROWS points whose codes
 * lie feature by feature. */
void hyti_packed_add(const hyti_packed *packed, size_t first, size_t last, const uint8_t *codes, double *sums);

#endif
