/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random search: uniform over the points that are free; or quasi-random, along Sobol's sequence. */
#include "search/design.h"
#include "search/methods.h"

hyt_status hyti_random_propose(const hyti_problem *problem, const hyti_history *history,
                               const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                               hyti_set *batch)
{
    (void)history;
    (void)params;
    (void)memo;
    return hyti_design_uniform(problem, rng, count, batch);
}

hyt_status hyti_sobol_propose(const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                              hyti_set *batch)
{
    (void)history;
    (void)params;
    (void)memo;
    return hyti_design_sobol(problem, rng, count, batch);
}
