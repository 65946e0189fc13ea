/* SPDX-License-Identifier: MIT */
/* The steps of int8. */
#include "runtime/execute.h"
#define T(name) name##_i8
#define VALUE int8_t
#define MEMBER i8
#include "runtime/execute_product.inc"

static void run_layer_norm(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t at = s.first * job->width;
    (void)worker;
    job->kernels->layer_norm_i8(s.last - s.first, job->width, (const int8_t *)job->in + at, &job->u.norm.quant,
                                (int8_t *)job->out + at);
}

static void run_act(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t at = s.first * job->width;
    (void)worker;
    job->kernels->lookup_i8((s.last - s.first) * job->width, (const int8_t *)job->in + at, job->requant.table,
                            (int8_t *)job->out + at);
}

static void run_add(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t at = s.first * job->width;
    (void)worker;
    job->kernels->add_i8((s.last - s.first) * job->width, (const int8_t *)job->in + at, (const int8_t *)job->add + at,
                         &job->add_quant, (int8_t *)job->out + at);
}

static void run_pool(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->mean_i8(job->rows, job->width, (const int8_t *)job->in + i * job->in_picture, &job->u.pool.quant,
                              (int8_t *)job->out + i * job->width);
}

static void run_resize(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->resize_i8(job->width, job->u.resize.in_height, job->u.resize.in_width,
                                (const int8_t *)job->in + i * job->in_picture, job->u.resize.out_height,
                                job->u.resize.out_width, (int8_t *)job->out + i * job->out_picture);
}

static void run_input(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    const hyt_runtime *runtime = job->runtime;
    hyti_share s = hyti_share_of(job, part);
    (void)worker;
    for (size_t i = s.first; i < s.last; i++)
        job->kernels->input_i8(runtime->params.layout == 0, runtime->channels, runtime->pixels,
                               runtime->input + i * job->out_picture, runtime->mean, runtime->inverse,
                               job->u.convert.quant, (int8_t *)job->out + i * job->out_picture);
}

static void stem_i8(const hyti_job *job, const hyti_conv_i8 *conv, const float *in)
{
    const hyt_runtime *runtime = job->runtime;
    hyti_conv_i8 stem = *conv;
    stem.weights = job->u.stem.weights;
    job->kernels->stem_i8(job->kernels, &stem, runtime->params.layout == 0, in, runtime->mean, runtime->inverse,
                          job->u.stem.quant);
}

const hyti_format_steps hyti_steps_i8 = { bind_gemm_i8, bind_bands_i8, bind_conv_i8, bind_stem_i8, bind_attention_i8,
                                          run_act, run_add, run_layer_norm, run_pool, run_resize, run_input };
