/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every builder in every precision: what it computes beside fp32, and that it computes in that precision throughout. */
#include "exact.h"
#include <hytnas/quantiser.h>

static size_t side_of(size_t number)
{
    return strcmp(hyt_graph_builder(number), "maskrcnn-head") == 0 ? 7 : 64;
}

static hyt_graph *quantise(const hyt_graph *graph, const float *picture)
{
    hyt_graph *quantised = NULL;
    MUST(hyt_graph_copy(graph, &quantised));
    MUST(hyt_quantise(&quantised, picture, 1, NULL));
    return quantised;
}

static hyt_runtime *make_in(const hyt_graph *graph, const char *precision)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_PRECISION, precision));
    MUST(hyt_runtime_create(graph, options, &runtime));
    hyt_options_destroy(options);
    return runtime;
}

/* The caller's picture and result are float32, and so is the bias of attention that is made of the picture: it is added
 * to sums in float32, and int8 makes whole scores of it. */
static bool may_be_float(const hyt_runtime *runtime, const hyti_step *step)
{
    if (step->kind != HYTI_STEP_CONVERT) return false;
    for (size_t i = 0; i < runtime->plan.n_steps; i++)
        if (runtime->plan.steps[i].kind == HYTI_STEP_ATTENTION && runtime->plan.steps[i].add == step->out) return true;
    return false;
}

static void check_formats(const hyt_graph *graph, const hyt_runtime *runtime, hyti_format format)
{
    for (size_t i = 0; i < runtime->plan.n_steps; i++) {
        const hyti_step *step = &runtime->plan.steps[i];
        if (step->format != format && !may_be_float(runtime, step))
            fail_msg("%s: step %zu (%s) is in format %d, not %d", graph->name, i, hyti_step_kind_name(step->kind),
                     (int)step->format, (int)format);
    }
}

/* Root mean square of the error, in deviations of the result. */
static double error_in(const hyt_graph *graph, const char *precision, hyti_format format, const float *input,
                       const float *wanted)
{
    hyt_runtime *runtime = make_in(graph, precision);
    size_t n = hyt_runtime_output_size(runtime);
    float *got = run(runtime, input);
    double sum = 0, square = 0, error = 0;
    check_formats(graph, runtime, format);
    for (size_t i = 0; i < n; i++) {
        sum += wanted[i];
        square += (double)wanted[i] * wanted[i];
        error += ((double)got[i] - wanted[i]) * ((double)got[i] - wanted[i]);
    }
    free(got);
    hyt_runtime_destroy(runtime);
    return sqrt(error / (square - sum * sum / (double)n));
}

/* Seen: at most 0.0155, 0.0023 and 0.073 (SSDLite); twice that is allowed. bfloat16 keeps 8 bits, float16 11, so that
 * its errors are about an eighth; int8 has 8 bits of a whole range. */
static void check_builder(const hyt_graph *graph)
{
    float *input = random_input(graph, 1);
    hyt_runtime *runtime = make_in(graph, "fp32");
    float *wanted = run(runtime, input);
    hyt_graph *quantised = quantise(graph, input);
    double bf16 = error_in(graph, "bf16", HYTI_BF16, input, wanted);
    double f16 = error_in(graph, "fp16", HYTI_F16, input, wanted);
    double i8 = error_in(quantised, "graph", HYTI_I8, input, wanted);
    if (bf16 > 0.03 || f16 > 0.0045 || i8 > 0.15)
        fail_msg("%s: bf16 %.4f, fp16 %.4f, int8 %.3f", graph->name, bf16, f16, i8);
    print_message("%s: bf16 %.4f, fp16 %.4f, int8 %.3f\n", graph->name, bf16, f16, i8);
    hyt_graph_destroy(quantised);
    hyt_runtime_destroy(runtime);
    free(wanted);
    free(input);
}

static void builders_in_every_precision(void **state)
{
    (void)state;
    each_builder(side_of, check_builder);
}

/* A rounding of 16 bits is `coarser` than one of float32, which the literal reading is shaken by; twice for weights and
 * values, and as much again for sums. */
static void check_random(const hyt_graph *graph, const char *precision, double coarser)
{
    float *input = random_input(graph, 1);
    hyt_runtime *runtime = make_in(graph, precision);
    float *got = run(runtime, input);
    size_t n = naive_count(graph, hyt_graph_output(graph));
    double *wanted = naive_run(graph, input, false);
    double error = error_of(wanted, got, n), limit = 8 * coarser * shaken_error(graph, input, wanted, n);
    limit = fmax(limit, coarser / 0x1p24 * 8);
    if (!(error <= limit)) fail_msg("%s in %s: error %g, limit %g", graph->name, precision, error, limit);
    free(wanted);
    free(got);
    hyt_runtime_destroy(runtime);
    free(input);
}

static void random_graphs_of_16_bits(void **state)
{
    (void)state;
    size_t share = test_share();
    for (uint64_t seed = 0; seed < 500 / share; seed++) {
        hyt_graph *graph = random_graph_of(NULL, 70000 + seed, 5, true);
        check_random(graph, "bf16", 65536);
        check_random(graph, "fp16", 8192);
        hyt_graph_destroy(graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs_of_16_bits),
        cmocka_unit_test(builders_in_every_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
