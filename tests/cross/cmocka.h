/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of kernels, graphs and the runtime use of cmocka, so that they need no library when built for another
 * processor. The first check that fails ends the program. */
#ifndef HYTNAS_TESTS_CROSS_CMOCKA_H
#define HYTNAS_TESTS_CROSS_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};

#define cmocka_unit_test(function) { #function, function }
#define cmocka_run_group_tests(tests, setup, teardown) run_tests(tests, sizeof(tests) / sizeof *(tests))
#define print_message(...) ((void)printf(__VA_ARGS__))
#define fail_msg(...)                                                                                          \
    (print_message("%s:%d: ", __FILE__, __LINE__), print_message(__VA_ARGS__), print_message("\n"), exit(1))
#define assert_true(condition) ((condition) ? (void)0 : fail_msg("not so: %s", #condition))
#define assert_false(condition) assert_true(!(condition))
#define assert_int_equal(a, b) assert_true((long long)(a) == (long long)(b))
#define assert_null(pointer) assert_true(!(pointer))
#define assert_non_null(pointer) assert_true(pointer)
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_string_not_equal(a, b) assert_true(strcmp(a, b) != 0)
#define assert_memory_equal(a, b, size) assert_true(memcmp(a, b, size) == 0)
#define assert_memory_not_equal(a, b, size) assert_true(memcmp(a, b, size) != 0)

static inline int run_tests(const struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        void *state = NULL;
        tests[i].run(&state);
        print_message("ok %s\n", tests[i].name);
    }
    return 0;
}

#endif
