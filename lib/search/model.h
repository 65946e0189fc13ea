/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a method believes of points that it has not seen: a surrogate an objective, fitted on all finished trials,
 * and one of success once something has failed. */
#ifndef HYTI_SEARCH_MODEL_H
#define HYTI_SEARCH_MODEL_H

#include "search/problem.h"
#include "search/search.h"
#include <hytnas/surrogate.h>

/* In the order of the option's words; what follows these is a kind of surrogate that auto does not try. */
typedef enum hyti_model_kind { HYTI_MODEL_AUTO, HYTI_MODEL_GP, HYTI_MODEL_TREES } hyti_model_kind;

/* What `auto` chose last and on which rows: saves time, and decides nothing, since the same rows give the same
 * choice. */
typedef struct hyti_memo {
    uint64_t digest[HYTI_SEARCH_OBJECTIVES + 1];
    hyti_model_kind kind[HYTI_SEARCH_OBJECTIVES + 1];
} hyti_memo;

typedef struct hyti_model {
    const hyti_problem *problem;
    size_t features;
    hyt_surrogate *objective[HYTI_SEARCH_OBJECTIVES];
    bool slow[HYTI_SEARCH_OBJECTIVES]; /* starts anew at what is supposed, from too many trials for that */
    double noise[HYTI_SEARCH_OBJECTIVES]; /* deviation of measurements about what is predicted, of the same point */
    hyt_surrogate *success; /* NULL: nothing has failed */
} hyti_model;

/* What is predicted of the measurements of `count` points: rows of one value an objective, and the chance that a trial
 * finishes within the limits. */
typedef struct hyti_forecast {
    double *mean, *deviation, *chance;
} hyti_forecast;

/* The history has a finished trial. `kind` auto: by cross-validated Kendall tau on the first finished trials, again
 * whenever there are half as many more. A failed fit leaves *model as {0}. */
hyt_status hyti_model_fit(const hyti_problem *problem, const hyti_history *history, hyti_model_kind kind, uint64_t seed,
                          hyti_memo *memo, hyti_model *model);
void hyti_model_close(hyti_model *model);
/* Writes into the room of `forecast`. */
hyt_status hyti_model_predict(const hyti_model *model, const hyti_level *rows, size_t count,
                              const hyti_forecast *forecast);
/* Learns what is only supposed, where that takes little time: that the point's objectives are these. */
hyt_status hyti_model_suppose(hyti_model *model, const hyti_level *levels, const double *objectives);
/* Joint draws of what the objectives of `count` points may be, noise left out: draws * count rows. */
hyt_status hyti_model_sample(const hyti_model *model, const hyti_level *rows, size_t count, size_t draws, uint64_t seed,
                             double *out);
hyt_status hyti_forecast_open(const hyti_problem *problem, size_t count, hyti_forecast *forecast);
void hyti_forecast_close(const hyti_problem *problem, hyti_forecast *forecast);

#endif
