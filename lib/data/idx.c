/* SPDX-License-Identifier: MIT */
/* A data set out of two IDX files, as MNIST and its like come: magic 0 0 type rank, sizes of 32 bits, big end first,
 * then the values. Grey becomes RGB. */
#include "data/dataset.h"
#include "data/gzip.h"
#include <string.h>

enum { UNSIGNED_BYTE = 8, HEADER = 4 };

typedef struct idx {
    uint8_t *content;       /* owned: what was unpacked; NULL where the bytes were plain */
    hyt_dims dims;
    const uint8_t *values;
} idx;

static size_t size_at(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static hyt_status parse_plain(const uint8_t *bytes, size_t size, idx *out)
{
    size_t count, rank;
    if (size < HEADER || bytes[0] != 0 || bytes[1] != 0)
        return hyti_fail(HYT_ERR_FORMAT, "no IDX file: it starts with other bytes than 0 0");
    if (bytes[2] != UNSIGNED_BYTE)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "an IDX file of type 0x%02x; unsigned bytes (0x08) can be read",
                         bytes[2]);
    rank = bytes[3];
    if (rank == 0 || rank > 4 || size < HEADER + 4 * rank)
        return hyti_fail(HYT_ERR_FORMAT, "an IDX file of rank %zu in %zu bytes", rank, size);
    out->dims.rank = rank;
    for (size_t i = 0; i < rank; i++) out->dims.size[i] = size_at(bytes + HEADER + 4 * i);
    out->values = bytes + HEADER + 4 * rank;
    size -= HEADER + 4 * rank;
    if (!hyti_dims_count(&out->dims, &count) || count != size)
        return hyti_fail(HYT_ERR_FORMAT, "the IDX file has %zu values, its %zu sizes say another number", size, rank);
    return HYT_OK;
}

static hyt_status parse_file(hyt_context *context, const uint8_t *bytes, size_t size, const char *what, idx *out)
{
    hyt_status status = HYT_OK;
    *out = (idx){ 0 };
    if (hyti_is_gzip(bytes, size)) {
        status = hyti_gunzip(context, bytes, size, &out->content, &size);
        bytes = out->content;
    }
    if (status == HYT_OK) status = parse_plain(bytes, size, out);
    return status == HYT_OK || status == HYT_ERR_NOMEM ? status : hyti_fail_within(status, "%s", what);
}

static hyt_status check_dims(const idx *pictures, const idx *labels)
{
    const hyt_dims *dims = &pictures->dims;
    if (dims->rank != 3 && (dims->rank != 4 || dims->size[3] != 3))
        return hyti_fail(HYT_ERR_FORMAT, "pictures: an IDX file of rank %zu, expected pictures, height, width(, 3)",
                         dims->rank);
    if (labels->dims.rank != 1)
        return hyti_fail(HYT_ERR_FORMAT, "labels: an IDX file of rank %zu, expected 1", labels->dims.rank);
    if (labels->dims.size[0] != dims->size[0])
        return hyti_fail(HYT_ERR_FORMAT, "labels: %zu for %zu pictures", labels->dims.size[0], dims->size[0]);
    return HYT_OK;
}

static hyt_status fill(const idx *pictures, const idx *labels, hyt_dataset *dataset)
{
    size_t pixels = dataset->count * dataset->height * dataset->width, classes = 0;
    if (pictures->dims.rank == 4) memcpy(dataset->pictures, pictures->values, 3 * pixels);
    else
        for (size_t p = 0; p < pixels; p++) memset(dataset->pictures + 3 * p, pictures->values[p], 3);
    for (size_t i = 0; i < dataset->count; i++) {
        dataset->labels[i] = labels->values[i];
        classes = HYTI_MAX(classes, (size_t)labels->values[i] + 1);
    }
    return hyti_dataset_finish(dataset, classes);
}

static hyt_status build(hyt_context *context, const idx *pictures, const idx *labels, hyt_dataset **out)
{
    hyt_dataset *dataset = NULL;
    const size_t *size = pictures->dims.size;
    HYTI_TRY(check_dims(pictures, labels));
    HYTI_TRY(hyti_dataset_new(context, size[0], size[1], size[2], NULL, 0, &dataset));
    hyt_status status = fill(pictures, labels, dataset);
    if (status == HYT_OK) *out = dataset;
    else hyt_dataset_destroy(dataset);
    return status;
}

hyt_status hyt_dataset_parse_idx(hyt_context *context, const void *pictures, size_t pictures_size, const void *labels,
                                 size_t labels_size, hyt_dataset **out)
{
    idx x = { 0 }, y = { 0 };
    HYTI_NEED(pictures);
    HYTI_NEED(labels);
    HYTI_NEED(out);
    hyt_status status = parse_file(context, pictures, pictures_size, "pictures", &x);
    if (status == HYT_OK) status = parse_file(context, labels, labels_size, "labels", &y);
    if (status == HYT_OK) status = build(context, &x, &y, out);
    hyti_free(context, x.content);
    hyti_free(context, y.content);
    return status;
}

hyt_status hyt_dataset_load_idx(hyt_context *context, const char *pictures, const char *labels, hyt_dataset **out)
{
    hyti_mapping x = { 0 }, y = { 0 };
    HYTI_NEED(pictures);
    HYTI_NEED(labels);
    HYTI_NEED(out);
    hyt_status status = hyti_mapping_open(pictures, &x);
    if (status == HYT_OK) status = hyti_mapping_open(labels, &y);
    if (status == HYT_OK) {
        status = hyt_dataset_parse_idx(context, x.bytes, x.size, y.bytes, y.size, out);
        if (status != HYT_OK && status != HYT_ERR_NOMEM) status = hyti_fail_within(status, "%s", pictures);
    }
    hyti_mapping_close(&x);
    hyti_mapping_close(&y);
    return status;
}
