/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Element by element, row by row, picture by picture: activations, sums, softmax, layer norm, means, attention,
 * bilinear resizing, conversion of the input. */
#include "stored.h"
#include "sweep.h"

static const size_t sizes[] = { 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 100, 144, 240 };

static void apply_act(const hyti_kernels *kernels, hyti_act act, guarded *in, guarded *out)
{
    if (format == HYTI_F32) {
        kernels->act_f32(act, in->n, in->values, out->values);
        return;
    }
    stored_copy from = store(in), to = in == out ? from : store(out);
    CALL_STORED(act, act, in->n, from.values, to.values);
    take_back(&to);
    if (in != out) drop_stored(&to);
    drop_stored(&from);
}

static void check_act_of(const hyti_kernels *kernels, size_t n, int act, bool in_place)
{
    guarded in = stored_filled(n), old = copied(&in), out = blank(n), *result = in_place ? &in : &out;
    const float *to = result->values;
    apply_act(kernels, (hyti_act)act, &in, result);
    for (size_t i = 0; i < n; i++) {
        double expected = exact_act((hyti_act)act, old.values[i]);
        double bound = (act > HYTI_ACT_SILU ? 8 : 2.5) * EPSILON * fabs(expected) + 1e-36;
        if (!is_stored_near(to[i], expected, bound))
            fail_msg("isa %u format %d act %d n %zu: of %.9g %.9g, not %.9g", kernels->isa, format, act, n,
                     old.values[i], to[i], expected);
    }
    release(&in), release(&old), release(&out);
}

static void check_act(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (int act = HYTI_ACT_NONE; act < HYTI_ACT_COUNT; act++)
            for (int in_place = 0; in_place < 2; in_place++)
                check_act_of(kernels, sizes[s], act, in_place);
}

/* Every binade and sign that a curve meets, and NaN. */
static void check_curves(const hyti_kernels *kernels)
{
    for (hyti_act act = HYTI_ACT_SILU; act < HYTI_ACT_COUNT; act++)
        for (float x = 0x1p-140f; x < 0x1p120f; x *= 1.01f) {
            float in[3] = { x, -x, NAN }, out[3];
            kernels->act_f32(act, 3, in, out);
            for (int i = 0; i < 2; i++) {
                double expected = exact_act(act, in[i]);
                if (!is_near(out[i], expected, (act > HYTI_ACT_SILU ? 8 : 6) * EPSILON * fabs(expected) + 1e-36))
                    fail_msg("isa %u: act %d of %.9g is %.9g, not %.9g", kernels->isa, (int)act, in[i], out[i],
                             expected);
            }
            assert_true(isnan(out[2]));
        }
    float nan = NAN;
    for (int act = HYTI_ACT_NONE; act < HYTI_ACT_COUNT; act++) {
        kernels->act_f32((hyti_act)act, 1, &nan, &nan);
        assert_true(isnan(nan));
    }
}

static void activations(void **state)
{
    (void)state;
    each_format(check_act);
    each_table(check_curves);
}

static void apply_add(const hyti_kernels *kernels, guarded *a, guarded *b, guarded *out)
{
    if (format == HYTI_F32) {
        kernels->add_f32(a->n, a->values, b->values, out->values);
        return;
    }
    stored_copy left = store(a), right = store(b), to = b == out ? right : store(out);
    CALL_STORED(add, a->n, left.values, right.values, to.values);
    take_back(&to);
    if (b != out) drop_stored(&to);
    drop_stored(&left), drop_stored(&right);
}

static void check_add_of(const hyti_kernels *kernels, size_t n)
{
    guarded a = stored_filled(n), b = stored_filled(n), out = blank(n);
    apply_add(kernels, &a, &b, &out);
    for (size_t i = 0; i < n; i++) assert_true(out.values[i] == rounded(a.values[i] + b.values[i]));
    apply_add(kernels, &a, &b, &b);
    assert_memory_equal(b.values, out.values, n * sizeof(float));
    release(&a), release(&b), release(&out);
}

static void check_add(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++) check_add_of(kernels, sizes[s]);
}

static void add(void **state)
{
    (void)state;
    each_format(check_add);
}

static double exact_top(const float *x, size_t n, float scale)
{
    double top = -INFINITY;
    for (size_t j = 0; j < n; j++) top = fmax(top, (double)x[j] * scale);
    return top;
}

static void apply_softmax(const hyti_kernels *kernels, size_t rows, size_t n, float scale, guarded *x, size_t stride)
{
    if (format == HYTI_F32) {
        kernels->softmax_f32(rows, n, scale, x->values, stride);
        return;
    }
    stored_copy s = store(x);
    CALL_STORED(softmax, rows, n, scale, s.values, stride);
    take_back(&s);
    drop_stored(&s);
}

static void check_softmax_of(const hyti_kernels *kernels, size_t n, float scale)
{
    size_t rows = 1 + draw(4), stride = n + draw(3);
    guarded x = stored_filled((rows - 1) * stride + n), old = copied(&x);
    apply_softmax(kernels, rows, n, scale, &x, stride);
    for (size_t at = 0; at < x.n; at++) {
        const float *row = old.values + at / stride * stride;
        double top = exact_top(row, n, scale), sum = 0, value = (double)old.values[at] * scale;
        for (size_t j = 0; j < n; j++) sum += exp((double)row[j] * scale - top);
        double expected = exp(value - top) / sum;
        double bound = EPSILON * (2 * (fabs(top) + fabs(value)) + (double)n + 8) * expected + 1e-36;
        if (at % stride < n ? !is_stored_near(x.values[at], expected, bound) : x.values[at] != old.values[at])
            fail_msg("isa %u rows %zu n %zu scale %g: %zu is %.9g, not %.9g", kernels->isa, rows, n, scale, at,
                     x.values[at], expected);
    }
    release(&x), release(&old);
}

static void check_softmax(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (int turn = 0; turn < 4; turn++)
            check_softmax_of(kernels, sizes[s], turn == 0 ? 1 : ldexpf((float)draw(100) - 30, -6));
}

static void softmax(void **state)
{
    (void)state;
    each_format(check_softmax);
}

static void apply_layer_norm(const hyti_kernels *kernels, size_t rows, guarded *in, const guarded *scale,
                             const guarded *shift, guarded *out)
{
    if (format == HYTI_F32) {
        kernels->layer_norm_f32(rows, scale->n, in->values, scale->values, shift->values, 1e-5f, out->values);
        return;
    }
    stored_copy from = store(in), to = in == out ? from : store(out);
    CALL_STORED(layer_norm, rows, scale->n, from.values, scale->values, shift->values, 1e-5f, to.values);
    take_back(&to);
    if (in != out) drop_stored(&to);
    drop_stored(&from);
}

static void check_layer_norm_of(const hyti_kernels *kernels, size_t n)
{
    size_t rows = 1 + draw(4);
    guarded in = stored_filled(rows * n), scale = filled(n), shift = filled(n), out = blank(rows * n);
    apply_layer_norm(kernels, rows, &in, &scale, &shift, &out);
    for (size_t at = 0; at < rows * n; at++) {
        const float *row = in.values + at / n * n;
        double mean = 0, size = 0, variance = 0;
        for (size_t j = 0; j < n; j++) mean += (double)row[j] / (double)n, size += fabs((double)row[j]) / (double)n;
        for (size_t j = 0; j < n; j++) variance += (row[j] - mean) * (row[j] - mean) / (double)n;
        double factor = scale.values[at % n] / sqrt(variance + 1e-5);
        double expected = (row[at % n] - mean) * factor + shift.values[at % n];
        /* what the mean lacks shifts all; the factor is relatively exact but for that */
        double bound =
            EPSILON * ((double)n + 8) * (fabs(factor) * (size + fabs(row[at % n])) + fabs(shift.values[at % n]));
        if (!is_stored_near(out.values[at], expected, bound))
            fail_msg("isa %u format %d rows %zu n %zu: %zu is %.9g, not %.9g", kernels->isa, format, rows, n, at,
                     out.values[at], expected);
    }
    guarded place = copied(&in);
    apply_layer_norm(kernels, rows, &place, &scale, &shift, &place);
    assert_memory_equal(place.values, out.values, rows * n * sizeof(float));
    release(&in), release(&scale), release(&shift), release(&out), release(&place);
}

static void check_layer_norm(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++) check_layer_norm_of(kernels, sizes[s]);
}

static void layer_norm(void **state)
{
    (void)state;
    each_format(check_layer_norm);
}

static void apply_mean(const hyti_kernels *kernels, size_t rows, guarded *in, guarded *out)
{
    if (format == HYTI_F32) {
        kernels->mean_f32(rows, out->n, in->values, out->values);
        return;
    }
    stored_copy from = store(in), to = store(out);
    CALL_STORED(mean, rows, out->n, from.values, to.values);
    take_back(&to);
    drop_stored(&from), drop_stored(&to);
}

static void check_mean_of(const hyti_kernels *kernels, size_t rows, size_t n)
{
    guarded in = stored_filled(rows * n), out = blank(n);
    apply_mean(kernels, rows, &in, &out);
    for (size_t j = 0; j < n; j++) {
        double sum = 0, terms = 0;
        for (size_t i = 0; i < rows; i++) sum += in.values[i * n + j], terms += fabs(in.values[i * n + j]);
        double bound = EPSILON * ((double)rows + 2) * terms / (double)rows;
        if (!is_stored_near(out.values[j], sum / (double)rows, bound))
            fail_msg("isa %u rows %zu n %zu: %zu is %.9g, not %.9g", kernels->isa, rows, n, j, out.values[j],
                     sum / (double)rows);
    }
    release(&in), release(&out);
}

static void check_mean(const hyti_kernels *kernels)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (size_t rows = 1; rows <= 50; rows += 1 + draw(6)) check_mean_of(kernels, rows, sizes[s]);
}

static void mean(void **state)
{
    (void)state;
    each_format(check_mean);
}

/* Row i of exact attention; the bound takes the weights' relative error from the scores' absolute one. */
static void compare_query(const hyti_kernels *kernels, const hyti_attention_f32 *t, size_t i)
{
    double *score = malloc(t->keys * sizeof *score), top = -INFINITY, sum = 0, blur = 0;
    for (size_t j = 0; j < t->keys; j++) {
        double dot = 0, terms = 0;
        for (size_t l = 0; l < t->width; l++) {
            double term = (double)t->q[i * t->q_stride + l] * t->k[j * t->k_stride + l] * t->scale;
            dot += term, terms += fabs(term);
        }
        double bias = t->bias ? t->bias[i * t->bias_stride + j] : 0;
        dot += bias, terms += isinf(bias) ? 0 : fabs(bias);
        score[j] = dot;
        top = fmax(top, dot);
        blur = fmax(blur, EPSILON * ((double)t->width + 4) * terms);
    }
    for (size_t j = 0; j < t->keys; j++) sum += score[j] = exp(score[j] - top);
    for (size_t l = 0; l < t->width; l++) {
        double expected = 0, terms = 0;
        for (size_t j = 0; j < t->keys; j++) {
            expected += score[j] / sum * t->v[j * t->k_stride + l];
            terms += score[j] / sum * fabs(t->v[j * t->k_stride + l]);
        }
        float got = t->out[i * t->out_stride + l];
        if (!is_near(got, expected, (expm1(4 * blur) + EPSILON * (2.0 * (double)t->keys + 16)) * terms + 1e-30))
            fail_msg("isa %u tokens %zu width %zu scale %g: (%zu, %zu) is %.9g, not %.9g", kernels->isa, t->keys,
                     t->width, t->scale, i, l, got, expected);
    }
    free(score);
}

/* Of tokens among themselves (queries, keys and values side by side) or of queries and other keys, without or with a
 * bias, some of it minus infinity. */
static void check_attention_of(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width, bool biased)
{
    size_t stride = 3 * width + draw(4), q_stride = queries == keys ? stride : width + draw(5);
    size_t out_stride = width + draw(3), bias_stride = keys + draw(3);
    guarded qkv = reserve((keys - 1) * stride + 3 * width), other = reserve((queries - 1) * q_stride + width);
    guarded out = blank((queries - 1) * out_stride + width), bias = reserve((queries - 1) * bias_stride + keys);
    for (size_t i = 0; i < qkv.n; i++) qkv.values[i] = (float)draw(1 << 20) * 0x1p-19f - 1;
    for (size_t i = 0; i < other.n; i++) other.values[i] = (float)draw(1 << 20) * 0x1p-19f - 1;
    for (size_t i = 0; i < bias.n; i++)
        bias.values[i] = i % bias_stride && draw(8) == 0 ? -INFINITY : (float)draw(1 << 20) * 0x1p-18f - 2;
    size_t scratch_bytes = hyti_attention_f32_scratch(kernels, queries, keys, width);
    assert_true(scratch_bytes % 64 == 0);
    guarded scratch = reserve(scratch_bytes / sizeof(float));
    hyti_attention_f32 t = { .queries = queries,
                             .keys = keys,
                             .width = width,
                             .q = queries == keys ? qkv.values : other.values,
                             .k = qkv.values + width,
                             .v = qkv.values + 2 * width,
                             .q_stride = q_stride,
                             .k_stride = stride,
                             .v_stride = stride,
                             .out = out.values,
                             .out_stride = out_stride,
                             .scale = 1 / sqrtf((float)width),
                             .bias = biased ? bias.values : NULL,
                             .bias_stride = bias_stride,
                             .scratch = scratch.values };
    kernels->attention_f32(kernels, &t);
    for (size_t i = 0; i < queries; i++) compare_query(kernels, &t, i);
    for (size_t at = 0; at < out.n; at++)
        if (at % out_stride >= width) assert_true(out.values[at] == CANARY);
    release(&qkv), release(&other), release(&out), release(&bias), release(&scratch);
}

static void check_attention(const hyti_kernels *kernels)
{
    static const size_t tokens[] = { 1, 2, 4, 9, 16, 17, 33, 49, 64, 100 },
                        widths[] = { 1, 2, 4, 7, 8, 13, 15, 16, 20, 24, 33, 64 };
    for (size_t a = 0; a < COUNT(tokens); a++)
        for (size_t b = 0; b < COUNT(widths); b++) {
            check_attention_of(kernels, tokens[a], tokens[a], widths[b], false);
            check_attention_of(kernels, 1 + draw(70), tokens[a], widths[b], draw(2));
        }
}

static void attention(void **state)
{
    (void)state;
    each_table(check_attention);
}

static double exact_resize(const float *in, size_t height, size_t width, size_t channels, double y, double x, size_t c)
{
    y = fmin(fmax(y, 0), (double)height - 1), x = fmin(fmax(x, 0), (double)width - 1);
    size_t y0 = (size_t)y, x0 = (size_t)x, y1 = y0 + 1 < height ? y0 + 1 : y0, x1 = x0 + 1 < width ? x0 + 1 : x0;
    double v = y - (double)y0, h = x - (double)x0;
#define AT(row, column) (double)in[((row)*width + (column)) * channels + c]
    return (1 - v) * ((1 - h) * AT(y0, x0) + h * AT(y0, x1)) + v * ((1 - h) * AT(y1, x0) + h * AT(y1, x1));
#undef AT
}

static void apply_resize(const hyti_kernels *kernels, size_t channels, size_t h, size_t w, guarded *in, size_t oh,
                         size_t ow, guarded *out)
{
    if (format == HYTI_F32) {
        kernels->resize_f32(channels, h, w, in->values, oh, ow, out->values);
        return;
    }
    stored_copy from = store(in), to = store(out);
    CALL_STORED(resize, channels, h, w, from.values, oh, ow, to.values);
    take_back(&to);
    drop_stored(&from), drop_stored(&to);
}

static void check_resize_of(const hyti_kernels *kernels, size_t channels)
{
    size_t h = 1 + draw(9), w = 1 + draw(9), oh = 1 + draw(20), ow = 1 + draw(20);
    guarded in = stored_filled(h * w * channels), out = blank(oh * ow * channels);
    double size = 0;
    for (size_t i = 0; i < in.n; i++) size = fmax(size, fabs(in.values[i]));
    apply_resize(kernels, channels, h, w, &in, oh, ow, &out);
    for (size_t at = 0; at < out.n; at++) {
        size_t c = at % channels, x = at / channels % ow, y = at / channels / ow;
        double expected = exact_resize(in.values, h, w, channels, ((double)y + 0.5) * (double)h / (double)oh - 0.5,
                                       ((double)x + 0.5) * (double)w / (double)ow - 0.5, c);
        /* a place within the picture is known to a unit in the last place of the side */
        if (!is_stored_near(out.values[at], expected, EPSILON * size * (8 + 8 * (double)(h + w))))
            fail_msg("isa %u %zux%zux%zu to %zux%zu: (%zu, %zu, %zu) is %.9g, not %.9g", kernels->isa, h, w,
                     channels, oh, ow, y, x, c, out.values[at], expected);
    }
    release(&in), release(&out);
}

static void check_resize(const hyti_kernels *kernels)
{
    for (size_t channels = 1; channels <= 40; channels += 1 + draw(3)) check_resize_of(kernels, channels);
}

static void resize(void **state)
{
    (void)state;
    each_format(check_resize);
}

/* What comes in is float32 always. */
static void apply_input(const hyti_kernels *kernels, bool planes, size_t channels, size_t pixels, const float *in,
                        const float *mean, const float *inverse, guarded *out)
{
    if (format == HYTI_F32) {
        kernels->input_f32(planes, channels, pixels, in, mean, inverse, out->values);
        return;
    }
    stored_copy to = store(out);
    CALL_STORED(input, planes, channels, pixels, in, mean, inverse, to.values);
    take_back(&to);
    drop_stored(&to);
}

static void check_input_of(const hyti_kernels *kernels, size_t channels, size_t pixels, bool planes, bool normalise)
{
    size_t n = pixels * channels;
    guarded in = filled(n), mean = filled(channels), inverse = filled(channels), out = blank(n);
    apply_input(kernels, planes, channels, pixels, in.values, normalise ? mean.values : NULL,
                normalise ? inverse.values : NULL, &out);
    for (size_t at = 0; at < n; at++) {
        size_t c = at % channels, from = planes ? c * pixels + at / channels : at;
        float expected = in.values[from];
        if (normalise) expected = (expected - mean.values[c]) * inverse.values[c];
        if (out.values[at] != rounded(expected))
            fail_msg("isa %u planes %d normalise %d channels %zu pixels %zu: %zu is %.9g, not %.9g",
                     kernels->isa, planes, normalise, channels, pixels, at, out.values[at], expected);
    }
    release(&in), release(&mean), release(&inverse), release(&out);
}

static void check_input(const hyti_kernels *kernels)
{
    for (size_t channels = 1; channels <= 6; channels++)
        for (size_t s = 0; s < COUNT(sizes); s++)
            for (int form = 0; form < 4; form++)
                check_input_of(kernels, channels, sizes[s], form & 1, form & 2);
}

static void input(void **state)
{
    (void)state;
    each_format(check_input);
}

static void sweep_act(const hyti_kernels *kernels)
{
    check_act_of(kernels, draw_size(300), (int)draw(HYTI_ACT_COUNT), draw(2));
}

static void sweep_add(const hyti_kernels *kernels)
{
    check_add_of(kernels, draw_size(300));
}

static void sweep_softmax(const hyti_kernels *kernels)
{
    check_softmax_of(kernels, draw_size(120), ldexpf((float)draw(100) - 30, -6));
}

static void sweep_layer_norm(const hyti_kernels *kernels)
{
    check_layer_norm_of(kernels, draw_size(300));
}

static void sweep_mean(const hyti_kernels *kernels)
{
    check_mean_of(kernels, draw_size(100), draw_size(140));
}

static void sweep_resize(const hyti_kernels *kernels)
{
    check_resize_of(kernels, draw_size(60));
}

static void sweep_input(const hyti_kernels *kernels)
{
    check_input_of(kernels, 1 + draw(6), draw_size(200), draw(2), draw(2));
}

static const sweep_kind kinds[] = {
    { "act", sweep_act, each_format },
    { "add", sweep_add, each_format },
    { "softmax", sweep_softmax, each_format },
    { "layer_norm", sweep_layer_norm, each_format },
    { "mean", sweep_mean, each_format },
    { "resize", sweep_resize, each_format },
    { "input", sweep_input, each_format },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations), cmocka_unit_test(add),   cmocka_unit_test(softmax),
        cmocka_unit_test(layer_norm),  cmocka_unit_test(mean),  cmocka_unit_test(attention),
        cmocka_unit_test(resize),      cmocka_unit_test(input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
