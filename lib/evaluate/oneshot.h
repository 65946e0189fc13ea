/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates as slices of one super-network that is trained for the whole space. */
#ifndef HYTI_EVALUATE_ONESHOT_H
#define HYTI_EVALUATE_ONESHOT_H

#include "space/space.h"
#include "train/supernet.h"

typedef struct hyti_oneshot {
    hyt_space *space;   /* retained; NULL: there is no super-network */
    bool diverged;      /* its training did: `store` is empty */
    hyti_store store;
} hyti_oneshot;

/* Networks whose metric, known before training, is above it are not looked at. */
typedef struct hyti_oneshot_limit {
    size_t metric;
    double most;
} hyti_oneshot_limit;

/* What the candidates of a space are made for. */
typedef struct hyti_oneshot_aim {
    hyt_space *space;
    size_t input, classes;
    const hyti_oneshot_limit *limits; /* lent */
    size_t n_limits;
    hyt_precision precision;          /* that metrics are counted in */
} hyti_oneshot_aim;

void hyti_oneshot_clear(hyti_oneshot *oneshot);
/* The network of every gene's highest level. HYT_ERR_UNSUPPORTED for a space without networks. */
hyt_status hyti_oneshot_largest(const hyti_oneshot_aim *aim, hyt_graph **out);
/* Trains one in place of what is there, on networks within the limits. *verdict: HYT_STOP where the callback said so;
 * nothing is kept then. HYT_ERR_INFEASIBLE where no network is within the limits. A training that diverges is a success
 * of which nothing but that is kept. */
hyt_status hyti_oneshot_train(hyti_oneshot *oneshot, const hyti_oneshot_aim *aim, const hyti_train_params *params,
                              const hyt_dataset *train, hyt_epoch_fn epoch, void *user, int *verdict);
/* Takes the weights of a largest network that was trained before, in place of what is there. HYT_ERR_SHAPE where it is
 * not that of this space. */
hyt_status hyti_oneshot_set(hyti_oneshot *oneshot, const hyti_oneshot_aim *aim, const hyt_graph *largest);

#endif
