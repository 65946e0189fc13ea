/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hand-off costs: nanoseconds that a stage with a task a thread takes beyond the task itself, all stages in one
 * run; the same of a run of one stage; and of a stage that is the caller's alone. Medians. One JSON line a number of
 * threads. Where there are fewer processors than threads this says what turns on one of them cost. */
#include "bench.h"
#include "base/pool.h"
#include "numeric/distribution.h"

enum { STAGES = 100, RUNS = 301 };

/* About a microsecond, the same whatever the caches hold. */
static void turn(void *user, size_t task, size_t worker)
{
    volatile double sink;
    double x = 1;
    (void)user, (void)task, (void)worker;
    for (int i = 0; i < 500; i++) x = x * 0.999 + 1;
    sink = x;
    (void)sink;
}

/* ns a stage */
static double time_stages(hyti_pool *pool, size_t stages, size_t tasks)
{
    static hyti_stage all[STAGES];
    static double each[RUNS];
    for (size_t i = 0; i < stages; i++) hyti_stage_set(&all[i], tasks, turn, NULL);
    for (int run = 0; run < RUNS; run++) {
        double from = bench_seconds();
        hyti_pool_run_stages(pool, stages, all);
        each[run] = 1e9 * (bench_seconds() - from) / (double)stages;
    }
    hyti_sort(each, RUNS);
    return each[RUNS / 2];
}

int main(void)
{
    double task = time_stages(NULL, STAGES, 1);
    for (size_t threads = 2; threads <= 4; threads *= 2) {
        hyti_pool *pool = NULL;
        if (hyti_pool_create(NULL, threads, &pool)) return 1;
        double stage = time_stages(pool, STAGES, threads) - task, run = time_stages(pool, 1, threads) - task,
               own = time_stages(pool, STAGES, 1) - task;
        printf("{\"threads\": %zu, \"task_ns\": %.1f, \"stage_ns\": %.1f, \"run_ns\": %.1f, \"own_stage_ns\": %.1f}\n",
               threads, task, stage, run, own);
        hyti_pool_destroy(pool);
    }
    return 0;
}
