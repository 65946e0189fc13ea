/* SPDX-License-Identifier: MIT */
/* Vaswani et al., arXiv 1706.03762, equation 1, from the table's own product and softmax: k' is packed once, then
 * blocks of queries go through scores, softmax and values while they are in cache. */
#include "kernels/internal.h"

enum { QUERIES = 48, ALIGNED = 16 /* values */, WIDEST = 32 /* of all panels, whatever the processor */ };
#define HYTI_GEMM(isa, mr, nr, needs) _Static_assert(WIDEST % nr == 0, "room for keys packed by every table");
#include "kernels/list.inc"

static size_t aligned(size_t n)
{
    return (n + ALIGNED - 1) / ALIGNED * ALIGNED;
}

/* Packed keys, then a block of scores. */
size_t hyti_attention_f32_scratch(const hyti_kernels *kernels, size_t tokens, size_t width)
{
    (void)kernels; /* the same whatever the table, so that a plan holds on every processor */
    size_t keys = aligned(width * ((tokens + WIDEST - 1) / WIDEST * WIDEST));
    return (keys + hyti_min_size(tokens, QUERIES) * aligned(tokens)) * sizeof(float);
}

void hyti_attention_f32_c(const hyti_kernels *kernels, const hyti_attention_f32 *t)
{
    size_t stride = t->stride, row = aligned(t->tokens);
    float *keys = t->scratch, *scores = keys + aligned(hyti_pack_f32_size(kernels, t->width, t->tokens));
    hyti_pack_f32(kernels, t->width, t->tokens, t->k, 1, (ptrdiff_t)stride, keys);
    for (size_t first = 0; first < t->tokens; first += QUERIES) {
        size_t queries = hyti_min_size(QUERIES, t->tokens - first);
        hyti_gemm_f32 score = {
            .m = queries, .n = t->tokens, .k = t->width,
            .a = t->q + first * stride, .a_row = (ptrdiff_t)stride, .a_step = 1,
            .b = keys, .b_step = (ptrdiff_t)kernels->gemm_nr, .b_panel = (ptrdiff_t)(t->width * kernels->gemm_nr),
            .c = scores, .c_row = (ptrdiff_t)row,
        };
        kernels->gemm_f32(&score);
        kernels->softmax_f32(queries, t->tokens, t->scale, scores, row);
        hyti_gemm_f32 value = {
            .m = queries, .n = t->width, .k = t->tokens,
            .a = scores, .a_row = (ptrdiff_t)row, .a_step = 1,
            .b = t->v, .b_step = (ptrdiff_t)stride, .b_panel = (ptrdiff_t)kernels->gemm_nr,
            .c = t->out + first * t->out_stride, .c_row = (ptrdiff_t)t->out_stride,
        };
        kernels->gemm_f32(&value);
    }
}
