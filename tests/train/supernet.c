/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks as slices of the largest one of their space, against what the space says of its blocks; a step of the
 * super-network against the steps of its members. */
#include "base/rng.h"
#include "data/batch.h"
#include "test.h"
#include "train/supernet.h"
#include <hytnas/space.h>

#define INPUT 32
#define CLASSES 4
#define GENES 23
#define PICTURES 12
#define MAX_LAYERS 200

static const size_t highest[GENES] = { 3, 3, 3, 3, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };
/* Expansion absent in places, fewer blocks, channels that are no multiples;
 * heads and patches that the largest has not. */
static const size_t middle[GENES] = { 1, 2, 0, 1, 0, 1, 0, 2, 1, 2, 1, 0, 2, 1, 0, 1, 2, 1, 0, 2, 0, 1, 0 };

static hyt_space *hytnas(void)
{
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    return space;
}

static hyt_status decode(hyt_space *space, const size_t *levels, hyt_graph **out)
{
    hyt_candidate *candidate = NULL;
    HYTI_TRY(hyt_candidate_create(space, levels, GENES, &candidate));
    hyt_status status = hyt_candidate_decode(candidate, INPUT, CLASSES, out);
    hyt_candidate_destroy(candidate);
    return status;
}

/* Names of the layers with parameters, in the order of the network (docs of the space, not its code). */
typedef struct names {
    char list[MAX_LAYERS][24];
    size_t count;
} names;

static void name(names *n, const char *format, size_t layer, size_t block)
{
    assert_true(n->count < MAX_LAYERS);
    snprintf(n->list[n->count++], sizeof n->list[0], format, layer, block);
}

static void name_residual(names *n, size_t layer, size_t block, bool expands)
{
    static const char *const parts[] = { "%zu.%zu.expand", "%zu.%zu.expand.norm", "%zu.%zu.depth", "%zu.%zu.depth.norm",
                                         "%zu.%zu.project", "%zu.%zu.project.norm" };
    for (size_t i = expands ? 0 : 2; i < HYTI_COUNT(parts); i++) name(n, parts[i], layer, block);
}

static void name_attention(names *n, size_t layer, size_t blocks)
{
    static const char *const before[] = { "%zu.local", "%zu.local.norm", "%zu.in" },
                      *const inner[] = { "%zu.%zu.ln1", "%zu.%zu.qkv", "%zu.%zu.out", "%zu.%zu.ln2", "%zu.%zu.up",
                                         "%zu.%zu.down" },
                      *const after[] = { "%zu.ln", "%zu.back", "%zu.back.norm", "%zu.fuse", "%zu.fuse.norm" };
    for (size_t i = 0; i < HYTI_COUNT(before); i++) name(n, before[i], layer, 0);
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < HYTI_COUNT(inner); i++) name(n, inner[i], layer, b);
    for (size_t i = 0; i < HYTI_COUNT(after); i++) name(n, after[i], layer, 0);
}

static void name_all(const size_t *levels, names *n)
{
    n->count = 0;
    name(n, "stem", 0, 0);
    name(n, "stem.norm", 0, 0);
    for (size_t k = 0; k < 5; k++) {
        size_t blocks = k ? levels[k - 1] + 1 : 1;
        for (size_t i = 0; i < (k == 1 ? blocks : 1); i++) name_residual(n, k, i, levels[4 + k] > 0);
        if (k >= 2) name_attention(n, k, blocks);
    }
    name(n, "head", 0, 0);
    name(n, "head.norm", 0, 0);
    name(n, "classes", 0, 0);
}

static const hyti_node *layer_of(const hyt_graph *graph, size_t number)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i].n_parameters > 0 && number-- == 0) return &graph->nodes[i];
    fail_msg("the network has fewer layers");
    return NULL;
}

/* Where channel `at` of `count` lies among `most`, both in `pieces` equal pieces. */
static size_t channel_in(size_t at, size_t count, size_t most, size_t pieces)
{
    return at / (count / pieces) * (most / pieces) + at % (count / pieces);
}

static bool ends_in(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void check_parameter(const char *layer, const hyti_parameter *small, const hyti_parameter *large)
{
    size_t outputs = small->dims.size[0], inputs = small->dims.rank > 1 ? small->dims.size[1] : 1;
    size_t taps = small->count / outputs / inputs, most = small->dims.rank > 1 ? large->dims.size[1] : 1;
    for (size_t at = 0; at < small->count; at++) {
        size_t o = channel_in(at / taps / inputs, outputs, large->dims.size[0], ends_in(layer, "qkv") ? 3 : 1);
        size_t i = channel_in(at / taps % inputs, inputs, most, ends_in(layer, "fuse") && inputs > 1 ? 2 : 1);
        float there = large->data[(o * most + i) * taps + at % taps];
        if (small->data[at] != there) fail_msg("%s (%s), value %zu", layer, small->name, at);
    }
}

/* Every trained value is the one that the space says it is. */
static void check_slice(const size_t *levels, const hyt_graph *small, const hyt_graph *large)
{
    names mine, theirs;
    name_all(levels, &mine);
    name_all(highest, &theirs);
    for (size_t i = 0; i < mine.count; i++) {
        size_t k = 0;
        while (k < theirs.count && strcmp(mine.list[i], theirs.list[k]) != 0) k++;
        assert_true(k < theirs.count);
        const hyti_node *x = layer_of(small, i), *y = layer_of(large, k);
        assert_int_equal(x->op, y->op);
        for (size_t p = 0; p < x->n_parameters; p++)
            if (hyti_role_is_trained(small->parameters[x->parameters[p]].role))
                check_parameter(mine.list[i], &small->parameters[x->parameters[p]],
                                &large->parameters[y->parameters[p]]);
    }
}

static hyt_dataset *shapes(size_t count)
{
    hyt_dataset *dataset = NULL;
    MUST(hyt_dataset_create_shapes(NULL, count, INPUT, 1, 0, &dataset));
    return dataset;
}

static hyti_train_params params_of(int64_t threads)
{
    hyti_train_params params;
    hyt_options *options = NULL;
    MUST(hyt_train_options_create(NULL, &options));
    MUST(hyt_options_set_int(options, HYT_TRAIN_BATCH, 4));
    MUST(hyt_options_set_int(options, HYT_TRAIN_EPOCHS, 1));
    MUST(hyt_options_set_int(options, HYT_TRAIN_THREADS, threads));
    MUST(hyti_options_read(options, &hyti_train_table, &params));
    hyt_options_destroy(options);
    return params;
}

/* The largest network with weights and a normalisation. */
static hyt_graph *largest_of(hyt_space *space)
{
    static const float mean[] = { 0.4f, 0.5f, 0.6f }, deviation[] = { 0.2f, 0.25f, 0.3f };
    hyt_graph *graph = NULL;
    MUST(decode(space, highest, &graph));
    MUST(hyt_graph_initialise(graph, 3));
    MUST(hyt_graph_set_normalisation(graph, mean, deviation));
    for (size_t i = 0; i < graph->n_parameters; i++) { /* norms and biases too are told apart */
        hyti_parameter *p = &graph->parameters[i];
        for (size_t k = 0; k < p->count && p->role != HYTI_ROLE_WEIGHT; k++) p->data[k] += (float)(k % 97) / 1024;
    }
    return graph;
}

/* One pixel of the stem's convolution, 3x3 with stride 2. */
static double stem_at(const float *picture, const float *kernel, size_t y, size_t x)
{
    double sum = 0;
    for (size_t c = 0; c < 3; c++)
        for (size_t dy = 0; dy < 3; dy++)
            for (size_t dx = 0; dx < 3; dx++) {
                size_t row = 2 * y + dy, column = 2 * x + dx; /* one too far: padding */
                if (row < 1 || column < 1 || row > INPUT || column > INPUT) continue;
                sum += (double)picture[((row - 1) * INPUT + column - 1) * 3 + c] * kernel[(c * 3 + dy) * 3 + dx];
            }
    return sum;
}

/* Mean over batches of 4 pictures of their mean and unbiased variance. */
static void check_stem_statistics(const hyt_graph *graph, const hyt_dataset *dataset)
{
    const hyti_augment plain = { .mean = { 0.4f, 0.5f, 0.6f }, .inverse = { 1 / 0.2f, 1 / 0.25f, 1 / 0.3f } };
    const hyti_node *stem = layer_of(graph, 0), *norm = layer_of(graph, 1);
    static float picture[INPUT * INPUT * 3];
    double means = 0, variances = 0, n = 4 * INPUT * INPUT / 4;
    for (size_t batch = 0; batch < PICTURES / 4; batch++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < 4; i++) {
            MUST(hyti_data_picture(dataset, batch * 4 + i, &plain, 0, 0, picture));
            for (size_t at = 0; at < INPUT * INPUT / 4; at++) {
                double v = stem_at(picture, graph->parameters[stem->parameters[0]].data + 5 * 27, at / (INPUT / 2),
                                   at % (INPUT / 2));
                sum += v;
                squares += v * v;
            }
        }
        means += sum / n / (PICTURES / 4.0);
        variances += (squares - sum * sum / n) / (n - 1) / (PICTURES / 4.0);
    }
    CHECK_NEAR(graph->parameters[norm->parameters[2]].data[5], means, 1e-5 * (1 + fabs(means)));
    CHECK_NEAR(graph->parameters[norm->parameters[3]].data[5], variances, 1e-5 * (1 + variances));
}

static void slices_are_what_the_space_says(void **state)
{
    (void)state;
    static const size_t lowest[GENES] = { 0 };
    const size_t *const all[] = { lowest, middle, highest };
    const hyti_train_params params = params_of(1);
    hyt_space *space = hytnas();
    hyt_graph *large = largest_of(space);
    hyt_dataset *dataset = shapes(PICTURES);
    hyti_store store;
    MUST(hyti_store_init(&store, large));
    for (size_t i = 0; i < HYTI_COUNT(all); i++) {
        hyt_graph *small = NULL;
        MUST(decode(space, all[i], &small));
        MUST(hyti_store_cut(&store, &params, dataset, 1000, small));
        check_slice(all[i], small, large);
        check_stem_statistics(small, dataset);
        assert_memory_equal(small->mean, large->mean, 3 * sizeof(float));
        hyt_graph_destroy(small);
    }
    hyti_store_clear(&store);
    hyt_dataset_destroy(dataset);
    hyt_graph_destroy(large);
    hyt_space_destroy(space);
}

static hyt_status draw(const void *user, size_t step, size_t number, hyt_graph **out)
{
    hyt_space *space = (hyt_space *)user;
    hyt_candidate *candidate = NULL;
    HYTI_TRY(hyt_candidate_sample(space, 7, step * HYTI_SUPERNET_MEMBERS + number, &candidate));
    hyt_status status = hyt_candidate_decode(candidate, INPUT, CLASSES, out);
    hyt_candidate_destroy(candidate);
    return status;
}

static double learn(const void *user, size_t index, const float *output, double weight, float *gradient)
{
    const hyt_trainer *t = user;
    return t->goal.task->loss(&t->goal, t->targets + index * t->target_size, output, weight, gradient);
}

/* Adds the gradient of member `number`, from its own network, to `sum`, and to `part` 1 where it has a weight. */
static void add_member(hyt_space *space, const hyt_trainer *large, const float *pictures, size_t number, float *sum,
                       float *part)
{
    hyt_graph *graph = NULL;
    hyti_tape tape;
    hyti_net_f32 net;
    hyti_slice slice;
    const hyti_loss_f32 loss = { learn, large };
    MUST(draw(space, 0, number, &graph));
    MUST(hyti_tape_build(NULL, graph, 4, &tape));
    MUST(hyti_net_init_f32(&net, NULL, &tape, &large->ops, NULL));
    MUST(hyti_slice_init(&slice, NULL, &tape, &large->tape));
    hyti_slice_gather(&slice, NULL, large->net.weights, net.weights);
    hyti_net_pack_f32(&net);
    hyti_net_forward_f32(&net, pictures, 4, true);
    assert_true(hyti_net_backward_f32(&net, &loss) > 0);
    hyti_slice_scatter(&slice, NULL, &net, sum);
    for (size_t i = 0; i < net.parts * tape.n_trained; i++) net.slots[i] = 1 / (float)net.parts;
    hyti_slice_scatter(&slice, NULL, &net, part);
    hyti_slice_clear(&slice);
    hyti_net_clear_f32(&net);
    hyti_tape_clear(&tape);
    hyt_graph_destroy(graph);
}

/* The first step of AdamW goes as far along every weight; what no network of the step has does not move, but for the
 * decay of columns between two that some has. */
static void check_moves(const hyti_train_params *params, size_t count, const float *before, const float *after,
                        const float *gradient, const float *part)
{
    double rate = params->rate, shrink = rate * params->weight_decay;
    size_t still = 0, moved = 0;
    for (size_t i = 0; i < count; i++) {
        double move = (double)after[i] - before[i], decay = shrink * fabs(before[i]) * 1.01 + 1e-7;
        if (part[i] > 0 && fabs(gradient[i]) > 1e-4) {
            if (!(fabs(move + copysign(rate, gradient[i])) <= decay + 0.01 * rate))
                fail_msg("value %zu: moved by %g, gradient %g", i, move, (double)gradient[i]);
            moved++;
        } else if (part[i] == 0) {
            assert_true(fabs(move) <= decay);
            still += after[i] == before[i];
        }
    }
    assert_true(moved > 100 && still > count / 10);
}

/* A step goes along the sum of its networks' gradients. */
static void gradients_are_summed(void **state)
{
    (void)state;
    hyti_train_params params = params_of(2);
    static float pictures[4 * INPUT * INPUT * 3];
    static const uint32_t labels[4] = { 0, 1, 2, 3 };
    hyt_space *space = hytnas();
    hyt_graph *graph = largest_of(space);
    hyti_supernet *supernet = NULL;
    params.rate = 1e-3;
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < HYTI_COUNT(pictures); i++) pictures[i] = (float)hyti_rng_normal(&rng);
    MUST(hyti_supernet_create(graph, &params, draw, space, &supernet));
    hyt_trainer *t = hyti_supernet_trainer(supernet);
    size_t count = t->tape.n_trained;
    float *before = calloc(count, sizeof *before), *sum = calloc(count, sizeof *sum),
          *part = calloc(count, sizeof *part);
    memcpy(before, t->net.weights, count * sizeof *before);
    for (size_t i = 0; i < 4; i++)
        hyti_class_target(&t->goal, labels[i], (float *)(void *)(t->targets + i * t->target_size));
    for (size_t i = 0; i < HYTI_SUPERNET_MEMBERS; i++) add_member(space, t, pictures, i, sum, part);
    MUST(hyt_trainer_step(t, pictures, labels, 4, NULL));
    check_moves(&params, count, before, t->net.weights, sum, part);
    free(before);
    free(sum);
    free(part);
    hyti_supernet_destroy(supernet);
    hyt_graph_destroy(graph);
    hyt_space_destroy(space);
}

static hyt_graph *trained_with(hyt_space *space, const hyt_dataset *dataset, int64_t threads)
{
    const hyti_train_params params = params_of(threads);
    hyt_graph *graph = NULL, *trained = NULL;
    hyti_supernet *supernet = NULL;
    MUST(decode(space, highest, &graph));
    MUST(hyti_supernet_create(graph, &params, draw, space, &supernet));
    MUST(hyt_trainer_fit(hyti_supernet_trainer(supernet), dataset, NULL, NULL, NULL, NULL));
    MUST(hyti_supernet_network(supernet, &trained));
    hyti_supernet_destroy(supernet);
    hyt_graph_destroy(graph);
    return trained;
}

/* Weights, and slices with their statistics. */
static void threads_change_nothing(void **state)
{
    (void)state;
    hyt_space *space = hytnas();
    hyt_dataset *dataset = shapes(PICTURES);
    hyt_graph *trained[2], *cut[2] = { NULL, NULL };
    for (size_t i = 0; i < 2; i++) {
        const hyti_train_params params = params_of((int64_t)i + 1);
        hyti_store store;
        trained[i] = trained_with(space, dataset, params.threads);
        MUST(hyti_store_init(&store, trained[i]));
        MUST(decode(space, middle, &cut[i]));
        MUST(hyti_store_cut(&store, &params, dataset, 7, cut[i]));
        hyti_store_clear(&store);
    }
    for (size_t i = 0; i < trained[0]->n_parameters; i++)
        assert_memory_equal(trained[0]->parameters[i].data, trained[1]->parameters[i].data,
                            trained[0]->parameters[i].count * sizeof(float));
    for (size_t i = 0; i < cut[0]->n_parameters; i++)
        assert_memory_equal(cut[0]->parameters[i].data, cut[1]->parameters[i].data,
                            cut[0]->parameters[i].count * sizeof(float));
    for (size_t i = 0; i < 2; i++) {
        hyt_graph_destroy(trained[i]);
        hyt_graph_destroy(cut[i]);
    }
    hyt_dataset_destroy(dataset);
    hyt_space_destroy(space);
}

static void what_is_no_slice_is_refused(void **state)
{
    (void)state;
    const hyti_train_params params = params_of(1);
    hyt_space *space = hytnas();
    hyt_graph *small = NULL, *large = NULL, *foreign = NULL;
    hyt_dataset *dataset = shapes(4);
    hyti_store store;
    MUST(decode(space, middle, &small));
    MUST(decode(space, highest, &large));
    CHECK_STATUS(hyti_store_init(&store, small), HYT_ERR_STATE);
    CHECK_MESSAGE("is not set");
    MUST(hyt_graph_initialise(small, 0));
    MUST(hyti_store_init(&store, small));
    CHECK_STATUS(hyti_store_cut(&store, &params, dataset, 4, large), HYT_ERR_UNSUPPORTED);
    CHECK_MESSAGE("is no slice");
    hyt_value x;
    MUST(hyt_graph_create(NULL, "foreign", &foreign));
    MUST(hyt_graph_input(foreign, 3, INPUT, INPUT, &x));
    MUST(hyt_graph_global_pool(foreign, x, &x));
    MUST(hyt_graph_linear(foreign, x, CLASSES, 1, &x));
    CHECK_STATUS(hyti_store_cut(&store, &params, dataset, 4, foreign), HYT_ERR_UNSUPPORTED);
    CHECK_MESSAGE("nothing there plays its part");
    hyti_store_clear(&store);
    hyt_graph_destroy(foreign);
    hyt_graph_destroy(small);
    hyt_graph_destroy(large);
    hyt_dataset_destroy(dataset);
    hyt_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_what_the_space_says), cmocka_unit_test(gradients_are_summed),
        cmocka_unit_test(threads_change_nothing), cmocka_unit_test(what_is_no_slice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
