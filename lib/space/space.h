/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spaces and candidates for the layers that search and store them: points as rows of levels, without a handle each. */
#ifndef HYTI_SPACE_SPACE_H
#define HYTI_SPACE_SPACE_H

#include "base/heap.h"
#include "base/rng.h"
#include <hytnas/space.h>

/* Of the names of genes, categories, objectives and constraints. */
#define HYTI_NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."

/* Place of a gene's value. A real gene is a grid of 2^32 - 1 places: discrete is discrete. */
typedef uint32_t hyti_level;
typedef unsigned __int128 hyti_rank;

struct hyt_candidate {
    hyti_ref ref;
    hyt_space *space; /* retained */
    hyti_level levels[]; /* canonical */
};

/* A trial lives in whoever created it (search, or a test of an evaluator); the callbacks may be NULL. */
struct hyt_trial {
    uint64_t number;
    hyt_candidate *candidate;
    double fidelity;   /* 1: full */
    double deadline;   /* seconds of CLOCK_MONOTONIC; infinity: none */
    void *owner;
    hyt_status (*report)(struct hyt_trial *trial, uint64_t step, const double *objectives, size_t n);
    int (*should_stop)(const struct hyt_trial *trial);
};

/* Also closes it. */
void hyti_space_retain(hyt_space *space);
hyt_context *hyti_space_context(const hyt_space *space);
/* Rows of hyt_space_genes() levels, in place. */
void hyti_space_canonicalise(const hyt_space *space, hyti_level *levels);
bool hyti_space_active(const hyt_space *space, const hyti_level *levels, size_t gene);
void hyti_space_sample(const hyt_space *space, hyti_rng *rng, hyti_level *levels); /* as hyt_candidate_sample() */
/* Place in the order of the space (tree.c) and back; only where hyti_space_size() answers, of canonical rows. */
hyti_rank hyti_space_rank(const hyt_space *space, const hyti_level *levels);
void hyti_space_unrank(const hyt_space *space, hyti_rank rank, hyti_level *levels);
hyt_status hyti_space_size(const hyt_space *space, hyti_rank *count);   /* HYT_ERR_RANGE from 2^128 on */
/* Neighbours of a canonical row, as hyt_candidate_neighbour() has them; false past the last. */
size_t hyti_space_neighbours(const hyt_space *space, const hyti_level *levels);
bool hyti_space_neighbour(const hyt_space *space, const hyti_level *levels, size_t index, hyti_level *out);
uint64_t hyti_levels_hash(const hyt_space *space, const hyti_level *levels);
hyt_status hyti_candidate_from(hyt_space *space, const hyti_level *levels, hyt_candidate **out);

/* What a surrogate sees (METHOD.md 2.2): log2 of decoded values for genes whose values are all positive, the value
 * otherwise, what a real gene is even in, one-hot for categories, the middle of the range (0 for one-hot) for inactive
 * genes; each column standardised over the space's own levels, a column that never changes 0. A preset may decode:
 * "hytnas" shows channels instead of multipliers and FFN widths instead of ratios, standardised over the uniform
 * distribution of its points. */
size_t hyti_space_features(const hyt_space *space);
void hyti_space_encode(const hyt_space *space, const hyti_level *levels, double *features);
/* What each feature is, in the caller's words: `ordinal`, `real`, or `category` + n for those of the n-th category. */
void hyti_space_columns(const hyt_space *space, int ordinal, int real, int category, int *columns);

#endif
