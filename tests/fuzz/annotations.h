/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for a list of annotations however it was read. */
#ifndef HYTNAS_TESTS_FUZZ_ANNOTATIONS_H
#define HYTNAS_TESTS_FUZZ_ANNOTATIONS_H

#include "fuzz.h"
#include <hytnas/data.h>
#include <string.h>

typedef hyt_status (*annotations_parse)(hyt_annotations *list, const void *text, size_t size);

/* Every picture has a name that stays below its folder and sides, every box lies in its picture and has a class. */
static void check_list(const hyt_annotations *list)
{
    size_t boxes;
    const hyt_box *box = hyt_annotations_boxes(list, &boxes);
    for (size_t i = 0; i < hyt_annotations_count(list); i++) {
        const char *file = hyt_annotations_file(list, i);
        REQUIRE(file[0] && file[0] != '/' && strncmp(file, "../", 3) != 0 && !strstr(file, "/../"));
        REQUIRE(hyt_annotations_width(list, i) > 0 && hyt_annotations_height(list, i) > 0);
    }
    for (size_t b = 0; b < boxes; b++, box++) {
        REQUIRE(box->picture < hyt_annotations_count(list));
        REQUIRE(box->label < hyt_annotations_classes(list));
        REQUIRE(box->x1 >= -1 && box->x1 < box->x2);
        REQUIRE(box->x2 <= (float)hyt_annotations_width(list, box->picture) + 1);
        REQUIRE(box->y1 >= -1 && box->y1 < box->y2);
        REQUIRE(box->y2 <= (float)hyt_annotations_height(list, box->picture) + 1);
    }
}

/* A list that may only have the classes of the first reads the same again; one that may have none refuses what has
 * boxes; what fails adds nothing. */
static void check_annotations(annotations_parse parse, const uint8_t *data, size_t size)
{
    hyt_annotations *list = NULL, *again = NULL, *none = NULL, *closed = NULL;
    size_t boxes, same, left;
    MUST(hyt_annotations_create(NULL, NULL, &list));
    if (parse(list, data, size) != HYT_OK) {
        REQUIRE(hyt_message()[0] != 0);
        REQUIRE(hyt_annotations_count(list) == 0 && hyt_annotations_classes(list) == 0);
        hyt_annotations_destroy(list);
        return;
    }
    check_list(list);
    MUST(hyt_annotations_create(NULL, list, &again));
    MUST(parse(again, data, size));
    REQUIRE(hyt_annotations_count(again) == hyt_annotations_count(list));
    REQUIRE(hyt_annotations_classes(again) == hyt_annotations_classes(list));
    const hyt_box *first = hyt_annotations_boxes(list, &boxes), *second = hyt_annotations_boxes(again, &same);
    REQUIRE(same == boxes);
    for (size_t b = 0; b < boxes; b++) REQUIRE(first[b].label == second[b].label && first[b].x2 == second[b].x2);
    MUST(hyt_annotations_create(NULL, NULL, &none));
    MUST(hyt_annotations_create(NULL, none, &closed));
    REQUIRE(boxes == 0 || parse(closed, data, size) == HYT_ERR_RANGE);
    hyt_annotations_boxes(closed, &left);
    REQUIRE(left == 0 && (boxes == 0 || hyt_annotations_count(closed) == 0));
    hyt_annotations_destroy(list);
    hyt_annotations_destroy(again);
    hyt_annotations_destroy(none);
    hyt_annotations_destroy(closed);
}

#endif
