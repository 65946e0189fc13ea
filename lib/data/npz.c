/* SPDX-License-Identifier: MIT */
/* A data set out of a `.npz` file: the arrays X and y of a zip archive of `.npy` arrays, every field checked. */
#include "base/text.h"

#include "data/dataset.h"
#include "data/npy.h"
#include "data/zipfile.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct array {
    uint8_t *content; /* owned: header and values */
    hyti_npy npy;
} array;

static bool names(const hyti_zip_entry *entry, const char *name)
{
    size_t length = strlen(name);
    return entry->name_length == length + 4 && memcmp(entry->name, name, length) == 0 &&
           memcmp(entry->name + length, ".npy", 4) == 0;
}

static hyt_status find_array(const hyti_zipfile *zip, const char *name, hyti_zip_entry *found)
{
    size_t place = zip->directory, times = 0;
    for (size_t i = 0; i < zip->entries; i++) {
        hyti_zip_entry entry;
        HYTI_TRY(hyti_zipfile_next(zip, &place, &entry));
        if (!names(&entry, name)) continue;
        *found = entry;
        times++;
    }
    if (times == 1) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, times ? "array %s is there twice" : "no array %s", name);
}

static hyt_status extract_array(hyt_context *context, const hyti_zipfile *zip, const char *name, array *out)
{
    hyti_zip_entry entry;
    HYTI_TRY(find_array(zip, name, &entry));
    hyt_status status = hyti_zipfile_extract(context, zip, &entry, &out->content);
    if (status == HYT_OK) status = hyti_npy_parse(out->content, entry.unpacked, &out->npy);
    return status == HYT_OK ? HYT_OK : hyti_fail_within(status, "array %s", name);
}

/* The values must be exactly what the shape says. */
static hyt_status check_length(const hyti_npy *npy, size_t width)
{
    char shape[160];
    size_t count, bytes;
    hyti_npy_shape(&npy->dims, shape, sizeof shape);
    if (!hyti_dims_count(&npy->dims, &count) || !hyti_mul(count, width, &bytes) || bytes != npy->length)
        return hyti_fail(HYT_ERR_FORMAT, "shape %s of %s does not go with %zu bytes", shape, npy->dtype, npy->length);
    return HYT_OK;
}

static hyt_status check_pictures(const hyti_npy *npy)
{
    char shape[160];
    const hyt_dims *dims = &npy->dims;
    hyti_npy_shape(dims, shape, sizeof shape);
    if (strcmp(npy->dtype, "|u1") != 0 && strcmp(npy->dtype, "<u1") != 0 && strcmp(npy->dtype, ">u1") != 0)
        return hyti_fail(HYT_ERR_FORMAT, "array X: dtype %s, expected uint8", npy->dtype);
    if (dims->rank != 4 || dims->size[3] != 3)
        return hyti_fail(HYT_ERR_FORMAT, "array X: shape %s, expected (pictures, height, width, 3)", shape);
    if (dims->size[0] == 0 || dims->size[1] == 0 || dims->size[2] == 0)
        return hyti_fail(HYT_ERR_FORMAT, "array X: shape %s has no pixel", shape);
    if (npy->fortran)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "array X: in Fortran order; save numpy.ascontiguousarray(X)");
    hyt_status status = check_length(npy, 1);
    return status == HYT_OK ? HYT_OK : hyti_fail_within(status, "array X");
}

/* What an integer type of numpy is made of; false for any other type. */
typedef struct integer { size_t width; bool is_signed, big; } integer;

static bool integer_of(const char *dtype, integer *out)
{
    if (strlen(dtype) != 3 || !strchr("<>|", dtype[0]) || !strchr("iub", dtype[1]) || !strchr("1248", dtype[2]))
        return false;
    *out = (integer){ (size_t)(dtype[2] - '0'), dtype[1] == 'i', dtype[0] == '>' };
    return out->width == 1 || (dtype[0] != '|' && dtype[1] != 'b');
}

static hyt_status check_labels(const hyti_npy *npy, size_t pictures, integer *type)
{
    char shape[160];
    hyti_npy_shape(&npy->dims, shape, sizeof shape);
    if (!integer_of(npy->dtype, type))
        return hyti_fail(HYT_ERR_FORMAT, "array y: dtype %s, expected an integer type", npy->dtype);
    if (npy->dims.rank != 1) return hyti_fail(HYT_ERR_FORMAT, "array y: shape %s, expected (%zu,)", shape, pictures);
    if (npy->dims.size[0] != pictures)
        return hyti_fail(HYT_ERR_FORMAT, "array y: %zu labels for the %zu pictures of X", npy->dims.size[0], pictures);
    hyt_status status = check_length(npy, type->width);
    return status == HYT_OK ? HYT_OK : hyti_fail_within(status, "array y");
}

static uint64_t integer_at(const uint8_t *values, size_t index, integer type)
{
    const uint8_t *p = values + index * type.width;
    uint64_t value = 0;
    for (size_t i = 0; i < type.width; i++) value = value << 8 | p[type.big ? i : type.width - 1 - i];
    bool negative = type.is_signed && value >> (8 * type.width - 1);
    return negative && type.width < 8 ? value | UINT64_MAX << 8 * type.width : value;
}

static hyt_status fail_label(uint64_t value, integer type, size_t index)
{
    char text[32];
    if (type.is_signed) snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
    else snprintf(text, sizeof text, "%" PRIu64, value);
    return hyti_fail(HYT_ERR_RANGE, "array y: label %s of picture %zu is not from 0 to %d", text, index,
                     HYTI_CLASSES_MAX - 1);
}

/* Labels into the data set, and how many classes they need. */
static hyt_status read_labels(const array *y, integer type, hyt_dataset *dataset, size_t *classes)
{
    const uint8_t *values = y->content + y->npy.offset;
    *classes = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        uint64_t value = integer_at(values, i, type);
        if (value >= HYTI_CLASSES_MAX) return fail_label(value, type, i);
        dataset->labels[i] = (uint32_t)value;
        *classes = HYTI_MAX(*classes, (size_t)value + 1);
    }
    return HYT_OK;
}

/* The content of X becomes the storage of the data set. */
static hyt_status build(hyt_context *context, array *x, const array *y, hyt_dataset **out)
{
    hyt_dataset *dataset = NULL;
    integer type = { 0 };
    size_t classes = 0;
    HYTI_TRY(check_pictures(&x->npy));
    const size_t *size = x->npy.dims.size;
    HYTI_TRY(check_labels(&y->npy, size[0], &type));
    uint8_t *storage = x->content;
    x->content = NULL;
    HYTI_TRY(hyti_dataset_new(context, size[0], size[1], size[2], storage, x->npy.offset, &dataset));
    hyt_status status = read_labels(y, type, dataset, &classes);
    if (status == HYT_OK) status = hyti_dataset_finish(dataset, classes);
    if (status == HYT_OK) *out = dataset;
    else hyt_dataset_destroy(dataset);
    return status;
}

hyt_status hyt_dataset_parse_npz(hyt_context *context, const void *bytes, size_t size, hyt_dataset **out)
{
    hyti_zipfile zip;
    array x = { 0 }, y = { 0 };
    HYTI_NEED(bytes);
    HYTI_NEED(out);
    HYTI_TRY(hyti_zipfile_open(bytes, size, &zip));
    hyt_status status = extract_array(context, &zip, "X", &x);
    if (status == HYT_OK) status = extract_array(context, &zip, "y", &y);
    if (status == HYT_OK) status = build(context, &x, &y, out);
    hyti_free(context, x.content);
    hyti_free(context, y.content);
    return status;
}

hyt_status hyt_dataset_load_npz(hyt_context *context, const char *path, hyt_dataset **out)
{
    void *bytes = NULL;
    size_t size = 0;
    HYTI_NEED(path);
    HYTI_NEED(out);
    HYTI_TRY(hyti_file_read(context, path, SIZE_MAX, &bytes, &size));
    hyt_status status = hyt_dataset_parse_npz(context, bytes, size, out);
    hyti_free_aligned(context, bytes);
    return status == HYT_OK || status == HYT_ERR_NOMEM ? status : hyti_fail_within(status, "%s", path);
}
