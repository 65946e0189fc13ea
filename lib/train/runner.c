/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/runner.h"

static hyt_status make_runtime(const hyt_graph *network, size_t batch, size_t threads, hyt_runtime **out)
{
    hyt_options *options = NULL;
    HYTI_TRY(hyt_runtime_options_create(hyti_graph_context(network), &options));
    hyt_status status = hyt_options_set_int(options, HYT_RUNTIME_BATCH, (int64_t)batch);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_RUNTIME_THREADS, (int64_t)threads);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_RUNTIME_LAYOUT, "nhwc");
    if (status == HYT_OK) status = hyt_runtime_create(network, options, out);
    hyt_options_destroy(options);
    return status;
}

hyt_status hyti_runner_init(hyti_runner *runner, const hyt_graph *network, size_t batch, size_t threads)
{
    const hyti_node *last = &network->nodes[hyt_graph_output(network)];
    *runner = (hyti_runner){ .context = hyti_graph_context(network), .batch = batch };
    HYTI_TRY(make_runtime(network, batch, threads, &runner->runtime));
    runner->size = hyt_runtime_output_size(runner->runtime) / batch;
    if (!last->picture) return HYT_OK;
    runner->channels = last->dims.size[1];
    runner->room = hyti_array(runner->context, batch * runner->size, sizeof *runner->room);
    if (runner->room) return HYT_OK;
    hyti_runner_clear(runner);
    return hyti_fail_nomem();
}

void hyti_runner_clear(hyti_runner *runner)
{
    hyt_runtime_destroy(runner->runtime);
    hyti_free(runner->context, runner->room);
    *runner = (hyti_runner){ 0 };
}

hyt_status hyti_runner_run(const hyti_runner *runner, const float *input, float *output)
{
    if (!runner->room) return hyt_runtime_run(runner->runtime, input, output);
    HYTI_TRY(hyt_runtime_run(runner->runtime, input, runner->room));
    size_t channels = runner->channels, pixels = runner->size / channels;
    for (size_t i = 0; i < runner->batch; i++) {
        const float *from = runner->room + i * runner->size;
        float *to = output + i * runner->size;
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++) to[p * channels + c] = from[c * pixels + p];
    }
    return HYT_OK;
}
