/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The space of HyT-NAS (Mecharbat et al., arXiv 2303.04440): an inverted residual, then more of them, then three pairs
 * of an inverted residual and a MobileViT block; 23 genes. */
#include "space/parts.h"
#include <math.h>

enum {
    LAYERS = HYTI_HYTNAS_LAYERS, /* number 1 is place 0 */
    VIT = 2,              /* place of the first layer that ends in a MobileViT block */
    BLOCKS = 0,           /* of layers 2..5: inverted residuals, then transformer layers */
    EXPAND = 4,           /* of layers 1..5 */
    CHANNELS = 9,         /* of layer 1, then the multipliers of layers 2..5 */
    HEADS = 14,           /* of layers 3..5, as the two below */
    FFN = 17,
    PATCH = 20,
    GENES = HYTI_HYTNAS_GENES
};

static const double counts[] = { 1, 2, 3, 4 }, factors[] = { 1, 2, 4 }, widths[] = { 8, 16, 24, 32 },
                    ratios[] = { 1, 1.5, 2 }, patches[] = { 2, 4, 8 };
static const double caps[LAYERS] = { INFINITY, INFINITY, 96, 128, 256 };

static const struct { const char *name; const double *values; size_t count; } rows[GENES] = {
    { "l2_blocks", counts, 4 },      { "l3_tblocks", counts, 4 },     { "l4_tblocks", counts, 4 },
    { "l5_tblocks", counts, 4 },     { "l1_expand", factors, 3 },     { "l2_expand", factors, 3 },
    { "l3_expand", factors, 3 },     { "l4_expand", factors, 3 },     { "l5_expand", factors, 3 },
    { "l1_channels", widths, 4 },    { "l2_multiplier", ratios, 3 },  { "l3_multiplier", ratios, 3 },
    { "l4_multiplier", ratios, 3 },  { "l5_multiplier", ratios, 3 },  { "l3_heads", factors, 3 },
    { "l4_heads", factors, 3 },      { "l5_heads", factors, 3 },      { "l3_ffn_ratio", ratios, 3 },
    { "l4_ffn_ratio", ratios, 3 },   { "l5_ffn_ratio", ratios, 3 },   { "l3_patch", patches, 3 },
    { "l4_patch", patches, 3 },      { "l5_patch", patches, 3 },
};

/* Channels of the five layers. The width is carried on before it is rounded down and capped. */
static void find_channels(const hyti_level levels[LAYERS], size_t channels[LAYERS])
{
    double width = widths[levels[0]];
    for (size_t k = 0; k < LAYERS; k++) {
        if (k > 0) width *= ratios[levels[k]];
        channels[k] = (size_t)fmin(floor(width), caps[k]);
    }
}

static size_t power_below(size_t value)
{
    size_t power = 1;
    while (power * 2 <= value) power *= 2;
    return power;
}

/* Channels are at most 256: 9 bits each. */
static uint64_t channels_key(const hyti_level *levels)
{
    size_t channels[LAYERS];
    uint64_t key = 0;
    find_channels(levels, channels);
    for (size_t k = 0; k < LAYERS; k++) key = key << 9 | channels[k];
    return key;
}

/* log2 of the channels of layer k + 1, or of the width of its transformer, for each choice of the joint. */
static void tabulate(const hyti_joint *joint, size_t k, bool transformer, double *table)
{
    size_t channels[LAYERS];
    for (size_t c = 0; c < joint->choices; c++) {
        find_channels(joint->rows + c * LAYERS, channels);
        table[c] = log2((double)(transformer ? power_below(channels[k]) : channels[k]));
    }
}

/* A surrogate sees channels instead of multipliers, and FFN widths instead of ratios, both as log2. */
static hyt_status show_decoded(hyt_space *space, double *table)
{
    static const double nothing[HYTI_COUNT(widths)] = { 0 };
    const hyti_joint *joint = space->genes[CHANNELS].joint;
    double own[HYTI_COUNT(ratios)];
    for (size_t i = 0; i < HYTI_COUNT(ratios); i++) own[i] = log2(ratios[i]);
    for (size_t k = 0; k < LAYERS; k++) {
        tabulate(joint, k, false, table);
        HYTI_TRY(hyti_gene_see(space, CHANNELS + k, joint, nothing, table));
        if (k < VIT) continue;
        tabulate(joint, k, true, table);
        HYTI_TRY(hyti_gene_see(space, FFN + k - VIT, joint, own, table));
    }
    return HYT_OK;
}

hyt_status hyti_hytnas_build(hyt_space *space)
{
    for (size_t i = 0; i < GENES; i++)
        HYTI_TRY(hyt_space_add_ordinal(space, rows[i].name, rows[i].values, rows[i].count));
    HYTI_TRY(hyti_joint_create(space, CHANNELS, LAYERS, channels_key));
    double *table = hyti_array(space->context, space->genes[CHANNELS].joint->choices, sizeof *table);
    hyt_status status = table ? show_decoded(space, table) : hyti_fail_nomem();
    hyti_free(space->context, table);
    return status;
}

/* Convolution without bias, batch norm, SiLU. */
static hyt_status add_conv(hyt_graph *graph, size_t channels, size_t kernel, size_t stride, hyt_value *at)
{
    HYTI_TRY(hyt_graph_conv(graph, *at, channels, kernel, stride, 1, at));
    HYTI_TRY(hyt_graph_batch_norm(graph, *at, at));
    return hyt_graph_activation(graph, *at, HYT_OP_SILU, at);
}

/* Layer k + 1: stride 2 but in the first. */
static hyt_status add_layer(hyt_graph *graph, size_t k, size_t channels, const hyti_level *levels, hyt_value *at)
{
    double expand = factors[levels[EXPAND + k]];
    size_t blocks = k == 0 ? 1 : (size_t)counts[levels[BLOCKS + k - 1]];
    size_t residuals = k == 1 ? blocks : 1;
    for (size_t i = 0; i < residuals; i++) {
        graph->place = hyti_place_of_block(k, i);
        HYTI_TRY(hyt_graph_inverted_residual(graph, *at, channels, k > 0 && i == 0 ? 2 : 1, expand, HYT_OP_SILU, at));
    }
    if (k < VIT) return HYT_OK;
    graph->place = hyti_place_of_block(k, HYTI_PLACE_ATTENTION);
    size_t width = power_below(channels), place = k - VIT;
    size_t ffn = (size_t)lround(ratios[levels[FFN + place]] * (double)width);
    return hyt_graph_mobilevit(graph, *at, width, ffn, (size_t)factors[levels[HEADS + place]], blocks,
                               (size_t)patches[levels[PATCH + place]], HYT_OP_SILU, at);
}

hyt_status hyti_hytnas_backbone(const hyti_level *levels, size_t input, hyt_graph *graph,
                                hyt_value maps[HYTI_HYTNAS_LAYERS])
{
    size_t channels[LAYERS];
    hyt_value at;
    find_channels(levels + CHANNELS, channels);
    HYTI_TRY(hyt_graph_input(graph, 3, input, input, &at));
    graph->place = hyti_place_within(0, HYTI_PLACE_STEM);
    HYTI_TRY(add_conv(graph, 16, 3, 2, &at));
    for (size_t k = 0; k < LAYERS; k++) {
        HYTI_TRY(add_layer(graph, k, channels[k], levels, &at));
        maps[k] = at;
    }
    graph->place = hyti_place_within(0, HYTI_PLACE_HEAD);
    return HYT_OK;
}

static hyt_status decode(const hyt_space *space, const hyti_level *levels, size_t input, size_t classes,
                         hyt_graph *graph)
{
    (void)space;
    size_t channels[LAYERS];
    hyt_value maps[LAYERS], at;
    find_channels(levels + CHANNELS, channels);
    HYTI_TRY(hyti_hytnas_backbone(levels, input, graph, maps));
    at = maps[LAYERS - 1];
    HYTI_TRY(add_conv(graph, HYTI_MIN(4 * channels[LAYERS - 1], (size_t)960), 1, 1, &at));
    HYTI_TRY(hyt_graph_global_pool(graph, at, &at));
    HYTI_TRY(hyt_graph_linear(graph, at, classes, 1, &at));
    return hyt_graph_set_output(graph, at);
}

const hyti_preset hyti_preset_hytnas = { "hytnas", hyti_hytnas_build, decode };
