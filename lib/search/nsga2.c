/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NSGA-II on the measured objectives (Deb, Pratap, Agarwal, Meyarivan, IEEE Trans. Evol. Comput. 6(2), 2002), in
 * steps of one round. The parents are the best of everything measured, so that no state but the history is needed; a
 * failed trial is no parent. */
#include "search/breed.h"
#include "search/methods.h"

static void make_child(const hyti_set *parents, hyti_rng *rng, hyti_level *child)
{
    const hyti_level *mother = hyti_set_at(parents, hyti_breed_pick(rng, parents->count));
    const hyti_level *father = hyti_set_at(parents, hyti_breed_pick(rng, parents->count));
    hyti_breed_child(parents->space, rng, mother, father, child);
}

hyt_status hyti_nsga2_propose(const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                              hyti_set *batch)
{
    hyti_set parents;
    hyti_set_open(&parents, problem->space);
    hyt_status status = hyti_breed_best(problem, history, (size_t)params->population, &parents);
    if (status == HYT_OK && parents.count == 0)
        status = hyti_random_propose(problem, history, params, memo, rng, count, batch);
    else if (status == HYT_OK) status = hyti_breed_batch(problem, &parents, make_child, rng, count, batch);
    hyti_set_close(&parents);
    return status;
}
