/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "trees": gradient boosting on squared loss (Chen and Guestrin, KDD 2016) of trees, of trees with dropouts or of
 * a linear function; members on bootstrap samples. Their mean is the prediction, their spread, widened by what rows
 * outside the samples say (bag.h), its deviation. */
#include "surrogate/boost.h"
#include "surrogate/linear.h"

typedef enum booster_type { BOOSTER_TREE, BOOSTER_LINEAR, BOOSTER_DART } booster_type;

typedef struct trees_params {
    hyti_boost_params boost;
    int64_t booster, one_drop, normalise;
    double rate_drop, skip_drop, linear_lambda, linear_alpha;
} trees_params;

#define FIELD(name) offsetof(trees_params, name)
static const hyti_option trees_options[] = {
    { HYT_TREES_BOOSTER, HYT_OPT_CHOICE, BOOSTER_TREE, 0, 0, "tree|linear|dart", FIELD(booster), "what is boosted" },
    { HYT_TREES_RATE_DROP, HYT_OPT_REAL, 0.1, 0, 1, NULL, FIELD(rate_drop),
      "dart: chance of a tree to be dropped for a round" },
    { HYT_TREES_SKIP_DROP, HYT_OPT_REAL, 0.5, 0, 1, NULL, FIELD(skip_drop), "dart: chance of a round to drop none" },
    { HYT_TREES_ONE_DROP, HYT_OPT_FLAG, 0, 0, 1, NULL, FIELD(one_drop), "dart: drop one tree at least" },
    { HYT_TREES_NORMALISE, HYT_OPT_CHOICE, 0, 0, 0, "tree|forest", FIELD(normalise),
      "dart: a new tree weighs as much as each of the dropped ones, or as all of them" },
    { HYT_TREES_LINEAR_LAMBDA, HYT_OPT_REAL, 0, 0, 1e9, NULL, FIELD(linear_lambda),
      "linear: penalty a row on squared slopes of standardised features" },
    { HYT_TREES_LINEAR_ALPHA, HYT_OPT_REAL, 0, 0, 1e9, NULL, FIELD(linear_alpha),
      "linear: penalty a row on their absolute values" },
};
static const hyti_table trees_table = { trees_options, HYTI_COUNT(trees_options), sizeof(trees_params),
                                        &hyti_boost_table };

typedef struct trees_model {
    hyt_context *context;
    bool is_linear;
    hyti_boosted boosted; /* unless it is linear */
    hyti_linear linear;   /* if it is */
    hyti_spread spread;
    hyti_line line; /* answers are targets: 0, 1 */
} trees_model;

static void trees_destroy(void *model)
{
    trees_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_boosted_clear(&m->boosted);
    hyti_linear_clear(&m->linear);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

static trees_model *trees_create(hyt_context *context, const trees_params *params)
{
    trees_model *m = hyti_alloc(context, sizeof *m);
    if (!m) return NULL;
    m->context = hyti_context_retain(context);
    m->line = (hyti_line){ 0, 1 };
    m->is_linear = params->booster == BOOSTER_LINEAR;
    m->boosted.context = m->boosted.bins.context = m->boosted.forest.context = m->boosted.packed.context = context;
    m->linear = (hyti_linear){ .context = context, .columns.context = context };
    return m;
}

/* Half the squared error: Chen and Guestrin, section 2.1. */
static void squared_slopes(void *user, hyti_rng *rng, const double *predictions, const uint32_t *weights,
                           hyti_slope *slopes)
{
    (void)rng;
    const hyti_rows *rows = user;
    for (size_t i = 0; i < rows->n; i++)
        slopes[i] = (hyti_slope){ weights[i] * (predictions[i] - rows->y[i]), weights[i] };
}

static hyt_status fit_trees(const trees_params *p, const hyti_rows *rows, hyti_bag *bag, trees_model *m)
{
    hyti_rows squared = *rows;
    hyti_loss loss = { squared_slopes, &squared };
    hyti_dart dart = { 0 };
    if (p->booster == BOOSTER_DART)
        dart = (hyti_dart){ p->rate_drop, p->skip_drop, p->one_drop != 0, p->normalise != 0 };
    return hyti_boosted_fit(m->context, &p->boost, &dart, &loss, rows, bag, NULL, &m->boosted);
}

static hyt_status fit_linear(const trees_params *p, const hyti_rows *rows, hyti_bag *bag, trees_model *m)
{
    hyti_linear_params params = { (size_t)p->boost.rounds, p->boost.eta, p->linear_lambda, p->linear_alpha };
    return hyti_linear_fit(m->context, &params, rows, bag, &m->linear);
}

static hyt_status trees_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const trees_params *p = params;
    hyti_bag bag = { .context = context };
    trees_model *m = trees_create(context, p);
    if (!m) return hyti_fail_nomem();
    hyt_status status = hyti_bag_create(context, rows->n, (size_t)p->boost.members, (uint64_t)p->boost.seed, &bag);
    if (status == HYT_OK) status = m->is_linear ? fit_linear(p, rows, &bag, m) : fit_trees(p, rows, &bag, m);
    if (status == HYT_OK) m->spread = hyti_bag_spread(&bag, &m->line, rows->y);
    hyti_bag_clear(&bag);
    if (status != HYT_OK) {
        trees_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

static hyt_status trees_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const trees_model *m = model;
    if (m->is_linear) return hyti_linear_predict(&m->linear, &m->spread, &m->line, x, n, mean, deviation);
    return hyti_boosted_predict(&m->boosted, &m->spread, &m->line, x, n, mean, deviation);
}

static void trees_save(const void *model, hyti_text *to)
{
    const trees_model *m = model;
    hyti_bag_save(&m->spread, &m->line, to);
    if (m->is_linear) hyti_linear_save(&m->linear, to);
    else hyti_boosted_save(&m->boosted, to);
}

static hyt_status read_trees(hyti_payload *from, const trees_params *p, size_t d, trees_model *m)
{
    HYTI_TRY(hyti_bag_load(from, &m->spread, &m->line));
    if (m->is_linear) return hyti_linear_load(m->context, from, d, (size_t)p->boost.members, &m->linear);
    return hyti_boosted_load(m->context, &p->boost, d, from, &m->boosted);
}

static hyt_status trees_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                             void **model)
{
    trees_model *m = trees_create(context, params);
    if (!m) return hyti_fail_nomem();
    hyt_status status = read_trees(from, params, rows->d, m);
    if (status != HYT_OK) {
        trees_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

const hyti_kind hyti_kind_trees = {
    .name = "trees", .options = &trees_table, .fit = trees_fit, .predict = trees_predict, .destroy = trees_destroy,
    .save = trees_save, .load = trees_load,
};
