/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The space of HyT-NAS before it is pruned: every layer with its own kernel, expansion, channels and depth, every
 * MobileViT block with its own number of transformer layers, heads, embedding size, FFN ratio and patch; 36 genes,
 * 6.5e26 points. The study of what each gene costs (docs/efficiency_study.md) is made on it. */
#include "graph/graph.h"
#include "space/parts.h"
#include <math.h>
#include <stdio.h>

enum { LAYERS = 5, VIT = 2 /* place of the first layer with a MobileViT block */, STEM = 0, LAYER = 1, LAYER_GENES = 4,
       BLOCK = LAYER + LAYERS * LAYER_GENES, BLOCK_GENES = 5, GENES = BLOCK + (LAYERS - VIT) * BLOCK_GENES };
enum { KERNEL, EXPAND, CHANNELS, DEPTH };          /* of a layer */
enum { TBLOCKS, HEADS, EMBED, FFN, PATCH };        /* of a block */

static const double stems[] = { 8, 16, 24, 32 }, kernels[] = { 3, 5, 7 }, factors[] = { 1, 1.5, 2, 3, 4, 6 },
                    channels[] = { 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160 },
                    counts[] = { 1, 2, 3, 4 }, heads[] = { 1, 2, 3, 4, 6, 8 },
                    embeds[] = { 24, 48, 72, 96, 120, 144, 168, 192, 216, 240 }, /* all heads divide them */
                    ratios[] = { 1, 1.5, 2, 2.5, 3, 4 }, patches[] = { 2, 4, 8 };

typedef struct gene_row { const char *name; const double *values; size_t count; } gene_row;
static const gene_row layer_rows[LAYER_GENES] = { { "kernel", kernels, HYTI_COUNT(kernels) },
                                                  { "expand", factors, HYTI_COUNT(factors) },
                                                  { "channels", channels, HYTI_COUNT(channels) },
                                                  { "blocks", counts, HYTI_COUNT(counts) } };
static const gene_row block_rows[BLOCK_GENES] = { { "tblocks", counts, HYTI_COUNT(counts) },
                                                  { "heads", heads, HYTI_COUNT(heads) },
                                                  { "embed", embeds, HYTI_COUNT(embeds) },
                                                  { "ffn_ratio", ratios, HYTI_COUNT(ratios) },
                                                  { "patch", patches, HYTI_COUNT(patches) } };

static hyt_status add_gene(hyt_space *space, size_t layer, const gene_row *row)
{
    char name[32];
    snprintf(name, sizeof name, "l%zu_%s", layer + 1, row->name);
    return hyt_space_add_ordinal(space, name, row->values, row->count);
}

static hyt_status build(hyt_space *space)
{
    HYTI_TRY(hyt_space_add_ordinal(space, "stem_channels", stems, HYTI_COUNT(stems)));
    for (size_t k = 0; k < LAYERS; k++)
        for (size_t i = 0; i < LAYER_GENES; i++) HYTI_TRY(add_gene(space, k, &layer_rows[i]));
    for (size_t k = VIT; k < LAYERS; k++)
        for (size_t i = 0; i < BLOCK_GENES; i++) HYTI_TRY(add_gene(space, k, &block_rows[i]));
    return HYT_OK;
}

static double layer_value(const hyti_level *levels, size_t k, size_t gene)
{
    return layer_rows[gene].values[levels[LAYER + k * LAYER_GENES + gene]];
}

static double block_value(const hyti_level *levels, size_t k, size_t gene)
{
    return block_rows[gene].values[levels[BLOCK + (k - VIT) * BLOCK_GENES + gene]];
}

/* As hyt_graph_inverted_residual(), with a kernel of any size. */
static hyt_status add_residual(hyt_graph *graph, const hyti_level *levels, size_t k, size_t stride, hyt_value *at)
{
    size_t out = (size_t)layer_value(levels, k, CHANNELS), before = graph->nodes[*at].dims.size[1], hidden = before;
    double expand = layer_value(levels, k, EXPAND);
    hyt_value x = *at;
    if (expand > 1) {
        uint64_t place = graph->place;
        hidden = hyti_divisible((double)before * expand);
        graph->place = hyti_place_within(place, 0);
        HYTI_TRY(hyti_graph_conv_norm(graph, x, hidden, 1, 1, 1, HYT_OP_SILU, &x));
        graph->place = place;
    }
    HYTI_TRY(hyti_graph_conv_norm(graph, x, hidden, (size_t)layer_value(levels, k, KERNEL), stride, hidden, HYT_OP_SILU,
                                  &x));
    HYTI_TRY(hyti_graph_conv_norm(graph, x, out, 1, 1, 1, HYT_OP_INPUT, &x));
    if (stride == 1 && before == out) HYTI_TRY(hyt_graph_add(graph, x, *at, &x));
    *at = x;
    return HYT_OK;
}

static hyt_status add_layer(hyt_graph *graph, const hyti_level *levels, size_t k, hyt_value *at)
{
    for (size_t i = 0; i < (size_t)layer_value(levels, k, DEPTH); i++) {
        graph->place = hyti_place_of_block(k, i);
        HYTI_TRY(add_residual(graph, levels, k, k > 0 && i == 0 ? 2 : 1, at));
    }
    if (k < VIT) return HYT_OK;
    graph->place = hyti_place_of_block(k, HYTI_PLACE_ATTENTION);
    double embed = block_value(levels, k, EMBED);
    return hyt_graph_mobilevit(graph, *at, (size_t)embed, (size_t)lround(block_value(levels, k, FFN) * embed),
                               (size_t)block_value(levels, k, HEADS), (size_t)block_value(levels, k, TBLOCKS),
                               (size_t)block_value(levels, k, PATCH), HYT_OP_SILU, at);
}

static hyt_status decode(const hyt_space *space, const hyti_level *levels, size_t input, size_t classes,
                         hyt_graph *graph)
{
    hyt_value at;
    (void)space;
    HYTI_TRY(hyt_graph_input(graph, 3, input, input, &at));
    graph->place = hyti_place_within(0, HYTI_PLACE_STEM);
    HYTI_TRY(hyti_graph_conv_norm(graph, at, (size_t)stems[levels[STEM]], 3, 2, 1, HYT_OP_SILU, &at));
    for (size_t k = 0; k < LAYERS; k++) HYTI_TRY(add_layer(graph, levels, k, &at));
    graph->place = hyti_place_within(0, HYTI_PLACE_HEAD);
    size_t last = (size_t)layer_value(levels, LAYERS - 1, CHANNELS);
    HYTI_TRY(hyti_graph_conv_norm(graph, at, HYTI_MIN(4 * last, (size_t)960), 1, 1, 1, HYT_OP_SILU, &at));
    HYTI_TRY(hyt_graph_global_pool(graph, at, &at));
    HYTI_TRY(hyt_graph_linear(graph, at, classes, 1, &at));
    return hyt_graph_set_output(graph, at);
}

const hyti_preset hyti_preset_hytnas_wide = { "hytnas-wide", build, decode };
