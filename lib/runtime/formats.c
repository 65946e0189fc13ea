/* SPDX-License-Identifier: MIT */
/* Where what is done depends on the storage format alone. */
#include "runtime/plan.h"
#include <string.h>

_Static_assert(sizeof(hyti_conv_f32) == sizeof(hyti_conv_i8), "the formats differ in pointed-to types alone");

size_t hyti_step_conv_scratch(const hyti_kernels *kernels, bool stem, hyti_format format, const hyti_conv_f32 *conv)
{
    hyti_conv_i8 stored;
    memcpy(&stored, conv, sizeof stored);
    if (stem) return format == HYTI_I8 ? hyti_stem_i8_scratch(&stored) : hyti_stem_scratch(conv);
#define SCRATCH(type)                                       \
    {                                                       \
        hyti_conv_##type sizes;                             \
        memcpy(&sizes, conv, sizeof sizes);                 \
        return hyti_conv_##type##_scratch(kernels, &sizes); \
    }
    switch (format) {
    case HYTI_BF16: SCRATCH(bf16)
    case HYTI_F16: SCRATCH(f16)
    case HYTI_I8: SCRATCH(i8)
    default: return hyti_conv_f32_scratch(kernels, conv);
    }
#undef SCRATCH
}

size_t hyti_step_attention_scratch(const hyti_kernels *kernels, hyti_format format, size_t queries, size_t keys,
                                   size_t width)
{
    switch (format) {
    case HYTI_I8: return hyti_attention_i8_scratch(kernels, queries, keys, width);
    case HYTI_BF16: return hyti_attention_bf16_scratch(kernels, queries, keys, width);
    case HYTI_F16: return hyti_attention_f16_scratch(kernels, queries, keys, width);
    default: return hyti_attention_f32_scratch(kernels, queries, keys, width);
    }
}

enum { BLOCK = 256 }; /* values converted at a time by way of float32 */

void hyti_to_f32(const hyti_kernels *kernels, hyti_format format, hyti_quant quant, size_t n, const void *in,
                 float *out)
{
    switch (format) {
    case HYTI_BF16: kernels->to_f32_bf16(n, in, out); break;
    case HYTI_F16: kernels->to_f32_f16(n, in, out); break;
    case HYTI_I8: kernels->to_f32_i8(n, in, quant, out); break;
    default: memcpy(out, in, n * sizeof *out); break;
    }
}

void hyti_from_f32(const hyti_kernels *kernels, hyti_format format, hyti_quant quant, size_t n, const float *in,
                   void *out)
{
    switch (format) {
    case HYTI_BF16: kernels->from_f32_bf16(n, in, out); break;
    case HYTI_F16: kernels->from_f32_f16(n, in, out); break;
    case HYTI_I8: kernels->from_f32_i8(n, in, quant, out); break;
    default: memcpy(out, in, n * sizeof *in); break;
    }
}

void hyti_convert(const hyti_kernels *kernels, size_t n, hyti_format from, const void *in, hyti_format to, void *out,
                  hyti_quant quant)
{
    float block[BLOCK];
    if (to == HYTI_F32 || from == HYTI_F32) {
        if (to == HYTI_F32) hyti_to_f32(kernels, from, quant, n, in, out);
        else hyti_from_f32(kernels, to, quant, n, in, out);
        return;
    }
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t some = HYTI_MIN(n - i, (size_t)BLOCK);
        hyti_to_f32(kernels, from, quant, some, (const char *)in + i * hyti_format_size(from), block);
        hyti_from_f32(kernels, to, quant, some, block, (char *)out + i * hyti_format_size(to));
    }
}
