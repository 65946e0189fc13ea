/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/design.h"
#include "search/sobol.h"
#include <math.h>
#include <string.h>

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

/* A design as one row of numbers in [0, 1) a point, one number a gene: shares of the gene's levels. */
typedef void (*fill_fn)(const hyti_problem *problem, hyti_rng *rng, size_t count, const hyti_sobol *sobol,
                        double *units);

static void levels_of(const hyt_space *space, const double *units, hyti_level *levels)
{
    for (size_t g = 0; g < hyt_space_genes(space); g++) {
        double n = (double)hyt_space_gene_levels(space, g);
        levels[g] = (hyti_level)HYTI_MIN(units[g] * n, n - 1);
    }
    hyti_space_canonicalise(space, levels);
}

static hyt_status add_units(const hyti_problem *problem, hyti_rng *rng, const double *units, size_t count,
                            hyti_level *levels, hyti_set *batch)
{
    size_t genes = hyt_space_genes(problem->space);
    bool found = true;
    for (size_t i = 0; i < count && found; i++) {
        size_t before = batch->count;
        levels_of(problem->space, units + i * genes, levels);
        HYTI_TRY(hyti_problem_repair(problem, rng, levels, batch));
        found = batch->count > before;
    }
    return HYT_OK;
}

static hyt_status add_design(const hyti_problem *problem, hyti_rng *rng, size_t count, fill_fn fill,
                             const hyti_sobol *sobol, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t genes = HYTI_MAX(hyt_space_genes(problem->space), 1);
    double *units = hyti_array(context, HYTI_MAX(count, 1), genes * sizeof *units);
    hyti_level *levels = hyti_array(context, genes, sizeof *levels);
    hyt_status status = units && levels ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        fill(problem, rng, count, sobol, units);
        status = add_units(problem, rng, units, count, levels, batch);
    }
    hyti_free(context, units);
    hyti_free(context, levels);
    return status;
}

/* Each column: the strata of [0, 1) in random order (shuffled by exchanges as they come), a draw in each. */
static void fill_latin(const hyti_problem *problem, hyti_rng *rng, size_t count, const hyti_sobol *sobol,
                       double *units)
{
    (void)sobol;
    size_t genes = hyt_space_genes(problem->space);
    for (size_t g = 0; g < genes; g++) {
        double *column = units + g;
        for (size_t i = 0; i < count; i++) {
            size_t k = (size_t)hyti_rng_below(rng, i + 1);
            column[i * genes] = column[k * genes];
            column[k * genes] = (double)i;
        }
        for (size_t i = 0; i < count; i++)
            column[i * genes] = (column[i * genes] + hyti_rng_uniform(rng)) / (double)count;
    }
}

/* The distribution's inverse is sin^2(pi u / 2). Categories have no ends. */
static void fill_beta(const hyti_problem *problem, hyti_rng *rng, size_t count, const hyti_sobol *sobol, double *units)
{
    (void)sobol;
    size_t genes = hyt_space_genes(problem->space);
    for (size_t k = 0; k < count * genes; k++) {
        double u = hyti_rng_uniform(rng), sine = sin(M_PI_2 * u);
        units[k] = hyt_space_gene_kind(problem->space, k % genes) == HYT_GENE_CATEGORICAL ? u : sine * sine;
    }
}

static void fill_sobol(const hyti_problem *problem, hyti_rng *rng, size_t count, const hyti_sobol *sobol,
                       double *units)
{
    (void)rng;
    size_t before = problem->taken ? problem->taken->count : 0;
    for (size_t i = 0; i < count; i++)
        hyti_sobol_point(sobol, (uint32_t)(before + i), units + i * hyt_space_genes(problem->space));
}

hyt_status hyti_design_latin(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch)
{
    return add_design(problem, rng, count, fill_latin, NULL, batch);
}

hyt_status hyti_design_beta(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch)
{
    return add_design(problem, rng, count, fill_beta, NULL, batch);
}

hyt_status hyti_design_sobol(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch)
{
    hyt_context *context = hyti_problem_context(problem);
    hyti_sobol sobol;
    HYTI_TRY(hyti_sobol_open(context, hyt_space_genes(problem->space), problem->seed, &sobol));
    hyt_status status = add_design(problem, rng, count, fill_sobol, &sobol, batch);
    hyti_sobol_close(context, &sobol);
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

/* Medoids of a sample: places of its points, and to which of them each point belongs. */
typedef struct clusters {
    const hyti_set *pool;
    size_t count, *medoids, *owner;
    double *least; /* distance of each point to its medoid */
} clusters;

/* Each medoid is drawn with a chance that grows with the square of the distance to those before it (Arthur and
 * Vassilvitskii, SODA 2007). Points that have become medoids are at distance 0. */
static void place_medoids(hyti_rng *rng, size_t count, clusters *c)
{
    const hyti_set *pool = c->pool;
    for (size_t i = 0; i < pool->count; i++) c->least[i] = INFINITY;
    size_t next = (size_t)hyti_rng_below(rng, pool->count);
    for (c->count = 0; c->count < count;) {
        double sum = 0;
        c->medoids[c->count++] = next;
        for (size_t i = 0; i < pool->count; i++) {
            double d = distance(pool->space, hyti_set_at(pool, i), hyti_set_at(pool, next));
            c->least[i] = fmin(c->least[i], d);
            sum += c->least[i] * c->least[i];
        }
        double left = hyti_rng_uniform(rng) * sum;
        for (size_t i = 0; i < pool->count; i++) {
            if (c->least[i] == 0) continue;
            next = i;
            left -= c->least[i] * c->least[i];
            if (left < 0) break;
        }
    }
}

static void assign(clusters *c)
{
    const hyti_set *pool = c->pool;
    for (size_t i = 0; i < pool->count; i++) {
        c->least[i] = INFINITY;
        for (size_t k = 0; k < c->count; k++) {
            double d = distance(pool->space, hyti_set_at(pool, i), hyti_set_at(pool, c->medoids[k]));
            if (d >= c->least[i]) continue;
            c->least[i] = d;
            c->owner[i] = k;
        }
    }
}

static double spread_around(const clusters *c, size_t medoid, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < c->pool->count; i++)
        if (c->owner[i] == k) sum += distance(c->pool->space, hyti_set_at(c->pool, i), hyti_set_at(c->pool, medoid));
    return sum;
}

/* Moves each medoid to the middle of its cluster; false if all are there. */
static bool move_medoids(clusters *c)
{
    bool moved = false;
    for (size_t k = 0; k < c->count; k++) {
        size_t best = c->medoids[k];
        double least = spread_around(c, best, k);
        for (size_t i = 0; i < c->pool->count; i++) {
            if (c->owner[i] != k) continue;
            double sum = spread_around(c, i, k);
            if (sum >= least) continue;
            least = sum;
            best = i;
        }
        moved |= best != c->medoids[k];
        c->medoids[k] = best;
    }
    return moved;
}

static hyt_status add_medoids(hyt_context *context, hyti_rng *rng, size_t count, const hyti_set *pool, hyti_set *batch)
{
    enum { ROUNDS = 8 };
    clusters c = { .pool = pool, .medoids = hyti_array(context, count, sizeof *c.medoids),
                   .owner = hyti_array(context, pool->count, sizeof *c.owner),
                   .least = hyti_array(context, pool->count, sizeof *c.least) };
    hyt_status status = c.medoids && c.owner && c.least ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        place_medoids(rng, count, &c);
        assign(&c);
        for (int i = 0; i < ROUNDS && move_medoids(&c); i++) assign(&c);
    }
    for (size_t k = 0; k < c.count && status == HYT_OK; k++)
        status = hyti_set_add(batch, hyti_set_at(pool, c.medoids[k]), NULL);
    hyti_free(context, c.medoids);
    hyti_free(context, c.owner);
    hyti_free(context, c.least);
    return status;
}

hyt_status hyti_design_cluster(const hyti_problem *problem, hyti_rng *rng, size_t count, hyti_set *batch)
{
    enum { LEAST = 256, MOST = 1024, EACH = 16 };
    hyti_set pool;
    hyti_set_open(&pool, problem->space);
    size_t sample = HYTI_MAX(count, HYTI_MIN(MOST, HYTI_MAX(LEAST, EACH * count)));
    hyt_status status = hyti_design_uniform(problem, rng, sample, &pool);
    count = HYTI_MIN(count, pool.count);
    if (status == HYT_OK && count > 0)
        status = add_medoids(hyti_problem_context(problem), rng, count, &pool, batch);
    hyti_set_close(&pool);
    return status;
}

hyt_status hyti_design_add(const hyti_problem *problem, hyti_design kind, hyti_rng *rng, size_t count, hyti_set *batch)
{
    static hyt_status (*const designs[])(const hyti_problem *, hyti_rng *, size_t, hyti_set *) = {
        hyti_design_latin, hyti_design_uniform, hyti_design_beta, hyti_design_sobol, hyti_design_cluster
    };
    return designs[kind](problem, rng, count, batch);
}
