/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/trainer.h"
#include <float.h>
#include <math.h>
#include <string.h>

hyt_status hyti_trainer_graph(const hyt_graph *graph, uint64_t seed, hyt_graph **out)
{
    hyt_graph *own = NULL;
    HYTI_TRY(hyt_graph_copy(graph, &own));
    hyt_status status = HYT_OK;
    bool unset = false;
    for (size_t i = 0; i < graph->n_parameters; i++) unset |= !graph->parameters[i].data;
    if (unset) status = hyt_graph_initialise(own, seed);
    for (size_t i = 0; i < graph->n_parameters && unset && status == HYT_OK; i++)
        if (graph->parameters[i].data)
            status = hyt_graph_set_parameter(own, i, graph->parameters[i].data, graph->parameters[i].count);
    if (status == HYT_OK) *out = own;
    else hyt_graph_destroy(own);
    return status;
}

static hyt_status reserve(hyt_trainer *t)
{
    size_t batch = (size_t)t->params.batch, bytes = t->tape.n_trained * sizeof(float);
    t->first = hyti_alloc_aligned(t->context, bytes);
    t->second = hyti_alloc_aligned(t->context, bytes);
    t->input = hyti_array(t->context, batch * t->in_size, sizeof(float));
    t->output = hyti_array(t->context, batch * t->goal.outputs, sizeof(float));
    t->targets = hyti_alloc_aligned(t->context, batch * t->target_size);
    t->running = hyti_array(t->context, t->tape.running, sizeof *t->running);
    t->norms = hyti_array(t->context, hyti_descend_blocks(t), sizeof *t->norms);
    bool all = t->norms && t->first && t->second && t->input && t->output && t->targets && t->running;
    return all ? HYT_OK : hyti_fail_nomem();
}

static hyt_status prepare(hyt_trainer *t, const hyt_graph *graph, size_t room)
{
    hyti_train_params planned = t->params;
    planned.batch = (int64_t)room;
    HYTI_TRY(hyti_train_check_memory(graph, &planned));
    HYTI_TRY(hyti_trainer_graph(graph, (uint64_t)t->params.seed, &t->graph));
    HYTI_TRY(hyti_goal_init(&t->goal, t->graph, &t->params, NULL));
    HYTI_TRY(hyti_tape_build(t->context, t->graph, room, &t->tape));
    t->in_size = t->tape.values[t->tape.input].size;
    t->target_size = hyti_round_up(t->goal.target_bytes, 16);
    hyti_ops_init_f32(&t->ops, HYTI_ISA_ALL);
    HYTI_TRY(hyti_pool_create(t->context, (size_t)t->params.threads, &t->pool));
    HYTI_TRY(hyti_net_init_f32(&t->net, t->context, &t->tape, &t->ops, t->pool));
    HYTI_TRY(reserve(t));
    hyti_net_read_f32(&t->net, t->graph);
    hyti_net_pack_f32(&t->net);
    return HYT_OK;
}

hyt_status hyti_trainer_create(const hyt_graph *graph, const hyti_train_params *params, hyt_trainer **out)
{
    return hyti_trainer_create_sized(graph, params, (size_t)params->batch, out);
}

hyt_status hyti_trainer_create_sized(const hyt_graph *graph, const hyti_train_params *params, size_t room,
                                     hyt_trainer **out)
{
    hyt_context *context = hyti_graph_context(graph);
    hyt_trainer *t = hyti_alloc(context, sizeof *t);
    if (!t) return hyti_fail_nomem();
    t->context = hyti_context_retain(context);
    t->params = *params;
    hyt_status status = prepare(t, graph, room);
    if (status == HYT_OK) *out = t;
    else hyt_trainer_destroy(t);
    return status;
}

hyt_status hyt_trainer_create(const hyt_graph *graph, const hyt_options *options, hyt_trainer **out)
{
    hyti_train_params params;
    HYTI_NEED(graph);
    HYTI_NEED(out);
    HYTI_TRY(hyti_options_read(options, &hyti_train_table, &params));
    HYTI_TRY(hyti_train_check_params(&params));
    HYTI_TRY(hyti_trainer_create(graph, &params, out));
    (*out)->keeps = true;
    return HYT_OK;
}

hyt_status hyti_trainer_idle(const hyt_trainer *trainer)
{
    return trainer->fit ? hyti_fail(HYT_ERR_STATE, "a training goes on") : HYT_OK;
}

void hyt_trainer_destroy(hyt_trainer *trainer)
{
    if (!trainer) return;
    hyt_context *context = trainer->context;
    hyti_free_aligned(context, trainer->first);
    hyti_free_aligned(context, trainer->second);
    hyti_free(context, trainer->input);
    hyti_free(context, trainer->output);
    hyti_free_aligned(context, trainer->targets);
    hyti_free(context, trainer->running);
    hyti_free(context, trainer->norms);
    hyti_teacher_stop(trainer);
    hyt_graph_destroy(trainer->teacher);
    hyti_free(context, trainer->image);
    hyti_net_clear_f32(&trainer->net);
    hyti_pool_destroy(trainer->pool);
    hyti_tape_clear(&trainer->tape);
    hyti_goal_clear(&trainer->goal);
    hyt_graph_destroy(trainer->graph);
    hyti_free(context, trainer);
    hyt_context_destroy(context);
}

static double picture_loss(const void *user, size_t index, const float *output, double weight, float *gradient)
{
    const hyt_trainer *t = user;
    const hyti_goal *goal = &t->goal;
    double share = t->taught ? t->params.teacher_share : 0;
    double own = goal->task->loss(goal, t->targets + index * t->target_size, output, weight * (1 - share), gradient);
    if (share == 0) return own;
    return (1 - share) * own + share * goal->task->imitate(goal, t->taught + index * goal->outputs, output,
                                                           weight * share, gradient);
}

hyti_loss_f32 hyti_trainer_loss(const hyt_trainer *t)
{
    return (hyti_loss_f32){ picture_loss, t };
}

double hyti_trainer_slopes(hyt_trainer *t, const float *pictures, size_t count)
{
    const hyti_loss_f32 aim = hyti_trainer_loss(t);
    hyti_net_forward_f32(&t->net, pictures, count, true);
    return hyti_net_backward_f32(&t->net, &aim);
}

hyt_status hyti_trainer_step(hyt_trainer *t, const float *pictures, size_t count, double rate, double momentum,
                             double *loss)
{
    if (t->step) return t->step(t->step_user, pictures, count, rate, momentum, loss);
    *loss = hyti_trainer_slopes(t, pictures, count);
    if (!isfinite(*loss))
        return hyti_fail(HYT_ERR_NUMERIC, "the loss is not finite after %zu steps, at rate %g", t->steps, rate);
    hyti_trainer_descend(t, rate, momentum);
    return HYT_OK;
}

static hyt_status check_step(const hyt_trainer *trainer, size_t count)
{
    if (trainer->goal.task != &hyti_task_classification)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "single steps are there for classification, not for %s",
                         trainer->goal.task->name);
    if (count > 0 && count <= (size_t)trainer->params.batch) return HYT_OK;
    return hyti_fail(HYT_ERR_RANGE, "a step takes 1 to %lld pictures (option \"batch\"), not %zu",
                     (long long)trainer->params.batch, count);
}

/* A failure leaves no trace. */
static hyt_status step_once(hyt_trainer *t, const float *pictures, size_t count, double *loss)
{
    double value;
    size_t running = t->tape.running * sizeof *t->running;
    memcpy(t->running, t->net.running, running);
    hyt_status status = hyti_trainer_step(t, pictures, count, t->params.rate, t->params.momentum, &value);
    if (status != HYT_OK) memcpy(t->net.running, t->running, running);
    else if (loss) *loss = value;
    return status;
}

static float *target_of(const hyt_trainer *t, size_t index)
{
    return (float *)(void *)(t->targets + index * t->target_size);
}

hyt_status hyt_trainer_step(hyt_trainer *trainer, const float *pictures, const uint32_t *labels, size_t count,
                            double *loss)
{
    HYTI_NEED(trainer);
    HYTI_NEED(pictures);
    HYTI_NEED(labels);
    HYTI_TRY(hyti_trainer_idle(trainer));
    HYTI_TRY(check_step(trainer, count));
    for (size_t i = 0; i < count; i++)
        if (labels[i] >= trainer->goal.classes)
            return hyti_fail(HYT_ERR_RANGE, "label %zu is %u, the network has %zu classes", i, labels[i],
                             trainer->goal.classes);
    for (size_t i = 0; i < count; i++) hyti_class_target(&trainer->goal, labels[i], target_of(trainer, i));
    return step_once(trainer, pictures, count, loss);
}

hyt_status hyt_trainer_step_soft(hyt_trainer *trainer, const float *pictures, const float *targets, size_t count,
                                 double *loss)
{
    HYTI_NEED(trainer);
    HYTI_NEED(pictures);
    HYTI_NEED(targets);
    HYTI_TRY(hyti_trainer_idle(trainer));
    HYTI_TRY(check_step(trainer, count));
    size_t classes = trainer->goal.classes;
    for (size_t i = 0; i < count * classes; i++)
        if (!(targets[i] >= 0 && targets[i] <= FLT_MAX))
            return hyti_fail(HYT_ERR_RANGE, "target %zu of picture %zu is %g, not a share", i % classes, i / classes,
                             targets[i]);
    for (size_t i = 0; i < count; i++)
        memcpy(target_of(trainer, i), targets + i * classes, classes * sizeof *targets);
    return step_once(trainer, pictures, count, loss);
}

hyt_status hyt_trainer_network(const hyt_trainer *trainer, hyt_graph **out)
{
    hyt_graph *copy = NULL;
    HYTI_NEED(trainer);
    HYTI_NEED(out);
    HYTI_TRY(hyt_graph_copy(trainer->graph, &copy));
    hyti_net_write_f32(&trainer->net, copy);
    *out = copy;
    return HYT_OK;
}
