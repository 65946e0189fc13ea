/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The graph read literally: one operation at a time in double precision over logical axes, nothing fused, folded or
 * shared. What the runtime is held against. */
#ifndef HYTNAS_TESTS_NAIVE_H
#define HYTNAS_TESTS_NAIVE_H

#include "../test.h"
#include "graph/graph.h"

typedef struct naive {
    const hyt_graph *graph;
    double **values; /* one array a value, batch 1 */
    bool shaken; /* each value by half a float32 unit of its tensor's largest: how much a graph amplifies rounding */
} naive;

static size_t naive_count(const hyt_graph *graph, hyt_value value)
{
    size_t count = 1;
    for (size_t i = 0; i < graph->nodes[value].dims.rank; i++) count *= graph->nodes[value].dims.size[i];
    return count;
}

static const float *naive_parameter(const naive *n, const hyti_node *node, size_t index)
{
    return n->graph->parameters[node->parameters[index]].data;
}

static void naive_conv(const naive *n, const hyti_node *node, const double *x, double *y)
{
    const size_t *in = n->graph->nodes[node->inputs[0]].dims.size, *out = node->dims.size;
    const float *w = naive_parameter(n, node, 0), *bias = node->n_parameters == 2 ? naive_parameter(n, node, 1) : NULL;
    size_t each = in[1] / node->groups, outs = out[1] / node->groups;
    for (size_t o = 0; o < out[1]; o++)
        for (size_t r = 0; r < out[2]; r++)
            for (size_t c = 0; c < out[3]; c++) {
                double sum = bias ? bias[o] : 0;
                for (size_t i = 0; i < each; i++)
                    for (size_t ky = 0; ky < node->kernel[0]; ky++)
                        for (size_t kx = 0; kx < node->kernel[1]; kx++) {
                            size_t yy = r * node->stride[0] + ky * node->dilation[0] - node->pad[0];
                            size_t xx = c * node->stride[1] + kx * node->dilation[1] - node->pad[1];
                            if (yy >= in[2] || xx >= in[3]) continue; /* below zero wraps round */
                            size_t channel = o / outs * each + i;
                            sum += x[(channel * in[2] + yy) * in[3] + xx] *
                                   w[((o * each + i) * node->kernel[0] + ky) * node->kernel[1] + kx];
                        }
                y[(o * out[2] + r) * out[3] + c] = sum;
            }
}

static void naive_batch_norm(const naive *n, const hyti_node *node, const double *x, double *y)
{
    size_t pixels = node->dims.size[2] * node->dims.size[3];
    for (size_t i = 0; i < node->dims.size[1] * pixels; i++) {
        size_t c = i / pixels;
        y[i] = (x[i] - naive_parameter(n, node, 2)[c]) / sqrt(naive_parameter(n, node, 3)[c] + node->epsilon) *
                   naive_parameter(n, node, 0)[c] + naive_parameter(n, node, 1)[c];
    }
}

static void naive_linear(const naive *n, const hyti_node *node, const double *x, double *y)
{
    const hyti_node *from = &n->graph->nodes[node->inputs[0]];
    size_t in = from->dims.size[from->dims.rank - 1], out = node->dims.size[node->dims.rank - 1];
    size_t rows = naive_count(n->graph, node->inputs[0]) / in;
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < out; o++) {
            double sum = node->n_parameters == 2 ? naive_parameter(n, node, 1)[o] : 0;
            for (size_t i = 0; i < in; i++) sum += x[r * in + i] * naive_parameter(n, node, 0)[o * in + i];
            y[r * out + o] = sum;
        }
}

static void naive_layer_norm(const naive *n, const hyti_node *node, size_t count, const double *x, double *y)
{
    size_t width = node->dims.size[node->dims.rank - 1];
    for (size_t r = 0; r < count / width; r++, x += width, y += width) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < width; i++) mean += x[i] / (double)width;
        for (size_t i = 0; i < width; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)width;
        for (size_t i = 0; i < width; i++)
            y[i] = (x[i] - mean) / sqrt(variance + node->epsilon) * naive_parameter(n, node, 0)[i] +
                   naive_parameter(n, node, 1)[i];
    }
}

static double naive_act(hyt_op op, double x)
{
    if (op == HYT_OP_SILU) return x / (1 + exp(-x));
    if (op == HYT_OP_SIGMOID) return 1 / (1 + exp(-x));
    if (op == HYT_OP_GELU) return 0.5 * x * erfc(-x / sqrt(2));
    if (op == HYT_OP_HARD_SIGMOID) return fmin(fmax(x + 3, 0), 6) / 6;
    if (op == HYT_OP_HARD_SWISH) return x * fmin(fmax(x + 3, 0), 6) / 6;
    if (x < 0) return 0;
    return op == HYT_OP_RELU6 && x > 6 ? 6 : x;
}

static void naive_concat(const naive *n, const hyti_node *node, double *y)
{
    size_t inner = 1, outer = 1, start = 0;
    for (size_t i = 0; i < node->axis; i++) outer *= node->dims.size[i];
    for (size_t i = node->axis + 1; i < node->dims.rank; i++) inner *= node->dims.size[i];
    for (size_t j = 0; j < node->n_inputs; j++) {
        size_t size = n->graph->nodes[node->inputs[j]].dims.size[node->axis];
        for (size_t o = 0; o < outer; o++)
            for (size_t i = 0; i < size * inner; i++)
                y[(o * node->dims.size[node->axis] + start) * inner + i] =
                    n->values[node->inputs[j]][o * size * inner + i];
        start += size;
    }
}

static double naive_pixel(const double *plane, size_t height, size_t width, double y, double x)
{
    y = y < 0 ? 0 : y;
    x = x < 0 ? 0 : x;
    size_t top = (size_t)y, left = (size_t)x;
    size_t bottom = top + 1 < height ? top + 1 : top, right = left + 1 < width ? left + 1 : left;
    double v = y - (double)top, u = x - (double)left;
    return (1 - v) * ((1 - u) * plane[top * width + left] + u * plane[top * width + right]) +
           v * ((1 - u) * plane[bottom * width + left] + u * plane[bottom * width + right]);
}

/* Where result i of `out` is read among `in`. */
static double naive_source(size_t mode, size_t i, size_t in, size_t out)
{
    if (mode == HYT_RESIZE_NEAREST) return (double)(i * in / out);
    if (mode == HYT_RESIZE_ALIGN_CORNERS) return out > 1 ? (double)(i * (in - 1)) / (double)(out - 1) : 0;
    return ((double)i + 0.5) * (double)in / (double)out - 0.5;
}

static void naive_resize(const naive *n, const hyti_node *node, const double *x, double *y)
{
    const size_t *in = n->graph->nodes[node->inputs[0]].dims.size, *out = node->dims.size;
    for (size_t c = 0; c < out[1]; c++)
        for (size_t r = 0; r < out[2]; r++)
            for (size_t k = 0; k < out[3]; k++)
                y[(c * out[2] + r) * out[3] + k] =
                    naive_pixel(x + c * in[2] * in[3], in[2], in[3], naive_source(node->mode, r, in[2], out[2]),
                                naive_source(node->mode, k, in[3], out[3]));
}

/* Where token (position, patch) of channel c lies among the planes of a picture. */
static size_t naive_place(const size_t *picture, size_t patch, size_t position, size_t token, size_t c)
{
    size_t across = picture[3] / patch;
    size_t y = token / across * patch + position / patch, x = token % across * patch + position % patch;
    return (c * picture[2] + y) * picture[3] + x;
}

static void naive_fold(const naive *n, const hyti_node *node, const double *x, double *y)
{
    bool unfold = node->op == HYT_OP_UNFOLD;
    const size_t *other = n->graph->nodes[node->inputs[0]].dims.size;
    const size_t *tokens = unfold ? node->dims.size : other, *picture = unfold ? other : node->dims.size;
    for (size_t p = 0; p < tokens[1]; p++)
        for (size_t t = 0; t < tokens[2]; t++)
            for (size_t c = 0; c < tokens[3]; c++) {
                size_t position = node->windows_first ? t : p, token = node->windows_first ? p : t;
                size_t place = naive_place(picture, node->patch, position, token, c);
                size_t row = (p * tokens[2] + t) * tokens[3] + c;
                if (unfold) y[row] = x[place];
                else y[place] = x[row];
            }
}

/* One query against all keys; keys and values `apart` from each other; bias: of each key, or NULL. */
static void naive_attend(const double *q, const double *k, const double *v, const double *bias, size_t keys,
                         size_t width, size_t apart, double *scores, double *out)
{
    double most = -INFINITY, sum = 0;
    for (size_t t = 0; t < keys; t++) {
        scores[t] = bias ? bias[t] : 0;
        for (size_t i = 0; i < width; i++) scores[t] += q[i] * k[t * apart + i] / sqrt((double)width);
        most = fmax(most, scores[t]);
    }
    for (size_t t = 0; t < keys; t++) sum += scores[t] = exp(scores[t] - most);
    for (size_t i = 0; i < width; i++) {
        out[i] = 0;
        for (size_t t = 0; t < keys; t++) out[i] += scores[t] / sum * v[t * apart + i];
    }
}

static void naive_attention(const naive *n, const hyti_node *node, double *y)
{
    size_t sets = node->dims.size[1], tokens = node->dims.size[2], d = node->dims.size[3], width = d / node->heads;
    bool packed = node->n_inputs < 3, biased = node->n_inputs % 2 == 0;
    size_t keys = packed ? tokens : n->graph->nodes[node->inputs[1]].dims.size[2], apart = packed ? 3 * d : d;
    const hyt_dims *bias = biased ? &n->graph->nodes[node->inputs[node->n_inputs - 1]].dims : NULL;
    double *scores = malloc(keys * sizeof *scores);
    for (size_t s = 0; s < sets; s++)
        for (size_t t = 0; t < tokens; t++)
            for (size_t h = 0; h < node->heads; h++) {
                const double *q = n->values[node->inputs[0]] + (s * tokens + t) * apart + h * width;
                const double *k = packed ? n->values[node->inputs[0]] + d : n->values[node->inputs[1]];
                const double *v = packed ? k + d : n->values[node->inputs[2]], *row = NULL;
                size_t first = s * keys * apart + h * width;
                size_t set = biased && bias->rank == 5 && bias->size[1] > 1 ? s : 0;
                if (biased)
                    row = n->values[node->inputs[node->n_inputs - 1]] + ((set * node->heads + h) * tokens + t) * keys;
                naive_attend(q, k + first, v + first, row, keys, width, apart, scores,
                             y + (s * tokens + t) * d + h * width);
            }
    free(scores);
}

/* Index along each axis of place `at`, and back, sizes of 1 being repeated. */
static void naive_index(const hyt_dims *dims, size_t at, size_t index[HYT_MAX_RANK])
{
    for (size_t i = dims->rank; i-- > 0; at /= dims->size[i]) index[i] = at % dims->size[i];
}

static size_t naive_at(const hyt_dims *dims, const size_t index[HYT_MAX_RANK])
{
    size_t at = 0;
    for (size_t i = 0; i < dims->rank; i++) at = at * dims->size[i] + (dims->size[i] == 1 ? 0 : index[i]);
    return at;
}

/* Where place `at` of a result comes from in the first operand. */
static size_t naive_origin(const naive *n, const hyti_node *node, size_t at)
{
    const hyt_dims *from = &n->graph->nodes[node->inputs[0]].dims;
    size_t index[HYT_MAX_RANK], source[HYT_MAX_RANK] = { 0 };
    if (node->op == HYT_OP_RESHAPE) return at;
    naive_index(&node->dims, at, index);
    for (size_t i = 0; i < node->dims.rank; i++) {
        if (node->op == HYT_OP_TRANSPOSE) source[node->order[i]] = index[i];
        else source[i] = i == node->axis ? node->begin + index[i] * node->step : index[i];
    }
    return naive_at(from, source);
}

static void naive_pad(const naive *n, const hyti_node *node, const double *x, double *y)
{
    const size_t *in = n->graph->nodes[node->inputs[0]].dims.size, *out = node->dims.size;
    for (size_t i = 0; i < out[1] * out[2] * out[3]; i++) {
        size_t r = i / out[3] % out[2] - node->pad[0], c = i % out[3] - node->pad[1]; /* below zero wraps round */
        y[i] = r < in[2] && c < in[3] ? x[(i / out[3] / out[2] * in[2] + r) * in[3] + c] : (double)(float)node->value;
    }
}

static void naive_combine(const naive *n, const hyti_node *node, size_t count, double *y)
{
    size_t index[HYT_MAX_RANK];
    for (size_t i = 0; i < count; i++) {
        naive_index(&node->dims, i, index);
        double right = n->values[node->inputs[1]][naive_at(&n->graph->nodes[node->inputs[1]].dims, index)];
        double left = n->values[node->inputs[0]][i];
        y[i] = node->op == HYT_OP_MUL ? left * right : left + right;
    }
}

static void naive_matmul(const naive *n, const hyti_node *node, size_t count, double *y)
{
    const hyt_dims *left = &n->graph->nodes[node->inputs[0]].dims, *right = &n->graph->nodes[node->inputs[1]].dims;
    size_t last = left->rank - 1;
    for (size_t i = 0; i < count; i++) {
        size_t a[HYT_MAX_RANK], b[HYT_MAX_RANK];
        naive_index(&node->dims, i, a);
        memcpy(b, a, sizeof b);
        y[i] = 0;
        for (size_t k = 0; k < left->size[last]; k++) {
            size_t column = a[last];
            a[last] = k;
            b[last - 1] = node->transposed ? column : k;
            b[last] = node->transposed ? k : column;
            y[i] += n->values[node->inputs[0]][naive_at(left, a)] * n->values[node->inputs[1]][naive_at(right, b)];
            a[last] = column;
        }
    }
}

static void naive_softmax(size_t width, size_t count, const double *x, double *y)
{
    for (size_t r = 0; r < count; r += width) {
        double most = -INFINITY, sum = 0;
        for (size_t i = r; i < r + width; i++) most = fmax(most, x[i]);
        for (size_t i = r; i < r + width; i++) sum += y[i] = exp(x[i] - most);
        for (size_t i = r; i < r + width; i++) y[i] /= sum;
    }
}

static void naive_pool(const naive *n, const hyti_node *node, const double *x, double *y)
{
    const size_t *in = n->graph->nodes[node->inputs[0]].dims.size, *out = node->dims.size;
    bool most = node->op == HYT_OP_MAX_POOL;
    for (size_t i = 0; i < out[1] * out[2] * out[3]; i++) {
        double sum = most ? -INFINITY : 0, count = 0;
        for (size_t k = 0; k < node->kernel[0] * node->kernel[1]; k++) {
            size_t r = i / out[3] % out[2] * node->stride[0] + k / node->kernel[1] - node->pad[0];
            size_t c = i % out[3] * node->stride[1] + k % node->kernel[1] - node->pad[1];
            bool inside = r < in[2] && c < in[3];
            double value = inside ? x[(i / out[3] / out[2] * in[2] + r) * in[3] + c] : 0;
            if (inside) sum = most ? fmax(sum, value) : sum + value;
            count += inside || node->counted;
        }
        y[i] = most ? sum : sum / count;
    }
}

static void naive_mean(const naive *n, const hyti_node *node, size_t count, const double *x, double *y)
{
    const hyt_dims *from = &n->graph->nodes[node->inputs[0]].dims;
    size_t inner = 1, size = from->size[node->axis];
    for (size_t i = node->axis + 1; i < from->rank; i++) inner *= from->size[i];
    for (size_t i = 0; i < count; i++) {
        y[i] = 0;
        for (size_t k = 0; k < size; k++) y[i] += x[(i / inner * size + k) * inner + i % inner] / (double)size;
    }
}

/* Every value read is added, times its weights, where they put it. */
static void naive_conv_transpose(const naive *n, const hyti_node *node, size_t count, const double *x, double *y)
{
    const size_t *in = n->graph->nodes[node->inputs[0]].dims.size, *out = node->dims.size;
    const float *w = naive_parameter(n, node, 0);
    size_t outs = out[1] / node->groups, ins = in[1] / node->groups, taps = node->kernel[0] * node->kernel[1];
    for (size_t i = 0; i < count; i++)
        y[i] = node->n_parameters == 2 ? naive_parameter(n, node, 1)[i / (out[2] * out[3])] : 0;
    for (size_t i = 0; i < in[1] * in[2] * in[3]; i++)
        for (size_t j = 0; j < outs * taps; j++) {
            size_t channel = i / (in[2] * in[3]);
            size_t r = i / in[3] % in[2] * node->stride[0], c = i % in[3] * node->stride[1];
            r += j % taps / node->kernel[1] - node->pad[0];
            c += j % node->kernel[1] - node->pad[1];
            if (r < out[2] && c < out[3])
                y[((channel / ins * outs + j / taps) * out[2] + r) * out[3] + c] += x[i] * w[channel * outs * taps + j];
        }
}

/* What moves or combines values; false: something else. */
static bool naive_more(const naive *n, const hyti_node *node, size_t count, const double *x, double *y)
{
    switch (node->op) {
    case HYT_OP_CONSTANT: for (size_t i = 0; i < count; i++) y[i] = naive_parameter(n, node, 0)[i]; return true;
    case HYT_OP_ADD:
    case HYT_OP_MUL: naive_combine(n, node, count, y); return true;
    case HYT_OP_MATMUL: naive_matmul(n, node, count, y); return true;
    case HYT_OP_SOFTMAX: naive_softmax(node->dims.size[node->dims.rank - 1], count, x, y); return true;
    case HYT_OP_RESHAPE:
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE: for (size_t i = 0; i < count; i++) y[i] = x[naive_origin(n, node, i)]; return true;
    case HYT_OP_PAD: naive_pad(n, node, x, y); return true;
    case HYT_OP_MAX_POOL:
    case HYT_OP_AVERAGE_POOL: naive_pool(n, node, x, y); return true;
    case HYT_OP_CONV_TRANSPOSE: naive_conv_transpose(n, node, count, x, y); return true;
    case HYT_OP_MEAN: naive_mean(n, node, count, x, y); return true;
    default: return false;
    }
}

static void naive_value(const naive *n, hyt_value value)
{
    const hyti_node *node = &n->graph->nodes[value];
    const double *x = node->n_inputs ? n->values[node->inputs[0]] : NULL;
    double *y = n->values[value];
    size_t count = naive_count(n->graph, value);
    if (!naive_more(n, node, count, x, y)) switch (node->op) {
    case HYT_OP_CONV: naive_conv(n, node, x, y); break;
    case HYT_OP_BATCH_NORM: naive_batch_norm(n, node, x, y); break;
    case HYT_OP_LINEAR: naive_linear(n, node, x, y); break;
    case HYT_OP_CONCAT: naive_concat(n, node, y); break;
    case HYT_OP_RESIZE: naive_resize(n, node, x, y); break;
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD: naive_fold(n, node, x, y); break;
    case HYT_OP_LAYER_NORM: naive_layer_norm(n, node, count, x, y); break;
    case HYT_OP_ATTENTION: naive_attention(n, node, y); break;
    case HYT_OP_GLOBAL_POOL: {
        size_t pixels = naive_count(n->graph, node->inputs[0]) / count;
        for (size_t i = 0; i < count * pixels; i++)
            y[i / pixels] = (i % pixels ? y[i / pixels] : 0) + x[i] / (double)pixels;
        break;
    }
    default: for (size_t i = 0; i < count; i++) y[i] = naive_act(node->op, x[i]);
    }
    double most = 0;
    for (size_t i = 0; n->shaken && i < count; i++) most = fmax(most, fabs(y[i]));
    for (size_t i = 0; n->shaken && i < count; i++) y[i] += (i * 7 % 3 ? most : -most) * 0x1p-24;
}

/* One picture in planes; the result is malloc'ed, naive_count() of the output. */
static double *naive_run(const hyt_graph *graph, const float *input, bool shaken)
{
    naive n = { graph, calloc(graph->n_nodes, sizeof *n.values), shaken };
    for (size_t i = 0; i < graph->n_nodes; i++) n.values[i] = malloc(naive_count(graph, (hyt_value)i) * sizeof(double));
    size_t pixels = naive_count(graph, 0) / graph->channels;
    for (size_t i = 0; i < naive_count(graph, 0); i++)
        n.values[0][i] =
            graph->normalised ? ((double)input[i] - graph->mean[i / pixels]) / graph->deviation[i / pixels] : input[i];
    for (size_t i = 1; i < graph->n_nodes; i++) naive_value(&n, (hyt_value)i);
    hyt_value output = hyt_graph_output(graph);
    double *result = n.values[output];
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (i != (size_t)output) free(n.values[i]);
    free(n.values);
    return result;
}

#endif
