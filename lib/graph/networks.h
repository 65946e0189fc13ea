/* SPDX-License-Identifier: MIT */
/* What the builders of known networks share. Each takes the graph's input and appends all that follows. */
#ifndef HYTI_GRAPH_NETWORKS_H
#define HYTI_GRAPH_NETWORKS_H

#include "graph/graph.h"

typedef struct hyti_network {
    const char *name;
    hyt_status (*build)(hyt_graph *graph, const struct hyti_network *network, hyt_value x, size_t classes);
    size_t least;    /* side of the input, at least; 0: 32 */
    size_t multiple; /* the side is one of this; 0: any */
    size_t channels; /* of the input; 0: 3 */
    double epsilon;  /* of its norms; 0: 1e-5 */
    double width;    /* multiplier of the channels, given after the name; 0: there is none */
} hyti_network;

/* networks_conv.c */
hyt_status hyti_build_mobilenetv1(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_mobilenetv2(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_mobilenetv3_small(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_mobilenetv3_large(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_resnet18(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);

/* networks_vit.c */
hyt_status hyti_build_mobilevit(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_vit_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_deit_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_convit_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);

/* networks_stages.c */
hyt_status hyti_build_swin_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_pvt_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);

/* networks_detect.c, networks_detr.c */
hyt_status hyti_build_ssdlite(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_ssdlite_small(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_ssdlite_mobilevit(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_yolo_nano(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_maskrcnn_fpn(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_maskrcnn_head(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);
hyt_status hyti_build_detr_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes);

/* Parts. */

/* The mean of a picture, and a linear layer. */
hyt_status hyti_net_classify(hyt_graph *graph, hyt_value x, size_t classes);
/* Square kernel, padding (kernel - 1) / 2, or `pad`, with a bias. */
hyt_status hyti_net_conv_bias(hyt_graph *graph, hyt_value x, size_t channels, size_t kernel, size_t stride, size_t pad,
                              hyt_value *out);
/* Pixels as tokens, N,1,H*W,C, and back. */
hyt_status hyti_net_tokens(hyt_graph *graph, hyt_value x, hyt_value *out);
hyt_status hyti_net_picture(hyt_graph *graph, hyt_value x, size_t height, size_t width, hyt_value *out);
hyt_status hyti_net_reshape(hyt_graph *graph, hyt_value x, hyt_dims dims, bool picture, hyt_value *out);
/* Patches of a picture as tokens of `width`: a convolution whose stride is its kernel. */
hyt_status hyti_net_patches(hyt_graph *graph, hyt_value x, size_t width, size_t patch, hyt_value *out);
/* Linear layer, activation, linear layer. */
hyt_status hyti_net_mlp(hyt_graph *graph, hyt_value x, size_t hidden, hyt_op act, hyt_value *out);
/* A trained constant N,1,tokens,width, added; or, as a class token, put in front of the tokens. */
hyt_status hyti_net_add_position(hyt_graph *graph, hyt_value x, hyt_value *out);
hyt_status hyti_net_class_token(hyt_graph *graph, hyt_value x, hyt_value *out);
/* Layer norm of the first token, and a linear layer. */
hyt_status hyti_net_classify_token(hyt_graph *graph, hyt_value x, size_t classes);
/* MobileNetV3 but its classifier; `stride16`: what expands before the last stride (NULL: not wanted). `divide` the
 * channels after it by 1 or 2. */
hyt_status hyti_net_mobilenetv3(hyt_graph *graph, bool large, double width, size_t divide, hyt_value x,
                                hyt_value *stride16, hyt_value *out);
/* MobileViT, by its name, but its classifier; `stride16`: the map of that stride (NULL: not wanted). */
hyt_status hyti_net_mobilevit(hyt_graph *graph, const char *name, hyt_value x, hyt_value *stride16, hyt_value *out);
/* ResNet-18 but its classifier; the maps of strides 4, 8, 16, 32. */
hyt_status hyti_net_resnet18(hyt_graph *graph, hyt_value x, hyt_value maps[4]);

/* heads_query.c: DETR's decoder, and what its encoder shares with it. */
typedef struct hyti_queries { size_t width, ffn, heads, layers, queries; } hyti_queries;
typedef struct hyti_sources { hyt_value q, k, v; } hyti_sources;
/* A constant, N,1,height * width,channels. */
hyt_status hyti_net_sine_positions(hyt_graph *graph, size_t height, size_t width, size_t channels, hyt_value *out);
/* x = LN(x + W attention(q, k, v)), each of the three through a layer of its own: norms come after. */
hyt_status hyti_net_attend(hyt_graph *graph, const hyti_queries *d, hyti_sources s, hyt_value *x);
hyt_status hyti_net_feed_forward(hyt_graph *graph, const hyti_queries *d, hyt_value *x);
/* All layers, then boxes and classes: N,queries,4 + classes. */
hyt_status hyti_net_queries(hyt_graph *graph, const hyti_queries *d, hyt_value memory, hyt_value position,
                            size_t classes, hyt_value *out);
size_t hyti_net_side(const hyt_graph *graph, hyt_value x, size_t axis);

#endif
