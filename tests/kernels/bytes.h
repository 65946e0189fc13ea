/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of int8 kernels share: bytes whose neighbours cannot be touched, random quantisation. Every result is
 * compared with the C reference's, bit for bit. */
#ifndef HYTNAS_TESTS_BYTES_H
#define HYTNAS_TESTS_BYTES_H

#include "kernel_test.h"

/* n bytes that end at an inaccessible page or, at random, begin after one. */
typedef struct bytes {
    int8_t *values;
    size_t n;
    pages pages;
} bytes;

static inline bytes reserve_bytes(size_t n)
{
    void *values;
    pages p = reserve_pages(n, &values);
    return (bytes){ values, n, p };
}

static inline void release_bytes(bytes *b)
{
    release_pages(&b->pages);
    *b = (bytes){ 0 };
}

/* In turn: any values, the two extremes, small ones. */
static inline bytes random_bytes(size_t n)
{
    bytes b = reserve_bytes(n);
    uint32_t kind = draw(4);
    for (size_t i = 0; i < n; i++)
        b.values[i] = (int8_t)(kind == 0   ? (draw(2) ? -128 : 127)
                               : kind == 1 ? (int)draw(7) - 3
                                           : (int)draw(256) - 128);
    return b;
}

enum { BYTE_CANARY = 0x5a };
static inline bytes blank_bytes(size_t n)
{
    bytes b = reserve_bytes(n);
    if (n) memset(b.values, BYTE_CANARY, n);
    return b;
}

static inline bytes copied_bytes(const bytes *from)
{
    bytes b = reserve_bytes(from->n);
    if (b.n) memcpy(b.values, from->values, b.n);
    return b;
}

/* The first place where two differ; n if nowhere. */
static inline size_t first_apart(const bytes *a, const bytes *b)
{
    size_t i = 0;
    while (i < a->n && a->values[i] == b->values[i]) i++;
    return i;
}

static inline hyti_quant random_quant(void)
{
    return (hyti_quant){ ldexpf(1 + (float)draw(1 << 20) * 0x1p-20f, (int)draw(6) - 8), (int32_t)draw(256) - 128 };
}

/* What turns sums of about `size` into bytes: factors around 100 / size, some far from it; n columns in int32 each. */
typedef struct columns {
    guarded bias, multiplier, shift;
    int8_t table[256];
    hyti_add_quant add;
    hyti_requant requant;
} columns;

static inline void random_columns(columns *c, size_t n, double size)
{
    c->bias = reserve(n), c->multiplier = reserve(n), c->shift = reserve(n);
    int32_t *bias = (int32_t *)c->bias.values, *multiplier = (int32_t *)c->multiplier.values;
    int32_t *shift = (int32_t *)c->shift.values, reach = (int32_t)fmin(size, 1 << 28) + 1;
    bool odd = draw(3) == 0;
    for (size_t j = 0; j < n; j++) {
        double factor = 100 / size * ldexp(1 + draw(1 << 20) * 0x1p-20, (int)draw(4) - 2);
        if (odd && draw(4) == 0) factor = ldexp(1 + draw(1 << 20) * 0x1p-20, (int)draw(36) - 33);
        hyti_factor f = hyti_factor_of(factor);
        if (draw(8) == 0) f.multiplier = 1 << 30; /* so that halves come up exactly */
        bias[j] = odd && draw(8) == 0 ? (int32_t)draw(1u << 31) - (1 << 30)
                                      : (int32_t)draw((uint32_t)reach) - reach / 2;
        multiplier[j] = f.multiplier, shift[j] = f.shift;
    }
    for (size_t i = 0; i < 256; i++) c->table[i] = (int8_t)((int)draw(256) - 128);
    c->add = hyti_add_quant_of(random_quant(), random_quant(), random_quant());
    bool bounded = draw(3) == 0;
    c->requant = (hyti_requant){ .bias = bias,
                                 .multiplier = multiplier,
                                 .shift = shift,
                                 .in_zero = (int32_t)draw(256) - 128,
                                 .zero = (int32_t)draw(256) - 128,
                                 .low = bounded ? (int32_t)draw(128) - 128 : -128,
                                 .high = bounded ? (int32_t)draw(128) : 127,
                                 .table = draw(4) ? NULL : c->table,
                                 .add = &c->add };
}

static inline void release_columns(columns *c)
{
    release(&c->bias), release(&c->multiplier), release(&c->shift);
}

#endif
