/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regularised evolution (Real, Aggarwal, Huang, Le, AAAI 2019, algorithm 1): the population is what was measured last,
 * so that age, not merit, ends a life; the best of a random sample of it has a child by one change. With several
 * objectives the best is by front, then crowding. */
#include "search/breed.h"
#include "search/methods.h"
#include <string.h>

enum { SAMPLE_SHARE = 4 }; /* a quarter of the population stands in each tournament, as in the paper */

/* The last finished trials: `most` of them, with what failed between. */
static hyti_history youngest(const hyti_problem *problem, const hyti_history *history, size_t most)
{
    size_t start = history->count, finished = 0;
    while (start > 0 && finished < most) finished += history->states[--start] == HYT_TRIAL_FINISHED;
    hyti_history tail = *history; /* what else is known of trials does not matter here */
    tail.count -= start;
    tail.levels += start * hyt_space_genes(problem->space);
    tail.objectives += start * problem->objectives;
    tail.states += start;
    return tail;
}

static size_t tournament(hyti_rng *rng, size_t n)
{
    size_t best = n - 1;
    for (size_t i = 0; i < HYTI_MAX(n / SAMPLE_SHARE, 2); i++)
        best = HYTI_MIN(best, (size_t)hyti_rng_below(rng, n));
    return best;
}

static void make_child(const hyti_set *parents, hyti_rng *rng, hyti_level *child)
{
    memcpy(child, hyti_set_at(parents, tournament(rng, parents->count)), parents->genes * sizeof *child);
    hyti_breed_change(parents->space, rng, child);
}

hyt_status hyti_evolution_propose(const hyti_problem *problem, const hyti_history *history,
                                  const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                                  hyti_set *batch)
{
    size_t population = (size_t)params->population;
    hyti_history tail = youngest(problem, history, population);
    hyti_set parents;
    hyti_set_open(&parents, problem->space);
    hyt_status status = hyti_breed_best(problem, &tail, population, &parents);
    if (status == HYT_OK && parents.count == 0)
        status = hyti_random_propose(problem, history, params, memo, rng, count, batch);
    else if (status == HYT_OK) status = hyti_breed_batch(problem, &parents, make_child, rng, count, batch);
    hyti_set_close(&parents);
    return status;
}
