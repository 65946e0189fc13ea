/* SPDX-License-Identifier: MIT */
/* Forwards over the nodes: shapes, constants, quantisation, views, patterns. */
#include "formats/onnx.h"

/* Readers of the result are readers of `id` from now on. */
void hyti_onnx_alias(onnx_model *model, onnx_id result, onnx_id id)
{
    model->values[result].alias = id;
    model->values[id].uses += model->values[result].uses;
    if (model->values[id].uses) model->values[id].uses--;
}

hyt_status hyti_onnx_invent(onnx_model *model, const hyt_dims *dims, onnx_id *out)
{
    HYTI_TRY(
        hyti_grow(model->context, &model->values, &model->value_capacity, model->n_values + 1, sizeof *model->values));
    model->values[model->n_values] = (onnx_value){ .type = ONNX_FLOAT,
                                                   .dims = *dims,
                                                   .producer = ONNX_NONE,
                                                   .alias = ONNX_NONE,
                                                   .invented = true,
                                                   .graph = HYTI_NO_VALUE,
                                                   .other = HYTI_NO_VALUE };
    *out = (onnx_id)model->n_values++;
    return HYT_OK;
}

static void resolve(const onnx_model *model, onnx_id *id)
{
    if (*id != ONNX_NONE && model->values[*id].alias != ONNX_NONE) *id = model->values[*id].alias;
}

static bool all_constant(onnx_model *model, const onnx_node *node)
{
    for (size_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] != ONNX_NONE && !model->values[node->inputs[i]].constant) return false;
    return node->n_inputs > 0;
}

/* Operands that are known when the network runs are real numbers; what is int8 between QuantizeLinear and
 * DequantizeLinear is read by no other operator. */
static hyt_status check_operands(onnx_model *model, const onnx_node *node)
{
    char text[ONNX_MAX_NAME];
    for (size_t i = 0; i < node->n_inputs; i++) {
        const onnx_value *value = hyti_onnx_operand(model, node, i);
        if (!value || value->constant || value->type == ONNX_FLOAT) continue;
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "reads \"%s\" of type %s; only float32 is computed with",
                                hyti_onnx_name(value->name, text), hyti_onnx_type_name(value->type));
    }
    if (hyti_onnx_operand(model, node, 0)) return HYT_OK;
    return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "operand 0 is left out");
}

static hyt_status check_results(onnx_model *model, const onnx_node *node)
{
    for (size_t i = 0; i < node->n_outputs; i++) {
        if (node->outputs[i] == ONNX_NONE) continue;
        const hyt_dims *dims = &model->values[node->outputs[i]].dims;
        size_t count;
        for (size_t j = 0; j < dims->rank; j++)
            if (dims->size[j] < 1 || dims->size[j] > HYTI_MAX_SIDE)
                return hyti_onnx_refuse(HYT_ERR_RANGE, node,
                                        "its result has size %zu along axis %zu, not from 1 to 2^31", dims->size[j], j);
        if (!hyti_dims_count(dims, &count) || count > HYTI_MAX_VALUES)
            return hyti_onnx_refuse(HYT_ERR_RANGE, node, "its result has more than 2^36 values");
    }
    return HYT_OK;
}

static bool same_dims(const hyt_dims *a, const hyt_dims *b)
{
    if (a->rank != b->rank) return false;
    for (size_t i = 0; i < a->rank; i++)
        if (a->size[i] != b->size[i]) return false;
    return true;
}

/* Nodes whose result is what they read. */
static hyt_status pass_on(onnx_model *model, const onnx_node *node, bool *done)
{
    int64_t type = ONNX_FLOAT;
    if (node->op == ONNX_CAST && !hyti_onnx_constant(model, node, 0))
        HYTI_TRY(hyti_onnx_number(node, "to", ONNX_NO_TYPE, &type));
    if (type != ONNX_FLOAT)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "from float32 to %s",
                                hyti_onnx_type_name((int)HYTI_MIN(type, 99)));
    *done = node->op == ONNX_IDENTITY || node->op == ONNX_DROPOUT || node->op == ONNX_CAST ||
            (node->op == ONNX_EXPAND &&
             same_dims(&hyti_onnx_operand(model, node, 0)->dims, &model->values[node->outputs[0]].dims));
    if (*done) hyti_onnx_alias(model, node->outputs[0], node->inputs[0]);
    return HYT_OK;
}

static hyt_status visit(onnx_model *model, onnx_node *node)
{
    bool done;
    for (size_t i = 0; i < node->n_inputs; i++) resolve(model, &node->inputs[i]);
    HYTI_TRY(hyti_onnx_fold_source(model, node, &done));
    if (done) return HYT_OK;
    HYTI_TRY(hyti_onnx_quantise(model, node, &done));
    if (done) return HYT_OK;
    HYTI_TRY(check_operands(model, node));
    bool constant = all_constant(model, node) && node->op != ONNX_IDENTITY && node->op != ONNX_DROPOUT;
    HYTI_TRY(hyti_onnx_shape(model, node));
    if (constant) HYTI_TRY(hyti_onnx_fold(model, node, &done));
    if (done) return HYT_OK;
    HYTI_TRY(check_results(model, node));
    HYTI_TRY(pass_on(model, node, &done));
    if (done) return HYT_OK;
    return hyti_onnx_is_view(node->op) ? hyti_onnx_view(model, node) : hyti_onnx_pattern(model, node);
}

hyt_status hyti_onnx_walk(onnx_model *model)
{
    for (size_t i = 0; i < model->n_nodes; i++)
        for (size_t j = 0; j < model->nodes[i].n_inputs; j++)
            if (model->nodes[i].inputs[j] != ONNX_NONE) model->values[model->nodes[i].inputs[j]].uses++;
    for (size_t i = 0; i < model->n_nodes; i++) HYTI_TRY(visit(model, &model->nodes[i]));
    resolve(model, &model->output);
    return HYT_OK;
}
