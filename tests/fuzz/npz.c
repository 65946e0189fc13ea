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

/* Boxes are inside, of a known class; masks too. */
static void check_marks(const hyt_dataset *dataset)
{
    size_t pixels = hyt_dataset_height(dataset) * hyt_dataset_width(dataset), boxes;
    for (size_t i = 0; i < hyt_dataset_count(dataset); i++) {
        const float *box = hyt_dataset_boxes(dataset, i, &boxes);
        const uint8_t *mask = hyt_dataset_mask(dataset, i);
        for (size_t b = 0; b < boxes; b++, box += 4) {
            REQUIRE(box[0] >= 0 && box[0] < box[2] && box[2] <= (float)hyt_dataset_width(dataset));
            REQUIRE(box[1] >= 0 && box[1] < box[3] && box[3] <= (float)hyt_dataset_height(dataset));
            REQUIRE(hyt_dataset_box_labels(dataset, i)[b] < hyt_dataset_box_classes(dataset));
            REQUIRE(hyt_dataset_box_crowds(dataset, i)[b] <= 1);
        }
        for (size_t p = 0; mask && p < pixels; p++)
            REQUIRE(mask[p] == HYT_MASK_IGNORED || mask[p] < hyt_dataset_mask_classes(dataset));
    }
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
    check_marks(read);
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
