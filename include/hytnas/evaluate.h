/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file evaluate.h
 *  The built-in evaluation of a candidate network: train it, time it, count it. */
#ifndef HYTNAS_EVALUATE_H
#define HYTNAS_EVALUATE_H

#include <hytnas/data.h>
#include <hytnas/options.h>
#include <hytnas/space.h>
#include <hytnas/surrogate.h>
#include <hytnas/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_evaluator hyt_evaluator;

/** Training options (train.h), and: */
#define HYT_EVALUATE_TIMING "timing-ms" /**< real, 200: how long each candidate is timed, in milliseconds */
/** choice, "fp32", "int8": what accuracy, latency_ms, arena_bytes and weight_bytes are measured in, and what is handed
 *  over. int8: quantised after training, calibrated on 64 training pictures that lie evenly over the set, run by the
 *  runtime's int8 kernels. What is reported after each epoch is float32's score in either, for a calibration and an
 *  int8 validation an epoch would cost as much as small trainings do: a pruner compares reports with reports, all of
 *  float32, and what a pruned trial is taken to be worth is fitted to what trials with such reports had in int8. */
#define HYT_EVALUATE_PRECISION "precision"
/** int, 0: so many trained networks are kept, the last ones; a trial's candidate starts from the weights of the one
 *  that differs in the fewest genes (the earliest of equals; hyt_trainer_inherit()). Its result then depends on what
 *  was evaluated before, in this evaluator and in that order, not on the candidate alone. 0: all start from scratch, as
 *  hyt_evaluator_train() always does. */
#define HYT_EVALUATE_INHERIT "inherit"
/** real, 1: share of the training pictures that trials train on. hyt_evaluator_train() takes all of them. */
#define HYT_EVALUATE_SUBSET "subset"
/** choice, "random", "balanced" (as many of each class), "hard" (of each class those that a small network, trained for
 *  two epochs, loses most on; classification): which ones. Follows from the seed. */
#define HYT_EVALUATE_SUBSET_BY "subset-by"
/** int, 0: a trial's training, whose schedule is laid over all its epochs, ends after so many of them, at least 3, and
 *  its score is where its learning curve leads to. 0: never. */
#define HYT_EVALUATE_EXTRAPOLATE "extrapolate"
/** real, 0: with "extrapolate": only trainings that will end below this score, as the 90 % interval has it, end before
 *  their last epoch, as soon as that is seen; the others' scores are their own. 0: all end. */
#define HYT_EVALUATE_EXTRAPOLATE_BELOW "extrapolate-below"
#define HYT_EVALUATE_PJ_MAC "pj-mac" /**< real, 0: picojoules of a multiply-accumulate in "energy_estimate_uj" */
#define HYT_EVALUATE_PJ_NEAR "pj-near" /**< real, 0: of a byte of activations, read or written */
/** real, 0: of a byte of weights, each read once. 0: a 45 nm chip's, by precision */
#define HYT_EVALUATE_PJ_FAR "pj-far"
#define HYT_EVALUATE_PROXY_PICTURES "proxy-pictures" /**< int, 64: training pictures that zero-shot metrics look at */
#define HYT_EVALUATE_REFERENCE "reference" /**< int, 16: random candidates that metric "fused" compares with */
/** choice, "training", "one-shot", "fine-tuning": where a trial's score comes from. one-shot: one super-network is
 *  trained for all candidates of the space (hyt_evaluator_limit_supernet()), before the first score; a candidate's
 *  network is a slice of its weights with batch norm statistics of its own, and is not trained. fine-tuning: it is
 *  trained from that slice on, instead of from scratch or from what option "inherit" keeps. Classification only.
 *  hyt_evaluator_train() trains from scratch always. */
#define HYT_EVALUATE_METHOD "method"
#define HYT_EVALUATE_SUPERNET_EPOCHS "supernet-epochs" /**< int, 30: epochs of the super-network */
/** int, 256: training pictures that a slice's statistics come from */
#define HYT_EVALUATE_RECALIBRATION "recalibration"

HYT_API hyt_status hyt_evaluator_options_create(hyt_context *context, hyt_options **out);
/** Option "task" decides what candidates are trained for; their outputs are as many as the classes of the pictures, of
 *  the boxes or of the masks.
 *  @param train,validation  same picture size and classes
 *  @return HYT_ERR_FORMAT where a class of pictures is empty,
 *          HYT_ERR_SHAPE where the task's boxes or masks are missing */
HYT_API hyt_status hyt_evaluator_create(const hyt_dataset *train, const hyt_dataset *validation,
                                        const hyt_options *options, hyt_evaluator **out);
HYT_API void hyt_evaluator_destroy(hyt_evaluator *evaluator);

/** What can be an objective: the score of the task on the validation part, 0 to 1, as hyt_train_score() has it
 *  ("accuracy" of classification, "map50" or "map" of detection, "miou" of segmentation), "latency_ms" (batch 1, this
 *  machine), "parameters", "macs", "arena_bytes", "weight_bytes"; of the network before any training, more being
 *  better: "zen" (arXiv 2102.01063), "naswot" (2006.04647), "synflow" (2006.05467, its logarithm), "snip" (1810.02340),
 *  "gradnorm" (2101.08134), "logdet" (coding rate of the last features, 2006.08558), "fused" (all of these, parameters
 *  and MACs; each in deviations from its mean over random candidates); of one picture in the evaluator's precision,
 *  microjoules: "energy_uj" (hyt_evaluator_set_energy(), else the processor's RAPL counters; HYT_ERR_UNSUPPORTED where
 *  they cannot be read) and "energy_estimate_uj", an estimate: operations and bytes times a table;
 *  "predicted_accuracy", and likewise of the other scores, of "latency_ms" and of "energy_uj"
 *  (hyt_evaluator_set_predictor()). See docs/cheap_evaluations.md. NULL past the end. */
HYT_API const char *hyt_evaluator_metric(size_t index);
/** Chooses what hyt_evaluator_evaluate writes: call once an objective, in order. HYT_ERR_NOT_FOUND names the metrics;
 *  HYT_ERR_UNSUPPORTED for a score of another task; HYT_ERR_CONFLICT for a second score:
 *  one decides which epoch is kept. */
HYT_API hyt_status hyt_evaluator_add_objective(hyt_evaluator *evaluator, const char *metric);
/** A ::hyt_evaluate_fn; `evaluator` is a hyt_evaluator. Computes what was added and nothing else: without a score it
 *  does not train. A training whose loss is not finite is HYT_TRIAL_NAN; one that would take more than option
 *  "memory-bytes" allows is HYT_TRIAL_INFEASIBLE, before anything is measured. The training's seed follows from the
 *  options' seed and the candidate; a trial's fidelity is its share of the epochs. The latency is taken first; after
 *  each epoch all objectives are reported (hyt_trial_report(), step 1 after the first), the score as that of the epoch
 *  that would be handed over now (option "keep"). */
HYT_API int hyt_evaluator_evaluate(void *evaluator, hyt_trial *trial, double *objectives, size_t n);
/** The same of a candidate that no search asked for: in full, without a deadline;
 *  writes one value an objective, in order.
 *  @return as hyt_evaluator_evaluate() */
HYT_API int hyt_evaluator_measure(hyt_evaluator *evaluator, const hyt_candidate *candidate, double *objectives,
                                  size_t n);
/** The network of the last evaluation that trained one to its end, yours: what a search keeps of its front while it
 *  goes on. HYT_ERR_STATE before. */
HYT_API hyt_status hyt_evaluator_network(const hyt_evaluator *evaluator, hyt_graph **out);
/** What all trainings here imitate from now on, as hyt_trainer_set_teacher(); copied; NULL: nothing. The next training
 *  says where it does not fit. */
HYT_API hyt_status hyt_evaluator_set_teacher(hyt_evaluator *evaluator, const hyt_graph *teacher);
/** A surrogate of one number of a space's candidates: learnt from measured ones,
 *  then asked instead of a measurement. */
typedef struct hyt_predictor hyt_predictor;
/** @param kind  of hyt_surrogate_kind(); NULL: "auto" @param options  of that kind; NULL: defaults */
HYT_API hyt_status hyt_predictor_create(hyt_space *space, const char *kind, const hyt_options *options,
                                        hyt_predictor **out);
/** What was measured of a candidate. HYT_ERR_CONFLICT for one of another space. */
HYT_API hyt_status hyt_predictor_add(hyt_predictor *predictor, const hyt_candidate *candidate, double value);
/** Learns from all that was added, two candidates at least. */
HYT_API hyt_status hyt_predictor_fit(hyt_predictor *predictor);
/** How well those that were added are predicted by what is learnt from the others, fold by fold. */
HYT_API hyt_status hyt_predictor_validate(const hyt_predictor *predictor, size_t folds, uint64_t seed,
                                          hyt_validation **out);
/** @param deviation  as hyt_surrogate_predict() has it; may be NULL @return HYT_ERR_STATE before a fit */
HYT_API hyt_status hyt_predictor_predict(const hyt_predictor *predictor, const hyt_candidate *candidate, double *value,
                                         double *deviation);
/** The same as a ::hyt_measure_fn, without the deviation: `predictor` is a hyt_predictor. For
 *  hyt_search_add_exact_objective() and hyt_search_add_constraint(). */
HYT_API int hyt_predictor_measure(void *predictor, const hyt_candidate *candidate, double *value);
/** What the values that are added are of, which the file keeps: one of hyt_evaluator_metric() that is not itself
 *  predicted; HYT_ERR_NOT_FOUND names them. */
HYT_API hyt_status hyt_predictor_set_metric(hyt_predictor *predictor, const char *metric);
/** "" where nobody said. Lent for ever. */
HYT_API const char *hyt_predictor_metric(const hyt_predictor *predictor);
/** A number that differs where two predictors' models differ, the same after save and load: what a study notes. */
HYT_API hyt_status hyt_predictor_fingerprint(const hyt_predictor *predictor, uint64_t *out);
/** The metric, which space it is, and the surrogate as hyt_surrogate_save() has it. */
HYT_API hyt_status hyt_predictor_save(const hyt_predictor *predictor, const char *path);
/** Also reads a file of hyt_surrogate_save(), which knows neither metric nor space.
 *  @param space  that it was made for
 *  @return HYT_ERR_CONFLICT for another space (of a surrogate's file: where the features are not as many); HYT_ERR_IO
 *          and HYT_ERR_FORMAT as hyt_surrogate_load(); all name the path */
HYT_API hyt_status hyt_predictor_load(hyt_space *space, const char *path, hyt_predictor **out);
HYT_API void hyt_predictor_destroy(hyt_predictor *predictor);
/** What says a metric from now on; what it learnt is shared, not copied.
 *  @param metric  "predicted_accuracy", "predicted_latency_ms", ...; HYT_ERR_NOT_FOUND for what is not predicted;
 *                 HYT_ERR_CONFLICT where the predictor is of another
 *  @param predictor  NULL: nothing says it any more, and evaluating it is HYT_ERR_STATE */
HYT_API hyt_status hyt_evaluator_set_predictor(hyt_evaluator *evaluator, const char *metric,
                                               const hyt_predictor *predictor);
/** What a network of a candidate's shapes, with any weights, costs in energy;
 *  0, or negative to end the call with it. */
typedef int (*hyt_energy_fn)(void *user, const hyt_graph *network, double *microjoules);
/** Where "energy_uj" comes from; NULL: the processor's counters. */
HYT_API hyt_status hyt_evaluator_set_energy(hyt_evaluator *evaluator, hyt_energy_fn energy, void *user);
/** The super-networks that are trained from now on learn from networks alone whose `metric` is at most `most`: say here
 *  what the search will not look beyond, else most of the training goes to larger ones. Several limits hold together.
 *  Other candidates can be evaluated, but nothing was trained for them.
 *  @param metric  "parameters", "macs", "arena_bytes" or "weight_bytes", in the evaluator's precision
 *  @return HYT_ERR_NOT_FOUND for another metric, HYT_ERR_RANGE where `most` is not a number */
HYT_API hyt_status hyt_evaluator_limit_supernet(hyt_evaluator *evaluator, const char *metric, double most);
/** The super-network of a space (HYT_EVALUATE_METHOD), which is trained now if it was not yet: its largest network,
 *  yours, which holds all weights: to be kept in a file beside a study. That network has no batch norm statistics of
 *  its own: it is there to be cut. A new space takes the place of the one before.
 *  @return HYT_ERR_STATE where the epoch callback stopped the training, HYT_ERR_NUMERIC where it diverged (each trial's
 *          state is then HYT_TRIAL_NAN); HYT_ERR_UNSUPPORTED for a space without networks, or whose candidates are no
 *          slices of the largest; HYT_ERR_INFEASIBLE where no network is within the limits, or "memory-bytes"
 *          allows less */
HYT_API hyt_status hyt_evaluator_supernet(hyt_evaluator *evaluator, hyt_space *space, hyt_graph **out);
/** Takes one that was trained before, on these pictures. HYT_ERR_SHAPE where it is not
 *  the largest network of the space. */
HYT_API hyt_status hyt_evaluator_set_supernet(hyt_evaluator *evaluator, hyt_space *space, const hyt_graph *largest);
/** After each epoch of any training here, the super-network's (which is not validated: its accuracy is
 *  NaN) as well. HYT_STOP ends the training: evaluate answers HYT_STOP, so that its trial stays
 *  asked; hyt_evaluator_train hands over the epoch of option "keep". Inside this callback, and that of the energy,
 *  calls that would change the evaluator or begin another evaluation are HYT_ERR_STATE. */
HYT_API hyt_status hyt_evaluator_set_epoch(hyt_evaluator *evaluator, hyt_epoch_fn epoch, void *user);
/** Decodes and trains one candidate as evaluate does, but for `epochs` epochs, and hands the network over: what a
 *  search does at its end with the networks of its front.
 *  @param epochs    0: as in the options
 *  @param network   yours; takes pixels from 0 to 1
 *  @param accuracy  validation score of what is handed over, 0 to 1; may be NULL */
HYT_API hyt_status hyt_evaluator_train(hyt_evaluator *evaluator, const hyt_candidate *candidate, size_t epochs,
                                       hyt_graph **network, double *accuracy);

/** Measures for hyt_search_add_constraint, known before training: `cost` is a hyt_cost. */
typedef struct hyt_cost hyt_cost;
/** @param metric  "parameters", "macs", "arena_bytes" or "weight_bytes" */
HYT_API hyt_status hyt_cost_create(hyt_context *context, const char *metric, size_t input, size_t classes,
                                   hyt_cost **out);
/** HYT_FP32 (from the start) or HYT_INT8; HYT_ERR_RANGE for another. What option "precision" of the evaluator has to be
 *  told here as well. */
HYT_API hyt_status hyt_cost_set_precision(hyt_cost *cost, hyt_precision precision);
HYT_API int hyt_cost_measure(void *cost, const hyt_candidate *candidate, double *value);
HYT_API void hyt_cost_destroy(hyt_cost *cost);
/** The same as a ::hyt_release_fn. */
HYT_API void hyt_cost_release(void *cost);

#ifdef __cplusplus
}
#endif
#endif
