/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every kind of surrogate provides: one file a kind, one row in surrogate.c.
 *
 * A model is made by one fit and never changes, so that predictions of one model may run together and a fit that
 * fails leaves the old one in place. It is a function of data, parameters and the seed among them: of no earlier
 * fit. surrogate.c checks the rows and standardises the targets (mean 0, deviation 1, all 0 if they were equal);
 * kinds see nothing else. */
#ifndef HYTI_SURROGATE_MODEL_H
#define HYTI_SURROGATE_MODEL_H

#include "base/rng.h"
#include "base/table.h"
#include "surrogate/payload.h"
#include <hytnas/surrogate.h>

typedef struct hyti_rows {
    const double *x; /* n x d, row by row, finite */
    const double *y; /* n, standardised */
    size_t n, d;     /* n >= 1, d >= 1 */
    const int *columns; /* d: hyt_column, that of a category plus its number; NULL: all real */
} hyti_rows;

/* What a kind does not offer is NULL. Everything is in standardised units; outputs are written on success only. */
typedef struct hyti_kind {
    const char *name;
    const hyti_table *options;
    /* `params` are lent for the call. */
    hyt_status (*fit)(hyt_context *context, const void *params, const hyti_rows *rows, void **model);
    /* deviation may be NULL. */
    hyt_status (*predict)(const void *model, const double *x, size_t n, double *mean, double *deviation);
    void (*destroy)(void *model); /* NULL and half-built ones too */
    /* *out: a new model that knows the added rows too, standardised as the fitted ones were. Without it, a fit on all
     * rows takes its place. */
    hyt_status (*update)(const void *model, const hyti_rows *added, void **out);
    /* out: `draws` joint draws of the n points, each of n values; a draw takes its numbers from rng in turn. Without
     * it, the points are drawn apart. */
    hyt_status (*sample)(const void *model, const double *x, size_t n, size_t draws, hyti_rng *rng, double *out);
    /* At one point, d values each; `deviation` may be NULL. */
    hyt_status (*gradient)(const void *model, const double *x, double *mean, double *deviation);
    /* The same model from its bytes, which are hostile: HYT_ERR_FORMAT. A payload is a function of the model; `rows`
     * are those of the fit and the updates, so that a payload need not hold them again. */
    void (*save)(const void *model, hyti_text *to);
    hyt_status (*load)(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                       void **model);
    /* What the model is made of, where that is found out by the fit; lent. */
    const char *(*chosen)(const void *model);
} hyti_kind;

extern const hyti_kind hyti_kind_gp;
extern const hyti_kind hyti_kind_trees;
extern const hyti_kind hyti_kind_forest;
extern const hyti_kind hyti_kind_ranker;
extern const hyti_kind hyti_kind_ridge;
extern const hyti_kind hyti_kind_auto;
extern const hyti_kind hyti_kind_ffn;
extern const hyti_kind hyti_kind_bnn;

/* HYT_ERR_NOT_FOUND names the nearest. */
hyt_status hyti_kind_find(const char *name, const hyti_kind **out);

#endif
