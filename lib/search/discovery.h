/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front of what is predicted, in families: points that one descent and its surroundings led to, so that they lie
 * close to each other. */
#ifndef HYTI_SEARCH_DISCOVERY_H
#define HYTI_SEARCH_DISCOVERY_H

#include "search/inner.h"

/* Most points that are scored at once. */
#define HYTI_DISCOVERY_ROWS 96

typedef struct hyti_discovery {
    hyti_set points;    /* free, at most one a direction of the front */
    size_t *family;     /* of each point, below `families` */
    size_t families;
} hyti_discovery;

/* Looks at some population times generations points, in as many directions as the population is large. The objectives
 * of the problem are what `score` makes of points; those with a penalty are passed over. Closed after a failure too. */
hyt_status hyti_discover(const hyti_problem *problem, hyti_score_fn score, void *user, const hyti_inner_params *params,
                         hyti_rng *rng, const hyti_set *start, hyti_discovery *out);
void hyti_discovery_close(hyti_discovery *discovery);

#endif
