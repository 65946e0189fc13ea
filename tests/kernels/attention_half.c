/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attention in each float format: tokens and widths around every vector, other queries than keys, with a bias or
 * without, gaps between rows. */
#include "stored.h"
#include "sweep.h"

typedef struct heads {
    hyti_attention_f32 attention;
    guarded q, k, v, out, bias;
} heads;

/* The scores less the largest; how far they may be apart from those of float32. */
static double exact_scores(const heads *h, size_t i, double *score)
{
    const hyti_attention_f32 *t = &h->attention;
    double top = -INFINITY, blur = 0;
    for (size_t j = 0; j < t->keys; j++) {
        double dot = 0, terms = 0, bias = t->bias ? t->bias[i * t->bias_stride + j] : 0;
        for (size_t l = 0; l < t->width; l++) {
            double term = (double)t->q[i * t->q_stride + l] * t->k[j * t->k_stride + l] * t->scale;
            dot += term, terms += fabs(term);
        }
        score[j] = dot + bias;
        top = fmax(top, score[j]);
        blur = fmax(blur, EPSILON * ((double)t->width + 4) * (terms + fabs(bias)));
    }
    for (size_t j = 0; j < t->keys; j++) score[j] -= top;
    return blur;
}

static void compare_query(const hyti_kernels *kernels, const heads *h, size_t i, double *score)
{
    const hyti_attention_f32 *t = &h->attention;
    double sum = 0, blur = exact_scores(h, i, score);
    for (size_t j = 0; j < t->keys; j++) sum += score[j] = exp(score[j]);
    for (size_t l = 0; l < t->width; l++) {
        double expected = 0, terms = 0;
        for (size_t j = 0; j < t->keys; j++) {
            expected += score[j] / sum * t->v[j * t->v_stride + l];
            terms += score[j] / sum * fabs(t->v[j * t->v_stride + l]);
        }
        float got = t->out[i * t->out_stride + l];
        double bound = (expm1(4 * blur) + EPSILON * (2.0 * (double)t->keys + 16)) * terms + 1e-30;
        if (!is_stored_near(got, expected, bound))
            fail_msg("isa %u format %d queries %zu keys %zu width %zu scale %g bias %d: (%zu, %zu) is %.9g, not %.9g",
                     kernels->isa, format, t->queries, t->keys, t->width, t->scale, t->bias != NULL, i, l, got,
                     expected);
    }
}

static void attend(const hyti_kernels *kernels, heads *h)
{
    hyti_attention_f32 *t = &h->attention;
    stored_copy q = store(&h->q), k = store(&h->k), v = store(&h->v), out = store(&h->out);
    void *scratch;
    pages room = { 0 };
#define ATTEND(X)                                                                                            \
    hyti_attention_##X s;                                                                                    \
    size_t bytes = hyti_attention_##X##_scratch(kernels, t->queries, t->keys, t->width);                     \
    assert_true(bytes % 64 == 0);                                                                            \
    room = reserve_pages(bytes, &scratch);                                                                   \
    memcpy(&s, t, sizeof s); /* differs in what it points to */                                              \
    s.scratch = scratch;                                                                                     \
    if (format != HYTI_F32)                                                                                  \
        s.q = (void *)q.values, s.k = (void *)k.values, s.v = (void *)v.values, s.out = (void *)out.values;  \
    kernels->attention_##X(kernels, &s);
    if (format == HYTI_F32) {
        ATTEND(f32)
    } else if (format == HYTI_BF16) {
        ATTEND(bf16)
    } else {
        ATTEND(f16)
    }
#undef ATTEND
    if (format != HYTI_F32) take_back(&out);
    drop_stored(&q), drop_stored(&k), drop_stored(&v), drop_stored(&out), release_pages(&room);
}

static guarded tokens(size_t rows, size_t width, size_t stride)
{
    guarded g = reserve((rows - 1) * stride + width);
    for (size_t i = 0; i < g.n; i++) g.values[i] = rounded((float)draw(1 << 20) * 0x1p-19f - 1);
    return g;
}

static void check_heads(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width)
{
    heads h = { .attention = { .queries = queries, .keys = keys, .width = width,
                               .q_stride = width + draw(4), .k_stride = width + draw(3), .v_stride = width + draw(3),
                               .out_stride = width + draw(3), .bias_stride = keys + draw(3),
                               .scale = draw(3) ? 1 / sqrtf((float)width) : 2 } };
    hyti_attention_f32 *t = &h.attention;
    h.q = tokens(queries, width, t->q_stride), h.k = tokens(keys, width, t->k_stride);
    h.v = tokens(keys, width, t->v_stride), h.out = blank((queries - 1) * t->out_stride + width);
    t->q = h.q.values, t->k = h.k.values, t->v = h.v.values, t->out = h.out.values;
    if (draw(2)) {
        h.bias = tokens(queries, keys, t->bias_stride);
        t->bias = h.bias.values;
    }
    attend(kernels, &h);
    double *score = malloc(keys * sizeof *score);
    for (size_t i = 0; i < queries; i++) compare_query(kernels, &h, i, score);
    for (size_t at = 0; at < h.out.n; at++)
        if (at % t->out_stride >= width) assert_true(h.out.values[at] == CANARY);
    free(score);
    release(&h.q), release(&h.k), release(&h.v), release(&h.out), release(&h.bias);
}

static void check_attention(const hyti_kernels *kernels)
{
    static const size_t counts[] = { 1, 2, 3, 4, 9, 16, 17, 31, 33, 49, 64, 100 },
                        widths[] = { 1, 2, 4, 7, 8, 15, 16, 20, 24, 31, 32, 33, 36, 64 };
    for (size_t a = 0; a < COUNT(counts); a++)
        for (size_t b = 0; b < COUNT(widths); b++) {
            check_heads(kernels, counts[a], counts[a], widths[b]);
            check_heads(kernels, 1 + draw(60), counts[a], widths[b]);
        }
}

static void attention(void **state)
{
    (void)state;
    each_format(check_attention);
}

static void sweep_heads(const hyti_kernels *kernels)
{
    check_heads(kernels, 1 + draw(40), draw_size(120), draw_size(64));
}

static const sweep_kind kinds[] = {
    { "attention", sweep_heads, each_format },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(attention) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
