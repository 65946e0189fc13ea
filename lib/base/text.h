/* SPDX-License-Identifier: MIT */
/* Growing text and growing bytes, files read whole and written whole. */
#ifndef HYTI_BASE_TEXT_H
#define HYTI_BASE_TEXT_H

#include "base/heap.h"

/* Starts as {0} plus its context; after a failed append `failed` stays set, so that one check at the end is enough. */
typedef struct hyti_text {
    hyt_context *context;
    char *data;      /* zero-terminated once anything was added */
    size_t length, capacity;
    bool failed;
} hyti_text;
void hyti_text_add(hyti_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hyti_text_append(hyti_text *text, const void *bytes, size_t size);
/* As a JSON string, with quotes and escapes; NULL is "". */
void hyti_text_json(hyti_text *text, const char *value);
/* Shortest decimal that reads back as the same double; null where not finite. */
void hyti_text_number(hyti_text *text, double value);
void hyti_text_clear(hyti_text *text);

/* The whole file, to be released with hyti_free_aligned; HYT_ERR_IO or, above `limit` bytes, HYT_ERR_RANGE, both naming
 * the path. */
hyt_status hyti_file_read(hyt_context *context, const char *path, size_t limit, void **bytes, size_t *size);
/* To a new file beside `path`, flushed to disk, renamed: what was there stays until all of it is written. */
hyt_status hyti_file_write(const char *path, const void *bytes, size_t size);

#endif
