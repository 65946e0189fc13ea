/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hytnas predict: how well a surrogate predicts a column of a table from the others, out of fold. */
#include "csv.h"
#include "flags.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TARGET, FOLDS, SURROGATE, WHERE, DROP, OPTION, SPLIT, SEED, JSON, MODEL, SPACE, FLAGS };
static const flag_row flags[] = {
    [TARGET] = { "target", "COLUMN", "what is predicted" },
    [FOLDS] = { "folds", "FILE",
                "a table of two columns, row and fold, that says which rows are predicted together; its rows are found "
                "by the table's column row" },
    [SURROGATE] = { "surrogate", "KIND", "what predicts (default auto; a wrong name is answered with the nearest)" },
    [WHERE] = { "where", "COLUMN=VALUE", "use only rows with that value, and not that column; may be repeated" },
    [DROP] = { "drop", "COLUMNS", "columns that are not used, separated by commas" },
    [OPTION] = { "option", "KEY=VALUE", "an option of the surrogate; may be repeated" },
    [SPLIT] = { "split", "N", "without --folds: the number of folds, dealt at random (default 10)" },
    [SEED] = { "seed", "N", "seed of these folds (default 0)" },
    [JSON] = { "json", NULL, "one JSON object" },
    [MODEL] = { "model", "FILE.predictor",
                "a predictor that hytnas measure made; the operand is the genome of a network, of which its answer is "
                "printed with its deviation" },
    [SPACE] = { "space", "NAME", "with --model: the space it was made for (default hytnas)" },
};

static const command_form predict_command = {
    .name = "predict",
    .operands = "TABLE.csv | GENOME",
    .about =
        "Predicts a column of a table from the others by a surrogate, each fold by a model of all other rows, and says "
        "how well: Kendall's tau, Spearman's rho, R2, the root of the mean squared error, and without --json also how "
        "far the predicted deviations can be trusted. Numbers that are all positive are taken by their logarithm, and "
        "are levels of a scale where there are at most 16 different ones; columns that hold text become one feature a "
        "label. The column row, if there is one, only names rows.",
    .flags = flags,
    .flag_count = FLAGS,
    .examples = "  hytnas predict table.csv --target latency_ms\n"
                "  hytnas predict table.csv --target accuracy --surrogate gp --option starts=4 --json\n",
};

enum { MOST = 64 }; /* repeated flags, columns of one --drop */

/* A flag KEY=VALUE in two. */
typedef struct pair {
    const char *key, *value;
} pair;

typedef struct request {
    const char *path, *target, *folds, *surrogate, *model, *space; /* path: the operand */
    pair where[MOST], options[MOST];
    const char *drop[MOST];
    size_t where_count, option_count, drop_count, split, seed;
    bool json;
    char *copies[3 * MOST]; /* what pairs and names point into */
    size_t copy_count;
} request;

/* A copy that is cut up; NULL after a message. */
static char *keep_copy(request *r, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = r->copy_count < sizeof r->copies / sizeof *r->copies ? malloc(size) : NULL;
    if (!copy) {
        complain("out of memory for \"%s\"", text);
        return NULL;
    }
    r->copies[r->copy_count++] = copy;
    return memcpy(copy, text, size);
}

static int take_pair(request *r, const char *flag, const char *text, pair *pairs, size_t *count)
{
    if (*count == MOST) return complain("predict: more than %d --%s", MOST, flag);
    char *copy = keep_copy(r, text), *equal = copy ? strchr(copy, '=') : NULL;
    if (!copy) return BAD;
    if (!equal || equal == copy) return complain("--%s: \"%s\" is not of the form NAME=VALUE", flag, text);
    *equal = 0;
    pairs[(*count)++] = (pair){ copy, equal + 1 };
    return GOOD;
}

static int take_names(request *r, const char *text)
{
    char *at = keep_copy(r, text);
    while (at) {
        char *comma = strchr(at, ',');
        if (comma) *comma++ = 0;
        if (!*at) return complain("--drop: \"%s\" holds an empty name", text);
        if (r->drop_count == MOST) return complain("--drop: more than %d columns", MOST);
        r->drop[r->drop_count++] = at;
        at = comma;
    }
    return r->copy_count ? GOOD : BAD;
}

static int take(void *user, size_t place, const char *value)
{
    request *r = user;
    switch (place) {
    case TARGET: r->target = value; return GOOD;
    case FOLDS: r->folds = value; return GOOD;
    case SURROGATE: r->surrogate = value; return GOOD;
    case WHERE: return take_pair(r, "where", value, r->where, &r->where_count);
    case DROP: return take_names(r, value);
    case OPTION: return take_pair(r, "option", value, r->options, &r->option_count);
    case SPLIT: return parse_whole("split", value, 2, 1000000, &r->split);
    case SEED: return parse_whole("seed", value, 0, SIZE_MAX / 2, &r->seed);
    case JSON: r->json = true; return GOOD;
    case MODEL: r->model = value; return GOOD;
    case SPACE: r->space = value; return GOOD;
    default: break;
    }
    if (r->path) return complain("predict takes one table or genome, not also \"%s\"", value);
    r->path = value;
    return GOOD;
}

/* What the surrogate sees. */
typedef struct task {
    csv table;
    size_t *rows, n;      /* of the table, those that are used */
    bool *used;           /* by column of the table: a feature */
    size_t target, features, categories;
    double *x, *y;
    int *columns, *folds;
} task;

static void task_close(task *t)
{
    void *all[] = { t->rows, t->used, t->x, t->y, t->columns, t->folds };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    csv_close(&t->table);
}

/* As text, or as numbers: 1 is 1.0. */
static bool is_same(const char *a, const char *b)
{
    double x, y;
    return strcmp(a, b) == 0 || (csv_is_number(a, &x) && csv_is_number(b, &y) && x == y);
}

/* -- rows and columns ---------------------------------------------------------------------------------------------- */

static int pick_rows(const request *r, task *t)
{
    size_t where[MOST];
    t->rows = calloc(t->table.rows + 1, sizeof *t->rows);
    if (!t->rows) return complain("out of memory");
    for (size_t k = 0; k < r->where_count; k++)
        if (csv_find(&t->table, r->where[k].key, &where[k]) != GOOD) return BAD;
    for (size_t i = 0; i < t->table.rows; i++) {
        bool wanted = true;
        for (size_t k = 0; k < r->where_count; k++)
            wanted = wanted && is_same(csv_cell(&t->table, i, where[k]), r->where[k].value);
        if (wanted) t->rows[t->n++] = i;
    }
    if (t->n >= 2) return GOOD;
    return complain("%s: %zu of %zu rows are left, two are needed", r->path, t->n, t->table.rows);
}

static int leave_out(task *t, const char *name)
{
    size_t column;
    if (csv_find(&t->table, name, &column) != GOOD) return BAD;
    t->used[column] = false;
    return GOOD;
}

static int pick_columns(const request *r, task *t)
{
    t->used = calloc(t->table.columns, sizeof *t->used);
    if (!t->used) return complain("out of memory");
    for (size_t c = 0; c < t->table.columns; c++) t->used[c] = strcmp(csv_name(&t->table, c), "row") != 0;
    if (csv_find(&t->table, r->target, &t->target) != GOOD || leave_out(t, r->target) != GOOD) return BAD;
    for (size_t k = 0; k < r->where_count; k++)
        if (leave_out(t, r->where[k].key) != GOOD) return BAD;
    for (size_t k = 0; k < r->drop_count; k++)
        if (leave_out(t, r->drop[k]) != GOOD) return BAD;
    return GOOD;
}

/* -- features ------------------------------------------------------------------------------------------------------ */

typedef enum column_kind { PLAIN, POSITIVE, TEXT } column_kind;

static int column_kind_of(const task *t, size_t column, column_kind *kind)
{
    *kind = POSITIVE;
    for (size_t i = 0; i < t->n; i++) {
        double value;
        const char *cell = csv_cell(&t->table, t->rows[i], column);
        if (!*cell)
            return complain("%s, line %zu, %s: the cell is empty", t->table.path, t->table.lines[t->rows[i] + 1],
                            csv_name(&t->table, column));
        if (!csv_is_number(cell, &value)) *kind = TEXT;
        else if (*kind == POSITIVE && value <= 0) *kind = PLAIN;
    }
    return GOOD;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The different texts of a column in their order, for the caller to free; NULL after a message. */
static const char **labels_of(const task *t, size_t column, size_t *count)
{
    const char **labels = calloc(t->n, sizeof *labels);
    if (!labels) {
        complain("out of memory");
        return NULL;
    }
    for (size_t i = 0; i < t->n; i++) labels[i] = csv_cell(&t->table, t->rows[i], column);
    qsort(labels, t->n, sizeof *labels, compare_text);
    *count = 0;
    for (size_t i = 0; i < t->n; i++)
        if (i == 0 || strcmp(labels[i], labels[*count - 1]) != 0) labels[(*count)++] = labels[i];
    return labels;
}

/* Room for `count` more features of all rows, which stay column by column until they are complete. */
static int grow_features(task *t, size_t count)
{
    size_t features = t->features + count;
    if (features > SIZE_MAX / sizeof(double) / t->n) return complain("%s: too many labels", t->table.path);
    double *x = realloc(t->x, features * t->n * sizeof *x);
    if (x) t->x = x;
    int *columns = realloc(t->columns, features * sizeof *columns);
    if (columns) t->columns = columns;
    return x && columns ? GOOD : complain("out of memory");
}

/* Numbers of which there are few different ones are a scale of levels. */
static hyt_column scale_of(const double *x, size_t n)
{
    enum { LEVELS = 16 };
    double seen[LEVELS];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < count && seen[at] != x[i]) at++;
        if (at < count) continue;
        if (count == LEVELS) return HYT_COLUMN_REAL;
        seen[count++] = x[i];
    }
    return HYT_COLUMN_ORDINAL;
}

static int add_numbers(task *t, size_t column, bool positive)
{
    if (grow_features(t, 1) != GOOD) return BAD;
    for (size_t i = 0; i < t->n; i++) {
        double value;
        if (csv_number(&t->table, t->rows[i], column, &value) != GOOD) return BAD;
        t->x[t->features * t->n + i] = positive ? log2(value) : value;
    }
    t->columns[t->features] = scale_of(t->x + t->features * t->n, t->n);
    t->features++;
    return GOOD;
}

static int add_labels(task *t, size_t column)
{
    size_t count;
    const char **labels = labels_of(t, column, &count);
    int result = labels ? grow_features(t, count) : BAD;
    for (size_t k = 0; result == GOOD && k < count; k++) {
        for (size_t i = 0; i < t->n; i++)
            t->x[t->features * t->n + i] = strcmp(csv_cell(&t->table, t->rows[i], column), labels[k]) == 0;
        t->columns[t->features++] = HYT_COLUMN_CATEGORY + (int)t->categories;
    }
    t->categories++;
    free(labels);
    return result;
}

/* From column by column to row by row. */
static int turn_features(task *t)
{
    double *x = calloc(t->n * t->features, sizeof *x);
    if (!x) return complain("out of memory");
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->features; k++) x[i * t->features + k] = t->x[k * t->n + i];
    free(t->x);
    t->x = x;
    return GOOD;
}

static int read_features(task *t)
{
    for (size_t c = 0; c < t->table.columns; c++) {
        column_kind kind;
        if (!t->used[c]) continue;
        if (column_kind_of(t, c, &kind) != GOOD) return BAD;
        if ((kind == TEXT ? add_labels(t, c) : add_numbers(t, c, kind == POSITIVE)) != GOOD) return BAD;
    }
    if (t->features == 0) return complain("%s: no column is left to predict from", t->table.path);
    return turn_features(t);
}

static int read_target(task *t)
{
    t->y = calloc(t->n, sizeof *t->y);
    if (!t->y) return complain("out of memory");
    for (size_t i = 0; i < t->n; i++)
        if (csv_number(&t->table, t->rows[i], t->target, &t->y[i]) != GOOD) return BAD;
    return GOOD;
}

/* -- folds --------------------------------------------------------------------------------------------------------- */

/* Row of `folds` whose cell in column `named` is that name; its number of rows if there is none or more than one. */
static size_t find_named(const csv *folds, size_t named, const char *name, size_t *matches)
{
    size_t found = folds->rows;
    *matches = 0;
    for (size_t i = 0; i < folds->rows; i++) {
        if (strcmp(csv_cell(folds, i, named), name) != 0) continue;
        found = i;
        ++*matches;
    }
    return found;
}

static int join_folds(task *t, const csv *folds)
{
    size_t named, fold, name, matches;
    if (csv_find(&t->table, "row", &name) != GOOD || csv_find(folds, "row", &named) != GOOD ||
        csv_find(folds, "fold", &fold) != GOOD)
        return BAD;
    for (size_t i = 0; i < t->n; i++) {
        double value;
        const char *row = csv_cell(&t->table, t->rows[i], name);
        size_t found = find_named(folds, named, row, &matches);
        if (matches != 1) return complain("%s: row %.40s is there %zu times, not once", folds->path, row, matches);
        if (csv_number(folds, found, fold, &value) != GOOD) return BAD;
        if (value < 0 || value > 1e9 || value != floor(value))
            return complain("%s, line %zu: %g is not the number of a fold", folds->path, folds->lines[found + 1],
                            value);
        t->folds[i] = (int)value;
    }
    return GOOD;
}

static int read_folds(const request *r, task *t)
{
    t->folds = calloc(t->n, sizeof *t->folds);
    if (!t->folds) return complain("out of memory");
    if (!r->folds) return check(hyt_validation_deal(t->n, r->split < t->n ? r->split : t->n, r->seed, t->folds));
    csv folds;
    if (csv_read(r->folds, &folds) != GOOD) return BAD;
    int result = join_folds(t, &folds);
    csv_close(&folds);
    return result;
}

static int read_task(const request *r, task *t)
{
    if (csv_read(r->path, &t->table) != GOOD) return BAD;
    if (pick_rows(r, t) != GOOD || pick_columns(r, t) != GOOD) return BAD;
    return read_target(t) == GOOD && read_features(t) == GOOD ? read_folds(r, t) : BAD;
}

/* -- the surrogate ------------------------------------------------------------------------------------------------- */

static int make_surrogate(const request *r, const task *t, hyt_surrogate **out)
{
    hyt_options *options = NULL;
    hyt_status status = hyt_surrogate_options_create(NULL, r->surrogate, &options);
    for (size_t k = 0; status == HYT_OK && k < r->option_count; k++)
        status = hyt_options_set_text(options, r->options[k].key, r->options[k].value);
    if (status == HYT_OK) status = hyt_surrogate_create(NULL, r->surrogate, t->features, options, out);
    if (status == HYT_OK) status = hyt_surrogate_set_columns(*out, t->columns, t->features);
    hyt_options_destroy(options);
    return check(status);
}

static const struct {
    const char *name, *title;
    hyt_validation_kind kind;
} measures[] = {
    { "tau", "Kendall tau", HYT_VALIDATION_TAU }, { "rho", "Spearman rho", HYT_VALIDATION_RHO },
    { "r2", "R2", HYT_VALIDATION_R2 },            { "rmse", "RMSE", HYT_VALIDATION_RMSE },
    { NULL, "CRPS", HYT_VALIDATION_CRPS }, /* not part of the JSON line */
};
enum { MEASURES = sizeof measures / sizeof *measures };

static void print_json(const request *r, const hyt_validation *v)
{
    printf("{\"surrogate\":");
    json_text(stdout, r->surrogate);
    for (size_t k = 0; k < MEASURES; k++) {
        if (!measures[k].name) continue;
        printf(",\"%s\":", measures[k].name);
        json_number(stdout, hyt_validation_measure(v, measures[k].kind));
    }
    printf("}\n");
}

static void print_table(const request *r, const task *t, const char *chosen, const hyt_validation *v)
{
    static const double probabilities[] = { 0.5, 0.8, 0.95 };
    printf("%s from %zu features by %s", r->target, t->features, r->surrogate);
    if (strcmp(chosen, r->surrogate) != 0) printf(" (on all rows: %s)", chosen);
    printf(", %zu rows out of fold\n\n", t->n);
    for (size_t k = 0; k < MEASURES; k++)
        printf("  %-14s %10.4g\n", measures[k].title, hyt_validation_measure(v, measures[k].kind));
    printf("  %-14s %10.4g\n\n", "noise", hyt_validation_noise(v));
    for (size_t k = 0; k < sizeof probabilities / sizeof *probabilities; k++)
        printf("  within %2.0f %%    %10.1f %%\n", 100 * probabilities[k],
               100 * hyt_validation_coverage(v, probabilities[k]));
}

static int run(const request *r, const task *t)
{
    hyt_surrogate *surrogate = NULL;
    hyt_validation *validation = NULL;
    int result = make_surrogate(r, t, &surrogate);
    if (result == GOOD) result = check(hyt_surrogate_validate(surrogate, t->x, t->y, t->folds, t->n, &validation));
    if (result == GOOD && r->json) print_json(r, validation);
    if (result == GOOD && !r->json) {
        result = check(hyt_surrogate_fit(surrogate, t->x, t->y, t->n));
        if (result == GOOD) print_table(r, t, hyt_surrogate_chosen(surrogate), validation);
    }
    hyt_validation_destroy(validation);
    hyt_surrogate_destroy(surrogate);
    return result;
}

/* -- a predictor that is there ------------------------------------------------------------------------------------- */

static int predict_genome(const request *r)
{
    hyt_space *space = NULL;
    hyt_predictor *predictor = NULL;
    hyt_candidate *candidate = NULL;
    double value, deviation;
    hyt_status status = hyt_space_preset(NULL, r->space, &space);
    if (status == HYT_OK) status = hyt_predictor_load(space, r->model, &predictor);
    if (status == HYT_OK) status = hyt_candidate_parse(space, r->path, &candidate);
    if (status == HYT_OK) status = hyt_predictor_predict(predictor, candidate, &value, &deviation);
    if (status == HYT_OK && r->json) {
        printf("{\"value\": ");
        json_number(stdout, value);
        printf(", \"deviation\": ");
        json_number(stdout, deviation);
        printf("}\n");
    } else if (status == HYT_OK) {
        printf("%.6g +- %.2g\n", value, deviation);
    }
    hyt_candidate_destroy(candidate);
    hyt_predictor_destroy(predictor);
    hyt_space_destroy(space);
    return check(status);
}

static int predict_table(const request *r)
{
    task t = { .n = 0 };
    if (!r->target) return complain("predict needs --target COLUMN, what is predicted");
    int result = read_task(r, &t);
    if (result == GOOD) result = run(r, &t);
    task_close(&t);
    return result;
}

int command_predict(int argc, char **argv)
{
    request r = { .surrogate = "auto", .split = 10, .space = "hytnas" };
    int result = parse_flags(&predict_command, argc, argv, take, &r);
    if (result == GOOD && !r.path) result = complain("predict needs a table: hytnas predict table.csv --target COLUMN");
    if (result == GOOD) result = r.model ? predict_genome(&r) : predict_table(&r);
    for (size_t i = 0; i < r.copy_count; i++) free(r.copies[i]);
    return result == HELP ? GOOD : result;
}
