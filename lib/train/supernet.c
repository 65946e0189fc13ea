/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/supernet.h"
#include <math.h>
#include <string.h>

#define STRIPS ((size_t)64) /* that one task moves */

/* A network of a step. */
typedef struct member {
    hyt_context *context;
    hyt_graph *graph;
    hyti_tape tape;
    hyti_net_f32 net;
    hyti_slice slice;
} member;

/* A row of a shared weight. Slices are its first columns: a step moves those that one of its networks has. */
typedef struct strip {
    size_t at;      /* in the shared weights */
    uint32_t reach; /* columns that have a gradient in this step; 0: none */
    uint32_t steps; /* that moved it */
    bool decays;
} strip;

struct hyti_supernet {
    hyt_context *context;
    hyt_trainer *trainer;   /* of the largest network: its net holds the weights, and runs no picture */
    hyti_draw_fn draw;
    const void *user;
    strip *strips;          /* of all weights */
    size_t *first_strip;    /* of each weight */
    size_t *moved, n_moved; /* strips of this step */
    float *mean;            /* of the weights along the way, which is handed over */
    double averaging;       /* option of that name; the trainer, which would average all weights, has 0 */
};

static void clear_member(member *m)
{
    hyti_slice_clear(&m->slice);
    hyti_net_clear_f32(&m->net);
    hyti_tape_clear(&m->tape);
    hyt_graph_destroy(m->graph);
}

static hyt_status make_parts(const hyti_supernet *s, member *m)
{
    const hyt_trainer *t = s->trainer;
    HYTI_TRY(hyti_tape_build(s->context, m->graph, (size_t)t->params.batch, &m->tape));
    size_t outputs = m->tape.values[m->tape.output].size;
    if (outputs != t->goal.outputs || m->tape.values[m->tape.input].size != t->in_size)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "\"%s\" takes or gives something else than the largest network",
                         hyt_graph_name(m->graph));
    HYTI_TRY(hyti_net_init_f32(&m->net, s->context, &m->tape, &t->ops, t->pool));
    return hyti_slice_init(&m->slice, s->context, &m->tape, &t->tape);
}

/* The strips of which the slice has a part move in this step. */
static void mark(hyti_supernet *s, const hyti_slice *slice)
{
    for (size_t i = 0; i < slice->n_weights; i++) {
        const hyti_slice_weight *w = &slice->weights[i];
        const hyti_slice_run *last = &w->runs[w->n_runs - 1];
        uint32_t reach = (uint32_t)(last->from + last->count);
        for (size_t row = 0; row < w->rows; row++) {
            size_t number = s->first_strip[w->number] + w->row_of[row];
            strip *p = &s->strips[number];
            if (p->reach == 0) s->moved[s->n_moved++] = number;
            p->reach = HYTI_MAX(p->reach, reach);
        }
    }
}

/* Adds the member's gradient to that of the shared weights. */
static hyt_status learn(hyti_supernet *s, member *m, const float *pictures, size_t count, double *value)
{
    const hyt_trainer *t = s->trainer;
    const hyti_loss_f32 loss = hyti_trainer_loss(t);
    HYTI_TRY(make_parts(s, m));
    hyti_slice_gather(&m->slice, t->pool, t->net.weights, m->net.weights);
    hyti_net_pack_f32(&m->net);
    hyti_net_forward_f32(&m->net, pictures, count, true);
    *value = hyti_net_backward_f32(&m->net, &loss);
    if (!isfinite(*value))
        return hyti_fail(HYT_ERR_NUMERIC, "the loss of a slice is not finite after %zu steps", t->steps);
    hyti_slice_scatter(&m->slice, t->pool, &m->net, t->net.slots);
    mark(s, &m->slice);
    return HYT_OK;
}

typedef struct update {
    hyti_supernet *supernet;
    hyti_descent descent;
    float shrink; /* what the gradient is multiplied by before */
} update;

/* Each strip counts its own steps: the moments of weights that few networks have are as young as these are. */
static void move_strip(const update *u, strip *p)
{
    const hyt_trainer *t = u->supernet->trainer;
    float *w = t->net.weights + p->at, *g = t->net.slots + p->at, *mean = u->supernet->mean + p->at;
    hyti_descent descent = u->descent;
    double n = (double)p->steps++;
    float share = n > 0 ? (float)fmax(1 - u->supernet->averaging, 9 / (n + 10)) : 1; /* as in fit.c */
    descent.decay = p->decays ? t->params.weight_decay : 0;
    descent.first = 1 - pow(HYTI_ADAM_BETA1, n + 1);
    descent.second = 1 - pow(HYTI_ADAM_BETA2, n + 1);
    for (size_t i = 0; i < p->reach && u->shrink != 1; i++) g[i] *= u->shrink;
    if (t->params.optimiser == HYTI_OPTIMISER_ADAMW)
        t->ops.adamw(p->reach, w, t->first + p->at, t->second + p->at, g, 1, 0, &descent);
    else t->ops.sgd(p->reach, w, t->first + p->at, g, 1, 0, &descent);
    for (size_t i = 0; i < p->reach; i++) mean[i] += share * (w[i] - mean[i]);
    memset(g, 0, p->reach * sizeof *g);
    p->reach = 0;
}

static void move_some(void *user, size_t task, size_t worker)
{
    const update *u = user;
    const hyti_supernet *s = u->supernet;
    size_t last = HYTI_MIN((task + 1) * STRIPS, s->n_moved);
    (void)worker;
    for (size_t i = task * STRIPS; i < last; i++) move_strip(u, &s->strips[s->moved[i]]);
}

/* What makes the gradient no longer than the bound. */
static float shrink_of(const hyti_supernet *s)
{
    const hyt_trainer *t = s->trainer;
    double squares = 0;
    if (t->params.clip == 0) return 1;
    for (size_t k = 0; k < s->n_moved; k++) {
        const strip *p = &s->strips[s->moved[k]];
        for (size_t i = 0; i < p->reach; i++) squares += (double)t->net.slots[p->at + i] * t->net.slots[p->at + i];
    }
    return sqrt(squares) > t->params.clip ? (float)(t->params.clip / sqrt(squares)) : 1;
}

/* A failure ends the training: gradients are left where they are. */
static hyt_status step(void *user, const float *pictures, size_t count, double rate, double momentum, double *loss)
{
    hyti_supernet *s = user;
    hyt_trainer *t = s->trainer;
    double sum = 0;
    s->n_moved = 0;
    for (size_t i = 0; i < HYTI_SUPERNET_MEMBERS; i++) {
        member m = { .context = s->context };
        double value = NAN;
        HYTI_TRY(s->draw(s->user, t->steps, i, &m.graph));
        hyt_status status = learn(s, &m, pictures, count, &value);
        clear_member(&m);
        HYTI_TRY(status);
        sum += value;
    }
    update u = { s, { .rate = rate, .momentum = momentum, .nesterov = t->params.nesterov != 0 }, shrink_of(s) };
    hyti_pool_run(t->pool, (s->n_moved + STRIPS - 1) / STRIPS, move_some, &u);
    t->steps++;
    *loss = sum / HYTI_SUPERNET_MEMBERS;
    return HYT_OK;
}

static size_t rows_of(const hyti_tape_weight *w) { return w->taps * w->inputs; }

static hyt_status cut_strips(hyti_supernet *s)
{
    const hyti_tape *tape = &s->trainer->tape;
    size_t rows = 0;
    for (size_t i = 0; i < tape->n_weights; i++) rows += rows_of(&tape->weights[i]);
    s->strips = hyti_array(s->context, rows, sizeof *s->strips);
    s->moved = hyti_array(s->context, rows, sizeof *s->moved);
    s->first_strip = hyti_array(s->context, tape->n_weights, sizeof *s->first_strip);
    s->mean = hyti_array(s->context, tape->n_trained, sizeof *s->mean);
    if (!s->strips || !s->moved || !s->first_strip || !s->mean) return hyti_fail_nomem();
    strip *next = s->strips;
    for (size_t i = 0; i < tape->n_weights; i++) {
        const hyti_tape_weight *w = &tape->weights[i];
        size_t columns = w->depthwise ? w->groups : w->outputs;
        s->first_strip[i] = (size_t)(next - s->strips);
        for (size_t row = 0; row < rows_of(w); row++)
            *next++ = (strip){ .at = w->offset + row * columns, .decays = w->decays };
    }
    return HYT_OK;
}

static hyt_status prepare(hyti_supernet *s, const hyt_graph *largest, const hyti_train_params *params)
{
    HYTI_TRY(hyti_trainer_create_sized(largest, params, 1, &s->trainer));
    hyt_trainer *t = s->trainer;
    if (t->goal.task != &hyti_task_classification)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "super-networks are there for classification, not for %s",
                         t->goal.task->name);
    HYTI_TRY(cut_strips(s));
    memset(t->net.slots, 0, t->tape.n_trained * sizeof *t->net.slots);
    memcpy(s->mean, t->net.weights, t->tape.n_trained * sizeof *s->mean);
    s->averaging = t->params.averaging;
    t->params.averaging = 0;
    t->step = step;
    t->step_user = s;
    return HYT_OK;
}

hyt_status hyti_supernet_create(const hyt_graph *largest, const hyti_train_params *params, hyti_draw_fn draw,
                                const void *user, hyti_supernet **out)
{
    hyt_context *context = hyti_graph_context(largest);
    hyti_supernet *s = hyti_alloc(context, sizeof *s);
    if (!s) return hyti_fail_nomem();
    s->context = hyti_context_retain(context);
    s->draw = draw;
    s->user = user;
    hyt_status status = prepare(s, largest, params);
    if (status == HYT_OK) *out = s;
    else hyti_supernet_destroy(s);
    return status;
}

void hyti_supernet_destroy(hyti_supernet *supernet)
{
    if (!supernet) return;
    hyt_context *context = supernet->context;
    hyti_free(context, supernet->strips);
    hyti_free(context, supernet->first_strip);
    hyti_free(context, supernet->moved);
    hyti_free(context, supernet->mean);
    hyt_trainer_destroy(supernet->trainer);
    hyti_free(context, supernet);
    hyt_context_destroy(context);
}

hyt_trainer *hyti_supernet_trainer(const hyti_supernet *supernet)
{
    return supernet->trainer;
}

hyt_status hyti_supernet_network(const hyti_supernet *supernet, hyt_graph **out)
{
    hyt_trainer *t = supernet->trainer;
    if (supernet->averaging > 0) memcpy(t->net.weights, supernet->mean, t->tape.n_trained * sizeof *supernet->mean);
    return hyt_trainer_network(t, out);
}
