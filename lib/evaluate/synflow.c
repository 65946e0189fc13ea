/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tanaka et al., arXiv 2006.05467: R is the sum of the results of the network with the absolute values of its weights
 * on a picture of ones, the proxy the sum of w dR/dw over the weights of convolutions and linear layers. Its size is
 * that of a product over the depth, so it is worked out in float64 and its logarithm is the answer.
 *
 * The paper's networks are linear in what they are given here: no biases, all values positive, so that rectifiers pass
 * everything. So are these: norms and rectifying activations are left out, whatever their curve, trained constants are
 * 0 as biases are, and attention weighs all tokens alike, which it does to a picture of ones but for its edges. */
#include "evaluate/proxy.h"
#include "train/net_f64.h"
#include "train/trainer.h"
#include <math.h>

typedef struct rewrite {
    const hyt_graph *graph;  /* with all its weights */
    hyt_graph *out;
    hyt_value *place;        /* of each value of the graph in `out` */
} rewrite;

static bool is_passed(hyt_op op)
{
    return op == HYT_OP_BATCH_NORM || op == HYT_OP_LAYER_NORM || op == HYT_OP_RELU || op == HYT_OP_RELU6 ||
           op == HYT_OP_SILU || op == HYT_OP_GELU || op == HYT_OP_HARD_SWISH;
}

/* Zero times a value, of its shape. */
static hyt_status add_zero(const rewrite *r, hyt_value value, hyt_value *out)
{
    static const float zero;
    hyt_dims one = { .rank = r->out->nodes[value].dims.rank };
    hyt_value constant;
    for (size_t i = 0; i < one.rank; i++) one.size[i] = 1;
    HYTI_TRY(hyt_graph_constant(r->out, &one, 0, &zero, &constant));
    return hyt_graph_mul(r->out, value, constant, out);
}

/* With queries and keys of zero all tokens weigh the same. */
static hyt_status even_attention(const rewrite *r, const hyti_node *node, hyt_value *to)
{
    hyt_value operands[3];
    const hyti_node *first = &r->graph->nodes[node->inputs[0]];
    size_t width = hyti_node_features(node), axis = first->dims.rank - 1;
    for (size_t i = 0; i < 3; i++) {
        hyt_value from = r->place[node->inputs[node->n_inputs < 3 ? 0 : i]];
        if (node->n_inputs < 3) /* side by side */
            HYTI_TRY(hyt_graph_slice(r->out, from, axis, i * width, (i + 1) * width, 1, &from));
        if (i < 2) HYTI_TRY(add_zero(r, from, &from));
        operands[i] = from;
    }
    return hyt_graph_attention_of(r->out, operands, 3, node->heads, to);
}

static hyt_status copy_absolute(const rewrite *r, hyt_value from, hyt_value to)
{
    const hyti_node *own = &r->out->nodes[to];
    for (size_t k = 0; k < own->n_parameters; k++) {
        const hyti_parameter *parameter = &r->graph->parameters[r->graph->nodes[from].parameters[k]];
        HYTI_TRY(hyt_graph_set_parameter(r->out, own->parameters[k], parameter->data, parameter->count));
        float *values = r->out->parameters[own->parameters[k]].data;
        bool added = parameter->role == HYTI_ROLE_CONSTANT; /* as a bias is: embeddings */
        for (size_t i = 0; i < parameter->count; i++) values[i] = added ? 0 : fabsf(values[i]);
    }
    return HYT_OK;
}

static hyt_status copy_node(const rewrite *r, hyt_value value)
{
    hyti_node node = r->graph->nodes[value];
    hyt_value *mapped = hyti_array(r->out->context, HYTI_MAX(node.n_inputs, (size_t)1), sizeof *mapped);
    if (!mapped) return hyti_fail_nomem();
    for (size_t i = 0; i < node.n_inputs; i++) mapped[i] = r->place[node.inputs[i]];
    node.inputs = mapped;
    hyt_status status = hyti_graph_append(r->out, &node, hyti_node_features(&node), false, &r->place[value]);
    hyti_free(r->out->context, mapped);
    return status == HYT_OK ? copy_absolute(r, value, r->place[value]) : status;
}

static hyt_status rewrite_all(const rewrite *r)
{
    const hyt_graph *graph = r->graph;
    for (hyt_value i = 0; i < (hyt_value)graph->n_nodes; i++) {
        const hyti_node *node = &graph->nodes[i];
        if (is_passed(node->op)) r->place[i] = r->place[node->inputs[0]];
        else if (node->op == HYT_OP_ATTENTION) HYTI_TRY(even_attention(r, node, &r->place[i]));
        else HYTI_TRY(copy_node(r, i));
    }
    return hyt_graph_set_output(r->out, r->place[hyt_graph_output(graph)]);
}

/* R itself: its slope by every result is 1. */
static double sum_of_results(const void *user, size_t index, const double *output, double weight, double *gradient)
{
    double sum = 0;
    (void)index;
    for (size_t i = 0; i < *(const size_t *)user; i++) {
        sum += output[i];
        gradient[i] = weight;
    }
    return sum;
}

static double sum_of_flows(const hyti_net_f64 *net)
{
    double sum = 0;
    for (size_t k = 0; k < net->tape->n_weights; k++) {
        const hyti_tape_weight *w = &net->tape->weights[k];
        for (size_t i = w->offset; w->decays && i < w->offset + w->count; i++) sum += net->weights[i] * net->slots[i];
    }
    return sum;
}

/* One picture, so one part of slots. */
static hyt_status run(hyti_net_f64 *net, const hyt_graph *graph, double *value)
{
    const hyti_tape *tape = net->tape;
    size_t pixels = tape->values[tape->input].size;
    double *ones = hyti_array(tape->context, pixels, sizeof *ones);
    const hyti_loss_f64 aim = { sum_of_results, &tape->values[tape->output].size };
    if (!ones) return hyti_fail_nomem();
    for (size_t i = 0; i < pixels; i++) ones[i] = 1;
    hyti_net_read_f64(net, graph);
    hyti_net_pack_f64(net);
    hyti_net_forward_f64(net, ones, 1, true);
    hyti_net_backward_f64(net, &aim);
    *value = log(sum_of_flows(net));
    hyti_free(tape->context, ones);
    return HYT_OK;
}

static hyt_status measure(const hyt_graph *graph, double *value)
{
    hyt_context *context = hyti_graph_context(graph);
    hyti_tape tape;
    hyti_ops_f64 ops;
    hyti_net_f64 net = { 0 };
    HYTI_TRY(hyti_tape_build(context, graph, 1, &tape));
    hyti_ops_init_f64(&ops);
    hyt_status status = hyti_net_init_f64(&net, context, &tape, &ops, NULL);
    if (status == HYT_OK) {
        status = run(&net, graph, value);
        hyti_net_clear_f64(&net);
    }
    hyti_tape_clear(&tape);
    return status;
}

static hyt_status rewrite_and_measure(const hyt_graph *graph, double *value)
{
    rewrite r = { .graph = graph };
    HYTI_TRY(hyt_graph_create(graph->context, graph->name, &r.out));
    r.place = hyti_array(graph->context, graph->n_nodes, sizeof *r.place);
    hyt_status status = r.place ? rewrite_all(&r) : hyti_fail_nomem();
    if (status == HYT_OK) status = measure(r.out, value);
    hyti_free(graph->context, r.place);
    hyt_graph_destroy(r.out);
    return status;
}

hyt_status hyti_synflow(const hyt_graph *graph, uint64_t seed, double *value)
{
    hyt_graph *own = NULL;
    HYTI_TRY(hyti_train_check_graph(graph));
    HYTI_TRY(hyti_trainer_graph(graph, seed, &own));
    hyt_status status = rewrite_and_measure(own, value);
    hyt_graph_destroy(own);
    return status;
}
