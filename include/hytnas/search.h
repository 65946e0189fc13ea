/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file search.h
 *  Multi-objective search by ask and tell; run() is a loop over them.
 *
 *  The shortest program: hyt_search_create, hyt_search_add_objective (up to 4 times), hyt_search_run, then
 *  hyt_search_trial_in_front for each trial. A proposal depends only on options, seed, samples, and the trials told
 *  and pending, in order of their numbers: neither on the order of tells within a round nor on when the process last
 *  started. Nothing is proposed twice, pending trials included, but what failed for a transient reason and what the
 *  options let be repeated. A failed trial is an evaluation that was used; it teaches the search which candidates to
 *  leave alone (a transient failure does not). A cancelled one was not: neither counts nor teaches. */
#ifndef HYTNAS_SEARCH_H
#define HYTNAS_SEARCH_H

#include <hytnas/options.h>
#include <hytnas/space.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_search hyt_search;
typedef enum hyt_direction { HYT_MINIMISE = 0, HYT_MAXIMISE = 1 } hyt_direction;

/** choice: "hytnas" (surrogates), "nsga2", "random", "sobol", "evolution", "parego", "dgemo" */
#define HYT_SEARCH_METHOD "method"
#define HYT_SEARCH_SEED "seed"               /**< int, 0 */
#define HYT_SEARCH_TRIALS "trials"           /**< int, 100: evaluations in all, failed ones too */
#define HYT_SEARCH_BATCH "batch"             /**< int, 5: proposals of one round */
#define HYT_SEARCH_INITIAL "initial"         /**< int, 0: initial design; 0: genes / 3 + 4, from 6 to 32 */
#define HYT_SEARCH_DESIGN "design"           /**< choice: "latin", "uniform", "beta", "sobol", "cluster" */
/** choice: "gp", "auto" (by cross-validation), "trees", "forest", "ridge", "ranker" */
#define HYT_SEARCH_SURROGATE "surrogate"
/** choice: "ehvi", "nehvi", "thompson", all joint; "identity", "ucb", "ei", "pi" */
#define HYT_SEARCH_ACQUISITION "acquisition"
/** choice: "auto" (all of a small space, else nsga2), "nsga2", "moead", "local" */
#define HYT_SEARCH_SOLVER "solver"
#define HYT_SEARCH_SELECTION "selection"     /**< choice: "fantasies", "hvi", "random", "dominance" */
/** int: parents of nsga2, the living of evolution, points kept by the inner solver */
#define HYT_SEARCH_POPULATION "population"
#define HYT_SEARCH_GENERATIONS "generations" /**< int, 0: of the inner solver; 0: 6 a gene, from 48 to 240 */
#define HYT_SEARCH_ADDED_RESULTS "added"     /**< choice: "free", results that were added are no trials; "count" */
#define HYT_SEARCH_REPEATS "repeats"         /**< int, 1: evaluations that a candidate may have */
#define HYT_SEARCH_RETRIES "retries"         /**< int, 1: further evaluations after transient failures */
#define HYT_SEARCH_MODE "mode"               /**< choice: "batch", "asynchronous" */
#define HYT_SEARCH_WORKERS "workers"         /**< int, 1: threads on which run evaluates */
#define HYT_SEARCH_PRUNER "pruner"           /**< choice: "none", "halving", "hyperband" */
#define HYT_SEARCH_ETA "eta"                 /**< real, 3: of so many trials at a rung one goes on */
#define HYT_SEARCH_MIN_STEP "min-step"       /**< int, 1: step of a report at which the first rung is */
#define HYT_SEARCH_MAX_STEP "max-step"       /**< int, 0: last step of an evaluation; hyperband needs it */
#define HYT_SEARCH_SECONDS "seconds"         /**< real, 0: deadline of run, from its start; 0: none */
#define HYT_SEARCH_TARGET "target"           /**< real, 0: run stops at this hypervolume; 0: none */
#define HYT_SEARCH_STALL "stall"             /**< int, 0: run stops after so many trials without a better hypervolume */

HYT_API hyt_status hyt_search_options_create(hyt_context *context, hyt_options **out);

/** @param options  NULL: defaults; copied */
HYT_API hyt_status hyt_search_create(hyt_space *space, const hyt_options *options, hyt_search **out);
HYT_API void hyt_search_destroy(hyt_search *search);

/** @name Before the first ask
 *  HYT_ERR_STATE afterwards.
 *  @{ */
/** @param name  letters, digits, '_', '-', '.'
 *  @return HYT_ERR_CONFLICT if it is there already, HYT_ERR_RANGE for a fifth */
HYT_API hyt_status hyt_search_add_objective(hyt_search *search, const char *name, hyt_direction direction);
/** One whose value is known without an evaluation (parameters, bytes): measured whenever it is needed, never modelled,
 *  filled in where trials are told or added (what is told for it is not looked at). A limit on it is hard, and what
 *  has no finite value is never proposed. Time of `measure`, its answer and `release` as for a constraint. */
HYT_API hyt_status hyt_search_add_exact_objective(hyt_search *search, const char *name, hyt_direction direction,
                                                  hyt_measure_fn measure, void *user, hyt_release_fn release);
/** Hard: checked before evaluation; candidates with value > limit, or no number, are never proposed. It is measured for
 *  thousands of candidates a round (once each, as a rule): a millisecond is long.
 *  @param measure  its negative answer ends the ask and travels unchanged
 *  @param release  called once with `user` when the search is done with it (not if this call fails); may be NULL */
HYT_API hyt_status hyt_search_add_constraint(hyt_search *search, const char *name, hyt_measure_fn measure, void *user,
                                             hyt_release_fn release, double limit);
/** Soft: on a measured objective, in its own sense: a maximised one should be at least `limit`, a minimised one at
 *  most. Trials beyond it are finished but are not in the front, and the search learns to avoid them. */
HYT_API hyt_status hyt_search_add_limit(hyt_search *search, const char *objective, double limit);
/** One value an objective, each in its own unit. If not set: the worst value of each objective among the finished
 *  trials of the initial design, and 10 % of its range beyond it; it is fixed from then on. (Where all of the design
 *  failed, trials up to the first that finishes count too.) */
HYT_API hyt_status hyt_search_set_reference(hyt_search *search, const double *reference, size_t n);
/** @} */

/** @name Ask and tell
 *  In batch mode a round of `batch` proposals (the first: the initial design) is made at once and handed out as asked
 *  for; a new one is made only when all of the last have been told. In asynchronous mode, once the design is out, each
 *  ask makes as many new ones as it is short of, at most `batch`, given what is told and expected of what is pending;
 *  it is reproduced by the same asks and tells in the same order (hyt_study_order()).
 *
 *  A trial may report at steps of its evaluation (hyt_trial_report(), from the thread that evaluates): the option
 *  "pruner" ends those that are not among the best 1/eta, by front, then crowding, of the trials that had ended when
 *  it was asked and came as far as the same rung (steps min-step, times eta, times eta, ...; with hyperband some
 *  trials have later first rungs). hyt_trial_should_stop() then says so, and the trial is told ::HYT_TRIAL_PRUNED. It
 *  counts as a trial; surrogates learn what it would have come to, once 3 finished trials reported at its last step.
 *
 *  With "repeats" above 1 up to half of a round are further evaluations of candidates in the front, those with the
 *  fewest first. The front is then that of the means, and surrogates see every evaluation.
 *  @{ */
/** Up to `n` trials: first those of an earlier ask that were given back by restore, then new ones. Lent until the
 *  search is destroyed.
 *  @param trials  room for n @param count  how many were written, >= 1
 *  @return HYT_ERR_EXHAUSTED when nothing is left; HYT_ERR_INFEASIBLE when no candidate meets the constraints (names
 *          them and the nearest value seen); HYT_ERR_STATE when all of the round is out and not yet told, or the
 *          trials of the options are used up */
HYT_API hyt_status hyt_search_ask(hyt_search *search, size_t n, hyt_trial **trials, size_t *count);
/** @param state       HYT_TRIAL_FINISHED, a failure, HYT_TRIAL_PRUNED or HYT_TRIAL_CANCELLED; finished with a value
 *                     that is not finite, or beyond 1e100 either way, becomes HYT_TRIAL_NAN
 *  @param objectives  n values in the order added; may be NULL on a failure
 *  @return HYT_ERR_STATE for a trial that was told before, HYT_ERR_RANGE for a state that no trial ends in */
HYT_API hyt_status hyt_search_tell(hyt_search *search, hyt_trial *trial, hyt_trial_state state,
                                   const double *objectives, size_t n);
/** A result that was not asked for: an earlier one, or one of another candidate than the one proposed (tell that one
 *  ::HYT_TRIAL_CANCELLED). At any time; those before the first ask are initial design, which is shortened by them.
 *  It becomes a trial of the next number. Whether such trials count is the option "added". The constraints are not
 *  asked.
 *  @param candidate  copied; may be of another handle of the same space
 *  @param state      HYT_TRIAL_FINISHED or a failure, as for tell
 *  @return HYT_ERR_CONFLICT where the candidate has a trial already, unless that was cancelled or failed for a
 *          transient reason, or the option "repeats" leaves room */
HYT_API hyt_status hyt_search_add_result(hyt_search *search, const hyt_candidate *candidate, hyt_trial_state state,
                                         const double *objectives, size_t n);
/** What is known of one objective of a candidate apart from any trial, because that one takes no evaluation (a latency,
 *  where the accuracy takes a training): what models that objective learns from it from now on, and nothing else does.
 *  At any time, and for any number of candidates (surrogate "auto" looks at the first rows, which these are, when it
 *  chooses): with some dozens from the start, methods "hytnas", "parego" and "dgemo" need not spend trials on learning
 *  it. A study does not keep samples; who resumes one gives them again.
 *  @param candidate  may be of another handle of the same space, one that has a trial, and given more than once
 *  @param value      in the objective's own unit
 *  @return HYT_ERR_NOT_FOUND names the nearest objective; HYT_ERR_STATE for an exact one, which is not modelled;
 *          HYT_ERR_CONFLICT for a candidate of another space; HYT_ERR_RANGE for a value that is not finite, or beyond
 *          1e100 either way */
HYT_API hyt_status hyt_search_add_sample(hyt_search *search, const hyt_candidate *candidate, const char *objective,
                                         double value);
/** Called after each told trial of run(); 0 goes on, HYT_STOP ends well, negative ends and travels unchanged. */
typedef int (*hyt_progress_fn)(void *user, const hyt_search *search, const hyt_trial *trial);
/** Asks, evaluates, tells until the stop rule. Why it ended is a result: see hyt_search_stopped. A trial whose
 *  evaluation answered HYT_STOP or a negative number stays asked; the next run or ask hands it out first (HYT_STOP of
 *  one that was to be pruned is told as pruned). With `workers` above 1 the callbacks come on several threads:
 *  `evaluate` at the same time, `progress` one after the other; trials under way when a run ends are finished and told.
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
/** Mean of what the trials of the candidate of trial `index` finished with, and its standard error (0 of one trial).
 *  @param mean,error  n values each; either may be NULL
 *  @param evaluations  how many; may be NULL
 *  @return HYT_ERR_STATE where none has finished */
HYT_API hyt_status hyt_search_trial_mean(const hyt_search *search, size_t index, double *mean, double *error, size_t n,
                                         size_t *evaluations);
/** Reports of a trial, in order of step; what is no number counts as the worst there is, 1e100. Lent until the trial
 *  reports again. NULL where there is no such report. */
HYT_API size_t hyt_search_trial_reports(const hyt_search *search, size_t index);
HYT_API const double *hyt_search_trial_report(const hyt_search *search, size_t index, size_t place, uint64_t *step);
/** Of several finished trials of one candidate only the first. 1 if finished, within the limits
 *  and dominated by no other such trial. */
HYT_API int hyt_search_trial_in_front(const hyt_search *search, size_t index);
/** One trial of the front, by means where candidates were evaluated more than once. HYT_ERR_STATE where nothing has
 *  finished within the limits.
 *  The knee: where giving way in any objective buys least (hyt_pareto_knee()). */
HYT_API hyt_status hyt_search_pick_knee(const hyt_search *search, size_t *index);
/** The least weighted distance from the best of each objective, all scaled to the front (hyt_pareto_compromise()).
 *  @param weights  one an objective, none negative */
HYT_API hyt_status hyt_search_pick_weighted(const hyt_search *search, const double *weights, size_t n, size_t *index);
/** The best of one objective among those within limits (hyt_pareto_best()).
 *  @param limits  one an objective, in its own unit and sense (a maximised one should be at least that); infinite ones
 *                 are none; NULL: none at all
 *  @return HYT_ERR_INFEASIBLE, with the nearest miss, where nothing is within them */
HYT_API hyt_status hyt_search_pick_best(const hyt_search *search, size_t objective, const double *limits, size_t n,
                                        size_t *index);
/** Of the front, against the reference. HYT_ERR_STATE before the reference is known. */
HYT_API hyt_status hyt_search_hypervolume(const hyt_search *search, double *volume);
/** The reference in use, one value an objective; HYT_ERR_STATE before it is known. */
HYT_API hyt_status hyt_search_reference(const hyt_search *search, double *reference, size_t n);
/** Hypervolume after the first `index` + 1 trials. */
HYT_API hyt_status hyt_search_hypervolume_at(const hyt_search *search, size_t index, double *volume);
/** @} */

/** @name Journal
 *  How a store follows a search: `asked` sees each new round before ask returns, `told` each result before tell
 *  returns, and each that is added, whose number is then the next. A journal that fails (negative) fails the call, and
 *  the search is as before.
 *  @{ */
typedef int (*hyt_asked_fn)(void *user, const hyt_trial *const *trials, size_t count);
typedef int (*hyt_told_fn)(void *user, const hyt_trial *trial, hyt_trial_state state, const double *objectives,
                           size_t n);
/** Reports of this trial from `step` on that came before are of an evaluation that was started anew: gone. */
typedef int (*hyt_reported_fn)(void *user, const hyt_trial *trial, uint64_t step, const double *objectives, size_t n);
/** Each of the callbacks may be NULL. */
HYT_API hyt_status hyt_search_set_journal(hyt_search *search, hyt_asked_fn asked, hyt_told_fn told,
                                          hyt_reported_fn reported, void *user, hyt_release_fn release);
#define HYT_SEARCH_ADDED UINT64_MAX /**< round of a result that was not asked for */
/** Puts back one trial, in order of number, before the first ask: HYT_TRIAL_PENDING ones are handed out first. The
 *  journal is not called. `candidate` may be of another handle of the same space.
 *  @param round  number of the first trial that was asked with it; ::HYT_SEARCH_ADDED
 *  @param ended  how many trials there were when it was told (its own included); of no meaning for a pending one
 *  @return HYT_ERR_RANGE, HYT_ERR_SHAPE, HYT_ERR_FORMAT or HYT_ERR_CONFLICT for what cannot be: a number that is not
 *          the next, an unknown state or round, values that are not finite, a candidate of another space or one that
 *          hyt_search_add_result() would refuse */
HYT_API hyt_status hyt_search_restore(hyt_search *search, uint64_t number, const hyt_candidate *candidate,
                                      uint64_t round, hyt_trial_state state, uint64_t ended, const double *objectives,
                                      size_t n);
/** Puts back one report of a trial that was restored, in order of step. */
HYT_API hyt_status hyt_search_restore_report(hyt_search *search, uint64_t number, uint64_t step,
                                             const double *objectives, size_t n);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
