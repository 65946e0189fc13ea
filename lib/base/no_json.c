/* SPDX-License-Identifier: MIT */
/* In place of json.c where the library is built without jansson: no text becomes a value,
 * so that every value is NULL. */
#include "base/json.h"

static hyt_status without_jansson(void)
{
    return hyti_fail(HYT_ERR_UNSUPPORTED, "this library was built without jansson, and cannot read JSON");
}

hyt_status hyti_json_parse(const char *text, size_t size, hyti_json **out)
{
    (void)text, (void)size, (void)out;
    return without_jansson();
}

void hyti_json_destroy(hyti_json *root)
{
    (void)root;
}

hyti_json_type hyti_json_type_of(const hyti_json *value)
{
    return (void)value, HYTI_JSON_NULL;
}

size_t hyti_json_count(const hyti_json *value)
{
    return (void)value, 0;
}

const hyti_json *hyti_json_at(const hyti_json *array, size_t index)
{
    return (void)array, (void)index, NULL;
}

const hyti_json *hyti_json_get(const hyti_json *object, const char *key)
{
    return (void)object, (void)key, NULL;
}

const char *hyti_json_unknown_key(const hyti_json *object, const char *const *known)
{
    return (void)object, (void)known, NULL;
}

hyt_status hyti_json_int(const hyti_json *value, const char *name, int64_t *out)
{
    return (void)value, (void)name, (void)out, without_jansson();
}

hyt_status hyti_json_number(const hyti_json *value, const char *name, double *out)
{
    return (void)value, (void)name, (void)out, without_jansson();
}

hyt_status hyti_json_text(const hyti_json *value, const char *name, const char **out)
{
    return (void)value, (void)name, (void)out, without_jansson();
}
