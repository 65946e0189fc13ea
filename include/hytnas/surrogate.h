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

#define HYT_GP_STARTS "starts"                        /**< int, 2: starts of the search for hyperparameters */
#define HYT_GP_MAX_ITERATIONS "max-iterations"        /**< int, 50: most evaluations of the likelihood from a start */
#define HYT_GP_START_ROWS "start-rows"                /**< int, 128: rows on which the starts are compared */
#define HYT_GP_ROWS "rows"                            /**< int, 800: rows on which the best start is refined; the model has all */
#define HYT_GP_NOISE_LOW "noise-low"                  /**< real, 1e-8: least noise variance over signal variance */
#define HYT_GP_NOISE_HIGH "noise-high"                /**< real, 10 */

#define HYT_TREES_ROUNDS "rounds"                     /**< int, 300: trees of a member */
#define HYT_TREES_DEPTH "depth"                       /**< int, 3: 0 is the mean */
#define HYT_TREES_ETA "eta"                           /**< real, 0.05: share of a tree's answer that is taken */
#define HYT_TREES_LAMBDA "lambda"                     /**< real, 1: penalty on squared leaf values */
#define HYT_TREES_MIN_CHILD_WEIGHT "min-child-weight" /**< real, 3: least sum of second derivatives (rows) of a leaf */
#define HYT_TREES_SUBSAMPLE "subsample"               /**< real, 0.8: share of the rows a tree sees */
#define HYT_TREES_COLSAMPLE "colsample"               /**< real, 0.5: share of the features a tree sees */
#define HYT_TREES_BINS "bins"                         /**< int, 256: most distinct values of a feature that are told apart */
#define HYT_TREES_MEMBERS "members"                   /**< int, 5: models whose mean and deviation are the answer */
/** @} */

/** Options of one kind: "gp", "trees". HYT_ERR_NOT_FOUND names the kinds. */
HYT_API hyt_status hyt_surrogate_options_create(hyt_context *context, const char *kind, hyt_options **out);
/** @param features  columns of a row @param options  of the same kind; NULL: defaults */
HYT_API hyt_status hyt_surrogate_create(hyt_context *context, const char *kind, size_t features,
                                        const hyt_options *options, hyt_surrogate **out);
/** The kinds' names; NULL past the end. */
HYT_API const char *hyt_surrogate_kind(size_t index);
/** Fits on `n` rows, forgetting earlier ones: the model is a function of rows, options and seed. Targets are
 *  standardised inside.
 *  @param x  n * features values, row by row @param y  n values; all between -1e100 and 1e100
 *  @return HYT_ERR_RANGE names the row of a value that is not; HYT_ERR_NUMERIC where no finite fit exists (says why) */
HYT_API hyt_status hyt_surrogate_fit(hyt_surrogate *surrogate, const double *x, const double *y, size_t n);
/** @param mean,deviation  n values each; deviation may be NULL. It is the doubt about the mean: the noise of a
 *                         measurement comes on top. "trees" with one member has none and says 0
 *  @return HYT_ERR_STATE before fit */
HYT_API hyt_status hyt_surrogate_predict(const hyt_surrogate *surrogate, const double *x, size_t n, double *mean,
                                         double *deviation);
HYT_API void hyt_surrogate_destroy(hyt_surrogate *surrogate);

#ifdef __cplusplus
}
#endif
#endif
