/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int8 convolutions: channels around the tiles. */
#include "conv_i8_test.h"
#include "sweep.h"

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

static void sweep_picture(const hyti_kernels *kernels)
{
    picture p = { .conv = { .in_channels = draw_size(80), .out_channels = draw_size(80) } };
    check_picture(kernels, &p);
}

static const sweep_kind kinds[] = {
    { "conv_i8", sweep_picture, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(dense) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
