/* SPDX-License-Identifier: MIT */
/* What the two files of the last pass share. The graph's axis 0 is the batch, so a value has a natural form there:
 * dims that begin with 1, and rows (the last axis along memory) unless it is a picture. Where an operation made another
 * form of the same values, or needs one, a reshape stands between. */
#ifndef HYTI_FORMATS_ONNX_EMIT_H
#define HYTI_FORMATS_ONNX_EMIT_H

#include "formats/onnx.h"

/* Dims with a batch axis in front; *lead: how many axes were put there. false: more than 6 axes. */
bool hyti_onnx_natural(const hyt_dims *dims, hyt_dims *out, size_t *lead);
/* The same with exactly `rank` axes, ones in front. */
hyt_dims hyti_onnx_aligned(const hyt_dims *dims, size_t rank);

/* One operation of the graph, annotated as the value `id` is. HYT_ERR_UNSUPPORTED: the graph refuses it. */
hyt_status hyti_onnx_append(onnx_model *model, const onnx_node *node, onnx_id id, const hyti_node *draft,
                            size_t features, bool bias, hyt_value *out);
hyt_status hyti_onnx_append_one(onnx_model *model, const onnx_node *node, onnx_id id, hyti_node draft, hyt_value input,
                                hyt_value *out);

/* A value of the graph for a value of the model: in whatever form it is; in the natural one; with those dims. */
hyt_status hyti_onnx_any(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out);
hyt_status hyti_onnx_rows(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out);
/* Rows with its own last axis, however the others are joined. */
hyt_status hyti_onnx_last(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out);
hyt_status hyti_onnx_form(onnx_model *model, const onnx_node *node, onnx_id id, const hyt_dims *dims, bool picture,
                          hyt_value *out);
hyt_status hyti_onnx_picture(onnx_model *model, const onnx_node *node, onnx_id id, hyt_value *out);

/* A constant as a value, changed on the way. */
typedef enum onnx_change { ONNX_AS_IT_IS, ONNX_NEGATED, ONNX_INVERTED } onnx_change;
hyt_status hyti_onnx_constant_value(onnx_model *model, const onnx_node *node, const onnx_tensor *tensor,
                                    const hyt_dims *dims, bool picture, onnx_change change, hyt_value *out);
/* Parameter `index` of an operation that was just appended; tensor NULL: all `fill`. */
hyt_status hyti_onnx_parameter(onnx_model *model, const onnx_node *node, hyt_value value, size_t index,
                               const onnx_tensor *tensor, size_t columns, float fill);
/* Scales of its weight, where the constant is int8 with a symmetric scale a channel. */
hyt_status hyti_onnx_scales(onnx_model *model, hyt_value value, const onnx_tensor *tensor, size_t channel_axis);

#endif
