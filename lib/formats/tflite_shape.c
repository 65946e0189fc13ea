/* SPDX-License-Identifier: MIT */
/* What moves values and, but for the mean, changes none. Axes are counted as in the file; those of the graph differ for
 * pictures, and by a leading axis for tensors that have no batch. */
#include "formats/tflite.h"

static const size_t picture_axis[4] = { 0, 2, 3, 1 }; /* of N,H,W,C in N,C,H,W */

/* Axis of the file in the graph's value of a tensor. */
static size_t graph_axis(const hyti_tflite_operator *op, const hyti_tflite_tensor *tensor, hyt_value value, size_t axis)
{
    return op->file->graph->nodes[value].picture ? picture_axis[axis] : axis + hyti_tflite_lead(tensor);
}

static hyt_status to_axis(int64_t axis, const hyti_tflite_tensor *tensor, size_t *out)
{
    int64_t rank = (int64_t)tensor->dims.rank;
    if (axis < -rank || axis >= rank)
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu has %zu axes, there is no axis %lld", tensor->number,
                         tensor->dims.rank, (long long)axis);
    *out = (size_t)(axis < 0 ? axis + rank : axis);
    return HYT_OK;
}

/* A shape that RESHAPE states has to be that of its result, but for one -1. */
static hyt_status check_shape(const hyti_tflite_operator *op)
{
    int64_t shape[HYT_MAX_RANK];
    size_t count;
    if (op->code != HYTI_TFLITE_RESHAPE || !hyti_tflite_has_input(op, 1)) return HYT_OK;
    HYTI_TRY(hyti_tflite_wholes(op, 1, "shape", HYT_MAX_RANK, shape, &count));
    bool equal = count == op->out.dims.rank;
    for (size_t i = 0; equal && i < count; i++) equal = shape[i] == -1 || shape[i] == (int64_t)op->out.dims.size[i];
    if (equal) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "the shape that is asked for is not that of tensor %zu", op->out.number);
}

/* Whether two shapes differ by axes of 1 alone, as SQUEEZE and EXPAND_DIMS leave them. */
static bool same_but_ones(const hyt_dims *a, const hyt_dims *b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a->rank && a->size[i] == 1) i++;
        while (j < b->rank && b->size[j] == 1) j++;
        if (i == a->rank || j == b->rank) return i == a->rank && j == b->rank;
        if (a->size[i++] != b->size[j++]) return false;
    }
}

/* RESHAPE, SQUEEZE, EXPAND_DIMS. */
hyt_status hyti_tflite_reshape(const hyti_tflite_operator *op, hyt_value *out)
{
    hyt_dims dims = hyti_tflite_plain_dims(&op->out);
    HYTI_TRY(hyti_tflite_need_same_scale(&op->in, &op->out));
    HYTI_TRY(check_shape(op));
    if (op->in.count != op->out.count ||
        (op->code != HYTI_TFLITE_RESHAPE && !same_but_ones(&op->in.dims, &op->out.dims)))
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu of %zu values does not become tensor %zu of %zu", op->in.number,
                         op->in.count, op->out.number, op->out.count);
    return hyti_tflite_reshaped(op->file, &op->in, &dims, out);
}

hyt_status hyti_tflite_transpose(const hyti_tflite_operator *op, hyt_value *out)
{
    hyt_value input;
    int64_t order[HYT_MAX_RANK];
    size_t count, rank = op->in.dims.rank, lead = hyti_tflite_lead(&op->in), graph_order[HYT_MAX_RANK] = { 0 };
    HYTI_TRY(hyti_tflite_need_same_scale(&op->in, &op->out));
    HYTI_TRY(hyti_tflite_wholes(op, 1, "order of the axes", HYT_MAX_RANK, order, &count));
    HYTI_TRY(hyti_tflite_any(op->file, &op->in, &input));
    if (count != rank) return hyti_fail(HYT_ERR_FORMAT, "an order of %zu axes for %zu", count, rank);
    for (size_t i = 0; i < rank; i++) {
        size_t axis = 0;
        HYTI_TRY(to_axis(order[i], &op->in, &axis));
        graph_order[i + lead] = graph_axis(op, &op->in, input, axis);
    }
    return hyt_graph_transpose(op->file->graph, input, graph_order, 0, out);
}

/* From `begin` to `end` along one axis of the file; nothing where that is all of it. */
static hyt_status cut(const hyti_tflite_operator *op, size_t axis, size_t begin, size_t end, size_t step,
                      hyt_value *value)
{
    if (begin == 0 && end == op->in.dims.size[axis] && (step == 1 || end == 1)) return HYT_OK;
    return hyt_graph_slice(op->file->graph, *value, graph_axis(op, &op->in, *value, axis), begin, end, step, value);
}

hyt_status hyti_tflite_slice(const hyti_tflite_operator *op, hyt_value *out)
{
    int64_t begin[HYT_MAX_RANK], size[HYT_MAX_RANK];
    size_t begins, sizes;
    HYTI_TRY(hyti_tflite_need_same_scale(&op->in, &op->out));
    HYTI_TRY(hyti_tflite_wholes(op, 1, "begin", HYT_MAX_RANK, begin, &begins));
    HYTI_TRY(hyti_tflite_wholes(op, 2, "size", HYT_MAX_RANK, size, &sizes));
    if (begins != op->in.dims.rank || sizes != begins)
        return hyti_fail(HYT_ERR_FORMAT, "%zu begins and %zu sizes of %zu axes", begins, sizes, op->in.dims.rank);
    HYTI_TRY(hyti_tflite_any(op->file, &op->in, out));
    for (size_t i = 0; i < begins; i++) {
        int64_t all = (int64_t)op->in.dims.size[i], end = size[i] == -1 ? all : begin[i] + HYTI_MIN(size[i], all + 1);
        if (begin[i] < 0 || begin[i] >= end || end > all)
            return hyti_fail(HYT_ERR_FORMAT, "%lld values from %lld on of the %lld along axis %zu", (long long)size[i],
                             (long long)begin[i], (long long)all, i);
        HYTI_TRY(cut(op, i, (size_t)begin[i], (size_t)end, 1, out));
    }
    return HYT_OK;
}

/* Bounds of one axis: those masked are the ends, negative ones count from the end, those beyond are brought back; an
 * axis that goes keeps one place. */
static hyt_status stride_axis(const hyti_tflite_operator *op, size_t axis, int64_t begin, int64_t end, int64_t stride,
                              const size_t masks[5], hyt_value *value)
{
    int64_t size = (int64_t)op->in.dims.size[axis];
    bool goes = masks[4] >> axis & 1;
    if (stride < 1) return hyti_fail(HYT_ERR_UNSUPPORTED, "stride %lld along axis %zu", (long long)stride, axis);
    if (masks[0] >> axis & 1) begin = 0;
    if (begin < 0) begin += size;
    if (end < 0) end += size;
    if ((masks[1] >> axis & 1) || end > size) end = size;
    if (goes) end = begin + 1, stride = 1;
    if (begin < 0 && !goes) begin = 0;
    if (begin < 0 || begin >= end || end > size)
        return hyti_fail(HYT_ERR_FORMAT, "from %lld to %lld of the %lld along axis %zu", (long long)begin,
                         (long long)end, (long long)size, axis);
    return cut(op, axis, (size_t)begin, (size_t)end, (size_t)stride, value);
}

/* Axes that go are reshaped away, which for a picture has to wait until it is plain. */
static hyt_status drop_axes(const hyti_tflite_operator *op, hyt_value value, hyt_value *out)
{
    hyt_dims dims = hyti_tflite_plain_dims(&op->out);
    hyt_graph *graph = op->file->graph;
    static const size_t order[4] = { 0, 2, 3, 1 };
    if (graph->nodes[value].picture) HYTI_TRY(hyt_graph_transpose(graph, value, order, 0, &value));
    return hyt_graph_reshape(graph, value, &dims, 0, out);
}

hyt_status hyti_tflite_strided_slice(const hyti_tflite_operator *op, hyt_value *out)
{
    static const char *const names[5] = { "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask",
                                          "shrink_axis_mask" };
    static const char *const lists[3] = { "begin", "end", "strides" };
    int64_t places[3][HYT_MAX_RANK];
    size_t masks[5], count, offset, rank = op->in.dims.rank;
    HYTI_TRY(hyti_tflite_need_same_scale(&op->in, &op->out));
    for (size_t i = 0; i < 5; i++) HYTI_TRY(hyti_tflite_option(op, i, 4, 0, 0, 63, names[i], &masks[i]));
    HYTI_TRY(hyti_tflite_option(op, 5, 1, 0, 0, 1, "offset", &offset));
    if (masks[2] || masks[3] || offset)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "a slice with ellipsis, new axes or an end as an offset");
    for (size_t i = 0; i < 3; i++) {
        HYTI_TRY(hyti_tflite_wholes(op, i + 1, lists[i], HYT_MAX_RANK, places[i], &count));
        if (count != rank) return hyti_fail(HYT_ERR_FORMAT, "%s of %zu axes for %zu", lists[i], count, rank);
    }
    HYTI_TRY(hyti_tflite_any(op->file, &op->in, out));
    for (size_t i = 0; i < rank; i++)
        HYTI_TRY(stride_axis(op, i, places[0][i], places[1][i], places[2][i], masks, out));
    return op->out.dims.rank == rank ? HYT_OK : drop_axes(op, *out, out);
}

/* All as pictures where one is. */
hyt_status hyti_tflite_concat(const hyti_tflite_operator *op, hyt_value *out)
{
    hyti_tflite *file = op->file;
    hyti_tflite_tensor tensor;
    int64_t where;
    size_t axis = 0, count = op->inputs.count;
    bool picture = false;
    HYTI_TRY(hyti_flat_signed(&op->options, 0, 4, 0, "axis", &where));
    HYTI_TRY(to_axis(where, &op->in, &axis));
    hyt_value *inputs = hyti_array(file->context, count, sizeof *inputs);
    if (!inputs) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    for (size_t i = 0; status == HYT_OK && i < count; i++) {
        status = hyti_tflite_input(op, i, &tensor);
        if (status == HYT_OK && tensor.real != op->out.real)
            status = hyti_fail(HYT_ERR_UNSUPPORTED, "input %zu is of another type than the result", i);
        if (status == HYT_OK) picture = picture || hyti_tflite_has_picture(file, &tensor);
    }
    for (size_t i = 0; status == HYT_OK && i < count; i++) {
        status = hyti_tflite_input(op, i, &tensor);
        if (status == HYT_OK) status = (picture ? hyti_tflite_picture : hyti_tflite_plain)(file, &tensor, &inputs[i]);
    }
    if (status == HYT_OK)
        status = hyt_graph_concat(file->graph, inputs, count, graph_axis(op, &op->in, inputs[0], axis), out);
    hyti_free(file->context, inputs);
    return status == HYT_OK ? hyti_tflite_fused(op, 1, *out, out) : status;
}

/* Axes from `first` to `last` (exclusive), as one. */
static hyt_status mean_of_axes(const hyti_tflite_operator *op, size_t first, size_t last, bool kept, hyt_value *out)
{
    hyt_dims merged = hyti_tflite_plain_dims(&op->in), result = hyti_tflite_plain_dims(&op->out);
    size_t lead = hyti_tflite_lead(&op->in), gone = last - first - 1;
    hyt_value input;
    for (size_t i = first + lead + 1; i < merged.rank; i++) {
        if (i < last + lead) merged.size[first + lead] *= merged.size[i];
        if (i + gone < merged.rank) merged.size[i] = merged.size[i + gone];
    }
    merged.rank -= gone;
    HYTI_TRY(hyti_tflite_reshaped(op->file, &op->in, &merged, &input));
    HYTI_TRY(hyt_graph_mean_of(op->file->graph, input, first + lead, kept, out));
    return kept && gone ? hyt_graph_reshape(op->file->graph, *out, &result, 0, out) : HYT_OK;
}

/* Over H and W of a picture, or over axes that lie side by side. */
hyt_status hyti_tflite_mean(const hyti_tflite_operator *op, hyt_value *out)
{
    int64_t axes[HYT_MAX_RANK];
    size_t count, kept, axis = 0, first = HYT_MAX_RANK, last = 0;
    bool over[HYT_MAX_RANK] = { false };
    HYTI_TRY(hyti_tflite_need_scale(&op->in));
    HYTI_TRY(hyti_tflite_option(op, 0, 1, 0, 0, 1, "keep_dims", &kept));
    HYTI_TRY(hyti_tflite_wholes(op, 1, "list of axes", HYT_MAX_RANK, axes, &count));
    if (op->in.real != op->out.real) return hyti_fail(HYT_ERR_UNSUPPORTED, "operand and result are of two types");
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(to_axis(axes[i], &op->in, &axis));
        if (over[axis]) return hyti_fail(HYT_ERR_FORMAT, "axis %zu is listed twice", axis);
        over[axis] = true;
        first = HYTI_MIN(first, axis);
        last = HYTI_MAX(last, axis + 1);
    }
    if (count == 0 || last - first != count)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "a mean over %zu axes that are not side by side", count);
    bool picture = op->in.dims.rank == 4 && op->in.dims.size[0] == 1;
    if (picture && first == 1 && last == 3) return hyti_tflite_whole_mean(op, kept != 0, out);
    return mean_of_axes(op, first, last, kept != 0, out);
}
