/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learning curves rise to a limit: y = a - b t^-g (a power law) or y = a - b exp(-g t), 0 <= a <= 1, b >= 0, two of the
 * families of Domhan, Springenberg, Hutter (IJCAI 2015). For a given g both are linear in a and b, so g runs over a
 * grid and a and b are the bounded least squares fit, reweighted by Huber's function against single bad epochs. The
 * grid's fits, weighted by their likelihood, give the mean and the interval. */
#include "evaluate/curve.h"
#include "numeric/distribution.h"
#include <math.h>
#include <stdbool.h>

enum { GRID = 24, FITS = 2 * GRID, REWEIGHTINGS = 4 };
#define LEAST_NOISE 0.005 /* deviation of a score that no fit is trusted to be below */

typedef struct fit {
    bool power;
    double g, a, b, loss;
} fit;

static double basis(const fit *f, double t)
{
    return f->power ? pow(t, -f->g) : exp(-f->g * (t - 1));
}

static double residual(const fit *f, const double *scores, size_t i)
{
    return scores[i] - (f->a - f->b * basis(f, (double)i + 1));
}

/* Huber's weight of a residual. */
static double weight_of(double r, double bound)
{
    return fabs(r) <= bound ? 1 : bound / fabs(r);
}

/* Weighted least squares within the bounds. */
static void solve(fit *f, const double *scores, size_t n, double bound, bool first)
{
    double w = 0, h = 0, hh = 0, y = 0, hy = 0;
    for (size_t i = 0; i < n; i++) {
        double x = basis(f, (double)i + 1), own = first ? 1 : weight_of(residual(f, scores, i), bound);
        w += own, h += own * x, hh += own * x * x, y += own * scores[i], hy += own * x * scores[i];
    }
    double determinant = w * hh - h * h;
    f->b = determinant > 1e-12 * w * hh ? (h * y - w * hy) / determinant : 0;
    if (f->b < 0) f->b = 0;
    f->a = (y + f->b * h) / w;
    if (f->a <= 1) return;
    f->a = 1;
    f->b = hh > 0 ? fmax(0, (h - hy) / hh) : 0;
}

static double huber(double r, double bound)
{
    return fabs(r) <= bound ? r * r : bound * (2 * fabs(r) - bound);
}

/* Noise of the scores: the median of their second differences, which a smooth curve hardly has (of independent scores
 * these have sqrt(6) of their deviation). */
static double noise_of(const double *scores, size_t n)
{
    double differences[64];
    size_t count = n - 2 < 64 ? n - 2 : 64;
    for (size_t i = 0; i < count; i++) {
        const double *y = scores + n - 2 - count + i;
        differences[i] = fabs(y[0] - 2 * y[1] + y[2]);
    }
    hyti_sort(differences, count);
    return fmax(LEAST_NOISE, hyti_quantile(differences, count, 0.5) / (0.6745 * sqrt(6)));
}

static void fit_all(const double *scores, size_t n, double noise, fit fits[FITS])
{
    double bound = 1.345 * noise;
    for (size_t k = 0; k < FITS; k++) {
        fit *f = &fits[k];
        double place = (double)(k % GRID) / (GRID - 1);
        f->power = k < GRID;
        f->g = 0.05 * pow(40, place); /* 0.05 to 2 */
        for (size_t i = 0; i < REWEIGHTINGS; i++) solve(f, scores, n, bound, i == 0);
        f->loss = 0;
        for (size_t i = 0; i < n; i++) f->loss += huber(residual(f, scores, i), bound) / (noise * noise);
    }
}

/* Share of the mixture of normal distributions that lies below x. */
static double share_below(const double *means, const double *weights, double noise, double x)
{
    double share = 0;
    for (size_t k = 0; k < FITS; k++) share += weights[k] * hyti_normal_cdf((x - means[k]) / noise);
    return share;
}

static double quantile(const double *means, const double *weights, double noise, double p)
{
    double low = -1, high = 2;
    for (size_t i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (share_below(means, weights, noise, middle) < p) low = middle;
        else high = middle;
    }
    return fmin(1, fmax(0, low));
}

hyti_curve hyti_curve_predict(const double *scores, size_t n, size_t last)
{
    fit fits[FITS];
    double means[FITS], weights[FITS], best = INFINITY, all = 0, noise = noise_of(scores, n);
    hyti_curve curve = { 0, 0, 0 };
    fit_all(scores, n, noise, fits);
    for (size_t k = 0; k < FITS; k++) best = fmin(best, fits[k].loss);
    for (size_t k = 0; k < FITS; k++) all += weights[k] = exp((best - fits[k].loss) / 2);
    for (size_t k = 0; k < FITS; k++) {
        means[k] = fmax(0, fits[k].a - fits[k].b * basis(&fits[k], (double)last));
        weights[k] /= all;
        curve.value += weights[k] * means[k];
    }
    curve.low = quantile(means, weights, noise, 0.05);
    curve.high = quantile(means, weights, noise, 0.95);
    return curve;
}
