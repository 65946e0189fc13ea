/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/boost.h"
#include <math.h>
#include <string.h>

#define FIELD(name) offsetof(hyti_boost_params, name)
static const hyti_option rows[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of the samples" },
    { HYT_TREES_ROUNDS, HYT_OPT_INT, 300, 1, 100000, NULL, FIELD(rounds), "trees of a member" },
    { HYT_TREES_DEPTH, HYT_OPT_INT, 3, 0, 16, NULL, FIELD(depth), "splits from root to leaf at most; 0 is the mean" },
    { HYT_TREES_ETA, HYT_OPT_REAL, 0.05, 1e-6, 1, NULL, FIELD(eta), "share of a tree's answer that is taken" },
    { HYT_TREES_LAMBDA, HYT_OPT_REAL, 1, 0, 1e9, NULL, FIELD(lambda), "penalty on squared leaf values" },
    { HYT_TREES_MIN_CHILD_WEIGHT, HYT_OPT_REAL, 3, 0, 1e9, NULL, FIELD(min_child_weight),
      "least sum of second derivatives (of squared loss: rows) of a leaf" },
    { HYT_TREES_SUBSAMPLE, HYT_OPT_REAL, 0.8, 1e-6, 1, NULL, FIELD(subsample), "share of the rows a tree sees" },
    { HYT_TREES_COLSAMPLE, HYT_OPT_REAL, 0.5, 1e-6, 1, NULL, FIELD(colsample), "share of the features a tree sees" },
    { HYT_TREES_BINS, HYT_OPT_INT, HYTI_BINS_MOST, 2, HYTI_BINS_MOST, NULL, FIELD(bins),
      "most distinct values of a feature that are told apart" },
    { HYT_TREES_MEMBERS, HYT_OPT_INT, 5, 1, 1000, NULL, FIELD(members),
      "models whose mean and deviation are the answer" },
};
const hyti_table hyti_boost_table = { rows, HYTI_COUNT(rows), sizeof(hyti_boost_params), NULL };

#define BLOCK HYTI_PACKED_ROWS /* points predicted at once */
#define STREAM_OF_DROPS (UINT64_C(1) << 62)

/* Room of a fit. */
typedef struct booster {
    hyt_context *context;
    const hyti_boost_params *params;
    const hyti_dart *dart;
    const hyti_loss *loss;
    const uint32_t *weights; /* n, the bag's */
    size_t n, d;
    uint8_t *codes;      /* n x d */
    uint8_t *blocks;     /* the same by blocks of HYTI_PACKED_ROWS rows, feature by feature */
    double *predictions; /* n, and what fills the last block */
    double *dropped_sum; /* the same: answers of the dropped trees */
    hyti_slope *slopes;  /* n */
    uint32_t *drawn;     /* n: rows with weight, shuffled by growing */
    uint32_t *features;  /* d */
    hyti_dropped dropped;
    hyti_grower *grower;
} booster;

static void booster_clear(booster *b)
{
    hyti_grower_destroy(b->grower);
    void *all[] = { b->codes, b->blocks, b->predictions, b->dropped_sum, b->slopes, b->drawn, b->features,
                    b->dropped.trees };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(b->context, all[i]);
}

static hyt_status booster_create(booster *b, const hyti_rows *data, const hyti_bins *bins)
{
    size_t n = b->n = data->n, d = b->d = data->d;
    b->dropped.context = b->context;
    b->codes = hyti_array(b->context, n * d, sizeof *b->codes);
    size_t padded = hyti_round_up(n, HYTI_PACKED_ROWS);
    b->blocks = hyti_array(b->context, padded * d, sizeof *b->blocks);
    b->predictions = hyti_array(b->context, padded, sizeof *b->predictions);
    b->dropped_sum = hyti_array(b->context, padded, sizeof *b->dropped_sum);
    b->slopes = hyti_array(b->context, n, sizeof *b->slopes);
    b->drawn = hyti_array(b->context, n, sizeof *b->drawn);
    b->features = hyti_array(b->context, d, sizeof *b->features);
    if (!b->codes || !b->blocks || !b->predictions || !b->dropped_sum || !b->slopes || !b->drawn || !b->features)
        return hyti_fail_nomem();
    hyti_bins_encode(bins, data->x, n, b->codes);
    for (size_t i = 0; i < n; i += HYTI_PACKED_ROWS)
        hyti_bins_encode_columns(bins, data->x + i * d, HYTI_MIN(HYTI_PACKED_ROWS, n - i), HYTI_PACKED_ROWS,
                                 b->blocks + i * d);
    const hyti_boost_params *p = b->params;
    hyti_grow_params grow = { .depth = (size_t)p->depth, .lambda = p->lambda, .min_weight = p->min_child_weight,
                              .scale = p->eta };
    return hyti_grower_create(b->context, bins, b->codes, n, &grow, &b->grower);
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

/* sums += answers of a tree at all rows. */
static void add_tree(const booster *b, const hyti_boosted *model, size_t tree, double *sums)
{
    if (!model->is_packed) hyti_forest_add(&model->forest, tree, tree + 1, b->codes, b->n, b->d, sums);
    for (size_t i = 0; model->is_packed && i < b->n; i += HYTI_PACKED_ROWS)
        hyti_packed_add(&model->packed, tree, tree + 1, b->blocks + i * b->d, sums + i);
}

static void scale_tree(hyti_boosted *model, size_t tree, double factor)
{
    hyti_forest_scale(&model->forest, tree, factor);
    if (model->is_packed) hyti_packed_scale(&model->packed, tree, factor);
}

/* Takes the answers of the trees that this round drops out of the predictions. */
static hyt_status drop_trees(booster *b, size_t member, size_t round, const hyti_boosted *model)
{
    hyti_rng rng = hyti_rng_start((uint64_t)b->params->seed, HYTI_PURPOSE_SURROGATE,
                                  STREAM_OF_DROPS | HYTI_BAG_STREAM(member, round));
    HYTI_TRY(hyti_dart_drop(b->dart, &rng, &model->forest, model->forest.tree_count - round, &b->dropped));
    if (b->dropped.count == 0) return HYT_OK;
    memset(b->dropped_sum, 0, b->n * sizeof *b->dropped_sum);
    for (size_t k = 0; k < b->dropped.count; k++) add_tree(b, model, b->dropped.trees[k], b->dropped_sum);
    for (size_t i = 0; i < b->n; i++) b->predictions[i] -= b->dropped_sum[i];
    return HYT_OK;
}

/* Puts them back with less weight, and the new tree with its own. */
static void weigh_trees(booster *b, hyti_boosted *model)
{
    size_t count = b->dropped.count;
    if (count == 0) return;
    double old = hyti_dart_old_factor(b->dart, count, b->params->eta);
    for (size_t k = 0; k < count; k++) scale_tree(model, b->dropped.trees[k], old);
    scale_tree(model, model->forest.tree_count - 1, hyti_dart_new_factor(b->dart, count, b->params->eta));
    for (size_t i = 0; i < b->n; i++) b->predictions[i] += old * b->dropped_sum[i];
}

static hyt_status boost_once(booster *b, size_t member, size_t round, hyti_boosted *model)
{
    size_t drawn = 0, features;
    hyti_rng rng =
        hyti_rng_start((uint64_t)b->params->seed, HYTI_PURPOSE_SURROGATE, HYTI_BAG_STREAM(member, round + 1));
    HYTI_TRY(drop_trees(b, member, round, model));
    b->loss->slopes(b->loss->user, &rng, b->predictions, b->weights, b->slopes);
    for (size_t i = 0; i < b->n; i++) {
        b->drawn[drawn] = (uint32_t)i;
        drawn += b->weights[i] > 0;
    }
    for (size_t k = 0; k < b->d; k++) b->features[k] = (uint32_t)k;
    drawn = keep_some(&rng, b->drawn, drawn, b->params->subsample);
    features = keep_some(&rng, b->features, b->d, b->params->colsample);
    HYTI_TRY(hyti_grower_run(b->grower, b->slopes, b->drawn, drawn, b->features, features, &model->forest));
    size_t tree = model->forest.tree_count - 1;
    if (model->is_packed) HYTI_TRY(hyti_packed_append(&model->packed, &model->forest, tree));
    weigh_trees(b, model);
    add_tree(b, model, tree, b->predictions);
    return HYT_OK;
}

static hyt_status boost(booster *b, const hyti_rows *data, hyti_bag *bag, double *answers, hyti_boosted *out)
{
    HYTI_TRY(booster_create(b, data, &out->bins));
    b->weights = bag->weights;
    for (size_t member = 0; member < out->members; member++) {
        memset(b->predictions, 0, b->n * sizeof *b->predictions);
        hyti_bag_draw(bag, member);
        for (size_t round = 0; round < out->rounds; round++) HYTI_TRY(boost_once(b, member, round, out));
        hyti_bag_tell(bag, b->predictions);
        for (size_t i = 0; answers && i < b->n; i++) answers[i] += b->predictions[i];
    }
    return HYT_OK;
}

static void boosted_start(hyt_context *context, const hyti_boost_params *params, hyti_boosted *out)
{
    out->context = out->bins.context = out->forest.context = out->packed.context = context;
    out->members = (size_t)params->members;
    out->rounds = (size_t)params->rounds;
    out->is_packed = params->depth <= HYTI_PACKED_DEPTH;
}

hyt_status hyti_boosted_fit(hyt_context *context, const hyti_boost_params *params, const hyti_dart *dart,
                            const hyti_loss *loss, const hyti_rows *data, hyti_bag *bag, double *answers,
                            hyti_boosted *out)
{
    if (data->n > UINT32_MAX || data->d > UINT32_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many", data->n, data->d);
    boosted_start(context, params, out);
    booster b = { .context = context, .params = params, .dart = dart, .loss = loss };
    hyt_status status = hyti_bins_create(context, data, (size_t)params->bins, &out->bins);
    if (status == HYT_OK) status = boost(&b, data, bag, answers, out);
    booster_clear(&b);
    return status;
}

void hyti_boosted_save(const hyti_boosted *boosted, hyti_text *to)
{
    hyti_bins_save(&boosted->bins, to);
    hyti_forest_save(&boosted->forest, to);
}

hyt_status hyti_boosted_load(hyt_context *context, const hyti_boost_params *params, size_t d, hyti_payload *from,
                             hyti_boosted *out)
{
    boosted_start(context, params, out);
    HYTI_TRY(hyti_bins_load(context, from, d, &out->bins));
    HYTI_TRY(hyti_forest_load(from, d, out->members * out->rounds, (size_t)params->depth, &out->forest));
    for (size_t t = 0; out->is_packed && t < out->forest.tree_count; t++)
        HYTI_TRY(hyti_packed_append(&out->packed, &out->forest, t));
    return HYT_OK;
}

void hyti_boosted_clear(hyti_boosted *boosted)
{
    hyti_bins_clear(&boosted->bins);
    hyti_forest_clear(&boosted->forest);
    hyti_packed_clear(&boosted->packed);
}

/* Answers of every member at up to BLOCK points, a member's BLOCK apart. */
static void answer_block(const hyti_boosted *b, const double *x, size_t count, uint8_t *codes, double *answers)
{
    size_t rounds = b->rounds;
    memset(answers, 0, BLOCK * b->members * sizeof *answers);
    if (b->is_packed) hyti_bins_encode_columns(&b->bins, x, count, BLOCK, codes);
    else hyti_bins_encode(&b->bins, x, count, codes);
    for (size_t k = 0; k < b->members; k++) {
        double *sums = answers + k * BLOCK;
        if (b->is_packed) hyti_packed_add(&b->packed, k * rounds, (k + 1) * rounds, codes, sums);
        else hyti_forest_add(&b->forest, k * rounds, (k + 1) * rounds, codes, count, b->bins.d, sums);
    }
}

hyt_status hyti_boosted_predict(const hyti_boosted *boosted, const hyti_spread *spread, const hyti_line *line,
                                const double *x, size_t n, double *mean, double *deviation)
{
    size_t d = boosted->bins.d, members = boosted->members;
    uint8_t *codes = hyti_array(boosted->context, BLOCK * d, sizeof *codes);
    double *answers = hyti_array(boosted->context, BLOCK * members, sizeof *answers);
    hyt_status status = codes && answers ? HYT_OK : hyti_fail_nomem();
    for (size_t start = 0; status == HYT_OK && start < n; start += BLOCK) {
        size_t count = HYTI_MIN(BLOCK, n - start);
        answer_block(boosted, x + start * d, count, codes, answers);
        hyti_bag_combine(spread, line, answers, BLOCK, members, count, mean + start,
                         deviation ? deviation + start : NULL);
    }
    hyti_free(boosted->context, codes);
    hyti_free(boosted->context, answers);
    return status;
}
