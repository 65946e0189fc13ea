/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/linear.h"
#include "numeric/linear.h"
#include <math.h>
#include <string.h>

/* Largest slope in bytes from outside, far above any of standardised features and targets. */
#define LARGEST 1e40

/* Room of a fit; z is feature by feature, so that a step runs through memory. */
typedef struct descent {
    hyt_context *context;
    const hyti_linear_params *params;
    size_t n, d;
    double *z;         /* d x n */
    double *weighted;  /* d x n: times the weights of the rows */
    double *squares;   /* d: sums of weighted squares */
    double *residuals; /* n */
    double total;      /* sum of the weights of the rows */
} descent;

static void descent_clear(descent *s)
{
    void *all[] = { s->z, s->weighted, s->squares, s->residuals };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(s->context, all[i]);
}

static hyt_status descent_create(descent *s, const hyti_columns *columns, const double *x)
{
    size_t n = s->n, d = s->d;
    s->z = hyti_array(s->context, n * d, sizeof *s->z);
    s->weighted = hyti_array(s->context, n * d, sizeof *s->weighted);
    s->squares = hyti_array(s->context, d, sizeof *s->squares);
    s->residuals = hyti_array(s->context, n, sizeof *s->residuals);
    if (!s->z || !s->weighted || !s->squares || !s->residuals) return hyti_fail_nomem();
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) s->z[k * n + i] = (x[i * d + k] - columns->mean[k]) * columns->inverse[k];
    return HYT_OK;
}

static void weigh_rows(descent *s, const uint32_t *weights)
{
    s->total = 0;
    for (size_t i = 0; i < s->n; i++) s->total += weights[i];
    for (size_t k = 0; k < s->d; k++) {
        double *weighted = s->weighted + k * s->n;
        for (size_t i = 0; i < s->n; i++) weighted[i] = weights[i] * s->z[k * s->n + i];
        s->squares[k] = hyti_dot(s->n, weighted, s->z + k * s->n);
    }
}

/* Towards the minimum along one slope; a step with alpha ends at 0 and does not pass it. */
static double step_of(double gradient, double square, double slope, double lambda, double alpha)
{
    if (square + lambda < 1e-12) return 0;
    double down = -(gradient + lambda * slope + alpha) / (square + lambda);
    double up = -(gradient + lambda * slope - alpha) / (square + lambda);
    if (slope + down > 0) return down;
    return slope + up < 0 ? up : -slope;
}

static void add_to(size_t n, double step, const double *column, double *values)
{
    for (size_t i = 0; i < n; i++) values[i] += step * column[i];
}

/* residuals = targets - predictions all along. */
static void descend_once(descent *s, const uint32_t *rows, double *weights)
{
    double sum = 0, lambda = s->params->lambda * s->total, alpha = s->params->alpha * s->total;
    for (size_t i = 0; i < s->n; i++) sum += rows[i] * s->residuals[i];
    double step = s->params->eta * sum / s->total;
    weights[s->d] += step;
    for (size_t i = 0; i < s->n; i++) s->residuals[i] -= step;
    for (size_t k = 0; k < s->d; k++) {
        double gradient = -hyti_dot(s->n, s->weighted + k * s->n, s->residuals);
        step = s->params->eta * step_of(gradient, s->squares[k], weights[k], lambda, alpha);
        weights[k] += step;
        if (step != 0) add_to(s->n, -step, s->z + k * s->n, s->residuals);
    }
}

static hyt_status descend(descent *s, const hyti_rows *rows, hyti_bag *bag, hyti_linear *out)
{
    HYTI_TRY(descent_create(s, &out->columns, rows->x));
    for (size_t member = 0; member < out->members; member++) {
        double *weights = out->weights + member * (s->d + 1);
        hyti_bag_draw(bag, member);
        weigh_rows(s, bag->weights);
        memcpy(s->residuals, rows->y, s->n * sizeof *s->residuals);
        for (size_t round = 0; round < s->params->rounds; round++) descend_once(s, bag->weights, weights);
        for (size_t i = 0; i < s->n; i++) s->residuals[i] = rows->y[i] - s->residuals[i];
        hyti_bag_tell(bag, s->residuals);
    }
    return HYT_OK;
}

static hyt_status linear_start(hyt_context *context, size_t members, size_t d, hyti_linear *out)
{
    size_t size;
    out->context = context;
    out->members = members;
    if (!hyti_add(d, 1, &size) || !hyti_mul(size, sizeof *out->weights, &size)) return hyti_fail_nomem();
    out->weights = hyti_array(context, members, size);
    return out->weights ? HYT_OK : hyti_fail_nomem();
}

hyt_status hyti_linear_fit(hyt_context *context, const hyti_linear_params *params, const hyti_rows *rows,
                           hyti_bag *bag, hyti_linear *out)
{
    size_t d = rows->d;
    HYTI_TRY(linear_start(context, bag->members, d, out));
    HYTI_TRY(hyti_columns_create(context, rows->x, rows->n, d, &out->columns));
    descent s = { .context = context, .params = params, .n = rows->n, .d = d };
    hyt_status status = descend(&s, rows, bag, out);
    descent_clear(&s);
    return status;
}

void hyti_linear_save(const hyti_linear *linear, hyti_text *to)
{
    hyti_columns_save(&linear->columns, to);
    hyti_put_reals(to, linear->weights, linear->members * (linear->columns.d + 1));
}

hyt_status hyti_linear_load(hyt_context *context, hyti_payload *from, size_t d, size_t members, hyti_linear *out)
{
    HYTI_TRY(hyti_columns_load(context, from, d, &out->columns));
    HYTI_TRY(hyti_get_room(from, 8 * (uint64_t)members * ((uint64_t)d + 1), "slopes"));
    HYTI_TRY(linear_start(context, members, d, out));
    for (size_t i = 0; i < members * (d + 1); i++)
        HYTI_TRY(hyti_get_real(from, "slope", -LARGEST, LARGEST, &out->weights[i]));
    return HYT_OK;
}

void hyti_linear_clear(hyti_linear *linear)
{
    hyti_columns_clear(&linear->columns);
    hyti_free(linear->context, linear->weights);
    linear->weights = NULL;
}

hyt_status hyti_linear_predict(const hyti_linear *linear, const hyti_spread *spread, const hyti_line *line,
                               const double *x, size_t n, double *mean, double *deviation)
{
    size_t d = linear->columns.d, members = linear->members;
    double *z = hyti_array(linear->context, d, sizeof *z);
    double *answers = hyti_array(linear->context, members, sizeof *answers);
    hyt_status status = z && answers ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; status == HYT_OK && i < n; i++) {
        hyti_columns_apply(&linear->columns, x + i * d, 1, z);
        for (size_t k = 0; k < members; k++) {
            const double *weights = linear->weights + k * (d + 1);
            answers[k] = weights[d] + hyti_dot(d, weights, z);
        }
        hyti_bag_combine(spread, line, answers, 1, members, 1, mean + i, deviation ? deviation + i : NULL);
    }
    hyti_free(linear->context, z);
    hyti_free(linear->context, answers);
    return status;
}
