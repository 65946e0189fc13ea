/* SPDX-License-Identifier: MIT */
/* What a data set holds, for the files of this folder. */
#ifndef HYTI_DATA_DATASET_H
#define HYTI_DATA_DATASET_H

#include "data/batch.h"
#include "data/boxes.h"
#include "data/mapping.h"
#include "data/stream.h"

enum { HYTI_CLASSES_MAX = 65536 };

/* Mean and deviation once somebody asked. */
typedef struct hyti_statistics {
    atomic_int state;        /* 0: unknown; 1: being written; 2: there */
    double mean[3], deviation[3];
} hyti_statistics;

struct hyt_dataset {
    hyti_ref ref;
    hyt_context *context;
    size_t count, height, width, classes;
    uint8_t *storage;        /* the block that holds `pictures`, which may start inside it */
    hyti_mapping mapping;    /* or the file that does */
    uint8_t *pictures;       /* N,H,W,3; NULL where parent or stream has them; of a mapping never written to */
    hyti_stream *stream;
    uint32_t *labels;
    size_t *class_counts;
    hyti_box_table boxes;
    uint8_t *masks;          /* N,H,W; NULL: none */
    size_t mask_classes;
    const hyt_dataset *parent; /* kept: has the pictures; NULL: they are here */
    size_t *places;          /* picture i is the parent's places[i]; NULL: it is i */
    hyti_statistics statistics;
};

/* Checked sizes and room for labels, no pictures. */
hyt_status hyti_dataset_empty(hyt_context *context, size_t count, size_t height, size_t width, hyt_dataset **out);
/* The same with room for pictures, unless `storage` brings them, which is then owned, failed or not. */
hyt_status hyti_dataset_new(hyt_context *context, size_t count, size_t height, size_t width, uint8_t *storage,
                            size_t offset, hyt_dataset **out);
/* A data set whose pictures are those of another, number places[i] or, where `places` is NULL, all of them; the places
 * are copied and checked. Labels come along, boxes and masks do not. */
hyt_status hyti_dataset_view(const hyt_dataset *from, const size_t *places, size_t count, hyt_dataset **out);
/* Checks the masks against the classes: the last step of whoever set them. */
hyt_status hyti_dataset_check_masks(const hyt_dataset *dataset);
/* Checks the labels against `classes` and counts each class: the last step of every constructor. */
hyt_status hyti_dataset_finish(hyt_dataset *dataset, size_t classes);
static inline size_t hyti_picture_bytes(const hyt_dataset *dataset) { return dataset->height * dataset->width * 3; }

#endif
