/* SPDX-License-Identifier: MIT */
/* Where the time of a run goes, step by step. */
#include "base/rng.h"
#include "runtime/execute.h"
#include <string.h>
#include <time.h>

#define MAX_ROUNDS ((size_t)201)
#define MIN_ROUNDS ((size_t)5)

size_t hyt_runtime_steps(const hyt_runtime *runtime)
{
    return runtime ? runtime->plan.n_steps : 0;
}

static const hyti_step *step_at(const hyt_runtime *runtime, size_t step)
{
    return runtime && step < runtime->plan.n_steps ? &runtime->plan.steps[step] : NULL;
}

const char *hyt_runtime_step_kind(const hyt_runtime *runtime, size_t step)
{
    const hyti_step *s = step_at(runtime, step);
    return s ? hyti_step_kind_name(s->kind) : NULL;
}

hyt_value hyt_runtime_step_value(const hyt_runtime *runtime, size_t step)
{
    const hyti_step *s = step_at(runtime, step);
    return s ? s->node : HYTI_NO_VALUE;
}

hyt_precision hyt_runtime_step_precision(const hyt_runtime *runtime, size_t step)
{
    static const hyt_precision precisions[HYTI_FORMATS] = { HYT_FP32, HYT_BF16, HYT_FP16, HYT_INT8 };
    const hyti_step *s = step_at(runtime, step);
    return s ? precisions[s->format] : HYT_FP32;
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

typedef struct profile {
    hyt_runtime *runtime;
    float *input, *output;
    float *rounds; /* [step][MAX_ROUNDS], each step's in order */
} profile;

/* Kept in order, which insertion into so few does well. */
static void keep(float *sorted, size_t n, float value)
{
    for (; n > 0 && sorted[n - 1] > value; n--) sorted[n] = sorted[n - 1];
    sorted[n] = value;
}

/* The steps in their order, so that the caches are as they are in a run. */
static void run_round(profile *p, size_t round)
{
    hyt_runtime *runtime = p->runtime;
    runtime->input = p->input;
    runtime->output = p->output;
    for (size_t i = 0; i < runtime->n_jobs; i++) {
        hyti_job *job = &runtime->jobs[i];
        double start = now_ms();
        hyti_pool_run(runtime->pool, job->parts, job->run, job);
        keep(p->rounds + i * MAX_ROUNDS, round, (float)(now_ms() - start));
    }
}

static void measure(profile *p, double milliseconds, double *step_ms)
{
    double start = now_ms();
    size_t n = 0;
    run_round(p, 0); /* to warm up */
    while (n < MAX_ROUNDS && (n < MIN_ROUNDS || now_ms() - start < milliseconds)) run_round(p, n++);
    for (size_t i = 0; i < p->runtime->n_jobs; i++)
        step_ms[i] = p->runtime->plan.steps[i].inner ? 0 : p->rounds[i * MAX_ROUNDS + n / 2];
}

hyt_status hyt_runtime_profile(hyt_runtime *runtime, double milliseconds, double *step_ms)
{
    HYTI_NEED(runtime);
    HYTI_NEED(step_ms);
    if (!(milliseconds > 0 && milliseconds <= 1e7))
        return hyti_fail(HYT_ERR_RANGE, "measuring for %g ms is not above 0 and up to 1e7", milliseconds);
    hyt_context *context = runtime->context;
    size_t n_input = hyt_runtime_input_size(runtime);
    profile p = { .runtime = runtime };
    p.input = hyti_array(context, n_input, sizeof *p.input);
    p.output = hyti_array(context, hyt_runtime_output_size(runtime), sizeof *p.output);
    p.rounds = hyti_array(context, runtime->n_jobs * MAX_ROUNDS, sizeof *p.rounds);
    hyt_status status = p.input && p.output && p.rounds ? HYT_OK : hyti_fail_nomem();
    hyti_rng rng = hyti_rng_start(0, HYTI_PURPOSE_TIMING, 0);
    for (size_t i = 0; status == HYT_OK && i < n_input; i++) p.input[i] = (float)hyti_rng_normal(&rng);
    if (status == HYT_OK) measure(&p, milliseconds, step_ms);
    hyti_free(context, p.input);
    hyti_free(context, p.output);
    hyti_free(context, p.rounds);
    return status;
}
