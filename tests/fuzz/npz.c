/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A data set that was read is whole: every picture has a label below the number of classes, the classes add up, and
 * made again from its own parts it is the same. */
#include "fuzz.h"
#include <hytnas/data.h>
#include <string.h>

static uint32_t *labels_of(const hyt_dataset *dataset)
{
    size_t count = hyt_dataset_count(dataset), sum = 0;
    uint32_t *labels = malloc(count * sizeof *labels);
    REQUIRE(labels);
    for (size_t i = 0; i < count; i++) {
        labels[i] = hyt_dataset_label(dataset, i);
        REQUIRE(labels[i] < hyt_dataset_classes(dataset));
    }
    for (size_t c = 0; c < hyt_dataset_classes(dataset); c++) sum += hyt_dataset_class_count(dataset, c);
    REQUIRE(sum == count);
    return labels;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hyt_dataset *read = NULL, *again = NULL;
    double mean[3], deviation[3];
    if (!data || hyt_dataset_parse_npz(NULL, data, size, &read) != HYT_OK) {
        REQUIRE(read == NULL && (!data || hyt_message()[0] != 0));
        return 0;
    }
    size_t count = hyt_dataset_count(read), height = hyt_dataset_height(read), width = hyt_dataset_width(read);
    uint32_t *labels = labels_of(read);
    MUST(hyt_dataset_create(NULL, hyt_dataset_picture(read, 0), labels, count, height, width,
                            hyt_dataset_classes(read), &again));
    REQUIRE(memcmp(hyt_dataset_picture(read, 0), hyt_dataset_picture(again, 0), count * height * width * 3) == 0);
    hyt_dataset_statistics(again, mean, deviation);
    for (int c = 0; c < 3; c++) {
        REQUIRE(mean[c] >= 0 && mean[c] <= 1);
        REQUIRE(deviation[c] >= 0 && deviation[c] <= 0.5 + 1e-9);
    }
    free(labels);
    hyt_dataset_destroy(read);
    hyt_dataset_destroy(again);
    return 0;
}
