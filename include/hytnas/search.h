/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file search.h
 *  Multi-objective search by ask and tell; run() is a loop over them.
 *
 *  The shortest program: hyt_search_create, hyt_search_add_objective (2 to 4 times), hyt_search_run, then
 *  hyt_search_front. A proposal depends only on options, seed, and the trials told and pending, in order of their
 *  numbers; nothing is proposed twice, pending trials included. */
#ifndef HYTNAS_SEARCH_H
#define HYTNAS_SEARCH_H

#include <hytnas/options.h>
#include <hytnas/space.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_search hyt_search;
typedef enum hyt_direction { HYT_MINIMISE = 0, HYT_MAXIMISE = 1 } hyt_direction;

#define HYT_SEARCH_METHOD "method"           /**< choice: "hytnas" (surrogates), "nsga2", "random" */
#define HYT_SEARCH_SEED "seed"               /**< int, 0 */
#define HYT_SEARCH_TRIALS "trials"           /**< int, 100: evaluations in all; the run stops there */
#define HYT_SEARCH_BATCH "batch"             /**< int, 5: proposals of one round */
#define HYT_SEARCH_INITIAL "initial"         /**< int, 0: initial design; 0: chosen from genes and trials */
#define HYT_SEARCH_SURROGATE "surrogate"     /**< choice: "auto", "gp", "trees" */
#define HYT_SEARCH_ACQUISITION "acquisition" /**< choice: "ei", "ucb" */
#define HYT_SEARCH_POPULATION "population"   /**< int: parents of nsga2, and points kept by the inner solver of hytnas */
#define HYT_SEARCH_GENERATIONS "generations" /**< int: generations of the inner solver of hytnas */
#define HYT_SEARCH_SECONDS "seconds"         /**< real, 0: deadline of run, from its start; 0: none */
#define HYT_SEARCH_TARGET "target"           /**< real, 0: run stops at this hypervolume; 0: none */
#define HYT_SEARCH_STALL "stall"             /**< int, 0: run stops after this many trials without a better hypervolume; 0: never */

HYT_API hyt_status hyt_search_options_create(hyt_context *context, hyt_options **out);

/** @param options  NULL: defaults; copied */
HYT_API hyt_status hyt_search_create(hyt_space *space, const hyt_options *options, hyt_search **out);
HYT_API void hyt_search_destroy(hyt_search *search);

/** @name Before the first ask
 *  HYT_ERR_STATE afterwards.
 *  @{ */
HYT_API hyt_status hyt_search_add_objective(hyt_search *search, const char *name, hyt_direction direction);
/** Hard: checked before evaluation; candidates with value > limit are never proposed.
 *  @param release  called once with `user` when the search is done with it; may be NULL */
HYT_API hyt_status hyt_search_add_constraint(hyt_search *search, const char *name, hyt_measure_fn measure, void *user,
                                             hyt_release_fn release, double limit);
/** Soft: on a measured objective, in its own sense: a maximised one should be at least `limit`, a minimised one at most.
 *  Trials beyond it are finished but are not in the front, and the search learns to avoid them. */
HYT_API hyt_status hyt_search_add_limit(hyt_search *search, const char *objective, double limit);
/** One value an objective, each in its own unit. If not set: the nadir of the initial design's finished trials plus 10 %. */
HYT_API hyt_status hyt_search_set_reference(hyt_search *search, const double *reference, size_t n);
/** @} */

/** @name Ask and tell
 *  @{ */
/** Up to `n` trials: first those of an earlier ask that were given back by restore, then new ones. Lent, valid until told
 *  or the search is destroyed. A round of `batch` proposals is made at once and handed out as asked for; a new one is
 *  made only when all of the last have been told.
 *  @param trials  room for n @param count  how many were written, >= 1
 *  @return HYT_ERR_EXHAUSTED when nothing is left; HYT_ERR_INFEASIBLE when no candidate meets the constraints (names
 *          them and the nearest value seen); HYT_ERR_STATE when all of the round is out and not yet told, or the
 *          trials of the options are used up */
HYT_API hyt_status hyt_search_ask(hyt_search *search, size_t n, hyt_trial **trials, size_t *count);
/** @param state       HYT_TRIAL_FINISHED or a failure; finished with a value that is not finite becomes HYT_TRIAL_NAN
 *  @param objectives  n values in the order added; may be NULL on a failure */
HYT_API hyt_status hyt_search_tell(hyt_search *search, hyt_trial *trial, hyt_trial_state state, const double *objectives,
                                   size_t n);
/** Called after each told trial of run(); 0 goes on, HYT_STOP ends well, negative ends and travels unchanged. */
typedef int (*hyt_progress_fn)(void *user, const hyt_search *search, const hyt_trial *trial);
/** Asks, evaluates, tells until the stop rule. Why it ended is a result: see hyt_search_stopped.
 *  @param progress  may be NULL; called with the same `user` */
HYT_API hyt_status hyt_search_run(hyt_search *search, hyt_evaluate_fn evaluate, void *user, hyt_progress_fn progress);
/** Why run() ended: "trials", "seconds", "target", "stall", "stopped" (a callback), "exhausted"; "" before. */
HYT_API const char *hyt_search_stopped(const hyt_search *search);
/** @} */

/** @name Results
 *  @{ */
HYT_API size_t hyt_search_objectives(const hyt_search *search);
HYT_API const char *hyt_search_objective_name(const hyt_search *search, size_t objective);
HYT_API hyt_direction hyt_search_objective_direction(const hyt_search *search, size_t objective);
HYT_API const hyt_space *hyt_search_space(const hyt_search *search); /**< lent */
/** All trials so far, in order of number; `index` < size. */
HYT_API size_t hyt_search_size(const hyt_search *search);
HYT_API const hyt_trial *hyt_search_trial(const hyt_search *search, size_t index);
HYT_API hyt_trial_state hyt_search_trial_state(const hyt_search *search, size_t index);
/** One value an objective, as told; NULL unless finished. Lent. */
HYT_API const double *hyt_search_trial_objectives(const hyt_search *search, size_t index);
/** 1 if finished, within the limits and dominated by no other such trial. */
HYT_API int hyt_search_trial_in_front(const hyt_search *search, size_t index);
/** Of the front, against the reference. HYT_ERR_STATE before the reference is known. */
HYT_API hyt_status hyt_search_hypervolume(const hyt_search *search, double *volume);
/** The reference in use, one value an objective; HYT_ERR_STATE before it is known. */
HYT_API hyt_status hyt_search_reference(const hyt_search *search, double *reference, size_t n);
/** Hypervolume after the first `index` + 1 trials. */
HYT_API hyt_status hyt_search_hypervolume_at(const hyt_search *search, size_t index, double *volume);
/** @} */

/** @name Journal
 *  How a store follows a search: `asked` sees each new round before ask returns, `told` each result before tell returns.
 *  A journal that fails (negative) fails the call, and the search is as before.
 *  @{ */
typedef int (*hyt_asked_fn)(void *user, const hyt_trial *const *trials, size_t count);
typedef int (*hyt_told_fn)(void *user, const hyt_trial *trial, hyt_trial_state state, const double *objectives, size_t n);
HYT_API hyt_status hyt_search_set_journal(hyt_search *search, hyt_asked_fn asked, hyt_told_fn told, void *user,
                                          hyt_release_fn release);
/** Puts back one trial, in order of number, before the first ask: HYT_TRIAL_PENDING ones are handed out first. */
HYT_API hyt_status hyt_search_restore(hyt_search *search, uint64_t number, const hyt_candidate *candidate,
                                      hyt_trial_state state, const double *objectives, size_t n);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
