/* SPDX-License-Identifier: MIT */
#include "base/table.h"
#include "runtime/execute.h"

#define FIELD(name) offsetof(hyti_runtime_params, name)
static const hyti_option rows[] = {
    { HYT_RUNTIME_THREADS, HYT_OPT_INT, 1, 1, HYTI_MAX_THREADS, NULL, FIELD(threads), "threads that share one run" },
    { HYT_RUNTIME_BATCH, HYT_OPT_INT, 1, 1, 65536, NULL, FIELD(batch), "pictures of one run" },
    { HYT_RUNTIME_LAYOUT, HYT_OPT_CHOICE, 0, 0, 0, "nchw|nhwc", FIELD(layout), "order of the input handed to a run" },
    { HYT_RUNTIME_ISA, HYT_OPT_CHOICE, 0, 0, 0, "auto|c|avx2|avx_vnni|avx512|avx512_vnni|neon|neon_dot", FIELD(isa),
      "the fastest kernels that may be used" },
    { HYT_RUNTIME_PRECISION, HYT_OPT_CHOICE, 0, 0, 0, "graph|fp32|bf16|fp16", FIELD(precision),
      "what is computed in: each operation's own, or one for all" },
};
static const hyti_table table = { rows, HYTI_COUNT(rows), sizeof(hyti_runtime_params), NULL };

hyt_status hyt_runtime_options_create(hyt_context *context, hyt_options **out)
{
    return hyti_options_create(context, &table, out);
}

static hyt_status read_options(const hyt_options *options, hyti_runtime_params *params, hyti_kernels *kernels)
{
    static const unsigned isas[] = { (unsigned)HYTI_ISA_ALL,
                                     HYTI_ISA_C,
                                     HYTI_ISA_AVX2,
                                     HYTI_ISA_AVX2 | HYTI_ISA_AVXVNNI,
                                     HYTI_ISA_AVX2 | HYTI_ISA_AVX512,
                                     HYTI_ISA_AVX2 | HYTI_ISA_AVX512 | HYTI_ISA_VNNI,
                                     HYTI_ISA_NEON,
                                     HYTI_ISA_NEON | HYTI_ISA_DOT };
    HYTI_TRY(hyti_options_read(options, &table, params));
    hyti_kernels_init(kernels, isas[params->isa]);
    return HYT_OK;
}

static hyt_status keep_facts(const hyt_graph *graph, hyt_value output, hyt_runtime *runtime)
{
    const hyti_node *input = &graph->nodes[graph->input];
    runtime->channels = graph->channels;
    runtime->pixels = input->dims.size[2] * input->dims.size[3];
    runtime->output_dims = hyti_graph_dims_at(graph, output, runtime->plan.batch);
    runtime->output_picture = graph->nodes[output].picture;
    if (!graph->normalised) return HYT_OK;
    runtime->mean = hyti_copy(runtime->context, graph->mean, graph->channels * sizeof *graph->mean);
    runtime->inverse = hyti_array(runtime->context, graph->channels, sizeof *runtime->inverse);
    if (!runtime->mean || !runtime->inverse) return hyti_fail_nomem();
    for (size_t i = 0; i < graph->channels; i++) runtime->inverse[i] = 1 / graph->deviation[i];
    return HYT_OK;
}

static hyt_status take_arena(hyt_runtime *runtime, void *arena, size_t arena_size)
{
    uint64_t need = runtime->plan.arena_bytes;
    runtime->own_arena = !arena;
    if (arena && arena_size < need)
        return hyti_fail(HYT_ERR_RANGE, "the arena has %zu bytes, the plan needs %llu", arena_size,
                         (unsigned long long)need);
    if (arena && (uintptr_t)arena % 64) return hyti_fail(HYT_ERR_ARGUMENT, "the arena is not at a multiple of 64");
    runtime->arena = arena ? arena : hyti_alloc_aligned(runtime->context, (size_t)need);
    return runtime->arena ? HYT_OK : hyti_fail_nomem();
}

static hyt_status create(const hyt_graph *graph, hyt_value output, const hyti_runtime_params *params,
                         const hyti_kernels *kernels, void *arena, size_t arena_size, hyt_runtime **out);

static void run(hyt_runtime *runtime, const float *input, float *output)
{
    runtime->input = input;
    runtime->output = output;
    hyti_pool_run_stages(runtime->pool, runtime->n_jobs, runtime->stages);
}

/* A value made of constants alone, in logical order: as the result of a network of its own. *out: to be freed. */
static hyt_status work_out(const hyt_graph *graph, hyt_value value, const hyti_kernels *kernels, float **out)
{
    const hyti_runtime_params params = { .threads = 1, .batch = 1, .precision = 1 /* fp32 */ };
    hyt_runtime *runtime = NULL;
    HYTI_TRY(create(graph, value, &params, kernels, NULL, 0, &runtime));
    *out = hyti_array(graph->context, hyt_runtime_output_size(runtime), sizeof **out);
    if (*out) run(runtime, NULL, *out);
    hyt_runtime_destroy(runtime);
    return *out ? HYT_OK : hyti_fail_nomem();
}

/* What is made of constants alone, in the order in which it lies. Worked out by the plain kernels: what int8 makes of
 * it is the same on every processor. */
static hyt_status fill_constant(const hyt_graph *graph, const hyt_runtime *runtime, const hyti_tensor *tensor)
{
    const hyti_node *node = &graph->nodes[tensor->value];
    size_t count = (size_t)hyti_values_of(tensor), channels = tensor->width, pixels = tensor->rows;
    float *to = (float *)(runtime->packed + tensor->offset), *fresh = NULL;
    hyti_kernels plain;
    hyti_kernels_init(&plain, HYTI_ISA_C);
    if (node->op != HYT_OP_CONSTANT) HYTI_TRY(work_out(graph, tensor->value, &plain, &fresh));
    const float *from = fresh ? fresh : graph->parameters[node->parameters[0]].data;
    for (size_t i = 0; i < count; i++) to[node->picture ? i % pixels * channels + i / pixels : i] = from[i];
    hyti_free(runtime->context, fresh);
    return HYT_OK;
}

/* The same in another format. */
static void copy_constant(const hyt_runtime *runtime, const hyti_tensor *tensor)
{
    const float *from = (const float *)(runtime->packed + runtime->plan.tensors[tensor->value].offset);
    char *to = runtime->packed + tensor->offset;
    size_t count = (size_t)hyti_values_of(tensor);
    for (size_t i = 0; tensor->format == HYTI_I8 && i < count; i++) to[i] = (char)hyti_i8_of(from[i], tensor->quant);
    if (tensor->format != HYTI_I8) hyti_from_f32(&runtime->kernels, tensor->format, tensor->quant, count, from, to);
}

static hyt_status fill_constants(const hyt_graph *graph, const hyt_runtime *runtime)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const hyti_tensor *tensor = &runtime->plan.tensors[i];
        if (tensor->packed && (graph->nodes[i].op == HYT_OP_CONSTANT || !runtime->plan.fixed))
            HYTI_TRY(fill_constant(graph, runtime, tensor));
    }
    for (size_t i = graph->n_nodes; i < runtime->plan.n_tensors; i++)
        if (runtime->plan.tensors[i].packed) copy_constant(runtime, &runtime->plan.tensors[i]);
    return HYT_OK;
}

/* The parameters and kernels are there. */
static hyt_status fill(const hyt_graph *graph, hyt_value output, void *arena, size_t arena_size, hyt_runtime *runtime)
{
    hyt_context *context = runtime->context;
    HYTI_TRY(hyti_plan_build_for(graph, output, &runtime->params, &runtime->kernels, &runtime->plan));
    HYTI_TRY(keep_facts(graph, output, runtime));
    runtime->packed = hyti_alloc_aligned(context, (size_t)HYTI_MAX(runtime->plan.packed_bytes, (uint64_t)64));
    runtime->jobs = hyti_array(context, runtime->plan.n_steps, sizeof *runtime->jobs);
    runtime->stages = hyti_array(context, runtime->plan.n_steps, sizeof *runtime->stages);
    if (!runtime->packed || !runtime->jobs || !runtime->stages) return hyti_fail_nomem();
    HYTI_TRY(take_arena(runtime, arena, arena_size)); /* last, so that weights lie beside those that they are made of */
    hyti_prefault(runtime->packed, (size_t)runtime->plan.packed_bytes);
    HYTI_TRY(hyti_plan_weights(graph, &runtime->plan, &runtime->kernels, runtime->packed));
    HYTI_TRY(fill_constants(graph, runtime));
    hyti_runtime_bind(graph, runtime);
    return hyti_pool_create(context, runtime->plan.threads, &runtime->pool);
}

static hyt_status create(const hyt_graph *graph, hyt_value output, const hyti_runtime_params *params,
                         const hyti_kernels *kernels, void *arena, size_t arena_size, hyt_runtime **out)
{
    hyt_runtime *runtime = hyti_alloc(graph->context, sizeof *runtime);
    if (!runtime) return hyti_fail_nomem();
    hyti_ref_init(&runtime->ref);
    runtime->context = hyti_context_retain(graph->context);
    runtime->params = *params;
    runtime->kernels = *kernels;
    hyt_status status = fill(graph, output, arena, arena_size, runtime);
    if (status != HYT_OK) {
        hyt_runtime_destroy(runtime);
        return status;
    }
    *out = runtime;
    return HYT_OK;
}

static hyt_status create_with(const hyt_graph *graph, const hyt_options *options, void *arena, size_t arena_size,
                              hyt_runtime **out)
{
    hyti_runtime_params params = { 0 };
    hyti_kernels kernels;
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(read_options(options, &params, &kernels));
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", graph->name);
    return create(graph, hyt_graph_output(graph), &params, &kernels, arena, arena_size, out);
}

hyt_status hyti_runtime_observe(const hyt_graph *graph, size_t threads, hyt_runtime **out)
{
    hyti_runtime_params params = { .threads = (int64_t)threads, .batch = 1, .precision = 1, .observed = true };
    hyti_kernels kernels;
    if (graph->n_nodes == 0) return hyti_fail(HYT_ERR_STATE, "graph \"%s\" has no operations", graph->name);
    hyti_kernels_init(&kernels, (unsigned)HYTI_ISA_ALL);
    return create(graph, hyt_graph_output(graph), &params, &kernels, NULL, 0, out);
}

/* Whether `step` is the last that writes a value: it may lie in the middle of another, or be another in new dims. */
static bool completes(const hyti_plan *plan, size_t step, hyt_value value)
{
    size_t buffer = plan->tensors[value].buffer;
    for (size_t i = plan->n_steps; i-- > step;) {
        hyt_value out = plan->steps[i].out;
        if (out != HYTI_NO_VALUE && out <= value && plan->tensors[out].buffer == buffer) return i == step;
    }
    return false;
}

static hyt_status show(const hyti_tensor *tensor, hyt_value value, const char *at, hyti_see_fn see, void *user)
{
    return see(user, value, (const float *)(const void *)at, (size_t)(tensor->rows * tensor->width));
}

static float dot(const float *a, const float *b, size_t n)
{
    enum { LANES = 16 };
    float sums[LANES] = { 0 }, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) sums[j] += a[i + j] * b[i + j];
    for (size_t j = 0; i < n; i++, j++) sums[j] += a[i] * b[i];
    for (size_t j = 0; j < LANES; j++) sum += sums[j];
    return sum;
}

/* A product whose few rows are not worth packed weights. */
static void multiply_few(const hyt_runtime *runtime, const hyt_graph *graph, const hyti_step *step)
{
    const hyti_tensor *in = &runtime->plan.tensors[step->in], *out = &runtime->plan.tensors[step->out];
    const hyti_node *node = &graph->nodes[step->node];
    const float *weights = graph->parameters[node->parameters[0]].data;
    const float *bias = node->n_parameters == 2 ? graph->parameters[node->parameters[1]].data : NULL;
    const float *from = (const float *)(void *)hyti_tensor_address(runtime, step->in);
    float *to = (float *)(void *)hyti_tensor_address(runtime, step->out);
    for (size_t row = 0; row < in->rows; row++)
        for (size_t i = 0; i < out->width; i++)
            to[row * out->stride + i] =
                dot(from + row * in->stride, weights + i * in->width, in->width) + (bias ? bias[i] : 0);
}

/* One step of a plan whose weights are streamed. */
static hyt_status run_streamed(hyt_runtime *runtime, const hyt_graph *graph, size_t i)
{
    const hyti_step *step = &runtime->plan.steps[i];
    if (hyti_step_is_weighted(step->kind)) {
        if (step->weights == HYTI_NO_BUFFER) {
            multiply_few(runtime, graph, step);
            return HYT_OK;
        }
        HYTI_TRY(hyti_plan_stream(graph, &runtime->plan, &runtime->kernels, i, runtime->packed));
    }
    hyti_pool_run_stages(runtime->pool, 1, &runtime->stages[i]);
    return HYT_OK;
}

hyt_status hyti_runtime_watch(hyt_runtime *runtime, const hyt_graph *graph, const float *input, float *output,
                              hyti_see_fn see, void *user)
{
    const hyti_plan *plan = &runtime->plan;
    size_t n_values = graph->n_nodes;
    runtime->input = input;
    runtime->output = output;
    for (size_t v = 0; v < n_values; v++) /* made of constants alone */
        if (plan->tensors[v].packed)
            HYTI_TRY(show(&plan->tensors[v], (hyt_value)v, runtime->packed + plan->tensors[v].offset, see, user));
    for (size_t i = 0; i < plan->n_steps; i++) {
        HYTI_TRY(run_streamed(runtime, graph, i));
        for (size_t v = 0; v < n_values; v++) {
            const hyti_tensor *tensor = &plan->tensors[v];
            if (tensor->packed || tensor->buffer == HYTI_NO_BUFFER || !completes(plan, i, (hyt_value)v)) continue;
            const char *at = runtime->arena + plan->buffers[tensor->buffer].offset + tensor->offset;
            HYTI_TRY(show(tensor, (hyt_value)v, at, see, user));
        }
    }
    return HYT_OK;
}

hyt_status hyt_runtime_create(const hyt_graph *graph, const hyt_options *options, hyt_runtime **out)
{
    return create_with(graph, options, NULL, 0, out);
}

hyt_status hyt_runtime_create_in(const hyt_graph *graph, const hyt_options *options, void *arena, size_t arena_size,
                                 hyt_runtime **out)
{
    HYTI_NEED(arena);
    return create_with(graph, options, arena, arena_size, out);
}

void hyt_runtime_destroy(hyt_runtime *runtime)
{
    if (!runtime || !hyti_ref_release(&runtime->ref)) return;
    hyt_context *context = runtime->context;
    hyti_pool_destroy(runtime->pool);
    if (runtime->own_arena) hyti_free_aligned(context, runtime->arena);
    hyti_free_aligned(context, runtime->packed);
    hyti_free(context, runtime->stages);
    hyti_free(context, runtime->jobs);
    hyti_free(context, runtime->mean);
    hyti_free(context, runtime->inverse);
    hyti_plan_clear(&runtime->plan);
    hyti_free(context, runtime);
    hyt_context_destroy(context);
}

hyt_status hyt_runtime_plan(const hyt_graph *graph, const hyt_options *options, uint64_t *arena_bytes)
{
    hyti_runtime_params params = { 0 };
    hyti_kernels kernels;
    hyti_plan plan = { 0 };
    HYTI_NEED(graph);
    HYTI_TRY(read_options(options, &params, &kernels));
    hyt_status status = hyti_plan_build(graph, &params, &kernels, &plan);
    if (status == HYT_OK && arena_bytes) *arena_bytes = plan.arena_bytes;
    hyti_plan_clear(&plan);
    return status;
}

hyt_status hyt_runtime_run(hyt_runtime *runtime, const float *input, float *output)
{
    HYTI_NEED(runtime);
    HYTI_NEED(input);
    HYTI_NEED(output);
    run(runtime, input, output);
    return HYT_OK;
}

uint64_t hyt_runtime_arena_bytes(const hyt_runtime *runtime)
{
    return runtime ? runtime->plan.arena_bytes : 0;
}

uint64_t hyt_runtime_used_bytes(const hyt_runtime *runtime)
{
    return runtime ? hyti_plan_used_bytes(&runtime->plan) : 0;
}

uint64_t hyt_runtime_packed_bytes(const hyt_runtime *runtime)
{
    return runtime ? runtime->plan.packed_bytes : 0;
}

size_t hyt_runtime_input_size(const hyt_runtime *runtime)
{
    return runtime ? runtime->plan.batch * runtime->channels * runtime->pixels : 0;
}

size_t hyt_runtime_output_size(const hyt_runtime *runtime)
{
    size_t count = 0;
    if (runtime) hyti_dims_count(&runtime->output_dims, &count);
    return count;
}
