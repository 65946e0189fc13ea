/* SPDX-License-Identifier: MIT */
/* Convolutional networks. */
#include "graph/networks.h"

/* MobileNetV1 (Howard et al., arXiv 1704.04861, table 1), ReLU6. */
hyt_status hyti_build_mobilenetv1(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    static const struct { size_t channels, stride; } layers[] = {
        { 64, 1 }, { 128, 2 }, { 128, 1 }, { 256, 2 }, { 256, 1 }, { 512, 2 }, { 512, 1 },
        { 512, 1 }, { 512, 1 }, { 512, 1 }, { 512, 1 }, { 1024, 2 }, { 1024, 1 } };
    size_t channels = HYTI_MAX((size_t)(32 * network->width), (size_t)1);
    HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 3, 2, 1, HYT_OP_RELU6, &x));
    for (size_t i = 0; i < HYTI_COUNT(layers); i++) {
        HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 3, layers[i].stride, channels, HYT_OP_RELU6, &x));
        channels = HYTI_MAX((size_t)((double)layers[i].channels * network->width), (size_t)1);
        HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 1, 1, 1, HYT_OP_RELU6, &x));
    }
    return hyti_net_classify(graph, x, classes);
}

/* MobileNetV2 (Sandler et al., arXiv 1801.04381, table 2); the last convolution is never narrower than 1280. */
hyt_status hyti_build_mobilenetv2(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    static const struct {
        double expand, channels;
        size_t blocks, stride;
    } stages[] = { { 1, 16, 1, 1 }, { 6, 24, 2, 2 },  { 6, 32, 3, 2 }, { 6, 64, 4, 2 },
                   { 6, 96, 3, 1 }, { 6, 160, 3, 2 }, { 6, 320, 1, 1 } };
    double width = network->width, last = 1280 * HYTI_MAX(width, 1.0);
    HYTI_TRY(hyti_graph_conv_norm(graph, x, hyti_divisible(32 * width), 3, 2, 1, HYT_OP_RELU6, &x));
    for (size_t i = 0; i < HYTI_COUNT(stages); i++)
        for (size_t j = 0; j < stages[i].blocks; j++)
            HYTI_TRY(hyt_graph_inverted_residual(graph, x, hyti_divisible(stages[i].channels * width),
                                                 j == 0 ? stages[i].stride : 1, stages[i].expand, HYT_OP_RELU6, &x));
    HYTI_TRY(hyti_graph_conv_norm(graph, x, hyti_divisible(last), 1, 1, 1, HYT_OP_RELU6, &x));
    return hyti_net_classify(graph, x, classes);
}

/* MobileNetV3 (Howard et al., arXiv 1905.02244, tables 1 and 2): kernel, expanded channels, channels, squeeze-excite,
 * hard-swish, stride. */
typedef struct bottleneck { size_t kernel, expanded, channels, excite, hard, stride; } bottleneck;

static const bottleneck large[] = {
    { 3, 16, 16, 0, 0, 1 },   { 3, 64, 24, 0, 0, 2 },   { 3, 72, 24, 0, 0, 1 },   { 5, 72, 40, 1, 0, 2 },
    { 5, 120, 40, 1, 0, 1 },  { 5, 120, 40, 1, 0, 1 },  { 3, 240, 80, 0, 1, 2 },  { 3, 200, 80, 0, 1, 1 },
    { 3, 184, 80, 0, 1, 1 },  { 3, 184, 80, 0, 1, 1 },  { 3, 480, 112, 1, 1, 1 }, { 3, 672, 112, 1, 1, 1 },
    { 5, 672, 160, 1, 1, 2 }, { 5, 960, 160, 1, 1, 1 }, { 5, 960, 160, 1, 1, 1 },
};
static const bottleneck small[] = {
    { 3, 16, 16, 1, 0, 2 },  { 3, 72, 24, 0, 0, 2 },  { 3, 88, 24, 0, 0, 1 },  { 5, 96, 40, 1, 1, 2 },
    { 5, 240, 40, 1, 1, 1 }, { 5, 240, 40, 1, 1, 1 }, { 5, 120, 48, 1, 1, 1 }, { 5, 144, 48, 1, 1, 1 },
    { 5, 288, 96, 1, 1, 2 }, { 5, 576, 96, 1, 1, 1 }, { 5, 576, 96, 1, 1, 1 },
};

/* Channels scaled by what the mean of each says (Hu et al., arXiv 1709.01507), a quarter as wide in between. */
static hyt_status squeeze_excite(hyt_graph *graph, hyt_value x, hyt_value *out)
{
    size_t channels = hyti_net_side(graph, x, 1);
    hyt_value scale;
    HYTI_TRY(hyt_graph_global_pool(graph, x, &scale));
    HYTI_TRY(hyt_graph_linear(graph, scale, hyti_divisible((double)(channels / 4)), 1, &scale));
    HYTI_TRY(hyt_graph_activation(graph, scale, HYT_OP_RELU, &scale));
    HYTI_TRY(hyt_graph_linear(graph, scale, channels, 1, &scale));
    HYTI_TRY(hyt_graph_activation(graph, scale, HYT_OP_HARD_SIGMOID, &scale));
    HYTI_TRY(hyti_net_reshape(graph, scale, (hyt_dims){ 4, { 1, channels, 1, 1 } }, true, &scale));
    return hyt_graph_mul(graph, x, scale, out);
}

/* *expanded: what the depthwise convolution reads. */
static hyt_status add_bottleneck(hyt_graph *graph, const bottleneck *b, double width, hyt_value input,
                                 hyt_value *expanded, hyt_value *out)
{
    size_t before = hyti_net_side(graph, input, 1), hidden = hyti_divisible((double)b->expanded * width),
           channels = hyti_divisible((double)b->channels * width);
    hyt_op act = b->hard ? HYT_OP_HARD_SWISH : HYT_OP_RELU;
    hyt_value x = input;
    if (hidden != before) HYTI_TRY(hyti_graph_conv_norm(graph, x, hidden, 1, 1, 1, act, &x));
    *expanded = x;
    HYTI_TRY(hyti_graph_conv_norm(graph, x, hidden, b->kernel, b->stride, hidden, act, &x));
    if (b->excite) HYTI_TRY(squeeze_excite(graph, x, &x));
    HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 1, 1, 1, HYT_OP_INPUT, &x));
    if (b->stride == 1 && before == channels) HYTI_TRY(hyt_graph_add(graph, input, x, &x));
    *out = x;
    return HYT_OK;
}

hyt_status hyti_net_mobilenetv3(hyt_graph *graph, bool is_large, double width, size_t divide, hyt_value x,
                                hyt_value *stride16, hyt_value *out)
{
    const bottleneck *layers = is_large ? large : small;
    size_t count = is_large ? HYTI_COUNT(large) : HYTI_COUNT(small);
    hyt_value expanded;
    HYTI_TRY(hyti_graph_conv_norm(graph, x, hyti_divisible(16 * width), 3, 2, 1, HYT_OP_HARD_SWISH, &x));
    for (size_t i = 0; i < count; i++) {
        bottleneck layer = layers[i];
        if (i + 3 >= count) layer.channels /= divide; /* the last three lie behind the last stride */
        if (i + 2 >= count) layer.expanded /= divide;
        HYTI_TRY(add_bottleneck(graph, &layer, width, x, &expanded, &x));
        if (i + 3 == count && stride16) *stride16 = expanded;
    }
    return hyti_graph_conv_norm(graph, x, 6 * hyti_net_side(graph, x, 1), 1, 1, 1, HYT_OP_HARD_SWISH, out);
}

static hyt_status build_mobilenetv3(hyt_graph *graph, bool is_large, double width, hyt_value x, size_t classes)
{
    HYTI_TRY(hyti_net_mobilenetv3(graph, is_large, width, 1, x, NULL, &x));
    HYTI_TRY(hyt_graph_global_pool(graph, x, &x));
    HYTI_TRY(hyt_graph_linear(graph, x, hyti_divisible((is_large ? 1280 : 1024) * width), 1, &x));
    HYTI_TRY(hyt_graph_activation(graph, x, HYT_OP_HARD_SWISH, &x));
    return hyt_graph_linear(graph, x, classes, 1, &x);
}

hyt_status hyti_build_mobilenetv3_small(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    return build_mobilenetv3(graph, false, network->width, x, classes);
}

hyt_status hyti_build_mobilenetv3_large(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    return build_mobilenetv3(graph, true, network->width, x, classes);
}

/* ResNet-18 (He et al., arXiv 1512.03385, table 1): two 3x3 convolutions a block; where the shape changes, the way
 * round is a 1x1 convolution. */
static hyt_status basic_block(hyt_graph *graph, hyt_value input, size_t channels, size_t stride, hyt_value *out)
{
    hyt_value x, around = input;
    HYTI_TRY(hyti_graph_conv_norm(graph, input, channels, 3, stride, 1, HYT_OP_RELU, &x));
    HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 3, 1, 1, HYT_OP_INPUT, &x));
    if (stride != 1) HYTI_TRY(hyti_graph_conv_norm(graph, input, channels, 1, stride, 1, HYT_OP_INPUT, &around));
    HYTI_TRY(hyt_graph_add(graph, x, around, &x));
    return hyt_graph_activation(graph, x, HYT_OP_RELU, out);
}

hyt_status hyti_net_resnet18(hyt_graph *graph, hyt_value x, hyt_value maps[4])
{
    HYTI_TRY(hyti_graph_conv_norm(graph, x, 64, 7, 2, 1, HYT_OP_RELU, &x));
    HYTI_TRY(hyt_graph_max_pool(graph, x, 3, 2, 1, &x));
    for (size_t i = 0; i < 4; i++) {
        HYTI_TRY(basic_block(graph, x, (size_t)64 << i, i ? 2 : 1, &x));
        HYTI_TRY(basic_block(graph, x, (size_t)64 << i, 1, &x));
        maps[i] = x;
    }
    return HYT_OK;
}

hyt_status hyti_build_resnet18(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value maps[4];
    (void)network;
    HYTI_TRY(hyti_net_resnet18(graph, x, maps));
    return hyti_net_classify(graph, maps[3], classes);
}
