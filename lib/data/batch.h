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

/* Where pixel (x, y) of an augmented picture comes from: x * x_step + x_start, y * y_step + y_start, edges repeated. */
typedef struct hyti_placement { float x_step, x_start, y_step, y_start; } hyti_placement;

/* A permutation of 0..count-1 for an epoch. */
void hyti_data_order(uint64_t seed, uint64_t epoch, size_t count, size_t *order);
/* The bytes of one picture, H,W,3: lent where they lie in memory, else read and owned. From any thread. */
typedef struct hyti_picture { const uint8_t *bytes; uint8_t *owned; } hyti_picture;
hyt_status hyti_dataset_fetch(const hyt_dataset *dataset, size_t index, hyti_picture *out);
void hyti_dataset_drop(const hyt_dataset *dataset, hyti_picture *picture);
/* One picture, H,W,3, normalised; depends on (seed, epoch, index) alone. `augment->flip`, crop, jitter 0: as it is.
 * Fails only where a picture has to be read (see hyt_dataset_stream); the message is then this thread's. */
hyt_status hyti_data_picture(const hyt_dataset *dataset, size_t index, const hyti_augment *augment, uint64_t seed,
                             uint64_t epoch, float *out);
/* The placement that hyti_data_picture draws for the same arguments: what belongs to the picture moves alike. */
hyti_placement hyti_data_placement(const hyt_dataset *dataset, size_t index, const hyti_augment *augment, uint64_t seed,
                                   uint64_t epoch);
/* A box (x1, y1, x2, y2 in pixels, the ends exclusive) where the augmented picture of height, width shows it, clipped.
 * False, and nothing written, where less than a quarter of it shows or a side under half a pixel is left. */
bool hyti_placement_box(const hyti_placement *placement, size_t height, size_t width, const float box[4], float out[4]);
/* The mask (height, width) of the augmented picture: each pixel's nearest one. */
void hyti_placement_mask(const hyti_placement *placement, size_t height, size_t width, const uint8_t *mask,
                         uint8_t *out);
void hyti_dataset_retain(const hyt_dataset *dataset);
hyt_context *hyti_dataset_context(const hyt_dataset *dataset);

#endif
