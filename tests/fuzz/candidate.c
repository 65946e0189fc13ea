/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A genome that was read is written in canonical form, which reads back to the same candidate and the same text. */
#include "fuzz.h"
#include <hytnas/space.h>
#include <string.h>

static const char tree[] =
    "{\"name\": \"tree\", \"genes\": ["
    "{\"name\": \"op\", \"kind\": \"categorical\", \"labels\": [\"conv\", \"vit\", \"skip\"]},"
    "{\"name\": \"depth\", \"kind\": \"integer\", \"low\": -2, \"high\": 4, \"step\": 2},"
    "{\"name\": \"heads\", \"kind\": \"ordinal\", \"values\": [0.5, 1, 1e300],"
    " \"when\": {\"gene\": \"op\", \"levels\": [1]}},"
    "{\"name\": \"norm\", \"kind\": \"categorical\", \"labels\": [\"a-b\", \"1\"],"
    " \"when\": {\"gene\": \"heads\", \"levels\": [0, 2]}},"
    "{\"name\": \"rate\", \"kind\": \"real\", \"low\": 1e-5, \"high\": 0.5, \"scale\": \"log\","
    " \"when\": {\"gene\": \"op\", \"levels\": [0, 1]}}]}";

static void go_round(hyt_space *space, const char *genome)
{
    char first[256], second[256];
    hyt_candidate *candidate = NULL, *again = NULL;
    if (hyt_candidate_parse(space, genome, &candidate) != HYT_OK) {
        REQUIRE(candidate == NULL && hyt_message()[0] != 0);
        return;
    }
    MUST(hyt_candidate_genome(candidate, first, sizeof first, NULL));
    MUST(hyt_candidate_parse(space, first, &again));
    MUST(hyt_candidate_genome(again, second, sizeof second, NULL));
    REQUIRE(hyt_candidate_equal(candidate, again));
    REQUIRE(strcmp(first, second) == 0);
    hyt_candidate_destroy(candidate);
    hyt_candidate_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hyt_space *preset, *conditional; /* made once, reachable until the end */
    char *genome = malloc(size + 1);
    REQUIRE(genome != NULL);
    if (size) memcpy(genome, data, size);
    genome[size] = 0;
    if (!preset) MUST(hyt_space_preset(NULL, "hytnas", &preset));
    if (!conditional) MUST(hyt_space_parse_json(NULL, tree, strlen(tree), &conditional));
    go_round(preset, genome);
    go_round(conditional, genome);
    free(genome);
    return 0;
}
