/* SPDX-License-Identifier: MIT */
/* Chains of nodes that are one operation of the graph. One pattern, one function: it looks backwards from the last node
 * of the chain and, if it finds the chain, turns that node into the operation; what nothing reads any more is not
 * emitted. Inner chains come first, since the walk goes forwards. */
#include "formats/onnx.h"
#include <math.h>
#include <string.h>

static bool is(const onnx_node *node, onnx_op op)
{
    return node && node->op == op;
}

static onnx_node *maker_of(onnx_model *model, const onnx_node *node, size_t index)
{
    return index < node->n_inputs ? hyti_onnx_maker(model, node->inputs[index]) : NULL;
}

static bool near_to(double value, double wanted)
{
    return fabs(value - wanted) <= 2e-6 * fabs(wanted);
}

/* The scalar operand of a commutative node, and the place of the other one. */
static bool with_scalar(onnx_model *model, const onnx_node *node, double *scalar, size_t *other)
{
    for (size_t i = 0; i < 2; i++)
        if (hyti_onnx_scalar(hyti_onnx_constant(model, node, i), scalar)) {
            *other = 1 - i;
            return !hyti_onnx_constant(model, node, *other);
        }
    return false;
}

/* The node becomes op(x). */
static void become(onnx_node *node, onnx_op op, onnx_id x)
{
    node->op = op;
    node->inputs[0] = x;
    node->n_inputs = 1;
}

/* Products: Mul and Div taken apart to constants, multiplied, and up to three other factors. */
typedef struct product {
    double scalar;
    onnx_id factors[3];
    size_t count;
} product;

static bool take_factor(onnx_model *model, onnx_id id, int depth, product *p);

static bool take_factors(onnx_model *model, const onnx_node *node, int depth, product *p)
{
    double scalar;
    for (size_t i = 0; i < 2; i++) {
        const onnx_tensor *constant = hyti_onnx_constant(model, node, i);
        if (node->op == ONNX_DIV && i == 1) {
            if (!hyti_onnx_scalar(constant, &scalar)) return false;
            p->scalar /= scalar;
        } else if (constant) {
            if (!hyti_onnx_scalar(constant, &scalar)) return false;
            p->scalar *= scalar;
        } else if (!take_factor(model, node->inputs[i], depth, p)) return false;
    }
    return true;
}

static bool take_factor(onnx_model *model, onnx_id id, int depth, product *p)
{
    const onnx_node *node = hyti_onnx_maker(model, id);
    product before = *p;
    if (depth > 0 && node && (node->op == ONNX_MUL || node->op == ONNX_DIV) && take_factors(model, node, depth - 1, p))
        return true;
    *p = before;
    if (p->count == HYTI_COUNT(p->factors)) return false;
    p->factors[p->count++] = id;
    return true;
}

/* x + c, c a scalar: x, or ONNX_NONE. */
static onnx_id plus(onnx_model *model, onnx_id id, double c)
{
    const onnx_node *node = hyti_onnx_maker(model, id);
    double scalar;
    size_t other;
    if (!is(node, ONNX_ADD) || !with_scalar(model, node, &scalar, &other) || scalar != c) return ONNX_NONE;
    return node->inputs[other];
}

/* c x, c a scalar near to what is wanted: x, or ONNX_NONE. */
static onnx_id times(onnx_model *model, onnx_id id, double c)
{
    product p = { .scalar = 1 };
    if (!take_factor(model, id, 2, &p) || p.count != 1 || !near_to(p.scalar, c)) return ONNX_NONE;
    return p.factors[0];
}

/* x sigmoid(x): SiLU; x hard_sigmoid(x): hard swish. */
static bool gated(onnx_model *model, onnx_node *node, const product *p)
{
    for (size_t i = 0; i < 2 && p->count == 2 && p->scalar == 1; i++) {
        const onnx_node *gate = hyti_onnx_maker(model, p->factors[i]);
        onnx_id x = p->factors[1 - i];
        if (!gate || (gate->op != ONNX_SIGMOID && gate->op != ONNX_HARD_SIGMOID) || gate->inputs[0] != x) continue;
        become(node, gate->op == ONNX_SIGMOID ? ONNX_SILU : ONNX_HARD_SWISH, x);
        return true;
    }
    return false;
}

/* relu6(x + 3) / 6, and x times that. */
static bool hard(onnx_model *model, onnx_node *node, const product *p)
{
    for (size_t i = 0; i < p->count && p->count <= 2 && near_to(p->scalar, 1.0 / 6); i++) {
        const onnx_node *clip = hyti_onnx_maker(model, p->factors[i]);
        onnx_id x = is(clip, ONNX_RELU6) ? plus(model, clip->inputs[0], 3) : ONNX_NONE;
        if (x == ONNX_NONE || (p->count == 2 && p->factors[1 - i] != x)) continue;
        become(node, p->count == 2 ? ONNX_HARD_SWISH : ONNX_HARD_SIGMOID, x);
        return true;
    }
    return false;
}

/* sqrt(2 / pi) (x + 0.044715 x^3), for the approximation of GELU (Hendrycks and Gimpel, arXiv 1606.08415). */
static bool is_cubic(onnx_model *model, onnx_id id, onnx_id x)
{
    onnx_id sum = times(model, id, 0.7978845608028654);
    const onnx_node *add = sum == ONNX_NONE ? NULL : hyti_onnx_maker(model, sum);
    if (!is(add, ONNX_ADD)) return false;
    for (size_t i = 0; i < 2; i++) {
        product p = { .scalar = 1 };
        double power = 0;
        if (add->inputs[i] != x || !take_factor(model, add->inputs[1 - i], 3, &p) || !near_to(p.scalar, 0.044715))
            continue;
        if (p.count == 3) return p.factors[0] == x && p.factors[1] == x && p.factors[2] == x;
        const onnx_node *pow = p.count == 1 ? hyti_onnx_maker(model, p.factors[0]) : NULL;
        return is(pow, ONNX_POW) && pow->inputs[0] == x &&
               hyti_onnx_scalar(hyti_onnx_constant(model, pow, 1), &power) && power == 3;
    }
    return false;
}

/* x (1 + erf(x / sqrt(2))) / 2, or with tanh. */
static bool gelu(onnx_model *model, onnx_node *node, const product *p)
{
    for (size_t i = 0; i < 2 && p->count == 2 && near_to(p->scalar, 0.5); i++) {
        onnx_id x = p->factors[1 - i], curve = plus(model, p->factors[i], 1);
        const onnx_node *maker = curve == ONNX_NONE ? NULL : hyti_onnx_maker(model, curve);
        bool erf = is(maker, ONNX_ERF) && times(model, maker->inputs[0], 0.7071067811865476) == x;
        bool tanh = is(maker, ONNX_TANH) && is_cubic(model, maker->inputs[0], x);
        if (!erf && !tanh) continue;
        become(node, ONNX_GELU, x);
        return true;
    }
    return false;
}

static hyt_status match_product(onnx_model *model, onnx_node *node)
{
    product p = { .scalar = 1 };
    if (!take_factors(model, node, 5, &p)) return HYT_OK;
    if (gated(model, node, &p) || hard(model, node, &p)) return HYT_OK;
    gelu(model, node, &p);
    return HYT_OK;
}

/* Bounds of Clip: 0 and none is ReLU, 0 and 6 is ReLU6. */
static hyt_status match_clip(onnx_model *model, onnx_node *node)
{
    double low = -INFINITY, high = INFINITY;
    if (model->opset < 11) {
        HYTI_TRY(hyti_onnx_real(node, "min", low, &low));
        HYTI_TRY(hyti_onnx_real(node, "max", high, &high));
    }
    for (size_t i = 1; i < 3; i++)
        if (hyti_onnx_operand(model, node, i) &&
            !hyti_onnx_scalar(hyti_onnx_constant(model, node, i), i == 1 ? &low : &high))
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "bounds that are no constants");
    const onnx_node *before = maker_of(model, node, 0);
    if (is(before, ONNX_RELU) && low <= 0) { /* some writers bound below twice */
        node->inputs[0] = before->inputs[0];
        low = 0;
    }
    if (low == 0 && high == 6) become(node, ONNX_RELU6, node->inputs[0]);
    else if (low == 0 && high >= 3.4028234e38) become(node, ONNX_RELU, node->inputs[0]);
    else if (low <= -3.4028234e38 && high >= 3.4028234e38) hyti_onnx_alias(model, node->outputs[0], node->inputs[0]);
    else
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "bounds %g and %g; 0 and 6, or 0 alone, are provided", low,
                                high);
    return HYT_OK;
}

/* Layer norm taken apart: (x - mean) / sqrt(mean((x - mean)^2) + epsilon), all means over the last axis. */

static bool is_mean(onnx_model *model, const onnx_node *node, onnx_id of)
{
    if (!is(node, ONNX_REDUCE_MEAN) || node->inputs[0] != of) return false;
    const hyt_dims *in = &model->values[of].dims, *out = &model->values[node->outputs[0]].dims;
    return node->draft->axis == (size_t)1 << (in->rank - 1) && out->rank == in->rank;
}

static bool is_square(onnx_model *model, const onnx_node *node, onnx_id of)
{
    double power;
    if (is(node, ONNX_MUL)) return node->inputs[0] == of && node->inputs[1] == of;
    return is(node, ONNX_POW) && node->inputs[0] == of &&
           hyti_onnx_scalar(hyti_onnx_constant(model, node, 1), &power) && power == 2;
}

static bool is_centred(onnx_model *model, const onnx_node *node, onnx_id x)
{
    return is(node, ONNX_SUB) && node->inputs[0] == x && is_mean(model, maker_of(model, node, 1), x);
}

static hyt_status match_layer_norm(onnx_model *model, onnx_node *node, onnx_id top, onnx_id root)
{
    const onnx_node *sub = hyti_onnx_maker(model, top), *square_root = hyti_onnx_maker(model, root);
    const onnx_node *add = is(square_root, ONNX_SQRT) ? maker_of(model, square_root, 0) : NULL;
    double epsilon;
    size_t other;
    if (!is(sub, ONNX_SUB) || !is_centred(model, sub, sub->inputs[0]) || !is(add, ONNX_ADD) ||
        !with_scalar(model, add, &epsilon, &other))
        return HYT_OK;
    const onnx_node *mean = maker_of(model, add, other);
    const onnx_node *square = is(mean, ONNX_REDUCE_MEAN) ? maker_of(model, mean, 0) : NULL;
    const onnx_node *second = square ? maker_of(model, square, 0) : NULL; /* some writers subtract twice */
    if (!square || !is_mean(model, mean, mean->inputs[0]) || !is_square(model, square, square->inputs[0]) ||
        (square->inputs[0] != top && !is_centred(model, second, sub->inputs[0])))
        return HYT_OK;
    node->draft = hyti_onnx_take(model, sizeof *node->draft);
    if (!node->draft) return hyti_fail_nomem();
    node->draft->epsilon = epsilon;
    become(node, ONNX_LAYER_NORMALIZATION, sub->inputs[0]);
    return HYT_OK;
}

/* A constant of one value for each place of the last axis, that nothing else of the operand's dims multiplies. */
static bool is_row(const onnx_tensor *tensor, const hyt_dims *dims)
{
    return tensor && dims->rank && tensor->dims.rank && tensor->dims.rank <= dims->rank &&
           tensor->count == dims->size[dims->rank - 1] && tensor->dims.size[tensor->dims.rank - 1] == tensor->count;
}

/* Room for one more operand; the old ones stay with the file's node. */
static hyt_status set_inputs(onnx_model *model, onnx_node *node, const onnx_id *inputs, size_t count)
{
    onnx_id *room = hyti_onnx_take(model, count * sizeof *room);
    if (!room) return hyti_fail_nomem();
    memcpy(room, inputs, count * sizeof *room);
    node->inputs = room;
    node->n_inputs = count;
    return HYT_OK;
}

/* The node takes over what `inner`, which it alone reads, does, with one more constant. */
static hyt_status absorb(onnx_model *model, onnx_node *node, const onnx_node *inner, size_t place, onnx_id constant)
{
    onnx_id inputs[3] = { inner->inputs[0], inner->n_inputs > 1 ? inner->inputs[1] : ONNX_NONE, ONNX_NONE };
    inputs[place] = constant;
    node->op = inner->op;
    node->flipped = inner->flipped;
    node->draft = inner->draft;
    return set_inputs(model, node, inputs, place + 1);
}

/* The one other reader apart, a node whose result nothing reads twice. */
static const onnx_node *sole_inner(onnx_model *model, const onnx_node *node, size_t index)
{
    const onnx_value *value = hyti_onnx_operand(model, node, index);
    return value && value->uses == 1 && !value->view && node->inputs[index] != model->output
               ? maker_of(model, node, index)
               : NULL;
}

/* Scale of a layer norm. */
static hyt_status match_scale(onnx_model *model, onnx_node *node)
{
    for (size_t i = 0; i < 2; i++) {
        const onnx_node *inner = sole_inner(model, node, i);
        if (is(inner, ONNX_LAYER_NORMALIZATION) && inner->n_inputs == 1 &&
            is_row(hyti_onnx_constant(model, node, 1 - i), &hyti_onnx_operand(model, node, i)->dims))
            return absorb(model, node, inner, 1, node->inputs[1 - i]);
    }
    return HYT_OK;
}

/* Bias of a product or of a layer norm. */
static hyt_status match_bias(onnx_model *model, onnx_node *node)
{
    for (size_t i = 0; i < 2; i++) {
        const onnx_node *inner = sole_inner(model, node, i);
        if (!inner || !is_row(hyti_onnx_constant(model, node, 1 - i), &hyti_onnx_operand(model, node, i)->dims))
            continue;
        if ((inner->op == ONNX_LINEAR || inner->op == ONNX_LAYER_NORMALIZATION) && inner->n_inputs == 2)
            return absorb(model, node, inner, 2, node->inputs[1 - i]);
    }
    return HYT_OK;
}

/* A product with a constant matrix is a linear layer; one of a softmax may be attention. */
static hyt_status match_mat_mul(onnx_model *model, onnx_node *node)
{
    const onnx_tensor *weight = hyti_onnx_constant(model, node, 1);
    if (!weight) return hyti_onnx_attention(model, node);
    if (weight->dims.rank != 2 || hyti_onnx_constant(model, node, 0)) return HYT_OK;
    node->op = ONNX_LINEAR;
    node->flipped = true;
    return HYT_OK;
}

/* Zeros around a picture that a convolution alone reads are its padding. */
static hyt_status match_pad(onnx_model *model, onnx_node *node)
{
    const onnx_node *pad = sole_inner(model, node, 0);
    size_t sum[4];
    if (!is(pad, ONNX_PAD) || pad->draft->value != 0) return HYT_OK;
    for (size_t i = 0; i < 4; i++) {
        sum[i] = node->draft->pad[i] + pad->draft->pad[i];
        if (sum[i] > node->draft->dilation[i % 2] * (node->draft->kernel[i % 2] - 1)) return HYT_OK;
    }
    memcpy(node->draft->pad, sum, sizeof sum);
    node->inputs[0] = pad->inputs[0];
    return HYT_OK;
}

static hyt_status match_gelu(onnx_model *model, onnx_node *node)
{
    const onnx_attribute *kind = hyti_onnx_attribute(node, "approximate");
    if (kind && hyti_onnx_text_is(kind->text, "tanh"))
        hyti_log(model->context, HYT_LOG_WARNING, "ONNX: a GELU approximated by tanh runs as the exact one");
    return HYT_OK;
}

hyt_status hyti_onnx_pattern(onnx_model *model, onnx_node *node)
{
    double one;
    switch (node->op) {
    case ONNX_CLIP:
        return match_clip(model, node);
    case ONNX_ADD:
        return match_bias(model, node);
    case ONNX_MAT_MUL:
        return match_mat_mul(model, node);
    case ONNX_CONV:
        return match_pad(model, node);
    case ONNX_GELU:
        return match_gelu(model, node);
    case ONNX_DIV:
        HYTI_TRY(match_product(model, node));
        return node->op == ONNX_DIV ? match_layer_norm(model, node, node->inputs[0], node->inputs[1]) : HYT_OK;
    case ONNX_MUL: {
        HYTI_TRY(match_product(model, node));
        const onnx_node *inverse = node->op == ONNX_MUL ? maker_of(model, node, 1) : NULL;
        if (is(inverse, ONNX_RECIPROCAL)) HYTI_TRY(match_layer_norm(model, node, node->inputs[0], inverse->inputs[0]));
        else if (is(inverse, ONNX_DIV) && hyti_onnx_scalar(hyti_onnx_constant(model, inverse, 0), &one) && one == 1)
            HYTI_TRY(match_layer_norm(model, node, node->inputs[0], inverse->inputs[1]));
        return node->op == ONNX_MUL ? match_scale(model, node) : HYT_OK;
    }
    default:
        return HYT_OK;
    }
}
