/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zero-shot proxies: what a network says of itself before it is trained. More is better in all of them. Each follows
 * from the network, the seed and a few training pictures alone, whatever the threads. */
#ifndef HYTI_EVALUATE_PROXY_H
#define HYTI_EVALUATE_PROXY_H

#include "graph/graph.h"
#include "train/train.h"

typedef enum hyti_proxy {
    HYTI_PROXY_ZEN, HYTI_PROXY_NASWOT, HYTI_PROXY_SYNFLOW, HYTI_PROXY_SNIP, HYTI_PROXY_GRADNORM, HYTI_PROXY_LOGDET,
    HYTI_PROXY_COUNT
} hyti_proxy;

typedef struct hyti_proxy_work {
    const hyti_train_params *params; /* task, seed, threads, smoothing */
    const hyt_dataset *train;
    size_t pictures;                 /* that lie evenly over it; all if it has fewer */
} hyti_proxy_work;

/* Weights that the graph has stay (but of zen and synflow, which have their own), the others are drawn from the seed.
 * HYT_ERR_NUMERIC where the value is not finite, HYT_ERR_UNSUPPORTED where the network has nothing to look at. */
hyt_status hyti_proxy_measure(hyti_proxy proxy, const hyt_graph *graph, const hyti_proxy_work *work, double *value);

/* Of naswot: `count` codes of `bits`, 64 a word, `words` words each: adds bits - Hamming distance to K, count x count,
 * the lower triangle column by column. */
void hyti_naswot_add(size_t count, size_t bits, const uint64_t *codes, size_t words, double *kernel);
/* log det K of a symmetric matrix that may be singular: where it is, 1e-10, 1e-9, ... of the mean of its diagonal is
 * added to the diagonal until it is not. */
hyt_status hyti_proxy_logdet(hyt_context *context, size_t n, const double *kernel, double *value);
/* The coding rate of n rows of d values. */
hyt_status hyti_coding_rate(hyt_context *context, size_t n, size_t d, const float *rows, double *value);
/* In float64, with weights of its own. */
hyt_status hyti_synflow(const hyt_graph *graph, uint64_t seed, double *value);

#endif
