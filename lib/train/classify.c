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
    if (!goal->params) return HYT_OK;
    goal->state = hyti_array(goal->context, goal->classes, sizeof(double));
    return goal->state ? HYT_OK : hyti_fail_nomem();
}

static void clear(hyti_goal *goal)
{
    hyti_free(goal->context, goal->state);
}

static hyt_status check(const hyti_goal *goal, const hyt_dataset *dataset, const char *name)
{
    size_t classes = hyt_dataset_classes(dataset);
    if (classes <= goal->classes) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "%s: %zu classes, the network has %zu", name, classes, goal->classes);
}

/* What a picture of each class weighs: balanced, the classes weigh the same and the pictures 1 on average. */
static hyt_status begin(hyti_goal *goal, const hyt_dataset *train)
{
    double *weights = goal->state;
    size_t classes = hyt_dataset_classes(train), count = hyt_dataset_count(train), seen = 0, last = 0;
    for (size_t c = 0; c < classes; c++) {
        if (hyt_dataset_class_count(train, c) == 0) continue;
        last = c;
        seen++;
    }
    if (seen < 2 && goal->classes > 1)
        return hyti_fail(HYT_ERR_FORMAT, "train: all %zu pictures are of class %zu", count, last);
    for (size_t c = 0; c < goal->classes; c++) {
        size_t of_class = c < classes ? hyt_dataset_class_count(train, c) : 0;
        bool balanced = goal->params->class_weights == HYTI_CLASS_WEIGHTS_BALANCED && of_class > 0;
        weights[c] = balanced ? (double)count / ((double)seen * (double)of_class) : 1;
    }
    return HYT_OK;
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
    const double *weights = goal->state;
    uint32_t label = hyt_dataset_label(dataset, index);
    float *shares = target, weight = (float)weights[label];
    hyti_class_target(goal, label, shares);
    for (size_t c = 0; c < goal->classes && weight != 1; c++) shares[c] *= weight;
}

/* log sum exp(x / temperature) */
static double log_sum(const float *x, size_t n, double temperature)
{
    double top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++) top = fmax(top, x[i]);
    for (size_t i = 0; i < n; i++) sum += exp((x[i] - top) / temperature);
    return log(sum) + top / temperature;
}

/* -sum t log softmax(x); the shares may sum to other than 1, which weighs the picture. */
static double loss(const hyti_goal *goal, void *target, const float *output, double weight, float *gradient)
{
    const float *shares = target;
    double norm = log_sum(output, goal->classes, 1), whole = 0, met = 0;
    for (size_t c = 0; c < goal->classes; c++) {
        whole += shares[c];
        met += (double)shares[c] * output[c];
    }
    for (size_t c = 0; c < goal->classes; c++)
        gradient[c] = (float)((whole * exp(output[c] - norm) - shares[c]) * weight);
    return whole * norm - met;
}

/* T^2 KL(teacher || output), both softened by T (Hinton et al., arXiv 1503.02531, section 2). */
static double imitate(const hyti_goal *goal, const float *teacher, const float *output, double weight, float *gradient)
{
    double t = goal->params->temperature, distance = 0;
    double theirs = log_sum(teacher, goal->classes, t), ours = log_sum(output, goal->classes, t);
    for (size_t c = 0; c < goal->classes; c++) {
        double p = teacher[c] / t - theirs, q = output[c] / t - ours;
        distance += exp(p) * (p - q);
        gradient[c] += (float)(t * (exp(q) - exp(p)) * weight);
    }
    return t * t * distance;
}

/* Right answers so far. */
typedef struct tally { size_t right, count; } tally;

static hyt_status score_begin(const hyti_goal *goal, void **score)
{
    *score = hyti_alloc(goal->context, sizeof(tally));
    return *score ? HYT_OK : hyti_fail_nomem();
}

static hyt_status score_add(const hyti_goal *goal, void *score, const hyt_dataset *dataset, size_t index,
                            const float *output)
{
    tally *t = score;
    t->right += hyti_train_highest(output, goal->classes) == hyt_dataset_label(dataset, index);
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
    .name = "classification", .metric = "accuracy", .prepare = prepare, .clear = clear, .check = check,
    .begin = begin, .aim = aim, .loss = loss, .imitate = imitate, .mixes = true, .weighs = true,
    .score_begin = score_begin, .score_add = score_add, .score_end = score_end,
};
