/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One array of a `.npz` file of the measured data. */
#ifndef HYTNAS_TESTS_ARRAY_H
#define HYTNAS_TESTS_ARRAY_H

#include "../test.h"
#include "base/text.h"
#include "data/npy.h"
#include "data/zipfile.h"

typedef struct array {
    hyti_npy facts;
    uint8_t *bytes;      /* the entry as a whole */
    const uint8_t *data; /* facts.length bytes */
} array;

static inline array load_array(const char *path, const char *name)
{
    array found = { 0 };
    void *file;
    size_t size, length = strlen(name);
    hyti_zipfile zip;
    hyti_zip_entry entry;
    MUST(hyti_file_read(NULL, path, (size_t)1 << 31, &file, &size));
    MUST(hyti_zipfile_open(file, size, &zip));
    size_t place = zip.directory;
    for (size_t i = 0; i < zip.entries && !found.bytes; i++) {
        MUST(hyti_zipfile_next(&zip, &place, &entry));
        if (entry.name_length != length + 4 || memcmp(entry.name, name, length) != 0) continue;
        MUST(hyti_zipfile_extract(NULL, &zip, &entry, &found.bytes));
        MUST(hyti_npy_parse(found.bytes, entry.unpacked, &found.facts));
    }
    if (!found.bytes) fail_msg("%s: no array %s", path, name);
    found.data = found.bytes + found.facts.offset;
    hyti_free_aligned(NULL, file);
    return found;
}

static inline void drop_array(array *a)
{
    hyti_free(NULL, a->bytes);
}

#endif
