/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segmentation: a class each pixel, judged by the mean intersection over union. */
#include "data/batch.h"
#include "graph/graph.h"
#include "train/segment.h"
#include "train/task.h"
#include <string.h>

static hyt_status prepare(hyti_goal *goal)
{
    const hyti_node *last = &goal->graph->nodes[hyt_graph_output(goal->graph)];
    const hyt_dims *in = &goal->graph->nodes[goal->graph->input].dims, *out = &last->dims;
    if (!last->picture || out->size[1] < 2 || out->size[1] > HYTI_MAX_PIXEL_CLASSES)
        return hyti_fail(HYT_ERR_SHAPE, "graph \"%s\" ends in %s, not in a picture of 2 to %zu classes",
                         hyt_graph_name(goal->graph), hyt_op_name(last->op), HYTI_MAX_PIXEL_CLASSES);
    const hyti_pixels pixels = { .classes = out->size[1], .height = out->size[2], .width = out->size[3],
                                 .mask_height = in->size[2], .mask_width = in->size[3] };
    goal->classes = pixels.classes;
    goal->target_bytes = pixels.mask_height * pixels.mask_width;
    goal->state = hyti_copy(goal->context, &pixels, sizeof pixels);
    return goal->state ? HYT_OK : hyti_fail_nomem();
}

static void clear(hyti_goal *goal)
{
    hyti_free(goal->context, goal->state);
}

static hyt_status check(const hyti_goal *goal, const hyt_dataset *dataset, const char *name)
{
    size_t classes = hyt_dataset_mask_classes(dataset);
    if (classes == 0) return hyti_fail(HYT_ERR_SHAPE, "%s: no masks to train segmentation on", name);
    if (classes <= goal->classes) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "%s: masks of %zu classes, the network has %zu", name, classes, goal->classes);
}

static void aim(const hyti_goal *goal, const hyt_dataset *dataset, size_t index, const hyti_placement *placement,
                void *target)
{
    const uint8_t *mask = hyt_dataset_mask(dataset, index);
    size_t height = hyt_dataset_height(dataset), width = hyt_dataset_width(dataset);
    if (placement) hyti_placement_mask(placement, height, width, mask, target);
    else memcpy(target, mask, goal->target_bytes);
}

static double loss(const hyti_goal *goal, void *target, const float *output, double weight, float *gradient)
{
    return hyti_segment_loss(goal->state, target, output, weight, gradient);
}

static hyt_status score_begin(const hyti_goal *goal, void **score)
{
    *score = hyti_alloc(goal->context, sizeof(hyti_pixel_counts));
    return *score ? HYT_OK : hyti_fail_nomem();
}

static hyt_status score_add(const hyti_goal *goal, void *score, const hyt_dataset *dataset, size_t index,
                            const float *output)
{
    hyti_pixel_counts_add(score, goal->state, hyt_dataset_mask(dataset, index), output);
    return HYT_OK;
}

static hyt_status score_end(const hyti_goal *goal, void *score, double *value)
{
    if (value) *value = hyti_pixel_miou(score, goal->classes);
    hyti_free(goal->context, score);
    return HYT_OK;
}

const hyti_task hyti_task_segmentation = {
    .name = "segmentation", .metric = "miou", .prepare = prepare, .clear = clear, .check = check, .aim = aim,
    .loss = loss, .score_begin = score_begin, .score_add = score_add, .score_end = score_end,
};
