/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MOEA/D (Zhang, Li, IEEE Trans. Evol. Comput. 11(6), 2007) on discrete points: one member for each of many directions,
 * the one with the least Chebyshev value found so far; parents come from neighbouring directions, and a child may
 * replace a few members there (Li, Zhang, IEEE Trans. Evol. Comput. 13(2), 2009). A generation is scored at once. */
#include "search/breed.h"
#include "search/directions.h"
#include "search/inner.h"
#include <math.h>
#include <string.h>

enum { NEIGHBOURS = 12, REPLACED = 2 };
static const double astray = 0.1; /* chance that parents come from anywhere */

/* Penalty of a taken point: above whatever a score gives, so it leaves as soon as others are there. */
static const double taken_penalty = 1e6;

typedef struct member {
    size_t place; /* among the points seen */
    double penalty;
} member;

typedef struct decomposition {
    const hyti_problem *problem;
    hyti_score_fn score;
    void *user;
    size_t size, near;       /* directions, neighbours of each (itself the first) */
    double *directions, *scores, *penalties, *member_scores;
    size_t *neighbours;
    member *members;
    hyti_set seen, children; /* all that were members at some time; one generation */
    double low[HYTI_SEARCH_OBJECTIVES], range[HYTI_SEARCH_OBJECTIVES];
    hyti_level *child;
} decomposition;

static void close_all(decomposition *d)
{
    hyt_context *context = hyti_problem_context(d->problem);
    hyti_set_close(&d->seen);
    hyti_set_close(&d->children);
    hyti_free(context, d->directions);
    hyti_free(context, d->scores);
    hyti_free(context, d->member_scores);
    hyti_free(context, d->penalties);
    hyti_free(context, d->neighbours);
    hyti_free(context, d->members);
    hyti_free(context, d->child);
}

/* The nearest directions of each, by insertion. */
static void find_neighbours(decomposition *d)
{
    size_t m = d->problem->objectives;
    for (size_t i = 0; i < d->size; i++) {
        size_t *row = d->neighbours + i * d->near, count = 0;
        double distance[NEIGHBOURS];
        for (size_t k = 0; k < d->size; k++) {
            double apart = k == i ? -1 : 0;
            for (size_t j = 0; j < m && k != i; j++)
                apart += (d->directions[k * m + j] - d->directions[i * m + j]) *
                         (d->directions[k * m + j] - d->directions[i * m + j]);
            if (count == d->near && apart >= distance[count - 1]) continue;
            size_t at = count < d->near ? count++ : count - 1;
            for (; at > 0 && distance[at - 1] > apart; at--) {
                distance[at] = distance[at - 1];
                row[at] = row[at - 1];
            }
            distance[at] = apart;
            row[at] = k;
        }
    }
}

static hyt_status open_all(decomposition *d, const hyti_problem *problem, size_t size)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t m = problem->objectives;
    d->problem = problem;
    d->size = size;
    d->near = HYTI_MIN((size_t)NEIGHBOURS, size);
    hyti_set_open(&d->seen, problem->space);
    hyti_set_open(&d->children, problem->space);
    d->directions = hyti_array(context, size, m * sizeof *d->directions);
    d->scores = hyti_array(context, size, m * sizeof *d->scores);
    d->member_scores = hyti_array(context, size, m * sizeof *d->member_scores);
    d->penalties = hyti_array(context, size, sizeof *d->penalties);
    d->neighbours = hyti_array(context, size, d->near * sizeof *d->neighbours);
    d->members = hyti_array(context, size, sizeof *d->members);
    d->child = hyti_array(context, HYTI_MAX(d->seen.genes, 1), sizeof *d->child);
    if (!d->directions || !d->scores || !d->member_scores || !d->penalties || !d->neighbours || !d->members ||
        !d->child)
        return hyti_fail_nomem();
    hyti_directions(m, size, d->directions);
    find_neighbours(d);
    return HYT_OK;
}

static hyt_status score_children(decomposition *d)
{
    size_t n = d->children.count;
    if (n == 0) return HYT_OK;
    HYTI_TRY(d->score(d->user, d->children.levels, n, d->scores, d->penalties));
    for (size_t i = 0; i < n; i++)
        if (hyti_set_find(d->problem->taken, hyti_set_at(&d->children, i)) != HYTI_NOWHERE)
            d->penalties[i] += taken_penalty;
    return HYT_OK;
}

static double worth(const decomposition *d, size_t direction, const double *scores)
{
    size_t m = d->problem->objectives;
    return hyti_chebyshev(scores, d->directions + direction * m, d->low, d->range, m);
}

/* Whether child `i` is better for this direction than its member: by penalty, then by worth. */
static bool is_better(const decomposition *d, size_t direction, size_t i)
{
    size_t m = d->problem->objectives;
    const member *old = &d->members[direction];
    if (old->place == HYTI_NOWHERE || d->penalties[i] != old->penalty)
        return old->place == HYTI_NOWHERE || d->penalties[i] < old->penalty;
    return worth(d, direction, d->scores + i * m) < worth(d, direction, d->member_scores + direction * m);
}

/* Constraints may cost more than scores: a child meets them only when it is about to replace a member. */
static hyt_status replace(decomposition *d, const size_t *directions, size_t count, size_t most, size_t i)
{
    size_t m = d->problem->objectives, place = HYTI_NOWHERE;
    for (size_t k = 0, replaced = 0; k < count && replaced < most; k++) {
        size_t direction = directions ? directions[k] : k;
        if (!is_better(d, direction, i)) continue;
        if (place == HYTI_NOWHERE) {
            double violation;
            HYTI_TRY(hyti_problem_violation(d->problem, hyti_set_at(&d->children, i), &violation));
            if (violation > 0) return HYT_OK;
            HYTI_TRY(hyti_set_add(&d->seen, hyti_set_at(&d->children, i), &place));
        }
        d->members[direction] = (member){ place, d->penalties[i] };
        memcpy(d->member_scores + direction * m, d->scores + i * m, m * sizeof *d->scores);
        replaced++;
    }
    return HYT_OK;
}

/* The best known points and draws; each direction starts with whichever of them is best for it. */
static hyt_status begin(decomposition *d, hyti_rng *rng, const hyti_set *start)
{
    for (size_t i = 0; i < start->count && i < (d->size + 1) / 2; i++)
        HYTI_TRY(hyti_set_add(&d->children, hyti_set_at(start, i), NULL));
    size_t before = HYTI_NOWHERE; /* fewer when there are no more */
    while (d->children.count < d->size && d->children.count != before) {
        before = d->children.count;
        HYTI_TRY(hyti_problem_draw(d->problem, rng, &d->children));
    }
    for (size_t i = 0; i < d->size; i++) d->members[i].place = HYTI_NOWHERE;
    HYTI_TRY(score_children(d));
    hyti_ranges(d->scores, d->children.count, d->problem->objectives, d->low, d->range);
    for (size_t i = 0; i < d->children.count; i++) HYTI_TRY(replace(d, NULL, d->size, d->size, i));
    return HYT_OK;
}

/* One child a direction; children that are known already are not bred twice. */
static hyt_status breed(decomposition *d, hyti_rng *rng, size_t *direction_of)
{
    hyti_set_empty(&d->children);
    for (size_t i = 0; i < d->size; i++) {
        const size_t *near = d->neighbours + i * d->near;
        bool any = hyti_rng_uniform(rng) < astray;
        size_t a = any ? (size_t)hyti_rng_below(rng, d->size) : near[hyti_rng_below(rng, d->near)];
        size_t b = any ? (size_t)hyti_rng_below(rng, d->size) : near[hyti_rng_below(rng, d->near)];
        hyti_breed_child(d->problem->space, rng, hyti_set_at(&d->seen, d->members[a].place),
                         hyti_set_at(&d->seen, d->members[b].place), d->child);
        if (hyti_set_find(&d->seen, d->child) != HYTI_NOWHERE || !hyti_problem_new(d->problem, &d->children, d->child))
            continue;
        direction_of[d->children.count] = i;
        HYTI_TRY(hyti_set_add(&d->children, d->child, NULL));
    }
    return HYT_OK;
}

/* The ideal point only falls; the scale is that of the members, so that no objective outweighs the others. */
static void rescale(decomposition *d)
{
    size_t m = d->problem->objectives;
    double low[HYTI_SEARCH_OBJECTIVES];
    memcpy(low, d->low, sizeof low);
    hyti_ranges(d->member_scores, d->size, m, d->low, d->range);
    for (size_t j = 0; j < m; j++) d->low[j] = fmin(d->low[j], low[j]);
    for (size_t i = 0; i < d->children.count; i++)
        for (size_t j = 0; j < m && d->penalties[i] == 0; j++) d->low[j] = fmin(d->low[j], d->scores[i * m + j]);
}

static hyt_status evolve(decomposition *d, const hyti_inner_params *params, hyti_rng *rng)
{
    hyt_context *context = hyti_problem_context(d->problem);
    size_t *direction_of = hyti_array(context, d->size, sizeof *direction_of);
    hyt_status status = direction_of ? HYT_OK : hyti_fail_nomem();
    for (size_t g = 0; g < params->generations && status == HYT_OK; g++) {
        status = breed(d, rng, direction_of);
        if (status == HYT_OK) status = score_children(d);
        if (status == HYT_OK) rescale(d);
        for (size_t i = 0; i < d->children.count && status == HYT_OK; i++) {
            const size_t *near = d->neighbours + direction_of[i] * d->near;
            status = replace(d, near, d->near, REPLACED, i);
        }
    }
    hyti_free(context, direction_of);
    return status;
}

/* The members, each once, best first; not the taken ones. */
static hyt_status collect(const decomposition *d, hyti_set *found)
{
    hyt_context *context = hyti_problem_context(d->problem);
    size_t *order = hyti_array(context, d->size, sizeof *order);
    hyt_status status = order ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; i < d->size; i++) d->penalties[i] = d->members[i].penalty;
    if (status == HYT_OK)
        status = hyti_breed_rank(context, d->member_scores, d->penalties, d->size, d->problem->objectives, order);
    for (size_t i = 0; i < d->size && status == HYT_OK; i++) {
        const hyti_level *levels = hyti_set_at(&d->seen, d->members[order[i]].place);
        if (hyti_set_find(d->problem->taken, levels) == HYTI_NOWHERE) status = hyti_set_add(found, levels, NULL);
    }
    hyti_free(context, order);
    return status;
}

hyt_status hyti_inner_moead(const hyti_problem *problem, hyti_score_fn score, void *user,
                            const hyti_inner_params *params, hyti_rng *rng, const hyti_set *start, hyti_set *found)
{
    decomposition d = { .score = score, .user = user };
    hyt_status status = open_all(&d, problem, params->population);
    if (status == HYT_OK) status = begin(&d, rng, start);
    bool some = status == HYT_OK && d.seen.count > 0; /* all directions have a member, or none has */
    if (some) status = evolve(&d, params, rng);
    if (some && status == HYT_OK) status = collect(&d, found);
    close_all(&d);
    return status;
}
