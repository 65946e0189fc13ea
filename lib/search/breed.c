/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/breed.h"
#include "pareto/pareto.h"
#include <math.h>
#include <string.h>

static bool is_real(const hyt_space *space, size_t gene)
{
    return hyt_space_gene_kind(space, gene) == HYT_GENE_REAL;
}

/* The level nearest to a place on the grid: beyond the ends, an end. */
static hyti_level level_near(double place, size_t levels)
{
    return (hyti_level)rint(fmin(fmax(place, 0), (double)(levels - 1)));
}

/* A normal step; its size is drawn from half the grid down to a ten-thousandth, each scale as likely. What would step
 * over an end lands on it. Now and then an end or any level at once. */
static hyti_level other_real(hyti_rng *rng, size_t levels, hyti_level level)
{
    uint64_t kind = hyti_rng_below(rng, 16);
    hyti_level last = (hyti_level)(levels - 1), other = level;
    if (kind == 0) other = hyti_rng_below(rng, 2) ? last : 0;
    else if (kind == 1) other = (hyti_level)hyti_rng_below(rng, levels);
    else
        other = level_near(level + hyti_rng_normal(rng) * (double)levels * exp2(-1 - 12 * hyti_rng_uniform(rng)),
                           levels);
    if (other != level) return other;
    return level == last ? level - 1 : level + 1;
}

/* Simulated binary crossover (Deb and Agrawal, Complex Systems 9, 1995, equations 8 to 11), one child of the two. */
static hyti_level cross_real(hyti_rng *rng, size_t levels, hyti_level a, hyti_level b)
{
    static const double eta = 10;
    double u = hyti_rng_uniform(rng), spread = pow(u < 0.5 ? 2 * u : 1 / (2 - 2 * u), 1 / (eta + 1));
    return level_near(((1 + spread) * a + (1 - spread) * b) / 2, levels);
}

static hyti_level other_level(const hyt_space *space, hyti_rng *rng, size_t gene, hyti_level level)
{
    size_t levels = hyt_space_gene_levels(space, gene);
    if (is_real(space, gene)) return other_real(rng, levels, level);
    if (hyt_space_gene_kind(space, gene) != HYT_GENE_CATEGORICAL && hyti_rng_below(rng, 2)) {
        bool up = level == 0 || (level + 1 < levels && hyti_rng_below(rng, 2));
        return up ? level + 1 : level - 1;
    }
    hyti_level other = (hyti_level)hyti_rng_below(rng, levels - 1);
    return other + (other >= level);
}

void hyti_breed_change(const hyt_space *space, hyti_rng *rng, hyti_level *levels)
{
    size_t genes = hyt_space_genes(space), gene = genes, seen = 0;
    for (size_t g = 0; g < genes; g++) { /* one of those that can change, each as likely */
        if (hyt_space_gene_levels(space, g) < 2 || !hyti_space_active(space, levels, g)) continue;
        if (hyti_rng_below(rng, ++seen) == 0) gene = g;
    }
    if (gene == genes) return;
    levels[gene] = other_level(space, rng, gene, levels[gene]);
    hyti_space_canonicalise(space, levels);
}

void hyti_breed_child(const hyt_space *space, hyti_rng *rng, const hyti_level *a, const hyti_level *b,
                      hyti_level *child)
{
    size_t genes = hyt_space_genes(space);
    for (size_t g = 0; g < genes; g++) {
        uint32_t bits = hyti_rng_u32(rng);
        bool first = bits & 1, blend = bits & 2 && a[g] != b[g] && is_real(space, g);
        hyti_level one = first ? a[g] : b[g], other = first ? b[g] : a[g];
        child[g] = blend ? cross_real(rng, hyt_space_gene_levels(space, g), one, other) : one;
    }
    hyti_space_canonicalise(space, child);
    do hyti_breed_change(space, rng, child);
    while (hyti_rng_below(rng, 3) == 0);
}

size_t hyti_breed_pick(hyti_rng *rng, size_t n)
{
    size_t a = (size_t)hyti_rng_below(rng, n), b = (size_t)hyti_rng_below(rng, n);
    return HYTI_MIN(a, b);
}

/* Working memory: what survival is decided by, a row a point, and the members of one front. */
typedef struct ranking {
    double (*keys)[3]; /* penalty, front, -crowding */
    double *members, *distance;
    size_t *places, *ranks;
} ranking;

static void ranking_close(hyt_context *context, ranking *at)
{
    hyti_free(context, at->keys);
    hyti_free(context, at->members);
    hyti_free(context, at->places);
}

static hyt_status ranking_open(hyt_context *context, size_t n, size_t m, ranking *at)
{
    n = HYTI_MAX(n, 1);
    *at = (ranking){ .keys = hyti_array(context, n, sizeof *at->keys),
                     .members = hyti_array(context, n, (m + 1) * sizeof(double)),
                     .places = hyti_array(context, n, 2 * sizeof(size_t)) };
    if (at->keys && at->members && at->places) {
        at->distance = at->members + n * m;
        at->ranks = at->places + n;
        return HYT_OK;
    }
    ranking_close(context, at);
    return hyti_fail_nomem();
}

/* Fronts among the points at `places`, then crowding within each front. */
static hyt_status rank_good(hyt_context *context, const double *points, size_t count, size_t m, ranking *at)
{
    for (size_t i = 0; i < count; i++) memcpy(at->members + i * m, points + at->places[i] * m, m * sizeof *points);
    HYTI_TRY(hyt_pareto_sort(context, at->members, count, m, at->ranks));
    for (size_t i = 0; i < count; i++) at->keys[at->places[i]][1] = (double)at->ranks[i];
    for (size_t front = 0, left = count; left > 0; front++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++)
            if (at->keys[at->places[i]][1] == (double)front)
                memcpy(at->members + n++ * m, points + at->places[i] * m, m * sizeof *points);
        HYTI_TRY(hyt_pareto_crowding(context, at->members, n, m, at->distance));
        for (size_t i = 0, k = 0; i < count; i++)
            if (at->keys[at->places[i]][1] == (double)front) at->keys[at->places[i]][2] = -at->distance[k++];
        left -= n;
    }
    return HYT_OK;
}

hyt_status hyti_breed_rank(hyt_context *context, const double *points, const double *penalties, size_t n, size_t m,
                           size_t *order)
{
    ranking at;
    size_t good = 0;
    HYTI_TRY(ranking_open(context, n, m, &at));
    for (size_t i = 0; i < n; i++) {
        at.keys[i][0] = penalties[i];
        if (penalties[i] == 0) at.places[good++] = i;
    }
    hyt_status status = rank_good(context, points, good, m, &at);
    if (status == HYT_OK) hyti_sort_rows(at.keys[0], n, 3, 0, order, at.places);
    ranking_close(context, &at);
    return status;
}

/* Sum of the excesses, each against the size of its limit. */
static double excess(const hyti_problem *problem, const double *objectives)
{
    double sum = 0;
    for (size_t j = 0; j < problem->objectives; j++) {
        double over = objectives[j] - problem->limits[j];
        if (over > 0) sum += over / fmax(fabs(problem->limits[j]), 1e-9);
    }
    return sum;
}

hyt_status hyti_breed_best(const hyti_problem *problem, const hyti_history *history, size_t most, hyti_set *best)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t m = problem->objectives, genes = hyt_space_genes(problem->space), room = HYTI_MAX(history->count, 1),
           count = 0;
    double *values = hyti_array(context, room, m * sizeof *values),
           *penalties = hyti_array(context, room, sizeof *penalties);
    size_t *places = hyti_array(context, room, sizeof *places), *order = hyti_array(context, room, sizeof *order);
    hyt_status status = values && penalties && places && order ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; i < history->count && status == HYT_OK; i++) {
        if (history->states[i] != HYT_TRIAL_FINISHED) continue;
        memcpy(values + count * m, history->objectives + i * m, m * sizeof *values);
        penalties[count] = excess(problem, history->objectives + i * m);
        places[count++] = i;
    }
    if (status == HYT_OK) status = hyti_breed_rank(context, values, penalties, count, m, order);
    for (size_t i = 0; i < HYTI_MIN(count, most) && status == HYT_OK; i++)
        status = hyti_set_add(best, history->levels + places[order[i]] * genes, NULL);
    hyti_free(context, values);
    hyti_free(context, penalties);
    hyti_free(context, places);
    hyti_free(context, order);
    return status;
}

hyt_status hyti_breed_batch(const hyti_problem *problem, const hyti_set *parents, hyti_child_fn make, hyti_rng *rng,
                            size_t count, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(problem);
    hyti_level *child = hyti_array(context, HYTI_MAX(parents->genes, 1), sizeof *child);
    hyt_status status = child ? HYT_OK : hyti_fail_nomem();
    for (bool found = true; found && batch->count < count && status == HYT_OK;) {
        size_t before = batch->count;
        make(parents, rng, child);
        status = hyti_problem_repair(problem, rng, child, batch);
        found = batch->count > before;
    }
    hyti_free(context, child);
    return status;
}
