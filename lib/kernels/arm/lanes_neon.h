/* SPDX-License-Identifier: MIT */
/* For int8 kernels that go by channels: four 32-bit sums a vector, and the way from them to bytes. With HYTI_DOT
 * products are of four bytes, else of one value of 16 bits each. */
#ifndef HYTI_KERNELS_ARM_LANES_NEON_H
#define HYTI_KERNELS_ARM_LANES_NEON_H

#include "kernels/arm/sums_neon.h"

/* Sums of 16 bits, VL of them. */
typedef int16x4_t wvec;
static inline wvec w_zero(void) { return vdup_n_s16(0); }
static inline wvec w_add(wvec a, wvec b) { return vadd_s16(a, b); }
static inline wvec w_of_bytes(const int8_t *p) { return vmovn_s32(i_of_bytes(p)); }
static inline ivec i_of_words(wvec v) { return vmovl_s16(v); }

/* v / count, cut off: exact in double precision. */
static inline ivec i_quotient(ivec v, int32_t count)
{
    float64x2_t by = vdupq_n_f64(count);
    float64x2_t low = vcvtq_f64_s64(vmovl_s32(vget_low_s32(v))), high = vcvtq_f64_s64(vmovl_high_s32(v));
    return vcombine_s32(vmovn_s64(vcvtq_s64_f64(vdivq_f64(low, by))), vmovn_s64(vcvtq_s64_f64(vdivq_f64(high, by))));
}

/* Halves of 16 bits: a below, b above; products of halves, two by two. */
static inline ivec i_pair(ivec a, ivec b) { return vsliq_n_s32(a, b, 16); }
static inline ivec i_pair_sum(ivec a, ivec b)
{
    int16x8_t x = vreinterpretq_s16_s32(a), y = vreinterpretq_s16_s32(b);
    return vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
}

typedef float32x4_t fvec;
static inline fvec f_load(const float *p) { return vld1q_f32(p); }
static inline fvec f_set(float x) { return vdupq_n_f32(x); }
static inline fvec f_sub(fvec a, fvec b) { return vsubq_f32(a, b); }
static inline fvec f_mul(fvec a, fvec b) { return vmulq_f32(a, b); }
static inline void f_store(float *p, fvec v) { vst1q_f32(p, v); }
static inline fvec f_of_ints(ivec v) { return vcvtq_f32_s32(v); }

/* hyti_i8_of_f32 but for the bounds of a byte. The conversion rounds half away from zero, and makes 0 of NaN. */
static inline ivec i_stored(fvec v, fvec scale, ivec zero)
{
    v = vminq_f32(vmaxq_f32(vdivq_f32(v, scale), f_set(-256)), f_set(256));
    return vaddq_s32(vcvtaq_s32_f32(v), zero);
}

/* Sixteen bytes, each of one of three vectors: the one whose place is not -1. */
static inline void pick_three(const int8_t *a, const int8_t *a_place, const int8_t *b, const int8_t *b_place,
                              const int8_t *c, const int8_t *c_place, int8_t *to)
{
    int8x16_t x = vqtbl1q_s8(vld1q_s8(a), vreinterpretq_u8_s8(vld1q_s8(a_place)));
    int8x16_t y = vqtbl1q_s8(vld1q_s8(b), vreinterpretq_u8_s8(vld1q_s8(b_place)));
    int8x16_t z = vqtbl1q_s8(vld1q_s8(c), vreinterpretq_u8_s8(vld1q_s8(c_place)));
    vst1q_s8(to, vorrq_s8(vorrq_s8(x, y), z));
}

/* table[v + 128]: four times a table of 64, each for the values within it. */
enum { TABLE_LANES = 16 };
typedef struct bytes_table {
    int8x16x4_t quarters[4];
} bytes_table;
static inline bytes_table make_table(const int8_t *table)
{
    return (bytes_table){ { vld1q_s8_x4(table), vld1q_s8_x4(table + 64), vld1q_s8_x4(table + 128),
                            vld1q_s8_x4(table + 192) } };
}
static inline void look_up(const bytes_table *table, const int8_t *p, int8_t *to)
{
    uint8x16_t at = veorq_u8(vreinterpretq_u8_s8(vld1q_s8(p)), vdupq_n_u8(128)), step = vdupq_n_u8(64);
    int8x16_t found = vqtbl4q_s8(table->quarters[0], at);
    for (int i = 1; i < 4; i++) {
        at = vsubq_u8(at, step);
        found = vqtbx4q_s8(found, table->quarters[i], at);
    }
    vst1q_s8(to, found);
}

/* LANES values of a picture side by side, taken GROUP taps at a time: PARTS vectors of them, of weights, of sums. */
#ifdef HYTI_DOT
#define SIMD(operation) hyti_##operation##_neondot
enum { LANES = 16, PARTS = 4, GROUP = 4 };
typedef int8_t cell, weight;
typedef int8x16_t tvec, bvec;
static inline tvec t_load(const int8_t *p) { return vld1q_s8(p); }
static inline ivec i_dot(ivec sum, tvec a, tvec b) { return vdotq_s32(sum, a, b); }

static inline void copy_cells(cell *to, const int8_t *from, size_t width, const size_t lanes)
{
    if (width < lanes) memcpy(to, from, width);
    else if (lanes == 16) vst1q_s8(to, vld1q_s8(from));
    else vst1_s8(to, vld1_s8(from));
}

/* Part p, place i hold value 4 p + i of the four taps; of three, the last twice. */
static inline void interleave(const cell *const *taps, size_t at, const size_t rows, tvec *out)
{
    int8x16_t a = vld1q_s8(taps[0] + at), b = vld1q_s8(taps[1] + at), c = vld1q_s8(taps[2] + at);
    int8x16_t d = rows == 3 ? c : vld1q_s8(taps[3] + at);
    int16x8_t ab = vreinterpretq_s16_s8(vzip1q_s8(a, b)), cd = vreinterpretq_s16_s8(vzip1q_s8(c, d));
    out[0] = vreinterpretq_s8_s16(vzip1q_s16(ab, cd)), out[1] = vreinterpretq_s8_s16(vzip2q_s16(ab, cd));
    ab = vreinterpretq_s16_s8(vzip2q_s8(a, b)), cd = vreinterpretq_s16_s8(vzip2q_s8(c, d));
    out[2] = vreinterpretq_s8_s16(vzip1q_s16(ab, cd)), out[3] = vreinterpretq_s8_s16(vzip2q_s16(ab, cd));
}

static inline bvec b_load(const int8_t *p) { return vld1q_s8(p); }
static inline bvec b_set(int32_t x) { return vdupq_n_s8((int8_t)x); }
static inline bvec b_max(bvec a, bvec b) { return vmaxq_s8(a, b); }
static inline bvec b_between(bvec v, bvec low, bvec high) { return vminq_s8(vmaxq_s8(v, low), high); }
static inline void b_store(int8_t *p, bvec v) { vst1q_s8(p, v); }
static inline bvec b_join(const ivec *parts)
{
    int16x8_t low = vqmovn_high_s32(vqmovn_s32(parts[0]), parts[1]);
    return vqmovn_high_s16(vqmovn_s16(low), vqmovn_high_s32(vqmovn_s32(parts[2]), parts[3]));
}
#else
#define SIMD(operation) hyti_##operation##_neon
enum { LANES = 8, PARTS = 2, GROUP = 1 };
typedef int16_t cell, weight;
typedef int16x4_t tvec;
typedef int8x8_t bvec;
static inline tvec t_load(const int8_t *p) { return vreinterpret_s16_s8(vld1_s8(p)); }
static inline ivec i_dot(ivec sum, tvec a, tvec b) { return vmlal_s16(sum, a, b); }

static inline void copy_cells(cell *to, const int8_t *from, size_t width, const size_t lanes)
{
    (void)lanes;
    if (width == LANES) vst1q_s16(to, vmovl_s8(vld1_s8(from)));
    else for (size_t i = 0; i < width; i++) to[i] = from[i];
}

/* Part p, place i hold value 4 p + i. */
static inline void interleave(const cell *const *taps, size_t at, const size_t rows, tvec *out)
{
    (void)rows;
    out[0] = vld1_s16(taps[0] + at), out[1] = vld1_s16(taps[0] + at + 4);
}

static inline bvec b_load(const int8_t *p) { return vld1_s8(p); }
static inline bvec b_set(int32_t x) { return vdup_n_s8((int8_t)x); }
static inline bvec b_max(bvec a, bvec b) { return vmax_s8(a, b); }
static inline bvec b_between(bvec v, bvec low, bvec high) { return vmin_s8(vmax_s8(v, low), high); }
static inline void b_store(int8_t *p, bvec v) { vst1_s8(p, v); }
static inline bvec b_join(const ivec *parts)
{
    return vqmovn_s16(vqmovn_high_s32(vqmovn_s32(parts[0]), parts[1]));
}
#endif

static inline cell cell_of(int32_t q) { return (cell)q; }
static inline ivec i_excess(ivec sum, tvec weights) { return (void)weights, sum; }
static inline void b_store_first(int8_t *p, bvec v, size_t n)
{
    int8_t values[LANES];
    b_store(values, v);
    memcpy(p, values, n);
}

#endif
