/* SPDX-License-Identifier: MIT */
/* What each job does. Every function takes a part of its job's units; parts write different bytes. */
#include "runtime/execute.h"
#include <math.h>
#include <string.h>

typedef struct share { size_t first, last; } share;

static share share_of(const hyti_job *job, size_t part)
{
    return (share){ job->units * part / job->parts, job->units * (part + 1) / job->parts };
}

/* Blocks of rows, a multiple of every kernel's tile. */
#define GEMM_ROWS ((size_t)24)

static void run_gemm(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    hyti_gemm_f32 gemm = job->u.gemm.args;
    size_t unit = job->u.gemm.by_columns ? job->kernels->panels[HYTI_F32].nr : GEMM_ROWS, first = s.first * unit;
    (void)worker;
    if (job->u.gemm.by_columns) {
        gemm.n = HYTI_MIN(s.last * unit, gemm.n) - first;
        gemm.b += (ptrdiff_t)s.first * gemm.b_panel;
        gemm.c += first;
        if (gemm.bias) gemm.bias += first;
        if (gemm.add) gemm.add += first;
    } else {
        gemm.m = HYTI_MIN(s.last * unit, gemm.m) - first;
        gemm.a += (ptrdiff_t)first * gemm.a_row;
        gemm.c += (ptrdiff_t)first * gemm.c_row;
        if (gemm.add) gemm.add += (ptrdiff_t)first * gemm.add_row;
    }
    job->kernels->gemm_f32(&gemm);
}

/* Units are rows of all pictures; a part may begin in one picture and end in another. */
static void run_conv(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    hyti_conv_f32 conv = job->u.conv.args;
    if (job->scratch) conv.scratch = (float *)(job->scratch + worker * job->scratch_bytes);
    while (s.first < s.last) {
        size_t picture = s.first / conv.out_height;
        conv.first = s.first % conv.out_height;
        conv.last = HYTI_MIN(conv.out_height, conv.first + (s.last - s.first));
        conv.in = job->in + picture * job->in_picture;
        conv.out = job->out + picture * job->out_picture;
        conv.add = job->add ? job->add + picture * job->out_picture : NULL;
        if (job->u.conv.groups) job->kernels->depthwise_f32(&conv);
        else job->kernels->conv_f32(job->kernels, &conv);
        s.first += conv.last - conv.first;
    }
}

/* Units are groups of all pictures. */
static void run_grouped(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    hyti_conv_f32 conv = job->u.conv.args;
    if (job->scratch) conv.scratch = (float *)(job->scratch + worker * job->scratch_bytes);
    for (size_t unit = s.first; unit < s.last; unit++) {
        size_t picture = unit / job->u.conv.groups, group = unit % job->u.conv.groups;
        size_t at = picture * job->out_picture + group * conv.out_channels;
        conv.in = job->in + picture * job->in_picture + group * conv.in_channels;
        conv.out = job->out + at;
        conv.add = job->add ? job->add + at : NULL;
        conv.weights = job->u.conv.args.weights + group * job->u.conv.panel;
        if (conv.bias) conv.bias = job->u.conv.args.bias + group * conv.out_channels;
        job->kernels->conv_f32(job->kernels, &conv);
    }
}

/* Units are heads of all sets of tokens. */
static void run_attention(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    hyti_attention_f32 attention = job->u.attention.args;
    size_t width = attention.width, heads = job->u.attention.heads;
    if (job->scratch) attention.scratch = (float *)(job->scratch + worker * job->scratch_bytes);
    for (size_t unit = s.first; unit < s.last; unit++) {
        size_t set = unit / heads, head = unit % heads;
        attention.q = job->in + set * job->u.attention.set_in + head * width;
        attention.k = attention.q + heads * width;
        attention.v = attention.k + heads * width;
        attention.out = job->out + set * job->u.attention.set_out + head * width;
        job->kernels->attention_f32(job->kernels, &attention);
    }
}

static void run_layer_norm(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    (void)worker;
    job->kernels->layer_norm_f32(s.last - s.first, job->width, job->in + s.first * job->width, job->u.norm.scale,
                                 job->u.norm.shift, job->u.norm.epsilon, job->out + s.first * job->width);
}

static void run_act(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    (void)worker;
    job->kernels->act_f32(job->act, (s.last - s.first) * job->width, job->in + s.first * job->width,
                          job->out + s.first * job->width);
}

static void run_add(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    (void)worker;
    size_t at = s.first * job->width;
    job->kernels->add_f32((s.last - s.first) * job->width, job->in + at, job->add + at, job->out + at);
}

static void run_copy(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        memcpy(job->out + i * job->u.copy.stride, job->in + i * job->width, job->width * sizeof *job->out);
}

static void run_pool(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->mean_f32(job->rows, job->width, job->in + i * job->in_picture, job->out + i * job->width);
}

static void run_resize(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->resize_f32(job->width, job->u.resize.in_height, job->u.resize.in_width,
                                 job->in + i * job->in_picture, job->u.resize.out_height, job->u.resize.out_width,
                                 job->out + i * job->out_picture);
}

/* Units are rows of patches of all pictures. `to_tokens`: pixels to tokens, else back. */
static void move_patches(const hyti_job *job, size_t unit, bool to_tokens)
{
    size_t patch = job->u.fold.patch, across = job->u.fold.across, tokens = job->u.fold.tokens, width = job->width;
    size_t bands = tokens / across, picture = unit / bands, band = unit % bands, bytes = width * sizeof(float);
    size_t first_pixel = (picture * tokens + band * across) * patch * patch;
    size_t first_token = picture * tokens * patch * patch + band * across;
    for (size_t position = 0; position < patch * patch; position++) {
        size_t pixel = first_pixel + position / patch * across * patch + position % patch;
        size_t token = first_token + position * tokens;
        for (size_t x = 0; x < across; x++, token++, pixel += patch) {
            if (to_tokens) memcpy(job->out + token * width, job->in + pixel * width, bytes);
            else memcpy(job->out + pixel * width, job->in + token * width, bytes);
        }
    }
}

static void run_unfold(void *user, size_t part, size_t worker)
{
    share s = share_of(user, part);
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) move_patches(user, unit, true);
}

static void run_fold(void *user, size_t part, size_t worker)
{
    share s = share_of(user, part);
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) move_patches(user, unit, false);
}

static void run_input(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    const hyt_runtime *runtime = job->runtime;
    share s = share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->input_f32(runtime->params.layout == 0, runtime->channels, runtime->pixels,
                                runtime->input + i * job->out_picture, runtime->mean, runtime->inverse,
                                job->out + i * job->out_picture);
}

/* Pictures go back to planes; all else lies in logical order already. */
static void run_output(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    share s = share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++) {
        const float *in = job->in + i * job->in_picture;
        float *out = job->runtime->output + i * job->in_picture;
        if (!job->runtime->output_picture) {
            memcpy(out, in, job->in_picture * sizeof *out);
            continue;
        }
        for (size_t c = 0; c < job->width; c++)
            for (size_t p = 0; p < job->rows; p++) out[c * job->rows + p] = in[p * job->width + c];
    }
}

/* Binding */

/* A part is worth handing to another thread from about this much work on, in multiply-accumulates. */
#define PART_WORK 131072
#define MAX_PARTS ((size_t)16)

static void split(hyti_job *job, size_t units, uint64_t work)
{
    uint64_t parts = HYTI_MIN(work / PART_WORK, (uint64_t)HYTI_MIN(units, MAX_PARTS));
    job->units = units;
    job->parts = HYTI_MAX((size_t)parts, (size_t)1);
}

typedef struct binder {
    const hyt_graph *graph;
    hyt_runtime *runtime;
    const hyti_step *step;
    hyti_job *job;
    const hyti_node *node;
    const hyti_tensor *in, *out;
} binder;

static float *address(const hyt_runtime *runtime, hyt_value value)
{
    if (value == HYTI_NO_VALUE) return NULL;
    const hyti_tensor *tensor = &runtime->plan.tensors[value];
    return (float *)(runtime->arena + runtime->plan.buffers[tensor->buffer].offset + tensor->offset);
}

static uint64_t values_of(const hyti_tensor *tensor)
{
    return (uint64_t)tensor->rows * tensor->width;
}

static const float *bias_of(const binder *b)
{
    return b->step->bias == HYTI_NO_BUFFER ? NULL : b->runtime->packed + b->step->bias;
}

static void bind_gemm(binder *b)
{
    hyti_job *job = b->job;
    size_t nr = b->runtime->kernels.panels[HYTI_F32].nr, m = b->out->rows, n = b->out->width, k = b->in->width;
    job->run = run_gemm;
    job->u.gemm.args = (hyti_gemm_f32){
        .m = m, .n = n, .k = k, .a = job->in, .a_row = (ptrdiff_t)b->in->stride, .a_step = 1,
        .b = b->runtime->packed + b->step->weights, .b_step = (ptrdiff_t)nr, .b_panel = (ptrdiff_t)(k * nr),
        .c = job->out, .c_row = (ptrdiff_t)b->out->stride, .bias = bias_of(b), .add = job->add, .act = b->step->act,
    };
    if (job->add) job->u.gemm.args.add_row = (ptrdiff_t)b->runtime->plan.tensors[b->step->add].stride;
    job->u.gemm.by_columns = m < 2 * GEMM_ROWS && n >= 256;
    split(job, job->u.gemm.by_columns ? (n + nr - 1) / nr : (m + GEMM_ROWS - 1) / GEMM_ROWS, (uint64_t)m * n * k);
}

static void bind_conv(binder *b)
{
    hyti_job *job = b->job;
    size_t groups = b->step->kind == HYTI_STEP_CONV ? 0 : b->step->kind == HYTI_STEP_GROUPED ? b->node->groups : 1;
    hyti_conv_f32 *conv = &job->u.conv.args;
    *conv = hyti_step_conv(b->graph, &b->runtime->plan, b->step);
    conv->weights = b->runtime->packed + b->step->weights;
    conv->bias = bias_of(b);
    job->u.conv.groups = groups;
    job->u.conv.panel = b->step->panel;
    job->in_picture = conv->in_height * conv->in_width * b->in->stride;
    job->out_picture = conv->out_height * conv->out_width * b->out->stride;
    uint64_t taps = conv->kernel_height * conv->kernel_width;
    if (b->step->kind == HYTI_STEP_GROUPED) {
        job->run = run_grouped;
        split(job, b->runtime->plan.batch * groups, values_of(b->out) * taps * conv->in_channels);
        return;
    }
    job->run = run_conv;
    /* A depthwise convolution does a fraction of a product's arithmetic for what it moves. */
    split(job, b->runtime->plan.batch * conv->out_height, values_of(b->out) * taps * (groups ? 4 : conv->in_channels));
}

static void bind_attention(binder *b)
{
    hyti_job *job = b->job;
    size_t sets = b->runtime->plan.batch * b->node->dims.size[1], tokens = b->node->dims.size[2],
           heads = b->node->heads;
    size_t width = b->node->dims.size[3] / heads;
    job->run = run_attention;
    job->u.attention.heads = heads;
    job->u.attention.set_in = tokens * b->in->stride;
    job->u.attention.set_out = tokens * b->out->stride;
    job->u.attention.args = (hyti_attention_f32){ .queries = tokens, .keys = tokens, .width = width,
                                                  .q_stride = b->in->stride, .k_stride = b->in->stride,
                                                  .v_stride = b->in->stride, .out_stride = b->out->stride, .scale = 1 / sqrtf((float)width) };
    split(job, sets * heads, (uint64_t)sets * heads * tokens * tokens * (2 * width + 16));
}

/* Tokens of unfold's result, pixels of fold's. */
static void bind_fold(binder *b)
{
    bool unfold = b->step->kind == HYTI_STEP_UNFOLD;
    const hyt_dims *picture = unfold ? &b->graph->nodes[b->step->in].dims : &b->node->dims;
    size_t patch = b->node->patch, across = picture->size[3] / patch, tokens = across * (picture->size[2] / patch);
    b->job->run = unfold ? run_unfold : run_fold;
    b->job->u.fold.patch = patch;
    b->job->u.fold.across = across;
    b->job->u.fold.tokens = tokens;
    split(b->job, b->runtime->plan.batch * (picture->size[2] / patch), 2 * values_of(b->out));
}

static void bind_resize(binder *b)
{
    const size_t *in = b->graph->nodes[b->step->in].dims.size, *out = b->node->dims.size;
    b->job->run = run_resize;
    b->job->u.resize.in_height = in[2];
    b->job->u.resize.in_width = in[3];
    b->job->u.resize.out_height = out[2];
    b->job->u.resize.out_width = out[3];
    split(b->job, b->runtime->plan.batch, 8 * values_of(b->out));
}

/* The blocks of an operand follow each other in it; in the result they are one place apart for each index before the
 * axis. */
static void bind_copy(binder *b)
{
    const hyti_node *from = &b->graph->nodes[b->step->in];
    size_t axis = b->node->axis, before = 0, block = b->in->width, whole = b->out->stride, outer = b->in->rows;
    for (size_t i = 0; i < b->step->operand; i++) before += b->graph->nodes[b->node->inputs[i]].dims.size[axis];
    if (axis != (b->node->picture ? 1 : b->node->dims.rank - 1)) {
        size_t last = b->node->picture ? 4 : b->node->dims.rank - 1; /* axes from `axis` to the last but the width */
        for (size_t i = axis + 1; i < last; i++) block *= from->dims.size[i];
        before *= block;
        whole = block * b->node->dims.size[axis];
        block *= from->dims.size[axis];
        outer = (size_t)(values_of(b->in) / block);
    }
    b->job->run = run_copy;
    b->job->width = block;
    b->job->out += before;
    b->job->u.copy.stride = whole;
    split(b->job, outer, 2 * values_of(b->in));
}

static void bind_layer_norm(binder *b)
{
    b->job->run = run_layer_norm;
    b->job->u.norm.scale = b->runtime->packed + b->step->weights;
    b->job->u.norm.shift = b->runtime->packed + b->step->bias;
    b->job->u.norm.epsilon = (float)b->node->epsilon;
    split(b->job, b->out->rows, 8 * values_of(b->out));
}

/* One unit a picture, or a row. */
static void bind_plain(binder *b, hyti_task_fn run, size_t units, uint64_t work)
{
    b->job->run = run;
    split(b->job, units, work);
}

static void bind_step(binder *b)
{
    size_t batch = b->runtime->plan.batch;
    switch (b->step->kind) {
    case HYTI_STEP_GEMM: bind_gemm(b); break;
    case HYTI_STEP_CONV:
    case HYTI_STEP_GROUPED:
    case HYTI_STEP_DEPTHWISE:
    case HYTI_STEP_SCALE: bind_conv(b); break;
    case HYTI_STEP_ATTENTION: bind_attention(b); break;
    case HYTI_STEP_LAYER_NORM: bind_layer_norm(b); break;
    case HYTI_STEP_UNFOLD:
    case HYTI_STEP_FOLD: bind_fold(b); break;
    case HYTI_STEP_RESIZE: bind_resize(b); break;
    case HYTI_STEP_COPY: bind_copy(b); break;
    case HYTI_STEP_ACT: bind_plain(b, run_act, b->out->rows, 8 * values_of(b->out)); break;
    case HYTI_STEP_ADD: bind_plain(b, run_add, b->out->rows, 2 * values_of(b->out)); break;
    case HYTI_STEP_POOL: bind_plain(b, run_pool, batch, values_of(b->in)); break;
    case HYTI_STEP_INPUT: bind_plain(b, run_input, batch, 2 * values_of(b->out)); break;
    case HYTI_STEP_OUTPUT: bind_plain(b, run_output, batch, 2 * values_of(b->in)); break;
    case HYTI_STEP_COUNT: break;
    }
}

void hyti_runtime_bind(const hyt_graph *graph, hyt_runtime *runtime)
{
    const hyti_plan *plan = &runtime->plan;
    for (size_t i = 0; i < plan->n_steps; i++) {
        const hyti_step *step = &plan->steps[i];
        hyti_job *job = &runtime->jobs[i];
        binder b = { graph, runtime, step, job, &graph->nodes[step->node], NULL, NULL };
        job->runtime = runtime;
        job->kernels = &runtime->kernels;
        job->in = address(runtime, step->in);
        job->add = address(runtime, step->add);
        job->out = address(runtime, step->out);
        job->act = step->act;
        if (step->scratch != HYTI_NO_BUFFER) job->scratch = runtime->arena + plan->buffers[step->scratch].offset;
        job->scratch_bytes = step->scratch_bytes;
        if (step->in != HYTI_NO_VALUE) b.in = &plan->tensors[step->in];
        if (step->out != HYTI_NO_VALUE) b.out = &plan->tensors[step->out];
        if (b.in) job->in_picture = (size_t)(values_of(b.in) / plan->batch);
        if (b.out) job->out_picture = (size_t)(values_of(b.out) / plan->batch);
        job->width = b.out ? b.out->width : b.in->width;
        job->rows = b.in ? b.in->rows / plan->batch : 0;
        bind_step(&b);
        runtime->n_jobs++;
    }
}
