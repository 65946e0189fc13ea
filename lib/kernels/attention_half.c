/* SPDX-License-Identifier: MIT */
/* Attention of 16-bit formats: queries, keys and values become float32 once, attention_f32 does the rest, and what it
 * gives is rounded once. */
#include "kernels/internal.h"

#define ATTENTION_HALF(format)                                                                                         \
    size_t hyti_attention_##format##_scratch(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width)   \
    {                                                                                                                  \
        size_t wide = (hyti_round_to(2 * queries * width, 16) + hyti_round_to(2 * keys * width, 16)) * sizeof(float);  \
        return hyti_attention_f32_scratch(kernels, queries, keys, width) + wide;                                       \
    }                                                                                                                  \
                                                                                                                       \
    static float *widen_##format(const hyti_kernels *kernels, size_t rows, size_t width, const hyti_##format *from,    \
                                 size_t stride, float *to)                                                             \
    {                                                                                                                  \
        for (size_t i = 0; i < rows; i++, from += stride, to += width) kernels->to_f32_##format(width, from, to);      \
        return to;                                                                                                     \
    }                                                                                                                  \
                                                                                                                       \
    void hyti_attention_##format##_c(const hyti_kernels *kernels, const hyti_attention_##format *t)                    \
    {                                                                                                                  \
        float *scratch = (float *)(void *)t->scratch, *q = scratch;                                                    \
        q += hyti_attention_f32_scratch(kernels, t->queries, t->keys, t->width) / sizeof(float);                       \
        float *k = widen_##format(kernels, t->queries, t->width, t->q, t->q_stride, q);                                \
        float *v = widen_##format(kernels, t->keys, t->width, t->k, t->k_stride, k);                                   \
        float *out = widen_##format(kernels, t->keys, t->width, t->v, t->v_stride, v);                                 \
        hyti_attention_f32 wide = { .queries = t->queries, .keys = t->keys, .width = t->width,                         \
                                    .q = q, .k = k, .v = v, .q_stride = t->width, .k_stride = t->width,                \
                                    .v_stride = t->width, .out = out, .out_stride = t->width, .scale = t->scale,       \
                                    .bias = t->bias, .bias_stride = t->bias_stride, .scratch = scratch };              \
        kernels->attention_f32(kernels, &wide);                                                                        \
        for (size_t i = 0; i < t->queries; i++)                                                                        \
            kernels->from_f32_##format(t->width, out + i * t->width, t->out + i * t->out_stride);                      \
    }
ATTENTION_HALF(bf16)
ATTENTION_HALF(f16)
