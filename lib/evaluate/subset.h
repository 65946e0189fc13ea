/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of the training pictures that evaluations train on. */
#ifndef HYTI_EVALUATE_SUBSET_H
#define HYTI_EVALUATE_SUBSET_H

#include "train/train.h"

typedef enum hyti_subset { HYTI_SUBSET_RANDOM = 0, HYTI_SUBSET_BALANCED = 1, HYTI_SUBSET_HARD = 2 } hyti_subset;

/* `share` of a data set, 0 to 1, in its order; follows from the seed of `params`.
 * Random: any. Balanced: as many of each class, as far as there are. Hard: of each class the share that a small
 * network, trained for two epochs, loses most on; classification only. HYT_ERR_FORMAT where a class to tell apart would
 * be empty. */
hyt_status hyti_evaluate_subset(const hyt_dataset *train, double share, hyti_subset by, const hyti_train_params *params,
                                hyt_dataset **out);

#endif
