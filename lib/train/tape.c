/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/tape.h"
#include "train/train.h"
#include <string.h>

#define CACHE_VALUES ((size_t)96 << 10) /* of scratch that a chunk of pictures may fill: 384 KiB of float32 */

size_t hyti_period(size_t channels)
{
    size_t rows = 1;
    while (channels * rows % 16) rows *= 2;
    while (channels * rows < 64) rows *= 2;
    return channels * rows;
}

size_t hyti_tape_place(const hyti_tape_weight *weight, size_t output, size_t input, size_t tap)
{
    if (weight->depthwise) return tap * weight->groups + output;
    size_t group = output / weight->outputs;
    return ((group * weight->taps + tap) * weight->inputs + input) * weight->outputs + output % weight->outputs;
}

/* What the builder knows while it walks over the nodes. */
typedef struct builder {
    hyti_tape *tape;
    const hyt_graph *graph;
    bool *live;       /* the output depends on this node */
    size_t *value_of; /* stored value that holds a node's result */
} builder;

static void mark_live(builder *b, hyt_value output)
{
    b->live[output] = true;
    for (size_t i = b->graph->n_nodes; i-- > 0;) {
        const hyti_node *node = &b->graph->nodes[i];
        for (size_t k = 0; b->live[i] && k < node->n_inputs; k++) b->live[node->inputs[k]] = true;
    }
}

static size_t add_value(builder *b, const hyti_node *node)
{
    hyti_tape *tape = b->tape;
    const hyt_dims *dims = &node->dims;
    hyti_tape_value value = { .norm = HYTI_NONE, .rows = 1, .fixed = node->fixed };
    value.made = value.read = (hyt_value)(node - b->graph->nodes);
    if (node->picture) {
        value.height = dims->size[2];
        value.width = dims->size[3];
        value.channels = dims->size[1];
        value.rows = value.height * value.width;
    } else {
        value.channels = dims->size[dims->rank - 1];
        for (size_t i = 1; i + 1 < dims->rank; i++) value.rows *= dims->size[i];
    }
    value.size = value.rows * value.channels;
    tape->values[tape->n_values] = value;
    return tape->n_values++;
}

static size_t add_weight(builder *b, const hyti_node *node, size_t own)
{
    hyti_tape *tape = b->tape;
    if (own >= node->n_parameters) return HYTI_NONE;
    const hyti_parameter *parameter = &b->graph->parameters[node->parameters[own]];
    hyti_tape_weight weight = { .parameter = node->parameters[own], .count = parameter->count, .groups = 1, .taps = 1,
                                .inputs = 1, .outputs = parameter->dims.size[0],
                                .decays = parameter->role == HYTI_ROLE_WEIGHT };
    if (parameter->role == HYTI_ROLE_WEIGHT) weight.inputs = parameter->dims.size[1];
    if (node->op == HYT_OP_CONSTANT) { /* as its value lies */
        weight.outputs = node->picture ? node->dims.size[1] : 1;
        weight.taps = parameter->count / weight.outputs;
    } else if (node->op != HYT_OP_LINEAR && parameter->role == HYTI_ROLE_WEIGHT) {
        weight.groups = node->groups;
        weight.outputs /= node->groups;
        weight.taps = node->kernel[0] * node->kernel[1];
        weight.depthwise = hyti_node_is_depthwise(b->graph, node);
    }
    weight.rounds = parameter->role == HYTI_ROLE_WEIGHT;
    weight.transposed = weight.rounds && node->op == HYT_OP_CONV_TRANSPOSE;
    weight.back_rows = weight.outputs;
    weight.back_columns = weight.taps * weight.inputs;
    tape->weights[tape->n_weights] = weight;
    return tape->n_weights++;
}

/* A transposed convolution goes the other way: its windows slide over what it writes. */
static void set_window(builder *b, hyti_tape_step *step)
{
    const hyti_node *node = step->node;
    const hyti_tape_value *in = &b->tape->values[step->uses[0].value], *out = &b->tape->values[step->output];
    size_t groups = HYTI_MAX(node->groups, (size_t)1); /* pools have none */
    step->depthwise = hyti_node_is_depthwise(b->graph, node);
    step->direct = step->op == HYT_OP_CONV && !step->depthwise && node->kernel[0] * node->kernel[1] == 1 &&
                   node->stride[0] * node->stride[1] == 1 && in->rows == out->rows && node->pad[0] + node->pad[1] == 0;
    if (step->op == HYT_OP_CONV_TRANSPOSE) {
        const hyti_tape_value *from = in;
        in = out;
        out = from;
    }
    step->window = (hyti_window){
        .in_height = in->height, .in_width = in->width, .in_stride = in->channels,
        .channels = step->depthwise ? in->channels : in->channels / groups,
        .out_height = out->height, .out_width = out->width,
        .kernel = { node->kernel[0], node->kernel[1] }, .stride = { node->stride[0], node->stride[1] },
        .pad = { node->pad[0], node->pad[1] }, .dilation = { node->dilation[0], node->dilation[1] } };
    if (step->weight != HYTI_NONE)
        step->windows = out->rows * step->window.channels * node->kernel[0] * node->kernel[1];
}

/* With stride 1 the gradient of the operand is a convolution of the result's gradient. */
static void set_mirror(builder *b, hyti_tape_step *step)
{
    const hyti_window *w = &step->window;
    hyti_tape_weight *weight = &b->tape->weights[step->weight];
    size_t reach[2], outputs = step->depthwise ? w->channels : weight->outputs;
    for (int i = 0; i < 2; i++) reach[i] = (w->kernel[i] - 1) * w->dilation[i];
    step->mirrored = !step->direct && w->stride[0] * w->stride[1] == 1 && w->pad[0] <= reach[0] &&
                     w->pad[1] <= reach[1];
    if (!step->mirrored) return;
    step->mirror = (hyti_window){
        .in_height = w->out_height, .in_width = w->out_width, .channels = outputs,
        .in_stride = outputs * (step->depthwise ? 1 : weight->groups),
        .out_height = w->in_height, .out_width = w->in_width,
        .kernel = { w->kernel[0], w->kernel[1] }, .stride = { 1, 1 }, .dilation = { w->dilation[0], w->dilation[1] },
        .pad = { reach[0] - w->pad[0], reach[1] - w->pad[1] } };
    step->windows = HYTI_MAX(step->windows, w->in_height * w->in_width * weight->taps * outputs);
    weight->mirrored = true;
    if (step->depthwise) return;
    weight->back_rows = weight->taps * weight->outputs;
    weight->back_columns = weight->inputs;
}

/* A product of m x n sums goes by vectors of its columns, whose last may be almost empty. */
static size_t vectors_of(size_t m, size_t n) { return m * ((n + 15) / 16); }

static void set_turned(builder *b, hyti_tape_step *step)
{
    const hyti_tape_weight *w = &b->tape->weights[step->weight];
    size_t inputs = w->taps * w->inputs, pictures = (b->tape->batch + HYTI_PARTS - 1) / HYTI_PARTS;
    if (step->depthwise || pictures * b->tape->values[step->output].rows < HYTI_TURNED_ROWS) return;
    step->turned = 8 * vectors_of(inputs, w->outputs) > 9 * vectors_of(w->outputs, inputs);
}

/* Physical axes of one picture are H,W,C; of anything else those of the graph. */
static size_t concat_outer(const hyti_node *node)
{
    size_t outer = 1;
    for (size_t i = 1; i < node->axis && !node->picture; i++) outer *= node->dims.size[i];
    if (node->picture && node->axis != 2) outer = node->dims.size[2];
    if (node->picture && node->axis == 1) outer *= node->dims.size[3];
    return outer;
}

/* A copy, for a norm or an activation to hang on, is a CONCAT. */
bool hyti_tape_moves(hyt_op op, const hyti_node *node)
{
    switch (op) {
    case HYT_OP_RESHAPE:
    case HYT_OP_TRANSPOSE:
    case HYT_OP_SLICE:
    case HYT_OP_UNFOLD:
    case HYT_OP_FOLD:
    case HYT_OP_PAD:
    case HYT_OP_MAX_POOL: return true;
    case HYT_OP_RESIZE: return node->mode == HYT_RESIZE_NEAREST;
    default: return op == HYT_OP_CONCAT && node->op != HYT_OP_CONCAT;
    }
}

static hyti_tape_step *add_step(builder *b, const hyti_node *node, hyt_op op)
{
    hyti_tape *tape = b->tape;
    hyti_tape_step *step = &tape->steps[tape->n_steps++];
    *step = (hyti_tape_step){ .op = op, .node = node, .uses = tape->uses + tape->n_uses, .n_uses = node->n_inputs,
                              .weight = HYTI_NONE, .bias = HYTI_NONE, .outer = 1 };
    bool wanted = false;
    for (size_t i = 0; i < node->n_inputs; i++) {
        step->uses[i].value = b->value_of[node->inputs[i]];
        wanted |= tape->values[step->uses[i].value].wanted;
    }
    tape->n_uses += node->n_inputs;
    step->output = add_value(b, node);
    if (op == HYT_OP_CONV || op == HYT_OP_CONV_TRANSPOSE || op == HYT_OP_LINEAR || op == HYT_OP_LAYER_NORM ||
        (op == HYT_OP_CONSTANT && node->trained)) {
        step->weight = add_weight(b, node, 0);
        step->bias = add_weight(b, node, 1);
        wanted = true;
    }
    tape->values[step->output].wanted = wanted;
    tape->values[step->output].moved = hyti_tape_moves(op, node);
    return step;
}

/* Whether readers of the operand may apply `node` on the way; else a copy of it is what they read. */
static bool is_deferrable(const builder *b, const hyti_node *node)
{
    const hyti_tape_value *value = &b->tape->values[b->value_of[node->inputs[0]]];
    if (value->external || value->act != HYTI_ACT_NONE || hyti_graph_uses(b->graph, node->inputs[0]) != 1) return false;
    return node->op != HYT_OP_BATCH_NORM || value->norm == HYTI_NONE;
}

static size_t deferred(builder *b, const hyti_node *node)
{
    size_t operand = b->value_of[node->inputs[0]];
    if (is_deferrable(b, node)) return operand;
    return add_step(b, node, HYT_OP_CONCAT)->output;
}

static size_t add_norm(builder *b, const hyti_node *node)
{
    hyti_tape *tape = b->tape;
    size_t value = deferred(b, node), channels = tape->values[value].channels, period = hyti_period(channels);
    tape->norms[tape->n_norms] = (hyti_tape_norm){
        .value = value, .channels = channels, .period = period, .scale = add_weight(b, node, 0),
        .shift = add_weight(b, node, 1), .mean = node->parameters[2], .variance = node->parameters[3],
        .running = tape->running, .lanes = tape->lanes, .factors = tape->factors, .epsilon = node->epsilon };
    tape->running += 2 * channels;
    tape->lanes += 3 * period;
    tape->factors += HYTI_FACTORS * period;
    tape->values[value].norm = tape->n_norms++;
    tape->values[value].made = tape->values[value].read = (hyt_value)(node - b->graph->nodes);
    tape->values[value].moved = false;
    tape->values[value].wanted = true;
    return value;
}

static hyti_act act_of(hyt_op op)
{
    switch (op) {
    case HYT_OP_RELU: return HYTI_ACT_RELU;
    case HYT_OP_RELU6: return HYTI_ACT_RELU6;
    case HYT_OP_SILU: return HYTI_ACT_SILU;
    case HYT_OP_SIGMOID: return HYTI_ACT_SIGMOID;
    case HYT_OP_GELU: return HYTI_ACT_GELU;
    case HYT_OP_HARD_SWISH: return HYTI_ACT_HARD_SWISH;
    default: return HYTI_ACT_HARD_SIGMOID;
    }
}

static size_t add_activation(builder *b, const hyti_node *node)
{
    size_t value = deferred(b, node);
    b->tape->values[value].act = act_of(node->op);
    b->tape->values[value].read = (hyt_value)(node - b->graph->nodes);
    return value;
}

static void add_node(builder *b, size_t number)
{
    const hyti_node *node = &b->graph->nodes[number];
    if (node->op == HYT_OP_INPUT) {
        b->value_of[number] = add_value(b, node);
        b->tape->values[b->value_of[number]].external = true;
        b->tape->input = b->value_of[number];
    } else if (node->op == HYT_OP_BATCH_NORM) {
        b->value_of[number] = add_norm(b, node);
    } else if (hyti_op_is_activation(node->op)) {
        b->value_of[number] = add_activation(b, node);
    } else {
        hyti_tape_step *step = add_step(b, node, node->op);
        if (node->kernel[0]) set_window(b, step);
        if (node->op == HYT_OP_CONV) set_mirror(b, step);
        if (node->op == HYT_OP_CONV || node->op == HYT_OP_LINEAR) set_turned(b, step);
        if (node->op == HYT_OP_CONCAT) step->outer = concat_outer(node);
        if (node->n_inputs) hyti_tape_set_axes(b->graph, step);
        b->value_of[number] = step->output;
    }
}

/* Backwards, the last reader is the first to send a gradient. */
static void mark_first_gradients(hyti_tape *tape, bool *seen)
{
    for (size_t s = tape->n_steps; s-- > 0;) {
        for (size_t i = 0; i < tape->steps[s].n_uses; i++) {
            hyti_tape_use *use = &tape->steps[s].uses[i];
            use->first = !seen[use->value];
            seen[use->value] = true;
        }
    }
}

/* A stage ends before the first step that reads a batch norm of the same stage. */
static void cut_stages(hyti_tape *tape)
{
    size_t stage = 0;
    for (size_t s = 0; s < tape->n_steps; s++) {
        const hyti_tape_step *step = &tape->steps[s];
        bool waits = false;
        for (size_t i = 0; i < step->n_uses; i++) {
            const hyti_tape_value *in = &tape->values[step->uses[i].value];
            waits |= in->norm != HYTI_NONE && in->born == stage;
        }
        if (waits) tape->stages[++stage] = s;
        for (size_t i = 0; i < step->n_uses; i++) tape->values[step->uses[i].value].dies = stage;
        tape->values[step->output].born = tape->values[step->output].dies = stage;
    }
    tape->n_stages = stage + 1;
    tape->stages[tape->n_stages] = tape->n_steps;
    tape->values[tape->output].dies = stage;
}

/* Values of scratch that one picture of a step needs, at most: operands as read, their gradients, the result's
 * gradient, the matrix of windows; an operand as large as the result and its gradient; the same of what is the same
 * for all pictures, which is read once more and whose gradients are summed; derivatives of a curve. */
static size_t scratch_of(const hyti_tape *tape, const hyti_tape_step *step)
{
    const hyti_tape_value *out = &tape->values[step->output];
    size_t values = hyti_round_up(out->size, 16);
    for (size_t i = 0; i < step->n_uses; i++) {
        const hyti_tape_value *in = &tape->values[step->uses[i].value];
        values += ((in->fixed && !out->fixed ? 4 : 2) + hyti_act_is_curve(in->act)) * hyti_round_up(in->size, 16);
    }
    if (!step->depthwise && !step->direct) values += hyti_round_up(step->windows, 16);
    if (step->axes.rank) values += 2 * hyti_round_up(out->size, 16);
    return values;
}

/* What a step needs beside, once. Attention keeps, for one head: the probabilities, their gradients, and keys or values
 * turned; a matrix product the panels of one right operand; a turned gradient of a weight itself. */
static size_t panel_scratch(const hyti_tape *tape, const hyti_tape_step *step)
{
    const hyti_node *node = step->node;
    const hyti_tape_value *out = &tape->values[step->output];
    if (step->op == HYT_OP_ATTENTION) {
        size_t tokens = node->dims.size[2], width = out->channels / node->heads;
        size_t keys = node->n_inputs > 2 ? tape->graph->nodes[node->inputs[1]].dims.size[2] : tokens;
        return 2 * tokens * hyti_round_up(keys, 16) + hyti_round_up(width * keys, 16);
    }
    if (step->turned) return hyti_round_up(tape->weights[step->weight].count, 16);
    if (step->op != HYT_OP_MATMUL) return 0;
    size_t depth = tape->values[step->uses[0].value].channels;
    return HYTI_MAX(depth * hyti_round_up(out->channels, 64), out->channels * hyti_round_up(depth, 64));
}

static void choose_chunks(hyti_tape *tape)
{
    size_t part = (tape->batch + HYTI_PARTS - 1) / HYTI_PARTS;
    for (size_t s = 0; s < tape->n_steps; s++) {
        hyti_tape_step *step = &tape->steps[s];
        size_t one = scratch_of(tape, step), fits = CACHE_VALUES / one;
        step->chunk = HYTI_MIN(HYTI_MAX(fits, (size_t)1), part);
        tape->scratch = HYTI_MAX(tape->scratch, one * step->chunk + panel_scratch(tape, step));
    }
    size_t period = 0; /* beside all of it, what is rounded at a time */
    for (size_t i = 0; i < tape->n_norms; i++) period = HYTI_MAX(period, tape->norms[i].period);
    tape->scratch += hyti_round_up(HYTI_SLICE + period, 16);
}

/* Of a batch; what is the same for all pictures lies once a part. */
static size_t whole_size(const hyti_tape *tape, const hyti_tape_value *value)
{
    return hyti_round_up(value->size * (value->fixed ? (size_t)HYTI_PARTS : tape->batch), 16);
}

static void place_data(hyti_tape *tape)
{
    for (size_t i = 0; i < tape->n_values; i++) {
        if (tape->values[i].external) continue;
        tape->values[i].data = tape->data;
        tape->data += whole_size(tape, &tape->values[i]);
    }
}

static bool alive_together(const hyti_tape_value *a, const hyti_tape_value *b)
{
    return a->born <= b->dies && b->born <= a->dies;
}

/* A gradient lives from the stage of the last reader back to that of the maker; two that never live together may share
 * a place. First fit, in the order in which they are needed. */
static void place_gradients(hyti_tape *tape)
{
    for (size_t i = tape->n_values; i-- > 0;) {
        hyti_tape_value *value = &tape->values[i];
        size_t start = 0, size = whole_size(tape, value);
        if (!value->wanted) continue;
        for (size_t k = tape->n_values; k-- > i + 1;) {
            const hyti_tape_value *other = &tape->values[k];
            size_t other_size = whole_size(tape, other);
            if (!other->wanted || !alive_together(value, other)) continue;
            if (start >= other->gradient + other_size || other->gradient >= start + size) continue;
            start = other->gradient + other_size;
            k = tape->n_values; /* moved: look at all of them again */
        }
        value->gradient = start;
        tape->gradients = HYTI_MAX(tape->gradients, start + size);
    }
}

static void place_weights(hyti_tape *tape)
{
    for (int decays = 1; decays >= 0; decays--) {
        for (size_t i = 0; i < tape->n_weights; i++) {
            if (tape->weights[i].decays != decays) continue;
            tape->weights[i].offset = tape->n_trained;
            tape->n_trained += hyti_round_up(tape->weights[i].count, 16);
        }
        if (decays) tape->n_decayed = tape->n_trained;
    }
}

/* What a concatenation joins is stored as the whole is, so that it is only moved (lib/runtime/quantiser.c): what
 * several join as in the first, what is joined again as in the outermost. A whole that a batch norm or a bound changes
 * has no range of its own here, and what is itself only moved keeps the one that it was stored with. */
static void join_grids(hyti_tape *tape)
{
    for (size_t i = 0; i < tape->n_values; i++) tape->values[i].grid = 2 * i + 1;
    for (size_t s = tape->n_steps; s-- > 0;) {
        const hyti_tape_step *step = &tape->steps[s];
        const hyti_tape_value *whole = &tape->values[step->output];
        bool curve = hyti_act_is_curve(whole->act);
        if (step->node->op != HYT_OP_CONCAT || whole->norm != HYTI_NONE) continue;
        if (whole->act != HYTI_ACT_NONE && !curve) continue;
        for (size_t i = 0; i < step->n_uses; i++) {
            hyti_tape_value *part = &tape->values[step->uses[i].value];
            bool given = tape->graph->nodes[part->read].op == HYT_OP_SOFTMAX;
            if (hyti_tape_rounds(part) && !given) part->grid = curve ? 2 * step->output : whole->grid;
        }
    }
}

static hyt_status reserve(builder *b, hyt_context *context)
{
    const hyt_graph *graph = b->graph;
    hyti_tape *tape = b->tape;
    size_t uses = 0;
    for (size_t i = 0; i < graph->n_nodes; i++) uses += graph->nodes[i].n_inputs;
    tape->values = hyti_array(context, graph->n_nodes, sizeof *tape->values);
    tape->steps = hyti_array(context, graph->n_nodes, sizeof *tape->steps);
    tape->norms = hyti_array(context, graph->n_nodes, sizeof *tape->norms);
    tape->uses = hyti_array(context, uses, sizeof *tape->uses);
    tape->weights = hyti_array(context, graph->n_parameters, sizeof *tape->weights);
    tape->stages = hyti_array(context, graph->n_nodes + 2, sizeof *tape->stages);
    b->live = hyti_array(context, graph->n_nodes, sizeof *b->live);
    b->value_of = hyti_array(context, graph->n_nodes, sizeof *b->value_of);
    bool all = tape->values && tape->steps && tape->norms && tape->uses && tape->weights && tape->stages && b->live &&
               b->value_of;
    return all ? HYT_OK : hyti_fail_nomem();
}

static void build(builder *b)
{
    hyti_tape *tape = b->tape;
    hyt_value output = hyt_graph_output(b->graph);
    mark_live(b, output);
    for (size_t i = 0; i < b->graph->n_nodes; i++)
        if (b->live[i]) add_node(b, i);
    tape->output = b->value_of[output];
    tape->values[tape->output].wanted = true; /* the loss writes its gradient, trained or not */
    memset(b->live, 0, b->graph->n_nodes * sizeof *b->live);
    mark_first_gradients(tape, b->live);
    join_grids(tape);
    cut_stages(tape);
    choose_chunks(tape);
    place_data(tape);
    place_gradients(tape);
    place_weights(tape);
    tape->ranges = tape->running;
    tape->running += HYTI_ENDS * tape->n_values;
}

hyt_status hyti_tape_build(hyt_context *context, const hyt_graph *graph, size_t batch, hyti_tape *tape)
{
    builder b = { tape, graph, NULL, NULL };
    *tape = (hyti_tape){ .context = context, .graph = graph, .batch = batch };
    HYTI_TRY(hyti_train_check_graph(graph));
    hyt_status status = reserve(&b, context);
    if (status == HYT_OK) build(&b);
    hyti_free(context, b.live);
    hyti_free(context, b.value_of);
    if (status != HYT_OK) hyti_tape_clear(tape);
    return status;
}

void hyti_tape_clear(hyti_tape *tape)
{
    hyti_free(tape->context, tape->values);
    hyti_free(tape->context, tape->steps);
    hyti_free(tape->context, tape->norms);
    hyti_free(tape->context, tape->uses);
    hyti_free(tape->context, tape->weights);
    hyti_free(tape->context, tape->stages);
    *tape = (hyti_tape){ 0 };
}
