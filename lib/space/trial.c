/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "space/space.h"
#include <math.h>
#include <time.h>

const char *hyt_trial_state_name(hyt_trial_state state)
{
    switch (state) {
    case HYT_TRIAL_FINISHED: return "finished";
    case HYT_TRIAL_INFEASIBLE: return "infeasible";
    case HYT_TRIAL_TRANSIENT: return "transient";
    case HYT_TRIAL_TIMEOUT: return "timeout";
    case HYT_TRIAL_NAN: return "nan";
    case HYT_TRIAL_PENDING: return "pending";
    case HYT_TRIAL_PRUNED: return "pruned";
    case HYT_TRIAL_CANCELLED: return "cancelled";
    }
    return "unknown";
}

uint64_t hyt_trial_number(const hyt_trial *trial)
{
    return trial->number;
}

const hyt_candidate *hyt_trial_candidate(const hyt_trial *trial)
{
    return trial->candidate;
}

double hyt_trial_fidelity(const hyt_trial *trial)
{
    return trial->fidelity;
}

double hyt_trial_seconds_left(const hyt_trial *trial)
{
    struct timespec now;
    if (isinf(trial->deadline)) return trial->deadline;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return trial->deadline - ((double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
}

hyt_status hyt_trial_report(hyt_trial *trial, uint64_t step, const double *objectives, size_t n)
{
    HYTI_NEED(trial);
    HYTI_NEED(objectives);
    return trial->report ? trial->report(trial, step, objectives, n) : HYT_OK;
}

int hyt_trial_should_stop(const hyt_trial *trial)
{
    return trial->should_stop ? trial->should_stop(trial) : 0;
}
