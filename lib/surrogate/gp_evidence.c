/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marginal likelihood of a Gaussian process as a function of theta (gp.h). With A = k + noise I, the signal variance
 * s^2 has a closed best value and is left out of the search (Santner, Williams, Notz, The Design and Analysis of
 * Computer Experiments, section 3.3):
 *     s^2 = (w + y' A^-1 y) / (w + n),      value = (n + w)/2 log s^2 + 1/2 log det A - log priors,
 * w being the weight of an inverse-gamma prior around 1. Gradients: Rasmussen and Williams, eq. 5.9, with
 *     dA/d log l_k = slope(r_ij) (z_ik - z_jk)^2, z = x / l,
 * so that with M = (A^-1 - alpha alpha' / s^2) o slope the sums over pairs become products of matrices:
 *     1/2 sum_ij M_ij (z_ik - z_jk)^2 = sum_i rowsum_i z_ik^2 - sum_i z_ik (M Z)_ik.
 * Time O(n^3 + n^2 d), memory 4 n^2 + O(n d). */
#include "numeric/linear.h"
#include "surrogate/gp.h"
#include <math.h>

struct hyti_gp_evidence {
    hyt_context *context;
    const hyti_gp_law *law;
    const double *z, *y;                            /* lent */
    size_t n;
    double *covariance, *slopes, *lines, *bends;    /* n x n; of the trends NULL where there is none */
    double *points, *product, *trend;               /* n x d, n x d, n x the trend's size */
    double *squares, *weights, *row_sums, *shrink;  /* n, n, n, d */
};

/* Lengthscales: log-normal around LENGTHSCALE sqrt(d), so that the distance between two typical points stays the
 * same in any dimension (Hvarfner, Hellsten, Nardi, "Vanilla Bayesian optimization performs great in high
 * dimensions", ICML 2024). Noise, slope, bend: log-normal, wide. The bend's is lower: few rows know less of it. */
#define LENGTHSCALE 5.0
#define LENGTHSCALE_SPREAD 0.8
#define NOISE 1e-2
#define NOISE_SPREAD 3.0
#define SLOPE 0.1
#define BEND 0.001
#define TREND_SPREAD 2.0

double hyti_gp_typical_lengthscale(const hyti_gp_shape *shape)
{
    return log(LENGTHSCALE * sqrt((double)shape->lengths));
}

static double normal_prior(double value, double centre, double spread, double *slope)
{
    double z = (value - centre) / spread;
    *slope = z / spread;
    return 0.5 * z * z;
}

double hyti_gp_prior(const hyti_gp_shape *s, const double *theta, double *gradient)
{
    double centre = hyti_gp_typical_lengthscale(s), sum = 0;
    for (size_t k = 0; k < s->lengths; k++) sum += normal_prior(theta[k], centre, LENGTHSCALE_SPREAD, &gradient[k]);
    size_t noise = hyti_gp_noise_at(s), slope = hyti_gp_slope_at(s), bend = hyti_gp_bend_at(s);
    sum += normal_prior(theta[noise], log(NOISE), NOISE_SPREAD, &gradient[noise]);
    if (s->lines) sum += normal_prior(theta[slope], log(SLOPE), TREND_SPREAD, &gradient[slope]);
    if (s->bends) sum += normal_prior(theta[bend], log(BEND), TREND_SPREAD, &gradient[bend]);
    return sum;
}

double hyti_gp_variance(size_t n, double quadratic)
{
    return (HYTI_GP_WEIGHT + fmax(quadratic, 0)) / (HYTI_GP_WEIGHT + (double)n);
}

void hyti_gp_evidence_destroy(hyti_gp_evidence *e)
{
    if (!e) return;
    hyt_context *context = e->context;
    hyti_free(context, e->covariance);
    hyti_free(context, e->points);
    hyti_free(context, e);
}

static hyt_status take_room(hyti_gp_evidence *e)
{
    const hyti_gp_shape *s = &e->law->shape;
    size_t n = e->n, d = s->d, trends = (s->lines > 0) + (s->bends > 0);
    e->covariance = hyti_array(e->context, (2 + trends) * n * n, sizeof(double));
    e->points = hyti_array(e->context, 2 * n * d + 3 * n + d + n * hyti_gp_trend_size(s), sizeof(double));
    if (!e->covariance || !e->points) return hyti_fail_nomem();
    e->slopes = e->covariance + n * n;
    e->lines = s->lines ? e->slopes + n * n : NULL;
    e->bends = s->bends ? e->slopes + trends * n * n : NULL;
    e->product = e->points + n * d;
    e->squares = e->product + n * d;
    e->weights = e->squares + n;
    e->row_sums = e->weights + n;
    e->shrink = e->row_sums + n;
    e->trend = e->shrink + d;
    return HYT_OK;
}

/* The covariances of both trends at slope and bend 1. */
static void find_trends(hyti_gp_evidence *e)
{
    const hyti_gp_shape *s = &e->law->shape;
    size_t n = e->n, size = hyti_gp_trend_size(s);
    double unit = 1 / sqrt((double)s->d);
    if (e->lines) {
        hyti_gp_law_trend(e->law, e->z, n, unit, 0, e->trend);
        hyti_gram(n, size, 1, e->trend, 0, e->lines);
    }
    if (e->bends) {
        hyti_gp_law_trend(e->law, e->z, n, 0, unit, e->trend);
        hyti_gram(n, size, 1, e->trend, 0, e->bends);
    }
}

hyt_status hyti_gp_evidence_create(hyt_context *context, const hyti_gp_law *law, const double *z, const double *y,
                                   size_t n, hyti_gp_evidence **out)
{
    if (!hyti_linear_fits(n, 4 * n) || !hyti_linear_fits(n, 5 * law->shape.d + 4))
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many for a dense covariance", n,
                         law->shape.d);
    hyti_gp_evidence *e = hyti_alloc(context, sizeof *e);
    if (!e) return hyti_fail_nomem();
    *e = (hyti_gp_evidence){ .context = context, .law = law, .z = z, .y = y, .n = n };
    hyt_status status = take_room(e);
    if (status != HYT_OK) {
        hyti_gp_evidence_destroy(e);
        return status;
    }
    find_trends(e);
    *out = e;
    return HYT_OK;
}

/* covariance = k + noise I and slopes, lower triangles. */
static void find_covariance(hyti_gp_evidence *e, double noise, double slope, double bend)
{
    size_t n = e->n, d = e->law->shape.d;
    hyti_gp_shrink(n, d, e->z, e->shrink, e->points);
    hyti_gp_squares(n, d, e->points, e->squares);
    hyti_gram(n, d, -2, e->points, 0, e->covariance);
    for (size_t j = 0; j < n; j++) {
        double *column = e->covariance + j * n;
        for (size_t i = j + 1; i < n; i++) column[i] += e->squares[i] + e->squares[j];
        hyti_gp_law_slopes(e->law, n - j - 1, column + j + 1, e->slopes + j * n + j + 1);
        column[j] = 1 + noise;
        for (size_t i = j; e->lines && i < n; i++) column[i] += slope * e->lines[j * n + i];
        for (size_t i = j; e->bends && i < n; i++) column[i] += bend * e->bends[j * n + i];
    }
}

typedef struct traces {
    double noise, lines, bends; /* of A^-1 - alpha alpha' / s^2 with I and the covariances of the trends */
} traces;

/* sum_i weights_i * trend_i below the diagonal counts twice. */
static double trace_of_column(size_t j, size_t n, const double *weights, const double *trend)
{
    return 2 * hyti_dot(n - j - 1, weights + j + 1, trend + j + 1) + weights[j] * trend[j];
}

/* slopes becomes M, row_sums its sums. */
static traces weigh_slopes(hyti_gp_evidence *e, double variance)
{
    size_t n = e->n;
    traces sum = { 0 };
    for (size_t i = 0; i < n; i++) e->row_sums[i] = 0;
    for (size_t j = 0; j < n; j++) {
        double *inverse = e->covariance + j * n, *m = e->slopes + j * n, factor = e->weights[j] / variance, total = 0;
        for (size_t i = j; i < n; i++) inverse[i] -= factor * e->weights[i];
        sum.noise += inverse[j];
        if (e->lines) sum.lines += trace_of_column(j, n, inverse, e->lines + j * n);
        if (e->bends) sum.bends += trace_of_column(j, n, inverse, e->bends + j * n);
        m[j] = 0;
        for (size_t i = j + 1; i < n; i++) m[i] *= inverse[i];
        for (size_t i = j + 1; i < n; i++) e->row_sums[i] += m[i];
        for (size_t i = j + 1; i < n; i++) total += m[i];
        e->row_sums[j] += total;
    }
    return sum;
}

static void add_slopes(hyti_gp_evidence *e, double *gradient)
{
    const hyti_gp_shape *s = &e->law->shape;
    hyti_symmetric_times_points(e->n, s->d, e->slopes, e->points, e->product);
    for (size_t i = 0; i < e->n; i++) {
        const double *z = e->points + i * s->d, *mz = e->product + i * s->d;
        for (size_t k = 0; k < s->d; k++) gradient[s->length_of[k]] += z[k] * (e->row_sums[i] * z[k] - mz[k]);
    }
}

hyt_status hyti_gp_evidence_evaluate(void *user, const double *theta, double *value, double *gradient)
{
    hyti_gp_evidence *e = user;
    const hyti_gp_shape *s = &e->law->shape;
    size_t n = e->n, slope_at = hyti_gp_slope_at(s), bend_at = hyti_gp_bend_at(s);
    double noise = exp(theta[hyti_gp_noise_at(s)]), slope = s->lines ? exp(theta[slope_at]) : 0,
           bend = s->bends ? exp(theta[bend_at]) : 0;
    *value = hyti_gp_prior(s, theta, gradient);
    for (size_t k = 0; k < s->d; k++) e->shrink[k] = exp(-theta[s->length_of[k]]);
    find_covariance(e, noise, slope, bend);
    if (hyti_cholesky(n, e->covariance) != HYT_OK) {
        *value = INFINITY;
        return HYT_OK;
    }
    for (size_t i = 0; i < n; i++) e->weights[i] = e->y[i];
    hyti_cholesky_solve(n, 1, e->covariance, e->weights);
    double variance = hyti_gp_variance(n, hyti_dot(n, e->weights, e->y));
    *value += 0.5 * ((double)n + HYTI_GP_WEIGHT) * log(variance) + 0.5 * hyti_cholesky_logdet(n, e->covariance);
    hyti_cholesky_invert(n, e->covariance);
    traces sum = weigh_slopes(e, variance);
    gradient[hyti_gp_noise_at(s)] += 0.5 * noise * sum.noise;
    if (s->lines) gradient[slope_at] += 0.5 * slope * sum.lines;
    if (s->bends) gradient[bend_at] += 0.5 * bend * sum.bends;
    add_slopes(e, gradient);
    return HYT_OK;
}
