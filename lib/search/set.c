/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/set.h"
#include <string.h>

void hyti_set_open(hyti_set *set, const hyt_space *space)
{
    *set = (hyti_set){ .space = space, .genes = hyt_space_genes(space) };
}

void hyti_set_close(hyti_set *set)
{
    if (!set->space) return;
    hyt_context *context = hyti_space_context(set->space);
    hyti_free(context, set->levels);
    hyti_free(context, set->table);
    *set = (hyti_set){ 0 };
}

/* Slot of the point, or the free one where it would go (linear probing; at most half of the slots are in use). */
static size_t slot_of(const hyti_set *set, const hyti_level *levels)
{
    size_t mask = set->slots - 1, slot = (size_t)hyti_levels_hash(set->space, levels) & mask;
    while (set->table[slot] && memcmp(hyti_set_at(set, set->table[slot] - 1), levels, set->genes * sizeof *levels) != 0)
        slot = (slot + 1) & mask;
    return slot;
}

hyt_status hyti_set_reserve(hyti_set *set, size_t need)
{
    if (need <= set->capacity) return HYT_OK;
    hyt_context *context = hyti_space_context(set->space);
    size_t slots = HYTI_MAX(set->slots, 16), row = HYTI_MAX(set->genes, 1) * sizeof *set->levels;
    while (slots / 2 < need && slots <= SIZE_MAX / 4) slots *= 2;
    hyti_level *levels = hyti_array(context, slots / 2, row);
    size_t *table = hyti_array(context, slots, sizeof *table);
    if (!levels || !table) {
        hyti_free(context, levels);
        hyti_free(context, table);
        return hyti_fail_nomem();
    }
    hyti_set old = *set;
    if (old.count) memcpy(levels, old.levels, old.count * row);
    *set = (hyti_set){ old.space, old.genes, old.count, slots / 2, slots, levels, table };
    for (size_t i = 0; i < set->count; i++) set->table[slot_of(set, hyti_set_at(set, i))] = i + 1;
    hyti_set_close(&old);
    return HYT_OK;
}

hyt_status hyti_set_add(hyti_set *set, const hyti_level *levels, size_t *place)
{
    size_t at = hyti_set_find(set, levels);
    if (at == HYTI_NOWHERE) {
        HYTI_TRY(hyti_set_reserve(set, set->count + 1));
        at = set->count;
        memcpy(set->levels + at * set->genes, levels, set->genes * sizeof *levels);
        set->table[slot_of(set, levels)] = at + 1;
        set->count++;
    }
    if (place) *place = at;
    return HYT_OK;
}

size_t hyti_set_find(const hyti_set *set, const hyti_level *levels)
{
    if (!set || set->count == 0) return HYTI_NOWHERE;
    return set->table[slot_of(set, levels)] - 1; /* a free slot holds 0, and 0 - 1 is HYTI_NOWHERE */
}

void hyti_set_empty(hyti_set *set)
{
    if (set->slots) memset(set->table, 0, set->slots * sizeof *set->table);
    set->count = 0;
}
