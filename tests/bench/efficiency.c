/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each gene of the space hytnas-wide costs: around a middle network, one gene at a time takes each of its values;
 * and what single operations cost. JSON lines: case, gene, value, precision, latency_ms, arena_bytes, weight_bytes,
 * macs.
 * usage: efficiency [--input SIDE] [--ms N] [--threads N] */
#include "bench.h"
#include "base/rng.h"
#include <string.h>

typedef struct settings { size_t input, ms, threads; } settings;
typedef struct costs { double ms; uint64_t arena, weights, macs; } costs;

static hyt_graph *quantised(const hyt_graph *graph)
{
    hyt_dims dims;
    hyt_graph *out = NULL;
    must(hyt_graph_dims(graph, 0, &dims));
    size_t n = dims.size[1] * dims.size[2] * dims.size[3];
    float *picture = malloc(n * sizeof *picture);
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < n; i++) picture[i] = (float)hyti_rng_normal(&rng);
    must(hyt_graph_copy(graph, &out));
    must(hyt_quantise(&out, picture, 1, NULL));
    free(picture);
    return out;
}

static costs measure(const settings *s, const hyt_graph *graph)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    costs c;
    must(hyt_runtime_options_create(NULL, &options));
    must(hyt_options_set_int(options, HYT_RUNTIME_THREADS, (int64_t)s->threads));
    must(hyt_runtime_create(graph, options, &runtime));
    must(hyt_runtime_time(runtime, (double)s->ms, &c.ms, NULL, NULL));
    c.arena = hyt_runtime_arena_bytes(runtime);
    c.weights = hyt_graph_weight_bytes(graph);
    c.macs = hyt_graph_macs(graph);
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
    return c;
}

static void report(const settings *s, const char *group, const char *gene, double value, hyt_graph *graph)
{
    must(hyt_graph_initialise(graph, 1));
    hyt_graph *stored = quantised(graph);
    for (int int8 = 0; int8 < 2; int8++) {
        costs c = measure(s, int8 ? stored : graph);
        printf("{\"case\":\"%s\",\"gene\":\"%s\",\"value\":%g,\"precision\":\"%s\",\"latency_ms\":%.5g,"
               "\"arena_bytes\":%llu,\"weight_bytes\":%llu,\"macs\":%llu}\n",
               group, gene, value, int8 ? "int8" : "fp32", c.ms, (unsigned long long)c.arena,
               (unsigned long long)c.weights, (unsigned long long)c.macs);
    }
    fflush(stdout);
    hyt_graph_destroy(stored);
}

static void vary_genes(const settings *s)
{
    hyt_space *space = NULL;
    must(hyt_space_preset(NULL, "hytnas-wide", &space));
    size_t genes = hyt_space_genes(space), middle[64], levels[64];
    for (size_t i = 0; i < genes; i++) middle[i] = (hyt_space_gene_levels(space, i) - 1) / 2;
    for (size_t i = 0; i < genes; i++)
        for (size_t level = 0; level < hyt_space_gene_levels(space, i); level++) {
            hyt_candidate *candidate = NULL;
            hyt_graph *graph = NULL;
            memcpy(levels, middle, sizeof levels);
            levels[i] = level;
            must(hyt_candidate_create(space, levels, genes, &candidate));
            must(hyt_candidate_decode(candidate, s->input, 2, &graph));
            report(s, "gene", hyt_space_gene_name(space, i), hyt_space_gene_value(space, i, level), graph);
            hyt_graph_destroy(graph);
            hyt_candidate_destroy(candidate);
        }
    hyt_space_destroy(space);
}

/* One operation on a map of 24 x 24 x 48, between an input and a pool that cost next to nothing. */
static hyt_graph *start(hyt_value *x)
{
    hyt_graph *graph = NULL;
    must(hyt_graph_create(NULL, "operation", &graph));
    must(hyt_graph_input(graph, 48, 24, 24, x));
    return graph;
}

static void finish(const settings *s, const char *gene, double value, hyt_graph *graph, hyt_value x)
{
    must(hyt_graph_global_pool(graph, x, &x));
    must(hyt_graph_set_output(graph, x));
    report(s, "operation", gene, value, graph);
    hyt_graph_destroy(graph);
}

static void vary_operations(const settings *s)
{
    static const size_t heads[] = { 1, 2, 3, 4, 6, 8 }, embeds[] = { 24, 48, 96, 144, 192, 240 },
                        kernels[] = { 3, 5, 7 }, factors[] = { 1, 2, 3, 4, 6 };
    hyt_value x;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        hyt_graph *graph = start(&x);
        must(hyt_graph_mobilevit(graph, x, 96, 192, heads[i], 1, 2, HYT_OP_SILU, &x));
        finish(s, "heads", (double)heads[i], graph, x);
    }
    for (size_t i = 0; i < sizeof embeds / sizeof *embeds; i++) {
        hyt_graph *graph = start(&x);
        must(hyt_graph_mobilevit(graph, x, embeds[i], 2 * embeds[i], 2, 1, 2, HYT_OP_SILU, &x));
        finish(s, "embed", (double)embeds[i], graph, x);
    }
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        hyt_graph *graph = start(&x);
        must(hyt_graph_conv(graph, x, 48, kernels[i], 1, 48, &x));
        finish(s, "depthwise_kernel", (double)kernels[i], graph, x);
        graph = start(&x);
        must(hyt_graph_conv(graph, x, 48, kernels[i], 1, 1, &x));
        finish(s, "kernel", (double)kernels[i], graph, x);
    }
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        hyt_graph *graph = start(&x);
        must(hyt_graph_inverted_residual(graph, x, 48, 1, (double)factors[i], HYT_OP_SILU, &x));
        finish(s, "expand", (double)factors[i], graph, x);
    }
}

int main(int argc, char **argv)
{
    settings s = { .input = 96, .ms = 60, .threads = 1 };
    for (int i = 1; i + 1 < argc; i += 2) {
        size_t value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--input") == 0) s.input = value;
        else if (strcmp(argv[i], "--ms") == 0) s.ms = value;
        else if (strcmp(argv[i], "--threads") == 0) s.threads = value;
        else return 2;
    }
    vary_genes(&s);
    vary_operations(&s);
    return 0;
}
