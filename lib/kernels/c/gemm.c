/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

enum { NR = HYTI_NR_f32_c };

/* sum[j] = A(i, :) B(:, j) for the columns of a panel, in the order of l. */
static void multiply(const hyti_gemm_f32 *g, const float *a, const float *b, float *sum)
{
    float part[NR] = { 0 }; /* not in `sum`: a compiler can keep it in registers */
    for (size_t l = 0; l < g->k; l++, a += g->a_step, b += g->b_step)
        for (size_t j = 0; j < NR; j++) part[j] += *a * b[j];
    for (size_t j = 0; j < NR; j++) sum[j] = part[j];
}

/* The same where the last panel is narrower: nothing is read beyond it. */
static void multiply_narrow(const hyti_gemm_f32 *g, const float *a, const float *b, size_t width, float *sum)
{
    for (size_t j = 0; j < width; j++) sum[j] = 0;
    for (size_t l = 0; l < g->k; l++, a += g->a_step, b += g->b_step)
        for (size_t j = 0; j < width; j++) sum[j] += *a * b[j];
}

static void finish(const hyti_gemm_f32 *g, size_t i, size_t first, size_t width, const float *sum)
{
    float *c = g->c + (ptrdiff_t)i * g->c_row + first;
    const float *add = g->add ? g->add + (ptrdiff_t)i * g->add_row + first : NULL;
    for (size_t j = 0; j < width; j++) {
        if (g->accumulate) {
            c[j] += sum[j];
            continue;
        }
        float x = hyti_act_value(g->act, sum[j] + (g->bias ? g->bias[first + j] : 0));
        c[j] = add ? x + add[j] : x;
    }
}

void hyti_gemm_f32_c(const hyti_gemm_f32 *g)
{
    assert(!g->accumulate || (!g->bias && !g->add && g->act == HYTI_ACT_NONE));
    float sum[NR];
    for (size_t i = 0; i < g->m; i++)
        for (size_t first = 0; first < g->n; first += NR) {
            size_t width = hyti_min_size(NR, g->n - first);
            const float *a = g->a + (ptrdiff_t)i * g->a_row, *b = g->b + (ptrdiff_t)(first / NR) * g->b_panel;
            if (width == NR) multiply(g, a, b, sum);
            else multiply_narrow(g, a, b, width, sum);
            finish(g, i, first, width, sum);
        }
}
