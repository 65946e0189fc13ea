/* SPDX-License-Identifier: MIT */
/* Failing: the message is set once, where the fault is seen, with the numbers in it. */
#ifndef HYTI_BASE_ERROR_H
#define HYTI_BASE_ERROR_H

#include <hytnas/base.h>

/* Sets this thread's message and returns `status`. */
hyt_status hyti_fail(hyt_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
hyt_status hyti_fail_nomem(void);
/* Puts "<prefix>: " before the message that is set, where a caller knows the file or the part. */
hyt_status hyti_fail_within(hyt_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A callback's negative answer travels unchanged; writes a message if the callback left none
 * (see hyti_message_clear). */
hyt_status hyti_fail_callback(const char *name, int answer);
void hyti_message_clear(void);

#define HYTI_TRY(call)                                \
    do {                                              \
        hyt_status hyti_status_ = (call);             \
        if (hyti_status_ != HYT_OK) return hyti_status_; \
    } while (0)

/* For public entry points: HYTI_NEED(pointer, "hyt_graph_create") fails with HYT_ERR_ARGUMENT on NULL. */
#define HYTI_NEED(pointer)                                                                   \
    do {                                                                                     \
        if (!(pointer)) return hyti_fail(HYT_ERR_ARGUMENT, "%s: %s is NULL", __func__, #pointer); \
    } while (0)

#endif
