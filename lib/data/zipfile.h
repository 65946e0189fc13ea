/* SPDX-License-Identifier: MIT */
/* The entries of a zip archive that lies in memory (APPNOTE 6.3), as far as numpy writes them: one disk, stored or
 * deflated, sizes of 32 or 64 bits. Every field is hostile. */
#ifndef HYTI_DATA_ZIPFILE_H
#define HYTI_DATA_ZIPFILE_H

#include "base/heap.h"

typedef struct hyti_zipfile {
    const uint8_t *bytes;
    size_t size;
    size_t directory, directory_end; /* the central directory lies between */
    size_t entries;
} hyti_zipfile;

typedef struct hyti_zip_entry {
    const char *name;      /* lent from the archive, not terminated */
    size_t name_length;
    unsigned method, flags;
    uint32_t crc;
    size_t packed, unpacked, header; /* sizes in bytes, place of the local header */
} hyti_zip_entry;

hyt_status hyti_zipfile_open(const void *bytes, size_t size, hyti_zipfile *out);
/* Reads the entry at *place, which starts as zip->directory, and moves on to the next. */
hyt_status hyti_zipfile_next(const hyti_zipfile *zip, size_t *place, hyti_zip_entry *out);
/* The content of an entry, checked against its CRC; *out has entry->unpacked bytes, released with hyti_free. */
hyt_status hyti_zipfile_extract(hyt_context *context, const hyti_zipfile *zip, const hyti_zip_entry *entry,
                                uint8_t **out);
/* Whether an entry is stored as it is, and then its content where it lies, checked likewise. */
bool hyti_zipfile_is_stored(const hyti_zip_entry *entry);
hyt_status hyti_zipfile_lend(const hyti_zipfile *zip, const hyti_zip_entry *entry, const uint8_t **out);

#endif
