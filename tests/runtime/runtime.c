/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runtime against the literal reading of the graph, in every option; memory, refusals, latency. */
#include "../graph/random_graph.h"
#include "exact.h"
#include <sys/mman.h>
#include <unistd.h>

static void random_graphs_are_exact(void **state)
{
    (void)state;
    const char *const isas[] = { "c", "auto", HYTNAS_LEAST_ISA };
    size_t share = test_share();
    for (uint64_t seed = 0; seed < 1000 / share; seed++) {
        hyt_graph *graph = random_graph(NULL, seed, 14);
        check_against_naive(graph, isas[seed % 3], 1 + seed % 2);
        hyt_graph_destroy(graph);
    }
}

/* A convolution that adds on the way what lies elsewhere, its result written into its place in a concatenation. */
static void additions_into_concatenations(void **state)
{
    (void)state;
    static const struct { size_t kernel, groups; } kinds[] = { { 1, 1 }, { 3, 1 }, { 3, 8 }, { 3, 2 }, { 0, 0 } };
    for (size_t i = 0; i < HYTI_COUNT(kinds); i++) {
        hyt_graph *graph = NULL;
        hyt_value x, y, both[2];
        hyti_rng rng = hyti_rng_start(4, HYTI_PURPOSE_TEST, i);
        MUST(hyt_graph_create(NULL, "additions", &graph));
        MUST(hyt_graph_input(graph, 3, 7, 9, &x));
        MUST(hyt_graph_conv(graph, x, 8, 1, 1, 1, &x));
        if (kinds[i].kernel) MUST(hyt_graph_conv(graph, x, 8, kinds[i].kernel, 1, kinds[i].groups, &y));
        else MUST(hyt_graph_batch_norm(graph, x, &y));
        MUST(hyt_graph_add(graph, y, x, &both[1]));
        MUST(hyt_graph_conv(graph, x, 5, 1, 1, 1, &both[0]));
        MUST(hyt_graph_concat(graph, both, 2, 1, &x));
        random_weights(&rng, graph);
        check_against_naive(graph, "c", 2);
        check_against_naive(graph, "auto", 2);
        hyt_graph_destroy(graph);
    }
}

static void threads_and_layouts_agree(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    MUST(hyt_graph_build(NULL, "mobilevit-xxs", 96, 10, &graph));
    MUST(hyt_graph_initialise(graph, 1));
    size_t pixels = 96 * 96;
    float *planes = random_input(graph, 2), *mixed = malloc(2 * 3 * pixels * sizeof *mixed);
    for (size_t i = 0; i < 2 * 3 * pixels; i++)
        mixed[i] = planes[i / (3 * pixels) * 3 * pixels + i % 3 * pixels + i / 3 % pixels];
    float *first = NULL;
    for (int64_t threads = 1; threads <= 5; threads += 2) {
        hyt_runtime *runtime = make(graph, threads, 2, threads == 3 ? "nhwc" : "nchw", "auto");
        float *got = run(runtime, threads == 3 ? mixed : planes), *again = run(runtime, threads == 3 ? mixed : planes);
        if (!first) first = run(runtime, planes);
        assert_memory_equal(got, first, 20 * sizeof *got);
        assert_memory_equal(again, first, 20 * sizeof *got);
        free(got);
        free(again);
        hyt_runtime_destroy(runtime);
    }
    free(first);
    free(planes);
    free(mixed);
    hyt_graph_destroy(graph);
}

/* The arena ends where a page begins that nobody may touch. */
static void check_guard(const hyt_graph *graph, const hyt_options *options)
{
    uint64_t need;
    hyt_runtime *runtime = NULL;
    MUST(hyt_runtime_plan(graph, options, &need));
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = hyti_round_up((size_t)need, page);
    char *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + room, page, PROT_NONE), 0);
    char *arena = map + room - need;
    CHECK_STATUS(hyt_runtime_create_in(graph, options, arena, (size_t)need - 1, &runtime), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_runtime_create_in(graph, options, arena - 4, (size_t)need, &runtime), HYT_ERR_ARGUMENT);
    MUST(hyt_runtime_create_in(graph, options, arena, (size_t)need, &runtime));
    float *input = random_input(graph, 3), *got = run(runtime, input);
    free(got);
    free(input);
    hyt_runtime_destroy(runtime);
    munmap(map, room + page);
}

static void nothing_beyond_the_arena(void **state)
{
    (void)state;
    hyt_options *options = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_THREADS, 2));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, 3));
    for (uint64_t seed = 0; seed < 100; seed++) {
        hyt_graph *graph = random_graph_of(NULL, 5000 + seed, 14, seed % 2);
        check_guard(graph, options);
        hyt_graph_destroy(graph);
    }
    hyt_options_destroy(options);
}

static void runs_do_not_allocate(void **state)
{
    (void)state;
    test_heap heap = { 0 };
    heap.heap = (hyt_heap){ &heap, test_heap_allocate, test_heap_release };
    hyt_context *context = NULL;
    hyt_graph *graph = NULL;
    MUST(hyt_context_create(&heap.heap, NULL, &context));
    MUST(hyt_graph_build(context, "mobilevit-xxs", 40, 10, &graph));
    MUST(hyt_graph_initialise(graph, 1));
    hyt_runtime *runtime = make(graph, 2, 1, "nchw", "auto");
    float *input = random_input(graph, 1);
    hyt_graph_destroy(graph); /* nothing of it is kept */
    size_t calls = heap.calls;
    float *output = run(runtime, input);
    assert_int_equal(heap.calls, calls);
    free(output);
    free(input);
    hyt_runtime_destroy(runtime);
    hyt_context_destroy(context);
    assert_int_equal(heap.live, 0);
}

static void refusals(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyt_runtime *runtime = NULL;
    hyt_value x;
    uint64_t bytes = 1;
    MUST(hyt_graph_create(NULL, "empty", &graph));
    CHECK_STATUS(hyt_runtime_create(graph, NULL, &runtime), HYT_ERR_STATE);
    MUST(hyt_graph_input(graph, 3, 8, 8, &x));
    MUST(hyt_graph_conv(graph, x, 4, 3, 1, 1, &x));
    CHECK_STATUS(hyt_runtime_create(graph, NULL, &runtime), HYT_ERR_STATE);
    CHECK_MESSAGE("1.conv.weight");
    assert_null(runtime);
    MUST(hyt_runtime_plan(graph, NULL, &bytes));
    assert_true(bytes >= (3 + 4) * 64 * sizeof(float) && bytes % 64 == 0);
    CHECK_STATUS(hyt_runtime_create(NULL, NULL, &runtime), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_runtime_run(NULL, NULL, NULL), HYT_ERR_ARGUMENT);
    assert_int_equal(hyt_runtime_arena_bytes(NULL), 0);
    hyt_runtime_destroy(NULL);
    hyt_graph_destroy(graph);
    MUST(hyt_graph_create(NULL, "huge", &graph));
    MUST(hyt_graph_input(graph, 1, (size_t)1 << 18, (size_t)1 << 18, &x));
    hyt_options *options = NULL;
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_RUNTIME_BATCH, 65536));
    CHECK_STATUS(hyt_runtime_plan(graph, options, &bytes), HYT_ERR_RANGE);
    hyt_options_destroy(options);
    hyt_graph_destroy(graph);
}

static void latency(void **state)
{
    (void)state;
    hyt_graph *graph = random_graph(NULL, 11, 8);
    hyt_runtime *runtime = make(graph, 1, 1, "nchw", "auto");
    double median = 0, low = 0, high = 0;
    MUST(hyt_runtime_time(runtime, 5, &median, &low, &high));
    assert_true(low > 0 && low <= median && median <= high);
    CHECK_STATUS(hyt_runtime_time(runtime, -1, &median, NULL, NULL), HYT_ERR_RANGE);
    MUST(hyt_runtime_time(runtime, 0.01, NULL, NULL, NULL));
    hyt_runtime_destroy(runtime);
    hyt_graph_destroy(graph);
}

static hyt_status create_and_run(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_runtime *runtime = NULL;
    float input[3 * 32 * 32] = { 0 }, output[2];
    hyt_status status = hyt_graph_build(context, "mobilenetv1-0.05", 32, 2, &graph);
    const float mean[3] = { 0, 0, 0 }, deviation[3] = { 1, 1, 1 };
    if (status == HYT_OK) status = hyt_graph_set_normalisation(graph, mean, deviation);
    if (status == HYT_OK) status = hyt_graph_initialise(graph, 1);
    if (status == HYT_OK) status = hyt_runtime_create(graph, NULL, &runtime);
    if (status == HYT_OK) status = hyt_runtime_run(runtime, input, output);
    if (status == HYT_OK) status = hyt_runtime_time(runtime, 0.01, NULL, NULL, NULL);
    hyt_runtime_destroy(runtime);
    hyt_graph_destroy(graph);
    return status;
}

/* Constants worked out beforehand, one of them moved alone. */
static hyt_status work_out_and_run(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_runtime *runtime = NULL;
    hyt_value x, c = 0, d = 0;
    float input[3 * 4 * 5] = { 0 }, output[3 * 4 * 5];
    const hyt_dims dims = { 4, { 1, 3, 1, 5 } }, rows = { 3, { 1, 5, 3 } };
    hyt_status status = hyt_graph_create(context, "constants", &graph);
    if (status == HYT_OK) status = hyt_graph_input(graph, 3, 4, 5, &x);
    if (status == HYT_OK) status = hyt_graph_constant(graph, &rows, 0, NULL, &c);
    if (status == HYT_OK) status = hyt_graph_reshape(graph, c, &dims, 1, &c);
    if (status == HYT_OK) status = hyt_graph_activation(graph, c, HYT_OP_SIGMOID, &d);
    if (status == HYT_OK) status = hyt_graph_mul(graph, x, c, &x);
    if (status == HYT_OK) status = hyt_graph_add(graph, x, d, &x);
    if (status == HYT_OK) status = hyt_graph_initialise(graph, 1);
    if (status == HYT_OK) status = hyt_runtime_create(graph, NULL, &runtime);
    if (status == HYT_OK) status = hyt_runtime_run(runtime, input, output);
    hyt_runtime_destroy(runtime);
    hyt_graph_destroy(graph);
    return status;
}

static void each_allocation(void **state)
{
    (void)state;
    test_each_allocation(create_and_run);
    test_each_allocation(work_out_and_run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs_are_exact),   cmocka_unit_test(additions_into_concatenations),
        cmocka_unit_test(threads_and_layouts_agree), cmocka_unit_test(nothing_beyond_the_arena),
        cmocka_unit_test(runs_do_not_allocate),      cmocka_unit_test(refusals),
        cmocka_unit_test(latency),                   cmocka_unit_test(each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
