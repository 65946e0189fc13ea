/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "base/zip.h"
#include "formats/model.h"
#include <string.h>

double *hyti_model_real(hyti_node *node)
{
    if (node->op == HYT_OP_BATCH_NORM || node->op == HYT_OP_LAYER_NORM) return &node->epsilon;
    return node->op == HYT_OP_PAD ? &node->value : NULL;
}

static size_t list(size_t **to, size_t *const *from, size_t count)
{
    memcpy(to, from, count * sizeof *to);
    return count;
}
#define LIST(...) list(attributes, (size_t *[]){ __VA_ARGS__ }, sizeof((size_t *[]){ __VA_ARGS__ }) / sizeof(size_t *))

size_t hyti_model_attributes(hyti_node *n, unsigned version, size_t *features,
                             size_t *attributes[HYTI_MODEL_ATTRIBUTES])
{
    size_t *dims = n->dims.size, old = version == 1; /* version 1 lacks the last one of some */
    switch (n->op) {
    case HYT_OP_INPUT: return LIST(&dims[1], &dims[2], &dims[3]);
    case HYT_OP_CONV:
        return LIST(features, &n->kernel[0], &n->kernel[1], &n->stride[0], &n->stride[1], &n->pad[0], &n->pad[1],
                    &n->pad[2], &n->pad[3], &n->dilation[0], &n->dilation[1], &n->groups);
    case HYT_OP_LINEAR: return LIST(features);
    case HYT_OP_CONCAT: return LIST(&n->axis);
    case HYT_OP_RESIZE: return LIST(&n->height, &n->width, &n->mode) - old;
    case HYT_OP_UNFOLD: return LIST(&n->patch, &n->windows_first) - old;
    case HYT_OP_FOLD: return LIST(&n->height, &n->width, &n->patch, &n->windows_first) - old;
    case HYT_OP_ATTENTION: return LIST(&n->heads);
    case HYT_OP_CONSTANT:
        return LIST(&n->trained, &n->as_picture, &n->dims.rank, &dims[1], &dims[2], &dims[3], &dims[4], &dims[5]);
    case HYT_OP_MATMUL: return LIST(&n->transposed);
    case HYT_OP_RESHAPE: return LIST(&n->as_picture, &n->dims.rank, &dims[1], &dims[2], &dims[3], &dims[4], &dims[5]);
    case HYT_OP_TRANSPOSE:
        return LIST(&n->as_picture, &n->order[0], &n->order[1], &n->order[2], &n->order[3], &n->order[4], &n->order[5]);
    case HYT_OP_SLICE: return LIST(&n->axis, &n->begin, &n->end, &n->step);
    case HYT_OP_PAD: return LIST(&n->pad[0], &n->pad[1], &n->pad[2], &n->pad[3]);
    case HYT_OP_MAX_POOL:
    case HYT_OP_AVERAGE_POOL:
        return LIST(&n->kernel[0], &n->kernel[1], &n->stride[0], &n->stride[1], &n->pad[0], &n->pad[1], &n->pad[2],
                    &n->pad[3], &n->counted);
    case HYT_OP_CONV_TRANSPOSE:
        return LIST(features, &n->kernel[0], &n->kernel[1], &n->stride[0], &n->stride[1], &n->pad[0], &n->pad[1],
                    &n->pad[2], &n->pad[3], &n->output_pad[0], &n->output_pad[1], &n->groups);
    case HYT_OP_MEAN: return LIST(&n->axis, &n->kept);
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
    size_t *attributes[HYTI_MODEL_ATTRIBUTES], features = hyti_node_features(&node);
    put_number(to, node.op, 1);
    put_number(to, hyti_node_has_bias(&node), 1);
    put_number(to, node.n_inputs, 4);
    for (size_t i = 0; i < node.n_inputs; i++) put_number(to, (uint32_t)node.inputs[i], 4);
    size_t count = hyti_model_attributes(&node, HYTI_MODEL_VERSION, &features, attributes);
    for (size_t i = 0; i < count; i++) put_number(to, *attributes[i], 4);
    const double *real = hyti_model_real(&node);
    if (real) {
        uint64_t bits;
        memcpy(&bits, real, sizeof bits);
        put_number(to, bits, 8);
    }
    put_number(to, node.precision, 1);
    put_number(to, node.quantised, 1);
    if (!node.quantised) return;
    put_values(to, &node.scale, 1);
    put_number(to, (uint32_t)node.zero, 4);
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
        put_number(to, parameter->scales != NULL, 1);
        if (parameter->scales) put_values(to, parameter->scales, hyti_scale_count(graph, i));
        put_number(to, parameter->exact != NULL, 1);
        for (size_t j = 0; parameter->exact && j < parameter->count; j++)
            put_number(to, (uint32_t)parameter->exact[j], 4);
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
