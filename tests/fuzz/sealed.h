/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files with a seal (surrogate/payload.h): bytes that begin with the magic are one, any others become the rest of one,
 * so that what a checksum would hide is reached. */
#ifndef HYTNAS_TESTS_FUZZ_SEALED_H
#define HYTNAS_TESTS_FUZZ_SEALED_H

#include "fuzz.h"
#include "surrogate/payload.h"
#include <string.h>

static inline int check_sealed(const char *magic, const uint8_t *data, size_t size,
                               void (*check)(const void *data, size_t size))
{
    hyti_text file = { 0 };
    if (size >= 8 && memcmp(data, magic, 8) == 0) {
        check(data, size);
        return 0;
    }
    hyti_seal_begin(&file, magic, 1);
    hyti_text_append(&file, data, size);
    hyti_seal_end(&file);
    check(file.data, file.length);
    hyti_text_clear(&file);
    return 0;
}

#endif
