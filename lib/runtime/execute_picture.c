/* SPDX-License-Identifier: MIT */
/* Pooling, and resizing with corners on corners, in every format: 16 bits of the latter by way
 * of float32, some channels at a time. */
#include "runtime/execute.h"

enum { BLOCK = 256, SHARE_BITS = 14 };
static const hyti_quant none = { 0 };

/* Units are rows of pixels of all pictures. */
#define RUN_WINDOW(type, VALUE)                                                                  \
    static void run_window_##type(void *user, size_t part, size_t worker)                        \
    {                                                                                            \
        const hyti_job *job = user;                                                              \
        hyti_share s = hyti_share_of(job, part);                                                 \
        hyti_conv_##type conv = job->u.conv.args.type;                                           \
        (void)worker;                                                                            \
        for (size_t unit = s.first; unit < s.last; unit++) {                                     \
            conv.in = (const VALUE *)job->in + unit / conv.out_height * job->in_picture;         \
            conv.out = (VALUE *)job->out + unit / conv.out_height * job->out_picture;            \
            conv.first = unit % conv.out_height;                                                 \
            conv.last = conv.first + 1;                                                          \
            if (job->u.conv.largest) job->kernels->max_pool_##type(&conv);                       \
            else job->kernels->average_pool_##type(&conv, job->u.conv.groups != 0);              \
        }                                                                                        \
    }
RUN_WINDOW(f32, float)
RUN_WINDOW(bf16, hyti_bf16)
RUN_WINDOW(f16, hyti_f16)
RUN_WINDOW(i8, int8_t)

/* conv.groups: whether padding counts. */
void hyti_bind_window(hyti_binder *b)
{
    static const hyti_task_fn runs[HYTI_FORMATS] = { [HYTI_F32] = run_window_f32, [HYTI_BF16] = run_window_bf16,
                                                     [HYTI_F16] = run_window_f16, [HYTI_I8] = run_window_i8 };
    hyti_job *job = b->job;
    hyti_conv_f32 *conv = &job->u.conv.args.f32; /* the formats differ in pointed-to types alone (formats.c) */
    *conv = hyti_step_conv(b->graph, &b->runtime->plan, b->step);
    job->run = runs[b->step->format];
    job->u.conv.groups = b->node->counted;
    job->u.conv.largest = b->step->kind == HYTI_STEP_MAX_POOL;
    job->requant.in_zero = b->in->quant.zero;
    job->requant.low = -128;
    job->requant.high = 127;
    conv->requant = &job->requant;
    job->in_picture = conv->in_height * conv->in_width * b->in->stride;
    job->out_picture = conv->out_height * conv->out_width * b->out->stride;
    hyti_split(job, b->pictures * conv->out_height, hyti_values_of(b->out) * conv->kernel_height * conv->kernel_width);
}

/* Where result i of `out` lies among `in`, corners on corners: between two values, the share of the second in float32
 * and in units of 2^-14. */
typedef struct blend {
    size_t low, high;
    float share;
    int32_t units;
} blend;

static blend blend_at(size_t i, size_t in, size_t out)
{
    blend b = { .low = 0 };
    if (out > 1) {
        float at = (float)i * ((float)(in - 1) / (float)(out - 1));
        uint64_t whole = (uint64_t)i * (in - 1), rest = whole % (out - 1);
        b.low = (size_t)(whole / (out - 1));
        b.share = HYTI_MAX(at - (float)b.low, 0.0F);
        b.units = (int32_t)(((rest << SHARE_BITS) + (out - 1) / 2) / (out - 1));
    }
    b.high = HYTI_MIN(b.low + 1, in - 1);
    return b;
}

/* As the int8 kernel does it between half-pixel centres: across in units of 2^-7, then down, rounded half up. */
static void blend_i8(size_t n, const int8_t *const corner[4], int32_t across, int32_t down, int8_t *out)
{
    int32_t whole = 1 << SHARE_BITS;
    for (size_t i = 0; i < n; i++) {
        int32_t top = (corner[0][i] * (whole - across) + corner[1][i] * across + 64) >> 7;
        int32_t bottom = (corner[2][i] * (whole - across) + corner[3][i] * across + 64) >> 7;
        out[i] = (int8_t)((top * (whole - down) + bottom * down + (1 << 20)) >> 21);
    }
}

static void blend_floats(const hyti_job *job, hyti_format format, size_t n, const char *const corner[4], float across,
                         float down, char *out)
{
    float a[BLOCK], b[BLOCK], c[BLOCK], d[BLOCK];
    hyti_to_f32(job->kernels, format, none, n, corner[0], a);
    hyti_to_f32(job->kernels, format, none, n, corner[1], b);
    hyti_to_f32(job->kernels, format, none, n, corner[2], c);
    hyti_to_f32(job->kernels, format, none, n, corner[3], d);
    for (size_t i = 0; i < n; i++) {
        float above = a[i] + across * (b[i] - a[i]), below = c[i] + across * (d[i] - c[i]);
        a[i] = above + down * (below - above);
    }
    hyti_from_f32(job->kernels, format, none, n, a, out);
}

static void blend_pixel(const hyti_job *job, const char *upper, const char *lower, blend h, blend v, char *out)
{
    hyti_format format = job->u.resize.format;
    size_t pixel = job->width * job->size;
    for (size_t first = 0; first < job->width; first += BLOCK) {
        size_t at = first * job->size, n = HYTI_MIN(job->width - first, (size_t)BLOCK);
        const char *corner[4] = { upper + h.low * pixel + at, upper + h.high * pixel + at, lower + h.low * pixel + at,
                                  lower + h.high * pixel + at };
        const int8_t *bytes[4] = { (const int8_t *)corner[0], (const int8_t *)corner[1], (const int8_t *)corner[2],
                                   (const int8_t *)corner[3] };
        if (format == HYTI_I8) blend_i8(n, bytes, h.units, v.units, (int8_t *)out + at);
        else blend_floats(job, format, n, corner, h.share, v.share, out + at);
    }
}

/* Units are rows of pixels of all pictures. */
static void run_aligned(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t height = job->u.resize.in_height, width = job->u.resize.in_width, rows = job->u.resize.out_height,
           columns = job->u.resize.out_width, pixel = job->width * job->size;
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) {
        const char *in = job->in + unit / rows * height * width * pixel;
        blend down = blend_at(unit % rows, height, rows);
        for (size_t x = 0; x < columns; x++)
            blend_pixel(job, in + down.low * width * pixel, in + down.high * width * pixel, blend_at(x, width, columns),
                        down, job->out + (unit * columns + x) * pixel);
    }
}

void hyti_bind_aligned(hyti_binder *b)
{
    const size_t *in = hyti_node_at(b, b->in)->dims.size, *out = b->node->dims.size;
    b->job->run = run_aligned;
    b->job->u.resize.in_height = in[2];
    b->job->u.resize.in_width = in[3];
    b->job->u.resize.out_height = out[2];
    b->job->u.resize.out_width = out[3];
    b->job->u.resize.format = b->step->format;
    hyti_split(b->job, b->pictures * out[2], 8 * hyti_values_of(b->out));
}
