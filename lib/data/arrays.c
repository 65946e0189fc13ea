/* SPDX-License-Identifier: MIT */
#include "data/arrays.h"
#include <stdio.h>
#include <string.h>

static bool names(const hyti_zip_entry *entry, const char *name)
{
    size_t length = strlen(name);
    return entry->name_length == length + 4 && memcmp(entry->name, name, length) == 0 &&
           memcmp(entry->name + length, ".npy", 4) == 0;
}

static hyt_status find_entry(const hyti_zipfile *zip, const char *name, hyti_zip_entry *found, size_t *times)
{
    size_t place = zip->directory;
    *times = 0;
    for (size_t i = 0; i < zip->entries; i++) {
        hyti_zip_entry entry;
        HYTI_TRY(hyti_zipfile_next(zip, &place, &entry));
        if (!names(&entry, name)) continue;
        *found = entry;
        ++*times;
    }
    return *times > 1 ? hyti_fail(HYT_ERR_FORMAT, "array %s is there twice", name) : HYT_OK;
}

hyt_status hyti_npz_find(hyt_context *context, const hyti_zipfile *zip, const char *name, bool may_lend,
                         hyti_npz_array *out)
{
    hyti_zip_entry entry;
    const uint8_t *bytes = NULL;
    size_t times;
    *out = (hyti_npz_array){ 0 };
    HYTI_TRY(find_entry(zip, name, &entry, &times));
    if (times == 0) return HYT_OK;
    bool lent = may_lend && hyti_zipfile_is_stored(&entry);
    hyt_status status = lent ? hyti_zipfile_lend(zip, &entry, &bytes)
                             : hyti_zipfile_extract(context, zip, &entry, &out->content);
    if (!lent) bytes = out->content;
    if (status == HYT_OK) status = hyti_npy_parse(bytes, entry.unpacked, &out->npy);
    if (status == HYT_OK) out->values = bytes + out->npy.offset;
    return status == HYT_OK || status == HYT_ERR_NOMEM ? status : hyti_fail_within(status, "array %s", name);
}

bool hyti_npy_type_of(const char *dtype, hyti_npy_type *out)
{
    if (strlen(dtype) != 3 || !strchr("<>|", dtype[0]) || !strchr("iubf", dtype[1]) || !strchr("1248", dtype[2]))
        return false;
    hyti_npy_kind kind = dtype[1] == 'i' ? HYTI_NPY_SIGNED : dtype[1] == 'f' ? HYTI_NPY_FLOAT : HYTI_NPY_UNSIGNED;
    *out = (hyti_npy_type){ kind, (size_t)(dtype[2] - '0'), dtype[0] == '>' };
    if (kind == HYTI_NPY_FLOAT) return out->width >= 4 && dtype[0] != '|';
    return out->width == 1 || (dtype[0] != '|' && dtype[1] != 'b');
}

static uint64_t bits_at(const uint8_t *values, size_t index, hyti_npy_type type)
{
    const uint8_t *p = values + index * type.width;
    uint64_t value = 0;
    for (size_t i = 0; i < type.width; i++) value = value << 8 | p[type.big ? i : type.width - 1 - i];
    return value;
}

uint64_t hyti_npy_integer(const uint8_t *values, size_t index, hyti_npy_type type)
{
    uint64_t value = bits_at(values, index, type);
    bool negative = type.kind == HYTI_NPY_SIGNED && value >> (8 * type.width - 1);
    return negative && type.width < 8 ? value | UINT64_MAX << 8 * type.width : value;
}

double hyti_npy_float(const uint8_t *values, size_t index, hyti_npy_type type)
{
    uint64_t bits = bits_at(values, index, type);
    double wide;
    float narrow;
    uint32_t half = (uint32_t)bits;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &half, sizeof narrow);
    return type.width == 8 ? wide : (double)narrow;
}

/* The dimensions that are wanted, as numpy prints them, with a letter where any number will do. */
static void print_wanted(size_t rank, const size_t size[], char *text, size_t room)
{
    size_t used = (size_t)snprintf(text, room, "(");
    for (size_t i = 0; i < rank && used < room; i++) {
        const char *comma = i + 1 < rank ? ", " : rank == 1 ? "," : "";
        if (size[i] == SIZE_MAX) used += (size_t)snprintf(text + used, room - used, "any%s", comma);
        else used += (size_t)snprintf(text + used, room - used, "%zu%s", size[i], comma);
    }
    if (used < room) snprintf(text + used, room - used, ")");
}

hyt_status hyti_npz_check(const hyti_npz_array *array, const char *name, size_t width, size_t rank,
                          const size_t size[])
{
    char shape[160], wanted[160];
    const hyt_dims *dims = &array->npy.dims;
    bool fits = dims->rank == rank;
    size_t count, bytes;
    for (size_t i = 0; fits && i < rank; i++) fits = size[i] == SIZE_MAX || size[i] == dims->size[i];
    hyti_npy_shape(dims, shape, sizeof shape);
    print_wanted(rank, size, wanted, sizeof wanted);
    if (!fits) return hyti_fail(HYT_ERR_FORMAT, "array %s: shape %s, expected %s", name, shape, wanted);
    if (array->npy.fortran && rank > 1)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "array %s: in Fortran order; save numpy.ascontiguousarray(%s)", name,
                         name);
    if (!hyti_dims_count(dims, &count) || !hyti_mul(count, width, &bytes) || bytes != array->npy.length)
        return hyti_fail(HYT_ERR_FORMAT, "array %s: shape %s of %s does not go with %zu bytes", name, shape,
                         array->npy.dtype, array->npy.length);
    return HYT_OK;
}
