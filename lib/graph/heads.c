/* SPDX-License-Identifier: MIT */
/* Light heads for any backbone: boxes, pixels, and the pyramid that both may stand on. All or nothing, as blocks. */
#include "graph/graph.h"
#include <math.h>

/* Score of a place that knows nothing, so that training starts calm where boxes are rare (Lin et al., arXiv 1708.02002,
 * section 4.1). */
#define PRIOR 0.01

static hyt_status finish(hyt_graph *graph, size_t nodes, hyt_status status, hyt_value result, hyt_value *out)
{
    if (status == HYT_OK) *out = result;
    else hyti_graph_cut(graph, nodes);
    return status;
}

/* Pictures, each no smaller than the next. */
static hyt_status check_maps(const hyt_graph *graph, const hyt_value *maps, size_t count, const char *head)
{
    if (count == 0 || count > 8) return hyti_fail(HYT_ERR_RANGE, "%s: %zu maps, not 1 to 8", head, count);
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(hyti_graph_check_value(graph, maps[i]));
        const hyti_node *map = &graph->nodes[maps[i]], *before = i ? &graph->nodes[maps[i - 1]] : map;
        if (!map->picture)
            return hyti_fail(HYT_ERR_SHAPE, "%s: value %d is the result of %s, not a picture", head, (int)maps[i],
                             hyt_op_name(map->op));
        if (map->dims.size[2] > before->dims.size[2] || map->dims.size[3] > before->dims.size[3])
            return hyti_fail(HYT_ERR_SHAPE, "%s: map %zu is larger than the one before", head, i);
    }
    return HYT_OK;
}

static hyt_status top_down(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels, hyt_value *out)
{
    hyt_value inner = HYTI_NO_VALUE, x;
    for (size_t i = count; i-- > 0;) {
        HYTI_TRY(hyti_graph_conv_norm(graph, maps[i], channels, 1, 1, 1, HYT_OP_INPUT, &x));
        if (inner != HYTI_NO_VALUE) {
            const size_t *size = graph->nodes[x].dims.size;
            HYTI_TRY(hyt_graph_resize(graph, inner, size[2], size[3], &inner));
            HYTI_TRY(hyt_graph_add(graph, x, inner, &x));
        }
        out[i] = inner = x;
    }
    return HYT_OK;
}

hyt_status hyt_graph_pyramid(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels, hyt_value *out)
{
    hyt_value made[8];
    HYTI_NEED(graph);
    HYTI_NEED(maps);
    HYTI_NEED(out);
    HYTI_TRY(check_maps(graph, maps, count, "pyramid"));
    size_t nodes = graph->n_nodes;
    hyt_status status = top_down(graph, maps, count, channels, made);
    if (status != HYT_OK) hyti_graph_cut(graph, nodes);
    for (size_t i = 0; i < count && status == HYT_OK; i++) out[i] = made[i];
    return status;
}

/* 3x3 depthwise and 1x1, each with batch norm and activation, `depth` times. */
static hyt_status separable(hyt_graph *graph, hyt_value x, size_t channels, size_t depth, hyt_op act, hyt_value *out)
{
    for (size_t i = 0; i < depth; i++) {
        size_t before = graph->nodes[x].dims.size[1];
        HYTI_TRY(hyti_graph_conv_norm(graph, x, before, 3, 1, before, act, &x));
        HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 1, 1, 1, act, &x));
    }
    *out = x;
    return HYT_OK;
}

/* The bias of a layer of boxes and classes: boxes as they are, classes at PRIOR. */
static hyt_status set_prior(hyt_graph *graph, hyt_value layer, size_t classes)
{
    size_t bias = graph->nodes[layer].parameters[1];
    float *values = hyti_array(graph->context, 4 + classes, sizeof *values);
    if (!values) return hyti_fail_nomem();
    for (size_t i = 4; i < 4 + classes; i++) values[i] = (float)log(PRIOR / (1 - PRIOR));
    hyt_status status = hyt_graph_set_parameter(graph, bias, values, 4 + classes);
    hyti_free(graph->context, values);
    return status;
}

static hyt_status boxes_of(hyt_graph *graph, hyt_value x, size_t channels, size_t depth, size_t classes, hyt_op act,
                           hyt_value *out)
{
    HYTI_TRY(separable(graph, x, channels, depth, act, &x));
    HYTI_TRY(hyt_graph_unfold(graph, x, 1, &x));
    HYTI_TRY(hyt_graph_linear(graph, x, 4 + classes, 1, &x));
    *out = x;
    return set_prior(graph, x, classes);
}

static hyt_status box_head(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels, size_t depth,
                           size_t classes, hyt_op act, hyt_value *out)
{
    hyt_value rows[8];
    for (size_t i = 0; i < count; i++)
        HYTI_TRY(boxes_of(graph, maps[i], channels, depth, classes, act, &rows[i]));
    *out = rows[0];
    return count > 1 ? hyt_graph_concat(graph, rows, count, 2, out) : HYT_OK;
}

hyt_status hyt_graph_box_head(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels, size_t depth,
                              size_t classes, hyt_op act, hyt_value *out)
{
    HYTI_NEED(graph);
    HYTI_NEED(maps);
    HYTI_NEED(out);
    HYTI_TRY(check_maps(graph, maps, count, "box head"));
    if (classes == 0 || classes > HYTI_MAX_SIDE - 4) return hyti_fail(HYT_ERR_RANGE, "box head: %zu classes", classes);
    size_t nodes = graph->n_nodes;
    hyt_value result = HYTI_NO_VALUE;
    hyt_status status = box_head(graph, maps, count, channels, depth, classes, act, &result);
    return finish(graph, nodes, status, result, out);
}

static hyt_status pixel_head(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels, size_t depth,
                             size_t classes, hyt_op act, hyt_value *out)
{
    hyt_value levels[8], x;
    HYTI_TRY(top_down(graph, maps, count, channels, levels));
    HYTI_TRY(separable(graph, levels[0], channels, depth, act, &x));
    hyti_node node = { .op = HYT_OP_CONV, .inputs = &x, .n_inputs = 1, .kernel = { 1, 1 }, .stride = { 1, 1 },
                       .dilation = { 1, 1 }, .groups = 1 };
    return hyti_graph_append(graph, &node, classes, true, out);
}

hyt_status hyt_graph_pixel_head(hyt_graph *graph, const hyt_value *maps, size_t count, size_t channels, size_t depth,
                                size_t classes, hyt_op act, hyt_value *out)
{
    HYTI_NEED(graph);
    HYTI_NEED(maps);
    HYTI_NEED(out);
    HYTI_TRY(check_maps(graph, maps, count, "pixel head"));
    size_t nodes = graph->n_nodes;
    hyt_value result = HYTI_NO_VALUE;
    hyt_status status = pixel_head(graph, maps, count, channels, depth, classes, act, &result);
    return finish(graph, nodes, status, result, out);
}
