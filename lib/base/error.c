/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 1024

static _Thread_local char message[MESSAGE_SIZE];

hyt_status hyti_fail(hyt_status status, const char *format, ...)
{
    /* Formatted aside first: an argument may point into the old message. */
    char text[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(message, text, sizeof message);
    return status;
}

hyt_status hyti_fail_nomem(void)
{
    return hyti_fail(HYT_ERR_NOMEM, "out of memory");
}

hyt_status hyti_fail_within(hyt_status status, const char *format, ...)
{
    char prefix[MESSAGE_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    return hyti_fail(status, "%s: %s", prefix, message);
}

hyt_status hyti_fail_callback(const char *name, int answer)
{
    return message[0] ? answer : hyti_fail(answer, "the %s callback answered %d", name, answer);
}

void hyti_message_clear(void)
{
    message[0] = 0;
}

const char *hyt_message(void)
{
    return message;
}

const char *hyt_status_name(hyt_status status)
{
    static const char *const names[] = {
        "HYT_OK",          "HYT_ERR_ARGUMENT", "HYT_ERR_NOMEM",   "HYT_ERR_SHAPE",     "HYT_ERR_RANGE",
        "HYT_ERR_FORMAT",  "HYT_ERR_IO",       "HYT_ERR_UNSUPPORTED", "HYT_ERR_NUMERIC", "HYT_ERR_STATE",
        "HYT_ERR_EXHAUSTED", "HYT_ERR_INFEASIBLE", "HYT_ERR_NOT_FOUND", "HYT_ERR_CONFLICT",
    };
    if (status > 0 || status < HYT_ERR_CONFLICT) return "unknown";
    return names[-status];
}

hyt_status hyt_fail(hyt_status status, const char *text)
{
    return hyti_fail(status, "%s", text ? text : "");
}
