/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flags.h"
#include "networks.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT, CLASSES, JSON, FLAGS };
static const flag_row flags[] = {
    [INPUT] = { "input", "N", "side of the square picture (default 224)" },
    [CLASSES] = { "classes", "N", "classes (default 1000 for a builder, 2 for a genome)" },
    [JSON] = { "json", NULL, "one JSON object a network, one a line" },
};

static const command_form describe = {
    .name = "describe",
    .operands = "NET...",
    .about =
        "Prints the operations, shapes and costs of networks. NET is a builder's name (mobilevit-xxs, mobilevit-xs, "
        "mobilevit-s, mobilenetv1-WIDTH, mobilenetv2-WIDTH, mobilenetv3-small, mobilenetv3-large, resnet-18, vit-tiny, "
        "deit-tiny, convit-tiny, swin-tiny, pvt-tiny, ssdlite-mobilenetv3, ssdlite-mobilenetv3-small, "
        "ssdlite-mobilevit-xxs, yolo-nano, detr-tiny, maskrcnn-fpn, "
        "maskrcnn-head), a genome of a space: values joined by colons, as the commands search and study "
        "print them, or a file: ONNX, TensorFlow Lite or the library's own.",
    .flags = flags,
    .flag_count = FLAGS,
    .examples = "  hytnas describe mobilevit-xxs --input 256\n"
                "  hytnas describe mobilenetv1-0.25 --input 96 --classes 2 --json\n",
};

typedef struct wanted {
    size_t input, classes; /* classes 0: by the kind of network */
    bool json;
    const char **names;
    size_t count;
} wanted;

typedef struct net_costs {
    uint64_t parameters, macs, weight_bytes, arena_bytes;
} net_costs;

static int take(void *user, size_t place, const char *value)
{
    wanted *request = user;
    switch (place) {
    case INPUT: return parse_whole("input", value, 1, 8192, &request->input);
    case CLASSES: return parse_whole("classes", value, 1, 65536, &request->classes);
    case JSON: request->json = true; return GOOD;
    default: request->names[request->count++] = value; return GOOD;
    }
}

/* "16 x 112 x 112": without the batch. */
static void shape_text(const hyt_dims *dims, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 1; i < dims->rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu", i > 1 ? " x " : "", dims->size[i]);
}

static hyt_status print_table(const hyt_graph *graph, const char *name, size_t input, const net_costs *costs)
{
    char text[256], shape[128];
    hyt_dims dims;
    printf("%s, input 3 x %zu x %zu\n\n  %4s  %-48s %-18s %15s\n", name, input, input, "", "operation", "result",
           "MACs");
    for (hyt_value value = 0; value < (hyt_value)hyt_graph_size(graph); value++) {
        hyt_status status = hyt_graph_describe(graph, value, text, sizeof text);
        if (status == HYT_OK) status = hyt_graph_dims(graph, value, &dims);
        if (status != HYT_OK) return status;
        uint64_t macs = hyt_graph_value_macs(graph, value);
        shape_text(&dims, shape, sizeof shape);
        printf("  %4" PRId32 "  %-48s %-18s%s%15s\n", value, text, shape, macs ? " " : "",
               macs ? grouped((double)macs) : "");
    }
    printf("\n  parameters %15s\n  MACs       %15s\n  weights    %15s bytes\n  arena      %15s bytes\n",
           grouped((double)costs->parameters), grouped((double)costs->macs), grouped((double)costs->weight_bytes),
           grouped((double)costs->arena_bytes));
    return HYT_OK;
}

static hyt_status print_json(const hyt_graph *graph, const char *name, size_t input, const net_costs *costs)
{
    char text[256];
    hyt_dims dims;
    printf("{\"name\":");
    json_text(stdout, name);
    printf(",\"input\":%zu,\"parameters\":%" PRIu64 ",\"macs\":%" PRIu64 ",\"weight_bytes\":%" PRIu64
           ",\"arena_bytes\":%" PRIu64 ",\"operations\":[",
           input, costs->parameters, costs->macs, costs->weight_bytes, costs->arena_bytes);
    for (hyt_value value = 0; value < (hyt_value)hyt_graph_size(graph); value++) {
        hyt_status status = hyt_graph_describe(graph, value, text, sizeof text);
        if (status == HYT_OK) status = hyt_graph_dims(graph, value, &dims);
        if (status != HYT_OK) return status;
        printf("%s{\"op\":", value ? "," : "");
        json_text(stdout, hyt_op_name(hyt_graph_op(graph, value)));
        printf(",\"text\":");
        json_text(stdout, text);
        printf(",\"shape\":[");
        for (size_t i = 0; i < dims.rank; i++) printf("%s%zu", i ? "," : "", dims.size[i]);
        printf("],\"macs\":%" PRIu64 "}", hyt_graph_value_macs(graph, value));
    }
    printf("]}\n");
    return HYT_OK;
}

static int describe_one(const wanted *request, const char *name)
{
    hyt_graph *graph = NULL;
    net_costs costs = { 0 };
    hyt_status status = open_network(name, request->input, request->classes, &graph);
    if (status == HYT_OK) status = hyt_runtime_plan(graph, NULL, &costs.arena_bytes);
    if (status == HYT_OK) {
        costs.parameters = hyt_graph_parameters(graph);
        costs.macs = hyt_graph_macs(graph);
        costs.weight_bytes = hyt_graph_weight_bytes(graph);
        status = (request->json ? print_json : print_table)(graph, name, request->input, &costs);
    }
    hyt_graph_destroy(graph);
    return check(status);
}

int command_describe(int argc, char **argv)
{
    wanted request = { .input = 224, .names = calloc((size_t)argc + 1, sizeof *request.names) };
    if (!request.names) return complain("out of memory");
    int result = parse_flags(&describe, argc, argv, take, &request);
    if (result == GOOD && request.count == 0) {
        result = complain("describe needs a network: mobilevit-xxs, for instance");
    }
    for (size_t i = 0; i < request.count && result == GOOD; i++) {
        if (i && !request.json) printf("\n\n");
        result = describe_one(&request, request.names[i]);
    }
    free(request.names);
    return result == HELP ? GOOD : result;
}
