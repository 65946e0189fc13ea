/* SPDX-License-Identifier: MIT */
/* Option tables: one row an option, one struct of parameters a table. Every field is 8 bytes: int64_t for INT, FLAG and
 * CHOICE (the place of the word in its list), double for REAL. */
#ifndef HYTI_BASE_TABLE_H
#define HYTI_BASE_TABLE_H

#include "base/heap.h"
#include <hytnas/options.h>

typedef struct hyti_option {
    const char *key;
    hyt_option_type type;
    double initial, low, high; /* of a CHOICE: its initial place; bounds unused */
    const char *choices;       /* "a|b|c", NULL unless a CHOICE */
    size_t offset;             /* in the struct of parameters */
    const char *help;          /* one sentence, lower case, no full stop */
} hyti_option;

typedef struct hyti_table {
    const hyti_option *rows;
    size_t count;
    size_t size;                    /* of the struct of parameters */
    const struct hyti_table *first; /* NULL, or a table whose rows come first and whose struct starts this one */
} hyti_table;

hyt_status hyti_options_create(hyt_context *context, const hyti_table *table, hyt_options **out);
/* Copies the values into `params` (table->size bytes): the defaults if options is NULL. HYT_ERR_ARGUMENT if they were
 * made for another table (one that starts with `table` is good). */
hyt_status hyti_options_read(const hyt_options *options, const hyti_table *table, void *params);
/* Nearest of `count` names to `name` by edit distance, for messages; NULL if count is 0. */
const char *hyti_nearest(const char *name, size_t count, const char *(*at)(const void *user, size_t index),
                         const void *user);

#endif
