/* SPDX-License-Identifier: MIT */
/* int8, element by element and row by row: conversions, tables, sums, products, column means. */
#include "kernels/internal.h"

void hyti_from_f32_i8_c(size_t n, const float *in, hyti_quant quant, int8_t *out)
{
    for (size_t i = 0; i < n; i++) out[i] = hyti_i8_of_f32(in[i], quant);
}

void hyti_to_f32_i8_c(size_t n, const int8_t *in, hyti_quant quant, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)(in[i] - quant.zero) * quant.scale;
}

void hyti_lookup_i8_c(size_t n, const int8_t *in, const int8_t *table, int8_t *out)
{
    for (size_t i = 0; i < n; i++) out[i] = table[in[i] + 128];
}

void hyti_add_i8_c(size_t n, const int8_t *a, const int8_t *b, const hyti_add_quant *quant, int8_t *out)
{
    for (size_t i = 0; i < n; i++) out[i] = (int8_t)hyti_added_i32(quant, a[i], b[i]);
}

void hyti_mul_i8_c(size_t rows, size_t n, const int8_t *a, const int8_t *b, size_t b_row, const hyti_mul_quant *quant,
                   int8_t *out)
{
    for (size_t i = 0; i < rows; i++, a += n, b += b_row, out += n)
        for (size_t j = 0; j < n; j++) out[j] = (int8_t)hyti_multiplied_i32(quant, a[j], b[j]);
}

void hyti_mean_i8_c(size_t rows, size_t n, const int8_t *in, const hyti_mean_quant *quant, int8_t *out)
{
    assert(rows != 0 && rows < 1 << 23);
    for (size_t j = 0; j < n; j++) {
        int32_t sum = 0;
        for (size_t i = 0; i < rows; i++) sum += in[i * n + j];
        out[j] = (int8_t)hyti_mean_of_sum(quant, sum, (int32_t)rows);
    }
}
