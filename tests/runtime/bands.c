/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inverted residuals in bands of rows: the bits of the same steps one after another, which they are where something
 * else reads what is expanded. */
#include "../graph/random_graph.h"
#include "exact.h"

typedef struct shape {
    size_t height, width, in, expanded, out, kernel, stride;
    bool residual;
    hyt_op act;
} shape;

static shape draw_shape(hyti_rng *rng)
{
    static const hyt_op acts[] = { HYT_OP_RELU6, HYT_OP_RELU, HYT_OP_SILU, HYT_OP_HARD_SWISH };
    shape s = { .height = random_from(rng, 48, 80), .width = random_from(rng, 40, 72), .in = random_from(rng, 3, 18),
                .expanded = random_from(rng, 96, 130), .kernel = 1 + 2 * random_from(rng, 1, 2),
                .stride = random_from(rng, 1, 2), .residual = random_from(rng, 0, 1) };
    s.residual = s.residual && s.stride == 1;
    s.out = s.residual ? s.in : random_from(rng, 3, 24);
    s.act = acts[random_from(rng, 0, 3)];
    return s;
}

/* `whole`: what is expanded is read once more, after all. */
static hyt_graph *build(const shape *s, bool whole, hyt_precision precision, uint64_t seed)
{
    hyt_graph *graph = NULL;
    hyt_value x, wide, y, rows[2];
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 1);
    MUST(hyt_graph_create(NULL, "bands", &graph));
    MUST(hyt_graph_input(graph, 3, s->height, s->width, &x));
    MUST(hyt_graph_conv(graph, x, s->in, 3, 1, 1, &x));
    MUST(hyt_graph_conv(graph, x, s->expanded, 1, 1, 1, &y));
    MUST(hyt_graph_activation(graph, y, s->act, &wide));
    MUST(hyt_graph_conv(graph, wide, s->expanded, s->kernel, s->stride, s->expanded, &y));
    MUST(hyt_graph_activation(graph, y, s->act, &y));
    MUST(hyt_graph_conv(graph, y, s->out, 1, 1, 1, &y));
    if (s->residual) MUST(hyt_graph_add(graph, y, x, &y));
    const hyt_dims *dims = &graph->nodes[y].dims;
    hyt_dims flat = { 2, { 1, dims->size[1] * dims->size[2] * dims->size[3] } };
    MUST(hyt_graph_reshape(graph, y, &flat, 0, &rows[0]));
    if (whole) {
        MUST(hyt_graph_global_pool(graph, wide, &rows[1]));
        MUST(hyt_graph_concat(graph, rows, 2, 1, &y));
    }
    random_weights(&rng, graph);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        MUST(hyt_graph_set_precision(graph, (hyt_value)i, precision));
        MUST(hyt_graph_set_quantisation(graph, (hyt_value)i, 0.05F, s->act == HYT_OP_RELU6 ? -128 : -20));
    }
    return graph;
}

static float *run_banded(const hyt_graph *graph, const char *isa, int64_t threads, const float *input, size_t *bands,
                         size_t *count)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_THREADS, threads));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, 2));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_ISA, isa));
    MUST(hyt_runtime_create(graph, options, &runtime));
    *count = hyt_runtime_output_size(runtime) / 2;
    float *output = malloc(2 * *count * sizeof *output);
    for (int run = 0; run < 2; run++) MUST(hyt_runtime_run(runtime, input, output)); /* nothing is left of a run */
    *bands = 0;
    for (size_t i = 0; i < runtime->plan.n_steps; i++) *bands += runtime->plan.steps[i].band > 0;
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
    return output;
}

static void check_shape(const shape *s, hyt_precision precision, uint64_t seed, size_t *banded)
{
    static const char *const isas[] = { "auto", "avx2", "c" };
    hyt_graph *graph = build(s, false, precision, seed), *other = build(s, true, precision, seed);
    float *input = malloc(2 * 3 * s->height * s->width * sizeof *input);
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 4);
    for (size_t i = 0; i < 2 * 3 * s->height * s->width; i++) input[i] = (float)hyti_rng_normal(&rng);
    size_t bands, none, size, longer;
    const char *isa = isas[seed % 8 == 7 ? 2 : seed % 2];
    float *whole = run_banded(other, isa, 1, input, &none, &longer);
    assert_int_equal(none, 0);
    for (int64_t threads = 1; threads <= 3; threads++) {
        float *got = run_banded(graph, isa, threads, input, &bands, &size);
        for (size_t i = 0; i < 2; i++)
            if (memcmp(got + i * size, whole + i * longer, size * sizeof *got) != 0)
                fail_msg("seed %d, precision %d, %d threads, %s: picture %zu differs", (int)seed, precision,
                         (int)threads, isa, i);
        *banded += bands;
        free(got);
    }
    free(whole), free(input);
    hyt_graph_destroy(graph), hyt_graph_destroy(other);
}

static void bands_change_no_bit(void **state)
{
    (void)state;
    size_t banded = 0;
    hyti_rng rng = hyti_rng_start(9, HYTI_PURPOSE_TEST, 0);
    for (uint64_t seed = 0; seed < 24; seed++) {
        static const hyt_precision precisions[] = { HYT_FP32, HYT_INT8, HYT_BF16, HYT_INT8, HYT_FP32, HYT_FP16 };
        shape s = draw_shape(&rng);
        check_shape(&s, precisions[seed % HYTI_COUNT(precisions)], seed, &banded);
    }
    print_message("%zu of 72 runtimes in bands\n", banded);
    assert_true(banded > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(bands_change_no_bit) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
