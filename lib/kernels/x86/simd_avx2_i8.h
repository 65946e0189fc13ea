/* SPDX-License-Identifier: MIT */
/* Vectors of eight 32-bit sums, and the way from them to bytes. Products of 8-bit values by vpdpbusd where HYTI_SIMD_VNNI
 * is defined, else by vpmaddwd of values widened to 16 bits, two steps at once: both exact, where vpmaddubsw would
 * saturate. */
#ifndef HYTI_KERNELS_X86_SIMD_AVX2_I8_H
#define HYTI_KERNELS_X86_SIMD_AVX2_I8_H

#include "kernels/internal.h"
#include <immintrin.h>

#ifdef HYTI_SIMD_VNNI
#define SIMD(operation) hyti_##operation##_avxvnni
enum { GROUP = HYTI_GROUP_i8_avxvnni };
#else
#define SIMD(operation) hyti_##operation##_avx2
enum { GROUP = HYTI_GROUP_i8_avx2 };
#endif
#define SIMD_TILE_ROWS 6 /* of two vectors: 12 sums, 2 of B, 1 of A */
enum { VL = 8 };

typedef __m256i ivec;
typedef __m256i igroup; /* a group of steps: of A the same in all lanes, of B a column each */

static inline ivec i_set(int32_t x) { return _mm256_set1_epi32(x); }
static inline ivec i_load(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline void i_store(int32_t *p, ivec v) { _mm256_storeu_si256((__m256i *)p, v); }
static inline ivec i_plus(ivec a, ivec b) { return _mm256_add_epi32(a, b); }
static inline ivec i_minus(ivec a, ivec b) { return _mm256_sub_epi32(a, b); }
static inline bool i_within(ivec v, int32_t most)
{
    ivec beyond = _mm256_cmpgt_epi32(_mm256_abs_epi32(v), i_set(most));
    return _mm256_testz_si256(beyond, beyond);
}
static inline ivec i_times_2_20(ivec v) { return _mm256_slli_epi32(v, 20); }

static inline ivec i_first(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* The first n values; 0 for the rest, which is not read. */
static inline ivec i_load_first(const int32_t *p, size_t n) { return _mm256_maskload_epi32(p, i_first(n)); }

#ifdef HYTI_SIMD_VNNI
/* A is unsigned here: a + 128, so that 128 times the sum of the weights is taken off where the sums start. */
static inline ivec i_start(ivec bias, const int32_t *weights)
{
    return i_minus(bias, _mm256_slli_epi32(i_load(weights), 7));
}
static inline igroup i_unsigned(uint32_t group)
{
    return _mm256_xor_si256(_mm256_set1_epi32((int32_t)group), _mm256_set1_epi8(-128));
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
static inline igroup i_group_b(const int8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline ivec i_dot(ivec sum, igroup a, igroup b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
#else
static inline ivec i_start(ivec bias, const int32_t *weights) { return (void)weights, bias; }
static inline igroup i_group_a(const int8_t *p)
{
    int16_t group;
    memcpy(&group, p, sizeof group);
    return _mm256_cvtepi8_epi16(_mm_set1_epi16(group));
}
static inline igroup i_rest_a(const int8_t *p, size_t rest) { return (void)rest, _mm256_set1_epi32((uint16_t)*p); }
static inline igroup i_group_b(const int8_t *p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p)); }
static inline ivec i_dot(ivec sum, igroup a, igroup b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
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
    ivec one = i_set(1), none = _mm256_cmpeq_epi32(s->multiplier, i_set(0));
    s->right = _mm256_blendv_epi8(i_minus(i_set(0), i_load_first(shift, n)), one, none);
    ivec halves = _mm256_set1_epi64x(2 * zero + 1), round = _mm256_set1_epi64x(1 << 30);
    ivec up = i_plus(s->right, i_set(30));
    ivec even = _mm256_and_si256(up, _mm256_set1_epi64x(0xffffffff)), odd = _mm256_srli_epi64(up, 32);
    s->even_add = _mm256_add_epi64(_mm256_sllv_epi64(halves, even), round);
    s->odd_add = _mm256_add_epi64(_mm256_sllv_epi64(halves, odd), round);
    ivec outside = _mm256_or_si256(_mm256_cmpgt_epi32(one, s->right), _mm256_cmpgt_epi32(s->right, i_set(22)));
    return _mm256_testz_si256(outside, outside);
}

static inline ivec i_scale(const scaling *s, ivec v)
{
    ivec even = _mm256_mul_epi32(v, s->multiplier);
    ivec odd = _mm256_mul_epi32(_mm256_srli_epi64(v, 32), _mm256_srli_epi64(s->multiplier, 32));
    even = _mm256_srli_epi64(_mm256_add_epi64(even, s->even_add), 31);
    odd = _mm256_slli_epi64(_mm256_add_epi64(odd, s->odd_add), 1);
    ivec high = _mm256_blend_epi32(even, odd, 0xaa);
    return _mm256_srav_epi32(i_plus(high, _mm256_srai_epi32(v, 31)), s->right);
}

/* hyti_scaled_i32 of one factor, whatever its shift. */
typedef struct common_scaling {
    int64_t add, below;
    int32_t multiplier, left, right, excess;
} common_scaling;

static inline common_scaling i_common_scaling(hyti_factor f)
{
    int32_t right = f.shift > 0 ? 0 : -f.shift;
    int64_t one = 1, half = right ? one << (30 + right) : 0;
    return (common_scaling){ INT64_MIN + (one << 30) + half, right ? one << 31 : 0, f.multiplier,
                             f.shift > 0 ? f.shift : 0, right, (int32_t)(one << (32 - right)) };
}

static inline ivec i_scale_long(const common_scaling *s, ivec v)
{
    ivec p = _mm256_mul_epi32(v, _mm256_set1_epi32(s->multiplier));
    ivec below = _mm256_cmpgt_epi64(_mm256_set1_epi64x(-(1 << 30)), p);
    ivec sum = _mm256_sub_epi64(_mm256_add_epi64(p, _mm256_set1_epi64x(s->add)),
                                _mm256_and_si256(below, _mm256_set1_epi64x(s->below)));
    return _mm256_srlv_epi64(sum, _mm256_set1_epi64x(31 + s->right));
}

static inline ivec i_scale_alike(const common_scaling *s, ivec v)
{
    v = _mm256_sllv_epi32(v, _mm256_set1_epi32(s->left));
    ivec odd = _mm256_slli_epi64(i_scale_long(s, _mm256_srli_epi64(v, 32)), 32);
    return _mm256_sub_epi32(_mm256_blend_epi32(i_scale_long(s, v), odd, 0xaa), _mm256_set1_epi32(s->excess));
}

/* Bytes of four vectors, one after the other, saturated. */
typedef __m256i ibytes;

static inline ibytes b_pack(ivec a, ivec b, ivec c, ivec d)
{
    ivec mixed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    return _mm256_permutevar8x32_epi32(mixed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

static inline ibytes b_bound(ibytes v, int32_t low, int32_t high)
{
    return _mm256_min_epi8(_mm256_max_epi8(v, _mm256_set1_epi8((char)low)), _mm256_set1_epi8((char)high));
}

/* table[v + 128] */
static inline ibytes b_look_up(ibytes v, const int8_t *table)
{
    int8_t value[4 * VL];
    _mm256_storeu_si256((__m256i *)value, v);
    for (size_t i = 0; i < sizeof value; i++) value[i] = table[value[i] + 128];
    return _mm256_loadu_si256((const __m256i *)value);
}

/* The first n of the 8 (vectors = 1) or 16 bytes at `index`. */
static inline void b_store_row(int8_t *p, ibytes v, const size_t index, const size_t vectors, size_t n)
{
    __m128i row = index * vectors >= 2 ? _mm256_extracti128_si256(v, 1) : _mm256_castsi256_si128(v);
    if (vectors == 2 && n == 2 * VL) {
        _mm_storeu_si128((__m128i *)p, row);
        return;
    }
    if (vectors == 1 && index % 2) row = _mm_unpackhi_epi64(row, row);
    if (n >= VL) {
        _mm_storel_epi64((__m128i *)p, row);
        row = _mm_unpackhi_epi64(row, row), p += VL, n -= VL;
    }
    uint64_t rest = (uint64_t)_mm_cvtsi128_si64(row);
    for (size_t size = 4; size; size /= 2)
        if (n & size) memcpy(p, &rest, size), p += size, rest >>= 8 * size;
}

/* n <= VL bytes as 32-bit values; what is beyond is not read. */
static inline ivec i_of_bytes(const int8_t *p, size_t n)
{
    if (n == VL) return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p));
    uint64_t some = 0;
    for (size_t i = n; i; i--) some = some << 8 | (uint8_t)p[i - 1];
    return _mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long)some));
}

#endif
