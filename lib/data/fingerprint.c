/* SPDX-License-Identifier: MIT */
/* One number for all that a data set holds, the same on every machine. */
#include "data/bytes.h"
#include "data/dataset.h"
#include <string.h>

/* As FNV-1a, but eight bytes a step; the fold lets high bits reach low ones, which a product alone does not. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const uint8_t *bytes, size_t size)
{
    size_t whole = size - size % 8;
    for (size_t i = 0; i < whole; i += 8) hash = mix(hash, hyti_get64(bytes + i));
    for (size_t i = whole; i < size; i++) hash = mix(hash, bytes[i]);
    return hash;
}

static uint64_t mix_boxes(uint64_t hash, const hyt_dataset *dataset, size_t index)
{
    const hyti_box_table *boxes = &dataset->boxes;
    size_t first = boxes->starts[index], end = boxes->starts[index + 1];
    hash = mix(hash, end - first);
    for (size_t b = first; b < end; b++) {
        uint32_t bits[4];
        memcpy(bits, boxes->corners + 4 * b, sizeof bits);
        for (size_t i = 0; i < 4; i++) hash = mix(hash, bits[i]);
        hash = mix(hash, (uint64_t)boxes->labels[b] << 1 | boxes->crowds[b]);
    }
    return hash;
}

static hyt_status mix_picture(const hyt_dataset *dataset, size_t index, uint64_t *hash)
{
    hyti_picture picture;
    size_t pixels = dataset->height * dataset->width;
    HYTI_TRY(hyti_dataset_fetch(dataset, index, &picture));
    *hash = mix(mix_bytes(*hash, picture.bytes, pixels * 3), dataset->labels[index]);
    hyti_dataset_drop(dataset, &picture);
    if (dataset->boxes.starts) *hash = mix_boxes(*hash, dataset, index);
    if (dataset->masks) *hash = mix_bytes(*hash, dataset->masks + index * pixels, pixels);
    return HYT_OK;
}

hyt_status hyt_dataset_fingerprint(const hyt_dataset *dataset, uint64_t *out)
{
    HYTI_NEED(dataset);
    HYTI_NEED(out);
    const size_t facts[] = { dataset->count, dataset->height, dataset->width, dataset->classes,
                             hyt_dataset_box_classes(dataset), hyt_dataset_mask_classes(dataset) };
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < HYTI_COUNT(facts); i++) hash = mix(hash, facts[i]);
    for (size_t i = 0; i < dataset->count; i++) HYTI_TRY(mix_picture(dataset, i, &hash));
    *out = hash;
    return HYT_OK;
}
