/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures of a search: three parts, of one size and one list of classes. */
#ifndef PICTURES_H
#define PICTURES_H

#include "program.h"

typedef struct pictures_wanted {
    const char *source;         /* a folder with train.npz, val.npz and test.npz, or "shapes" */
    size_t input;               /* side in pixels; 0: as they are */
    size_t train, val, test;    /* of shapes: how many */
} pictures_wanted;

typedef struct picture_parts {
    hyt_dataset *train, *validation, *test;
    size_t input, classes;
    uint64_t fingerprint;       /* of what a search sees: train and validation */
} picture_parts;

int load_pictures(const pictures_wanted *wanted, picture_parts *out);
void free_pictures(picture_parts *pictures);

#endif
