/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradient boosting of members of trees on any loss that has two derivatives: what "trees" and "ranker" share. Chen and
 * Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016. */
#ifndef HYTI_SURROGATE_BOOST_H
#define HYTI_SURROGATE_BOOST_H

#include "surrogate/bag.h"
#include "surrogate/dart.h"
#include "surrogate/packed.h"

/* Starts the parameters of each kind that boosts trees, as its rows start the options. */
typedef struct hyti_boost_params {
    int64_t seed, rounds, depth, bins, members;
    double eta, lambda, min_child_weight, subsample, colsample;
} hyti_boost_params;
extern const hyti_table hyti_boost_table;

typedef struct hyti_loss {
    /* Derivatives by the predictions, times the weights of the rows; may draw from rng. */
    void (*slopes)(void *user, hyti_rng *rng, const double *predictions, const uint32_t *weights, hyti_slope *slopes);
    void *user;
} hyti_loss;

typedef struct hyti_boosted {
    hyt_context *context;
    hyti_bins bins;
    hyti_forest forest; /* the trees of the first member, of the second, ... */
    hyti_packed packed; /* the same trees where they are shallow enough, by the option; else none */
    bool is_packed;
    size_t members, rounds;
} hyti_boosted;

/* Adds the answers of all members to each row's sum in `answers`, which may be NULL, and tells them to the bag. */
hyt_status hyti_boosted_fit(hyt_context *context, const hyti_boost_params *params, const hyti_dart *dart,
                            const hyti_loss *loss, const hyti_rows *rows, hyti_bag *bag, double *answers,
                            hyti_boosted *out);
void hyti_boosted_clear(hyti_boosted *boosted);
hyt_status hyti_boosted_predict(const hyti_boosted *boosted, const hyti_spread *spread, const hyti_line *line,
                                const double *x, size_t n, double *mean, double *deviation);
/* As bytes; of as many members and rounds as params say. */
void hyti_boosted_save(const hyti_boosted *boosted, hyti_text *to);
hyt_status hyti_boosted_load(hyt_context *context, const hyti_boost_params *params, size_t d, hyti_payload *from,
                             hyti_boosted *out);

#endif
