/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A space that was read is written as text that reads back to the same text, and its points have ranks and genomes that
 * lead back to them. */
#include "fuzz.h"
#include <hytnas/space.h>
#include <string.h>

static void points_agree(hyt_space *space)
{
    for (uint64_t i = 0; i < 4; i++) {
        hyt_candidate *candidate = NULL, *again = NULL;
        uint64_t high, low;
        MUST(hyt_candidate_sample(space, 1, i, &candidate));
        if (hyt_candidate_index(candidate, &high, &low) == HYT_OK) {
            MUST(hyt_candidate_at(space, high, low, &again));
            REQUIRE(hyt_candidate_equal(candidate, again));
            hyt_candidate_destroy(again);
        }
        if (hyt_candidate_neighbours(candidate) > 0) {
            MUST(hyt_candidate_neighbour(candidate, 0, &again));
            REQUIRE(!hyt_candidate_equal(candidate, again));
            hyt_candidate_destroy(again);
        }
        hyt_candidate_destroy(candidate);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hyt_space *space = NULL, *again = NULL;
    char *first = NULL, *second = NULL;
    if (hyt_space_parse_json(NULL, (const char *)data, size, &space) != HYT_OK) {
        REQUIRE(space == NULL && hyt_message()[0] != 0);
        return 0;
    }
    MUST(hyt_space_to_json(space, &first));
    MUST(hyt_space_parse_json(NULL, first, strlen(first), &again));
    MUST(hyt_space_to_json(again, &second));
    REQUIRE(strcmp(first, second) == 0);
    points_agree(space);
    hyt_text_destroy(first);
    hyt_text_destroy(second);
    hyt_space_destroy(space);
    hyt_space_destroy(again);
    return 0;
}
