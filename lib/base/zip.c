/* SPDX-License-Identifier: MIT */
#include "base/zip.h"
#include <limits.h>
#include <string.h>
#include <zlib.h>

/* zlib's state comes from our heap as well. */
static voidpf zip_allocate(voidpf context, uInt count, uInt size)
{
    return hyti_array(context, count, size);
}

static void zip_release(voidpf context, voidpf pointer)
{
    hyti_free(context, pointer);
}

static z_stream stream_of(hyt_context *context)
{
    return (z_stream){ .zalloc = zip_allocate, .zfree = zip_release, .opaque = context };
}

static int window_bits(hyti_zip kind)
{
    return kind == HYTI_ZIP_RAW ? -MAX_WBITS : MAX_WBITS;
}

/* Feeds one direction of a stream piecewise: zlib counts in 32 bits. */
typedef struct pieces { const unsigned char *in; size_t in_left; unsigned char *out; size_t out_left; } pieces;

static int step(z_stream *stream, pieces *p, int (*turn)(z_stream *, int))
{
    uInt in = (uInt)HYTI_MIN(p->in_left, (size_t)UINT_MAX), out = (uInt)HYTI_MIN(p->out_left, (size_t)UINT_MAX);
    stream->next_in = (Bytef *)(uintptr_t)p->in;
    stream->avail_in = in;
    stream->next_out = p->out;
    stream->avail_out = out;
    int answer = turn(stream, in == p->in_left ? Z_FINISH : Z_NO_FLUSH);
    p->in += in - stream->avail_in;
    p->in_left -= in - stream->avail_in;
    p->out += out - stream->avail_out;
    p->out_left -= out - stream->avail_out;
    bool moved = in != stream->avail_in || out != stream->avail_out;
    return answer == Z_BUF_ERROR && moved ? Z_OK : answer;
}

hyt_status hyti_inflate(hyt_context *context, hyti_zip kind, const void *bytes, size_t size, void *out, size_t out_size)
{
    z_stream stream = stream_of(context);
    unsigned char spare; /* zlib wants somewhere to write even for empty data */
    if (inflateInit2(&stream, window_bits(kind)) != Z_OK) return hyti_fail_nomem();
    pieces p = { bytes, size, out_size ? out : &spare, out_size };
    int answer = Z_OK;
    while (answer == Z_OK) answer = step(&stream, &p, inflate);
    inflateEnd(&stream);
    if (answer == Z_MEM_ERROR) return hyti_fail_nomem();
    if (answer == Z_STREAM_END && p.out_left == 0) return HYT_OK;
    if (answer == Z_STREAM_END || p.in_left == 0)
        return hyti_fail(HYT_ERR_FORMAT, "deflated data ends after %zu of %zu bytes", out_size - p.out_left, out_size);
    if (p.out_left == 0)
        return hyti_fail(HYT_ERR_FORMAT, "deflated data is longer than the %zu bytes that were stated", out_size);
    return hyti_fail(HYT_ERR_FORMAT, "deflated data is damaged near byte %zu of %zu", size - p.in_left, size);
}

hyt_status hyti_deflate(hyt_context *context, hyti_zip kind, const void *bytes, size_t size, void **out,
                        size_t *out_size)
{
    z_stream stream = stream_of(context);
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits(kind), 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return hyti_fail_nomem();
    size_t bound = deflateBound(&stream, size);
    unsigned char *packed = hyti_alloc(context, bound);
    pieces p = { bytes, size, packed, bound };
    int answer = packed ? Z_OK : Z_MEM_ERROR;
    while (answer == Z_OK) answer = step(&stream, &p, deflate);
    deflateEnd(&stream);
    if (answer != Z_STREAM_END) {
        hyti_free(context, packed);
        return hyti_fail_nomem();
    }
    *out = packed;
    *out_size = bound - p.out_left;
    return HYT_OK;
}

uint32_t hyti_crc32(uint32_t crc, const void *bytes, size_t size)
{
    return (uint32_t)crc32_z(crc, bytes, size);
}

const char *hyti_zlib_version(void)
{
    return zlibVersion();
}
