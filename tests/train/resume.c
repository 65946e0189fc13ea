/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trainings that are stopped, kept and gone on with. */
#include "base/zip.h"
#include "small.h"
#include "train/fit.h"
#include <unistd.h>

static char folder[] = "/tmp/hytnas-resume-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/training", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* What an epoch callback does: saves after one epoch, stops after one, and looks at the numbers of the epochs. */
typedef struct script {
    hyt_trainer *trainer;
    size_t save_at, stop_at, first, seen; /* epochs from 1 on; 0: never */
} script;

static int follow(void *user, size_t epoch, double loss, double accuracy)
{
    script *s = user;
    (void)loss, (void)accuracy;
    assert_int_equal(epoch, s->first + s->seen);
    s->seen++;
    if (epoch + 1 == s->save_at) MUST(hyt_trainer_save(s->trainer, path));
    return epoch + 1 == s->stop_at ? HYT_STOP : 0;
}

typedef struct result {
    hyt_graph *network;
    double best;
    size_t epochs;
} result;

static result run(hyt_trainer *trainer, const hyt_dataset *train, const hyt_dataset *validation, script s)
{
    result r = { NULL, -1, 0 };
    s.trainer = trainer;
    MUST(hyt_trainer_fit(trainer, train, validation, follow, &s, &r.best));
    MUST(hyt_trainer_network(trainer, &r.network));
    r.epochs = s.seen;
    return r;
}

/* What the network carries for int8. */
static void check_same_ranges(const hyt_graph *a, const hyt_graph *b)
{
    assert_int_equal(a->n_nodes, b->n_nodes);
    for (size_t i = 0; i < a->n_nodes; i++) {
        const hyti_node *x = &a->nodes[i], *y = &b->nodes[i];
        assert_true(x->quantised == y->quantised && x->scale == y->scale && x->zero == y->zero);
    }
}

static void check_same(result *a, result *b)
{
    check_same_weights(a->network, b->network);
    check_same_ranges(a->network, b->network);
    CHECK_NEAR(a->best, b->best, 0);
    hyt_graph_destroy(b->network);
    b->network = NULL;
}

/* A training that was stopped after each of its epochs, or only kept then, ends as one that ran through. */
static void check_resume(const char *const *settings, const char *const *other_threads, const hyt_dataset *validation)
{
    hyt_graph *graph = small_graph();
    hyt_dataset *train = toy(33, 1);
    hyt_trainer *trainer = trainer_of(graph, settings);
    result whole = run(trainer, train, validation, (script){ 0 });
    hyt_trainer_destroy(trainer);
    for (size_t at = 1; at <= whole.epochs; at++) {
        trainer = trainer_of(graph, settings);
        result all = run(trainer, train, validation, (script){ .save_at = at });
        check_same(&whole, &all); /* keeping it changes nothing */
        hyt_trainer_destroy(trainer);
        trainer = trainer_of(graph, other_threads);
        MUST(hyt_trainer_load(trainer, path));
        result rest = run(trainer, train, validation, (script){ .first = at });
        assert_int_equal(rest.epochs, whole.epochs - at);
        check_same(&whole, &rest);
        hyt_trainer_destroy(trainer);

        trainer = trainer_of(graph, settings);
        result part = run(trainer, train, validation, (script){ .stop_at = at });
        assert_int_equal(part.epochs, at);
        hyt_graph_destroy(part.network);
        unlink(path);
        MUST(hyt_trainer_save(trainer, path)); /* after it ended */
        MUST(hyt_trainer_load(trainer, path)); /* by the same trainer, whose weights are the best ones now */
        result own = run(trainer, train, validation, (script){ .first = at });
        check_same(&whole, &own);
        hyt_trainer_destroy(trainer);
    }
    hyt_graph_destroy(whole.network);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
}

static void going_on_is_exact(void **state)
{
    (void)state;
    hyt_dataset *validation = toy(20, 2);
#define COMMON "epochs", "4", "batch", "8", "mixup", "0.5", "erasing", "0.5", "clip", "1"
    check_resume(SET(COMMON), SET(COMMON, "threads", "3"), validation);
    check_resume(SET(COMMON, "averaging", "0"), SET(COMMON, "averaging", "0"), NULL);
#define SGD "epochs", "4", "optimiser", "sgd", "rate", "0.05", "schedule", "one-cycle"
    check_resume(SET(SGD), SET(SGD), NULL);
    check_resume(SET(SGD, "patience", "1", "rate", "0"), SET(SGD, "patience", "1", "rate", "0"), validation);
    check_resume(SET(COMMON, "keep", "last"), SET(COMMON, "keep", "last", "threads", "2"), validation);
    hyt_dataset_destroy(validation);
}

/* Rounding and ranges too, wherever it stopped: before the epochs that round, at their first, in them, and after the
 * last, when there is no step left that could set them. */
static void going_on_for_int8_is_exact(void **state)
{
    (void)state;
    hyt_dataset *validation = toy(20, 2);
#define INT8 "epochs", "4", "batch", "8", "qat", "0.5"
    check_resume(SET(INT8), SET(INT8, "threads", "3"), validation);
    check_resume(SET(INT8, "averaging", "0"), SET(INT8, "averaging", "0"), NULL);
    /* tired just before the first epoch that rounds: that is its end, interrupted or not */
    check_resume(SET(INT8, "rate", "0", "patience", "1"), SET(INT8, "rate", "0", "patience", "1"), validation);
    hyt_dataset_destroy(validation);
}

/* A file of a training after its first epoch. */
static void keep_one(const hyt_graph *graph, const hyt_dataset *train, const hyt_dataset *validation,
                     const hyt_graph *teacher)
{
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "3", "batch", "8"));
    MUST(hyt_trainer_set_teacher(trainer, teacher));
    result r = run(trainer, train, validation, (script){ .save_at = 1, .stop_at = 1 });
    hyt_graph_destroy(r.network);
    hyt_trainer_destroy(trainer);
}

static void what_differs_is_named(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *other = NULL, *teacher = small_graph();
    hyt_dataset *train = toy(20, 1), *validation = toy(20, 2), *changed = toy(20, 3);
    hyt_value x = hyt_graph_output(graph);
    MUST(hyt_graph_initialise(teacher, 1));
    keep_one(graph, train, validation, NULL);
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "3", "batch", "8", "rate", "0.5"));
    CHECK_STATUS(hyt_trainer_load(trainer, path), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("option \"rate\" was 0.003, is 0.5");
    CHECK_MESSAGE(path);
    CHECK_STATUS(hyt_trainer_save(trainer, path), HYT_ERR_STATE); /* a load that fails leaves nothing */
    hyt_trainer_destroy(trainer);
    trainer = trainer_of(graph, SET("epochs", "3", "batch", "9"));
    CHECK_STATUS(hyt_trainer_load(trainer, path), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("option \"batch\" was 8, is 9");
    hyt_trainer_destroy(trainer);
    MUST(hyt_graph_copy(graph, &other));
    MUST(hyt_graph_activation(other, x, HYT_OP_RELU, &x));
    trainer = trainer_of(other, SET("epochs", "3", "batch", "8"));
    CHECK_STATUS(hyt_trainer_load(trainer, path), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("of network \"small\"");
    hyt_trainer_destroy(trainer);
    trainer = trainer_of(graph, SET("epochs", "3", "batch", "8"));
    MUST(hyt_trainer_load(trainer, path));
    CHECK_STATUS(hyt_trainer_fit(trainer, changed, validation, NULL, NULL, NULL), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("train: the pictures are not those");
    CHECK_STATUS(hyt_trainer_fit(trainer, train, changed, NULL, NULL, NULL), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("validation: the pictures are not those");
    CHECK_STATUS(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("with a validation part");
    MUST(hyt_trainer_set_teacher(trainer, teacher));
    CHECK_STATUS(hyt_trainer_fit(trainer, train, validation, NULL, NULL, NULL), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("no teacher");
    MUST(hyt_trainer_set_teacher(trainer, NULL));
    script s = { .first = 1 };
    MUST(hyt_trainer_fit(trainer, train, validation, follow, &s, NULL)); /* the refusals left it as it was */
    CHECK_STATUS(hyt_trainer_save(trainer, path), HYT_ERR_STATE);        /* it is over */
    hyt_trainer_destroy(trainer);
    keep_one(graph, train, NULL, teacher);
    trainer = trainer_of(graph, SET("epochs", "3", "batch", "8"));
    MUST(hyt_trainer_load(trainer, path));
    CHECK_STATUS(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("a teacher");
    hyt_graph *second = small_graph();
    MUST(hyt_graph_initialise(second, 2));
    MUST(hyt_trainer_set_teacher(trainer, second));
    CHECK_STATUS(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("another teacher");
    MUST(hyt_trainer_set_teacher(trainer, teacher));
    MUST(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL));
    hyt_trainer_destroy(trainer);
    hyt_graph *graphs[] = { graph, other, teacher, second };
    for (size_t i = 0; i < HYTI_COUNT(graphs); i++) hyt_graph_destroy(graphs[i]);
    hyt_dataset *sets[] = { train, validation, changed };
    for (size_t i = 0; i < HYTI_COUNT(sets); i++) hyt_dataset_destroy(sets[i]);
}

static void set_checksum(unsigned char *bytes, size_t size)
{
    uint32_t crc = hyti_crc32(0, bytes, size - 4);
    for (size_t i = 0; i < 4; i++) bytes[size - 4 + i] = (unsigned char)(crc >> 8 * i);
}

/* Every length, and every byte of the head, with a checksum that holds: an answer with a message, never a crash; and of
 * what is accepted a training that ends. */
static void damaged_files_are_refused(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_dataset *train = toy(16, 1);
    unsigned char *good = NULL;
    size_t size = 0, accepted = 0;
    keep_one(graph, train, NULL, NULL);
    MUST(hyti_file_read(NULL, path, 1 << 24, (void **)&good, &size));
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "3", "batch", "8"));
    unsigned char *bytes = malloc(size + 1);
    memcpy(bytes, good, size);
    bytes[size] = 0;
    CHECK_STATUS(hyt_trainer_parse(trainer, bytes, size + 1), HYT_ERR_FORMAT);
    CHECK_MESSAGE("checksum");
    set_checksum(bytes, size + 1);
    CHECK_STATUS(hyt_trainer_parse(trainer, bytes, size + 1), HYT_ERR_FORMAT);
    CHECK_MESSAGE("1 bytes after its end");
    for (size_t length = 0; length < size; length += length < 1024 ? 1 : 97) {
        memcpy(bytes, good, size);
        if (length >= 4) set_checksum(bytes, length);
        assert_true(hyt_trainer_parse(trainer, bytes, length) < 0);
        assert_null(trainer->image);
    }
    for (size_t at = 0; at < 1024; at++) {
        memcpy(bytes, good, size);
        bytes[at] ^= 0x81;
        assert_true(hyt_trainer_parse(trainer, bytes, size) < 0);
        set_checksum(bytes, size);
        hyt_status status = hyt_trainer_parse(trainer, bytes, size);
        assert_true(status == HYT_OK || status == HYT_ERR_FORMAT || status == HYT_ERR_CONFLICT);
        assert_true(status == HYT_OK || hyt_message()[0] != 0);
        if (status != HYT_OK) continue;
        status = hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL);
        assert_true(status == HYT_OK || status == HYT_ERR_NUMERIC || status == HYT_ERR_CONFLICT);
        accepted++;
        hyt_trainer_destroy(trainer);
        trainer = trainer_of(graph, SET("epochs", "3", "batch", "8"));
    }
    assert_true(accepted > 0); /* fingerprints, counts, weights */
    hyti_free_aligned(NULL, good);
    free(bytes);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
}

static void bad_calls_are_refused(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_trainer *trainer = trainer_of(graph, NULL);
    CHECK_STATUS(hyt_trainer_save(trainer, path), HYT_ERR_STATE);
    CHECK_STATUS(hyt_trainer_save(NULL, path), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_trainer_save(trainer, NULL), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_trainer_load(trainer, "/nowhere/at/all"), HYT_ERR_IO);
    CHECK_STATUS(hyt_trainer_load(NULL, path), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_trainer_parse(trainer, NULL, 0), HYT_ERR_ARGUMENT);
    size_t bound = hyti_checkpoint_bound(trainer);
    char *large = calloc(1, bound + 1);
    MUST(hyti_file_write(path, large, bound + 1));
    CHECK_STATUS(hyt_trainer_load(trainer, path), HYT_ERR_RANGE); /* more than it can be: not even read */
    free(large);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
}

static int fit_again(void *user, size_t epoch, double loss, double accuracy)
{
    static const float pictures[SIDE * SIDE * 3], shares[CLASSES];
    static const uint32_t labels[1];
    hyt_trainer *trainer = user;
    (void)epoch, (void)loss, (void)accuracy;
    CHECK_STATUS(hyt_trainer_fit(trainer, trainer->fit->train, NULL, NULL, NULL, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_trainer_parse(trainer, "HYTFIT", 6), HYT_ERR_STATE);
    CHECK_STATUS(hyt_trainer_inherit(trainer, trainer->graph, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_trainer_set_teacher(trainer, trainer->graph), HYT_ERR_STATE);
    CHECK_MESSAGE("a training goes on");
    CHECK_STATUS(hyt_trainer_set_teacher(trainer, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_trainer_step(trainer, pictures, labels, 1, NULL), HYT_ERR_STATE);
    CHECK_STATUS(hyt_trainer_step_soft(trainer, pictures, shares, 1, NULL), HYT_ERR_STATE);
    return HYT_STOP;
}

/* Nothing else can be begun inside a callback. */
static void one_training_at_a_time(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_dataset *train = toy(6, 1);
    hyt_trainer *trainer = trainer_of(graph, NULL);
    MUST(hyt_trainer_fit(trainer, train, NULL, fit_again, trainer, NULL));
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
}

static hyt_status stop_and_go_on(hyt_context *context)
{
    small_training s;
    hyt_status status = small_training_open(context, SET("epochs", "2"), &s);
    if (status == HYT_OK) status = hyt_trainer_fit(s.trainer, s.train, s.train, stop_at_once, NULL, NULL);
    if (status == HYT_OK) status = hyt_trainer_save(s.trainer, path);
    if (status == HYT_OK) status = hyt_trainer_load(s.trainer, path);
    if (status == HYT_OK) status = hyt_trainer_fit(s.trainer, s.train, s.train, NULL, NULL, NULL);
    small_training_close(&s);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(stop_and_go_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(going_on_is_exact), cmocka_unit_test(going_on_for_int8_is_exact),
        cmocka_unit_test(what_differs_is_named), cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(bad_calls_are_refused), cmocka_unit_test(one_training_at_a_time),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
