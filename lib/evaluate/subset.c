/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/subset.h"
#include "train/trainer.h"
#include <math.h>
#include <stdlib.h>

/* A picture and what it is ranked by, the highest first. */
typedef struct ranked {
    double rank;
    size_t index;
} ranked;

static int compare_ranks(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->rank != y->rank) return x->rank > y->rank ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int compare_places(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/* -- how hard a picture is ----------------------------------------------------------------------------------------- */

static hyt_status small_network(const hyt_dataset *train, hyt_graph *graph)
{
    hyt_value x;
    HYTI_TRY(hyt_graph_input(graph, 3, hyt_dataset_height(train), hyt_dataset_width(train), &x));
    for (size_t channels = 16; channels <= 64; channels *= 2)
        HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 3, 2, 1, HYT_OP_RELU, &x));
    HYTI_TRY(hyt_graph_global_pool(graph, x, &x));
    return hyt_graph_linear(graph, x, hyt_dataset_classes(train), 1, &x);
}

/* Of pictures as they are, by the trained network's own statistics. */
static hyt_status add_losses(hyt_trainer *t, const hyt_dataset *train, ranked *list)
{
    double mean[3], spread[3];
    hyti_augment plain = { 0 };
    float gradient[64], *slopes = gradient;
    HYTI_TRY(hyt_dataset_statistics(train, mean, spread));
    for (size_t c = 0; c < 3; c++) {
        plain.mean[c] = (float)mean[c];
        plain.inverse[c] = spread[c] > 1e-6 ? (float)(1 / spread[c]) : 1;
    }
    if (t->goal.outputs > HYTI_COUNT(gradient)) slopes = hyti_array(t->context, t->goal.outputs, sizeof *slopes);
    if (!slopes) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < hyt_dataset_count(train) && status == HYT_OK; i++) {
        status = hyti_data_picture(train, i, &plain, 0, 0, t->input);
        if (status != HYT_OK) break;
        hyti_net_forward_f32(&t->net, t->input, 1, false);
        hyti_net_output_f32(&t->net, t->output);
        t->goal.task->aim(&t->goal, train, i, NULL, t->targets);
        list[i].rank = t->goal.task->loss(&t->goal, t->targets, t->output, 1, slopes);
    }
    if (slopes != gradient) hyti_free(t->context, slopes);
    return status;
}

static hyt_status rank_by_loss(const hyt_dataset *train, const hyti_train_params *params, ranked *list)
{
    hyti_train_params own = *params;
    hyt_graph *graph = NULL;
    hyt_trainer *trainer = NULL;
    own.epochs = 2;
    own.patience = 0;
    own.memory_bytes = 0;
    HYTI_TRY(hyt_graph_create(hyti_dataset_context(train), "reference", &graph));
    hyt_status status = small_network(train, graph);
    if (status == HYT_OK) status = hyti_trainer_create(graph, &own, &trainer);
    if (status == HYT_OK) status = hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL);
    if (status == HYT_OK) status = add_losses(trainer, train, list);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
    return status;
}

static hyt_status rank_at_random(const hyt_dataset *train, uint64_t seed, ranked *list)
{
    size_t count = hyt_dataset_count(train);
    size_t *order = hyti_array(hyti_dataset_context(train), count, sizeof *order);
    if (!order) return hyti_fail_nomem();
    hyti_data_order(seed, UINT64_MAX, count, order); /* an epoch that no training has */
    for (size_t i = 0; i < count; i++) list[order[i]].rank = -(double)i;
    hyti_free(hyti_dataset_context(train), order);
    return HYT_OK;
}

/* -- taking -------------------------------------------------------------------------------------------------------- */

/* How many of each class are taken; balanced: so many that the smallest classes, taken whole, leave to the others. */
static void set_quotas(const hyt_dataset *train, double share, hyti_subset by, size_t wanted, size_t *quota)
{
    size_t classes = hyt_dataset_classes(train), left = wanted;
    bool grows = by == HYTI_SUBSET_BALANCED;
    for (size_t c = 0; c < classes; c++) {
        double all = (double)hyt_dataset_class_count(train, c);
        quota[c] = by == HYTI_SUBSET_HARD ? (size_t)fmax(1, round(share * all)) : 0;
    }
    while (grows && left > 0) {
        grows = false;
        for (size_t c = 0; c < classes && left > 0; c++) {
            if (quota[c] >= hyt_dataset_class_count(train, c)) continue;
            quota[c]++;
            left--;
            grows = true;
        }
    }
}

static hyt_status take(const hyt_dataset *train, double share, hyti_subset by, const ranked *list, size_t *taken,
                       size_t *count)
{
    size_t all = hyt_dataset_count(train), wanted = (size_t)fmax(1, round(share * (double)all));
    size_t *quota = hyti_array(hyti_dataset_context(train), hyt_dataset_classes(train), sizeof *quota);
    if (!quota) return hyti_fail_nomem();
    set_quotas(train, share, by, wanted, quota);
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        size_t label = hyt_dataset_label(train, list[i].index);
        if (by == HYTI_SUBSET_RANDOM ? *count == wanted : quota[label] == 0) continue;
        if (by != HYTI_SUBSET_RANDOM) quota[label]--;
        taken[(*count)++] = list[i].index;
    }
    hyti_free(hyti_dataset_context(train), quota);
    qsort(taken, *count, sizeof *taken, compare_places);
    return HYT_OK;
}

static hyt_status choose(const hyt_dataset *train, double share, hyti_subset by, const hyti_train_params *params,
                         ranked *list, size_t *taken, hyt_dataset **out)
{
    size_t count = 0;
    hyt_status status = by == HYTI_SUBSET_HARD ? rank_by_loss(train, params, list)
                                               : rank_at_random(train, (uint64_t)params->seed, list);
    HYTI_TRY(status);
    qsort(list, hyt_dataset_count(train), sizeof *list, compare_ranks);
    HYTI_TRY(take(train, share, by, list, taken, &count));
    return hyt_dataset_subset(train, taken, count, out);
}

hyt_status hyti_evaluate_subset(const hyt_dataset *train, double share, hyti_subset by, const hyti_train_params *params,
                                hyt_dataset **out)
{
    hyt_context *context = hyti_dataset_context(train);
    size_t count = hyt_dataset_count(train);
    const hyti_task *task;
    hyt_dataset *part = NULL;
    HYTI_TRY(hyti_task_find(params->task, &task));
    if (by == HYTI_SUBSET_HARD && task != &hyti_task_classification)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "hard pictures are known for classification, not for %s", task->name);
    ranked *list = hyti_array(context, count, sizeof *list);
    size_t *taken = hyti_array(context, count, sizeof *taken);
    hyt_status status = list && taken ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; status == HYT_OK && i < count; i++) list[i].index = i;
    if (status == HYT_OK) status = choose(train, share, by, params, list, taken, &part);
    hyti_free(context, list);
    hyti_free(context, taken);
    HYTI_TRY(status);
    if (task == &hyti_task_classification)
        status = hyt_dataset_check(part, "the subset to train on", hyt_dataset_classes(train));
    if (status == HYT_OK) *out = part;
    else hyt_dataset_destroy(part);
    return status;
}
