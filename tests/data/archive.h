/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes `.npz` archives byte by byte, so that each field can be wrong. */
#ifndef HYTNAS_TESTS_ARCHIVE_H
#define HYTNAS_TESTS_ARCHIVE_H

#include "test.h"
#include "base/text.h"
#include "base/zip.h"
#include <hytnas/data.h>

/* A whole number and its width, least significant byte first. */
typedef struct field { uint64_t value; size_t bytes; } field;

static inline void put(hyti_text *out, const field *fields, size_t count)
{
    for (size_t f = 0; f < count; f++) {
        for (size_t i = 0; i < fields[f].bytes; i++) {
            uint8_t byte = (uint8_t)(fields[f].value >> 8 * i);
            hyti_text_append(out, &byte, 1);
        }
    }
}
#define PUT(out, ...) put(out, (const field[]){ __VA_ARGS__ }, HYTI_COUNT(((const field[]){ __VA_ARGS__ })))

/* An array to be written; what is wrong with it, if anything, is in the fields of the second line. */
typedef struct entry {
    const char *name, *dtype, *shape;
    const void *values;
    size_t size;
    bool deflated, fortran;
    int version;          /* of .npy; 0 stands for 1 */
    unsigned method, flags, crc_flip;
    uint32_t more_unpacked; /* claimed beyond the truth */
} entry;

static inline void put_npy(hyti_text *out, const entry *e)
{
    char header[256];
    int version = e->version ? e->version : 1;
    int length = snprintf(header, sizeof header, "{'descr': %s, 'fortran_order': %s, 'shape': %s, }   \n", e->dtype,
                          e->fortran ? "True" : "False", e->shape);
    hyti_text_append(out, "\x93NUMPY", 6);
    PUT(out, { (uint64_t)version, 2 }, { (uint64_t)length, version == 1 ? 2 : 4 });
    hyti_text_append(out, header, (size_t)length);
    hyti_text_append(out, e->values, e->size);
}

static inline void put_entry(hyti_text *file, hyti_text *directory, const entry *e)
{
    hyti_text content = { 0 };
    void *packed = NULL;
    size_t size = 0, place = file->length;
    put_npy(&content, e);
    uint32_t crc = hyti_crc32(0, content.data, content.length) ^ e->crc_flip;
    if (e->deflated) MUST(hyti_deflate(NULL, HYTI_ZIP_RAW, content.data, content.length, &packed, &size));
    else packed = hyti_copy(NULL, content.data, size = content.length);
    unsigned method = e->method ? e->method : e->deflated ? 8 : 0;
    uint64_t unpacked = content.length + e->more_unpacked;
    size_t name = strlen(e->name);
    PUT(file, { 0x04034b50, 4 }, { 45, 2 }, { e->flags, 2 }, { method, 2 }, { 0, 4 }, { crc, 4 });
    PUT(file, { 0xffffffff, 4 }, { 0xffffffff, 4 }, { name, 2 }, { 20, 2 });
    hyti_text_append(file, e->name, name);
    PUT(file, { 1, 2 }, { 16, 2 }, { unpacked, 8 }, { size, 8 }); /* 64 bits in the local header, as numpy has it */
    hyti_text_append(file, packed, size);
    PUT(directory, { 0x02014b50, 4 }, { 45, 2 }, { 45, 2 }, { e->flags, 2 }, { method, 2 }, { 0, 4 }, { crc, 4 });
    PUT(directory, { size, 4 }, { unpacked, 4 }, { name, 2 }, { 0, 8 }, { 0, 4 }, { place, 4 });
    hyti_text_append(directory, e->name, name);
    hyti_text_clear(&content);
    hyti_free(NULL, packed);
}

static inline hyti_text archive(const entry *entries, size_t count)
{
    hyti_text file = { 0 }, directory = { 0 };
    for (size_t i = 0; i < count; i++) put_entry(&file, &directory, &entries[i]);
    size_t place = file.length;
    if (directory.length) hyti_text_append(&file, directory.data, directory.length);
    PUT(&file, { 0x06054b50, 4 }, { 0, 4 }, { count, 2 }, { count, 2 });
    PUT(&file, { directory.length, 4 }, { place, 4 }, { 0, 2 });
    hyti_text_clear(&directory);
    return file;
}

static inline hyt_status parse(const entry *entries, size_t count, hyt_dataset **out)
{
    hyti_text file = archive(entries, count);
    hyt_status status = hyt_dataset_parse_npz(NULL, file.data, file.length, out);
    hyti_text_clear(&file);
    return status;
}

#endif
