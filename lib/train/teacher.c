/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distillation: a network that is finished runs on the pictures that are trained on, and its results are imitated. */
#include "graph/graph.h"
#include "train/trainer.h"
#include <string.h>

static bool same_dims(const hyt_dims *a, const hyt_dims *b)
{
    return a->rank == b->rank && memcmp(a->size, b->size, a->rank * sizeof *a->size) == 0;
}

/* It takes and gives what the learner does, and has weights. */
static hyt_status check_teacher(const hyt_graph *teacher, const hyt_graph *learner)
{
    HYTI_TRY(hyti_train_check_graph(teacher));
    if (!same_dims(&teacher->nodes[teacher->input].dims, &learner->nodes[learner->input].dims))
        return hyti_fail(HYT_ERR_SHAPE, "the teacher \"%s\" takes other pictures than \"%s\"", hyt_graph_name(teacher),
                         hyt_graph_name(learner));
    if (!same_dims(&teacher->nodes[hyt_graph_output(teacher)].dims, &learner->nodes[hyt_graph_output(learner)].dims))
        return hyti_fail(HYT_ERR_SHAPE, "the teacher \"%s\" gives other results than \"%s\"",
                         hyt_graph_name(teacher), hyt_graph_name(learner));
    for (size_t i = 0; i < teacher->n_parameters; i++)
        if (!teacher->parameters[i].data)
            return hyti_fail(HYT_ERR_STATE, "the teacher's %s is not set", teacher->parameters[i].name);
    return HYT_OK;
}

hyt_status hyt_trainer_set_teacher(hyt_trainer *trainer, const hyt_graph *teacher)
{
    hyt_graph *copy = NULL;
    HYTI_NEED(trainer);
    HYTI_TRY(hyti_trainer_idle(trainer));
    if (teacher) {
        HYTI_TRY(check_teacher(teacher, trainer->graph));
        if (!trainer->goal.task->imitate)
            return hyti_fail(HYT_ERR_UNSUPPORTED, "a teacher of %s cannot be imitated", trainer->goal.task->name);
        HYTI_TRY(hyt_graph_copy(teacher, &copy));
    }
    hyt_graph_destroy(trainer->teacher);
    trainer->teacher = copy;
    return HYT_OK;
}

/* The teacher takes pixels p from 0 to 1, by (p - m) / d; the pictures x are (p - mean) / deviation. Then it takes x by
 * (x - (m - mean) / deviation) / (d / deviation). */
static hyt_status take_normalised(hyt_graph *teacher, const float mean[3], const float deviation[3])
{
    float m[3] = { 0, 0, 0 }, d[3] = { 1, 1, 1 };
    if (teacher->normalised) {
        memcpy(m, teacher->mean, sizeof m);
        memcpy(d, teacher->deviation, sizeof d);
    }
    for (size_t c = 0; c < 3; c++) {
        m[c] = (m[c] - mean[c]) / deviation[c];
        d[c] /= deviation[c];
    }
    return hyt_graph_set_normalisation(teacher, m, d);
}

hyt_status hyti_teacher_start(hyt_trainer *trainer, const float mean[3], const float deviation[3])
{
    hyt_graph *copy = NULL;
    if (!trainer->teacher) return HYT_OK;
    size_t batch = (size_t)trainer->params.batch;
    HYTI_TRY(hyt_graph_copy(trainer->teacher, &copy));
    hyt_status status = take_normalised(copy, mean, deviation);
    if (status == HYT_OK)
        status = hyti_runner_init(&trainer->teaching, copy, batch, (size_t)trainer->params.threads);
    hyt_graph_destroy(copy);
    HYTI_TRY(status);
    trainer->taught = hyti_array(trainer->context, batch * trainer->goal.outputs, sizeof *trainer->taught);
    return trainer->taught ? HYT_OK : hyti_fail_nomem();
}

/* Of a batch that is not full the rest is run too, and not looked at. */
hyt_status hyti_teacher_run(hyt_trainer *trainer)
{
    if (!trainer->taught) return HYT_OK;
    return hyti_runner_run(&trainer->teaching, trainer->input, trainer->taught);
}

void hyti_teacher_stop(hyt_trainer *trainer)
{
    hyti_runner_clear(&trainer->teaching);
    hyti_free(trainer->context, trainer->taught);
    trainer->taught = NULL;
}
