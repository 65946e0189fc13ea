/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "graph/graph.h"
#include "train/train.h"

hyt_status hyti_train_check_params(const hyti_train_params *params)
{
    if (params->keep == HYTI_KEEP_LAST && params->patience > 0)
        return hyti_fail(HYT_ERR_CONFLICT, "option \"%s\" waits for a better epoch, but \"%s\" is last",
                         HYT_TRAIN_PATIENCE, HYT_TRAIN_KEEP);
    return HYT_OK;
}

hyt_status hyti_train_check_graph(const hyt_graph *graph)
{
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", hyt_graph_name(graph));
    if (!graph->nodes[hyt_graph_output(graph)].fixed) return HYT_OK;
    return hyti_fail(HYT_ERR_STATE, "graph \"%s\": the result is made of constants alone", hyt_graph_name(graph));
}

size_t hyti_train_highest(const float *row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best]) best = i;
    return best;
}
