/* SPDX-License-Identifier: MIT */
#include "runtime/boxes.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double hyti_box_area(const hyti_box *box)
{
    return fmax(box->x2 - box->x1, 0) * fmax(box->y2 - box->y1, 0);
}

double hyti_box_common(const hyti_box *a, const hyti_box *b)
{
    double width = fmin(a->x2, b->x2) - fmax(a->x1, b->x1), height = fmin(a->y2, b->y2) - fmax(a->y1, b->y1);
    return fmax(width, 0) * fmax(height, 0);
}

double hyti_box_iou(const hyti_box *a, const hyti_box *b)
{
    double common = hyti_box_common(a, b), all = hyti_box_area(a) + hyti_box_area(b) - common;
    return all > 0 ? common / all : 0;
}

double hyti_box_share(const hyti_box *box, const hyti_box *region)
{
    double area = hyti_box_area(box);
    return area > 0 ? hyti_box_common(box, region) / area : 0;
}

static int compare(const void *left, const void *right)
{
    const hyti_detection *a = left, *b = right;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

void hyti_detections_sort(hyti_detection *found, size_t count)
{
    if (count > 1) qsort(found, count, sizeof *found, compare);
}

size_t hyti_detections_suppress(hyti_detection *found, size_t count, double iou, size_t most)
{
    size_t kept = 0;
    hyti_detections_sort(found, count);
    for (size_t i = 0; i < count && kept < most; i++) {
        bool free = true;
        for (size_t k = 0; k < kept && free; k++)
            free = found[k].label != found[i].label || hyti_box_iou(&found[k].box, &found[i].box) <= iou;
        if (free) found[kept++] = found[i];
    }
    return kept;
}
