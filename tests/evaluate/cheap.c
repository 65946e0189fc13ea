/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evaluations made cheap: parts of the data, learning curves that are not run to their end; and energy. */
#include "base/rng.h"
#include "evaluate/curve.h"
#include "evaluate/energy.h"
#include "evaluate/subset.h"
#include "toy.h"
#include <hytnas/search.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- subsets ------------------------------------------------------------------------------------------------------- */

/* Pictures 0 to 39 are of class 0 and dark, 40 to 49 of class 1 and bright; the labels of `wrong` of class 0 lie. */
static hyt_dataset *uneven(size_t wrong)
{
    enum { COUNT = 50, BYTES = SIDE * SIDE * 3 };
    hyt_dataset *dataset = NULL;
    uint8_t *pictures = malloc(COUNT * BYTES);
    uint32_t labels[COUNT];
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < COUNT; i++) {
        labels[i] = i >= 40;
        bool bright = labels[i] || i < wrong;
        for (size_t k = 0; k < BYTES; k++)
            pictures[i * BYTES + k] = (uint8_t)(hyti_rng_below(&rng, 60) + (bright ? 180 : 10));
    }
    MUST(hyt_dataset_create(NULL, pictures, labels, COUNT, SIDE, SIDE, 2, &dataset));
    free(pictures);
    return dataset;
}

static hyt_dataset *part_of(const hyt_dataset *data, double share, hyti_subset by, int64_t seed)
{
    hyt_dataset *part = NULL;
    hyti_train_params params = { .epochs = 9, .batch = 8, .threads = 1, .rate = 3e-3, .seed = seed, .averaging = 0.9 };
    MUST(hyti_evaluate_subset(data, share, by, &params, &part));
    return part;
}

static void check_same(const hyt_dataset *a, const hyt_dataset *b, bool same)
{
    uint64_t x, y;
    MUST(hyt_dataset_fingerprint(a, &x));
    MUST(hyt_dataset_fingerprint(b, &y));
    assert_true((x == y) == same);
}

static void parts_of_the_data(void **state)
{
    (void)state;
    hyt_dataset *data = uneven(0), *some = part_of(data, 0.5, HYTI_SUBSET_RANDOM, 1);
    hyt_dataset *again = part_of(data, 0.5, HYTI_SUBSET_RANDOM, 1), *other = part_of(data, 0.5, HYTI_SUBSET_RANDOM, 2);
    assert_int_equal(hyt_dataset_count(some), 25);
    check_same(some, again, true);
    check_same(some, other, false);
    hyt_dataset *even = part_of(data, 0.24, HYTI_SUBSET_BALANCED, 1);
    hyt_dataset *most = part_of(data, 0.5, HYTI_SUBSET_BALANCED, 1);
    assert_int_equal(hyt_dataset_class_count(even, 0), 6);
    assert_int_equal(hyt_dataset_class_count(even, 1), 6);
    assert_int_equal(hyt_dataset_class_count(most, 0), 15); /* there are only 10 of the other */
    assert_int_equal(hyt_dataset_class_count(most, 1), 10);
    hyt_dataset *all[] = { data, some, again, other, even, most };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyt_dataset_destroy(all[i]);
}

/* The four bright pictures that are called dark are the hardest of their class. */
static void hard_pictures_are_found(void **state)
{
    (void)state;
    hyt_dataset *data = uneven(4), *hard = part_of(data, 0.1, HYTI_SUBSET_HARD, 1);
    hyt_dataset *again = part_of(data, 0.1, HYTI_SUBSET_HARD, 1);
    assert_int_equal(hyt_dataset_class_count(hard, 0), 4);
    assert_int_equal(hyt_dataset_class_count(hard, 1), 1);
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(hyt_dataset_picture(hard, i), hyt_dataset_picture(data, i), SIDE * SIDE * 3);
    check_same(hard, again, true);
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(hard);
    hyt_dataset_destroy(again);
}

/* Classes of pictures are no matter of what learns from boxes. */
static void a_part_with_boxes_may_lack_a_class(void **state)
{
    (void)state;
    hyt_dataset *data = shapes(20, 0), *part = NULL;
    hyti_train_params params = { .task = 1 };
    MUST(hyti_evaluate_subset(data, 0.05, HYTI_SUBSET_RANDOM, &params, &part));
    assert_int_equal(hyt_dataset_count(part), 1);
    hyt_dataset_destroy(part);
    params.task = 0;
    part = NULL;
    CHECK_STATUS(hyti_evaluate_subset(data, 0.05, HYTI_SUBSET_RANDOM, &params, &part), HYT_ERR_FORMAT);
    assert_null(part);
    hyt_dataset_destroy(data);
}

/* -- curves -------------------------------------------------------------------------------------------------------- */

static void curves_are_continued(void **state)
{
    (void)state;
    double power[8], exponential[8], flat[8], spoilt[8];
    for (size_t i = 0; i < 8; i++) {
        power[i] = 0.9 - 0.4 * pow((double)i + 1, -0.5);
        exponential[i] = 0.8 - 0.3 * exp(-0.5 * (double)i);
        flat[i] = 0.5;
        spoilt[i] = i == 4 ? 0.1 : exponential[i]; /* one epoch went wrong */
    }
    hyti_curve curve = hyti_curve_predict(power, 8, 24);
    double end = 0.9 - 0.4 * pow(24, -0.5);
    CHECK_NEAR(curve.value, end, 0.02);
    assert_true(curve.low <= end && end <= curve.high && curve.high - curve.low < 0.1);
    CHECK_NEAR(hyti_curve_predict(exponential, 8, 24).value, 0.8, 0.02);
    CHECK_NEAR(hyti_curve_predict(flat, 8, 24).value, 0.5, 1e-6);
    CHECK_NEAR(hyti_curve_predict(spoilt, 8, 24).value, 0.8, 0.05);
    /* What is not seen yet is not known as well. */
    hyti_curve early = hyti_curve_predict(power, 4, 24);
    assert_true(early.high - early.low > curve.high - curve.low);
    assert_true(early.low >= 0 && early.high <= 1);
}

/* -- in the evaluator ---------------------------------------------------------------------------------------------- */

static int count_epochs(void *user, size_t epoch, double loss, double accuracy)
{
    (void)epoch;
    (void)loss;
    (void)accuracy;
    ++*(size_t *)user;
    return 0;
}

static size_t epochs_with(const char *const *settings, double *value)
{
    fixture f;
    set_up(&f, settings, "accuracy");
    size_t epochs = 0;
    MUST(hyt_evaluator_set_epoch(f.evaluator, count_epochs, &epochs));
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, value, 1), 0);
    assert_true(*value >= 0 && *value <= 1);
    tear_down(&f);
    return epochs;
}

static void trainings_end_early(void **state)
{
    (void)state;
    double value, again, whole;
    assert_int_equal(epochs_with(SET("epochs", "6"), &whole), 6);
    assert_int_equal(epochs_with(SET("epochs", "6", "extrapolate", "3"), &value), 3);
    assert_int_equal(epochs_with(SET("epochs", "6", "extrapolate", "3", "threads", "2"), &again), 3);
    CHECK_NEAR(value, again, 0);
    /* No curve ends below so low a bar: the whole training and its own score. */
    assert_int_equal(epochs_with(SET("epochs", "6", "extrapolate", "3", "extrapolate-below", "0.001"), &value), 6);
    CHECK_NEAR(value, whole, 0);
}

static void trials_train_on_a_part(void **state)
{
    (void)state;
    double value;
    fixture f;
    assert_int_equal(epochs_with(SET("epochs", "2", "subset", "0.5", "subset-by", "balanced"), &value), 2);
    set_up(&f, SET("epochs", "1"), "accuracy");
    hyt_evaluator *none = NULL;
    CHECK_STATUS(make_evaluator(NULL, f.train, f.validation, NULL, SET(HYT_EVALUATE_SUBSET, "0.01"), &none),
                 HYT_ERR_FORMAT); /* one picture */
    CHECK_MESSAGE("subset");
    tear_down(&f);
}

/* -- energy -------------------------------------------------------------------------------------------------------- */

/* 8 x 8 x 3 -> 1x1 convolution to 2 -> pool -> 2 classes: 192 * 2 + 4 MACs, 6 + 4 weights; moved: the input written and
 * read, the result of the convolution, of the pool (twice each), of the layer. */
static void energy_by_hand(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "small", &graph));
    MUST(hyt_graph_input(graph, 3, 8, 8, &x));
    MUST(hyt_graph_conv(graph, x, 2, 1, 1, 1, &x));
    MUST(hyt_graph_activation(graph, x, HYT_OP_RELU, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_linear(graph, x, 2, 0, &x));
    double moved = 2 * 192 + 2 * 128 + 2 * 2 + 2, macs = 64 * 3 * 2 + 4;
    double whole = macs * 0.23 + moved * 1.25 + 10 * 243.75, wide = macs * 4.6 + 4 * (moved * 1.25 + 10 * 243.75);
    CHECK_NEAR(hyti_energy_estimate(graph, HYT_INT8, &(hyti_energy_table){ 0 }), whole * 1e-6, 1e-12);
    CHECK_NEAR(hyti_energy_estimate(graph, HYT_FP32, &(hyti_energy_table){ 0 }), wide * 1e-6, 1e-12);
    CHECK_NEAR(hyti_energy_estimate(graph, HYT_INT8, &(hyti_energy_table){ 1, 2, 3 }), (macs + 2 * moved + 30) * 1e-6,
               1e-12);
    hyt_graph_destroy(graph);
}

static void write_number(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void counters(void **state)
{
    (void)state;
    char folder[] = "/tmp/hytnas-energy-XXXXXX", package[64], energy[96];
    hyt_graph *graph = NULL;
    hyt_value x;
    double value;
    CHECK_NEAR(hyti_energy_between(5, 9, 100), 4, 0);
    CHECK_NEAR(hyti_energy_between(95, 3, 100), 8, 0); /* it started again */
    MUST(hyt_graph_create(NULL, "small", &graph));
    MUST(hyt_graph_input(graph, 3, 8, 8, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    assert_non_null(mkdtemp(folder));
    CHECK_STATUS(hyti_energy_measure(graph, 1, folder, &value), HYT_ERR_UNSUPPORTED);
    CHECK_MESSAGE("intel-rapl:0/energy_uj");
    snprintf(package, sizeof package, "%s/intel-rapl:0", folder);
    snprintf(energy, sizeof energy, "%s/energy_uj", package);
    assert_int_equal(mkdir(package, 0700), 0);
    write_number(energy, "12345\n");
    CHECK_STATUS(hyti_energy_measure(graph, 1, folder, &value), HYT_ERR_UNSUPPORTED);
    CHECK_MESSAGE("stood still");
    unlink(energy);
    rmdir(package);
    rmdir(folder);
    hyt_graph_destroy(graph);
}

static int tell_energy(void *user, const hyt_graph *network, double *microjoules)
{
    *microjoules = (double)hyt_graph_macs(network) * 1e-3;
    return *(const int *)user;
}

static void energy_by_callback(void **state)
{
    (void)state;
    fixture f;
    hyt_graph *graph = NULL;
    double value;
    int answer = 0;
    set_up(&f, SET("epochs", "1"), "energy_uj");
    MUST(hyt_evaluator_set_energy(f.evaluator, tell_energy, &answer));
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), 0);
    MUST(hyt_candidate_decode(f.candidate, SIDE, 2, &graph));
    CHECK_NEAR(value, (double)hyt_graph_macs(graph) * 1e-3, 0);
    hyt_graph_destroy(graph);
    answer = -77;
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), -77);
    tear_down(&f);
    set_up(&f, SET("epochs", "1", "precision", "int8"), "energy_estimate_uj");
    assert_int_equal(hyt_evaluator_evaluate(f.evaluator, &f.trial, &value, 1), 0);
    assert_true(value > 0);
    tear_down(&f);
}

/* Latency and energy, in either order: of the same network, for any number of candidates. */
static void what_a_device_says(void **state)
{
    (void)state;
    static const char *const metrics[] = { "macs", "energy_uj", "latency_ms", "energy_uj" };
    fixture f;
    hyt_candidate *other = NULL;
    double values[2][HYTI_COUNT(metrics) + 1];
    int answer = 0;
    set_up(&f, SET("epochs", "1"), "latency_ms");
    MUST(hyt_candidate_sample(f.space, 1, 1, &other));
    for (size_t i = 0; i < HYTI_COUNT(metrics); i++) MUST(hyt_evaluator_add_objective(f.evaluator, metrics[i]));
    MUST(hyt_evaluator_set_energy(f.evaluator, tell_energy, &answer));
    for (size_t k = 0; k < 2; k++) {
        const double *v = values[k];
        MUST(hyt_evaluator_measure(f.evaluator, k ? other : f.candidate, values[k], HYTI_COUNT(metrics) + 1));
        assert_true(v[0] > 0 && v[3] > 0);
        CHECK_NEAR(v[2], v[1] * 1e-3, 0);
        CHECK_NEAR(v[4], v[2], 0);
    }
    assert_true(values[0][1] < values[1][1]);
    answer = -5; /* after the latency, whose network is given up */
    assert_int_equal(hyt_evaluator_measure(f.evaluator, other, values[0], HYTI_COUNT(metrics) + 1), -5);
    hyt_candidate_destroy(other);
    tear_down(&f);
}

/* -- predictors ---------------------------------------------------------------------------------------------------- */

/* A number that follows from the genes is learnt, kept in a file, and said by an evaluator. */
static void predictors(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-predictor-XXXXXX";
    fixture f;
    hyt_space *small = NULL;
    hyt_predictor *made = NULL, *read = NULL;
    hyt_validation *validation = NULL;
    double value, again, said;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    set_up(&f, SET("epochs", "1"), "predicted_latency_ms");
    MUST(hyt_predictor_create(f.space, "ridge", NULL, &made));
    CHECK_STATUS(hyt_predictor_predict(made, f.candidate, &value, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_predictor_fit(made), HYT_ERR_STATE);
    for (uint64_t i = 0; i < 60; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_sample(f.space, 3, i, &candidate));
        double target = 2 * log2(hyt_candidate_value(candidate, 0)) + log2(hyt_candidate_value(candidate, 1));
        MUST(hyt_predictor_add(made, candidate, target));
        hyt_candidate_destroy(candidate);
    }
    MUST(hyt_predictor_validate(made, 10, 0, &validation));
    assert_true(hyt_validation_measure(validation, HYT_VALIDATION_TAU) > 0.9);
    MUST(hyt_predictor_fit(made));
    MUST(hyt_predictor_predict(made, f.candidate, &value, NULL));
    CHECK_NEAR(value, 0, 0.1); /* of one block in either layer */
    MUST(hyt_predictor_save(made, path));
    MUST(hyt_predictor_load(f.space, path, &read));
    MUST(hyt_predictor_predict(read, f.candidate, &again, NULL));
    CHECK_NEAR(again, value, 0);
    CHECK_STATUS(hyt_evaluator_measure(f.evaluator, f.candidate, &said, 1), HYT_ERR_STATE);
    MUST(hyt_evaluator_set_predictor(f.evaluator, "predicted_latency_ms", read));
    assert_int_equal(hyt_evaluator_measure(f.evaluator, f.candidate, &said, 1), 0);
    CHECK_NEAR(said, value, 0);
    CHECK_STATUS(hyt_evaluator_set_predictor(f.evaluator, "accuracy", read), HYT_ERR_NOT_FOUND);
    hyt_predictor_destroy(read);
    read = NULL;
    MUST(hyt_space_preset(NULL, "hytnas-wide", &small));
    CHECK_STATUS(hyt_predictor_load(small, path, &read), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("for space \"hytnas\", not for \"hytnas-wide\"");
    CHECK_MESSAGE(path);
    hyt_space_destroy(small);
    hyt_validation_destroy(validation);
    hyt_predictor_destroy(made);
    unlink(path);
    tear_down(&f);
}

/* Two genes of the same levels in either space: only the names differ, or what the levels are. */
static hyt_space *pair_of(const char *name, int64_t step)
{
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, name, &space));
    MUST(hyt_space_add_integer(space, "a", 1, 1 + 8 * step, step));
    MUST(hyt_space_add_integer(space, "b", 1, 9, 1));
    return space;
}

static hyt_predictor *learn_pair(hyt_space *space, const char *metric)
{
    hyt_predictor *predictor = NULL;
    MUST(hyt_predictor_create(space, "ridge", NULL, &predictor));
    if (metric) MUST(hyt_predictor_set_metric(predictor, metric));
    for (uint64_t i = 0; i < 20; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_sample(space, 0, i, &candidate));
        MUST(hyt_predictor_add(predictor, candidate, hyt_candidate_value(candidate, 0)));
        hyt_candidate_destroy(candidate);
    }
    MUST(hyt_predictor_fit(predictor));
    return predictor;
}

/* Every file that is one byte short or has one bit turned is refused, and says so. */
static void check_hostile(hyt_space *space, const char *path)
{
    uint8_t bytes[1 << 14];
    hyt_predictor *read = NULL;
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(size > 100 && size < sizeof bytes);
    for (size_t i = 0; i < size; i++) {
        uint8_t kept = bytes[i];
        bool whole = i % 2;
        if (whole) bytes[i] ^= (uint8_t)(1 << i % 8);
        file = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, whole ? size : i, file), whole ? size : i);
        fclose(file);
        bytes[i] = kept;
        hyt_status status = hyt_predictor_load(space, path, &read);
        assert_true(status == HYT_ERR_FORMAT || status == HYT_ERR_CONFLICT);
        CHECK_MESSAGE(path);
    }
    unlink(path);
    CHECK_STATUS(hyt_predictor_load(space, path, &read), HYT_ERR_IO);
    CHECK_MESSAGE(path);
    assert_null(read);
}

static void a_file_says_of_what_and_for_which(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-predictor-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    hyt_space *space = pair_of("pair", 1), *other = pair_of("other", 1), *newer = pair_of("pair", 2);
    hyt_predictor *made = learn_pair(space, "latency_ms"), *read = NULL, *plain = NULL;
    uint64_t print, again;
    CHECK_STATUS(hyt_predictor_set_metric(made, "speed"), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_predictor_set_metric(made, "predicted_latency_ms"), HYT_ERR_NOT_FOUND);
    assert_string_equal(hyt_predictor_metric(made), "latency_ms");
    MUST(hyt_predictor_save(made, path));
    MUST(hyt_predictor_load(space, path, &read));
    assert_string_equal(hyt_predictor_metric(read), "latency_ms");
    MUST(hyt_predictor_fingerprint(made, &print));
    MUST(hyt_predictor_fingerprint(read, &again));
    assert_true(print == again);
    CHECK_STATUS(hyt_predictor_load(other, path, &plain), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("for space \"pair\", not for \"other\"");
    CHECK_STATUS(hyt_predictor_load(newer, path, &plain), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("another version of space \"pair\"");
    hyt_predictor *second = learn_pair(newer, NULL);
    assert_string_equal(hyt_predictor_metric(second), "");
    MUST(hyt_predictor_fingerprint(second, &again));
    assert_true(print != again);
    check_hostile(space, path);
    hyt_predictor *all[] = { made, read, second };
    hyt_space *spaces[] = { space, other, newer };
    for (size_t i = 0; i < 3; i++) hyt_predictor_destroy(all[i]);
    for (size_t i = 0; i < 3; i++) hyt_space_destroy(spaces[i]);
}

/* A predictor is exact: the search asks it wherever it needs the number, and a limit on it is hard. */
static void a_search_asks_a_predictor(void **state)
{
    (void)state;
    hyt_space *space = pair_of("pair", 1);
    hyt_predictor *predictor = learn_pair(space, "energy_uj");
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    double said;
    MUST(hyt_search_options_create(NULL, &options));
    MUST(hyt_search_create(space, options, &search));
    MUST(hyt_search_add_objective(search, "b", HYT_MAXIMISE));
    MUST(hyt_search_add_exact_objective(search, "predicted_energy_uj", HYT_MINIMISE, hyt_predictor_measure, predictor,
                                        NULL));
    MUST(hyt_search_add_limit(search, "predicted_energy_uj", 4.5));
    for (size_t i = 0; i < 12; i++) {
        hyt_trial *trial = NULL;
        size_t count;
        MUST(hyt_search_ask(search, 1, &trial, &count));
        const hyt_candidate *candidate = hyt_trial_candidate(trial);
        MUST(hyt_predictor_predict(predictor, candidate, &said, NULL));
        assert_true(said <= 4.5);
        const double values[] = { hyt_candidate_value(candidate, 1), -1 };
        MUST(hyt_search_tell(search, trial, HYT_TRIAL_FINISHED, values, 2));
        CHECK_NEAR(hyt_search_trial_objectives(search, i)[1], said, 0);
    }
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_predictor_destroy(predictor);
    hyt_space_destroy(space);
}

static void an_evaluator_refuses_a_predictor_of_another_metric(void **state)
{
    (void)state;
    fixture f;
    hyt_predictor *predictor = NULL;
    set_up(&f, SET("epochs", "1"), "predicted_map50");
    MUST(hyt_predictor_create(f.space, "ridge", NULL, &predictor));
    MUST(hyt_predictor_set_metric(predictor, "latency_ms"));
    CHECK_STATUS(hyt_evaluator_set_predictor(f.evaluator, "predicted_map50", predictor), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("of latency_ms");
    MUST(hyt_predictor_set_metric(predictor, "map50"));
    MUST(hyt_evaluator_set_predictor(f.evaluator, "predicted_map50", predictor));
    hyt_predictor_destroy(predictor);
    tear_down(&f);
}

static hyt_status learn_once(hyt_context *context)
{
    hyt_space *space = NULL;
    hyt_predictor *predictor = NULL;
    hyt_predictor *read = NULL;
    uint64_t print;
    char path[64];
    snprintf(path, sizeof path, "/tmp/hytnas-predictor-%ld", (long)getpid());
    hyt_dataset *data = NULL, *part = NULL;
    double value;
    hyti_train_params params = { .epochs = 1, .batch = 4, .threads = 1, .rate = 3e-3 };
    hyt_status status = hyt_space_create(context, "two", &space);
    if (status == HYT_OK) status = hyt_space_add_integer(space, "a", 1, 9, 1);
    if (status == HYT_OK) status = hyt_predictor_create(space, "ridge", NULL, &predictor);
    for (uint64_t i = 0; i < 5 && status == HYT_OK; i++) {
        hyt_candidate *candidate = NULL;
        status = hyt_candidate_at(space, 0, i, &candidate);
        if (status == HYT_OK) status = hyt_predictor_add(predictor, candidate, (double)i);
        if (status == HYT_OK && i == 4) status = hyt_predictor_fit(predictor);
        if (status == HYT_OK && i == 4) status = hyt_predictor_predict(predictor, candidate, &value, NULL);
        hyt_candidate_destroy(candidate);
    }
    if (status == HYT_OK) status = hyt_predictor_save(predictor, path);
    if (status == HYT_OK) status = hyt_predictor_load(space, path, &read);
    if (status == HYT_OK) status = hyt_predictor_fingerprint(read, &print);
    hyt_predictor_destroy(read);
    unlink(path);
    if (status == HYT_OK) status = hyt_dataset_create_shapes(context, 8, 16, 1, 0, &data);
    if (status == HYT_OK) status = hyti_evaluate_subset(data, 0.5, HYTI_SUBSET_HARD, &params, &part);
    hyt_dataset_destroy(part);
    hyt_dataset_destroy(data);
    hyt_predictor_destroy(predictor);
    hyt_space_destroy(space);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(learn_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_the_data),   cmocka_unit_test(hard_pictures_are_found),
        cmocka_unit_test(a_part_with_boxes_may_lack_a_class),
        cmocka_unit_test(curves_are_continued), cmocka_unit_test(trainings_end_early),
        cmocka_unit_test(trials_train_on_a_part), cmocka_unit_test(energy_by_hand),
        cmocka_unit_test(counters),            cmocka_unit_test(energy_by_callback),
        cmocka_unit_test(what_a_device_says),  cmocka_unit_test(predictors),
        cmocka_unit_test(a_file_says_of_what_and_for_which), cmocka_unit_test(a_search_asks_a_predictor),
        cmocka_unit_test(an_evaluator_refuses_a_predictor_of_another_metric),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
