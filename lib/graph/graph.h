/* SPDX-License-Identifier: MIT */
/* What a graph is made of, for the layers that execute, train and store it. */
#ifndef HYTI_GRAPH_GRAPH_H
#define HYTI_GRAPH_GRAPH_H

#include "base/heap.h"
#include <hytnas/graph.h>

/* What a parameter is; decides its initial value and whether it is trained and decayed. */
typedef enum hyti_role {
    HYTI_ROLE_WEIGHT = 0,   /* convolution [out, in / groups, kh, kw], linear [out, in] */
    HYTI_ROLE_BIAS = 1,
    HYTI_ROLE_SCALE = 2,    /* batch or layer norm */
    HYTI_ROLE_SHIFT = 3,
    HYTI_ROLE_MEAN = 4,     /* running statistics of a batch norm: not trained, not counted */
    HYTI_ROLE_VARIANCE = 5
} hyti_role;

typedef struct hyti_parameter {
    hyti_role role;
    hyt_value node;     /* whose it is */
    hyt_dims dims;
    size_t count;       /* product of dims */
    float *data;        /* NULL until set; hyti_alloc_aligned */
    char name[32];
} hyti_parameter;

#define HYTI_MAX_OWN 4 /* parameters of one operation */

/* Attributes that an operation does not have are 0. */
typedef struct hyti_node {
    hyt_op op;
    hyt_value *inputs;       /* n_inputs of them, each below this node's own number */
    size_t n_inputs;
    size_t parameters[HYTI_MAX_OWN]; /* places in graph->parameters, in order of role */
    size_t n_parameters;
    size_t kernel[2], stride[2], pad[4] /* top, left, bottom, right */, dilation[2], groups; /* CONV */
    size_t heads;            /* ATTENTION */
    size_t patch;            /* UNFOLD, FOLD */
    size_t axis;             /* CONCAT */
    size_t height, width;    /* RESIZE, FOLD: of the result */
    double epsilon;          /* BATCH_NORM, LAYER_NORM: 1e-5 */
    hyt_dims dims;           /* of the result, batch 1 */
    bool picture;            /* N,C,H,W; else rows: N,P,T,D or N,C */
    size_t uses;             /* operations that read the result */
} hyti_node;

/* What the shapes may come to, so that no sum or product of theirs overflows. */
#define HYTI_MAX_NODES 16384
#define HYTI_MAX_OPERANDS 262144            /* of all nodes: a small deflated file may claim many more */
#define HYTI_MAX_VALUES ((uint64_t)1 << 36) /* of a tensor, for batch 1 */
#define HYTI_MAX_MACS ((uint64_t)1 << 46)   /* of an operation */
#define HYTI_MAX_SIDE ((size_t)1 << 31)     /* any dimension or attribute */

/* Operands of all nodes, in blocks that never move. */
typedef struct hyti_operands {
    struct hyti_operands *next;
    size_t used, capacity;
    hyt_value values[];
} hyti_operands;

struct hyt_graph {
    hyti_ref ref;
    hyt_context *context;
    char *name;
    hyti_node *nodes;
    size_t n_nodes, node_capacity;
    size_t n_operands;             /* of all nodes */
    hyti_parameter *parameters;
    size_t n_parameters, parameter_capacity;
    hyti_operands *operands;
    hyt_value input, output;       /* HYTI_NO_VALUE until there */
    bool normalised;
    size_t channels;               /* of the input, length of the two below */
    float *mean, *deviation;
};
#define HYTI_NO_VALUE ((hyt_value)-1)

/* One node with any attributes (square or not, any padding): checks everything, infers dims, makes its parameters.
 * `draft` gives op, inputs (copied), n_inputs and attributes; with_bias for CONV and LINEAR; features: output channels
 * of CONV and LINEAR. What the typed public calls and every reader of files go through. */
hyt_status hyti_graph_append(hyt_graph *graph, const hyti_node *draft, size_t features, bool with_bias, hyt_value *out);
/* Dims of a value at a batch size: axis 0 multiplied. */
hyt_dims hyti_graph_dims_at(const hyt_graph *graph, hyt_value value, size_t batch);
/* Number of later operations that read a value (the output counts one more). */
size_t hyti_graph_uses(const hyt_graph *graph, hyt_value value);
bool hyti_op_is_activation(hyt_op op);
hyt_context *hyti_graph_context(const hyt_graph *graph);
/* Whether inference folds this batch norm into the convolution before it, which nothing else reads. */
bool hyti_graph_folds(const hyt_graph *graph, hyt_value value);
/* Convolution, batch norm and `act` (HYT_OP_INPUT: none); all or nothing. */
hyt_status hyti_graph_conv_norm(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel, size_t stride,
                                size_t groups, hyt_op act, hyt_value *out);
/* Rounded to a multiple of 8, at least 8, not below 0.9 of it (MobileNetV2). */
size_t hyti_divisible(double channels);
/* Takes back what was appended after the graph had `nodes` nodes. */
void hyti_graph_cut(hyt_graph *graph, size_t nodes);
/* A convolution with one channel a group and as many outputs as inputs. */
bool hyti_node_is_depthwise(const hyt_graph *graph, const hyti_node *node);

#endif
