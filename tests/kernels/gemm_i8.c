/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The int8 product: every tile edge, the extremes of values, shifts and sums, rows shared out. */
#include "gemm_i8_test.h"
#include "sweep.h"

static void check_sizes(const hyti_kernels *kernels)
{
    static const size_t widths[] = { 1, 3, 4, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 64, 65 };
    static const size_t depths[] = { 0, 1, 2, 3, 4, 5, 8, 31, 64 };
    for (size_t m = 1; m <= 27; m++)
        for (size_t j = 0; j < COUNT(widths); j++)
            for (int turn = 0; turn < 3; turn++) check_product(kernels, m, widths[j], depths[draw(COUNT(depths))]);
    static const size_t deep[] = { 255, 256, 258, 511, 1025, 2600 };
    for (size_t l = 0; l < COUNT(deep); l++)
        for (int turn = 0; turn < 6; turn++) check_product(kernels, 1 + draw(70), 1 + draw(70), deep[l]);
    check_product(kernels, 800, 70, 90); /* several blocks of rows */
    check_product(kernels, 200, 33, 500);
}

static void sizes(void **state)
{
    (void)state;
    each_table(check_sizes);
}

static void check_split(const hyti_kernels *kernels)
{
    for (int turn = 0; turn < 60; turn++) {
        product p = { .gemm = { .m = 1 + draw(90), .n = 1 + draw(70), .k = draw(100) } };
        choose_product(kernels, &p);
        hyti_gemm_i8 part = p.gemm;
        for (size_t left = p.gemm.m; left; left -= part.m) {
            part.m = 1 + draw((uint32_t)left);
            kernels->gemm_i8(&part);
            part.a += (ptrdiff_t)part.m * part.a_row;
            part.c += (ptrdiff_t)part.m * part.c_row;
            if (part.add) part.add += (ptrdiff_t)part.m * part.add_row;
        }
        compare_product(kernels, &p);
        drop_product(&p);
    }
}

static void split(void **state)
{
    (void)state;
    each_table(check_split);
}

/* Sums whose quotients are ties, one by one: both roundings. */
static void check_ties(const hyti_kernels *kernels)
{
    enum { M = 24, N = 20 };
    for (int32_t shift = 0; shift >= -26; shift--) {
        int8_t a[M], packed[4096], c[M * N], ones[N], table[256];
        int32_t bias[N], multiplier[N], shifts[N];
        for (int i = 0; i < M; i++) a[i] = (int8_t)(i - M / 2);
        for (int i = 0; i < 256; i++) table[i] = (int8_t)(i ^ 0x55);
        for (int j = 0; j < N; j++) {
            int64_t half = (int64_t)1 << (-shift + 1);
            ones[j] = 1, shifts[j] = shift;
            multiplier[j] = j % 3 == 0 ? 1 << 30 : j % 3 == 1 ? INT32_MAX : (1 << 30) + 1;
            bias[j] = (int32_t)((j - N / 2) * half / 2);
        }
        assert_true(hyti_pack_size(kernels, HYTI_I8, 1, N) <= sizeof packed);
        hyti_pack_i8(kernels, 1, N, ones, N, 1, packed);
        hyti_requant r = { .bias = bias, .multiplier = multiplier, .shift = shifts, .low = -128, .high = 127 };
        r.zero = shift % 2 ? -128 : 127;
        r.table = shift % 3 ? NULL : table;
        hyti_gemm_i8 g = { .m = M, .n = N, .k = 1, .a = a, .a_row = 1, .a_step = 1, .b = packed, .c = c, .c_row = N };
        g.b_panel = (ptrdiff_t)hyti_panel_size(kernels, HYTI_I8, 1);
        g.requant = &r;
        kernels->gemm_i8(&g);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++)
                if (c[i * N + j] != exact_requantised(&r, j, a[i], NULL))
                    fail_msg("isa %u shift %d multiplier %d value %d: %d, not %d", kernels->isa, shift, multiplier[j],
                             a[i] + bias[j], c[i * N + j], exact_requantised(&r, j, a[i], NULL));
    }
}

static void ties(void **state)
{
    (void)state;
    each_table(check_ties);
}

static void sweep_product(const hyti_kernels *kernels)
{
    size_t m = draw_size(120), n = draw_size(200), k = draw(50) ? draw_size(500) : 1000 + draw(3000);
    check_product(kernels, m, n, draw(60) ? k : 0);
}

static const sweep_kind kinds[] = {
    { "gemm_i8", sweep_product, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(sizes), cmocka_unit_test(split), cmocka_unit_test(ties) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
