/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HYTI_STORE_STUDY_H
#define HYTI_STORE_STUDY_H

#include "store/database.h"
#include "store/lock.h"
#include <hytnas/study.h>

typedef struct hyti_facts {
    hyti_fact *at;
    size_t count, capacity;
} hyti_facts;

typedef struct hyti_study_report {
    uint64_t step;
    double *objectives;
} hyti_study_report;

typedef struct hyti_study_row {
    hyt_trial_state state;
    uint64_t round, ended; /* as hyt_search_restore() takes them */
    char *genome;
    double *objectives; /* NULL unless finished */
    hyti_study_report *reports; /* by rising step */
    size_t report_count, report_room;
} hyti_study_row;

struct hyt_study {
    hyti_ref ref;
    hyt_context *context;
    hyt_study_mode mode;
    bool attached;
    char *path;
    hyti_lock lock;
    hyti_database *database;
    hyti_facts facts;
    /* understood from the facts */
    hyt_space *space;
    size_t objectives;
    const char **names; /* lent by the facts */
    hyt_direction *directions;
    /* trial i is row i */
    hyti_study_row *rows;
    size_t count, capacity;
};

/* Copies; the key is the first `length` bytes of `key`. */
hyt_status hyti_facts_add(hyt_context *context, hyti_facts *facts, const char *key, size_t length, const char *value);
const char *hyti_facts_find(const hyti_facts *facts, const char *key);

/* Reads facts and trials from the file, believing nothing. */
hyt_status hyti_study_load(hyt_study *study);
/* Space, objectives and directions from the facts. */
hyt_status hyti_study_understand(hyt_study *study);
/* The genome of a candidate, released with hyti_free. */
hyt_status hyti_study_genome(const hyt_study *study, const hyt_candidate *candidate, char **out);
/* Adds one to a row, taking over `objectives`, in place of those from `step` on. Room is there. */
void hyti_study_add_report(const hyt_study *study, hyti_study_row *row, uint64_t step, double *objectives);
void hyti_study_clear_row(const hyt_study *study, hyti_study_row *row);

#endif
