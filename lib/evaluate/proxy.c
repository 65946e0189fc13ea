/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/proxy.h"
#include "base/rng.h"
#include "numeric/linear.h"
#include "train/trainer.h"
#include <math.h>
#include <string.h>

typedef struct probe {
    hyt_trainer *trainer;
    const hyti_proxy_work *work;
    size_t count;    /* pictures of its batch */
} probe;

static hyt_status probe_open(probe *p, const hyt_graph *graph, const hyti_proxy_work *work)
{
    hyti_train_params params = *work->params;
    p->work = work;
    p->count = HYTI_MIN(work->pictures, hyt_dataset_count(work->train));
    params.batch = (int64_t)p->count;
    params.memory_bytes = 0;
    params.mixup = params.cutmix = 0; /* the task need not blend */
    return hyti_trainer_create(graph, &params, &p->trainer);
}

/* Training pictures as they are, and what they show, into the trainer's batch. */
static hyt_status load_pictures(const probe *p)
{
    hyt_trainer *t = p->trainer;
    const hyt_dataset *train = p->work->train;
    double mean[3], spread[3];
    hyti_augment plain = { 0 };
    HYTI_TRY(hyti_goal_check(&t->goal, train, "train"));
    if (t->goal.task->begin) HYTI_TRY(t->goal.task->begin(&t->goal, train));
    HYTI_TRY(hyt_dataset_statistics(train, mean, spread));
    for (size_t c = 0; c < 3; c++) {
        plain.mean[c] = (float)mean[c];
        plain.inverse[c] = spread[c] > 1e-6 ? (float)(1 / spread[c]) : 1;
    }
    for (size_t i = 0; i < p->count; i++) {
        size_t index = i * hyt_dataset_count(train) / p->count;
        HYTI_TRY(hyti_data_picture(train, index, &plain, 0, 0, t->input + i * t->in_size));
        t->goal.task->aim(&t->goal, train, index, NULL, t->targets + i * t->target_size);
    }
    return HYT_OK;
}

/* -- gradients ----------------------------------------------------------------------------------------------------- */

static double slope_of(const hyt_trainer *t, size_t place)
{
    double sum = 0;
    for (size_t part = 0; part < t->net.parts; part++) sum += t->net.slots[part * t->tape.n_trained + place];
    return sum;
}

/* SNIP (Lee, Ajanthan, Torr, arXiv 1810.02340, equation 6, not normalised): sum of |w dL/dw| over the weights of
 * convolutions and linear layers. Gradient norm (Abdelfattah et al., arXiv 2101.08134, 3.1): the norms of dL/dw of
 * these weights, one a layer, summed. */
static hyt_status measure_gradient(const probe *p, hyti_proxy proxy, double *value)
{
    hyt_trainer *t = p->trainer;
    double sum = 0;
    HYTI_TRY(load_pictures(p));
    double loss = hyti_trainer_slopes(t, t->input, p->count);
    if (!isfinite(loss)) return hyti_fail(HYT_ERR_NUMERIC, "the loss is not finite before any training");
    for (size_t k = 0; k < t->tape.n_weights; k++) {
        const hyti_tape_weight *w = &t->tape.weights[k];
        double products = 0, squares = 0;
        for (size_t i = w->offset; w->decays && i < w->offset + w->count; i++) {
            double slope = slope_of(t, i);
            products += fabs(t->net.weights[i] * slope);
            squares += slope * slope;
        }
        sum += proxy == HYTI_PROXY_SNIP ? products : sqrt(squares);
    }
    *value = sum;
    return HYT_OK;
}

/* -- codes of activations ------------------------------------------------------------------------------------------ */

/* Those that pass what is above 0 and stop what is below. */
static bool rectifies(hyti_act act)
{
    return act == HYTI_ACT_RELU || act == HYTI_ACT_RELU6 || act == HYTI_ACT_SILU || act == HYTI_ACT_GELU ||
           act == HYTI_ACT_HARD_SWISH;
}

/* Bit j of picture i: whether the argument of the activation is above 0. */
static void write_codes(const probe *p, const hyti_tape_value *v, size_t words, uint64_t *codes)
{
    const hyti_net_f32 *net = &p->trainer->net;
    const hyti_tape_norm *norm = v->norm == HYTI_NONE ? NULL : &net->tape->norms[v->norm];
    const float *factors = norm ? net->factors + norm->factors : NULL;
    memset(codes, 0, p->count * words * sizeof *codes);
    for (size_t i = 0; i < p->count; i++) {
        const float *x = net->data + v->data + i * v->size;
        for (size_t j = 0; j < v->size; j++) {
            float argument = x[j];
            if (norm)
                argument = factors[HYTI_FACTOR_SCALE * norm->period + j % norm->channels] * argument +
                           factors[HYTI_FACTOR_SHIFT * norm->period + j % norm->channels];
            if (argument > 0) codes[i * words + j / 64] |= (uint64_t)1 << (j % 64);
        }
    }
}

void hyti_naswot_add(size_t count, size_t bits, const uint64_t *codes, size_t words, double *kernel)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j <= i; j++) {
            size_t distance = 0;
            for (size_t k = 0; k < words; k++)
                distance += (size_t)__builtin_popcountll(codes[i * words + k] ^ codes[j * words + k]);
            kernel[j * count + i] += (double)(bits - distance);
        }
    }
}

hyt_status hyti_proxy_logdet(hyt_context *context, size_t n, const double *kernel, double *value)
{
    double trace = 0, jitter;
    double *factor = hyti_array(context, n * n, sizeof *factor);
    if (!factor) return hyti_fail_nomem();
    for (size_t i = 0; i < n; i++) trace += kernel[i * n + i];
    hyt_status status = hyti_cholesky_jitter(n, trace / (double)n, kernel, factor, &jitter);
    if (status == HYT_OK) *value = hyti_cholesky_logdet(n, factor);
    hyti_free(context, factor);
    return status;
}

/* Each activation layer adds its codes to the kernel. */
static hyt_status sum_codes(const probe *p, double *kernel, size_t *bits)
{
    const hyti_tape *tape = &p->trainer->tape;
    *bits = 0;
    for (size_t k = 0; k < tape->n_values; k++) {
        const hyti_tape_value *v = &tape->values[k];
        if (v->fixed || v->external || !rectifies(v->act)) continue;
        size_t words = (v->size + 63) / 64;
        uint64_t *codes = hyti_array(p->trainer->context, p->count * words, sizeof *codes);
        if (!codes) return hyti_fail_nomem();
        write_codes(p, v, words, codes);
        hyti_naswot_add(p->count, v->size, codes, words, kernel);
        hyti_free(p->trainer->context, codes);
        *bits += v->size;
    }
    return HYT_OK;
}

/* Mellor et al., arXiv 2006.04647, section 3: log |K|, K_ij the number of units at which pictures i and j are on the
 * same side of the activation. */
static hyt_status measure_naswot(const probe *p, double *value)
{
    hyt_trainer *t = p->trainer;
    size_t bits;
    HYTI_TRY(load_pictures(p));
    hyti_net_forward_f32(&t->net, t->input, p->count, true);
    double *kernel = hyti_array(t->context, p->count * p->count, sizeof *kernel);
    if (!kernel) return hyti_fail_nomem();
    hyt_status status = sum_codes(p, kernel, &bits);
    if (status == HYT_OK && bits == 0)
        status = hyti_fail(HYT_ERR_UNSUPPORTED, "naswot: graph \"%s\" has no rectifying activation",
                           hyt_graph_name(t->graph));
    if (status == HYT_OK) status = hyti_proxy_logdet(t->context, p->count, kernel, value);
    hyti_free(t->context, kernel);
    return status;
}

/* -- features ------------------------------------------------------------------------------------------------------ */

/* The last step that takes a mean over places, if linear layers are all that follows; NULL: there is none. */
static const hyti_tape_step *head_pool(const hyti_tape *tape)
{
    for (size_t s = tape->n_steps; s-- > 0;) {
        const hyti_tape_step *step = &tape->steps[s];
        if (step->op == HYT_OP_GLOBAL_POOL || step->op == HYT_OP_MEAN) return step;
        if (step->op != HYT_OP_LINEAR) return NULL;
    }
    return NULL;
}

/* Rows of a value, one a picture, for the caller to free; NULL: no memory. */
static float *rows_of(const probe *p, size_t value)
{
    const hyt_trainer *t = p->trainer;
    float *rows = hyti_array(t->context, p->count * t->tape.values[value].size, sizeof *rows);
    if (rows) hyti_net_value_f32(&t->net, value, rows);
    return rows;
}

/* Rate distortion of normal data (Yu et al., arXiv 2006.08558, equation 7): half of log det(I + d / (n e^2) Z Z'), rows
 * of length 1, e = 1/2. Z Z' is the kernel of the network's Gaussian process at its last layer and, with it, that
 * layer's neural tangent kernel. */
hyt_status hyti_coding_rate(hyt_context *context, size_t n, size_t d, const float *rows, double *value)
{
    double *z = hyti_array(context, n * d, sizeof *z), *kernel = hyti_array(context, n * n, sizeof *kernel);
    hyt_status status = z && kernel ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; status == HYT_OK && i < n; i++) {
        double squares = 0;
        for (size_t k = 0; k < d; k++) squares += (double)rows[i * d + k] * rows[i * d + k];
        for (size_t k = 0; k < d; k++) z[i * d + k] = squares > 0 ? rows[i * d + k] / sqrt(squares) : 0;
    }
    if (status == HYT_OK) {
        hyti_gram(n, d, 4 * (double)d / (double)n, z, 0, kernel);
        for (size_t i = 0; i < n; i++) kernel[i * n + i] += 1;
        status = hyti_proxy_logdet(context, n, kernel, value);
        if (status == HYT_OK) *value /= 2;
    }
    hyti_free(context, z);
    hyti_free(context, kernel);
    return status;
}

/* Of what the head's linear layers read; without such a head of the result. */
static hyt_status measure_logdet(const probe *p, double *value)
{
    hyt_trainer *t = p->trainer;
    HYTI_TRY(load_pictures(p));
    hyti_net_forward_f32(&t->net, t->input, p->count, true);
    const hyti_tape_step *pool = head_pool(&t->tape);
    size_t from = pool ? pool->output : t->tape.output;
    float *rows = rows_of(p, from);
    if (!rows) return hyti_fail_nomem();
    hyt_status status = hyti_coding_rate(t->context, p->count, t->tape.values[from].size, rows, value);
    hyti_free(t->context, rows);
    return status;
}

/* -- zen ----------------------------------------------------------------------------------------------------------- */

/* Standard normal weights, scales 1, biases and shifts 0; what the network is given as constants stays. */
static void draw_weights(const probe *p)
{
    hyt_trainer *t = p->trainer;
    hyti_rng rng = hyti_rng_start((uint64_t)p->work->params->seed, HYTI_PURPOSE_PROXY, 0);
    for (size_t k = 0; k < t->tape.n_weights; k++) {
        const hyti_tape_weight *w = &t->tape.weights[k];
        hyti_role role = t->graph->parameters[w->parameter].role;
        for (size_t i = w->offset; i < w->offset + w->count && role != HYTI_ROLE_CONSTANT; i++)
            t->net.weights[i] = w->decays ? (float)hyti_rng_normal(&rng) : role == HYTI_ROLE_SCALE;
    }
    hyti_net_pack_f32(&t->net);
}

/* Sum over the batch norms of log of the root of the mean variance of their channels. */
static double sum_variances(const hyt_trainer *t)
{
    double sum = 0;
    for (size_t k = 0; k < t->tape.n_norms; k++) {
        const hyti_tape_norm *norm = &t->tape.norms[k];
        const float *inverse = t->net.factors + norm->factors + HYTI_FACTOR_A * norm->period;
        double variance = 0;
        for (size_t c = 0; c < norm->channels; c++) variance += 1 / ((double)inverse[c] * inverse[c]);
        sum += 0.5 * log(variance / (double)norm->channels);
    }
    return sum;
}

static double mean_distance(const float *a, const float *b, size_t n, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double squares = 0;
        for (size_t k = i * size; k < (i + 1) * size; k++) squares += ((double)a[k] - b[k]) * ((double)a[k] - b[k]);
        sum += sqrt(squares);
    }
    return sum / (double)n;
}

#define ZEN_STEP 0.01 /* alpha of the paper */

/* Lin et al., arXiv 2102.01063, algorithm 1: log of the mean distance that a small step of a normal input makes in the
 * features before the head's pool, and what batch norms took away of it. Residuals stay where they are. */
static hyt_status measure_zen(const probe *p, double *value)
{
    hyt_trainer *t = p->trainer;
    const hyti_tape_step *pool = head_pool(&t->tape);
    size_t from = pool ? pool->uses[0].value : t->tape.output;
    hyti_rng rng = hyti_rng_start((uint64_t)p->work->params->seed, HYTI_PURPOSE_PROXY, 1);
    draw_weights(p);
    for (size_t i = 0; i < p->count * t->in_size; i++) t->input[i] = (float)hyti_rng_normal(&rng);
    hyti_net_forward_f32(&t->net, t->input, p->count, true);
    double variances = sum_variances(t);
    float *before = rows_of(p, from);
    for (size_t i = 0; i < p->count * t->in_size; i++) t->input[i] += (float)(ZEN_STEP * hyti_rng_normal(&rng));
    hyti_net_forward_f32(&t->net, t->input, p->count, true);
    float *after = rows_of(p, from);
    hyt_status status = before && after ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) *value = log(mean_distance(before, after, p->count, t->tape.values[from].size)) + variances;
    hyti_free(t->context, before);
    hyti_free(t->context, after);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------ */

static hyt_status measure(const probe *p, hyti_proxy proxy, double *value)
{
    switch (proxy) {
    case HYTI_PROXY_ZEN: return measure_zen(p, value);
    case HYTI_PROXY_NASWOT: return measure_naswot(p, value);
    case HYTI_PROXY_LOGDET: return measure_logdet(p, value);
    default: return measure_gradient(p, proxy, value);
    }
}

hyt_status hyti_proxy_measure(hyti_proxy proxy, const hyt_graph *graph, const hyti_proxy_work *work, double *value)
{
    probe p = { 0 };
    double found = NAN;
    if (proxy == HYTI_PROXY_SYNFLOW) {
        HYTI_TRY(hyti_synflow(graph, (uint64_t)work->params->seed, &found));
    } else {
        HYTI_TRY(probe_open(&p, graph, work));
        hyt_status status = measure(&p, proxy, &found);
        hyt_trainer_destroy(p.trainer);
        HYTI_TRY(status);
    }
    if (!isfinite(found)) return hyti_fail(HYT_ERR_NUMERIC, "a zero-shot proxy is %g", found);
    *value = found;
    return HYT_OK;
}
