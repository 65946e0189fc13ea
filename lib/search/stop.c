/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/stop.h"
#include <time.h>

double hyti_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

const char *hyti_stop_due(const hyti_stop *stop, const hyti_progress *progress)
{
    if (stop->target > 0 && progress->volume >= stop->target) return "target";
    if (progress->told >= stop->trials) return "trials";
    if (stop->stall > 0 && progress->since_better >= stop->stall) return "stall";
    if (hyti_clock() >= stop->deadline) return "seconds";
    return NULL;
}
