/* SPDX-License-Identifier: MIT */
/** @file options.h
 *  Options by key. Each algorithm describes its options in one table; `hyt_<noun>_options_create` hands out a set with
 *  the defaults, the calls below change and query it, and `hyt_<noun>_create` copies it. Bounds are checked when an
 *  option is set; the message of an unknown key names the nearest one that exists. */
#ifndef HYTNAS_OPTIONS_H
#define HYTNAS_OPTIONS_H

#include <hytnas/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_options hyt_options;

typedef enum hyt_option_type {
    HYT_OPT_INT = 0,    /**< a whole number between its bounds */
    HYT_OPT_REAL = 1,   /**< a finite number between its bounds */
    HYT_OPT_CHOICE = 2, /**< one of a list of words, "gp|trees|auto" */
    HYT_OPT_FLAG = 3    /**< 0 or 1 */
} hyt_option_type;

/** @return HYT_OK; HYT_ERR_NOT_FOUND, no such key; HYT_ERR_ARGUMENT, of another type; HYT_ERR_RANGE, out of bounds */
HYT_API hyt_status hyt_options_set_int(hyt_options *options, const char *key, int64_t value);
HYT_API hyt_status hyt_options_set_real(hyt_options *options, const char *key, double value);
/** Any type, from its text: the one call a command line needs. */
HYT_API hyt_status hyt_options_set_text(hyt_options *options, const char *key, const char *value);

HYT_API hyt_status hyt_options_get_int(const hyt_options *options, const char *key, int64_t *value);
HYT_API hyt_status hyt_options_get_real(const hyt_options *options, const char *key, double *value);
/** The value as text (for a choice, its word), written into `text` with its final zero; HYT_ERR_RANGE if it does not
 *  fit into `size` bytes. */
HYT_API hyt_status hyt_options_get_text(const hyt_options *options, const char *key, char *text, size_t size);

/** The table itself, row by row, `index` < hyt_options_count(). Lent, valid for the life of the program. */
HYT_API size_t hyt_options_count(const hyt_options *options);
HYT_API const char *hyt_options_key(const hyt_options *options, size_t index);
HYT_API const char *hyt_options_help(const hyt_options *options, size_t index);
HYT_API hyt_option_type hyt_options_type(const hyt_options *options, size_t index);
HYT_API const char *hyt_options_choices(const hyt_options *options, size_t index); /**< "" unless a choice */
/** Any of the three may be NULL. */
HYT_API void hyt_options_bounds(const hyt_options *options, size_t index, double *initial, double *low, double *high);

HYT_API void hyt_options_destroy(hyt_options *options);

#ifdef __cplusplus
}
#endif
#endif
