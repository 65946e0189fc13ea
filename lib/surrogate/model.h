/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every kind of surrogate provides: one file a kind, one row in surrogate.c.
 *
 * A model is made by one fit and never changes, so that predictions of one model may run together and a fit that
 * fails leaves the old one in place. It is a function of data, parameters and the seed among them: of no earlier
 * fit. surrogate.c checks the rows and standardises the targets (mean 0, deviation 1, all 0 if they were equal);
 * kinds see nothing else. */
#ifndef HYTI_SURROGATE_MODEL_H
#define HYTI_SURROGATE_MODEL_H

#include "base/table.h"
#include <hytnas/surrogate.h>

typedef struct hyti_rows {
    const double *x; /* n x d, row by row, finite */
    const double *y; /* n, standardised */
    size_t n, d;     /* n >= 1, d >= 1 */
} hyti_rows;

typedef struct hyti_kind {
    const char *name;
    const hyti_table *options;
    /* *model is written on success only; `params` are lent for the call. */
    hyt_status (*fit)(hyt_context *context, const void *params, const hyti_rows *rows, void **model);
    /* In standardised units; deviation may be NULL. */
    hyt_status (*predict)(const void *model, const double *x, size_t n, double *mean, double *deviation);
    void (*destroy)(void *model); /* NULL and half-built ones too */
} hyti_kind;

extern const hyti_kind hyti_kind_gp;
extern const hyti_kind hyti_kind_trees;

#endif
