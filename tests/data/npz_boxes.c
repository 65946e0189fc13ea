/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boxes and masks of `.npz` files: as the measured sets have them, and refused by name where they are wrong. */
#include "archive.h"
#include <unistd.h>

enum { SIDE = 4, PIXELS = SIDE * SIDE };

/* Two pictures of 4 by 4, with room for every array. */
static const uint8_t zeros[2 * PIXELS * 3];
static const entry x = { "X.npy", "'|u1'", "(2, 4, 4, 3)", zeros, sizeof zeros };
static const float plain[2][5] = { { 1, 0, 1, 3, 4 }, { 0, 0, 0, 4.00005f, 2 } };
static const float classed[2][7] = { { 1, 3, 0, 1, 3, 4, 1 }, { 0, 0, 0, 0, 4, 2, 0 } };
static const entry boxes5 = { "boxes.npy", "'<f4'", "(2, 5)", plain, sizeof plain };
static const entry boxes7 = { "boxes.npy", "'<f4'", "(2, 7)", classed, sizeof classed };
static const uint8_t numbers[2 * PIXELS] = { 0, 1, 2, 3, 255, 254 };
static const entry mask = { "mask.npy", "'|u1'", "(2, 4, 4)", numbers, sizeof numbers };
static const entry has_mask = { "has_mask.npy", "'|b1'", "(2,)", "\1\0", 2 };
static const int32_t filled[2][2] = { { 4, 4 }, { 4, 3 } };
static const entry valid = { "valid.npy", "'<i4'", "(2, 2)", filled, sizeof filled };
static const entry y = { "y.npy", "'|u1'", "(2,)", "\0\2", 2 };

static void boxes_of_one_class_count_instances(void **state)
{
    (void)state;
    const entry entries[] = { x, boxes5, mask, valid };
    hyt_dataset *data = NULL;
    size_t count;
    MUST(parse(entries, 4, &data));
    assert_int_equal(hyt_dataset_classes(data), 1);
    assert_int_equal(hyt_dataset_class_count(data, 0), 2);
    assert_int_equal(hyt_dataset_box_classes(data), 1);
    assert_memory_equal(hyt_dataset_boxes(data, 1, &count), ((const float[]){ 0, 1, 3, 4 }), 16);
    assert_int_equal(count, 1);
    assert_memory_equal(hyt_dataset_boxes(data, 0, &count), ((const float[]){ 0, 0, 4, 2 }), 16);
    assert_int_equal(hyt_dataset_box_crowds(data, 0)[0], 0);
    assert_int_equal(hyt_dataset_mask_classes(data), 2);
    assert_memory_equal(hyt_dataset_mask(data, 0), ((const uint8_t[PIXELS]){ 0, 1, 1, 1, 255, 1 }), PIXELS);
    for (size_t p = 0; p < PIXELS; p++) assert_int_equal(hyt_dataset_mask(data, 1)[p], p < 12 ? 0 : 255);
    hyt_dataset_destroy(data);
}

static void boxes_with_classes_keep_those_of_the_mask(void **state)
{
    (void)state;
    const entry entries[] = { boxes7, has_mask, mask, x, y };
    hyt_dataset *data = NULL;
    MUST(parse(entries, 5, &data));
    assert_int_equal(hyt_dataset_classes(data), 3);
    assert_int_equal(hyt_dataset_box_classes(data), 4);
    assert_int_equal(hyt_dataset_box_labels(data, 1)[0], 3);
    assert_int_equal(hyt_dataset_box_crowds(data, 1)[0], 1);
    assert_int_equal(hyt_dataset_mask_classes(data), 255);
    assert_memory_equal(hyt_dataset_mask(data, 0), numbers, PIXELS);
    for (size_t p = 0; p < PIXELS; p++) assert_int_equal(hyt_dataset_mask(data, 1)[p], HYT_MASK_IGNORED);
    hyt_dataset_destroy(data);
}

static void doubles_are_read_and_none_is_enough(void **state)
{
    (void)state;
    const double wide[5] = { 1, 0.5, 1, 3, 4 };
    uint8_t big[sizeof wide];
    for (size_t i = 0; i < sizeof wide; i++) big[i] = ((const uint8_t *)wide)[i / 8 * 8 + 7 - i % 8];
    const entry entries[] = { x, { "boxes.npy", "'>f8'", "(1, 5)", big, sizeof big } };
    const entry none[] = { x, { "boxes.npy", "'<f4'", "(0, 5)", zeros, 0 } };
    hyt_dataset *data = NULL;
    MUST(parse(entries, 2, &data));
    assert_memory_equal(hyt_dataset_boxes(data, 1, NULL), ((const float[]){ 0.5, 1, 3, 4 }), 16);
    hyt_dataset_destroy(data);
    MUST(parse(none, 2, &data));
    assert_int_equal(hyt_dataset_box_classes(data), 1);
    assert_null(hyt_dataset_boxes(data, 0, NULL));
    hyt_dataset_destroy(data);
}

static void check_bad(const entry *bad, hyt_status expected, const char *says)
{
    const entry entries[] = { x, y, *bad, mask };
    hyt_dataset *data = NULL;
    CHECK_STATUS(parse(entries, strcmp(bad->name, mask.name) == 0 ? 3 : 4, &data), expected);
    CHECK_MESSAGE(says);
    assert_null(data);
}

static void wrong_boxes_are_named(void **state)
{
    (void)state;
    static const struct { float row[7]; const char *says; } bad[] = {
        { { 2, 0, 0, 0, 4, 4, 0 }, "array boxes: picture 2 of box 0" },
        { { 0.5f, 0, 0, 0, 4, 4, 0 }, "array boxes: picture 0.5 of box 0" },
        { { NAN, 0, 0, 0, 4, 4, 0 }, "array boxes: picture" },
        { { 0, -1, 0, 0, 4, 4, 0 }, "array boxes: class -1 of box 0 is no whole number from 0 to 65535" },
        { { 0, 65536, 0, 0, 4, 4, 0 }, "array boxes: class 65536" },
        { { 0, 0, 0, 0, 4, 4, 2 }, "array boxes: crowd flag 2" },
        { { 0, 0, 1, 0, 1, 4, 0 }, "array boxes: box 0 of picture 0 is empty" },
        { { 0, 0, 0, 0, 6, 4, 0 }, "array boxes: box 0 of picture 0 is outside" },
        { { 0, 0, 0, 0, INFINITY, 4, 0 }, "array boxes: box 0 of picture 0 has a corner" },
    };
    for (size_t i = 0; i < HYTI_COUNT(bad); i++) {
        const entry boxes = { "boxes.npy", "'<f4'", "(1, 7)", bad[i].row, sizeof bad[i].row };
        check_bad(&boxes, HYT_ERR_RANGE, bad[i].says);
    }
}

#define BAD(array, status, says, ...)      \
    do {                                   \
        entry bad = array, *e = &bad;      \
        __VA_ARGS__;                       \
        check_bad(e, status, says);        \
    } while (0)

static void wrong_arrays_are_named(void **state)
{
    (void)state;
    static const int32_t beyond[2][2] = { { 4, 4 }, { 5, 4 } }, below[2][2] = { { 4, -1 }, { 4, 4 } };
    BAD(boxes7, HYT_ERR_FORMAT, "array boxes: dtype <i4, expected float32", e->dtype = "'<i4'");
    BAD(boxes7, HYT_ERR_FORMAT, "array boxes: shape (2, 6), expected (any, 5)", e->shape = "(2, 6)");
    BAD(boxes7, HYT_ERR_FORMAT, "array boxes: shape (14,), expected", e->shape = "(14,)");
    BAD(boxes7, HYT_ERR_FORMAT, "array boxes: shape (3, 7) of <f4 does not go with 56 bytes", e->shape = "(3, 7)");
    BAD(boxes7, HYT_ERR_FORMAT, "does not go with", e->shape = "(2635249153387078803, 7)");
    BAD(boxes7, HYT_ERR_UNSUPPORTED, "array boxes: in Fortran order", e->fortran = true);
    BAD(boxes7, HYT_ERR_FORMAT, "array boxes: damaged", e->crc_flip = 1);
    BAD(mask, HYT_ERR_FORMAT, "array mask: dtype |b1, expected uint8", e->dtype = "'|b1'");
    BAD(mask, HYT_ERR_FORMAT, "array mask: shape (2, 8, 2), expected (2, 4, 4)", e->shape = "(2, 8, 2)");
    BAD(has_mask, HYT_ERR_FORMAT, "array has_mask: shape (1,), expected (2,)", e->shape = "(1,)");
    BAD(has_mask, HYT_ERR_FORMAT, "array has_mask: dtype <f4", e->dtype = "'<f4'");
    BAD(valid, HYT_ERR_FORMAT, "array valid: shape (4,), expected (2, 2)", e->shape = "(4,)");
    BAD(valid, HYT_ERR_RANGE, "array valid: 5 by 4 of picture 1", e->values = beyond);
    BAD(valid, HYT_ERR_RANGE, "array valid: 4 by -1 of picture 0", e->values = below);
}

static hyt_status parse_all(hyt_context *context)
{
    const entry entries[] = { x, y, boxes7, mask, has_mask, valid };
    hyti_text file = archive(entries, 6);
    hyt_dataset *data = NULL;
    hyt_status status = hyt_dataset_parse_npz(context, file.data, file.length, &data);
    hyt_dataset_destroy(data);
    hyti_text_clear(&file);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(parse_all);
}

static void check_part(const char *name, size_t count, size_t boxes, size_t persons, size_t masks)
{
    const char *path = test_data(name);
    hyt_dataset *data = NULL;
    size_t all = 0, of_class_0 = 0, with_mask = 0;
    if (!path) skip();
    MUST(hyt_dataset_load_npz(NULL, path, &data));
    assert_int_equal(hyt_dataset_count(data), count);
    assert_int_equal(hyt_dataset_mask_classes(data), 2);
    for (size_t i = 0; i < count; i++) {
        size_t here, counted = 0;
        hyt_dataset_boxes(data, i, &here);
        all += here;
        for (size_t b = 0; b < here; b++) of_class_0 += hyt_dataset_box_labels(data, i)[b] == 0;
        for (size_t p = 0; p < 192 * 192; p++) counted += hyt_dataset_mask(data, i)[p] != HYT_MASK_IGNORED;
        with_mask += counted > 0;
    }
    assert_int_equal(all, boxes);
    assert_int_equal(of_class_0, persons);
    assert_int_equal(with_mask, masks);
    hyt_dataset_destroy(data);
}

static void measured_sets_are_read(void **state)
{
    (void)state;
    check_part("penn-fudan/train.npz", 109, 280, 280, 109);
    check_part("penn-fudan/test.npz", 30, 69, 69, 30);
    check_part("coco-open/train.npz", 41, 284, 79, 39);
    check_part("coco-open/test.npz", 51, 372, 97, 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_of_one_class_count_instances),
        cmocka_unit_test(boxes_with_classes_keep_those_of_the_mask),
        cmocka_unit_test(doubles_are_read_and_none_is_enough),
        cmocka_unit_test(wrong_boxes_are_named),
        cmocka_unit_test(wrong_arrays_are_named),
        cmocka_unit_test(running_out_of_memory_leaves_nothing),
        cmocka_unit_test(measured_sets_are_read),
    };
    return cmocka_run_group_tests_name("npz_boxes", tests, NULL, NULL);
}
