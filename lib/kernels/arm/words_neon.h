/* SPDX-License-Identifier: MIT */
/* Whole numbers in vectors: LANES of 32 bits, or twice as many of 16. Where the processor has them, dot products of
 * bytes. */
#ifndef HYTI_KERNELS_ARM_WORDS_NEON_H
#define HYTI_KERNELS_ARM_WORDS_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __ARM_FEATURE_DOTPROD
#define SIMD(operation) hyti_##operation##_neondot
#define SIMD_BYTE_DOT 1 /* w_dot8_at() */
#else
#define SIMD(operation) hyti_##operation##_neon
#define SIMD_BYTE_DOT 0
#endif
#define SIMD_BYTE_BIAS 0     /* of w_dot8_at(): what is added to its first factor */
#define SIMD_MOST_COLUMNS 24 /* sums that registers hold */
enum { LANES = 4 };

typedef int32x4_t words;
#define AS16(v) vreinterpretq_s16_s32(v)
#define AS_U16(v) vreinterpretq_u16_s32(v)
#define OF16(v) vreinterpretq_s32_s16(v)
#define OF_U16(v) vreinterpretq_s32_u16(v)

static inline words w_zero(void)
{
    return vdupq_n_s32(0);
}
static inline words w_set32(int32_t x)
{
    return vdupq_n_s32(x);
}
static inline words w_set16(int x)
{
    return OF16(vdupq_n_s16((int16_t)x));
}
static inline words w_load(const void *p)
{
    return vreinterpretq_s32_u8(vld1q_u8(p));
}
static inline void w_store(void *p, words v)
{
    vst1q_u8(p, vreinterpretq_u8_s32(v));
}
static inline words w_add32(words a, words b)
{
    return vaddq_s32(a, b);
}
static inline words w_sub32(words a, words b)
{
    return vsubq_s32(a, b);
}
static inline words w_max32(words a, words b)
{
    return vmaxq_s32(a, b);
}
static inline words w_mul32(words a, words b)
{
    return vmulq_s32(a, b);
}
static inline words w_and(words a, words b)
{
    return vandq_s32(a, b);
}
static inline words w_right32(words a, int by)
{
    return vshlq_s32(a, vdupq_n_s32(-by));
}
static inline words w_sub16(words a, words b)
{
    return OF16(vsubq_s16(AS16(a), AS16(b)));
}
static inline words w_min16(words a, words b)
{
    return OF16(vminq_s16(AS16(a), AS16(b)));
}
static inline words w_left16(words a, int by)
{
    return OF16(vshlq_s16(AS16(a), vdupq_n_s16((int16_t)by)));
}
static inline words w_right16(words a, int by)
{
    return OF_U16(vshlq_u16(AS_U16(a), vdupq_n_s16((int16_t)-by)));
}
/* (a b + 2^14) >> 15 of signed values; a b >> 16 of unsigned ones; (a + 1) >> 1 of unsigned ones. */
static inline words w_scale16(words a, words b)
{
    return OF16(vqrdmulhq_s16(AS16(a), AS16(b)));
}
static inline words w_high16(words a, words b)
{
    uint32x4_t low = vmull_u16(vget_low_u16(AS_U16(a)), vget_low_u16(AS_U16(b)));
    uint32x4_t high = vmull_high_u16(AS_U16(a), AS_U16(b));
    return OF_U16(vuzp2q_u16(vreinterpretq_u16_u32(low), vreinterpretq_u16_u32(high)));
}
static inline words w_halve16(words a)
{
    return OF_U16(vrshrq_n_u16(AS_U16(a), 1));
}
/* Unsigned, each by its own count. */
static inline words w_right16_each(words a, words by)
{
    return OF_U16(vshlq_u16(AS_U16(a), vnegq_s16(AS16(by))));
}

/* Pairs of 16 bits out of 32: lane i holds a's and b's, bounded. */
static inline words w_pair(words a, words b)
{
    int16x4_t first = vqmovn_s32(a), second = vqmovn_s32(b);
    return OF16(vcombine_s16(vzip1_s16(first, second), vzip2_s16(first, second)));
}

/* Lane i holds the four bytes of a's, b's, c's and d's, bounded. */
static inline words w_four(words a, words b, words c, words d)
{
    static const uint8_t order[16] = { 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 };
    int16x8_t first = vqmovn_high_s32(vqmovn_s32(a), b), second = vqmovn_high_s32(vqmovn_s32(c), d);
    int8x16_t all = vqmovn_high_s16(vqmovn_s16(first), second);
    return vreinterpretq_s32_s8(vqtbl1q_s8(all, vld1q_u8(order)));
}

/* sum + a.b, lane by lane, of two signed 16-bit values each; and of a's with the 32 bits at `p`, in every lane. */
static inline words w_dot16(words sum, words a, words b)
{
    int32x4_t low = vmull_s16(vget_low_s16(AS16(a)), vget_low_s16(AS16(b)));
    return vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(AS16(a), AS16(b))));
}

static inline words every(const void *p)
{
    int32_t bits;
    memcpy(&bits, p, sizeof bits);
    return vdupq_n_s32(bits);
}

static inline words w_dot16_at(words sum, words a, const void *p)
{
    return w_dot16(sum, a, every(p));
}

#if SIMD_BYTE_DOT
/* Of four signed 8-bit values each. */
static inline words w_dot8(words sum, words a, words b)
{
    return vdotq_s32(sum, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b));
}

static inline words w_dot8_at(words sum, words a, const void *p)
{
    return w_dot8(sum, a, every(p));
}
#endif

/* The first n values (up to LANES; up to 2 LANES) of 8 bits; what is left out is 0. */
static inline int8x8_t first_bytes(const int8_t *p, size_t n)
{
    int8_t few[8] = { 0 };
    if (n == 8) return vld1_s8(p);
    if (n == 4) memcpy(few, p, 4);
    else memcpy(few, p, n);
    return vld1_s8(few);
}

static inline words w_load8(const int8_t *p, size_t n)
{
    return vmovl_s16(vget_low_s16(vmovl_s8(first_bytes(p, n))));
}
static inline words w_load8_16(const int8_t *p, size_t n)
{
    return OF16(vmovl_s8(first_bytes(p, n)));
}

/* Pairs (a[i], b[i]) in 16 bits, n of both given, `columns`, four, written; what is not given is 0. */
static inline void w_interleave(int16_t *to, const int8_t *a, const int8_t *b, size_t n, size_t columns)
{
    (void)columns;
    vst1q_s16(to, vmovl_s8(vzip1_s8(first_bytes(a, n), first_bytes(b, n))));
}

/* Bounded to 8 bits, the first n lanes. */
static inline void w_store8(int8_t *p, words v, size_t n)
{
    int16x4_t half = vqmovn_s32(v);
    int8x8_t all = vqmovn_s16(vcombine_s16(half, half));
    int8_t few[8];
    vst1_s8(few, all);
    if (n == 4) memcpy(p, few, 4);
    else memcpy(p, few, n);
}

static inline words w_load_first(const int32_t *p, size_t n)
{
    int32_t few[4] = { 0 };
    if (n == 4) return vld1q_s32(p);
    memcpy(few, p, n * sizeof *p);
    return vld1q_s32(few);
}

static inline int32_t w_sum32(words v)
{
    return vaddvq_s32(v);
}
static inline int32_t w_largest32(words v)
{
    return vmaxvq_s32(v);
}

/* table[at], 32 bits. */
static inline words w_gather(const int32_t *table, words at)
{
    int32_t four[4] = { table[vgetq_lane_s32(at, 0)], table[vgetq_lane_s32(at, 1)], table[vgetq_lane_s32(at, 2)],
                        table[vgetq_lane_s32(at, 3)] };
    return vld1q_s32(four);
}

/* a b >> 32; (a b + offset) >> right, in 64 bits. */
static inline words w_high32(words a, words b)
{
    int64x2_t low = vmull_s32(vget_low_s32(a), vget_low_s32(b)), high = vmull_high_s32(a, b);
    return vuzp2q_s32(vreinterpretq_s32_s64(low), vreinterpretq_s32_s64(high));
}

static inline words w_scale64(words a, words b, int64_t offset, int right)
{
    int64x2_t more = vdupq_n_s64(offset), by = vdupq_n_s64(-right);
    int64x2_t low = vshlq_s64(vaddq_s64(vmull_s32(vget_low_s32(a), vget_low_s32(b)), more), by);
    int64x2_t high = vshlq_s64(vaddq_s64(vmull_high_s32(a, b), more), by);
    return vuzp1q_s32(vreinterpretq_s32_s64(low), vreinterpretq_s32_s64(high));
}

/* factor / v, cut to a whole number: exact in double precision for factor < 2^45 and quotients below 2^31. */
static inline words w_divide(int64_t factor, words v)
{
    float64x2_t whole = vdupq_n_f64((double)factor);
    float64x2_t low = vdivq_f64(whole, vcvtq_f64_s64(vmovl_s32(vget_low_s32(v))));
    float64x2_t high = vdivq_f64(whole, vcvtq_f64_s64(vmovl_high_s32(v)));
    return vuzp1q_s32(vreinterpretq_s32_s64(vcvtq_s64_f64(low)), vreinterpretq_s32_s64(vcvtq_s64_f64(high)));
}

#endif
