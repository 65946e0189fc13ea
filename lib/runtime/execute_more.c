/* SPDX-License-Identifier: MIT */
/* Moving values, whatever their format: one strided copy. And what only float32 has. */
#include "runtime/execute.h"
#include <math.h>
#include <string.h>

/* Copies, sums and products over axes. */

/* Axes of size 1 go, and neighbours whose strides allow it become one; at least one stays. */
static void merge_axes(hyti_axes *axes)
{
    size_t kept = 0;
    for (size_t i = 0; i < axes->rank; i++) {
        hyti_axis axis = axes->axis[i], *last = kept ? &axes->axis[kept - 1] : NULL;
        if (axis.size == 1) continue;
        if (last && last->in == axis.in * axis.size && last->add == axis.add * axis.size &&
            last->out == axis.out * axis.size) {
            axis.size *= last->size;
            *last = axis;
        } else {
            axes->axis[kept++] = axis;
        }
    }
    if (!kept) axes->axis[kept++] = (hyti_axis){ .size = 1 };
    axes->rank = kept;
}

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

static void combine_axis(const hyti_axis *axis, bool product, const float *a, const float *b, float *out)
{
    if (axis->in == 1 && axis->out == 1 && axis->add == 1 && product) {
        for (size_t i = 0; i < axis->size; i++) out[i] = a[i] * b[i];
    } else if (axis->in == 1 && axis->out == 1 && axis->add == 1) {
        for (size_t i = 0; i < axis->size; i++) out[i] = a[i] + b[i];
    } else if (axis->in == 1 && axis->out == 1 && axis->add == 0) {
        float value = *b;
        for (size_t i = 0; i < axis->size; i++) out[i] = product ? a[i] * value : a[i] + value;
    } else {
        for (size_t i = 0; i < axis->size; i++) {
            float left = a[i * axis->in], right = b[i * axis->add];
            out[i * axis->out] = product ? left * right : left + right;
        }
    }
}

/* int8: rows by the kernels, all else as they do it. */
static void combine_axis_i8(const hyti_job *job, const hyti_axis *axis, const int8_t *a, const int8_t *b, int8_t *out)
{
    bool product = job->u.move.product;
    if (axis->in == 1 && axis->out == 1 && axis->add == 1) {
        if (product) job->kernels->mul_i8(1, axis->size, a, b, axis->size, &job->u.move.mul, out);
        else job->kernels->add_i8(axis->size, a, b, &job->add_quant, out);
        return;
    }
    for (size_t i = 0; i < axis->size; i++) {
        if (product) job->kernels->mul_i8(1, 1, a + i * axis->in, b + i * axis->add, 1, &job->u.move.mul, out + i * axis->out);
        else job->kernels->add_i8(1, a + i * axis->in, b + i * axis->add, &job->add_quant, out + i * axis->out);
    }
}

/* 16 bits: in float32, value by value. */
static void combine_axis_half(const hyti_job *job, const hyti_axis *axis, const char *a, const char *b, char *out)
{
    hyti_quant none = { 0 };
    for (size_t i = 0; i < axis->size; i++) {
        float left, right, result;
        hyti_to_f32(job->kernels, job->u.move.format, none, 1, a + i * axis->in * 2, &left);
        hyti_to_f32(job->kernels, job->u.move.format, none, 1, b + i * axis->add * 2, &right);
        result = job->u.move.product ? left * right : left + right;
        hyti_from_f32(job->kernels, job->u.move.format, none, 1, &result, out + i * axis->out * 2);
    }
}

static void combine_axes(const hyti_job *job, const hyti_axis *axis, size_t rank, const char *a, const char *b, char *out)
{
    if (rank == 1) {
        if (job->u.move.format == HYTI_F32)
            combine_axis(axis, job->u.move.product, (const float *)a, (const float *)b, (float *)out);
        else if (job->u.move.format == HYTI_I8)
            combine_axis_i8(job, axis, (const int8_t *)a, (const int8_t *)b, (int8_t *)out);
        else combine_axis_half(job, axis, a, b, out);
        return;
    }
    for (size_t i = 0; i < axis->size; i++)
        combine_axes(job, axis + 1, rank - 1, a + i * axis->in * job->size, b + i * axis->add * job->size,
                     out + i * axis->out * job->size);
}

static void run_combine(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    hyti_axes axes = job->u.move.axes;
    size_t first = s.first * job->size;
    (void)worker;
    axes.axis[0].size = s.last - s.first;
    if (s.first < s.last)
        combine_axes(job, axes.axis, axes.rank, job->in + first * axes.axis[0].in, job->add + first * axes.axis[0].add,
                     job->out + first * axes.axis[0].out);
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
        for (size_t i = 0; i < width * job->width; i++) memcpy(row + i * job->size, job->u.pad.value, job->size);
        if (y < in_height)
            memcpy(row + job->u.pad.left * pixel, job->in + (unit / height * in_height + y) * in_width * pixel,
                   in_width * pixel);
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
                            job->in + i * job->in_picture * job->size, job->u.resize.out_height, job->u.resize.out_width,
                            job->out + i * job->out_picture * job->size);
}

/* Where result i of `out` lies among `in`, corners on corners. */
static float aligned_place(size_t i, size_t in, size_t out, size_t *low, size_t *high)
{
    float at = out > 1 ? (float)i * ((float)(in - 1) / (float)(out - 1)) : 0;
    *low = HYTI_MIN((size_t)at, in - 1);
    *high = HYTI_MIN(*low + 1, in - 1);
    return at - (float)*low;
}

/* Units are rows of pixels of all pictures. */
static void run_aligned(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t height = job->u.resize.in_height, width = job->u.resize.in_width, rows = job->u.resize.out_height,
           columns = job->u.resize.out_width, channels = job->width, top, bottom, left, right;
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) {
        const float *in = (const float *)job->in + unit / rows * height * width * channels;
        float down = aligned_place(unit % rows, height, rows, &top, &bottom);
        for (size_t x = 0; x < columns; x++) {
            float *to = (float *)job->out + (unit * columns + x) * channels;
            float across = aligned_place(x, width, columns, &left, &right);
            const float *a = in + (top * width + left) * channels, *b = in + (top * width + right) * channels,
                        *c = in + (bottom * width + left) * channels, *d = in + (bottom * width + right) * channels;
            for (size_t i = 0; i < channels; i++) {
                float above = a[i] + across * (b[i] - a[i]), below = c[i] + across * (d[i] - c[i]);
                to[i] = above + down * (below - above);
            }
        }
    }
}

/* Units are rows of pixels of all pictures. */
static void run_window(const hyti_job *job, size_t part, void (*pool)(const hyti_conv_f32 *conv, bool padded))
{
    hyti_share s = hyti_share_of(job, part);
    hyti_conv_f32 conv = job->u.conv.args.f32;
    for (size_t unit = s.first; unit < s.last; unit++) {
        conv.in = (const float *)job->in + unit / conv.out_height * job->in_picture;
        conv.out = (float *)job->out + unit / conv.out_height * job->out_picture;
        conv.first = unit % conv.out_height;
        conv.last = conv.first + 1;
        pool(&conv, job->u.conv.groups != 0);
    }
}

static void run_max_pool(void *user, size_t part, size_t worker)
{
    (void)worker;
    run_window(user, part, hyti_max_pool_f32);
}

static void run_average_pool(void *user, size_t part, size_t worker)
{
    (void)worker;
    run_window(user, part, hyti_average_pool_f32);
}

/* Units are rows. */
static void run_softmax(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    float *to = (float *)job->out + s.first * job->width;
    (void)worker;
    if (job->in != job->out)
        memcpy(to, (const float *)job->in + s.first * job->width, (s.last - s.first) * job->width * sizeof *to);
    job->kernels->softmax_f32(s.last - s.first, job->width, 1, to, job->width);
}

/* Units are places before the axis. */
static void run_mean(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t count = job->u.mean.count, inner = job->u.mean.inner;
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->mean_f32(count, inner, (const float *)job->in + i * count * inner, (float *)job->out + i * inner);
}

/* Units are the matrices. */
static void run_matmul(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    const hyti_axes *axes = &job->u.matmul.axes;
    float *keys = (float *)(job->scratch + worker * job->scratch_bytes);
    for (size_t unit = s.first; unit < s.last; unit++) {
        hyti_gemm_f32 gemm = job->u.matmul.gemm;
        const float *right = (const float *)job->add;
        gemm.a = (const float *)job->in;
        gemm.c = (float *)job->out + unit * gemm.m * gemm.n;
        for (size_t i = axes->rank, rest = unit; i-- > 0; rest /= axes->axis[i].size) {
            gemm.a += rest % axes->axis[i].size * axes->axis[i].in;
            right += rest % axes->axis[i].size * axes->axis[i].add;
        }
        gemm.b = right;
        if (job->u.matmul.transposed) {
            hyti_pack_f32(job->kernels, gemm.k, gemm.n, right, 1, (ptrdiff_t)gemm.k, keys);
            gemm.b = keys;
        }
        job->kernels->gemm_f32(&gemm);
    }
}

/* Columns of the input whose results of tap `kx` lie inside: a product for all of them, added where they go. */
static void add_tap(const hyti_job *job, const float *in, size_t kx, size_t tap, float *row)
{
    const hyti_conv_f32 *c = &job->u.conv.args.f32;
    size_t groups = job->u.conv.groups, taps = c->kernel_height * c->kernel_width, stride = c->stride_width;
    size_t first = kx < c->pad_left ? (c->pad_left - kx + stride - 1) / stride : 0;
    if (c->out_width - 1 + c->pad_left < kx) return;
    size_t last = HYTI_MIN(c->in_width, (c->out_width - 1 + c->pad_left - kx) / stride + 1);
    if (first >= last) return;
    hyti_gemm_f32 gemm = job->u.conv.product;
    gemm.m = last - first;
    for (size_t g = 0; g < groups; g++) {
        gemm.a = in + first * c->in_stride + g * gemm.k;
        gemm.b = c->weights + (g * taps + tap) * job->u.conv.panel;
        gemm.c = row + (first * stride + kx - c->pad_left) * c->out_stride + g * gemm.n;
        job->kernels->gemm_f32(&gemm);
    }
}

/* Units are rows of pixels of all pictures: what each tap adds to a row comes from one row of the input, or none. */
static void run_transposed(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    const hyti_conv_f32 *c = &job->u.conv.args.f32;
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) {
        size_t picture = unit / c->out_height, y = unit % c->out_height;
        float *row = (float *)job->out + unit * c->out_width * c->out_stride;
        for (size_t x = 0; x < c->out_width; x++)
            for (size_t j = 0; j < c->out_channels; j++) row[x * c->out_stride + j] = c->bias ? c->bias[j] : 0;
        for (size_t ky = 0; ky < c->kernel_height; ky++) {
            size_t from = y + c->pad_top - ky; /* below zero it wraps round */
            if (y + c->pad_top < ky || from % c->stride_height || from / c->stride_height >= c->in_height) continue;
            const float *in = (const float *)job->in + picture * job->in_picture +
                              from / c->stride_height * c->in_width * c->in_stride;
            for (size_t kx = 0; kx < c->kernel_width; kx++) add_tap(job, in, kx, ky * c->kernel_width + kx, row);
        }
    }
}

/* Binding */

static const hyti_node *node_at(const hyti_binder *b, const hyti_tensor *tensor)
{
    return &b->graph->nodes[tensor->value];
}

static void add_axis(hyti_axes *axes, size_t size, size_t in, size_t add, size_t out)
{
    axes->axis[axes->rank++] = (hyti_axis){ size, in, add, out };
}

/* Axes of a picture in the order in which they lie. */
static size_t axis_at(bool picture, size_t place)
{
    static const size_t order[] = { 0, 2, 3, 1 };
    return picture ? order[place] : place;
}

static size_t size_at(const hyti_binder *b, const hyt_dims *dims, size_t axis)
{
    return axis == 0 ? b->pictures : dims->size[axis];
}

/* A window's pixels, row by row: N, windows down, windows across, rows, columns, channels. */
static void window_axes(const hyti_binder *b, hyti_axes *axes)
{
    bool unfold = b->node->op == HYT_OP_UNFOLD;
    const hyti_tensor *picture = unfold ? b->in : b->out;
    const hyt_dims *dims = unfold ? &node_at(b, b->in)->dims : &b->node->dims;
    size_t patch = b->node->patch, across = dims->size[3] / patch, down = dims->size[2] / patch, width = picture->width;
    size_t pixel = picture->stride, row = dims->size[3] * pixel, whole = dims->size[2] * row, area = patch * patch * width;
    const size_t sizes[6] = { b->pictures, down, across, patch, patch, width };
    const size_t pixels[6] = { whole, patch * row, patch * pixel, row, pixel, 1 };
    const size_t tokens[6] = { down * across * area, across * area, area, patch * width, width, 1 };
    for (size_t i = 0; i < 6; i++)
        add_axis(axes, sizes[i], unfold ? pixels[i] : tokens[i], 0, unfold ? tokens[i] : pixels[i]);
}

/* Logical order, as the side that does not lie in it has its axes: one of the two alone. */
static void reshape_axes(const hyti_binder *b, hyti_axes *axes)
{
    bool picture = hyti_lies_in_order(node_at(b, b->in));
    const hyti_tensor *tensor = picture ? b->out : b->in;
    const hyti_node *node = picture ? b->node : node_at(b, b->in);
    size_t strides[HYT_MAX_RANK], order[4] = { 1, 1, 1, 1 };
    hyti_axis_strides(node, tensor, strides);
    for (size_t i = 3; i-- > 0;) order[i] = order[i + 1] * node->dims.size[i + 1];
    for (size_t i = 0; i < 4; i++)
        add_axis(axes, size_at(b, &node->dims, i), picture ? order[i] : strides[i], 0, picture ? strides[i] : order[i]);
}

/* TRANSPOSE, SLICE, and a CONCAT's operand that serves every picture. */
static void strided_axes(hyti_binder *b, hyti_axes *axes)
{
    const hyti_node *from = node_at(b, b->in), *node = b->node;
    size_t in[HYT_MAX_RANK], out[HYT_MAX_RANK], place = 0;
    hyti_axis_strides(from, b->in, in);
    hyti_axis_strides(node, b->out, out);
    if (node->op == HYT_OP_SLICE) b->job->in += node->begin * in[node->axis] * b->job->size;
    for (size_t i = 0; node->op == HYT_OP_CONCAT && i < b->step->operand; i++)
        place += b->graph->nodes[node->inputs[i]].dims.size[node->axis];
    b->job->out += place * out[node->axis] * b->job->size;
    for (size_t i = 0; i < node->dims.rank; i++) {
        size_t axis = axis_at(node->picture, i), source = node->op == HYT_OP_TRANSPOSE ? node->order[axis] : axis;
        size_t step = node->op == HYT_OP_SLICE && axis == node->axis ? node->step : 1;
        const hyt_dims *dims = node->op == HYT_OP_CONCAT ? &from->dims : &node->dims;
        add_axis(axes, size_at(b, dims, axis), in[source] * step, 0, out[axis]);
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
    merge_axes(&axes);
    b->job->run = run_move;
    b->job->u.move.axes = axes;
    hyti_split(b->job, axes.axis[0].size, 2 * hyti_values_of(b->out));
}

static void bind_combine(hyti_binder *b)
{
    hyti_axes axes = { 0 };
    size_t in[HYT_MAX_RANK], add[HYT_MAX_RANK], out[HYT_MAX_RANK];
    const hyt_dims *right = &node_at(b, b->add)->dims;
    hyti_axis_strides(node_at(b, b->in), b->in, in);
    hyti_axis_strides(node_at(b, b->add), b->add, add);
    hyti_axis_strides(b->node, b->out, out);
    for (size_t i = 0; i < b->node->dims.rank; i++) {
        size_t axis = axis_at(b->node->picture, i);
        bool once = axis > 0 && right->size[axis] == 1;
        add_axis(&axes, size_at(b, &b->node->dims, axis), in[axis], once ? 0 : add[axis], out[axis]);
    }
    merge_axes(&axes);
    b->job->run = run_combine;
    b->job->u.move.axes = axes;
    b->job->u.move.product = b->node->op == HYT_OP_MUL;
    b->job->u.move.format = b->step->format;
    if (b->step->format == HYTI_I8) b->job->u.move.mul = hyti_mul_quant_of(b->in->quant, b->add->quant, b->out->quant);
    hyti_split(b->job, axes.axis[0].size, 2 * hyti_values_of(b->out));
}

static void bind_regroup(hyti_binder *b)
{
    const size_t *from = node_at(b, b->in)->dims.size;
    b->job->run = run_regroup;
    b->job->u.regroup.in_channels = from[1];
    b->job->u.regroup.in_pixels = from[2] * from[3];
    hyti_split(b->job, b->pictures, 8 * hyti_values_of(b->out));
}

static void bind_pad(hyti_binder *b)
{
    const size_t *in = node_at(b, b->in)->dims.size, *out = b->node->dims.size;
    float value = (float)b->node->value;
    b->job->run = run_pad;
    b->job->u.pad.in_height = in[2];
    b->job->u.pad.in_width = in[3];
    b->job->u.pad.out_height = out[2];
    b->job->u.pad.out_width = out[3];
    b->job->u.pad.top = b->node->pad[0];
    b->job->u.pad.left = b->node->pad[1];
    hyti_from_f32(b->job->kernels, b->out->format, b->out->quant, 1, &value, b->job->u.pad.value);
    hyti_split(b->job, b->pictures * out[2], 2 * hyti_values_of(b->out));
}

static void bind_resizing(hyti_binder *b)
{
    const size_t *in = node_at(b, b->in)->dims.size, *out = b->node->dims.size;
    bool nearest = b->step->kind == HYTI_STEP_NEAREST;
    b->job->run = nearest ? run_nearest : run_aligned;
    b->job->u.resize.in_height = in[2];
    b->job->u.resize.in_width = in[3];
    b->job->u.resize.out_height = out[2];
    b->job->u.resize.out_width = out[3];
    hyti_split(b->job, nearest ? b->pictures : b->pictures * out[2], (nearest ? 2 : 8) * hyti_values_of(b->out));
}

/* conv.groups: whether padding counts. */
static void bind_window(hyti_binder *b)
{
    hyti_conv_f32 *conv = &b->job->u.conv.args.f32;
    *conv = hyti_step_conv(b->graph, &b->runtime->plan, b->step);
    b->job->run = b->step->kind == HYTI_STEP_MAX_POOL ? run_max_pool : run_average_pool;
    b->job->u.conv.groups = b->node->counted;
    b->job->in_picture = conv->in_height * conv->in_width * b->in->stride;
    b->job->out_picture = conv->out_height * conv->out_width * b->out->stride;
    hyti_split(b->job, b->pictures * conv->out_height, hyti_values_of(b->out) * conv->kernel_height * conv->kernel_width);
}

static void bind_transposed(hyti_binder *b)
{
    hyti_conv_f32 *conv = &b->job->u.conv.args.f32;
    size_t nr = b->runtime->kernels.panels[HYTI_F32].nr, groups = b->node->groups;
    *conv = hyti_step_conv(b->graph, &b->runtime->plan, b->step);
    conv->weights = hyti_packed_at(b, b->step->weights);
    conv->bias = hyti_packed_at(b, b->step->bias);
    size_t depth = conv->in_channels / groups;
    b->job->run = run_transposed;
    b->job->u.conv.groups = groups;
    b->job->u.conv.panel = b->step->panel;
    b->job->u.conv.product = (hyti_gemm_f32){
        .n = conv->out_channels / groups, .k = depth, .a_row = (ptrdiff_t)conv->in_stride, .a_step = 1,
        .b_step = (ptrdiff_t)nr, .b_panel = (ptrdiff_t)(depth * nr), .accumulate = true,
        .c_row = (ptrdiff_t)(conv->stride_width * conv->out_stride) };
    b->job->in_picture = conv->in_height * conv->in_width * b->in->stride;
    hyti_split(b->job, b->pictures * conv->out_height,
               hyti_values_of(b->in) * conv->out_channels / groups * conv->kernel_height * conv->kernel_width);
}

static void bind_mean(hyti_binder *b)
{
    const hyt_dims *dims = &node_at(b, b->in)->dims;
    size_t outer = b->pictures, inner = 1, axis = b->node->axis;
    for (size_t i = 1; i < axis; i++) outer *= dims->size[i];
    for (size_t i = axis + 1; i < dims->rank; i++) inner *= dims->size[i];
    b->job->run = run_mean;
    b->job->u.mean.count = dims->size[axis];
    b->job->u.mean.inner = inner;
    hyti_split(b->job, outer, hyti_values_of(b->in));
}

static void bind_matmul(hyti_binder *b)
{
    const hyti_node *left = node_at(b, b->in), *right = node_at(b, b->add);
    size_t in[HYT_MAX_RANK], add[HYT_MAX_RANK], last = b->node->dims.rank - 1, nr = b->runtime->kernels.panels[HYTI_F32].nr;
    size_t m = b->node->dims.size[last - 1], n = b->node->dims.size[last], k = left->dims.size[last], units = 1;
    hyti_axis_strides(left, b->in, in);
    hyti_axis_strides(right, b->add, add);
    hyti_axes *axes = &b->job->u.matmul.axes;
    *axes = (hyti_axes){ 0 };
    for (size_t i = 0; i + 1 < last; i++) {
        size_t size = size_at(b, &b->node->dims, i);
        add_axis(axes, size, in[i], i > 0 && right->dims.size[i] == 1 ? 0 : add[i], 0);
        units *= size;
    }
    b->job->run = run_matmul;
    b->job->u.matmul.transposed = b->node->transposed;
    b->job->u.matmul.gemm = (hyti_gemm_f32){
        .m = m, .n = n, .k = k, .a_row = (ptrdiff_t)b->in->stride, .a_step = 1, .c_row = (ptrdiff_t)b->out->stride,
        .b_step = (ptrdiff_t)(b->node->transposed ? nr : n), .b_panel = (ptrdiff_t)(b->node->transposed ? k * nr : nr) };
    hyti_split(b->job, units, (uint64_t)units * m * n * k);
}

void hyti_bind_more(hyti_binder *b)
{
    switch (b->step->kind) {
    case HYTI_STEP_COMBINE: bind_combine(b); break;
    case HYTI_STEP_MOVE: bind_move(b); break;
    case HYTI_STEP_REGROUP: bind_regroup(b); break;
    case HYTI_STEP_PAD: bind_pad(b); break;
    case HYTI_STEP_NEAREST:
    case HYTI_STEP_ALIGNED: bind_resizing(b); break;
    case HYTI_STEP_MAX_POOL:
    case HYTI_STEP_AVERAGE_POOL: bind_window(b); break;
    case HYTI_STEP_TRANSPOSED: bind_transposed(b); break;
    case HYTI_STEP_MATMUL: bind_matmul(b); break;
    case HYTI_STEP_MEAN: bind_mean(b); break;
    case HYTI_STEP_SOFTMAX:
        b->job->run = run_softmax;
        hyti_split(b->job, b->out->rows, 16 * hyti_values_of(b->out));
        break;
    default: break;
    }
}
