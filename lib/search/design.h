/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Initial designs: each adds up to `count` free points to the batch, fewer only where no more are found. */
#ifndef HYTI_SEARCH_DESIGN_H
#define HYTI_SEARCH_DESIGN_H

#include "search/problem.h"

/* Each point uniform and independent. */
hyt_status hyti_design_uniform(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);
/* Latin hypercube (McKay, Beckman, Conover, Technometrics 21(2), 1979): every gene's levels as evenly as `count`
 * allows; what is not free moves to a free point nearby. */
hyt_status hyti_design_latin(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);
/* One after the other the draw, of many, that is furthest from all that is taken: for when all that was tried has
 * failed. */
hyt_status hyti_design_spread(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch);

#endif
