/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of int8 products share: random requantisations, and their arithmetic spelled out as gemmlowp has it,
 * apart from the library's. */
#ifndef HYTNAS_TESTS_KERNEL_I8_TEST_H
#define HYTNAS_TESTS_KERNEL_I8_TEST_H

#include "bytes.h"

/* In turn: any values, the least alone, the largest alone, the extremes and zero. */
static inline bytes filled_i8(size_t n)
{
    static const int8_t few[] = { -128, 127, 0, -128, 127, -127, 1, -1 };
    bytes g = reserve_bytes(n);
    uint32_t kind = draw(6);
    for (size_t i = 0; i < n; i++)
        g.values[i] = (int8_t)(kind < 2 ? few[3 + kind] : kind == 2 ? few[draw(COUNT(few))] : (int32_t)draw(256) - 128);
    return g;
}

typedef struct guarded_i32 {
    int32_t *values;
    pages pages;
} guarded_i32;

static inline guarded_i32 reserve_i32(size_t n)
{
    void *values;
    pages p = reserve_pages(n * sizeof(int32_t), &values);
    return (guarded_i32){ values, p };
}

/* A requantisation of n columns and what it points to. */
typedef struct requantisation {
    hyti_requant requant;
    hyti_add_quant add;
    int8_t table[256];
    guarded_i32 bias, multiplier, shift;
} requantisation;

static inline hyti_factor draw_factor(int32_t shift)
{
    static const int32_t edges[] = { 1 << 30, INT32_MAX, (1 << 30) + 1, 0 };
    uint32_t any = draw(1 << 30);
    return (hyti_factor){ draw(3) ? (int32_t)any + (1 << 30) : edges[draw(COUNT(edges))], shift };
}

static inline void draw_bounds(int32_t *zero, int32_t *low, int32_t *high)
{
    *zero = (int32_t)draw(256) - 128;
    *low = draw(2) ? -128 : *zero;
    *high = draw(2) ? 127 : *low + (int32_t)draw((uint32_t)(128 - *low));
}

static inline void draw_addition(hyti_add_quant *a)
{
    a->left_zero = (int32_t)draw(256) - 128, a->right_zero = (int32_t)draw(256) - 128;
    a->left = draw_factor(-(int32_t)draw(6)), a->right = draw_factor(-(int32_t)draw(6));
    a->result = draw_factor(-(int32_t)draw(24));
    draw_bounds(&a->zero, &a->low, &a->high);
}

/* Sums lie below 2^magnitude: then most results do not saturate. */
static inline void draw_requantisation(requantisation *q, size_t n, int magnitude)
{
    uint32_t kind = draw(8); /* 0: any shift, left ones too; 1: sums as large as 32 bits hold */
    q->bias = reserve_i32(n), q->multiplier = reserve_i32(n), q->shift = reserve_i32(n);
    for (size_t j = 0; j < n; j++) {
        int32_t usual = 5 - magnitude - (int32_t)draw(4) + (int32_t)draw(3);
        int32_t shift = kind == 0 ? 3 - (int32_t)draw(35) : usual < -24 ? -24 : usual > -1 ? -1 : usual;
        if (draw(40) == 0 && kind > 4) shift = -(int32_t)draw(32);
        hyti_factor factor = draw_factor(shift);
        q->multiplier.values[j] = factor.multiplier, q->shift.values[j] = factor.shift;
        int32_t usual_bias = (int32_t)draw(1u << (magnitude - 1)), most = INT32_MAX - (1 << 27) - usual_bias % 4096;
        int32_t bias = kind == 1 ? most : usual_bias;
        q->bias.values[j] = draw(2) ? bias : -bias;
    }
    for (size_t i = 0; i < COUNT(q->table); i++) q->table[i] = (int8_t)(draw(256) - 128);
    draw_addition(&q->add);
    hyti_requant *r = &q->requant;
    *r = (hyti_requant){ .bias = q->bias.values, .multiplier = q->multiplier.values, .shift = q->shift.values };
    r->in_zero = (int32_t)draw(256) - 128;
    draw_bounds(&r->zero, &r->low, &r->high);
    r->table = draw(3) ? NULL : q->table;
    r->add = &q->add;
}

static inline void release_requantisation(requantisation *q)
{
    release_pages(&q->bias.pages), release_pages(&q->multiplier.pages), release_pages(&q->shift.pages);
}

/* gemmlowp: the high half of twice the product, rounded to nearest with ties upwards, then divided by a power of two,
 * rounded to nearest with ties away from zero. */
static inline int64_t exact_scaled(int64_t value, hyti_factor f)
{
    if (f.shift > 0) value *= (int64_t)1 << f.shift;
    int64_t twice_half = value * f.multiplier + ((int64_t)1 << 30), whole = (int64_t)1 << 31;
    int64_t high = twice_half / whole - (twice_half % whole < 0);
    if (f.shift >= 0) return high;
    int64_t divisor = (int64_t)1 << -f.shift, size = high < 0 ? -high : high, quotient = size / divisor;
    if (size % divisor * 2 >= divisor) quotient++;
    return high < 0 ? -quotient : quotient;
}

static inline int64_t exact_bounded(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* `add`: what is added to the result, or NULL. */
static inline int8_t exact_requantised(const hyti_requant *r, size_t j, int64_t sum, const int8_t *add)
{
    hyti_factor f = { r->multiplier[j], r->shift[j] };
    int64_t q = exact_bounded(exact_scaled(sum + r->bias[j], f) + r->zero, r->low, r->high);
    if (r->table) q = r->table[q + 128];
    if (!add) return (int8_t)q;
    const hyti_add_quant *a = r->add;
    int64_t left = exact_scaled((q - a->left_zero) * (1 << 20), a->left);
    int64_t right = exact_scaled((*add - a->right_zero) * (1 << 20), a->right);
    return (int8_t)exact_bounded(exact_scaled(left + right, a->result) + a->zero, a->low, a->high);
}

#endif
