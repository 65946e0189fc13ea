/* SPDX-License-Identifier: MIT */
/* The two forms of a tensor in the graph: a picture N,C,H,W, and the axes of the file. */
#include "formats/tflite.h"

size_t hyti_tflite_lead(const hyti_tflite_tensor *tensor)
{
    return tensor->dims.rank < 2 || tensor->dims.size[0] != 1;
}

hyt_dims hyti_tflite_plain_dims(const hyti_tflite_tensor *tensor)
{
    hyt_dims dims = tensor->dims;
    if (hyti_tflite_lead(tensor) == 0) return dims;
    dims = (hyt_dims){ HYTI_MAX(tensor->dims.rank + 1, (size_t)2), { 1, 1 } };
    for (size_t i = 0; i < tensor->dims.rank; i++) dims.size[i + 1] = tensor->dims.size[i];
    return dims;
}

static bool may_be_picture(const hyti_tflite_tensor *tensor)
{
    return tensor->dims.rank == 4 && tensor->dims.size[0] == 1;
}

static hyt_dims picture_dims(const hyti_tflite_tensor *tensor)
{
    const size_t *size = tensor->dims.size;
    return (hyt_dims){ 4, { 1, size[3], size[1], size[2] } };
}

/* Whether N,H,W,C and N,C,H,W are the same order. */
static bool one_order(const hyti_tflite_tensor *tensor)
{
    return tensor->dims.size[3] == 1 || tensor->dims.size[1] * tensor->dims.size[2] == 1;
}

bool hyti_tflite_has_picture(const hyti_tflite *file, const hyti_tflite_tensor *tensor)
{
    return file->values[tensor->number].picture != HYTI_NO_VALUE;
}

static hyt_status turn(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value from, bool picture,
                       hyt_value *out)
{
    static const size_t orders[2][4] = { { 0, 2, 3, 1 }, { 0, 3, 1, 2 } };
    hyt_value value;
    hyt_dims dims = picture ? picture_dims(tensor) : hyti_tflite_plain_dims(tensor);
    if (one_order(tensor)) HYTI_TRY(hyt_graph_reshape(file->graph, from, &dims, picture, &value));
    else HYTI_TRY(hyt_graph_transpose(file->graph, from, orders[picture], picture, &value));
    *out = value;
    return hyti_tflite_annotate(file, tensor, value);
}

/* Values of a constant with `lead` axes of 1 and `rank` of the file's, of which it may lack the first ones. */
static hyt_status make_constant(hyti_tflite *file, const hyti_tflite_tensor *tensor, size_t lead, size_t rank,
                                bool picture, bool negated, hyt_value *out)
{
    size_t strides[HYT_MAX_RANK], stride = 1, lacks = lead + rank - tensor->dims.rank;
    static const size_t places[4] = { 0, 2, 3, 1 }; /* of N,H,W,C in N,C,H,W */
    hyt_dims dims = { HYTI_MAX(lead + rank, (size_t)2), { 1, 1, 1, 1, 1, 1 } };
    size_t of[HYT_MAX_RANK]; /* which axis of the result is which of the tensor */
    for (size_t i = 0; i < tensor->dims.rank; i++) {
        of[i] = picture ? places[lacks + i] : lacks + i;
        dims.size[of[i]] = tensor->dims.size[i];
    }
    for (size_t axis = dims.rank; axis-- > 0; stride *= dims.size[axis])
        for (size_t i = 0; i < tensor->dims.rank; i++)
            if (of[i] == axis) strides[i] = stride;
    float *values = hyti_array(file->context, tensor->count, sizeof *values);
    if (!values) return hyti_fail_nomem();
    hyt_status status = hyti_tflite_read(file, tensor, strides, values);
    for (size_t i = 0; negated && i < tensor->count; i++) values[i] = -values[i];
    if (status == HYT_OK) status = hyt_graph_constant(file->graph, &dims, picture, values, out);
    hyti_free(file->context, values);
    HYTI_TRY(status);
    if (tensor->real || !negated) return hyti_tflite_annotate(file, tensor, *out);
    HYTI_TRY(hyt_graph_set_precision(file->graph, *out, HYT_INT8)); /* -(q - zero) = (-1 - q) - (-1 - zero) */
    int32_t zero = -1 - hyti_tflite_zero(tensor, 0);
    return hyt_graph_set_quantisation(file->graph, *out, hyti_tflite_scale(tensor, 0), zero);
}

static hyt_status need_constant(const hyti_tflite_tensor *tensor)
{
    if (!hyti_tflite_is_constant(tensor))
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu is read before anything writes it", tensor->number);
    return hyti_tflite_need_scale(tensor);
}

hyt_status hyti_tflite_constant(hyti_tflite *file, const hyti_tflite_tensor *tensor, const hyti_tflite_tensor *like,
                                bool picture, bool negated, hyt_value *out)
{
    HYTI_TRY(need_constant(tensor));
    if (tensor->dims.rank > like->dims.rank)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "constant tensor %zu has more axes than tensor %zu", tensor->number,
                         like->number);
    return make_constant(file, tensor, hyti_tflite_lead(like), like->dims.rank, picture, negated, out);
}

/* The form asked for, of nothing but a constant. */
static hyt_status from_constant(hyti_tflite *file, const hyti_tflite_tensor *tensor, bool picture, hyt_value *out)
{
    HYTI_TRY(need_constant(tensor));
    return make_constant(file, tensor, hyti_tflite_lead(tensor), tensor->dims.rank, picture, false, out);
}

hyt_status hyti_tflite_picture(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value *out)
{
    hyti_tflite_values *values = &file->values[tensor->number];
    if (!may_be_picture(tensor))
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu is not one picture (1,H,W,C)", tensor->number);
    if (values->picture == HYTI_NO_VALUE && values->plain == HYTI_NO_VALUE)
        HYTI_TRY(from_constant(file, tensor, true, &values->picture));
    if (values->picture == HYTI_NO_VALUE) HYTI_TRY(turn(file, tensor, values->plain, true, &values->picture));
    *out = values->picture;
    return HYT_OK;
}

hyt_status hyti_tflite_plain(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value *out)
{
    hyti_tflite_values *values = &file->values[tensor->number];
    if (values->picture == HYTI_NO_VALUE && values->plain == HYTI_NO_VALUE)
        HYTI_TRY(from_constant(file, tensor, false, &values->plain));
    if (values->plain == HYTI_NO_VALUE) HYTI_TRY(turn(file, tensor, values->picture, false, &values->plain));
    *out = values->plain;
    return HYT_OK;
}

hyt_status hyti_tflite_any(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value *out)
{
    if (hyti_tflite_has_picture(file, tensor)) return hyti_tflite_picture(file, tensor, out);
    return hyti_tflite_plain(file, tensor, out);
}

static bool equal_dims(const hyt_dims *a, const hyt_dims *b)
{
    bool equal = a->rank == b->rank;
    for (size_t i = 0; equal && i < a->rank; i++) equal = a->size[i] == b->size[i];
    return equal;
}

/* What a value was reshaped from, once more or again; a reshape that nothing else will read is taken back. */
static hyt_value reshaped_from(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value value)
{
    hyt_graph *graph = file->graph;
    hyt_value from = value;
    while (graph->nodes[from].op == HYT_OP_RESHAPE) from = graph->nodes[from].inputs[0];
    bool last = (size_t)value + 1 == graph->n_nodes && from + 1 == value;
    if (!last || file->values[tensor->number].uses != 1) return from;
    hyti_graph_cut(graph, (size_t)value);
    file->first = HYTI_MIN(file->first, graph->n_nodes);
    return from;
}

hyt_status hyti_tflite_reshaped(hyti_tflite *file, const hyti_tflite_tensor *tensor, const hyt_dims *dims,
                                hyt_value *out)
{
    hyt_value value;
    if (hyti_tflite_has_picture(file, tensor) && one_order(tensor)) HYTI_TRY(hyti_tflite_picture(file, tensor, &value));
    else HYTI_TRY(hyti_tflite_plain(file, tensor, &value));
    *out = value = reshaped_from(file, tensor, value);
    if (!file->graph->nodes[value].picture && equal_dims(&file->graph->nodes[value].dims, dims)) return HYT_OK;
    HYTI_TRY(hyt_graph_reshape(file->graph, value, dims, 0, out));
    return hyti_tflite_annotate(file, tensor, *out);
}
