/* SPDX-License-Identifier: MIT */
/* A network for inference: batch norms become the weights and bias of the convolution before them. */
#include "graph/graph.h"
#include <math.h>

typedef struct folding {
    const hyt_graph *graph;
    hyt_graph *given;  /* the same, where its weights may be taken; NULL: they are copied */
    hyt_graph *out;
    hyt_value *place; /* of each value in the folded graph */
} folding;

static hyti_parameter *parameter_of(const hyt_graph *graph, hyt_value value, size_t index)
{
    return &graph->parameters[graph->nodes[value].parameters[index]];
}

/* The batch norm that is folded into a convolution, or HYTI_NO_VALUE. */
static hyt_value norm_after(const hyt_graph *graph, hyt_value conv)
{
    if (graph->nodes[conv].op != HYT_OP_CONV) return HYTI_NO_VALUE;
    for (size_t i = (size_t)conv + 1; i < graph->n_nodes; i++)
        if (graph->nodes[i].op == HYT_OP_BATCH_NORM && graph->nodes[i].inputs[0] == conv)
            return hyti_graph_folds(graph, (hyt_value)i) ? (hyt_value)i : HYTI_NO_VALUE;
    return HYTI_NO_VALUE;
}

/* Values of a parameter, copied or taken over. */
static hyt_status hand_on(const folding *f, hyt_value value, size_t index, size_t place)
{
    const hyti_parameter *from = parameter_of(f->graph, value, index);
    hyti_parameter *to = &f->out->parameters[place];
    if (!from->data) return HYT_OK;
    if (!f->given) return hyt_graph_set_parameter(f->out, place, from->data, from->count);
    to->data = from->data;
    to->shared = from->shared;
    parameter_of(f->given, value, index)->data = NULL;
    return HYT_OK;
}

static hyt_status copy_own(const folding *f, hyt_value from, hyt_value to)
{
    for (size_t i = 0; i < f->graph->nodes[from].n_parameters; i++) {
        const hyti_parameter *parameter = parameter_of(f->graph, from, i);
        size_t place = f->out->nodes[to].parameters[i];
        HYTI_TRY(hand_on(f, from, i, place));
        if (parameter->scales)
            HYTI_TRY(hyt_graph_set_scales(f->out, place, parameter->scales, hyti_scale_count(f->out, place)));
        if (parameter->exact) HYTI_TRY(hyti_graph_set_exact_bias(f->out, place, parameter->exact, parameter->count));
    }
    return HYT_OK;
}

/* In double, as the runtime folds: a folded graph gives the same bits. */
static hyt_status fold_norm(const folding *f, hyt_value conv, hyt_value norm, hyt_value to)
{
    const hyti_parameter *weight = parameter_of(f->graph, conv, 0);
    const float *own = f->graph->nodes[conv].n_parameters == 2 ? parameter_of(f->graph, conv, 1)->data : NULL;
    const float *scale = parameter_of(f->graph, norm, 0)->data, *shift = parameter_of(f->graph, norm, 1)->data;
    const float *mean = parameter_of(f->graph, norm, 2)->data, *variance = parameter_of(f->graph, norm, 3)->data;
    size_t channels = weight->dims.size[0], depth = weight->count / channels;
    if (!weight->data || !scale || !shift || !mean || !variance) return HYT_OK;
    float *bias = hyti_array(f->out->context, channels, sizeof *bias);
    if (!bias) return hyti_fail_nomem();
    hyt_status status = hand_on(f, conv, 0, f->out->nodes[to].parameters[0]);
    float *values = f->out->parameters[f->out->nodes[to].parameters[0]].data;
    for (size_t c = 0; status == HYT_OK && c < channels; c++) {
        double factor = scale[c] / sqrt((double)variance[c] + f->graph->nodes[norm].epsilon);
        for (size_t i = 0; i < depth; i++) values[c * depth + i] = (float)(values[c * depth + i] * factor);
        bias[c] = (float)(shift[c] - mean[c] * factor + (own ? own[c] * factor : 0));
    }
    if (status == HYT_OK) status = hyt_graph_set_parameter(f->out, f->out->nodes[to].parameters[1], bias, channels);
    hyti_free(f->out->context, bias);
    return status;
}

static hyt_status fold_value(const folding *f, hyt_value value)
{
    hyti_node node = f->graph->nodes[value];
    hyt_value inputs[64], *mapped = inputs, norm = norm_after(f->graph, value), to;
    if (node.n_inputs > HYTI_COUNT(inputs)) mapped = hyti_array(f->out->context, node.n_inputs, sizeof *mapped);
    if (!mapped) return hyti_fail_nomem();
    for (size_t i = 0; i < node.n_inputs; i++) mapped[i] = f->place[node.inputs[i]];
    node.inputs = mapped;
    hyt_status status = hyti_graph_append(f->out, &node, hyti_node_features(&node),
                                          hyti_node_has_bias(&node) || norm != HYTI_NO_VALUE, &to);
    if (mapped != inputs) hyti_free(f->out->context, mapped);
    HYTI_TRY(status);
    f->place[value] = to;
    const hyti_node *annotated = &f->graph->nodes[norm == HYTI_NO_VALUE ? value : norm];
    f->out->nodes[to].precision = node.precision;
    f->out->nodes[to].quantised = annotated->quantised;
    f->out->nodes[to].scale = annotated->scale;
    f->out->nodes[to].zero = annotated->zero;
    if (norm == HYTI_NO_VALUE) return copy_own(f, value, to);
    f->place[norm] = to;
    return fold_norm(f, value, norm, to);
}

static hyt_status fold_all(const folding *f)
{
    const hyt_graph *graph = f->graph;
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!hyti_graph_folds(graph, (hyt_value)i)) HYTI_TRY(fold_value(f, (hyt_value)i));
    if (graph->output != HYTI_NO_VALUE) f->out->output = f->place[graph->output];
    return graph->normalised ? hyt_graph_set_normalisation(f->out, graph->mean, graph->deviation) : HYT_OK;
}

static hyt_status fold(folding *f, hyt_graph **out)
{
    const hyt_graph *graph = f->graph;
    HYTI_TRY(hyt_graph_create(graph->context, graph->name, &f->out));
    f->place = hyti_array(graph->context, HYTI_MAX(graph->n_nodes, (size_t)1), sizeof *f->place);
    hyt_status status = f->place ? fold_all(f) : hyti_fail_nomem();
    hyti_free(graph->context, f->place);
    if (status != HYT_OK) {
        hyt_graph_destroy(f->out);
        return status;
    }
    *out = f->out;
    return HYT_OK;
}

hyt_status hyt_graph_fold_norms(const hyt_graph *graph, hyt_graph **out)
{
    HYTI_NEED(graph);
    HYTI_NEED(out);
    return fold(&(folding){ .graph = graph }, out);
}

hyt_status hyti_graph_fold_in_place(hyt_graph **graph)
{
    hyt_graph *given = *graph;
    *graph = NULL;
    hyt_status status = fold(&(folding){ .graph = given, .given = given }, graph);
    if (status == HYT_OK) { /* the blocks that its weights lie in */
        (*graph)->kept = given->kept;
        (*graph)->weights = given->weights;
        given->kept = given->weights = NULL;
    }
    hyt_graph_destroy(given);
    return status;
}
