/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hytnas/hytnas.h>
#include <stdio.h>

int main(void)
{
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    char genome[256];
    if (hyt_space_preset(NULL, "hytnas", &space) != HYT_OK || hyt_candidate_sample(space, 1, 0, &candidate) != HYT_OK ||
        hyt_candidate_genome(candidate, genome, sizeof genome, NULL) != HYT_OK) {
        fprintf(stderr, "%s\n", hyt_message());
        return 1;
    }
    printf("libhytnas %d: %s\n", hyt_version(), genome);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
    return 0;
}
