/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods behind the handle, one file each. All have one shape: from the problem, the history, their parameters
 * and a random stream of the round they add up to `count` free points to an empty batch, fewer only where no more
 * are found. */
#ifndef HYTI_SEARCH_METHODS_H
#define HYTI_SEARCH_METHODS_H

#include "search/acquisition.h"
#include "search/model.h"

typedef enum hyti_selection {
    HYTI_SELECTION_FANTASIES, /* greedy; models learn what is expected of those taken */
    HYTI_SELECTION_HVI,       /* greedy */
    HYTI_SELECTION_RANDOM,
    HYTI_SELECTION_DOMINANCE
} hyti_selection;

/* The rows of the search's option table that methods read. */
typedef struct hyti_method_params {
    int64_t surrogate;   /* a hyti_model_kind */
    int64_t acquisition; /* a hyti_acquisition */
    int64_t population;  /* of nsga2, and of the inner solver */
    int64_t generations; /* of the inner solver */
    int64_t solver;      /* a hyti_solver */
    int64_t selection;   /* a hyti_selection */
} hyti_method_params;

typedef hyt_status (*hyti_propose_fn)(const hyti_problem *problem, const hyti_history *history,
                                      const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                                      hyti_set *batch);

hyt_status hyti_random_propose(const hyti_problem *problem, const hyti_history *history,
                               const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                               hyti_set *batch);
hyt_status hyti_sobol_propose(const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                              hyti_set *batch);
hyt_status hyti_evolution_propose(const hyti_problem *problem, const hyti_history *history,
                                  const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                                  hyti_set *batch);
hyt_status hyti_nsga2_propose(const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                              hyti_set *batch);
hyt_status hyti_hytnas_propose(const hyti_problem *problem, const hyti_history *history,
                               const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                               hyti_set *batch);
hyt_status hyti_parego_propose(const hyti_problem *problem, const hyti_history *history,
                               const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                               hyti_set *batch);
hyt_status hyti_dgemo_propose(const hyti_problem *problem, const hyti_history *history,
                              const hyti_method_params *params, hyti_memo *memo, hyti_rng *rng, size_t count,
                              hyti_set *batch);

#endif
