/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small fully connected networks in single precision, a block of rows at a time: what the neural kinds share. A block
 * holds HYTI_NET_BLOCK rows feature by feature, so that every loop over the rows is one of fixed length without a
 * dependence, and ends with a feature that is 1, which stands for the bias. */
#ifndef HYTI_SURROGATE_NET_H
#define HYTI_SURROGATE_NET_H

#include "surrogate/columns.h"

enum { HYTI_NET_BLOCK = 32 };

/* `layers` hidden layers of `width` units, each x / sqrt(1 + x^2), and one output, which also sees the features: what
 * is linear need not be learnt by the units. */
typedef struct hyti_net {
    size_t d, width, layers; /* all at least 1 */
} hyti_net;

/* Number of weights; false where it does not fit in memory. */
bool hyti_net_size(const hyti_net *net, size_t *weights);
/* Floats of the values within a network, and of as many slopes. */
size_t hyti_net_room(const hyti_net *net);
/* Units are drawn from a normal of variance 1 / inputs, the output starts at 0. */
void hyti_net_start(const hyti_net *net, hyti_rng *rng, float *weights);
/* `inside`: hyti_net_room() floats, which backward reads again. */
void hyti_net_forward(const hyti_net *net, const float *weights, const float *block, float *inside, float *out);
/* slopes: of the loss by each row's output; gradient: by each weight. room: another hyti_net_room() floats. */
void hyti_net_backward(const hyti_net *net, const float *weights, const float *block, const float *inside,
                       const float *slopes, float *room, float *gradient);

/* out (rows x block) = w (rows x columns) times in (columns x block). */
void hyti_dense_forward(size_t rows, size_t columns, const float *w, const float *in, float *out);
/* in = w' times out, or added to it. */
void hyti_dense_transposed(size_t rows, size_t columns, const float *w, const float *out, float *in, bool add);
/* w = out times in'. */
void hyti_dense_outer(size_t rows, size_t columns, const float *out, const float *in, float *w);
/* v / sqrt(1 + v^2), in place; slopes times its derivative, from its values. */
void hyti_squash(size_t n, float *values);
void hyti_squash_slopes(size_t n, const float *values, float *slopes);

/* Adam (Kingma and Ba, ICLR 2015, algorithm 1) with the decay of weights apart from the gradient (Loshchilov and
 * Hutter, ICLR 2019, algorithm 2). */
typedef struct hyti_adam {
    size_t n, step;
    float *first, *second; /* n moments each, zero at the start */
    float decay;
} hyti_adam;
void hyti_adam_step(hyti_adam *adam, float rate, const float *gradient, float *weights);
/* Cosine from `rate` to 0. */
float hyti_net_rate(double rate, size_t step, size_t steps);

/* Soft threshold: the first layer's weights from features come nearer to 0 by `step`, and stay there. */
void hyti_net_shrink(const hyti_net *net, float step, float *weights);

/* Standardised features of the rows, d each; what is far away stays where single precision bears it. */
void hyti_net_features(const hyti_columns *columns, const double *x, size_t n, double *room, float *out);
/* Fills a block with the listed rows (NULL: the first ones); those missing from a whole block repeat the first. */
void hyti_net_gather(size_t d, const float *features, const uint32_t *list, size_t count, float *block);
/* In random order. */
void hyti_net_shuffle(hyti_rng *rng, uint32_t *list, size_t n);

/* As bytes: float32 values. */
void hyti_net_put(hyti_text *to, const float *values, size_t count);
hyt_status hyti_net_get(hyti_payload *from, const char *what, size_t count, float *out);

#endif
