/* SPDX-License-Identifier: MIT */
/* The wire format of Protocol Buffers, read in place: a cursor over bytes from outside, one field after another, every
 * length checked. It lends ranges of those bytes, follows no nesting by itself and allocates nothing.
 * https://protobuf.dev/programming-guides/encoding/ */
#ifndef HYTI_FORMATS_PROTOBUF_H
#define HYTI_FORMATS_PROTOBUF_H

#include "base/error.h"
#include <stdbool.h>

/* The bytes of one message, or of one packed list. `part` names it in messages. */
typedef struct hyti_wire {
    const char *part;
    const unsigned char *bytes;
    size_t size, at;
} hyti_wire;

typedef enum hyti_wire_type {
    HYTI_WIRE_VARINT = 0,
    HYTI_WIRE_FIXED64 = 1,
    HYTI_WIRE_BYTES = 2,
    HYTI_WIRE_FIXED32 = 5
} hyti_wire_type;

typedef struct hyti_field {
    uint32_t number;
    hyti_wire_type type;
    uint64_t value;             /* of a number, as its bits */
    const unsigned char *bytes; /* of BYTES, lent */
    size_t size;
} hyti_field;

static inline hyti_wire hyti_wire_start(const char *part, const void *bytes, size_t size)
{
    return (hyti_wire){ .part = part, .bytes = bytes, .size = size };
}
static inline bool hyti_wire_more(const hyti_wire *wire)
{
    return wire->at < wire->size;
}

/* The next field of a message. HYT_ERR_FORMAT: a varint of more than 64 bits, a length beyond the message, a field
 * number outside 1..2^29 - 1, a wire type that there is not (groups, which no current schema has, included). */
hyt_status hyti_wire_next(hyti_wire *wire, hyti_field *field);
/* The next number of a packed list. */
hyt_status hyti_wire_varint(hyti_wire *wire, uint64_t *out);
/* HYT_ERR_FORMAT unless the field has that type. */
hyt_status hyti_wire_expect(const hyti_wire *wire, const hyti_field *field, hyti_wire_type type);
/* A field of bytes as a message of its own. */
hyt_status hyti_wire_enter(const hyti_wire *wire, const hyti_field *field, const char *part, hyti_wire *inner);
/* Adds the numbers of a repeated integer field, packed (a list) or not (one number), to the `count` that are in `to`;
 * HYT_ERR_RANGE above `most`. */
hyt_status hyti_wire_integers(const hyti_wire *wire, const hyti_field *field, int64_t *to, size_t *count, size_t most);

#endif
