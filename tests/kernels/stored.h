/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One text checks the kernels of the three float formats. Its values are float32, all of which the format under test
 * can hold; a kernel of 16 bits gets them stored so, and its results come back as float32. What is stored was rounded
 * once. */
#ifndef HYTNAS_TESTS_STORED_H
#define HYTNAS_TESTS_STORED_H

#include "kernel_test.h"
#include "kernels/internal.h"

static hyti_format format; /* under test */

static inline void each_format(void (*check)(const hyti_kernels *kernels))
{
    for (format = HYTI_F32; format <= HYTI_F16; format++) each_table(check);
    format = HYTI_F32;
}

static inline float rounded(float x)
{
    if (format == HYTI_BF16) return hyti_f32_of_bf16(hyti_bf16_of(x));
    return format == HYTI_F16 ? hyti_f32_of_f16(hyti_f16_of(x)) : x;
}

static inline guarded stored_filled(size_t n)
{
    guarded g = filled(n);
    for (size_t i = 0; i < n; i++) g.values[i] = rounded(g.values[i]);
    return g;
}

/* A value within `bound` of the expected one, then rounded to nearest: by half a unit in its last place, half
 * precision's least being 2^-24; beyond 65504 it has infinity. bfloat16 may lose what is below 2^-126. */
static inline bool is_stored_near(float got, double expected, double bound)
{
    double most = fabs(expected) + bound;
    if (format == HYTI_BF16) bound += 0x1p-8 * most + 0x1p-126;
    if (format == HYTI_F16) bound += 0x1p-11 * most + 0x1p-25;
    if (format == HYTI_F16 && most >= 65520 && isinf(got)) return (got > 0) == (expected > 0);
    return is_near(got, expected, bound);
}

/* Values stored in 16 bits between inaccessible pages, made of float32 ones. */
typedef struct stored_copy {
    guarded *floats;
    uint16_t *values;
    pages pages;
} stored_copy;

static inline stored_copy store(guarded *floats)
{
    void *values;
    stored_copy s = { .floats = floats, .pages = reserve_pages(floats->n * sizeof(uint16_t), &values) };
    s.values = values;
    for (size_t i = 0; i < floats->n; i++)
        s.values[i] = format == HYTI_BF16 ? hyti_bf16_of(floats->values[i]) : hyti_f16_of(floats->values[i]);
    return s;
}

/* Where the stored form of what `at` points to lies. */
static inline uint16_t *stored_at(const stored_copy *s, const float *at)
{
    return at ? s->values + (at - s->floats->values) : NULL;
}

/* The results, as float32 where they came from. */
static inline void take_back(stored_copy *s)
{
    for (size_t i = 0; i < s->floats->n; i++)
        s->floats->values[i] = format == HYTI_BF16 ? hyti_f32_of_bf16(s->values[i]) : hyti_f32_of_f16(s->values[i]);
}

/* The kernel of 16 bits under test. */
#define CALL_STORED(operation, ...)                                        \
    do {                                                                   \
        if (format == HYTI_BF16) kernels->operation##_bf16(__VA_ARGS__);   \
        else kernels->operation##_f16(__VA_ARGS__);                        \
    } while (0)

static inline void drop_stored(stored_copy *s)
{
    release_pages(&s->pages);
}


#endif
