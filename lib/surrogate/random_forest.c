/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "forest": trees on bootstrap samples, each split chosen among features drawn for it (Breiman, "Random forests",
 * Machine Learning 45, 2001). Deviation by the law of total variance, as in SMAC (Hutter, Hoos, Leyton-Brown, LION 5,
 * 2011; Hutter et al., Artif. Intell. 206, 2014, section 4.3.2): the variance of the trees' means and the mean of the
 * variances in their leaves. */
#include "surrogate/bag.h"
#include "surrogate/forest.h"
#include <math.h>
#include <string.h>

typedef struct forest_params {
    int64_t seed, trees, depth, bins;
    double max_features, min_leaf;
} forest_params;

#define FIELD(name) offsetof(forest_params, name)
static const hyti_option forest_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of the samples" },
    { HYT_FOREST_TREES, HYT_OPT_INT, 100, 1, 100000, NULL, FIELD(trees), "trees" },
    { HYT_FOREST_DEPTH, HYT_OPT_INT, 20, 0, 32, NULL, FIELD(depth), "splits from root to leaf at most" },
    { HYT_FOREST_MAX_FEATURES, HYT_OPT_REAL, 0.8, 1e-6, 1, NULL, FIELD(max_features),
      "share of the features that a split chooses from" },
    { HYT_FOREST_MIN_LEAF, HYT_OPT_REAL, 3, 1, 1e9, NULL, FIELD(min_leaf), "least rows of a leaf" },
    { HYT_FOREST_BINS, HYT_OPT_INT, HYTI_BINS_MOST, 2, HYTI_BINS_MOST, NULL, FIELD(bins),
      "most distinct values of a feature that are told apart" },
};
static const hyti_table forest_table = { forest_options, HYTI_COUNT(forest_options), sizeof(forest_params), NULL };

#define BLOCK 256 /* points predicted at once */

typedef struct forest_model {
    hyt_context *context;
    hyti_bins bins;
    hyti_forest forest;
    double *variances; /* of the targets in a node that is a leaf */
    size_t capacity;
} forest_model;

static void forest_destroy(void *model)
{
    forest_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_bins_clear(&m->bins);
    hyti_forest_clear(&m->forest);
    hyti_free(context, m->variances);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

static forest_model *forest_create(hyt_context *context)
{
    forest_model *m = hyti_alloc(context, sizeof *m);
    if (m) m->context = m->bins.context = m->forest.context = hyti_context_retain(context);
    return m;
}

/* Room of a fit. */
typedef struct planting {
    hyt_context *context;
    const forest_params *params;
    const hyti_rows *rows;
    const uint32_t *weights; /* n */
    uint8_t *codes;          /* n x d */
    hyti_slope *slopes;      /* n */
    uint32_t *drawn;         /* n */
    uint32_t *leaves;        /* n */
    uint32_t *features;      /* d */
    double *answers;         /* n */
    double *totals;          /* 2 n: rows of each node of a tree */
    hyti_rng rng;
    hyti_grower *grower;
} planting;

static void planting_clear(planting *p)
{
    hyti_grower_destroy(p->grower);
    void *all[] = { p->codes, p->slopes, p->drawn, p->leaves, p->features, p->answers, p->totals };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(p->context, all[i]);
}

static hyt_status planting_create(planting *p, const hyti_bins *bins)
{
    size_t n = p->rows->n, d = p->rows->d;
    p->codes = hyti_array(p->context, n * d, sizeof *p->codes);
    p->slopes = hyti_array(p->context, n, sizeof *p->slopes);
    p->drawn = hyti_array(p->context, n, sizeof *p->drawn);
    p->leaves = hyti_array(p->context, n, sizeof *p->leaves);
    p->features = hyti_array(p->context, d, sizeof *p->features);
    p->answers = hyti_array(p->context, n, sizeof *p->answers);
    p->totals = hyti_array(p->context, 2 * n, sizeof *p->totals);
    if (!p->codes || !p->slopes || !p->drawn || !p->leaves || !p->features || !p->answers || !p->totals)
        return hyti_fail_nomem();
    hyti_bins_encode(bins, p->rows->x, n, p->codes);
    for (size_t k = 0; k < d; k++) p->features[k] = (uint32_t)k;
    hyti_grow_params grow = { .depth = (size_t)p->params->depth, .min_weight = p->params->min_leaf, .scale = 1,
                              .tried = (size_t)ceil(p->params->max_features * (double)d), .rng = &p->rng };
    return hyti_grower_create(p->context, bins, p->codes, n, &grow, &p->grower);
}

/* Variances of the drawn targets in the leaves of a tree, and its answers. */
static hyt_status measure_leaves(planting *p, size_t tree, forest_model *m)
{
    size_t n = p->rows->n, root = m->forest.trees[tree].root, nodes = m->forest.node_count - root;
    HYTI_TRY(hyti_grow(m->context, &m->variances, &m->capacity, m->forest.node_count, sizeof *m->variances));
    hyti_forest_leaves(&m->forest, tree, p->codes, n, p->rows->d, p->leaves);
    memset(p->totals, 0, nodes * sizeof *p->totals);
    double *variances = m->variances + root;
    for (size_t i = 0; i < n; i++) {
        uint32_t leaf = p->leaves[i];
        p->answers[i] = m->forest.nodes[root + leaf].value;
        double away = p->rows->y[i] - p->answers[i];
        variances[leaf] += p->weights[i] * away * away;
        p->totals[leaf] += p->weights[i];
    }
    for (size_t k = 0; k < nodes; k++)
        if (p->totals[k] > 0) variances[k] /= p->totals[k];
    return HYT_OK;
}

/* A tree whose leaves are means is one step of Newton's on squared loss from 0. */
static hyt_status plant(planting *p, hyti_bag *bag, size_t tree, forest_model *m)
{
    size_t n = p->rows->n, drawn = 0;
    hyti_bag_draw(bag, tree);
    p->rng = hyti_rng_start((uint64_t)p->params->seed, HYTI_PURPOSE_SURROGATE, HYTI_BAG_STREAM(tree, 1));
    for (size_t i = 0; i < n; i++) {
        p->slopes[i] = (hyti_slope){ -(double)p->weights[i] * p->rows->y[i], p->weights[i] };
        p->drawn[drawn] = (uint32_t)i;
        drawn += p->weights[i] > 0;
    }
    HYTI_TRY(hyti_grower_run(p->grower, p->slopes, p->drawn, drawn, p->features, p->rows->d, &m->forest));
    HYTI_TRY(measure_leaves(p, tree, m));
    hyti_bag_tell(bag, p->answers);
    return HYT_OK;
}

static hyt_status plant_all(planting *p, hyti_bag *bag, forest_model *m)
{
    HYTI_TRY(hyti_bins_create(m->context, p->rows, (size_t)p->params->bins, &m->bins));
    HYTI_TRY(hyti_bag_create(m->context, p->rows->n, (size_t)p->params->trees, (uint64_t)p->params->seed, bag));
    p->weights = bag->weights;
    HYTI_TRY(planting_create(p, &m->bins));
    for (size_t tree = 0; tree < bag->members; tree++) HYTI_TRY(plant(p, bag, tree, m));
    return HYT_OK;
}

static hyt_status forest_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    if (rows->n > UINT32_MAX / 2 || rows->d > UINT32_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many", rows->n, rows->d);
    forest_model *m = forest_create(context);
    if (!m) return hyti_fail_nomem();
    hyti_bag bag = { .context = context };
    planting p = { .context = context, .params = params, .rows = rows };
    hyt_status status = plant_all(&p, &bag, m);
    planting_clear(&p);
    hyti_bag_clear(&bag);
    if (status != HYT_OK) {
        forest_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

/* Sums over the trees: of their means, of the squares of those, of the variances in their leaves. */
typedef struct sums {
    double means[BLOCK], squares[BLOCK], variances[BLOCK];
} sums;

static void add_tree(const forest_model *m, size_t tree, const uint8_t *codes, size_t count, sums *s)
{
    uint32_t leaves[BLOCK], root = m->forest.trees[tree].root;
    hyti_forest_leaves(&m->forest, tree, codes, count, m->bins.d, leaves);
    for (size_t i = 0; i < count; i++) {
        double mean = m->forest.nodes[root + leaves[i]].value;
        s->means[i] += mean;
        s->squares[i] += mean * mean;
        s->variances[i] += m->variances[root + leaves[i]];
    }
}

static hyt_status forest_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const forest_model *m = model;
    double trees = (double)m->forest.tree_count;
    uint8_t *codes = hyti_array(m->context, BLOCK * m->bins.d, sizeof *codes);
    if (!codes) return hyti_fail_nomem();
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = HYTI_MIN(BLOCK, n - start);
        sums s = { 0 };
        hyti_bins_encode(&m->bins, x + start * m->bins.d, count, codes);
        for (size_t tree = 0; tree < m->forest.tree_count; tree++) add_tree(m, tree, codes, count, &s);
        for (size_t i = 0; i < count; i++) {
            double middle = s.means[i] / trees, between = fmax(s.squares[i] / trees - middle * middle, 0);
            mean[start + i] = middle;
            if (deviation) deviation[start + i] = sqrt(between + s.variances[i] / trees);
        }
    }
    hyti_free(m->context, codes);
    return HYT_OK;
}

static void forest_save(const void *model, hyti_text *to)
{
    const forest_model *m = model;
    hyti_bins_save(&m->bins, to);
    hyti_forest_save(&m->forest, to);
    hyti_put_reals(to, m->variances, m->forest.node_count);
}

static hyt_status read_forest(hyti_payload *from, const forest_params *params, size_t d, forest_model *m)
{
    HYTI_TRY(hyti_bins_load(m->context, from, d, &m->bins));
    HYTI_TRY(hyti_forest_load(from, d, (size_t)params->trees, (size_t)params->depth, &m->forest));
    HYTI_TRY(hyti_grow(m->context, &m->variances, &m->capacity, m->forest.node_count, sizeof *m->variances));
    HYTI_TRY(hyti_get_reals(from, "variances in leaves", m->forest.node_count, m->variances));
    for (size_t i = 0; i < m->forest.node_count; i++)
        if (m->variances[i] < 0 || m->variances[i] > HYTI_FOREST_LARGEST)
            return hyti_fail(HYT_ERR_FORMAT, "node %zu: %g is no variance", i, m->variances[i]);
    return HYT_OK;
}

static hyt_status forest_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                              void **model)
{
    forest_model *m = forest_create(context);
    if (!m) return hyti_fail_nomem();
    hyt_status status = read_forest(from, params, rows->d, m);
    if (status != HYT_OK) {
        forest_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

const hyti_kind hyti_kind_forest = {
    .name = "forest", .options = &forest_table, .fit = forest_fit, .predict = forest_predict,
    .destroy = forest_destroy, .save = forest_save, .load = forest_load,
};
