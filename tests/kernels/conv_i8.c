/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int8 convolutions: channels around the tiles. */
#include "conv_i8_test.h"

static void check_dense(const hyti_kernels *kernels)
{
    static const size_t channels[] = { 1, 2, 3, 4, 8, 12, 16, 17, 24, 31, 32, 33, 48 };
    for (size_t i = 0; i < COUNT(channels); i++)
        for (size_t j = 0; j < COUNT(channels); j++)
            for (int turn = 0; turn < 3; turn++) {
                picture p = { .conv = { .in_channels = channels[i], .out_channels = channels[j] } };
                check_picture(kernels, &p);
            }
    for (int turn = 0; turn < 3; turn++) {
        picture p = { .conv = { .in_channels = 240, .out_channels = 20 } };
        check_picture(kernels, &p);
    }
}

static void dense(void **state)
{
    (void)state;
    each_table(check_dense);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(dense) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
