/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an algorithm is given. It never sees the handle: a test sets these up in a few lines. Points are canonical
 * rows of levels, objectives are minimised. */
#ifndef HYTI_SEARCH_PROBLEM_H
#define HYTI_SEARCH_PROBLEM_H

#include "search/set.h"

typedef struct hyti_problem {
    const hyt_space *space;
    size_t objectives;
    /* How far the point is from meeting what is known before evaluation; 0: it does. NULL: all points do. */
    hyt_status (*violation)(void *user, const hyti_level *levels, double *violation);
    /* The value of an objective that is known without evaluation, where exact[j]; exact NULL: none is. */
    hyt_status (*measure)(void *user, const hyti_level *levels, size_t objective, double *value);
    const bool *exact;
    void *user;
    const hyti_set *taken;   /* told or pending: never proposed again; NULL: none */
    const double *limits;    /* one an objective, infinity: none */
    const double *reference; /* NULL before it is known */
    uint64_t seed;           /* of the study: for what goes on from round to round */
} hyti_problem;

/* What is known of single objectives apart from the history: count rows of levels, and one minimised value of each. */
typedef struct hyti_samples {
    size_t count;
    hyti_level *levels;
    struct hyti_sample {
        size_t objective;
        double value;
    } *values;
} hyti_samples;

/* What is known, one row a candidate, in order of their first trials. Of a pruned one the objectives are what it would
 * have come to, NaN where nothing says so. */
typedef struct hyti_history {
    size_t count;
    const hyti_level *levels;        /* count rows */
    const double *objectives;        /* count rows; they mean something where the state is HYT_TRIAL_FINISHED */
    const hyt_trial_state *states;   /* HYT_TRIAL_PENDING among them */
    /* Where candidates finished more than once, and the rows are their means: every finished evaluation, and pruned
     * ones, for what learns from each. NULL: the rows are that. */
    const struct hyti_history *each;
    const hyti_samples *samples; /* NULL: none */
} hyti_history;

static inline hyt_context *hyti_problem_context(const hyti_problem *problem)
{
    return hyti_space_context(problem->space);
}
hyt_status hyti_problem_violation(const hyti_problem *problem, const hyti_level *levels, double *violation);
/* Neither taken nor in `batch`. */
static inline bool hyti_problem_new(const hyti_problem *problem, const hyti_set *batch, const hyti_level *levels)
{
    return hyti_set_find(problem->taken, levels) == HYTI_NOWHERE && hyti_set_find(batch, levels) == HYTI_NOWHERE;
}
/* New, and meets the constraints. */
hyt_status hyti_problem_free(const hyti_problem *problem, const hyti_set *batch, const hyti_level *levels, bool *free);
/* Adds one free point to the batch: uniform where such points are not rare. Where they are, walks towards the
 * constraints, and small spaces are looked through. Nothing found: the batch stays as it is. */
hyt_status hyti_problem_draw(const hyti_problem *problem, hyti_rng *rng, hyti_set *batch);
/* The same, near `levels`, which are changed gene by gene until they are free; falls back to a draw. */
hyt_status hyti_problem_repair(const hyti_problem *problem, hyti_rng *rng, hyti_level *levels, hyti_set *batch);
/* Adds all free points of a space of at most `most` points, in its order; *small says whether it is one. */
hyt_status hyti_problem_enumerate(const hyti_problem *problem, uint64_t most, hyti_set *found, bool *small);

/* Whether the row teaches what objective j is. */
static inline bool hyti_history_teaches(const hyti_history *history, size_t row, size_t j, size_t objectives)
{
    double value = history->objectives[row * objectives + j];
    return history->states[row] == HYT_TRIAL_FINISHED || (history->states[row] == HYT_TRIAL_PRUNED && value == value);
}

static inline bool hyti_problem_exact(const hyti_problem *problem, size_t objective)
{
    return problem->exact && problem->exact[objective];
}

/* Whether a finished row is within the limits. */
static inline bool hyti_problem_within(const hyti_problem *problem, const double *objectives)
{
    for (size_t j = 0; j < problem->objectives; j++)
        if (objectives[j] > problem->limits[j]) return false;
    return true;
}

#endif
