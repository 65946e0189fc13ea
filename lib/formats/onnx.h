/* SPDX-License-Identifier: MIT */
/* ONNX (onnx.proto and the operators of opset 7 to 21), from bytes to a graph in three passes:
 *   decode  messages to nodes and values; names, order and counts are checked (onnx_decode.c, onnx_tensor.c)
 *   walk    forwards, node by node (onnx_walk.c): its shape (onnx_shape.c); what is made of constants alone is worked
 * out (onnx_fold.c); pairs of QuantizeLinear and DequantizeLinear become a property of their value (onnx_quantise.c);
 * reshape, transpose, split, ... become strides over what they read (onnx_view.c); the last node of a chain that is one
 * operation of the graph becomes that (onnx_patterns.c, onnx_attention.c) emit    backwards what the result depends on,
 * forwards to the graph (onnx_emit.c) Bytes of the file are lent to the model, whose own memory is one arena, given
 * back as a whole. */
#ifndef HYTI_FORMATS_ONNX_H
#define HYTI_FORMATS_ONNX_H

#include "formats/protobuf.h"
#include "graph/graph.h"

/* Lent by the file; no zero at its end. */
typedef struct onnx_text {
    const char *data;
    size_t length;
} onnx_text;

/* TensorProto.DataType */
typedef enum onnx_type {
    ONNX_NO_TYPE = 0,
    ONNX_FLOAT = 1,
    ONNX_UINT8 = 2,
    ONNX_INT8 = 3,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_BOOL = 9,
    ONNX_FLOAT16 = 10,
    ONNX_DOUBLE = 11
} onnx_type;

/* Of float32 values that may become a parameter where they lie; all tensors of the same bytes share it. */
typedef struct onnx_loan {
    float *values;
    bool taken;
    size_t columns; /* taken: they were transposed there, from [count / columns, columns]; 0: not */
} onnx_loan;

/* A constant: `count` values in little-endian order, of no alignment, lent by the file or of the arena. */
typedef struct onnx_tensor {
    onnx_type type;
    hyt_dims dims; /* sizes may be 0 */
    size_t count;
    const unsigned char *bytes;
    onnx_loan *loan; /* NULL: the bytes are not to be changed */
    /* Of DequantizeLinear: real = scales[i] * (stored - zero), i along `axis`; NULL: the values are what they are. */
    const struct onnx_tensor *scales, *zeros;
    size_t axis;
} onnx_tensor;

typedef struct onnx_attribute {
    onnx_text name;
    int type; /* AttributeProto.AttributeType */
    int64_t number;
    float real;
    onnx_text text;
    onnx_tensor tensor;
    int64_t *numbers;
    size_t n_numbers;
} onnx_attribute;
enum {
    ONNX_ATTRIBUTE_FLOAT = 1,
    ONNX_ATTRIBUTE_INT = 2,
    ONNX_ATTRIBUTE_STRING = 3,
    ONNX_ATTRIBUTE_TENSOR = 4,
    ONNX_ATTRIBUTE_FLOATS = 6,
    ONNX_ATTRIBUTE_INTS = 7
};

typedef enum onnx_op {
#define ONNX_OP(op, name, least, most, outputs, attributes) ONNX_##op,
#include "formats/onnx_ops.inc"
#undef ONNX_OP
    /* What patterns make of them. */
    ONNX_SILU,
    ONNX_RELU6,
    ONNX_LINEAR,   /* x, weight [out, in] (or [in, out]: `flipped`), bias or none */
    ONNX_ATTENTION /* qkv; or q, k, v; and the bias */
} onnx_op;

typedef int32_t onnx_id; /* place in the model's values; ONNX_NONE: an operand that was left out */
#define ONNX_NONE (-1)

/* Where the result's axes lie in the operand: `axis` from which of its axes (ONNX_NONE: new), begin and step along it.
 */
typedef struct onnx_move {
    int axis[HYT_MAX_RANK];
    int64_t begin[HYT_MAX_RANK], step[HYT_MAX_RANK]; /* along the operand's axes */
} onnx_move;

typedef struct onnx_node {
    onnx_op op;
    onnx_text name;
    onnx_id *inputs, *outputs;
    size_t n_inputs, n_outputs;
    onnx_attribute *attributes;
    size_t n_attributes;
    bool flipped;     /* LINEAR: the weight is [in, out] */
    hyti_node *draft; /* attributes in the graph's terms, where it has any; NULL before the walk */
    onnx_move *move;  /* of what moves values */
    int64_t *splits;  /* SPLIT: where each result begins along move->axis[0]; ATTENTION: q, k and v in their rows */
} onnx_node;

/* One axis of a view: how many, and how far apart in the row-major order of what is viewed. */
typedef struct onnx_axis {
    size_t size, stride;
} onnx_axis;
#define ONNX_MAX_AXES 12

/* A value as a rearrangement of another: axes of its own dims, each split into one or more. */
typedef struct onnx_view {
    onnx_id source;
    size_t offset;
    size_t n_axes;
    onnx_axis axes[ONNX_MAX_AXES];
    unsigned char group[ONNX_MAX_AXES]; /* the dim that the axis is part of */
} onnx_view;

typedef struct onnx_value {
    onnx_text name;
    onnx_type type;
    hyt_dims dims;
    onnx_tensor *constant; /* NULL: known when the network runs */
    int32_t producer;      /* node; ONNX_NONE: input or initializer */
    onnx_id alias;         /* what it is another name of, ONNX_NONE: nothing */
    onnx_view *view;       /* NULL: it stands for itself */
    bool invented;         /* by a pattern: no node of the file makes it */
    bool solid;            /* a view that is emitted in its turn, since another one stands on it */
    bool needed;           /* the result depends on it */
    uint32_t uses;         /* operands it is; the result counts one more */
    bool quantised;        /* to int8 */
    float scale;
    int32_t zero;
    hyt_value graph; /* HYTI_NO_VALUE until emitted */
    hyt_value other; /* the same in another shape, the last that was asked for */
} onnx_value;

typedef struct onnx_block onnx_block;

typedef struct onnx_model {
    hyt_context *context;
    size_t size;        /* of the file */
    bool owned;         /* its bytes may be changed, and the graph keeps them */
    onnx_block *blocks; /* the arena */
    size_t budget;      /* bytes that constants and weights may still take: a multiple of the file's size */
    int64_t opset;
    onnx_text name;
    onnx_node *nodes;
    size_t n_nodes, node_capacity;
    onnx_value *values;
    size_t n_values, value_capacity;
    onnx_id *table; /* of names, by hash; a power of two */
    size_t table_size;
    onnx_id input, output;
    hyt_graph *graph;
} onnx_model;

#define ONNX_MAX_NODES 65536
#define ONNX_MAX_VALUES (4 * ONNX_MAX_NODES)
#define ONNX_MAX_NAME 48

/* Whether the bytes start as an ONNX file does. */
bool hyti_onnx_is(const void *bytes, size_t size);
/* HYT_ERR_FORMAT: bytes that are no ONNX file, or break its rules; HYT_ERR_UNSUPPORTED: an operator, attribute or use
 * of one that the graph has not; both name the node. */
hyt_status hyti_onnx_parse(hyt_context *context, const void *bytes, size_t size, hyt_graph **out);
/* The same of bytes from hyti_alloc_aligned, which the graph keeps where its weights lie in
 * them: *bytes is NULL then. */
hyt_status hyti_onnx_take_file(hyt_context *context, void **bytes, size_t size, hyt_graph **out);

/* The passes. */
hyt_status hyti_onnx_decode(onnx_model *model, const void *bytes, size_t size);
hyt_status hyti_onnx_walk(onnx_model *model);
hyt_status hyti_onnx_emit(onnx_model *model);

/* The arena: zeroed; NULL when there is none. */
void *hyti_onnx_take(onnx_model *model, size_t size);
/* The same for as much as a file of this size can justify. HYT_ERR_RANGE beyond, HYT_ERR_NOMEM. */
hyt_status hyti_onnx_take_values(onnx_model *model, size_t count, size_t size, void **out);
hyt_status hyti_onnx_spend(onnx_model *model, size_t count, size_t size);

/* A name as printable text for a message, cut to fit. */
const char *hyti_onnx_name(onnx_text name, char buffer[ONNX_MAX_NAME]);
bool hyti_onnx_text_is(onnx_text text, const char *word);
/* "node "n1" (Conv): <what is wrong>" */
hyt_status hyti_onnx_refuse(hyt_status status, const onnx_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *hyti_onnx_op_name(onnx_op op);

/* Nodes: an attribute, or NULL where it is left out; its number, or `absent`. */
const onnx_attribute *hyti_onnx_attribute(const onnx_node *node, const char *name);
hyt_status hyti_onnx_number(const onnx_node *node, const char *name, int64_t absent, int64_t *out);
hyt_status hyti_onnx_real(const onnx_node *node, const char *name, double absent, double *out);
/* At most `most` numbers; count 0 where it is left out. */
hyt_status hyti_onnx_numbers(const onnx_node *node, const char *name, int64_t *to, size_t *count, size_t most);
/* The value of an operand; NULL where it is left out. */
onnx_value *hyti_onnx_operand(onnx_model *model, const onnx_node *node, size_t index);
/* The constant that an operand is; NULL: none. */
const onnx_tensor *hyti_onnx_constant(onnx_model *model, const onnx_node *node, size_t index);
/* Numbers of an attribute or, in later opsets, of a constant operand. HYT_ERR_UNSUPPORTED: it is no constant. */
hyt_status hyti_onnx_list(onnx_model *model, const onnx_node *node, const char *name, size_t operand, int64_t *to,
                          size_t *count, size_t most);
/* Axis counted from the front. */
hyt_status hyti_onnx_axis(const onnx_node *node, int64_t axis, size_t rank, size_t *out);
/* The node that makes a value; NULL for inputs and constants. */
onnx_node *hyti_onnx_maker(onnx_model *model, onnx_id id);

/* Tensors. */
size_t hyti_onnx_type_size(onnx_type type); /* 0: not one that is read */
const char *hyti_onnx_type_name(int type);
hyt_status hyti_onnx_tensor(onnx_model *model, hyti_wire *wire, onnx_text *name, onnx_tensor *out);
int64_t hyti_onnx_int_at(const onnx_tensor *tensor, size_t index);
/* Dequantised where that is due. */
double hyti_onnx_real_at(const onnx_tensor *tensor, size_t index);
bool hyti_onnx_is_real(const onnx_tensor *tensor);
/* All values as float32; with `columns`, transposed: from [count / columns, columns]. */
void hyti_onnx_floats(const onnx_tensor *tensor, size_t columns, float *to);
/* The same values where they lie in the file's bytes, for the first who asks; NULL: they must be copied. */
hyt_status hyti_onnx_take_loan(onnx_model *model, const onnx_tensor *tensor, size_t columns, float **out);
/* The one value of a constant of one value. */
bool hyti_onnx_scalar(const onnx_tensor *tensor, double *out);

/* The steps of the walk. Dims and type of the results; attributes into the draft. */
hyt_status hyti_onnx_shape(onnx_model *model, onnx_node *node);
/* Of the operators that move values: in onnx_move.c. */
hyt_status hyti_onnx_shape_moved(onnx_model *model, onnx_node *node);
bool hyti_onnx_broadcast(const hyt_dims *a, const hyt_dims *b, hyt_dims *out);
/* *done: the result became a constant: of no operands (Constant, Shape, ConstantOfShape); of constants alone, once its
 * shape is known. */
hyt_status hyti_onnx_fold_source(onnx_model *model, onnx_node *node, bool *done);
hyt_status hyti_onnx_fold(onnx_model *model, onnx_node *node, bool *done);
/* *done: it was a QuantizeLinear or a DequantizeLinear. */
hyt_status hyti_onnx_quantise(onnx_model *model, onnx_node *node, bool *done);
bool hyti_onnx_is_view(onnx_op op);
hyt_status hyti_onnx_view(onnx_model *model, onnx_node *node);
hyt_status hyti_onnx_pattern(onnx_model *model, onnx_node *node);
hyt_status hyti_onnx_attention(onnx_model *model, onnx_node *node);
/* The result becomes another name of `id`. */
void hyti_onnx_alias(onnx_model *model, onnx_id result, onnx_id id);
/* A value that no node of the file makes. */
hyt_status hyti_onnx_invent(onnx_model *model, const hyt_dims *dims, onnx_id *out);

/* Views. A value as a view of itself, or of what it is a view of. */
void hyti_onnx_view_of(const onnx_model *model, onnx_id id, onnx_view *out);
/* `outer`, a view of a value that `inner` is a view of, as a view of what that one is of; false: it is none. */
bool hyti_onnx_view_through(const onnx_view *inner, onnx_view *outer);
/* Neighbours that follow each other joined, axes of size 1 left out; how many. */
size_t hyti_onnx_join(const onnx_view *view, onnx_axis to[ONNX_MAX_AXES]);
/* Whether it has all values of what it is a view of. */
bool hyti_onnx_view_is_whole(const onnx_model *model, const onnx_view *view);

#endif
