/* SPDX-License-Identifier: MIT */
/* Shapes of the operations that read or make pictures. */
#include "graph/draft.h"
#include <math.h>

hyt_status hyti_infer_input(hyti_draft *d)
{
    d->node.dims = d->wanted->dims;
    const hyt_dims *dims = &d->node.dims;
    if (d->graph->input != HYTI_NO_VALUE)
        return hyti_refuse(HYT_ERR_STATE, d, "graph \"%s\" has one already", d->graph->name);
    if (dims->rank != 4 || dims->size[0] != 1)
        return hyti_refuse(HYT_ERR_SHAPE, d, "a picture has the axes 1, channels, height, width");
    d->node.picture = true;
    return HYT_OK;
}

static hyt_status check_window(const hyti_draft *d, size_t axis)
{
    const hyti_node *node = &d->node;
    HYTI_TRY(hyti_check_range(d, "kernel", node->kernel[axis], 1));
    HYTI_TRY(hyti_check_range(d, "stride", node->stride[axis], 1));
    HYTI_TRY(hyti_check_range(d, "dilation", node->dilation[axis], 1));
    HYTI_TRY(hyti_check_range(d, "padding", node->pad[axis], 0));
    return hyti_check_range(d, "padding", node->pad[axis + 2], 0);
}

/* Outputs along one axis, 0 being height: how often the kernel fits. */
static hyt_status window_side(hyti_draft *d, size_t axis)
{
    hyti_node *node = &d->node;
    size_t before = node->pad[axis], after = node->pad[axis + 2];
    HYTI_TRY(check_window(d, axis));
    uint64_t reach = (uint64_t)node->dilation[axis] * (node->kernel[axis] - 1) + 1;
    uint64_t side = (uint64_t)d->first->dims.size[axis + 2] + before + after;
    if (before >= reach || after >= reach)
        return hyti_refuse(HYT_ERR_SHAPE, d, "padding %zu and %zu is beyond the kernel's reach of %zu", before, after,
                           (size_t)reach);
    if (reach > side)
        return hyti_refuse(HYT_ERR_SHAPE, d, "kernel reaches over %zu, its padded input has %zu", (size_t)reach,
                           (size_t)side);
    node->dims.size[axis + 2] = (size_t)((side - reach) / node->stride[axis]) + 1;
    return HYT_OK;
}

static hyt_status check_groups(const hyti_draft *d)
{
    size_t channels = d->first->dims.size[1], groups = d->node.groups;
    HYTI_TRY(hyti_check_range(d, "number of channels", d->features, 1));
    HYTI_TRY(hyti_check_range(d, "number of groups", groups, 1));
    if (channels % groups == 0 && d->features % groups == 0) return HYT_OK;
    return hyti_refuse(HYT_ERR_SHAPE, d, "%zu groups divide %zu and %zu channels unevenly", groups, channels,
                       d->features);
}

/* Multiply-accumulates of a value; what overflows is refused by its size already. */
static size_t taps(const hyti_node *node, size_t channels)
{
    size_t kernel, work;
    if (!hyti_mul(node->kernel[0], node->kernel[1], &kernel) || !hyti_mul(kernel, channels, &work)) return SIZE_MAX;
    return work;
}

hyt_status hyti_infer_conv(hyti_draft *d)
{
    hyti_node *node = &d->node;
    HYTI_TRY(hyti_need_picture(d));
    HYTI_TRY(check_groups(d));
    size_t each = d->first->dims.size[1] / node->groups;
    node->dims = hyti_dims4(1, d->features, 0, 0);
    HYTI_TRY(window_side(d, 0));
    HYTI_TRY(window_side(d, 1));
    d->work = taps(node, each);
    hyti_add_parameter(d, HYTI_ROLE_WEIGHT, hyti_dims4(d->features, each, node->kernel[0], node->kernel[1]));
    if (d->with_bias) hyti_add_parameter(d, HYTI_ROLE_BIAS, hyti_dims1(d->features));
    return HYT_OK;
}

/* The convolution whose gradient this is goes back over what it read: the inverse of window_side. */
static hyt_status transposed_side(hyti_draft *d, size_t axis)
{
    hyti_node *node = &d->node;
    size_t before = node->pad[axis], after = node->pad[axis + 2], extra = node->output_pad[axis];
    node->dilation[axis] = 1;
    HYTI_TRY(check_window(d, axis));
    if (before >= node->kernel[axis] || after >= node->kernel[axis])
        return hyti_refuse(HYT_ERR_SHAPE, d, "padding %zu and %zu is beyond the kernel's reach of %zu", before, after,
                           node->kernel[axis]);
    if (extra >= node->stride[axis])
        return hyti_refuse(HYT_ERR_RANGE, d, "output padding is %zu, not below the stride of %zu", extra,
                           node->stride[axis]);
    uint64_t side = (uint64_t)(d->first->dims.size[axis + 2] - 1) * node->stride[axis] + node->kernel[axis] + extra;
    if (side <= (uint64_t)before + after)
        return hyti_refuse(HYT_ERR_SHAPE, d, "padding %zu and %zu leaves nothing of %zu", before, after, (size_t)side);
    node->dims.size[axis + 2] = (size_t)(side - before - after);
    return HYT_OK;
}

hyt_status hyti_infer_conv_transpose(hyti_draft *d)
{
    hyti_node *node = &d->node;
    HYTI_TRY(hyti_need_picture(d));
    HYTI_TRY(check_groups(d));
    size_t channels = d->first->dims.size[1];
    node->dims = hyti_dims4(1, d->features, 0, 0);
    HYTI_TRY(transposed_side(d, 0));
    HYTI_TRY(transposed_side(d, 1));
    d->work = taps(node, channels / node->groups); /* at most: a value is met by a part of the kernel */
    hyti_add_parameter(d, HYTI_ROLE_WEIGHT,
                       hyti_dims4(channels, d->features / node->groups, node->kernel[0], node->kernel[1]));
    if (d->with_bias) hyti_add_parameter(d, HYTI_ROLE_BIAS, hyti_dims1(d->features));
    return HYT_OK;
}

hyt_status hyti_infer_batch_norm(hyti_draft *d)
{
    HYTI_TRY(hyti_need_picture(d));
    if (!(d->node.epsilon > 0 && d->node.epsilon <= 1))
        return hyti_refuse(HYT_ERR_RANGE, d, "epsilon is %g, not above 0 and up to 1", d->node.epsilon);
    for (hyti_role role = HYTI_ROLE_SCALE; role <= HYTI_ROLE_VARIANCE; role++)
        hyti_add_parameter(d, role, hyti_dims1(d->first->dims.size[1]));
    return HYT_OK;
}

hyt_status hyti_infer_pool(hyti_draft *d)
{
    HYTI_TRY(hyti_need_picture(d));
    d->node.dilation[0] = d->node.dilation[1] = 1;
    if (d->node.op == HYT_OP_AVERAGE_POOL) HYTI_TRY(hyti_check_flag(d, "whether padding counts", d->node.counted));
    HYTI_TRY(window_side(d, 0));
    HYTI_TRY(window_side(d, 1));
    d->work = taps(&d->node, 1); /* additions, but they bound the time of a run as well */
    return HYT_OK;
}

hyt_status hyti_infer_global_pool(hyti_draft *d)
{
    HYTI_TRY(hyti_need_picture(d));
    d->node.dims = hyti_dims2(1, d->first->dims.size[1]);
    d->node.picture = false;
    return HYT_OK;
}

hyt_status hyti_infer_pad(hyti_draft *d)
{
    HYTI_TRY(hyti_need_picture(d));
    if (!isfinite((float)d->node.value))
        return hyti_refuse(HYT_ERR_RANGE, d, "the value is %g, not a finite float", d->node.value);
    for (size_t i = 0; i < 4; i++) {
        HYTI_TRY(hyti_check_range(d, "padding", d->node.pad[i], 0));
        d->node.dims.size[2 + i % 2] += d->node.pad[i];
    }
    return HYT_OK;
}

hyt_status hyti_infer_resize(hyti_draft *d)
{
    HYTI_TRY(hyti_need_picture(d));
    if (d->node.mode > HYT_RESIZE_ALIGN_CORNERS)
        return hyti_refuse(HYT_ERR_RANGE, d, "there is no mode %zu", d->node.mode);
    d->node.dims.size[2] = d->node.height;
    d->node.dims.size[3] = d->node.width;
    return HYT_OK;
}

hyt_status hyti_infer_unfold(hyti_draft *d)
{
    HYTI_TRY(hyti_need_picture(d));
    const size_t *in = d->first->dims.size;
    size_t patch = d->node.patch;
    HYTI_TRY(hyti_check_range(d, "patch", patch, 1));
    HYTI_TRY(hyti_check_flag(d, "whether windows come first", d->node.windows_first));
    if (in[2] % patch || in[3] % patch)
        return hyti_refuse(HYT_ERR_SHAPE, d, "patches of %zu do not divide %zu x %zu", patch, in[2], in[3]);
    size_t positions = patch * patch, patches = (in[2] / patch) * (in[3] / patch);
    d->node.dims = d->node.windows_first ? hyti_dims4(1, patches, positions, in[1])
                                         : hyti_dims4(1, positions, patches, in[1]);
    d->node.picture = false;
    return HYT_OK;
}

hyt_status hyti_infer_fold(hyti_draft *d)
{
    HYTI_TRY(hyti_need_rows(d, 4, 4));
    const size_t *in = d->first->dims.size;
    size_t patch = d->node.patch, height = d->node.height, width = d->node.width;
    HYTI_TRY(hyti_check_range(d, "patch", patch, 1));
    HYTI_TRY(hyti_check_range(d, "height", height, 1));
    HYTI_TRY(hyti_check_range(d, "width", width, 1));
    HYTI_TRY(hyti_check_flag(d, "whether windows come first", d->node.windows_first));
    size_t positions = in[1 + d->node.windows_first], patches = in[2 - d->node.windows_first];
    if (height % patch || width % patch || positions != patch * patch ||
        patches != (height / patch) * (width / patch))
        return hyti_refuse(HYT_ERR_SHAPE, d, "%zu x %zu tokens are not %zu x %zu in patches of %zu", in[1], in[2],
                           height, width, patch);
    d->node.dims = hyti_dims4(1, in[3], height, width);
    d->node.picture = true;
    return HYT_OK;
}
