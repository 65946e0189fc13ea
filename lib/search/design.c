/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/design.h"
#include <math.h>

hyt_status hyti_design_uniform(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch)
{
    bool found = true;
    for (size_t i = 0; i < count && found; i++) {
        size_t before = batch->count;
        HYTI_TRY(hyti_problem_draw(problem, rng, batch));
        found = batch->count > before;
    }
    return HYT_OK;
}

/* One gene's column: the strata of [0, 1) in random order, a draw in each. */
static void fill_column(hyti_rng *rng, size_t count, size_t genes, size_t levels, size_t *strata, hyti_level *column)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = (size_t)hyti_rng_below(rng, i + 1);
        strata[i] = strata[k];
        strata[k] = i;
    }
    for (size_t i = 0; i < count; i++) {
        double u = ((double)strata[i] + hyti_rng_uniform(rng)) / (double)count;
        column[i * genes] = (hyti_level)HYTI_MIN(u * (double)levels, (double)(levels - 1));
    }
}

hyt_status hyti_design_latin(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t genes = hyt_space_genes(problem->space);
    hyti_level *rows = hyti_array(context, HYTI_MAX(count, 1), HYTI_MAX(genes, 1) * sizeof *rows);
    size_t *strata = hyti_array(context, HYTI_MAX(count, 1), sizeof *strata);
    hyt_status status = rows && strata ? HYT_OK : hyti_fail_nomem();
    for (size_t g = 0; g < genes && status == HYT_OK; g++)
        fill_column(rng, count, genes, hyt_space_gene_levels(problem->space, g), strata, rows + g);
    bool found = true;
    for (size_t i = 0; i < count && status == HYT_OK && found; i++) {
        size_t before = batch->count;
        hyti_space_canonicalise(problem->space, rows + i * genes);
        status = hyti_problem_repair(problem, rng, rows + i * genes, batch);
        found = batch->count > before;
    }
    hyti_free(context, rows);
    hyti_free(context, strata);
    return status;
}

/* Sum over the genes: steps over the most there can be; 1 for another category. */
static double distance(const hyt_space *space, const hyti_level *a, const hyti_level *b)
{
    double sum = 0;
    for (size_t g = 0; g < hyt_space_genes(space); g++) {
        if (a[g] == b[g]) continue;
        double steps = a[g] > b[g] ? a[g] - b[g] : b[g] - a[g];
        bool category = hyt_space_gene_kind(space, g) == HYT_GENE_CATEGORICAL;
        sum += category ? 1 : steps / (double)(hyt_space_gene_levels(space, g) - 1);
    }
    return sum;
}

static double nearest(const hyt_space *space, const hyti_set *set, const hyti_level *levels)
{
    double least = INFINITY;
    for (size_t i = 0; set && i < set->count; i++) least = fmin(least, distance(space, hyti_set_at(set, i), levels));
    return least;
}

static hyt_status add_furthest(const hyti_problem *problem, const hyti_set *pool, hyti_set *batch)
{
    size_t best = 0;
    double most = -1;
    for (size_t i = 0; i < pool->count; i++) {
        const hyti_level *levels = hyti_set_at(pool, i);
        double least = fmin(nearest(problem->space, problem->taken, levels), nearest(problem->space, batch, levels));
        if (least <= most) continue;
        most = least;
        best = i;
    }
    return pool->count ? hyti_set_add(batch, hyti_set_at(pool, best), NULL) : HYT_OK;
}

hyt_status hyti_design_spread(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch)
{
    enum { DRAWS = 128 };
    hyti_set pool;
    hyti_set_open(&pool, problem->space);
    hyt_status status = hyti_design_uniform(problem, rng, HYTI_MAX(DRAWS, count), &pool);
    for (size_t i = 0; i < HYTI_MIN(count, pool.count) && status == HYT_OK; i++)
        status = add_furthest(problem, &pool, batch);
    hyti_set_close(&pool);
    return status;
}
