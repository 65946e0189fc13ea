/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int8, element by element and row by row: conversions from and to float32, tables, sums, products, means. */
#include "bytes.h"
#include "kernels/internal.h"
#include "sweep.h"

static const size_t sizes[] = { 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100,
                                127, 128, 129, 200, 1000 };

static hyti_kernels reference(void)
{
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    return kernels;
}

static void expect_same(const hyti_kernels *kernels, const char *what, size_t n, const bytes *got,
                        const bytes *expected)
{
    size_t at = first_apart(got, expected);
    if (at < got->n)
        fail_msg("isa %u %s n %zu: %zu is %d, not %d", kernels->isa, what, n, at, got->values[at],
                 expected->values[at]);
}

/* Values around the steps, exact halves, their neighbours, far ones, none at all. */
static float awkward(hyti_quant quant)
{
    float step = (float)((int)draw(600) - 300), half = (step + 0.5f) * quant.scale;
    switch (draw(8)) {
    case 0: return half;
    case 1: return nextafterf(half, INFINITY);
    case 2: return nextafterf(half, -INFINITY);
    case 3: return ldexpf(step, (int)draw(60) - 30);
    case 4: return draw(4) ? 0.49999997f * quant.scale : draw(2) ? INFINITY : -INFINITY;
    case 5: return draw(4) ? -0.0f : draw(2) ? NAN : -NAN;
    default: return step * quant.scale * (float)draw(1 << 20) * 0x1p-20f;
    }
}

static void check_conversion_of(const hyti_kernels *kernels, size_t n, hyti_quant quant)
{
    hyti_kernels plain = reference();
    guarded in = reserve(n), back = blank(n), expected_back = blank(n);
    for (size_t i = 0; i < n; i++) in.values[i] = awkward(quant);
    bytes out = blank_bytes(n), expected = blank_bytes(n);
    plain.from_f32_i8(n, in.values, quant, expected.values);
    kernels->from_f32_i8(n, in.values, quant, out.values);
    expect_same(kernels, "from_f32", n, &out, &expected);
    plain.to_f32_i8(n, out.values, quant, expected_back.values);
    kernels->to_f32_i8(n, out.values, quant, back.values);
    assert_memory_equal(back.values, expected_back.values, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        double stored = (double)in.values[i] / quant.scale + quant.zero;
        if (isnan(stored)) assert_int_equal(out.values[i], quant.zero);
        else CHECK_NEAR(out.values[i], fmin(fmax(stored, -128), 127), 0.5 + 1e-4);
    }
    release(&in), release(&back), release(&expected_back), release_bytes(&out), release_bytes(&expected);
}

static void check_conversion(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (int turn = 0; turn < 12; turn++) {
            hyti_quant quant = random_quant();
            if (turn == 0) quant.scale = 1;
            check_conversion_of(kernels, sizes[s], quant);
        }
    float halves[] = { 2.5f, -2.5f, 0.49999997f, -0.5f, NAN, 1e30f, -INFINITY };
    int8_t stored[7];
    kernels->from_f32_i8(7, halves, (hyti_quant){ 1, 10 }, stored);
    static const int8_t expected[] = { 13, 7, 10, 9, 10, 127, -128 };
    assert_memory_equal(stored, expected, 7);
}

static void conversion(void **state)
{
    (void)state;
    each_table(check_conversion);
}

static void check_lookup_of(const hyti_kernels *kernels, size_t n)
{
    bytes in = random_bytes(n), table = random_bytes(256), out = blank_bytes(n), expected = blank_bytes(n);
    if (n >= 256)
        for (size_t i = 0; i < 256; i++) in.values[i] = (int8_t)((int)i - 128);
    for (size_t i = 0; i < n; i++) expected.values[i] = table.values[in.values[i] + 128];
    kernels->lookup_i8(n, in.values, table.values, out.values);
    expect_same(kernels, "lookup", n, &out, &expected);
    kernels->lookup_i8(n, in.values, table.values, in.values);
    expect_same(kernels, "lookup in place", n, &in, &expected);
    release_bytes(&in), release_bytes(&table), release_bytes(&out), release_bytes(&expected);
}

static void check_lookup(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++) check_lookup_of(kernels, sizes[s]);
}

static void lookup(void **state)
{
    (void)state;
    each_table(check_lookup);
}

static void choose_bounds(int32_t *low, int32_t *high)
{
    if (draw(2)) *low = (int32_t)draw(128) - 128, *high = (int32_t)draw(128);
}

static void check_add_of(const hyti_kernels *kernels, size_t n)
{
    hyti_kernels plain = reference();
    bytes a = random_bytes(n), b = random_bytes(n), out = blank_bytes(n), expected = blank_bytes(n);
    hyti_add_quant quant = hyti_add_quant_of(random_quant(), random_quant(), random_quant());
    choose_bounds(&quant.low, &quant.high);
    if (draw(4) == 0) quant.left.multiplier = 1 << 30, quant.result.multiplier = 1 << 30;
    plain.add_i8(n, a.values, b.values, &quant, expected.values);
    kernels->add_i8(n, a.values, b.values, &quant, out.values);
    expect_same(kernels, "add", n, &out, &expected);
    kernels->add_i8(n, a.values, b.values, &quant, b.values);
    expect_same(kernels, "add in place", n, &b, &expected);
    release_bytes(&a), release_bytes(&b), release_bytes(&out), release_bytes(&expected);
}

static void check_add(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (int turn = 0; turn < 20; turn++) check_add_of(kernels, sizes[s]);
}

static void add(void **state)
{
    (void)state;
    each_table(check_add);
}

static void check_mul_of(const hyti_kernels *kernels, size_t n)
{
    hyti_kernels plain = reference();
    size_t rows = 1 + draw(4), b_row = draw(2) ? n + draw(3) : 0;
    bytes a = random_bytes(rows * n), b = random_bytes((rows - 1) * b_row + n);
    bytes out = blank_bytes(rows * n), expected = blank_bytes(rows * n);
    hyti_mul_quant quant = hyti_mul_quant_of(random_quant(), random_quant(), random_quant());
    choose_bounds(&quant.low, &quant.high);
    if (draw(4) == 0) quant.factor.multiplier = 1 << 30;
    if (draw(8) == 0) quant.factor.shift = (int32_t)draw(62) - 31;
    plain.mul_i8(rows, n, a.values, b.values, b_row, &quant, expected.values);
    kernels->mul_i8(rows, n, a.values, b.values, b_row, &quant, out.values);
    expect_same(kernels, "mul", n, &out, &expected);
    kernels->mul_i8(rows, n, a.values, b.values, b_row, &quant, a.values);
    expect_same(kernels, "mul in place", n, &a, &expected);
    release_bytes(&a), release_bytes(&b), release_bytes(&out), release_bytes(&expected);
}

static void check_mul(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (int turn = 0; turn < 20; turn++) check_mul_of(kernels, sizes[s]);
}

static void mul(void **state)
{
    (void)state;
    each_table(check_mul);
}

static void check_mean_of(const hyti_kernels *kernels, size_t rows, size_t n)
{
    hyti_kernels plain = reference();
    bytes in = random_bytes(rows * n), out = blank_bytes(n), expected = blank_bytes(n);
    hyti_quant from = random_quant();
    hyti_mean_quant quant = hyti_mean_quant_of(from, draw(2) ? from : random_quant(), rows);
    plain.mean_i8(rows, n, in.values, &quant, expected.values);
    kernels->mean_i8(rows, n, in.values, &quant, out.values);
    expect_same(kernels, "mean", n, &out, &expected);
    for (size_t j = 0; j < n && !quant.factor.multiplier; j++) {
        double sum = 0;
        for (size_t i = 0; i < rows; i++) sum += in.values[i * n + j];
        assert_int_equal(out.values[j], (int)round(sum / (double)rows));
    }
    release_bytes(&in), release_bytes(&out), release_bytes(&expected);
}

static void check_mean(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (size_t rows = 1; rows <= 300; rows += 1 + draw(40)) check_mean_of(kernels, rows, sizes[s]);
    bytes long_column = reserve_bytes(70000), out = blank_bytes(1); /* sums beyond 16 bits */
    memset(long_column.values, -128, long_column.n);
    hyti_mean_quant quant = { 0 };
    kernels->mean_i8(70000, 1, long_column.values, &quant, out.values);
    assert_int_equal(out.values[0], -128);
    release_bytes(&long_column), release_bytes(&out);
}

static void mean(void **state)
{
    (void)state;
    each_table(check_mean);
}

static void sweep_conversion(const hyti_kernels *kernels)
{
    check_conversion_of(kernels, draw_size(1000), random_quant());
}

static void sweep_lookup(const hyti_kernels *kernels)
{
    check_lookup_of(kernels, draw_size(1000));
}

static void sweep_add(const hyti_kernels *kernels)
{
    check_add_of(kernels, draw_size(1000));
}

static void sweep_mul(const hyti_kernels *kernels)
{
    check_mul_of(kernels, draw_size(400));
}

static void sweep_mean(const hyti_kernels *kernels)
{
    check_mean_of(kernels, draw_size(100), draw_size(300));
}

static const sweep_kind kinds[] = {
    { "from_f32_i8 and to_f32_i8", sweep_conversion, each_table },
    { "lookup_i8", sweep_lookup, each_table },
    { "add_i8", sweep_add, each_table },
    { "mul_i8", sweep_mul, each_table },
    { "mean_i8", sweep_mean, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(conversion), cmocka_unit_test(lookup), cmocka_unit_test(add),
                                        cmocka_unit_test(mul), cmocka_unit_test(mean) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
