/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan costs a search: candidates of the preset planned, in float32 and in int8, one after the other as a search
 * would. One JSON line a precision: milliseconds of processor time of a plan, how many arenas lie within 5 % of what no
 * plan can beat, and how many plans use exactly what they say. */
#include "bench.h"
#include "runtime/plan.h"

typedef struct tally {
    size_t count, near, exact;
    double sum, most, least_share; /* milliseconds; bound / arena */
} tally;

static void plan_one(const hyt_graph *graph, tally *t)
{
    const hyti_runtime_params params = { .threads = 1, .batch = 1 };
    hyti_kernels kernels;
    hyti_plan plan = { 0 };
    hyti_kernels_init(&kernels, (unsigned)HYTI_ISA_ALL);
    double start = bench_cpu_seconds();
    must(hyti_plan_build(graph, &params, &kernels, &plan));
    double spent = 1e3 * (bench_cpu_seconds() - start), share = (double)plan.bound_bytes / (double)plan.arena_bytes;
    t->count++;
    t->sum += spent;
    t->most = HYTI_MAX(t->most, spent);
    t->near += (double)plan.arena_bytes <= 1.05 * (double)plan.bound_bytes;
    t->exact += hyti_plan_used_bytes(&plan) == plan.arena_bytes;
    t->least_share = t->count == 1 ? share : HYTI_MIN(t->least_share, share);
    hyti_plan_clear(&plan);
}

/* Any scale will do: a plan rests on shapes and formats. */
static void make_int8(hyt_graph *graph)
{
    for (hyt_value v = 0; (size_t)v < hyt_graph_size(graph); v++) {
        must(hyt_graph_set_precision(graph, v, HYT_INT8));
        must(hyt_graph_set_quantisation(graph, v, 0.01F * (float)(1 + v % 3), v % 7));
    }
}

static void print(const char *precision, const tally *t)
{
    printf(
        "{\"precision\": \"%s\", \"candidates\": %zu, \"mean_ms\": %.4f, \"most_ms\": %.3f, \"planned_is_used\": %zu, "
        "\"within_5_percent\": %zu, \"least_bound_of_arena\": %.4f}\n",
        precision, t->count, t->sum / (double)t->count, t->most, t->exact, t->near, t->least_share);
}

/* Candidates; side of the picture. */
int main(int argc, char **argv)
{
    size_t count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 10000;
    size_t side = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 96;
    tally exact = { 0 }, whole = { 0 };
    hyt_space *space = NULL;
    must(hyt_space_preset(NULL, "hytnas", &space));
    for (uint64_t i = 0; i < count; i++) {
        hyt_candidate *candidate = NULL;
        hyt_graph *graph = NULL;
        must(hyt_candidate_sample(space, 7, i, &candidate));
        must(hyt_candidate_decode(candidate, side, 2, &graph));
        plan_one(graph, &exact);
        make_int8(graph);
        plan_one(graph, &whole);
        hyt_graph_destroy(graph);
        hyt_candidate_destroy(candidate);
    }
    print("fp32", &exact);
    print("int8", &whole);
    hyt_space_destroy(space);
    return count == 0;
}
