/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of points: distinct canonical rows of levels, in the order in which they came. */
#ifndef HYTI_SEARCH_SET_H
#define HYTI_SEARCH_SET_H

#include "space/space.h"

#define HYTI_NOWHERE SIZE_MAX

typedef struct hyti_set {
    const hyt_space *space; /* not retained */
    size_t genes, count, capacity, slots;
    hyti_level *levels;     /* count rows */
    size_t *table;          /* place + 1 by hash, 0: free; slots, a power of two, is at least twice the capacity */
} hyti_set;

void hyti_set_open(hyti_set *set, const hyt_space *space);
void hyti_set_close(hyti_set *set);
/* Room for `need` points in all, so that adding them cannot fail. */
hyt_status hyti_set_reserve(hyti_set *set, size_t need);
/* Adds the point unless it is there; `place` (may be NULL) is where it is. */
hyt_status hyti_set_add(hyti_set *set, const hyti_level *levels, size_t *place);
/* HYTI_NOWHERE if it is not there; no set (NULL) is empty. */
size_t hyti_set_find(const hyti_set *set, const hyti_level *levels);
static inline const hyti_level *hyti_set_at(const hyti_set *set, size_t place)
{
    return set->levels + place * set->genes;
}
/* Forgets the points, keeps the room. */
void hyti_set_empty(hyti_set *set);

#endif
