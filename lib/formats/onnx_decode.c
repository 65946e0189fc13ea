/* SPDX-License-Identifier: MIT */
/* Messages to nodes and values. Everything is checked here that does not need shapes: wire types, counts, known
 * operators and attributes, names that are made once and before they are read (so that there is no cycle). */
#include "formats/onnx.h"
#include <string.h>

/* Names. Long ones are usual, so eight bytes a step. */
static uint64_t hash_of(onnx_text name)
{
    uint64_t hash = name.length * 0x9E3779B97F4A7C15u, word;
    for (size_t i = 0; i < name.length; i += 8) {
        word = 0;
        memcpy(&word, name.data + i, HYTI_MIN(name.length - i, (size_t)8));
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    return hash;
}

static size_t place_of(const onnx_model *model, onnx_text name)
{
    size_t place = hash_of(name) & (model->table_size - 1);
    for (; model->table[place] != ONNX_NONE; place = (place + 1) & (model->table_size - 1)) {
        onnx_text other = model->values[model->table[place]].name;
        if (other.length != name.length) continue;
        if (name.length == 0 || memcmp(other.data, name.data, name.length) == 0) break;
    }
    return place;
}

static hyt_status grow_table(onnx_model *model)
{
    if (2 * (model->n_values + 1) <= model->table_size) return HYT_OK;
    hyti_free(model->context, model->table);
    model->table_size = HYTI_MAX(2 * model->table_size, (size_t)512);
    model->table = hyti_array(model->context, model->table_size, sizeof *model->table);
    if (!model->table) return hyti_fail_nomem();
    memset(model->table, 0xFF, model->table_size * sizeof *model->table); /* ONNX_NONE */
    for (size_t i = 0; i < model->n_values; i++) model->table[place_of(model, model->values[i].name)] = (onnx_id)i;
    return HYT_OK;
}

static hyt_status add_value(onnx_model *model, onnx_text name, onnx_id *out)
{
    char text[ONNX_MAX_NAME];
    if (model->n_values >= ONNX_MAX_VALUES)
        return hyti_fail(HYT_ERR_RANGE, "a graph has at most %d values", ONNX_MAX_VALUES);
    HYTI_TRY(grow_table(model));
    size_t place = place_of(model, name);
    if (model->table[place] != ONNX_NONE)
        return hyti_fail(HYT_ERR_FORMAT, "the value \"%s\" is made twice", hyti_onnx_name(name, text));
    HYTI_TRY(
        hyti_grow(model->context, &model->values, &model->value_capacity, model->n_values + 1, sizeof *model->values));
    onnx_value *value = &model->values[model->n_values];
    *value = (onnx_value){
        .name = name, .producer = ONNX_NONE, .alias = ONNX_NONE, .graph = HYTI_NO_VALUE, .other = HYTI_NO_VALUE
    };
    model->table[place] = *out = (onnx_id)model->n_values++;
    return HYT_OK;
}

static hyt_status get_text(const hyti_wire *wire, const hyti_field *field, onnx_text *out)
{
    HYTI_TRY(hyti_wire_expect(wire, field, HYTI_WIRE_BYTES));
    *out = (onnx_text){ (const char *)field->bytes, field->size };
    return HYT_OK;
}

/* Attributes */

static float real_of(const hyti_field *field)
{
    uint32_t bits = (uint32_t)field->value;
    float real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

static hyt_status count_field(size_t *count, const hyti_field *field, size_t each)
{
    *count += field->type == HYTI_WIRE_BYTES ? field->size / each : 1;
    return HYT_OK;
}

/* How many numbers the message can hold at most, so that there is room for them. */
static hyt_status room_for_numbers(onnx_model *model, hyti_wire wire, onnx_attribute *attribute)
{
    size_t count = 0;
    hyti_field field;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 8) HYTI_TRY(count_field(&count, &field, 1));
        if (field.number == 7) HYTI_TRY(count_field(&count, &field, 4));
    }
    if (count == 0) return HYT_OK;
    attribute->numbers = hyti_onnx_take(model, count * sizeof *attribute->numbers);
    return attribute->numbers ? HYT_OK : hyti_fail_nomem();
}

static hyt_status get_floats(const hyti_wire *wire, const hyti_field *field, onnx_attribute *attribute)
{
    if (field->type == HYTI_WIRE_FIXED32) {
        attribute->numbers[attribute->n_numbers++] = (int64_t)field->value;
        return HYT_OK;
    }
    HYTI_TRY(hyti_wire_expect(wire, field, HYTI_WIRE_BYTES));
    for (size_t i = 0; i + 4 <= field->size; i += 4) {
        const unsigned char *b = field->bytes + i;
        attribute->numbers[attribute->n_numbers++] = b[0] | b[1] << 8 | b[2] << 16 | (int64_t)b[3] << 24;
    }
    return HYT_OK;
}

static hyt_status get_attribute_field(onnx_model *model, const onnx_node *node, hyti_wire *wire, hyti_field *field,
                                      onnx_attribute *to)
{
    char text[ONNX_MAX_NAME];
    hyti_wire inner;
    onnx_text unused;
    switch (field->number) {
    case 1:
        return get_text(wire, field, &to->name);
    case 2:
        to->real = real_of(field);
        return hyti_wire_expect(wire, field, HYTI_WIRE_FIXED32);
    case 3:
        to->number = (int64_t)field->value;
        return hyti_wire_expect(wire, field, HYTI_WIRE_VARINT);
    case 4:
        return get_text(wire, field, &to->text);
    case 5:
        HYTI_TRY(hyti_wire_enter(wire, field, "attribute tensor", &inner));
        return hyti_onnx_tensor(model, &inner, &unused, &to->tensor);
    case 7:
        return get_floats(wire, field, to);
    case 8:
        return hyti_wire_integers(wire, field, to->numbers, &to->n_numbers, SIZE_MAX);
    case 13:
        return HYT_OK; /* documentation */
    case 20:
        to->type = (int)field->value;
        return hyti_wire_expect(wire, field, HYTI_WIRE_VARINT);
    default:
        return hyti_onnx_refuse(
            HYT_ERR_UNSUPPORTED, node,
            "attribute \"%s\" holds field %u of its message (subgraphs, functions and lists of text "
            "are not read)",
            hyti_onnx_name(to->name, text), field->number);
    }
}

/* Older writers leave the type out: then it is what the message holds. */
static hyt_status get_attribute(onnx_model *model, onnx_node *node, hyti_wire *wire, onnx_attribute *to)
{
    hyti_field field;
    int last = 0;
    HYTI_TRY(room_for_numbers(model, *wire, to));
    while (hyti_wire_more(wire)) {
        HYTI_TRY(hyti_wire_next(wire, &field));
        HYTI_TRY(get_attribute_field(model, node, wire, &field, to));
        if (field.number >= 2 && field.number <= 8) last = (int)field.number - 1;
    }
    if (to->type == 0) to->type = last;
    return HYT_OK;
}

/* A word of a list with one space between words. */
static bool listed(const char *list, onnx_text word)
{
    while (*list) {
        size_t length = strcspn(list, " ");
        if (length == word.length && memcmp(list, word.data, length) == 0) return true;
        list += length + (list[length] == ' ');
    }
    return false;
}

/* Nodes */

static const struct op_row {
    const char *name;
    size_t least, most, outputs;
    const char *attributes;
} ops[] = {
#define ONNX_OP(op, name, least, most, outputs, attributes) { name, least, most, outputs, attributes },
#include "formats/onnx_ops.inc"
#undef ONNX_OP
};

const char *hyti_onnx_op_name(onnx_op op)
{
    return (size_t)op < HYTI_COUNT(ops) ? ops[op].name : op == ONNX_LINEAR ? "MatMul" : "fused";
}

static const struct op_row *find_op(onnx_text name)
{
    size_t low = 0, high = name.length ? HYTI_COUNT(ops) : 0;
    while (low < high) {
        size_t middle = (low + high) / 2, length = strlen(ops[middle].name);
        int order = memcmp(name.data, ops[middle].name, HYTI_MIN(name.length, length));
        if (order == 0) order = (name.length > length) - (name.length < length);
        if (order == 0) return &ops[middle];
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return NULL;
}

static hyt_status count_parts(hyti_wire wire, size_t counts[8])
{
    hyti_field field;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number < 8) counts[field.number]++;
    }
    return HYT_OK;
}

static hyt_status get_operand(onnx_model *model, onnx_node *node, onnx_text name)
{
    char text[ONNX_MAX_NAME];
    onnx_id id = ONNX_NONE;
    if (name.length) {
        id = model->table_size ? model->table[place_of(model, name)] : ONNX_NONE;
        if (id == ONNX_NONE)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node,
                                    "reads \"%s\", which nothing before it makes (nodes come in "
                                    "the order of their computation, without cycles)",
                                    hyti_onnx_name(name, text));
    }
    node->inputs[node->n_inputs++] = id;
    return HYT_OK;
}

/* Results that are left out at the end (of Dropout, for instance) are not made. */
static hyt_status get_result(onnx_model *model, onnx_node *node, onnx_text name)
{
    node->outputs[node->n_outputs] = ONNX_NONE;
    if (name.length) {
        HYTI_TRY(add_value(model, name, &node->outputs[node->n_outputs]));
        model->values[node->outputs[node->n_outputs]].producer = (int32_t)(node - model->nodes);
    }
    node->n_outputs++;
    return HYT_OK;
}

static hyt_status get_parts(onnx_model *model, onnx_node *node, hyti_wire wire)
{
    hyti_field field;
    hyti_wire inner;
    onnx_text name;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 1) {
            HYTI_TRY(get_text(&wire, &field, &name));
            HYTI_TRY(get_operand(model, node, name));
        } else if (field.number == 5) {
            HYTI_TRY(hyti_wire_enter(&wire, &field, "attribute", &inner));
            HYTI_TRY(get_attribute(model, node, &inner, &node->attributes[node->n_attributes++]));
        }
    }
    return HYT_OK;
}

static hyt_status get_results(onnx_model *model, onnx_node *node, hyti_wire wire)
{
    hyti_field field;
    onnx_text name;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number != 2) continue;
        HYTI_TRY(get_text(&wire, &field, &name));
        HYTI_TRY(get_result(model, node, name));
    }
    return HYT_OK;
}

static hyt_status check_node(const onnx_node *node)
{
    char text[ONNX_MAX_NAME];
    const struct op_row *row = &ops[node->op];
    if (node->n_inputs < row->least || node->n_inputs > row->most)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "has %zu operands, not from %zu to %zu", node->n_inputs,
                                row->least, row->most);
    for (size_t i = 0; i < row->least; i++)
        if (node->inputs[i] == ONNX_NONE && node->op != ONNX_RESIZE)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "operand %zu is left out", i);
    for (size_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] == ONNX_NONE ? i == 0 : i >= row->outputs)
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "result %zu is %s", i,
                                    i == 0 ? "left out" : "asked for, which is not provided");
    if (node->n_outputs == 0) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "has no result");
    for (size_t i = 0; i < node->n_attributes; i++) {
        if (!listed(row->attributes, node->attributes[i].name))
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "attribute \"%s\" is not known",
                                    hyti_onnx_name(node->attributes[i].name, text));
    }
    return HYT_OK;
}

/* Operator, name and domain come before the rest can be understood, wherever they lie. */
static hyt_status get_head(hyti_wire wire, onnx_text *op, onnx_text *name, onnx_text *domain)
{
    hyti_field field;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 3) HYTI_TRY(get_text(&wire, &field, name));
        if (field.number == 4) HYTI_TRY(get_text(&wire, &field, op));
        if (field.number == 7) HYTI_TRY(get_text(&wire, &field, domain));
    }
    return HYT_OK;
}

static hyt_status get_node(onnx_model *model, hyti_wire wire)
{
    char text[3][ONNX_MAX_NAME];
    onnx_text op = { 0 }, domain = { 0 };
    size_t counts[8] = { 0 };
    if (model->n_nodes >= ONNX_MAX_NODES)
        return hyti_fail(HYT_ERR_RANGE, "a graph has at most %d nodes", ONNX_MAX_NODES);
    HYTI_TRY(hyti_grow(model->context, &model->nodes, &model->node_capacity, model->n_nodes + 1, sizeof *model->nodes));
    onnx_node *node = &model->nodes[model->n_nodes];
    HYTI_TRY(get_head(wire, &op, &node->name, &domain));
    const struct op_row *row = find_op(op);
    if (!row || (domain.length && !hyti_onnx_text_is(domain, "ai.onnx")))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "node \"%s\": the operator %s%s%s is not provided",
                         hyti_onnx_name(node->name, text[0]), hyti_onnx_name(domain, text[1]), domain.length ? "." : "",
                         hyti_onnx_name(op, text[2]));
    node->op = (onnx_op)(row - ops);
    HYTI_TRY(count_parts(wire, counts));
    node->inputs = hyti_onnx_take(model, (counts[1] + counts[2]) * sizeof *node->inputs);
    node->attributes = hyti_onnx_take(model, counts[5] * sizeof *node->attributes);
    if (!node->inputs || !node->attributes) return hyti_fail_nomem();
    node->outputs = node->inputs + counts[1];
    model->n_nodes++;
    HYTI_TRY(get_parts(model, node, wire));
    HYTI_TRY(get_results(model, node, wire));
    return check_node(node);
}

/* Inputs */

static hyt_status get_dim(hyti_wire wire, size_t index, onnx_value *to)
{
    char text[ONNX_MAX_NAME], symbol[ONNX_MAX_NAME] = "";
    hyti_field field;
    int64_t size = -1;
    while (hyti_wire_more(&wire)) {
        onnx_text name;
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 1) {
            HYTI_TRY(hyti_wire_expect(&wire, &field, HYTI_WIRE_VARINT));
            size = (int64_t)field.value;
        } else if (field.number == 2) {
            HYTI_TRY(get_text(&wire, &field, &name));
            hyti_onnx_name(name, symbol);
        }
    }
    if (index == 0 && size <= 0) size = 1; /* a symbol, or what older writers put in its place */
    if (size < 1 || (uint64_t)size > HYTI_MAX_SIDE)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "input \"%s\": axis %zu is %s%lld, not a size from 1 to 2^31",
                         hyti_onnx_name(to->name, text), index, symbol, (long long)size);
    to->dims.size[index] = (size_t)size;
    return HYT_OK;
}

static hyt_status get_shape(hyti_wire wire, onnx_value *to)
{
    char text[ONNX_MAX_NAME];
    hyti_field field;
    hyti_wire dim;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number != 1) continue;
        if (to->dims.rank == HYT_MAX_RANK)
            return hyti_fail(HYT_ERR_UNSUPPORTED, "input \"%s\" has more than %d axes", hyti_onnx_name(to->name, text),
                             HYT_MAX_RANK);
        HYTI_TRY(hyti_wire_enter(&wire, &field, "dimension", &dim));
        HYTI_TRY(get_dim(dim, to->dims.rank, to));
        to->dims.rank++;
    }
    return HYT_OK;
}

static hyt_status get_tensor_type(hyti_wire wire, onnx_value *to)
{
    hyti_field field;
    hyti_wire shape;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 1) {
            HYTI_TRY(hyti_wire_expect(&wire, &field, HYTI_WIRE_VARINT));
            to->type = field.value <= ONNX_DOUBLE ? (onnx_type)field.value : ONNX_NO_TYPE;
        } else if (field.number == 2) {
            HYTI_TRY(hyti_wire_enter(&wire, &field, "shape", &shape));
            HYTI_TRY(get_shape(shape, to));
        }
    }
    return HYT_OK;
}

/* Name and, of a tensor, its type; what is no tensor keeps ONNX_NO_TYPE. */
static hyt_status get_value_info(hyti_wire wire, onnx_value *to)
{
    hyti_field field, kind;
    hyti_wire type, tensor;
    hyti_wire first = wire;
    while (hyti_wire_more(&first)) {
        HYTI_TRY(hyti_wire_next(&first, &field));
        if (field.number == 1) HYTI_TRY(get_text(&first, &field, &to->name));
    }
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number != 2) continue;
        HYTI_TRY(hyti_wire_enter(&wire, &field, "type", &type));
        while (hyti_wire_more(&type)) {
            HYTI_TRY(hyti_wire_next(&type, &kind));
            if (kind.number != 1) continue;
            HYTI_TRY(hyti_wire_enter(&type, &kind, "tensor type", &tensor));
            HYTI_TRY(get_tensor_type(tensor, to));
        }
    }
    return HYT_OK;
}

/* An input that an initializer gives a value is none. */
static hyt_status get_input(onnx_model *model, hyti_wire wire)
{
    char text[ONNX_MAX_NAME], other[ONNX_MAX_NAME];
    onnx_value found = { 0 };
    hyti_field field;
    hyti_wire names = wire;
    while (hyti_wire_more(&names)) {
        HYTI_TRY(hyti_wire_next(&names, &field));
        if (field.number == 1) HYTI_TRY(get_text(&names, &field, &found.name));
    }
    if (model->table_size && model->table[place_of(model, found.name)] != ONNX_NONE &&
        model->values[model->table[place_of(model, found.name)]].constant)
        return HYT_OK;
    HYTI_TRY(get_value_info(wire, &found));
    if (model->input != ONNX_NONE)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "two inputs, \"%s\" and \"%s\": a graph has one",
                         hyti_onnx_name(model->values[model->input].name, other), hyti_onnx_name(found.name, text));
    if (found.type != ONNX_FLOAT || found.dims.rank < 2 || found.dims.rank > 4)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "input \"%s\" is of type %s and rank %zu, not float32 of rank 2 to 4",
                         hyti_onnx_name(found.name, text), hyti_onnx_type_name(found.type), found.dims.rank);
    if (found.dims.size[0] != 1)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "input \"%s\" is a batch of %zu, not of 1 or of any size",
                         hyti_onnx_name(found.name, text), found.dims.size[0]);
    HYTI_TRY(add_value(model, found.name, &model->input));
    model->values[model->input].type = found.type;
    model->values[model->input].dims = found.dims;
    return HYT_OK;
}

static hyt_status get_initializer(onnx_model *model, hyti_wire wire)
{
    onnx_text name = { 0 };
    onnx_id id;
    onnx_tensor *tensor = hyti_onnx_take(model, sizeof *tensor);
    if (!tensor) return hyti_fail_nomem();
    HYTI_TRY(hyti_onnx_tensor(model, &wire, &name, tensor));
    HYTI_TRY(add_value(model, name, &id));
    model->values[id].constant = tensor;
    model->values[id].type = tensor->type;
    model->values[id].dims = tensor->dims;
    return HYT_OK;
}

/* Graph and model */

static hyt_status get_output(onnx_model *model, hyti_wire wire)
{
    char text[ONNX_MAX_NAME];
    hyti_field field;
    onnx_text name = { 0 };
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 1) HYTI_TRY(get_text(&wire, &field, &name));
    }
    if (model->output != ONNX_NONE)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "a second output, \"%s\": a graph has one", hyti_onnx_name(name, text));
    model->output = model->table_size ? model->table[place_of(model, name)] : ONNX_NONE;
    if (model->output == ONNX_NONE)
        return hyti_fail(HYT_ERR_FORMAT, "output \"%s\" is made by no node", hyti_onnx_name(name, text));
    return HYT_OK;
}

/* What of the graph is read in which turn, since a message may hold its fields in any order. */
static hyt_status get_graph_field(onnx_model *model, hyti_wire *wire, hyti_field *field, int turn)
{
    static const struct {
        uint32_t number;
        int turn;
        const char *part;
        hyt_status (*get)(onnx_model *model, hyti_wire wire);
    } parts[] = { { 5, 0, "initializer", get_initializer },
                  { 11, 1, "input", get_input },
                  { 1, 2, "node", get_node },
                  { 12, 3, "output", get_output } };
    hyti_wire inner;
    for (size_t i = 0; i < HYTI_COUNT(parts); i++) {
        if (field->number != parts[i].number || turn != parts[i].turn) continue;
        HYTI_TRY(hyti_wire_enter(wire, field, parts[i].part, &inner));
        return parts[i].get(model, inner);
    }
    if (field->number == 2 && turn == 0) return get_text(wire, field, &model->name);
    if (field->number == 15) return hyti_fail(HYT_ERR_UNSUPPORTED, "sparse initializers are not read");
    return HYT_OK;
}

static hyt_status get_graph(onnx_model *model, const hyti_wire *whole)
{
    hyti_field field;
    for (int turn = 0; turn < 4; turn++) {
        hyti_wire wire = *whole;
        while (hyti_wire_more(&wire)) {
            HYTI_TRY(hyti_wire_next(&wire, &field));
            HYTI_TRY(get_graph_field(model, &wire, &field, turn));
        }
    }
    if (model->input == ONNX_NONE) return hyti_fail(HYT_ERR_FORMAT, "the graph has no input");
    if (model->output == ONNX_NONE) return hyti_fail(HYT_ERR_FORMAT, "the graph has no output");
    return HYT_OK;
}

static hyt_status get_opset(onnx_model *model, hyti_wire wire)
{
    hyti_field field;
    onnx_text domain = { 0 };
    int64_t version = 0;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 1) HYTI_TRY(get_text(&wire, &field, &domain));
        if (field.number == 2) {
            HYTI_TRY(hyti_wire_expect(&wire, &field, HYTI_WIRE_VARINT));
            version = (int64_t)field.value;
        }
    }
    if (domain.length == 0 || hyti_onnx_text_is(domain, "ai.onnx")) model->opset = version;
    return HYT_OK;
}

hyt_status hyti_onnx_decode(onnx_model *model, const void *bytes, size_t size)
{
    hyti_wire wire = hyti_wire_start("ONNX model", bytes, size), inner, graph = { 0 };
    hyti_field field;
    while (hyti_wire_more(&wire)) {
        HYTI_TRY(hyti_wire_next(&wire, &field));
        if (field.number == 8) {
            HYTI_TRY(hyti_wire_enter(&wire, &field, "opset", &inner));
            HYTI_TRY(get_opset(model, inner));
        } else if (field.number == 7) {
            if (graph.part) return hyti_fail(HYT_ERR_FORMAT, "ONNX model: two graphs");
            HYTI_TRY(hyti_wire_enter(&wire, &field, "graph", &graph));
        }
    }
    if (!graph.part) return hyti_fail(HYT_ERR_FORMAT, "%zu bytes that are no ONNX model: they hold no graph", size);
    if (model->opset < 7 || model->opset > 21)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "ONNX model: opset %lld, not from 7 to 21", (long long)model->opset);
    return get_graph(model, &graph);
}
