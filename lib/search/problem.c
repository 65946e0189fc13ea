/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/problem.h"
#include "search/breed.h"
#include <string.h>

enum {
    SAMPLES = 128,          /* uniform draws before anything cleverer */
    WALKS = 24,             /* walks towards the constraints, each from another draw */
    STEPS_PER_GENE = 24,    /* changes tried on a walk */
    SMALL = 1 << 16         /* spaces up to here are looked through from end to end */
};

hyt_status hyti_problem_violation(const hyti_problem *problem, const hyti_level *levels, double *violation)
{
    *violation = 0;
    return problem->violation ? problem->violation(problem->user, levels, violation) : HYT_OK;
}

hyt_status hyti_problem_free(const hyti_problem *problem, const hyti_set *batch, const hyti_level *levels, bool *free)
{
    double violation = 1;
    if (hyti_problem_new(problem, batch, levels)) HYTI_TRY(hyti_problem_violation(problem, levels, &violation));
    *free = violation == 0;
    return HYT_OK;
}

/* Changes one gene at a time and keeps what is not further from the constraints, until a free point is met. */
static hyt_status walk(const hyti_problem *problem, hyti_rng *rng, hyti_level *levels, const hyti_set *batch,
                       bool *free)
{
    size_t genes = hyt_space_genes(problem->space);
    hyti_level *step = hyti_array(hyti_problem_context(problem), HYTI_MAX(genes, 1), sizeof *step);
    if (!step) return hyti_fail_nomem();
    double here, there;
    hyt_status status = hyti_problem_violation(problem, levels, &here);
    if (status == HYT_OK) status = hyti_problem_free(problem, batch, levels, free);
    for (size_t i = 0; i < STEPS_PER_GENE * genes && status == HYT_OK && !*free; i++) {
        memcpy(step, levels, genes * sizeof *step);
        hyti_breed_change(problem->space, rng, step);
        status = hyti_problem_violation(problem, step, &there);
        if (status != HYT_OK || there > here) continue;
        memcpy(levels, step, genes * sizeof *step);
        here = there;
        status = hyti_problem_free(problem, batch, levels, free);
    }
    hyti_free(hyti_problem_context(problem), step);
    return status;
}

/* From a random place on, once round. */
static hyt_status look_through(const hyti_problem *problem, hyti_rng *rng, hyti_rank size, const hyti_set *batch,
                               hyti_level *levels, bool *free)
{
    hyti_rank start = hyti_rng_below(rng, (uint64_t)size);
    for (hyti_rank i = 0; i < size && !*free; i++) {
        hyti_space_unrank(problem->space, (start + i) % size, levels);
        HYTI_TRY(hyti_problem_free(problem, batch, levels, free));
    }
    return HYT_OK;
}

static hyt_status find_free(const hyti_problem *problem, hyti_rng *rng, const hyti_set *batch, hyti_level *levels,
                            bool *free)
{
    size_t taken = (problem->taken ? problem->taken->count : 0) + batch->count;
    hyti_rank size = ~(hyti_rank)0;
    if (hyti_space_size(problem->space, &size) != HYT_OK) size = ~(hyti_rank)0; /* beyond counting */
    for (int i = 0; i < SAMPLES && !*free; i++) {
        hyti_space_sample(problem->space, rng, levels);
        HYTI_TRY(hyti_problem_free(problem, batch, levels, free));
    }
    if (size <= SMALL || size / 4 <= taken)
        return *free ? HYT_OK : look_through(problem, rng, size, batch, levels, free);
    for (int i = 0; i < WALKS && !*free; i++) {
        hyti_space_sample(problem->space, rng, levels);
        HYTI_TRY(walk(problem, rng, levels, batch, free));
    }
    return HYT_OK;
}

hyt_status hyti_problem_draw(const hyti_problem *problem, hyti_rng *rng, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(problem);
    hyti_level *levels = hyti_array(context, HYTI_MAX(hyt_space_genes(problem->space), 1), sizeof *levels);
    if (!levels) return hyti_fail_nomem();
    bool free = false;
    hyt_status status = find_free(problem, rng, batch, levels, &free);
    if (status == HYT_OK && free) status = hyti_set_add(batch, levels, NULL);
    hyti_free(context, levels);
    return status;
}

hyt_status hyti_problem_repair(const hyti_problem *problem, hyti_rng *rng, hyti_level *levels, hyti_set *batch)
{
    bool free = false;
    HYTI_TRY(walk(problem, rng, levels, batch, &free));
    return free ? hyti_set_add(batch, levels, NULL) : hyti_problem_draw(problem, rng, batch);
}

static hyt_status add_all(const hyti_problem *problem, hyti_rank size, hyti_level *levels, hyti_set *found)
{
    for (hyti_rank i = 0; i < size; i++) {
        bool free = false;
        hyti_space_unrank(problem->space, i, levels);
        HYTI_TRY(hyti_problem_free(problem, found, levels, &free));
        if (free) HYTI_TRY(hyti_set_add(found, levels, NULL));
    }
    return HYT_OK;
}

hyt_status hyti_problem_enumerate(const hyti_problem *problem, uint64_t most, hyti_set *found, bool *small)
{
    hyt_context *context = hyti_problem_context(problem);
    hyti_rank size;
    *small = hyti_space_size(problem->space, &size) == HYT_OK && size <= most;
    if (!*small) return HYT_OK;
    hyti_level *levels = hyti_array(context, hyt_space_genes(problem->space), sizeof *levels);
    hyt_status status = levels ? add_all(problem, size, levels, found) : hyti_fail_nomem();
    hyti_free(context, levels);
    return status;
}
