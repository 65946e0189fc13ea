/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inner solvers: the points with the best scores, where a score costs next to nothing. They know nothing of
 * surrogates. */
#ifndef HYTI_SEARCH_INNER_H
#define HYTI_SEARCH_INNER_H

#include "search/problem.h"
#include "search/search.h"

/* Scores `n` points: a row of problem->objectives values each, minimised, and a penalty each, 0 for none. */
typedef hyt_status (*hyti_score_fn)(void *user, const hyti_level *rows, size_t n, double *scores, double *penalties);

/* What fills the pool of a recipe; a solver here is one of the middle two. */
typedef enum hyti_solver { HYTI_SOLVER_AUTO, HYTI_SOLVER_NSGA2, HYTI_SOLVER_MOEAD, HYTI_SOLVER_LOCAL } hyti_solver;

typedef struct hyti_inner_params {
    size_t population, generations;
    hyti_solver solver; /* of hyti_inner_solve */
} hyti_inner_params;

/* As the options have it, `size` being the population. They leave the generations open by 0: the more genes, the more
 * steps it takes until each is in its place. */
hyti_inner_params hyti_inner_choose(const hyti_problem *problem, int64_t size, int64_t generations, int64_t solver);

/* Discrete NSGA-II. Starts from `start` (best known points, which may be taken: they breed but are not found) and
 * uniform draws; adds the points of the last population that are free to `found`, best first. */
hyt_status hyti_inner_nsga2(const hyti_problem *problem, hyti_score_fn score, void *user,
                            const hyti_inner_params *params, hyti_rng *rng, const hyti_set *start, hyti_set *found);
/* The same by decomposition into as many directions as the population is large. */
hyt_status hyti_inner_moead(const hyti_problem *problem, hyti_score_fn score, void *user,
                            const hyti_inner_params *params, hyti_rng *rng, const hyti_set *start, hyti_set *found);
/* By decomposition where the parameters name it, else by NSGA-II. */
hyt_status hyti_inner_solve(const hyti_problem *problem, hyti_score_fn score, void *user,
                            const hyti_inner_params *params, hyti_rng *rng, const hyti_set *start, hyti_set *found);

#endif
