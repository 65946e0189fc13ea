/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small network and pictures that it learns within a few steps, for the tests of training. */
#ifndef HYTNAS_TESTS_TRAIN_SMALL_H
#define HYTNAS_TESTS_TRAIN_SMALL_H

#include "base/rng.h"
#include "test.h"
#include "train/trainer.h"

#define SIDE 16
#define CLASSES 2

/* Every operation of the search space, patches that do not divide the picture included. */
static inline hyt_status make_graph(hyt_context *context, hyt_graph **out)
{
    hyt_value x;
    HYTI_TRY(hyt_graph_create(context, "small", out));
    HYTI_TRY(hyt_graph_input(*out, 3, SIDE, SIDE, &x));
    HYTI_TRY(hyti_graph_conv_norm(*out, x, 8, 3, 2, 1, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_inverted_residual(*out, x, 8, 1, 2, HYT_OP_RELU6, &x));
    HYTI_TRY(hyt_graph_mobilevit(*out, x, 8, 12, 2, 1, 3, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_global_pool(*out, x, &x));
    return hyt_graph_linear(*out, x, CLASSES, 1, &x);
}

static inline hyt_graph *small_graph(void)
{
    hyt_graph *graph = NULL;
    MUST(make_graph(NULL, &graph));
    return graph;
}

/* Bright or dark at the left, over noise: learned within a few steps. */
static inline hyt_status make_data(hyt_context *context, size_t count, uint64_t seed, hyt_dataset **out)
{
    uint8_t *pictures = malloc(count * SIDE * SIDE * 3);
    uint32_t *labels = malloc(count * sizeof *labels);
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 1);
    for (size_t i = 0; i < count; i++) {
        labels[i] = i % 2;
        for (size_t k = 0; k < SIDE * SIDE * 3; k++)
            pictures[i * SIDE * SIDE * 3 + k] =
                (uint8_t)(hyti_rng_below(&rng, 128) + (k / 3 % SIDE < SIDE / 2 && labels[i] ? 127 : 0));
    }
    hyt_status status = hyt_dataset_create(context, pictures, labels, count, SIDE, SIDE, CLASSES, out);
    free(pictures);
    free(labels);
    return status;
}

static inline hyt_dataset *toy(size_t count, uint64_t seed)
{
    hyt_dataset *dataset = NULL;
    MUST(make_data(NULL, count, seed, &dataset));
    return dataset;
}

/* "key", "value", ..., NULL */
static inline hyt_options *options_of(const char *const *settings)
{
    hyt_options *options = NULL;
    MUST(hyt_train_options_create(NULL, &options));
    for (size_t i = 0; settings && settings[i]; i += 2)
        MUST(hyt_options_set_text(options, settings[i], settings[i + 1]));
    return options;
}

static inline hyt_trainer *trainer_of(const hyt_graph *graph, const char *const *settings)
{
    hyt_trainer *trainer = NULL;
    hyt_options *options = options_of(settings);
    MUST(hyt_trainer_create(graph, options, &trainer));
    hyt_options_destroy(options);
    return trainer;
}
#define SET(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A trainer of the small network and pictures for it, of a heap that may fail: to be closed also where it does. */
typedef struct small_training {
    hyt_graph *graph;
    hyt_dataset *train;
    hyt_trainer *trainer;
} small_training;

static inline hyt_status small_training_open(hyt_context *context, const char *const *settings, small_training *s)
{
    hyt_options *options = NULL;
    *s = (small_training){ NULL, NULL, NULL };
    HYTI_TRY(make_graph(context, &s->graph));
    HYTI_TRY(hyt_graph_initialise(s->graph, 1));
    HYTI_TRY(make_data(context, 4, 1, &s->train));
    HYTI_TRY(hyt_train_options_create(context, &options));
    hyt_status status = HYT_OK;
    for (size_t i = 0; settings[i] && status == HYT_OK; i += 2)
        status = hyt_options_set_text(options, settings[i], settings[i + 1]);
    if (status == HYT_OK) status = hyt_trainer_create(s->graph, options, &s->trainer);
    hyt_options_destroy(options);
    return status;
}

static inline void small_training_close(small_training *s)
{
    hyt_trainer_destroy(s->trainer);
    hyt_dataset_destroy(s->train);
    hyt_graph_destroy(s->graph);
}

static inline void random_batch(float *pictures, uint32_t *labels, size_t count, uint64_t seed)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 2);
    for (size_t i = 0; i < count * SIDE * SIDE * 3; i++) pictures[i] = (float)hyti_rng_normal(&rng);
    for (size_t i = 0; i < count; i++) labels[i] = (uint32_t)hyti_rng_below(&rng, CLASSES);
}

/* What it has learned; the trainer is destroyed. */
static inline hyt_graph *network_of(hyt_trainer *trainer)
{
    hyt_graph *network = NULL;
    MUST(hyt_trainer_network(trainer, &network));
    hyt_trainer_destroy(trainer);
    return network;
}

/* The network after `steps` steps on one batch. */
static inline hyt_graph *stepped(const hyt_graph *graph, size_t steps, const char *const *settings)
{
    static float pictures[8 * SIDE * SIDE * 3];
    uint32_t labels[8];
    hyt_trainer *trainer = trainer_of(graph, settings);
    random_batch(pictures, labels, 8, 3);
    for (size_t i = 0; i < steps; i++) MUST(hyt_trainer_step(trainer, pictures, labels, 8, NULL));
    return network_of(trainer);
}

/* An epoch callback. */
static inline int stop_at_once(void *user, size_t epoch, double loss, double accuracy)
{
    (void)user, (void)epoch, (void)loss, (void)accuracy;
    return HYT_STOP;
}

/* The parameter that is not the same in both, bit for bit; as many as there are: none. */
static inline size_t first_difference(const hyt_graph *a, const hyt_graph *b)
{
    size_t i = 0;
    while (i < a->n_parameters &&
           memcmp(a->parameters[i].data, b->parameters[i].data, a->parameters[i].count * sizeof(float)) == 0)
        i++;
    return i;
}

static inline void check_same_weights(const hyt_graph *a, const hyt_graph *b)
{
    size_t i = first_difference(a, b);
    if (i < a->n_parameters) fail_msg("%s differs", a->parameters[i].name);
}

static inline bool same_weights(const hyt_graph *a, const hyt_graph *b)
{
    return first_difference(a, b) == a->n_parameters;
}

#endif
