/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one stop rule: when a run ends, and why. */
#ifndef HYTI_SEARCH_STOP_H
#define HYTI_SEARCH_STOP_H

#include <stddef.h>

typedef struct hyti_stop {
    size_t trials, stall;    /* stall 0: never */
    double target, deadline; /* target 0: none; deadline in seconds of CLOCK_MONOTONIC, infinity: none */
} hyti_stop;

typedef struct hyti_progress {
    size_t told;         /* trials, in whatever state they ended */
    size_t since_better; /* told since the last that made the volume larger */
    double volume;       /* 0 before the reference is known */
} hyti_progress;

double hyti_clock(void);
/* The word that hyt_search_stopped() says, NULL: go on. */
const char *hyti_stop_due(const hyti_stop *stop, const hyti_progress *progress);

#endif
