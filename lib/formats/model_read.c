/* SPDX-License-Identifier: MIT */
/* Bytes from outside: every field is checked, and nothing is allocated that the bytes at hand do not justify. */
#include "base/text.h"
#include "base/zip.h"
#include "formats/model.h"
#include "formats/tflite.h"
#include "formats/onnx.h"
#include <string.h>

/* Bytes that are read from front to back; messages name the part and the byte. */
typedef struct cursor {
    const char *part;
    const unsigned char *bytes;
    size_t size, at;
} cursor;

static hyt_status need(const cursor *c, uint64_t count, const char *what)
{
    if (count <= c->size - c->at) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "%s ends at byte %zu, %s at %zu needs %llu more bytes", c->part, c->size, what,
                     c->at, (unsigned long long)count);
}

static hyt_status get_number(cursor *c, size_t bytes, const char *what, uint64_t *out)
{
    HYTI_TRY(need(c, bytes, what));
    *out = 0;
    for (size_t i = 0; i < bytes; i++) *out |= (uint64_t)c->bytes[c->at++] << (8 * i);
    return HYT_OK;
}

/* One of 0 and 1. */
static hyt_status get_flag(cursor *c, const char *what, bool *out)
{
    uint64_t value;
    HYTI_TRY(get_number(c, 1, what, &value));
    if (value > 1)
        return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %s is %d, not 0 or 1", c->part, c->at - 1, what, (int)value);
    *out = value;
    return HYT_OK;
}

/* `count` values, for which the bytes are there. */
static void get_values(cursor *c, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++, c->at += 4) {
        const unsigned char *b = c->bytes + c->at;
        uint32_t bits = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

static hyt_status at_end(const cursor *c)
{
    if (c->at == c->size) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "%s: %zu bytes are left over from byte %zu on", c->part, c->size - c->at, c->at);
}

/* What the graph refuses is a fault of the file. */
static hyt_status refused(hyt_status status, const char *part, size_t number)
{
    if (status == HYT_OK || status == HYT_ERR_NOMEM || status == HYT_ERR_FORMAT) return status;
    return hyti_fail_within(HYT_ERR_FORMAT, "%s %zu", part, number);
}

typedef struct reader {
    hyt_context *context;
    unsigned version;
    hyt_graph *graph;
    hyt_value *inputs; /* of the node at hand */
    size_t capacity;
} reader;

static hyt_status get_inputs(reader *r, cursor *c, hyti_node *node)
{
    uint64_t count, value;
    HYTI_TRY(get_number(c, 4, "number of operands", &count));
    HYTI_TRY(need(c, 4 * count, "list of operands"));
    HYTI_TRY(hyti_grow(r->context, &r->inputs, &r->capacity, (size_t)count, sizeof *r->inputs));
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(get_number(c, 4, "operand", &value));
        r->inputs[i] = (hyt_value)(uint32_t)value;
    }
    node->inputs = r->inputs;
    node->n_inputs = (size_t)count;
    return HYT_OK;
}

static hyt_status get_attributes(reader *r, cursor *c, hyti_node *node, size_t *features)
{
    size_t *attributes[HYTI_MODEL_ATTRIBUTES], count = hyti_model_attributes(node, r->version, features, attributes);
    double *real = hyti_model_real(node);
    uint64_t number;
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(get_number(c, 4, "attribute", &number));
        *attributes[i] = (size_t)number;
    }
    if (!real) return HYT_OK;
    HYTI_TRY(get_number(c, 8, "real attribute", &number));
    memcpy(real, &number, sizeof number);
    return HYT_OK;
}

static hyt_status get_annotations(reader *r, cursor *c, hyt_value value)
{
    uint64_t precision, zero;
    bool quantised;
    float scale;
    HYTI_TRY(get_number(c, 1, "precision", &precision));
    HYTI_TRY(hyt_graph_set_precision(r->graph, value, (hyt_precision)precision));
    HYTI_TRY(get_flag(c, "quantised", &quantised));
    if (!quantised) return HYT_OK;
    HYTI_TRY(need(c, 4, "scale"));
    get_values(c, 1, &scale);
    HYTI_TRY(get_number(c, 4, "zero", &zero));
    if (scale == 0) return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: scale is 0", c->part, c->at - 8);
    return hyt_graph_set_quantisation(r->graph, value, scale, (int32_t)(uint32_t)zero);
}

static hyt_status get_node(reader *r, cursor *c)
{
    size_t features = 0, place = r->graph->n_nodes;
    uint64_t number;
    bool bias;
    hyt_value value;
    hyti_node node = { .dims = { 4, { 1 } } }; /* of an input: a picture */
    HYTI_TRY(get_number(c, 1, "operation", &number));
    node.op = (hyt_op)number;
    HYTI_TRY(get_flag(c, "bias", &bias));
    HYTI_TRY(get_inputs(r, c, &node));
    HYTI_TRY(get_attributes(r, c, &node, &features));
    HYTI_TRY(refused(hyti_graph_append(r->graph, &node, features, bias, &value), "operation", place));
    return r->version > 1 ? refused(get_annotations(r, c, value), "operation", place) : HYT_OK;
}

static hyt_status get_normalisation(reader *r, cursor *c)
{
    bool normalised;
    HYTI_TRY(get_flag(c, "normalised", &normalised));
    if (!normalised) return HYT_OK;
    size_t channels = r->graph->channels;
    HYTI_TRY(need(c, (uint64_t)8 * channels, "normalisation"));
    float *values = hyti_array(r->context, 2 * channels, sizeof *values);
    if (!values) return hyti_fail_nomem();
    get_values(c, 2 * channels, values);
    hyt_status status = hyt_graph_set_normalisation(r->graph, values, values + channels);
    hyti_free(r->context, values);
    return refused(status, "graph of operations", r->graph->n_nodes);
}

static hyt_status get_graph(reader *r, cursor *c)
{
    uint64_t length, count, output;
    HYTI_TRY(get_number(c, 4, "length of the name", &length));
    HYTI_TRY(need(c, length, "name"));
    if (memchr(c->bytes + c->at, 0, (size_t)length))
        return hyti_fail(HYT_ERR_FORMAT, "%s: the name holds a zero", c->part);
    char *name = hyti_alloc(r->context, (size_t)length + 1);
    if (!name) return hyti_fail_nomem();
    memcpy(name, c->bytes + c->at, (size_t)length);
    c->at += (size_t)length;
    hyt_status status = hyt_graph_create(r->context, name, &r->graph);
    hyti_free(r->context, name);
    HYTI_TRY(status);
    HYTI_TRY(get_number(c, 4, "number of operations", &count));
    HYTI_TRY(get_number(c, 4, "output", &output));
    for (uint64_t i = 0; i < count; i++) HYTI_TRY(get_node(r, c));
    if ((hyt_value)(uint32_t)output != HYTI_NO_VALUE)
        HYTI_TRY(refused(hyt_graph_set_output(r->graph, (hyt_value)(uint32_t)output), "output", (size_t)output));
    HYTI_TRY(get_normalisation(r, c));
    return at_end(c);
}

/* Of what is one flag and, if that is set, `count` values of 4 bytes; NULL where it is not. */
static hyt_status get_optional(reader *r, cursor *c, const char *what, size_t count, float **out)
{
    bool there;
    HYTI_TRY(get_flag(c, what, &there));
    if (!there) return HYT_OK;
    HYTI_TRY(need(c, (uint64_t)4 * count, what));
    *out = hyti_array(r->context, count, sizeof **out);
    if (!*out) return hyti_fail_nomem();
    get_values(c, count, *out);
    return HYT_OK;
}

static hyt_status get_scales(reader *r, cursor *c, size_t index)
{
    float *scales = NULL;
    size_t count = hyti_scale_count(r->graph, index);
    HYTI_TRY(get_optional(r, c, "scales", count, &scales));
    hyt_status status = scales ? hyt_graph_set_scales(r->graph, index, scales, count) : HYT_OK;
    hyti_free(r->context, scales);
    return refused(status, "parameter", index);
}

static hyt_status get_exact_bias(reader *r, cursor *c, size_t index)
{
    float *bits = NULL; /* of whole numbers */
    size_t count = r->graph->parameters[index].count;
    HYTI_TRY(get_optional(r, c, "exact bias", count, &bits));
    hyt_status status = bits ? hyti_graph_set_exact_bias(r->graph, index, (void *)bits, count) : HYT_OK;
    hyti_free(r->context, bits);
    return refused(status, "parameter", index);
}

static hyt_status get_weights(reader *r, cursor *c)
{
    for (size_t i = 0; i < r->graph->n_parameters; i++) {
        hyti_parameter *parameter = &r->graph->parameters[i];
        bool set;
        HYTI_TRY(get_flag(c, parameter->name, &set));
        if (set) {
            HYTI_TRY(need(c, (uint64_t)4 * parameter->count, parameter->name));
            parameter->data = hyti_alloc_aligned(r->context, parameter->count * sizeof *parameter->data);
            if (!parameter->data) return hyti_fail_nomem();
            get_values(c, parameter->count, parameter->data);
        }
        if (r->version == 1) continue;
        HYTI_TRY(get_scales(r, c, i));
        HYTI_TRY(get_exact_bias(r, c, i));
    }
    return at_end(c);
}

/* Inflates the chunk of that type at the cursor and reads it. */
static hyt_status get_chunk(reader *r, cursor *file, const char *type, hyt_status (*get)(reader *r, cursor *c))
{
    uint64_t packed, plain, crc;
    HYTI_TRY(need(file, HYTI_MODEL_CHUNK, "chunk"));
    if (memcmp(file->bytes + file->at, type, 4) != 0)
        return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: expected chunk %s", file->part, file->at, type);
    file->at += 4;
    HYTI_TRY(get_number(file, 8, "size", &packed));
    HYTI_TRY(get_number(file, 8, "size", &plain));
    HYTI_TRY(get_number(file, 4, "checksum", &crc));
    HYTI_TRY(need(file, packed, type));
    const unsigned char *bytes = file->bytes + file->at;
    file->at += (size_t)packed;
    if (hyti_crc32(0, bytes, (size_t)packed) != crc)
        return hyti_fail(HYT_ERR_FORMAT, "chunk %s: its checksum differs", type);
    if (plain > hyti_inflate_bound((size_t)packed))
        return hyti_fail(HYT_ERR_FORMAT, "chunk %s: %llu bytes cannot inflate to %llu", type,
                         (unsigned long long)packed, (unsigned long long)plain);
    cursor c = { .part = type, .size = (size_t)plain };
    void *room = hyti_alloc(r->context, c.size);
    if (!room) return hyti_fail_nomem();
    c.bytes = room;
    hyt_status status = hyti_inflate(r->context, HYTI_ZIP_ZLIB, bytes, (size_t)packed, room, c.size);
    if (status == HYT_ERR_FORMAT) status = hyti_fail_within(status, "chunk %s", type);
    if (status == HYT_OK) status = get(r, &c);
    hyti_free(r->context, room);
    return status;
}

static hyt_status get_file(reader *r, cursor *file)
{
    uint64_t version, chunks;
    if (file->size < HYTI_MODEL_HEAD || memcmp(file->bytes, HYTI_MODEL_MAGIC, 8) != 0)
        return hyti_fail(HYT_ERR_FORMAT, "%zu bytes that are no model file", file->size);
    file->at = 8;
    HYTI_TRY(get_number(file, 4, "version", &version));
    HYTI_TRY(get_number(file, 4, "number of chunks", &chunks));
    if (version < 1 || version > HYTI_MODEL_VERSION)
        return hyti_fail(HYT_ERR_CONFLICT, "a model file of version %u, this library reads versions 1 to %d",
                         (unsigned)version, HYTI_MODEL_VERSION);
    r->version = (unsigned)version;
    if (chunks != 2) return hyti_fail(HYT_ERR_FORMAT, "%s: %u chunks, not 2", file->part, (unsigned)chunks);
    HYTI_TRY(get_chunk(r, file, "GRPH", get_graph));
    HYTI_TRY(get_chunk(r, file, "WGHT", get_weights));
    return at_end(file);
}

hyt_status hyt_model_parse(hyt_context *context, const void *bytes, size_t size, hyt_graph **out)
{
    HYTI_NEED(bytes);
    HYTI_NEED(out);
    if (hyti_tflite_is(bytes, size)) return hyti_tflite_parse(context, bytes, size, out);
    if (hyti_onnx_is(bytes, size)) return hyti_onnx_parse(context, bytes, size, out);
    reader r = { .context = context };
    cursor file = { .part = "model file", .bytes = bytes, .size = size };
    hyt_status status = get_file(&r, &file);
    hyti_free(context, r.inputs);
    if (status == HYT_OK) *out = r.graph;
    else hyt_graph_destroy(r.graph);
    return status;
}

hyt_status hyt_model_load(hyt_context *context, const char *path, hyt_graph **out)
{
    void *bytes;
    size_t size;
    HYTI_NEED(path);
    HYTI_NEED(out);
    HYTI_TRY(hyti_file_read(context, path, (size_t)1 << 31, &bytes, &size));
    bool onnx = !hyti_tflite_is(bytes, size) && hyti_onnx_is(bytes, size);
    hyt_status status =
        onnx ? hyti_onnx_take_file(context, &bytes, size, out) : hyt_model_parse(context, bytes, size, out);
    if (status != HYT_OK && status != HYT_ERR_NOMEM) status = hyti_fail_within(status, "%s", path);
    hyti_free_aligned(context, bytes);
    return status;
}
