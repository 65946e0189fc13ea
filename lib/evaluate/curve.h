/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a curve of validation scores will end. */
#ifndef HYTI_EVALUATE_CURVE_H
#define HYTI_EVALUATE_CURVE_H

#include <stddef.h>

#define HYTI_CURVE_LEAST 3 /* epochs */

typedef struct hyti_curve {
    double value, low, high; /* expected, and its central interval of 90 % */
} hyti_curve;

/* Score after epoch `last` from those after epochs 1 to n, n >= HYTI_CURVE_LEAST, each 0 to 1. */
hyti_curve hyti_curve_predict(const double *scores, size_t n, size_t last);

#endif
