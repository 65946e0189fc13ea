/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected hypervolume improvement of a point whose objectives are independent normals: how much volume it adds, on
 * average, to a front. Exact for any number of objectives: what the front leaves undominated is cut into boxes once,
 * and every box adds a product of one-dimensional expectations (Yang, Emmerich, Deutz, Baeck, J. Glob. Optim. 75,
 * 2019). Cheap for two and three objectives, where boxes are as few as points; see pareto/cells.h for more.
 * Everything minimises. */
#ifndef HYTI_SEARCH_EHVI_H
#define HYTI_SEARCH_EHVI_H

#include "pareto/cells.h"

typedef struct hyti_ehvi {
    hyt_context *context;
    size_t objectives, draws;
    hyti_cells *cells; /* one a draw */
    double *scratch;   /* what one evaluation knows of each coordinate */
} hyti_ehvi;

/* Prepares `draws` fronts of `n` rows each, one after the other. One draw: the front is known. Several: measurements
 * are noisy, each draw is a sample of what they truly are, and the expectation is over these too (Daulton, Balandat,
 * Bakshy, NeurIPS 2021). Rows may be dominated, there twice, or beyond the reference; there may be none.
 * Starts as {0}; a failure leaves it as {0}. */
hyt_status hyti_ehvi_open(hyti_ehvi *ehvi, hyt_context *context, const double *rows, size_t n, size_t objectives,
                          size_t draws, const double *reference);
void hyti_ehvi_close(hyti_ehvi *ehvi);
/* Of one point. Deviation 0: the objective is certain; all 0: the plain improvement. Uses the scratch: one call at a
 * time.
 * @param gradient  NULL, or room for its derivatives by each mean, then by each deviation */
double hyti_ehvi_value(hyti_ehvi *ehvi, const double *mean, const double *deviation, double *gradient);
/* Its logarithm, also where the value itself is too small for a double (Ament et al., NeurIPS 2023): -infinity, with
 * a gradient of 0, only where objectives that are certain rule an improvement out. */
double hyti_ehvi_log(hyti_ehvi *ehvi, const double *mean, const double *deviation, double *gradient);

#endif
