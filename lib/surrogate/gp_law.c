/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of a Gaussian process: how features are placed, and the covariance of what is placed. */
#include "numeric/linear.h"
#include "surrogate/gp.h"
#include "surrogate/matern.h"
#include <math.h>

#define FAR 1e60

void hyti_gp_law_destroy(hyti_gp_law *law)
{
    if (!law || !hyti_ref_release(&law->ref)) return;
    hyt_context *context = law->context;
    hyti_free(context, law->shape.length_of);
    hyti_free(context, law->centre);
    hyti_free(context, law);
    hyt_context_destroy(context);
}

static hyt_status law_open(hyt_context *context, size_t d, hyti_gp_law **out)
{
    hyti_gp_law *law = hyti_alloc(context, sizeof *law);
    if (!law) return hyti_fail_nomem();
    hyti_ref_init(&law->ref);
    law->context = hyti_context_retain(context);
    law->shape.d = d;
    law->shape.length_of = hyti_array(context, 2 * d, sizeof *law->shape.length_of);
    law->centre = hyti_array(context, 6 * d + 3, sizeof *law->centre);
    if (!law->shape.length_of || !law->centre) {
        hyti_gp_law_destroy(law);
        return hyti_fail_nomem();
    }
    law->shape.bend_of = law->shape.length_of + d;
    law->factor = law->centre + d;
    law->low = law->factor + d;
    law->high = law->low + d;
    law->gain = law->high + d;
    law->theta = law->gain + d;
    *out = law;
    return HYT_OK;
}

/* Mean 0 and deviation 1; a constant feature keeps its unit, so that points that differ in it later still count as far
 * away. */
static void standardise(hyti_gp_law *law, const hyti_rows *rows, size_t k)
{
    size_t n = rows->n, d = rows->d;
    double sum = 0, squares = 0, least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double x = rows->x[i * d + k];
        sum += x;
        least = fmin(least, x);
        most = fmax(most, x);
    }
    double centre = sum / (double)n, largest = fmax(fabs(least), fabs(most));
    for (size_t i = 0; i < n; i++) squares += (rows->x[i * d + k] - centre) * (rows->x[i * d + k] - centre);
    double deviation = sqrt(squares / (double)n), range = most - least;
    law->centre[k] = centre;
    law->factor[k] = deviation > 1e-14 * largest && deviation > 1e-100 ? 1 / deviation : 1;
    law->low[k] = (least - range - centre) * law->factor[k];
    law->high[k] = (most + range - centre) * law->factor[k];
}

static int type_of(const hyti_rows *rows, size_t k)
{
    return rows->columns ? rows->columns[k] : HYT_COLUMN_REAL;
}

static bool are_one_gene(const hyti_rows *rows, size_t j, size_t k)
{
    return j == k || (type_of(rows, k) >= HYT_COLUMN_CATEGORY && type_of(rows, j) == type_of(rows, k));
}

/* The columns of a category have one unit, by their mean variance, so that any two labels are equally far apart. */
static void even_category(hyti_gp_law *law, const hyti_rows *rows, size_t first)
{
    double variance = 0, count = 0;
    for (size_t k = first; k < rows->d; k++) {
        if (!are_one_gene(rows, first, k)) continue;
        variance += 1 / (law->factor[k] * law->factor[k]);
        count++;
    }
    double factor = sqrt(count / variance);
    for (size_t k = first; k < rows->d; k++) {
        if (!are_one_gene(rows, first, k)) continue;
        law->low[k] *= factor / law->factor[k];
        law->high[k] *= factor / law->factor[k];
        law->factor[k] = factor;
    }
}

static void share_lengths(hyti_gp_law *law, const hyti_rows *rows)
{
    hyti_gp_shape *s = &law->shape;
    for (size_t k = 0; k < s->d; k++) {
        size_t first = type_of(rows, k) < HYT_COLUMN_CATEGORY ? k : 0;
        while (!are_one_gene(rows, first, k)) first++;
        s->length_of[k] = first == k ? s->lengths++ : s->length_of[first];
        if (first == k && type_of(rows, k) >= HYT_COLUMN_CATEGORY) even_category(law, rows, k);
    }
}

hyt_status hyti_gp_law_create(hyt_context *context, bool lines, bool bends, const hyti_rows *rows, hyti_gp_law **out)
{
    hyti_gp_law *law = NULL;
    HYTI_TRY(law_open(context, rows->d, &law));
    hyti_gp_shape *s = &law->shape;
    for (size_t k = 0; k < s->d; k++) standardise(law, rows, k);
    share_lengths(law, rows);
    s->lines = lines ? s->d : 0;
    for (size_t k = 0; bends && k < s->d; k++)
        if (type_of(rows, k) == HYT_COLUMN_ORDINAL) s->bend_of[s->bends++] = k;
    *out = law;
    return HYT_OK;
}

void hyti_gp_law_settle(hyti_gp_law *law)
{
    const hyti_gp_shape *s = &law->shape;
    for (size_t k = 0; k < s->d; k++) law->gain[k] = exp(-law->theta[s->length_of[k]]);
    law->noise = exp(law->theta[hyti_gp_noise_at(s)]);
    law->line = s->lines ? sqrt(exp(law->theta[hyti_gp_slope_at(s)]) / (double)s->d) : 0;
    law->bend = s->bends ? sqrt(exp(law->theta[hyti_gp_bend_at(s)]) / (double)s->d) : 0;
}

void hyti_gp_law_place(const hyti_gp_law *law, const double *x, size_t n, double *z)
{
    size_t d = law->shape.d;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++)
            z[i * d + k] = fmin(fmax((x[i * d + k] - law->centre[k]) * law->factor[k], -FAR), FAR);
}

void hyti_gp_shrink(size_t n, size_t d, const double *x, const double *factor, double *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) out[i * d + k] = x[i * d + k] * factor[k];
}

void hyti_gp_squares(size_t n, size_t d, const double *points, double *out)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < d; k++) sum += points[i * d + k] * points[i * d + k];
        out[i] = sum;
    }
}

void hyti_gp_law_trend(const hyti_gp_law *law, const double *z, size_t n, double line, double bend, double *out)
{
    const hyti_gp_shape *s = &law->shape;
    for (size_t i = 0; i < n; i++) {
        const double *row = z + i * s->d;
        for (size_t k = 0; k < s->lines; k++) *out++ = line * fmin(fmax(row[k], law->low[k]), law->high[k]);
        for (size_t j = 0; j < s->bends; j++) {
            size_t k = s->bend_of[j];
            double inside = fmin(fmax(row[k], law->low[k]), law->high[k]);
            *out++ = bend * (inside * inside - 1);
        }
    }
}

/* 0 where z is held at an end. */
static double inside_slope(const hyti_gp_law *law, const double *z, size_t k)
{
    return z[k] > law->low[k] && z[k] < law->high[k];
}

void hyti_gp_law_trend_slope(const hyti_gp_law *law, const double *z, const double *weights, double *out)
{
    const hyti_gp_shape *s = &law->shape;
    for (size_t k = 0; k < s->lines; k++) out[k] += law->line * weights[k] * inside_slope(law, z, k);
    for (size_t j = 0; j < s->bends; j++) {
        size_t k = s->bend_of[j];
        out[k] += law->bend * weights[s->lines + j] * 2 * z[k] * inside_slope(law, z, k);
    }
}

size_t hyti_gp_cloud_room(const hyti_gp_law *law, size_t n)
{
    return n * (law->shape.d + 1 + hyti_gp_trend_size(&law->shape));
}

hyti_gp_cloud hyti_gp_cloud_lay(const hyti_gp_law *law, size_t n, double *room)
{
    size_t d = law->shape.d;
    return (hyti_gp_cloud){ n, room, room + n * d, room + n * (d + 1) };
}

hyti_gp_cloud hyti_gp_cloud_make(const hyti_gp_law *law, const double *x, size_t n, double *room)
{
    size_t d = law->shape.d;
    hyti_gp_cloud cloud = hyti_gp_cloud_lay(law, n, room);
    hyti_gp_law_place(law, x, n, cloud.points);
    hyti_gp_law_trend(law, cloud.points, n, law->line, law->bend, cloud.trend);
    hyti_gp_shrink(n, d, cloud.points, law->gain, cloud.points);
    hyti_gp_squares(n, d, cloud.points, cloud.squares);
    return cloud;
}

static void find_values(const hyti_gp_law *law, size_t n, double *squares)
{
    if (law->gaussian) hyti_gaussian_values(n, squares);
    else hyti_matern_values(n, squares);
}

void hyti_gp_law_slopes(const hyti_gp_law *law, size_t n, double *squares, double *slopes)
{
    if (law->gaussian) hyti_gaussian_slopes(n, squares, slopes);
    else hyti_matern_slopes(n, squares, slopes);
}

/* From |a|^2 + |b|^2 - 2 a . b, column by column, while a column is at hand. */
void hyti_gp_covariance(const hyti_gp_law *law, const hyti_gp_cloud *a, const hyti_gp_cloud *b, double *out)
{
    size_t n = a->n, trend = hyti_gp_trend_size(&law->shape);
    hyti_gram_cross(n, b->n, law->shape.d, -2, a->points, b->points, 0, out);
    for (size_t j = 0; j < b->n; j++) {
        double *column = out + j * n;
        for (size_t i = 0; i < n; i++) column[i] += a->squares[i] + b->squares[j];
        find_values(law, n, column);
    }
    if (trend) hyti_gram_cross(n, b->n, trend, 1, a->trend, b->trend, 1, out);
}

void hyti_gp_covariance_within(const hyti_gp_law *law, const hyti_gp_cloud *cloud, double *out)
{
    size_t n = cloud->n, trend = hyti_gp_trend_size(&law->shape);
    hyti_gram(n, law->shape.d, -2, cloud->points, 0, out);
    for (size_t j = 0; j < n; j++) {
        double *column = out + j * n;
        for (size_t i = j + 1; i < n; i++) column[i] += cloud->squares[i] + cloud->squares[j];
        find_values(law, n - j - 1, column + j + 1);
        column[j] = 1;
    }
    if (trend) hyti_gram(n, trend, 1, cloud->trend, 1, out);
}

void hyti_gp_diagonal(const hyti_gp_law *law, const hyti_gp_cloud *cloud, double *out)
{
    size_t trend = hyti_gp_trend_size(&law->shape);
    for (size_t i = 0; i < cloud->n; i++) {
        const double *row = cloud->trend + i * trend;
        out[i] = 1 + hyti_dot(trend, row, row);
    }
}
