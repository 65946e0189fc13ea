/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dropout of trees while boosting, so that later trees matter too: Vinayak and Gilad-Bachrach, "DART: dropouts meet
 * multiple additive regression trees", AISTATS 2015, algorithm 1; chances, normalisations and their names as in
 * XGBoost. */
#ifndef HYTI_SURROGATE_DART_H
#define HYTI_SURROGATE_DART_H

#include "base/rng.h"
#include "surrogate/forest.h"

typedef struct hyti_dart {
    double rate; /* chance of a tree to be dropped for a round */
    double skip; /* chance of a round to drop none */
    bool one;    /* a round that is not skipped drops one at least */
    bool whole;  /* a new tree weighs as much as all dropped ones together, not as each of them */
} hyti_dart;

/* Which trees are out for the round that is going on. */
typedef struct hyti_dropped {
    hyt_context *context;
    uint32_t *trees;
    size_t count, capacity;
} hyti_dropped;

/* Draws from the trees of the forest from `first` on. */
hyt_status hyti_dart_drop(const hyti_dart *dart, hyti_rng *rng, const hyti_forest *forest, size_t first,
                          hyti_dropped *out);
/* What the dropped trees weigh from now on, and the new tree, whose answers carry eta already. */
double hyti_dart_old_factor(const hyti_dart *dart, size_t dropped, double eta);
double hyti_dart_new_factor(const hyti_dart *dart, size_t dropped, double eta);

#endif
