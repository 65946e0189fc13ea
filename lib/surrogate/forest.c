/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/forest.h"
#include <math.h>
#include <string.h>

#define LEAF_CUT 255
#define BLOCK 64
/* Gains below this share of what the part has, or below this much at all, are rounding. */
#define LEAST_SHARE 1e-12
#define LEAST_GAIN 1e-20

/* First and second derivative side by side, added in one instruction where there is one. */
typedef double pair __attribute__((vector_size(16)));

struct hyti_grower {
    hyt_context *context;
    const hyti_bins *bins;
    const uint8_t *codes;
    hyti_grow_params params;
    pair *histograms;  /* one a level, bins->total each */
    uint32_t *spare;   /* n: rows of the right side while splitting */
    uint32_t *chosen;  /* d: features that the split at hand chooses from */
    /* of the tree being grown */
    const hyti_slope *slopes;
    const uint32_t *features;
    size_t feature_count, deepest;
    hyti_forest *forest;
};

typedef struct split {
    double gain;
    size_t feature, cut;
    pair left; /* sums on the left side */
} split;

typedef struct part {
    uint32_t *rows;
    size_t count, level, node;
    pair sum;
    pair *histogram; /* NULL: it becomes a leaf */
} part;

void hyti_forest_clear(hyti_forest *forest)
{
    hyti_free(forest->context, forest->nodes);
    hyti_free(forest->context, forest->trees);
    *forest = (hyti_forest){ .context = forest->context };
}

static size_t tree_end(const hyti_forest *forest, size_t tree)
{
    return tree + 1 < forest->tree_count ? forest->trees[tree + 1].root : forest->node_count;
}

static hyt_status add_nodes(hyti_forest *forest, size_t count)
{
    size_t need = forest->node_count + count;
    if (need > UINT32_MAX) return hyti_fail(HYT_ERR_RANGE, "trees of more than 2^32 nodes");
    HYTI_TRY(hyti_grow(forest->context, &forest->nodes, &forest->node_capacity, need, sizeof *forest->nodes));
    forest->node_count = need;
    return HYT_OK;
}

void hyti_forest_scale(hyti_forest *forest, size_t tree, double factor)
{
    for (size_t i = forest->trees[tree].root; i < tree_end(forest, tree); i++) forest->nodes[i].value *= factor;
}

void hyti_forest_leaves(const hyti_forest *forest, size_t tree, const uint8_t *codes, size_t n, size_t d,
                        uint32_t *leaves)
{
    uint32_t root = forest->trees[tree].root, depth = forest->trees[tree].depth;
    for (size_t i = 0; i < n; i++) {
        uint32_t at = root;
        for (uint32_t level = 0; level < depth; level++) {
            const hyti_node *node = forest->nodes + at;
            at = node->left + (codes[i * d + node->feature] > node->cut);
        }
        leaves[i] = at - root;
    }
}

/* A block of points goes down each tree together, so that their waits overlap. */
void hyti_forest_add(const hyti_forest *forest, size_t first, size_t last, const uint8_t *codes, size_t n, size_t d,
                     double *sums)
{
    const hyti_node *nodes = forest->nodes;
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = HYTI_MIN(BLOCK, n - start);
        const uint8_t *block = codes + start * d;
        for (size_t t = first; t < last; t++) {
            uint32_t at[BLOCK];
            for (size_t i = 0; i < count; i++) at[i] = forest->trees[t].root;
            for (uint32_t level = 0; level < forest->trees[t].depth; level++)
                for (size_t i = 0; i < count; i++) {
                    const hyti_node *node = nodes + at[i];
                    at[i] = node->left + (block[i * d + node->feature] > node->cut);
                }
            for (size_t i = 0; i < count; i++) sums[start + i] += nodes[at[i]].value;
        }
    }
}

/* A tree: u8 depth, u32 nodes; a node: u32 steps to its left child and, if that is 0, a real, else u8 cut, u32
 * feature. */
void hyti_forest_save(const hyti_forest *forest, hyti_text *to)
{
    for (size_t t = 0; t < forest->tree_count; t++) {
        size_t root = forest->trees[t].root, end = tree_end(forest, t);
        hyti_put_number(to, forest->trees[t].depth, 1);
        hyti_put_number(to, end - root, 4);
        for (size_t i = root; i < end; i++) {
            const hyti_node *node = forest->nodes + i;
            hyti_put_number(to, node->left - i, 4);
            if (node->left == i) hyti_put_real(to, node->value);
            if (node->left == i) continue;
            hyti_put_number(to, node->cut, 1);
            hyti_put_number(to, node->feature, 4);
        }
    }
}

/* `at` and `end` are places in the forest: a child comes after its parent, its sibling before the end. */
static hyt_status load_node(hyti_payload *from, size_t d, size_t at, size_t end, hyti_node *node)
{
    uint64_t steps, cut, feature;
    HYTI_TRY(hyti_get_number(from, 4, "steps to a child", 0, end - at - 1, &steps));
    if (steps == 0) {
        *node = (hyti_node){ .left = (uint32_t)at, .cut = LEAF_CUT };
        return hyti_get_real(from, "value of a leaf", -HYTI_FOREST_LARGEST, HYTI_FOREST_LARGEST, &node->value);
    }
    if (at + steps + 1 >= end) return hyti_fail(HYT_ERR_FORMAT, "node %zu: a child is beyond the tree", at);
    HYTI_TRY(hyti_get_number(from, 1, "cut of a node", 0, LEAF_CUT - 1, &cut));
    HYTI_TRY(hyti_get_number(from, 4, "feature of a node", 0, d - 1, &feature));
    *node = (hyti_node){ .left = (uint32_t)(at + steps), .cut = (uint16_t)cut, .feature = (uint32_t)feature };
    return HYT_OK;
}

static hyt_status load_tree(hyti_payload *from, size_t d, size_t most, hyti_forest *forest)
{
    uint64_t depth, count;
    size_t root = forest->node_count;
    HYTI_TRY(hyti_get_number(from, 1, "depth of a tree", 0, most, &depth));
    HYTI_TRY(hyti_get_number(from, 4, "nodes of a tree", 1, UINT32_MAX, &count));
    HYTI_TRY(hyti_get_room(from, count * 9, "nodes of a tree"));
    HYTI_TRY(add_nodes(forest, count));
    for (size_t i = root; i < root + count; i++)
        HYTI_TRY(load_node(from, d, i, root + count, forest->nodes + i));
    HYTI_TRY(hyti_grow(forest->context, &forest->trees, &forest->tree_capacity, forest->tree_count + 1,
                       sizeof *forest->trees));
    forest->trees[forest->tree_count++] = (hyti_tree){ (uint32_t)root, (uint32_t)depth };
    return HYT_OK;
}

hyt_status hyti_forest_load(hyti_payload *from, size_t d, size_t trees, size_t depth, hyti_forest *forest)
{
    for (size_t t = 0; t < trees; t++) HYTI_TRY(load_tree(from, d, depth, forest));
    return HYT_OK;
}

void hyti_grower_destroy(hyti_grower *grower)
{
    if (!grower) return;
    hyti_free_aligned(grower->context, grower->histograms);
    hyti_free(grower->context, grower->spare);
    hyti_free(grower->context, grower->chosen);
    hyti_free(grower->context, grower);
}

hyt_status hyti_grower_create(hyt_context *context, const hyti_bins *bins, const uint8_t *codes, size_t n,
                              const hyti_grow_params *params, hyti_grower **out)
{
    hyti_grower *g = hyti_alloc(context, sizeof *g);
    if (!g) return hyti_fail_nomem();
    *g = (hyti_grower){ .context = context, .bins = bins, .codes = codes, .params = *params };
    size_t size;
    if (hyti_mul(bins->total * sizeof(pair), params->depth + 1, &size))
        g->histograms = hyti_alloc_aligned(context, size);
    g->spare = hyti_array(context, n, sizeof *g->spare);
    g->chosen = hyti_array(context, bins->d, sizeof *g->chosen);
    if (!g->histograms || !g->spare || !g->chosen) {
        hyti_grower_destroy(g);
        return hyti_fail_nomem();
    }
    *out = g;
    return HYT_OK;
}

static pair load(const hyti_slope *slope)
{
    return (pair){ slope->first, slope->second };
}

static void clear_histogram(const hyti_grower *g, pair *histogram)
{
    for (size_t k = 0; k < g->feature_count; k++) {
        size_t first = g->bins->first[g->features[k]], end = g->bins->first[g->features[k] + 1];
        memset(histogram + first, 0, (end - first) * sizeof *histogram);
    }
}

/* Row by row, so that two rows with equal codes do not wait for one another. */
static void fill_histogram(const hyti_grower *g, const uint32_t *rows, size_t count, pair *histogram)
{
    const size_t *first = g->bins->first;
    const uint32_t *features = g->features;
    size_t d = g->bins->d, feature_count = g->feature_count;
    clear_histogram(g, histogram);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *codes = g->codes + rows[i] * d;
        pair slope = load(g->slopes + rows[i]);
        for (size_t k = 0; k < feature_count; k++) histogram[first[features[k]] + codes[features[k]]] += slope;
    }
}

static void subtract_histogram(const hyti_grower *g, pair *histogram, const pair *part_of_it)
{
    for (size_t k = 0; k < g->feature_count; k++)
        for (size_t b = g->bins->first[g->features[k]]; b < g->bins->first[g->features[k] + 1]; b++)
            histogram[b] -= part_of_it[b];
}

/* Twice what the best leaf takes off the loss: eq. 6 of the paper. */
static double score(const hyti_grower *g, pair sum)
{
    return sum[0] * sum[0] / (sum[1] + g->params.lambda);
}

/* The first of `chosen` become a sample of the tree's features, in no order: Fisher and Yates. */
static size_t choose_features(hyti_grower *g)
{
    size_t count = g->feature_count, tried = g->params.tried;
    memcpy(g->chosen, g->features, count * sizeof *g->chosen);
    if (tried == 0 || tried >= count) return count;
    for (size_t k = 0; k < tried; k++) {
        size_t other = k + hyti_rng_below(g->params.rng, count - k);
        uint32_t swap = g->chosen[k];
        g->chosen[k] = g->chosen[other];
        g->chosen[other] = swap;
    }
    return tried;
}

/* Eq. 7 for every cut; of equal ones the first feature and the lowest cut. Gain 0: none is worth it. */
static split find_split(hyti_grower *g, pair sum, const pair *histogram)
{
    size_t count = choose_features(g);
    double whole = score(g, sum), floor = fmax(LEAST_GAIN, LEAST_SHARE * whole);
    split best = { .gain = floor };
    double least = fmax(g->params.min_weight, 1e-12);
    for (size_t k = 0; k < count; k++) {
        size_t feature = g->chosen[k], first = g->bins->first[feature], last = g->bins->first[feature + 1] - 1;
        pair left = { 0, 0 };
        for (size_t b = first; b < last; b++) {
            if (histogram[b][1] == 0) continue;
            left += histogram[b];
            pair right = sum - left;
            if (left[1] < least) continue;
            if (right[1] < least) break;
            double gain = score(g, left) + score(g, right) - whole;
            if (gain > best.gain) best = (split){ gain, feature, b - first, left };
        }
    }
    if (best.gain == floor) best.gain = 0;
    return best;
}

/* Rows of the left side first, each side in its old order; returns how many are on the left. */
static size_t part_rows(hyti_grower *g, const split *s, uint32_t *rows, size_t count)
{
    size_t left = 0, right = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = rows[i];
        bool to_right = g->codes[row * g->bins->d + s->feature] > s->cut;
        rows[left] = row;
        g->spare[right] = row;
        left += !to_right;
        right += to_right;
    }
    memcpy(rows + left, g->spare, right * sizeof *rows);
    return left;
}

static void make_leaf(const hyti_grower *g, const part *p)
{
    double weight = p->sum[1] + g->params.lambda;
    g->forest->nodes[p->node] = (hyti_node){ .left = (uint32_t)p->node, .cut = LEAF_CUT,
                                             .value = weight > 0 ? -g->params.scale * p->sum[0] / weight : 0 };
}

static bool may_split(const hyti_grower *g, const part *p)
{
    return p->level < g->params.depth && p->count > 1 && p->sum[1] >= 2 * g->params.min_weight;
}

static hyt_status grow_part(hyti_grower *g, const part *p);

/* The smaller child's histogram is summed, the larger one's is what is left of the parent's. */
static hyt_status grow_children(hyti_grower *g, const part *p, const split *s, size_t left_count, size_t left_node)
{
    part child[2] = { { p->rows, left_count, p->level + 1, left_node, s->left, NULL },
                      { p->rows + left_count, p->count - left_count, p->level + 1, left_node + 1, p->sum - s->left,
                        NULL } };
    part *small = &child[child[1].count < child[0].count], *large = small == child ? child + 1 : child;
    bool split_small = may_split(g, small), split_large = may_split(g, large);
    pair *histogram = g->histograms + small->level * g->bins->total;
    if (split_small || split_large) fill_histogram(g, small->rows, small->count, histogram);
    if (split_large) subtract_histogram(g, p->histogram, histogram);
    if (split_small) small->histogram = histogram;
    if (split_large) large->histogram = p->histogram;
    HYTI_TRY(grow_part(g, small));
    return grow_part(g, large);
}

static hyt_status grow_part(hyti_grower *g, const part *p)
{
    split s = { .gain = 0 };
    if (p->level > g->deepest) g->deepest = p->level;
    if (p->histogram) s = find_split(g, p->sum, p->histogram);
    if (s.gain == 0) {
        make_leaf(g, p);
        return HYT_OK;
    }
    size_t left_count = part_rows(g, &s, p->rows, p->count), left_node = g->forest->node_count;
    HYTI_TRY(add_nodes(g->forest, 2));
    g->forest->nodes[p->node] =
        (hyti_node){ .left = (uint32_t)left_node, .cut = (uint16_t)s.cut, .feature = (uint32_t)s.feature };
    return grow_children(g, p, &s, left_count, left_node);
}

hyt_status hyti_grower_run(hyti_grower *g, const hyti_slope *slopes, uint32_t *rows, size_t row_count,
                           const uint32_t *features, size_t feature_count, hyti_forest *forest)
{
    g->slopes = slopes;
    g->features = features;
    g->feature_count = feature_count;
    g->forest = forest;
    g->deepest = 0;
    HYTI_TRY(hyti_grow(forest->context, &forest->trees, &forest->tree_capacity, forest->tree_count + 1,
                       sizeof *forest->trees));
    part root = { .rows = rows, .count = row_count, .node = forest->node_count };
    HYTI_TRY(add_nodes(forest, 1));
    for (size_t i = 0; i < row_count; i++) root.sum += load(slopes + rows[i]);
    if (may_split(g, &root)) {
        root.histogram = g->histograms;
        fill_histogram(g, rows, row_count, root.histogram);
    }
    HYTI_TRY(grow_part(g, &root));
    forest->trees[forest->tree_count++] = (hyti_tree){ (uint32_t)root.node, (uint32_t)g->deepest };
    return HYT_OK;
}
