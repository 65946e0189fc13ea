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

/** Options of one kind: "gp", "trees". HYT_ERR_NOT_FOUND names the kinds. */
HYT_API hyt_status hyt_surrogate_options_create(hyt_context *context, const char *kind, hyt_options **out);
/** @param features  columns of a row @param options  of the same kind; NULL: defaults */
HYT_API hyt_status hyt_surrogate_create(hyt_context *context, const char *kind, size_t features, const hyt_options *options,
                                        hyt_surrogate **out);
/** The kinds' names; NULL past the end. */
HYT_API const char *hyt_surrogate_kind(size_t index);
/** Fits on `n` rows, forgetting earlier ones. Targets are standardised inside.
 *  @param x  n * features values, row by row, finite @param y  n values, finite
 *  @return HYT_ERR_NUMERIC where no finite fit exists (says why) */
HYT_API hyt_status hyt_surrogate_fit(hyt_surrogate *surrogate, const double *x, const double *y, size_t n);
/** @param mean,deviation  n values each; deviation may be NULL. HYT_ERR_STATE before fit */
HYT_API hyt_status hyt_surrogate_predict(const hyt_surrogate *surrogate, const double *x, size_t n, double *mean,
                                         double *deviation);
HYT_API void hyt_surrogate_destroy(hyt_surrogate *surrogate);

#ifdef __cplusplus
}
#endif
#endif
