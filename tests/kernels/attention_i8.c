/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int8 attention: the reference against exact attention of the same stored values, every table against the reference.
 */
#include "bytes.h"
#include "sweep.h"

typedef struct attention {
    hyti_attention_i8 args;
    hyti_attention_quant quant;
    hyti_quant q, k, v, result;
    double scale;
    bytes values[4]; /* q, k, v, result */
    guarded bias, stored_bias, scratch;
} attention;

/* Sum of twelve draws: nearly normal. */
static double normal(void)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) sum += (double)draw(1 << 20) * 0x1p-20;
    return sum - 6;
}

static void choose_bias(attention *a)
{
    hyti_attention_i8 *t = &a->args;
    size_t n = t->queries * t->keys;
    a->bias = reserve(n), a->stored_bias = reserve(n);
    float *bias = a->bias.values;
    for (size_t i = 0; i < n; i++) bias[i] = draw(20) ? (float)normal() : -INFINITY;
    for (size_t i = 0; i < n; i += t->keys) bias[i] = 0; /* one key is left */
    int32_t *stored = (int32_t *)a->stored_bias.values;
    hyti_attention_bias_of(a->q, a->k, a->scale, t->queries, t->keys, bias, t->keys, stored);
    a->quant.bias = stored;
    t->bias_stride = t->queries;
}

static attention choose(size_t queries, size_t keys, size_t width, bool biased)
{
    attention a = { .q = random_quant(), .k = random_quant(), .v = random_quant(), .result = random_quant() };
    a.scale = 1 / sqrt((double)width);
    size_t strides[4];
    for (int i = 0; i < 4; i++) {
        strides[i] = width + draw(5);
        size_t rows = i == 0 || i == 3 ? queries : keys;
        a.values[i] = random_bytes((rows - 1) * strides[i] + width);
    }
    a.quant = hyti_attention_quant_of(a.q, a.k, a.v, a.result, a.scale);
    a.args = (hyti_attention_i8){ .queries = queries,
                                  .keys = keys,
                                  .width = width,
                                  .q = a.values[0].values,
                                  .k = a.values[1].values,
                                  .v = a.values[2].values,
                                  .q_stride = strides[0],
                                  .k_stride = strides[1],
                                  .v_stride = strides[2],
                                  .out = a.values[3].values,
                                  .out_stride = strides[3] };
    if (biased) choose_bias(&a);
    return a;
}

static void drop(attention *a)
{
    for (int i = 0; i < 4; i++) release_bytes(&a->values[i]);
    release(&a->bias), release(&a->stored_bias), release(&a->scratch);
}

static void run(const hyti_kernels *kernels, attention *a)
{
    size_t size = hyti_attention_i8_scratch(kernels, a->args.queries, a->args.keys, a->args.width);
    assert_true(size % 64 == 0);
    a->args.quant = &a->quant;
    a->scratch = reserve(size / sizeof(float));
    a->args.scratch = (int8_t *)a->scratch.values;
    kernels->attention_i8(kernels, &a->args);
    release(&a->scratch);
}

/* Octaves below a query's greatest score, exact but for the bias, which is as it is stored. */
static void exact_octaves(const attention *a, size_t i, double *octaves)
{
    const hyti_attention_i8 *t = &a->args;
    double top = -INFINITY, unit = (double)a->q.scale * a->k.scale * a->scale / log(2);
    for (size_t j = 0; j < t->keys; j++) {
        double sum = a->quant.bias ? a->quant.bias[j * t->bias_stride + i] : 0;
        for (size_t l = 0; l < t->width; l++)
            sum += (double)(t->q[i * t->q_stride + l] - a->q.zero) * (t->k[j * t->k_stride + l] - a->k.zero);
        octaves[j] = sum;
        top = fmax(top, sum);
    }
    for (size_t j = 0; j < t->keys; j++) octaves[j] = (top - octaves[j]) * unit;
}

/* The largest difference of a query's results from exact attention, in units of the bound that follows from the
 * weights' errors (c/attention_i8.c). */
static double excess(const attention *a, size_t i, const double *octaves, double *error)
{
    const hyti_attention_i8 *t = &a->args;
    double sum = 0, errors = 0, worst = 0;
    for (size_t j = 0; j < t->keys; j++) {
        double weight = 32640 * exp2(-octaves[j]);
        sum += weight, errors += 0.5 + 1.05e-3 * weight;
    }
    for (size_t l = 0; l < t->width; l++) {
        double mean = 0, blur = 0, factor = (double)a->v.scale / a->result.scale;
        for (size_t j = 0; j < t->keys; j++) mean += 32640 * exp2(-octaves[j]) / sum * t->v[j * t->v_stride + l];
        for (size_t j = 0; j < t->keys; j++)
            blur += (0.5 + 1.05e-3 * 32640 * exp2(-octaves[j])) * fabs(t->v[j * t->v_stride + l] - mean);
        blur = factor * blur / fmax(sum - errors, 32640) + 0.505;
        double exact = factor * (mean - a->v.zero) + a->result.zero;
        *error = fabs(fmin(fmax(exact, -128), 127) - t->out[i * t->out_stride + l]);
        worst = fmax(worst, *error / blur);
    }
    return worst;
}

static void the_reference_is_near_exact_attention(void **state)
{
    (void)state;
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    for (int turn = 0; turn < 400; turn++) {
        attention a = choose(1 + draw(20), 1 + draw(turn % 8 ? 80 : 1600), 1 + draw(40), turn % 3 == 0);
        double *octaves = malloc(a.args.keys * sizeof *octaves), error;
        run(&kernels, &a);
        for (size_t i = 0; i < a.args.queries; i++) {
            exact_octaves(&a, i, octaves);
            double times = excess(&a, i, octaves, &error);
            if (times > 1)
                fail_msg("queries %zu keys %zu width %zu: query %zu is %g times the bound from exact attention",
                         a.args.queries, a.args.keys, a.args.width, i, times);
        }
        free(octaves);
        drop(&a);
    }
}

/* Activations as networks have them (normal, the scale such that four deviations fit; scores of deviation `spread`):
 * the largest error stays below three quarters of a step, the mean one near the quarter that rounding leaves (sampling
 * alone moves the mean of 384 values by up to 0.02). */
static void typical_errors_are_small(void **state)
{
    (void)state;
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    static const size_t shapes[][2] = { { 256, 16 }, { 64, 20 }, { 16, 24 }, { 196, 64 }, { 49, 32 }, { 1024, 16 } };
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (int spread = 1; spread <= 16; spread *= 2) {
            attention a = choose(24, shapes[s][0], shapes[s][1], false);
            double deviation = sqrt(spread), worst = 0, all = 0;
            for (int i = 0; i < 3; i++)
                for (size_t at = 0; at < (i ? a.args.keys : 24) * shapes[s][1]; at++) {
                    size_t stride = i == 0 ? a.args.q_stride : i == 1 ? a.args.k_stride : a.args.v_stride;
                    int8_t *to = a.values[i].values + at / shapes[s][1] * stride + at % shapes[s][1];
                    *to = (int8_t)fmin(fmax(round(normal() * 32), -128), 127);
                }
            a.q = a.k = (hyti_quant){ (float)(deviation / 32), 0 };
            a.v = (hyti_quant){ 1 / 32.f, 0 };
            a.result = (hyti_quant){ 1 / 64.f, 0 };
            a.quant = hyti_attention_quant_of(a.q, a.k, a.v, a.result, a.scale);
            run(&kernels, &a);
            double *octaves = malloc(a.args.keys * sizeof *octaves);
            for (size_t i = 0; i < a.args.queries; i++) {
                exact_octaves(&a, i, octaves);
                for (size_t l = 0; l < a.args.width; l++) {
                    double mean = 0, sum = 0;
                    for (size_t j = 0; j < a.args.keys; j++) {
                        sum += exp2(-octaves[j]);
                        mean += exp2(-octaves[j]) * a.args.v[j * a.args.v_stride + l];
                    }
                    double error = fabs(fmin(fmax(2 * mean / sum, -128), 127) - a.args.out[i * a.args.out_stride + l]);
                    worst = fmax(worst, error), all += error;
                }
            }
            all /= (double)(a.args.queries * a.args.width);
            print_message("tokens %zu width %zu scores %d: largest error %.3f steps, mean %.3f\n", shapes[s][0],
                          shapes[s][1], spread, worst, all);
            assert_true(worst < 0.75 && all < 0.28);
            free(octaves);
            drop(&a);
        }
}

static void check_equal(const hyti_kernels *kernels, const hyti_kernels *reference, attention *a)
{
    bytes *out = &a->values[3];
    memset(out->values, BYTE_CANARY, out->n);
    run(reference, a);
    bytes expected = copied_bytes(out);
    memset(out->values, BYTE_CANARY, out->n);
    run(kernels, a);
    size_t at = first_apart(out, &expected);
    if (at < out->n)
        fail_msg("isa %u queries %zu keys %zu width %zu zeros %d %d shift %d: %zu is %d, not %d", kernels->isa,
                 a->args.queries, a->args.keys, a->args.width, a->quant.q_zero, a->quant.v_zero, a->quant.shift, at,
                 out->values[at], expected.values[at]);
    release_bytes(&expected);
}

static void check_table(const hyti_kernels *kernels)
{
    hyti_kernels reference;
    hyti_kernels_init(&reference, HYTI_ISA_C);
    static const size_t tokens[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 49, 64, 100 },
                        widths[] = { 1, 2, 3, 4, 5, 8, 12, 15, 16, 20, 24, 25, 31, 33, 64, 130, 256 };
    for (size_t i = 0; i < COUNT(tokens); i++)
        for (size_t l = 0; l < COUNT(widths); l++)
            for (int cross = 0; cross < 3; cross++) {
                attention a = choose(tokens[i], cross == 0 ? tokens[i] : 1 + draw(70), widths[l], cross == 2);
                if (draw(4) == 0) a.quant.shift = (int32_t)draw(29) - 14;
                check_equal(kernels, &reference, &a);
                drop(&a);
            }
    attention a = choose(3, 4096, 5, false), b = choose(40, 1000, 20, true);
    check_equal(kernels, &reference, &a), check_equal(kernels, &reference, &b);
    drop(&a), drop(&b);
}

static void every_table_gives_the_same_bits(void **state)
{
    (void)state;
    each_table(check_table);
    hyti_kernels own;
    hyti_kernels_init(&own, (unsigned)HYTI_ISA_ALL);
    check_table(&own);
}

/* Scales beyond all use have their limits: no difference of scores counts, or every one. */
static void scales_at_the_limits(void **state)
{
    (void)state;
    hyti_quant one = { 1, 0 }, tiny = { 1e-30f, 0 }, huge = { 1e30f, 0 };
    hyti_attention_quant quant = hyti_attention_quant_of(tiny, tiny, one, one, 1);
    assert_true(quant.multiplier == 1 << 14 && quant.shift == -14);
    quant = hyti_attention_quant_of(huge, huge, huge, tiny, 1);
    assert_true(quant.multiplier == INT16_MAX && quant.shift == 14);
    assert_true(hyti_factor_value(quant.result) == 0x1p20);
    quant = hyti_attention_quant_of(one, one, one, one, log(2) / 1024);
    assert_true(quant.multiplier == 1 << 14 && quant.shift == 1);
    float bias[6] = { 0, 1, -1, INFINITY, -INFINITY, NAN };
    int32_t stored[6];
    hyti_attention_bias_of(one, one, 0.25, 2, 3, bias, 3, stored);
    int32_t expected[6] = { 0, 1 << 29, 4, -(1 << 29), -4, -(1 << 29) };
    assert_memory_equal(stored, expected, sizeof stored);
}

static void sweep_attention(const hyti_kernels *kernels)
{
    hyti_kernels reference;
    hyti_kernels_init(&reference, HYTI_ISA_C);
    attention a = choose(draw_size(100), draw_size(200), draw_size(130), draw(3) == 0);
    if (draw(4) == 0) a.quant.shift = (int32_t)draw(29) - 14;
    check_equal(kernels, &reference, &a);
    drop(&a);
}

static const sweep_kind kinds[] = {
    { "attention_i8", sweep_attention, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_is_near_exact_attention),
        cmocka_unit_test(typical_errors_are_small),
        cmocka_unit_test(every_table_gives_the_same_bits),
        cmocka_unit_test(scales_at_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
