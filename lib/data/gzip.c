/* SPDX-License-Identifier: MIT */
#include "data/gzip.h"
#include "base/zip.h"
#include "data/bytes.h"
#include <string.h>

enum { HEADER = 10, TRAILER = 8, DEFLATED = 8 };
enum { HAS_CRC = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16, RESERVED = 0xe0 }; /* bits of the flags */

bool hyti_is_gzip(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* Past a text that ends with 0; `end` where there is no such end. */
static size_t skip_text(const uint8_t *bytes, size_t at, size_t end)
{
    const uint8_t *zero = at < end ? memchr(bytes + at, 0, end - at) : NULL;
    return zero ? (size_t)(zero - bytes) + 1 : end + 1;
}

/* Where the packed bytes start: after a header with the parts that its flags name; beyond `end` if it is cut short. */
static size_t skip_header(const uint8_t *bytes, size_t end)
{
    unsigned flags = bytes[3];
    size_t at = HEADER;
    if (flags & HAS_EXTRA) at = end - at >= 2 ? at + 2 + hyti_get16(bytes + at) : end + 1;
    if (flags & HAS_NAME) at = skip_text(bytes, at, end);
    if (flags & HAS_COMMENT) at = skip_text(bytes, at, end);
    return flags & HAS_CRC ? at + 2 : at;
}

hyt_status hyti_gunzip(hyt_context *context, const uint8_t *bytes, size_t size, uint8_t **out, size_t *out_size)
{
    if (!hyti_is_gzip(bytes, size) || size < HEADER + TRAILER)
        return hyti_fail(HYT_ERR_FORMAT, "no gzip file, or one cut short: %zu bytes", size);
    if (bytes[2] != DEFLATED || (bytes[3] & RESERVED))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "a gzip file of method %u, flags %u", bytes[2], bytes[3]);
    size_t end = size - TRAILER, at = skip_header(bytes, end), unpacked = hyti_get32(bytes + end + 4);
    if (at > end) return hyti_fail(HYT_ERR_FORMAT, "the header of the gzip file is cut short");
    if (unpacked > hyti_inflate_bound(end - at))
        return hyti_fail(HYT_ERR_FORMAT, "%zu packed bytes cannot hold the %zu that are stated", end - at, unpacked);
    uint8_t *content = hyti_alloc(context, unpacked);
    if (!content) return hyti_fail_nomem();
    hyt_status status = hyti_inflate(context, HYTI_ZIP_RAW, bytes + at, end - at, content, unpacked);
    uint32_t crc = status == HYT_OK ? hyti_crc32(0, content, unpacked) : 0, stated = hyti_get32(bytes + end);
    if (status == HYT_OK && crc != stated)
        status = hyti_fail(HYT_ERR_FORMAT, "damaged: its CRC is %08x, the file says %08x", (unsigned)crc,
                           (unsigned)stated);
    if (status != HYT_OK) {
        hyti_free(context, content);
        return status;
    }
    *out = content;
    *out_size = unpacked;
    return HYT_OK;
}
