/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handle, for the files that make it up: search.c (create, set up, describe), constraint.c, round.c (ask), record.c
 * (tell, add, restore), sample.c, point.c, run.c and results.c. No algorithm includes this. */
#ifndef HYTI_SEARCH_HANDLE_H
#define HYTI_SEARCH_HANDLE_H

#include "search/methods.h"
#include "search/search.h"
#include <pthread.h>

#define HYTI_SEARCH_LARGEST 1e100 /* beyond it an objective is no number to learn from (surrogate.h) */

typedef struct hyti_search_params {
    int64_t method, seed, trials, batch, initial, design, stall, added, repeats, retries, mode, workers;
    int64_t pruner, min_step, max_step;
    double eta, seconds, target;
    hyti_method_params algorithm;
} hyti_search_params;

typedef struct hyti_objective {
    char *name;
    hyt_direction direction;
    double limit; /* in its own unit; infinite: none */
    /* exact ones */
    hyt_measure_fn measure; /* NULL: it is told */
    void *user;
    hyt_release_fn release;
    size_t place;           /* among the exact ones */
    double nearest;         /* its value at the candidate that came nearest to meeting all limits */
} hyti_objective;

typedef struct hyti_constraint {
    char *name;
    hyt_measure_fn measure;
    void *user;
    hyt_release_fn release;
    double limit;
    double nearest; /* its value at the candidate that came nearest to meeting all */
} hyti_constraint;

/* Words of options. */
enum { HYTI_ADDED_FREE, HYTI_ADDED_COUNT };
enum { HYTI_MODE_BATCH, HYTI_MODE_ASYNCHRONOUS };
enum { HYTI_PRUNER_NONE, HYTI_PRUNER_HALVING, HYTI_PRUNER_HYPERBAND };

typedef struct hyti_report {
    uint64_t step;
    double objectives[HYTI_SEARCH_OBJECTIVES];
} hyti_report;

typedef struct hyti_record {
    hyt_trial trial; /* lent to the caller: does not move, and comes first */
    hyt_trial_state state;
    bool out;        /* handed out and not given back */
    uint64_t round;  /* number of the first trial of its ask; HYT_SEARCH_ADDED */
    uint64_t ended;  /* how many trials there were when it was told: an ask at `count` trials knows it if
                        ended <= count */
    size_t next;     /* the next trial of the same candidate; HYTI_NOWHERE */
    bool stop;       /* should end because of what it reported */
    hyti_report *reports; /* by rising step */
    size_t report_count, report_room;
    double objectives[HYTI_SEARCH_OBJECTIVES];
} hyti_record;

/* The trials of one candidate: a list in order of number. */
typedef struct hyti_point {
    size_t first, last;
} hyti_point;

/* What the trials of a candidate come to. */
typedef struct hyti_summary {
    hyt_trial_state state; /* finished if one is; else pending if one is; else the last that was not cancelled */
    size_t finished, transient;
    /* Of finished ones; minimised; error: of the mean. */
    double mean[HYTI_SEARCH_OBJECTIVES], error[HYTI_SEARCH_OBJECTIVES];
} hyti_summary;

struct hyt_search {
    hyti_ref ref;
    pthread_mutex_t lock; /* of ask, tell, add and report: reports come from the threads that evaluate */
    hyt_context *context;
    hyt_space *space; /* retained */
    hyti_search_params params;

    hyti_objective objectives[HYTI_SEARCH_OBJECTIVES];
    size_t objective_count, exact_count;
    hyti_constraint *constraints;
    size_t constraint_count, constraint_room;
    bool reference_set;
    double reference[HYTI_SEARCH_OBJECTIVES];

    hyti_record **records; /* by number */
    size_t count, room;
    hyti_set taken;
    hyti_point *points; /* by place in `taken` */
    size_t point_room;

    hyti_set measured;     /* points that were measured before evaluation */
    double *facts;         /* rows of how far each is from the constraints, then its exact objectives */
    size_t fact_room;
    double nearest;        /* least violation so far; infinity before the first */
    hyti_memo memo;
    hyti_samples samples;
    size_t sample_rooms[2]; /* of levels, of values */

    hyt_asked_fn asked;
    hyt_told_fn told;
    hyt_reported_fn reported;
    void *journal;
    hyt_release_fn journal_release;

    bool exhausted;  /* the last ask found nothing more */
    double deadline; /* of the run under way */
    const char *stopped;
};

/* Which objective it is, or HYT_ERR_NOT_FOUND with the nearest. */
hyt_status hyti_search_find_objective(const hyt_search *search, const char *name, size_t *j);
/* HYT_ERR_CONFLICT for a candidate of another space. */
hyt_status hyti_search_check_space(const hyt_search *search, const hyt_candidate *candidate);
/* Trials of the initial design. */
size_t hyti_search_initial(const hyt_search *search);
/* Sign that makes the objective one to be minimised. */
static inline double hyti_search_sign(const hyt_search *search, size_t j)
{
    return search->objectives[j].direction == HYT_MAXIMISE ? -1 : 1;
}
/* Trials that count against the option. */
size_t hyti_search_used(const hyt_search *search);
/* Trials that are or were evaluated, wherever they came from: all but cancelled ones. */
size_t hyti_search_known(const hyt_search *search);

/* What the trials before number `before` say of the candidate at `place` of the taken ones. */
void hyti_point_summarise(const hyt_search *search, size_t place, size_t before, hyti_summary *summary);
/* Whether a result of that candidate may be added: nothing is known of it yet, or repeats are allowed. */
bool hyti_point_open(const hyt_search *search, size_t place);
/* Whether one of its trials is pending. */
bool hyti_point_pending(const hyt_search *search, size_t place);
/* Whether it may be proposed once more, after transient failures. */
bool hyti_point_retry(const hyt_search *search, size_t place);
/* Rows of the candidates that finished within the limits by the trials before number `before`, minimised; room for
 * one a candidate. */
size_t hyti_points_good(const hyt_search *search, size_t before, double *rows);

/* Room for `more` records, so that appending them cannot fail. */
hyt_status hyti_record_reserve(hyt_search *search, size_t more);
hyt_status hyti_record_create(hyt_search *search, uint64_t number, uint64_t round, const hyti_level *levels,
                              hyti_record **out);
void hyti_record_destroy(hyt_search *search, hyti_record *record);
void hyti_record_append(hyt_search *search, hyti_record *record);

/* hyt_trial_report() of a trial of a search. */
hyt_status hyti_record_report(hyt_trial *trial, uint64_t step, const double *objectives, size_t n);
/* What a pruned trial would have come to, in its own units, by what finished ones reported at its last step; false
 * where too few did. */
bool hyti_record_foresee(const hyt_search *search, const hyti_record *record, double *row);

/* Minimised. */
void hyti_search_minimise(const hyt_search *search, const double *objectives, double *row);
/* The reference, minimised; false before it is known. */
bool hyti_search_minimised_reference(const hyt_search *search, double *reference);
/* The reference that methods work with: that one; in asynchronous mode, while it is not known, that of all that has
 * finished so far. */
bool hyti_search_working_reference(const hyt_search *search, double *reference);
/* Whether a minimised row is within the limits. */
bool hyti_search_within(const hyt_search *search, const double *row);
/* The problem's violation callback; user is the search. */
hyt_status hyti_search_violation(void *user, const hyti_level *levels, double *violation);
/* The problem's measure callback; likewise. */
hyt_status hyti_search_exact(void *user, const hyti_level *levels, size_t objective, double *value);
/* Writes the exact objectives, each in its own unit, over what is there. */
hyt_status hyti_search_fill_exact(hyt_search *search, const hyti_level *levels, double *objectives);
void hyti_search_forget_measured(hyt_search *search);
/* HYT_ERR_INFEASIBLE with the constraints and the nearest values, or HYT_ERR_EXHAUSTED. */
hyt_status hyti_search_fail_empty(const hyt_search *search);

#endif
