/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/task.h"
#include "graph/graph.h"
#include <string.h>

static const hyti_task *const tasks[] = { &hyti_task_classification, &hyti_task_detection, &hyti_task_segmentation,
                                          &hyti_task_detection_strict };

hyt_status hyti_task_find(int64_t place, const hyti_task **task)
{
    if (place < 0 || (size_t)place >= HYTI_COUNT(tasks))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "option \"%s\": this task cannot be trained", HYT_TRAIN_TASK);
    *task = tasks[place];
    return HYT_OK;
}

hyt_status hyti_task_of_metric(const char *metric, int64_t *place)
{
    for (size_t i = 0; i < HYTI_COUNT(tasks); i++) {
        if (strcmp(metric, tasks[i]->metric) != 0) continue;
        *place = (int64_t)i;
        return HYT_OK;
    }
    return hyti_fail(HYT_ERR_NOT_FOUND, "there is no score \"%s\"; there are accuracy, map50, map, miou", metric);
}

hyt_status hyti_goal_init(hyti_goal *goal, const hyt_graph *graph, const hyti_train_params *params,
                          const hyti_task *task)
{
    *goal = (hyti_goal){ 0 };
    HYTI_TRY(hyti_train_check_graph(graph));
    if (params) HYTI_TRY(hyti_task_find(params->task, &task));
    hyti_goal made = { .task = task, .context = hyti_graph_context(graph), .graph = graph, .params = params };
    hyt_dims dims = graph->nodes[hyt_graph_output(graph)].dims;
    if (!hyti_dims_count(&dims, &made.outputs)) return hyti_fail(HYT_ERR_RANGE, "the network's result is too large");
    if (params && (params->mixup > 0 || params->cutmix > 0) && !task->mixes)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "options \"%s\" and \"%s\": targets of %s cannot be blended",
                         HYT_TRAIN_MIXUP, HYT_TRAIN_CUTMIX, task->name);
    if (params && params->class_weights != HYTI_CLASS_WEIGHTS_NONE && !task->weighs)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "option \"%s\": classes of %s cannot be weighed", HYT_TRAIN_CLASS_WEIGHTS,
                         task->name);
    hyt_status status = task->prepare(&made);
    if (status == HYT_OK) *goal = made;
    else hyti_goal_clear(&made);
    return status;
}

void hyti_goal_clear(hyti_goal *goal)
{
    if (goal->task && goal->task->clear) goal->task->clear(goal);
    *goal = (hyti_goal){ 0 };
}

hyt_status hyti_goal_check(const hyti_goal *goal, const hyt_dataset *dataset, const char *name)
{
    const hyt_dims *in = &goal->graph->nodes[goal->graph->input].dims;
    size_t height = hyt_dataset_height(dataset), width = hyt_dataset_width(dataset);
    if (in->size[1] != 3 || in->size[2] != height || in->size[3] != width)
        return hyti_fail(HYT_ERR_SHAPE, "%s: pictures of 3x%zux%zu, the network takes %zux%zux%zu", name, height, width,
                         in->size[1], in->size[2], in->size[3]);
    if (hyt_dataset_count(dataset) == 0) return hyti_fail(HYT_ERR_SHAPE, "%s: no pictures", name);
    return goal->task->check(goal, dataset, name);
}
