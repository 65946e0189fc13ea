/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local search for the point that gains most: inner solvers spread over a whole front, this finishes what is about to
 * be taken. */
#ifndef HYTI_SEARCH_CLIMB_H
#define HYTI_SEARCH_CLIMB_H

#include "search/model.h"
#include "search/select.h"

typedef struct hyti_climb {
    const hyti_model *model; /* lent, as the next is */
    hyti_greedy *greedy;
    hyti_set near;           /* new neighbours of the point where it is */
    hyti_forecast around;    /* of them */
    size_t room;
    hyti_level *step;
    double gain;             /* of the point where it is */
    double mean[HYTI_SEARCH_OBJECTIVES]; /* of its objectives */
} hyti_climb;

hyt_status hyti_climb_open(hyti_climb *climb, const hyti_model *model, hyti_greedy *greedy);
void hyti_climb_close(hyti_climb *climb);
/* Moves `here` by steps to neighbours, each the one that gains most, which are free and not in `batch`, until none
 * gains more. `gain` and `mean` are those of `here`, before and after. */
hyt_status hyti_climb_run(hyti_climb *climb, const hyti_set *batch, hyti_level *here);

#endif
