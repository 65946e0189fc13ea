/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a predictor. What is read is written and reads back as the same bytes, metric and answers. */
#include "sealed.h"
#include "evaluate/evaluate.h"
#include <hytnas/space.h>
#include <string.h>

#define MAGIC "\x89HYP\r\n\x1a\n"

/* The space that the corpus was made for. */
static hyt_space *make_space(void)
{
    static const double values[] = { 1, 2, 4 };
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, "fuzz", &space));
    MUST(hyt_space_add_ordinal(space, "a", values, 3));
    MUST(hyt_space_add_integer(space, "b", 0, 9, 1));
    return space;
}

static void compare(hyt_space *space, const hyt_predictor *a, const hyt_predictor *b)
{
    hyt_candidate *candidate = NULL;
    double value[2] = { 0, 0 }, deviation[2] = { 0, 0 };
    MUST(hyt_candidate_sample(space, 1, 0, &candidate));
    hyt_status status = hyt_predictor_predict(a, candidate, &value[0], &deviation[0]);
    REQUIRE(hyt_predictor_predict(b, candidate, &value[1], &deviation[1]) == status);
    REQUIRE(memcmp(&value[0], &value[1], sizeof value[0]) == 0);
    REQUIRE(memcmp(&deviation[0], &deviation[1], sizeof deviation[0]) == 0);
    REQUIRE(strcmp(hyt_predictor_metric(a), hyt_predictor_metric(b)) == 0);
    hyt_candidate_destroy(candidate);
}

static void check(const void *data, size_t size)
{
    hyt_predictor *predictor = NULL, *again = NULL;
    hyti_text first = { 0 }, second = { 0 };
    hyt_space *space = make_space();
    if (hyti_predictor_parse(space, data, size, &predictor) == HYT_OK) {
        MUST(hyti_predictor_write(predictor, &first));
        MUST(hyti_predictor_parse(space, first.data, first.length, &again));
        MUST(hyti_predictor_write(again, &second));
        REQUIRE(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
        compare(space, predictor, again);
    } else {
        REQUIRE(predictor == NULL && hyt_message()[0] != 0);
    }
    hyti_text_clear(&first);
    hyti_text_clear(&second);
    hyt_predictor_destroy(predictor);
    hyt_predictor_destroy(again);
    hyt_space_destroy(space);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return check_sealed(MAGIC, data, size, check);
}
