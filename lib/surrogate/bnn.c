/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "bnn": a network whose weights, all or those of its output, are normal, each with a mean and a deviation that
 * maximise the evidence's lower bound (Blundell, Cornebise, Kavukcuoglu and Wierstra, "Weight uncertainty in neural
 * networks", ICML 2015), by draws of the units' inputs in place of the weights (Kingma, Salimans and Welling,
 * "Variational dropout and the local reparameterization trick", NIPS 2015, eq. 6). Afterwards a fixed number of
 * networks is drawn once, in pairs about the mean, and is the model: the same point gets the same answer. */
#include "surrogate/ensemble.h"
#include <math.h>
#include <string.h>

#define B HYTI_NET_BLOCK

enum { RANDOM_ALL, RANDOM_LAST };

typedef struct bnn_params {
    int64_t seed, draws, layers, width, epochs, random;
    double rate, prior, weight;
} bnn_params;

#define FIELD(name) offsetof(bnn_params, name)
static const hyti_option bnn_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of weights and draws" },
    { HYT_BNN_DRAWS, HYT_OPT_INT, 32, 2, 10000, NULL, FIELD(draws),
      "networks drawn, whose mean and deviation are the answer" },
    { HYT_BNN_LAYERS, HYT_OPT_INT, 1, 1, 16, NULL, FIELD(layers), "hidden layers" },
    { HYT_BNN_WIDTH, HYT_OPT_INT, 32, 1, 4096, NULL, FIELD(width), "units of a hidden layer" },
    { HYT_BNN_EPOCHS, HYT_OPT_INT, 120, 1, 1e6, NULL, FIELD(epochs), "passes over the rows" },
    { HYT_BNN_RANDOM, HYT_OPT_CHOICE, RANDOM_ALL, 0, 0, "all|last", FIELD(random),
      "which weights are random: those of all layers, or of the output" },
    { HYT_BNN_RATE, HYT_OPT_REAL, 0.01, 1e-9, 1, NULL, FIELD(rate), "rate of learning at first, falling to 0" },
    { HYT_BNN_PRIOR, HYT_OPT_REAL, 1, 1e-6, 1e6, NULL, FIELD(prior),
      "deviation of a weight before any row, over the root of the inputs of its layer" },
    { HYT_BNN_WEIGHT, HYT_OPT_REAL, 0.3, 0, 1e6, NULL, FIELD(weight), "weight of the prior: 1 is Bayes' rule" },
};
static const hyti_table bnn_table = { bnn_options, HYTI_COUNT(bnn_options), sizeof(bnn_params), NULL };

#define FIRST_SPREAD 0.1    /* deviation of a weight at first, over that of the prior */
#define FIRST_NOISE (-2.0)  /* log variance of the targets' noise, at first and bounds; of standardised targets */
#define LEAST_NOISE (-9.0)
#define MOST_NOISE 1.0
#define TINY 1e-12f

/* One layer while it learns. The output is the last: its inputs are the features, 1, and the units below. */
typedef struct layer {
    size_t rows, columns, place; /* place: of its first weight */
    bool random;
    float prior;                 /* variance */
    float *in, *squares;         /* columns x B */
    float *out, *noise, *spread; /* rows x B; spread: deviation of the inputs of its units */
} layer;

/* What is learnt: `size` means, `size` logarithms of deviations, the logarithm of the noise's variance. */
typedef struct fitting {
    const bnn_params *params;
    const hyti_rows *rows;
    hyti_ensemble *model;
    hyti_rng rng;
    size_t size, count; /* count: 2 * size + 1 */
    layer *layers;      /* hidden ones and the output */
    float *room;        /* of the layers' arrays */
    float *features, *learnt, *gradient, *moments, *variance, *slopes, *below;
    uint32_t *order;
    double *scratch;
} fitting;

static void fitting_close(fitting *f)
{
    void *all[] = { f->layers, f->room, f->features, f->learnt, f->gradient, f->moments, f->variance, f->slopes,
                    f->below, f->order, f->scratch };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(f->model->context, all[i]);
}

static size_t layer_count(const fitting *f)
{
    return f->model->net.layers + 1;
}

/* Sizes of the layers; returns the floats that their arrays take. */
static size_t measure_layers(fitting *f)
{
    const hyti_net *net = &f->model->net;
    size_t place = 0, total = 0;
    for (size_t l = 0; l <= net->layers; l++) {
        layer *a = &f->layers[l];
        bool last = l == net->layers;
        a->rows = last ? 1 : net->width;
        a->columns = last ? net->d + 1 + net->width : 1 + (l ? net->width : net->d);
        a->place = place;
        a->random = last || f->params->random == RANDOM_ALL;
        a->prior = (float)(f->params->prior * f->params->prior / (last ? 1 : (double)a->columns));
        place += a->rows * a->columns;
        total += (2 * a->columns + 3 * a->rows) * B;
    }
    return total;
}

static void place_layers(fitting *f)
{
    float *at = f->room;
    for (size_t l = 0; l < layer_count(f); l++) {
        layer *a = &f->layers[l];
        a->in = at;
        a->squares = a->in + a->columns * B;
        a->out = a->squares + a->columns * B;
        a->noise = a->out + a->rows * B;
        a->spread = a->noise + a->rows * B;
        at = a->spread + a->rows * B;
        for (size_t b = 0; b < B; b++) a->in[(a->columns - 1) * B + b] = 1; /* of a hidden layer */
    }
}

static hyt_status fitting_open(fitting *f)
{
    hyt_context *context = f->model->context;
    size_t n = f->rows->n, d = f->rows->d, widest = (d + 1 + f->model->net.width) * B;
    f->size = f->model->size;
    f->count = 2 * f->size + 1;
    f->layers = hyti_array(context, layer_count(f), sizeof *f->layers);
    if (!f->layers) return hyti_fail_nomem();
    f->room = hyti_array(context, measure_layers(f), sizeof *f->room);
    f->features = hyti_array(context, n * d, sizeof *f->features);
    f->learnt = hyti_array(context, f->count, sizeof *f->learnt);
    f->gradient = hyti_array(context, f->count, sizeof *f->gradient);
    f->moments = hyti_array(context, f->count, 2 * sizeof *f->moments);
    f->variance = hyti_array(context, f->size, sizeof *f->variance);
    f->slopes = hyti_array(context, widest, sizeof *f->slopes);
    f->below = hyti_array(context, widest, 2 * sizeof *f->below);
    f->order = hyti_array(context, n, sizeof *f->order);
    f->scratch = hyti_array(context, n * d, sizeof *f->scratch);
    if (!f->room || !f->features || !f->learnt || !f->gradient || !f->moments || !f->variance || !f->slopes ||
        !f->below || !f->order || !f->scratch)
        return hyti_fail_nomem();
    place_layers(f);
    hyti_net_features(&f->model->columns, f->rows->x, n, f->scratch, f->features);
    for (size_t i = 0; i < n; i++) f->order[i] = (uint32_t)i;
    return HYT_OK;
}

/* -- one step ------------------------------------------------------------------------------------------------------ */

/* Inputs of the units: normal, with the mean and the variance that the weights give them. */
static void draw_inputs(fitting *f, layer *a)
{
    hyti_dense_forward(a->rows, a->columns, f->learnt + a->place, a->in, a->out);
    if (!a->random) return;
    for (size_t i = 0; i < a->columns * B; i++) a->squares[i] = a->in[i] * a->in[i];
    hyti_dense_forward(a->rows, a->columns, f->variance + a->place, a->squares, a->spread);
    for (size_t i = 0; i < a->rows * B; i++) {
        a->noise[i] = (float)hyti_rng_normal(&f->rng);
        a->spread[i] = sqrtf(a->spread[i] + TINY);
        a->out[i] += a->spread[i] * a->noise[i];
    }
}

static const float *forward(fitting *f, const uint32_t *list, size_t count)
{
    size_t d = f->rows->d, width = f->model->net.width, last = f->model->net.layers;
    layer *output = &f->layers[last];
    hyti_net_gather(d, f->features, list, count, output->in);
    memcpy(f->layers[0].in, output->in, (d + 1) * B * sizeof(float));
    for (size_t l = 0; l < last; l++) {
        layer *a = &f->layers[l];
        draw_inputs(f, a);
        hyti_squash(width * B, a->out);
        float *above = l + 1 == last ? output->in + (d + 1) * B : a[1].in;
        memcpy(above, a->out, width * B * sizeof *above);
    }
    draw_inputs(f, output);
    return output->out;
}

/* Slopes by a layer's means and variances, and by what it sees into f->below. f->slopes: by the inputs of its units. */
static void backward_layer(fitting *f, layer *a, bool see)
{
    float *by_mean = f->gradient + a->place, *by_spread = f->gradient + f->size + a->place, *more = f->below;
    more += a->columns * B;
    hyti_dense_outer(a->rows, a->columns, f->slopes, a->in, by_mean);
    if (see) hyti_dense_transposed(a->rows, a->columns, f->learnt + a->place, f->slopes, f->below, false);
    if (!a->random) return;
    for (size_t i = 0; i < a->rows * B; i++) f->slopes[i] *= a->noise[i] / (2 * a->spread[i]);
    hyti_dense_outer(a->rows, a->columns, f->slopes, a->squares, by_spread);
    if (!see) return;
    hyti_dense_transposed(a->rows, a->columns, f->variance + a->place, f->slopes, more, false);
    for (size_t i = 0; i < a->columns * B; i++) f->below[i] += 2 * a->in[i] * more[i];
}

static void backward(fitting *f)
{
    size_t width = f->model->net.width, last = f->model->net.layers;
    for (size_t l = last + 1; l-- > 0;) {
        layer *a = &f->layers[l];
        backward_layer(f, a, l > 0);
        if (l == 0) return;
        memcpy(f->slopes, f->below + (l == last ? (f->rows->d + 1) * B : 0), width * B * sizeof(float));
        hyti_squash_slopes(width * B, a[-1].out, f->slopes);
    }
}

/* The Kullback-Leibler divergence of the weights from the prior, by its slopes, a row's share of it; and the chain rule
 * from variances to the logarithms of deviations. */
static void add_prior(fitting *f)
{
    float share = (float)(f->params->weight / (double)f->rows->n);
    for (size_t l = 0; l < layer_count(f); l++) {
        const layer *a = &f->layers[l];
        for (size_t i = a->place; i < a->place + a->rows * a->columns; i++) {
            float *by_spread = &f->gradient[f->size + i];
            f->gradient[i] += share * f->learnt[i] / a->prior;
            *by_spread = a->random ? 2 * f->variance[i] * *by_spread + share * (f->variance[i] / a->prior - 1) : 0;
        }
    }
}

/* Slopes of the mean of (y - out)^2 / (2 s^2) + log(s^2) / 2 over the rows. */
static void add_likelihood(fitting *f, const uint32_t *list, size_t count, const float *out)
{
    float noise = f->learnt[2 * f->size], precision = expf(-noise), squares = 0;
    for (size_t b = 0; b < B; b++) {
        float error = b < count ? out[b] - (float)f->rows->y[list[b]] : 0;
        f->slopes[b] = precision * error / (float)count;
        squares += error * error / (float)count;
    }
    f->gradient[2 * f->size] = 0.5f * (1 - precision * squares);
}

static void find_variances(fitting *f)
{
    for (size_t l = 0; l < layer_count(f); l++) {
        const layer *a = &f->layers[l];
        for (size_t i = a->place; i < a->place + a->rows * a->columns; i++) {
            float *spread = &f->learnt[f->size + i];
            *spread = fminf(fmaxf(*spread, -20), 2);
            f->variance[i] = a->random ? expf(2 * *spread) : 0;
        }
    }
}

static void learn(fitting *f)
{
    size_t epochs = (size_t)f->params->epochs, n = f->rows->n;
    float *noise = &f->learnt[2 * f->size];
    hyti_adam adam = { f->count, 0, f->moments, f->moments + f->count, 0 };
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        hyti_net_shuffle(&f->rng, f->order, n);
        for (size_t at = 0; at < n; at += B) {
            size_t count = HYTI_MIN(B, n - at);
            find_variances(f);
            const float *out = forward(f, f->order + at, count);
            add_likelihood(f, f->order + at, count, out);
            backward(f);
            add_prior(f);
            hyti_adam_step(&adam, hyti_net_rate(f->params->rate, epoch, epochs), f->gradient, f->learnt);
            *noise = fminf(fmaxf(*noise, LEAST_NOISE), MOST_NOISE);
        }
    }
    find_variances(f);
}

static void start(fitting *f)
{
    hyti_net_start(&f->model->net, &f->rng, f->learnt);
    for (size_t l = 0; l < layer_count(f); l++) {
        const layer *a = &f->layers[l];
        float spread = logf((float)FIRST_SPREAD * sqrtf(a->prior));
        for (size_t i = a->place; i < a->place + a->rows * a->columns; i++) f->learnt[f->size + i] = spread;
    }
    f->learnt[2 * f->size] = FIRST_NOISE;
}

/* Pairs of networks as far on either side of the mean; an odd last one is the mean. */
static void draw_networks(fitting *f)
{
    hyti_ensemble *m = f->model;
    for (size_t k = 0; k < m->members; k++) {
        float *mine = m->weights + k * f->size, side = k % 2 ? -1 : 1;
        if (k % 2 == 0 && k + 1 == m->members) side = 0;
        f->rng = hyti_rng_start((uint64_t)f->params->seed, HYTI_PURPOSE_SURROGATE, 2 + k / 2);
        for (size_t i = 0; i < f->size; i++)
            mine[i] = f->learnt[i] + side * sqrtf(f->variance[i]) * (float)hyti_rng_normal(&f->rng);
    }
}

/* Equal targets are all that there is to say. */
static void silence_constant(fitting *f)
{
    for (size_t i = 0; i < f->rows->n; i++)
        if (f->rows->y[i] != 0) return;
    for (size_t k = 0; k < f->model->members; k++) f->model->lines[2 * k + 1] = 0;
}

static hyt_status bnn_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const bnn_params *p = params;
    if (rows->n > UINT32_MAX) return hyti_fail(HYT_ERR_RANGE, "%zu rows are too many", rows->n);
    fitting f = { .params = p, .rows = rows };
    hyti_net net = { rows->d, (size_t)p->width, (size_t)p->layers };
    HYTI_TRY(hyti_ensemble_create(context, &net, (size_t)p->draws, &f.model));
    f.rng = hyti_rng_start((uint64_t)p->seed, HYTI_PURPOSE_SURROGATE, 0);
    hyt_status status = hyti_columns_create(context, rows->x, rows->n, rows->d, &f.model->columns);
    if (status == HYT_OK) status = fitting_open(&f);
    if (status == HYT_OK) {
        start(&f);
        learn(&f);
        draw_networks(&f);
        silence_constant(&f);
    }
    fitting_close(&f);
    if (status == HYT_OK) *model = f.model;
    else hyti_ensemble_destroy(f.model);
    return status;
}

const hyti_kind hyti_kind_bnn = {
    .name = "bnn", .options = &bnn_table, .fit = bnn_fit, .predict = hyti_ensemble_predict,
    .destroy = hyti_ensemble_destroy, .save = hyti_ensemble_save, .load = hyti_ensemble_load,
};
