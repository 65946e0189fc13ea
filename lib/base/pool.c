/* SPDX-License-Identifier: MIT */
#include "base/pool.h"
#include <pthread.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* A hand-off costs well under a microsecond while the other side still spins; beyond this many turns (about 20 us) it
 * sleeps, so that an idle pool costs nothing. */
#define SPINS 2000

/* A worker's share of the tasks, next and last in one word, so that both are read and taken at once. A word that is taken
 * from may belong to a later run than the taker woke up for: then the task is that run's, and as good. */
typedef struct share {
    _Alignas(64) _Atomic uint64_t word;
} share;
static uint64_t share_of(size_t next, size_t last) { return (uint64_t)next << 32 | (uint64_t)last; }

struct hyti_pool {
    hyt_context *context;
    size_t threads;          /* the caller included */
    pthread_t *handles;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    atomic_uint round;       /* counts up for each run */
    atomic_size_t left;      /* tasks of this run that are not done */
    atomic_uint sleepers;
    atomic_bool caller_sleeps, quit;
    hyti_task_fn task;
    void *user;
    share *shares;           /* one a thread */
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

static bool take(share *from, size_t *task)
{
    uint64_t word = atomic_load_explicit(&from->word, memory_order_relaxed);
    do {
        *task = (size_t)(word >> 32);
        if (*task >= (uint32_t)word) return false;
    } while (!atomic_compare_exchange_weak_explicit(&from->word, &word, word + share_of(1, 0), memory_order_acquire,
                                                    memory_order_relaxed));
    return true;
}

/* The own share first, then what others have not started: a worker that the system keeps waiting holds nobody up. */
static void run_tasks(hyti_pool *pool, size_t worker)
{
    size_t finished = 0, task;
    for (size_t i = 0; i < pool->threads; i++)
        while (take(&pool->shares[(worker + i) % pool->threads], &task)) {
            pool->task(pool->user, task, worker);
            finished++;
        }
    if (finished == 0 || atomic_fetch_sub(&pool->left, finished) != finished) return;
    if (!atomic_load(&pool->caller_sleeps)) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
}

static unsigned wait_for_round(hyti_pool *pool, unsigned seen)
{
    for (int spin = 0; spin < SPINS; spin++) {
        unsigned now = atomic_load_explicit(&pool->round, memory_order_acquire);
        if (now != seen) return now;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->round) == seen) pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
    return atomic_load(&pool->round);
}

static void *work(void *user)
{
    struct worker *worker = user;
    hyti_pool *pool = worker->pool;
    for (unsigned seen = 0;;) {
        seen = wait_for_round(pool, seen);
        if (atomic_load_explicit(&pool->quit, memory_order_acquire)) return NULL;
        run_tasks(pool, worker->number);
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

static void wait_for_tasks(hyti_pool *pool)
{
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(&pool->left, memory_order_acquire) == 0) return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->caller_sleeps, true);
    while (atomic_load(&pool->left) != 0) pthread_cond_wait(&pool->done, &pool->lock);
    atomic_store(&pool->caller_sleeps, false);
    pthread_mutex_unlock(&pool->lock);
}

void hyti_pool_run(hyti_pool *pool, size_t count, hyti_task_fn task, void *user)
{
    if (!pool || count < 2) {
        for (size_t i = 0; i < count; i++) task(user, i, 0);
        return;
    }
    pool->task = task;
    pool->user = user;
    atomic_store(&pool->left, count);
    for (size_t i = 0; i < pool->threads; i++)
        atomic_store_explicit(&pool->shares[i].word,
                              share_of(count * i / pool->threads, count * (i + 1) / pool->threads), memory_order_release);
    start_round(pool);
    run_tasks(pool, 0);
    wait_for_tasks(pool);
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
    pool->shares = hyti_alloc_aligned(context, threads * sizeof *pool->shares);
    hyt_status status = pool->handles && pool->workers && pool->shares ? HYT_OK : hyti_fail_nomem();
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
    hyti_free_aligned(context, pool->shares);
    hyti_free(context, pool->workers);
    hyti_free(context, pool->handles);
    hyti_free(context, pool);
    hyt_context_destroy(context);
}
