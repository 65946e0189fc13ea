/* SPDX-License-Identifier: MIT */
/* DETR (Carion et al., arXiv 2005.12872) in a small size: MobileNetV3-small, three layers of encoder and of decoder, 128
 * wide, 50 queries. N,queries,4 + classes: the box (centre and size, of the picture's), then the classes, of which the
 * caller takes one for "no object". */
#include "graph/networks.h"
#include <math.h>

enum { WIDTH = 128, LAYERS = 3, HEADS = 4, FFN = 512, QUERIES = 50 };

/* Sines of the place down in the first half of the width, of the place across in the second: pairs of sine and cosine
 * with wavelengths from 2 pi to 10000 * 2 pi, the map being 2 pi high and wide. */
static double wave(double place, size_t index)
{
    double angle = place / pow(10000, (double)(index / 2 * 2) / (WIDTH / 2));
    return index % 2 ? cos(angle) : sin(angle);
}

static hyt_status sine_positions(hyt_graph *graph, size_t height, size_t width, hyt_value *out)
{
    const double turn = 6.283185307179586;
    const hyt_dims dims = { 4, { 1, 1, height * width, WIDTH } };
    float *values = hyti_array(graph->context, height * width * WIDTH, sizeof *values), *to = values;
    if (!values) return hyti_fail_nomem();
    for (size_t i = 0; i < height * width; i++)
        for (size_t c = 0; c < WIDTH; c++) {
            double down = (double)(i / width + 1) / (double)height, across = (double)(i % width + 1) / (double)width;
            *to++ = (float)wave((c < WIDTH / 2 ? down : across) * turn, c % (WIDTH / 2));
        }
    hyt_status status = hyt_graph_constant(graph, &dims, 0, values, out);
    hyti_free(graph->context, values);
    return status;
}

typedef struct sources { hyt_value q, k, v; } sources;

/* x = LN(x + W attention(q, k, v)), each of the three through a layer of its own: norms come after. */
static hyt_status attend(hyt_graph *graph, sources s, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyt_graph_linear(graph, s.q, WIDTH, 1, &s.q));
    HYTI_TRY(hyt_graph_linear(graph, s.k, WIDTH, 1, &s.k));
    HYTI_TRY(hyt_graph_linear(graph, s.v, WIDTH, 1, &s.v));
    HYTI_TRY(hyt_graph_attention_of(graph, (hyt_value[]){ s.q, s.k, s.v }, 3, HEADS, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, WIDTH, 1, &y));
    HYTI_TRY(hyt_graph_add(graph, y, *x, x));
    return hyt_graph_layer_norm(graph, *x, x);
}

static hyt_status feed_forward(hyt_graph *graph, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyti_net_mlp(graph, *x, FFN, HYT_OP_RELU, &y));
    HYTI_TRY(hyt_graph_add(graph, *x, y, x));
    return hyt_graph_layer_norm(graph, *x, x);
}

/* The position is added anew wherever something is looked up, never to what is looked up (section A.3). */
static hyt_status encode(hyt_graph *graph, hyt_value position, hyt_value *x)
{
    for (size_t i = 0; i < LAYERS; i++) {
        hyt_value placed;
        HYTI_TRY(hyt_graph_add(graph, *x, position, &placed));
        HYTI_TRY(attend(graph, (sources){ placed, placed, *x }, x));
        HYTI_TRY(feed_forward(graph, x));
    }
    return HYT_OK;
}

/* Queries look at each other, then at the picture; they begin as zeros. */
static hyt_status decode(hyt_graph *graph, hyt_value memory, hyt_value position, hyt_value *out)
{
    static const float zeros[QUERIES * WIDTH];
    const hyt_dims dims = { 4, { 1, 1, QUERIES, WIDTH } };
    hyt_value x, queries, keys, placed;
    HYTI_TRY(hyt_graph_constant(graph, &dims, 0, zeros, &x));
    HYTI_TRY(hyt_graph_constant(graph, &dims, 0, NULL, &queries));
    HYTI_TRY(hyt_graph_add(graph, memory, position, &keys));
    for (size_t i = 0; i < LAYERS; i++) {
        HYTI_TRY(hyt_graph_add(graph, x, queries, &placed));
        HYTI_TRY(attend(graph, (sources){ placed, placed, x }, &x));
        HYTI_TRY(hyt_graph_add(graph, x, queries, &placed));
        HYTI_TRY(attend(graph, (sources){ placed, keys, memory }, &x));
        HYTI_TRY(feed_forward(graph, &x));
    }
    return hyt_graph_layer_norm(graph, x, out);
}

hyt_status hyti_build_detr_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value position, heads[2];
    (void)network;
    HYTI_TRY(hyti_net_mobilenetv3(graph, false, 1, 1, x, NULL, &x));
    HYTI_TRY(hyti_net_conv_bias(graph, x, WIDTH, 1, 1, 0, &x));
    HYTI_TRY(sine_positions(graph, hyti_net_side(graph, x, 2), hyti_net_side(graph, x, 3), &position));
    HYTI_TRY(hyti_net_tokens(graph, x, &x));
    HYTI_TRY(encode(graph, position, &x));
    HYTI_TRY(decode(graph, x, position, &x));
    HYTI_TRY(hyti_net_mlp(graph, x, WIDTH, HYT_OP_RELU, &heads[0]));
    HYTI_TRY(hyt_graph_activation(graph, heads[0], HYT_OP_RELU, &heads[0]));
    HYTI_TRY(hyt_graph_linear(graph, heads[0], 4, 1, &heads[0]));
    HYTI_TRY(hyt_graph_activation(graph, heads[0], HYT_OP_SIGMOID, &heads[0]));
    HYTI_TRY(hyt_graph_linear(graph, x, classes, 1, &heads[1]));
    HYTI_TRY(hyt_graph_concat(graph, heads, 2, 3, &x));
    return hyti_net_reshape(graph, x, (hyt_dims){ 3, { 1, QUERIES, 4 + classes } }, false, &x);
}
