/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "base/zip.h"
#include "formats/model.h"
#include <string.h>

bool hyti_model_has_epsilon(hyt_op op)
{
    return op == HYT_OP_BATCH_NORM || op == HYT_OP_LAYER_NORM;
}

static size_t list(size_t **to, size_t *const *from, size_t count)
{
    memcpy(to, from, count * sizeof *to);
    return count;
}
#define LIST(...) list(attributes, (size_t *[]){ __VA_ARGS__ }, sizeof((size_t *[]){ __VA_ARGS__ }) / sizeof(size_t *))

size_t hyti_model_attributes(hyti_node *n, size_t *features, size_t *attributes[HYTI_MODEL_ATTRIBUTES])
{
    switch (n->op) {
    case HYT_OP_INPUT: return LIST(&n->dims.size[1], &n->dims.size[2], &n->dims.size[3]);
    case HYT_OP_CONV:
        return LIST(features, &n->kernel[0], &n->kernel[1], &n->stride[0], &n->stride[1], &n->pad[0], &n->pad[1],
                    &n->pad[2], &n->pad[3], &n->dilation[0], &n->dilation[1], &n->groups);
    case HYT_OP_LINEAR: return LIST(features);
    case HYT_OP_CONCAT: return LIST(&n->axis);
    case HYT_OP_RESIZE: return LIST(&n->height, &n->width);
    case HYT_OP_UNFOLD: return LIST(&n->patch);
    case HYT_OP_FOLD: return LIST(&n->height, &n->width, &n->patch);
    case HYT_OP_ATTENTION: return LIST(&n->heads);
    default: return 0;
    }
}

static void put_number(hyti_text *to, uint64_t value, size_t bytes)
{
    unsigned char buffer[8];
    for (size_t i = 0; i < bytes; i++) buffer[i] = (unsigned char)(value >> (8 * i));
    hyti_text_append(to, buffer, bytes);
}

static void put_text(hyti_text *to, const char *text)
{
    put_number(to, strlen(text), 4);
    hyti_text_append(to, text, strlen(text));
}

static void put_values(hyti_text *to, const float *values, size_t count)
{
    unsigned char buffer[1024];
    for (size_t i = 0; i < count;) {
        size_t used = 0;
        for (; used < sizeof buffer && i < count; i++) {
            uint32_t bits;
            memcpy(&bits, &values[i], sizeof bits);
            for (size_t j = 0; j < 4; j++) buffer[used++] = (unsigned char)(bits >> (8 * j));
        }
        hyti_text_append(to, buffer, used);
    }
}

static void put_node(hyti_text *to, const hyti_node *source)
{
    hyti_node node = *source; /* attributes are found by address */
    size_t *attributes[HYTI_MODEL_ATTRIBUTES], features = node.dims.size[node.picture ? 1 : node.dims.rank - 1];
    put_number(to, node.op, 1);
    put_number(to, node.n_parameters == 2, 1);
    put_number(to, node.n_inputs, 4);
    for (size_t i = 0; i < node.n_inputs; i++) put_number(to, (uint32_t)node.inputs[i], 4);
    size_t count = hyti_model_attributes(&node, &features, attributes);
    for (size_t i = 0; i < count; i++) put_number(to, *attributes[i], 4);
    if (!hyti_model_has_epsilon(node.op)) return;
    uint64_t bits;
    memcpy(&bits, &node.epsilon, sizeof bits);
    put_number(to, bits, 8);
}

static void put_graph(hyti_text *to, const hyt_graph *graph)
{
    put_text(to, graph->name);
    put_number(to, graph->n_nodes, 4);
    put_number(to, (uint32_t)graph->output, 4);
    for (size_t i = 0; i < graph->n_nodes; i++) put_node(to, &graph->nodes[i]);
    put_number(to, graph->normalised, 1);
    if (!graph->normalised) return;
    put_values(to, graph->mean, graph->channels);
    put_values(to, graph->deviation, graph->channels);
}

static void put_weights(hyti_text *to, const hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_parameters; i++) {
        const hyti_parameter *parameter = &graph->parameters[i];
        put_number(to, parameter->data != NULL, 1);
        if (parameter->data) put_values(to, parameter->data, parameter->count);
    }
}

static hyt_status put_chunk(hyti_text *to, const char *type, void (*put)(hyti_text *to, const hyt_graph *graph),
                            const hyt_graph *graph)
{
    hyti_text plain = { .context = to->context };
    void *packed = NULL;
    size_t size = 0;
    put(&plain, graph);
    hyt_status status = plain.failed ? hyti_fail_nomem()
                                     : hyti_deflate(to->context, HYTI_ZIP_ZLIB, plain.data ? plain.data : "",
                                                    plain.length, &packed, &size);
    if (status == HYT_OK) {
        hyti_text_append(to, type, 4);
        put_number(to, size, 8);
        put_number(to, plain.length, 8);
        put_number(to, hyti_crc32(0, packed, size), 4);
        hyti_text_append(to, packed, size);
    }
    hyti_free(to->context, packed);
    hyti_text_clear(&plain);
    return status;
}

hyt_status hyti_model_write(const hyt_graph *graph, hyti_text *to)
{
    hyti_text_append(to, HYTI_MODEL_MAGIC, 8);
    put_number(to, HYTI_MODEL_VERSION, 4);
    put_number(to, 2, 4);
    HYTI_TRY(put_chunk(to, "GRPH", put_graph, graph));
    HYTI_TRY(put_chunk(to, "WGHT", put_weights, graph));
    return to->failed ? hyti_fail_nomem() : HYT_OK;
}

hyt_status hyt_model_save(const hyt_graph *graph, const char *path)
{
    HYTI_NEED(graph);
    HYTI_NEED(path);
    hyti_text file = { .context = graph->context };
    hyt_status status = hyti_model_write(graph, &file);
    if (status == HYT_OK) status = hyti_file_write(path, file.data, file.length);
    hyti_text_clear(&file);
    return status;
}
