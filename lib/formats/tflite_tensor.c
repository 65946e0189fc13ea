/* SPDX-License-Identifier: MIT */
/* Tensors: what the file says of them, and the constants among them. */
#include "formats/tflite.h"
#include <math.h>
#include <string.h>

static const struct { hyti_tflite_type type; const char *name; size_t width; } types[] = {
    { HYTI_TFLITE_FLOAT32, "FLOAT32", 4 }, { HYTI_TFLITE_FLOAT16, "FLOAT16", 2 }, { HYTI_TFLITE_INT32, "INT32", 4 },
    { HYTI_TFLITE_INT64, "INT64", 8 },     { HYTI_TFLITE_INT8, "INT8", 1 },
};

static size_t width_of(hyti_tflite_type type)
{
    for (size_t i = 0; i < HYTI_COUNT(types); i++)
        if (types[i].type == type) return types[i].width;
    return 0;
}

static hyt_status read_dims(const hyti_flat_table *table, hyti_tflite_tensor *tensor)
{
    hyti_flat_vector shape;
    HYTI_TRY(hyti_flat_list(table, 0, 4, "shape", &shape));
    bool batch = shape.count && hyti_flat_whole(&shape, 0) == 1; /* else a 1 goes in front */
    if (shape.count + !batch > HYT_MAX_RANK)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "tensor %zu has %zu axes, more than %d", tensor->number, shape.count,
                         HYT_MAX_RANK);
    tensor->dims.rank = shape.count;
    for (size_t i = 0; i < shape.count; i++) {
        int64_t size = hyti_flat_whole(&shape, i);
        if (size < 1)
            return hyti_fail(HYT_ERR_FORMAT, "tensor %zu has size %lld along axis %zu", tensor->number, (long long)size,
                             i);
        tensor->dims.size[i] = (size_t)size;
    }
    if (hyti_dims_count(&tensor->dims, &tensor->count) && tensor->count <= HYTI_MAX_VALUES) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "tensor %zu has more than 2^36 values", tensor->number);
}

static hyt_status read_type(const hyti_flat_table *table, hyti_tflite_tensor *tensor)
{
    uint64_t type, variable;
    hyti_flat_table sparsity;
    HYTI_TRY(hyti_flat_unsigned(table, 1, 1, 0, "type of a tensor", &type));
    HYTI_TRY(hyti_flat_unsigned(table, 5, 1, 0, "is_variable", &variable));
    HYTI_TRY(hyti_flat_child(table, 6, "sparsity", &sparsity));
    tensor->type = (hyti_tflite_type)type;
    tensor->real = type == HYTI_TFLITE_FLOAT32;
    if (width_of(tensor->type) == 0)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "tensor %zu is of type %u, not FLOAT32, FLOAT16, INT8, INT32 or INT64",
                         tensor->number, (unsigned)type);
    if (variable || sparsity.at)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "tensor %zu is %s", tensor->number, variable ? "a variable" : "sparse");
    return HYT_OK;
}

static hyt_status read_buffer(const hyti_tflite *file, const hyti_flat_table *table, hyti_tflite_tensor *tensor)
{
    uint64_t index, outside;
    hyti_flat_table buffer;
    HYTI_TRY(hyti_flat_unsigned(table, 2, 4, 0, "buffer of a tensor", &index));
    if (index >= file->buffers.count)
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu: there is no buffer %llu of %zu", tensor->number,
                         (unsigned long long)index, file->buffers.count);
    HYTI_TRY(hyti_flat_at(&file->buffers, (size_t)index, "buffer", &buffer));
    HYTI_TRY(hyti_flat_list(&buffer, 0, 1, "data of a buffer", &tensor->data));
    HYTI_TRY(hyti_flat_unsigned(&buffer, 1, 8, 0, "offset of a buffer", &outside));
    if (outside > 1)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "tensor %zu: its data lie beyond the flatbuffer", tensor->number);
    if (tensor->data.count == 0 || tensor->data.count == tensor->count * width_of(tensor->type)) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "tensor %zu of %zu values has %zu bytes", tensor->number, tensor->count,
                     tensor->data.count);
}

static hyt_status check_scales(const hyti_tflite_tensor *tensor)
{
    for (size_t i = 0; i < tensor->scales.count; i++) {
        float scale = hyti_flat_real(&tensor->scales, i);
        if (!(scale > 0) || !isfinite(scale))
            return hyti_fail(HYT_ERR_FORMAT, "tensor %zu: scale %zu is %g", tensor->number, i, (double)scale);
    }
    for (size_t i = 0; i < tensor->zeros.count; i++) {
        int64_t zero = hyti_flat_whole(&tensor->zeros, i);
        if (zero < -128 || zero > 127)
            return hyti_fail(HYT_ERR_FORMAT, "tensor %zu: zero point %zu is %lld, not from -128 to 127", tensor->number,
                             i, (long long)zero);
    }
    return HYT_OK;
}

static hyt_status read_scales(const hyti_flat_table *table, hyti_tflite_tensor *tensor)
{
    hyti_flat_table quantisation;
    uint64_t details;
    int64_t axis;
    HYTI_TRY(hyti_flat_child(table, 4, "quantization", &quantisation));
    HYTI_TRY(hyti_flat_list(&quantisation, 2, 4, "scales", &tensor->scales));
    HYTI_TRY(hyti_flat_list(&quantisation, 3, 8, "zero points", &tensor->zeros));
    HYTI_TRY(hyti_flat_unsigned(&quantisation, 4, 1, 0, "quantization details", &details));
    HYTI_TRY(hyti_flat_signed(&quantisation, 6, 4, 0, "quantized dimension", &axis));
    if (details) return hyti_fail(HYT_ERR_UNSUPPORTED, "tensor %zu: a quantization of its own kind", tensor->number);
    size_t count = tensor->scales.count, zeros = tensor->zeros.count;
    if (axis < 0 || (count > 1 && ((uint64_t)axis >= tensor->dims.rank || count != tensor->dims.size[axis])) ||
        (zeros && zeros != count))
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu: %zu scales and %zu zero points along axis %lld", tensor->number,
                         count, zeros, (long long)axis);
    tensor->axis = (size_t)axis;
    return check_scales(tensor);
}

hyt_status hyti_tflite_tensor_at(const hyti_tflite *file, int64_t number, hyti_tflite_tensor *out)
{
    hyti_flat_table table;
    if (number < 0 || (uint64_t)number >= file->tensors.count)
        return hyti_fail(HYT_ERR_FORMAT, "there is no tensor %lld of %zu", (long long)number, file->tensors.count);
    *out = (hyti_tflite_tensor){ .number = (size_t)number };
    HYTI_TRY(hyti_flat_at(&file->tensors, (size_t)number, "tensor", &table));
    HYTI_TRY(read_dims(&table, out));
    HYTI_TRY(read_type(&table, out));
    HYTI_TRY(read_buffer(file, &table, out));
    return read_scales(&table, out);
}

bool hyti_tflite_has_input(const hyti_tflite_operator *op, size_t index)
{
    return index < op->inputs.count && hyti_flat_whole(&op->inputs, index) != -1;
}

hyt_status hyti_tflite_input(const hyti_tflite_operator *op, size_t index, hyti_tflite_tensor *out)
{
    int64_t number = hyti_flat_whole(&op->inputs, index);
    bool known = number >= 0 && (uint64_t)number < op->file->tensors.count;
    int32_t constant = known ? op->file->values[number].constant : -1;
    if (constant < 0) return hyti_tflite_tensor_at(op->file, number, out);
    HYTI_TRY(hyti_tflite_tensor_at(op->file, constant, out));
    out->real = true;
    return HYT_OK;
}

bool hyti_tflite_is_constant(const hyti_tflite_tensor *tensor)
{
    return tensor->data.count != 0;
}

hyt_status hyti_tflite_need_scale(const hyti_tflite_tensor *tensor)
{
    if (tensor->real || (tensor->type == HYTI_TFLITE_INT8 && tensor->scales.count == 1)) return HYT_OK;
    return hyti_fail(tensor->type == HYTI_TFLITE_INT8 ? HYT_ERR_FORMAT : HYT_ERR_UNSUPPORTED,
                     "tensor %zu is neither FLOAT32 nor INT8 with one scale", tensor->number);
}

float hyti_tflite_scale(const hyti_tflite_tensor *tensor, size_t place)
{
    return hyti_flat_real(&tensor->scales, tensor->scales.count > 1 ? place : 0);
}

int32_t hyti_tflite_zero(const hyti_tflite_tensor *tensor, size_t place)
{
    size_t index = tensor->zeros.count > 1 ? place : 0;
    return tensor->zeros.count ? (int32_t)hyti_flat_whole(&tensor->zeros, index) : 0;
}

hyt_status hyti_tflite_need_same_scale(const hyti_tflite_tensor *a, const hyti_tflite_tensor *b)
{
    HYTI_TRY(hyti_tflite_need_scale(a));
    HYTI_TRY(hyti_tflite_need_scale(b));
    if (a->real != b->real)
        return hyti_fail(HYT_ERR_FORMAT, "tensors %zu and %zu are of two types", a->number, b->number);
    if (a->real) return HYT_OK;
    double left = hyti_tflite_scale(a, 0), right = hyti_tflite_scale(b, 0);
    int from = hyti_tflite_zero(a, 0), to = hyti_tflite_zero(b, 0);
    if (left == right && from == to) return HYT_OK;
    return hyti_fail(HYT_ERR_UNSUPPORTED, "scales %g and %g, zero points %d and %d of tensors %zu and %zu differ", left,
                     right, from, to, a->number, b->number);
}

hyt_status hyti_tflite_annotate(hyti_tflite *file, const hyti_tflite_tensor *tensor, hyt_value value)
{
    HYTI_TRY(hyti_tflite_need_scale(tensor));
    if (tensor->real) return HYT_OK;
    HYTI_TRY(hyt_graph_set_precision(file->graph, value, HYT_INT8));
    return hyt_graph_set_quantisation(file->graph, value, hyti_tflite_scale(tensor, 0), hyti_tflite_zero(tensor, 0));
}

static float half_to_float(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float size = exponent ? ldexpf((float)(1024 + fraction), exponent - 25) : ldexpf((float)fraction, -24);
    if (exponent == 31) size = fraction ? NAN : INFINITY;
    return half >> 15 ? -size : size;
}

/* `count` values from `first` on, which lie along the last axis; `place`: the first one's along the axis of the scales.
 * Whether all are finite. */
static bool read_row(const hyti_tflite_tensor *tensor, size_t first, size_t count, size_t place, bool along,
                     size_t stride, float *out)
{
    bool finite = true;
    const uint8_t *bytes = hyti_flat_bytes(&tensor->data, first);
    float scale = 1;
    int32_t zero = 0;
    for (size_t i = 0; i < count; i++) {
        if (tensor->type == HYTI_TFLITE_INT8 && (i == 0 || along)) {
            scale = hyti_tflite_scale(tensor, place + (along ? i : 0));
            zero = hyti_tflite_zero(tensor, place + (along ? i : 0));
        }
        float value = scale * (float)((int8_t)bytes[i] - zero);
        if (tensor->type == HYTI_TFLITE_FLOAT32) value = hyti_flat_real(&tensor->data, first + i);
        if (tensor->type == HYTI_TFLITE_FLOAT16)
            value = half_to_float((uint16_t)hyti_flat_whole(&tensor->data, first + i));
        finite = finite && isfinite(value);
        out[i * stride] = value;
    }
    return finite;
}

/* The data as elements instead of bytes. */
static hyt_status open_values(hyti_tflite *file, hyti_tflite_tensor *tensor)
{
    if (!hyti_tflite_is_constant(tensor))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "tensor %zu has to be a constant", tensor->number);
    if (tensor->type == HYTI_TFLITE_INT64 || tensor->type == HYTI_TFLITE_INT32 ||
        (tensor->type == HYTI_TFLITE_INT8 && tensor->scales.count == 0))
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu has neither FLOAT32 nor FLOAT16 nor scaled INT8 values",
                         tensor->number);
    if (tensor->count > file->left)
        return hyti_fail(HYT_ERR_FORMAT, "tensor %zu: more constant values than eight a byte of the file",
                         tensor->number);
    file->left -= tensor->count;
    tensor->data.width = width_of(tensor->type);
    tensor->data.count = tensor->count;
    return HYT_OK;
}

hyt_status hyti_tflite_read(hyti_tflite *file, const hyti_tflite_tensor *tensor, const size_t *strides, float *out)
{
    hyti_tflite_tensor values = *tensor;
    size_t place[HYT_MAX_RANK] = { 0 }, to = 0, last = tensor->dims.rank ? tensor->dims.rank - 1 : 0;
    HYTI_TRY(open_values(file, &values));
    size_t row = values.dims.rank ? values.dims.size[last] : 1, step = values.dims.rank ? strides[last] : 1;
    bool along = values.axis == last;
    size_t axis_of_scales = along || values.axis > last ? last : values.axis;
    for (size_t i = 0; i < values.count; i += row) {
        if (!read_row(&values, i, row, along ? 0 : place[axis_of_scales], along, step, out + to))
            return hyti_fail(HYT_ERR_FORMAT, "tensor %zu: a value from %zu on is not finite", values.number, i);
        for (size_t axis = last; axis-- > 0;) { /* the next row */
            to += strides[axis];
            if (++place[axis] < values.dims.size[axis]) break;
            to -= strides[axis] * values.dims.size[axis];
            place[axis] = 0;
        }
    }
    return HYT_OK;
}

hyt_status hyti_tflite_wholes(const hyti_tflite_operator *op, size_t index, const char *what, size_t most, int64_t *out,
                              size_t *count)
{
    hyti_tflite_tensor tensor;
    HYTI_TRY(hyti_tflite_input(op, index, &tensor));
    if (!hyti_tflite_is_constant(&tensor))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "the %s, tensor %zu, is not a constant", what, tensor.number);
    if ((tensor.type != HYTI_TFLITE_INT32 && tensor.type != HYTI_TFLITE_INT64) || tensor.count > most)
        return hyti_fail(HYT_ERR_FORMAT, "the %s, tensor %zu, is not of up to %zu whole numbers", what, tensor.number,
                         most);
    tensor.data.width = width_of(tensor.type);
    for (size_t i = 0; i < tensor.count; i++) out[i] = hyti_flat_whole(&tensor.data, i);
    *count = tensor.count;
    return HYT_OK;
}
