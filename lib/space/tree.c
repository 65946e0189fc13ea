/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Canonical form, counting, ranking, sampling and neighbours, all on the trees of branches (parts.h).
 *
 * Order of the points: branches in depth-first order, those that stand by themselves in order of their first genes,
 * each followed by what hangs on it; the first branch counts slowest, and a branch counts its choices in rising order.
 * Where every gene is followed at once by those that depend on it, this is the lexicographic order of the levels. */
#include "space/parts.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* Products and sums of counts: 0 stands for 2^128 or more, and stays. */
static hyti_rank times(hyti_rank a, hyti_rank b)
{
    hyti_rank product;
    return __builtin_mul_overflow(a, b, &product) ? 0 : product;
}

static hyti_rank plus(hyti_rank a, hyti_rank b)
{
    hyti_rank sum;
    return a == 0 || b == 0 || __builtin_add_overflow(a, b, &sum) ? 0 : sum;
}

/* Weights of any size, rounded, for the shares of sampling: 256 genes of 4096 levels go far beyond a double's range. A
 * real gene weighs 1: what has one more of them would otherwise take all samples. */
typedef struct amount { double fraction; int exponent; } amount;

static amount normalise(double fraction, int exponent)
{
    int shift;
    double scaled = frexp(fraction, &shift);
    return (amount){ scaled, exponent + shift };
}

static amount multiply(amount a, amount b)
{
    return normalise(a.fraction * b.fraction, a.exponent + b.exponent);
}

static amount sum(amount a, amount b)
{
    if (a.fraction == 0 || (b.fraction != 0 && a.exponent < b.exponent)) return sum(b, a);
    return b.fraction == 0 ? a : normalise(a.fraction + ldexp(b.fraction, b.exponent - a.exponent), a.exponent);
}

static double share_of(amount part, amount whole)
{
    return ldexp(part.fraction / whole.fraction, part.exponent - whole.exponent);
}

static hyti_level level_of(const hyti_branch *branch, uint32_t choice, size_t gene)
{
    return branch->joint ? branch->joint->rows[choice * branch->width + gene - branch->first] : choice;
}

/* Counts what hangs on one choice of branches[at]. */
static void count_choice(const hyti_branch *branches, size_t at, uint32_t choice, hyti_rank *count, amount *rough)
{
    *count = 1;
    *rough = normalise(1, 0);
    for (size_t i = at + 1; i < branches[at].end; i = branches[i].end) {
        const hyti_branch *child = &branches[i];
        if (!child->when[level_of(&branches[at], choice, child->parent)]) continue;
        *count = times(*count, child->count);
        *rough = multiply(*rough, (amount){ child->fraction, child->exponent });
    }
}

static hyt_status count_branch(const hyt_space *space, hyti_branch *branches, size_t at)
{
    hyt_context *context = space->context;
    hyti_branch *branch = &branches[at];
    bool real = space->genes[branch->first].kind == HYT_GENE_REAL;
    amount rough = normalise(real ? 1 : (double)branch->choices, 0), total = { 0, 0 };
    branch->count = branch->choices;
    branch->fraction = rough.fraction;
    branch->exponent = rough.exponent;
    if (branch->end == at + 1) return HYT_OK;
    branch->start = hyti_array(context, branch->choices + 1, sizeof *branch->start);
    branch->share = hyti_array(context, branch->choices, sizeof *branch->share);
    if (!branch->start || !branch->share) return hyti_fail_nomem();
    hyti_rank before = 0, count;
    for (uint32_t c = 0; c < branch->choices; c++) {
        count_choice(branches, at, c, &count, &rough);
        before = c == 0 ? count : plus(before, count);
        branch->start[c + 1] = before;
        total = sum(total, rough);
    }
    branch->count = before;
    branch->fraction = total.fraction;
    branch->exponent = total.exponent;
    amount below = { 0, 0 };
    for (uint32_t c = 0; c < branch->choices; c++) {
        count_choice(branches, at, c, &count, &rough);
        below = sum(below, rough);
        branch->share[c] = share_of(below, total);
    }
    return HYT_OK;
}

/* Appends the branch that starts at `gene`, then all that hangs on it. */
static void place(const hyt_space *space, hyti_tree *tree, size_t gene, size_t up)
{
    const hyti_gene *genes = space->genes;
    const hyti_joint *joint = genes[gene].joint;
    size_t at = tree->size++;
    hyti_branch *branch = &tree->branches[at];
    *branch = (hyti_branch){ .first = gene, .width = joint ? joint->width : 1, .joint = joint, .up = up,
                             .parent = genes[gene].parent, .when = genes[gene].when,
                             .choices = joint ? joint->choices : genes[gene].levels };
    for (size_t g = gene + 1; g < space->n_genes; g++) {
        bool starts = !genes[g].joint || genes[g].joint->first == g;
        if (starts && genes[g].parent >= gene && genes[g].parent < gene + branch->width) place(space, tree, g, at);
    }
    branch->end = tree->size;
}

hyt_status hyti_tree_build(const hyt_space *space, hyti_tree *out)
{
    hyti_tree tree = { .count = 1 };
    tree.branches = hyti_array(space->context, space->n_genes, sizeof *tree.branches);
    if (!tree.branches) return hyti_fail_nomem();
    for (size_t g = 0; g < space->n_genes; g++) {
        bool starts = !space->genes[g].joint || space->genes[g].joint->first == g;
        if (starts && space->genes[g].parent == HYTI_NO_GENE) place(space, &tree, g, 0);
    }
    hyt_status status = HYT_OK;
    for (size_t i = tree.size; i-- > 0 && status == HYT_OK;) status = count_branch(space, tree.branches, i);
    if (status != HYT_OK) {
        hyti_tree_clear(space->context, &tree);
        return status;
    }
    for (size_t i = 0; i < tree.size; i = tree.branches[i].end) tree.count = times(tree.count, tree.branches[i].count);
    *out = tree;
    return HYT_OK;
}

void hyti_tree_clear(hyt_context *context, hyti_tree *tree)
{
    for (size_t i = 0; i < tree->size; i++) {
        hyti_free(context, tree->branches[i].start);
        hyti_free(context, tree->branches[i].share);
    }
    hyti_free(context, tree->branches);
    *tree = (hyti_tree){ 0 };
}

hyt_status hyti_space_size(const hyt_space *space, hyti_rank *count)
{
    if (space->n_genes == 0) return hyti_fail(HYT_ERR_STATE, "space \"%s\" has no genes yet", space->name);
    if (space->tree.count == 0)
        return hyti_fail(HYT_ERR_RANGE, "space \"%s\" has 2^128 points or more, which are not numbered", space->name);
    *count = space->tree.count;
    return HYT_OK;
}

/* Whether a branch counts, given what was said of the branch that it hangs on. */
static bool is_live(const hyti_branch *branch, const bool *live, const hyti_level *levels)
{
    return branch->parent == HYTI_NO_GENE || (live[branch->up] && branch->when[levels[branch->parent]]);
}

static uint32_t choice_of(const hyt_space *space, const hyti_branch *branch, const hyti_level *levels)
{
    return branch->joint ? hyti_joint_choice(space, branch->joint, levels) : levels[branch->first];
}

static void put(const hyti_branch *branch, uint32_t choice, hyti_level *levels)
{
    if (branch->joint)
        memcpy(levels + branch->first, branch->joint->rows + (size_t)choice * branch->width,
               branch->width * sizeof *levels);
    else levels[branch->first] = choice;
}

static void clear(const hyti_branch *branch, hyti_level *levels)
{
    memset(levels + branch->first, 0, branch->width * sizeof *levels);
}

void hyti_space_canonicalise(const hyt_space *space, hyti_level *levels)
{
    bool live[HYTI_MAX_GENES];
    for (size_t i = 0; i < space->tree.size; i++) {
        const hyti_branch *branch = &space->tree.branches[i];
        live[i] = is_live(branch, live, levels);
        if (!live[i]) clear(branch, levels);
        else if (branch->joint) put(branch, choice_of(space, branch, levels), levels);
    }
}

bool hyti_space_active(const hyt_space *space, const hyti_level *levels, size_t gene)
{
    const hyti_gene *at = &space->genes[gene];
    while (at->parent != HYTI_NO_GENE) {
        if (!at->when[levels[at->parent]]) return false;
        at = &space->genes[at->parent];
    }
    return true;
}

/* First place of a rising row whose value is above `value`. */
static uint32_t first_above(const double *row, size_t count, double value)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (row[middle] > value) high = middle;
        else low = middle + 1;
    }
    return (uint32_t)low;
}

void hyti_space_sample(const hyt_space *space, hyti_rng *rng, hyti_level *levels)
{
    bool live[HYTI_MAX_GENES];
    for (size_t i = 0; i < space->tree.size; i++) {
        const hyti_branch *branch = &space->tree.branches[i];
        live[i] = is_live(branch, live, levels);
        if (!live[i]) clear(branch, levels);
        else if (branch->share) put(branch, first_above(branch->share, branch->choices, hyti_rng_uniform(rng)), levels);
        else put(branch, (uint32_t)hyti_rng_below(rng, branch->choices), levels);
    }
}

/* Rank among the points of the branches from `at` to `end` and what hangs on them. */
static hyti_rank rank_within(const hyt_space *space, size_t at, size_t end, const hyti_level *levels)
{
    const hyti_branch *branches = space->tree.branches;
    hyti_rank rank = 0;
    for (size_t i = at; i < end; i = branches[i].end) {
        const hyti_branch *branch = &branches[i];
        if (branch->parent != HYTI_NO_GENE && !branch->when[levels[branch->parent]]) continue;
        uint32_t choice = choice_of(space, branch, levels);
        rank *= branch->count;
        rank += branch->start ? branch->start[choice] + rank_within(space, i + 1, branch->end, levels) : choice;
    }
    return rank;
}

hyti_rank hyti_space_rank(const hyt_space *space, const hyti_level *levels)
{
    assert(space->tree.count != 0);
    return rank_within(space, 0, space->tree.size, levels);
}

/* The last choice that starts at or before `rank`. */
static uint32_t choice_at(const hyti_branch *branch, hyti_rank rank)
{
    size_t low = 0, high = branch->choices - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (branch->start[middle] <= rank) low = middle;
        else high = middle - 1;
    }
    return (uint32_t)low;
}

/* Point `rank` of the `count` points of the branches from `at` to `end`; levels of the others stay. */
static void unrank_within(const hyt_space *space, size_t at, size_t end, hyti_rank count, hyti_rank rank,
                          hyti_level *levels)
{
    const hyti_branch *branches = space->tree.branches;
    for (size_t i = at; i < end; i = branches[i].end) {
        const hyti_branch *branch = &branches[i];
        if (branch->parent != HYTI_NO_GENE && !branch->when[levels[branch->parent]]) continue;
        count /= branch->count;
        hyti_rank here = rank / count;
        rank -= here * count;
        if (!branch->start) {
            put(branch, (uint32_t)here, levels);
            continue;
        }
        uint32_t choice = choice_at(branch, here);
        put(branch, choice, levels);
        unrank_within(space, i + 1, branch->end, branch->start[choice + 1] - branch->start[choice],
                      here - branch->start[choice], levels);
    }
}

void hyti_space_unrank(const hyt_space *space, hyti_rank rank, hyti_level *levels)
{
    assert(rank < space->tree.count);
    memset(levels, 0, space->n_genes * sizeof *levels);
    unrank_within(space, 0, space->tree.size, space->tree.count, rank, levels);
}

static size_t steps_of(const hyt_space *space, const hyti_branch *branch, const hyti_level *levels)
{
    if (!branch->joint) return hyti_gene_steps(&space->genes[branch->first], levels[branch->first]);
    uint32_t choice = hyti_joint_choice(space, branch->joint, levels);
    return branch->joint->near_start[choice + 1] - branch->joint->near_start[choice];
}

static uint32_t step_of(const hyt_space *space, const hyti_branch *branch, const hyti_level *levels, size_t k)
{
    if (!branch->joint) return hyti_gene_step(&space->genes[branch->first], levels[branch->first], k);
    uint32_t choice = hyti_joint_choice(space, branch->joint, levels);
    return branch->joint->near[branch->joint->near_start[choice] + k];
}

size_t hyti_space_neighbours(const hyt_space *space, const hyti_level *levels)
{
    bool live[HYTI_MAX_GENES];
    size_t count = 0;
    for (size_t i = 0; i < space->tree.size; i++) {
        const hyti_branch *branch = &space->tree.branches[i];
        live[i] = is_live(branch, live, levels);
        if (live[i]) count += steps_of(space, branch, levels);
    }
    return count;
}

bool hyti_space_neighbour(const hyt_space *space, const hyti_level *levels, size_t index, hyti_level *out)
{
    bool live[HYTI_MAX_GENES];
    for (size_t i = 0; i < space->tree.size; i++) {
        const hyti_branch *branch = &space->tree.branches[i];
        live[i] = is_live(branch, live, levels);
        size_t steps = live[i] ? steps_of(space, branch, levels) : 0;
        if (index < steps) {
            uint32_t choice = step_of(space, branch, levels, index);
            memcpy(out, levels, space->n_genes * sizeof *out);
            put(branch, choice, out);
            hyti_space_canonicalise(space, out);
            return true;
        }
        index -= steps;
    }
    return false;
}

/* Multiply and fold, one level after the other; only as even as a hash table needs. */
uint64_t hyti_levels_hash(const hyt_space *space, const hyti_level *levels)
{
    uint64_t hash = space->n_genes;
    for (size_t i = 0; i < space->n_genes; i++) {
        hash = (hash ^ levels[i]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return hash ^ hash >> 32;
}
