/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small ONNX models of every operator and chain that is read, each with the operations that it should become. */
#ifndef HYTNAS_TESTS_ONNX_MODELS_H
#define HYTNAS_TESTS_ONNX_MODELS_H

#include "onnx_writer.h"

static inline void picture(writer *w, int channels, int side)
{
    input(w, "x", DIMS(0, channels, side, side));
}

static inline void convolutions(writer *w)
{
    picture(w, 4, 9);
    weights(w, "w1", DIMS(8, 4, 3, 3));
    weights(w, "b1", DIMS(8));
    weights(w, "w2", DIMS(8, 1, 3, 2));
    weights(w, "w3", DIMS(6, 4, 1, 1));
    node(w, "Conv", "x w1 b1", "c1");
    LIST(w, "strides", 2, 2);
    LIST(w, "pads", 1, 0, 1, 2);
    node(w, "Relu", "c1", "r1");
    node(w, "Conv", "r1 w2", "c2");
    attribute_int(w, "group", 8);
    LIST(w, "dilations", 2, 1);
    attribute_text(w, "auto_pad", "SAME_LOWER");
    node(w, "Clip", "c2", "r2");
    attribute_float(w, "min", 0);
    attribute_float(w, "max", 6);
    node(w, "Conv", "r2 w3", "c3");
    attribute_int(w, "group", 2);
    output(w, "c3");
}

/* Batch norm, padding that moves into the convolution, squeeze and excite, a classifier. */
static inline void classifier(writer *w)
{
    picture(w, 3, 8);
    weights(w, "w1", DIMS(4, 3, 3, 3));
    weights(w, "m", DIMS(4));
    float positive[4] = { 1, 2, 0.5f, 1.5f };
    initializer(w, "v", FLOAT, DIMS(4), positive, sizeof positive);
    weights(w, "s1", DIMS(2, 4, 1, 1));
    weights(w, "s2", DIMS(4, 2, 1, 1));
    weights(w, "f", DIMS(5, 4));
    weights(w, "fb", DIMS(5));
    INTS(w, "pads", 0, 0, 1, 1, 0, 0, 1, 1);
    node(w, "Pad", "x pads", "p");
    node(w, "Conv", "p w1", "c");
    node(w, "BatchNormalization", "c m m m v", "n");
    attribute_float(w, "epsilon", 1e-3f);
    node(w, "HardSwish", "n", "h");
    node(w, "GlobalAveragePool", "h", "g");
    node(w, "Conv", "g s1", "g1");
    node(w, "Relu", "g1", "g2");
    node(w, "Conv", "g2 s2", "g3");
    node(w, "HardSigmoid", "g3", "g4");
    attribute_float(w, "alpha", 1.0f / 6);
    node(w, "Mul", "h g4", "e");
    node(w, "Dropout", "e", "d");
    node(w, "GlobalAveragePool", "d", "a");
    node(w, "Flatten", "a", "t");
    node(w, "Gemm", "t f fb", "y");
    attribute_int(w, "transB", 1);
    output(w, "y");
}

/* Chains of activations as writers take them apart. */
static inline void activations(writer *w)
{
    picture(w, 2, 4);
    scalar(w, "three", 3);
    scalar(w, "six", 6);
    scalar(w, "zero", 0);
    scalar(w, "half", 0.5f);
    scalar(w, "one", 1);
    scalar(w, "root", 1.41421356f);
    scalar(w, "cubic", 0.044715f);
    scalar(w, "slope", 0.79788456f);
    node(w, "Sigmoid", "x", "s");
    node(w, "Mul", "s x", "silu");
    node(w, "Add", "silu three", "a3");
    node(w, "Clip", "a3 zero six", "a6");
    node(w, "Mul", "silu a6", "am");
    node(w, "Div", "am six", "swish");
    node(w, "Add", "three swish", "b3");
    node(w, "Relu", "b3", "br");
    node(w, "Clip", "br zero six", "b6");
    node(w, "Div", "b6 six", "hard");
    node(w, "Div", "hard root", "e1");
    node(w, "Erf", "e1", "e2");
    node(w, "Add", "e2 one", "e3");
    node(w, "Mul", "hard e3", "e4");
    node(w, "Mul", "half e4", "gelu");
    node(w, "Mul", "gelu gelu", "t1");
    node(w, "Mul", "t1 gelu", "t2");
    node(w, "Mul", "cubic t2", "t3");
    node(w, "Add", "gelu t3", "t4");
    node(w, "Mul", "t4 slope", "t5");
    node(w, "Tanh", "t5", "t6");
    node(w, "Add", "t6 one", "t7");
    node(w, "Mul", "gelu half", "t8");
    node(w, "Mul", "t8 t7", "tanh");
    node(w, "Clip", "tanh zero -", "relu");
    node(w, "Sigmoid", "relu", "y");
    output(w, "y");
}

/* x [1,T,D] to q, k and v by one product; the parts by Split or, in five axes, by Gather. */
static inline void project(writer *w, const char *x, int width)
{
    char operands[64];
    weights(w, "qkv", DIMS(width, 3 * width));
    weights(w, "qkv_bias", DIMS(3 * width));
    snprintf(operands, sizeof operands, "%s qkv", x);
    node(w, "MatMul", operands, "p0");
    node(w, "Add", "qkv_bias p0", "p");
}

static inline void attention_gather(writer *w)
{
    input(w, "x", DIMS(1, 6, 8));
    project(w, "x", 8);
    INTS(w, "five", 1, 6, 3, 2, 4);
    INTS(w, "back", 0, 0, 8);
    int64_t index[3] = { 0, 1, 2 };
    for (int i = 0; i < 3; i++) initializer(w, i == 0 ? "i0" : i == 1 ? "i1" : "i2", INT64, NO_DIMS, &index[i], 8);
    scalar(w, "scale", 0.5f);
    node(w, "Reshape", "p five", "p1");
    node(w, "Transpose", "p1", "p2");
    LIST(w, "perm", 2, 0, 3, 1, 4);
    node(w, "Gather", "p2 i0", "q");
    node(w, "Gather", "p2 i1", "k");
    node(w, "Gather", "p2 i2", "v");
    node(w, "Transpose", "k", "kt");
    LIST(w, "perm", 0, 1, 3, 2);
    node(w, "Mul", "q scale", "qs");
    node(w, "MatMul", "qs kt", "s");
    node(w, "Softmax", "s", "a");
    attribute_int(w, "axis", -1);
    node(w, "MatMul", "a v", "o");
    node(w, "Transpose", "o", "o1");
    LIST(w, "perm", 0, 2, 1, 3);
    node(w, "Reshape", "o1 back", "y");
    output(w, "y");
}

/* Three axes, heads and batch joined, tokens first, as torch's own attention has it; and a bias of the scores. */
static inline void attention_joined(writer *w)
{
    input(w, "x", DIMS(1, 6, 8));
    node(w, "Transpose", "x", "xt");
    LIST(w, "perm", 1, 0, 2);
    project(w, "xt", 8);
    INTS(w, "three", 6, 2, 4);
    INTS(w, "two", 6, 8);
    INTS(w, "back", 6, 1, 8);
    weights(w, "bias", DIMS(1, 6, 6));
    scalar(w, "root", 2);
    node(w, "Split", "p", "q0 k0 v0");
    attribute_int(w, "axis", 2);
    node(w, "Reshape", "q0 three", "q1");
    node(w, "Reshape", "k0 three", "k1");
    node(w, "Reshape", "v0 three", "v1");
    node(w, "Transpose", "q1", "q");
    LIST(w, "perm", 1, 0, 2);
    node(w, "Transpose", "k1", "kt");
    LIST(w, "perm", 1, 2, 0);
    node(w, "Transpose", "v1", "v");
    LIST(w, "perm", 1, 0, 2);
    node(w, "MatMul", "q kt", "s0");
    node(w, "Div", "s0 root", "s1");
    node(w, "Add", "s1 bias", "s");
    node(w, "Softmax", "s", "a");
    attribute_int(w, "axis", 2);
    node(w, "MatMul", "a v", "o");
    node(w, "Transpose", "o", "o1");
    LIST(w, "perm", 1, 0, 2);
    node(w, "Reshape", "o1 two", "o2");
    node(w, "Reshape", "o2 back", "o3");
    node(w, "Transpose", "o3", "y");
    LIST(w, "perm", 1, 0, 2);
    output(w, "y");
}

/* q of all tokens, k and v side by side of every second one. */
static inline void attention_reduced(writer *w)
{
    input(w, "x", DIMS(1, 6, 8));
    weights(w, "wq", DIMS(8, 8));
    weights(w, "wkv", DIMS(8, 16));
    INTS(w, "starts", 0);
    INTS(w, "ends", 100);
    INTS(w, "axes", 1);
    INTS(w, "steps", 2);
    INTS(w, "four", 1, 6, 2, 4);
    INTS(w, "five", 1, 3, 2, 2, 4);
    INTS(w, "back", 1, 6, 8);
    INTS(w, "zero", 0);
    INTS(w, "one", 1);
    scalar(w, "scale", 0.5f);
    node(w, "Slice", "x starts ends axes steps", "z");
    node(w, "MatMul", "x wq", "q0");
    node(w, "Reshape", "q0 four", "q1");
    node(w, "Transpose", "q1", "q");
    LIST(w, "perm", 0, 2, 1, 3);
    node(w, "MatMul", "z wkv", "kv0");
    node(w, "Reshape", "kv0 five", "kv1");
    node(w, "Transpose", "kv1", "kv");
    LIST(w, "perm", 2, 0, 3, 1, 4);
    node(w, "Gather", "kv zero", "k0");
    node(w, "Squeeze", "k0 zero", "k");
    node(w, "Gather", "kv one", "v0");
    node(w, "Squeeze", "v0 zero", "v");
    node(w, "Transpose", "k", "kt");
    LIST(w, "perm", 0, 1, 3, 2);
    node(w, "MatMul", "q kt", "s0");
    node(w, "Mul", "scale s0", "s");
    node(w, "Softmax", "s", "a");
    node(w, "MatMul", "a v", "o");
    node(w, "Transpose", "o", "o1");
    LIST(w, "perm", 0, 2, 1, 3);
    node(w, "Reshape", "o1 back", "y");
    output(w, "y");
}

/* A scale that is not that of attention: runs as it stands. */
static inline void attention_unscaled(writer *w)
{
    input(w, "x", DIMS(1, 6, 8));
    project(w, "x", 8);
    node(w, "Split", "p", "q k v");
    attribute_int(w, "axis", -1);
    node(w, "Transpose", "k", "kt");
    LIST(w, "perm", 0, 2, 1);
    node(w, "MatMul", "q kt", "s");
    node(w, "Softmax", "s", "a");
    node(w, "MatMul", "a v", "y");
    output(w, "y");
}

/* Patches of 2 x 2 and back, the chain of MobileViT; a layer norm of one node between. */
static inline void patches(writer *w)
{
    picture(w, 3, 8);
    weights(w, "g", DIMS(3));
    INTS(w, "r1", 12, 2, 4, 2);
    INTS(w, "r2", 1, 3, 16, 4);
    INTS(w, "r3", 4, 16, 3);
    INTS(w, "r4", 1, 4, 16, 3);
    INTS(w, "r5", 12, 4, 2, 2);
    INTS(w, "r6", 1, 3, 8, 8);
    node(w, "Reshape", "x r1", "a");
    node(w, "Transpose", "a", "b");
    LIST(w, "perm", 0, 2, 1, 3);
    node(w, "Reshape", "b r2", "c");
    node(w, "Transpose", "c", "d");
    LIST(w, "perm", 0, 3, 2, 1);
    node(w, "Reshape", "d r3", "e");
    node(w, "LayerNormalization", "e g", "f");
    attribute_int(w, "axis", -1);
    node(w, "Reshape", "f r4", "h");
    node(w, "Transpose", "h", "i");
    LIST(w, "perm", 0, 3, 2, 1);
    node(w, "Reshape", "i r5", "j");
    node(w, "Transpose", "j", "k");
    LIST(w, "perm", 0, 2, 1, 3);
    node(w, "Reshape", "k r6", "y");
    output(w, "y");
}

/* Tokens by pixel, layer norm taken apart, a mean over tokens. */
static inline void layer_norm_apart(writer *w)
{
    picture(w, 4, 3);
    INTS(w, "shape", 0, 4, -1);
    scalar(w, "two", 2);
    scalar(w, "epsilon", 1e-6f);
    weights(w, "g", DIMS(4));
    weights(w, "h", DIMS(4));
    node(w, "Reshape", "x shape", "a");
    node(w, "Transpose", "a", "t");
    LIST(w, "perm", 0, 2, 1);
    node(w, "ReduceMean", "t", "m");
    LIST(w, "axes", -1);
    node(w, "Sub", "t m", "d");
    node(w, "Pow", "d two", "p");
    node(w, "ReduceMean", "p", "v");
    LIST(w, "axes", -1);
    node(w, "Add", "v epsilon", "ve");
    node(w, "Sqrt", "ve", "r");
    node(w, "Div", "d r", "n");
    node(w, "Mul", "n g", "ng");
    node(w, "Add", "ng h", "nh");
    node(w, "ReduceMean", "nh", "y");
    LIST(w, "axes", 1);
    attribute_int(w, "keepdims", 0);
    output(w, "y");
}

/* Pools, resizes, a transposed convolution, blocks of pixels. */
static inline void pictures(writer *w)
{
    picture(w, 4, 8);
    weights(w, "t", DIMS(4, 2, 4, 4));
    INTS(w, "sizes", 1, 4, 6, 6);
    float twice[4] = { 1, 1, 2, 2 };
    initializer(w, "scales", FLOAT, DIMS(4), twice, sizeof twice);
    INTS(w, "pads", 0, 0, 1, 0, 0, 0, 1, 2);
    scalar(w, "seven", 7);
    node(w, "MaxPool", "x", "a");
    LIST(w, "kernel_shape", 3, 3);
    LIST(w, "pads", 1, 1, 1, 1);
    LIST(w, "strides", 2, 2);
    node(w, "AveragePool", "a", "b");
    LIST(w, "kernel_shape", 2, 2);
    attribute_int(w, "count_include_pad", 1);
    LIST(w, "pads", 1, 1, 0, 0);
    node(w, "Resize", "b - - sizes", "c");
    attribute_text(w, "mode", "linear");
    node(w, "Resize", "c - scales", "d");
    attribute_text(w, "mode", "nearest");
    attribute_text(w, "coordinate_transformation_mode", "asymmetric");
    attribute_text(w, "nearest_mode", "floor");
    node(w, "ConvTranspose", "d t", "e");
    LIST(w, "strides", 2, 2);
    LIST(w, "pads", 1, 1, 1, 1);
    node(w, "Pad", "e pads seven", "f");
    node(w, "SpaceToDepth", "f", "g");
    attribute_int(w, "blocksize", 2);
    node(w, "DepthToSpace", "g", "y");
    attribute_int(w, "blocksize", 2);
    attribute_text(w, "mode", "CRD");
    output(w, "y");
}

/* Sizes worked out from shapes, as exporters write them. */
static inline void shape_arithmetic(writer *w)
{
    picture(w, 6, 4);
    int64_t one = 1;
    INTS(w, "zero", 0);
    INTS(w, "three", 3);
    INTS(w, "minus", -1);
    INTS(w, "ones", 1);
    initializer(w, "index", INT64, NO_DIMS, &one, 8);
    INTS(w, "four", 1, 3, 1, 1);
    scalar(w, "half", 0.5f);
    node(w, "Shape", "x", "s");
    node(w, "Gather", "s index", "c");
    node(w, "Cast", "c", "cf");
    attribute_int(w, "to", FLOAT);
    node(w, "Mul", "cf half", "ch");
    node(w, "Floor", "ch", "chf");
    node(w, "Cast", "chf", "ci");
    attribute_int(w, "to", INT64);
    node(w, "Unsqueeze", "ci zero", "cu");
    node(w, "Slice", "s zero ones", "n");
    node(w, "Constant", "", "two");
    attribute_int(w, "value_int", 2);
    node(w, "Unsqueeze", "two zero", "two1");
    node(w, "Concat", "zero cu two1 minus", "shape");
    attribute_int(w, "axis", 0);
    node(w, "Sub", "shape zero", "shape1");
    node(w, "Reshape", "x shape1", "a");
    node(w, "ConstantOfShape", "three", "k0");
    node(w, "Expand", "half three", "k1");
    node(w, "Add", "k0 k1", "k2");
    node(w, "Reshape", "k2 four", "k3");
    node(w, "Mul", "k3 a", "y");
    output(w, "y");
}

/* Joined, cut and taken apart. */
static inline void parts(writer *w)
{
    picture(w, 4, 6);
    INTS(w, "starts", 1, 0);
    INTS(w, "ends", 4, 6);
    INTS(w, "axes", 1, 3);
    INTS(w, "steps", 1, 3);
    scalar(w, "two", 2);
    weights(w, "more", DIMS(1, 1, 6, 2));
    node(w, "Slice", "x starts ends axes steps", "a");
    node(w, "Concat", "a more", "b");
    attribute_int(w, "axis", 1);
    node(w, "Split", "b", "c d");
    attribute_int(w, "axis", 1);
    node(w, "Sub", "c d", "e");
    node(w, "Softmax", "e", "f");
    attribute_int(w, "axis", 1);
    node(w, "Div", "f two", "y");
    output(w, "y");
}

static inline void round_trip(writer *w, const char *from, const char *to, float scale, int zero)
{
    char names[4][32], operands[128];
    const char *const ends[] = { "_s", "_z", "_q" };
    unsigned char point = (unsigned char)zero;
    for (int i = 0; i < 3; i++) snprintf(names[i], sizeof names[i], "%s%s", to, ends[i]);
    scalar(w, names[0], scale);
    initializer(w, names[1], UINT8, NO_DIMS, &point, 1);
    snprintf(operands, sizeof operands, "%s %s %s", from, names[0], names[1]);
    node(w, "QuantizeLinear", operands, names[2]);
    snprintf(operands, sizeof operands, "%s %s %s", names[2], names[0], names[1]);
    node(w, "DequantizeLinear", operands, to);
}

/* int8 weights with a scale a channel, uint8 values; only what follows the activation is quantised. */
static inline void quantised(writer *w)
{
    picture(w, 2, 4);
    const int8_t weight[3 * 2] = { 127, -5, 0, 64, -127, 1 }, zeros[3] = { 0 };
    const float scales[3] = { 0.5f, 0.25f, 0.125f }, bias_scales[3] = { 0.05f, 0.025f, 0.0125f };
    const int32_t bias[3] = { 100, -7, 3 };
    initializer(w, "w_q", INT8, DIMS(3, 2, 1, 1), weight, sizeof weight);
    initializer(w, "w_s", FLOAT, DIMS(3), scales, sizeof scales);
    initializer(w, "w_z", INT8, DIMS(3), zeros, sizeof zeros);
    initializer(w, "b_q", INT32, DIMS(3), bias, sizeof bias);
    initializer(w, "b_s", FLOAT, DIMS(3), bias_scales, sizeof bias_scales);
    weights(w, "f", DIMS(3, 2));
    scalar(w, "f_s", 0.01f);
    const int8_t zero = 0;
    initializer(w, "f_z", INT8, NO_DIMS, &zero, 1);
    round_trip(w, "x", "xd", 0.1f, 120);
    node(w, "DequantizeLinear", "w_q w_s w_z", "wd");
    attribute_int(w, "axis", 0);
    node(w, "DequantizeLinear", "b_q b_s", "bd");
    attribute_int(w, "axis", 0);
    node(w, "Conv", "xd wd bd", "c");
    node(w, "Relu", "c", "r");
    round_trip(w, "r", "rd", 0.2f, 0);
    node(w, "GlobalAveragePool", "rd", "g");
    round_trip(w, "g", "gd", 0.2f, 0);
    node(w, "Flatten", "gd", "t");
    round_trip(w, "t", "td", 0.2f, 0);
    node(w, "QuantizeLinear", "f f_s f_z", "fq");
    node(w, "DequantizeLinear", "fq f_s f_z", "fd");
    node(w, "MatMul", "td fd", "y");
    output(w, "y");
}

typedef struct onnx_case {
    const char *name;
    int opset;
    void (*write)(writer *w);
    const char *ops;
} onnx_case;

static const onnx_case onnx_cases[] = {
    { "convolutions", 9, convolutions, "input conv relu conv relu6 conv" },
    { "classifier", 14, classifier,
      "input conv batch_norm hard_swish global_pool linear relu linear hard_sigmoid reshape "
      "mul global_pool linear" },
    { "activations", 13, activations, "input silu hard_swish hard_sigmoid gelu gelu relu sigmoid" },
    { "attention_gather", 17, attention_gather, "input reshape linear attention" },
    { "attention_joined", 12, attention_joined, "input reshape linear constant attention" },
    { "attention_reduced", 13, attention_reduced, "input slice reshape linear reshape linear slice slice attention" },
    { "attention_unscaled", 13, attention_unscaled, "input reshape linear slice slice slice matmul softmax matmul" },
    { "patches", 17, patches, "input unfold layer_norm fold" },
    { "layer_norm_apart", 12, layer_norm_apart, "input unfold layer_norm mean reshape" },
    { "pictures", 13, pictures,
      "input max_pool average_pool resize resize conv_transpose pad reshape transpose reshape" },
    { "shape_arithmetic", 13, shape_arithmetic, "input reshape constant mul" },
    { "parts", 13, parts,
      "input slice slice constant concat slice slice constant mul add transpose softmax transpose "
      "constant mul" },
    { "quantised", 13, quantised, "input conv relu global_pool linear" },
};
#define ONNX_CASES (sizeof onnx_cases / sizeof *onnx_cases)

#endif
