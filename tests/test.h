/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every test includes: cmocka, a few checks with names, a heap that fails on command,
 * the folder of measured data. */
#ifndef HYTNAS_TESTS_TEST_H
#define HYTNAS_TESTS_TEST_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <hytnas/base.h>

/* The least vectors of this processor family, as the runtime's option calls them. */
#ifdef __aarch64__
#define HYTNAS_LEAST_ISA "neon"
#else
#define HYTNAS_LEAST_ISA "avx2"
#endif

/* A status with its name and message when it is not the one expected. */
#define CHECK_STATUS(call, expected)                                                                             \
    do {                                                                                                         \
        hyt_status got_ = (call);                                                                                \
        if (got_ != (expected))                                                                                  \
            fail_msg("%s: %s (%s), expected %s", #call, hyt_status_name(got_), hyt_message(),                    \
                     hyt_status_name(expected));                                                                 \
    } while (0)
#define MUST(call) CHECK_STATUS(call, HYT_OK)
#define CHECK_NEAR(a, b, tolerance)                                                                   \
    do {                                                                                              \
        double a_ = (a), b_ = (b);                                                                    \
        if (!(fabs(a_ - b_) <= (tolerance)))                                                          \
            fail_msg("%s = %.17g, %s = %.17g: apart by more than %g", #a, a_, #b, b_, (double)(tolerance)); \
    } while (0)
#define CHECK_MESSAGE(part)                                                                          \
    do {                                                                                             \
        if (!strstr(hyt_message(), part)) fail_msg("message \"%s\" does not say \"%s\"", hyt_message(), part); \
    } while (0)

/* Fails the fail_at-th allocation (0: none) and counts what is live. */
typedef struct test_heap {
    size_t fail_at, calls, live;
    hyt_heap heap;
} test_heap;

static inline void *test_heap_allocate(void *user, size_t size)
{
    test_heap *heap = user;
    if (__atomic_add_fetch(&heap->calls, 1, __ATOMIC_SEQ_CST) == heap->fail_at) return NULL;
    void *pointer = malloc(size);
    if (pointer) __atomic_add_fetch(&heap->live, 1, __ATOMIC_SEQ_CST);
    return pointer;
}

static inline void test_heap_release(void *user, void *pointer)
{
    test_heap *heap = user;
    __atomic_sub_fetch(&heap->live, 1, __ATOMIC_SEQ_CST);
    free(pointer);
}

/* Runs `body` with the first allocation failing, then the second, ... until it succeeds: each failure must be
 * HYT_ERR_NOMEM and leave nothing behind. */
static inline void test_each_allocation(hyt_status (*body)(hyt_context *context))
{
    hyt_status status = HYT_ERR_NOMEM;
    size_t nth = 1;
    for (; status == HYT_ERR_NOMEM; nth++) {
        test_heap heap = { .fail_at = nth };
        heap.heap = (hyt_heap){ &heap, test_heap_allocate, test_heap_release };
        hyt_context *context = NULL;
        status = hyt_context_create(&heap.heap, NULL, &context);
        if (status == HYT_OK) status = body(context);
        hyt_context_destroy(context);
        if (heap.live != 0) fail_msg("allocation %zu failed and %zu blocks were left", nth, heap.live);
    }
    if (status != HYT_OK)
        fail_msg("with allocation %zu failing: %s (%s)", nth - 1, hyt_status_name(status), hyt_message());
    if (nth < 3) fail_msg("nothing was allocated from the heap");
}

/* Under an emulator (tests/cross) and under sanitizers long tests take one in HYTNAS_TEST_SHARE of their cases, and say
 * so: the divisor. */
static inline size_t test_share(void)
{
    const char *text = getenv("HYTNAS_TEST_SHARE");
    unsigned long share = text ? strtoul(text, NULL, 10) : 1;
    if (share > 1) print_message("one case in %lu\n", share);
    return share ? share : 1;
}

/* Path of a file of the measured data, or NULL where it is not there (then say so and skip()).
 * Lent until the next call. */
static inline const char *test_data(const char *name)
{
    static char path[4096];
    struct stat facts;
    const char *folder = getenv("HYTNAS_DATA"), *source = getenv("HYTNAS_SOURCE");
    if (folder) snprintf(path, sizeof path, "%s/%s", folder, name);
    else snprintf(path, sizeof path, "%s/../shared/data/%s", source ? source : ".", name);
    if (stat(path, &facts) == 0) return path;
    print_message("skipped: no %s\n", path);
    return NULL;
}

#endif
