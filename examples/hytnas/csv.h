/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables from comma separated values (RFC 4180), strictly: a header of different names, then rows of as many cells;
 * quotes, doubled quotes and line ends of either kind. What is wrong is named with its line. */
#ifndef CSV_H
#define CSV_H

#include <stdbool.h>
#include <stddef.h>

typedef struct csv {
    const char *path;     /* lent */
    char *text;           /* what the cells point into */
    const char **cells;   /* columns names, then row by row */
    size_t *lines;        /* of the file, where each row starts; that of the header first */
    size_t rows, columns, cell_count, cell_room, line_room; /* rows: without the header */
} csv;

/* GOOD, or BAD after a message. */
int csv_read(const char *path, csv *table);
void csv_close(csv *table);
const char *csv_name(const csv *table, size_t column);
const char *csv_cell(const csv *table, size_t row, size_t column);
/* The column of that name; BAD after a message that names the nearest. */
int csv_find(const csv *table, const char *name, size_t *column);
/* Whether all of a text is one finite decimal number. */
bool csv_is_number(const char *text, double *value);
/* The number in a cell; BAD after a message. */
int csv_number(const csv *table, size_t row, size_t column, double *value);

#endif
