/* SPDX-License-Identifier: MIT */
/* A gzip file of one member (RFC 1952). */
#ifndef HYTI_DATA_GZIP_H
#define HYTI_DATA_GZIP_H

#include "base/heap.h"

bool hyti_is_gzip(const uint8_t *bytes, size_t size);
/* What was packed, checked against its CRC; released with hyti_free. */
hyt_status hyti_gunzip(hyt_context *context, const uint8_t *bytes, size_t size, uint8_t **out, size_t *out_size);

#endif
