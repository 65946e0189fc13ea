/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small spaces that the tests share, and all their genotypes one after the other. */
#ifndef HYTNAS_TESTS_SPACES_H
#define HYTNAS_TESTS_SPACES_H

#include "space/parts.h"
#include "test.h"

#define TRY_ADD(call)                                  \
    do {                                               \
        hyt_status add_ = (call);                      \
        if (add_ != HYT_OK) {                          \
            hyt_space_destroy(space);                  \
            return add_;                               \
        }                                              \
    } while (0)

/* Conditions two deep, interleaved with a gene that always counts: operator decides kernel and heads, heads decide dim,
 * and one gene hangs on two operators. Points: depth 3, times conv (2 kernels * 2 shared) + vit (1 + 3 * 2, * 2 shared)
 * + skip 1. */
static inline hyt_status tree_space(hyt_context *context, hyt_space **out)
{
    static const char *const operators[] = { "conv", "vit", "skip" }, *const norms[] = { "batch", "layer" };
    static const double kernels[] = { 3, 5 }, heads[] = { 1, 2, 4 }, dims[] = { 0.5, 1, 2 };
    hyt_space *space = NULL;
    hyt_status status = hyt_space_create(context, "tree", &space);
    if (status != HYT_OK) return status;
    TRY_ADD(hyt_space_add_categorical(space, "operator", operators, 3));
    TRY_ADD(hyt_space_add_integer(space, "depth", 2, 6, 2));
    TRY_ADD(hyt_space_add_ordinal(space, "kernel", kernels, 2));
    TRY_ADD(hyt_space_add_ordinal(space, "heads", heads, 3));
    TRY_ADD(hyt_space_add_ordinal(space, "dim", dims, 3));
    TRY_ADD(hyt_space_add_categorical(space, "norm", norms, 2));
    TRY_ADD(hyt_space_add_condition(space, "kernel", "operator", (const size_t[]){ 0 }, 1));
    TRY_ADD(hyt_space_add_condition(space, "heads", "operator", (const size_t[]){ 1 }, 1));
    TRY_ADD(hyt_space_add_condition(space, "dim", "heads", (const size_t[]){ 1, 2 }, 2));
    TRY_ADD(hyt_space_add_condition(space, "norm", "operator", (const size_t[]){ 0, 1 }, 2));
    *out = space;
    return HYT_OK;
}
enum { TREE_POINTS = 3 * (2 * 2 + (1 + 2 * 3) * 2 + 1) };

/* Products of two numbers that are the same are the same thing; the joint counts where the switch is not off, and the
 * gene "after" hangs on a member of it. */
static inline uint64_t product_key(const hyti_level *levels)
{
    return (uint64_t)(levels[0] + 1) * (levels[1] + 1);
}
static inline hyt_status joint_space(hyt_context *context, hyt_space **out)
{
    static const char *const words[] = { "off", "on", "may.be" };
    hyt_space *space = NULL;
    hyt_status status = hyt_space_create(context, "joint", &space);
    if (status != HYT_OK) return status;
    space->draft = true;
    TRY_ADD(hyt_space_add_categorical(space, "switch", words, 3));
    TRY_ADD(hyt_space_add_integer(space, "left", 1, 4, 1));
    TRY_ADD(hyt_space_add_integer(space, "right", 1, 4, 1));
    TRY_ADD(hyt_space_add_integer(space, "after", -1, 1, 1));
    TRY_ADD(hyt_space_add_condition(space, "left", "switch", (const size_t[]){ 1, 2 }, 2));
    TRY_ADD(hyt_space_add_condition(space, "right", "switch", (const size_t[]){ 1, 2 }, 2));
    TRY_ADD(hyt_space_add_condition(space, "after", "right", (const size_t[]){ 2, 3 }, 2));
    TRY_ADD(hyti_joint_create(space, 1, 2, product_key));
    TRY_ADD(hyti_space_finish(space));
    *out = space;
    return HYT_OK;
}
/* Products 1 2 3 4 6 8 9 12 16; canonical rights: 1 2 3 4 3 4 3 4 4, of which 3 and 4 have "after": 7 of them. */
enum { JOINT_POINTS = 1 + 2 * (2 + 7 * 3) };

/* Next genotype in lexicographic order; false after the last. Starts from zeros. */
static inline bool next_genotype(const hyt_space *space, hyti_level *levels)
{
    for (size_t i = hyt_space_genes(space); i-- > 0;) {
        if (++levels[i] < hyt_space_gene_levels(space, i)) return true;
        levels[i] = 0;
    }
    return false;
}

#endif
