/* SPDX-License-Identifier: MIT */
/* Element by element and row by row: activations, sums, softmax, layer norm, column means. */
#include "kernels/internal.h"

void hyti_act_f32_c(hyti_act act, size_t n, const float *in, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = hyti_act_value(act, in[i]);
}

void hyti_add_f32_c(size_t n, const float *a, const float *b, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

/* exp((x - largest) * scale) over its sum, so that nothing overflows; a negative scale counts from the smallest. */
static void softmax_row(size_t n, float scale, float *x)
{
    float top = x[0] * scale, sum = 0;
    for (size_t j = 0; j < n; j++) {
        x[j] *= scale;
        if (x[j] > top) top = x[j];
    }
    for (size_t j = 0; j < n; j++) {
        x[j] = expf(x[j] - top);
        sum += x[j];
    }
    for (size_t j = 0; j < n; j++) x[j] /= sum;
}

void hyti_softmax_f32_c(size_t rows, size_t n, float scale, float *x, size_t stride)
{
    assert(n != 0);
    for (size_t i = 0; i < rows; i++) softmax_row(n, scale, x + i * stride);
}

/* Ba, Kiros and Hinton, arXiv 1607.06450, equation 4: the variance over the row, about its mean (two passes). */
void hyti_layer_norm_f32_c(size_t rows, size_t n, const float *in, const float *scale, const float *shift,
                           float epsilon, float *out)
{
    for (size_t i = 0; i < rows; i++, in += n, out += n) {
        float sum = 0, squares = 0;
        for (size_t j = 0; j < n; j++) sum += in[j];
        float mean = sum / (float)n;
        for (size_t j = 0; j < n; j++) squares += (in[j] - mean) * (in[j] - mean);
        float inverse = 1 / sqrtf(squares / (float)n + epsilon);
        for (size_t j = 0; j < n; j++) out[j] = (in[j] - mean) * inverse * scale[j] + shift[j];
    }
}

void hyti_mean_f32_c(size_t rows, size_t n, const float *in, float *out)
{
    assert(rows != 0);
    for (size_t j = 0; j < n; j++) out[j] = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) out[j] += in[i * n + j];
    for (size_t j = 0; j < n; j++) out[j] /= (float)rows;
}
