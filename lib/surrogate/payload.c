/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/payload.h"
#include "base/zip.h"
#include <math.h>
#include <string.h>

void hyti_put_number(hyti_text *to, uint64_t value, size_t bytes)
{
    unsigned char buffer[8];
    for (size_t i = 0; i < bytes; i++) buffer[i] = (unsigned char)(value >> (8 * i));
    hyti_text_append(to, buffer, bytes);
}

void hyti_put_real(hyti_text *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    hyti_put_number(to, bits, sizeof bits);
}

void hyti_put_reals(hyti_text *to, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) hyti_put_real(to, values[i]);
}

void hyti_put_word(hyti_text *to, const char *text)
{
    hyti_put_number(to, strlen(text), 4);
    hyti_text_append(to, text, strlen(text));
}

void hyti_seal_begin(hyti_text *to, const char *magic, uint32_t version)
{
    hyti_text_append(to, magic, 8);
    hyti_put_number(to, version, 4);
    hyti_put_number(to, 0, 4);
}

void hyti_seal_end(hyti_text *to)
{
    if (to->failed) return;
    uint32_t crc = hyti_crc32(0, to->data + HYTI_SEAL, to->length - HYTI_SEAL);
    for (size_t i = 0; i < 4; i++) to->data[HYTI_SEAL - 4 + i] = (char)(crc >> (8 * i));
}

bool hyti_has_seal(const hyti_payload *from, const char *magic)
{
    return from->size >= HYTI_SEAL && memcmp(from->bytes, magic, 8) == 0;
}

hyt_status hyti_get_seal(hyti_payload *from, uint32_t version)
{
    uint64_t seen, crc;
    from->at = 8;
    HYTI_TRY(hyti_get_number(from, 4, "version", 0, UINT32_MAX, &seen));
    HYTI_TRY(hyti_get_number(from, 4, "checksum", 0, UINT32_MAX, &crc));
    if (seen != version)
        return hyti_fail(HYT_ERR_CONFLICT, "a %s of version %u, this library reads version %u", from->part,
                         (unsigned)seen, (unsigned)version);
    if (hyti_crc32(0, from->bytes + HYTI_SEAL, from->size - HYTI_SEAL) != crc)
        return hyti_fail(HYT_ERR_FORMAT, "%s: its checksum differs", from->part);
    return HYT_OK;
}

hyt_status hyti_get_room(const hyti_payload *from, uint64_t count, const char *what)
{
    if (count <= from->size - from->at) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "%s ends at byte %zu, %s at %zu needs %llu more bytes", from->part, from->size,
                     what, from->at, (unsigned long long)count);
}

static uint64_t take(hyti_payload *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) value |= (uint64_t)from->bytes[from->at++] << (8 * i);
    return value;
}

hyt_status hyti_get_number(hyti_payload *from, size_t bytes, const char *what, uint64_t low, uint64_t high,
                           uint64_t *out)
{
    HYTI_TRY(hyti_get_room(from, bytes, what));
    uint64_t value = take(from, bytes);
    if (value < low || value > high)
        return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %s is %llu, not %llu to %llu", from->part, from->at - bytes,
                         what, (unsigned long long)value, (unsigned long long)low, (unsigned long long)high);
    *out = value;
    return HYT_OK;
}

hyt_status hyti_get_count(hyti_payload *from, size_t bytes, const char *what, size_t *out)
{
    HYTI_TRY(hyti_get_room(from, 8, what));
    uint64_t value = take(from, 8);
    size_t left = (from->size - from->at) / bytes;
    if (value > left)
        return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %s is %llu, there are bytes for %zu", from->part, from->at - 8,
                         what, (unsigned long long)value, left);
    *out = (size_t)value;
    return HYT_OK;
}

hyt_status hyti_get_real(hyti_payload *from, const char *what, double low, double high, double *out)
{
    HYTI_TRY(hyti_get_room(from, 8, what));
    uint64_t bits = take(from, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!(value >= low && value <= high))
        return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %s is %g, not %g to %g", from->part, from->at - 8, what, value,
                         low, high);
    *out = value;
    return HYT_OK;
}

hyt_status hyti_get_reals(hyti_payload *from, const char *what, size_t count, double *out)
{
    if (count > SIZE_MAX / 8) count = SIZE_MAX / 8;
    HYTI_TRY(hyti_get_room(from, 8 * count, what));
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = take(from, 8);
        memcpy(&out[i], &bits, sizeof out[i]);
        if (!isfinite(out[i]))
            return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %s holds %g", from->part, from->at - 8, what, out[i]);
    }
    return HYT_OK;
}

hyt_status hyti_get_word(hyti_payload *from, const char *what, char *out, size_t size)
{
    uint64_t length = 0;
    HYTI_TRY(hyti_get_number(from, 4, what, 0, size - 1, &length));
    HYTI_TRY(hyti_get_room(from, length, what));
    for (size_t i = 0; i < length; i++) {
        out[i] = (char)from->bytes[from->at++];
        if (out[i] <= ' ' || out[i] > '~')
            return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %s holds what is no letter", from->part, from->at - 1,
                             what);
    }
    out[length] = 0;
    return HYT_OK;
}

hyt_status hyti_get_end(const hyti_payload *from)
{
    if (from->at == from->size) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "%s: %zu bytes are left over from byte %zu on", from->part, from->size - from->at,
                     from->at);
}
