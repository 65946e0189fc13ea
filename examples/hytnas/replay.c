/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void replay_close(replay *r)
{
    void *all[] = { r->columns, r->categorical, r->counts, r->levels, r->values };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    hyt_space_destroy(r->space);
    csv_close(&r->table);
    *r = (replay){ 0 };
}

/* -- columns ------------------------------------------------------------------------------------------------------- */

static int find_all(const csv *table, char *const *names, size_t count, bool *marks)
{
    for (size_t i = 0; i < count; i++) {
        size_t column;
        if (csv_find(table, names[i], &column) != GOOD) return BAD;
        marks[column] = true;
    }
    return GOOD;
}

/* Genes are the columns named, or all but row, which names rows; not those that mean something else. */
static int mark_genes(const replay *r, const replay_columns *columns, bool *used, bool *other)
{
    for (size_t c = 0; c < r->table.columns; c++)
        used[c] = columns->gene_count == 0 && strcmp(csv_name(&r->table, c), "row") != 0;
    if (find_all(&r->table, columns->genes, columns->gene_count, used) != GOOD) return BAD;
    if (find_all(&r->table, columns->dropped, columns->dropped_count, other) != GOOD) return BAD;
    for (size_t j = 0; j < columns->objective_count; j++) {
        if (find_all(&r->table, &(char *){ columns->objectives[j].name }, 1, other) != GOOD) return BAD;
        for (size_t k = 0; k < j; k++)
            if (strcmp(columns->objectives[k].name, columns->objectives[j].name) == 0)
                return complain("--objective: %s is there twice", columns->objectives[j].name);
    }
    return GOOD;
}

static int pick_genes(const replay_columns *columns, replay *r)
{
    bool *used = calloc(r->table.columns, sizeof *used), *other = calloc(r->table.columns, sizeof *other);
    r->columns = calloc(r->table.columns, sizeof *r->columns);
    int result = used && other && r->columns ? mark_genes(r, columns, used, other) : complain("out of memory");
    for (size_t c = 0; result == GOOD && c < r->table.columns; c++)
        if (used[c] && !other[c]) r->columns[r->genes++] = c;
    free(used);
    free(other);
    if (result == GOOD && r->genes == 0) return complain("%s: no column is left for the genes", r->table.path);
    return result;
}

/* -- genes --------------------------------------------------------------------------------------------------------- */

typedef struct cell {
    const char *text;
    double value;
    size_t row;
} cell;

static int compare_numbers(const void *left, const void *right)
{
    const cell *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(((const cell *)left)->text, ((const cell *)right)->text);
}

/* Numbers if all cells are. */
static int read_cells(const replay *r, size_t column, cell *cells, bool *numbers)
{
    *numbers = true;
    for (size_t i = 0; i < r->table.rows; i++) {
        cells[i] = (cell){ csv_cell(&r->table, i, column), 0, i };
        if (!*cells[i].text)
            return complain("%s, line %zu, %s: the cell is empty", r->table.path, r->table.lines[i + 1],
                            csv_name(&r->table, column));
        *numbers = *numbers && csv_is_number(cells[i].text, &cells[i].value);
    }
    return GOOD;
}

/* Names in the space are numbers: columns and cells may hold any text. */
static int add_gene(replay *r, size_t gene, const double *values, size_t count)
{
    char name[32];
    snprintf(name, sizeof name, "g%zu", gene);
    if (!r->categorical[gene]) return check(hyt_space_add_ordinal(r->space, name, values, count));
    char (*labels)[24] = calloc(count, sizeof *labels);
    const char **list = calloc(count, sizeof *list);
    int result = labels && list ? GOOD : complain("out of memory");
    for (size_t k = 0; result == GOOD && k < count; k++) {
        snprintf(labels[k], sizeof labels[k], "v%zu", k);
        list[k] = labels[k];
    }
    if (result == GOOD) result = check(hyt_space_add_categorical(r->space, name, list, count));
    free(labels);
    free(list);
    return result;
}

/* Sorts the cells; equal ones are one level. */
static int make_gene(replay *r, size_t gene, cell *cells, double *values)
{
    size_t count = 0;
    bool numbers;
    if (read_cells(r, r->columns[gene], cells, &numbers) != GOOD) return BAD;
    int (*compare)(const void *, const void *) = numbers ? compare_numbers : compare_texts;
    qsort(cells, r->table.rows, sizeof *cells, compare);
    for (size_t i = 0; i < r->table.rows; i++) {
        if (i == 0 || compare(&cells[i - 1], &cells[i]) != 0) values[count++] = cells[i].value;
        r->levels[cells[i].row * r->genes + gene] = count - 1;
    }
    r->categorical[gene] = !numbers;
    r->counts[gene] = count;
    return add_gene(r, gene, values, count);
}

static int make_genes(replay *r)
{
    size_t n = r->table.rows;
    cell *cells = calloc(n, sizeof *cells);
    double *values = calloc(n, sizeof *values);
    r->categorical = calloc(r->genes, sizeof *r->categorical);
    r->counts = calloc(r->genes, sizeof *r->counts);
    r->levels = calloc(n, r->genes * sizeof *r->levels);
    bool room = cells && values && r->categorical && r->counts && r->levels;
    int result = room ? check(hyt_space_create(NULL, "table", &r->space)) : complain("out of memory");
    for (size_t g = 0; result == GOOD && g < r->genes; g++) result = make_gene(r, g, cells, values);
    free(cells);
    free(values);
    return result;
}

/* -- rows ---------------------------------------------------------------------------------------------------------- */

typedef struct configuration {
    const size_t *levels;
    size_t genes, row;
} configuration;

static int compare_levels(const size_t *a, const size_t *b, size_t genes)
{
    for (size_t g = 0; g < genes; g++)
        if (a[g] != b[g]) return a[g] < b[g] ? -1 : 1;
    return 0;
}

static int compare_configurations(const void *left, const void *right)
{
    const configuration *a = left, *b = right;
    int order = compare_levels(a->levels, b->levels, a->genes);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

/* The objectives of all rows of one configuration, averaged, into one. */
static int read_values(const replay *r, const size_t *columns, const configuration *first, size_t count, double *out)
{
    for (size_t j = 0; j < r->objectives; j++) {
        out[j] = 0;
        for (size_t i = 0; i < count; i++) {
            double value;
            if (csv_number(&r->table, first[i].row, columns[j], &value) != GOOD) return BAD;
            out[j] += r->sign[j] * value / (double)count;
        }
    }
    return GOOD;
}

static int merge_rows(replay *r, const size_t *columns, const configuration *all, size_t *levels)
{
    size_t n = r->table.rows, end;
    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && compare_levels(all[i].levels, all[end].levels, r->genes) == 0;) end++;
        memcpy(levels + r->rows * r->genes, all[i].levels, r->genes * sizeof *levels);
        if (read_values(r, columns, all + i, end - i, r->values + r->rows * r->objectives) != GOOD) return BAD;
        r->rows++;
    }
    r->merged = n - r->rows;
    return GOOD;
}

static int make_rows(const replay_columns *columns, replay *r)
{
    size_t n = r->table.rows, places[MOST_OBJECTIVES] = { 0 };
    r->objectives = columns->objective_count;
    for (size_t j = 0; j < r->objectives; j++) {
        if (csv_find(&r->table, columns->objectives[j].name, &places[j]) != GOOD) return BAD;
        r->sign[j] = columns->objectives[j].direction == HYT_MAXIMISE ? -1 : 1;
    }
    configuration *all = calloc(n, sizeof *all);
    size_t *levels = calloc(n, r->genes * sizeof *levels);
    r->values = calloc(n, r->objectives * sizeof *r->values);
    int result = all && levels && r->values ? GOOD : complain("out of memory");
    for (size_t i = 0; result == GOOD && i < n; i++) all[i] = (configuration){ r->levels + i * r->genes, r->genes, i };
    if (result == GOOD) {
        qsort(all, n, sizeof *all, compare_configurations);
        result = merge_rows(r, places, all, levels);
    }
    free(all);
    if (result == GOOD) {
        free(r->levels);
        r->levels = levels;
    } else free(levels);
    return result;
}

/* -- front --------------------------------------------------------------------------------------------------------- */

static void set_reference(replay *r, const size_t *ranks)
{
    for (size_t j = 0; j < r->objectives; j++) {
        double ideal = INFINITY, nadir = -INFINITY;
        for (size_t i = 0; i < r->rows; i++) {
            if (ranks[i] > 0) continue;
            ideal = fmin(ideal, r->values[i * r->objectives + j]);
            nadir = fmax(nadir, r->values[i * r->objectives + j]);
        }
        double range = nadir > ideal ? nadir - ideal : fmax(fabs(nadir), 1); /* a front of one point has no range */
        r->reference[j] = nadir + 0.1 * range;
    }
}

static int find_front(replay *r)
{
    size_t *ranks = calloc(r->rows, sizeof *ranks);
    int result = ranks ? check(hyt_pareto_sort(NULL, r->values, r->rows, r->objectives, ranks))
                       : complain("out of memory");
    if (result == GOOD) set_reference(r, ranks);
    free(ranks);
    if (result != GOOD) return BAD;
    return check(hyt_pareto_hypervolume(NULL, r->values, r->rows, r->objectives, r->reference, &r->volume));
}

int replay_open(const char *path, const replay_columns *columns, replay *r)
{
    *r = (replay){ 0 };
    if (csv_read(path, &r->table) != GOOD) return BAD;
    if (r->table.rows == 0) return complain("%s: a table without rows", path);
    if (pick_genes(columns, r) != GOOD || make_genes(r) != GOOD) return BAD;
    if (make_rows(columns, r) != GOOD) return BAD;
    return find_front(r);
}

/* -- looking up ---------------------------------------------------------------------------------------------------- */

long replay_find(const replay *r, const size_t *levels)
{
    size_t low = 0, high = r->rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_levels(r->levels + middle * r->genes, levels, r->genes);
        if (order == 0) return (long)middle;
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return NO_ROW;
}

static double distance(const replay *r, const size_t *a, const size_t *b)
{
    double sum = 0;
    for (size_t g = 0; g < r->genes; g++) {
        if (a[g] == b[g]) continue;
        double apart = ((double)a[g] - (double)b[g]) / (double)(r->counts[g] - 1);
        sum += r->categorical[g] ? 1 : apart * apart;
    }
    return sum;
}

long replay_nearest(const replay *r, const size_t *levels, const bool *marked)
{
    double least = INFINITY;
    long nearest = NO_ROW;
    for (size_t i = 0; i < r->rows; i++) {
        if (marked[i]) continue;
        double d = distance(r, r->levels + i * r->genes, levels);
        if (d >= least) continue;
        least = d;
        nearest = (long)i;
    }
    return nearest;
}
