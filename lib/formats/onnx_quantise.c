/* SPDX-License-Identifier: MIT */
/* QuantizeLinear and DequantizeLinear. Between the two a value of the network is int8 (or uint8, the same 128 lower):
 * that becomes a property of the value. A DequantizeLinear of a constant is a weight with scales. */
#include "formats/onnx.h"
#include <math.h>

/* Scales and zero points, constants both. */
typedef struct steps {
    const onnx_tensor *scales, *zeros; /* zeros NULL: all 0, of uint8 */
} steps;

static hyt_status get_steps(onnx_model *model, const onnx_node *node, steps *s)
{
    int64_t block, type;
    s->scales = hyti_onnx_constant(model, node, 1);
    s->zeros = hyti_onnx_constant(model, node, 2);
    if (!s->scales || (hyti_onnx_operand(model, node, 2) && !s->zeros))
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "scales or zero points that are no constants");
    HYTI_TRY(hyti_onnx_number(node, "block_size", 0, &block));
    HYTI_TRY(hyti_onnx_number(node, "output_dtype", 0, &type));
    if (block || type)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "attribute \"block_size\" or \"output_dtype\"");
    if (!hyti_onnx_is_real(s->scales) || s->scales->count == 0 || (s->zeros && hyti_onnx_is_real(s->zeros)))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "scales that are no real numbers, or zero points that are");
    for (size_t i = 0; i < s->scales->count; i++) {
        double scale = hyti_onnx_real_at(s->scales, i);
        if (!(scale > 0) || !isfinite(scale))
            return hyti_onnx_refuse(HYT_ERR_RANGE, node, "scale %zu is %g, not finite and above 0", i, scale);
    }
    if (s->zeros && s->zeros->count != s->scales->count && s->zeros->count != 1)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu zero points for %zu scales", s->zeros->count,
                                s->scales->count);
    return HYT_OK;
}

/* Where the scales lie along: one for all, or one for each place of an axis. */
static hyt_status get_axis(const onnx_node *node, const hyt_dims *dims, const steps *s, size_t *axis)
{
    int64_t number;
    *axis = 0;
    if (s->scales->count == 1) return HYT_OK;
    HYTI_TRY(hyti_onnx_number(node, "axis", 1, &number));
    HYTI_TRY(hyti_onnx_axis(node, number, dims->rank, axis));
    if (s->scales->count == dims->size[*axis]) return HYT_OK;
    return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu scales along an axis of %zu", s->scales->count,
                            dims->size[*axis]);
}

static hyt_status keep(onnx_model *model, const onnx_node *node, const onnx_tensor *tensor)
{
    onnx_value *value = &model->values[node->outputs[0]];
    value->constant = hyti_onnx_take(model, sizeof *tensor);
    if (!value->constant) return hyti_fail_nomem();
    *value->constant = *tensor;
    value->type = tensor->scales ? ONNX_FLOAT : tensor->type;
    value->dims = tensor->dims;
    return HYT_OK;
}

static hyt_status dequantise_constant(onnx_model *model, const onnx_node *node, const steps *s)
{
    onnx_tensor tensor = *hyti_onnx_constant(model, node, 0);
    if (tensor.scales || hyti_onnx_is_real(&tensor) || tensor.type == ONNX_INT64 || tensor.type == ONNX_BOOL)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "what it reads is not int8, uint8 or int32");
    if (s->zeros && s->zeros->type != tensor.type)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "zero points of another type than what it reads");
    HYTI_TRY(get_axis(node, &tensor.dims, s, &tensor.axis));
    tensor.scales = s->scales;
    tensor.zeros = s->zeros;
    return keep(model, node, &tensor);
}

/* Rounded half to even, saturated. */
static hyt_status quantise_constant(onnx_model *model, const onnx_node *node, const steps *s)
{
    const onnx_tensor *from = hyti_onnx_constant(model, node, 0);
    onnx_tensor to = { .type = s->zeros ? s->zeros->type : ONNX_UINT8, .dims = from->dims, .count = from->count };
    size_t axis, inner = 1;
    void *room;
    if (!hyti_onnx_is_real(from) || (to.type != ONNX_INT8 && to.type != ONNX_UINT8))
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a constant to other than int8 and uint8");
    HYTI_TRY(get_axis(node, &from->dims, s, &axis));
    for (size_t i = axis + 1; i < from->dims.rank; i++) inner *= from->dims.size[i];
    HYTI_TRY(hyti_onnx_take_values(model, to.count, 1, &room));
    double low = to.type == ONNX_INT8 ? -128 : 0;
    for (size_t i = 0; i < to.count; i++) {
        size_t channel = s->scales->count == 1 ? 0 : i / inner % s->scales->count;
        double zero = s->zeros ? (double)hyti_onnx_int_at(s->zeros, s->zeros->count == 1 ? 0 : channel) : 0;
        double value = nearbyint(hyti_onnx_real_at(from, i) / hyti_onnx_real_at(s->scales, channel)) + zero;
        if (!(value > low)) value = low;
        ((unsigned char *)room)[i] = (unsigned char)(int)HYTI_MIN(value, low + 255);
    }
    to.bytes = room;
    return keep(model, node, &to);
}

/* Of a value of the network: one scale, one zero point. */
static hyt_status get_step(const onnx_node *node, const steps *s, float *scale, int32_t *zero)
{
    onnx_type type = s->zeros ? s->zeros->type : ONNX_UINT8;
    if (s->scales->count != 1)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "%zu scales of one value", s->scales->count);
    if (type != ONNX_UINT8 && type != ONNX_INT8)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "to type %s, not int8 or uint8", hyti_onnx_type_name(type));
    *scale = (float)hyti_onnx_real_at(s->scales, 0);
    *zero = (int32_t)((s->zeros ? hyti_onnx_int_at(s->zeros, 0) : 0) - (type == ONNX_UINT8 ? 128 : 0));
    if (*scale > 0 && isfinite(*scale)) return HYT_OK;
    return hyti_onnx_refuse(HYT_ERR_RANGE, node, "a scale beyond float32");
}

static hyt_status quantise_value(onnx_model *model, const onnx_node *node, const steps *s)
{
    onnx_value *from = hyti_onnx_operand(model, node, 0), *to = &model->values[node->outputs[0]];
    float scale;
    int32_t zero;
    if (from->type != ONNX_FLOAT) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "what it reads is quantised already");
    HYTI_TRY(get_step(node, s, &scale, &zero));
    if (from->quantised && (from->scale != scale || from->zero != zero))
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a second quantisation of what it reads");
    /* What only moves values keeps their steps, so what it reads may have them too, if it has none. */
    onnx_value *source = from->view ? &model->values[from->view->source] : from;
    if ((source->invented || source->uses == 1) && !source->quantised) {
        source->quantised = true;
        source->scale = scale;
        source->zero = zero;
    }
    from->quantised = true;
    to->scale = from->scale = scale;
    to->zero = from->zero = zero;
    to->type = s->zeros ? s->zeros->type : ONNX_UINT8;
    to->dims = from->dims;
    return HYT_OK;
}

static hyt_status dequantise_value(onnx_model *model, const onnx_node *node, const steps *s)
{
    const onnx_value *from = hyti_onnx_operand(model, node, 0);
    const onnx_node *maker = hyti_onnx_maker(model, node->inputs[0]);
    float scale;
    int32_t zero;
    if (!maker || maker->op != ONNX_QUANTIZE_LINEAR)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "what it reads is made by no QuantizeLinear");
    HYTI_TRY(get_step(node, s, &scale, &zero));
    if (scale != from->scale || zero != from->zero)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node,
                                "scale %g and zero %d differ from those of its QuantizeLinear", (double)scale,
                                (int)zero);
    hyti_onnx_alias(model, node->outputs[0], maker->inputs[0]);
    return HYT_OK;
}

hyt_status hyti_onnx_quantise(onnx_model *model, onnx_node *node, bool *done)
{
    steps s;
    bool back = node->op == ONNX_DEQUANTIZE_LINEAR;
    *done = back || node->op == ONNX_QUANTIZE_LINEAR;
    if (!*done) return HYT_OK;
    HYTI_TRY(get_steps(model, node, &s));
    if (hyti_onnx_constant(model, node, 0))
        return back ? dequantise_constant(model, node, &s) : quantise_constant(model, node, &s);
    return back ? dequantise_value(model, node, &s) : quantise_value(model, node, &s);
}
