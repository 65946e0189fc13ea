/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies of spaces with real and conditional genes: each point comes back exactly, and a search that was interrupted
 * goes on as one that was not. */
#include "test.h"
#include <hytnas/hytnas.h>
#include <unistd.h>

static const char *const methods[] = { "hytnas", "nsga2", "sobol", "evolution" };

static hyt_search *make(const char *method, int64_t trials, const char *path)
{
    static const char *const words[] = { "sgd", "adam" };
    const size_t adam = 1;
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    hyt_study *study = NULL;
    MUST(hyt_space_create(NULL, "mixed", &space));
    MUST(hyt_space_add_categorical(space, "kind", words, 2));
    MUST(hyt_space_add_real(space, "rate", 1e-6, 0.1, 1));
    MUST(hyt_space_add_real(space, "decay", 0.5, 0.999, 0));
    MUST(hyt_space_add_condition(space, "decay", "kind", &adam, 1));
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_text(options, HYT_SEARCH_METHOD, method));
    MUST(hyt_options_set_text(options, HYT_SEARCH_SURROGATE, "gp"));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, trials));
    MUST(hyt_options_set_int(options, HYT_SEARCH_BATCH, 4));
    MUST(hyt_options_set_int(options, HYT_SEARCH_INITIAL, 6));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "loss", HYT_MINIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    if (path) {
        MUST(hyt_study_open(NULL, path, HYT_STUDY_RESUME, &study));
        MUST(hyt_study_attach(study, search, ""));
    }
    hyt_study_destroy(study);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)n;
    const hyt_candidate *at = hyt_trial_candidate(trial);
    double rate = log10(hyt_candidate_value(at, 1));
    double decay = hyt_candidate_active(at, 2) ? hyt_candidate_value(at, 2) : 1;
    objectives[0] = (rate + 3) * (rate + 3) + decay;
    objectives[1] = -rate + decay * decay;
    return 0;
}

static void check_same(const hyt_search *a, const hyt_search *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char first[128], second[128];
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(a, i)), first, sizeof first, NULL));
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(b, i)), second, sizeof second, NULL));
        assert_string_equal(first, second);
        for (size_t g = 0; g < 3; g++)
            assert_int_equal(hyt_candidate_level(hyt_trial_candidate(hyt_search_trial(a, i)), g),
                             hyt_candidate_level(hyt_trial_candidate(hyt_search_trial(b, i)), g));
        assert_memory_equal(hyt_search_trial_objectives(a, i), hyt_search_trial_objectives(b, i), 2 * sizeof(double));
    }
}

static void interrupted_is_undisturbed(void **state)
{
    (void)state;
    char folder[] = "/tmp/hytnas-real-XXXXXX", path[64], lock[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s.db", folder);
    snprintf(lock, sizeof lock, "%s-lock", path);
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        hyt_search *whole = make(methods[m], 18, NULL), *part = make(methods[m], 10, path);
        MUST(hyt_search_run(whole, evaluate, NULL, NULL));
        MUST(hyt_search_run(part, evaluate, NULL, NULL));
        hyt_search_destroy(part);
        part = make(methods[m], 18, path);
        assert_int_equal(hyt_search_size(part), 10);
        check_same(whole, part, 10);
        MUST(hyt_search_run(part, evaluate, NULL, NULL));
        assert_int_equal(hyt_search_size(part), 18);
        check_same(whole, part, 18);
        hyt_search_destroy(part);
        hyt_search_destroy(whole);
        unlink(path);
        unlink(lock);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(interrupted_is_undisturbed) };
    return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
