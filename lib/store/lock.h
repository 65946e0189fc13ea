/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One writer at a time: an empty file "<path>-lock" beside a study, locked as long as its process lives. */
#ifndef HYTI_STORE_LOCK_H
#define HYTI_STORE_LOCK_H

#include "base/heap.h"

typedef struct hyti_lock {
    char *path;     /* NULL: nothing is held */
    int descriptor;
} hyti_lock;

/* HYT_ERR_CONFLICT if somebody else holds it, in this process or another; HYT_ERR_IO. */
hyt_status hyti_lock_take(hyt_context *context, const char *path, hyti_lock *lock);
void hyti_lock_release(hyt_context *context, hyti_lock *lock);

#endif
