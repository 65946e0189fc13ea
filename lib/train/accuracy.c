/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/table.h"
#include "data/batch.h"
#include "graph/graph.h"
#include "train/train.h"
#include <hytnas/runtime.h>

#define BATCH 32

/* Pictures as they are, from 0 to 1: the network normalises by itself. */
typedef struct scoring {
    const hyt_dataset *dataset;
    hyt_runtime *runtime;
    size_t pixels, classes;    /* values of one picture, of one result */
    float *input, *output;
} scoring;

static hyt_status score_batch(const scoring *s, size_t first, size_t count, size_t *right)
{
    const hyti_augment plain = { .inverse = { 1, 1, 1 } };
    for (size_t i = 0; i < count; i++) hyti_data_picture(s->dataset, first + i, &plain, 0, 0, s->input + i * s->pixels);
    HYTI_TRY(hyt_runtime_run(s->runtime, s->input, s->output));
    for (size_t i = 0; i < count; i++)
        *right += hyti_train_highest(s->output + i * s->classes, s->classes) ==
                  hyt_dataset_label(s->dataset, first + i);
    return HYT_OK;
}

static hyt_status score(scoring *s, double *accuracy)
{
    size_t count = hyt_dataset_count(s->dataset), right = 0;
    s->pixels = hyt_runtime_input_size(s->runtime) / BATCH;
    s->classes = hyt_runtime_output_size(s->runtime) / BATCH;
    s->input = hyti_array(hyti_dataset_context(s->dataset), BATCH * s->pixels, sizeof *s->input);
    s->output = hyti_array(hyti_dataset_context(s->dataset), BATCH * s->classes, sizeof *s->output);
    if (!s->input || !s->output) return hyti_fail_nomem();
    for (size_t first = 0; first < count; first += BATCH)
        HYTI_TRY(score_batch(s, first, HYTI_MIN((size_t)BATCH, count - first), &right));
    *accuracy = (double)right / (double)count;
    return HYT_OK;
}

static hyt_status make_runtime(const hyt_graph *network, size_t threads, hyt_runtime **out)
{
    hyt_options *options = NULL;
    HYTI_TRY(hyt_runtime_options_create(hyti_graph_context(network), &options));
    hyt_status status = hyt_options_set_int(options, HYT_RUNTIME_BATCH, BATCH);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_RUNTIME_THREADS, (int64_t)threads);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_RUNTIME_LAYOUT, "nhwc");
    if (status == HYT_OK) status = hyt_runtime_create(network, options, out);
    hyt_options_destroy(options);
    return status;
}

hyt_status hyt_train_accuracy(const hyt_graph *network, const hyt_dataset *dataset, size_t threads, double *accuracy)
{
    HYTI_NEED(network);
    HYTI_NEED(dataset);
    HYTI_NEED(accuracy);
    scoring s = { .dataset = dataset };
    HYTI_TRY(hyti_train_check(network, dataset, "dataset"));
    hyt_status status = make_runtime(network, threads, &s.runtime);
    if (status == HYT_OK) status = score(&s, accuracy);
    hyti_free(hyti_dataset_context(dataset), s.input);
    hyti_free(hyti_dataset_context(dataset), s.output);
    hyt_runtime_destroy(s.runtime);
    return status;
}
