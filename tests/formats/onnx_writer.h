/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes small ONNX models, field by field: what the tests read, good and bad. */
#ifndef HYTNAS_TESTS_ONNX_WRITER_H
#define HYTNAS_TESTS_ONNX_WRITER_H

#include "../test.h"
#include "base/text.h"

enum { FLOAT = 1, UINT8 = 2, INT8 = 3, INT32 = 6, INT64 = 7 };

static inline void put_varint(hyti_text *to, uint64_t value)
{
    unsigned char byte;
    do {
        byte = (unsigned char)((value & 127) | (value > 127 ? 128 : 0));
        hyti_text_append(to, &byte, 1);
        value >>= 7;
    } while (value);
}

static inline void put_number(hyti_text *to, unsigned field, uint64_t value)
{
    put_varint(to, field << 3);
    put_varint(to, value);
}

static inline void put_bytes(hyti_text *to, unsigned field, const void *bytes, size_t size)
{
    put_varint(to, field << 3 | 2);
    put_varint(to, size);
    hyti_text_append(to, bytes, size);
}

static inline void put_text(hyti_text *to, unsigned field, const char *text)
{
    put_bytes(to, field, text, strlen(text));
}

static inline void put_float(hyti_text *to, unsigned field, float value)
{
    put_varint(to, field << 3 | 5);
    hyti_text_append(to, &value, sizeof value);
}

/* `inner` becomes a field of `to` and is emptied. */
static inline void put_message(hyti_text *to, unsigned field, hyti_text *inner)
{
    put_bytes(to, field, inner->data ? inner->data : "", inner->length);
    hyti_text_clear(inner);
    *inner = (hyti_text){ 0 };
}

/* A model being written: fields of its graph. */
typedef struct writer {
    hyti_text graph, node; /* the node at hand, until the next one */
    int nodes;
} writer;

static inline void flush_node(writer *w)
{
    if (w->node.length) put_message(&w->graph, 1, &w->node);
}

/* Dims as a list that ends with -1. */
static inline size_t count_of(const int *dims)
{
    size_t count = 1;
    for (; *dims >= 0; dims++) count *= (size_t)*dims;
    return count;
}

static inline void put_dims(hyti_text *to, const int *dims)
{
    for (; *dims >= 0; dims++) put_number(to, 1, (uint64_t)*dims);
}

#define DIMS(...) ((const int[]){ __VA_ARGS__, -1 })
#define NO_DIMS ((const int[]){ -1 })

static inline void put_tensor(hyti_text *to, const char *name, int type, const int *dims, const void *raw, size_t size)
{
    put_dims(to, dims);
    put_number(to, 2, (uint64_t)type);
    put_text(to, 8, name);
    put_bytes(to, 9, raw, size);
}

static inline void initializer(writer *w, const char *name, int type, const int *dims, const void *raw, size_t size)
{
    hyti_text tensor = { 0 };
    put_tensor(&tensor, name, type, dims, raw, size);
    put_message(&w->graph, 5, &tensor);
}

/* Values that leave nothing trivial, the same for a name and place. */
static inline float value_at(const char *name, size_t index)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    hash = (hash ^ (uint32_t)index) * 2654435761u;
    hash ^= hash >> 15;
    return (float)(hash % 2001) / 1000 - 1;
}

static inline void weights(writer *w, const char *name, const int *dims)
{
    size_t count = count_of(dims);
    float *values = malloc((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = value_at(name, i);
    initializer(w, name, FLOAT, dims, values, count * sizeof *values);
    free(values);
}

static inline void scalar(writer *w, const char *name, float value)
{
    initializer(w, name, FLOAT, NO_DIMS, &value, sizeof value);
}

/* int64 constants: a list of numbers. */
#define INTS(w, name, ...)                                                                                             \
    initializer(w, name, INT64, DIMS((int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8)), (int64_t[]){ __VA_ARGS__ },       \
                sizeof((int64_t[]){ __VA_ARGS__ }))

/* Inputs and outputs: names with a space between them. */
static inline void put_names(hyti_text *to, unsigned field, const char *names)
{
    while (*names) {
        size_t length = strcspn(names, " ");
        put_bytes(to, field, *names == '-' && length == 1 ? "" : names, *names == '-' && length == 1 ? 0 : length);
        names += length + (names[length] == ' ');
    }
}

/* "-" stands for an operand that is left out. */
static inline void node(writer *w, const char *op, const char *inputs, const char *outputs)
{
    char name[16];
    flush_node(w);
    snprintf(name, sizeof name, "n%d", w->nodes++);
    put_names(&w->node, 1, inputs);
    put_names(&w->node, 2, outputs);
    put_text(&w->node, 3, name);
    put_text(&w->node, 4, op);
}

/* Attributes of the node at hand. */
static inline void attribute_int(writer *w, const char *name, int64_t value)
{
    hyti_text attribute = { 0 };
    put_text(&attribute, 1, name);
    put_number(&attribute, 3, (uint64_t)value);
    put_number(&attribute, 20, 2);
    put_message(&w->node, 5, &attribute);
}

static inline void attribute_float(writer *w, const char *name, float value)
{
    hyti_text attribute = { 0 };
    put_text(&attribute, 1, name);
    put_float(&attribute, 2, value);
    put_number(&attribute, 20, 1);
    put_message(&w->node, 5, &attribute);
}

static inline void attribute_text(writer *w, const char *name, const char *value)
{
    hyti_text attribute = { 0 };
    put_text(&attribute, 1, name);
    put_text(&attribute, 4, value);
    put_number(&attribute, 20, 3);
    put_message(&w->node, 5, &attribute);
}

static inline void attribute_list(writer *w, const char *name, const int64_t *values, size_t count)
{
    hyti_text attribute = { 0 };
    put_text(&attribute, 1, name);
    for (size_t i = 0; i < count; i++) put_number(&attribute, 8, (uint64_t)values[i]);
    put_number(&attribute, 20, 7);
    put_message(&w->node, 5, &attribute);
}
#define LIST(w, name, ...)                                                                                             \
    attribute_list(w, name, (int64_t[]){ __VA_ARGS__ }, sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

/* Input or output; a dim of 0 is a symbol. */
static inline void value_info(writer *w, unsigned field, const char *name, int type, const int *dims)
{
    hyti_text info = { 0 }, kind = { 0 }, tensor = { 0 }, shape = { 0 }, dim = { 0 };
    for (; *dims >= 0; dims++) {
        if (*dims) put_number(&dim, 1, (uint64_t)*dims);
        else put_text(&dim, 2, "N");
        put_message(&shape, 1, &dim);
    }
    put_number(&tensor, 1, (uint64_t)type);
    put_message(&tensor, 2, &shape);
    put_message(&kind, 1, &tensor);
    put_text(&info, 1, name);
    put_message(&info, 2, &kind);
    put_message(&w->graph, field, &info);
}

static inline void input(writer *w, const char *name, const int *dims)
{
    value_info(w, 11, name, FLOAT, dims);
}

static inline void output(writer *w, const char *name)
{
    hyti_text info = { 0 };
    put_text(&info, 1, name);
    put_message(&w->graph, 12, &info);
}

/* The bytes of the model; the writer is empty again. */
static inline hyti_text finish(writer *w, int opset)
{
    hyti_text model = { 0 }, import = { 0 };
    flush_node(w);
    put_number(&model, 1, 8);
    put_number(&import, 2, (uint64_t)opset);
    put_message(&model, 8, &import);
    put_text(&w->graph, 2, "written");
    put_message(&model, 7, &w->graph);
    *w = (writer){ 0 };
    return model;
}

#endif
