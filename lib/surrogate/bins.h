/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features as small whole numbers, for histogram trees: the distinct values of a feature, or, of more than `most`,
 * about equally filled groups of neighbours. A cut lies midway between two groups. */
#ifndef HYTI_SURROGATE_BINS_H
#define HYTI_SURROGATE_BINS_H

#include "surrogate/model.h"

enum { HYTI_BINS_MOST = 256 };

typedef struct hyti_bins {
    hyt_context *context;
    size_t d, total;
    size_t *first;  /* d + 1: place of a feature's first bin among all; the last is `total` */
    double
        *cuts; /* total: bin b of a feature holds values below its cut and not below the one before; last: infinite */
} hyti_bins;

/* most: 2 to HYTI_BINS_MOST. */
hyt_status hyti_bins_create(hyt_context *context, const hyti_rows *rows, size_t most, hyti_bins *out);
void hyti_bins_clear(hyti_bins *bins);
/* n x d codes of n points. */
void hyti_bins_encode(const hyti_bins *bins, const double *x, size_t n, uint8_t *codes);
/* The same feature by feature, `stride` codes apart: stride >= n. */
void hyti_bins_encode_columns(const hyti_bins *bins, const double *x, size_t n, size_t stride, uint8_t *codes);
/* As bytes; d: the features there must be. */
void hyti_bins_save(const hyti_bins *bins, hyti_text *to);
hyt_status hyti_bins_load(hyt_context *context, hyti_payload *from, size_t d, hyti_bins *out);

#endif
