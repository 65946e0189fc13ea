/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NSGA-II on the measured objectives (Deb, Pratap, Agarwal, Meyarivan, IEEE Trans. Evol. Comput. 6(2), 2002), in
 * steps of one round. The parents are the best of everything measured, so that no state but the history is needed; a
 * failed trial is no parent. */
#include "search/breed.h"
#include "search/methods.h"

static hyt_status breed(const hyti_problem *problem, const hyti_set *parents, hyti_rng *rng, size_t count,
                        hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(problem);
    hyti_level *child = hyti_array(context, HYTI_MAX(parents->genes, 1), sizeof *child);
    hyt_status status = child ? HYT_OK : hyti_fail_nomem();
    for (bool found = true; found && batch->count < count && status == HYT_OK;) {
        size_t before = batch->count;
        const hyti_level *mother = hyti_set_at(parents, hyti_breed_pick(rng, parents->count));
        const hyti_level *father = hyti_set_at(parents, hyti_breed_pick(rng, parents->count));
        hyti_breed_child(problem->space, rng, mother, father, child);
        status = hyti_problem_repair(problem, rng, child, batch);
        found = batch->count > before;
    }
    hyti_free(context, child);
    return status;
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
    else if (status == HYT_OK) status = breed(problem, &parents, rng, count, batch);
    hyti_set_close(&parents);
    return status;
}
