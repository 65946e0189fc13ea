/* SPDX-License-Identifier: MIT */
/* Sums and products over axes, in every format; what axes share. */
#include "runtime/execute.h"
#include <string.h>

/* Axes of size 1 go, and neighbours whose strides allow it become one; at least one stays. */
void hyti_merge_axes(hyti_axes *axes)
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

enum { BLOCK = 256 }; /* values at a time by way of float32, or repeated */

/* `count` values of an axis, `step` values apart (0: the same for all), in float32. */
static void gather_floats(const hyti_job *job, size_t count, const char *from, size_t step, float *to)
{
    hyti_quant none = { 0 };
    uint16_t halves[BLOCK];
    if (step == 1 || job->u.move.format == HYTI_F32) {
        for (size_t i = 0; job->u.move.format == HYTI_F32 && i < count; i++)
            memcpy(&to[i], from + i * step * sizeof *to, sizeof *to);
        if (job->u.move.format != HYTI_F32) hyti_to_f32(job->kernels, job->u.move.format, none, count, from, to);
        return;
    }
    for (size_t i = 0; i < count; i++) memcpy(&halves[i], from + i * step * sizeof *halves, sizeof *halves);
    hyti_to_f32(job->kernels, job->u.move.format, none, count, halves, to);
}

/* At most BLOCK values; written in order. */
static void combine_floats(const hyti_job *job, const hyti_axis *axis, size_t count, const char *a, const char *b,
                           char *out)
{
    float left[BLOCK], right[BLOCK];
    hyti_quant none = { 0 };
    gather_floats(job, count, a, axis->in, left);
    gather_floats(job, count, b, axis->add, right);
    if (job->u.move.product) for (size_t i = 0; i < count; i++) left[i] *= right[i];
    else for (size_t i = 0; i < count; i++) left[i] += right[i];
    hyti_from_f32(job->kernels, job->u.move.format, none, count, left, out);
}

/* At most BLOCK values; written in order. */
static void combine_bytes(const hyti_job *job, const hyti_axis *axis, size_t count, const char *a, const char *b,
                           char *out)
{
    int8_t left[BLOCK], right[BLOCK];
    const int8_t *x = (const int8_t *)a, *y = (const int8_t *)b;
    for (size_t i = 0; axis->in != 1 && i < count; i++) left[i] = x[i * axis->in];
    for (size_t i = 0; axis->add != 1 && i < count; i++) right[i] = y[i * axis->add];
    if (axis->in != 1) x = left;
    if (axis->add != 1) y = right;
    if (job->u.move.product) job->kernels->mul_i8(1, count, x, y, count, &job->u.move.mul, (int8_t *)out);
    else job->kernels->add_i8(count, x, y, &job->add_quant, (int8_t *)out);
}

/* One axis. The result lies in order along it, or is written from a block that does. */
static void combine_axis(const hyti_job *job, const hyti_axis *axis, const char *a, const char *b, char *out)
{
    char block[BLOCK * sizeof(float)];
    for (size_t i = 0; i < axis->size; i += BLOCK) {
        size_t count = HYTI_MIN(axis->size - i, (size_t)BLOCK), size = job->size;
        const char *left = a + i * axis->in * size, *right = b + i * axis->add * size;
        char *to = axis->out == 1 ? out + i * size : block;
        if (job->u.move.format == HYTI_I8) combine_bytes(job, axis, count, left, right, to);
        else combine_floats(job, axis, count, left, right, to);
        for (size_t j = 0; axis->out != 1 && j < count; j++)
            memcpy(out + (i + j) * axis->out * size, block + j * size, size);
    }
}

/* Rows whose values lie in order, by a kernel. */
static void combine_rows(const hyti_job *job, size_t rows, size_t n, const char *a, const char *b, size_t b_row,
                         char *out)
{
    const hyti_kernels *k = job->kernels;
    bool product = job->u.move.product;
    switch (job->u.move.format) {
#define ROWS(FORMAT, type, VALUE)                                                                                  \
    case FORMAT:                                                                                                   \
        if (product) k->mul_##type(rows, n, (const VALUE *)a, (const VALUE *)b, b_row, (VALUE *)out);              \
        for (size_t i = 0; !product && i < rows; i++)                                                              \
            k->add_##type(n, (const VALUE *)a + i * n, (const VALUE *)b + i * b_row, (VALUE *)out + i * n);        \
        break;
        ROWS(HYTI_F32, f32, float)
        ROWS(HYTI_BF16, bf16, hyti_bf16)
        ROWS(HYTI_F16, f16, hyti_f16)
#undef ROWS
    default:
        if (product) k->mul_i8(rows, n, (const int8_t *)a, (const int8_t *)b, b_row, &job->u.move.mul, (int8_t *)out);
        for (size_t i = 0; !product && i < rows; i++)
            k->add_i8(n, (const int8_t *)a + i * n, (const int8_t *)b + i * b_row, &job->add_quant,
                      (int8_t *)out + i * n);
        break;
    }
}

static bool in_order(const hyti_axis *axis)
{
    return axis->in == 1 && axis->add == 1 && axis->out == 1;
}

static void combine_axes(const hyti_job *job, const hyti_axis *axis, size_t rank, const char *a, const char *b,
                         char *out)
{
    if (rank == 2 && in_order(axis + 1) && axis->in == axis[1].size && axis->out == axis[1].size) {
        combine_rows(job, axis->size, axis[1].size, a, b, axis->add, out);
        return;
    }
    if (rank == 1 && in_order(axis)) {
        combine_rows(job, 1, axis->size, a, b, 0, out);
        return;
    }
    if (rank == 1) {
        combine_axis(job, axis, a, b, out);
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

void hyti_bind_combine(hyti_binder *b)
{
    hyti_axes axes = { 0 };
    size_t in[HYT_MAX_RANK], add[HYT_MAX_RANK], out[HYT_MAX_RANK];
    const hyt_dims *right = &hyti_node_at(b, b->add)->dims;
    hyti_axis_strides(hyti_node_at(b, b->in), b->in, in);
    hyti_axis_strides(hyti_node_at(b, b->add), b->add, add);
    hyti_axis_strides(b->node, b->out, out);
    for (size_t i = 0; i < b->node->dims.rank; i++) {
        size_t axis = hyti_axis_at(b->node->picture, i);
        bool once = axis > 0 && right->size[axis] == 1;
        hyti_add_axis(&axes, hyti_size_at(b, &b->node->dims, axis), in[axis], once ? 0 : add[axis], out[axis]);
    }
    hyti_merge_axes(&axes);
    b->job->run = run_combine;
    b->job->u.move.axes = axes;
    b->job->u.move.product = b->node->op == HYT_OP_MUL;
    b->job->u.move.format = b->step->format;
    if (b->step->format == HYTI_I8) b->job->u.move.mul = hyti_mul_quant_of(b->in->quant, b->add->quant, b->out->quant);
    hyti_split(b->job, axes.axis[0].size, 2 * hyti_values_of(b->out));
}

