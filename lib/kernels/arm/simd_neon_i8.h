/* SPDX-License-Identifier: MIT */
/* Vectors of four 32-bit sums, and the way from them to bytes. Products of 8-bit values by sdot where HYTI_SIMD_DOT is
 * defined, else by smull and sadalp, two steps at once: both exact. */
#ifndef HYTI_KERNELS_ARM_SIMD_NEON_I8_H
#define HYTI_KERNELS_ARM_SIMD_NEON_I8_H

#include "kernels/arm/sums_neon.h"

#ifdef HYTI_SIMD_DOT
#define SIMD(operation) hyti_##operation##_neondot
enum { GROUP = HYTI_GROUP_i8_neondot };
#else
#define SIMD(operation) hyti_##operation##_neon
enum { GROUP = HYTI_GROUP_i8_neon };
#endif
#define SIMD_TILE_ROWS 12 /* of two vectors: 24 sums, 2 of B, 1 of A */

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

#endif
