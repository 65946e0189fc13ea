/* SPDX-License-Identifier: MIT */
/* Vectors of eight 32-bit sums, and the way from them to bytes. Products of 8-bit values by vpdpbusd where
 * HYTI_SIMD_VNNI is defined, else by vpmaddwd of values widened to 16 bits, two steps at once: both exact, where
 * vpmaddubsw would saturate. */
#ifndef HYTI_KERNELS_X86_SIMD_AVX2_I8_H
#define HYTI_KERNELS_X86_SIMD_AVX2_I8_H

#include "kernels/x86/sums_avx2.h"

#ifdef HYTI_SIMD_VNNI
#define SIMD(operation) hyti_##operation##_avxvnni
enum { GROUP = HYTI_GROUP_i8_avxvnni };
#else
#define SIMD(operation) hyti_##operation##_avx2
enum { GROUP = HYTI_GROUP_i8_avx2 };
#endif
#define SIMD_TILE_ROWS 6 /* of two vectors: 12 sums, 2 of B, 1 of A */

typedef __m256i igroup; /* a group of steps: of A the same in all lanes, of B a column each */

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
    return i_sub(bias, _mm256_slli_epi32(i_load(weights), 7));
}
/* n values so. */
#define SIMD_STORES_A
static inline void a_store(int8_t *to, const int8_t *from, size_t n)
{
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(from + i));
        _mm256_storeu_si256((__m256i *)(to + i), _mm256_xor_si256(v, _mm256_set1_epi8(-128)));
    }
    for (; i < n; i++) to[i] = (int8_t)(from[i] ^ -128);
}
static inline igroup i_group_a(const int8_t *p)
{
    int32_t group;
    memcpy(&group, p, sizeof group);
    return _mm256_set1_epi32(group);
}
static inline igroup i_rest_a(const int8_t *p, size_t rest) { return (void)rest, i_group_a(p); } /* there is none */
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

#endif
