/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study that was ended again and again comes to what it would have come to undisturbed: repeats, reports and pruning,
 * results that were added, asynchronous asks. An asynchronous study is replayed from its file. */
#include "test.h"
#include <hytnas/study.h>
#include <math.h>
#include <stdbool.h>
#include <unistd.h>

static char folder[] = "/tmp/hytnas-resume-XXXXXX", path[2][sizeof folder + 16];

enum { TRIALS = 40, STEPS = 9 };

typedef struct setup {
    const char *mode, *pruner;
    int64_t repeats;
} setup;

static const setup setups[] = { { "batch", "none", 3 },        { "batch", "halving", 1 },
                                { "batch", "hyperband", 1 },   { "asynchronous", "none", 1 },
                                { "asynchronous", "halving", 2 } };
enum { SETUPS = sizeof setups / sizeof *setups };

static hyt_search *make(const setup *s)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    MUST(hyt_space_create(NULL, "resumed", &space));
    MUST(hyt_space_add_integer(space, "depth", 1, 8, 1));
    MUST(hyt_space_add_integer(space, "width", 1, 8, 1));
    MUST(hyt_space_add_integer(space, "heads", 1, 4, 1));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_SURROGATE, "gp"));
    MUST(hyt_options_set_text(options, HYT_SEARCH_MODE, s->mode));
    MUST(hyt_options_set_text(options, HYT_SEARCH_PRUNER, s->pruner));
    MUST(hyt_options_set_int(options, HYT_SEARCH_MAX_STEP, STEPS));
    MUST(hyt_options_set_int(options, HYT_SEARCH_REPEATS, s->repeats));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, TRIALS));
    MUST(hyt_options_set_int(options, HYT_SEARCH_BATCH, 4));
    MUST(hyt_options_set_int(options, HYT_SEARCH_POPULATION, 16));
    MUST(hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, 8));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

static void measure(const hyt_trial *trial, double *objectives)
{
    const hyt_candidate *c = hyt_trial_candidate(trial);
    double depth = hyt_candidate_value(c, 0), width = hyt_candidate_value(c, 1), heads = hyt_candidate_value(c, 2);
    objectives[0] = sqrt(depth) * width / heads + 0.1 * (double)(hyt_trial_number(trial) % 3);
    objectives[1] = depth * width + heads;
}

static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    double end[2];
    measure(trial, end);
    for (uint64_t step = 1; step <= STEPS; step++) {
        objectives[0] = end[0] * (1 - 0.5 / (double)step);
        objectives[1] = end[1];
        int status = hyt_trial_report(trial, step, objectives, n);
        if (status != HYT_OK) return status;
        if (hyt_trial_should_stop(trial)) return HYT_STOP;
    }
    memcpy(objectives, end, sizeof end);
    return 0;
}

/* Ends the run after so many trials. */
static int stop_after(void *user, const hyt_search *search, const hyt_trial *trial)
{
    size_t *left = user;
    (void)search;
    (void)trial;
    return --*left == 0 ? HYT_STOP : 0;
}

static void remove_study(const char *file)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal", "-lock" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[sizeof path + 16];
        snprintf(name, sizeof name, "%s%s", file, ends[i]);
        unlink(name);
    }
}

static hyt_search *attach(const char *file, const setup *s)
{
    hyt_study *study = NULL;
    hyt_search *search = make(s);
    MUST(hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study));
    MUST(hyt_study_attach(study, search, ""));
    hyt_study_destroy(study);
    return search;
}

/* Three earlier results. */
static void add_some(hyt_search *search)
{
    for (uint64_t i = 0; i < 3; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_at((hyt_space *)(uintptr_t)hyt_search_space(search), 0, 50 * i + 7, &candidate));
        MUST(hyt_search_add_result(search, candidate, HYT_TRIAL_FINISHED, (double[]){ (double)i, 10 + (double)i }, 2));
        hyt_candidate_destroy(candidate);
    }
}

static void make_study(const char *file, const setup *s, size_t stretch)
{
    remove_study(file);
    for (bool done = false, first = true; !done; first = false) {
        size_t left = stretch;
        hyt_search *search = attach(file, s);
        if (first) add_some(search);
        MUST(hyt_search_run(search, evaluate, &left, stop_after));
        done = strcmp(hyt_search_stopped(search), "trials") == 0;
        hyt_search_destroy(search);
    }
}

static void check_same(const char *a, const char *b)
{
    hyt_study *one = NULL, *two = NULL;
    MUST(hyt_study_open(NULL, a, HYT_STUDY_READ, &one));
    MUST(hyt_study_open(NULL, b, HYT_STUDY_READ, &two));
    assert_int_equal(hyt_study_size(one), TRIALS + 3);
    assert_int_equal(hyt_study_size(one), hyt_study_size(two));
    for (size_t i = 0; i < hyt_study_size(one); i++) {
        hyt_trial_state states[2];
        const char *genomes[2];
        uint64_t rounds[2], ends[2];
        MUST(hyt_study_trial(one, i, NULL, &states[0], &genomes[0], NULL));
        MUST(hyt_study_trial(two, i, NULL, &states[1], &genomes[1], NULL));
        MUST(hyt_study_order(one, i, &rounds[0], &ends[0]));
        MUST(hyt_study_order(two, i, &rounds[1], &ends[1]));
        assert_string_equal(genomes[0], genomes[1]);
        assert_true(states[0] == states[1] && rounds[0] == rounds[1] && ends[0] == ends[1]);
        assert_true((rounds[0] == HYT_SEARCH_ADDED) == (i < 3));
        assert_int_equal(hyt_study_reports(one, i), hyt_study_reports(two, i));
        for (size_t k = 0; k < hyt_study_reports(one, i); k++) {
            uint64_t steps[2];
            const double *x = hyt_study_report(one, i, k, &steps[0]), *y = hyt_study_report(two, i, k, &steps[1]);
            assert_true(steps[0] == steps[1] && x[0] == y[0] && x[1] == y[1]);
        }
    }
    hyt_study_destroy(one);
    hyt_study_destroy(two);
}

static void resumed_is_undisturbed(void **state)
{
    (void)state;
    for (size_t s = 0; s < SETUPS; s++) {
        make_study(path[0], &setups[s], 1000);
        make_study(path[1], &setups[s], 7);
        check_same(path[0], path[1]);
    }
}

/* Asks ahead of tells; then the same from the file alone. */
static void asynchronous_studies_are_replayed(void **state)
{
    (void)state;
    const setup s = { "asynchronous", "none", 1 };
    hyt_trial *trials[TRIALS + 3] = { NULL };
    hyt_study *study = NULL;
    double objectives[2];
    size_t count;
    remove_study(path[0]);
    hyt_search *search = attach(path[0], &s), *again = make(&s);
    for (size_t asked = 0, told = 0; told < TRIALS;) {
        if (asked < TRIALS && asked - told < 6) {
            MUST(hyt_search_ask(search, 1 + asked % 3, trials + asked, &count));
            asked += count;
            continue;
        }
        measure(trials[told], objectives);
        MUST(hyt_search_tell(search, trials[told++], HYT_TRIAL_FINISHED, objectives, 2));
    }
    hyt_search_destroy(search);
    MUST(hyt_study_open(NULL, path[0], HYT_STUDY_READ, &study));
    for (uint64_t now = 0; now < TRIALS;) {
        uint64_t round, ended;
        size_t made = 0;
        for (uint64_t i = 0; i < now; i++) {
            MUST(hyt_study_order(study, i, NULL, &ended));
            if (ended > now || hyt_search_trial_state(again, i) != HYT_TRIAL_PENDING) continue;
            measure(trials[i], objectives);
            MUST(hyt_search_tell(again, trials[i], HYT_TRIAL_FINISHED, objectives, 2));
        }
        while (now + made < TRIALS && hyt_study_order(study, now + made, &round, NULL) == HYT_OK && round == now)
            made++;
        for (size_t k = 0; k < made; k += count) MUST(hyt_search_ask(again, made - k, trials + now + k, &count));
        now += made;
    }
    for (size_t i = 0; i < TRIALS; i++) {
        char genome[64];
        const char *stored;
        MUST(hyt_study_trial(study, i, NULL, NULL, &stored, NULL));
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(again, i)), genome, sizeof genome, NULL));
        assert_string_equal(genome, stored);
    }
    hyt_study_destroy(study);
    hyt_search_destroy(again);
}

static int open_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    for (size_t i = 0; i < 2; i++) snprintf(path[i], sizeof path[i], "%s/%zu.db", folder, i);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) remove_study(path[i]);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_is_undisturbed),
        cmocka_unit_test(asynchronous_studies_are_replayed),
    };
    return cmocka_run_group_tests_name("resume", tests, open_folder, remove_folder);
}
