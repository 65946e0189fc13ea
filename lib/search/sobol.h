/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sobol's sequence (USSR Comput. Math. Math. Phys. 7(4), 1967) in any number of dimensions, scrambled by a seed. */
#ifndef HYTI_SEARCH_SOBOL_H
#define HYTI_SEARCH_SOBOL_H

#include "base/heap.h"

enum { HYTI_SOBOL_BITS = 32 };

typedef struct hyti_sobol {
    size_t dimensions;
    uint32_t (*directions)[HYTI_SOBOL_BITS]; /* a row a dimension */
    uint32_t *shift;
} hyti_sobol;

hyt_status hyti_sobol_open(hyt_context *context, size_t dimensions, uint64_t seed, hyti_sobol *out);
void hyti_sobol_close(hyt_context *context, hyti_sobol *sobol);
/* Point `index` of the 2^32 there are, in [0, 1); one after the other in any order. */
void hyti_sobol_point(const hyti_sobol *sobol, uint32_t index, double *point);

#endif
