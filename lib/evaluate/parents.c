/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/parents.h"

hyt_status hyti_parents_init(hyti_parents *parents, hyt_context *context, size_t capacity)
{
    *parents = (hyti_parents){ .context = context };
    if (capacity == 0) return HYT_OK;
    parents->list = hyti_array(context, capacity, sizeof *parents->list);
    if (!parents->list) return hyti_fail_nomem();
    parents->capacity = capacity;
    return HYT_OK;
}

static void clear_parent(hyti_parent *parent)
{
    hyt_candidate_destroy(parent->candidate);
    hyt_graph_destroy(parent->network);
    *parent = (hyti_parent){ 0 };
}

void hyti_parents_clear(hyti_parents *parents)
{
    for (size_t i = 0; i < parents->capacity; i++) clear_parent(&parents->list[i]);
    hyti_free(parents->context, parents->list);
    *parents = (hyti_parents){ 0 };
}

hyt_status hyti_parents_add(hyti_parents *parents, const hyt_candidate *candidate, uint64_t number,
                            const hyt_graph *network)
{
    hyti_parent parent = { .number = number };
    if (parents->capacity == 0) return HYT_OK;
    HYTI_TRY(hyti_candidate_from(candidate->space, candidate->levels, &parent.candidate));
    hyt_status status = hyt_graph_copy(network, &parent.network);
    if (status != HYT_OK) {
        clear_parent(&parent);
        return status;
    }
    clear_parent(&parents->list[parents->next]);
    parents->list[parents->next] = parent;
    parents->next = (parents->next + 1) % parents->capacity;
    return HYT_OK;
}

static size_t differing(const hyt_candidate *a, const hyt_candidate *b)
{
    size_t genes = hyt_space_genes(a->space), count = 0;
    for (size_t i = 0; i < genes; i++) count += a->levels[i] != b->levels[i];
    return count;
}

const hyt_graph *hyti_parents_nearest(const hyti_parents *parents, const hyt_candidate *candidate)
{
    const hyti_parent *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < parents->capacity; i++) {
        const hyti_parent *parent = &parents->list[i];
        if (!parent->candidate || parent->candidate->space != candidate->space) continue;
        size_t genes = differing(parent->candidate, candidate);
        if (nearest && (genes > least || (genes == least && parent->number > nearest->number))) continue;
        nearest = parent;
        least = genes;
    }
    return nearest ? nearest->network : NULL;
}
