/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "ffn": an ensemble of small networks; their mean is the prediction, their spread its deviation
 * (Lakshminarayanan, Pritzel and Blundell, NIPS 2017, section 2.4). Each learns from all rows but a part of its own, on
 * which its weights of the best epoch are chosen: a cross-validation committee (Parmanto, Munro and Doyle, NIPS 1995).
 * Loss: squared error, or a hinge on the order of pairs of rows (Herbrich, Graepel and Obermayer, 2000, section 3.2),
 * whose scores a line brings to the target's unit. A penalty on the sizes of the first layer's weights (Tibshirani's
 * lasso, by proximal steps) leaves out features that say nothing. */
#include "surrogate/net.h"
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
    { HYT_FFN_MEMBERS, HYT_OPT_INT, 8, 1, 1000, NULL, FIELD(members), "networks whose mean and deviation are the answer" },
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

typedef struct ffn_model {
    hyt_context *context;
    hyti_columns columns;
    hyti_net net;
    size_t members, size; /* size: weights of a member */
    float *weights;       /* members x size */
    double *lines;        /* members x 2: offset and slope of a member's score */
} ffn_model;

static void ffn_destroy(void *model)
{
    ffn_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_columns_clear(&m->columns);
    hyti_free(context, m->weights);
    hyti_free(context, m->lines);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

static hyt_status ffn_create(hyt_context *context, const ffn_params *p, size_t d, ffn_model **out)
{
    hyti_net net = { d, (size_t)p->width, (size_t)p->layers };
    size_t size;
    if (!hyti_net_size(&net, &size))
        return hyti_fail(HYT_ERR_RANGE, "%zu features, %zu layers of %zu units are too many", d, net.layers, net.width);
    ffn_model *m = hyti_alloc(context, sizeof *m);
    if (!m) return hyti_fail_nomem();
    *m = (ffn_model){ .context = hyti_context_retain(context), .net = net, .members = (size_t)p->members, .size = size };
    m->columns.context = context;
    m->weights = hyti_array(context, m->members, size * sizeof *m->weights);
    m->lines = hyti_array(context, m->members, 2 * sizeof *m->lines);
    if (!m->weights || !m->lines) {
        ffn_destroy(m);
        return hyti_fail_nomem();
    }
    *out = m;
    return HYT_OK;
}

/* Room of a fit. */
typedef struct fitting {
    const ffn_params *params;
    const hyti_rows *rows;
    ffn_model *model;
    hyti_rng rng;
    float *features;          /* n x d */
    uint32_t *deal, *order;   /* n each: all rows shuffled, that is, dealt to members; the member's, left out ones last */
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

static void predict_features(const ffn_model *m, size_t member, const float *features, size_t n, float *block,
                             float *inside, double *scores)
{
    float out[B];
    for (size_t at = 0; at < n; at += B) {
        size_t count = HYTI_MIN(B, n - at);
        hyti_net_gather(m->net.d, features + at * m->net.d, NULL, count, block);
        hyti_net_forward(&m->net, m->weights + member * m->size, block, inside, out);
        for (size_t b = 0; b < count; b++) scores[at + b] = out[b];
    }
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
    ffn_model *m = f->model;
    double *line = m->lines + 2 * member;
    f->rng = hyti_rng_start((uint64_t)f->params->seed, HYTI_PURPOSE_SURROGATE, member + 1);
    choose_rows(f, member);
    learn(f, m->weights + member * m->size);
    line[0] = 0;
    line[1] = 1;
    if (f->params->loss == REGRESSION) return;
    predict_features(m, member, f->features, f->rows->n, f->block, f->inside, f->scores);
    find_line(f, line);
}

static hyt_status ffn_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const ffn_params *p = params;
    if (rows->n > UINT32_MAX) return hyti_fail(HYT_ERR_RANGE, "%zu rows are too many", rows->n);
    fitting f = { .params = p, .rows = rows };
    HYTI_TRY(ffn_create(context, p, rows->d, &f.model));
    f.rng = hyti_rng_start((uint64_t)p->seed, HYTI_PURPOSE_SURROGATE, 0);
    hyt_status status = hyti_columns_create(context, rows->x, rows->n, rows->d, &f.model->columns);
    if (status == HYT_OK) status = fitting_open(&f);
    for (size_t k = 0; status == HYT_OK && k < f.model->members; k++) fit_member(&f, k);
    fitting_close(&f);
    if (status == HYT_OK) *model = f.model;
    else ffn_destroy(f.model);
    return status;
}

/* Sums over members of answers and of their squares. */
static hyt_status sum_members(const ffn_model *m, const float *features, size_t n, double *sum, double *squares)
{
    hyt_status status = HYT_OK;
    float *block = hyti_array(m->context, (m->net.d + 1) * B, sizeof *block);
    float *inside = hyti_array(m->context, hyti_net_room(&m->net), sizeof *inside);
    double *scores = hyti_array(m->context, n * m->members, sizeof *scores);
    if (!block || !inside || !scores) status = hyti_fail_nomem();
    for (size_t k = 0; status == HYT_OK && k < m->members; k++) {
        double *mine = scores + k * n;
        predict_features(m, k, features, n, block, inside, mine);
        for (size_t i = 0; i < n; i++) mine[i] = m->lines[2 * k] + m->lines[2 * k + 1] * mine[i];
    }
    for (size_t i = 0; status == HYT_OK && i < n; i++) {
        sum[i] = squares[i] = 0;
        for (size_t k = 0; k < m->members; k++) sum[i] += scores[k * n + i];
        for (size_t k = 0; k < m->members; k++)
            squares[i] += pow(scores[k * n + i] - sum[i] / (double)m->members, 2);
    }
    hyti_free(m->context, block);
    hyti_free(m->context, inside);
    hyti_free(m->context, scores);
    return status;
}

static hyt_status ffn_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const ffn_model *m = model;
    double members = (double)m->members;
    double *room = hyti_array(m->context, n, HYTI_MAX(m->net.d, 2) * sizeof *room);
    float *features = hyti_array(m->context, n, m->net.d * sizeof *features);
    hyt_status status = room && features ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        hyti_net_features(&m->columns, x, n, room, features);
        status = sum_members(m, features, n, room, room + n);
    }
    for (size_t i = 0; status == HYT_OK && i < n; i++) {
        mean[i] = room[i] / members;
        if (deviation) deviation[i] = members > 1 ? sqrt(room[n + i] / (members - 1)) : 0;
    }
    hyti_free(m->context, room);
    hyti_free(m->context, features);
    return status;
}

static void ffn_save(const void *model, hyti_text *to)
{
    const ffn_model *m = model;
    hyti_columns_save(&m->columns, to);
    hyti_put_number(to, m->net.width, 4);
    hyti_put_number(to, m->net.layers, 4);
    hyti_put_number(to, m->members, 4);
    hyti_put_reals(to, m->lines, 2 * m->members);
    hyti_net_put(to, m->weights, m->members * m->size);
}

/* The sizes that a payload names stand in for the parameters; the bytes for the weights must be there. */
static hyt_status load_sizes(hyti_payload *from, size_t d, ffn_params *sizes)
{
    uint64_t width, layers, members;
    size_t size, all;
    HYTI_TRY(hyti_get_number(from, 4, "units of a layer", 1, UINT32_MAX, &width));
    HYTI_TRY(hyti_get_number(from, 4, "layers", 1, UINT32_MAX, &layers));
    HYTI_TRY(hyti_get_number(from, 4, "members", 1, UINT32_MAX, &members));
    hyti_net net = { d, (size_t)width, (size_t)layers };
    if (!hyti_net_size(&net, &size) || !hyti_mul((size_t)members, 4 * size + 16, &all))
        return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %zu layers of %zu units are too many", from->part, from->at,
                         net.layers, net.width);
    *sizes = (ffn_params){ .width = (int64_t)width, .layers = (int64_t)layers, .members = (int64_t)members };
    return hyti_get_room(from, all, "networks");
}

static hyt_status ffn_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                           void **model)
{
    (void)params;
    hyti_columns columns = { .context = context };
    ffn_params sizes;
    ffn_model *m = NULL;
    hyt_status status = hyti_columns_load(context, from, rows->d, &columns);
    if (status == HYT_OK) status = load_sizes(from, rows->d, &sizes);
    if (status == HYT_OK) status = ffn_create(context, &sizes, rows->d, &m);
    if (status != HYT_OK) {
        hyti_columns_clear(&columns);
        return status;
    }
    m->columns = columns;
    status = hyti_get_reals(from, "lines", 2 * m->members, m->lines);
    if (status == HYT_OK) status = hyti_net_get(from, "weights", m->members * m->size, m->weights);
    if (status == HYT_OK) *model = m;
    else ffn_destroy(m);
    return status;
}

const hyti_kind hyti_kind_ffn = {
    .name = "ffn", .options = &ffn_table, .fit = ffn_fit, .predict = ffn_predict, .destroy = ffn_destroy,
    .save = ffn_save, .load = ffn_load,
};
