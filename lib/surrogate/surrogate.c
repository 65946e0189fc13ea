/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handle: options, checks and standardised targets around a model of some kind. */
#include "surrogate/handle.h"
#include <math.h>
#include <string.h>

static const hyti_kind *const kinds[] = { &hyti_kind_gp,     &hyti_kind_trees, &hyti_kind_forest,
                                          &hyti_kind_ranker, &hyti_kind_ridge, &hyti_kind_ffn,
                                          &hyti_kind_bnn,    &hyti_kind_auto };

/* Streams of a seed: those below are the kinds'. */
#define STREAM_OF_DRAWS (UINT64_C(1) << 63)

const char *hyt_surrogate_kind(size_t index)
{
    return index < HYTI_COUNT(kinds) ? kinds[index]->name : NULL;
}

static const char *kind_at(const void *user, size_t index)
{
    (void)user;
    return hyt_surrogate_kind(index);
}

hyt_status hyti_kind_find(const char *name, const hyti_kind **out)
{
    for (size_t i = 0; i < HYTI_COUNT(kinds); i++) {
        if (strcmp(kinds[i]->name, name) != 0) continue;
        *out = kinds[i];
        return HYT_OK;
    }
    return hyti_fail(HYT_ERR_NOT_FOUND, "there is no surrogate \"%s\"; the nearest is \"%s\"", name,
                     hyti_nearest(name, HYTI_COUNT(kinds), kind_at, NULL));
}

hyt_status hyt_surrogate_options_create(hyt_context *context, const char *kind, hyt_options **out)
{
    HYTI_NEED(kind);
    HYTI_NEED(out);
    const hyti_kind *found = NULL;
    HYTI_TRY(hyti_kind_find(kind, &found));
    return hyti_options_create(context, found->options, out);
}

/* What `from` says of each option of `to`. */
static hyt_status copy_options(const hyt_options *from, hyt_options *to)
{
    char value[64];
    for (size_t i = 0; i < hyt_options_count(to); i++) {
        const char *key = hyt_options_key(to, i);
        HYTI_TRY(hyt_options_get_text(from, key, value, sizeof value));
        HYTI_TRY(hyt_options_set_text(to, key, value));
    }
    return HYT_OK;
}

static hyt_status build(hyt_surrogate *s, const hyt_options *options)
{
    s->params = hyti_alloc(s->context, s->kind->options->size);
    s->columns = hyti_array(s->context, s->features, sizeof *s->columns);
    if (!s->params || !s->columns) return hyti_fail_nomem();
    HYTI_TRY(hyti_options_read(options, s->kind->options, s->params));
    HYTI_TRY(hyti_options_create(s->context, s->kind->options, &s->options));
    return options ? copy_options(options, s->options) : HYT_OK;
}

hyt_status hyt_surrogate_create(hyt_context *context, const char *kind, size_t features, const hyt_options *options,
                                hyt_surrogate **out)
{
    HYTI_NEED(kind);
    HYTI_NEED(out);
    const hyti_kind *found = NULL;
    HYTI_TRY(hyti_kind_find(kind, &found));
    if (features == 0) return hyti_fail(HYT_ERR_SHAPE, "a surrogate needs at least one feature");
    hyt_surrogate *s = hyti_alloc(context, sizeof *s);
    if (!s) return hyti_fail_nomem();
    hyti_ref_init(&s->ref);
    s->context = hyti_context_retain(context);
    s->kind = found;
    s->features = features;
    hyt_status status = build(s, options);
    if (status != HYT_OK) {
        hyt_surrogate_destroy(s);
        return status;
    }
    *out = s;
    return HYT_OK;
}

void hyt_surrogate_destroy(hyt_surrogate *surrogate)
{
    if (!surrogate || !hyti_ref_release(&surrogate->ref)) return;
    hyt_context *context = surrogate->context;
    hyti_fitted_release(surrogate->fitted);
    hyt_options_destroy(surrogate->options);
    hyti_free(context, surrogate->params);
    hyti_free(context, surrogate->columns);
    hyti_free(context, surrogate);
    hyt_context_destroy(context);
}

hyt_status hyti_surrogate_blank(const hyt_surrogate *surrogate, hyt_surrogate **out)
{
    hyt_surrogate *s = NULL;
    HYTI_TRY(hyt_surrogate_create(surrogate->context, surrogate->kind->name, surrogate->features, surrogate->options,
                                  &s));
    memcpy(s->columns, surrogate->columns, s->features * sizeof *s->columns);
    *out = s;
    return HYT_OK;
}

hyt_status hyt_surrogate_copy(const hyt_surrogate *surrogate, hyt_surrogate **out)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(out);
    hyt_surrogate *s = NULL;
    HYTI_TRY(hyti_surrogate_blank(surrogate, &s));
    s->fitted = surrogate->fitted;
    if (s->fitted) hyti_ref_retain(&s->fitted->ref);
    *out = s;
    return HYT_OK;
}

hyt_status hyt_surrogate_set_columns(hyt_surrogate *surrogate, const int *columns, size_t n)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(columns);
    if (surrogate->fitted) return hyti_fail(HYT_ERR_STATE, "columns are set before the first fit");
    if (n != surrogate->features)
        return hyti_fail(HYT_ERR_SHAPE, "%zu columns for %zu features", n, surrogate->features);
    for (size_t i = 0; i < n; i++)
        if (columns[i] < HYT_COLUMN_REAL)
            return hyti_fail(HYT_ERR_RANGE, "column %zu: there is no type %d", i, columns[i]);
    memcpy(surrogate->columns, columns, n * sizeof *columns);
    return HYT_OK;
}

hyt_status hyti_surrogate_check(const char *what, const double *values, size_t n, size_t columns)
{
    for (size_t i = 0; i < n * columns; i++)
        if (!(fabs(values[i]) <= HYTI_SURROGATE_LARGEST))
            return hyti_fail(HYT_ERR_RANGE, "row %zu, %s %zu: %g is not a number between -%g and %g", i / columns, what,
                             i % columns, values[i], HYTI_SURROGATE_LARGEST, HYTI_SURROGATE_LARGEST);
    return HYT_OK;
}

static hyt_status check_rows(const hyt_surrogate *s, const double *x, const double *y, size_t n)
{
    size_t known = s->fitted ? s->fitted->n : 0, rows, values;
    if (n == 0) return hyti_fail(HYT_ERR_SHAPE, "a fit needs at least one row");
    if (!hyti_add(n, known, &rows) || !hyti_mul(rows, s->features, &values) || values > PTRDIFF_MAX / sizeof *x)
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many", n, s->features);
    HYTI_TRY(hyti_surrogate_check("feature", x, n, s->features));
    return hyti_surrogate_check("target", y, n, 1);
}

hyt_status hyti_fitted_create(const hyt_surrogate *surrogate, size_t n, hyti_fitted **out)
{
    hyti_fitted *f = hyti_alloc(surrogate->context, sizeof *f);
    if (!f) return hyti_fail_nomem();
    hyti_ref_init(&f->ref);
    f->context = hyti_context_retain(surrogate->context);
    f->kind = surrogate->kind;
    f->n = n;
    f->d = surrogate->features;
    f->x = hyti_array(f->context, n, f->d * sizeof *f->x);
    f->y = hyti_array(f->context, n, sizeof *f->y);
    if (!f->x || !f->y) {
        hyti_fitted_release(f);
        return hyti_fail_nomem();
    }
    *out = f;
    return HYT_OK;
}

void hyti_fitted_release(hyti_fitted *fitted)
{
    if (!fitted || !hyti_ref_release(&fitted->ref)) return;
    hyt_context *context = fitted->context;
    fitted->kind->destroy(fitted->model);
    hyti_free(context, fitted->x);
    hyti_free(context, fitted->y);
    hyti_free(context, fitted);
    hyt_context_destroy(context);
}

/* Equal to the last digits counts as equal: what differs is rounding. */
static hyti_scaling find_scaling(const double *y, size_t n)
{
    double sum = 0, squares = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += y[i];
        largest = fmax(largest, fabs(y[i]));
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) squares += (y[i] - mean) * (y[i] - mean);
    double unit = sqrt(squares / (double)n);
    bool varies = unit > 1e-14 * largest && unit >= 1 / HYTI_SURROGATE_LARGEST;
    return (hyti_scaling){ mean, varies ? unit : 1, varies };
}

void hyti_fitted_standardise(const hyti_fitted *fitted, const double *y, size_t n, double *out)
{
    const hyti_scaling *target = &fitted->target;
    for (size_t i = 0; i < n; i++) out[i] = target->varies ? (y[i] - target->mean) / target->unit : 0;
}

/* The rows of `old`, where there is one, and then the added ones. */
static void fill_rows(hyti_fitted *f, const hyti_fitted *old, const double *x, const double *y)
{
    size_t known = old ? old->n : 0, added = f->n - known;
    if (old) memcpy(f->x, old->x, known * f->d * sizeof *f->x);
    if (old) memcpy(f->y, old->y, known * sizeof *f->y);
    memcpy(f->x + known * f->d, x, added * f->d * sizeof *f->x);
    memcpy(f->y + known, y, added * sizeof *f->y);
}

static hyt_status fit_all(const hyt_surrogate *s, hyti_fitted *f)
{
    f->target = find_scaling(f->y, f->n);
    double *standard = hyti_array(f->context, f->n, sizeof *standard);
    if (!standard) return hyti_fail_nomem();
    hyti_fitted_standardise(f, f->y, f->n, standard);
    hyti_rows rows = { f->x, standard, f->n, f->d, s->columns };
    hyt_status status = s->kind->fit(s->context, s->params, &rows, &f->model);
    hyti_free(f->context, standard);
    return status == HYT_OK ? HYT_OK : hyti_fail_within(status, "%s on %zu rows", s->kind->name, f->n);
}

/* The rows that `old` does not know are added to its model. */
static hyt_status update_model(const hyt_surrogate *s, const hyti_fitted *old, hyti_fitted *f)
{
    size_t known = old->n, added = f->n - known;
    f->target = old->target;
    double *standard = hyti_array(f->context, added, sizeof *standard);
    if (!standard) return hyti_fail_nomem();
    hyti_fitted_standardise(f, f->y + known, added, standard);
    hyti_rows rows = { f->x + known * f->d, standard, added, f->d, s->columns };
    hyt_status status = s->kind->update(old->model, &rows, &f->model);
    hyti_free(f->context, standard);
    return status == HYT_OK ? HYT_OK : hyti_fail_within(status, "%s with %zu more rows", s->kind->name, added);
}

/* Whether the old model goes on with the added targets: its kind can, and they are numbers in its unit. */
static bool goes_on(const hyt_surrogate *s, const hyti_fitted *old, const double *y, size_t n)
{
    if (!old || !old->target.varies || !s->kind->update) return false;
    for (size_t i = 0; i < n; i++)
        if (!(fabs((y[i] - old->target.mean) / old->target.unit) <= HYTI_SURROGATE_LARGEST)) return false;
    return true;
}

/* In the place of what was fitted before, comes what knows the rows of `old` (NULL: none) and these. */
static hyt_status learn(hyt_surrogate *s, const hyti_fitted *old, const double *x, const double *y, size_t n)
{
    hyti_fitted *f = NULL;
    HYTI_TRY(check_rows(s, x, y, n));
    HYTI_TRY(hyti_fitted_create(s, n + (old ? old->n : 0), &f));
    fill_rows(f, old, x, y);
    hyt_status status = goes_on(s, old, y, n) ? update_model(s, old, f) : fit_all(s, f);
    if (status != HYT_OK) {
        hyti_fitted_release(f);
        return status;
    }
    hyti_fitted_release(s->fitted);
    s->fitted = f;
    return HYT_OK;
}

hyt_status hyt_surrogate_fit(hyt_surrogate *surrogate, const double *x, const double *y, size_t n)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(x);
    HYTI_NEED(y);
    return learn(surrogate, NULL, x, y, n);
}

hyt_status hyt_surrogate_update(hyt_surrogate *surrogate, const double *x, const double *y, size_t n)
{
    HYTI_NEED(surrogate);
    if (n == 0 && surrogate->fitted) return HYT_OK;
    HYTI_NEED(x);
    HYTI_NEED(y);
    return learn(surrogate, surrogate->fitted, x, y, n);
}

size_t hyt_surrogate_features(const hyt_surrogate *surrogate)
{
    return surrogate ? surrogate->features : 0;
}

size_t hyt_surrogate_rows(const hyt_surrogate *surrogate)
{
    return surrogate && surrogate->fitted ? surrogate->fitted->n : 0;
}

const char *hyt_surrogate_chosen(const hyt_surrogate *surrogate)
{
    if (!surrogate || !surrogate->fitted) return NULL;
    return surrogate->kind->chosen ? surrogate->kind->chosen(surrogate->fitted->model) : surrogate->kind->name;
}

hyt_status hyt_surrogate_predict(const hyt_surrogate *surrogate, const double *x, size_t n, double *mean,
                                 double *deviation)
{
    HYTI_NEED(surrogate);
    if (!surrogate->fitted) return hyti_fail(HYT_ERR_STATE, "predict before fit");
    if (n == 0) return HYT_OK;
    HYTI_NEED(x);
    HYTI_NEED(mean);
    HYTI_TRY(hyti_surrogate_check("feature", x, n, surrogate->features));
    HYTI_TRY(surrogate->kind->predict(surrogate->fitted->model, x, n, mean, deviation));
    const hyti_scaling *target = &surrogate->fitted->target;
    for (size_t i = 0; i < n; i++) mean[i] = target->mean + target->unit * mean[i];
    for (size_t i = 0; deviation && i < n; i++) deviation[i] *= target->unit;
    return HYT_OK;
}

/* What predict() answers, with normal noise of each point's deviation. */
static hyt_status sample_apart(const hyt_surrogate *s, const double *x, size_t n, size_t draws, hyti_rng *rng,
                               double *out)
{
    double *mean = hyti_array(s->context, n, 2 * sizeof *mean);
    if (!mean) return hyti_fail_nomem();
    hyt_status status = s->kind->predict(s->fitted->model, x, n, mean, mean + n);
    for (size_t draw = 0; status == HYT_OK && draw < draws; draw++)
        for (size_t i = 0; i < n; i++) out[draw * n + i] = mean[i] + mean[n + i] * hyti_rng_normal(rng);
    hyti_free(s->context, mean);
    return status;
}

hyt_status hyt_surrogate_sample(const hyt_surrogate *surrogate, const double *x, size_t n, size_t draws, uint64_t seed,
                                double *out)
{
    HYTI_NEED(surrogate);
    if (!surrogate->fitted) return hyti_fail(HYT_ERR_STATE, "sample before fit");
    if (n == 0 || draws == 0) return HYT_OK;
    HYTI_NEED(x);
    HYTI_NEED(out);
    HYTI_TRY(hyti_surrogate_check("feature", x, n, surrogate->features));
    const hyti_kind *kind = surrogate->kind;
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_SURROGATE, STREAM_OF_DRAWS);
    HYTI_TRY(kind->sample ? kind->sample(surrogate->fitted->model, x, n, draws, &rng, out)
                          : sample_apart(surrogate, x, n, draws, &rng, out));
    const hyti_scaling *target = &surrogate->fitted->target;
    for (size_t i = 0; i < draws * n; i++) out[i] = target->mean + target->unit * out[i];
    return HYT_OK;
}

hyt_status hyt_surrogate_gradient(const hyt_surrogate *surrogate, const double *x, double *mean_gradient,
                                  double *deviation_gradient)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(x);
    HYTI_NEED(mean_gradient);
    if (!surrogate->kind->gradient)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "\"%s\" has no gradient", surrogate->kind->name);
    if (!surrogate->fitted) return hyti_fail(HYT_ERR_STATE, "gradient before fit");
    HYTI_TRY(hyti_surrogate_check("feature", x, 1, surrogate->features));
    HYTI_TRY(surrogate->kind->gradient(surrogate->fitted->model, x, mean_gradient, deviation_gradient));
    double unit = surrogate->fitted->target.unit;
    for (size_t i = 0; i < surrogate->features; i++) mean_gradient[i] *= unit;
    for (size_t i = 0; deviation_gradient && i < surrogate->features; i++) deviation_gradient[i] *= unit;
    return HYT_OK;
}
