/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many rows through few inducing points u: the fully independent training conditional of Snelson and Ghahramani,
 * "Sparse Gaussian processes using pseudo-inputs", NIPS 2006. With k(u, u) = L L', V = L^-1 k(u, rows),
 * D = diag(k(rows, rows) - V' V) + noise I:
 *     C C' = I + V D^-1 V',  forward = V D^-1 y,  weights = L'^-1 (C C')^-1 forward,
 * and the targets' covariance A = V' V + D has y' A^-1 y = y' D^-1 y - |C^-1 forward|^2. Rows are taken in blocks: time
 * O(n m^2) for n rows and m points, memory O(m^2). The points are rows, chosen by the pivots of an incomplete Cholesky
 * factor: each is where the ones before it leave most variance (Burt, Rasmussen, van der Wilk, "Convergence of sparse
 * variational inference in Gaussian processes regression", JMLR 21, 2020, section 4). */
#include "numeric/linear.h"
#include "surrogate/gp.h"
#include <math.h>
#include <string.h>

#define BLOCK 512     /* rows taken at once */
#define CANDIDATES 8  /* rows looked at for each inducing point */
#define LEAST 1e-9    /* of the variance: less left is rounding */

static size_t largest(size_t n, const double *values)
{
    size_t place = 0;
    for (size_t i = 1; i < n; i++)
        if (values[i] > values[place]) place = i;
    return place;
}

static hyti_gp_cloud point_of(const hyti_gp_law *law, const hyti_gp_cloud *cloud, size_t i)
{
    size_t d = law->shape.d, trend = hyti_gp_trend_size(&law->shape);
    return (hyti_gp_cloud){ 1, cloud->points + i * d, cloud->squares + i, cloud->trend + i * trend };
}

/* Pivots of the covariance of a cloud, at most `most`; returns how many. factor: cloud.n x most, row: most, left:
 * cloud.n. */
static size_t find_pivots(const hyti_gp_law *law, const hyti_gp_cloud *cloud, size_t most, double *factor, double *row,
                          double *left, size_t *pivots)
{
    size_t n = cloud->n;
    hyti_gp_diagonal(law, cloud, left);
    double enough = LEAST * left[largest(n, left)];
    for (size_t j = 0; j < most; j++) {
        size_t pivot = largest(n, left);
        if (j > 0 && !(left[pivot] > enough)) return j;
        double *column = factor + j * n, root = sqrt(left[pivot]);
        hyti_gp_cloud point = point_of(law, cloud, pivot);
        for (size_t c = 0; c < j; c++) row[c] = factor[c * n + pivot];
        hyti_gp_covariance(law, cloud, &point, column);
        hyti_times_add(n, j, -1, factor, row, column);
        for (size_t i = 0; i < n; i++) column[i] /= root;
        for (size_t i = 0; i < n; i++) left[i] -= column[i] * column[i];
        left[pivot] = 0;
        pivots[j] = pivot;
    }
    return most;
}

/* Among rows spread over all, so that memory stays bounded. points: room for law.inducing rows. */
static hyt_status choose_points(const hyti_gp_law *law, const hyti_rows *rows, double *points, size_t *count)
{
    size_t most = HYTI_MIN(law->inducing, rows->n), n = HYTI_MIN(rows->n, CANDIDATES * most), d = rows->d;
    size_t cloud_room = hyti_gp_cloud_room(law, n);
    double *room = hyti_array(law->context, cloud_room + n * most + most + n + n * d, sizeof *room);
    size_t *pivots = hyti_array(law->context, most, sizeof *pivots);
    if (room && pivots) {
        double *factor = room + cloud_room, *row = factor + n * most, *left = row + most, *x = left + n;
        for (size_t i = 0; i < n; i++) memcpy(x + i * d, rows->x + i * rows->n / n * d, d * sizeof *x);
        hyti_gp_cloud cloud = hyti_gp_cloud_make(law, x, n, room);
        *count = find_pivots(law, &cloud, most, factor, row, left, pivots);
        for (size_t j = 0; j < *count; j++) memcpy(points + j * d, x + pivots[j] * d, d * sizeof *x);
    }
    hyt_status status = room && pivots ? HYT_OK : hyti_fail_nomem();
    hyti_free(law->context, room);
    hyti_free(law->context, pivots);
    return status;
}

static hyt_status make_core(hyti_gp *gp)
{
    size_t m = gp->known.n;
    gp->core = hyti_array(gp->context, m * m, sizeof *gp->core);
    gp->inner = hyti_array(gp->context, m * m, sizeof *gp->inner);
    return gp->core && gp->inner ? HYT_OK : hyti_fail_nomem();
}

/* Without a row yet: inner = I. */
static hyt_status start_at(hyti_gp *gp, const double *points, size_t m)
{
    HYTI_TRY(hyti_gp_make_room(gp, m));
    HYTI_TRY(make_core(gp));
    hyti_gp_cloud_make(gp->law, points, m, gp->known.points);
    hyti_gp_covariance_within(gp->law, &gp->known, gp->inner);
    double jitter;
    HYTI_TRY(hyti_cholesky_jitter(m, 1, gp->inner, gp->lower, &jitter));
    memset(gp->inner, 0, m * m * sizeof *gp->inner);
    for (size_t i = 0; i < m; i++) gp->inner[i + i * m] = 1;
    return HYT_OK;
}

static hyt_status start(hyti_gp *gp, const hyti_rows *rows)
{
    const hyti_gp_law *law = gp->law;
    if (!hyti_linear_fits(CANDIDATES * law->inducing, HYTI_MAX(law->inducing, rows->d)))
        return hyti_fail(HYT_ERR_RANGE, "%zu inducing points are too many", law->inducing);
    size_t count = 0;
    double *points = hyti_array(gp->context, law->inducing * rows->d, sizeof *points);
    if (!points) return hyti_fail_nomem();
    hyt_status status = choose_points(law, rows, points, &count);
    if (status == HYT_OK) status = start_at(gp, points, count);
    hyti_free(gp->context, points);
    return status;
}

static hyt_status continue_from(const hyti_gp *old, hyti_gp *gp)
{
    size_t m = old->known.n;
    HYTI_TRY(hyti_gp_make_room(gp, m));
    HYTI_TRY(make_core(gp));
    hyti_gp_keep(gp, 0, &old->known);
    memcpy(gp->lower, old->lower, m * m * sizeof *gp->lower);
    memcpy(gp->inner, old->inner, m * m * sizeof *gp->inner);
    memcpy(gp->forward, old->forward, m * sizeof *gp->forward);
    gp->spread = old->spread;
    return HYT_OK;
}

/* A block of rows into inner, forward and spread. room: a cloud of n, m n, 2 n. */
static void absorb(hyti_gp *gp, const double *x, const double *y, size_t n, double *room)
{
    size_t m = gp->known.n;
    double *v = room + hyti_gp_cloud_room(gp->law, n), *root = v + m * n, *target = root + n;
    hyti_gp_cloud cloud = hyti_gp_cloud_make(gp->law, x, n, room);
    hyti_gp_covariance(gp->law, &gp->known, &cloud, v);
    hyti_lower_solve(m, n, gp->lower, v);
    hyti_gp_diagonal(gp->law, &cloud, root);
    for (size_t j = 0; j < n; j++) {
        double *column = v + j * m;
        root[j] = sqrt(fmax(0, root[j] - hyti_dot(m, column, column)) + gp->law->noise);
        target[j] = y[j] / root[j];
        gp->spread += target[j] * target[j];
        for (size_t i = 0; i < m; i++) column[i] /= root[j];
    }
    hyti_gram_columns(m, n, v, gp->inner);
    hyti_times_add(m, n, 1, v, target, gp->forward);
}

static hyt_status absorb_all(hyti_gp *gp, const hyti_rows *rows)
{
    size_t n = HYTI_MIN(rows->n, BLOCK), m = gp->known.n;
    double *room = hyti_array(gp->context, hyti_gp_cloud_room(gp->law, n) + m * n + 2 * n, sizeof *room);
    if (!room) return hyti_fail_nomem();
    for (size_t at = 0; at < rows->n; at += n)
        absorb(gp, rows->x + at * rows->d, rows->y + at, HYTI_MIN(n, rows->n - at), room);
    hyti_free(gp->context, room);
    return HYT_OK;
}

static hyt_status conclude(hyti_gp *gp)
{
    size_t m = gp->known.n;
    memcpy(gp->core, gp->inner, m * m * sizeof *gp->core);
    HYTI_TRY(hyti_cholesky(m, gp->core));
    memcpy(gp->weights, gp->forward, m * sizeof *gp->weights);
    hyti_lower_solve(m, 1, gp->core, gp->weights);
    gp->quadratic = gp->spread - hyti_dot(m, gp->weights, gp->weights);
    hyti_lower_solve_transposed(m, 1, gp->core, gp->weights);
    hyti_lower_solve_transposed(m, 1, gp->lower, gp->weights);
    return HYT_OK;
}

hyt_status hyti_gp_sparse_extend(const hyti_gp *gp, const hyti_rows *added, hyti_gp *next)
{
    HYTI_TRY(gp->core ? continue_from(gp, next) : start(next, added));
    HYTI_TRY(absorb_all(next, added));
    return conclude(next);
}
