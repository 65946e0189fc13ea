/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boosting of a linear function on squared loss by rounds of coordinate descent, feature after feature (the linear
 * booster of XGBoost; the step with both penalties: Friedman, Hastie, Tibshirani, J. Stat. Softw. 33(1), 2010, eq. 5),
 * members on bootstrap samples. */
#ifndef HYTI_SURROGATE_LINEAR_H
#define HYTI_SURROGATE_LINEAR_H

#include "surrogate/bag.h"
#include "surrogate/columns.h"

typedef struct hyti_linear_params {
    size_t rounds;
    double eta;           /* share of a step that is taken */
    double lambda, alpha; /* penalties a row on squares of slopes and on their absolute values */
} hyti_linear_params;

typedef struct hyti_linear {
    hyt_context *context;
    hyti_columns columns;
    size_t members;
    double *weights; /* of a member d slopes and its offset, of standardised features */
} hyti_linear;

hyt_status hyti_linear_fit(hyt_context *context, const hyti_linear_params *params, const hyti_rows *rows,
                           hyti_bag *bag, hyti_linear *out);
void hyti_linear_clear(hyti_linear *linear);
hyt_status hyti_linear_predict(const hyti_linear *linear, const hyti_spread *spread, const hyti_line *line,
                               const double *x, size_t n, double *mean, double *deviation);
/* As bytes; of as many members as are asked for. */
void hyti_linear_save(const hyti_linear *linear, hyti_text *to);
hyt_status hyti_linear_load(hyt_context *context, hyti_payload *from, size_t d, size_t members, hyti_linear *out);

#endif
