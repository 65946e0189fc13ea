/* SPDX-License-Identifier: MIT */
/* Shapes of the operators that move values about: reshape, transpose, slice, join, resize, pad, mean. */
#include "formats/onnx.h"
#include <math.h>
#include <string.h>

static const hyt_dims *dims_of(onnx_model *model, const onnx_node *node, size_t index)
{
    return &hyti_onnx_operand(model, node, index)->dims;
}

static void set_result(onnx_model *model, const onnx_node *node, size_t index, const hyt_dims *dims)
{
    if (node->outputs[index] == ONNX_NONE) return;
    onnx_value *value = &model->values[node->outputs[index]];
    value->dims = *dims;
    value->type = ONNX_FLOAT;
}

static hyt_status unsupported(const onnx_node *node, const char *what)
{
    return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "%s", what);
}

/* A node whose result has the operand's axes, from their beginnings. */
static hyt_status new_move(onnx_model *model, onnx_node *node)
{
    node->move = hyti_onnx_take(model, sizeof *node->move);
    if (!node->move) return hyti_fail_nomem();
    for (size_t i = 0; i < HYT_MAX_RANK; i++) {
        node->move->axis[i] = (int)i;
        node->move->step[i] = 1;
    }
    return HYT_OK;
}

static hyt_status new_draft(onnx_model *model, onnx_node *node)
{
    node->draft = hyti_onnx_take(model, sizeof *node->draft);
    return node->draft ? HYT_OK : hyti_fail_nomem();
}

/* Reshape: 0 keeps the operand's size (unless allowzero), one -1 is worked out. */
static hyt_status reshaped(const onnx_node *node, const hyt_dims *in, const int64_t *sizes, size_t count, bool zero,
                           hyt_dims *out)
{
    size_t values, known = 1, open = HYT_MAX_RANK;
    hyti_dims_count(in, &values);
    *out = (hyt_dims){ .rank = count };
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] == -1 && open == HYT_MAX_RANK) {
            open = i;
            continue;
        }
        if (sizes[i] == 0 && !zero && i >= in->rank)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "keeps axis %zu of %zu", i, in->rank);
        out->size[i] = sizes[i] == 0 && !zero ? in->size[i] : (size_t)sizes[i];
        if (sizes[i] < 0 || !hyti_mul(known, out->size[i], &known))
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "a size of %lld", (long long)sizes[i]);
    }
    if (open < HYT_MAX_RANK) {
        if (known == 0 || values % known)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu values in rows of %zu", values, known);
        out->size[open] = values / known;
        known = values;
    }
    if (known == values) return HYT_OK;
    return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu values, asked for as %zu", values, known);
}

static hyt_status shape_reshape(onnx_model *model, onnx_node *node)
{
    int64_t sizes[HYT_MAX_RANK], zero;
    size_t count;
    hyt_dims out;
    HYTI_TRY(hyti_onnx_number(node, "allowzero", 0, &zero));
    HYTI_TRY(hyti_onnx_list(model, node, "sizes", 1, sizes, &count, HYT_MAX_RANK));
    HYTI_TRY(reshaped(node, dims_of(model, node, 0), sizes, count, zero != 0, &out));
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static hyt_status shape_flatten(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    hyt_dims out = { 2, { 1, 1 } };
    int64_t number;
    HYTI_TRY(hyti_onnx_number(node, "axis", 1, &number));
    if (number < -(int64_t)in->rank || number > (int64_t)in->rank)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "axis %lld of %zu", (long long)number, in->rank);
    size_t axis = (size_t)(number < 0 ? number + (int64_t)in->rank : number);
    for (size_t i = 0; i < in->rank; i++) out.size[i >= axis] *= in->size[i];
    set_result(model, node, 0, &out);
    return HYT_OK;
}

/* Axes as a set; 0 where they are left out. */
static hyt_status get_axes(onnx_model *model, const onnx_node *node, size_t rank, unsigned *set)
{
    int64_t axes[HYT_MAX_RANK];
    size_t count, axis;
    *set = 0;
    HYTI_TRY(hyti_onnx_list(model, node, "axes", 1, axes, &count, HYT_MAX_RANK));
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(hyti_onnx_axis(node, axes[i], rank, &axis));
        *set |= 1u << axis;
    }
    return HYT_OK;
}

static hyt_status shape_squeeze(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    hyt_dims out = { 0 };
    unsigned set;
    HYTI_TRY(get_axes(model, node, in->rank, &set));
    for (size_t i = 0; i < in->rank; i++) {
        bool gone = set ? set >> i & 1 : in->size[i] == 1;
        if (gone && in->size[i] != 1)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "axis %zu has size %zu, not 1", i, in->size[i]);
        if (!gone) out.size[out.rank++] = in->size[i];
    }
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static hyt_status shape_unsqueeze(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    int64_t axes[HYT_MAX_RANK];
    size_t count, axis;
    unsigned set = 0;
    hyt_dims out = { 0 };
    HYTI_TRY(hyti_onnx_list(model, node, "axes", 1, axes, &count, HYT_MAX_RANK));
    if (in->rank + count > HYT_MAX_RANK)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a result of %zu axes", in->rank + count);
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(hyti_onnx_axis(node, axes[i], in->rank + count, &axis));
        if (set >> axis & 1) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "axis %zu twice", axis);
        set |= 1u << axis;
    }
    for (size_t i = 0; out.rank < in->rank + count; out.rank++)
        out.size[out.rank] = set >> out.rank & 1 ? 1 : in->size[i++];
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static hyt_status shape_transpose(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    int64_t order[HYT_MAX_RANK];
    size_t count, axis;
    unsigned seen = 0;
    hyt_dims out = { .rank = in->rank };
    HYTI_TRY(new_move(model, node));
    HYTI_TRY(hyti_onnx_numbers(node, "perm", order, &count, HYT_MAX_RANK));
    if (count && count != in->rank) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "an order of %zu axes", count);
    for (size_t i = 0; i < in->rank; i++) {
        HYTI_TRY(hyti_onnx_axis(node, count ? order[i] : (int64_t)(in->rank - 1 - i), in->rank, &axis));
        if (seen >> axis & 1) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "axis %zu twice", axis);
        seen |= 1u << axis;
        node->move->axis[i] = (int)axis;
        out.size[i] = in->size[axis];
    }
    set_result(model, node, 0, &out);
    return HYT_OK;
}

/* Block and order (0: blocks before channels) go into move->begin. */
static hyt_status shape_shuffle(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    const onnx_attribute *mode = hyti_onnx_attribute(node, "mode");
    int64_t block;
    bool back = node->op == ONNX_SPACE_TO_DEPTH;
    HYTI_TRY(new_move(model, node));
    HYTI_TRY(hyti_onnx_number(node, "blocksize", 0, &block));
    if (in->rank != 4 || in->size[0] != 1) return unsupported(node, "an operand that is no picture");
    if (block < 1 || block > 65536) return hyti_onnx_refuse(HYT_ERR_RANGE, node, "blocks of %lld", (long long)block);
    size_t b = (size_t)block;
    if (back ? in->size[2] % b || in->size[3] % b : in->size[1] % (b * b))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "blocks of %zu do not divide its operand", b);
    hyt_dims out = { 4, { 1, in->size[1] / (b * b), in->size[2] * b, in->size[3] * b } };
    if (back) out = (hyt_dims){ 4, { 1, in->size[1] * b * b, in->size[2] / b, in->size[3] / b } };
    node->move->begin[0] = block;
    node->move->begin[1] = mode && hyti_onnx_text_is(mode->text, "CRD");
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* One axis of a slice, as numpy does it. */
static hyt_status slice_axis(onnx_node *node, int64_t size, size_t axis, int64_t start, int64_t end, int64_t step,
                             hyt_dims *out)
{
    if (step == 0 || step == INT64_MIN)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "a step of %lld", (long long)step);
    if (start < 0) start = start < -size ? -1 : start + size;
    if (end < 0) end = end < -size ? -1 : end + size;
    start = step > 0 ? clamp(start, 0, size) : clamp(start, -1, size - 1);
    end = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
    int64_t reach = step > 0 ? end - start : start - end, stride = step > 0 ? step : -step;
    out->size[axis] = reach > 0 ? (size_t)((reach - 1) / stride + 1) : 0;
    node->move->begin[axis] = start < 0 ? 0 : start;
    node->move->step[axis] = step;
    return HYT_OK;
}

static hyt_status shape_slice(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    int64_t starts[HYT_MAX_RANK], ends[HYT_MAX_RANK], axes[HYT_MAX_RANK], steps[HYT_MAX_RANK];
    size_t count, n_ends, n_axes, n_steps, axis;
    hyt_dims out = *in;
    HYTI_TRY(new_move(model, node));
    HYTI_TRY(hyti_onnx_list(model, node, "starts", 1, starts, &count, HYT_MAX_RANK));
    HYTI_TRY(hyti_onnx_list(model, node, "ends", 2, ends, &n_ends, HYT_MAX_RANK));
    HYTI_TRY(hyti_onnx_list(model, node, "axes", 3, axes, &n_axes, HYT_MAX_RANK));
    HYTI_TRY(hyti_onnx_list(model, node, "steps", 4, steps, &n_steps, HYT_MAX_RANK));
    if (count > in->rank || n_ends != count || (n_axes && n_axes != count) || (n_steps && n_steps != count))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu starts, %zu ends, %zu axes, %zu steps", count, n_ends,
                                n_axes, n_steps);
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(hyti_onnx_axis(node, n_axes ? axes[i] : (int64_t)i, in->rank, &axis));
        HYTI_TRY(slice_axis(node, (int64_t)in->size[axis], axis, starts[i], ends[i], n_steps ? steps[i] : 1, &out));
    }
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static hyt_status shape_split(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    int64_t number, sizes[1024];
    size_t axis, count, sum = 0;
    HYTI_TRY(hyti_onnx_number(node, "axis", 0, &number));
    HYTI_TRY(hyti_onnx_axis(node, number, in->rank, &axis));
    HYTI_TRY(hyti_onnx_list(model, node, "split", 1, sizes, &count, 1024));
    HYTI_TRY(new_move(model, node));
    node->splits = hyti_onnx_take(model, node->n_outputs * sizeof *node->splits);
    if (!node->splits) return hyti_fail_nomem();
    if (count && count != node->n_outputs) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu sizes", count);
    size_t each = (in->size[axis] + node->n_outputs - 1) / node->n_outputs;
    for (size_t i = 0; i < node->n_outputs; i++) {
        hyt_dims out = *in;
        if (count && (sizes[i] < 1 || (uint64_t)sizes[i] > in->size[axis] - sum))
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "a size of %lld at %zu of %zu", (long long)sizes[i], sum,
                                    in->size[axis]);
        out.size[axis] = count ? (size_t)sizes[i] : HYTI_MIN(each, in->size[axis] - HYTI_MIN(sum, in->size[axis]));
        if (out.size[axis] == 0) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "nothing is left for result %zu", i);
        node->splits[i] = (int64_t)sum;
        sum += out.size[axis];
        set_result(model, node, i, &out);
    }
    if (sum != in->size[axis])
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "sizes of %zu in all, not %zu", sum, in->size[axis]);
    node->move->axis[0] = (int)axis;
    return HYT_OK;
}

/* Of run-time values: one index, or indices at equal distances. */
static hyt_status gather_move(onnx_model *model, onnx_node *node, size_t axis)
{
    const onnx_tensor *indices = hyti_onnx_constant(model, node, 1);
    int64_t size = (int64_t)dims_of(model, node, 0)->size[axis];
    HYTI_TRY(new_move(model, node));
    if (!indices) return unsupported(node, "indices that are no constant");
    if (hyti_onnx_is_real(indices)) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "indices that are no whole numbers");
    int64_t first = 0, step = 1, last = 0;
    for (size_t i = 0; i < indices->count; i++) {
        int64_t index = hyti_onnx_int_at(indices, i);
        if (index < -size || index >= size)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "index %lld of %lld", (long long)index, (long long)size);
        if (index < 0) index += size;
        if (i == 0) first = index;
        if (i == 1) step = index - first;
        if (i > 1 && index - last != step) step = 0; /* of no use to a move */
        last = index;
    }
    node->move->begin[axis] = first;
    node->move->step[axis] = step;
    return HYT_OK;
}

static hyt_status shape_gather(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0), *by = dims_of(model, node, 1);
    hyt_dims out = { 0 };
    int64_t number;
    size_t axis;
    HYTI_TRY(hyti_onnx_number(node, "axis", 0, &number));
    HYTI_TRY(hyti_onnx_axis(node, number, in->rank, &axis));
    if (in->rank + by->rank - 1 > HYT_MAX_RANK) return unsupported(node, "a result of more than 6 axes");
    HYTI_TRY(gather_move(model, node, axis));
    node->move->axis[0] = (int)axis;
    for (size_t i = 0; i < axis; i++) out.size[out.rank++] = in->size[i];
    for (size_t i = 0; i < by->rank; i++) out.size[out.rank++] = by->size[i];
    for (size_t i = axis + 1; i < in->rank; i++) out.size[out.rank++] = in->size[i];
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static hyt_status shape_concat(onnx_model *model, onnx_node *node)
{
    hyt_dims out = *dims_of(model, node, 0);
    int64_t number;
    size_t axis;
    if (!hyti_onnx_attribute(node, "axis")) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "no axis");
    HYTI_TRY(hyti_onnx_number(node, "axis", 0, &number));
    HYTI_TRY(hyti_onnx_axis(node, number, out.rank, &axis));
    HYTI_TRY(new_draft(model, node));
    for (size_t i = 1; i < node->n_inputs; i++) {
        const onnx_value *value = hyti_onnx_operand(model, node, i);
        if (!value) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "operand %zu is left out", i);
        bool fits = value->dims.rank == out.rank;
        for (size_t j = 0; fits && j < out.rank; j++) fits = j == axis || value->dims.size[j] == out.size[j];
        if (!fits) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "operand %zu does not fit the first", i);
        out.size[axis] += value->dims.size[axis];
    }
    node->draft->axis = axis;
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static hyt_status shape_expand(onnx_model *model, onnx_node *node)
{
    int64_t sizes[HYT_MAX_RANK];
    hyt_dims wanted = { 0 }, out;
    HYTI_TRY(hyti_onnx_list(model, node, "sizes", 1, sizes, &wanted.rank, HYT_MAX_RANK));
    for (size_t i = 0; i < wanted.rank; i++) {
        if (sizes[i] < 1 || (uint64_t)sizes[i] > HYTI_MAX_SIDE)
            return hyti_onnx_refuse(HYT_ERR_RANGE, node, "a size of %lld", (long long)sizes[i]);
        wanted.size[i] = (size_t)sizes[i];
    }
    if (!hyti_onnx_broadcast(dims_of(model, node, 0), &wanted, &out))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "its operand does not fit what is asked for");
    set_result(model, node, 0, &out);
    return HYT_OK;
}

static hyt_status shape_reduce_mean(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    hyt_dims out = { 0 };
    int64_t keep, noop;
    unsigned set;
    HYTI_TRY(hyti_onnx_number(node, "keepdims", 1, &keep));
    HYTI_TRY(hyti_onnx_number(node, "noop_with_empty_axes", 0, &noop));
    HYTI_TRY(get_axes(model, node, in->rank, &set));
    HYTI_TRY(new_draft(model, node));
    if (set == 0 && noop) return unsupported(node, "a mean over no axis");
    if (set == 0) set = (1u << in->rank) - 1;
    for (size_t i = 0; i < in->rank; i++)
        if (!(set >> i & 1)) out.size[out.rank++] = in->size[i];
        else if (keep) out.size[out.rank++] = 1;
    node->draft->axis = set;
    set_result(model, node, 0, &out);
    return HYT_OK;
}

/* Pictures of another size. */

static bool says(const onnx_node *node, const char *name, const char *word, bool absent)
{
    const onnx_attribute *attribute = hyti_onnx_attribute(node, name);
    return attribute ? hyti_onnx_text_is(attribute->text, word) : absent;
}

/* floor(i in / out) is what nearest with asymmetric coordinates reads; centred coordinates read the same pixels where
 * a whole number of them is made of each. */
static hyt_status resize_mode(onnx_model *model, onnx_node *node, const hyt_dims *in, const hyt_dims *out)
{
    static const char *const absent[] = { "antialias", "exclude_outside", "axes", "keep_aspect_ratio_policy" };
    bool old = node->op == ONNX_UPSAMPLE || model->opset < 11;
    bool whole = out->size[2] % in->size[2] == 0 && out->size[3] % in->size[3] == 0;
    bool half = !old && (says(node, "coordinate_transformation_mode", "half_pixel", true) ||
                         (says(node, "coordinate_transformation_mode", "pytorch_half_pixel", false) &&
                          out->size[2] > 1 && out->size[3] > 1));
    bool plain = old || says(node, "coordinate_transformation_mode", "asymmetric", false);
    for (size_t i = 0; i < 2; i++)
        if (hyti_onnx_attribute(node, absent[i]) && hyti_onnx_attribute(node, absent[i])->number)
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "attribute \"%s\"", absent[i]);
    for (size_t i = 2; i < 4; i++)
        if (hyti_onnx_attribute(node, absent[i]))
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "attribute \"%s\"", absent[i]);
    if (says(node, "mode", "nearest", true)) {
        bool floored = old || says(node, "nearest_mode", "floor", false);
        bool rounded = says(node, "nearest_mode", "round_prefer_floor", true) ||
                       says(node, "nearest_mode", "round_prefer_ceil", false);
        node->draft->mode = HYT_RESIZE_NEAREST;
        return (plain && floored) || (half && rounded && whole) ? HYT_OK
                                                                : unsupported(node, "this rounding of coordinates");
    }
    if (!says(node, "mode", "linear", false)) return unsupported(node, "a mode other than nearest and linear");
    node->draft->mode = half ? HYT_RESIZE_BILINEAR : HYT_RESIZE_ALIGN_CORNERS;
    return half || says(node, "coordinate_transformation_mode", "align_corners", false)
               ? HYT_OK
               : unsupported(node, "linear in coordinates that are neither half_pixel nor align_corners");
}

/* A side that a scale leads to; one that does not lead to a whole number is not run, since coordinates depend on it. */
static hyt_status scaled(const onnx_node *node, double scale, size_t side, size_t *out)
{
    double exact = scale * (double)side, whole = nearbyint(exact);
    if (!(whole >= 1 && whole <= (double)HYTI_MAX_SIDE) || fabs(exact - whole) > 1e-6 * whole)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a scale of %g of %zu pixels", scale, side);
    *out = (size_t)whole;
    return HYT_OK;
}

static hyt_status resize_sizes(onnx_model *model, const onnx_node *node, const hyt_dims *in, hyt_dims *out)
{
    int64_t sizes[4];
    size_t count;
    size_t place = node->op == ONNX_UPSAMPLE || model->opset < 11 ? 1 : 2;
    const onnx_value *scales = hyti_onnx_operand(model, node, place), *by_size = hyti_onnx_operand(model, node, 3);
    *out = *in;
    if (by_size) {
        HYTI_TRY(hyti_onnx_list(model, node, "sizes", 3, sizes, &count, 4));
        if (count != 4) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu sizes", count);
        for (size_t i = 0; i < 4; i++) {
            if (sizes[i] < 1 || (uint64_t)sizes[i] > HYTI_MAX_SIDE)
                return hyti_onnx_refuse(HYT_ERR_RANGE, node, "a size of %lld", (long long)sizes[i]);
            out->size[i] = (size_t)sizes[i];
        }
    } else {
        const onnx_attribute *list = hyti_onnx_attribute(node, "scales");
        bool good = list ? list->n_numbers == 4 : scales && scales->constant && scales->constant->count == 4;
        if (!good) return unsupported(node, "scales that are not 4 constants");
        for (size_t i = 0; i < 4; i++) {
            float real = 0;
            uint32_t bits = list ? (uint32_t)list->numbers[i] : 0;
            memcpy(&real, &bits, sizeof real);
            HYTI_TRY(
                scaled(node, list ? (double)real : hyti_onnx_real_at(scales->constant, i), in->size[i], &out->size[i]));
        }
    }
    if (out->size[0] == in->size[0] && out->size[1] == in->size[1]) return HYT_OK;
    return unsupported(node, "a resize of other axes than height and width");
}

static hyt_status shape_resize(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    hyt_dims out;
    if (in->rank != 4) return unsupported(node, "an operand that is no picture");
    HYTI_TRY(new_draft(model, node));
    HYTI_TRY(resize_sizes(model, node, in, &out));
    HYTI_TRY(resize_mode(model, node, in, &out));
    node->draft->height = out.size[2];
    node->draft->width = out.size[3];
    set_result(model, node, 0, &out);
    return HYT_OK;
}

/* Constant frames of height and width. */
static hyt_status shape_pad(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    int64_t pads[2 * HYT_MAX_RANK];
    size_t count;
    hyt_dims out = *in;
    HYTI_TRY(new_draft(model, node));
    if (!says(node, "mode", "constant", true)) return unsupported(node, "a mode other than constant");
    if (hyti_onnx_operand(model, node, 3)) return unsupported(node, "operand axes");
    HYTI_TRY(hyti_onnx_list(model, node, "pads", 1, pads, &count, 2 * HYT_MAX_RANK));
    if (in->rank != 4 || count != 8) return unsupported(node, "an operand that is no picture");
    for (size_t i = 0; i < 8; i++) {
        if (pads[i] < 0 || (uint64_t)pads[i] > HYTI_MAX_SIDE || (i % 4 < 2 && pads[i]))
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a pad of %lld along axis %zu", (long long)pads[i],
                                    i % 4);
        if (i % 4 >= 2) node->draft->pad[i / 4 * 2 + i % 4 - 2] = (size_t)pads[i];
        out.size[i % 4] += (size_t)pads[i];
    }
    const onnx_value *value = hyti_onnx_operand(model, node, 2);
    if (value && !hyti_onnx_scalar(value->constant, &node->draft->value))
        return unsupported(node, "a value that is no constant");
    if (!value) HYTI_TRY(hyti_onnx_real(node, "value", 0, &node->draft->value));
    set_result(model, node, 0, &out);
    return HYT_OK;
}

hyt_status hyti_onnx_shape_moved(onnx_model *model, onnx_node *node)
{
    switch (node->op) {
    case ONNX_RESHAPE:
        return shape_reshape(model, node);
    case ONNX_FLATTEN:
        return shape_flatten(model, node);
    case ONNX_SQUEEZE:
        return shape_squeeze(model, node);
    case ONNX_UNSQUEEZE:
        return shape_unsqueeze(model, node);
    case ONNX_TRANSPOSE:
        return shape_transpose(model, node);
    case ONNX_DEPTH_TO_SPACE:
    case ONNX_SPACE_TO_DEPTH:
        return shape_shuffle(model, node);
    case ONNX_SLICE:
        return shape_slice(model, node);
    case ONNX_SPLIT:
        return shape_split(model, node);
    case ONNX_GATHER:
        return shape_gather(model, node);
    case ONNX_CONCAT:
        return shape_concat(model, node);
    case ONNX_EXPAND:
        return shape_expand(model, node);
    case ONNX_REDUCE_MEAN:
        return shape_reduce_mean(model, node);
    case ONNX_RESIZE:
    case ONNX_UPSAMPLE:
        return shape_resize(model, node);
    case ONNX_PAD:
        return shape_pad(model, node);
    default:
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node,
                                "not provided for values that are known only when the network runs");
    }
}
