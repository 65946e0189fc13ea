/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include <jansson.h>
#include <string.h>

#define MAX_DEPTH 64

/* hyti_json is json_t under another name, so that jansson.h stays here. */
static const json_t *of(const hyti_json *value)
{
    return (const json_t *)(const void *)value;
}

static const hyti_json *as(const json_t *value)
{
    return (const hyti_json *)(const void *)value;
}

/* jansson nests up to 2048 levels, more than a small stack bears: counted before it starts. */
static bool too_deep(const char *text, size_t size)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (quoted) {
            if (text[i] == '\\') i++;
            else if (text[i] == '"') quoted = false;
        } else if (text[i] == '"') {
            quoted = true;
        } else if (text[i] == '[' || text[i] == '{') {
            if (++depth > MAX_DEPTH) return true;
        } else if ((text[i] == ']' || text[i] == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

hyt_status hyti_json_parse(const char *text, size_t size, hyti_json **out)
{
    json_error_t error;
    if (too_deep(text, size)) return hyti_fail(HYT_ERR_FORMAT, "JSON nested more than %d levels deep", MAX_DEPTH);
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        if (json_error_code(&error) == json_error_out_of_memory) return hyti_fail_nomem();
        return hyti_fail(HYT_ERR_FORMAT, "JSON, line %d, column %d: %s", error.line, error.column, error.text);
    }
    *out = (hyti_json *)(void *)root;
    return HYT_OK;
}

void hyti_json_destroy(hyti_json *root)
{
    json_decref((json_t *)(void *)root);
}

hyti_json_type hyti_json_type_of(const hyti_json *value)
{
    if (!value) return HYTI_JSON_NULL;
    switch (json_typeof(of(value))) {
    case JSON_OBJECT: return HYTI_JSON_OBJECT;
    case JSON_ARRAY: return HYTI_JSON_ARRAY;
    case JSON_STRING: return HYTI_JSON_TEXT;
    case JSON_INTEGER: return HYTI_JSON_INT;
    case JSON_REAL: return HYTI_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE: return HYTI_JSON_FLAG;
    case JSON_NULL: break;
    }
    return HYTI_JSON_NULL;
}

size_t hyti_json_count(const hyti_json *value)
{
    return json_is_array(of(value)) ? json_array_size(of(value)) : json_object_size(of(value));
}

const hyti_json *hyti_json_at(const hyti_json *array, size_t index)
{
    return as(json_array_get(of(array), index));
}

const hyti_json *hyti_json_get(const hyti_json *object, const char *key)
{
    return as(json_object_get(of(object), key));
}

const char *hyti_json_unknown_key(const hyti_json *object, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)of(object), key, value) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0) i++;
        if (!known[i]) return key;
    }
    return NULL;
}

hyt_status hyti_json_int(const hyti_json *value, const char *name, int64_t *out)
{
    if (!json_is_integer(of(value))) return hyti_fail(HYT_ERR_FORMAT, "%s: expected a whole number", name);
    *out = json_integer_value(of(value));
    return HYT_OK;
}

hyt_status hyti_json_number(const hyti_json *value, const char *name, double *out)
{
    if (!json_is_number(of(value))) return hyti_fail(HYT_ERR_FORMAT, "%s: expected a number", name);
    *out = json_number_value(of(value));
    return HYT_OK;
}

hyt_status hyti_json_text(const hyti_json *value, const char *name, const char **out)
{
    if (!json_is_string(of(value))) return hyti_fail(HYT_ERR_FORMAT, "%s: expected text", name);
    *out = json_string_value(of(value));
    return HYT_OK;
}
