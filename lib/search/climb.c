/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/climb.h"
#include <string.h>

enum { NEIGHBOURS = 512 }; /* looked at from one point; beyond, a sample */

static const double worth = 1e-6; /* share of the gain that a step must add */

hyt_status hyti_climb_open(hyti_climb *climb, const hyti_model *model, hyti_greedy *greedy)
{
    *climb = (hyti_climb){ .model = model, .greedy = greedy };
    hyti_set_open(&climb->near, model->problem->space);
    climb->step = hyti_array(hyti_problem_context(model->problem), climb->near.genes, sizeof *climb->step);
    return climb->step ? HYT_OK : hyti_fail_nomem();
}

void hyti_climb_close(hyti_climb *climb)
{
    if (!climb->model) return;
    hyti_forecast_close(climb->model->problem, &climb->around);
    hyti_free(hyti_problem_context(climb->model->problem), climb->step);
    hyti_set_close(&climb->near);
    *climb = (hyti_climb){ 0 };
}

/* New neighbours and what is expected of them. */
static hyt_status look_around(hyti_climb *climb, const hyti_set *batch, const hyti_level *here)
{
    const hyti_problem *problem = climb->model->problem;
    size_t neighbours = hyti_space_neighbours(problem->space, here), stride = neighbours / NEIGHBOURS + 1;
    hyti_set_empty(&climb->near);
    for (size_t i = 0; i < neighbours; i += stride) {
        if (!hyti_space_neighbour(problem->space, here, i, climb->step)) break;
        if (hyti_problem_new(problem, batch, climb->step)) HYTI_TRY(hyti_set_add(&climb->near, climb->step, NULL));
    }
    if (climb->near.count > climb->room) {
        hyti_forecast_close(problem, &climb->around);
        climb->room = 0;
        HYTI_TRY(hyti_forecast_open(problem, climb->near.count, &climb->around));
        climb->room = climb->near.count;
    }
    return hyti_model_predict(climb->model, climb->near.levels, climb->near.count, &climb->around);
}

/* The place of the neighbour that gains most, more than the point where the climb is, and meets the constraints. */
static hyt_status best_around(hyti_climb *climb, size_t *best, double *gain)
{
    double violation = 1;
    while (violation > 0) {
        *best = hyti_greedy_best(climb->greedy, climb->around.mean, climb->around.deviation, climb->around.chance,
                                 climb->near.count, gain);
        if (*best != HYTI_NOWHERE && *gain <= climb->gain * (1 + worth)) *best = HYTI_NOWHERE;
        if (*best == HYTI_NOWHERE) return HYT_OK;
        HYTI_TRY(hyti_problem_violation(climb->model->problem, hyti_set_at(&climb->near, *best), &violation));
        climb->around.chance[*best] = -1; /* passed over from here on */
    }
    return HYT_OK;
}

hyt_status hyti_climb_run(hyti_climb *climb, const hyti_set *batch, hyti_level *here)
{
    size_t m = climb->model->problem->objectives, best;
    for (;;) {
        double gain;
        HYTI_TRY(look_around(climb, batch, here));
        HYTI_TRY(best_around(climb, &best, &gain));
        if (best == HYTI_NOWHERE) return HYT_OK;
        climb->gain = gain;
        memcpy(climb->mean, climb->around.mean + best * m, m * sizeof *climb->mean);
        memcpy(here, hyti_set_at(&climb->near, best), climb->near.genes * sizeof *here);
    }
}
