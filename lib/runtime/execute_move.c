/* SPDX-License-Identifier: MIT */
/* Moving values, whatever their format: one strided copy; frames, pixels spread apart, the nearest pixel. */
#include "runtime/execute.h"
#include <string.h>

/* One axis; `in` and `out` at its first value. */
static void copy_axis(const hyti_axis *axis, size_t size, const char *in, char *out)
{
    if (axis->in == 1 && axis->out == 1) {
        memcpy(out, in, axis->size * size);
        return;
    }
    size_t in_step = axis->in * size, out_step = axis->out * size;
    for (size_t i = 0; i < axis->size; i++, in += in_step, out += out_step) {
        if (size == 4) memcpy(out, in, 4);
        else if (size == 2) memcpy(out, in, 2);
        else *out = *in;
    }
}

static void copy_axes(const hyti_axis *axis, size_t rank, size_t size, const char *in, char *out)
{
    if (rank == 1) {
        copy_axis(axis, size, in, out);
        return;
    }
    for (size_t i = 0; i < axis->size; i++)
        copy_axes(axis + 1, rank - 1, size, in + i * axis->in * size, out + i * axis->out * size);
}

/* Units are places along the first axis. */
static void run_move(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    hyti_axes axes = job->u.move.axes;
    (void)worker;
    axes.axis[0].size = s.last - s.first;
    if (s.first < s.last)
        copy_axes(axes.axis, axes.rank, job->size, job->in + s.first * axes.axis[0].in * job->size,
                  job->out + s.first * axes.axis[0].out * job->size);
}

static void look_up_axes(const hyti_axis *axis, size_t rank, const int8_t *table, const int8_t *in, int8_t *out)
{
    for (size_t i = 0; i < axis->size; i++) {
        if (rank > 1) look_up_axes(axis + 1, rank - 1, table, in + i * axis->in, out + i * axis->out);
        else out[i * axis->out] = table[in[i * axis->in] + 128];
    }
}

/* int8 values that are quantised otherwise where they go. */
static void run_move_lookup(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    hyti_axes axes = job->u.move.axes;
    (void)worker;
    axes.axis[0].size = s.last - s.first;
    look_up_axes(axes.axis, axes.rank, job->requant.table, (const int8_t *)job->in + s.first * axes.axis[0].in,
                 (int8_t *)job->out + s.first * axes.axis[0].out);
}

/* Logical order of one picture in, of another out; units are pictures. */
static void run_regroup(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t pixels = job->u.regroup.in_pixels, channels = job->u.regroup.in_channels, out_channels = job->width,
           out_pixels = job->in_picture / out_channels;
    (void)worker;
    for (size_t picture = s.first; picture < s.last; picture++) {
        const char *in = job->in + picture * job->in_picture * job->size;
        char *out = job->out + picture * job->in_picture * job->size;
        for (size_t i = 0; i < job->in_picture; i++)
            memcpy(out + (i % out_pixels * out_channels + i / out_pixels) * job->size,
                   in + (i % pixels * channels + i / pixels) * job->size, job->size);
    }
}

/* `bytes` of one value over and over. */
static void fill(char *to, size_t bytes, const char *value, size_t size)
{
    memcpy(to, value, size);
    for (size_t done = size; done < bytes; done *= 2) memcpy(to + done, to, HYTI_MIN(done, bytes - done));
}

/* Units are rows of pixels of all pictures. */
static void run_pad(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t in_height = job->u.pad.in_height, in_width = job->u.pad.in_width, height = job->u.pad.out_height,
           width = job->u.pad.out_width, pixel = job->width * job->size;
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) {
        char *row = job->out + unit * width * pixel;
        size_t y = unit % height - job->u.pad.top; /* above the picture it wraps round */
        fill(row, width * pixel, job->u.pad.value, job->size);
        if (y < in_height)
            memcpy(row + job->u.pad.left * pixel, job->in + (unit / height * in_height + y) * in_width * pixel,
                   in_width * pixel);
    }
}

/* Units are rows of pixels of all pictures: each pixel goes a stride from the next, between them lies the value. */
static void run_spread(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t in_height = job->u.pad.in_height, in_width = job->u.pad.in_width, height = job->u.pad.out_height,
           width = job->u.pad.out_width, pixel = job->width * job->size, down = job->u.pad.top,
           across = job->u.pad.left;
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) {
        size_t y = unit % height;
        char *row = job->out + unit * width * pixel;
        fill(row, width * pixel, job->u.pad.value, job->size);
        if (y % down) continue;
        const char *in = job->in + (unit / height * in_height + y / down) * in_width * pixel;
        for (size_t x = 0; x < in_width; x++) memcpy(row + x * across * pixel, in + x * pixel, pixel);
    }
}

/* Units are pictures. */
static void run_nearest(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        hyti_resize_nearest(false, job->width * job->size, job->u.resize.in_height, job->u.resize.in_width,
                            job->in + i * job->in_picture * job->size, job->u.resize.out_height,
                            job->u.resize.out_width, job->out + i * job->out_picture * job->size);
}

/* Binding */

/* A window's pixels, row by row: N, windows down, windows across, rows, columns, channels. */
static void window_axes(const hyti_binder *b, hyti_axes *axes)
{
    bool unfold = b->node->op == HYT_OP_UNFOLD;
    const hyti_tensor *picture = unfold ? b->in : b->out;
    const hyt_dims *dims = unfold ? &hyti_node_at(b, b->in)->dims : &b->node->dims;
    size_t patch = b->node->patch, across = dims->size[3] / patch, down = dims->size[2] / patch, width = picture->width;
    size_t pixel = picture->stride, row = dims->size[3] * pixel, whole = dims->size[2] * row;
    size_t area = patch * patch * width;
    const size_t sizes[6] = { b->pictures, down, across, patch, patch, width };
    const size_t pixels[6] = { whole, patch * row, patch * pixel, row, pixel, 1 };
    const size_t tokens[6] = { down * across * area, across * area, area, patch * width, width, 1 };
    for (size_t i = 0; i < 6; i++)
        hyti_add_axis(axes, sizes[i], unfold ? pixels[i] : tokens[i], 0, unfold ? tokens[i] : pixels[i]);
}

/* Logical order, as the side that does not lie in it has its axes: one of the two alone. */
static void reshape_axes(const hyti_binder *b, hyti_axes *axes)
{
    bool picture = hyti_lies_in_order(hyti_node_at(b, b->in));
    const hyti_tensor *tensor = picture ? b->out : b->in;
    const hyti_node *node = picture ? b->node : hyti_node_at(b, b->in);
    size_t strides[HYT_MAX_RANK], order[4] = { 1, 1, 1, 1 };
    hyti_axis_strides(node, tensor, strides);
    for (size_t i = 3; i-- > 0;) order[i] = order[i + 1] * node->dims.size[i + 1];
    for (size_t i = 0; i < 4; i++)
        hyti_add_axis(axes, hyti_size_at(b, &node->dims, i), picture ? order[i] : strides[i], 0,
                      picture ? strides[i] : order[i]);
}

/* TRANSPOSE, SLICE, and a CONCAT's operand that serves every picture. */
static void strided_axes(hyti_binder *b, hyti_axes *axes)
{
    const hyti_node *from = hyti_node_at(b, b->in), *node = b->node;
    size_t in[HYT_MAX_RANK], out[HYT_MAX_RANK], place = 0;
    hyti_axis_strides(from, b->in, in);
    hyti_axis_strides(node, b->out, out);
    if (node->op == HYT_OP_SLICE) b->job->in += node->begin * in[node->axis] * b->job->size;
    for (size_t i = 0; node->op == HYT_OP_CONCAT && i < b->step->operand; i++)
        place += b->graph->nodes[node->inputs[i]].dims.size[node->axis];
    b->job->out += place * out[node->axis] * b->job->size;
    for (size_t i = 0; i < node->dims.rank; i++) {
        size_t axis = hyti_axis_at(node->picture, i), source = node->op == HYT_OP_TRANSPOSE ? node->order[axis] : axis;
        size_t step = node->op == HYT_OP_SLICE && axis == node->axis ? node->step : 1;
        const hyt_dims *dims = node->op == HYT_OP_CONCAT ? &from->dims : &node->dims;
        hyti_add_axis(axes, hyti_size_at(b, dims, axis), in[source] * step, 0, out[axis]);
    }
}

static void bind_move(hyti_binder *b)
{
    hyti_axes axes = { 0 };
    switch (b->node->op) {
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD: window_axes(b, &axes); break;
    case HYT_OP_RESHAPE: reshape_axes(b, &axes); break;
    default: strided_axes(b, &axes); break;
    }
    hyti_merge_axes(&axes);
    b->job->run = b->step->table == HYTI_NO_BUFFER ? run_move : run_move_lookup;
    b->job->u.move.axes = axes;
    hyti_split(b->job, axes.axis[0].size, 2 * hyti_values_of(b->out));
}

static void bind_regroup(hyti_binder *b)
{
    const size_t *from = hyti_node_at(b, b->in)->dims.size;
    b->job->run = run_regroup;
    b->job->u.regroup.in_channels = from[1];
    b->job->u.regroup.in_pixels = from[2] * from[3];
    hyti_split(b->job, b->pictures, 8 * hyti_values_of(b->out));
}

static void store_value(hyti_binder *b, double value)
{
    float real = (float)value;
    if (b->out->format == HYTI_I8) b->job->u.pad.value[0] = (char)hyti_i8_of(value, b->out->quant);
    else hyti_from_f32(b->job->kernels, b->out->format, b->out->quant, 1, &real, b->job->u.pad.value);
}

static void bind_pad(hyti_binder *b)
{
    const size_t *in = hyti_node_at(b, b->in)->dims.size, *out = b->node->dims.size;
    b->job->run = run_pad;
    b->job->u.pad.in_height = in[2];
    b->job->u.pad.in_width = in[3];
    b->job->u.pad.out_height = out[2];
    b->job->u.pad.out_width = out[3];
    b->job->u.pad.top = b->node->pad[0];
    b->job->u.pad.left = b->node->pad[1];
    store_value(b, b->node->value);
    hyti_split(b->job, b->pictures * out[2], 2 * hyti_values_of(b->out));
}

static void bind_spread(hyti_binder *b)
{
    const size_t *in = hyti_node_at(b, b->in)->dims.size;
    b->job->run = run_spread;
    b->job->u.pad.in_height = in[2];
    b->job->u.pad.in_width = in[3];
    b->job->u.pad.out_height = (in[2] - 1) * b->node->stride[0] + 1;
    b->job->u.pad.out_width = (in[3] - 1) * b->node->stride[1] + 1;
    b->job->u.pad.top = b->node->stride[0];
    b->job->u.pad.left = b->node->stride[1];
    store_value(b, 0);
    hyti_split(b->job, b->pictures * b->job->u.pad.out_height, 2 * hyti_values_of(b->out));
}

static void bind_nearest(hyti_binder *b)
{
    const size_t *in = hyti_node_at(b, b->in)->dims.size, *out = b->node->dims.size;
    b->job->run = run_nearest;
    b->job->u.resize.in_height = in[2];
    b->job->u.resize.in_width = in[3];
    b->job->u.resize.out_height = out[2];
    b->job->u.resize.out_width = out[3];
    hyti_split(b->job, b->pictures, 2 * hyti_values_of(b->out));
}

void hyti_bind_move(hyti_binder *b)
{
    switch (b->step->kind) {
    case HYTI_STEP_REGROUP: bind_regroup(b); break;
    case HYTI_STEP_PAD: bind_pad(b); break;
    case HYTI_STEP_SPREAD: bind_spread(b); break;
    case HYTI_STEP_NEAREST: bind_nearest(b); break;
    default: bind_move(b); break;
    }
}
