/* SPDX-License-Identifier: MIT */
/** @file base.h
 *  What every other header stands on: status and message, version, heap, log, context, dimension list.
 *
 *  Every fallible call returns a ::hyt_status. On an error the outputs are untouched, the object is as it was before
 *  the call, and hyt_message() tells a person what happened. The library never prints, exits, aborts or reads the
 *  environment. A handle is used by one thread at a time; different handles never disturb each other; calls that take
 *  a pointer to const may run together on one handle. */
#ifndef HYTNAS_BASE_H
#define HYTNAS_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HYT_API __attribute__((visibility("default")))
#else
#define HYT_API
#endif

#define HYT_VERSION_MAJOR 0
#define HYT_VERSION_MINOR 1
#define HYT_VERSION_PATCH 0

/** 0 is good, negative an error of the list below (or of the caller's own callback, passed on unchanged). */
typedef int hyt_status;

/** The values are pinned for ever. */
enum {
    HYT_OK = 0,
    HYT_ERR_ARGUMENT = -1,    /**< a null pointer, an empty name: a mistake in the calling program */
    HYT_ERR_NOMEM = -2,       /**< the heap said no */
    HYT_ERR_SHAPE = -3,       /**< dimensions that do not fit together */
    HYT_ERR_RANGE = -4,       /**< a value outside its bounds, a count that overflows */
    HYT_ERR_FORMAT = -5,      /**< bytes that are not what they claim to be */
    HYT_ERR_IO = -6,          /**< the file system said no */
    HYT_ERR_UNSUPPORTED = -7, /**< understood, but not provided */
    HYT_ERR_NUMERIC = -8,     /**< no finite answer: not positive definite, diverged */
    HYT_ERR_STATE = -9,       /**< right call, wrong moment */
    HYT_ERR_EXHAUSTED = -10,  /**< every point of the space has been proposed */
    HYT_ERR_INFEASIBLE = -11, /**< nothing meets the constraints */
    HYT_ERR_NOT_FOUND = -12,  /**< no such option, gene, objective, builder */
    HYT_ERR_CONFLICT = -13    /**< made by another version, for another space, or already there */
};

/** The name of a status, "HYT_ERR_SHAPE" for instance; "unknown" for others. @thread any */
HYT_API const char *hyt_status_name(hyt_status status);

/** What the last failing call of this thread has to say, in English, with the numbers in it; "" if none failed.
 *  Lent, valid until this thread's next failing call. @thread each thread has its own */
HYT_API const char *hyt_message(void);

/** For callbacks: leaves `text` as this thread's message and returns `status`, so that whoever called the library is
 *  told why the callback failed. @thread each thread has its own */
HYT_API hyt_status hyt_fail(hyt_status status, const char *text);

/** Version of the library that runs, as major * 10000 + minor * 100 + patch. @thread any */
HYT_API int hyt_version(void);

/** One line for a bug report: version, processor features in use, zlib, and (full library) BLAS, GSL, SQLite.
 *  @thread any */
HYT_API const char *hyt_version_text(void);

/** Where memory comes from. Frozen: no field will be added. Both functions must be safe from several threads. */
typedef struct hyt_heap {
    void *user;
    void *(*allocate)(void *user, size_t size);   /**< aligned for any C type; NULL when there is none */
    void (*release)(void *user, void *pointer);   /**< never called with NULL */
} hyt_heap;

typedef enum hyt_log_level {
    HYT_LOG_ERROR = 0,
    HYT_LOG_WARNING = 1,
    HYT_LOG_INFO = 2,
    HYT_LOG_DEBUG = 3
} hyt_log_level;

/** Where the log goes. Frozen. `write` must be safe from several threads; `text` is lent for the call. */
typedef struct hyt_log_sink {
    void *user;
    void (*write)(void *user, hyt_log_level level, const char *text);
    hyt_log_level level;   /**< the most talkative level wanted */
} hyt_log_sink;

/** Dimensions of a tensor, outermost first. Frozen. Only the first `rank` sizes mean anything. */
#define HYT_MAX_RANK 6
typedef struct hyt_dims {
    size_t rank;
    size_t size[HYT_MAX_RANK];
} hyt_dims;

/** Heap and log of a family of handles. Wherever a call takes a context, NULL stands for malloc and no log. */
typedef struct hyt_context hyt_context;

/** @param heap  NULL: malloc and free; else copied
 *  @param sink  NULL: no log; else copied
 *  @param out   yours to destroy; whatever was created from it keeps it alive
 *  @return HYT_OK, HYT_ERR_ARGUMENT, HYT_ERR_NOMEM */
HYT_API hyt_status hyt_context_create(const hyt_heap *heap, const hyt_log_sink *sink, hyt_context **out);
HYT_API void hyt_context_destroy(hyt_context *context);

/** Releases text that a call wrote through `char **out`. */
HYT_API void hyt_text_destroy(char *text);

/** What a callback answers to end the run well. */
enum { HYT_STOP = 1 };

/** Releases what a caller handed over together with a callback; called once, when the library is done with it. */
typedef void (*hyt_release_fn)(void *user);

#ifdef __cplusplus
}
#endif
#endif
