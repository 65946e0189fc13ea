/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selection of a batch by hypervolume improvement (HVI): one after the other, what adds most to the volume of what
 * is known and of what is expected of those already taken. */
#ifndef HYTI_SEARCH_SELECT_H
#define HYTI_SEARCH_SELECT_H

#include "pareto/pareto.h"

typedef struct hyti_greedy {
    hyt_context *context;
    hyti_volume volume;
    size_t objectives, count;
    double *front;           /* count rows: known ones, then those taken */
    const double *reference; /* lent */
} hyti_greedy;

/* Room for `more` beyond the known rows. Starts as {0}; closed after a failure too. */
hyt_status hyti_greedy_open(hyti_greedy *greedy, hyt_context *context, size_t objectives, const double *reference,
                            const double *known, size_t count, size_t more);
void hyti_greedy_close(hyti_greedy *greedy);
/* What a point with these objectives would add. */
double hyti_greedy_gain(hyti_greedy *greedy, const double *objectives);
/* Of `n` rows the first that gains most, each gain times its chance; rows with a chance below 0 are passed over.
 * @param gain  of that row; may be NULL */
size_t hyti_greedy_best(hyti_greedy *greedy, const double *rows, const double *chances, size_t n, double *gain);
/* Takes a point with these objectives. */
void hyti_greedy_take(hyti_greedy *greedy, const double *objectives);

#endif
