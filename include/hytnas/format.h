/* SPDX-License-Identifier: MIT */
/** @file format.h
 *  Networks in files. The model file (".hyt") keeps the graph and its weights, deflated, with a checksum; it belongs to
 *  whoever made it, without conditions. */
#ifndef HYTNAS_FORMAT_H
#define HYTNAS_FORMAT_H

#include <hytnas/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Written to a new file beside `path`, flushed and renamed, so that a full disk leaves what was there. */
HYT_API hyt_status hyt_model_save(const hyt_graph *graph, const char *path);
/** Reads what its first bytes say it is: a model file, a TensorFlow Lite file (schema version 3, float32 or int8), or
 *  an ONNX file (opset 7 to 21; float32, or with QuantizeLinear and DequantizeLinear to int8 or uint8). Do not change
 *  the file meanwhile.
 *
 *  Of ONNX, the batch may be a symbol, and there is one input and one output. What only arranges values (reshape,
 *  transpose, split, ...) and chains of nodes that are one operation of the graph (attention, unfolding into patches,
 *  layer norm, SiLU, GELU, hard swish, a bias, shape arithmetic) become that operation; batch norms, poolings, products
 *  run as they stand. Between QuantizeLinear and DequantizeLinear a value is int8, or uint8 less 128. Weights in
 *  another file are refused: no path inside a model is followed.
 *
 *  TensorFlow Lite's pictures N,H,W,C become N,C,H,W. Scales and zero points of an int8 file become the precision and
 *  the quantisation of the graph's values: a network whose input is int8 takes real numbers when it runs, those for
 *  which a stored q stands, scale * (q - zero), with the scale and zero point of the input's value. Operators that are
 *  not provided are refused by name and place (HYT_ERR_UNSUPPORTED).
 *  @return HYT_ERR_IO, HYT_ERR_RANGE (of more than 2 GiB), and what hyt_model_parse() answers; all name the path */
HYT_API hyt_status hyt_model_load(hyt_context *context, const char *path, hyt_graph **out);
/** The same from bytes in memory.
 *  @return HYT_ERR_FORMAT says what and where; HYT_ERR_CONFLICT: written by another version */
HYT_API hyt_status hyt_model_parse(hyt_context *context, const void *bytes, size_t size, hyt_graph **out);

#ifdef __cplusplus
}
#endif
#endif
