/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Initial designs: each adds up to `count` free points to the batch, fewer only where no more are found. */
#ifndef HYTI_SEARCH_DESIGN_H
#define HYTI_SEARCH_DESIGN_H

#include "search/problem.h"

/* In the order of the option's words. */
typedef enum hyti_design {
    HYTI_DESIGN_LATIN, HYTI_DESIGN_UNIFORM, HYTI_DESIGN_BETA, HYTI_DESIGN_SOBOL, HYTI_DESIGN_CLUSTER
} hyti_design;
#define HYTI_DESIGN_WORDS "latin|uniform|beta|sobol|cluster"

hyt_status hyti_design_add(const hyti_problem *problem, hyti_design kind, hyti_rng *rng, size_t count, hyti_set *batch);
/* Each point uniform and independent. */
hyt_status hyti_design_uniform(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);
/* Latin hypercube (McKay, Beckman, Conover, Technometrics 21(2), 1979): every gene's levels as evenly as `count`
 * allows; what is not free moves to a free point nearby. */
hyt_status hyti_design_latin(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);
/* Each number by Beta(1/2, 1/2), which prefers the ends; categories uniform. Moves as in the Latin hypercube. */
hyt_status hyti_design_beta(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);
/* Sobol's sequence, scrambled by the study's seed, from the number of points that are taken on. Moves likewise. */
hyt_status hyti_design_sobol(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);
/* The medoids of as many clusters of a large uniform sample. */
hyt_status hyti_design_cluster(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);
/* One after the other the draw, of many, that is furthest from all that is taken: for when all that was tried has
 * failed. */
hyt_status hyti_design_spread(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);

#endif
