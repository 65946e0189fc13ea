/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradients of a network's weights against finite differences, in float64. */
#ifndef HYTNAS_TESTS_GRADIENTS_H
#define HYTNAS_TESTS_GRADIENTS_H

#include "train/net_f64.h"
#include "base/rng.h"
#include "test.h"

#define BATCH 10 /* parts of one and of two pictures */
#define CLASSES 3

typedef hyt_status (*middle_fn)(hyt_graph *graph, hyt_value *x);

/* Input, `front`, the operation, `back`: to a row of classes. */
static inline hyt_graph *network(middle_fn front, middle_fn middle, middle_fn back)
{
    hyt_graph *graph = NULL;
    hyt_value x;
    MUST(hyt_graph_create(NULL, "gradients", &graph));
    MUST(hyt_graph_input(graph, 3, 4, 6, &x));
    MUST(front(graph, &x));
    MUST(middle(graph, &x));
    MUST(back(graph, &x));
    return graph;
}

static inline hyt_status picture_front(hyt_graph *graph, hyt_value *x)
{
    return hyt_graph_conv(graph, *x, 4, 3, 1, 1, x);
}

static inline hyt_status picture_back(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_conv(graph, *x, 5, 1, 1, 1, x));
    HYTI_TRY(hyt_graph_activation(graph, *x, HYT_OP_SILU, x)); /* so that the gradient differs from pixel to pixel */
    HYTI_TRY(hyt_graph_global_pool(graph, *x, x));
    return hyt_graph_linear(graph, *x, CLASSES, 1, x);
}

static inline hyt_status token_front(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_conv(graph, *x, 4, 3, 1, 1, x));
    return hyt_graph_unfold(graph, *x, 2, x);
}

static inline hyt_status token_back(hyt_graph *graph, hyt_value *x)
{
    HYTI_TRY(hyt_graph_fold(graph, *x, 4, 6, 2, x));
    return picture_back(graph, x);
}

#define SMOOTHING 0.1

static inline double loss_of(hyti_net_f64 *net, const double *input, const uint32_t *labels)
{
    double output[BATCH * CLASSES], unused[CLASSES], loss = 0;
    hyti_net_pack_f64(net);
    hyti_net_forward_f64(net, input, BATCH, true);
    hyti_net_output_f64(net, output);
    for (size_t i = 0; i < BATCH; i++)
        loss += net->ops->cross_entropy(CLASSES, output + i * CLASSES, labels[i], SMOOTHING, 1, unused) / BATCH;
    return loss;
}

static inline void check_weights(hyti_net_f64 *net, const double *input, const uint32_t *labels)
{
    const hyti_tape *tape = net->tape;
    double *gradient = calloc(tape->n_trained, sizeof *gradient);
    double loss = loss_of(net, input, labels);
    const hyti_label_loss_f64 classes = { net->ops, labels, CLASSES, SMOOTHING };
    const hyti_loss_f64 aim = hyti_loss_of_labels_f64(&classes);
    CHECK_NEAR(hyti_net_backward_f64(net, &aim), loss, 1e-12);
    for (size_t p = 0; p < net->parts; p++)
        for (size_t i = 0; i < tape->n_trained; i++) gradient[i] += net->slots[p * tape->n_trained + i];
    for (size_t w = 0; w < tape->n_weights; w++) {
        for (size_t i = tape->weights[w].offset; i < tape->weights[w].offset + tape->weights[w].count; i++) {
            double own = net->weights[i], step = 1e-5;
            net->weights[i] = own + step;
            double up = loss_of(net, input, labels);
            net->weights[i] = own - step;
            double down = loss_of(net, input, labels), slope = (up - down) / (2 * step);
            net->weights[i] = own;
            if (!(fabs(slope - gradient[i]) <= 1e-8 + 1e-6 * fabs(slope)))
                fail_msg("%s[%zu]: gradient %.12g, finite difference %.12g",
                         tape->graph->parameters[tape->weights[w].parameter].name, i - tape->weights[w].offset,
                         gradient[i], slope);
        }
    }
    free(gradient);
}

static inline void randomise(double *values, size_t count, uint64_t seed)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < count; i++) values[i] = 0.5 * hyti_rng_normal(&rng);
}

static inline void check_graph(hyt_graph *graph)
{
    hyti_tape tape;
    hyti_ops_f64 ops;
    hyti_net_f64 net;
    size_t pixels = BATCH * 3 * 4 * 6;
    double *input = malloc(pixels * sizeof *input);
    uint32_t labels[BATCH];
    for (size_t i = 0; i < BATCH; i++) labels[i] = i % CLASSES;
    MUST(hyt_graph_initialise(graph, 1));
    MUST(hyti_tape_build(NULL, graph, BATCH, &tape));
    hyti_ops_init_f64(&ops);
    MUST(hyti_net_init_f64(&net, NULL, &tape, &ops, NULL));
    hyti_net_read_f64(&net, graph);
    randomise(net.weights, tape.n_trained, 2);
    randomise(input, pixels, 3);
    check_weights(&net, input, labels);
    hyti_net_clear_f64(&net);
    hyti_tape_clear(&tape);
    free(input);
    hyt_graph_destroy(graph);
}

static inline void check_on_picture(middle_fn middle) { check_graph(network(picture_front, middle, picture_back)); }
static inline void check_on_tokens(middle_fn middle) { check_graph(network(token_front, middle, token_back)); }

static inline hyt_status nothing(hyt_graph *graph, hyt_value *x)
{
    (void)graph;
    (void)x;
    return HYT_OK;
}

#endif
