/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv.h"
#include "flags.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)1 << 30)
#define LONGEST_NUMBER 400

/* All bytes and a final zero. */
static int read_stream(const char *path, FILE *file, char **text, size_t *size)
{
    size_t room = 0, used = 0, got = 1;
    char *bytes = NULL;
    while (got > 0) {
        if (room - used < 2) {
            room = room ? 2 * room : 65536;
            char *larger = used <= LARGEST_FILE ? realloc(bytes, room) : NULL;
            if (!larger) {
                free(bytes);
                return complain(used > LARGEST_FILE ? "%s: more than 1 GiB" : "%s: out of memory", path);
            }
            bytes = larger;
        }
        got = fread(bytes + used, 1, room - used - 1, file);
        used += got;
    }
    bytes[used] = 0;
    *text = bytes;
    *size = used;
    return ferror(file) ? complain("%s: %s", path, strerror(errno)) : GOOD;
}

static int read_file(csv *table, size_t *size)
{
    FILE *file = fopen(table->path, "rb");
    if (!file) return complain("%s: %s", table->path, strerror(errno));
    int result = read_stream(table->path, file, &table->text, size);
    fclose(file);
    if (result == GOOD && strlen(table->text) < *size)
        return complain("%s: a zero byte at %zu: not a text", table->path, strlen(table->text));
    return result;
}

typedef struct scanner {
    csv *table;
    char *at;
    size_t line, cells; /* of the row at hand */
} scanner;

static int wrong(const scanner *s, const char *what)
{
    return complain("%s, line %zu: %s", s->table->path, s->line, what);
}

/* Room for one more of `size` bytes. */
static bool make_room(void **array, size_t *room, size_t used, size_t size)
{
    if (used < *room) return true;
    size_t more = *room ? 2 * *room : 256;
    void *larger = realloc(*array, more * size);
    if (!larger) return false;
    *array = larger;
    *room = more;
    return true;
}

static int add_cell(scanner *s, const char *cell)
{
    void *cells = s->table->cells;
    if (!make_room(&cells, &s->table->cell_room, s->table->cell_count, sizeof cell)) return wrong(s, "out of memory");
    s->table->cells = cells;
    s->table->cells[s->table->cell_count++] = cell;
    s->cells++;
    return GOOD;
}

static int add_row(scanner *s, size_t row)
{
    void *lines = s->table->lines;
    if (!make_room(&lines, &s->table->line_room, row, sizeof *s->table->lines)) return wrong(s, "out of memory");
    s->table->lines = lines;
    s->table->lines[row] = s->line;
    s->cells = 0;
    return GOOD;
}

/* Takes the quotes off in place; the cursor is behind them afterwards. */
static int scan_quoted(scanner *s)
{
    char *to = ++s->at;
    while (s->at[0] != '"' || s->at[1] == '"') {
        if (!*s->at) return wrong(s, "a quote is not closed");
        if (*s->at == '\n') s->line++;
        s->at += *s->at == '"';
        *to++ = *s->at++;
    }
    s->at++;
    if (*s->at && !strchr(",\r\n", *s->at)) return wrong(s, "a cell goes on behind its closing quote");
    *to = 0;
    return GOOD;
}

/* One cell; *ends: it is the last of its row. The separator becomes the final zero. */
static int scan_cell(scanner *s, bool *ends)
{
    char *cell = s->at;
    if (*cell == '"') {
        cell++;
        if (scan_quoted(s) != GOOD) return BAD;
    } else {
        s->at += strcspn(s->at, ",\"\r\n");
        if (*s->at == '"') return wrong(s, "a quote within a cell that does not start with one");
    }
    char *end = s->at;
    *ends = *end != ',';
    if (*end == '\r' && end[1] != '\n') return wrong(s, "a carriage return without a line feed");
    s->at += *end == '\r' ? 2 : *end != 0;
    *end = 0;
    return add_cell(s, cell);
}

static int scan_row(scanner *s, size_t row)
{
    bool ends = false;
    if (add_row(s, row) != GOOD) return BAD;
    while (!ends)
        if (scan_cell(s, &ends) != GOOD) return BAD;
    if (row == 0) s->table->columns = s->cells;
    if (s->cells != s->table->columns)
        return complain("%s, line %zu: %zu cells, the header has %zu", s->table->path, s->table->lines[row], s->cells,
                        s->table->columns);
    s->line++;
    return GOOD;
}

static int check_names(const csv *table)
{
    for (size_t i = 0; i < table->columns; i++) {
        if (!*csv_name(table, i)) return complain("%s: column %zu has no name", table->path, i + 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(csv_name(table, i), csv_name(table, j)) == 0)
                return complain("%s: columns %zu and %zu are both called \"%s\"", table->path, j + 1, i + 1,
                                csv_name(table, i));
    }
    return GOOD;
}

static int scan(csv *table)
{
    size_t size = 0, row = 0;
    if (read_file(table, &size) != GOOD) return BAD;
    bool marked = size >= 3 && memcmp(table->text, "\xEF\xBB\xBF", 3) == 0; /* of UTF-8 */
    scanner s = { .table = table, .at = table->text + 3 * marked, .line = 1 };
    if (!*s.at) return complain("%s is empty", table->path);
    for (; *s.at; row++)
        if (scan_row(&s, row) != GOOD) return BAD;
    table->rows = row - 1;
    return check_names(table);
}

int csv_read(const char *path, csv *table)
{
    *table = (csv){ .path = path };
    int result = scan(table);
    if (result != GOOD) csv_close(table);
    return result;
}

void csv_close(csv *table)
{
    free(table->text);
    free(table->cells);
    free(table->lines);
    *table = (csv){ 0 };
}

const char *csv_name(const csv *table, size_t column)
{
    return table->cells[column];
}

const char *csv_cell(const csv *table, size_t row, size_t column)
{
    return table->cells[(row + 1) * table->columns + column];
}

int csv_find(const csv *table, const char *name, size_t *column)
{
    for (size_t i = 0; i < table->columns; i++) {
        if (strcmp(csv_name(table, i), name) != 0) continue;
        *column = i;
        return GOOD;
    }
    const char **names = calloc(table->columns + 1, sizeof *names);
    if (!names) return complain("out of memory");
    for (size_t i = 0; i < table->columns; i++) names[i] = csv_name(table, i);
    complain("%s has no column \"%s\"; the nearest is \"%s\"", table->path, name, nearest_name(name, names));
    free(names);
    return BAD;
}

bool csv_is_number(const char *text, double *value)
{
    char *end;
    size_t length = strlen(text);
    if (length == 0 || length > LONGEST_NUMBER || strspn(text, "+-.0123456789eE") != length) return false;
    *value = strtod(text, &end);
    return *end == 0 && isfinite(*value);
}

int csv_number(const csv *table, size_t row, size_t column, double *value)
{
    const char *cell = csv_cell(table, row, column);
    if (csv_is_number(cell, value)) return GOOD;
    return complain("%s, line %zu, %s: \"%.40s\" is not a number", table->path, table->lines[row + 1],
                    csv_name(table, column), cell);
}
