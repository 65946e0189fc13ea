/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

enum { NR = HYTI_NR_i8_c };

static void finish(const hyti_gemm_i8 *g, size_t i, size_t first, size_t width, const int32_t *sum)
{
    int8_t *c = g->c + (ptrdiff_t)i * g->c_row + first;
    const int8_t *add = g->add ? g->add + (ptrdiff_t)i * g->add_row + first : NULL;
    for (size_t j = 0; j < width; j++) {
        int32_t q = hyti_requantised(g->requant, first + j, sum[j]);
        c[j] = (int8_t)(add ? hyti_added_i32(g->requant->add, q, add[j]) : q);
    }
}

void hyti_gemm_i8_c(const hyti_gemm_i8 *g)
{
    assert(g->a_step == 1);
    for (size_t i = 0; i < g->m; i++)
        for (size_t first = 0; first < g->n; first += NR) {
            const int8_t *a = g->a + (ptrdiff_t)i * g->a_row;
            const int8_t *b = hyti_panel_weights_i8(g->b + (ptrdiff_t)(first / NR) * g->b_panel, NR);
            int32_t sum[NR] = { 0 };
            for (size_t l = 0; l < g->k; l++, b += NR)
                for (size_t j = 0; j < NR; j++) sum[j] += a[l] * b[j];
            finish(g, i, first, hyti_min_size(NR, g->n - first), sum);
        }
}
