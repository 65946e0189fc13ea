/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan of a training step: which values are stored, which steps make them, where memory, weights and statistics
 * lie.
 *
 * A stored value is what a convolution, a linear layer, ... wrote. The batch norm and the activation behind it are not
 * stored: whoever reads the value applies them on the way, picture by picture, while it lies in the cache, and whoever
 * sends a gradient back multiplies by their derivatives on the way. Half of the memory traffic of training goes so.
 *
 * What is made of constants alone (position embeddings, queries) is worked out once a part; who reads it beside
 * pictures sees a copy for each.
 *
 * A batch is cut into parts by its size alone. A part runs through a stage, which is a row of steps, without waiting
 * for the others; stages end where a batch norm needs the statistics of the whole batch. Gradients of weights are
 * summed within a part, then over the parts in order: the result never depends on the threads. */
#ifndef HYTI_TRAIN_TAPE_H
#define HYTI_TRAIN_TAPE_H

#include "graph/graph.h"
#include "kernels/kernels.h"

#define HYTI_PARTS 8        /* of a batch */
#define HYTI_NONE SIZE_MAX
#define HYTI_TURNED_ROWS ((size_t)128) /* of a product, from which on a transpose of it is cheap */

/* A window that slides over a picture; `channels` of them, in pixels that lie `in_stride` values apart. */
typedef struct hyti_window {
    size_t in_height, in_width, in_stride, channels, out_height, out_width;
    size_t kernel[2], stride[2], pad[2], dilation[2];
} hyti_window;

/* One axis of a move: how far its values lie apart where they come from and where they go. */
typedef struct hyti_tape_axis {
    size_t size, in, out;
} hyti_tape_axis;

/* A move within one picture, the outermost axis first; `in` and `out` are the places of the first value. */
typedef struct hyti_tape_axes {
    size_t in, out, rank;
    hyti_tape_axis axis[HYT_MAX_RANK];
} hyti_tape_axes;

typedef struct hyti_tape_value {
    bool fixed;              /* made of constants alone: lies once a part, the same for all its pictures */
    bool external;           /* the input: lies with the caller */
    bool wanted;             /* has a gradient: something is trained before it */
    size_t height, width;    /* of a picture, which lies as H,W,C */
    size_t rows, channels;   /* of one picture or its share of tokens */
    size_t size;             /* rows * channels */
    size_t data, gradient;   /* where those of the batch start */
    size_t born, dies;       /* stages of the step that makes it and of its last reader */
    size_t norm;             /* batch norm that readers apply, or HYTI_NONE */
    hyti_act act;            /* and then activation */
    size_t grid;             /* that its readers round by: 2 * value + 1, or that of the concatenation that it is in */
    bool moved;              /* only moved or chosen from what another value holds: already rounded where that is */
    hyt_value made, read;    /* the graph's values of what is stored, batch norm applied, and of what readers see */
} hyti_tape_value;

typedef struct hyti_tape_use {
    size_t value;
    bool first;              /* the first gradient that the value gets: stored, not added */
} hyti_tape_use;

typedef struct hyti_tape_step {
    hyt_op op;               /* CONCAT of one is a copy */
    const hyti_node *node;
    hyti_tape_use *uses;
    size_t n_uses, output;
    size_t weight, bias;     /* in tape->weights (of LAYER_NORM: scale and shift), or HYTI_NONE */
    hyti_window window;      /* CONV: of one group */
    hyti_window mirror;      /* of its gradient, which with stride 1 is a convolution with the mirrored kernel */
    size_t windows;          /* values of the windows of one picture, of either */
    bool depthwise, direct;  /* CONV: direct where the picture itself is the matrix of its windows */
    bool mirrored;
    bool turned;             /* CONV, LINEAR: the weight's gradient is better summed as its transpose */
    size_t outer;            /* CONCAT: how often the pieces alternate in one picture */
    hyti_tape_axes axes;     /* moves, from the operand to the result; ADD, MUL: of a smaller second operand; MEAN: of
                                the result to the operand */
    hyti_tape_axes more_axes; /* RESHAPE of a picture into another: the second half; MEAN: the way back; rank 0: none */
    size_t chunk;            /* pictures at a time, so that they stay in the cache */
} hyti_tape_step;

/* A trained parameter. Here it lies as [group][tap][input][output] (depthwise: [tap][channel]), the matrix that the
 * forward product reads and that the gradient's product writes. */
typedef struct hyti_tape_weight {
    size_t parameter;        /* in the graph */
    size_t offset, count;
    size_t groups, taps, inputs, outputs; /* inputs and outputs of one group; all 1 but `outputs` for a vector */
    bool depthwise, decays;
    bool rounds;             /* in int8 it has a scale for each output */
    bool transposed;         /* of a transposed convolution, whose outputs are the inputs here */
    bool mirrored;           /* the operand's gradient reads its taps in reverse, as [tap][output] x [input] */
    size_t back_rows, back_columns; /* of the matrix that a gradient is multiplied by */
} hyti_tape_weight;

typedef struct hyti_tape_norm {
    size_t value, channels;
    size_t period;           /* of its rows of lanes: a multiple of `channels`, see hyti_period */
    size_t scale, shift;     /* in tape->weights */
    size_t mean, variance;   /* running statistics: parameters of the graph */
    size_t running;          /* place of both, `channels` values each */
    size_t lanes;            /* place of its sums, three rows of `period` values a part */
    size_t factors;          /* place of what readers apply: HYTI_FACTORS rows of `period` values */
    double epsilon;
} hyti_tape_norm;

/* Rows of factors of a batch norm: readers take scale * y + shift; its gradient is a dz + b y + c. */
enum { HYTI_FACTOR_SCALE, HYTI_FACTOR_SHIFT, HYTI_FACTOR_MEAN, HYTI_FACTOR_A, HYTI_FACTOR_B, HYTI_FACTOR_C,
       HYTI_FACTORS };

typedef struct hyti_tape {
    hyt_context *context;
    const hyt_graph *graph;  /* lent */
    size_t batch;
    hyti_tape_value *values;
    hyti_tape_step *steps;
    hyti_tape_use *uses;
    hyti_tape_weight *weights;
    hyti_tape_norm *norms;
    size_t *stages;          /* first step of each, and the number of steps */
    size_t n_values, n_steps, n_uses, n_weights, n_norms, n_stages;
    size_t input, output;    /* values of the picture and of the result */
    size_t n_decayed, n_trained; /* values of weights: those that decay come first */
    /* Numbers of values to allocate. */
    size_t data, gradients, running, lanes /* of one part */, factors, scratch /* of one worker */;
    size_t ranges;               /* where in `running` those of the values start, HYTI_ENDS each */
} hyti_tape;

/* Whether readers of a value see it rounded, with int8. */
static inline bool hyti_tape_rounds(const hyti_tape_value *value)
{
    return value->act != HYTI_ACT_NONE || !value->moved;
}

/* Whether values and weights are rounded as int8 rounds them, and whether the ranges still follow the batches. */
typedef enum hyti_rounding { HYTI_ROUNDING_NONE = 0, HYTI_ROUNDING_LEARNS, HYTI_ROUNDING_FROZEN } hyti_rounding;
#define HYTI_RANGE_SHARE 0.05   /* of a batch's ends in the running ones */
#define HYTI_SLICE ((size_t)1024) /* values that are rounded at a time, at least */

/* Ends of the ranges that a value has in int8: before its activation, and as it is read. */
enum { HYTI_MADE_LOW, HYTI_MADE_HIGH, HYTI_READ_LOW, HYTI_READ_HIGH, HYTI_ENDS };

/* Fails as hyti_train_check_graph does. */
hyt_status hyti_tape_build(hyt_context *context, const hyt_graph *graph, size_t batch, hyti_tape *tape);
void hyti_tape_clear(hyti_tape *tape);
/* Place of element (output, input, tap) of a graph's parameter within the weight. */
size_t hyti_tape_place(const hyti_tape_weight *weight, size_t output, size_t input, size_t tap);
/* Whether a step only moves or chooses from values. */
bool hyti_tape_moves(hyt_op op, const hyti_node *node);
/* The axes of a step that moves, broadcasts or takes a mean. */
void hyti_tape_set_axes(const hyt_graph *graph, hyti_tape_step *step);
/* Rows of few channels are taken several at a time, so that one row of lanes fills vectors of 16. */
size_t hyti_period(size_t channels);

#endif
