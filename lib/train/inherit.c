/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/inherit.h"
#include "train/trainer.h"
#include <string.h>

/* Operations that have parameters, in order. */
typedef struct layers {
    const hyt_graph *graph;
    size_t *nodes, count;
} layers;

static const hyti_node *layer_at(const layers *l, size_t i) { return &l->graph->nodes[l->nodes[i]]; }

static hyt_status find_layers(hyt_context *context, const hyt_graph *graph, layers *l)
{
    *l = (layers){ .graph = graph, .nodes = hyti_array(context, graph->n_nodes, sizeof *l->nodes) };
    if (!l->nodes) return hyti_fail_nomem();
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i].n_parameters > 0) l->nodes[l->count++] = i;
    return HYT_OK;
}

static bool same_dims(const hyt_dims *a, const hyt_dims *b)
{
    return a->rank == b->rank && memcmp(a->size, b->size, a->rank * sizeof *a->size) == 0;
}

static bool same_shapes(const layers *a, size_t i, const layers *b, size_t j)
{
    const hyti_node *x = layer_at(a, i), *y = layer_at(b, j);
    for (size_t k = 0; k < x->n_parameters; k++)
        if (!same_dims(&a->graph->parameters[x->parameters[k]].dims, &b->graph->parameters[y->parameters[k]].dims))
            return false;
    return true;
}

static bool same_pixels(const hyti_node *x, const hyti_node *y)
{
    return x->picture && y->picture && x->dims.size[2] == y->dims.size[2] && x->dims.size[3] == y->dims.size[3];
}

/* How well two layers go together; 0: not at all. */
static int worth(const layers *a, size_t i, const layers *b, size_t j)
{
    const hyti_node *x = layer_at(a, i), *y = layer_at(b, j);
    if (x->op != y->op || x->n_parameters != y->n_parameters) return 0;
    bool shapes = same_shapes(a, i, b, j);
    if (x->op == HYT_OP_CONSTANT && !shapes) return 0;
    bool deep = hyti_node_is_depthwise(a->graph, x);
    if (x->op == HYT_OP_CONV && (deep != hyti_node_is_depthwise(b->graph, y) || (!deep && x->groups != y->groups)))
        return 0;
    return 4 + (shapes ? 4 : 0) + (same_pixels(x, y) ? 3 : 0) +
           (x->kernel[0] == y->kernel[0] && x->kernel[1] == y->kernel[1] && x->stride[0] == y->stride[0]);
}

/* Which way the best alignment of the first i and the first j layers came. */
enum { PAIR = 1, SKIP_A, SKIP_B };

/* Needleman and Wunsch (1970): the most that pairs can be worth in all, in order, without a price for gaps. pair_of[i]:
 * what goes with layer i of `a`, or HYTI_NONE. `way` has a row of b.count bytes for each of a. */
static void align(const layers *a, const layers *b, int *row, unsigned char *way, size_t *pair_of)
{
    for (size_t i = 0; i < a->count; i++) {
        int diagonal = 0, left = 0; /* row[j] is that of j + 1 layers of b */
        for (size_t j = 0; j < b->count; j++) {
            int up = row[j], value = worth(a, i, b, j), pair = value > 0 ? diagonal + value : -1;
            int best = HYTI_MAX(pair, HYTI_MAX(up, left));
            way[i * b->count + j] = best == pair ? PAIR : best == up ? SKIP_A : SKIP_B;
            row[j] = left = best;
            diagonal = up;
        }
    }
    for (size_t i = a->count, j = b->count; i > 0;) {
        unsigned char last = j > 0 ? way[(i - 1) * b->count + j - 1] : SKIP_A;
        if (last != SKIP_B) pair_of[--i] = last == PAIR ? j - 1 : HYTI_NONE;
        if (last != SKIP_A) j--;
    }
}

hyti_pieces hyti_pieces_read(const hyt_graph *graph, const hyti_node *node, size_t channels)
{
    hyti_pieces p = { 1, { channels } };
    const hyti_node *from = &graph->nodes[node->inputs[0]];
    while (from->n_inputs == 1 && (from->op == HYT_OP_BATCH_NORM || hyti_op_is_activation(from->op)))
        from = &graph->nodes[from->inputs[0]];
    if (from->op != HYT_OP_CONCAT || from->axis != 1 || from->n_inputs > HYTI_MAX_PIECES) return p;
    size_t sum = 0;
    for (size_t i = 0; i < from->n_inputs; i++) sum += p.sizes[i] = graph->nodes[from->inputs[i]].dims.size[1];
    if (sum == channels) p.count = from->n_inputs;
    else p.sizes[0] = channels;
    return p;
}

hyti_pieces hyti_pieces_written(const hyt_graph *graph, size_t number, size_t channels)
{
    for (size_t i = number + 1; i < graph->n_nodes; i++) {
        const hyti_node *reader = &graph->nodes[i];
        if (reader->n_inputs == 0 || (size_t)reader->inputs[0] != number) continue;
        bool side_by_side = reader->op == HYT_OP_ATTENTION && reader->n_inputs <= 2 && channels % 3 == 0;
        if (side_by_side) return (hyti_pieces){ 3, { channels / 3, channels / 3, channels / 3 } };
    }
    return (hyti_pieces){ 1, { channels } };
}

size_t hyti_piece_place(const hyti_pieces *from, const hyti_pieces *to, size_t at)
{
    size_t before = 0;
    if (from->count != to->count) return at < from->sizes[0] && from->count == 1 ? at : HYTI_NONE;
    for (size_t i = 0; i < to->count; i++) {
        if (at < to->sizes[i]) return at < from->sizes[i] ? before + at : HYTI_NONE;
        at -= to->sizes[i];
        before += from->sizes[i];
    }
    return HYTI_NONE;
}

size_t hyti_tap_place(size_t from, size_t to, size_t at)
{
    size_t place = at + from / 2;
    return place >= to / 2 && place - to / 2 < from ? place - to / 2 : HYTI_NONE;
}

/* One axis of a parameter in the child and in the parent. */
typedef struct axis_pair {
    hyti_pieces child, parent;
} axis_pair;

/* Copies what a parameter of shape [outputs][inputs][taps] has in common; dims beyond its rank are 1. */
static size_t copy_shared(const hyti_parameter *to, const hyti_parameter *from, const axis_pair axes[2])
{
    size_t t[4] = { 1, 1, 1, 1 }, f[4] = { 1, 1, 1, 1 }, copied = 0, place = 0;
    for (size_t d = 0; d < to->dims.rank && d < 4; d++) t[d] = to->dims.size[d];
    for (size_t d = 0; d < from->dims.rank && d < 4; d++) f[d] = from->dims.size[d];
    for (size_t o = 0; o < t[0]; o++)
        for (size_t i = 0; i < t[1]; i++)
            for (size_t y = 0; y < t[2]; y++)
                for (size_t x = 0; x < t[3]; x++, place++) {
                    size_t at[4] = { hyti_piece_place(&axes[0].parent, &axes[0].child, o),
                                     hyti_piece_place(&axes[1].parent, &axes[1].child, i),
                                     hyti_tap_place(f[2], t[2], y), hyti_tap_place(f[3], t[3], x) };
                    if (at[0] == HYTI_NONE || at[1] == HYTI_NONE || at[2] == HYTI_NONE || at[3] == HYTI_NONE) continue;
                    to->data[place] = from->data[((at[0] * f[1] + at[1]) * f[2] + at[2]) * f[3] + at[3]];
                    copied++;
                }
    return copied;
}

static size_t inherit_parameter(const hyt_graph *child, size_t mine, const hyt_graph *parent, size_t theirs)
{
    const hyti_parameter *to = &child->parameters[mine], *from = &parent->parameters[theirs];
    const hyti_node *x = &child->nodes[to->node], *y = &parent->nodes[from->node];
    if (to->role != from->role || to->role == HYTI_ROLE_FIXED) return 0;
    bool same = same_dims(&to->dims, &from->dims);
    if (!same && (to->dims.rank != from->dims.rank || to->dims.rank > 4)) return 0;
    if (to->role == HYTI_ROLE_CONSTANT) {
        memcpy(to->data, from->data, to->count * sizeof *to->data);
        return to->count;
    }
    size_t second[2] = { to->dims.rank > 1 ? to->dims.size[1] : 1, from->dims.rank > 1 ? from->dims.size[1] : 1 };
    axis_pair axes[2] = { { hyti_pieces_written(child, (size_t)to->node, to->dims.size[0]),
                            hyti_pieces_written(parent, (size_t)from->node, from->dims.size[0]) },
                          { hyti_pieces_read(child, x, second[0]), hyti_pieces_read(parent, y, second[1]) } };
    size_t copied = copy_shared(to, from, axes);
    return hyti_role_is_trained(to->role) ? copied : 0;
}

static void inherit_pairs(const layers *child, const layers *parent, const size_t *pair_of, uint64_t *values)
{
    for (size_t i = 0; i < child->count; i++) {
        if (pair_of[i] == HYTI_NONE) continue;
        const hyti_node *x = layer_at(child, i), *y = layer_at(parent, pair_of[i]);
        for (size_t k = 0; k < x->n_parameters; k++)
            *values += inherit_parameter(child->graph, x->parameters[k], parent->graph, y->parameters[k]);
    }
}

hyt_status hyti_inherit(hyt_graph *child, const hyt_graph *parent, uint64_t *values)
{
    hyt_context *context = hyti_graph_context(child);
    layers mine = { 0 }, theirs = { 0 };
    int *row = NULL;
    unsigned char *way = NULL;
    size_t *pair_of = NULL, cells = 0;
    *values = 0;
    hyt_status status = find_layers(context, child, &mine);
    if (status == HYT_OK) status = find_layers(context, parent, &theirs);
    if (status == HYT_OK && !hyti_mul(mine.count, theirs.count, &cells)) status = hyti_fail_nomem();
    if (status == HYT_OK) {
        row = hyti_array(context, theirs.count, sizeof *row);
        way = hyti_alloc(context, cells);
        pair_of = hyti_array(context, mine.count, sizeof *pair_of);
        if (row && way && pair_of) align(&mine, &theirs, row, way, pair_of);
        else status = hyti_fail_nomem();
    }
    if (status == HYT_OK) inherit_pairs(&mine, &theirs, pair_of, values);
    hyti_free(context, mine.nodes);
    hyti_free(context, theirs.nodes);
    hyti_free(context, row);
    hyti_free(context, way);
    hyti_free(context, pair_of);
    return status;
}

hyt_status hyt_trainer_inherit(hyt_trainer *trainer, const hyt_graph *parent, uint64_t *values)
{
    uint64_t inherited;
    HYTI_NEED(trainer);
    HYTI_NEED(parent);
    HYTI_TRY(hyti_trainer_idle(trainer));
    for (size_t i = 0; i < parent->n_parameters; i++)
        if (!parent->parameters[i].data)
            return hyti_fail(HYT_ERR_STATE, "the parent's %s is not set", parent->parameters[i].name);
    hyti_net_write_f32(&trainer->net, trainer->graph);
    HYTI_TRY(hyti_inherit(trainer->graph, parent, &inherited));
    hyti_net_read_f32(&trainer->net, trainer->graph);
    hyti_net_pack_f32(&trainer->net);
    hyti_trainer_reset(trainer);
    if (values) *values = inherited;
    return HYT_OK;
}
