/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks cut from a trained super-network. */
#include "data/batch.h"
#include "train/supernet.h"
#include <string.h>

hyt_status hyti_store_init(hyti_store *store, const hyt_graph *largest)
{
    hyt_context *context = hyti_graph_context(largest);
    *store = (hyti_store){ 0 };
    for (size_t i = 0; i < largest->n_parameters; i++)
        if (!largest->parameters[i].data)
            return hyti_fail(HYT_ERR_STATE, "the largest network's %s is not set", largest->parameters[i].name);
    HYTI_TRY(hyt_graph_copy(largest, &store->graph));
    hyt_status status = hyti_tape_build(context, store->graph, 1, &store->tape);
    if (status == HYT_OK) {
        store->net = (hyti_net_f32){ .context = context, .tape = &store->tape };
        store->net.weights = hyti_alloc_aligned(context, store->tape.n_trained * sizeof(float));
        store->net.running = hyti_alloc_aligned(context, store->tape.running * sizeof(float));
        if (!store->net.weights || !store->net.running) status = hyti_fail_nomem();
    }
    if (status == HYT_OK) hyti_net_read_f32(&store->net, store->graph);
    else hyti_store_clear(store);
    return status;
}

void hyti_store_clear(hyti_store *store)
{
    if (!store->graph) return;
    hyti_net_clear_f32(&store->net);
    hyti_tape_clear(&store->tape);
    hyt_graph_destroy(store->graph);
    *store = (hyti_store){ 0 };
}

/* A network that is cut: its statistics are measured. */
typedef struct cutting {
    const hyti_store *store;
    const hyt_dataset *dataset;
    hyti_augment plain;
    size_t pictures, batch, first; /* of all; of one pass; where it starts */
    hyti_tape tape;
    hyti_ops_f32 ops;
    hyti_pool *pool;
    hyti_net_f32 net;
    float *input;
    double *sums;                  /* of the statistics of all passes */
    atomic_bool failed;            /* a picture could not be read */
} cutting;

static hyt_status fill_picture(const cutting *c, size_t i)
{
    size_t index = (c->first + i) * hyt_dataset_count(c->dataset) / c->pictures;
    size_t size = c->tape.values[c->tape.input].size;
    return hyti_data_picture(c->dataset, index, &c->plain, 0, 0, c->input + i * size);
}

static void fill_task(void *user, size_t i, size_t worker)
{
    cutting *c = user;
    (void)worker;
    if (fill_picture(c, i) != HYT_OK) atomic_store(&c->failed, true);
}

/* From statistics of 0 a forward pass leaves a tenth of the batch's own. */
static hyt_status measure_batch(cutting *c, size_t count)
{
    hyti_pool_run(c->pool, count, fill_task, c);
    for (size_t i = 0; atomic_load(&c->failed) && i < count; i++) HYTI_TRY(fill_picture(c, i));
    memset(c->net.running, 0, c->tape.running * sizeof *c->net.running);
    hyti_net_forward_f32(&c->net, c->input, count, true);
    for (size_t i = 0; i < c->tape.ranges; i++) c->sums[i] += 10 * (double)c->net.running[i];
    return HYT_OK;
}

/* Passes differ by one picture at most. */
static hyt_status recalibrate(cutting *c)
{
    size_t passes = (c->pictures + c->batch - 1) / c->batch;
    for (size_t pass = 0; pass < passes && c->tape.ranges > 0; pass++) {
        c->first = c->pictures * pass / passes;
        HYTI_TRY(measure_batch(c, c->pictures * (pass + 1) / passes - c->first));
    }
    for (size_t i = 0; i < c->tape.ranges; i++) c->net.running[i] = (float)(c->sums[i] / (double)passes);
    return HYT_OK;
}

static hyt_status make_parts(cutting *c, const hyti_train_params *params, const hyt_graph *graph)
{
    hyt_context *context = hyti_graph_context(graph);
    HYTI_TRY(hyti_tape_build(context, graph, c->batch, &c->tape));
    hyti_ops_init_f32(&c->ops, HYTI_ISA_ALL);
    HYTI_TRY(hyti_pool_create(context, (size_t)params->threads, &c->pool));
    HYTI_TRY(hyti_net_init_f32(&c->net, context, &c->tape, &c->ops, c->pool));
    c->input = hyti_array(context, c->batch * c->tape.values[c->tape.input].size, sizeof *c->input);
    c->sums = hyti_array(context, c->tape.ranges, sizeof *c->sums);
    return c->input && c->sums ? HYT_OK : hyti_fail_nomem();
}

static hyt_status take_weights(cutting *c)
{
    hyti_slice slice;
    HYTI_TRY(hyti_slice_init(&slice, c->tape.context, &c->tape, &c->store->tape));
    hyti_slice_gather(&slice, c->pool, c->store->net.weights, c->net.weights);
    hyti_net_pack_f32(&c->net);
    hyti_slice_clear(&slice);
    return HYT_OK;
}

/* Pictures are normalised as the largest network's were. */
static void set_plain(cutting *c)
{
    const hyt_graph *largest = c->store->graph;
    for (size_t i = 0; i < 3; i++) {
        c->plain.mean[i] = largest->normalised ? largest->mean[i] : 0;
        c->plain.inverse[i] = largest->normalised ? 1 / largest->deviation[i] : 1;
    }
}

static hyt_status hand_over(const cutting *c, hyt_graph *graph)
{
    const hyt_graph *largest = c->store->graph;
    HYTI_TRY(hyt_graph_initialise(graph, 0)); /* memory for what is written now */
    hyti_net_write_f32(&c->net, graph);
    return largest->normalised ? hyt_graph_set_normalisation(graph, largest->mean, largest->deviation) : HYT_OK;
}

hyt_status hyti_store_cut(const hyti_store *store, const hyti_train_params *params, const hyt_dataset *dataset,
                          size_t pictures, hyt_graph *graph)
{
    hyt_context *context = hyti_graph_context(graph);
    cutting c = { .store = store, .dataset = dataset, .batch = (size_t)params->batch,
                  .pictures = HYTI_MIN(HYTI_MAX(pictures, (size_t)1), hyt_dataset_count(dataset)) };
    set_plain(&c);
    hyt_status status = make_parts(&c, params, graph);
    if (status == HYT_OK) status = take_weights(&c);
    if (status == HYT_OK) status = recalibrate(&c);
    if (status == HYT_OK) status = hand_over(&c, graph);
    hyti_free(context, c.input);
    hyti_free(context, c.sums);
    hyti_net_clear_f32(&c.net);
    hyti_pool_destroy(c.pool);
    hyti_tape_clear(&c.tape);
    return status;
}
