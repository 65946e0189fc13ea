/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table as a problem: every row an evaluation that was paid for, to be looked up instead. */
#ifndef REPLAY_H
#define REPLAY_H

#include "csv.h"
#include "program.h"

enum { MOST_OBJECTIVES = 4, NO_ROW = -1 };

typedef struct replay_objective {
    char *name;
    hyt_direction direction;
} replay_objective;

/* Which columns of the table mean what; all others are genes, unless `genes` names those. */
typedef struct replay_columns {
    replay_objective objectives[MOST_OBJECTIVES];
    size_t objective_count;
    char **genes, **dropped;
    size_t gene_count, dropped_count;
} replay_columns;

typedef struct replay {
    csv table;
    hyt_space *space;
    size_t genes, rows, objectives, merged; /* rows: different configurations; merged: rows beyond the first of each */
    size_t *columns;    /* of the table, one a gene */
    bool *categorical;  /* by gene */
    size_t *counts;     /* levels, by gene */
    size_t *levels;     /* rows x genes, in lexicographic order */
    double *values;     /* rows x objectives, minimised; the mean of the rows that are the same */
    double sign[MOST_OBJECTIVES];
    double reference[MOST_OBJECTIVES]; /* nadir of the exact front and 10 % of its range, minimised */
    double volume;                     /* of the exact front */
} replay;

/* GOOD, or BAD after a message; to be closed in either case. */
int replay_open(const char *path, const replay_columns *columns, replay *r);
void replay_close(replay *r);
/* The row of a configuration; NO_ROW if the table has none. */
long replay_find(const replay *r, const size_t *levels);
/* The nearest row that is not marked, by places of levels (another category: 1); NO_ROW if all are. */
long replay_nearest(const replay *r, const size_t *levels, const bool *marked);

#endif
