/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of rows by models that have not seen them. A surrogate lends its kind, options and columns; what it was
 * fitted on does not matter and stays. */
#ifndef HYTI_SURROGATE_VALIDATE_H
#define HYTI_SURROGATE_VALIDATE_H

#include "surrogate/handle.h"

/* mean[i] and, where wanted, deviation[i] of row i by a model of all rows of other folds. */
hyt_status hyti_validate_predict(const hyt_surrogate *surrogate, const double *x, const double *y, const int *folds,
                                 size_t n, double *mean, double *deviation);
/* Kendall's tau of these predictions with y, in `count` folds dealt from `seed` (fewer rows: as many folds); 0 where it
 * is undefined. n >= 2. For choosing among kinds. */
hyt_status hyti_validate_tau(const hyt_surrogate *surrogate, const double *x, const double *y, size_t n, size_t count,
                             uint64_t seed, double *tau);

#endif
