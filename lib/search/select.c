/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/select.h"
#include "pareto/pareto.h"
#include <string.h>

typedef struct greedy {
    hyti_volume volume;
    double *front; /* known points, then those expected of the picks */
    size_t front_count;
    bool *picked;
} greedy;

static hyt_status greedy_open(hyt_context *context, const hyti_choice *choice, size_t wanted, greedy *at)
{
    size_t m = choice->objectives, room = choice->known_count + wanted;
    *at = (greedy){ .front_count = choice->known_count };
    HYTI_TRY(hyti_volume_open(&at->volume, context, room, m));
    at->front = hyti_array(context, HYTI_MAX(room, 1), m * sizeof *at->front);
    at->picked = hyti_array(context, HYTI_MAX(choice->count, 1), sizeof *at->picked);
    if (!at->front || !at->picked) return hyti_fail_nomem();
    if (choice->known_count) memcpy(at->front, choice->known, choice->known_count * m * sizeof *at->front);
    return HYT_OK;
}

static void greedy_close(hyt_context *context, greedy *at)
{
    hyti_volume_close(&at->volume);
    hyti_free(context, at->front);
    hyti_free(context, at->picked);
}

/* The unpicked candidate that adds most by these values; the first of equals. */
static double best_by(const hyti_choice *choice, greedy *at, const double *values, size_t *best)
{
    double most = -1;
    for (size_t i = 0; i < choice->count; i++) {
        if (at->picked[i]) continue;
        double gain = choice->chances[i] * hyti_volume_gain(&at->volume, at->front, at->front_count, SIZE_MAX,
                                                            values + i * choice->objectives, choice->reference);
        if (gain <= most) continue;
        most = gain;
        *best = i;
    }
    return most;
}

hyt_status hyti_select_volume(hyt_context *context, const hyti_choice *choice, size_t wanted, size_t *picks)
{
    greedy at;
    size_t m = choice->objectives;
    hyt_status status = greedy_open(context, choice, wanted, &at);
    for (size_t k = 0; k < wanted && status == HYT_OK; k++) {
        size_t best = 0;
        if (best_by(choice, &at, choice->expected, &best) <= 0) best_by(choice, &at, choice->hoped, &best);
        at.picked[best] = true;
        picks[k] = best;
        memcpy(at.front + at.front_count++ * m, choice->expected + best * m, m * sizeof *at.front);
    }
    greedy_close(context, &at);
    return status;
}
