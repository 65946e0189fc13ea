/* SPDX-License-Identifier: MIT */
/* Values of the model as values of the graph, in the form that an operation needs. */
#include "formats/onnx_emit.h"
#include <math.h>
#include <string.h>

/* Tokens of one picture are rows of rank 4 (N,P,T,D), whichever of the two axes the file left out. */
bool hyti_onnx_natural(const hyt_dims *dims, hyt_dims *out, size_t *lead)
{
    bool batched = dims->rank == 2 || dims->rank >= 4;
    *lead = batched && dims->size[0] == 1 ? 0 : dims->rank == 0 ? 2 : 1;
    if (dims->rank + *lead > HYT_MAX_RANK) return false;
    *out = hyti_onnx_aligned(dims, dims->rank + *lead);
    return true;
}

hyt_dims hyti_onnx_aligned(const hyt_dims *dims, size_t rank)
{
    hyt_dims out = { .rank = rank };
    for (size_t i = 0; i < rank; i++) out.size[i] = i + dims->rank < rank ? 1 : dims->size[i + dims->rank - rank];
    return out;
}

static hyt_status annotate(onnx_model *model, onnx_id id, hyt_value value)
{
    const onnx_value *source = id == ONNX_NONE ? NULL : &model->values[id];
    if (!source || !source->quantised) return HYT_OK;
    HYTI_TRY(hyt_graph_set_quantisation(model->graph, value, source->scale, source->zero));
    return hyt_graph_set_precision(model->graph, value, HYT_INT8);
}

hyt_status hyti_onnx_append(onnx_model *model, const onnx_node *node, onnx_id id, const hyti_node *draft,
                            size_t features, bool bias, hyt_value *out)
{
    char text[ONNX_MAX_NAME];
    hyt_status status = hyti_graph_append(model->graph, draft, features, bias, out);
    if (status == HYT_OK) return annotate(model, id, *out);
    if (status == HYT_ERR_NOMEM) return status;
    if (!node) return hyti_fail_within(HYT_ERR_UNSUPPORTED, "ONNX graph");
    return hyti_fail_within(HYT_ERR_UNSUPPORTED, "node \"%s\" (%s)", hyti_onnx_name(node->name, text),
                            hyti_onnx_op_name(node->op));
}

hyt_status hyti_onnx_append_one(onnx_model *model, const onnx_node *node, onnx_id id, hyti_node draft, hyt_value input,
                                hyt_value *out)
{
    draft.inputs = &input;
    draft.n_inputs = 1;
    return hyti_onnx_append(model, node, id, &draft, 0, false, out);
}

/* Constants and parameters */

static hyt_status copy_parameter(onnx_model *model, size_t index, const onnx_tensor *tensor, size_t columns, float fill)
{
    hyti_parameter *parameter = &model->graph->parameters[index];
    HYTI_TRY(hyti_onnx_spend(model, parameter->count, sizeof(float)));
    HYTI_TRY(hyti_graph_make_room(model->graph, index));
    if (tensor) hyti_onnx_floats(tensor, columns, parameter->data);
    for (size_t i = 0; !tensor && i < parameter->count; i++) parameter->data[i] = fill;
    return HYT_OK;
}

static hyt_status check_count(const onnx_model *model, const onnx_node *node, size_t index, const onnx_tensor *tensor)
{
    size_t count = model->graph->parameters[index].count;
    if (!tensor || tensor->count == count) return HYT_OK;
    return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu values for a parameter of %zu", tensor->count, count);
}

hyt_status hyti_onnx_parameter(onnx_model *model, const onnx_node *node, hyt_value value, size_t index,
                               const onnx_tensor *tensor, size_t columns, float fill)
{
    size_t place = model->graph->nodes[value].parameters[index];
    hyti_parameter *parameter = &model->graph->parameters[place];
    HYTI_TRY(check_count(model, node, place, tensor));
    if (tensor) HYTI_TRY(hyti_onnx_take_loan(model, tensor, columns, &parameter->data));
    parameter->shared = parameter->data != NULL;
    return parameter->data ? HYT_OK : copy_parameter(model, place, tensor, columns, fill);
}

hyt_status hyti_onnx_constant_value(onnx_model *model, const onnx_node *node, const onnx_tensor *tensor,
                                    const hyt_dims *dims, bool picture, onnx_change change, hyt_value *out)
{
    hyti_node draft = { .op = HYT_OP_CONSTANT, .dims = *dims, .as_picture = picture };
    HYTI_TRY(hyti_onnx_append(model, node, ONNX_NONE, &draft, 0, false, out));
    if (change == ONNX_AS_IT_IS) return hyti_onnx_parameter(model, node, *out, 0, tensor, 0, 0);
    size_t place = model->graph->nodes[*out].parameters[0];
    HYTI_TRY(check_count(model, node, place, tensor));
    HYTI_TRY(copy_parameter(model, place, tensor, 0, 0)); /* others may read the same constant as it is */
    float *data = model->graph->parameters[place].data;
    for (size_t i = 0; i < tensor->count; i++) data[i] = change == ONNX_NEGATED ? -data[i] : 1 / data[i];
    return HYT_OK;
}

/* int8 from -127 to 127 (or uint8, 128 higher), with a zero point in the middle. */
static bool is_symmetric(const onnx_tensor *tensor)
{
    int64_t middle = tensor->type == ONNX_UINT8 ? 128 : 0;
    if (!tensor->scales || (tensor->type != ONNX_INT8 && tensor->type != ONNX_UINT8)) return false;
    if (!tensor->zeros && middle) return false;
    for (size_t i = 0; tensor->zeros && i < tensor->zeros->count; i++)
        if (hyti_onnx_int_at(tensor->zeros, i) != middle) return false;
    unsigned char lowest = tensor->type == ONNX_UINT8 ? 0 : 128; /* the byte of -128 */
    return !memchr(tensor->bytes, lowest, tensor->count);
}

hyt_status hyti_onnx_scales(onnx_model *model, hyt_value value, const onnx_tensor *tensor, size_t channel_axis)
{
    if (!is_symmetric(tensor) || (tensor->scales->count > 1 && tensor->axis != channel_axis)) return HYT_OK;
    size_t count = tensor->dims.size[channel_axis];
    float *scales = hyti_array(model->context, count, sizeof *scales);
    if (!scales) return hyti_fail_nomem();
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        scales[i] = (float)hyti_onnx_real_at(tensor->scales, tensor->scales->count == 1 ? 0 : i);
        good &= isfinite(scales[i]) && scales[i] > 0;
    }
    hyt_status status =
        good ? hyt_graph_set_scales(model->graph, model->graph->nodes[value].parameters[0], scales, count) : HYT_OK;
    hyti_free(model->context, scales);
    return status;
}

/* Views as operations */

typedef struct moving {
    onnx_model *model;
    const onnx_node *node;
    onnx_id id; /* whose value is made */
    onnx_id source;
    onnx_axis axes[ONNX_MAX_AXES]; /* joined */
    size_t n_axes;
} moving;

static bool has_axes(const moving *m, const onnx_axis *axes, size_t count)
{
    onnx_view view = { .n_axes = count };
    onnx_axis wanted[ONNX_MAX_AXES];
    memcpy(view.axes, axes, count * sizeof *axes);
    return hyti_onnx_join(&view, wanted) == m->n_axes && memcmp(wanted, m->axes, m->n_axes * sizeof *wanted) == 0;
}

#define MAX_PATCH 64

/* N,C,H,W to patches: N,p*p,(H/p)(W/p),C or, windows first, N,(H/p)(W/p),p*p,C. */
static bool is_unfold(const moving *m, const hyt_dims *in, size_t p, bool windows)
{
    size_t c = in->size[1], h = in->size[2], w = in->size[3];
    if (h % p || w % p) return false;
    const onnx_axis apart[] = { { p, w }, { p, 1 }, { h / p, p * w }, { w / p, p }, { c, h * w } };
    const onnx_axis first[] = { { h / p, p * w }, { w / p, p }, { p, w }, { p, 1 }, { c, h * w } };
    return has_axes(m, windows ? first : apart, 5);
}

/* Back to N,C,H,W. */
static bool is_fold(const moving *m, const hyt_dims *out, size_t p, bool windows)
{
    size_t c = out->size[1], h = out->size[2], w = out->size[3];
    if (h % p || w % p) return false;
    size_t wide = w / p, patches = h / p * wide;
    const onnx_axis apart[] = {
        { c, 1 }, { h / p, wide * c }, { p, p * patches * c }, { wide, c }, { p, patches * c }
    };
    const onnx_axis first[] = { { c, 1 }, { h / p, wide * p * p * c }, { p, p * c }, { wide, p * p * c }, { p, c } };
    return has_axes(m, windows ? first : apart, 5);
}

static hyt_status try_unfold(moving *m, bool *done)
{
    const hyt_dims *in = &m->model->values[m->source].dims;
    hyt_value x = m->model->values[m->source].graph, *out = &m->model->values[m->id].graph;
    if (in->rank != 4 || in->size[0] != 1 || x == HYTI_NO_VALUE || !m->model->graph->nodes[x].picture) return HYT_OK;
    for (size_t p = 1; p <= MAX_PATCH && p <= HYTI_MIN(in->size[2], in->size[3]); p++)
        for (size_t windows = 0; windows < 2; windows++) {
            if (!is_unfold(m, in, p, windows)) continue;
            *done = true;
            HYTI_TRY(hyti_onnx_picture(m->model, m->node, m->source, &x));
            return hyti_onnx_append_one(m->model, m->node, m->id,
                                        (hyti_node){ .op = HYT_OP_UNFOLD, .patch = p, .windows_first = windows }, x,
                                        out);
        }
    return HYT_OK;
}

static hyt_status try_fold(moving *m, bool *done)
{
    const hyt_dims *to = &m->model->values[m->id].dims;
    hyt_value x, *out = &m->model->values[m->id].graph;
    if (to->rank != 4 || to->size[0] != 1) return HYT_OK;
    for (size_t p = 1; p <= MAX_PATCH && p <= HYTI_MIN(to->size[2], to->size[3]); p++)
        for (size_t windows = 0; windows < 2; windows++) {
            if (!is_fold(m, to, p, windows)) continue;
            size_t patches = to->size[2] / p * (to->size[3] / p);
            hyt_dims tokens = { 4, { 1, windows ? patches : p * p, windows ? p * p : patches, to->size[1] } };
            *done = true;
            HYTI_TRY(hyti_onnx_form(m->model, m->node, m->source, &tokens, false, &x));
            hyti_node fold = {
                .op = HYT_OP_FOLD, .patch = p, .windows_first = windows, .height = to->size[2], .width = to->size[3]
            };
            return hyti_onnx_append_one(m->model, m->node, m->id, fold, x, out);
        }
    return HYT_OK;
}

/* Split as the strides fall, ordered, and joined again by whoever reads it. */
static hyt_status transpose(moving *m)
{
    hyt_dims split = { .rank = m->n_axes + 1, .size = { 1 } };
    hyti_node order = { .op = HYT_OP_TRANSPOSE };
    hyt_value x;
    if (split.rank > HYT_MAX_RANK)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, m->node, "a transpose that splits its operand into %zu axes",
                                m->n_axes);
    for (size_t i = 0; i < m->n_axes; i++) {
        size_t place = 1; /* larger strides come first in the source */
        for (size_t j = 0; j < m->n_axes; j++) place += m->axes[j].stride > m->axes[i].stride;
        split.size[place] = m->axes[i].size;
        order.order[i + 1] = place;
    }
    HYTI_TRY(hyti_onnx_form(m->model, m->node, m->source, &split, false, &x));
    return hyti_onnx_append_one(m->model, m->node, m->id, order, x, &m->model->values[m->id].graph);
}

/* The value of a view of all that another value has. */
static hyt_status move(onnx_model *model, const onnx_node *node, onnx_id id)
{
    const onnx_view *view = model->values[id].view;
    moving m = { .model = model, .node = node, .id = id, .source = view->source };
    bool done = false;
    m.n_axes = hyti_onnx_join(view, m.axes);
    if (m.n_axes == 0 || (m.n_axes == 1 && m.axes[0].stride == 1))
        return hyti_onnx_any(model, node, view->source, &model->values[id].graph);
    HYTI_TRY(try_unfold(&m, &done));
    if (!done) HYTI_TRY(try_fold(&m, &done));
    return done ? HYT_OK : transpose(&m);
}

/* Forms */

hyt_status hyti_onnx_any(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out)
{
    char text[ONNX_MAX_NAME];
    onnx_value *value = &model->values[id];
    if (value->graph == HYTI_NO_VALUE && value->constant) {
        hyt_dims dims;
        size_t lead;
        if (!hyti_onnx_natural(&value->dims, &dims, &lead))
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a constant of more than 5 axes");
        HYTI_TRY(hyti_onnx_constant_value(model, node, value->constant, &dims, false, ONNX_AS_IT_IS, &value->graph));
    } else if (value->graph == HYTI_NO_VALUE && value->view) {
        HYTI_TRY(move(model, node, id));
    }
    if (value->graph == HYTI_NO_VALUE)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "the value \"%s\" cannot be computed", hyti_onnx_name(value->name, text));
    *out = value->graph;
    return HYT_OK;
}

static bool has_form(const onnx_model *model, hyt_value value, const hyt_dims *dims, bool picture)
{
    const hyti_node *node = &model->graph->nodes[value];
    if (node->picture != picture || node->dims.rank != dims->rank) return false;
    return memcmp(node->dims.size, dims->size, dims->rank * sizeof *dims->size) == 0;
}

hyt_status hyti_onnx_form(onnx_model *model, const onnx_node *node, onnx_id id, const hyt_dims *dims, bool picture,
                          hyt_value *out)
{
    onnx_value *value = &model->values[id];
    hyti_node reshape = { .op = HYT_OP_RESHAPE, .dims = *dims, .as_picture = picture };
    hyt_value any = HYTI_NO_VALUE;
    if (value->constant && value->graph == HYTI_NO_VALUE)
        HYTI_TRY(hyti_onnx_constant_value(model, node, value->constant, dims, picture, ONNX_AS_IT_IS, &value->graph));
    HYTI_TRY(hyti_onnx_any(model, node, id, &any));
    if (has_form(model, any, dims, picture)) {
        *out = any;
        return HYT_OK;
    }
    if (value->other == HYTI_NO_VALUE || !has_form(model, value->other, dims, picture))
        HYTI_TRY(hyti_onnx_append_one(model, node, id, reshape, any, &value->other));
    *out = value->other;
    return HYT_OK;
}

hyt_status hyti_onnx_rows(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out)
{
    hyt_dims dims;
    size_t lead;
    if (!hyti_onnx_natural(&model->values[id].dims, &dims, &lead))
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "an operand of more than 5 axes and a batch");
    return hyti_onnx_form(model, node, id, &dims, false, out);
}

hyt_status hyti_onnx_last(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out)
{
    const hyt_dims *dims = &model->values[id].dims;
    HYTI_TRY(hyti_onnx_any(model, node, id, out));
    const hyt_dims made = model->graph->nodes[*out].dims;
    if (dims->rank && made.size[made.rank - 1] == dims->size[dims->rank - 1])
        return hyti_onnx_form(model, node, id, &made, false, out);
    return hyti_onnx_rows(model, node, id, out);
}

hyt_status hyti_onnx_picture(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out)
{
    return hyti_onnx_form(model, node, id, &model->values[id].dims, true, out);
}
