/* SPDX-License-Identifier: MIT */
/* What an operation will be, before anything of the graph is touched; shapes are inferred on it. */
#ifndef HYTI_GRAPH_DRAFT_H
#define HYTI_GRAPH_DRAFT_H

#include "graph/graph.h"

typedef struct hyti_draft {
    const hyt_graph *graph;
    const hyti_node *wanted; /* as asked for */
    hyti_node node;          /* starts with the shape of the first operand */
    const hyti_node *first;  /* its first operand; NULL for an input or a constant */
    size_t features;
    bool with_bias;
    size_t work;             /* multiply-accumulates for one value of the result; 0: none */
    hyti_parameter parameters[HYTI_MAX_OWN];
} hyti_draft;

/* "conv after value 12: <what is wrong>" */
hyt_status hyti_refuse(hyt_status status, const hyti_draft *d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
hyt_status hyti_check_range(const hyti_draft *d, const char *what, size_t value, size_t low);
/* One of 0 and 1. */
hyt_status hyti_check_flag(const hyti_draft *d, const char *what, size_t value);
hyt_status hyti_need_picture(const hyti_draft *d);
hyt_status hyti_need_rows(const hyti_draft *d, size_t low, size_t high);
/* Axes but the batch, from `low` on. */
hyt_status hyti_check_axis(const hyti_draft *d, size_t low);
const hyti_node *hyti_operand(const hyti_draft *d, size_t index);
/* Counted and named later. */
void hyti_add_parameter(hyti_draft *d, hyti_role role, hyt_dims dims);

static inline hyt_dims hyti_dims1(size_t a) { return (hyt_dims){ 1, { a } }; }
static inline hyt_dims hyti_dims2(size_t a, size_t b) { return (hyt_dims){ 2, { a, b } }; }
static inline hyt_dims hyti_dims4(size_t a, size_t b, size_t c, size_t d) { return (hyt_dims){ 4, { a, b, c, d } }; }
static inline size_t hyti_last(const hyt_dims *dims) { return dims->size[dims->rank - 1]; }

/* infer_picture.c */
hyt_status hyti_infer_input(hyti_draft *d);
hyt_status hyti_infer_conv(hyti_draft *d);
hyt_status hyti_infer_conv_transpose(hyti_draft *d);
hyt_status hyti_infer_batch_norm(hyti_draft *d);
hyt_status hyti_infer_pool(hyti_draft *d);
hyt_status hyti_infer_global_pool(hyti_draft *d);
hyt_status hyti_infer_pad(hyti_draft *d);
hyt_status hyti_infer_resize(hyti_draft *d);
hyt_status hyti_infer_unfold(hyti_draft *d);
hyt_status hyti_infer_fold(hyti_draft *d);

/* infer_rows.c */
hyt_status hyti_infer_linear(hyti_draft *d);
hyt_status hyti_infer_layer_norm(hyti_draft *d);
hyt_status hyti_infer_softmax(hyti_draft *d);
hyt_status hyti_infer_matmul(hyti_draft *d);
hyt_status hyti_infer_attention(hyti_draft *d);
hyt_status hyti_infer_mean(hyti_draft *d);
hyt_status hyti_infer_same(hyti_draft *d);
hyt_status hyti_infer_broadcast(hyti_draft *d);
hyt_status hyti_infer_concat(hyti_draft *d);
hyt_status hyti_infer_constant(hyti_draft *d);
hyt_status hyti_infer_reshape(hyti_draft *d);
hyt_status hyti_infer_transpose(hyti_draft *d);
hyt_status hyti_infer_slice(hyti_draft *d);

#endif
