/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "annotations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (data) check_annotations(hyt_annotations_parse_voc, data, size);
    return 0;
}
