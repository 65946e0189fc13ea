/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a training takes of memory, from its plan. */
#include "train/fit.h"
#include <math.h>

/* The net; a batch; moments, and copies that a training keeps of weights and statistics; the graph's own weights. */
static double sum_bytes(const hyti_train_params *params, const hyti_goal *goal, const hyti_tape *tape, double net)
{
    double weights = (double)tape->n_trained, running = (double)tape->running, stored = 0;
    double batch = (double)params->batch, picture = (double)tape->values[tape->input].size;
    double target = (double)hyti_round_up(goal->target_bytes, 16);
    for (size_t i = 0; i < goal->graph->n_parameters; i++) stored += (double)goal->graph->parameters[i].count;
    return net + batch * (4 * (picture + (double)goal->outputs) + target) +
           4 * (2 * weights + running + HYTI_FIT_SNAPSHOTS * (weights + running) + stored);
}

static hyt_status plan(const hyt_graph *graph, const hyti_train_params *params, double *bytes)
{
    hyt_context *context = hyti_graph_context(graph);
    hyti_goal goal;
    hyti_tape tape;
    hyti_ops_f32 ops;
    double net = 0;
    HYTI_TRY(hyti_goal_init(&goal, graph, params, NULL));
    hyt_status status = hyti_tape_build(context, graph, (size_t)params->batch, &tape);
    if (status == HYT_OK) {
        hyti_ops_init_f32(&ops, HYTI_ISA_ALL);
        status = hyti_net_plan_f32(context, &tape, &ops, (size_t)params->threads, &net);
        *bytes = sum_bytes(params, &goal, &tape, net);
        hyti_tape_clear(&tape);
    }
    hyti_goal_clear(&goal);
    return status;
}

hyt_status hyt_train_plan(const hyt_graph *graph, const hyt_options *options, uint64_t *bytes)
{
    hyti_train_params params;
    double planned;
    HYTI_NEED(graph);
    HYTI_NEED(bytes);
    HYTI_TRY(hyti_options_read(options, &hyti_train_table, &params));
    HYTI_TRY(hyti_train_check_params(&params));
    HYTI_TRY(plan(graph, &params, &planned));
    *bytes = (uint64_t)fmin(planned, 9007199254740992.0);
    return HYT_OK;
}

hyt_status hyti_train_check_memory(const hyt_graph *graph, const hyti_train_params *params)
{
    double bytes, most = (double)params->memory_bytes;
    if (most == 0) return HYT_OK;
    HYTI_TRY(plan(graph, params, &bytes));
    if (bytes <= most) return HYT_OK;
    return hyti_fail(HYT_ERR_INFEASIBLE, "training \"%s\" takes %.0f bytes, option \"%s\" allows %.0f",
                     hyt_graph_name(graph), bytes, HYT_TRAIN_MEMORY_BYTES, most);
}
