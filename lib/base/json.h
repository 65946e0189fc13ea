/* SPDX-License-Identifier: MIT */
/* Reading JSON, strictly: the one place that includes jansson.h. Depth at most 64, no key twice, nothing after the end.
 * Built without jansson (no_json.c) nothing can be read: HYT_ERR_UNSUPPORTED.
 * Writing is hyti_text (base/text.h). */
#ifndef HYTI_BASE_JSON_H
#define HYTI_BASE_JSON_H

#include "base/heap.h"

typedef struct hyti_json hyti_json;
typedef enum hyti_json_type {
    HYTI_JSON_NULL, HYTI_JSON_FLAG, HYTI_JSON_INT, HYTI_JSON_REAL, HYTI_JSON_TEXT, HYTI_JSON_ARRAY, HYTI_JSON_OBJECT
} hyti_json_type;

/* HYT_ERR_FORMAT names line and column. */
hyt_status hyti_json_parse(const char *text, size_t size, hyti_json **out);
void hyti_json_destroy(hyti_json *root);

/* All lent, gone with the root; NULL where there is nothing. */
hyti_json_type hyti_json_type_of(const hyti_json *value);   /* NULL reads as HYTI_JSON_NULL */
size_t hyti_json_count(const hyti_json *value);             /* members of an array or object, else 0 */
const hyti_json *hyti_json_at(const hyti_json *array, size_t index);
const hyti_json *hyti_json_get(const hyti_json *object, const char *key);
/* First key of the object that is not in the NULL-ended list; NULL if all are: for refusing what nobody reads. */
const char *hyti_json_unknown_key(const hyti_json *object, const char *const *known);
/* HYT_ERR_FORMAT "<name>: expected a whole number" and the like where the type differs or value is NULL. */
hyt_status hyti_json_int(const hyti_json *value, const char *name, int64_t *out);
hyt_status hyti_json_number(const hyti_json *value, const char *name, double *out);  /* INT or REAL */
hyt_status hyti_json_text(const hyti_json *value, const char *name, const char **out);

#endif
