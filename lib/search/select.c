/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/select.h"
#include "search/set.h"
#include <string.h>

static hyt_status measure(hyti_greedy *greedy)
{
    hyti_ehvi_close(&greedy->volume);
    return hyti_ehvi_open(&greedy->volume, greedy->context, greedy->fronts, greedy->count, greedy->objectives,
                          greedy->draws, greedy->reference);
}

hyt_status hyti_greedy_open(hyti_greedy *greedy, hyt_context *context, size_t objectives, const double *reference,
                            const double *known, size_t count, size_t draws, size_t more)
{
    size_t row = objectives * sizeof *greedy->fronts;
    *greedy = (hyti_greedy){ .context = context, .objectives = objectives, .count = count, .draws = draws,
                             .room = count + more, .reference = reference, .doubt = 1 };
    greedy->fronts = hyti_array(context, HYTI_MAX(greedy->room, 1), draws * row);
    if (!greedy->fronts) return hyti_fail_nomem();
    if (count > 0) memcpy(greedy->fronts, known, draws * count * row);
    return measure(greedy);
}

void hyti_greedy_close(hyti_greedy *greedy)
{
    hyti_ehvi_close(&greedy->volume);
    hyti_free(greedy->context, greedy->fronts);
    *greedy = (hyti_greedy){ 0 };
}

double hyti_greedy_gain(hyti_greedy *greedy, const double *mean, const double *deviation)
{
    double doubts[HYTI_PARETO_OBJECTIVES];
    for (size_t j = 0; j < greedy->objectives; j++) doubts[j] = greedy->doubt * deviation[j];
    return hyti_ehvi_value(&greedy->volume, mean, doubts, NULL);
}

size_t hyti_greedy_best(hyti_greedy *greedy, const double *means, const double *deviations, const double *chances,
                        size_t n, double *gain)
{
    size_t best = HYTI_NOWHERE, m = greedy->objectives;
    *gain = 0;
    for (size_t i = 0; i < n; i++) {
        if (chances[i] < 0) continue;
        double here = chances[i] * hyti_greedy_gain(greedy, means + i * m, deviations + i * m);
        if (here <= *gain) continue;
        *gain = here;
        best = i;
    }
    return best;
}

hyt_status hyti_greedy_take(hyti_greedy *greedy, const double *objectives)
{
    size_t m = greedy->objectives, n = greedy->count++;
    for (size_t k = greedy->draws; k-- > 0;) { /* the last first, so that each front moves to where nothing is needed */
        double *front = greedy->fronts + k * (n + 1) * m;
        memmove(front, greedy->fronts + k * n * m, n * m * sizeof *front);
        memcpy(front + n * m, objectives, m * sizeof *front);
    }
    return measure(greedy);
}
