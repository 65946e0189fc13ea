/* SPDX-License-Identifier: MIT */
/* Scales of an int8 network from what its operations give in float32. */
#include "base/table.h"
#include "runtime/execute.h"
#include <hytnas/quantiser.h>
#include <math.h>

typedef struct range { float low, high; } range;

typedef struct hyti_quantiser_params {
    int64_t threads;
} hyti_quantiser_params;

struct hyt_quantiser {
    hyti_ref ref;
    hyt_context *context;
    hyti_quantiser_params params;
    hyt_graph *graph;     /* folded */
    hyt_runtime *runtime; /* observes it */
    range *ranges;        /* of each value */
    float *output;
    size_t pictures;
};

#define FIELD(name) offsetof(hyti_quantiser_params, name)
static const hyti_option rows[] = {
    { "threads", HYT_OPT_INT, 1, 1, HYTI_MAX_THREADS, NULL, FIELD(threads), "threads that share one run" },
};
static const hyti_table table = { rows, HYTI_COUNT(rows), sizeof(hyti_quantiser_params), NULL };

hyt_status hyt_quantiser_options_create(hyt_context *context, hyt_options **out)
{
    return hyti_options_create(context, &table, out);
}

static hyt_status fill(const hyt_graph *graph, const hyt_options *options, hyt_quantiser *q)
{
    HYTI_TRY(hyti_options_read(options, &table, &q->params));
    HYTI_TRY(hyt_graph_fold_norms(graph, &q->graph));
    HYTI_TRY(hyti_runtime_observe(q->graph, (size_t)q->params.threads, &q->runtime));
    q->ranges = hyti_array(q->context, q->graph->n_nodes, sizeof *q->ranges);
    q->output = hyti_array(q->context, hyt_runtime_output_size(q->runtime), sizeof *q->output);
    return q->ranges && q->output ? HYT_OK : hyti_fail_nomem();
}

hyt_status hyt_quantiser_create(const hyt_graph *graph, const hyt_options *options, hyt_quantiser **out)
{
    HYTI_NEED(graph);
    HYTI_NEED(out);
    hyt_quantiser *q = hyti_alloc(graph->context, sizeof *q);
    if (!q) return hyti_fail_nomem();
    hyti_ref_init(&q->ref);
    q->context = hyti_context_retain(graph->context);
    hyt_status status = fill(graph, options, q);
    if (status != HYT_OK) {
        hyt_quantiser_destroy(q);
        return status;
    }
    *out = q;
    return HYT_OK;
}

void hyt_quantiser_destroy(hyt_quantiser *q)
{
    if (!q || !hyti_ref_release(&q->ref)) return;
    hyt_context *context = q->context;
    hyt_runtime_destroy(q->runtime);
    hyt_graph_destroy(q->graph);
    hyti_free(context, q->ranges);
    hyti_free(context, q->output);
    hyti_free(context, q);
    hyt_context_destroy(context);
}

static void widen(hyt_quantiser *q, hyt_value value)
{
    size_t count;
    range *r = &q->ranges[value];
    const float *values = hyti_runtime_observed(q->runtime, value, &count);
    for (size_t i = 0; values && i < count; i++) {
        if (values[i] < r->low) r->low = values[i];
        if (values[i] > r->high) r->high = values[i];
    }
}

hyt_status hyt_quantiser_add(hyt_quantiser *q, const float *pictures, size_t count)
{
    HYTI_NEED(q);
    HYTI_NEED(pictures);
    size_t size = hyt_runtime_input_size(q->runtime);
    for (size_t i = 0; i < count; i++, q->pictures++) {
        HYTI_TRY(hyt_runtime_run(q->runtime, pictures + i * size, q->output));
        for (size_t v = 0; v < q->graph->n_nodes; v++) widen(q, (hyt_value)v);
    }
    return HYT_OK;
}

/* 0 is among the values, and exactly so: padding and what relu cuts off. */
static hyt_status annotate(const hyt_quantiser *q, hyt_graph *graph, hyt_value value)
{
    range r = q->ranges[value];
    if (!isfinite(r.low) || !isfinite(r.high))
        return hyti_fail(HYT_ERR_NUMERIC, "value %d is not finite on the pictures given", (int)value);
    float scale = (r.high - r.low) / 255;
    if (!(scale > 1e-30f)) scale = 1;
    double zero = round(-128 - (double)r.low / scale);
    HYTI_TRY(hyt_graph_set_precision(graph, value, HYT_INT8));
    return hyt_graph_set_quantisation(graph, value, scale, (int32_t)HYTI_MAX(-128, HYTI_MIN(127, zero)));
}

/* What a concatenation joins is quantised as the whole, so that it is only moved. */
static void share_ranges(hyt_quantiser *q)
{
    for (size_t i = q->graph->n_nodes; i-- > 0;) {
        const hyti_node *node = &q->graph->nodes[i];
        for (size_t j = 0; node->op == HYT_OP_CONCAT && j < node->n_inputs; j++) q->ranges[node->inputs[j]] = q->ranges[i];
    }
}

hyt_status hyt_quantiser_finish(hyt_quantiser *q, hyt_graph **out)
{
    hyt_graph *graph = NULL;
    HYTI_NEED(q);
    HYTI_NEED(out);
    if (q->pictures == 0) return hyti_fail(HYT_ERR_STATE, "no picture was added");
    share_ranges(q);
    HYTI_TRY(hyt_graph_copy(q->graph, &graph));
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < graph->n_nodes && status == HYT_OK; i++) status = annotate(q, graph, (hyt_value)i);
    if (status != HYT_OK) {
        hyt_graph_destroy(graph);
        return status;
    }
    *out = graph;
    return HYT_OK;
}
