/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A training while it goes on, for those who look into it and who keep it in a file. */
#ifndef HYTI_TRAIN_FIT_H
#define HYTI_TRAIN_FIT_H

#include "base/text.h"
#include "data/batch.h"
#include "train/trainer.h"

/* Weights and running statistics at one moment. */
typedef struct hyti_snapshot {
    float *weights, *running;
} hyti_snapshot;

#define HYTI_FIT_SNAPSHOTS 4 /* of the struct below */

struct hyti_fit {
    hyt_trainer *trainer;
    const hyt_dataset *train, *validation; /* validation NULL: none */
    hyti_augment augment, plain;
    size_t *order;
    size_t epoch, epochs, steps;   /* epoch: the one that runs or was just judged; steps: of an epoch */
    hyti_snapshot start, best;
    hyti_snapshot mean, own;       /* the running mean of the weights, and the weights while the mean is judged */
    size_t averaged;               /* steps in the mean */
    double accuracy;               /* of the epoch that is kept, -1: none yet */
    size_t since;                  /* epochs since a better one, where the best is kept */
    bool stopped;                  /* by the callback */
    bool printed;                  /* the two below are there */
    uint64_t prints[2];            /* fingerprints of train and validation part */
};

/* Appends all that the epochs after fit->epoch follow from. HYT_ERR_NOMEM. */
hyt_status hyti_checkpoint_write(hyti_fit *fit, hyti_text *to);
/* Bytes that write can have made at most for this trainer. */
size_t hyti_checkpoint_bound(const hyt_trainer *trainer);
/* Checks bytes of any origin against the trainer: HYT_ERR_FORMAT says what is wrong and where, HYT_ERR_CONFLICT names
 * the network, the option or the version that differs. With `fit`, which has its data sets and memory, checks these
 * too, and sets it and its trainer so that fit->epoch is the next one; nothing is touched before all is checked. */
hyt_status hyti_checkpoint_read(const hyt_trainer *trainer, const void *bytes, size_t size, hyti_fit *fit);

#endif
