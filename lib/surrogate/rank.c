/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "ranker": LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART: an overview", MSR-TR-2010-82): boosted
 * trees on a loss over pairs of rows. All rows are one query and the smallest target is the best answer. Scores grow
 * with the targets, and a line fitted on rows outside the members' samples takes them into the targets' unit. */
#include "numeric/distribution.h"
#include "surrogate/boost.h"
#include <math.h>
#include <string.h>

typedef enum rank_loss { LOSS_PAIRWISE, LOSS_NDCG } rank_loss;

typedef struct rank_params {
    hyti_boost_params boost;
    int64_t loss, pairs;
} rank_params;

#define FIELD(name) offsetof(rank_params, name)
static const hyti_option rank_options[] = {
    { HYT_RANKER_LOSS, HYT_OPT_CHOICE, LOSS_PAIRWISE, 0, 0, "pairwise|ndcg", FIELD(loss),
      "all pairs count alike, or by what their exchange would change at the top" },
    { HYT_RANKER_PAIRS, HYT_OPT_INT, 8, 1, 100000, NULL, FIELD(pairs),
      "rows that each is compared with in a round, all if there are no more" },
};
static const hyti_table rank_table = { rank_options, HYTI_COUNT(rank_options), sizeof(rank_params), &hyti_boost_table };

/* Gain of the best row is 2^GRADES - 1, of the worst 0. */
#define GRADES 5.0

typedef struct rank_model {
    hyt_context *context;
    hyti_boosted boosted;
    hyti_spread spread;
    hyti_line line;
} rank_model;

static void rank_destroy(void *model)
{
    rank_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_boosted_clear(&m->boosted);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

static rank_model *rank_create(hyt_context *context)
{
    rank_model *m = hyti_alloc(context, sizeof *m);
    if (!m) return NULL;
    m->context = hyti_context_retain(context);
    m->boosted.context = m->boosted.bins.context = m->boosted.forest.context = m->boosted.packed.context = context;
    return m;
}

/* The loss and its room. */
typedef struct query {
    hyt_context *context;
    const rank_params *params;
    const double *y;   /* n */
    size_t n;
    double *gains;     /* n, of "ndcg" */
    double *sorted;    /* n */
    double *discounts; /* n: by place */
    double *places;    /* n: discount of each row's place in the order of scores */
    uint32_t *drawn;   /* n: rows with weight */
    uint32_t *taken;   /* n: rows so far whose equal scores begin at a place */
    double *answers;   /* n: sums over the members */
} query;

static void query_clear(query *q)
{
    void *all[] = { q->gains, q->sorted, q->discounts, q->places, q->drawn, q->taken, q->answers };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(q->context, all[i]);
}

/* Values below `value`, of n sorted ones. */
static size_t count_below(const double *sorted, size_t n, double value)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle] < value) low = middle + 1;
        else high = middle;
    }
    return low;
}

static hyt_status query_create(query *q)
{
    double **reals[] = { &q->gains, &q->sorted, &q->discounts, &q->places, &q->answers };
    for (size_t i = 0; i < HYTI_COUNT(reals); i++) {
        *reals[i] = hyti_array(q->context, q->n, sizeof(double));
        if (!*reals[i]) return hyti_fail_nomem();
    }
    q->drawn = hyti_array(q->context, q->n, sizeof *q->drawn);
    q->taken = hyti_array(q->context, q->n, sizeof *q->taken);
    if (!q->drawn || !q->taken) return hyti_fail_nomem();
    for (size_t i = 0; i < q->n; i++) q->sorted[i] = q->y[i];
    hyti_sort(q->sorted, q->n);
    double last = (double)HYTI_MAX(q->n - 1, 1);
    for (size_t i = 0; i < q->n; i++) {
        double worse = 1 - (double)count_below(q->sorted, q->n, q->y[i]) / last;
        q->gains[i] = exp2(GRADES * worse) - 1;
        q->discounts[i] = 1 / log2((double)i + 2);
    }
    return HYT_OK;
}

/* |change of NDCG|, but for a constant factor, if two rows changed places: Burges, section 4. */
static double importance(const query *q, uint32_t a, uint32_t b)
{
    if (q->params->loss == LOSS_PAIRWISE) return 1;
    return fabs((q->gains[a] - q->gains[b]) * (q->places[a] - q->places[b]));
}

/* Adds a pair's share (Burges, eq. 1 to 3, with sigma 1): the chance that the better row is not yet ahead pushes it
 * down and the other up. Returns its importance. */
static double compare(const query *q, uint32_t a, uint32_t b, const double *scores, const uint32_t *weights,
                      hyti_slope *slopes)
{
    if (q->y[a] == q->y[b]) return 0;
    uint32_t better = q->y[a] < q->y[b] ? a : b, worse = better == a ? b : a;
    double matter = importance(q, a, b), weight = matter * weights[a] * weights[b];
    double wrong = 1 / (1 + exp(scores[worse] - scores[better])), second = weight * wrong * (1 - wrong);
    slopes[better].first += weight * wrong;
    slopes[worse].first -= weight * wrong;
    slopes[better].second += second;
    slopes[worse].second += second;
    return matter;
}

/* Equal scores, as all are at first, take places one after the other. */
static void place_scores(query *q, const double *scores)
{
    for (size_t i = 0; i < q->n; i++) q->sorted[i] = scores[i];
    hyti_sort(q->sorted, q->n);
    memset(q->taken, 0, q->n * sizeof *q->taken);
    for (size_t i = 0; i < q->n; i++) {
        size_t place = count_below(q->sorted, q->n, scores[i]);
        q->places[i] = q->discounts[place + q->taken[place]++];
    }
}

/* Each row with all others, or with some that are drawn for it. Slopes are scaled so that an undecided row weighs about
 * as much as it does on squared loss: lambda and the least weight of a child mean the same. */
static void rank_slopes(void *user, hyti_rng *rng, const double *scores, const uint32_t *weights, hyti_slope *slopes)
{
    query *q = user;
    size_t count = 0, pairs = 0;
    double matter = 0;
    if (q->params->loss == LOSS_NDCG) place_scores(q, scores);
    for (size_t i = 0; i < q->n; i++) {
        slopes[i] = (hyti_slope){ 0, 0 };
        q->drawn[count] = (uint32_t)i;
        count += weights[i] > 0;
    }
    size_t some = (size_t)q->params->pairs;
    bool all = count <= 2 * some + 1;
    for (size_t k = 0; k < count; k++)
        for (size_t j = all ? k + 1 : 0; j < (all ? count : some); j++, pairs++) {
            uint32_t other = q->drawn[all ? j : hyti_rng_below(rng, count)];
            matter += compare(q, q->drawn[k], other, scores, weights, slopes);
        }
    if (matter == 0) return;
    double scale = 4 * (double)pairs / matter / fmax(1, 2 * (double)pairs / (double)count);
    for (size_t i = 0; i < q->n; i++) slopes[i] = (hyti_slope){ scale * slopes[i].first, scale * slopes[i].second };
}

static hyt_status learn(rank_model *m, query *q, const hyti_rows *rows, hyti_bag *bag)
{
    static const hyti_dart none = { 0 };
    const hyti_boost_params *p = &q->params->boost;
    hyti_loss loss = { rank_slopes, q };
    HYTI_TRY(hyti_bag_create(m->context, rows->n, (size_t)p->members, (uint64_t)p->seed, bag));
    HYTI_TRY(query_create(q));
    HYTI_TRY(hyti_boosted_fit(m->context, p, &none, &loss, rows, bag, q->answers, &m->boosted));
    for (size_t i = 0; i < rows->n; i++) q->answers[i] /= (double)p->members;
    m->line = hyti_bag_line(bag, q->answers, rows->y);
    m->spread = hyti_bag_spread(bag, &m->line, rows->y);
    return HYT_OK;
}

static hyt_status rank_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    rank_model *m = rank_create(context);
    if (!m) return hyti_fail_nomem();
    hyti_bag bag = { .context = context };
    query q = { .context = context, .params = params, .y = rows->y, .n = rows->n };
    hyt_status status = learn(m, &q, rows, &bag);
    query_clear(&q);
    hyti_bag_clear(&bag);
    if (status != HYT_OK) {
        rank_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

static hyt_status rank_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const rank_model *m = model;
    return hyti_boosted_predict(&m->boosted, &m->spread, &m->line, x, n, mean, deviation);
}

static void rank_save(const void *model, hyti_text *to)
{
    const rank_model *m = model;
    hyti_bag_save(&m->spread, &m->line, to);
    hyti_boosted_save(&m->boosted, to);
}

static hyt_status rank_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                            void **model)
{
    const rank_params *p = params;
    rank_model *m = rank_create(context);
    if (!m) return hyti_fail_nomem();
    hyt_status status = hyti_bag_load(from, &m->spread, &m->line);
    if (status == HYT_OK) status = hyti_boosted_load(context, &p->boost, rows->d, from, &m->boosted);
    if (status != HYT_OK) {
        rank_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

const hyti_kind hyti_kind_ranker = {
    .name = "ranker", .options = &rank_table, .fit = rank_fit, .predict = rank_predict, .destroy = rank_destroy,
    .save = rank_save, .load = rank_load,
};
