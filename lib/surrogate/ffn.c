/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "ffn": an ensemble of small networks; their mean is the prediction, their spread its deviation
 * (Lakshminarayanan, Pritzel and Blundell, NIPS 2017, section 2.4). Each learns from all rows but a part of its own, on
 * which its weights of the best epoch are chosen: a cross-validation committee (Parmanto, Munro and Doyle, NIPS 1995).
 * Loss: squared error, or a hinge on the order of pairs of rows (Herbrich, Graepel and Obermayer, 2000, section 3.2),
 * whose scores a line brings to the target's unit. A penalty on the sizes of the first layer's weights (Tibshirani's
 * lasso, by proximal steps) leaves out features that say nothing. */
#include "surrogate/ensemble.h"
#include <math.h>
#include <string.h>

#define B HYTI_NET_BLOCK

enum { REGRESSION, RANKING };

typedef struct ffn_params {
    int64_t seed, members, layers, width, epochs, patience, loss;
    double rate, decay, sparsity, margin;
} ffn_params;

#define FIELD(name) offsetof(ffn_params, name)
static const hyti_option ffn_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of weights and samples" },
    { HYT_FFN_MEMBERS, HYT_OPT_INT, 8, 1, 1000, NULL, FIELD(members),
      "networks whose mean and deviation are the answer" },
    { HYT_FFN_LAYERS, HYT_OPT_INT, 2, 1, 16, NULL, FIELD(layers), "hidden layers" },
    { HYT_FFN_WIDTH, HYT_OPT_INT, 24, 1, 4096, NULL, FIELD(width), "units of a hidden layer" },
    { HYT_FFN_EPOCHS, HYT_OPT_INT, 80, 1, 1e6, NULL, FIELD(epochs), "passes over the rows" },
    { HYT_FFN_PATIENCE, HYT_OPT_INT, 40, 1, 1e6, NULL, FIELD(patience),
      "passes without a gain on the rows left out after which a network is done" },
    { HYT_FFN_LOSS, HYT_OPT_CHOICE, REGRESSION, 0, 0, "regression|ranking", FIELD(loss),
      "squared error, or a hinge on the order of pairs" },
    { HYT_FFN_RATE, HYT_OPT_REAL, 0.01, 1e-9, 1, NULL, FIELD(rate), "rate of learning at first, falling to 0" },
    { HYT_FFN_DECAY, HYT_OPT_REAL, 0.02, 0, 100, NULL, FIELD(decay), "decay of weights, a share of the rate a step" },
    { HYT_FFN_SPARSITY, HYT_OPT_REAL, 0.1, 0, 100, NULL, FIELD(sparsity),
      "penalty on absolute weights between features and units: what does not matter is not looked at" },
    { HYT_FFN_MARGIN, HYT_OPT_REAL, 0.5, 0, 1e6, NULL, FIELD(margin),
      "ranking: by how much scores must differ, at least, for a pair in the right order" },
};
static const hyti_table ffn_table = { ffn_options, HYTI_COUNT(ffn_options), sizeof(ffn_params), NULL };

#define LEAST_ROWS 10    /* fewer are all learnt from, none left out */
#define PARTNERS 4       /* rows of its block that a row is compared with by the ranking loss */

/* Room of a fit. */
typedef struct fitting {
    const ffn_params *params;
    const hyti_rows *rows;
    hyti_ensemble *model;
    hyti_rng rng;
    float *features;          /* n x d */
    uint32_t *deal, *order;   /* n each: all rows shuffled, that is, dealt to members;
                                 the member's, left out ones last */
    size_t learnt;            /* rows of `order` that are learnt from */
    float *block, *inside, *slopes, *gradient, *weights, *moments;
    double *scores;           /* n */
} fitting;

static void fitting_close(fitting *f)
{
    void *all[] = { f->features, f->deal, f->order, f->block, f->inside, f->slopes, f->gradient, f->weights, f->moments,
                    f->scores };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(f->model->context, all[i]);
}

static hyt_status fitting_open(fitting *f)
{
    hyt_context *context = f->model->context;
    size_t n = f->rows->n, d = f->rows->d, room = hyti_net_room(&f->model->net), size = f->model->size;
    f->features = hyti_array(context, n * d, sizeof *f->features);
    f->deal = hyti_array(context, n, sizeof *f->deal);
    f->order = hyti_array(context, n, sizeof *f->order);
    f->block = hyti_array(context, (d + 1) * B, sizeof *f->block);
    f->inside = hyti_array(context, room, sizeof *f->inside);
    f->slopes = hyti_array(context, room, sizeof *f->slopes);
    f->gradient = hyti_array(context, size, sizeof *f->gradient);
    f->weights = hyti_array(context, size, sizeof *f->weights);
    f->moments = hyti_array(context, size, 2 * sizeof *f->moments);
    f->scores = hyti_array(context, n * d, sizeof *f->scores);
    if (!f->features || !f->deal || !f->order || !f->block || !f->inside || !f->slopes || !f->gradient || !f->weights ||
        !f->moments || !f->scores)
        return hyti_fail_nomem();
    hyti_net_features(&f->model->columns, f->rows->x, n, f->scores, f->features);
    for (size_t i = 0; i < n; i++) f->deal[i] = (uint32_t)i;
    hyti_net_shuffle(&f->rng, f->deal, n);
    return HYT_OK;
}

/* Slopes of the loss by the outputs, and the loss itself, of `count` rows. */
static double squared_error(const double *y, const uint32_t *list, size_t count, const float *out, float *slopes)
{
    double sum = 0;
    for (size_t b = 0; b < count; b++) {
        float error = out[b] - (float)y[list[b]];
        slopes[b] = 2 * error / (float)count;
        sum += error * error;
    }
    return sum / (double)count;
}

static double pair_hinge(const double *y, const uint32_t *list, size_t count, double margin, const float *out,
                         float *slopes)
{
    double sum = 0;
    size_t pairs = 0;
    for (size_t b = 0; b < count; b++)
        for (size_t k = 1; k <= PARTNERS && k < count; k++) {
            size_t other = (b + k) % count;
            double apart = y[list[b]] - y[list[other]];
            if (apart == 0) continue;
            float sign = apart > 0 ? 1 : -1, missing = (float)margin - sign * (out[b] - out[other]);
            pairs++;
            if (missing <= 0) continue;
            sum += missing;
            slopes[b] -= sign;
            slopes[other] += sign;
        }
    for (size_t b = 0; pairs && b < count; b++) slopes[b] /= (float)pairs;
    return pairs ? sum / (double)pairs : 0;
}

/* The loss on the listed rows of one block. */
static double block_loss(fitting *f, const float *weights, const uint32_t *list, size_t count, float *slopes)
{
    float out[B];
    for (size_t b = 0; b < B; b++) slopes[b] = 0;
    hyti_net_gather(f->rows->d, f->features, list, count, f->block);
    hyti_net_forward(&f->model->net, weights, f->block, f->inside, out);
    return f->params->loss == REGRESSION ? squared_error(f->rows->y, list, count, out, slopes)
                                         : pair_hinge(f->rows->y, list, count, f->params->margin, out, slopes);
}

static void learn_once(fitting *f, hyti_adam *adam, float rate)
{
    float slopes[B];
    for (size_t at = 0; at < f->learnt; at += B) {
        size_t count = HYTI_MIN(B, f->learnt - at);
        block_loss(f, f->weights, f->order + at, count, slopes);
        hyti_net_backward(&f->model->net, f->weights, f->block, f->inside, slopes, f->slopes, f->gradient);
        hyti_adam_step(adam, rate, f->gradient, f->weights);
        hyti_net_shrink(&f->model->net, rate * (float)f->params->sparsity, f->weights);
    }
}

static double loss_of(fitting *f, const float *weights, const uint32_t *list, size_t n)
{
    double sum = 0;
    float slopes[B];
    for (size_t at = 0; at < n; at += B) {
        size_t count = HYTI_MIN(B, n - at);
        sum += (double)count * block_loss(f, weights, list + at, count, slopes);
    }
    return sum;
}

/* The member's rows: those of its share of the deal go last and are left out. */
static void choose_rows(fitting *f, size_t member)
{
    size_t n = f->rows->n, members = f->model->members, last = n;
    bool all = members == 1 || n < LEAST_ROWS;
    f->learnt = 0;
    for (size_t i = 0; i < n; i++) {
        if (all || i % members != member) f->order[f->learnt++] = f->deal[i];
        else f->order[--last] = f->deal[i];
    }
}

/* Least squares of the targets on the scores of all rows; a slope against the order counts as none. */
static void find_line(const fitting *f, double *line)
{
    const double *s = f->scores, *y = f->rows->y;
    size_t n = f->rows->n;
    double mean_s = 0, mean_y = 0, squares = 0, products = 0;
    for (size_t i = 0; i < n; i++) {
        mean_s += s[i] / (double)n;
        mean_y += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        squares += (s[i] - mean_s) * (s[i] - mean_s);
        products += (s[i] - mean_s) * (y[i] - mean_y);
    }
    line[1] = squares > 0 ? fmax(0, products / squares) : 0;
    line[0] = mean_y - line[1] * mean_s;
}

/* The weights of the epoch that is best on the rows left out, or of the last. */
static void learn(fitting *f, float *best)
{
    const ffn_params *p = f->params;
    size_t size = f->model->size;
    double least = INFINITY;
    hyti_adam adam = { size, 0, f->moments, f->moments + size, (float)p->decay };
    memset(f->moments, 0, 2 * size * sizeof *f->moments);
    hyti_net_start(&f->model->net, &f->rng, f->weights);
    size_t out = f->rows->n - f->learnt, since = 0;
    for (size_t epoch = 0; epoch < (size_t)p->epochs && since < (size_t)p->patience; epoch++, since++) {
        hyti_net_shuffle(&f->rng, f->order, f->learnt);
        learn_once(f, &adam, hyti_net_rate(p->rate, epoch, (size_t)p->epochs));
        double loss = out ? loss_of(f, f->weights, f->order + f->learnt, out) : 0;
        if (out && !(loss < least)) continue;
        least = loss;
        since = 0;
        memcpy(best, f->weights, size * sizeof *best);
    }
}

static void fit_member(fitting *f, size_t member)
{
    hyti_ensemble *m = f->model;
    double *line = m->lines + 2 * member;
    f->rng = hyti_rng_start((uint64_t)f->params->seed, HYTI_PURPOSE_SURROGATE, member + 1);
    choose_rows(f, member);
    learn(f, m->weights + member * m->size);
    if (f->params->loss == REGRESSION) return;
    hyti_ensemble_ask(m, member, f->features, f->rows->n, f->block, f->inside, f->scores);
    find_line(f, line);
}

static hyt_status ffn_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const ffn_params *p = params;
    if (rows->n > UINT32_MAX) return hyti_fail(HYT_ERR_RANGE, "%zu rows are too many", rows->n);
    fitting f = { .params = p, .rows = rows };
    hyti_net net = { rows->d, (size_t)p->width, (size_t)p->layers };
    HYTI_TRY(hyti_ensemble_create(context, &net, (size_t)p->members, &f.model));
    f.rng = hyti_rng_start((uint64_t)p->seed, HYTI_PURPOSE_SURROGATE, 0);
    hyt_status status = hyti_columns_create(context, rows->x, rows->n, rows->d, &f.model->columns);
    if (status == HYT_OK) status = fitting_open(&f);
    for (size_t k = 0; status == HYT_OK && k < f.model->members; k++) fit_member(&f, k);
    fitting_close(&f);
    if (status == HYT_OK) *model = f.model;
    else hyti_ensemble_destroy(f.model);
    return status;
}

const hyti_kind hyti_kind_ffn = {
    .name = "ffn", .options = &ffn_table, .fit = ffn_fit, .predict = hyti_ensemble_predict,
    .destroy = hyti_ensemble_destroy, .save = hyti_ensemble_save, .load = hyti_ensemble_load,
};
