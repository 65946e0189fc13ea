/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regression trees on binned features, grown on first and second derivatives of a loss: the part that boosting,
 * ranking and random forests share. Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016, section
 * 2.2. */
#ifndef HYTI_SURROGATE_FOREST_H
#define HYTI_SURROGATE_FOREST_H

#include "base/rng.h"
#include "surrogate/bins.h"

/* The next node is left + (code of the feature > cut). A leaf leads to itself: no code is above 255. */
typedef struct hyti_node {
    uint32_t left;
    uint16_t cut;
    uint32_t feature;
    double value; /* of a leaf */
} hyti_node;

typedef struct hyti_tree {
    uint32_t root, depth;
} hyti_tree;

/* Starts as {0} plus its context. */
typedef struct hyti_forest {
    hyt_context *context;
    hyti_node *nodes;
    hyti_tree *trees;
    size_t node_count, node_capacity, tree_count, tree_capacity;
} hyti_forest;

void hyti_forest_clear(hyti_forest *forest);
/* sums[i] += answers of trees [first, last) at n points, summed tree by tree. */
void hyti_forest_add(const hyti_forest *forest, size_t first, size_t last, const uint8_t *codes, size_t n, size_t d,
                     double *sums);
/* Multiplies the answers of one tree. */
void hyti_forest_scale(hyti_forest *forest, size_t tree, double factor);
/* The leaf of a tree, as a place among its nodes, that each of n points comes to. */
void hyti_forest_leaves(const hyti_forest *forest, size_t tree, const uint8_t *codes, size_t n, size_t d,
                        uint32_t *leaves);

/* Largest value of a leaf in bytes from outside: sums and squares of such are numbers still. */
#define HYTI_FOREST_LARGEST 1e50

/* As bytes; codes have d features, and there must be `trees` trees of at most `depth` levels. */
void hyti_forest_save(const hyti_forest *forest, hyti_text *to);
hyt_status hyti_forest_load(hyti_payload *from, size_t d, size_t trees, size_t depth, hyti_forest *forest);

typedef struct hyti_slope {
    double first, second; /* derivatives of the loss by the prediction; second >= 0 */
} hyti_slope;

typedef struct hyti_grow_params {
    size_t depth;
    double lambda, min_weight, scale; /* scale: of leaf values */
    size_t tried;                     /* features that a split chooses from, drawn anew for each; 0: all */
    hyti_rng *rng;                    /* for these */
} hyti_grow_params;

/* What growing needs besides the rows; reused from tree to tree. */
typedef struct hyti_grower hyti_grower;
hyt_status hyti_grower_create(hyt_context *context, const hyti_bins *bins, const uint8_t *codes, size_t n,
                              const hyti_grow_params *params, hyti_grower **out);
void hyti_grower_destroy(hyti_grower *grower);
/* Adds one tree, grown on the listed rows (reordered by it) and features, to the forest; slopes are by row. */
hyt_status hyti_grower_run(hyti_grower *grower, const hyti_slope *slopes, uint32_t *rows, size_t row_count,
                           const uint32_t *features, size_t feature_count, hyti_forest *forest);

#endif
