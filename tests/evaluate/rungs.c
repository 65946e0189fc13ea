/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks that are trained on pictures, and ended early by what they reach at the rungs. */
#include "base/rng.h"
#include "space/space.h"
#include "test.h"
#include <hytnas/evaluate.h>
#include <hytnas/search.h>
#include <math.h>

enum { SIDE = 32, TRIALS = 10, EPOCHS = 9, FIRST_RUNG = 3, TRAIN = 160, VALIDATION = 60 };
#define TOLERANCE 0.02 /* of accuracy, by which the best network may be missed */

/* Bright bars in noise, upright or lying: small networks learn to tell them apart in a few epochs, some sooner, some
 * hardly. */
static hyt_dataset *bars(size_t count, uint64_t stream)
{
    enum { LONG = 12, WIDE = 4, BYTES = SIDE * SIDE * 3 };
    hyt_dataset *dataset = NULL;
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, stream);
    uint8_t *pictures = malloc(count * BYTES);
    uint32_t *labels = malloc(count * sizeof *labels);
    for (size_t i = 0; i < count; i++) {
        uint8_t *picture = pictures + i * BYTES;
        labels[i] = i % 2;
        for (size_t k = 0; k < BYTES; k++) picture[k] = (uint8_t)hyti_rng_below(&rng, 90);
        size_t along = (size_t)hyti_rng_below(&rng, SIDE - LONG), across = (size_t)hyti_rng_below(&rng, SIDE - WIDE);
        for (size_t k = 0; k < LONG * WIDE; k++) {
            size_t a = along + k % LONG, b = across + k / LONG, y = labels[i] ? a : b, x = labels[i] ? b : a;
            for (size_t c = 0; c < 3; c++) picture[(y * SIDE + x) * 3 + c] = (uint8_t)(150 + hyti_rng_below(&rng, 100));
        }
    }
    MUST(hyt_dataset_create(NULL, pictures, labels, count, SIDE, SIDE, 2, &dataset));
    free(labels);
    free(pictures);
    return dataset;
}

typedef struct run {
    hyt_search *search;
    hyt_evaluator *evaluator;
    size_t epochs[TRIALS]; /* that each trial was trained */
    uint64_t trial;        /* that is trained */
} run;

/* A trial that goes on past a rung goes on with what it has: its epochs follow each other and none comes twice. */
static int count_epoch(void *user, size_t epoch, double loss, double accuracy)
{
    run *r = user;
    (void)loss;
    (void)accuracy;
    assert_int_equal(epoch, r->epochs[r->trial]);
    r->epochs[r->trial]++;
    return 0;
}

static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    run *r = user;
    r->trial = hyt_trial_number(trial);
    return hyt_evaluator_evaluate(r->evaluator, trial, objectives, n);
}

static void search(run *r, const char *pruner, const char *keep)
{
    static const char *const training[][2] = { { HYT_TRAIN_BATCH, "8" }, { HYT_TRAIN_RATE, "0.01" },
                                               { HYT_TRAIN_AVERAGING, "0.5" }, { HYT_TRAIN_CROP, "0" },
                                               { HYT_TRAIN_JITTER, "0" } };
    hyt_dataset *train = bars(TRAIN, 0), *validation = bars(VALIDATION, 1);
    hyt_space *space = NULL;
    hyt_options *search_options = NULL, *options = NULL;
    hyt_cost *cost = NULL;
    *r = (run){ .search = NULL };
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_search_options_create(NULL, &search_options));
    MUST(hyt_options_set_text(search_options, HYT_SEARCH_METHOD, "random")); /* the same networks in either search */
    MUST(hyt_options_set_text(search_options, HYT_SEARCH_PRUNER, pruner));
    /* After one epoch the order is that of who starts sooner, and the best of these is not among the first. */
    MUST(hyt_options_set_int(search_options, HYT_SEARCH_MIN_STEP, FIRST_RUNG));
    MUST(hyt_options_set_int(search_options, HYT_SEARCH_MAX_STEP, EPOCHS));
    MUST(hyt_options_set_int(search_options, HYT_SEARCH_BATCH, 2));
    MUST(hyt_options_set_int(search_options, HYT_SEARCH_TRIALS, TRIALS));
    MUST(hyt_search_create(space, search_options, &r->search));
    MUST(hyt_search_add_objective(r->search, "accuracy", HYT_MAXIMISE));
    MUST(hyt_cost_create(NULL, "macs", SIDE, 2, &cost));
    MUST(hyt_search_add_constraint(r->search, "macs", hyt_cost_measure, cost, hyt_cost_release, 1e6));
    MUST(hyt_evaluator_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_TRAIN_EPOCHS, EPOCHS));
    for (size_t i = 0; i < HYTI_COUNT(training); i++)
        MUST(hyt_options_set_text(options, training[i][0], training[i][1]));
    MUST(hyt_options_set_text(options, HYT_TRAIN_KEEP, keep));
    MUST(hyt_evaluator_create(train, validation, options, &r->evaluator));
    MUST(hyt_evaluator_add_objective(r->evaluator, "accuracy"));
    MUST(hyt_evaluator_set_epoch(r->evaluator, count_epoch, r));
    MUST(hyt_search_run(r->search, evaluate, r, NULL));
    assert_int_equal(hyt_search_size(r->search), TRIALS);
    hyt_options_destroy(options);
    hyt_options_destroy(search_options);
    hyt_space_destroy(space);
    hyt_dataset_destroy(validation);
    hyt_dataset_destroy(train);
}

static void run_close(run *r)
{
    hyt_search_destroy(r->search);
    hyt_evaluator_destroy(r->evaluator);
}

static double best_of(const run *r)
{
    double best = 0;
    for (size_t i = 0; i < TRIALS; i++)
        if (hyt_search_trial_state(r->search, i) == HYT_TRIAL_FINISHED)
            best = fmax(best, hyt_search_trial_objectives(r->search, i)[0]);
    return best;
}

static size_t epochs_of(const run *r)
{
    size_t epochs = 0;
    for (size_t i = 0; i < TRIALS; i++) epochs += r->epochs[i];
    return epochs;
}

/* What was reported after that epoch. */
static double reached(const run *r, size_t trial, size_t epoch)
{
    uint64_t step;
    const double *report = hyt_search_trial_report(r->search, trial, epoch, &step);
    assert_non_null(report);
    assert_int_equal(step, epoch + 1);
    return report[0];
}

static void check_same_network(const run *a, const run *b, size_t trial)
{
    char left[128], right[128];
    MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(a->search, trial)), left, sizeof left, NULL));
    MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(b->search, trial)), right, sizeof right, NULL));
    assert_string_equal(left, right);
}

static void poor_networks_end_early_and_the_best_is_found(void **state)
{
    run part, whole;
    (void)state;
    search(&part, "halving", "best");
    search(&whole, "none", "best");
    for (size_t i = 0; i < TRIALS; i++) {
        hyt_trial_state ended = hyt_search_trial_state(part.search, i);
        check_same_network(&part, &whole, i);
        assert_int_equal(whole.epochs[i], EPOCHS);
        assert_true(part.epochs[i] == FIRST_RUNG || part.epochs[i] == EPOCHS);
        assert_int_equal(ended, part.epochs[i] == EPOCHS ? HYT_TRIAL_FINISHED : HYT_TRIAL_PRUNED);
        assert_int_equal(hyt_search_trial_reports(part.search, i), part.epochs[i]);
        /* a rung does nothing to the training that passes it */
        for (size_t epoch = 0; epoch < part.epochs[i]; epoch++)
            CHECK_NEAR(reached(&part, i, epoch), reached(&whole, i, epoch), 0);
    }
    print_message("%zu of %zu epochs, best %.3f, without rungs %.3f\n", epochs_of(&part), epochs_of(&whole),
                  best_of(&part), best_of(&whole));
    assert_true(10 * epochs_of(&part) < 9 * epochs_of(&whole));
    assert_true(best_of(&whole) > 0.9);
    assert_true(best_of(&part) >= best_of(&whole) - TOLERANCE);
    run_close(&part);
    run_close(&whole);
}

/* Where the last epoch is kept, a report is of its own epoch, and may be lower than the one before. */
static void the_last_epoch_is_what_is_told(void **state)
{
    run r;
    size_t falls = 0;
    (void)state;
    search(&r, "none", "last");
    for (size_t i = 0; i < TRIALS; i++) {
        CHECK_NEAR(hyt_search_trial_objectives(r.search, i)[0], reached(&r, i, EPOCHS - 1), 0);
        for (size_t epoch = 1; epoch < EPOCHS; epoch++) falls += reached(&r, i, epoch) < reached(&r, i, epoch - 1);
    }
    assert_true(falls > 0);
    run_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(poor_networks_end_early_and_the_best_is_found),
                                        cmocka_unit_test(the_last_epoch_is_what_is_told) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
