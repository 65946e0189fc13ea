/* SPDX-License-Identifier: MIT */
/* Shapes of results, as the operators' documents define them, and attributes in the graph's terms. What cannot be run
 * because of its attributes is refused here, with the node's name. */
#include "formats/onnx.h"
#include <math.h>
#include <string.h>

static const hyt_dims *dims_of(onnx_model *model, const onnx_node *node, size_t index)
{
    return &hyti_onnx_operand(model, node, index)->dims;
}

static void set_result(onnx_model *model, const onnx_node *node, const hyt_dims *dims)
{
    onnx_value *value = &model->values[node->outputs[0]];
    value->dims = *dims;
    value->type = ONNX_FLOAT;
}

static hyt_status unsupported(const onnx_node *node, const char *what)
{
    return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "%s", what);
}

static hyt_status need_rank(onnx_model *model, const onnx_node *node, size_t low, size_t high)
{
    size_t rank = dims_of(model, node, 0)->rank;
    if (rank >= low && rank <= high) return HYT_OK;
    return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "its operand has rank %zu, not from %zu to %zu", rank, low,
                            high);
}

/* Elementwise */

static hyt_status shape_same(onnx_model *model, onnx_node *node)
{
    set_result(model, node, dims_of(model, node, 0));
    return HYT_OK;
}

bool hyti_onnx_broadcast(const hyt_dims *a, const hyt_dims *b, hyt_dims *out)
{
    hyt_dims dims = { .rank = HYTI_MAX(a->rank, b->rank) };
    for (size_t i = 1; i <= dims.rank; i++) {
        size_t left = i <= a->rank ? a->size[a->rank - i] : 1, right = i <= b->rank ? b->size[b->rank - i] : 1;
        if (left != right && left != 1 && right != 1) return false;
        dims.size[dims.rank - i] = left == 1 ? right : left;
    }
    *out = dims;
    return true;
}

static hyt_status shape_broadcast(onnx_model *model, onnx_node *node)
{
    hyt_dims dims = *dims_of(model, node, 0);
    for (size_t i = 1; i < node->n_inputs; i++)
        if (!hyti_onnx_broadcast(&dims, dims_of(model, node, i), &dims))
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "operand %zu does not fit those before it", i);
    set_result(model, node, &dims);
    return HYT_OK;
}

static hyt_status shape_hard_sigmoid(onnx_model *model, onnx_node *node)
{
    double alpha, beta;
    HYTI_TRY(hyti_onnx_real(node, "alpha", 0.2, &alpha));
    HYTI_TRY(hyti_onnx_real(node, "beta", 0.5, &beta));
    if (fabs(alpha - 1.0 / 6) > 1e-6 || beta != 0.5)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "alpha %g and beta %g, not 1/6 and 1/2", alpha, beta);
    return shape_same(model, node);
}

/* Windows */

static hyt_status get_pair(const onnx_node *node, const char *name, size_t absent, size_t to[2])
{
    int64_t numbers[2];
    size_t count;
    HYTI_TRY(hyti_onnx_numbers(node, name, numbers, &count, 2));
    if (count != 0 && count != 2) return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "%zu %s, not 2", count, name);
    for (size_t i = 0; i < 2; i++) {
        int64_t value = count ? numbers[i] : (int64_t)absent;
        if (value < 0 || (uint64_t)value > HYTI_MAX_SIDE)
            return hyti_onnx_refuse(HYT_ERR_RANGE, node, "%s: %lld is not from 0 to 2^31", name, (long long)value);
        to[i] = (size_t)value;
    }
    return HYT_OK;
}

/* pads, or what auto_pad makes of them: SAME_UPPER and SAME_LOWER keep ceil(side / stride). */
static hyt_status get_pads(const onnx_node *node, const size_t side[2], hyti_node *draft)
{
    int64_t pads[4];
    size_t count;
    const onnx_attribute *automatic = hyti_onnx_attribute(node, "auto_pad");
    HYTI_TRY(hyti_onnx_numbers(node, "pads", pads, &count, 4));
    if (count != 0 && count != 4) return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "%zu pads, not 4", count);
    for (size_t i = 0; i < count; i++) {
        if (pads[i] < 0 || (uint64_t)pads[i] > HYTI_MAX_SIDE)
            return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "a pad of %lld", (long long)pads[i]);
        draft->pad[i] = (size_t)pads[i];
    }
    if (!automatic || hyti_onnx_text_is(automatic->text, "NOTSET")) return HYT_OK;
    bool upper = hyti_onnx_text_is(automatic->text, "SAME_UPPER");
    if (count && !hyti_onnx_text_is(automatic->text, "VALID")) memset(draft->pad, 0, sizeof draft->pad);
    if (hyti_onnx_text_is(automatic->text, "VALID")) return HYT_OK;
    if (!upper && !hyti_onnx_text_is(automatic->text, "SAME_LOWER"))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "attribute \"auto_pad\" has no such value");
    for (size_t i = 0; i < 2; i++) {
        size_t reach = draft->dilation[i] * (draft->kernel[i] - 1) + 1, out = (side[i] - 1) / draft->stride[i] + 1;
        size_t whole = (out - 1) * draft->stride[i] + reach, pad = whole > side[i] ? whole - side[i] : 0;
        draft->pad[i] = upper ? pad / 2 : pad - pad / 2;
        draft->pad[i + 2] = pad - draft->pad[i];
    }
    return HYT_OK;
}

static hyt_status get_window(const onnx_node *node, const hyt_dims *in, hyti_node *draft)
{
    if (in->rank != 4)
        return hyti_onnx_refuse(HYT_ERR_UNSUPPORTED, node, "its operand has rank %zu; pictures have 4", in->rank);
    if (hyti_onnx_attribute(node, "kernel_shape")) HYTI_TRY(get_pair(node, "kernel_shape", 0, draft->kernel));
    HYTI_TRY(get_pair(node, "strides", 1, draft->stride));
    HYTI_TRY(get_pair(node, "dilations", 1, draft->dilation));
    for (size_t i = 0; i < 2; i++)
        if (draft->kernel[i] == 0 || draft->stride[i] == 0 || draft->dilation[i] == 0)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "a kernel, stride or dilation of 0");
    return get_pads(node, in->size + 2, draft);
}

static hyt_status window_dims(const onnx_node *node, const hyt_dims *in, size_t features, const hyti_node *draft,
                              hyt_dims *out)
{
    *out = (hyt_dims){ 4, { in->size[0], features } };
    for (size_t i = 0; i < 2; i++) {
        size_t reach = draft->dilation[i] * (draft->kernel[i] - 1) + 1;
        size_t side = in->size[2 + i] + draft->pad[i] + draft->pad[i + 2];
        if (reach > side)
            return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "its kernel reaches over %zu of %zu", reach, side);
        out->size[2 + i] = (side - reach) / draft->stride[i] + 1;
    }
    return HYT_OK;
}

static hyt_status shape_conv(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0), *weight = dims_of(model, node, 1);
    int64_t groups;
    hyt_dims out;
    HYTI_TRY(hyti_onnx_number(node, "group", 1, &groups));
    if (weight->rank != 4) return unsupported(node, "a convolution of other than two axes");
    if (!hyti_onnx_constant(model, node, 1)) return unsupported(node, "weights that are no constant");
    size_t kernel[2] = { weight->size[2], weight->size[3] };
    memcpy(node->draft->kernel, kernel, sizeof kernel);
    HYTI_TRY(get_window(node, in, node->draft));
    bool good = groups >= 1 && (uint64_t)groups <= HYTI_MAX_SIDE && in->size[1] % (size_t)groups == 0 &&
                weight->size[1] == in->size[1] / (size_t)groups &&
                memcmp(node->draft->kernel, kernel, sizeof kernel) == 0;
    if (!good) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "its weights do not fit its operand and groups");
    node->draft->groups = (size_t)groups;
    HYTI_TRY(window_dims(node, in, weight->size[0], node->draft, &out));
    set_result(model, node, &out);
    return HYT_OK;
}

static hyt_status shape_conv_transpose(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0), *weight = dims_of(model, node, 1);
    int64_t groups;
    HYTI_TRY(hyti_onnx_number(node, "group", 1, &groups));
    if (hyti_onnx_attribute(node, "output_shape")) return unsupported(node, "attribute \"output_shape\"");
    if (weight->rank != 4) return unsupported(node, "a convolution of other than two axes");
    if (!hyti_onnx_constant(model, node, 1)) return unsupported(node, "weights that are no constant");
    memcpy(node->draft->kernel, weight->size + 2, 2 * sizeof(size_t));
    HYTI_TRY(get_window(node, in, node->draft));
    HYTI_TRY(get_pair(node, "output_padding", 0, node->draft->output_pad));
    if (hyti_onnx_attribute(node, "auto_pad") &&
        !hyti_onnx_text_is(hyti_onnx_attribute(node, "auto_pad")->text, "NOTSET"))
        return unsupported(node, "attribute \"auto_pad\"");
    if (node->draft->dilation[0] != 1 || node->draft->dilation[1] != 1) return unsupported(node, "dilations");
    if (groups < 1 || (uint64_t)groups > HYTI_MAX_SIDE || weight->size[0] != in->size[1] ||
        memcmp(node->draft->kernel, weight->size + 2, 2 * sizeof(size_t)) != 0)
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "its weights do not fit its operand");
    node->draft->groups = (size_t)groups;
    hyt_dims out = { 4, { in->size[0], weight->size[1] * (size_t)groups } };
    for (size_t i = 0; i < 2; i++) {
        size_t side =
            (in->size[2 + i] - 1) * node->draft->stride[i] + node->draft->kernel[i] + node->draft->output_pad[i];
        size_t off = node->draft->pad[i] + node->draft->pad[i + 2];
        if (side <= off) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "its padding leaves nothing");
        out.size[2 + i] = side - off;
    }
    set_result(model, node, &out);
    return HYT_OK;
}

/* ceil_mode is the same as its absence where the windows end with the picture. */
static hyt_status shape_pool(onnx_model *model, onnx_node *node)
{
    const hyt_dims *in = dims_of(model, node, 0);
    int64_t ceiling, counted, order;
    hyt_dims out;
    HYTI_TRY(get_window(node, in, node->draft));
    HYTI_TRY(hyti_onnx_number(node, "ceil_mode", 0, &ceiling));
    HYTI_TRY(hyti_onnx_number(node, "count_include_pad", 0, &counted));
    HYTI_TRY(hyti_onnx_number(node, "storage_order", 0, &order));
    if (!hyti_onnx_attribute(node, "kernel_shape")) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "no kernel_shape");
    if (node->draft->dilation[0] != 1 || node->draft->dilation[1] != 1) return unsupported(node, "dilations");
    HYTI_TRY(window_dims(node, in, in->size[1], node->draft, &out));
    for (size_t i = 0; ceiling && i < 2; i++) {
        size_t whole = in->size[2 + i] + node->draft->pad[i] + node->draft->pad[i + 2];
        if ((whole - node->draft->kernel[i]) % node->draft->stride[i])
            return unsupported(node, "ceil_mode where windows go beyond the picture");
    }
    node->draft->counted = counted != 0;
    set_result(model, node, &out);
    return HYT_OK;
}

static hyt_status shape_global_pool(onnx_model *model, onnx_node *node)
{
    HYTI_TRY(need_rank(model, node, 4, 4));
    hyt_dims out = { 4, { dims_of(model, node, 0)->size[0], dims_of(model, node, 0)->size[1], 1, 1 } };
    set_result(model, node, &out);
    return HYT_OK;
}

static hyt_status shape_batch_norm(onnx_model *model, onnx_node *node)
{
    int64_t spatial, training;
    const hyt_dims *in = dims_of(model, node, 0);
    HYTI_TRY(hyti_onnx_number(node, "spatial", 1, &spatial));
    HYTI_TRY(hyti_onnx_number(node, "training_mode", 0, &training));
    HYTI_TRY(hyti_onnx_real(node, "epsilon", 1e-5, &node->draft->epsilon));
    if (spatial != 1 || training != 0) return unsupported(node, "it is not that of inference over channels");
    HYTI_TRY(need_rank(model, node, 4, 4));
    for (size_t i = 1; i < 5; i++) {
        const onnx_tensor *constant = hyti_onnx_constant(model, node, i);
        if (!constant || constant->count != in->size[1])
            return hyti_onnx_refuse(constant ? HYT_ERR_FORMAT : HYT_ERR_UNSUPPORTED, node,
                                    "operand %zu is no constant of %zu values", i, in->size[1]);
    }
    return shape_same(model, node);
}

static hyt_status shape_layer_norm(onnx_model *model, onnx_node *node)
{
    int64_t number;
    size_t axis, rank = dims_of(model, node, 0)->rank;
    HYTI_TRY(hyti_onnx_number(node, "axis", -1, &number));
    HYTI_TRY(hyti_onnx_axis(node, number, rank, &axis));
    HYTI_TRY(hyti_onnx_real(node, "epsilon", 1e-5, &node->draft->epsilon));
    if (axis + 1 != rank) return unsupported(node, "it is over more than the last axis");
    for (size_t i = 1; i < node->n_inputs; i++) {
        const onnx_value *value = hyti_onnx_operand(model, node, i);
        if (!value) continue;
        if (!value->constant || value->constant->count != dims_of(model, node, 0)->size[axis])
            return hyti_onnx_refuse(value->constant ? HYT_ERR_FORMAT : HYT_ERR_UNSUPPORTED, node,
                                    "operand %zu is no constant of one value a channel", i);
    }
    return shape_same(model, node);
}

static hyt_status shape_softmax(onnx_model *model, onnx_node *node)
{
    int64_t number;
    HYTI_TRY(hyti_onnx_number(node, "axis", model->opset < 13 ? 1 : -1, &number));
    HYTI_TRY(need_rank(model, node, 1, HYT_MAX_RANK));
    HYTI_TRY(hyti_onnx_axis(node, number, dims_of(model, node, 0)->rank, &node->draft->axis));
    return shape_same(model, node);
}

/* Products */

static hyt_status shape_mat_mul(onnx_model *model, onnx_node *node)
{
    const hyt_dims *a = dims_of(model, node, 0), *b = dims_of(model, node, 1);
    if (a->rank < 2 || b->rank < 2) return unsupported(node, "a product of vectors");
    if (a->size[a->rank - 1] != b->size[b->rank - 2])
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu columns times %zu rows", a->size[a->rank - 1],
                                b->size[b->rank - 2]);
    hyt_dims left = *a, right = *b, out;
    left.rank -= 2;
    right.rank -= 2;
    if (!hyti_onnx_broadcast(&left, &right, &out))
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "the leading axes of its operands do not fit");
    out.size[out.rank++] = a->size[a->rank - 2];
    out.size[out.rank++] = b->size[b->rank - 1];
    set_result(model, node, &out);
    return HYT_OK;
}

static hyt_status shape_gemm(onnx_model *model, onnx_node *node)
{
    const hyt_dims *a = dims_of(model, node, 0), *b = dims_of(model, node, 1);
    const onnx_value *c = hyti_onnx_operand(model, node, 2);
    int64_t flip_a, flip_b;
    double alpha, beta;
    HYTI_TRY(hyti_onnx_number(node, "transA", 0, &flip_a));
    HYTI_TRY(hyti_onnx_number(node, "transB", 0, &flip_b));
    HYTI_TRY(hyti_onnx_real(node, "alpha", 1, &alpha));
    HYTI_TRY(hyti_onnx_real(node, "beta", 1, &beta));
    if (a->rank != 2 || b->rank != 2) return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "operands that are no matrices");
    if (flip_a || alpha != 1 || (c && beta != 1)) return unsupported(node, "transA, or alpha or beta other than 1");
    if (!hyti_onnx_constant(model, node, 1) || (c && !c->constant))
        return unsupported(node, "weights that are no constant");
    size_t features = b->size[flip_b ? 0 : 1], width = b->size[flip_b ? 1 : 0];
    if (width != a->size[1])
        return hyti_onnx_refuse(HYT_ERR_FORMAT, node, "%zu columns times %zu rows", a->size[1], width);
    if (c && (c->constant->count != features || c->dims.rank == 0 || c->dims.size[c->dims.rank - 1] != features))
        return unsupported(node, "a bias that is not one value a column");
    node->op = ONNX_LINEAR;
    node->flipped = !flip_b;
    set_result(model, node, &(hyt_dims){ 2, { a->size[0], features } });
    return HYT_OK;
}

static const struct shape_row {
    onnx_op op;
    hyt_status (*shape)(onnx_model *model, onnx_node *node);
} rows[] = {
    { ONNX_ADD, shape_broadcast },
    { ONNX_SUB, shape_broadcast },
    { ONNX_MUL, shape_broadcast },
    { ONNX_DIV, shape_broadcast },
    { ONNX_POW, shape_broadcast },
    { ONNX_MIN, shape_broadcast },
    { ONNX_MAX, shape_broadcast },
    { ONNX_EQUAL, shape_broadcast },
    { ONNX_WHERE, shape_broadcast },
    { ONNX_RELU, shape_same },
    { ONNX_CLIP, shape_same },
    { ONNX_SIGMOID, shape_same },
    { ONNX_HARD_SWISH, shape_same },
    { ONNX_GELU, shape_same },
    { ONNX_ERF, shape_same },
    { ONNX_TANH, shape_same },
    { ONNX_SQRT, shape_same },
    { ONNX_NEG, shape_same },
    { ONNX_RECIPROCAL, shape_same },
    { ONNX_CEIL, shape_same },
    { ONNX_FLOOR, shape_same },
    { ONNX_CAST, shape_same },
    { ONNX_IDENTITY, shape_same },
    { ONNX_DROPOUT, shape_same },
    { ONNX_HARD_SIGMOID, shape_hard_sigmoid },
    { ONNX_CONV, shape_conv },
    { ONNX_CONV_TRANSPOSE, shape_conv_transpose },
    { ONNX_MAX_POOL, shape_pool },
    { ONNX_AVERAGE_POOL, shape_pool },
    { ONNX_GLOBAL_AVERAGE_POOL, shape_global_pool },
    { ONNX_BATCH_NORMALIZATION, shape_batch_norm },
    { ONNX_LAYER_NORMALIZATION, shape_layer_norm },
    { ONNX_SOFTMAX, shape_softmax },
    { ONNX_MAT_MUL, shape_mat_mul },
    { ONNX_GEMM, shape_gemm },
};

hyt_status hyti_onnx_shape(onnx_model *model, onnx_node *node)
{
    for (size_t i = 0; i < HYTI_COUNT(rows); i++) {
        if (rows[i].op != node->op) continue;
        if (rows[i].shape != shape_same && rows[i].shape != shape_broadcast) {
            node->draft = hyti_onnx_take(model, sizeof *node->draft);
            if (!node->draft) return hyti_fail_nomem();
        }
        return rows[i].shape(model, node);
    }
    return hyti_onnx_shape_moved(model, node);
}
