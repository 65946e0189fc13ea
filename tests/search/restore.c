/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proposal depends on what is told and pending, in order of number, and on nothing that a process held. */
#include "toy.h"

enum { TRIALS = 19, MOST = 64 };

static toy_setup setup_of(const char *method)
{
    return (toy_setup){ method, 6, 4, TRIALS, 4, 6, 3 };
}

static hyt_search *make(const char *method)
{
    toy_setup setup = setup_of(method);
    hyt_search *search = NULL;
    MUST(toy_search(NULL, &setup, &search));
    MUST(hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, 18));
    return search;
}

/* What a store would keep: every ask and tell in order. */
typedef struct event {
    bool told, within; /* within: not the last that was asked at once */
    uint64_t number, round, ended;
    size_t levels[8];
    hyt_trial_state state;
    double objectives[2];
} event;

typedef struct journal {
    event events[MOST];
    size_t count, trials, fail_at; /* fails instead of its fail_at-th entry */
    bool failed;
} journal;

static int journal_asked(void *user, const hyt_trial *const *trials, size_t count)
{
    journal *j = user;
    if (j->fail_at && j->count + 1 >= j->fail_at) {
        j->failed = true;
        return -42;
    }
    j->trials += count;
    for (size_t i = 0; i < count; i++) {
        event *e = &j->events[j->count++];
        *e = (event){ .number = hyt_trial_number(trials[i]), .state = HYT_TRIAL_PENDING,
                       .round = hyt_trial_number(trials[0]), .within = i + 1 < count };
        for (size_t g = 0; g < 6; g++) e->levels[g] = hyt_candidate_level(hyt_trial_candidate(trials[i]), g);
    }
    return 0;
}

static int journal_told(void *user, const hyt_trial *trial, hyt_trial_state state, const double *objectives, size_t n)
{
    journal *j = user;
    if (j->fail_at && j->count + 1 >= j->fail_at) {
        j->failed = true;
        return -43;
    }
    event *e = &j->events[j->count++];
    *e = (event){ .told = true, .number = hyt_trial_number(trial), .ended = j->trials, .state = state };
    assert_int_equal(n, state == HYT_TRIAL_FINISHED ? 2 : 0);
    if (state == HYT_TRIAL_FINISHED) memcpy(e->objectives, objectives, sizeof e->objectives);
    return 0;
}

/* One in five fails, by candidate. */
static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    double sum;
    (void)user;
    toy_sum(NULL, hyt_trial_candidate(trial), &sum);
    return (int)sum % 5 == 4 ? HYT_TRIAL_TIMEOUT : toy_evaluate(NULL, trial, objectives, n);
}

/* Rebuilds the search as a store would that saw the first `count` events. */
static hyt_search *rebuild(const char *method, const journal *j, size_t count)
{
    event trials[MOST] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const event *e = &j->events[i];
        if (!e->told) {
            trials[n++] = *e;
            continue;
        }
        trials[e->number].state = e->state;
        trials[e->number].ended = e->ended;
        memcpy(trials[e->number].objectives, e->objectives, sizeof e->objectives);
    }
    hyt_search *search = make(method);
    hyt_space *space = NULL;
    MUST(toy_space(NULL, 6, 4, &space)); /* an equal space, another handle */
    for (size_t i = 0; i < n; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_create(space, trials[i].levels, 6, &candidate));
        MUST(hyt_search_restore(search, i, candidate, trials[i].round, trials[i].state, trials[i].ended,
                                trials[i].objectives, 2));
        hyt_candidate_destroy(candidate);
    }
    hyt_space_destroy(space);
    return search;
}

static void check_same(const hyt_search *a, const hyt_search *b)
{
    char x[128], y[128];
    assert_int_equal(hyt_search_size(a), hyt_search_size(b));
    for (size_t i = 0; i < hyt_search_size(a); i++) {
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(a, i)), x, sizeof x, NULL));
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(b, i)), y, sizeof y, NULL));
        if (strcmp(x, y) != 0) fail_msg("trial %zu is %s and %s", i, x, y);
        assert_int_equal(hyt_search_trial_state(a, i), hyt_search_trial_state(b, i));
    }
}

static void restored_is_undisturbed(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        journal j = { 0 };
        hyt_search *undisturbed = make(toy_methods[m]);
        MUST(hyt_search_set_journal(undisturbed, journal_asked, journal_told, NULL, &j, NULL));
        MUST(hyt_search_run(undisturbed, evaluate, NULL, NULL));
        assert_int_equal(j.count, 2 * TRIALS);
        for (size_t k = 0; k <= j.count; k++) {
            if (k > 0 && j.events[k - 1].within) continue; /* rounds are stored whole */
            hyt_search *restored = rebuild(toy_methods[m], &j, k);
            MUST(hyt_search_run(restored, evaluate, NULL, NULL));
            check_same(undisturbed, restored);
            hyt_search_destroy(restored);
        }
        hyt_search_destroy(undisturbed);
    }
}

static void pending_ones_come_first(void **state)
{
    (void)state;
    journal j = { 0 };
    hyt_search *search = make("hytnas");
    hyt_trial *trials[8];
    size_t count = 0;
    MUST(hyt_search_set_journal(search, journal_asked, journal_told, NULL, &j, NULL));
    MUST(hyt_search_ask(search, 8, trials, &count));
    MUST(hyt_search_tell(search, trials[1], HYT_TRIAL_NAN, NULL, 0));
    MUST(hyt_search_tell(search, trials[4], HYT_TRIAL_NAN, NULL, 0));
    hyt_search *restored = rebuild("hytnas", &j, j.count);
    MUST(hyt_search_ask(restored, 8, trials, &count));
    assert_int_equal(count, 4);
    const uint64_t expected[] = { 0, 2, 3, 5 };
    for (size_t i = 0; i < 4; i++) assert_int_equal(hyt_trial_number(trials[i]), expected[i]);
    CHECK_STATUS(hyt_search_ask(restored, 1, trials, &count), HYT_ERR_STATE);
    hyt_search_destroy(search);
    hyt_search_destroy(restored);
}

/* Tells each round in another order. */
static void run_in_order(hyt_search *search, unsigned order)
{
    hyt_trial *trials[8], *told;
    size_t count = 0, asked = 0;
    double objectives[2];
    while (asked < TRIALS) {
        MUST(hyt_search_ask(search, 8, trials, &count));
        asked += count;
        for (size_t i = count; i > 0; i--) {
            size_t k = order == 0 ? 0 : order == 1 ? i - 1 : (i * 7 + 3) % i;
            told = trials[k];
            memmove(trials + k, trials + k + 1, (i - 1 - k) * sizeof *trials);
            hyt_trial_state end = evaluate(NULL, told, objectives, 2) ? HYT_TRIAL_TIMEOUT : HYT_TRIAL_FINISHED;
            MUST(hyt_search_tell(search, told, end, objectives, 2));
        }
    }
}

static void the_order_of_tells_changes_nothing(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        hyt_search *run = make(toy_methods[m]);
        MUST(hyt_search_run(run, evaluate, NULL, NULL));
        for (unsigned order = 0; order < 3; order++) {
            hyt_search *search = make(toy_methods[m]);
            run_in_order(search, order);
            check_same(run, search);
            hyt_search_destroy(search);
        }
        hyt_search_destroy(run);
    }
}

static void seeds_differ(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        char x[128], y[128];
        hyt_search *searches[2];
        hyt_trial *trial;
        size_t count;
        for (int64_t seed = 0; seed < 2; seed++) {
            toy_setup setup = setup_of(toy_methods[m]);
            setup.seed = seed;
            MUST(toy_search(NULL, &setup, &searches[seed]));
            MUST(hyt_search_ask(searches[seed], 1, &trial, &count));
            MUST(hyt_candidate_genome(hyt_trial_candidate(trial), seed ? y : x, sizeof x, NULL));
        }
        assert_string_not_equal(x, y);
        hyt_search_destroy(searches[0]);
        hyt_search_destroy(searches[1]);
    }
}

/* A journal that fails at any entry fails the call; tried again, the search goes on as if nothing had been. */
static void a_failing_journal_changes_nothing(void **state)
{
    (void)state;
    hyt_search *undisturbed = make("hytnas");
    MUST(hyt_search_run(undisturbed, evaluate, NULL, NULL));
    for (size_t at = 1; at <= 2 * TRIALS; at++) {
        journal j = { .fail_at = at };
        hyt_search *search = make("hytnas");
        MUST(hyt_search_set_journal(search, journal_asked, journal_told, NULL, &j, NULL));
        hyt_status status = hyt_search_run(search, evaluate, NULL, NULL);
        if (status != -42 && status != -43) fail_msg("entry %zu failed and run answered %d", at, status);
        CHECK_MESSAGE(status == -42 ? "asked callback" : "told callback");
        assert_true(j.failed);
        j.fail_at = 0;
        MUST(hyt_search_run(search, evaluate, NULL, NULL));
        check_same(undisturbed, search);
        assert_int_equal(j.count, 2 * TRIALS);
        hyt_search_destroy(search);
    }
    hyt_search_destroy(undisturbed);
}

static hyt_status restore(hyt_search *search, uint64_t number, const hyt_candidate *candidate, hyt_trial_state state,
                          const double *objectives, size_t n)
{
    return hyt_search_restore(search, number, candidate, number, state, number + 1, objectives, n);
}

static void what_cannot_be_is_not_restored(void **state)
{
    (void)state;
    hyt_search *search = make("hytnas");
    hyt_space *space = NULL, *narrow = NULL;
    hyt_candidate *candidate = NULL, *other = NULL, *foreign = NULL;
    const size_t levels[] = { 0, 1, 2, 3, 4, 0 };
    const double good[] = { 1, 2 }, bad[] = { 1, NAN };
    MUST(toy_space(NULL, 6, 4, &space));
    MUST(toy_space(NULL, 5, 4, &narrow));
    MUST(hyt_candidate_create(space, levels, 6, &candidate));
    MUST(hyt_candidate_create(space, levels, 6, &other));
    MUST(hyt_candidate_create(narrow, levels, 5, &foreign));
    CHECK_STATUS(restore(search, 1, candidate, HYT_TRIAL_FINISHED, good, 2), HYT_ERR_RANGE);
    CHECK_STATUS(restore(search, 0, foreign, HYT_TRIAL_FINISHED, good, 2), HYT_ERR_CONFLICT);
    CHECK_STATUS(restore(search, 0, candidate, (hyt_trial_state)9, good, 2), HYT_ERR_RANGE);
    CHECK_STATUS(restore(search, 0, candidate, (hyt_trial_state)1, good, 2), HYT_ERR_RANGE);
    CHECK_STATUS(restore(search, 0, candidate, HYT_TRIAL_FINISHED, good, 3), HYT_ERR_SHAPE);
    CHECK_STATUS(restore(search, 0, candidate, HYT_TRIAL_FINISHED, bad, 2), HYT_ERR_FORMAT);
    CHECK_STATUS(hyt_search_restore(search, 0, candidate, 1, HYT_TRIAL_FINISHED, 1, good, 2), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_restore(search, 0, candidate, 0, HYT_TRIAL_FINISHED, 0, good, 2), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_restore(search, 0, candidate, HYT_SEARCH_ADDED, HYT_TRIAL_PENDING, 0, good, 2),
                 HYT_ERR_RANGE);
    assert_int_equal(hyt_search_size(search), 0);
    MUST(restore(search, 0, candidate, HYT_TRIAL_FINISHED, good, 2));
    CHECK_STATUS(restore(search, 1, other, HYT_TRIAL_PENDING, NULL, 0), HYT_ERR_CONFLICT);
    assert_int_equal(hyt_search_size(search), 1);
    hyt_candidate_destroy(candidate);
    hyt_candidate_destroy(other);
    hyt_candidate_destroy(foreign);
    hyt_space_destroy(space);
    hyt_space_destroy(narrow);
    hyt_search_destroy(search);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restored_is_undisturbed),         cmocka_unit_test(pending_ones_come_first),
        cmocka_unit_test(the_order_of_tells_changes_nothing), cmocka_unit_test(seeds_differ),
        cmocka_unit_test(a_failing_journal_changes_nothing), cmocka_unit_test(what_cannot_be_is_not_restored),
    };
    return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
