/* SPDX-License-Identifier: MIT */
#include "runtime/head.h"
#include <hytnas/runtime.h>
#include <math.h>
#include <string.h>

#define STEEPEST 10.0 /* of the logarithms: larger numbers are taken for it */

/* The way from the output back to the maps. Each value that is left to follow brings a map or ends the walk, so of
 * those left no more than one beyond the maps that there may be are ever come to. */
typedef struct walk {
    const hyt_graph *graph;
    hyti_head *head;
    size_t pixels, n_left;
    hyt_value left[HYTI_HEAD_MAPS + 1]; /* in the order of the places */
    bool lost;       /* met something that is not pixel by pixel, or too many maps */
    bool sigmoid;    /* the classes have passed one already */
} walk;

static void add_map(walk *w, const hyti_node *map)
{
    if (w->head->n_maps == HYTI_HEAD_MAPS) {
        w->lost = true;
        return;
    }
    w->head->maps[w->head->n_maps++] = (hyti_map){ map->dims.size[2], map->dims.size[3] };
    w->pixels += map->dims.size[2] * map->dims.size[3];
}

/* Whether a concatenation puts places after places, and not numbers beside numbers. */
static bool joins_places(const hyti_node *node)
{
    return !node->picture && node->axis + 1 < node->dims.rank;
}

/* Before all that is left. */
static void leave_first(walk *w, const hyt_value *values, size_t count)
{
    count = HYTI_MIN(count, HYTI_COUNT(w->left));
    w->n_left = HYTI_MIN(w->n_left, HYTI_COUNT(w->left) - count);
    memmove(w->left + count, w->left, w->n_left * sizeof *w->left);
    memcpy(w->left, values, count * sizeof *values);
    w->n_left += count;
}

static void follow_concat(walk *w, const hyti_node *node)
{
    size_t parts = joins_places(node) ? node->n_inputs : 1;
    if (parts == 1) w->sigmoid |= w->graph->nodes[node->inputs[node->n_inputs - 1]].op == HYT_OP_SIGMOID;
    leave_first(w, node->inputs, parts);
}

static void follow(walk *w, hyt_value value)
{
    const hyti_node *nodes = w->graph->nodes, *node = &nodes[value];
    while (node->op == HYT_OP_RESHAPE || node->op == HYT_OP_LINEAR || node->op == HYT_OP_SOFTMAX ||
           hyti_op_is_activation(node->op))
        node = &nodes[node->inputs[0]];
    const hyti_node *from = node->n_inputs ? &nodes[node->inputs[0]] : NULL;
    if (node->op == HYT_OP_CONCAT && !node->picture) follow_concat(w, node);
    else if (node->op == HYT_OP_UNFOLD && node->patch == 1) add_map(w, from);
    else if (node->op == HYT_OP_TRANSPOSE && from->picture && node->order[3] == 1) add_map(w, from);
    else w->lost = true;
}

/* A loop, not calls within calls: a graph may be as deep as it has operations. */
static void follow_all(walk *w)
{
    while (w->n_left > 0 && !w->lost) {
        hyt_value next = w->left[0];
        memmove(w->left, w->left + 1, --w->n_left * sizeof *w->left);
        follow(w, next);
    }
}

hyt_status hyti_head_of(const hyt_graph *graph, hyti_head *head)
{
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", hyt_graph_name(graph));
    const hyti_node *last = &graph->nodes[hyt_graph_output(graph)];
    const hyt_dims *in = &graph->nodes[graph->input].dims, *out = &last->dims;
    bool rows = !last->picture && (out->rank == 3 || (out->rank == 4 && out->size[1] == 1));
    *head = (hyti_head){ .height = in->size[2], .width = in->size[3], .per_pixel = 1 };
    if (!rows || out->size[out->rank - 1] < 5)
        return hyti_fail(HYT_ERR_SHAPE, "graph \"%s\" does not end in places of 4 numbers of a box and one a class",
                         hyt_graph_name(graph));
    head->places = out->size[out->rank - 2];
    head->columns = out->size[out->rank - 1];
    head->classes = head->columns - 4;
    walk w = { .graph = graph, .head = head, .n_left = 1, .left = { hyt_graph_output(graph) } };
    follow_all(&w);
    if (w.sigmoid)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "graph \"%s\" ends in probabilities of classes, not in their logits",
                         hyt_graph_name(graph));
    if (!w.lost && w.pixels > 0 && head->places % w.pixels == 0) {
        head->per_pixel = head->places / w.pixels;
        head->kind = head->per_pixel > 1 ? HYTI_HEAD_ANCHORS : HYTI_HEAD_POINTS;
        return HYT_OK;
    }
    head->kind = HYTI_HEAD_QUERIES;
    head->n_maps = 0;
    if (--head->classes > 0) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "graph \"%s\" ends in queries that have no class beside \"no object\"",
                     hyt_graph_name(graph));
}

/* Anchor `index` of a pixel of map `map` (SSD, section 2.2): scales from 0.2 to 0.95 of the picture over the maps, a
 * square of the scale, one between this and the next, then aspect ratios 2, 1/2, 3, 1/3. */
static void shape_anchor(const hyti_head *head, size_t map, size_t index, hyti_prior *prior)
{
    static const double ratios[] = { 1, 1, 2, 0.5, 3, 1.0 / 3 };
    double step = head->n_maps > 1 ? 0.75 / (double)(head->n_maps - 1) : 0.75, scale = 0.2 + step * (double)map;
    double next = map + 1 < head->n_maps ? scale + step : 1;
    double size = index == 1 ? sqrt(scale * next) : scale, root = sqrt(ratios[index % HYTI_COUNT(ratios)]);
    prior->width = size * root * (double)head->width;
    prior->height = size / root * (double)head->height;
}

hyti_prior hyti_head_prior(const hyti_head *head, size_t place)
{
    hyti_prior prior = { 0, 0, (double)head->width, (double)head->height };
    if (head->kind == HYTI_HEAD_QUERIES) return prior;
    size_t map = 0, pixel = place / head->per_pixel;
    for (; pixel >= head->maps[map].height * head->maps[map].width; map++)
        pixel -= head->maps[map].height * head->maps[map].width;
    const hyti_map *m = &head->maps[map];
    prior.width /= (double)m->width;
    prior.height /= (double)m->height;
    prior.x = ((double)(pixel % m->width) + 0.5) * prior.width;
    prior.y = ((double)(pixel / m->width) + 0.5) * prior.height;
    if (head->kind == HYTI_HEAD_ANCHORS) shape_anchor(head, map, place % head->per_pixel, &prior);
    return prior;
}

/* exp and its derivative, which is 0 where the number is taken for STEEPEST. */
static double steep(double number, double *slope)
{
    double value = exp(fmin(number, STEEPEST));
    *slope = number < STEEPEST ? value : 0;
    return value;
}

static void fill_slopes(double slope[4][4], const double centre[2], const double half[2])
{
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++)
            slope[i][k] = i % 2 != k % 2 ? 0 : k < 2 ? centre[k] : (i < 2 ? -1 : 1) * half[k - 2];
}

static hyti_box box_at(double x, double y, double width, double height)
{
    return (hyti_box){ x - width / 2, y - height / 2, x + width / 2, y + height / 2 };
}

static hyti_box point_box(const hyti_prior *prior, const float *numbers, double slope[4][4])
{
    double size[4], slopes[4];
    for (size_t i = 0; i < 4; i++) {
        double unit = i % 2 ? prior->height : prior->width;
        size[i] = unit * steep(numbers[i], &slopes[i]);
        for (size_t k = 0; k < 4 && slope; k++) slope[i][k] = k == i ? (i < 2 ? -1 : 1) * unit * slopes[i] : 0;
    }
    return (hyti_box){ prior->x - size[0], prior->y - size[1], prior->x + size[2], prior->y + size[3] };
}

/* Variances 0.1 of the place and 0.2 of the size, as SSD's implementation has them. */
static hyti_box anchor_box(const hyti_prior *prior, const float *numbers, double slope[4][4])
{
    double slopes[2];
    double width = prior->width * steep(0.2 * (double)numbers[2], &slopes[0]);
    double height = prior->height * steep(0.2 * (double)numbers[3], &slopes[1]);
    double x = prior->x + 0.1 * (double)numbers[0] * prior->width;
    double y = prior->y + 0.1 * (double)numbers[1] * prior->height;
    if (slope) fill_slopes(slope, (double[]){ 0.1 * prior->width, 0.1 * prior->height },
                           (double[]){ 0.1 * prior->width * slopes[0], 0.1 * prior->height * slopes[1] });
    return box_at(x, y, width, height);
}

static hyti_box query_box(const hyti_prior *prior, const float *numbers, double slope[4][4])
{
    if (slope) fill_slopes(slope, (double[]){ prior->width, prior->height },
                           (double[]){ prior->width / 2, prior->height / 2 });
    return box_at(numbers[0] * prior->width, numbers[1] * prior->height, numbers[2] * prior->width,
                  numbers[3] * prior->height);
}

hyti_box hyti_head_box(const hyti_head *head, const hyti_prior *prior, const float *numbers, double slope[4][4])
{
    switch (head->kind) {
    case HYTI_HEAD_POINTS: return point_box(prior, numbers, slope);
    case HYTI_HEAD_ANCHORS: return anchor_box(prior, numbers, slope);
    default: return query_box(prior, numbers, slope);
    }
}

double hyti_head_score(const hyti_head *head, const float *row, size_t label)
{
    const float *logits = row + 4;
    if (head->kind != HYTI_HEAD_QUERIES) return 1 / (1 + exp(-(double)logits[label]));
    double sum = 0;
    for (size_t c = 0; c <= head->classes; c++) sum += exp((double)logits[c] - (double)logits[label]);
    return 1 / sum;
}

static hyti_box inside(const hyti_head *head, hyti_box box)
{
    double width = (double)head->width, height = (double)head->height;
    return (hyti_box){ fmin(fmax(box.x1, 0), width), fmin(fmax(box.y1, 0), height), fmin(fmax(box.x2, 0), width),
                       fmin(fmax(box.y2, 0), height) };
}

size_t hyti_head_decode(const hyti_head *head, const float *output, double threshold, size_t most,
                        hyti_detection *found)
{
    size_t count = 0;
    for (size_t i = 0; i < head->places; i++) {
        const float *row = output + i * head->columns;
        for (size_t c = 0; c < head->classes; c++) {
            double score = hyti_head_score(head, row, c);
            if (!(score >= threshold)) continue;
            hyti_prior prior = hyti_head_prior(head, i);
            hyti_box box = inside(head, hyti_head_box(head, &prior, row, NULL));
            if (hyti_box_area(&box) > 0) found[count++] = (hyti_detection){ box, score, (uint32_t)c, i };
        }
    }
    hyti_detections_sort(found, count);
    return HYTI_MIN(count, most);
}

/* DETR's queries suppress each other by themselves (section 4). */
size_t hyti_head_detect(const hyti_head *head, const float *output, double threshold, double iou, size_t most,
                        hyti_detection *found)
{
    size_t count = hyti_head_decode(head, output, threshold, HYTI_HEAD_CANDIDATES, found);
    if (head->kind == HYTI_HEAD_QUERIES) return HYTI_MIN(count, most);
    return hyti_detections_suppress(found, count, iou, most);
}

hyt_status hyt_detect(const hyt_graph *network, const float *output, double threshold, double iou, size_t most,
                      float *boxes, float *scores, uint32_t *labels, size_t *count)
{
    hyti_head head;
    HYTI_NEED(network);
    HYTI_NEED(output);
    HYTI_NEED(boxes);
    HYTI_NEED(scores);
    HYTI_NEED(labels);
    HYTI_NEED(count);
    if (!(threshold >= 0 && threshold <= 1 && iou >= 0 && iou <= 1))
        return hyti_fail(HYT_ERR_RANGE, "threshold %g and overlap %g are not both from 0 to 1", threshold, iou);
    HYTI_TRY(hyti_head_of(network, &head));
    hyt_context *context = hyti_graph_context(network);
    hyti_detection *found = hyti_array(context, head.places * head.classes, sizeof *found);
    if (!found) return hyti_fail_nomem();
    *count = hyti_head_detect(&head, output, threshold, iou, most, found);
    for (size_t i = 0; i < *count; i++) {
        const hyti_box *b = &found[i].box;
        const float corners[4] = { (float)b->x1, (float)b->y1, (float)b->x2, (float)b->y2 };
        for (size_t k = 0; k < 4; k++) boxes[4 * i + k] = corners[k];
        scores[i] = (float)found[i].score;
        labels[i] = found[i].label;
    }
    hyti_free(context, found);
    return HYT_OK;
}
