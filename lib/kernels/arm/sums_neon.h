/* SPDX-License-Identifier: MIT */
/* Four 32-bit sums a vector, and how they are scaled: of all int8 kernels of AArch64. */
#ifndef HYTI_KERNELS_ARM_SUMS_NEON_H
#define HYTI_KERNELS_ARM_SUMS_NEON_H

#include "kernels/internal.h"
#include <arm_neon.h>

enum { VL = 4 };
typedef int32x4_t ivec;

static inline ivec i_load(const void *p) { return vreinterpretq_s32_s8(vld1q_s8(p)); }
static inline void i_store(void *p, ivec v) { vst1q_s8(p, vreinterpretq_s8_s32(v)); }
static inline ivec i_set(int32_t x) { return vdupq_n_s32(x); }
static inline ivec i_zero(void) { return vdupq_n_s32(0); }
static inline ivec i_add(ivec a, ivec b) { return vaddq_s32(a, b); }
static inline ivec i_sub(ivec a, ivec b) { return vsubq_s32(a, b); }
static inline ivec i_mul(ivec a, ivec b) { return vmulq_s32(a, b); }
static inline ivec i_bounded(ivec v, ivec low, ivec high) { return vminq_s32(vmaxq_s32(v, low), high); }
static inline ivec i_shift_left(ivec v, ivec by) { return vshlq_s32(v, by); }
static inline ivec i_shift_right(ivec v, ivec by) { return vshlq_s32(v, vnegq_s32(by)); } /* arithmetic */
static inline ivec i_sign(ivec v) { return vshrq_n_s32(v, 31); }
static inline ivec i_or(ivec a, ivec b) { return vorrq_s32(a, b); }
static inline ivec i_xor(ivec a, ivec b) { return veorq_s32(a, b); }
static inline bool i_any(ivec v) { return vmaxvq_u32(vreinterpretq_u32_s32(v)) != 0; }

/* hyti_scaled_i32 and a zero. The processor's doubling product rounds as the first rounding does; its rounding shift
 * rounds halves up, so that of negative values one is taken off, where there is a shift. Any value, any shift. */
typedef struct quick_scaling {
    ivec left, multiplier, right, zero;
} quick_scaling;
enum { QUICK_OFFSET = 0 };

static inline quick_scaling make_quick(ivec multiplier, ivec shift, int32_t zero, bool raised)
{
    (void)raised;
    return (quick_scaling){ vmaxq_s32(shift, i_zero()), multiplier, vminq_s32(shift, i_zero()), i_set(zero) };
}

static inline ivec not_quick(ivec bias, ivec shift)
{
    (void)bias, (void)shift;
    return i_zero();
}

static inline ivec i_scaled_quick(const quick_scaling *s, ivec v)
{
    v = vqrdmulhq_s32(vshlq_s32(v, s->left), s->multiplier);
    v = vaddq_s32(v, vshrq_n_s32(vandq_s32(v, s->right), 31));
    return vqaddq_s32(vrshlq_s32(v, s->right), s->zero);
}

/* Where results below the zero are raised to it: halves of negative values need no care. */
static inline ivec i_scaled_raised(const quick_scaling *s, ivec v)
{
    v = vqrdmulhq_s32(vshlq_s32(v, s->left), s->multiplier);
    return vqaddq_s32(vrshlq_s32(v, s->right), s->zero);
}

static inline ivec i_scaled_exact(ivec v, ivec multiplier, ivec shift, int32_t zero, int32_t low, int32_t high)
{
    quick_scaling s = make_quick(multiplier, shift, zero, false);
    return i_bounded(i_scaled_quick(&s, v), i_set(low), i_set(high));
}

/* VL bytes, one by one in the lanes; stored saturated. */
static inline ivec i_of_bytes(const int8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof four);
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)))));
}
static inline void i_to_bytes(int8_t *p, ivec v)
{
    int16x4_t words = vqmovn_s32(v);
    int32_t four = vget_lane_s32(vreinterpret_s32_s8(vqmovn_s16(vcombine_s16(words, words))), 0);
    memcpy(p, &four, sizeof four);
}

#endif
