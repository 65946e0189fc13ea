/* SPDX-License-Identifier: MIT */
/* The boxes of all pictures of a data set, in order of the pictures. */
#ifndef HYTI_DATA_BOXES_H
#define HYTI_DATA_BOXES_H

#include "base/heap.h"
#include <hytnas/data.h>

typedef struct hyti_box_table {
    size_t *starts;          /* NULL: none; those of picture i are starts[i] .. starts[i + 1] - 1 */
    float *corners;          /* x1, y1, x2, y2 each */
    uint32_t *labels;
    uint8_t *crowds;
    size_t classes;
} hyti_box_table;

/* Room for `count` boxes; after a failure hyti_box_table_clear is still to be called. */
hyt_status hyti_box_table_init(hyt_context *context, size_t pictures, size_t count, hyti_box_table *boxes);
void hyti_box_table_clear(hyt_context *context, hyti_box_table *boxes);
/* HYT_ERR_RANGE where a box is empty, outside its picture by more than a pixel, or beyond the pictures or classes. */
hyt_status hyti_box_check(const hyt_box *box, size_t number, size_t pictures, size_t height, size_t width,
                          size_t classes);
/* Checks every box, cuts what lies outside by a rounding, and sorts them by picture; their order there stays. */
hyt_status hyti_box_table_fill(hyt_context *context, const hyt_box *list, size_t count, size_t pictures, size_t height,
                           size_t width, size_t classes, hyti_box_table *boxes);

#endif
