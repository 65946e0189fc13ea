/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features with mean 0 and deviation 1, for linear models; constant ones become 0. */
#ifndef HYTI_SURROGATE_COLUMNS_H
#define HYTI_SURROGATE_COLUMNS_H

#include "surrogate/model.h"

typedef struct hyti_columns {
    hyt_context *context;
    size_t d;
    double *mean, *inverse; /* d each; inverse of the deviation, or 0 */
} hyti_columns;

hyt_status hyti_columns_create(hyt_context *context, const double *x, size_t n, size_t d, hyti_columns *out);
void hyti_columns_clear(hyti_columns *columns);
/* n x d; out may be x. */
void hyti_columns_apply(const hyti_columns *columns, const double *x, size_t n, double *out);
/* As bytes. */
void hyti_columns_save(const hyti_columns *columns, hyti_text *to);
hyt_status hyti_columns_load(hyt_context *context, hyti_payload *from, size_t d, hyti_columns *out);

#endif
