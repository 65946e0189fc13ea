/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times what goes by tokens, float32 beside int8, at MobileViT's sizes: attention of all sets and heads, layer norm,
 * softmax. One JSON line a case; the best of several bursts. */
#include "bench.h"
#include "kernels/kernels.h"

typedef struct job {
    const hyti_kernels *kernels;
    size_t tokens, width, heads, sets, channels;
    float *in, *out, *scale;
    int8_t *in8, *out8;
    int32_t scale8[1024], shift8[1024], table[256];
    hyti_attention_quant attention;
    hyti_norm_quant norm;
    void *scratch;
} job;

/* q, k and v of all heads side by side. */
static void attend(job *j)
{
    for (size_t set = 0; set < j->sets; set++)
        for (size_t head = 0; head < j->heads; head++) {
            const float *q = j->in + set * j->tokens * 3 * j->channels + head * j->width;
            hyti_attention_f32 t = { .queries = j->tokens, .keys = j->tokens, .width = j->width, .q = q,
                                     .k = q + j->channels, .v = q + 2 * j->channels, .q_stride = 3 * j->channels,
                                     .k_stride = 3 * j->channels, .v_stride = 3 * j->channels,
                                     .out = j->out + set * j->tokens * j->channels + head * j->width,
                                     .out_stride = j->channels, .scale = 0.25f, .scratch = j->scratch };
            j->kernels->attention_f32(j->kernels, &t);
        }
}

static void attend8(job *j)
{
    for (size_t set = 0; set < j->sets; set++)
        for (size_t head = 0; head < j->heads; head++) {
            const int8_t *q = j->in8 + set * j->tokens * 3 * j->channels + head * j->width;
            hyti_attention_i8 t = { .queries = j->tokens, .keys = j->tokens, .width = j->width, .q = q,
                                    .k = q + j->channels, .v = q + 2 * j->channels, .q_stride = 3 * j->channels,
                                    .k_stride = 3 * j->channels, .v_stride = 3 * j->channels,
                                    .out = j->out8 + set * j->tokens * j->channels + head * j->width,
                                    .out_stride = j->channels, .scratch = j->scratch, .quant = &j->attention };
            j->kernels->attention_i8(j->kernels, &t);
        }
}

static void norm(job *j)
{
    j->kernels->layer_norm_f32(j->tokens, j->channels, j->in, j->scale, j->scale, 1e-5f, j->out);
}

static void norm8(job *j)
{
    j->kernels->layer_norm_i8(j->tokens, j->channels, j->in8, &j->norm, j->out8);
}

static void soft(job *j)
{
    j->kernels->softmax_f32(j->tokens, j->channels, 0.25f, j->out, j->channels);
}

static void soft8(job *j)
{
    j->kernels->softmax_i8(j->tokens, j->channels, j->in8, j->table, j->out8);
}

static double measure(void (*run)(job *), job *j)
{
    bench_bursts b = bench_bursts_of(20, 1e-3);
    while (bench_burst(&b))
        for (size_t i = 0; i < b.calls; i++) run(j);
    return b.best;
}

static void time_case(const hyti_kernels *kernels, const char *name, size_t tokens, size_t width, size_t heads,
                      size_t sets, void (*run)(job *), void (*run8)(job *))
{
    static job j;
    j = (job){ .kernels = kernels, .tokens = tokens, .width = width, .heads = heads, .sets = sets };
    j.channels = width * heads;
    size_t all = sets * tokens * 3 * j.channels;
    j.in = bench_room(all * 4), j.out = bench_room(all * 4), j.in8 = bench_room(all), j.out8 = bench_room(all);
    j.scale = bench_room(j.channels * 4);
    uint32_t state = 1;
    for (size_t i = 0; i < all; i++) {
        state = state * 1664525u + 1013904223u;
        j.in8[i] = (int8_t)(state >> 24), j.in[i] = j.out[i] = (float)j.in8[i] / 32;
    }
    for (size_t i = 0; i < j.channels; i++) j.scale[i] = j.in[i];
    hyti_quant quant = { 1 / 32.f, 3 };
    j.attention = hyti_attention_quant_of(quant, quant, quant, quant, 0.25);
    j.norm = hyti_norm_quant_of(j.channels, j.scale, j.scale, 1e-5f, quant, quant, j.scale8, j.shift8);
    hyti_softmax_table_of(1 / 32.0, j.table);
    size_t f32 = hyti_attention_f32_scratch(kernels, tokens, tokens, width),
           i8 = hyti_attention_i8_scratch(kernels, tokens, tokens, width);
    j.scratch = bench_room(f32 > i8 ? f32 : i8);
    printf("{\"case\":\"%s %zux%zux%zux%zu\",\"isa\":%u,\"f32_us\":%.2f,\"i8_us\":%.2f}\n", name, sets, heads, tokens,
           width, kernels->isa, measure(run, &j) * 1e6, measure(run8, &j) * 1e6);
    fflush(stdout);
    free(j.in), free(j.out), free(j.in8), free(j.out8), free(j.scale), free(j.scratch);
}

int main(void)
{
    static const unsigned tables[] = { HYTI_ISA_C, HYTI_ISA_AVX2, HYTI_ISA_AVX2 | HYTI_ISA_AVX512,
                                       HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_VNNI };
    static const size_t shapes[][4] = { { 256, 16, 4, 4 }, { 64, 20, 4, 4 }, { 16, 24, 4, 4 }, { 196, 64, 3, 1 },
                                        { 49, 32, 3, 1 }, { 64, 4, 4, 4 }, { 64, 8, 4, 4 }, { 4, 16, 4, 4 } };
    static const size_t norms[][2] = { { 1024, 64 }, { 256, 80 }, { 64, 96 }, { 196, 192 } };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        hyti_kernels kernels;
        hyti_kernels_init(&kernels, tables[i]);
        if (kernels.isa != tables[i]) continue;
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            time_case(&kernels, "attention", shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3], attend, attend8);
        for (size_t s = 0; s < sizeof norms / sizeof *norms; s++)
            time_case(&kernels, "layer_norm", norms[s][0], norms[s][1], 1, 1, norm, norm8);
        time_case(&kernels, "softmax", 64, 256, 1, 1, soft, soft8);
    }
    return 0;
}
