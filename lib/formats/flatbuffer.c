/* SPDX-License-Identifier: MIT */
#include "formats/flatbuffer.h"
#include <string.h>

/* `width` bytes that are known to be there, least significant first. */
static uint64_t number_at(hyti_flat file, size_t at, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) value |= (uint64_t)file.bytes[at + i] << (8 * i);
    return value;
}

static int64_t with_sign(uint64_t value, size_t width)
{
    uint64_t sign = (uint64_t)1 << (8 * width - 1);
    return (int64_t)((value ^ sign) - sign);
}

static float real_of(uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static hyt_status need(hyti_flat file, size_t at, uint64_t count, const char *what)
{
    if (at <= file.size && count <= file.size - at) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "%s at byte %zu needs %llu bytes, the file ends at %zu", what, at,
                     (unsigned long long)count, file.size);
}

static hyt_status open_vtable(hyti_flat_table *table, const char *what)
{
    int64_t place = (int64_t)table->at - with_sign(number_at(table->file, table->at, 4), 4);
    if (place < 0 || place > (int64_t)table->file.size)
        return hyti_fail(HYT_ERR_FORMAT, "%s at byte %zu: its vtable would be at byte %lld of %zu", what, table->at,
                         (long long)place, table->file.size);
    table->vtable = (size_t)place;
    HYTI_TRY(need(table->file, table->vtable, 4, "vtable"));
    table->vtable_bytes = (size_t)number_at(table->file, table->vtable, 2);
    table->bytes = (size_t)number_at(table->file, table->vtable + 2, 2);
    if (table->vtable_bytes < 4 || table->vtable_bytes % 2 || table->bytes < 4)
        return hyti_fail(HYT_ERR_FORMAT, "%s at byte %zu: a vtable of %zu bytes for a table of %zu", what, table->at,
                         table->vtable_bytes, table->bytes);
    HYTI_TRY(need(table->file, table->vtable, table->vtable_bytes, "vtable"));
    return need(table->file, table->at, table->bytes, what);
}

/* Follows the u32 distance that lies at `from`, which is known to be there. */
static hyt_status follow(hyti_flat file, size_t from, const char *what, size_t *out)
{
    uint64_t distance = number_at(file, from, 4);
    if (distance == 0) return hyti_fail(HYT_ERR_FORMAT, "%s at byte %zu refers to itself", what, from);
    HYTI_TRY(need(file, from, distance + 4, what));
    *out = from + (size_t)distance;
    return HYT_OK;
}

static hyt_status open_table(hyti_flat file, size_t from, const char *what, hyti_flat_table *out)
{
    hyti_flat_table table = { .file = file };
    HYTI_TRY(follow(file, from, what, &table.at));
    HYTI_TRY(open_vtable(&table, what));
    *out = table;
    return HYT_OK;
}

hyt_status hyti_flat_root(hyti_flat file, const char *letters, const char *what, hyti_flat_table *out)
{
    if (file.size < 8 || memcmp(file.bytes + 4, letters, 4) != 0)
        return hyti_fail(HYT_ERR_FORMAT, "%zu bytes that are no %s", file.size, what);
    return open_table(file, 0, what, out);
}

/* Place of a field of `width` bytes in the file; 0: not there. */
static hyt_status find(const hyti_flat_table *table, size_t field, size_t width, const char *what, size_t *out)
{
    *out = 0;
    size_t slot = 4 + 2 * field;
    if (table->at == 0 || slot + 2 > table->vtable_bytes) return HYT_OK;
    size_t place = (size_t)number_at(table->file, table->vtable + slot, 2);
    if (place == 0) return HYT_OK;
    if (place < 4 || place + width > table->bytes)
        return hyti_fail(HYT_ERR_FORMAT, "%s would be at byte %zu of a table of %zu at byte %zu", what, place,
                         table->bytes, table->at);
    *out = table->at + place;
    return HYT_OK;
}

bool hyti_flat_has(const hyti_flat_table *table, size_t field)
{
    size_t slot = 4 + 2 * field;
    return table->at && slot + 2 <= table->vtable_bytes && number_at(table->file, table->vtable + slot, 2) != 0;
}

hyt_status hyti_flat_unsigned(const hyti_flat_table *table, size_t field, size_t width, uint64_t otherwise,
                              const char *what, uint64_t *out)
{
    size_t at;
    HYTI_TRY(find(table, field, width, what, &at));
    *out = at ? number_at(table->file, at, width) : otherwise;
    return HYT_OK;
}

hyt_status hyti_flat_signed(const hyti_flat_table *table, size_t field, size_t width, int64_t otherwise,
                            const char *what, int64_t *out)
{
    size_t at;
    HYTI_TRY(find(table, field, width, what, &at));
    *out = at ? with_sign(number_at(table->file, at, width), width) : otherwise;
    return HYT_OK;
}

hyt_status hyti_flat_float(const hyti_flat_table *table, size_t field, float otherwise, const char *what, float *out)
{
    size_t at;
    HYTI_TRY(find(table, field, 4, what, &at));
    *out = at ? real_of(number_at(table->file, at, 4)) : otherwise;
    return HYT_OK;
}

hyt_status hyti_flat_child(const hyti_flat_table *table, size_t field, const char *what, hyti_flat_table *out)
{
    size_t at;
    HYTI_TRY(find(table, field, 4, what, &at));
    if (at) return open_table(table->file, at, what, out);
    *out = (hyti_flat_table){ .file = table->file };
    return HYT_OK;
}

hyt_status hyti_flat_list(const hyti_flat_table *table, size_t field, size_t width, const char *what,
                          hyti_flat_vector *out)
{
    size_t at, place = 0;
    hyti_flat_vector vector = { .file = table->file, .width = width };
    HYTI_TRY(find(table, field, 4, what, &at));
    if (at) {
        HYTI_TRY(follow(table->file, at, what, &place));
        uint64_t count = number_at(table->file, place, 4);
        HYTI_TRY(need(table->file, place + 4, count * width, what));
        vector.at = place + 4;
        vector.count = (size_t)count;
    }
    *out = vector;
    return HYT_OK;
}

hyt_status hyti_flat_at(const hyti_flat_vector *vector, size_t index, const char *what, hyti_flat_table *out)
{
    return open_table(vector->file, vector->at + 4 * index, what, out);
}

const uint8_t *hyti_flat_bytes(const hyti_flat_vector *vector, size_t index)
{
    return vector->file.bytes + vector->at + vector->width * index;
}

int64_t hyti_flat_whole(const hyti_flat_vector *vector, size_t index)
{
    return with_sign(number_at(vector->file, vector->at + vector->width * index, vector->width), vector->width);
}

float hyti_flat_real(const hyti_flat_vector *vector, size_t index)
{
    return real_of(number_at(vector->file, vector->at + 4 * index, 4));
}
