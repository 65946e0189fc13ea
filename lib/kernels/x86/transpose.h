/* SPDX-License-Identifier: MIT */
/* Eight vectors of eight floats, columns to rows. */
#ifndef HYTI_KERNELS_X86_TRANSPOSE_H
#define HYTI_KERNELS_X86_TRANSPOSE_H

#include <immintrin.h>
#include <stddef.h>

/* The first `rows` rows of columns[0] to columns[7], `n` values of each, `stride` values apart. */
static inline void store_columns_8(float *out, size_t stride, const __m256 *columns, size_t rows, size_t n)
{
    __m256 pair[8], four[8], row[8];
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_ps(columns[i], columns[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(columns[i], columns[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        four[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
        four[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
        four[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
        four[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        row[i] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x20);
        row[i + 4] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x31);
    }
    if (rows == 8 && n == 8) {
        for (size_t i = 0; i < 8; i++) _mm256_storeu_ps(out + i * stride, row[i]);
        return;
    }
    __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    for (size_t i = 0; i < rows; i++) _mm256_maskstore_ps(out + i * stride, mask, row[i]);
}

#endif
