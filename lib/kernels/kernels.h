/* SPDX-License-Identifier: MIT */
/* The kernels of every storage format: one table of function pointers, filled with the plain C reference and
 * overwritten in rising order of instruction set. A kernel is innocent: no status, no allocation, no globals; it
 * asserts its contract.
 *
 * Formats: float32 (f32); bfloat16 (bf16) and IEEE half precision (f16), stored in 16 bits, summed in float32; int8
 * (i8) in TensorFlow Lite's arithmetic: real = scale (stored - zero), weights symmetric, 32-bit sums, the same bits on
 * every processor. Activations are NHWC: pixel by pixel, channels together. Tokens are rows of `width` values. */
#ifndef HYTI_KERNELS_KERNELS_H
#define HYTI_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum hyti_isa {
    HYTI_ISA_C = 0,
    HYTI_ISA_AVX2 = 1 << 0,   /* with FMA and F16C */
    HYTI_ISA_AVX512 = 1 << 1, /* F, BW, DQ, VL */
    HYTI_ISA_VNNI = 1 << 2,   /* AVX-512 VNNI, VBMI: 8-bit dot products */
    HYTI_ISA_BF16 = 1 << 3,   /* AVX-512 BF16: bfloat16 dot products */
    HYTI_ISA_NEON = 1 << 4,   /* AArch64 */
    HYTI_ISA_DOT = 1 << 5,    /* its 8-bit dot products */
    HYTI_ISA_FHM = 1 << 6,    /* its products of half precision, summed in float32 */
    HYTI_ISA_BFMMLA = 1 << 7, /* its products of bfloat16 */
    HYTI_ISA_AVXVNNI = 1 << 8, /* VNNI in vectors of 256 bits, on processors without AVX-512 too */
    HYTI_ISA_ALL = ~0
} hyti_isa;
/* What this processor and its operating system offer. */
unsigned hyti_isa_detect(void);

/* The first three are bounds, the others curves. */
typedef enum hyti_act {
    HYTI_ACT_NONE = 0,
    HYTI_ACT_RELU,
    HYTI_ACT_RELU6,
    HYTI_ACT_SILU,
    HYTI_ACT_SIGMOID,
    HYTI_ACT_GELU,         /* x Phi(x), exact */
    HYTI_ACT_HARD_SWISH,   /* x relu6(x + 3) / 6 */
    HYTI_ACT_HARD_SIGMOID, /* relu6(x + 3) / 6 */
    HYTI_ACT_COUNT
} hyti_act;
static inline bool hyti_act_is_curve(hyti_act act) { return act >= HYTI_ACT_SILU; }

/* How a value is stored. */
typedef enum hyti_format { HYTI_F32 = 0, HYTI_BF16, HYTI_F16, HYTI_I8, HYTI_FORMATS } hyti_format;
typedef uint16_t hyti_bf16; /* the upper half of a float32, rounded to nearest even */
typedef uint16_t hyti_f16;

/* int8: real = scale (stored - zero). */
typedef struct hyti_quant {
    float scale;
    int32_t zero;
} hyti_quant;

/* A positive factor as Q31 multiplier (2^30 <= multiplier < 2^31, or 0) and left shift (negative: right), applied as
 * rounding doubling high product, then rounding right shift, half away from zero (hyti_scaled_i32, internal.h). */
typedef struct hyti_factor {
    int32_t multiplier, shift;
} hyti_factor;

/* TensorFlow Lite's addition of two int8 tensors: both less their zero, shifted left by 20, scaled, summed, scaled. */
typedef struct hyti_add_quant {
    int32_t left_zero, right_zero;
    hyti_factor left, right, result;
    int32_t zero, low, high; /* of the result; low, high: bounds (an activation's) */
} hyti_add_quant;

/* TensorFlow Lite's product of two int8 tensors: both less their zero, multiplied, scaled. */
typedef struct hyti_mul_quant {
    int32_t left_zero, right_zero;
    hyti_factor factor; /* left scale * right scale / result scale */
    int32_t zero, low, high;
} hyti_mul_quant;

/* From a 32-bit sum to int8, column by column: scaled(sum + bias) + zero, bounded;
 * then the table; then the addition. */
typedef struct hyti_requant {
    const int32_t *bias;       /* bias - in_zero * sum of the column's weights; never NULL */
    const int32_t *multiplier, *shift; /* of hyti_factor, a column each */
    int32_t in_zero;           /* what padding holds */
    int32_t zero, low, high;
    const int8_t *table;       /* q becomes table[q + 128]: an activation that is no bound; or NULL */
    const hyti_add_quant *add; /* how `add` (right) is added to it (left); where `add` is given */
} hyti_requant;

/* int8 attention (c/attention_i8.c): a query's scores are exact sums but for what is the same for all its keys, so that
 * the zero of k is not needed. */
typedef struct hyti_attention_quant {
    int32_t q_zero, v_zero, out_zero;
    int32_t multiplier, shift; /* multiplier 2^shift / 2^15: 1024ths of an octave a score; 2^14 <= multiplier < 2^15 */
    hyti_factor result;        /* v scale / result scale */
    const int32_t *bias;       /* keys x queries, rows `bias_stride` apart: hyti_attention_bias_of(); or NULL */
} hyti_attention_quant;

/* int8 layer norm (c/norm_i8.c). */
typedef struct hyti_norm_quant {
    const int32_t *scale, *shift; /* a column each, as hyti_norm_quant_of() fills them */
    int32_t right;                /* fraction bits of a result before it is rounded */
    int64_t epsilon;              /* in units of the variance's exact numerator / 256 */
} hyti_norm_quant;

/* Mean of `rows` values: the quotient rounded half away from zero where both are quantised alike (factor of multiplier
 * 0), else scaled(sum of value - in_zero) + zero. */
typedef struct hyti_mean_quant {
    int32_t in_zero, zero;
    hyti_factor factor; /* in scale / out scale / rows */
} hyti_mean_quant;

/* These constants out of scales (positive) and zeros; bounds -128 and 127. */
hyti_factor hyti_factor_of(double factor); /* 0 or positive */
double hyti_factor_value(hyti_factor factor);
hyti_add_quant hyti_add_quant_of(hyti_quant left, hyti_quant right, hyti_quant result);
hyti_mul_quant hyti_mul_quant_of(hyti_quant left, hyti_quant right, hyti_quant result);
hyti_mean_quant hyti_mean_quant_of(hyti_quant in, hyti_quant result, size_t rows);
/* `scale`: of q k'; the bias as the float kernels take it, queries x keys, rows `stride` apart. */
hyti_attention_quant hyti_attention_quant_of(hyti_quant q, hyti_quant k, hyti_quant v, hyti_quant result, double scale);
void hyti_attention_bias_of(hyti_quant q, hyti_quant k, double scale, size_t queries, size_t keys, const float *bias,
                            size_t stride, int32_t *stored); /* keys x queries */
/* table[d], 256 values: what a value d below the row's greatest weighs. `scale`: of the input, times beta. */
void hyti_softmax_table_of(double scale, int32_t *table);
/* Fills n values each of stored_scale and stored_shift, which the result refers to. */
hyti_norm_quant hyti_norm_quant_of(size_t n, const float *scale, const float *shift, float epsilon, hyti_quant in,
                                   hyti_quant result, int32_t *stored_scale, int32_t *stored_shift);
/* A value stored: rounded half away from zero, bounded; NaN as `zero`. */
int8_t hyti_i8_of(double value, hyti_quant quant);
/* table[q + 128] of a function, for lookup_i8 and hyti_requant. */
void hyti_table_of(double (*function)(double), hyti_quant in, hyti_quant result, int8_t *table);
/* The bounds that make NONE, RELU and RELU6 of a result; SiLU has none. */
void hyti_act_bounds(hyti_act act, hyti_quant result, int32_t *low, int32_t *high);

#define T(name) name##_f32
#define VALUE float
#include "kernels/arguments.inc"
#undef T
#undef VALUE
#define T(name) name##_bf16
#define VALUE hyti_bf16
#include "kernels/arguments.inc"
#undef T
#undef VALUE
#define T(name) name##_f16
#define VALUE hyti_f16
#include "kernels/arguments.inc"
#undef T
#undef VALUE
#define T(name) name##_i8
#define VALUE int8_t
#include "kernels/arguments.inc"
#undef T
#undef VALUE

enum { HYTI_MOST_STEM_ROWS = 16 }; /* of the kernel, in stem_i8 */

typedef struct hyti_kernels hyti_kernels;
/* How B is packed for gemm and conv of one format: panels of `nr` columns; `group` steps of k lie side by side. */
typedef struct hyti_panels {
    size_t nr, group;
} hyti_panels;

/* Members of the three float formats. In place where `in` and `out` are of one type. */
#define HYTI_FLOAT_KERNELS(T, VALUE)                                                                                   \
    void (*T(gemm))(const T(hyti_gemm) *gemm);                                                                         \
    void (*T(conv))(const hyti_kernels *kernels, const T(hyti_conv) *conv); /* groups = 1 */                           \
    void (*T(depthwise))(const T(hyti_conv) *conv);                                                                    \
    void (*T(attention))(const hyti_kernels *kernels, const T(hyti_attention) *attention);                             \
    void (*T(act))(hyti_act act, size_t n, const VALUE *in, VALUE *out);                                               \
    void (*T(add))(size_t n, const VALUE *a, const VALUE *b, VALUE *out);                                              \
    void (*T(softmax))(size_t rows, size_t n, float scale, VALUE *x, size_t stride); /* in place, of x * scale */      \
    void (*T(layer_norm))(size_t rows, size_t n, const VALUE *in, const float *scale, const float *shift,              \
                          float epsilon, VALUE *out);                                                                  \
    void (*T(mean))(size_t rows, size_t n, const VALUE *in, VALUE *out); /* column means: global pooling */            \
    /* As mul_i8; in place too. */                                                                                     \
    void (*T(mul))(size_t rows, size_t n, const VALUE *a, const VALUE *b, size_t b_row, VALUE *out);                   \
    /* As average_pool_i8 and max_pool_i8; neither bias nor act nor add. No tap inside: 0, and the least value. */     \
    void (*T(average_pool))(const T(hyti_conv) *conv, bool padded);                                                    \
    void (*T(max_pool))(const T(hyti_conv) *conv);                                                                     \
    /* Bilinear, half-pixel centres, `channels` values a pixel. */                                                     \
    void (*T(resize))(size_t channels, size_t in_height, size_t in_width, const VALUE *in, size_t out_height,          \
                      size_t out_width, VALUE *out);                                                                   \
    /* As conv, from `in` as the caller hands it over and (x - mean) * inverse as in `input`, the same bits from planes\
     * and pixels; no dilation, no add; conv->in, in_stride and weights are not read. `weights` are packed as conv_f32 \
     * has them. */                                                                                                    \
    void (*T(stem))(const hyti_kernels *kernels, const T(hyti_conv) *conv, bool planes, const float *in,               \
                    const float *weights, const float *mean, const float *inverse);                                    \
    /* One picture from planes (NCHW) or pixels (NHWC) to NHWC, (x - mean) * inverse; mean NULL: as it is. */          \
    void (*T(input))(bool planes, size_t channels, size_t pixels, const float *in, const float *mean,                  \
                     const float *inverse, VALUE *out);
#define HYTI_OF_F32(name) name##_f32
#define HYTI_OF_BF16(name) name##_bf16
#define HYTI_OF_F16(name) name##_f16

struct hyti_kernels {
    unsigned isa; /* what it was filled for */
    hyti_panels panels[HYTI_FORMATS];
    HYTI_FLOAT_KERNELS(HYTI_OF_F32, float)
    HYTI_FLOAT_KERNELS(HYTI_OF_BF16, hyti_bf16)
    HYTI_FLOAT_KERNELS(HYTI_OF_F16, hyti_f16)
    /* n values, in place too; to nearest even. */
    void (*from_f32_bf16)(size_t n, const float *in, hyti_bf16 *out);
    void (*to_f32_bf16)(size_t n, const hyti_bf16 *in, float *out);
    void (*from_f32_f16)(size_t n, const float *in, hyti_f16 *out);
    void (*to_f32_f16)(size_t n, const hyti_f16 *in, float *out);
    void (*from_f32_i8)(size_t n, const float *in, hyti_quant quant, int8_t *out); /* as hyti_i8_of, in float32 */
    void (*to_f32_i8)(size_t n, const int8_t *in, hyti_quant quant, float *out);
    void (*gemm_i8)(const hyti_gemm_i8 *gemm);
    void (*conv_i8)(const hyti_kernels *kernels, const hyti_conv_i8 *conv);
    void (*depthwise_i8)(const hyti_conv_i8 *conv); /* weights: pack_depthwise_i8 of the same table */
    /* From [channels][kernel_height * kernel_width]. */
    void (*pack_depthwise_i8)(size_t kernel_height, size_t kernel_width, size_t channels, const int8_t *b,
                              int8_t *packed);
    /* Taps beyond the picture do not count, or with `padded` count as requant->in_zero; of `requant` only that and the
     * bounds are read. The quotient of an average is rounded half away from zero. */
    void (*average_pool_i8)(const hyti_conv_i8 *conv, bool padded);
    void (*max_pool_i8)(const hyti_conv_i8 *conv);
    void (*attention_i8)(const hyti_kernels *kernels, const hyti_attention_i8 *attention);
    void (*lookup_i8)(size_t n, const int8_t *in, const int8_t *table, int8_t *out); /* table[in + 128]; in place too */
    /* In place too. */
    void (*add_i8)(size_t n, const int8_t *a, const int8_t *b, const hyti_add_quant *quant, int8_t *out);
    /* Rows of n values; rows of b are b_row apart, 0: one for all. In place too. */
    void (*mul_i8)(size_t rows, size_t n, const int8_t *a, const int8_t *b, size_t b_row, const hyti_mul_quant *quant,
                   int8_t *out);
    /* table: hyti_softmax_table_of(); result of scale 1/256, zero -128. In place too, as layer norm. */
    void (*softmax_i8)(size_t rows, size_t n, const int8_t *in, const int32_t *table, int8_t *out);
    void (*layer_norm_i8)(size_t rows, size_t n, const int8_t *in, const hyti_norm_quant *quant, int8_t *out);
    void (*mean_i8)(size_t rows, size_t n, const int8_t *in, const hyti_mean_quant *quant, int8_t *out);
    /* Quantised as the input; at most 0.52 apart from the exact value. */
    void (*resize_i8)(size_t channels, size_t in_height, size_t in_width, const int8_t *in, size_t out_height,
                      size_t out_width, int8_t *out);
    void (*input_i8)(bool planes, size_t channels, size_t pixels, const float *in, const float *mean,
                     const float *inverse, hyti_quant quant, int8_t *out);
    /* As conv_i8 of what input_i8 makes of `in`; no dilation, no add, at most HYTI_MOST_STEM_ROWS rows of the kernel;
     * conv->in and in_stride are not read. */
    void (*stem_i8)(const hyti_kernels *kernels, const hyti_conv_i8 *conv, bool planes, const float *in,
                    const float *mean, const float *inverse, hyti_quant quant);
};

/* Fills the table for `isa` & hyti_isa_detect(). */
void hyti_kernels_init(hyti_kernels *kernels, unsigned isa);
size_t hyti_format_size(hyti_format format);

/* Values of B[k x n] packed for a table, those of one panel, and the packing: B(l, j) = b[l * row + j * column]. What
 * the last panel and the last group lack is zero. A panel of int8 begins with `nr` int32: the sums of its columns. */
size_t hyti_pack_size(const hyti_kernels *kernels, hyti_format format, size_t k, size_t n);
size_t hyti_panel_size(const hyti_kernels *kernels, hyti_format format, size_t k);
void hyti_pack_f32(const hyti_kernels *kernels, size_t k, size_t n, const float *b, ptrdiff_t row, ptrdiff_t column,
                   float *packed);
void hyti_pack_bf16(const hyti_kernels *kernels, size_t k, size_t n, const float *b, ptrdiff_t row, ptrdiff_t column,
                    hyti_bf16 *packed);
void hyti_pack_f16(const hyti_kernels *kernels, size_t k, size_t n, const float *b, ptrdiff_t row, ptrdiff_t column,
                   hyti_f16 *packed);
void hyti_pack_i8(const hyti_kernels *kernels, size_t k, size_t n, const int8_t *b, ptrdiff_t row, ptrdiff_t column,
                  int8_t *packed);
/* Bytes that pack_depthwise_i8 of any table may write. */
size_t hyti_pack_depthwise_i8_size(size_t kernel_height, size_t kernel_width, size_t channels);
/* Each result pixel of `size` bytes is the nearest of the input's: the one at floor(i in / out), or with `centres` at
 * floor((i + 0.5) in / out). */
void hyti_resize_nearest(bool centres, size_t size, size_t in_height, size_t in_width, const void *in,
                         size_t out_height, size_t out_width, void *out);
/* Bytes of scratch a worker needs; multiples of 64. */
size_t hyti_conv_f32_scratch(const hyti_kernels *kernels, const hyti_conv_f32 *conv);
size_t hyti_stem_scratch(const hyti_conv_f32 *sizes); /* of a float format */
size_t hyti_stem_i8_scratch(const hyti_conv_i8 *conv);
size_t hyti_conv_bf16_scratch(const hyti_kernels *kernels, const hyti_conv_bf16 *conv);
size_t hyti_conv_f16_scratch(const hyti_kernels *kernels, const hyti_conv_f16 *conv);
size_t hyti_conv_i8_scratch(const hyti_kernels *kernels, const hyti_conv_i8 *conv);
size_t hyti_attention_f32_scratch(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width);
size_t hyti_attention_bf16_scratch(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width);
size_t hyti_attention_f16_scratch(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width);
size_t hyti_attention_i8_scratch(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width);

#endif
