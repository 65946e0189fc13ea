/* SPDX-License-Identifier: MIT */
/* Vectors of sixteen 32-bit sums, and the way from them to bytes. Products of 8-bit values by vpdpbusd where
 * HYTI_SIMD_VNNI is defined, else by vpmaddwd of values widened to 16 bits: both exact. */
#ifndef HYTI_KERNELS_X86_SIMD_AVX512_I8_H
#define HYTI_KERNELS_X86_SIMD_AVX512_I8_H

#include "kernels/internal.h"
#include <immintrin.h>

#ifdef HYTI_SIMD_VNNI
#define SIMD(operation) hyti_##operation##_avx512vnni
enum { GROUP = HYTI_GROUP_i8_avx512vnni };
#else
#define SIMD(operation) hyti_##operation##_avx512
enum { GROUP = HYTI_GROUP_i8_avx512 };
#endif
#define SIMD_TILE_ROWS 12 /* of two vectors: 24 sums, 2 of B, 1 of A */
enum { VL = 16 };

typedef __m512i ivec;
typedef __m512i igroup; /* a group of steps: of A the same in all lanes, of B a column each */

static inline ivec i_set(int32_t x) { return _mm512_set1_epi32(x); }
static inline ivec i_load(const int32_t *p) { return _mm512_loadu_si512(p); }
static inline void i_store(int32_t *p, ivec v) { _mm512_storeu_si512(p, v); }
static inline ivec i_plus(ivec a, ivec b) { return _mm512_add_epi32(a, b); }
static inline ivec i_minus(ivec a, ivec b) { return _mm512_sub_epi32(a, b); }
static inline bool i_within(ivec v, int32_t most) { return !_mm512_cmpgt_epi32_mask(_mm512_abs_epi32(v), i_set(most)); }
static inline ivec i_times_2_20(ivec v) { return _mm512_slli_epi32(v, 20); }
static inline __mmask16 i_first(size_t n) { return (__mmask16)((1u << n) - 1); }
/* The first n values; 0 for the rest, which is not read. */
static inline ivec i_load_first(const int32_t *p, size_t n) { return _mm512_maskz_loadu_epi32(i_first(n), p); }

#ifdef HYTI_SIMD_VNNI
/* A is unsigned here: a + 128, so that 128 times the sum of the weights is taken off where the sums start. */
static inline ivec i_start(ivec bias, const int32_t *weights)
{
    return _mm512_sub_epi32(bias, _mm512_slli_epi32(_mm512_loadu_si512(weights), 7));
}
static inline igroup i_unsigned(uint32_t group)
{
    return _mm512_xor_si512(_mm512_set1_epi32((int32_t)group), _mm512_set1_epi8(-128));
}
static inline igroup i_group_a(const int8_t *p)
{
    uint32_t group;
    memcpy(&group, p, sizeof group);
    return i_unsigned(group);
}
/* The last `rest` values of a row, fewer than a group. */
static inline igroup i_rest_a(const int8_t *p, size_t rest)
{
    uint32_t group = (uint8_t)p[0];
    if (rest > 1) group |= (uint32_t)(uint8_t)p[1] << 8;
    if (rest > 2) group |= (uint32_t)(uint8_t)p[2] << 16;
    return i_unsigned(group);
}
static inline igroup i_group_b(const int8_t *p) { return _mm512_loadu_si512(p); }
static inline ivec i_dot(ivec sum, igroup a, igroup b) { return _mm512_dpbusd_epi32(sum, a, b); }
#else
static inline ivec i_start(ivec bias, const int32_t *weights) { return (void)weights, bias; }
static inline igroup i_group_a(const int8_t *p)
{
    int16_t group;
    memcpy(&group, p, sizeof group);
    return _mm512_cvtepi8_epi16(_mm256_set1_epi16(group));
}
static inline igroup i_rest_a(const int8_t *p, size_t rest) { return (void)rest, _mm512_set1_epi32((uint16_t)*p); }
static inline igroup i_group_b(const int8_t *p) { return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)p)); }
static inline ivec i_dot(ivec sum, igroup a, igroup b) { return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b)); }
#endif

/* hyti_scaled_i32 plus a zero: with r = -shift and p = value * multiplier, the constants of both roundings and the zero
 * are added together before the first shift, which loses nothing of them:
 *     (((p + 2^30 + (2 zero + 1) 2^(30 + r)) >> 31) - (value < 0)) >> r
 * The first shift has lanes of even columns, then of odd ones. Holds for r from 1 to 22, or a multiplier of 0, and for
 * values within 2^30. */
typedef struct scaling {
    ivec multiplier, even_add, odd_add, right;
} scaling;

/* Of the first n columns; false if a shift is outside. */
static inline bool i_scaling(scaling *s, const int32_t *multiplier, const int32_t *shift, size_t n, int32_t zero)
{
    s->multiplier = i_load_first(multiplier, n);
    __mmask16 some = _mm512_test_epi32_mask(s->multiplier, s->multiplier);
    s->right = _mm512_mask_sub_epi32(i_set(1), some, i_set(0), i_load_first(shift, n));
    ivec halves = _mm512_set1_epi64(2 * zero + 1), round = _mm512_set1_epi64(1 << 30), up = i_plus(s->right, i_set(30));
    ivec even = _mm512_and_si512(up, _mm512_set1_epi64(0xffffffff)), odd = _mm512_srli_epi64(up, 32);
    s->even_add = _mm512_add_epi64(_mm512_sllv_epi64(halves, even), round);
    s->odd_add = _mm512_add_epi64(_mm512_sllv_epi64(halves, odd), round);
    return !_mm512_cmpgt_epu32_mask(i_minus(s->right, i_set(1)), i_set(21));
}

static inline ivec i_scale(const scaling *s, ivec v)
{
    ivec even = _mm512_mul_epi32(v, s->multiplier);
    ivec odd = _mm512_mul_epi32(_mm512_srli_epi64(v, 32), _mm512_srli_epi64(s->multiplier, 32));
    even = _mm512_srli_epi64(_mm512_add_epi64(even, s->even_add), 31);
    odd = _mm512_slli_epi64(_mm512_add_epi64(odd, s->odd_add), 1);
    ivec high = _mm512_mask_blend_epi32(0xaaaa, even, odd);
    return _mm512_srav_epi32(i_plus(high, _mm512_srai_epi32(v, 31)), s->right);
}

/* hyti_scaled_i32 of one factor, whatever its shift. */
typedef struct common_scaling {
    ivec left, multiplier, add, below, shift;
} common_scaling;

static inline common_scaling i_common_scaling(hyti_factor factor)
{
    int64_t right = factor.shift > 0 ? 0 : -factor.shift, one = 1;
    return (common_scaling){
        .left = _mm512_set1_epi32(factor.shift > 0 ? factor.shift : 0),
        .multiplier = _mm512_set1_epi32(factor.multiplier),
        .add = _mm512_set1_epi64((one << 30) + (right ? one << (30 + right) : 0)),
        .below = _mm512_set1_epi64(right ? one << 31 : 0),
        .shift = _mm512_set1_epi64(31 + right),
    };
}

static inline ivec i_scale_long(const common_scaling *s, ivec v)
{
    ivec p = _mm512_mul_epi32(v, s->multiplier), sum = _mm512_add_epi64(p, s->add);
    __mmask8 below = _mm512_cmplt_epi64_mask(p, _mm512_set1_epi64(-(1 << 30)));
    return _mm512_srav_epi64(_mm512_mask_sub_epi64(sum, below, sum, s->below), s->shift);
}

static inline ivec i_scale_alike(const common_scaling *s, ivec v)
{
    v = _mm512_sllv_epi32(v, s->left);
    ivec odd = _mm512_slli_epi64(i_scale_long(s, _mm512_srli_epi64(v, 32)), 32);
    return _mm512_mask_blend_epi32(0xaaaa, i_scale_long(s, v), odd);
}

/* Bytes of four vectors, one after the other, saturated. */
typedef __m512i ibytes;

static inline ibytes b_pack(ivec a, ivec b, ivec c, ivec d)
{
    ivec mixed = _mm512_packs_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
    ivec order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, mixed);
}

static inline ibytes b_bound(ibytes v, int32_t low, int32_t high)
{
    return _mm512_min_epi8(_mm512_max_epi8(v, _mm512_set1_epi8((char)low)), _mm512_set1_epi8((char)high));
}

/* table[v + 128] */
static inline ibytes b_look_up(ibytes v, const int8_t *table)
{
#ifdef HYTI_SIMD_VNNI
    ibytes t0 = _mm512_loadu_si512(table), t1 = _mm512_loadu_si512(table + 64);
    ibytes t2 = _mm512_loadu_si512(table + 128), t3 = _mm512_loadu_si512(table + 192);
    /* The low seven bits choose among 128: v + 128 for a negative v, v for another. */
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), _mm512_permutex2var_epi8(t2, v, t3),
                                  _mm512_permutex2var_epi8(t0, v, t1));
#else
    int8_t value[64];
    _mm512_storeu_si512(value, v);
    for (size_t i = 0; i < sizeof value; i++) value[i] = table[value[i] + 128];
    return _mm512_loadu_si512(value);
#endif
}

/* The first n of the 16 (vectors = 1) or 32 bytes at `index`. */
static inline void b_store_row(int8_t *p, ibytes v, const size_t index, const size_t vectors, size_t n)
{
    if (vectors == 2) {
        __m256i row = index ? _mm512_extracti64x4_epi64(v, 1) : _mm512_castsi512_si256(v);
        if (n == 2 * VL) _mm256_storeu_si256((__m256i *)p, row);
        else _mm256_mask_storeu_epi8(p, (__mmask32)(((uint64_t)1 << n) - 1), row);
        return;
    }
    __m128i row = index == 0   ? _mm512_castsi512_si128(v)
                  : index == 1 ? _mm512_extracti32x4_epi32(v, 1)
                  : index == 2 ? _mm512_extracti32x4_epi32(v, 2)
                               : _mm512_extracti32x4_epi32(v, 3);
    if (n == VL) _mm_storeu_si128((__m128i *)p, row);
    else if (n == VL / 2) _mm_storel_epi64((__m128i *)p, row);
    else _mm_mask_storeu_epi8(p, (__mmask16)((1u << n) - 1), row);
}

/* n <= VL bytes as 32-bit values; what is beyond is not read. */
static inline ivec i_of_bytes(const int8_t *p, size_t n)
{
    if (n == VL) return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8((__mmask16)((1u << n) - 1), p));
}

#endif
