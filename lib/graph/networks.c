/* SPDX-License-Identifier: MIT */
/* Networks by name, and the parts that several of them are made of. */
#include "base/table.h"
#include "graph/networks.h"
#include <string.h>

static const hyti_network networks[] = {
    { .name = "mobilevit-xxs", .build = hyti_build_mobilevit },
    { .name = "mobilevit-xs", .build = hyti_build_mobilevit },
    { .name = "mobilevit-s", .build = hyti_build_mobilevit },
    { .name = "mobilenetv1", .build = hyti_build_mobilenetv1, .width = 0.25 },
    { .name = "mobilenetv2", .build = hyti_build_mobilenetv2, .width = 0.35 },
    { .name = "mobilenetv3-small", .build = hyti_build_mobilenetv3_small, .width = 1, .epsilon = 1e-3 },
    { .name = "mobilenetv3-large", .build = hyti_build_mobilenetv3_large, .width = 1, .epsilon = 1e-3 },
    { .name = "resnet-18", .build = hyti_build_resnet18 },
    { .name = "vit-tiny", .build = hyti_build_vit_tiny, .multiple = 16, .epsilon = 1e-6 },
    { .name = "deit-tiny", .build = hyti_build_deit_tiny, .multiple = 16, .epsilon = 1e-6 },
    { .name = "convit-tiny", .build = hyti_build_convit_tiny, .multiple = 16, .epsilon = 1e-6 },
    { .name = "swin-tiny", .build = hyti_build_swin_tiny, .multiple = 32 },
    { .name = "pvt-tiny", .build = hyti_build_pvt_tiny, .multiple = 32, .epsilon = 1e-6 },
    { .name = "ssdlite-mobilenetv3", .build = hyti_build_ssdlite, .epsilon = 1e-3 },
    { .name = "ssdlite-mobilenetv3-small", .build = hyti_build_ssdlite_small, .epsilon = 1e-3 },
    { .name = "ssdlite-mobilevit-xxs", .build = hyti_build_ssdlite_mobilevit },
    { .name = "yolo-nano", .build = hyti_build_yolo_nano, .epsilon = 1e-3 },
    { .name = "detr-tiny", .build = hyti_build_detr_tiny },
    { .name = "maskrcnn-fpn", .build = hyti_build_maskrcnn_fpn },
    { .name = "maskrcnn-head", .build = hyti_build_maskrcnn_head, .least = 1, .channels = 256 },
};

/* The names of listings: a usual width where the builder takes one. */
static const char *const listed[] = {
    "mobilevit-xxs",     "mobilevit-xs",       "mobilevit-s", "mobilenetv1-0.25", "mobilenetv2-0.35",
    "mobilenetv3-small", "mobilenetv3-large",  "resnet-18",   "vit-tiny",         "deit-tiny",
    "convit-tiny",       "swin-tiny",          "pvt-tiny",    "ssdlite-mobilenetv3", "yolo-nano",
    "detr-tiny",         "maskrcnn-fpn",       "maskrcnn-head", "ssdlite-mobilenetv3-small",
    "ssdlite-mobilevit-xxs",
};

const char *hyt_graph_builder(size_t index)
{
    return index < HYTI_COUNT(listed) ? listed[index] : NULL;
}

static const char *builder_at(const void *user, size_t index)
{
    (void)user;
    return listed[index];
}

static hyt_status unknown_builder(const char *name)
{
    return hyti_fail(HYT_ERR_NOT_FOUND, "there is no network \"%s\"; the nearest is \"%s\"", name,
                     hyti_nearest(name, HYTI_COUNT(listed), builder_at, NULL));
}

/* Digits with at most one point, whatever the locale; false for anything else. */
static bool read_decimal(const char *text, double *value)
{
    double number = 0, place = 0;
    size_t digits = 0;
    for (; *text; text++) {
        if (*text == '.' && place == 0) {
            place = 1;
            continue;
        }
        if (*text < '0' || *text > '9' || ++digits > 9) return false;
        number = number * 10 + (*text - '0');
        place *= 10;
    }
    *value = place > 0 ? number / place : number;
    return digits > 0;
}

/* "mobilenetv1-0.25": the name and its width; without one, the width is 1. */
static hyt_status find_network(const char *name, hyti_network *found)
{
    for (size_t i = 0; i < HYTI_COUNT(networks); i++) {
        size_t length = strlen(networks[i].name);
        if (strncmp(name, networks[i].name, length) != 0) continue;
        *found = networks[i];
        if (found->width > 0) found->width = 1;
        if (name[length] == 0) return HYT_OK;
        if (networks[i].width == 0 || name[length] != '-' || !read_decimal(name + length + 1, &found->width)) continue;
        if (found->width > 0 && found->width <= 16) return HYT_OK;
        return hyti_fail(HYT_ERR_RANGE, "%s: the width multiplier is not above 0 and up to 16", name);
    }
    return unknown_builder(name);
}

static hyt_status check_input(const hyti_network *network, size_t input)
{
    size_t least = network->least ? network->least : 32, multiple = network->multiple ? network->multiple : 1;
    if (input < least) return hyti_fail(HYT_ERR_RANGE, "%s: input %zu is below %zu", network->name, input, least);
    if (input % multiple == 0) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "%s: input %zu is no multiple of %zu", network->name, input, multiple);
}

static hyt_status build_network(hyt_graph *graph, const hyti_network *network, size_t input, size_t classes)
{
    hyt_value x;
    HYTI_TRY(hyt_graph_input(graph, network->channels ? network->channels : 3, input, input, &x));
    HYTI_TRY(network->build(graph, network, x, classes));
    for (size_t i = 0; network->epsilon > 0 && i < graph->n_nodes; i++)
        if (graph->nodes[i].epsilon > 0) graph->nodes[i].epsilon = network->epsilon;
    return HYT_OK;
}

hyt_status hyt_graph_build(hyt_context *context, const char *name, size_t input, size_t classes, hyt_graph **out)
{
    hyti_network network;
    hyt_graph *graph = NULL;
    HYTI_NEED(name);
    HYTI_NEED(out);
    HYTI_TRY(find_network(name, &network));
    HYTI_TRY(check_input(&network, input));
    HYTI_TRY(hyt_graph_create(context, name, &graph));
    hyt_status status = build_network(graph, &network, input, classes);
    if (status != HYT_OK) {
        hyt_graph_destroy(graph);
        return status;
    }
    *out = graph;
    return HYT_OK;
}

/* Parts */

size_t hyti_net_side(const hyt_graph *graph, hyt_value x, size_t axis)
{
    return graph->nodes[x].dims.size[axis];
}

hyt_status hyti_net_classify(hyt_graph *graph, hyt_value x, size_t classes)
{
    HYTI_TRY(hyt_graph_global_pool(graph, x, &x));
    return hyt_graph_linear(graph, x, classes, 1, &x);
}

hyt_status hyti_net_conv_bias(hyt_graph *graph, hyt_value x, size_t channels, size_t kernel, size_t stride, size_t pad,
                              hyt_value *out)
{
    hyti_node node = { .op = HYT_OP_CONV, .inputs = &x, .n_inputs = 1, .kernel = { kernel, kernel },
                       .stride = { stride, stride }, .pad = { pad, pad, pad, pad }, .dilation = { 1, 1 }, .groups = 1 };
    return hyti_graph_append(graph, &node, channels, true, out);
}

hyt_status hyti_net_tokens(hyt_graph *graph, hyt_value x, hyt_value *out)
{
    return hyt_graph_unfold(graph, x, 1, out);
}

hyt_status hyti_net_picture(hyt_graph *graph, hyt_value x, size_t height, size_t width, hyt_value *out)
{
    return hyt_graph_fold(graph, x, height, width, 1, out);
}

hyt_status hyti_net_reshape(hyt_graph *graph, hyt_value x, hyt_dims dims, bool picture, hyt_value *out)
{
    return hyt_graph_reshape(graph, x, &dims, picture, out);
}

hyt_status hyti_net_patches(hyt_graph *graph, hyt_value x, size_t width, size_t patch, hyt_value *out)
{
    HYTI_TRY(hyti_net_conv_bias(graph, x, width, patch, patch, 0, &x));
    return hyti_net_tokens(graph, x, out);
}

hyt_status hyti_net_mlp(hyt_graph *graph, hyt_value x, size_t hidden, hyt_op act, hyt_value *out)
{
    size_t width = hyti_node_features(&graph->nodes[x]);
    HYTI_TRY(hyt_graph_linear(graph, x, hidden, 1, &x));
    HYTI_TRY(hyt_graph_activation(graph, x, act, &x));
    return hyt_graph_linear(graph, x, width, 1, out);
}

hyt_status hyti_net_add_position(hyt_graph *graph, hyt_value x, hyt_value *out)
{
    hyt_value position;
    HYTI_TRY(hyt_graph_constant(graph, &graph->nodes[x].dims, 0, NULL, &position));
    return hyt_graph_add(graph, x, position, out);
}

hyt_status hyti_net_class_token(hyt_graph *graph, hyt_value x, hyt_value *out)
{
    const hyt_dims dims = { 4, { 1, 1, 1, graph->nodes[x].dims.size[3] } };
    hyt_value token;
    HYTI_TRY(hyt_graph_constant(graph, &dims, 0, NULL, &token));
    return hyt_graph_concat(graph, (hyt_value[]){ token, x }, 2, 2, out);
}

hyt_status hyti_net_classify_token(hyt_graph *graph, hyt_value x, size_t classes)
{
    size_t width = graph->nodes[x].dims.size[3];
    HYTI_TRY(hyt_graph_slice(graph, x, 2, 0, 1, 1, &x));
    HYTI_TRY(hyti_net_reshape(graph, x, (hyt_dims){ 2, { 1, width } }, false, &x));
    HYTI_TRY(hyt_graph_layer_norm(graph, x, &x));
    return hyt_graph_linear(graph, x, classes, 1, &x);
}
