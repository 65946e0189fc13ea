/* SPDX-License-Identifier: MIT */
/* The model file: magic, version, number of chunks; then the chunks, each with its type, its sizes deflated and plain,
 * and the CRC-32 of its deflated bytes. Whole numbers are little-endian, values IEEE 754.
 *
 *   file   "\x89HYT\r\n\x1a\n", u32 version, u32 chunks
 *   chunk  4 letters, u64 deflated bytes, u64 plain bytes, u32 CRC-32, the deflated bytes (zlib)
 *   GRPH   text name, u32 operations, i32 output (-1: the last), each operation, u8 normalised, means, deviations
 *          an operation: u8 op, u8 bias, u32 operands, i32 each, then the u32 attributes of hyti_model_attributes, then
 *          the float64 of hyti_model_real where it has one; from version 2 on u8 precision, u8 quantised, and if it is
 *          1 float32 scale, i32 zero
 *   WGHT   each parameter: u8 set, and if it is 1 its float32 values; from version 2 on u8, and if it is 1 the float32
 *          scales of its output channels, u8, and if it is 1 its i32 values as an exact bias
 *   text   u32 length, the bytes without a final zero */
#ifndef HYTI_FORMATS_MODEL_H
#define HYTI_FORMATS_MODEL_H

#include "base/text.h"
#include "graph/graph.h"
#include <hytnas/format.h>

#define HYTI_MODEL_MAGIC "\x89HYT\r\n\x1a\n"
#define HYTI_MODEL_VERSION 2 /* written; 1, without what the graph learned later, is read as well */
#define HYTI_MODEL_HEAD 16  /* bytes before the first chunk */
#define HYTI_MODEL_CHUNK 24 /* bytes of a chunk before its contents */

/* The whole numbers that an operation has beyond its operands, as u32 in the file, at most HYTI_MODEL_ATTRIBUTES of
 * them. `features` stands for the output channels or features. */
#define HYTI_MODEL_ATTRIBUTES 12
size_t hyti_model_attributes(hyti_node *node, unsigned version, size_t *features,
                             size_t *attributes[HYTI_MODEL_ATTRIBUTES]);
/* The real number that an operation has; NULL: none. */
double *hyti_model_real(hyti_node *node);

/* The bytes of a model file, appended to `to`. */
hyt_status hyti_model_write(const hyt_graph *graph, hyti_text *to);

#endif
