/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well predictions agree with what was measured. NaN where undefined (fewer than two values, or all equal). */
#ifndef HYTI_NUMERIC_RANK_H
#define HYTI_NUMERIC_RANK_H

#include "base/heap.h"

/* Kendall's tau-b: ties count for neither side. O(n log n): Knight, J. Amer. Statist. Assoc. 61, 1966. */
hyt_status hyti_kendall(hyt_context *context, const double *a, const double *b, size_t n, double *tau);
/* Spearman's rho: correlation of the ranks, ties sharing their mean rank. */
hyt_status hyti_spearman(hyt_context *context, const double *a, const double *b, size_t n, double *rho);
/* Pearson's correlation. */
double hyti_pearson(const double *a, const double *b, size_t n);
/* 1 - residual / total sum of squares. */
double hyti_r2(const double *measured, const double *predicted, size_t n);
double hyti_rmse(const double *measured, const double *predicted, size_t n);

#endif
