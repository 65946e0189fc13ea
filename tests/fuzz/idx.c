/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two bytes say how long the file of pictures is, the rest is that of labels. What is read is whole: a label each below
 * the number of classes, of which the highest is there; grey where the file is. */
#include "fuzz.h"
#include <hytnas/data.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hyt_dataset *read = NULL;
    if (!data || size < 2) return 0;
    size_t pictures = (size_t)data[0] << 8 | data[1], left = size - 2;
    if (pictures > left) pictures = left;
    if (hyt_dataset_parse_idx(NULL, data + 2, pictures, data + 2 + pictures, left - pictures, &read) != HYT_OK) {
        REQUIRE(read == NULL && hyt_message()[0] != 0);
        return 0;
    }
    size_t count = hyt_dataset_count(read), classes = hyt_dataset_classes(read);
    size_t bytes = hyt_dataset_height(read) * hyt_dataset_width(read) * 3;
    REQUIRE(count > 0 && bytes > 0 && hyt_dataset_class_count(read, classes - 1) > 0);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *picture = hyt_dataset_picture(read, i);
        REQUIRE(hyt_dataset_label(read, i) < classes);
        for (size_t p = 0; data[5] == 3 && data[2] == 0 && p < bytes; p += 3)
            REQUIRE(picture[p] == picture[p + 1] && picture[p] == picture[p + 2]);
    }
    hyt_dataset_destroy(read);
    return 0;
}
