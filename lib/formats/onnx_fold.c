/* SPDX-License-Identifier: MIT */
/* What is made of constants alone: shape arithmetic, moved weights. Whole numbers are int64 here, the others float32.
 * What it takes is bounded by the file's size (hyti_onnx_take_values). */
#include "formats/onnx.h"
#include <math.h>
#include <string.h>

static hyt_status set_constant(onnx_model *model, const onnx_node *node, size_t index, onnx_tensor tensor)
{
    if (node->outputs[index] == ONNX_NONE) return HYT_OK;
    onnx_value *value = &model->values[node->outputs[index]];
    value->constant = hyti_onnx_take(model, sizeof tensor);
    if (!value->constant) return hyti_fail_nomem();
    *value->constant = tensor;
    value->type = tensor.scales ? ONNX_FLOAT : tensor.type;
    value->dims = tensor.dims;
    return HYT_OK;
}

/* Room for a tensor of those dims. */
static hyt_status new_tensor(onnx_model *model, const onnx_node *node, onnx_type type, const hyt_dims *dims,
                             onnx_tensor *out, unsigned char **bytes)
{
    void *room;
    *out = (onnx_tensor){ .type = type, .dims = *dims };
    if (!hyti_dims_count(dims, &out->count) || out->count > HYTI_MAX_VALUES)
        return hyti_onnx_refuse(HYT_ERR_RANGE, node, "a constant of more than 2^36 values");
    HYTI_TRY(hyti_onnx_take_values(model, out->count, hyti_onnx_type_size(type), &room));
    out->bytes = *bytes = room;
    return HYT_OK;
}

static void put_int(unsigned char *bytes, size_t index, int64_t value)
{
    memcpy(bytes + index * sizeof value, &value, sizeof value);
}

static void put_real(unsigned char *bytes, size_t index, double value)
{
    float single = (float)value;
    memcpy(bytes + index * sizeof single, &single, sizeof single);
}

/* Sources */

static hyt_status fold_constant(onnx_model *model, onnx_node *node)
{
    if (node->n_attributes != 1)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu values, not one", node->n_attributes);
    const onnx_attribute *value = &node->attributes[0];
    if (value->type == ONNX_ATTRIBUTE_TENSOR && value->tensor.bytes) return set_constant(model, node, 0, value->tensor);
    bool list = value->type == ONNX_ATTRIBUTE_FLOATS || value->type == ONNX_ATTRIBUTE_INTS;
    bool real = value->type == ONNX_ATTRIBUTE_FLOATS || value->type == ONNX_ATTRIBUTE_FLOAT;
    if (!list && value->type != ONNX_ATTRIBUTE_FLOAT && value->type != ONNX_ATTRIBUTE_INT)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a value of attribute type %d", value->type);
    onnx_tensor tensor;
    unsigned char *bytes;
    hyt_dims dims = { .rank = list, .size = { value->n_numbers } };
    HYTI_TRY(new_tensor(model, node, real ? ONNX_FLOAT : ONNX_INT64, &dims, &tensor, &bytes));
    for (size_t i = 0; i < tensor.count; i++) {
        uint32_t bits = list ? (uint32_t)value->numbers[i] : 0;
        if (real && list) memcpy(bytes + 4 * i, &bits, 4);
        else if (real) put_real(bytes, i, (double)value->real);
        else put_int(bytes, i, list ? value->numbers[i] : value->number);
    }
    return set_constant(model, node, 0, tensor);
}

static hyt_status fold_shape(onnx_model *model, onnx_node *node)
{
    const hyt_dims in = hyti_onnx_operand(model, node, 0)->dims;
    int64_t start, end, rank = (int64_t)in.rank;
    onnx_tensor tensor;
    unsigned char *bytes;
    HYTI_TRY(hyti_onnx_number(node, "start", 0, &start));
    HYTI_TRY(hyti_onnx_number(node, "end", rank, &end));
    start = start < 0 ? HYTI_MAX(start, -rank) + rank : HYTI_MIN(start, rank);
    end = end < 0 ? HYTI_MAX(end, -rank) + rank : HYTI_MIN(end, rank);
    hyt_dims dims = { 1, { end > start ? (size_t)(end - start) : 0 } };
    HYTI_TRY(new_tensor(model, node, ONNX_INT64, &dims, &tensor, &bytes));
    for (size_t i = 0; i < tensor.count; i++) put_int(bytes, i, (int64_t)in.size[(size_t)start + i]);
    return set_constant(model, node, 0, tensor);
}

static hyt_status fold_constant_of_shape(onnx_model *model, onnx_node *node)
{
    const onnx_attribute *value = hyti_onnx_attribute(node, "value");
    int64_t sizes[HYT_MAX_RANK];
    hyt_dims dims = { 0 };
    onnx_tensor tensor;
    unsigned char *bytes;
    HYTI_TRY(hyti_onnx_list(model, node, "sizes", 0, sizes, &dims.rank, HYT_MAX_RANK));
    for (size_t i = 0; i < dims.rank; i++) {
        if (sizes[i] < 0 || (uint64_t)sizes[i] > HYTI_MAX_SIDE)
            return hyti_onnx_refuse(HYT_ERR_RANGE, node, "a size of %lld", (long long)sizes[i]);
        dims.size[i] = (size_t)sizes[i];
    }
    if (value && (value->type != ONNX_ATTRIBUTE_TENSOR || value->tensor.count != 1))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "a value that is no tensor of one");
    bool real = !value || hyti_onnx_is_real(&value->tensor);
    HYTI_TRY(new_tensor(model, node, real ? ONNX_FLOAT : ONNX_INT64, &dims, &tensor, &bytes));
    for (size_t i = 0; value && i < tensor.count; i++) {
        if (real) put_real(bytes, i, hyti_onnx_real_at(&value->tensor, 0));
        else put_int(bytes, i, hyti_onnx_int_at(&value->tensor, 0));
    }
    return set_constant(model, node, 0, tensor);
}

/* Moves: the result's values in order, each from where `strides` (of the result's axes, in values) says. */
static hyt_status fold_strided(onnx_model *model, const onnx_node *node, size_t index, const hyt_dims *dims,
                               const int64_t strides[HYT_MAX_RANK], int64_t offset)
{
    const onnx_tensor *from = hyti_onnx_constant(model, node, 0);
    size_t each = hyti_onnx_type_size(from->type), at[HYT_MAX_RANK] = { 0 };
    onnx_tensor to;
    unsigned char *bytes;
    bool real = from->scales != NULL; /* scales are along an axis that moves too: worked out here */
    HYTI_TRY(new_tensor(model, node, real ? ONNX_FLOAT : from->type, dims, &to, &bytes));
    for (size_t i = 0; i < to.count; i++) {
        if (real) put_real(bytes, i, hyti_onnx_real_at(from, (size_t)offset));
        else memcpy(bytes + i * each, from->bytes + (size_t)offset * each, each);
        for (size_t axis = dims->rank; axis-- > 0;) {
            offset += strides[axis];
            if (++at[axis] < dims->size[axis]) break;
            offset -= strides[axis] * (int64_t)dims->size[axis];
            at[axis] = 0;
        }
    }
    return set_constant(model, node, index, to);
}

static void strides_of(const hyt_dims *dims, int64_t strides[HYT_MAX_RANK])
{
    int64_t stride = 1;
    for (size_t i = dims->rank; i-- > 0; stride *= (int64_t)dims->size[i]) strides[i] = stride;
}

static hyt_status fold_transpose(onnx_model *model, onnx_node *node)
{
    const hyt_dims dims = model->values[node->outputs[0]].dims;
    int64_t from[HYT_MAX_RANK], strides[HYT_MAX_RANK] = { 0 };
    strides_of(&hyti_onnx_operand(model, node, 0)->dims, from);
    for (size_t i = 0; i < dims.rank; i++) strides[i] = from[node->move->axis[i]];
    return fold_strided(model, node, 0, &dims, strides, 0);
}

static hyt_status fold_slice(onnx_model *model, onnx_node *node)
{
    const hyt_dims dims = model->values[node->outputs[0]].dims;
    int64_t strides[HYT_MAX_RANK] = { 0 }, offset = 0;
    strides_of(&hyti_onnx_operand(model, node, 0)->dims, strides);
    for (size_t i = 0; i < dims.rank; i++) {
        offset += node->move->begin[i] * strides[i];
        strides[i] *= node->move->step[i];
    }
    return fold_strided(model, node, 0, &dims, strides, offset);
}

static hyt_status fold_split(onnx_model *model, onnx_node *node)
{
    size_t axis = (size_t)node->move->axis[0];
    int64_t strides[HYT_MAX_RANK] = { 0 };
    strides_of(&hyti_onnx_operand(model, node, 0)->dims, strides);
    for (size_t i = 0; i < node->n_outputs; i++) {
        if (node->outputs[i] == ONNX_NONE) continue;
        const hyt_dims dims = model->values[node->outputs[i]].dims;
        HYTI_TRY(fold_strided(model, node, i, &dims, strides, node->splits[i] * strides[axis]));
    }
    return HYT_OK;
}

static hyt_status fold_expand(onnx_model *model, onnx_node *node)
{
    const hyt_dims dims = model->values[node->outputs[0]].dims, in = hyti_onnx_operand(model, node, 0)->dims;
    int64_t from[HYT_MAX_RANK], strides[HYT_MAX_RANK] = { 0 };
    strides_of(&in, from);
    for (size_t i = 0; i < in.rank; i++) strides[dims.rank - in.rank + i] = in.size[i] == 1 ? 0 : from[i];
    return fold_strided(model, node, 0, &dims, strides, 0);
}

static hyt_status fold_reshape(onnx_model *model, onnx_node *node)
{
    onnx_tensor tensor = *hyti_onnx_constant(model, node, 0);
    const hyt_dims dims = model->values[node->outputs[0]].dims;
    if (tensor.scales && tensor.scales->count > 1) {
        int64_t strides[HYT_MAX_RANK] = { 0 };
        strides_of(&dims, strides);
        return fold_strided(model, node, 0, &dims, strides, 0);
    }
    tensor.dims = dims;
    return set_constant(model, node, 0, tensor);
}

static hyt_status fold_gather(onnx_model *model, onnx_node *node)
{
    const onnx_tensor *from = hyti_onnx_constant(model, node, 0), *by = hyti_onnx_constant(model, node, 1);
    const hyt_dims dims = model->values[node->outputs[0]].dims;
    size_t axis = (size_t)node->move->axis[0], inner = 1;
    bool real = from->scales != NULL;
    size_t each = hyti_onnx_type_size(real ? ONNX_FLOAT : from->type);
    for (size_t i = axis + 1; i < from->dims.rank; i++) inner *= from->dims.size[i];
    onnx_tensor to;
    unsigned char *bytes;
    HYTI_TRY(new_tensor(model, node, real ? ONNX_FLOAT : from->type, &dims, &to, &bytes));
    for (size_t i = 0; i < to.count; i++) {
        size_t row = i / inner / by->count, size = from->dims.size[axis];
        int64_t index = hyti_onnx_int_at(by, i / inner % by->count);
        size_t at = (row * size + (size_t)(index < 0 ? index + (int64_t)size : index)) * inner + i % inner;
        if (real) put_real(bytes, i, hyti_onnx_real_at(from, at));
        else memcpy(bytes + i * each, from->bytes + at * each, each);
    }
    return set_constant(model, node, 0, to);
}

static hyt_status fold_concat(onnx_model *model, onnx_node *node)
{
    const hyt_dims dims = model->values[node->outputs[0]].dims;
    size_t axis = node->draft->axis, inner = 1, place = 0;
    bool real = false;
    onnx_tensor to;
    unsigned char *bytes;
    for (size_t i = axis + 1; i < dims.rank; i++) inner *= dims.size[i];
    for (size_t i = 0; i < node->n_inputs; i++) real |= hyti_onnx_is_real(hyti_onnx_constant(model, node, i));
    HYTI_TRY(new_tensor(model, node, real ? ONNX_FLOAT : ONNX_INT64, &dims, &to, &bytes));
    for (size_t i = 0; i < node->n_inputs; i++) {
        const onnx_tensor *from = hyti_onnx_constant(model, node, i);
        size_t width = from->dims.size[axis] * inner;
        for (size_t j = 0; j < from->count; j++) {
            size_t at = j / width * dims.size[axis] * inner + place + j % width;
            if (real) put_real(bytes, at, hyti_onnx_real_at(from, j));
            else put_int(bytes, at, hyti_onnx_int_at(from, j));
        }
        place += width;
    }
    return set_constant(model, node, 0, to);
}

/* Arithmetic */

static double real_of(onnx_op op, double a, double b)
{
    switch (op) {
    case ONNX_ADD:
        return a + b;
    case ONNX_SUB:
        return a - b;
    case ONNX_MUL:
        return a * b;
    case ONNX_DIV:
        return a / b;
    case ONNX_POW:
        return pow(a, b);
    case ONNX_MIN:
        return fmin(a, b);
    case ONNX_MAX:
        return fmax(a, b);
    case ONNX_EQUAL:
        return a == b;
    case ONNX_SQRT:
        return sqrt(a);
    case ONNX_NEG:
        return -a;
    case ONNX_RECIPROCAL:
        return 1 / a;
    case ONNX_CEIL:
        return ceil(a);
    default:
        return floor(a);
    }
}

/* As the processor's: what overflows wraps. */
static bool int_of(onnx_op op, int64_t a, int64_t b, int64_t *out)
{
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    switch (op) {
    case ONNX_ADD:
        *out = (int64_t)(x + y);
        return true;
    case ONNX_SUB:
        *out = (int64_t)(x - y);
        return true;
    case ONNX_MUL:
        *out = (int64_t)(x * y);
        return true;
    case ONNX_MIN:
        *out = HYTI_MIN(a, b);
        return true;
    case ONNX_MAX:
        *out = HYTI_MAX(a, b);
        return true;
    case ONNX_EQUAL:
        *out = a == b;
        return true;
    case ONNX_NEG:
        *out = (int64_t)(0 - x);
        return true;
    case ONNX_DIV:
        if (b == 0 || (b == -1 && a == INT64_MIN)) return false;
        *out = a / b;
        return true;
    default:
        return false;
    }
}

/* Places of an operand's values as it is broadcast to `dims`. */
static void broadcast_strides(const hyt_dims *in, const hyt_dims *dims, size_t strides[HYT_MAX_RANK])
{
    size_t stride = 1;
    memset(strides, 0, HYT_MAX_RANK * sizeof *strides);
    for (size_t i = in->rank; i-- > 0; stride *= in->size[i])
        if (in->size[i] != 1) strides[dims->rank - in->rank + i] = stride;
}

static size_t place_at(size_t index, const hyt_dims *dims, const size_t strides[HYT_MAX_RANK])
{
    size_t at = 0;
    for (size_t i = dims->rank; i-- > 0; index /= dims->size[i]) at += index % dims->size[i] * strides[i];
    return at;
}

static hyt_status fold_arithmetic(onnx_model *model, onnx_node *node)
{
    const hyt_dims dims = model->values[node->outputs[0]].dims;
    const onnx_tensor *in[3] = { 0 };
    size_t strides[3][HYT_MAX_RANK], count = node->n_inputs;
    bool where = node->op == ONNX_WHERE, real = false;
    onnx_tensor to;
    unsigned char *bytes;
    for (size_t i = 0; i < count; i++) {
        in[i] = hyti_onnx_constant(model, node, i);
        broadcast_strides(&in[i]->dims, &dims, strides[i]);
        if (!where || i) real |= hyti_onnx_is_real(in[i]);
    }
    HYTI_TRY(new_tensor(model, node, real ? ONNX_FLOAT : ONNX_INT64, &dims, &to, &bytes));
    for (size_t i = 0; i < to.count; i++) {
        size_t at[3] = { 0 };
        for (size_t j = 0; j < count; j++) at[j] = place_at(i, &dims, strides[j]);
        size_t chosen = where ? hyti_onnx_int_at(in[0], at[0]) ? 1 : 2 : 0;
        int64_t number;
        if (where && real) put_real(bytes, i, hyti_onnx_real_at(in[chosen], at[chosen]));
        else if (where) put_int(bytes, i, hyti_onnx_int_at(in[chosen], at[chosen]));
        else if (real)
            put_real(
                bytes, i,
                real_of(node->op, hyti_onnx_real_at(in[0], at[0]), count > 1 ? hyti_onnx_real_at(in[1], at[1]) : 0));
        else if (int_of(node->op, hyti_onnx_int_at(in[0], at[0]), count > 1 ? hyti_onnx_int_at(in[1], at[1]) : 0,
                        &number))
            put_int(bytes, i, number);
        else return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "this arithmetic of whole numbers");
    }
    return set_constant(model, node, 0, to);
}

static hyt_status fold_cast(onnx_model *model, onnx_node *node)
{
    const onnx_tensor *from = hyti_onnx_constant(model, node, 0);
    int64_t wanted;
    onnx_tensor to;
    unsigned char *bytes;
    HYTI_TRY(hyti_onnx_number(node, "to", 0, &wanted));
    bool real = wanted == ONNX_FLOAT || wanted == ONNX_FLOAT16 || wanted == ONNX_DOUBLE;
    if (!real && wanted != ONNX_INT64 && wanted != ONNX_INT32 && wanted != ONNX_BOOL)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "to type %lld", (long long)wanted);
    HYTI_TRY(new_tensor(model, node, real ? ONNX_FLOAT : ONNX_INT64, &from->dims, &to, &bytes));
    for (size_t i = 0; i < to.count; i++) {
        double value = hyti_onnx_real_at(from, i);
        if (real) put_real(bytes, i, value);
        else if (!hyti_onnx_is_real(from))
            put_int(bytes, i, wanted == ONNX_BOOL ? hyti_onnx_int_at(from, i) != 0 : hyti_onnx_int_at(from, i));
        else if (!(fabs(value) < 0x1p62)) return hyti_onnx_refuse(HYT_ERR_RANGE, node, "%g as a whole number", value);
        else put_int(bytes, i, wanted == ONNX_BOOL ? value != 0 : (int64_t)value);
    }
    return set_constant(model, node, 0, to);
}

hyt_status hyti_onnx_fold(onnx_model *model, onnx_node *node, bool *done)
{
    *done = true;
    switch (node->op) {
    case ONNX_TRANSPOSE:
        return fold_transpose(model, node);
    case ONNX_SLICE:
        return fold_slice(model, node);
    case ONNX_SPLIT:
        return fold_split(model, node);
    case ONNX_EXPAND:
        return fold_expand(model, node);
    case ONNX_RESHAPE:
    case ONNX_FLATTEN:
    case ONNX_SQUEEZE:
    case ONNX_UNSQUEEZE:
        return fold_reshape(model, node);
    case ONNX_GATHER:
        return fold_gather(model, node);
    case ONNX_CONCAT:
        return fold_concat(model, node);
    case ONNX_CAST:
        return fold_cast(model, node);
    case ONNX_ADD:
    case ONNX_SUB:
    case ONNX_MUL:
    case ONNX_DIV:
    case ONNX_POW:
    case ONNX_MIN:
    case ONNX_MAX:
    case ONNX_EQUAL:
    case ONNX_WHERE:
    case ONNX_SQRT:
    case ONNX_NEG:
    case ONNX_RECIPROCAL:
    case ONNX_CEIL:
    case ONNX_FLOOR:
        return fold_arithmetic(model, node);
    default:
        *done = false;
        return HYT_OK;
    }
}

hyt_status hyti_onnx_fold_source(onnx_model *model, onnx_node *node, bool *done)
{
    *done = true;
    if (node->op == ONNX_CONSTANT) return fold_constant(model, node);
    if (node->op == ONNX_SHAPE) return fold_shape(model, node);
    if (node->op == ONNX_CONSTANT_OF_SHAPE) return fold_constant_of_shape(model, node);
    *done = false;
    return HYT_OK;
}
