/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The product in each float format: every tile edge, any strides, packed and in place, and the same bits however its
 * rows are shared out. */
#include "stored.h"
#include "sweep.h"

typedef struct product {
    hyti_gemm_f32 gemm;
    guarded a, b, packed, c, bias, add;
    bool transposed;  /* A by columns */
    size_t b_columns; /* of the row-major B */
} product;

static void describe(const hyti_kernels *kernels, const product *p, char *text, size_t size)
{
    const hyti_gemm_f32 *g = &p->gemm;
    snprintf(text, size,
             "isa %u format %d m %zu n %zu k %zu a_row %td a_step %td b_step %td c_row %td bias %d add %s act %d "
             "accumulate %d",
             kernels->isa, format, g->m, g->n, g->k, g->a_row, g->a_step, g->b_step, g->c_row, g->bias != NULL,
             !g->add          ? "no"
             : g->add == g->c ? "c"
                              : "yes",
             g->act, g->accumulate);
}

static void choose_a(product *p)
{
    hyti_gemm_f32 *g = &p->gemm;
    size_t gap = draw(3);
    p->transposed = format == HYTI_F32 && draw(2);
    size_t outer = p->transposed ? g->k : g->m, inner = p->transposed ? g->m : g->k, row = inner + gap;
    p->a = stored_filled(outer && inner ? (outer - 1) * row + inner : 0);
    g->a = p->a.values;
    g->a_row = p->transposed ? 1 : (ptrdiff_t)row;
    g->a_step = p->transposed ? (ptrdiff_t)row : 1;
}

static void choose_b(const hyti_kernels *kernels, product *p)
{
    hyti_gemm_f32 *g = &p->gemm;
    p->b_columns = g->n + draw(3);
    p->b = stored_filled(g->k ? (g->k - 1) * p->b_columns + g->n : 0);
    if (format != HYTI_F32) return;
    if (draw(2)) {
        p->packed = blank(hyti_pack_size(kernels, HYTI_F32, g->k, g->n));
        hyti_pack_f32(kernels, g->k, g->n, p->b.values, (ptrdiff_t)p->b_columns, 1, p->packed.values);
        g->b = p->packed.values;
        g->b_step = (ptrdiff_t)kernels->panels[HYTI_F32].nr;
        g->b_panel = (ptrdiff_t)(g->k * kernels->panels[HYTI_F32].nr);
    } else {
        g->b = p->b.values;
        g->b_step = (ptrdiff_t)p->b_columns;
        g->b_panel = (ptrdiff_t)kernels->panels[HYTI_F32].nr;
    }
}

static void choose_rest(product *p)
{
    hyti_gemm_f32 *g = &p->gemm;
    g->c_row = (ptrdiff_t)(g->n + draw(3));
    p->c = draw(2) ? stored_filled((g->m - 1) * (size_t)g->c_row + g->n) : blank((g->m - 1) * (size_t)g->c_row + g->n);
    g->c = p->c.values;
    g->accumulate = format == HYTI_F32 && draw(4) == 0;
    if (g->accumulate) return;
    g->act = (hyti_act)draw(HYTI_ACT_COUNT);
    p->bias = stored_filled(g->n);
    g->bias = draw(2) ? p->bias.values : NULL;
    p->add = copied(&p->c);
    g->add = draw(2) ? NULL : draw(2) ? p->add.values : g->c;
    g->add_row = g->c_row;
}

/* The product g, a part of p's, by the kernel of the format under test; `c` is all that g's C lies in. */
static void multiply_stored(const hyti_kernels *kernels, product *p, const hyti_gemm_f32 *g, guarded *c)
{
    stored_copy a = store(&p->a), add = store(&p->add), out = store(c);
    void *packed;
    pages panels = reserve_pages(hyti_pack_size(kernels, format, g->k, g->n) * sizeof(uint16_t), &packed);
    uint16_t *to = stored_at(&out, g->c), *added = g->add == g->c ? to : stored_at(&add, g->add);
#define MULTIPLY(X)                                                                                                    \
    hyti_pack_##X(kernels, g->k, g->n, p->b.values, (ptrdiff_t)p->b_columns, 1, packed);                               \
    kernels->gemm_##X(&(hyti_gemm_##X){                                                                                \
        .m = g->m, .n = g->n, .k = g->k, .a = stored_at(&a, g->a), .a_row = g->a_row, .a_step = g->a_step,             \
        .b = packed, .b_panel = (ptrdiff_t)hyti_panel_size(kernels, format, g->k), .c = to, .c_row = g->c_row,         \
        .bias = g->bias, .add = added, .add_row = g->add_row, .act = g->act })
    if (format == HYTI_BF16) {
        MULTIPLY(bf16);
    } else {
        MULTIPLY(f16);
    }
#undef MULTIPLY
    take_back(&out);
    drop_stored(&a), drop_stored(&add), drop_stored(&out), release_pages(&panels);
}

static void multiply(const hyti_kernels *kernels, product *p, const hyti_gemm_f32 *g, guarded *c)
{
    if (format == HYTI_F32) kernels->gemm_f32(g);
    else multiply_stored(kernels, p, g, c);
}

static void drop(product *p)
{
    guarded *all[] = { &p->a, &p->b, &p->packed, &p->c, &p->bias, &p->add };
    for (size_t i = 0; i < COUNT(all); i++) release(all[i]);
}

/* Each value against double precision; what lies between the rows is as it was. */
static void compare(const hyti_kernels *kernels, const product *p, const guarded *before)
{
    const hyti_gemm_f32 *g = &p->gemm;
    for (size_t at = 0; at < p->c.n; at++) {
        size_t i = at / (size_t)g->c_row, j = at % (size_t)g->c_row;
        double sum = 0, terms = 0, old = before->values[at];
        float got = p->c.values[at];
        for (size_t l = 0; j < g->n && l < g->k; l++) {
            double term =
                (double)g->a[(ptrdiff_t)i * g->a_row + (ptrdiff_t)l * g->a_step] * p->b.values[l * p->b_columns + j];
            sum += term, terms += fabs(term);
        }
        double bias = g->bias && j < g->n ? g->bias[j] : 0, expected = exact_act(g->act, sum + bias);
        if (g->add || g->accumulate) expected += old, terms += fabs(old);
        double bound = bound_of((double)g->k, terms + fabs(bias), expected);
        if (j < g->n ? is_stored_near(got, expected, bound) : got == (float)old) continue;
        char text[256];
        describe(kernels, p, text, sizeof text);
        fail_msg("%s: (%zu, %zu) is %.9g, not %.9g", text, i, j, got, expected);
    }
}

static void check_product(const hyti_kernels *kernels, size_t m, size_t n, size_t k)
{
    product p = { .gemm = { .m = m, .n = n, .k = k } };
    choose_a(&p);
    choose_b(kernels, &p);
    choose_rest(&p);
    guarded before = copied(&p.c);
    multiply(kernels, &p, &p.gemm, &p.c);
    compare(kernels, &p, &before);
    release(&before);
    drop(&p);
}

static void check_sizes(const hyti_kernels *kernels)
{
    static const size_t rows[] = { 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 23, 24, 25, 53 };
    static const size_t columns[] = { 1, 3, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 64, 65 };
    static const size_t depths[] = { 0, 1, 2, 3, 8, 31, 64 };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(columns); j++)
            for (size_t l = 0; l < COUNT(depths); l++)
                if (format == HYTI_F32 || !draw(3)) check_product(kernels, rows[i], columns[j], depths[l]);
    static const size_t deep[] = { 511, 512, 513, 1023, 1025, 2600 };
    for (size_t l = 0; l < COUNT(deep); l++)
        for (int turn = 0; turn < 6; turn++) check_product(kernels, 1 + draw(70), 1 + draw(70), deep[l]);
    check_product(kernels, 400, 70, 90); /* several blocks of rows */
    check_product(kernels, 200, 33, 500);
}

static void sizes(void **state)
{
    (void)state;
    each_format(check_sizes);
}

static void check_split(const hyti_kernels *kernels)
{
    for (int turn = 0; turn < 60; turn++) {
        product p = { .gemm = { .m = 1 + draw(90), .n = 1 + draw(70), .k = turn % 4 ? draw(80) : 500 + draw(600) } };
        choose_a(&p);
        choose_b(kernels, &p);
        choose_rest(&p);
        guarded other = copied(&p.c);
        multiply(kernels, &p, &p.gemm, &p.c);
        hyti_gemm_f32 part = p.gemm;
        part.c = other.values;
        if (part.add == p.gemm.c) part.add = part.c;
        for (size_t left = p.gemm.m; left; left -= part.m) {
            part.m = 1 + draw((uint32_t)left);
            multiply(kernels, &p, &part, &other);
            part.a += (ptrdiff_t)part.m * part.a_row;
            part.c += (ptrdiff_t)part.m * part.c_row;
            if (part.add) part.add += (ptrdiff_t)part.m * part.add_row;
        }
        char text[256];
        describe(kernels, &p, text, sizeof text);
        if (memcmp(other.values, p.c.values, other.n * sizeof(float)))
            fail_msg("%s: sharing out rows changed bits", text);
        release(&other);
        drop(&p);
    }
}

static void split(void **state)
{
    (void)state;
    each_format(check_split);
}

/* A NaN or an infinity comes out where it must, and nowhere else. */
static void check_special(const hyti_kernels *kernels)
{
    enum { M = 13, N = 21, K = 5 };
    float a[M * K], b[K * N], c[M * N];
    for (int act = HYTI_ACT_NONE; act < HYTI_ACT_COUNT; act++) {
        for (size_t i = 0; i < COUNT(a); i++) a[i] = 1;
        for (size_t i = 0; i < COUNT(b); i++) b[i] = 2;
        a[7 * K + 2] = NAN;
        b[3 * N + 20] = 1e38f;
        hyti_gemm_f32 g = { .m = M,
                            .n = N,
                            .k = K,
                            .a = a,
                            .a_row = K,
                            .a_step = 1,
                            .b = b,
                            .b_step = N,
                            .b_panel = (ptrdiff_t)kernels->panels[HYTI_F32].nr,
                            .c = c,
                            .c_row = N,
                            .act = (hyti_act)act };
        kernels->gemm_f32(&g);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++) {
                double expected = exact_act(g.act, j == 20 ? 1e38 : 2 * K);
                if (i == 7 ? !isnan(c[i * N + j]) : !is_near(c[i * N + j], expected, 8 * EPSILON * expected))
                    fail_msg("isa %u act %d: (%zu, %zu) is %g", kernels->isa, act, i, j, c[i * N + j]);
            }
    }
}

static void special(void **state)
{
    (void)state;
    each_table(check_special);
}

static void no_table_beyond_the_processor(void **state)
{
    (void)state;
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, (unsigned)HYTI_ISA_ALL);
    assert_int_equal(kernels.isa, hyti_isa_detect());
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    assert_int_equal(kernels.isa, HYTI_ISA_C);
    if (hyti_isa_detect() & HYTI_ISA_AVX512) assert_true(hyti_isa_detect() & HYTI_ISA_AVX2);
}

/* A matrix and its transpose are packed to the same panels. */
static void packed_transpose(void **state)
{
    (void)state;
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, (unsigned)HYTI_ISA_ALL);
    for (size_t k = 1; k < 20; k++) {
        for (size_t n = 1; n < 80; n += 3) {
            guarded b = stored_filled(k * n), turned = blank(k * n);
            size_t size = hyti_pack_size(&kernels, HYTI_F32, k, n);
            guarded one = blank(size), other = blank(size);
            for (size_t i = 0; i < k * n; i++) turned.values[i % n * k + i / n] = b.values[i];
            hyti_pack_f32(&kernels, k, n, b.values, (ptrdiff_t)n, 1, one.values);
            hyti_pack_f32(&kernels, k, n, turned.values, 1, (ptrdiff_t)k, other.values);
            assert_memory_equal(one.values, other.values, size * sizeof(float));
            release(&b), release(&turned), release(&one), release(&other);
        }
    }
}

static void sweep_product(const hyti_kernels *kernels)
{
    size_t m = draw_size(60), n = draw_size(100), k = draw(50) ? draw_size(200) : 500 + draw(1000);
    check_product(kernels, m, n, draw(60) ? k : 0);
}

static const sweep_kind kinds[] = {
    { "gemm", sweep_product, each_format },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(split),
        cmocka_unit_test(special),
        cmocka_unit_test(packed_transpose),
        cmocka_unit_test(no_table_beyond_the_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
