/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/minimise.h"
#include <math.h>
#include <string.h>

enum { MEMORY = 16, MAX_HALVINGS = 20 };

typedef struct state {
    const hyti_minimise *problem;
    hyti_objective_fn objective;
    void *user;
    size_t n, evaluations, pairs, newest; /* pairs kept, place of the newest */
    double value, trial_value, last_step;
    double *x, *gradient, *trial, *trial_gradient, *direction;
    double *steps, *changes;              /* MEMORY x n */
    double curvature[MEMORY], weight[MEMORY];
    bool *fixed;
} state;

static double clip(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void axpy(size_t n, double factor, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

static hyt_status evaluate(state *s, const double *x, double *value, double *gradient)
{
    s->evaluations++;
    HYTI_TRY(s->objective(s->user, x, value, gradient));
    for (size_t i = 0; i < s->n; i++)
        if (!isfinite(gradient[i])) *value = INFINITY;
    return HYT_OK;
}

/* A variable at a bound whose slope pushes outwards stays there this time. Returns the largest slope of the others. */
static double find_fixed(state *s)
{
    double largest = 0;
    for (size_t i = 0; i < s->n; i++) {
        double slope = s->gradient[i];
        s->fixed[i] = (s->x[i] <= s->problem->low[i] && slope > 0) || (s->x[i] >= s->problem->high[i] && slope < 0);
        if (!s->fixed[i] && fabs(slope) > largest) largest = fabs(slope);
    }
    return largest;
}

static void clear_fixed(const state *s, double *vector)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->fixed[i]) vector[i] = 0;
}

/* direction = -H gradient on the free variables; the first is as long as 1 at most. */
static void find_direction(state *s)
{
    size_t n = s->n;
    double *q = s->direction;
    for (size_t i = 0; i < n; i++) q[i] = -s->gradient[i];
    clear_fixed(s, q);
    for (size_t k = 0; k < s->pairs; k++) {
        size_t p = (s->newest + MEMORY - k) % MEMORY;
        s->weight[p] = dot(n, s->steps + p * n, q) / s->curvature[p];
        axpy(n, -s->weight[p], s->changes + p * n, q);
    }
    double scale = 1 / fmax(1, sqrt(dot(n, q, q)));
    if (s->pairs) {
        const double *change = s->changes + s->newest * n;
        scale = s->curvature[s->newest] / dot(n, change, change);
    }
    for (size_t i = 0; i < n; i++) q[i] *= scale;
    for (size_t k = s->pairs; k-- > 0;) {
        size_t p = (s->newest + MEMORY - k) % MEMORY;
        axpy(n, s->weight[p] - dot(n, s->changes + p * n, q) / s->curvature[p], s->steps + p * n, q);
    }
    clear_fixed(s, q);
}

/* Armijo's rule along the projected path, by safeguarded quadratic interpolation. *found: whether a better point
 * was. */
static hyt_status search_line(state *s, bool *found)
{
    const hyti_minimise *p = s->problem;
    double step = 1;
    *found = false;
    for (int i = 0; i < MAX_HALVINGS && s->evaluations < p->max_evaluations; i++) {
        double slope = 0;
        for (size_t k = 0; k < s->n; k++) {
            s->trial[k] = clip(s->x[k] + step * s->direction[k], p->low[k], p->high[k]);
            slope += s->gradient[k] * (s->trial[k] - s->x[k]);
        }
        if (!(slope < 0)) return HYT_OK;
        HYTI_TRY(evaluate(s, s->trial, &s->trial_value, s->trial_gradient));
        if (s->trial_value <= s->value + 1e-4 * slope) {
            *found = true;
            return HYT_OK;
        }
        double bend = s->trial_value - s->value - slope;
        double best = isfinite(bend) && bend > 0 ? -0.5 * slope / bend : 0.1;
        step *= clip(best, 0.1, 0.5);
    }
    return HYT_OK;
}

static void remember(state *s)
{
    size_t n = s->n, place = s->pairs ? (s->newest + 1) % MEMORY : 0;
    double *step = s->steps + place * n, *change = s->changes + place * n;
    for (size_t i = 0; i < n; i++) {
        step[i] = s->trial[i] - s->x[i];
        change[i] = s->trial_gradient[i] - s->gradient[i];
    }
    double curvature = dot(n, step, change);
    if (!(curvature > 1e-10 * dot(n, change, change))) return;
    s->curvature[place] = curvature;
    s->newest = place;
    if (s->pairs < MEMORY) s->pairs++;
}

static void accept(state *s)
{
    double *x = s->x, *gradient = s->gradient;
    s->x = s->trial;
    s->trial = x;
    s->gradient = s->trial_gradient;
    s->trial_gradient = gradient;
    s->value = s->trial_value;
}

static hyt_status iterate(state *s)
{
    double tolerance = s->problem->tolerance;
    HYTI_TRY(evaluate(s, s->x, &s->value, s->gradient));
    if (!isfinite(s->value)) return hyti_fail(HYT_ERR_NUMERIC, "the function to minimise is not finite at its start");
    while (s->evaluations < s->problem->max_evaluations && find_fixed(s) > tolerance) {
        bool found;
        find_direction(s);
        if (!(dot(s->n, s->direction, s->gradient) < 0)) s->pairs = 0, find_direction(s);
        HYTI_TRY(search_line(s, &found));
        if (!found && s->pairs == 0) break;
        if (!found) {
            s->pairs = 0;   /* once more, along the gradient */
            continue;
        }
        double gain = s->value - s->trial_value;
        remember(s);
        accept(s);
        if (gain < tolerance) break;
    }
    return HYT_OK;
}

hyt_status hyti_minimise_run(hyt_context *context, const hyti_minimise *problem, hyti_objective_fn objective,
                             void *user, double *x, double *value)
{
    size_t n = problem->n;
    double *room = hyti_array(context, n * (5 + 2 * MEMORY) + 1, sizeof *room);
    bool *fixed = hyti_array(context, n + 1, sizeof *fixed);
    hyt_status status = room && fixed ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        state s = { .problem = problem,
                    .objective = objective,
                    .user = user,
                    .n = n,
                    .x = room,
                    .gradient = room + n,
                    .trial = room + 2 * n,
                    .trial_gradient = room + 3 * n,
                    .direction = room + 4 * n,
                    .steps = room + 5 * n,
                    .changes = room + (5 + MEMORY) * n,
                    .fixed = fixed };
        for (size_t i = 0; i < n; i++) s.x[i] = clip(x[i], problem->low[i], problem->high[i]);
        status = iterate(&s);
        if (status == HYT_OK) {
            memcpy(x, s.x, n * sizeof *x);
            *value = s.value;
        }
    }
    hyti_free(context, fixed);
    hyti_free(context, room);
    return status;
}
