/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selection of a batch by hypervolume improvement: one after the other, what is expected to add most to the volume of
 * what is known and of what is expected of those already taken. */
#ifndef HYTI_SEARCH_SELECT_H
#define HYTI_SEARCH_SELECT_H

#include "search/ehvi.h"

typedef struct hyti_greedy {
    hyt_context *context;
    size_t objectives, count, draws, room;
    double *fronts;          /* draws * count rows: what is known, in each draw, then those taken */
    const double *reference; /* lent */
    double doubt;            /* deviations count so many times; 0: improvement of the means */
    hyti_ehvi volume;        /* of the fronts */
} hyti_greedy;

/* `draws` fronts of `count` rows each; more than one where measurements are noisy (ehvi.h). Room for `more` beyond
 * them. Starts as {0}; closed after a failure too. */
hyt_status hyti_greedy_open(hyti_greedy *greedy, hyt_context *context, size_t objectives, const double *reference,
                            const double *known, size_t count, size_t draws, size_t more);
void hyti_greedy_close(hyti_greedy *greedy);
/* What a point is expected to add. */
double hyti_greedy_gain(hyti_greedy *greedy, const double *mean, const double *deviation);
/* Of `n` rows the first that gains most, each gain times its chance; rows with a chance below 0 are passed over, and
 * HYTI_NOWHERE is the answer where none gains.
 * @param gain  of that row; 0 where none gains */
size_t hyti_greedy_best(hyti_greedy *greedy, const double *means, const double *deviations, const double *chances,
                        size_t n, double *gain);
/* Takes a point with these objectives. */
hyt_status hyti_greedy_take(hyti_greedy *greedy, const double *objectives);

#endif
