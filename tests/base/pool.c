/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stages of many tasks: each task once, each stage after the one before, whatever is late. */
#include "base/pool.h"
#include "base/rng.h"
#include "test.h"
#include <string.h>
#include <unistd.h>

enum { STAGES = 40, MOST_TASKS = 23 };

/* Stage i adds 1 to its own cells and looks whether all cells of stage i - 1 have come as far as they must. */
typedef struct ladder {
    hyti_stage stages[STAGES];
    struct rung { struct ladder *ladder; size_t index, count; } rungs[STAGES];
    unsigned cells[STAGES][MOST_TASKS];
    unsigned round;
    useconds_t nap; /* of the last task of a stage now and then: the thread that has it is late */
    atomic_size_t early;
} ladder;

static void climb(void *user, size_t task, size_t worker)
{
    struct rung *rung = user;
    ladder *l = rung->ladder;
    (void)worker;
    if (l->nap && task + 1 == rung->count && rung->index % 8 == 3) usleep(l->nap);
    for (size_t i = 0; rung->index && i < l->rungs[rung->index - 1].count; i++)
        if (l->cells[rung->index - 1][i] != l->round) atomic_fetch_add(&l->early, 1);
    l->cells[rung->index][task]++;
}

static void build(ladder *l, uint64_t seed)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
    memset(l, 0, sizeof *l);
    for (size_t i = 0; i < STAGES; i++) {
        size_t count = hyti_rng_below(&rng, 2) ? 1 : 1 + (size_t)hyti_rng_below(&rng, MOST_TASKS);
        l->rungs[i] = (struct rung){ l, i, count };
        hyti_stage_set(&l->stages[i], count, climb, &l->rungs[i]);
    }
}

static void check_rounds(size_t threads, unsigned rounds, useconds_t nap)
{
    static ladder l;
    hyti_pool *pool = NULL;
    build(&l, threads);
    l.nap = nap;
    MUST(hyti_pool_create(NULL, threads, &pool));
    for (unsigned round = 1; round <= rounds; round++) {
        l.round = round;
        hyti_pool_run_stages(pool, STAGES, l.stages);
        assert_int_equal(atomic_load(&l.early), 0);
        for (size_t i = 0; i < STAGES; i++)
            for (size_t j = 0; j < MOST_TASKS; j++) assert_int_equal(l.cells[i][j], j < l.rungs[i].count ? round : 0);
    }
    hyti_pool_destroy(pool);
}

static void stages_follow_each_other(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 5; threads++) check_rounds(threads, 3000, 0);
}

static void late_threads_hold_nobody_up_for_long(void **state)
{
    (void)state;
    for (size_t threads = 2; threads <= 4; threads++) check_rounds(threads, 20, 300);
}

static void sleep_once(void *user, size_t task, size_t worker)
{
    (void)worker;
    if (task == 0) usleep(20000);
    else atomic_fetch_add((atomic_size_t *)user, 1);
}

/* While one thread sleeps in the task that it has begun, the other does all the rest, its share too. */
static void a_thread_that_is_away_loses_its_share(void **state)
{
    (void)state;
    hyti_pool *pool = NULL;
    atomic_size_t ran = 0;
    MUST(hyti_pool_create(NULL, 2, &pool));
    for (size_t run = 0; run < 3; run++) {
        atomic_store(&ran, 0);
        hyti_pool_run(pool, 100, sleep_once, &ran);
        assert_int_equal(atomic_load(&ran), 99);
    }
    hyti_pool_destroy(pool);
}

static void count_task(void *user, size_t task, size_t worker)
{
    (void)worker;
    atomic_fetch_add_explicit((atomic_size_t *)user, task + 1, memory_order_relaxed);
}

static void more_tasks_than_a_stage_counts(void **state)
{
    (void)state;
    hyti_pool *pool = NULL;
    atomic_size_t sum = 0, count = 2 * HYTI_MAX_TASKS + 3;
    MUST(hyti_pool_create(NULL, 2, &pool));
    hyti_pool_run(pool, count, count_task, &sum);
    assert_int_equal(sum, count * (count + 1) / 2);
    hyti_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_follow_each_other),
        cmocka_unit_test(late_threads_hold_nobody_up_for_long),
        cmocka_unit_test(a_thread_that_is_away_loses_its_share),
        cmocka_unit_test(more_tasks_than_a_stage_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
