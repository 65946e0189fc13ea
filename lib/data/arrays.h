/* SPDX-License-Identifier: MIT */
/* The arrays of a `.npz` file and their numbers. */
#ifndef HYTI_DATA_ARRAYS_H
#define HYTI_DATA_ARRAYS_H

#include "data/npy.h"
#include "data/zipfile.h"

typedef struct hyti_npz_array {
    uint8_t *content;       /* owned: header and values; released with hyti_free; NULL where they are lent */
    const uint8_t *values;  /* NULL: the file has no such array */
    hyti_npy npy;
} hyti_npz_array;

/* The array of this name, out->values NULL where there is none; failures name it. What is stored as it is is lent from
 * the archive if it may be, else copied as what is deflated. */
hyt_status hyti_npz_find(hyt_context *context, const hyti_zipfile *zip, const char *name, bool may_lend,
                         hyti_npz_array *out);

/* What a plain type of numpy is made of. */
typedef enum hyti_npy_kind { HYTI_NPY_UNSIGNED, HYTI_NPY_SIGNED, HYTI_NPY_FLOAT } hyti_npy_kind;
typedef struct hyti_npy_type { hyti_npy_kind kind; size_t width; bool big; } hyti_npy_type;
/* Integers, bool (unsigned) and floats of 4 and 8 bytes; false for any other type. */
bool hyti_npy_type_of(const char *dtype, hyti_npy_type *out);
/* Of an integer type; what is negative is UINT64_MAX and below. */
uint64_t hyti_npy_integer(const uint8_t *values, size_t index, hyti_npy_type type);
double hyti_npy_float(const uint8_t *values, size_t index, hyti_npy_type type);

/* HYT_ERR_FORMAT unless the array has exactly these dimensions (SIZE_MAX: any) and as many bytes as they say. */
hyt_status hyti_npz_check(const hyti_npz_array *array, const char *name, size_t width, size_t rank,
                          const size_t size[]);

#endif
