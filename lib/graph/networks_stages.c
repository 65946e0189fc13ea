/* SPDX-License-Identifier: MIT */
/* Vision transformers whose maps shrink from stage to stage. */
#include "graph/networks.h"

/* Swin (Liu et al., arXiv 2103.14030), tiny. Windows of 7, as at input 224; where 7 does not divide a map, of the
 * largest number below that does. */
typedef struct swin_stage {
    size_t side, window, heads;
    hyt_value places; /* the one-hot product that spreads a bias table over a window's pairs of tokens */
    hyt_value mask;   /* what keeps tokens apart that only the shift brought together; HYTI_NO_VALUE: no shift */
} swin_stage;

/* N,(2w-1)^2,T*T: 1 where the pair of tokens (i, j) is that far apart. A table times this is its bias. */
static hyt_status pair_places(hyt_graph *graph, size_t window, hyt_value *out)
{
    size_t tokens = window * window, across = 2 * window - 1, pairs = tokens * tokens;
    const hyt_dims dims = { 3, { 1, across * across, pairs } };
    float *values = hyti_array(graph->context, across * across * pairs, sizeof *values);
    if (!values) return hyti_fail_nomem();
    for (size_t i = 0; i < tokens; i++)
        for (size_t j = 0; j < tokens; j++) {
            size_t down = i / window + window - 1 - j / window, right = i % window + window - 1 - j % window;
            values[(down * across + right) * pairs + i * tokens + j] = 1;
        }
    hyt_status status = hyt_graph_constant(graph, &dims, 0, values, out);
    hyti_free(graph->context, values);
    return status;
}

/* Which of three bands a row of the shifted map is from: tokens of different ones were no neighbours. */
static size_t band(size_t at, size_t side, size_t window)
{
    return at < side - window ? 0 : at < side - window / 2 ? 1 : 2;
}

/* N,P,1,T,T: -100 between tokens of different origin (section 3.2). */
static hyt_status shift_mask(hyt_graph *graph, size_t side, size_t window, hyt_value *out)
{
    size_t across = side / window, tokens = window * window, count = across * across * tokens * tokens;
    const hyt_dims dims = { 5, { 1, across * across, 1, tokens, tokens } };
    float *values = hyti_array(graph->context, count, sizeof *values), *to = values;
    if (!values) return hyti_fail_nomem();
    for (size_t p = 0; p < across * across; p++)
        for (size_t i = 0; i < tokens; i++)
            for (size_t j = 0; j < tokens; j++) {
                size_t down = p / across * window, right = p % across * window;
                bool same = band(down + i / window, side, window) == band(down + j / window, side, window) &&
                            band(right + i % window, side, window) == band(right + j % window, side, window);
                *to++ = same ? 0 : -100;
            }
    hyt_status status = hyt_graph_constant(graph, &dims, 0, values, out);
    hyti_free(graph->context, values);
    return status;
}

static hyt_status window_bias(hyt_graph *graph, const swin_stage *s, bool shifted, hyt_value *out)
{
    size_t tokens = s->window * s->window, across = 2 * s->window - 1;
    const hyt_dims table = { 3, { 1, s->heads, across * across } };
    hyt_value x;
    HYTI_TRY(hyt_graph_constant(graph, &table, 0, NULL, &x));
    HYTI_TRY(hyt_graph_matmul(graph, x, s->places, 0, &x));
    HYTI_TRY(hyti_net_reshape(graph, x, (hyt_dims){ 5, { 1, 1, s->heads, tokens, tokens } }, false, out));
    if (!shifted) return HYT_OK;
    size_t windows = hyti_net_side(graph, s->mask, 1);
    hyt_value *copies = hyti_array(graph->context, windows, sizeof *copies);
    if (!copies) return hyti_fail_nomem();
    for (size_t i = 0; i < windows; i++) copies[i] = *out;
    hyt_status status = hyt_graph_concat(graph, copies, windows, 1, &x);
    hyti_free(graph->context, copies);
    HYTI_TRY(status);
    return hyt_graph_add(graph, x, s->mask, out);
}

/* Rows, then columns: what lay at `by` comes first, what was before it last. */
static hyt_status roll(hyt_graph *graph, size_t by, hyt_value *x)
{
    for (size_t axis = 2; axis <= 3; axis++) {
        size_t side = hyti_net_side(graph, *x, axis);
        hyt_value parts[2];
        HYTI_TRY(hyt_graph_slice(graph, *x, axis, by, side, 1, &parts[0]));
        HYTI_TRY(hyt_graph_slice(graph, *x, axis, 0, by, 1, &parts[1]));
        HYTI_TRY(hyt_graph_concat(graph, parts, 2, axis, x));
    }
    return HYT_OK;
}

static hyt_status window_attention(hyt_graph *graph, const swin_stage *s, bool shifted, hyt_value *x)
{
    size_t width = hyti_net_side(graph, *x, 3);
    hyt_value y, bias;
    HYTI_TRY(window_bias(graph, s, shifted, &bias));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(hyti_net_picture(graph, y, s->side, s->side, &y));
    if (shifted) HYTI_TRY(roll(graph, s->window / 2, &y));
    HYTI_TRY(hyt_graph_unfold_windows(graph, y, s->window, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, 3 * width, 1, &y));
    HYTI_TRY(hyt_graph_attention_of(graph, (hyt_value[]){ y, bias }, 2, s->heads, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, width, 1, &y));
    HYTI_TRY(hyt_graph_fold_windows(graph, y, s->side, s->side, s->window, &y));
    if (shifted) HYTI_TRY(roll(graph, s->side - s->window / 2, &y));
    HYTI_TRY(hyti_net_tokens(graph, y, &y));
    return hyt_graph_add(graph, *x, y, x);
}

static hyt_status feed_forward(hyt_graph *graph, size_t ratio, hyt_value *x)
{
    hyt_value y;
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(hyti_net_mlp(graph, y, ratio * hyti_net_side(graph, y, 3), HYT_OP_GELU, &y));
    return hyt_graph_add(graph, *x, y, x);
}

/* Each 2x2 tokens become one, twice as wide. */
static hyt_status merge_patches(hyt_graph *graph, size_t side, hyt_value *x)
{
    size_t width = hyti_net_side(graph, *x, 3);
    const hyt_dims merged = { 4, { 1, 1, side * side / 4, 4 * width } };
    HYTI_TRY(hyti_net_picture(graph, *x, side, side, x));
    HYTI_TRY(hyt_graph_unfold_windows(graph, *x, 2, x));
    HYTI_TRY(hyti_net_reshape(graph, *x, merged, false, x));
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, x));
    return hyt_graph_linear(graph, *x, 2 * width, 0, x);
}

static hyt_status start_stage(hyt_graph *graph, size_t side, size_t heads, swin_stage *s)
{
    s->side = side;
    s->heads = heads;
    s->mask = HYTI_NO_VALUE;
    for (s->window = HYTI_MIN((size_t)7, side); side % s->window; s->window--) {}
    HYTI_TRY(pair_places(graph, s->window, &s->places));
    if (s->window == side || s->window == 1) return HYT_OK;
    return shift_mask(graph, side, s->window, &s->mask);
}

hyt_status hyti_build_swin_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    static const size_t depths[4] = { 2, 2, 6, 2 }, heads[4] = { 3, 6, 12, 24 };
    size_t side = hyti_net_side(graph, x, 2) / 4;
    (void)network;
    HYTI_TRY(hyti_net_patches(graph, x, 96, 4, &x));
    HYTI_TRY(hyt_graph_layer_norm(graph, x, &x));
    for (size_t i = 0; i < 4; i++, side /= 2) {
        swin_stage stage;
        if (i > 0) HYTI_TRY(merge_patches(graph, 2 * side, &x));
        HYTI_TRY(start_stage(graph, side, heads[i], &stage));
        for (size_t j = 0; j < depths[i]; j++) {
            HYTI_TRY(window_attention(graph, &stage, j % 2 && stage.mask != HYTI_NO_VALUE, &x));
            HYTI_TRY(feed_forward(graph, 4, &x));
        }
    }
    HYTI_TRY(hyt_graph_layer_norm(graph, x, &x));
    HYTI_TRY(hyt_graph_mean_of(graph, x, 2, 0, &x));
    HYTI_TRY(hyti_net_reshape(graph, x, (hyt_dims){ 2, { 1, 768 } }, false, &x));
    return hyt_graph_linear(graph, x, classes, 1, &x);
}

/* PVT (Wang et al., arXiv 2102.12122, table 1), tiny: keys and values come from a map that a convolution made
 * `reduction` times smaller (section 3.3). */
static hyt_status reduced_attention(hyt_graph *graph, size_t side, size_t reduction, size_t heads, hyt_value *x)
{
    size_t width = hyti_net_side(graph, *x, 3);
    hyt_value y, from, q, k, v;
    HYTI_TRY(hyt_graph_layer_norm(graph, *x, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, width, 1, &q));
    from = y;
    if (reduction > 1) {
        HYTI_TRY(hyti_net_picture(graph, y, side, side, &from));
        HYTI_TRY(hyti_net_patches(graph, from, width, reduction, &from));
        HYTI_TRY(hyt_graph_layer_norm(graph, from, &from));
    }
    HYTI_TRY(hyt_graph_linear(graph, from, width, 1, &k));
    HYTI_TRY(hyt_graph_linear(graph, from, width, 1, &v));
    HYTI_TRY(hyt_graph_attention_of(graph, (hyt_value[]){ q, k, v }, 3, heads, &y));
    HYTI_TRY(hyt_graph_linear(graph, y, width, 1, &y));
    return hyt_graph_add(graph, *x, y, x);
}

hyt_status hyti_build_pvt_tiny(hyt_graph *graph, const hyti_network *network, hyt_value x, size_t classes)
{
    static const struct { size_t width, heads, reduction, ratio; } stages[4] = {
        { 64, 1, 8, 8 }, { 128, 2, 4, 8 }, { 320, 5, 2, 4 }, { 512, 8, 1, 4 } };
    (void)network;
    for (size_t i = 0; i < 4; i++) {
        size_t patch = i ? 2 : 4, side = hyti_net_side(graph, x, 2) / patch;
        HYTI_TRY(hyti_net_patches(graph, x, stages[i].width, patch, &x));
        HYTI_TRY(hyt_graph_layer_norm(graph, x, &x));
        if (i == 3) HYTI_TRY(hyti_net_class_token(graph, x, &x));
        HYTI_TRY(hyti_net_add_position(graph, x, &x));
        for (size_t j = 0; j < 2; j++) {
            HYTI_TRY(reduced_attention(graph, side, stages[i].reduction, stages[i].heads, &x));
            HYTI_TRY(feed_forward(graph, stages[i].ratio, &x));
        }
        if (i < 3) HYTI_TRY(hyti_net_picture(graph, x, side, side, &x));
    }
    return hyti_net_classify_token(graph, x, classes);
}
