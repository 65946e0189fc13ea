/* SPDX-License-Identifier: MIT */
/* Latency: the median of bursts, with an interval that supposes nothing about how they are spread. */
#include "base/rng.h"
#include "runtime/execute.h"
#include <math.h>
#include <time.h>

#define MAX_BURSTS 1001
#define MIN_BURSTS 9
#define BURST_MS 0.5 /* long enough for the clock */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

typedef struct stopwatch {
    hyt_runtime *runtime;
    float *input, *output;
    double bursts[MAX_BURSTS];
    size_t n;
} stopwatch;

static hyt_status run_times(stopwatch *w, size_t times, double *each)
{
    double start = now_ms();
    for (size_t i = 0; i < times; i++) HYTI_TRY(hyt_runtime_run(w->runtime, w->input, w->output));
    *each = (now_ms() - start) / (double)times;
    return HYT_OK;
}

/* Kept in order, which insertion into so few does well. */
static void keep(stopwatch *w, double value)
{
    size_t i = w->n++;
    for (; i > 0 && w->bursts[i - 1] > value; i--) w->bursts[i] = w->bursts[i - 1];
    w->bursts[i] = value;
}

/* A tenth of the time to warm up, which also tells how many runs make a burst. */
static hyt_status measure(stopwatch *w, double milliseconds)
{
    double start = now_ms(), each;
    do HYTI_TRY(run_times(w, 1, &each)); while (now_ms() - start < milliseconds / 10);
    size_t times = each < BURST_MS ? (size_t)(BURST_MS / HYTI_MAX(each, 1e-6)) + 1 : 1;
    while (w->n < MAX_BURSTS && (w->n < MIN_BURSTS || now_ms() - start < milliseconds)) {
        HYTI_TRY(run_times(w, times, &each));
        keep(w, each);
    }
    return HYT_OK;
}

/* The number of bursts below the true median is binomial(n, 1/2): the order statistics 1.96 deviations about n / 2
 * enclose it 95 times in 100 (normal approximation; Conover, Practical Nonparametric Statistics, 3.2). */
static void summarise(const stopwatch *w, double *median, double *low, double *high)
{
    double half = 0.98 * sqrt((double)w->n), middle = (double)w->n / 2;
    size_t first = middle - half > 0 ? (size_t)(middle - half) : 0, last = w->n - 1 - first;
    if (median) *median = w->n % 2 ? w->bursts[w->n / 2] : (w->bursts[w->n / 2 - 1] + w->bursts[w->n / 2]) / 2;
    if (low) *low = w->bursts[first];
    if (high) *high = w->bursts[last];
}

hyt_status hyt_runtime_time(hyt_runtime *runtime, double milliseconds, double *median, double *low, double *high)
{
    HYTI_NEED(runtime);
    if (!(milliseconds > 0 && milliseconds <= 1e7))
        return hyti_fail(HYT_ERR_RANGE, "measuring for %g ms is not above 0 and up to 1e7", milliseconds);
    size_t n_input = hyt_runtime_input_size(runtime);
    stopwatch *w = hyti_alloc(runtime->context, sizeof *w);
    if (!w) return hyti_fail_nomem();
    w->runtime = runtime;
    w->input = hyti_alloc_aligned(runtime->context, n_input * sizeof *w->input);
    w->output = hyti_alloc_aligned(runtime->context, hyt_runtime_output_size(runtime) * sizeof *w->output);
    hyt_status status = w->input && w->output ? HYT_OK : hyti_fail_nomem();
    hyti_rng rng = hyti_rng_start(0, HYTI_PURPOSE_TIMING, 0);
    for (size_t i = 0; status == HYT_OK && i < n_input; i++) w->input[i] = (float)hyti_rng_normal(&rng);
    if (status == HYT_OK) status = measure(w, milliseconds);
    if (status == HYT_OK) summarise(w, median, low, high);
    hyti_free_aligned(runtime->context, w->input);
    hyti_free_aligned(runtime->context, w->output);
    hyti_free(runtime->context, w);
    return status;
}
