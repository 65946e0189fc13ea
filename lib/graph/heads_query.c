/* SPDX-License-Identifier: MIT */
/* Queries that look for boxes in a map: the decoder of DETR (Carion et al., arXiv 2005.12872), of any size. */
#include "graph/networks.h"
#include <math.h>

/* Sines of the place down in the first half of the width, of the place across in the second: pairs of sine and cosine
 * with wavelengths from 2 pi to 10000 * 2 pi, the map being 2 pi high and wide. */
static double wave(double place, size_t index, size_t half)
{
    double angle = place / pow(10000, (double)(index / 2 * 2) / (double)half);
    return index % 2 ? cos(angle) : sin(angle);
}

hyt_status hyti_net_sine_positions(hyt_graph *graph, size_t height, size_t width, size_t channels, hyt_value *out)
{
    const double turn = 6.283185307179586;
    const hyt_dims dims = { 4, { 1, 1, height * width, channels } };
    size_t half = channels / 2;
    float *values = hyti_array(graph->context, height * width * channels, sizeof *values), *to = values;
    if (!values) return hyti_fail_nomem();
    for (size_t i = 0; i < height * width; i++)
        for (size_t c = 0; c < channels; c++) {
            double down = (double)(i / width + 1) / (double)height, across = (double)(i % width + 1) / (double)width;
            *to++ = (float)wave((c < half ? down : across) * turn, c % half, half);
        }
    hyt_status status = hyt_graph_constant(graph, &dims, 0, values, out);
    hyti_free(graph->context, values);
    return status;
}

hyt_status hyti_net_attend(hyt_graph *graph, const hyti_queries *d, hyti_sources s, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyt_graph_linear(graph, s.q, d->width, 1, &s.q));
    HYTI_TRY(hyt_graph_linear(graph, s.k, d->width, 1, &s.k));
    HYTI_TRY(hyt_graph_linear(graph, s.v, d->width, 1, &s.v));
    HYTI_TRY(hyt_graph_attention_of(graph, (hyt_value[]){ s.q, s.k, s.v }, 3, d->heads, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, d->width, 1, &y));
    HYTI_TRY(hyt_graph_add(graph, y, *x, x));
    return hyt_graph_layer_norm(graph, *x, x);
}

hyt_status hyti_net_feed_forward(hyt_graph *graph, const hyti_queries *d, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyti_net_mlp(graph, *x, d->ffn, HYT_OP_RELU, &y));
    HYTI_TRY(hyt_graph_add(graph, *x, y, x));
    return hyt_graph_layer_norm(graph, *x, x);
}

/* What queries begin as. */
static hyt_status zeros(hyt_graph *graph, const hyt_dims *dims, hyt_value *out)
{
    float *values = hyti_array(graph->context, dims->size[2] * dims->size[3], sizeof *values);
    if (!values) return hyti_fail_nomem();
    hyt_status status = hyt_graph_constant(graph, dims, 0, values, out);
    hyti_free(graph->context, values);
    return status;
}

/* Queries look at each other, then at the picture. */
static hyt_status decode(hyt_graph *graph, const hyti_queries *d, hyt_value memory, hyt_value position, hyt_value *out)
{
    const hyt_dims dims = { 4, { 1, 1, d->queries, d->width } };
    hyt_value x, queries, keys, placed;
    HYTI_TRY(zeros(graph, &dims, &x));
    HYTI_TRY(hyt_graph_constant(graph, &dims, 0, NULL, &queries));
    HYTI_TRY(hyt_graph_add(graph, memory, position, &keys));
    for (size_t i = 0; i < d->layers; i++) {
        HYTI_TRY(hyt_graph_add(graph, x, queries, &placed));
        HYTI_TRY(hyti_net_attend(graph, d, (hyti_sources){ placed, placed, x }, &x));
        HYTI_TRY(hyt_graph_add(graph, x, queries, &placed));
        HYTI_TRY(hyti_net_attend(graph, d, (hyti_sources){ placed, keys, memory }, &x));
        HYTI_TRY(hyti_net_feed_forward(graph, d, &x));
    }
    return hyt_graph_layer_norm(graph, x, out);
}

hyt_status hyti_net_queries(hyt_graph *graph, const hyti_queries *d, hyt_value memory, hyt_value position,
                            size_t classes, hyt_value *out)
{
    hyt_value x, heads[2];
    HYTI_TRY(decode(graph, d, memory, position, &x));
    HYTI_TRY(hyti_net_mlp(graph, x, d->width, HYT_OP_RELU, &heads[0]));
    HYTI_TRY(hyt_graph_activation(graph, heads[0], HYT_OP_RELU, &heads[0]));
    HYTI_TRY(hyt_graph_linear(graph, heads[0], 4, 1, &heads[0]));
    HYTI_TRY(hyt_graph_activation(graph, heads[0], HYT_OP_SIGMOID, &heads[0]));
    HYTI_TRY(hyt_graph_linear(graph, x, classes, 1, &heads[1]));
    HYTI_TRY(hyt_graph_concat(graph, heads, 2, 3, &x));
    return hyti_net_reshape(graph, x, (hyt_dims){ 3, { 1, d->queries, 4 + classes } }, false, out);
}

static hyt_status query_head(hyt_graph *graph, hyt_value map, const hyti_queries *d, size_t classes, hyt_value *out)
{
    size_t height = hyti_net_side(graph, map, 2), width = hyti_net_side(graph, map, 3);
    hyt_value position, x;
    HYTI_TRY(hyti_net_conv_bias(graph, map, d->width, 1, 1, 0, &x));
    HYTI_TRY(hyti_net_sine_positions(graph, height, width, d->width, &position));
    HYTI_TRY(hyti_net_tokens(graph, x, &x));
    return hyti_net_queries(graph, d, x, position, classes + 1, out);
}

hyt_status hyt_graph_query_head(hyt_graph *graph, hyt_value map, size_t width, size_t ffn, size_t heads, size_t layers,
                                size_t queries, size_t classes, hyt_value *out)
{
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(hyti_graph_check_value(graph, map));
    if (!graph->nodes[map].picture)
        return hyti_fail(HYT_ERR_SHAPE, "query head: value %d is the result of %s, not a picture", (int)map,
                         hyt_op_name(graph->nodes[map].op));
    if (width < 4 || width % 4 || width > 65536 || layers < 1 || queries < 1 || queries > 512 || classes < 1)
        return hyti_fail(HYT_ERR_RANGE, "query head: width %zu (a multiple of 4), %zu layers, %zu queries (up to 512), "
                         "%zu classes", width, layers, queries, classes);
    const hyti_queries d = { width, ffn, heads, layers, queries };
    size_t nodes = graph->n_nodes;
    hyt_value result = HYTI_NO_VALUE;
    hyt_status status = query_head(graph, map, &d, classes, &result);
    if (status == HYT_OK) *out = result;
    else hyti_graph_cut(graph, nodes);
    return status;
}
