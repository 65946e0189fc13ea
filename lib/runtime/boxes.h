/* SPDX-License-Identifier: MIT */
/* Rectangles in a picture, and what was found there. */
#ifndef HYTI_RUNTIME_BOXES_H
#define HYTI_RUNTIME_BOXES_H

#include <stddef.h>
#include <stdint.h>

/* In pixels; the second corner is outside. */
typedef struct hyti_box {
    double x1, y1, x2, y2;
} hyti_box;

typedef struct hyti_detection {
    hyti_box box;
    double score;      /* 0 to 1 */
    uint32_t label;
    size_t place;      /* row of the network's output */
} hyti_detection;

/* 0 where the corners are the wrong way round. */
double hyti_box_area(const hyti_box *box);
double hyti_box_common(const hyti_box *a, const hyti_box *b);
/* Intersection over union, 0 to 1. */
double hyti_box_iou(const hyti_box *a, const hyti_box *b);
/* Share of `box` that lies in `region`, which is how COCO compares with a crowd. */
double hyti_box_share(const hyti_box *box, const hyti_box *region);
/* By falling score; of equals the smaller label, then the smaller place, first. */
void hyti_detections_sort(hyti_detection *found, size_t count);
/* Non-maximum suppression: of two of one class that overlap by more than `iou` the one with the lower score goes. Keeps
 * at most `most`, sorted. Returns how many are left, at the front. */
size_t hyti_detections_suppress(hyti_detection *found, size_t count, double iou, size_t most);

#endif
