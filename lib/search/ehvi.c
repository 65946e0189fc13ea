/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A point y adds to each box, from l to u, the volume prod_j (u_j - max(l_j, y_j))+, and the j-th factor is
 * (u_j - y_j)+ - (l_j - y_j)+. Its expectation is e_j(u_j) - e_j(l_j), where e_j(b) = E[(b - Y_j)+] =
 * sigma_j excess((b - mu_j) / sigma_j); so all that is needed is e_j at each coordinate of the front, once a point. */
#include "search/ehvi.h"
#include "numeric/distribution.h"
#include <math.h>

static const double certain = 38; /* deviations from which a value is certain to a double */

hyt_status hyti_ehvi_open(hyti_ehvi *ehvi, hyt_context *context, const double *rows, size_t n, size_t objectives,
                          size_t draws, const double *reference)
{
    size_t most = 0;
    *ehvi = (hyti_ehvi){ .context = context, .objectives = objectives };
    ehvi->cells = hyti_array(context, draws, sizeof *ehvi->cells);
    hyt_status status = ehvi->cells ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; i < draws && status == HYT_OK; i++) {
        status = hyti_cells_open(&ehvi->cells[i], context, rows + i * n * objectives, n, objectives, reference);
        ehvi->draws = i + 1;
        most = HYTI_MAX(most, ehvi->cells[i].coordinates);
    }
    if (status == HYT_OK) ehvi->scratch = hyti_array(context, most + 1, 3 * objectives * sizeof *ehvi->scratch);
    if (status == HYT_OK && !ehvi->scratch) status = hyti_fail_nomem();
    if (status != HYT_OK) hyti_ehvi_close(ehvi);
    return status;
}

void hyti_ehvi_close(hyti_ehvi *ehvi)
{
    for (size_t i = 0; i < ehvi->draws; i++) hyti_cells_close(&ehvi->cells[i]);
    hyti_free(ehvi->context, ehvi->cells);
    hyti_free(ehvi->context, ehvi->scratch);
    *ehvi = (hyti_ehvi){ 0 };
}

/* What one objective of the point says of each coordinate, the first of them -infinity: the expectation of
 * (coordinate - Y)+ and its derivatives by mean and deviation; or the logarithm of the first and the other two
 * divided by it. */
typedef struct terms {
    double *excess, *by_mean, *by_deviation;
} terms;

static terms terms_of(const hyti_ehvi *ehvi, const hyti_cells *cells, size_t j)
{
    size_t row = cells->coordinates + 1;
    double *at = ehvi->scratch + 3 * j * row;
    return (terms){ at, at + row, at + 2 * row };
}

static void find_excess(const hyti_cells *cells, size_t j, double mean, double deviation, bool slopes, terms t)
{
    const double *column = cells->values + j * cells->coordinates;
    t.excess[0] = t.by_mean[0] = t.by_deviation[0] = 0;
    for (size_t i = 0; i < cells->coordinates; i++) {
        double room = column[i] - mean, z = room / deviation;
        if (!(deviation > 0) || fabs(z) > certain) {
            t.excess[i + 1] = fmax(0, room);
            t.by_mean[i + 1] = room > 0 ? -1 : 0;
            t.by_deviation[i + 1] = 0;
            continue;
        }
        double below = hyti_normal_cdf(z), density = hyti_normal_pdf(z);
        t.excess[i + 1] = deviation * fmax(0, z * below + density);
        if (!slopes) continue;
        t.by_mean[i + 1] = -below;
        t.by_deviation[i + 1] = density;
    }
}

/* Sum over the boxes of the products over the objectives; m is a constant wherever it matters. */
static inline double add_boxes(const uint32_t *places, size_t count, size_t m, const double *excess, size_t row)
{
    double sum = 0;
    for (size_t k = 0; k < count; k++, places += 2 * m) {
        double product = 1;
        for (size_t j = 0; j < m; j++)
            product *= excess[3 * j * row + places[2 * j + 1]] - excess[3 * j * row + places[2 * j]];
        sum += product;
    }
    return sum;
}

static double value_of(const hyti_ehvi *ehvi, const hyti_cells *cells)
{
    size_t row = cells->coordinates + 1;
    switch (ehvi->objectives) {
    case 2: return add_boxes(cells->places, cells->count, 2, ehvi->scratch, row);
    case 3: return add_boxes(cells->places, cells->count, 3, ehvi->scratch, row);
    default: return add_boxes(cells->places, cells->count, ehvi->objectives, ehvi->scratch, row);
    }
}

/* Adds the derivatives of the sum: each factor's times the other factors. */
static void add_slopes(const hyti_ehvi *ehvi, const hyti_cells *cells, double *gradient)
{
    size_t m = ehvi->objectives;
    for (size_t k = 0; k < cells->count; k++) {
        const uint32_t *places = cells->places + k * 2 * m;
        double factor[HYTI_PARETO_OBJECTIVES], before[HYTI_PARETO_OBJECTIVES], after = 1, product = 1;
        for (size_t j = 0; j < m; j++) {
            const double *excess = terms_of(ehvi, cells, j).excess;
            factor[j] = excess[places[2 * j + 1]] - excess[places[2 * j]];
            before[j] = product;
            product *= factor[j];
        }
        for (size_t j = m; j-- > 0;) {
            terms t = terms_of(ehvi, cells, j);
            uint32_t low = places[2 * j], high = places[2 * j + 1];
            gradient[j] += before[j] * after * (t.by_mean[high] - t.by_mean[low]);
            gradient[m + j] += before[j] * after * (t.by_deviation[high] - t.by_deviation[low]);
            after *= factor[j];
        }
    }
}

double hyti_ehvi_value(hyti_ehvi *ehvi, const double *mean, const double *deviation, double *gradient)
{
    size_t m = ehvi->objectives;
    double sum = 0;
    for (size_t j = 0; gradient && j < 2 * m; j++) gradient[j] = 0;
    for (size_t i = 0; i < ehvi->draws; i++) {
        const hyti_cells *cells = &ehvi->cells[i];
        for (size_t j = 0; j < m; j++)
            find_excess(cells, j, mean[j], deviation[j], gradient != NULL, terms_of(ehvi, cells, j));
        sum += value_of(ehvi, cells);
        if (gradient) add_slopes(ehvi, cells, gradient);
    }
    for (size_t j = 0; gradient && j < 2 * m; j++) gradient[j] /= (double)ehvi->draws;
    return sum / (double)ehvi->draws;
}

static void find_log_excess(const hyti_cells *cells, size_t j, double mean, double deviation, terms t)
{
    const double *column = cells->values + j * cells->coordinates;
    t.excess[0] = -INFINITY;
    t.by_mean[0] = t.by_deviation[0] = 0;
    for (size_t i = 0; i < cells->coordinates; i++) {
        double room = column[i] - mean, z = room / deviation;
        if (!(deviation > 0) || z > certain) {
            t.excess[i + 1] = room > 0 ? log(room) : -INFINITY;
            t.by_mean[i + 1] = room > 0 ? -1 / room : 0;
            t.by_deviation[i + 1] = 0;
            continue;
        }
        double log_excess = hyti_normal_log_excess(z);
        t.excess[i + 1] = log(deviation) + log_excess;
        t.by_mean[i + 1] = t.by_deviation[i + 1] = 0;
        if (isinf(log_excess)) continue;
        t.by_mean[i + 1] = -exp(hyti_normal_log_cdf(z) - log_excess) / deviation;
        t.by_deviation[i + 1] = exp(hyti_normal_log_pdf(z) - log_excess) / deviation;
    }
}

/* The logarithm of one box, and its gradient: of each factor e(u) - e(l) = e(u) (1 - r), r = e(l) / e(u). */
static double log_box(const hyti_ehvi *ehvi, const hyti_cells *cells, const uint32_t *places, double *slopes)
{
    size_t m = ehvi->objectives;
    double sum = 0;
    for (size_t j = 0; j < m; j++) {
        terms t = terms_of(ehvi, cells, j);
        uint32_t low = places[2 * j], high = places[2 * j + 1];
        if (isinf(t.excess[high])) return -INFINITY;
        double ratio = exp(t.excess[low] - t.excess[high]);
        if (!(ratio < 1)) return -INFINITY;
        sum += t.excess[high] + log1p(-ratio);
        slopes[j] = (t.by_mean[high] - ratio * t.by_mean[low]) / (1 - ratio);
        slopes[m + j] = (t.by_deviation[high] - ratio * t.by_deviation[low]) / (1 - ratio);
    }
    return sum;
}

/* A sum of terms that are known by their logarithms, and of their gradients, relative to the largest so far. */
typedef struct log_sum {
    double largest, sum, slopes[2 * HYTI_PARETO_OBJECTIVES];
} log_sum;

static void log_sum_add(log_sum *all, double term, const double *slopes, size_t count)
{
    if (isinf(term)) return;
    double old = term > all->largest ? exp(all->largest - term) : 1, weight = exp(fmin(0, term - all->largest));
    all->largest = fmax(all->largest, term);
    all->sum = all->sum * old + weight;
    for (size_t j = 0; j < count; j++) all->slopes[j] = all->slopes[j] * old + weight * slopes[j];
}

static double log_by_terms(hyti_ehvi *ehvi, const double *mean, const double *deviation, double *gradient)
{
    size_t m = ehvi->objectives;
    log_sum all = { .largest = -INFINITY };
    double slopes[2 * HYTI_PARETO_OBJECTIVES];
    for (size_t i = 0; i < ehvi->draws; i++) {
        const hyti_cells *cells = &ehvi->cells[i];
        for (size_t j = 0; j < m; j++)
            find_log_excess(cells, j, mean[j], deviation[j], terms_of(ehvi, cells, j));
        for (size_t k = 0; k < cells->count; k++) {
            double term = log_box(ehvi, cells, cells->places + k * 2 * m, slopes);
            log_sum_add(&all, term, slopes, 2 * m);
        }
    }
    for (size_t j = 0; gradient && j < 2 * m; j++) gradient[j] = all.sum > 0 ? all.slopes[j] / all.sum : 0;
    return all.sum > 0 ? all.largest + log(all.sum / (double)ehvi->draws) : -INFINITY;
}

double hyti_ehvi_log(hyti_ehvi *ehvi, const double *mean, const double *deviation, double *gradient)
{
    static const double safe = 1e-200; /* what no box that counts has underflown beside */
    double value = hyti_ehvi_value(ehvi, mean, deviation, gradient);
    if (!(value > safe)) return log_by_terms(ehvi, mean, deviation, gradient);
    for (size_t j = 0; gradient && j < 2 * ehvi->objectives; j++) gradient[j] /= value;
    return log(value);
}
