/* SPDX-License-Identifier: MIT */
/* Vaswani et al., arXiv 1706.03762, equation 1, from the table's own product and softmax: k' is packed once, then
 * blocks of queries go through scores, softmax and values while they are in cache. */
#include "kernels/internal.h"

enum { QUERIES = 48, ALIGNED = 16 /* values */, WIDEST = 32 /* of all panels, whatever the processor */ };
#define HYTI_GEMM(format, isa, mr, nr, group, needs) \
    _Static_assert(WIDEST % nr == 0, "room for keys packed by every table");
#include "kernels/list.inc"

static size_t aligned(size_t n)
{
    return (n + ALIGNED - 1) / ALIGNED * ALIGNED;
}

/* Packed keys, then a block of scores; or the scores and queries of two vectors (simd/attention.inc). */
size_t hyti_attention_f32_scratch(const hyti_kernels *kernels, size_t queries, size_t keys, size_t width)
{
    (void)kernels; /* the same whatever the table, so that a plan holds on every processor */
    size_t packed = aligned(width * ((keys + WIDEST - 1) / WIDEST * WIDEST));
    size_t rows = packed + hyti_min_size(queries, QUERIES) * aligned(keys);
    size_t lanes = 32 * (aligned(keys) + aligned(width));
    return (rows > lanes ? rows : lanes) * sizeof(float);
}

/* Scores, scaled already where there is a bias to add. */
static void add_bias(const hyti_attention_f32 *t, size_t first, size_t queries, float *scores, size_t row)
{
    for (size_t i = 0; i < queries; i++)
        for (size_t j = 0; j < t->keys; j++)
            scores[i * row + j] = scores[i * row + j] * t->scale + t->bias[(first + i) * t->bias_stride + j];
}

void hyti_attention_f32_c(const hyti_kernels *kernels, const hyti_attention_f32 *t)
{
    size_t row = aligned(t->keys), nr = kernels->panels[HYTI_F32].nr;
    float *keys = t->scratch, *scores = keys + aligned(hyti_pack_size(kernels, HYTI_F32, t->width, t->keys));
    hyti_pack_f32(kernels, t->width, t->keys, t->k, 1, (ptrdiff_t)t->k_stride, keys);
    for (size_t first = 0; first < t->queries; first += QUERIES) {
        size_t queries = hyti_min_size(QUERIES, t->queries - first);
        hyti_gemm_f32 score = {
            .m = queries, .n = t->keys, .k = t->width,
            .a = t->q + first * t->q_stride, .a_row = (ptrdiff_t)t->q_stride, .a_step = 1,
            .b = keys, .b_step = (ptrdiff_t)nr, .b_panel = (ptrdiff_t)(t->width * nr),
            .c = scores, .c_row = (ptrdiff_t)row,
        };
        kernels->gemm_f32(&score);
        if (t->bias) add_bias(t, first, queries, scores, row);
        kernels->softmax_f32(queries, t->keys, t->bias ? 1 : t->scale, scores, row);
        hyti_gemm_f32 value = {
            .m = queries, .n = t->width, .k = t->keys,
            .a = scores, .a_row = (ptrdiff_t)row, .a_step = 1,
            .b = t->v, .b_step = (ptrdiff_t)t->v_stride, .b_panel = (ptrdiff_t)nr,
            .c = t->out + first * t->out_stride, .c_row = (ptrdiff_t)t->out_stride,
        };
        kernels->gemm_f32(&value);
    }
}
