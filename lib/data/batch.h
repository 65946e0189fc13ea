/* SPDX-License-Identifier: MIT */
/* Pictures as a trainer wants them: order of an epoch, normalised float32, augmented. */
#ifndef HYTI_DATA_BATCH_H
#define HYTI_DATA_BATCH_H

#include "base/heap.h"
#include <hytnas/data.h>

typedef struct hyti_augment {
    bool flip;              /* mirror left and right, one time in two */
    double crop;            /* scale by 1 +- crop and shift by +- crop of the side, edges repeated; 0: none */
    double jitter;          /* brightness, contrast, saturation by 1 +- jitter; 0: none */
    float mean[3], inverse[3]; /* of values 0 to 1: (x - mean) * inverse */
} hyti_augment;

/* A permutation of 0..count-1 for an epoch. */
void hyti_data_order(uint64_t seed, uint64_t epoch, size_t count, size_t *order);
/* One picture, H,W,3, normalised; depends on (seed, epoch, index) alone. `augment->flip`, crop, jitter 0: as it is. */
void hyti_data_picture(const hyt_dataset *dataset, size_t index, const hyti_augment *augment, uint64_t seed,
                       uint64_t epoch, float *out);
void hyti_dataset_retain(const hyt_dataset *dataset);
hyt_context *hyti_dataset_context(const hyt_dataset *dataset);

#endif
