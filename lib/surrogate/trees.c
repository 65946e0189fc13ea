/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "trees": gradient boosted regression trees on squared loss with XGBoost's second-order objective (Chen and
 * Guestrin, KDD 2016); with several members each learns from its own bootstrap sample of the rows (Efron, 1979;
 * Breiman, "Bagging predictors", 1996): their mean is the prediction, their spread its deviation. */
#include "base/rng.h"
#include "surrogate/forest.h"
#include <math.h>

typedef struct trees_params {
    int64_t rounds, depth, bins, members, seed;
    double eta, lambda, min_child_weight, subsample, colsample;
} trees_params;

#define FIELD(name) offsetof(trees_params, name)
static const hyti_option trees_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of the samples" },
    { HYT_TREES_ROUNDS, HYT_OPT_INT, 300, 1, 100000, NULL, FIELD(rounds), "trees of a member" },
    { HYT_TREES_DEPTH, HYT_OPT_INT, 3, 0, 16, NULL, FIELD(depth), "splits from root to leaf at most; 0 is the mean" },
    { HYT_TREES_ETA, HYT_OPT_REAL, 0.05, 1e-6, 1, NULL, FIELD(eta), "share of a tree's answer that is taken" },
    { HYT_TREES_LAMBDA, HYT_OPT_REAL, 1, 0, 1e9, NULL, FIELD(lambda), "penalty on squared leaf values" },
    { HYT_TREES_MIN_CHILD_WEIGHT, HYT_OPT_REAL, 3, 0, 1e9, NULL, FIELD(min_child_weight),
      "least sum of second derivatives (for this loss: rows) of a leaf" },
    { HYT_TREES_SUBSAMPLE, HYT_OPT_REAL, 0.8, 1e-6, 1, NULL, FIELD(subsample), "share of the rows a tree sees" },
    { HYT_TREES_COLSAMPLE, HYT_OPT_REAL, 0.5, 1e-6, 1, NULL, FIELD(colsample), "share of the features a tree sees" },
    { HYT_TREES_BINS, HYT_OPT_INT, HYTI_BINS_MOST, 2, HYTI_BINS_MOST, NULL, FIELD(bins),
      "most distinct values of a feature that are told apart" },
    { HYT_TREES_MEMBERS, HYT_OPT_INT, 5, 1, 1000, NULL,
      FIELD(members), "models whose mean and deviation are the answer" },
};
static const hyti_table trees_table = { trees_options, HYTI_COUNT(trees_options), sizeof(trees_params), NULL };

#define BLOCK 1024 /* points predicted at once */

typedef struct trees_model {
    hyt_context *context;
    hyti_bins bins;
    hyti_forest forest; /* rounds trees of the first member, of the second, ... */
    size_t members, rounds;
} trees_model;

static void trees_destroy(void *model)
{
    trees_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_bins_clear(&m->bins);
    hyti_forest_clear(&m->forest);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

/* Room of a fit. */
typedef struct fitting {
    hyt_context *context;
    const trees_params *params;
    const hyti_rows *rows;
    uint8_t *codes;        /* n x d */
    double *predictions;   /* n */
    uint32_t *weights;     /* n: how often a row is in the member's sample */
    hyti_slope *slopes;    /* n */
    uint32_t *drawn;       /* n: rows with weight, shuffled by growing */
    uint32_t *features;    /* d */
    hyti_grower *grower;
} fitting;

static void fitting_clear(fitting *f)
{
    hyti_grower_destroy(f->grower);
    void *all[] = { f->codes, f->predictions, f->weights, f->slopes, f->drawn, f->features };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(f->context, all[i]);
}

static hyt_status fitting_create(fitting *f, const hyti_bins *bins)
{
    size_t n = f->rows->n, d = f->rows->d;
    f->codes = hyti_array(f->context, n * d, sizeof *f->codes);
    f->predictions = hyti_array(f->context, n, sizeof *f->predictions);
    f->weights = hyti_array(f->context, n, sizeof *f->weights);
    f->slopes = hyti_array(f->context, n, sizeof *f->slopes);
    f->drawn = hyti_array(f->context, n, sizeof *f->drawn);
    f->features = hyti_array(f->context, d, sizeof *f->features);
    if (!f->codes || !f->predictions || !f->weights || !f->slopes || !f->drawn || !f->features)
        return hyti_fail_nomem();
    hyti_bins_encode(bins, f->rows->x, n, f->codes);
    const trees_params *p = f->params;
    hyti_grow_params grow = { (size_t)p->depth, p->lambda, p->min_child_weight, p->eta };
    return hyti_grower_create(f->context, bins, f->codes, n, &grow, &f->grower);
}

/* With one member every row once, else a bootstrap sample. */
static void draw_member(fitting *f, size_t member)
{
    size_t n = f->rows->n;
    bool all = f->params->members == 1;
    for (size_t i = 0; i < n; i++) f->weights[i] = all;
    hyti_rng rng = hyti_rng_start((uint64_t)f->params->seed, HYTI_PURPOSE_SURROGATE, (uint64_t)member << 32);
    for (size_t i = 0; !all && i < n; i++) f->weights[hyti_rng_below(&rng, n)]++;
}

/* Selection sampling (Knuth, volume 2, algorithm 3.4.2 S): `wanted` of the `count` listed, in their order. */
static size_t keep_some(hyti_rng *rng, uint32_t *list, size_t count, double share)
{
    size_t wanted = (size_t)fmax(1, round(share * (double)count)), kept = 0;
    if (wanted >= count) return count;
    for (size_t i = 0; kept < wanted; i++)
        if (hyti_rng_below(rng, count - i) < wanted - kept) list[kept++] = list[i];
    return kept;
}

static hyt_status boost_once(fitting *f, size_t member, size_t round, hyti_forest *forest)
{
    size_t n = f->rows->n, d = f->rows->d, drawn = 0;
    hyti_rng rng =
        hyti_rng_start((uint64_t)f->params->seed, HYTI_PURPOSE_SURROGATE, (uint64_t)member << 32 | (round + 1));
    for (size_t i = 0; i < n; i++) {
        double weight = f->weights[i];
        f->slopes[i] = (hyti_slope){ weight * (f->predictions[i] - f->rows->y[i]), weight };
        f->drawn[drawn] = (uint32_t)i;
        drawn += f->weights[i] > 0;
    }
    for (size_t k = 0; k < d; k++) f->features[k] = (uint32_t)k;
    drawn = keep_some(&rng, f->drawn, drawn, f->params->subsample);
    d = keep_some(&rng, f->features, d, f->params->colsample);
    HYTI_TRY(hyti_grower_run(f->grower, f->slopes, f->drawn, drawn, f->features, d, forest));
    hyti_forest_add(forest, forest->tree_count - 1, forest->tree_count, f->codes, n, f->rows->d, f->predictions);
    return HYT_OK;
}

static hyt_status boost(fitting *f, trees_model *m)
{
    HYTI_TRY(fitting_create(f, &m->bins));
    for (size_t member = 0; member < m->members; member++) {
        for (size_t i = 0; i < f->rows->n; i++) f->predictions[i] = 0;
        draw_member(f, member);
        for (size_t round = 0; round < m->rounds; round++) HYTI_TRY(boost_once(f, member, round, &m->forest));
    }
    return HYT_OK;
}

static hyt_status trees_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const trees_params *p = params;
    if (rows->n > UINT32_MAX || rows->d > UINT32_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many", rows->n, rows->d);
    trees_model *m = hyti_alloc(context, sizeof *m);
    if (!m) return hyti_fail_nomem();
    m->context = m->bins.context = m->forest.context = hyti_context_retain(context);
    m->members = (size_t)p->members;
    m->rounds = (size_t)p->rounds;
    fitting f = { .context = context, .params = p, .rows = rows };
    hyt_status status = hyti_bins_create(context, rows, (size_t)p->bins, &m->bins);
    if (status == HYT_OK) status = boost(&f, m);
    fitting_clear(&f);
    if (status != HYT_OK) {
        trees_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

/* Mean and deviation over members, one point's answers lying BLOCK apart. */
static void combine(const double *answers, size_t members, size_t count, double *mean, double *deviation)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0, squares = 0;
        for (size_t k = 0; k < members; k++) sum += answers[k * BLOCK + i];
        mean[i] = sum / (double)members;
        if (!deviation) continue;
        for (size_t k = 0; k < members; k++)
            squares += (answers[k * BLOCK + i] - mean[i]) * (answers[k * BLOCK + i] - mean[i]);
        deviation[i] = members > 1 ? sqrt(squares / (double)(members - 1)) : 0;
    }
}

static hyt_status trees_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const trees_model *m = model;
    uint8_t *codes = hyti_array(m->context, BLOCK * m->bins.d, sizeof *codes);
    double *answers = hyti_array(m->context, BLOCK * m->members, sizeof *answers);
    hyt_status status = codes && answers ? HYT_OK : hyti_fail_nomem();
    for (size_t start = 0; status == HYT_OK && start < n; start += BLOCK) {
        size_t count = HYTI_MIN(BLOCK, n - start);
        hyti_bins_encode(&m->bins, x + start * m->bins.d, count, codes);
        for (size_t k = 0; k < m->members; k++) {
            for (size_t i = 0; i < count; i++) answers[k * BLOCK + i] = 0;
            hyti_forest_add(&m->forest, k * m->rounds, (k + 1) * m->rounds, codes, count, m->bins.d,
                            answers + k * BLOCK);
        }
        combine(answers, m->members, count, mean + start, deviation ? deviation + start : NULL);
    }
    hyti_free(m->context, codes);
    hyti_free(m->context, answers);
    return status;
}

const hyti_kind hyti_kind_trees = {
    .name = "trees", .options = &trees_table, .fit = trees_fit, .predict = trees_predict, .destroy = trees_destroy,
};
