/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marginal likelihood of a Gaussian process with Matern-5/2 ARD covariance plus noise, as a function of log
 * lengthscales and log noise. With A = R(lengthscales) + noise I, the signal variance s^2 has a closed best value
 * and is left out of the search (Santner, Williams, Notz, The Design and Analysis of Computer Experiments, section
 * 3.3):
 *     s^2 = (w + y' A^-1 y) / (w + n),      value = (n + w)/2 log s^2 + 1/2 log det A - log priors,
 * w being the weight of an inverse-gamma prior around 1. Gradients: Rasmussen and Williams, eq. 5.9, with
 *     dA/d log l_k = slope(r_ij) (z_ik - z_jk)^2, z = x / l,
 * so that with M = (A^-1 - alpha alpha' / s^2) o slope the sums over pairs become products of matrices:
 *     1/2 sum_ij M_ij (z_ik - z_jk)^2 = sum_i rowsum_i z_ik^2 - sum_i z_ik (M Z)_ik.
 * Time O(n^3 + n^2 d), memory 2 n^2 + O(n d). */
#include "numeric/linear.h"
#include "surrogate/gp.h"
#include "surrogate/matern.h"
#include <math.h>

struct hyti_gp_evidence {
    hyt_context *context;
    const hyti_rows *rows;
    double *covariance, *slopes;                    /* n x n */
    double *points, *product;                       /* n x d */
    double *squares, *weights, *row_sums, *shrink;  /* n, n, n, d */
};

/* Lengthscales: log-normal around LENGTHSCALE sqrt(d), so that the distance between two typical points stays the
 * same in any dimension (Hvarfner, Hellsten, Nardi, "Vanilla Bayesian optimization performs great in high
 * dimensions", ICML 2024). Noise: log-normal, wide. */
#define LENGTHSCALE 3.0
#define LENGTHSCALE_SPREAD 1.0
#define NOISE 1e-2
#define NOISE_SPREAD 3.0

double hyti_gp_typical_lengthscale(size_t d)
{
    return log(LENGTHSCALE * sqrt((double)d));
}

double hyti_gp_prior(size_t d, const double *theta, double *gradient)
{
    double centre = hyti_gp_typical_lengthscale(d), sum = 0;
    for (size_t k = 0; k < d; k++) {
        double z = (theta[k] - centre) / LENGTHSCALE_SPREAD;
        sum += 0.5 * z * z;
        gradient[k] = z / LENGTHSCALE_SPREAD;
    }
    double z = (theta[d] - log(NOISE)) / NOISE_SPREAD;
    gradient[d] = z / NOISE_SPREAD;
    return sum + 0.5 * z * z;
}

double hyti_gp_variance(size_t n, double quadratic)
{
    return (HYTI_GP_WEIGHT + fmax(quadratic, 0)) / (HYTI_GP_WEIGHT + (double)n);
}

void hyti_gp_shrink(size_t n, size_t d, const double *x, const double *factor, double *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) out[i * d + k] = x[i * d + k] * factor[k];
}

void hyti_gp_squares(size_t n, size_t d, const double *points, double *out)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < d; k++) sum += points[i * d + k] * points[i * d + k];
        out[i] = sum;
    }
}

void hyti_gp_evidence_destroy(hyti_gp_evidence *e)
{
    if (!e) return;
    hyt_context *context = e->context;
    double *all[] = { e->covariance, e->slopes, e->points, e->product, e->squares, e->weights, e->row_sums, e->shrink };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(context, all[i]);
    hyti_free(context, e);
}

hyt_status hyti_gp_evidence_create(hyt_context *context, const hyti_rows *rows, hyti_gp_evidence **out)
{
    size_t n = rows->n, d = rows->d;
    if (!hyti_linear_fits(n, n) || !hyti_linear_fits(n, d))
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many for a dense covariance", n, d);
    hyti_gp_evidence *e = hyti_alloc(context, sizeof *e);
    if (!e) return hyti_fail_nomem();
    e->context = context;
    e->rows = rows;
    e->covariance = hyti_array(context, n * n, sizeof(double));
    e->slopes = hyti_array(context, n * n, sizeof(double));
    e->points = hyti_array(context, n * d, sizeof(double));
    e->product = hyti_array(context, n * d, sizeof(double));
    e->squares = hyti_array(context, n, sizeof(double));
    e->weights = hyti_array(context, n, sizeof(double));
    e->row_sums = hyti_array(context, n, sizeof(double));
    e->shrink = hyti_array(context, d, sizeof(double));
    if (!e->covariance || !e->slopes || !e->points || !e->product || !e->squares || !e->weights || !e->row_sums ||
        !e->shrink) {
        hyti_gp_evidence_destroy(e);
        return hyti_fail_nomem();
    }
    *out = e;
    return HYT_OK;
}

/* covariance = R + noise I and slopes, lower triangles. */
static void find_covariance(hyti_gp_evidence *e, double noise)
{
    size_t n = e->rows->n, d = e->rows->d;
    hyti_gp_shrink(n, d, e->rows->x, e->shrink, e->points);
    hyti_gp_squares(n, d, e->points, e->squares);
    hyti_gram(n, d, -2, e->points, 0, e->covariance);
    for (size_t j = 0; j < n; j++) {
        double *column = e->covariance + j * n;
        for (size_t i = j + 1; i < n; i++) column[i] += e->squares[i] + e->squares[j];
        hyti_matern_slopes(n - j - 1, column + j + 1, e->slopes + j * n + j + 1);
        column[j] = 1 + noise;
    }
}

/* slopes becomes M, row_sums its sums; returns the trace of A^-1 - alpha alpha' / s^2. */
static double weigh_slopes(hyti_gp_evidence *e, double variance)
{
    size_t n = e->rows->n;
    double trace = 0;
    for (size_t i = 0; i < n; i++) e->row_sums[i] = 0;
    for (size_t j = 0; j < n; j++) {
        const double *inverse = e->covariance + j * n;
        double *m = e->slopes + j * n, factor = e->weights[j] / variance, sum = 0;
        trace += inverse[j] - factor * e->weights[j];
        m[j] = 0;
        for (size_t i = j + 1; i < n; i++) m[i] *= inverse[i] - factor * e->weights[i];
        for (size_t i = j + 1; i < n; i++) e->row_sums[i] += m[i];
        for (size_t i = j + 1; i < n; i++) sum += m[i];
        e->row_sums[j] += sum;
    }
    return trace;
}

static void add_slopes(hyti_gp_evidence *e, double *gradient)
{
    size_t n = e->rows->n, d = e->rows->d;
    hyti_symmetric_times_points(n, d, e->slopes, e->points, e->product);
    for (size_t i = 0; i < n; i++) {
        const double *z = e->points + i * d, *mz = e->product + i * d;
        for (size_t k = 0; k < d; k++) gradient[k] += z[k] * (e->row_sums[i] * z[k] - mz[k]);
    }
}

hyt_status hyti_gp_evidence_evaluate(void *user, const double *theta, double *value, double *gradient)
{
    hyti_gp_evidence *e = user;
    size_t n = e->rows->n, d = e->rows->d;
    double noise = exp(theta[d]);
    *value = hyti_gp_prior(d, theta, gradient);
    for (size_t k = 0; k < d; k++) e->shrink[k] = exp(-theta[k]);
    find_covariance(e, noise);
    if (hyti_cholesky(n, e->covariance) != HYT_OK) {
        *value = INFINITY;
        return HYT_OK;
    }
    for (size_t i = 0; i < n; i++) e->weights[i] = e->rows->y[i];
    hyti_cholesky_solve(n, 1, e->covariance, e->weights);
    double variance = hyti_gp_variance(n, hyti_dot(n, e->weights, e->rows->y));
    *value += 0.5 * ((double)n + HYTI_GP_WEIGHT) * log(variance) + 0.5 * hyti_cholesky_logdet(n, e->covariance);
    hyti_cholesky_invert(n, e->covariance);
    gradient[d] += 0.5 * noise * weigh_slopes(e, variance);
    add_slopes(e, gradient);
    return HYT_OK;
}
