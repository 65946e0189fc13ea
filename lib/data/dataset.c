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

hyt_status hyti_dataset_empty(hyt_context *context, size_t count, size_t height, size_t width, hyt_dataset **out)
{
    size_t bytes = 0;
    HYTI_TRY(check_size(count, height, width, &bytes));
    hyt_dataset *dataset = hyti_alloc(context, sizeof *dataset);
    if (!dataset) return hyti_fail_nomem();
    hyti_ref_init(&dataset->ref);
    dataset->context = hyti_context_retain(context);
    dataset->count = count;
    dataset->height = height;
    dataset->width = width;
    dataset->labels = hyti_array(context, count, sizeof *dataset->labels);
    if (!dataset->labels) {
        hyt_dataset_destroy(dataset);
        return hyti_fail_nomem();
    }
    *out = dataset;
    return HYT_OK;
}

hyt_status hyti_dataset_new(hyt_context *context, size_t count, size_t height, size_t width, uint8_t *storage,
                            size_t offset, hyt_dataset **out)
{
    hyt_dataset *dataset = NULL;
    hyt_status status = hyti_dataset_empty(context, count, height, width, &dataset);
    if (status != HYT_OK) {
        hyti_free(context, storage);
        return status;
    }
    dataset->storage = storage ? storage : hyti_array(context, count, hyti_picture_bytes(dataset));
    if (!dataset->storage) {
        hyt_dataset_destroy(dataset);
        return hyti_fail_nomem();
    }
    dataset->pictures = dataset->storage + offset;
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
    for (size_t i = 0; i < dataset->count; i++)
        HYTI_TRY(hyti_row_call(row, user, i, dataset->pictures + i * hyti_picture_bytes(dataset), &dataset->labels[i]));
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
    hyti_mapping_close(&dataset->mapping);
    hyti_stream_destroy(context, dataset->stream);
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

/* The data set that has a picture, and its number there. */
static const hyt_dataset *find_picture(const hyt_dataset *dataset, size_t *index)
{
    if (dataset->places) *index = dataset->places[*index];
    return dataset->parent ? dataset->parent : dataset;
}

const uint8_t *hyt_dataset_picture(const hyt_dataset *dataset, size_t index)
{
    if (!dataset || index >= dataset->count) return NULL;
    const hyt_dataset *holder = find_picture(dataset, &index);
    return holder->pictures ? holder->pictures + index * hyti_picture_bytes(dataset) : NULL;
}

/* Reads a picture that does not lie in memory; it stays if there is room. */
static hyt_status read_picture(const hyt_dataset *holder, size_t index, uint8_t *picture)
{
    uint32_t label = holder->labels[index];
    HYTI_TRY(hyti_stream_read(holder->stream, index, picture, &label));
    if (label != holder->labels[index])
        return hyti_fail(HYT_ERR_CONFLICT, "the row callback answers label %u for row %zu, it was %u", (unsigned)label,
                         index, (unsigned)holder->labels[index]);
    hyti_stream_keep(holder->stream, index, picture);
    return HYT_OK;
}

hyt_status hyti_dataset_fetch(const hyt_dataset *dataset, size_t index, hyti_picture *out)
{
    *out = (hyti_picture){ hyt_dataset_picture(dataset, index), NULL };
    if (out->bytes) return HYT_OK;
    const hyt_dataset *holder = find_picture(dataset, &index);
    out->bytes = hyti_stream_kept(holder->stream, index);
    if (out->bytes) return HYT_OK;
    uint8_t *picture = hyti_alloc(dataset->context, hyti_picture_bytes(dataset));
    if (!picture) return hyti_fail_nomem();
    hyt_status status = read_picture(holder, index, picture);
    if (status == HYT_OK) *out = (hyti_picture){ picture, picture };
    else hyti_free(dataset->context, picture);
    return status;
}

void hyti_dataset_drop(const hyt_dataset *dataset, hyti_picture *picture)
{
    hyti_free(dataset->context, picture->owned);
    *picture = (hyti_picture){ 0 };
}

hyt_status hyt_dataset_copy_picture(const hyt_dataset *dataset, size_t index, uint8_t *out)
{
    hyti_picture picture;
    HYTI_NEED(dataset);
    HYTI_NEED(out);
    if (index >= dataset->count)
        return hyti_fail(HYT_ERR_RANGE, "picture %zu of a data set of %zu", index, dataset->count);
    HYTI_TRY(hyti_dataset_fetch(dataset, index, &picture));
    memcpy(out, picture.bytes, hyti_picture_bytes(dataset));
    hyti_dataset_drop(dataset, &picture);
    return HYT_OK;
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
static hyt_status measure(const hyt_dataset *dataset, double mean[3], double deviation[3])
{
    size_t each = dataset->height * dataset->width, pixels = dataset->count * each;
    uint64_t sums[3] = { 0 }, squares[3] = { 0 };
    for (size_t i = 0; i < dataset->count; i++) {
        hyti_picture picture;
        HYTI_TRY(hyti_dataset_fetch(dataset, i, &picture));
        sum_picture(picture.bytes, each, sums, squares);
        hyti_dataset_drop(dataset, &picture);
    }
    for (size_t c = 0; c < 3; c++) {
        double average = (double)sums[c] / (double)pixels;
        double variance = (double)squares[c] / (double)pixels - average * average;
        mean[c] = average / 255;
        deviation[c] = sqrt(fmax(variance, 0)) / 255;
    }
    return HYT_OK;
}

/* Whoever is first writes; others have worked out the same. */
static void remember(hyti_statistics *known, const double mean[3], const double deviation[3])
{
    int unknown = 0;
    if (!atomic_compare_exchange_strong(&known->state, &unknown, 1)) return;
    memcpy(known->mean, mean, sizeof known->mean);
    memcpy(known->deviation, deviation, sizeof known->deviation);
    atomic_store_explicit(&known->state, 2, memory_order_release);
}

hyt_status hyt_dataset_statistics(const hyt_dataset *dataset, double mean[3], double deviation[3])
{
    HYTI_NEED(dataset);
    HYTI_NEED(mean);
    HYTI_NEED(deviation);
    hyti_statistics *known = (hyti_statistics *)(uintptr_t)&dataset->statistics;
    if (atomic_load_explicit(&known->state, memory_order_acquire) == 2) {
        memcpy(mean, known->mean, sizeof known->mean);
        memcpy(deviation, known->deviation, sizeof known->deviation);
        return HYT_OK;
    }
    double m[3], d[3];
    HYTI_TRY(measure(dataset, m, d));
    remember(known, m, d);
    memcpy(mean, m, sizeof m);
    memcpy(deviation, d, sizeof d);
    return HYT_OK;
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
