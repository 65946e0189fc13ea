/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Minimising a smooth function between bounds. */
#ifndef HYTI_NUMERIC_MINIMISE_H
#define HYTI_NUMERIC_MINIMISE_H

#include "base/heap.h"

/* Value and gradient at x. A value that is not finite says "not here"; an error ends the search and travels
 * unchanged. */
typedef hyt_status (*hyti_objective_fn)(void *user, const double *x, double *value, double *gradient);

typedef struct hyti_minimise {
    size_t n;
    const double *low, *high;  /* n each, low <= high; may be infinite */
    size_t max_evaluations;    /* at least 1 */
    double tolerance;          /* ends when an iteration gains less, or no free slope is larger */
} hyti_minimise;

/* Limited-memory BFGS on the free variables with a search along the projected path: Bertsekas, "Projected Newton
 * methods for optimization problems with simple constraints", SIAM J. Control Optim. 20(2), 1982, with the two-loop
 * recursion of Nocedal, Math. Comp. 35, 1980. x: start (clipped to the bounds) and, afterwards, the best point seen;
 * *value: there. HYT_ERR_NUMERIC where the start has no finite value. */
hyt_status hyti_minimise_run(hyt_context *context, const hyti_minimise *problem, hyti_objective_fn objective,
                             void *user, double *x, double *value);

#endif
