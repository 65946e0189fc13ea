/* SPDX-License-Identifier: MIT */
#include "base/table.h"
#include "base/number.h"
#include <math.h>
#include <string.h>

struct hyt_options {
    hyt_context *context;
    const hyti_table *table;
    unsigned char *values;
};

static size_t row_count(const hyti_table *table)
{
    return table ? row_count(table->first) + table->count : 0;
}

static const hyti_option *row_at(const hyti_table *table, size_t index)
{
    size_t before = row_count(table->first);
    return index < before ? row_at(table->first, index) : &table->rows[index - before];
}

static void store(unsigned char *values, const hyti_option *row, double value)
{
    if (row->type == HYT_OPT_REAL) {
        memcpy(values + row->offset, &value, sizeof value);
    } else {
        int64_t whole = (int64_t)value;
        memcpy(values + row->offset, &whole, sizeof whole);
    }
}

static void set_defaults(const hyti_table *table, unsigned char *values)
{
    for (size_t i = 0; i < row_count(table); i++) store(values, row_at(table, i), row_at(table, i)->initial);
}

hyt_status hyti_options_create(hyt_context *context, const hyti_table *table, hyt_options **out)
{
    HYTI_NEED(out);
    hyt_options *options = hyti_alloc(context, sizeof *options);
    if (!options) return hyti_fail_nomem();
    options->context = hyti_context_retain(context);
    options->table = table;
    options->values = hyti_alloc(context, table->size);
    if (!options->values) {
        hyt_options_destroy(options);
        return hyti_fail_nomem();
    }
    set_defaults(table, options->values);
    *out = options;
    return HYT_OK;
}

void hyt_options_destroy(hyt_options *options)
{
    if (!options) return;
    hyt_context *context = options->context;
    hyti_free(context, options->values);
    hyti_free(context, options);
    hyt_context_destroy(context);
}

static const hyti_option *find_row(const hyti_table *table, const char *key)
{
    for (size_t i = 0; i < row_count(table); i++)
        if (strcmp(row_at(table, i)->key, key) == 0) return row_at(table, i);
    return NULL;
}

/* First key of `table` that `other` lacks; where it lacks none (its rows then stand for something else), the first. */
static const char *foreign_key(const hyti_table *table, const hyti_table *other)
{
    for (size_t i = 0; i < row_count(table); i++)
        if (!find_row(other, row_at(table, i)->key)) return row_at(table, i)->key;
    return row_at(table, 0)->key;
}

hyt_status hyti_options_read(const hyt_options *options, const hyti_table *table, void *params)
{
    if (!options) {
        memset(params, 0, table->size);
        set_defaults(table, params);
        return HYT_OK;
    }
    for (const hyti_table *at = options->table; at; at = at->first) {
        if (at != table) continue;
        memcpy(params, options->values, table->size);
        return HYT_OK;
    }
    return hyti_fail(HYT_ERR_ARGUMENT, "these options were made for something else: \"%s\" is none of them",
                     foreign_key(table, options->table));
}

/* Levenshtein's distance, one row of the table at a time; names longer than the row count as far away. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[64], length = strlen(b);
    if (length >= HYTI_COUNT(row)) return SIZE_MAX;
    for (size_t j = 0; j <= length; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i] != b[j - 1]);
            diagonal = row[j];
            row[j] = HYTI_MIN(change, HYTI_MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

const char *hyti_nearest(const char *name, size_t count, const char *(*at)(const void *user, size_t index),
                         const void *user)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(name, at(user, i));
        if (nearest && distance >= best) continue;
        nearest = at(user, i);
        best = distance;
    }
    return nearest;
}

static const char *key_at(const void *user, size_t index)
{
    return row_at(user, index)->key;
}

static hyt_status find(const hyt_options *options, const char *key, const hyti_option **row)
{
    HYTI_NEED(options);
    HYTI_NEED(key);
    *row = find_row(options->table, key);
    if (*row) return HYT_OK;
    return hyti_fail(HYT_ERR_NOT_FOUND, "there is no option \"%s\"; the nearest is \"%s\"", key,
                     hyti_nearest(key, row_count(options->table), key_at, options->table));
}

static hyt_status set_number(hyt_options *options, const hyti_option *row, double value)
{
    if (!(value >= row->low && value <= row->high))
        return hyti_fail(HYT_ERR_RANGE, "option \"%s\": %.15g is outside %.15g to %.15g", row->key, value, row->low,
                         row->high);
    store(options->values, row, value);
    return HYT_OK;
}

hyt_status hyt_options_set_int(hyt_options *options, const char *key, int64_t value)
{
    const hyti_option *row;
    HYTI_TRY(find(options, key, &row));
    if (row->type == HYT_OPT_CHOICE)
        return hyti_fail(HYT_ERR_ARGUMENT, "option \"%s\" is one of %s, not a number", key, row->choices);
    if (value > INT64_C(1) << 53 || value < -(INT64_C(1) << 53))
        return hyti_fail(HYT_ERR_RANGE, "option \"%s\": %lld is beyond 2^53", key, (long long)value);
    return set_number(options, row, (double)value);
}

hyt_status hyt_options_set_real(hyt_options *options, const char *key, double value)
{
    const hyti_option *row;
    HYTI_TRY(find(options, key, &row));
    if (row->type == HYT_OPT_CHOICE)
        return hyti_fail(HYT_ERR_ARGUMENT, "option \"%s\" is one of %s, not a number", key, row->choices);
    if (row->type != HYT_OPT_REAL && value != floor(value))
        return hyti_fail(HYT_ERR_ARGUMENT, "option \"%s\" takes a whole number, not %.15g", key, value);
    return set_number(options, row, value);
}

/* Place of the word in "a|b|c"; -1 if it is not there. */
static int choice_place(const char *choices, const char *word)
{
    size_t length = strlen(word);
    for (int place = 0;; place++) {
        size_t here = strcspn(choices, "|");
        if (here == length && strncmp(choices, word, here) == 0) return place;
        if (choices[here] == 0) return -1;
        choices += here + 1;
    }
}

static hyt_status set_choice(hyt_options *options, const hyti_option *row, const char *word)
{
    int place = choice_place(row->choices, word);
    if (place < 0)
        return hyti_fail(HYT_ERR_RANGE, "option \"%s\": \"%s\" is none of %s", row->key, word, row->choices);
    store(options->values, row, place);
    return HYT_OK;
}

hyt_status hyt_options_set_text(hyt_options *options, const char *key, const char *value)
{
    const hyti_option *row;
    HYTI_TRY(find(options, key, &row));
    HYTI_NEED(value);
    if (row->type == HYT_OPT_CHOICE) return set_choice(options, row, value);
    char *end;
    double number = hyti_number_read(value, &end);
    if (end == value || *end)
        return hyti_fail(HYT_ERR_ARGUMENT, "option \"%s\" takes a number, not \"%s\"", key, value);
    return hyt_options_set_real(options, key, number);
}

static double load(const hyt_options *options, const hyti_option *row)
{
    int64_t whole;
    double real;
    memcpy(&whole, options->values + row->offset, sizeof whole);
    memcpy(&real, options->values + row->offset, sizeof real);
    return row->type == HYT_OPT_REAL ? real : (double)whole;
}

hyt_status hyt_options_get_real(const hyt_options *options, const char *key, double *value)
{
    const hyti_option *row;
    HYTI_NEED(value);
    HYTI_TRY(find(options, key, &row));
    if (row->type == HYT_OPT_CHOICE) return hyti_fail(HYT_ERR_ARGUMENT, "option \"%s\" is a word, not a number", key);
    *value = load(options, row);
    return HYT_OK;
}

hyt_status hyt_options_get_int(const hyt_options *options, const char *key, int64_t *value)
{
    const hyti_option *row;
    HYTI_NEED(value);
    HYTI_TRY(find(options, key, &row));
    if (row->type == HYT_OPT_CHOICE || row->type == HYT_OPT_REAL)
        return hyti_fail(HYT_ERR_ARGUMENT, "option \"%s\" is not a whole number", key);
    *value = (int64_t)load(options, row);
    return HYT_OK;
}

hyt_status hyt_options_get_text(const hyt_options *options, const char *key, char *text, size_t size)
{
    const hyti_option *row;
    HYTI_NEED(text);
    HYTI_TRY(find(options, key, &row));
    char number[HYTI_NUMBER_SIZE];
    const char *word = number;
    size_t length;
    if (row->type == HYT_OPT_CHOICE) {
        word = row->choices;
        for (int place = (int)load(options, row); place > 0; place--) word += strcspn(word, "|") + 1;
        length = strcspn(word, "|");
    } else {
        hyti_number_print(load(options, row), number);
        length = strlen(number);
    }
    if (length >= size)
        return hyti_fail(HYT_ERR_RANGE, "option \"%s\" needs %zu bytes, not %zu", key, length + 1, size);
    memcpy(text, word, length);
    text[length] = 0;
    return HYT_OK;
}

size_t hyt_options_count(const hyt_options *options)
{
    return options ? row_count(options->table) : 0;
}

const char *hyt_options_key(const hyt_options *options, size_t index)
{
    return index < hyt_options_count(options) ? row_at(options->table, index)->key : NULL;
}

const char *hyt_options_help(const hyt_options *options, size_t index)
{
    return index < hyt_options_count(options) ? row_at(options->table, index)->help : NULL;
}

hyt_option_type hyt_options_type(const hyt_options *options, size_t index)
{
    return index < hyt_options_count(options) ? row_at(options->table, index)->type : HYT_OPT_INT;
}

const char *hyt_options_choices(const hyt_options *options, size_t index)
{
    const char *choices = index < hyt_options_count(options) ? row_at(options->table, index)->choices : NULL;
    return choices ? choices : "";
}

void hyt_options_bounds(const hyt_options *options, size_t index, double *initial, double *low, double *high)
{
    if (index >= hyt_options_count(options)) return;
    const hyti_option *row = row_at(options->table, index);
    if (initial) *initial = row->initial;
    if (low) *low = row->low;
    if (high) *high = row->high;
}
