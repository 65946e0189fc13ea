/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classification: cross entropy against a row of shares, which labels, smoothing and blended pictures make. */
#include "graph/graph.h"
#include "train/task.h"
#include <math.h>

static hyt_status prepare(hyti_goal *goal)
{
    const hyti_node *last = &goal->graph->nodes[hyt_graph_output(goal->graph)];
    if (last->dims.rank != 2)
        return hyti_fail(HYT_ERR_SHAPE, "graph \"%s\" ends in %s, not in a row of classes", hyt_graph_name(goal->graph),
                         hyt_op_name(last->op));
    goal->classes = goal->outputs;
    goal->target_bytes = goal->classes * sizeof(float);
    return HYT_OK;
}

static hyt_status check(const hyti_goal *goal, const hyt_dataset *dataset, const char *name)
{
    size_t classes = hyt_dataset_classes(dataset);
    if (classes <= goal->classes) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "%s: %zu classes, the network has %zu", name, classes, goal->classes);
}

void hyti_class_target(const hyti_goal *goal, uint32_t label, float *target)
{
    double smoothing = goal->params->smoothing;
    for (size_t c = 0; c < goal->classes; c++)
        target[c] = (float)(smoothing / (double)goal->classes + (c == label ? 1 - smoothing : 0));
}

static void aim(const hyti_goal *goal, const hyt_dataset *dataset, size_t index, const hyti_placement *placement,
                void *target)
{
    (void)placement;
    hyti_class_target(goal, hyt_dataset_label(dataset, index), target);
}

/* -sum t log softmax(x); the shares may sum to other than 1, which weighs the picture. */
static double loss(const hyti_goal *goal, void *target, const float *output, double weight, float *gradient)
{
    const float *shares = target;
    double top = output[0], sum = 0, whole = 0, met = 0;
    for (size_t c = 1; c < goal->classes; c++) top = fmax(top, output[c]);
    for (size_t c = 0; c < goal->classes; c++) {
        sum += exp(output[c] - top);
        whole += shares[c];
        met += (double)shares[c] * output[c];
    }
    for (size_t c = 0; c < goal->classes; c++)
        gradient[c] = (float)((whole * exp(output[c] - top) / sum - shares[c]) * weight);
    return whole * (log(sum) + top) - met;
}

/* Right answers so far. */
typedef struct tally {
    const hyt_dataset *dataset;
    size_t right, count;
} tally;

static hyt_status score_begin(const hyti_goal *goal, const hyt_dataset *dataset, void **score)
{
    tally *t = hyti_alloc(goal->context, sizeof *t);
    if (!t) return hyti_fail_nomem();
    t->dataset = dataset;
    *score = t;
    return HYT_OK;
}

static hyt_status score_add(const hyti_goal *goal, void *score, size_t index, const float *output)
{
    tally *t = score;
    t->right += hyti_train_highest(output, goal->classes) == hyt_dataset_label(t->dataset, index);
    t->count++;
    return HYT_OK;
}

static hyt_status score_end(const hyti_goal *goal, void *score, double *value)
{
    tally *t = score;
    if (value) *value = (double)t->right / (double)t->count;
    hyti_free(goal->context, t);
    return HYT_OK;
}

const hyti_task hyti_task_classification = {
    .name = "classification", .prepare = prepare, .check = check, .aim = aim, .loss = loss, .mixes = true,
    .score_begin = score_begin, .score_add = score_add, .score_end = score_end,
};
