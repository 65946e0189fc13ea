/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/supernet.h"
#include <math.h>
#include <string.h>

/* A network of a step. */
typedef struct member {
    hyt_context *context;
    hyt_graph *graph;  /* NULL: there is none */
    hyti_tape tape;
    hyti_net_f32 net;
    hyti_slice slice;
} member;

struct hyti_supernet {
    hyt_context *context;
    hyt_trainer *trainer;     /* of the largest network */
    hyti_train_params params; /* how the others learn */
    hyti_goal goal;           /* the trainer's, with these parameters; lent */
    hyti_draw_fn draw;
    const void *user;
    float *soft;              /* the largest network's results of the batch */
    member smallest;
};

static void clear_member(member *m)
{
    if (!m->graph) return;
    hyti_slice_clear(&m->slice);
    hyti_net_clear_f32(&m->net);
    hyti_tape_clear(&m->tape);
    hyt_graph_destroy(m->graph);
    *m = (member){ 0 };
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

static hyt_status make_member(const hyti_supernet *s, size_t number, member *m)
{
    *m = (member){ .context = s->context };
    HYTI_TRY(s->draw(s->user, s->trainer->steps, number, &m->graph));
    hyt_status status = make_parts(s, m);
    if (status != HYT_OK) clear_member(m);
    return status;
}

static double imitation(const void *user, size_t index, const float *output, double weight, float *gradient)
{
    const hyti_supernet *s = user;
    memset(gradient, 0, s->goal.outputs * sizeof *gradient);
    return s->goal.task->imitate(&s->goal, s->soft + index * s->goal.outputs, output, weight, gradient);
}

/* Adds the member's gradient to the first part of the largest network's. */
static hyt_status learn(const hyti_supernet *s, member *m, const float *pictures, size_t count)
{
    const hyti_loss_f32 loss = { imitation, s };
    const hyt_trainer *t = s->trainer;
    hyti_slice_gather(&m->slice, t->pool, t->net.weights, m->net.weights);
    hyti_net_pack_f32(&m->net);
    hyti_net_forward_f32(&m->net, pictures, count, true);
    double value = hyti_net_backward_f32(&m->net, &loss);
    if (!isfinite(value))
        return hyti_fail(HYT_ERR_NUMERIC, "the loss of a slice is not finite after %zu steps", t->steps);
    hyti_slice_scatter(&m->slice, t->pool, &m->net, t->net.slots);
    return HYT_OK;
}

/* Between the largest network's gradient and the step along it. */
static hyt_status learn_others(void *user, const float *pictures, size_t count)
{
    hyti_supernet *s = user;
    hyti_net_output_f32(&s->trainer->net, s->soft);
    HYTI_TRY(learn(s, &s->smallest, pictures, count));
    for (size_t i = 1; i < HYTI_SUPERNET_OTHERS; i++) {
        member m;
        HYTI_TRY(make_member(s, i, &m));
        hyt_status status = learn(s, &m, pictures, count);
        clear_member(&m);
        HYTI_TRY(status);
    }
    return HYT_OK;
}

static hyt_status prepare(hyti_supernet *s, const hyt_graph *largest, const hyti_train_params *params)
{
    HYTI_TRY(hyti_trainer_create(largest, params, &s->trainer));
    hyt_trainer *t = s->trainer;
    if (!t->goal.task->imitate)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "networks of %s cannot imitate the largest", t->goal.task->name);
    s->params = *params;
    s->params.temperature = 1;
    s->goal = t->goal;
    s->goal.params = &s->params;
    s->soft = hyti_array(s->context, (size_t)params->batch * t->goal.outputs, sizeof *s->soft);
    if (!s->soft) return hyti_fail_nomem();
    t->others = learn_others;
    t->others_user = s;
    return make_member(s, 0, &s->smallest);
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
    clear_member(&supernet->smallest);
    hyti_free(context, supernet->soft);
    hyt_trainer_destroy(supernet->trainer);
    hyti_free(context, supernet);
    hyt_context_destroy(context);
}

hyt_trainer *hyti_supernet_trainer(const hyti_supernet *supernet)
{
    return supernet->trainer;
}
