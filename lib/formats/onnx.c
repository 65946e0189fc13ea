/* SPDX-License-Identifier: MIT */
#include "formats/onnx.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The arena */

struct onnx_block {
    onnx_block *next;
    size_t used, capacity;
    max_align_t room[];
};

void *hyti_onnx_take(onnx_model *model, size_t size)
{
    onnx_block *block = model->blocks;
    size = hyti_round_up(HYTI_MAX(size, (size_t)1), sizeof(max_align_t));
    if (!block || block->capacity - block->used < size) {
        size_t capacity = HYTI_MAX(size, (size_t)16384);
        block = hyti_alloc(model->context, sizeof *block + capacity);
        if (!block) return NULL;
        block->capacity = capacity;
        block->next = model->blocks;
        model->blocks = block;
    }
    void *room = (char *)block->room + block->used;
    block->used += size;
    return room;
}

hyt_status hyti_onnx_spend(onnx_model *model, size_t count, size_t size)
{
    size_t bytes;
    if (!hyti_mul(count, size, &bytes) || bytes > model->budget)
        return hyti_fail(HYT_ERR_RANGE, "constants and weights of more bytes than a file of %zu can justify",
                         model->size);
    model->budget -= bytes;
    return HYT_OK;
}

hyt_status hyti_onnx_take_values(onnx_model *model, size_t count, size_t size, void **out)
{
    HYTI_TRY(hyti_onnx_spend(model, count, size));
    *out = hyti_onnx_take(model, count * size);
    return *out ? HYT_OK : hyti_fail_nomem();
}

/* Messages */

const char *hyti_onnx_name(onnx_text name, char buffer[ONNX_MAX_NAME])
{
    size_t length = HYTI_MIN(name.length, (size_t)ONNX_MAX_NAME - 1);
    for (size_t i = 0; i < length; i++) buffer[i] = name.data[i] < ' ' || name.data[i] > '~' ? '?' : name.data[i];
    buffer[length] = 0;
    if (name.length > length) memcpy(buffer + length - 3, "...", 3);
    return buffer;
}

bool hyti_onnx_text_is(onnx_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.data, word, text.length) == 0;
}

hyt_status hyti_onnx_refuse(hyt_status status, const onnx_node *node, const char *format, ...)
{
    char text[256], name[ONNX_MAX_NAME];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!node) return hyti_fail(status, "ONNX graph: %s", text);
    return hyti_fail(status, "node \"%s\" (%s): %s", hyti_onnx_name(node->name, name), hyti_onnx_op_name(node->op),
                     text);
}

/* Nodes */

const onnx_attribute *hyti_onnx_attribute(const onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attributes; i++)
        if (hyti_onnx_text_is(node->attributes[i].name, name)) return &node->attributes[i];
    return NULL;
}

static hyt_status expect_type(const onnx_node *node, const onnx_attribute *attribute, int type)
{
    char text[ONNX_MAX_NAME];
    if (attribute->type == type) return HYT_OK;
    return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "attribute \"%s\" is of type %d, not %d",
                            hyti_onnx_name(attribute->name, text), attribute->type, type);
}

hyt_status hyti_onnx_number(const onnx_node *node, const char *name, int64_t absent, int64_t *out)
{
    const onnx_attribute *attribute = hyti_onnx_attribute(node, name);
    *out = attribute ? attribute->number : absent;
    return attribute ? expect_type(node, attribute, ONNX_ATTRIBUTE_INT) : HYT_OK;
}

hyt_status hyti_onnx_real(const onnx_node *node, const char *name, double absent, double *out)
{
    const onnx_attribute *attribute = hyti_onnx_attribute(node, name);
    *out = attribute ? (double)attribute->real : absent;
    return attribute ? expect_type(node, attribute, ONNX_ATTRIBUTE_FLOAT) : HYT_OK;
}

hyt_status hyti_onnx_numbers(const onnx_node *node, const char *name, int64_t *to, size_t *count, size_t most)
{
    const onnx_attribute *attribute = hyti_onnx_attribute(node, name);
    *count = 0;
    if (!attribute) return HYT_OK;
    HYTI_TRY(expect_type(node, attribute, ONNX_ATTRIBUTE_INTS));
    if (attribute->n_numbers > most)
        return hyti_onnx_refuse(HYT_ERR_RANGE, node, "attribute \"%s\" has %zu values, not up to %zu", name,
                                attribute->n_numbers, most);
    for (size_t i = 0; i < attribute->n_numbers; i++) to[i] = attribute->numbers[i];
    *count = attribute->n_numbers;
    return HYT_OK;
}

onnx_value *hyti_onnx_operand(onnx_model *model, const onnx_node *node, size_t index)
{
    if (index >= node->n_inputs || node->inputs[index] == ONNX_NONE) return NULL;
    return &model->values[node->inputs[index]];
}

const onnx_tensor *hyti_onnx_constant(onnx_model *model, const onnx_node *node, size_t index)
{
    const onnx_value *value = hyti_onnx_operand(model, node, index);
    return value ? value->constant : NULL;
}

hyt_status hyti_onnx_list(onnx_model *model, const onnx_node *node, const char *name, size_t operand, int64_t *to,
                          size_t *count, size_t most)
{
    const onnx_value *value = hyti_onnx_operand(model, node, operand);
    if (!value) return hyti_onnx_numbers(node, name, to, count, most);
    if (!value->constant)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "its %s are not known before the network runs", name);
    if (value->constant->count > most)
        return hyti_onnx_refuse(HYT_ERR_RANGE, node, "%zu %s, not up to %zu", value->constant->count, name, most);
    if (hyti_onnx_is_real(value->constant))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "its %s are no whole numbers", name);
    *count = value->constant->count;
    for (size_t i = 0; i < *count; i++) to[i] = hyti_onnx_int_at(value->constant, i);
    return HYT_OK;
}

hyt_status hyti_onnx_axis(const onnx_node *node, int64_t axis, size_t rank, size_t *out)
{
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "axis %lld of %zu", (long long)axis, rank);
    *out = (size_t)(axis < 0 ? axis + (int64_t)rank : axis);
    return HYT_OK;
}

onnx_node *hyti_onnx_maker(onnx_model *model, onnx_id id)
{
    return id == ONNX_NONE || model->values[id].producer == ONNX_NONE ? NULL
                                                                      : &model->nodes[model->values[id].producer];
}

/* Models */

/* The tag of a field of ModelProto that writers put first: ir_version, producer, graph, opset. */
bool hyti_onnx_is(const void *bytes, size_t size)
{
    static const unsigned char first[] = { 0x08, 0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42 };
    return size > 1 && memchr(first, *(const unsigned char *)bytes, sizeof first);
}

/* Constants and weights become up to eight times as large (one byte to a float32, and that transposed once). */
#define GROWTH 8
#define FREE_BYTES 65536

static hyt_status read_model(onnx_model *model, const void *bytes, size_t size)
{
    HYTI_TRY(hyti_onnx_decode(model, bytes, size));
    HYTI_TRY(hyti_onnx_walk(model));
    return hyti_onnx_emit(model);
}

static hyt_status parse(hyt_context *context, const void *bytes, size_t size, bool owned, hyt_graph **out)
{
    onnx_model model = { .context = context, .size = size, .owned = owned, .input = ONNX_NONE, .output = ONNX_NONE };
    if (!hyti_mul(size, GROWTH, &model.budget) || !hyti_add(model.budget, FREE_BYTES, &model.budget))
        return hyti_fail(HYT_ERR_RANGE, "an ONNX model of %zu bytes", size);
    hyt_status status = read_model(&model, bytes, size);
    for (onnx_block *block = model.blocks, *next; block; block = next) {
        next = block->next;
        hyti_free(context, block);
    }
    hyti_free(context, model.nodes);
    hyti_free(context, model.values);
    hyti_free(context, model.table);
    if (status == HYT_OK) status = hyti_graph_settle(model.graph);
    if (status == HYT_OK) *out = model.graph;
    else hyt_graph_destroy(model.graph);
    return status;
}

hyt_status hyti_onnx_parse(hyt_context *context, const void *bytes, size_t size, hyt_graph **out)
{
    return parse(context, bytes, size, false, out);
}

hyt_status hyti_onnx_take_file(hyt_context *context, void **bytes, size_t size, hyt_graph **out)
{
    HYTI_TRY(parse(context, *bytes, size, true, out));
    if (!hyti_graph_keep(*out, *bytes, size)) return HYT_OK;
    *bytes = NULL;
    return HYT_OK;
}
