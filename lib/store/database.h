/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a study: SQLite behind one file, its failures turned into ours. Three tables: facts (key, value),
 * trials and their reports, as text that a person with sqlite3 can read. Every call below is one transaction. */
#ifndef HYTI_STORE_DATABASE_H
#define HYTI_STORE_DATABASE_H

#include "base/heap.h"

typedef struct hyti_database hyti_database;

typedef struct hyti_fact {
    char *key, *value;
} hyti_fact;

#define HYTI_NO_NUMBER (-1) /* NULL in the file */

typedef struct hyti_row {
    int64_t number, state;
    int64_t round; /* number of the first trial of its ask; HYTI_NO_NUMBER: it was not asked for */
    int64_t ended; /* how many trials there were when it was told; HYTI_NO_NUMBER: it was not */
    int64_t step;  /* of a report */
    const char *genome;
    const char *objectives; /* JSON array of numbers; NULL: none */
} hyti_row;

/* A missing file is created only for writing; an empty one is opened as it is.
 * HYT_ERR_FORMAT: not SQLite, damaged; HYT_ERR_CONFLICT: of another application or version; HYT_ERR_IO. */
hyt_status hyti_database_open(hyt_context *context, const char *path, bool write, hyti_database **out);
void hyti_database_destroy(hyti_database *database);
/* Whether the file holds a study: false for an empty or half-created one. */
bool hyti_database_holds_study(const hyti_database *database);
/* Bytes of the file: nothing that is read from it may claim more. */
size_t hyti_database_bytes(const hyti_database *database);

/* Makes the tables, or empties them, and stores the facts, all or nothing. */
hyt_status hyti_database_create(hyti_database *database, const hyti_fact *facts, size_t count);
/* Stores them in place of those of the same keys. */
hyt_status hyti_database_set_facts(hyti_database *database, const hyti_fact *facts, size_t count);

/* Everything stored, as of one moment: facts in order of key, trials in order of number, then reports
 * (number, step, objectives) in order of number and step. What is handed over is
 * lent for the call; an answer other than HYT_OK ends the reading and is returned. */
typedef hyt_status (*hyti_fact_fn)(void *user, const char *key, const char *value);
typedef hyt_status (*hyti_row_fn)(void *user, const hyti_row *row);
hyt_status hyti_database_read(hyti_database *database, hyti_fact_fn fact, hyti_row_fn row, hyti_row_fn report,
                              void *user);

/* New rows; and the end of one, which must be there in state `before`. */
hyt_status hyti_database_insert(hyti_database *database, const hyti_row *rows, size_t count);
hyt_status hyti_database_update(hyti_database *database, const hyti_row *row, int64_t before);
/* A report of a trial, in place of those from its step on. */
hyt_status hyti_database_report(hyti_database *database, const hyti_row *row);

#endif
