/* SPDX-License-Identifier: MIT */
/* A small thread pool for one handle. Work is split by its shape into tasks, never by the number of threads; which
 * thread runs a task must not matter to the result. */
#ifndef HYTI_BASE_POOL_H
#define HYTI_BASE_POOL_H

#include "base/heap.h"

typedef struct hyti_pool hyti_pool;
#define HYTI_MAX_THREADS 256 /* bound of every option of that name */
/* `worker` < threads: for scratch memory of its own. */
typedef void (*hyti_task_fn)(void *user, size_t task, size_t worker);

/* Tasks that may run at the same time. Atomic, because a worker that comes late may still look at what is over. */
typedef struct hyti_stage {
    _Atomic(hyti_task_fn) run;
    _Atomic(void *) user;
    atomic_size_t count; /* 1 to HYTI_MAX_TASKS */
} hyti_stage;
#define HYTI_MAX_TASKS 65535
void hyti_stage_set(hyti_stage *stage, size_t count, hyti_task_fn task, void *user);

/* threads >= 1, the caller counts as one; *out stays NULL for one thread, which all calls accept. */
hyt_status hyti_pool_create(hyt_context *context, size_t threads, hyti_pool **out);
void hyti_pool_destroy(hyti_pool *pool);
size_t hyti_pool_threads(const hyti_pool *pool);
/* Runs tasks 0..count-1, each once, and returns when all are done. Contiguous ranges a thread. */
void hyti_pool_run(hyti_pool *pool, size_t count, hyti_task_fn task, void *user);
/* The same for one stage after the other, each when all tasks of the one before are done; a stage of one task is run by
 * the caller. The array must last as long as the pool: a thread that is late may still look at it. */
void hyti_pool_run_stages(hyti_pool *pool, size_t count, const hyti_stage *stages);

#endif
