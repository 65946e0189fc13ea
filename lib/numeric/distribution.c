/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/distribution.h"
#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>

#define SQRT_HALF 0.70710678118654752440
#define LOG_SQRT_2PI 0.91893853320467274178

double hyti_normal_log_pdf(double x)
{
    return -0.5 * x * x - LOG_SQRT_2PI;
}

double hyti_normal_pdf(double x)
{
    return exp(hyti_normal_log_pdf(x));
}

double hyti_normal_cdf(double x)
{
    return 0.5 * erfc(-x * SQRT_HALF);
}

/* Far left: Abramowitz and Stegun 26.2.12, whose next term is below 1e-13 at -35. */
double hyti_normal_log_cdf(double x)
{
    if (x > -1) return log1p(-0.5 * erfc(x * SQRT_HALF));
    if (x > -35) return log(0.5 * erfc(-x * SQRT_HALF));
    double t = 1 / (x * x);
    return -0.5 * x * x - LOG_SQRT_2PI - log(-x) + log1p(-t * (1 - t * (3 - t * (15 - t * 105))));
}

double hyti_normal_excess(double x)
{
    return fmax(0, x * hyti_normal_cdf(x) + hyti_normal_pdf(x));
}

/* Left of -6, where the terms of the sum cancel: pdf(x) (1 - t R(t)), t = -x, with Laplace's continued fraction of the
 * Mills ratio, R(t) = 1 / (t + 1 / (t + 2 / (t + 3 / ...))) (Abramowitz and Stegun 26.2.14): 1 - t R(t) = k / (t + k)
 * for k = t + 1 / (t + 2 / ...) - t. */
double hyti_normal_log_excess(double x)
{
    if (x > -6) return log(hyti_normal_excess(x));
    double t = -x, k = 0;
    for (int i = 24; i > 0; i--) k = i / (t + k);
    return hyti_normal_log_pdf(x) + log(k / (t + k));
}

double hyti_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1)) return NAN;
    return gsl_cdf_ugaussian_Pinv(p);
}

double hyti_quantile(const double *sorted, size_t n, double p)
{
    assert(n > 0 && p >= 0 && p <= 1);
    double place = p * (double)(n - 1);
    size_t below = (size_t)place;
    if (below + 1 >= n) return sorted[n - 1];
    double share = place - (double)below;
    return sorted[below] * (1 - share) + sorted[below + 1] * share;
}

void hyti_sort(double *values, size_t n)
{
    gsl_sort(values, 1, n);
}
