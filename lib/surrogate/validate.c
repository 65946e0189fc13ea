/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation, and what it says of a surrogate. */
#include "surrogate/validate.h"
#include "numeric/distribution.h"
#include "numeric/rank.h"
#include <math.h>
#include <string.h>

/* The stream below that of draws. */
#define STREAM_OF_FOLDS ((UINT64_C(1) << 63) - 1)

struct hyt_validation {
    hyt_context *context;
    size_t n;
    double *y, *mean, *deviation, *total; /* n; total: with the noise */
    double noise, measure[HYT_VALIDATION_MEASURES];
};

/* Rows inside or outside a fold. */
typedef struct part {
    double *x, *y;
    size_t count;
} part;

static hyt_status part_open(hyt_context *context, size_t n, size_t d, part *p)
{
    p->x = hyti_array(context, n, d * sizeof *p->x);
    p->y = hyti_array(context, n, 2 * sizeof *p->y); /* predictions: mean, deviation */
    return p->x && p->y ? HYT_OK : hyti_fail_nomem();
}

static void part_close(hyt_context *context, part *p)
{
    hyti_free(context, p->x);
    hyti_free(context, p->y);
}

static void part_fill(part *p, const double *x, const double *y, const int *folds, size_t n, size_t d, int fold,
                      bool inside)
{
    p->count = 0;
    for (size_t i = 0; i < n; i++) {
        if ((folds[i] == fold) != inside) continue;
        memcpy(p->x + p->count * d, x + i * d, d * sizeof *x);
        p->y[p->count++] = y[i];
    }
}

static hyt_status predict_fold(hyt_surrogate *s, const double *x, const double *y, const int *folds, size_t n,
                               int fold, part *p, double *mean, double *deviation)
{
    part_fill(p, x, y, folds, n, s->features, fold, false);
    if (p->count == 0)
        return hyti_fail(HYT_ERR_SHAPE, "all %zu rows are in fold %d: none is left to learn from", n, fold);
    HYTI_TRY(hyt_surrogate_fit(s, p->x, p->y, p->count));
    part_fill(p, x, y, folds, n, s->features, fold, true);
    double *predicted = p->y, *doubt = deviation ? p->y + p->count : NULL;
    HYTI_TRY(hyt_surrogate_predict(s, p->x, p->count, predicted, doubt));
    for (size_t i = 0, at = 0; i < n; i++) {
        if (folds[i] != fold) continue;
        mean[i] = predicted[at];
        if (deviation) deviation[i] = doubt[at];
        at++;
    }
    return HYT_OK;
}

/* Whether row i is the first of its fold. */
static bool is_first(const int *folds, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (folds[j] == folds[i]) return false;
    return true;
}

hyt_status hyti_validate_predict(const hyt_surrogate *surrogate, const double *x, const double *y, const int *folds,
                                 size_t n, double *mean, double *deviation)
{
    hyt_surrogate *s = NULL;
    part p = { 0 };
    hyt_status status = hyti_surrogate_blank(surrogate, &s);
    if (status == HYT_OK) status = part_open(surrogate->context, n, surrogate->features, &p);
    for (size_t i = 0; status == HYT_OK && i < n; i++)
        if (is_first(folds, i)) {
            status = predict_fold(s, x, y, folds, n, folds[i], &p, mean, deviation);
            if (status != HYT_OK) status = hyti_fail_within(status, "without fold %d", folds[i]);
        }
    part_close(surrogate->context, &p);
    hyt_surrogate_destroy(s);
    return status;
}

/* Every fold gets n / count rows or one more (Fisher and Yates' shuffle of the labels). */
hyt_status hyt_validation_deal(size_t n, size_t count, uint64_t seed, int *folds)
{
    HYTI_NEED(folds);
    if (count < 2 || count > n || count > INT32_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%zu rows cannot be dealt into %zu folds", n, count);
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_SURROGATE, STREAM_OF_FOLDS);
    for (size_t i = 0; i < n; i++) folds[i] = (int)(i % count);
    for (size_t i = n; i > 1; i--) {
        size_t other = (size_t)hyti_rng_below(&rng, i);
        int label = folds[other];
        folds[other] = folds[i - 1];
        folds[i - 1] = label;
    }
    return HYT_OK;
}

static double or_zero(double value)
{
    return isnan(value) ? 0 : value;
}

hyt_status hyti_validate_tau(const hyt_surrogate *surrogate, const double *x, const double *y, size_t n, size_t count,
                             uint64_t seed, double *tau)
{
    hyt_context *context = surrogate->context;
    int *folds = hyti_array(context, n, sizeof *folds);
    double *mean = hyti_array(context, n, sizeof *mean);
    hyt_status status = folds && mean ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) status = hyt_validation_deal(n, HYTI_MIN(count, n), seed, folds);
    if (status == HYT_OK) status = hyti_validate_predict(surrogate, x, y, folds, n, mean, NULL);
    if (status == HYT_OK) status = hyti_kendall(context, y, mean, n, tau);
    if (status == HYT_OK) *tau = or_zero(*tau);
    hyti_free(context, folds);
    hyti_free(context, mean);
    return status;
}

static hyt_status validation_create(const hyt_surrogate *s, const double *y, size_t n, hyt_validation **out)
{
    hyt_validation *v = hyti_alloc(s->context, sizeof *v);
    if (!v) return hyti_fail_nomem();
    v->context = hyti_context_retain(s->context);
    v->n = n;
    v->y = hyti_copy(s->context, y, n * sizeof *y);
    v->mean = hyti_array(s->context, n, sizeof *v->mean);
    v->deviation = hyti_array(s->context, n, sizeof *v->deviation);
    v->total = hyti_array(s->context, n, sizeof *v->total);
    if (!v->y || !v->mean || !v->deviation || !v->total) {
        hyt_validation_destroy(v);
        return hyti_fail_nomem();
    }
    *out = v;
    return HYT_OK;
}

void hyt_validation_destroy(hyt_validation *validation)
{
    if (!validation) return;
    hyt_context *context = validation->context;
    double *all[] = { validation->y, validation->mean, validation->deviation, validation->total };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(context, all[i]);
    hyti_free(context, validation);
    hyt_context_destroy(context);
}

/* Squared errors beyond those that the deviations explain are noise, by the method of moments; -1: rows of no fold are
 * left out. */
static double noise_variance(const hyt_validation *v, const int *folds, int but)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < v->n; i++) {
        if (folds[i] == but) continue;
        double error = v->y[i] - v->mean[i];
        sum += error * error - v->deviation[i] * v->deviation[i];
        count++;
    }
    return count && sum > 0 ? sum / (double)count : 0;
}

/* The noise that counts for a row is that of the other folds. */
static void find_totals(hyt_validation *v, const int *folds)
{
    for (size_t i = 0; i < v->n; i++) {
        if (!is_first(folds, i)) continue;
        double noise = noise_variance(v, folds, folds[i]);
        for (size_t j = i; j < v->n; j++)
            if (folds[j] == folds[i]) v->total[j] = sqrt(v->deviation[j] * v->deviation[j] + noise);
    }
    v->noise = sqrt(noise_variance(v, folds, -1));
}

/* Continuous ranked probability score of a normal forecast (Gneiting, Raftery, Westveld and Goldman, Monthly Weather
 * Review 133, 2005, eq. 5). */
static double crps(double error, double deviation)
{
    double z = error / deviation;
    if (!(deviation > 0) || !isfinite(z)) return fabs(error);
    return deviation * (z * (2 * hyti_normal_cdf(z) - 1) + 2 * hyti_normal_pdf(z) - 0.56418958354775628695);
}

static hyt_status find_measures(hyt_validation *v)
{
    HYTI_TRY(hyti_kendall(v->context, v->y, v->mean, v->n, &v->measure[HYT_VALIDATION_TAU]));
    HYTI_TRY(hyti_spearman(v->context, v->y, v->mean, v->n, &v->measure[HYT_VALIDATION_RHO]));
    v->measure[HYT_VALIDATION_R2] = hyti_r2(v->y, v->mean, v->n);
    v->measure[HYT_VALIDATION_RMSE] = hyti_rmse(v->y, v->mean, v->n);
    double sum = 0;
    for (size_t i = 0; i < v->n; i++) sum += crps(v->y[i] - v->mean[i], v->total[i]);
    v->measure[HYT_VALIDATION_CRPS] = sum / (double)v->n;
    return HYT_OK;
}

hyt_status hyt_surrogate_validate(const hyt_surrogate *surrogate, const double *x, const double *y, const int *folds,
                                  size_t n, hyt_validation **out)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(x);
    HYTI_NEED(y);
    HYTI_NEED(folds);
    HYTI_NEED(out);
    if (n < 2) return hyti_fail(HYT_ERR_SHAPE, "%zu rows: validation needs two at least", n);
    for (size_t i = 0; i < n; i++)
        if (folds[i] < 0) return hyti_fail(HYT_ERR_RANGE, "row %zu: there is no fold %d", i, folds[i]);
    HYTI_TRY(hyti_surrogate_check("feature", x, n, surrogate->features));
    HYTI_TRY(hyti_surrogate_check("target", y, n, 1));
    hyt_validation *v = NULL;
    HYTI_TRY(validation_create(surrogate, y, n, &v));
    hyt_status status = hyti_validate_predict(surrogate, x, y, folds, n, v->mean, v->deviation);
    if (status == HYT_OK) {
        find_totals(v, folds);
        status = find_measures(v);
    }
    if (status == HYT_OK) *out = v;
    else hyt_validation_destroy(v);
    return status;
}

double hyt_validation_measure(const hyt_validation *validation, hyt_validation_kind kind)
{
    return validation && (unsigned)kind < HYT_VALIDATION_MEASURES ? validation->measure[kind] : NAN;
}

double hyt_validation_coverage(const hyt_validation *validation, double probability)
{
    if (!validation || !(probability >= 0 && probability <= 1)) return NAN;
    double reach = hyti_normal_quantile(0.5 + 0.5 * probability);
    size_t within = 0;
    for (size_t i = 0; i < validation->n; i++) {
        double error = fabs(validation->y[i] - validation->mean[i]);
        within += probability == 1 || error <= reach * validation->total[i];
    }
    return (double)within / (double)validation->n;
}

double hyt_validation_noise(const hyt_validation *validation)
{
    return validation ? validation->noise : NAN;
}

size_t hyt_validation_rows(const hyt_validation *validation)
{
    return validation ? validation->n : 0;
}

const double *hyt_validation_mean(const hyt_validation *validation)
{
    return validation ? validation->mean : NULL;
}

const double *hyt_validation_deviation(const hyt_validation *validation)
{
    return validation ? validation->deviation : NULL;
}
