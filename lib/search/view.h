/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a method is shown of a search: the problem, and the history as one row a candidate. */
#ifndef HYTI_SEARCH_VIEW_H
#define HYTI_SEARCH_VIEW_H

#include "search/handle.h"

typedef struct hyti_view {
    hyti_problem problem;
    hyti_history history, each; /* rows are candidates; evaluations, where some had several */
    hyti_set closed; /* the taken ones but those that may be tried again, where there are such */
    hyti_level *levels;      /* what the rows of the history are, then those of each evaluation */
    double *objectives, limits[HYTI_SEARCH_OBJECTIVES], reference[HYTI_SEARCH_OBJECTIVES];
    hyt_trial_state *states;
    bool exact[HYTI_SEARCH_OBJECTIVES];
} hyti_view;

/* Closed after a failure too. */
hyt_status hyti_view_open(hyt_search *search, hyti_view *view);
void hyti_view_close(hyt_search *search, hyti_view *view);

#endif
