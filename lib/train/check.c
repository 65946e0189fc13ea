/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "graph/graph.h"
#include "train/train.h"

hyt_status hyti_train_check_graph(const hyt_graph *graph)
{
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", hyt_graph_name(graph));
    HYTI_TRY(hyti_graph_need_basic(graph, "training"));
    const hyti_node *last = &graph->nodes[hyt_graph_output(graph)];
    if (last->dims.rank == 2) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "graph \"%s\" ends in %s, not in a row of classes", hyt_graph_name(graph),
                     hyt_op_name(last->op));
}

hyt_status hyti_train_check(const hyt_graph *graph, const hyt_dataset *dataset, const char *name)
{
    HYTI_TRY(hyti_train_check_graph(graph));
    const hyt_dims *in = &graph->nodes[graph->input].dims, *out = &graph->nodes[hyt_graph_output(graph)].dims;
    size_t height = hyt_dataset_height(dataset), width = hyt_dataset_width(dataset);
    size_t classes = hyt_dataset_classes(dataset);
    if (in->size[1] != 3 || in->size[2] != height || in->size[3] != width)
        return hyti_fail(HYT_ERR_SHAPE, "%s: pictures of 3x%zux%zu, the network takes %zux%zux%zu", name, height, width,
                         in->size[1], in->size[2], in->size[3]);
    if (classes > out->size[1])
        return hyti_fail(HYT_ERR_SHAPE, "%s: %zu classes, the network has %zu", name, classes, out->size[1]);
    if (hyt_dataset_count(dataset) == 0) return hyti_fail(HYT_ERR_SHAPE, "%s: no pictures", name);
    return HYT_OK;
}

size_t hyti_train_highest(const float *row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best]) best = i;
    return best;
}
