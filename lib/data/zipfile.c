/* SPDX-License-Identifier: MIT */
#include "data/zipfile.h"
#include "base/zip.h"
#include "data/bytes.h"
#include <string.h>

enum {
    LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50,
    LOCAL_SIZE = 30, CENTRAL_SIZE = 46, END_SIZE = 22, END64_SIZE = 56, LOCATOR64_SIZE = 20,
    COMMENT_MAX = 65535, EXTRA_ZIP64 = 1, ENCRYPTED = 1, STORED = 0, DEFLATED = 8
};
#define IN_ZIP64 0xffffffffu /* a 32-bit field that says: see the 64-bit one */

/* The end record is found from the end of the file: its comment must reach exactly there. */
static bool find_end(const uint8_t *bytes, size_t size, size_t *place)
{
    if (size < END_SIZE) return false;
    size_t last = size - END_SIZE, first = last > COMMENT_MAX ? last - COMMENT_MAX : 0;
    for (size_t at = last + 1; at-- > first;) {
        if (hyti_get32(bytes + at) != END || hyti_get16(bytes + at + 20) != last - at) continue;
        *place = at;
        return true;
    }
    return false;
}

/* A field of 64 bits as a size; what cannot lie in this archive becomes SIZE_MAX and fails its check. */
static size_t size_of(uint64_t value)
{
    return value <= SIZE_MAX ? (size_t)value : SIZE_MAX;
}

/* The 64-bit end record, pointed at by a locator right before the plain one. */
static hyt_status read_end64(hyti_zipfile *zip, size_t end, size_t *length, bool *found)
{
    const uint8_t *locator = zip->bytes + end - LOCATOR64_SIZE;
    *found = end >= LOCATOR64_SIZE && hyti_get32(locator) == LOCATOR64;
    if (!*found) return HYT_OK;
    size_t at = size_of(hyti_get64(locator + 8)), limit = end - LOCATOR64_SIZE;
    if (limit < END64_SIZE || at > limit - END64_SIZE || hyti_get32(zip->bytes + at) != END64)
        return hyti_fail(HYT_ERR_FORMAT, "the zip archive has no 64-bit end record at byte %zu", at);
    const uint8_t *record = zip->bytes + at;
    zip->entries = size_of(hyti_get64(record + 32));
    *length = size_of(hyti_get64(record + 40));
    zip->directory = size_of(hyti_get64(record + 48));
    return HYT_OK;
}

hyt_status hyti_zipfile_open(const void *bytes, size_t size, hyti_zipfile *out)
{
    hyti_zipfile zip = { .bytes = bytes, .size = size };
    size_t end, length = 0;
    bool wide = false;
    if (!find_end(bytes, size, &end))
        return hyti_fail(HYT_ERR_FORMAT, "no zip archive, or one cut short: %zu bytes without an end record", size);
    HYTI_TRY(read_end64(&zip, end, &length, &wide));
    if (!wide) {
        zip.entries = hyti_get16(zip.bytes + end + 10);
        length = hyti_get32(zip.bytes + end + 12);
        zip.directory = hyti_get32(zip.bytes + end + 16);
    }
    if (zip.directory > end || length > end - zip.directory)
        return hyti_fail(HYT_ERR_FORMAT,
                         "the zip directory (%zu bytes at %zu) is not in front of its end record at %zu",
                         length, zip.directory, end);
    if (zip.entries > length / CENTRAL_SIZE)
        return hyti_fail(HYT_ERR_FORMAT, "the zip directory has %zu bytes, too few for %zu entries", length,
                         zip.entries);
    zip.directory_end = zip.directory + length;
    *out = zip;
    return HYT_OK;
}

/* Takes the next 8 bytes of the zip64 field for a value that the 32-bit field left open. */
static bool widen(const uint8_t **field, size_t *left, size_t *value)
{
    if (*value != IN_ZIP64) return true;
    if (*left < 8) return false;
    *value = size_of(hyti_get64(*field));
    *field += 8;
    *left -= 8;
    return true;
}

/* Sizes of 64 bits stand in an extra field, in this order, each only if its 32-bit field is all ones. */
static bool read_zip64(const uint8_t *extra, size_t length, hyti_zip_entry *entry)
{
    const uint8_t *field = extra;
    size_t left = 0;
    while (length >= 4) {
        size_t size = hyti_get16(extra + 2);
        if (size > length - 4) return false;
        if (hyti_get16(extra) == EXTRA_ZIP64) {
            field = extra + 4;
            left = size;
            break;
        }
        extra += 4 + size;
        length -= 4 + size;
    }
    return widen(&field, &left, &entry->unpacked) && widen(&field, &left, &entry->packed) &&
           widen(&field, &left, &entry->header);
}

hyt_status hyti_zipfile_next(const hyti_zipfile *zip, size_t *place, hyti_zip_entry *out)
{
    const uint8_t *record = zip->bytes + *place;
    size_t left = zip->directory_end - *place;
    if (left < CENTRAL_SIZE || hyti_get32(record) != CENTRAL)
        return hyti_fail(HYT_ERR_FORMAT, "the zip directory is damaged at byte %zu", *place);
    size_t name = hyti_get16(record + 28), extra = hyti_get16(record + 30), comment = hyti_get16(record + 32);
    if (name + extra + comment > left - CENTRAL_SIZE)
        return hyti_fail(HYT_ERR_FORMAT, "the zip directory entry at byte %zu is longer than the directory", *place);
    hyti_zip_entry entry = {
        .name = (const char *)record + CENTRAL_SIZE, .name_length = name, .flags = hyti_get16(record + 8),
        .method = hyti_get16(record + 10), .crc = hyti_get32(record + 16), .packed = hyti_get32(record + 20),
        .unpacked = hyti_get32(record + 24), .header = hyti_get32(record + 42),
    };
    if (!read_zip64(record + CENTRAL_SIZE + name, extra, &entry))
        return hyti_fail(HYT_ERR_FORMAT, "the zip directory entry at byte %zu lacks its 64-bit sizes", *place);
    *place += CENTRAL_SIZE + name + extra + comment;
    *out = entry;
    return HYT_OK;
}

/* Where the packed bytes of an entry start: after its local header, whose sizes are not to be trusted or needed. */
static hyt_status find_packed(const hyti_zipfile *zip, const hyti_zip_entry *entry, const uint8_t **packed)
{
    if (zip->directory < LOCAL_SIZE || entry->header > zip->directory - LOCAL_SIZE ||
        hyti_get32(zip->bytes + entry->header) != LOCAL)
        return hyti_fail(HYT_ERR_FORMAT, "no zip entry starts at byte %zu, where the directory says so", entry->header);
    const uint8_t *header = zip->bytes + entry->header;
    size_t start = entry->header + LOCAL_SIZE + hyti_get16(header + 26) + hyti_get16(header + 28);
    if (start > zip->directory || entry->packed > zip->directory - start)
        return hyti_fail(HYT_ERR_FORMAT, "%zu packed bytes at byte %zu are more than the file has", entry->packed,
                         start);
    *packed = zip->bytes + start;
    return HYT_OK;
}

static hyt_status check_claim(const hyti_zip_entry *entry)
{
    if (entry->flags & ENCRYPTED) return hyti_fail(HYT_ERR_UNSUPPORTED, "encrypted");
    if (entry->method != STORED && entry->method != DEFLATED)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "packed by method %u; stored (0) and deflated (8) can be read",
                         entry->method);
    size_t most = entry->method == STORED ? entry->packed : hyti_inflate_bound(entry->packed);
    if (entry->unpacked > most || (entry->method == STORED && entry->unpacked != most))
        return hyti_fail(HYT_ERR_FORMAT, "%zu packed bytes cannot hold the %zu that are stated", entry->packed,
                         entry->unpacked);
    return HYT_OK;
}

static hyt_status check_content(const hyti_zip_entry *entry, const uint8_t *content)
{
    uint32_t crc = hyti_crc32(0, content, entry->unpacked);
    if (crc == entry->crc) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "damaged: its CRC is %08x, the archive says %08x", (unsigned)crc,
                     (unsigned)entry->crc);
}

bool hyti_zipfile_is_stored(const hyti_zip_entry *entry)
{
    return entry->method == STORED;
}

hyt_status hyti_zipfile_lend(const hyti_zipfile *zip, const hyti_zip_entry *entry, const uint8_t **out)
{
    const uint8_t *content = NULL;
    HYTI_TRY(check_claim(entry));
    HYTI_TRY(find_packed(zip, entry, &content));
    HYTI_TRY(check_content(entry, content));
    *out = content;
    return HYT_OK;
}

hyt_status hyti_zipfile_extract(hyt_context *context, const hyti_zipfile *zip, const hyti_zip_entry *entry,
                                uint8_t **out)
{
    const uint8_t *packed = NULL;
    HYTI_TRY(check_claim(entry));
    HYTI_TRY(find_packed(zip, entry, &packed));
    uint8_t *content = hyti_alloc(context, entry->unpacked);
    if (!content) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    if (entry->method == STORED) memcpy(content, packed, entry->unpacked);
    else status = hyti_inflate(context, HYTI_ZIP_RAW, packed, entry->packed, content, entry->unpacked);
    if (status == HYT_OK) status = check_content(entry, content);
    if (status == HYT_OK) *out = content;
    else hyti_free(context, content);
    return status;
}
