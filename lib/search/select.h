/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selection of a batch among candidates with predicted objectives. */
#ifndef HYTI_SEARCH_SELECT_H
#define HYTI_SEARCH_SELECT_H

#include "base/heap.h"

typedef struct hyti_choice {
    size_t objectives;
    const double *reference;
    const double *known;      /* front measured so far, and what is expected of pending trials */
    size_t known_count;
    const double *expected;   /* candidates: predicted objectives, a row each */
    const double *hoped;      /* the same, optimistic: decides where the expected ones add nothing */
    const double *chances;    /* that the candidate succeeds within the limits */
    size_t count;
} hyti_choice;

/* Greedy hypervolume improvement: one after the other, the candidate that adds most to the volume of what is known and of
 * those already picked, times its chance. Time O(picks count volume). `picks` has room for `wanted` (<= count) places. */
hyt_status hyti_select_volume(hyt_context *context, const hyti_choice *choice, size_t wanted, size_t *picks);

#endif
