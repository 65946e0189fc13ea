/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds and asynchronous asks, one thread and several. */
#include "toy.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { TRIALS = 26 };

static hyt_search *make(const char *method, const char *mode, int64_t workers)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    MUST(toy_space(NULL, 6, 4, &space));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, method));
    MUST(hyt_options_set_text(options, HYT_SEARCH_MODE, mode));
    MUST(hyt_options_set_int(options, HYT_SEARCH_WORKERS, workers));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, TRIALS));
    MUST(hyt_options_set_int(options, HYT_SEARCH_BATCH, 4));
    MUST(hyt_options_set_int(options, HYT_SEARCH_INITIAL, 6));
    MUST(hyt_options_set_int(options, HYT_SEARCH_POPULATION, 16));
    MUST(hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, 4));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

/* Trials take unequal times, some fail; counts how many run at once. */
typedef struct site {
    atomic_int running, most, calls;
} site;

static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    site *s = user;
    int now = atomic_fetch_add(&s->running, 1) + 1, most = atomic_load(&s->most);
    while (now > most && !atomic_compare_exchange_weak(&s->most, &most, now)) {}
    atomic_fetch_add(&s->calls, 1);
    usleep((useconds_t)(hyt_trial_number(trial) * 7919 % 5) * 1000);
    int answer = hyt_candidate_level(hyt_trial_candidate(trial), 0) == 4 ? HYT_TRIAL_INFEASIBLE
                                                                           : toy_evaluate(NULL, trial, objectives, n);
    atomic_fetch_sub(&s->running, 1);
    return answer;
}

static void workers_change_nothing(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        hyt_search *one = make(toy_methods[m], "batch", 1);
        site s = { 0 };
        MUST(hyt_search_run(one, evaluate, &s, NULL));
        assert_int_equal(s.most, 1);
        for (int64_t workers = 2; workers <= 8; workers *= 4) {
            site t = { 0 };
            hyt_search *search = make(toy_methods[m], "batch", workers);
            MUST(hyt_search_run(search, evaluate, &t, NULL));
            assert_int_equal(t.calls, TRIALS);
            assert_true(t.most <= workers);
            assert_string_equal(hyt_search_stopped(search), "trials");
            toy_check_same(one, search);
            hyt_search_destroy(search);
        }
        hyt_search_destroy(one);
    }
}

/* What a store keeps of an asynchronous search. */
typedef struct entry {
    uint64_t round, ended;
} entry;
typedef struct log_of {
    entry entries[64];
    uint64_t count;
} log_of;

static int log_asked(void *user, const hyt_trial *const *trials, size_t count)
{
    log_of *log = user;
    for (size_t i = 0; i < count; i++)
        log->entries[log->count + i] = (entry){ hyt_trial_number(trials[0]), UINT64_MAX };
    log->count += count;
    return 0;
}

static int log_told(void *user, const hyt_trial *trial, hyt_trial_state state, const double *objectives, size_t n)
{
    log_of *log = user;
    (void)state;
    (void)objectives;
    (void)n;
    log->entries[hyt_trial_number(trial)].ended = log->count;
    return 0;
}

static void tell_one(hyt_search *search, hyt_trial *trial)
{
    double objectives[2];
    site s = { 0 };
    int answer = evaluate(&s, trial, objectives, 2);
    MUST(hyt_search_tell(search, trial, (hyt_trial_state)answer, objectives, 2));
}

/* The same asks with the same told before each. */
static hyt_search *replay(const char *method, const log_of *log)
{
    hyt_search *search = make(method, "asynchronous", 1);
    hyt_trial *trials[64] = { NULL };
    bool told[64] = { false };
    for (uint64_t now = 0; now <= log->count;) {
        size_t count = 0, made = 0;
        for (uint64_t i = 0; i < now; i++)
            if (!told[i] && log->entries[i].ended <= now) {
                tell_one(search, trials[i]);
                told[i] = true;
            }
        while (now + made < log->count && log->entries[now + made].round == now) made++;
        if (made == 0) break;
        MUST(hyt_search_ask(search, made, trials + now, &count));
        assert_int_equal(count, made);
        now += made;
    }
    return search;
}

static void an_asynchronous_search_is_replayed(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        log_of log = { .count = 0 };
        site s = { 0 };
        hyt_search *search = make(toy_methods[m], "asynchronous", 3);
        MUST(hyt_search_set_journal(search, log_asked, log_told, NULL, &log, NULL));
        MUST(hyt_search_run(search, evaluate, &s, NULL));
        assert_int_equal(hyt_search_size(search), TRIALS);
        toy_check_distinct(search);
        hyt_search *again = replay(toy_methods[m], &log);
        toy_check_same(search, again);
        hyt_search_destroy(search);
        hyt_search_destroy(again);
    }
}

/* Asks at any time; what is pending is not proposed again, and a search restored in between goes on alike. */
static void asynchronous_asks_see_what_is_pending(void **state)
{
    (void)state;
    hyt_trial *trials[TRIALS];
    size_t count, asked = 0, told = 0;
    hyt_search *search = make("hytnas", "asynchronous", 1);
    MUST(hyt_search_ask(search, 4, trials, &count));
    assert_int_equal(count, 4); /* of the design of 6 */
    asked = count;
    while (asked < TRIALS) {
        if (asked - told > 3) tell_one(search, trials[told++]);
        MUST(hyt_search_ask(search, 3, trials + asked, &count));
        assert_in_range(count, 1, 3);
        asked += count;
        if (asked > 8 && asked < TRIALS) assert_int_equal(hyt_search_size(search), asked);
    }
    CHECK_STATUS(hyt_search_ask(search, 1, trials, &count), HYT_ERR_STATE);
    CHECK_MESSAGE("used up");
    toy_check_distinct(search);
    hyt_search_destroy(search);
}

/* The first failure ends the run with its own message, whichever thread it was on; what was under way is told. */
static int fails_at_ten(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    if (hyt_trial_number(trial) == 10) return -77;
    return evaluate(user, trial, objectives, n);
}

static int stops_at_ten(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    if (hyt_trial_number(trial) == 10) return HYT_STOP;
    return evaluate(user, trial, objectives, n);
}

static void a_run_on_threads_ends(void **state)
{
    (void)state;
    for (int64_t workers = 1; workers <= 4; workers += 3) {
        hyt_search *search = make("nsga2", "batch", workers);
        site s = { 0 };
        assert_int_equal(hyt_search_run(search, fails_at_ten, &s, NULL), -77);
        CHECK_MESSAGE("evaluate callback answered -77");
        assert_int_equal(hyt_search_trial_state(search, 10), HYT_TRIAL_PENDING);
        MUST(hyt_search_run(search, stops_at_ten, &s, NULL));
        assert_string_equal(hyt_search_stopped(search), "stopped");
        MUST(hyt_search_run(search, evaluate, &s, NULL));
        assert_int_equal(s.calls, TRIALS);
        hyt_search *whole = make("nsga2", "batch", 1);
        MUST(hyt_search_run(whole, evaluate, &s, NULL));
        toy_check_same(whole, search);
        hyt_search_destroy(whole);
        hyt_search_destroy(search);
    }
}

static hyt_status run_on_threads(hyt_context *context)
{
    toy_setup setup = { "nsga2", 4, 4, 12, 4, 6, 1 };
    hyt_search *search = NULL;
    HYTI_TRY(toy_search(context, &setup, &search));
    hyt_status status = hyt_search_run(search, toy_evaluate, NULL, NULL);
    hyt_search_destroy(search);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(run_on_threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_change_nothing),
        cmocka_unit_test(an_asynchronous_search_is_replayed),
        cmocka_unit_test(asynchronous_asks_see_what_is_pending),
        cmocka_unit_test(a_run_on_threads_ends),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("modes", tests, NULL, NULL);
}
