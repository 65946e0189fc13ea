/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file surrogate.h
 *  Models that predict one number, with its deviation, from a row of features. */
#ifndef HYTNAS_SURROGATE_H
#define HYTNAS_SURROGATE_H

#include <hytnas/base.h>
#include <hytnas/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_surrogate hyt_surrogate;

/** @name Options
 *  @{ */
#define HYT_SURROGATE_SEED "seed"                     /**< int, 0; every kind has it */

#define HYT_GP_LINES "lines"                          /**< flag, 1: a sum of lines is a term of the covariance */
#define HYT_GP_BENDS "bends"                          /**< flag, 1: a sum of parabolas of the ordinal features is one */
/** choice, "auto": "matern", "laplace" (rough in ordinal features) */
#define HYT_GP_KERNEL "kernel"
#define HYT_GP_STARTS "starts"                        /**< int, 2: starts of the search for hyperparameters */
#define HYT_GP_MAX_ITERATIONS "max-iterations"        /**< int, 50: most evaluations of the likelihood from a start */
#define HYT_GP_START_ROWS "start-rows"                /**< int, 64: rows on which the starts are compared */
#define HYT_GP_ROWS "rows"                            /**< int, 2000: most rows on which the best is refined */
#define HYT_GP_EXACT_ROWS "exact-rows"                /**< int, 2000: a fit on more is represented by inducing points */
#define HYT_GP_INDUCING "inducing"                    /**< int, 512: most inducing points */
#define HYT_GP_NOISE_LOW "noise-low"                  /**< real, 1e-8: least noise variance over signal variance */
#define HYT_GP_NOISE_HIGH "noise-high"                /**< real, 10 */

#define HYT_TREES_ROUNDS "rounds"                     /**< int, 300: trees of a member */
#define HYT_TREES_DEPTH "depth"                       /**< int, 3: 0 is the mean */
#define HYT_TREES_ETA "eta"                           /**< real, 0.05: share of a tree's answer that is taken */
#define HYT_TREES_LAMBDA "lambda"                     /**< real, 1: penalty on squared leaf values */
#define HYT_TREES_MIN_CHILD_WEIGHT "min-child-weight" /**< real, 3: least sum of second derivatives (rows) of a leaf */
#define HYT_TREES_SUBSAMPLE "subsample"               /**< real, 0.8: share of the rows a tree sees */
#define HYT_TREES_COLSAMPLE "colsample"               /**< real, 0.5: share of the features a tree sees */
/** int, 256: most distinct values of a feature that are told apart */
#define HYT_TREES_BINS "bins"
#define HYT_TREES_MEMBERS "members"                   /**< int, 5: models whose mean and deviation are the answer */
#define HYT_TREES_BOOSTER "booster"                   /**< choice, tree: or linear, or dart */
/** real, 0.1: dart: chance of a tree to be dropped for a round */
#define HYT_TREES_RATE_DROP "rate-drop"
#define HYT_TREES_SKIP_DROP "skip-drop"               /**< real, 0.5: dart: chance of a round to drop none */
#define HYT_TREES_ONE_DROP "one-drop"                 /**< flag, 0: dart: drop one tree at least */
/** choice, tree: or forest: dart: a new tree weighs as much as each, or as all, dropped */
#define HYT_TREES_NORMALISE "normalise"
#define HYT_TREES_LINEAR_LAMBDA "linear-lambda"       /**< real, 0: linear: penalty a row on squared slopes */
#define HYT_TREES_LINEAR_ALPHA "linear-alpha"         /**< real, 0: linear: penalty a row on absolute slopes */

#define HYT_FOREST_TREES "trees"                      /**< int, 100 */
#define HYT_FOREST_DEPTH "depth"                      /**< int, 20 */
#define HYT_FOREST_MAX_FEATURES "max-features"        /**< real, 0.8: share of the features that a split chooses from */
#define HYT_FOREST_MIN_LEAF "min-leaf"                /**< real, 3: least rows of a leaf */
#define HYT_FOREST_BINS "bins"                        /**< int, 256 */

/** choice, pairwise: or ndcg; the other options are those of "trees" */
#define HYT_RANKER_LOSS "loss"
#define HYT_RANKER_PAIRS "pairs"                      /**< int, 8: rows that each is compared with in a round */

#define HYT_RIDGE_DEGREE "degree"                     /**< int, 1: 2: squares and products of features too */
/** real, 0: penalty on squared slopes; 0: that of largest evidence */
#define HYT_RIDGE_LAMBDA "lambda"

#define HYT_FFN_MEMBERS "members"                     /**< int, 8: networks whose mean and deviation are the answer */
#define HYT_FFN_LAYERS "layers"                       /**< int, 2: hidden layers */
#define HYT_FFN_WIDTH "width"                         /**< int, 24: units of a hidden layer */
#define HYT_FFN_EPOCHS "epochs"                       /**< int, 80: passes over the rows */
/** int, 40: passes without a gain after which a network is done */
#define HYT_FFN_PATIENCE "patience"
/** choice, regression: or ranking, a hinge on the order of pairs */
#define HYT_FFN_LOSS "loss"
#define HYT_FFN_RATE "rate"                           /**< real, 0.01: rate of learning at first, falling to 0 */
#define HYT_FFN_DECAY "decay"                         /**< real, 0.02: decay of weights, a share of the rate a step */
/** real, 0.1: penalty on absolute weights between features and units */
#define HYT_FFN_SPARSITY "sparsity"
/** real, 0.5: ranking: by how much scores of a pair must differ */
#define HYT_FFN_MARGIN "margin"

/** int, 32: networks drawn, whose mean and deviation are the answer */
#define HYT_BNN_DRAWS "draws"
#define HYT_BNN_LAYERS "layers"                       /**< int, 1: hidden layers */
#define HYT_BNN_WIDTH "width"                         /**< int, 32: units of a hidden layer */
#define HYT_BNN_EPOCHS "epochs"                       /**< int, 120: passes over the rows */
#define HYT_BNN_RANDOM "random"                       /**< choice, all: or last: which layers' weights are random */
#define HYT_BNN_RATE "rate"                           /**< real, 0.01: rate of learning at first, falling to 0 */
#define HYT_BNN_PRIOR "prior"                         /**< real, 1: deviation of a weight before any row */
#define HYT_BNN_WEIGHT "weight"                       /**< real, 0.3: weight of the prior: 1 is Bayes' rule */

#define HYT_AUTO_FOLDS "folds"                        /**< int, 5: folds of the cross-validation that chooses */
/** int, 800: rows that the kinds are compared on; the chosen have all */
#define HYT_AUTO_ROWS "rows"
#define HYT_AUTO_BLEND "blend"                        /**< flag, 1: whether a mean of several may be chosen. Further
                                                           flags: the kinds by name, whether each may be chosen */
/** @} */

/** What a feature is, for kinds that treat them differently. Several columns that together are 1 for the chosen label
 *  of one category and 0 for the others are all HYT_COLUMN_CATEGORY plus the number of that category, 0, 1, ... */
typedef enum hyt_column {
    HYT_COLUMN_REAL = 0,    /**< a number on a scale */
    HYT_COLUMN_ORDINAL = 1, /**< one of few numbers whose order matters more than their distances */
    HYT_COLUMN_CATEGORY = 2 /**< of category 0; 3: of category 1, ... */
} hyt_column;

/** Options of one kind. HYT_ERR_NOT_FOUND names the nearest one. */
HYT_API hyt_status hyt_surrogate_options_create(hyt_context *context, const char *kind, hyt_options **out);
/** @param features  columns of a row @param options  of the same kind; NULL: defaults */
HYT_API hyt_status hyt_surrogate_create(hyt_context *context, const char *kind, size_t features,
                                        const hyt_options *options, hyt_surrogate **out);
/** The kinds' names; NULL past the end. */
HYT_API const char *hyt_surrogate_kind(size_t index);
/** What the columns are; all are real until this is called.
 *  @param columns  n = features values of ::hyt_column
 *  @return HYT_ERR_SHAPE, HYT_ERR_RANGE; HYT_ERR_STATE after a fit */
HYT_API hyt_status hyt_surrogate_set_columns(hyt_surrogate *surrogate, const int *columns, size_t n);
/** Fits on `n` rows, forgetting earlier ones: the model is a function of rows, options and seed. Targets are
 *  standardised inside. The rows are kept.
 *  @param x  n * features values, row by row @param y  n values; all between -1e100 and 1e100
 *  @return HYT_ERR_RANGE names the row of a value that is not; HYT_ERR_NUMERIC where no finite fit exists (says why) */
HYT_API hyt_status hyt_surrogate_fit(hyt_surrogate *surrogate, const double *x, const double *y, size_t n);
/** Adds rows to those that are known. A kind that can keeps what it learnt about the rest (of "gp" the
 *  hyperparameters), which takes a small part of a fit's time; another is fitted on all rows. Before the first fit,
 *  where all known targets were equal, and where new ones are more than 1e100 of their deviations away, a fit. */
HYT_API hyt_status hyt_surrogate_update(hyt_surrogate *surrogate, const double *x, const double *y, size_t n);
/** The same model in a second handle, at no cost: what happens to one does not touch the other. For instance to update
 *  with what is only supposed. */
HYT_API hyt_status hyt_surrogate_copy(const hyt_surrogate *surrogate, hyt_surrogate **out);
/** Columns of a row. */
HYT_API size_t hyt_surrogate_features(const hyt_surrogate *surrogate);
/** Rows that are known; 0 before the first fit. */
HYT_API size_t hyt_surrogate_rows(const hyt_surrogate *surrogate);
/** What the model is made of, where a fit finds that out ("auto"; of "gp" the covariance); else its kind; NULL before
 *  fit. Lent until the next fit or update. */
HYT_API const char *hyt_surrogate_chosen(const hyt_surrogate *surrogate);
/** @param mean,deviation  n values each; deviation may be NULL. Of "gp", "ridge", "ffn" and "bnn" it is the doubt about
 *                         the mean: the noise of a measurement comes on top. Of "forest", and of "trees" and "ranker"
 *                         with several members, it is that of a measurement; with one member they have none and say
 *                         0. Of "auto" it is what those that it is made of say
 *  @return HYT_ERR_STATE before fit */
HYT_API hyt_status hyt_surrogate_predict(const hyt_surrogate *surrogate, const double *x, size_t n, double *mean,
                                         double *deviation);
/** Functions that the model holds possible, at `n` points: joint draws where the kind has them ("gp"), else each point
 *  by itself, normal about its mean. The same seed gives the same draws.
 *  @param out  draws * n values, draw by draw */
HYT_API hyt_status hyt_surrogate_sample(const hyt_surrogate *surrogate, const double *x, size_t n, size_t draws,
                                        uint64_t seed, double *out);
/** Slopes of mean and deviation at one point.
 *  @param mean_gradient,deviation_gradient  one value a feature; the second may be NULL
 *  @return HYT_ERR_UNSUPPORTED where the kind has none: all but "gp" */
HYT_API hyt_status hyt_surrogate_gradient(const hyt_surrogate *surrogate, const double *x, double *mean_gradient,
                                          double *deviation_gradient);

/** @name As bytes
 *  Kind, options, columns, rows and model: what is read answers to the last bit as what was written. Needs as many
 *  bytes as the rows, and the model's.
 *  @{ */
/** @param bytes  yours, released by hyt_text_destroy() */
HYT_API hyt_status hyt_surrogate_write(const hyt_surrogate *surrogate, char **bytes, size_t *size);
/** @return HYT_ERR_FORMAT says what and where; HYT_ERR_CONFLICT: written by another version */
HYT_API hyt_status hyt_surrogate_parse(hyt_context *context, const void *bytes, size_t size, hyt_surrogate **out);
/** Written to a new file beside `path`, flushed and renamed, so that a full disk leaves what was there. */
HYT_API hyt_status hyt_surrogate_save(const hyt_surrogate *surrogate, const char *path);
/** @return HYT_ERR_IO, HYT_ERR_RANGE (of more than 2 GiB), and what hyt_surrogate_parse() answers; all name the path */
HYT_API hyt_status hyt_surrogate_load(hyt_context *context, const char *path, hyt_surrogate **out);
/** @} */

HYT_API void hyt_surrogate_destroy(hyt_surrogate *surrogate);

/** @name Validation
 *  How well a kind, with its options and columns, predicts rows that it has not seen: each fold is predicted by a model
 *  of all others, and the measures are over the predictions of all rows together.
 *  @{ */
typedef struct hyt_validation hyt_validation;

typedef enum hyt_validation_kind {
    HYT_VALIDATION_TAU = 0, /**< Kendall's tau-b of prediction and measurement */
    HYT_VALIDATION_RHO = 1, /**< Spearman's rank correlation */
    HYT_VALIDATION_R2 = 2,  /**< 1 - squared errors / squared deviations from the mean */
    HYT_VALIDATION_RMSE = 3,
    HYT_VALIDATION_CRPS = 4 /**< continuous ranked probability score, normal forecasts:
                                 in the target's unit, less is better */
} hyt_validation_kind;
#define HYT_VALIDATION_MEASURES 5

/** Deals n rows into `count` folds of about equal size, at random.
 *  @param folds  n labels, 0 to count - 1, are written @return HYT_ERR_RANGE unless 2 <= count <= n */
HYT_API hyt_status hyt_validation_deal(size_t n, size_t count, uint64_t seed, int *folds);
/** What the surrogate was fitted on does not matter and stays.
 *  @param folds  n labels, 0 or more; at least two different ones
 *  @return what hyt_surrogate_fit() answers, naming the fold */
HYT_API hyt_status hyt_surrogate_validate(const hyt_surrogate *surrogate, const double *x, const double *y,
                                          const int *folds, size_t n, hyt_validation **out);
/** NaN where undefined: a correlation of what does not vary. */
HYT_API double hyt_validation_measure(const hyt_validation *validation, hyt_validation_kind kind);
/** Share of the rows that lie within the central interval of that probability, 0 to 1, about their predictions. This
 *  and CRPS add the noise of a measurement to a row's deviation, as the rows of other folds show it. */
HYT_API double hyt_validation_coverage(const hyt_validation *validation, double probability);
/** Deviation of a measurement that the predicted deviations leave unexplained. */
HYT_API double hyt_validation_noise(const hyt_validation *validation);
HYT_API size_t hyt_validation_rows(const hyt_validation *validation);
/** What was predicted of each row; lent. */
HYT_API const double *hyt_validation_mean(const hyt_validation *validation);
HYT_API const double *hyt_validation_deviation(const hyt_validation *validation);
HYT_API void hyt_validation_destroy(hyt_validation *validation);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
