/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "graph/graph.h"
#include "train/train.h"

hyt_status hyti_train_check_graph(const hyt_graph *graph)
{
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", hyt_graph_name(graph));
    return hyti_graph_need_basic(graph, "training");
}

size_t hyti_train_highest(const float *row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best]) best = i;
    return best;
}
