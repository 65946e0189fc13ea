/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Detectors and segmentation networks on the backbone of "hytnas": its 23 genes, then those of a light head. */
#include "space/parts.h"

enum { LAYERS = HYTI_HYTNAS_LAYERS, HEAD = HYTI_HYTNAS_GENES };

typedef struct gene_row { const char *name; const double *values; size_t count; } gene_row;

static hyt_status add_genes(hyt_space *space, const gene_row *rows, size_t count)
{
    HYTI_TRY(hyti_hytnas_build(space));
    for (size_t i = 0; i < count; i++)
        HYTI_TRY(hyt_space_add_ordinal(space, rows[i].name, rows[i].values, rows[i].count));
    return HYT_OK;
}

static size_t value_of(const hyti_level *levels, const gene_row *rows, size_t gene)
{
    return (size_t)rows[gene].values[levels[HEAD + gene]];
}

static const double widths[] = { 16, 24, 32, 48, 64, 96 }, few[] = { 1, 2, 3 }, pair[] = { 1, 2 };

/* Boxes at the pixels of the 1 to 3 coarsest maps, strides 32, 16 and 8; of several maps, with or without a pyramid. */
enum { DETECT_MAPS, DETECT_CHANNELS, DETECT_DEPTH, DETECT_PYRAMID };
static const double either[] = { 0, 1 };
static const gene_row detect_rows[] = { { "head_maps", few, 3 }, { "head_channels", widths, 6 },
                                        { "head_depth", few, 3 }, { "head_pyramid", either, 2 } };

static hyt_status build_detect(hyt_space *space)
{
    HYTI_TRY(add_genes(space, detect_rows, HYTI_COUNT(detect_rows)));
    return hyt_space_add_condition(space, "head_pyramid", "head_maps", (const size_t[]){ 1, 2 }, 2);
}

static hyt_status decode_detect(const hyt_space *space, const hyti_level *levels, size_t input, size_t classes,
                                hyt_graph *graph)
{
    size_t count = value_of(levels, detect_rows, DETECT_MAPS);
    size_t channels = value_of(levels, detect_rows, DETECT_CHANNELS);
    hyt_value maps[LAYERS], *own = maps + LAYERS - count, at;
    (void)space;
    HYTI_TRY(hyti_hytnas_backbone(levels, input, graph, maps));
    if (count > 1 && value_of(levels, detect_rows, DETECT_PYRAMID))
        HYTI_TRY(hyt_graph_pyramid(graph, own, count, channels, own));
    HYTI_TRY(hyt_graph_box_head(graph, own, count, channels, value_of(levels, detect_rows, DETECT_DEPTH), classes,
                                HYT_OP_SILU, &at));
    return hyt_graph_set_output(graph, at);
}

const hyti_preset hyti_preset_hytnas_detect = { "hytnas-detect", build_detect, decode_detect };

/* Queries that look at the map of stride 32. */
enum { DETR_WIDTH, DETR_FFN, DETR_HEADS, DETR_LAYERS, DETR_QUERIES };
static const double query_widths[] = { 32, 48, 64, 96, 128 }, ratios[] = { 1, 2 }, heads[] = { 1, 2, 4 },
                    queries[] = { 5, 10, 20, 30 };
static const gene_row detr_rows[] = { { "head_width", query_widths, 5 }, { "head_ffn_ratio", ratios, 2 },
                                      { "head_heads", heads, 3 }, { "head_layers", pair, 2 },
                                      { "head_queries", queries, 4 } };

static hyt_status build_detr(hyt_space *space)
{
    return add_genes(space, detr_rows, HYTI_COUNT(detr_rows));
}

static hyt_status decode_detr(const hyt_space *space, const hyti_level *levels, size_t input, size_t classes,
                              hyt_graph *graph)
{
    size_t width = value_of(levels, detr_rows, DETR_WIDTH);
    hyt_value maps[LAYERS], at;
    (void)space;
    HYTI_TRY(hyti_hytnas_backbone(levels, input, graph, maps));
    HYTI_TRY(hyt_graph_query_head(graph, maps[LAYERS - 1], width, value_of(levels, detr_rows, DETR_FFN) * width,
                                  value_of(levels, detr_rows, DETR_HEADS), value_of(levels, detr_rows, DETR_LAYERS),
                                  value_of(levels, detr_rows, DETR_QUERIES), classes, &at));
    return hyt_graph_set_output(graph, at);
}

const hyti_preset hyti_preset_hytnas_detr = { "hytnas-detr", build_detr, decode_detr };

/* Pixels of the map of stride 4 or 8, beside which the coarser ones are enlarged. */
enum { SEGMENT_STRIDE, SEGMENT_CHANNELS, SEGMENT_DEPTH };
static const double strides[] = { 4, 8 };
static const gene_row segment_rows[] = { { "head_stride", strides, 2 }, { "head_channels", widths, 5 },
                                         { "head_depth", pair, 2 } };

static hyt_status build_segment(hyt_space *space)
{
    return add_genes(space, segment_rows, HYTI_COUNT(segment_rows));
}

static hyt_status decode_segment(const hyt_space *space, const hyti_level *levels, size_t input, size_t classes,
                                 hyt_graph *graph)
{
    size_t first = value_of(levels, segment_rows, SEGMENT_STRIDE) == 4 ? 1 : 2;
    hyt_value maps[LAYERS], at;
    (void)space;
    HYTI_TRY(hyti_hytnas_backbone(levels, input, graph, maps));
    HYTI_TRY(hyt_graph_pixel_head(graph, maps + first, LAYERS - first, value_of(levels, segment_rows, SEGMENT_CHANNELS),
                                  value_of(levels, segment_rows, SEGMENT_DEPTH), classes, HYT_OP_SILU, &at));
    return hyt_graph_set_output(graph, at);
}

const hyti_preset hyti_preset_hytnas_segment = { "hytnas-segment", build_segment, decode_segment };
