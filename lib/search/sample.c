/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/handle.h"
#include "space/space.h"
#include <math.h>
#include <string.h>

static hyt_status add_sample(hyt_search *search, const hyti_level *levels, size_t objective, double value)
{
    hyti_samples *samples = &search->samples;
    size_t genes = search->taken.genes, count = samples->count;
    HYTI_TRY(hyti_grow(search->context, &samples->levels, &search->sample_rooms[0], (count + 1) * genes,
                       sizeof *samples->levels));
    HYTI_TRY(hyti_grow(search->context, &samples->values, &search->sample_rooms[1], count + 1,
                       sizeof *samples->values));
    memcpy(samples->levels + count * genes, levels, genes * sizeof *levels);
    samples->values[count] = (struct hyti_sample){ objective, hyti_search_sign(search, objective) * value };
    samples->count++;
    return HYT_OK;
}

hyt_status hyt_search_add_sample(hyt_search *search, const hyt_candidate *candidate, const char *objective,
                                 double value)
{
    size_t j;
    HYTI_NEED(search);
    HYTI_NEED(candidate);
    HYTI_NEED(objective);
    HYTI_TRY(hyti_search_check_space(search, candidate));
    HYTI_TRY(hyti_search_find_objective(search, objective, &j));
    if (search->objectives[j].measure)
        return hyti_fail(HYT_ERR_STATE, "objective \"%s\" is exact: nothing learns it from samples", objective);
    if (!(fabs(value) <= HYTI_SEARCH_LARGEST))
        return hyti_fail(HYT_ERR_RANGE, "a sample of \"%s\": %g is no number within 1e100", objective, value);
    pthread_mutex_lock(&search->lock);
    hyt_status status = add_sample(search, candidate->levels, j, value);
    pthread_mutex_unlock(&search->lock);
    return status;
}
