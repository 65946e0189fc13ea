/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/inner.h"
#include "search/breed.h"
#include <string.h>

enum { TRIES = 4 }; /* children bred for each place, where they are known already */

/* Above whatever a score gives: a taken point leaves as soon as others are there. */
static const double taken_penalty = 1e6;

/* Survivors, best first, and room for as many children behind them. Constraints may cost more than scores: a child
 * meets them only when it is about to survive. */
typedef struct population {
    size_t size, count; /* most, and how many of the members are known to meet the constraints: the first ones */
    hyti_set members, next;
    double *scores, *penalties;
    size_t *order;
} population;

static void population_close(hyt_context *context, population *p)
{
    hyti_set_close(&p->members);
    hyti_set_close(&p->next);
    hyti_free(context, p->scores);
    hyti_free(context, p->penalties);
    hyti_free(context, p->order);
}

static hyt_status population_open(const hyti_problem *problem, size_t size, population *p)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t room = 2 * size, m = problem->objectives;
    *p = (population){ .size = size };
    hyti_set_open(&p->members, problem->space);
    hyti_set_open(&p->next, problem->space);
    p->scores = hyti_array(context, room, 2 * m * sizeof *p->scores);
    p->penalties = hyti_array(context, room, 2 * sizeof *p->penalties);
    p->order = hyti_array(context, room, sizeof *p->order);
    if (!p->scores || !p->penalties || !p->order) return hyti_fail_nomem();
    HYTI_TRY(hyti_set_reserve(&p->members, room));
    return hyti_set_reserve(&p->next, room);
}

/* Scores the members from `first` on. */
static hyt_status population_score(const hyti_problem *problem, hyti_score_fn score, void *user, population *p,
                                   size_t first)
{
    size_t n = p->members.count - first;
    if (n == 0) return HYT_OK;
    double *penalties = p->penalties + first;
    HYTI_TRY(score(user, hyti_set_at(&p->members, first), n, p->scores + first * problem->objectives, penalties));
    for (size_t i = 0; i < n; i++)
        if (hyti_set_find(problem->taken, hyti_set_at(&p->members, first + i)) != HYTI_NOWHERE)
            penalties[i] += taken_penalty;
    return HYT_OK;
}

/* Moves member `place` to the survivors, unless it breaks a constraint. */
static hyt_status survive(const hyti_problem *problem, population *p, size_t place, double *scores, double *penalties)
{
    size_t m = problem->objectives, kept = p->next.count;
    const hyti_level *levels = hyti_set_at(&p->members, place);
    double violation = 0;
    if (place >= p->count) HYTI_TRY(hyti_problem_violation(problem, levels, &violation));
    if (violation > 0) return HYT_OK;
    memcpy(scores + kept * m, p->scores + place * m, m * sizeof *scores);
    penalties[kept] = p->penalties[place];
    return hyti_set_add(&p->next, levels, NULL);
}

/* Keeps the best, in order. */
static hyt_status population_cull(const hyti_problem *problem, population *p)
{
    size_t m = problem->objectives, all = p->members.count;
    double *scores = p->scores + 2 * p->size * m, *penalties = p->penalties + 2 * p->size;
    HYTI_TRY(hyti_breed_rank(hyti_problem_context(problem), p->scores, p->penalties, all, m, p->order));
    hyti_set_empty(&p->next);
    for (size_t i = 0; i < all && p->next.count < p->size; i++)
        HYTI_TRY(survive(problem, p, p->order[i], scores, penalties));
    hyti_set members = p->members;
    p->members = p->next;
    p->next = members;
    p->count = p->members.count;
    memcpy(p->scores, scores, p->count * m * sizeof *scores);
    memcpy(p->penalties, penalties, p->count * sizeof *penalties);
    return HYT_OK;
}

static hyt_status population_breed(const hyti_problem *problem, hyti_rng *rng, hyti_level *child, population *p)
{
    for (size_t i = 0; i < TRIES * p->size && p->members.count < 2 * p->size; i++) {
        const hyti_level *a = hyti_set_at(&p->members, hyti_breed_pick(rng, p->count));
        const hyti_level *b = hyti_set_at(&p->members, hyti_breed_pick(rng, p->count));
        hyti_breed_child(problem->space, rng, a, b, child);
        if (hyti_problem_new(problem, &p->members, child)) HYTI_TRY(hyti_set_add(&p->members, child, NULL));
    }
    return HYT_OK;
}

static hyt_status population_start(const hyti_problem *problem, hyti_rng *rng, const hyti_set *start, population *p)
{
    for (size_t i = 0; i < start->count && i < p->size; i++)
        HYTI_TRY(hyti_set_add(&p->members, hyti_set_at(start, i), NULL));
    size_t before = HYTI_NOWHERE; /* as many draws again; fewer when there are no more */
    for (size_t i = 0; i < p->size && p->members.count != before; i++) {
        before = p->members.count;
        HYTI_TRY(hyti_problem_draw(problem, rng, &p->members));
    }
    p->count = p->members.count;
    return HYT_OK;
}

static hyt_status evolve(const hyti_problem *problem, hyti_score_fn score, void *user, const hyti_inner_params *params,
                         hyti_rng *rng, hyti_level *child, population *p)
{
    HYTI_TRY(population_score(problem, score, user, p, 0));
    HYTI_TRY(population_cull(problem, p));
    for (size_t i = 0; i < params->generations && p->count > 0; i++) {
        HYTI_TRY(population_breed(problem, rng, child, p));
        HYTI_TRY(population_score(problem, score, user, p, p->count));
        HYTI_TRY(population_cull(problem, p));
    }
    return HYT_OK;
}

static hyt_status collect(const hyti_problem *problem, const population *p, hyti_set *found)
{
    for (size_t i = 0; i < p->count; i++)
        if (hyti_set_find(problem->taken, hyti_set_at(&p->members, i)) == HYTI_NOWHERE)
            HYTI_TRY(hyti_set_add(found, hyti_set_at(&p->members, i), NULL));
    return HYT_OK;
}

hyti_inner_params hyti_inner_choose(const hyti_problem *problem, int64_t size, int64_t generations, int64_t solver)
{
    size_t genes = hyt_space_genes(problem->space), usual = HYTI_MIN(HYTI_MAX(6 * genes, 48), 240);
    return (hyti_inner_params){ (size_t)size, generations ? (size_t)generations : usual, (hyti_solver)solver };
}

hyt_status hyti_inner_nsga2(const hyti_problem *problem, hyti_score_fn score, void *user,
                            const hyti_inner_params *params, hyti_rng *rng, const hyti_set *start, hyti_set *found)
{
    hyt_context *context = hyti_problem_context(problem);
    population p;
    hyti_level *child = hyti_array(context, HYTI_MAX(hyt_space_genes(problem->space), 1), sizeof *child);
    hyt_status status = population_open(problem, params->population, &p);
    if (status == HYT_OK && !child) status = hyti_fail_nomem();
    if (status == HYT_OK) status = population_start(problem, rng, start, &p);
    if (status == HYT_OK) status = evolve(problem, score, user, params, rng, child, &p);
    if (status == HYT_OK) status = collect(problem, &p, found);
    population_close(context, &p);
    hyti_free(context, child);
    return status;
}

hyt_status hyti_inner_solve(const hyti_problem *problem, hyti_score_fn score, void *user,
                            const hyti_inner_params *params, hyti_rng *rng, const hyti_set *start, hyti_set *found)
{
    switch (params->solver) {
    case HYTI_SOLVER_MOEAD: return hyti_inner_moead(problem, score, user, params, rng, start, found);
    default: return hyti_inner_nsga2(problem, score, user, params, rng, start, found);
    }
}
