/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building a space gene by gene, and looking at it. */
#include "base/table.h"
#include "space/parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WHOLE (INT64_C(1) << 53) /* every whole number up to here is a double */
#define WORDS "letters, digits, '_', '-' and '.', not \"-\" alone"

hyt_status hyt_space_create(hyt_context *context, const char *name, hyt_space **out)
{
    HYTI_NEED(name);
    HYTI_NEED(out);
    if (!*name) return hyti_fail(HYT_ERR_ARGUMENT, "hyt_space_create: a space needs a name");
    hyt_space *space = hyti_alloc(context, sizeof *space);
    if (!space) return hyti_fail_nomem();
    hyti_ref_init(&space->ref);
    space->context = hyti_context_retain(context);
    space->name = hyti_copy_text(context, name);
    if (!space->name) {
        hyt_space_destroy(space);
        return hyti_fail_nomem();
    }
    *out = space;
    return HYT_OK;
}

static void clear_gene(hyt_context *context, hyti_gene *gene, size_t index)
{
    if (gene->joint && gene->joint->first == index) hyti_joint_destroy(context, gene->joint);
    for (size_t i = 0; gene->labels && i < gene->levels; i++) hyti_free(context, gene->labels[i]);
    hyti_free(context, gene->labels);
    hyti_free(context, gene->name);
    hyti_free(context, gene->values);
    hyti_free(context, gene->when);
    hyti_free(context, gene->scaled);
    hyti_free(context, gene->shift);
    *gene = (hyti_gene){ 0 };
}

void hyt_space_destroy(hyt_space *space)
{
    if (!space || !hyti_ref_release(&space->ref)) return;
    hyt_context *context = space->context;
    hyti_tree_clear(context, &space->tree);
    for (size_t i = space->n_genes; i-- > 0;) clear_gene(context, &space->genes[i], i); /* the owner of a joint last */
    hyti_free(context, space->genes);
    hyti_free(context, space->name);
    hyti_free(context, space);
    hyt_context_destroy(context);
}

void hyti_space_retain(hyt_space *space)
{
    atomic_store_explicit(&space->closed, true, memory_order_relaxed);
    hyti_ref_retain(&space->ref);
}

hyt_context *hyti_space_context(const hyt_space *space)
{
    return space->context;
}

/* Builds the tree anew, beside the one that is there. */
static hyt_status settle(hyt_space *space)
{
    hyti_tree tree;
    if (space->draft) return HYT_OK;
    HYTI_TRY(hyti_tree_build(space, &tree));
    hyti_tree_clear(space->context, &space->tree);
    space->tree = tree;
    return HYT_OK;
}

hyt_status hyti_space_finish(hyt_space *space)
{
    space->draft = false;
    return settle(space);
}

static bool is_word(const char *text)
{
    return *text && text[strspn(text, HYTI_NAME_LETTERS)] == 0 && strcmp(text, "-") != 0;
}

static hyt_status check_open(const hyt_space *space)
{
    if (space->closed)
        return hyti_fail(HYT_ERR_STATE, "space \"%s\" has candidates, or is a preset: it cannot change any more",
                         space->name);
    return HYT_OK;
}

static hyt_status check_gene(const hyt_space *space, const char *name, size_t levels)
{
    HYTI_TRY(check_open(space));
    if (!is_word(name))
        return hyti_fail(HYT_ERR_ARGUMENT, "a gene cannot be named \"%.80s\": " WORDS, name);
    for (size_t i = 0; i < space->n_genes; i++)
        if (strcmp(space->genes[i].name, name) == 0)
            return hyti_fail(HYT_ERR_CONFLICT, "there are two genes \"%s\"", name);
    if (space->n_genes == HYTI_MAX_GENES)
        return hyti_fail(HYT_ERR_RANGE, "gene \"%s\": a space has at most %d genes", name, HYTI_MAX_GENES);
    if (levels == 0 || levels > HYTI_MAX_LEVELS)
        return hyti_fail(HYT_ERR_RANGE, "gene \"%s\" has %zu levels; 1 to %d are possible", name, levels,
                         HYTI_MAX_LEVELS);
    return HYT_OK;
}

/* Appends what was made; on failure the space is as before and the gene's memory is released. */
static hyt_status append(hyt_space *space, hyti_gene *gene, const char *name)
{
    hyt_context *context = space->context;
    size_t index = space->n_genes;
    hyt_status status = hyti_grow(context, &space->genes, &space->capacity, index + 1, sizeof *space->genes);
    if (status == HYT_OK) {
        gene->name = hyti_copy_text(context, name);
        gene->parent = HYTI_NO_GENE;
        gene->column = space->features;
        status = gene->name ? hyti_gene_scale(context, gene) : hyti_fail_nomem();
    }
    if (status != HYT_OK) {
        clear_gene(context, gene, index);
        return status;
    }
    space->genes[space->n_genes++] = *gene;
    status = settle(space);
    if (status != HYT_OK) {
        clear_gene(context, &space->genes[--space->n_genes], index);
        return status;
    }
    space->features += gene->kind == HYT_GENE_CATEGORICAL ? gene->levels : 1;
    return HYT_OK;
}

hyt_status hyt_space_add_integer(hyt_space *space, const char *name, int64_t low, int64_t high, int64_t step)
{
    HYTI_NEED(space);
    HYTI_NEED(name);
    if (low < -MAX_WHOLE || high > MAX_WHOLE || low > high || step < 1 || step > MAX_WHOLE)
        return hyti_fail(HYT_ERR_RANGE, "gene \"%.80s\": %lld to %lld by %lld: low <= high within 2^53, step >= 1",
                         name, (long long)low, (long long)high, (long long)step);
    if ((high - low) % step != 0)
        return hyti_fail(HYT_ERR_RANGE, "gene \"%.80s\": steps of %lld from %lld do not reach %lld", name,
                         (long long)step, (long long)low, (long long)high);
    hyti_gene gene = { .kind = HYT_GENE_INTEGER, .levels = (size_t)((high - low) / step) + 1 };
    HYTI_TRY(check_gene(space, name, gene.levels));
    gene.values = hyti_array(space->context, gene.levels, sizeof *gene.values);
    if (!gene.values) return hyti_fail_nomem();
    for (size_t i = 0; i < gene.levels; i++) gene.values[i] = (double)(low + (int64_t)i * step);
    return append(space, &gene, name);
}

hyt_status hyt_space_add_ordinal(hyt_space *space, const char *name, const double *values, size_t count)
{
    HYTI_NEED(space);
    HYTI_NEED(name);
    HYTI_NEED(values);
    hyti_gene gene = { .kind = HYT_GENE_ORDINAL, .levels = count };
    HYTI_TRY(check_gene(space, name, count));
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) return hyti_fail(HYT_ERR_RANGE, "gene \"%s\": value %zu is not finite", name, i);
        if (i > 0 && values[i] <= values[i - 1])
            return hyti_fail(HYT_ERR_RANGE, "gene \"%s\": value %zu is %.17g, not above %.17g before it", name, i,
                             values[i], values[i - 1]);
    }
    gene.values = hyti_array(space->context, count, sizeof *gene.values);
    if (!gene.values) return hyti_fail_nomem();
    for (size_t i = 0; i < count; i++) gene.values[i] = values[i] + 0.0; /* -0 becomes 0 */
    return append(space, &gene, name);
}

hyt_status hyt_space_add_real(hyt_space *space, const char *name, double low, double high, int log)
{
    hyti_gene gene;
    HYTI_NEED(space);
    HYTI_NEED(name);
    HYTI_TRY(check_gene(space, name, 1));
    HYTI_TRY(hyti_real_open(&gene, name, low, high, log != 0));
    return append(space, &gene, name);
}

static int compare_labels(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorted aside: comparing every pair would take a hostile file seconds. */
static hyt_status check_unique(hyt_context *context, const char *name, const char *const *labels, size_t count)
{
    const char **sorted = hyti_copy(context, labels, count * sizeof *labels);
    if (!sorted) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    qsort(sorted, count, sizeof *sorted, compare_labels);
    for (size_t i = 1; i < count && status == HYT_OK; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = hyti_fail(HYT_ERR_CONFLICT, "gene \"%s\": there are two labels \"%.80s\"", name, sorted[i]);
    hyti_free(context, sorted);
    return status;
}

static hyt_status check_labels(hyt_context *context, const char *name, const char *const *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!labels[i]) return hyti_fail(HYT_ERR_ARGUMENT, "gene \"%s\": label %zu is NULL", name, i);
        if (!is_word(labels[i]))
            return hyti_fail(HYT_ERR_ARGUMENT, "gene \"%s\": label %zu cannot be \"%.80s\": " WORDS, name, i,
                             labels[i]);
    }
    return check_unique(context, name, labels, count);
}

hyt_status hyt_space_add_categorical(hyt_space *space, const char *name, const char *const *labels, size_t count)
{
    HYTI_NEED(space);
    HYTI_NEED(name);
    HYTI_NEED(labels);
    hyti_gene gene = { .kind = HYT_GENE_CATEGORICAL, .levels = count };
    HYTI_TRY(check_gene(space, name, count));
    HYTI_TRY(check_labels(space->context, name, labels, count));
    gene.labels = hyti_array(space->context, count, sizeof *gene.labels);
    bool good = gene.labels;
    for (size_t i = 0; good && i < count; i++) {
        gene.labels[i] = hyti_copy_text(space->context, labels[i]);
        good = gene.labels[i];
    }
    if (!good) {
        clear_gene(space->context, &gene, space->n_genes);
        return hyti_fail_nomem();
    }
    return append(space, &gene, name);
}

static hyt_status mark_levels(const hyti_gene *gene, const hyti_gene *parent, const size_t *levels, size_t count,
                              unsigned char *when)
{
    for (size_t i = 0; i < count; i++) {
        if (levels[i] >= parent->levels)
            return hyti_fail(HYT_ERR_RANGE, "gene \"%s\" depends on level %zu of \"%s\", which has %zu levels",
                             gene->name, levels[i], parent->name, parent->levels);
        if (when[levels[i]])
            return hyti_fail(HYT_ERR_CONFLICT, "gene \"%s\": level %zu of \"%s\" is there twice", gene->name, levels[i],
                             parent->name);
        when[levels[i]] = 1;
    }
    return HYT_OK;
}

hyt_status hyt_space_add_condition(hyt_space *space, const char *name, const char *parent_name, const size_t *levels,
                                   size_t count)
{
    size_t index, parent;
    HYTI_NEED(space);
    HYTI_NEED(levels);
    HYTI_TRY(check_open(space));
    HYTI_TRY(hyt_space_find_gene(space, name, &index));
    HYTI_TRY(hyt_space_find_gene(space, parent_name, &parent));
    hyti_gene *gene = &space->genes[index];
    if (parent >= index)
        return hyti_fail(HYT_ERR_ARGUMENT, "gene \"%s\" cannot depend on \"%s\", which is not before it", name,
                         parent_name);
    if (space->genes[parent].kind == HYT_GENE_REAL)
        return hyti_fail(HYT_ERR_ARGUMENT, "gene \"%s\" cannot depend on \"%s\", which is real", name, parent_name);
    if (gene->parent != HYTI_NO_GENE)
        return hyti_fail(HYT_ERR_CONFLICT, "gene \"%s\" depends on \"%s\" already", name,
                         space->genes[gene->parent].name);
    if (count == 0) return hyti_fail(HYT_ERR_ARGUMENT, "gene \"%s\" depends on no level of \"%s\"", name, parent_name);
    gene->when = hyti_array(space->context, space->genes[parent].levels, 1);
    if (!gene->when) return hyti_fail_nomem();
    hyt_status status = mark_levels(gene, &space->genes[parent], levels, count, gene->when);
    if (status == HYT_OK) {
        gene->parent = parent;
        status = settle(space);
    }
    if (status == HYT_OK) return HYT_OK;
    hyti_free(space->context, gene->when);
    gene->when = NULL;
    gene->parent = HYTI_NO_GENE;
    return status;
}

const char *hyt_space_name(const hyt_space *space)
{
    return space->name;
}

size_t hyt_space_genes(const hyt_space *space)
{
    return space->n_genes;
}

const char *hyt_space_gene_name(const hyt_space *space, size_t gene)
{
    return gene < space->n_genes ? space->genes[gene].name : NULL;
}

hyt_gene_kind hyt_space_gene_kind(const hyt_space *space, size_t gene)
{
    return gene < space->n_genes ? space->genes[gene].kind : HYT_GENE_INTEGER;
}

size_t hyt_space_gene_levels(const hyt_space *space, size_t gene)
{
    return gene < space->n_genes ? space->genes[gene].levels : 0;
}

double hyti_gene_value(const hyti_gene *gene, size_t level)
{
    if (gene->kind == HYT_GENE_REAL) return hyti_real_value(gene, (hyti_level)level);
    return gene->values ? gene->values[level] : (double)level;
}

bool hyti_gene_level(const hyti_gene *gene, double value, hyti_level *level)
{
    if (gene->kind == HYT_GENE_REAL) return hyti_real_level(gene, value, level);
    for (size_t i = 0; i < gene->levels; i++) {
        if (hyti_gene_value(gene, i) != value) continue;
        *level = (hyti_level)i;
        return true;
    }
    return false;
}

double hyt_space_gene_value(const hyt_space *space, size_t gene, size_t level)
{
    return level < hyt_space_gene_levels(space, gene) ? hyti_gene_value(&space->genes[gene], level) : NAN;
}

int hyt_space_gene_is_log(const hyt_space *space, size_t gene)
{
    return gene < space->n_genes && space->genes[gene].log;
}

hyt_status hyt_space_find_level(const hyt_space *space, size_t gene, double value, size_t *level)
{
    hyti_level found;
    HYTI_NEED(space);
    HYTI_NEED(level);
    if (gene >= space->n_genes)
        return hyti_fail(HYT_ERR_RANGE, "space \"%s\" has %zu genes; there is no gene %zu", space->name, space->n_genes,
                         gene);
    if (!hyti_gene_level(&space->genes[gene], value, &found))
        return hyti_fail(HYT_ERR_RANGE, "gene \"%s\" has no value %.17g", space->genes[gene].name, value);
    *level = found;
    return HYT_OK;
}

const char *hyt_space_gene_label(const hyt_space *space, size_t gene, size_t level)
{
    if (level >= hyt_space_gene_levels(space, gene) || !space->genes[gene].labels) return NULL;
    return space->genes[gene].labels[level];
}

static const char *gene_name_at(const void *user, size_t index)
{
    return hyt_space_gene_name(user, index);
}

hyt_status hyt_space_find_gene(const hyt_space *space, const char *name, size_t *gene)
{
    HYTI_NEED(space);
    HYTI_NEED(name);
    HYTI_NEED(gene);
    for (size_t i = 0; i < space->n_genes; i++) {
        if (strcmp(space->genes[i].name, name) != 0) continue;
        *gene = i;
        return HYT_OK;
    }
    const char *nearest = hyti_nearest(name, space->n_genes, gene_name_at, space);
    if (!nearest)
        return hyti_fail(HYT_ERR_NOT_FOUND, "space \"%s\" has no gene \"%.80s\": it has none yet", space->name, name);
    return hyti_fail(HYT_ERR_NOT_FOUND, "space \"%s\" has no gene \"%.80s\"; the nearest is \"%s\"", space->name, name,
                     nearest);
}

hyt_status hyt_space_count(const hyt_space *space, uint64_t *high, uint64_t *low)
{
    hyti_rank count;
    HYTI_NEED(space);
    HYTI_NEED(high);
    HYTI_NEED(low);
    HYTI_TRY(hyti_space_size(space, &count));
    *high = (uint64_t)(count >> 64);
    *low = (uint64_t)count;
    return HYT_OK;
}

hyt_status hyt_space_genotypes(const hyt_space *space, uint64_t *high, uint64_t *low)
{
    hyti_rank product = 1;
    HYTI_NEED(space);
    HYTI_NEED(high);
    HYTI_NEED(low);
    for (size_t i = 0; i < space->n_genes; i++)
        if (__builtin_mul_overflow(product, (hyti_rank)space->genes[i].levels, &product))
            return hyti_fail(HYT_ERR_RANGE, "space \"%s\" has 2^128 genotypes or more", space->name);
    *high = (uint64_t)(product >> 64);
    *low = (uint64_t)product;
    return HYT_OK;
}
