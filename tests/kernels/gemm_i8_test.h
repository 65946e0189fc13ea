/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A random int8 product, and its comparison with the same in 64 bits. */
#ifndef HYTNAS_TESTS_GEMM_I8_TEST_H
#define HYTNAS_TESTS_GEMM_I8_TEST_H

#include "kernel_i8_test.h"

typedef struct product {
    hyti_gemm_i8 gemm;
    requantisation how;
    bytes a, b, packed, c, add;
    size_t b_columns; /* of the row-major B */
} product;

static inline void describe_product(const hyti_kernels *kernels, const product *p, char *text, size_t size)
{
    const hyti_gemm_i8 *g = &p->gemm;
    snprintf(text, size, "isa %u m %zu n %zu k %zu a_row %td c_row %td table %d add %s", kernels->isa, g->m, g->n, g->k,
             g->a_row, g->c_row, g->requant->table != NULL, !g->add ? "no" : g->add == g->c ? "c" : "yes");
}

static inline int magnitude_of(size_t k)
{
    int bits = 14;
    for (; k; k >>= 2) bits++;
    return bits;
}

static inline void choose_product(const hyti_kernels *kernels, product *p)
{
    hyti_gemm_i8 *g = &p->gemm;
    size_t a_row = g->k + draw(3);
    p->a = filled_i8(g->m && g->k ? (g->m - 1) * a_row + g->k : 0);
    g->a = p->a.values, g->a_row = (ptrdiff_t)a_row, g->a_step = 1;
    p->b_columns = g->n + draw(3);
    p->b = filled_i8(g->k ? (g->k - 1) * p->b_columns + g->n : 0);
    p->packed = reserve_bytes(hyti_pack_size(kernels, HYTI_I8, g->k, g->n));
    hyti_pack_i8(kernels, g->k, g->n, p->b.values, (ptrdiff_t)p->b_columns, 1, p->packed.values);
    g->b = p->packed.values, g->b_panel = (ptrdiff_t)hyti_panel_size(kernels, HYTI_I8, g->k);
    draw_requantisation(&p->how, g->n, magnitude_of(g->k));
    g->requant = &p->how.requant;
    g->c_row = (ptrdiff_t)(g->n + draw(3));
    p->c = filled_i8(g->m ? (g->m - 1) * (size_t)g->c_row + g->n : 0);
    p->add = copied_bytes(&p->c);
    g->c = p->c.values;
    g->add = draw(2) ? NULL : draw(2) ? p->add.values : g->c, g->add_row = g->c_row;
}

static inline void drop_product(product *p)
{
    bytes *all[] = { &p->a, &p->b, &p->packed, &p->c, &p->add };
    for (size_t i = 0; i < COUNT(all); i++) release_bytes(all[i]);
    release_requantisation(&p->how);
}

/* What lies between the rows is as it was. */
static inline void compare_product(const hyti_kernels *kernels, const product *p)
{
    const hyti_gemm_i8 *g = &p->gemm;
    for (size_t at = 0; at < p->c.n; at++) {
        size_t i = at / (size_t)g->c_row, j = at % (size_t)g->c_row;
        int64_t sum = 0;
        for (size_t l = 0; j < g->n && l < g->k; l++)
            sum += g->a[(ptrdiff_t)i * g->a_row + (ptrdiff_t)l] * p->b.values[l * p->b_columns + j];
        int8_t old = p->add.values[at], got = p->c.values[at];
        int8_t expected = j < g->n ? exact_requantised(g->requant, j, sum, g->add ? &old : NULL) : old;
        if (got == expected) continue;
        char text[256];
        describe_product(kernels, p, text, sizeof text);
        fail_msg("%s: (%zu, %zu) is %d, not %d: sum %lld bias %d multiplier %d shift %d", text, i, j, got, expected,
                 (long long)sum, g->requant->bias[j], g->requant->multiplier[j], g->requant->shift[j]);
    }
}

static inline void check_product(const hyti_kernels *kernels, size_t m, size_t n, size_t k)
{
    product p = { .gemm = { .m = m, .n = n, .k = k } };
    choose_product(kernels, &p);
    kernels->gemm_i8(&p.gemm);
    compare_product(kernels, &p);
    drop_product(&p);
}

#endif
