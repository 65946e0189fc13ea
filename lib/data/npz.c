/* SPDX-License-Identifier: MIT */
/* A data set out of a `.npz` file: a zip archive of `.npy` arrays, every field checked. */
#include "data/arrays.h"
#include "data/dataset.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The arrays that are read. */
enum { X, Y, BOXES, MASK, HAS_MASK, VALID, ARRAYS };
static const char *const names[ARRAYS] = {
    [X] = "X", [Y] = "y", [BOXES] = "boxes", [MASK] = "mask", [HAS_MASK] = "has_mask", [VALID] = "valid",
};
typedef struct arrays {
    hyti_npz_array of[ARRAYS];
    hyti_mapping *mapping;  /* NULL: the bytes are the caller's, so nothing is lent from them for long */
} arrays;

static bool is_bytes(const hyti_npz_array *array)
{
    const char *dtype = array->npy.dtype;
    return strcmp(dtype, "|u1") == 0 || strcmp(dtype, "<u1") == 0 || strcmp(dtype, ">u1") == 0;
}

static hyt_status check_pictures(const hyti_npz_array *x)
{
    char shape[160];
    const hyt_dims *dims = &x->npy.dims;
    hyti_npy_shape(dims, shape, sizeof shape);
    if (!is_bytes(x)) return hyti_fail(HYT_ERR_FORMAT, "array X: dtype %s, expected uint8", x->npy.dtype);
    if (dims->rank != 4 || dims->size[3] != 3)
        return hyti_fail(HYT_ERR_FORMAT, "array X: shape %s, expected (pictures, height, width, 3)", shape);
    if (dims->size[0] == 0 || dims->size[1] == 0 || dims->size[2] == 0)
        return hyti_fail(HYT_ERR_FORMAT, "array X: shape %s has no pixel", shape);
    return hyti_npz_check(x, "X", 1, 4, dims->size);
}

/* An array of whole numbers, one or two for each picture. */
static hyt_status check_integers(const arrays *a, int which, size_t pictures, size_t columns, hyti_npy_type *type)
{
    const hyti_npz_array *array = &a->of[which];
    const size_t size[2] = { pictures, columns };
    if (!hyti_npy_type_of(array->npy.dtype, type) || type->kind == HYTI_NPY_FLOAT)
        return hyti_fail(HYT_ERR_FORMAT, "array %s: dtype %s, expected an integer type", names[which],
                         array->npy.dtype);
    return hyti_npz_check(array, names[which], type->width, columns > 1 ? 2 : 1, size);
}

static hyt_status check_labels(const arrays *a, size_t pictures, hyti_npy_type *type)
{
    const hyt_dims *dims = &a->of[Y].npy.dims;
    if (dims->rank == 1 && dims->size[0] != pictures)
        return hyti_fail(HYT_ERR_FORMAT, "array y: %zu labels for the %zu pictures of X", dims->size[0], pictures);
    return check_integers(a, Y, pictures, 1, type);
}

static hyt_status fail_label(uint64_t value, hyti_npy_type type, size_t index)
{
    char text[32];
    if (type.kind == HYTI_NPY_SIGNED) snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
    else snprintf(text, sizeof text, "%" PRIu64, value);
    return hyti_fail(HYT_ERR_RANGE, "array y: label %s of picture %zu is not from 0 to %d", text, index,
                     HYTI_CLASSES_MAX - 1);
}

/* Labels into the data set, and how many classes they need. Where there are boxes, labels may be missing. */
static hyt_status read_labels(const arrays *a, hyt_dataset *dataset, size_t *classes)
{
    const hyti_npz_array *y = &a->of[Y];
    hyti_npy_type type;
    *classes = 1;
    if (!y->values && a->of[BOXES].values) return HYT_OK;
    if (!y->values) return hyti_fail(HYT_ERR_FORMAT, "no array y, which only boxes make up for");
    HYTI_TRY(check_labels(a, dataset->count, &type));
    for (size_t i = 0; i < dataset->count; i++) {
        uint64_t value = hyti_npy_integer(y->values, i, type);
        if (value >= HYTI_CLASSES_MAX) return fail_label(value, type, i);
        dataset->labels[i] = (uint32_t)value;
        *classes = HYTI_MAX(*classes, (size_t)value + 1);
    }
    return HYT_OK;
}

/* A whole number from 0 to below `bound` in a table of floats. */
static hyt_status check_whole(double value, double bound, const char *what, size_t row)
{
    if (!(value >= 0 && value < bound) || value != (double)(uint64_t)value)
        return hyti_fail(HYT_ERR_RANGE, "array boxes: %s %g of box %zu is no whole number from 0 to %.0f", what, value,
                         row, bound - 1);
    return HYT_OK;
}

static bool with_class(const hyti_npz_array *boxes)
{
    return boxes->npy.dims.size[1] == 7;
}

static hyt_status check_boxes(const hyti_npz_array *boxes, hyti_npy_type *type)
{
    size_t size[2] = { SIZE_MAX, 5 };
    if (!hyti_npy_type_of(boxes->npy.dtype, type) || type->kind != HYTI_NPY_FLOAT)
        return hyti_fail(HYT_ERR_FORMAT, "array boxes: dtype %s, expected float32 or float64", boxes->npy.dtype);
    if (boxes->npy.dims.rank == 2 && with_class(boxes)) size[1] = 7;
    return hyti_npz_check(boxes, "boxes", type->width, 2, size);
}

static hyt_status read_box(const hyti_npz_array *boxes, hyti_npy_type type, size_t row, size_t pictures, hyt_box *box)
{
    bool classed = with_class(boxes);
    size_t columns = classed ? 7 : 5;
    double v[7];
    for (size_t c = 0; c < columns; c++) v[c] = hyti_npy_float(boxes->values, row * columns + c, type);
    const double *corners = classed ? v + 2 : v + 1;
    HYTI_TRY(check_whole(v[0], (double)pictures, "picture", row));
    if (classed) HYTI_TRY(check_whole(v[1], HYTI_CLASSES_MAX, "class", row));
    if (classed) HYTI_TRY(check_whole(v[6], 2, "crowd flag", row));
    *box = (hyt_box){ (size_t)v[0], classed ? (uint32_t)v[1] : 0, (float)corners[0], (float)corners[1],
                      (float)corners[2], (float)corners[3], classed && v[6] == 1 };
    return HYT_OK;
}

static hyt_status fill_boxes(const hyti_npz_array *array, hyti_npy_type type, hyt_box *list, hyt_dataset *dataset)
{
    size_t count = array->npy.dims.size[0], classes = 1;
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(read_box(array, type, i, dataset->count, &list[i]));
        classes = HYTI_MAX(classes, (size_t)list[i].label + 1);
    }
    hyt_status status = hyti_box_table_fill(dataset->context, list, count, dataset->count, dataset->height,
                                            dataset->width, classes, &dataset->boxes);
    return status == HYT_OK || status == HYT_ERR_NOMEM ? status : hyti_fail_within(status, "array boxes");
}

static hyt_status read_boxes(const arrays *a, hyt_dataset *dataset)
{
    hyti_npy_type type;
    const hyti_npz_array *array = &a->of[BOXES];
    if (!array->values) return HYT_OK;
    HYTI_TRY(check_boxes(array, &type));
    hyt_box *list = hyti_array(dataset->context, array->npy.dims.size[0], sizeof *list);
    hyt_status status = list ? fill_boxes(array, type, list, dataset) : hyti_fail_nomem();
    hyti_free(dataset->context, list);
    return status;
}

/* Pixels from column `width` or row `height` on are not counted. */
static void ignore_outside(hyt_dataset *dataset, size_t index, size_t width, size_t height)
{
    uint8_t *mask = dataset->masks + index * dataset->height * dataset->width;
    for (size_t y = 0; y < dataset->height; y++) {
        size_t filled = y < height ? width : 0;
        memset(mask + y * dataset->width + filled, HYT_MASK_IGNORED, dataset->width - filled);
    }
}

static hyt_status apply_valid(const arrays *a, hyt_dataset *dataset)
{
    hyti_npy_type type;
    HYTI_TRY(check_integers(a, VALID, dataset->count, 2, &type));
    for (size_t i = 0; i < dataset->count; i++) {
        uint64_t width = hyti_npy_integer(a->of[VALID].values, 2 * i, type);
        uint64_t height = hyti_npy_integer(a->of[VALID].values, 2 * i + 1, type);
        if (width > dataset->width || height > dataset->height)
            return hyti_fail(HYT_ERR_RANGE, "array valid: %" PRId64 " by %" PRId64 " of picture %zu of %zu by %zu",
                             (int64_t)width, (int64_t)height, i, dataset->width, dataset->height);
        ignore_outside(dataset, i, (size_t)width, (size_t)height);
    }
    return HYT_OK;
}

static hyt_status apply_has_mask(const arrays *a, hyt_dataset *dataset)
{
    hyti_npy_type type;
    HYTI_TRY(check_integers(a, HAS_MASK, dataset->count, 1, &type));
    for (size_t i = 0; i < dataset->count; i++)
        if (hyti_npy_integer(a->of[HAS_MASK].values, i, type) == 0) ignore_outside(dataset, i, 0, 0);
    return HYT_OK;
}

/* Numbers of instances become class 1. */
static void read_classes(const arrays *a, hyt_dataset *dataset)
{
    size_t pixels = dataset->count * dataset->height * dataset->width;
    bool instances = a->of[BOXES].values && !with_class(&a->of[BOXES]);
    dataset->mask_classes = 2;
    for (size_t p = 0; p < pixels; p++) {
        uint8_t *value = &dataset->masks[p];
        if (*value == HYT_MASK_IGNORED) continue;
        if (instances) *value = *value > 0;
        dataset->mask_classes = HYTI_MAX(dataset->mask_classes, (size_t)*value + 1);
    }
}

static hyt_status read_masks(const arrays *a, hyt_dataset *dataset)
{
    const hyti_npz_array *mask = &a->of[MASK];
    const size_t size[3] = { dataset->count, dataset->height, dataset->width };
    if (!mask->values) return HYT_OK;
    if (!is_bytes(mask)) return hyti_fail(HYT_ERR_FORMAT, "array mask: dtype %s, expected uint8", mask->npy.dtype);
    HYTI_TRY(hyti_npz_check(mask, "mask", 1, 3, size));
    dataset->masks = hyti_copy(dataset->context, mask->values, mask->npy.length);
    if (!dataset->masks) return hyti_fail_nomem();
    read_classes(a, dataset);
    if (a->of[VALID].values) HYTI_TRY(apply_valid(a, dataset));
    return a->of[HAS_MASK].values ? apply_has_mask(a, dataset) : HYT_OK;
}

static hyt_status read_rest(const arrays *a, hyt_dataset *dataset)
{
    size_t classes;
    HYTI_TRY(read_labels(a, dataset, &classes));
    HYTI_TRY(read_boxes(a, dataset));
    HYTI_TRY(read_masks(a, dataset));
    return hyti_dataset_finish(dataset, classes);
}

/* The pictures stay where they are: the content of X, or the file, becomes the data set's own. */
static hyt_status keep_pictures(hyt_context *context, arrays *a, hyt_dataset **out)
{
    hyti_npz_array *x = &a->of[X];
    const size_t *size = x->npy.dims.size;
    if (!x->content) {
        HYTI_TRY(hyti_dataset_empty(context, size[0], size[1], size[2], out));
        (*out)->mapping = *a->mapping;
        (*out)->pictures = (uint8_t *)(uintptr_t)x->values; /* not written to: only constructors that own it do */
        *a->mapping = (hyti_mapping){ 0 };
        return HYT_OK;
    }
    uint8_t *storage = x->content;
    x->content = NULL;
    return hyti_dataset_new(context, size[0], size[1], size[2], storage, x->npy.offset, out);
}

static hyt_status build(hyt_context *context, arrays *a, hyt_dataset **out)
{
    hyt_dataset *dataset = NULL;
    if (!a->of[X].values) return hyti_fail(HYT_ERR_FORMAT, "no array X");
    HYTI_TRY(check_pictures(&a->of[X]));
    HYTI_TRY(keep_pictures(context, a, &dataset));
    hyt_status status = read_rest(a, dataset);
    if (status == HYT_OK) *out = dataset;
    else hyt_dataset_destroy(dataset);
    return status;
}

/* Of a mapped file, which the data set takes over if its pictures lie there, or of the caller's bytes. */
static hyt_status parse(hyt_context *context, const void *bytes, size_t size, hyti_mapping *mapping, hyt_dataset **out)
{
    hyti_zipfile zip;
    arrays a = { .mapping = mapping };
    HYTI_TRY(hyti_zipfile_open(bytes, size, &zip));
    hyt_status status = HYT_OK;
    for (int i = 0; i < ARRAYS && status == HYT_OK; i++)
        status = hyti_npz_find(context, &zip, names[i], mapping || i != X, &a.of[i]);
    if (status == HYT_OK) status = build(context, &a, out);
    for (int i = 0; i < ARRAYS; i++) hyti_free(context, a.of[i].content);
    return status;
}

hyt_status hyt_dataset_parse_npz(hyt_context *context, const void *bytes, size_t size, hyt_dataset **out)
{
    HYTI_NEED(bytes);
    HYTI_NEED(out);
    return parse(context, bytes, size, NULL, out);
}

hyt_status hyt_dataset_load_npz(hyt_context *context, const char *path, hyt_dataset **out)
{
    hyti_mapping mapping = { 0 };
    HYTI_NEED(path);
    HYTI_NEED(out);
    HYTI_TRY(hyti_mapping_open(path, &mapping));
    hyt_status status = parse(context, mapping.bytes, mapping.size, &mapping, out);
    hyti_mapping_close(&mapping);
    return status == HYT_OK || status == HYT_ERR_NOMEM ? status : hyti_fail_within(status, "%s", path);
}
