/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the Gaussian process: the posterior of its hyperparameters apart from the model, so that tests reach it. */
#ifndef HYTI_SURROGATE_GP_H
#define HYTI_SURROGATE_GP_H

#include "surrogate/model.h"

/* Hyperparameters: theta = (log lengthscale_1..d, log noise), of standardised features; the noise variance is a
 * multiple of the signal variance. */

/* Where the prior of a log lengthscale is largest. */
double hyti_gp_typical_lengthscale(size_t d);
/* -log prior, up to a constant; its gradient is written. */
double hyti_gp_prior(size_t d, const double *theta, double *gradient);
/* The prior on the signal variance counts as this many rows. */
#define HYTI_GP_WEIGHT 1.0
/* The signal variance's best value, from y' A^-1 y. */
double hyti_gp_variance(size_t n, double quadratic);
/* out = x with feature k times factor[k], n points. */
void hyti_gp_shrink(size_t n, size_t d, const double *x, const double *factor, double *out);
/* Squared length of each point. */
void hyti_gp_squares(size_t n, size_t d, const double *points, double *out);

typedef struct hyti_gp_evidence hyti_gp_evidence;

/* For standardised rows, lent until destroy. HYT_ERR_RANGE: more rows than BLAS can address. */
hyt_status hyti_gp_evidence_create(hyt_context *context, const hyti_rows *rows, hyti_gp_evidence **out);
void hyti_gp_evidence_destroy(hyti_gp_evidence *evidence);
/* What is minimised: -log posterior of theta, up to a constant. An hyti_objective_fn whose user is the evidence.
 * Infinite where the covariance has no Cholesky factor. */
hyt_status hyti_gp_evidence_evaluate(void *evidence, const double *theta, double *value, double *gradient);

#endif
