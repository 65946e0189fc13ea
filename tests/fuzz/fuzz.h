/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every fuzz target includes. A target asserts a truth about any bytes, not merely survival. */
#ifndef HYTNAS_TESTS_FUZZ_H
#define HYTNAS_TESTS_FUZZ_H

#include <hytnas/base.h>
#include <stdio.h>
#include <stdlib.h>

/* What libFuzzer and replay.c call, once for each input. Answers 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                             \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                   \
        }                                                                              \
    } while (0)
#define MUST(call)                                                                                          \
    do {                                                                                                    \
        hyt_status must_ = (call);                                                                          \
        if (must_ != HYT_OK) {                                                                              \
            fprintf(stderr, "%s:%d: %s: %s (%s)\n", __FILE__, __LINE__, #call, hyt_status_name(must_), hyt_message()); \
            abort();                                                                                        \
        }                                                                                                   \
    } while (0)

#endif
