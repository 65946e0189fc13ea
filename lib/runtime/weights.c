/* SPDX-License-Identifier: MIT */
/* Batch norm folded into the convolution before it, weights in the format and order that the kernels read. */
#include "runtime/plan.h"
#include <math.h>
#include <string.h>

typedef struct folder {
    const hyt_graph *graph;
    const hyti_plan *plan;
    const hyti_kernels *kernels;
    float *weights;        /* of the largest layer, room to fold in */
    int8_t *stored;        /* int8: the same */
    double *scale, *shift; /* a channel each */
    char *packed;
} folder;

static const hyti_parameter *parameter_of(const folder *f, const hyti_node *node, size_t index)
{
    return &f->graph->parameters[node->parameters[index]];
}

static const float *data_of(const folder *f, const hyti_node *node, size_t index)
{
    return parameter_of(f, node, index)->data;
}

/* y = x * scale + shift, channel by channel; 1 and 0 without a batch norm. */
static void find_scale(const folder *f, const hyti_step *step, size_t channels)
{
    hyt_value value = step->kind == HYTI_STEP_SCALE ? step->node : step->norm;
    for (size_t i = 0; i < channels; i++) {
        f->scale[i] = 1;
        f->shift[i] = 0;
    }
    if (value == HYTI_NO_VALUE) return;
    const hyti_node *norm = &f->graph->nodes[value];
    const float *scale = data_of(f, norm, 0), *shift = data_of(f, norm, 1), *mean = data_of(f, norm, 2),
                *variance = data_of(f, norm, 3);
    for (size_t i = 0; i < channels; i++) {
        f->scale[i] = scale[i] / sqrt((double)variance[i] + norm->epsilon);
        f->shift[i] = shift[i] - mean[i] * f->scale[i];
    }
}

/* The layer's own bias, or NULL. */
static const hyti_parameter *own_bias(const folder *f, const hyti_step *step)
{
    const hyti_node *node = &f->graph->nodes[step->node];
    return step->kind != HYTI_STEP_SCALE && node->n_parameters == 2 ? parameter_of(f, node, 1) : NULL;
}

static double bias_at(const folder *f, const hyti_parameter *own, size_t channel)
{
    return f->shift[channel] + (own ? own->data[channel] * f->scale[channel] : 0);
}

static void write_bias(const folder *f, const hyti_step *step, size_t channels)
{
    const hyti_parameter *own = own_bias(f, step);
    float *bias = (float *)(f->packed + step->bias);
    if (step->bias == HYTI_NO_BUFFER) return;
    for (size_t i = 0; i < channels; i++) bias[i] = (float)bias_at(f, own, i);
}

/* [in, out / groups, kh, kw] of a transposed convolution to [out][kh * kw][in / groups], the taps in reverse: the
 * weights of the convolution that it is over pixels spread apart. */
static const float *turn(const folder *f, const hyti_node *node, const hyti_parameter *weight)
{
    size_t out = weight->dims.size[1], in = weight->dims.size[0] / node->groups;
    size_t taps = weight->dims.size[2] * weight->dims.size[3];
    const float *from = weight->data;
    for (size_t c = 0; c < in * node->groups; c++)
        for (size_t o = 0; o < out; o++)
            for (size_t t = taps; t-- > 0; from++) f->weights[((c / in * out + o) * taps + t) * in + c % in] = *from;
    return f->weights;
}

/* [out, in, kh, kw] to [out][kh * kw][in], scaled; the weights themselves where that changes nothing. */
static const float *fold(const folder *f, const hyti_step *step, const hyti_parameter *weight)
{
    size_t out = weight->dims.size[0], in = weight->dims.rank > 1 ? weight->dims.size[1] : 1;
    size_t taps = weight->count / out / in;
    const float *from = weight->data;
    if (step->norm == HYTI_NO_VALUE && (taps == 1 || in == 1)) return from;
    for (size_t o = 0; o < out; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t t = 0; t < taps; t++, from++)
                f->weights[(o * taps + t) * in + i] = (float)(*from * f->scale[o]);
    return f->weights;
}

/* [channels][taps] to [taps][channels] */
static void pack_depthwise(const folder *f, const hyti_step *step, const float *weights, size_t channels, size_t taps)
{
    char *packed = f->packed + step->weights;
    size_t size = hyti_format_size(step->format);
    for (size_t t = 0; t < taps; t++)
        for (size_t c = 0; c < channels; c++)
            hyti_from_f32(f->kernels, step->format, (hyti_quant){ 0 }, 1, &weights[c * taps + t],
                          packed + (t * channels + c) * size);
}

static void pack_panels(const folder *f, hyti_format format, size_t depth, size_t each, const void *from, char *to)
{
    ptrdiff_t column = (ptrdiff_t)depth;
    switch (format) {
    case HYTI_BF16: hyti_pack_bf16(f->kernels, depth, each, from, 1, column, (hyti_bf16 *)to); break;
    case HYTI_F16: hyti_pack_f16(f->kernels, depth, each, from, 1, column, (hyti_f16 *)to); break;
    case HYTI_I8: hyti_pack_i8(f->kernels, depth, each, from, 1, column, (int8_t *)to); break;
    default: hyti_pack_f32(f->kernels, depth, each, from, 1, column, (float *)to); break;
    }
}

/* What is no number is stored as the lowest there is. */
static double round_within(double x, double low, double high)
{
    x = round(x);
    return !(x > low) ? low : x > high ? high : x;
}

/* The scale of an int8 output channel: the graph's, or the largest value at 127. */
static double scale_of(const hyti_step *step, const hyti_parameter *weight, const float *row, size_t depth,
                       size_t channel)
{
    double most = 0;
    if (weight->scales && step->norm == HYTI_NO_VALUE) return weight->scales[channel];
    for (size_t i = 0; i < depth; i++) most = HYTI_MAX(most, fabs((double)row[i]));
    return most > 0 ? most / 127 : 1;
}

/* One channel: whole-number weights into f->stored, and what its sums are made int8 by. */
static void store_channel(const folder *f, const hyti_step *step, const hyti_parameter *weight, const float *weights,
                          size_t depth, size_t channel)
{
    const hyti_parameter *own = own_bias(f, step);
    hyti_quant in = hyti_step_quant(f->graph, f->plan, step);
    double scale = scale_of(step, weight, weights + channel * depth, depth, channel);
    int64_t sum = 0;
    for (size_t i = 0; i < depth; i++) {
        int8_t q = (int8_t)round_within(weights[channel * depth + i] / scale, -127, 127);
        f->stored[channel * depth + i] = q;
        sum += q;
    }
    double bias = own && own->exact && step->norm == HYTI_NO_VALUE ? own->exact[channel]
                                                                   : bias_at(f, own, channel) / (in.scale * scale);
    hyti_factor factor = hyti_factor_of((double)in.scale * scale / step->before.scale);
    ((int32_t *)(f->packed + step->bias))[channel] =
        (int32_t)round_within(round(bias) - (double)(in.zero * sum), INT32_MIN, INT32_MAX);
    ((int32_t *)(f->packed + step->multiplier))[channel] = factor.multiplier;
    ((int32_t *)(f->packed + step->shift))[channel] = factor.shift;
}

static double same(double x)
{
    return x;
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double gelu(double x)
{
    return 0.5 * x * erfc(-x / sqrt(2));
}

static double hard_sigmoid(double x)
{
    return fmin(fmax(x + 3, 0), 6) / 6;
}

static double hard_swish(double x)
{
    return x * hard_sigmoid(x);
}

static double relu(double x)
{
    return x < 0 ? 0 : x;
}

static double relu6(double x)
{
    return x < 0 ? 0 : x > 6 ? 6 : x;
}

/* Of an activation, or of a copy that is quantised otherwise. */
static void write_table(const folder *f, const hyti_step *step)
{
    static double (*const functions[])(double) = { [HYTI_ACT_NONE] = same, [HYTI_ACT_RELU] = relu,
                                                   [HYTI_ACT_RELU6] = relu6, [HYTI_ACT_SILU] = silu,
                                                   [HYTI_ACT_SIGMOID] = sigmoid, [HYTI_ACT_GELU] = gelu,
                                                   [HYTI_ACT_HARD_SWISH] = hard_swish,
                                                   [HYTI_ACT_HARD_SIGMOID] = hard_sigmoid };
    if (step->table == HYTI_NO_BUFFER) return;
    hyti_table_of(functions[step->act], step->before, step->after, (int8_t *)(f->packed + step->table));
}

static void pack_step(const folder *f, const hyti_step *step)
{
    const hyti_node *node = &f->graph->nodes[step->node];
    const hyti_parameter *weight = parameter_of(f, node, 0);
    bool scale = step->kind == HYTI_STEP_SCALE, depthwise = scale || step->kind == HYTI_STEP_DEPTHWISE;
    size_t channels = hyti_layer_channels(node, weight), depth = weight->count / channels;
    find_scale(f, step, channels);
    for (size_t i = 0; scale && i < channels; i++) f->weights[i] = (float)f->scale[i];
    const float *weights = scale                               ? f->weights
                           : node->op == HYT_OP_CONV_TRANSPOSE ? turn(f, node, weight)
                                                               : fold(f, step, weight);
    const void *from = weights;
    if (step->format == HYTI_I8) {
        for (size_t i = 0; i < channels; i++) store_channel(f, step, weight, weights, depth, i);
        from = f->stored;
    } else {
        write_bias(f, step, channels);
    }
    if (depthwise && step->format == HYTI_I8) {
        f->kernels->pack_depthwise_i8(scale ? 1 : node->kernel[0], scale ? 1 : node->kernel[1], channels, from,
                                      (int8_t *)(f->packed + step->weights));
    } else if (depthwise) {
        pack_depthwise(f, step, weights, channels, depth);
    } else {
        size_t groups = step->kind == HYTI_STEP_GROUPED ? node->groups : 1, each = channels / groups;
        bool floats = step->kind == HYTI_STEP_STEM && step->format != HYTI_I8;
        size_t size = hyti_format_size(step->format), source = step->format == HYTI_I8 ? 1 : sizeof(float);
        for (size_t g = 0; g < groups; g++)
            pack_panels(f, floats ? HYTI_F32 : step->format, depth, each,
                        (const char *)from + g * each * depth * source,
                        f->packed + step->weights + g * step->panel * size);
    }
}

/* [in, out / groups, kh, kw]: a panel for each tap of each group. */
static void pack_transposed(const folder *f, const hyti_step *step)
{
    const hyti_node *node = &f->graph->nodes[step->node];
    const hyti_parameter *weight = parameter_of(f, node, 0);
    const size_t *size = weight->dims.size;
    size_t taps = size[2] * size[3], depth = size[0] / node->groups;
    float *to = (float *)(f->packed + step->weights);
    for (size_t i = 0; i < node->groups * taps; i++, to += step->panel)
        hyti_pack_f32(f->kernels, depth, size[1], weight->data + i / taps * depth * size[1] * taps + i % taps,
                      (ptrdiff_t)(size[1] * taps), (ptrdiff_t)taps, to);
    if (step->bias == HYTI_NO_BUFFER) return;
    const hyti_parameter *bias = parameter_of(f, node, 1);
    memcpy(f->packed + step->bias, bias->data, bias->count * sizeof *bias->data);
}

static void write_layer_norm(const folder *f, const hyti_step *step)
{
    const hyti_node *node = &f->graph->nodes[step->node];
    size_t width = parameter_of(f, node, 0)->count;
    float *scale = (float *)(f->packed + step->weights), *shift = (float *)(f->packed + step->bias);
    for (size_t i = 0; i < width; i++) {
        scale[i] = data_of(f, node, 0)[i];
        shift[i] = data_of(f, node, 1)[i];
    }
}

/* Whether a step's weights are not packed as they are. */
static bool is_folded(const hyti_step *step)
{
    return step->norm != HYTI_NO_VALUE || step->kind != HYTI_STEP_GEMM;
}

static hyt_status make_room(const hyti_plan *plan, size_t first, size_t end, folder *f)
{
    size_t folded = 1, stored = 1, channels = 1;
    for (size_t i = 0; i < f->graph->n_parameters; i++) {
        const hyti_parameter *parameter = &f->graph->parameters[i];
        if (!parameter->data)
            return hyti_fail(HYT_ERR_STATE, "graph \"%s\": parameter %s is not set", f->graph->name, parameter->name);
        channels = HYTI_MAX(channels, parameter->dims.size[0]);
    }
    for (size_t i = first; i < end; i++) {
        const hyti_step *step = &plan->steps[i];
        if (!hyti_step_is_weighted(step->kind)) continue;
        const hyti_node *node = &f->graph->nodes[step->node];
        size_t count = parameter_of(f, node, 0)->count;
        channels = HYTI_MAX(channels, hyti_layer_channels(node, parameter_of(f, node, 0)));
        if (is_folded(step)) folded = HYTI_MAX(folded, count);
        if (step->format == HYTI_I8) stored = HYTI_MAX(stored, count);
    }
    f->weights = hyti_alloc_aligned(plan->context, folded * sizeof *f->weights + stored);
    if (f->weights) f->stored = (int8_t *)(f->weights + folded);
    f->scale = hyti_array(plan->context, channels, 2 * sizeof *f->scale);
    if (f->scale) f->shift = f->scale + channels;
    return f->weights && f->scale ? HYT_OK : hyti_fail_nomem();
}

static void write_step(const folder *f, const hyti_step *step)
{
    if (hyti_step_is_weighted(step->kind)) pack_step(f, step);
    if (step->kind == HYTI_STEP_TRANSPOSED) pack_transposed(f, step);
    if (step->kind == HYTI_STEP_LAYER_NORM) write_layer_norm(f, step);
    write_table(f, step);
}

static hyt_status write_steps(const hyt_graph *graph, const hyti_plan *plan, const hyti_kernels *kernels, size_t first,
                              size_t end, bool streamed, char *packed)
{
    folder f = { .graph = graph, .plan = plan, .kernels = kernels, .packed = packed };
    hyt_status status = make_room(plan, first, end, &f);
    for (size_t i = first; i < end && status == HYT_OK; i++)
        if ((plan->streamed && hyti_step_is_weighted(plan->steps[i].kind)) == streamed) write_step(&f, &plan->steps[i]);
    hyti_free_aligned(plan->context, f.weights);
    hyti_free(plan->context, f.scale);
    return status;
}

hyt_status hyti_plan_weights(const hyt_graph *graph, const hyti_plan *plan, const hyti_kernels *kernels, char *packed)
{
    return write_steps(graph, plan, kernels, 0, plan->n_steps, false, packed);
}

hyt_status hyti_plan_stream(const hyt_graph *graph, const hyti_plan *plan, const hyti_kernels *kernels, size_t step,
                            char *packed)
{
    return write_steps(graph, plan, kernels, step, step + 1, true, packed);
}
