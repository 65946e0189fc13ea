/* SPDX-License-Identifier: MIT */
/* softmax(q k' scale + bias) v in whole numbers. Every table gives the same bits.
 *
 * A score is the exact sum of (q - q_zero) k: the terms of k's zero are the same for all keys of a query, and softmax
 * does not see them. How far a score lies below the query's greatest is scaled to octaves with 10 fraction bits; a key
 * then weighs 2^-octaves in units of 1 / 32640, rounded, and the result is zero + factor (sum of weight v / sum of
 * weights - v_zero), with one reciprocal a query and rounded once.
 *
 * Weights meet v as they are, not as probabilities of 8 bits. Those would be 1 / 256 coarse, which is all there is of a
 * flat row of 256 keys; and 8 bits under the nearest key lose the far keys of a peaked row, though together they may
 * weigh as much as it does. With 16 bits an 8-bit v still sums exactly in 32 bits, 512 keys at a time.
 *
 * A weight is within half a unit and 1.05e-3 of itself of 32640 2^-octaves (a 1024th of an octave, and what the cubic
 * lacks), a result within sum |error of weight| |v - mean| / sum of weights and half a step of exact attention. */
#include "kernels/token_i8.h"

/* 65280 * 2^-fraction, fraction in [0, 1) in units of 2^-16: the cubic of least error that is exact at 0, within 5. */
static int32_t weight_within_octave(uint32_t fraction)
{
    uint32_t y = 15137 - (fraction * 2618 >> 16);
    y = 45163 - (fraction * y >> 16);
    return (int32_t)(65280 - (fraction * y >> 16));
}

/* The weight, 0 to 32640, of a score that is `below` the greatest. */
static int32_t weight_of(const hyti_attention_quant *quant, int32_t below)
{
    int32_t shift = quant->shift, distance;
    if (shift < 0) distance = hyti_bounded_i32((below + (1 << (-shift - 1))) >> -shift, 0, INT16_MAX);
    else distance = hyti_bounded_i32(below, 0, INT16_MAX >> shift) << shift;
    int32_t octaves = (distance * quant->multiplier + (1 << 14)) >> 15;
    return ((weight_within_octave((uint32_t)octaves << 6 & 0xffff) >> (octaves >> 10)) + 1) >> 1;
}

static void score_query(const hyti_attention_i8 *t, size_t i, int32_t *scores)
{
    const hyti_attention_quant *quant = t->quant;
    for (size_t j = 0; j < t->keys; j++) {
        int32_t sum = quant->bias ? quant->bias[j * t->bias_stride + i] : 0;
        for (size_t l = 0; l < t->width; l++)
            sum += (t->q[i * t->q_stride + l] - quant->q_zero) * t->k[j * t->k_stride + l];
        scores[j] = sum;
    }
}

/* Scores become weights; their sum. */
static int32_t weigh(const hyti_attention_quant *quant, size_t keys, int32_t *scores)
{
    int32_t top = scores[0], sum = 0;
    for (size_t j = 1; j < keys; j++) top = scores[j] > top ? scores[j] : top;
    for (size_t j = 0; j < keys; j++) sum += scores[j] = weight_of(quant, top - scores[j]);
    return sum;
}

/* Sum of weight * v, column l: exact within HYTI_ATTENTION_SHARE keys, rounded to `cut` bits less between them. */
static int32_t weighted_sum(const hyti_attention_i8 *t, const int32_t *weights, size_t l, int32_t cut)
{
    int32_t all = 0;
    for (size_t first = 0; first < t->keys; first += HYTI_ATTENTION_SHARE) {
        size_t last = hyti_min_size(first + HYTI_ATTENTION_SHARE, t->keys);
        int32_t sum = 0;
        for (size_t j = first; j < last; j++) sum += weights[j] * t->v[j * t->v_stride + l];
        all += (sum + ((1 << cut) >> 1)) >> cut;
    }
    return all;
}

void hyti_attention_i8_c(const hyti_kernels *kernels, const hyti_attention_i8 *t)
{
    (void)kernels;
    assert(t->keys != 0 && t->keys <= 65536 && t->width <= 16384);
    hyti_attention_finish finish = hyti_attention_finish_of(t);
    int32_t *weights = (int32_t *)(void *)t->scratch;
    for (size_t i = 0; i < t->queries; i++) {
        score_query(t, i, weights);
        int64_t share = finish.factor / weigh(t->quant, t->keys, weights);
        for (size_t l = 0; l < t->width; l++) {
            int64_t sum = weighted_sum(t, weights, l, finish.cut);
            int32_t result = (int32_t)((sum * share + finish.offset) >> finish.right) + t->quant->out_zero;
            t->out[i * t->out_stride + l] = (int8_t)hyti_bounded_i32(result, -128, 127);
        }
    }
}

/* What the tables need, whatever the processor: a block of scores, keys and values packed in 16 bits, their sums, a
 * block of queries and of results. */
size_t hyti_attention_i8_scratch(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width)
{
    (void)kernels, (void)queries;
    size_t all = hyti_round_to(keys, HYTI_ATTENTION_LANES), wide = hyti_round_to(width, 4);
    return hyti_round_to(all * HYTI_ATTENTION_LANES * sizeof(int32_t), 64) +
           2 * hyti_round_to(all * wide * sizeof(int16_t), 64) + hyti_round_to(all * sizeof(int32_t), 64) +
           2 * hyti_round_to(wide * HYTI_ATTENTION_LANES * sizeof(int16_t), 64);
}

/* A score less than 2^-15 / 1024 octaves counts as that much; one of 8 octaves or more as 16. */
hyti_attention_quant hyti_attention_quant_of(hyti_quant q, hyti_quant k, hyti_quant v, hyti_quant result, double scale)
{
    hyti_attention_quant quant = { .q_zero = q.zero, .v_zero = v.zero, .out_zero = result.zero };
    double octaves = (double)q.scale * k.scale * scale * 1024 / log(2);
    assert(octaves >= 0);
    octaves = octaves < 0x1p-15 ? 0x1p-15 : octaves;
    quant.multiplier = (int32_t)round(frexp(octaves, &quant.shift) * 0x1p15);
    if (quant.multiplier == 1 << 15) quant.multiplier = 1 << 14, quant.shift++;
    if (octaves >= 8192) quant.multiplier = INT16_MAX, quant.shift = 14;
    double factor = (double)v.scale / result.scale;
    quant.result = hyti_factor_of(factor > 0x1p20 ? 0x1p20 : factor);
    return quant;
}

/* A score is exact to one unit, and one step of q changes it by k: a bias in whole scores is exact enough. Beyond 2^29,
 * which no score reaches, nothing changes. */
void hyti_attention_bias_of(hyti_quant q, hyti_quant k, double scale, size_t queries, size_t keys, const float *bias,
                            size_t stride, int32_t *stored)
{
    double unit = fmax((double)q.scale * k.scale * scale, 0x1p-25 * log(2));
    for (size_t i = 0; i < queries; i++)
        for (size_t j = 0; j < keys; j++) {
            double value = round(bias[i * stride + j] / unit);
            stored[j * queries + i] = (int32_t)(value > 0x1p29 ? 0x1p29 : value > -0x1p29 ? value : -0x1p29);
        }
}
