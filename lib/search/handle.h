/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handle, for the files that make it up: search.c (create, set up, describe), constraint.c, round.c (ask, tell,
 * restore), run.c and results.c. No algorithm includes this. */
#ifndef HYTI_SEARCH_HANDLE_H
#define HYTI_SEARCH_HANDLE_H

#include "search/methods.h"
#include "search/search.h"

typedef struct hyti_search_params {
    int64_t method, seed, trials, batch, initial, stall;
    double seconds, target;
    hyti_method_params algorithm;
} hyti_search_params;

typedef struct hyti_objective {
    char *name;
    hyt_direction direction;
    double limit; /* in its own unit; infinite: none */
} hyti_objective;

typedef struct hyti_constraint {
    char *name;
    hyt_measure_fn measure;
    void *user;
    hyt_release_fn release;
    double limit;
    double nearest; /* its value at the candidate that came nearest to meeting all */
} hyti_constraint;

typedef struct hyti_record {
    hyt_trial trial; /* lent to the caller: does not move */
    hyt_trial_state state;
    bool out;        /* handed out and not given back */
    double objectives[HYTI_SEARCH_OBJECTIVES];
} hyti_record;

struct hyt_search {
    hyti_ref ref;
    hyt_context *context;
    hyt_space *space; /* retained */
    hyti_search_params params;

    hyti_objective objectives[HYTI_SEARCH_OBJECTIVES];
    size_t objective_count;
    hyti_constraint *constraints;
    size_t constraint_count, constraint_room;
    bool reference_set;
    double reference[HYTI_SEARCH_OBJECTIVES];

    hyti_record **records; /* by number */
    size_t count, room;
    hyti_set taken;

    hyti_set measured;     /* points whose constraints were measured, and how far each is from meeting them */
    double *violations;
    size_t violation_room;
    double nearest;        /* least violation so far; infinity before the first */
    hyti_memo memo;

    hyt_asked_fn asked;
    hyt_told_fn told;
    void *journal;
    hyt_release_fn journal_release;

    bool exhausted;  /* the last ask found nothing more */
    double deadline; /* of the run under way */
    const char *stopped;
};

/* Trials of the initial design. */
size_t hyti_search_initial(const hyt_search *search);
/* Sign that makes the objective one to be minimised. */
static inline double hyti_search_sign(const hyt_search *search, size_t j)
{
    return search->objectives[j].direction == HYT_MAXIMISE ? -1 : 1;
}
/* Objectives of trial `index`, which is finished, minimised. */
void hyti_search_minimised(const hyt_search *search, size_t index, double *row);
/* The reference, minimised; false before it is known. */
bool hyti_search_minimised_reference(const hyt_search *search, double *reference);
/* Finished and within the limits. */
bool hyti_search_good(const hyt_search *search, const hyti_record *record);
/* The problem's violation callback; user is the search. */
hyt_status hyti_search_violation(void *user, const hyti_level *levels, double *violation);
/* HYT_ERR_INFEASIBLE with the constraints and the nearest values, or HYT_ERR_EXHAUSTED. */
hyt_status hyti_search_fail_empty(const hyt_search *search);

#endif
