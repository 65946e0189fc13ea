/* SPDX-License-Identifier: MIT */
/* A file as it lies on disk, in memory: its pages are read when they are needed and may be dropped again. */
#ifndef HYTI_DATA_MAPPING_H
#define HYTI_DATA_MAPPING_H

#include "base/heap.h"

typedef struct hyti_mapping {
    const uint8_t *bytes;   /* NULL: none */
    size_t size;
} hyti_mapping;

/* HYT_ERR_IO names the path. A file that is shortened while it is mapped ends the process that reads there. */
hyt_status hyti_mapping_open(const char *path, hyti_mapping *out);
void hyti_mapping_close(hyti_mapping *mapping);

#endif
