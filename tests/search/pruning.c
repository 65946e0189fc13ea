/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials that report, and are ended early because of it. */
#include "toy.h"

enum { TRIALS = 60, STEPS = 27 };

typedef struct setup {
    const char *pruner;
    int64_t workers, batch, max_step;
} setup;

static hyt_search *make(const setup *s)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    MUST(toy_space(NULL, 6, 4, &space));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, "random"));
    MUST(hyt_options_set_text(options, HYT_SEARCH_PRUNER, s->pruner));
    MUST(hyt_options_set_int(options, HYT_SEARCH_MAX_STEP, s->max_step));
    MUST(hyt_options_set_int(options, HYT_SEARCH_WORKERS, s->workers));
    MUST(hyt_options_set_int(options, HYT_SEARCH_BATCH, s->batch));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, TRIALS));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

/* The gain grows towards its end with the steps; the cost is known at once. */
static int train(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    double end[2];
    (void)user;
    toy_objectives(hyt_trial_candidate(trial), end);
    for (uint64_t step = 1; step <= STEPS; step++) {
        objectives[0] = end[0] * (1 - 0.5 / (double)step);
        objectives[1] = end[1];
        int status = hyt_trial_report(trial, step, objectives, n);
        if (status != HYT_OK) return status;
        if (hyt_trial_should_stop(trial)) return HYT_STOP;
    }
    return 0;
}

static size_t count(const hyt_search *search, hyt_trial_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < hyt_search_size(search); i++) n += hyt_search_trial_state(search, i) == state;
    return n;
}

static void check_same(const hyt_search *a, const hyt_search *b)
{
    assert_int_equal(hyt_search_size(a), hyt_search_size(b));
    for (size_t i = 0; i < hyt_search_size(a); i++) {
        assert_true(hyt_search_trial_state(a, i) == hyt_search_trial_state(b, i));
        assert_int_equal(hyt_search_trial_reports(a, i), hyt_search_trial_reports(b, i));
    }
}

static void nothing_is_pruned_unless_asked(void **state)
{
    (void)state;
    hyt_search *search = make(&(setup){ "none", 1, 5, 0 });
    MUST(hyt_search_run(search, train, NULL, NULL));
    assert_int_equal(count(search, HYT_TRIAL_FINISHED), TRIALS);
    for (size_t i = 0; i < TRIALS; i++) {
        uint64_t step = 0;
        assert_int_equal(hyt_search_trial_reports(search, i), STEPS);
        assert_non_null(hyt_search_trial_report(search, i, 4, &step));
        assert_int_equal(step, 5);
    }
    assert_null(hyt_search_trial_report(search, 0, STEPS, NULL));
    hyt_search_destroy(search);
}

/* Where a trial may have ended: at rungs 1, 3, 9 alone; fewer get further;
 * what ended at a rung was not among the best. */
static void halving_saves_steps(void **state)
{
    (void)state;
    hyt_search *search = make(&(setup){ "halving", 1, 5, STEPS }), *whole = make(&(setup){ "none", 1, 5, 0 });
    size_t steps = 0, ended[STEPS + 1] = { 0 };
    const double reference[] = { 0, 30 };
    double part, all;
    MUST(hyt_search_set_reference(search, reference, 2));
    MUST(hyt_search_set_reference(whole, reference, 2));
    MUST(hyt_search_run(search, train, NULL, NULL));
    MUST(hyt_search_run(whole, train, NULL, NULL));
    assert_string_equal(hyt_search_stopped(search), "trials");
    for (size_t i = 0; i < TRIALS; i++) {
        size_t reports = hyt_search_trial_reports(search, i);
        steps += reports;
        ended[reports]++;
        assert_int_equal(hyt_search_trial_state(search, i), reports < STEPS ? HYT_TRIAL_PRUNED : HYT_TRIAL_FINISHED);
        if (reports < STEPS) assert_false(hyt_search_trial_in_front(search, i));
    }
    assert_int_equal(ended[1] + ended[3] + ended[9] + ended[27], TRIALS);
    assert_true(ended[1] > ended[3] && ended[3] > 0);
    assert_true(steps < TRIALS * STEPS * 6 / 10);
    MUST(hyt_search_hypervolume(search, &part));
    MUST(hyt_search_hypervolume(whole, &all));
    assert_true(part > 0.9 * all);
    hyt_search_destroy(search);
    hyt_search_destroy(whole);
}

/* Some trials have their first rung at 3, 9 or 27, so that slow starters have a chance. */
static void hyperband_has_brackets(void **state)
{
    (void)state;
    hyt_search *search = make(&(setup){ "hyperband", 1, 5, STEPS });
    size_t ended[STEPS + 1] = { 0 };
    MUST(hyt_search_run(search, train, NULL, NULL));
    for (size_t i = 0; i < TRIALS; i++) ended[hyt_search_trial_reports(search, i)]++;
    assert_int_equal(ended[1] + ended[3] + ended[9] + ended[27], TRIALS);
    assert_true(ended[1] > 0 && ended[3] > 0 && ended[27] > TRIALS / 5);
    hyt_search_destroy(search);
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    MUST(toy_space(NULL, 2, 2, &space));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_PRUNER, "hyperband"));
    CHECK_STATUS(hyt_search_create(space, options, &search), HYT_ERR_ARGUMENT);
    CHECK_MESSAGE("max-step");
    hyt_options_destroy(options);
    hyt_space_destroy(space);
}

static void threads_prune_the_same(void **state)
{
    (void)state;
    static const char *const pruners[] = { "halving", "hyperband" };
    for (size_t p = 0; p < 2; p++) {
        hyt_search *one = make(&(setup){ pruners[p], 1, 8, STEPS });
        MUST(hyt_search_run(one, train, NULL, NULL));
        for (int64_t workers = 2; workers <= 8; workers *= 4) {
            hyt_search *search = make(&(setup){ pruners[p], workers, 8, STEPS });
            MUST(hyt_search_run(search, train, NULL, NULL));
            check_same(one, search);
            hyt_search_destroy(search);
        }
        hyt_search_destroy(one);
    }
}

/* What a store would keep. */
typedef struct kept {
    uint64_t round, ended;
    size_t levels[6], reports;
    hyt_trial_state state;
    double objectives[2], reported[STEPS + 1][2];
    uint64_t steps[STEPS + 1];
} kept;
typedef struct book {
    kept trials[TRIALS];
    uint64_t count;
    size_t left; /* reports until the process is killed; 0: never */
} book;

static int book_asked(void *user, const hyt_trial *const *trials, size_t n)
{
    book *b = user;
    for (size_t i = 0; i < n; i++) {
        kept *k = &b->trials[b->count + i];
        *k = (kept){ .round = b->count, .state = HYT_TRIAL_PENDING };
        for (size_t g = 0; g < 6; g++) k->levels[g] = hyt_candidate_level(hyt_trial_candidate(trials[i]), g);
    }
    b->count += n;
    return 0;
}

static int book_told(void *user, const hyt_trial *trial, hyt_trial_state state, const double *objectives, size_t n)
{
    book *b = user;
    kept *k = &b->trials[hyt_trial_number(trial)];
    k->state = state;
    k->ended = b->count;
    if (n > 0) memcpy(k->objectives, objectives, sizeof k->objectives);
    return 0;
}

static int book_reported(void *user, const hyt_trial *trial, uint64_t step, const double *objectives, size_t n)
{
    book *b = user;
    kept *k = &b->trials[hyt_trial_number(trial)];
    if (b->left > 0 && --b->left == 0) return -55;
    while (k->reports > 0 && k->steps[k->reports - 1] >= step) k->reports--;
    k->steps[k->reports] = step;
    assert_int_equal(n, 2);
    memcpy(k->reported[k->reports++], objectives, sizeof *k->reported);
    return 0;
}

static hyt_search *rebuild(const book *b, const setup *s)
{
    hyt_search *search = make(s);
    for (uint64_t i = 0; i < b->count; i++) {
        const kept *k = &b->trials[i];
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_create((hyt_space *)(uintptr_t)hyt_search_space(search), k->levels, 6, &candidate));
        MUST(hyt_search_restore(search, i, candidate, k->round, k->state, k->ended, k->objectives, 2));
        hyt_candidate_destroy(candidate);
        for (size_t r = 0; r < k->reports; r++)
            MUST(hyt_search_restore_report(search, i, k->steps[r], k->reported[r], 2));
    }
    return search;
}

/* Killed in the middle of an evaluation, which begins anew. */
static void resumed_is_undisturbed(void **state)
{
    (void)state;
    const setup s = { "halving", 1, 5, STEPS };
    hyt_search *undisturbed = make(&s);
    book *b = calloc(1, sizeof *b);
    assert_non_null(b);
    MUST(hyt_search_run(undisturbed, train, NULL, NULL));
    for (size_t kill = 1; kill < 500; kill += 23) {
        *b = (book){ .left = kill };
        hyt_search *search = make(&s);
        MUST(hyt_search_set_journal(search, book_asked, book_told, book_reported, b, NULL));
        hyt_status status = hyt_search_run(search, train, NULL, NULL);
        assert_true(status == -55 || kill > 300);
        hyt_search_destroy(search);
        b->left = 0;
        search = rebuild(b, &s);
        MUST(hyt_search_run(search, train, NULL, NULL));
        check_same(undisturbed, search);
        hyt_search_destroy(search);
    }
    hyt_search_destroy(undisturbed);
    free(b);
}

static void reports_are_checked(void **state)
{
    (void)state;
    hyt_search *search = make(&(setup){ "halving", 1, 5, 0 });
    hyt_trial *trials[8];
    size_t n;
    const double good[] = { 1, 2 }, bad[] = { NAN, INFINITY };
    MUST(hyt_search_ask(search, 8, trials, &n));
    CHECK_STATUS(hyt_trial_report(trials[0], 1, good, 1), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_trial_report(trials[0], 1, NULL, 2), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_trial_report(trials[0], UINT64_MAX, good, 2), HYT_ERR_RANGE);
    MUST(hyt_trial_report(trials[0], 1, good, 2));
    MUST(hyt_trial_report(trials[0], 4, bad, 2));
    assert_int_equal(hyt_search_trial_reports(search, 0), 2);
    assert_true(hyt_search_trial_report(search, 0, 1, NULL)[0] == -1e100); /* gain is maximised */
    assert_true(hyt_search_trial_report(search, 0, 1, NULL)[1] == 1e100);
    MUST(hyt_trial_report(trials[0], 2, good, 2)); /* started anew after step 1 */
    assert_int_equal(hyt_search_trial_reports(search, 0), 2);
    MUST(hyt_search_tell(search, trials[0], HYT_TRIAL_PRUNED, NULL, 0));
    CHECK_STATUS(hyt_trial_report(trials[0], 9, good, 2), HYT_ERR_STATE);
    CHECK_STATUS(hyt_search_restore_report(search, 99, 1, good, 2), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_restore_report(search, 0, 2, good, 2), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_restore_report(search, 0, 3, bad, 2), HYT_ERR_FORMAT);
    hyt_search_destroy(search);
}

/* Surrogates learn from pruned trials: the search with them goes on, and pruned ones are no failures. */
static void surrogates_learn_of_pruned_ones(void **state)
{
    (void)state;
    toy_setup toy = { "hytnas", 5, 4, 30, 5, 6, 1 };
    hyt_search *search = NULL;
    MUST(toy_search(NULL, &toy, &search));
    hyt_trial *trials[8];
    size_t n;
    while (hyt_search_ask(search, 8, trials, &n) == HYT_OK)
        for (size_t i = 0; i < n; i++) {
            double objectives[2];
            toy_objectives(hyt_trial_candidate(trials[i]), objectives);
            MUST(hyt_trial_report(trials[i], 1, (double[]){ objectives[0] / 2, objectives[1] }, 2));
            bool pruned = hyt_trial_number(trials[i]) >= 6 && objectives[0] < 6;
            MUST(hyt_search_tell(search, trials[i], pruned ? HYT_TRIAL_PRUNED : HYT_TRIAL_FINISHED, objectives, 2));
        }
    assert_int_equal(hyt_search_size(search), 30);
    assert_true(count(search, HYT_TRIAL_PRUNED) > 0);
    toy_check_distinct(search);
    hyt_search_destroy(search);
}

static hyt_status prune(hyt_context *context)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    hyt_status status = toy_space(context, 6, 4, &space);
    if (status == HYT_OK) status = hyt_search_options_create(context, &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_METHOD, "random");
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_PRUNER, "halving");
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_TRIALS, 10);
    if (status == HYT_OK) status = hyt_search_create(space, options, &search);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "gain", HYT_MAXIMISE);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "cost", HYT_MINIMISE);
    if (status == HYT_OK) status = hyt_search_run(search, train, NULL, NULL);
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(prune);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_pruned_unless_asked), cmocka_unit_test(halving_saves_steps),
        cmocka_unit_test(hyperband_has_brackets),         cmocka_unit_test(threads_prune_the_same),
        cmocka_unit_test(resumed_is_undisturbed),         cmocka_unit_test(reports_are_checked),
        cmocka_unit_test(surrogates_learn_of_pruned_ones), cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("pruning", tests, NULL, NULL);
}
