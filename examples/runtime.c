/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds a network, plans it, runs it on a picture and times it; keeps it in a file and reads it back.
 *
 *   runtime [NETWORK [SIDE]]        runtime mobilevit-xxs 128 */
#include <hytnas/hytnas.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                                         \
    do {                                                  \
        hyt_status try_ = (call);                         \
        if (try_ != HYT_OK) return try_;                  \
    } while (0)

static void describe(const hyt_graph *graph)
{
    printf("%s: %zu operations, %.3f M parameters, %.1f M multiply-accumulates\n", hyt_graph_name(graph),
           hyt_graph_size(graph), (double)hyt_graph_parameters(graph) * 1e-6, (double)hyt_graph_macs(graph) * 1e-6);
}

static hyt_status classify(hyt_runtime *runtime)
{
    size_t n_input = hyt_runtime_input_size(runtime), n_output = hyt_runtime_output_size(runtime), best = 0;
    float *input = malloc(n_input * sizeof *input), *output = malloc(n_output * sizeof *output);
    hyt_status status = input && output ? HYT_OK : HYT_ERR_NOMEM;
    for (size_t i = 0; status == HYT_OK && i < n_input; i++)
        input[i] = (float)(i % 255) / 255; /* your picture: planes R, G, B */
    if (status == HYT_OK) status = hyt_runtime_run(runtime, input, output);
    for (size_t i = 1; status == HYT_OK && i < n_output; i++)
        if (output[i] > output[best]) best = i;
    if (status == HYT_OK) printf("class %zu of %zu, %.4f\n", best, n_output, (double)output[best]);
    free(input);
    free(output);
    return status;
}

static hyt_status measure(hyt_runtime *runtime)
{
    double median, low, high;
    TRY(hyt_runtime_time(runtime, 100, &median, &low, &high));
    printf("%.3f ms (%.3f to %.3f), %llu bytes of activations, %llu of weights\n", median, low, high,
           (unsigned long long)hyt_runtime_arena_bytes(runtime), (unsigned long long)hyt_runtime_packed_bytes(runtime));
    return HYT_OK;
}

/* The graph is not needed once the runtime is there. */
static hyt_status compile(const char *path, hyt_runtime **out)
{
    hyt_graph *graph = NULL;
    hyt_options *options = NULL;
    TRY(hyt_model_load(NULL, path, &graph));
    hyt_status status = hyt_runtime_options_create(NULL, &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_RUNTIME_THREADS, 2);
    if (status == HYT_OK) status = hyt_runtime_create(graph, options, out);
    hyt_options_destroy(options);
    hyt_graph_destroy(graph);
    return status;
}

static hyt_status write_network(const char *name, size_t side, const char *path)
{
    hyt_graph *graph = NULL;
    TRY(hyt_graph_build(NULL, name, side, 10, &graph));
    describe(graph);
    hyt_status status = hyt_graph_initialise(graph, 1);
    if (status == HYT_OK) status = hyt_model_save(graph, path);
    hyt_graph_destroy(graph);
    return status;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "mobilevit-xxs", *path = "runtime-example.hyt";
    size_t side = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 64;
    hyt_runtime *runtime = NULL;
    hyt_status status = write_network(name, side, path);
    if (status == HYT_OK) status = compile(path, &runtime);
    if (status == HYT_OK) status = classify(runtime);
    if (status == HYT_OK) status = measure(runtime);
    if (status != HYT_OK) fprintf(stderr, "runtime: %s: %s\n", hyt_status_name(status), hyt_message());
    hyt_runtime_destroy(runtime);
    remove(path);
    return status == HYT_OK ? 0 : 1;
}
