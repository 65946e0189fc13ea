/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the handle, for the files that write, read and validate it. */
#ifndef HYTI_SURROGATE_HANDLE_H
#define HYTI_SURROGATE_HANDLE_H

#include "surrogate/model.h"

/* Beyond this a square, and so a deviation, may overflow. */
#define HYTI_SURROGATE_LARGEST 1e100

typedef struct hyti_scaling {
    double mean, unit; /* y = mean + unit * standardised */
    bool varies;       /* else the unit is 1: equal targets say nothing about it */
} hyti_scaling;

/* A model and the rows that it knows. Never changes; copies of a handle share it. */
typedef struct hyti_fitted {
    hyti_ref ref;
    hyt_context *context;
    const hyti_kind *kind;
    void *model;
    hyti_scaling target;
    size_t n, d;
    double *x, *y; /* n x d; n, as given */
} hyti_fitted;

struct hyt_surrogate {
    hyti_ref ref;
    hyt_context *context;
    const hyti_kind *kind;
    size_t features;
    hyt_options *options;
    void *params;        /* the same, as the kind reads them */
    int *columns;        /* features */
    hyti_fitted *fitted; /* NULL before the first fit */
};

/* Without a model, with room for `n` rows. */
hyt_status hyti_fitted_create(const hyt_surrogate *surrogate, size_t n, hyti_fitted **out);
void hyti_fitted_release(hyti_fitted *fitted);
/* y standardised into `out`. */
void hyti_fitted_standardise(const hyti_fitted *fitted, const double *y, size_t n, double *out);
/* HYT_ERR_RANGE names the row of a value that cannot be used. */
hyt_status hyti_surrogate_check(const char *what, const double *values, size_t n, size_t columns);
/* The same kind, options and columns; nothing fitted. */
hyt_status hyti_surrogate_blank(const hyt_surrogate *surrogate, hyt_surrogate **out);

/* A fitted surrogate within another one that has the same rows, its targets the other's standardised ones: written
 * without them. One that is made of others cannot be within. */
void hyti_surrogate_put(hyti_text *to, const hyt_surrogate *surrogate);
hyt_status hyti_surrogate_get(hyt_context *context, hyti_payload *from, const hyti_rows *outer, hyt_surrogate **out);

#endif
