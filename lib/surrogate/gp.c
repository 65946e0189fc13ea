/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "gp": a Gaussian process with Matern-5/2 ARD covariance plus noise (Rasmussen and Williams, Gaussian
 * Processes for Machine Learning, algorithm 2.1), its hyperparameters at the best of several local maxima of their
 * posterior. */
#include "surrogate/gp.h"
#include "base/rng.h"
#include "numeric/linear.h"
#include "numeric/minimise.h"
#include "surrogate/matern.h"
#include <math.h>
#include <string.h>

typedef struct gp_params {
    int64_t starts, iterations, start_rows, rows, seed;
    double noise_low, noise_high;
} gp_params;

#define FIELD(name) offsetof(gp_params, name)
static const hyti_option gp_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of the starts" },
    { HYT_GP_STARTS, HYT_OPT_INT, 2, 1, 100, NULL, FIELD(starts), "starts of the search for hyperparameters" },
    { HYT_GP_MAX_ITERATIONS, HYT_OPT_INT, 50, 1, 10000, NULL,
      FIELD(iterations), "most evaluations of the likelihood from a start" },
    { HYT_GP_START_ROWS, HYT_OPT_INT, 128, 1, 1e6, NULL,
      FIELD(start_rows), "rows on which the starts are compared, spread over all" },
    { HYT_GP_ROWS, HYT_OPT_INT, 800, 1, 1e6, NULL,
      FIELD(rows), "rows on which the best start is refined, spread over all" },
    { HYT_GP_NOISE_LOW, HYT_OPT_REAL, 1e-8, 1e-12, 1e6, NULL,
      FIELD(noise_low), "least noise variance over signal variance" },
    { HYT_GP_NOISE_HIGH, HYT_OPT_REAL, 10, 1e-12, 1e6, NULL,
      FIELD(noise_high), "largest noise variance over signal variance" },
};
static const hyti_table gp_table = { gp_options, HYTI_COUNT(gp_options), sizeof(gp_params), NULL };

#define FAR 1e60
#define LENGTHSCALE_LOW 1e-2
#define LENGTHSCALE_HIGH 1e4
/* Gains in log likelihood at which a search ends: far below what tells two models apart, and, where all that is
 * wanted is a start for more rows, about what does. */
#define TOLERANCE 0.03
#define TOLERANCE_OF_START 0.2
#define BLOCK 128      /* points predicted at once */

typedef struct gp_model {
    hyt_context *context;
    size_t n, d;
    double *centre, *factor;  /* d: a feature becomes (x - centre) * factor, standardised and over its lengthscale */
    double *points, *squares; /* n x d, n */
    double *weights, *lower;  /* n: A^-1 y; n x n: Cholesky factor of A */
    double variance;
} gp_model;

static void gp_destroy(void *model)
{
    gp_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    double *all[] = { m->centre, m->factor, m->points, m->squares, m->weights, m->lower };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(context, all[i]);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

static hyt_status gp_create(hyt_context *context, size_t n, size_t d, gp_model **out)
{
    if (!hyti_linear_fits(n, n) || !hyti_linear_fits(n, d))
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many for a dense covariance", n, d);
    gp_model *m = hyti_alloc(context, sizeof *m);
    if (!m) return hyti_fail_nomem();
    m->context = hyti_context_retain(context);
    m->n = n;
    m->d = d;
    m->centre = hyti_array(context, d, sizeof(double));
    m->factor = hyti_array(context, d, sizeof(double));
    m->points = hyti_array(context, n * d, sizeof(double));
    m->squares = hyti_array(context, n, sizeof(double));
    m->weights = hyti_array(context, n, sizeof(double));
    m->lower = hyti_array(context, n * n, sizeof(double));
    if (!m->centre || !m->factor || !m->points || !m->squares || !m->weights || !m->lower) {
        gp_destroy(m);
        return hyti_fail_nomem();
    }
    *out = m;
    return HYT_OK;
}

/* centre and factor such that features have mean 0 and deviation 1; a constant one keeps its unit, so that points that
 * differ in it later still count as far away. */
static void standardise_features(gp_model *m, const double *x)
{
    size_t n = m->n, d = m->d;
    for (size_t k = 0; k < d; k++) {
        double sum = 0, squares = 0, largest = 0;
        for (size_t i = 0; i < n; i++) {
            sum += x[i * d + k];
            largest = fmax(largest, fabs(x[i * d + k]));
        }
        m->centre[k] = sum / (double)n;
        for (size_t i = 0; i < n; i++) squares += (x[i * d + k] - m->centre[k]) * (x[i * d + k] - m->centre[k]);
        double deviation = sqrt(squares / (double)n);
        m->factor[k] = deviation > 1e-14 * largest && deviation > 1e-100 ? 1 / deviation : 1;
    }
}

/* What is very far away stays where squares do not overflow. */
static void place_points(const gp_model *m, const double *x, size_t n, double *points)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m->d; k++) {
            double z = (x[i * m->d + k] - m->centre[k]) * m->factor[k];
            points[i * m->d + k] = fmin(fmax(z, -FAR), FAR);
        }
}

/* Start 0 is typical, the others scatter around it. */
static void choose_start(const gp_params *p, size_t d, size_t index, double *theta)
{
    hyti_rng rng = hyti_rng_start((uint64_t)p->seed, HYTI_PURPOSE_SURROGATE, index);
    double spread = index ? 1 : 0;
    for (size_t k = 0; k < d; k++) theta[k] = hyti_gp_typical_lengthscale(d) + spread * hyti_rng_normal(&rng);
    theta[d] = log(0.05) + 2 * spread * hyti_rng_normal(&rng);
}

/* Every (n / count)-th of the model's standardised rows. */
static void spread_rows(const gp_model *m, const double *y, size_t count, double *x_out, double *y_out)
{
    for (size_t i = 0; i < count; i++) {
        size_t row = i * m->n / count;
        memcpy(x_out + i * m->d, m->points + row * m->d, m->d * sizeof *x_out);
        y_out[i] = y[row];
    }
}

typedef struct tuning {
    hyt_context *context;
    const gp_params *params;
    const gp_model *model;
    const double *y;
    double *x_part, *y_part, *low, *high, *trial; /* rows in use; d + 1 each */
} tuning;

/* Best of `starts` local searches on `count` rows into theta; with starts = 0, from theta as it is. */
static hyt_status tune_on(const tuning *t, size_t count, size_t starts, double tolerance, double *theta)
{
    size_t d = t->model->d;
    spread_rows(t->model, t->y, count, t->x_part, t->y_part);
    hyti_rows rows = { t->x_part, t->y_part, count, d };
    hyti_minimise problem = { d + 1, t->low, t->high, (size_t)t->params->iterations, tolerance };
    hyti_gp_evidence *evidence = NULL;
    HYTI_TRY(hyti_gp_evidence_create(t->context, &rows, &evidence));
    double best = INFINITY;
    hyt_status status = HYT_OK;
    if (starts == 0)
        status = hyti_minimise_run(t->context, &problem, hyti_gp_evidence_evaluate, evidence, theta, &best);
    for (size_t i = 0; status == HYT_OK && i < starts; i++) {
        double value;
        choose_start(t->params, d, i, t->trial);
        status = hyti_minimise_run(t->context, &problem, hyti_gp_evidence_evaluate, evidence, t->trial, &value);
        if (status != HYT_OK || value >= best) continue;
        best = value;
        memcpy(theta, t->trial, (d + 1) * sizeof *theta);
    }
    hyti_gp_evidence_destroy(evidence);
    return status;
}

static hyt_status tune(hyt_context *context, const gp_params *p, const gp_model *m, const double *y, double *theta)
{
    size_t n = m->n, d = m->d, few = HYTI_MIN(n, (size_t)p->start_rows), most = HYTI_MIN(n, (size_t)p->rows),
           room = HYTI_MAX(few, most);
    double *x_part = hyti_array(context, room * (d + 1) + 3 * (d + 1), sizeof *x_part);
    if (!x_part) return hyti_fail_nomem();
    double *y_part = x_part + room * d, *low = y_part + room, *high = low + d + 1, *trial = high + d + 1;
    tuning t = { context, p, m, y, x_part, y_part, low, high, trial };
    for (size_t k = 0; k < d; k++) {
        low[k] = log(LENGTHSCALE_LOW);
        high[k] = log(LENGTHSCALE_HIGH);
    }
    low[d] = log(p->noise_low);
    high[d] = log(p->noise_high);
    bool refined = most > few;
    hyt_status status = tune_on(&t, few, (size_t)p->starts, refined ? TOLERANCE_OF_START : TOLERANCE, theta);
    if (status == HYT_OK && refined) status = tune_on(&t, most, 0, TOLERANCE, theta);
    hyti_free(context, x_part);
    return status;
}

/* squares + squares' - 2 X Y', then the covariance, column by column; out is n x count. */
static void cross_covariance(const gp_model *m, const double *points, const double *squares, size_t count, double *out)
{
    size_t n = m->n;
    hyti_gram_cross(n, count, m->d, -2, m->points, points, out);
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < n; i++) out[i + j * n] += m->squares[i] + squares[j];
    hyti_matern_values(n * count, out);
}

/* Factor and weights at theta, from points that are standardised. */
static hyt_status condition(gp_model *m, const double *y, const double *theta)
{
    size_t n = m->n, d = m->d;
    double *covariance = hyti_array(m->context, n * n, sizeof *covariance), jitter;
    double *shrink = hyti_array(m->context, d, sizeof *shrink);
    hyt_status status = covariance && shrink ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        for (size_t k = 0; k < d; k++) {
            shrink[k] = exp(-theta[k]);
            m->factor[k] *= shrink[k];
        }
        hyti_gp_shrink(n, d, m->points, shrink, m->points);
        hyti_gp_squares(n, d, m->points, m->squares);
        cross_covariance(m, m->points, m->squares, n, covariance);
        for (size_t i = 0; i < n; i++) covariance[i + i * n] = 1 + exp(theta[d]);
        status = hyti_cholesky_jitter(n, covariance, m->lower, &jitter);
    }
    if (status == HYT_OK) {
        memcpy(m->weights, y, n * sizeof *y);
        hyti_cholesky_solve(n, 1, m->lower, m->weights);
        m->variance = hyti_gp_variance(n, hyti_dot(n, m->weights, y));
    }
    hyti_free(m->context, covariance);
    hyti_free(m->context, shrink);
    return status;
}

static hyt_status gp_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const gp_params *p = params;
    if (p->noise_low > p->noise_high)
        return hyti_fail(HYT_ERR_RANGE, "%s %g is above %s %g", HYT_GP_NOISE_LOW, p->noise_low, HYT_GP_NOISE_HIGH,
                         p->noise_high);
    gp_model *m = NULL;
    HYTI_TRY(gp_create(context, rows->n, rows->d, &m));
    double *theta = hyti_array(context, rows->d + 1, sizeof *theta);
    hyt_status status = theta ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        standardise_features(m, rows->x);
        place_points(m, rows->x, m->n, m->points);
        status = tune(context, p, m, rows->y, theta);
    }
    if (status == HYT_OK) status = condition(m, rows->y, theta);
    hyti_free(context, theta);
    if (status != HYT_OK) {
        gp_destroy(m);
        return status;
    }
    *model = m;
    return HYT_OK;
}

static void predict_block(const gp_model *m, const double *x, size_t count, double *room, double *mean,
                          double *deviation)
{
    size_t n = m->n;
    double *points = room, *squares = points + BLOCK * m->d, *cross = squares + BLOCK;
    place_points(m, x, count, points);
    hyti_gp_squares(count, m->d, points, squares);
    cross_covariance(m, points, squares, count, cross);
    hyti_transposed_times(n, count, cross, m->weights, mean);
    if (!deviation) return;
    hyti_lower_solve(n, count, m->lower, cross);
    for (size_t j = 0; j < count; j++) {
        double known = hyti_dot(n, cross + j * n, cross + j * n);
        deviation[j] = sqrt(m->variance * fmax(0, 1 - known));
    }
}

static hyt_status gp_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const gp_model *m = model;
    double *room = hyti_array(m->context, BLOCK * (m->n + m->d + 1), sizeof *room);
    if (!room) return hyti_fail_nomem();
    for (size_t start = 0; start < n; start += BLOCK)
        predict_block(m, x + start * m->d, HYTI_MIN(BLOCK, n - start), room, mean + start,
                      deviation ? deviation + start : NULL);
    hyti_free(m->context, room);
    return HYT_OK;
}

const hyti_kind hyti_kind_gp = {
    .name = "gp", .options = &gp_table, .fit = gp_fit, .predict = gp_predict, .destroy = gp_destroy,
};
