/* SPDX-License-Identifier: MIT */
/* TensorProto: constants, in any of the places where ONNX may put their values. */
#include "formats/onnx.h"
#include <string.h>

size_t hyti_onnx_type_size(onnx_type type)
{
    switch (type) {
    case ONNX_UINT8:
    case ONNX_INT8:
    case ONNX_BOOL:
        return 1;
    case ONNX_FLOAT16:
        return 2;
    case ONNX_FLOAT:
    case ONNX_INT32:
        return 4;
    case ONNX_INT64:
    case ONNX_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

const char *hyti_onnx_type_name(int type)
{
    static const char *const names[] = { "undefined", "float32", "uint8",     "int8",       "uint16",  "int16",
                                         "int32",     "int64",   "string",    "bool",       "float16", "float64",
                                         "uint32",    "uint64",  "complex64", "complex128", "bfloat16" };
    return type >= 0 && (size_t)type < HYTI_COUNT(names) ? names[type] : "unknown";
}

bool hyti_onnx_is_real(const onnx_tensor *tensor)
{
    return tensor->scales || tensor->type == ONNX_FLOAT || tensor->type == ONNX_FLOAT16 || tensor->type == ONNX_DOUBLE;
}

/* What a tensor's message holds; its values are in `raw` or in one of the lists. */
typedef struct parts {
    onnx_text name;
    int64_t dims[HYT_MAX_RANK];
    size_t rank;
    int64_t type;
    const unsigned char *raw;
    size_t raw_size;
    bool has_raw;
} parts;

static hyt_status refuse(hyt_status status, const parts *p, const char *what)
{
    char text[ONNX_MAX_NAME];
    return hyti_fail(status, "tensor \"%s\": %s", hyti_onnx_name(p->name, text), what);
}

static hyt_status get_part(hyti_wire *wire, hyti_field *field, parts *p)
{
    switch (field->number) {
    case 1:
        return hyti_wire_integers(wire, field, p->dims, &p->rank, HYT_MAX_RANK);
    case 2:
        p->type = (int64_t)field->value;
        return hyti_wire_expect(wire, field, HYTI_WIRE_VARINT);
    case 3:
        return refuse(HYT_ERR_UNSUPPORTED, p, "segments of tensors are not read");
    case 8:
        p->name = (onnx_text){ (const char *)field->bytes, field->size };
        return hyti_wire_expect(wire, field, HYTI_WIRE_BYTES);
    case 9:
        p->raw = field->bytes;
        p->raw_size = field->size;
        p->has_raw = true;
        return hyti_wire_expect(wire, field, HYTI_WIRE_BYTES);
    case 13:
        return refuse(HYT_ERR_UNSUPPORTED, p, "its values are in another file, and none is followed from a model");
    case 14:
        return field->value == 0 ? HYT_OK
                                 : refuse(HYT_ERR_UNSUPPORTED, p,
                                          "its values are in another file, and none is followed from a model");
    default:
        return HYT_OK;
    }
}

/* Lists of values: their field by type, and how a packed one is made up. */
static uint32_t list_of(onnx_type type)
{
    return type == ONNX_FLOAT ? 4 : type == ONNX_DOUBLE ? 10 : type == ONNX_INT64 ? 7 : 5;
}

typedef struct list {
    unsigned char *to;
    size_t count, most, each;
} list;

static bool put_value(list *l, uint64_t value)
{
    if (l->count == l->most) return false;
    for (size_t i = 0; i < l->each; i++) l->to[l->count * l->each + i] = (unsigned char)(value >> (8 * i));
    l->count++;
    return true;
}

/* Fixed numbers lie as they will; the others are varints. */
static hyt_status put_field(const hyti_wire *wire, const hyti_field *field, const parts *p, list *l, bool fixed)
{
    uint64_t value;
    hyti_wire packed;
    if (field->type != HYTI_WIRE_BYTES) {
        if (field->type != (fixed ? l->each == 4 ? HYTI_WIRE_FIXED32 : HYTI_WIRE_FIXED64 : HYTI_WIRE_VARINT))
            return hyti_wire_expect(wire, field, HYTI_WIRE_BYTES);
        return put_value(l, field->value) ? HYT_OK : refuse(HYT_ERR_FORMAT, p, "more values than its dims say");
    }
    HYTI_TRY(hyti_wire_enter(wire, field, "values", &packed));
    if (fixed && (field->size % l->each || field->size / l->each > l->most - l->count))
        return refuse(HYT_ERR_FORMAT, p, "values that do not fit its dims");
    if (fixed) {
        memcpy(l->to + l->count * l->each, field->bytes, field->size);
        l->count += field->size / l->each;
        return HYT_OK;
    }
    while (hyti_wire_more(&packed)) {
        HYTI_TRY(hyti_wire_varint(&packed, &value));
        if (!put_value(l, value)) return refuse(HYT_ERR_FORMAT, p, "more values than its dims say");
    }
    return HYT_OK;
}

/* Every value takes a byte of the message at least, so there is no room for more than that. */
static hyt_status get_list(onnx_model *model, hyti_wire wire, const parts *p, onnx_tensor *out)
{
    hyti_field field;
    bool fixed = out->type == ONNX_FLOAT || out->type == ONNX_DOUBLE;
    list l = { .most = out->count, .each = hyti_onnx_type_size(out->type) };
    if (out->count > wire.size) return refuse(HYT_ERR_FORMAT, p, "fewer values than its dims say");
    l.to = hyti_onnx_take(model, l.most * l.each);
    if (!l.to) return hyti_fail_nomem();
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == list_of(out->type)) HYTI_TRY(put_field(&wire, &field, p, &l, fixed));
    }
    if (l.count != l.most) return refuse(HYT_ERR_FORMAT, p, "fewer values than its dims say");
    out->bytes = l.to;
    return HYT_OK;
}

static hyt_status get_dims(const parts *p, onnx_tensor *out)
{
    out->dims.rank = p->rank;
    out->count = 1;
    for (size_t i = 0; i < p->rank; i++) {
        if (p->dims[i] < 0 || (uint64_t)p->dims[i] > HYTI_MAX_SIDE)
            return refuse(HYT_ERR_FORMAT, p, "a dim outside 0..2^31");
        out->dims.size[i] = (size_t)p->dims[i];
        if (!hyti_mul(out->count, out->dims.size[i], &out->count) || out->count > HYTI_MAX_VALUES)
            return refuse(HYT_ERR_RANGE, p, "dims whose product is above 2^36");
    }
    return HYT_OK;
}

/* Float32 values of the file, moved down to a multiple of their size: over the end of the field's own head, which is
 * understood by now and, for 128 bytes and more, at least three bytes long. */
static hyt_status lend(onnx_model *model, onnx_tensor *tensor)
{
    enum { LEAST = 128 };
    size_t bytes = tensor->count * sizeof(float), beyond = (uintptr_t)tensor->bytes % sizeof(float);
    if (!model->owned || tensor->type != ONNX_FLOAT || bytes < LEAST) return HYT_OK;
    unsigned char *at = (unsigned char *)(uintptr_t)tensor->bytes - beyond;
    if (beyond) memmove(at, tensor->bytes, bytes);
    tensor->bytes = at;
    tensor->loan = hyti_onnx_take(model, sizeof *tensor->loan);
    if (!tensor->loan) return hyti_fail_nomem();
    tensor->loan->values = (float *)(void *)at;
    return HYT_OK;
}

hyt_status hyti_onnx_tensor(onnx_model *model, hyti_wire *wire, onnx_text *name, onnx_tensor *out)
{
    char text[ONNX_MAX_NAME];
    hyti_field field;
    parts p = { 0 };
    hyti_wire whole = *wire;
    while (hyti_wire_more(wire)) {
        HYTI_TRY(hyti_wire_next(wire, &field));
        HYTI_TRY(get_part(wire, &field, &p));
    }
    *name = p.name;
    *out = (onnx_tensor){ .type = p.type > 0 && p.type <= ONNX_DOUBLE ? (onnx_type)p.type : ONNX_NO_TYPE };
    size_t each = hyti_onnx_type_size(out->type);
    if (!each)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "tensor \"%s\": values of type %s (number %lld) are not read",
                         hyti_onnx_name(p.name, text), hyti_onnx_type_name(p.type <= 16 ? (int)p.type : -1),
                         (long long)p.type);
    HYTI_TRY(get_dims(&p, out));
    if (!p.has_raw) return get_list(model, whole, &p, out);
    if (p.raw_size != out->count * each)
        return hyti_fail(HYT_ERR_FORMAT, "tensor \"%s\": %zu bytes, its dims need %zu", hyti_onnx_name(p.name, text),
                         p.raw_size, out->count * each);
    out->bytes = p.raw;
    return lend(model, out);
}

/* Values */

int64_t hyti_onnx_int_at(const onnx_tensor *tensor, size_t index)
{
    size_t each = hyti_onnx_type_size(tensor->type);
    const unsigned char *at = tensor->bytes + index * each;
    uint64_t bits = 0;
    for (size_t i = 0; i < each; i++) bits |= (uint64_t)at[i] << (8 * i);
    if (tensor->type == ONNX_INT8) return (int8_t)bits;
    if (tensor->type == ONNX_INT32) return (int32_t)bits;
    return (int64_t)bits;
}

static float half(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = bits >> 10 & 31, mantissa = bits & 1023, word;
    float value;
    if (exponent == 0) {
        value = (float)mantissa * 0x1p-24f;
        return sign ? -value : value;
    }
    word = sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | mantissa << 13;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* Where a value lies after its tensor was transposed. */
static size_t place_in(const onnx_tensor *tensor, size_t index)
{
    size_t columns = tensor->loan->columns, rows = tensor->count / columns;
    return index % columns * rows + index / columns;
}

static double plain_at(const onnx_tensor *tensor, size_t index)
{
    float single;
    double wide;
    uint16_t bits;
    switch (tensor->type) {
    case ONNX_FLOAT:
        if (tensor->loan && tensor->loan->columns) index = place_in(tensor, index);
        memcpy(&single, tensor->bytes + 4 * index, 4);
        return single;
    case ONNX_DOUBLE:
        memcpy(&wide, tensor->bytes + 8 * index, 8);
        return wide;
    case ONNX_FLOAT16:
        memcpy(&bits, tensor->bytes + 2 * index, 2);
        return half(bits);
    default:
        return (double)hyti_onnx_int_at(tensor, index);
    }
}

/* How many values follow each other along the axis of the scales before the next one. */
static size_t inner_of(const onnx_tensor *tensor)
{
    size_t inner = 1;
    for (size_t i = tensor->axis + 1; i < tensor->dims.rank; i++) inner *= tensor->dims.size[i];
    return inner;
}

double hyti_onnx_real_at(const onnx_tensor *tensor, size_t index)
{
    double value = plain_at(tensor, index);
    if (!tensor->scales) return value;
    size_t i = tensor->scales->count == 1 ? 0 : index / inner_of(tensor) % tensor->scales->count;
    double zero = tensor->zeros ? (double)hyti_onnx_int_at(tensor->zeros, tensor->zeros->count == 1 ? 0 : i) : 0;
    return (double)(float)((value - zero) * plain_at(tensor->scales, i));
}

/* Blocks of 16 x 16, so that rows and columns stay in the cache. */
static void transpose(const unsigned char *from, size_t rows, size_t columns, float *to)
{
    for (size_t r = 0; r < rows; r += 16)
        for (size_t c = 0; c < columns; c += 16)
            for (size_t j = c; j < HYTI_MIN(c + 16, columns); j++)
                for (size_t i = r; i < HYTI_MIN(r + 16, rows); i++)
                    memcpy(&to[j * rows + i], from + 4 * (i * columns + j), 4);
}

void hyti_onnx_floats(const onnx_tensor *tensor, size_t columns, float *to)
{
    size_t rows = columns ? tensor->count / columns : 0;
    if (tensor->type == ONNX_FLOAT && !tensor->scales && !(tensor->loan && tensor->loan->columns)) {
        if (columns) transpose(tensor->bytes, rows, columns, to);
        else if (tensor->count) memcpy(to, tensor->bytes, tensor->count * sizeof *to);
        return;
    }
    for (size_t i = 0; i < tensor->count; i++)
        to[columns ? i % columns * rows + i / columns : i] = (float)hyti_onnx_real_at(tensor, i);
}

hyt_status hyti_onnx_take_loan(onnx_model *model, const onnx_tensor *tensor, size_t columns, float **out)
{
    onnx_loan *loan = tensor->scales ? NULL : tensor->loan;
    *out = NULL;
    if (!loan || loan->taken) return HYT_OK;
    if (columns > 1 && columns < tensor->count) {
        float *room = hyti_array(model->context, tensor->count, sizeof *room);
        if (!room) return hyti_fail_nomem();
        transpose(tensor->bytes, tensor->count / columns, columns, room);
        memcpy(loan->values, room, tensor->count * sizeof *room);
        hyti_free(model->context, room);
        loan->columns = columns;
    }
    loan->taken = true;
    *out = loan->values;
    return HYT_OK;
}

bool hyti_onnx_scalar(const onnx_tensor *tensor, double *out)
{
    if (!tensor || tensor->count != 1) return false;
    *out = hyti_onnx_real_at(tensor, 0);
    return true;
}
