/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/predictor.h"
#include <string.h>

struct hyt_predictor {
    hyt_context *context;
    hyt_space *space;         /* retained */
    hyt_surrogate *surrogate;
    double *x, *y;            /* rows that were added */
    size_t rows, x_capacity, y_capacity, features;
};

static hyt_column column_of(hyt_gene_kind kind, size_t category)
{
    if (kind == HYT_GENE_CATEGORICAL) return (hyt_column)(HYT_COLUMN_CATEGORY + category);
    return kind == HYT_GENE_REAL ? HYT_COLUMN_REAL : HYT_COLUMN_ORDINAL;
}

static hyt_status set_columns(const hyt_predictor *p)
{
    size_t at = 0, category = 0;
    int *columns = hyti_array(p->context, p->features, sizeof *columns);
    if (!columns) return hyti_fail_nomem();
    for (size_t g = 0; g < hyt_space_genes(p->space); g++) {
        hyt_gene_kind kind = hyt_space_gene_kind(p->space, g);
        size_t width = kind == HYT_GENE_CATEGORICAL ? hyt_space_gene_levels(p->space, g) : 1;
        for (size_t k = 0; k < width && at < p->features; k++) columns[at++] = (int)column_of(kind, category);
        category += kind == HYT_GENE_CATEGORICAL;
    }
    hyt_status status = hyt_surrogate_set_columns(p->surrogate, columns, p->features);
    hyti_free(p->context, columns);
    return status;
}

/* Takes the surrogate, also where it fails. */
static hyt_status make(hyt_space *space, hyt_surrogate *surrogate, hyt_predictor **out)
{
    hyt_context *context = hyti_space_context(space);
    hyt_predictor *p = hyti_alloc(context, sizeof *p);
    if (!p) {
        hyt_surrogate_destroy(surrogate);
        return hyti_fail_nomem();
    }
    hyti_space_retain(space);
    *p = (hyt_predictor){ .context = hyti_context_retain(context), .space = space, .surrogate = surrogate,
                          .features = hyti_space_features(space) };
    *out = p;
    return HYT_OK;
}

hyt_status hyt_predictor_create(hyt_space *space, const char *kind, const hyt_options *options, hyt_predictor **out)
{
    hyt_surrogate *surrogate = NULL;
    hyt_predictor *p = NULL;
    HYTI_NEED(space);
    HYTI_NEED(out);
    HYTI_TRY(hyt_surrogate_create(hyti_space_context(space), kind ? kind : "auto", hyti_space_features(space), options,
                                  &surrogate));
    HYTI_TRY(make(space, surrogate, &p));
    hyt_status status = set_columns(p);
    if (status == HYT_OK) *out = p;
    else hyt_predictor_destroy(p);
    return status;
}

void hyt_predictor_destroy(hyt_predictor *predictor)
{
    if (!predictor) return;
    hyt_context *context = predictor->context;
    hyt_surrogate_destroy(predictor->surrogate);
    hyti_free(context, predictor->x);
    hyti_free(context, predictor->y);
    hyt_space_destroy(predictor->space);
    hyti_free(context, predictor);
    hyt_context_destroy(context);
}

/* Spaces of one preset or file are the same, whoever made the handle. */
static hyt_status check_space(const hyt_predictor *p, const hyt_candidate *candidate)
{
    const hyt_space *own = p->space, *other = candidate->space;
    bool same = own == other || (strcmp(hyt_space_name(own), hyt_space_name(other)) == 0 &&
                                 hyt_space_genes(own) == hyt_space_genes(other) &&
                                 hyti_space_features(own) == hyti_space_features(other));
    if (same) return HYT_OK;
    return hyti_fail(HYT_ERR_CONFLICT, "the predictor is of space \"%s\", the candidate of \"%s\"", hyt_space_name(own),
                     hyt_space_name(other));
}

hyt_status hyt_predictor_add(hyt_predictor *predictor, const hyt_candidate *candidate, double value)
{
    HYTI_NEED(predictor);
    HYTI_NEED(candidate);
    HYTI_TRY(check_space(predictor, candidate));
    if (!(fabs(value) <= 1e100)) return hyti_fail(HYT_ERR_RANGE, "a measured value is %g", value);
    hyt_predictor *p = predictor;
    HYTI_TRY(hyti_grow(p->context, &p->x, &p->x_capacity, (p->rows + 1) * p->features, sizeof *p->x));
    HYTI_TRY(hyti_grow(p->context, &p->y, &p->y_capacity, p->rows + 1, sizeof *p->y));
    hyti_space_encode(p->space, candidate->levels, p->x + p->rows * p->features);
    p->y[p->rows++] = value;
    return HYT_OK;
}

static hyt_status check_rows(const hyt_predictor *p)
{
    if (p->rows >= 2) return HYT_OK;
    return hyti_fail(HYT_ERR_STATE, "the predictor has %zu candidates, 2 are needed", p->rows);
}

hyt_status hyt_predictor_fit(hyt_predictor *predictor)
{
    HYTI_NEED(predictor);
    HYTI_TRY(check_rows(predictor));
    return hyt_surrogate_fit(predictor->surrogate, predictor->x, predictor->y, predictor->rows);
}

hyt_status hyt_predictor_validate(const hyt_predictor *predictor, size_t folds, uint64_t seed, hyt_validation **out)
{
    HYTI_NEED(predictor);
    HYTI_NEED(out);
    HYTI_TRY(check_rows(predictor));
    const hyt_predictor *p = predictor;
    int *fold = hyti_array(p->context, p->rows, sizeof *fold);
    if (!fold) return hyti_fail_nomem();
    hyt_status status = hyt_validation_deal(p->rows, HYTI_MIN(folds, p->rows), seed, fold);
    if (status == HYT_OK) status = hyt_surrogate_validate(p->surrogate, p->x, p->y, fold, p->rows, out);
    hyti_free(p->context, fold);
    return status;
}

hyt_status hyt_predictor_predict(const hyt_predictor *predictor, const hyt_candidate *candidate, double *value,
                                 double *deviation)
{
    HYTI_NEED(predictor);
    HYTI_NEED(candidate);
    HYTI_NEED(value);
    HYTI_TRY(check_space(predictor, candidate));
    double *x = hyti_array(predictor->context, predictor->features, sizeof *x);
    if (!x) return hyti_fail_nomem();
    hyti_space_encode(predictor->space, candidate->levels, x);
    hyt_status status = hyt_surrogate_predict(predictor->surrogate, x, 1, value, deviation);
    hyti_free(predictor->context, x);
    return status;
}

hyt_status hyt_predictor_save(const hyt_predictor *predictor, const char *path)
{
    HYTI_NEED(predictor);
    return hyt_surrogate_save(predictor->surrogate, path);
}

hyt_status hyt_predictor_load(hyt_space *space, const char *path, hyt_predictor **out)
{
    hyt_surrogate *surrogate = NULL;
    HYTI_NEED(space);
    HYTI_NEED(out);
    HYTI_TRY(hyt_surrogate_load(hyti_space_context(space), path, &surrogate));
    size_t features = hyt_surrogate_features(surrogate);
    if (features == hyti_space_features(space) && hyt_surrogate_rows(surrogate) > 0) return make(space, surrogate, out);
    hyt_surrogate_destroy(surrogate);
    return hyti_fail(HYT_ERR_CONFLICT, "%s: predicts from %zu features, space \"%s\" has %zu", path, features,
                     hyt_space_name(space), hyti_space_features(space));
}

hyt_status hyti_predictor_copy(const hyt_predictor *predictor, hyt_predictor **out)
{
    hyt_surrogate *surrogate = NULL;
    HYTI_TRY(hyt_surrogate_copy(predictor->surrogate, &surrogate));
    return make(predictor->space, surrogate, out);
}
