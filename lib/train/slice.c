/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/slice.h"
#include <string.h>

/* A parameter in both networks. */
typedef struct pair {
    const hyt_graph *small, *large;
    const hyti_tape_weight *mine, *theirs;
    const hyti_node *node, *other; /* whose it is */
} pair;

/* How many operations with parameters have the same place and come before. */
static size_t rank_of(const hyt_graph *graph, size_t number)
{
    size_t rank = 0;
    for (size_t i = 0; i < number; i++)
        rank += graph->nodes[i].n_parameters > 0 && graph->nodes[i].place == graph->nodes[number].place;
    return rank;
}

/* The operation that plays the same part, HYTI_NONE if there is none. */
static size_t partner_of(const hyt_graph *small, size_t number, const hyt_graph *large)
{
    uint64_t place = small->nodes[number].place;
    size_t left = rank_of(small, number);
    for (size_t i = 0; i < large->n_nodes && place; i++) {
        if (large->nodes[i].n_parameters == 0 || large->nodes[i].place != place) continue;
        if (left-- == 0) return i;
    }
    return HYTI_NONE;
}

static hyt_status refuse(const pair *p, const char *why)
{
    return hyti_fail(HYT_ERR_UNSUPPORTED, "%s of \"%s\" is no slice of the largest network's: %s",
                     p->small->parameters[p->mine->parameter].name, hyt_graph_name(p->small), why);
}

static hyt_status find_theirs(const hyti_tape *large, pair *p)
{
    const hyti_parameter *mine = &p->small->parameters[p->mine->parameter];
    size_t partner = partner_of(p->small, (size_t)mine->node, p->large);
    if (partner == HYTI_NONE) return refuse(p, "nothing there plays its part");
    p->other = &p->large->nodes[partner];
    for (size_t i = 0; i < large->n_weights; i++) {
        const hyti_parameter *theirs = &p->large->parameters[large->weights[i].parameter];
        if ((size_t)theirs->node == partner && theirs->role == mine->role) p->theirs = &large->weights[i];
    }
    if (!p->theirs || p->node->op != p->other->op) return refuse(p, "another operation is in its place");
    return HYT_OK;
}

static hyt_status check_pair(const pair *p)
{
    const hyti_tape_weight *a = p->mine, *b = p->theirs;
    if (a->depthwise != b->depthwise || (!a->depthwise && (a->groups != 1 || b->groups != 1)))
        return refuse(p, "it has other groups");
    if (p->node->op == HYT_OP_CONSTANT && (a->outputs != b->outputs || a->taps != b->taps))
        return refuse(p, "it has another shape");
    return HYT_OK;
}

static size_t columns_of(const hyti_tape_weight *w) { return w->depthwise ? w->groups : w->outputs; }

/* Side of a kernel; 1 for what has none. */
static size_t side_of(const hyti_node *node, const hyti_tape_weight *w, size_t axis)
{
    return w->taps > 1 && node->op != HYT_OP_CONSTANT ? node->kernel[axis] : 1;
}

/* Tap of the larger kernel. */
static size_t tap_of(const pair *p, size_t tap)
{
    size_t wide = side_of(p->node, p->mine, 1), wider = side_of(p->other, p->theirs, 1);
    if (p->node->op == HYT_OP_CONSTANT) return tap;
    size_t y = hyti_tap_place(side_of(p->other, p->theirs, 0), side_of(p->node, p->mine, 0), tap / wide);
    size_t x = hyti_tap_place(wider, wide, tap % wide);
    return y == HYTI_NONE || x == HYTI_NONE ? HYTI_NONE : y * wider + x;
}

static hyt_status set_rows(const pair *p, size_t *rows)
{
    hyti_pieces mine = { 1, { p->mine->inputs } }, theirs = { 1, { p->theirs->inputs } };
    if (p->mine->decays) {
        mine = hyti_pieces_read(p->small, p->node, p->mine->inputs);
        theirs = hyti_pieces_read(p->large, p->other, p->theirs->inputs);
    }
    for (size_t tap = 0; tap < p->mine->taps; tap++) {
        size_t there = tap_of(p, tap);
        for (size_t i = 0; i < p->mine->inputs; i++) {
            size_t input = hyti_piece_place(&theirs, &mine, i);
            if (there == HYTI_NONE || input == HYTI_NONE) return refuse(p, "it is larger");
            *rows++ = there * p->theirs->inputs + input;
        }
    }
    return HYT_OK;
}

static hyt_status set_runs(const pair *p, hyti_slice_weight *w)
{
    const hyti_parameter *parameter = &p->small->parameters[p->mine->parameter];
    hyti_pieces mine = hyti_pieces_written(p->small, (size_t)parameter->node, w->columns);
    hyti_pieces theirs = hyti_pieces_written(
        p->large, (size_t)p->large->parameters[p->theirs->parameter].node, w->from_columns);
    for (size_t c = 0; c < w->columns; c++) {
        size_t from = hyti_piece_place(&theirs, &mine, c);
        hyti_slice_run *last = w->n_runs ? &w->runs[w->n_runs - 1] : NULL;
        if (from == HYTI_NONE) return refuse(p, "it is larger");
        if (last && last->from + last->count == from) last->count++;
        else if (w->n_runs == HYTI_MAX_PIECES) return refuse(p, "it lies in too many pieces");
        else w->runs[w->n_runs++] = (hyti_slice_run){ c, from, 1 };
    }
    return HYT_OK;
}

static hyt_status map_weight(const hyti_tape *small, size_t number, const hyti_tape *large, size_t *rows,
                             hyti_slice_weight *w)
{
    pair p = { .small = small->graph, .large = large->graph, .mine = &small->weights[number] };
    p.node = &p.small->nodes[p.small->parameters[p.mine->parameter].node];
    HYTI_TRY(find_theirs(large, &p));
    HYTI_TRY(check_pair(&p));
    *w = (hyti_slice_weight){ .at = p.mine->offset, .from = p.theirs->offset,
                              .number = (size_t)(p.theirs - large->weights), .rows = p.mine->taps * p.mine->inputs,
                              .columns = columns_of(p.mine), .from_columns = columns_of(p.theirs), .row_of = rows };
    HYTI_TRY(set_rows(&p, rows));
    return set_runs(&p, w);
}

hyt_status hyti_slice_init(hyti_slice *slice, hyt_context *context, const hyti_tape *small, const hyti_tape *large)
{
    size_t rows = 0;
    for (size_t i = 0; i < small->n_weights; i++) rows += small->weights[i].taps * small->weights[i].inputs;
    *slice = (hyti_slice){ .context = context, .n_weights = small->n_weights };
    slice->weights = hyti_array(context, small->n_weights, sizeof *slice->weights);
    slice->rows = hyti_array(context, rows, sizeof *slice->rows);
    hyt_status status = slice->weights && slice->rows ? HYT_OK : hyti_fail_nomem();
    rows = 0;
    for (size_t i = 0; i < small->n_weights && status == HYT_OK; i++) {
        status = map_weight(small, i, large, slice->rows + rows, &slice->weights[i]);
        rows += slice->weights[i].rows;
    }
    if (status != HYT_OK) hyti_slice_clear(slice);
    return status;
}

void hyti_slice_clear(hyti_slice *slice)
{
    hyti_free(slice->context, slice->weights);
    hyti_free(slice->context, slice->rows);
    *slice = (hyti_slice){ 0 };
}

/* Weights to and fro. */
typedef struct transfer {
    const hyti_slice *slice;
    const hyti_net_f32 *net;
    const float *from;
    float *to;
} transfer;

static void gather_weight(void *user, size_t number, size_t worker)
{
    const transfer *t = user;
    const hyti_slice_weight *w = &t->slice->weights[number];
    (void)worker;
    for (size_t row = 0; row < w->rows; row++)
        for (size_t i = 0; i < w->n_runs; i++)
            memcpy(t->to + w->at + row * w->columns + w->runs[i].at,
                   t->from + w->from + w->row_of[row] * w->from_columns + w->runs[i].from,
                   w->runs[i].count * sizeof *t->to);
}

void hyti_slice_gather(const hyti_slice *slice, hyti_pool *pool, const float *from, float *to)
{
    transfer t = { .slice = slice, .from = from, .to = to };
    hyti_pool_run(pool, slice->n_weights, gather_weight, &t);
}

/* The sum of the parts' rows at `at`, added to `to`. */
static void add_parts(const hyti_net_f32 *net, size_t at, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++) {
        float sum = net->slots[at + i];
        for (size_t part = 1; part < net->parts; part++) sum += net->slots[part * net->tape->n_trained + at + i];
        to[i] += sum;
    }
}

static void scatter_weight(void *user, size_t number, size_t worker)
{
    const transfer *t = user;
    const hyti_slice_weight *w = &t->slice->weights[number];
    (void)worker;
    for (size_t row = 0; row < w->rows; row++)
        for (size_t i = 0; i < w->n_runs; i++)
            add_parts(t->net, w->at + row * w->columns + w->runs[i].at, w->runs[i].count,
                      t->to + w->from + w->row_of[row] * w->from_columns + w->runs[i].from);
}

void hyti_slice_scatter(const hyti_slice *slice, hyti_pool *pool, const hyti_net_f32 *net, float *to)
{
    transfer t = { .slice = slice, .net = net, .to = to };
    hyti_pool_run(pool, slice->n_weights, scatter_weight, &t);
}
