/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inner solvers: the points with the best scores, where a score costs next to nothing. They know nothing of
 * surrogates. */
#ifndef HYTI_SEARCH_INNER_H
#define HYTI_SEARCH_INNER_H

#include "search/problem.h"

/* Scores `n` points: a row of problem->objectives values each, minimised, and a penalty each, 0 for none. */
typedef hyt_status (*hyti_score_fn)(void *user, const hyti_level *rows, size_t n, double *scores, double *penalties);

typedef struct hyti_inner_params {
    size_t population, generations;
} hyti_inner_params;

/* Discrete NSGA-II. Starts from `start` (best known points, which may be taken: they breed but are not found) and
 * uniform draws; adds the points of the last population that are free to `found`, best first. */
hyt_status hyti_inner_nsga2(const hyti_problem *problem, hyti_score_fn score, void *user,
                            const hyti_inner_params *params, hyti_rng *rng, const hyti_set *start, hyti_set *found);

#endif
