/* SPDX-License-Identifier: MIT */
/* Sixteen bytes at a time, whatever the width of vectors. */
#ifndef HYTI_KERNELS_X86_SIXTEEN_H
#define HYTI_KERNELS_X86_SIXTEEN_H

#include <immintrin.h>
#include <stdint.h>

/* Sixteen bytes, each of one of three vectors: the one whose place is not -1. */
static inline void pick_three(const int8_t *a, const int8_t *a_place, const int8_t *b, const int8_t *b_place,
                              const int8_t *c, const int8_t *c_place, int8_t *to)
{
    __m128i x = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)a), _mm_loadu_si128((const __m128i *)a_place));
    __m128i y = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)b), _mm_loadu_si128((const __m128i *)b_place));
    __m128i z = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)c), _mm_loadu_si128((const __m128i *)c_place));
    _mm_storeu_si128((__m128i *)to, _mm_or_si128(_mm_or_si128(x, y), z));
}

#endif
