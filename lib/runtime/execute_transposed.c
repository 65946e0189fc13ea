/* SPDX-License-Identifier: MIT */
/* Transposed convolution in float32, a product for each tap of the kernel. In other formats it is a convolution of the
 * picture with its pixels spread apart (plan_more.c). */
#include "runtime/execute.h"

/* Columns of the input whose results of tap `kx` lie inside: a product for all of them, added where they go. */
static void add_tap(const hyti_job *job, const float *in, size_t kx, size_t tap, float *row)
{
    const hyti_conv_f32 *c = &job->u.conv.args.f32;
    size_t groups = job->u.conv.groups, taps = c->kernel_height * c->kernel_width, stride = c->stride_width;
    size_t first = kx < c->pad_left ? (c->pad_left - kx + stride - 1) / stride : 0;
    if (c->out_width - 1 + c->pad_left < kx) return;
    size_t last = HYTI_MIN(c->in_width, (c->out_width - 1 + c->pad_left - kx) / stride + 1);
    if (first >= last) return;
    hyti_gemm_f32 gemm = job->u.conv.product;
    gemm.m = last - first;
    for (size_t g = 0; g < groups; g++) {
        gemm.a = in + first * c->in_stride + g * gemm.k;
        gemm.b = c->weights + (g * taps + tap) * job->u.conv.panel;
        gemm.c = row + (first * stride + kx - c->pad_left) * c->out_stride + g * gemm.n;
        job->kernels->gemm_f32(&gemm);
    }
}

/* Units are rows of pixels of all pictures: what each tap adds to a row comes from one row of the input, or none. */
static void run_transposed(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    const hyti_conv_f32 *c = &job->u.conv.args.f32;
    (void)worker;
    for (size_t unit = s.first; unit < s.last; unit++) {
        size_t picture = unit / c->out_height, y = unit % c->out_height;
        float *row = (float *)job->out + unit * c->out_width * c->out_stride;
        for (size_t x = 0; x < c->out_width; x++)
            for (size_t j = 0; j < c->out_channels; j++) row[x * c->out_stride + j] = c->bias ? c->bias[j] : 0;
        for (size_t ky = 0; ky < c->kernel_height; ky++) {
            size_t from = y + c->pad_top - ky; /* below zero it wraps round */
            if (y + c->pad_top < ky || from % c->stride_height || from / c->stride_height >= c->in_height) continue;
            const float *in = (const float *)job->in + picture * job->in_picture +
                              from / c->stride_height * c->in_width * c->in_stride;
            for (size_t kx = 0; kx < c->kernel_width; kx++) add_tap(job, in, kx, ky * c->kernel_width + kx, row);
        }
    }
}

void hyti_bind_transposed(hyti_binder *b)
{
    hyti_conv_f32 *conv = &b->job->u.conv.args.f32;
    size_t nr = b->runtime->kernels.panels[HYTI_F32].nr, groups = b->node->groups;
    *conv = hyti_step_conv(b->graph, &b->runtime->plan, b->step);
    conv->weights = hyti_packed_at(b, b->step->weights);
    conv->bias = hyti_packed_at(b, b->step->bias);
    size_t depth = conv->in_channels / groups;
    b->job->run = run_transposed;
    b->job->u.conv.groups = groups;
    b->job->u.conv.panel = b->step->panel;
    b->job->u.conv.product = (hyti_gemm_f32){
        .n = conv->out_channels / groups, .k = depth, .a_row = (ptrdiff_t)conv->in_stride, .a_step = 1,
        .b_step = (ptrdiff_t)nr, .b_panel = (ptrdiff_t)(depth * nr), .accumulate = true,
        .c_row = (ptrdiff_t)(conv->stride_width * conv->out_stride) };
    b->job->in_picture = conv->in_height * conv->in_width * b->in->stride;
    hyti_split(b->job, b->pictures * conv->out_height,
               hyti_values_of(b->in) * conv->out_channels / groups * conv->kernel_height * conv->kernel_width);
}

