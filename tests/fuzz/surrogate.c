/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a surrogate. What is read is written and reads back as the same bytes and the same answers. */
#include "sealed.h"
#include <hytnas/surrogate.h>
#include <string.h>

#define MAGIC "\x89HYS\r\n\x1a\n"
enum { MOST_FEATURES = 64 };

/* Both answer alike, or both say why not. */
static void compare(const hyt_surrogate *a, const hyt_surrogate *b)
{
    double x[MOST_FEATURES] = { 0.5, -2, 1e3 }, mean[2] = { 0, 0 }, deviation[2] = { 0, 0 };
    REQUIRE(hyt_surrogate_rows(a) == hyt_surrogate_rows(b));
    hyt_status status = hyt_surrogate_predict(a, x, 1, &mean[0], &deviation[0]);
    REQUIRE(hyt_surrogate_predict(b, x, 1, &mean[1], &deviation[1]) == status);
    REQUIRE((status == HYT_ERR_STATE) == (hyt_surrogate_rows(a) == 0));
    REQUIRE(memcmp(&mean[0], &mean[1], sizeof mean[0]) == 0);
    REQUIRE(memcmp(&deviation[0], &deviation[1], sizeof deviation[0]) == 0);
}

/* The number of features, behind the name of the kind. */
static size_t features_of(const char *bytes)
{
    const unsigned char *body = (const unsigned char *)bytes + HYTI_SEAL, *count = body + 4 + body[0];
    return count[0] + 256u * count[1] + 65536u * count[2];
}

static void check(const void *data, size_t size)
{
    hyt_surrogate *model = NULL, *again = NULL;
    char *first = NULL, *second = NULL;
    size_t first_size, second_size;
    if (hyt_surrogate_parse(NULL, data, size, &model) != HYT_OK) {
        REQUIRE(model == NULL && hyt_message()[0] != 0);
        return;
    }
    MUST(hyt_surrogate_write(model, &first, &first_size));
    MUST(hyt_surrogate_parse(NULL, first, first_size, &again));
    MUST(hyt_surrogate_write(again, &second, &second_size));
    REQUIRE(first_size == second_size && memcmp(first, second, first_size) == 0);
    if (features_of(first) <= MOST_FEATURES) compare(model, again);
    hyt_text_destroy(first);
    hyt_text_destroy(second);
    hyt_surrogate_destroy(model);
    hyt_surrogate_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return check_sealed(MAGIC, data, size, check);
}
