/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordinal features as steps: one of the sorted distinct values v_0 < ... < v_q becomes q columns, column i rising from
 * 0 to 1 between v_i and v_i+1. Squared distances of such rows add up over the steps between two values, so that
 * exp(-|a - b|^2) is a product of Laplace covariances, whose functions may be rough, and a lengthscale a column learns
 * how far apart neighbouring values are: what a scale of few levels asks for, of which only the order is certain. */
#ifndef HYTI_SURROGATE_GP_STEPS_H
#define HYTI_SURROGATE_GP_STEPS_H

#include "surrogate/model.h"

typedef struct hyti_gp_steps {
    hyti_ref ref;
    hyt_context *context;
    size_t d, columns;  /* features, what becomes of them */
    size_t *source;     /* columns: of which feature */
    double *low, *high; /* columns: where the step is; both 0: the feature as it is */
    double *least, *most; /* columns: between which the column is kept;
                             a feature's outer steps go on beyond its values */
    int *types;         /* columns: hyt_column */
} hyti_gp_steps;

/* From the values in the rows. Ordinal features of one value or of very many stay as they are, as others do. */
hyt_status hyti_gp_steps_create(hyt_context *context, const hyti_rows *rows, hyti_gp_steps **out);
void hyti_gp_steps_destroy(hyti_gp_steps *steps);
/* out: n x columns. */
void hyti_gp_steps_apply(const hyti_gp_steps *steps, const double *x, size_t n, double *out);
/* out (d): slopes by the features at x, from those by the columns. */
void hyti_gp_steps_slope(const hyti_gp_steps *steps, const double *x, const double *by_column, double *out);

#endif
