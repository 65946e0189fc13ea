/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/select.h"
#include <string.h>

hyt_status hyti_greedy_open(hyti_greedy *greedy, hyt_context *context, size_t objectives, const double *reference,
                            const double *known, size_t count, size_t more)
{
    *greedy = (hyti_greedy){ .context = context, .objectives = objectives, .reference = reference, .count = count };
    HYTI_TRY(hyti_volume_open(&greedy->volume, context, count + more, objectives));
    greedy->front = hyti_array(context, HYTI_MAX(count + more, 1), objectives * sizeof *greedy->front);
    if (!greedy->front) return hyti_fail_nomem();
    if (count > 0) memcpy(greedy->front, known, count * objectives * sizeof *known);
    return HYT_OK;
}

void hyti_greedy_close(hyti_greedy *greedy)
{
    hyti_volume_close(&greedy->volume);
    hyti_free(greedy->context, greedy->front);
    *greedy = (hyti_greedy){ 0 };
}

double hyti_greedy_gain(hyti_greedy *greedy, const double *objectives)
{
    return hyti_volume_gain(&greedy->volume, greedy->front, greedy->count, SIZE_MAX, objectives, greedy->reference);
}

size_t hyti_greedy_best(hyti_greedy *greedy, const double *rows, const double *chances, size_t n, double *gain)
{
    size_t best = 0;
    double most = -1;
    for (size_t i = 0; i < n; i++) {
        if (chances[i] < 0) continue;
        double here = chances[i] * hyti_greedy_gain(greedy, rows + i * greedy->objectives);
        if (here <= most) continue;
        most = here;
        best = i;
    }
    if (gain) *gain = most;
    return best;
}

void hyti_greedy_take(hyti_greedy *greedy, const double *objectives)
{
    memcpy(greedy->front + greedy->count++ * greedy->objectives, objectives, greedy->objectives * sizeof *objectives);
}
