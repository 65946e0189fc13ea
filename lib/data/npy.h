/* SPDX-License-Identifier: MIT */
/* The header of a `.npy` array (numpy's format, versions 1 to 3): what its bytes are. */
#ifndef HYTI_DATA_NPY_H
#define HYTI_DATA_NPY_H

#include "base/heap.h"

typedef struct hyti_npy {
    char dtype[16];   /* as written, "|u1" or "<i8"; "(structured)" for what is no plain word */
    bool fortran;
    hyt_dims dims;
    size_t offset;    /* of the values in the bytes that were given */
    size_t length;    /* of the values, in bytes */
} hyti_npy;

hyt_status hyti_npy_parse(const uint8_t *bytes, size_t size, hyti_npy *out);
/* Shape as numpy prints it: "(10, 48, 48, 3)". */
void hyti_npy_shape(const hyt_dims *dims, char *text, size_t size);

#endif
