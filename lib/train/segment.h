/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes of pixels: loss and score of one picture. Logits of any size are enlarged to the mask's, bilinearly. */
#ifndef HYTI_TRAIN_SEGMENT_H
#define HYTI_TRAIN_SEGMENT_H

#include "base/heap.h"

#define HYTI_UNCOUNTED 255         /* in a mask: this pixel does not count */
#define HYTI_MAX_PIXEL_CLASSES ((size_t)255)

typedef struct hyti_pixels {
    size_t classes;
    size_t height, width;          /* of the logits, which lie as H,W,C */
    size_t mask_height, mask_width;
} hyti_pixels;

/* Cross entropy, the mean over the pixels that count, plus the mean over the classes of 1 - Dice of the picture
 * (Milletari et al., arXiv 1606.04797, section 3, without squares in the denominator, 1 added above and below). Mask
 * values are below `classes`, or HYTI_UNCOUNTED. Writes the gradient, which lies as the logits, times `weight`; returns
 * the loss without it: 0 where no pixel counts. */
double hyti_segment_loss(const hyti_pixels *pixels, const uint8_t *mask, const float *logits, double weight,
                         float *gradient);

/* Pixels of each class over many pictures: of the mask, of the answer, of both. */
typedef struct hyti_pixel_counts {
    uint64_t meant[HYTI_MAX_PIXEL_CLASSES], said[HYTI_MAX_PIXEL_CLASSES], both[HYTI_MAX_PIXEL_CLASSES];
} hyti_pixel_counts;

/* The answer is the class with the highest enlarged logit. */
void hyti_pixel_counts_add(hyti_pixel_counts *counts, const hyti_pixels *pixels, const uint8_t *mask,
                           const float *logits);
/* Intersection over union of one class; NaN where it is neither meant nor said. */
double hyti_pixel_iou(const hyti_pixel_counts *counts, size_t label);
/* Mean over the classes that are meant or said; 0 where none is. */
double hyti_pixel_miou(const hyti_pixel_counts *counts, size_t classes);

#endif
