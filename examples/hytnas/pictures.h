/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures of a search: three parts, of one size and one list of classes. */
#ifndef PICTURES_H
#define PICTURES_H

#include "program.h"

typedef struct pictures_wanted {
    const char *source;         /* "shapes", or a folder or file of any kind that docs/data.md tells of */
    const char *task;           /* whose targets count: "classification", "detection", "segmentation" */
    size_t input;               /* side in pixels; 0: as they are, picture files 96 */
    size_t train, val, test;    /* of shapes: how many */
} pictures_wanted;

typedef struct picture_parts {
    hyt_dataset *train, *validation, *test;
    size_t input, classes;
    uint64_t train_print, validation_print; /* fingerprints of what a search sees */
} picture_parts;

int load_pictures(const pictures_wanted *wanted, picture_parts *out);
void free_pictures(picture_parts *pictures);

#endif
