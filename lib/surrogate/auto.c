/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "auto": whichever kind orders the rows best in cross-validation, or a mean of several whose weights (none
 * negative, sum 1) have the least squared error there, where that orders them better: Breiman, "Stacked regressions",
 * Machine Learning 24, 1996. */
#include "numeric/rank.h"
#include "surrogate/validate.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const candidates[] = { "gp", "trees", "ridge", "ffn", "forest" };
enum { CANDIDATES = HYTI_COUNT(candidates) };

typedef struct auto_params {
    int64_t seed, folds, rows, blend, use[CANDIDATES];
} auto_params;

#define FIELD(name) offsetof(auto_params, name)
#define CANDIDATE(place, key, by_default) \
    { key, HYT_OPT_FLAG, by_default, 0, 1, NULL, FIELD(use) + sizeof(int64_t) * place, \
      "whether \"" key "\" may be chosen" }
static const hyti_option auto_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed),
      "seed of the folds and the models" },
    { HYT_AUTO_FOLDS, HYT_OPT_INT, 5, 2, 1000, NULL, FIELD(folds), "folds of the cross-validation" },
    { HYT_AUTO_ROWS, HYT_OPT_INT, 800, 20, 1e9, NULL,
      FIELD(rows), "rows that the kinds are compared on, spread over all; what is chosen has all" },
    { HYT_AUTO_BLEND, HYT_OPT_FLAG, 1, 0, 1, NULL, FIELD(blend), "whether a mean of several may be chosen" },
    CANDIDATE(0, "gp", 1),
    CANDIDATE(1, "trees", 1),
    CANDIDATE(2, "ridge", 1),
    CANDIDATE(3, "ffn", 0),
    CANDIDATE(4, "forest", 0),
};
static const hyti_table auto_table = { auto_options, HYTI_COUNT(auto_options), sizeof(auto_params), NULL };

/* With fewer rows there is nothing to compare by: the first candidate. */
#define FEWEST 10
#define LEAST_WEIGHT 0.05 /* what gets less is not worth its time */

typedef struct auto_model {
    hyt_context *context;
    size_t count;
    hyt_surrogate *parts[CANDIDATES];
    double weights[CANDIDATES];
    char text[32 * CANDIDATES]; /* what was chosen, for people */
} auto_model;

static void auto_destroy(void *model)
{
    auto_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    for (size_t k = 0; k < CANDIDATES; k++) hyt_surrogate_destroy(m->parts[k]);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

static hyt_status auto_create(hyt_context *context, auto_model **out)
{
    auto_model *m = hyti_alloc(context, sizeof *m);
    if (!m) return hyti_fail_nomem();
    m->context = hyti_context_retain(context);
    *out = m;
    return HYT_OK;
}

/* "gp", or "0.62 gp + 0.38 trees". */
static void describe(auto_model *m)
{
    size_t used = 0;
    m->text[0] = 0;
    for (size_t k = 0; k < m->count && used < sizeof m->text; k++) {
        char *to = m->text + used;
        size_t room = sizeof m->text - used;
        const char *name = m->parts[k]->kind->name;
        used += (size_t)(m->count == 1 ? snprintf(to, room, "%s", name)
                                       : snprintf(to, room, "%s%.2f %s", k ? " + " : "", m->weights[k], name));
    }
}

/* What is compared. Those that could not be fitted have no surrogate. */
typedef struct contest {
    hyt_context *context;
    const auto_params *params;
    const hyti_rows *rows;
    hyti_rows sample;              /* the rows to compare on: all, or copies of some */
    double *x, *y;                 /* of the copies */
    hyt_surrogate *entrants[CANDIDATES];
    double *predicted[CANDIDATES]; /* n each, out of fold */
    double tau[CANDIDATES];
    int *folds;
    double *blended;
} contest;

static void contest_close(contest *c)
{
    for (size_t k = 0; k < CANDIDATES; k++) {
        hyt_surrogate_destroy(c->entrants[k]);
        hyti_free(c->context, c->predicted[k]);
    }
    void *all[] = { c->x, c->y, c->folds, c->blended };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(c->context, all[i]);
}

static hyt_status make_entrant(contest *c, size_t k)
{
    hyt_options *options = NULL;
    HYTI_TRY(hyt_surrogate_options_create(c->context, candidates[k], &options));
    hyt_status status = hyt_options_set_int(options, HYT_SURROGATE_SEED, c->params->seed);
    if (status == HYT_OK)
        status = hyt_surrogate_create(c->context, candidates[k], c->rows->d, options, &c->entrants[k]);
    if (status == HYT_OK && c->rows->columns)
        status = hyt_surrogate_set_columns(c->entrants[k], c->rows->columns, c->rows->d);
    hyt_options_destroy(options);
    return status;
}

/* Of more rows than are wanted, as many, spread evenly. */
static hyt_status draw_sample(contest *c)
{
    size_t n = c->rows->n, d = c->rows->d, count = HYTI_MIN(n, (size_t)c->params->rows);
    c->sample = *c->rows;
    if (count == n) return HYT_OK;
    c->x = hyti_array(c->context, count, d * sizeof *c->x);
    c->y = hyti_array(c->context, count, sizeof *c->y);
    if (!c->x || !c->y) return hyti_fail_nomem();
    for (size_t i = 0; i < count; i++) {
        size_t row = i * n / count;
        memcpy(c->x + i * d, c->rows->x + row * d, d * sizeof *c->x);
        c->y[i] = c->rows->y[row];
    }
    c->sample = (hyti_rows){ c->x, c->y, count, d, c->rows->columns };
    return HYT_OK;
}

/* All that may be chosen; of few rows the first. */
static hyt_status contest_open(contest *c)
{
    HYTI_TRY(draw_sample(c));
    size_t n = c->sample.n, count = 0;
    bool few = n < FEWEST;
    for (size_t k = 0; k < CANDIDATES; k++) {
        if (!c->params->use[k] || (few && count > 0)) continue;
        HYTI_TRY(make_entrant(c, k));
        count++;
        c->predicted[k] = hyti_array(c->context, n, sizeof *c->predicted[k]);
        if (!c->predicted[k]) return hyti_fail_nomem();
    }
    if (count == 0) return hyti_fail(HYT_ERR_ARGUMENT, "auto: there is no kind that may be chosen");
    c->folds = hyti_array(c->context, n, sizeof *c->folds);
    c->blended = hyti_array(c->context, n, sizeof *c->blended);
    if (!c->folds || !c->blended) return hyti_fail_nomem();
    return few ? HYT_OK
               : hyt_validation_deal(n, HYTI_MIN((size_t)c->params->folds, n), (uint64_t)c->params->seed, c->folds);
}

static hyt_status order_of(const contest *c, const double *predicted, double *tau)
{
    HYTI_TRY(hyti_kendall(c->context, c->sample.y, predicted, c->sample.n, tau));
    if (isnan(*tau)) *tau = 0;
    return HYT_OK;
}

/* A kind without a finite fit drops out, unless it is the last. */
static hyt_status compare(contest *c)
{
    hyt_status last = HYT_OK;
    size_t left = 0;
    for (size_t k = 0; k < CANDIDATES; k++) {
        if (!c->entrants[k]) continue;
        last = hyti_validate_predict(c->entrants[k], c->sample.x, c->sample.y, c->folds, c->sample.n, c->predicted[k],
                                     NULL);
        if (last != HYT_OK && last != HYT_ERR_NUMERIC) return last;
        if (last == HYT_OK) {
            HYTI_TRY(order_of(c, c->predicted[k], &c->tau[k]));
            left++;
            continue;
        }
        hyti_log(c->context, HYT_LOG_WARNING, "auto leaves out %s: %s", candidates[k], hyt_message());
        hyt_surrogate_destroy(c->entrants[k]);
        c->entrants[k] = NULL;
    }
    return left ? HYT_OK : last;
}

/* Products of the kinds' errors with each other. */
static void error_products(const contest *c, double products[CANDIDATES][CANDIDATES])
{
    for (size_t a = 0; a < CANDIDATES; a++)
        for (size_t b = 0; b < CANDIDATES; b++) {
            products[a][b] = 0;
            if (!c->entrants[a] || !c->entrants[b]) continue;
            for (size_t i = 0; i < c->sample.n; i++)
                products[a][b] += (c->sample.y[i] - c->predicted[a][i]) * (c->sample.y[i] - c->predicted[b][i]);
        }
}

/* Weight moves from b to a, as much as lessens the squared error of the mean most; returns how much moved. */
static double move_weight(double products[CANDIDATES][CANDIDATES], double *weights, size_t a, size_t b)
{
    double slope = 0, bend = products[a][a] + products[b][b] - 2 * products[a][b];
    for (size_t k = 0; k < CANDIDATES; k++) slope += weights[k] * (products[a][k] - products[b][k]);
    if (!(bend > 0)) return 0;
    double step = fmin(fmax(-slope / bend, -weights[a]), weights[b]);
    weights[a] += step;
    weights[b] -= step;
    return fabs(step);
}

/* Least squared error over all weights that are not negative and sum to 1, pair by pair: convex, so that where no pair
 * gains, nothing does. */
static void find_weights(const contest *c, double *weights)
{
    double products[CANDIDATES][CANDIDATES], moved = 1, total = 0;
    error_products(c, products);
    for (size_t k = 0; k < CANDIDATES; k++) total += c->entrants[k] != NULL;
    for (size_t k = 0; k < CANDIDATES; k++) weights[k] = (c->entrants[k] != NULL) / total;
    for (size_t sweep = 0; sweep < 1000 && moved > 1e-9; sweep++) {
        moved = 0;
        for (size_t a = 0; a < CANDIDATES; a++)
            for (size_t b = 0; b < a; b++)
                if (c->entrants[a] && c->entrants[b]) moved = fmax(moved, move_weight(products, weights, a, b));
    }
    total = 0;
    for (size_t k = 0; k < CANDIDATES; k++) {
        if (weights[k] < LEAST_WEIGHT) weights[k] = 0;
        total += weights[k];
    }
    for (size_t k = 0; k < CANDIDATES; k++) weights[k] /= total;
}

static hyt_status order_of_blend(contest *c, const double *weights, double *tau)
{
    for (size_t i = 0; i < c->sample.n; i++) {
        c->blended[i] = 0;
        for (size_t k = 0; k < CANDIDATES; k++)
            if (weights[k] > 0) c->blended[i] += weights[k] * c->predicted[k][i];
    }
    return order_of(c, c->blended, tau);
}

/* The weights of the best kind, or of the best mean where it is better. */
static hyt_status judge(contest *c, double *weights)
{
    size_t best = CANDIDATES;
    double blend[CANDIDATES], tau;
    for (size_t k = 0; k < CANDIDATES; k++)
        if (c->entrants[k] && (best == CANDIDATES || c->tau[k] > c->tau[best])) best = k;
    for (size_t k = 0; k < CANDIDATES; k++) weights[k] = k == best;
    if (!c->params->blend) return HYT_OK;
    find_weights(c, blend);
    HYTI_TRY(order_of_blend(c, blend, &tau));
    if (tau > c->tau[best]) memcpy(weights, blend, sizeof blend);
    return HYT_OK;
}

static void report(const contest *c, const auto_model *m)
{
    char taus[40 * CANDIDATES] = "";
    for (size_t k = 0, used = 0; k < CANDIDATES && used < sizeof taus; k++)
        if (c->entrants[k])
            used += (size_t)snprintf(taus + used, sizeof taus - used, "%s%.3f by %s", used ? ", " : "", c->tau[k],
                                     candidates[k]);
    hyti_log(c->context, HYT_LOG_INFO, "auto on %zu rows: tau %s; takes %s", c->sample.n, taus, m->text);
}

/* The chosen ones learn from all rows and move into the model. */
static hyt_status take_chosen(contest *c, const double *weights, auto_model *m)
{
    for (size_t k = 0; k < CANDIDATES; k++) {
        if (!(weights[k] > 0)) continue;
        HYTI_TRY(hyt_surrogate_fit(c->entrants[k], c->rows->x, c->rows->y, c->rows->n));
        HYTI_TRY(hyt_surrogate_copy(c->entrants[k], &m->parts[m->count]));
        m->weights[m->count++] = weights[k];
    }
    describe(m);
    report(c, m);
    return HYT_OK;
}

static hyt_status auto_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    contest c = { .context = context, .params = params, .rows = rows };
    double weights[CANDIDATES];
    auto_model *m = NULL;
    hyt_status status = contest_open(&c);
    if (status == HYT_OK && rows->n >= FEWEST) status = compare(&c);
    if (status == HYT_OK) status = judge(&c, weights);
    if (status == HYT_OK) status = auto_create(context, &m);
    if (status == HYT_OK) status = take_chosen(&c, weights, m);
    contest_close(&c);
    if (status == HYT_OK) *model = m;
    else auto_destroy(m);
    return status;
}

/* Adds what one part says: sums of weight * mean, and of weight * (deviation^2 + mean^2). */
static hyt_status add_part(const auto_model *m, size_t k, const double *x, size_t n, double *room, double *mean,
                           double *deviation)
{
    HYTI_TRY(hyt_surrogate_predict(m->parts[k], x, n, room, deviation ? room + n : NULL));
    for (size_t i = 0; i < n; i++) {
        mean[i] += m->weights[k] * room[i];
        if (deviation) deviation[i] += m->weights[k] * (room[n + i] * room[n + i] + room[i] * room[i]);
    }
    return HYT_OK;
}

/* Mean and deviation of the mixture: where the parts disagree, there is doubt. */
static hyt_status auto_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const auto_model *m = model;
    if (m->count == 1) return hyt_surrogate_predict(m->parts[0], x, n, mean, deviation);
    double *room = hyti_array(m->context, n, 4 * sizeof *room), *sum = room + 2 * n, *squares = room + 3 * n;
    if (!room) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    for (size_t k = 0; status == HYT_OK && k < m->count; k++)
        status = add_part(m, k, x, n, room, sum, deviation ? squares : NULL);
    for (size_t i = 0; status == HYT_OK && i < n; i++) {
        mean[i] = sum[i];
        if (deviation) deviation[i] = sqrt(fmax(0, squares[i] - sum[i] * sum[i]));
    }
    hyti_free(m->context, room);
    return status;
}

/* The choice stays. */
static hyt_status auto_update(const void *model, const hyti_rows *added, void **out)
{
    const auto_model *old = model;
    auto_model *m = NULL;
    HYTI_TRY(auto_create(old->context, &m));
    hyt_status status = HYT_OK;
    for (; status == HYT_OK && m->count < old->count; m->count++) {
        m->weights[m->count] = old->weights[m->count];
        status = hyt_surrogate_copy(old->parts[m->count], &m->parts[m->count]);
        if (status == HYT_OK) status = hyt_surrogate_update(m->parts[m->count], added->x, added->y, added->n);
    }
    if (status != HYT_OK) {
        auto_destroy(m);
        return status;
    }
    describe(m);
    *out = m;
    return HYT_OK;
}

static const char *auto_chosen(const void *model)
{
    return ((const auto_model *)model)->text;
}

static void auto_save(const void *model, hyti_text *to)
{
    const auto_model *m = model;
    hyti_put_number(to, m->count, 1);
    for (size_t k = 0; k < m->count; k++) {
        hyti_put_real(to, m->weights[k]);
        hyti_surrogate_put(to, m->parts[k]);
    }
}

static hyt_status load_parts(hyt_context *context, const hyti_rows *rows, hyti_payload *from, auto_model *m)
{
    uint64_t count;
    HYTI_TRY(hyti_get_number(from, 1, "number of parts", 1, CANDIDATES, &count));
    for (; m->count < count; m->count++) {
        HYTI_TRY(hyti_get_real(from, "weight", 0, 1, &m->weights[m->count]));
        HYTI_TRY(hyti_surrogate_get(context, from, rows, &m->parts[m->count]));
    }
    describe(m);
    return HYT_OK;
}

static hyt_status auto_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                            void **model)
{
    (void)params;
    auto_model *m = NULL;
    HYTI_TRY(auto_create(context, &m));
    hyt_status status = load_parts(context, rows, from, m);
    if (status == HYT_OK) *model = m;
    else auto_destroy(m);
    return status;
}

const hyti_kind hyti_kind_auto = {
    .name = "auto", .options = &auto_table, .fit = auto_fit, .predict = auto_predict, .destroy = auto_destroy,
    .update = auto_update, .save = auto_save, .load = auto_load, .chosen = auto_chosen,
};
