/* SPDX-License-Identifier: MIT */
/* Vectors of four 32-bit sums, and the way from them to bytes. Products of 8-bit values by sdot where HYTI_SIMD_DOT is
 * defined, else by smull and sadalp, two steps at once: both exact. */
#ifndef HYTI_KERNELS_ARM_SIMD_NEON_I8_H
#define HYTI_KERNELS_ARM_SIMD_NEON_I8_H

#include "kernels/internal.h"
#include <arm_neon.h>

#ifdef HYTI_SIMD_DOT
#define SIMD(operation) hyti_##operation##_neondot
enum { GROUP = HYTI_GROUP_i8_neondot };
#else
#define SIMD(operation) hyti_##operation##_neon
enum { GROUP = HYTI_GROUP_i8_neon };
#endif
#define SIMD_TILE_ROWS 12 /* of two vectors: 24 sums, 2 of B, 1 of A */
enum { VL = 4 };

typedef int32x4_t ivec;

static inline ivec i_set(int32_t x) { return vdupq_n_s32(x); }
static inline ivec i_load(const int32_t *p) { return vld1q_s32(p); }
static inline void i_store(int32_t *p, ivec v) { vst1q_s32(p, v); }
static inline ivec i_plus(ivec a, ivec b) { return vaddq_s32(a, b); }
static inline ivec i_minus(ivec a, ivec b) { return vsubq_s32(a, b); }
/* Scaling takes all values. */
static inline bool i_within(ivec v, int32_t most) { return (void)v, (void)most, true; }
static inline ivec i_times_2_20(ivec v) { return vshlq_n_s32(v, 20); }

/* The first n values; 0 for the rest, which is not read. */
static inline ivec i_load_first(const int32_t *p, size_t n)
{
    if (n == VL) return vld1q_s32(p);
    int32_t some[VL] = { 0 };
    for (size_t i = 0; i < n; i++) some[i] = p[i];
    return vld1q_s32(some);
}

static inline ivec i_start(ivec bias, const int32_t *weights) { return (void)weights, bias; }
#ifdef HYTI_SIMD_DOT
typedef int8x16_t igroup; /* a group of steps: of A the same in all lanes, of B a column each */
static inline igroup i_group_a(const int8_t *p)
{
    int32_t group;
    memcpy(&group, p, sizeof group);
    return vreinterpretq_s8_s32(vdupq_n_s32(group));
}
/* The last `rest` values of a row, fewer than a group. */
static inline igroup i_rest_a(const int8_t *p, size_t rest)
{
    int32_t group = 0;
    for (size_t i = 0; i < rest; i++) memcpy((char *)&group + i, p + i, 1);
    return vreinterpretq_s8_s32(vdupq_n_s32(group));
}
static inline igroup i_group_b(const int8_t *p) { return vld1q_s8(p); }
static inline ivec i_dot(ivec sum, igroup a, igroup b) { return vdotq_s32(sum, a, b); }
#else
typedef int8x8_t igroup;
static inline igroup i_group_a(const int8_t *p)
{
    int16_t group;
    memcpy(&group, p, sizeof group);
    return vreinterpret_s8_s16(vdup_n_s16(group));
}
static inline igroup i_rest_a(const int8_t *p, size_t rest)
{
    return (void)rest, vreinterpret_s8_s16(vdup_n_s16((int16_t)(uint8_t)*p));
}
static inline igroup i_group_b(const int8_t *p) { return vld1_s8(p); }
static inline ivec i_dot(ivec sum, igroup a, igroup b) { return vpadalq_s16(sum, vmull_s8(a, b)); }
#endif

/* hyti_scaled_i32 plus a zero: sqrdmulh is the first rounding; the second rounds half up, so that a negative value is
 * first made less by one where there is a shift. */
typedef struct scaling {
    ivec multiplier, left, right, zero; /* right: negative */
} scaling;

/* Of the first n columns; holds for all shifts. */
static inline bool i_scaling(scaling *s, const int32_t *multiplier, const int32_t *shift, size_t n, int32_t zero)
{
    ivec given = i_load_first(shift, n);
    *s = (scaling){ i_load_first(multiplier, n), vmaxq_s32(given, i_set(0)), vminq_s32(given, i_set(0)), i_set(zero) };
    return true;
}

static inline ivec i_scale(const scaling *s, ivec v)
{
    ivec high = vqrdmulhq_s32(vshlq_s32(v, s->left), s->multiplier);
    high = vaddq_s32(high, vshrq_n_s32(vandq_s32(high, s->right), 31));
    return vaddq_s32(vrshlq_s32(high, s->right), s->zero);
}

typedef scaling common_scaling;

static inline common_scaling i_common_scaling(hyti_factor f)
{
    ivec shift = i_set(f.shift);
    return (scaling){ i_set(f.multiplier), vmaxq_s32(shift, i_set(0)), vminq_s32(shift, i_set(0)), i_set(0) };
}

static inline ivec i_scale_alike(const common_scaling *s, ivec v) { return i_scale(s, v); }

/* Bytes of four vectors, one after the other, saturated. */
typedef int8x16_t ibytes;

static inline ibytes b_pack(ivec a, ivec b, ivec c, ivec d)
{
    int16x8_t low = vqmovn_high_s32(vqmovn_s32(a), b), high = vqmovn_high_s32(vqmovn_s32(c), d);
    return vqmovn_high_s16(vqmovn_s16(low), high);
}

static inline ibytes b_bound(ibytes v, int32_t low, int32_t high)
{
    return vminq_s8(vmaxq_s8(v, vdupq_n_s8((int8_t)low)), vdupq_n_s8((int8_t)high));
}

/* table[v + 128]: a look-up in 64 entries leaves the rest as it is. */
static inline ibytes b_look_up(ibytes v, const int8_t *table)
{
    uint8x16_t at = veorq_u8(vreinterpretq_u8_s8(v), vdupq_n_u8(128));
    ibytes found = vqtbl4q_s8(vld1q_s8_x4(table), at);
    for (size_t part = 1; part < 4; part++) {
        at = vsubq_u8(at, vdupq_n_u8(64));
        found = vqtbx4q_s8(found, vld1q_s8_x4(table + 64 * part), at);
    }
    return found;
}

/* The first n of the 4 (vectors = 1) or 8 bytes at `index`. */
static inline void b_store_row(int8_t *p, ibytes v, const size_t index, const size_t vectors, size_t n)
{
    int8_t all[4 * VL];
    vst1q_s8(all, v);
    const int8_t *row = all + index * vectors * VL;
    if (n == vectors * VL) {
        memcpy(p, row, vectors * VL);
        return;
    }
    for (size_t size = VL; size; size /= 2)
        if (n & size) memcpy(p, row, size), p += size, row += size;
}

/* n <= VL bytes as 32-bit values; what is beyond is not read. */
static inline ivec i_of_bytes(const int8_t *p, size_t n)
{
    int32_t some[VL] = { 0 };
    for (size_t i = 0; i < n; i++) some[i] = p[i];
    return vld1q_s32(some);
}

#endif
