/* SPDX-License-Identifier: MIT */
/* All threads walk through the stages of a run side by side. Each has its share of a stage's tasks, which it claims
 * one by one in a word that normally it alone writes, and then says how many it has done in another, which the others
 * watch: from one stage to the next a single cache line travels each way. Whoever is through with its share and sees
 * another stay behind claims from that one's: a thread that the system keeps waiting holds nobody up but for the task
 * it is in.
 *
 * Stages are numbered through the life of a pool (48 bits: years). A claim names the stage it is for, words only grow,
 * and a run ends with every word of claims past it, before anything of it changes; so a thread that is late, whatever
 * it still believes, can claim nothing of a run that is over. */
#include "base/pool.h"
#include <pthread.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    SPINS = 2000,    /* turns before a waiting thread sleeps, about 20 us: an idle pool costs nothing */
    PATIENCE = 32,   /* turns before others' tasks are claimed */
    COUNT_BITS = 16, /* of a word, below the stage's number */
};

/* What a thread has claimed, in its own share or by others there, and what it has done: (stage, count) in a word. */
typedef struct lane {
    _Alignas(64) _Atomic uint64_t claimed;
    _Alignas(64) _Atomic uint64_t done;
} lane;

/* The stages of a run have numbers base + 1 to base + count. */
typedef struct region {
    _Atomic(const hyti_stage *) stages;
    atomic_size_t count;
    _Atomic uint64_t base;
} region;

/* A thread's view of the run that it takes part in. */
typedef struct walk {
    hyti_pool *pool;
    unsigned round;
    size_t me, count;
    const hyti_stage *stages;
    uint64_t base;
    bool helped; /* the last shared stage had tasks that others had not begun */
} walk;

struct hyti_pool {
    hyt_context *context;
    size_t threads;          /* the caller included */
    pthread_t *handles;
    pthread_mutex_t lock;
    pthread_cond_t changed;  /* a round begins, a thread has done its tasks */
    atomic_uint sleepers;    /* who wait for that */
    atomic_bool quit;
    _Alignas(64) atomic_uint round; /* counts up for each run */
    region regions[2];       /* of even and odd rounds: while a round lasts, its own is not written */
    _Alignas(64) hyti_stage single; /* of hyti_pool_run(); round and regions have a cache line for themselves */
    uint64_t last;           /* number of the last stage */
    lane *lanes;             /* one a thread */
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

static uint64_t word_of(uint64_t number, size_t count) { return number << COUNT_BITS | count; }
static uint64_t number_of(uint64_t word) { return word >> COUNT_BITS; }
static size_t count_of(uint64_t word) { return (size_t)(word & HYTI_MAX_TASKS); }

static size_t tasks_of(const hyti_stage *stage)
{
    return atomic_load_explicit(&stage->count, memory_order_acquire);
}

static void run_task(const hyti_stage *stage, size_t task, size_t worker)
{
    hyti_task_fn run = atomic_load_explicit(&stage->run, memory_order_relaxed);
    run(atomic_load_explicit(&stage->user, memory_order_relaxed), task, worker);
}

void hyti_stage_set(hyti_stage *stage, size_t count, hyti_task_fn task, void *user)
{
    atomic_store_explicit(&stage->run, task, memory_order_relaxed);
    atomic_store_explicit(&stage->user, user, memory_order_relaxed);
    atomic_store_explicit(&stage->count, count, memory_order_release);
}

/* Sleeping and waking */

/* After the change. The store need not have reached others before `sleepers` is read, which would cost more than the
 * whole hand-off; so who goes to sleep looks again by itself, soon at first (see sleep_a_while). */
static void wake(hyti_pool *pool)
{
    if (atomic_load(&pool->sleepers) == 0) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

/* With the lock held, until a change or for some time, which doubles from 1 ms to 64. */
static void sleep_a_while(hyti_pool *pool, long *milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += *milliseconds * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
    pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
    if (*milliseconds < 64) *milliseconds *= 2;
}

/* Stage `number` has `count` tasks and all are done, or a later one has begun. */
static bool is_complete(const hyti_pool *pool, uint64_t number, size_t count)
{
    size_t done = 0;
    for (size_t i = 0; i < pool->threads; i++) {
        uint64_t word = atomic_load_explicit(&pool->lanes[i].done, memory_order_acquire);
        if (number_of(word) > number) return true;
        if (number_of(word) == number) done += count_of(word);
    }
    return done == count;
}

static bool is_over(const walk *w)
{
    return atomic_load_explicit(&w->pool->round, memory_order_acquire) != w->round;
}

/* Waits until stage i is complete; false: the whole run is over. */
static bool wait_for_stage(const walk *w, size_t i)
{
    hyti_pool *pool = w->pool;
    uint64_t number = w->base + i + 1;
    size_t count = tasks_of(&w->stages[i]);
    for (int spin = 0; spin < SPINS; spin++) {
        if (is_complete(pool, number, count)) return true;
        if (is_over(w)) return false;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    for (long nap = 1; !is_complete(pool, number, count) && !is_over(w);) sleep_a_while(pool, &nap);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
    return !is_over(w);
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
    while (atomic_load(&pool->round) == seen) pthread_cond_wait(&pool->changed, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
    return atomic_load(&pool->round);
}

/* Claiming and doing */

static bool claim(lane *from, uint64_t number, size_t share, size_t *index)
{
    uint64_t word = atomic_load_explicit(&from->claimed, memory_order_acquire);
    do {
        *index = number_of(word) == number ? count_of(word) : 0;
        if (number_of(word) > number || *index >= share) return false;
    } while (!atomic_compare_exchange_weak_explicit(&from->claimed, &word, word_of(number, *index + 1),
                                                    memory_order_acq_rel, memory_order_acquire));
    return true;
}

static void tell_done(const walk *w, uint64_t number, size_t count)
{
    atomic_store_explicit(&w->pool->lanes[w->me].done, word_of(number, count), memory_order_release);
    wake(w->pool);
}

/* What is left of thread `owner`'s share; how many tasks these were. */
static size_t run_share(const walk *w, size_t i, size_t owner)
{
    const hyti_stage *stage = &w->stages[i];
    size_t count = tasks_of(stage), threads = w->pool->threads, ran = 0, index;
    size_t first = (count * owner + threads - 1) / threads, last = (count * (owner + 1) + threads - 1) / threads;
    for (; claim(&w->pool->lanes[owner], w->base + i + 1, last - first, &index); ran++)
        run_task(stage, first + index, w->me);
    return ran;
}

/* The own share, then what others have not begun. */
static void run_stage(walk *w, size_t i)
{
    hyti_pool *pool = w->pool;
    uint64_t number = w->base + i + 1;
    size_t count = tasks_of(&w->stages[i]), done = run_share(w, i, w->me);
    if (done) tell_done(w, number, done);
    for (int spin = w->helped ? PATIENCE : 0; spin < PATIENCE; spin++) {
        if (is_complete(pool, number, count)) return;
        relax();
    }
    w->helped = false;
    for (size_t other = 1; other < pool->threads; other++) {
        size_t helped = run_share(w, i, (w->me + other) % pool->threads);
        if (!helped) continue;
        w->helped = true;
        tell_done(w, number, done += helped);
    }
}

/* A stage of one task is the caller's, who tells only where others wait for it. */
static void walk_stages(walk *w)
{
    for (size_t i = 0; i < w->count; i++) {
        bool shared = tasks_of(&w->stages[i]) > 1, follows = i > 0 && tasks_of(&w->stages[i - 1]) > 1;
        if (!shared && w->me) continue;
        if (i > 0 && (w->me || follows) && !wait_for_stage(w, i - 1)) return;
        if (shared) {
            run_stage(w, i);
            continue;
        }
        run_task(&w->stages[i], 0, 0);
        if (i + 1 < w->count && tasks_of(&w->stages[i + 1]) > 1) tell_done(w, w->base + i + 1, 1);
    }
    if (w->me == 0 && tasks_of(&w->stages[w->count - 1]) > 1) wait_for_stage(w, w->count - 1);
}

/* The run of a round; false: it is over already, and what was read may belong to another. */
static bool read_round(hyti_pool *pool, unsigned round, size_t me, walk *w)
{
    region *r = &pool->regions[round % 2];
    *w = (walk){ .pool = pool, .round = round, .me = me };
    w->stages = atomic_load_explicit(&r->stages, memory_order_acquire);
    w->count = atomic_load_explicit(&r->count, memory_order_acquire);
    w->base = atomic_load_explicit(&r->base, memory_order_acquire);
    return !is_over(w);
}

static void *work(void *user)
{
    struct worker *worker = user;
    hyti_pool *pool = worker->pool;
    walk w;
    for (unsigned seen = 0;;) {
        seen = wait_for_round(pool, seen);
        if (atomic_load_explicit(&pool->quit, memory_order_acquire)) return NULL;
        if (read_round(pool, seen, worker->number, &w)) walk_stages(&w);
    }
}

static void start_round(hyti_pool *pool)
{
    atomic_fetch_add(&pool->round, 1);
    wake(pool);
}

/* No task of a run that is over can be claimed any more. */
static void close_round(hyti_pool *pool)
{
    for (size_t i = 0; i < pool->threads; i++)
        atomic_exchange(&pool->lanes[i].claimed, word_of(pool->last, HYTI_MAX_TASKS));
}

static void run_alone(size_t count, const hyti_stage *stages)
{
    for (size_t i = 0; i < count; i++)
        for (size_t task = 0; task < tasks_of(&stages[i]); task++) run_task(&stages[i], task, 0);
}

void hyti_pool_run_stages(hyti_pool *pool, size_t count, const hyti_stage *stages)
{
    bool shared = false;
    for (size_t i = 0; pool && i < count && !shared; i++) shared = tasks_of(&stages[i]) > 1;
    if (!shared) {
        run_alone(count, stages);
        return;
    }
    unsigned round = atomic_load_explicit(&pool->round, memory_order_relaxed) + 1;
    region *r = &pool->regions[round % 2];
    walk w = { .pool = pool, .round = round, .count = count, .stages = stages, .base = pool->last };
    atomic_store_explicit(&r->stages, stages, memory_order_release);
    atomic_store_explicit(&r->count, count, memory_order_release);
    atomic_store_explicit(&r->base, pool->last, memory_order_release);
    pool->last += count;
    start_round(pool);
    walk_stages(&w);
    close_round(pool);
}

/* Tasks from `from` on, of more than a stage can count. */
typedef struct window {
    hyti_task_fn task;
    void *user;
    size_t from;
} window;

static void run_in_window(void *user, size_t task, size_t worker)
{
    const window *w = user;
    w->task(w->user, w->from + task, worker);
}

void hyti_pool_run(hyti_pool *pool, size_t count, hyti_task_fn task, void *user)
{
    if (!pool || count < 2) {
        for (size_t i = 0; i < count; i++) task(user, i, 0);
        return;
    }
    for (window w = { task, user, 0 }; w.from < count; w.from += HYTI_MAX_TASKS) {
        hyti_stage_set(&pool->single, HYTI_MIN(count - w.from, (size_t)HYTI_MAX_TASKS), run_in_window, &w);
        hyti_pool_run_stages(pool, 1, &pool->single);
    }
}

size_t hyti_pool_threads(const hyti_pool *pool)
{
    return pool ? pool->threads : 1;
}

hyt_status hyti_pool_create(hyt_context *context, size_t threads, hyti_pool **out)
{
    *out = NULL;
    if (threads < 2) return HYT_OK;
    hyti_pool *pool = hyti_alloc_aligned(context, sizeof *pool);
    if (!pool) return hyti_fail_nomem();
    pool->context = hyti_context_retain(context);
    pool->threads = 1; /* grows with each thread that started, so that destroy joins just those */
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pool->handles = hyti_array(context, threads, sizeof *pool->handles);
    pool->workers = hyti_array(context, threads, sizeof *pool->workers);
    pool->lanes = hyti_alloc_aligned(context, threads * sizeof *pool->lanes);
    hyt_status status = pool->handles && pool->workers && pool->lanes ? HYT_OK : hyti_fail_nomem();
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
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    hyt_context *context = pool->context;
    hyti_free_aligned(context, pool->lanes);
    hyti_free(context, pool->workers);
    hyti_free(context, pool->handles);
    hyti_free_aligned(context, pool);
    hyt_context_destroy(context);
}
