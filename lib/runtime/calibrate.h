/* SPDX-License-Identifier: MIT */
/* What is kept of a value's numbers over all pictures, and the range that int8 gives them. */
#ifndef HYTI_RUNTIME_CALIBRATE_H
#define HYTI_RUNTIME_CALIBRATE_H

#include "kernels/kernels.h"

enum { HYTI_BINS = 4096 };

/* Bin i counts numbers from (i - HYTI_BINS / 2) * width on; width is a power of two that doubles as numbers need it. */
typedef struct hyti_histogram {
    double low, high, width; /* width 0: all numbers were 0, or there were none */
    uint32_t counts[HYTI_BINS];
} hyti_histogram;

typedef enum hyti_calibration {
    HYTI_CALIBRATION_MINMAX = 0,
    HYTI_CALIBRATION_PERCENTILE,
    HYTI_CALIBRATION_MSE,
    HYTI_CALIBRATION_KL,
    HYTI_CALIBRATION_LEARNED /* what has no range of its own: all */
} hyti_calibration;

typedef struct hyti_range {
    double low, high; /* low <= 0 <= high */
} hyti_range;

/* To what `count` values reach; false: one is not finite. */
bool hyti_range_widen(hyti_range *range, const float *values, size_t count);
/* The same, and the counts. */
bool hyti_histogram_add(hyti_histogram *h, const float *values, size_t count);
/* percentile: share of the numbers that lie within, from .5 to 1. */
hyti_range hyti_histogram_range(const hyti_histogram *h, hyti_calibration calibration, double percentile);
/* 0 is stored exactly: padding, and what relu cuts off. */
hyti_quant hyti_quant_of(hyti_range range);
/* The symmetric scale at which n weights lose the least (sum of squares), or, if not `least`, the greatest at 127. */
float hyti_weight_scale(const float *values, size_t n, bool least);

#endif
