/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/dart.h"

hyt_status hyti_dart_drop(const hyti_dart *dart, hyti_rng *rng, const hyti_forest *forest, size_t first,
                          hyti_dropped *out)
{
    size_t count = forest->tree_count - first;
    out->count = 0;
    if (count == 0 || (dart->rate == 0 && !dart->one) || hyti_rng_uniform(rng) < dart->skip) return HYT_OK;
    HYTI_TRY(hyti_grow(out->context, &out->trees, &out->capacity, count, sizeof *out->trees));
    for (size_t t = 0; t < count; t++)
        if (hyti_rng_uniform(rng) < dart->rate) out->trees[out->count++] = (uint32_t)(first + t);
    if (out->count == 0 && dart->one) out->trees[out->count++] = (uint32_t)(first + hyti_rng_below(rng, count));
    return HYT_OK;
}

double hyti_dart_old_factor(const hyti_dart *dart, size_t dropped, double eta)
{
    double k = (double)dropped;
    return dart->whole ? 1 / (1 + eta) : k / (k + eta);
}

double hyti_dart_new_factor(const hyti_dart *dart, size_t dropped, double eta)
{
    if (dropped == 0) return 1;
    return dart->whole ? 1 / (1 + eta) : 1 / ((double)dropped + eta);
}
