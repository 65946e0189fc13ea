/* SPDX-License-Identifier: MIT */
/* Batch norm folded into the convolution before it, weights in the order that the kernels read. */
#include "runtime/plan.h"
#include <math.h>

typedef struct folder {
    const hyt_graph *graph;
    const hyti_kernels *kernels;
    float *weights;       /* of the largest layer, room to fold in */
    double *scale, *shift; /* a channel each */
    float *packed;
} folder;

static const float *data_of(const folder *f, const hyti_node *node, size_t index)
{
    return f->graph->parameters[node->parameters[index]].data;
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

static void write_bias(const folder *f, const hyti_step *step, size_t channels)
{
    const hyti_node *node = &f->graph->nodes[step->node];
    const float *own = step->kind != HYTI_STEP_SCALE && node->n_parameters == 2 ? data_of(f, node, 1) : NULL;
    if (step->bias == HYTI_NO_BUFFER) return;
    for (size_t i = 0; i < channels; i++)
        f->packed[step->bias + i] = (float)(f->shift[i] + (own ? own[i] * f->scale[i] : 0));
}

/* [out, in, kh, kw] to [out][kh * kw][in], scaled. */
static void fold(const folder *f, const hyti_parameter *weight)
{
    size_t out = weight->dims.size[0], in = weight->dims.size[1], taps = weight->count / out / in;
    const float *from = weight->data;
    for (size_t o = 0; o < out; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t t = 0; t < taps; t++, from++)
                f->weights[(o * taps + t) * in + i] = (float)(*from * f->scale[o]);
}

/* [channels][taps] to [taps][channels], scaled. */
static void fold_depthwise(const folder *f, const hyti_parameter *weight, float *packed)
{
    size_t channels = weight->dims.size[0], taps = weight->count / channels;
    for (size_t c = 0; c < channels; c++)
        for (size_t t = 0; t < taps; t++) packed[t * channels + c] = (float)(weight->data[c * taps + t] * f->scale[c]);
}

static void pack_step(const folder *f, const hyti_step *step)
{
    const hyti_node *node = &f->graph->nodes[step->node];
    const hyti_parameter *weight = &f->graph->parameters[node->parameters[0]];
    size_t channels = weight->dims.size[0], depth = weight->count / channels;
    float *packed = f->packed + step->weights;
    find_scale(f, step, channels);
    write_bias(f, step, channels);
    if (step->kind == HYTI_STEP_SCALE) {
        for (size_t i = 0; i < channels; i++) packed[i] = (float)f->scale[i];
        return;
    }
    if (step->kind == HYTI_STEP_DEPTHWISE) {
        fold_depthwise(f, weight, packed);
        return;
    }
    size_t groups = step->kind == HYTI_STEP_GROUPED ? node->groups : 1, each = channels / groups;
    fold(f, weight);
    for (size_t g = 0; g < groups; g++)
        hyti_pack_f32(f->kernels, depth, each, f->weights + g * each * depth, 1, (ptrdiff_t)depth,
                      packed + g * step->panel);
}

static void copy_layer_norm(const folder *f, const hyti_step *step)
{
    const hyti_node *node = &f->graph->nodes[step->node];
    size_t width = f->graph->parameters[node->parameters[0]].count;
    for (size_t i = 0; i < width; i++) {
        f->packed[step->weights + i] = data_of(f, node, 0)[i];
        f->packed[step->bias + i] = data_of(f, node, 1)[i];
    }
}

static bool is_weighted(hyti_step_kind kind)
{
    return kind == HYTI_STEP_GEMM || kind == HYTI_STEP_CONV || kind == HYTI_STEP_GROUPED ||
           kind == HYTI_STEP_DEPTHWISE || kind == HYTI_STEP_SCALE;
}

static hyt_status make_room(const hyti_plan *plan, folder *f)
{
    size_t most = 1, channels = 1;
    for (size_t i = 0; i < f->graph->n_parameters; i++) {
        const hyti_parameter *parameter = &f->graph->parameters[i];
        if (!parameter->data)
            return hyti_fail(HYT_ERR_STATE, "graph \"%s\": parameter %s is not set", f->graph->name, parameter->name);
        if (parameter->role == HYTI_ROLE_WEIGHT) most = HYTI_MAX(most, parameter->count);
        channels = HYTI_MAX(channels, parameter->dims.size[0]);
    }
    f->weights = hyti_array(plan->context, most, sizeof *f->weights);
    f->scale = hyti_array(plan->context, channels, 2 * sizeof *f->scale);
    if (f->scale) f->shift = f->scale + channels;
    return f->weights && f->scale ? HYT_OK : hyti_fail_nomem();
}

hyt_status hyti_plan_weights(const hyt_graph *graph, const hyti_plan *plan, const hyti_kernels *kernels, float *packed)
{
    folder f = { .graph = graph, .kernels = kernels, .packed = packed };
    hyt_status status = make_room(plan, &f);
    for (size_t i = 0; i < plan->n_steps && status == HYT_OK; i++) {
        if (is_weighted(plan->steps[i].kind)) pack_step(&f, &plan->steps[i]);
        if (plan->steps[i].kind == HYTI_STEP_LAYER_NORM) copy_layer_norm(&f, &plan->steps[i]);
    }
    hyti_free(plan->context, f.weights);
    hyti_free(plan->context, f.scale);
    return status;
}
