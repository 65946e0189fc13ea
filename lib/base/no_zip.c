/* SPDX-License-Identifier: MIT */
/* In place of zip.c where the library is built without zlib. */
#include "base/zip.h"

hyt_status hyti_inflate(hyt_context *context, hyti_zip kind, const void *bytes, size_t size, void *out, size_t out_size)
{
    (void)context, (void)kind, (void)bytes, (void)size, (void)out, (void)out_size;
    return hyti_fail(HYT_ERR_UNSUPPORTED, "the data is deflated, and this library was built without zlib");
}

hyt_status hyti_deflate(hyt_context *context, hyti_zip kind, const void *bytes, size_t size, void **out,
                        size_t *out_size)
{
    (void)context, (void)kind, (void)bytes, (void)size, (void)out, (void)out_size;
    return hyti_fail(HYT_ERR_UNSUPPORTED, "this library was built without zlib, and cannot deflate");
}

/* The polynomial of zlib and ISO 3309, bit by bit. */
uint32_t hyti_crc32(uint32_t crc, const void *bytes, size_t size)
{
    crc = ~crc;
    for (const unsigned char *at = bytes; size; at++, size--) {
        crc ^= *at;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

const char *hyti_zlib_version(void)
{
    return "none";
}
