/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several networks of one shape on the same standardised features: their mean is the prediction, their spread its
 * deviation. */
#ifndef HYTI_SURROGATE_ENSEMBLE_H
#define HYTI_SURROGATE_ENSEMBLE_H

#include "surrogate/net.h"

typedef struct hyti_ensemble {
    hyt_context *context;
    hyti_columns columns;
    hyti_net net;
    size_t members, size; /* size: weights of a member */
    float *weights;       /* members x size */
    double *lines;        /* members x 2: offset and slope of what a member says; 0, 1 at first */
} hyti_ensemble;

/* Without columns. HYT_ERR_RANGE where the networks are too large. */
hyt_status hyti_ensemble_create(hyt_context *context, const hyti_net *net, size_t members, hyti_ensemble **out);
/* What one member says, before its line, of n points; block: (d + 1) x HYTI_NET_BLOCK, inside: hyti_net_room(). */
void hyti_ensemble_ask(const hyti_ensemble *ensemble, size_t member, const float *features, size_t n, float *block,
                       float *inside, double *scores);

/* For the table of a kind whose model it is. */
void hyti_ensemble_destroy(void *model);
hyt_status hyti_ensemble_predict(const void *model, const double *x, size_t n, double *mean, double *deviation);
void hyti_ensemble_save(const void *model, hyti_text *to);
hyt_status hyti_ensemble_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                              void **model);

#endif
