/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spaces in and out of JSON. */
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "space/parts.h"
#include <string.h>

#define MAX_BYTES ((size_t)8 << 20)

static const char *const kinds[] = { "integer", "ordinal", "categorical", "real" }; /* places: hyt_gene_kind */
static const char *const scales[] = { "linear", "log" }; /* of a real gene */

/* `known` is ended by NULL, its first `needed` keys must be there. */
static hyt_status check_object(const hyti_json *value, const char *what, const char *const *known, size_t needed)
{
    if (hyti_json_type_of(value) != HYTI_JSON_OBJECT) return hyti_fail(HYT_ERR_FORMAT, "%s: expected an object", what);
    const char *unknown = hyti_json_unknown_key(value, known);
    if (unknown) return hyti_fail(HYT_ERR_FORMAT, "%s: there is no key \"%.80s\" here", what, unknown);
    for (size_t i = 0; i < needed; i++)
        if (!hyti_json_get(value, known[i])) return hyti_fail(HYT_ERR_FORMAT, "%s: \"%s\" is missing", what, known[i]);
    return HYT_OK;
}

/* A list with between 1 and `most` members. */
static hyt_status check_array(const hyti_json *value, const char *what, size_t most)
{
    if (hyti_json_type_of(value) != HYTI_JSON_ARRAY) return hyti_fail(HYT_ERR_FORMAT, "%s: expected a list", what);
    size_t count = hyti_json_count(value);
    if (count == 0 || count > most)
        return hyti_fail(HYT_ERR_FORMAT, "%s: a list of %zu; 1 to %zu are possible", what, count, most);
    return HYT_OK;
}

static hyt_status read_integer(hyt_space *space, const char *name, const hyti_json *gene)
{
    static const char *const known[] = { "name", "kind", "low", "high", "step", "when", NULL };
    int64_t low, high, step;
    HYTI_TRY(check_object(gene, "an integer gene", known, 5));
    HYTI_TRY(hyti_json_int(hyti_json_get(gene, "low"), "low", &low));
    HYTI_TRY(hyti_json_int(hyti_json_get(gene, "high"), "high", &high));
    HYTI_TRY(hyti_json_int(hyti_json_get(gene, "step"), "step", &step));
    return hyt_space_add_integer(space, name, low, high, step);
}

static hyt_status read_values(hyt_space *space, const char *name, const hyti_json *list, double *values)
{
    size_t count = hyti_json_count(list);
    for (size_t i = 0; i < count; i++) {
        hyt_status status = hyti_json_number(hyti_json_at(list, i), "value", &values[i]);
        if (status != HYT_OK) return hyti_fail_within(status, "values[%zu]", i);
    }
    return hyt_space_add_ordinal(space, name, values, count);
}

static hyt_status read_ordinal(hyt_space *space, const char *name, const hyti_json *gene)
{
    static const char *const known[] = { "name", "kind", "values", "when", NULL };
    HYTI_TRY(check_object(gene, "an ordinal gene", known, 3));
    const hyti_json *list = hyti_json_get(gene, "values");
    HYTI_TRY(check_array(list, "values", HYTI_MAX_LEVELS));
    double *values = hyti_array(space->context, hyti_json_count(list), sizeof *values);
    hyt_status status = values ? read_values(space, name, list, values) : hyti_fail_nomem();
    hyti_free(space->context, values);
    return status;
}

static hyt_status read_labels(hyt_space *space, const char *name, const hyti_json *list, const char **labels)
{
    size_t count = hyti_json_count(list);
    for (size_t i = 0; i < count; i++) {
        hyt_status status = hyti_json_text(hyti_json_at(list, i), "label", &labels[i]);
        if (status != HYT_OK) return hyti_fail_within(status, "labels[%zu]", i);
    }
    return hyt_space_add_categorical(space, name, labels, count);
}

static hyt_status read_categorical(hyt_space *space, const char *name, const hyti_json *gene)
{
    static const char *const known[] = { "name", "kind", "labels", "when", NULL };
    HYTI_TRY(check_object(gene, "a categorical gene", known, 3));
    const hyti_json *list = hyti_json_get(gene, "labels");
    HYTI_TRY(check_array(list, "labels", HYTI_MAX_LEVELS));
    const char **labels = hyti_array(space->context, hyti_json_count(list), sizeof *labels);
    hyt_status status = labels ? read_labels(space, name, list, labels) : hyti_fail_nomem();
    hyti_free(space->context, labels);
    return status;
}

static hyt_status read_real(hyt_space *space, const char *name, const hyti_json *gene)
{
    static const char *const known[] = { "name", "kind", "low", "high", "scale", "when", NULL };
    double low, high;
    const char *scale = scales[0];
    HYTI_TRY(check_object(gene, "a real gene", known, 4));
    HYTI_TRY(hyti_json_number(hyti_json_get(gene, "low"), "low", &low));
    HYTI_TRY(hyti_json_number(hyti_json_get(gene, "high"), "high", &high));
    if (hyti_json_get(gene, "scale")) HYTI_TRY(hyti_json_text(hyti_json_get(gene, "scale"), "scale", &scale));
    bool log = strcmp(scale, scales[1]) == 0;
    if (!log && strcmp(scale, scales[0]) != 0)
        return hyti_fail(HYT_ERR_FORMAT, "scale: \"%.80s\" is neither \"%s\" nor \"%s\"", scale, scales[0], scales[1]);
    return hyt_space_add_real(space, name, low, high, log);
}

static hyt_status read_condition(hyt_space *space, const char *name, const hyti_json *when)
{
    static const char *const known[] = { "gene", "levels", NULL };
    size_t levels[HYTI_MAX_LEVELS];
    const char *parent;
    HYTI_TRY(check_object(when, "when", known, 2));
    HYTI_TRY(hyti_json_text(hyti_json_get(when, "gene"), "when.gene", &parent));
    const hyti_json *list = hyti_json_get(when, "levels");
    HYTI_TRY(check_array(list, "when.levels", HYTI_MAX_LEVELS));
    for (size_t i = 0; i < hyti_json_count(list); i++) {
        int64_t level;
        HYTI_TRY(hyti_json_int(hyti_json_at(list, i), "when.levels", &level));
        if (level < 0) return hyti_fail(HYT_ERR_FORMAT, "when.levels: %lld is below 0", (long long)level);
        levels[i] = (size_t)level;
    }
    return hyt_space_add_condition(space, name, parent, levels, hyti_json_count(list));
}

static const char *kind_at(const void *user, size_t index)
{
    (void)user;
    return kinds[index];
}

static hyt_status read_gene(hyt_space *space, const hyti_json *gene)
{
    static hyt_status (*const readers[])(hyt_space *, const char *, const hyti_json *) = {
        read_integer, read_ordinal, read_categorical, read_real
    };
    const char *name, *kind;
    if (hyti_json_type_of(gene) != HYTI_JSON_OBJECT) return hyti_fail(HYT_ERR_FORMAT, "expected an object");
    HYTI_TRY(hyti_json_text(hyti_json_get(gene, "name"), "name", &name));
    HYTI_TRY(hyti_json_text(hyti_json_get(gene, "kind"), "kind", &kind));
    size_t k = 0;
    while (k < HYTI_COUNT(kinds) && strcmp(kinds[k], kind) != 0) k++;
    if (k == HYTI_COUNT(kinds))
        return hyti_fail(HYT_ERR_FORMAT, "there is no kind \"%.80s\"; the nearest is \"%s\"", kind,
                         hyti_nearest(kind, HYTI_COUNT(kinds), kind_at, NULL));
    HYTI_TRY(readers[k](space, name, gene));
    const hyti_json *when = hyti_json_get(gene, "when");
    return when ? read_condition(space, name, when) : HYT_OK;
}

/* What is a mistake of a program elsewhere is one of the file here. */
static hyt_status of_file(hyt_status status)
{
    return status == HYT_OK || status == HYT_ERR_NOMEM ? status : HYT_ERR_FORMAT;
}

static hyt_status read_genes(hyt_space *space, const hyti_json *list)
{
    HYTI_TRY(check_array(list, "genes", HYTI_MAX_GENES));
    space->draft = true;
    for (size_t i = 0; i < hyti_json_count(list); i++) {
        hyt_status status = read_gene(space, hyti_json_at(list, i));
        if (status != HYT_OK) return hyti_fail_within(of_file(status), "genes[%zu]", i);
    }
    return hyti_space_finish(space);
}

static hyt_status read_preset(hyt_context *context, const hyti_json *root, hyt_space **out)
{
    static const char *const known[] = { "preset", NULL };
    const char *name;
    HYTI_TRY(check_object(root, "a preset", known, 1));
    HYTI_TRY(hyti_json_text(hyti_json_get(root, "preset"), "preset", &name));
    return hyt_space_preset(context, name, out);
}

static hyt_status read_space(hyt_context *context, const hyti_json *root, hyt_space **out)
{
    static const char *const known[] = { "name", "genes", NULL };
    const char *name;
    hyt_space *space = NULL;
    if (hyti_json_get(root, "preset")) return read_preset(context, root, out);
    HYTI_TRY(check_object(root, "a space", known, 2));
    HYTI_TRY(hyti_json_text(hyti_json_get(root, "name"), "name", &name));
    if (!*name) return hyti_fail(HYT_ERR_FORMAT, "name: is empty");
    HYTI_TRY(hyt_space_create(context, name, &space));
    hyt_status status = read_genes(space, hyti_json_get(root, "genes"));
    if (status != HYT_OK) {
        hyt_space_destroy(space);
        return status;
    }
    *out = space;
    return HYT_OK;
}

hyt_status hyt_space_parse_json(hyt_context *context, const char *text, size_t size, hyt_space **out)
{
    hyti_json *root;
    HYTI_NEED(text);
    HYTI_NEED(out);
    if (size > MAX_BYTES)
        return hyti_fail(HYT_ERR_RANGE, "a space of %zu bytes of JSON is above the limit, %zu", size, MAX_BYTES);
    HYTI_TRY(hyti_json_parse(text, size, &root));
    hyt_status status = read_space(context, root, out);
    hyti_json_destroy(root);
    return status;
}

hyt_status hyt_space_load_json(hyt_context *context, const char *path, hyt_space **out)
{
    void *bytes;
    size_t size;
    HYTI_NEED(path);
    HYTI_NEED(out);
    HYTI_TRY(hyti_file_read(context, path, MAX_BYTES, &bytes, &size));
    hyt_status status = hyt_space_parse_json(context, bytes, size, out);
    hyti_free_aligned(context, bytes);
    return status == HYT_OK ? HYT_OK : hyti_fail_within(status, "%s", path);
}

static void write_integer(hyti_text *text, const hyti_gene *gene)
{
    double step = gene->levels > 1 ? gene->values[1] - gene->values[0] : 1;
    hyti_text_add(text, ", \"low\": %.0f, \"high\": %.0f, \"step\": %.0f", gene->values[0],
                  gene->values[gene->levels - 1], step);
}

static void write_real(hyti_text *text, const hyti_gene *gene)
{
    hyti_text_add(text, ", \"low\": ");
    hyti_text_number(text, gene->low);
    hyti_text_add(text, ", \"high\": ");
    hyti_text_number(text, gene->high);
    hyti_text_add(text, ", \"scale\": \"%s\"", scales[gene->log]);
}

static void write_levels(hyti_text *text, const hyti_gene *gene)
{
    hyti_text_add(text, ", \"%s\": [", gene->labels ? "labels" : "values");
    for (size_t i = 0; i < gene->levels; i++) {
        if (i > 0) hyti_text_append(text, ", ", 2);
        if (gene->labels) hyti_text_json(text, gene->labels[i]);
        else hyti_text_number(text, gene->values[i]);
    }
    hyti_text_append(text, "]", 1);
}

static void write_condition(hyti_text *text, const hyti_gene *gene, const hyti_gene *parent)
{
    const char *comma = "";
    hyti_text_add(text, ", \"when\": {\"gene\": \"%s\", \"levels\": [", parent->name);
    for (size_t i = 0; i < parent->levels; i++) {
        if (!gene->when[i]) continue;
        hyti_text_add(text, "%s%zu", comma, i);
        comma = ", ";
    }
    hyti_text_add(text, "]}");
}

static void write_space(hyti_text *text, const hyt_space *space)
{
    if (space->preset) {
        hyti_text_add(text, "{\"preset\": \"%s\"}", space->preset->name);
        return;
    }
    hyti_text_add(text, "{\"name\": ");
    hyti_text_json(text, space->name);
    hyti_text_add(text, ", \"genes\": [");
    for (size_t i = 0; i < space->n_genes; i++) {
        const hyti_gene *gene = &space->genes[i];
        hyti_text_add(text, "%s\n  {\"name\": \"%s\", \"kind\": \"%s\"", i ? "," : "", gene->name, kinds[gene->kind]);
        if (gene->kind == HYT_GENE_INTEGER) write_integer(text, gene);
        else if (gene->kind == HYT_GENE_REAL) write_real(text, gene);
        else write_levels(text, gene);
        if (gene->when) write_condition(text, gene, &space->genes[gene->parent]);
        hyti_text_append(text, "}", 1);
    }
    hyti_text_add(text, "\n]}");
}

hyt_status hyt_space_to_json(const hyt_space *space, char **out)
{
    HYTI_NEED(space);
    HYTI_NEED(out);
    hyti_text text = { .context = space->context };
    write_space(&text, space);
    hyt_status status = text.failed ? hyti_fail_nomem() : hyti_give_text(space->context, text.data, text.length, out);
    hyti_text_clear(&text);
    return status;
}
