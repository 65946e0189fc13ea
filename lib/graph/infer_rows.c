/* SPDX-License-Identifier: MIT */
/* Shapes of the operations on tokens, and of those that take any value. */
#include "graph/draft.h"

hyt_status hyti_infer_linear(hyti_draft *d)
{
    HYTI_TRY(hyti_need_rows(d, 2, HYT_MAX_RANK));
    HYTI_TRY(hyti_check_range(d, "number of features", d->features, 1));
    d->work = hyti_last(&d->first->dims);
    d->node.dims.size[d->node.dims.rank - 1] = d->features;
    hyti_add_parameter(d, HYTI_ROLE_WEIGHT, hyti_dims2(d->features, d->work));
    if (d->with_bias) hyti_add_parameter(d, HYTI_ROLE_BIAS, hyti_dims1(d->features));
    return HYT_OK;
}

hyt_status hyti_infer_layer_norm(hyti_draft *d)
{
    HYTI_TRY(hyti_need_rows(d, 2, HYT_MAX_RANK));
    if (!(d->node.epsilon > 0 && d->node.epsilon <= 1))
        return hyti_refuse(HYT_ERR_RANGE, d, "epsilon is %g, not above 0 and up to 1", d->node.epsilon);
    hyti_add_parameter(d, HYTI_ROLE_SCALE, hyti_dims1(hyti_last(&d->first->dims)));
    hyti_add_parameter(d, HYTI_ROLE_SHIFT, hyti_dims1(hyti_last(&d->first->dims)));
    return HYT_OK;
}

hyt_status hyti_infer_softmax(hyti_draft *d)
{
    return hyti_need_rows(d, 2, HYT_MAX_RANK);
}

/* An activation: shape and kind are the operand's already. */
hyt_status hyti_infer_same(hyti_draft *d)
{
    (void)d;
    return HYT_OK;
}

static hyt_status check_kind(const hyti_draft *d, size_t index)
{
    const hyti_node *other = hyti_operand(d, index);
    if (other->picture == d->first->picture && other->dims.rank == d->first->dims.rank) return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "value %d has other axes", (int)d->node.inputs[index]);
}

static hyt_status wrong_size(const hyti_draft *d, size_t index, size_t axis)
{
    return hyti_refuse(HYT_ERR_SHAPE, d, "value %d has size %zu along axis %zu, not %zu", (int)d->node.inputs[index],
                       hyti_operand(d, index)->dims.size[axis], axis, d->first->dims.size[axis]);
}

hyt_status hyti_infer_broadcast(hyti_draft *d)
{
    HYTI_TRY(check_kind(d, 1));
    const size_t *left = d->first->dims.size, *right = hyti_operand(d, 1)->dims.size;
    for (size_t i = 0; i < d->first->dims.rank; i++)
        if (right[i] != left[i] && right[i] != 1) return wrong_size(d, 1, i);
    return HYT_OK;
}

hyt_status hyti_check_axis(const hyti_draft *d, size_t low)
{
    if (d->node.axis >= low && d->node.axis < d->first->dims.rank) return HYT_OK;
    return hyti_refuse(HYT_ERR_RANGE, d, "axis is %zu, not from %zu to %zu", d->node.axis, low,
                       d->first->dims.rank - 1);
}

hyt_status hyti_infer_concat(hyti_draft *d)
{
    size_t axis = d->node.axis, sum = 0;
    HYTI_TRY(hyti_check_axis(d, 1));
    for (size_t i = 0; i < d->node.n_inputs; i++) {
        const hyt_dims *dims = &hyti_operand(d, i)->dims;
        HYTI_TRY(check_kind(d, i));
        for (size_t j = 0; j < dims->rank; j++)
            if (j != axis && dims->size[j] != d->first->dims.size[j]) return wrong_size(d, i, j);
        sum += dims->size[axis]; /* at most 2^14 of 2^31 */
    }
    d->node.dims.size[axis] = sum;
    return HYT_OK;
}

/* ...,M,K times ...,K,N. */
hyt_status hyti_infer_matmul(hyti_draft *d)
{
    HYTI_TRY(hyti_need_rows(d, 3, HYT_MAX_RANK));
    HYTI_TRY(hyti_check_flag(d, "whether the right operand is transposed", d->node.transposed));
    HYTI_TRY(check_kind(d, 1));
    const hyt_dims *left = &d->first->dims, *right = &hyti_operand(d, 1)->dims;
    size_t last = left->rank - 1, depth = last - !d->node.transposed;
    for (size_t i = 0; i + 1 < last; i++)
        if (right->size[i] != left->size[i] && right->size[i] != 1) return wrong_size(d, 1, i);
    if (right->size[depth] != left->size[last])
        return hyti_refuse(HYT_ERR_SHAPE, d, "value %d has size %zu along axis %zu, %zu are to be multiplied",
                           (int)d->node.inputs[1], right->size[depth], depth, left->size[last]);
    d->node.dims.size[last] = right->size[last - d->node.transposed];
    d->work = left->size[last];
    return HYT_OK;
}

/* The bias of attention: N,heads,T,S or N,P or 1,heads,T,S. */
static hyt_status check_bias(const hyti_draft *d, size_t index, size_t tokens, size_t keys)
{
    const hyti_node *bias = hyti_operand(d, index);
    const hyt_dims *dims = &bias->dims;
    const size_t *size = dims->size + (dims->rank == 5);
    if (!bias->picture && (dims->rank == 4 || dims->rank == 5) && size[1] == d->node.heads && size[2] == tokens &&
        size[3] == keys && (dims->rank == 4 || size[0] == 1 || size[0] == d->first->dims.size[1]))
        return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "value %d is no bias of %zu heads over %zu x %zu tokens",
                       (int)d->node.inputs[index], d->node.heads, tokens, keys);
}

/* k and v of their own: as q, but for the number of tokens. */
static hyt_status check_keys(const hyti_draft *d, size_t index)
{
    HYTI_TRY(check_kind(d, index));
    const size_t *size = hyti_operand(d, index)->dims.size;
    if (size[1] != d->first->dims.size[1]) return wrong_size(d, index, 1);
    if (size[3] != d->first->dims.size[3]) return wrong_size(d, index, 3);
    if (size[2] == hyti_operand(d, 1)->dims.size[2]) return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "%zu keys, %zu values", hyti_operand(d, 1)->dims.size[2], size[2]);
}

hyt_status hyti_infer_attention(hyti_draft *d)
{
    HYTI_TRY(hyti_need_rows(d, 4, 4));
    size_t width = d->first->dims.size[3], tokens = d->first->dims.size[2], keys = tokens, heads = d->node.heads;
    bool packed = d->node.n_inputs <= 2;
    HYTI_TRY(hyti_check_range(d, "number of heads", heads, 1));
    if (packed ? width % 3 || width / 3 % heads : width % heads)
        return hyti_refuse(HYT_ERR_SHAPE, d, "%zu values a token are not %s of %zu heads", width,
                           packed ? "q, k and v" : "q", heads);
    if (!packed) {
        HYTI_TRY(check_keys(d, 1));
        HYTI_TRY(check_keys(d, 2));
        keys = hyti_operand(d, 1)->dims.size[2];
    }
    if (d->node.n_inputs % 2 == 0) HYTI_TRY(check_bias(d, d->node.n_inputs - 1, tokens, keys));
    if (packed) d->node.dims.size[3] = width / 3;
    d->work = 2 * keys;
    return HYT_OK;
}

static void drop_axis(hyt_dims *dims, size_t axis)
{
    dims->rank--;
    for (size_t i = axis; i < dims->rank; i++) dims->size[i] = dims->size[i + 1];
}

hyt_status hyti_infer_mean(hyti_draft *d)
{
    HYTI_TRY(hyti_need_rows(d, 2, HYT_MAX_RANK));
    HYTI_TRY(hyti_check_axis(d, 1));
    HYTI_TRY(hyti_check_flag(d, "whether the axis stays", d->node.kept));
    if (!d->node.kept && d->first->dims.rank == 2)
        return hyti_refuse(HYT_ERR_SHAPE, d, "the only axis beside the batch has to stay");
    if (d->node.kept) d->node.dims.size[d->node.axis] = 1;
    else drop_axis(&d->node.dims, d->node.axis);
    return HYT_OK;
}

/* What is asked for says the kind of the result. */
static hyt_status take_kind(hyti_draft *d)
{
    HYTI_TRY(hyti_check_flag(d, "whether the result is a picture", d->node.as_picture));
    d->node.picture = d->node.as_picture;
    if (!d->node.picture || d->node.dims.rank == 4) return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "a picture has 4 axes, not %zu", d->node.dims.rank);
}

static hyt_status take_dims(hyti_draft *d)
{
    const hyt_dims *dims = &d->wanted->dims;
    if (dims->rank < 2 || dims->rank > HYT_MAX_RANK)
        return hyti_refuse(HYT_ERR_RANGE, d, "rank is %zu, not from 2 to %d", dims->rank, HYT_MAX_RANK);
    if (dims->size[0] != 1)
        return hyti_refuse(HYT_ERR_SHAPE, d, "axis 0, the batch, has size %zu, not 1", dims->size[0]);
    d->node.dims = *dims;
    for (size_t i = dims->rank; i < HYT_MAX_RANK; i++) d->node.dims.size[i] = 0;
    return take_kind(d);
}

hyt_status hyti_infer_constant(hyti_draft *d)
{
    if (d->graph->input == HYTI_NO_VALUE)
        return hyti_refuse(HYT_ERR_STATE, d, "graph \"%s\" begins with its input", d->graph->name);
    HYTI_TRY(take_dims(d));
    HYTI_TRY(hyti_check_flag(d, "whether it is trained", d->node.trained));
    hyti_add_parameter(d, d->node.trained ? HYTI_ROLE_CONSTANT : HYTI_ROLE_FIXED, d->node.dims);
    return HYT_OK;
}

hyt_status hyti_infer_reshape(hyti_draft *d)
{
    size_t from, to;
    HYTI_TRY(take_dims(d));
    for (size_t i = 1; i < d->node.dims.rank; i++)
        HYTI_TRY(hyti_check_range(d, "size of an axis", d->node.dims.size[i], 1));
    if (hyti_dims_count(&d->first->dims, &from) && hyti_dims_count(&d->node.dims, &to) && from == to) return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "what is asked for has another number of values");
}

hyt_status hyti_infer_transpose(hyti_draft *d)
{
    bool seen[HYT_MAX_RANK] = { false };
    size_t rank = d->first->dims.rank;
    for (size_t i = 0; i < rank; i++) {
        size_t axis = d->node.order[i];
        if (axis >= rank || seen[axis])
            return hyti_refuse(HYT_ERR_RANGE, d, "axis %zu at place %zu is no order of %zu axes", axis, i, rank);
        seen[axis] = true;
        d->node.dims.size[i] = d->first->dims.size[axis];
    }
    if (d->node.order[0] != 0) return hyti_refuse(HYT_ERR_RANGE, d, "axis 0, the batch, does not come first");
    for (size_t i = rank; i < HYT_MAX_RANK; i++) d->node.order[i] = 0;
    return take_kind(d);
}

hyt_status hyti_infer_slice(hyti_draft *d)
{
    HYTI_TRY(hyti_check_axis(d, 1));
    size_t begin = d->node.begin, end = d->node.end, size = d->first->dims.size[d->node.axis];
    HYTI_TRY(hyti_check_range(d, "step", d->node.step, 1));
    if (begin >= end || end > size)
        return hyti_refuse(HYT_ERR_RANGE, d, "from %zu to %zu of the %zu along axis %zu", begin, end, size,
                           d->node.axis);
    d->node.dims.size[d->node.axis] = (end - begin - 1) / d->node.step + 1;
    return HYT_OK;
}
