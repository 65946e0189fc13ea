/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was read can be written and reads back as the same value, as far as accessors reach. */
#include "fuzz.h"
#include "base/json.h"
#include "base/text.h"
#include <string.h>

static void texts_agree(const hyti_json *a)
{
    const char *first = NULL, *second = NULL;
    hyti_text text = { 0 };
    hyti_json *again = NULL;
    MUST(hyti_json_text(a, "a", &first));
    hyti_text_json(&text, first);
    MUST(hyti_json_parse(text.data, text.length, &again));
    MUST(hyti_json_text(again, "again", &second));
    REQUIRE(strcmp(first, second) == 0);
    hyti_json_destroy(again);
    hyti_text_clear(&text);
}

static void numbers_agree(const hyti_json *a)
{
    double first, second;
    hyti_text text = { 0 };
    hyti_json *again = NULL;
    MUST(hyti_json_number(a, "a", &first));
    hyti_text_number(&text, first);
    MUST(hyti_json_parse(text.data, text.length, &again));
    MUST(hyti_json_number(again, "again", &second));
    REQUIRE(first == second);
    hyti_json_destroy(again);
    hyti_text_clear(&text);
}

static void walk(const hyti_json *value)
{
    const char *const none[] = { NULL };
    hyti_json_type type = hyti_json_type_of(value);
    if (type == HYTI_JSON_TEXT) texts_agree(value);
    if (type == HYTI_JSON_INT || type == HYTI_JSON_REAL) numbers_agree(value);
    if (type == HYTI_JSON_OBJECT) {
        const char *key = hyti_json_unknown_key(value, none);
        REQUIRE((key != NULL) == (hyti_json_count(value) > 0));
        if (key) walk(hyti_json_get(value, key));
    }
    if (type != HYTI_JSON_ARRAY) return;
    for (size_t i = 0; i < hyti_json_count(value); i++) walk(hyti_json_at(value, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hyti_json *root = NULL;
    if (hyti_json_parse((const char *)data, size, &root) != HYT_OK) {
        REQUIRE(root == NULL && hyt_message()[0] != 0);
        return 0;
    }
    walk(root);
    hyti_json_destroy(root);
    return 0;
}
