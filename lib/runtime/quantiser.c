/* SPDX-License-Identifier: MIT */
/* Scales of an int8 network from what its operations give in float32. */
#include "runtime/quantiser.h"
#include "base/table.h"
#include "runtime/equalise.h"
#include <math.h>
#include <string.h>

#define FIELD(name) offsetof(hyti_quantiser_params, name)
static const hyti_option rows[] = {
    { HYT_QUANTISER_CALIBRATION, HYT_OPT_CHOICE, 0, 0, 0, "minmax|percentile|mse|kl|learned", FIELD(calibration),
      "how the range of a value is chosen" },
    { HYT_QUANTISER_PERCENTILE, HYT_OPT_REAL, 99.99, 50, 100, NULL, FIELD(percentile),
      "per cent of the numbers that percentile keeps" },
    { HYT_QUANTISER_WEIGHTS, HYT_OPT_CHOICE, 1, 0, 0, "minmax|mse", FIELD(weights),
      "how the scale of a channel's weights is chosen" },
    { HYT_QUANTISER_EQUALISE, HYT_OPT_FLAG, 1, 0, 1, NULL, FIELD(equalise),
      "whether layers that follow each other are scaled against each other" },
    { HYT_QUANTISER_CORRECT_BIAS, HYT_OPT_FLAG, 1, 0, 1, NULL, FIELD(correct_bias),
      "whether biases take back what rounded weights shift on average" },
    { HYT_QUANTISER_THREADS, HYT_OPT_INT, 1, 1, HYTI_MAX_THREADS, NULL, FIELD(threads), "threads that share one run" },
};
static const hyti_table table = { rows, HYTI_COUNT(rows), sizeof(hyti_quantiser_params), NULL };

hyt_status hyt_quantiser_options_create(hyt_context *context, hyt_options **out)
{
    return hyti_options_create(context, &table, out);
}

/* What training has learned holds for the network as it was trained, and as it rounded it. */
static hyt_status read_params(const hyt_options *options, hyti_quantiser_params *params)
{
    HYTI_TRY(hyti_options_read(options, &table, params));
    if (params->calibration == HYTI_CALIBRATION_LEARNED)
        params->equalise = params->correct_bias = params->weights = 0;
    return HYT_OK;
}

static hyt_status check_parameters(const hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_parameters; i++)
        if (!graph->parameters[i].data)
            return hyti_fail(HYT_ERR_STATE, "graph \"%s\": parameter %s is not set", graph->name,
                             graph->parameters[i].name);
    return graph->input != HYTI_NO_VALUE ? HYT_OK : hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no input", graph->name);
}

/* Of a network that was int8 before nothing is kept: its scales hold neither for other weights nor other pictures. But
 * those of values that training has learned are wanted. */
static hyt_status forget_quantisation(hyt_graph *graph, const hyti_quantiser_params *params)
{
    bool learned = params->calibration == HYTI_CALIBRATION_LEARNED;
    for (size_t i = 0; i < graph->n_nodes && !learned; i++)
        HYTI_TRY(hyt_graph_set_quantisation(graph, (hyt_value)i, 0, 0));
    for (size_t i = 0; i < graph->n_parameters; i++) {
        HYTI_TRY(hyt_graph_set_scales(graph, i, NULL, 0));
        HYTI_TRY(hyti_graph_set_exact_bias(graph, i, NULL, 0));
    }
    return HYT_OK;
}

static hyt_status fill(const hyt_graph *graph, const hyt_options *options, hyt_quantiser *q)
{
    HYTI_TRY(read_params(options, &q->params));
    HYTI_TRY(check_parameters(graph));
    HYTI_TRY(hyt_graph_fold_norms(graph, &q->graph));
    HYTI_TRY(forget_quantisation(q->graph, &q->params));
    const size_t *size = q->graph->nodes[q->graph->input].dims.size;
    q->picture_size = size[1] * size[2] * size[3];
    return HYT_OK;
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
    hyt_graph_destroy(q->graph);
    hyt_graph_destroy(q->scaled);
    hyti_free(context, q->pictures);
    hyti_free(context, q);
    hyt_context_destroy(context);
}

hyt_status hyt_quantiser_add(hyt_quantiser *q, const float *pictures, size_t count)
{
    HYTI_NEED(q);
    HYTI_NEED(pictures);
    if (count > SIZE_MAX / sizeof *pictures / q->picture_size - q->n_pictures)
        return hyti_fail(HYT_ERR_RANGE, "%zu pictures do not fit into memory", count);
    size_t bytes = q->picture_size * sizeof *pictures;
    HYTI_TRY(hyti_grow(q->context, &q->pictures, &q->capacity, q->n_pictures + count, bytes));
    memcpy(q->pictures + q->n_pictures * q->picture_size, pictures, count * bytes);
    q->n_pictures += count;
    hyt_graph_destroy(q->scaled);
    q->scaled = NULL;
    return HYT_OK;
}

/* Calibration */

/* What is known of a value over all pictures. */
typedef struct watch {
    hyti_range range;
    hyti_histogram *histogram; /* NULL: the range is enough */
    double *most, *sum; /* greatest size and sum of each channel; NULL: not wanted */
    double rows;
} watch;

typedef struct calibrator {
    const hyti_quantiser_params *params;
    const float *pictures;
    size_t picture_size, n_pictures;
    hyt_graph *graph;
    hyt_runtime *runtime;
    watch *watches; /* one a value */
    double *channels;
    const double **most;
    float *output;
} calibrator;

static size_t width_of(const hyti_node *node)
{
    return node->dims.size[node->picture ? 1 : node->dims.rank - 1];
}

static bool has_weights(const hyti_node *node)
{
    return node->op == HYT_OP_CONV || node->op == HYT_OP_LINEAR;
}

/* What the runtime stores in no scale of the graph's. */
static bool has_given_scale(const hyti_node *node)
{
    return !node->fixed && (hyti_keeps_quantisation(node) || node->op == HYT_OP_SOFTMAX);
}

/* Which channels are counted: greatest sizes of what layer norms give, for equalisation; sums of what weights meet. */
static hyt_status watch_channels(calibrator *c)
{
    size_t nodes = c->graph->n_nodes, channels = 0;
    for (size_t i = 0; i < nodes; i++) channels += width_of(&c->graph->nodes[i]);
    c->channels = hyti_array(c->graph->context, channels, 2 * sizeof *c->channels);
    if (!c->channels) return hyti_fail_nomem();
    double *at = c->channels;
    for (size_t i = 0; i < nodes; i++) {
        const hyti_node *node = &c->graph->nodes[i];
        if (node->op == HYT_OP_LAYER_NORM) {
            c->most[i] = c->watches[i].most = at;
            at += width_of(node);
        }
        if (!has_weights(node) || c->watches[node->inputs[0]].sum) continue;
        c->watches[node->inputs[0]].sum = at;
        at += width_of(&c->graph->nodes[node->inputs[0]]);
    }
    return HYT_OK;
}

static hyt_status start(calibrator *c)
{
    size_t nodes = c->graph->n_nodes;
    bool counted = c->params->calibration != HYTI_CALIBRATION_MINMAX;
    c->watches = hyti_array(c->graph->context, nodes, sizeof *c->watches);
    c->most = hyti_array(c->graph->context, nodes, sizeof *c->most);
    if (!c->watches || !c->most) return hyti_fail_nomem();
    for (size_t i = 0; counted && i < nodes; i++) {
        if (has_given_scale(&c->graph->nodes[i])) continue;
        c->watches[i].histogram = hyti_alloc(c->graph->context, sizeof *c->watches[i].histogram);
        if (!c->watches[i].histogram) return hyti_fail_nomem();
    }
    return watch_channels(c);
}

static bool widen(calibrator *c, hyt_value value, const float *values, size_t count)
{
    watch *w = &c->watches[value];
    if (has_given_scale(&c->graph->nodes[value])) return true;
    return w->histogram ? hyti_histogram_add(w->histogram, values, count) : hyti_range_widen(&w->range, values, count);
}

static hyt_status watch_value(void *user, hyt_value value, const float *values, size_t count)
{
    calibrator *c = user;
    size_t width = width_of(&c->graph->nodes[value]);
    watch *w = &c->watches[value];
    if (!widen(c, value, values, count))
        return hyti_fail(HYT_ERR_NUMERIC, "value %d (%s) is not finite on the pictures given", (int)value,
                         hyt_op_name(c->graph->nodes[value].op));
    for (size_t i = 0; w->most && i < count; i += width)
        for (size_t j = 0; j < width; j++) w->most[j] = fmax(w->most[j], fabs((double)values[i + j]));
    for (size_t i = 0; w->sum && i < count; i += width)
        for (size_t j = 0; j < width; j++) w->sum[j] += values[i + j];
    w->rows += (double)(count / width);
    return HYT_OK;
}

static hyt_status watch_all(calibrator *c)
{
    HYTI_TRY(hyti_runtime_observe(c->graph, (size_t)c->params->threads, &c->runtime));
    c->output = hyti_array(c->graph->context, hyt_runtime_output_size(c->runtime), sizeof *c->output);
    if (!c->output) return hyti_fail_nomem();
    for (size_t i = 0; i < c->n_pictures; i++)
        HYTI_TRY(hyti_runtime_watch(c->runtime, c->graph, c->pictures + i * c->picture_size, c->output, watch_value,
                                    c));
    return HYT_OK;
}

/* Ready for another start. */
static void stop(calibrator *c)
{
    hyt_context *context = c->graph->context;
    hyt_runtime_destroy(c->runtime);
    for (size_t i = 0; c->watches && i < c->graph->n_nodes; i++) hyti_free(context, c->watches[i].histogram);
    hyti_free(context, c->watches);
    hyti_free(context, c->channels);
    hyti_free(context, c->most);
    hyti_free(context, c->output);
    c->runtime = NULL;
    c->watches = NULL;
    c->channels = NULL;
    c->most = NULL;
    c->output = NULL;
}

static hyti_range range_of(const calibrator *c, hyt_value value)
{
    const watch *w = &c->watches[value];
    if (!w->histogram) return w->range;
    return hyti_histogram_range(w->histogram, (hyti_calibration)c->params->calibration, c->params->percentile / 100);
}

static void store(hyti_node *node, hyti_quant quant)
{
    node->quantised = true;
    node->scale = quant.scale;
    node->zero = quant.zero;
}

/* What a concatenation joins is quantised as the whole, so that it is only moved; but not as one that was never seen,
 * because the result does not depend on it. */
static void annotate(calibrator *c)
{
    hyti_node *nodes = c->graph->nodes;
    for (size_t i = c->graph->n_nodes; i-- > 0;) {
        hyti_node *node = &nodes[i];
        if (!node->quantised && !has_given_scale(node)) store(node, hyti_quant_of(range_of(c, (hyt_value)i)));
        node->precision = HYT_INT8;
        bool joins = node->op == HYT_OP_CONCAT && c->watches[i].rows > 0;
        for (size_t j = 0; joins && j < node->n_inputs; j++)
            store(&nodes[node->inputs[j]], (hyti_quant){ node->scale, node->zero });
    }
    for (size_t i = 0; i < c->graph->n_nodes; i++) {
        if (!has_given_scale(&nodes[i])) continue;
        const hyti_node *from = &nodes[nodes[i].inputs[0]];
        bool softmax = nodes[i].op == HYT_OP_SOFTMAX;
        store(&nodes[i], softmax ? hyti_softmax_quant() : (hyti_quant){ from->scale, from->zero });
    }
}

/* A channel's sums are off, on average, by what its rounded weights add to the mean of the inputs (Nagel et al., arXiv
 * 1906.04721, section 4.2). */
static void correct_bias(const calibrator *c, const hyti_node *node, size_t channel, float scale)
{
    const hyti_parameter *w = &c->graph->parameters[node->parameters[0]];
    const watch *in = &c->watches[node->inputs[0]];
    size_t out = w->dims.size[0], each = w->dims.size[1], taps = w->count / out / each;
    size_t groups = node->op == HYT_OP_CONV ? node->groups : 1, first = channel / (out / groups) * each;
    const float *row = w->data + channel * each * taps;
    double shift = 0;
    for (size_t i = 0; i < each; i++)
        for (size_t t = 0; t < taps; t++) {
            double x = row[i * taps + t], stored = scale * fmin(127, fmax(-127, round(x / scale)));
            shift += (stored - x) * in->sum[first + i] / fmax(in->rows, 1);
        }
    float *bias = c->graph->parameters[node->parameters[1]].data;
    bias[channel] = (float)(bias[channel] - shift);
}

static hyt_status scale_weights(const calibrator *c, const hyti_node *node)
{
    const hyti_parameter *w = &c->graph->parameters[node->parameters[0]];
    size_t out = w->dims.size[0], depth = w->count / out;
    float *scales = hyti_array(c->graph->context, out, sizeof *scales);
    if (!scales) return hyti_fail_nomem();
    for (size_t i = 0; i < out; i++) {
        scales[i] = hyti_weight_scale(w->data + i * depth, depth, c->params->weights == 1);
        if (c->params->correct_bias && node->n_parameters == 2) correct_bias(c, node, i, scales[i]);
    }
    hyt_status status = hyt_graph_set_scales(c->graph, node->parameters[0], scales, out);
    hyti_free(c->graph->context, scales);
    return status;
}

static bool has_layer_norm(const hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i].op == HYT_OP_LAYER_NORM) return true;
    return false;
}

static hyt_status calibrate(calibrator *c)
{
    if (c->params->equalise) {
        HYTI_TRY(start(c));
        if (has_layer_norm(c->graph)) HYTI_TRY(watch_all(c)); /* other layers are equalised by their weights alone */
        hyti_equalise(c->graph, c->most);
        stop(c);
    }
    HYTI_TRY(start(c));
    HYTI_TRY(watch_all(c));
    hyt_runtime_destroy(c->runtime);
    c->runtime = NULL;
    annotate(c);
    for (size_t i = 0; i < c->graph->n_nodes; i++)
        if (has_weights(&c->graph->nodes[i])) HYTI_TRY(scale_weights(c, &c->graph->nodes[i]));
    return HYT_OK;
}

/* In place of *graph, folded, its int8 form; NULL after a failure. */
static hyt_status quantise(hyt_graph **graph, const hyti_quantiser_params *params, const float *pictures, size_t count)
{
    const size_t *size = (*graph)->nodes[(*graph)->input].dims.size;
    calibrator c = { .params = params, .pictures = pictures, .picture_size = size[1] * size[2] * size[3],
                     .n_pictures = count, .graph = *graph };
    hyt_status status = calibrate(&c);
    stop(&c);
    if (status == HYT_OK) return HYT_OK;
    hyt_graph_destroy(*graph);
    *graph = NULL;
    return status;
}

static hyt_status need_pictures(size_t count)
{
    return count ? HYT_OK : hyti_fail(HYT_ERR_STATE, "no picture was added");
}

hyt_status hyti_quantiser_calibrate(hyt_quantiser *q)
{
    if (q->scaled) return HYT_OK;
    HYTI_TRY(need_pictures(q->n_pictures));
    HYTI_TRY(hyt_graph_copy(q->graph, &q->scaled));
    return quantise(&q->scaled, &q->params, q->pictures, q->n_pictures);
}

hyt_status hyt_quantiser_finish(hyt_quantiser *q, hyt_graph **out)
{
    HYTI_NEED(q);
    HYTI_NEED(out);
    HYTI_TRY(hyti_quantiser_calibrate(q));
    return hyt_graph_copy(q->scaled, out);
}

hyt_status hyt_quantise(hyt_graph **graph, const float *pictures, size_t count, const hyt_options *options)
{
    hyti_quantiser_params params = { 0 };
    HYTI_NEED(graph);
    HYTI_NEED(*graph);
    HYTI_NEED(pictures);
    HYTI_TRY(read_params(options, &params));
    HYTI_TRY(check_parameters(*graph));
    HYTI_TRY(need_pictures(count));
    HYTI_TRY(hyti_graph_fold_in_place(graph));
    hyt_status status = forget_quantisation(*graph, &params);
    if (status == HYT_OK) return quantise(graph, &params, pictures, count);
    hyt_graph_destroy(*graph);
    *graph = NULL;
    return status;
}
