/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average precision by the rules of COCO (Lin et al., arXiv 1405.0312; the evaluation of its authors). */
#ifndef HYTI_TRAIN_PRECISION_H
#define HYTI_TRAIN_PRECISION_H

#include "base/heap.h"
#include "train/match.h"

#define HYTI_OVERLAPS 10         /* .5, .55, ... .95 */
#define HYTI_DETECTIONS ((size_t)100) /* of one class in a picture: the best */

/* A detection, judged: one bit an overlap. */
typedef struct hyti_judged {
    double score;
    uint32_t label, picture;
    uint16_t right, ignored;
} hyti_judged;

typedef struct hyti_precision {
    hyt_context *context;
    size_t classes, pictures;
    hyti_judged *found;
    size_t n_found, found_capacity;
    uint32_t (*truths)[2];       /* picture and label of what is to be found */
    size_t n_truths, truths_capacity;
} hyti_precision;

void hyti_precision_begin(hyti_precision *precision, hyt_context *context, size_t classes);
/* One more picture. Detections are matched from the highest score down, each with the free box of its class that it
 * overlaps most; what matches a crowd counts neither way. `found` is sorted. */
hyt_status hyti_precision_add(hyti_precision *precision, hyti_detection *found, size_t n_found,
                              const hyti_truth *truths, size_t n_truths);
/* Mean over the classes that have boxes of the precision at 101 recalls, 0 to 1; 0 where there are no boxes.
 *  overlaps  1: at .5; HYTI_OVERLAPS: the mean of all
 *  times     how often each picture counts, for intervals; NULL: once */
hyt_status hyti_precision_mean(const hyti_precision *precision, size_t overlaps, const uint32_t *times, double *mean);
void hyti_precision_clear(hyti_precision *precision);

#endif
