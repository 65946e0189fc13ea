/* SPDX-License-Identifier: MIT */
/* Files to read from, without a copy of them: mapped where the system can, read otherwise. Another program that
 * shortens a mapped file ends this one (SIGBUS), so what is open here is closed as soon as it is understood. */
#ifndef HYTI_FORMATS_MAPPED_H
#define HYTI_FORMATS_MAPPED_H

#include "base/heap.h"

typedef struct hyti_mapped {
    void *bytes;
    size_t size;
    bool read; /* into memory of the context's heap */
} hyti_mapped;

/* HYT_ERR_IO or, above `limit` bytes, HYT_ERR_RANGE, both naming the path. */
hyt_status hyti_mapped_open(hyt_context *context, const char *path, size_t limit, hyti_mapped *out);
void hyti_mapped_close(hyt_context *context, hyti_mapped *mapped);

#endif
