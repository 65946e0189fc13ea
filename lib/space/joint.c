/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Genes that are decided together: which of their combinations are the same, and which are neighbours. */
#include "space/parts.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

size_t hyti_gene_steps(const hyti_gene *gene, size_t level)
{
    if (gene->kind == HYT_GENE_CATEGORICAL) return gene->levels - 1;
    if (gene->kind == HYT_GENE_REAL)
        return hyti_real_steps(gene, (hyti_level)level, (hyti_level[HYTI_REAL_STEPS]){ 0 });
    return (level > 0) + (level + 1 < gene->levels);
}

hyti_level hyti_gene_step(const hyti_gene *gene, size_t level, size_t k)
{
    hyti_level steps[HYTI_REAL_STEPS] = { 0 };
    if (gene->kind == HYT_GENE_CATEGORICAL) return (hyti_level)(k < level ? k : k + 1);
    if (gene->kind == HYT_GENE_REAL) {
        hyti_real_steps(gene, (hyti_level)level, steps);
        return steps[k];
    }
    return (hyti_level)(k == 0 && level > 0 ? level - 1 : level + 1);
}

void hyti_joint_destroy(hyt_context *context, hyti_joint *joint)
{
    if (!joint) return;
    hyti_free(context, joint->choice);
    hyti_free(context, joint->rows);
    hyti_free(context, joint->near_start);
    hyti_free(context, joint->near);
    hyti_free(context, joint);
}

static void combination_levels(const hyt_space *space, const hyti_joint *joint, size_t combination, hyti_level *levels)
{
    for (size_t i = joint->width; i-- > 0;) {
        size_t count = space->genes[joint->first + i].levels;
        levels[i] = (hyti_level)(combination % count);
        combination /= count;
    }
}

typedef struct keyed { uint64_t key; uint32_t combination; } keyed;

static int compare_keyed(const void *left, const void *right)
{
    const keyed *a = left, *b = right;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return a->combination < b->combination ? -1 : a->combination > b->combination;
}

/* choice[] becomes, for each combination, the smallest one with its key. */
static hyt_status find_leaders(const hyt_space *space, hyti_joint *joint, uint64_t (*key)(const hyti_level *levels))
{
    hyti_level levels[HYTI_MAX_GENES];
    keyed *all = hyti_array(space->context, joint->combinations, sizeof *all);
    if (!all) return hyti_fail_nomem();
    for (uint32_t i = 0; i < joint->combinations; i++) {
        combination_levels(space, joint, i, levels);
        all[i] = (keyed){ key(levels), i };
    }
    qsort(all, joint->combinations, sizeof *all, compare_keyed);
    for (uint32_t i = 0, leader = 0; i < joint->combinations; i++) {
        if (all[i].key != all[leader].key) leader = i;
        joint->choice[all[i].combination] = all[leader].combination;
    }
    hyti_free(space->context, all);
    return HYT_OK;
}

/* A leader comes before those that follow it, so that one pass numbers all. */
static hyt_status number_choices(const hyt_space *space, hyti_joint *joint)
{
    for (uint32_t i = 0; i < joint->combinations; i++) joint->choices += joint->choice[i] == i;
    joint->rows = hyti_array(space->context, joint->choices, joint->width * sizeof *joint->rows);
    if (!joint->rows) return hyti_fail_nomem();
    for (uint32_t i = 0, next = 0; i < joint->combinations; i++) {
        if (joint->choice[i] != i) {
            joint->choice[i] = joint->choice[joint->choice[i]];
            continue;
        }
        combination_levels(space, joint, i, joint->rows + (size_t)next * joint->width);
        joint->choice[i] = next++;
    }
    return HYT_OK;
}

/* Pairs of choices between which a step of one gene leads, in either direction, from any combination that is the same
 * as the choice: so neighbours are mutual. */
static size_t collect_pairs(const hyt_space *space, const hyti_joint *joint, uint64_t *pairs)
{
    hyti_level levels[HYTI_MAX_GENES];
    size_t count = 0;
    for (uint32_t i = 0; i < joint->combinations; i++) {
        combination_levels(space, joint, i, levels);
        size_t stride = 1;
        for (size_t j = joint->width; j-- > 0;) {
            const hyti_gene *gene = &space->genes[joint->first + j];
            for (size_t k = 0; k < hyti_gene_steps(gene, levels[j]); k++) {
                size_t other = i + (size_t)hyti_gene_step(gene, levels[j], k) * stride - levels[j] * stride;
                if (joint->choice[other] == joint->choice[i]) continue;
                if (pairs) pairs[count] = (uint64_t)joint->choice[i] << 32 | joint->choice[other];
                count++;
            }
            stride *= gene->levels;
        }
    }
    return count;
}

static int compare_pairs(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static hyt_status find_neighbours(const hyt_space *space, hyti_joint *joint)
{
    size_t count = collect_pairs(space, joint, NULL);
    uint64_t *pairs = hyti_array(space->context, count, sizeof *pairs);
    joint->near = hyti_array(space->context, count, sizeof *joint->near);
    joint->near_start = hyti_array(space->context, (size_t)joint->choices + 1, sizeof *joint->near_start);
    if (!pairs || !joint->near || !joint->near_start) {
        hyti_free(space->context, pairs);
        return hyti_fail_nomem();
    }
    collect_pairs(space, joint, pairs);
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && pairs[i] == pairs[i - 1]) continue;
        joint->near[kept++] = (uint32_t)pairs[i];
        joint->near_start[(pairs[i] >> 32) + 1] = (uint32_t)kept;
    }
    for (uint32_t c = 1; c <= joint->choices; c++)
        joint->near_start[c] = HYTI_MAX(joint->near_start[c], joint->near_start[c - 1]);
    hyti_free(space->context, pairs);
    return HYT_OK;
}

hyt_status hyti_joint_create(hyt_space *space, size_t first, size_t width, uint64_t (*key)(const hyti_level *levels))
{
    hyti_joint *joint = hyti_alloc(space->context, sizeof *joint);
    if (!joint) return hyti_fail_nomem();
    size_t combinations = 1;
    for (size_t i = first; i < first + width; i++) combinations *= space->genes[i].levels;
    assert(combinations <= HYTI_MAX_COMBINATIONS);
    *joint = (hyti_joint){ .first = first, .width = width, .combinations = (uint32_t)combinations };
    joint->choice = hyti_array(space->context, combinations, sizeof *joint->choice);
    hyt_status status = joint->choice ? find_leaders(space, joint, key) : hyti_fail_nomem();
    if (status == HYT_OK) status = number_choices(space, joint);
    if (status == HYT_OK) status = find_neighbours(space, joint);
    if (status != HYT_OK) {
        hyti_joint_destroy(space->context, joint);
        return status;
    }
    for (size_t i = first; i < first + width; i++) space->genes[i].joint = joint;
    return HYT_OK;
}
