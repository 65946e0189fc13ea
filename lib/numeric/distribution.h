/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The standard normal distribution, quantiles of a sample. */
#ifndef HYTI_NUMERIC_DISTRIBUTION_H
#define HYTI_NUMERIC_DISTRIBUTION_H

#include <stddef.h>

double hyti_normal_pdf(double x);
double hyti_normal_log_pdf(double x);
double hyti_normal_cdf(double x);
/* Good to the last digits in both tails, down to x = -1e150. */
double hyti_normal_log_cdf(double x);
/* E[max(0, x - Z)] = x cdf(x) + pdf(x) for a standard normal Z, and its logarithm, good down to x = -1e150. */
double hyti_normal_excess(double x);
double hyti_normal_log_excess(double x);
/* Inverse of the cdf; -inf at 0, inf at 1, NaN outside. */
double hyti_normal_quantile(double p);

/* Quantile of n >= 1 sorted values, 0 <= p <= 1, linear between neighbours (Hyndman and Fan, The American
 * Statistician 50(4), 1996, definition 7). */
double hyti_quantile(const double *sorted, size_t n, double p);
/* Ascending, in place. */
void hyti_sort(double *values, size_t n);

#endif
