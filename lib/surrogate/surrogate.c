/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handle: options, checks and standardised targets around a model of some kind. */
#include "surrogate/model.h"
#include <math.h>
#include <string.h>

/* Beyond this a square, and so a deviation, may overflow. */
#define LARGEST 1e100

static const hyti_kind *const kinds[] = { &hyti_kind_gp, &hyti_kind_trees };

typedef struct scaling {
    double mean, unit; /* y = mean + unit * standardised */
} scaling;

struct hyt_surrogate {
    hyti_ref ref;
    hyt_context *context;
    const hyti_kind *kind;
    size_t features;
    void *params;
    void *model; /* NULL before the first fit */
    scaling target;
};

const char *hyt_surrogate_kind(size_t index)
{
    return index < HYTI_COUNT(kinds) ? kinds[index]->name : NULL;
}

static const char *kind_at(const void *user, size_t index)
{
    (void)user;
    return hyt_surrogate_kind(index);
}

static hyt_status find_kind(const char *name, const hyti_kind **out)
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
    HYTI_TRY(find_kind(kind, &found));
    return hyti_options_create(context, found->options, out);
}

static hyt_status build(hyt_surrogate *s, const hyt_options *options)
{
    s->params = hyti_alloc(s->context, s->kind->options->size);
    if (!s->params) return hyti_fail_nomem();
    return hyti_options_read(options, s->kind->options, s->params);
}

hyt_status hyt_surrogate_create(hyt_context *context, const char *kind, size_t features, const hyt_options *options,
                                hyt_surrogate **out)
{
    HYTI_NEED(kind);
    HYTI_NEED(out);
    const hyti_kind *found = NULL;
    HYTI_TRY(find_kind(kind, &found));
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
    surrogate->kind->destroy(surrogate->model);
    hyti_free(context, surrogate->params);
    hyti_free(context, surrogate);
    hyt_context_destroy(context);
}

static hyt_status check_values(const char *what, const double *values, size_t n, size_t columns)
{
    for (size_t i = 0; i < n * columns; i++)
        if (!(fabs(values[i]) <= LARGEST))
            return hyti_fail(HYT_ERR_RANGE, "row %zu, %s %zu: %g is not a number between -%g and %g", i / columns, what,
                             i % columns, values[i], LARGEST, LARGEST);
    return HYT_OK;
}

/* Equal to the last digits counts as equal: what differs is rounding. */
static scaling find_scaling(const double *y, size_t n)
{
    double sum = 0, squares = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += y[i];
        largest = fmax(largest, fabs(y[i]));
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) squares += (y[i] - mean) * (y[i] - mean);
    double unit = sqrt(squares / (double)n);
    if (!(unit > 1e-14 * largest) || unit < 1 / LARGEST) return (scaling){ mean, 0 };
    return (scaling){ mean, unit };
}

hyt_status hyt_surrogate_fit(hyt_surrogate *surrogate, const double *x, const double *y, size_t n)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(x);
    HYTI_NEED(y);
    if (n == 0) return hyti_fail(HYT_ERR_SHAPE, "a fit needs at least one row");
    size_t values;
    if (!hyti_mul(n, surrogate->features, &values) || values > PTRDIFF_MAX / sizeof *x)
        return hyti_fail(HYT_ERR_RANGE, "%zu rows of %zu features are too many", n, surrogate->features);
    HYTI_TRY(check_values("feature", x, n, surrogate->features));
    HYTI_TRY(check_values("target", y, n, 1));

    scaling target = find_scaling(y, n);
    double *standard = hyti_array(surrogate->context, n, sizeof *standard);
    if (!standard) return hyti_fail_nomem();
    for (size_t i = 0; target.unit > 0 && i < n; i++) standard[i] = (y[i] - target.mean) / target.unit;
    if (target.unit == 0) target.unit = 1; /* equal targets say nothing about their unit */
    hyti_rows rows = { x, standard, n, surrogate->features };
    void *model = NULL;
    hyt_status status = surrogate->kind->fit(surrogate->context, surrogate->params, &rows, &model);
    hyti_free(surrogate->context, standard);
    if (status != HYT_OK) return hyti_fail_within(status, "%s on %zu rows", surrogate->kind->name, n);
    surrogate->kind->destroy(surrogate->model);
    surrogate->model = model;
    surrogate->target = target;
    return HYT_OK;
}

hyt_status hyt_surrogate_predict(const hyt_surrogate *surrogate, const double *x, size_t n, double *mean,
                                 double *deviation)
{
    HYTI_NEED(surrogate);
    if (!surrogate->model) return hyti_fail(HYT_ERR_STATE, "predict before fit");
    if (n == 0) return HYT_OK;
    HYTI_NEED(x);
    HYTI_NEED(mean);
    HYTI_TRY(check_values("feature", x, n, surrogate->features));
    HYTI_TRY(surrogate->kind->predict(surrogate->model, x, n, mean, deviation));
    const scaling *target = &surrogate->target;
    for (size_t i = 0; i < n; i++) mean[i] = target->mean + target->unit * mean[i];
    for (size_t i = 0; deviation && i < n; i++) deviation[i] *= target->unit;
    return HYT_OK;
}
