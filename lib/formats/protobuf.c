/* SPDX-License-Identifier: MIT */
#include "formats/protobuf.h"

#define MAX_FIELD ((1u << 29) - 1)

/* Seven bits a byte, lowest first; the tenth byte holds the last bit of 64. */
hyt_status hyti_wire_varint(hyti_wire *wire, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 10; i++) {
        if (wire->at + i >= wire->size)
            return hyti_fail(HYT_ERR_FORMAT, "%s: byte %zu of %zu: a number without its end", wire->part, wire->at,
                             wire->size);
        unsigned char byte = wire->bytes[wire->at + i];
        if (i == 9 && byte > 1) break;
        value |= (uint64_t)(byte & 127) << (7 * i);
        if (byte & 128) continue;
        wire->at += i + 1;
        *out = value;
        return HYT_OK;
    }
    return hyti_fail(HYT_ERR_FORMAT, "%s: byte %zu of %zu: a number of more than 64 bits", wire->part, wire->at,
                     wire->size);
}

static hyt_status get_fixed(hyti_wire *wire, hyti_field *field, size_t bytes)
{
    if (bytes > wire->size - wire->at)
        return hyti_fail(HYT_ERR_FORMAT, "%s: field %u at byte %zu of %zu needs %zu bytes", wire->part, field->number,
                         wire->at, wire->size, bytes);
    field->value = 0;
    for (size_t i = 0; i < bytes; i++) field->value |= (uint64_t)wire->bytes[wire->at++] << (8 * i);
    return HYT_OK;
}

static hyt_status get_bytes(hyti_wire *wire, hyti_field *field)
{
    uint64_t size;
    HYTI_TRY(hyti_wire_varint(wire, &size));
    if (size > wire->size - wire->at)
        return hyti_fail(HYT_ERR_FORMAT, "%s: field %u at byte %zu of %zu claims %llu bytes", wire->part, field->number,
                         wire->at, wire->size, (unsigned long long)size);
    field->bytes = wire->bytes + wire->at;
    field->size = (size_t)size;
    wire->at += field->size;
    return HYT_OK;
}

hyt_status hyti_wire_next(hyti_wire *wire, hyti_field *field)
{
    uint64_t tag = 0;
    size_t start = wire->at;
    HYTI_TRY(hyti_wire_varint(wire, &tag));
    if (tag >> 3 < 1 || tag >> 3 > MAX_FIELD)
        return hyti_fail(HYT_ERR_FORMAT, "%s: byte %zu of %zu: there is no field number %llu", wire->part, start,
                         wire->size, (unsigned long long)(tag >> 3));
    *field = (hyti_field){ .number = (uint32_t)(tag >> 3), .type = (hyti_wire_type)(tag & 7) };
    switch (field->type) {
    case HYTI_WIRE_VARINT:
        return hyti_wire_varint(wire, &field->value);
    case HYTI_WIRE_FIXED64:
        return get_fixed(wire, field, 8);
    case HYTI_WIRE_BYTES:
        return get_bytes(wire, field);
    case HYTI_WIRE_FIXED32:
        return get_fixed(wire, field, 4);
    }
    return hyti_fail(HYT_ERR_FORMAT, "%s: byte %zu of %zu: field %u has wire type %u", wire->part, start, wire->size,
                     field->number, (unsigned)(tag & 7));
}

hyt_status hyti_wire_expect(const hyti_wire *wire, const hyti_field *field, hyti_wire_type type)
{
    if (field->type == type) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "%s: field %u has wire type %d, not %d", wire->part, field->number,
                     (int)field->type, (int)type);
}

hyt_status hyti_wire_enter(const hyti_wire *wire, const hyti_field *field, const char *part, hyti_wire *inner)
{
    HYTI_TRY(hyti_wire_expect(wire, field, HYTI_WIRE_BYTES));
    *inner = hyti_wire_start(part, field->bytes, field->size);
    return HYT_OK;
}

static hyt_status add_integer(const hyti_wire *wire, const hyti_field *field, uint64_t value, int64_t *to,
                              size_t *count, size_t most)
{
    if (*count >= most)
        return hyti_fail(HYT_ERR_RANGE, "%s: field %u has more than %zu values", wire->part, field->number, most);
    to[(*count)++] = (int64_t)value;
    return HYT_OK;
}

hyt_status hyti_wire_integers(const hyti_wire *wire, const hyti_field *field, int64_t *to, size_t *count, size_t most)
{
    hyti_wire list;
    if (field->type == HYTI_WIRE_VARINT) return add_integer(wire, field, field->value, to, count, most);
    HYTI_TRY(hyti_wire_enter(wire, field, wire->part, &list));
    while (hyti_wire_more(&list)) {
        uint64_t value = 0;
        HYTI_TRY(hyti_wire_varint(&list, &value));
        HYTI_TRY(add_integer(wire, field, value, to, count, most));
    }
    return HYT_OK;
}
