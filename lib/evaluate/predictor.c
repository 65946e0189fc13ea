/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A predictor as bytes (by the writers of surrogate/payload.h):
 *
 *   file   "\x89HYP\r\n\x1a\n", u32 version, u32 CRC-32 of what follows: the body
 *   body   word metric, "" for none; word name of the space, "" for one with blanks; u32 CRC-32 of the space as JSON;
 *          a surrogate's file
 *
 * A surrogate's file alone is a predictor of no metric, whose space is known by the number of features only. */
#include "evaluate/predictor.h"
#include "base/zip.h"
#include "evaluate/evaluate.h"
#include "surrogate/payload.h"
#include <string.h>

#define MAGIC "\x89HYP\r\n\x1a\n"
#define WORD 64 /* bytes of a name */
enum { VERSION = 1 };
#define LARGEST_FILE ((size_t)1 << 31)

struct hyt_predictor {
    hyt_context *context;
    hyt_space *space;         /* retained */
    hyt_surrogate *surrogate;
    double *x, *y;            /* rows that were added */
    size_t rows, x_capacity, y_capacity, features;
    size_t metric;            /* HYTI_METRIC_COUNT: none that is known */
};

static hyt_status set_columns(const hyt_predictor *p)
{
    int *columns = hyti_array(p->context, p->features, sizeof *columns);
    if (!columns) return hyti_fail_nomem();
    hyti_space_columns(p->space, HYT_COLUMN_ORDINAL, HYT_COLUMN_REAL, HYT_COLUMN_CATEGORY, columns);
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
                          .features = hyti_space_features(space), .metric = HYTI_METRIC_COUNT };
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

int hyt_predictor_measure(void *predictor, const hyt_candidate *candidate, double *value)
{
    return hyt_predictor_predict(predictor, candidate, value, NULL);
}

hyt_status hyt_predictor_set_metric(hyt_predictor *predictor, const char *metric)
{
    HYTI_NEED(predictor);
    HYTI_NEED(metric);
    return hyti_metric_find(metric, HYTI_METRIC_PREDICTED, &predictor->metric);
}

const char *hyt_predictor_metric(const hyt_predictor *predictor)
{
    return predictor && predictor->metric < HYTI_METRIC_COUNT ? hyt_evaluator_metric(predictor->metric) : "";
}

hyt_status hyt_predictor_fingerprint(const hyt_predictor *predictor, uint64_t *out)
{
    char *bytes = NULL;
    size_t size;
    HYTI_NEED(predictor);
    HYTI_NEED(out);
    HYTI_TRY(hyt_surrogate_write(predictor->surrogate, &bytes, &size));
    *out = (uint64_t)hyti_crc32(0, bytes, size) << 32 | (uint32_t)size;
    hyt_text_destroy(bytes);
    return HYT_OK;
}

/* -- as bytes ------------------------------------------------------------------------------------------------------ */

static hyt_status space_print(const hyt_space *space, uint32_t *out)
{
    char *json = NULL;
    HYTI_TRY(hyt_space_to_json(space, &json));
    *out = hyti_crc32(0, json, strlen(json));
    hyt_text_destroy(json);
    return HYT_OK;
}

/* The name of a space if it can be a word of the file, else "". */
static const char *word_of(const char *name)
{
    for (const char *c = name; *c; c++)
        if (*c <= ' ' || *c > '~' || c - name >= WORD - 1) return "";
    return name;
}

hyt_status hyti_predictor_write(const hyt_predictor *p, hyti_text *to)
{
    char *bytes = NULL;
    size_t size;
    uint32_t print;
    HYTI_TRY(space_print(p->space, &print));
    HYTI_TRY(hyt_surrogate_write(p->surrogate, &bytes, &size));
    hyti_seal_begin(to, MAGIC, VERSION);
    hyti_put_word(to, hyt_predictor_metric(p));
    hyti_put_word(to, word_of(hyt_space_name(p->space)));
    hyti_put_number(to, print, 4);
    hyti_text_append(to, bytes, size);
    hyt_text_destroy(bytes);
    if (to->failed) return hyti_fail_nomem();
    hyti_seal_end(to);
    return HYT_OK;
}

hyt_status hyt_predictor_save(const hyt_predictor *predictor, const char *path)
{
    HYTI_NEED(predictor);
    HYTI_NEED(path);
    hyti_text file = { .context = predictor->context };
    hyt_status status = hyti_predictor_write(predictor, &file);
    if (status == HYT_OK) status = hyti_file_write(path, file.data, file.length);
    hyti_text_clear(&file);
    return status;
}

/* What stands before the surrogate: nothing at all, or the metric and a space, which must be this one. */
static hyt_status get_head(hyti_payload *from, const hyt_space *space, char metric[WORD])
{
    uint64_t print;
    uint32_t own;
    char name[WORD];
    metric[0] = 0;
    if (!hyti_has_seal(from, MAGIC)) return HYT_OK;
    HYTI_TRY(hyti_get_seal(from, VERSION));
    HYTI_TRY(hyti_get_word(from, "metric", metric, WORD));
    HYTI_TRY(hyti_get_word(from, "space", name, WORD));
    HYTI_TRY(hyti_get_number(from, 4, "checksum of the space", 0, UINT32_MAX, &print));
    HYTI_TRY(space_print(space, &own));
    if (print == own) return HYT_OK;
    bool same_name = strcmp(name, hyt_space_name(space)) == 0;
    return hyti_fail(HYT_ERR_CONFLICT, "was made for %sspace \"%s\", not for %s\"%s\"",
                     same_name ? "another version of " : "", name, same_name ? "this version of " : "",
                     hyt_space_name(space));
}

static hyt_status get_predictor(hyti_payload *from, hyt_space *space, hyt_predictor **out)
{
    char metric[WORD];
    hyt_surrogate *surrogate = NULL;
    hyt_predictor *p = NULL;
    HYTI_TRY(get_head(from, space, metric));
    HYTI_TRY(hyt_surrogate_parse(hyti_space_context(space), from->bytes + from->at, from->size - from->at, &surrogate));
    size_t features = hyt_surrogate_features(surrogate);
    if (features != hyti_space_features(space) || hyt_surrogate_rows(surrogate) == 0) {
        hyt_surrogate_destroy(surrogate);
        return hyti_fail(HYT_ERR_CONFLICT, "predicts from %zu features, space \"%s\" has %zu", features,
                         hyt_space_name(space), hyti_space_features(space));
    }
    HYTI_TRY(make(space, surrogate, &p));
    hyt_status status = *metric ? hyt_predictor_set_metric(p, metric) : HYT_OK;
    if (status == HYT_OK) *out = p;
    else hyt_predictor_destroy(p);
    return status;
}

hyt_status hyti_predictor_parse(hyt_space *space, const void *bytes, size_t size, hyt_predictor **out)
{
    hyti_payload from = { "predictor", bytes, size, 0 };
    return get_predictor(&from, space, out);
}

hyt_status hyt_predictor_load(hyt_space *space, const char *path, hyt_predictor **out)
{
    void *bytes = NULL;
    size_t size;
    HYTI_NEED(space);
    HYTI_NEED(path);
    HYTI_NEED(out);
    hyt_context *context = hyti_space_context(space);
    HYTI_TRY(hyti_file_read(context, path, LARGEST_FILE, &bytes, &size));
    hyt_status status = hyti_predictor_parse(space, bytes, size, out);
    if (status != HYT_OK && status != HYT_ERR_NOMEM) status = hyti_fail_within(status, "%s", path);
    hyti_free_aligned(context, bytes);
    return status;
}

hyt_status hyti_predictor_copy(const hyt_predictor *predictor, hyt_predictor **out)
{
    hyt_surrogate *surrogate = NULL;
    HYTI_TRY(hyt_surrogate_copy(predictor->surrogate, &surrogate));
    HYTI_TRY(make(predictor->space, surrogate, out));
    (*out)->metric = predictor->metric;
    return HYT_OK;
}
