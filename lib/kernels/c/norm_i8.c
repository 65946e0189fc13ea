/* SPDX-License-Identifier: MIT */
/* Softmax and layer norm in whole numbers. Every table gives the same bits. */
#include "kernels/token_i8.h"

/* Weights from a table of 256, their sum exact, one reciprocal a row: within 1/2 + 2^-9 of exact softmax * 256, and so
 * within 1 of TensorFlow Lite's. */
static void softmax_row(size_t n, const int8_t *in, const int32_t *table, int8_t *out)
{
    int32_t top = in[0];
    for (size_t j = 1; j < n; j++) top = in[j] > top ? in[j] : top;
    int64_t sum = 0;
    for (size_t j = 0; j < n; j++) sum += table[top - in[j]];
    int64_t share = hyti_softmax_share(sum);
    for (size_t j = 0; j < n; j++) {
        int64_t part = (table[top - in[j]] * share + ((int64_t)1 << (HYTI_SOFTMAX_RIGHT - 1))) >> HYTI_SOFTMAX_RIGHT;
        out[j] = (int8_t)(part > 255 ? 127 : part - 128);
    }
}

void hyti_softmax_i8_c(size_t rows, size_t n, const int8_t *in, const int32_t *table, int8_t *out)
{
    assert(n != 0);
    for (size_t i = 0; i < rows; i++) softmax_row(n, in + i * n, table, out + i * n);
}

void hyti_softmax_table_of(double scale, int32_t *table)
{
    for (int d = 0; d < 256; d++) table[d] = (int32_t)round(exp(-scale * d) * 0x1p20);
}

/* Ba, Kiros and Hinton, arXiv 1607.06450, equation 4. Mean and variance are exact; (x - mean) / deviation is cut to 16
 * bits, the scale rounded to 16. */
void hyti_layer_norm_i8_c(size_t rows, size_t n, const int8_t *in, const hyti_norm_quant *quant, int8_t *out)
{
    assert(n != 0 && n <= 1 << 14);
    int32_t room = hyti_norm_room(n);
    for (size_t i = 0; i < rows; i++, in += n, out += n) {
        int32_t sum = 0, squares = 0;
        for (size_t j = 0; j < n; j++) sum += in[j], squares += in[j] * in[j];
        hyti_norm_row row = hyti_norm_row_of(n, room, sum, squares, quant->epsilon);
        for (size_t j = 0; j < n; j++) {
            int32_t apart = (int32_t)((uint32_t)in[j] * (uint32_t)row.step - (uint32_t)row.offset);
            int32_t x = (int32_t)((int64_t)apart * row.inverse >> 31);
            int32_t y = (x * quant->scale[j] + quant->shift[j]) >> quant->right;
            out[j] = (int8_t)hyti_bounded_i32(y, -128, 127);
        }
    }
}

/* scale / result's scale in 16 bits, the greatest by as many fraction bits as leave room for the shift: 22 with those
 * of x. The shift holds the zero too, the half that rounds, and half a unit of x, which is cut rather than rounded. */
/* Not fmax, whose reduction GCC 12.2 for AArch64 cannot compile at -O3. */
static double greater(double a, double b)
{
    return b > a ? b : a;
}

hyti_norm_quant hyti_norm_quant_of(size_t n, const float *scale, const float *shift, float epsilon, hyti_quant in,
                                   hyti_quant result, int32_t *stored_scale, int32_t *stored_shift)
{
    double greatest = 0, limit = 0x1p30, units = 256 * (double)n * (double)n * epsilon / ((double)in.scale * in.scale);
    for (size_t j = 0; j < n; j++) greatest = greater(greatest, fabs((double)scale[j]) / result.scale);
    int exponent, of_x = 15 - hyti_norm_room(n);
    frexp(greatest * (1 + 0x1p-15), &exponent);
    int right = greatest == 0 || 15 - exponent + of_x > 22 ? 22 : 15 - exponent + of_x;
    if (right < 1) right = 1;
    for (size_t j = 0; j < n; j++) {
        double factor = fmin(fmax(round(ldexp((double)scale[j] / result.scale, right - of_x)), -32767), 32767);
        double offset = round(ldexp((double)shift[j] / result.scale + result.zero + 0.5, right) + factor / 2);
        stored_scale[j] = (int32_t)factor;
        stored_shift[j] = (int32_t)fmin(fmax(offset, -limit), limit);
    }
    return (hyti_norm_quant){ .scale = stored_scale,
                              .shift = stored_shift,
                              .right = right,
                              .epsilon = (int64_t)round(fmin(units, 0x1p50)) };
}
