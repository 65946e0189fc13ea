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

/* Tables in rising order, by what is asked of the processor. */
static const struct kernel_table {
    unsigned isa;
    const char *name;
} kernel_tables[] = {
    { HYTI_ISA_C, "C" },
#ifdef __aarch64__
    { HYTI_ISA_NEON, "NEON" },
    { HYTI_ISA_NEON | HYTI_ISA_DOT, "NEON with dot products" },
    { HYTI_ISA_NEON | HYTI_ISA_FHM, "NEON with products of half precision" },
    { HYTI_ISA_NEON | HYTI_ISA_BFMMLA, "NEON with products of bfloat16" },
#else
    { HYTI_ISA_AVX2, "AVX2" },
    { HYTI_ISA_AVX2 | HYTI_ISA_AVXVNNI, "AVX-VNNI" },
    { HYTI_ISA_AVX2 | HYTI_ISA_AVX512, "AVX-512" },
    { HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_VNNI, "AVX-512 VNNI" },
    { HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_BF16, "AVX-512 BF16" },
    { HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_VNNI | HYTI_ISA_BF16, "AVX-512 VNNI and BF16" },
#endif
};

static inline bool same_kernels(hyti_kernels a, hyti_kernels b)
{
    a.isa = b.isa = 0;
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Not twice where an instruction set adds no kernel. */
static inline void each_table(void (*check)(const hyti_kernels *kernels))
{
    hyti_kernels tables[COUNT(kernel_tables)];
    for (size_t i = 0; i < COUNT(kernel_tables); i++) {
        memset(&tables[i], 0, sizeof tables[i]);
        hyti_kernels_init(&tables[i], kernel_tables[i].isa);
        bool seen = false;
        for (size_t j = 0; j < i; j++) seen |= same_kernels(tables[i], tables[j]);
        if (tables[i].isa != kernel_tables[i].isa)
            print_message("skipped: this processor has no %s\n", kernel_tables[i].name);
        else if (!seen) check(&tables[i]);
    }
}

/* A draw from 0 to n - 1, the same every time; the state may be set. */
static inline uint64_t *draw_state(void)
{
    static uint64_t state = 1;
    return &state;
}

static inline uint32_t draw(uint32_t n)
{
    uint64_t *state = draw_state();
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 33) % n);
}

/* Values between inaccessible pages: they end at the second or, at random, begin after the first. Freed by release().
 * What was freed is handed out again, by powers of two: a system call a case costs more than the kernels do. */
typedef struct pages {
    char *from;
    size_t inside;
} pages;

enum { PAGES_KEPT = 64, PAGES_CLASSES = 48 };
static struct kept_pages {
    char *from[PAGES_KEPT];
    size_t n;
} kept_pages[PAGES_CLASSES]; /* by the logarithm of what is accessible */

static inline struct kept_pages *kept_of(size_t inside)
{
    return &kept_pages[__builtin_ctzll((unsigned long long)inside)];
}

static inline pages reserve_pages(size_t bytes, void **values)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    pages p = { .inside = page };
    while (p.inside < bytes) p.inside *= 2;
    struct kept_pages *kept = kept_of(p.inside);
    if (kept->n) {
        p.from = kept->from[--kept->n];
    } else {
        p.from = mmap(NULL, p.inside + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p.from == MAP_FAILED || mprotect(p.from + page, p.inside, PROT_READ | PROT_WRITE)) fail_msg("no memory");
    }
    *values = p.from + page + (draw(2) ? p.inside - bytes : 0);
    return p;
}

static inline void release_pages(pages *p)
{
    if (p->from) {
        struct kept_pages *kept = kept_of(p->inside);
        if (kept->n < PAGES_KEPT) kept->from[kept->n++] = p->from;
        else munmap(p->from, p->inside + 2 * (size_t)sysconf(_SC_PAGESIZE));
    }
    *p = (pages){ 0 };
}

typedef struct guarded {
    float *values;
    size_t n;
    pages pages;
} guarded;

static inline guarded reserve(size_t n)
{
    void *values;
    pages p = reserve_pages(n * sizeof(float), &values);
    return (guarded){ values, n, p };
}

static inline void release(guarded *g)
{
    release_pages(&g->pages);
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

#define CANARY (-12352.0f) /* which every float format can hold */
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
    case HYTI_ACT_SIGMOID:
        return 1 / (1 + exp(-x));
    case HYTI_ACT_GELU:
        return 0.5 * x * erfc(-x / sqrt(2));
    case HYTI_ACT_HARD_SWISH:
        return x * fmin(fmax(x + 3, 0), 6) / 6;
    case HYTI_ACT_HARD_SIGMOID:
        return fmin(fmax(x + 3, 0), 6) / 6;
    default:
        return x;
    }
}

/* `terms` is the sum of the absolute values added up, `n` their number; no activation's slope is above 1.5. */
static inline double bound_of(double n, double terms, double value)
{
    return (n + 8) * EPSILON * 1.5 * terms + 8 * EPSILON * fabs(value) + 1e-36;
}

static inline bool is_near(float got, double expected, double bound)
{
    return fabs((double)got - expected) <= bound;
}

#endif
