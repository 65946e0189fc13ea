/* SPDX-License-Identifier: MIT */
/* The file as a whole: the model, its first and only subgraph, its operators in the order of execution. */
#include "formats/tflite.h"
#include <string.h>

#define VERSION 3
#define SHARED 8 /* constant values that are read for a byte of the file: weights may serve several operators */

bool hyti_tflite_is(const void *bytes, size_t size)
{
    return size >= 8 && memcmp((const char *)bytes + 4, "TFL3", 4) == 0;
}

static hyt_status copy_name(hyti_tflite *file, const hyti_flat_table *subgraph)
{
    hyti_flat_vector name;
    HYTI_TRY(hyti_flat_list(subgraph, 4, 1, "name", &name));
    const uint8_t *bytes = hyti_flat_bytes(&name, 0);
    if (memchr(bytes, 0, name.count)) return hyti_fail(HYT_ERR_FORMAT, "the subgraph's name holds a zero");
    file->name = hyti_alloc(file->context, name.count + 1);
    if (!file->name) return hyti_fail_nomem();
    memcpy(file->name, bytes, name.count);
    return HYT_OK;
}

static hyt_status open_subgraph(hyti_tflite *file, const hyti_flat_table *model)
{
    hyti_flat_vector subgraphs;
    hyti_flat_table subgraph;
    HYTI_TRY(hyti_flat_list(model, 2, 4, "list of subgraphs", &subgraphs));
    if (subgraphs.count != 1)
        return hyti_fail(subgraphs.count ? HYT_ERR_UNSUPPORTED : HYT_ERR_FORMAT, "%zu subgraphs, not 1",
                         subgraphs.count);
    HYTI_TRY(hyti_flat_at(&subgraphs, 0, "subgraph", &subgraph));
    HYTI_TRY(hyti_flat_list(&subgraph, 0, 4, "list of tensors", &file->tensors));
    HYTI_TRY(hyti_flat_list(&subgraph, 1, 4, "list of inputs", &file->inputs));
    HYTI_TRY(hyti_flat_list(&subgraph, 2, 4, "list of outputs", &file->outputs));
    HYTI_TRY(hyti_flat_list(&subgraph, 3, 4, "list of operators", &file->operators));
    if (file->inputs.count != 1 || file->outputs.count != 1)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "a network of %zu inputs and %zu outputs, not of one each",
                         file->inputs.count, file->outputs.count);
    if (file->operators.count > HYTI_MAX_NODES)
        return hyti_fail(HYT_ERR_RANGE, "%zu operators, a graph has at most %d", file->operators.count, HYTI_MAX_NODES);
    return copy_name(file, &subgraph);
}

static hyt_status open_model(hyti_tflite *file)
{
    hyti_flat_table model;
    uint64_t version;
    HYTI_TRY(hyti_flat_root(file->file, "TFL3", "TensorFlow Lite file", &model));
    HYTI_TRY(hyti_flat_unsigned(&model, 0, 4, 0, "version", &version));
    if (version != VERSION)
        return hyti_fail(HYT_ERR_CONFLICT, "a TensorFlow Lite file of version %u, this library reads version %d",
                         (unsigned)version, VERSION);
    HYTI_TRY(hyti_flat_list(&model, 1, 4, "list of operator codes", &file->codes));
    HYTI_TRY(hyti_flat_list(&model, 4, 4, "list of buffers", &file->buffers));
    return open_subgraph(file, &model);
}

static hyt_status count_use(hyti_tflite *file, int64_t tensor)
{
    if (tensor >= 0 && (uint64_t)tensor < file->tensors.count) {
        file->values[tensor].uses++;
        return HYT_OK;
    }
    return tensor == -1 ? HYT_OK
                        : hyti_fail(HYT_ERR_FORMAT, "there is no tensor %lld of %zu", (long long)tensor,
                                    file->tensors.count);
}

static hyt_status count_uses(hyti_tflite *file)
{
    hyti_flat_table table;
    hyti_flat_vector inputs;
    size_t total = 0;
    for (size_t i = 0; i < file->operators.count; i++) {
        HYTI_TRY(hyti_flat_at(&file->operators, i, "operator", &table));
        HYTI_TRY(hyti_flat_list(&table, 1, 4, "list of inputs", &inputs));
        if (inputs.count > HYTI_MAX_OPERANDS - total)
            return hyti_fail(HYT_ERR_RANGE, "operator %zu: more than %d inputs of all operators", i, HYTI_MAX_OPERANDS);
        total += inputs.count;
        for (size_t j = 0; j < inputs.count; j++) HYTI_TRY(count_use(file, hyti_flat_whole(&inputs, j)));
    }
    return count_use(file, hyti_flat_whole(&file->outputs, 0));
}

/* The input: one picture. */
static hyt_status make_input(hyti_tflite *file)
{
    hyti_tflite_tensor tensor;
    HYTI_TRY(hyti_tflite_tensor_at(file, hyti_flat_whole(&file->inputs, 0), &tensor));
    const size_t *size = tensor.dims.size;
    if (hyti_tflite_is_constant(&tensor))
        return hyti_fail(HYT_ERR_FORMAT, "the input, tensor %zu, is a constant", tensor.number);
    if (tensor.dims.rank != 4 || size[0] != 1)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "the input, tensor %zu, is not one picture (1,H,W,C)", tensor.number);
    hyt_value *value = &file->values[tensor.number].picture;
    HYTI_TRY(hyt_graph_input(file->graph, size[3], size[1], size[2], value));
    return hyti_tflite_annotate(file, &tensor, *value);
}

static hyt_status make_output(hyti_tflite *file)
{
    hyti_tflite_tensor tensor;
    hyt_value value;
    HYTI_TRY(hyti_tflite_tensor_at(file, hyti_flat_whole(&file->outputs, 0), &tensor));
    if (hyti_tflite_is_constant(&tensor))
        return hyti_fail(HYT_ERR_FORMAT, "the output, tensor %zu, is a constant", tensor.number);
    HYTI_TRY(hyti_tflite_any(file, &tensor, &value));
    return hyt_graph_set_output(file->graph, value);
}

static hyt_status read_file(hyti_tflite *file)
{
    HYTI_TRY(open_model(file));
    file->left = (uint64_t)SHARED * file->file.size;
    file->values = hyti_array(file->context, file->tensors.count, sizeof *file->values);
    if (!file->values) return hyti_fail_nomem();
    for (size_t i = 0; i < file->tensors.count; i++)
        file->values[i] = (hyti_tflite_values){ HYTI_NO_VALUE, HYTI_NO_VALUE, -1, 0 };
    HYTI_TRY(count_uses(file));
    HYTI_TRY(hyt_graph_create(file->context, file->name, &file->graph));
    HYTI_TRY(make_input(file));
    for (size_t i = 0; i < file->operators.count; i++) HYTI_TRY(hyti_tflite_convert(file, i));
    return make_output(file);
}

/* What the graph refuses is a fault of the file. */
static hyt_status fault(hyt_status status)
{
    if (status == HYT_ERR_ARGUMENT || status == HYT_ERR_SHAPE || status == HYT_ERR_RANGE || status == HYT_ERR_STATE)
        return HYT_ERR_FORMAT;
    return status;
}

hyt_status hyti_tflite_parse(hyt_context *context, const void *bytes, size_t size, hyt_graph **out)
{
    HYTI_NEED(bytes);
    HYTI_NEED(out);
    hyti_tflite file = { .context = context, .file = { bytes, size } };
    hyt_status status = fault(read_file(&file));
    hyti_free(context, file.values);
    hyti_free(context, file.name);
    if (status == HYT_OK) *out = file.graph;
    else hyt_graph_destroy(file.graph);
    return status;
}
