/* SPDX-License-Identifier: MIT */
/* A list of pictures with boxes, grown by the readers of COCO and VOC. */
#ifndef HYTI_DATA_ANNOTATIONS_H
#define HYTI_DATA_ANNOTATIONS_H

#include "base/heap.h"
#include <hytnas/data.h>

enum { HYTI_ANNOTATED_CLASSES_MAX = 4096 }; /* a class is looked for among those before it */

typedef struct hyti_listed {
    char *file;              /* owned */
    size_t width, height;
} hyti_listed;

struct hyt_annotations {
    hyt_context *context;
    bool closed;             /* the classes are given: no other is added */
    hyti_listed *pictures;
    size_t count, picture_room;
    hyt_box *boxes;          /* corners in pixels of the listed size */
    size_t box_count, box_room;
    char **classes;          /* owned names */
    size_t class_count, class_room;
};

/* Adds a picture: its name must be a path below the folder it will be looked for in, its sides at least 1. */
hyt_status hyti_annotations_add_picture(hyt_annotations *list, const char *file, int64_t width, int64_t height);
/* The label of a class, which is added unless the list is closed. */
hyt_status hyti_annotations_label(hyt_annotations *list, const char *name, uint32_t *label);
/* Adds a box of a picture that is there; checks it. */
hyt_status hyti_annotations_add_box(hyt_annotations *list, const hyt_box *box);
/* A reader's work as a whole or not at all: what was there before it, and back to that. */
typedef struct hyti_annotations_mark { size_t pictures, boxes, classes; } hyti_annotations_mark;
hyti_annotations_mark hyti_annotations_now(const hyt_annotations *list);
void hyti_annotations_back(hyt_annotations *list, hyti_annotations_mark mark);

#endif
