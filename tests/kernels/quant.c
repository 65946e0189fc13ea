/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The constants of int8 arithmetic: factors and what they make of values, against real numbers. */
#include "bytes.h"
#include "kernels/internal.h"

static double random_factor(void)
{
    return ldexp(1 + draw(1 << 30) * 0x1p-30, (int)draw(40) - 30);
}

static void factors(void **state)
{
    (void)state;
    static const struct {
        double factor;
        int32_t multiplier, shift;
    } known[] = { { 0, 0, 0 },
                  { 1, 1 << 30, 1 },
                  { 0.5, 1 << 30, 0 },
                  { 0.25, 1 << 30, -1 },
                  { 0.75, 3 << 29, 0 },
                  { 1 - 0x1p-40, 1 << 30, 1 }, /* rounds up to the next power of two */
                  { 0x1p-32, 1 << 30, -31 },
                  { 0x1p-33, 0, 0 },
                  { 0x1p40, INT32_MAX, 30 } };
    for (size_t i = 0; i < COUNT(known); i++) {
        hyti_factor f = hyti_factor_of(known[i].factor);
        if (f.multiplier != known[i].multiplier || f.shift != known[i].shift)
            fail_msg("%g: multiplier %d shift %d", known[i].factor, f.multiplier, f.shift);
    }
    for (int turn = 0; turn < 20000; turn++) {
        double factor = random_factor();
        hyti_factor f = hyti_factor_of(factor);
        assert_true(f.multiplier >= 1 << 30);
        CHECK_NEAR(hyti_factor_value(f), factor, 0x1p-31 * factor);
    }
}

/* Two roundings: apart from the product by half a unit and half of what the first is worth, where it fits 32 bits. */
static void scaling(void **state)
{
    (void)state;
    for (int turn = 0; turn < 200000; turn++) {
        hyti_factor f = hyti_factor_of(random_factor());
        int32_t value = (int32_t)draw(1u << 31) - (1 << 30);
        value >>= draw(30);
        double exact = value * hyti_factor_value(f);
        if (fabs(value * ldexp(1, f.shift > 0 ? f.shift : 0)) >= 0x1p31) continue;
        CHECK_NEAR(hyti_scaled_i32(value, f.multiplier, f.shift), exact, 0.5 + (f.shift < 0 ? ldexp(0.5, f.shift) : 0));
    }
    assert_int_equal(hyti_scaled_i32(-3, 1 << 30, 0), -1); /* -1.5: half up */
    assert_int_equal(hyti_scaled_i32(-6, 1 << 30, -1), -2); /* -3, then -1.5: half away from zero */
}

static void sums_and_products(void **state)
{
    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        hyti_quant a = random_quant(), b = random_quant(), c = random_quant();
        int32_t left = (int32_t)draw(256) - 128, right = (int32_t)draw(256) - 128;
        double x = (double)a.scale * (left - a.zero), y = (double)b.scale * (right - b.zero);
        hyti_add_quant add = hyti_add_quant_of(a, b, c);
        CHECK_NEAR(hyti_added_i32(&add, left, right), fmin(fmax((x + y) / c.scale + c.zero, -128), 127), 0.5001);
        hyti_mul_quant mul = hyti_mul_quant_of(a, b, c);
        CHECK_NEAR(hyti_multiplied_i32(&mul, left, right), fmin(fmax(x * y / c.scale + c.zero, -128), 127), 1);
    }
}

static double square(double x)
{
    return x * x;
}

static double nothing(double x)
{
    return x > 0 ? NAN : INFINITY;
}

static void tables(void **state)
{
    (void)state;
    int8_t table[256];
    hyti_table_of(square, (hyti_quant){ 0.25f, -8 }, (hyti_quant){ 0.125f, -128 }, table);
    for (int32_t q = -128; q < 128; q++) {
        double real = 0.25 * (q + 8), stored = fmin(floor(real * real / 0.125 + 0.5) - 128, 127);
        assert_int_equal(table[q + 128], (int)stored);
    }
    hyti_table_of(nothing, (hyti_quant){ 1, 0 }, (hyti_quant){ 1, 5 }, table);
    assert_int_equal(table[0], 127);
    assert_int_equal(table[255], 5);
    assert_int_equal(hyti_i8_of(-2.5, (hyti_quant){ 1, 0 }), -3);
    int32_t low, high;
    hyti_act_bounds(HYTI_ACT_RELU6, (hyti_quant){ 0.5f, 120 }, &low, &high);
    assert_int_equal(low, 120);
    assert_int_equal(high, 127);
    hyti_act_bounds(HYTI_ACT_RELU6, (hyti_quant){ 0.1f, -128 }, &low, &high);
    assert_int_equal(low, -128);
    assert_int_equal(high, -68);
    hyti_act_bounds(HYTI_ACT_SILU, (hyti_quant){ 0.1f, -128 }, &low, &high);
    assert_true(low == -128 && high == 127);
}

static void means(void **state)
{
    (void)state;
    hyti_quant in = { 0.5f, 3 };
    assert_int_equal(hyti_mean_quant_of(in, in, 49).factor.multiplier, 0);
    hyti_mean_quant mean = hyti_mean_quant_of(in, (hyti_quant){ 0.25f, -1 }, 8);
    assert_true(mean.in_zero == 3 && mean.zero == -1 && hyti_factor_value(mean.factor) == 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(factors), cmocka_unit_test(scaling),
                                        cmocka_unit_test(sums_and_products), cmocka_unit_test(tables),
                                        cmocka_unit_test(means) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
