/* SPDX-License-Identifier: MIT */
/* Bounded inflate and deflate: the one place that includes zlib.h. Built without zlib both say HYT_ERR_UNSUPPORTED
 * (no_zip.c). */
#ifndef HYTI_BASE_ZIP_H
#define HYTI_BASE_ZIP_H

#include "base/heap.h"

typedef enum hyti_zip { HYTI_ZIP_RAW, HYTI_ZIP_ZLIB } hyti_zip;

/* No stream of `size` bytes inflates to more than this (1032:1): check a claimed size before allocating it. */
static inline size_t hyti_inflate_bound(size_t size)
{
    size_t bound;
    return hyti_mul(size, 1032, &bound) && hyti_add(bound, 1032, &bound) ? bound : SIZE_MAX;
}
/* Exactly `out_size` bytes, else HYT_ERR_FORMAT. */
hyt_status hyti_inflate(hyt_context *context, hyti_zip kind, const void *bytes, size_t size, void *out,
                        size_t out_size);
/* *out is released with hyti_free. */
hyt_status hyti_deflate(hyt_context *context, hyti_zip kind, const void *bytes, size_t size, void **out,
                        size_t *out_size);
uint32_t hyti_crc32(uint32_t crc, const void *bytes, size_t size);
const char *hyti_zlib_version(void);

#endif
