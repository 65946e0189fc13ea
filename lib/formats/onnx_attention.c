/* SPDX-License-Identifier: MIT */
/* softmax(q k' / sqrt(d) + bias) v, whatever the chain of reshapes, splits and scalings around it: q, k and v are views
 * of one projection (side by side) or of three, and their strides tell which head, token and channel a value is of. */
#include "formats/onnx.h"
#include <math.h>
#include <string.h>

#define MAX_HEADS 1024 /* that are looked for */

/* The product of softmax and values that is looked at. */
typedef struct attention {
    size_t sequences, heads, tokens, keys, width; /* width: of a head */
    onnx_view q, k, v;
    size_t rows[3]; /* values of a token in the sources of q, k and v */
    double scale;
    onnx_id biases[2]; /* constants that were added to the scores, and the dims of the sums */
    hyt_dims sums[2];
    size_t n_biases;
} attention;

static bool scalar_operand(onnx_model *model, const onnx_node *node, size_t index, double *out)
{
    return hyti_onnx_scalar(hyti_onnx_constant(model, node, index), out);
}

/* Takes a multiplication or division by a scalar off a value. */
static bool peel_scale(onnx_model *model, onnx_id *id, double *scale)
{
    const onnx_node *node = hyti_onnx_maker(model, *id);
    double factor;
    if (!node || (node->op != ONNX_MUL && node->op != ONNX_DIV)) return false;
    for (size_t i = 0; i < 2; i++) {
        if (!scalar_operand(model, node, i, &factor) || (node->op == ONNX_DIV && i == 0)) continue;
        *scale *= node->op == ONNX_DIV ? 1 / factor : factor;
        *id = node->inputs[1 - i];
        return true;
    }
    return false;
}

/* A value as a view of what its scalings and moves began with. */
static bool view_past_scales(onnx_model *model, onnx_id id, double *scale, onnx_view *out)
{
    onnx_view inner;
    while (!model->values[id].view && peel_scale(model, &id, scale)) {
    }
    hyti_onnx_view_of(model, id, out);
    for (int depth = 0; depth < 8 && out->source != id; depth++) {
        id = out->source;
        if (!peel_scale(model, &id, scale)) return true;
        hyti_onnx_view_of(model, id, &inner);
        if (!hyti_onnx_view_through(&inner, out)) return false;
    }
    return true;
}

/* Whether a value only has other dims than what it is a view of. */
static bool is_reshape_only(onnx_model *model, onnx_id id)
{
    onnx_axis axes[ONNX_MAX_AXES];
    const onnx_view *view = model->values[id].view;
    return view && hyti_onnx_view_is_whole(model, view) && hyti_onnx_join(view, axes) == 1 && axes[0].stride == 1;
}

/* From the softmax back to the product of q and k. */
static const onnx_node *find_scores(onnx_model *model, onnx_id id, attention *a)
{
    for (int depth = 0; depth < 8; depth++) {
        const onnx_node *node = hyti_onnx_maker(model, id);
        if (is_reshape_only(model, id)) id = model->values[id].view->source;
        else if (node && node->op == ONNX_ADD) {
            size_t constant = hyti_onnx_constant(model, node, 0) ? 0 : 1;
            if (!hyti_onnx_constant(model, node, constant) || a->n_biases == HYTI_COUNT(a->biases)) return NULL;
            if (a->scale != 1) return NULL; /* a bias that is scaled as well */
            a->biases[a->n_biases] = node->inputs[constant];
            a->sums[a->n_biases++] = model->values[node->outputs[0]].dims;
            id = node->inputs[1 - constant];
        } else if (!peel_scale(model, &id, &a->scale)) return node && node->op == ONNX_MAT_MUL ? node : NULL;
    }
    return NULL;
}

/* Axes sequence, head, token, channel in the source's order, as a view of it would have them. */
static bool has_strides(const onnx_view *view, const size_t sizes[4], const size_t strides[4])
{
    onnx_axis found[ONNX_MAX_AXES], wanted[ONNX_MAX_AXES];
    onnx_view expected = { .n_axes = 4 };
    for (size_t i = 0; i < 4; i++) expected.axes[i] = (onnx_axis){ sizes[i], strides[i] };
    size_t count = hyti_onnx_join(view, found);
    return hyti_onnx_join(&expected, wanted) == count && memcmp(found, wanted, count * sizeof *found) == 0;
}

/* Whether q, k' and v lie in their sources side by side, `row` values a token. */
static bool has_layout(const attention *a)
{
    size_t sequences = a->sequences, heads = a->heads, d = a->width;
    const size_t *row = a->rows;
    return has_strides(&a->q, (size_t[]){ sequences, heads, a->tokens, d },
                       (size_t[]){ a->tokens * row[0], d, row[0], 1 }) &&
           has_strides(&a->k, (size_t[]){ sequences, heads, d, a->keys },
                       (size_t[]){ a->keys * row[1], d, 1, row[1] }) &&
           has_strides(&a->v, (size_t[]){ sequences, heads, a->keys, d }, (size_t[]){ a->keys * row[2], d, row[2], 1 });
}

static size_t count_of(const onnx_model *model, onnx_id id)
{
    size_t count = 0;
    return hyti_dims_count(&model->values[id].dims, &count) ? count : 0;
}

/* Whether q, k and v each are `heads * width` values, one after the other, of every row of their sources. */
static bool find_rows(const onnx_model *model, attention *a)
{
    const onnx_view *parts[3] = { &a->q, &a->k, &a->v };
    size_t whole = a->heads * a->width;
    for (size_t i = 0; i < 3; i++) {
        size_t tokens = a->sequences * (i == 0 ? a->tokens : a->keys), count = count_of(model, parts[i]->source);
        a->rows[i] = count / tokens;
        if (count % tokens || whole > a->rows[i] || parts[i]->offset > a->rows[i] - whole) return false;
    }
    return has_layout(a);
}

static bool is_packed(const attention *a)
{
    size_t whole = a->heads * a->width;
    return a->q.source == a->k.source && a->k.source == a->v.source && a->tokens == a->keys && a->q.offset == 0 &&
           a->k.offset == whole && a->v.offset == 2 * whole && a->rows[0] == 3 * whole;
}

/* Sequences and heads: apart in a product of rank 4; one axis in rank 3, where q's strides tell how many heads. */
/* `both` are sequences times heads; q's strides tell how many of each. */
static bool find_heads(const onnx_model *model, size_t both, attention *a)
{
    for (size_t heads = 1; heads <= HYTI_MIN(both, (size_t)MAX_HEADS); heads++) {
        a->heads = heads;
        a->sequences = both / heads;
        if (both % heads == 0 && find_rows(model, a)) return true;
    }
    return false;
}

static bool find_sizes(const onnx_model *model, const onnx_node *node, const onnx_node *scores, attention *a)
{
    const hyt_dims *out = &model->values[node->outputs[0]].dims, *q = &model->values[scores->inputs[0]].dims;
    const hyt_dims *k = &model->values[scores->inputs[1]].dims;
    size_t rank = out->rank;
    if ((rank != 3 && rank != 4) || q->rank != k->rank || q->rank < 3) return false;
    a->tokens = out->size[rank - 2];
    a->width = out->size[rank - 1];
    a->keys = k->size[k->rank - 1];
    a->heads = out->size[rank - 3];
    a->sequences = rank == 4 ? out->size[0] : 1;
    if (q->size[q->rank - 1] != a->width || q->size[q->rank - 2] != a->tokens) return false;
    if (rank == 3 ? !find_heads(model, a->heads, a) : !find_rows(model, a)) return false;
    for (size_t i = 0; i < a->n_biases; i++) {
        size_t count;
        if (!hyti_dims_count(&a->sums[i], &count) || count != a->sequences * a->heads * a->tokens * a->keys)
            return false;
    }
    return true;
}

/* The constants as one of 1,heads,T,S or, where sequences differ, 1,sequences,heads,T,S. */
static bool bias_differs(const onnx_model *model, const attention *a)
{
    size_t plane = a->heads * a->tokens * a->keys;
    for (size_t i = 0; i < a->n_biases; i++) {
        const hyt_dims *dims = &model->values[a->biases[i]].dims, *sum = &a->sums[i];
        size_t inner = 1, at = sum->rank;
        while (at > 0 && inner < plane) inner *= sum->size[--at]; /* the axes of one sequence */
        if (inner != plane) return true;
        for (size_t j = 0; j < at; j++) {
            size_t back = sum->rank - j; /* counted from the end */
            if (back <= dims->rank && dims->size[dims->rank - back] != 1) return true;
        }
    }
    return false;
}

/* Value of a constant at a place of the sum that it was broadcast to. */
static double bias_at(const onnx_tensor *tensor, const hyt_dims *sum, size_t index)
{
    size_t at = 0, stride = 1;
    for (size_t i = 1; i <= sum->rank; i++) {
        size_t place = index % sum->size[sum->rank - i];
        index /= sum->size[sum->rank - i];
        if (i > tensor->dims.rank) continue;
        size_t size = tensor->dims.size[tensor->dims.rank - i];
        at += size == 1 ? 0 : place * stride;
        stride *= size;
    }
    return hyti_onnx_real_at(tensor, at);
}

static hyt_status make_bias(onnx_model *model, const attention *a, onnx_id *out)
{
    bool differs = bias_differs(model, a);
    hyt_dims dims = { 4, { 1, a->heads, a->tokens, a->keys } };
    void *room;
    if (differs) dims = (hyt_dims){ 5, { 1, a->sequences, a->heads, a->tokens, a->keys } };
    onnx_tensor *tensor = hyti_onnx_take(model, sizeof *tensor);
    if (!tensor) return hyti_fail_nomem();
    *tensor = (onnx_tensor){ .type = ONNX_FLOAT, .dims = dims };
    hyti_dims_count(&dims, &tensor->count);
    HYTI_TRY(hyti_onnx_take_values(model, tensor->count, sizeof(float), &room));
    for (size_t i = 0; i < tensor->count; i++) {
        double sum = 0;
        for (size_t j = 0; j < a->n_biases; j++) sum += bias_at(model->values[a->biases[j]].constant, &a->sums[j], i);
        float value = (float)sum;
        memcpy((char *)room + i * sizeof value, &value, sizeof value);
    }
    tensor->bytes = room;
    HYTI_TRY(hyti_onnx_invent(model, &dims, out));
    model->values[*out].constant = tensor;
    return HYT_OK;
}

/* The node becomes the attention, whose result has the heads side by side; what the file calls the product is a view of
 * that, so that the chain which would merge the heads finds them merged. */
static hyt_status rewrite(onnx_model *model, onnx_node *node, const attention *a)
{
    onnx_id result = node->outputs[0], merged, bias = ONNX_NONE;
    size_t whole = a->heads * a->width, count = is_packed(a) ? 1 : 3;
    hyt_dims dims = { 3, { a->sequences, a->tokens, whole } };
    if (a->n_biases) HYTI_TRY(make_bias(model, a, &bias));
    onnx_id *inputs = hyti_onnx_take(model, 4 * sizeof *inputs);
    onnx_view *view = hyti_onnx_take(model, sizeof *view);
    node->draft = hyti_onnx_take(model, sizeof *node->draft);
    node->splits = hyti_onnx_take(model, 3 * sizeof *node->splits);
    if (!inputs || !view || !node->draft || !node->splits) return hyti_fail_nomem();
    HYTI_TRY(hyti_onnx_invent(model, &dims, &merged));
    size_t heads = model->values[result].dims.rank - 3; /* the dim that the heads are part of */
    *view = (onnx_view){
        .source = merged,
        .n_axes = 4,
        .axes = { { a->sequences, a->tokens * whole }, { a->heads, a->width }, { a->tokens, whole }, { a->width, 1 } },
        .group = { 0, (unsigned char)heads, (unsigned char)(heads + 1), (unsigned char)(heads + 2) }
    };
    inputs[0] = a->q.source;
    inputs[1] = a->k.source;
    inputs[2] = a->v.source;
    for (size_t i = 0; i < count; i++) node->splits[i] = (int64_t)(i == 0 ? a->q : i == 1 ? a->k : a->v).offset;
    if (bias != ONNX_NONE) inputs[count++] = bias;
    model->values[merged].producer = model->values[result].producer;
    model->values[result].view = view;
    node->op = ONNX_ATTENTION;
    node->inputs = inputs;
    node->n_inputs = count;
    node->outputs[0] = merged;
    node->draft->heads = a->heads;
    node->draft->dims = (hyt_dims){ 4, { 1, a->sequences, a->tokens, whole } };
    node->draft->height = a->keys;
    return HYT_OK;
}

hyt_status hyti_onnx_attention(onnx_model *model, onnx_node *node)
{
    attention a = { .scale = 1 };
    double value_scale = 1;
    const onnx_node *softmax = hyti_onnx_maker(model, node->inputs[0]);
    if (!softmax || softmax->op != ONNX_SOFTMAX || model->values[node->inputs[0]].view ||
        softmax->draft->axis + 1 != model->values[node->inputs[0]].dims.rank)
        return HYT_OK;
    const onnx_node *scores = find_scores(model, softmax->inputs[0], &a);
    if (!scores || hyti_onnx_constant(model, scores, 0) || hyti_onnx_constant(model, scores, 1)) return HYT_OK;
    if (!view_past_scales(model, scores->inputs[0], &a.scale, &a.q) ||
        !view_past_scales(model, scores->inputs[1], &a.scale, &a.k) ||
        !view_past_scales(model, node->inputs[1], &value_scale, &a.v) || value_scale != 1 ||
        !find_sizes(model, node, scores, &a))
        return HYT_OK;
    if (fabs(a.scale * sqrt((double)a.width) - 1) > 1e-6) return HYT_OK;
    return rewrite(model, node, &a);
}
