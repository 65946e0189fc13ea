/* SPDX-License-Identifier: MIT */
/* Vision transformers on one grid of tokens, and MobileViT. */
#include "graph/networks.h"
#include <math.h>
#include <string.h>

/* MobileViT (Mehta and Rastegari, arXiv 2110.02178, table 4). */
typedef struct mobilevit_size {
    const char *name;
    size_t channels[5], width[3], ffn[3];
    double expand;
} mobilevit_size;

static const mobilevit_size mobilevit_sizes[] = {
    { "mobilevit-xxs", { 16, 24, 48, 64, 80 }, { 64, 80, 96 }, { 128, 160, 192 }, 2 },
    { "mobilevit-xs", { 32, 48, 64, 80, 96 }, { 96, 120, 144 }, { 192, 240, 288 }, 4 },
    { "mobilevit-s", { 32, 64, 96, 128, 160 }, { 144, 192, 240 }, { 288, 384, 480 }, 4 },
};

hyt_status hyti_net_mobilevit(hyt_graph *graph, const char *name, hyt_value x, hyt_value *stride16, hyt_value *out)
{
    static const size_t blocks[3] = { 2, 4, 3 };
    const mobilevit_size *size = mobilevit_sizes;
    while (strcmp(size->name, name) != 0) size++;
    const size_t *channels = size->channels;
    HYTI_TRY(hyti_graph_conv_norm(graph, x, 16, 3, 2, 1, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_inverted_residual(graph, x, channels[0], 1, size->expand, HYT_OP_SILU, &x));
    for (size_t i = 0; i < 3; i++)
        HYTI_TRY(hyt_graph_inverted_residual(graph, x, channels[1], i == 0 ? 2 : 1, size->expand, HYT_OP_SILU, &x));
    for (size_t i = 0; i < 3; i++) {
        HYTI_TRY(hyt_graph_inverted_residual(graph, x, channels[2 + i], 2, size->expand, HYT_OP_SILU, &x));
        HYTI_TRY(hyt_graph_mobilevit(graph, x, size->width[i], size->ffn[i], 4, blocks[i], 2, HYT_OP_SILU, &x));
        if (i == 1 && stride16) *stride16 = x;
    }
    return hyti_graph_conv_norm(graph, x, HYTI_MIN(4 * channels[4], (size_t)960), 1, 1, 1, HYT_OP_SILU, out);
}

hyt_status hyti_build_mobilevit(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    HYTI_TRY(hyti_net_mobilevit(graph, network->name, x, NULL, &x));
    return hyti_net_classify(graph, x, classes);
}

/* ViT (Dosovitskiy et al., arXiv 2010.11929) in the tiny size of DeiT (Touvron et al., arXiv 2012.12877, table 1). */
enum { WIDTH = 192, DEPTH = 12, HEADS = 3, PATCH = 16 };

/* x += W2 GELU(W1 LN(x)), four times as wide in between. */
static hyt_status feed_forward(hyt_graph *graph, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(hyti_net_mlp(graph, y, 4 * WIDTH, HYT_OP_GELU, &y));
    return hyt_graph_add(graph, *x, y, x);
}

static hyt_status self_attention(hyt_graph *graph, size_t heads, int bias, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, 3 * WIDTH, bias, &y));
    HYTI_TRY(hyt_graph_attention(graph, y, heads, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, WIDTH, 1, &y));
    return hyt_graph_add(graph, *x, y, x);
}

static hyt_status vit_layers(hyt_graph *graph, hyt_value *x)
{
    for (size_t i = 0; i < DEPTH; i++) {
        HYTI_TRY(self_attention(graph, HEADS, 1, x));
        HYTI_TRY(feed_forward(graph, x));
    }
    return HYT_OK;
}

/* The mean of the tokens is classified, no token stands for it. */
hyt_status hyti_build_vit_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    (void)network;
    HYTI_TRY(hyti_net_patches(graph, x, WIDTH, PATCH, &x));
    HYTI_TRY(hyti_net_add_position(graph, x, &x));
    HYTI_TRY(vit_layers(graph, &x));
    HYTI_TRY(hyt_graph_mean_of(graph, x, 2, 0, &x));
    HYTI_TRY(hyti_net_reshape(graph, x, (hyt_dims){ 2, { 1, WIDTH } }, false, &x));
    HYTI_TRY(hyt_graph_layer_norm(graph, x, &x));
    return hyt_graph_linear(graph, x, classes, 1, &x);
}

hyt_status hyti_build_deit_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    (void)network;
    HYTI_TRY(hyti_net_patches(graph, x, WIDTH, PATCH, &x));
    HYTI_TRY(hyti_net_class_token(graph, x, &x));
    HYTI_TRY(hyti_net_add_position(graph, x, &x));
    HYTI_TRY(vit_layers(graph, &x));
    return hyti_net_classify_token(graph, x, classes);
}

/* ConViT (d'Ascoli et al., arXiv 2103.10697), tiny: four heads; the first ten layers mix, head by head, the attention
 * of content with one of position that no picture changes (section 3, gated positional self-attention). */
enum { CONVIT_HEADS = 4, CONVIT_LOCAL = 10 };

/* N,T,T,3: how far key j is from query i across, down, and both squared. */
static hyt_status relative_places(hyt_graph *graph, size_t side, hyt_value *out)
{
    size_t tokens = side * side, count;
    const hyt_dims dims = { 4, { 1, tokens, tokens, 3 } };
    if (!hyti_dims_count(&dims, &count) || count > HYTI_MAX_VALUES)
        return hyti_fail(HYT_ERR_RANGE, "convit-tiny: %zu tokens a side are too many", side);
    float *values = hyti_array(graph->context, count, sizeof *values), *to = values;
    if (!values) return hyti_fail_nomem();
    for (size_t i = 0; i < tokens; i++)
        for (size_t j = 0; j < tokens; j++, to += 3) {
            to[0] = (float)(j % side) - (float)(i % side);
            to[1] = (float)(j / side) - (float)(i / side);
            to[2] = to[0] * to[0] + to[1] * to[1];
        }
    hyt_status status = hyt_graph_constant(graph, &dims, 0, values, out);
    hyti_free(graph->context, values);
    return status;
}

/* sigmoid(g) softmax(position), N,heads,T,T, and 1 - sigmoid(g) = sigmoid(-g), N,heads,1,1. */
static hyt_status positional_part(hyt_graph *graph, hyt_value places, hyt_value *positional, hyt_value *content)
{
    const hyt_dims gates = { 4, { 1, CONVIT_HEADS, 1, 1 } }, one = { 4, { 1, 1, 1, 1 } };
    hyt_value x, gate, minus;
    HYTI_TRY(hyt_graph_linear(graph, places, CONVIT_HEADS, 1, &x));
    HYTI_TRY(hyt_graph_transpose(graph, x, (size_t[]){ 0, 3, 1, 2 }, 0, &x));
    HYTI_TRY(hyt_graph_softmax(graph, x, &x));
    HYTI_TRY(hyt_graph_constant(graph, &gates, 0, NULL, &gate));
    HYTI_TRY(hyt_graph_constant(graph, &one, 0, (const float[]){ -1 }, &minus));
    HYTI_TRY(hyt_graph_mul(graph, gate, minus, content));
    HYTI_TRY(hyt_graph_activation(graph, *content, HYT_OP_SIGMOID, content));
    HYTI_TRY(hyt_graph_activation(graph, gate, HYT_OP_SIGMOID, &gate));
    return hyt_graph_mul(graph, x, gate, positional);
}

/* N,1,T,D -> N,heads,T,D / heads, through a linear layer without bias. */
static hyt_status heads_of(hyt_graph *graph, hyt_value x, hyt_value *out)
{
    size_t tokens = hyti_net_side(graph, x, 2);
    const hyt_dims split = { 4, { 1, tokens, CONVIT_HEADS, WIDTH / CONVIT_HEADS } };
    HYTI_TRY(hyt_graph_linear(graph, x, WIDTH, 0, &x));
    HYTI_TRY(hyti_net_reshape(graph, x, split, false, &x));
    return hyt_graph_transpose(graph, x, (size_t[]){ 0, 2, 1, 3 }, 0, out);
}

static hyt_status gated_attention(hyt_graph *graph, hyt_value places, hyt_value *x)
{
    const hyt_dims one = { 4, { 1, 1, 1, 1 } }, whole = { 4, { 1, 1, hyti_net_side(graph, *x, 2), WIDTH } };
    const float root[1] = { (float)(1 / sqrt((double)WIDTH / CONVIT_HEADS)) };
    hyt_value positional, content, y, q, k, v, scale;
    HYTI_TRY(positional_part(graph, places, &positional, &content));
    HYTI_TRY(hyt_graph_constant(graph, &one, 0, root, &scale));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(heads_of(graph, y, &q));
    HYTI_TRY(heads_of(graph, y, &k));
    HYTI_TRY(heads_of(graph, y, &v));
    HYTI_TRY(hyt_graph_mul(graph, q, scale, &q));
    HYTI_TRY(hyt_graph_matmul(graph, q, k, 1, &y));
    HYTI_TRY(hyt_graph_softmax(graph, y, &y));
    HYTI_TRY(hyt_graph_mul(graph, y, content, &y));
    HYTI_TRY(hyt_graph_add(graph, y, positional, &y));
    HYTI_TRY(hyt_graph_matmul(graph, y, v, 0, &y));
    HYTI_TRY(hyt_graph_transpose(graph, y, (size_t[]){ 0, 2, 1, 3 }, 0, &y));
    HYTI_TRY(hyti_net_reshape(graph, y, whole, false, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, WIDTH, 1, &y));
    return hyt_graph_add(graph, *x, y, x);
}

hyt_status hyti_build_convit_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value places;
    (void)network;
    HYTI_TRY(relative_places(graph, hyti_net_side(graph, x, 2) / PATCH, &places));
    HYTI_TRY(hyti_net_patches(graph, x, WIDTH, PATCH, &x));
    HYTI_TRY(hyti_net_add_position(graph, x, &x));
    for (size_t i = 0; i < DEPTH; i++) {
        if (i == CONVIT_LOCAL) HYTI_TRY(hyti_net_class_token(graph, x, &x));
        if (i < CONVIT_LOCAL) HYTI_TRY(gated_attention(graph, places, &x));
        else HYTI_TRY(self_attention(graph, CONVIT_HEADS, 0, &x));
        HYTI_TRY(feed_forward(graph, &x));
    }
    return hyti_net_classify_token(graph, x, classes);
}
