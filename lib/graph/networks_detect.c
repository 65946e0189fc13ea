/* SPDX-License-Identifier: MIT */
/* Detectors and their parts. A graph has one result, so a detector's heads are concatenated: N, places, then for each
 * place 4 numbers of its box and one of each class. Choosing among the places is the caller's. */
#include "graph/networks.h"

/* N,C,H,W -> N,H*W*places,C / places. */
static hyt_status rows_of(hyt_graph *graph, hyt_value x, size_t places, hyt_value *out)
{
    const size_t *size = graph->nodes[x].dims.size;
    const hyt_dims rows = { 3, { 1, size[2] * size[3] * places, size[1] / places } };
    HYTI_TRY(hyti_net_tokens(graph, x, &x));
    return hyti_net_reshape(graph, x, rows, false, out);
}

/* SSDLite on MobileNetV3 (Howard et al., arXiv 1905.02244, section 6.3): six maps, six boxes a pixel, the first map
 * what expands before the last stride; behind it the channels are halved. */
enum { SSD_MAPS = 6, SSD_BOXES = 6 };

/* A map half as large: narrow, stride, widen. */
static hyt_status extra_map(hyt_graph *graph, hyt_value x, size_t channels, hyt_value *out)
{
    HYTI_TRY(hyti_graph_conv_norm(graph, x, channels / 2, 1, 1, 1, HYT_OP_RELU6, &x));
    HYTI_TRY(hyti_graph_conv_norm(graph, x, channels / 2, 3, 2, channels / 2, HYT_OP_RELU6, &x));
    return hyti_graph_conv_norm(graph, x, channels, 1, 1, 1, HYT_OP_RELU6, out);
}

static hyt_status ssd_head(hyt_graph *graph, hyt_value x, size_t values, hyt_value *out)
{
    size_t channels = hyti_net_side(graph, x, 1);
    HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 3, 1, channels, HYT_OP_RELU6, &x));
    HYTI_TRY(hyti_net_conv_bias(graph, x, SSD_BOXES * values, 1, 1, 0, &x));
    return rows_of(graph, x, SSD_BOXES, out);
}

/* On maps of strides 16 and 32. */
static hyt_status ssdlite(hyt_graph *graph, hyt_value stride16, hyt_value stride32, size_t classes)
{
    static const size_t extra[SSD_MAPS - 2] = { 512, 256, 256, 128 };
    hyt_value maps[SSD_MAPS] = { stride16, stride32 }, heads[2], x;
    for (size_t i = 2; i < SSD_MAPS; i++) HYTI_TRY(extra_map(graph, maps[i - 1], extra[i - 2], &maps[i]));
    for (size_t i = 0; i < SSD_MAPS; i++) {
        HYTI_TRY(ssd_head(graph, maps[i], 4, &heads[0]));
        HYTI_TRY(ssd_head(graph, maps[i], classes, &heads[1]));
        HYTI_TRY(hyt_graph_concat(graph, heads, 2, 2, &maps[i]));
    }
    return hyt_graph_concat(graph, maps, SSD_MAPS, 1, &x);
}

hyt_status hyti_build_ssdlite(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value stride16;
    (void)network;
    HYTI_TRY(hyti_net_mobilenetv3(graph, true, 1, 2, x, &stride16, &x));
    return ssdlite(graph, stride16, x, classes);
}

hyt_status hyti_build_ssdlite_small(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value stride16;
    (void)network;
    HYTI_TRY(hyti_net_mobilenetv3(graph, false, 1, 2, x, &stride16, &x));
    return ssdlite(graph, stride16, x, classes);
}

/* As its authors detect (section 4.2), its smallest size. */
hyt_status hyti_build_ssdlite_mobilevit(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value stride16;
    (void)network;
    HYTI_TRY(hyti_net_mobilevit(graph, "mobilevit-xxs", x, &stride16, &x));
    return ssdlite(graph, stride16, x, classes);
}

/* A small one-stage detector without anchors: a backbone of cross-stage partial blocks (Wang et al., arXiv 1911.11929),
 * a path aggregation neck (Liu et al., arXiv 1803.01534), and a head whose four distances to the box's sides are means
 * of distributions over 16 places (Li et al., arXiv 2006.04388), in strides. */
enum { DISTANCES = 16 };

static hyt_status yolo_conv(hyt_graph *graph, hyt_value x, size_t channels, size_t kernel, size_t stride,
                            hyt_value *out)
{
    return hyti_graph_conv_norm(graph, x, channels, kernel, stride, 1, HYT_OP_SILU, out);
}

/* Half of the channels pass through `depth` bottlenecks, each of whose results is kept. */
static hyt_status partial_block(hyt_graph *graph, hyt_value x, size_t channels, size_t depth, bool shortcut,
                                hyt_value *out)
{
    hyt_value parts[4], y;
    size_t half = channels / 2;
    HYTI_TRY(yolo_conv(graph, x, channels, 1, 1, &x));
    HYTI_TRY(hyt_graph_slice(graph, x, 1, 0, half, 1, &parts[0]));
    HYTI_TRY(hyt_graph_slice(graph, x, 1, half, channels, 1, &parts[1]));
    for (size_t i = 0; i < depth; i++) {
        HYTI_TRY(yolo_conv(graph, parts[1 + i], half, 3, 1, &y));
        HYTI_TRY(yolo_conv(graph, y, half, 3, 1, &y));
        if (shortcut) HYTI_TRY(hyt_graph_add(graph, parts[1 + i], y, &y));
        parts[2 + i] = y;
    }
    HYTI_TRY(hyt_graph_concat(graph, parts, 2 + depth, 1, &x));
    return yolo_conv(graph, x, channels, 1, 1, out);
}

/* Maxima over 5, 9 and 13 pixels beside the map itself (He et al., arXiv 1406.4729). */
static hyt_status pyramid_pool(hyt_graph *graph, hyt_value x, hyt_value *out)
{
    size_t channels = hyti_net_side(graph, x, 1);
    hyt_value parts[4];
    HYTI_TRY(yolo_conv(graph, x, channels / 2, 1, 1, &parts[0]));
    for (size_t i = 1; i < 4; i++) HYTI_TRY(hyt_graph_max_pool(graph, parts[i - 1], 5, 1, 2, &parts[i]));
    HYTI_TRY(hyt_graph_concat(graph, parts, 4, 1, &x));
    return yolo_conv(graph, x, channels, 1, 1, out);
}

/* maps: strides 8, 16, 32. */
static hyt_status yolo_backbone(hyt_graph *graph, hyt_value x, hyt_value maps[3])
{
    static const size_t depths[4] = { 1, 2, 2, 1 };
    HYTI_TRY(yolo_conv(graph, x, 16, 3, 2, &x));
    for (size_t i = 0; i < 4; i++) {
        HYTI_TRY(yolo_conv(graph, x, (size_t)32 << i, 3, 2, &x));
        HYTI_TRY(partial_block(graph, x, (size_t)32 << i, depths[i], true, &x));
        if (i == 3) HYTI_TRY(pyramid_pool(graph, x, &x));
        if (i > 0) maps[i - 1] = x;
    }
    return HYT_OK;
}

/* `small` enlarged to the map beside it. */
static hyt_status enlarge(hyt_graph *graph, hyt_value small, hyt_value map, hyt_value *out)
{
    return hyt_graph_resize_by(graph, small, hyti_net_side(graph, map, 2), hyti_net_side(graph, map, 3),
                               HYT_RESIZE_NEAREST, out);
}

/* Down from the smallest map, and up again. */
static hyt_status yolo_neck(hyt_graph *graph, hyt_value maps[3])
{
    hyt_value x;
    for (size_t i = 2; i-- > 0;) {
        HYTI_TRY(enlarge(graph, maps[i + 1], maps[i], &x));
        HYTI_TRY(hyt_graph_concat(graph, (hyt_value[]){ x, maps[i] }, 2, 1, &x));
        HYTI_TRY(partial_block(graph, x, (size_t)64 << i, 1, false, &maps[i]));
    }
    for (size_t i = 1; i < 3; i++) {
        HYTI_TRY(yolo_conv(graph, maps[i - 1], (size_t)32 << i, 3, 2, &x));
        HYTI_TRY(hyt_graph_concat(graph, (hyt_value[]){ x, maps[i] }, 2, 1, &x));
        HYTI_TRY(partial_block(graph, x, (size_t)64 << i, 1, false, &maps[i]));
    }
    return HYT_OK;
}

static hyt_status yolo_head(hyt_graph *graph, hyt_value x, size_t width, size_t values, hyt_value *out)
{
    HYTI_TRY(yolo_conv(graph, x, width, 3, 1, &x));
    HYTI_TRY(yolo_conv(graph, x, width, 3, 1, &x));
    HYTI_TRY(hyti_net_conv_bias(graph, x, values, 1, 1, 0, &x));
    return rows_of(graph, x, 1, out);
}

/* N,places,64 -> N,places,4. */
static hyt_status expected_distances(hyt_graph *graph, hyt_value x, hyt_value *out)
{
    static const hyt_dims column = { 4, { 1, 1, DISTANCES, 1 } };
    size_t places = hyti_net_side(graph, x, 1);
    float values[DISTANCES];
    hyt_value distances;
    for (size_t i = 0; i < DISTANCES; i++) values[i] = (float)i;
    HYTI_TRY(hyt_graph_constant(graph, &column, 0, values, &distances));
    HYTI_TRY(hyti_net_reshape(graph, x, (hyt_dims){ 4, { 1, 1, places * 4, DISTANCES } }, false, &x));
    HYTI_TRY(hyt_graph_softmax(graph, x, &x));
    HYTI_TRY(hyt_graph_matmul(graph, x, distances, 0, &x));
    return hyti_net_reshape(graph, x, (hyt_dims){ 3, { 1, places, 4 } }, false, out);
}

hyt_status hyti_build_yolo_nano(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value maps[3], heads[2];
    (void)network;
    HYTI_TRY(yolo_backbone(graph, x, maps));
    HYTI_TRY(yolo_neck(graph, maps));
    for (size_t i = 0; i < 3; i++) {
        size_t width = HYTI_MAX((size_t)64, HYTI_MIN(classes, (size_t)100));
        HYTI_TRY(yolo_head(graph, maps[i], 64, 4 * DISTANCES, &heads[0]));
        HYTI_TRY(expected_distances(graph, heads[0], &heads[0]));
        HYTI_TRY(yolo_head(graph, maps[i], width, classes, &heads[1]));
        HYTI_TRY(hyt_graph_activation(graph, heads[1], HYT_OP_SIGMOID, &heads[1]));
        HYTI_TRY(hyt_graph_concat(graph, heads, 2, 2, &maps[i]));
    }
    return hyt_graph_concat(graph, maps, 3, 1, &x);
}

/* The backbone of Mask R-CNN (He et al., arXiv 1703.06870) on ResNet-18: a feature pyramid (Lin et al., arXiv
 * 1612.03144) of strides 4 to 64, its levels one after another as N,pixels,256. It has no classes. */
hyt_status hyti_build_maskrcnn_fpn(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    hyt_value maps[4], levels[5], inner = HYTI_NO_VALUE, larger;
    (void)network;
    if (classes == 0) return hyti_fail(HYT_ERR_RANGE, "%s: no classes", graph->name);
    HYTI_TRY(hyti_net_resnet18(graph, x, maps));
    for (size_t i = 4; i-- > 0;) {
        HYTI_TRY(hyti_net_conv_bias(graph, maps[i], 256, 1, 1, 0, &x));
        if (i < 3) {
            HYTI_TRY(enlarge(graph, inner, x, &larger));
            HYTI_TRY(hyt_graph_add(graph, x, larger, &x));
        }
        inner = x;
        HYTI_TRY(hyti_net_conv_bias(graph, inner, 256, 3, 1, 1, &levels[i]));
    }
    HYTI_TRY(hyt_graph_max_pool(graph, levels[3], 1, 2, 0, &levels[4]));
    for (size_t i = 0; i < 5; i++) HYTI_TRY(rows_of(graph, levels[i], 1, &levels[i]));
    return hyt_graph_concat(graph, levels, 5, 1, &x);
}

/* Its instance mask head: 256 channels of a region, 14 x 14 in the paper, to a mask twice as large for each class. */
hyt_status hyti_build_maskrcnn_head(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    (void)network;
    for (size_t i = 0; i < 4; i++) {
        HYTI_TRY(hyti_net_conv_bias(graph, x, 256, 3, 1, 1, &x));
        HYTI_TRY(hyt_graph_activation(graph, x, HYT_OP_RELU, &x));
    }
    HYTI_TRY(hyt_graph_conv_transpose(graph, x, 256, 2, 2, 0, 1, &x));
    HYTI_TRY(hyt_graph_activation(graph, x, HYT_OP_RELU, &x));
    return hyti_net_conv_bias(graph, x, classes, 1, 1, 0, &x);
}
