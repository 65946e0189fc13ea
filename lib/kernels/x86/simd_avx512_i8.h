/* SPDX-License-Identifier: MIT */
/* Vectors of sixteen 32-bit sums, and the way from them to bytes. Products of 8-bit values by vpdpbusd where
 * HYTI_SIMD_VNNI is defined, else by vpmaddwd of values widened to 16 bits: both exact. */
#ifndef HYTI_KERNELS_X86_SIMD_AVX512_I8_H
#define HYTI_KERNELS_X86_SIMD_AVX512_I8_H

#include "kernels/x86/sums_avx512.h"

#ifdef HYTI_SIMD_VNNI
#define SIMD(operation) hyti_##operation##_avx512vnni
enum { GROUP = HYTI_GROUP_i8_avx512vnni };
#else
#define SIMD(operation) hyti_##operation##_avx512
enum { GROUP = HYTI_GROUP_i8_avx512 };
#endif
#define SIMD_TILE_ROWS 12 /* of two vectors: 24 sums, 2 of B, 1 of A */

typedef __m512i igroup; /* a group of steps: of A the same in all lanes, of B a column each */

static inline __mmask16 i_first(size_t n) { return (__mmask16)((1u << n) - 1); }
/* The first n values; 0 for the rest, which is not read. */
static inline ivec i_load_first(const int32_t *p, size_t n) { return _mm512_maskz_loadu_epi32(i_first(n), p); }

#ifdef HYTI_SIMD_VNNI
/* A is unsigned here: a + 128, so that 128 times the sum of the weights is taken off where the sums start. */
static inline ivec i_start(ivec bias, const int32_t *weights)
{
    return _mm512_sub_epi32(bias, _mm512_slli_epi32(_mm512_loadu_si512(weights), 7));
}
/* n values so; writes whole vectors. */
#define SIMD_STORES_A
static inline void a_store(int8_t *to, const int8_t *from, size_t n)
{
    __m512i flip = _mm512_set1_epi8(-128);
    size_t i = 0;
    for (; i + 64 <= n; i += 64) _mm512_storeu_si512(to + i, _mm512_xor_si512(_mm512_loadu_si512(from + i), flip));
    if (i == n) return;
    __m512i rest = _mm512_maskz_loadu_epi8(~(__mmask64)0 >> (64 - (n - i)), from + i);
    _mm512_storeu_si512(to + i, _mm512_xor_si512(rest, flip));
}
static inline igroup i_group_a(const int8_t *p)
{
    int32_t group;
    memcpy(&group, p, sizeof group);
    return _mm512_set1_epi32(group);
}
static inline igroup i_rest_a(const int8_t *p, size_t rest) { return (void)rest, i_group_a(p); } /* there is none */
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

#endif
