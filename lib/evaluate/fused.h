/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several zero-shot numbers as one: each in deviations from its mean over a sample of the space, and of these the mean.
 * So a single candidate has a value, which says where in its space it stands. */
#ifndef HYTI_EVALUATE_FUSED_H
#define HYTI_EVALUATE_FUSED_H

#include "evaluate/proxy.h"
#include <hytnas/space.h>

#define HYTI_FUSED (HYTI_PROXY_COUNT + 2) /* all proxies, logarithms of parameters and of MACs */

typedef struct hyti_fused {
    hyt_space *space;      /* of the sample; retained; NULL: none was drawn */
    double mean[HYTI_FUSED], deviation[HYTI_FUSED];
} hyti_fused;

/* Draws the sample at the first call, and again where the candidate is of another space. */
hyt_status hyti_fused_measure(hyti_fused *fused, const hyt_candidate *candidate, size_t input, size_t classes,
                              const hyti_proxy_work *work, size_t sample, double *value);
void hyti_fused_clear(hyti_fused *fused);

#endif
