/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An int8 graph read literally in TensorFlow Lite's arithmetic: one operation at a time over logical axes, nothing
 * fused, folded or packed. What the int8 runtime and the readers of int8 files are held against. The arithmetic that
 * has a definition of its own outside (32-bit sums, Q31 multipliers, additions, products, means, tables, moves) is
 * written out here once more; softmax, layer norm, attention and bilinear resizing, which are the library's
 * own, are taken from the plain C kernels. */
#ifndef HYTNAS_TESTS_INT8_ORACLE_H
#define HYTNAS_TESTS_INT8_ORACLE_H

#include "../test.h"
#include "graph/graph.h"
#include "kernels/kernels.h"
#include <hytnas/runtime.h>

typedef struct oracle {
    hyt_graph *graph; /* batch norms folded, the scales those that values are really stored in (oracle_kept) */
    int8_t **values; /* one array a value, batch 1, logical order */
    float **constants; /* real values of what is made of constants alone, worked out before it is stored; else NULL */
} oracle;

static inline size_t oracle_count(const hyt_graph *graph, hyt_value value)
{
    size_t count = 1;
    for (size_t i = 0; i < graph->nodes[value].dims.rank; i++) count *= graph->nodes[value].dims.size[i];
    return count;
}

/* gemmlowp: SaturatingRoundingDoublingHighMul, RoundingDivideByPOT. */
static inline int32_t oracle_high(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
    int64_t product = (int64_t)a * b, nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

static inline int32_t oracle_divide(int32_t x, int exponent)
{
    int64_t half = exponent ? (int64_t)1 << (exponent - 1) : 0, power = (int64_t)1 << exponent;
    return (int32_t)(x >= 0 ? (x + half) / power : -((-(int64_t)x + half) / power));
}

/* value * factor; the factor as a Q31 multiplier and a power of two. */
static inline int32_t oracle_scaled(int32_t value, double factor)
{
    int shift;
    int64_t multiplier = llround(frexp(factor, &shift) * 2147483648.0);
    if (multiplier == (int64_t)1 << 31) multiplier /= 2, shift++;
    if (shift < -31) return 0;
    int32_t left = (int32_t)((uint32_t)value << (shift > 0 ? shift : 0));
    return oracle_divide(oracle_high(left, (int32_t)multiplier), shift > 0 ? 0 : -shift);
}

static inline int8_t oracle_bounded(int64_t q)
{
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

/* Half away from zero. */
static inline int8_t oracle_stored(double real, double scale, int32_t zero)
{
    double q = round(real / scale) + zero;
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

static inline const hyti_node *oracle_operand(const oracle *o, const hyti_node *node, size_t index)
{
    return &o->graph->nodes[node->inputs[index]];
}

/* The stored weights of a layer, and the scale of each output channel: the graph's, or the greatest weight at 127. */
typedef struct oracle_layer {
    const hyti_node *node, *from;
    int32_t *weights, *bias;
    double *scale;
} oracle_layer;

static inline size_t oracle_channel(const hyti_node *node, const hyt_dims *dims, size_t index)
{
    size_t plane = dims->rank == 4 ? dims->size[2] * dims->size[3] : 1;
    if (node->op != HYT_OP_CONV_TRANSPOSE) return index / (dims->size[1] * plane);
    size_t group = index / plane / dims->size[1] / (dims->size[0] / node->groups);
    return group * dims->size[1] + index / plane % dims->size[1];
}

static inline bool oracle_is_layer(const hyti_node *node)
{
    return node->op == HYT_OP_CONV || node->op == HYT_OP_CONV_TRANSPOSE || node->op == HYT_OP_LINEAR ||
           node->op == HYT_OP_BATCH_NORM;
}

/* The one operation that reads a value on the way to the result; HYTI_NO_VALUE: none, or several, or the end. */
static inline hyt_value oracle_reader(const hyt_graph *graph, hyt_value value)
{
    hyt_value output = hyt_graph_output(graph), reader = HYTI_NO_VALUE;
    bool *live = calloc(graph->n_nodes, sizeof *live);
    size_t readers = value == output;
    live[output] = true;
    for (hyt_value i = output; i > value; i--)
        for (size_t j = 0; live[i] && j < graph->nodes[i].n_inputs; j++) {
            live[graph->nodes[i].inputs[j]] = true;
            if (graph->nodes[i].inputs[j] != value) continue;
            readers++;
            reader = i;
        }
    free(live);
    return readers == 1 ? reader : HYTI_NO_VALUE;
}

/* How a value is really stored: what only moves values keeps the scale of its operand, and a layer that a bound alone
 * reads takes that of the bound, since what it cuts off is never stored. */
static inline hyti_quant oracle_kept(const hyt_graph *graph, hyt_value value)
{
    const hyti_node *node = &graph->nodes[value];
    hyti_quant own = { node->scale, node->zero };
    if (node->fixed) return own;
    switch (node->op) {
    case HYT_OP_SOFTMAX: return (hyti_quant){ 1.0F / 256, -128 };
    case HYT_OP_MAX_POOL:
    case HYT_OP_AVERAGE_POOL:
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD:
    case HYT_OP_RESHAPE:
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE:
    case HYT_OP_PAD:
    case HYT_OP_RESIZE:
        return (hyti_quant){ graph->nodes[node->inputs[0]].scale, graph->nodes[node->inputs[0]].zero };
    default: break;
    }
    hyt_value reader = oracle_is_layer(node) ? oracle_reader(graph, value) : HYTI_NO_VALUE;
    if (reader == HYTI_NO_VALUE) return own;
    const hyti_node *next = &graph->nodes[reader];
    bool bound = next->op == HYT_OP_RELU || next->op == HYT_OP_RELU6;
    return bound ? (hyti_quant){ next->scale, next->zero } : own;
}

static inline oracle_layer oracle_open(const oracle *o, const hyti_node *node)
{
    const hyti_parameter *weights = &o->graph->parameters[node->parameters[0]], *bias = weights + 1;
    oracle_layer l = { .node = node, .from = oracle_operand(o, node, 0), };
    size_t channels = node->dims.size[node->op == HYT_OP_LINEAR ? node->dims.rank - 1 : 1];
    l.weights = calloc(weights->count, sizeof *l.weights);
    l.bias = calloc(channels, sizeof *l.bias);
    l.scale = calloc(channels, sizeof *l.scale);
    for (size_t i = 0; i < weights->count; i++) {
        double *scale = &l.scale[oracle_channel(node, &weights->dims, i)];
        *scale = fmax(*scale, fabs((double)weights->data[i]) / 127);
    }
    for (size_t c = 0; c < channels; c++) {
        if (weights->scales) l.scale[c] = weights->scales[c];
        if (l.scale[c] == 0) l.scale[c] = 1;
        if (node->n_parameters < 2) continue;
        double whole = bias->exact ? bias->exact[c] : round(bias->data[c] / ((double)l.from->scale * l.scale[c]));
        l.bias[c] = (int32_t)fmin(fmax(whole, INT32_MIN), INT32_MAX);
    }
    for (size_t i = 0; i < weights->count; i++) { /* scales that a graph gives may leave the outermost weights out */
        double whole = round(weights->data[i] / l.scale[oracle_channel(node, &weights->dims, i)]);
        l.weights[i] = (int32_t)fmin(fmax(whole, -127), 127);
    }
    return l;
}

static inline void oracle_close(oracle_layer *l)
{
    free(l->weights);
    free(l->bias);
    free(l->scale);
}

/* A sum of products of stored values less their zeros, to the result of an output channel. */
static inline int8_t oracle_result(const oracle_layer *l, size_t channel, int32_t sum)
{
    double factor = (double)l->from->scale * l->scale[channel] / l->node->scale;
    return oracle_bounded((int64_t)oracle_scaled(sum + l->bias[channel], factor) + l->node->zero);
}

/* One tap of an output channel over all its places; padding is the zero point and adds nothing. */
static inline void oracle_tap(const hyti_node *node, const hyti_node *from, const int8_t *plane, int32_t weight,
                              size_t ky, size_t kx, int32_t *sums)
{
    const size_t *in = from->dims.size, *out = node->dims.size;
    for (size_t r = 0; r < out[2]; r++) {
        size_t yy = r * node->stride[0] + ky * node->dilation[0] - node->pad[0];
        if (yy >= in[2]) continue; /* below zero wraps round */
        for (size_t k = 0; k < out[3]; k++) {
            size_t xx = k * node->stride[1] + kx * node->dilation[1] - node->pad[1];
            if (xx < in[3]) sums[r * out[3] + k] += (plane[yy * in[3] + xx] - from->zero) * weight;
        }
    }
}

static inline void oracle_conv(const oracle *o, const hyti_node *node, const int8_t *x, int8_t *y)
{
    oracle_layer l = oracle_open(o, node);
    const size_t *in = l.from->dims.size, *out = node->dims.size;
    size_t each = in[1] / node->groups, outs = out[1] / node->groups, kernel = node->kernel[0] * node->kernel[1];
    int32_t *sums = malloc(out[2] * out[3] * sizeof *sums);
    for (size_t c = 0; c < out[1]; c++) {
        memset(sums, 0, out[2] * out[3] * sizeof *sums);
        for (size_t i = 0; i < each * kernel; i++) {
            const int8_t *plane = x + (c / outs * each + i / kernel) * in[2] * in[3];
            oracle_tap(node, l.from, plane, l.weights[c * each * kernel + i], i % kernel / node->kernel[1],
                       i % node->kernel[1], sums);
        }
        for (size_t i = 0; i < out[2] * out[3]; i++) y[c * out[2] * out[3] + i] = oracle_result(&l, c, sums[i]);
    }
    free(sums);
    oracle_close(&l);
}

/* Weights [in, out / groups, kh, kw]: each result gathers the inputs that reach it. */
static inline void oracle_conv_transpose(const oracle *o, const hyti_node *node, const int8_t *x, int8_t *y)
{
    oracle_layer l = oracle_open(o, node);
    const size_t *in = l.from->dims.size, *out = node->dims.size, *kernel = node->kernel;
    size_t each = in[1] / node->groups, outs = out[1] / node->groups;
    for (size_t place = 0; place < out[1] * out[2] * out[3]; place++) {
        size_t c = place / out[3] / out[2], r = place / out[3] % out[2], k = place % out[3];
        int32_t sum = 0;
        for (size_t i = 0; i < each * kernel[0] * kernel[1]; i++) {
            size_t channel = c / outs * each + i / (kernel[0] * kernel[1]);
            size_t ky = i / kernel[1] % kernel[0], kx = i % kernel[1];
            size_t yy = r + node->pad[0] - ky, xx = k + node->pad[1] - kx;
            if (yy % node->stride[0] || xx % node->stride[1]) continue;
            yy /= node->stride[0], xx /= node->stride[1];
            if (yy >= in[2] || xx >= in[3]) continue;
            size_t weight = ((channel * outs + c % outs) * kernel[0] + ky) * kernel[1] + kx;
            sum += (x[(channel * in[2] + yy) * in[3] + xx] - l.from->zero) * l.weights[weight];
        }
        y[place] = oracle_result(&l, c, sum);
    }
    oracle_close(&l);
}

/* A batch norm that stands alone: a layer of one weight a channel. */
static inline void oracle_batch_norm(const oracle *o, const hyti_node *node, size_t count, const int8_t *x, int8_t *y)
{
    const hyti_node *from = oracle_operand(o, node, 0);
    const hyti_parameter *own = &o->graph->parameters[node->parameters[0]];
    size_t channels = node->dims.size[1], pixels = count / channels;
    for (size_t i = 0; i < count; i++) {
        size_t c = i / pixels;
        double slope = own[0].data[c] / sqrt((double)own[3].data[c] + node->epsilon);
        double weight = (float)slope, scale = weight == 0 ? 1 : fabs(weight) / 127;
        double bias = (own[1].data[c] - own[2].data[c] * slope) / (from->scale * scale);
        int32_t sum = (x[i] - from->zero) * (int32_t)lround(weight / scale) + (int32_t)round(bias);
        y[i] = oracle_bounded((int64_t)oracle_scaled(sum, from->scale * scale / node->scale) + node->zero);
    }
}

static inline void oracle_linear(const oracle *o, const hyti_node *node, size_t count, const int8_t *x, int8_t *y)
{
    oracle_layer l = oracle_open(o, node);
    size_t in = l.from->dims.size[l.from->dims.rank - 1], out = node->dims.size[node->dims.rank - 1];
    for (size_t i = 0; i < count; i++) {
        int32_t sum = 0;
        for (size_t j = 0; j < in; j++) sum += (x[i / out * in + j] - l.from->zero) * l.weights[i % out * in + j];
        y[i] = oracle_result(&l, i % out, sum);
    }
    oracle_close(&l);
}

/* Where the second operand's value lies for place `place` of the first's axes: axes of size 1 repeat. */
static inline size_t oracle_broadcast(const hyt_dims *dims, const hyt_dims *other, size_t place)
{
    size_t at = 0, stride = 1;
    for (size_t axis = dims->rank; axis-- > 0; place /= dims->size[axis]) {
        size_t along = place % dims->size[axis];
        if (other->size[axis] > 1) at += along * stride;
        stride *= other->size[axis];
    }
    return at;
}

static inline int8_t oracle_sum(const hyti_node *a, const hyti_node *b, const hyti_node *node, int left, int right)
{
    double greater = 2 * (double)(a->scale > b->scale ? a->scale : b->scale);
    int32_t x = oracle_scaled((left - a->zero) * (1 << 20), a->scale / greater);
    int32_t y = oracle_scaled((right - b->zero) * (1 << 20), b->scale / greater);
    return oracle_bounded((int64_t)oracle_scaled(x + y, greater / ((1 << 20) * (double)node->scale)) + node->zero);
}

static inline int8_t oracle_product(const hyti_node *a, const hyti_node *b, const hyti_node *node, int left, int right)
{
    double factor = (double)a->scale * b->scale / node->scale;
    return oracle_bounded((int64_t)oracle_scaled((left - a->zero) * (right - b->zero), factor) + node->zero);
}

static inline void oracle_binary(const oracle *o, const hyti_node *node, size_t count, int8_t *y)
{
    const hyti_node *a = oracle_operand(o, node, 0), *b = oracle_operand(o, node, 1);
    const int8_t *left = o->values[node->inputs[0]], *right = o->values[node->inputs[1]];
    for (size_t i = 0; i < count; i++) {
        int8_t other = right[oracle_broadcast(&a->dims, &b->dims, i)];
        y[i] = (node->op == HYT_OP_ADD ? oracle_sum : oracle_product)(a, b, node, left[i], other);
    }
}

static inline void oracle_matmul(const oracle *o, const hyti_node *node, size_t count, int8_t *y)
{
    const hyti_node *a = oracle_operand(o, node, 0), *b = oracle_operand(o, node, 1);
    const int8_t *left = o->values[node->inputs[0]], *right = o->values[node->inputs[1]];
    size_t rank = node->dims.rank, n = node->dims.size[rank - 1], m = node->dims.size[rank - 2];
    size_t k = a->dims.size[rank - 1];
    hyt_dims sets = node->dims, others = b->dims;
    sets.rank = others.rank = rank - 2;
    double factor = (double)a->scale * b->scale / node->scale;
    for (size_t i = 0; i < count; i++) {
        size_t set = oracle_broadcast(&sets, &others, i / (m * n)), row = i / n, column = i % n;
        int32_t sum = 0;
        for (size_t j = 0; j < k; j++) {
            size_t at = set * k * n + (node->transposed ? column * k + j : j * n + column);
            sum += (left[row * k + j] - a->zero) * (right[at] - b->zero);
        }
        y[i] = oracle_bounded((int64_t)oracle_scaled(sum, factor) + node->zero);
    }
}

/* A mean: the quotient rounded half away from zero where the scale stays, else scaled. */
static inline int8_t oracle_mean(const hyti_node *from, const hyti_node *node, int32_t sum, size_t count)
{
    if (from->scale == node->scale && from->zero == node->zero)
        return oracle_bounded((sum > 0 ? sum + (int32_t)count / 2 : sum - (int32_t)count / 2) / (int32_t)count);
    double factor = (double)from->scale / node->scale / (double)count;
    return oracle_bounded((int64_t)oracle_scaled(sum - (int32_t)count * from->zero, factor) + node->zero);
}

static inline void oracle_pool(const oracle *o, const hyti_node *node, const int8_t *x, int8_t *y)
{
    const hyti_node *from = oracle_operand(o, node, 0);
    const size_t *in = from->dims.size, *out = node->dims.size;
    for (size_t place = 0; place < out[1] * out[2] * out[3]; place++) {
        size_t c = place / out[3] / out[2], r = place / out[3] % out[2], k = place % out[3], met = 0;
        int32_t sum = 0, most = -128;
        for (size_t i = 0; i < node->kernel[0] * node->kernel[1]; i++) {
            size_t yy = r * node->stride[0] + i / node->kernel[1] - node->pad[0];
            size_t xx = k * node->stride[1] + i % node->kernel[1] - node->pad[1];
            bool inside = yy < in[2] && xx < in[3];
            int32_t q = inside ? x[(c * in[2] + yy) * in[3] + xx] : from->zero;
            met += inside || node->counted;
            sum += inside || node->counted ? q : 0;
            if (inside && q > most) most = q;
        }
        y[place] = node->op == HYT_OP_MAX_POOL ? (int8_t)most : oracle_mean(from, node, sum, met);
    }
}

/* Mean over one axis, or over H and W of a picture, which lie together. */
static inline void oracle_reduce(const oracle *o, const hyti_node *node, const int8_t *x, int8_t *y)
{
    const hyti_node *from = oracle_operand(o, node, 0);
    size_t axis = node->op == HYT_OP_GLOBAL_POOL ? 2 : node->axis, outer = 1, inner = 1, size = from->dims.size[axis];
    for (size_t i = 0; i < axis; i++) outer *= from->dims.size[i];
    for (size_t i = axis + 1; i < from->dims.rank; i++) inner *= from->dims.size[i];
    if (node->op == HYT_OP_GLOBAL_POOL) size *= inner, inner = 1;
    for (size_t i = 0; i < outer * inner; i++) {
        int32_t sum = 0;
        for (size_t j = 0; j < size; j++) sum += x[(i / inner * size + j) * inner + i % inner];
        y[i] = oracle_mean(from, node, sum, size);
    }
}

static inline double oracle_function(hyt_op op, double x)
{
    double gate = x + 3 < 0 ? 0 : x + 3 > 6 ? 6 : x + 3;
    switch (op) {
    case HYT_OP_RELU: return x < 0 ? 0 : x;
    case HYT_OP_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case HYT_OP_SILU: return x / (1 + exp(-x));
    case HYT_OP_SIGMOID: return 1 / (1 + exp(-x));
    case HYT_OP_GELU: return x * 0.5 * (1 + erf(x / sqrt(2)));
    case HYT_OP_HARD_SWISH: return x * gate / 6;
    case HYT_OP_HARD_SIGMOID: return gate / 6;
    default: return x; /* a move: from one scale to another */
    }
}

/* A value of one operand as the result stores it. */
static inline int8_t oracle_unary(const hyti_node *from, const hyti_node *node, int q)
{
    return oracle_stored(oracle_function(node->op, (double)from->scale * (q - from->zero)), node->scale, node->zero);
}

/* Place in the operand of place `place` of the result; SIZE_MAX: none, a frame. */
static inline size_t oracle_source(const hyti_node *node, const hyt_dims *from, size_t place)
{
    size_t along[HYT_MAX_RANK], at = 0;
    for (size_t axis = node->dims.rank; axis-- > 0; place /= node->dims.size[axis])
        along[axis] = place % node->dims.size[axis];
    if (node->op == HYT_OP_SLICE) along[node->axis] = node->begin + along[node->axis] * node->step;
    if (node->op == HYT_OP_RESIZE)
        for (size_t i = 2; i < 4; i++) along[i] = along[i] * from->size[i] / node->dims.size[i];
    for (size_t i = 2; node->op == HYT_OP_PAD && i < 4; i++) {
        along[i] -= node->pad[i - 2];
        if (along[i] >= from->size[i]) return SIZE_MAX;
    }
    for (size_t axis = 0; axis < from->rank; axis++) {
        size_t index = along[axis];
        for (size_t i = 0; node->op == HYT_OP_TRANSPOSE && i < from->rank; i++)
            if (node->order[i] == axis) index = along[i];
        at = at * from->size[axis] + index;
    }
    return at;
}

static inline void oracle_move(const oracle *o, const hyti_node *node, size_t count, const int8_t *x, int8_t *y)
{
    const hyti_node *from = oracle_operand(o, node, 0);
    for (size_t i = 0; i < count; i++) {
        size_t at = node->op == HYT_OP_RESHAPE ? i : oracle_source(node, &from->dims, i);
        y[i] = at == SIZE_MAX ? oracle_stored(node->value, node->scale, node->zero) : oracle_unary(from, node, x[at]);
    }
}

static inline void oracle_concat(const oracle *o, const hyti_node *node, int8_t *y)
{
    size_t inner = 1, outer = 1, start = 0, size = node->dims.size[node->axis];
    for (size_t i = 0; i < node->axis; i++) outer *= node->dims.size[i];
    for (size_t i = node->axis + 1; i < node->dims.rank; i++) inner *= node->dims.size[i];
    for (size_t j = 0; j < node->n_inputs; j++) {
        const hyti_node *from = oracle_operand(o, node, j);
        size_t part = from->dims.size[node->axis] * inner;
        for (size_t i = 0; i < outer * part; i++)
            y[i / part * size * inner + start + i % part] = oracle_unary(from, node, o->values[node->inputs[j]][i]);
        start += part;
    }
}

/* Picture and tokens; see HYT_OP_UNFOLD. */
static inline void oracle_fold(const oracle *o, const hyti_node *node, const int8_t *x, int8_t *y)
{
    const hyti_node *from = oracle_operand(o, node, 0);
    bool unfold = node->op == HYT_OP_UNFOLD;
    const size_t *tokens = (unfold ? node : from)->dims.size, *picture = (unfold ? from : node)->dims.size;
    size_t patch = node->patch, across = picture[3] / patch;
    for (size_t i = 0; i < tokens[1] * tokens[2] * tokens[3]; i++) {
        size_t first = i / tokens[3] / tokens[2], second = i / tokens[3] % tokens[2], channel = i % tokens[3];
        size_t position = node->windows_first ? second : first, token = node->windows_first ? first : second;
        size_t r = token / across * patch + position / patch, k = token % across * patch + position % patch;
        size_t place = (channel * picture[2] + r) * picture[3] + k;
        if (unfold) y[i] = oracle_unary(from, node, x[place]);
        else y[place] = oracle_unary(from, node, x[i]);
    }
}

/* What a graph's own constants or its input are stored as. */
static inline void oracle_store(const hyti_node *node, size_t count, const float *real, int8_t *y)
{
    for (size_t i = 0; i < count; i++) y[i] = oracle_stored(real[i], node->scale, node->zero);
}

static inline void oracle_own(const oracle *o, const hyti_node *node, size_t count, const int8_t *x, int8_t *y);

static inline void oracle_value(const oracle *o, hyt_value value)
{
    const hyti_node *node = &o->graph->nodes[value];
    const int8_t *x = node->n_inputs ? o->values[node->inputs[0]] : NULL;
    int8_t *y = o->values[value];
    size_t count = oracle_count(o->graph, value);
    if (!node->quantised) fail_msg("value %d has no scale", (int)value);
    switch (node->op) {
    case HYT_OP_CONV: oracle_conv(o, node, x, y); break;
    case HYT_OP_CONV_TRANSPOSE: oracle_conv_transpose(o, node, x, y); break;
    case HYT_OP_LINEAR: oracle_linear(o, node, count, x, y); break;
    case HYT_OP_ADD:
    case HYT_OP_MUL: oracle_binary(o, node, count, y); break;
    case HYT_OP_MATMUL: oracle_matmul(o, node, count, y); break;
    case HYT_OP_MAX_POOL:
    case HYT_OP_AVERAGE_POOL: oracle_pool(o, node, x, y); break;
    case HYT_OP_GLOBAL_POOL:
    case HYT_OP_MEAN: oracle_reduce(o, node, x, y); break;
    case HYT_OP_CONCAT: oracle_concat(o, node, y); break;
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD: oracle_fold(o, node, x, y); break;
    case HYT_OP_SOFTMAX:
    case HYT_OP_LAYER_NORM:
    case HYT_OP_ATTENTION: oracle_own(o, node, count, x, y); break;
    case HYT_OP_RESIZE:
        if (node->mode != HYT_RESIZE_NEAREST) oracle_own(o, node, count, x, y);
        else oracle_move(o, node, count, x, y);
        break;
    case HYT_OP_RESHAPE:
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE:
    case HYT_OP_PAD: oracle_move(o, node, count, x, y); break;
    case HYT_OP_BATCH_NORM: oracle_batch_norm(o, node, count, x, y); break;
    default: for (size_t i = 0; i < count; i++) y[i] = oracle_unary(oracle_operand(o, node, 0), node, x[i]);
    }
}

static inline hyti_quant oracle_quant_of(const hyti_node *node)
{
    return (hyti_quant){ node->scale, node->zero };
}

/* Where place i lies among `in` values, corners on corners: twice 2^14 units between two of them. */
static inline size_t oracle_corner(size_t i, size_t in, size_t out, int32_t *units)
{
    size_t steps = out > 1 ? out - 1 : 1, at = out > 1 ? i * (in - 1) : 0;
    *units = (int32_t)((at % steps * 16384 + steps / 2) / steps);
    return at / steps;
}

/* Across, rounded to 128ths, then down, rounded half up. */
static inline void oracle_aligned(const hyti_node *from, const hyti_node *node, const int8_t *x, int8_t *y)
{
    const size_t *in = from->dims.size, *out = node->dims.size;
    for (size_t place = 0; place < out[1] * out[2] * out[3]; place++) {
        int32_t across, down, lines[2];
        size_t row = oracle_corner(place / out[3] % out[2], in[2], out[2], &down);
        size_t column = oracle_corner(place % out[3], in[3], out[3], &across), next = column + (column + 1 < in[3]);
        for (size_t i = 0; i < 2; i++) {
            const int8_t *line = x + (place / out[3] / out[2] * in[2] + (row + i < in[2] ? row + i : row)) * in[3];
            double exact = (line[column] * (16384.0 - across) + line[next] * (double)across) / 128;
            lines[i] = (int32_t)floor(exact + 0.5);
        }
        y[place] = (int8_t)floor((lines[0] * (16384.0 - down) + lines[1] * (double)down) / 2097152 + 0.5);
    }
}

/* Pixels side by side for the kernel, planes for the graph. */
static inline void oracle_resize(const hyti_kernels *kernels, const hyti_node *from, const hyti_node *node,
                                 const int8_t *x, int8_t *y)
{
    const size_t *in = from->dims.size, *out = node->dims.size;
    size_t pixels = in[2] * in[3], result = out[2] * out[3];
    int8_t *near = malloc(pixels * in[1]), *far = malloc(result * in[1]);
    for (size_t i = 0; i < pixels * in[1]; i++) near[i % pixels * in[1] + i / pixels] = x[i];
    kernels->resize_i8(in[1], in[2], in[3], near, out[2], out[3], far);
    for (size_t i = 0; i < result * in[1]; i++) y[i] = oracle_unary(from, node, far[i % result * in[1] + i / result]);
    free(near);
    free(far);
}

static inline void oracle_layer_norm(const oracle *o, const hyti_kernels *kernels, const hyti_node *node, size_t count,
                                     const int8_t *x, int8_t *y)
{
    size_t width = node->dims.size[node->dims.rank - 1];
    int32_t *scale = malloc(width * sizeof *scale), *shift = malloc(width * sizeof *shift);
    const hyti_parameter *own = &o->graph->parameters[node->parameters[0]];
    hyti_norm_quant quant = hyti_norm_quant_of(width, own[0].data, own[1].data, (float)node->epsilon,
                                               oracle_quant_of(oracle_operand(o, node, 0)), oracle_quant_of(node),
                                                       scale,
                                               shift);
    kernels->layer_norm_i8(count / width, width, x, &quant, y);
    free(scale);
    free(shift);
}

/* The bias of one head of one set, in scores; keys x queries. */
static inline int32_t *oracle_attention_bias(const oracle *o, const hyti_node *node, hyti_quant q, hyti_quant k,
                                             double scale, size_t set, size_t head, size_t queries, size_t keys)
{
    const hyti_node *from = oracle_operand(o, node, node->n_inputs - 1);
    const int8_t *stored = o->values[node->inputs[node->n_inputs - 1]];
    float *real = malloc(queries * keys * sizeof *real);
    int32_t *bias = malloc(queries * keys * sizeof *bias);
    if (from->dims.rank == 4 || from->dims.size[1] == 1) set = 0;
    const float *constant = o->constants[node->inputs[node->n_inputs - 1]];
    size_t first = (set * node->heads + head) * queries * keys;
    for (size_t i = 0; i < queries * keys; i++)
        real[i] = constant ? constant[first + i] : from->scale * (float)(stored[first + i] - from->zero);
    hyti_attention_bias_of(q, k, scale, queries, keys, real, keys, bias);
    free(real);
    return bias;
}

static inline void oracle_head(const oracle *o, const hyti_kernels *kernels, const hyti_node *node, size_t set,
                               size_t head, int8_t *y)
{
    bool packed = node->n_inputs <= 2;
    const hyti_node *from[3];
    hyti_attention_i8 t = { .queries = node->dims.size[2], .width = node->dims.size[3] / node->heads };
    const int8_t **lists[3] = { &t.q, &t.k, &t.v };
    size_t *strides[3] = { &t.q_stride, &t.k_stride, &t.v_stride };
    for (size_t i = 0; i < 3; i++) {
        from[i] = oracle_operand(o, node, packed ? 0 : i);
        size_t wide = from[i]->dims.size[3], tokens = from[i]->dims.size[2];
        *strides[i] = wide;
        *lists[i] = o->values[node->inputs[packed ? 0 : i]] + set * tokens * wide + head * t.width +
                    (packed ? i * wide / 3 : 0);
    }
    t.keys = from[1]->dims.size[2];
    t.out = y + set * t.queries * node->dims.size[3] + head * t.width;
    t.out_stride = node->dims.size[3];
    t.scale = 1 / sqrtf((float)t.width);
    hyti_quant q = oracle_quant_of(from[0]), k = oracle_quant_of(from[1]);
    hyti_attention_quant quant = hyti_attention_quant_of(q, k, oracle_quant_of(from[2]), oracle_quant_of(node),
                                                         t.scale);
    int32_t *bias = NULL;
    if (node->n_inputs % 2 == 0)
        quant.bias = bias = oracle_attention_bias(o, node, q, k, t.scale, set, head, t.queries, t.keys);
    t.bias_stride = t.queries;
    t.quant = &quant;
    t.scratch = aligned_alloc(64, hyti_attention_i8_scratch(kernels, t.queries, t.keys, t.width) + 64);
    kernels->attention_i8(kernels, &t);
    free(t.scratch);
    free(bias);
}

/* The library's own methods: the plain C kernels, one row, head or picture at a time. */
static inline void oracle_own(const oracle *o, const hyti_node *node, size_t count, const int8_t *x, int8_t *y)
{
    const hyti_node *from = oracle_operand(o, node, 0);
    size_t width = node->dims.size[node->dims.rank - 1];
    int32_t table[256];
    hyti_kernels kernels;
    hyti_kernels_init(&kernels, HYTI_ISA_C);
    switch (node->op) {
    case HYT_OP_RESIZE:
        if (node->mode == HYT_RESIZE_ALIGN_CORNERS) oracle_aligned(from, node, x, y);
        else oracle_resize(&kernels, from, node, x, y);
        break;
    case HYT_OP_LAYER_NORM: oracle_layer_norm(o, &kernels, node, count, x, y); break;
    case HYT_OP_SOFTMAX:
        hyti_softmax_table_of(from->scale, table);
        kernels.softmax_i8(count / width, width, x, table, y);
        break;
    default:
        for (size_t set = 0; set < node->dims.size[1]; set++)
            for (size_t head = 0; head < node->heads; head++) oracle_head(o, &kernels, node, set, head, y);
    }
}

/* By the plain C kernels in float32, which other tests hold against a naive reading. */
static inline float *oracle_constant(const oracle *o, hyt_value value, const float *input)
{
    hyt_graph *part = NULL;
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    float *out = malloc(oracle_count(o->graph, value) * sizeof *out);
    MUST(hyt_graph_copy(o->graph, &part));
    MUST(hyt_graph_set_output(part, value));
    MUST(hyt_runtime_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_ISA, "c"));
    MUST(hyt_options_set_text(options, HYT_RUNTIME_PRECISION, "fp32"));
    MUST(hyt_runtime_create(part, options, &runtime));
    MUST(hyt_runtime_run(runtime, input, out));
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
    hyt_graph_destroy(part);
    return out;
}

/* All values of one picture given in planes. */
static inline oracle oracle_run(const hyt_graph *wanted, const float *input)
{
    oracle o = { 0 };
    MUST(hyt_graph_fold_norms(wanted, &o.graph));
    hyt_graph *graph = o.graph;
    o.values = calloc(graph->n_nodes, sizeof *o.values);
    o.constants = calloc(graph->n_nodes, sizeof *o.constants);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        hyti_quant kept = oracle_kept(graph, (hyt_value)i);
        graph->nodes[i].scale = kept.scale;
        graph->nodes[i].zero = kept.zero;
        o.values[i] = malloc(oracle_count(graph, (hyt_value)i));
        if (graph->nodes[i].fixed) {
            o.constants[i] = oracle_constant(&o, (hyt_value)i, input);
            oracle_store(&graph->nodes[i], oracle_count(graph, (hyt_value)i), o.constants[i], o.values[i]);
            continue;
        }
        if ((hyt_value)i != graph->input) oracle_value(&o, (hyt_value)i);
        if ((hyt_value)i != graph->input) continue;
        size_t count = oracle_count(graph, (hyt_value)i), pixels = count / graph->channels;
        for (size_t j = 0; j < count; j++) {
            float x = input[j];
            if (graph->normalised) x = (x - graph->mean[j / pixels]) * (1 / graph->deviation[j / pixels]);
            o.values[i][j] = oracle_bounded((int64_t)roundf(x / graph->nodes[i].scale) + graph->nodes[i].zero);
        }
    }
    return o;
}

static inline void oracle_clear(oracle *o)
{
    for (size_t i = 0; i < o->graph->n_nodes; i++) free(o->values[i]);
    for (size_t i = 0; i < o->graph->n_nodes; i++) free(o->constants[i]);
    free(o->constants);
    free(o->values);
    hyt_graph_destroy(o->graph);
}

#endif
