/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Objectives that need no evaluation, and objectives that need several. */
#include "toy.h"

static hyt_options *options_of(int64_t trials, int64_t repeats)
{
    hyt_options *options = NULL;
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_SEARCH_TRIALS, trials));
    MUST(hyt_options_set_int(options, HYT_SEARCH_REPEATS, repeats));
    MUST(hyt_options_set_int(options, HYT_SEARCH_INITIAL, 6));
    MUST(hyt_options_set_int(options, HYT_SEARCH_POPULATION, 16));
    MUST(hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, 6));
    return options;
}

static int cost_of(void *user, const hyt_candidate *candidate, double *value)
{
    double objectives[2];
    size_t *calls = user;
    if (calls) ++*calls;
    toy_objectives(candidate, objectives);
    *value = objectives[1];
    return 0;
}

static int released;
static void release(void *user)
{
    (void)user;
    released++;
}

static hyt_search *make_exact(int64_t trials, size_t *calls)
{
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    hyt_options *options = options_of(trials, 1);
    MUST(toy_space(NULL, 5, 4, &space));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_exact_objective(search, "cost", HYT_MINIMISE, cost_of, calls, release));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

/* Tells nothing of the cost. */
static int gain_only(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    double both[2];
    (void)user;
    assert_int_equal(n, 2);
    toy_objectives(hyt_trial_candidate(trial), both);
    objectives[1] = both[0];
    return 0;
}

static void exact_ones_are_not_told(void **state)
{
    (void)state;
    size_t calls = 0;
    hyt_search *search = make_exact(30, &calls);
    released = 0;
    MUST(hyt_search_run(search, gain_only, NULL, NULL));
    for (size_t i = 0; i < hyt_search_size(search); i++) {
        double cost;
        MUST(cost_of(NULL, hyt_trial_candidate(hyt_search_trial(search, i)), &cost));
        assert_int_equal(hyt_search_trial_state(search, i), HYT_TRIAL_FINISHED);
        assert_true(hyt_search_trial_objectives(search, i)[0] == cost);
    }
    assert_true(calls > 30 && calls <= 3125); /* once a point */
    hyt_search_destroy(search);
    assert_int_equal(released, 1);
}

static void a_limit_on_an_exact_one_is_hard(void **state)
{
    (void)state;
    hyt_search *search = make_exact(30, NULL);
    MUST(hyt_search_add_limit(search, "cost", 9));
    MUST(hyt_search_run(search, gain_only, NULL, NULL));
    for (size_t i = 0; i < hyt_search_size(search); i++)
        assert_true(hyt_search_trial_objectives(search, i)[0] <= 9);
    hyt_search_destroy(search);
    search = make_exact(30, NULL);
    hyt_trial *trial;
    size_t count;
    MUST(hyt_search_add_limit(search, "cost", -1));
    CHECK_STATUS(hyt_search_ask(search, 1, &trial, &count), HYT_ERR_INFEASIBLE);
    CHECK_MESSAGE("cost <= -1 (0 at the nearest)");
    hyt_search_destroy(search);
}

static int no_number(void *user, const hyt_candidate *candidate, double *value)
{
    (void)user;
    *value = hyt_candidate_level(candidate, 0) == 0 ? NAN : 1.0 * (double)hyt_candidate_level(candidate, 1);
    return 0;
}

static int fails(void *user, const hyt_candidate *candidate, double *value)
{
    (void)user;
    (void)candidate;
    (void)value;
    return -9;
}

static void what_has_no_value_is_not_proposed(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    hyt_options *options = options_of(60, 1);
    hyt_trial *trial;
    size_t count;
    MUST(toy_space(NULL, 3, 3, &space));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_exact_objective(search, "size", HYT_MAXIMISE, no_number, NULL, NULL));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    MUST(hyt_search_run(search, gain_only, NULL, NULL));
    assert_string_equal(hyt_search_stopped(search), "exhausted");
    assert_int_equal(hyt_search_size(search), 48); /* three quarters of 64 */
    hyt_search_destroy(search);
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_exact_objective(search, "size", HYT_MAXIMISE, fails, NULL, NULL));
    assert_int_equal(hyt_search_ask(search, 1, &trial, &count), -9);
    CHECK_MESSAGE("size callback");
    CHECK_STATUS(hyt_search_add_exact_objective(search, "size", HYT_MAXIMISE, fails, NULL, NULL), HYT_ERR_CONFLICT);
    CHECK_STATUS(hyt_search_add_exact_objective(search, "x", HYT_MAXIMISE, NULL, NULL, NULL), HYT_ERR_ARGUMENT);
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
}

/* The surrogates do not have to guess what is known: with every objective exact the front is the true one at once. */
static void what_is_known_is_not_guessed(void **state)
{
    (void)state;
    size_t good = 0;
    double volume[2];
    for (int exact = 0; exact < 2; exact++) {
        hyt_space *space = NULL;
        hyt_search *search = NULL;
        hyt_options *options = options_of(26, 1);
        const double reference[] = { 40, 0 };
        MUST(toy_space(NULL, 5, 4, &space));
        MUST(hyt_search_create(space, options, &search));
        if (exact) MUST(hyt_search_add_exact_objective(search, "cost", HYT_MINIMISE, cost_of, NULL, NULL));
        else MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
        MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
        MUST(hyt_search_set_reference(search, reference, 2));
        hyt_trial *trial;
        size_t count;
        while (hyt_search_ask(search, 1, &trial, &count) == HYT_OK) {
            double both[2];
            toy_objectives(hyt_trial_candidate(trial), both);
            MUST(hyt_search_tell(search, trial, HYT_TRIAL_FINISHED, (double[]){ both[1], both[0] }, 2));
        }
        MUST(hyt_search_hypervolume(search, &volume[exact]));
        for (size_t i = 6; exact && i < 26; i++) good += (size_t)hyt_search_trial_in_front(search, i);
        hyt_search_destroy(search);
        hyt_options_destroy(options);
        hyt_space_destroy(space);
    }
    assert_true(volume[1] > 0.97 * volume[0]);
    assert_true(good >= 10);
}

/* A cost, or a gain, that a few trials do not teach: every value of every gene has its own. */
static void rugged(const hyt_candidate *candidate, size_t which, double *objectives)
{
    toy_objectives(candidate, objectives);
    objectives[which] = 0;
    for (size_t g = 0; g < hyt_space_genes(candidate->space); g++)
        objectives[which] += (double)((g * 7 + (size_t)hyt_candidate_value(candidate, g) * 11) * 2654435761u % 97);
}

static int evaluate_rugged(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)n;
    rugged(hyt_trial_candidate(trial), *(size_t *)user, objectives);
    return 0;
}

/* Hypervolume of 24 trials, with so many samples of the rugged one: 0 the gain, which is maximised, 1 the cost. */
static double with_samples(size_t which, size_t samples, int64_t seed)
{
    const double reference[] = { 0, which ? 600 : 60 };
    const toy_setup setup = { "hytnas", 8, 4, 24, 3, 6, seed };
    hyt_search *search = NULL;
    double volume, objectives[2];
    MUST(toy_search(NULL, &setup, &search));
    MUST(hyt_search_set_reference(search, reference, 2));
    for (size_t i = 0; i < samples; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_sample((hyt_space *)(uintptr_t)hyt_search_space(search), 5, i, &candidate));
        rugged(candidate, which, objectives);
        MUST(hyt_search_add_sample(search, candidate, which ? "cost" : "gain", objectives[which]));
        hyt_candidate_destroy(candidate);
    }
    MUST(hyt_search_run(search, evaluate_rugged, &which, NULL));
    assert_int_equal(hyt_search_size(search), 24); /* samples are no trials */
    MUST(hyt_search_hypervolume(search, &volume));
    hyt_search_destroy(search);
    return volume;
}

static void samples_teach(void **state)
{
    (void)state;
    for (size_t which = 0; which < 2; which++) {
        double with = 0, without = 0;
        for (int64_t seed = 0; seed < 4; seed++) {
            with += with_samples(which, 150, seed);
            without += with_samples(which, 0, seed);
        }
        print_message("hypervolume %g with samples, %g without\n", with, without);
        assert_true(with > 1.05 * without);
    }
}

static void bad_samples(void **state)
{
    (void)state;
    hyt_search *search = make_exact(10, NULL);
    hyt_space *other = NULL;
    hyt_candidate *own = NULL, *foreign = NULL;
    MUST(hyt_candidate_sample((hyt_space *)(uintptr_t)hyt_search_space(search), 0, 0, &own));
    MUST(toy_space(NULL, 2, 3, &other));
    MUST(hyt_candidate_sample(other, 0, 0, &foreign));
    CHECK_STATUS(hyt_search_add_sample(search, own, "gian", 1), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("\"gain\"");
    CHECK_STATUS(hyt_search_add_sample(search, own, "cost", 1), HYT_ERR_STATE);
    CHECK_STATUS(hyt_search_add_sample(search, own, "gain", NAN), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_add_sample(search, own, "gain", -1e101), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_search_add_sample(search, foreign, "gain", 1), HYT_ERR_CONFLICT);
    CHECK_STATUS(hyt_search_add_sample(search, NULL, "gain", 1), HYT_ERR_ARGUMENT);
    MUST(hyt_search_add_sample(search, own, "gain", 1));
    MUST(hyt_search_add_sample(search, own, "gain", 2));
    hyt_candidate_destroy(own);
    hyt_candidate_destroy(foreign);
    hyt_space_destroy(other);
    hyt_search_destroy(search);
}

/* Noise that depends on the candidate and on how often it was evaluated. */
static int noisy(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)n;
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, hyt_trial_number(trial));
    toy_objectives(hyt_trial_candidate(trial), objectives);
    objectives[0] += hyti_rng_normal(&rng);
    objectives[1] += hyti_rng_normal(&rng);
    return 0;
}

static hyt_search *make_noisy(int64_t trials, int64_t repeats)
{
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    hyt_options *options = options_of(trials, repeats);
    MUST(toy_space(NULL, 5, 4, &space));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return search;
}

static const hyt_candidate *candidate_of(const hyt_search *search, size_t index)
{
    return hyt_trial_candidate(hyt_search_trial(search, index));
}

/* The mean and its standard error by their definitions. */
static void check_mean(const hyt_search *search, size_t index)
{
    double mean[2], error[2], sum[2] = { 0 }, squares[2] = { 0 };
    size_t n = 0, evaluations;
    MUST(hyt_search_trial_mean(search, index, mean, error, 2, &evaluations));
    for (size_t i = 0; i < hyt_search_size(search); i++) {
        if (!hyt_candidate_equal(candidate_of(search, i), candidate_of(search, index))) continue;
        n++;
        for (size_t j = 0; j < 2; j++) sum[j] += hyt_search_trial_objectives(search, i)[j];
    }
    for (size_t i = 0; i < hyt_search_size(search); i++)
        for (size_t j = 0; j < 2; j++)
            if (hyt_candidate_equal(candidate_of(search, i), candidate_of(search, index)))
                squares[j] += pow(hyt_search_trial_objectives(search, i)[j] - sum[j] / (double)n, 2);
    assert_int_equal(evaluations, n);
    for (size_t j = 0; j < 2; j++) {
        double expected = n > 1 ? sqrt(squares[j] / (double)(n - 1) / (double)n) : 0;
        assert_true(fabs(mean[j] - sum[j] / (double)n) < 1e-12 * (1 + fabs(mean[j])));
        assert_true(fabs(error[j] - expected) < 1e-9);
    }
}

static void the_front_is_evaluated_again(void **state)
{
    (void)state;
    enum { REPEATS = 4 };
    hyt_search *search = make_noisy(80, REPEATS);
    MUST(hyt_search_run(search, noisy, NULL, NULL));
    size_t again = 0, front = 0, of_front = 0;
    for (size_t i = 0; i < 80; i++) {
        size_t same = 0, evaluations;
        for (size_t k = 0; k < i; k++)
            same += (size_t)hyt_candidate_equal(candidate_of(search, i), candidate_of(search, k));
        assert_true(same < REPEATS);
        again += same > 0;
        check_mean(search, i);
        if (!hyt_search_trial_in_front(search, i)) continue;
        assert_int_equal(same, 0); /* one trial stands for the candidate */
        MUST(hyt_search_trial_mean(search, i, NULL, NULL, 2, &evaluations));
        front++;
        of_front += evaluations;
    }
    assert_in_range(again, 20, 40);
    assert_true(of_front > front * 3 / 2);
    hyt_search_destroy(search);
}

/* The order of tells in a round changes no bit of what follows. */
static void repeats_do_not_depend_on_order(void **state)
{
    (void)state;
    hyt_search *searches[2];
    for (size_t k = 0; k < 2; k++) {
        hyt_trial *trials[8];
        size_t count;
        searches[k] = make_noisy(50, 3);
        while (hyt_search_ask(searches[k], 8, trials, &count) == HYT_OK)
            for (size_t i = 0; i < count; i++) {
                double objectives[2];
                hyt_trial *trial = trials[k ? count - 1 - i : i];
                noisy(NULL, trial, objectives, 2);
                MUST(hyt_search_tell(searches[k], trial, HYT_TRIAL_FINISHED, objectives, 2));
            }
    }
    assert_int_equal(hyt_search_size(searches[0]), hyt_search_size(searches[1]));
    for (size_t i = 0; i < hyt_search_size(searches[0]); i++) {
        char x[64], y[64];
        MUST(hyt_candidate_genome(candidate_of(searches[0], i), x, sizeof x, NULL));
        MUST(hyt_candidate_genome(candidate_of(searches[1], i), y, sizeof y, NULL));
        assert_string_equal(x, y);
    }
    hyt_search_destroy(searches[0]);
    hyt_search_destroy(searches[1]);
}

static hyt_status use_both(hyt_context *context)
{
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    hyt_options *options = NULL;
    hyt_candidate *candidate = NULL;
    hyt_status status = toy_space(context, 3, 3, &space);
    if (status == HYT_OK) status = hyt_search_options_create(context, &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_TRIALS, 18);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_REPEATS, 2);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_METHOD, "nsga2");
    if (status == HYT_OK) status = hyt_search_create(space, options, &search);
    if (status == HYT_OK)
        status = hyt_search_add_exact_objective(search, "cost", HYT_MINIMISE, cost_of, NULL, NULL);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "gain", HYT_MAXIMISE);
    if (status == HYT_OK) status = hyt_candidate_sample(space, 0, 0, &candidate);
    if (status == HYT_OK) status = hyt_search_add_sample(search, candidate, "gain", 1);
    if (status == HYT_OK) status = hyt_search_run(search, gain_only, NULL, NULL);
    hyt_candidate_destroy(candidate);
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(use_both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_ones_are_not_told),
        cmocka_unit_test(a_limit_on_an_exact_one_is_hard),
        cmocka_unit_test(what_has_no_value_is_not_proposed),
        cmocka_unit_test(what_is_known_is_not_guessed),
        cmocka_unit_test(samples_teach),
        cmocka_unit_test(bad_samples),
        cmocka_unit_test(the_front_is_evaluated_again),
        cmocka_unit_test(repeats_do_not_depend_on_order),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("measures", tests, NULL, NULL);
}
