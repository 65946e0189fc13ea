/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int8 softmax and layer norm: the references against double precision and TensorFlow Lite's softmax, every table
 * against the reference. */
#include "bytes.h"
#include "sweep.h"

static void fill(size_t n, int8_t *out)
{
    int spread = 1 << draw(9), centre = (int)draw(256) - 128;
    for (size_t j = 0; j < n; j++)
        out[j] = (int8_t)fmin(fmax(centre + (int)draw((uint32_t)spread) - spread / 2, -128), 127);
}

/* TensorFlow Lite's softmax of int8, after its reference: differences of Q5.26, their exponentials of Q0.31 by a
 * polynomial about -1/8 and factors exp(-2^i), the sum of Q12.19, its reciprocal by Newton's division. */
static int32_t doubling_high(int32_t a, int32_t b)
{
    if (a == b && a == INT32_MIN) return INT32_MAX;
    int64_t product = (int64_t)a * b, nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

static int32_t rounding_right(int32_t x, int by)
{
    int32_t mask = (int32_t)(((int64_t)1 << by) - 1), rest = x & mask, limit = (mask >> 1) + (x < 0);
    return (x >> by) + (rest > limit);
}

static int32_t saturating_left(int32_t x, int by)
{
    int64_t y = (int64_t)x * ((int64_t)1 << by);
    return (int32_t)(y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : y);
}

/* exp of a Q5.26 value, zero or below, in Q0.31 */
static int32_t lite_exp(int32_t a)
{
    static const int32_t factors[] = { 1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242 };
    int32_t quarter = 1 << 24, remainder = (a & (quarter - 1)) - quarter;
    int32_t x = saturating_left(remainder, 5) + (1 << 28), x2 = doubling_high(x, x), x3 = doubling_high(x2, x),
            x4 = doubling_high(x2, x2);
    int32_t rest = rounding_right(doubling_high(rounding_right(x4, 2) + x3, 715827883) + x2, 1);
    int32_t result = 1895147668 + doubling_high(1895147668, x + rest);
    for (int i = 0; i < 7; i++)
        if ((remainder - a) & (1 << (24 + i))) result = doubling_high(result, factors[i]);
    return a == 0 ? INT32_MAX : result;
}

/* 1 / (1 + a) of a Q0.31 value between 0 and 1: Newton's division, Q2.29 within */
static int32_t lite_reciprocal(int32_t a)
{
    int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + doubling_high(half, -1010580540);
    for (int i = 0; i < 3; i++) {
        int32_t off = (1 << 29) - doubling_high(half, x);
        x += saturating_left(doubling_high(x, off), 2);
    }
    return saturating_left(x, 1);
}

/* False where that arithmetic is undefined: a sum that shifts by more than 31. */
static bool lite_softmax(size_t n, const int8_t *in, double scale, int8_t *out)
{
    int shift;
    double fraction = frexp(fmin(scale * (1 << 26), 0x1p31 - 1), &shift);
    int64_t rounded = (int64_t)round(fraction * 0x1p31);
    if (rounded == (int64_t)1 << 31) rounded /= 2, shift++;
    int32_t multiplier = (int32_t)rounded, top = -128, sum = 0;
    int32_t least = -(int32_t)floor(31 * (double)(1 << 26) / ldexp(1, shift));
    for (size_t j = 0; j < n; j++) top = in[j] > top ? in[j] : top;
    for (size_t j = 0; j < n; j++)
        if (in[j] - top >= least)
            sum += rounding_right(lite_exp(doubling_high((in[j] - top) * (1 << shift), multiplier)), 12);
    int zeros = __builtin_clz((uint32_t)sum), over = 12 - zeros;
    if (over + 31 - 8 > 31) return false;
    int32_t share = lite_reciprocal((int32_t)(((uint32_t)sum << zeros) - (1u << 31)));
    for (size_t j = 0; j < n; j++) {
        out[j] = -128;
        if (in[j] - top < least) continue;
        int32_t e = lite_exp(doubling_high((in[j] - top) * (1 << shift), multiplier));
        int32_t part = rounding_right(doubling_high(share, e), over + 31 - 8) - 128;
        out[j] = (int8_t)(part > 127 ? 127 : part < -128 ? -128 : part);
    }
    return true;
}

static void softmax_is_exact_to_a_step(void **state)
{
    (void)state;
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    int8_t in[1200], out[1200], lite[1200];
    int32_t table[256];
    size_t apart = 0, all = 0;
    for (int turn = 0; turn < 3000; turn++) {
        size_t n = 1 + draw(turn % 8 ? 40 : 1200);
        double scale = (1 + draw(1000) * 1e-3) * ldexp(1, (int)draw(9) - 8), sum = 0;
        fill(n, in);
        hyti_softmax_table_of(scale, table);
        kernels.softmax_i8(1, n, in, table, out);
        bool defined = lite_softmax(n, in, scale, lite);
        for (size_t j = 0; j < n; j++) sum += exp(scale * in[j]);
        for (size_t j = 0; j < n; j++) {
            double exact = fmin(256 * exp(scale * in[j]) / sum - 128, 127);
            if (fabs(exact - out[j]) > 0.5 + 0x1p-9 || (defined && abs(out[j] - lite[j]) > 1))
                fail_msg("n %zu scale %g: %zu is %d, not %g (TensorFlow Lite: %d)", n, scale, j, out[j], exact,
                         lite[j]);
            apart += defined && out[j] != lite[j], all += defined;
        }
    }
    print_message("%zu of %zu values are one apart from TensorFlow Lite's\n", apart, all);
}

typedef struct norm {
    size_t n;
    guarded scale, shift, stored_scale, stored_shift;
    hyti_quant in, result;
    float epsilon;
    hyti_norm_quant quant;
} norm;

static norm choose_norm(size_t n)
{
    norm a = { .n = n, .epsilon = draw(2) ? 1e-5f : 1e-6f };
    a.in = (hyti_quant){ ldexpf(1 + (float)draw(1000) * 1e-3f, (int)draw(10) - 12), (int32_t)draw(256) - 128 };
    a.result = (hyti_quant){ ldexpf(1 + (float)draw(1000) * 1e-3f, -6), (int32_t)draw(100) - 50 };
    a.scale = reserve(n), a.shift = reserve(n), a.stored_scale = reserve(n), a.stored_shift = reserve(n);
    float greatest = ldexpf(1, (int)draw(7) - 4);
    for (size_t j = 0; j < n; j++) {
        a.scale.values[j] = greatest * ((float)draw(1 << 20) * 0x1p-19f - 1);
        a.shift.values[j] = (float)draw(1 << 20) * 0x1p-19f - 1;
    }
    a.quant = hyti_norm_quant_of(n, a.scale.values, a.shift.values, a.epsilon, a.in, a.result,
                                 (int32_t *)a.stored_scale.values, (int32_t *)a.stored_shift.values);
    return a;
}

static void drop_norm(norm *a)
{
    release(&a->scale), release(&a->shift), release(&a->stored_scale), release(&a->stored_shift);
}

static const size_t norm_sizes[] = { 1,  2,  3,  5,  7,  8,  9,   15,  16,  17,  24,  31,   32,   33,
                                     48, 63, 64, 65, 80, 96, 100, 144, 192, 240, 384, 1000, 4099, 16384 };

/* Half a step by rounding, and what 16 bits of (x - mean) / deviation and of the scale lack. */
static void layer_norm_is_exact_to_a_step(void **state)
{
    (void)state;
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    int8_t *in = malloc(16384), *out = malloc(16384);
    double all = 0, count = 0, largest = 0;
    for (size_t s = 0; s < COUNT(norm_sizes); s++)
        for (int turn = 0; turn < 60; turn++) {
            norm a = choose_norm(norm_sizes[s]);
            double n = (double)a.n, mean = 0, variance = 0;
            fill(a.n, in);
            kernels.layer_norm_i8(1, a.n, in, &a.quant, out);
            for (size_t j = 0; j < a.n; j++) mean += in[j] / n;
            for (size_t j = 0; j < a.n; j++) variance += (in[j] - mean) * (in[j] - mean) / n;
            double deviation = sqrt(variance + a.epsilon / ((double)a.in.scale * a.in.scale)), greatest = 0;
            for (size_t j = 0; j < a.n; j++) greatest = fmax(greatest, fabs(a.scale.values[j]) / a.result.scale);
            double unit = exp2(ceil(log2(sqrt(n))) - 15);
            for (size_t j = 0; j < a.n; j++) {
                double x = variance ? (in[j] - mean) / deviation : 0, factor = a.scale.values[j] / a.result.scale;
                double exact = x * factor + a.shift.values[j] / a.result.scale + a.result.zero;
                double error = fabs(fmin(fmax(exact, -128), 127) - out[j]);
                double bound = 0.5 + unit * fabs(factor) + fabs(x) * (greatest * 0x1p-14 + 0x1p-7 * unit * 64) + 0.01;
                if (error > bound) fail_msg("n %zu: %zu is %d, not %g, bound %g", a.n, j, out[j], exact, bound);
                if (a.n <= 1024) largest = fmax(largest, error), all += error, count++;
            }
            drop_norm(&a);
        }
    print_message("layer norm of up to 1024: largest error %.3f steps, mean %.4f\n", largest, all / count);
    assert_true(largest < 0.75 && all / count < 0.26);
    free(in), free(out);
}

static void expect_same(const hyti_kernels *kernels, const char *what, size_t n, bytes *got, const bytes *expected)
{
    size_t at = first_apart(got, expected);
    if (at < got->n)
        fail_msg("isa %u %s, rows of %zu: %zu is %d, not %d", kernels->isa, what, n, at, got->values[at],
                 expected->values[at]);
}

static void check_row_kernels(const hyti_kernels *kernels, const hyti_kernels *reference, norm *a)
{
    size_t n = a->n, rows = 1 + draw(5);
    bytes in = reserve_bytes(rows * n), out = blank_bytes(rows * n), expected = blank_bytes(rows * n);
    guarded table = reserve(256);
    int32_t *weights = (int32_t *)table.values;
    for (size_t i = 0; i < rows; i++) fill(n, in.values + i * n);
    bytes other = copied_bytes(&in);
    hyti_softmax_table_of((1 + draw(1000)) * 1e-3, weights);
    reference->softmax_i8(rows, n, in.values, weights, expected.values);
    kernels->softmax_i8(rows, n, in.values, weights, out.values);
    expect_same(kernels, "softmax", n, &out, &expected);
    kernels->softmax_i8(rows, n, other.values, weights, other.values);
    expect_same(kernels, "softmax in place", n, &other, &expected);
    reference->layer_norm_i8(rows, n, in.values, &a->quant, expected.values);
    kernels->layer_norm_i8(rows, n, in.values, &a->quant, out.values);
    expect_same(kernels, "layer norm", n, &out, &expected);
    kernels->layer_norm_i8(rows, n, in.values, &a->quant, in.values);
    expect_same(kernels, "layer norm in place", n, &in, &expected);
    release_bytes(&in), release_bytes(&out), release_bytes(&expected), release_bytes(&other), release(&table);
}

static void check_rows(const hyti_kernels *kernels)
{
    hyti_kernels reference;
    hyti_kernels_init(&reference, HYTI_ISA_C);
    for (size_t s = 0; s < COUNT(norm_sizes); s++)
        for (int turn = 0; turn < 12; turn++) {
            norm a = choose_norm(norm_sizes[s]);
            if (draw(4) == 0) a.quant.epsilon = turn % 2 ? 0 : (int64_t)1 << 50;
            check_row_kernels(kernels, &reference, &a);
            drop_norm(&a);
        }
}

static void every_table_gives_the_same_bits(void **state)
{
    (void)state;
    each_table(check_rows);
    hyti_kernels own;
    hyti_kernels_init(&own, (unsigned)HYTI_ISA_ALL);
    check_rows(&own);
}

static void sweep_rows(const hyti_kernels *kernels)
{
    hyti_kernels reference;
    hyti_kernels_init(&reference, HYTI_ISA_C);
    norm a = choose_norm(draw_size(1200));
    if (draw(4) == 0) a.quant.epsilon = draw(2) ? 0 : (int64_t)1 << 50;
    check_row_kernels(kernels, &reference, &a);
    drop_norm(&a);
}

static const sweep_kind kinds[] = {
    { "softmax_i8 and layer_norm_i8", sweep_rows, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_is_exact_to_a_step),
        cmocka_unit_test(layer_norm_is_exact_to_a_step),
        cmocka_unit_test(every_table_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
