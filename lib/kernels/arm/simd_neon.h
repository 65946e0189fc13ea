/* SPDX-License-Identifier: MIT */
/* Vectors of four floats. Masks select the first n values; what they leave out is neither read nor written, and
 * reads as 0. With HYTI_SIMD_FHM products of half precision are summed in float32 as they are stored (fmlal: the same
 * bits as by conversion, since such a product is exact in float32); with HYTI_SIMD_BFMMLA those of bfloat16 are, two
 * rows of A and two columns of B at a time (bfmmla, which does twice as much as a bfdot in the same time). */
#ifndef HYTI_KERNELS_ARM_SIMD_NEON_H
#define HYTI_KERNELS_ARM_SIMD_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#if defined HYTI_SIMD_FHM
#define SIMD_NAME(operation) hyti_##operation##_neonfhm
#elif defined HYTI_SIMD_BFMMLA
#define SIMD_NAME(operation) hyti_##operation##_neonbf16
#else
#define SIMD_NAME(operation) hyti_##operation##_neon
#endif
#define SIMD(operation) SIMD_NAME(operation)
#define SIMD_TILE_ROWS 12    /* of two vectors: 24 sums, 2 of B, 1 of A */
#define SIMD_STEM_CHANNELS 4 /* of two vectors: 8 sums, 2 of pixels, 1 weight */
enum { VL = 4 };

typedef float32x4_t vec;
typedef struct vmask {
    uint32x4_t bits;
    size_t n;
} vmask;

static inline vec v_zero(void) { return vdupq_n_f32(0); }
static inline vec v_set(float x) { return vdupq_n_f32(x); }
static inline vec v_load(const float *p) { return vld1q_f32(p); }
static inline void v_store(float *p, vec v) { vst1q_f32(p, v); }
static inline vec v_add(vec a, vec b) { return vaddq_f32(a, b); }
static inline vec v_sub(vec a, vec b) { return vsubq_f32(a, b); }
static inline vec v_mul(vec a, vec b) { return vmulq_f32(a, b); }
static inline vec v_div(vec a, vec b) { return vdivq_f32(a, b); }
static inline vec v_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }              /* a b + c */
static inline vec v_fnma(vec a, vec b, vec c) { return vfmsq_f32(c, a, b); }             /* c - a b */
static inline vec v_fnms(vec a, vec b, vec c) { return vnegq_f32(vfmaq_f32(c, a, b)); } /* -c - a b */
/* Where a value is NaN, NaN. */
static inline vec v_max(vec a, vec b) { return vmaxq_f32(a, b); }
static inline vec v_min(vec a, vec b) { return vminq_f32(a, b); }

static inline vmask v_mask(size_t n)
{
    const uint32x4_t at = { 0, 1, 2, 3 };
    return (vmask){ vcgtq_u32(vdupq_n_u32((uint32_t)n), at), n };
}

static inline vec v_load_mask(const float *p, vmask m)
{
    if (m.n == VL) return vld1q_f32(p);
    vec v = m.n & 2 ? vcombine_f32(vld1_f32(p), vdup_n_f32(0)) : v_zero();
    if (m.n == 1) return vld1q_lane_f32(p, v, 0);
    return m.n == 3 ? vld1q_lane_f32(p + 2, v, 2) : v;
}

static inline void v_store_mask(float *p, vec v, vmask m)
{
    if (m.n == VL) {
        vst1q_f32(p, v);
        return;
    }
    if (m.n & 2) vst1_f32(p, vget_low_f32(v));
    if (m.n == 1) vst1q_lane_f32(p, v, 0);
    if (m.n == 3) vst1q_lane_f32(p + 2, v, 2);
}

/* `v` where the mask selects, `other` elsewhere. */
static inline vec v_select(vmask m, vec v, vec other) { return vbslq_f32(m.bits, v, other); }
static inline float v_sum(vec v) { return vaddvq_f32(v); }
static inline float v_largest(vec v) { return vmaxvq_f32(v); }

/* Of the 2 VL values of a and then b, every other one from the first on, and from the second on. */
static inline void v_part(vec a, vec b, vec *even, vec *odd)
{
    vec first = vuzp1q_f32(a, b);
    *odd = vuzp2q_f32(a, b);
    *even = first;
}

/* The vectors are columns: rows of `n` values (<= SIMD_STEM_CHANNELS) of the result, `stride` values apart. */
static inline void v_store_columns(float *out, size_t stride, const vec *columns, size_t rows, size_t n)
{
    float32x4x2_t left = vtrnq_f32(columns[0], columns[1]), right = vtrnq_f32(columns[2], columns[3]);
    for (size_t i = 0; i < rows; i++, out += stride) {
        vec a = left.val[i % 2], b = right.val[i % 2];
        v_store_mask(out, i < 2 ? vcombine_f32(vget_low_f32(a), vget_low_f32(b))
                                : vcombine_f32(vget_high_f32(a), vget_high_f32(b)), v_mask(n));
    }
}

/* n = round(x factor), and the bits that v_scale() shifts into an exponent: adding 1.5 2^23 leaves whole numbers
 * behind. */
static inline vec v_round_times(vec x, vec factor, vec *power)
{
    vec lift = vdupq_n_f32(0x1.8p23f + 127);
    *power = vfmaq_f32(lift, x, factor);
    return vsubq_f32(*power, lift);
}

/* v 2^n for n from -126 to 127; for -127 zero, for 128 infinity. */
static inline vec v_scale(vec v, vec power)
{
    return vmulq_f32(v, vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(power), 23)));
}

/* VL values of 16 bits. */
typedef uint16x4_t halves;

static inline halves h_load(const uint16_t *p) { return vld1_u16(p); }
static inline void h_store(uint16_t *p, halves h) { vst1_u16(p, h); }

static inline halves h_load_mask(const uint16_t *p, vmask m)
{
    if (m.n == VL) return vld1_u16(p);
    halves h = vdup_n_u16(0);
    if (m.n > 0) h = vld1_lane_u16(p, h, 0);
    if (m.n > 1) h = vld1_lane_u16(p + 1, h, 1);
    return m.n > 2 ? vld1_lane_u16(p + 2, h, 2) : h;
}

static inline void h_store_mask(uint16_t *p, halves h, vmask m)
{
    if (m.n == VL) {
        vst1_u16(p, h);
        return;
    }
    if (m.n > 0) vst1_lane_u16(p, h, 0);
    if (m.n > 1) vst1_lane_u16(p + 1, h, 1);
    if (m.n > 2) vst1_lane_u16(p + 2, h, 2);
}

static inline vec v_of_bf16(halves h) { return vreinterpretq_f32_u32(vshll_n_u16(h, 16)); }

#ifdef HYTI_SIMD_BFMMLA
/* hyti_bf16_of() */
static inline halves bf16_of_v(vec v) { return vreinterpret_u16_bf16(vcvt_bf16_f32(v)); }

/* Four values of each of two rows of A, or of two columns of B; sums with their products: of the first row with both
 * columns, then of the second. Unlike a sum of float32, bfmmla rounds each of its additions (of two products; to the
 * sum) to odd: by less than a unit in the last place instead of half of one, so that k products err by at most
 * (k / 2 + 1) 2^-23 of their absolute sum. What is below 2^-126 is 0. */
#define SIMD_MATRICES
typedef bfloat16x8_t matrix;
static inline matrix m_join(halves first, halves second)
{
    return vreinterpretq_bf16_u16(vcombine_u16(first, second));
}
static inline matrix m_load(const uint16_t *p) { return vreinterpretq_bf16_u16(vld1q_u16(p)); }
static inline vec m_multiply_add(matrix a, matrix b, vec c) { return vbfmmlaq_f32(c, a, b); }
/* The first two values of v, or the last, twice; of a and b together the first row, or the second. */
static inline vec v_twice_low(vec v) { return vcombine_f32(vget_low_f32(v), vget_low_f32(v)); }
static inline vec v_twice_high(vec v) { return vcombine_f32(vget_high_f32(v), vget_high_f32(v)); }
static inline vec m_first_row(vec a, vec b) { return vcombine_f32(vget_low_f32(a), vget_low_f32(b)); }
static inline vec m_second_row(vec a, vec b) { return vcombine_f32(vget_high_f32(a), vget_high_f32(b)); }
#else
/* hyti_bf16_of() */
static inline halves bf16_of_v(vec v)
{
    uint32x4_t bits = vreinterpretq_u32_f32(v), upper = vshrq_n_u32(bits, 16);
    uint32x4_t even = vaddq_u32(vandq_u32(upper, vdupq_n_u32(1)), vdupq_n_u32(0x7fff));
    uint32x4_t rounded = vshrq_n_u32(vaddq_u32(bits, even), 16);
    return vmovn_u32(vbslq_u32(vceqq_f32(v, v), rounded, vorrq_u32(upper, vdupq_n_u32(0x40))));
}
#endif

static inline vec v_of_f16(halves h) { return vcvt_f32_f16(vreinterpret_f16_u16(h)); }
static inline halves f16_of_v(vec v) { return vreinterpret_u16_f16(vcvt_f16_f32(v)); }

#ifdef HYTI_SIMD_FHM
#define SIMD_HALVES
/* 2 VL values of half precision: one in all places; those of a panel. A product with the first VL, with the others. */
typedef float16x8_t both_halves;
static inline both_halves h_set_both(const uint16_t *p) { return vreinterpretq_f16_u16(vld1q_dup_u16(p)); }
static inline both_halves h_load_both(const uint16_t *p) { return vreinterpretq_f16_u16(vld1q_u16(p)); }
static inline vec v_fma_left(both_halves a, both_halves b, vec c) { return vfmlalq_low_f16(c, a, b); }
static inline vec v_fma_right(both_halves a, both_halves b, vec c) { return vfmlalq_high_f16(c, a, b); }
#endif

#endif
