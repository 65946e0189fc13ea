/* SPDX-License-Identifier: MIT */
/* A bounded cursor over a FlatBuffer (flatbuffers.dev, "Internals"): a root table, tables with their vtables, vectors.
 * Nothing is copied and nothing is trusted: each offset is held against the bytes at hand before it is followed, each
 * count against what is left of them. Numbers are read byte by byte, so that no alignment is asked for.
 *
 *   file    u32 place of the root table, 4 letters
 *   table   i32 how far before it its vtable lies, then its fields
 *   vtable  u16 its own bytes, u16 the table's bytes, u16 each field's place in the table (0: not there)
 *   vector  u32 count, the elements; a table in a vector, and a vector or table in a field, is a u32 distance ahead */
#ifndef HYTI_FORMATS_FLATBUFFER_H
#define HYTI_FORMATS_FLATBUFFER_H

#include "base/heap.h"

typedef struct hyti_flat {
    const uint8_t *bytes;
    size_t size;
} hyti_flat;

/* A table that is not there has the place 0; all its fields have their defaults. */
typedef struct hyti_flat_table {
    hyti_flat file;
    size_t at, bytes;             /* place, and how many bytes it has */
    size_t vtable, vtable_bytes;
} hyti_flat_table;

/* Elements of `width` bytes each, all within the file; a vector that is not there has none. */
typedef struct hyti_flat_vector {
    hyti_flat file;
    size_t at, count, width;
} hyti_flat_vector;

/* `what` names the thing in messages, everywhere. `letters`: what a file of the kind has at byte 4. */
hyt_status hyti_flat_root(hyti_flat file, const char *letters, const char *what, hyti_flat_table *out);
bool hyti_flat_has(const hyti_flat_table *table, size_t field);
/* A whole number of 1, 2, 4 or 8 bytes, as it is and with its sign. */
hyt_status hyti_flat_unsigned(const hyti_flat_table *table, size_t field, size_t width, uint64_t otherwise,
                              const char *what, uint64_t *out);
hyt_status hyti_flat_signed(const hyti_flat_table *table, size_t field, size_t width, int64_t otherwise,
                            const char *what, int64_t *out);
hyt_status hyti_flat_float(const hyti_flat_table *table, size_t field, float otherwise, const char *what, float *out);
hyt_status hyti_flat_child(const hyti_flat_table *table, size_t field, const char *what, hyti_flat_table *out);
hyt_status hyti_flat_list(const hyti_flat_table *table, size_t field, size_t width, const char *what,
                          hyti_flat_vector *out);
/* The table in a vector of tables (width 4); index < count. */
hyt_status hyti_flat_at(const hyti_flat_vector *vector, size_t index, const char *what, hyti_flat_table *out);
/* Elements; index < count. */
const uint8_t *hyti_flat_bytes(const hyti_flat_vector *vector, size_t index);
int64_t hyti_flat_whole(const hyti_flat_vector *vector, size_t index); /* of 1, 2, 4 or 8 bytes, with sign */
float hyti_flat_real(const hyti_flat_vector *vector, size_t index);    /* of 4 bytes */

#endif
