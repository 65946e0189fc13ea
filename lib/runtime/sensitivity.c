/* SPDX-License-Identifier: MIT */
/* What int8 costs, operation by operation, and which are better left in bfloat16. */
#include "runtime/quantiser.h"
#include <math.h>
#include <stdlib.h>

enum { PICTURES = 16 };

typedef struct comparison {
    hyt_quantiser *q;
    size_t pictures, size; /* values of one result */
    float *exact, *output; /* exact: of all pictures */
    double variance;
} comparison;

static hyt_status run_all(const comparison *c, const hyt_graph *graph, bool exact, double *change)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    HYTI_TRY(hyt_runtime_options_create(c->q->context, &options));
    hyt_status status = hyt_options_set_int(options, HYT_RUNTIME_THREADS, c->q->params.threads);
    if (status == HYT_OK && exact) status = hyt_options_set_text(options, HYT_RUNTIME_PRECISION, "fp32");
    if (status == HYT_OK) status = hyt_runtime_create(graph, options, &runtime);
    double sum = 0;
    for (size_t i = 0; i < c->pictures && status == HYT_OK; i++) {
        const float *wanted = c->exact + i * c->size;
        float *to = exact ? c->exact + i * c->size : c->output;
        status = hyt_runtime_run(runtime, c->q->pictures + i * c->q->picture_size, to);
        for (size_t j = 0; j < c->size; j++) sum += ((double)to[j] - wanted[j]) * ((double)to[j] - wanted[j]);
    }
    *change = sum / (double)(c->pictures * c->size);
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
    return status;
}

static double variance_of(const float *values, size_t count)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < count; i++) mean += values[i];
    mean /= (double)count;
    for (size_t i = 0; i < count; i++) square += (values[i] - mean) * (values[i] - mean);
    return square / (double)count;
}

static hyt_status start(hyt_quantiser *q, comparison *c)
{
    hyt_dims dims;
    double nothing;
    HYTI_TRY(hyti_quantiser_calibrate(q));
    HYTI_TRY(hyt_graph_dims(q->scaled, hyt_graph_output(q->scaled), &dims));
    *c = (comparison){ .q = q, .pictures = HYTI_MIN(q->n_pictures, (size_t)PICTURES) };
    hyti_dims_count(&dims, &c->size);
    c->exact = hyti_array(q->context, c->size * (c->pictures + 1), sizeof *c->exact);
    if (!c->exact) return hyti_fail_nomem();
    c->output = c->exact + c->size * c->pictures;
    HYTI_TRY(run_all(c, q->scaled, true, &nothing));
    c->variance = fmax(variance_of(c->exact, c->size * c->pictures), 1e-30);
    return HYT_OK;
}

/* All others go with what they read: activations are fused with it, moves change no value. */
static bool computes(const hyt_graph *graph, size_t value)
{
    hyt_op op = graph->nodes[value].op;
    if (hyti_op_is_activation(op)) return false;
    switch (op) {
    case HYT_OP_INPUT:
    case HYT_OP_CONSTANT:
    case HYT_OP_CONCAT:
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD:
    case HYT_OP_RESHAPE:
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE:
    case HYT_OP_PAD: return false;
    default: return true;
    }
}

static void follow(hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        hyti_node *node = &graph->nodes[i];
        if (!computes(graph, i) && node->n_inputs) node->precision = graph->nodes[node->inputs[0]].precision;
    }
}

static hyt_status measure_all(const comparison *c, hyt_graph *graph, double *drops)
{
    for (size_t i = 0; i < graph->n_nodes; i++) graph->nodes[i].precision = HYT_FP32;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        drops[i] = 0;
        if (!computes(graph, i)) continue;
        graph->nodes[i].precision = HYT_INT8;
        follow(graph);
        HYTI_TRY(run_all(c, graph, false, &drops[i]));
        graph->nodes[i].precision = HYT_FP32;
        drops[i] /= c->variance;
    }
    return HYT_OK;
}

hyt_status hyt_quantiser_drops(hyt_quantiser *q, double *drops)
{
    comparison c = { 0 };
    hyt_graph *graph = NULL;
    HYTI_NEED(q);
    HYTI_NEED(drops);
    hyt_status status = start(q, &c);
    if (status == HYT_OK) status = hyt_graph_copy(q->scaled, &graph);
    if (status == HYT_OK) status = measure_all(&c, graph, drops);
    hyt_graph_destroy(graph);
    hyti_free(q->context, c.exact);
    return status;
}

/* Search */

typedef struct ranked { double drop; hyt_value value; } ranked;

static int by_drop(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->drop != y->drop) return x->drop < y->drop ? 1 : -1;
    return x->value - y->value;
}

typedef struct finder {
    hyt_quantiser *q;
    hyt_score_fn score;
    void *user;
    double target;
    ranked *order;
    size_t n; /* operations that compute */
} finder;

/* The picture is stored in int8 only where an operation in int8 comes to read it, be it through moves. */
static hyt_status follow_readers(hyt_graph *graph)
{
    bool *wanted = hyti_array(graph->context, graph->n_nodes, sizeof *wanted);
    if (!wanted) return hyti_fail_nomem();
    for (size_t i = graph->n_nodes; i-- > 0;) {
        const hyti_node *node = &graph->nodes[i];
        bool wants = computes(graph, i) ? node->precision == HYT_INT8 : wanted[i];
        for (size_t j = 0; j < node->n_inputs; j++) wanted[node->inputs[j]] |= wants;
    }
    if (!wanted[graph->input]) graph->nodes[graph->input].precision = HYT_BF16;
    hyti_free(graph->context, wanted);
    return HYT_OK;
}

/* The graph with the first `left` of the order in bfloat16, what only moves with what it reads. */
static hyt_status make(const finder *f, size_t left, hyt_graph **out)
{
    hyt_graph *graph = NULL;
    HYTI_TRY(hyt_graph_copy(f->q->scaled, &graph));
    for (size_t i = 0; i < left; i++) graph->nodes[f->order[i].value].precision = HYT_BF16;
    hyt_status status = left ? follow_readers(graph) : HYT_OK;
    if (status != HYT_OK) {
        hyt_graph_destroy(graph);
        return status;
    }
    follow(graph);
    *out = graph;
    return HYT_OK;
}

static hyt_status enough(const finder *f, size_t left, bool *reached)
{
    hyt_graph *graph = NULL;
    double score = 0;
    HYTI_TRY(make(f, left, &graph));
    int status = f->score(f->user, graph, &score);
    hyt_graph_destroy(graph);
    *reached = score >= f->target;
    return status;
}

static hyt_status bisect(const finder *f, size_t *left)
{
    size_t low = 0, high = f->n;
    bool reached;
    HYTI_TRY(enough(f, 0, &reached));
    if (reached) {
        *left = 0;
        return HYT_OK;
    }
    HYTI_TRY(enough(f, high, &reached));
    if (!reached)
        return hyti_fail(HYT_ERR_INFEASIBLE, "even in bfloat16 throughout the network scores less than %g", f->target);
    while (high - low > 1) { /* low is too few, high is enough */
        size_t middle = low + (high - low) / 2;
        HYTI_TRY(enough(f, middle, &reached));
        if (reached) high = middle;
        else low = middle;
    }
    *left = high;
    return HYT_OK;
}

static hyt_status rank(finder *f)
{
    const hyt_graph *graph = f->q->scaled;
    double *drops = hyti_array(f->q->context, graph->n_nodes, sizeof *drops);
    f->order = hyti_array(f->q->context, graph->n_nodes, sizeof *f->order);
    hyt_status status = drops && f->order ? hyt_quantiser_drops(f->q, drops) : hyti_fail_nomem();
    for (size_t i = 0; i < graph->n_nodes && status == HYT_OK; i++)
        if (computes(graph, i)) f->order[f->n++] = (ranked){ drops[i], (hyt_value)i };
    hyti_free(f->q->context, drops);
    if (status == HYT_OK) qsort(f->order, f->n, sizeof *f->order, by_drop);
    return status;
}

hyt_status hyt_quantiser_search(hyt_quantiser *q, hyt_score_fn score, void *user, double target, hyt_graph **out,
                                size_t *left)
{
    finder f = { .q = q, .score = score, .user = user, .target = target };
    size_t found = 0;
    HYTI_NEED(q);
    HYTI_NEED(score);
    HYTI_NEED(out);
    HYTI_TRY(hyti_quantiser_calibrate(q));
    hyt_status status = rank(&f);
    if (status == HYT_OK) status = bisect(&f, &found);
    if (status == HYT_OK) status = make(&f, found, out);
    if (status == HYT_OK && left) *left = found;
    hyti_free(q->context, f.order);
    return status;
}
