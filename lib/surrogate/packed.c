/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/packed.h"
#include <assert.h>
#include <string.h>

/* One byte a row, as many rows as the smallest vector registers hold. */
typedef uint8_t lane __attribute__((vector_size(16)));
enum { LANE = sizeof(lane), TOGETHER = 4 };

void hyti_packed_clear(hyti_packed *packed)
{
    void *all[] = { packed->trees, packed->features, packed->cuts, packed->leaves };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(packed->context, all[i]);
    *packed = (hyti_packed){ .context = packed->context };
}

/* A node and what is below it. A leaf above the last level leads left all the way, whatever the code. */
static void pack_node(const hyti_forest *forest, const hyti_packed_tree *tree, uint32_t from, size_t to, uint32_t level,
                      hyti_packed *out)
{
    const hyti_node *node = forest->nodes + from;
    if (level == tree->depth) {
        out->leaves[tree->leaf + to - (((size_t)1 << tree->depth) - 1)] = node->value;
        return;
    }
    bool is_leaf = node->left == from;
    out->features[tree->node + to] = is_leaf ? 0 : node->feature;
    out->cuts[tree->node + to] = (uint8_t)node->cut;
    pack_node(forest, tree, node->left, 2 * to + 1, level + 1, out);
    if (!is_leaf) pack_node(forest, tree, node->left + 1, 2 * to + 2, level + 1, out);
}

hyt_status hyti_packed_append(hyti_packed *packed, const hyti_forest *forest, size_t tree)
{
    hyti_packed_tree added = { packed->node_count, packed->leaf_count, forest->trees[tree].depth };
    assert(added.depth <= HYTI_PACKED_DEPTH);
    size_t leaves = (size_t)1 << added.depth, nodes = added.node + leaves - 1;
    HYTI_TRY(hyti_grow(packed->context, &packed->trees, &packed->tree_capacity, packed->tree_count + 1,
                       sizeof *packed->trees));
    HYTI_TRY(hyti_grow(packed->context, &packed->features, &packed->feature_capacity, nodes + 1,
                       sizeof *packed->features));
    HYTI_TRY(hyti_grow(packed->context, &packed->cuts, &packed->cut_capacity, nodes + 1, sizeof *packed->cuts));
    HYTI_TRY(hyti_grow(packed->context, &packed->leaves, &packed->leaf_capacity, added.leaf + leaves,
                       sizeof *packed->leaves));
    packed->node_count = nodes;
    packed->leaf_count += leaves;
    packed->trees[packed->tree_count++] = added;
    pack_node(forest, &added, forest->trees[tree].root, 0, 0, packed);
    return HYT_OK;
}

void hyti_packed_scale(hyti_packed *packed, size_t tree, double factor)
{
    double *leaves = packed->leaves + packed->trees[tree].leaf;
    for (size_t i = 0; i < (size_t)1 << packed->trees[tree].depth; i++) leaves[i] *= factor;
}

/* From the last level up: the leaf below a node, counted from its leftmost one, is that of its left or its right
 * child; there, beyond the leaves of the left one. `depth` is a constant to the compiler, which unrolls all of it. */
static inline __attribute__((always_inline)) void find_leaves(const uint32_t *features, const uint8_t *cuts,
                                                              uint32_t depth, const uint8_t *codes, uint8_t *leaves)
{
    lane place[1 << HYTI_PACKED_DEPTH];
    for (uint32_t level = depth; level-- > 0;) {
        uint32_t first = (1u << level) - 1, below = 1u << (depth - 1 - level);
        for (uint32_t k = 0; k < 1u << level; k++) {
            lane code, right;
            memcpy(&code, codes + (size_t)features[first + k] * HYTI_PACKED_ROWS, sizeof code);
            right = (lane)(code > cuts[first + k]);
            lane beyond = right & (uint8_t)below;
            if (level + 1 == depth) place[k] = beyond;
            else place[k] = (place[2 * k] ^ ((place[2 * k] ^ place[2 * k + 1]) & right)) | beyond;
        }
    }
    memcpy(leaves, &place[0], sizeof place[0]);
}

static void find_block(const hyti_packed *packed, const hyti_packed_tree *tree, const uint8_t *codes, uint8_t *leaves)
{
    const uint32_t *features = packed->features + tree->node;
    const uint8_t *cuts = packed->cuts + tree->node;
#define CASE(depth)                                                     \
    case depth:                                                         \
        for (size_t i = 0; i < HYTI_PACKED_ROWS; i += LANE)             \
            find_leaves(features, cuts, depth, codes + i, leaves + i);  \
        break
    switch (tree->depth) {
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
        CASE(6);
    default: memset(leaves, 0, HYTI_PACKED_ROWS);
    }
#undef CASE
}

/* Some trees at a time, so that a sum is read and written once for all of them; it is still summed in order. */
void hyti_packed_add(const hyti_packed *packed, size_t first, size_t last, const uint8_t *codes, double *sums)
{
    uint8_t leaves[TOGETHER][HYTI_PACKED_ROWS];
    const double *values[TOGETHER];
    while (first < last) {
        size_t count = HYTI_MIN(last - first, TOGETHER);
        for (size_t k = 0; k < count; k++, first++) {
            values[k] = packed->leaves + packed->trees[first].leaf;
            find_block(packed, &packed->trees[first], codes, leaves[k]);
        }
        if (count == TOGETHER)
            for (size_t i = 0; i < HYTI_PACKED_ROWS; i++)
                sums[i] = sums[i] + values[0][leaves[0][i]] + values[1][leaves[1][i]] + values[2][leaves[2][i]] +
                          values[3][leaves[3][i]];
        else
            for (size_t k = 0; k < count; k++)
                for (size_t i = 0; i < HYTI_PACKED_ROWS; i++) sums[i] += values[k][leaves[k][i]];
    }
}
