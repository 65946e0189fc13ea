/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A surrogate as bytes (by the writers of payload.h):
 *
 *   file   "\x89HYS\r\n\x1a\n", u32 version, u32 CRC-32 of what follows: the body
 *   body   word kind, u32 features, u32 options and as many pairs of words (key, value), i32 column of each feature,
 *          u8 fitted, and if it is 1:
 *          real mean and real unit of the targets, u8 varies, u64 rows, each row's features, each row's target (of a
 *          surrogate within another no rows: they are the other's), and what the kind writes of its model
 *
 * Bytes from outside: every field is checked, nothing is allocated that the bytes at hand do not justify. */
#include "surrogate/handle.h"
#include <assert.h>
#include <string.h>

#define MAGIC "\x89HYS\r\n\x1a\n"
#define VERSION 1
#define LARGEST_FILE ((size_t)1 << 31)
#define WORD 64 /* bytes of a key or value */

static void put_options(hyti_text *to, const hyt_options *options)
{
    char value[WORD];
    hyti_put_number(to, hyt_options_count(options), 4);
    for (size_t i = 0; i < hyt_options_count(options); i++) {
        hyt_status status = hyt_options_get_text(options, hyt_options_key(options, i), value, sizeof value);
        assert(status == HYT_OK); /* no value is that long */
        (void)status;
        hyti_put_word(to, hyt_options_key(options, i));
        hyti_put_word(to, value);
    }
}

static void put_fitted(hyti_text *to, const hyti_fitted *f, bool with_rows)
{
    hyti_put_real(to, f->target.mean);
    hyti_put_real(to, f->target.unit);
    hyti_put_number(to, f->target.varies, 1);
    if (with_rows) {
        hyti_put_number(to, f->n, 8);
        hyti_put_reals(to, f->x, f->n * f->d);
        hyti_put_reals(to, f->y, f->n);
    }
    f->kind->save(f->model, to);
}

static void put_body(hyti_text *to, const hyt_surrogate *s, bool with_rows)
{
    hyti_put_word(to, s->kind->name);
    hyti_put_number(to, s->features, 4);
    put_options(to, s->options);
    for (size_t i = 0; i < s->features; i++) hyti_put_number(to, (uint32_t)s->columns[i], 4);
    hyti_put_number(to, s->fitted != NULL, 1);
    if (s->fitted) put_fitted(to, s->fitted, with_rows);
}

void hyti_surrogate_put(hyti_text *to, const hyt_surrogate *surrogate)
{
    put_body(to, surrogate, false);
}

static hyt_status write_file(const hyt_surrogate *s, hyti_text *to)
{
    if (!s->kind->save) return hyti_fail(HYT_ERR_UNSUPPORTED, "\"%s\" cannot be written", s->kind->name);
    if (s->features > INT32_MAX) return hyti_fail(HYT_ERR_RANGE, "%zu features are too many for a file", s->features);
    hyti_seal_begin(to, MAGIC, VERSION);
    put_body(to, s, true);
    if (to->failed) return hyti_fail_nomem();
    if (to->length > LARGEST_FILE) return hyti_fail(HYT_ERR_RANGE, "%zu bytes are too many for a file", to->length);
    hyti_seal_end(to);
    return HYT_OK;
}

hyt_status hyt_surrogate_write(const hyt_surrogate *surrogate, char **bytes, size_t *size)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(bytes);
    HYTI_NEED(size);
    hyti_text file = { .context = surrogate->context };
    hyt_status status = write_file(surrogate, &file);
    if (status == HYT_OK) status = hyti_give_text(surrogate->context, file.data, file.length, bytes);
    if (status == HYT_OK) *size = file.length;
    hyti_text_clear(&file);
    return status;
}

hyt_status hyt_surrogate_save(const hyt_surrogate *surrogate, const char *path)
{
    HYTI_NEED(surrogate);
    HYTI_NEED(path);
    hyti_text file = { .context = surrogate->context };
    hyt_status status = write_file(surrogate, &file);
    if (status == HYT_OK) status = hyti_file_write(path, file.data, file.length);
    hyti_text_clear(&file);
    return status;
}

/* What the library refuses is a fault of the file. */
static hyt_status refused(hyt_status status, const hyti_payload *from)
{
    if (status == HYT_OK || status == HYT_ERR_NOMEM || status == HYT_ERR_FORMAT) return status;
    return hyti_fail_within(HYT_ERR_FORMAT, "%s, byte %zu", from->part, from->at);
}

static hyt_status get_options(hyti_payload *from, hyt_options *options)
{
    uint64_t count;
    char key[WORD], value[WORD];
    HYTI_TRY(hyti_get_number(from, 4, "number of options", 0, UINT32_MAX, &count));
    for (uint64_t i = 0; i < count; i++) {
        HYTI_TRY(hyti_get_word(from, "key", key, sizeof key));
        HYTI_TRY(hyti_get_word(from, "value", value, sizeof value));
        HYTI_TRY(refused(hyt_options_set_text(options, key, value), from));
    }
    return HYT_OK;
}

static hyt_status get_columns(hyti_payload *from, hyt_surrogate *s)
{
    for (size_t i = 0; i < s->features; i++) {
        uint64_t column;
        HYTI_TRY(hyti_get_number(from, 4, "column", HYT_COLUMN_REAL, INT32_MAX, &column));
        s->columns[i] = (int)column;
    }
    return HYT_OK;
}

static hyt_status get_scaling(hyti_payload *from, hyti_scaling *target)
{
    uint64_t varies;
    const double most = 10 * HYTI_SURROGATE_LARGEST;
    HYTI_TRY(hyti_get_real(from, "mean of the targets", -most, most, &target->mean));
    HYTI_TRY(hyti_get_real(from, "unit of the targets", 0.1 / HYTI_SURROGATE_LARGEST, most, &target->unit));
    HYTI_TRY(hyti_get_number(from, 1, "whether targets vary", 0, 1, &varies));
    target->varies = varies;
    return HYT_OK;
}

static hyt_status get_rows(hyti_payload *from, hyti_fitted *f)
{
    HYTI_TRY(hyti_get_reals(from, "features", f->n * f->d, f->x));
    HYTI_TRY(hyti_get_reals(from, "targets", f->n, f->y));
    HYTI_TRY(refused(hyti_surrogate_check("feature", f->x, f->n, f->d), from));
    return refused(hyti_surrogate_check("target", f->y, f->n, 1), from);
}

static hyt_status get_model(hyti_payload *from, const hyt_surrogate *s, hyti_fitted *f)
{
    double *standard = hyti_array(f->context, f->n, sizeof *standard);
    if (!standard) return hyti_fail_nomem();
    hyti_fitted_standardise(f, f->y, f->n, standard);
    hyti_rows rows = { f->x, standard, f->n, f->d, s->columns };
    hyt_status status = refused(hyti_surrogate_check("standardised target", standard, f->n, 1), from);
    if (status == HYT_OK) status = refused(s->kind->load(s->context, s->params, &rows, from, &f->model), from);
    hyti_free(f->context, standard);
    return status;
}

/* outer: the rows of the surrogate that this one is within, or NULL. */
static hyt_status get_fitted(hyti_payload *from, hyt_surrogate *s, const hyti_rows *outer)
{
    hyti_scaling target;
    size_t rows = outer ? outer->n : 0;
    HYTI_TRY(get_scaling(from, &target));
    if (!outer) HYTI_TRY(hyti_get_count(from, 8 * (s->features + 1), "number of rows", &rows));
    if (rows == 0) return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: fitted on no rows", from->part, from->at);
    HYTI_TRY(hyti_fitted_create(s, rows, &s->fitted));
    s->fitted->target = target;
    if (outer) {
        memcpy(s->fitted->x, outer->x, rows * outer->d * sizeof *outer->x);
        memcpy(s->fitted->y, outer->y, rows * sizeof *outer->y);
    } else {
        HYTI_TRY(get_rows(from, s->fitted));
    }
    return get_model(from, s, s->fitted);
}

static hyt_status get_surrogate(hyt_context *context, hyti_payload *from, hyt_surrogate **out)
{
    char name[WORD];
    uint64_t features;
    hyt_options *options = NULL;
    HYTI_TRY(hyti_get_word(from, "kind", name, sizeof name));
    HYTI_TRY(hyti_get_number(from, 4, "number of features", 1, INT32_MAX, &features));
    HYTI_TRY(refused(hyt_surrogate_options_create(context, name, &options), from));
    hyt_status status = get_options(from, options);
    if (status == HYT_OK) status = hyti_get_room(from, 4 * features, "columns");
    if (status == HYT_OK) status = hyt_surrogate_create(context, name, (size_t)features, options, out);
    hyt_options_destroy(options);
    return status;
}

static hyt_status get_body(hyti_payload *from, hyt_surrogate *s, const hyti_rows *outer)
{
    uint64_t fitted;
    if (!s->kind->load) return hyti_fail(HYT_ERR_UNSUPPORTED, "\"%s\" cannot be read", s->kind->name);
    HYTI_TRY(get_columns(from, s));
    HYTI_TRY(hyti_get_number(from, 1, "whether it is fitted", outer != NULL, 1, &fitted));
    return fitted ? get_fitted(from, s, outer) : HYT_OK;
}

hyt_status hyti_surrogate_get(hyt_context *context, hyti_payload *from, const hyti_rows *outer, hyt_surrogate **out)
{
    hyt_surrogate *s = NULL;
    HYTI_TRY(get_surrogate(context, from, &s));
    hyt_status status = HYT_OK;
    if (s->features != outer->d)
        status = hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %zu features within a surrogate of %zu", from->part, from->at,
                           s->features, outer->d);
    if (s->kind == &hyti_kind_auto)
        status = hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: \"%s\" within another", from->part, from->at, s->kind->name);
    if (status == HYT_OK) status = refused(get_body(from, s, outer), from);
    if (status == HYT_OK) *out = s;
    else hyt_surrogate_destroy(s);
    return status;
}

static hyt_status get_head(hyti_payload *from)
{
    if (hyti_has_seal(from, MAGIC)) return hyti_get_seal(from, VERSION);
    return hyti_fail(HYT_ERR_FORMAT, "%zu bytes that are no surrogate", from->size);
}

hyt_status hyt_surrogate_parse(hyt_context *context, const void *bytes, size_t size, hyt_surrogate **out)
{
    HYTI_NEED(bytes);
    HYTI_NEED(out);
    hyti_payload from = { "surrogate", bytes, size, 0 };
    hyt_surrogate *s = NULL;
    HYTI_TRY(get_head(&from));
    HYTI_TRY(get_surrogate(context, &from, &s));
    hyt_status status = get_body(&from, s, NULL);
    if (status == HYT_OK) status = hyti_get_end(&from);
    if (status == HYT_OK) *out = s;
    else hyt_surrogate_destroy(s);
    return status;
}

hyt_status hyt_surrogate_load(hyt_context *context, const char *path, hyt_surrogate **out)
{
    void *bytes = NULL;
    size_t size;
    HYTI_NEED(path);
    HYTI_NEED(out);
    HYTI_TRY(hyti_file_read(context, path, LARGEST_FILE, &bytes, &size));
    hyt_status status = hyt_surrogate_parse(context, bytes, size, out);
    if (status != HYT_OK && status != HYT_ERR_NOMEM) status = hyti_fail_within(status, "%s", path);
    hyti_free_aligned(context, bytes);
    return status;
}
