/* SPDX-License-Identifier: MIT */
/* Pools, resizing and padding of pictures. */
#include "formats/tflite.h"

static hyt_status need_picture(const hyti_tflite_operator *op, hyt_value *input)
{
    HYTI_TRY(hyti_tflite_need_same_scale(&op->in, &op->out));
    return hyti_tflite_picture(op->file, &op->in, input);
}

/* All of a picture, which is met once. */
static bool is_whole(const hyti_tflite_operator *op, const hyti_node *node)
{
    const size_t *size = op->in.dims.size;
    bool padded = node->pad[0] || node->pad[1] || node->pad[2] || node->pad[3];
    return node->op == HYT_OP_AVERAGE_POOL && !padded && node->kernel[0] == size[1] && node->kernel[1] == size[2];
}

hyt_status hyti_tflite_whole_mean(const hyti_tflite_operator *op, bool kept, hyt_value *out)
{
    hyt_graph *graph = op->file->graph;
    hyt_dims dims = { 4, { 1, op->in.dims.size[3], 1, 1 } };
    hyt_value input;
    HYTI_TRY(hyti_tflite_picture(op->file, &op->in, &input));
    HYTI_TRY(hyt_graph_global_pool(graph, input, out));
    return kept ? hyt_graph_reshape(graph, *out, &dims, 1, out) : HYT_OK;
}

hyt_status hyti_tflite_pool(const hyti_tflite_operator *op, hyt_value *out)
{
    hyt_value input;
    hyti_node node = { .inputs = &input, .n_inputs = 1, .dilation = { 1, 1 } };
    node.op = op->code == HYTI_TFLITE_MAX_POOL_2D ? HYT_OP_MAX_POOL : HYT_OP_AVERAGE_POOL;
    HYTI_TRY(need_picture(op, &input));
    HYTI_TRY(hyti_tflite_option(op, 3, 4, 0, 1, INT32_MAX, "width of the window", &node.kernel[1]));
    HYTI_TRY(hyti_tflite_option(op, 4, 4, 0, 1, INT32_MAX, "height of the window", &node.kernel[0]));
    HYTI_TRY(hyti_tflite_window(op, op->in.dims.size + 1, &node));
    if (is_whole(op, &node)) HYTI_TRY(hyti_tflite_whole_mean(op, true, out));
    else HYTI_TRY(hyti_graph_append(op->file->graph, &node, 0, false, out));
    return hyti_tflite_fused(op, 5, *out, out);
}

/* Which of the ways of mapping pixels it is. The nearest pixel of a half-pixel grid is that of the plain one where the
 * sides are whole multiples. */
static hyt_status resize_mode(const hyti_tflite_operator *op, const size_t *in, const size_t *side,
                              hyt_resize_mode *out)
{
    bool nearest = op->code == HYTI_TFLITE_RESIZE_NEAREST_NEIGHBOR;
    size_t corners, half, first = nearest ? 0 : 2;
    HYTI_TRY(hyti_tflite_option(op, first, 1, 0, 0, 1, "align_corners", &corners));
    HYTI_TRY(hyti_tflite_option(op, first + 1, 1, 0, 0, 1, "half_pixel_centers", &half));
    bool multiple = side[0] % in[0] == 0 && side[1] % in[1] == 0;
    if (!nearest && corners != half) {
        *out = corners ? HYT_RESIZE_ALIGN_CORNERS : HYT_RESIZE_BILINEAR;
        return HYT_OK;
    }
    if (!nearest || corners || (half && !multiple))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "align_corners %zu with half_pixel_centers %zu", corners, half);
    *out = HYT_RESIZE_NEAREST;
    return HYT_OK;
}

hyt_status hyti_tflite_resize(const hyti_tflite_operator *op, hyt_value *out)
{
    hyt_value input;
    hyt_resize_mode mode = HYT_RESIZE_BILINEAR;
    int64_t wanted[2];
    size_t count = 0;
    const size_t *in = op->in.dims.size + 1, *side = op->out.dims.size + 1;
    HYTI_TRY(need_picture(op, &input));
    if (op->out.dims.rank != 4)
        return hyti_fail(HYT_ERR_FORMAT, "the result, tensor %zu, is not one picture (1,H,W,C)", op->out.number);
    if (hyti_tflite_has_input(op, 1)) HYTI_TRY(hyti_tflite_wholes(op, 1, "size of the result", 2, wanted, &count));
    if (count != 2 || wanted[0] != (int64_t)side[0] || wanted[1] != (int64_t)side[1])
        return hyti_fail(HYT_ERR_FORMAT, "the size that is asked for is not that of tensor %zu", op->out.number);
    HYTI_TRY(resize_mode(op, in, side, &mode));
    return hyt_graph_resize_by(op->file->graph, input, side[0], side[1], mode, out);
}

/* Zeros around a picture; in int8 the zero point. */
hyt_status hyti_tflite_pad(const hyti_tflite_operator *op, hyt_value *out)
{
    hyt_value input;
    int64_t sides[2 * HYT_MAX_RANK]; /* before and after, axis by axis */
    size_t count, pad[4];
    HYTI_TRY(need_picture(op, &input));
    HYTI_TRY(hyti_tflite_wholes(op, 1, "padding", 2 * HYT_MAX_RANK, sides, &count));
    if (count != 8) return hyti_fail(HYT_ERR_FORMAT, "padding of %zu numbers, not of 4 axes", count);
    for (size_t i = 0; i < 8; i++)
        if (sides[i] < 0 || sides[i] > INT32_MAX)
            return hyti_fail(HYT_ERR_FORMAT, "padding is %lld at place %zu", (long long)sides[i], i);
    if (sides[0] || sides[1] || sides[6] || sides[7])
        return hyti_fail(HYT_ERR_UNSUPPORTED, "padding of the batch or of channels");
    for (size_t i = 0; i < 4; i++) pad[i] = (size_t)sides[2 + i / 2 + 2 * (i % 2)];
    return hyt_graph_pad(op->file->graph, input, pad, 0, out);
}
