/* SPDX-License-Identifier: MIT */
/* To the graph: first backwards what the result depends on, then forwards an operation (or a few) for each node. */
#include "formats/onnx_emit.h"
#include <string.h>

static onnx_value *result_of(onnx_model *model, const onnx_node *node)
{
    return &model->values[node->outputs[0]];
}

static hyt_status unsupported(const onnx_node *node, const char *what)
{
    return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "%s", what);
}

/* Backwards. A view of a whole value is made by who reads it, so only what it is a view of is needed. */

static bool is_lazy(const onnx_model *model, const onnx_value *value)
{
    return value->view && !value->solid && hyti_onnx_view_is_whole(model, value->view);
}

static void need(onnx_model *model, onnx_id id)
{
    if (id == ONNX_NONE) return;
    onnx_value *value = &model->values[id];
    value->needed = true;
    if (is_lazy(model, value)) model->values[value->view->source].needed = true;
}

/* A right operand that is its own transpose of the last two axes is read as it lies. */
static void read_transposed(onnx_model *model, onnx_node *node)
{
    const onnx_node *maker = hyti_onnx_maker(model, node->inputs[1]);
    if (!maker || maker->op != ONNX_TRANSPOSE) return;
    size_t rank = model->values[node->inputs[1]].dims.rank;
    for (size_t i = 0; i < rank; i++) {
        size_t wanted = i + 2 < rank ? i : 2 * rank - 3 - i;
        if (maker->move->axis[i] != (int)wanted) return;
    }
    node->inputs[1] = maker->inputs[0];
    node->flipped = true;
}

static bool makes_needed(const onnx_model *model, const onnx_node *node)
{
    for (size_t i = 0; i < node->n_outputs; i++) {
        const onnx_value *value = node->outputs[i] == ONNX_NONE ? NULL : &model->values[node->outputs[i]];
        if (value && value->needed && !value->constant && value->alias == ONNX_NONE && !is_lazy(model, value))
            return true;
    }
    return false;
}

static void find_needed(onnx_model *model)
{
    need(model, model->output);
    for (size_t i = model->n_nodes; i-- > 0;) {
        onnx_node *node = &model->nodes[i];
        if (!makes_needed(model, node)) continue;
        if (node->op == ONNX_MAT_MUL) read_transposed(model, node);
        const onnx_value *value = result_of(model, node);
        if (value->view && value->solid && hyti_onnx_view_is_whole(model, value->view))
            need(model, value->view->source);
        for (size_t j = 0; j < node->n_inputs; j++) need(model, node->inputs[j]);
    }
}

/* Elementwise */

static hyt_op activation_of(onnx_op op)
{
    static const struct {
        onnx_op from;
        hyt_op to;
    } rows[] = { { ONNX_RELU, HYT_OP_RELU },
                 { ONNX_RELU6, HYT_OP_RELU6 },
                 { ONNX_SILU, HYT_OP_SILU },
                 { ONNX_SIGMOID, HYT_OP_SIGMOID },
                 { ONNX_GELU, HYT_OP_GELU },
                 { ONNX_HARD_SWISH, HYT_OP_HARD_SWISH },
                 { ONNX_HARD_SIGMOID, HYT_OP_HARD_SIGMOID } };
    for (size_t i = 0; i < HYTI_COUNT(rows); i++)
        if (rows[i].from == op) return rows[i].to;
    return HYT_OP_COUNT;
}

/* A convolution in int8 whose own result the file does not quantise, only that of the activation after it. */
static hyt_status share_precision(onnx_model *model, hyt_value x, const onnx_value *result)
{
    const hyti_node *conv = &model->graph->nodes[x];
    if (conv->op != HYT_OP_CONV || conv->quantised || !result->quantised || conv->uses != 1) return HYT_OK;
    if (!model->graph->nodes[conv->inputs[0]].quantised || !model->graph->parameters[conv->parameters[0]].scales)
        return HYT_OK;
    return hyt_graph_set_precision(model->graph, x, HYT_INT8);
}

static hyt_status emit_activation(onnx_model *model, const onnx_node *node)
{
    hyt_value x;
    HYTI_TRY(hyti_onnx_any(model, node, node->inputs[0], &x));
    HYTI_TRY(hyti_onnx_append_one(model, node, node->outputs[0], (hyti_node){ .op = activation_of(node->op) }, x,
                                  &result_of(model, node)->graph));
    return share_precision(model, x, result_of(model, node));
}

static bool same(const hyt_dims *a, const hyt_dims *b)
{
    return a->rank == b->rank && memcmp(a->size, b->size, a->rank * sizeof *a->size) == 0;
}

/* The operand that is not smaller than the sum, in a form to which the other can be broadcast. */
static hyt_status full_operand(onnx_model *model, const onnx_node *node, onnx_id id, bool equal, hyt_value *out)
{
    hyt_dims dims;
    size_t lead;
    HYTI_TRY(hyti_onnx_any(model, node, id, out));
    if (equal) return HYT_OK;
    if (!hyti_onnx_natural(&model->values[id].dims, &dims, &lead))
        return unsupported(node, "more than 5 axes and a batch");
    return hyti_onnx_form(model, node, id, &dims, model->graph->nodes[*out].picture && dims.rank == 4, out);
}

/* left + right, left * right; the right one negated or inverted where it is taken away or divided by. */
static hyt_status emit_pair(onnx_model *model, const onnx_node *node, hyt_op op, onnx_change change)
{
    onnx_id left = node->inputs[0], right = node->inputs[1];
    const hyt_dims *whole = &result_of(model, node)->dims;
    if (change == ONNX_AS_IT_IS && (!same(&model->values[left].dims, whole) || model->values[left].constant)) {
        left = node->inputs[1];
        right = node->inputs[0];
    }
    const onnx_value *small = &model->values[right];
    if (!same(&model->values[left].dims, whole)) return unsupported(node, "both operands would be broadcast");
    bool equal = same(&small->dims, whole);
    hyt_value pair[2];
    HYTI_TRY(full_operand(model, node, left, equal, &pair[0]));
    hyt_dims dims = model->graph->nodes[pair[0]].dims;
    bool picture = model->graph->nodes[pair[0]].picture;
    if (!equal) dims = hyti_onnx_aligned(&small->dims, dims.rank);
    if (small->constant)
        HYTI_TRY(hyti_onnx_constant_value(model, node, small->constant, &dims, picture, change, &pair[1]));
    else HYTI_TRY(hyti_onnx_form(model, node, right, &dims, picture, &pair[1]));
    hyti_node draft = { .op = op, .inputs = pair, .n_inputs = 2 };
    return hyti_onnx_append(model, node, node->outputs[0], &draft, 0, false, &result_of(model, node)->graph);
}

static const onnx_tensor minus_one = { .type = ONNX_INT8, .count = 1, .bytes = (const unsigned char *)"\xFF" };

/* A difference of two values of the network: the right one times -1, added. */
static hyt_status emit_difference(onnx_model *model, const onnx_node *node)
{
    const onnx_value *right = &model->values[node->inputs[1]];
    if (right->constant) return emit_pair(model, node, HYT_OP_ADD, ONNX_NEGATED);
    hyt_value pair[2];
    onnx_id negative;
    const hyt_dims shape = right->dims;
    HYTI_TRY(hyti_onnx_any(model, node, node->inputs[1], &pair[0]));
    hyt_dims ones = { .rank = model->graph->nodes[pair[0]].dims.rank };
    for (size_t i = 0; i < ones.rank; i++) ones.size[i] = 1;
    HYTI_TRY(hyti_onnx_constant_value(model, node, &minus_one, &ones, model->graph->nodes[pair[0]].picture,
                                      ONNX_AS_IT_IS, &pair[1]));
    HYTI_TRY(hyti_onnx_invent(model, &shape, &negative));
    hyti_node draft = { .op = HYT_OP_MUL, .inputs = pair, .n_inputs = 2 };
    HYTI_TRY(hyti_onnx_append(model, node, ONNX_NONE, &draft, 0, false, &model->values[negative].graph));
    onnx_node sum = *node;
    onnx_id inputs[2] = { node->inputs[0], negative };
    sum.inputs = inputs;
    return emit_pair(model, &sum, HYT_OP_ADD, ONNX_AS_IT_IS);
}

static hyt_status emit_quotient(onnx_model *model, const onnx_node *node)
{
    if (model->values[node->inputs[1]].constant) return emit_pair(model, node, HYT_OP_MUL, ONNX_INVERTED);
    return unsupported(node, "a division by what is known only when the network runs");
}

/* Layers with weights */

static hyt_status emit_bias(onnx_model *model, const onnx_node *node, hyt_value value, const onnx_tensor *bias)
{
    return bias ? hyti_onnx_parameter(model, node, value, 1, bias, 0, 0) : HYT_OK;
}

static hyt_status emit_linear_on(onnx_model *model, const onnx_node *node, hyt_value x, size_t features, size_t columns)
{
    const onnx_tensor *weight = hyti_onnx_constant(model, node, 1), *bias = hyti_onnx_constant(model, node, 2);
    hyti_node draft = { .op = HYT_OP_LINEAR, .inputs = &x, .n_inputs = 1 };
    hyt_value *out = &result_of(model, node)->graph;
    HYTI_TRY(hyti_onnx_append(model, node, node->outputs[0], &draft, features, bias != NULL, out));
    HYTI_TRY(hyti_onnx_parameter(model, node, *out, 0, weight, columns, 0));
    HYTI_TRY(hyti_onnx_scales(model, *out, weight, columns ? 1 : 0));
    return emit_bias(model, node, *out, bias);
}

static hyt_status emit_linear(onnx_model *model, const onnx_node *node)
{
    const hyt_dims *weight = &hyti_onnx_constant(model, node, 1)->dims;
    size_t features = weight->size[node->flipped ? 1 : 0];
    hyt_value x;
    HYTI_TRY(hyti_onnx_last(model, node, node->inputs[0], &x));
    return emit_linear_on(model, node, x, features, node->flipped ? features : 0);
}

/* A pointwise convolution of a single pixel, as squeeze and excite has them, is a linear layer. */
static bool is_of_one_pixel(const hyti_node *conv, const hyt_dims *in)
{
    return in->size[2] == 1 && in->size[3] == 1 && conv->kernel[0] == 1 && conv->kernel[1] == 1 && conv->groups == 1 &&
           !conv->pad[0] && !conv->pad[1] && !conv->pad[2] && !conv->pad[3];
}

static hyt_status emit_conv(onnx_model *model, const onnx_node *node)
{
    const onnx_tensor *weight = hyti_onnx_constant(model, node, 1), *bias = hyti_onnx_constant(model, node, 2);
    const hyt_dims *in = &model->values[node->inputs[0]].dims;
    bool transposed = node->op == ONNX_CONV_TRANSPOSE;
    size_t features = transposed ? weight->dims.size[1] * node->draft->groups : weight->dims.size[0];
    hyt_value x, *out = &result_of(model, node)->graph;
    if (hyti_onnx_operand(model, node, 2) && !bias) return unsupported(node, "a bias that is no constant");
    if (!transposed && is_of_one_pixel(node->draft, in)) {
        hyt_dims row = { 2, { 1, in->size[1] } };
        HYTI_TRY(hyti_onnx_form(model, node, node->inputs[0], &row, false, &x));
        return emit_linear_on(model, node, x, features, 0);
    }
    HYTI_TRY(hyti_onnx_picture(model, node, node->inputs[0], &x));
    hyti_node draft = *node->draft;
    draft.op = transposed ? HYT_OP_CONV_TRANSPOSE : HYT_OP_CONV;
    draft.inputs = &x;
    draft.n_inputs = 1;
    HYTI_TRY(hyti_onnx_append(model, node, node->outputs[0], &draft, features, bias != NULL, out));
    HYTI_TRY(hyti_onnx_parameter(model, node, *out, 0, weight, 0, 0));
    if (!transposed) HYTI_TRY(hyti_onnx_scales(model, *out, weight, 0));
    return emit_bias(model, node, *out, bias);
}

static hyt_status emit_batch_norm(onnx_model *model, const onnx_node *node)
{
    hyt_value x, *out = &result_of(model, node)->graph;
    HYTI_TRY(hyti_onnx_picture(model, node, node->inputs[0], &x));
    hyti_node draft = { .op = HYT_OP_BATCH_NORM, .epsilon = node->draft->epsilon };
    HYTI_TRY(hyti_onnx_append_one(model, node, node->outputs[0], draft, x, out));
    for (size_t i = 0; i < 4; i++)
        HYTI_TRY(hyti_onnx_parameter(model, node, *out, i, hyti_onnx_constant(model, node, i + 1), 0, 0));
    return HYT_OK;
}

static hyt_status emit_layer_norm(onnx_model *model, const onnx_node *node)
{
    hyt_value x, *out = &result_of(model, node)->graph;
    HYTI_TRY(hyti_onnx_last(model, node, node->inputs[0], &x));
    hyti_node draft = { .op = HYT_OP_LAYER_NORM, .epsilon = node->draft->epsilon };
    HYTI_TRY(hyti_onnx_append_one(model, node, node->outputs[0], draft, x, out));
    HYTI_TRY(hyti_onnx_parameter(model, node, *out, 0, hyti_onnx_constant(model, node, 1), 0, 1));
    return hyti_onnx_parameter(model, node, *out, 1, hyti_onnx_constant(model, node, 2), 0, 0);
}

/* Pictures */

static hyt_status emit_on_picture(onnx_model *model, const onnx_node *node, hyti_node draft, hyt_op op)
{
    hyt_value x;
    HYTI_TRY(hyti_onnx_picture(model, node, node->inputs[0], &x));
    draft.op = op;
    return hyti_onnx_append_one(model, node, node->outputs[0], draft, x, &result_of(model, node)->graph);
}

static hyt_status emit_same_size(onnx_model *model, const onnx_node *node)
{
    const hyt_dims *in = &model->values[node->inputs[0]].dims, *out = &result_of(model, node)->dims;
    if (!same(in, out)) return emit_on_picture(model, node, *node->draft, HYT_OP_RESIZE);
    return hyti_onnx_any(model, node, node->inputs[0], &result_of(model, node)->graph);
}

/* Means over height and width, or over axes that follow each other. */
static hyt_status emit_mean(onnx_model *model, const onnx_node *node)
{
    const hyt_dims *in = &model->values[node->inputs[0]].dims;
    hyt_dims dims, joined = { 0 };
    size_t set = node->draft->axis, lead, first = 0, last;
    hyt_value x;
    if (in->rank == 4 && set == 12 && in->size[0] == 1)
        return emit_on_picture(model, node, (hyti_node){ 0 }, HYT_OP_GLOBAL_POOL);
    if (!hyti_onnx_natural(in, &dims, &lead)) return unsupported(node, "more than 5 axes and a batch");
    while (!(set >> first & 1)) first++;
    for (last = first; set >> last & 1; last++) {
    }
    if (set >> last || first + lead == 0)
        return unsupported(node, "a mean over axes that do not follow each other, or over the batch");
    first += lead;
    last += lead;
    for (size_t i = 0; i < dims.rank; i++) {
        if (i > first && i < last) joined.size[joined.rank - 1] *= dims.size[i];
        else joined.size[joined.rank++] = dims.size[i];
    }
    HYTI_TRY(hyti_onnx_form(model, node, node->inputs[0], &joined, false, &x));
    return hyti_onnx_append_one(model, node, node->outputs[0],
                                (hyti_node){ .op = HYT_OP_MEAN, .axis = first, .kept = 1 }, x,
                                &result_of(model, node)->graph);
}

/* Products and attention */

static hyt_status emit_mat_mul(onnx_model *model, const onnx_node *node)
{
    const hyt_dims *whole = &result_of(model, node)->dims, *left = &model->values[node->inputs[0]].dims;
    hyt_dims dims;
    size_t lead;
    hyt_value pair[2];
    if (!hyti_onnx_natural(whole, &dims, &lead)) return unsupported(node, "more than 5 axes and a batch");
    size_t rank = HYTI_MAX(dims.rank, (size_t)3);
    for (size_t i = 3; i <= whole->rank; i++)
        if (i > left->rank ? whole->size[whole->rank - i] != 1
                           : left->size[left->rank - i] != whole->size[whole->rank - i])
            return unsupported(node, "a left operand that would be broadcast");
    for (size_t i = 0; i < 2; i++) {
        dims = hyti_onnx_aligned(&model->values[node->inputs[i]].dims, rank);
        HYTI_TRY(hyti_onnx_form(model, node, node->inputs[i], &dims, false, &pair[i]));
    }
    hyti_node draft = { .op = HYT_OP_MATMUL, .inputs = pair, .n_inputs = 2, .transposed = node->flipped };
    return hyti_onnx_append(model, node, node->outputs[0], &draft, 0, false, &result_of(model, node)->graph);
}

/* q, k or v: all or a part of each row of its source. */
static hyt_status attention_operand(onnx_model *model, const onnx_node *node, size_t index, size_t width,
                                    hyt_value *out)
{
    const size_t *size = node->draft->dims.size;
    size_t tokens = index == 0 ? size[2] : node->draft->height, count = 0, begin = (size_t)node->splits[index];
    hyti_dims_count(&model->values[node->inputs[index]].dims, &count);
    hyt_dims dims = { 4, { 1, size[1], tokens, count / (size[1] * tokens) } };
    HYTI_TRY(hyti_onnx_form(model, node, node->inputs[index], &dims, false, out));
    if (dims.size[3] == width) return HYT_OK;
    hyti_node part = { .op = HYT_OP_SLICE, .axis = 3, .begin = begin, .end = begin + width, .step = 1 };
    return hyti_onnx_append_one(model, node, node->inputs[index], part, *out, out);
}

static hyt_status emit_attention(onnx_model *model, const onnx_node *node)
{
    size_t width = node->draft->dims.size[3] * (node->n_inputs <= 2 ? 3 : 1);
    hyt_value operands[4];
    for (size_t i = 0; i < node->n_inputs; i++) {
        const onnx_tensor *bias = i % 2 && i + 1 == node->n_inputs ? hyti_onnx_constant(model, node, i) : NULL;
        if (bias)
            HYTI_TRY(hyti_onnx_constant_value(model, node, bias, &bias->dims, false, ONNX_AS_IT_IS, &operands[i]));
        else HYTI_TRY(attention_operand(model, node, i, width, &operands[i]));
    }
    hyti_node draft = {
        .op = HYT_OP_ATTENTION, .inputs = operands, .n_inputs = node->n_inputs, .heads = node->draft->heads
    };
    return hyti_onnx_append(model, node, node->outputs[0], &draft, 0, false, &result_of(model, node)->graph);
}

/* Over the last axis; another one is brought there and back. Before opset 13 the axes from the given one on are one. */
static hyt_status emit_softmax(onnx_model *model, const onnx_node *node)
{
    const hyt_dims *in = &model->values[node->inputs[0]].dims;
    hyt_dims dims, rows = { 3, { 1, 1, 1 } };
    size_t axis = node->draft->axis, inner = 1, lead;
    hyti_node there = { .op = HYT_OP_TRANSPOSE }, back = there;
    hyt_value x, *out = &result_of(model, node)->graph;
    for (size_t i = axis + 1; i < in->rank; i++) inner *= in->size[i];
    if (inner == 1 || model->opset < 13) {
        for (size_t i = 0; i < in->rank; i++) rows.size[1 + (i >= axis)] *= in->size[i];
        if (axis + 1 == in->rank) HYTI_TRY(hyti_onnx_last(model, node, node->inputs[0], &x));
        else HYTI_TRY(hyti_onnx_form(model, node, node->inputs[0], &rows, false, &x));
        return hyti_onnx_append_one(model, node, node->outputs[0], (hyti_node){ .op = HYT_OP_SOFTMAX }, x, out);
    }
    if (!hyti_onnx_natural(in, &dims, &lead) || axis + lead == 0)
        return unsupported(node, "over the batch, or of more than 5 axes");
    HYTI_TRY(hyti_onnx_any(model, node, node->inputs[0], &x));
    back.as_picture = model->graph->nodes[x].picture && dims.rank == 4;
    HYTI_TRY(hyti_onnx_form(model, node, node->inputs[0], &dims, back.as_picture, &x));
    for (size_t i = 0, to = 0; i < dims.rank; i++)
        if (i != axis + lead) there.order[to++] = i;
    there.order[dims.rank - 1] = axis + lead;
    for (size_t i = 0; i < dims.rank; i++) back.order[there.order[i]] = i;
    HYTI_TRY(hyti_onnx_append_one(model, node, ONNX_NONE, there, x, &x));
    HYTI_TRY(hyti_onnx_append_one(model, node, node->outputs[0], (hyti_node){ .op = HYT_OP_SOFTMAX }, x, &x));
    return hyti_onnx_append_one(model, node, node->outputs[0], back, x, out);
}

/* Moves that are no view of a whole */

static hyt_status emit_concat(onnx_model *model, const onnx_node *node)
{
    hyt_dims dims;
    size_t lead;
    hyt_value x;
    HYTI_TRY(hyti_onnx_any(model, node, node->inputs[0], &x));
    if (!hyti_onnx_natural(&result_of(model, node)->dims, &dims, &lead) || node->draft->axis + lead == 0)
        return unsupported(node, "along the batch, or of more than 5 axes");
    size_t rank = dims.rank;
    bool picture = rank == 4 && lead == 0 && model->graph->nodes[x].picture;
    hyt_value *operands = hyti_array(model->context, node->n_inputs, sizeof *operands);
    hyt_status status = operands ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; status == HYT_OK && i < node->n_inputs; i++) {
        dims = hyti_onnx_aligned(&model->values[node->inputs[i]].dims, rank);
        status = hyti_onnx_form(model, node, node->inputs[i], &dims, picture, &operands[i]);
    }
    hyti_node draft = {
        .op = HYT_OP_CONCAT, .inputs = operands, .n_inputs = node->n_inputs, .axis = node->draft->axis + lead
    };
    if (status == HYT_OK)
        status = hyti_onnx_append(model, node, node->outputs[0], &draft, 0, false, &result_of(model, node)->graph);
    hyti_free(model->context, operands);
    return status;
}

static hyt_status cut(onnx_model *model, const onnx_node *node, onnx_id id, size_t axis, int64_t begin, int64_t step,
                      size_t size, hyt_value *x)
{
    if (axis == 0 || step < 1 || begin < 0) return unsupported(node, "a part of the batch, or from back to front");
    if (size > (HYTI_MAX_SIDE - 1) / (size_t)step) return unsupported(node, "a step beyond its operand");
    hyti_node draft = { .op = HYT_OP_SLICE,
                        .axis = axis,
                        .begin = (size_t)begin,
                        .step = (size_t)step,
                        .end = (size_t)begin + (size - 1) * (size_t)step + 1 };
    return hyti_onnx_append_one(model, node, id, draft, *x, x);
}

/* SLICE, SPLIT, GATHER: one operation an axis that is cut. */
static hyt_status emit_part(onnx_model *model, const onnx_node *node, size_t index)
{
    onnx_id id = node->outputs[index];
    const hyt_dims in = model->values[node->inputs[0]].dims, out = model->values[id].dims;
    hyt_dims dims;
    size_t lead, only = node->op == ONNX_SLICE ? HYT_MAX_RANK : (size_t)node->move->axis[0];
    hyt_value x;
    if (!hyti_onnx_natural(&in, &dims, &lead)) return unsupported(node, "more than 5 axes and a batch");
    HYTI_TRY(hyti_onnx_any(model, node, node->inputs[0], &x));
    HYTI_TRY(hyti_onnx_form(model, node, node->inputs[0], &dims, dims.rank == 4 && model->graph->nodes[x].picture, &x));
    for (size_t i = 0; i < in.rank; i++) {
        int64_t begin = node->op == ONNX_SPLIT ? node->splits[index] : node->move->begin[i], step = node->move->step[i];
        size_t size = out.size[HYTI_MIN(i, (size_t)HYT_MAX_RANK - 1)], count;
        if (only != HYT_MAX_RANK && i != only) continue;
        if (node->op == ONNX_GATHER) {
            hyti_dims_count(&model->values[node->inputs[1]].dims, &count);
            size = count;
        }
        if (size == 1) step = 1;
        if (begin == 0 && size == in.size[i]) continue;
        HYTI_TRY(cut(model, node, id, i + lead, begin, step, size, &x));
    }
    model->values[id].graph = x;
    return HYT_OK;
}

static hyt_status emit_order(onnx_model *model, const onnx_node *node)
{
    const hyt_dims *in = &model->values[node->inputs[0]].dims;
    hyt_dims dims;
    size_t lead;
    hyti_node order = { .op = HYT_OP_TRANSPOSE };
    hyt_value x;
    if (!hyti_onnx_natural(in, &dims, &lead)) return unsupported(node, "more than 5 axes and a batch");
    if (lead == 0 && node->move->axis[0] != 0) {
        lead = 1;
        if (in->rank == HYT_MAX_RANK) return unsupported(node, "more than 5 axes and a batch");
        dims = hyti_onnx_aligned(in, in->rank + 1);
    }
    HYTI_TRY(hyti_onnx_form(model, node, node->inputs[0], &dims, false, &x));
    for (size_t i = 0; i < in->rank; i++) order.order[i + lead] = (size_t)node->move->axis[i] + lead;
    return hyti_onnx_append_one(model, node, node->outputs[0], order, x, &result_of(model, node)->graph);
}

static hyt_status emit_view(onnx_model *model, const onnx_node *node)
{
    for (size_t i = 0; i < node->n_outputs; i++) {
        onnx_value *value = node->outputs[i] == ONNX_NONE ? NULL : &model->values[node->outputs[i]];
        if (!value || !value->needed || value->graph != HYTI_NO_VALUE || is_lazy(model, value)) continue;
        hyt_value x;
        if (hyti_onnx_view_is_whole(model, value->view)) HYTI_TRY(hyti_onnx_any(model, node, node->outputs[i], &x));
        else if (node->op == ONNX_SLICE || node->op == ONNX_SPLIT || node->op == ONNX_GATHER)
            HYTI_TRY(emit_part(model, node, i));
        else if (node->op == ONNX_TRANSPOSE) HYTI_TRY(emit_order(model, node));
        else HYTI_TRY(hyti_onnx_any(model, node, node->inputs[0], &value->graph));
    }
    return HYT_OK;
}

static hyt_status emit_node(onnx_model *model, const onnx_node *node)
{
    if (hyti_onnx_is_view(node->op)) return emit_view(model, node);
    switch (node->op) {
    case ONNX_RELU:
    case ONNX_RELU6:
    case ONNX_SILU:
    case ONNX_SIGMOID:
    case ONNX_GELU:
    case ONNX_HARD_SWISH:
    case ONNX_HARD_SIGMOID:
        return emit_activation(model, node);
    case ONNX_ADD:
        return emit_pair(model, node, HYT_OP_ADD, ONNX_AS_IT_IS);
    case ONNX_MUL:
        return emit_pair(model, node, HYT_OP_MUL, ONNX_AS_IT_IS);
    case ONNX_SUB:
        return emit_difference(model, node);
    case ONNX_DIV:
        return emit_quotient(model, node);
    case ONNX_LINEAR:
        return emit_linear(model, node);
    case ONNX_CONV:
    case ONNX_CONV_TRANSPOSE:
        return emit_conv(model, node);
    case ONNX_BATCH_NORMALIZATION:
        return emit_batch_norm(model, node);
    case ONNX_LAYER_NORMALIZATION:
        return emit_layer_norm(model, node);
    case ONNX_MAX_POOL:
        return emit_on_picture(model, node, *node->draft, HYT_OP_MAX_POOL);
    case ONNX_AVERAGE_POOL:
        return emit_on_picture(model, node, *node->draft, HYT_OP_AVERAGE_POOL);
    case ONNX_GLOBAL_AVERAGE_POOL:
        return emit_on_picture(model, node, *node->draft, HYT_OP_GLOBAL_POOL);
    case ONNX_PAD:
        return emit_on_picture(model, node, *node->draft, HYT_OP_PAD);
    case ONNX_RESIZE:
    case ONNX_UPSAMPLE:
        return emit_same_size(model, node);
    case ONNX_REDUCE_MEAN:
        return emit_mean(model, node);
    case ONNX_MAT_MUL:
        return emit_mat_mul(model, node);
    case ONNX_ATTENTION:
        return emit_attention(model, node);
    case ONNX_SOFTMAX:
        return emit_softmax(model, node);
    case ONNX_CONCAT:
        return emit_concat(model, node);
    default:
        return unsupported(node, "not provided outside of the chains that are recognised");
    }
}

/* The graph's input is a picture; fewer axes are one with fewer rows or channels. */
static hyt_status emit_input(onnx_model *model)
{
    onnx_value *value = &model->values[model->input];
    hyti_node draft = { .op = HYT_OP_INPUT, .dims = hyti_onnx_aligned(&value->dims, 4) };
    if (value->dims.rank == 3) draft.dims.size[0] = 1;
    return hyti_onnx_append(model, NULL, model->input, &draft, 0, false, &value->graph);
}

static hyt_status create_graph(onnx_model *model)
{
    const char *zero = model->name.length ? memchr(model->name.data, 0, model->name.length) : NULL;
    size_t length = zero ? (size_t)(zero - model->name.data) : model->name.length;
    char *name = hyti_alloc(model->context, length + 1);
    if (!name) return hyti_fail_nomem();
    if (length) memcpy(name, model->name.data, length);
    hyt_status status = hyt_graph_create(model->context, name, &model->graph);
    hyti_free(model->context, name);
    return status;
}

/* Most weights are constants of the file, as they are or turned about. */
static hyt_status reserve_weights(onnx_model *model)
{
    size_t count = 0, most = model->budget / sizeof(float);
    for (size_t i = 0; i < model->n_values; i++) {
        const onnx_value *value = &model->values[i];
        if (!value->constant || value->producer != ONNX_NONE || value->constant->type == ONNX_INT64) continue;
        if (value->constant->loan) continue;
        count += hyti_round_up(HYTI_MIN(value->constant->count, most), 16);
    }
    return hyti_graph_reserve_weights(model->graph, HYTI_MIN(count, most));
}

hyt_status hyti_onnx_emit(onnx_model *model)
{
    hyt_value result;
    hyt_dims dims;
    size_t lead;
    if (model->values[model->output].type != ONNX_FLOAT && !model->values[model->output].constant)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "the output is not float32");
    HYTI_TRY(create_graph(model));
    HYTI_TRY(emit_input(model));
    HYTI_TRY(reserve_weights(model));
    find_needed(model);
    for (size_t i = 0; i < model->n_nodes; i++)
        if (makes_needed(model, &model->nodes[i])) HYTI_TRY(emit_node(model, &model->nodes[i]));
    HYTI_TRY(hyti_onnx_any(model, NULL, model->output, &result));
    if (!hyti_onnx_natural(&model->values[model->output].dims, &dims, &lead))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "the output has more than 5 axes and a batch");
    bool picture = model->graph->nodes[result].picture && dims.rank == 4;
    HYTI_TRY(hyti_onnx_form(model, NULL, model->output, &dims, picture, &result));
    return hyt_graph_set_output(model->graph, result);
}
