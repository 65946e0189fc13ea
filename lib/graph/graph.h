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
    HYTI_ROLE_VARIANCE = 5,
    HYTI_ROLE_CONSTANT = 6, /* trained */
    HYTI_ROLE_FIXED = 7     /* a constant of given values: not trained, not counted, not initialised */
} hyti_role;

typedef struct hyti_parameter {
    hyti_role role;
    hyt_value node;     /* whose it is */
    hyt_dims dims;
    size_t count;       /* product of dims */
    float *data;        /* NULL until set; hyti_alloc_aligned */
    bool shared;        /* data lies in the graph's block of weights or in the file's bytes that it keeps */
    float *scales;      /* WEIGHT: of each output channel in int8; NULL: none */
    int32_t *exact;     /* BIAS of an int8 layer: its whole numbers, which float32 may lose beyond 2^24; NULL: none */
    char name[40];
} hyti_parameter;

#define HYTI_MAX_OWN 4 /* parameters of one operation */

/* Attributes that an operation does not have are 0. */
typedef struct hyti_node {
    hyt_op op;
    hyt_value *inputs;       /* n_inputs of them, each below this node's own number */
    size_t n_inputs;
    size_t parameters[HYTI_MAX_OWN]; /* places in graph->parameters, in order of role */
    size_t n_parameters;
    size_t kernel[2], stride[2]; /* CONV, CONV_TRANSPOSE, pools */
    size_t pad[4];           /* these and PAD: top, left, bottom, right */
    size_t dilation[2];      /* CONV; 1 elsewhere */
    size_t groups;           /* CONV, CONV_TRANSPOSE */
    size_t output_pad[2];    /* CONV_TRANSPOSE */
    size_t counted;          /* AVERAGE_POOL: whether padding counts */
    size_t heads;            /* ATTENTION */
    size_t patch;            /* UNFOLD, FOLD */
    size_t windows_first;    /* the same: N,patches,p*p,C; else N,p*p,patches,C */
    size_t axis;             /* CONCAT, SLICE, MEAN */
    size_t begin, end, step; /* SLICE */
    size_t kept;             /* MEAN: whether the axis stays */
    size_t height, width;    /* RESIZE, FOLD: of the result */
    size_t mode;             /* RESIZE: hyt_resize_mode */
    size_t transposed;       /* MATMUL: the right operand is ...,N,K */
    size_t order[HYT_MAX_RANK]; /* TRANSPOSE */
    size_t as_picture;       /* RESHAPE, TRANSPOSE, CONSTANT: the result is N,C,H,W */
    size_t trained;          /* CONSTANT; else its values are given */
    double epsilon;          /* BATCH_NORM, LAYER_NORM: 1e-5 */
    double value;            /* PAD */
    hyt_dims dims;           /* of the result, batch 1; of an INPUT, RESHAPE or CONSTANT also an attribute */
    bool picture;            /* N,C,H,W; else rows: N,P,T,D, N,C, ... */
    bool fixed;              /* made of constants alone: the same for every picture of a batch,
                                which axis 0 leaves out */
    size_t uses;             /* operations that read the result */
    uint64_t place;          /* part that it plays: see hyti_place_within; 0: unknown */
    hyt_precision precision; /* of the result, as what follows */
    bool quantised;
    float scale;             /* real = scale * (stored - zero) */
    int32_t zero;
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
    float *weights;                /* a block that parameters share; NULL: none */
    size_t weights_used, weights_capacity;
    void *kept;                    /* bytes of a file that parameters lie in; NULL: none */
    hyt_value input, output;       /* HYTI_NO_VALUE until there */
    uint64_t place;                /* of the operations that are appended now */
    bool normalised;
    size_t channels;               /* of the input, length of the two below */
    float *mean, *deviation;
};
/* HYT_ERR_ARGUMENT, with the number, for a value or a parameter that does not exist. */
hyt_status hyti_graph_check_value(const hyt_graph *graph, hyt_value value);
hyt_status hyti_graph_check_parameter(const hyt_graph *graph, size_t index);
#define HYTI_NO_VALUE ((hyt_value)-1)

/* One node with any attributes (square or not, any padding): checks everything, infers dims, makes its parameters.
 * `draft` gives op, inputs (copied), n_inputs and attributes; with_bias for CONV, CONV_TRANSPOSE and LINEAR; features:
 * their output channels. What the typed public calls and every reader of files go through. */
hyt_status hyti_graph_append(hyt_graph *graph, const hyti_node *draft, size_t features, bool with_bias, hyt_value *out);
/* Dims of a value at a batch size: axis 0 multiplied, unless it is made of constants alone. */
hyt_dims hyti_graph_dims_at(const hyt_graph *graph, hyt_value value, size_t batch);
/* Number of later operations that read a value (the output counts one more). */
size_t hyti_graph_uses(const hyt_graph *graph, hyt_value value);
bool hyti_op_is_activation(hyt_op op);
bool hyti_role_is_trained(hyti_role role);
hyt_context *hyti_graph_context(const hyt_graph *graph);
/* Networks of one space have blocks that play the same part, whatever else they have: who builds them sets graph->place
 * to number `i` (below 31) of the parts that `place` is made of. Operations of equal place follow each other in the
 * same order in all these networks. Copies keep it, files do not. */
static inline uint64_t hyti_place_within(uint64_t place, size_t i) { return place * 32 + i + 1; }
/* Whether inference folds this batch norm into the convolution before it, which nothing else reads. */
bool hyti_graph_folds(const hyt_graph *graph, hyt_value value);
/* Convolution, batch norm and `act` (HYT_OP_INPUT: none); all or nothing. */
hyt_status hyti_graph_conv_norm(hyt_graph *graph, hyt_value input, size_t channels, size_t kernel, size_t stride,
                                size_t groups, hyt_op act, hyt_value *out);
/* Rounded to a multiple of 8, at least 8, not below 0.9 of it (MobileNetV2). */
size_t hyti_divisible(double channels);
/* Takes back what was appended after the graph had `nodes` nodes. */
void hyti_graph_cut(hyt_graph *graph, size_t nodes);
/* Releases what belongs to a parameter. */
void hyti_parameter_clear(hyt_context *context, hyti_parameter *parameter);
/* Output channels or features of CONV, CONV_TRANSPOSE and LINEAR. */
size_t hyti_node_features(const hyti_node *node);
bool hyti_node_has_bias(const hyti_node *node);
/* Output channels of a weight, each of which has a scale in int8. */
size_t hyti_scale_count(const hyt_graph *graph, size_t parameter);
/* One block for the weights that a reader of files is about to set, `count` values in all: fewer and larger pages. Then
 * room for one parameter that is not set yet, there or, where that is full, of its own. */
hyt_status hyti_graph_reserve_weights(hyt_graph *graph, size_t count);
hyt_status hyti_graph_make_room(hyt_graph *graph, size_t parameter);
/* Of a graph that is whole: its lists in no more room than they need, and moved to where readers left some. */
hyt_status hyti_graph_settle(hyt_graph *graph);
/* Whether parameters lie in these bytes of hyti_alloc_aligned: the graph releases them then. */
bool hyti_graph_keep(hyt_graph *graph, void *bytes, size_t size);
/* The whole numbers of a bias; NULL takes them away. */
hyt_status hyti_graph_set_exact_bias(hyt_graph *graph, size_t parameter, const int32_t *values, size_t count);
/* hyt_graph_fold_norms() of a graph that is given up for it, in the same memory; NULL after a failure. */
hyt_status hyti_graph_fold_in_place(hyt_graph **graph);
/* A convolution with one channel a group and as many outputs as inputs. */
bool hyti_node_is_depthwise(const hyt_graph *graph, const hyti_node *node);

#endif
