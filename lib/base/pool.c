/* SPDX-License-Identifier: MIT */
#include "base/pool.h"
#include <pthread.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* A hand-off costs well under a microsecond while the other side still spins; beyond this many turns (about 20 us) it
 * sleeps, so that an idle pool costs nothing. */
#define SPINS 2000

struct hyti_pool {
    hyt_context *context;
    size_t threads;          /* the caller included */
    pthread_t *handles;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    atomic_uint round;       /* counts up for each run */
    atomic_size_t running;   /* workers that have not finished this round */
    atomic_uint sleepers;
    atomic_bool caller_sleeps, quit;
    size_t count;
    hyti_task_fn task;
    void *user;
    struct worker { hyti_pool *pool; size_t number; } *workers;
};

static void relax(void)
{
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void run_share(const hyti_pool *pool, size_t worker)
{
    size_t first = pool->count * worker / pool->threads, last = pool->count * (worker + 1) / pool->threads;
    for (size_t task = first; task < last; task++) pool->task(pool->user, task, worker);
}

static void wait_for_round(hyti_pool *pool, unsigned seen)
{
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(&pool->round, memory_order_acquire) != seen) return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->round) == seen) pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *user)
{
    struct worker *worker = user;
    hyti_pool *pool = worker->pool;
    for (unsigned seen = 0;; seen++) {
        wait_for_round(pool, seen);
        if (atomic_load_explicit(&pool->quit, memory_order_acquire)) return NULL;
        run_share(pool, worker->number);
        if (atomic_fetch_sub(&pool->running, 1) == 1 && atomic_load(&pool->caller_sleeps)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void start_round(hyti_pool *pool)
{
    atomic_fetch_add(&pool->round, 1);
    if (atomic_load(&pool->sleepers) == 0) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_for_workers(hyti_pool *pool)
{
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(&pool->running, memory_order_acquire) == 0) return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->caller_sleeps, true);
    while (atomic_load(&pool->running) != 0) pthread_cond_wait(&pool->done, &pool->lock);
    atomic_store(&pool->caller_sleeps, false);
    pthread_mutex_unlock(&pool->lock);
}

void hyti_pool_run(hyti_pool *pool, size_t count, hyti_task_fn task, void *user)
{
    if (!pool || count < 2) {
        for (size_t i = 0; i < count; i++) task(user, i, 0);
        return;
    }
    pool->count = count;
    pool->task = task;
    pool->user = user;
    atomic_store(&pool->running, pool->threads - 1);
    start_round(pool);
    run_share(pool, 0);
    wait_for_workers(pool);
}

size_t hyti_pool_threads(const hyti_pool *pool)
{
    return pool ? pool->threads : 1;
}

hyt_status hyti_pool_create(hyt_context *context, size_t threads, hyti_pool **out)
{
    *out = NULL;
    if (threads < 2) return HYT_OK;
    hyti_pool *pool = hyti_alloc(context, sizeof *pool);
    if (!pool) return hyti_fail_nomem();
    pool->context = hyti_context_retain(context);
    pool->threads = 1; /* grows with each thread that started, so that destroy joins just those */
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->handles = hyti_array(context, threads, sizeof *pool->handles);
    pool->workers = hyti_array(context, threads, sizeof *pool->workers);
    hyt_status status = pool->handles && pool->workers ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 1; i < threads && status == HYT_OK; i++) {
        pool->workers[i] = (struct worker){ pool, i };
        int error = pthread_create(&pool->handles[i], NULL, work, &pool->workers[i]);
        if (error) status = hyti_fail(HYT_ERR_NOMEM, "thread %zu of %zu could not start (error %d)", i, threads, error);
        else pool->threads++;
    }
    if (status != HYT_OK) {
        hyti_pool_destroy(pool);
        return status;
    }
    *out = pool;
    return HYT_OK;
}

void hyti_pool_destroy(hyti_pool *pool)
{
    if (!pool) return;
    atomic_store(&pool->quit, true);
    start_round(pool);
    for (size_t i = 1; i < pool->threads; i++) pthread_join(pool->handles[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    hyt_context *context = pool->context;
    hyti_free(context, pool->workers);
    hyti_free(context, pool->handles);
    hyti_free(context, pool);
    hyt_context_destroy(context);
}
