/* SPDX-License-Identifier: MIT */
/* DETR (Carion et al., arXiv 2005.12872) in a small size: MobileNetV3-small, three layers of encoder and of decoder,
 * 128 wide, 50 queries. N,queries,4 + classes: the box (centre and size, of the picture's), then the classes, of which
 * the caller takes one for "no object". */
#include "graph/networks.h"

static const hyti_queries size = { .width = 128, .ffn = 512, .heads = 4, .layers = 3, .queries = 50 };

/* The position is added anew wherever something is looked up, never to what is looked up (section A.3). */
static hyt_status encode(hyt_graph *graph, hyt_value position, hyt_value *x)
{
    for (size_t i = 0; i < size.layers; i++) {
        hyt_value placed;
        HYTI_TRY(hyt_graph_add(graph, *x, position, &placed));
        HYTI_TRY(hyti_net_attend(graph, &size, (hyti_sources){ placed, placed, *x }, x));
        HYTI_TRY(hyti_net_feed_forward(graph, &size, x));
    }
    return HYT_OK;
}

hyt_status hyti_build_detr_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value position;
    (void)network;
    HYTI_TRY(hyti_net_mobilenetv3(graph, false, 1, 1, x, NULL, &x));
    HYTI_TRY(hyti_net_conv_bias(graph, x, size.width, 1, 1, 0, &x));
    size_t height = hyti_net_side(graph, x, 2), width = hyti_net_side(graph, x, 3);
    HYTI_TRY(hyti_net_sine_positions(graph, height, width, size.width, &position));
    HYTI_TRY(hyti_net_tokens(graph, x, &x));
    HYTI_TRY(encode(graph, position, &x));
    return hyti_net_queries(graph, &size, x, position, classes, &x);
}
