/* SPDX-License-Identifier: MIT */
#include "data/boxes.h"
#include "data/dataset.h"
#include <math.h>
#include <string.h>

#define SLACK 1.0f /* a box that was scaled or rounded may reach this many pixels beyond the picture */

hyt_status hyti_box_table_init(hyt_context *context, size_t pictures, size_t count, hyti_box_table *boxes)
{
    boxes->starts = hyti_array(context, pictures + 1, sizeof *boxes->starts);
    boxes->corners = hyti_array(context, count, 4 * sizeof *boxes->corners);
    boxes->labels = hyti_array(context, count, sizeof *boxes->labels);
    boxes->crowds = hyti_array(context, count, sizeof *boxes->crowds);
    bool ready = boxes->starts && boxes->corners && boxes->labels && boxes->crowds;
    return ready ? HYT_OK : hyti_fail_nomem();
}

void hyti_box_table_clear(hyt_context *context, hyti_box_table *boxes)
{
    hyti_free(context, boxes->starts);
    hyti_free(context, boxes->corners);
    hyti_free(context, boxes->labels);
    hyti_free(context, boxes->crowds);
    *boxes = (hyti_box_table){ 0 };
}

hyt_status hyti_box_check(const hyt_box *box, size_t number, size_t pictures, size_t height, size_t width,
                          size_t classes)
{
    if (box->picture >= pictures)
        return hyti_fail(HYT_ERR_RANGE, "box %zu belongs to picture %zu, there are %zu", number, box->picture,
                         pictures);
    if (box->label >= classes)
        return hyti_fail(HYT_ERR_RANGE, "box %zu of picture %zu has class %u, there are %zu classes", number,
                         box->picture, (unsigned)box->label, classes);
    float x1 = box->x1, y1 = box->y1, x2 = box->x2, y2 = box->y2;
    if (!isfinite(x1) || !isfinite(y1) || !isfinite(x2) || !isfinite(y2))
        return hyti_fail(HYT_ERR_RANGE, "box %zu of picture %zu has a corner that is no finite number", number,
                         box->picture);
    if (x2 <= x1 || y2 <= y1)
        return hyti_fail(HYT_ERR_RANGE, "box %zu of picture %zu is empty: x %g to %g, y %g to %g", number,
                         box->picture, x1, x2, y1, y2);
    bool inside = x1 >= -SLACK && y1 >= -SLACK && x2 <= (float)width + SLACK && y2 <= (float)height + SLACK;
    if (!inside || x1 >= (float)width || y1 >= (float)height || x2 <= 0 || y2 <= 0)
        return hyti_fail(HYT_ERR_RANGE,
                         "box %zu of picture %zu is outside: x %g to %g, y %g to %g in a picture %zu wide, %zu high",
                         number, box->picture, x1, x2, y1, y2, width, height);
    return HYT_OK;
}

/* starts[i + 1] holds how many boxes picture i has; afterwards starts[i] is where they begin. */
static void sum_starts(size_t *starts, size_t pictures)
{
    for (size_t i = 0; i < pictures; i++) starts[i + 1] += starts[i];
}

static void place_box(const hyt_box *box, size_t place, size_t height, size_t width, hyti_box_table *boxes)
{
    float *corners = boxes->corners + 4 * place;
    corners[0] = HYTI_MAX(box->x1, 0.0f);
    corners[1] = HYTI_MAX(box->y1, 0.0f);
    corners[2] = HYTI_MIN(box->x2, (float)width);
    corners[3] = HYTI_MIN(box->y2, (float)height);
    boxes->labels[place] = box->label;
    boxes->crowds[place] = box->crowd != 0;
}

hyt_status hyti_box_table_fill(hyt_context *context, const hyt_box *list, size_t count, size_t pictures, size_t height,
                           size_t width, size_t classes, hyti_box_table *boxes)
{
    if (classes == 0 || classes > HYTI_CLASSES_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%zu classes of boxes: from 1 to %d are possible", classes, HYTI_CLASSES_MAX);
    for (size_t i = 0; i < count; i++) HYTI_TRY(hyti_box_check(&list[i], i, pictures, height, width, classes));
    HYTI_TRY(hyti_box_table_init(context, pictures, count, boxes));
    size_t *next = hyti_array(context, pictures + 1, sizeof *next);
    if (!next) return hyti_fail_nomem();
    for (size_t i = 0; i < count; i++) boxes->starts[list[i].picture + 1]++;
    sum_starts(boxes->starts, pictures);
    memcpy(next, boxes->starts, (pictures + 1) * sizeof *next);
    for (size_t i = 0; i < count; i++) place_box(&list[i], next[list[i].picture]++, height, width, boxes);
    hyti_free(context, next);
    boxes->classes = classes;
    return HYT_OK;
}

/* Where the boxes of one picture start in the lists, and how many there are. */
static size_t boxes_of(const hyt_dataset *dataset, size_t index, size_t *count)
{
    bool known = dataset && index < dataset->count && dataset->boxes.starts;
    *count = known ? dataset->boxes.starts[index + 1] - dataset->boxes.starts[index] : 0;
    return known ? dataset->boxes.starts[index] : 0;
}

const float *hyt_dataset_boxes(const hyt_dataset *dataset, size_t index, size_t *count)
{
    size_t boxes, first = boxes_of(dataset, index, &boxes);
    if (count) *count = boxes;
    return boxes ? dataset->boxes.corners + 4 * first : NULL;
}

const uint32_t *hyt_dataset_box_labels(const hyt_dataset *dataset, size_t index)
{
    size_t boxes, first = boxes_of(dataset, index, &boxes);
    return boxes ? dataset->boxes.labels + first : NULL;
}

const uint8_t *hyt_dataset_box_crowds(const hyt_dataset *dataset, size_t index)
{
    size_t boxes, first = boxes_of(dataset, index, &boxes);
    return boxes ? dataset->boxes.crowds + first : NULL;
}

size_t hyt_dataset_box_classes(const hyt_dataset *dataset)
{
    return dataset && dataset->boxes.starts ? dataset->boxes.classes : 0;
}
