/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "ridge": Bayesian linear regression on standardised features, of degree 2 on their squares and products too,
 * with a normal prior on the slopes whose share of the noise maximises the evidence: MacKay, "Bayesian interpolation",
 * Neural Computation 4(3), 1992; Bishop, "Pattern Recognition and Machine Learning", 3.3 and 3.5. The deviation is that
 * of the exact posterior given lambda and the noise. Time O(n p^2 + p^3), memory O(p^2) for p terms. */
#include "numeric/linear.h"
#include "surrogate/columns.h"
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct ridge_params {
    int64_t seed, degree;
    double lambda;
} ridge_params;

#define FIELD(name) offsetof(ridge_params, name)
static const hyti_option ridge_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "unused: nothing is drawn" },
    { HYT_RIDGE_DEGREE, HYT_OPT_INT, 1, 1, 2, NULL, FIELD(degree), "2: squares and products of features too" },
    { HYT_RIDGE_LAMBDA, HYT_OPT_REAL, 0, 0, 1e9, NULL, FIELD(lambda),
      "penalty on squared slopes of standardised terms; 0: the one of largest evidence" },
};
static const hyti_table ridge_table = { ridge_options, HYTI_COUNT(ridge_options), sizeof(ridge_params), NULL };

enum { MOST_TERMS = 4096, BLOCK = 128 };
/* Lambda over the number of rows, as power of ten. */
#define LOWEST (-6.0)
#define HIGHEST 4.0
#define GOLDEN 0.61803398874989484820

typedef struct ridge_model {
    hyt_context *context;
    size_t d, p, rows;
    hyti_columns features, terms; /* terms are made of standardised features, and standardised in turn */
    double lambda, noise;         /* noise: variance */
    double *weights;              /* p */
    double *factor;               /* p x p: of Z'Z + lambda, lower */
} ridge_model;

static void ridge_destroy(void *model)
{
    ridge_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_columns_clear(&m->features);
    hyti_columns_clear(&m->terms);
    hyti_free(context, m->weights);
    hyti_free(context, m->factor);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

static hyt_status ridge_create(hyt_context *context, const ridge_params *params, const hyti_rows *rows,
                               ridge_model **out)
{
    size_t d = rows->d, p = params->degree == 1 || d > MOST_TERMS ? d : d + d * (d + 1) / 2;
    if (p > MOST_TERMS)
        return hyti_fail(HYT_ERR_RANGE, "%zu features are %zu terms, more than %d", d, p, MOST_TERMS);
    if (!hyti_linear_fits(rows->n, p))
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu terms are too many", rows->n, p);
    ridge_model *m = hyti_alloc(context, sizeof *m);
    if (!m) return hyti_fail_nomem();
    m->context = m->features.context = m->terms.context = hyti_context_retain(context);
    m->d = d;
    m->p = p;
    m->rows = rows->n;
    m->weights = hyti_array(context, p, sizeof *m->weights);
    m->factor = hyti_array(context, p * p, sizeof *m->factor);
    if (!m->weights || !m->factor) {
        ridge_destroy(m);
        return hyti_fail_nomem();
    }
    *out = m;
    return HYT_OK;
}

/* p terms a point: the standardised features, then squares and products. */
static void make_terms(const ridge_model *m, const double *x, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        double *z = out + i * m->p;
        hyti_columns_apply(&m->features, x + i * m->d, 1, z);
        size_t k = m->d;
        for (size_t a = 0; k < m->p && a < m->d; a++)
            for (size_t b = a; b < m->d; b++) z[k++] = z[a] * z[b];
    }
}

/* Room of a fit. */
typedef struct evidence {
    hyt_context *context;
    size_t n, p;
    double *z;        /* n x p, terms of a row side by side; then p x n */
    double *turned;
    double *gram;     /* p x p */
    double *factor;   /* p x p, the model's */
    double *products; /* p: Z'y */
    double *weights;  /* p, the model's */
    double squares;   /* y'y */
    double noise;     /* at the lambda tried last */
} evidence;

static void evidence_clear(evidence *e)
{
    void *all[] = { e->z, e->turned, e->gram, e->products };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(e->context, all[i]);
}

static hyt_status evidence_create(evidence *e, ridge_model *m, const hyti_rows *rows)
{
    size_t n = e->n = rows->n, p = e->p = m->p;
    e->z = hyti_array(e->context, n * p, sizeof *e->z);
    e->turned = hyti_array(e->context, n * p, sizeof *e->turned);
    e->gram = hyti_array(e->context, p * p, sizeof *e->gram);
    e->products = hyti_array(e->context, p, sizeof *e->products);
    if (!e->z || !e->turned || !e->gram || !e->products) return hyti_fail_nomem();
    e->factor = m->factor;
    e->weights = m->weights;
    HYTI_TRY(hyti_columns_create(m->context, rows->x, n, m->d, &m->features));
    make_terms(m, rows->x, n, e->z);
    HYTI_TRY(hyti_columns_create(m->context, e->z, n, p, &m->terms));
    hyti_columns_apply(&m->terms, e->z, n, e->z);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++) e->turned[k * n + i] = e->z[i * p + k];
    hyti_gram(p, n, 1, e->turned, 0, e->gram);
    hyti_transposed_times(n, p, e->turned, rows->y, e->products);
    e->squares = hyti_dot(n, rows->y, rows->y);
    return HYT_OK;
}

/* Slopes and noise for a lambda. The noise is what maximises the evidence with it, the fitted mean taking one of the
 * rows: (y'y - y'Z w) / (n - 1). */
static hyt_status solve(evidence *e, double lambda)
{
    memcpy(e->factor, e->gram, e->p * e->p * sizeof *e->factor);
    for (size_t k = 0; k < e->p; k++) e->factor[k * e->p + k] += lambda;
    HYTI_TRY(hyti_cholesky(e->p, e->factor));
    memcpy(e->weights, e->products, e->p * sizeof *e->weights);
    hyti_cholesky_solve(e->p, 1, e->factor, e->weights);
    double left = e->squares - hyti_dot(e->p, e->products, e->weights);
    e->noise = e->n > 1 ? fmax(left, 1e-12 * e->squares) / (double)(e->n - 1) : 0;
    return HYT_OK;
}

/* Twice the logarithm of the evidence, but for constants. */
static hyt_status weigh(evidence *e, double power, double *out)
{
    double lambda = (double)e->n * pow(10, power);
    HYTI_TRY(solve(e, lambda));
    double fit = e->noise > 0 ? (double)(e->n - 1) * log(e->noise) : 0;
    *out = (double)e->p * log(lambda) - hyti_cholesky_logdet(e->p, e->factor) - fit;
    return HYT_OK;
}

/* The best power of ten, then golden section between its neighbours. */
static hyt_status find_lambda(evidence *e, double *lambda)
{
    double best = -INFINITY, at = LOWEST, value, inner[2];
    for (double power = LOWEST; power <= HIGHEST; power++) {
        HYTI_TRY(weigh(e, power, &value));
        if (value > best) {
            best = value;
            at = power;
        }
    }
    double low = fmax(at - 1, LOWEST), high = fmin(at + 1, HIGHEST);
    HYTI_TRY(weigh(e, high - GOLDEN * (high - low), &inner[0]));
    HYTI_TRY(weigh(e, low + GOLDEN * (high - low), &inner[1]));
    for (int i = 0; i < 12; i++) {
        bool left = inner[0] >= inner[1];
        if (left) high = low + GOLDEN * (high - low);
        else low = high - GOLDEN * (high - low);
        inner[left] = inner[!left];
        HYTI_TRY(weigh(e, left ? high - GOLDEN * (high - low) : low + GOLDEN * (high - low), &inner[!left]));
    }
    *lambda = (double)e->n * pow(10, 0.5 * (low + high));
    return HYT_OK;
}

/* lambda 0: to be found. */
static hyt_status learn(hyt_context *context, const ridge_params *params, const hyti_rows *rows, double lambda,
                        void **model)
{
    ridge_model *m = NULL;
    HYTI_TRY(ridge_create(context, params, rows, &m));
    evidence e = { .context = context };
    hyt_status status = evidence_create(&e, m, rows);
    m->lambda = lambda;
    if (status == HYT_OK && lambda == 0) status = find_lambda(&e, &m->lambda);
    if (status == HYT_OK) status = solve(&e, m->lambda);
    m->noise = e.noise;
    evidence_clear(&e);
    if (status != HYT_OK) {
        ridge_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

static hyt_status ridge_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    return learn(context, params, rows, ((const ridge_params *)params)->lambda, model);
}

/* Of each point its mean and, where asked for, its terms solved by the factor: the posterior's deviation is the length
 * of these and of the mean's own doubt. */
static hyt_status ridge_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const ridge_model *m = model;
    double *z = hyti_array(m->context, BLOCK * m->p, sizeof *z);
    if (!z) return hyti_fail_nomem();
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = HYTI_MIN(BLOCK, n - start);
        make_terms(m, x + start * m->d, count, z);
        hyti_columns_apply(&m->terms, z, count, z);
        for (size_t i = 0; i < count; i++) mean[start + i] = hyti_dot(m->p, m->weights, z + i * m->p);
        if (!deviation) continue;
        hyti_lower_solve(m->p, count, m->factor, z);
        for (size_t i = 0; i < count; i++) {
            double length = hyti_dot(m->p, z + i * m->p, z + i * m->p);
            deviation[start + i] = sqrt(m->noise * (1 / (double)m->rows + length));
        }
    }
    hyti_free(m->context, z);
    return HYT_OK;
}

/* All else follows from the rows. */
static void ridge_save(const void *model, hyti_text *to)
{
    hyti_put_real(to, ((const ridge_model *)model)->lambda);
}

static hyt_status ridge_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                             void **model)
{
    double lambda;
    HYTI_TRY(hyti_get_real(from, "lambda", DBL_MIN, 1e9 * (double)rows->n, &lambda));
    return learn(context, params, rows, lambda, model);
}

const hyti_kind hyti_kind_ridge = {
    .name = "ridge", .options = &ridge_table, .fit = ridge_fit, .predict = ridge_predict, .destroy = ridge_destroy,
    .save = ridge_save, .load = ridge_load,
};
