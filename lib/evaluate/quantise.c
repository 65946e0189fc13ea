/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates as int8 networks: their shapes alone, and trained ones calibrated on pictures. */
#include "data/batch.h"
#include "evaluate/evaluate.h"
#include <hytnas/quantiser.h>

static hyt_status mark_int8(hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        HYTI_TRY(hyt_graph_set_precision(graph, (hyt_value)i, HYT_INT8));
        HYTI_TRY(hyt_graph_set_quantisation(graph, (hyt_value)i, 1, 0));
    }
    return HYT_OK;
}

hyt_status hyti_evaluate_int8_shapes(const hyt_graph *graph, hyt_graph **out)
{
    hyt_graph *folded = NULL;
    HYTI_TRY(hyt_graph_fold_norms(graph, &folded));
    hyt_status status = mark_int8(folded);
    if (status == HYT_OK) *out = folded;
    else hyt_graph_destroy(folded);
    return status;
}

/* One picture, pixels from 0 to 1, as planes; `pixels`: room for one. */
static hyt_status add_picture(hyt_quantiser *quantiser, const hyt_dataset *dataset, size_t index, float *pixels)
{
    const hyti_augment plain = { .inverse = { 1, 1, 1 } };
    size_t area = hyt_dataset_height(dataset) * hyt_dataset_width(dataset);
    float *planes = pixels + 3 * area;
    HYTI_TRY(hyti_data_picture(dataset, index, &plain, 0, 0, pixels));
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < area; i++) planes[c * area + i] = pixels[3 * i + c];
    return hyt_quantiser_add(quantiser, planes, 1);
}

static hyt_status add_pictures(hyt_quantiser *quantiser, const hyt_dataset *dataset, size_t pictures)
{
    hyt_context *context = hyti_dataset_context(dataset);
    size_t count = hyt_dataset_count(dataset), chosen = HYTI_MIN(pictures, count);
    float *room = hyti_array(context, hyt_dataset_height(dataset) * hyt_dataset_width(dataset), 6 * sizeof *room);
    if (!room) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < chosen && status == HYT_OK; i++)
        status = add_picture(quantiser, dataset, i * count / chosen, room);
    hyti_free(context, room);
    return status;
}

/* Of training that rounded. */
static bool has_ranges(const hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i].quantised) return true;
    return false;
}

hyt_status hyti_evaluate_quantise(const hyt_graph *network, const hyt_dataset *dataset, size_t pictures, size_t threads,
                                  hyt_graph **out)
{
    hyt_options *options = NULL;
    hyt_quantiser *quantiser = NULL;
    HYTI_TRY(hyt_quantiser_options_create(hyti_graph_context(network), &options));
    hyt_status status = hyt_options_set_int(options, HYT_QUANTISER_THREADS, (int64_t)threads);
    if (status == HYT_OK && has_ranges(network))
        status = hyt_options_set_text(options, HYT_QUANTISER_CALIBRATION, "learned");
    if (status == HYT_OK) status = hyt_quantiser_create(network, options, &quantiser);
    if (status == HYT_OK) status = add_pictures(quantiser, dataset, pictures);
    if (status == HYT_OK) status = hyt_quantiser_finish(quantiser, out);
    hyt_quantiser_destroy(quantiser);
    hyt_options_destroy(options);
    return status;
}
