/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The posterior of a function under a Gaussian process (Rasmussen and Williams, Gaussian Processes for Machine
 * Learning, algorithm 2.1), extended batch by batch. */
#include "numeric/linear.h"
#include "surrogate/gp.h"
#include <math.h>
#include <string.h>

#define BLOCK 128 /* points predicted at once */

void hyti_gp_destroy(hyti_gp *gp)
{
    if (!gp) return;
    hyt_context *context = gp->context;
    void *all[] = { gp->batches, gp->known.points, gp->weights, gp->lower, gp->forward, gp->core, gp->inner };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(context, all[i]);
    hyti_gp_law_destroy(gp->law);
    hyti_free(context, gp);
    hyt_context_destroy(context);
}

hyt_status hyti_gp_create(hyt_context *context, hyti_gp_law *law, hyti_gp **out)
{
    hyti_gp *gp = hyti_alloc(context, sizeof *gp);
    if (!gp) return hyti_fail_nomem();
    gp->context = hyti_context_retain(context);
    gp->law = law;
    hyti_ref_retain(&law->ref);
    *out = gp;
    return HYT_OK;
}

hyt_status hyti_gp_make_room(hyti_gp *gp, size_t n)
{
    size_t d = gp->law->shape.d;
    if (!hyti_linear_fits(n, n) || !hyti_linear_fits(n, 3 * d + 1))
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many for a dense covariance", n, d);
    double *room = hyti_array(gp->context, hyti_gp_cloud_room(gp->law, n), sizeof *room);
    if (!room) return hyti_fail_nomem();
    gp->known = hyti_gp_cloud_lay(gp->law, n, room);
    gp->weights = hyti_array(gp->context, n, sizeof *gp->weights);
    gp->forward = hyti_array(gp->context, n, sizeof *gp->forward);
    gp->lower = hyti_array(gp->context, n * n, sizeof *gp->lower);
    return gp->weights && gp->forward && gp->lower ? HYT_OK : hyti_fail_nomem();
}

void hyti_gp_keep(hyti_gp *gp, size_t at, const hyti_gp_cloud *part)
{
    size_t d = gp->law->shape.d, trend = hyti_gp_trend_size(&gp->law->shape), n = part->n;
    if (n == 0) return;
    memcpy(gp->known.points + at * d, part->points, n * d * sizeof *part->points);
    memcpy(gp->known.squares + at, part->squares, n * sizeof *part->squares);
    memcpy(gp->known.trend + at * trend, part->trend, n * trend * sizeof *part->trend);
}

/* [L 0; X' S] from L (n), X (n x q) and S (q), the rest of the factor of a bordered matrix. */
static void join_factors(size_t n, size_t q, const double *lower, const double *x, const double *corner, double *out)
{
    size_t all = n + q;
    for (size_t j = 0; j < n; j++) {
        memcpy(out + j * all + j, lower + j * n + j, (n - j) * sizeof *out);
        for (size_t i = 0; i < q; i++) out[j * all + n + i] = x[i * n + j];
    }
    for (size_t j = 0; j < q; j++) memcpy(out + (n + j) * all + n + j, corner + j * q + j, (q - j) * sizeof *out);
}

/* The rest of the covariance's Cholesky factor and of L^-1 y: O(n^2 + n q) an added row. work: n q + 2 q^2. */
static hyt_status extend_exact(const hyti_gp *gp, const hyti_gp_cloud *tail, const double *y, double *work,
                               hyti_gp *next)
{
    size_t n = gp->known.n, q = tail->n;
    double *x = work, *rest = x + n * q, *corner = rest + q * q, *forward = next->forward + n, jitter;
    hyti_gp_covariance_within(gp->law, tail, rest);
    for (size_t i = 0; i < q; i++) rest[i + i * q] += gp->law->noise;
    if (n) {
        hyti_gp_covariance(gp->law, &gp->known, tail, x);
        hyti_lower_solve(n, q, gp->lower, x);
        hyti_gram(q, n, -1, x, 1, rest);
        hyti_transposed_times(n, q, x, gp->forward, forward);
        memcpy(next->forward, gp->forward, n * sizeof *next->forward);
    }
    HYTI_TRY(hyti_cholesky_jitter(q, 1, rest, corner, &jitter));
    join_factors(n, q, gp->lower, x, corner, next->lower);
    hyti_gp_keep(next, 0, &gp->known);
    hyti_gp_keep(next, n, tail);
    for (size_t i = 0; i < q; i++) forward[i] = y[i] - forward[i];
    hyti_lower_solve(q, 1, corner, forward);
    next->quadratic = gp->quadratic + hyti_dot(q, forward, forward);
    memcpy(next->weights, next->forward, (n + q) * sizeof *next->weights);
    hyti_lower_solve_transposed(n + q, 1, next->lower, next->weights);
    return HYT_OK;
}

static hyt_status extend_with_work(const hyti_gp *gp, const hyti_rows *added, hyti_gp *next)
{
    size_t n = gp->known.n, q = added->n, cloud = hyti_gp_cloud_room(gp->law, q);
    HYTI_TRY(hyti_gp_make_room(next, n + q));
    double *work = hyti_array(gp->context, cloud + n * q + 2 * q * q, sizeof *work);
    if (!work) return hyti_fail_nomem();
    hyti_gp_cloud tail = hyti_gp_cloud_make(gp->law, added->x, q, work);
    hyt_status status = extend_exact(gp, &tail, added->y, work + cloud, next);
    hyti_free(gp->context, work);
    return status;
}

hyt_status hyti_gp_extend(const hyti_gp *gp, const hyti_rows *added, hyti_gp **out)
{
    hyti_gp *next = NULL;
    HYTI_TRY(hyti_gp_create(gp->context, gp->law, &next));
    next->rows = gp->rows + added->n;
    next->parts = gp->parts + 1;
    next->batches = hyti_array(gp->context, next->parts, sizeof *next->batches);
    hyt_status status = next->batches ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        if (gp->parts) memcpy(next->batches, gp->batches, gp->parts * sizeof *gp->batches);
        next->batches[gp->parts] = added->n;
        bool sparse = gp->core || (gp->rows == 0 && added->n > gp->law->exact_rows);
        status = sparse ? hyti_gp_sparse_extend(gp, added, next) : extend_with_work(gp, added, next);
    }
    if (status != HYT_OK) hyti_gp_destroy(next);
    else *out = next;
    return status;
}

/* v = L^-1 cross in its place and the variances, in units of the signal's, of `count` points. */
static void find_variances(const hyti_gp *gp, const hyti_gp_cloud *cloud, double *cross, double *variance)
{
    size_t n = gp->known.n;
    hyti_gp_diagonal(gp->law, cloud, variance);
    hyti_lower_solve(n, cloud->n, gp->lower, cross);
    for (size_t j = 0; j < cloud->n; j++) variance[j] -= hyti_dot(n, cross + j * n, cross + j * n);
    if (!gp->core) return;
    hyti_lower_solve(n, cloud->n, gp->core, cross);
    for (size_t j = 0; j < cloud->n; j++) variance[j] += hyti_dot(n, cross + j * n, cross + j * n);
}

static void predict_block(const hyti_gp *gp, const double *x, size_t count, double *room, double *mean,
                          double *deviation)
{
    hyti_gp_cloud cloud = hyti_gp_cloud_make(gp->law, x, count, room);
    double *cross = room + hyti_gp_cloud_room(gp->law, count);
    hyti_gp_covariance(gp->law, &gp->known, &cloud, cross);
    hyti_transposed_times(gp->known.n, count, cross, gp->weights, mean);
    if (!deviation) return;
    find_variances(gp, &cloud, cross, deviation);
    for (size_t j = 0; j < count; j++) deviation[j] = sqrt(gp->law->variance * fmax(0, deviation[j]));
}

hyt_status hyti_gp_predict(const hyti_gp *gp, const double *x, size_t n, double *mean, double *deviation)
{
    size_t block = HYTI_MIN(n, BLOCK);
    double *room = hyti_array(gp->context, hyti_gp_cloud_room(gp->law, block) + block * gp->known.n, sizeof *room);
    if (!room) return hyti_fail_nomem();
    for (size_t start = 0; start < n; start += block)
        predict_block(gp, x + start * gp->law->shape.d, HYTI_MIN(block, n - start), room, mean + start,
                      deviation ? deviation + start : NULL);
    hyti_free(gp->context, room);
    return HYT_OK;
}

/* The slopes by z of sum_i c_i k(known_i, x), `slopes` being those of M (matern.h): with points
 * p = z / lengthscale
 *     d/dp_k = sum_i c_i slope(r_i) (p_ik - p_k),
 * and of the trend, sum_i c_i trend_i . d trend(x). trend: room for its size. */
static void slope_of_sum(const hyti_gp *gp, const hyti_gp_cloud *at, const double *z, const double *slopes,
                         const double *c, double *trend, double *out)
{
    const hyti_gp_law *law = gp->law;
    size_t d = law->shape.d, size = hyti_gp_trend_size(&law->shape);
    for (size_t k = 0; k < d; k++) out[k] = 0;
    for (size_t k = 0; k < size; k++) trend[k] = 0;
    for (size_t i = 0; i < gp->known.n; i++) {
        const double *point = gp->known.points + i * d, *row = gp->known.trend + i * size;
        double weight = c[i] * slopes[i];
        for (size_t k = 0; k < d; k++) out[k] += weight * (point[k] - at->points[k]);
        for (size_t k = 0; k < size; k++) trend[k] += c[i] * row[k];
    }
    for (size_t k = 0; k < d; k++) out[k] *= law->gain[k];
    hyti_gp_law_trend_slope(law, z, trend, out);
}

/* c, by whose product with k the variance falls: exact L'^-1 v, sparse L'^-1 (v - C'^-1 C^-1 v). */
static void find_coefficients(const hyti_gp *gp, const double *cross, double *c, double *spare)
{
    size_t n = gp->known.n;
    memcpy(c, cross, n * sizeof *c);
    hyti_lower_solve(n, 1, gp->lower, c);
    if (gp->core) {
        memcpy(spare, c, n * sizeof *c);
        hyti_cholesky_solve(n, 1, gp->core, spare);
        for (size_t i = 0; i < n; i++) c[i] -= spare[i];
    }
    hyti_lower_solve_transposed(n, 1, gp->lower, c);
}

/* d variance = d k(x, x) - 2 c . dk, and that of its root. */
static void slope_of_deviation(const hyti_gp *gp, const hyti_gp_cloud *at, const double *z, const double *slopes,
                               double *cross, double *c, double *trend, double *out)
{
    const hyti_gp_law *law = gp->law;
    size_t d = law->shape.d;
    double variance;
    find_coefficients(gp, cross, c, c + gp->known.n);
    slope_of_sum(gp, at, z, slopes, c, trend, out);
    for (size_t k = 0; k < d; k++) out[k] = -out[k];
    hyti_gp_law_trend_slope(law, z, at->trend, out);
    find_variances(gp, at, cross, &variance);
    double unit = variance > 0 ? sqrt(law->variance / variance) : 0;
    for (size_t k = 0; k < d; k++) out[k] *= unit;
}

hyt_status hyti_gp_gradient(const hyti_gp *gp, const double *x, double *mean, double *deviation)
{
    const hyti_gp_law *law = gp->law;
    size_t n = gp->known.n, d = law->shape.d, trend = hyti_gp_trend_size(&law->shape);
    double *room = hyti_array(gp->context, hyti_gp_cloud_room(law, 1) + 4 * n + d + trend, sizeof *room);
    if (!room) return hyti_fail_nomem();
    hyti_gp_cloud at = hyti_gp_cloud_make(law, x, 1, room);
    double *cross = room + hyti_gp_cloud_room(law, 1), *slopes = cross + n, *c = slopes + n, *z = c + 2 * n;
    hyti_gp_covariance(law, &gp->known, &at, cross);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < d; k++) {
            double apart = gp->known.points[i * d + k] - at.points[k];
            sum += apart * apart;
        }
        c[i] = sum;
    }
    hyti_gp_law_slopes(law, n, c, slopes);
    hyti_gp_law_place(law, x, 1, z);
    slope_of_sum(gp, &at, z, slopes, gp->weights, z + d, mean);
    if (deviation) slope_of_deviation(gp, &at, z, slopes, cross, c, z + d, deviation);
    for (size_t k = 0; k < d; k++) mean[k] *= law->factor[k];
    for (size_t k = 0; deviation && k < d; k++) deviation[k] *= law->factor[k];
    hyti_free(gp->context, room);
    return HYT_OK;
}

/* Mean and Cholesky factor of the joint posterior. work: known.n x n. */
static hyt_status find_joint(const hyti_gp *gp, const hyti_gp_cloud *cloud, double *work, double *mean, double *joint,
                             double *factor)
{
    size_t known = gp->known.n, n = cloud->n;
    double jitter;
    hyti_gp_covariance(gp->law, &gp->known, cloud, work);
    hyti_transposed_times(known, n, work, gp->weights, mean);
    hyti_gp_covariance_within(gp->law, cloud, joint);
    hyti_lower_solve(known, n, gp->lower, work);
    hyti_gram(n, known, -1, work, 1, joint);
    if (gp->core) {
        hyti_lower_solve(known, n, gp->core, work);
        hyti_gram(n, known, 1, work, 1, joint);
    }
    return hyti_cholesky_jitter(n, 1, joint, factor, &jitter);
}

hyt_status hyti_gp_sample(const hyti_gp *gp, const double *x, size_t n, size_t draws, hyti_rng *rng, double *out)
{
    size_t cloud = hyti_gp_cloud_room(gp->law, n), known = gp->known.n;
    if (!hyti_linear_fits(n, n) || !hyti_linear_fits(known, n))
        return hyti_fail(HYT_ERR_RANGE, "%zu points are too many for a joint draw", n);
    double *room = hyti_array(gp->context, cloud + n * (known + 1 + 2 * n), sizeof *room);
    if (!room) return hyti_fail_nomem();
    double *mean = room + cloud, *joint = mean + n, *factor = joint + n * n, *work = factor + n * n;
    hyti_gp_cloud at = hyti_gp_cloud_make(gp->law, x, n, room);
    hyt_status status = find_joint(gp, &at, work, mean, joint, factor);
    if (status == HYT_OK) {
        double unit = sqrt(gp->law->variance);
        for (size_t i = 0; i < n * draws; i++) out[i] = unit * hyti_rng_normal(rng);
        hyti_lower_times(n, draws, factor, out);
        for (size_t i = 0; i < n * draws; i++) out[i] += mean[i % n];
    }
    hyti_free(gp->context, room);
    return status;
}
