/* SPDX-License-Identifier: MIT */
/* What each job does, and how a plan's steps become jobs. What differs by storage format is in execute_*.c. Every run
 * function takes a part of its job's units; parts write different bytes. */
#include "runtime/execute.h"
#include <math.h>
#include <string.h>

static void run_copy(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t bytes = job->width * job->size;
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        memcpy(job->out + i * job->u.copy.stride * job->size, job->in + i * bytes, bytes);
}

/* int8 values that are quantised otherwise where they go. */
static void run_copy_lookup(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->lookup_i8(job->width, (const int8_t *)job->in + i * job->width, job->requant.table,
                                (int8_t *)job->out + i * job->u.copy.stride);
}

/* Units are rows. */
static void run_convert(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    hyti_format from = job->u.convert.from, to = job->u.convert.to;
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        hyti_convert(job->kernels, job->width, from, job->in + i * job->u.convert.stride * hyti_format_size(from), to,
                     job->out + i * job->width * hyti_format_size(to), job->u.convert.quant);
}

/* Units are rows of patches of all pictures. `to_tokens`: pixels to tokens, else back. */
static void move_patches(const hyti_job *job, size_t unit, bool to_tokens)
{
    size_t patch = job->u.fold.patch, across = job->u.fold.across, tokens = job->u.fold.tokens, width = job->width;
    size_t bands = tokens / across, picture = unit / bands, band = unit % bands, bytes = width * job->size;
    size_t first_pixel = (picture * tokens + band * across) * patch * patch;
    size_t first_token = picture * tokens * patch * patch + band * across;
    for (size_t position = 0; position < patch * patch; position++) {
        size_t pixel = first_pixel + position / patch * across * patch + position % patch;
        size_t token = first_token + position * tokens;
        for (size_t x = 0; x < across; x++, token++, pixel += patch) {
            if (to_tokens) memcpy(job->out + token * bytes, job->in + pixel * bytes, bytes);
            else memcpy(job->out + pixel * bytes, job->in + token * bytes, bytes);
        }
    }
}

static void run_unfold(void *user, size_t part, size_t worker)
{
    hyti_share s = hyti_share_of(user, part);
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) move_patches(user, unit, true);
}

static void run_fold(void *user, size_t part, size_t worker)
{
    hyti_share s = hyti_share_of(user, part);
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) move_patches(user, unit, false);
}

/* Rows of pixels of one picture to planes, a block of rows at a time. */
static void write_planes(const hyti_job *job, const char *in, float *out)
{
    enum { BLOCK = 256 };
    float block[BLOCK];
    for (size_t p = 0; p < job->rows; p++)
        for (size_t c = 0; c < job->width; c += BLOCK) {
            size_t n = HYTI_MIN(job->width - c, (size_t)BLOCK);
            hyti_to_f32(job->kernels, job->u.convert.from, job->u.convert.quant, n,
                        in + (p * job->width + c) * job->size, block);
            for (size_t i = 0; i < n; i++) out[(c + i) * job->rows + p] = block[i];
        }
}

/* Pictures go back to planes; all else lies in logical order already. */
static void run_output(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++) {
        const char *in = job->in + i * job->in_picture * job->size;
        float *out = job->runtime->output + i * job->in_picture;
        if (job->runtime->output_picture) write_planes(job, in, out);
        else hyti_to_f32(job->kernels, job->u.convert.from, job->u.convert.quant, job->in_picture, in, out);
    }
}

/* Binding */

#define PART_WORK 40000
#define MAX_PARTS ((size_t)16)

void hyti_split(hyti_job *job, size_t units, uint64_t work)
{
    uint64_t parts = HYTI_MIN(work / PART_WORK, (uint64_t)HYTI_MIN(units, MAX_PARTS));
    job->units = units;
    job->parts = job->runtime->plan.threads == 1 ? 1 : HYTI_MAX((size_t)parts, (size_t)1);
}

static const hyti_format_steps *steps_of(hyti_format format)
{
    static const hyti_format_steps *const all[HYTI_FORMATS] = { &hyti_steps_f32, &hyti_steps_bf16, &hyti_steps_f16,
                                                                &hyti_steps_i8 };
    return all[format];
}

/* int8: how sums become results, and what is added to them. */
static void bind_quantised(hyti_binder *b)
{
    const hyti_step *step = b->step;
    hyti_requant *r = &b->job->requant;
    r->table = hyti_packed_at(b, step->table);
    if (step->kind == HYTI_STEP_POOL)
        b->job->u.pool.quant = hyti_mean_quant_of(b->in->quant, b->out->quant, b->job->rows);
    if (b->add && b->add->format == HYTI_I8) {
        hyti_quant left = step->kind == HYTI_STEP_ADD || step->kind == HYTI_STEP_COMBINE ? b->in->quant : step->after;
        b->job->add_quant = hyti_add_quant_of(left, b->add->quant, b->out->quant);
        r->add = &b->job->add_quant;
    }
    if (step->bias == HYTI_NO_BUFFER || step->kind == HYTI_STEP_LAYER_NORM) return;
    r->bias = hyti_packed_at(b, step->bias);
    r->multiplier = hyti_packed_at(b, step->multiplier);
    r->shift = hyti_packed_at(b, step->shift);
    r->in_zero = hyti_step_quant(b->graph, &b->runtime->plan, step).zero;
    r->zero = step->before.zero;
    hyti_act_bounds(step->act, step->before, &r->low, &r->high);
}

char *hyti_tensor_address(const hyt_runtime *runtime, hyt_value value)
{
    if (value == HYTI_NO_VALUE) return NULL;
    const hyti_tensor *tensor = &runtime->plan.tensors[value];
    if (tensor->packed) return runtime->packed + tensor->offset;
    if (tensor->buffer == HYTI_NO_BUFFER) return NULL; /* in bands, in the scratch of another step */
    return runtime->arena + runtime->plan.buffers[tensor->buffer].offset + tensor->offset;
}

/* Tokens of unfold's result, pixels of fold's. */
static void bind_fold(hyti_binder *b)
{
    bool unfold = b->step->kind == HYTI_STEP_UNFOLD;
    const hyt_dims *picture = unfold ? &b->graph->nodes[b->in->value].dims : &b->node->dims;
    size_t patch = b->node->patch, across = picture->size[3] / patch, tokens = across * (picture->size[2] / patch);
    b->job->run = unfold ? run_unfold : run_fold;
    b->job->u.fold.patch = patch;
    b->job->u.fold.across = across;
    b->job->u.fold.tokens = tokens;
    hyti_split(b->job, b->runtime->plan.batch * (picture->size[2] / patch), 2 * hyti_values_of(b->out));
}

static void bind_resize(hyti_binder *b)
{
    const size_t *in = b->graph->nodes[b->in->value].dims.size, *out = b->node->dims.size;
    b->job->run = steps_of(b->step->format)->resize;
    b->job->u.resize.in_height = in[2];
    b->job->u.resize.in_width = in[3];
    b->job->u.resize.out_height = out[2];
    b->job->u.resize.out_width = out[3];
    hyti_split(b->job, b->runtime->plan.batch, 8 * hyti_values_of(b->out));
}

/* The blocks of an operand follow each other in it; in the result they are one place apart for each index before the
 * axis. */
static void bind_copy(hyti_binder *b)
{
    const hyti_node *from = &b->graph->nodes[b->in->value];
    size_t axis = b->node->axis, before = 0, block = b->in->width, whole = b->out->stride, outer = b->in->rows;
    for (size_t i = 0; i < b->step->operand; i++) before += b->graph->nodes[b->node->inputs[i]].dims.size[axis];
    if (axis != (b->node->picture ? 1 : b->node->dims.rank - 1)) {
        size_t last = b->node->picture ? 4 : b->node->dims.rank - 1; /* axes from `axis` to the last but the width */
        for (size_t i = axis + 1; i < last; i++) block *= from->dims.size[i];
        before *= block;
        whole = block * b->node->dims.size[axis];
        block *= from->dims.size[axis];
        outer = (size_t)(hyti_values_of(b->in) / block);
    }
    b->job->run = b->step->table == HYTI_NO_BUFFER ? run_copy : run_copy_lookup;
    b->job->width = block;
    b->job->out += before * b->job->size;
    b->job->u.copy.stride = whole;
    hyti_split(b->job, outer, 2 * hyti_values_of(b->in));
}

static void bind_layer_norm(hyti_binder *b)
{
    const hyti_parameter *scale = &b->graph->parameters[b->node->parameters[0]], *shift = scale + 1;
    char *packed = b->runtime->packed;
    b->job->run = steps_of(b->step->format)->layer_norm;
    b->job->u.norm.scale = hyti_packed_at(b, b->step->weights);
    b->job->u.norm.shift = hyti_packed_at(b, b->step->bias);
    b->job->u.norm.epsilon = (float)b->node->epsilon;
    if (b->step->format == HYTI_I8)
        b->job->u.norm.quant = hyti_norm_quant_of(scale->count, scale->data, shift->data, (float)b->node->epsilon,
                                                  b->in->quant, b->out->quant, (int32_t *)(packed + b->step->weights),
                                                  (int32_t *)(packed + b->step->bias));
    hyti_split(b->job, b->out->rows, 8 * hyti_values_of(b->out));
}

static void bind_convert(hyti_binder *b)
{
    b->job->run = run_convert;
    b->job->u.convert.from = b->in->format;
    b->job->u.convert.to = b->out->format;
    b->job->u.convert.quant = b->out->quant;
    b->job->u.convert.stride = b->in->stride;
    hyti_split(b->job, b->out->rows, 4 * hyti_values_of(b->out));
}

/* One unit a picture, or a row. */
static void bind_plain(hyti_binder *b, hyti_task_fn run, size_t units, uint64_t work)
{
    b->job->run = run;
    hyti_split(b->job, units, work);
}

static void bind_ends(hyti_binder *b)
{
    bool output = b->step->kind == HYTI_STEP_OUTPUT;
    const hyti_tensor *tensor = output ? b->in : b->out;
    b->job->u.convert.from = tensor->format;
    b->job->u.convert.quant = tensor->quant;
    bind_plain(b, output ? run_output : steps_of(b->step->format)->input, b->runtime->plan.batch,
               2 * hyti_values_of(tensor));
}

static void bind_step(hyti_binder *b)
{
    const hyti_format_steps *steps = steps_of(b->step->format);
    size_t batch = b->runtime->plan.batch;
    switch (b->step->kind) {
    case HYTI_STEP_GEMM:
        steps->bind_gemm(b);
        if (b->step->band) steps->bind_bands(b);
        break;
    case HYTI_STEP_CONV:
    case HYTI_STEP_GROUPED:
    case HYTI_STEP_DEPTHWISE:
    case HYTI_STEP_SCALE: steps->bind_conv(b); break;
    case HYTI_STEP_STEM: steps->bind_stem(b); break;
    case HYTI_STEP_ATTENTION: steps->bind_attention(b); break;
    case HYTI_STEP_LAYER_NORM: bind_layer_norm(b); break;
    case HYTI_STEP_UNFOLD:
    case HYTI_STEP_FOLD: bind_fold(b); break;
    case HYTI_STEP_RESIZE: bind_resize(b); break;
    case HYTI_STEP_COPY: bind_copy(b); break;
    case HYTI_STEP_CONVERT: bind_convert(b); break;
    case HYTI_STEP_ACT: bind_plain(b, steps->act, b->out->rows, 8 * hyti_values_of(b->out)); break;
    case HYTI_STEP_ADD: bind_plain(b, steps->add, b->out->rows, 2 * hyti_values_of(b->out)); break;
    case HYTI_STEP_POOL: bind_plain(b, steps->pool, batch, hyti_values_of(b->in)); break;
    case HYTI_STEP_INPUT:
    case HYTI_STEP_OUTPUT: bind_ends(b); break;
    case HYTI_STEP_COMBINE: hyti_bind_combine(b); break;
    case HYTI_STEP_MAX_POOL:
    case HYTI_STEP_AVERAGE_POOL: hyti_bind_window(b); break;
    case HYTI_STEP_ALIGNED: hyti_bind_aligned(b); break;
    case HYTI_STEP_TRANSPOSED: hyti_bind_transposed(b); break;
    case HYTI_STEP_MATMUL: hyti_bind_matmul(b); break;
    case HYTI_STEP_SOFTMAX: hyti_bind_softmax(b); break;
    case HYTI_STEP_MEAN: hyti_bind_mean(b); break;
    default: hyti_bind_move(b); break;
    }
}

/* A step whose work a later one does. */
static void run_nothing(void *user, size_t part, size_t worker)
{
    (void)user, (void)part, (void)worker;
}

/* What every step has. */
static hyti_binder start_binding(const hyt_graph *graph, hyt_runtime *runtime, size_t number)
{
    const hyti_plan *plan = &runtime->plan;
    const hyti_step *step = &plan->steps[number];
    hyti_job *job = &runtime->jobs[number];
    hyti_binder b = { graph, runtime, step, job, &graph->nodes[step->node], NULL, NULL, NULL, plan->batch };
    job->runtime = runtime;
    job->kernels = &runtime->kernels;
    job->size = hyti_format_size(step->format);
    job->in = hyti_tensor_address(runtime, step->in);
    job->add = hyti_tensor_address(runtime, step->add);
    job->out = hyti_tensor_address(runtime, step->out);
    job->act = step->act;
    if (step->scratch != HYTI_NO_BUFFER) job->scratch = runtime->arena + plan->buffers[step->scratch].offset;
    job->scratch_bytes = step->scratch_bytes;
    if (step->in != HYTI_NO_VALUE) b.in = &plan->tensors[step->in];
    if (step->add != HYTI_NO_VALUE) b.add = &plan->tensors[step->add];
    if (step->out != HYTI_NO_VALUE) b.out = &plan->tensors[step->out];
    if (b.in) job->in_picture = (size_t)(hyti_values_of(b.in) / plan->batch);
    if (b.out) job->out_picture = (size_t)(hyti_values_of(b.out) / plan->batch);
    job->width = b.out ? b.out->width : b.in->width;
    job->rows = b.in ? b.in->rows / plan->batch : 0;
    return b;
}

void hyti_runtime_bind(const hyt_graph *graph, hyt_runtime *runtime)
{
    for (size_t i = 0; i < runtime->plan.n_steps; i++) {
        hyti_binder b = start_binding(graph, runtime, i);
        if (b.step->format == HYTI_I8) bind_quantised(&b);
        bind_step(&b);
        if (b.step->inner) b.job->run = run_nothing, b.job->parts = 1;
        hyti_stage_set(&runtime->stages[i], b.job->parts, b.job->run, b.job);
        runtime->n_jobs++;
    }
}
