/* SPDX-License-Identifier: MIT */
/* Operators that only move values, as strides over what they read, whatever chain of them a writer chose: a reshape
 * splits and joins axes, a transpose orders them, slice, split and gather begin further on. Unfolding into patches,
 * folding back and the parts of attention are recognised by comparing strides. */
#include "formats/onnx.h"
#include <string.h>

bool hyti_onnx_is_view(onnx_op op)
{
    return op == ONNX_RESHAPE || op == ONNX_FLATTEN || op == ONNX_SQUEEZE || op == ONNX_UNSQUEEZE ||
           op == ONNX_TRANSPOSE || op == ONNX_DEPTH_TO_SPACE || op == ONNX_SPACE_TO_DEPTH || op == ONNX_SLICE ||
           op == ONNX_SPLIT || op == ONNX_GATHER;
}

void hyti_onnx_view_of(const onnx_model *model, onnx_id id, onnx_view *out)
{
    const onnx_value *value = &model->values[id];
    if (value->view) {
        *out = *value->view;
        return;
    }
    size_t stride = 1;
    *out = (onnx_view){ .source = id, .n_axes = value->dims.rank };
    for (size_t i = value->dims.rank; i-- > 0; stride *= value->dims.size[i]) {
        out->axes[i] = (onnx_axis){ value->dims.size[i], stride };
        out->group[i] = (unsigned char)i;
    }
}

size_t hyti_onnx_join(const onnx_view *view, onnx_axis to[ONNX_MAX_AXES])
{
    size_t count = 0;
    for (size_t i = 0; i < view->n_axes; i++) {
        onnx_axis axis = view->axes[i];
        if (axis.size == 1) continue;
        if (count && to[count - 1].stride == axis.stride * axis.size) {
            to[count - 1].size *= axis.size;
            to[count - 1].stride = axis.stride;
        } else to[count++] = axis;
    }
    return count;
}

bool hyti_onnx_view_is_whole(const onnx_model *model, const onnx_view *view)
{
    size_t count = 1, source;
    for (size_t i = 0; i < view->n_axes; i++) count *= view->axes[i].size;
    return view->offset == 0 && hyti_dims_count(&model->values[view->source].dims, &source) && source == count;
}

static bool add_axis(onnx_view *view, size_t size, size_t stride, size_t group)
{
    if (view->n_axes == ONNX_MAX_AXES) return false;
    view->axes[view->n_axes] = (onnx_axis){ size, stride };
    view->group[view->n_axes++] = (unsigned char)group;
    return true;
}

/* The same values in the same order under other dims; false where an axis would have to be cut unevenly. */
static bool regroup(onnx_view *view, const hyt_dims *dims)
{
    onnx_axis left[ONNX_MAX_AXES];
    size_t count = hyti_onnx_join(view, left), at = 0;
    onnx_view to = { .source = view->source, .offset = view->offset };
    for (size_t i = 0; i < dims->rank; i++) {
        size_t need = dims->size[i];
        if (need == 1 && !add_axis(&to, 1, 1, i)) return false;
        while (need > 1) {
            if (at == count) return false;
            size_t take = HYTI_MIN(need, left[at].size);
            if (need % take || left[at].size % take) return false;
            if (!add_axis(&to, take, left[at].stride * (left[at].size / take), i)) return false;
            need /= take;
            left[at].size /= take;
            if (left[at].size == 1) at++;
        }
    }
    *view = to;
    return true;
}

static bool reorder(onnx_view *view, const onnx_move *move, size_t rank)
{
    onnx_view to = { .source = view->source, .offset = view->offset };
    for (size_t i = 0; i < rank; i++)
        for (size_t j = 0; j < view->n_axes; j++)
            if (view->group[j] == move->axis[i]) add_axis(&to, view->axes[j].size, view->axes[j].stride, i);
    *view = to;
    return true;
}

/* `size` values along a dim from `begin` on, `step` apart; a dim that is made of several axes cannot be cut. */
static bool cut(onnx_view *view, size_t dim, int64_t begin, int64_t step, size_t size)
{
    size_t found = 0, whole = 1, count = 0;
    for (size_t i = 0; i < view->n_axes; i++) {
        if (view->group[i] != dim || view->axes[i].size == 1) continue;
        whole *= view->axes[i].size;
        found = i;
        count++;
    }
    if (begin == 0 && size == whole) return true;
    if (count != 1 || step < 1 || begin < 0) return false;
    view->offset += (size_t)begin * view->axes[found].stride;
    view->axes[found].stride *= size > 1 ? (size_t)step : 1;
    view->axes[found].size = size;
    return true;
}

static bool slice(const onnx_model *model, const onnx_node *node, onnx_view *view)
{
    const hyt_dims *in = &model->values[node->inputs[0]].dims, *out = &model->values[node->outputs[0]].dims;
    for (size_t i = 0; i < in->rank; i++)
        if ((node->move->begin[i] || in->size[i] != out->size[i] || node->move->step[i] != 1) &&
            !cut(view, i, node->move->begin[i], node->move->step[i], out->size[i]))
            return false;
    return true;
}

/* A dim that one index takes goes; the later ones move up. */
static bool gather(const onnx_model *model, const onnx_node *node, onnx_view *view)
{
    const hyt_dims *by = &model->values[node->inputs[1]].dims;
    size_t dim = (size_t)node->move->axis[0], count;
    if (by->rank > 1 || !hyti_dims_count(by, &count)) return false;
    if (!cut(view, dim, node->move->begin[dim], count > 1 ? node->move->step[dim] : 1, count)) return false;
    if (by->rank == 1) return true;
    onnx_view to = { .source = view->source, .offset = view->offset };
    for (size_t i = 0; i < view->n_axes; i++)
        if (view->group[i] != dim)
            add_axis(&to, view->axes[i].size, view->axes[i].stride, view->group[i] - (size_t)(view->group[i] > dim));
    *view = to;
    return true;
}

static bool split(const onnx_model *model, const onnx_node *node, size_t index, onnx_view *view)
{
    size_t dim = (size_t)node->move->axis[0];
    int64_t begin = node->splits[index];
    return cut(view, dim, begin, 1, model->values[node->outputs[index]].dims.size[dim]);
}

/* Channels to blocks of pixels and back: five axes in another order. */
static bool shuffle(const onnx_model *model, const onnx_node *node, onnx_view *view)
{
    const size_t *in = model->values[node->inputs[0]].dims.size;
    size_t block = (size_t)node->move->begin[0];
    const hyt_dims *out = &model->values[node->outputs[0]].dims;
    bool back = node->op == ONNX_SPACE_TO_DEPTH, first = node->move->begin[1] == 0; /* blocks before channels */
    hyt_dims split = { 5, { block, block, out->size[1], in[2], in[3] } };
    onnx_move order = { .axis = { 2, 3, 0, 4, 1 } };
    if (back) {
        split = (hyt_dims){ 5, { in[1], out->size[2], block, out->size[3], block } };
        order = (onnx_move){ .axis = { 2, 4, 0, 1, 3 } };
    } else if (!first) {
        split = (hyt_dims){ 5, { out->size[1], block, block, in[2], in[3] } };
        order = (onnx_move){ .axis = { 0, 3, 1, 4, 2 } };
    }
    return regroup(view, &split) && reorder(view, &order, 5) && regroup(view, out);
}

static bool apply(const onnx_model *model, const onnx_node *node, size_t index, onnx_view *view)
{
    const hyt_dims *dims = &model->values[node->outputs[index]].dims;
    switch (node->op) {
    case ONNX_TRANSPOSE:
        return reorder(view, node->move, dims->rank);
    case ONNX_SLICE:
        return slice(model, node, view);
    case ONNX_SPLIT:
        return split(model, node, index, view);
    case ONNX_DEPTH_TO_SPACE:
    case ONNX_SPACE_TO_DEPTH:
        return shuffle(model, node, view);
    case ONNX_GATHER:
        return gather(model, node, view);
    default:
        return regroup(view, dims);
    }
}

/* Where the operand's own view is in the way, the result stands on the operand, which then is emitted in its turn. */
hyt_status hyti_onnx_view(onnx_model *model, onnx_node *node)
{
    for (size_t i = 0; i < node->n_outputs; i++) {
        if (node->outputs[i] == ONNX_NONE) continue;
        onnx_value *operand = &model->values[node->inputs[0]], *result = &model->values[node->outputs[i]];
        onnx_view view;
        hyti_onnx_view_of(model, node->inputs[0], &view);
        bool shuffles = node->op == ONNX_DEPTH_TO_SPACE || node->op == ONNX_SPACE_TO_DEPTH;
        bool good = (!shuffles || hyti_onnx_view_is_whole(model, &view)) && apply(model, node, i, &view);
        if (!good && operand->view) {
            onnx_view *own = operand->view;
            operand->view = NULL;
            hyti_onnx_view_of(model, node->inputs[0], &view);
            operand->view = own;
            good = apply(model, node, i, &view);
            operand->solid |= good;
        }
        if (!good)
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node,
                                    "a move of values that is no reshape, transpose or "
                                    "slice from front to back");
        result->view = hyti_onnx_take(model, sizeof view);
        if (!result->view) return hyti_fail_nomem();
        *result->view = view;
    }
    return HYT_OK;
}

/* Axis (size, stride) of a value, in that value's own view: the parts of its axes that it runs over. */
static bool through_axis(const onnx_view *inner, size_t size, size_t stride, size_t group, onnx_view *to)
{
    onnx_axis parts[ONNX_MAX_AXES];
    size_t count = 0, step = 1; /* of inner's axis, in the value's row-major order */
    for (size_t i = inner->n_axes; i-- > 0 && size > 1; step *= inner->axes[i].size) {
        size_t whole = inner->axes[i].size;
        if (stride >= step * whole) continue; /* lies within later axes */
        if (stride % step) return false;
        size_t first = stride / step, fit = whole / first; /* stride is never below step */
        if (whole % first) return false;
        size_t take = HYTI_MIN(size, fit);
        if (take == 0 || size % take || (take < size && take != fit) || count == ONNX_MAX_AXES) return false;
        parts[count++] = (onnx_axis){ take, inner->axes[i].stride * first };
        size /= take;
        stride = step * whole;
    }
    if (size > 1) return false;
    if (count == 0) return add_axis(to, 1, 1, group);
    while (count-- > 0)
        if (!add_axis(to, parts[count].size, parts[count].stride, group)) return false;
    return true;
}

bool hyti_onnx_view_through(const onnx_view *inner, onnx_view *outer)
{
    onnx_view to = { .source = inner->source, .offset = inner->offset };
    size_t offset = outer->offset;
    for (size_t i = inner->n_axes; i-- > 0; offset /= inner->axes[i].size)
        to.offset += offset % inner->axes[i].size * inner->axes[i].stride;
    for (size_t i = 0; i < outer->n_axes; i++)
        if (!through_axis(inner, outer->axes[i].size, outer->axes[i].stride, outer->group[i], &to)) return false;
    *outer = to;
    return true;
}
