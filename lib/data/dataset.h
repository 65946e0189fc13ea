/* SPDX-License-Identifier: MIT */
/* What a data set holds, for the files of this folder. */
#ifndef HYTI_DATA_DATASET_H
#define HYTI_DATA_DATASET_H

#include "data/batch.h"

enum { HYTI_CLASSES_MAX = 65536 };

struct hyt_dataset {
    hyti_ref ref;
    hyt_context *context;
    size_t count, height, width, classes;
    uint8_t *storage;        /* the block that holds `pictures`, which may start inside it */
    uint8_t *pictures;       /* N,H,W,3 */
    uint32_t *labels;
    size_t *class_counts;
    float *boxes;            /* NULL: none; those of picture i are box_starts[i] .. box_starts[i + 1] - 1 */
    size_t *box_starts;
    uint8_t *masks;          /* N,H,W; NULL: none */
};

/* Checked sizes and room for labels; pictures too unless `storage` brings them, which is then owned, failed or not. */
hyt_status hyti_dataset_new(hyt_context *context, size_t count, size_t height, size_t width, uint8_t *storage,
                            size_t offset, hyt_dataset **out);
/* Checks the labels against `classes` and counts each class: the last step of every constructor. */
hyt_status hyti_dataset_finish(hyt_dataset *dataset, size_t classes);
static inline size_t hyti_picture_bytes(const hyt_dataset *dataset) { return dataset->height * dataset->width * 3; }

#endif
