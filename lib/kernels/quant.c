/* SPDX-License-Identifier: MIT */
/* The constants of int8 arithmetic, out of scales and zeros. In double precision, rounded half away from zero, as
 * TensorFlow Lite makes them. */
#include "kernels/internal.h"

/* Jacob et al., arXiv 1712.05877, section 2.2. Below 2^-32 nothing is left; 2^30 and more is the greatest there is. */
hyti_factor hyti_factor_of(double factor)
{
    assert(factor >= 0);
    if (factor >= 0x1p30) return (hyti_factor){ INT32_MAX, 30 }; /* infinity, of infinite weights, too */
    int exponent;
    double fraction = frexp(factor, &exponent);
    int64_t multiplier = (int64_t)round(fraction * 0x1p31);
    if (multiplier == (int64_t)1 << 31) multiplier /= 2, exponent++;
    if (multiplier == 0 || exponent < -31) return (hyti_factor){ 0, 0 };
    if (exponent > 30) return (hyti_factor){ INT32_MAX, 30 };
    return (hyti_factor){ (int32_t)multiplier, exponent };
}

double hyti_factor_value(hyti_factor factor)
{
    return ldexp(factor.multiplier, factor.shift - 31);
}

hyti_add_quant hyti_add_quant_of(hyti_quant left, hyti_quant right, hyti_quant result)
{
    double greater = 2 * (double)(left.scale > right.scale ? left.scale : right.scale);
    return (hyti_add_quant){ .left_zero = left.zero,
                             .right_zero = right.zero,
                             .left = hyti_factor_of(left.scale / greater),
                             .right = hyti_factor_of(right.scale / greater),
                             .result = hyti_factor_of(greater / (0x1p20 * result.scale)),
                             .zero = result.zero,
                             .low = -128,
                             .high = 127 };
}

hyti_mul_quant hyti_mul_quant_of(hyti_quant left, hyti_quant right, hyti_quant result)
{
    return (hyti_mul_quant){ .left_zero = left.zero,
                             .right_zero = right.zero,
                             .factor = hyti_factor_of((double)left.scale * right.scale / result.scale),
                             .zero = result.zero,
                             .low = -128,
                             .high = 127 };
}

hyti_mean_quant hyti_mean_quant_of(hyti_quant in, hyti_quant result, size_t rows)
{
    hyti_mean_quant mean = { .in_zero = in.zero, .zero = result.zero };
    bool alike = in.scale == result.scale && in.zero == result.zero;
    if (!alike) mean.factor = hyti_factor_of((double)in.scale / result.scale / (double)rows);
    return mean;
}

int8_t hyti_i8_of(double value, hyti_quant quant)
{
    if (isnan(value)) return (int8_t)quant.zero;
    double stored = round(value / quant.scale) + quant.zero;
    return (int8_t)(stored < -128 ? -128 : stored > 127 ? 127 : stored);
}

void hyti_table_of(double (*function)(double), hyti_quant in, hyti_quant result, int8_t *table)
{
    for (int32_t q = -128; q < 128; q++)
        table[q + 128] = hyti_i8_of(function((double)in.scale * (q - in.zero)), result);
}

void hyti_act_bounds(hyti_act act, hyti_quant result, int32_t *low, int32_t *high)
{
    *low = act == HYTI_ACT_RELU || act == HYTI_ACT_RELU6 ? hyti_i8_of(0, result) : -128;
    *high = act == HYTI_ACT_RELU6 ? hyti_i8_of(6, result) : 127;
}
