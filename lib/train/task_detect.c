/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Detection: boxes by any head that hyti_head_of knows, judged by average precision. */
#include "data/batch.h"
#include "train/detect.h"
#include "train/precision.h"
#include "train/task.h"

#define LEAST_SCORE 0.01 /* of a box that is judged */
#define OVERLAP 0.5      /* above which of two boxes the worse is left out */

typedef struct truth_list {
    size_t count;
    hyti_truth truths[HYTI_MAX_TRUTHS];
} truth_list;

static hyt_status prepare(hyti_goal *goal)
{
    hyti_head head;
    HYTI_TRY(hyti_head_of(goal->graph, &head));
    if (head.kind == HYTI_HEAD_QUERIES && head.places > HYTI_MAX_QUERIES)
        return hyti_fail(HYT_ERR_RANGE, "%zu queries are more than %zu", head.places, HYTI_MAX_QUERIES);
    goal->classes = head.classes;
    goal->target_bytes = sizeof(truth_list);
    goal->state = hyti_copy(goal->context, &head, sizeof head);
    return goal->state ? HYT_OK : hyti_fail_nomem();
}

static void clear(hyti_goal *goal)
{
    hyti_free(goal->context, goal->state);
}

static hyt_status check(const hyti_goal *goal, const hyt_dataset *dataset, const char *name)
{
    size_t classes = hyt_dataset_box_classes(dataset), boxes;
    if (classes == 0) return hyti_fail(HYT_ERR_SHAPE, "%s: no boxes to train detection on", name);
    if (classes > goal->classes)
        return hyti_fail(HYT_ERR_SHAPE, "%s: boxes of %zu classes, the network has %zu", name, classes, goal->classes);
    for (size_t i = 0; i < hyt_dataset_count(dataset); i++) {
        hyt_dataset_boxes(dataset, i, &boxes);
        if (boxes > HYTI_MAX_TRUTHS)
            return hyti_fail(HYT_ERR_RANGE, "%s: %zu boxes in picture %zu are more than %zu", name, boxes, i,
                             HYTI_MAX_TRUTHS);
    }
    return HYT_OK;
}

static void list_truths(const hyt_dataset *dataset, size_t index, const hyti_placement *placement, truth_list *list)
{
    size_t count, height = hyt_dataset_height(dataset), width = hyt_dataset_width(dataset);
    const float *boxes = hyt_dataset_boxes(dataset, index, &count);
    const uint32_t *labels = hyt_dataset_box_labels(dataset, index);
    const uint8_t *crowds = hyt_dataset_box_crowds(dataset, index);
    list->count = 0;
    for (size_t i = 0; boxes && i < count; i++) {
        float moved[4];
        const float *box = boxes + 4 * i;
        if (placement && !hyti_placement_box(placement, height, width, box, moved)) continue;
        if (placement) box = moved;
        list->truths[list->count++] = (hyti_truth){ { box[0], box[1], box[2], box[3] }, labels[i], crowds[i] != 0 };
    }
}

static void aim(const hyti_goal *goal, const hyt_dataset *dataset, size_t index, const hyti_placement *placement,
                void *target)
{
    (void)goal;
    list_truths(dataset, index, placement, target);
}

static double loss(const hyti_goal *goal, void *target, const float *output, double weight, float *gradient)
{
    const truth_list *list = target;
    return hyti_detect_loss(goal->state, list->truths, list->count, output, weight, gradient);
}

typedef struct judge {
    hyti_precision precision;
    hyti_detection *found;     /* room for all places and classes */
    truth_list list;
} judge;

static hyt_status score_begin(const hyti_goal *goal, void **score)
{
    const hyti_head *head = goal->state;
    judge *j = hyti_alloc(goal->context, sizeof *j);
    if (!j) return hyti_fail_nomem();
    j->found = hyti_array(goal->context, head->places * head->classes, sizeof *j->found);
    hyti_precision_begin(&j->precision, goal->context, head->classes);
    *score = j;
    if (j->found) return HYT_OK;
    hyti_free(goal->context, j);
    return hyti_fail_nomem();
}

static hyt_status score_add(const hyti_goal *goal, void *score, const hyt_dataset *dataset, size_t index,
                            const float *output)
{
    judge *j = score;
    size_t count = hyti_head_detect(goal->state, output, LEAST_SCORE, OVERLAP, HYTI_DETECTIONS, j->found);
    list_truths(dataset, index, NULL, &j->list);
    return hyti_precision_add(&j->precision, j->found, count, j->list.truths, j->list.count);
}

static hyt_status end(const hyti_goal *goal, judge *j, size_t overlaps, double *value)
{
    hyt_status status = value ? hyti_precision_mean(&j->precision, overlaps, NULL, value) : HYT_OK;
    hyti_precision_clear(&j->precision);
    hyti_free(goal->context, j->found);
    hyti_free(goal->context, j);
    return status;
}

static hyt_status end_half(const hyti_goal *goal, void *score, double *value)
{
    return end(goal, score, 1, value);
}

static hyt_status end_all(const hyti_goal *goal, void *score, double *value)
{
    return end(goal, score, HYTI_OVERLAPS, value);
}

const hyti_task hyti_task_detection = {
    .name = "detection", .metric = "map50", .prepare = prepare, .clear = clear, .check = check, .aim = aim,
    .loss = loss, .score_begin = score_begin, .score_add = score_add, .score_end = end_half,
};
const hyti_task hyti_task_detection_strict = {
    .name = "detection", .metric = "map", .prepare = prepare, .clear = clear, .check = check, .aim = aim, .loss = loss,
    .score_begin = score_begin, .score_add = score_add, .score_end = end_all,
};
