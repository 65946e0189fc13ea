/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the values of one picture go from where they lie to where an operation puts them, axis by axis. */
#include "train/tape.h"
#include <string.h>

/* How far values lie apart along each logical axis but the batch: pictures as H,W,C, anything else in order. */
static void strides_of(const hyti_node *node, size_t strides[HYT_MAX_RANK])
{
    const hyt_dims *dims = &node->dims;
    memset(strides, 0, HYT_MAX_RANK * sizeof *strides);
    if (node->picture) {
        strides[1] = 1;
        strides[3] = dims->size[1];
        strides[2] = dims->size[3] * strides[3];
        return;
    }
    for (size_t i = dims->rank, apart = 1; i-- > 1; apart *= dims->size[i]) strides[i] = apart;
}

/* The logical axis that lies at a place, from the outermost inwards. */
static size_t axis_at(const hyti_node *node, size_t place)
{
    static const size_t picture[4] = { 0, 2, 3, 1 };
    return node->picture ? picture[place] : place;
}

/* Joins the last axis where both sides go on without a gap; one of size 1 says nothing. */
static void add_axis(hyti_tape_axes *axes, size_t size, size_t in, size_t out)
{
    if (size == 1) return;
    hyti_tape_axis *last = axes->rank ? &axes->axis[axes->rank - 1] : NULL;
    if (last && last->in == in * size && last->out == out * size)
        *last = (hyti_tape_axis){ last->size * size, in, out };
    else axes->axis[axes->rank++] = (hyti_tape_axis){ size, in, out };
}

static void close_axes(hyti_tape_axes *axes)
{
    if (!axes->rank) axes->axis[axes->rank++] = (hyti_tape_axis){ 1, 1, 1 };
}

/* TRANSPOSE and SLICE: along the axes of the result. */
static void strided_axes(const hyti_node *from, const hyti_node *node, hyti_tape_axes *axes)
{
    size_t in[HYT_MAX_RANK], out[HYT_MAX_RANK];
    strides_of(from, in);
    strides_of(node, out);
    if (node->op == HYT_OP_SLICE) axes->in = node->begin * in[node->axis];
    for (size_t i = 1; i < node->dims.rank; i++) {
        size_t axis = axis_at(node, i), source = node->op == HYT_OP_TRANSPOSE ? node->order[axis] : axis;
        size_t step = node->op == HYT_OP_SLICE && axis == node->axis ? node->step : 1;
        add_axis(axes, node->dims.size[axis], in[source] * step, out[axis]);
    }
}

/* The second operand as the first sees it: the same value again along axes where it has one. */
static void broadcast_axes(const hyti_node *right, const hyti_node *node, hyti_tape_axes *axes)
{
    size_t in[HYT_MAX_RANK], out[HYT_MAX_RANK];
    strides_of(right, in);
    strides_of(node, out);
    for (size_t i = 1; i < node->dims.rank; i++) {
        size_t axis = axis_at(node, i);
        add_axis(axes, node->dims.size[axis], right->dims.size[axis] == 1 ? 0 : in[axis], out[axis]);
    }
}

static void pad_axes(const hyti_node *from, const hyti_node *node, hyti_tape_axes *axes)
{
    size_t in[HYT_MAX_RANK], out[HYT_MAX_RANK];
    strides_of(from, in);
    strides_of(node, out);
    axes->out = node->pad[0] * out[2] + node->pad[1] * out[3];
    for (size_t i = 1; i < 4; i++)
        add_axis(axes, from->dims.size[axis_at(node, i)], in[axis_at(node, i)], out[axis_at(node, i)]);
}

/* Pixels of a picture and the rows of its windows: windows down and across, rows and columns of one, channels. */
static void window_axes(const hyti_node *from, const hyti_node *node, hyti_tape_axes *axes)
{
    bool unfold = node->op == HYT_OP_UNFOLD;
    const size_t *size = unfold ? from->dims.size : node->dims.size;
    size_t channels = size[1], patch = node->patch, down = size[2] / patch, across = size[3] / patch, line = size[3];
    size_t window = node->windows_first ? patch * patch : 1, place = node->windows_first ? 1 : down * across;
    const size_t sizes[5] = { down, across, patch, patch, channels };
    const size_t pixels[5] = { patch * line * channels, patch * channels, line * channels, channels, 1 };
    const size_t rows[5] = { across * window * channels, window * channels, patch * place * channels, place * channels,
                             1 };
    for (size_t i = 0; i < 5; i++) add_axis(axes, sizes[i], unfold ? pixels[i] : rows[i], unfold ? rows[i] : pixels[i]);
}

/* A picture and the same in logical order. */
static void order_axes(const hyti_node *node, bool to_order, hyti_tape_axes *axes)
{
    size_t lying[HYT_MAX_RANK], order[HYT_MAX_RANK];
    hyti_node plain = *node;
    plain.picture = false;
    strides_of(node, lying);
    strides_of(&plain, order);
    for (size_t i = 1; i < node->dims.rank; i++) {
        size_t axis = axis_at(to_order ? &plain : node, i);
        size_t in = to_order ? lying[axis] : order[axis], out = to_order ? order[axis] : lying[axis];
        add_axis(axes, node->dims.size[axis], in, out);
    }
}

/* A mean, which is `in`, and all that it is made of. */
static void mean_axes(const hyti_node *from, const hyti_node *node, hyti_tape_axes *axes)
{
    size_t in[HYT_MAX_RANK], out[HYT_MAX_RANK];
    strides_of(node, in);
    strides_of(from, out);
    for (size_t i = 1; i < from->dims.rank; i++)
        add_axis(axes, from->dims.size[i], i == node->axis ? 0 : in[i - (i > node->axis && !node->kept)], out[i]);
}

static hyti_tape_axes swapped(const hyti_tape_axes *axes)
{
    hyti_tape_axes other = { .in = axes->out, .out = axes->in, .rank = axes->rank };
    for (size_t i = 0; i < axes->rank; i++)
        other.axis[i] = (hyti_tape_axis){ axes->axis[i].size, axes->axis[i].out, axes->axis[i].in };
    return other;
}

/* To logical order first and then, where both are pictures, from it. */
static void reshape_axes(const hyti_node *from, const hyti_node *node, hyti_tape_step *step)
{
    order_axes(from->picture ? from : node, from->picture, &step->axes);
    if (!from->picture || !node->picture) return;
    order_axes(node, false, &step->more_axes);
    close_axes(&step->more_axes);
}

void hyti_tape_set_axes(const hyt_graph *graph, hyti_tape_step *step)
{
    const hyti_node *node = step->node, *from = &graph->nodes[node->inputs[0]];
    switch (step->op) {
    case HYT_OP_ADD:
    case HYT_OP_MUL: {
        const hyti_node *right = &graph->nodes[node->inputs[1]];
        if (memcmp(right->dims.size, node->dims.size, node->dims.rank * sizeof *node->dims.size) == 0) return;
        broadcast_axes(right, node, &step->axes);
        break;
    }
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD: window_axes(from, node, &step->axes); break;
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE: strided_axes(from, node, &step->axes); break;
    case HYT_OP_PAD: pad_axes(from, node, &step->axes); break;
    case HYT_OP_MEAN: mean_axes(from, node, &step->axes); break;
    case HYT_OP_RESHAPE: reshape_axes(from, node, step); break;
    default: return;
    }
    close_axes(&step->axes);
    if (step->op == HYT_OP_MEAN) step->more_axes = swapped(&step->axes);
}
