/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static hyt_status check_size(size_t count, size_t height, size_t width, size_t *bytes)
{
    if (count == 0) return hyti_fail(HYT_ERR_RANGE, "a data set needs at least one picture");
    if (height == 0 || width == 0)
        return hyti_fail(HYT_ERR_RANGE, "a picture of %zu by %zu pixels: both sides need at least one", height, width);
    if (!hyti_mul(height, width, bytes) || !hyti_mul(*bytes, 3, bytes) || !hyti_mul(*bytes, count, bytes))
        return hyti_fail(HYT_ERR_RANGE, "%zu pictures of %zu by %zu pixels are more than memory can hold", count,
                         height, width);
    return HYT_OK;
}

hyt_status hyti_dataset_new(hyt_context *context, size_t count, size_t height, size_t width, uint8_t *storage,
                            size_t offset, hyt_dataset **out)
{
    size_t bytes = 0;
    hyt_status status = check_size(count, height, width, &bytes);
    hyt_dataset *dataset = status == HYT_OK ? hyti_alloc(context, sizeof *dataset) : NULL;
    if (!dataset) {
        hyti_free(context, storage);
        return status == HYT_OK ? hyti_fail_nomem() : status;
    }
    hyti_ref_init(&dataset->ref);
    dataset->context = hyti_context_retain(context);
    dataset->count = count;
    dataset->height = height;
    dataset->width = width;
    dataset->storage = storage ? storage : hyti_alloc(context, bytes);
    dataset->pictures = dataset->storage ? dataset->storage + offset : NULL;
    dataset->labels = hyti_array(context, count, sizeof *dataset->labels);
    if (!dataset->storage || !dataset->labels) {
        hyt_dataset_destroy(dataset);
        return hyti_fail_nomem();
    }
    *out = dataset;
    return HYT_OK;
}

hyt_status hyti_dataset_finish(hyt_dataset *dataset, size_t classes)
{
    if (classes == 0 || classes > HYTI_CLASSES_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%zu classes: from 1 to %d are possible", classes, HYTI_CLASSES_MAX);
    dataset->class_counts = hyti_array(dataset->context, classes, sizeof *dataset->class_counts);
    if (!dataset->class_counts) return hyti_fail_nomem();
    dataset->classes = classes;
    for (size_t i = 0; i < dataset->count; i++) {
        if (dataset->labels[i] >= classes)
            return hyti_fail(HYT_ERR_RANGE, "picture %zu has label %u, there are %zu classes", i,
                             (unsigned)dataset->labels[i], classes);
        dataset->class_counts[dataset->labels[i]]++;
    }
    return HYT_OK;
}

/* Hands out a finished data set, or destroys one whose construction failed. */
static hyt_status finish_or_destroy(hyt_dataset *dataset, hyt_status status, size_t classes, hyt_dataset **out)
{
    if (status == HYT_OK) status = hyti_dataset_finish(dataset, classes);
    if (status == HYT_OK) *out = dataset;
    else hyt_dataset_destroy(dataset);
    return status;
}

hyt_status hyt_dataset_create(hyt_context *context, const uint8_t *pictures, const uint32_t *labels, size_t count,
                              size_t height, size_t width, size_t classes, hyt_dataset **out)
{
    HYTI_NEED(pictures);
    HYTI_NEED(labels);
    HYTI_NEED(out);
    hyt_dataset *dataset = NULL;
    HYTI_TRY(hyti_dataset_new(context, count, height, width, NULL, 0, &dataset));
    memcpy(dataset->pictures, pictures, count * hyti_picture_bytes(dataset));
    memcpy(dataset->labels, labels, count * sizeof *labels);
    return finish_or_destroy(dataset, HYT_OK, classes, out);
}

static hyt_status read_rows(hyt_dataset *dataset, hyt_row_fn row, void *user)
{
    hyti_message_clear();
    for (size_t i = 0; i < dataset->count; i++) {
        int answer = row(user, i, dataset->pictures + i * hyti_picture_bytes(dataset), &dataset->labels[i]);
        if (answer < 0) return hyti_fail_callback("row", answer);
        if (answer > 0)
            return hyti_fail(HYT_ERR_ARGUMENT, "the row callback answered %d for row %zu: 0 or negative is known",
                             answer, i);
    }
    return HYT_OK;
}

hyt_status hyt_dataset_read(hyt_context *context, hyt_row_fn row, void *user, size_t count, size_t height, size_t width,
                            size_t classes, hyt_dataset **out)
{
    HYTI_NEED(row);
    HYTI_NEED(out);
    hyt_dataset *dataset = NULL;
    HYTI_TRY(hyti_dataset_new(context, count, height, width, NULL, 0, &dataset));
    return finish_or_destroy(dataset, read_rows(dataset, row, user), classes, out);
}

void hyt_dataset_destroy(hyt_dataset *dataset)
{
    if (!dataset || !hyti_ref_release(&dataset->ref)) return;
    hyt_context *context = dataset->context;
    hyti_free(context, dataset->storage);
    hyti_free(context, dataset->labels);
    hyti_free(context, dataset->class_counts);
    hyti_box_table_clear(context, &dataset->boxes);
    hyti_free(context, dataset->masks);
    hyti_free(context, dataset->places);
    hyt_dataset_destroy((hyt_dataset *)(uintptr_t)dataset->parent);
    hyti_free(context, dataset);
    hyt_context_destroy(context);
}

/* The count of owners is the one thing of a data set that changes after construction. */
void hyti_dataset_retain(const hyt_dataset *dataset)
{
    hyti_ref_retain((hyti_ref *)(uintptr_t)&dataset->ref);
}

hyt_context *hyti_dataset_context(const hyt_dataset *dataset)
{
    return dataset->context;
}

size_t hyt_dataset_count(const hyt_dataset *dataset)
{
    return dataset ? dataset->count : 0;
}

size_t hyt_dataset_height(const hyt_dataset *dataset)
{
    return dataset ? dataset->height : 0;
}

size_t hyt_dataset_width(const hyt_dataset *dataset)
{
    return dataset ? dataset->width : 0;
}

size_t hyt_dataset_classes(const hyt_dataset *dataset)
{
    return dataset ? dataset->classes : 0;
}

size_t hyt_dataset_class_count(const hyt_dataset *dataset, size_t label)
{
    return dataset && label < dataset->classes ? dataset->class_counts[label] : 0;
}

const uint8_t *hyt_dataset_picture(const hyt_dataset *dataset, size_t index)
{
    if (!dataset || index >= dataset->count) return NULL;
    if (dataset->places) index = dataset->places[index];
    if (dataset->parent) dataset = dataset->parent;
    return dataset->pictures + index * hyti_picture_bytes(dataset);
}

uint32_t hyt_dataset_label(const hyt_dataset *dataset, size_t index)
{
    return dataset && index < dataset->count ? dataset->labels[index] : 0;
}

const uint8_t *hyt_dataset_mask(const hyt_dataset *dataset, size_t index)
{
    bool known = dataset && index < dataset->count && dataset->masks;
    return known ? dataset->masks + index * dataset->height * dataset->width : NULL;
}

size_t hyt_dataset_mask_classes(const hyt_dataset *dataset)
{
    return dataset && dataset->masks ? dataset->mask_classes : 0;
}

static void sum_picture(const uint8_t *picture, size_t pixels, uint64_t sums[3], uint64_t squares[3])
{
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c < 3; c++) {
            uint32_t value = picture[3 * i + c];
            sums[c] += value;
            squares[c] += value * value;
        }
    }
}

/* Sums of whole numbers, so the order of the pictures changes nothing. */
void hyt_dataset_statistics(const hyt_dataset *dataset, double mean[3], double deviation[3])
{
    size_t each = dataset ? dataset->height * dataset->width : 0, pixels = dataset ? dataset->count * each : 0;
    uint64_t sums[3] = { 0 }, squares[3] = { 0 };
    for (size_t i = 0; i < hyt_dataset_count(dataset); i++)
        sum_picture(hyt_dataset_picture(dataset, i), each, sums, squares);
    for (size_t c = 0; c < 3; c++) {
        double average = pixels ? (double)sums[c] / (double)pixels : 0;
        double variance = pixels ? (double)squares[c] / (double)pixels - average * average : 0;
        mean[c] = average / 255;
        deviation[c] = sqrt(fmax(variance, 0)) / 255;
    }
}

hyt_status hyt_dataset_check(const hyt_dataset *dataset, const char *name, size_t classes)
{
    HYTI_NEED(dataset);
    HYTI_NEED(name);
    if (dataset->classes > classes)
        return hyti_fail(HYT_ERR_FORMAT, "%s has labels up to %zu, but only %zu classes are expected", name,
                         dataset->classes - 1, classes);
    for (size_t label = 0; label < classes; label++)
        if (hyt_dataset_class_count(dataset, label) == 0)
            return hyti_fail(HYT_ERR_FORMAT, "%s has no picture of class %zu of %zu", name, label, classes);
    return HYT_OK;
}
