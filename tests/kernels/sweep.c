/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep [COUNT [SEED]]: random shapes of every kind below, on every table of this processor. A kind compares and fails
 * by itself. */
#include "conv_i8_test.h"
#include "gemm_i8_test.h"

/* Mostly small; sometimes a size near a multiple of a tile, sometimes a large one. */
static size_t draw_size(size_t most)
{
    uint32_t kind = draw(8);
    size_t size = kind == 0 ? 1 + draw((uint32_t)most) : kind < 4 ? 16 * (1 + draw(6)) + draw(3) - 1 : 1 + draw(40);
    return size < most ? size : most;
}

static void sweep_gemm_i8(const hyti_kernels *kernels)
{
    size_t m = draw_size(120), n = draw_size(200), k = draw(50) ? draw_size(500) : 1000 + draw(3000);
    check_product(kernels, m, n, draw(60) ? k : 0);
}

static void sweep_conv_i8(const hyti_kernels *kernels)
{
    picture p = { .conv = { .in_channels = draw_size(80), .out_channels = draw_size(80) } };
    check_picture(kernels, &p);
}

static const struct sweep_kind {
    const char *name;
    void (*check)(const hyti_kernels *kernels);
} kinds[] = { { "gemm_i8", sweep_gemm_i8 }, { "conv_i8", sweep_conv_i8 } };

static const struct sweep_kind *kind;
static size_t count = 300;

static void sweep_table(const hyti_kernels *kernels)
{
    for (size_t shape = 0; shape < count; shape++) kind->check(kernels);
}

int main(int argc, char **argv)
{
    if (argc > 1) count = strtoul(argv[1], NULL, 10);
    if (argc > 2) *draw_state() = strtoull(argv[2], NULL, 10);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        kind = &kinds[i];
        each_table(sweep_table);
        printf("%s: %zu shapes a table, no difference\n", kind->name, count);
        fflush(stdout);
    }
    return 0;
}
