/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From float32 to 16 bits and back: every stored value, every tie and its neighbours, infinities, NaN, what is too
 * small. */
#include "stored.h"

enum { STORED = 65536 };

static float value_of(uint32_t code)
{
    return format == HYTI_BF16 ? hyti_f32_of_bf16((hyti_bf16)code) : hyti_f32_of_f16((hyti_f16)code);
}

static uint16_t stored_of(float x)
{
    return format == HYTI_BF16 ? hyti_bf16_of(x) : hyti_f16_of(x);
}

/* Half precision by its definition (IEEE 754-2019, 3.4); bfloat16 by float32's. */
static double exact_value(uint32_t code)
{
    if (format == HYTI_BF16) return (double)hyti_float_of(code << 16);
    int exponent = code >> 10 & 31;
    double fraction = code & 1023, sign = code & 0x8000 ? -1 : 1;
    if (exponent == 31) return fraction == 0 ? sign * INFINITY : (double)NAN;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static bool is_same(float x, double y)
{
    return isnan(x) ? isnan(y) : (double)x == y && !signbit(x) == !signbit(y);
}

/* What is stored of x is the nearest there is; of two, that of even bits. */
static void check_nearest(float x)
{
    uint16_t got = stored_of(x);
    if (isnan(x)) {
        assert_true(isnan(value_of(got)));
        return;
    }
    assert_int_equal(got >> 15, signbit(x) != 0);
    double value = exact_value(got), most = exact_value(format == HYTI_BF16 ? 0x7f7f : 0x7bff);
    double beyond = format == HYTI_BF16 ? 0x1p128 : 65536, size = isinf(value) ? beyond : fabs(value);
    double apart = fabs(size - fabs((double)x));
    if (isinf(x)) {
        assert_true(isinf(value));
        return;
    }
    double above = size >= most ? beyond : fabs(exact_value((got & 0x7fffu) + 1));
    double below = size == 0 ? 0 : size == beyond ? most : fabs(exact_value((got & 0x7fffu) - 1));
    double nearer = fmin(size == beyond ? INFINITY : fabs(above - fabs((double)x)),
                         size == 0 ? INFINITY : fabs(below - fabs((double)x)));
    if (apart > nearer || (apart == nearer && got & 1))
        fail_msg("format %d: of %a stored %04x, %a", format, x, got, value);
}

/* Of each stored value: itself, and what lies around the middle to the next. */
static size_t cases_of(uint32_t code, float *x)
{
    uint32_t bits = hyti_bits_of(value_of(code));
    uint32_t next = hyti_bits_of(value_of(code + 1 < STORED ? code + 1 : code));
    uint32_t middle = bits + (next - bits) / 2;
    uint32_t all[] = { bits, bits + 1, bits - 1, middle - 1, middle, middle + 1 };
    for (size_t i = 0; i < COUNT(all); i++) x[i] = hyti_float_of(all[i]);
    return COUNT(all);
}

static void reference(void **state)
{
    (void)state;
    for (format = HYTI_BF16; format <= HYTI_F16; format++)
        for (uint32_t s = 0; s < STORED; s++) {
            float x[6];
            assert_true(is_same(value_of(s), exact_value(s)));
            if (!isnan(value_of(s))) assert_int_equal(stored_of(value_of(s)), s);
            for (size_t i = cases_of(s, x); i--;) check_nearest(x[i]);
        }
}

/* The same bits as the reference's; bfloat16 may lose what is below 2^-126 (its processors' own instructions do). */
static bool is_as_reference(float x, uint16_t got)
{
    uint16_t expected = stored_of(x);
    if (got == expected) return true;
    return format == HYTI_BF16 && fabsf(x) < 0x1p-126f && got == (expected & 0x8000);
}

static void check_from(const hyti_kernels *kernels)
{
    for (uint32_t from = 0; from < STORED; from += 997) {
        size_t n = 0, count = from + 997 < STORED ? 997 : STORED - from;
        guarded x = reserve(count * 6), out = reserve((count * 6 + 1) / 2);
        uint16_t *to = (uint16_t *)out.values;
        for (uint32_t s = from; s < from + count; s++) n += cases_of(s, x.values + n);
        CALL_STORED(from_f32, n, x.values, to);
        for (size_t i = 0; i < n; i++)
            if (!is_as_reference(x.values[i], to[i]))
                fail_msg("isa %u format %d: of %a (%08x) %04x, not %04x", kernels->isa, format, x.values[i],
                         hyti_bits_of(x.values[i]), to[i], stored_of(x.values[i]));
        uint16_t *place = (uint16_t *)x.values;
        CALL_STORED(from_f32, n, x.values, place);
        assert_memory_equal(place, to, n * sizeof *to);
        release(&x), release(&out);
    }
}

static void check_to(const hyti_kernels *kernels)
{
    for (uint32_t from = 0, n; from < STORED; from += n) {
        n = 1 + draw(300);
        if (n > STORED - from) n = STORED - from;
        guarded place = reserve(n), out = reserve(n);
        uint16_t *in = (uint16_t *)place.values;
        for (uint32_t i = 0; i < n; i++) in[i] = (uint16_t)(from + i);
        CALL_STORED(to_f32, n, in, out.values);
        for (uint32_t i = 0; i < n; i++)
            if (!is_same(out.values[i], value_of(from + i)))
                fail_msg("isa %u format %d: %04x is %a, not %a", kernels->isa, format, from + i, out.values[i],
                         value_of(from + i));
        CALL_STORED(to_f32, n, in, place.values);
        assert_memory_equal(place.values, out.values, n * sizeof(float));
        release(&place), release(&out);
    }
}

static void kernels_of_conversion(void **state)
{
    (void)state;
    for (format = HYTI_BF16; format <= HYTI_F16; format++) {
        each_table(check_from);
        each_table(check_to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reference), cmocka_unit_test(kernels_of_conversion) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
