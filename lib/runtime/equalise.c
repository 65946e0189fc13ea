/* SPDX-License-Identifier: MIT */
#include "runtime/equalise.h"
#include <math.h>

static hyti_parameter *parameter_of(hyt_graph *graph, hyt_value value, size_t index)
{
    const hyti_node *node = &graph->nodes[value];
    return index < node->n_parameters ? &graph->parameters[node->parameters[index]] : NULL;
}

static bool is_depthwise(const hyt_graph *graph, hyt_value value)
{
    return hyti_node_is_depthwise(graph, &graph->nodes[value]);
}

/* A convolution without groups but depthwise, or a linear layer. */
static bool is_layer(const hyt_graph *graph, hyt_value value)
{
    const hyti_node *node = &graph->nodes[value];
    return node->op == HYT_OP_LINEAR || (node->op == HYT_OP_CONV && (node->groups == 1 || is_depthwise(graph, value)));
}

/* Greatest weight of output channel c (of its own weights), or of all that input channel c meets. */
static double size_of_output(const hyti_parameter *w, size_t c)
{
    size_t depth = w->count / w->dims.size[0];
    double most = 0;
    for (size_t i = 0; i < depth; i++) most = HYTI_MAX(most, fabs((double)w->data[c * depth + i]));
    return most;
}

static double size_of_input(const hyti_parameter *w, bool depthwise, size_t c)
{
    if (depthwise) return size_of_output(w, c);
    size_t out = w->dims.size[0], in = w->dims.size[1], taps = w->count / out / in;
    double most = 0;
    for (size_t o = 0; o < out; o++)
        for (size_t t = 0; t < taps; t++) most = HYTI_MAX(most, fabs((double)w->data[(o * in + c) * taps + t]));
    return most;
}

static void scale_output(hyti_parameter *w, hyti_parameter *bias, size_t c, double factor)
{
    size_t depth = w->count / w->dims.size[0];
    for (size_t i = 0; i < depth; i++) w->data[c * depth + i] = (float)(w->data[c * depth + i] * factor);
    if (bias) bias->data[c] = (float)(bias->data[c] * factor);
}

static void scale_input(hyti_parameter *w, bool depthwise, size_t c, double factor)
{
    size_t out = w->dims.size[0], in = depthwise ? 1 : w->dims.size[1], taps = w->count / out / in;
    for (size_t o = depthwise ? c : 0; o < (depthwise ? c + 1 : out); o++)
        for (size_t t = 0; t < taps; t++) {
            float *x = &w->data[(o * in + (depthwise ? 0 : c)) * taps + t];
            *x = (float)(*x * factor);
        }
}

/* The layer that alone reads a layer's result, through relu at most (relu(s x) = s relu(x)); HYTI_NO_VALUE: none. */
static hyt_value layer_after(const hyt_graph *graph, hyt_value value)
{
    for (size_t i = (size_t)value + 1; i < graph->n_nodes; i++) {
        const hyti_node *node = &graph->nodes[i];
        if (node->n_inputs != 1 || node->inputs[0] != value) continue;
        if (hyti_graph_uses(graph, value) != 1) return HYTI_NO_VALUE;
        if (node->op == HYT_OP_RELU) return layer_after(graph, (hyt_value)i);
        return is_layer(graph, (hyt_value)i) ? (hyt_value)i : HYTI_NO_VALUE;
    }
    return HYTI_NO_VALUE;
}

static double bounded(double factor)
{
    return isfinite(factor) && factor > 0 ? fmin(fmax(factor, 1e-3), 1e3) : 1;
}

/* Nagel et al., arXiv 1906.04721, equation 11: after it both sides of a channel have the same range. */
static void equalise_pair(hyt_graph *graph, hyt_value first, hyt_value second)
{
    hyti_parameter *w1 = parameter_of(graph, first, 0), *bias = parameter_of(graph, first, 1),
                   *w2 = parameter_of(graph, second, 0);
    bool depthwise = is_depthwise(graph, second);
    for (size_t c = 0; c < w1->dims.size[0]; c++) {
        double r1 = size_of_output(w1, c), r2 = size_of_input(w2, depthwise, c);
        double s = bounded(sqrt(r1 * r2) / r2);
        scale_output(w1, bias, c, 1 / s);
        scale_input(w2, depthwise, c, s);
    }
}

/* Only linear layers read it. */
static bool feeds_linear(const hyt_graph *graph, hyt_value value)
{
    size_t readers = 0;
    for (size_t i = (size_t)value + 1; i < graph->n_nodes; i++)
        for (size_t j = 0; j < graph->nodes[i].n_inputs; j++)
            if (graph->nodes[i].inputs[j] == value) {
                if (graph->nodes[i].op != HYT_OP_LINEAR) return false;
                readers++;
            }
    return readers > 0 && readers == hyti_graph_uses(graph, value);
}

/* A channel of a layer norm's result that is much greater than others costs them their steps: half of that, in
 * logarithms, goes to the weights that read it (Xiao et al., arXiv 2211.10438, equation 4, alpha 1/2). */
static void smooth_norm(hyt_graph *graph, hyt_value norm, const double *most)
{
    hyti_parameter *scale = parameter_of(graph, norm, 0), *shift = parameter_of(graph, norm, 1);
    for (size_t c = 0; c < scale->count; c++) {
        double weights = 0;
        for (size_t i = (size_t)norm + 1; i < graph->n_nodes; i++)
            if (graph->nodes[i].n_inputs == 1 && graph->nodes[i].inputs[0] == norm)
                weights = fmax(weights, size_of_input(parameter_of(graph, (hyt_value)i, 0), false, c));
        double s = bounded(sqrt(most[c] / weights));
        scale->data[c] = (float)(scale->data[c] / s);
        shift->data[c] = (float)(shift->data[c] / s);
        for (size_t i = (size_t)norm + 1; i < graph->n_nodes; i++)
            if (graph->nodes[i].n_inputs == 1 && graph->nodes[i].inputs[0] == norm)
                scale_input(parameter_of(graph, (hyt_value)i, 0), false, c, s);
    }
}

void hyti_equalise(hyt_graph *graph, const double *const *most)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        hyt_value value = (hyt_value)i;
        if (graph->nodes[i].op == HYT_OP_LAYER_NORM && feeds_linear(graph, value)) smooth_norm(graph, value, most[i]);
        if (!is_layer(graph, value)) continue;
        hyt_value after = layer_after(graph, value);
        if (after != HYTI_NO_VALUE) equalise_pair(graph, value, after);
    }
}
