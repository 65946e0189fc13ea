/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights from a parent, and the memory that a training is planned to take. */
#include "train/inherit.h"
#include "small.h"
#include "train/fit.h"
#include <stdatomic.h>

/* A hybrid of any width, depth and kernel. */
static hyt_graph *hybrid(size_t channels, size_t width, size_t blocks, size_t kernel, uint64_t seed)
{
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "hybrid", &graph));
    MUST(hyt_graph_input(graph, 3, SIDE, SIDE, &x));
    MUST(hyti_graph_conv_norm(graph, x, channels, kernel, 2, 1, HYT_OP_SILU, &x));
    MUST(hyt_graph_inverted_residual(graph, x, channels, 1, 2, HYT_OP_RELU6, &x));
    MUST(hyt_graph_mobilevit(graph, x, width, 2 * width, 2, blocks, 2, HYT_OP_SILU, &x));
    MUST(hyt_graph_global_pool(graph, x, &x));
    MUST(hyt_graph_linear(graph, x, CLASSES, 1, &x));
    if (seed) MUST(hyt_graph_initialise(graph, seed));
    return graph;
}

/* The network that a trainer of `child` has after it inherited. */
static hyt_graph *heir(const hyt_graph *child, const hyt_graph *parent, uint64_t *values)
{
    hyt_graph *network = NULL;
    hyt_trainer *trainer = trainer_of(child, NULL);
    MUST(hyt_trainer_inherit(trainer, parent, values));
    MUST(hyt_trainer_network(trainer, &network));
    hyt_trainer_destroy(trainer);
    return network;
}

static const hyti_parameter *find(const hyt_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_parameters; i++)
        if (strcmp(graph->parameters[i].name, name) == 0) return &graph->parameters[i];
    fail_msg("no parameter %s", name);
    return NULL;
}

static void a_twin_inherits_all(void **state)
{
    (void)state;
    hyt_graph *child = hybrid(8, 12, 1, 3, 0), *parent = hybrid(8, 12, 1, 3, 5);
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < parent->n_parameters; i++) /* statistics too */
        for (size_t k = 0; k < parent->parameters[i].count; k++)
            parent->parameters[i].data[k] = (float)hyti_rng_uniform(&rng);
    uint64_t values = 0;
    hyt_graph *network = heir(child, parent, &values);
    assert_int_equal(values, hyt_graph_parameters(parent));
    check_same_weights(network, parent);
    hyt_graph_destroy(network);
    hyt_graph_destroy(parent);
    hyt_graph_destroy(child);
}

/* Of the wider one the first channels, of the narrower one all; the rest is as it was. */
static void shared_channels_are_copied(void **state)
{
    (void)state;
    hyt_graph *narrow = hybrid(8, 12, 1, 3, 1), *wide = hybrid(16, 24, 1, 3, 2);
    uint64_t up = 0, down = 0;
    hyt_graph *grown = heir(wide, narrow, &up), *shrunk = heir(narrow, wide, &down);
    assert_true(up > 0 && up == down);
    for (size_t i = 0; i < wide->n_parameters; i++) {
        const hyti_parameter *w = &wide->parameters[i], *n = &narrow->parameters[i];
        assert_string_equal(w->name, n->name);
        if (w->role != HYTI_ROLE_WEIGHT || strstr(w->name, "linear") || w->node > 12) continue;
        const size_t *ws = w->dims.size, *ns = n->dims.size;
        for (size_t k = 0; k < w->count; k++) {
            size_t tap = k % (ws[2] * ws[3]), in = k / (ws[2] * ws[3]) % ws[1], out = k / (ws[1] * ws[2] * ws[3]);
            size_t at = (out * ns[1] + in) * ns[2] * ns[3] + tap;
            bool shared = out < ns[0] && in < ns[1];
            CHECK_NEAR(grown->parameters[i].data[k], shared ? n->data[at] : w->data[k], 0);
            if (shared) CHECK_NEAR(shrunk->parameters[i].data[at], w->data[k], 0);
        }
    }
    hyt_graph *all[] = { narrow, wide, grown, shrunk };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyt_graph_destroy(all[i]);
}

/* Query, key and value each from their own; of what was joined each part from its own. */
static void parts_of_an_axis_stay_apart(void **state)
{
    (void)state;
    hyt_graph *narrow = NULL, *wide = NULL;
    for (size_t k = 0; k < 2; k++) {
        hyt_graph **graph = k ? &wide : &narrow;
        size_t width = k ? 4 : 2;
        hyt_value x, y;
        MUST(hyt_graph_create(NULL, "parts", graph));
        MUST(hyt_graph_input(*graph, 3, 4, 4, &x));
        MUST(hyt_graph_conv(*graph, x, width, 1, 1, 1, &y));
        MUST(hyt_graph_concat(*graph, (hyt_value[]){ y, x }, 2, 1, &x));
        MUST(hyt_graph_conv(*graph, x, width, 1, 1, 1, &x)); /* reads width + 3 channels */
        MUST(hyt_graph_unfold(*graph, x, 2, &x));
        MUST(hyt_graph_linear(*graph, x, 3 * width, 1, &x));
        MUST(hyt_graph_attention(*graph, x, 1, &x));
        MUST(hyt_graph_fold(*graph, x, 4, 4, 2, &x));
        MUST(hyt_graph_global_pool(*graph, x, &x));
        MUST(hyt_graph_linear(*graph, x, CLASSES, 0, &x));
        MUST(hyt_graph_initialise(*graph, 1 + k));
    }
    hyt_graph *network = heir(narrow, wide, NULL);
    const hyti_parameter *conv = find(network, "3.conv.weight"), *from = find(wide, "3.conv.weight");
    for (size_t o = 0; o < 2; o++)
        for (size_t i = 0; i < 5; i++)
            CHECK_NEAR(conv->data[o * 5 + i], from->data[o * 7 + (i < 2 ? i : i + 2)], 0);
    const hyti_parameter *linear = find(network, "5.linear.weight"), *parents = find(wide, "5.linear.weight");
    for (size_t o = 0; o < 6; o++)
        for (size_t i = 0; i < 2; i++)
            CHECK_NEAR(linear->data[o * 2 + i], parents->data[(o / 2 * 4 + o % 2) * 4 + i], 0);
    hyt_graph_destroy(network);
    hyt_graph_destroy(narrow);
    hyt_graph_destroy(wide);
}

/* Another transformer block: everything else is found behind it all the same; of a larger kernel the middle. */
static void depth_and_kernels_may_differ(void **state)
{
    (void)state;
    hyt_graph *shallow = hybrid(8, 12, 1, 3, 1), *deep = hybrid(8, 12, 2, 3, 2), *broad = hybrid(8, 12, 1, 5, 3);
    uint64_t values;
    hyt_graph *network = heir(shallow, deep, &values);
    assert_int_equal(values, hyt_graph_parameters(shallow));
    const hyti_parameter *last = &network->parameters[network->n_parameters - 2];
    const hyti_parameter *theirs = &deep->parameters[deep->n_parameters - 2];
    assert_memory_equal(last->data, theirs->data, last->count * sizeof *last->data);
    hyt_graph_destroy(network);
    network = heir(deep, shallow, &values);
    assert_int_equal(values, hyt_graph_parameters(shallow));
    hyt_graph_destroy(network);
    network = heir(shallow, broad, &values);
    assert_int_equal(values, hyt_graph_parameters(shallow));
    const float *middle = network->parameters[0].data, *whole = broad->parameters[0].data;
    for (size_t k = 0; k < 8 * 3; k++)
        for (size_t t = 0; t < 9; t++) CHECK_NEAR(middle[k * 9 + t], whole[k * 25 + (t / 3 + 1) * 5 + t % 3 + 1], 0);
    hyt_graph_destroy(network);
    network = heir(broad, shallow, &values);
    assert_int_equal(values, hyt_graph_parameters(shallow));
    hyt_graph *all[] = { network, shallow, deep, broad };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyt_graph_destroy(all[i]);
}

/* It has learned what its parent had: the first epoch starts where that ended. */
static void a_heir_knows_more(void **state)
{
    (void)state;
    hyt_graph *graph = hybrid(8, 12, 1, 3, 0), *parent = NULL;
    hyt_dataset *train = toy(64, 1), *validation = toy(64, 2);
    double start = 0, best = 0;
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "8", "rate", "0.01", "flip", "0", "threads", "2"));
    MUST(hyt_trainer_fit(trainer, train, validation, NULL, NULL, &best));
    MUST(hyt_trainer_network(trainer, &parent));
    hyt_trainer_destroy(trainer);
    assert_true(best > 0.95);
    trainer = trainer_of(graph, SET("epochs", "1", "rate", "0", "averaging", "0"));
    MUST(hyt_trainer_inherit(trainer, parent, NULL));
    MUST(hyt_trainer_fit(trainer, train, validation, NULL, NULL, &start));
    assert_true(start > 0.9); /* only statistics moved */
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_graph_destroy(parent);
    hyt_graph_destroy(graph);
}

/* Networks of every other kind: no two of them make a call fail, and none inherits more than it has. */
static void strangers_inherit_little(void **state)
{
    (void)state;
    const char *const names[] = { "mobilenetv2-0.35", "mobilevit-xxs", "vit-tiny", "pvt-tiny" };
    hyt_graph *graphs[HYTI_COUNT(names)] = { NULL };
    for (size_t i = 0; i < HYTI_COUNT(names); i++) {
        MUST(hyt_graph_build(NULL, names[i], 32, 2, &graphs[i]));
        MUST(hyt_graph_initialise(graphs[i], 1));
    }
    for (size_t i = 0; i < HYTI_COUNT(names); i++)
        for (size_t j = 0; j < HYTI_COUNT(names); j++) {
            hyt_graph *child = NULL;
            uint64_t values = 0;
            MUST(hyt_graph_copy(graphs[i], &child));
            MUST(hyti_inherit(child, graphs[j], &values));
            assert_true(values <= hyt_graph_parameters(graphs[i]) && values <= hyt_graph_parameters(graphs[j]));
            if (i == j) assert_int_equal(values, hyt_graph_parameters(graphs[i]));
            hyt_graph_destroy(child);
        }
    for (size_t i = 0; i < HYTI_COUNT(names); i++) hyt_graph_destroy(graphs[i]);
}

static void bad_parents_are_refused(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_trainer *trainer = trainer_of(graph, NULL);
    uint64_t values = 77;
    CHECK_STATUS(hyt_trainer_inherit(trainer, graph, &values), HYT_ERR_STATE);
    CHECK_MESSAGE("is not set");
    assert_int_equal(values, 77);
    CHECK_STATUS(hyt_trainer_inherit(trainer, NULL, &values), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_trainer_inherit(NULL, graph, &values), HYT_ERR_ARGUMENT);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
}

/* What is allocated at a time, and the most of it. */
typedef struct meter { atomic_size_t now, most; } meter;

static void *meter_allocate(void *user, size_t size)
{
    meter *m = user;
    size_t *block = malloc(size + 64);
    if (!block) return NULL;
    *block = size;
    size_t now = atomic_fetch_add(&m->now, size) + size;
    if (now > m->most) m->most = now;
    return (char *)block + 64;
}

static void meter_release(void *user, void *pointer)
{
    meter *m = user;
    size_t *block = (size_t *)(void *)((char *)pointer - 64);
    atomic_fetch_sub(&m->now, *block);
    free(block);
}

static void the_plan_is_what_it_takes(void **state)
{
    (void)state;
    meter m = { 0 };
    const hyt_heap heap = { &m, meter_allocate, meter_release };
    hyt_context *context = NULL;
    hyt_graph *graph = NULL;
    hyt_dataset *train = NULL;
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    uint64_t planned = 0;
    MUST(hyt_context_create(&heap, NULL, &context));
    MUST(make_graph(context, &graph));
    MUST(make_data(context, 64, 1, &train));
    MUST(hyt_train_options_create(context, &options));
    MUST(hyt_options_set_int(options, HYT_TRAIN_BATCH, 64));
    MUST(hyt_options_set_int(options, HYT_TRAIN_EPOCHS, 1));
    MUST(hyt_options_set_int(options, HYT_TRAIN_THREADS, 2));
    MUST(hyt_train_plan(graph, options, &planned));
    size_t before = m.now;
    m.most = 0;
    MUST(hyt_trainer_create(graph, options, &trainer));
    MUST(hyt_trainer_fit(trainer, train, train, NULL, NULL, NULL));
    double taken = (double)(m.most - before);
    assert_true(taken > 0.98 * (double)planned && taken < 1.02 * (double)planned + 65536);
    hyt_trainer_destroy(trainer);
    trainer = NULL;
    before = m.now;
    m.most = 0;
    MUST(hyt_options_set_int(options, HYT_TRAIN_MEMORY_BYTES, (int64_t)planned - 1));
    CHECK_STATUS(hyt_trainer_create(graph, options, &trainer), HYT_ERR_INFEASIBLE);
    CHECK_MESSAGE("memory-bytes");
    assert_true(m.now == before && m.most - before < planned / 10);
    MUST(hyt_options_set_int(options, HYT_TRAIN_MEMORY_BYTES, (int64_t)planned + 1));
    MUST(hyt_trainer_create(graph, options, &trainer));
    hyt_trainer_destroy(trainer);
    hyt_options_destroy(options);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
    hyt_context_destroy(context);
    assert_int_equal(m.now, 0);
}

static hyt_status inherit_and_plan(hyt_context *context)
{
    hyt_graph *graph = NULL;
    hyt_trainer *trainer = NULL;
    uint64_t bytes;
    hyt_status status = make_graph(context, &graph);
    if (status == HYT_OK) status = hyt_graph_initialise(graph, 1);
    if (status == HYT_OK) status = hyt_train_plan(graph, NULL, &bytes);
    if (status == HYT_OK) status = hyt_trainer_create(graph, NULL, &trainer);
    if (status == HYT_OK) status = hyt_trainer_inherit(trainer, graph, NULL);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(inherit_and_plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_twin_inherits_all), cmocka_unit_test(shared_channels_are_copied),
        cmocka_unit_test(parts_of_an_axis_stay_apart), cmocka_unit_test(depth_and_kernels_may_differ),
        cmocka_unit_test(a_heir_knows_more), cmocka_unit_test(strangers_inherit_little),
        cmocka_unit_test(bad_parents_are_refused), cmocka_unit_test(the_plan_is_what_it_takes),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
