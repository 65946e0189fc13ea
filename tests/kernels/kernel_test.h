/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of kernels share: every table of this processor, memory whose neighbours cannot be touched, comparing
 * with double precision. A result may be apart from it by a bound that follows from the sum of absolute terms. */
#ifndef HYTNAS_TESTS_KERNEL_TEST_H
#define HYTNAS_TESTS_KERNEL_TEST_H

#include "kernels/kernels.h"
#include "test.h"
#include <sys/mman.h>
#include <unistd.h>

#define EPSILON 0x1p-23 /* one unit in the last place of 1.0f */
#define COUNT(array) (sizeof(array) / sizeof *(array))

static inline void each_table(void (*check)(const hyti_kernels *kernels))
{
    static const unsigned tables[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_AVX512 };
    static const char *const names[] = { "C", "AVX2", "AVX-512" };
    for (size_t i = 0; i < COUNT(tables); i++) {
        hyti_kernels kernels;
        hyti_kernels_init(&kernels, tables[i]);
        if (kernels.isa == tables[i]) check(&kernels);
        else print_message("skipped: this processor has no %s\n", names[i]);
    }
}

/* A draw from 0 to n - 1, the same every time. */
static inline uint32_t draw(uint32_t n)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % n);
}

/* Values between inaccessible pages: they end at the second or, at random, begin after the first. Freed by release().
 */
typedef struct guarded {
    float *values;
    size_t n;
    void *pages;
    size_t size;
} guarded;

static inline guarded reserve(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), inside = (n * sizeof(float) + page - 1) / page * page;
    guarded g = { .n = n, .size = inside + 2 * page };
    char *pages = mmap(NULL, g.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || (inside && mprotect(pages + page, inside, PROT_READ | PROT_WRITE)))
        fail_msg("no memory");
    g.pages = pages;
    g.values = (float *)(pages + page + (draw(2) ? inside - n * sizeof(float) : 0));
    return g;
}

static inline void release(guarded *g)
{
    if (g->pages) munmap(g->pages, g->size);
    *g = (guarded){ 0 };
}

/* In turn: moderate values, values over a wide range, few distinct ones with zeros. */
static inline guarded filled(size_t n)
{
    guarded g = reserve(n);
    uint32_t kind = draw(3);
    for (size_t i = 0; i < n; i++) {
        float x = (float)draw(1 << 24) * 0x1p-23f - 1;
        g.values[i] = kind == 0 ? x : kind == 1 ? ldexpf(x, (int)draw(25) - 12) : (float)draw(5) - 2;
    }
    return g;
}

#define CANARY (-12345.0625f)
static inline guarded blank(size_t n)
{
    guarded g = reserve(n);
    for (size_t i = 0; i < n; i++) g.values[i] = CANARY;
    return g;
}

static inline guarded copied(const guarded *from)
{
    guarded g = reserve(from->n);
    if (g.n) memcpy(g.values, from->values, g.n * sizeof(float));
    return g;
}

static inline double exact_act(hyti_act act, double x)
{
    switch (act) {
    case HYTI_ACT_RELU:
        return x < 0 ? 0 : x;
    case HYTI_ACT_RELU6:
        return x < 0 ? 0 : x > 6 ? 6 : x;
    case HYTI_ACT_SILU:
        return x / (1 + exp(-x));
    default:
        return x;
    }
}

/* `terms` is the sum of the absolute values added up, `n` their number; SiLU's slope is at most 1.1. */
static inline double bound_of(double n, double terms, double value)
{
    return (n + 8) * EPSILON * 1.1 * terms + 8 * EPSILON * fabs(value) + 1e-36;
}

static inline bool is_near(float got, double expected, double bound)
{
    return fabs((double)got - expected) <= bound;
}

#endif
